"""True ground area of raster cells on the ellipsoid.

Geographic grids: closed form by row. Projected grids: cell size times the ground area of a unit of map area, which
is 1 for equal-area projections and is otherwise evaluated from the inverse projection.

Counting must not depend on how a map is cut into windows, so areas enter the count as whole numbers: in each band of
rows the area of a cell is ``base + steps * step``, with steps a whole number below 65,536, and base and step whole
multiples of one unit for the whole grid. Sums of whole numbers are exact in any order. One weighted histogram then
yields cells and steps together, since a cell weighs ``2**34 + steps`` and at most ``2**18`` cells are counted at a
time, which stays below ``2**53``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.maps.grid import Window
from bluecarbon.maps.map_scale import EQUAL_AREA, ProjectedFit, ellipsoid_of, fit_projection, latitude_cell_area_m2
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.maps.grid import Grid

CELL_BIT = 34
MAX_CELLS = 2**18
SAMPLE = 256
STEPS = 65_000  # below 2**16 with room for rounding at both ends
ROOM = 32
FLAT_STEPS = 4  # a change along the rows of a band this small is left out (transverse Mercator)
MAX_BAND_ROWS = 512
MAX_BAND_RANGE = 1e-2  # spread of areas in a band against the largest cell; keeps half a step below 1e-7 of it
CROSS_TOLERANCE = 1e-8
M2_PER_HA = 10_000.0


@dataclass(frozen=True, eq=False)
class Band:
    """Cell areas of a band of rows as whole steps above a base.

    Parameters
    ----------
    start, stop : int
        Rows.
    base, step : int
        Area of a cell is ``base + steps * step``, in units of the grid. [unit]
    by_row : array, shape (patch, row), or None
        Whole steps of each row, for each patch of columns; None where areas depend on the column alone. [step]
    by_column : array, shape (column,) or None
        Whole steps of each column, to be added; None where areas depend on the row alone. [step]
    patch_columns : int
        Columns of a patch.
    error : float
        Largest error of a cell against its exact area, as a share of the largest cell of the band. [1]
    """

    start: int
    stop: int
    base: int
    step: int
    by_row: np.ndarray | None
    by_column: np.ndarray | None
    patch_columns: int
    error: float

    @cached_property
    def column_sums(self) -> np.ndarray:
        """Sum of ``by_column`` before each column, shape (column + 1,). [step]"""
        return np.concatenate([[0.0], np.cumsum(self.by_column)])


@dataclass(frozen=True)
class CellAreas:
    """Areas of the cells of one grid, given band by band.

    Parameters
    ----------
    grid : Grid
        The grid.
    constant_m2 : float or None
        The area, where all cells have the same. [m2]
    band_rows : int
        Rows of a band; bands start at row 0.
    fit : ProjectedFit or None
        Ground area per unit of map area, for projected grids that are not equal-area.
    unit_m2 : float
        What areas are counted in: a power of two so small that the whole grid still fits 62 bits, or the cell itself
        where all are alike. [m2]
    """

    grid: Grid
    constant_m2: float | None
    band_rows: int
    fit: ProjectedFit | None = None
    unit_m2: float = 1.0

    def pieces(self, row: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Cut rows at the bounds of bands: (band, first row, row after the last)."""
        if self.constant_m2 is not None:
            yield 0, row, stop
            return
        while row < stop:
            band = row // self.band_rows
            end = min(stop, (band + 1) * self.band_rows)
            yield band, row, end
            row = end

    def band(self, index: int) -> Band:
        """The areas in one band of rows."""
        start = index * self.band_rows
        return _band(self, start, min(self.grid.height, start + self.band_rows))

    def breaks(self, index: int, part: Window) -> slice | list[int]:
        """Columns of a window, beside the first, where a run has to end: borders of patches."""
        if self.constant_m2 is not None:
            return slice(0, 0)
        wide = self.band(index).patch_columns
        first = (part.col // wide + 1) * wide
        return slice(0, 0) if first >= part.col + part.width else slice(first - part.col, None, wide)

    def run_weights(self, index: int, part: Window, starts: np.ndarray) -> np.ndarray:
        """``2**34 * cells + steps`` of runs of cells.

        Parameters
        ----------
        index : int
            Band.
        part : Window
            Within the band.
        starts : array of int, shape (run,)
            Flat index of each run's first cell; a run ends where the next begins, and never crosses a row or a patch.
        """
        if self.constant_m2 is not None:
            return _to_next(starts, part.height * part.width) * 2.0**CELL_BIT
        band = self.band(index)
        rows, columns = _row_and_column(starts, part.width)
        top = part.row - band.start
        if band.by_column is None:
            weights = band.by_row[0, top : top + part.height] + 2.0**CELL_BIT
            return _to_next(starts, part.height * part.width) * np.take(weights, rows)
        sums = band.column_sums[part.col : part.col + part.width + 1] - band.column_sums[part.col]
        sums += 2.0**CELL_BIT * np.arange(part.width + 1)
        before = np.take(sums, columns)  # steps before the run: in its row, then in the rows above
        before += rows * sums[-1]
        total = _to_next(before, part.height * sums[-1])
        if band.by_row is not None:
            patch = (columns + part.col) // band.patch_columns
            total += _to_next(starts, part.height * part.width) * band.by_row[patch, rows + top]
        return total

    def steps(self, index: int, part: Window) -> np.ndarray:
        """Steps of area of every cell of a window within a band, shape (row, column)."""
        out = np.zeros((part.height, part.width))
        if self.constant_m2 is not None:
            return out
        band = self.band(index)
        local = slice(part.row - band.start, part.row - band.start + part.height)
        if band.by_column is not None:
            out += band.by_column[part.col : part.col + part.width]
        if band.by_row is not None:
            patch = np.arange(part.col, part.col + part.width) // band.patch_columns
            out += band.by_row[:, local].T[:, patch]
        return out

    def units(self, bands: np.ndarray, cells: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Area of counted cells as whole numbers, shape (entry,). [unit]"""
        if self.constant_m2 is not None:
            return cells
        present, where = np.unique(bands, return_inverse=True)
        known = [self.band(int(index)) for index in present]
        base = np.array([band.base for band in known], dtype=cells.dtype)[where]
        step = np.array([band.step for band in known], dtype=cells.dtype)[where]
        return cells * base + steps * step

    def cell_m2(self, row: int, col: int = 0) -> float:
        """Area of one cell as the count carries it. [m2]"""
        if self.constant_m2 is not None:
            return self.constant_m2
        index = row // self.band_rows
        band = self.band(index)
        return (band.base + int(self.steps(index, Window(row, col, 1, 1))[0, 0]) * band.step) * self.unit_m2

    def error(self) -> float:
        """Largest error of any cell area against the closed form, as a share of the cell. [1]"""
        if self.constant_m2 is not None:
            return EQUAL_AREA if self.fit is not None else 0.0
        last = (self.grid.height - 1) // self.band_rows
        probes = sorted({0, last // 4, last // 2, 3 * last // 4, last})
        return max(self.band(index).error for index in probes)


def _to_next(values: np.ndarray, end: float) -> np.ndarray:
    """Difference to the next value, of the last one to the end."""
    out = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=out[:-1])
    out[-1] = end - values[-1]
    return out


def _row_and_column(flat: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    if width & (width - 1) == 0:  # shifting is several times faster than dividing
        return flat >> (width.bit_length() - 1), flat & (width - 1)
    rows = flat // width
    return rows, flat - rows * width


def cell_areas(grid: Grid) -> CellAreas:
    """Ground areas of the cells of a grid.

    Parameters
    ----------
    grid : Grid
        North-up grid with a geographic or projected CRS.

    Returns
    -------
    CellAreas

    Raises
    ------
    InputError
        BC-RAS-11 the grid reaches beyond a pole or beyond where its projection holds.
    """
    from pyproj import CRS

    crs = CRS.from_wkt(grid.crs_wkt)
    if crs.is_geographic:
        rows = MAX_BAND_ROWS
        areas = _row_areas_m2(grid)
        while rows > 1 and _largest_spread(areas, rows) > MAX_BAND_RANGE:
            rows //= 2
        return CellAreas(grid, None, rows, None, _unit_m2(grid, float(areas.max())))
    fit = fit_projection(grid)
    if fit.constant is not None:
        cell_m2 = abs(grid.dx * grid.dy) * fit.constant
        return CellAreas(grid, cell_m2, grid.height, fit, cell_m2)
    rows = MAX_BAND_ROWS
    middle = fit.scale(np.arange(grid.height), np.array([0, grid.width // 2, grid.width - 1]))
    while rows > 1 and max(_largest_spread(column, rows) for column in middle.T) > MAX_BAND_RANGE:
        rows //= 2
    largest = float(fit.scale(np.linspace(0, grid.height - 1, SAMPLE), np.linspace(0, grid.width - 1, SAMPLE)).max())
    return CellAreas(grid, None, rows, fit, _unit_m2(grid, 1.01 * largest * abs(grid.dx * grid.dy)))


def _unit_m2(grid: Grid, largest_cell_m2: float) -> float:
    return 2.0 ** -np.floor(62 - np.log2(grid.cells * largest_cell_m2))


@lru_cache(maxsize=16)
def _row_areas_m2(grid: Grid) -> np.ndarray:
    from pyproj import CRS

    crs = CRS.from_wkt(grid.crs_wkt)
    unit = crs.axis_info[0].unit_conversion_factor
    edges = (grid.top + grid.dy * np.arange(grid.height + 1)) * unit
    if np.abs(edges).max() > np.pi / 2 + 1e-12 * abs(grid.dy) + 1e-9:
        raise refuse(
            "BC-RAS-11",
            "grid",
            phrase("latitudes to {degrees:.6g}°", degrees=np.degrees(np.abs(edges).max())),
            "latitudes within 90°",
            "The map reaches beyond a pole: its CRS or its georeference is wrong.",
        )
    edges = np.clip(edges, -np.pi / 2, np.pi / 2)
    south, north = np.minimum(edges[1:], edges[:-1]), np.maximum(edges[1:], edges[:-1])
    return latitude_cell_area_m2(south, north, abs(grid.dx) * unit, *ellipsoid_of(crs))


def _largest_spread(areas: np.ndarray, rows: int) -> float:
    starts = np.arange(0, len(areas), rows)
    high, low = np.maximum.reduceat(areas, starts), np.minimum.reduceat(areas, starts)
    return float((high - low).max() / areas.max())


@lru_cache(maxsize=8)
def _band(areas: CellAreas, start: int, stop: int) -> Band:
    if areas.fit is None:
        exact = _row_areas_m2(areas.grid)[start:stop]
        base, step = _base_and_step(float(exact.min()), float(exact.max()), areas.unit_m2)
        steps = np.rint((exact / areas.unit_m2 - base) / step)
        error = step * areas.unit_m2 / 2 / float(exact.max())
        return Band(start, stop, base, step, steps[None, :], None, areas.grid.width, error)
    return _projected_band(areas, start, stop)


def _projected_band(areas: CellAreas, start: int, stop: int) -> Band:
    """Area as a step of the row plus a step of the column, in patches narrow enough that the rest does not matter."""
    grid, fit = areas.grid, areas.fit
    assert fit is not None
    cell = abs(grid.dx * grid.dy)
    rows, cols = np.arange(start, stop), np.arange(grid.width)
    middle = (start + stop - 1) / 2
    ends = np.array([start, middle, stop - 1])
    across = fit.scale(np.array([middle]), cols)[0] * cell
    outer = fit.scale(ends, cols[:: max(1, grid.width // SAMPLE)]) * cell
    low, high = min(outer.min(), across.min()), max(outer.max(), across.max())
    low, high = low - (high - low) / SAMPLE, high + (high - low) / SAMPLE
    base, step = _base_and_step(low, high, areas.unit_m2)
    width = grid.width
    while True:
        patches = np.arange(-(-grid.width // width))
        left, right = patches * width, np.minimum((patches + 1) * width, grid.width) - 1
        centre = (left + right) / 2
        by_row = (fit.scale(rows, centre).T - fit.scale(np.array([middle]), centre).T) * cell
        cross = max(_additive_misfit(by_row[:, [0, -1]], fit.scale(ends, edge) * cell) for edge in (left, right))
        if cross <= CROSS_TOLERANCE or width <= 64:
            break
        width = -(-width // 2)
    step_m2 = step * areas.unit_m2
    steps_row = np.rint(by_row / step_m2)
    steps_col = np.rint((across / areas.unit_m2 - base) / step)
    error = cross + step_m2 / high + fit.residual
    if np.ptp(by_row, axis=1).max() <= FLAT_STEPS * step_m2:
        return Band(start, stop, base, step, None, steps_col, width, error + FLAT_STEPS * step_m2 / high / 2)
    return Band(start, stop, base, step, steps_row, steps_col, width, error)


def _base_and_step(low_m2: float, high_m2: float, unit_m2: float) -> tuple[int, int]:
    """Base and step of a band in whole units, with room for rounding below the least and above the largest cell."""
    step = max(1, int(np.ceil((high_m2 - low_m2) / STEPS / unit_m2)))
    return int(np.floor(low_m2 / unit_m2)) - ROOM * step, step


def _additive_misfit(by_row: np.ndarray, corner: np.ndarray) -> float:
    """Largest relative error of "middle row plus step of the row" at the corners of patches."""
    additive = corner[1] + by_row.T
    return float((np.abs(additive - corner[[0, 2]]) / corner[[0, 2]]).max())
