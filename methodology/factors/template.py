"""A factors file to fill in: the columns, what the guide leaves open, and its own rows to confirm from print."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from methodology.factors.gwp import gwp_table
from methodology.factors.table import FIXED_COLUMNS, known_quantities

if TYPE_CHECKING:
    from methodology.guides.registry import Guide

SCOPE_COLUMNS = (
    "habitat",
    "stratum",
    "species",
    "climate",
    "soil",
    "salinity",
    "activity",
    "region",
    "group",
    "set",
    "methane",
)


def factors_template(guide: Guide) -> str:
    """CSV text: rows the guide asks for without a value, then its own rows to be confirmed.

    A row without a value is skipped when the file is read only if you delete it: fill it in or take it out.
    """
    columns = [*FIXED_COLUMNS[:10], *SCOPE_COLUMNS, *FIXED_COLUMNS[10:]]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    for row in guide.text.get("asks", []):
        quantity = known_quantities()[row["quantity"]]
        writer.writerow(
            {
                "id": f"own/{row['quantity']}/{row.get('habitat') or row.get('species') or 'all'}",
                "quantity": row["quantity"],
                "unit": quantity.unit,
                "distribution": "unknown",
                "source": guide.id,
                "locator": row.get("locator", ""),
                "value_status": "read",
                **{key: value for key, value in row.items() if key in SCOPE_COLUMNS},
                "note": row["note"]["en"],
            }
        )
    for factor in (*guide.factors.factors, *gwp_table().all()):
        value, _, unit = factor.printed.partition(" (")[0].partition(" ")
        low, high = _limits(factor.printed)
        writer.writerow(
            {
                "id": f"own/{factor.id}", "quantity": factor.quantity, "value": value, "unit": unit, "low": low, "high": high,
                "level": factor.level, "interval_kind": factor.interval_kind, "distribution": factor.distribution,
                "source": factor.source, "locator": factor.locator, "value_status": factor.value_status,
                "interval_status": factor.interval_status, "note": "confirm from the printed guide, then mark read",
                **{key: "|".join(values) for key, values in factor.applies.items() if key in SCOPE_COLUMNS},
            }
        )  # fmt: skip
    return text.getvalue()


def _limits(printed: str) -> tuple[str, str]:
    if "(" not in printed:
        return "", ""
    low, _, high = printed.partition("(")[2].rstrip(")").partition(" to ")
    return low, high
