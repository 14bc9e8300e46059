"""CO2 flows and energy of a line in one part of a period: meters found, turned into hours, with their uncertainty. Pure."""

from __future__ import annotations

import numpy as np

from ccus.importers.units import parse_unit
from ccus.inventory.bench import Bench, Measured, added, joined, systematic_of
from ccus.inventory.companions import Told, stream_meters, told_by_counter
from ccus.inventory.counters import CO2_TOTALS, counter_of
from ccus.plant.model import Meter
from ccus.quality.crosschecks import Pair
from ccus.streams.averages import Averages
from ccus.streams.co2flow import DENSITY_REASONS, co2_flow, density_status
from ccus.streams.orifice import OrificePlate, plate_percent
from ccus.streams.spread import Spread
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import joined as joined_words
from methodology.base.phrases import phrase

FLOW_KINDS = ("mass_flow", "volume_flow")
DROP = "differential_pressure"


def flow_meters(b: Bench, line: str | None, stream_kind: str) -> list[Meter]:
    """Meters that show a stream's flow: by mass, by volume, or by the pressure drop over a plate.

    Raises
    ------
    InputError
        CC-MASS-75 only a differential pressure without the plate's geometry.
    """
    meters = b.meters(line, stream_kind, (*FLOW_KINDS, DROP))
    flows = [m for m in meters if m.kind != DROP or m.orifice is not None]
    if meters and not flows:
        raise refuse(
            "CC-MASS-75",
            phrase("meter {tag}", tag=meters[0].tag),
            "a differential pressure without the plate's geometry",
            "orifice = {pipe_diameter_m, bore_diameter_m, tapping}",
            "State them in plant.toml, from the plate's calculation sheet.",
        )
    return flows


def co2_of(b: Bench, line: str | None, stream_kind: str) -> Measured | None:
    """CO2 of a kind of stream of a line [kg/h]: redundant meters kept apart, a totaliser preferred to its rate, several
    streams of one kind added up.

    Raises
    ------
    InputError
        CC-INV-29 two flow meters on one stream of which neither is said to stand in for the other; faults of
        `ccus.streams.co2flow.co2_flow`.
    """
    meters = flow_meters(b, line, stream_kind)
    totals = b.meters(line, stream_kind, CO2_TOTALS)
    streams = dict.fromkeys(m.stream for m in (*meters, *totals) if m.redundant_with is None)
    items = [_of_stream(b, line, stream_kind, stream, [m for m in meters if m.stream == stream]) for stream in streams]
    known = [item for item in items if item is not None]
    return added(known) if known else None


def _of_stream(b: Bench, line: str | None, stream_kind: str, stream: str, meters: list[Meter]) -> Measured | None:
    main = [m for m in meters if m.redundant_with is None]
    if len(main) > 1:
        raise refuse(
            "CC-INV-29",
            phrase("stream {stream}, line {line}", stream=stream, line=line),
            phrase("flow meters {names} at one time", names=joined_words(" and ", [m.tag for m in main])),
            "one, and others with redundant_with",
            "State redundant_with on the one that stands in for the other, or give each a stream of its own.",
        )
    if not main:
        return _by_counter_alone(b, line, stream_kind, stream)
    flow, spare = main[0], [m for m in meters if m.redundant_with is not None]
    rate = b.mean(co2_flow(stream_meters(b, flow), flow.tag), flow)
    told = _told(b, flow, rate)
    counter, total = counter_of(b, line, stream_kind, stream, flow)
    beside = b.companion(flow.composition_meter, flow.line, flow.stream, "composition", "CO2")
    tags = [flow.tag, *([beside.meter.tag] if beside is not None else []), *([total.tag] if total is not None else [])]
    other, other_told = rate, told
    if counter is None:
        other = joined([b.mean(co2_flow(stream_meters(b, m), m.tag), m) for m in spare])
        other_told = _told(b, spare[-1], other) if other is not None else told
    elif total is not None and total.uncertainty_systematic_percent is not None:
        told = told_by_counter(b, total, beside)
    size = rate.mean.size
    return Measured(
        counter or rate, tuple(tags), told.random, {}, None, other, told.spread(size),
        other_told.spread(size) if other is not None else None, counter is not None,
    )  # fmt: skip


def _by_counter_alone(b: Bench, line: str | None, stream_kind: str, stream: str) -> Measured | None:
    """CO2 of a stream that has a totaliser and no flow meter."""
    counter, total = counter_of(b, line, stream_kind, stream, None)
    if counter is None or total is None:
        return None
    beside = b.companion(total.composition_meter, total.line, stream, "composition", "CO2")
    told = told_by_counter(b, total, beside)
    tags = (total.tag, *([beside.meter.tag] if beside is not None else []))
    return Measured(counter, tags, told.random, {}, spread=told.spread(counter.mean.size))


def density_findings(b: Bench) -> Findings:
    """Readings of meters whose volume or pressure drop could not be turned into mass, with the reason (as warnings)."""
    findings = Findings()
    for meter in b.plant.meters:
        through = meter.kind == DROP and meter.orifice is not None
        if meter.tag not in b.judged or not (
            through or (meter.reference_condition == "line" and meter.kind == "volume_flow")
        ):
            continue
        try:
            status, known = density_status(stream_meters(b, meter))
        except InputError:
            continue  # refused or warned of where the stream is worked out
        for reason, (code, words, expected) in DENSITY_REASONS.items():
            count = int((status[known] == reason).sum())
            if count:
                findings.add(
                    code,
                    phrase("meter {tag}", tag=meter.tag),
                    phrase("{n} readings {words}", n=count, words=phrase(words)),
                    expected,
                    "Left out: no density could be told.",
                    severity="warning",
                )
    return findings


def laboratory_pairs(b: Bench, start_s: float) -> list[Pair]:
    """Analysers of CO2 beside the laboratory's samples of the same stream and basis, from a moment on."""
    found = []
    for item in b.analyses:
        at = np.array([item.at.timestamp()])
        for meter in b.plant.meters:
            if meter.stream != item.stream or meter.kind != "composition" or meter.tag not in b.judged:
                continue
            read = b.instrument(meter)
            same = meter.component in (None, "CO2") and read.unit.basis == item.basis
            same = same and (meter.moisture or read.unit.moisture) == item.moisture
            if not same or at[0] < start_s or not meter.holds(item.at) or at[0] >= b.edges_s[-1]:
                continue
            shown = float(read.at(at)[0])
            if np.isfinite(shown):
                own, lab = meter.uncertainty_systematic_percent, b.plant.rules.lab_uncertainty_percent
                own = float("nan") if own is None else float(np.hypot(own, meter.uncertainty_random_percent or 0.0))
                lab = float("nan") if lab is None else float(lab)
                found.append(Pair(item.entry, meter.tag, shown, item.fraction, own, lab))
    return found


def _told(b: Bench, flow: Meter, averages: Averages) -> Told:
    """Random part of an hour and systematic parts by instrument or shared group, of a CO2 flow."""
    companions = [(b.companion(flow.composition_meter, flow.line, flow.stream, "composition", "CO2"), 1.0)]
    weight = 0.5 if flow.kind == DROP else 1.0
    if flow.reference_condition == "line" or flow.kind == DROP:
        companions += [
            (b.companion(flow.temperature_meter, flow.line, flow.stream, "temperature"), weight),
            (b.companion(flow.pressure_meter, flow.line, flow.stream, "pressure"), weight),
        ]
    meters = [(flow, weight), *((c.meter, w) for c, w in companions if c is not None)]
    if any(m.uncertainty_systematic_percent is None for m, _ in meters):
        return Told(None, {})
    random = float(np.sqrt(sum((w * (m.uncertainty_random_percent or 0.0)) ** 2 for m, w in meters)))
    systematic: dict[str, float | np.ndarray] = {}
    for meter, w in meters:
        name = meter.uncertainty_group or meter.tag
        systematic[name] = systematic.get(name, 0.0) + w * systematic_of(meter, b)
    mean = np.nanmean(averages.mean) if np.isfinite(averages.mean).any() else 0.0
    if flow.deadband and mean > 0 and flow.kind != DROP:
        # a historian's deadband hides up to its width: uniform, so its standard deviation is a root of three smaller
        factor = parse_unit(flow.unit).factor
        systematic[f"deadband {flow.tag}"] = 100 * flow.deadband * factor / np.sqrt(3) / float(mean)
    if flow.orifice is not None and flow.kind == DROP:
        plate = OrificePlate(flow.orifice.pipe_diameter_m, flow.orifice.bore_diameter_m, flow.orifice.tapping)
        systematic[f"plate {flow.tag}"] = plate_percent(
            plate, flow.orifice.bore_uncertainty_percent, flow.orifice.pipe_uncertainty_percent, _drop_share(b, flow)
        )
    return Told(random, systematic)


def _drop_share(b: Bench, flow: Meter) -> float:
    """Mean pressure drop over the absolute pressure, for the expansibility's uncertainty. [1]"""
    from ccus.streams.co2flow import absolute_kpa

    stream = stream_meters(b, flow)
    drop = stream.flow.series.value[stream.flow.series.usable]
    pressure = absolute_kpa(stream, stream.flow.series.time_s) if stream.pressure is not None else np.zeros(0)
    known = np.isfinite(pressure)
    return float(drop.mean() / pressure[known].mean()) if drop.size and known.any() else 0.0


def dry_fraction_of(b: Bench, line: str, stream_kind: str) -> Measured | None:
    """Dry CO2 fraction of a stream by volume [1], by its analyser or the laboratory; None where it is not on dry gas."""
    named = [m.stream for m in b.plant.meters if m.line == line and b.plant.stream(m.stream).kind == stream_kind]
    named += [item.id for item in b.plant.streams if item.line == line and item.kind == stream_kind]
    for stream in dict.fromkeys(named):
        found = b.companion(None, line, stream, "composition", "CO2")
        if found is not None and (found.meter.moisture or found.unit.moisture) == "dry" and found.unit.basis != "mass":
            averages = b.mean(found.series, found.meter)
            stated = found.meter.uncertainty_systematic_percent is not None
            random = (found.meter.uncertainty_random_percent or 0.0) if stated else None
            systematic = (
                {found.meter.uncertainty_group or found.meter.tag: systematic_of(found.meter, b)} if stated else {}
            )
            spread = Spread.even(averages.mean.size, random, systematic)
            return Measured(averages, (found.meter.tag,), random, {}, spread=spread)
    return None
