"""Whether cores were taken where the job says: their positions against the latest map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluecarbon.field.links import FieldStratum
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

WGS84 = "EPSG:4326"
SHOWN = 4


@dataclass(frozen=True)
class Position:
    """Where a sample was taken; WGS 84. [degree]"""

    name: str
    stratum: FieldStratum
    longitude: float
    latitude: float


def check_positions(
    positions: Sequence[Position], layer: Any, class_of: Mapping[tuple[str, int], str], findings: Findings
) -> None:
    """Tell which samples lie outside the stratum they stand for (BC-FLD-16).

    Parameters
    ----------
    positions : sequence of Position
    layer : GeoDataFrame
        Polygons of the latest map with reporting_unit and key.
    class_of : mapping of (reporting unit, key) to class label
    findings : Findings
        Added to; one warning for each stratum, since a link may be meant although a map of another year differs.
    """
    import geopandas
    from shapely.geometry import Point

    points = geopandas.GeoSeries([Point(p.longitude, p.latitude) for p in positions], crs=WGS84).to_crs(layer.crs)
    inside = []
    for position, point in zip(positions, points, strict=True):
        hits = layer.sindex.query(point, predicate="intersects")
        labels = {class_of.get((str(layer["reporting_unit"].iloc[n]), int(layer["key"].iloc[n]))) for n in hits}
        inside.append(bool(labels & {c.label for c in position.stratum.classes}))
    _tell(positions, inside, findings)


def check_positions_on_raster(
    positions: Sequence[Position], path: Path, band: int, strata: Mapping[int, tuple[str, str]], findings: Findings
) -> None:
    """As `check_positions`, on a raster map: the cell under a sample must be of its stratum (BC-FLD-16).

    Parameters
    ----------
    path : Path
        The latest map.
    band : int
    strata : mapping of class value to (habitat, stratum name)
        Of the legend.
    """
    import rasterio
    from pyproj import CRS, Transformer

    with rasterio.open(path) as raster:
        to_map = Transformer.from_crs(WGS84, CRS.from_user_input(raster.crs.to_wkt()), always_xy=True)
        points = [to_map.transform(p.longitude, p.latitude) for p in positions]
        left, bottom, right, top = raster.bounds
        values = [int(cells[0]) for cells in raster.sample(points, indexes=[band])]
    inside = [
        left <= x <= right and bottom <= y <= top and strata.get(value) == (p.stratum.habitat, p.stratum.name)
        for p, (x, y), value in zip(positions, points, values, strict=True)
    ]
    _tell(positions, inside, findings)


def _tell(positions: Sequence[Position], inside: Sequence[bool], findings: Findings) -> None:
    outside: dict[str, list[str]] = {}
    count: dict[str, int] = {}
    for position, fits in zip(positions, inside, strict=True):
        name = position.stratum.name
        count[name] = count.get(name, 0) + 1
        if not fits:
            outside.setdefault(name, []).append(position.name)
    for name, names in outside.items():
        shown = ", ".join(names[:SHOWN]) + (phrase(" and {n} more", n=len(names) - SHOWN) if len(names) > SHOWN else "")
        findings.add(
            "BC-FLD-16", phrase("stratum {name}, {shown}", name=name, shown=shown), phrase("{n} of {count} cores elsewhere on the latest map", n=len(names), count=count[name]),
            "cores inside the stratum they stand for", "Check positions, link and map; the mean uses them as linked.",
            "warning", amount=float(len(names)), unit="cores",
        )  # fmt: skip
