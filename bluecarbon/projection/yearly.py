"""The peer's arithmetic, year by year, each of its defects behind a switch.

With every switch on this is InVEST Coastal Blue Carbon 3.20 as the program computes it; with every switch off it
is the default model computed the slow way, which the closed forms of `release` must equal. The space between is
what `difference` uses to say how much of the gap each defect explains.

Source: invest320 (equations as the program computes them, confirmed by runs of 3.20.2).
"""

from __future__ import annotations

import itertools
from collections.abc import Set
from dataclasses import dataclass

import numpy as np

from bluecarbon.projection.tables import POOLS, Steps

LITTER_RATE_AS_STOCK = "D1"
UNDATED_VALUE = "D2"
HALF_LIFE_OF_LAST_CHANGE = "D3"
EMISSION_HIDES_GAIN = "D5"
LITTER_ONLY_AT_FIRST = "D6"
ONE_RELEASE_AT_A_TIME = "D9"
PEER = frozenset(
    (
        LITTER_RATE_AS_STOCK,
        UNDATED_VALUE,
        HALF_LIFE_OF_LAST_CHANGE,
        EMISSION_HIDES_GAIN,
        LITTER_ONLY_AT_FIRST,
        ONE_RELEASE_AT_A_TIME,
    )
)
NEARLY_ZERO = 1e-8  # the peer's tolerance below which an emission no longer hides the gain


@dataclass(frozen=True)
class Run:
    """Densities of every trajectory by year and by period.

    Parameters
    ----------
    dates : tuple of int
        Period limits: the dates of the maps and the end year.
    stock : array, shape (date, pool, trajectory)
        Reported stock at the start of each date. [t CO2e/ha]
    accumulation, emission, net : array, shape (period, pool, trajectory)
        Reported gain, release and net sequestration of each period. [t CO2e/ha]
    emission_defined : bool array, shape (period, trajectory)
        Where the peer's layer holds a number; elsewhere it is nodata and counts as zero here.
    yearly_net : array, shape (year, pool, trajectory)
        Net sequestration of each year. [t CO2e/ha]
    """

    dates: tuple[int, ...]
    stock: np.ndarray
    accumulation: np.ndarray
    emission: np.ndarray
    net: np.ndarray
    emission_defined: np.ndarray
    yearly_net: np.ndarray


class Releases:
    """Disturbed amounts still being released; one slot, or one per change."""

    def __init__(self, steps: Steps, defects: Set[str]) -> None:
        slots = 1 if ONE_RELEASE_AT_A_TIME in defects else len(steps.years)
        shape = (slots, *steps.initial.shape)
        self.follow_last = HALF_LIFE_OF_LAST_CHANGE in defects
        self.single = ONE_RELEASE_AT_A_TIME in defects
        self.amount, self.since, self.half_life = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.last_half_life = np.zeros(shape[1:])
        self.ever = np.zeros(shape[1:], dtype=bool)

    def disturb(self, steps: Steps, date: int, stock: np.ndarray, live: np.ndarray) -> np.ndarray:
        """Start the release caused at a date; returns what was taken from the live stock."""
        share, half_life = steps.share[date], steps.half_life[date]
        self.last_half_life = half_life
        hit = (share > 0) & (self.follow_last | (half_life > 0))
        slot = 0 if self.single else date
        amount = share * (stock if self.single else live)
        self.amount[slot] = np.where(hit, amount, self.amount[slot])
        self.since[slot] = np.where(hit, steps.years[date], self.since[slot])
        self.half_life[slot] = np.where(hit, half_life, self.half_life[slot])
        self.ever |= hit
        return np.where(hit, amount, 0.0)

    def released(self, year: int) -> np.ndarray:
        """Release from the start of a year to its end, all slots together."""
        half_life = np.broadcast_to(self.last_half_life, self.amount.shape) if self.follow_last else self.half_life
        safe = np.where(half_life > 0, half_life, 1.0)
        age = np.maximum(year - self.since, 0.0)
        part = self.amount * (0.5 ** (age / safe) - 0.5 ** ((age + 1) / safe))
        return np.where(half_life > 0, part, 0.0).sum(axis=0)


def run(steps: Steps, until: int, defects: Set[str] = PEER) -> Run:
    """Step every trajectory through the years.

    Parameters
    ----------
    steps : Steps
        Factors along each trajectory; no leading axes.
    until : int
        End year, not before the last date.
    defects : set of str
        Which of the peer's defects are kept.

    Returns
    -------
    Run
    """
    dates = tuple(steps.years) + ((until,) if until > steps.years[-1] else ())
    litter = POOLS.index("litter")
    first_only = LITTER_ONLY_AT_FIRST in defects
    stock, live = steps.initial.copy(), steps.initial.copy()
    releases = Releases(steps, defects)
    stocks, gains, emissions, nets, defined, yearly = [], [], [], [], [], []
    for period, (start, end) in enumerate(itertools.pairwise(dates)):
        stocks.append(_reported(stock, steps, period, defects))
        gain = steps.rate[period].copy()
        if first_only and period > 0:
            gain[litter] = 0.0
        if period > 0:
            live = live - releases.disturb(_without_litter_loss(steps, first_only), period, stock, live)
        emitted, netted = np.zeros_like(stock), np.zeros_like(stock)
        for year in range(start, end):
            loss = releases.released(year) if period > 0 else np.zeros_like(stock)
            hidden = (np.abs(loss) > NEARLY_ZERO) & (EMISSION_HIDES_GAIN in defects)
            net = np.where(hidden, 0.0, gain) - loss
            live = live + np.where(hidden, 0.0, gain)
            stock = stock + net
            emitted, netted = emitted + loss, netted + net
            yearly.append(net)
        shown = steps.rate[period].copy()
        if first_only:
            shown[litter] = steps.class_litter_rate[period]
        gains.append(shown * (end - start))
        emissions.append(emitted)
        nets.append(netted)
        defined.append((releases.ever | (releases.last_half_life == 0))[:litter].any(axis=0) & (period > 0))
    stocks.append(_reported(stock, steps, min(len(dates), len(steps.years)) - 1, defects))
    shape = stock.shape
    layers = (np.array(part).reshape(-1, *shape) for part in (stocks, gains, emissions, nets))
    return Run(dates, *layers, np.array(defined).reshape(-1, shape[-1]), np.array(yearly).reshape(-1, *shape))


def _without_litter_loss(steps: Steps, first_only: bool) -> Steps:
    if not first_only:
        return steps
    share = steps.share.copy()
    share[:, POOLS.index("litter")] = 0.0
    return Steps(steps.years, steps.initial, steps.rate, share, steps.half_life, steps.class_litter_rate)


def _reported(stock: np.ndarray, steps: Steps, date: int, defects: Set[str]) -> np.ndarray:
    """Stock as shown at a date: for litter the peer shows the yearly rate of the class held, not the stock.

    At a date the peer's program already holds the class that begins there.
    """
    shown = stock.copy()
    if LITTER_RATE_AS_STOCK in defects:
        shown[POOLS.index("litter")] = steps.class_litter_rate[date]
    return shown
