"""A layer made ready for measuring: checked reference system, valid polygons, the way to longitude and latitude."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bluecarbon.maps import edges
from bluecarbon.maps.crs import MapCrs, Transform, map_crs, to_frame
from bluecarbon.maps.overlay import polygonal
from bluecarbon.maps.plane import Plane
from bluecarbon.maps.repair import CleanLayer, clean_layer
from bluecarbon.maps.vector import Layer
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import phrase

M2_PER_HA = 10_000.0
CLOSURE = 1e-9  # relative; two roads to the same area must meet here


@dataclass(frozen=True)
class Drawn:
    """A layer with valid polygons in its own coordinates, and the way to longitude and latitude.

    Parameters
    ----------
    layer : Layer
    own : MapCrs
    clean : CleanLayer
    to_lonlat : function
        Coordinates, shape (vertex, 2), to longitude and latitude of the job's datum. [degree]
    """

    layer: Layer
    own: MapCrs
    clean: CleanLayer
    to_lonlat: Transform


def drawn_layer(layer: Layer, frame: MapCrs, findings: Findings) -> Drawn | None:
    """Check reference system and geometry of a layer.

    Parameters
    ----------
    layer : Layer
    frame : MapCrs
        Of the first map: its datum is the job's.
    findings : Findings
        Takes what is wrong or was mended.

    Returns
    -------
    Drawn or None
        None if there is an error.
    """
    import shapely

    try:
        own = map_crs(layer.crs, layer.place)
        clean = clean_layer(layer, own, findings)
        if clean.rows.size == 0:
            return None
        bounds = shapely.total_bounds(clean.geometry)
        to_lonlat, notes = to_frame(own, frame, bounds, layer.place)
    except InputError as error:
        findings.extend(error.findings)
        return None
    findings.extend(notes)
    return Drawn(layer, own, clean, to_lonlat)


def centre_points(drawn: list[Drawn]) -> np.ndarray:
    """Corners of the maps, in longitude and latitude, from which the common plane is centred. [degree]

    Raises
    ------
    InputError
        BC-MAP-17 no corner of any map lies in the domain of its projection.
    """
    import shapely

    corners = []
    for each in drawn:
        low_x, low_y, high_x, high_y = shapely.total_bounds(each.clean.geometry)
        box = np.array([[low_x, low_y], [low_x, high_y], [high_x, low_y], [high_x, high_y]])
        corners.append(each.to_lonlat(box))
    points = np.concatenate(corners)
    finite = np.isfinite(points).all(axis=1)
    if not finite.any():
        raise refuse(
            "BC-MAP-17",
            drawn[0].layer.place,
            "coordinates outside the domain of the projection",
            phrase("coordinates in {own}", own=drawn[0].own.name),
            "Was the reference system of the file set right?",
        )
    return points[finite]


def outline(drawn: Drawn, plane: Plane, findings: Findings) -> tuple[np.ndarray, np.ndarray]:
    """Polygons that only cut others (units, extents) in the plane, their straight edges followed closely.

    Parameters
    ----------
    drawn : Drawn
    plane : Plane
    findings : Findings
        Takes BC-MAP-23 for each mended polygon, and BC-MAP-45: polygons far from all maps are left out (note), or there are no others (error).

    Returns
    -------
    near : array of bool, shape (polygon,)
        False for polygons on another side of the Earth.
    polygons : array, shape (near polygon,)

    Raises
    ------
    InputError
        BC-MAP-46 if a polygon reaches both the maps and farther than the plane does.
    """
    import shapely

    followed = edges.divided(drawn.clean.geometry, drawn.own, edges.UNIT_STEP_M, edges.UNIT_STEP_M)
    lonlat = edges.lonlat_polygons(followed, drawn.to_lonlat)
    vertices, owner = shapely.get_coordinates(lonlat, return_index=True)
    beyond = np.bincount(owner, weights=plane.is_beyond(vertices), minlength=len(lonlat)) / np.bincount(owner)
    west, south, east, north = shapely.bounds(lonlat).T
    around = (west < plane.longitude) & (plane.longitude < east) & (south < plane.latitude) & (plane.latitude < north)
    near = (beyond < 1) | around
    if not near.all():
        findings.add(
            "BC-MAP-45",
            drawn.layer.place,
            phrase(
                "{n} of {n2} polygons on another side of the Earth than the maps",
                n=np.count_nonzero(~near),
                n2=len(near),
            ),
            "polygons around the maps",
            "Left out; they hold nothing of these maps." if near.any() else "Is this the right file?",
            "note" if near.any() else "error",
        )
    on_plane = shapely.transform(lonlat[near], plane.from_lonlat)
    on_plane = polygonal(shapely.make_valid(on_plane, method="structure", keep_collapsed=False))
    area = np.zeros(len(near))
    area[near] = plane.area_m2(on_plane)
    list_repairs(drawn, area, findings)
    return near, on_plane


def files_of(path: Path, role: str) -> list[tuple[str, str, str]]:
    """(role, path, sha256) of a file, and of those that belong to a Shapefile."""
    from methodology.base.files import sha256_of

    paths = [path]
    if path.suffix.lower() == ".shp":
        sides = (".dbf", ".shx", ".prj", ".cpg")
        paths += sorted(p for p in path.parent.glob(path.stem + ".*") if p.suffix.lower() in sides)
    return [(role, str(each), sha256_of(each)) for each in paths]


def list_repairs(drawn: Drawn, area: np.ndarray, findings: Findings) -> None:
    """Name each mended polygon, with the ground it had as drawn and has now, and what moved (BC-MAP-23).

    Parameters
    ----------
    drawn : Drawn
    area : array, shape (polygon,)
        Ground area of each polygon, as mended. [m2]
    findings : Findings
    """
    total = float(area.sum())
    for repair in drawn.clean.repairs:
        ground = area[repair.row] / repair.mended if repair.mended else 0.0
        moved = abs(repair.mended - repair.drawn) * ground
        if moved < CLOSURE * area[repair.row]:
            moved = 0.0  # a ring that only touches itself encloses the same ground, to rounding
        findings.add(
            "BC-MAP-23",
            phrase(
                "{place}, feature {feature}",
                place=drawn.layer.place,
                feature=drawn.layer.feature[drawn.clean.rows[repair.row]],
            ),
            phrase(
                "invalid polygon ({reason}), mended; {drawn:.6g} ha as drawn, {area:.6g} ha now; area moved",
                reason=repair.reason,
                drawn=repair.drawn * ground / M2_PER_HA,
                area=area[repair.row] / M2_PER_HA,
            ),
            "an outline that does not cross itself",
            "Look at the place in the GIS if the area moved matters.",
            "warning",
            amount=moved / M2_PER_HA,
            unit="ha",
            share=moved / total if total else None,
        )
