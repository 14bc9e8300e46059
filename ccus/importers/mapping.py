"""Columns of an export to meters of the plant file: nothing is taken whose unit or state is not known.

What the export's unit row says and what the plant file says are held together. Where both speak they must agree in
kind; where the export is silent the plant file speaks; where both are silent the column is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from ccus.importers.historian import Column, Export
from ccus.importers.units import CANONICAL, QUANTITIES_OF_KIND, Unit, parse_unit
from ccus.plant.model import Meter, Plant
from ccus.streams.series import Series
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import joined, phrase

IGNORED = ""
"""A tag mapped to this is left out on purpose."""


@dataclass(frozen=True)
class Imported:
    """What an import yields.

    Parameters
    ----------
    series : tuple of Series
        In canonical units (`ccus.importers.units.CANONICAL`), gauge or absolute as the meter says.
    units : dict of str to Unit
        How each tag's column was read.
    columns : dict of str to str
        Tag to the column it came from.
    ignored : tuple of str
        Columns left out by the mapping.
    findings : Findings
        Warnings and notes.
    """

    series: tuple[Series, ...]
    units: dict[str, Unit]
    columns: dict[str, str]
    ignored: tuple[str, ...]
    findings: Findings


def plain(tag: str) -> str:
    """A tag without the decoration of servers and paths: ``HF:FT-301.PV`` becomes ``FT301``."""
    name = re.split(r"[\\/:|!]", tag.strip())[-1]
    name = re.sub(r"\.(PV|VALUE|VAL|MEAS|OUT|AV|F_CV)$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^A-Z0-9一-鿿]", "", name.upper())


def map_columns(export: Export, plant: Plant, mapping: Mapping[str, str] | None = None) -> Imported:
    """Give every column of an export its meter.

    Parameters
    ----------
    export : Export
    plant : Plant
    mapping : mapping of column name to tag, optional
        For columns whose name is not a tag of the plant file; ``""`` leaves a column out.

    Returns
    -------
    Imported

    Raises
    ------
    InputError
        Everything wrong at once: CC-IMP-03 unknown tag; CC-IMP-04, CC-IMP-05 unit missing or not understood;
        CC-IMP-06 unit of another kind than the meter's; CC-IMP-07 two columns for one meter; CC-IMP-08 reference
        condition, CC-IMP-09 gauge or absolute, CC-IMP-17 wet or dry, CC-IMP-18 by volume or by mass not known;
        CC-IMP-19 readings outside the periods of the tag's meters.
    """
    findings = Findings()
    findings.extend(export.findings)
    mapping = dict(mapping or {})
    by_tag: dict[str, Column] = {}
    ignored = []
    for column in export.columns:
        tag = mapping.get(column.name, column.name)
        place = f"{export.name}, {column.name}"
        if tag == IGNORED:
            ignored.append(column.name)
        elif not plant.meters_of(tag):
            _unknown_tag(tag, column, plant, place, findings)
        elif tag in by_tag and by_tag[tag].name == column.name:
            continue  # told by the export's own findings
        elif tag in by_tag:
            found = phrase("columns {by_tag} and {column}", by_tag=by_tag[tag].name, column=column.name)
            findings.add(
                "CC-IMP-07",
                phrase("{export}, meter {tag}", export=export.name, tag=tag),
                found,
                "one column",
                "Leave one out by the mapping.",
            )
        else:
            by_tag[tag] = column
    series, units = [], {}
    for tag, column in by_tag.items():
        unit = _unit_of(column, plant.meters_of(tag), f"{export.name}, {column.name}", findings)
        if unit is not None:
            units[tag] = unit
            series.append(_series(tag, column, unit, plant, export.name, findings))
    findings.stop_on_errors()
    names = {tag: column.name for tag, column in by_tag.items()}
    return Imported(tuple(series), units, names, tuple(ignored), findings)


def _unknown_tag(tag: str, column: Column, plant: Plant, place: str, findings: Findings) -> None:
    tags = sorted({meter.tag for meter in plant.meters})
    alike = [name for name in tags if plain(name) == plain(tag)]
    near = alike or difflib.get_close_matches(tag, tags, 1)
    remedy = phrase("The nearest is {near}. ", near=near[0]) if near else ""
    findings.add(
        "CC-IMP-03",
        place,
        phrase("tag {tag!r} ({unit})", tag=tag, unit=column.unit or phrase("no unit")),
        "a tag of plant.toml",
        phrase(
            '{remedy}Map the column to a tag with --mapping, or to "" to leave it out; draft a new meter with --propose.',
            remedy=remedy,
        ),
    )


def _unit_of(column: Column, meters: tuple[Meter, ...], place: str, findings: Findings) -> Unit | None:
    """The column's unit, completed by each meter that was in service then; None (with findings) where one is unknown.

    A swap may change unit or state: readings are taken only where all meters behind the column make the same of them.
    """
    there = _in_service(column, meters)
    read = [_read_by(column, meter, place, findings) for meter in there]
    if any(unit is None for unit in read):
        return None
    units = [replace(unit, text="") for unit in read if unit is not None]
    if any(unit != units[0] for unit in units):
        found = phrase("meters of {names}", names=joined(" and ", dict.fromkeys(_said(meter) for meter in there)))
        remedy = "Export the time before and after the swap apart, or with the unit and state in the unit row."
        findings.add("CC-IMP-06", place, found, "one unit and state for the whole column", remedy)
        return None
    return read[0]


def _in_service(column: Column, meters: tuple[Meter, ...]) -> tuple[Meter, ...]:
    """Meters of the tag whose period holds a reading of the column; the last where none does."""
    there = []
    for meter in meters:
        start, end = _edge(meter.valid_from, -np.inf), _edge(meter.valid_to, np.inf)
        if np.any((column.time_s >= start) & (column.time_s < end)):
            there.append(meter)
    return tuple(there) or meters[-1:]


def _said(meter: Meter) -> str:
    words = (meter.unit, meter.pressure, meter.moisture, meter.component, f"from {meter.valid_from or 'the beginning'}")
    return " ".join(str(word) for word in words if word)


def _read_by(column: Column, meter: Meter, place: str, findings: Findings) -> Unit | None:
    try:
        stated = parse_unit(meter.unit, phrase("plant.toml, meter {tag}", tag=meter.tag))
        unit = parse_unit(column.unit, place) if column.unit else stated
    except InputError as error:
        findings.extend(error.findings)
        return None
    wanted = QUANTITIES_OF_KIND[meter.kind]
    if stated.quantity not in wanted:
        findings.add(
            "CC-IMP-06",
            phrase("plant.toml, meter {tag}", tag=meter.tag),
            phrase("unit {unit} ({quantity})", unit=meter.unit, quantity=stated.quantity),
            phrase("a unit of {names}, as its kind {kind} says", names=joined(" or ", wanted), kind=meter.kind),
            "Correct kind or unit in plant.toml.",
        )
        return None
    if unit.quantity not in wanted:
        found = phrase("unit {unit} ({quantity})", unit=column.unit, quantity=unit.quantity)
        findings.add(
            "CC-IMP-06",
            place,
            found,
            phrase("a unit of {names}", names=joined(" or ", wanted)),
            "Is this the right column?",
        )
        return None
    return _completed(unit, stated, meter, column.unit, place, findings)


def _completed(unit: Unit, stated: Unit, meter: Meter, text: str, place: str, findings: Findings) -> Unit | None:
    """The unit with what the meter's record and unit say beside it; None where they clash or something is unsaid."""
    before = len(findings.errors)
    contradictions = (
        ("gauge or absolute", unit.pressure, meter.pressure or stated.pressure),
        ("wet or dry", unit.moisture, meter.moisture or stated.moisture),
        ("by volume or by mass", unit.basis, stated.basis),
        ("component", unit.component, meter.component or stated.component),
    )
    for what, here, there in contradictions:
        if here and there and here != there:
            findings.add(
                "CC-IMP-06",
                place,
                f"{what}: {here}",
                phrase("{there}, as plant.toml says", there=there),
                "Find out which is right.",
            )
    whole = Unit(
        text or meter.unit,
        unit.quantity,
        unit.factor,
        unit.offset,
        unit.prefix,
        unit.pressure or meter.pressure or stated.pressure,
        unit.basis or stated.basis,
        unit.component or meter.component or stated.component,
        unit.moisture or meter.moisture or stated.moisture,
    )
    _unsaid(whole, meter, place, findings)
    return None if len(findings.errors) > before else whole


def _unsaid(unit: Unit, meter: Meter, place: str, findings: Findings) -> None:
    """Reference condition, gauge or absolute, wet or dry, by volume or by mass: what nobody said is asked for."""
    shown = unit.text
    if unit.quantity in ("volume_flow", "volume") and meter.reference_condition is None:
        findings.add(
            "CC-IMP-08",
            place,
            phrase("{shown} at no stated reference condition", shown=shown),
            "reference_condition of the meter, such as 0C_1atm, 20C_1atm or line",
            "'N' and 'S' are used for 0, 15 and 20 °C alike: ask the maker, then say it in plant.toml.",
        )
    if meter.kind == "pressure" and unit.pressure is None:
        remedy = 'Say pressure = "gauge" or "absolute" for this meter.'
        findings.add(
            "CC-IMP-09", place, phrase("{shown}, neither gauge nor absolute", shown=shown), "gauge | absolute", remedy
        )
    if meter.kind == "composition" and unit.moisture is None:
        findings.add(
            "CC-IMP-17",
            place,
            phrase("{shown}, neither wet nor dry", shown=shown),
            "wet | dry",
            "Say moisture for this meter.",
        )
    if meter.kind == "composition" and unit.basis is None:
        remedy = "Write the meter's unit as vol% or wt%; 95 vol % in nitrogen is 96.76 wt %."
        findings.add(
            "CC-IMP-18",
            place,
            phrase("{shown}, by volume or by mass?", shown=shown),
            "vol% | wt% (or ppmv, fraction by volume)",
            remedy,
        )


def _series(tag: str, column: Column, unit: Unit, plant: Plant, name: str, findings: Findings) -> Series:
    value = unit.canonical(column.value)
    outside = np.ones(column.time_s.shape, dtype=bool)
    for meter in plant.meters_of(tag):
        start, end = _edge(meter.valid_from, -np.inf), _edge(meter.valid_to, np.inf)
        outside &= ~((column.time_s >= start) & (column.time_s < end))
    if outside.any():
        at = datetime.fromtimestamp(float(column.time_s[outside][0]), UTC)
        findings.add(
            "CC-IMP-19",
            f"{name}, {column.name}",
            phrase(
                "{n} readings when no meter of that tag was in service, first {at:%Y-%m-%dT%H:%M:%SZ}",
                n=int(outside.sum()),
                at=at,
            ),
            "readings within valid_from and valid_to",
            "Correct the periods in plant.toml.",
        )
    return Series(tag, column.time_s, value, column.severity, dict(column.words), column.hold_s)


def _edge(moment: datetime | None, otherwise: float) -> float:
    return otherwise if moment is None else moment.timestamp()


def canonical_range(meter: Meter) -> tuple[float, float] | None:
    """A meter's range in the canonical unit of its quantity."""
    if meter.range is None:
        return None
    unit = parse_unit(meter.unit, phrase("meter {tag}", tag=meter.tag))
    low, high = (unit.canonical(value) for value in meter.range)
    return low, high


def canonical_unit(meter: Meter) -> str:
    """Unit its series are kept in."""
    return CANONICAL[parse_unit(meter.unit, phrase("meter {tag}", tag=meter.tag)).quantity]
