"""Which factor rows stand behind the stocks of some cores, as a statement keeps them."""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import TYPE_CHECKING, Any

from bluecarbon.cores.beyond import CALIBRATED_HABITATS

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = "published equation"
SIDES = ("0.05", "0.95")  # quantiles of the level a survey works at, 90 %


@functools.cache
def _rows(file: str) -> tuple[dict[str, str], ...]:
    text = resources.files("bluecarbon.cores").joinpath(file).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def core_factors(stocks: pd.DataFrame) -> list[dict[str, Any]]:
    """Factor rows behind some cores: quantity, of, value, unit, source, value_status of each, once.

    Parameters
    ----------
    stocks : DataFrame
        Rows of `bluecarbon.cores.chain.core_stocks`.

    Returns
    -------
    list of dict
        Equations of carbon from organic matter with their spread, constants of the intervals of gaps and of what lies
        below the bottom, and the pooled scatter of slices, each only where a core used it.
    """
    habitats = [str(word) for word in stocks.habitat]
    published = {h for h, basis in zip(habitats, stocks.carbon_basis, strict=True) if PUBLISHED in str(basis)}
    ended = {
        h if h in CALIBRATED_HABITATS else "any"
        for h, status in zip(habitats, stocks.status, strict=True)
        if status == "extrapolated"
    }
    used = [
        _record(row, row["habitat"], row["quantity"]) for row in _rows("factors.csv") if row["habitat"] in published
    ]
    used += [_record(row, "", row["quantity"]) for row in _rows("factors.csv") if row["id"] == "slice-scatter"]
    used += [
        _record(row, f"{row['habitat']}, {row['quantile']}, {row['term']}", row["quantity"])
        for row in _rows("beyond_bottom.csv")
        if row["habitat"] in ended and row["quantile"] in SIDES
    ]
    kinds = {"inside": stocks.interpolated_share > 0, "surface": stocks.surface_gap_cm > 0}
    used += [
        _record(row, f"{row['kind']}, {row['quantile']}, {row['term']}", row["quantity"])
        for row in _rows("gap_fill.csv")
        if row["quantile"] in SIDES and bool(kinds[row["kind"]].any())
    ]
    return used


def _record(row: dict[str, str], of: str, quantity: str) -> dict[str, Any]:
    return {
        "quantity": quantity, "of": of, "value": float(row["value"]), "unit": row["unit"], "source": row["source"],
        "value_status": row["value_status"],
    }  # fmt: skip
