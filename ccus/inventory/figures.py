"""Figures of a period on its worksheet: capture rates, energy by line, key figures, use of the nameplate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ccus.capacity import entitled_t
from ccus.gaps.ladder import Filled
from ccus.inventory.cited import CHEMICALS, makeup_of, plant_table
from ccus.inventory.completeness import lacking, unrecorded
from ccus.inventory.lines import Measured
from ccus.inventory.sheet import KEY_FIGURE_CLAUSE, NOT_STATED, PLANT, RATE_CLAUSE, Sheet, block, daily, normal, rows_of
from ccus.performance import by_analogy, origin_of
from ccus.streams.budget import CaptureRate
from methodology.base.phrases import chinese, phrase
from methodology.guides.iso_27919_1 import equations as iso
from methodology.statement import Gap
from methodology.worksheet import Node

COMMON_HOURS = {
    "supply": {"en": "CO2 supplied in common hours", "zh": "共同有效小时内的 CO2 供给"},
    "depleted": {"en": "CO2 in depleted gas in common hours", "zh": "共同有效小时内的贫气 CO2"},
    "product": {"en": "CO2 in the product in common hours", "zh": "共同有效小时内的产品 CO2"},
}
FRACTION = {
    "in": {"en": "dry CO2 fraction in", "zh": "进口干基 CO2 分数"},
    "out": {"en": "dry CO2 fraction out", "zh": "出口干基 CO2 分数"},
}
FRACTION_OF = {"in": ("supply",), "out": ("depleted",)}
CAPTURE_METHODS = {
    "product / supply": "产品/供给",
    "product / (product + depleted)": "产品/（产品+贫气）",
    "(supply - depleted) / supply": "（供给-贫气）/供给",
    "dry fractions in and out": "进出口干基浓度",
}
CALIBRATION = {
    "heat": {"en": "calibration of the heat meters", "zh": "热量仪表的校准"},
    "electricity": {"en": "calibration of the electricity meters", "zh": "电表的校准"},
}


def rates(sheet: Sheet) -> None:
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
            spreads={row: normal(v, p) if math.isfinite(p) else None for row, (v, p) in rows.items()},
            excludes={row: () if math.isfinite(p) else (NOT_STATED,) for row, (_, p) in rows.items()},
            label=COMMON_HOURS[name], sources={row: _metered(sheet, row[0], name) for row in rows},
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
            sheet.blocks.append(block(node, name, "activity", "part", fixed, kind="ratio", clause=RATE_CLAUSE))
    fractions = {(line.id,): line.hours.fractions for line in sheet.accounts.lines if line.hours.fractions}
    if fractions:
        parts = [
            ws.input(
                f"co2_fraction_{name}",
                "1",
                ("line",),
                {row: f[i] for row, f in fractions.items()},
                spreads={
                    row: normal(f[i], f[i + 2]) if math.isfinite(f[i + 2]) else None for row, f in fractions.items()
                },
                excludes={row: () if math.isfinite(f[i + 2]) else (NOT_STATED,) for row, f in fractions.items()},
                label=FRACTION[name],
                sources={row: _metered(sheet, row[0], *FRACTION_OF[name]) for row in fractions},
            )
            for i, name in enumerate(("in", "out"))
        ]
        node = ws.apply(
            "capture_rate_by_fractions", iso.capture_by_fractions, fraction_in=parts[0], fraction_out=parts[1]
        )
        sheet.blocks.append(
            block(node, "capture_rate_by_fractions", "activity", "part", fixed, kind="ratio", clause=RATE_CLAUSE)
        )
    _beyond_whole(sheet)
    used = {line.id: _rate_in_words(line.rates[0]) for line in sheet.accounts.lines if line.rates}
    sheet.settings["capture_rate_used"] = {line: text["en"] for line, text in used.items()}
    sheet.labels |= {text["en"]: text for text in used.values()}


def _metered(sheet: Sheet, line: str, *names: str) -> tuple[str, ...]:
    """Archived rows of the meters behind parts of a line's balance, over the whole period."""
    found = next(item for item in sheet.accounts.lines if item.id == line).hours.measured
    tags = dict.fromkeys(tag for name in names if name in found for tag in found[name].tags)
    edges = sheet.accounts.edges_s
    rows = rows_of(sheet, tags, float(edges[0]), float(edges[-1]))
    return rows or (plant_table(sheet, f"[[meter]] {', '.join(tags)}"),)


def _beyond_whole(sheet: Sheet) -> None:
    """Capture rates whose interval reaches above one (CC-INV-35): no plant captures more than came."""
    for line in sheet.accounts.lines:
        for rate in line.rates:
            if rate.value + 2 * rate.uncertainty > 1:  # a comparison with NaN does not hold
                place = phrase("line {line}, capture rate by {method}", line=line.id, method=phrase(rate.method))
                sheet.findings.add(
                    "CC-INV-35",
                    place,
                    phrase("{low:.1f} to {high:.1f} % (k = 2)", low=_percent(rate, -2), high=_percent(rate, 2)),
                    "at most 100 %",
                    "What lies above cannot be; the meters are too uncertain for this way.",
                    severity="note" if rate.value <= 1 else "warning",
                )


def _percent(rate: CaptureRate, times: float) -> float:
    return 100 * (rate.value + times * rate.uncertainty)


def _rate_in_words(rate: CaptureRate) -> dict[str, str]:
    method = CAPTURE_METHODS.get(rate.method, rate.method)
    if math.isnan(rate.uncertainty):
        value = f"{100 * rate.value:.1f} %"
        return {
            "en": f"{rate.method} ({value}, uncertainty of a meter not stated)",
            "zh": f"{method}（{value}，有仪表未给出不确定度）",
        }
    value = f"{100 * rate.value:.1f} ± {200 * rate.uncertainty:.1f} %, k = 2"
    if rate.value <= 1 < rate.value + 2 * rate.uncertainty:
        value = f"{100 * rate.value:.1f} %, {_percent(rate, -2):.1f} to 100 %, k = 2"
    return {"en": f"{rate.method} ({value})", "zh": f"{method}（{value.replace(', ', '，')}）"}


def energy_by_line(sheet: Sheet, name: str, unit: str, scale: float, equation: Any) -> Node | None:
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
    readings = daily(
        sheet,
        f"{name}_readings",
        unit,
        hours,
        {key: item.random_percent or 0.0 for key, item in items.items()},
        {key: item.tags for key, item in items.items()},
    )
    error = sheet.worksheet.input(
        f"calibration_{name}", "1", ("line",), {(line,): 1.0 for line in hours}, role="parameter",
        label=CALIBRATION[name],
        spreads={(line,): normal(1.0, percent.get(line, 0.0)) for line in hours},
        excludes={(line,): () if stated.get(line) else (NOT_STATED,) for line in hours},
        sources={(line,): (f"plant.toml [[meter]] {', '.join(items[line].tags)}",) for line in hours if line in items},
    )  # fmt: skip
    day = sheet.worksheet.apply(f"{name}_day", equation, readings=readings, error=error)
    total = sheet.worksheet.total(f"{name}_line", day, over=("date",))
    sheet.blocks.append(
        block(total, f"{name}_used", "activity", "part", {"period": sheet.period}, clause=KEY_FIGURE_CLAUSE)
    )
    return total


def key_figures(sheet: Sheet, energy: Mapping[str, Node | None]) -> None:
    """STEC, SEC, SEEC, SAC and SCC of each line that captured anything; by analogy where the technology asks for it."""
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
            block(node, name, "activity", "part", fixed, kind="ratio", clause=KEY_FIGURE_CLAUSE, data_quality=quality)
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
            said = plant_table(sheet, f"[energy]: {sheet.plant.energy.steam_to_power_source or 'source not stated'}")
            steam = ws.input(
                "steam_to_power", "MWh/GJ", ("line",), dict.fromkeys(rows, factor), role="parameter",
                sources=dict.fromkeys(rows, (said,)), excludes=dict.fromkeys(rows, ("error of the steam-to-power factor",)),
            )  # fmt: skip
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
            used = {item for item, (of_kind, _) in kinds.items() if of_kind == kind}
            node = sheet.worksheet.input(
                f"{name}_makeup", "kg", ("line",), amounts, excludes=dict.fromkeys(amounts, (CHEMICALS,)),
                sources={row: makeup_of(sheet, used, row[0]) for row in amounts},
            )  # fmt: skip
            figure(name, equation, list(amounts), **{argument: node})


def utilisation(sheet: Sheet) -> None:
    """Captured CO2 over the nameplate, by line and for the plant."""
    ws, accounts = sheet.worksheet, sheet.accounts
    if "captured_line" not in ws:
        return
    days = (accounts.edges_s[-1] - accounts.edges_s[0]) / 86_400
    known = [line for line in accounts.lines if line.hours.captured is not None]
    for line in accounts.lines:
        reason = unrecorded(accounts, line.id)
        if reason is not None and line in known:
            _no_utilisation(sheet, reason, {"line": line.id})
    rated = {(line.id,): line.rated_t / days for line in known if not line.hours.unrecorded_h}
    span = ws.input("days", "d", (), {(): days}, role="parameter", sources={(): (f"period {sheet.period}",)})
    if rated:
        node = ws.apply(
            "line_utilisation", iso.utilisation, captured=ws["captured_line"].onto(("line",), list(rated)),
            nameplate=ws.input(
            "line_nameplate", "t_CO2/d", ("line",), rated, role="parameter",
            sources={row: (plant_table(sheet, f"[[line]] {row[0]}, nameplate_t_per_day"),) for row in rated},
        ),
            days=span,
        )  # fmt: skip
        more = {"kind": "ratio", "clause": KEY_FIGURE_CLAUSE}
        sheet.blocks.append(block(node, "utilisation", "activity", "part", {"period": sheet.period}, **more))
    reason = unrecorded(accounts) or lacking(accounts)
    if reason is not None:
        _no_utilisation(sheet, reason, {})
        return
    year = accounts.records.start.astimezone(sheet.plant.zone).year
    ends = accounts.edges_s[[0, -1]]
    tonnes = float(entitled_t(sheet.plant.nameplates, year, sheet.plant.zone, ends)[0])
    if tonnes > 0:
        said = plant_table(sheet, "[plant] nameplate_t_per_year and [[nameplate]]")
        rating = ws.input(
            "plant_nameplate", "t_CO2/d", (), {(): tonnes / days}, role="parameter", sources={(): (said,)}
        )
        whole = ws.apply("plant_utilisation", iso.utilisation, captured=ws["captured"], nameplate=rating, days=span)
        more = {"kind": "ratio", "clause": KEY_FIGURE_CLAUSE}
        sheet.blocks.append(block(whole, "utilisation", "activity", "total", {"period": sheet.period}, **more))


def _no_utilisation(sheet: Sheet, reason: dict[str, str], line: dict[str, str]) -> None:
    dims = {"period": sheet.period, **line}
    sheet.gaps.append(Gap("utilisation", "1", "ratio", "activity", dims, "not_estimated", reason, KEY_FIGURE_CLAUSE))


def not_estimated_lines(sheet: Sheet) -> None:
    """Lines whose captured CO2 could not be told: named with the reason, and beside the plant's total."""
    for line in sheet.accounts.lines:
        if line.id in sheet.accounts.lacking:
            place, found = line.hours.untold_product
            reason = {"en": f"{place}: {found}", "zh": f"{chinese(place)}：{chinese(found)}"}
            dims = {"period": sheet.period, "line": line.id}
            sheet.gaps.append(
                Gap("gross_captured", "t_CO2", "flow", "gross", dims, "not_estimated", reason, KEY_FIGURE_CLAUSE)
            )
    text = lacking(sheet.accounts)
    if text is not None:
        sheet.say("plant_total_lacks", text)


def origins(sheet: Sheet) -> None:
    """Fossil and biogenic part of each line's captured CO2, where any of it is said to be biogenic."""
    ws = sheet.worksheet
    if "captured_line" not in ws:
        return
    shares, sources = {}, {}
    for row in ws["captured_line"].rows:
        stream = origin_of(sheet.plant, row[0])
        if stream is not None and stream.co2_origin in ("mixed", "biogenic"):
            shares[row] = 1.0 if stream.co2_origin == "biogenic" else stream.biogenic_share
            sources[row] = (f"plant.toml [[stream]] {stream.id}: {stream.evidence}",)
    if not shares:
        return
    left_out = dict.fromkeys(shares, ("error of the biogenic share",))
    share = ws.input("biogenic_share", "1", ("line",), shares, role="parameter", sources=sources, excludes=left_out)
    captured = ws["captured_line"].onto(("line",), list(shares))
    for name, equation in (("captured_biogenic", iso.biogenic_part), ("captured_fossil", iso.fossil_part)):
        node = ws.apply(name, equation, captured=captured, share=share)
        sheet.blocks.append(block(node, name, "activity", "part", {"period": sheet.period}))
