"""Result layers of rasters: one more pass through a look-up table, written as Cloud-Optimized GeoTIFF.

A value belongs to a class, or to a trajectory of classes, never to a cell of its own, so a layer is the class map with
its codes exchanged. Rows are written in parts that are each whole or absent; a run that was stopped goes on after the
last whole part, and the layer appears under its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from bluecarbon.maps.alignment import Reader, stored_narrow
from bluecarbon.maps.coding import NOT_SURVEYED, Coder, Column
from bluecarbon.maps.grid import Grid, Window
from bluecarbon.maps.raster_source import gdal_env
from bluecarbon.maps.tables import Progress
from bluecarbon.maps.trajectories import PassPlan
from methodology.base.errors import InputError, refuse
from methodology.base.files import written_whole
from methodology.base.phrases import phrase

NODATA = -9999.0
PART_ROWS = 1024
TILE = 512
FINGERPRINT = "BLUECARBON_FINGERPRINT"


@dataclass(frozen=True)
class Layer:
    """A result by trajectory.

    Parameters
    ----------
    name : str
        File name without suffix.
    quantity, unit : str
        What the values are, for example "carbon stock" in "t C/ha".
    values : mapping of tuple of int to float
        Value of each trajectory (class at each date). One that is not surveyed at any date may be left out; NaN
        means that there is no value.
    legend : mapping of str to str
        Further words for the file, such as class names.
    """

    name: str
    quantity: str
    unit: str
    values: Mapping[tuple[int, ...], float]
    legend: Mapping[str, str] = field(default_factory=dict)


def write_raster_layers(
    plan: PassPlan, layers: Sequence[Layer], folder: Path, progress: Progress | None = None
) -> list[Path]:
    """Write result layers of a pass.

    Parameters
    ----------
    plan : PassPlan
        From `plan_pass`; zones play no part.
    layers : sequence of Layer
        One file each: float32, nodata -9999, unit and quantity in its tags.
    folder : Path
        Where to.
    progress : callable or None
        Called with a word and the share done.

    Returns
    -------
    list of Path
        In the order of the layers.

    Raises
    ------
    InputError
        BC-RAS-22 a trajectory that occurs has no value, or a layer would overwrite a map; BC-RAS-05 a damaged block;
        ME-OUT-01 the folder cannot be written. Nothing is written under a layer's name then.
    """
    tell = progress or (lambda text, share: None)
    paths = [folder / f"{layer.name}.tif" for layer in layers]
    marks = [_fingerprint(plan, layer) for layer in layers]
    taken = {Path(source.path).resolve() for source in plan.sources}
    for path in paths:
        if path.resolve() in taken or path.name != Path(path.name).name:
            raise refuse("BC-RAS-22", str(path), "the name of a map that is read", "another name", "Choose another.")
    todo = [k for k, (path, mark) in enumerate(zip(paths, marks, strict=True)) if _mark_of(path) != mark]
    parts = {k: folder / f".{layers[k].name}.{marks[k][:16]}.parts" for k in todo}
    try:
        _write_parts(plan, {k: (layers[k], parts[k]) for k in todo}, tell)
    except InputError:  # going on would end there again
        for path in parts.values():
            shutil.rmtree(path, ignore_errors=True)
        raise
    for done, k in enumerate(todo):
        tell("layers", 0.8 + 0.2 * done / len(todo))
        _assemble(plan.areas.grid, layers[k], parts[k], paths[k], marks[k])
        shutil.rmtree(parts[k])
    tell("layers", 1.0)
    return paths


def _fingerprint(plan: PassPlan, layer: Layer) -> str:
    """What a layer depends on; a part of another fingerprint is never taken."""
    sources = []
    for source in plan.sources:
        state = Path(source.path).stat()
        sources.append([source.path, source.band, source.nodata, state.st_size, state.st_mtime_ns])
    values = sorted((list(key), repr(float(value))) for key, value in layer.values.items())
    text = json.dumps([sources, layer.name, layer.quantity, layer.unit, values, dict(layer.legend), PART_ROWS])
    return hashlib.sha256(text.encode()).hexdigest()


def _mark_of(path: Path) -> str | None:
    import rasterio
    from rasterio.errors import RasterioError

    if not path.is_file():
        return None
    try:
        with gdal_env(), rasterio.open(path, driver="GTiff") as dataset:
            return dataset.tags().get(FINGERPRINT)
    except RasterioError:
        return None


def _write_parts(plan: PassPlan, todo: Mapping[int, tuple[Layer, Path]], tell: Progress) -> None:
    grid = plan.areas.grid
    rows = [(row, min(PART_ROWS, grid.height - row)) for row in range(0, grid.height, PART_ROWS)]
    painter = _Painter(plan)
    try:
        for number, (row, height) in enumerate(rows):
            tell("layers", 0.8 * number / len(rows))
            missing = {k: folder / f"{row:09d}.tif" for k, (_, folder) in todo.items()}
            missing = {k: path for k, path in missing.items() if not path.exists()}
            if missing:
                bands = painter.paint(row, height, {k: todo[k][0] for k in missing})
                for k, path in missing.items():
                    _write_part(grid, row, bands[k], path)
    finally:
        painter.close()


class _Painter:
    """Exchanges classes for values, tile by tile."""

    def __init__(self, plan: PassPlan) -> None:
        self.plan = plan
        self.reader = Reader(plan.sources)
        self.coder = Coder(
            [Column(s.dtype, s.nodata) if stored_narrow(s) else Column("int64", ()) for s in plan.sources]
        )

    def paint(self, row: int, height: int, layers: Mapping[int, Layer]) -> dict[int, np.ndarray]:
        """Values of rows, for each layer."""
        width = self.plan.areas.grid.width
        out = {k: np.empty((height, width), np.float32) for k in layers}
        with gdal_env():
            for top in range(0, height, TILE):
                for left in range(0, width, TILE):
                    window = Window(row + top, left, min(TILE, height - top), min(TILE, width - left))
                    codes, size = self.coder.code([block.ravel() for block in self.reader.read_all(window)])
                    found = np.flatnonzero(np.bincount(codes, minlength=size))
                    ways = [tuple(way) for way in self.coder.decoder().decode(found).tolist()]
                    place = (slice(top, top + window.height), slice(left, left + window.width))
                    for k, layer in layers.items():
                        table = np.full(size, NODATA, dtype=np.float32)
                        table[found] = [self._value(layer, way) for way in ways]
                        out[k][place] = np.take(table, codes).reshape(window.height, window.width)
        return out

    def _value(self, layer: Layer, way: tuple[int, ...]) -> float:
        value = layer.values.get(way)
        if value is None and NOT_SURVEYED not in way:
            raise refuse(
                "BC-RAS-22",
                phrase("layer {layer}", layer=layer.name),
                phrase("no value for classes {names}", names=", ".join(map(str, way))),
                "a value for every trajectory that occurs",
                "Give one, or NaN where there is none.",
            )
        return NODATA if value is None or np.isnan(value) else float(value)

    def close(self) -> None:
        self.reader.close()


def _write_part(grid: Grid, row: int, values: np.ndarray, path: Path) -> None:
    import rasterio

    height, width = values.shape
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": width, "height": height, "nodata": NODATA}
    tiles = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "deflate", "zlevel": 1}
    with (
        written_whole(path) as temporary,
        gdal_env(),
        rasterio.open(temporary, "w", crs=grid.crs_wkt, transform=_moved(grid, row), **profile, **tiles) as dataset,
    ):
        dataset.write(values, 1)


def _moved(grid: Grid, row: int) -> object:
    from affine import Affine

    return Affine(grid.dx, 0.0, grid.left, 0.0, grid.dy, grid.top + grid.dy * row)


def _assemble(grid: Grid, layer: Layer, parts: Path, path: Path, mark: str) -> None:
    """Join the parts and write the layer whole, with overviews."""
    import rasterio.shutil

    index = parts / "layer.vrt"
    index.write_text(_index(grid, layer, sorted(parts.glob("*.tif")), mark), encoding="utf-8")
    with written_whole(path) as temporary, gdal_env():
        rasterio.shutil.copy(
            str(index),
            str(temporary),
            driver="COG",
            compress="DEFLATE",
            blocksize=TILE,
            overview_resampling="NEAREST",
            bigtiff="IF_SAFER",
        )


def _index(grid: Grid, layer: Layer, parts: Sequence[Path], mark: str) -> str:
    tags = {"quantity": layer.quantity, "unit": layer.unit, **layer.legend, FINGERPRINT: mark}
    lines = [
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">',
        f"<SRS>{escape(grid.crs_wkt)}</SRS>",
        f"<GeoTransform>{grid.left!r}, {grid.dx!r}, 0, {grid.top!r}, 0, {grid.dy!r}</GeoTransform>",
        "<Metadata>",
        *(f'<MDI key="{escape(k, {chr(34): "&quot;"})}">{escape(v)}</MDI>' for k, v in tags.items()),
        "</Metadata>",
        '<VRTRasterBand dataType="Float32" band="1">',
        f"<Description>{escape(layer.quantity)}</Description>",
        f"<UnitType>{escape(layer.unit)}</UnitType>",
        f"<NoDataValue>{NODATA}</NoDataValue>",
    ]
    for part in parts:
        row = int(part.stem)
        height = min(PART_ROWS, grid.height - row)
        size = f'xSize="{grid.width}" ySize="{height}"'
        lines += [
            f'<SimpleSource><SourceFilename relativeToVRT="1">{escape(part.name)}</SourceFilename>',
            f'<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" {size}/><DstRect xOff="0" yOff="{row}" {size}/>',
            "</SimpleSource>",
        ]
    return "\n".join([*lines, "</VRTRasterBand></VRTDataset>"])
