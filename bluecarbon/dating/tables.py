"""The dating table: one row per section, in the network's names."""

from __future__ import annotations

from bluecarbon.tables.schema import Column, Table
from bluecarbon.tables.units import ACTIVITY_BQ_KG, DENSITY_G_CM3, FRACTION, LENGTH_CM

MASS_G_CM2 = {"g/cm2": 1.0, "g cm-2": 1.0, "g/cm^2": 1.0, "kg/m2": 0.1}


def _activity(name: str, meaning: str, unit_column: str, example: str = "", low: float | None = None) -> Column:
    return Column(
        name,
        meaning,
        "number",
        unit="Bq/kg",
        units=ACTIVITY_BQ_KG,
        unit_column=unit_column,
        low=low,
        example=example,
        range_scope="core",
    )


DATING = Table(
    "dating",
    "One section of a dated core, from the surface down.",
    (
        Column("study_id", "Study the core belongs to.", need="required", example="Example_2026"),
        Column("site_id", "Site within the study.", need="required", example="Futian"),
        Column("core_id", "Core within the site.", need="required", example="C1"),
        Column("year", "Year of coring.", "integer", low=1950, high=2100, example="2025"),
        Column(
            "depth_min", "Top of the section.", "number", "required", unit="cm", units=LENGTH_CM, range_scope="core", low=0, high=1000, example="0"
        ),
        Column(
            "depth_max",
            "Bottom of the section.",
            "number",
            "required",
            unit="cm",
            units=LENGTH_CM, range_scope="core",
            above=0,
            high=1000,
            example="2",
        ),
        Column(
            "dry_bulk_density",
            "Dry mass over volume.",
            "number",
            unit="g/cm3",
            units=DENSITY_G_CM3, range_scope="core",
            above=0,
            high=2.65,
            range_remedy="Mineral grains weigh 2.65 g/cm3; check the unit in the header.",
            example="0.62",
        ),
        Column("dry_bulk_density_se", "Its standard error.", "number", unit="g/cm3", units=DENSITY_G_CM3, range_scope="core", low=0),
        Column("mass_per_area", "Dry mass over area, in place of density.", "number", unit="g/cm2", units=MASS_G_CM2, range_scope="core", above=0),
        Column(
            "fraction_carbon", "Organic carbon in dry mass.", "number", unit="1", units=FRACTION, range_scope="core", low=0, high=1, example="0.03"
        ),
        Column("fraction_carbon_se", "Its standard error.", "number", unit="1", units=FRACTION, range_scope="core", low=0, high=1),
        _activity("total_pb210_activity", "Total ²¹⁰Pb.", "pb210_unit", "78.2", 0),
        _activity("total_pb210_activity_se", "Its standard error.", "pb210_unit", "3.1", 0),
        _activity("excess_pb210_activity", "Unsupported ²¹⁰Pb, where reported instead of the total.", "pb210_unit"),
        _activity("excess_pb210_activity_se", "Its standard error.", "pb210_unit", low=0),
        Column("pb210_unit", "Unit of the ²¹⁰Pb activities.", example="Bq/kg"),
        _activity("ra226_activity", "²²⁶Ra, the supported part.", "ra226_unit", "21.0", 0),
        _activity("ra226_activity_se", "Its standard error.", "ra226_unit", "1.2", 0),
        Column("ra226_unit", "Unit of the ²²⁶Ra activities.", example="Bq/kg"),
        _activity("cs137_activity", "¹³⁷Cs.", "cs137_unit"),
        _activity("cs137_activity_se", "Its standard error.", "cs137_unit", low=0),
        Column("cs137_unit", "Unit of the ¹³⁷Cs activities."),
    ),
    keys=("study_id", "site_id", "core_id", "depth_min"),
    group=("study_id", "site_id", "core_id"),
    one_of=(("total_pb210_activity", "excess_pb210_activity"), ("dry_bulk_density", "mass_per_area")),
    examples=(
        {"depth_min": "2", "depth_max": "4", "dry_bulk_density": "0.66", "fraction_carbon": "0.028",
         "total_pb210_activity": "61.5", "total_pb210_activity_se": "2.8"},
        {"depth_min": "4", "depth_max": "6", "dry_bulk_density": "0.69", "fraction_carbon": "0.026",
         "total_pb210_activity": "47.9", "total_pb210_activity_se": "2.5"},
        {"depth_min": "6", "depth_max": "8", "dry_bulk_density": "0.71", "fraction_carbon": "0.025",
         "total_pb210_activity": "38.0", "total_pb210_activity_se": "2.2"},
        {"depth_min": "8", "depth_max": "10", "dry_bulk_density": "0.73", "fraction_carbon": "0.024",
         "total_pb210_activity": "31.6", "total_pb210_activity_se": "2.0"},
        {"depth_min": "10", "depth_max": "12", "dry_bulk_density": "0.74", "fraction_carbon": "0.023",
         "total_pb210_activity": "27.4", "total_pb210_activity_se": "1.9"},
    ),
)  # fmt: skip

TABLES = {DATING.name: DATING}
"""Field tables of this room by name."""
