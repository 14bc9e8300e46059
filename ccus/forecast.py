"""Expected year's end with an 80 % interval, from the year so far and the outages already entered.

A line makes its running level on days it runs and nothing while it stands. Standstills that nobody planned come at a
rate and last a time that are known only as well as the year so far shows them: both are drawn anew for every possible
future, from their posterior under weak priors, so that a January without a trip does not promise a year without one.
Standstills already entered are taken as certain. Draws come from a seeded generator: equal input, equal answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_DAYS = 14
DRAWS = 4000
SEED = 20_000
LEVEL = 0.80

PRIOR_TRIPS, PRIOR_DAYS = 1.0, 30.0
"""One unplanned standstill in thirty days, before any was seen: what a plant without a record is taken for."""

PRIOR_LENGTH_DAYS, PRIOR_LENGTHS = 2.0, 2.0
"""Two standstills of two days, before any was seen."""

DRIFT = 0.025
"""Standard deviation of the running level of the days left against the days so far (seasons, solvent, host load). [1]"""

STANDING_SHARE = 0.5
"""A day with less than this share of the usual running day counts as standing for the missing part."""


@dataclass(frozen=True)
class LineRecord:
    """What is known of one line's year.

    Parameters
    ----------
    produced_t : array, shape (day elapsed,)
        [t/d]
    planned : array, shape (day elapsed,)
        Share of each day that was a planned standstill. [1]
    entered : array, shape (day left,)
        Share of each day left that an outage already entered takes. [1]
    nameplate_t_d : float
        Highest level a future day is given, with a tenth on top. [t/d]
    begun_t : float
        Counted and not to be learnt from: made so far on a day that is not over (`entered` then takes its hours off
        that day), and what stands by bounds. [t]
    unknown : array, shape (day elapsed,), optional
        Share of each day that was neither measured nor stopped by an entry. [1]; None: none
    measured_d : float, optional
        Days with measured hours; None: all days elapsed. [d]
    """

    produced_t: np.ndarray
    planned: np.ndarray
    entered: np.ndarray
    nameplate_t_d: float
    begun_t: float = 0.0
    unknown: np.ndarray | None = None
    measured_d: float | None = None

    @property
    def days(self) -> int:
        """Whole days of measured hours."""
        return self.produced_t.size if self.measured_d is None else int(self.measured_d + 1e-6)


@dataclass(frozen=True)
class YearEnd:
    """Expected total of the year with its interval.

    Parameters
    ----------
    expected_t, low_t, high_t : float or None
        [t]; None where there is too little to go by.
    days : int
        Days of measured hours it rests on, of the line that has most.
    level : float
        Probability between the limits. [1]
    """

    expected_t: float | None
    low_t: float | None
    high_t: float | None
    days: int
    level: float = LEVEL


def year_end(lines: Sequence[LineRecord], draws: int = DRAWS, seed: int = SEED) -> YearEnd:
    """Forecast the year's total of all lines.

    Parameters
    ----------
    lines : sequence of LineRecord
    draws : int
    seed : int

    Returns
    -------
    YearEnd
        Without numbers where fewer than 14 days have data.
    """
    days = max((line.days for line in lines), default=0)
    if days < LEAST_DAYS:
        return YearEnd(None, None, None, days)
    generator = np.random.default_rng(seed)
    total = np.zeros(draws)
    drift = generator.normal(0.0, 1.0, draws)
    for line in lines:
        total += line.produced_t.sum() + line.begun_t + _rest(line, draws, generator, drift)
    low, high = np.quantile(total, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return YearEnd(float(total.mean()), float(low), float(high), days)


def _rest(line: LineRecord, draws: int, generator: np.random.Generator, drift: np.ndarray) -> np.ndarray:
    """Draws of what the days left will make. [t], shape (draw,)"""
    left_d = float((1 - line.entered).sum())
    if left_d <= 0:
        return np.zeros(draws)
    left_out = line.planned if line.unknown is None else np.clip(line.planned + line.unknown, 0.0, 1.0)
    open_days = left_out < 1 - 1e-9
    produced, share = line.produced_t[open_days], 1 - left_out[open_days]
    usual = _running_level(produced / share)
    if usual <= 0:
        return np.zeros(draws)
    standing = np.clip(1 - produced / share / usual / STANDING_SHARE, 0.0, 1.0) * share
    running = (produced / share >= STANDING_SHARE * usual) & (share > 0.5)
    trips = int(np.count_nonzero(np.diff((standing > 0).astype(int), prepend=0) == 1))
    rate = generator.gamma(PRIOR_TRIPS + trips, 1 / (PRIOR_DAYS + share.sum() - standing.sum()), draws)
    shape = PRIOR_LENGTHS + 1 + trips
    length_d = (PRIOR_LENGTHS * PRIOR_LENGTH_DAYS + standing.sum()) / generator.gamma(shape, 1.0, draws)
    lost_d = _lost_days(left_d, rate, length_d, bool(standing.size and standing[-1] > 0.9), generator)
    level = _level_draws((produced / share)[running], line.nameplate_t_d, generator, drift, left_d)
    return np.maximum(left_d - lost_d, 0.0) * level


def _running_level(per_day: np.ndarray) -> float:
    """Median of the days on which anything much was made. [t/d]"""
    made = per_day[per_day > 0.2 * per_day.max(initial=0.0)]
    return float(np.median(made)) if made.size else 0.0


def _lost_days(
    left_d: float, rate: np.ndarray, length_d: np.ndarray, standing_now: bool, generator: np.random.Generator
) -> np.ndarray:
    """Days lost to standstills to come: a Poisson number of exponential lengths over the days left."""
    exposed = left_d / (1 + rate * length_d)
    trips = generator.poisson(rate * exposed)
    lost = np.where(trips > 0, generator.gamma(np.maximum(trips, 1), length_d), 0.0)
    if standing_now:
        lost = lost + generator.exponential(length_d)
    return np.minimum(lost, left_d)


def _level_draws(
    running: np.ndarray, nameplate_t_d: float, generator: np.random.Generator, drift: np.ndarray, left_d: float
) -> np.ndarray:
    """Mean running level of the days left: estimated level, its error with serial correlation, and drift. [t/d]"""
    count = running.size
    mean = float(running.mean())
    spread = float(running.std(ddof=1)) if count > 1 else 0.1 * mean
    varied = count > 10 and running[:-1].std() > 0 and running[1:].std() > 0
    lag = float(np.corrcoef(running[:-1], running[1:])[0, 1]) if varied else 0.5
    lag = min(max(lag if np.isfinite(lag) else 0.0, 0.0), 0.95)
    inflation = (1 + lag) / (1 - lag)
    effective = max(count / inflation, 3.0)
    past = spread / np.sqrt(effective) * generator.standard_t(max(effective - 1, 2.0), drift.size)
    ahead = spread * np.sqrt(min(inflation / max(left_d, 1.0), 1.0)) * generator.normal(0.0, 1.0, drift.size)
    seasons = DRIFT * mean * drift
    return np.clip(mean + past + ahead + seasons, 0.0, 1.1 * max(nameplate_t_d, mean))
