"""Yearly flows after chapter 4 of the Wetlands Supplement.

A flow needs a stated activity: without one the guide covers none, and the line says so. The soil removal factor on
existing habitat is a separate account, `capacity`, that enters no total.
"""

from __future__ import annotations

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.flow_parts import (
    NO_FLOW_ACTIVITY,
    REASON_BOOKED_AS_LOSS,
    REASON_CEILING,
    REASON_COVER,
    REASON_NO_DEFAULT,
    REASON_NO_FLOW,
    REASON_NO_METHANE,
    REASON_NO_SALINITY,
    REASON_NOT_COVERED,
    SALINITY_EDGE_PPT,
    Clock,
    Flows,
    flow_gap,
)
from bluecarbon.accounts.ipcc_growth import growth_flow
from bluecarbon.accounts.ipcc_losses import EXTRACTING
from bluecarbon.accounts.ipcc_stocks import RESTORING
from bluecarbon.classes import AccountingClass
from bluecarbon.equations import active_area
from bluecarbon.field.estimate import GUIDE as MEASURED
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.factors.gwp import gwp
from methodology.factors.table import FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.worksheet import Node, View, Worksheet


def check_rules(tables: SurveyTables, gwp_set: str | None, findings: Findings) -> None:
    """What the guide asks before flows can be computed (BC-INV-01, BC-INV-04)."""
    needs_gwp = False
    for label, c in tables.classes.items():
        if not c.blue or c.activity not in RESTORING:
            continue
        if c.replanted is None:
            findings.add(
                "BC-INV-01", phrase("{place}, replanted", place=c.place), "nothing", "true or false",
                "The soil factor is 0 where vegetation came back by itself. State whether people planted or seeded.",
            )  # fmt: skip
        if c.salinity_ppt == SALINITY_EDGE_PPT:
            findings.add(
                "BC-INV-04", f"{c.place}, salinity_ppt", "18", "below or above 18",
                "Table 4.14 is undefined at exactly 18 ppt. Say on which side the site stands most of the year.",
            )  # fmt: skip
        if c.started is None:
            findings.add(
                "BC-INV-13", phrase("{place}, started", place=c.place), "nothing", "the year the activity began",
                "Without it growth is not estimated, and nobody can tell when soil carbon reaches the natural stock.",
                "warning",
            )  # fmt: skip
        _check_start(tables, label, c, findings)
        needs_gwp = needs_gwp or c.habitat != "seagrass"
    if needs_gwp and gwp_set is None:
        findings.add(
            "BC-INV-01", "[survey].gwp", "nothing", "a GWP set such as AR5-100", "Methane needs one; none is assumed."
        )


def _check_start(tables: SurveyTables, label: str, c: AccountingClass, findings: Findings) -> None:
    early = [
        date
        for (_, name, date), area in tables.mapped.items()
        if name == label and area > 0 and c.started is not None and tables.years[date] < c.started
    ]
    if early:
        findings.add(
            "BC-INV-14", c.place, phrase("mapped in {names}, started {started}", names=', '.join(sorted(set(early))), started=c.started),
            "a class that is mapped after its activity began",
            "No flow is counted before the start. Give the earlier state a class of its own.", "warning",
        )  # fmt: skip


def yearly_flows(
    sheet: Worksheet, prefix: str, areas: tuple[Node | View, Node | View], tables: SurveyTables, factors: FactorTable,
    gwp_set: str | None, clock: Clock,
) -> Flows:  # fmt: skip
    """All yearly flows on an area node.

    Parameters
    ----------
    areas : (counted area, whole area)
        In ha, with "class" and "date" or "period" among their dimensions. Removals run on the area counted by cover,
        emissions per area (drainage, methane) on the whole.
    clock : Clock
        When each row begins and ends.
    """
    counted, whole = (area.view() if isinstance(area, Node) else area for area in areas)
    flows = Flows()
    active = _active(sheet, f"{prefix}active", counted, tables, clock)
    active_whole = active if counted is whole else _active(sheet, f"{prefix}active_whole", whole, tables, clock)
    _soil(sheet, prefix, active, tables, factors, flows, clock)
    _drainage(sheet, prefix, active_whole, tables, factors, flows)
    growth_flow(sheet, prefix, counted, tables, factors, flows, clock)
    _methane(sheet, prefix, active_whole, tables, factors, flows)
    _capacity(sheet, prefix, counted, tables, factors, flows)
    for c in tables.classes.values():
        if c.blue and c.activity in (*NO_FLOW_ACTIVITY, *EXTRACTING):
            reason = REASON_NOT_COVERED if c.activity == "unspecified" else REASON_NO_FLOW
            reason = REASON_BOOKED_AS_LOSS if c.activity in EXTRACTING else reason
            flows.gaps.append(flow_gap(c, "soil_flux", "not_covered", reason, "4.2.3"))
    flows.co2e = _all_gases(sheet, prefix, flows, factors, gwp_set)
    return flows


def _active(sheet: Worksheet, name: str, view: View, tables: SurveyTables, clock: Clock) -> View:
    """Area on which a stated activity ran: none before it started, a share of the period in which it started."""
    shares = {}
    for row in view.rows:
        labels = dict(zip(view.dims, row, strict=True))
        share = clock.active_share(labels, tables.classes[labels["class"]].started)
        if share > 0:
            shares[row] = share
    part = view.where(lambda labels: tuple(labels[dim] for dim in view.dims) in shares)
    if all(share == 1.0 for share in shares.values()):
        return part
    label = {"en": "share of the period in which the activity ran", "zh": "活动在期间内的时间占比"}
    share = sheet.input(f"{name}_share", "1", view.dims, shares, role="parameter", label=label)
    label = {"en": "area with the activity", "zh": "活动面积"}
    return sheet.apply(f"{name}_area", active_area, label, area=part, share=share).view()


def _soil(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows,
    clock: Clock,
) -> None:  # fmt: skip
    removal, zero = {}, {}
    minimum = factors.find("minimum_canopy_cover", {}).value
    for label, c in tables.classes.items():
        if not c.blue:
            continue
        if c.activity == "forest_management" and factors.has(
            "soil_management_factor", {**c.context, "activity": c.activity}
        ):
            zero[label,] = factors.find("soil_management_factor", {**c.context, "activity": c.activity})
        elif c.activity in RESTORING and c.replanted is False:
            zero[label,] = factors.find("soil_management_factor", {**c.context, "activity": "natural_regrowth"})
        elif c.activity in RESTORING and c.cover is not None and c.cover.value < minimum:
            flows.gaps.append(flow_gap(c, "soil_flux", "not_applicable", REASON_COVER, "4.2.3"))
        elif c.activity in RESTORING:
            removal[label,] = factors.find("soil_removal_factor", c.context, c.place)
        elif c.activity == "forest_management":
            flows.gaps.append(flow_gap(c, "soil_flux", "not_covered", REASON_NO_DEFAULT, "4.2.1"))
    reached = _at_ceiling(view, tables, factors, removal, clock)
    for label in dict.fromkeys(row["class"] for row in reached):
        flows.gaps.append(flow_gap(tables.classes[label], "soil_flux", "not_applicable", REASON_CEILING, "4.2.3"))
    for name, rows, equation in (("soil_removal", removal, eq.soil_rewetting), ("soil_at_tier_1", zero, None)):
        part = view.where(lambda row, rows=rows: (row["class"],) in rows and row not in reached)
        if not part.rows:
            continue
        factor = sheet.factor(rows, ("class",))
        used = equation or eq.soil_management
        carbon = sheet.apply(
            f"{prefix}{name}", used, {"en": "soil carbon flux", "zh": "土壤碳通量"}, area=part, factor=factor
        )
        flows.co2.append(("soil", _co2(sheet, f"{prefix}{name}_co2", carbon)))


def _at_ceiling(
    view: View, tables: SurveyTables, factors: FactorTable, removal: dict, clock: Clock
) -> list[dict[str, str]]:
    """Rows whose accumulated removal has reached the natural stock of table 4.11.

    What was measured in a restored stand is where it stands today, no ceiling.
    """
    factors = factors.without(MEASURED)
    reached = []
    for row in view.rows:
        labels = dict(zip(view.dims, row, strict=True))
        c = tables.classes[labels["class"]]
        key = (labels["class"],)
        if key in removal and c.started is not None and factors.has("soil_stock_1m", c.context):
            ceiling = factors.find("soil_stock_1m", c.context).value
            if -removal[key].value * (clock.start(labels) - c.started) >= ceiling:
                reached.append(labels)
    return reached


def _co2(sheet: Worksheet, node_id: str, carbon: Node) -> Node:
    return sheet.apply(node_id, eq.co2_of_flux, {"en": "as CO2", "zh": "折合 CO2"}, carbon=carbon)


def _drainage(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows
) -> None:
    rows = {}
    for label, c in tables.classes.items():
        if c.blue and c.activity == "drainage":
            if factors.has("soil_drainage_factor", c.context):
                rows[label,] = factors.find("soil_drainage_factor", c.context)
            else:
                flows.gaps.append(flow_gap(c, "soil_flux", "not_applicable", REASON_NO_DEFAULT, "4.2.4"))
    part = view.where(lambda row: (row["class"],) in rows)
    if part.rows:
        label = {"en": "soil carbon lost by drainage", "zh": "排水造成的土壤碳损失"}
        carbon = sheet.apply(
            f"{prefix}drainage", eq.soil_drainage, label, area=part, factor=sheet.factor(rows, ("class",))
        )
        flows.co2.append(("soil", _co2(sheet, f"{prefix}drainage_co2", carbon)))


def _methane(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows
) -> None:
    rows = {}
    for label, c in tables.classes.items():
        if not (c.blue and c.activity in RESTORING):
            continue
        if c.habitat == "seagrass":
            flows.gaps.append(flow_gap(c, "methane_flux", "not_applicable", REASON_NO_METHANE, "4.2.3"))
        elif c.salinity_ppt is None:
            flows.gaps.append(flow_gap(c, "methane_flux", "not_estimated", REASON_NO_SALINITY, "4.2.3"))
        else:
            side = "below_18" if c.salinity_ppt < SALINITY_EDGE_PPT else "above_18"
            rows[label,] = factors.find("ch4_rewetting_factor", {**c.context, "salinity": side}, c.place)
    part = view.where(lambda row: (row["class"],) in rows)
    if part.rows:
        label = {"en": "methane", "zh": "甲烷"}
        flows.methane = sheet.apply(
            f"{prefix}methane", eq.methane_rewetting, label, area=part, factor=sheet.factor(rows, ("class",))
        )


def _capacity(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows
) -> None:
    existing = ("none", "unspecified", "forest_management")
    rows = {
        (label,): factors.find("soil_removal_factor", c.context, c.place)
        for label, c in tables.classes.items()
        if c.blue and c.activity in existing and factors.has("soil_removal_factor", c.context)
    }
    part = view.where(lambda row: (row["class"],) in rows)
    if part.rows:
        label = {"en": "soil removal factor on existing habitat", "zh": "现有生境套用土壤清除因子"}
        carbon = sheet.apply(
            f"{prefix}capacity", eq.soil_rewetting, label, area=part, factor=sheet.factor(rows, ("class",))
        )
        flows.capacity = _co2(sheet, f"{prefix}capacity_co2", carbon)


def _all_gases(sheet: Worksheet, prefix: str, flows: Flows, factors: FactorTable, gwp_set: str | None) -> Node | None:
    parts: list[tuple[str, Node | View]] = []
    if flows.co2:
        stacked = sheet.stack(f"{prefix}co2", "pool", flows.co2, {"en": "CO2 by pool", "zh": "各碳库 CO2"})
        total = sheet.total(
            f"{prefix}co2_all_pools", stacked, over=["pool"], label={"en": "CO2 of all pools", "zh": "各碳库合计 CO2"}
        )
        parts.append(
            (
                "CO2",
                sheet.apply(
                    f"{prefix}co2_co2e", eq.co2e_of_co2, {"en": "CO2 as CO2e", "zh": "CO2 当量"}, carbon_dioxide=total
                ),
            )
        )
    if flows.methane is not None:
        factor = gwp("ch4", gwp_set, own=factors)
        rows = dict.fromkeys(flows.methane.rows, factor)
        potential = sheet.factor(rows, flows.methane.dims)
        label = {"en": "methane as CO2e", "zh": "甲烷当量"}
        parts.append(
            (
                "CH4",
                sheet.apply(f"{prefix}methane_co2e", eq.co2e_of_methane, label, methane=flows.methane, gwp=potential),
            )
        )
    if not parts:
        return None
    return sheet.stack(f"{prefix}co2e", "gas", parts, {"en": "CO2-equivalent by gas", "zh": "各气体 CO2 当量"})
