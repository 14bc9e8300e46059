"""The default model in closed form: live stock, and each disturbance released with its own half-life.

The stock of a pool is its live part plus what is left of every disturbance so far. Between two dates the live part
grows by a steady rate; at a date a change may turn a share of the live part into a disturbed amount, which then
decays on its own whatever happens above it. Nothing else moves carbon, so the balance closes by construction and
`balance.check` proves it for every run.

Source: invest320 for the relations; departures from it, each with an example, in docs/projection.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bluecarbon.projection.equations import disturbed, gain, released, remaining
from bluecarbon.projection.tables import Steps


@dataclass(frozen=True)
class Budget:
    """Carbon densities of every trajectory at some years and between them.

    Parameters
    ----------
    limits : tuple of int
        Years at which stocks are given; periods lie between neighbours.
    causes : tuple of int
        Years at which a change could disturb carbon.
    live, releasing : array, shape (limit, ..., pool, trajectory)
        Undisturbed stock, and stock already on its way out, at the start of each limit year. [t CO2e/ha]
    accumulation : array, shape (period, ..., pool, trajectory)
        [t CO2e/ha]
    emission_by_cause : array, shape (cause, period, ..., pool, trajectory)
        Release in each period of what was disturbed in each cause year. [t CO2e/ha]
    """

    limits: tuple[int, ...]
    causes: tuple[int, ...]
    live: np.ndarray
    releasing: np.ndarray
    accumulation: np.ndarray
    emission_by_cause: np.ndarray

    @property
    def stock(self) -> np.ndarray:
        """Stock at each limit year, shape (limit, ..., pool, trajectory). [t CO2e/ha]"""
        return self.live + self.releasing

    @property
    def emission(self) -> np.ndarray:
        """Release in each period, shape (period, ..., pool, trajectory). [t CO2e/ha]"""
        return self.emission_by_cause.sum(axis=0)

    @property
    def net(self) -> np.ndarray:
        """Net sequestration of each period, shape (period, ..., pool, trajectory). [t CO2e/ha]"""
        return self.accumulation - self.emission


def live_and_disturbed(steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Live stock just after each date, and the amount each date's change disturbs.

    Parameters
    ----------
    steps : Steps
        Factors along each trajectory.

    Returns
    -------
    live, amount : array, shape (date, ..., pool, trajectory)
        [t CO2e/ha]

    Notes
    -----
    A disturbance takes its share of the live stock only. Where the class has half-life 0 it takes nothing: without
    a half-life there is no release (the caller warns).
    """
    live, amounts = [steps.initial], [np.zeros_like(steps.initial)]
    for date in range(1, len(steps.years)):
        before = live[-1] + gain(steps.rate[date - 1], steps.years[date] - steps.years[date - 1])
        share = np.where(steps.half_life[date] > 0, steps.share[date], 0.0)
        amounts.append(disturbed(share, before))
        live.append(before - amounts[-1])
    return np.stack(live), np.stack(amounts)


def budget(steps: Steps, limits: Sequence[int]) -> Budget:
    """Evaluate stocks, accumulation and release at and between any years.

    Parameters
    ----------
    steps : Steps
    limits : sequence of int
        Ascending years, none before the first date.

    Returns
    -------
    Budget
    """
    live_start, amounts = live_and_disturbed(steps)
    years = np.array(steps.years)
    live, accumulated = [], []
    for limit in limits:
        date = int(np.searchsorted(years, limit, side="right")) - 1
        live.append(live_start[date] + gain(steps.rate[date], limit - years[date]))
    for start, end in itertools.pairwise(limits):
        accumulated.append(_gain_between(steps, start, end))
    causes = [n for n in range(1, len(years)) if np.any(amounts[n])]
    releasing, emitted = np.zeros_like(np.stack(live)), []
    for cause in causes:
        half_life = np.where(steps.half_life[cause] > 0, steps.half_life[cause], 1.0)
        ages = [max(limit - years[cause], 0) for limit in limits]
        for n, limit in enumerate(limits):
            if limit >= years[cause]:
                releasing[n] += remaining(amounts[cause], ages[n], half_life)
        pairs = itertools.pairwise(ages)
        emitted.append([released(amounts[cause], start, end, half_life) for start, end in pairs])
    shape = (len(causes), max(len(limits) - 1, 0), *steps.initial.shape)
    return Budget(
        limits=tuple(int(limit) for limit in limits),
        causes=tuple(int(years[n]) for n in causes),
        live=np.stack(live),
        releasing=releasing,
        accumulation=np.array(accumulated).reshape(shape[1:]),
        emission_by_cause=np.array(emitted).reshape(shape),
    )


def _gain_between(steps: Steps, start: int, end: int) -> np.ndarray:
    total = np.zeros_like(steps.initial)
    for date, from_year in enumerate(steps.years):
        to_year = steps.years[date + 1] if date + 1 < len(steps.years) else end
        duration = min(to_year, end) - max(from_year, start)
        if duration > 0:
            total = total + gain(steps.rate[date], duration)
    return total
