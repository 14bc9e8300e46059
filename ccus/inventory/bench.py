"""A plant's judged instruments, part by part of a period: within a part no record of the plant file changes. Pure.

A meter, a line or the whole plant file may change in the middle of an hour. So a period is cut wherever a record
begins or ends, every quantity is worked out with the records in force in each part, and the parts are put together
into hours by their good time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from ccus.importers.batches import merged
from ccus.importers.units import Unit, parse_unit
from ccus.inventory.laboratory import Analysis, lab_instrument
from ccus.inventory.records import Records
from ccus.plant.model import Dated, Meter, Plant
from ccus.quality.verdicts import FINE, Judged, judge
from ccus.streams.averages import HOUR_S, Averages, time_weighted
from ccus.streams.co2flow import Instrument
from ccus.streams.series import Series
from ccus.streams.spread import Spread
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import phrase


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
        Of the sum over the period. [%]
    counter_gap_percent : float or None
        Integral of the rate against the totaliser, where both exist. [%]
    spare : Averages or None
        The same by a redundant meter.
    spread : Spread or None
        Uncertainty hour by hour; None: the two above hold for every hour.
    spare_spread : Spread or None
    by_counter : bool
        Whether `averages` come from a totaliser, and `spare` from the rate it is held against.
    by_hand : Averages or None
        The same with readings entered by hand among those of the historian.
    by_hand_spread : Spread or None
    """

    averages: Averages
    tags: tuple[str, ...]
    random_percent: float | None = None
    systematic_percent: dict[str, float] = field(default_factory=dict)
    counter_gap_percent: float | None = None
    spare: Averages | None = None
    spread: Spread | None = None
    spare_spread: Spread | None = None
    by_counter: bool = False
    by_hand: Averages | None = None
    by_hand_spread: Spread | None = None

    def hourly(self) -> Spread:
        """Uncertainty hour by hour."""
        if self.spread is not None:
            return self.spread
        return Spread.even(self.averages.mean.size, self.random_percent, self.systematic_percent)


@dataclass(frozen=True)
class Bench:
    """Judged instruments of a plant for a span of hours.

    Parameters
    ----------
    plant : Plant
    edges_s : array, shape (interval + 1,)
        Hours; within a part, intervals that may be shorter.
    judged : dict of tag to Judged
    units : dict of tag to Unit
    atmosphere_kpa : float or None
    analyses : tuple of Analysis
        Of the laboratory, for streams without an analyser.
    unit_changes : dict of tag to tuple of (float, Unit)
        For tags whose exports were not all read in one way; a part ends where the way changes.
    by_hand : Bench or None
        The same bench with readings entered by hand among those of the historian; None where there are none.
    """

    plant: Plant
    edges_s: np.ndarray
    judged: dict[str, Judged]
    units: dict[str, Unit]
    atmosphere_kpa: float | None = None
    analyses: tuple[Analysis, ...] = ()
    unit_changes: dict[str, tuple[tuple[float, Unit], ...]] = field(default_factory=dict)
    by_hand: Bench | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and last moment."""
        start, end = (datetime.fromtimestamp(float(s), self.plant.zone) for s in (self.edges_s[0], self.edges_s[-1]))
        return start, end

    def meters(
        self, line: str | None, stream_kind: str, kinds: Iterable[str], component: str | None = None
    ) -> list[Meter]:
        """Meter records with readings, of a line and kind of stream, in service within the span."""
        start, end = self.span
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
        part = _in_service(series, meter)
        cut = Series(series.tag, series.time_s[part], series.value[part], series.severity[part], hold_s=series.hold_s)
        begun = [unit for start_s, unit in self.unit_changes.get(meter.tag, ()) if start_s < self.edges_s[-1]]
        return Instrument(meter, begun[-1] if begun else self.units[meter.tag], cut)

    def companion(
        self, tag: str | None, line: str | None, stream: str, kind: str, component: str | None = None
    ) -> Instrument | None:
        """The instrument a meter names, or the only one of its kind on the same stream; None where there is none.

        For CO2 on a stream without an analyser, the laboratory's analyses of that stream.
        """
        start, end = self.span
        there = [m for m in self.plant.meters if m.tag in self.judged and m.overlaps(start, end)]
        named = [m for m in there if m.tag == tag]
        same = [
            m for m in there
            if m.stream == stream and m.line == line and m.kind == kind and (component is None or m.component in (None, component))
        ]  # fmt: skip
        chosen = named or (same if len({m.tag for m in same}) == 1 else [])
        if chosen:
            return self.instrument(chosen[-1])
        if kind == "composition" and component == "CO2" and not same:
            return lab_instrument(self.analyses, stream, line, self.plant.rules)
        return None

    def mean(self, series: Series, meter: Meter) -> Averages:
        """Means over the intervals by the meter's own interpolation and hold."""
        return time_weighted(series, self.edges_s, meter.interpolation or "step", meter.max_hold_s or HOUR_S)

    def parts(self, line: str | None) -> list[tuple[Bench, bool]]:
        """Parts within which no record changes, and whether the line is in force in each."""
        first, last = float(self.edges_s[0]), float(self.edges_s[-1])
        records = [*self.plant.meters, *(item for item in self.plant.lines if item.id == line)]
        changes = [start_s for spans in self.unit_changes.values() for start_s, _ in spans[1:]]
        moments = [*changes, *(at for item in records for at in _moments(item))]
        cuts = sorted({at for at in moments if first < at < last})
        fine = np.union1d(self.edges_s, cuts)
        found = []
        for start, end in zip([first, *cuts], [*cuts, last], strict=True):
            edges = fine[(fine >= start) & (fine <= end)]
            middle = datetime.fromtimestamp((start + end) / 2, self.plant.zone)
            in_force = line is None or any(item.id == line and item.holds(middle) for item in self.plant.lines)
            found.append((replace(self, edges_s=edges), in_force))
        return found


def _moments(item: Dated) -> list[float]:
    return [moment.timestamp() for moment in (item.valid_from, item.valid_to) if moment is not None]


def _in_service(series: Series, meter: Meter) -> slice:
    start = -np.inf if meter.valid_from is None else meter.valid_from.timestamp()
    end = np.inf if meter.valid_to is None else meter.valid_to.timestamp()
    return slice(*(int(i) for i in np.searchsorted(series.time_s, [start, end])))


def bench(records: Records, edges_s: np.ndarray, atmosphere_kpa: float | None = None) -> Bench:
    """Judge every tag's readings once, each by the record in force when it was taken."""
    plant = records.plant
    judged = {
        tag: _judged(series, meters, records)
        for tag, series in records.series.items()
        if (meters := plant.meters_of(tag))
    }
    tags = (*judged, *records.by_hand)
    units = {tag: records.units.get(tag) or parse_unit(plant.meters_of(tag)[-1].unit) for tag in tags}
    air_kpa = plant.atmosphere_kpa if atmosphere_kpa is None else atmosphere_kpa
    made = Bench(plant, edges_s, judged, units, air_kpa, records.analyses, records.unit_changes)
    if not records.by_hand:
        return made
    mixed = {}
    for tag, series in records.by_hand.items():
        whole = merged([_without_bad_at(records.series[tag], series), series]) if tag in records.series else series
        mixed[tag] = _judged(whole, plant.meters_of(tag), records)
    return replace(made, by_hand=replace(made, judged={**judged, **mixed}))


def _without_bad_at(series: Series, other: Series) -> Series:
    """A series without its bad readings at the moments of another, so that those of the other can stand there."""
    kept = series.usable | ~np.isin(series.time_s, other.time_s)
    return Series(series.tag, series.time_s[kept], series.value[kept], series.severity[kept], hold_s=series.hold_s)


def _judged(series: Series, meters: tuple[Meter, ...], records: Records) -> Judged:
    if len(meters) == 1:
        return judge(series, meters[0], records.plant.zone)
    severity, reason = series.severity.copy(), np.full(len(series), FINE, dtype=np.int8)
    gaps, findings = [np.zeros((0, 2))], Findings()
    for meter in meters:
        part = _in_service(series, meter)
        words = {i - part.start: word for i, word in series.words.items() if part.start <= i < part.stop}
        own = Series(
            series.tag, series.time_s[part], series.value[part], series.severity[part], words, series.hold_s
        )  # fmt: skip
        verdict = judge(own, meter, records.plant.zone)
        severity[part], reason[part] = verdict.series.severity, verdict.reason
        gaps.append(verdict.gaps_s)
        findings.extend(verdict.findings)
    return Judged(series.with_values(series.value, severity), reason, np.concatenate(gaps), findings)


def over_parts(b: Bench, line: str | None, make: Callable[[Bench], Measured | None]) -> Measured | None:
    """A quantity over all hours, worked out part by part with the records in force there.

    Parameters
    ----------
    b : Bench
    line : str or None
        Nothing is counted in parts in which this line is not in force.
    make : callable
        Gives the quantity of one part, or None where it is not metered.
    """
    found = [(part, make(part) if in_force else None) for part, in_force in b.parts(line)]
    if all(item is None for _, item in found):
        return None
    fine = np.concatenate([[b.edges_s[0]], *(part.edges_s[1:] for part, _ in found)])
    hour = np.searchsorted(b.edges_s, fine[:-1], side="right") - 1
    averages = _whole(b, hour, [(part, None if item is None else item.averages) for part, item in found])
    spares = [(part, None if item is None else item.spare) for part, item in found]
    spare = _whole(b, hour, spares) if any(item is not None for _, item in spares) else None
    spread = _spread(b, hour, found, lambda item: (item.averages, item.hourly()))
    other = _spread(b, hour, found, lambda item: (item.spare, item.spare_spread)) if spare is not None else None
    items = [item for _, item in found if item is not None]
    tags = tuple(dict.fromkeys(tag for item in items for tag in item.tags))
    random, systematic = spread.over(np.nan_to_num(averages.mean) * averages.good_s)
    whole = Measured(
        averages, tags, random, systematic, None, spare, spread, other, any(item.by_counter for item in items)
    )
    return replace(whole, counter_gap_percent=_gap(whole)) if whole.by_counter else whole


def with_hand(b: Bench, line: str | None, make: Callable[[Bench], Measured | None]) -> Measured | None:
    """A quantity over all hours by what the historian wrote, with what readings entered by hand would make of it beside.

    Parameters as `over_parts`. A fault that only the readings by hand bring leaves the historian's alone.
    """
    if b.by_hand is None:
        return over_parts(b, line, make)
    item, fault = None, None
    try:
        item = over_parts(b, line, make)
    except InputError as error:
        fault = error
    try:
        mixed = over_parts(b.by_hand, line, make)
    except InputError:
        if item is None:
            raise
        return item
    if mixed is None:
        if fault is not None:
            raise fault
        return item
    if item is not None:
        return replace(item, by_hand=mixed.averages, by_hand_spread=mixed.hourly())
    silent = Averages(b.edges_s, np.full(b.edges_s.size - 1, np.nan), np.zeros(b.edges_s.size - 1))
    hand = {"by_hand": mixed.averages, "by_hand_spread": mixed.hourly()}
    return replace(mixed, averages=silent, spare=None, spare_spread=None, by_counter=False, **hand)


def _gap(item: Measured) -> float | None:
    from ccus.streams.totaliser import gap_percent

    both = np.isfinite(item.averages.mean) & item.spare.valid() & item.averages.valid()
    if not both.any():
        return None
    return gap_percent(float(item.averages.mean[both].sum()), float(item.spare.mean[both].sum()))


def _whole(b: Bench, hour: np.ndarray, parts: Iterable[tuple[Bench, Averages | None]]) -> Averages:
    """Intervals of all parts put into hours, weighted by their good time."""
    mean, good = [], []
    for part, item in parts:
        size = part.edges_s.size - 1
        mean.append(np.full(size, np.nan) if item is None else item.mean)
        good.append(np.zeros(size) if item is None else item.good_s)
    good_s = np.concatenate(good)
    hours = b.edges_s.size - 1
    total = np.bincount(hour, np.nan_to_num(np.concatenate(mean)) * good_s, hours)
    covered = np.bincount(hour, good_s, hours)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Averages(b.edges_s, np.where(covered > 1e-9, total / covered, np.nan), covered)


def _spread(b: Bench, hour: np.ndarray, found: Iterable[tuple[Bench, Measured | None]], of: Callable) -> Spread:
    """Uncertainty by hour; within an hour of several parts weighted by their amounts."""
    pieces: list[tuple[np.ndarray, Spread]] = []
    for part, item in found:
        size = part.edges_s.size - 1
        averages, spread = (None, None) if item is None else of(item)
        weight = np.zeros(size) if averages is None else np.nan_to_num(averages.mean) * averages.good_s
        pieces.append((weight, spread or Spread.even(size, None if averages is not None else 0.0, {})))
    return Spread.joined(pieces, hour, b.edges_s.size - 1)


def joined(means: list[Averages]) -> Averages | None:
    """Averages of meters that took turns, weighted by their good time."""
    if not means:
        return None
    good = np.sum([m.good_s for m in means], axis=0)
    amount = np.sum([np.nan_to_num(m.mean) * m.good_s for m in means], axis=0)
    mean = np.where(good > 0, amount / np.where(good > 0, good, 1.0), np.nan)
    return Averages(means[0].edges_s, mean, np.minimum(good, np.diff(means[0].edges_s)))


def added(items: list[Measured]) -> Measured:
    """One quantity out of those of several streams; good only while all of them were."""
    if len(items) == 1:
        return items[0]
    amounts = [np.nan_to_num(item.averages.mean) for item in items]
    total = np.sum(amounts, axis=0)
    shares = [np.where(total > 0, part / np.where(total > 0, total, 1.0), 0.0) for part in amounts]
    spreads = [item.hourly() for item in items]
    random = np.sqrt(sum((share * spread.random) ** 2 for share, spread in zip(shares, spreads, strict=True)))
    systematic: dict[str, np.ndarray] = {}
    for share, spread in zip(shares, spreads, strict=True):
        for name, part in spread.systematic.items():
            systematic[name] = systematic.get(name, 0.0) + share * part
    mean = np.sum([item.averages.mean for item in items], axis=0)
    good_s = np.min([item.averages.good_s for item in items], axis=0)
    tags = tuple(dict.fromkeys(tag for item in items for tag in item.tags))
    return Measured(Averages(items[0].averages.edges_s, mean, good_s), tags, spread=Spread(random, systematic))


def systematic_of(meter: Meter, b: Bench) -> float | np.ndarray | None:
    """Systematic standard uncertainty of a meter, interval by interval; None where it states none. [%]

    Where no certificate covers an interval although the meter has some, it is widened by
    `rules.expired_calibration_factor`.
    """
    stated = meter.uncertainty_systematic_percent
    if stated is None or not meter.calibration:
        return stated
    middle = (b.edges_s[:-1] + b.edges_s[1:]) / 2
    covered = np.zeros(middle.size, dtype=bool)
    for item in meter.calibration:
        start = -np.inf if item.valid_from is None else item.valid_from.timestamp()
        end = np.inf if item.valid_to is None else item.valid_to.timestamp()
        covered |= (middle >= start) & (middle < end)
    return float(stated) * np.where(covered, 1.0, b.plant.rules.expired_calibration_factor)


def basis_findings(b: Bench) -> Findings:
    """Meters whose record now says another basis than the import did (CC-INV-34): wet or dry, gauge or absolute."""
    findings = Findings()
    for meter in {m.tag: m for m in b.plant.meters if m.tag in b.judged}.values():
        unit = b.instrument(meter).unit
        for here, there in ((unit.moisture, meter.moisture), (unit.pressure, meter.pressure)):
            if here and there and here != there:
                findings.add(
                    "CC-INV-34",
                    phrase("meter {tag}", tag=meter.tag),
                    phrase("imported as {here}, {there} by the plant file", here=here, there=there),
                    "one basis",
                    "The plant file's word is taken. Where the meter changed, close its record with valid_to and open "
                    "another; where the import was read wrongly, withdraw it and import it again.",
                    severity="warning",
                )
    return findings


Percents = Mapping[str, float | np.ndarray]
