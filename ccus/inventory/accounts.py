"""A period's accounts: every line's hours, the balance of the plant, capture rates, energy, and what was found. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from ccus.gaps.bounds import LOOKBACK_HOURS
from ccus.gaps.choices import alternatives
from ccus.gaps.ladder import EVIDENCE, Filled, Rules, fill
from ccus.gaps.regulatory import Alternative
from ccus.inventory.bench import Bench, Measured, bench, over_parts
from ccus.inventory.drift import drift_findings
from ccus.inventory.flows import counter_findings, density_findings, energy_of, laboratory_pairs
from ccus.inventory.laboratory import Stood, stood
from ccus.inventory.lines import LineHours, balance_findings, line_hours
from ccus.inventory.records import Records, TankReading
from ccus.inventory.timeline import rated_t, valid_percent
from ccus.plant.model import Line
from ccus.quality.crosschecks import (
    LinePeriod,
    Margins,
    assumed_in_checks,
    check_analysers,
    check_line,
    check_stock,
)
from ccus.streams.averages import HOUR_S, Averages
from ccus.streams.budget import CaptureRate, Co2Amounts, Term, capture_rates, closure, standard_uncertainty
from methodology.base.errors import Finding, Findings

TANK_WITHIN = timedelta(hours=24)
"""How far from a period's edge a tank reading may lie to stand for it."""


@dataclass(frozen=True)
class Balance:
    """Delivered + vented + change in tanks against the product meters. [t CO2]; None where it cannot be told."""

    delivered_t: float
    vented_t: float
    tank_change_t: float | None
    product_t: float | None
    accounted_t: float | None
    by_fate_t: dict[str, float]


@dataclass(frozen=True)
class LineAccount:
    """One line's hours in the period, its capture rates and its closure.

    `rated_t` is what its nameplate makes of the period, each record over the time it was in force [t CO2]; `analyses`
    are those of the laboratory that stood for an analyser.
    """

    hours: LineHours
    co2: Co2Amounts
    rates: list[CaptureRate]
    closure: tuple[float, float] | None
    alternatives: list[Alternative]
    rated_t: float = float("nan")
    analyses: tuple[Stood, ...] = ()

    @property
    def id(self) -> str:
        """Line id."""
        return self.hours.line.id

    @property
    def captured_t(self) -> np.ndarray:
        """Captured CO2 of each hour. [t]"""
        return self.hours.captured.amounts() / 1000 if self.hours.captured else np.zeros(self.hours.stopped.size)


@dataclass(frozen=True)
class Accounts:
    """The accounts of a period.

    Parameters
    ----------
    records : Records
    bench : Bench
        Judged readings, look-back included.
    edges_s : array, shape (hour + 1,)
        Of the period. [s since 1970 UTC]
    lines : list of LineAccount
    shared_electricity, shared_heat : Filled or None
        Of meters that belong to no line. [kWh], [GJ]
    balance : Balance
    captured_u_t : float or None
        Standard uncertainty of all lines' captured CO2, shared parts included. [t]
    findings : Findings
    """

    records: Records
    bench: Bench
    edges_s: np.ndarray
    lines: list[LineAccount]
    shared_electricity: Filled | None
    shared_heat: Filled | None
    balance: Balance
    captured_u_t: float | None
    findings: Findings

    @property
    def captured_t(self) -> float:
        """Gross captured CO2 of the plant. [t]"""
        return float(sum(line.captured_t.sum() for line in self.lines))

    def days(self) -> list[str]:
        """Local date of each hour."""
        zone = self.records.plant.zone
        return [datetime.fromtimestamp(float(s), zone).date().isoformat() for s in self.edges_s[:-1]]


def account(
    records: Records, end: datetime | None = None, atmosphere_kpa: float | None = None, chosen: tuple[str, ...] = ()
) -> Accounts:
    """Work out a period's accounts.

    Parameters
    ----------
    records : Records
    end : datetime, optional
        Earlier end than the period's, where data stop (a running year). Aware.
    atmosphere_kpa : float, optional
        Local air pressure for gauge readings. [kPa]
    chosen : tuple of {"eu-mrr", "us-part-75"}
        Regulators' substitution rules to show beside the headline.
    """
    end = records.end if end is None else min(end, records.end)
    hours = max(int(np.ceil((end - records.start).total_seconds() / HOUR_S - 1e-9)), 0)
    begin = records.start.timestamp()
    earliest = min((s.time_s[0] for s in records.series.values() if len(s)), default=begin)
    back = int(np.clip(np.floor((begin - earliest) / HOUR_S), 0, LOOKBACK_HOURS))
    wide = begin + HOUR_S * np.arange(-back, hours + 1)
    b = bench(records, wide, atmosphere_kpa)
    findings = Findings()
    findings.extend(records.findings)
    percent = valid_percent(records.rules or ((None, records.plant.rules),), wide)
    lines = []
    for mine in _lines(records, start=records.start, end=end) if hours else ():
        still = np.maximum(stopped_share(records, mine[0].id, wide), _not_in_force(mine, wide))
        whole = line_hours(b, mine, still, percent)
        lines.append(_line_account(b, mine, whole, back, chosen, findings))
    balance = _balance(records, lines, end)
    spread_t = _uncertainty(lines)
    findings.extend(_checked(records, b, lines, balance, spread_t))
    return Accounts(
        records,
        b,
        wide[back:],
        lines,
        _shared(b, "electricity", lambda kwh: kwh, back, percent),
        _shared(b, "steam", lambda kwh: kwh * 3.6e-3, back, percent),
        balance,
        spread_t,
        _sorted(findings),
    )


def _checked(
    records: Records, b: Bench, lines: list[LineAccount], balance: Balance, spread_t: float | None
) -> Findings:
    """What the readings, the meters held against each other, and the calibrations say."""
    findings, margins = Findings(), Margins(records.plant.rules.assumed_uncertainty_percent)
    for item in b.judged.values():
        findings.extend(item.findings)
    findings.extend(counter_findings(b))
    findings.extend(density_findings(b))
    findings.extend(check_analysers(laboratory_pairs(b, records.start.timestamp()), margins))
    for line in lines:
        findings.extend(line.hours.findings)
        findings.extend(check_line(_line_period(line), margins))
        findings.extend(balance_findings(line.hours, b.edges_s.size - 1 - line.hours.stopped.size))
    findings.extend(assumed_in_checks([_line_period(line) for line in lines], margins))
    evidence = [
        (line.hours.measured["product"].tags, line.hours.captured.amounts(EVIDENCE) / 1000)
        for line in lines
        if line.hours.captured is not None
    ]
    period_s = b.edges_s[b.edges_s >= records.start.timestamp() - 1e-6]
    findings.extend(drift_findings(records.checks, records.plant, period_s, evidence))
    if balance.accounted_t is not None and balance.product_t:
        weighed = records.plant.rules.weighed_uncertainty_percent / 100 * balance.product_t
        findings.extend(check_stock(balance.product_t, spread_t, balance.accounted_t, weighed, margins))
    return findings


def _sorted(findings: Findings) -> Findings:
    rank = {"error": 0, "warning": 1, "note": 2}
    return Findings(sorted(dict.fromkeys(findings.items), key=lambda f: (rank[f.severity], f.code, f.place)))


def _lines(records: Records, start: datetime, end: datetime) -> list[list[Line]]:
    """Records of each line that is in force somewhere in the period, oldest first; one line is accounted for once."""
    found: dict[str, list[Line]] = {}
    for line in sorted(records.plant.lines, key=lambda item: (item.valid_from is not None, item.valid_from)):
        if line.overlaps(start, end):
            found.setdefault(line.id, []).append(line)
    order = list(dict.fromkeys(line.id for line in records.plant.lines))
    return [found[name] for name in order if name in found]


def _not_in_force(lines: list[Line], edges_s: np.ndarray) -> np.ndarray:
    """Share of each interval in which no record of a line holds. [1]"""
    free = np.ones(edges_s.size - 1)
    for line in lines:
        start = -np.inf if line.valid_from is None else line.valid_from.timestamp()
        end = np.inf if line.valid_to is None else line.valid_to.timestamp()
        overlap = np.minimum(edges_s[1:], end) - np.maximum(edges_s[:-1], start)
        free -= np.clip(overlap / np.diff(edges_s), 0.0, 1.0)
    return np.clip(free, 0.0, 1.0)


def stopped_share(records: Records, line: str, edges_s: np.ndarray, planned_only: bool = False) -> np.ndarray:
    """Share of each interval in an outage of a line (or of the whole plant). [1], shape (interval,)"""
    share = np.zeros(edges_s.size - 1)
    for outage in records.outages:
        if outage.line not in (None, line) or (planned_only and not outage.planned):
            continue
        start = outage.start.timestamp()
        end = np.inf if outage.end is None else outage.end.timestamp()
        overlap = np.minimum(edges_s[1:], end) - np.maximum(edges_s[:-1], start)
        share = np.maximum(share, np.clip(overlap / np.diff(edges_s), 0.0, 1.0))
    return share


def _line_account(
    b: Bench, lines: list[Line], whole: LineHours, back: int, chosen: tuple[str, ...], findings: Findings
) -> LineAccount:
    others: list[Alternative] = []
    period = whole.cut(back)
    if period.captured is not None:
        averages = _from(whole.measured["product"], back)
        rules = whole.rules
        if np.ndim(rules.valid_percent):
            rules = replace(rules, valid_percent=rules.valid_percent[back:])
        others = alternatives(averages, period.captured, rules, period.load, chosen, period.running)
    co2 = _co2(period, back)
    edges = b.edges_s[back:]
    return LineAccount(
        period, co2, capture_rates(co2, period.fractions), closure(co2), others, rated_t(lines, edges),
        _analyses(b, period, edges, findings),
    )  # fmt: skip


def _analyses(b: Bench, line: LineHours, edges_s: np.ndarray, findings: Findings) -> tuple[Stood, ...]:
    """Analyses of the laboratory behind the line's streams, told once in the findings."""
    start, end = (datetime.fromtimestamp(float(s), b.plant.zone) for s in (edges_s[0], edges_s[-1]))
    streams = dict.fromkeys(
        tag.removeprefix("lab:") for item in line.measured.values() for tag in item.tags if tag.startswith("lab:")
    )
    found = [stood(b.analyses, stream, line.line.id, b.plant.rules, start, end, findings) for stream in streams]
    return tuple(item for mine in found for item in mine)


def _from(item: Measured, first: int) -> Averages:
    a = item.averages
    return Averages(a.edges_s[first:], a.mean[first:], a.good_s[first:])


def _co2(line: LineHours, back: int) -> Co2Amounts:
    """CO2 in, out and captured over the hours in which all that are metered were valid, so that they compare. [t]"""
    names = [name for name in ("supply", "depleted", "product") if name in line.measured]
    parts = {name: _from(line.measured[name], back) for name in names}
    common = np.ones(line.stopped.size, dtype=bool)
    percent = line.rules.valid_percent
    percent = percent[back:] if np.ndim(percent) else percent
    for part in parts.values():
        common &= part.valid(percent)
    totals = {name: float(part.mean[common].sum()) / 1000 for name, part in parts.items()}
    percents = {name: _percent(line.measured[name]) for name in names}
    return Co2Amounts(
        totals.get("supply"),
        totals.get("depleted"),
        totals.get("product"),
        percents.get("supply", 0.0),
        percents.get("depleted", 0.0),
        percents.get("product", 0.0),
    )


def _percent(item: Measured) -> float:
    """Relative standard uncertainty of a period's sum: the systematic parts; the random one averages out. [%]; NaN where
    a meter states none."""
    if item.random_percent is None:
        return float("nan")
    return float(np.sqrt(sum(part**2 for part in item.systematic_percent.values())))


def _line_period(line: LineAccount) -> LinePeriod:
    heat = None if line.hours.heat is None else line.hours.heat.total
    captured_t = None if line.hours.captured is None else line.hours.captured.total / 1000
    return LinePeriod(line.id, line.hours.line.technology, line.co2, heat, captured_t)


def _shared(
    b: Bench, kind: str, to_unit: Callable[[float], float], back: int, percent: float | np.ndarray
) -> Filled | None:
    item = over_parts(b, None, lambda part: energy_of(part, None, kind, to_unit))
    if item is None:
        return None
    known = np.isfinite(item.averages.mean)
    highest = float(np.nanmax(item.averages.mean)) if known.any() else None
    return fill(item.averages, Rules("high", valid_percent=percent, highest=highest)).cut(back)


def _balance(records: Records, lines: list[LineAccount], end: datetime) -> Balance:
    deliveries = [item for item in records.deliveries if item.at < end]
    by_fate: dict[str, float] = {}
    for item in deliveries:
        by_fate[item.fate or "not stated"] = by_fate.get(item.fate or "not stated", 0.0) + item.mass_t
    delivered = sum(item.mass_t for item in deliveries)
    vented = sum(line.hours.vented.total for line in lines if line.hours.vented is not None) / 1000
    change = _tank_change(records, end)
    metered = [line.hours.captured.total for line in lines if line.hours.captured is not None]
    product = sum(metered) / 1000 if metered else None
    tanks = any(stream.kind == "tank" for stream in records.plant.streams)
    accounted = delivered + vented + (change or 0.0) if deliveries and (change is not None or not tanks) else None
    return Balance(delivered, vented, change, product, accounted, by_fate)


def _tank_change(records: Records, end: datetime) -> float | None:
    tanks = [stream.id for stream in records.plant.streams if stream.kind == "tank"]
    changes = []
    for tank in tanks:
        mine = [item for item in records.tanks if item.tank == tank]
        within = min(TANK_WITHIN, (end - records.start) / 4)  # so that one reading never stands for both edges
        first, last = _nearest(mine, records.start, within), _nearest(mine, end, within)
        if first is None or last is None:
            return None
        changes.append(last.mass_t - first.mass_t)
    return sum(changes) if changes else None


def _nearest(items: list[TankReading], at: datetime, within: timedelta) -> TankReading | None:
    near = [item for item in items if abs(item.at - at) <= within]
    return min(near, key=lambda item: abs(item.at - at), default=None)


def _uncertainty(lines: list[LineAccount]) -> float | None:
    """Standard uncertainty of the captured total; None where a meter states none. [t]"""
    terms = []
    for line in lines:
        if line.hours.captured is None:
            continue
        item = line.hours.measured["product"]
        if item.random_percent is None:
            return None
        terms.append(Term(line.hours.captured.amounts(EVIDENCE) / 1000, item.random_percent, item.systematic_percent))
    return standard_uncertainty(terms) if terms else None


def data_until(records: Records) -> datetime | None:
    """Last whole hour that product readings reach; None without any."""
    tags = {m.tag for m in records.plant.meters if records.plant.stream(m.stream).kind == "product"}
    last = [float(records.series[tag].time_s[-1]) for tag in tags if tag in records.series and len(records.series[tag])]
    if not last:
        return None
    start = records.start.timestamp()
    hours = np.floor((max(last) - start) / HOUR_S) + 1
    return datetime.fromtimestamp(start + hours * HOUR_S, records.plant.zone)


def warnings_of(accounts: Accounts) -> list[Finding]:
    """Findings a person should see first."""
    return [finding for finding in accounts.findings if finding.severity != "note"]
