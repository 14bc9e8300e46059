"""Accepted spellings of units and the factors that turn them into the unit a column has after reading.

Exact conversions only. Activities: 1 dpm/g = 1000/60 Bq/kg; 1 pCi/g = 37 Bq/kg; 1 uCi/g = 3.7e7 Bq/kg (1 Ci is
3.7e10 decays per second by definition).
"""

from __future__ import annotations

from collections.abc import Mapping

LENGTH_CM = {"cm": 1.0, "centimeter": 1.0, "centimetre": 1.0, "mm": 0.1, "m": 100.0}
LENGTH_M = {"m": 1.0, "meter": 1.0, "metre": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0}
DENSITY_G_CM3 = {
    "g/cm3": 1.0,
    "g/cm^3": 1.0,
    "g/cm**3": 1.0,
    "g/cm³": 1.0,
    "g cm-3": 1.0,
    "gramsPerCubicCentimeter": 1.0,
    "g/mL": 1.0,
    "kg/L": 1.0,
    "t/m3": 1.0,
    "Mg/m3": 1.0,
    "kg/m3": 0.001,
    "kg/m^3": 0.001,
    "kg/m³": 0.001,
    "kg m-3": 0.001,
    "mg/cm3": 0.001,
}
FRACTION = {"1": 1.0, "fraction": 1.0, "dimensionless": 1.0, "g/g": 1.0, "kg/kg": 1.0, "%": 0.01, "percent": 0.01}
FRACTION |= {"g/kg": 0.001, "mg/g": 0.001, "permil": 0.001}
ACTIVITY_BQ_KG = {
    "becquerelsPerKilogram": 1.0,
    "becquerelPerKilogram": 1.0,
    "bequerelsPerKilogram": 1.0,
    "bequerelPerKilogram": 1.0,
    "Bq/kg": 1.0,
    "Bq kg-1": 1.0,
    "mBq/g": 1.0,
    "Bq/g": 1000.0,
    "becquerelsPerGram": 1000.0,
    "uBq/g": 0.001,
    "disintegrationsPerMinutePerGram": 1000 / 60,
    "dpm/g": 1000 / 60,
    "picocuriesPerGram": 37.0,
    "picocuriePerGram": 37.0,
    "pCi/g": 37.0,
    "microcuriesPerGram": 3.7e7,
    "microcuriePerGram": 3.7e7,
    "uCi/g": 3.7e7,
    "µCi/g": 3.7e7,
}
AREA_M2 = {"m2": 1.0, "m^2": 1.0, "m²": 1.0, "ha": 10_000.0, "cm2": 0.0001}
MASS_KG = {"kg": 1.0, "g": 0.001, "t": 1000.0}
MASS_G = {"g": 1.0, "kg": 1000.0, "mg": 0.001}
YEARS = {"yr": 1.0, "year": 1.0, "years": 1.0, "a": 1.0}
DEGREES = {"degree": 1.0, "deg": 1.0, "°": 1.0}


def folded(spelling: str) -> str:
    """A unit's spelling without spaces, case of whole words and typographic variants, for comparison.

    Symbols keep their case: Mg is a tonne and mg is not.
    """
    text = "".join(spelling.split()).replace("μ", "u").replace("µ", "u").replace("²", "2").replace("³", "3")
    return text.lower() if text.isalpha() and len(text) > 3 else text


def factor_of(spelling: str, units: Mapping[str, float]) -> float | None:
    """Factor to the column's unit, or None where the spelling is not accepted."""
    if spelling in units:
        return units[spelling]
    wanted = folded(spelling)
    for name, factor in units.items():
        if folded(name) == wanted:
            return factor
    return None
