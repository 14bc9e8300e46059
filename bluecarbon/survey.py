"""From a job file to a checked survey: maps read, classes resolved, areas in one table."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecarbon.accounts.areas import OTHER_PLACE, Period, SurveyTables
from bluecarbon.classes import classes_of
from bluecarbon.field.job import field_files
from bluecarbon.job import Job, JobFile, LegendEntry, date_label, date_year
from bluecarbon.map_accuracy import map_scales
from bluecarbon.maps.tables import NOT_SURVEYED, OUTSIDE_UNITS, LegendValues, MapSource, SurveyAreas, UnitsSource
from methodology.base.errors import Findings
from methodology.base.files import sha256_of
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.field.measured import FieldData

RASTER_SUFFIXES = (".tif", ".tiff")
WHOLE_NAME = "whole map"


@dataclass(frozen=True)
class Survey:
    """A survey ready for accounting.

    Parameters
    ----------
    file : JobFile
    tables : SurveyTables
    areas : SurveyAreas
        As the map readers gave them, for layers and pictures.
    findings : Findings
        Warnings and notes; errors have been raised.
    """

    file: JobFile
    tables: SurveyTables
    areas: SurveyAreas
    findings: Findings
    accuracy_files: tuple[tuple[str, str, str], ...] = ()

    @property
    def job(self) -> Job:
        """The job."""
        return self.file.job

    def files(self) -> list[dict[str, str]]:
        """Input files with role, name and hash, the job file first."""
        records = [{"role": "job", "name": self.file.path.name, "sha256": sha256_of(self.file.path)}]
        for role, path, digest in (*self.areas.files, *self.accuracy_files):
            records.append({"role": role, "name": Path(path).name, "sha256": digest})
        if self.job.survey.factors:
            path = self.file.folder / self.job.survey.factors
            records.append({"role": "factors", "name": path.name, "sha256": sha256_of(path)})
        for role, path in field_files(self.job, self.file.folder):
            records.append({"role": role, "name": path.name, "sha256": sha256_of(path)})
        return records

    @functools.cached_property
    def field(self) -> FieldData:
        """Field measurements of the job, read once."""
        from bluecarbon.field.measured import field_data

        return field_data(self.file, self.tables, self.areas.layers.get(self.tables.dates[-1]))


def read_survey(file: JobFile, progress: Callable[[str, float], None] | None = None) -> Survey:
    """Read all maps of a job and bring them into accounting tables.

    Raises
    ------
    InputError
        Every fault of job, maps and units that stops the computation.
    """
    job = file.job
    maps = sorted(job.map, key=lambda entry: date_year(entry.date))
    sources = [_source(file, entry) for entry in maps]
    units = _units(file)
    legend = LegendValues(
        frozenset(value for value, entry in job.legend.items() if isinstance(entry, LegendEntry)),
        frozenset(value for value, entry in job.legend.items() if entry == "ignore"),
    )
    rasters = [source.path.suffix.lower() in RASTER_SUFFIXES for source in sources]
    findings = Findings()
    if all(rasters):
        areas = _raster(file, sources, legend, units, progress)
    elif any(rasters):
        findings.add(
            "BC-JOB-04", f"{file.path.name}, [[map]]", "vector and raster maps in one job", "maps of one kind",
            "Make one job for each kind, or convert the vector maps to the grid of the raster.",
        )  # fmt: skip
        findings.stop_on_errors()
    else:
        from bluecarbon.maps.survey_areas import vector_survey_areas

        areas = vector_survey_areas(
            sources, legend=legend, units=units, registration_error_m=job.survey.registration_error_m, progress=progress
        )
    findings.extend(areas.findings)
    _check_states(job, areas, findings)
    tables, accuracy_files = survey_tables(file, maps, areas, findings)
    findings.stop_on_errors()
    return Survey(file, tables, areas, findings, tuple(accuracy_files))


def _path(file: JobFile, text: str) -> Path:
    path = Path(text)
    return path if path.is_absolute() or str(text).startswith("/vsi") else file.folder / path


def _source(file: JobFile, entry: Any) -> MapSource:
    extent = entry.extent if entry.extent in ("units", "unknown") else _path(file, entry.extent)
    return MapSource(
        date_label(entry.date), _path(file, entry.path), entry.class_field, entry.layer, entry.encoding, extent,
        entry.unmapped, entry.overlaps, dict(entry.attributes), entry.area_uncertainty_percent,
    )  # fmt: skip


def _units(file: JobFile) -> UnitsSource | None:
    units = file.job.reporting_units
    if units is None:
        return None
    return UnitsSource(
        _path(file, units.path), units.name_field, units.layer, units.encoding, units.overlaps, dict(units.attributes)
    )


def _raster(
    file: JobFile, sources: list[MapSource], legend: LegendValues, units: UnitsSource | None, progress: Any
) -> SurveyAreas:
    from bluecarbon.maps.raster_survey import raster_survey_areas

    entries = sorted(file.job.map, key=lambda entry: date_year(entry.date))
    bands = {date_label(entry.date): entry.band for entry in entries if entry.band}
    nodata = {date_label(entry.date): entry.nodata for entry in entries if entry.nodata is not None}
    return raster_survey_areas(sources, legend=legend, units=units, bands=bands, nodata=nodata, progress=progress)


def _check_states(job: Job, areas: SurveyAreas, findings: Findings) -> None:
    if job.reporting_units is None:
        return
    known = list(areas.units["reporting_unit"])
    for name in job.reporting_units.states:
        if name not in known:
            findings.add(
                "BC-JOB-08",
                f"[reporting_units].states.{name}",
                name,
                phrase("one of {names}", names=", ".join(known)),
                "Correct the name.",
            )


def _unit_name(name: str) -> str:
    return name or WHOLE_NAME


def survey_tables(
    file: JobFile, maps: list[Any], areas: SurveyAreas, findings: Findings
) -> tuple[SurveyTables, list[tuple[str, str, str]]]:
    """Accounting tables of a survey from the tables of its maps, and the files of accuracy data that were read."""
    job = file.job
    attributes = [column for column in areas.keys.columns if column != "key"]
    keys = {int(row["key"]): {name: row[name] for name in attributes} for row in areas.keys.to_dict("records")}
    pairs = {(str(u), int(k)) for u, k in zip(areas.areas["reporting_unit"], areas.areas["key"], strict=True)}
    for side in ("from_key", "to_key"):
        pairs |= {
            (str(u), int(k))
            for u, k in zip(areas.transitions["reporting_unit"], areas.transitions[side], strict=True)
            if k >= 0
        }
    unit_rows = areas.units.to_dict("records") if len(areas.units) else []
    stated = {str(row["reporting_unit"]): row for row in unit_rows}
    resolved = classes_of(job, keys, sorted(pairs), findings, stated)
    mapped: dict[tuple[str, str, str], float] = {}
    for row in areas.areas.to_dict("records"):
        c = resolved.get((str(row["reporting_unit"]), int(row["key"])))
        if c is not None:
            place = (_unit_name(str(row["reporting_unit"])), c.label, str(row["date"]))
            mapped[place] = mapped.get(place, 0.0) + float(row["area_ha"])
    periods = _periods(maps, areas)
    _fill_absent(mapped, periods)
    _note_outside(mapped, periods, findings)
    value_of = {c.label: c.value for c in resolved.values()}
    scales, files = map_scales(file, _by_value(mapped, value_of), findings)
    uncertainty = {date_label(m.date): m.area_uncertainty_percent for m in maps}
    _note_accuracy(uncertainty, scales, findings)
    tables = SurveyTables(
        classes={c.label: c for c in dict.fromkeys(resolved.values())},
        dates=tuple(date_label(m.date) for m in maps),
        years={date_label(m.date): date_year(m.date) for m in maps},
        periods=periods,
        mapped=dict(sorted(mapped.items())),
        transitions=_transitions(areas, resolved, periods),
        uncertainty_percent=uncertainty,
        sources={date_label(m.date): (f"map {date_label(m.date)}",) for m in maps},
        between_dates=job.survey.between_dates,
        units=tuple(dict.fromkeys(place[0] for place in mapped)),
        class_of={place: c.label for place, c in resolved.items()},
        scales=scales,
        extents={(_unit_name(str(r["reporting_unit"])), str(r["date"])): float(r["extent_ha"]) for r in areas.extents.to_dict("records")},
    )  # fmt: skip
    return tables, files


def _fill_absent(mapped: dict[tuple[str, str, str], float], periods: tuple[Period, ...]) -> None:
    """A class that is absent at one end of a computed period was looked for and not found: its area there is zero."""
    for period in periods:
        if period.computed:
            here = {
                (unit, label)
                for unit, label, date in mapped
                if date in (period.start, period.end) and unit != OUTSIDE_UNITS
            }
            for unit, label in here:
                for date in (period.start, period.end):
                    mapped.setdefault((unit, label, date), 0.0)


def _note_outside(mapped: dict[tuple[str, str, str], float], periods: tuple[Period, ...], findings: Findings) -> None:
    """Habitat outside every unit stands in stocks, but no map says where it looked there: it is in no change."""
    outside = sum(area for (unit, _, _), area in mapped.items() if unit == OUTSIDE_UNITS)
    if outside > 0 and any(period.computed for period in periods):
        findings.add(
            "BC-INV-15", "reporting units", "habitat outside every reporting unit", "habitat inside the units",
            "It counts in areas and stocks, on lines of its own, and in no change: the difference of two totals of stock "
            "is therefore not the total change.", "note", amount=outside, unit="ha (all dates)",
        )  # fmt: skip


def _by_value(mapped: dict[tuple[str, str, str], float], value_of: dict[str, str]) -> dict[str, dict[str, float]]:
    sums: dict[str, dict[str, float]] = {}
    for (_, label, date), area in mapped.items():
        by_value = sums.setdefault(date, {})
        by_value[value_of[label]] = by_value.get(value_of[label], 0.0) + area
    return sums


def _periods(maps: list[Any], areas: SurveyAreas) -> tuple[Period, ...]:
    moves = areas.transitions
    present = set(zip(moves["from_date"].astype(str), moves["to_date"].astype(str), strict=True))
    unseen = moves[(moves["from_key"] == NOT_SURVEYED) | (moves["to_key"] == NOT_SURVEYED)]
    partly = set(zip(unseen["from_date"].astype(str), unseen["to_date"].astype(str), strict=True))
    periods = []
    for first, second in itertools.pairwise(maps):
        start, end = date_label(first.date), date_label(second.date)
        years = date_year(second.date) - date_year(first.date)
        whole = (start, end) not in partly
        periods.append(Period(f"{start}–{end}", start, end, years, (start, end) in present, whole))
    return tuple(periods)


def _transitions(
    areas: SurveyAreas, resolved: dict, periods: tuple[Period, ...]
) -> dict[tuple[str, str, str, str], tuple[float, float]]:
    labels = {(p.start, p.end): p.label for p in periods}
    result: dict[tuple[str, str, str, str], tuple[float, float]] = {}
    for row in areas.transitions.to_dict("records"):
        unit = str(row["reporting_unit"])
        ends = []
        for side in ("from_key", "to_key"):
            key = int(row[side])
            c = resolved.get((unit, key))
            ends.append(c.label if c is not None else (OTHER_PLACE if key != NOT_SURVEYED else None))
        if None in ends or unit == OUTSIDE_UNITS:
            continue  # not surveyed at one end, or where no map says that it looked
        place = (_unit_name(unit), ends[0], ends[1], labels[str(row["from_date"]), str(row["to_date"])])
        area, sliver = result.get(place, (0.0, 0.0))
        thin = float(row["sliver_ha"])
        result[place] = (area + float(row["area_ha"]), sliver + (0.0 if thin != thin else thin))
    return dict(sorted(result.items()))


def _note_accuracy(uncertainty: dict[str, float | None], scales: dict[str, Any], findings: Findings) -> None:
    for date, percent in uncertainty.items():
        if percent is None and date not in scales:
            findings.add(
                "BC-INV-02", phrase("map {date}", date=date), "no accuracy data and no stated area uncertainty", "one of the two",
                "Areas count as fixed: every interval that depends on them leaves out the map's error.", "warning",
            )  # fmt: skip
