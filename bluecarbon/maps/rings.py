"""Polygons as flat arrays: all vertices in one, and which ring belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rings:
    """Closed rings of many polygons.

    Parameters
    ----------
    coordinates : array, shape (vertex, 2)
        Ring after ring; the last vertex of each repeats the first.
    offsets : array of int, shape (ring + 1,)
        Where each ring begins in `coordinates`, and the end.
    owner : array of int, shape (ring,)
        Index of the polygon.
    sign : array, shape (ring,)
        1 for a shell, −1 for a hole.
    count : int
        Number of polygons, empty ones included.
    """

    coordinates: np.ndarray
    offsets: np.ndarray
    owner: np.ndarray
    sign: np.ndarray
    count: int

    def summed(self, ring_area: np.ndarray) -> np.ndarray:
        """Area of each polygon from unsigned areas of its rings: shells less holes. [array, shape (polygon,)]"""
        return np.bincount(self.owner, weights=self.sign * ring_area, minlength=self.count)


def rings_of(polygons: np.ndarray) -> Rings:
    """Take polygons apart.

    Parameters
    ----------
    polygons : array of shapely Polygon or MultiPolygon, shape (polygon,)
        Empty and missing ones have no ring.

    Returns
    -------
    Rings
        Those of one ring come first: they are most of any map, and need no ring objects.
    """
    import shapely

    polygons = np.asarray(polygons, dtype=object)
    is_simple = (shapely.get_num_interior_rings(polygons) == 0) & (shapely.get_type_id(polygons) == 3)
    is_simple &= ~shapely.is_empty(polygons)
    simple, other = np.flatnonzero(is_simple), np.flatnonzero(~is_simple)
    parts, part_owner = shapely.get_parts(polygons[other], return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    is_shell = np.diff(ring_part, prepend=-1) != 0
    coordinates = np.concatenate([shapely.get_coordinates(polygons[simple]), shapely.get_coordinates(rings)])
    sizes = np.concatenate([shapely.get_num_coordinates(polygons[simple]), shapely.get_num_coordinates(rings)])
    return Rings(
        coordinates,
        np.concatenate([[0], np.cumsum(sizes)]).astype(int),
        np.concatenate([simple, other[part_owner[ring_part]]]).astype(int),
        np.concatenate([np.ones(len(simple)), np.where(is_shell, 1.0, -1.0)]),
        len(polygons),
    )
