"""Classified rasters as a survey: the tables that vector maps give, from cells."""

from __future__ import annotations

import numpy as np
import pytest

from bluecarbon.maps.raster_survey import RasterOptions, raster_survey_areas
from bluecarbon.maps.tables import NOT_SURVEYED, OTHER, OUTSIDE_UNITS, LegendValues, MapSource, UnitsSource
from methodology.base.errors import InputError

LEFT, TOP, CELL = 1_000_000.0, 3_000_000.0, 100.0  # EPSG:6933, equal-area: a cell is one hectare
LEGEND = LegendValues(frozenset({"1", "2"}), frozenset({"9"}))


def write(path, values, nodata=0):
    import rasterio
    from affine import Affine

    values = np.asarray(values, dtype=np.uint8)
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "crs": "EPSG:6933", "nodata": nodata}
    profile |= {"height": values.shape[0], "width": values.shape[1], "transform": Affine(CELL, 0, LEFT, 0, -CELL, TOP)}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values, 1)
    return path


def write_units(path, boxes):
    import geopandas
    import shapely

    shapes = [shapely.box(LEFT + w * CELL, TOP - s * CELL, LEFT + e * CELL, TOP - n * CELL) for w, n, e, s in boxes]
    frame = geopandas.GeoDataFrame({"name": [f"unit {k}" for k in range(len(boxes))]}, geometry=shapes, crs="EPSG:6933")
    frame.to_file(path)
    return UnitsSource(path, "name")


@pytest.fixture
def two_dates(tmp_path):
    first = np.full((20, 30), 9)
    first[2:10, 2:12], first[12:18, 20:28], first[:, 29] = 1, 2, 0
    second = first.copy()
    second[2:10, 2:5], second[12:14, 20:28], second[0, :] = 9, 1, 0
    return [
        MapSource("2000", write(tmp_path / "a.tif", first)),
        MapSource("2010", write(tmp_path / "b.tif", second)),
    ]


def test_areas_transitions_and_extent_by_hand(two_dates):
    survey = raster_survey_areas(two_dates, LEGEND)
    areas = {(r.date, r.key): r.area_ha for r in survey.areas.itertuples()}
    assert list(survey.keys["value"]) == ["1", "2"]
    assert areas == pytest.approx({("2000", 0): 80, ("2000", 1): 48, ("2010", 0): 56 + 16, ("2010", 1): 32})
    moved = {(r.from_key, r.to_key): r.area_ha for r in survey.transitions.itertuples()}
    assert moved == pytest.approx({(0, 0): 56, (0, OTHER): 24, (1, 1): 32, (1, 0): 16})
    assert survey.extents["extent_ha"].tolist() == pytest.approx([20 * 29, 19 * 29])
    assert survey.areas["planar_ha"].tolist() == pytest.approx(survey.areas["area_ha"].tolist())
    assert [role for role, _, _ in survey.files] == ["map 2000", "map 2010"]


@pytest.mark.parametrize("rule", ["centre", "coverage"])
def test_units_add_to_the_whole(two_dates, tmp_path, rule):
    if rule == "coverage":
        pytest.importorskip("exactextract")
    units = write_units(tmp_path / "units.gpkg", [(0, 0, 7.25, 20), (7.25, 0, 24, 20)])
    survey = raster_survey_areas(two_dates, LEGEND, units, options=RasterOptions(unit_rule=rule))
    whole = raster_survey_areas(two_dates, LEGEND)
    for frame in ("areas", "transitions"):
        by = ["date", "key"] if frame == "areas" else ["from_key", "to_key"]
        parts = getattr(survey, frame).groupby(by)["area_ha"].sum()
        total = getattr(whole, frame).groupby(by)["area_ha"].sum()
        assert parts.to_dict() == pytest.approx(total.to_dict(), rel=1e-9)
    first = survey.areas[(survey.areas["date"] == "2000") & (survey.areas["key"] == 0)]
    inside = dict(zip(first["reporting_unit"], first["area_ha"], strict=True))
    edge = 7.25 if rule == "coverage" else 7.0
    assert inside == pytest.approx({"unit 0": (edge - 2) * 8, "unit 1": (12 - edge) * 8}, rel=1e-4)
    assert survey.units["area_ha"].tolist() == pytest.approx([145, 335], rel=1e-6)
    outside = [finding for finding in survey.findings if finding.code == "BC-MAP-31"]
    assert outside[0].amount == pytest.approx(4 * 6)
    assert OUTSIDE_UNITS in set(survey.areas["reporting_unit"])


def test_nodata_is_not_surveyed_unless_the_job_says_where_the_map_looked(tmp_path):
    first, second = np.zeros((10, 10)), np.zeros((10, 10))
    first[:4], second[:2] = 1, 1
    units = write_units(tmp_path / "units.gpkg", [(0, 0, 10, 10)])
    paths = [write(tmp_path / "a.tif", first), write(tmp_path / "b.tif", second)]
    for extent, unmapped, state in (
        ("unknown", "other", NOT_SURVEYED),
        ("units", "not_surveyed", NOT_SURVEYED),
        ("units", "other", OTHER),
    ):
        maps = [
            MapSource(date, path, extent=extent, unmapped=unmapped)
            for date, path in zip(("1", "2"), paths, strict=True)
        ]
        moved = raster_survey_areas(maps, LEGEND, units).transitions
        assert {(r.from_key, r.to_key): r.area_ha for r in moved.itertuples()} == pytest.approx(
            {(0, 0): 20, (0, state): 20}
        )


def test_unknown_classes_are_listed_all_at_once_with_area(tmp_path):
    values = np.full((10, 10), 1)
    values[0, :3], values[1, :5] = 7, 8
    with pytest.raises(InputError) as caught:
        raster_survey_areas([MapSource("2000", write(tmp_path / "a.tif", values))], LEGEND)
    assert [(f.code, f.found) for f in caught.value.findings] == [("BC-RAS-21", "class 7"), ("BC-RAS-21", "class 8")]
    assert [f.amount for f in caught.value.findings] == pytest.approx([3, 5])


def test_what_a_raster_cannot_have_is_refused(two_dates, tmp_path):
    from dataclasses import replace

    with pytest.raises(InputError, match="BC-RAS-23"):
        raster_survey_areas([replace(two_dates[0], class_field="habitat")], LEGEND)
    with pytest.raises(InputError, match="BC-RAS-23"):
        raster_survey_areas([replace(two_dates[0], extent=tmp_path / "extent.gpkg")], LEGEND)


def test_a_stated_nodata_value(two_dates):
    survey = raster_survey_areas(two_dates[:1], LEGEND, nodata={"2000": 9})
    assert survey.extents["extent_ha"].tolist() == pytest.approx([128])


def test_units_beyond_the_raster_are_told(two_dates, tmp_path):
    units = write_units(tmp_path / "units.gpkg", [(0, 0, 20, 20), (20, 0, 40, 20)])
    survey = raster_survey_areas(two_dates, LEGEND, units)
    told = [finding for finding in survey.findings if finding.code == "BC-RAS-24"]
    assert [finding.place for finding in told] == ["reporting unit unit 1"]
    assert told[0].amount == pytest.approx(200)
    assert survey.extents["extent_ha"].tolist()[1] == pytest.approx(9 * 20)
