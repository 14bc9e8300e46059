"""A period's accounts as a worksheet: daily activity at the bottom, captured CO2 above it by equations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ccus.gaps.ladder import EVIDENCE
from ccus.inventory.accounts import Accounts, LineAccount
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.guides.iso_27919_1 import equations as iso
from methodology.statement import Gap, LineBlock
from methodology.uncertainty.distributions import Distribution, fitted
from methodology.worksheet import Node, Worksheet

PLANT = "plant"
NOT_STATED = "uncertainty of a meter not stated"
HOST_NOT_STATED = "uncertainty of the host unit not stated"
BOUNDS = "gaps answered by bounds"
ALIKE = 0.001
"""Relative difference up to which one shared error counts as of one size in two lines."""
KEY_FIGURE_CLAUSE, RATE_CLAUSE, BALANCE_CLAUSE = "KPI", "capture-rate", "balance"


@dataclass
class Sheet:
    """The worksheet being built, with what a statement needs of it."""

    accounts: Accounts
    period: str
    worksheet: Worksheet = field(default_factory=Worksheet)
    blocks: list[LineBlock] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    settings: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Node:
        return self.worksheet[name]

    def say(self, setting: str, text: dict[str, str]) -> None:
        """A setting in words; the statement holds the English text and brings the Chinese one along."""
        self.settings[setting] = text["en"]
        self.labels[text["en"]] = text

    @property
    def plant(self) -> Any:
        """The plant file's record."""
        return self.accounts.records.plant


def normal(mean: float, percent: float) -> Distribution | None:
    """Normal spread of a value with a relative standard uncertainty; None where it is exact."""
    sd = abs(mean) * percent / 100
    return None if sd == 0 else fitted("normal", mean, mean - 1.96 * sd, mean + 1.96 * sd)


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


def _joint(own: Mapping[str, float], common: Mapping[str, Mapping[str, float]]) -> np.ndarray | None:
    """Covariance of the lines' calibrations, where one shared error a line of one size does not say all: a line that
    shares two instruments, or an instrument that weighs differently in two lines. None where it does. [1]"""
    sizes: dict[str, set[float]] = {}
    for parts in common.values():
        for group, percent in parts.items():
            sizes.setdefault(group, set()).add(percent)
    alike = all(max(found) - min(found) <= ALIKE * max(found) for found in sizes.values())
    if alike and all(len(parts) <= 1 for parts in common.values()):
        return None
    names = list(own)
    return np.array(
        [
            [
                sum(common[a][g] * common[b][g] for g in common[a] if g in common[b]) + (own[a] ** 2 if a == b else 0.0)
                for b in names
            ]
            for a in names
        ]
    ) / 1e4  # fmt: skip


def daily(
    sheet: Sheet,
    node: str,
    unit: str,
    per_line: Mapping[str, np.ndarray],
    percent: Mapping[str, float],
    tags: Mapping[str, tuple[str, ...]],
    leaves_out: str = "",
    behind: tuple[str, ...] = (),
) -> Node:
    """Daily activity of all lines; the random part of its uncertainty shrinks with the root of the hours in a day.

    `leaves_out` names what the interval of a row that is not zero does not hold; `behind` is cited where no archived
    rows are.
    """
    values, spreads, sources, excludes = {}, {}, {}, {}
    bounds = _day_bounds(sheet)
    for line, hours in per_line.items():
        for day, amount in _by_day(sheet, hours).items():
            values[(line, day)] = amount
            spreads[(line, day)] = normal(amount, percent.get(line, 0.0) / math.sqrt(24))
            sources[(line, day)] = rows_of(sheet, tags.get(line, ()), *bounds[day]) or behind
            excludes[(line, day)] = (leaves_out,) if leaves_out and amount else ()
    return sheet.worksheet.input(
        node,
        unit,
        ("line", "date"),
        values,
        label={"en": node.replace("_", " ")},
        spreads=spreads,
        sources=sources,
        excludes=excludes,
    )


def _day_bounds(sheet: Sheet) -> dict[str, tuple[float, float]]:
    """First and last moment of each local day. [s since 1970 UTC]"""
    found: dict[str, tuple[float, float]] = {}
    edges = sheet.accounts.edges_s
    for at, day in enumerate(sheet.accounts.days()):
        found[day] = (found[day][0] if day in found else float(edges[at]), float(edges[at + 1]))
    return found


def rows_of(sheet: Sheet, tags: Iterable[str], start_s: float, end_s: float) -> tuple[str, ...]:
    """Archived rows behind a day's amount: hash of the file, tag, first and last row (counted from 0)."""
    found = []
    for batch in sheet.accounts.records.batches:
        for tag in tags:
            if tag in batch["row_of"]:
                first, time_s = batch["row_of"][tag]
                low, high = np.searchsorted(time_s, [start_s, end_s])
                if high > low:
                    found.append(f"archive:{batch['sha256'][:16]} {tag} rows {first + low}-{first + high - 1}")
    return tuple(found)


def captured(sheet: Sheet) -> None:
    """Captured CO2 by day, month, line and plant: readings under their calibrations, gaps by bounds."""
    lines = [line for line in sheet.accounts.lines if line.hours.captured is not None]
    if not lines:
        return
    own, common, stated = _calibrated(lines, "product")
    random = {line.id: line.hours.measured["product"].random_percent or 0.0 for line in lines}
    tags = {line.id: line.hours.measured["product"].tags for line in lines}
    evidence = {line.id: line.hours.captured.amounts(EVIDENCE) / 1000 for line in lines}
    bound = {line.id: (line.hours.captured.amounts() - line.hours.captured.amounts(EVIDENCE)) / 1000 for line in lines}
    readings = daily(sheet, "captured_readings", "t_CO2", evidence, random, tags)
    bounded = daily(sheet, "captured_bound", "t_CO2", bound, {}, {}, BOUNDS, ("gaps.csv",))
    excludes = {(line.id,): () if stated else (NOT_STATED,) for line in lines}
    if not stated:
        silent = [line.id for line in lines if line.hours.measured["product"].random_percent is None]
        sheet.findings.add(
            "CC-INV-02",
            phrase("product meters of {names}", names=", ".join(silent)),
            "no uncertainty",
            "uncertainty_systematic_percent of the flow meter and its analyser",
            "The interval of captured CO2 leaves it out.",
            severity="warning",
        )
    joint = _joint(own, common)
    errors = sheet.worksheet.input(
        "calibration_own", "1", ("line",), {(line.id,): 1.0 for line in lines}, role="parameter",
        spreads={(line.id,): normal(1.0, own[line.id]) for line in lines} if joint is None else {},
        covariance=joint, excludes=excludes,
        sources={(line.id,): (f"plant.toml [[meter]] {', '.join(tags[line.id])}",) for line in lines},
        label={"en": "calibration of the product meters", "zh": "产品仪表的校准"},
    )  # fmt: skip
    groups = sorted({g for parts in common.values() for g in parts}) if joint is None else []
    shared = sheet.worksheet.input(
        "calibration_shared", "1", ("meter",), {(name,): 1.0 for name in ["none", *groups]}, role="parameter",
        spreads={(g,): normal(1.0, max(parts.get(g, 0.0) for parts in common.values())) for g in groups},
        sources={(g,): (f"plant.toml [[meter]] of uncertainty_group {g}",) for g in groups},
        label={"en": "calibration shared between lines", "zh": "各线共用的校准"},
    )  # fmt: skip
    first = {line.id: next(iter(common[line.id]), "none") if joint is None else "none" for line in lines}
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
        sheet.blocks.append(block(by_month, "gross_captured", "gross", "part"))
    by_line = ws.total("captured_line", node, over=("date",))
    plant = ws.total("captured", by_line, over=("line",))
    sheet.blocks.append(block(by_line, "gross_captured", "gross", "subtotal", {"period": sheet.period}))
    quality = {(): "lacks a line" if sheet.accounts.lacking else ""}
    sheet.blocks.append(
        block(plant, "gross_captured", "gross", "total", {"period": sheet.period}, data_quality=quality)
    )


def block(
    source: Any, quantity: str, account: str, level: str, fixed: Mapping[str, str] | None = None, **more: Any
) -> LineBlock:
    """Lines of a statement from a node, with what all plant lines share."""
    kind, clause = more.pop("kind", "flow"), more.pop("clause", BALANCE_CLAUSE)
    return LineBlock(
        source, quantity, kind, account, basis=more.pop("basis", "measured"), clause=clause, aggregation=level,
        fixed=dict(fixed or {}), **more,
    )  # fmt: skip
