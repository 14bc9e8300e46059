"""Result layers: polygons with their class, area and carbon density in one GeoPackage, densities of rasters as GeoTIFF.

The GeoPackage carries its own QGIS styles (table ``layer_styles``), so that it opens in colour.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from bluecarbon.job import date_label
from bluecarbon.palette import COLOURS, NAMES
from bluecarbon.survey import Survey
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.worksheet import Worksheet

FIXED_TIME = "2000-01-01T00:00:00.000Z"  # layers are equal in content for equal inputs; times stand in run.json


def class_densities(sheet: Worksheet) -> dict[tuple[str, str], float]:
    """Carbon density of each class and date, over the pools that were estimated. [t C/ha]

    Returns
    -------
    dict of (class label, date) to t C/ha of mapped area; empty for a guide without stocks.
    """
    if "stock" not in sheet:
        return {}
    values = sheet.evaluate()
    stock, area = sheet["stock"], sheet["mapped_area"]
    carbon: dict[tuple[str, str], float] = {}
    ground: dict[tuple[str, str], float] = {}
    for node, sums in ((stock, carbon), (area, ground)):
        place, when = node.dims.index("class"), node.dims.index("date")
        for row, value in zip(node.rows, values[node.id], strict=True):
            sums[row[place], row[when]] = sums.get((row[place], row[when]), 0.0) + float(value)
    return {key: value / ground[key] for key, value in carbon.items() if ground[key] > 0}


def write_layers(survey: Survey, sheet: Worksheet, folder: Path) -> None:
    """Write the result layers of a survey.

    Parameters
    ----------
    folder : Path
        Gets ``layers.gpkg`` for vector maps, ``density_DATE.tif`` for raster maps with stocks.
    """
    densities = class_densities(sheet)
    if survey.areas.layers:
        _write_polygons(survey, densities, folder / "layers.gpkg")
    elif densities:
        _write_rasters(survey, densities, folder)


def _write_polygons(survey: Survey, densities: dict[tuple[str, str], float], path: Path) -> None:
    import pyogrio

    names = []
    for date, layer in survey.areas.layers.items():
        table = layer.copy()
        labels = [
            survey.tables.class_of.get((str(u), int(k)))
            for u, k in zip(table["reporting_unit"], table["key"], strict=True)
        ]
        table = table[[label is not None for label in labels]]
        classes = [survey.tables.classes[label] for label in labels if label is not None]
        table["habitat"] = [c.habitat for c in classes]
        table["stratum"] = [c.stratum for c in classes]
        table["activity"] = [c.activity for c in classes]
        table["carbon_t_c_ha"] = [densities.get((c.label, date)) for c in classes]
        table["carbon_t_c"] = table["carbon_t_c_ha"].astype(float) * table["area_ha"]
        name = f"habitats_{date}"
        names.append(name)
        columns = [
            "reporting_unit",
            "habitat",
            "stratum",
            "activity",
            "area_ha",
            "carbon_t_c_ha",
            "carbon_t_c",
            "geometry",
        ]
        pyogrio.write_dataframe(
            table[columns].reset_index(drop=True), path, layer=name, driver="GPKG", append=bool(len(names) > 1),
            promote_to_multi=True,
        )  # fmt: skip
    _add_styles(path, names)


def _add_styles(path: Path, layers: list[str]) -> None:
    columns = (
        "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT, "
        "f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, "
        "owner TEXT, ui TEXT, update_time DATETIME"
    )
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE layer_styles ({columns})")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, 'attributes', ?, ?)",
            ("layer_styles", "layer_styles", FIXED_TIME),
        )
        for name in layers:
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
                "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
                "VALUES ('', '', ?, 'geom', 'habitat', ?, '', 1, 'colour by habitat', '', NULL, ?)",
                (name, habitat_style(), FIXED_TIME),
            )
        database.execute("UPDATE gpkg_contents SET last_change = ?", (FIXED_TIME,))
    database.close()


def habitat_style() -> str:
    """A QGIS style (QML) that colours polygons by the field ``habitat``."""
    categories, symbols = [], []
    for number, (habitat, colour) in enumerate(COLOURS.items()):
        label = NAMES[habitat]
        rgb = ",".join(str(int(colour[n : n + 2], 16)) for n in (1, 3, 5))
        categories.append(
            f'<category value={quoteattr(habitat)} symbol="{number}" label={quoteattr(label["en"] + " " + label["zh"])} render="true"/>'
        )
        symbols.append(
            f'<symbol type="fill" name="{number}" alpha="0.85"><layer class="SimpleFill" enabled="1"><Option type="Map">'
            f'<Option name="color" type="QString" value="{rgb},255"/><Option name="style" type="QString" value="solid"/>'
            '<Option name="outline_color" type="QString" value="60,60,60,255"/>'
            '<Option name="outline_width" type="QString" value="0.1"/></Option></layer></symbol>'
        )
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.22" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="habitat" forceraster="0" symbollevels="0">'
        f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )


def _write_rasters(survey: Survey, densities: dict[tuple[str, str], float], folder: Path) -> None:
    from bluecarbon.maps.layers_raster import Layer, write_raster_layers
    from bluecarbon.maps.raster_source import RasterSource
    from bluecarbon.maps.trajectories import plan_pass

    legend = {value: getattr(entry, "habitat", "ignored") for value, entry in survey.job.legend.items()}
    for entry in survey.job.map:
        date = date_label(entry.date)
        single, several = densities_by_value(survey, densities, date)
        values = {(int(value),): single.get(value, math.nan) for value in survey.job.legend if _whole(value)}
        note = {"note": _left_empty(several)} if several else {}
        nodata = None if entry.nodata is None else int(entry.nodata)
        plan = plan_pass([RasterSource(survey.file.folder / entry.path, date, entry.band, nodata)], None)
        write_raster_layers(plan, [Layer(f"density_{date}", "carbon density", "t C/ha", values, legend | note)], folder)


def densities_by_value(
    survey: Survey, densities: Mapping[tuple[str, str], float], date: str
) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Carbon density of each class value of one map, where it has one.

    Returns
    -------
    (value to t C/ha, value to the strata of different density it stands for)
        A value in the second is not in the first: reporting units that state different things of one class value
        make different classes of it, and a raster layer knows cells by their value alone.
    """
    keys = {int(row["key"]): str(row["value"]) for row in survey.areas.keys.to_dict("records")}
    mapped = {label for (_, label, when), area in survey.tables.mapped.items() if when == date and area > 0}
    labels: dict[str, dict[str, float]] = {}
    for (_, key), label in survey.tables.class_of.items():
        if label in mapped:
            labels.setdefault(keys[key], {})[label] = densities.get((label, date), math.nan)
    single: dict[str, float] = {}
    several: dict[str, list[str]] = {}
    for value, found in labels.items():
        first = next(iter(found.values()))
        if all(_same(first, other) for other in found.values()):
            single[value] = first
        else:
            several[value] = sorted(
                f"{survey.tables.classes[label].stratum}: {density:.4g}" for label, density in found.items()
            )
    return single, several


def warn_several_densities(survey: Survey, sheet: Worksheet, findings: Findings) -> None:
    """Add a warning BC-LAY-01 for each class value of a raster that has no single density, and so none in the layer."""
    if survey.areas.layers:
        return
    densities = class_densities(sheet)
    for date in survey.tables.dates if densities else ():
        for value, strata in densities_by_value(survey, densities, date)[1].items():
            findings.add(
                "BC-LAY-01", phrase("density_{date}.tif, class {value}", date=date, value=value), "; ".join(strata) + " t C/ha", "one density for a class value",
                "The layer is empty where this class lies; tables and report hold every value. "
                "Give the class a value of its own in each reporting unit to see it on the map.", "warning",
            )  # fmt: skip


def _same(one: float, other: float) -> bool:
    """Equal but for rounding of sums, or both unknown."""
    return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def _whole(value: str) -> bool:
    return value.lstrip("-").isdigit()


def _left_empty(several: Mapping[str, list[str]]) -> str:
    listed = ". ".join(f"Class {value}: {'; '.join(strata)}" for value, strata in several.items())
    return f"Empty where a class has different densities by reporting unit [t C/ha]. {listed}."


def layer_summary(path: Path) -> dict[str, Any]:
    """Names and row counts of the layers of a result file."""
    import pyogrio

    return {name: pyogrio.read_info(path, layer=name)["features"] for name, _ in pyogrio.list_layers(path)}
