"""The raster reader's front door: classified rasters of a job in, the same tables as from vector maps out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.maps import coding
from bluecarbon.maps.features import centre_points, drawn_layer, files_of
from bluecarbon.maps.paths import checked_path
from bluecarbon.maps.raster_source import RasterSource
from bluecarbon.maps.tables import (
    AREA_COLUMNS,
    EXTENT_COLUMNS,
    NOT_SURVEYED,
    OTHER,
    OUTSIDE_UNITS,
    TRANSITION_COLUMNS,
    WHOLE_MAP,
    LegendValues,
    MapSource,
    Progress,
    SurveyAreas,
    UnitsSource,
)
from bluecarbon.maps.trajectories import PassPlan, Trajectories, areas_of, count_windows, plan_pass
from bluecarbon.maps.zones import ZonePolygons
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas

M2_PER_HA = 10_000.0
BEYOND_SHARE = 0.002  # of a unit: more than cells on its border can explain


@dataclass(frozen=True)
class RasterOptions:
    """How rasters are laid upon each other and upon reporting units.

    Parameters
    ----------
    unit_rule : {"centre", "coverage"}
        Whether a cell on a border belongs to the unit that holds its centre, or is shared out.
    resample : bool
        Whether rasters on other grids are read by nearest class, or refused.
    executor : concurrent.futures.Executor or None
        Counts windows in parallel.
    """

    unit_rule: str = "centre"
    resample: bool = True
    executor: Executor | None = None


@dataclass(frozen=True)
class _Units:
    names: tuple[str, ...] = ()
    area_ha: np.ndarray = field(default_factory=lambda: np.empty(0))
    attributes: Mapping[str, list] = field(default_factory=dict)
    zones: ZonePolygons | None = None
    files: tuple[tuple[str, str, str], ...] = ()

    def label(self, zone: int) -> str:
        if not self.names:
            return WHOLE_MAP
        return OUTSIDE_UNITS if zone < 0 else self.names[zone]


def raster_survey_areas(
    maps: Sequence[MapSource],
    legend: LegendValues,
    units: UnitsSource | None = None,
    bands: Mapping[str, int] | None = None,
    nodata: Mapping[str, int] | None = None,
    progress: Progress | None = None,
    options: RasterOptions | None = None,
) -> SurveyAreas:
    """Areas of classified rasters by date, reporting unit and class, and the transitions between consecutive dates.

    Parameters
    ----------
    maps : sequence of MapSource
        In order of date, all GeoTIFF. A raster says itself where it looked: its nodata is "not surveyed". Only
        ``extent = "units"`` with ``unmapped = "other"`` turns nodata inside the units into "other".
    legend : LegendValues
        Cell values, as text, that become habitat, and those that are ignored; any other value stops the job.
    units : UnitsSource, optional
        Without them the whole map is one unit ``""``.
    bands, nodata : mapping of date to int, optional
        Band that holds the classes; a further value that means "not surveyed".
    progress : function, optional
        Called with what is being done and the share done.
    options : RasterOptions, optional
        By cell centre, nearest class, one worker.

    Returns
    -------
    SurveyAreas
        ``features`` counts cells; slivers are NaN; ``layers`` is empty.

    Raises
    ------
    InputError
        With every error found in all files (codes BC-RAS-01 to -24, and BC-MAP codes of paths, CRS and units).
    """
    options = options or RasterOptions()
    tell = progress or (lambda text, share: None)
    findings = Findings()
    _check_maps(maps, findings)
    sources = [
        RasterSource(source.path, source.date, (bands or {}).get(source.date), (nodata or {}).get(source.date))
        for source in maps
    ]
    try:
        plan = plan_pass(sources, None, options.resample)
    except InputError as error:
        findings.extend(error.findings)
    findings.stop_on_errors()
    unit_set = _Units()
    if units is not None:
        unit_set = _units(units, plan, options.unit_rule, findings)
        findings.stop_on_errors()
        plan = plan_pass(sources, unit_set.zones, options.resample)
    histogram = count_windows(plan, None, options.executor, lambda _, done: tell("counting cells", 0.9 * done))
    ways = areas_of(histogram, plan)
    findings.extend(ways.findings)
    _check_classes(ways, maps, legend, findings)
    findings.stop_on_errors()
    return _tables(ways, maps, legend, unit_set, plan, findings)


def _check_maps(maps: Sequence[MapSource], findings: Findings) -> None:
    for source in maps:
        place = phrase("map {date}", date=source.date)
        asked = [name for name in ("class_field", "layer", "overlaps", "encoding") if getattr(source, name)]
        asked += ["attributes"] if source.attributes else []
        asked += ["the path of an extent"] if source.extent not in ("units", "unknown") else []
        if asked:
            findings.add(
                "BC-RAS-23",
                place,
                ", ".join(asked),
                "what a raster has: classes in a band, nodata where no one looked",
                "Leave it out; mark what was not surveyed by nodata.",
            )
        if source.extent == "units" and source.unmapped not in ("other", "not_surveyed"):
            findings.add(
                "BC-RAS-23", place, phrase("unmapped = {unmapped!r}", unmapped=source.unmapped), "other or not_surveyed"
            )


def _units(source: UnitsSource, plan: PassPlan, rule: str, findings: Findings) -> _Units:
    """Reporting units, checked and mended as for vector maps, then laid on the grid."""
    import shapely

    from bluecarbon.maps.crs import map_crs
    from bluecarbon.maps.plane import Plane
    from bluecarbon.maps.reporting_units import reporting_units
    from bluecarbon.maps.vector import read_layer

    layer = read_layer(
        source.path,
        [source.name_field, *source.attributes.values()],
        source.layer,
        source.encoding,
        phrase("reporting units"),
    )
    frame = map_crs(plan.areas.grid.crs_wkt, plan.sources[0].path)
    drawn = drawn_layer(layer, frame, findings)
    findings.stop_on_errors()
    plane = Plane.around(centre_points([drawn]), frame.ellipsoid)
    units = reporting_units(drawn, source, plane, findings)
    lonlat = shapely.transform(units.geometry, plane.to_lonlat)
    broken = ~shapely.is_valid(lonlat)
    lonlat[broken] = shapely.buffer(lonlat[broken], 0)
    names = tuple(str(name) for name in units.names)
    zones = ZonePolygons(names, list(lonlat), frame.geographic, rule, "reporting units")
    return _Units(
        names, units.area_m2 / M2_PER_HA, units.attributes, zones, tuple(files_of(layer.path, "reporting units"))
    )


def _check_classes(ways: Trajectories, maps: Sequence[MapSource], legend: LegendValues, findings: Findings) -> None:
    """Every class of every date that the legend does not know, with its area."""
    known = legend.habitat | legend.ignored
    for source in maps:
        areas = ways.by_date(source.date)
        mapped = sum(area for value, area in areas.items() if value != coding.NOT_SURVEYED)
        for value, area in areas.items():
            if value != coding.NOT_SURVEYED and str(value) not in known:
                findings.add(
                    "BC-RAS-21",
                    phrase("map {date}", date=source.date),
                    phrase("class {value}", value=value),
                    "a class of the legend",
                    'Add it to [legend], set it to "ignore", or state it as nodata if no one looked there.',
                    amount=area,
                    unit="ha",
                    share=area / mapped,
                )


def _tables(
    ways: Trajectories,
    maps: Sequence[MapSource],
    legend: LegendValues,
    units: _Units,
    plan: PassPlan,
    findings: Findings,
) -> SurveyAreas:
    import pandas as pd

    habitat = sorted({value for value in np.unique(ways.classes).tolist() if str(value) in legend.habitat})
    number = {value: key for key, value in enumerate(habitat)}
    keys = np.vectorize(lambda value: number.get(value, OTHER), otypes=[np.int64])(ways.classes)
    keys[ways.classes == coding.NOT_SURVEYED] = NOT_SURVEYED
    for column, source in enumerate(maps):
        if source.extent == "units" and source.unmapped == "other":
            keys[(keys[:, column] == NOT_SURVEYED) & (ways.zone >= 0), column] = OTHER
    table = pd.DataFrame({"key": range(len(habitat)), "value": [str(value) for value in habitat]})
    unit_table = pd.DataFrame({"reporting_unit": list(units.names), "area_ha": units.area_ha})
    for name, values in units.attributes.items():
        unit_table[name] = pd.Series(values, dtype=object)
    _report_outside(keys, ways, units, maps, findings)
    _report_beyond_grid(ways, units, findings)
    files = [item for source in maps for item in files_of(checked_path(source.path, "map"), f"map {source.date}")]
    return SurveyAreas(
        keys=table.astype({"value": object}),
        areas=_areas(keys, ways, units, plan),
        transitions=_transitions(keys, ways, units),
        extents=_extents(keys, ways, units),
        units=unit_table,
        findings=list(findings),
        files=[*files, *units.files],
    )


def _groups(zone: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of (zone, keys …), units in their order and what lies outside last, and each entry's row."""
    last = np.where(zone < 0, np.iinfo(np.int64).max, zone)
    rows, index = np.unique(np.column_stack([last, *keys]), axis=0, return_inverse=True)
    rows[:, 0] = np.where(rows[:, 0] == np.iinfo(np.int64).max, -1, rows[:, 0])
    return rows, index.reshape(-1)


def _areas(keys: np.ndarray, ways: Trajectories, units: _Units, plan: PassPlan) -> pandas.DataFrame:
    import pandas as pd

    planar_m2 = _planar_cell_m2(plan)
    out = []
    for column, date in enumerate(ways.dates):
        rows, index = _groups(ways.zone, keys[:, column])
        area = np.bincount(index, weights=ways.area_ha)
        cells = np.bincount(index, weights=ways.count)
        out += [
            (date, units.label(zone), key, area[k], round(cells[k]), cells[k] * planar_m2 / M2_PER_HA)
            for k, (zone, key) in enumerate(rows.tolist())
            if key >= 0
        ]
    return pd.DataFrame(out, columns=list(AREA_COLUMNS))


def _planar_cell_m2(plan: PassPlan) -> float:
    from bluecarbon.maps.crs import map_crs

    grid = plan.areas.grid
    unit_m = map_crs(grid.crs_wkt, plan.sources[0].path).unit_m
    return abs(grid.dx * grid.dy) * unit_m**2


def _transitions(keys: np.ndarray, ways: Trajectories, units: _Units) -> pandas.DataFrame:
    import pandas as pd

    out = []
    for (before, from_date), (after, to_date) in itertools.pairwise(enumerate(ways.dates)):
        rows, index = _groups(ways.zone, keys[:, before], keys[:, after])
        area = np.bincount(index, weights=ways.area_ha)
        out += [
            (from_date, to_date, units.label(zone), one, other, area[k], float("nan"))
            for k, (zone, one, other) in enumerate(rows.tolist())
            if one >= 0 or other >= 0
        ]
    return pd.DataFrame(out, columns=list(TRANSITION_COLUMNS))


def _extents(keys: np.ndarray, ways: Trajectories, units: _Units) -> pandas.DataFrame:
    import pandas as pd

    out = []
    for column, date in enumerate(ways.dates):
        looked = keys[:, column] != NOT_SURVEYED
        for zone in [*range(len(units.names)), -1] if units.names else [-1]:
            here = looked & (ways.zone == zone)
            out.append((date, units.label(zone), float(ways.area_ha[here].sum())))
    return pd.DataFrame(out, columns=list(EXTENT_COLUMNS))


def _report_outside(
    keys: np.ndarray, ways: Trajectories, units: _Units, maps: Sequence[MapSource], findings: Findings
) -> None:
    if not units.names:
        return
    for column, source in enumerate(maps):
        habitat = keys[:, column] >= 0
        area, whole = float(ways.area_ha[habitat & (ways.zone < 0)].sum()), float(ways.area_ha[habitat].sum())
        if area > 0:
            findings.add(
                "BC-MAP-31",
                phrase("map {date}", date=source.date),
                "cells of habitat outside every reporting unit",
                "habitat inside the reporting units",
                "Reported on a line of its own, so that the parts add up to the map.",
                "warning",
                amount=area,
                unit="ha",
                share=area / whole,
            )


def _report_beyond_grid(ways: Trajectories, units: _Units, findings: Findings) -> None:
    for number, (name, area) in enumerate(zip(units.names, units.area_ha, strict=True)):
        covered = float(ways.area_ha[ways.zone == number].sum())
        if area - covered > BEYOND_SHARE * area:
            findings.add(
                "BC-RAS-24",
                phrase("reporting unit {name}", name=name),
                "ground beyond the edge of the rasters",
                "rasters that cover the reporting units",
                "It counts as not surveyed. Are these the right units, or is the map cut short?",
                "warning",
                amount=area - covered,
                unit="ha",
                share=(area - covered) / area,
            )
