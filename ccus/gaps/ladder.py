"""The ladder of answers to a gap, and a record of every answer.

Rungs 1 and 2 are evidence and stand as measured with their own uncertainty: a redundant meter, a balance. Rungs 3 to
5 are bounds: the smaller of the neighbours' mean and the bound for a short gap, the bound of like hours, nothing. The
uncovered part of a valid hour is answered too; an hour or a day is never scaled up in silence.

For captured CO2 a bound needs proof that the line ran: another meter of the line showed it in that hour; or none said
anything, and the gap lies between hours whose state is known (measured, or stopped by an entry in the log) and is no
longer than `longest_bound_hours`. Before the first reading, after the last one, in a long silence, and while the other
meters showed a line at rest, nothing is captured.

A value read by hand is a class of its own. It stands as evidence where the plant file's rules say so; else it answers a
gap only as far as the bound: captured CO2 at the smaller of the two, energy and vents at the larger. Hours in which no
meter of a line said anything, no entry explains it, and which no bound may answer are unrecorded: they count neither
captured CO2 nor energy, and the accounts say how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ccus.gaps.bounds import LONGEST_BOUND_HOURS, Direction, Rule, bound, like_hours
from ccus.streams.averages import VALID_HOUR_PERCENT, Averages

MEASURED, REDUNDANT, BALANCE, NEIGHBOURS, BOUND, NOTHING, STOPPED, MANUAL, BY_HAND, UNRECORDED = range(10)
RUNGS = {
    MEASURED: "measured",
    REDUNDANT: "redundant meter",
    BALANCE: "balance",
    NEIGHBOURS: "neighbouring hours, bounded",
    BOUND: "bound of like hours",
    NOTHING: "nothing",
    STOPPED: "line stopped",
    MANUAL: "manual, held to the bound",
    BY_HAND: "manual, evidence by rule",
    UNRECORDED: "unrecorded",
}
EVIDENCE = (MEASURED, REDUNDANT, BALANCE, BY_HAND)
BOUNDED = (NEIGHBOURS, BOUND, NOTHING, MANUAL)

SHORT_GAP_HOURS = 8
"""Up to this many hours the neighbours are asked first; 40 CFR 75.33 takes 8 h for monitors of 90 to 95 % availability."""


@dataclass(frozen=True)
class Rules:
    """How gaps are answered.

    Parameters
    ----------
    direction : {"low", "high"}
    bound : {"percentile", "mean_2sd"}
        Which bound is used for rungs 3 and 4.
    valid_percent : float
        Good time an hour needs to count as measured. [%]
    short_gap_hours : int
        Longest gap for rung 3. [h]
    highest : float, optional
        What stands on rung 5 in the high direction: the most the meter or the line can do. [unit/h]
    longest_bound_hours : int
        Longest gap for rungs 3 and 4 in the low direction. [h]
    resumes_after_hours : int, optional
        Hours from the end of the series to the next reading; None where none is known. [h]
    """

    direction: Direction
    bound: Rule = "percentile"
    valid_percent: float = VALID_HOUR_PERCENT
    short_gap_hours: int = SHORT_GAP_HOURS
    highest: float | None = None
    longest_bound_hours: int = LONGEST_BOUND_HOURS
    resumes_after_hours: int | None = None


@dataclass(frozen=True)
class Fill:
    """One answer: which hour, how much of it, by which rung, what amount.

    Parameters
    ----------
    hour : int
        Position among the hours.
    share : float
        Part of the hour it stands for. [1]
    rung : int
        Key of `RUNGS`.
    rate, amount : float
        [unit/h], [unit]
    """

    hour: int
    share: float
    rung: int
    rate: float
    amount: float


@dataclass(frozen=True)
class Filled:
    """Hours of one quantity after the ladder.

    Parameters
    ----------
    edges_s : array, shape (hour + 1,)
    measured : array, shape (hour,)
        Amount from believed readings of valid hours. [unit]
    fills : tuple of Fill
    bound_share : array, shape (hour,)
        Part of each hour whose amount rests on a bound; where nothing is counted there is no such amount. [1]
    """

    edges_s: np.ndarray
    measured: np.ndarray
    fills: tuple[Fill, ...]
    bound_share: np.ndarray = field(repr=False)

    def amounts(self, rungs: Sequence[int] | None = None) -> np.ndarray:
        """Amount of each hour, by all rungs or some. [unit], shape (hour,)"""
        total = self.measured.copy() if rungs is None or MEASURED in rungs else np.zeros_like(self.measured)
        for fill in self.fills:
            if rungs is None or fill.rung in rungs:
                total[fill.hour] += fill.amount
        return total

    def cut(self, first: int) -> Filled:
        """Without the hours before one, which were there for bounds only."""
        fills = tuple(replace(item, hour=item.hour - first) for item in self.fills if item.hour >= first)
        return Filled(self.edges_s[first:], self.measured[first:], fills, self.bound_share[first:])

    @property
    def total(self) -> float:
        """[unit]"""
        return float(self.amounts().sum())

    def by_rung(self) -> dict[str, tuple[float, float]]:
        """Amount [unit] and hours [h] of each rung that was used."""
        hours_s = np.diff(self.edges_s)
        filled_h = sum(fill.share * hours_s[fill.hour] / 3600 for fill in self.fills)
        found = {RUNGS[MEASURED]: (float(self.measured.sum()), float(hours_s.sum() / 3600 - filled_h))}
        for rung in RUNGS:
            mine = [fill for fill in self.fills if fill.rung == rung]
            if mine:
                hours = sum(fill.share * hours_s[fill.hour] / 3600 for fill in mine)
                found[RUNGS[rung]] = (sum(fill.amount for fill in mine), float(hours))
        return found


def fill(
    averages: Averages,
    rules: Rules,
    load: np.ndarray | None = None,
    stopped: np.ndarray | None = None,
    evidence: Sequence[tuple[int, Averages]] = (),
    running: np.ndarray | None = None,
    unrecorded: np.ndarray | None = None,
) -> Filled:
    """Answer every gap of an hourly series.

    Parameters
    ----------
    averages : Averages
        Mean rate over the good time of each hour, and that time. [unit/h]
    rules : Rules
    load : array, shape (hour,), optional
        Flue-gas load for bins of like hours; NaN where unknown.
    stopped : array, shape (hour,), optional
        Share of each hour in which the line is known to have stood still (an outage in the log): zero there. [1]
    evidence : sequence of (int, Averages)
        The same quantity by another way, in the order asked: by a second meter (`REDUNDANT`), from a balance
        (`BALANCE`), read by hand (`BY_HAND` as evidence, `MANUAL` held to the bound). [unit/h]
    running : array, shape (hour,), optional
        1 where another meter showed that the line ran, 0 where those that spoke showed it at rest, NaN where none did.
    unrecorded : array of bool, shape (hour,), optional
        Hours nobody recorded, see `unrecorded_hours`.

    Returns
    -------
    Filled
    """
    hours = np.diff(averages.edges_s) / 3600
    covered = np.clip(averages.good_s / 3600 / hours, 0.0, 1.0)
    valid = averages.valid(rules.valid_percent)
    share = np.where(valid, covered, 0.0)
    share[share > 1 - 1e-9] = 1.0
    rate = np.where(valid, averages.mean, 0.0)
    load = np.full(hours.shape, np.nan) if load is None else load
    still = np.zeros(hours.shape) if stopped is None else stopped
    lost = np.zeros(hours.shape, dtype=bool) if unrecorded is None else unrecorded
    fills: list[Fill] = []
    answers = _Answers(averages, rules, valid, load, evidence)
    answers.prove(still, np.full(hours.shape, np.nan) if running is None else running)
    for hour in np.flatnonzero(share < 1):
        missing = 1.0 - share[hour]
        quiet = min(missing, float(still[hour]))
        if quiet > 0:
            fills.append(Fill(int(hour), float(quiet), STOPPED, 0.0, 0.0))
            missing -= quiet
        if missing > 1e-9:
            rung, value = answers.of(int(hour), bool(lost[hour]))
            fills.append(Fill(int(hour), float(missing), rung, value, float(value * missing * hours[hour])))
    on_bound = np.zeros(hours.shape)
    for item in fills:
        on_bound[item.hour] += item.share if item.rung in BOUNDED and item.amount != 0 else 0.0
    return Filled(averages.edges_s, rate * share * hours, tuple(fills), on_bound)


class _Answers:
    """What each rung says for an hour; bounds of like hours are worked out once an hour."""

    def __init__(
        self,
        averages: Averages,
        rules: Rules,
        valid: np.ndarray,
        load: np.ndarray,
        evidence: Sequence[tuple[int, Averages]],
    ) -> None:
        self.mean, self.rules, self.valid, self.load = averages.mean, rules, valid, load
        self.evidence = [(rung, other, other.valid(rules.valid_percent)) for rung, other in evidence]
        self.before, self.after = _around(valid)
        self.proven = np.ones(valid.shape, dtype=bool)

    def of(self, hour: int, unrecorded: bool = False) -> tuple[int, float]:
        """Rung and rate for the missing part of an hour. [unit/h]"""
        by_hand = None
        for rung, other, good in self.evidence:
            if good[hour]:
                if rung != MANUAL:
                    return rung, float(other.mean[hour])
                by_hand = float(other.mean[hour])
        if unrecorded:
            return UNRECORDED, 0.0
        limit = bound(self.mean[like_hours(self.load, self.valid, hour)], self.rules.direction, self.rules.bound)
        if by_hand is not None:
            return self._held(by_hand, limit)
        if not np.isfinite(limit) or not self.proven[hour]:
            return NOTHING, self._nothing()
        neighbours = self._neighbours(hour)
        if neighbours is not None:
            careful = min if self.rules.direction == "low" else max
            return NEIGHBOURS, careful(neighbours, limit)
        return BOUND, limit

    def _held(self, by_hand: float, limit: float) -> tuple[int, float]:
        """A value read by hand, never better for the claim than the bound; without a bound nothing is captured."""
        if np.isfinite(limit):
            return MANUAL, (min if self.rules.direction == "low" else max)(by_hand, limit)
        return (NOTHING, 0.0) if self.rules.direction == "low" else (MANUAL, by_hand)

    def prove(self, still: np.ndarray, running: np.ndarray) -> None:
        """Settle which hours a bound may answer. Energy and vents always: leaving them out would favour the claim."""
        if self.rules.direction == "high":
            return
        known = self.valid | (still > 1 - 1e-9)
        for _, _, good in self.evidence:
            known = known | good
        between = closed_gaps(known, self.rules)
        self.proven = known | (running == 1) | (np.isnan(running) & between)

    def _neighbours(self, hour: int) -> float | None:
        """Mean of the valid hours before and after a short gap (for a part of a valid hour, with itself)."""
        if self.valid[hour]:
            before = self.before[hour - 1] if hour > 0 else -1
            after = self.after[hour + 1] if hour + 1 < self.valid.size else -1
            near = [h for h in (before, hour, after) if h >= 0 and abs(h - hour) <= 1]
            values = [float(self.mean[h]) for h in near]
            return min(values) if self.rules.direction == "low" else max(values)
        before, after = self.before[hour], self.after[hour]
        if before < 0 or after < 0 or after - before - 1 > self.rules.short_gap_hours:
            return None
        return float(self.mean[before] + self.mean[after]) / 2

    def _nothing(self) -> float:
        if self.rules.direction == "low" or self.rules.highest is None:
            return 0.0 if self.rules.direction == "low" else float("nan")
        return self.rules.highest


def closed_gaps(known: np.ndarray, rules: Rules) -> np.ndarray:
    """Hours whose state is known, and hours of gaps between two such hours that a bound may answer. shape (hour,)"""
    before, after = _around(known)
    if rules.resumes_after_hours is not None:
        after = np.where(after < 0, known.size + rules.resumes_after_hours, after)
    return (before >= 0) & (after >= 0) & (after - before - 1 <= rules.longest_bound_hours)


def unrecorded_hours(spoke: np.ndarray, still: np.ndarray, rules: Rules) -> np.ndarray:
    """Hours nobody recorded: no meter of the line said anything, no outage is entered, and the silence is longer than a
    bound may answer, or has no end.

    Parameters
    ----------
    spoke : array of bool, shape (hour,)
        Whether any meter of the line had a reading, good or bad.
    still : array, shape (hour,)
        Share of each hour in an outage of the log, or in which the line is not in force. [1]
    rules : Rules

    Returns
    -------
    array of bool, shape (hour,)
    """
    known = spoke | (still > 1 - 1e-9)
    return ~known & ~closed_gaps(known, rules)


def _around(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest known hour before and after each hour, itself included; -1 for none."""
    where, hours = np.flatnonzero(known), np.arange(known.size)
    padded = np.concatenate([where, [-1]])
    return padded[np.searchsorted(where, hours, side="right") - 1], padded[np.searchsorted(where, hours, side="left")]
