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
    """Findings of calibrations whose error as found lies beyond the meter's stated systematic uncertainty.

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
        CC-INV-27, with the tonnes of the readings in the period since the calibration before.
    """
    findings, lines = Findings(), list(captured_t)
    earlier: dict[str, Check] = {}
    for check in sorted(checks, key=lambda item: item.at):
        before = earlier.get(check.tag)
        earlier[check.tag] = check
        meter = plant.meter_at(check.tag, check.at) or next(iter(reversed(plant.meters_of(check.tag))), None)
        if check.as_found is None or meter is None:
            continue
        stated = meter.uncertainty_systematic_percent
        if stated is not None and abs(check.as_found) <= stated:
            continue
        start = max(_seconds(None if before is None else before.at), _seconds(meter.valid_from))
        end = min(check.at.timestamp(), np.inf if meter.valid_to is None else meter.valid_to.timestamp())
        inside = (edges_s[1:] > start) & (edges_s[:-1] < end)
        if inside.any():
            amount = sum(float(hours[inside].sum()) for tags, hours in lines if check.tag in tags)
            _tell(check, before, meter, amount, int(inside.sum()), findings, plant)
    return findings


def _seconds(moment: datetime | None) -> float:
    return -np.inf if moment is None else moment.timestamp()


def _tell(
    check: Check, before: Check | None, meter: Meter, amount_t: float, hours: int, findings: Findings, plant: Plant
) -> None:
    stated = meter.uncertainty_systematic_percent
    sensitivity = SENSITIVITY.get(meter.kind)
    since = phrase("it was put into service") if before is None else before.at.astimezone(plant.zone).isoformat()[:16]
    if sensitivity is None or amount_t == 0:
        what = (
            phrase("No captured tonnes follow from it directly.")
            if amount_t == 0
            else phrase("Work out what it moves by hand.")
        )
        size: dict[str, Any] = {}
    else:
        moved = moved_t(amount_t, check.as_found or 0.0, sensitivity)
        what = phrase(
            "{moved:+,.4g} t if it was off all that time, {moved2:+,.4g} t if it drifted evenly.",
            moved=moved,
            moved2=moved / 2,
        )
        size = {"amount": abs(moved), "unit": "t CO2", "share": abs(moved) / amount_t}
    findings.add(
        "CC-INV-27",
        phrase("meter {tag}, {astimezone}", tag=check.tag, astimezone=check.at.astimezone(plant.zone).isoformat()[:16]),
        phrase(
            "{as_found:+g} % as found (certificate {certificate}, entry {entry}), {hours} hours of "
            "the period since {since}",
            as_found=check.as_found,
            certificate=check.certificate,
            entry=check.entry,
            hours=hours,
            since=since,
        ),
        phrase(
            "an error within the stated systematic uncertainty, {rest}",
            rest=phrase("none") if stated is None else f"{stated:g} %",
        ),
        phrase("{what} Not corrected: if the readings are to change, log a correction or a decision.", what=what),
        severity="warning",
        **size,
    )
