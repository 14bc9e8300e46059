"""The plane in which maps are cut: the gnomonic view of the authalic sphere.

Cutting polygons needs straight edges; measuring them on the ground needs great circles. In the gnomonic projection
the two are one: every great circle is a straight line. So a polygon may be cut anywhere and its pieces still add up
to it, to rounding, without any scaling afterwards; and maps of unlike projections meet in one plane.

The area of a piece is the excess of spherical triangles between its edges and the centre of the plane, in closed
form from plane coordinates. Source: snyder1987 ch. 22 (gnomonic); oosterom1983 (solid angle of a triangle).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bluecarbon.maps.geodesic import Ellipsoid, authalic_latitude, geodetic_latitude
from bluecarbon.maps.rings import rings_of
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

FARTHEST_DEGREES = 60.0  # from the centre; at 90 the plane has no end


@dataclass(frozen=True)
class Plane:
    """A gnomonic plane.

    Parameters
    ----------
    longitude, latitude : float
        Centre. [degree, geodetic]
    ellipsoid : Ellipsoid
        Of the datum of all longitudes and latitudes that come in.
    """

    longitude: float
    latitude: float
    ellipsoid: Ellipsoid

    @classmethod
    def around(cls, lonlat: np.ndarray, ellipsoid: Ellipsoid) -> Plane:
        """The plane centred on the mean direction of points.

        Parameters
        ----------
        lonlat : array, shape (point, 2)
            Longitude, latitude. [degree]
        ellipsoid : Ellipsoid

        Raises
        ------
        InputError
            BC-MAP-46 if points surround the Earth so evenly that they have no centre.
        """
        longitude, latitude = np.radians(lonlat).T
        vector = np.array(
            [
                np.mean(np.cos(latitude) * np.cos(longitude)),
                np.mean(np.cos(latitude) * np.sin(longitude)),
                np.mean(np.sin(latitude)),
            ]
        )
        if np.linalg.norm(vector) < np.cos(np.radians(FARTHEST_DEGREES)) / 2:
            raise _too_wide("a survey all around the Earth")
        centre_lon = np.degrees(np.arctan2(vector[1], vector[0]))
        centre_lat = np.degrees(np.arctan2(vector[2], np.hypot(vector[0], vector[1])))
        return cls(round(float(centre_lon), 3), round(float(centre_lat), 3), ellipsoid)

    def from_lonlat(self, lonlat: np.ndarray) -> np.ndarray:
        """Plane coordinates of points.

        Parameters
        ----------
        lonlat : array, shape (point, 2)
            Longitude, latitude. [degree]

        Returns
        -------
        array, shape (point, 2)
            East and north of the centre; true to scale there only. [m]

        Raises
        ------
        InputError
            BC-MAP-46 for points over 60° from the centre.
        """
        turn = np.radians(lonlat[:, 0] - self.longitude)
        latitude = authalic_latitude(np.radians(lonlat[:, 1]), self.ellipsoid)
        centre = self._centre_authalic()
        cos_lat, sin_lat = np.cos(latitude), np.sin(latitude)
        depth = np.sin(centre) * sin_lat + np.cos(centre) * cos_lat * np.cos(turn)
        if depth.size and depth.min() < np.cos(np.radians(FARTHEST_DEGREES)):
            raise _too_wide(phrase("points {degrees:.0f}° from its centre", degrees=np.degrees(np.arccos(depth.min()))))
        # 2 sin²(turn/2) instead of 1 − cos keeps the digits of small distances.
        north = np.sin(latitude - centre) + np.sin(centre) * cos_lat * 2 * np.sin(turn / 2) ** 2
        radius = self.ellipsoid.authalic_radius_m
        return np.column_stack([cos_lat * np.sin(turn) / depth, north / depth]) * radius

    def is_beyond(self, lonlat: np.ndarray) -> np.ndarray:
        """True for points farther from the centre than the plane is used. [array of bool, shape (point,)]"""
        turn = np.radians(lonlat[:, 0] - self.longitude)
        latitude, centre = np.radians(lonlat[:, 1]), np.radians(self.latitude)
        depth = np.sin(centre) * np.sin(latitude) + np.cos(centre) * np.cos(latitude) * np.cos(turn)
        return depth < np.cos(np.radians(FARTHEST_DEGREES - 0.5))

    def to_lonlat(self, plane: np.ndarray) -> np.ndarray:
        """Longitude and latitude of plane coordinates, the inverse of `from_lonlat`. [degree]"""
        east, north = (plane / self.ellipsoid.authalic_radius_m).T
        centre = self._centre_authalic()
        up = np.cos(centre) - north * np.sin(centre)
        turn = np.arctan2(east, up)
        authalic = np.arctan2(np.sin(centre) + north * np.cos(centre), np.hypot(east, up))
        longitude = (self.longitude + np.degrees(turn) + 540.0) % 360.0 - 180.0
        return np.column_stack([longitude, np.degrees(geodetic_latitude(authalic, self.ellipsoid))])

    def area_m2(self, polygons: np.ndarray) -> np.ndarray:
        """Ground area of polygons of the plane.

        Parameters
        ----------
        polygons : array of shapely Polygon or MultiPolygon, shape (feature,)
            In plane coordinates. [m]

        Returns
        -------
        array, shape (feature,)
            Area on the ellipsoid. [m2]
        """
        rings = rings_of(polygons)
        return rings.summed(np.abs(self._ring_area_m2(rings.coordinates, rings.offsets)))

    def _ring_area_m2(self, coordinates: np.ndarray, ring_offsets: np.ndarray) -> np.ndarray:
        if len(coordinates) == 0:
            return np.zeros(0)
        radius = self.ellipsoid.authalic_radius_m
        starts = ring_offsets[:-1]
        unit = coordinates / radius
        length = np.sqrt(1 + np.einsum("ij,ij->i", unit, unit))
        # Cross products are taken from each ring's first vertex, so that a small ring far off keeps its digits.
        first = np.repeat(starts, np.diff(ring_offsets))
        local = unit - unit[first]
        anchor, anchor_length = unit[first[:-1]], length[first[:-1]]
        p, q, dp, dq = unit[:-1], unit[1:], local[:-1], local[1:]
        # Triple product of anchor, p, q as vectors (x, y, 1): the plane cross product of the differences.
        triple = dp[:, 0] * dq[:, 1] - dp[:, 1] * dq[:, 0]
        lp, lq = length[:-1], length[1:]
        dot_pq = 1 + np.einsum("ij,ij->i", p, q)
        dot_ap = 1 + np.einsum("ij,ij->i", anchor, p)
        dot_aq = 1 + np.einsum("ij,ij->i", anchor, q)
        half_excess = np.arctan2(triple, anchor_length * lp * lq + dot_ap * lq + dot_aq * lp + dot_pq * anchor_length)
        half_excess[ring_offsets[1:-1] - 1] = 0.0
        return np.add.reduceat(half_excess, starts) * 2 * radius**2

    def scale_at(self, plane: np.ndarray) -> np.ndarray:
        """Mean linear scale of the plane against the ground at plane coordinates. [1]"""
        unit = plane / self.ellipsoid.authalic_radius_m
        return (1 + np.einsum("ij,ij->i", unit, unit)) ** 0.75

    def _centre_authalic(self) -> float:
        return float(authalic_latitude(np.radians(np.array(self.latitude)), self.ellipsoid))


def _too_wide(found: str) -> Exception:
    return refuse(
        "BC-MAP-46",
        "the maps of this job together",
        found,
        phrase("maps that lie within {farthest_degrees:.0f}° of one centre", farthest_degrees=FARTHEST_DEGREES),
        "Make one job per region. A coordinate that is far off by mistake also does this.",
    )
