"""Uncertainty of an hourly quantity, hour by hour, and what it makes of a sum. Pure. Source: jcgm-100, 5.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spread:
    """Relative standard uncertainties of each hour.

    Parameters
    ----------
    random : array, shape (hour,)
        Independent from hour to hour; NaN where a meter states none. [%]
    systematic : dict of instrument or shared group to array, shape (hour,)
        The same error in every hour. Signed: a depleted gas flow read too high lowers a balance. [%]
    """

    random: np.ndarray
    systematic: dict[str, np.ndarray]

    @classmethod
    def even(
        cls, size: int, random_percent: float | None, systematic_percent: Mapping[str, float | np.ndarray]
    ) -> Spread:
        """The same in every hour; None: not stated."""
        random = np.full(size, np.nan if random_percent is None else random_percent)
        return cls(random, {name: np.broadcast_to(p, (size,)) for name, p in systematic_percent.items()})

    @classmethod
    def joined(cls, pieces: Iterable[tuple[np.ndarray, Spread]], hour: np.ndarray, hours: int) -> Spread:
        """Intervals put into hours; each counts by its amount, one without an amount not at all.

        Parameters
        ----------
        pieces : iterable of (array, Spread)
            Amounts of consecutive intervals, and their uncertainty.
        hour : array of int, shape (interval,)
            The hour each interval lies in.
        hours : int
        """
        pieces = list(pieces)
        weight = np.concatenate([amounts for amounts, _ in pieces])
        total = np.bincount(hour, weight, hours)
        share = np.where(total[hour] > 0, weight / np.where(total[hour] > 0, total[hour], 1.0), 0.0)
        random = np.concatenate([spread.random for _, spread in pieces])
        part = np.where(share > 0, share * random, 0.0)
        names = dict.fromkeys(name for _, spread in pieces for name in spread.systematic)
        systematic = {}
        for name in names:
            every = [spread.systematic.get(name, np.zeros(amounts.size)) for amounts, spread in pieces]
            systematic[name] = np.bincount(hour, share * np.concatenate(every), hours)
        return cls(np.sqrt(np.bincount(hour, part**2, hours)), systematic)

    def cut(self, first: int) -> Spread:
        """Without the hours before one."""
        return Spread(self.random[first:], {name: part[first:] for name, part in self.systematic.items()})

    def over(self, amounts: np.ndarray) -> tuple[float | None, dict[str, float]]:
        """What holds for the sum of these amounts: see `summed`."""
        return summed([(amounts, self)])


def summed(terms: Iterable[tuple[np.ndarray, Spread]]) -> tuple[float | None, dict[str, float]]:
    """Random part of an hour and systematic parts of the sum of amounts that rest on several kinds of evidence.

    Parameters
    ----------
    terms : iterable of (array, Spread)
        Amounts by hour, of one length, and their uncertainty.

    Returns
    -------
    (float or None, dict of str to float)
        The two relative uncertainties that, applied to the hourly totals, give the same uncertainty of their sum as
        the terms one by one; None where an amount rests on a meter that states none. [%]
    """
    terms = [(np.asarray(amounts, dtype=float), spread) for amounts, spread in terms if np.any(amounts)]
    if not terms:
        return 0.0, {}
    hourly = sum(amounts for amounts, _ in terms)
    total = float(hourly.sum())
    variance = 0.0
    systematic: dict[str, float] = {}
    for amounts, spread in terms:
        used = amounts != 0
        if np.isnan(spread.random[used]).any():
            return None, {}
        variance += float(((spread.random[used] * amounts[used]) ** 2).sum())
        for name, part in spread.systematic.items():
            systematic[name] = systematic.get(name, 0.0) + float((part[used] * amounts[used]).sum())
    square = float((hourly**2).sum())
    random = float(np.sqrt(variance / square)) if square > 0 else 0.0
    return random, {name: abs(value / total) for name, value in systematic.items() if total}
