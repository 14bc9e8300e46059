"""The tables of strata and of samples."""

from __future__ import annotations

from bluecarbon.tables.schema import Column, Table
from bluecarbon.tables.units import FRACTION

AREA_HA = {"ha": 1.0, "m2": 0.0001, "km2": 100.0}

STRATA = Table(
    "strata",
    "One stratum of the area.",
    (
        Column("stratum", "Name of the stratum.", need="required", example="tall"),
        Column("area", "Its area.", "number", "required", unit="ha", units=AREA_HA, above=0, example="120"),
        Column("mean", "Expected value per hectare, for planning.", "number", example="310"),
        Column("sd", "Standard deviation between plots, from a pilot or like sites.", "number", low=0, example="80"),
        Column(
            "cv",
            "Coefficient of variation between plots, sd over mean, instead of sd.",
            "number",
            unit="1",
            units=FRACTION,
            above=0,
        ),
        Column("cost", "Cost of one plot, in any currency.", "number", above=0, example="1"),
        Column(
            "collapse_with", "Like stratum to borrow a variance from, should this one have a single plot.", example=""
        ),
    ),
    keys=("stratum",),
    examples=({"stratum": "dwarf", "area": "300", "mean": "180", "sd": "70", "cost": "1"},),
)

TABLES = {STRATA.name: STRATA}
"""Field tables of this room by name."""
