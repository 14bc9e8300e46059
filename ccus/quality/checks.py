"""Checks of one meter's readings. Each takes arrays and answers with a mask of the readings it would not believe.

Thresholds are wide on purpose: a check that cries wolf is switched off. Noise is measured on the series itself, so
that none of them has to be tuned to a meter. Only usable readings are handed in.
"""

from __future__ import annotations

import numpy as np

from methodology.base.phrases import phrase

HAMPEL_HALF_WINDOW = 3
HAMPEL_SIGMAS = 10.0
"""A reading ten robust standard deviations from its neighbours' median is no process noise."""

FROZEN_READINGS = 6
FROZEN_CHANCE = 1e-3
"""A run of equal readings counts as frozen where chance would make it in fewer than one series of a thousand."""

STANDING_SHARE = 0.05
"""A run of equal readings below this share of the meter's usual level is a line that stands still, not a frozen meter."""

RAIL_READINGS = 3
RAIL_SHARE = 1e-3
LOWEST_GAUGE_KPA = -101.325
_MAD_TO_SIGMA = 1.4826
_CHUNK = 1 << 18


def impossible(value: np.ndarray, quantity: str, pressure: str | None) -> np.ndarray:
    """Readings no meter can truly give: fractions outside 0–1, pressure below vacuum, below absolute zero.

    Parameters
    ----------
    value : array, shape (reading,)
        In the canonical unit of the quantity.
    quantity : str
    pressure : {"gauge", "absolute"} or None
    """
    if quantity == "fraction":
        return (value < 0) | (value > 1)
    if quantity == "pressure":
        return value < (LOWEST_GAUGE_KPA if pressure == "gauge" else 0.0)
    if quantity == "temperature":
        return value < -273.15
    if quantity in ("density", "mass", "volume", "energy", "length"):
        return value < 0
    return np.zeros(value.shape, dtype=bool)


def negative_flow(value: np.ndarray, quantity: str, zero_noise: float) -> np.ndarray:
    """Flows below zero by more than the zero noise (deadband). [canonical unit]"""
    if quantity not in ("mass_flow", "volume_flow", "velocity", "power"):
        return np.zeros(value.shape, dtype=bool)
    return value < -abs(zero_noise)


def out_of_range(value: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Readings beyond the meter's range."""
    mask = np.zeros(value.shape, dtype=bool)
    if low is not None:
        mask |= value < low
    if high is not None:
        mask |= value > high
    return mask


def stuck_at_rail(value: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Runs of three or more readings at an end of the range. Zero at the low end is a stopped line, not a fault."""
    if low is None or high is None:
        return np.zeros(value.shape, dtype=bool)
    near = RAIL_SHARE * (high - low)
    at_rail = np.abs(value - high) <= near
    if low != 0:
        at_rail |= np.abs(value - low) <= near
    return _in_runs(at_rail, RAIL_READINGS)


def frozen(value: np.ndarray) -> np.ndarray:
    """Runs of equal readings longer than this meter's own noise and resolution would make by chance.

    A run near zero is a stopped line. A meter whose readings mostly repeat (compressed, coarse) has a high
    chance of equal neighbours, so only very long runs of it are called frozen.
    """
    mask = np.zeros(value.shape, dtype=bool)
    starts, lengths = runs_of_equal(value)
    if starts.size:
        standing = np.abs(value[starts]) <= STANDING_SHARE * np.quantile(np.abs(value), 0.9)
        lengths = np.where(standing, 1, lengths)
    pairs, equal = value.size - 1, int((lengths - 1).sum())
    for at in np.argsort(lengths)[::-1]:
        length = int(lengths[at])
        if length < FROZEN_READINGS:
            break
        pairs, equal = pairs - (length - 1), equal - (length - 1)
        chance = max(equal, 1) / max(pairs, 1)
        if chance >= 1 or (length - 1) * np.log(chance) + np.log(value.size) > np.log(FROZEN_CHANCE):
            break
        mask[starts[at] : starts[at] + length] = True
    return mask


def spikes(value: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """Short excursions from the neighbours' median (Hampel's test).

    Parameters
    ----------
    value : array, shape (reading,)
    floor : float
        Smallest standard deviation assumed, for series without noise of their own. [unit of `value`]

    Notes
    -----
    Window of 7 readings, so an excursion of up to 3; noise is the larger of the window's own and the whole series'.
    """
    if value.size < 2 * HAMPEL_HALF_WINDOW + 1:
        return np.zeros(value.shape, dtype=bool)
    width = HAMPEL_HALF_WINDOW
    padded = np.pad(value, width, mode="reflect")
    middle, spread = np.empty(value.shape), np.empty(value.shape)
    for start in range(0, value.size, _CHUNK):
        end = min(start + _CHUNK, value.size)
        windows = np.lib.stride_tricks.sliding_window_view(padded[start : end + 2 * width], 2 * width + 1)
        middle[start:end] = np.median(windows, axis=1)
        spread[start:end] = np.median(np.abs(windows - middle[start:end, None]), axis=1)
    away = np.abs(value - middle)
    noise = _MAD_TO_SIGMA * np.maximum(spread, np.median(spread))
    return away > HAMPEL_SIGMAS * np.maximum(noise, floor)


def too_fast(time_s: np.ndarray, value: np.ndarray, per_minute: float | None) -> np.ndarray:
    """Readings that jump away from the last believed one faster than the stated rate. [canonical unit per min]"""
    mask = np.zeros(value.shape, dtype=bool)
    if per_minute is None or value.size < 2:
        return mask
    if not (np.abs(np.diff(value)) > per_minute * np.diff(time_s) / 60).any():
        return mask
    last = 0
    for at in range(1, value.size):
        if abs(value[at] - value[last]) > per_minute * (time_s[at] - time_s[last]) / 60:
            mask[at] = True
        else:
            last = at
    return mask


def other_unit(value: np.ndarray, quantity: str) -> np.ndarray:
    """Temperatures above 200 °C that lie near the series' median once kelvin is taken off."""
    if quantity != "temperature" or value.size == 0:
        return np.zeros(value.shape, dtype=bool)
    usual = np.median(value)
    return (value > 200) & (usual < 200) & (np.abs(value - 273.15 - usual) < 60)


def likely_slip(value: float, usual: float, quantity: str) -> str:
    """What a strange reading may have been meant to be, in words; empty where nothing fits. A hint, never a repair."""
    if quantity == "temperature" and abs(value - 273.15 - usual) < abs(value - usual) / 5:
        return phrase("looks like kelvin")
    for factor, words in (
        (10, phrase("ten times")),
        (100, phrase("a hundred times")),
        (0.1, phrase("a tenth of")),
        (0.01, phrase("a hundredth of")),
    ):
        if usual and abs(value / factor / usual - 1) < 0.1:
            return phrase("about {words} what stands around it, perhaps a slipped decimal", words=words)
    return ""


def runs_of_equal(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Start and length of each run of equal values."""
    if value.size == 0:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(value) != 0) + 1])
    return starts, np.diff(np.append(starts, value.size))


def _in_runs(mask: np.ndarray, least: int) -> np.ndarray:
    """Only those true values that stand in runs of at least that many."""
    kept = np.zeros(mask.shape, dtype=bool)
    starts, lengths = runs_of_equal(mask.astype(float))
    for start, length in zip(starts, lengths, strict=True):
        if mask[start] and length >= least:
            kept[start : start + length] = True
    return kept


def gaps(time_s: np.ndarray, max_hold_s: float) -> np.ndarray:
    """Pairs (end of hold, next reading) where no reading stands. [s since 1970 UTC], shape (gap, 2)"""
    late = np.flatnonzero(np.diff(time_s) > max_hold_s * (1 + 1e-9))
    return np.column_stack([time_s[late] + max_hold_s, time_s[late + 1]])
