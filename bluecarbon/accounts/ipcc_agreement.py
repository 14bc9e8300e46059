"""Where a measured stock and default growth contradict each other, or a flow adds up to more than what stands there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.ipcc_measured_growth import measured_parts
from bluecarbon.accounts.ipcc_stocks import BIOMASS_POOLS, from_nothing
from bluecarbon.classes import AccountingClass
from bluecarbon.field.estimate import GUIDE as MEASURED
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.factors.table import Factor, FactorTable
from methodology.worksheet import Worksheet

C_OF_CO2 = 12 / 44
ROUNDING = 1e-6
"""Relative excess of a flow over a stock that is rounding of sums, no more."""
DEFAULTS = ("above_ground_growth", "above_ground_biomass", "carbon_fraction")


@dataclass(frozen=True)
class Amount:
    """Carbon per area with the half-width of its 95 % interval, zero where none is known. [t C/ha]"""

    value: float
    half: float

    @property
    def low(self) -> float:
        """Lower limit, not below zero."""
        return max(0.0, self.value - self.half)

    @property
    def high(self) -> float:
        """Upper limit."""
        return self.value + self.half

    def meets(self, other: Amount) -> bool:
        """Whether the two intervals have a point in common."""
        return self.low <= other.high and other.low <= self.high


def check_growth(tables: SurveyTables, factors: FactorTable, findings: Findings) -> None:
    """Measured stands whose stock and default growth lie apart beyond their intervals (BC-INV-16)."""
    defaults = factors.without(MEASURED)
    for c in tables.classes.values():
        parts = measured_parts(factors, c) if c.blue and from_nothing(c) else {}
        if "above" not in parts or parts["above"].measured_year is None:
            continue
        year = parts["above"].measured_year
        found, usual = measured_amount(parts), default_amount(defaults, c, year - c.started, "below" in parts)
        if usual is None or found.meets(usual):
            continue
        findings.add(
            "BC-INV-16", c.place,
            phrase("measured {found:.4g} t C/ha ({low:.4g} to {high:.4g}) in {year:.0f}; default growth since {started} gives {usual:.4g} ({low2:.4g} to {high2:.4g})",
                   found=found.value, low=found.low, high=found.high, year=math.floor(year), started=c.started,
                   usual=usual.value, low2=usual.low, high2=usual.high),
            "two intervals that meet",
            "Stock and flow follow the measurement. Check `started`, the size of the plots, and whether they stand for the whole class.",
            "warning",
        )  # fmt: skip


def measured_amount(parts: Mapping[str, Factor]) -> Amount:
    """Measured carbon of all parts; their covariance is in the interval of each already."""
    spreads = [factor.spread for factor in parts.values()]
    half = math.sqrt(sum(_z() ** 2 * spread.sd**2 for spread in spreads if spread is not None))
    return Amount(sum(factor.value for factor in parts.values()), half)


def default_amount(factors: FactorTable, c: AccountingClass, age: float, roots: bool) -> Amount | None:
    """Carbon of a stand after the default growth of some years, at most the default stock; None where there is no default.

    Notes
    -----
    minimum(growth × age, stock) × carbon fraction × (1 + root-shoot ratio); relative variances added, first order.
    """
    names = (*DEFAULTS, "root_shoot_ratio") if roots else DEFAULTS
    if not all(factors.has(name, c.context) for name in names):
        return None
    found = {name: factors.find(name, c.context, c.place) for name in names}
    growth, ceiling, fraction = (found[name] for name in DEFAULTS)
    above = growth if growth.value * age < ceiling.value else ceiling
    ratio = found["root_shoot_ratio"].value if roots else 0.0
    value = min(growth.value * age, ceiling.value) * fraction.value * (1 + ratio)
    variance = _relative(above) ** 2 + _relative(fraction) ** 2
    if roots:
        variance += (_relative(found["root_shoot_ratio"]) * ratio / (1 + ratio)) ** 2
    return Amount(value, _z() * value * math.sqrt(variance))


def _relative(factor: Factor) -> float:
    return factor.spread.sd / factor.value if factor.spread is not None and factor.value else 0.0


def _z() -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.975)


def check_sums(sheet: Worksheet, tables: SurveyTables, findings: Findings) -> None:
    """Stands whose yearly biomass flow of a period adds up to more than stands there at its end (BC-INV-17)."""
    if "period_co2" not in sheet or "stock" not in sheet:
        return
    values = sheet.evaluate()
    years = {p.label: p.years for p in tables.periods}
    ends = {p.label: p.end for p in tables.periods}
    taken: dict[tuple[str, str], float] = {}
    node = sheet["period_co2"]
    for row, value in zip(node.rows, values[node.id], strict=True):
        labels = dict(zip(node.dims, row, strict=True))
        if labels["pool"] == "biomass":
            key = (labels["class"], labels["period"])
            taken[key] = taken.get(key, 0.0) - float(value) * years[labels["period"]] * C_OF_CO2
    standing: dict[tuple[str, str], float] = {}
    node = sheet["stock"]
    for row, value in zip(node.rows, values[node.id], strict=True):
        labels = dict(zip(node.dims, row, strict=True))
        if labels["pool"] in BIOMASS_POOLS:
            key = (labels["class"], labels["date"])
            standing[key] = standing.get(key, 0.0) + float(value)
    for (name, period), grown in taken.items():
        there = standing.get((name, ends[period]))
        if there is None or grown <= there * (1 + ROUNDING):
            continue
        findings.add(
            "BC-INV-17", tables.classes[name].place,
            phrase("{period}: {grown:.4g} t C taken up by biomass, {there:.4g} t C standing at the end",
                   period=period, grown=grown, there=there),
            "no more taken up than stands there",
            "Ground was lost within the period, and what grew on it with it; a yearly flow does not show that loss, the change of stock does.",
            "warning",
        )  # fmt: skip
