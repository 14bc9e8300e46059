"""What the log holds for a period, read once: readings by tag, deliveries, tanks, outages, make-up, plant versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccus.importers.batches import from_parquet, merged
from ccus.importers.units import Unit
from ccus.inventory.byhand import read_by_hand
from ccus.inventory.drift import Check
from ccus.inventory.entries import Behind, entries_behind
from ccus.inventory.laboratory import Analysis, analysis_of
from ccus.inventory.timeline import one_plant
from ccus.plant.model import Calibration, Plant, Rules
from ccus.plant.times import from_utc_text
from ccus.streams.series import Series
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from ccus.log.ledger import Ledger
    from ccus.log.plants import PlantVersion
    from ccus.log.views import OutageSpan, Standing

LOOK_BACK = timedelta(days=45)
"""Readings before the period are read too: bounds look back over 720 hours, a held value may have begun earlier."""


@dataclass(frozen=True)
class Delivered:
    """CO2 that left the plant. [t]"""

    at: datetime
    mass_t: float
    receiver: str
    docket: str
    fate: str | None


@dataclass(frozen=True)
class TankReading:
    """Contents of a tank at a moment. [t]"""

    at: datetime
    tank: str
    mass_t: float


@dataclass(frozen=True)
class Makeup:
    """Solvent or chemical added. [kg]"""

    at: datetime
    chemical: str
    line: str | None
    amount_kg: float


@dataclass(frozen=True)
class Records:
    """Everything the accounts of a period rest on.

    Parameters
    ----------
    plant : Plant
        All versions of the period in one: each record in force while its version was, with calibrations from the log
        added; rules and energy of the last version.
    start, end : datetime
        Half-open period, aware.
    series : dict of tag to Series
        Raw readings in canonical units, from before the period too.
    units : dict of tag to Unit
    manual : dict of tag to int
        Number of readings entered by hand.
    batches : list of dict
        Hash, rows, source name and entry of each imported batch that was read; `row_of` gives each tag's first row
        and times, so that a number can cite the rows behind it.
    versions : list of dict
        Plant files behind the period: hash and the part they hold for.
    rules : tuple of (datetime or None, Rules)
        Of each version, with the moment it came into force; empty where the plant's rules hold throughout.
    analyses : tuple of Analysis
        CO2 by the laboratory, from before the period too.
    checks : tuple of Check
        Calibrations of the log with their errors as found; a later one speaks of this period too.
    unit_changes : dict of tag to tuple of (float, Unit)
        For tags whose exports were not all read in one way: since when each way holds. [s since 1970 UTC]
    behind : Behind
        Entries of the log that speak of the period, with their corrections.
    by_hand : dict of tag to Series
        Readings entered by hand, in canonical units, from before the period too.
    next_s : dict of tag to float
        First reading after the period, where it comes within the hours a bound may answer. [s since 1970 UTC]
    """

    plant: Plant
    start: datetime
    end: datetime
    series: dict[str, Series] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    manual: dict[str, int] = field(default_factory=dict)
    deliveries: tuple[Delivered, ...] = ()
    tanks: tuple[TankReading, ...] = ()
    outages: tuple[OutageSpan, ...] = ()
    makeup: tuple[Makeup, ...] = ()
    batches: tuple[dict[str, Any], ...] = ()
    versions: tuple[dict[str, Any], ...] = ()
    findings: Findings = field(default_factory=Findings)
    rules: tuple[tuple[datetime | None, Rules], ...] = ()
    analyses: tuple[Analysis, ...] = ()
    checks: tuple[Check, ...] = ()
    unit_changes: dict[str, tuple[tuple[float, Unit], ...]] = field(default_factory=dict)
    behind: Behind = field(default_factory=Behind)
    by_hand: dict[str, Series] = field(default_factory=dict)
    next_s: dict[str, float] = field(default_factory=dict)


def read_records(ledger: Ledger, start: datetime, end: datetime) -> Records:
    """Read a period from an open log.

    Parameters
    ----------
    ledger : Ledger
    start, end : datetime
        Half-open, aware.

    Raises
    ------
    InputError
        CC-LOG-16 no plant file recorded; CC-LOG-20, CC-LOG-21 a file of the archive missing or damaged.
    """
    from ccus.log.plants import plant_versions
    from ccus.log.views import outages, standing

    findings = Findings()
    pieces = plant_versions(ledger, start - LOOK_BACK, end)
    calibrations = standing(ledger, "calibration")
    plant = _with_calibrations(one_plant([(v.plant, v.start, v.end) for v in pieces], findings), calibrations)
    versions = plant_versions(ledger, start, end)
    _tell_versions(versions, findings)
    parts, read, batches = _imported(ledger, standing(ledger, "imported_batch"), start - LOOK_BACK, end)
    units = {tag: spans[-1][1] for tag, spans in read.items()}
    by_hand = read_by_hand(
        standing(ledger, "manual_reading", start=start - LOOK_BACK, end=end), start, plant, units, findings
    )
    ahead = end + timedelta(hours=plant.rules.longest_bound_hours + 1)
    later = _imported(ledger, standing(ledger, "imported_batch"), end, ahead)[0]
    return Records(
        plant,
        start,
        end,
        {tag: merged(pieces) for tag, pieces in sorted(parts.items())},
        units,
        {tag: len(series) for tag, series in by_hand.items()},
        tuple(
            Delivered(item.at, _co2_t(item.body), item.body["receiver"], item.body["docket"], item.body.get("fate"))
            for item in standing(ledger, "delivery", start=start, end=end)
        ),
        tuple(TankReading(i.at, i.body["tank"], i.body["mass_t"]) for i in standing(ledger, "tank_level")),
        tuple(outages(ledger)),
        tuple(
            Makeup(item.at, item.body["chemical"], item.body.get("line"), item.body["amount_kg"])
            for item in standing(ledger, "solvent_makeup", start=start, end=end)
        ),
        tuple(batches),
        tuple(_described(version) for version in versions),
        findings,
        tuple((version.start, version.plant.rules) for version in pieces),
        _analyses(standing(ledger, "lab_analysis"), start, end, findings),
        tuple(Check.of(item.entry.id, item.at, item.body) for item in calibrations),
        {tag: changed for tag, spans in read.items() if len(changed := _changes(spans)) > 1},
        entries_behind(ledger, start, end, [version.entry_id for version in versions]),
        by_hand,
        {tag: min(known) for tag, pieces in later.items() if (known := [float(p.time_s[0]) for p in pieces if len(p)])},
    )


def _changes(spans: list[tuple[float, Unit]]) -> tuple[tuple[float, Unit], ...]:
    """Where the columns of a tag began to be read in another way (by volume or mass, wet or dry, gauge or absolute)."""
    kept: list[tuple[float, Unit]] = []
    for start_s, unit in spans:
        if not kept or replace(kept[-1][1], text="", factor=1.0, offset=0.0) != replace(
            unit, text="", factor=1.0, offset=0.0
        ):
            kept.append((start_s, unit))
    return tuple(kept)


def _tell_versions(versions: Sequence[PlantVersion], findings: Findings) -> None:
    """One note a part of the period, where the plant file changed in it."""
    if len(versions) < 2:
        return
    for version in versions:
        first, last = (
            "the beginning" if moment is None else moment.astimezone(version.plant.zone).isoformat(timespec="minutes")
            for moment in (version.start, version.end)
        )
        findings.add(
            "CC-INV-26",
            phrase("plant file, {first} to {last}", first=first, last=last),
            phrase("version {sha256} (entry {entry_id})", sha256=version.sha256[:16], entry_id=version.entry_id),
            "each hour accounted for with the version in force",
            severity="note",
        )


def _described(version: PlantVersion) -> dict[str, Any]:
    return {
        "sha256": version.sha256,
        "from": None if version.start is None else version.start.isoformat(),
        "to": None if version.end is None else version.end.isoformat(),
    }


def _analyses(items: Iterable[Standing], start: datetime, end: datetime, findings: Findings) -> tuple[Analysis, ...]:
    """Analyses of CO2 by the time of their sample, whenever the result came; those replaced before the look-back began
    say nothing here."""
    found = []
    for item in items:
        sampled = item.body.get("sampled")
        at = from_utc_text(sampled["utc"]) if sampled else item.at
        one = analysis_of(item.entry.id, at, item.body, findings) if at < end else None
        if one is not None:
            found.append(one)
    newest: dict[str, datetime] = {}
    for one in found:
        if one.at <= start - LOOK_BACK:
            newest[one.stream] = max(one.at, newest.get(one.stream, one.at))
    return tuple(one for one in found if one.at >= newest.get(one.stream, one.at))


def _co2_t(body: dict[str, Any]) -> float:
    share = body.get("co2_mass_percent")
    return body["mass_t"] * (1.0 if share is None else share / 100)


def _imported(
    ledger: Ledger, items: Iterable[Standing], start: datetime, end: datetime
) -> tuple[dict[str, list[Series]], dict[str, list[tuple[float, Unit]]], list[dict[str, Any]]]:
    parts: dict[str, list[Series]] = {}
    units: dict[str, list[tuple[float, Unit]]] = {}
    batches = []
    for item in items:
        for stored in item.body["files"]:
            if stored["suffix"] != ".parquet" or not _touches(stored, start, end):
                continue
            series, read = from_parquet(ledger.archive.open(stored["sha256"], stored["suffix"]))
            rows, first = {}, 0
            for tag, one in series.items():
                rows[tag] = (first, one.time_s)
                first += len(one)
                parts.setdefault(tag, []).append(one.between(start.timestamp(), end.timestamp()))
            for tag, unit in read.items():
                if len(series[tag]):
                    units.setdefault(tag, []).append((float(series[tag].time_s[0]), unit))
            source = item.body["source"]
            batches.append(
                {"entry": item.entry.id, "name": source["name"], "source_sha256": source["sha256"], "row_of": rows}
                | stored
            )
    return parts, {tag: sorted(spans, key=lambda span: span[0]) for tag, spans in units.items()}, batches


def _touches(stored: dict[str, Any], start: datetime, end: datetime) -> bool:
    first, last = stored.get("start"), stored.get("end")
    if first is None or last is None:
        return True
    return from_utc_text(first) < end and from_utc_text(last) >= start


def _with_calibrations(plant: Plant, items: Iterable[Standing]) -> Plant:
    logged: dict[str, list[Calibration]] = {}
    for item in items:
        body = item.body
        valid_to = body.get("valid_to")
        logged.setdefault(body["tag"], []).append(
            Calibration(
                certificate=body["certificate"],
                valid_from=from_utc_text(body["valid_from"]["utc"]),
                valid_to=from_utc_text(valid_to["utc"]) if valid_to else None,
            )
        )
    if not logged:
        return plant
    meters = tuple(
        meter.model_copy(update={"calibration": (*meter.calibration, *logged.get(meter.tag, ()))})
        for meter in plant.meters
    )
    return plant.model_copy(update={"meters": meters})
