"""One meter's readings as arrays: when, how much, how good. The form every room passes on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

GOOD, UNCERTAIN, BAD = 0, 1, 2
"""Severity of a reading after OPC UA: a bad value is never used; an uncertain one stands, is counted and shown."""


@dataclass(frozen=True)
class Series:
    """Readings of one meter, oldest first, no time twice.

    Parameters
    ----------
    tag : str
        Of the plant file.
    time_s : array of float64, shape (reading,)
        Seconds since 1970-01-01 UTC.
    value : array of float64, shape (reading,)
        In the meter's unit of the plant file; NaN where nothing numeric was written.
    severity : array of uint8, shape (reading,)
        `GOOD`, `UNCERTAIN` or `BAD`.
    words : dict of int to str
        What stood in place of a number, by reading.
    hold_s : float
        For hours worked out from bulk data: how long each stands, whatever the meter's own hold; they join by step. [s]
    """

    tag: str
    time_s: np.ndarray
    value: np.ndarray
    severity: np.ndarray
    words: dict[int, str] = field(default_factory=dict)
    hold_s: float = 0.0

    def __post_init__(self) -> None:
        if not (self.time_s.shape == self.value.shape == self.severity.shape):
            raise ValueError("time, value and severity differ in length")

    def __len__(self) -> int:
        return self.time_s.size

    @property
    def usable(self) -> np.ndarray:
        """Readings that may enter a result: not bad, and a number."""
        return (self.severity != BAD) & np.isfinite(self.value)

    def with_values(self, value: np.ndarray, severity: np.ndarray | None = None) -> Series:
        """The same readings with other values (and severities); the original is left as it was."""
        return replace(self, value=value, severity=self.severity if severity is None else severity)

    def between(self, start_s: float, end_s: float) -> Series:
        """Readings in a half-open period, with the one that stands when it begins."""
        first = max(int(np.searchsorted(self.time_s, start_s, side="right")) - 1, 0)
        last = int(np.searchsorted(self.time_s, end_s, side="left"))
        words = {i - first: word for i, word in self.words.items() if first <= i < last}
        part = slice(first, last)
        return Series(self.tag, self.time_s[part], self.value[part], self.severity[part], words, self.hold_s)
