"""A map made ready: valid polygons with class, attributes and ground area, in the plane that all maps share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bluecarbon.maps import edges
from bluecarbon.maps.drawn import CLOSURE, M2_PER_HA, Drawn, centre_points, drawn_layer, files_of, list_repairs
from bluecarbon.maps.geodesic import polygon_area_m2
from bluecarbon.maps.overlay import polygonal
from bluecarbon.maps.plane import Plane
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

__all__ = ["CLOSURE", "M2_PER_HA", "Drawn", "Features", "centre_points", "drawn_layer", "files_of", "measured_features"]


@dataclass(frozen=True)
class Features:
    """Polygons of a map in the plane, as arrays of one length.

    Parameters
    ----------
    place : str
        For messages.
    number : array of int
        Place in the file, from 1.
    value : array of str
        Class value.
    attributes : mapping of attribute name to array
        None where missing.
    geometry : array of polygons
        In the plane. [m]
    drawn : array of polygons
        As in the file, mended, in the map's own coordinates.
    area_m2 : array
        On the ground. [m2]
    planar_m2 : array
        In the plane of the map's own projection. [m2; NaN for a map in degrees]
    uncut : array of bool
        True where nothing was taken for an overlap, so that ``drawn`` is still the same polygon.
    """

    place: str
    number: np.ndarray
    value: np.ndarray
    attributes: Mapping[str, np.ndarray]
    geometry: np.ndarray
    drawn: np.ndarray
    area_m2: np.ndarray
    planar_m2: np.ndarray
    uncut: np.ndarray

    def take(self, rows: np.ndarray) -> Features:
        """The features of some rows."""
        return Features(
            self.place,
            self.number[rows],
            self.value[rows],
            {name: values[rows] for name, values in self.attributes.items()},
            self.geometry[rows],
            self.drawn[rows],
            self.area_m2[rows],
            self.planar_m2[rows],
            self.uncut[rows],
        )

    def cut_to(self, geometry: np.ndarray, plane: Plane) -> Features:
        """The same features with smaller polygons; those that lose all ground are dropped."""
        changed = np.array([old is not new for old, new in zip(self.geometry, geometry, strict=True)], dtype=bool)
        area = self.area_m2.copy()
        area[changed] = plane.area_m2(geometry[changed])
        planar = self.planar_m2 * np.divide(area, self.area_m2, out=np.zeros_like(area), where=self.area_m2 > 0)
        smaller = replace(self, geometry=geometry, area_m2=area, planar_m2=planar, uncut=self.uncut & ~changed)
        return smaller.take(np.flatnonzero(area > 0))


def measured_features(
    drawn: Drawn, values: list[str], attributes: Mapping[str, list[Any]], plane: Plane, findings: Findings
) -> Features:
    """Polygons of a map in the plane, with their areas.

    Parameters
    ----------
    drawn : Drawn
    values : list of str
        Class value of each feature of the layer.
    attributes : mapping of attribute name to list
        Of each feature of the layer.
    plane : Plane
    findings : Findings
        Takes BC-MAP-17 (coordinates the projection cannot undo), 23 (each repair with the area it moved), 38 (long
        edges), 39 (mended after projecting), 40 (the two ways of measuring differ).

    Returns
    -------
    Features
    """
    import shapely

    layer, own, clean = drawn.layer, drawn.own, drawn.clean
    followed = edges.divided(clean.geometry, own, edges.FOLLOWED_FROM_M, edges.STEP_M)
    lonlat = edges.lonlat_polygons(followed, drawn.to_lonlat)
    if not np.isfinite(shapely.get_coordinates(lonlat)).all():
        findings.add(
            "BC-MAP-17",
            layer.place,
            "coordinates outside the domain of the projection",
            phrase("coordinates in {own}", own=own.name),
            "Was the reference system of the file set right?",
        )
        return _none(layer.place, attributes)
    on_plane = polygonal(shapely.transform(lonlat, plane.from_lonlat))
    area = plane.area_m2(on_plane)
    _check_total(area, polygon_area_m2(lonlat, plane.ellipsoid), layer.place, findings)
    _state_long_edges(drawn, area, plane, findings)
    on_plane, area = _valid_on_plane(on_plane, area, plane, layer.place, findings)
    list_repairs(drawn, area, findings)
    planar = shapely.area(clean.geometry) * own.unit_m**2
    kept = clean.rows
    return Features(
        layer.place,
        layer.feature[kept],
        _objects(values)[kept],
        {name: _objects(column)[kept] for name, column in attributes.items()},
        on_plane,
        clean.geometry,
        area,
        planar,
        np.ones(len(area), dtype=bool),
    )


def _none(place: str, attributes: Mapping[str, list[Any]]) -> Features:
    things, numbers = np.empty(0, dtype=object), np.empty(0)
    columns = dict.fromkeys(attributes, things)
    return Features(place, numbers, things, columns, things, things, numbers, numbers, np.empty(0, dtype=bool))


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _check_total(area: np.ndarray, again: np.ndarray, place: str, findings: Findings) -> None:
    total, other = float(area.sum()), float(again.sum())
    if abs(total - other) > CLOSURE * max(total, other):
        findings.add(
            "BC-MAP-40",
            place,
            phrase(
                "{total:.9g} ha by cutting plane and {other:.9g} ha by longitude and latitude",
                total=total / M2_PER_HA,
                other=other / M2_PER_HA,
            ),
            phrase("two measurements of the same map that agree to {closure:g}", closure=CLOSURE),
            "Do not use the areas of this map; please report the file.",
        )


def _state_long_edges(drawn: Drawn, area: np.ndarray, plane: Plane, findings: Findings) -> None:
    geometry = drawn.clean.geometry
    length = edges.longest_edge_m(geometry, drawn.own)
    long = np.flatnonzero(length > edges.STATED_FROM_M)
    if long.size == 0:
        return
    close = edges.divided(geometry[long], drawn.own, edges.STATED_FROM_M, edges.STATED_STEP_M)
    straight = polygon_area_m2(edges.lonlat_polygons(close, drawn.to_lonlat), plane.ellipsoid)
    difference = float(straight.sum() - area[long].sum())
    findings.add(
        "BC-MAP-38",
        drawn.layer.place,
        phrase(
            "{size} polygons with edges over {stated_from_m:g} km (longest {length:.3g} km); edges "
            "straight in {own} instead of geodesics up to {followed_from_m:g} km would change the "
            "area",
            size=long.size,
            stated_from_m=edges.STATED_FROM_M / 1000,
            length=length.max() / 1000,
            own=drawn.own.name,
            followed_from_m=edges.FOLLOWED_FROM_M / 1000,
        ),
        "edges so short that the two do not differ",
        severity="note",
        amount=difference / M2_PER_HA,
        unit="ha",
        share=difference / float(area.sum()),
    )


def _valid_on_plane(
    on_plane: np.ndarray, area: np.ndarray, plane: Plane, place: str, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    import shapely

    bad = np.flatnonzero(~shapely.is_valid(on_plane))
    if bad.size == 0:
        return on_plane, area
    on_plane, mended_area = on_plane.copy(), area.copy()
    on_plane[bad] = polygonal(shapely.make_valid(on_plane[bad], method="structure", keep_collapsed=False))
    mended_area[bad] = plane.area_m2(on_plane[bad])
    moved = float(np.abs(mended_area - area).sum())
    findings.add(
        "BC-MAP-39",
        place,
        phrase("{size} polygons whose outlines touch themselves after projecting", size=bad.size),
        "outlines that stay apart",
        "Mended; the area that moved is stated.",
        "note",
        amount=moved / M2_PER_HA,
        unit="ha",
        share=moved / float(area.sum()),
    )
    return on_plane, mended_area
