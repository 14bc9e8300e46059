"""Rasters of several dates on one grid: the same grid, or the nearest class with the shift told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.maps.coding import NOT_SURVEYED, Room
from bluecarbon.maps.crs import map_crs, to_frame
from bluecarbon.maps.grid import Grid, Window
from bluecarbon.maps.raster_source import (
    FLOAT_DTYPES,
    PreparedSource,
    damaged_block,
    gdal_env,
    open_geotiff,
)
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import rasterio

SAME_GRID = 1e-3  # of a cell, over the whole width: rounding of georeferences, not a shift
PROBES = 41
ON_EDGE = 1e-6  # of a cell: a centre on an edge belongs to the next cell, whatever the last digit
MAX_SOURCE_CELLS = 2**25
MAX_CLASS = 2.0**53  # a larger float is no whole number a legend could name


def align_sources(sources: Sequence[PreparedSource], resample: bool = True) -> tuple[list[PreparedSource], Findings]:
    """Lay all rasters on the grid of the first.

    Parameters
    ----------
    sources : sequence of PreparedSource
        In order of date; the first sets the grid.
    resample : bool
        Whether a raster on another grid is read by nearest class. False refuses it.

    Returns
    -------
    (list of PreparedSource, Findings)
        BC-RAS-14 (warning) tells the largest and mean shift of each resampled raster; BC-RAS-15 (warning) that it
        does not cover the first map.

    Raises
    ------
    InputError
        BC-RAS-13 different grids and ``resample=False``; BC-MAP-12 a datum shift that is not known.
    """
    findings = Findings()
    first = sources[0]
    out = [first]
    for source in sources[1:]:
        if same_grid(first.grid, source.grid):
            out.append(source)
            continue
        if not resample:
            findings.add(
                "BC-RAS-13",
                source.path,
                _difference(first.grid, source.grid),
                phrase("the grid of {path}", path=first.path),
                "Resample it by nearest neighbour to that grid, or allow resampling here.",
            )
            continue
        out.append(replace(source, aligned=False))
        findings.extend(_shift(first, source))
    findings.stop_on_errors()
    return out, findings


def same_grid(one: Grid, other: Grid) -> bool:
    """Whether two grids have the same cells, to a thousandth of a cell."""
    if (one.width, one.height) != (other.width, other.height) or not _same_crs(one, other):
        return False
    tolerance = SAME_GRID * min(abs(one.dx), abs(one.dy))
    turned = (one.dx > 0) != (other.dx > 0) or (one.dy > 0) != (other.dy > 0)
    return not turned and bool(np.abs(np.subtract(one.corners(), other.corners())).max() <= tolerance)


def _same_crs(one: Grid, other: Grid) -> bool:
    from pyproj import CRS

    return one.crs_wkt == other.crs_wkt or CRS.from_wkt(one.crs_wkt).equals(CRS.from_wkt(other.crs_wkt), True)


def _difference(one: Grid, other: Grid) -> str:
    from pyproj import CRS

    if not _same_crs(one, other):
        return phrase(
            "CRS {from_wkt} beside {from_wkt2}",
            from_wkt=CRS.from_wkt(other.crs_wkt).name,
            from_wkt2=CRS.from_wkt(one.crs_wkt).name,
        )
    return phrase(
        "{width} × {height} cells of {dx:g} from ({left:.10g}, {top:.10g}) beside {width2} × "
        "{height2} of {dx2:g} from ({left2:.10g}, {top2:.10g})",
        width=other.width,
        height=other.height,
        dx=abs(other.dx),
        left=other.left,
        top=other.top,
        width2=one.width,
        height2=one.height,
        dx2=abs(one.dx),
        left2=one.left,
        top2=one.top,
    )


def _shift(first: PreparedSource, source: PreparedSource) -> Findings:
    """How far the class that is read lies from the centre of the cell it is given to."""
    from pyproj import Geod, Transformer

    findings = Findings()
    one, other = first.grid, source.grid
    frame, own = map_crs(one.crs_wkt, first.path), map_crs(other.crs_wkt, source.path)
    _, notes = to_frame(own, frame, np.array(other.corners()), source.path)
    findings.extend(notes)
    rows = np.unique(np.linspace(0, one.height - 1, PROBES).round())
    cols = np.unique(np.linspace(0, one.width - 1, PROBES).round())
    y, x = np.meshgrid(one.top + one.dy * (rows + 0.5), one.left + one.dx * (cols + 0.5), indexing="ij")
    there = Transformer.from_crs(one.crs_wkt, other.crs_wkt, always_xy=True)
    u, v = there.transform(x, y)
    col, row = np.floor((u - other.left) / other.dx + ON_EDGE), np.floor((v - other.top) / other.dy + ON_EDGE)
    inside = (col >= 0) & (col < other.width) & (row >= 0) & (row < other.height)
    to_degrees = Transformer.from_crs(other.crs_wkt, own.geographic, always_xy=True)
    lon_1, lat_1 = to_degrees.transform(u, v)
    lon_2, lat_2 = to_degrees.transform(other.left + other.dx * (col + 0.5), other.top + other.dy * (row + 0.5))
    geod = Geod(a=own.ellipsoid.semi_major_m, rf=own.ellipsoid.inverse_flattening)
    shift = geod.inv(lon_1, lat_1, lon_2, lat_2)[2][inside]
    told = (
        phrase("at most {shift:.3g} m, on average {mean:.3g} m", shift=shift.max(), mean=shift.mean())
        if shift.size
        else phrase("no common ground")
    )
    findings.add(
        "BC-RAS-14",
        source.path,
        phrase("{difference}; read by nearest class, moved by {told}", difference=_difference(one, other), told=told),
        phrase("the grid of {path}", path=first.path),
        "Thin change along edges may come from the shift alone. Map all dates on one grid to be rid of it.",
        severity="warning",
    )
    if not inside.all():
        findings.add(
            "BC-RAS-15",
            source.path,
            phrase("{mean:.3g} % of the first map's grid lies outside this map", mean=100 * (1 - inside.mean())),
            "maps that cover the same ground",
            "That ground counts as not surveyed at this date.",
            severity="warning",
        )
    return findings


class Reader:
    """Open rasters of a pass, read window by window on the grid of the first."""

    def __init__(self, sources: Sequence[PreparedSource], grid: Grid | None = None) -> None:
        self.sources = list(sources)
        self.grid = grid or self.sources[0].grid
        self.opened: list[rasterio.DatasetReader] = []
        self.rooms = [Room() for _ in sources]
        self.narrow = [stored_narrow(source) for source in sources]
        with gdal_env():
            for source in sources:
                self._open(source)

    def _open(self, source: PreparedSource) -> None:
        dataset = open_geotiff(source.path)
        self.opened.append(dataset)
        header = (dataset.width, dataset.height, dataset.dtypes[source.band - 1])
        if header != (source.grid.width, source.grid.height, source.dtype):
            raise refuse("BC-RAS-05", source.path, "a file that changed meanwhile", "the file as it was checked")

    def read_all(self, window: Window) -> list[np.ndarray]:
        """Values of every raster in one window: as stored up to 16 bits, else whole numbers with `NOT_SURVEYED`.

        The arrays are overwritten by the next call for a window of the same size.

        Raises
        ------
        InputError
            BC-RAS-05 a damaged block; BC-RAS-06 a fraction.
        """
        from rasterio.windows import Window as FileWindow

        part = FileWindow(window.col, window.row, window.width, window.height)
        return [self._read(number, window, part) for number in range(len(self.sources))]

    def _read(self, number: int, window: Window, part: Any) -> np.ndarray:
        source = self.sources[number]
        if source.aligned:
            values = self._stored(number, part, self.rooms[number].take((window.height, window.width), source.dtype))
            return values if self.narrow[number] else _whole_numbers(values, source, window)
        return self._nearest(number, window)

    def _stored(self, number: int, part: Any, out: np.ndarray) -> np.ndarray:
        from rasterio.errors import RasterioError

        try:
            return self.opened[number].read(self.sources[number].band, out=out, window=part)
        except RasterioError as error:
            raise self._damage(number, part, error) from None

    def _nearest(self, number: int, window: Window) -> np.ndarray:
        """Class of the source cell in which each centre of the window lies."""
        from rasterio.windows import Window as FileWindow

        source = self.sources[number]
        rows, cols, inside = nearest_cells(self.grid, source.grid, window)
        held = self.narrow[number]
        fill = source.nodata[0] if held else NOT_SURVEYED
        out = np.full((window.height, window.width), fill, dtype=source.dtype if held else np.int64)
        if not inside.any():
            return out
        top, left = int(rows[inside].min()), int(cols[inside].min())
        high, wide = int(rows[inside].max()) - top + 1, int(cols[inside].max()) - left + 1
        if high * wide > MAX_SOURCE_CELLS and window.height > 1:
            half = window.height // 2
            upper = Window(window.row, window.col, half, window.width)
            lower = Window(window.row + half, window.col, window.height - half, window.width)
            return np.concatenate([self._nearest(number, upper), self._nearest(number, lower)])
        values = self._stored(number, FileWindow(left, top, wide, high), np.empty((high, wide), source.dtype))
        if not held:
            values = _whole_numbers(values, source, Window(top, left, high, wide))
        out[inside] = values[rows[inside] - top, cols[inside] - left]
        return out

    def close(self) -> None:
        """Close every file."""
        for dataset in reversed(self.opened):
            dataset.close()

    def _damage(self, number: int, part: Any, error: Exception) -> Exception:
        """Narrow a failed window down to the first block of the file that cannot be read."""
        from rasterio.errors import RasterioError
        from rasterio.windows import Window as FileWindow

        source, view = self.sources[number], self.opened[number]
        high, wide = view.block_shapes[source.band - 1]
        rows, cols = (part.row_off, part.row_off + part.height), (part.col_off, part.col_off + part.width)
        for row in range(rows[0] // high * high, rows[1], high):
            for col in range(cols[0] // wide * wide, cols[1], wide):
                end_row, end_col = min(row + high, view.height), min(col + wide, view.width)
                try:
                    view.read(source.band, window=FileWindow(col, row, end_col - col, end_row - row))
                except RasterioError as own:
                    return damaged_block(source.path, (row, end_row), (col, end_col), own)
        return damaged_block(source.path, rows, cols, error)


def stored_narrow(source: PreparedSource) -> bool:
    """Whether a raster is counted as it is stored."""
    return np.dtype(source.dtype).itemsize <= 2 and source.dtype not in FLOAT_DTYPES and _has_own_nodata(source)


def _has_own_nodata(source: PreparedSource) -> bool:
    return source.aligned or bool(source.nodata)


def nearest_cells(grid: Grid, other: Grid, window: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row and column of the cell of another grid in which the centre of each cell of a window lies.

    Returns
    -------
    (rows, cols, inside) : arrays, shape (row, column)
        Cells, and whether they are on the other grid.
    """
    from pyproj import Transformer

    x = grid.left + grid.dx * (np.arange(window.col, window.col + window.width) + 0.5)
    y = grid.top + grid.dy * (np.arange(window.row, window.row + window.height) + 0.5)
    y, x = np.meshgrid(y, x, indexing="ij")
    if not _same_crs(grid, other):
        x, y = Transformer.from_crs(grid.crs_wkt, other.crs_wkt, always_xy=True).transform(x, y)
    with np.errstate(invalid="ignore"):
        cols, rows = (x - other.left) / other.dx + ON_EDGE, (y - other.top) / other.dy + ON_EDGE
        inside = (cols >= 0) & (cols < other.width) & (rows >= 0) & (rows < other.height)
        rows, cols = np.where(inside, rows, 0).astype(np.int64), np.where(inside, cols, 0).astype(np.int64)
    return rows, cols, inside


def _whole_numbers(values: np.ndarray, source: PreparedSource, window: Window) -> np.ndarray:
    kind = float if values.dtype.kind == "f" else values.dtype
    missing = np.isin(values, np.array(source.nodata, dtype=kind))
    if values.dtype.kind == "f":
        missing |= np.isnan(values)
        fraction = ~missing & ((values != np.rint(values)) | (np.abs(values) > MAX_CLASS))
        if fraction.any():
            row, col = (int(part) for part in np.argwhere(fraction)[0])
            raise refuse(
                "BC-RAS-06",
                phrase("{path}, row {row}, column {col}", path=source.path, row=window.row + row, col=window.col + col),
                f"{values[row, col]:.6g}",
                "a whole-number class",
                "This is a continuous layer, or it was resampled by averaging. Give the class map itself.",
            )
        values = np.where(missing, 0, values)
    out = values.astype(np.int64)
    out[missing] = NOT_SURVEYED
    return out
