"""Throughput against the nameplate: how much, how full, how much is left, and whether the rest can still be made.

The plant's nameplate is a figure of its own: its lines need not sum to it (50 + 20 t/d make 25,550 t in 365 days).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from ccus.plant.model import Dated, Line, Nameplate, Plant
from methodology.base.errors import Finding, Findings, refuse
from methodology.base.phrases import phrase

RUNNING_SHARE = 0.05
"""A line counts as running in an hour with more than this share of its nameplate rate: below lie zero noise and purging."""

NEARLY = 0.95
"""Share of the nameplate from which a warning says that it is nearly reached."""


def year_hours(basis: str, year: int, zone: ZoneInfo, design_hours: float | None = None) -> float:
    """Hours that make the nameplate's year.

    Parameters
    ----------
    basis : {"calendar_year", "8760_h", "8784_h", "design_hours"}
    year : int
    zone : ZoneInfo
    design_hours : float, optional
        For the last basis. [h]

    Returns
    -------
    float
        [h]; 8,784 for a calendar leap year.

    Raises
    ------
    InputError
        CC-CAP-01 unknown basis, or design hours not given.
    """
    if basis == "calendar_year":
        start, end = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
        return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 3600
    fixed = {"8760_h": 8760.0, "8784_h": 8784.0, "design_hours": design_hours}.get(basis)
    if fixed is None:
        raise refuse("CC-CAP-01", "nameplate basis", basis, "calendar_year | 8760_h | 8784_h | design_hours with hours")
    return fixed


def _shares(records: Iterable[Dated], edges_s: np.ndarray) -> Iterable[tuple[Dated, np.ndarray]]:
    """Each record with the share of each interval in which it holds. [1], shape (interval,)"""
    for record in records:
        start = -np.inf if record.valid_from is None else record.valid_from.timestamp()
        end = np.inf if record.valid_to is None else record.valid_to.timestamp()
        overlap = np.minimum(edges_s[1:], end) - np.maximum(edges_s[:-1], start)
        yield record, np.clip(overlap / np.diff(edges_s), 0.0, 1.0)


def line_rate_t_h(lines: Sequence[Line], edges_s: np.ndarray) -> np.ndarray:
    """Nameplate rate of a line in each hour, by the record that holds; 0 where none does. [t/h], shape (hour,)

    Parameters
    ----------
    lines : sequence of Line
        All records of one line.
    edges_s : array, shape (hour + 1,)
        [s since 1970 UTC]
    """
    rate = np.zeros(edges_s.size - 1)
    for record, share in _shares(lines, edges_s):
        rate += share * record.nameplate_t_per_day / 24
    return rate


def plant_rate_t_h(plant: Plant, year: int, edges_s: np.ndarray) -> np.ndarray:
    """Rated output of the plant in each hour: tonnes a year over the hours of its basis. [t/h], shape (hour,)"""
    rate = np.zeros(edges_s.size - 1)
    for record, share in _shares(plant.nameplates, edges_s):
        rate += share * record.t_per_year / year_hours(record.basis, year, plant.zone, record.design_hours)
    return rate


def entitled_t(nameplates: Sequence[Nameplate], year: int, zone: ZoneInfo, edges_s: np.ndarray) -> np.ndarray:
    """Tonnes of the nameplate that fall to each interval at an even pace through the calendar year. [t], shape (interval,)

    A rating that holds for a part of the year counts for that part: 20,000 t/yr to the end of June and 24,000 t/yr
    after it make 20,000 × 181/365 + 24,000 × 184/365 t in the year. The basis of hours does not enter: whatever
    hours a plant is designed to run, its nameplate is for a year.
    """
    hours = year_hours("calendar_year", year, zone)
    tonnes = np.zeros(edges_s.size - 1)
    for record, share in _shares(nameplates, edges_s):
        tonnes += share * np.diff(edges_s) / 3600 * record.t_per_year / hours
    return tonnes


@dataclass(frozen=True)
class Throughput:
    """A line's or the plant's output over a span.

    Parameters
    ----------
    captured_t : float
        [t CO2]
    hours, running_hours : float
        Of the span, and of it with the line running. [h]
    nameplate_t_h : float
        Rate it is held against. [t/h]
    bound_t, bound_hours : float
        Part of it that rests on bounds, not on evidence. Of the plant the sum of the lines' tonnes, and the hours in
        which any line rests on a bound. [t], [h]
    full_t : float, optional
        What is rated while running: of a line its nameplate over the hours it ran, of the plant the sum of that over
        its lines, so that a line at rest takes nothing from the load of the others. [t]
    """

    captured_t: float
    hours: float
    running_hours: float
    nameplate_t_h: float
    bound_t: float = 0.0
    bound_hours: float = 0.0
    full_t: float | None = None

    @property
    def availability(self) -> float:
        """Hours running over hours of the span. [1]"""
        return self.running_hours / self.hours if self.hours else float("nan")

    @property
    def load(self) -> float:
        """Output over what the lines that ran are rated for in the hours they ran. [1]"""
        full = self.running_hours * self.nameplate_t_h if self.full_t is None else self.full_t
        return self.captured_t / full if full else float("nan")

    @property
    def utilisation(self) -> float:
        """Output over what the nameplate rate makes in the span: availability times load. [1]"""
        full = self.hours * self.nameplate_t_h
        return self.captured_t / full if full else float("nan")


def throughput(
    amounts_t: np.ndarray,
    nameplate_t_h: float | np.ndarray,
    hours: np.ndarray | None = None,
    bound_share: np.ndarray | None = None,
    bound_t: np.ndarray | None = None,
) -> Throughput:
    """Throughput of a span from its hours.

    Parameters
    ----------
    amounts_t : array, shape (hour,)
        Captured CO2 of each hour. [t]
    nameplate_t_h : float or array, shape (hour,)
        [t/h]
    hours : array, shape (hour,), optional
        Length of each. [h]
    bound_share : array, shape (hour,), optional
        Part of each hour that rests on a bound. [1]
    bound_t : array, shape (hour,), optional
        Tonnes that rest on bounds; without them those of every hour that does in part. [t]
    """
    length = np.ones(amounts_t.shape) if hours is None else hours
    share = np.zeros(amounts_t.shape) if bound_share is None else bound_share
    rate = np.broadcast_to(np.asarray(nameplate_t_h, dtype=float), amounts_t.shape)
    running = (amounts_t > RUNNING_SHARE * rate * length) & (amounts_t > 0)
    return Throughput(
        float(amounts_t.sum()),
        float(length.sum()),
        float(length[running].sum()),
        float((rate * length).sum() / length.sum()) if length.sum() else 0.0,
        float((amounts_t * (share > 0) if bound_t is None else bound_t).sum()),
        float((length * share).sum()),
        float((rate * length)[running].sum()),
    )


def combined(parts: Sequence[Throughput], nameplate_t_h: float, bound_hours: float | None = None) -> Throughput:
    """The plant's throughput from its lines': a plant runs as much as its lines, weighted by their rates.

    Parameters
    ----------
    parts : sequence of Throughput
        One a line, of the same span.
    nameplate_t_h : float
        Of the plant, which its lines need not sum to. [t/h]
    bound_hours : float, optional
        Hours in which any line rests on a bound; without it those of the line that has most. [h]
    """
    rates = sum(part.nameplate_t_h for part in parts)
    running = sum(part.running_hours * part.nameplate_t_h for part in parts) / rates if rates else 0.0
    return Throughput(
        sum(part.captured_t for part in parts),
        max((part.hours for part in parts), default=0.0),
        running,
        nameplate_t_h,
        sum(part.bound_t for part in parts),
        max((part.bound_hours for part in parts), default=0.0) if bound_hours is None else bound_hours,
        sum(part.running_hours * part.nameplate_t_h if part.full_t is None else part.full_t for part in parts),
    )


@dataclass(frozen=True)
class YearStand:
    """Where the year stands against the nameplate.

    Parameters
    ----------
    captured_t, nameplate_t : float
        [t CO2]
    hours_elapsed, hours_left : float
        Of the calendar year. [h]
    full_rate_t_h : float
        What the lines can make together at their nameplates. [t/h]
    even_t : float, optional
        What an even pace would have made by now, where the rating changed within the year. [t]
    possible_t : float, optional
        What the lines can still make at full rate in the hours left outside outages entered. [t]
    """

    captured_t: float
    nameplate_t: float
    hours_elapsed: float
    hours_left: float
    full_rate_t_h: float
    even_t: float | None = None
    possible_t: float | None = None

    @property
    def share(self) -> float:
        """Of the nameplate. [1]"""
        return self.captured_t / self.nameplate_t

    @property
    def left_t(self) -> float:
        """Tonnes to the nameplate; negative beyond it. [t]"""
        return self.nameplate_t - self.captured_t

    @property
    def hours_needed(self) -> float:
        """Hours at full rate for the rest. [h]"""
        return max(self.left_t, 0.0) / self.full_rate_t_h if self.full_rate_t_h else float("inf")

    @property
    def within_reach(self) -> bool:
        """Whether the lines can still make the rest at full rate, standing where an outage is entered."""
        possible = self.full_rate_t_h * self.hours_left if self.possible_t is None else self.possible_t
        return self.left_t <= possible

    @property
    def pace_t(self) -> float:
        """What an even pace would have made by now. [t]"""
        if self.even_t is not None:
            return self.even_t
        return self.nameplate_t * self.hours_elapsed / (self.hours_elapsed + self.hours_left)


def nameplate_warnings(stand: YearStand, low_t: float | None = None, high_t: float | None = None) -> Findings:
    """Warnings as the nameplate is neared, passed, out of reach, or likely to be missed or passed.

    Parameters
    ----------
    stand : YearStand
    low_t, high_t : float, optional
        80 % interval of the year's end. [t]

    Returns
    -------
    Findings
        CC-CAP-11 passed; CC-CAP-12 nearly reached; CC-CAP-13 out of reach even at full rate; CC-CAP-14 likely to be
        missed; CC-CAP-15 likely to be passed.
    """
    findings = Findings()
    found = phrase("{made} of {rated} t", made=f"{stand.captured_t:,.0f}", rated=f"{stand.nameplate_t:,.0f}")
    rated = phrase("{rated} t", rated=f"{stand.nameplate_t:,.0f}")
    if stand.share >= 1:
        findings.items.append(_warning("CC-CAP-11", found, "at most the nameplate", "Tell who holds the permit."))
    elif stand.share >= NEARLY:
        expected = phrase("below {percent} % of the nameplate", percent=f"{100 * NEARLY:g}")
        findings.items.append(_warning("CC-CAP-12", found, expected, "Plan how the year is to end."))
    if not stand.within_reach:
        text = phrase(
            "{left} t left: {needed} h at full rate, {remain} h remain",
            left=f"{stand.left_t:,.0f}", needed=f"{stand.hours_needed:,.0f}", remain=f"{stand.hours_left:,.0f}",
        )  # fmt: skip
        expected = "hours enough outside the outages entered"
        findings.items.append(_warning("CC-CAP-13", text, expected, "The nameplate is out of reach this year."))
    elif high_t is not None and high_t < stand.nameplate_t:
        text = phrase("expected at most {most} t by the year's end (80 % interval)", most=f"{high_t:,.0f}")
        findings.items.append(_warning("CC-CAP-14", text, rated, "Look at the standstills to come."))
    if stand.share < 1 and low_t is not None and low_t > stand.nameplate_t:
        text = phrase("expected at least {least} t by the year's end (80 % interval)", least=f"{low_t:,.0f}")
        findings.items.append(_warning("CC-CAP-15", text, rated, "Plan for the excess."))
    return findings


def _warning(code: str, found: str, expected: str, remedy: str) -> Finding:
    return Finding(code, "nameplate", found, expected, remedy, "warning")
