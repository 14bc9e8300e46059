"""Amounts from totalisers: differences of a counter through roll-over, reset and meter swap.

A counter difference is preferred to integrating a rate: it misses nothing while the historian slept. Both are
reported with their gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccus.streams.series import GOOD, Series
from methodology.base.errors import Findings
from methodology.base.phrases import phrase


@dataclass(frozen=True)
class Counted:
    """What a totaliser counted.

    Parameters
    ----------
    step : array, shape (reading,)
        Amount since the reading before; 0 for the first. Unit of the counter.
    time_s : array, shape (reading,)
        Usable readings. [s since 1970 UTC]
    rollovers, resets : int
        How often the counter ran over its largest value, or fell back without doing so.
    findings : Findings
        CC-MASS-61 reset (what was counted between the last reading and it is lost); CC-MASS-62 roll-over.
    """

    step: np.ndarray
    time_s: np.ndarray
    rollovers: int
    resets: int
    findings: Findings

    def between(self, edges_s: np.ndarray) -> np.ndarray:
        """Amount in each interval, steps that cross an edge shared by time. Unit of the counter."""
        total = np.cumsum(self.step)
        return np.diff(np.interp(edges_s, self.time_s, total)) if self.time_s.size else np.zeros(len(edges_s) - 1)

    def covered_s(self, edges_s: np.ndarray) -> np.ndarray:
        """Time of each interval that lies between the first and the last reading. [s], shape (interval,)"""
        if not self.time_s.size:
            return np.zeros(len(edges_s) - 1)
        return np.diff(np.clip(edges_s, self.time_s[0], self.time_s[-1]))


def counted_between(
    series: Series,
    rollover_at: float | None = None,
    start_s: float | None = None,
    end_s: float | None = None,
    first: float | None = None,
    last: float | None = None,
) -> Counted:
    """Read a totaliser from the moment it was put in to the moment it was taken out.

    Parameters
    ----------
    series : Series
        Its readings in between.
    rollover_at : float, optional
    start_s, end_s : float, optional
        When it was put in and taken out. [s since 1970 UTC]
    first, last : float, optional
        What it showed then, so that nothing is lost between the last stored reading of one meter and the first of
        the next; used with the moment it belongs to. Unit of the counter.
    """
    time_s, value, severity = series.time_s, series.value, series.severity
    if start_s is not None and first is not None:
        time_s, value, severity = np.r_[start_s, time_s], np.r_[first, value], np.r_[np.uint8(GOOD), severity]
        if time_s.size > 1 and time_s[1] == start_s:  # the reading stated in the plant file stands for that moment
            time_s, value, severity = np.delete(time_s, 1), np.delete(value, 1), np.delete(severity, 1)
    if end_s is not None and last is not None:
        time_s, value, severity = np.r_[time_s, end_s], np.r_[value, last], np.r_[severity, np.uint8(GOOD)]
    return counted(Series(series.tag, time_s, value, severity.astype(np.uint8)), rollover_at)


def counted(series: Series, rollover_at: float | None = None, largest_step: float | None = None) -> Counted:
    """Read a totaliser.

    Parameters
    ----------
    series : Series
        Counter readings.
    rollover_at : float, optional
        Value at which the counter starts again from 0. Unit of the counter.
    largest_step : float, optional
        Most that can be counted between two readings; a fall back that would mean more is a reset, not a roll-over.
        Unit of the counter; a tenth of `rollover_at` when not given.

    Returns
    -------
    Counted
        After a reset the counter's new value is what is known to have passed; the rest is lost, never guessed.
    """
    keep = series.usable
    value, time_s = series.value[keep], series.time_s[keep]
    step = np.diff(value, prepend=value[:1])
    fell = step < 0
    limit = largest_step if largest_step is not None else (0.1 * rollover_at if rollover_at else 0.0)
    turned = step + (rollover_at or 0.0)
    rolled = fell & (rollover_at is not None) & (turned >= 0) & (turned <= limit)
    reset = fell & ~rolled
    step = np.where(rolled, turned, np.where(reset, np.maximum(value, 0.0), step))
    findings = Findings()
    for name, code, hits in (("reset", "CC-MASS-61", reset), (phrase("rolled over"), "CC-MASS-62", rolled)):
        for at in np.flatnonzero(hits):
            findings.add(
                code,
                phrase("totaliser {tag} at {text}", tag=series.tag, text=_text(time_s[at])),
                phrase("{name}: {value:g} then {value2:g}", name=name, value=value[at - 1], value2=value[at]),
                "a counter that rises",
                "What passed before the reset is not counted." if name == "reset" else "",
                severity="warning" if name == "reset" else "note",
            )
    return Counted(step, time_s, int(rolled.sum()), int(reset.sum()), findings)


def _text(time_s: float) -> str:
    return str(np.datetime64(round(time_s), "s")) + "Z"


def gap_percent(by_counter: float, by_rate: float) -> float:
    """How far the integral of a rate lies from the counter. [% of the counter]"""
    return 100 * (by_rate - by_counter) / by_counter if by_counter else float("nan")
