"""Vector files as people send them: hostile paths, broken files, other alphabets, reference systems."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import Geod

from bluecarbon.maps.survey_areas import vector_survey_areas
from bluecarbon.maps.tables import LegendValues, MapSource, UnitsSource
from bluecarbon.maps.vector import field_names
from methodology.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
LEGEND = LegendValues(frozenset({"mangrove", "seagrass", "红树林", "海草床"}))


def square(east, north, side=100.0):
    return shapely.box(500_000 + east, 2_500_000 + north, 500_000 + east + side, 2_500_000 + north + side)


def two_squares(crs=4547, classes=("mangrove", "seagrass"), field="class"):
    """Two squares of one hectare on the central meridian of a CGCS2000 zone, where the scale is 1."""
    return geopandas.GeoDataFrame({field: list(classes)}, geometry=[square(-200, 0), square(100, 0)], crs=crs)


def areas_of(path, field="class", **more):
    return vector_survey_areas([MapSource("2020", Path(path), field, **more)], LEGEND)


def refused(path, field="class", **more):
    with pytest.raises(InputError) as caught:
        areas_of(path, field, **more)
    return caught.value


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".parquet"])
def test_each_format_gives_two_hectares(tmp_path, suffix):
    path = tmp_path / f"map{suffix}"
    frame = two_squares()
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".geojson":
        frame.to_crs(4326).to_file(path)
    else:
        frame.to_file(path)
    result = areas_of(path)
    # GeoJSON is written with 7 decimals of a degree (5 mm), hence 1e-4 there.
    assert result.areas["area_ha"].tolist() == pytest.approx([1, 1], rel=1e-4 if suffix == ".geojson" else 1e-7)
    assert result.keys["value"].tolist() == ["mangrove", "seagrass"]
    assert {role for role, _, _ in result.files} == {"map 2020"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/vsicurl/https://example.org/map.gpkg", "BC-MAP-01"),
        ("/vsizip/map.zip/map.shp", "BC-MAP-01"),
        ("/VSIS3/bucket/map.gpkg", "BC-MAP-01"),
        ("//vsimem/map.gpkg", "BC-MAP-01"),
        ("https://example.org/map.gpkg", "BC-MAP-01"),
        ("PG:dbname=survey", "BC-MAP-01"),
        ("GPKG:/tmp/map.gpkg:layer", "BC-MAP-01"),
        ("<OGRVRTDataSource></OGRVRTDataSource>", "BC-MAP-01"),
        ('{"type":"FeatureCollection","features":[]}', "BC-MAP-01"),
        ("../map.gpkg", "BC-MAP-02"),
        ("maps/../../etc/map.gpkg", "BC-MAP-02"),
        ("nowhere.gpkg", "BC-MAP-03"),
    ],
)
def test_paths_that_are_no_local_file(tmp_path, monkeypatch, path, code):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        vector_survey_areas([MapSource("2020", path, "class")], LEGEND)
    assert caught.value.code == code


def test_a_connection_behind_a_folder_is_no_file_either(tmp_path):
    assert refused(tmp_path / "PG:dbname=survey").code == "BC-MAP-01"
    assert refused(f"{tmp_path}/https:/example.org/map.gpkg").code == "BC-MAP-01"


def test_other_formats_and_disguises(tmp_path):
    vrt = b'<OGRVRTDataSource><OGRVRTLayer name="map"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    (tmp_path / "map.vrt").write_bytes(vrt)
    (tmp_path / "vrt.gpkg").write_bytes(vrt)
    (tmp_path / "vrt.geojson").write_bytes(vrt)
    (tmp_path / "empty.shp").write_bytes(b"")
    (tmp_path / "tiff.gpkg").write_bytes(b"II*\0" + bytes(100))
    assert refused(tmp_path / "map.vrt").code == "BC-MAP-04"
    for name in ("vrt.gpkg", "vrt.geojson", "empty.shp", "tiff.gpkg"):
        assert refused(tmp_path / name).code == "BC-MAP-05", name


def test_topojson_is_not_geojson(tmp_path):
    path = tmp_path / "map.json"
    path.write_text('{"type":"Topology","objects":{},"arcs":[]}')
    assert refused(path).code in ("BC-MAP-05", "BC-MAP-06")


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_a_file_cut_short(tmp_path, suffix):
    path = tmp_path / f"map{suffix}"
    frame = geopandas.GeoDataFrame(
        {"class": ["mangrove"] * 300}, geometry=[square(200 * k, 0) for k in range(300)], crs=4547
    )
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_crs(4326).to_file(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])
    error = refused(path)
    assert error.code == "BC-MAP-06"
    assert "map 2020" in str(error)


def test_a_shapefile_without_its_index(tmp_path):
    two_squares().to_file(tmp_path / "map.shp")
    (tmp_path / "map.shx").unlink()
    assert refused(tmp_path / "map.shp").code == "BC-MAP-06"


def test_a_shapefile_without_its_table_has_no_fields(tmp_path):
    two_squares().to_file(tmp_path / "map.shp")
    (tmp_path / "map.dbf").unlink()
    assert refused(tmp_path / "map.shp").code == "BC-MAP-14"


def test_layers(tmp_path):
    path = tmp_path / "map.gpkg"
    two_squares().to_file(path, layer="habitat_2020")
    points = two_squares()
    points.geometry = points.geometry.centroid
    points.to_file(path, layer="plots")
    assert areas_of(path).areas["area_ha"].sum() == pytest.approx(2)  # the only layer of polygons
    error = refused(path, layer="habitat_2002")
    assert error.code == "BC-MAP-07"
    assert "habitat_2020" in error.findings[0].remedy
    two_squares().to_file(path, layer="habitat_2021")
    assert refused(path).code == "BC-MAP-08"
    assert areas_of(path, layer="habitat_2021").areas["area_ha"].sum() == pytest.approx(2)
    assert refused(path, layer="plots").findings[-1].code == "BC-MAP-19"


def test_an_empty_layer(tmp_path):
    two_squares().iloc[:0].to_file(tmp_path / "map.gpkg")
    assert refused(tmp_path / "map.gpkg").code == "BC-MAP-09"


def test_a_missing_field_names_the_nearest(tmp_path):
    two_squares(field="FLUCCSCODE").to_file(tmp_path / "map.gpkg")
    error = refused(tmp_path / "map.gpkg", "fluccs_code")
    assert error.code == "BC-MAP-14"
    assert "Did you mean 'FLUCCSCODE'?" in str(error)


def test_no_reference_system(tmp_path):
    two_squares(crs=None).to_file(tmp_path / "map.shp")
    assert refused(tmp_path / "map.shp").code == "BC-MAP-10"
    two_squares(crs=None).to_parquet(tmp_path / "map.parquet")
    assert refused(tmp_path / "map.parquet").code == "BC-MAP-10"


def test_a_local_reference_system(tmp_path):
    local = 'LOCAL_CS["harbour grid",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    two_squares(crs=None).set_crs(local).to_parquet(tmp_path / "map.parquet")
    assert refused(tmp_path / "map.parquet").code == "BC-MAP-11"


def test_metres_called_degrees(tmp_path):
    two_squares().set_crs(4326, allow_override=True).to_file(tmp_path / "map.gpkg")
    error = refused(tmp_path / "map.gpkg")
    assert error.code == "BC-MAP-17"
    assert "metres" in str(error)


def test_an_edge_round_the_earth(tmp_path):
    wide = geopandas.GeoDataFrame(
        {"class": ["mangrove"]},
        geometry=[shapely.Polygon([(179, -17), (-179, -17), (-179, -16), (179, -16)])],
        crs=4326,
    )
    wide.to_parquet(tmp_path / "map.parquet")
    assert refused(tmp_path / "map.parquet").code == "BC-MAP-17"


def test_both_sides_of_the_antimeridian_are_one_map(tmp_path):
    sides = [shapely.box(179.99, -17, 180, -16.99), shapely.box(-180, -17, -179.99, -16.99)]
    whole = [shapely.box(178.98, -17, 178.99, -16.99), shapely.box(178.99, -17, 179.0, -16.99)]
    for name, shapes in (("split", sides), ("whole", whole)):
        geopandas.GeoDataFrame({"class": ["mangrove"] * 2}, geometry=shapes, crs=4326).to_file(
            tmp_path / f"{name}.gpkg"
        )
    split, whole = (areas_of(tmp_path / f"{name}.gpkg").areas["area_ha"].sum() for name in ("split", "whole"))
    assert split == pytest.approx(whole, rel=1e-10)


@pytest.mark.parametrize(("zone", "meridian"), [(4545, 108), (4546, 111), (4547, 114), (4548, 117), (4549, 120)])
def test_cgcs2000_zones_are_true_on_their_meridian(tmp_path, zone, meridian):
    two_squares(crs=zone).to_file(tmp_path / "map.gpkg")
    result = areas_of(tmp_path / "map.gpkg")
    assert result.areas["area_ha"].tolist() == pytest.approx([1, 1], rel=1e-7)
    centre = result.layers["2020"].to_crs(4490).union_all().centroid
    assert centre.x == pytest.approx(meridian, abs=0.001)  # longitude first, whatever the axis order says
    assert result.layers["2020"].crs == zone


def test_planar_area_at_the_edge_of_a_zone_is_too_large(tmp_path):
    # Transverse Mercator: scale 1 + x²/2R², so area grows by x²/R²: 5.8e-4 at 153 km from the meridian.
    edge = geopandas.GeoDataFrame({"class": ["mangrove"]}, geometry=[square(153_000, 0, 1000)], crs=4547)
    edge.to_file(tmp_path / "map.gpkg")
    row = areas_of(tmp_path / "map.gpkg").areas.iloc[0]
    assert row["planar_ha"] == pytest.approx(100, rel=1e-9)
    assert row["planar_ha"] / row["area_ha"] - 1 == pytest.approx((153_500 / 6_360_000) ** 2, rel=0.01)


def test_us_survey_feet(tmp_path):
    foot = 1200 / 3937
    side = 100 / foot
    shape = shapely.box(656_166.667, 1_200_000, 656_166.667 + side, 1_200_000 + side)
    geopandas.GeoDataFrame({"class": ["mangrove"]}, geometry=[shape], crs=2882).to_file(tmp_path / "map.gpkg")
    row = areas_of(tmp_path / "map.gpkg").areas.iloc[0]
    assert row["planar_ha"] == pytest.approx(1, rel=1e-9)
    assert row["area_ha"] == pytest.approx(1 / 0.999941177**2, rel=1e-7)  # scale on the central meridian of EPSG:2882


@pytest.mark.parametrize("datum", [4214, 4610, 2437, 2383])
def test_beijing_54_and_xian_80_beside_cgcs2000(tmp_path, datum):
    here = two_squares().to_crs(4490)
    there = here.set_crs(4214 if datum in (4214, 2437) else 4610, allow_override=True).to_crs(datum)
    here.to_file(tmp_path / "here.gpkg")
    there.to_file(tmp_path / "there.gpkg")
    maps = [MapSource(name, tmp_path / f"{name}.gpkg", "class") for name in ("here", "there")]
    with pytest.raises(InputError) as caught:
        vector_survey_areas(maps, LEGEND)
    assert caught.value.code == "BC-MAP-12"
    assert "seven parameters" in caught.value.findings[0].remedy
    # Alone, nothing has to be shifted: the area on its own ellipsoid is fine.
    assert vector_survey_areas(maps[1:], LEGEND).areas["area_ha"].tolist() == pytest.approx([1, 1], rel=2e-4)


def test_wgs84_and_cgcs2000_pass_by_name(tmp_path):
    here = two_squares().to_crs(4490)
    here.to_file(tmp_path / "here.gpkg")
    here.set_crs(4326, allow_override=True).to_crs(32649).to_file(tmp_path / "there.gpkg")
    maps = [MapSource(name, tmp_path / f"{name}.gpkg", "class") for name in ("here", "there")]
    result = vector_survey_areas(maps, LEGEND)
    assert [finding.severity for finding in result.findings if finding.code == "BC-MAP-13"] == ["note"]
    assert result.areas["area_ha"].tolist() == pytest.approx([1, 1, 1, 1], rel=1e-7)


def test_a_published_shift_is_made_and_named(tmp_path):
    florida = geopandas.GeoDataFrame(
        {"class": ["mangrove"], "name": ["bay"]}, geometry=[shapely.box(-82.5, 27.5, -82.49, 27.51)], crs=4326
    )
    florida.to_file(tmp_path / "units.gpkg")
    florida.set_crs(4326).to_crs(2882).to_file(tmp_path / "map.gpkg")
    result = vector_survey_areas(
        [MapSource("1996", tmp_path / "map.gpkg", "class", extent="units")],
        LEGEND,
        UnitsSource(tmp_path / "units.gpkg", "name"),
    )
    note = next(finding for finding in result.findings if finding.code == "BC-MAP-13")
    assert "accuracy" in note.found
    inside = result.areas.loc[result.areas["reporting_unit"] == "bay", "area_ha"].sum()
    assert inside == pytest.approx(result.areas["area_ha"].sum(), rel=1e-5)


def dbf_language(path, byte):
    data = bytearray(path.read_bytes())
    data[29] = byte
    path.write_bytes(data)


@pytest.fixture
def gbk(tmp_path):
    """A Shapefile in GBK, as many Chinese systems write it: Chinese field names and values, no .cpg."""
    path = tmp_path / "map.shp"
    two_squares(classes=("红树林", "海草床"), field="类型").to_file(path, encoding="GBK")
    (tmp_path / "map.cpg").unlink()
    dbf_language(tmp_path / "map.dbf", 0)
    return path


@pytest.mark.parametrize("stated", ["GBK", "gb18030", "GB2312", "936"])
def test_gbk_when_the_job_says_so(gbk, stated):
    assert sorted(areas_of(gbk, "类型", encoding=stated).keys["value"]) == ["海草床", "红树林"]


@pytest.mark.parametrize("cpg", ["GBK", "936", "CP936", "GB18030"])
def test_gbk_when_the_cpg_says_so(gbk, cpg):
    gbk.with_suffix(".cpg").write_text(cpg + "\n")
    assert len(areas_of(gbk, "类型").keys) == 2


def test_gbk_when_the_table_says_so(gbk):
    dbf_language(gbk.with_suffix(".dbf"), 0x4D)
    assert len(areas_of(gbk, "类型").keys) == 2


@pytest.mark.parametrize("byte", [0, 0x57])
def test_nobody_says_so_and_nobody_guesses(gbk, byte):
    dbf_language(gbk.with_suffix(".dbf"), byte)
    error = refused(gbk, "类型")
    assert error.code == "BC-MAP-21"
    assert "GB18030: 类型" in str(error)


def test_mojibake_under_a_wrong_word_is_asked_about(gbk):
    gbk.with_suffix(".cpg").write_text("ISO-8859-1")
    assert refused(gbk, "类型").code == "BC-MAP-21"
    gbk.with_suffix(".cpg").write_text("UTF-8")
    assert refused(gbk, "类型").code == "BC-MAP-22"
    gbk.with_suffix(".cpg").write_text("klingon")
    assert refused(gbk, "类型").code == "BC-MAP-20"


def test_western_accents_are_no_mojibake(tmp_path):
    legend = LegendValues(frozenset({"São Tomé", "forêt"}))
    two_squares(classes=("São Tomé", "forêt")).to_file(tmp_path / "map.shp", encoding="ISO-8859-1")
    dbf_language(tmp_path / "map.dbf", 0x03)
    (tmp_path / "map.cpg").unlink()
    result = vector_survey_areas([MapSource("2020", tmp_path / "map.shp", "class")], legend)
    assert set(result.keys["value"]) == {"São Tomé", "forêt"}


def test_all_files_are_judged_in_one_go(tmp_path):
    two_squares(crs=None).to_file(tmp_path / "a.shp")
    two_squares().to_file(tmp_path / "b.gpkg")
    maps = [
        MapSource("1", tmp_path / "nowhere.gpkg", "class"),
        MapSource("2", tmp_path / "b.gpkg", "klass"),
        MapSource("3", "PG:x", "class"),
        MapSource("3", tmp_path / "b.gpkg", "class", extent="units"),
    ]
    with pytest.raises(InputError) as caught:
        vector_survey_areas(maps, LEGEND, UnitsSource(tmp_path / "b.gpkg", "nome"))
    assert [finding.code for finding in caught.value.findings] == [
        "BC-MAP-41", "BC-MAP-03", "BC-MAP-14", "BC-MAP-01", "BC-MAP-14"
    ]  # fmt: skip


def test_sql_in_a_geopackage_stays_text(tmp_path):
    two_squares(classes=("mangrove'; DROP TABLE map; --", "seagrass")).to_file(tmp_path / "map.gpkg")
    error = refused(tmp_path / "map.gpkg")
    assert error.code == "BC-MAP-28"
    with sqlite3.connect(tmp_path / "map.gpkg") as base:
        assert base.execute("select count(*) from map").fetchone() == (2,)


@pytest.mark.parametrize("data", ["/nonexistent", "stray"])
def test_foreign_proj_data_does_no_harm(tmp_path, data):
    (tmp_path / "stray").mkdir()
    (tmp_path / "stray" / "proj.db").write_bytes(b"not a database")
    two_squares(crs=4549).to_file(tmp_path / "map.shp")
    two_squares(crs=4549).to_crs(2382).to_file(tmp_path / "map.gpkg")
    code = (
        "from pathlib import Path\n"
        "from bluecarbon.maps.survey_areas import vector_survey_areas as run\n"
        "from bluecarbon.maps.tables import LegendValues, MapSource\n"
        "legend = LegendValues(frozenset({'mangrove', 'seagrass'}))\n"
        f"for name in ('map.shp', 'map.gpkg'):\n"
        f"    print(run([MapSource('1', Path({str(tmp_path)!r}) / name, 'class')], legend).areas.area_ha.sum())\n"
        "import os; print(os.environ['PROJ_DATA'])\n"
    )
    where = str(tmp_path / data) if data == "stray" else data
    environment = {**os.environ, "PROJ_DATA": where, "PROJ_LIB": where, "GDAL_DATA": where}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first, second, left = done.stdout.split()
    assert [float(first), float(second)] == pytest.approx([2, 2], rel=2e-3)
    assert left == where  # what the caller set is the caller's


def test_class_values_are_text_of_what_stands_there(tmp_path):
    legend = LegendValues(frozenset({"9113", "2.5"}))
    geopandas.GeoDataFrame({"code": [9113.0, 2.5]}, geometry=[square(0, 0), square(300, 0)], crs=4547).to_file(
        tmp_path / "map.gpkg"
    )
    result = vector_survey_areas([MapSource("2020", tmp_path / "map.gpkg", "code")], legend)
    assert sorted(result.keys["value"]) == ["2.5", "9113"]


def test_without_a_class_field_every_polygon_is_a_star(tmp_path):
    two_squares().to_file(tmp_path / "map.gpkg")
    result = vector_survey_areas([MapSource("2020", tmp_path / "map.gpkg")], LegendValues(frozenset({"*"})))
    assert result.areas["area_ha"].tolist() == pytest.approx([2])
    assert np.array_equal(result.keys["value"], ["*"])


def test_a_shift_stated_in_the_file_is_used(tmp_path):
    # Beijing 54 with three local parameters: the remedy for BC-MAP-12 when a file may carry them.
    shifted = "+proj=tmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +y_0=0 +ellps=krass +towgs84=15.8,-154.4,-82.3"
    plain = shifted.split(" +towgs84")[0]
    frames = {
        name: two_squares(crs=crs + " +units=m +type=crs") for name, crs in (("shifted", shifted), ("plain", plain))
    }
    for name, frame in frames.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    near = geopandas.GeoDataFrame({"name": ["bay"]}, geometry=[shapely.box(113.9, 22.5, 114.1, 22.7)], crs=4326)
    near.to_file(tmp_path / "units.gpkg")
    units = UnitsSource(tmp_path / "units.gpkg", "name")
    result = vector_survey_areas([MapSource("1", tmp_path / "shifted.parquet", "class", extent="units")], LEGEND, units)
    assert "shifted as the file states" in next(f.found for f in result.findings if f.code == "BC-MAP-13")
    here = result.layers["1"].to_crs(4326).union_all().centroid
    # The published 3-parameter shift moves a place in Shenzhen by some 100 to 200 m.
    there = frames["plain"].to_crs(frames["plain"].crs.geodetic_crs).union_all().centroid
    assert 30 < np.hypot((here.x - there.x) * 103_000, (here.y - there.y) * 111_000) < 300
    with pytest.raises(InputError) as caught:
        vector_survey_areas([MapSource("1", tmp_path / "plain.parquet", "class", extent="units")], LEGEND, units)
    assert caught.value.code == "BC-MAP-12"


def test_grads_and_the_meridian_of_paris(tmp_path):
    side = geopandas.GeoDataFrame({"class": ["mangrove"]}, geometry=[shapely.box(6e5, 22e5, 601e3, 2201e3)], crs=27572)
    side.to_file(tmp_path / "lambert.gpkg")
    side.to_crs(4807).to_file(tmp_path / "grads.gpkg")
    lambert, grads = (areas_of(tmp_path / f"{name}.gpkg") for name in ("lambert", "grads"))
    # EPSG:27572 has the scale 0.99987742 on its standard parallel of 52 grads, which is where this square begins.
    assert lambert.areas["area_ha"][0] == pytest.approx(100 / 0.99987742**2, rel=2e-7)
    assert grads.areas["area_ha"][0] == pytest.approx(lambert.areas["area_ha"][0], rel=1e-9)


def test_a_disk_around_the_pole(tmp_path):
    disk = shapely.Point(0, 0).buffer(100_000, quad_segs=90)
    geopandas.GeoDataFrame({"class": ["mangrove"]}, geometry=[disk], crs=3413).to_parquet(tmp_path / "map.parquet")
    lonlat = geopandas.GeoSeries([disk], crs=3413).to_crs(4326)[0].exterior.coords.xy
    truth, _ = Geod(ellps="WGS84").polygon_area_perimeter(*lonlat)
    assert areas_of(tmp_path / "map.parquet").areas["area_ha"].sum() == pytest.approx(abs(truth) / 1e4, rel=1e-6)


def test_a_degree_cell_follows_its_parallels(tmp_path):
    cell = shapely.box(20, 60, 21, 61)
    geopandas.GeoDataFrame({"class": ["mangrove"]}, geometry=[cell], crs=4326).to_file(tmp_path / "map.gpkg")
    # Karney's geodesics along the parallels in steps of 10 m; a single geodesic for each side would be 3e-5 off.
    ring = shapely.segmentize(cell, 1e-4).exterior.coords.xy
    truth, _ = Geod(ellps="WGS84").polygon_area_perimeter(*ring)
    assert areas_of(tmp_path / "map.gpkg").areas["area_ha"].sum() == pytest.approx(abs(truth) / 1e4, rel=2e-8)


def test_field_names_are_decoded(gbk):
    assert field_names(gbk, encoding="GBK") == ["类型"]
    with pytest.raises(InputError) as caught:
        field_names(gbk)
    assert caught.value.code == "BC-MAP-21"
