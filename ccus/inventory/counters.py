"""Totalisers of a line in one part of a period: what they counted, and the CO2 in a unit of it. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ccus.importers.units import parse_unit
from ccus.inventory.bench import Bench
from ccus.inventory.companions import stream_meters
from ccus.plant.model import Meter
from ccus.streams.averages import HOUR_S, Averages
from ccus.streams.co2flow import Instrument, co2_flow
from ccus.streams.totaliser import Counted, counted_between
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

CO2_TOTALS = ("mass_total", "volume_total")
SHARED_KEYS = (
    "reference_condition", "moisture", "component", "composition_meter", "temperature_meter", "pressure_meter",
    "moisture_meter",
)  # fmt: skip
"""What a totaliser that is silent takes from the flow meter whose flow it counts."""


def counter_of(
    b: Bench, line: str | None, stream_kind: str, stream: str, flow: Meter | None
) -> tuple[Averages | None, Meter | None]:
    """CO2 by a stream's totaliser of mass or volume: its steps, at the CO2 share the analyser shows. [kg/h]

    Raises
    ------
    InputError
        CC-MASS-76 a totaliser beside a pressure drop, without an analyser of its own; those of
        `ccus.streams.co2flow.co2_flow` where a volume or its CO2 cannot be told.
    """
    totals = [m for m in b.meters(line, stream_kind, CO2_TOTALS) if m.stream == stream]
    read = counted(b, totals[-1]) if totals else None
    if read is None:
        return None, None
    amount, known_s = read
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known_s > 0, amount / (known_s / HOUR_S), np.nan) * _co2_per_unit(b, totals[-1], flow)
    return Averages(b.edges_s, mean, np.where(np.isfinite(mean), known_s, 0.0)), totals[-1]


def _co2_per_unit(b: Bench, total: Meter, flow: Meter | None) -> np.ndarray | float:
    """CO2 in a kilogram or cubic metre counted, by the analyser alone, so that a counter also stands where the flow meter
    said nothing. [kg/kg], [kg/m3]; shape (interval,)"""
    beside = {key: getattr(flow, key) for key in SHARED_KEYS if flow is not None and getattr(total, key) is None}
    by_mass = total.kind == "mass_total"
    rated = total.model_copy(update={**beside, "kind": "mass_flow" if by_mass else "volume_flow"})
    if by_mass and rated.component == "CO2":
        return 1.0
    stream = stream_meters(b, rated)
    if stream.analyser is None and flow is not None and flow.kind == "differential_pressure":
        raise refuse(
            "CC-MASS-76",
            phrase("meter {tag}", tag=flow.tag),
            "a mass totaliser beside a differential pressure",
            "the totaliser with a mass flow meter of its own",
            "Leave the totaliser out of the plant file, or add the flow it counts.",
        )
    unit = replace(stream.flow.unit, quantity=rated.kind)
    read = (stream.analyser or stream.flow).series
    one = read.with_values(np.where(read.usable, 1.0, np.nan))
    share = co2_flow(replace(stream, flow=Instrument(rated, unit, one)), "share")
    return b.mean(share, (stream.analyser or stream.flow).meter).mean


def counted(b: Bench, meter: Meter) -> tuple[np.ndarray, np.ndarray] | None:
    """Amount by a totaliser in each interval and the time it covers; None where it says nothing. [canonical unit], [s]"""
    steps = counter_steps(b, meter)
    return None if steps is None else (steps.between(b.edges_s), steps.covered_s(b.edges_s))


def counter_steps(b: Bench, meter: Meter) -> Counted | None:
    """A totaliser's steps while a record held, from its reading at the swap to that at the next one."""
    unit = parse_unit(meter.unit, phrase("meter {tag}", tag=meter.tag))

    def canonical(value: float | None) -> float | None:
        return None if value is None else float(unit.canonical(value))

    steps = counted_between(
        b.instrument(meter).series,
        None if meter.totaliser_rollover is None else meter.totaliser_rollover * unit.factor,
        None if meter.valid_from is None else meter.valid_from.timestamp(),
        None if meter.valid_to is None else meter.valid_to.timestamp(),
        canonical(meter.totaliser_start),
        canonical(meter.totaliser_stop),
    )
    return steps if steps.time_s.size >= 2 else None


def counter_findings(b: Bench) -> Findings:
    """Resets and roll-overs of all totalisers."""
    findings = Findings()
    for meter in b.plant.meters:
        if meter.kind in (*CO2_TOTALS, "energy_total", "heat_total") and meter.tag in b.judged:
            steps = counter_steps(b, meter)
            findings.extend(steps.findings if steps is not None else ())
    return findings
