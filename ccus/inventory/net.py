"""From gross to net on a period's worksheet, where delivered tonnes went, and what the gaps rest on."""

from __future__ import annotations

from collections.abc import Mapping

from ccus.inventory.sheet import BALANCE_CLAUSE, Sheet, block
from ccus.performance import Intensity, electricity_intensity, grid_intensity, heat_intensity
from methodology.base.errors import Findings
from methodology.factors.table import FactorTable
from methodology.guides.iso_27919_1 import equations as iso
from methodology.statement import Gap
from methodology.worksheet import Node


def net(sheet: Sheet, energy: Mapping[str, Node | None], grid: FactorTable, certified_mwh: float) -> None:
    """Gross to net, location- and market-based; a missing part leaves the net "not estimated"."""
    ws, accounts = sheet.worksheet, sheet.accounts
    if "captured" not in ws:
        return
    year = accounts.records.start.astimezone(sheet.plant.zone).year
    fixed = {"period": sheet.period}
    heat = _emission(
        sheet, "heat", energy["heat"], heat_intensity(sheet.plant, sheet.findings) if energy["heat"] else None
    )
    intensity = electricity_intensity(sheet.plant, year, grid, sheet.findings) if energy["electricity"] else None
    power = _emission(sheet, "electricity", energy["electricity"], intensity)
    for name, node in (("emission_of_heat", heat), ("emission_of_electricity", power)):
        if node is not None:
            sheet.blocks.append(block(node, name, "activity", "total", fixed))
    if intensity is not None and intensity.factor is not None:
        _market(sheet, energy["electricity"], intensity, grid, year, certified_mwh)
    chemicals = _chemical_emission(sheet)
    needs_heat = any(line.hours.line.technology.lower() == "amine" for line in accounts.lines)
    missing = [
        name
        for name, node, needed in (("heat", heat, needs_heat), ("electricity", power, True))
        if needed and node is None
    ]
    if missing:
        reason = {
            "en": f"emissions of {' and '.join(missing)} are not estimated",
            "zh": "所用" + "、".join({"heat": "热", "electricity": "电"}[m] for m in missing) + "的排放未估算",
        }
        sheet.gaps.append(Gap("net_captured", "t_CO2", "flow", "net", fixed, "not_estimated", reason, BALANCE_CLAUSE))
    else:
        nothing = ws.input("no_heat", "t_CO2", (), {(): 0.0}, role="parameter") if heat is None else heat
        vented = ws.input("vented", "t_CO2", (), {(): accounts.balance.vented_t})
        node = ws.apply(
            "net_captured",
            iso.net_captured,
            gross=ws["captured"],
            vented=vented,
            heat=nothing,
            electricity=power,
            chemicals=chemicals,
        )
        sheet.blocks.append(block(node, "net_captured", "net", "total", fixed, basis="mixed"))
    reason = {
        "en": "needs the host unit's intensity and net power with and without capture",
        "zh": "需要主机组在有无捕集时的排放强度与净上网电量",
    }
    sheet.gaps.append(Gap("co2_avoided", "t_CO2", "flow", "avoided", fixed, "not_estimated", reason, BALANCE_CLAUSE))


def _emission(sheet: Sheet, name: str, amount: Node | None, intensity: Intensity | None) -> Node | None:
    if amount is None or intensity is None:
        return None
    ws = sheet.worksheet
    sheet.settings[f"{name}_intensity"] = intensity.said
    unit = "t_CO2/MWh" if name == "electricity" else "t_CO2/GJ"
    if intensity.factor is not None:
        rate = ws.factor({(): intensity.factor}, ())
    else:
        rate = ws.input(f"{name}_intensity", unit, (), {(): intensity.value}, role="parameter")
    equation = iso.emission_of_electricity if name == "electricity" else iso.emission_of_heat
    by_line = ws.apply(f"emission_of_{name}_line", equation, **{name: amount, "intensity": rate})
    return ws.total(f"emission_of_{name}", by_line, over=("line",))


def _market(
    sheet: Sheet, amount: Node | None, intensity: Intensity, grid: FactorTable, year: int, certified: float
) -> None:
    """Market-based line beside the location-based one; it moves no other number."""
    ws = sheet.worksheet
    data_year = next(iter(intensity.factor.applies.get("data_year", (str(year),))))
    residual = grid_intensity("without_traded_non_fossil", "national", int(data_year), grid, Findings())
    if residual is None or amount is None:
        return
    total = ws.total("electricity_total", amount, over=("line",))
    green = ws.input("certified_electricity", "MWh", (), {(): certified})
    node = ws.apply(
        "emission_of_electricity_market", iso.emission_of_electricity_by_market,
        electricity=total, certified=green, residual=ws.factor({(): residual.factor}, ()),
    )  # fmt: skip
    sheet.blocks.append(
        block(node, "emission_of_electricity_market_based", "activity", "total", {"period": sheet.period})
    )


def _chemical_emission(sheet: Sheet) -> Node:
    """CO2 of chemicals made up, where the plant file gives a footprint."""
    ws = sheet.worksheet
    known = {c.id: c.footprint_kg_co2e_per_kg for c in sheet.plant.chemicals if c.footprint_kg_co2e_per_kg}
    amounts: dict[tuple[str], float] = {}
    for item in sheet.accounts.records.makeup:
        if item.chemical in known:
            amounts[(item.chemical,)] = amounts.get((item.chemical,), 0.0) + item.amount_kg
    if not amounts:
        return ws.input("chemicals_none", "t_CO2", (), {(): 0.0}, role="parameter")
    makeup = ws.input("chemical_makeup", "kg", ("stream",), amounts)
    footprint = ws.input(
        "chemical_footprint", "kg_CO2/kg", ("stream",), {row: known[row[0]] for row in amounts}, role="parameter"
    )
    node = ws.apply("emission_of_chemicals_each", iso.emission_of_chemicals, makeup=makeup, footprint=footprint)
    return ws.total("emission_of_chemicals", node, over=("stream",))


def fates(sheet: Sheet) -> None:
    """Delivered CO2 by where it went."""
    amounts = {(fate,): tonnes for fate, tonnes in sheet.accounts.balance.by_fate_t.items()}
    if amounts:
        node = sheet.worksheet.input("delivered", "t_CO2", ("fate",), amounts)
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
            node = ws.input(name, unit, ("line", "scenario"), rows)
            sheet.blocks.append(block(node, name, "activity", "part", fixed))


def balance(sheet: Sheet) -> None:
    """Delivered, vented and put into tanks, to stand beside the product meters."""
    ws, found = sheet.worksheet, sheet.accounts.balance
    if found.accounted_t is None:
        return
    node = ws.apply(
        "captured_by_balance",
        iso.captured_by_balance,
        delivered=ws.input("delivered_total", "t_CO2", (), {(): found.delivered_t}),
        vented=ws.input("vented_total", "t_CO2", (), {(): found.vented_t}),
        tank_change=ws.input("tank_change", "t_CO2", (), {(): found.tank_change_t or 0.0}),
    )
    sheet.blocks.append(block(node, "captured_by_balance", "activity", "total", {"period": sheet.period}))
