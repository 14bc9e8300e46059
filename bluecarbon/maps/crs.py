"""Coordinate reference systems: what a map's coordinates mean, and when two maps may be laid upon each other.

All that is cut or measured goes through longitude and latitude of one datum, that of the first map. A projection is
undone exactly. A change of datum is made only where PROJ knows a published shift of stated accuracy; where it would
let coordinates pass unchanged ("ballpark", tens of metres for Beijing 54 or Xian 80), the job is refused. WGS 84 and
CGCS2000 agree to centimetres-decimetres and pass by name.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.maps.geodesic import Ellipsoid
from methodology.base.errors import Finding, InputError, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from pyproj import CRS

SHIFT_ACCURACY_M = 10.0  # a shift less sure than this moves habitat by more than surveys are drawn to
STRAY_VARIABLES = ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA")
WGS84_NAMES = frozenset(
    ("world geodetic system 1984 ensemble", "world geodetic system 1984", "wgs 84", "wgs_1984", "d_wgs_1984")
)
CGCS2000_NAMES = frozenset(
    (
        "china 2000",
        "china_2000",
        "d_china_2000",
        "cgcs2000",
        "china geodetic coordinate system 2000",
        "china_geodetic_coordinate_system_2000",
    )
)
Transform = Callable[[np.ndarray], np.ndarray]


@contextmanager
def own_proj_data() -> Iterator[None]:
    """Hide PROJ and GDAL data folders that another program put into the environment.

    The libraries here carry their own; a foreign ``proj.db`` makes look-ups fail or, worse, differ.
    """
    stray = {name: os.environ.pop(name) for name in STRAY_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(stray)


@dataclass(frozen=True)
class MapCrs:
    """A map's reference system, with its own longitude and latitude.

    Parameters
    ----------
    crs : pyproj.CRS
        Horizontal system of the coordinates; a bound system states its own shift to a hub datum.
    geographic : pyproj.CRS
        Geographic system of the same datum (of the hub datum, where the system itself states a shift).
    name : str
        For messages.
    """

    crs: CRS
    geographic: CRS
    name: str

    @property
    def is_geographic(self) -> bool:
        """True if coordinates are degrees (or grads) already."""
        return bool(self.drawn_in.is_geographic)

    @property
    def drawn_in(self) -> CRS:
        """The system of the coordinates, without a shift that it may state."""
        return self.crs.source_crs if self.crs.is_bound else self.crs

    @property
    def degrees_per_unit(self) -> float:
        """Size of a coordinate unit of a geographic system: 1, or 0.9 for grads. [degree; NaN if projected]"""
        return _degrees_per_unit(self.drawn_in) if self.is_geographic else float("nan")

    @property
    def unit_m(self) -> float:
        """Length of a coordinate unit, 0.3048006 for the US survey foot. [m; NaN for degrees]"""
        return float("nan") if self.is_geographic else float(self.drawn_in.axis_info[0].unit_conversion_factor)

    @property
    def ellipsoid(self) -> Ellipsoid:
        """Ellipsoid of the datum."""
        shape = self.geographic.ellipsoid
        return Ellipsoid(float(shape.semi_major_metre), float(shape.inverse_flattening))


def map_crs(crs: object, place: str) -> MapCrs:
    """Check the reference system of a file.

    Parameters
    ----------
    crs : pyproj.CRS, anything pyproj reads, or None
    place : str
        File, for the message.

    Raises
    ------
    InputError
        BC-MAP-10 if there is none; BC-MAP-11 if it is not tied to the Earth or has no horizontal plane.
    """
    from pyproj import CRS

    if crs is None:
        raise refuse(
            "BC-MAP-10",
            place,
            "no coordinate reference system",
            "a file that states its coordinate reference system",
            "Ask the surveyor which one it is and write it into the file (QGIS: Layer, Set CRS); it is never guessed.",
        )
    full = CRS.from_user_input(crs)
    flat = full.sub_crs_list[0] if full.is_compound else full
    if flat.is_bound:
        return MapCrs(flat, flat.target_crs.geodetic_crs.to_2d(), flat.source_crs.name)
    geographic = flat.geodetic_crs
    if geographic is None or not (flat.is_projected or flat.is_geographic):
        raise refuse(
            "BC-MAP-11",
            place,
            phrase("reference system {full!r} of type {type_name}", full=full.name, type_name=full.type_name),
            "a projected or geographic reference system of a known datum",
            "Local and geocentric systems cannot be placed on the ground: reproject the file first.",
        )
    return MapCrs(flat.to_2d(), geographic.to_2d(), flat.name)


def to_frame(own: MapCrs, frame: MapCrs, bounds: np.ndarray, place: str) -> tuple[Transform, list[Finding]]:
    """How coordinates of a map become longitude and latitude of the job's datum.

    Parameters
    ----------
    own, frame : MapCrs
        Of the map, and of the first map of the job, whose datum all maps share.
    bounds : array, shape (4,)
        Smallest and largest coordinates of the map, in its own units; a shift is chosen for this place.
    place : str
        File, for messages.

    Returns
    -------
    function
        Takes coordinates, shape (vertex, 2), gives longitude and latitude [degree].
    list of Finding
        BC-MAP-13 (note) names each change of datum and its accuracy.

    Raises
    ------
    InputError
        BC-MAP-12 if there is no published shift, or only one less sure than 10 m.
    """
    unproject = _unprojection(own)
    corners = unproject(np.array([bounds[:2], bounds[2:]], dtype=float))
    shift, findings = _datum_shift(own, frame, corners, place)
    if shift is None:
        return unproject, findings
    return (lambda coordinates: shift(unproject(coordinates))), findings


def from_frame(own: MapCrs, frame: MapCrs) -> Transform | None:
    """The way back to a map's own coordinates, or None where that would need a change of datum."""
    from pyproj import Transformer

    if _datum_name(own.geographic) != _datum_name(frame.geographic) or own.crs.is_bound:
        return None
    to_unit = _degrees_per_unit(own.geographic)
    if own.is_geographic:
        return lambda lonlat: lonlat / to_unit
    project = Transformer.from_crs(own.geographic, own.crs, always_xy=True)
    return lambda lonlat: np.column_stack(project.transform(*(lonlat / to_unit).T))


def _unprojection(own: MapCrs) -> Transform:
    from pyproj import Transformer

    degrees = _degrees_per_unit(own.geographic)
    if own.is_geographic and not own.crs.is_bound:
        return lambda coordinates: coordinates * degrees
    transformer = Transformer.from_crs(own.crs, own.geographic, always_xy=True)
    return lambda coordinates: np.column_stack(transformer.transform(*coordinates.T)) * degrees


def _degrees_per_unit(geographic: CRS) -> float:
    factor = float(geographic.axis_info[0].unit_conversion_factor)
    return 1.0 if abs(np.degrees(factor) - 1) < 1e-12 else float(np.degrees(factor))


def _datum_name(geographic: CRS) -> str:
    datum = geographic.datum.name if geographic.datum is not None else geographic.name
    name = datum.casefold().split(" (g")[0]  # realisations "World Geodetic System 1984 (G2139)" count as one
    for known in (WGS84_NAMES, CGCS2000_NAMES):
        if name in known:
            return min(known)
    return f"{name}, prime meridian {geographic.prime_meridian.name}"


def _datum_shift(own: MapCrs, frame: MapCrs, corners: np.ndarray, place: str) -> tuple[Transform | None, list[Finding]]:
    names = {_datum_name(own.geographic), _datum_name(frame.geographic)}
    stated = [_shift_note(own, frame, place, phrase("shifted as the file states"))] if own.crs.is_bound else []
    if len(names) == 1:
        return None, stated
    if names == {min(WGS84_NAMES), min(CGCS2000_NAMES)}:
        return None, [_shift_note(own, frame, place, phrase("taken as one; they agree within decimetres"))]
    best, missing_grid = _best_shift(own.geographic, frame.geographic, corners)
    if best is None or not 0 <= best.accuracy <= SHIFT_ACCURACY_M:
        raise _no_shift(own, frame, place, best)
    what = phrase(
        "{shift_name}, accuracy {accuracy:g} m", shift_name=_shift_name(best.description), accuracy=best.accuracy
    )
    if missing_grid:
        what += phrase("; a better one needs a shift grid that is not installed")
    before, after = _degrees_per_unit(own.geographic), _degrees_per_unit(frame.geographic)
    shift = lambda lonlat: np.column_stack(best.transform(*(lonlat / before).T)) * after  # noqa: E731
    return shift, [_shift_note(own, frame, place, what)]


def _best_shift(source: CRS, target: CRS, corners: np.ndarray) -> tuple[object | None, bool]:
    from pyproj.aoi import AreaOfInterest
    from pyproj.exceptions import ProjError
    from pyproj.transformer import TransformerGroup

    (west, south), (east, north) = corners
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing grid is reported by us, in the map's own findings
        try:
            area = AreaOfInterest(west, south, east, north) if np.isfinite(corners).all() else None
            group = TransformerGroup(source, target, always_xy=True, area_of_interest=area, allow_ballpark=False)
        except ProjError:
            return None, False
    best = group.transformers[0] if group.transformers else None
    return best, not group.best_available


def _shift_name(description: str) -> str:
    return " + ".join(part for part in description.split(" + ") if not part.startswith("axis order change"))


def _shift_note(own: MapCrs, frame: MapCrs, place: str, what: str) -> Finding:
    datum = own.drawn_in.geodetic_crs.name
    return Finding(
        "BC-MAP-13",
        place,
        phrase("datum {datum} beside {geographic}: {what}", datum=datum, geographic=frame.geographic.name, what=what),
        "maps of one datum",
        severity="note",
    )


def _no_shift(own: MapCrs, frame: MapCrs, place: str, best: object | None) -> InputError:
    known = (
        phrase("; the best published shift is good to {accuracy:g} m only", accuracy=best.accuracy)
        if best is not None and best.accuracy >= 0
        else phrase("; no shift between them is published, coordinates would pass unchanged and lie tens of metres off")
    )
    return refuse(
        "BC-MAP-12",
        place,
        phrase(
            "datum {geographic} beside {geographic2}{known}",
            geographic=own.geographic.name,
            geographic2=frame.geographic.name,
            known=known,
        ),
        phrase(
            "maps of one datum, or of two with a published shift good to {shift_accuracy_m:g} m",
            shift_accuracy_m=SHIFT_ACCURACY_M,
        ),
        "Have the file transformed with the local seven parameters that the survey authority holds, then give it here.",
    )
