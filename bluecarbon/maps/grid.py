"""Grids of cells, and parts of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Grid:
    """North-up raster grid.

    Parameters
    ----------
    width, height : int
        Columns and rows.
    left, top : float
        Outer corner of cell (0, 0), in CRS units.
    dx, dy : float
        Step of a column and of a row, in CRS units; dy is negative in a file whose first row lies north.
    crs_wkt : str
        Coordinate reference system.
    """

    width: int
    height: int
    left: float
    top: float
    dx: float
    dy: float
    crs_wkt: str

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.width * self.height

    def transform(self) -> Any:
        """Affine transform from (column, row) to CRS coordinates."""
        from affine import Affine

        return Affine(self.dx, 0.0, self.left, 0.0, self.dy, self.top)

    def corners(self) -> tuple[float, float, float, float]:
        """Bounding box (west, south, east, north) in CRS units."""
        right, bottom = self.left + self.dx * self.width, self.top + self.dy * self.height
        return min(self.left, right), min(self.top, bottom), max(self.left, right), max(self.top, bottom)


@dataclass(frozen=True)
class Window:
    """Cells from (row, col) on.

    Parameters
    ----------
    row, col, height, width : int
    """

    row: int
    col: int
    height: int
    width: int
