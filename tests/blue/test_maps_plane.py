"""The cutting plane: straight lines are great circles, and pieces add up to what they were cut from."""

import numpy as np
import pytest
import shapely
from shapely.ops import split

from bluecarbon.maps.geodesic import WGS84, polygon_area_m2
from bluecarbon.maps.plane import Plane
from methodology.base.errors import InputError

PLANE = Plane(114.0, 22.5, WGS84)


def test_centre_is_the_origin_and_true_to_scale():
    around = PLANE.from_lonlat(np.array([[114.0, 22.5], [114.001, 22.5], [114.0, 22.501]]))
    assert around[0] == pytest.approx([0, 0], abs=1e-8)
    # Authalic lengths differ from the ellipsoid's by up to e²/6 or so; areas do not.
    assert np.hypot(*around[1]) * np.hypot(*around[2]) == pytest.approx(
        polygon_area_m2(np.array([shapely.box(114, 22.5, 114.001, 22.501)]))[0], rel=1e-5
    )


def test_meridians_and_equator_are_straight():
    lines = [
        np.column_stack([np.full(5, 120.0), np.linspace(-10, 50, 5)]),
        np.column_stack([np.linspace(80, 150, 5), np.zeros(5)]),
    ]
    for line in lines:
        points = PLANE.from_lonlat(line)
        step = points - points[0]
        off = np.abs(step[:, 0] * step[-1, 1] - step[:, 1] * step[-1, 0]) / np.hypot(*step[-1])
        assert off.max() < 1e-8


def test_there_and_back_to_a_hundredth_of_a_micrometre():
    rng = np.random.default_rng(1)
    lonlat = np.column_stack([rng.uniform(90, 140, 500), rng.uniform(0, 45, 500)])
    back = PLANE.to_lonlat(PLANE.from_lonlat(lonlat))
    assert np.abs(back - lonlat).max() * 111_320 < 1e-7


def test_plane_area_is_the_area_of_longitude_and_latitude():
    rng = np.random.default_rng(4)
    corners = np.column_stack([rng.uniform(105, 122, 200), rng.uniform(15, 30, 200)])
    polygons = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + 0.02, corners[:, 1] + 0.01)
    polygons[0] = shapely.difference(polygons[0], shapely.buffer(shapely.centroid(polygons[0]), 0.002))
    polygons[1] = shapely.union(polygons[1], polygons[2])
    plane = shapely.transform(polygons, PLANE.from_lonlat)
    assert PLANE.area_m2(plane) == pytest.approx(polygon_area_m2(polygons), rel=1e-9)


def test_pieces_add_up_however_a_polygon_is_cut():
    whole = shapely.Polygon([(-300e3, -200e3), (400e3, -250e3), (350e3, 500e3), (-100e3, 420e3)])
    rng = np.random.default_rng(9)
    pieces = [whole]
    for _ in range(12):
        a, b = rng.uniform(-9e5, 9e5, (2, 2))
        knife = shapely.LineString([a - 3 * (b - a), b + 3 * (b - a)])
        pieces = [part for piece in pieces for part in split(piece, knife).geoms]
    assert len(pieces) > 12
    total = PLANE.area_m2(np.array(pieces)).sum()
    assert total == pytest.approx(PLANE.area_m2(np.array([whole]))[0], rel=1e-13)


def test_far_points_are_refused():
    with pytest.raises(InputError) as caught:
        PLANE.from_lonlat(np.array([[-82.0, 27.0]]))
    assert caught.value.code == "BC-MAP-46"
    with pytest.raises(InputError) as caught:
        Plane.around(np.array([[0.0, 0.0], [180.0, 0.0]]), WGS84)
    assert caught.value.code == "BC-MAP-46"


def test_centre_of_a_map_on_both_sides_of_the_antimeridian():
    plane = Plane.around(np.array([[179.0, -17.0], [-179.0, -17.0]]), WGS84)
    assert abs(plane.longitude) == 180
