"""`bluecarbon init`: what the maps say of themselves, as a job file to finish. Nothing is guessed; blanks stay blank.

An unfinished blank is a ``"?"``, which `bluecarbon check` names with the words allowed there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluecarbon.job import ACTIVITIES, CLIMATES, HABITATS
from methodology.base.phrases import phrase
from methodology.guides.registry import load_guide

FIELD_TABLES = (
    "",
    "# Field data, if there are any: means of your samples stand in for default factors, stratum by stratum.",
    "# `bluecarbon template cores --out cores.xlsx` (dating, trees, plots, wood, quadrats) writes a table to fill in.",
    "# [cores]                       # sediment cores: soil carbon to 1 m",
    '# table = "cores.xlsx"',
    '# beyond = "none"               # below short cores: none, last-layer, line, exponential',
    '# [cores.sites]                 # site of the table = stratum of the legend, or "ignore"',
    '# "North" = "?"',
    "# [dating]                      # sections dated by lead-210: burial",
    '# table = "dating.csv"',
    '# model = "?"                   # crs, cfcs, cic',
    "# years = 100",
    "# [plots]                       # trees: carbon above and below ground, dead wood",
    '# trees = "trees.csv"',
    '# plots = "plots.csv"',
    '# equations = "?"               # south-china, komiyama-2005, chave-2005, smith-whelan-2006, or a CSV of your own',
    "# [quadrats]                    # harvested marsh, seagrass or litter",
    '# table = "quadrats.csv"',
    "# year = 2023",
)
MOST_CLASSES = 60  # a column with more distinct values than this is hardly a legend


@dataclass(frozen=True)
class MapLook:
    """What a map shows: candidate class fields with their values and how often each occurs."""

    path: Path
    crs: str
    fields: dict[str, dict[str, int]]
    raster: bool


def look_at(path: Path) -> MapLook:
    """Read a map's CRS, fields and class values.

    Raises
    ------
    InputError
        As the map readers do: path, format, CRS.
    """
    if path.suffix.lower() in (".tif", ".tiff"):
        return _look_at_raster(path)
    from bluecarbon.maps.crs import map_crs
    from bluecarbon.maps.vector import read_layer

    columns = _text_columns(path)
    layer = read_layer(path, columns)
    map_crs(layer.crs, layer.place)
    fields = {}
    for name in columns:
        counts: dict[str, int] = {}
        for value in layer.columns[name]:
            if value is not None:
                counts[str(value)] = counts.get(str(value), 0) + 1
        if 0 < len(counts) <= MOST_CLASSES and (len(counts) < len(layer.feature) or len(layer.feature) < 8):
            fields[name] = dict(sorted(counts.items()))
    return MapLook(path, getattr(layer.crs, "name", str(layer.crs)), fields, False)


def _text_columns(path: Path) -> list[str]:
    from bluecarbon.maps.vector import field_names

    return field_names(path, None, None, phrase("map ({path})", path=path.name))


def _look_at_raster(path: Path) -> MapLook:
    import numpy as np

    from bluecarbon.maps.raster_source import gdal_env, open_geotiff

    counts: dict[int, int] = {}
    with gdal_env(), open_geotiff(path) as raster:
        name = raster.crs.to_string() if raster.crs else "MISSING"
        for _, window in raster.block_windows(1):
            values, numbers = np.unique(raster.read(1, window=window), return_counts=True)
            for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
                if value != raster.nodata:
                    counts[value] = counts.get(value, 0) + number
            if len(counts) > MOST_CLASSES:
                break
    return MapLook(path, name, {"cell value": {f"{v:g}": n for v, n in sorted(counts.items())}}, True)


def job_template(maps: Sequence[Path], units: Path | None, guide: str) -> str:
    """A commented job file for some maps.

    Raises
    ------
    InputError
        Whatever makes a map unreadable; ME-GUIDE-01.
    """
    load_guide(guide)
    looks = [look_at(path) for path in maps]
    shared = [name for name in looks[0].fields if all(name in look.fields for look in looks)]
    field = _best_field(looks, shared)
    lines = [*_head(guide), *_legend(looks, field)]
    for look in looks:
        lines += _map_table(look, field, shared, units is not None)
    if units is not None:
        lines += _units_table(units)
    else:
        lines += [
            '# Reporting units, if there are any; then `extent = "units"` says that a map looked at all of them.',
            "# [reporting_units]",
            '# path = "units.gpkg"',
            '# name_field = "name"',
        ]
    return "\n".join([*lines, *FIELD_TABLES]) + "\n"


def _best_field(looks: Sequence[MapLook], shared: Sequence[str]) -> str | None:
    """The shared field with the fewest values above one; the user chooses in the end."""
    several = [name for name in shared if len({v for look in looks for v in look.fields[name]}) > 1]
    return min(several or shared, key=lambda name: len(looks[0].fields[name]), default=None)


def _head(guide: str) -> list[str]:
    return [
        '# A "?" is yours to fill in; `bluecarbon check` names each with the words allowed there.',
        "[survey]",
        'title = "?"',
        f'guide = "{guide}"              # `methodology guides` lists them',
        f'climate = "?"                  # {", ".join(CLIMATES)}',
        '# gwp = "AR5-100"              # needed where methane or nitrous oxide is counted',
        "# registration_error_m = 10    # how far two maps may lie apart: change narrower than this is called sliver",
        '# factors = "my_factors.csv"   # your own factors, asked before the guide\'s',
        "",
    ]


def _legend(looks: Sequence[MapLook], field: str | None) -> list[str]:
    lines = [
        "# Class value = what it is.",
        f'# habitat: {", ".join(HABITATS)}; or "ignore" for a class that is no habitat.',
        "# soil: organic, mineral, unknown. A yearly flow needs `activity`:",
        f"# {', '.join(ACTIVITIES)}; with started, replanted, salinity_ppt where the guide asks.",
        "[legend]",
    ]
    if field is None:
        return [*lines, '"*" = { habitat = "?", soil = "?" }    # no class field: every polygon is one class', ""]
    values: dict[str, int] = {}
    for look in looks:
        for value, count in look.fields[field].items():
            values[value] = values.get(value, 0) + count
    what = "cells" if looks[0].raster else "polygon(s)"
    lines += [
        f'{_quoted(value)} = {{ habitat = "?", soil = "?" }}    # {count:,} {what}' for value, count in values.items()
    ]
    return [*lines, ""]


def _map_table(look: MapLook, field: str | None, shared: Sequence[str], units: bool) -> list[str]:
    year = re.search(r"(?<!\d)(19|20)\d\d(?!\d)", look.path.name)
    lines = [f"[[map]]                         # {look.crs}"]
    date = (
        f"date = {year.group()}                     # from the file's name: confirm"
        if year
        else 'date = "?"                      # a year or a day'
    )
    lines += [date, f"path = {_quoted(str(look.path))}"]
    if not look.raster and field is not None:
        others = [name for name in shared if name != field]
        note = f"    # or one of: {', '.join(others)}" if others else ""
        lines.append(f"class_field = {_quoted(field)}{note}")
    where = '"units" if it looked at all reporting units, ' if units else ""
    lines += [
        f'extent = "unknown"              # {where}or a file of the area looked at; change needs it',
        '# unmapped = "other"            # an unmapped place in the extent: "other", or "not_surveyed"',
        "# area_uncertainty_percent = 5  # half-width of the 95 % interval of mapped areas, if known",
        "",
    ]
    return lines


def _units_table(units: Path) -> list[str]:
    look = look_at(units)
    names = list(look.fields) or ["?"]
    note = f"    # or one of: {', '.join(names[1:])}" if len(names) > 1 else ""
    return ["[reporting_units]", f"path = {_quoted(str(units))}", f"name_field = {_quoted(names[0])}{note}"]


def _quoted(text: Any) -> str:
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
