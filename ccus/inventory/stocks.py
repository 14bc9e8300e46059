"""What belongs to the plant and to no line: shared energy, vents and tanks, and the balance they make. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from ccus.gaps.ladder import Filled, Rules, fill
from ccus.inventory.bench import Bench, Measured, with_hand
from ccus.inventory.energy import energy_of
from ccus.inventory.flows import co2_of
from ccus.inventory.lines import LineHours, careful, evidence_of, spoke
from ccus.inventory.records import Records, TankReading
from methodology.base.errors import Finding, Findings, InputError
from methodology.base.phrases import phrase

TANK_WITHIN = timedelta(hours=24)
"""How far from a period's edge a tank reading may lie to stand for it."""

NOT_COUNTED = {
    "tank": ("level", "volume_total", "mass_flow", "volume_flow", "mass_total"),
    "delivery": ("mass_flow", "volume_flow", "mass_total", "volume_total", "weight", "level"),
    "fuel": ("mass_flow", "volume_flow", "mass_total", "volume_total", "heat_flow", "energy_total", "heat_total"),
    "product": ("velocity",),
    "vent": ("velocity",),
}
"""Kinds of meters whose readings no account takes up, by kind of stream."""


@dataclass(frozen=True)
class Balance:
    """Delivered + vented + change in tanks against the product meters. [t CO2]; None where it cannot be told."""

    delivered_t: float
    vented_t: float
    tank_change_t: float | None
    product_t: float | None
    accounted_t: float | None
    by_fate_t: dict[str, float]


@dataclass(frozen=True)
class Shared:
    """Hours of meters that belong to no line.

    Parameters
    ----------
    electricity, heat, vented : Filled or None
        [kWh], [GJ], [kg CO2]
    untold : dict of str to tuple of Finding
        What is metered and cannot be told or counted, and why.
    """

    electricity: Filled | None = None
    heat: Filled | None = None
    vented: Filled | None = None
    untold: dict[str, tuple[Finding, ...]] = field(default_factory=dict)


def shared_hours(b: Bench, lines: Sequence[LineHours], percent: float | np.ndarray) -> Shared:
    """Energy and vents of meters without a line, over all hours; silent hours are unrecorded where all lines are."""
    ways = {
        "electricity": lambda part: energy_of(part, None, "electricity", lambda kwh: kwh),
        "heat": lambda part: energy_of(part, None, "steam", lambda kwh: kwh * 3.6e-3),
        "vented": lambda part: co2_of(part, None, "vent"),
    }
    measured: dict[str, Measured] = {}
    untold: dict[str, tuple[Finding, ...]] = {}
    for name, way in ways.items():
        try:
            item = with_hand(b, None, way)
        except InputError as error:
            untold[name] = tuple(replace(finding, severity="warning") for finding in error.findings)
            continue
        if item is not None:
            measured[name] = item
    lost = np.all([line.unrecorded for line in lines], axis=0) if lines else np.zeros(b.edges_s.size - 1, dtype=bool)
    lost = lost & ~spoke(b, None, measured)
    low = Rules("low", valid_percent=percent, longest_bound_hours=b.plant.rules.longest_bound_hours)
    found = {
        name: fill(
            item.averages,
            careful(low, item),
            evidence=evidence_of(item, b.plant.rules.manual_readings),
            unrecorded=lost,
        )
        for name, item in measured.items()
    }
    return Shared(**found, untold=untold)


def not_counted(b: Bench) -> dict[str, list[Finding]]:
    """Meters with readings that no account takes up (CC-INV-32), by the kind of their stream."""
    found: dict[str, list[Finding]] = {}
    tags = {*b.judged, *(b.by_hand.judged if b.by_hand is not None else ())}
    for meter in {m.tag: m for m in b.plant.meters if m.tag in tags}.values():
        kind = b.plant.stream(meter.stream).kind
        if meter.kind not in NOT_COUNTED.get(kind, ()):
            continue
        ways = {
            "tank": "Log the tank's contents with `ccus tank`, or meter its weight.",
            "delivery": "Log each delivery with `ccus deliver`.",
            "fuel": "Net figures are not estimated while fuel is used that nothing here turns into CO2.",
        }
        item = Finding(
            "CC-INV-32",
            phrase("meter {tag}", tag=meter.tag),
            phrase("a meter of kind {kind} on a {stream} stream, counted nowhere", kind=meter.kind, stream=kind),
            "a kind of meter that is counted there",
            ways.get(kind, "Give it a flow by mass or volume."),
            "warning",
        )
        found.setdefault(kind, []).append(item)
    return found


def balance_of(records: Records, b: Bench, lines: Sequence[LineHours], vented: Filled | None, end: datetime) -> Balance:
    """What left the plant and what its tanks gained, to stand beside the product meters."""
    deliveries = [item for item in records.deliveries if item.at < end]
    by_fate: dict[str, float] = {}
    for item in deliveries:
        by_fate[item.fate or "not stated"] = by_fate.get(item.fate or "not stated", 0.0) + item.mass_t
    delivered = sum(item.mass_t for item in deliveries)
    vents = [*(line.vented for line in lines), vented]
    vented_t = sum(item.total for item in vents if item is not None) / 1000
    change = _tank_change(records, b, end)
    metered = [line.captured.total for line in lines if line.captured is not None]
    product = sum(metered) / 1000 if metered else None
    tanks = any(stream.kind == "tank" for stream in records.plant.streams)
    accounted = delivered + vented_t + (change or 0.0) if deliveries and (change is not None or not tanks) else None
    return Balance(delivered, vented_t, change, product, accounted, by_fate)


def _tank_change(records: Records, b: Bench, end: datetime) -> float | None:
    tanks = [stream.id for stream in records.plant.streams if stream.kind == "tank"]
    changes = []
    for tank in tanks:
        mine = [item for item in records.tanks if item.tank == tank] or _weighed(b, tank, records.start, end)
        within = min(TANK_WITHIN, (end - records.start) / 4)  # so that one reading never stands for both edges
        first, last = _nearest(mine, records.start, within), _nearest(mine, end, within)
        if first is None or last is None:
            return None
        changes.append(last.mass_t - first.mass_t)
    return sum(changes) if changes else None


def _weighed(b: Bench, tank: str, start: datetime, end: datetime) -> list[TankReading]:
    """Contents of a tank by its weight meter, where the log has no tank levels: the believed readings next to both
    edges."""
    found = []
    for meter in b.plant.meters:
        if meter.stream != tank or meter.kind != "weight" or meter.tag not in b.judged:
            continue
        series = b.instrument(meter).series
        good = np.flatnonzero(series.usable)
        for moment in (start, end):
            if good.size:
                at = good[np.argmin(np.abs(series.time_s[good] - moment.timestamp()))]
                when = datetime.fromtimestamp(float(series.time_s[at]), b.plant.zone)
                found.append(TankReading(when, tank, float(series.value[at]) / 1000))
    return found


def _nearest(items: list[TankReading], at: datetime, within: timedelta) -> TankReading | None:
    near = [item for item in items if abs(item.at - at) <= within]
    return min(near, key=lambda item: abs(item.at - at), default=None)


def untold_findings(shared: Shared, uncounted: dict[str, list[Finding]]) -> Findings:
    """Findings of both, once each."""
    findings = Findings()
    for items in (*shared.untold.values(), *uncounted.values()):
        findings.extend(items)
    return findings
