"""Validation points, error matrices and stratum areas: read, checked, all findings at once."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bluecarbon.accuracy.estimators import Sample, sample_of_matrix, sample_of_points
from bluecarbon.maps.paths import checked_path
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

SHOWN = 10


def read_points(path: Path | str, map_field: str, reference_field: str, strata_field: str | None = None) -> Sample:
    """Read checked points from CSV, GeoJSON, GeoPackage or Shapefile.

    Parameters
    ----------
    path : path
    map_field, reference_field : str
        Columns with the class on the map and in truth.
    strata_field : str or None
        Column with the stratum a point was drawn from; None where strata are the classes of the map.

    Returns
    -------
    Sample

    Raises
    ------
    InputError
        BC-ACC-01 the file; BC-ACC-02 columns; BC-ACC-03 points without a class, with their rows.
    """
    local = checked_path(path, "points")
    rows = _rows(local)
    fields = [field for field in (map_field, reference_field, strata_field) if field is not None]
    known = list(rows[0]) if rows else []
    findings = Findings()
    for name in fields:
        if name not in known:
            findings.add(
                "BC-ACC-02",
                local.name,
                phrase("no column {name!r}", name=name),
                phrase("one of {names}", names=", ".join(known)),
                "Correct the field name.",
            )
    if not rows:
        findings.add("BC-ACC-01", local.name, "no point", "at least one checked point", "Check the file.")
    findings.stop_on_errors()
    columns = {name: [_text(row.get(name)) for row in rows] for name in fields}
    for name, values in columns.items():
        empty = [number for number, value in enumerate(values, 1) if not value]
        if empty:
            findings.add(
                "BC-ACC-03",
                f"{local.name}, {name}",
                phrase(
                    "{n} points without a value, first {names}", n=len(empty), names=", ".join(map(str, empty[:SHOWN]))
                ),
                "a class for every point",
                "Fill it in, or take the point out and say why: a point left out in silence shifts the estimate.",
            )
    findings.stop_on_errors()
    return sample_of_points(
        columns[map_field], columns[reference_field], columns[strata_field] if strata_field else None
    )


def read_matrix(path: Path | str) -> Sample:
    """Read an error matrix of counts: a row for each map class, a column for each reference class, names in both.

    Raises
    ------
    InputError
        BC-ACC-04 names or counts that cannot be.
    """
    local = checked_path(path, "error matrix")
    with open(local, encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    findings = Findings()
    if len(rows) < 2 or len(rows[0]) < 2:
        raise refuse("BC-ACC-04", local.name, "no table", "a header of reference classes and a row per map class")
    reference = [cell.strip() for cell in rows[0][1:]]
    mapped = [row[0].strip() for row in rows[1:]]
    if len(set(reference)) < len(reference) or len(set(mapped)) < len(mapped) or not all(reference) or not all(mapped):
        findings.add("BC-ACC-04", local.name, "a class name that is empty or occurs twice", "one name for each class")
    classes = list(dict.fromkeys([*mapped, *reference]))
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for number, row in enumerate(rows[1:], 2):
        cells = [cell.strip() for cell in row[1:]]
        if len(cells) != len(reference):
            findings.add(
                "BC-ACC-04",
                phrase("{file}, row {row}", file=local.name, row=number),
                phrase("{n} cells", n=len(cells)),
                f"{len(reference)}",
            )
            continue
        for name, cell in zip(reference, cells, strict=True):
            if cell.isdecimal():
                counts[classes.index(row[0].strip()), classes.index(name)] = int(cell)
            else:
                findings.add(
                    "BC-ACC-04",
                    phrase("{local}, row {number}, {name}", local=local.name, number=number, name=name),
                    cell or "nothing",
                    "a number of points",
                    "Give counts of points, not shares or areas.",
                )
    findings.stop_on_errors()
    return sample_of_matrix(classes, counts)


def read_stratum_areas(path: Path | str, sample: Sample) -> np.ndarray:
    """Area of each stratum of a sample from a table with the columns stratum, area_ha.

    Returns
    -------
    array, shape (stratum,)
        In the order of the sample. [ha]

    Raises
    ------
    InputError
        BC-ACC-05 the table; BC-ACC-06 strata that differ from those of the points.
    """
    local = checked_path(path, "stratum areas")
    with open(local, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"stratum", "area_ha"} <= set(rows[0]):
        found = ", ".join(rows[0]) if rows else "nothing"
        raise refuse("BC-ACC-05", local.name, found, "columns stratum and area_ha", "Areas are in hectares.")
    findings = Findings()
    areas: dict[str, float] = {}
    for number, row in enumerate(rows, 2):
        name, place = _text(row["stratum"]), phrase("{file}, row {row}", file=local.name, row=number)
        area = _number(row["area_ha"])
        if not name or name in areas:
            findings.add("BC-ACC-05", place, phrase("stratum {name!r} twice or empty", name=name), "each stratum once")
        elif area is None or area <= 0:
            findings.add("BC-ACC-05", place, str(row["area_ha"]), "an area above 0 ha")
        areas[name] = area or 0.0
    for name in sorted(set(sample.strata) - set(areas)):
        findings.add(
            "BC-ACC-06",
            local.name,
            phrase("no area of stratum {name!r}", name=name),
            "the area of every stratum with points",
        )
    for name in sorted(set(areas) - set(sample.strata)):
        findings.add(
            "BC-ACC-06",
            local.name,
            phrase("stratum {name!r} without a point", name=name),
            "points in every stratum",
            "Check places there, or join it with a stratum like it: without points nothing is known of it.",
            amount=areas[name],
            unit="ha",
        )
    findings.stop_on_errors()
    return np.array([areas[name] for name in sample.strata])


def _rows(path: Path) -> Sequence[Mapping[str, Any]]:
    suffix = path.suffix.lower()
    try:
        if suffix in (".csv", ".txt"):
            with open(path, encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))
        if suffix in (".geojson", ".json"):
            with open(path, encoding="utf-8-sig") as file:
                return [feature.get("properties") or {} for feature in json.load(file)["features"]]
    except (UnicodeDecodeError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise _unreadable(path, error) from None
    if suffix not in (".gpkg", ".shp"):
        raise refuse("BC-ACC-01", path.name, suffix or "no suffix", "points as .csv, .geojson, .gpkg or .shp")
    import pyogrio

    try:
        return pyogrio.read_dataframe(path, read_geometry=False).to_dict("records")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> Exception:
    return refuse("BC-ACC-01", path.name, f"{error}"[:160], "a table or layer of points", "Export the points again.")


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).strip()


def _number(text: Any) -> float | None:
    try:
        value = float(str(text).strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None
