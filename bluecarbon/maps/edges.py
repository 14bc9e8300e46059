"""Edges between vertices: straight in the map's own coordinates, and what that means on the ground.

A surveyor draws straight lines in the projection on the screen; a geodesic between the same two vertices runs beside
them, by 2 cm for an edge of 1 km and 2 m for one of 10 km at 45° in longitude and latitude. Up to 10 km an edge is
measured as the geodesic, which any geodesic tool repeats; a longer one is first divided along the straight line of
the map. The difference is computed from 1 km on and stated.
"""

from __future__ import annotations

import numpy as np

from bluecarbon.maps.crs import MapCrs, Transform

FOLLOWED_FROM_M = 10_000.0  # longer edges are divided along the map's straight line
STEP_M = 1_000.0
STATED_FROM_M = 1_000.0  # below, straight and geodesic differ by under 2 cm
STATED_STEP_M = 200.0
UNIT_STEP_M = 500.0  # outlines of units and extents only cut: they follow the straight line closely
METRES_PER_DEGREE = 111_320.0


def longest_edge_m(geometry: np.ndarray, own: MapCrs) -> np.ndarray:
    """Length of the longest edge of each polygon, to a per cent or so. [m]

    Parameters
    ----------
    geometry : array of polygons, shape (feature,)
        In the map's coordinates.
    own : MapCrs

    Returns
    -------
    array, shape (feature,)
    """
    import shapely

    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    step = np.diff(coordinates, axis=0)
    if own.is_geographic:
        step *= METRES_PER_DEGREE * own.degrees_per_unit
        step[:, 0] *= np.cos(np.radians(coordinates[:-1, 1] * own.degrees_per_unit))
    else:
        step *= own.unit_m
    length = np.hypot(step[:, 0], step[:, 1])
    length[index[1:] != index[:-1]] = 0.0
    longest = np.zeros(len(geometry))
    np.maximum.at(longest, index[:-1], length)
    return longest


def divided(geometry: np.ndarray, own: MapCrs, longest_m: float, step_m: float) -> np.ndarray:
    """Divide the polygons that have an edge longer than ``longest_m`` into steps along the map's straight lines.

    Parameters
    ----------
    geometry : array of polygons, shape (feature,)
        In the map's coordinates.
    own : MapCrs
    longest_m, step_m : float
        Which polygons, and the longest edge they have afterwards. [m]

    Returns
    -------
    array of polygons, shape (feature,)
    """
    import shapely

    long = longest_edge_m(geometry, own) > longest_m
    if not long.any():
        return geometry
    step = step_m / (METRES_PER_DEGREE * own.degrees_per_unit if own.is_geographic else own.unit_m)
    result = geometry.copy()
    result[long] = shapely.segmentize(geometry[long], step)
    return result


def lonlat_polygons(geometry: np.ndarray, to_lonlat: Transform) -> np.ndarray:
    """Polygons with each vertex in longitude and latitude. [degree]"""
    import shapely

    return shapely.transform(geometry, to_lonlat)
