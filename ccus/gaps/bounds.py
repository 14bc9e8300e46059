"""Bounds from quality-assured hours of like load, in the direction that does not favour the claim.

A high value is careful for an emission and careless for captured CO2, so every bound has a direction.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Direction = Literal["low", "high"]
Rule = Literal["percentile", "mean_2sd"]

LOOKBACK_HOURS = 720
"""Quality-assured hours a bound looks back over: thirty days of running, after US 40 CFR 75.33."""

LEAST_HOURS = 12
"""Fewer hours than this are no distribution; the next rung answers."""

LONGEST_BOUND_HOURS = 120
"""A longer gap is answered by nothing: five days in a row are what EU MRR Art. 45 lets pass before the authority asks."""

HOURS_PER_BIN = 60
"""A load bin holds at least this many hours, or there are fewer bins."""

MOST_BINS = 10
PERCENTILE = {"low": 10.0, "high": 90.0}


def bound(values: np.ndarray, direction: Direction, rule: Rule = "percentile") -> float:
    """One-sided bound of a set of hours.

    Parameters
    ----------
    values : array, shape (hour,)
        Quality-assured hourly values, any unit.
    direction : {"low", "high"}
        Low for captured CO2, high for energy and vented CO2.
    rule : {"percentile", "mean_2sd"}
        The 10th or 90th percentile (linear between order statistics, Hyndman and Fan type 7), or the mean minus or
        plus two sample standard deviations, never below zero.

    Returns
    -------
    float
        Unit of `values`; NaN for fewer than `LEAST_HOURS`.
    """
    if values.size < LEAST_HOURS:
        return float("nan")
    if rule == "percentile":
        return float(np.percentile(values, PERCENTILE[direction]))
    spread = 2 * np.std(values, ddof=1)
    return float(max(np.mean(values) + (spread if direction == "high" else -spread), 0.0))


def like_hours(load: np.ndarray, valid: np.ndarray, hour: int) -> np.ndarray:
    """Quality-assured hours of the same load bin within the look-back of an hour.

    Parameters
    ----------
    load : array, shape (hour,)
        Flue-gas load, any unit; NaN where unknown.
    valid : array of bool, shape (hour,)
        Quality-assured hours of the quantity.
    hour : int
        The hour to be filled; hours before it are taken first, later ones only until the look-back is full.

    Returns
    -------
    array of int
        Their positions. All of the look-back where the hour's load is unknown.
    """
    known = np.flatnonzero(valid)
    before, after = known[known < hour], known[known > hour]
    chosen = before[-LOOKBACK_HOURS:]
    chosen = np.concatenate([chosen, after[: LOOKBACK_HOURS - chosen.size]])
    with_load = chosen[np.isfinite(load[chosen])]
    bins = min(MOST_BINS, with_load.size // HOURS_PER_BIN)
    if not np.isfinite(load[hour]) or bins < 2:
        return chosen
    edges = np.quantile(load[with_load], np.linspace(0, 1, bins + 1)[1:-1])
    same = np.searchsorted(edges, load[with_load]) == np.searchsorted(edges, load[hour])
    return with_load[same] if same.sum() >= LEAST_HOURS else chosen
