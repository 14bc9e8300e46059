"""How much the measurements moved the account: each pool of each stratum with and without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bluecarbon.accounts.basis import factors_behind
from bluecarbon.field.estimate import Measurement
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import chinese, joined, phrase
from methodology.factors.table import Factor
from methodology.statement import LineBlock
from methodology.worksheet import View, Worksheet

Key = tuple[str, ...]
LINES = {"burial_rate": "burial"}


def measured_records(
    measurements: tuple[Measurement, ...], date: str, sheet: Worksheet, blocks: list[LineBlock],
    without: Callable[[], tuple[Worksheet, list[LineBlock]]], findings: Findings,
) -> list[dict[str, Any]]:  # fmt: skip
    """One record for each measurement: what it is, what it replaced, and what that did.

    Parameters
    ----------
    date : str
        Latest date of the maps.
    without : callable
        Builds the account without the measurements; what stops it is told (BC-FLD-14).

    Returns
    -------
    list of dict
        stratum, habitat, quantity, part, pool, value, unit, low, high, level, distribution, samples, sample, df, grade,
        source, note, note_zh, behind, paired_se, used, default (value in the same unit, factors behind it; or None), effect, effect_unit.
    """
    with_them = leaf_values(sheet, blocks, date)
    try:
        without_them = leaf_values(*without(), date)
    except InputError as error:
        without_them = None
        findings.add("BC-FLD-14", "effect of the measurements", phrase("without them the account stops: {findings}", findings=error.findings[0]),
                     "an account by defaults alone", "State what the defaults ask for to see the effect.", "note")  # fmt: skip
    rooted = {(m.stratum.habitat, m.stratum.name) for m in measurements if m.part == "below"}
    return [_record(m, _pools(m, rooted), sheet, with_them, without_them, findings) for m in measurements]


def _pools(m: Measurement, rooted: set[tuple[str, str]]) -> tuple[str, ...]:
    """Pools a measurement moves: shoots carry the roots along where those follow from them by a ratio."""
    if m.part == "above" and (m.stratum.habitat, m.stratum.name) not in rooted:
        return (m.pool, "below_ground_biomass")
    return (m.pool,)


@dataclass(frozen=True)
class Leaf:
    """Finest lines of one stratum and pool, summed over reporting units and activities, and the factors behind them."""

    value: float
    unit: str
    factors: frozenset[str]


NOTHING = Leaf(0.0, "", frozenset())


def leaf_values(sheet: Worksheet, blocks: list[LineBlock], date: str) -> dict[Key, Leaf]:
    """Finest lines of a date by (quantity, habitat, stratum, pool)."""
    values, behind = sheet.evaluate(), factors_behind(sheet)
    result: dict[Key, Leaf] = {}
    for block in blocks:
        view = block.source if isinstance(block.source, View) else block.source.view()
        if block.aggregation != "part" or not {"habitat", "stratum", "date"} <= set(view.dims):
            continue
        for index, row in zip(view.index, view.rows, strict=True):
            labels = {**dict(zip(view.dims, row, strict=True)), **block.fixed}
            if labels["date"] == date:
                key = (block.quantity, labels["habitat"], labels["stratum"], labels.get("pool", ""))
                before = result.get(key, NOTHING)
                value, names = float(values[view.node.id][index]), behind[view.node.id][index]
                result[key] = Leaf(before.value + value, view.node.unit, before.factors | names)
    return result


def _record(
    m: Measurement, pools: tuple[str, ...], sheet: Worksheet, with_them: Mapping[Key, Leaf],
    without_them: Mapping[Key, Leaf] | None, findings: Findings,
) -> dict[str, Any]:  # fmt: skip
    factor = m.factor()
    used = factor.id in sheet.factors
    if not used:
        findings.add("BC-FLD-11", factor.id, joined(", ", (_printed(factor), m.said)), "a quantity this account asks for",
                     "It changes nothing here.", "note")  # fmt: skip
    quantity = LINES.get(m.quantity, "carbon_stock")
    labels, habitat = m.stratum.labels, m.stratum.habitat
    keys = [(quantity, habitat, label, m.pool) for label in labels]
    moved = [(quantity, habitat, label, pool) for label in labels for pool in pools]
    now = _joined([with_them[key] for key in keys if key in with_them])
    default = effect = None
    if used and without_them is not None:
        before = _joined([without_them[key] for key in keys if key in without_them])
        effect = sum(with_them.get(k, NOTHING).value - without_them.get(k, NOTHING).value for k in moved)
        if before.unit and now.value:
            # Both are linear in area, so their ratio carries the default to the measured value's unit.
            default = {"value": factor.value * before.value / now.value, "factors": sorted(before.factors)}
    return {
        "stratum": m.stratum.name,
        "habitat": m.stratum.habitat,
        "quantity": m.quantity,
        "part": m.part,
        "pool": m.pool,
        "value": factor.value,
        "unit": factor.unit,
        "low": factor.low,
        "high": factor.high,
        "level": factor.level,
        "distribution": factor.distribution,
        "samples": m.mean.count,
        "sample": m.sample,
        "df": m.mean.df,
        "sampling_se": m.mean.sampling_se,
        "shared_se": m.mean.shared_se,
        "paired_se": m.mean.paired_se,
        "grade": m.grade,
        "source": m.source,
        "note": str(m.note),
        "note_zh": chinese(m.note),
        "behind": [dict(row) for row in m.behind],
        "used": used,
        "default": default,
        "effect": effect,
        "effect_unit": now.unit,
    }


def _printed(factor: Factor) -> str:
    if factor.low is None:
        return factor.printed
    limits = phrase("{low:.5g} to {high:.5g}", low=factor.low, high=factor.high)
    return phrase("{value:.5g} {unit} ({limits})", value=factor.value, unit=factor.unit, limits=limits)


def _joined(leaves: list[Leaf]) -> Leaf:
    names = frozenset().union(*(leaf.factors for leaf in leaves))
    return Leaf(sum(leaf.value for leaf in leaves), leaves[0].unit if leaves else "", names)
