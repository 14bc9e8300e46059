"""Tables and layers of a survey, from its cut and measured pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.maps.change import Changes, DatedPieces
from bluecarbon.maps.crs import MapCrs, from_frame
from bluecarbon.maps.drawn import Drawn
from bluecarbon.maps.features import M2_PER_HA, Features
from bluecarbon.maps.overlay import OUTSIDE, polygonal
from bluecarbon.maps.plane import Plane
from bluecarbon.maps.reporting_units import Units
from bluecarbon.maps.tables import (
    AREA_COLUMNS,
    EXTENT_COLUMNS,
    OUTSIDE_UNITS,
    TRANSITION_COLUMNS,
    WHOLE_MAP,
    SurveyAreas,
)
from methodology.base.errors import Findings

if TYPE_CHECKING:
    import geopandas
    import pandas

Dated = tuple[Drawn, Features, DatedPieces]


def result_tables(
    keys: list[tuple],
    dated: list[Dated],
    transitions: list[tuple[str, str, Changes]],
    units: Units,
    ground: tuple[Plane, MapCrs],
    findings: Findings,
    files: list[tuple[str, str, str]],
) -> SurveyAreas:
    """Everything of a survey as the tables that `SurveyAreas` describes."""
    import pandas as pd

    plane, frame = ground
    table = pd.DataFrame(keys[1:], columns=list(keys[0]), dtype=object)
    table.insert(0, "key", np.arange(len(table)))
    unit_table = pd.DataFrame({"reporting_unit": units.names, "area_ha": units.area_m2 / M2_PER_HA})
    for name, values in units.attributes.items():
        unit_table[name] = pd.Series(values, dtype=object)
    return SurveyAreas(
        keys=table,
        areas=_areas(dated, units),
        transitions=_transitions(transitions, units),
        extents=_extents(dated, units, plane),
        units=unit_table,
        findings=list(findings),
        files=files,
        layers={each.date: _layer(drawn, features, each, units, plane, frame) for drawn, features, each in dated},
    )


def _areas(dated: list[Dated], units: Units) -> pandas.DataFrame:
    import pandas as pd

    tables = []
    for _, features, each in dated:
        pieces, habitat = each.pieces, each.key >= 0
        feature, area = pieces.feature[habitat], pieces.area_m2[habitat]
        planar = features.planar_m2[feature] * area / features.area_m2[feature]
        place = np.column_stack([pieces.unit[habitat] == OUTSIDE, pieces.unit[habitat], each.key[habitat]])
        groups, inverse = np.unique(place, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
        owners = np.unique(np.column_stack([inverse, feature]), axis=0)[:, 0]
        size = len(groups)
        columns = (
            np.full(size, each.date, dtype=object),
            units.labels(groups[:, 1]),
            groups[:, 2],
            np.bincount(inverse, weights=area, minlength=size) / M2_PER_HA,
            np.bincount(owners, minlength=size),
            np.bincount(inverse, weights=planar, minlength=size) / M2_PER_HA,
        )
        tables.append(pd.DataFrame(dict(zip(AREA_COLUMNS, columns, strict=True))))
    return pd.concat(tables, ignore_index=True)


def _transitions(transitions: list[tuple[str, str, Changes]], units: Units) -> pandas.DataFrame:
    import pandas as pd

    tables = []
    for from_date, to_date, moved in transitions:
        order = np.lexsort((moved.to_key, moved.from_key, moved.unit, moved.unit == OUTSIDE))
        columns = (
            from_date,
            to_date,
            units.labels(moved.unit[order]),
            moved.from_key[order],
            moved.to_key[order],
            moved.area_m2[order] / M2_PER_HA,
            moved.sliver_m2[order] / M2_PER_HA,
        )
        tables.append(pd.DataFrame(dict(zip(TRANSITION_COLUMNS, columns, strict=True))))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(TRANSITION_COLUMNS))


def _extents(dated: list[Dated], units: Units, plane: Plane) -> pandas.DataFrame:
    import pandas as pd
    import shapely

    rows = []
    for _, _, each in dated:
        names = units.names or [WHOLE_MAP]
        if each.extent.kind == "units":
            areas = units.area_m2 / M2_PER_HA
        elif each.extent.kind == "unknown":
            areas = np.full(len(names), np.nan)
        elif units.names:
            inside = polygonal(shapely.intersection(units.geometry, each.extent.area))
            beyond = polygonal(np.array([shapely.difference(each.extent.area, shapely.union_all(units.geometry))]))
            areas = plane.area_m2(np.concatenate([inside, beyond])) / M2_PER_HA
            names = [*names, OUTSIDE_UNITS]
        else:
            areas = plane.area_m2(np.array([each.extent.area], dtype=object)) / M2_PER_HA
        rows += [(each.date, name, float(area)) for name, area in zip(names, areas, strict=True)]
    return pd.DataFrame(rows, columns=list(EXTENT_COLUMNS))


def _layer(
    drawn: Drawn, features: Features, each: DatedPieces, units: Units, plane: Plane, frame: MapCrs
) -> geopandas.GeoDataFrame:
    """Pieces of habitat in the map's own coordinates; an uncut polygon keeps its vertices to the last digit."""
    import geopandas
    import shapely

    pieces, habitat = each.pieces, np.flatnonzero(each.key >= 0)
    feature = pieces.feature[habitat]
    back = from_frame(drawn.own, frame)
    shapes = pieces.geometry[habitat].copy()
    uncut = (
        np.array([shape is features.geometry[f] for shape, f in zip(shapes, feature, strict=True)], dtype=bool)
        & (features.uncut[feature])
    )
    if back is None:
        uncut[:] = False
    shapes[uncut] = features.drawn[feature[uncut]]
    shapes[~uncut] = shapely.transform(
        shapes[~uncut],
        (lambda xy: plane.to_lonlat(xy)) if back is None else (lambda xy: back(plane.to_lonlat(xy))),
    )
    return geopandas.GeoDataFrame(
        {
            "reporting_unit": units.labels(pieces.unit[habitat]),
            "key": each.key[habitat],
            "feature": features.number[feature],
            "area_ha": pieces.area_m2[habitat] / M2_PER_HA,
        },
        geometry=shapes,
        crs=frame.geographic if back is None else drawn.own.crs,
    )
