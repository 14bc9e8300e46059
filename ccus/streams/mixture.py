"""Density of CO2 with nitrogen, oxygen, argon and water by the mixture equation of state, phase imposed.

Left to find the phase itself, the solver returns wrong roots for such mixtures (a density 27 times too high was
seen), so the caller says gas or dense and the answer is held against pure CO2. Slow (0.1–0.5 ms a state) and needs
CoolProp; for lab values and budgets, not for a year of readings. Source: gerg2008 through CoolProp.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccus.streams.conditions import (
    GAS_CONSTANT_J_MOL_K,
    MOLAR_MASS_G_MOL,
    ZERO_CELSIUS_K,
    check_composition,
    saturated_water_fraction,
)
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

_COOLPROP_NAMES = {"CO2": "CO2", "N2": "Nitrogen", "O2": "Oxygen", "Ar": "Argon", "H2O": "Water"}
PLAUSIBLE_Z = {"gas": (0.3, 1.05), "dense": (0.01, 0.8)}
"""Compressibility factors a root of the stated phase can have; the wrong roots seen lie far outside."""


def mixture_density_kg_m3(
    temperature_c: float, pressure_kpa: float, mole_fractions: Mapping[str, float], phase: str
) -> float:
    """Density of a mixture in a stated phase.

    Parameters
    ----------
    temperature_c, pressure_kpa : float
        [°C], absolute [kPa]
    mole_fractions : mapping
        CO2, N2, O2, Ar, H2O; together 1 within 0.001. [1]
    phase : {"gas", "dense"}
        Dense is liquid or supercritical at liquid-like density.

    Returns
    -------
    float
        [kg/m3]

    Raises
    ------
    InputError
        CC-MASS-41 phase not stated; CC-MASS-42 more water than the gas can hold; CC-MASS-43 the solver found no
        root of that phase; CC-MASS-44 CoolProp is not installed; CC-MASS-06, CC-MASS-07 composition.
    """
    check_composition(mole_fractions, "composition")
    if phase not in PLAUSIBLE_Z:
        raise refuse("CC-MASS-41", "phase", phase or "nothing", "gas | dense", "State the phase of the stream.")
    water = mole_fractions.get("H2O", 0.0)
    if phase == "gas" and water > 0 and water > saturated_water_fraction(temperature_c, pressure_kpa) * 1.05:
        raise refuse(
            "CC-MASS-42",
            "water",
            phrase(
                "{water:.3g} mol % at {temperature_c:g} °C and {pressure_kpa:g} kPa",
                water=100 * water,
                temperature_c=temperature_c,
                pressure_kpa=pressure_kpa,
            ),
            phrase(
                "at most saturation, {saturated_water_fraction:.3g} mol %",
                saturated_water_fraction=100 * saturated_water_fraction(temperature_c, pressure_kpa),
            ),
            "Part of the water is liquid: take it out of the gas before its density.",
        )
    density = _solved(temperature_c, pressure_kpa, mole_fractions, phase)
    molar_mass = sum(MOLAR_MASS_G_MOL[name] * share for name, share in mole_fractions.items())
    kelvin = temperature_c + ZERO_CELSIUS_K
    z = pressure_kpa * molar_mass / (GAS_CONSTANT_J_MOL_K * kelvin * density) if density > 0 else float("nan")
    low, high = PLAUSIBLE_Z[phase]
    if not low <= z <= high:
        raise _no_root(temperature_c, pressure_kpa, phase, phrase("a root with compressibility {z:.3g}", z=z))
    return density


def _solved(temperature_c: float, pressure_kpa: float, mole_fractions: Mapping[str, float], phase: str) -> float:
    try:
        import CoolProp as coolprop
    except ImportError:
        raise refuse(
            "CC-MASS-44",
            "mixture density",
            "CoolProp is not installed",
            "the extra `eos`",
            "Install with the extra `eos`, or meter the mass.",
        ) from None
    present = {name: share for name, share in mole_fractions.items() if share > 0}
    state = coolprop.AbstractState("HEOS", "&".join(_COOLPROP_NAMES[name] for name in present))
    total = sum(present.values())
    state.set_mole_fractions([share / total for share in present.values()])
    state.specify_phase(coolprop.iphase_gas if phase == "gas" else coolprop.iphase_liquid)
    try:
        state.update(coolprop.PT_INPUTS, pressure_kpa * 1000, temperature_c + ZERO_CELSIUS_K)
    except ValueError as error:
        raise _no_root(temperature_c, pressure_kpa, phase, str(error).split(":")[0]) from None
    return float(state.rhomass())


def _no_root(temperature_c: float, pressure_kpa: float, phase: str, found: str) -> Exception:
    return refuse(
        "CC-MASS-43",
        "mixture density",
        phrase(
            "{found} at {temperature_c:g} °C and {pressure_kpa:g} kPa",
            found=found,
            temperature_c=temperature_c,
            pressure_kpa=pressure_kpa,
        ),
        phrase("a root of the {phase} phase", phase=phase),
        "Check the phase and gauge against absolute; near the phase change only a mass meter helps.",
    )
