"""Methane and nitrous oxide of the classes: by a named rule and salinity, or the user's own rate with its source.

Optional columns of the class table: ``gas-rule`` with ``salinity-ppt``; or ``ch4-kg-per-ha-yr`` and
``n2o-kg-per-ha-yr`` with ``gas-source``. A class without them is not estimated, which is told and is not zero.
"""

from __future__ import annotations

import csv
import functools
import operator
from dataclasses import dataclass
from importlib import resources

import numpy as np

from bluecarbon.projection.cells import Cells, number
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

GASES = ("ch4", "n2o")
UNITS = {"ch4": "t_CH4", "n2o": "t_N2O"}
KG_PER_T = 1000.0
OWN_COLUMNS = {gas: f"{gas}-kg-per-ha-yr" for gas in GASES}
COLUMNS = ("gas-rule", "salinity-ppt", "gas-source", *OWN_COLUMNS.values())


@dataclass(frozen=True)
class GasRates:
    """Yearly gas emission per area of every class.

    Parameters
    ----------
    rate : array, shape (gas, class)
        NaN where a class is not estimated. [t gas/ha/yr]
    low, high : array, shape (gas, class)
        Limits at 95 %; NaN where none are known. [t gas/ha/yr]
    origin : tuple of tuples, shape (gas, class)
        Source, locator and mark of each rate; empty where not estimated.
    """

    rate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    origin: tuple[tuple[str, ...], ...]

    @property
    def any(self) -> bool:
        """Whether any class has any rate."""
        return bool(np.isfinite(self.rate).any())


@functools.cache
def gas_factors() -> tuple[dict[str, str], ...]:
    """Rows of ``gas_factors.csv`` beside this file."""
    text = resources.files("bluecarbon.projection").joinpath("gas_factors.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def rules() -> tuple[str, ...]:
    """Names that the column gas-rule may hold."""
    return tuple(dict.fromkeys(row["rule"] for row in gas_factors()))


def rule_factor(rule: str, gas: str, salinity_ppt: float) -> dict[str, str] | None:
    """The row of a rule for a gas at a salinity, or None where the rule's source prints none.

    Notes
    -----
    Limits hold as printed: the IPCC table has no row at exactly 18 ppt, VM0033 none for methane up to 18 ppt.
    """
    for row in gas_factors():
        if row["rule"] == rule and row["gas"] == gas and _within(row, salinity_ppt):
            return row
    return None


def _within(row: dict[str, str], salinity_ppt: float) -> bool:
    tests = (
        ("salinity_from", operator.ge),
        ("salinity_above", operator.gt),
        ("salinity_below", operator.lt),
        ("salinity_to", operator.le),
    )
    return all(holds(salinity_ppt, float(row[column])) for column, holds in tests if row[column])


def gas_rates(cells: Cells, kept: list[int], findings: Findings) -> GasRates:
    """Gas rates of the classes from the optional columns of the class table.

    Parameters
    ----------
    cells : Cells
        The class table as text.
    kept : list of int
        Row position of each class.
    findings : Findings
        Takes BC-PRJ-60 a rule unknown or without salinity, BC-PRJ-61 an own rate without source, BC-PRJ-62 a rule
        that covers no gas at this salinity, BC-PRJ-06 a rate that is no number.
    """
    shape = (len(GASES), len(kept))
    rate, low, high = (np.full(shape, np.nan) for _ in range(3))
    origin = [["" for _ in kept] for _ in GASES]
    for position, n in enumerate(kept):
        texts = {name: cells.columns[name][n] if name in cells.columns else "" for name in COLUMNS}
        for g, gas in enumerate(GASES):
            if texts[OWN_COLUMNS[gas]]:
                rate[g, position], origin[g][position] = _own(texts, gas, cells.place(n, OWN_COLUMNS[gas]), findings)
        if texts["gas-rule"]:
            found = _by_rule(texts, cells.place(n, "gas-rule"), findings)
            for gas, row in found.items():
                g = GASES.index(gas)
                if np.isnan(rate[g, position]):
                    rate[g, position] = float(row["value"]) / KG_PER_T
                    low[g, position], high[g, position] = (_kg(row["low"]), _kg(row["high"]))
                    origin[g][position] = f"{row['source']}, {row['locator']} ({row['value_status']})"
    return GasRates(rate, low, high, tuple(tuple(row) for row in origin))


def _kg(text: str) -> float:
    return float(text) / KG_PER_T if text else np.nan


def _own(texts: dict[str, str], gas: str, place: str, findings: Findings) -> tuple[float, str]:
    value = number(texts[OWN_COLUMNS[gas]])
    if value is None:
        findings.add("BC-PRJ-06", place, texts[OWN_COLUMNS[gas]], "a number of kg per hectare and year")
        return np.nan, ""
    if not texts["gas-source"]:
        remedy = "Say in gas-source where the rate comes from."
        findings.add(
            "BC-PRJ-61", place, phrase("{value:g} without a source", value=value), "a source in gas-source", remedy
        )
    return value / KG_PER_T, f"{texts['gas-source']} (local)"


def _by_rule(texts: dict[str, str], place: str, findings: Findings) -> dict[str, dict[str, str]]:
    salinity = number(texts["salinity-ppt"])
    if texts["gas-rule"] not in rules() or salinity is None or not 0 <= salinity <= 100:
        found = phrase(
            "{gas_rule} at {salinity_ppt} ppt",
            gas_rule=texts["gas-rule"],
            salinity_ppt=texts["salinity-ppt"] or phrase("no"),
        )
        findings.add(
            "BC-PRJ-60",
            place,
            found,
            phrase("one of {names}, and a salinity of 0 to 100 ppt", names=", ".join(rules())),
        )
        return {}
    found = {gas: row for gas in GASES if (row := rule_factor(texts["gas-rule"], gas, salinity)) is not None}
    if not found:
        findings.add(
            "BC-PRJ-62",
            place,
            phrase("{gas_rule} at {salinity:g} ppt", gas_rule=texts["gas-rule"], salinity=salinity),
            "a salinity the rule has a factor for",
            "The source prints none here. Give your own rate with its source.",
        )
    return found
