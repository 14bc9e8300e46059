"""Growth of planted mangrove biomass after tables 4.3 and 4.4: at a date, or as the mean of a period."""

from __future__ import annotations

from collections.abc import Callable

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.flow_parts import REASON_NO_AGE, REASON_NO_DEFAULT, Clock, Flows, flow_gap
from bluecarbon.accounts.ipcc_stocks import RESTORING
from methodology.base.phrases import phrase
from methodology.factors.table import FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.worksheet import Node, View, Worksheet


def growth_flow(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows,
    clock: Clock,
) -> None:  # fmt: skip
    """Yearly gain of planted mangrove biomass, added to the flows; growth needs a start and stops at the ceiling stock."""
    quantities = ("above_ground_growth", "root_shoot_ratio", "carbon_fraction", "above_ground_biomass")
    rows: dict[str, dict] = {quantity: {} for quantity in quantities}
    for label, c in tables.classes.items():
        if not (c.blue and c.activity in (*RESTORING, "forest_management")):
            continue
        if c.habitat != "mangrove" and not factors.has("above_ground_growth", c.context):
            flows.gaps.append(flow_gap(c, "biomass_flux", "not_estimated", REASON_NO_DEFAULT, "4.2.1"))
        elif c.started is None:
            flows.gaps.append(flow_gap(c, "biomass_flux", "not_estimated", REASON_NO_AGE, "4.2.1"))
        else:
            for quantity in quantities:
                rows[quantity][label,] = factors.find(quantity, c.context, c.place)
    part = view.where(
        lambda row: (
            (row["class"],) in rows["above_ground_growth"]
            and clock.active_share(row, tables.classes[row["class"]].started) > 0
        )
    )
    if not part.rows:
        return
    growth, roots, fraction, ceiling = (sheet.factor(rows[quantity], ("class",)) for quantity in quantities)
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
        phrase("{prefix}length", prefix=prefix),
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
