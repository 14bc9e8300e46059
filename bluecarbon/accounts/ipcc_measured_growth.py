"""Growth of stands whose biomass was measured: from nothing at the start to the measured stock, over their age.

The sum of this flow over time is the stock that stands there, so that flow and change of stock tell one story. After
the measurement nothing is extrapolated: the line says so in place of a number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.flow_parts import (
    REASON_NO_YEAR,
    REASON_SHOOTS_NOT_MEASURED,
    REASON_STOOD_BEFORE,
    Clock,
    Flows,
    flow_gap,
    reason_after_measurement,
)
from bluecarbon.accounts.ipcc_stocks import PARTS, from_nothing, part_context
from bluecarbon.classes import AccountingClass
from bluecarbon.equations import measured_gain, measured_gain_whole, measured_gain_with_roots, measured_growth_rate
from methodology.factors.table import Factor, FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.worksheet import Node, Row, View, Worksheet

Parts = dict[str, Factor]
GROWTH_LABEL = {"en": "measured stock per year of age", "zh": "实测储量按林龄的年均增长"}
GAIN_LABEL = {"en": "biomass carbon gain, measured", "zh": "生物量碳增长（实测）"}
CO2_LABEL = {"en": "biomass removal as CO2", "zh": "生物量清除量（CO2）"}


def measured_parts(factors: FactorTable, c: AccountingClass) -> Parts:
    """Measured carbon per area of a class, above and below ground where there is some."""
    return {
        part: factors.find("vegetation_stock", part_context(c, part), c.place)
        for part in PARTS
        if factors.has("vegetation_stock", part_context(c, part))
    }


def measured_growth(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable,
    measured: Mapping[str, Parts], flows: Flows, clock: Clock,
) -> None:  # fmt: skip
    """Yearly gain of measured stands, added to the flows.

    Parameters
    ----------
    view : View
        Area of stands that have begun. [ha]
    measured : mapping of class label to measured parts
    """
    sound = {label: parts for label, parts in measured.items() if _usable(tables.classes[label], parts, flows)}
    rates = _rates(view, tables, sound, flows, clock)
    grown = {
        part: _growth(sheet, f"{prefix}measured_growth_{part}", view, sound, rates, part)
        for part in PARTS
        if any(key[1] == part for key in rates)
    }
    ratios = {
        (label,): factors.find("root_shoot_ratio", tables.classes[label].context, tables.classes[label].place)
        for label, parts in sound.items()
        if "below" not in parts and factors.has("root_shoot_ratio", tables.classes[label].context)
    }
    for name, part in _cut(view, rates, ratios).items():
        if not part.rows:
            continue
        given: dict[str, Node | View] = {"area": part}
        if name == "whole":
            equation, given = (
                measured_gain_whole,
                given | {side: grown[side].onto(part.dims, part.rows) for side in PARTS},
            )
        else:
            side = "below" if name == "below" else "above"
            given["growth"] = grown[side].onto(part.dims, part.rows)
            equation = measured_gain
            if name == "rooted":
                equation, given = measured_gain_with_roots, given | {"root_shoot": sheet.factor(ratios, ("class",))}
        gain = sheet.apply(f"{prefix}measured_gain_{name}", equation, GAIN_LABEL, **given)
        co2 = sheet.apply(f"{prefix}measured_co2_{name}", eq.removal_by_gain, CO2_LABEL, carbon=gain)
        flows.co2.append(("biomass", co2))


def _usable(c: AccountingClass, parts: Parts, flows: Flows) -> bool:
    """Whether growth follows from what was measured; if not, the reason is told."""
    reason = None
    if not from_nothing(c):
        reason = REASON_STOOD_BEFORE
    elif any(factor.measured_year is None for factor in parts.values()):
        reason = REASON_NO_YEAR
    if reason is not None:
        flows.add_gap(flow_gap(c, "biomass_flux", "not_estimated", reason, "4.2.1"))
    elif "above" not in parts:
        flows.add_gap(flow_gap(c, "biomass_flux", "not_estimated", REASON_SHOOTS_NOT_MEASURED, "4.2.1"))
    return reason is None


def _rates(
    view: View, tables: SurveyTables, measured: Mapping[str, Parts], flows: Flows, clock: Clock
) -> dict[tuple[Row, str], float]:
    """Share of the measured stock that grows per year, by row and part. [1/yr]

    At a date until the end of the year of measurement: a map and a plot of one year need no common day. Of a period,
    the mean of all its years, of which those after the measurement have no growth.
    """
    rates: dict[tuple[Row, str], float] = {}
    for row in view.rows:
        labels = dict(zip(view.dims, row, strict=True))
        c = tables.classes[labels["class"]]
        start, end = clock.start(labels), clock.end(labels)
        for part, factor in measured.get(labels["class"], {}).items():
            rate = yearly_share(c.started, factor.measured_year, start, end)
            if rate > 0:
                rates[row, part] = rate
            if end > math.floor(factor.measured_year) + 1:
                reason = reason_after_measurement(factor.measured_year)
                flows.add_gap(flow_gap(c, "biomass_flux", "not_estimated", reason, "4.2.1", labels))
    return rates


def yearly_share(started: float, measured: float, start: float, end: float) -> float:
    """Share of a measured stock that grows per year at a date (start and end alike), or in the mean of a period.

    Parameters
    ----------
    started, measured, start, end : float
        Decimal years. [yr]

    Returns
    -------
    float
        [1/yr]

    Notes
    -----
    Linear from nothing at the start to all at the measurement, none after it. Source: ipcc2006v4, stock-difference
    method; the straight line is a definition.
    """
    age = measured - started
    if age <= 0:
        return 0.0
    if end <= start:
        return 1 / age if started <= start <= math.floor(measured) + 1 else 0.0
    grown = [min(1.0, max(0.0, (moment - started) / age)) for moment in (start, end)]
    return (grown[1] - grown[0]) / (end - start)


def _growth(
    sheet: Worksheet, name: str, view: View, measured: Mapping[str, Parts], rates: Mapping[tuple[Row, str], float],
    part: str,
) -> Node:  # fmt: skip
    values = {row: rate for (row, of), rate in rates.items() if of == part}
    label = {"en": "share of the measured stock that grows per year", "zh": "每年增长占实测储量的比例"}
    rate = sheet.input(f"{name}_rate", "1/yr", view.dims, values, role="parameter", label=label)
    stock = sheet.factor({(c,): parts[part] for c, parts in measured.items() if part in parts}, ("class",))
    return sheet.apply(name, measured_growth_rate, GROWTH_LABEL, stock=stock, rate=rate)


def _cut(view: View, rates: Mapping[tuple[Row, str], float], ratios: Mapping[Row, Factor]) -> dict[str, View]:
    """Rows by what was measured in them: both parts, shoots with roots by a ratio, or one part alone."""
    place = view.dims.index("class")

    def kind(labels: dict[str, str]) -> str:
        row = tuple(labels[dim] for dim in view.dims)
        above, below = (row, "above") in rates, (row, "below") in rates
        if above and below:
            return "whole"
        if above:
            return "rooted" if (row[place],) in ratios else "above"
        return "below" if below else ""

    return {
        name: view.where(lambda row, name=name: kind(row) == name) for name in ("whole", "rooted", "above", "below")
    }
