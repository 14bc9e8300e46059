"""Time-weighted averages of readings at uneven steps, and the hours they fill.

A historian drops points that did not change, so a missing row may mean "as before". Each meter therefore says how
its readings join (step or linear) and how long one stands without a successor (`max_hold`). A mean is taken over
the good time of an interval only, and that time is returned with it: an hour counts where it is long enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from ccus.streams.series import Series
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

HOUR_S = 3600.0
VALID_HOUR_PERCENT = 75.0
"""Share of good time an hour needs. 75 % is US 40 CFR 75.10(d); EU MRR asks for 80 % (Art. 44)."""


@dataclass(frozen=True)
class Averages:
    """Means over intervals.

    Parameters
    ----------
    edges_s : array, shape (interval + 1,)
        Seconds since 1970-01-01 UTC.
    mean : array, shape (interval,)
        Over the good time; NaN where there is none. Unit of the readings.
    good_s : array, shape (interval,)
        Time covered by usable readings. [s]
    """

    edges_s: np.ndarray
    mean: np.ndarray
    good_s: np.ndarray

    def valid(self, percent: float = VALID_HOUR_PERCENT) -> np.ndarray:
        """Intervals with at least that share of good time."""
        return self.good_s >= np.diff(self.edges_s) * percent / 100 * (1 - 1e-12)


def hour_edges(start: datetime, end: datetime) -> np.ndarray:
    """Edges of the hours between two moments, counted from the first. [s since 1970 UTC]"""
    first, last = start.timestamp(), end.timestamp()
    return np.arange(first, last + HOUR_S / 2, HOUR_S)


def day_bounds(day: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end (UTC) of the accounting day that a local date names; 23 or 25 h where clocks change."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = (datetime(day.year, day.month, day.day) + timedelta(days=1)).replace(tzinfo=zone)
    return start.astimezone(UTC), after.astimezone(UTC)


def time_weighted(series: Series, edges_s: np.ndarray, interpolation: str, max_hold_s: float) -> Averages:
    """Time-weighted means of a series over intervals.

    Parameters
    ----------
    series : Series
        Bad readings end what came before and cover nothing themselves.
    edges_s : array, shape (interval + 1,)
        Rising. [s since 1970 UTC]
    interpolation : {"step", "linear"}
        Step: a reading stands until the next. Linear: straight between two usable readings.
    max_hold_s : float
        Longest time one reading stands (step) or a line spans (linear). [s]

    Returns
    -------
    Averages

    Raises
    ------
    InputError
        CC-MASS-51 interpolation not stated; CC-MASS-52 no positive `max_hold_s`.
    """
    if interpolation not in ("step", "linear"):
        raise refuse(
            "CC-MASS-51",
            phrase("meter {tag}, interpolation", tag=series.tag),
            interpolation or "nothing",
            "step | linear",
            "A historian's missing row means 'unchanged' under step and 'on the way' under linear: state which.",
        )
    if not max_hold_s or max_hold_s <= 0:
        raise refuse(
            "CC-MASS-52",
            phrase("meter {tag}, max_hold_s", tag=series.tag),
            max_hold_s,
            "above 0 s",
            "State it in plant.toml.",
        )
    interpolation, max_hold_s = _own_way(series, interpolation, max_hold_s)
    if len(series) == 0:
        count = len(edges_s) - 1
        return Averages(edges_s, np.full(count, np.nan), np.zeros(count))
    gap_s = np.append(np.diff(series.time_s), np.inf)
    usable = series.usable
    if interpolation == "step":
        span_s = np.where(usable, np.minimum(gap_s, max_hold_s), 0.0)
        slope = np.zeros(len(series))
    else:
        joined = usable & np.append(usable[1:], False) & (gap_s <= max_hold_s)
        span_s = np.where(joined, gap_s, 0.0)
        rise = np.append(np.diff(np.where(usable, series.value, 0.0)), 0.0)
        slope = np.where(joined, rise / np.where(joined, gap_s, 1.0), 0.0)
    value = np.where(span_s > 0, series.value, 0.0)
    integral, covered = _cumulated(series.time_s, value, slope, span_s, edges_s)
    good_s = np.diff(covered)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(good_s > 1e-9, np.diff(integral) / good_s, np.nan)
    return Averages(edges_s, mean, good_s)


def _own_way(series: Series, interpolation: str, max_hold_s: float) -> tuple[str, float]:
    """Hours worked out from bulk data stand for their hour; other readings go by their meter."""
    return ("step", max(max_hold_s, series.hold_s)) if series.hold_s else (interpolation, max_hold_s)


def _cumulated(
    time_s: np.ndarray, value: np.ndarray, slope: np.ndarray, span_s: np.ndarray, edges_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Integral of the readings and covered time from the first reading up to each edge."""
    whole = np.concatenate([[0.0], np.cumsum(value * span_s + slope * span_s**2 / 2)])
    time = np.concatenate([[0.0], np.cumsum(span_s)])
    at = np.searchsorted(time_s, edges_s, side="right") - 1
    inside = at >= 0
    at = np.maximum(at, 0)
    part_s = np.where(inside, np.minimum(edges_s - time_s[at], span_s[at]), 0.0)
    integral = whole[at] + value[at] * part_s + slope[at] * part_s**2 / 2
    return np.where(inside, integral, 0.0), np.where(inside, time[at] + part_s, 0.0)


def values_at(series: Series, time_s: np.ndarray, interpolation: str, max_hold_s: float) -> np.ndarray:
    """What a meter showed at given moments, by its own interpolation; NaN where nothing usable stands.

    Parameters
    ----------
    time_s : array, shape (moment,)
        [s since 1970 UTC]

    Returns
    -------
    array, shape (moment,)
        Unit of the readings.
    """
    if len(series) == 0:
        return np.full(np.shape(time_s), np.nan)
    interpolation, max_hold_s = _own_way(series, interpolation, max_hold_s)
    at = np.searchsorted(series.time_s, time_s, side="right") - 1
    known = at >= 0
    at = np.maximum(at, 0)
    usable, age_s = series.usable, time_s - series.time_s[at]
    value = np.where(usable[at], series.value[at], np.nan)
    exact = age_s == 0
    if interpolation == "linear":
        after = np.minimum(at + 1, len(series) - 1)
        gap_s = series.time_s[after] - series.time_s[at]
        joined = usable[at] & usable[after] & (gap_s > 0) & (gap_s <= max_hold_s)
        share = np.where(joined, age_s / np.where(joined, gap_s, 1.0), 0.0)
        between = np.where(joined, series.value[at] + share * (series.value[after] - series.value[at]), np.nan)
        value = np.where(exact, value, between)
    return np.where(known & (exact | (age_s < max_hold_s)), value, np.nan)
