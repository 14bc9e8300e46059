"""Cores are where the job says, or the statement says that they are not."""

from pathlib import Path

import geopandas
import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin
from shapely.geometry import box

from bluecarbon.classes import AccountingClass
from bluecarbon.field.links import FieldStratum
from bluecarbon.field.pictures import field_pictures
from bluecarbon.field.positions import Position, check_positions, check_positions_on_raster
from bluecarbon.job import load_job
from bluecarbon.survey import read_survey
from methodology.base.errors import Findings

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
REED = FieldStratum("reed", "tidal_marsh", (AccountingClass("r", "tidal_marsh", "reed"),))
LAYER = geopandas.GeoDataFrame(
    {"reporting_unit": ["", ""], "key": [1, 2]},
    geometry=[box(114.00, 22.50, 114.01, 22.51), box(114.01, 22.50, 114.02, 22.51)],
    crs="EPSG:4326",
).to_crs("EPSG:4547")
CLASS_OF = {("", 1): "r", ("", 2): "grass"}


def told(*points):
    findings = Findings()
    check_positions([Position(f"c{n}", REED, *p) for n, p in enumerate(points)], LAYER, CLASS_OF, findings)
    return [(f.code, f.severity, f.place, f.amount) for f in findings]


def test_cores_inside_say_nothing():
    assert told((114.005, 22.505), (114.002, 22.508)) == []


def test_cores_in_another_class_or_off_the_map_are_told_once_for_the_stratum():
    assert told((114.005, 22.505), (114.015, 22.505), (114.5, 22.505)) == [
        ("BC-FLD-16", "warning", "stratum reed, c1, c2", 2.0)
    ]


def raster_told(tmp_path, *points):
    """A grid of 10 m in CGCS2000, two rows of ten cells: class 21 to the west, 11 to the east."""
    cells = np.repeat([[21] * 5 + [11] * 5], 2, axis=0).astype("uint8")
    profile = {"driver": "GTiff", "height": 2, "width": 10, "count": 1, "dtype": "uint8", "crs": "EPSG:4547"}
    with rasterio.open(tmp_path / "map.tif", "w", **profile, transform=from_origin(500_000, 2_490_020, 10, 10)) as file:
        file.write(cells, 1)
    back = Transformer.from_crs("EPSG:4547", "EPSG:4326", always_xy=True)
    findings = Findings()
    positions = [Position(f"c{n}", REED, *back.transform(*p)) for n, p in enumerate(points)]
    strata = {21: ("tidal_marsh", "reed"), 11: ("mangrove", "reed")}
    check_positions_on_raster(positions, tmp_path / "map.tif", 1, strata, findings)
    return [(f.code, f.place, f.amount) for f in findings]


def test_cores_on_a_raster_are_held_against_the_cell_below_them(tmp_path):
    assert raster_told(tmp_path, (500_005, 2_490_015), (500_049, 2_490_001)) == []
    west_east_off = ((500_005, 2_490_015), (500_055, 2_490_015), (500_205, 2_490_015))
    assert raster_told(tmp_path, *west_east_off) == [("BC-FLD-16", "stratum reed, c1, c2", 2.0)]


def test_a_raster_survey_checks_positions_and_draws_the_sites(tmp_path):
    """The sample survey on its raster maps, with one core moved out of the bay."""
    job = (SAMPLE / "survey_raster.toml").read_text(encoding="utf-8")
    table = (SAMPLE / "cores.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    moved = [line.replace(line.split(",")[6], "114.30000") if ",RN1," in line.upper() else line for line in table]
    (tmp_path / "cores.csv").write_text("".join(moved), encoding="utf-8")
    for name in ("habitats_2015.tif", "habitats_2023.tif", "units.gpkg"):
        (tmp_path / name).symlink_to(SAMPLE / name)
    cores = '\n[cores]\ntable = "cores.csv"\nbeyond = "exponential"\n[cores.sites]\n"reed north" = "reed belt"\n'
    cores += '"reed south" = "reed belt"\n"kandelia belt" = "Kandelia group"\n"ponds" = "planted ponds"\n'
    (tmp_path / "survey.toml").write_text(job + cores, encoding="utf-8")
    survey = read_survey(load_job(tmp_path / "survey.toml"))
    told = [f for f in survey.field.findings if f.code == "BC-FLD-16"]
    assert any(f.place.startswith("stratum reed belt") and "1 of 5" in f.found for f in told)
    for lang, word in (("en", "depth [cm]"), ("zh", "深度 [cm]")):
        pictures = field_pictures(survey, lang)
        assert word in pictures[1]["svg"]
        assert "reed belt (n = 5)" in pictures[0]["svg"]
