"""Ground area of polygons in longitude and latitude, against Karney's geodesics and closed forms."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from bluecarbon.maps.geodesic import (
    WGS84,
    Ellipsoid,
    authalic_coefficients,
    authalic_latitude,
    geodetic_latitude,
    polygon_area_m2,
)

GEOD = Geod(ellps="WGS84")
EARTH_M2 = 510065621724088.4  # karney2013: area of the WGS 84 ellipsoid
CLARKE_1866 = Ellipsoid(6378206.4, 294.978698214)


def karney_m2(polygon):
    """Area by geodesics, whatever the winding of shells and holes."""
    parts = shapely.get_parts(polygon)
    rings = [(abs(GEOD.geometry_area_perimeter(shapely.Polygon(p.exterior))[0]), p.interiors) for p in parts]
    return sum(
        area - sum(abs(GEOD.geometry_area_perimeter(shapely.Polygon(h))[0]) for h in holes) for area, holes in rings
    )


def star(rng, lon, lat, radius_m, count):
    """A simple polygon of `count` vertices within `radius_m` of a place."""
    angle = (np.arange(count) + rng.uniform(0, 0.9, count)) * 2 * np.pi / count
    reach = radius_m * rng.uniform(0.4, 1, count)
    east, north = reach * np.cos(angle), reach * np.sin(angle)
    return np.column_stack([lon + east / 111320 / np.cos(np.radians(lat)), lat + north / 110950])


def stars(seed, count, lowest=-75, highest=75, smallest=20, largest=3000):
    rng = np.random.default_rng(seed)
    return np.array(
        [
            shapely.Polygon(
                star(
                    rng,
                    rng.uniform(-170, 170),
                    rng.uniform(lowest, highest),
                    np.exp(rng.uniform(np.log(smallest), np.log(largest))),
                    rng.integers(5, 40),
                )
            )
            for _ in range(count)
        ]
    )


def test_authalic_latitude_of_snyders_worked_example():
    # snyder1987, numerical examples, Lambert azimuthal equal-area on the Clarke 1866 ellipsoid.
    latitude = np.degrees(authalic_latitude(np.radians(np.array([30.0, 40.0])), CLARKE_1866))
    assert latitude == pytest.approx([29.8877622, 39.8722878], abs=6e-8)
    assert CLARKE_1866.authalic_radius_m == pytest.approx(6370997.2, abs=0.06)


def test_series_agrees_with_snyders_expansion():
    # snyder1987 eq. 3-18, terms to e^6; what is left out is of order e^8 = 2e-9.
    e2 = WGS84.eccentricity**2
    first = -(e2 / 3 + 31 * e2**2 / 180 + 59 * e2**3 / 560)
    second = 17 * e2**2 / 360 + 61 * e2**3 / 1260
    assert authalic_coefficients(WGS84)[:2] == pytest.approx((first, second), abs=5e-10)


def test_latitudes_go_there_and_back():
    latitude = np.radians(np.linspace(-90, 90, 721))
    assert geodetic_latitude(authalic_latitude(latitude, WGS84), WGS84) == pytest.approx(latitude, abs=1e-15)


def test_an_octant_is_an_eighth_of_the_earth():
    # Equator and meridians are geodesics and great circles alike.
    octant = shapely.Polygon([(0, 0), (45, 0), (90, 0), (90, 90), (0, 90)])
    assert polygon_area_m2(np.array([octant]))[0] == pytest.approx(EARTH_M2 / 8, rel=1e-12)


def test_within_a_millionth_of_karney_up_to_three_kilometres():
    polygons = stars(7, 400)
    truth = np.array([karney_m2(polygon) for polygon in polygons])
    assert np.abs(polygon_area_m2(polygons) / truth - 1).max() < 1e-6


def test_holes_and_parts_in_any_winding():
    shell = star(np.random.default_rng(3), 114, 22.5, 2500, 30)
    middle = shell.mean(axis=0)
    hole = middle + 0.2 * (shell - middle)
    far = shell + np.array([0.3, 0.1])
    polygons = np.array(
        [
            shapely.Polygon(shell, [hole]),
            shapely.Polygon(shell[::-1], [hole]),
            shapely.Polygon(shell, [hole[::-1]]),
            shapely.MultiPolygon([shapely.Polygon(shell, [hole]), shapely.Polygon(far)]),
            shapely.MultiPolygon([shapely.Polygon(far[::-1]), shapely.Polygon(shell, [hole[::-1]])]),
            shapely.Polygon(),
        ]
    )
    area = polygon_area_m2(polygons)
    truth = np.array([karney_m2(polygon) for polygon in polygons[:5]])
    assert area[:5] == pytest.approx(truth, rel=1e-6)
    assert area[:3] == pytest.approx(area[0], rel=1e-12)
    assert area[5] == 0


def test_antimeridian_is_no_place():
    here = star(np.random.default_rng(5), 10, -17, 3000, 25)
    there = here + np.array([170, 0])
    wrapped = np.where(there[:, [0]] > 180, there - np.array([360, 0]), there)
    areas = polygon_area_m2(np.array([shapely.Polygon(each) for each in (here, there, wrapped)]))
    assert np.ptp(wrapped[:, 0]) > 350
    assert areas == pytest.approx(areas[0], rel=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_ring_around_a_pole_is_a_cap(sign):
    longitude = np.arange(-180, 180, 1.0)
    cap = np.column_stack([longitude, np.full(360, sign * 80.0)])
    truth = abs(GEOD.polygon_area_perimeter(cap[:, 0], cap[:, 1])[0])
    assert polygon_area_m2(np.array([shapely.Polygon(cap)]))[0] == pytest.approx(truth, rel=1e-6)
    assert polygon_area_m2(np.array([shapely.Polygon(cap[::-1])]))[0] == pytest.approx(truth, rel=1e-6)


def test_chunks_and_neighbours_do_not_show():
    # More vertices than one chunk; each polygon measures the same alone and in company, up to rounding.
    polygons = np.tile(stars(11, 300), 5)
    together = polygon_area_m2(polygons)
    alone = np.array([polygon_area_m2(np.array([polygon]))[0] for polygon in polygons[:300]])
    assert shapely.get_num_coordinates(polygons).sum() > 2 * 16_384
    assert together == pytest.approx(np.tile(alone, 5), rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-170, 170), st.integers(1, 20))
def test_longitude_and_first_vertex_do_not_matter(seed, shift, start):
    ring = star(np.random.default_rng(seed), 0, 35, 1500, 21)
    moved = np.roll(ring, start, axis=0) + np.array([shift, 0])
    area = polygon_area_m2(np.array([shapely.Polygon(ring), shapely.Polygon(moved)]))
    assert area[1] == pytest.approx(area[0], rel=1e-9)  # 1e-9 is a rounding of the shifted longitude at 1500 m


def test_wide_edges_take_the_exact_branch():
    # One edge of 60° must not disturb a small polygon in the same chunk.
    small = stars(2, 1)[0]
    wide = shapely.Polygon([(0, 10), (60, 10), (30, 40)])
    sphere = Ellipsoid(6371000.0, 0)
    alone = polygon_area_m2(np.array([small]), sphere)[0]
    both = polygon_area_m2(np.array([small, wide]), sphere)
    truth = abs(Geod(a=6371000, b=6371000).geometry_area_perimeter(wide)[0])
    assert both[0] == pytest.approx(alone, rel=1e-11)
    assert both[1] == pytest.approx(truth, rel=1e-12)
