"""From files to a projection's inputs: tables, maps and zones read at the edge, findings of all of them together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.projection.advice import advise
from bluecarbon.projection.cells import PLAIN, Text
from bluecarbon.projection.ground import trajectory_areas
from bluecarbon.projection.legends import check_legends, legend_of
from bluecarbon.projection.reading import Snapshots, read_classes, read_snapshots
from bluecarbon.projection.tables import ClassTable, TrajectoryAreas
from bluecarbon.projection.transitions import read_transitions
from methodology.base.errors import Finding, Findings, InputError, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.maps.checkpoint import Checkpoint

Progress = Callable[[str, float], None]
ELSEWHERE = ("BC-RAS-14", "BC-RAS-15", "BC-PRJ-35")
"""Findings that say which map lies where another does not."""


@dataclass(frozen=True)
class MapOptions:
    """How maps, and the text of tables, are read.

    Parameters
    ----------
    zones : Path, optional
        Polygons, or a raster of zone numbers.
    zone_field : str, optional
        Column of the polygons that names the zones.
    zone_rule : {"centre", "coverage"}
        How cells on a zone's border are shared out.
    zone_overlaps : {"first", "last"}, optional
        Which zone keeps ground that two claim.
    resample : bool
        Whether maps on other grids are read by nearest class.
    workers : int
        Threads that count.
    checkpoint : Checkpoint, optional
        Where an interrupted count keeps its state.
    text : Text
        Encoding and decimal sign of the tables.
    """

    zones: Path | None = None
    zone_field: str | None = None
    zone_rule: str = "centre"
    zone_overlaps: str | None = None
    resample: bool = True
    workers: int = 1
    checkpoint: Checkpoint | None = None
    text: Text = PLAIN


@dataclass(frozen=True)
class Inputs:
    """Everything a projection needs, read and checked."""

    snapshots: Snapshots
    table: ClassTable
    actions: np.ndarray
    ground: TrajectoryAreas
    findings: tuple[Finding, ...]


def read_inputs(
    snapshots: Path,
    classes: Path,
    transitions: Path | None,
    options: MapOptions,
    unit: str | None = None,
    until: int | None = None,
    progress: Progress | None = None,
) -> Inputs:
    """Read tables, then maps; stop once with all findings of the tables, and once with those of the maps.

    Parameters
    ----------
    snapshots, classes : Path
        The peer's tables, as they are.
    transitions : Path or None
        Needed as soon as there are two maps.
    options : MapOptions
    unit : str, optional
        Unit of stocks where the class table has none.
    until : int, optional
        End year, only to be checked before the maps are read.
    progress : callable, optional

    Raises
    ------
    InputError
        BC-PRJ-01 to BC-PRJ-35, and BC-RAS and BC-MAP codes of maps and zones.
    """
    findings = Findings()
    maps = read_snapshots(snapshots, findings, options.text)
    table = read_classes(classes, findings, unit, options.text)
    actions = None
    if table is not None:
        actions = _actions(transitions, table, maps, findings, options.text)
        legends = [(classes.name, _names_by_code(table))]
        check_legends([*legends, *((path.name, legend_of(path)) for path in maps.paths)], findings)
    if until is not None and maps.years and until < maps.years[-1]:
        remedy = "Give an end year from the last map on, or leave out the later maps."
        findings.add(
            "BC-PRJ-30", "--until", until, phrase("{years} or later, the last snapshot", years=maps.years[-1]), remedy
        )
    if not maps.years and not findings.errors:
        findings.add("BC-PRJ-01", snapshots.name, "no map", "at least one map")
    findings.stop_on_errors()
    ground = read_ground(maps, table, options, findings, progress)
    findings.extend(advise(table, actions, ground))
    findings.stop_on_errors()
    return Inputs(maps, table, actions, ground, tuple(findings))


def _actions(
    transitions: Path | None, table: ClassTable, maps: Snapshots, findings: Findings, text: Text
) -> np.ndarray:
    if transitions is not None:
        return read_transitions(transitions, table.names, findings, text)
    if len(maps.years) > 1:
        remedy = "`bluecarbon project --template` writes one from what the maps contain."
        findings.add("BC-PRJ-70", "--transitions", "nothing", "a transition table, as there are several maps", remedy)
    return np.zeros((len(table.names), len(table.names)), dtype=int)


def _names_by_code(table: ClassTable) -> dict[int, str]:
    return {code: table.names[position] for code, position in table.codes.items()}


def read_ground(
    maps: Snapshots, table: ClassTable, options: MapOptions, findings: Findings, progress: Progress | None = None
) -> TrajectoryAreas:
    """Areas of all class trajectories by zone, in one read of the maps.

    Raises
    ------
    InputError
        BC-PRJ-32 classes of the maps that the table lacks, all with their area; codes of maps and zones.
    """
    from bluecarbon.maps.coding import NOT_SURVEYED
    from bluecarbon.maps.raster_source import RasterSource
    from bluecarbon.maps.trajectories import trajectory_areas as count

    sources = [RasterSource(path, str(year)) for year, path in zip(maps.years, maps.paths, strict=True)]
    with _executor(options.workers) as executor:
        counted = count(
            sources, _zones(options), None, executor, progress, resample=options.resample, checkpoint=options.checkpoint
        )
    findings.extend(counted.findings)
    ground, told = trajectory_areas(
        table, maps.years, counted.classes, counted.zone, counted.area_ha, counted.zones, NOT_SURVEYED
    )
    findings.extend(told)
    findings.stop_on_errors()
    if not len(ground):
        findings.add(
            "BC-PRJ-36",
            "maps",
            "no ground with a class at every date",
            "maps that overlap",
            "Check extents and coordinate reference systems.",
        )
        raise InputError(*findings.errors, *(told for told in findings if told.code in ELSEWHERE))
    return ground


def _executor(workers: int) -> contextlib.AbstractContextManager:
    return contextlib.nullcontext() if workers == 1 else ThreadPoolExecutor(workers)


def _zones(options: MapOptions) -> object | None:
    from bluecarbon.maps.vector import read_layer
    from bluecarbon.maps.zones import ZonePolygons, ZoneRaster

    if options.zones is None:
        return None
    if options.zones.suffix.lower() in (".tif", ".tiff"):
        return ZoneRaster(options.zones)
    if options.zone_field is None:
        remedy = "Name the column that holds the zones' names."
        raise refuse("BC-PRJ-70", "--zone-field", "nothing", "a column of the zones file", remedy)
    layer = read_layer(options.zones, [options.zone_field], encoding=_zone_encoding(options), role="zones")
    names = layer.columns[options.zone_field]
    lacking = [str(number) for number, name in zip(layer.feature, names, strict=True) if name in (None, "")]
    if lacking:
        raise refuse(
            "BC-PRJ-36",
            layer.place,
            phrase("no name in feature {names}", names=", ".join(lacking[:10])),
            "a name for each zone",
        )
    names, rule, keeper = [str(name) for name in names], options.zone_rule, options.zone_overlaps
    return ZonePolygons(names, list(layer.geometry), layer.crs, rule, layer.place, keeper)


def _zone_encoding(options: MapOptions) -> str | None:
    """The encoding stated for the tables, for a shapefile that does not say its own."""
    from bluecarbon.maps.encoding import dbf_encoding

    if options.zones.suffix.lower() != ".shp" or dbf_encoding(options.zones, None, options.zones.name) is not None:
        return None
    return options.text.encoding
