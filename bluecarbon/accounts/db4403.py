"""Toolkit form of Shenzhen's guide: total sink by sink type and date, activity sink against a base state.

The guide's equations and factor tables could not be read. Nothing here may be called conforming to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bluecarbon.accounts.areas import (
    SurveyTables,
    area_nodes,
    by_habitat,
    dates_of_years,
    detail,
    net_area_change,
)
from bluecarbon.accounts.harvest import HarvestNodes, harvest_nodes
from bluecarbon.accounts.ipcc import Account
from bluecarbon.accounts.ipcc_stocks import RESTORING
from bluecarbon.job import BLUE_HABITATS, Job, date_label
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.factors.table import FactorTable
from methodology.guides.db4403_t401_2023 import equations as eq
from methodology.statement import Gap, LineBlock
from methodology.worksheet import Node, View, Worksheet

SINKS = (*BLUE_HABITATS, "macroalgae")
REASON_DRAINED = {
    "en": "a drained or extracted habitat is no sink; the guide's parents give an emission for it",
    "zh": "排水或开采的生境不是碳汇；上位文件对其给出排放",
}
REASON_NO_COMPARISON = {
    "en": "the maps did not all look at the same places between base and project state",
    "zh": "基准状态与项目状态之间各图的调查范围不一致",
}
REASON_NO_FACTOR = {"en": "no factor from the user's file or the stated parents", "zh": "用户文件与上位文件均无因子"}


def account(sheet: Worksheet, tables: SurveyTables, job: Job, factors: FactorTable, findings: Findings) -> Account:
    """Build the account on a worksheet.

    Raises
    ------
    InputError
        BC-INV-01 the base date is no date of a map; factors ambiguous.
    """
    base = None if job.survey.base_date is None else date_label(job.survey.base_date)
    if base is not None and base not in tables.dates:
        findings.add(
            "BC-INV-01", "[survey].base_date", base, phrase("the date of one of the maps: {names}", names=', '.join(tables.dates)),
            "The base state is a mapped state.",
        )  # fmt: skip
        findings.stop_on_errors()
    result = Account(
        settings={"gwp": job.survey.gwp, "base_date": base, "net_shell_carbonate": job.survey.net_shell_carbonate}
    )
    areas = area_nodes(sheet, tables)
    common = {"kind": "area", "account": "activity", "basis": "measured", "data_quality": "mapped"}
    result.blocks.append(LineBlock(sheet.total("area_detail", areas.area, by=detail(tables)), "habitat_area", **common))
    coarse = sheet.total("area_by_habitat", areas.area, over=["reporting_unit"], by=by_habitat(tables))
    result.blocks.append(LineBlock(coarse, "habitat_area", **common, aggregation="subtotal"))
    change = net_area_change(sheet, tables)
    if change is not None:
        result.blocks.append(LineBlock(change, "area_change", **common))
    sinks = _area_sinks(sheet, tables, areas.counted, factors, findings, result)
    harvest = harvest_nodes(sheet, job, factors, dates_of_years(tables))
    _lines(sheet, tables, sinks, harvest, job, result)
    if base is not None:
        _activity(sheet, tables, base, result)
    result.disputed = _disputed(harvest, job, base)
    return result


def _area_sinks(
    sheet: Worksheet, tables: SurveyTables, area: Node, factors: FactorTable, findings: Findings, result: Account
) -> list[tuple[str, Node]]:
    own, parent = {}, {}
    for label, c in tables.classes.items():
        if c.habitat not in SINKS:
            continue
        dims = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity}
        if c.activity in ("drainage", "extraction", "aquaculture"):
            result.gaps.append(Gap("carbon_sink", "t_CO2/yr", "flow", "gross", dims, "not_applicable", REASON_DRAINED))
        elif factors.has("sink_factor", c.context):
            own[label,] = factors.find("sink_factor", c.context, c.place)
        elif factors.has("soil_removal_factor", c.context):
            parent[label,] = factors.find("soil_removal_factor", c.context, c.place)
        else:
            result.gaps.append(Gap("carbon_sink", "t_CO2/yr", "flow", "gross", dims, "not_estimated", REASON_NO_FACTOR))
    for factor in {factor.id: factor for factor in parent.values()}.values():
        findings.add(
            "BC-INV-06", phrase("factor {factor}", factor=factor.id), phrase("{printed} of {guide}", printed=factor.printed, guide=factor.guide), "the guide's own annex C",
            "Type the printed value into a factors file: `methodology factors template db4403-t401-2023`.", "warning",
        )  # fmt: skip
    made = []
    for name, rows, equation in (("own", own, eq.sink_of_area), ("parent", parent, eq.sink_by_parent)):
        part = area.where(lambda row, rows=rows: (row["class"],) in rows)
        if part.rows:
            label = {"en": "activity data × factor", "zh": "活动数据 × 因子"}
            made.append(
                (name, sheet.apply(f"sink_{name}", equation, label, area=part, factor=sheet.factor(rows, ("class",))))
            )
    return made


def _grades(tables: SurveyTables, node: Node, confirmed: bool) -> dict[tuple[str, ...], str]:
    """Toolkit grade of each row: validation points behind the map, and factors confirmed from print or local."""
    place = node.dims.index("date")
    return {row: "CBA"[(row[place] in tables.scales) + confirmed] + " (toolkit grade)" for row in node.rows}


def _confirmed(sheet: Worksheet, quantity: str) -> bool:
    used = [sheet.factors[row[0]] for row in sheet[f"factor:{quantity}"].rows]
    return all(factor.value_status in ("read", "local") for factor in used)


def _account_of(tables: SurveyTables, name: str, labels: Iterable[str]) -> dict[str, str]:
    """A parent's factor for restored land on existing habitat is a proxy and stands in the capacity account."""
    restored = all(tables.classes[label].activity in RESTORING for label in labels)
    if name == "own" or restored:
        return {"account": "gross", "basis": "default"}
    return {"account": "capacity", "basis": "proxy"}


def _lines(
    sheet: Worksheet,
    tables: SurveyTables,
    sinks: list[tuple[str, Node]],
    harvest: HarvestNodes,
    job: Job,
    result: Account,
) -> None:
    common = {"kind": "flow", "tier": "activity data × factor", "clause": None}
    parts: list[tuple[str, Node | View]] = []
    kinds: dict[str, dict[str, str]] = {}
    for name, node in sinks:
        fine = sheet.total(f"sink_{name}_detail", node, by=detail(tables))
        quantity = "sink_factor" if name == "own" else "soil_removal_factor"
        grades = _grades(tables, fine, _confirmed(sheet, quantity))
        kinds[name] = _account_of(tables, name, {row[node.dims.index("class")] for row in node.rows})
        result.blocks.append(LineBlock(fine, "carbon_sink", data_quality=grades, **kinds[name], **common))
        by_type = sheet.total(f"sink_{name}_by_habitat", node, over=["reporting_unit"], by=by_habitat(tables))
        parts.append((name, by_type))
    for name, node in (("algae", harvest.algae), ("soft_tissue", harvest.soft_tissue)):
        if node is not None:
            result.blocks.append(LineBlock(node, "harvest_sink", account="gross", fixed={"pool": name}, **common))
            habitat = "macroalgae" if name == "algae" else "shellfish"
            regroup = {"species": (("habitat",), {row[0]: (habitat,) for row in node.rows})}
            parts.append((name, sheet.total(f"{name}_by_type", node, by=regroup)))
    if harvest.shell is not None:
        result.blocks.append(
            LineBlock(harvest.shell, "shell_carbonate", account="gross", fixed={"pool": "shell"}, **common)
        )
        if job.survey.net_shell_carbonate:
            regroup = {"species": (("habitat",), {row[0]: ("shellfish",) for row in harvest.shell.rows})}
            parts.append(("shell", sheet.total("shell_by_type", harvest.shell, by=regroup)))
    if not parts:
        return
    order = ("habitat", "date")
    stacked = sheet.stack("sinks", "part", [(name, _ordered(node, order)) for name, node in parts])
    types = sheet.total("sink_by_type", stacked, over=["part"], label={"en": "sink by type", "zh": "各类型碳汇"})
    total = sheet.total("sink_total", types, over=["habitat"], label={"en": "total sink", "zh": "总碳汇"})
    proxy = any(kind["account"] == "capacity" for kind in kinds.values())
    whole = {"account": "capacity", "basis": "proxy"} if proxy else {"account": "net", "basis": "default"}
    result.settings["sink_account"] = whole["account"]
    result.blocks.append(LineBlock(types, "carbon_sink", aggregation="subtotal", **whole, **common))
    result.blocks.append(LineBlock(total, "carbon_sink", aggregation="total", **whole, **common))


def _ordered(node: Node | View, order: tuple[str, ...]) -> View:
    view = node.view() if isinstance(node, Node) else node
    rows = tuple(tuple(row[view.dims.index(dim)] for dim in order) for row in view.rows)
    return View(view.node, view.index, order, rows)


def _activity(sheet: Worksheet, tables: SurveyTables, base: str, result: Account) -> None:
    if "sink_by_type" not in sheet:
        return
    if not _comparable(tables, base):
        result.gaps.append(Gap("activity_sink", "t_CO2/yr", "flow", "net", {}, "not_estimated", REASON_NO_COMPARISON))
        return
    types = sheet["sink_by_type"]
    habitats = {row[0] for row in types.rows if row[1] == base}
    later = types.where(lambda row: row["date"] != base and row["habitat"] in habitats)
    if not later.rows:
        return
    start = types.where(lambda row: row["date"] == base).dropped("date")
    label = {"en": "project state − base state", "zh": "项目状态 − 基准状态"}
    node = sheet.apply("activity_sink", eq.activity_sink, label, project=later, base=start.onto(later.dims, later.rows))
    total = sheet.total("activity_sink_total", node, over=["habitat"])
    whole = result.settings["sink_account"]
    basis = "proxy" if whole == "capacity" else "default"
    common = {"kind": "flow", "account": whole, "basis": basis, "tier": "activity data × factor", "clause": None}
    result.blocks.append(LineBlock(node, "activity_sink", aggregation="subtotal", **common))
    result.blocks.append(LineBlock(total, "activity_sink", aggregation="total", **common))


def _comparable(tables: SurveyTables, base: str) -> bool:
    """Whether every map from the base state on looked where its neighbour looked."""
    after = [p for p in tables.periods if tables.years[p.start] >= tables.years[base]]
    return bool(after) and all(p.computed and p.whole for p in after)


def _disputed(harvest: HarvestNodes, job: Job, base: str | None) -> list[dict[str, object]]:
    def term(name: str, status: str, en: str, zh: str) -> dict[str, object]:
        return {"term": name, "status": status, "reason": {"en": en, "zh": zh}}

    carbonate = ("excluded", "no shellfish in the account", "核算中无贝类")
    if harvest.shell is not None:
        carbonate = (
            "excluded",
            "shell carbonate stands on a line of its own, outside the net sink",
            "贝壳碳酸盐单列，不计入净碳汇",
        )
        if job.survey.net_shell_carbonate:
            carbonate = ("included", "the job file counts shell carbonate in the net sink", "任务文件声明计入净碳汇")
    baseline = ("excluded", "no base_date was stated", "未声明 base_date")
    if base is not None:
        baseline = (
            "included",
            f"base state of {base}; its map error is propagated",
            f"基准状态为 {base}；已传递其制图误差",
        )
    return [
        term("allochthonous_carbon", "not assessed", "the factors do not separate it", "因子未区分外源碳"),
        term(
            "methane", "not assessed", "the part of the guide that was read names no methane term", "已读部分未见甲烷项"
        ),
        term(
            "nitrous_oxide",
            "not assessed",
            "the part of the guide that was read names no nitrous oxide term",
            "已读部分未见氧化亚氮项",
        ),
        term("lateral_export", "not assessed", "not part of the toolkit form", "工具形式未包含"),
        term("carbonate", *carbonate),
        term("reversal", "not assessed", "permanence is not discounted", "未作非持久性折减"),
        term("baseline", *baseline),
        term(
            "model",
            "not assessed",
            "fitness of the parents' factors for the site is not known",
            "上位因子对本地的适用性未知",
        ),
    ]
