"""Vector maps as they stand in the file: features, class values, attributes. Nothing is mended here."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecarbon.maps.encoding import check_text, dbf_encoding, decoded, undecodable
from bluecarbon.maps.paths import checked_path, vector_format
from bluecarbon.maps.tables import EVERY_FEATURE, NO_CLASS
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import geopandas
    import numpy

_OGR_ERRORS = (RuntimeError, ValueError)  # pyogrio's own errors are RuntimeErrors
DRIVERS = {"GeoPackage": "GPKG", "Shapefile": "ESRI Shapefile", "GeoJSON": "GeoJSON"}


@dataclass(frozen=True)
class Layer:
    """One layer as read.

    Parameters
    ----------
    place : str
        File (and layer), for messages.
    path : Path
        Absolute.
    crs : object or None
        As the file states it.
    feature : array of int, shape (feature,)
        Number in file order, from 1.
    geometry : array of shapely geometry or None, shape (feature,)
    columns : mapping of column name to list
        Values as Python objects, missing ones None.
    """

    place: str
    path: Path
    crs: object | None
    feature: numpy.ndarray
    geometry: numpy.ndarray
    columns: Mapping[str, list[Any]]


def read_layer(
    path: Path | str, columns: list[str], layer: str | None = None, encoding: str | None = None, role: str = "map"
) -> Layer:
    """Read the named columns and the geometry of one layer.

    Parameters
    ----------
    path : Path or str
    columns : list of str
        Columns that must be there.
    layer, encoding : str or None
        As in `MapSource`.
    role : str
        What the file is in the job ("map 1996"), for messages.

    Returns
    -------
    Layer

    Raises
    ------
    InputError
        BC-MAP-01 … 05 for the path and kind of file, 06 unreadable, 07 no such layer, 08 several layers, 09 empty,
        14 a column is missing, 20 … 22 encoding.
    """
    import numpy as np

    columns = list(dict.fromkeys(columns))
    local = checked_path(path, role)
    place = phrase("{role} ({file})", role=role, file=local.name)
    kind = vector_format(local, place)
    if kind == "GeoParquet":
        frame = _read_parquet(local, columns, place)
    else:
        frame = _read_ogr(local, kind, columns, layer, encoding, place)
    if len(frame) == 0:
        raise refuse(
            "BC-MAP-09",
            place,
            "a layer without features",
            "polygons",
            "Check the export: was a filter or selection on?",
        )
    return Layer(
        place=place,
        path=local,
        crs=frame.crs,
        feature=np.arange(1, len(frame) + 1),
        geometry=np.asarray(frame.geometry.array, dtype=object),
        columns={name: [plain(value) for value in frame[name].tolist()] for name in columns},
    )


def _parquet_frame(path: Path, place: str) -> geopandas.GeoDataFrame:
    import geopandas

    try:
        return geopandas.read_parquet(path)
    except Exception as error:  # pyarrow and geopandas raise many kinds for a broken file
        raise _unreadable(place, error) from None


def _read_parquet(path: Path, columns: list[str], place: str) -> geopandas.GeoDataFrame:
    frame = _parquet_frame(path, place)
    _require_columns(columns, [str(name) for name in frame.columns if name != frame.geometry.name], place)
    return frame


def field_names(
    path: Path | str, layer: str | None = None, encoding: str | None = None, role: str = "map"
) -> list[str]:
    """Names of the attribute columns of a layer, decoded as `read_layer` will read them.

    Parameters
    ----------
    path, layer, encoding, role :
        As in `read_layer`.

    Raises
    ------
    InputError
        As `read_layer`, except for what concerns values.
    """
    local = checked_path(path, role)
    place = phrase("{role} ({file})", role=role, file=local.name)
    kind = vector_format(local, place)
    if kind == "GeoParquet":
        frame = _parquet_frame(local, place)
        return [str(name) for name in frame.columns if name != frame.geometry.name]
    return list(_opened(local, kind, layer, encoding, place).written)


@dataclass(frozen=True)
class _Opened:
    """A layer found in a file: its name, its columns as meant and as GDAL names them, the codec of a .dbf."""

    name: str
    written: dict[str, str]
    codec: str | None
    bytewise: str | None


def _opened(path: Path, kind: str, layer: str | None, encoding: str | None, place: str) -> _Opened:
    import pyogrio

    codec, bytewise = None, None
    if kind == "Shapefile":
        # Latin-1 hands over each byte as it stands; decoding is ours, the same with any build of GDAL.
        codec, bytewise = dbf_encoding(path, encoding, place), "ISO-8859-1"
    try:
        name = layer_name([tuple(row) for row in pyogrio.list_layers(path)], layer, place)
        info = pyogrio.read_info(path, layer=name, encoding=bytewise)
        fields = [str(field) for field in info["fields"]]
        written = {decoded(field, codec) if bytewise else field: field for field in fields}
    except UnicodeDecodeError:
        raise undecodable(codec or "UTF-8", place) from None
    except _OGR_ERRORS as error:
        raise _unreadable(place, error) from None
    if info["driver"] != DRIVERS[kind]:
        raise refuse(
            "BC-MAP-05",
            place,
            phrase("a file of kind {driver}", driver=info["driver"]),
            phrase("a {kind} file", kind=kind),
            "Export it from the GIS anew.",
        )
    if bytewise:
        check_text(written, codec, encoding is not None, place)
    return _Opened(name, written, codec, bytewise)


def _read_ogr(
    path: Path, kind: str, columns: list[str], layer: str | None, encoding: str | None, place: str
) -> geopandas.GeoDataFrame:
    import pyogrio

    opened = _opened(path, kind, layer, encoding, place)
    _require_columns(columns, list(opened.written), place)
    names = {opened.written[column]: column for column in columns}
    try:
        frame = pyogrio.read_dataframe(path, layer=opened.name, columns=list(names), encoding=opened.bytewise)
        frame = frame.rename(columns=names)
        if opened.bytewise:
            for column in columns:
                texts = [decoded(each, opened.codec) if isinstance(each, str) else each for each in frame[column]]
                frame[column] = texts
    except UnicodeDecodeError:
        raise undecodable(opened.codec or "UTF-8", place) from None
    except _OGR_ERRORS as error:
        raise _unreadable(place, error) from None
    if opened.bytewise:
        texts = (value for column in columns for value in frame[column] if isinstance(value, str))
        check_text(texts, opened.codec, encoding is not None, place)
    return frame


def layer_name(layers: list[tuple[str, str | None]], wanted: str | None, place: str) -> str:
    """The layer to read: the one asked for, or the only one that can hold polygons.

    Parameters
    ----------
    layers : list of (name, geometry type or None)
    wanted : str or None
    place : str

    Raises
    ------
    InputError
        BC-MAP-07 if there is no such layer (the nearest name is given); BC-MAP-08 if there are several to choose from.
    """
    names = [name for name, _ in layers]
    if wanted is not None:
        if wanted not in names:
            raise refuse(
                "BC-MAP-07",
                place,
                phrase("no layer {wanted!r}", wanted=wanted),
                _one_of(names, "layers"),
                _nearest(wanted, names),
            )
        return wanted
    spatial = [name for name, kind in layers if kind is not None]
    flat = [name for name, kind in layers if kind is not None and not kind.startswith(("Point", "MultiPoint", "Line"))]
    candidates = flat or spatial
    if not candidates:
        raise refuse("BC-MAP-07", place, "no layer with geometry", "a layer of polygons", "Check the export.")
    if len(candidates) > 1:
        raise refuse(
            "BC-MAP-08",
            place,
            phrase("{n} layers: {names}", n=len(candidates), names=", ".join(candidates)),
            "one layer of polygons, or layer = … in the job",
            "Name the layer to read.",
        )
    return candidates[0]


def _require_columns(columns: list[str], fields: list[str], place: str) -> None:
    missing = [column for column in columns if column not in fields]
    if missing:
        hints = [_nearest(column, fields) for column in missing]
        raise refuse(
            "BC-MAP-14",
            place,
            phrase("no field {names}", names=", ".join(repr(column) for column in missing)),
            _one_of(fields, "fields"),
            " ".join(hint for hint in hints if hint),
        )


def _one_of(names: list[str], what: str) -> str:
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return (
        phrase("one of the {what} {shown}", what=what, shown=shown)
        if names
        else phrase("{what}, but there are none", what=what)
    )


def _nearest(wanted: str, names: list[str]) -> str:
    by_fold = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(wanted.casefold(), list(by_fold), n=1, cutoff=0.5)
    return phrase("Did you mean {near!r}?", near=by_fold[close[0]]) if close else ""


def _unreadable(place: str, error: Exception) -> Exception:
    why = " ".join(str(error).split())[:200]
    return refuse(
        "BC-MAP-06",
        place,
        phrase("a file that cannot be read ({why})", why=why),
        "a whole vector file",
        "It is corrupt or cut short, or a file that belongs to it (.shx, .dbf) is missing: copy or export it anew.",
    )


def plain(value: Any) -> Any:
    """A value of a column as a plain Python object: None if missing, an int where a float is whole."""
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, numbers.Real) and not isinstance(value, bool | numbers.Integral):
        return int(value) if math.isfinite(value) and value == int(value) else float(value)
    return value.strip() if isinstance(value, str) else value


def class_texts(layer: Layer, class_field: str | None) -> list[str]:
    """Class value of each feature as text: ``"*"`` without a class field, ``""`` where the field is empty."""
    if class_field is None:
        return [EVERY_FEATURE] * len(layer.feature)
    return [NO_CLASS if value is None else str(value) for value in layer.columns[class_field]]
