"""A period's accounts: every line's hours, the balance of the plant, capture rates, energy, and what was found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from ccus.capacity import line_rate_t_h
from ccus.gaps.bounds import LOOKBACK_HOURS
from ccus.gaps.choices import alternatives
from ccus.gaps.ladder import EVIDENCE, Filled
from ccus.gaps.regulatory import Alternative
from ccus.inventory.bench import Bench, Measured, basis_findings, bench
from ccus.inventory.counters import counter_findings
from ccus.inventory.drift import drift_findings
from ccus.inventory.flows import density_findings, laboratory_pairs
from ccus.inventory.laboratory import Stood, stood
from ccus.inventory.line_findings import balance_findings, manual_findings, outage_findings, silence_findings
from ccus.inventory.lines import LineHours, line_hours
from ccus.inventory.records import Records
from ccus.inventory.stocks import Balance, Shared, balance_of, not_counted, shared_hours, untold_findings
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
from methodology.base.errors import Finding, Findings, InputError


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
    shared_vented : Filled or None
        CO2 let out through vents that belong to no line. [kg]
    untold : dict of str to tuple of Finding
        Emissions of the plant that are metered and cannot be told (vented, electricity, heat, fuel), and why.
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
    shared_vented: Filled | None = None
    untold: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def unrecorded_h(self) -> dict[str, float]:
        """Hours nobody recorded, of each line that has any. [h]"""
        return {line.id: line.hours.unrecorded_h for line in self.lines if line.hours.unrecorded_h}

    @property
    def lacking(self) -> tuple[str, ...]:
        """Lines whose captured CO2 could not be told, so that the plant's total lacks them."""
        return tuple(line.id for line in self.lines if line.hours.captured is None and line.hours.open_h > 0)

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
    every = (*records.series.values(), *records.by_hand.values())
    earliest = min((s.time_s[0] for s in every if len(s)), default=begin)
    back = int(np.clip(np.floor((begin - earliest) / HOUR_S), 0, LOOKBACK_HOURS))
    wide = begin + HOUR_S * np.arange(-back, hours + 1)
    b = bench(records, wide, atmosphere_kpa)
    findings = Findings()
    findings.extend(records.findings)
    percent = valid_percent(records.rules or ((None, records.plant.rules),), wide)
    lines, wholes = [], []
    for mine in _lines(records, start=records.start, end=end) if hours else ():
        still = stopped_share(records, mine[0].id, wide)
        whole = line_hours(b, mine, still, percent, _resumes_after_hours(records, mine[0].id, end))
        wholes.append(whole)
        lines.append(_line_account(b, mine, whole, back, chosen, findings))
    _some_product(lines)
    shared = shared_hours(b, wholes, percent)
    return _put_together(records, b, lines, shared, back, findings, end)


def _some_product(lines: list[LineAccount]) -> None:
    """One line that cannot be told does not stop the others; where no line can be told, the reasons are the answer."""
    faults = [finding for line in lines for finding in line.hours.untold.get("product", ())]
    if faults and all(line.hours.captured is None for line in lines):
        raise InputError(*(replace(finding, severity="error") for finding in faults))


def _resumes_after_hours(records: Records, line: str, end: datetime) -> int | None:
    """Whole hours from the period's end to the line's next reading; None where it is far, or the period goes on."""
    tags = {meter.tag for meter in records.plant.meters if meter.line == line}
    later = [at for tag, at in records.next_s.items() if tag in tags]
    return int((min(later) - end.timestamp()) // HOUR_S) if later and end == records.end else None


def _put_together(
    records: Records,
    b: Bench,
    lines: list[LineAccount],
    shared: Shared,
    back: int,
    findings: Findings,
    end: datetime,
) -> Accounts:
    cut = {name: None if (item := getattr(shared, name)) is None else item.cut(back)
           for name in ("electricity", "heat", "vented")}  # fmt: skip
    balance = balance_of(records, b, [line.hours for line in lines], cut["vented"], end)
    spread_t, uncounted = _uncertainty(lines), not_counted(b)
    findings.extend(untold_findings(shared, uncounted))
    findings.extend(basis_findings(b))
    findings.extend(_checked(records, b, lines, balance, spread_t))
    untold = dict(shared.untold)
    for line in lines:
        for name in ("vent", "electricity", "heat"):
            if name in line.hours.untold:
                untold["vented" if name == "vent" else name] = line.hours.untold[name]
    untold |= {kind: tuple(items) for kind, items in uncounted.items() if kind in ("fuel", "vent")}
    return Accounts(
        records, b, b.edges_s[back:], lines, cut["electricity"], cut["heat"], balance, spread_t, _sorted(findings),
        cut["vented"], untold,
    )  # fmt: skip


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
        findings.extend(_line_findings(records, b, line))
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


def _line_findings(records: Records, b: Bench, line: LineAccount) -> Findings:
    """What answered a line's gaps, what nobody recorded, and outages over production."""
    findings, first = Findings(), b.edges_s.size - 1 - line.hours.stopped.size
    edges = b.edges_s[first:]
    findings.extend(balance_findings(line.hours, first))
    findings.extend(silence_findings(line.hours, edges, records.plant.zone))
    findings.extend(manual_findings(line.hours, first))
    entered = stopped_share(records, line.id, edges)
    rated = line_rate_t_h([item for item in records.plant.lines if item.id == line.id], edges)
    findings.extend(outage_findings(line.hours, [entered], rated, first))
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
        others = alternatives(averages, period.captured, rules, period.load, chosen, period.running, period.unrecorded)
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
    read = [series for kept in (records.series, records.by_hand) for tag, series in kept.items() if tag in tags]
    last = [float(series.time_s[-1]) for series in read if len(series)]
    if not last:
        return None
    start = records.start.timestamp()
    hours = np.floor((max(last) - start) / HOUR_S) + 1
    return datetime.fromtimestamp(start + hours * HOUR_S, records.plant.zone)


def warnings_of(accounts: Accounts) -> list[Finding]:
    """Findings a person should see first."""
    return [finding for finding in accounts.findings if finding.severity != "note"]
