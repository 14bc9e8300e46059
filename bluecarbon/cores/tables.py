"""The three core tables of the Coastal Carbon Network, and the one table a person fills in.

A filled-in template is a depth series with the few facts of core and method beside it. The network's own three files
can be given instead: the depth series as the main table, cores and methods beside it; their facts are then taken from
there. Names and words are the network's; `tube_*`, `depth_reference` and the errors of density, carbon and organic
matter are ours, since the network has no place for them.
"""

from __future__ import annotations

from dataclasses import replace

from bluecarbon.tables.schema import Column, Table
from bluecarbon.tables.units import ACTIVITY_BQ_KG, DEGREES, DENSITY_G_CM3, FRACTION, LENGTH_CM, LENGTH_M, YEARS

HABITATS = (
    "mangrove", "swamp", "scrub/shrub", "marsh", "seagrass", "algal mat", "unvegetated", "mudflat", "sabkha",
    "microbial mat", "upland",
)  # fmt: skip
ISOTOPES = ("pb210", "ra226", "pb214", "bi214", "cs137", "be7")
GROUP = ("study_id", "site_id", "core_id")
CHECKED_BY_RULE = ""


def _depth(name: str, description: str, need: str = "optional", example: str = "", **more: object) -> Column:
    return Column(name, description, "number", need, unit="cm", units=LENGTH_CM, example=example, low=0, **more)


def _fraction(name: str, description: str, example: str = "", **more: object) -> Column:
    return Column(
        name, description, "number", unit="1", units=FRACTION, low=0, high=1, example=example,
        range_code=CHECKED_BY_RULE, **more,
    )  # fmt: skip


def _activities() -> tuple[Column, ...]:
    columns: list[Column] = []
    for isotope in ISOTOPES:
        names = [f"{isotope}_activity", f"{isotope}_activity_se"]
        if isotope == "pb210":
            names = [f"{kind}_{name}" for kind in ("total", "excess") for name in names]
        for name in names:
            what = f"{name.replace('_activity', '').replace('_se', '').replace('_', ' ')} activity per dry mass"
            text = f"Standard error of {what}." if name.endswith("_se") else f"{what[0].upper()}{what[1:]}."
            columns.append(
                Column(name, text, "number", unit="Bq/kg", units=ACTIVITY_BQ_KG, unit_column=f"{isotope}_unit")
            )
        columns.append(
            Column(f"{isotope}_unit", f"Unit of the {isotope} activities, row by row; or put it in the header.")
        )
    return tuple(columns)


KEYS = (
    Column("study_id", "Study or campaign the core belongs to.", need="required", example="Bay_2024"),
    Column("site_id", "Site within the study.", example="North"),
    Column("core_id", "Core within the site.", need="required", example="N1"),
)

CORE_FACTS = (
    Column("habitat", "Habitat at the core.", vocabulary=HABITATS, open_vocabulary=True, example="mangrove"),
    Column("species", "Dominant species; used to estimate carbon from organic matter.", example="Kandelia obovata"),
    Column("year", "Year of coring.", "integer", low=1900, high=2100, range_scope="core", example="2024"),
    Column("latitude", "WGS 84 latitude.", "number", unit="degree", units=DEGREES, low=-90, high=90, range_scope="core",
           example="22.52"),
    Column("longitude", "WGS 84 longitude.", "number", unit="degree", units=DEGREES, low=-180, high=180,
           range_scope="core", example="114.03"),
    Column("core_length_flag", "Whether the core reached the bottom of the deposit.", open_vocabulary=True,
           vocabulary=("core depth limited by length of corer", "core depth represents deposit depth", "not specified"),
           example="core depth limited by length of corer"),
    Column("elevation", "Elevation of the surface above a datum.", "number", unit="m", units=LENGTH_M),
    Column("elevation_method", "How elevation was measured.", open_vocabulary=True,
           vocabulary=("RTK", "other high resolution", "LiDAR", "DEM", "other low resolution")),
)  # fmt: skip

METHOD_FACTS = (
    Column("compaction_flag", "What is known of compaction; 'quantified' means depths are corrected already.",
           vocabulary=("compaction qualified", "compaction quantified", "corer limits compaction",
                       "no obvious compaction", "not specified"), open_vocabulary=True),
    Column("carbon_measured_or_modeled", "Whether fraction_carbon was measured or computed from organic matter.",
           vocabulary=("measured", "modeled"), open_vocabulary=True, example="measured"),
    Column("fraction_carbon_type", "What fraction_carbon is; total carbon counts carbonate too.",
           vocabulary=("organic carbon", "total carbon"), open_vocabulary=True, example="organic carbon"),
    Column("carbonates_removed", "Whether carbonate was removed before carbon was measured.", "flag", example="TRUE"),
    Column("age_depth_model_reference", "What `age` counts from; empty means core collection date.",
           vocabulary=("YBP", "CE", "core collection date"), open_vocabulary=True, example="core collection date"),
)  # fmt: skip

SLICES = (
    Column("method_id", "Method of the slice, as in the methods table."),
    _depth("depth_min", "Upper edge of the slice below the surface.", "required", "0", range_scope="core"),
    _depth("depth_max", "Lower edge of the slice.", "required", "10", range_scope="core"),
    _depth("representative_depth_min", "Upper end of the horizon the slice speaks for, where it was chosen to.",
           range_scope="core"),
    _depth("representative_depth_max", "Lower end of that horizon.", range_scope="core"),
    Column("sample_id", "Name of the sample in the laboratory."),
    Column("dry_bulk_density", "Dry mass per volume of the slice.", "number", unit="g/cm3", units=DENSITY_G_CM3,
           above=0, high=2.65, range_code=CHECKED_BY_RULE, example="0.62"),
    Column("dry_bulk_density_se", "Standard error of it.", "number", unit="g/cm3", units=DENSITY_G_CM3, low=0),
    _fraction("fraction_organic_matter", "Organic matter of dry mass, from loss on ignition.", "0.11"),
    _fraction("fraction_organic_matter_se", "Standard error of it."),
    _fraction("fraction_carbon", "Organic carbon of dry mass.", "0.041"),
    _fraction("fraction_carbon_se", "Standard error of it."),
    _fraction("compaction_fraction", "Share of length lost while coring; depths and density are then those in the tube."),
    Column("depth_reference", "Whether depths and densities are those in the tube or corrected already.",
           vocabulary=("in tube", "in ground")),
    _depth("tube_length", "Length of the coring tube; with the next two, the compaction of the core."),
    _depth("tube_inside", "Distance from tube top to soil inside, after coring.", "conditional", needed_by=("tube_length",)),
    _depth("tube_outside", "Distance from tube top to soil outside.", "conditional", needed_by=("tube_length",)),
    Column("age", "Age at the lower edge of the slice; years before coring unless age_depth_model_reference says otherwise.",
           "number", unit="yr", units=YEARS),
    Column("age_se", "Standard error of it.", "number", unit="yr", units=YEARS, low=0, range_scope="age"),
    Column("age_min", "Least age of the slice.", "number", unit="yr", units=YEARS),
    Column("age_max", "Greatest age of the slice.", "number", unit="yr", units=YEARS),
    Column("c14_age", "Conventional radiocarbon age.", "number", unit="yr", units=YEARS),
    Column("c14_age_se", "Standard error of it.", "number", unit="yr", units=YEARS, low=0, range_scope="age"),
    Column("marker_date", "Year of a marker horizon."),
)  # fmt: skip

TEMPLATE_COLUMNS = (
    "study_id", "site_id", "core_id", "habitat", "species", "year", "latitude", "longitude", "core_length_flag",
    "depth_min", "depth_max", "dry_bulk_density", "fraction_organic_matter", "fraction_carbon", "compaction_fraction",
    "age", "age_se", "age_depth_model_reference", "carbon_measured_or_modeled", "fraction_carbon_type",
    "carbonates_removed",
)  # fmt: skip

INTERVALS = Table(
    name="cores",
    description="one slice of one core",
    columns=(*KEYS, *CORE_FACTS, *SLICES, *_activities(), *METHOD_FACTS),
    keys=(*GROUP, "depth_min", "depth_max", "sample_id"),
    group=GROUP,
    one_of=(("dry_bulk_density",), ("fraction_carbon", "fraction_organic_matter")),
    rules=("bluecarbon.tables.interval_rules:check_intervals",),
    examples=(
        {"depth_min": "10", "depth_max": "20", "dry_bulk_density": "0.70", "fraction_organic_matter": "0.095",
         "fraction_carbon": "0.035"},
        {"depth_min": "20", "depth_max": "40", "dry_bulk_density": "0.78", "fraction_organic_matter": "0.082",
         "fraction_carbon": "0.029"},
        {"depth_min": "40", "depth_max": "60", "dry_bulk_density": "0.81", "fraction_organic_matter": "0.080",
         "fraction_carbon": "0.028"},
    ),
    template=TEMPLATE_COLUMNS,
)  # fmt: skip

CORE_LIST = Table(
    name="core-list",
    description="one core",
    columns=(*KEYS, *(replace(column, example="") for column in CORE_FACTS)),
    keys=GROUP,
    group=GROUP,
)

METHODS = Table(
    name="methods",
    description="one set of methods of one study",
    columns=(
        KEYS[0],
        Column("method_id", "Name of the set of methods.", need="required", example="single set of methods"),
        *METHOD_FACTS,
    ),
    keys=("study_id", "method_id"),
    group=("study_id",),
)
