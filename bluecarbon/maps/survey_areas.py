"""The vector reader's front door: maps of a job in, tables of areas and transitions out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bluecarbon.maps.change import Changes, DatedPieces, Extent, changes
from bluecarbon.maps.checks import check_classes, report_slivers, without_duplicates, without_overlaps
from bluecarbon.maps.crs import map_crs, own_proj_data
from bluecarbon.maps.drawn import Drawn, centre_points, drawn_layer, files_of, outline
from bluecarbon.maps.features import CLOSURE, M2_PER_HA, Features, measured_features
from bluecarbon.maps.overlay import OUTSIDE, Pieces, polygonal, split_by_units
from bluecarbon.maps.plane import Plane
from bluecarbon.maps.reporting_units import NO_UNITS, Units, reporting_units
from bluecarbon.maps.result import result_tables
from bluecarbon.maps.tables import (
    NOT_SURVEYED,
    OTHER,
    UNMAPPED,
    LegendValues,
    MapSource,
    Progress,
    SurveyAreas,
    UnitsSource,
)
from bluecarbon.maps.vector import Layer, class_texts, read_layer
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import joined, phrase


@dataclass(frozen=True)
class _Job:
    maps: Sequence[MapSource]
    units: UnitsSource | None
    legend: LegendValues
    registration_error_m: float | None
    progress: Progress


def vector_survey_areas(
    maps: Sequence[MapSource],
    legend: LegendValues,
    units: UnitsSource | None = None,
    registration_error_m: float | None = None,
    progress: Progress | None = None,
) -> SurveyAreas:
    """Areas of vector maps by date, reporting unit and class, and the transitions between consecutive dates.

    Parameters
    ----------
    maps : sequence of MapSource
        In order of date; transitions run from each to the next.
    legend : LegendValues
        Class values that become habitat, and those that are ignored; any other value stops the job.
    units : UnitsSource, optional
        Without them the whole map is one unit ``""``.
    registration_error_m : float, optional
        How far two maps may lie apart; changed ground narrower than this is reported as sliver. [m]
    progress : function, optional
        Called with what is being done and the share done.

    Returns
    -------
    SurveyAreas

    Raises
    ------
    InputError
        With every error found in all files (codes BC-MAP-01 to BC-MAP-46).

    Notes
    -----
    Edges of polygons are geodesics between their vertices; where an edge is longer than 10 km it follows the
    straight line of the map's own coordinates. Pieces cut by units or by another date tile the polygons they come
    from (to 1e-9, checked), because cutting is done where a geodesic is straight.
    """
    with own_proj_data():
        return _survey(_Job(maps, units, legend, registration_error_m, progress or (lambda text, share: None)))


def _survey(job: _Job) -> SurveyAreas:
    findings = Findings()
    _check_job(job, findings)
    layers, unit_layer, extent_layers = _read_all(job, findings)
    findings.stop_on_errors()
    frame = map_crs(layers[0].crs, layers[0].place)
    drawn = [drawn_layer(layer, frame, findings) for layer in layers]
    drawn_units = drawn_layer(unit_layer, frame, findings) if unit_layer else None
    drawn_extents = {date: drawn_layer(layer, frame, findings) for date, layer in extent_layers.items()}
    findings.stop_on_errors()
    plane = Plane.around(centre_points(drawn), frame.ellipsoid)
    features = [_ready(job, source, each, plane, findings) for source, each in zip(job.maps, drawn, strict=True)]
    unit_set = reporting_units(drawn_units, job.units, plane, findings) if drawn_units else NO_UNITS
    extents = {source.date: _extent(source, drawn_extents, plane, findings) for source in job.maps}
    findings.stop_on_errors()
    keys, numbers = _keys(job, features)
    dated = _cut_all(job, features, numbers, unit_set, extents, plane, findings)
    transitions = _all_changes(job, dated, plane, findings)
    findings.stop_on_errors()
    job.progress("tables", 0.95)
    files = _files(job, layers, unit_layer, extent_layers)
    ready = list(zip(drawn, features, dated, strict=True))
    return result_tables(keys, ready, transitions, unit_set, (plane, frame), findings, files)


def _check_job(job: _Job, findings: Findings) -> None:
    dates = [source.date for source in job.maps]
    for date in sorted({date for date in dates if dates.count(date) > 1}):
        findings.add(
            "BC-MAP-41",
            phrase("maps of {date}", date=date),
            phrase("{count} maps of one date", count=dates.count(date)),
            "one map for each date",
            "Merge them into one layer in the GIS, or give each its own day.",
        )
    for source in job.maps:
        place = phrase("map {date}", date=source.date)
        if source.unmapped not in UNMAPPED:
            findings.add(
                "BC-MAP-43",
                place,
                phrase("unmapped = {unmapped!r}", unmapped=source.unmapped),
                phrase("one of {names}", names=", ".join(UNMAPPED)),
            )
        if source.extent == "units" and job.units is None:
            findings.add(
                "BC-MAP-35",
                place,
                'extent = "units", but the job has no reporting units',
                'reporting units, the path of an extent, or "unknown"',
                "Give [reporting_units], or say where this map looked.",
            )


def _read_all(job: _Job, findings: Findings) -> tuple[list[Layer], Layer | None, dict[str, Layer]]:
    layers, extents = [], {}
    unit_layer = None
    for number, source in enumerate(job.maps):
        role = phrase("map {date}", date=source.date)
        job.progress(phrase("reading {role}", role=role), 0.25 * number / len(job.maps))
        columns = ([source.class_field] if source.class_field else []) + list(source.attributes.values())
        try:
            layers.append(read_layer(source.path, columns, source.layer, source.encoding, role))
        except InputError as error:
            findings.extend(error.findings)
        if source.extent not in ("units", "unknown"):
            try:
                extents[source.date] = read_layer(source.extent, [], role=phrase("extent of {role}", role=role))
            except InputError as error:
                findings.extend(error.findings)
    if job.units is not None:
        columns = [job.units.name_field, *job.units.attributes.values()]
        try:
            unit_layer = read_layer(
                job.units.path, columns, job.units.layer, job.units.encoding, phrase("reporting units")
            )
        except InputError as error:
            findings.extend(error.findings)
    return layers, unit_layer, extents


def _files(
    job: _Job, layers: list[Layer], unit_layer: Layer | None, extents: dict[str, Layer]
) -> list[tuple[str, str, str]]:
    files = []
    for source, layer in zip(job.maps, layers, strict=True):
        files += files_of(layer.path, f"map {source.date}")
        if source.date in extents:
            files += files_of(extents[source.date].path, f"extent of map {source.date}")
    return files + (files_of(unit_layer.path, "reporting units") if unit_layer else [])


def _ready(job: _Job, source: MapSource, drawn: Drawn, plane: Plane, findings: Findings) -> Features:
    """Features of a map, measured and checked, no ground twice."""
    job.progress(phrase("measuring map {date}", date=source.date), 0.3)
    values = class_texts(drawn.layer, source.class_field)
    attributes = {name: drawn.layer.columns[column] for name, column in source.attributes.items()}
    features = measured_features(drawn, values, attributes, plane, findings)
    if not features.area_m2.sum() > 0:
        return features
    check_classes(features, job.legend, source.class_field, findings)
    features = without_duplicates(features, findings)
    report_slivers(features, job.registration_error_m, findings)
    return without_overlaps(features, source.overlaps, plane, findings)


def _extent(source: MapSource, drawn: dict[str, Drawn | None], plane: Plane, findings: Findings) -> Extent:
    import shapely

    unmapped = OTHER if source.unmapped == "other" else NOT_SURVEYED
    if source.date in drawn:
        return Extent("area", shapely.union_all(outline(drawn[source.date], plane, findings)[1]), unmapped)
    return Extent(str(source.extent), None, unmapped)


def _keys(job: _Job, features: list[Features]) -> tuple[list[tuple], list[np.ndarray]]:
    """Every habitat combination (value, attributes …) in a stable order, and each feature's number in it."""
    names = list(dict.fromkeys(name for source in job.maps for name in source.attributes))
    rows = []
    for each in features:
        nothing = np.full(len(each.number), None, dtype=object)
        columns = [each.value, *(each.attributes.get(name, nothing) for name in names)]
        rows.append(list(zip(*columns, strict=True)))
    habitat = {row for table in rows for row in table if row[0] in job.legend.habitat}
    order = sorted(habitat, key=lambda row: tuple((item is not None, str(item)) for item in row))
    number = {row: index for index, row in enumerate(order)}
    keys = [np.array([number.get(row, OTHER) for row in table], dtype=int) for table in rows]
    return [("value", *names), *order], keys


def _cut_all(
    job: _Job,
    features: list[Features],
    keys: list[np.ndarray],
    units: Units,
    extents: dict[str, Extent],
    plane: Plane,
    findings: Findings,
) -> list[DatedPieces]:
    dated = []
    for number, (source, each, key) in enumerate(zip(job.maps, features, keys, strict=True)):
        job.progress(
            phrase("cutting map {date} by reporting unit", date=source.date), 0.35 + 0.25 * number / len(job.maps)
        )
        if units.names:
            pieces = split_by_units(each.geometry, units.geometry, plane)
        else:
            rows = np.arange(len(each.number))
            pieces = Pieces(rows, np.full(len(rows), OUTSIDE), each.geometry, each.area_m2)
        _check_tiling(pieces, each, findings)
        _report_outside(pieces, each, units, findings)
        _report_beyond_extent(each, extents[source.date], plane, findings)
        dated.append(DatedPieces(source.date, pieces, key[pieces.feature], extents[source.date]))
    return dated


def _check_tiling(pieces: Pieces, features: Features, findings: Findings) -> None:
    parts, whole = float(pieces.area_m2.sum()), float(features.area_m2.sum())
    if abs(parts - whole) > CLOSURE * whole:
        findings.add(
            "BC-MAP-40",
            features.place,
            phrase(
                "{parts:.9g} ha in units and outside, {whole:.9g} ha on the map",
                parts=parts / M2_PER_HA,
                whole=whole / M2_PER_HA,
            ),
            phrase("parts that add up to the whole to {closure:g}", closure=CLOSURE),
            "Do not use the areas by unit of this map; please report the file.",
        )


def _report_outside(pieces: Pieces, features: Features, units: Units, findings: Findings) -> None:
    outside = pieces.unit == OUTSIDE
    if not units.names or not outside.any():
        return
    area, whole = float(pieces.area_m2[outside].sum()), float(features.area_m2.sum())
    findings.add(
        "BC-MAP-31",
        features.place,
        phrase(
            "{size} polygons that lie, wholly or in part, outside every reporting unit",
            size=np.unique(pieces.feature[outside]).size,
        ),
        "polygons inside the reporting units",
        "Reported on a line of its own, so that the parts add up to the map.",
        "warning",
        amount=area / M2_PER_HA,
        unit="ha",
        share=area / whole,
    )


def _report_beyond_extent(features: Features, extent: Extent, plane: Plane, findings: Findings) -> None:
    import shapely

    if extent.kind != "area":
        return
    shapely.prepare(extent.area)
    crossing = np.flatnonzero(~shapely.covers(extent.area, features.geometry))
    beyond = plane.area_m2(polygonal(shapely.difference(features.geometry[crossing], extent.area)))
    area, whole = float(beyond.sum()), float(features.area_m2.sum())
    if area > CLOSURE * whole:
        findings.add(
            "BC-MAP-37",
            features.place,
            phrase(
                "{n} polygons that lie, wholly or in part, outside the stated extent", n=np.count_nonzero(beyond > 0)
            ),
            "polygons inside the extent that was surveyed",
            "Counted in stocks; at the other date such a place counts as not surveyed. Is the extent right?",
            "warning",
            amount=area / M2_PER_HA,
            unit="ha",
            share=area / whole,
        )


def _all_changes(
    job: _Job, dated: list[DatedPieces], plane: Plane, findings: Findings
) -> list[tuple[str, str, Changes]]:
    result = []
    for number, (before, after) in enumerate(itertools.pairwise(dated)):
        job.progress(
            phrase("change {date} to {date2}", date=before.date, date2=after.date), 0.6 + 0.3 * number / len(dated)
        )
        unknown = [each.date for each in (before, after) if each.extent.kind == "unknown"]
        if unknown:
            findings.add(
                "BC-MAP-36",
                phrase("change {date} to {date2}", date=before.date, date2=after.date),
                phrase("no word on where the map of {names} looked", names=joined(" and ", unknown)),
                "an extent for both maps",
                'Set extent to "units" or to the outline that was surveyed. Change is not computed; stocks are.',
                "warning",
            )
            continue
        moved = changes(before, after, job.registration_error_m, plane, findings)
        _report_change_slivers(before, after, moved, findings)
        result.append((before.date, after.date, moved))
    return result


def _report_change_slivers(before: DatedPieces, after: DatedPieces, moved: Changes, findings: Findings) -> None:
    changed = (moved.from_key != moved.to_key) & (moved.from_key != NOT_SURVEYED) & (moved.to_key != NOT_SURVEYED)
    gross, sliver = float(moved.area_m2[changed].sum()), float(moved.sliver_m2[changed].sum())
    if gross > 0 and not np.isnan(sliver):
        findings.add(
            "BC-MAP-42",
            phrase("change {date} to {date2}", date=before.date, date2=after.date),
            phrase(
                "of {gross:,.6g} ha gross change, in slivers narrower than the registration error",
                gross=gross / M2_PER_HA,
            ),
            "change wider than the maps may lie apart",
            "Such change may be no more than two outlines drawn a little differently.",
            "note",
            amount=sliver / M2_PER_HA,
            unit="ha",
            share=sliver / gross,
        )
