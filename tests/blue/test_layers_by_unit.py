"""A raster layer knows cells by class value: where units make different classes of one value, it says so and stays empty."""

import geopandas
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from bluecarbon.inventory import survey_statement
from bluecarbon.job import load_job
from bluecarbon.layers import write_layers
from bluecarbon.survey import read_survey

CRS = "EPSG:4547"
LEFT, TOP, CELL, SIDE = 500_000, 2_490_000, 10, 64
JOB = """
[survey]
title = "two shores"
guide = "ipcc-wetlands-2013"
climate = "subtropical"
[legend]
"21" = {{ habitat = "tidal_marsh", stratum = "marsh", soil = "mineral" }}
"31" = {{ habitat = "seagrass", stratum = "beds", soil = "mineral" }}
[[map]]
date = 2020
path = "map.tif"
[reporting_units]
path = "units.gpkg"
name_field = "unit"
[reporting_units.states.west]
{west}
"""


@pytest.fixture
def folder(tmp_path):
    cells = np.full((SIDE, SIDE), 21, dtype="uint8")
    cells[: SIDE // 2] = 31
    profile = {
        "driver": "GTiff",
        "height": SIDE,
        "width": SIDE,
        "count": 1,
        "dtype": "uint8",
        "crs": CRS,
        "nodata": 255,
    }
    with rasterio.open(
        tmp_path / "map.tif", "w", transform=from_origin(LEFT, TOP, CELL, CELL), **profile
    ) as file:  # fmt: skip
        file.write(cells, 1)
    middle, right, bottom = LEFT + CELL * SIDE // 2, LEFT + CELL * SIDE, TOP - CELL * SIDE
    shapes = [box(LEFT, bottom, middle, TOP), box(middle, bottom, right, TOP)]
    geopandas.GeoDataFrame({"unit": ["west", "east"]}, geometry=shapes, crs=CRS).to_file(tmp_path / "units.gpkg")
    return tmp_path


def layer(folder, west):
    (folder / "survey.toml").write_text(JOB.format(west=west), encoding="utf-8")
    survey = read_survey(load_job(folder / "survey.toml"))
    statement, sheet = survey_statement(survey, draws=1_000)
    (folder / "out").mkdir(exist_ok=True)
    write_layers(survey, sheet, folder / "out")
    with rasterio.open(folder / "out" / "density_2020.tif") as file:
        found = [f for f in statement["findings"] if f["code"] == "BC-LAY-01"]
        return file.read(1, masked=True), file.tags(), found


def test_a_class_with_two_densities_is_left_empty_and_said(folder):
    # Cover counts a class with a share of its area: west half the density of east, for seagrass and marsh alike.
    density, tags, found = layer(folder, "cover = 0.5")
    assert density.mask.all()
    assert "21" in tags["note"]
    assert "31" in tags["note"]
    assert [(f["severity"], f["place"]) for f in found] == [
        ("warning", "density_2020.tif, class 21"),
        ("warning", "density_2020.tif, class 31"),
    ]


def test_units_that_state_the_same_carbon_share_one_density(folder):
    # The guide's stocks of these habitats do not ask about salinity: two classes, one density.
    density, tags, found = layer(folder, "salinity_ppt = 10")
    assert not density.mask.any()
    assert len(np.unique(density[: SIDE // 2])) == len(np.unique(density[SIDE // 2 :])) == 1
    assert "note" not in tags
    assert not found
