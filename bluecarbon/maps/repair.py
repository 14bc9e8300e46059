"""What must be mended, or left out, before a polygon has an area; each case is written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bluecarbon.maps.crs import MapCrs
from bluecarbon.maps.overlay import polygonal
from bluecarbon.maps.vector import Layer
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

POLYGON_KINDS = (3, 6)  # shapely type ids of Polygon and MultiPolygon
COLLECTION_KIND = 7
WIDEST_EDGE_DEGREES = 180.0


@dataclass(frozen=True)
class Repair:
    """One mended polygon.

    Parameters
    ----------
    row : int
        Index among the polygons that were kept.
    reason : str
        What was wrong, and where, in the map's coordinates.
    drawn, mended : float
        Area in the plane of the map's coordinates, of the ring as drawn and of the polygon made of it. [map units²]
    """

    row: int
    reason: str
    drawn: float
    mended: float


@dataclass(frozen=True)
class CleanLayer:
    """Valid polygons of a layer.

    Parameters
    ----------
    rows : array of int, shape (polygon,)
        Index of each into the layer's features.
    geometry : array of Polygon or MultiPolygon, shape (polygon,)
        In the map's coordinates, two-dimensional.
    repairs : list of Repair
    """

    rows: np.ndarray
    geometry: np.ndarray
    repairs: list[Repair]


def clean_layer(layer: Layer, own: MapCrs, findings: Findings) -> CleanLayer:
    """Leave out what has no area, mend rings that cross themselves, refuse coordinates that cannot be.

    Parameters
    ----------
    layer : Layer
    own : MapCrs
        Of the layer.
    findings : Findings
        Takes BC-MAP-15 no geometry, 16 no polygon, 17 coordinates out of range, 19 no polygon at all. What was
        repaired is in the result, for its ground area is not known here.

    Returns
    -------
    CleanLayer
    """
    import shapely

    geometry = shapely.force_2d(layer.geometry)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    _count(findings, "BC-MAP-15", layer, missing, phrase("without geometry"), "a polygon in each row", "left out")
    kinds = shapely.get_type_id(geometry)
    other = ~missing & ~np.isin(kinds, POLYGON_KINDS)
    _count(
        findings,
        "BC-MAP-16",
        layer,
        other,
        phrase("not polygons"),
        "polygons only",
        "of these only polygon parts are kept",
    )
    geometry[other] = polygonal(geometry[other])
    rows = np.flatnonzero(~missing & ~shapely.is_empty(geometry))
    if rows.size == 0:
        findings.add("BC-MAP-19", layer.place, "no polygon in the layer", "polygons", "Is this the right layer?")
        return CleanLayer(rows, geometry[rows], [])
    kept = geometry[rows]
    if not _coordinates_fit(kept, layer, own, findings):
        return CleanLayer(rows[:0], kept[:0], [])
    kept, repairs = _mended(kept)
    solid = ~shapely.is_empty(kept)
    return CleanLayer(rows[solid], kept[solid], _renumbered(repairs, solid, layer, rows, findings))


def _mended(geometry: np.ndarray) -> tuple[np.ndarray, list[Repair]]:
    """Mend by structure: rings are made valid one by one, then holes are taken from shells.

    A loop of an outline over itself then stays part of the polygon; counting by even and odd would punch a hole.
    """
    import shapely

    bad = np.flatnonzero(~shapely.is_valid(geometry))
    if bad.size == 0:
        return geometry, []
    reasons = shapely.is_valid_reason(geometry[bad])
    drawn = shapely.area(geometry[bad])
    mended = polygonal(shapely.make_valid(geometry[bad], method="structure", keep_collapsed=False))
    result = geometry.copy()
    result[bad] = mended
    after = shapely.area(mended)
    repairs = [
        Repair(int(row), str(reason), float(before), float(now))
        for row, reason, before, now in zip(bad, reasons, drawn, after, strict=True)
    ]
    return result, repairs


def _renumbered(
    repairs: list[Repair], solid: np.ndarray, layer: Layer, rows: np.ndarray, findings: Findings
) -> list[Repair]:
    gone = [repair for repair in repairs if not solid[repair.row]]
    for repair in gone:
        findings.add(
            "BC-MAP-18",
            phrase("{place}, feature {feature}", place=layer.place, feature=layer.feature[rows[repair.row]]),
            phrase("{reason}; nothing with an area is left of it", reason=repair.reason),
            "a polygon with an area",
            "Left out. Look at it in the GIS.",
            "warning",
        )
    new_row = np.cumsum(solid) - 1
    return [Repair(int(new_row[r.row]), r.reason, r.drawn, r.mended) for r in repairs if solid[r.row]]


def _coordinates_fit(geometry: np.ndarray, layer: Layer, own: MapCrs, findings: Findings) -> bool:
    import shapely

    coordinates, index = shapely.get_coordinates(geometry, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    if not finite.all():
        findings.add(
            "BC-MAP-17",
            layer.place,
            phrase("{size} polygons with coordinates that are no numbers", size=np.unique(index[~finite]).size),
            "finite coordinates",
            "Export the file anew.",
        )
        return False
    if not own.is_geographic:
        return True
    coordinates = coordinates * own.degrees_per_unit
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    if low[1] < -90 or high[1] > 90 or low[0] < -180 - 1e-9 or high[0] > 360 + 1e-9:
        findings.add(
            "BC-MAP-17",
            layer.place,
            phrase(
                "coordinates from {low:.6g}, {low2:.6g} to {high:.6g}, {high2:.6g}",
                low=low[0],
                low2=low[1],
                high=high[0],
                high2=high[1],
            ),
            "longitudes and latitudes in degrees, as the reference system of the file says",
            "They look like metres or feet: set the reference system they were drawn in (never guessed here).",
        )
        return False
    wide = np.abs(np.diff(coordinates[:, 0])) > WIDEST_EDGE_DEGREES
    wide &= index[1:] == index[:-1]
    if wide.any() and _has_wide_edges(geometry[np.unique(index[:-1][wide])], own.degrees_per_unit):
        findings.add(
            "BC-MAP-17",
            layer.place,
            "an edge over more than 180° of longitude",
            "polygons cut at the antimeridian, as GeoJSON asks, or longitudes from 0 to 360",
            "Does it cross the 180° meridian or go round the Earth? Split it there (QGIS: Geodesic line split).",
        )
        return False
    return True


def _has_wide_edges(geometry: np.ndarray, degrees_per_unit: float) -> bool:
    """True if an edge, and not just the step from one ring to the next, is that wide."""
    import shapely

    rings = shapely.get_rings(geometry)
    return any(
        np.abs(np.diff(shapely.get_coordinates(ring)[:, 0])).max() * degrees_per_unit > WIDEST_EDGE_DEGREES
        for ring in rings
    )


def _count(
    findings: Findings, code: str, layer: Layer, where: np.ndarray, found: str, expected: str, done: str
) -> None:
    if not where.any():
        return
    numbers = layer.feature[where]
    shown = ", ".join(str(number) for number in numbers[:8]) + (" …" if len(numbers) > 8 else "")
    findings.add(
        code,
        layer.place,
        phrase(
            "{n} of {n2} features {found} (number {shown})",
            n=len(numbers),
            n2=len(layer.feature),
            found=found,
            shown=shown,
        ),
        expected,
        done[0].upper() + done[1:] + ".",
        "warning",
        share=len(numbers) / len(layer.feature),
    )
