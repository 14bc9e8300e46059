"""Calibrations that found a meter off: the readings since the calibration before, and the tonnes they move. Pure.

A finding, never a correction: when the error began is not known, and a log's numbers are changed by an entry of a
person, not by a program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ccus.plant.model import Meter, Plant
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

SENSITIVITY = {
    "mass_flow": 1.0,
    "volume_flow": 1.0,
    "mass_total": 1.0,
    "composition": 1.0,
    "differential_pressure": 0.5,
}
"""Per cent of CO2 for one per cent of the reading; for other kinds a person has to work it out."""


@dataclass(frozen=True)
class Check:
    """A calibration as logged. Errors in per cent of reading, positive where the meter read too much.

    Parameters
    ----------
    entry, tag, certificate : str
    at : datetime
        Aware.
    as_found, as_left : float or None
        [%]
    """

    entry: str
    tag: str
    certificate: str
    at: datetime
    as_found: float | None = None
    as_left: float | None = None

    @classmethod
    def of(cls, entry: str, at: datetime, body: Mapping[str, Any]) -> Check:
        """From an entry of the log."""
        return cls(
            entry, body["tag"], body["certificate"], at, body.get("as_found_percent"), body.get("as_left_percent")
        )


def moved_t(captured_t: float, error_percent: float, sensitivity: float = 1.0) -> float:
    """What a reading that is off by an error moves: readings = truth · (1 + e)^s. Negative: too much was counted. [t]"""
    return captured_t * ((1 + error_percent / 100) ** -sensitivity - 1)


def drift_findings(
    checks: Sequence[Check], plant: Plant, edges_s: np.ndarray, captured_t: Iterable[tuple[tuple[str, ...], np.ndarray]]
) -> Findings:
    """Findings of calibrations whose error, as found or as left, lies beyond the meter's stated systematic uncertainty.

    Parameters
    ----------
    checks : sequence of Check
        All of the log, any order.
    plant : Plant
    edges_s : array, shape (hour + 1,)
        Of the period. [s since 1970 UTC]
    captured_t : iterable of (tags, array)
        Of each line: the tags its captured CO2 rests on, and its hours on readings. [t]

    Returns
    -------
    Findings
        CC-INV-27, with the tonnes of the readings in the period since the calibration before, or after it to the next.
    """
    findings, lines = Findings(), list(captured_t)
    by_tag: dict[str, list[Check]] = {}
    for check in sorted(checks, key=lambda item: item.at):
        by_tag.setdefault(check.tag, []).append(check)
    for tag, mine in by_tag.items():
        ends = [None, *(check.at for check in mine), None]
        for number, check in enumerate(mine):
            meter = plant.meter_at(tag, check.at) or next(iter(reversed(plant.meters_of(tag))), None)
            for error, left, first, last in (
                (check.as_found, False, ends[number], check.at),
                (check.as_left, True, check.at, ends[number + 2]),
            ):
                if meter is None or error is None or _within(error, meter):
                    continue
                start = max(-np.inf if moment is None else moment.timestamp() for moment in (first, meter.valid_from))
                end = min(np.inf if moment is None else moment.timestamp() for moment in (last, meter.valid_to))
                inside = (edges_s[1:] > start) & (edges_s[:-1] < end)
                if inside.any():
                    amount = sum(float(hours[inside].sum()) for tags, hours in lines if tag in tags)
                    _tell(check, meter, Off(error, left, first, last, amount, int(inside.sum())), findings, plant)
    return findings


@dataclass(frozen=True)
class Off:
    """An error beyond the stated one, the time it may have lasted, and the hours and CO2 of the period in it.

    Parameters
    ----------
    percent : float
    left : bool
        Left so by a calibration; else found so at one.
    first, last : datetime or None
    amount_t : float
    hours : int
    """

    percent: float
    left: bool
    first: datetime | None
    last: datetime | None
    amount_t: float
    hours: int


def _within(error: float, meter: Meter) -> bool:
    stated = meter.uncertainty_systematic_percent
    return stated is not None and abs(error) <= stated


def _span(off: Off, plant: Plant) -> str:
    if off.left:
        return (
            phrase("after it")
            if off.last is None
            else phrase("until {moment}", moment=off.last.astimezone(plant.zone).isoformat()[:16])
        )
    if off.first is None:
        return phrase("since it was put into service")
    return phrase("since {moment}", moment=off.first.astimezone(plant.zone).isoformat()[:16])


def _tell(check: Check, meter: Meter, off: Off, findings: Findings, plant: Plant) -> None:
    stated = meter.uncertainty_systematic_percent
    sensitivity = SENSITIVITY.get(meter.kind)
    size: dict[str, Any] = {}
    if off.amount_t == 0:
        what = phrase("No captured tonnes follow from it directly.")
    elif sensitivity is None:
        what = phrase("Work out what it moves by hand.")
    else:
        moved = moved_t(off.amount_t, off.percent, sensitivity)
        size = {"amount": abs(moved), "unit": "t CO2", "share": abs(moved) / off.amount_t}
        what = (
            phrase("{moved:+,.4g} t for the readings from then on.", moved=moved)
            if off.left
            else phrase(
                "{moved:+,.4g} t if it was off all that time, {moved2:+,.4g} t if it drifted evenly.",
                moved=moved,
                moved2=moved / 2,
            )
        )
    findings.add(
        "CC-INV-27",
        phrase("meter {tag}, {astimezone}", tag=check.tag, astimezone=check.at.astimezone(plant.zone).isoformat()[:16]),
        phrase(
            "{percent:+g} % {state} (certificate {certificate}, entry {entry}), {hours} hours of the period {span}",
            percent=off.percent,
            state=phrase("as left") if off.left else phrase("as found"),
            certificate=check.certificate,
            entry=check.entry,
            hours=off.hours,
            span=_span(off, plant),
        ),
        phrase(
            "an error within the stated systematic uncertainty, {rest}",
            rest=phrase("none") if stated is None else f"{stated:g} %",
        ),
        phrase("{what} Not corrected: if the readings are to change, log a correction or a decision.", what=what),
        severity="warning",
        **size,
    )
