"""Makes one small job for every fault a survey can have, named by the fault, in ``broken/``. All of it is synthetic.

``broken/survey-faults.csv`` says which finding each must raise; a test holds the program to it.
Run: ``python sample_data/make_broken.py``.
"""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import geopandas
import numpy as np
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

FOLDER = Path(__file__).parent / "broken"
CRS = "EPSG:4547"
LEGEND = '"31" = { habitat = "seagrass", soil = "mineral" }'
MAP = 'date = 2020\npath = "{path}"\nclass_field = "class"'

FAULTS: list[tuple[str, str]] = []


def job(fault: str, code: str, maps: list[str], legend: str = LEGEND, survey: str = "", more: str = "") -> None:
    """Write a job file that is right but for its fault."""
    head = f'[survey]\ntitle = "{fault}"\nguide = "ipcc-wetlands-2013"\nclimate = "subtropical"\n{survey}\n[legend]\n{legend}\n'
    text = (
        "# Synthetic; the fault is in the file's name.\n"
        + head
        + "".join(f"[[map]]\n{entry}\n" for entry in maps)
        + more
    )
    (FOLDER / f"survey-{fault}.toml").write_text(text, encoding="utf-8")
    FAULTS.append((f"survey-{fault}.toml", code))


def polygons(name: str, classes: list[str | None], crs: str | None = "EPSG:4326") -> str:
    shapes = [box(114 + 0.003 * n, 22.5, 114.002 + 0.003 * n, 22.502) for n in range(len(classes))]
    table = geopandas.GeoDataFrame({"class": classes}, geometry=shapes, crs=crs)
    if crs is None or not classes:
        table.to_file(FOLDER / name, driver="GPKG", layer="map")
    else:
        table.to_file(FOLDER / name, driver="GeoJSON")
    return MAP.format(path=name)


def raster(name: str, crs: str | None = CRS) -> Path:
    cells = np.full((64, 64), 31, dtype="uint8")
    path = FOLDER / name
    profile = {
        "driver": "GTiff", "height": 64, "width": 64, "count": 1, "dtype": "uint8", "crs": crs, "nodata": 255,
        "transform": from_origin(500_000, 2_490_000, 10, 10),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(cells, 1)
    return path


def huge_header(path: Path) -> None:
    """A TIFF header that claims 31,623 × 31,623 pixels and holds none of them."""
    side = 31_623
    tags = [
        (256, 4, side),
        (257, 4, side),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, side),
        (279, 4, 1),
    ]
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags))
    body += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags) + struct.pack("<I", 0)
    path.write_bytes(body)


TIF = 'date = 2020\npath = "{}"'


def vector_maps(good: str) -> None:
    """Faults of vector maps and their legends."""
    job("missing-crs", "BC-MAP-10", [polygons("missing-crs.gpkg", ["31"], crs=None)])
    job("unknown-class", "BC-MAP-28", [polygons("unknown-class.geojson", ["31", "77", "78"])])
    job("missing-class-field", "BC-MAP-14", [good.replace('"class"', '"clas"')])
    job("no-class-value", "BC-MAP-29", [polygons("no-class-value.geojson", ["31", None])])
    job("empty-layer", "BC-MAP-09", [polygons("empty-layer.gpkg", [])])
    (FOLDER / "corrupt.gpkg").write_bytes((FOLDER / "missing-crs.gpkg").read_bytes()[:5_000] + bytes(3_000))
    job("corrupt-file", "BC-MAP-06", [MAP.format(path="corrupt.gpkg")])
    job("no-such-file", "BC-MAP-03", [MAP.format(path="not-here.gpkg")])


def raster_maps() -> None:
    """Faults of raster maps."""
    whole = raster("whole.tif").read_bytes()
    (FOLDER / "truncated.tif").write_bytes(whole[: len(whole) // 2])
    (FOLDER / "whole.tif").unlink()
    job("truncated-geotiff", "BC-RAS-05", [TIF.format("truncated.tif")])
    huge_header(FOLDER / "huge-header.tif")
    job("header-of-a-billion-pixels", "BC-RAS-04", [TIF.format("huge-header.tif")])
    (FOLDER / "vrt-in-disguise.tif").write_text(
        '<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>\n', encoding="utf-8"
    )
    job("vrt-disguised-as-tif", "BC-RAS-01", [TIF.format("vrt-in-disguise.tif")])
    raster("raster-missing-crs.tif", crs=None)
    job("raster-missing-crs", "BC-MAP-10", [TIF.format("raster-missing-crs.tif")])


def job_files(good: str) -> None:
    """Faults of the job file itself."""
    job("path-of-a-virtual-file-system", "BC-MAP-01", [MAP.format(path="/vsicurl/http://example.org/map.gpkg")])
    job("path-climbs-out", "BC-MAP-02", [MAP.format(path="../broken/good.geojson")])
    job("two-maps-of-one-date", "BC-JOB-05", [good, good])
    job("two-maps-within-a-month", "BC-JOB-09", [good.replace("2020", f"2020-05-{day}") for day in ("01", "20")])
    span = good.replace("2020", "{ start = 2020-01-01, end = 2021-01-01 }")
    job("dates-that-overlap", "BC-JOB-09", [good, span])
    release = (
        '[[release]]\nfrom_habitat = "seagrass"\nto_habitat = "{}"\npool = "soil"\nfraction = {}\nsource = "made up"\n'
    )
    job("release-stated-twice", "BC-JOB-10", [good], more=release.format("other", 0.5) + release.format("other", 0.9))
    job("release-without-a-change", "BC-JOB-10", [good], more=release.format("seagrass", 0.5))
    burial = (
        '[[burial]]\nhabitat = "seagrass"\ndensity_g_cm3 = 1.1\norganic_carbon = 0.01\n'
        'accretion_mm_per_year = {}\nsource = "made up"\n'
    )
    job("burial-stated-twice", "BC-JOB-10", [good], more=burial.format(2) + burial.format(3))
    job("warming-set-not-named-exactly", "BC-JOB-04", [good], survey='gwp = "AR5"')
    job("base-date-true", "BC-JOB-04", [good], survey="base_date = true")
    job("soil-not-stated", "ME-FAC-01", [good], legend='"31" = { habitat = "mangrove" }')
    job(
        "percent-for-fraction",
        "BC-JOB-06",
        [good],
        legend='"31" = { habitat = "seagrass", soil = "mineral", cover = 80 }',
    )
    job("unknown-key", "BC-JOB-02", [good.replace("class_field", "clas_field")])
    job("missing-key", "BC-JOB-03", ["date = 2020"])
    job("no-such-guide", "ME-GUIDE-01", [good])
    path = FOLDER / "survey-no-such-guide.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("ipcc-wetlands-2013", "ipcc-wetland"), encoding="utf-8")
    job("not-toml", "BC-JOB-01", [good], more="this is no TOML\n")


def own_factors(good: str) -> None:
    """Faults of a factors file of one's own."""
    header = "id,quantity,value,unit,low,high,level,interval_kind,distribution,support,habitat,source,locator,value_status,interval_status,note\n"
    row = "{id},soil_stock_1m,120,{unit},,,,,unknown,,seagrass,own cores,table 1,local,,\n"
    for fault, code, rows in (
        ("factor-of-wrong-unit", "ME-UNIT-02", [row.format(id="own/1", unit="t_CO2/ha")]),
        (
            "factors-ambiguous",
            "ME-FAC-02",
            [row.format(id="own/1", unit="t_C/ha"), row.format(id="own/2", unit="t_C/ha")],
        ),
        ("factor-of-unknown-unit", "ME-UNIT-01", [row.format(id="own/1", unit="t_C/hectar")]),
    ):
        (FOLDER / f"{fault}.csv").write_text(header + "".join(rows), encoding="utf-8")
        job(fault, code, [good], survey=f'factors = "{fault}.csv"')


def ground_and_datum(good: str) -> None:
    """Classes that overlap, reference systems that do not fit, reporting units that are not there."""
    later = polygons("later.geojson", ["31"]).replace("2020", "2021")
    two = [box(114, 22.5, 114.002, 22.502), box(114.001, 22.5, 114.003, 22.502)]
    overlap = geopandas.GeoDataFrame({"class": ["31", "32"]}, geometry=two, crs="EPSG:4326")
    overlap.to_file(FOLDER / "overlap.geojson", driver="GeoJSON")
    both = LEGEND + '\n"32" = { habitat = "tidal_marsh", soil = "mineral" }'
    job("overlapping-classes", "BC-MAP-25", [MAP.format(path="overlap.geojson")], legend=both)
    ballpark = geopandas.GeoDataFrame({"class": ["31"]}, geometry=[box(114.0, 22.5, 114.001, 22.501)], crs="EPSG:4214")
    ballpark.to_file(FOLDER / "beijing-54.gpkg", driver="GPKG", layer="map")
    units = geopandas.GeoDataFrame({"unit": ["a"]}, geometry=[box(113.9, 22.4, 114.1, 22.6)], crs="EPSG:4490")
    units.to_file(FOLDER / "units-cgcs2000.gpkg", driver="GPKG", layer="units")
    more = '[reporting_units]\npath = "units-cgcs2000.gpkg"\nname_field = "unit"\n'
    job("datum-shift-only-ballpark", "BC-MAP-12", [MAP.format(path="beijing-54.gpkg")], more=more)
    job(
        "unknown-reporting-unit",
        "BC-JOB-08",
        [good, later],
        more=more + '[reporting_units.states.b]\nsoil = "mineral"\n',
    )


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    good = polygons("good.geojson", ["31", "31"])
    vector_maps(good)
    raster_maps()
    job_files(good)
    own_factors(good)
    ground_and_datum(good)
    with (FOLDER / "survey-faults.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "code"), *FAULTS])


if __name__ == "__main__":
    main()
