"""Makes the sample survey: a made-up shore in the manner of Shenzhen Bay. Every file it writes is synthetic.

Two dates of habitat polygons, three reporting units, and the same habitats as classified GeoTIFFs. Shapes are drawn
from a few sines, so that anyone can see what is where: from land to sea lie ponds, a mangrove belt in two species
groups, tidal marsh, mudflat and seagrass. Between 2015 and 2023 ponds in the middle unit were opened to the tide and
planted (started 2016), mangrove moved seaward over mudflat, and seagrass shrank.

Run: ``python sample_data/make_survey.py``. The files are committed, so that nobody has to.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas
import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

FOLDER = Path(__file__).parent
CRS = "EPSG:4547"  # CGCS2000 / 3-degree Gauss-Kruger, central meridian 114°E
X0, Y0 = 503_000.0, 2_489_000.0
LENGTH, DEPTH = 6_000.0, 3_000.0
CELL = 10.0

KANDELIA, SONNERATIA, PLANTED, MARSH, SEAGRASS, MUDFLAT, POND = "11", "12", "13", "21", "31", "41", "51"
NAMES = {
    KANDELIA: "mangrove, Kandelia group",
    SONNERATIA: "mangrove, Sonneratia group",
    PLANTED: "mangrove, planted in former ponds",
    MARSH: "tidal marsh",
    SEAGRASS: "seagrass",
    MUDFLAT: "mudflat",
    POND: "pond",
}


def shore(offset: float, wave: float, phase: float) -> np.ndarray:
    """Points of a wavy line along the shore, `offset` metres seaward of the landward edge. [m]"""
    x = np.linspace(0, LENGTH, 121)
    y = (
        DEPTH
        - offset
        + wave * np.sin(2 * np.pi * x / 2_300 + phase)
        + 0.4 * wave * np.sin(2 * np.pi * x / 700 + 2 * phase)
    )
    return np.column_stack([X0 + x, Y0 + y])


def band(upper: np.ndarray, lower: np.ndarray) -> Polygon:
    """The belt between two lines."""
    return Polygon(np.vstack([upper, lower[::-1]]))


def blob(x: float, y: float, radius: float, squeeze: float, phase: float) -> Polygon:
    """A seagrass bed: a wobbly ellipse. [m]"""
    angle = np.linspace(0, 2 * np.pi, 73)[:-1]
    r = radius * (1 + 0.18 * np.sin(3 * angle + phase) + 0.08 * np.sin(7 * angle))
    return Polygon(np.column_stack([X0 + x + r * np.cos(angle), Y0 + y + squeeze * r * np.sin(angle)]))


def habitats(year: int) -> dict[str, object]:
    """Geometry of each class at a date; classes do not overlap."""
    later = year == 2023
    land, dyke = shore(0, 0, 0), shore(420, 25, 0.3)
    mangrove_edge = shore(900 if not later else 960, 60, 1.1)
    marsh_edge = shore(1_120, 70, 1.4)
    mud_edge = shore(1_850, 90, 0.8)
    ponds = band(land, dyke)
    belt, marsh, mud = band(dyke, mangrove_edge), band(mangrove_edge, marsh_edge), band(marsh_edge, mud_edge)
    planted = box(X0 + 2_350, Y0, X0 + 3_700, Y0 + DEPTH).intersection(ponds).buffer(-15)
    split = box(X0, Y0, X0 + 2_900, Y0 + DEPTH)
    beds = [(900, 700, 330, 0.6, 0.4), (2_900, 560, 420, 0.5, 1.3), (4_800, 640, 360, 0.6, 2.2)]
    shrink = (1.0, 0.82, 0.93) if later else (1.0, 1.0, 1.0)
    seagrass = unary_union([blob(x, y, r * s, q, p) for (x, y, r, q, p), s in zip(beds, shrink, strict=True)])
    result = {
        KANDELIA: belt.intersection(split),
        SONNERATIA: belt.difference(split),
        MARSH: marsh,
        MUDFLAT: mud,
        POND: ponds.difference(planted) if later else ponds,
        SEAGRASS: seagrass,
    }
    if later:
        result[PLANTED] = planted
    return result


def frame(year: int) -> geopandas.GeoDataFrame:
    """Habitats as a table of single polygons with class, name, and the year planting started."""
    rows = []
    for code, shape in habitats(year).items():
        for part in getattr(shape, "geoms", [shape]):
            started = 2016 if code == PLANTED else None
            rows.append({"class": code, "name": NAMES[code], "started": started, "geometry": part})
    table = geopandas.GeoDataFrame(rows, crs=CRS)
    table["started"] = table["started"].astype("Int32")
    return table


def units() -> geopandas.GeoDataFrame:
    """Three reporting units side by side."""
    edges = [-100.0, 2_000.0, 4_100.0, LENGTH + 100.0]
    names = ["West shore", "Middle shore", "East shore"]
    shapes = [box(X0 + a, Y0 - 100, X0 + b, Y0 + DEPTH + 100) for a, b in itertools.pairwise(edges)]
    return geopandas.GeoDataFrame({"unit": names}, geometry=shapes, crs=CRS)


def write_raster(table: geopandas.GeoDataFrame, path: Path) -> None:
    """The same habitats by cell centre on a 10 m grid; 0 is looked at and none of them, 255 is nodata."""
    shape = (int(DEPTH / CELL), int(LENGTH / CELL))
    transform = from_origin(X0, Y0 + DEPTH, CELL, CELL)
    cells = rasterize(
        zip(table.geometry, table["class"].astype(int), strict=True), shape, fill=0, transform=transform, dtype="uint8"
    )
    profile = {
        "driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "uint8", "crs": CRS,
        "transform": transform, "nodata": 255, "compress": "deflate", "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(cells, 1)
        raster.update_tags(SYNTHETIC="made by sample_data/make_survey.py")


def main() -> None:
    for year in (2015, 2023):
        table = frame(year)
        table.to_file(FOLDER / f"habitats_{year}.gpkg", layer="habitats", driver="GPKG")
        write_raster(table, FOLDER / f"habitats_{year}.tif")
    units().to_file(FOLDER / "units.gpkg", layer="units", driver="GPKG")


if __name__ == "__main__":
    main()
