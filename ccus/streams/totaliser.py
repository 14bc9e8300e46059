"""Amounts from totalisers: differences of a counter through roll-over, reset and meter swap.

A counter difference is preferred to integrating a rate: it misses nothing while the historian slept. Both are
reported with their gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccus.streams.series import Series
from methodology.base.errors import Findings


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
    for name, code, hits in (("reset", "CC-MASS-61", reset), ("rolled over", "CC-MASS-62", rolled)):
        for at in np.flatnonzero(hits):
            findings.add(
                code,
                f"totaliser {series.tag} at {_text(time_s[at])}",
                f"{name}: {value[at - 1]:g} then {value[at]:g}",
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
