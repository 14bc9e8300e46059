"""Zones from polygons: by cell centre and by exact coverage."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from bluecarbon.maps.grid import Window
from bluecarbon.maps.raster_source import RasterSource
from bluecarbon.maps.trajectories import trajectory_areas
from bluecarbon.maps.zones import ZonePolygons
from methodology.base.errors import InputError

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
LEFT, TOP, CELL = 113.0, 23.0, 1e-4
ROWS, COLS = 700, 900


def in_degrees(shape):
    return shapely.transform(shape, lambda xy: np.column_stack([LEFT + CELL * xy[:, 0], TOP - CELL * xy[:, 1]]))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    import rasterio
    from affine import Affine

    path = tmp_path_factory.mktemp("zones") / "map.tif"
    rows, cols = np.mgrid[:ROWS, :COLS]
    values = (1 + (rows // 50 + cols // 70) % 5).astype(np.uint8)
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "width": COLS, "height": ROWS, "nodata": 0}
    profile |= {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"}
    with rasterio.open(
        path, "w", crs="EPSG:4490", transform=Affine(CELL, 0, LEFT, 0, -CELL, TOP), **profile
    ) as dataset:
        dataset.write(values, 1)
    return RasterSource(path, "2000")


DISC = shapely.Point(430, 390).buffer(170.3, quad_segs=60)
RING = shapely.Point(430, 390).buffer(290.1, quad_segs=60).difference(DISC)


def zones(rule, shapes=(DISC, RING), names=("disc", "ring")):
    return ZonePolygons(list(names), [in_degrees(shape) for shape in shapes], "EPSG:4490", rule)


def geodesic_ha(shape):
    from pyproj import Geod

    return abs(Geod(ellps="GRS80").geometry_area_perimeter(in_degrees(shape.segmentize(2.0)))[0]) / 1e4


@pytest.mark.parametrize(("rule", "tolerance"), [("centre", 2e-3), ("coverage", 2e-7)])
def test_zone_areas_are_those_of_the_polygons(source, rule, tolerance):
    """Centre: about 1,000 border cells of 90,000, sqrt(1000/12)/90000 = 1e-4 as standard error; coverage: chords."""
    if rule == "coverage":
        pytest.importorskip("exactextract")
    result = trajectory_areas([source], zones(rule))
    for spot, shape in enumerate((DISC, RING)):
        assert result.area_ha[result.zone == spot].sum() == pytest.approx(geodesic_ha(shape), rel=tolerance)


@pytest.mark.parametrize("rule", ["centre", "coverage"])
def test_zones_add_to_the_whole_and_windows_do_not_matter(source, rule):
    if rule == "coverage":
        pytest.importorskip("exactextract")
    whole, parts = trajectory_areas([source]), trajectory_areas([source], zones(rule))
    for value in range(1, 6):
        here, there = parts.classes[:, 0] == value, whole.classes[:, 0] == value
        assert parts.count[here].sum() == whole.count[there].sum()
        assert parts.area_ha[here].sum() == pytest.approx(whole.area_ha[there].sum(), rel=1e-12)
    windows = [
        Window(r, c, min(97, ROWS - r), min(301, COLS - c))
        for r, c in itertools.product(range(0, ROWS, 97), range(0, COLS, 301))
    ]
    cut = trajectory_areas([source], zones(rule), windows=windows[::-1])
    assert np.array_equal(cut.count, parts.count)
    assert np.array_equal(cut.area_ha, parts.area_ha)


def test_coverage_shares_a_cell_by_its_parts(source):
    pytest.importorskip("exactextract")
    box = shapely.box(10.25, 20.5, 12.0, 22.0)
    result = trajectory_areas([source], zones("coverage", [box], ["plot"]))
    assert result.count[result.zone == 0].sum() == pytest.approx(1.75 * 1.5, abs=1e-4)


def test_polygons_of_one_name_form_one_zone(source):
    boxes = [shapely.box(0, 0, 10, 10), shapely.box(100, 100, 110, 105)]
    result = trajectory_areas([source], zones("centre", boxes, ["bay", "bay"]))
    assert result.zones == ("bay",)
    assert result.count[result.zone == 0].sum() == 150


def test_the_error_of_the_centre_rule_is_told(source):
    told = {finding.code: finding for finding in trajectory_areas([source], zones("centre")).findings}
    assert "standard error" in told["BC-RAS-20"].found
    assert "BC-RAS-20" not in {f.code for f in trajectory_areas([source], zones("coverage")).findings}


def test_zones_elsewhere_are_told(source):
    away = ZonePolygons(["away"], [shapely.box(100, 10, 101, 11)], "EPSG:4490")
    assert "BC-RAS-19" in {finding.code for finding in trajectory_areas([source], away).findings}


def test_coverage_without_its_package(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "exactextract", None)
    with pytest.raises(InputError, match="BC-RAS-18"):
        trajectory_areas([source], zones("coverage"))


def test_unknown_rule_and_broken_zone(source):
    with pytest.raises(InputError, match="BC-RAS-16"):
        trajectory_areas([source], zones("touched"))
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    with pytest.raises(InputError, match="Self-intersection"):
        trajectory_areas([source], zones("centre", [bow], ["bow"]))


# Zones of columns of whole cells in a map of 900 x 700 cells: 300 columns are 210,000 cells.
def columns(*spans):
    return [shapely.box(start, 0, end, ROWS) for start, end in spans]


def cells_of(result):
    return {name: result.count[result.zone == spot].sum() for spot, name in enumerate(result.zones)}


@pytest.mark.parametrize("rule", ["centre", "coverage"])
def test_a_sliver_of_two_zones_goes_to_the_first_and_is_told(source, rule):
    """A quarter column, 175 cells of 210,000 (0.083 %): east keeps 299.75 columns, its half-open ones by centre."""
    if rule == "coverage":
        pytest.importorskip("exactextract")
    result = trajectory_areas([source], zones(rule, columns((0, 300), (299.75, 600)), ("west", "east")))
    told = next(finding for finding in result.findings if finding.code == "BC-RAS-17")
    assert told.severity == "warning"
    assert "west and east (175 cells" in told.found
    assert told.share == pytest.approx(175 / 210_000)
    # 1e-4 degree at latitude 22.965 (GRS 80) is 11.0744 m by 10.2549 m: 0.0113567 ha a cell
    assert told.amount == pytest.approx(175 * 0.0113567, rel=1e-4)
    assert cells_of(result) == {"west": 300 * ROWS, "east": 300 * ROWS}


@pytest.mark.parametrize("rule", ["centre", "coverage"])
@pytest.mark.parametrize(("keeper", "west", "east"), [("first", 300, 299), ("last", 299, 300)])
def test_who_keeps_common_ground_is_chosen(source, rule, keeper, west, east):
    """One column of two zones of 300, 0.33 %."""
    if rule == "coverage":
        pytest.importorskip("exactextract")
    shapes = [in_degrees(shape) for shape in columns((0, 300), (299, 599))]
    given = ZonePolygons(["west", "east"], shapes, "EPSG:4490", rule, overlaps=keeper)
    result = trajectory_areas([source], given)
    assert cells_of(result) == {"west": west * ROWS, "east": east * ROWS}
    assert f"stands {keeper}" in next(f for f in result.findings if f.code == "BC-RAS-17").remedy


def test_more_than_a_sliver_is_refused_with_the_way_out(source):
    with pytest.raises(
        InputError, match=r"BC-RAS-17 .*west and east \(700 cells, 7\.95 ha\).*\n.*--zone-overlaps first"
    ):
        trajectory_areas([source], zones("centre", columns((0, 300), (299, 600)), ("west", "east")))
    with pytest.raises(InputError, match="BC-RAS-16"):
        trajectory_areas([source], ZonePolygons(["disc"], [in_degrees(DISC)], "EPSG:4490", overlaps="larger"))


def test_polygons_of_one_zone_may_overlap(source):
    pytest.importorskip("exactextract")
    result = trajectory_areas([source], zones("coverage", columns((0, 300), (200.5, 400)), ("bay", "bay")))
    assert cells_of(result) == {"bay": 400 * ROWS}
    assert "BC-RAS-17" not in {finding.code for finding in result.findings}


def test_common_ground_beyond_the_map_is_no_matter(source):
    shapes = [shapely.box(0, -90, 300, 9), shapely.box(0, -300, 300, -50)]
    assert cells_of(trajectory_areas([source], zones("centre", shapes, ("north", "south"))))["north"] == 300 * 9


def test_real_zones_with_slivers_are_used(tmp_path):
    """Seven bay segments that overlap in three hair-thin places, 0.33 to 13.3 cells of 100 ft."""
    import geopandas
    import rasterio
    from affine import Affine

    path = REAL / "tampa_bay_segments.gpkg"
    if not path.exists():
        pytest.skip("no real files here")
    frame = geopandas.read_file(path)
    flat = frame.to_crs("EPSG:2882")
    west, south, east, north = flat.total_bounds
    cell = 1000.0
    shape = (int((north - south) / cell) + 1, int((east - west) / cell) + 1)
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": shape[0], "width": shape[1], "nodata": 0}
    profile |= {"crs": "EPSG:2882", "transform": Affine(cell, 0, west, 0, -cell, north)}
    with rasterio.open(tmp_path / "bay.tif", "w", **profile) as file:
        file.write(np.ones(shape, dtype=np.uint8), 1)
    given = ZonePolygons(list(frame["bay_segment"]), list(frame.geometry), frame.crs)
    result = trajectory_areas([RasterSource(tmp_path / "bay.tif", "1996")], given)
    told = next(finding for finding in result.findings if finding.code == "BC-RAS-17")
    pairs = itertools.combinations(flat.geometry, 2)
    foot_m = 1200 / 3937  # US survey foot
    assert told.amount == pytest.approx(sum(a.intersection(b).area for a, b in pairs) * foot_m**2 / 1e4, rel=0.02)
    assert result.area_ha.sum() == pytest.approx(shape[0] * shape[1] * (cell * foot_m) ** 2 / 1e4, rel=1e-3)
