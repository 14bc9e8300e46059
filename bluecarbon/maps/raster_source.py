"""Classified rasters at the door: what may be opened, what it must say of itself, and how it is read.

Only GeoTIFF is opened, and only from a plain local path: a VRT under another name, a network path or a file whose
header promises more cells than its bytes can hold is refused before a cell is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bluecarbon.maps.crs import map_crs, own_proj_data
from bluecarbon.maps.grid import Grid
from bluecarbon.maps.paths import checked_path
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import rasterio

CACHE_BYTES = 32 * 2**20  # windows follow the blocks of the file, so GDAL need not remember more than a tile row
MAX_BLOCK_BYTES = 2**28
MAX_EXPANSION = 20_000  # a DEFLATE stream shrinks at most 1:1030; constant ZSTD tiles stay below 1:10000
INTEGER_DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64")
FLOAT_DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class RasterSource:
    """One classified raster of one date.

    Parameters
    ----------
    path : Path
        Local GeoTIFF.
    date : str
        Label of the date, unique among the sources of a pass.
    band : int or None
        Band that holds the classes, counted from 1; None where the file has a single band.
    nodata : int or None
        Value that means "not surveyed", beside the one the file declares.
    """

    path: Path
    date: str
    band: int | None = None
    nodata: int | None = None


@dataclass(frozen=True)
class PreparedSource:
    """A source whose header has been checked: everything a reader needs, ready to be sent to a worker."""

    path: str
    date: str
    band: int
    dtype: str
    nodata: tuple[int, ...]
    grid: Grid
    block: tuple[int, int]
    aligned: bool = True


@contextmanager
def gdal_env() -> Iterator[None]:
    """GDAL settings of every raster access: small cache, no side files looked up, rasterio's own PROJ data."""
    import rasterio

    with own_proj_data(), rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        yield


def open_geotiff(path: Path | str) -> rasterio.DatasetReader:
    """Open a local GeoTIFF with the GTiff driver alone; call inside `gdal_env`.

    Raises
    ------
    InputError
        BC-MAP-01 to -03 for the path; BC-RAS-01 the file is no readable GeoTIFF.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    checked = checked_path(path, str(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # told as a finding
            return rasterio.open(checked, driver="GTiff", sharing=False)
    except (RasterioError, ValueError, OSError) as error:
        raise refuse(
            "BC-RAS-01",
            str(path),
            phrase("a file that cannot be opened as GeoTIFF ({last_line})", last_line=_last_line(error)),
            "a complete GeoTIFF",
            "Export the map again as GeoTIFF; VRT and other formats under the name .tif are not opened.",
        ) from None


def prepare_source(source: RasterSource) -> tuple[PreparedSource | None, Findings]:
    """Check one raster's header and say everything that is wrong with it.

    Parameters
    ----------
    source : RasterSource
        The raster as the user names it.

    Returns
    -------
    (PreparedSource or None, Findings)
        None where an error was found. BC-MAP-01 to -03, -10, -11, BC-RAS-01 to -08 errors; BC-RAS-10 warning.
    """
    findings = Findings()
    with gdal_env():
        try:
            dataset = open_geotiff(source.path)
        except InputError as error:
            findings.extend(error.findings)
            return None, findings
        with dataset:
            band = _check_band(dataset, source, findings)
            grid = _check_grid(dataset, source, findings)
            _check_size(dataset, source, band, findings)
            if findings.errors:
                return None, findings
            declared = _declared_nodata(dataset, source, band, findings)
            _check_sparse(dataset, source, band, declared, findings)
            if findings.errors:
                return None, findings
            prepared = PreparedSource(
                path=str(source.path),
                date=source.date,
                band=band,
                dtype=dataset.dtypes[band - 1],
                nodata=declared,
                grid=grid,
                block=dataset.block_shapes[band - 1],
            )
    return prepared, findings


def prepare_sources(sources: Sequence[RasterSource]) -> tuple[list[PreparedSource], Findings]:
    """Check all rasters of a pass; findings of every file together.

    Raises
    ------
    InputError
        All errors of all files at once; BC-RAS-09 two maps of one date.
    """
    findings = Findings()
    seen: dict[str, Path] = {}
    prepared = []
    for source in sources:
        if source.date in seen:
            findings.add(
                "BC-RAS-09",
                str(source.path),
                phrase("date {date}, which {seen} has too", date=source.date, seen=seen[source.date]),
                "one map for each date",
                "Correct the date, or drop one of the two maps.",
            )
        seen.setdefault(source.date, source.path)
        ready, own = prepare_source(source)
        findings.extend(own)
        if ready is not None:
            prepared.append(ready)
    if not sources:
        findings.add("BC-RAS-01", "maps", "no raster", "at least one classified GeoTIFF", "Name a map.")
    findings.stop_on_errors()
    return prepared, findings


def damaged_block(path: str, rows: tuple[int, int], cols: tuple[int, int], error: Exception) -> InputError:
    """The error for a block that cannot be decoded: says which cells, nothing is computed from the rest."""
    return refuse(
        "BC-RAS-05",
        phrase(
            "{path}, rows {rows}–{rows2}, columns {cols}–{cols2}",
            path=path,
            rows=rows[0],
            rows2=rows[1] - 1,
            cols=cols[0],
            cols2=cols[1] - 1,
        ),
        phrase("a damaged or missing block ({last_line})", last_line=_last_line(error.__cause__ or error)),
        "a complete file",
        "Copy or download the file again: it is cut short or damaged. Nothing was written.",
    )


def _check_band(dataset: rasterio.DatasetReader, source: RasterSource, findings: Findings) -> int:
    place = str(source.path)
    band = source.band or 1
    if source.band is None and dataset.count > 1:
        findings.add(
            "BC-RAS-03",
            place,
            phrase("{count} bands", count=dataset.count),
            "one band, or the number of the band that holds the classes",
            phrase("State band = 1 to {count}.", count=dataset.count),
        )
    elif not 1 <= band <= dataset.count:
        findings.add(
            "BC-RAS-03",
            place,
            phrase("band {band}", band=band),
            phrase("a band from 1 to {count}", count=dataset.count),
            "Correct the band.",
        )
        band = 1
    dtype = dataset.dtypes[band - 1]
    if dtype not in INTEGER_DTYPES + FLOAT_DTYPES:
        findings.add(
            "BC-RAS-06",
            place,
            phrase("cells of type {dtype}", dtype=dtype),
            "whole-number classes",
            "Export as integers.",
        )
    if Path(place + ".msk").exists():
        findings.add(
            "BC-RAS-07",
            place,
            "a mask in a file of its own (.msk)",
            "cells that were not surveyed marked by nodata",
            "Write the mask into the map as a nodata value.",
        )
    flags = dataset.mask_flag_enums[band - 1]
    if any(flag.name in ("per_dataset", "alpha") for flag in flags):
        findings.add(
            "BC-RAS-07",
            place,
            "a mask or alpha band",
            "cells that were not surveyed marked by nodata",
            "Write the mask into the map as a nodata value.",
        )
    return band


def _check_grid(dataset: rasterio.DatasetReader, source: RasterSource, findings: Findings) -> Grid:
    place = str(source.path)
    move = dataset.transform
    wkt = dataset.crs.to_wkt() if dataset.crs else None
    try:
        map_crs(wkt, place)
    except InputError as error:
        findings.extend(error.findings)
    if move.is_identity or move.b or move.d or not move.a or not move.e:
        findings.add(
            "BC-RAS-02",
            place,
            "no georeference" if move.is_identity else "a rotated or sheared grid",
            "a grid whose rows run east–west and columns north–south",
            "Resample the map to a north-up grid by nearest neighbour.",
        )
    return Grid(dataset.width, dataset.height, move.c, move.f, move.a, move.e, wkt or "")


def _check_size(dataset: rasterio.DatasetReader, source: RasterSource, band: int, findings: Findings) -> None:
    import numpy as np

    width = np.dtype(dataset.dtypes[band - 1]).itemsize if dataset.dtypes[band - 1] in INTEGER_DTYPES else 8
    held = Path(source.path).stat().st_size
    promised = dataset.width * dataset.height * width
    if promised > MAX_EXPANSION * held:
        findings.add(
            "BC-RAS-04",
            str(source.path),
            phrase(
                "a header of {width:,} × {height:,} cells in a file of {held:,} bytes",
                width=dataset.width,
                height=dataset.height,
                held=held,
            ),
            "a file that holds the cells it announces",
            "The header is wrong or the cells were never written. Export the map again.",
        )
    rows, cols = dataset.block_shapes[band - 1]
    if rows * cols * width > MAX_BLOCK_BYTES:
        findings.add(
            "BC-RAS-04",
            str(source.path),
            phrase("blocks of {rows:,} × {cols:,} cells", rows=rows, cols=cols),
            phrase("blocks of at most {max_block_bytes} MB", max_block_bytes=MAX_BLOCK_BYTES // 2**20),
            "Rewrite the map in tiles: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE.",
        )


def _declared_nodata(
    dataset: rasterio.DatasetReader, source: RasterSource, band: int, findings: Findings
) -> tuple[int, ...]:
    """Whole-number nodata values; a fractional or infinite one cannot occur among classes (NaN is handled apart)."""
    declared = dataset.nodatavals[band - 1]
    stated = [value for value in (declared, source.nodata) if value is not None]
    useless = [value for value in stated if not _can_occur(value, dataset.dtypes[band - 1])]
    if len(useless) == len(stated):
        found = (
            "no nodata value"
            if not stated
            else phrase("nodata {stated:g}, which cells of this type cannot hold", stated=stated[0])
        )
        findings.add(
            "BC-RAS-10",
            str(source.path),
            found,
            "the value of cells that were not surveyed",
            "Every value counts as a class, 0 and 255 too. State nodata if one of them means 'not surveyed'.",
            severity="warning",
        )
    return tuple(sorted({int(value) for value in stated if value not in useless and value == value // 1}))


def _can_occur(value: float, dtype: str) -> bool:
    """Whether cells of a type can hold a value."""
    import numpy as np

    if dtype in FLOAT_DTYPES:
        return True
    limits = np.iinfo(dtype)
    return value == value // 1 and limits.min <= value <= limits.max


def _check_sparse(
    dataset: rasterio.DatasetReader, source: RasterSource, band: int, nodata: tuple[int, ...], findings: Findings
) -> None:
    """A block that was never written reads as nodata, or as 0 where none is declared: that zero is no class."""
    height, width = dataset.block_shapes[band - 1]
    rows, cols = -(-dataset.height // height), -(-dataset.width // width)
    if dataset.nodatavals[band - 1] is not None:
        return
    for row in range(rows):
        for col in range(cols):
            if dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=band) is None and 0 not in nodata:
                findings.add(
                    "BC-RAS-08",
                    phrase("{path}, block row {row}, column {col}", path=source.path, row=row, col=col),
                    "a block that was never written, in a file without nodata",
                    "every block written, or a nodata value",
                    "State nodata in the file, or export the map completely.",
                )
                return


def _last_line(error: BaseException | None) -> str:
    text = str(getattr(error, "errmsg", None) or error or "").strip()
    return text.splitlines()[-1][:160] if text else type(error).__name__
