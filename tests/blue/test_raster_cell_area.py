"""Ground area of cells: against published figures, Karney's geodesics and PROJ's own area scale."""

from __future__ import annotations

import numpy as np
import pytest

from bluecarbon.maps.cell_area import cell_areas
from bluecarbon.maps.grid import Grid
from bluecarbon.maps.map_scale import latitude_cell_area_m2
from methodology.base.errors import InputError

WGS84_AREA_M2 = 510_065_621_724_088.4  # surface of the WGS 84 ellipsoid (Moritz 1980 constants, closed form)


def grid_of(code, left, top, step, size):
    from pyproj import CRS

    return Grid(size, size, left, top, step, -step, CRS.from_user_input(code).to_wkt())


def test_cells_of_the_whole_earth():
    from pyproj import CRS

    areas = cell_areas(Grid(360, 180, -180.0, 90.0, 1.0, -1.0, CRS("EPSG:4326").to_wkt()))
    assert sum(areas.cell_m2(row) for row in range(180)) * 360 == pytest.approx(WGS84_AREA_M2, rel=1e-12)


def test_a_sphere_has_the_area_of_a_sphere():
    assert latitude_cell_area_m2(-np.pi / 2, np.pi / 2, 2 * np.pi, 2.0, 0.0) == pytest.approx(16 * np.pi)


@pytest.mark.parametrize("latitude", [0.0, 22.5, 60.0, -41.3])
def test_small_cells_agree_with_karney(latitude):
    """A cell of 0.01 degree; its upper and lower edge are parallels, walked in 200 geodesic chords."""
    from pyproj import Geod

    rad = np.radians
    ours = latitude_cell_area_m2(rad(latitude), rad(latitude + 0.01), rad(0.01), 6378137.0, 0.0066943799901413165)
    x = np.linspace(113, 113.01, 201)
    ring = np.concatenate([x, x[::-1]]), np.repeat([latitude, latitude + 0.01], 201)
    exact = abs(Geod(ellps="WGS84").polygon_area_perimeter(*ring)[0])
    assert ours == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize(
    ("code", "left", "top", "step"),
    [
        ("EPSG:32650", 250_000.0, 2_500_000.0, 30.0),  # UTM, its western edge
        ("EPSG:4547", 400_000.0, 2_600_000.0, 10.0),  # CGCS2000 3-degree Gauss-Krueger
        ("EPSG:2154", 300_000.0, 6_900_000.0, 100.0),  # Lambert-93: scale changes along columns and rows
        ("EPSG:3031", -1_000_000.0, 1_000_000.0, 1000.0),  # polar stereographic, the pole inside
        ("EPSG:2882", 400_000.0, 1_300_000.0, 100.0),  # Florida West, US survey feet
    ],
)
def test_projected_cells_agree_with_the_area_scale_of_proj(code, left, top, step):
    from pyproj import CRS, Proj

    size = 2000
    areas = cell_areas(grid_of(code, left, top, step, size))
    unit_m = CRS(code).axis_info[0].unit_conversion_factor
    projection = Proj(CRS(code), preserve_units=True)
    for row, col in ((0, 0), (3, 1990), (1200, 700), (1999, 1999)):
        lon, lat = projection(left + step * (col + 0.5), top - step * (row + 0.5), inverse=True)
        exact = (step * unit_m) ** 2 / projection.get_factors(lon, lat).areal_scale
        assert areas.cell_m2(row, col) == pytest.approx(exact, rel=max(2 * areas.error(), 2e-8))
    assert areas.error() < 1e-5  # a continent in one projection; 1e-7 on a map of 300 km


def test_web_mercator_is_measured_on_the_ellipsoid():
    """Its scale on the ellipsoid: R2 cos2(lat) / (M N cos(lat)) per unit of map area, by hand."""
    left, top, step = 12_600_000.0, 2_600_000.0, 10.0
    areas = cell_areas(grid_of("EPSG:3857", left, top, step, 1000))
    a, e2 = 6378137.0, 0.0066943799901413165
    lat = np.arctan(np.sinh((top - step * 0.5) / a))
    curve = 1 - e2 * np.sin(lat) ** 2
    m, n = a * (1 - e2) / curve**1.5, a / np.sqrt(curve)
    exact = step**2 * (m * np.cos(lat) / a) * (n * np.cos(lat) / a)
    assert areas.cell_m2(0, 0) == pytest.approx(exact, rel=1e-7)


def test_equal_area_cells_are_constant():
    assert cell_areas(grid_of("EPSG:6933", 1e6, 3e6, 30.0, 500)).constant_m2 == 900.0


def test_beyond_the_projection():
    with pytest.raises(InputError, match="BC-RAS-11"):
        cell_areas(grid_of("+proj=ortho +lat_0=20 +lon_0=113", -9e6, 9e6, 6000.0, 3000))
