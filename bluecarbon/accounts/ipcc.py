"""The account of a survey after chapter 4 of the Wetlands Supplement: areas, stocks, change, yearly flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bluecarbon.accounts.areas import (
    AreaNodes,
    SurveyTables,
    area_nodes,
    by_habitat,
    detail,
    net_area_change,
    transition_areas,
)
from bluecarbon.accounts.change import stock_change
from bluecarbon.accounts.flow_parts import Clock, Flows
from bluecarbon.accounts.ipcc_agreement import check_growth, check_sums
from bluecarbon.accounts.ipcc_aquaculture import aquaculture_lines
from bluecarbon.accounts.ipcc_flows import check_rules, yearly_flows
from bluecarbon.accounts.ipcc_losses import losses
from bluecarbon.accounts.ipcc_stocks import choose_stock_factors, pool_stocks
from bluecarbon.job import Job
from methodology.base.errors import Findings
from methodology.factors.table import FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import Gap, LineBlock
from methodology.worksheet import Node, Worksheet

TIER = "Tier 1"


@dataclass
class Account:
    """What an account adds to a statement."""

    blocks: list[LineBlock] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    disputed: list[Mapping[str, object]] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)


def account(sheet: Worksheet, tables: SurveyTables, job: Job, factors: FactorTable, findings: Findings) -> Account:
    """Build the whole account on a worksheet.

    Raises
    ------
    InputError
        What the guide's rules ask for and the job does not say, all at once; factors missing or ambiguous.
    """
    check_rules(tables, job.survey.gwp, findings)
    findings.stop_on_errors()
    result = Account(settings={"gwp": job.survey.gwp, "between_dates": tables.between_dates})
    areas = area_nodes(sheet, tables)
    _area_lines(sheet, tables, areas, result)
    chosen = choose_stock_factors(tables, factors)
    result.gaps += chosen.gaps
    stock = pool_stocks(sheet, "", areas.counted, tables, chosen, lambda row: tables.years[row["date"]])
    if stock is not None:
        _stock_lines(sheet, tables, stock, result)
    if areas.sides is not None:
        common = {"kind": "stock_change", "account": "net", "tier": TIER, "clause": "4.2.2"}
        blocks, gaps = stock_change(sheet, tables, areas.sides, chosen, common)
        result.blocks += blocks
        result.gaps += gaps
    result.blocks += losses(sheet, tables, job, factors, chosen, areas.cover)
    at = Clock(lambda row: tables.years[row["date"]], lambda row: tables.years[row["date"]])
    flows = yearly_flows(sheet, "", (areas.counted, areas.area), tables, factors, job.survey.gwp, at)
    result.gaps += flows.gaps
    _flow_lines(sheet, "", tables, flows, "date", result)
    if areas.mean is not None:
        ends = {p.label: (tables.years[p.start], tables.years[p.end]) for p in tables.periods}
        during = Clock(lambda row: ends[row["period"]][0], lambda row: ends[row["period"]][1])
        over = yearly_flows(sheet, "period_", (areas.mean, areas.mean_whole), tables, factors, job.survey.gwp, during)
        result.gaps += [gap for gap in over.gaps if "period" in gap.dimensions]
        _flow_lines(sheet, "period_", tables, over, "period", result)
        check_sums(sheet, tables, findings)
    check_growth(tables, factors, findings)
    aquaculture = aquaculture_lines(sheet, job, factors)
    result.blocks += aquaculture
    result.disputed = disputed_terms(tables, flows, bool(aquaculture))
    return result


def _area_lines(sheet: Worksheet, tables: SurveyTables, areas: AreaNodes, result: Account) -> None:
    fine = sheet.total("area_detail", areas.area, by=detail(tables))
    coarse = sheet.total("area_by_habitat", areas.area, over=["reporting_unit"], by=by_habitat(tables))
    common = {"kind": "area", "account": "activity", "basis": "measured", "data_quality": "mapped"}
    result.blocks.append(LineBlock(fine, "habitat_area", **common))
    result.blocks.append(LineBlock(coarse, "habitat_area", **common, aggregation="subtotal"))
    change = net_area_change(sheet, tables)
    if change is not None:
        result.blocks.append(LineBlock(change, "area_change", **common))
    gross = transition_areas(sheet, tables)
    if gross is not None:
        by = by_habitat(tables, "from_class", "from_habitat") | by_habitat(tables, "to_class", "to_habitat")
        node = sheet.total("transition_by_habitat", gross, by=by)
        result.blocks.append(LineBlock(node, "area_transition", **common))


def _stock_lines(sheet: Worksheet, tables: SurveyTables, stock: Node, result: Account) -> None:
    common = {"kind": "stock", "account": "gross", "tier": TIER, "clause": "4.2.2"}
    common["data_quality"] = "mapped area × default factor"
    fine = sheet.total("stock_detail", stock, by=detail(tables))
    result.blocks.append(LineBlock(fine, "carbon_stock", **common))
    by_unit = sheet.total("stock_by_unit", stock, over=["pool"], by=by_habitat(tables))
    pools = sheet.total("stock_by_pool", stock, over=["reporting_unit"], by=by_habitat(tables))
    habitats = sheet.total("stock_by_habitat", pools, over=["pool"])
    total = sheet.total("stock_total", habitats, over=["habitat"])
    lacking = _pools_left_out(result.gaps)
    for node in (by_unit, pools, habitats):
        left = () if node is pools else lacking
        result.blocks.append(LineBlock(node, "carbon_stock", **common, aggregation="subtotal", leaves_out=left))
    result.blocks.append(LineBlock(total, "carbon_stock", **common, aggregation="total", leaves_out=lacking))
    for name, node, level in (("habitat", habitats, "subtotal"), ("total", total, "total")):
        label = {"en": "stock as CO2", "zh": "储量折合 CO2"}
        as_co2 = sheet.apply(f"stock_{name}_co2", eq.co2_of_stock, label, carbon=node)
        result.blocks.append(LineBlock(as_co2, "carbon_stock_as_co2", **common, aggregation=level, leaves_out=lacking))


def _pools_left_out(gaps: Iterable[Gap]) -> dict[str, tuple[str, ...]]:
    """Habitats some pools of which no stock includes, because they were not estimated; the gaps say which."""
    habitats = dict.fromkeys(gap.dimensions["habitat"] for gap in gaps if gap.quantity == "carbon_stock")
    return {habitat: (f"pools of {habitat} not estimated",) for habitat in habitats}


def _flow_lines(sheet: Worksheet, prefix: str, tables: SurveyTables, flows: Flows, when: str, result: Account) -> None:
    common = {"kind": "flow", "tier": TIER, "data_quality": "mapped area × default factor"}
    if flows.co2:
        node = sheet.total(f"{prefix}flow_detail", sheet[f"{prefix}co2"], by=detail(tables))
        result.blocks.append(LineBlock(node, "co2_flux", account="gross", clause="4.2.3", **common))
    if flows.methane is not None:
        node = sheet.total(f"{prefix}methane_detail", flows.methane, by=detail(tables))
        result.blocks.append(
            LineBlock(node, "methane_flux", account="gross", clause="4.2.3", fixed={"gas": "CH4"}, **common)
        )
    if flows.co2e is not None:
        units = sheet.total(f"{prefix}net_by_unit", flows.co2e, over=["gas"], by=by_habitat(tables))
        gases = sheet.total(f"{prefix}net_by_gas", flows.co2e, over=["reporting_unit"], by=by_habitat(tables))
        habitats = sheet.total(f"{prefix}net_by_habitat", gases, over=["gas"])
        total = sheet.total(f"{prefix}net_total", habitats, over=["habitat"])
        for node, level in ((units, "subtotal"), (gases, "subtotal"), (habitats, "subtotal"), (total, "total")):
            left = flows.leaves_out()
            block = LineBlock(
                node, "net_flux", account="net", clause="metric", aggregation=level, leaves_out=left, **common
            )
            result.blocks.append(block)
    if flows.capacity is not None:
        node = sheet.total(f"{prefix}capacity_detail", flows.capacity, by=detail(tables))
        total = sheet.total(f"{prefix}capacity_total", flows.capacity, over=["reporting_unit"], by=by_habitat(tables))
        proxy = {**common, "account": "capacity", "basis": "proxy", "clause": "4.2.3"}
        result.blocks.append(LineBlock(node, "soil_capacity", **proxy))
        result.blocks.append(LineBlock(total, "soil_capacity", **proxy, aggregation="subtotal"))


def disputed_terms(tables: SurveyTables, flows: Flows, aquaculture: bool = False) -> list[dict[str, object]]:
    """The eight disputed terms of blue-carbon accounting, each with its status in this account and why."""

    def term(name: str, status: str, en: str, zh: str) -> dict[str, object]:
        return {"term": name, "status": status, "reason": {"en": en, "zh": zh}}

    methane = (
        "included",
        "by table 4.14 for rewetted, revegetated and created marsh and mangrove",
        "按表 4.14 计入复湿、恢复与新建的沼泽和红树林",
    )
    nitrous_oxide = ("excluded", "covered by the guide for aquaculture in use only", "指南仅涵盖使用期水产养殖")
    if aquaculture:
        nitrous_oxide = ("included", "aquaculture in use, on lines of its own", "使用期水产养殖，单列")
    if flows.methane is None:
        methane = ("not assessed", "no stated activity with known salinity", "没有声明活动且盐度已知的区域")
    return [
        term("allochthonous_carbon", "not assessed", "stocks and factors of the guide include carbon from outside", "指南的储量与因子包含外源碳"),
        term("methane", *methane),
        term("nitrous_oxide", *nitrous_oxide),
        term("lateral_export", "excluded", "not part of chapter 4 at Tier 1", "第 4 章第一层级不含横向输出"),
        term("carbonate", "excluded", "organic carbon only", "仅计有机碳"),
        term("reversal", "not assessed", "the statement is an inventory; permanence is not discounted", "本报告为清单，未作非持久性折减"),
        term("baseline", "excluded", "an inventory has no baseline; base and project state are not compared", "清单不设基线"),
        term("model", "included", "spread of the default factors is propagated; their fitness for the site is not known", "已传递缺省因子的离散度；其对本地的适用性未知"),
    ]  # fmt: skip
