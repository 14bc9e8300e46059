"""Reference conditions of gas volumes, gauge and absolute pressure, wet and dry, volume and mass fractions.

A cubic metre of gas means nothing without temperature, pressure and whether the water is in it. The same symbol
"Nm3" is used for 0, 15 and 20 °C by different vendors (7.3 % apart), so a condition is named, never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

GAS_CONSTANT_J_MOL_K = 8.314462618  # CODATA 2018, exact since the 2019 SI
ZERO_CELSIUS_K = 273.15
STANDARD_ATMOSPHERE_KPA = 101.325

MOLAR_MASS_G_MOL = {"CO2": 44.0098, "N2": 28.0134, "O2": 31.9988, "H2O": 18.015268, "Ar": 39.948}
"""One set for the whole package; 44.0098 belongs to the CO2 equation of state (newer tables: 44.0095, 7e-6 less)."""


@dataclass(frozen=True)
class ReferenceCondition:
    """Temperature [°C] and absolute pressure [kPa] a gas volume is stated at."""

    name: str
    temperature_c: float
    pressure_kpa: float

    @property
    def molar_volume_m3_kmol(self) -> float:
        """Ideal molar volume at this condition. [m3/kmol]"""
        return GAS_CONSTANT_J_MOL_K * (self.temperature_c + ZERO_CELSIUS_K) / self.pressure_kpa


_60F_C = (60 - 32) / 1.8
CONDITIONS = {
    condition.name: condition
    for condition in (
        ReferenceCondition("0C_1atm", 0.0, 101.325),
        ReferenceCondition("0C_1bar", 0.0, 100.0),
        ReferenceCondition("15C_1atm", 15.0, 101.325),
        ReferenceCondition("60F_1atm", _60F_C, 101.325),
        ReferenceCondition("20C_1atm", 20.0, 101.325),
        ReferenceCondition("15C_1bar", 15.0, 100.0),
        ReferenceCondition("20C_1bar", 20.0, 100.0),
        ReferenceCondition("25C_1atm", 25.0, 101.325),
        ReferenceCondition("60F_14.73psia", _60F_C, 14.73 * 6.894757293168361),
    )
}
"""0 °C and 1 atm: DIN 1343 and China's Nm3; 15 °C: ISO 13443; 20 °C: GB/T contract gas; 60 °F: US EPA 40 CFR 98."""


def reference_condition(name: str, place: str = "reference") -> ReferenceCondition:
    """Look a reference condition up by name.

    Raises
    ------
    InputError
        CC-MASS-01 for a name that is not listed; none is guessed from "Nm3" or "standard".
    """
    if name not in CONDITIONS:
        raise refuse(
            "CC-MASS-01",
            place,
            name or "no reference condition",
            " | ".join(CONDITIONS),
            "Ask the maker or the DCS sheet of the meter; 0 °C read as 20 °C is 7.3 % of the mass.",
        )
    return CONDITIONS[name]


def pressure_kpa_abs(pressure_kpa: Any, kind: str, atmosphere_kpa: float | None = None, place: str = "pressure") -> Any:
    """Absolute pressure of a gauge or absolute reading.

    Parameters
    ----------
    pressure_kpa : float or array
        Reading. [kPa]
    kind : {"gauge", "absolute"}
    atmosphere_kpa : float, optional
        Local air pressure; needed for a gauge reading. [kPa]

    Returns
    -------
    float or array, shape of `pressure_kpa`
        [kPa absolute]

    Raises
    ------
    InputError
        CC-MASS-02 neither gauge nor absolute is stated; CC-MASS-03 gauge without the local air pressure;
        CC-MASS-04 a result below vacuum.
    """
    if kind not in ("gauge", "absolute"):
        raise refuse("CC-MASS-02", place, kind or "nothing", "gauge | absolute", "Say which in plant.toml.")
    if kind == "gauge" and atmosphere_kpa is None:
        raise refuse(
            "CC-MASS-03",
            place,
            "gauge pressure alone",
            "gauge pressure and the local air pressure [kPa]",
            "Set atmosphere_kpa for the plant (101.325 only at sea level on an average day).",
        )
    result = pressure_kpa + atmosphere_kpa if kind == "gauge" else pressure_kpa
    lowest = np.nanmin(result) if np.size(result) else 1.0
    if lowest <= 0:
        raise refuse(
            "CC-MASS-04",
            place,
            phrase("{lowest:g} kPa absolute", lowest=lowest),
            "above 0",
            "Check gauge against absolute, and the unit.",
        )
    return result


def saturated_water_fraction(temperature_c: Any, pressure_kpa: Any) -> Any:
    """Water in a gas that is saturated at its own temperature and total pressure.

    Parameters
    ----------
    temperature_c : float or array
        Gas temperature. [°C]
    pressure_kpa : float or array
        Total absolute pressure. [kPa]

    Returns
    -------
    float or array
        Mole fraction of water, saturation pressure over total pressure (Raoult, pure water). [1]

    Raises
    ------
    InputError
        CC-MASS-05 if the gas would be all steam.

    Notes
    -----
    Source: iapws-if97 for the saturation pressure.
    """
    from ccus.streams.steam import saturation_pressure_kpa

    fraction = saturation_pressure_kpa(temperature_c) / np.asarray(pressure_kpa, dtype=float)
    if np.any(fraction >= 1):
        raise refuse(
            "CC-MASS-05",
            "water fraction",
            phrase("saturation pressure is {nanmax:.3g} times the total pressure", nanmax=np.nanmax(fraction)),
            "below 1",
            "Check the unit of temperature and whether the pressure is absolute.",
        )
    return fraction if np.ndim(fraction) else float(fraction)


def wet_fraction(dry_fraction: Any, water_fraction: Any) -> Any:
    """Mole fraction in the wet gas of a component measured in the dried gas. Source: epa-98, eq. C-7 by analogy."""
    return dry_fraction * (1 - water_fraction)


def dry_flow(wet_flow: Any, water_fraction: Any) -> Any:
    """Dry part of a wet flow, in its unit. Multiplies by (1 − water); dividing is a known public mistake."""
    return wet_flow * (1 - water_fraction)


def oxygen_corrected(fraction: Any, oxygen: Any, reference_oxygen: float, air_oxygen: float = 0.2095) -> Any:
    """Dry fraction shown at a reference oxygen content: for comparison with a limit, never on the way to a mass.

    Parameters
    ----------
    fraction, oxygen : float or array
        Dry mole fractions of the component and of O2. [1]
    reference_oxygen : float
        [1]
    air_oxygen : float
        Oxygen of dry air, 0.2095; Chinese limits are written with 0.21. [1]
    """
    return fraction * (air_oxygen - reference_oxygen) / (air_oxygen - oxygen)


def check_composition(fractions: Mapping[str, Any], place: str) -> None:
    """Refuse a composition of unlisted components (CC-MASS-06) or one that does not close to 1 (CC-MASS-07).

    Raises
    ------
    InputError
        CC-MASS-06 unlisted component; CC-MASS-07 parts outside 0–1 or not closing.
    """
    unknown = sorted(set(fractions) - set(MOLAR_MASS_G_MOL))
    if unknown:
        raise refuse("CC-MASS-06", place, ", ".join(unknown), ", ".join(MOLAR_MASS_G_MOL), "Name a listed component.")
    parts = [np.asarray(value, dtype=float) for value in fractions.values()]
    total = sum(parts)
    if any(np.any((part < 0) | (part > 1)) for part in parts) or np.any(np.abs(total - 1) > 1e-3):
        raise refuse(
            "CC-MASS-07",
            place,
            phrase("parts {names}", names=", ".join((f"{k} {np.ravel(v)[0]:g}" for k, v in fractions.items()))),
            "each 0 to 1, together 1 within 0.001",
            "Check per cent against fraction, or name the balance gas.",
        )


def mass_fraction(component: str, mole_fractions: Mapping[str, Any], place: str = "composition") -> Any:
    """Mass fraction of one component of a gas given by volume (mole) fractions.

    Parameters
    ----------
    component : str
        For example ``"CO2"``.
    mole_fractions : mapping of component to float or array
        Must close to 1 within 0.001. [1]

    Returns
    -------
    float or array
        [1]

    Raises
    ------
    InputError
        CC-MASS-06 unknown component; CC-MASS-07 composition outside 0–1 or not closing.
    """
    check_composition(mole_fractions, place)
    masses = {name: MOLAR_MASS_G_MOL[name] * value for name, value in mole_fractions.items()}
    return masses[component] / sum(masses.values())


def mass_fraction_in_balance(mole_fraction: Any, balance: str, component: str = "CO2") -> Any:
    """Mass fraction of a component from its volume fraction, the rest being one named gas.

    The balance gas must be named: 95 vol % CO2 is 96.76 wt % in N2, 97.90 wt % in water vapour.
    """
    return mass_fraction(component, {component: mole_fraction, balance: 1 - mole_fraction})


def mole_fraction_in_balance(mass_fraction_: Any, balance: str, component: str = "CO2") -> Any:
    """Volume fraction of a component from its mass fraction, the rest being one named gas."""
    moles = mass_fraction_ / MOLAR_MASS_G_MOL[component]
    return moles / (moles + (1 - mass_fraction_) / MOLAR_MASS_G_MOL[balance])
