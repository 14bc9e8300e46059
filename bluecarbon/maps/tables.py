"""What a survey map is to the rest of the toolkit: where it comes from, and the tables it becomes.

Vector and raster readers both take `MapSource` and return `SurveyAreas`; the inventory knows nothing else of maps.
Areas are ground areas on the ellipsoid, in hectares. A class is looked at only as the text written in the map; what
it means (habitat, stratum) is the legend's business, one storey up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from methodology.base.errors import Finding

if TYPE_CHECKING:
    import geopandas
    import pandas

OTHER = -1  # looked at, and not a habitat that the legend keeps
NOT_SURVEYED = -2  # nobody looked there at that date
WHOLE_MAP = ""  # the reporting unit where the job gives none
OUTSIDE_UNITS = "(outside every unit)"
EVERY_FEATURE = "*"  # class value of each polygon or cell of a map that has no class field
NO_CLASS = ""  # class value of a polygon whose class field is empty

OVERLAP_RULES = ("first", "last", "larger", "smaller")
UNMAPPED = ("other", "not_surveyed")

KEY_COLUMNS = ("key", "value")
AREA_COLUMNS = ("date", "reporting_unit", "key", "area_ha", "features", "planar_ha")
TRANSITION_COLUMNS = ("from_date", "to_date", "reporting_unit", "from_key", "to_key", "area_ha", "sliver_ha")
EXTENT_COLUMNS = ("date", "reporting_unit", "extent_ha")

Progress = Callable[[str, float], None]
"""Called with what is being done and how much of the whole is behind us [0 to 1]."""


@dataclass(frozen=True)
class MapSource:
    """One map of one date, as the job file names it.

    Parameters
    ----------
    date : str
        Label of the date, unique in a job, in the order in which maps are given to the reader.
    path : Path
        Local file.
    class_field : str or None
        Column that holds the class value (vector). None means that every polygon has the class ``"*"``.
    layer : str or None
        Layer of a file that holds several; None is allowed where the file has one layer of polygons.
    encoding : str or None
        Character encoding of a Shapefile's attribute table, for example ``"GB18030"``.
    extent : "units", "unknown" or Path
        Where this map looked: in all reporting units, unknown, or inside the polygons of a file.
    unmapped : {"other", "not_surveyed"}
        What a place inside the extent is that carries no polygon.
    overlaps : {"first", "last", "larger", "smaller"} or None
        Which polygon keeps a place that two polygons claim: the earlier or later in the file, the larger or the
        smaller one. None refuses a map in which polygons of unlike class or attributes overlap.
    attributes : mapping of attribute name to column
        Further columns that a legend entry may also state, such as activity, started, soil, salinity_ppt.
    area_uncertainty_percent : float or None
        Half-width of the 95 % interval of mapped areas, when the surveyor states one. [%]
    """

    date: str
    path: Path
    class_field: str | None = None
    layer: str | None = None
    encoding: str | None = None
    extent: str | Path = "unknown"
    unmapped: str = "other"
    overlaps: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    area_uncertainty_percent: float | None = None


@dataclass(frozen=True)
class UnitsSource:
    """The reporting units, as the job file names them.

    Parameters
    ----------
    path : Path
        Local file of polygons.
    name_field : str
        Column with the name of each unit; polygons of one name form one unit.
    layer, encoding :
        As in `MapSource`.
    overlaps : {"first", "last"} or None
        Which unit keeps a place that two units claim. None gives strips of up to 0.1 % of the smaller unit to the
        first, and refuses more.
    attributes : mapping of attribute name to column
        Columns of what a unit states for all habitat in it, such as activity or climate.
    """

    path: Path
    name_field: str
    layer: str | None = None
    encoding: str | None = None
    overlaps: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LegendValues:
    """Class values that a job's legend knows.

    Parameters
    ----------
    habitat : frozenset of str
        Values that become habitat.
    ignored : frozenset of str
        Values that the legend sets to "ignore": looked at, and part of "other" wherever change is asked for.
    """

    habitat: frozenset[str]
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SurveyAreas:
    """Everything the inventory needs of the maps of a job.

    Parameters
    ----------
    keys : DataFrame (key, value, one column per attribute)
        Every combination of class value and attributes met in any map; ``key`` is an integer from 0, ``value`` the
        class value as text, a missing attribute is None.
    areas : DataFrame (date, reporting_unit, key, area_ha, features, planar_ha)
        Ground area [ha], number of polygons (or cells) it comes from, and the area in the plane of the map's own
        projection [ha; NaN for a map in degrees]. ``reporting_unit`` is ``""`` for the whole map of a job without
        units, `OUTSIDE_UNITS` for what lies in none.
    transitions : DataFrame (from_date, to_date, reporting_unit, from_key, to_key, area_ha, sliver_ha)
        Consecutive dates. Key `OTHER` (-1): looked at, no habitat of the legend; `NOT_SURVEYED` (-2). Pairs without
        any habitat are left out. ``sliver_ha`` is the part of ``area_ha`` in pieces narrower than the
        registration error [ha; NaN where none is given]. Empty for a pair of dates of which one extent is unknown.
    extents : DataFrame (date, reporting_unit, extent_ha)
        Area looked at [ha]; NaN where unknown.
    units : DataFrame (reporting_unit, area_ha, one column per unit attribute)
        The reporting units in file order; empty without units.
    findings : list of Finding
        Warnings and notes. Errors have been raised.
    files : list of (role, path, sha256)
        Files that were read.
    layers : dict of date to GeoDataFrame (reporting_unit, key, feature, geometry, area_ha)
        Pieces of habitat by unit in the map's own CRS; empty where a reader has no polygons to give.
    """

    keys: pandas.DataFrame
    areas: pandas.DataFrame
    transitions: pandas.DataFrame
    extents: pandas.DataFrame
    units: pandas.DataFrame
    findings: list[Finding]
    files: list[tuple[str, str, str]]
    layers: dict[str, geopandas.GeoDataFrame] = field(default_factory=dict)
