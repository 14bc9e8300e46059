"""Throughput against the nameplate: how much, how full, how much is left, and whether the rest can still be made.

The plant's nameplate is a figure of its own: its lines need not sum to it (50 + 20 t/d make 25,550 t in 365 days).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from methodology.base.errors import Finding, Findings, refuse

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
        Part of it that rests on bounds, not on evidence. [t], [h]
    """

    captured_t: float
    hours: float
    running_hours: float
    nameplate_t_h: float
    bound_t: float = 0.0
    bound_hours: float = 0.0

    @property
    def availability(self) -> float:
        """Hours running over hours of the span. [1]"""
        return self.running_hours / self.hours if self.hours else float("nan")

    @property
    def load(self) -> float:
        """Output while running over the nameplate rate. [1]"""
        full = self.running_hours * self.nameplate_t_h
        return self.captured_t / full if full else float("nan")

    @property
    def utilisation(self) -> float:
        """Output over what the nameplate rate makes in the span: availability times load. [1]"""
        full = self.hours * self.nameplate_t_h
        return self.captured_t / full if full else float("nan")


def throughput(
    amounts_t: np.ndarray, nameplate_t_h: float, hours: np.ndarray | None = None, bound_share: np.ndarray | None = None
) -> Throughput:
    """Throughput of a span from its hours.

    Parameters
    ----------
    amounts_t : array, shape (hour,)
        Captured CO2 of each hour. [t]
    nameplate_t_h : float
        [t/h]
    hours : array, shape (hour,), optional
        Length of each. [h]
    bound_share : array, shape (hour,), optional
        Part of each hour that rests on a bound. [1]
    """
    length = np.ones(amounts_t.shape) if hours is None else hours
    share = np.zeros(amounts_t.shape) if bound_share is None else bound_share
    running = amounts_t > RUNNING_SHARE * nameplate_t_h * length
    return Throughput(
        float(amounts_t.sum()),
        float(length.sum()),
        float(length[running].sum()),
        nameplate_t_h,
        float((amounts_t * (share > 0)).sum()),
        float((length * share).sum()),
    )


def combined(parts: Sequence[Throughput], nameplate_t_h: float) -> Throughput:
    """The plant's throughput from its lines': a plant runs as much as its lines, weighted by their rates."""
    rates = sum(part.nameplate_t_h for part in parts)
    running = sum(part.running_hours * part.nameplate_t_h for part in parts) / rates if rates else 0.0
    return Throughput(
        sum(part.captured_t for part in parts),
        max((part.hours for part in parts), default=0.0),
        running,
        nameplate_t_h,
        sum(part.bound_t for part in parts),
        max((part.bound_hours for part in parts), default=0.0),
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
    """

    captured_t: float
    nameplate_t: float
    hours_elapsed: float
    hours_left: float
    full_rate_t_h: float

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
        return max(self.left_t, 0.0) / self.full_rate_t_h

    @property
    def pace_t(self) -> float:
        """What an even pace would have made by now. [t]"""
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
    found = f"{stand.captured_t:,.0f} of {stand.nameplate_t:,.0f} t"
    if stand.share >= 1:
        findings.items.append(_warning("CC-CAP-11", found, "at most the nameplate", "Tell who holds the permit."))
    elif stand.share >= NEARLY:
        findings.items.append(_warning("CC-CAP-12", found, f"below {100 * NEARLY:g} % of the nameplate", ""))
    elif stand.hours_needed > stand.hours_left:
        text = f"{stand.left_t:,.0f} t left: {stand.hours_needed:,.0f} h at full rate, {stand.hours_left:,.0f} h remain"
        findings.items.append(_warning("CC-CAP-13", text, "hours enough", "The nameplate is out of reach this year."))
    elif high_t is not None and high_t < stand.nameplate_t:
        text = f"expected at most {high_t:,.0f} t by the year's end (80 % interval)"
        findings.items.append(_warning("CC-CAP-14", text, f"{stand.nameplate_t:,.0f} t", ""))
    if stand.share < 1 and low_t is not None and low_t > stand.nameplate_t:
        text = f"expected at least {low_t:,.0f} t by the year's end (80 % interval)"
        findings.items.append(_warning("CC-CAP-15", text, f"{stand.nameplate_t:,.0f} t", "Plan for the excess."))
    return findings


def _warning(code: str, found: str, expected: str, remedy: str) -> Finding:
    return Finding(code, "nameplate", found, expected, remedy, "warning")
