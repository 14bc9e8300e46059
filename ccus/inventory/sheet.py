"""A period's accounts as a worksheet: daily activity at the bottom, everything above it by equations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ccus.gaps.ladder import EVIDENCE, Filled
from ccus.inventory.accounts import Accounts, LineAccount
from ccus.inventory.lines import Measured
from ccus.performance import Intensity, by_analogy, electricity_intensity, grid_intensity, heat_intensity
from methodology.base.errors import Findings
from methodology.factors.table import FactorTable
from methodology.guides.iso_27919_1 import equations as iso
from methodology.statement import Gap, LineBlock
from methodology.uncertainty.distributions import Distribution, fitted
from methodology.worksheet import Node, Worksheet

PLANT = "plant"
NOT_STATED = "uncertainty of a meter not stated"
BOUNDS = "gaps answered by bounds"
_KEY_FIGURE_CLAUSE, _RATE_CLAUSE, _BALANCE_CLAUSE = "KPI", "capture-rate", "balance"


@dataclass
class Sheet:
    """The worksheet being built, with what a statement needs of it."""

    accounts: Accounts
    worksheet: Worksheet = field(default_factory=Worksheet)
    blocks: list[LineBlock] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    settings: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Node:
        return self.worksheet[name]

    @property
    def plant(self) -> Any:
        """The plant file's record."""
        return self.accounts.records.plant

    @property
    def period(self) -> str:
        """Label of the whole period."""
        days = self.accounts.days()
        return days[0] if days[0] == days[-1] else f"{days[0]}/{days[-1]}"


def normal(mean: float, percent: float) -> Distribution | None:
    """Normal spread of a value with a relative standard uncertainty; None where it is exact."""
    sd = abs(mean) * percent / 100
    return None if sd == 0 else fitted("normal", mean, mean - 1.96 * sd, mean + 1.96 * sd)


def build(accounts: Accounts, grid: FactorTable, certified_mwh: float = 0.0) -> Sheet:
    """Worksheet, statement lines and gaps of a period.

    Parameters
    ----------
    accounts : Accounts
    grid : FactorTable
        Electricity factors, a user's own rows on top.
    certified_mwh : float
        Power with retired green certificates; moves the market-based line only. [MWh]
    """
    sheet = Sheet(accounts)
    _captured(sheet)
    _rates(sheet)
    energy = {
        "heat": _energy(sheet, "heat", "GJ", 1.0, iso.heat_of_day),
        "electricity": _energy(sheet, "electricity", "MWh", 1e-3, iso.electricity_of_day),
    }
    _key_figures(sheet, energy)
    _utilisation(sheet)
    _net(sheet, energy, grid, certified_mwh)
    _fates(sheet)
    return sheet


def _by_day(sheet: Sheet, hours: np.ndarray) -> dict[str, float]:
    total: dict[str, float] = {}
    for day, amount in zip(sheet.accounts.days(), hours, strict=True):
        total[day] = total.get(day, 0.0) + float(amount)
    return total


def _calibrated(lines: Iterable[LineAccount], name: str) -> tuple[dict[str, float], dict[str, dict[str, float]], bool]:
    """Own systematic percent by line, shared groups by line, and whether every meter states its own."""
    found = {line.id: line.hours.measured[name] for line in lines if name in line.hours.measured}
    users: dict[str, set[str]] = {}
    for line, item in found.items():
        for group in item.systematic_percent:
            users.setdefault(group, set()).add(line)
    shared = {group for group, lines_ in users.items() if len(lines_) > 1}
    own = {
        line: math.sqrt(sum(p**2 for g, p in item.systematic_percent.items() if g not in shared))
        for line, item in found.items()
    }
    common = {line: {g: p for g, p in item.systematic_percent.items() if g in shared} for line, item in found.items()}
    return own, common, all(item.random_percent is not None for item in found.values())


def _daily(
    sheet: Sheet, node: str, unit: str, per_line: Mapping[str, np.ndarray], percent: Mapping[str, float], label: str
) -> Node:
    """Daily activity of all lines; the random part of its uncertainty shrinks with the root of the hours in a day."""
    values, spreads, sources = {}, {}, {}
    batches = tuple(f"batch:{b['sha256'][:16]}" for b in sheet.accounts.records.batches)
    for line, hours in per_line.items():
        for day, amount in _by_day(sheet, hours).items():
            values[(line, day)] = amount
            spreads[(line, day)] = normal(amount, percent.get(line, 0.0) / math.sqrt(24))
            sources[(line, day)] = batches
    return sheet.worksheet.input(
        node, unit, ("line", "date"), values, label={"en": label}, spreads=spreads, sources=sources
    )


def _captured(sheet: Sheet) -> None:
    lines = [line for line in sheet.accounts.lines if line.hours.captured is not None]
    if not lines:
        return
    own, common, stated = _calibrated(lines, "product")
    random = {line.id: line.hours.measured["product"].random_percent or 0.0 for line in lines}
    evidence = {line.id: line.hours.captured.amounts(EVIDENCE) / 1000 for line in lines}
    bound = {line.id: (line.hours.captured.amounts() - line.hours.captured.amounts(EVIDENCE)) / 1000 for line in lines}
    readings = _daily(sheet, "captured_readings", "t_CO2", evidence, random, "CO2 by readings")
    bounded = _daily(sheet, "captured_bound", "t_CO2", bound, {}, "CO2 in gaps, by bounds")
    excludes = {(line.id,): () if stated else (NOT_STATED,) for line in lines}
    errors = sheet.worksheet.input(
        "calibration_own", "1", ("line",), {(line.id,): 1.0 for line in lines}, role="parameter",
        spreads={(line.id,): normal(1.0, own[line.id]) for line in lines}, excludes=excludes,
    )  # fmt: skip
    groups = sorted({g for parts in common.values() for g in parts})
    shared = sheet.worksheet.input(
        "calibration_shared", "1", ("meter",), {(name,): 1.0 for name in ["none", *groups]}, role="parameter",
        spreads={(g,): normal(1.0, max(parts.get(g, 0.0) for parts in common.values())) for g in groups},
    )  # fmt: skip
    first = {line.id: next(iter(common[line.id]), "none") for line in lines}
    rows = readings.rows
    node = sheet.worksheet.apply(
        "captured_day", iso.captured_of_day, label={"en": "CO2 captured by day"},
        readings=readings, own_error=errors, shared_error=shared.onto(("line", "date"), rows, lambda r: (first[r["line"]],)),
        bound=bounded,
    )  # fmt: skip
    ws = sheet.worksheet
    months = {day: (day[:7],) for day in dict.fromkeys(sheet.accounts.days())}
    if len(set(months.values())) > 1:
        by_month = ws.total("captured_month", node, by={"date": (("period",), months)})
        sheet.blocks.append(_block(by_month, "gross_captured", "gross", "part"))
    by_line = ws.total("captured_line", node, over=("date",))
    plant = ws.total("captured", by_line, over=("line",))
    sheet.blocks.append(_block(by_line, "gross_captured", "gross", "subtotal", {"period": sheet.period}))
    sheet.blocks.append(_block(plant, "gross_captured", "gross", "total", {"period": sheet.period}))


def _block(
    source: Any, quantity: str, account: str, level: str, fixed: Mapping[str, str] | None = None, **more: Any
) -> LineBlock:
    kind, clause = more.pop("kind", "flow"), more.pop("clause", _BALANCE_CLAUSE)
    return LineBlock(
        source, quantity, kind, account, basis=more.pop("basis", "measured"), clause=clause, aggregation=level,
        fixed=dict(fixed or {}), **more,
    )  # fmt: skip


def _rates(sheet: Sheet) -> None:
    """Capture rate four ways, line by line, over the hours in which what they need was valid."""
    ws, fixed = sheet.worksheet, {"period": sheet.period}
    amounts: dict[str, dict[tuple[str], tuple[float, float]]] = {"supply": {}, "depleted": {}, "product": {}}
    for line in sheet.accounts.lines:
        for name in amounts:
            value = getattr(line.co2, name)
            if value:
                amounts[name][(line.id,)] = (value, getattr(line.co2, f"{name}_percent"))
    nodes = {
        name: ws.input(
            f"co2_{name}_common_hours", "t_CO2", ("line",), {row: v for row, (v, _) in rows.items()},
            spreads={row: normal(v, p) for row, (v, p) in rows.items()},
        )
        for name, rows in amounts.items()
        if rows
    }  # fmt: skip
    ways = (
        ("capture_rate_product_over_supply", iso.capture_by_product, ("supply", "product")),
        ("capture_rate_without_supply_flow", iso.capture_without_supply, ("product", "depleted")),
        ("capture_rate_by_difference", iso.capture_by_difference, ("supply", "depleted")),
        ("co2_closure", iso.co2_closure, ("supply", "product", "depleted")),
    )
    for name, equation, needs in ways:
        rows = set.intersection(*(set(amounts[n]) for n in needs)) if all(n in nodes for n in needs) else set()
        if rows:
            order = [row for row in amounts[needs[0]] if row in rows]
            node = ws.apply(name, equation, **{n: nodes[n].onto(("line",), order) for n in needs})
            sheet.blocks.append(_block(node, name, "activity", "part", fixed, kind="ratio", clause=_RATE_CLAUSE))
    fractions = {(line.id,): line.hours.fractions for line in sheet.accounts.lines if line.hours.fractions}
    if fractions:
        parts = [
            ws.input(f"co2_fraction_{name}", "1", ("line",), {row: f[i] for row, f in fractions.items()})
            for i, name in enumerate(("in", "out"))
        ]
        node = ws.apply(
            "capture_rate_by_fractions", iso.capture_by_fractions, fraction_in=parts[0], fraction_out=parts[1]
        )
        sheet.blocks.append(
            _block(node, "capture_rate_by_fractions", "activity", "part", fixed, kind="ratio", clause=_RATE_CLAUSE)
        )
    sheet.settings["capture_rate_used"] = {
        line.id: f"{line.rates[0].method} ({100 * line.rates[0].value:.1f} ± {200 * line.rates[0].uncertainty:.1f} %, k = 2)"
        for line in sheet.accounts.lines
        if line.rates
    }


def _energy(sheet: Sheet, name: str, unit: str, scale: float, equation: Any) -> Node | None:
    """Energy by line of the period, from its daily activity; None where nothing was metered."""
    per_line: dict[str, Filled] = {
        line.id: filled for line in sheet.accounts.lines if (filled := getattr(line.hours, name)) is not None
    }
    shared = getattr(sheet.accounts, f"shared_{name}")
    if shared is not None:
        per_line[PLANT] = shared
    hours = {line: filled.amounts() * scale for line, filled in per_line.items()}
    hours = {line: amounts for line, amounts in hours.items() if np.isfinite(amounts).all()}
    if not hours:
        return None
    items: dict[str, Measured] = {
        line.id: line.hours.measured[name] for line in sheet.accounts.lines if line.id in hours
    }
    percent = {line: math.sqrt(sum(p**2 for p in item.systematic_percent.values())) for line, item in items.items()}
    stated = {line: item.random_percent is not None for line, item in items.items()}
    readings = _daily(
        sheet, f"{name}_readings", unit, hours, {key: item.random_percent or 0.0 for key, item in items.items()}, name
    )
    error = sheet.worksheet.input(
        f"calibration_{name}", "1", ("line",), {(line,): 1.0 for line in hours}, role="parameter",
        spreads={(line,): normal(1.0, percent.get(line, 0.0)) for line in hours},
        excludes={(line,): () if stated.get(line) else (NOT_STATED,) for line in hours},
    )  # fmt: skip
    day = sheet.worksheet.apply(f"{name}_day", equation, readings=readings, error=error)
    total = sheet.worksheet.total(f"{name}_line", day, over=("date",))
    sheet.blocks.append(
        _block(total, f"{name}_used", "activity", "part", {"period": sheet.period}, clause=_KEY_FIGURE_CLAUSE)
    )
    return total


def _key_figures(sheet: Sheet, energy: Mapping[str, Node | None]) -> None:
    ws, fixed = sheet.worksheet, {"period": sheet.period}
    if "captured_line" not in ws:
        return
    captured = ws["captured_line"]
    positive = {line.id for line in sheet.accounts.lines if line.captured_t.sum() > 0}

    def figure(name: str, equation: Any, rows: list[tuple[str, ...]], **arguments: Any) -> None:
        views = {key: node.onto(("line",), rows) if node.dims else node for key, node in arguments.items()}
        node = ws.apply(name, equation, captured=captured.onto(("line",), rows), **views)
        quality = {row: "by analogy" if by_analogy(_technology(sheet, row[0])) else "" for row in rows}
        sheet.blocks.append(
            _block(node, name, "activity", "part", fixed, kind="ratio", clause=_KEY_FIGURE_CLAUSE, data_quality=quality)
        )

    for name, part, equation in (
        ("specific_heat", "heat", iso.thermal_consumption),
        ("specific_electricity", "electricity", iso.electrical_consumption),
    ):
        node = energy[part]
        rows = [row for row in node.rows if row in captured.rows and row[0] in positive] if node else []
        if rows:
            figure(name, equation, rows, **{part: node})
    factor = sheet.plant.energy.steam_to_power_mwh_per_gj
    if factor and energy["heat"] and energy["electricity"]:
        rows = [
            r
            for r in energy["heat"].rows
            if r in energy["electricity"].rows and r in captured.rows and r[0] in positive
        ]
        if rows:
            steam = ws.input("steam_to_power", "MWh/GJ", ("line",), dict.fromkeys(rows, factor), role="parameter")
            figure(
                "equivalent_electricity",
                iso.equivalent_consumption,
                rows,
                electricity=energy["electricity"],
                heat=energy["heat"],
                steam_to_power=steam,
            )
    _chemicals(sheet, figure, positive)


def _technology(sheet: Sheet, line: str) -> str:
    return next((item.hours.line.technology for item in sheet.accounts.lines if item.id == line), "")


def _chemicals(sheet: Sheet, figure: Any, positive: set[str]) -> None:
    """Make-up by line and chemical that is logged for a line."""
    kinds = {chemical.id: (chemical.kind, chemical.line) for chemical in sheet.plant.chemicals}
    end = float(sheet.accounts.edges_s[-1])
    for kind, name, equation, argument in (
        ("absorbent", "specific_absorbent", iso.absorbent_consumption, "makeup"),
        ("chemical", "specific_chemical", iso.chemical_consumption, "chemical"),
    ):
        amounts: dict[tuple[str], float] = {}
        for item in sheet.accounts.records.makeup:
            known, line = kinds.get(item.chemical, ("chemical", None))
            line = item.line or line
            if known == kind and line in positive and item.at.timestamp() < end:
                amounts[(line,)] = amounts.get((line,), 0.0) + item.amount_kg
        if amounts:
            node = sheet.worksheet.input(f"{name}_makeup", "kg", ("line",), amounts)
            figure(name, equation, list(amounts), **{argument: node})


def _utilisation(sheet: Sheet) -> None:
    ws, accounts = sheet.worksheet, sheet.accounts
    if "captured_line" not in ws:
        return
    days = (accounts.edges_s[-1] - accounts.edges_s[0]) / 86_400
    rated = {
        (line.id,): line.hours.line.nameplate_t_per_day for line in accounts.lines if line.hours.captured is not None
    }
    span = ws.input("days", "d", (), {(): days}, role="parameter")
    node = ws.apply(
        "line_utilisation", iso.utilisation, captured=ws["captured_line"],
        nameplate=ws.input("line_nameplate", "t_CO2/d", ("line",), rated, role="parameter"),
        days=span,
    )  # fmt: skip
    sheet.blocks.append(
        _block(
            node, "utilisation", "activity", "part", {"period": sheet.period}, kind="ratio", clause=_KEY_FIGURE_CLAUSE
        )
    )
    nameplate = sheet.plant.nameplate_at(accounts.records.start)
    if nameplate is not None:
        from ccus.capacity import year_hours

        hours = year_hours(
            nameplate.basis,
            accounts.records.start.astimezone(sheet.plant.zone).year,
            sheet.plant.zone,
            nameplate.design_hours,
        )
        rating = ws.input("plant_nameplate", "t_CO2/d", (), {(): nameplate.t_per_year / hours * 24}, role="parameter")
        whole = ws.apply("plant_utilisation", iso.utilisation, captured=ws["captured"], nameplate=rating, days=span)
        sheet.blocks.append(
            _block(
                whole,
                "utilisation",
                "activity",
                "total",
                {"period": sheet.period},
                kind="ratio",
                clause=_KEY_FIGURE_CLAUSE,
            )
        )


def _net(sheet: Sheet, energy: Mapping[str, Node | None], grid: FactorTable, certified_mwh: float) -> None:
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
            sheet.blocks.append(_block(node, name, "activity", "total", fixed))
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
        sheet.gaps.append(Gap("net_captured", "t_CO2", "flow", "net", fixed, "not_estimated", reason, _BALANCE_CLAUSE))
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
        sheet.blocks.append(_block(node, "net_captured", "net", "total", fixed, basis="mixed"))
    reason = {
        "en": "needs the host unit's intensity and net power with and without capture",
        "zh": "需要主机组在有无捕集时的排放强度与净上网电量",
    }
    sheet.gaps.append(Gap("co2_avoided", "t_CO2", "flow", "avoided", fixed, "not_estimated", reason, _BALANCE_CLAUSE))


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
        _block(node, "emission_of_electricity_market_based", "activity", "total", {"period": sheet.period})
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


def _fates(sheet: Sheet) -> None:
    amounts = {(fate,): tonnes for fate, tonnes in sheet.accounts.balance.by_fate_t.items()}
    if amounts:
        node = sheet.worksheet.input("delivered", "t_CO2", ("fate",), amounts)
        sheet.blocks.append(_block(node, "co2_delivered", "activity", "part", {"period": sheet.period}))
