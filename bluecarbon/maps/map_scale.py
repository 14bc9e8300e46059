"""Ground area of a unit of map area, for any projection, from its inverse.

An equal-area projection has the value 1 everywhere (in metres); for all others the value is smooth over a grid and is
kept as a polynomial whose misfit against the projection itself is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from methodology.base.errors import refuse

if TYPE_CHECKING:
    from bluecarbon.maps.grid import Grid

EQUAL_AREA = 1e-9  # spread of the area scale below which a projection counts as equal-area
FIT_TOLERANCE = 1e-10
FIT_DEGREES = (4, 8, 12, 18, 26, 40)
DIFFERENCE_M = 500.0  # truncation (500 m / Earth radius)^4, rounding near 1e-12


def latitude_cell_area_m2(south_rad: Any, north_rad: Any, width_rad: float, semi_major_m: float, e2: float) -> Any:
    """Ground area between two parallels and two meridians on an ellipsoid of revolution.

    Parameters
    ----------
    south_rad, north_rad : float or array
        Geodetic latitudes of the lower and upper edge. [rad]
    width_rad : float
        Difference of longitude. [rad]
    semi_major_m : float
        Semi-major axis. [m]
    e2 : float
        First eccentricity squared. [1]

    Returns
    -------
    float or array
        Area. [m2]

    Notes
    -----
    Integral of M·N·cos φ; differences are taken in product form, so that a cell of a metre loses no digits.
    Source: snyder1987, eq. 3-12 (authalic latitude).
    """
    s_1, s_2 = np.sin(south_rad), np.sin(north_rad)
    ds = 2 * np.cos((south_rad + north_rad) / 2) * np.sin((north_rad - south_rad) / 2)
    if e2 == 0:
        return semi_major_m**2 * width_rad * ds
    e = np.sqrt(e2)
    rational = ds * (1 + e2 * s_1 * s_2) / ((1 - e2 * s_1**2) * (1 - e2 * s_2**2))
    logarithm = np.arctanh(e * ds / (1 - e2 * s_1 * s_2)) / e
    return semi_major_m**2 * (1 - e2) * width_rad * (rational + logarithm) / 2


@dataclass(frozen=True, eq=False)
class ProjectedFit:
    """Ground area per unit of map area over a grid, as a Chebyshev polynomial in column and row.

    Parameters
    ----------
    grid : Grid
        The grid.
    coefficients : array, shape (degree, degree)
        Chebyshev coefficients (row, column). [m2 per CRS unit squared]
    residual : float
        Largest relative difference seen between the polynomial and the projection itself. [1]
    constant : float or None
        The value, where it is the same everywhere. [m2 per CRS unit squared]
    """

    grid: Grid
    coefficients: np.ndarray = field(repr=False)
    residual: float
    constant: float | None

    def scale(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Ground area per unit of map area at cell centres, shape (row, column)."""
        y = 2 * (np.asarray(rows, float) + 0.5) / self.grid.height - 1
        x = 2 * (np.asarray(cols, float) + 0.5) / self.grid.width - 1
        degree = self.coefficients.shape[0] - 1
        left = np.polynomial.chebyshev.chebvander(y, degree)
        right = np.polynomial.chebyshev.chebvander(x, degree)
        return left @ self.coefficients @ right.T


def fit_projection(grid: Grid) -> ProjectedFit:
    """Fit the ground area of a unit of map area over a projected grid.

    Raises
    ------
    InputError
        BC-RAS-11 part of the grid lies where the projection cannot be inverted.
    """
    from pyproj import CRS

    crs = CRS.from_wkt(grid.crs_wkt)
    unit = crs.axis_info[0].unit_conversion_factor
    probe = np.linspace(-0.97, 0.97, 11)
    direct = ground_scale(grid, probe, probe)
    finite = np.isfinite(direct)
    if finite.any():
        spread = np.ptp(direct[finite]) / direct[finite].mean()
        if spread < EQUAL_AREA and abs(direct[finite].mean() / unit**2 - 1) < EQUAL_AREA:
            return ProjectedFit(grid, np.zeros((1, 1)), float(spread), float(unit**2))
    for degree in FIT_DEGREES:
        nodes = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
        values = ground_scale(grid, nodes, nodes)
        if not (np.isfinite(values).all() and finite.all()):
            break
        inverse = np.linalg.inv(np.polynomial.chebyshev.chebvander(nodes, degree))
        fit = ProjectedFit(grid, inverse @ values @ inverse.T, 0.0, None)
        left = np.polynomial.chebyshev.chebvander(probe, degree)
        residual = float(np.abs(left @ fit.coefficients @ left.T / direct - 1).max())
        if residual < FIT_TOLERANCE or degree == FIT_DEGREES[-1]:
            return ProjectedFit(grid, fit.coefficients, residual, None)
    raise refuse(
        "BC-RAS-11",
        "grid",
        "cells where the map projection has no inverse",
        "a grid inside the area of use of its projection",
        "Clip the map, or export it in an equal-area or geographic CRS.",
    )


def ground_scale(grid: Grid, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Ground area per unit of map area from the inverse projection, shape (y, x). [m2 per CRS unit squared]

    Parameters
    ----------
    grid : Grid
        Projected grid.
    y, x : array
        Position inside the grid from -1 (first row, first column) to 1. [1]

    Notes
    -----
    Area swept on the authalic sphere, from differences of fourth order of points in space, so that neither the poles
    nor the date line stand out. Source: snyder1987, eq. 3-11 and 3-12.
    """
    from pyproj import CRS, Transformer

    crs = CRS.from_wkt(grid.crs_wkt)
    geodetic = crs.geodetic_crs
    transformer = Transformer.from_crs(crs, geodetic, always_xy=True)
    angle = geodetic.axis_info[0].unit_conversion_factor
    step = DIFFERENCE_M / crs.axis_info[0].unit_conversion_factor
    semi_major_m, e2 = ellipsoid_of(crs)
    east = grid.left + grid.dx * grid.width * (np.asarray(x) + 1) / 2
    north = grid.top + grid.dy * grid.height * (np.asarray(y) + 1) / 2
    north, east = np.meshgrid(north, east, indexing="ij")
    radius2 = latitude_cell_area_m2(0.0, np.pi / 2, 1.0, semi_major_m, e2)

    def point(de: float, dn: float) -> np.ndarray:
        lon, lat = (np.asarray(part) * angle for part in transformer.transform(east + de, north + dn))
        above = latitude_cell_area_m2(lat, np.pi / 2, 1.0, semi_major_m, e2) / radius2
        below = latitude_cell_area_m2(-np.pi / 2, lat, 1.0, semi_major_m, e2) / radius2
        across = np.sqrt(above * below)
        return np.stack([across * np.cos(lon), across * np.sin(lon), (below - above) / 2], axis=-1)

    def slope(de: float, dn: float) -> np.ndarray:
        ahead = 8 * (point(de, dn) - point(-de, -dn)) - (point(2 * de, 2 * dn) - point(-2 * de, -2 * dn))
        return ahead / (12 * step)

    with np.errstate(invalid="ignore"):
        swept = np.cross(slope(step, 0.0), slope(0.0, step))
        return radius2 * np.sqrt((swept**2).sum(axis=-1))


def ellipsoid_of(crs: Any) -> tuple[float, float]:
    """Semi-major axis [m] and first eccentricity squared [1]."""
    flattening = 1 / crs.ellipsoid.inverse_flattening if crs.ellipsoid.inverse_flattening else 0.0
    return crs.ellipsoid.semi_major_metre, flattening * (2 - flattening)
