"""Ground area of polygons in bulk: excess of great circles on the sphere that has the ellipsoid's area.

The authalic latitude maps the ellipsoid onto a sphere without changing any area. The area of a ring is then the sum,
over its edges, of the spherical excess between the edge and the equator: closed form, no projection, no limit of
zones, one numpy pass over all vertices. What differs from Karney's geodesic is only that a great circle between two
authalic points is not exactly the geodesic between them; for polygons of a few kilometres that is some 1e-7 of the
area, against 5e-4 at the edge of a 3-degree Gauss-Krueger zone for planar area.

Source: snyder1987 (authalic latitude, eq. 3-11, 3-12, 3-16); karney2013 (the oracle of the tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bluecarbon.maps.rings import rings_of

SERIES_TERMS = 5  # the sixth coefficient is below 1e-17 rad for Earth's flattening
CHUNK = 16_384  # vertices at a time: the working arrays stay in the processor's cache
SHORT_TURN_DEGREES = 1.0  # up to here (111 km) the tangent and its inverse are polynomials, exact to 1e-16


@dataclass(frozen=True)
class Ellipsoid:
    """Axes of an ellipsoid of revolution.

    Parameters
    ----------
    semi_major_m : float
        Equatorial radius. [m]
    inverse_flattening : float
        a / (a − b); 0 for a sphere. [1]
    """

    semi_major_m: float
    inverse_flattening: float

    @property
    def eccentricity(self) -> float:
        """First eccentricity e. [1]"""
        flattening = 1 / self.inverse_flattening if self.inverse_flattening else 0.0
        return float(np.sqrt(flattening * (2 - flattening)))

    @property
    def authalic_radius_m(self) -> float:
        """Radius of the sphere with the area of the ellipsoid. [m]"""
        return float(self.semi_major_m * np.sqrt(_authalic_q(1.0, self.eccentricity) / 2))


WGS84 = Ellipsoid(6_378_137.0, 298.257223563)  # snyder1987 table 1 gives GRS80; WGS 84 differs in the 10th digit


def _authalic_q(sin_latitude: np.ndarray | float, e: float) -> np.ndarray | float:
    """Twice the area between the equator and a latitude, per radian and a². Source: snyder1987 eq. 3-12."""
    if e == 0:
        return 2 * sin_latitude
    return (1 - e**2) * (sin_latitude / (1 - (e * sin_latitude) ** 2) + np.arctanh(e * sin_latitude) / e)


@lru_cache(maxsize=16)
def authalic_coefficients(ellipsoid: Ellipsoid) -> tuple[float, ...]:
    """Coefficients c_k of ξ = φ + Σ c_k sin 2kφ, k = 1 … 5, from the closed form. [rad]

    Notes
    -----
    ξ − φ is odd and periodic, so the trapezoid rule over equal steps gives the coefficients to machine precision.
    """
    nodes = np.arange(1, 64) * (np.pi / 2) / 64
    q = _authalic_q(np.sin(nodes), ellipsoid.eccentricity)
    q_pole = _authalic_q(1.0, ellipsoid.eccentricity)
    difference = np.arctan2(q, np.sqrt((q_pole - q) * (q_pole + q))) - nodes
    return tuple(float(np.mean(difference * np.sin(2 * k * nodes)) * 2 * 63 / 64) for k in range(1, SERIES_TERMS + 1))


def authalic_latitude(latitude_rad: np.ndarray, ellipsoid: Ellipsoid) -> np.ndarray:
    """Authalic latitude ξ of geodetic latitude φ.

    Parameters
    ----------
    latitude_rad : array
        Geodetic latitude. [rad]
    ellipsoid : Ellipsoid

    Returns
    -------
    array of the same shape
        Authalic latitude. [rad]

    Notes
    -----
    Source: snyder1987 eq. 3-11, as a sine series.
    """
    return latitude_rad + _sine_series(latitude_rad, authalic_coefficients(ellipsoid))


def geodetic_latitude(authalic_rad: np.ndarray, ellipsoid: Ellipsoid) -> np.ndarray:
    """Geodetic latitude φ of authalic latitude ξ, the inverse of `authalic_latitude`. [rad]

    Notes
    -----
    Fixed point φ ← ξ − Σ c_k sin 2kφ; each step gains more than two digits, since c_1 is about −0.0022.
    """
    coefficients = authalic_coefficients(ellipsoid)
    latitude = np.array(authalic_rad, dtype=float)
    for _ in range(8):
        latitude = authalic_rad - _sine_series(latitude, coefficients)
    return latitude


def _sine_series(angle: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    return _summed_series(np.sin(angle), np.cos(angle), coefficients)


def _summed_series(sine: np.ndarray, cosine: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    """Σ c_k sin 2kα by Clenshaw's recurrence, from the sine and cosine of α."""
    twice_cos, sin_two = 2 * (cosine - sine) * (cosine + sine), 2 * sine * cosine
    upper: np.ndarray | float = 0.0
    current: np.ndarray | float = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        upper, current = current, coefficient + twice_cos * current - upper
    return current * sin_two


def polygon_area_m2(
    polygons: np.ndarray,
    ellipsoid: Ellipsoid = WGS84,
    to_lonlat: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Ground area of polygons, edges great circles of the authalic sphere between their vertices.

    Parameters
    ----------
    polygons : array of shapely Polygon or MultiPolygon, shape (feature,)
        Holes and several parts are allowed, in any winding.
    ellipsoid : Ellipsoid
        Of the datum of the coordinates. WGS 84 by default: against CGCS2000 or GRS80 areas differ by 3e-11.
    to_lonlat : function, optional
        Takes coordinates, shape (vertex, 2), gives longitude and latitude [degree]; without it the coordinates are
        longitude and latitude already.

    Returns
    -------
    array, shape (feature,)
        Area on the ellipsoid; 0 for empty geometries. [m2]

    Notes
    -----
    An edge takes the short way round, so a ring may cross the antimeridian. A ring whose longitudes add up to a
    full turn encloses a pole. Within 1e-6 of Karney's geodesic polygon up to 3 km. Source: karney2013.
    """
    rings = rings_of(polygons)
    lonlat = rings.coordinates if to_lonlat is None else to_lonlat(rings.coordinates)
    return rings.summed(np.abs(ring_area_m2(lonlat, rings.offsets, ellipsoid)))


def ring_area_m2(coordinates: np.ndarray, ring_offsets: np.ndarray, ellipsoid: Ellipsoid = WGS84) -> np.ndarray:
    """Ground area of closed rings; the sign tells the winding, except around a pole, where it is positive.

    Parameters
    ----------
    coordinates : array, shape (vertex, 2)
        Longitude, latitude; the last vertex of each ring repeats the first. [degree]
    ring_offsets : array, shape (ring + 1,)
        Where each ring begins in `coordinates`, and the end.
    ellipsoid : Ellipsoid

    Returns
    -------
    array, shape (ring,)
        Positive for clockwise rings on this convention. [m2]
    """
    count = len(coordinates)
    if count == 0:
        return np.zeros(0)
    is_edge = np.ones(count, dtype=bool)
    is_edge[ring_offsets[1:] - 1] = False  # from the end of one ring to the start of the next
    excess, turn = np.zeros(count), np.zeros(count)
    for start in range(0, count - 1, CHUNK):
        stop = min(start + CHUNK, count - 1)
        piece = coordinates[start : stop + 1]
        excess[start:stop], turn[start:stop] = _half_excess(piece, is_edge[start:stop], ellipsoid)
    area = np.add.reduceat(excess, ring_offsets[:-1]) * 2 * ellipsoid.authalic_radius_m**2
    around_pole = np.abs(np.add.reduceat(turn, ring_offsets[:-1])) > np.pi
    hemisphere = 2 * np.pi * ellipsoid.authalic_radius_m**2
    return np.where(around_pole, hemisphere - np.abs(area), area)


def _half_excess(lonlat: np.ndarray, is_edge: np.ndarray, ellipsoid: Ellipsoid) -> tuple[np.ndarray, np.ndarray]:
    """Half the spherical excess between each edge and the equator, and the turn in longitude. [rad]"""
    sine, cosine = _half_authalic(np.radians(lonlat[:, 1]), ellipsoid)
    turn = np.diff(lonlat[:, 0]) * is_edge
    widest = max(turn.max(initial=0.0), -turn.min(initial=0.0))
    if widest > 180.0:
        turn -= 360.0 * np.round(turn / 360.0)
    turn *= np.pi / 180.0
    above = sine[:-1] * cosine[1:] + cosine[:-1] * sine[1:]
    below = cosine[:-1] * cosine[1:] + sine[:-1] * sine[1:]
    if widest > SHORT_TURN_DEGREES:
        return np.arctan(np.tan(0.5 * turn) * above / below), turn
    half = 0.5 * turn
    square = half * half
    tangent = half * (1 + square * (1 / 3 + square * (2 / 15 + square * 17 / 315))) * above / below
    square = tangent * tangent
    return tangent * (1 - square * (1 / 3 - square * (1 / 5 - square * (1 / 7)))), turn


def _half_authalic(latitude_rad: np.ndarray, ellipsoid: Ellipsoid) -> tuple[np.ndarray, np.ndarray]:
    """Sine and cosine of half the authalic latitude, at the cost of one sine and one cosine.

    Notes
    -----
    With δ = ξ − φ below 0.0023 rad, cos δ/2 and sin δ/2 are their Taylor polynomials to machine precision.
    """
    half = 0.5 * latitude_rad
    sine, cosine = np.sin(half), np.cos(half)
    half_shift = 0.5 * _summed_series(2 * sine * cosine, 1 - 2 * sine * sine, authalic_coefficients(ellipsoid))
    square = half_shift * half_shift
    cosine_shift = 1 - square * (0.5 - square / 24)
    sine_shift = half_shift * (1 - square * (1 / 6 - square / 120))
    return sine * cosine_shift + cosine * sine_shift, cosine * cosine_shift - sine * sine_shift
