"""Cutting polygons by one another in one plane: overlaps, reporting units, change, slivers.

All geometry is in a gnomonic `Plane`, where an edge is straight and a great circle at once, so pieces add up to what
they were cut from. Every function takes arrays and returns arrays; areas are the plane's ground areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bluecarbon.maps.plane import Plane

TOUCH_WIDTH_M = 0.001  # two outlines that overlap by less than a millimetre share an edge, written with rounding
ARC_SEGMENTS = 8  # per quarter circle, in the opening that finds slivers: within 0.3 % of their area
OUTSIDE = -1


@dataclass(frozen=True)
class Pieces:
    """Parts of features, as arrays of one length.

    Parameters
    ----------
    feature : array of int
        Index of the feature that each piece comes from.
    unit : array of int
        Index of the reporting unit it lies in, `OUTSIDE` for none.
    geometry : array of shapely geometry
        In the plane. [m]
    area_m2 : array
        On the ground. [m2]
    """

    feature: np.ndarray
    unit: np.ndarray
    geometry: np.ndarray
    area_m2: np.ndarray


def polygonal(geometry: np.ndarray) -> np.ndarray:
    """Keep only the polygons of each geometry; an empty polygon where there are none."""
    import shapely

    kinds = shapely.get_type_id(geometry)
    result = np.array(geometry, dtype=object)
    for index in np.flatnonzero(~np.isin(kinds, (3, 6))):
        parts = shapely.get_parts(shapely.get_parts(geometry[index])) if kinds[index] == 7 else np.array([])
        flat = [part for part in parts if part.geom_type == "Polygon"]
        result[index] = shapely.multipolygons(flat) if flat else shapely.Polygon()
    return result


def mean_width_m(geometry: np.ndarray) -> np.ndarray:
    """Twice the area over the perimeter: the width of a ribbon, half the side of a square. [m]"""
    import shapely

    length = shapely.length(geometry)
    return np.divide(2 * shapely.area(geometry), length, out=np.zeros(len(geometry)), where=length > 0)


def overlapping_pairs(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of polygons that share ground.

    Parameters
    ----------
    geometry : array of polygons, shape (feature,)

    Returns
    -------
    i, j : arrays of int, shape (pair,)
        Indices, i < j.
    common : array of polygons, shape (pair,)
    """
    import shapely

    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    common = polygonal(shapely.intersection(geometry[i], geometry[j]))
    solid = shapely.area(common) > 0
    return i[solid], j[solid], common[solid]


def cut_overlaps(geometry: np.ndarray, i: np.ndarray, j: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Take from each polygon what overlapping polygons of lower rank number claim before it.

    Parameters
    ----------
    geometry : array of polygons, shape (feature,)
    i, j : arrays of int, shape (pair,)
        Pairs that overlap.
    rank : array, shape (feature,)
        Distinct numbers; of two polygons the one with the lower rank keeps the common ground.

    Returns
    -------
    array of polygons, shape (feature,)
        Without overlaps between these pairs; empty where nothing is left.
    """
    import shapely

    winner = np.where(rank[i] < rank[j], i, j)
    loser = np.where(rank[i] < rank[j], j, i)
    result = geometry.copy()
    for index in np.unique(loser):
        taken = shapely.union_all(geometry[winner[loser == index]])
        result[index] = polygonal(np.array([shapely.difference(geometry[index], taken)], dtype=object))[0]
    return result


def split_by_units(geometry: np.ndarray, units: np.ndarray, plane: Plane) -> Pieces:
    """Cut features by reporting units; what lies in none keeps unit `OUTSIDE`.

    Parameters
    ----------
    geometry : array of polygons, shape (feature,)
    units : array of polygons, shape (unit,)
        Without overlaps.
    plane : Plane

    Returns
    -------
    Pieces
        They tile the features. A feature wholly inside a unit is passed on uncut. A hair's breadth beyond a shared
        outline counts where the rest of the feature lies.
    """
    import shapely

    shapely.prepare(units)
    unit, feature = shapely.STRtree(geometry).query(units, predicate="intersects")
    inside = shapely.covers(units[unit], geometry[feature])
    cut_unit, cut_feature = unit[~inside], feature[~inside]
    cut = polygonal(shapely.intersection(geometry[cut_feature], units[cut_unit]))
    settled = np.zeros(len(geometry), dtype=bool)
    settled[feature[inside]] = True
    rest_feature = np.flatnonzero(~settled)
    touching = np.isin(cut_feature, rest_feature)
    rest = geometry.copy()
    for index in np.unique(cut_unit[touching]):
        chosen = cut_feature[touching & (cut_unit == index)]
        rest[chosen] = shapely.difference(rest[chosen], units[index])
    rest = polygonal(rest[rest_feature])
    pieces = np.concatenate([geometry[feature[inside]], cut, rest])
    features = np.concatenate([feature[inside], cut_feature, rest_feature])
    unit_of = np.concatenate([unit[inside], cut_unit, np.full(len(rest), OUTSIDE)])
    return _measured(features, unit_of, pieces, plane)


def _measured(feature: np.ndarray, unit: np.ndarray, geometry: np.ndarray, plane: Plane) -> Pieces:
    order = np.lexsort((unit, feature))
    area = plane.area_m2(geometry[order])
    solid = area > 0
    order, area = order[solid], area[solid]
    feature, unit, geometry = feature[order].astype(int), unit[order].astype(int), geometry[order]
    hair = mean_width_m(geometry) < TOUCH_WIDTH_M
    by_size = np.lexsort((-area, feature))
    owners, largest = np.unique(feature[by_size], return_index=True)
    main = np.searchsorted(owners, feature[hair])
    unit[hair] = unit[by_size[largest]][main]
    return Pieces(feature, unit, geometry, area)


def common_pieces(first: Pieces, second: Pieces) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ground that pieces of two maps share, within the same reporting unit.

    Returns
    -------
    i, j : arrays of int, shape (pair,)
        Indices into ``first`` and ``second``.
    common : array of polygons, shape (pair,)
    """
    import shapely

    i, j = shapely.STRtree(second.geometry).query(first.geometry, predicate="intersects")
    same = first.unit[i] == second.unit[j]
    i, j = i[same], j[same]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    common = polygonal(shapely.intersection(first.geometry[i], second.geometry[j]))
    solid = shapely.area(common) > 0
    return i[solid], j[solid], common[solid]


def left_over(geometry: np.ndarray, owner: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """What remains of each polygon without the parts that it shares.

    Parameters
    ----------
    geometry : array of polygons, shape (feature,)
    owner : array of int, shape (part,)
        Index of the polygon that each part was cut from.
    shared : array of polygons, shape (part,)

    Returns
    -------
    array of polygons, shape (feature,)
        Empty where nothing remains.
    """
    import shapely

    result = geometry.copy()
    order = np.argsort(owner, kind="stable")
    met, starts = np.unique(owner[order], return_index=True)
    if len(met) == 0:
        return result
    parts = np.split(shared[order], starts[1:])
    joined = np.array([shapely.disjoint_subset_union_all(each) for each in parts], dtype=object)
    result[met] = polygonal(shapely.difference(geometry[met], joined))
    return result


def narrow_area_m2(geometry: np.ndarray, width_m: float, plane: Plane) -> float:
    """Part of polygons that is narrower than a width: what does not survive shrinking and growing back.

    Parameters
    ----------
    geometry : array of polygons
    width_m : float
        On the ground. [m]
    plane : Plane

    Returns
    -------
    float
        Area in slivers. [m2]

    Notes
    -----
    Morphological opening by half the width. A ribbon narrower than the width vanishes whole, a ribbon joined to a broad
    patch is told apart from it, which the ratio of area to perimeter cannot do. Round corners of radius
    half the width are lost too: 0.2 width² for each right angle.
    """
    import shapely

    geometry = geometry[shapely.area(geometry) > 0]
    if len(geometry) == 0:
        return 0.0
    west, south, east, north = shapely.bounds(geometry).T
    radius = 0.5 * width_m * plane.scale_at(np.column_stack([west + east, south + north]) / 2)
    roomy = shapely.area(geometry) > np.pi * radius**2  # a smaller one has no room for the disk: all of it is sliver
    core = shapely.buffer(geometry[roomy], -radius[roomy], quad_segs=ARC_SEGMENTS)
    broad = np.zeros(len(geometry))
    broad[roomy] = plane.area_m2(polygonal(shapely.buffer(core, radius[roomy], quad_segs=ARC_SEGMENTS)))
    return float(np.maximum(plane.area_m2(geometry) - broad, 0.0).sum())
