"""One line's hours: its meters found, judged, turned into CO2, heat and power, and their gaps answered. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from ccus.gaps.ladder import Filled, Rules, fill
from ccus.importers.units import Unit, parse_unit
from ccus.inventory.records import Records
from ccus.plant.model import Line, Meter, Plant
from ccus.quality.verdicts import Judged, judge
from ccus.streams.averages import HOUR_S, Averages, time_weighted
from ccus.streams.co2flow import Instrument, StreamMeters, co2_flow
from ccus.streams.series import Series
from ccus.streams.totaliser import counted, gap_percent
from methodology.base.errors import Findings, InputError

FLOW_KINDS = ("mass_flow", "volume_flow")


@dataclass(frozen=True)
class Measured:
    """An hourly quantity of one stream and what it rests on.

    Parameters
    ----------
    averages : Averages
        [kg/h], [kW] or [GJ/h]
    tags : tuple of str
    random_percent : float or None
        Of one hour (k = 1); None where a meter does not state it. [%]
    systematic_percent : dict of instrument or shared group to float
    counter_gap_percent : float or None
        Integral of the rate against the totaliser, where both exist. [%]
    spare : Averages or None
        The same by a redundant meter.
    """

    averages: Averages
    tags: tuple[str, ...]
    random_percent: float | None = None
    systematic_percent: dict[str, float] = field(default_factory=dict)
    counter_gap_percent: float | None = None
    spare: Averages | None = None


@dataclass(frozen=True)
class Bench:
    """Judged instruments of a plant for a span of hours.

    Parameters
    ----------
    plant : Plant
    edges_s : array, shape (hour + 1,)
    judged : dict of tag to Judged
    units : dict of tag to Unit
    atmosphere_kpa : float or None
    """

    plant: Plant
    edges_s: np.ndarray
    judged: dict[str, Judged]
    units: dict[str, Unit]
    atmosphere_kpa: float | None = None

    def meters(
        self, line: str | None, stream_kind: str, kinds: Iterable[str], component: str | None = None
    ) -> list[Meter]:
        """Meter records with readings, of a line and kind of stream, in service within the span."""
        start, end = (datetime.fromtimestamp(float(s), self.plant.zone) for s in (self.edges_s[0], self.edges_s[-1]))
        return [
            meter
            for meter in self.plant.meters
            if meter.line == line
            and self.plant.stream(meter.stream).kind == stream_kind
            and meter.kind in kinds
            and (component is None or meter.component in (None, component))
            and meter.tag in self.judged
            and meter.overlaps(start, end)
        ]

    def instrument(self, meter: Meter) -> Instrument:
        """A meter with its judged readings, cut to the period it was in service."""
        series = self.judged[meter.tag].series
        start = -np.inf if meter.valid_from is None else meter.valid_from.timestamp()
        end = np.inf if meter.valid_to is None else meter.valid_to.timestamp()
        inside = np.flatnonzero((series.time_s >= start) & (series.time_s < end))
        cut = Series(
            series.tag, series.time_s[inside], series.value[inside], series.severity[inside], hold_s=series.hold_s
        )
        return Instrument(meter, self.units[meter.tag], cut)

    def companion(
        self, tag: str | None, line: str | None, stream: str, kind: str, component: str | None = None
    ) -> Instrument | None:
        """The instrument a meter names, or the only one of its kind on the same stream; None where there is none."""
        named = [m for m in self.plant.meters if m.tag == tag and m.tag in self.judged]
        same = [
            m
            for m in self.plant.meters
            if m.stream == stream and m.line == line and m.kind == kind and m.tag in self.judged
            and (component is None or m.component in (None, component))
        ]  # fmt: skip
        chosen = named or (same if len({m.tag for m in same}) == 1 else [])
        return self.instrument(chosen[-1]) if chosen else None

    def mean(self, series: Series, meter: Meter) -> Averages:
        """Hourly means by the meter's own interpolation and hold."""
        return time_weighted(series, self.edges_s, meter.interpolation or "step", meter.max_hold_s or HOUR_S)


def bench(records: Records, edges_s: np.ndarray, atmosphere_kpa: float | None = None) -> Bench:
    """Judge every tag's readings once."""
    judged = {}
    for tag, series in records.series.items():
        meters = records.plant.meters_of(tag)
        if meters:
            judged[tag] = judge(series, meters[-1], records.plant.zone)
    units = {tag: records.units.get(tag) or parse_unit(records.plant.meters_of(tag)[-1].unit) for tag in judged}
    return Bench(records.plant, edges_s, judged, units, atmosphere_kpa)


def co2_of(b: Bench, line: str | None, stream_kind: str) -> Measured | None:
    """Hourly CO2 of a stream of a line [kg/h]; several meters in turn (a swap) are joined, redundant ones kept apart."""
    meters = b.meters(line, stream_kind, FLOW_KINDS)
    if not meters:
        return None
    main = [m for m in meters if m.redundant_with is None]
    spare = [m for m in meters if m.redundant_with is not None]
    means = [b.mean(co2_flow(_stream(b, m), m.tag), m) for m in main]
    if not means:
        return None
    joined = _joined(means)
    random, systematic = _uncertainty(b, main[-1], joined)
    counter = _counter(b, line, stream_kind, main[-1], joined)
    beside = [b.companion(m.composition_meter, m.line, m.stream, "composition", "CO2") for m in main]
    return Measured(
        counter or joined,
        tuple(dict.fromkeys([*(m.tag for m in main), *(c.meter.tag for c in beside if c is not None)])),
        random,
        systematic,
        _gap(counter, joined) if counter is not None else None,
        joined if counter is not None else _joined([b.mean(co2_flow(_stream(b, m), m.tag), m) for m in spare]),
    )


def _stream(b: Bench, meter: Meter) -> StreamMeters:
    return StreamMeters(
        b.instrument(meter),
        b.companion(meter.composition_meter, meter.line, meter.stream, "composition", "CO2"),
        b.companion(meter.temperature_meter, meter.line, meter.stream, "temperature"),
        b.companion(meter.pressure_meter, meter.line, meter.stream, "pressure"),
        b.companion(meter.moisture_meter, meter.line, meter.stream, "moisture"),
        b.atmosphere_kpa,
        b.plant.rules.balance_gas,
    )


def _joined(means: list[Averages]) -> Averages | None:
    """Averages of meters that took turns, weighted by their good time."""
    if not means:
        return None
    good = np.sum([m.good_s for m in means], axis=0)
    amount = np.sum([np.nan_to_num(m.mean) * m.good_s for m in means], axis=0)
    mean = np.where(good > 0, amount / np.where(good > 0, good, 1.0), np.nan)
    return Averages(means[0].edges_s, mean, np.minimum(good, np.diff(means[0].edges_s)))


def _counter(b: Bench, line: str | None, stream_kind: str, flow: Meter, rate: Averages) -> Averages | None:
    """CO2 by the stream's mass totaliser: its hourly steps, at the CO2 share the rate shows. [kg/h]"""
    totals = b.meters(line, stream_kind, ("mass_total",))
    if not totals:
        return None
    meter = totals[-1]
    unit = parse_unit(meter.unit, f"meter {meter.tag}")
    rollover = None if meter.totaliser_rollover is None else meter.totaliser_rollover * unit.factor
    steps = counted(b.judged[meter.tag].series, rollover)
    if steps.time_s.size < 2:
        return None
    share = _share(b, flow, rate)
    hours = np.diff(b.edges_s) / HOUR_S
    known = (b.edges_s[:-1] >= steps.time_s[0]) & (b.edges_s[1:] <= steps.time_s[-1] + 1e-6)
    mean = np.where(known, steps.between(b.edges_s) / hours * share, np.nan)
    return Averages(b.edges_s, mean, np.where(np.isfinite(mean), np.diff(b.edges_s), 0.0))


def _share(b: Bench, flow: Meter, rate: Averages) -> np.ndarray:
    """CO2 by mass in a stream, hour by hour: from its analyser alone where the flow is a mass, so that a counter also
    stands where the flow meter said nothing. [1]"""
    stream = _stream(b, flow)
    if stream.analyser is None or stream.flow.unit.quantity != "mass_flow":
        mean = b.mean(stream.flow.series, flow).mean
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(mean > 0, rate.mean / mean, np.nan)
    read = stream.analyser.series
    one = read.with_values(np.where(read.usable, 1.0, np.nan))
    unit_flow = replace(stream, flow=Instrument(flow, stream.flow.unit, one))
    return b.mean(co2_flow(unit_flow, "share"), stream.analyser.meter).mean


def _gap(counter: Averages, rate: Averages) -> float | None:
    both = np.isfinite(counter.mean) & rate.valid()
    return gap_percent(float(counter.mean[both].sum()), float(rate.mean[both].sum())) if both.any() else None


def _uncertainty(b: Bench, flow: Meter, averages: Averages) -> tuple[float | None, dict[str, float]]:
    """Random part of an hour and systematic parts by instrument or shared group, of a CO2 flow."""
    companions = [b.companion(flow.composition_meter, flow.line, flow.stream, "composition", "CO2")]
    if flow.reference_condition == "line":
        companions += [
            b.companion(flow.temperature_meter, flow.line, flow.stream, "temperature"),
            b.companion(flow.pressure_meter, flow.line, flow.stream, "pressure"),
        ]
    meters = [flow, *(c.meter for c in companions if c is not None)]
    if any(m.uncertainty_systematic_percent is None for m in meters):
        return None, {}
    random = float(np.sqrt(sum((m.uncertainty_random_percent or 0.0) ** 2 for m in meters)))
    systematic = {m.uncertainty_group or m.tag: float(m.uncertainty_systematic_percent) for m in meters}
    mean = np.nanmean(averages.mean) if np.isfinite(averages.mean).any() else 0.0
    if flow.deadband and mean > 0:
        # a historian's deadband hides up to its width: uniform, so its standard deviation is a root of three smaller
        factor = parse_unit(flow.unit).factor
        systematic[f"deadband {flow.tag}"] = 100 * flow.deadband * factor / np.sqrt(3) / float(mean)
    return random, systematic


def energy_of(b: Bench, line: str | None, stream_kind: str, to_unit: Callable[[float], float]) -> Measured | None:
    """Hourly energy of a line from rates (kW) or counters (GJ), brought to one unit by `to_unit` (from kW·h).

    Several meters of one kind add up: each feeds its own part of the line.
    """
    rates = b.meters(line, stream_kind, ("power", "heat_flow"))
    counters = b.meters(line, stream_kind, ("energy_total", "heat_total"))
    tags = tuple(dict.fromkeys(m.tag for m in (*rates, *counters)))
    parts = [b.mean(b.instrument(m).series, m) for m in rates if m.redundant_with is None]
    parts = [Averages(p.edges_s, to_unit(1.0) * p.mean, p.good_s) for p in parts]
    for meter in counters:
        steps = counted(b.judged[meter.tag].series, meter.totaliser_rollover)
        if steps.time_s.size >= 2:
            known = (b.edges_s[:-1] >= steps.time_s[0]) & (b.edges_s[1:] <= steps.time_s[-1] + 1e-6)
            hours = np.diff(b.edges_s) / HOUR_S
            amount = steps.between(b.edges_s) / 3.6e-3 * to_unit(1.0) / hours
            parts.append(Averages(b.edges_s, np.where(known, amount, np.nan), np.where(known, hours * HOUR_S, 0.0)))
    if not parts:
        return None
    total = Averages(b.edges_s, np.sum([p.mean for p in parts], axis=0), np.min([p.good_s for p in parts], axis=0))
    meters = [*rates, *counters]
    if any(m.uncertainty_systematic_percent is None for m in meters):
        return Measured(total, tags)
    systematic = {m.uncertainty_group or m.tag: float(m.uncertainty_systematic_percent) for m in meters}
    random = max(m.uncertainty_random_percent or 0.0 for m in meters)
    return Measured(total, tags, random, systematic)


@dataclass(frozen=True)
class LineHours:
    """A line's hours after judging and filling.

    Parameters
    ----------
    line : Line
    captured : Filled or None
        CO2 in the product. [kg]
    vented : Filled or None
        CO2 captured and let out. [kg]
    electricity, heat : Filled or None
        [kWh], [GJ]
    measured : dict of str to Measured
        What each of them, and supply and depleted gas, rests on.
    fractions : (float, float) or None
        Dry CO2 fractions in and out, means over valid hours. [1]
    stopped : array, shape (hour,)
        Share of each hour in an outage of the log. [1]
    findings : Findings
    rules : Rules
        How gaps of captured CO2 were answered.
    load : array, shape (hour,), or None
        Flue-gas flow, for bins of like hours.
    """

    line: Line
    captured: Filled | None
    vented: Filled | None
    electricity: Filled | None
    heat: Filled | None
    measured: dict[str, Measured]
    fractions: tuple[float, float] | None
    stopped: np.ndarray
    findings: Findings
    rules: Rules
    load: np.ndarray | None


def line_hours(b: Bench, line: Line, stopped: np.ndarray, valid_percent: float) -> LineHours:
    """Everything of one line.

    Parameters
    ----------
    b : Bench
    line : Line
    stopped : array, shape (hour,)
        Share of each hour in an outage of the log. [1]
    valid_percent : float
        Good time an hour needs. [%]
    """
    from ccus.inventory.heat import steam_heat

    findings = Findings()
    measured = _flows(b, line.id, findings)
    power = energy_of(b, line.id, "electricity", lambda kwh: kwh)
    heat = energy_of(b, line.id, "steam", lambda kwh: kwh * 3.6e-3) or steam_heat(b, line.id, findings)
    measured |= {name: item for name, item in (("electricity", power), ("heat", heat)) if item is not None}
    load = _load(b, line.id)
    low = Rules("low", valid_percent=valid_percent)

    def filled(name: str, direction: str) -> Filled | None:
        if name not in measured:
            return None
        item = measured[name]
        highest = float(np.nanmax(item.averages.mean)) if np.isfinite(item.averages.mean).any() else None
        rules = low if direction == "low" else Rules("high", valid_percent=valid_percent, highest=highest)
        still = stopped if direction == "low" else None  # a standing line may still draw power, so that is not nothing
        return fill(item.averages, rules, load, still, item.spare)

    return LineHours(
        line,
        filled("product", "low"),
        filled("vent", "high"),
        filled("electricity", "high"),
        filled("heat", "high"),
        measured,
        _fractions(b, line.id),
        stopped,
        findings,
        low,
        load,
    )


def _flows(b: Bench, line: str, findings: Findings) -> dict[str, Measured]:
    """CO2 of the line's streams. A product that cannot be told is refused; another stream is warned of and left out."""
    found = {}
    for name, kind in (
        ("product", "product"),
        ("supply", "flue_gas_in"),
        ("depleted", "depleted_gas"),
        ("vent", "vent"),
    ):
        try:
            item = co2_of(b, line, kind)
        except InputError as error:
            if name == "product":
                raise
            findings.extend(replace(finding, severity="warning") for finding in error.findings)
            continue
        if item is not None:
            found[name] = item
    return found


def _load(b: Bench, line: str) -> np.ndarray | None:
    """Flue-gas flow by hour, whatever it is metered in: only its bins matter."""
    meters = [m for m in b.meters(line, "flue_gas_in", FLOW_KINDS) if m.redundant_with is None]
    joined = _joined([b.mean(b.instrument(m).series, m) for m in meters])
    return None if joined is None else joined.mean


def _fractions(b: Bench, line: str) -> tuple[float, float] | None:
    found = []
    for kind in ("flue_gas_in", "depleted_gas"):
        meters = b.meters(line, kind, ("composition",), "CO2")
        if not meters:
            return None
        mean = b.mean(b.instrument(meters[-1]).series, meters[-1])
        valid = mean.valid()
        if not valid.any():
            return None
        found.append(float(mean.mean[valid].mean()))
    return found[0], found[1]
