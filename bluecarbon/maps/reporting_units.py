"""Reporting units: named, without overlaps, in the plane of the maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bluecarbon.maps.drawn import Drawn, outline
from bluecarbon.maps.features import M2_PER_HA
from bluecarbon.maps.overlay import cut_overlaps, overlapping_pairs
from bluecarbon.maps.plane import Plane
from bluecarbon.maps.tables import OUTSIDE_UNITS, WHOLE_MAP, UnitsSource
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

SMALL_SHARE = 0.001  # of the smaller unit: below, its total hardly depends on who gets the common strip


@dataclass(frozen=True)
class Units:
    """Reporting units of a job.

    Parameters
    ----------
    names : list of str
        In file order.
    geometry : array of polygons, shape (unit,)
        In the plane, without overlaps.
    area_m2 : array, shape (unit,)
        On the ground. [m2]
    attributes : mapping of attribute name to list
        What each unit states, None where nothing.
    """

    names: list[str]
    geometry: np.ndarray
    area_m2: np.ndarray
    attributes: Mapping[str, list[Any]]

    def labels(self, index: np.ndarray) -> np.ndarray:
        """Reporting-unit names of indices, `OUTSIDE_UNITS` for −1; `WHOLE_MAP` in a job without units."""
        if not self.names:
            return np.full(len(index), WHOLE_MAP, dtype=object)
        return np.array([*self.names, OUTSIDE_UNITS], dtype=object)[index]


NO_UNITS = Units([], np.empty(0, dtype=object), np.empty(0), {})


def reporting_units(drawn: Drawn, source: UnitsSource, plane: Plane, findings: Findings) -> Units:
    """Units from a layer: polygons of one name are one unit; overlaps are settled or refused.

    Parameters
    ----------
    drawn : Drawn
    source : UnitsSource
    plane : Plane
    findings : Findings
        Takes BC-MAP-32 (units overlap), 33 (polygons of one unit state different attributes), 34 (no name).

    Returns
    -------
    Units
    """
    import shapely

    rows = drawn.clean.rows
    names = [drawn.layer.columns[source.name_field][row] for row in rows]
    if any(name is None or str(name) in (WHOLE_MAP, OUTSIDE_UNITS) for name in names):
        findings.add(
            "BC-MAP-34",
            drawn.layer.place,
            phrase(
                "{n} units without a name in {name_field}",
                n=sum(name is None for name in names),
                name_field=source.name_field,
            ),
            "a name for each unit",
            "Fill them in; the statement reports by name.",
        )
        return NO_UNITS
    near, polygons = outline(drawn, plane, findings)
    if not near.any():
        return NO_UNITS
    rows, texts = rows[near], [str(name) for name, kept in zip(names, near, strict=True) if kept]
    distinct = list(dict.fromkeys(texts))
    rows_of = {name: [] for name in distinct}
    for row, text in enumerate(texts):
        rows_of[text].append(row)
    geometry = np.array([shapely.union_all(polygons[rows_of[name]]) for name in distinct], dtype=object)
    geometry = _without_overlaps(geometry, distinct, source, plane, findings)
    attributes = _attributes(drawn, source, rows, texts, distinct, findings)
    return Units(distinct, geometry, plane.area_m2(geometry), attributes)


def _without_overlaps(
    geometry: np.ndarray, names: list[str], source: UnitsSource, plane: Plane, findings: Findings
) -> np.ndarray:
    i, j, common = overlapping_pairs(geometry)
    if len(i) == 0:
        return geometry
    area, whole = plane.area_m2(common), plane.area_m2(geometry)
    stops = False
    for a, b, shared in zip(i, j, area, strict=True):
        share = float(shared / min(whole[a], whole[b]))
        refused = share > SMALL_SHARE and source.overlaps is None
        stops |= refused
        keeper = names[b] if source.overlaps == "last" else names[a]
        findings.add(
            "BC-MAP-32",
            "reporting units",
            phrase("units {names!r} and {names2!r} overlap", names=names[a], names2=names[b]),
            "units that meet without overlapping",
            'Mend them, or set overlaps = "first" or "last" for the units.'
            if refused
            else phrase("What both claim is counted in {keeper!r} only.", keeper=keeper),
            "error" if refused else "warning",
            amount=float(shared) / M2_PER_HA,
            unit="ha",
            share=share,
        )
    if stops:
        return geometry
    order = np.arange(len(geometry))
    return cut_overlaps(geometry, i, j, -order if source.overlaps == "last" else order)


def _attributes(
    drawn: Drawn, source: UnitsSource, rows: np.ndarray, texts: list[str], distinct: list[str], findings: Findings
) -> dict[str, list[Any]]:
    result: dict[str, list[Any]] = {}
    for attribute, column in source.attributes.items():
        values = drawn.layer.columns[column]
        stated: dict[str, set[Any]] = {name: set() for name in distinct}
        for row, text in zip(rows, texts, strict=True):
            stated[text].add(values[row])
        for name, found in stated.items():
            if len(found) > 1:
                findings.add(
                    "BC-MAP-33",
                    phrase("{place}, unit {name!r}", place=drawn.layer.place, name=name),
                    f"{column}: " + ", ".join(sorted(map(str, found))),
                    "one value for all polygons of a unit",
                    "Give the parts names of their own, or one value.",
                )
        result[attribute] = [next(iter(stated[name])) for name in distinct]
    return result
