"""Sink capacity by sediment burial and by plant production, two lines that are not added unless the job insists."""

from __future__ import annotations

from bluecarbon.accounts.areas import SurveyTables, area_nodes, by_habitat, dates_of_years, detail
from bluecarbon.accounts.harvest import harvest_nodes
from bluecarbon.accounts.ipcc import Account
from bluecarbon.classes import AccountingClass
from bluecarbon.job import Burial, Job
from methodology.base.errors import Findings
from methodology.factors.table import FactorTable
from methodology.guides.burial_capacity import equations as eq
from methodology.statement import Gap, LineBlock
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Node, Worksheet

REASON_NO_RATE = {
    "en": "no burial rate for this habitat and region; measure it or give one in [[burial]] or a factors file",
    "zh": "此生境与区域无埋藏速率；请实测，或在 [[burial]] 或因子文件中给出",
}
REASON_NO_PRODUCTION = {"en": "no plant production for this species and region", "zh": "此物种与区域无植物生产量数据"}


def account(sheet: Worksheet, tables: SurveyTables, job: Job, factors: FactorTable, findings: Findings) -> Account:
    """Build the account on a worksheet."""
    result = Account(
        settings={"gwp": job.survey.gwp, "sum_burial_and_production": job.survey.sum_burial_and_production}
    )
    areas = area_nodes(sheet, tables)
    common = {"kind": "area", "account": "activity", "basis": "measured", "data_quality": "mapped"}
    result.blocks.append(LineBlock(sheet.total("area_detail", areas.area, by=detail(tables)), "habitat_area", **common))
    coarse = sheet.total("area_by_habitat", areas.area, over=["reporting_unit"], by=by_habitat(tables))
    result.blocks.append(LineBlock(coarse, "habitat_area", **common, aggregation="subtotal"))
    burial = _burial(sheet, tables, job, areas.counted, factors, result)
    plants = _plants(sheet, tables, areas.counted, factors, result)
    totals = []
    for name, node in (("burial", burial), ("plant_production", plants)):
        if node is not None:
            totals.append((name, _lines(sheet, tables, name, node, result)))
    if job.survey.sum_burial_and_production and len(totals) == 2:
        _sum(sheet, totals, findings, result)
    harvest = harvest_nodes(sheet, job, factors, dates_of_years(tables))
    flow = {"kind": "flow", "account": "capacity", "tier": "harvest × coefficients", "clause": None}
    for pool, node in (("algae", harvest.algae), ("soft_tissue", harvest.soft_tissue), ("shell", harvest.shell)):
        if node is not None:
            quantity = "shell_carbonate" if pool == "shell" else "harvest_sink"
            result.blocks.append(LineBlock(node, quantity, fixed={"pool": pool}, **flow))
    result.disputed = _disputed(harvest.shell is not None)
    return result


def _stated(job: Job, c: AccountingClass) -> Burial | None:
    fitting = [b for b in job.burial if b.habitat == c.habitat and b.stratum in (None, c.stratum)]
    return max(fitting, key=lambda b: b.stratum is not None) if fitting else None


def _burial(
    sheet: Worksheet, tables: SurveyTables, job: Job, area: Node, factors: FactorTable, result: Account
) -> list[tuple[str, Node]] | None:
    measured: dict[str, Burial] = {}
    rates = {}
    for label, c in tables.classes.items():
        if not c.blue:
            continue
        stated = _stated(job, c)
        if stated is not None:
            measured[label] = stated
        elif factors.has("burial_rate", c.context):
            rates[label,] = factors.find("burial_rate", c.context, c.place)
        else:
            dims = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity}
            result.gaps.append(Gap("burial", "t_CO2/yr", "flow", "capacity", dims, "not_estimated", REASON_NO_RATE))
    made: list[tuple[str, Node]] = []
    part = area.where(lambda row: row["class"] in measured)
    if part.rows:
        made.append(("measured", _measured(sheet, part, measured)))
    part = area.where(lambda row: (row["class"],) in rates)
    if part.rows:
        label = {"en": "burial by published rate", "zh": "按已发表速率的埋藏量"}
        made.append(
            (
                "rate",
                sheet.apply(
                    "burial_by_rate", eq.burial_by_rate, label, area=part, rate=sheet.factor(rates, ("class",))
                ),
            )
        )
    return made or None


def _measured(sheet: Worksheet, part, measured: dict[str, Burial]) -> Node:
    names = {
        "density": ("density_g_cm3", "g/cm**3"),
        "organic_carbon": ("organic_carbon", "t_C/t"),
        "accretion": ("accretion_mm_per_year", "mm/yr"),
    }
    names_of = {
        label: item.source if item.stratum is None else f"{item.source}, {item.stratum}"
        for label, item in measured.items()
    }
    rows = {(names_of[label],): item for label, item in measured.items()}  # a measurement used twice is one row
    views = {}
    for argument, (attribute, unit) in names.items():
        values = {row: getattr(item, attribute) for row, item in rows.items()}
        spreads, excludes = {}, {}
        for row, value in values.items():
            percent = rows[row].uncertainty_percent
            if percent is None:
                excludes[row] = ("error of the measured burial",)
            elif argument == "accretion" and value > 0:  # the stated percentage is of the product; one term carries it
                spreads[row] = fitted("normal", value, value * (1 - percent / 100), value * (1 + percent / 100))
        node = sheet.input(
            f"burial_{argument}", unit, ("measurement",), values, label={"en": argument.replace("_", " "), "zh": argument},
            sources={row: (rows[row].source,) for row in values}, spreads=spreads, excludes=excludes,
        )  # fmt: skip
        views[argument] = node.onto(("class",), [(label,) for label in measured], lambda row: (names_of[row["class"]],))
    return sheet.apply(
        "burial_measured", eq.sediment_burial, {"en": "measured burial", "zh": "实测埋藏量"}, area=part, **views
    )


def _plants(
    sheet: Worksheet, tables: SurveyTables, area: Node, factors: FactorTable, result: Account
) -> list[tuple[str, Node]] | None:
    rows = {}
    for label, c in tables.classes.items():
        if not c.blue:
            continue
        if factors.has("plant_production", c.context):
            rows[label,] = factors.find("plant_production", c.context, c.place)
        else:
            dims = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity}
            result.gaps.append(
                Gap("plant_production", "t_CO2/yr", "flow", "capacity", dims, "not_estimated", REASON_NO_PRODUCTION)
            )
    part = area.where(lambda row: (row["class"],) in rows)
    if not part.rows:
        return None
    label = {"en": "net primary production", "zh": "净初级生产量"}
    return [
        (
            "npp",
            sheet.apply(
                "plant_production", eq.plant_production, label, area=part, production=sheet.factor(rows, ("class",))
            ),
        )
    ]


def _lines(sheet: Worksheet, tables: SurveyTables, name: str, nodes: list[tuple[str, Node]], result: Account) -> Node:
    carbon = sheet.stack(f"{name}_carbon", "part", nodes)
    merged = sheet.total(f"{name}_carbon_all", carbon, over=["part"])
    label = {"en": "as CO2 removal", "zh": "折合 CO2 清除"}
    flux = sheet.apply(f"{name}_co2", eq.capacity_as_removal, label, carbon=merged)
    flow = {"kind": "flow", "account": "capacity", "tier": "identity of the science", "clause": None}
    result.blocks.append(LineBlock(sheet.total(f"{name}_detail", flux, by=detail(tables)), name, **flow))
    types = sheet.total(f"{name}_by_habitat", flux, over=["reporting_unit"], by=by_habitat(tables))
    total = sheet.total(f"{name}_total", types, over=["habitat"])
    result.blocks.append(LineBlock(types, name, **flow, aggregation="subtotal"))
    result.blocks.append(LineBlock(total, name, **flow, aggregation="total"))
    return total


def _sum(sheet: Worksheet, totals: list[tuple[str, Node]], findings: Findings, result: Account) -> None:
    findings.add(
        "BC-INV-05", "[survey].sum_burial_and_production", "true", "burial and production on two lines",
        "Part of what plants produce is what the sediment buries; the sum may count it twice.", "warning",
    )  # fmt: skip
    both = sheet.stack("both", "part", totals)
    node = sheet.total("burial_and_production", both, over=["part"])
    result.blocks.append(
        LineBlock(node, "burial_and_production", "flow", "capacity", tier="sum the job asked for", aggregation="total")
    )


def _disputed(shell: bool) -> list[dict[str, object]]:
    def term(name: str, status: str, en: str, zh: str) -> dict[str, object]:
        return {"term": name, "status": status, "reason": {"en": en, "zh": zh}}

    return [
        term("allochthonous_carbon", "included", "burial counts all organic carbon of the sediment", "埋藏量计入沉积物全部有机碳"),
        term("methane", "excluded", "the capacity is of organic carbon only", "碳汇能力仅计有机碳"),
        term("nitrous_oxide", "excluded", "the capacity is of organic carbon only", "碳汇能力仅计有机碳"),
        term("lateral_export", "excluded", "not part of the form", "未包含"),
        term("carbonate", "excluded", "shell carbonate stands on its own line" if shell else "organic carbon only", "贝壳碳酸盐单列" if shell else "仅计有机碳"),
        term("reversal", "not assessed", "a yearly capacity, no permanence", "为年度能力，不涉持久性"),
        term("baseline", "excluded", "a capacity has no baseline", "碳汇能力不设基线"),
        term("model", "not assessed", "published rates from one site stand for the region", "以单点已发表速率代表区域"),
    ]  # fmt: skip
