"""Zones of a grid: from a raster of zone numbers, or from polygons by cell centre or by exact coverage.

By cell centre, a cell belongs wholly to the polygon that holds its centre: fast, without bias over many polygons, and
off by some 0.3 cells per root of boundary cells for one. By coverage, a cell is shared out by the planar part of it
that each polygon covers (edges straight in the raster's own projection).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.maps.alignment import align_sources
from bluecarbon.maps.coding import NOT_SURVEYED
from bluecarbon.maps.crs import map_crs, to_frame
from bluecarbon.maps.grid import Grid
from bluecarbon.maps.raster_source import PreparedSource, RasterSource, prepare_sources
from bluecarbon.maps.zone_overlaps import KEEPERS, without_overlaps
from bluecarbon.maps.zone_readers import OUTSIDE, TILE, PolygonZoneReader, RasterZoneReader
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.maps.cell_area import CellAreas


@dataclass(frozen=True)
class ZoneRaster:
    """Zones as whole numbers in a raster.

    Parameters
    ----------
    path : Path
        Local GeoTIFF.
    names : mapping of int to str, or None
        Name of each number; None names every number that occurs by itself. Numbers without a name are refused.
    band, nodata :
        As in `RasterSource`.
    """

    path: Path
    names: Mapping[int, str] | None = None
    band: int | None = None
    nodata: int | None = None

    def on_grid(self, grid: Grid, areas: CellAreas) -> tuple[Zones, Findings]:
        """The zones on the grid of the maps; numbers are named when they have been counted."""
        prepared, findings = prepare_sources([RasterSource(self.path, "zones", self.band, self.nodata)])
        anchor = PreparedSource("the maps", "maps", 1, "uint8", (), grid, (TILE, TILE))
        aligned, shifts = align_sources([anchor, *prepared])
        findings.extend(shifts)
        return Zones(grid, source=aligned[1], numbers=None if self.names is None else dict(self.names)), findings


@dataclass(frozen=True)
class ZonePolygons:
    """Zones as polygons.

    Parameters
    ----------
    names : sequence of str
        Name of each polygon; polygons of one name form one zone.
    geometries : sequence of shapely Polygon or MultiPolygon
        Valid polygons.
    crs : anything pyproj reads
        Their CRS.
    rule : {"centre", "coverage"}
        How cells on a border are shared out.
    place : str
        File, for messages.
    overlaps : {"first", "last"} or None
        Which zone, by order, keeps ground that two claim; None gives slivers to the first and refuses more.
    """

    names: Sequence[str]
    geometries: Sequence[Any]
    crs: Any
    rule: str = "centre"
    place: str = "zones"
    overlaps: str | None = None

    def on_grid(self, grid: Grid, areas: CellAreas) -> tuple[Zones, Findings]:
        """The zones in cells of the grid.

        Raises
        ------
        InputError
            BC-RAS-16 rule or names; BC-RAS-17 zones that overlap by more than slivers; BC-RAS-18 exactextract is not installed;
            BC-MAP-12 a datum shift that is not known.
        """
        import shapely

        if self.rule not in ("centre", "coverage") or len(self.names) != len(self.geometries):
            raise refuse("BC-RAS-16", self.place, self.rule, "rule centre or coverage, and a name for each polygon")
        if self.overlaps not in KEEPERS:
            raise refuse("BC-RAS-16", self.place, self.overlaps, "overlaps first or last, or nothing")
        if self.rule == "coverage":
            _need_exactextract(self.place)
        findings = Findings()
        names = tuple(dict.fromkeys(self.names))
        cells = _in_cells(np.array(self.geometries, dtype=object), self.crs, grid, self.place, findings)
        cells = without_overlaps(cells, self.names, self.overlaps, areas, self.place, findings)
        zones = Zones(
            grid,
            names,
            shapes=tuple(cells),
            owner=tuple(names.index(name) for name in self.names),
            rule=self.rule,
        )
        if not shapely.intersects(cells, shapely.box(0, 0, grid.width, grid.height)).any():
            findings.add(
                "BC-RAS-19", self.place, "no zone on the map", "zones that touch the map", "Check both CRS.", "warning"
            )
        if self.rule == "centre":
            _tell_centre_error(zones, areas, self.place, findings)
        return zones, findings


@dataclass(frozen=True, eq=False)
class Zones:
    """Zones on a grid, ready to be sent to a worker; made by `ZoneRaster.on_grid` and `ZonePolygons.on_grid`."""

    grid: Grid
    names: tuple[str, ...] = ()
    source: PreparedSource | None = None
    numbers: Mapping[int, str] | None = None
    shapes: tuple[Any, ...] = ()
    owner: tuple[int, ...] = ()
    rule: str = "centre"

    def named(self, counted: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
        """Names of the zones and the index of each counted one.

        Parameters
        ----------
        counted : array of int, shape (entry,)
            Zone as the reader gives it.

        Returns
        -------
        (tuple of str, array of int, shape (entry,))
            -1 is outside every zone.

        Raises
        ------
        InputError
            BC-RAS-16 numbers of a zone raster without a name.
        """
        if self.source is None:
            return self.names, counted
        present = [number for number in np.unique(counted).tolist() if number != NOT_SURVEYED]
        names = {number: str(number) for number in present} if self.numbers is None else self.numbers
        unknown = [number for number in present if number not in names]
        if unknown:
            raise refuse(
                "BC-RAS-16",
                self.source.path,
                phrase("zones {names}", names=", ".join(map(str, unknown[:20]))),
                "a name for every zone number",
                "Name them, or set them to nodata.",
            )
        order = sorted(names)
        spot = {number: index for index, number in enumerate(order)} | {NOT_SURVEYED: OUTSIDE}
        values, index = np.unique(counted, return_inverse=True)
        places = np.array([spot[number] for number in values.tolist()], dtype=np.int64)
        return tuple(names[number] for number in order), places[index] if len(places) else counted

    @property
    def coverage(self) -> bool:
        """Whether cells are shared out by coverage."""
        return self.rule == "coverage"

    def open(self) -> RasterZoneReader | PolygonZoneReader:
        """A reader for one thread."""
        return RasterZoneReader(self) if self.source is not None else PolygonZoneReader(self)


def _in_cells(shapes: np.ndarray, crs: Any, grid: Grid, place: str, findings: Findings) -> np.ndarray:
    """Polygons in units of cells: x is the column, y the row, from the outer corner of cell (0, 0)."""
    import shapely
    from pyproj import CRS, Transformer

    own, frame = map_crs(crs, place), map_crs(grid.crs_wkt, "the maps")
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    if len(bad):
        raise refuse(
            "BC-RAS-16",
            phrase("{place}, polygon {bad}", place=place, bad=bad[0] + 1),
            shapely.is_valid_reason(shapes[bad[0]]),
            "valid polygons",
            "Repair the zones (QGIS: Fix geometries).",
        )
    if not own.crs.equals(frame.crs, ignore_axis_order=True):
        _, notes = to_frame(own, frame, shapely.total_bounds(shapes), place)
        findings.extend(notes)
        transformer = Transformer.from_crs(own.crs, CRS.from_wkt(grid.crs_wkt), always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(transformer.transform(*xy.T)))
    return shapely.transform(shapes, lambda xy: (xy - [grid.left, grid.top]) / [grid.dx, grid.dy])


def _tell_centre_error(zones: Zones, areas: CellAreas, place: str, findings: Findings) -> None:
    """Standard error of counting by cell centre: each border cell is in or out by chance, variance 1/12."""
    import shapely

    border = np.zeros(len(zones.names))
    inside = np.zeros(len(zones.names))
    np.add.at(border, list(zones.owner), shapely.length(np.array(zones.shapes, dtype=object)) * 4 / np.pi)
    np.add.at(inside, list(zones.owner), shapely.area(np.array(zones.shapes, dtype=object)))
    share = np.sqrt(border / 12) / np.maximum(inside, 1e-300)
    worst = int(np.argmax(share))
    findings.add(
        "BC-RAS-20",
        place,
        phrase(
            "zones by cell centre: a standard error of about {share:.2g} % for {names!r}, "
            "{median:.2g} % for half of the zones",
            share=100 * share[worst],
            names=zones.names[worst],
            median=100 * np.median(share),
        ),
        "an error that suits the purpose",
        "Choose rule coverage where single plots are reported.",
        severity="note",
    )


def _need_exactextract(place: str) -> None:
    from importlib.util import find_spec

    if find_spec("exactextract") is None:
        raise refuse(
            "BC-RAS-18",
            place,
            "no package exactextract",
            "it installed, for zones by exact coverage",
            "Install the extra: pip install 'bluecarbon-toolkit[coverage]', or use rule centre.",
        )
