"""Readings entered by hand: who read what, when and why, apart from what a historian wrote."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from ccus.importers.units import Unit, parse_unit
from ccus.plant.model import Plant
from ccus.streams.series import GOOD, Series
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from ccus.log.views import Standing


def read_by_hand(
    items: Iterable[Standing],
    period_start: datetime,
    plant: Plant,
    units: dict[str, Unit],
    findings: Findings,
) -> dict[str, Series]:
    """Readings entered by hand, by tag and in canonical units: a class of their own, never mixed with the historian's.

    A reading in a unit of another kind is told (CC-INV-01) and not used; `units` takes the unit of a tag that has no
    imported readings.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for item in items:
        tag, body = item.body["tag"], item.body
        meter = plant.meter_at(tag, item.at)
        if meter is None:
            continue
        unit, stated = (
            parse_unit(body["unit"], phrase("entry {entry}", entry=item.entry.id)),
            parse_unit(meter.unit, phrase("meter {tag}", tag=tag)),
        )
        if unit.quantity != stated.quantity:
            findings.add(
                "CC-INV-01",
                phrase("entry {entry}, meter {tag}", entry=item.entry.id, tag=tag),
                phrase("a reading in {unit}", unit=body["unit"]),
                phrase("a unit of {quantity}", quantity=stated.quantity),
                "Not used. Correct the entry.",
                severity="warning",
            )
            continue
        if item.at >= period_start:
            _tell_manual(item, plant, findings)
        units.setdefault(tag, stated)
        found.setdefault(tag, []).append((item.at.timestamp(), float(unit.canonical(body["value"]))))
    return {tag: _series(tag, rows) for tag, rows in sorted(found.items())}


def _series(tag: str, rows: list[tuple[float, float]]) -> Series:
    """In the order of time; of two at one moment the one entered last."""
    last = dict(rows)
    time_s = np.array(sorted(last))
    return Series(tag, time_s, np.array([last[at] for at in time_s]), np.full(time_s.size, GOOD, dtype=np.uint8))


def _tell_manual(item: Standing, plant: Plant, findings: Findings) -> None:
    """Who read a value off a meter, and why (CC-INV-28)."""
    author = (item.corrections[-1] if item.corrections else item.entry).author
    findings.add(
        "CC-INV-28",
        phrase(
            "meter {tag}, {astimezone}",
            tag=item.body["tag"],
            astimezone=item.at.astimezone(plant.zone).isoformat(timespec="minutes"),
        ),
        phrase(
            "{value:g} {unit} read by {author} (entry {entry}){remark}",
            value=item.body["value"],
            unit=item.body["unit"],
            author=author,
            entry=item.entry.id,
            remark=f": {item.body['remark']}" if item.body.get("remark") else "",
        ),
        "a reading of the historian",
        severity="note",
    )
