"""Yearly flows after chapter 4 of the Wetlands Supplement.

A flow needs a stated activity: without one the guide covers none, and the line says so. The soil removal factor on
existing habitat is a separate account, `capacity`, that enters no total.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.ipcc_losses import EXTRACTING
from bluecarbon.accounts.ipcc_stocks import RESTORING
from bluecarbon.classes import AccountingClass
from bluecarbon.equations import active_area
from bluecarbon.field.estimate import GUIDE as MEASURED
from methodology.base.errors import Findings
from methodology.factors.gwp import gwp
from methodology.factors.table import FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import Gap
from methodology.worksheet import Node, View, Worksheet

NO_FLOW_ACTIVITY = ("none", "unspecified")
SALINITY_EDGE_PPT = 18.0
REASON_NOT_COVERED = {
    "en": "not covered by this guide: it gives yearly flows only for stated activities, none was stated",
    "zh": "本指南不适用:仅对所声明的活动给出年度通量,而此处未声明活动",
}
REASON_NO_SALINITY = {
    "en": "state `salinity_ppt`: the methane factor depends on it",
    "zh": "请填写 salinity_ppt:甲烷因子取决于盐度",
}
REASON_NO_METHANE = {"en": "table 4.14 covers mangrove and tidal marsh only", "zh": "表 4.14 仅适用于红树林和潮汐沼泽"}
REASON_COVER = {
    "en": "canopy cover below the 10 % from which the factor applies",
    "zh": "植被覆盖度低于因子适用的 10 %",
}
REASON_CEILING = {
    "en": "soil carbon has reached the natural stock; the factor no longer applies",
    "zh": "土壤碳已达天然储量,因子不再适用",
}
REASON_NO_AGE = {"en": "growth needs `started` or a measured age", "zh": "生长量需要 started 或实测林龄"}
REASON_NO_FLOW = {
    "en": "existing habitat without an activity that has a yearly flow in this guide",
    "zh": "现有生境,其活动在本指南中无年度通量",
}
REASON_BOOKED_AS_LOSS = {
    "en": "extraction is booked as a loss when the habitat becomes another, not as a yearly flow",
    "zh": "开采在生境转移当期计为损失,不作为年度通量",
}
REASON_NO_DEFAULT = {
    "en": "the guide gives no default for this flow of this habitat",
    "zh": "该指南未给出此生境该通量的缺省值",
}


@dataclass(frozen=True)
class Clock:
    """When the rows of an area node begin and end, in decimal years; both the same for the date of a map.

    Parameters
    ----------
    start, end : callable taking the labels of a row
    """

    start: Callable[[dict[str, str]], float]
    end: Callable[[dict[str, str]], float]

    def active_share(self, labels: dict[str, str], started: int | None) -> float:
        """Share of the time in which an activity that began in a year ran; all of it where the year is not known. [1]"""
        start, end = self.start(labels), self.end(labels)
        if started is None:
            return 1.0
        if end <= start:
            return 1.0 if start >= started else 0.0
        return min(1.0, max(0.0, (end - max(start, started)) / (end - start)))


@dataclass
class Flows:
    """Flow nodes of one way of cutting time (dates or periods).

    Parameters
    ----------
    co2 : list of (pool, Node or View in t CO2/yr)
    co2e : Node or None
        Stack over "gas" in t CO2e/yr.
    capacity : Node or None
        Soil removal factor on existing habitat, t CO2/yr.
    """

    co2: list[tuple[str, Node | View]] = field(default_factory=list)
    methane: Node | None = None
    co2e: Node | None = None
    capacity: Node | None = None
    gaps: list[Gap] = field(default_factory=list)

    def leaves_out(self) -> dict[str, tuple[str, ...]]:
        """What the net flux of each habitat leaves out, because it could not be estimated."""
        found: dict[str, list[str]] = {}
        for gap in self.gaps:
            if gap.status == "not_estimated":
                found.setdefault(gap.dimensions["habitat"], []).append(f"{gap.quantity} not estimated")
        return {habitat: tuple(dict.fromkeys(tags)) for habitat, tags in found.items()}


def check_rules(tables: SurveyTables, gwp_set: str | None, findings: Findings) -> None:
    """What the guide asks before flows can be computed (BC-INV-01, BC-INV-04)."""
    needs_gwp = False
    for label, c in tables.classes.items():
        if not c.blue or c.activity not in RESTORING:
            continue
        if c.replanted is None:
            findings.add(
                "BC-INV-01", f"{c.place}, replanted", "nothing", "true or false",
                "The soil factor is 0 where vegetation came back by itself. State whether people planted or seeded.",
            )  # fmt: skip
        if c.salinity_ppt == SALINITY_EDGE_PPT:
            findings.add(
                "BC-INV-04", f"{c.place}, salinity_ppt", "18", "below or above 18",
                "Table 4.14 is undefined at exactly 18 ppt. Say on which side the site stands most of the year.",
            )  # fmt: skip
        if c.started is None:
            findings.add(
                "BC-INV-13", f"{c.place}, started", "nothing", "the year the activity began",
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
            "BC-INV-14", c.place, f"mapped in {', '.join(sorted(set(early)))}, started {c.started}",
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
    _growth(sheet, prefix, counted, tables, factors, flows, clock)
    _methane(sheet, prefix, active_whole, tables, factors, flows)
    _capacity(sheet, prefix, counted, tables, factors, flows)
    for c in tables.classes.values():
        if c.blue and c.activity in (*NO_FLOW_ACTIVITY, *EXTRACTING):
            reason = REASON_NOT_COVERED if c.activity == "unspecified" else REASON_NO_FLOW
            reason = REASON_BOOKED_AS_LOSS if c.activity in EXTRACTING else reason
            flows.gaps.append(_gap(c, "soil_flux", "not_covered", reason, "4.2.3"))
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


def _gap(c: AccountingClass, quantity: str, status: str, reason: dict[str, str], clause: str) -> Gap:
    dimensions = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity}
    unit = "t_CH4/yr" if quantity == "methane_flux" else "t_CO2/yr"
    return Gap(quantity, unit, "flow", "gross", dimensions, status, reason, clause)


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
            flows.gaps.append(_gap(c, "soil_flux", "not_applicable", REASON_COVER, "4.2.3"))
        elif c.activity in RESTORING:
            removal[label,] = factors.find("soil_removal_factor", c.context, c.place)
        elif c.activity == "forest_management":
            flows.gaps.append(_gap(c, "soil_flux", "not_covered", REASON_NO_DEFAULT, "4.2.1"))
    reached = _at_ceiling(view, tables, factors, removal, clock)
    for label in dict.fromkeys(row["class"] for row in reached):
        flows.gaps.append(_gap(tables.classes[label], "soil_flux", "not_applicable", REASON_CEILING, "4.2.3"))
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
                flows.gaps.append(_gap(c, "soil_flux", "not_applicable", REASON_NO_DEFAULT, "4.2.4"))
    part = view.where(lambda row: (row["class"],) in rows)
    if part.rows:
        label = {"en": "soil carbon lost by drainage", "zh": "排水造成的土壤碳损失"}
        carbon = sheet.apply(
            f"{prefix}drainage", eq.soil_drainage, label, area=part, factor=sheet.factor(rows, ("class",))
        )
        flows.co2.append(("soil", _co2(sheet, f"{prefix}drainage_co2", carbon)))


def _growth(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows,
    clock: Clock,
) -> None:  # fmt: skip
    quantities = ("above_ground_growth", "root_shoot_ratio", "carbon_fraction", "above_ground_biomass")
    rows: dict[str, dict] = {quantity: {} for quantity in quantities}
    for label, c in tables.classes.items():
        if not (c.blue and c.activity in (*RESTORING, "forest_management")):
            continue
        if c.habitat != "mangrove" and not factors.has("above_ground_growth", c.context):
            flows.gaps.append(_gap(c, "biomass_flux", "not_estimated", REASON_NO_DEFAULT, "4.2.1"))
        elif c.started is None:
            flows.gaps.append(_gap(c, "biomass_flux", "not_estimated", REASON_NO_AGE, "4.2.1"))
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
    label = {"en": "biomass removal as CO2", "zh": "生物量清除量(CO2)"}
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


def _methane(
    sheet: Worksheet, prefix: str, view: View, tables: SurveyTables, factors: FactorTable, flows: Flows
) -> None:
    rows = {}
    for label, c in tables.classes.items():
        if not (c.blue and c.activity in RESTORING):
            continue
        if c.habitat == "seagrass":
            flows.gaps.append(_gap(c, "methane_flux", "not_applicable", REASON_NO_METHANE, "4.2.3"))
        elif c.salinity_ppt is None:
            flows.gaps.append(_gap(c, "methane_flux", "not_estimated", REASON_NO_SALINITY, "4.2.3"))
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
