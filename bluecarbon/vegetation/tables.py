"""The field tables of this room: trees, plots, downed wood, quadrats; declared for reading, checks and templates."""

from __future__ import annotations

from bluecarbon.tables.schema import Column, Table
from bluecarbon.tables.units import AREA_M2, DENSITY_G_CM3, FRACTION, LENGTH_CM, LENGTH_M, MASS_G
from bluecarbon.vegetation.catalogue import DIAMETER_KINDS

STUDY = Column("study_id", "Study the data belong to.", need="required", example="Example_2026")
SITE = Column("site_id", "Site within the study.", need="required", example="Futian")
PLOT = Column("plot_id", "Plot within the site.", need="required", example="F1")
YEAR = Column("year", "Year of the visit.", "integer", low=1900, high=2100, example="2026")
SPECIES = Column("species", "Genus and species.", need="required", example="Kandelia obovata")
RADIUS = Column(
    "plot_radius", "Radius of the circle the size class was counted on.", "number", unit="m", units=LENGTH_M, above=0
)
AREA = Column("plot_area", "Area the size class was counted on.", "number", unit="m2", units=AREA_M2, above=0)
UNIT_HINT = "If it is in another unit, say so in the header, as in height [cm]."

TREES = Table(
    "trees",
    "One measured stem.",
    (
        STUDY,
        SITE,
        PLOT,
        YEAR,
        Column("tree_id", "Tag of the stem within its plot.", example="1"),
        SPECIES,
        Column("alive_or_dead", "State of the stem.", vocabulary=("alive", "dead"), example="alive"),
        Column(
            "decay_class",
            "State of a dead stem: 1 twigs left, 2 branches left, 3 trunk only.",
            "integer",
            low=1,
            high=3,
        ),
        Column(
            "diameter",
            "Stem diameter, not girth; leave it empty where the girth was taped.",
            "number",
            unit="cm",
            units=LENGTH_CM,
            above=0,
            high=400,
            range_code="BC-VEG-13",
            range_remedy="If it is in another unit, say so in the header, as in diameter [mm].",
            example="8.4",
        ),
        Column(
            "girth",
            "Girth of the stem where a plain tape was used; its diameter is the girth over pi.",
            "number",
            unit="cm",
            units=LENGTH_CM,
            above=0,
            high=1250,
            range_code="BC-VEG-13",
            range_remedy="If it is in another unit, say so in the header, as in girth [mm].",
        ),
        Column(
            "diameter_kind",
            "Where the diameter was taken.",
            vocabulary=DIAMETER_KINDS,
            example="breast height",
        ),
        Column("diameter_flag", "The network's word for where the diameter was taken.", vocabulary=("DBH",)),
        Column(
            "height",
            "Height of the stem.",
            "number",
            unit="m",
            units=LENGTH_M,
            above=0,
            high=70,
            range_code="BC-VEG-13",
            range_remedy=UNIT_HINT,
            example="5.2",
        ),
        Column(
            "base_diameter",
            "Diameter of a broken trunk at the ground.",
            "number",
            unit="cm",
            units=LENGTH_CM,
            above=0,
            high=600,
            range_code="BC-VEG-13",
        ),
        Column(
            "wood_density",
            "Basic wood density: dry mass over fresh volume.",
            "number",
            unit="g/cm3",
            units=DENSITY_G_CM3,
            low=0.1,
            high=1.5,
            range_code="BC-VEG-13",
            range_remedy="If it is in another unit, say so in the header, as in wood_density [kg/m3].",
        ),
        Column("wood_density_se", "Its standard error.", "number", unit="g/cm3", units=DENSITY_G_CM3, low=0),
        Column(
            "diameter_se", "Standard error of one reading.", "number", unit="cm", units=LENGTH_CM, low=0, example="0.1"
        ),
        Column("height_se", "Standard error of one reading.", "number", unit="m", units=LENGTH_M, low=0, example="0.3"),
        RADIUS,
        AREA,
    ),
    keys=(),
    group=("study_id", "site_id", "plot_id"),
    template=(
        "study_id",
        "site_id",
        "plot_id",
        "year",
        "tree_id",
        "species",
        "alive_or_dead",
        "decay_class",
        "diameter",
        "diameter_kind",
        "diameter_se",
        "height",
        "height_se",
    ),
    examples=(
        {"tree_id": "2", "species": "Avicennia marina", "diameter": "6.1", "height": "3.4"},
        {"tree_id": "3", "alive_or_dead": "dead", "decay_class": "2", "diameter": "11.0", "height": "4.8"},
        {"tree_id": "4", "diameter": "3.2", "height": "2.1"},
    ),
    rules=(
        "bluecarbon.vegetation.rules:diameter_or_girth",
        "bluecarbon.vegetation.rules:stout_stems",
        "bluecarbon.vegetation.rules:trees_once",
        "bluecarbon.vegetation.rules:radius_and_area",
        "bluecarbon.vegetation.plausible:plot_sizes",
    ),
    one_of=(("diameter", "girth"),),
)

PLOTS = Table(
    "plots",
    "One plot, or one size class of a plot with nested circles.",
    (
        STUDY,
        SITE,
        PLOT,
        YEAR,
        Column("size_class", "Name of the nested circle.", example="main"),
        Column("stratum", "Stratum the plot was drawn for.", example="tall"),
        Column(
            "habitat",
            "Habitat.",
            vocabulary=("mangrove", "marsh", "seagrass"),
            open_vocabulary=True,
            example="mangrove",
        ),
        Column(RADIUS.name, RADIUS.description, "number", unit="m", units=LENGTH_M, above=0, example="7"),
        AREA,
        Column(
            "diameter_min",
            "Smallest diameter counted on this area.",
            "number",
            unit="cm",
            units=LENGTH_CM,
            low=0,
            example="5",
        ),
        Column(
            "diameter_max", "Diameter from which another area counts.", "number", unit="cm", units=LENGTH_CM, above=0
        ),
    ),
    keys=("study_id", "site_id", "plot_id", "size_class", "year"),
    group=("study_id", "site_id", "plot_id"),
    template=(
        "study_id",
        "site_id",
        "plot_id",
        "year",
        "size_class",
        "stratum",
        "habitat",
        "plot_radius",
        "diameter_min",
        "diameter_max",
    ),
    examples=({"size_class": "sapling", "plot_radius": "2", "diameter_min": "0", "diameter_max": "5"},),
    rules=("bluecarbon.vegetation.rules:radius_and_area", "bluecarbon.vegetation.plausible:plot_sizes"),
)

WOOD = Table(
    "wood",
    "One transect and size class of downed wood counted along a line, or one large piece with its diameter.",
    (
        STUDY,
        SITE,
        PLOT,
        Column("transect_id", "Line within the plot.", need="required", example="T1"),
        Column(
            "wood_class",
            "fine below 0.65 cm, small 0.65-2.5, medium 2.5-7.5, large above.",
            need="required",
            vocabulary=("fine", "small", "medium", "large sound", "large rotten"),
            example="medium",
        ),
        Column(
            "transect_length",
            "Length of line on which this class was counted.",
            "number",
            "required",
            unit="m",
            units=LENGTH_M,
            above=0,
            example="5",
        ),
        Column("pieces", "Pieces of this class that cross the line.", "integer", low=0, example="4"),
        Column(
            "diameter", "Diameter of one large piece where it crosses.", "number", unit="cm", units=LENGTH_CM, above=0
        ),
        Column(
            "wood_density",
            "Measured density of this class.",
            "number",
            unit="g/cm3",
            units=DENSITY_G_CM3,
            low=0.05,
            high=1.5,
        ),
    ),
    keys=(),
    group=("study_id", "site_id", "plot_id"),
    template=(
        "study_id",
        "site_id",
        "plot_id",
        "transect_id",
        "wood_class",
        "transect_length",
        "pieces",
        "diameter",
        "wood_density",
    ),
    examples=(
        {"wood_class": "small", "transect_length": "3", "pieces": "7"},
        {"wood_class": "fine", "transect_length": "2", "pieces": "0"},
        {"wood_class": "large sound", "transect_length": "12", "pieces": "", "diameter": "13.5"},
    ),
)

QUADRATS = Table(
    "quadrats",
    "One harvested quadrat or biomass core of marsh, seagrass or litter.",
    (
        STUDY,
        SITE,
        PLOT,
        Column("quadrat_id", "Quadrat within the plot.", need="required", example="Q1"),
        Column("stratum", "Stratum the plot was drawn for.", example="low marsh"),
        Column(
            "habitat",
            "What was harvested.",
            need="required",
            vocabulary=("marsh", "seagrass", "litter"),
            example="marsh",
        ),
        Column("species", "Genus and species.", example="Spartina alterniflora"),
        Column("component", "Part of the plant.", need="required", vocabulary=("above", "below"), example="above"),
        Column(
            "quadrat_area",
            "Area harvested.",
            "number",
            "required",
            unit="m2",
            units=AREA_M2,
            above=0,
            high=100,
            example="0.25",
        ),
        Column("dry_mass", "Dry mass harvested.", "number", unit="g", units=MASS_G, low=0, example="187.4"),
        Column(
            "wet_mass", "Fresh mass harvested, where a subsample was dried.", "number", unit="g", units=MASS_G, low=0
        ),
        Column(
            "subsample_wet_mass",
            "Fresh mass of the subsample.",
            "number",
            "conditional",
            ("wet_mass",),
            unit="g",
            units=MASS_G,
            above=0,
        ),
        Column(
            "subsample_dry_mass",
            "Dry mass of the subsample.",
            "number",
            "conditional",
            ("wet_mass",),
            unit="g",
            units=MASS_G,
            low=0,
        ),
        Column("fraction_carbon", "Measured carbon in dry mass.", "number", unit="1", units=FRACTION, low=0, high=0.7),
        Column("fraction_carbon_se", "Its standard error.", "number", unit="1", units=FRACTION, low=0, high=0.5),
        Column(
            "dry_mass_se", "Standard error of the dry mass of this quadrat.", "number", unit="g", units=MASS_G, low=0
        ),
    ),
    keys=("study_id", "site_id", "plot_id", "quadrat_id", "species", "component"),
    group=("study_id", "site_id", "plot_id"),
    template=(
        "study_id",
        "site_id",
        "plot_id",
        "quadrat_id",
        "stratum",
        "habitat",
        "species",
        "component",
        "quadrat_area",
        "dry_mass",
        "fraction_carbon",
    ),
    examples=(
        {"component": "below", "quadrat_area": "0.00785", "dry_mass": "41.0"},
        {"quadrat_id": "Q2", "dry_mass": "203.1"},
    ),
    one_of=(("dry_mass", "wet_mass"),),
)

TABLES = {table.name: table for table in (TREES, PLOTS, WOOD, QUADRATS)}
"""Field tables of this room by name."""
