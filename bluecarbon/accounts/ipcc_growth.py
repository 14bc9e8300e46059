"""Growth of biomass in planted and restored stands: at a date, or as the mean of a period.

Where a stand was measured, it grew from nothing at its start to what was measured (stock-difference over its age);
only where nothing was measured do the default growth of table 4.4 and the ceiling of table 4.3 speak.
"""

from __future__ import annotations

from collections.abc import Callable

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.flow_parts import REASON_NO_AGE, REASON_NO_DEFAULT, Clock, Flows, flow_gap, reason_full_grown
from bluecarbon.accounts.ipcc_measured_growth import measured_growth, measured_parts
from bluecarbon.accounts.ipcc_stocks import RESTORING
from methodology.factors.table import Factor, FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.worksheet import Node, Row, View, Worksheet

GROWING = (*RESTORING, "forest_management")
QUANTITIES = ("above_ground_growth", "root_shoot_ratio", "carbon_fraction", "above_ground_biomass")
Chosen = dict[str, dict[Row, Factor]]


def growth_flow(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows,
    clock: Clock,
) -> None:  # fmt: skip
    """Yearly gain of biomass of stands that are managed, planted or restored, added to the flows."""
    default: Chosen = {quantity: {} for quantity in QUANTITIES}
    measured: dict[str, dict[str, Factor]] = {}
    for label, c in tables.classes.items():
        if not (c.blue and c.activity in GROWING):
            continue
        parts = measured_parts(factors, c)
        if c.habitat != "mangrove" and not parts and not factors.has("above_ground_growth", c.context):
            flows.add_gap(flow_gap(c, "biomass_flux", "not_estimated", REASON_NO_DEFAULT, "4.2.1"))
        elif c.started is None:
            flows.add_gap(flow_gap(c, "biomass_flux", "not_estimated", REASON_NO_AGE, "4.2.1"))
        elif parts:
            measured[label] = parts
        else:
            for quantity in QUANTITIES:
                default[quantity][label,] = factors.find(quantity, c.context, c.place)
    here = view.where(lambda row: clock.active_share(row, tables.classes[row["class"]].started) > 0)
    measured_growth(sheet, prefix, here, tables, factors, measured, flows, clock)
    _default_growth(sheet, prefix, here, tables, default, flows, clock)


def _default_growth(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, chosen: Chosen, flows: Flows, clock: Clock
) -> None:
    part = view.where(lambda row: (row["class"],) in chosen["above_ground_growth"])
    part = _still_growing(part, tables, chosen, flows, clock)
    if not part.rows:
        return
    growth, roots, fraction, ceiling = (sheet.factor(chosen[quantity], ("class",)) for quantity in QUANTITIES)
    gain = sheet.apply(
        f"{prefix}biomass_gain", eq.biomass_gain, {"en": "biomass carbon gain", "zh": "生物量碳增长"},
        area=part, growth=growth, root_shoot=roots, carbon_fraction=fraction,
    )  # fmt: skip
    years = sheet.apply(
        f"{prefix}growth_years", eq.years_of_growth, {"en": "years to the ceiling stock", "zh": "达到上限储量的年数"},
        stock=ceiling, growth=growth,
    )  # fmt: skip
    active = _growing_gain(sheet, prefix, gain, years, tables, clock)
    label = {"en": "biomass removal as CO2", "zh": "生物量清除量（CO2）"}
    flows.co2.append(("biomass", sheet.apply(f"{prefix}biomass_co2", eq.removal_by_gain, label, carbon=active)))


def _still_growing(part: View, tables: SurveyTables, chosen: Chosen, flows: Flows, clock: Clock) -> View:
    """Rows that have not reached the ceiling stock when they begin; the others get a reason in place of a number."""
    kept = []
    for row in part.rows:
        labels = dict(zip(part.dims, row, strict=True))
        c, key = tables.classes[labels["class"]], (labels["class"],)
        growth, ceiling = chosen["above_ground_growth"][key], chosen["above_ground_biomass"][key]
        years = ceiling.value / growth.value
        if clock.start(labels) - c.started < years:
            kept.append(row)
        else:
            reason = reason_full_grown(growth, ceiling, years, c.started)
            flows.add_gap(flow_gap(c, "biomass_flux", "not_applicable", reason, "4.2.1", labels))
    return part.where(lambda labels: tuple(labels[dim] for dim in part.dims) in set(kept))


def _growing_gain(sheet: Worksheet, prefix: str, gain: Node, years: Node, tables: SurveyTables, clock: Clock) -> Node:
    """Gain while stands are younger than the years to their ceiling: at a date, or as the mean of a period."""
    labels = [dict(zip(gain.dims, row, strict=True)) for row in gain.rows]
    started = [tables.classes[row["class"]].started for row in labels]

    def ages(name: str, moment: Callable[[dict[str, str]], float]) -> Node:
        values = {
            row: max(0.0, moment(known) - year) for row, known, year in zip(gain.rows, labels, started, strict=True)
        }
        label = {"en": "age of stands", "zh": "林龄"}
        return sheet.input(f"{prefix}{name}", "yr", gain.dims, values, role="parameter", label=label)

    label = {"en": "gain until the ceiling", "zh": "达到上限前的增长"}
    lengths = {row: clock.end(known) - clock.start(known) for row, known in zip(gain.rows, labels, strict=True)}
    if not any(lengths.values()):
        age = ages("growth_age", clock.start)
        return sheet.apply(
            f"{prefix}biomass_gain_active", eq.gain_until_ceiling, label, gain=gain, age=age, years=years
        )
    length = sheet.input(
        f"{prefix}length",
        "yr",
        gain.dims,
        lengths,
        role="parameter",
        label={"en": "length of the period", "zh": "期间长度"},
    )
    return sheet.apply(
        f"{prefix}biomass_gain_active", eq.gain_over_period, label, gain=gain, age_start=ages("age_start", clock.start),
        age_end=ages("age_end", clock.end), years=years, length=length,
    )  # fmt: skip
