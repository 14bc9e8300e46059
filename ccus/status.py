"""Where the plant stands: the year so far against the nameplate, its expected end, and what is doubtful."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ccus.capacity import (
    Throughput,
    YearStand,
    combined,
    entitled_t,
    line_rate_t_h,
    nameplate_warnings,
    plant_rate_t_h,
    throughput,
)
from ccus.forecast import LineRecord, YearEnd, year_end
from ccus.gaps.ladder import BOUNDED, EVIDENCE, STOPPED
from ccus.inventory.accounts import Accounts, LineAccount, account, data_until, stopped_share, warnings_of
from ccus.inventory.records import read_records
from ccus.streams.averages import HOUR_S, day_bounds
from methodology.base.errors import Finding, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from ccus.log.ledger import Ledger
    from ccus.plant.model import Plant

DAY_S = 86_400.0


@dataclass(frozen=True)
class Stand:
    """Everything `ccus status` shows.

    Parameters
    ----------
    plant : str
    year : int
    until : datetime
        End of the last hour with product readings, in the plant's zone.
    spans : dict of str to dict of str to Throughput
        "day", "month", "year" to lines and the plant.
    stand : YearStand
    forecast : YearEnd
    captured_u_t : float or None
        Standard uncertainty of the year so far. [t]
    outages_ahead : int
    warnings : list of Finding
    silent_h : float
        Since the end of the last hour with product readings. [h]
    not_metered : tuple of str
        Lines of which no product reading can be told in the year: nothing is known of them, which is not zero.
    """

    plant: str
    year: int
    until: datetime
    spans: dict[str, dict[str, Throughput]]
    stand: YearStand
    forecast: YearEnd
    captured_u_t: float | None
    outages_ahead: int
    warnings: list[Finding]
    silent_h: float = 0.0
    not_metered: tuple[str, ...] = ()


def stand_of(ledger: Ledger, now: datetime, atmosphere_kpa: float | None = None) -> Stand:
    """Work out where the plant stands in the year of its last reading; faults of the log come first among its warnings.

    Parameters
    ----------
    ledger : Ledger
    now : datetime
        Aware; readings after it are not looked at.
    atmosphere_kpa : float, optional
        Local air pressure for gauge meters, where the plant file states none or another is meant. [kPa]

    Raises
    ------
    InputError
        CC-INV-04 no product readings in the log.
    """
    from ccus.log.plants import last_recorded
    from ccus.log.trust import quick_faults

    faults = quick_faults(ledger)
    plant, asked = last_recorded(ledger), now
    now = min(now, last_data(ledger) or now)
    start, end = year_bounds(plant, (now - timedelta(seconds=1)).astimezone(plant.zone).year)
    records = read_records(ledger, start, min(end, now))
    until = data_until(records)
    if until is None or until <= start:
        raise refuse(
            "CC-INV-04",
            phrase("year {year}", year=start.astimezone(plant.zone).year),
            "no readings of a product meter",
            "at least one import",
            "Import the historian's export: ccus import PLANT FILE --by NAME",
        )
    until = min(until, now.astimezone(plant.zone))
    accounts = account(records, until, records.plant.atmosphere_kpa if atmosphere_kpa is None else atmosphere_kpa)
    stand = stand_of_accounts(accounts, until, end, max((asked - until).total_seconds() / HOUR_S, 0.0))
    return replace(stand, warnings=[*faults, *stand.warnings])


def last_data(ledger: Ledger) -> datetime | None:
    """End of the hour of the last reading in the log; None without any."""
    from ccus.log.views import standing
    from ccus.plant.times import from_utc_text

    ends = [
        from_utc_text(stored["end"])
        for item in standing(ledger, "imported_batch")
        for stored in item.body["files"]
        if stored.get("end")
    ]
    ends += [item.at for item in standing(ledger, "manual_reading")]
    return max(ends).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) if ends else None


def year_bounds(plant: Plant, year: int) -> tuple[datetime, datetime]:
    """First moment of a calendar year in the plant's zone and of the next, in UTC."""
    first, after = (datetime(y, 1, 1, tzinfo=plant.zone).astimezone(UTC) for y in (year, year + 1))
    return first, after


def stand_of_accounts(accounts: Accounts, until: datetime, end: datetime, silent_h: float = 0.0) -> Stand:
    """Where the year stands from its accounts; `until` is the end of the data, `end` that of the year."""
    plant, records = accounts.records.plant, accounts.records
    last = until - timedelta(seconds=1)
    day = day_bounds(last.astimezone(plant.zone), plant.zone)[0].timestamp()
    month = last.astimezone(plant.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    first = {"day": day, "month": month, "year": float(accounts.edges_s[0])}
    year = records.start.astimezone(plant.zone).year
    spans = {name: _span(accounts, start, year) for name, start in first.items()}
    stand = _year_stand(accounts, until, end, year)
    forecast = year_end(line_records(accounts, end))
    warnings = []
    if np.isfinite(stand.share):
        warnings += list(nameplate_warnings(stand, forecast.low_t, forecast.high_t))
    recent = [w for w in warnings_of(accounts) if not w.code.startswith("CC-QUA") or _is_recent(w, until)]
    ahead = sum(1 for outage in records.outages if outage.end is None or outage.end > until)
    return Stand(
        plant.name, year, until, spans, stand, forecast, accounts.captured_u_t, ahead, [*warnings, *recent], silent_h,
        tuple(line.id for line in accounts.lines if line.hours.captured is None),
    )  # fmt: skip


def _year_stand(accounts: Accounts, until: datetime, end: datetime, year: int) -> YearStand:
    """The year against its nameplate: rated tonnes by the ratings in force, and what the lines can still make."""
    plant, start = accounts.records.plant, accounts.records.start
    edges = np.array([start.timestamp(), until.timestamp(), end.timestamp()])
    elapsed, left = np.diff(edges) / HOUR_S
    rated = entitled_t(plant.nameplates, year, plant.zone, edges) if left else None
    if rated is None:
        rated = entitled_t(plant.nameplates, year, plant.zone, edges[:2])
    lines = plant.lines_at(until - timedelta(seconds=1))
    ahead = np.append(np.arange(edges[1], edges[2], HOUR_S), edges[2]) if left else edges[:0]
    possible = 0.0
    for name in dict.fromkeys(line.id for line in plant.lines):
        if ahead.size > 1:
            open_h = (1 - stopped_share(accounts.records, name, ahead)) * np.diff(ahead) / HOUR_S
            possible += float((open_h * line_rate_t_h([n for n in plant.lines if n.id == name], ahead)).sum())
    total = float(rated.sum())
    return YearStand(
        accounts.captured_t,
        total if total > 0 else float("nan"),
        float(elapsed),
        float(left),
        sum(line.nameplate_t_per_day for line in lines) / 24,
        float(rated[0]),
        possible,
    )


def _is_recent(finding: Finding, until: datetime) -> bool:
    """Whether a finding about readings names one of the last seven days."""
    since = (until - timedelta(days=7)).isoformat()[:10]
    stamp = finding.place.split(", ")[-1].removeprefix("from ")[:10]
    return not stamp[:4].isdigit() or stamp >= since


def _span(accounts: Accounts, start_s: float, year: int) -> dict[str, Throughput]:
    first = int(np.searchsorted(accounts.edges_s, start_s - 1e-6))
    plant, edges = accounts.records.plant, accounts.edges_s[first:]
    lengths = np.diff(edges) / HOUR_S
    found, shares = {}, [np.zeros(lengths.size)]
    for line in accounts.lines:
        filled = line.hours.captured
        share = np.zeros(lengths.size) if filled is None else filled.bound_share[first:]
        by_bound = np.zeros(lengths.size) if filled is None else filled.amounts(BOUNDED)[first:] / 1000
        rate = line_rate_t_h([item for item in plant.lines if item.id == line.id], edges)
        found[line.id] = throughput(line.captured_t[first:], rate, lengths, share, by_bound)
        shares.append(share)
    rate = plant_rate_t_h(plant, year, edges)
    any_line = float((np.max(shares, axis=0) * lengths).sum())
    found["plant"] = combined(list(found.values()), float((rate * lengths).sum() / lengths.sum()), any_line)
    return found


def line_records(accounts: Accounts, end: datetime) -> list[LineRecord]:
    """Each line's whole days so far, the day begun, and what is entered for the days left, for the forecast.

    Only measured hours and outages of the log say anything of a line: what was answered by bounds counts towards the
    year and teaches nothing, and a log begun in July says nothing of January.
    """
    edges, begin = accounts.edges_s, float(accounts.edges_s[0])
    whole = int((edges[-1] - begin) // DAY_S)
    begun = (edges[-1] - begin) / DAY_S - whole
    so_far, ahead = begin + DAY_S * np.arange(whole + 1), np.arange(begin + whole * DAY_S, end.timestamp() + 1, DAY_S)
    day = ((edges[:-1] - begin) // DAY_S).astype(int)
    share = np.diff(edges) / DAY_S
    found = []
    for line in accounts.lines:
        made, known, measured = (
            np.bincount(day, weight, minlength=whole + 1)[:whole]
            for weight in (_by_evidence_t(line), share * _known(line, True), share * _known(line, False))
        )
        planned = stopped_share(accounts.records, line.id, so_far, planned_only=True)
        entered = stopped_share(accounts.records, line.id, ahead) if ahead.size > 1 else np.zeros(0)
        if entered.size:
            entered[0] = max(entered[0], begun)
        rated, rest = line.hours.line.nameplate_t_per_day, float(line.captured_t.sum() - made.sum())
        unknown = np.clip(1 - known, 0.0, 1.0)
        found.append(LineRecord(made, planned, entered, rated, rest, unknown, float(measured.sum())))
    return found


def _by_evidence_t(line: LineAccount) -> np.ndarray:
    """Captured CO2 by evidence alone. [t], shape (hour,)"""
    filled = line.hours.captured
    return np.zeros(line.hours.stopped.size) if filled is None else filled.amounts(EVIDENCE) / 1000


def _known(line: LineAccount, stopped: bool) -> np.ndarray:
    """Share of each hour that evidence tells of, standstills of the log included or not. [1], shape (hour,)"""
    if line.hours.captured is None:
        return np.zeros(line.hours.stopped.size)
    known = np.ones(line.hours.stopped.size)
    for item in line.hours.captured.fills:
        if item.rung not in EVIDENCE and not (stopped and item.rung == STOPPED):
            known[item.hour] -= item.share
    return known


def as_json(stand: Stand) -> dict[str, Any]:
    """The stand as plain values."""
    return {
        "plant": stand.plant,
        "year": stand.year,
        "data_until": stand.until.isoformat(),
        "not_metered": list(stand.not_metered),
        "hours_without_readings": stand.silent_h,
        "spans": {
            name: {
                line: {
                    "captured_t": item.captured_t,
                    "hours": item.hours,
                    "running_hours": item.running_hours,
                    "availability": _plain(item.availability),
                    "load": _plain(item.load),
                    "utilisation": _plain(item.utilisation),
                    "bound_t": item.bound_t,
                    "bound_hours": item.bound_hours,
                }
                for line, item in lines.items()
            }
            for name, lines in stand.spans.items()
        },
        "nameplate_t": _plain(stand.stand.nameplate_t),
        "captured_t": stand.stand.captured_t,
        "captured_standard_uncertainty_t": stand.captured_u_t,
        "left_t": _plain(stand.stand.left_t),
        "hours_left": stand.stand.hours_left,
        "hours_needed": _plain(stand.stand.hours_needed),
        "even_pace_t": _plain(stand.stand.pace_t),
        "possible_t": stand.stand.possible_t,
        "outages_ahead": stand.outages_ahead,
        "year_end": {
            "expected_t": stand.forecast.expected_t,
            "low_t": stand.forecast.low_t,
            "high_t": stand.forecast.high_t,
            "level": stand.forecast.level,
            "days": stand.forecast.days,
        },
        "warnings": [warning.as_dict() for warning in stand.warnings],
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
