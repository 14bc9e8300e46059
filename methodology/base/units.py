"""Units of accounting, and the enumerated list that statements may use.

Carbon, carbon dioxide, CO2-equivalent, methane, nitrous oxide and dry matter are *different dimensions*: no ratio
of units turns one into another, only an equation that names its factor does (44/12, a carbon fraction, a GWP).
`t` is a tonne. Pint does the arithmetic and is imported only where a unit is really checked or converted.
"""

from __future__ import annotations

import functools
from typing import Any

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

SUBSTANCES = ("C", "CO2", "CO2e", "CH4", "N2O", "N", "dm", "fish", "wet", "OM")
"""Substances whose tonnes are never added to another's: `t_C`, `t_CO2`, `kg_CH4`, `t_dm` …"""

STATEMENT_UNITS = (
    "1",
    "%",
    "ha",
    "m",
    "m**2",
    "m**3",
    "yr",
    "h",
    "d",
    "t",
    "t/d",
    "t/h",
    "t/yr",
    "t_C",
    "t_C/ha",
    "t_C/yr",
    "t_C/ha/yr",
    "t_CO2",
    "t_CO2/ha",
    "t_CO2/yr",
    "t_CO2/ha/yr",
    "t_CO2/d",
    "t_CO2e",
    "t_CO2e/ha",
    "t_CO2e/yr",
    "t_CO2e/ha/yr",
    "t_CH4",
    "t_CH4/yr",
    "t_N2O",
    "t_N2O/yr",
    "t_dm",
    "t_dm/ha",
    "t_dm/yr",
    "t_dm/ha/yr",
    "t_wet/yr",
    "kg_CH4/yr",
    "kg_N2O/yr",
    "GJ",
    "GJ/yr",
    "MWh",
    "MWh/yr",
    "GJ/t_CO2",
    "kWh/t_CO2",
    "MJ/kg_CO2",
    "kg_CO2/t_CO2",
    "kg/t_CO2",
    "t_CO2/MWh",
    "t_CO2/GJ",
    "m**3/t_CO2",
    "currency",
    "currency/yr",
)
"""Units a line of a statement may carry."""

_DISPLAY = {"1": "", "**2": "²", "**3": "³", "CO2": "CO₂", "CH4": "CH₄", "N2O": "N₂O", "_": " "}


def shown(unit: str) -> str:
    """A unit as people read it: ``t_CO2/ha/yr`` becomes ``t CO₂/ha/yr``."""
    if unit == "1":
        return ""
    for plain, pretty in _DISPLAY.items():
        if plain != "1":
            unit = unit.replace(plain, pretty)
    return unit


@functools.cache
def registry() -> Any:
    """The pint registry of accounting units, made once."""
    import pint

    units = pint.UnitRegistry(cache_folder=None)
    for substance in SUBSTANCES:
        units.define(f"g_{substance} = [mass_{substance}]")
        units.define(f"kg_{substance} = 1000 g_{substance}")
        units.define(f"t_{substance} = 1e6 g_{substance}")
        units.define(f"mg_{substance} = 1e-3 g_{substance}")
    units.define("currency = [currency]")
    units.define("tree = [tree]")
    units.define("ppt = [salinity]")
    return units


def convert(value: Any, unit: str, to: str, place: str = "value") -> Any:
    """Convert a number or array from one unit to another of the same dimension.

    Raises
    ------
    InputError
        ME-UNIT-01 unknown unit; ME-UNIT-02 the two do not measure the same thing (t C is not t CO2).
    """
    if unit == to:
        return value
    import pint

    try:
        return registry().Quantity(value, unit).to(to).magnitude
    except (pint.UndefinedUnitError, pint.errors.DefinitionSyntaxError, AttributeError, ValueError) as error:
        if isinstance(error, pint.DimensionalityError):
            raise _mismatch(place, unit, to) from None
        raise refuse(
            "ME-UNIT-01",
            place,
            phrase("unit {unit!r}", unit=unit),
            "a unit such as t_C/ha, kg_CH4/ha/yr, ha, g/cm**3",
            "Correct the unit.",
        ) from None
    except pint.DimensionalityError:
        raise _mismatch(place, unit, to) from None


def _mismatch(place: str, unit: str, to: str) -> Exception:
    return refuse(
        "ME-UNIT-02",
        place,
        phrase("unit {unit}", unit=unit),
        phrase("a unit of the same dimension as {to}", to=to),
        "Carbon, CO2, CO2e, CH4, N2O and dry matter are not converted silently; give the value in the unit asked for.",
    )
