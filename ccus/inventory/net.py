"""From gross to net and avoided on a period's worksheet, where delivered tonnes went, and what the gaps rest on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ccus.inventory import cited
from ccus.inventory.completeness import UNMETERED, unmetered, withheld
from ccus.inventory.host import HostUnit, Text, avoided, host_unit
from ccus.inventory.sheet import BALANCE_CLAUSE, HOST_NOT_STATED, Sheet, block, normal
from ccus.performance import Intensity, electricity_intensity, factor_of_year, heat_intensity
from ccus.plant.supply import EnergyFlow
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.factors.table import FactorTable
from methodology.guides.iso_27919_1 import equations as iso
from methodology.statement import Gap
from methodology.worksheet import Node

NONE_USED = "nothing of it in the log of the period"
MARKET = "emission_of_electricity_market_based"
_ENERGY_ZH = {"heat": "热", "electricity": "电"}
_KEYS = {"heat": "steam", "electricity": "electricity"}


def net(sheet: Sheet, energy: Mapping[str, Node | None], grid: FactorTable, certified_mwh: float) -> None:
    """Gross to net and avoided, location- and market-based; a missing part leaves the number "not estimated"."""
    ws, accounts = sheet.worksheet, sheet.accounts
    if "captured" not in ws:
        return
    fixed = {"period": sheet.period}
    unit = host_unit(sheet)
    intensity, rates = _rates(sheet, energy, grid, unit)
    emission = {name: _emission(sheet, name, energy[name], rates[name]) for name in ("heat", "electricity")}
    for name, node in emission.items():
        if node is not None:
            sheet.blocks.append(block(node, f"emission_of_{name}", "activity", "total", fixed))
    if energy["electricity"] is not None and intensity is not None and intensity.factor is not None:
        _market(sheet, energy["electricity"], intensity, grid, certified_mwh)
    missing = {name: _missing(sheet, name, energy[name]) for name in emission if energy[name] is not None}
    missing = {name: text for name, text in missing.items() if emission[name] is None}
    for name in emission:
        silent = unmetered(accounts, name)
        if silent:
            missing[name] = UNMETERED[name](", ".join(silent))
    whole = withheld(accounts)
    vented = cited.vented(sheet)
    chemicals = _chemical_emission(sheet)
    if missing or whole is not None:
        said = [*([] if whole is None else [whole]), *missing.values()]
        reason = {lang: "; ".join(text[lang] for text in said) for lang in ("en", "zh")}
        sheet.gaps.append(Gap("net_captured", "t_CO2", "flow", "net", fixed, "not_estimated", reason, BALANCE_CLAUSE))
    else:
        parts = {name: node if node is not None else _zero(sheet, name) for name, node in emission.items()}
        node = ws.apply(
            "net_captured", iso.net_captured, gross=ws["captured"], vented=vented, chemicals=chemicals, **parts
        )
        sheet.blocks.append(block(node, "net_captured", "net", "total", fixed, basis="mixed"))
    if whole is not None:
        avoided(sheet, whole, energy, {}, vented)
        return
    outside: dict[str, Node | Text] = {"chemicals": chemicals}
    for name, key in _KEYS.items():
        flow = getattr(sheet.plant.energy, key)
        by_loss = isinstance(unit, HostUnit) and unit.reduction is None
        if flow is not None and flow.source == "host" and not (by_loss and name in missing and energy[name] is None):
            outside[name] = _zero(sheet, name)
        elif name in missing:
            outside[name] = missing[name]
        else:
            outside[name] = emission[name] if emission[name] is not None else _zero(sheet, name)
    avoided(sheet, unit, energy, outside, vented)


def _rates(
    sheet: Sheet, energy: Mapping[str, Node | None], grid: FactorTable, unit: HostUnit | Text
) -> tuple[Intensity | None, dict[str, Node | None]]:
    """Intensities of heat and electricity on the worksheet, and the electricity's with its factor."""
    ws, plant, rates = sheet.worksheet, sheet.plant, {"heat": None, "electricity": None}
    year = sheet.accounts.records.start.astimezone(plant.zone).year
    heat = heat_intensity(plant, sheet.findings) if energy["heat"] is not None else None
    if heat is not None:
        sheet.say("heat_intensity", heat.said)
        rates["heat"] = ws.input(
            "heat_intensity", "t_CO2/GJ", (), {(): heat.value}, role="parameter",
            sources={(): ("plant.toml [energy.steam]",)}, **_spread(heat, plant.energy.steam),
        )  # fmt: skip
    flow = plant.energy.electricity
    if energy["electricity"] is None:
        return None, rates
    if flow is not None and flow.source == "host" and isinstance(unit, HostUnit):
        said = {
            "en": "the host unit's intensity without capture, from [[host]]",
            "zh": "主机组无捕集时的强度，见 [[host]]",
        }
        sheet.say("electricity_intensity", said)
        return None, rates | {"electricity": unit.intensity}
    power = electricity_intensity(plant, year, grid, sheet.findings)
    if power is None:
        return None, rates
    sheet.say("electricity_intensity", power.said)
    if power.factor is not None:
        return power, rates | {"electricity": ws.factor({(): power.factor}, ())}
    rates["electricity"] = ws.input(
        "electricity_intensity", "t_CO2/MWh", (), {(): power.value}, role="parameter",
        sources={(): ("plant.toml [energy.electricity]",)}, **_spread(power, flow),
    )  # fmt: skip
    return power, rates


def _spread(intensity: Intensity, flow: EnergyFlow) -> dict[str, Any]:
    """Spread of a measured intensity, or that the interval leaves it out."""
    if flow.uncertainty_percent is None:
        return {"excludes": {(): (HOST_NOT_STATED,)}}
    return {"spreads": {(): normal(intensity.value, flow.uncertainty_percent)}}


def _zero(sheet: Sheet, name: str) -> Node:
    node = f"no_{name}_beside"
    if node in sheet.worksheet:
        return sheet.worksheet[node]
    return sheet.worksheet.input(node, "t_CO2", (), {(): 0.0}, role="parameter", sources={(): (NONE_USED,)})


def _missing(sheet: Sheet, name: str, amount: Node | None) -> Text:
    """What is missing for the emissions of an energy, and how to give it."""
    key, zh = _KEYS[name], _ENERGY_ZH[name]
    flow = getattr(sheet.plant.energy, key)
    if amount is None:
        return {
            "en": f"emissions of {name} are not estimated: no meter of its use ({key} meters of each line) has readings",
            "zh": f"所用{zh}的排放未估算：没有其用量表（{key}）的读数",
        }
    if flow is None:
        return {
            "en": f"emissions of {name} are not estimated: [energy] does not say where {key} comes from (grid, host, own)",
            "zh": f"所用{zh}的排放未估算：[energy] 未说明 {key} 来源（grid、host、own）",
        }
    if flow.source == "grid":
        return {
            "en": f"emissions of {name} are not estimated: no grid factor, see the finding",
            "zh": f"所用{zh}的排放未估算：没有电网因子，见核查发现",
        }
    return {
        "en": f"emissions of {name} are not estimated: the measured intensity of {flow.source} {key} is not stated in [energy.{key}]",
        "zh": f"所用{zh}的排放未估算：[energy.{key}] 未给出实测强度",
    }


def _emission(sheet: Sheet, name: str, amount: Node | None, rate: Node | None) -> Node | None:
    if amount is None or rate is None:
        return None
    ws = sheet.worksheet
    equation = iso.emission_of_electricity if name == "electricity" else iso.emission_of_heat
    by_line = ws.apply(f"emission_of_{name}_line", equation, **{name: amount, "intensity": rate})
    sheet.blocks.append(block(by_line, f"emission_of_{name}", "activity", "part", {"period": sheet.period}))
    return ws.total(f"emission_of_{name}", by_line, over=("line",))


def certified(sheet: Sheet, option_mwh: float) -> float:
    """Power with retired certificates whose time lies within the period, and what the command line adds. [MWh]"""
    start, end = (datetime.fromtimestamp(float(sheet.accounts.edges_s[n]), UTC) for n in (0, -1))
    inside = [c for c in sheet.plant.certificates if start <= c.valid_from and c.valid_to <= end]
    for item in sheet.plant.certificates:
        if item not in inside and item.overlaps(start, end):
            sheet.findings.add(
                "CC-INV-10",
                phrase("certificate {serial}", serial=item.serial),
                phrase("power of a time that is not within {period}", period=sheet.period),
                "a time within the period",
                "Not counted here; it counts in a report of a period that holds it.",
                severity="warning",
            )
    if inside:
        said = "; ".join(f"{c.serial}: {c.mwh:g} MWh, {c.evidence}" for c in inside)
        sheet.settings["certificates"] = said
    if option_mwh:
        sheet.settings["certified_option_mwh"] = option_mwh
    return sum(c.mwh for c in inside) + option_mwh


def _market(sheet: Sheet, amount: Node, intensity: Intensity, grid: FactorTable, option_mwh: float) -> None:
    """Market-based line beside the location-based one; it moves no other number."""
    ws, fixed = sheet.worksheet, {"period": sheet.period}
    year = sheet.accounts.records.start.astimezone(sheet.plant.zone).year
    data_year = int(intensity.factor.applies.get("data_year", (year,))[0])
    residual = factor_of_year("without_traded_non_fossil", "national", data_year, grid, Findings())
    if residual is None:
        reason = {
            "en": f"no factor without traded non-fossil power of data year {data_year}; give it with --factors",
            "zh": f"没有数据年份 {data_year} 的不含市场化交易非化石电量因子；可用 --factors 给出",
        }
        sheet.gaps.append(Gap(MARKET, "t_CO2", "flow", "activity", fixed, "not_estimated", reason, BALANCE_CLAUSE))
        return
    total = ws.total("electricity_total", amount, over=("line",))
    used, green_mwh = float(ws.evaluate()["electricity_total"][0]), certified(sheet, option_mwh)
    if green_mwh > used:
        sheet.findings.add(
            "CC-INV-10",
            "certified power",
            phrase("{green_mwh:,.1f} MWh for {used:,.1f} MWh used", green_mwh=green_mwh, used=used),
            "at most the power used",
            "Counted up to the power used; the rest moves nothing.",
            severity="warning",
        )
    green = ws.input(
        "certified_electricity", "MWh", (), {(): min(green_mwh, used)}, sources={(): ("plant.toml [[certificate]]",)}
    )
    sheet.say("market_intensity", residual.said)
    node = ws.apply(
        "emission_of_electricity_market", iso.emission_of_electricity_by_market,
        electricity=total, certified=green, residual=ws.factor({(): residual.factor}, ()),
    )  # fmt: skip
    sheet.blocks.append(block(node, MARKET, "activity", "total", fixed))


def _chemical_emission(sheet: Sheet) -> Node:
    """CO2 of chemicals made up, where the plant file gives a footprint."""
    ws = sheet.worksheet
    known = {c.id: c.footprint_kg_co2e_per_kg for c in sheet.plant.chemicals if c.footprint_kg_co2e_per_kg}
    amounts: dict[tuple[str], float] = {}
    for item in sheet.accounts.records.makeup:
        if item.chemical in known:
            amounts[(item.chemical,)] = amounts.get((item.chemical,), 0.0) + item.amount_kg
    if not amounts:
        return ws.input("chemicals_none", "t_CO2", (), {(): 0.0}, role="parameter", sources={(): (NONE_USED,)})
    makeup = ws.input(
        "chemical_makeup", "kg", ("stream",), amounts, excludes=dict.fromkeys(amounts, (cited.CHEMICALS,)),
        sources={row: cited.makeup_of(sheet, row) for row in amounts},
    )  # fmt: skip
    tables = {c.id: f"[[chemical]] {c.id}: {c.footprint_source or 'source not stated'}" for c in sheet.plant.chemicals}
    footprint = ws.input(
        "chemical_footprint", "kg_CO2/kg", ("stream",), {row: known[row[0]] for row in amounts}, role="parameter",
        excludes=dict.fromkeys(amounts, (cited.FOOTPRINT,)),
        sources={row: (cited.plant_table(sheet, tables[row[0]]),) for row in amounts},
    )  # fmt: skip
    node = ws.apply("emission_of_chemicals_each", iso.emission_of_chemicals, makeup=makeup, footprint=footprint)
    total = ws.total("emission_of_chemicals", node, over=("stream",))
    sheet.blocks.append(block(total, "emission_of_chemicals", "activity", "part", {"period": sheet.period}))
    return total


def fates(sheet: Sheet) -> None:
    """Delivered CO2 by where it went."""
    node = cited.delivered(sheet)
    if node is not None:
        sheet.blocks.append(block(node, "co2_delivered", "activity", "part", {"period": sheet.period}))


def rungs(sheet: Sheet) -> None:
    """Tonnes and hours by what they rest on, and how far other answers to the same gaps lie from the headline."""
    ws, fixed = sheet.worksheet, {"period": sheet.period}
    tonnes: dict[tuple[str, str], float] = {}
    hours: dict[tuple[str, str], float] = {}
    moved: dict[tuple[str, str], float] = {}
    for line in sheet.accounts.lines:
        if line.hours.captured is not None:
            for name, (kg, long) in line.hours.captured.by_rung().items():
                tonnes[(line.id, name)], hours[(line.id, name)] = kg / 1000, long
        for other in line.alternatives:
            moved[(line.id, other.name)] = other.excess / 1000
    for name, unit, rows in (
        ("captured_by_what_it_rests_on", "t_CO2", tonnes),
        ("hours_by_what_they_rest_on", "h", hours),
        ("excess_of_other_answers_to_gaps", "t_CO2", moved),
    ):
        if rows:
            node = ws.input(name, unit, ("line", "scenario"), rows, sources=dict.fromkeys(rows, ("gaps.csv",)))
            sheet.blocks.append(block(node, name, "activity", "part", fixed))


def balance(sheet: Sheet) -> None:
    """Delivered, vented and put into tanks, to stand beside the product meters."""
    ws = sheet.worksheet
    if sheet.accounts.balance.accounted_t is None:
        return
    node = ws.apply(
        "captured_by_balance",
        iso.captured_by_balance,
        delivered=cited.delivered_total(sheet),
        vented=cited.vented(sheet),
        tank_change=cited.tank_change(sheet),
    )
    sheet.blocks.append(block(node, "captured_by_balance", "activity", "total", {"period": sheet.period}))
