"""CO2 mass flow of a meter reading: Coriolis, volume at line conditions, volume at a reference condition.

A stream's gas is stated, never assumed: CO2 fraction by volume or mass, on dry or wet gas, and its balance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccus.streams.co2 import co2_density_kg_m3, co2_density_status
from ccus.streams.conditions import (
    GAS_CONSTANT_J_MOL_K,
    MOLAR_MASS_G_MOL,
    STANDARD_ATMOSPHERE_KPA,
    ZERO_CELSIUS_K,
    mass_fraction,
    reference_condition,
    wet_fraction,
)
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

PRESSURE_LIMIT_KPA = {0.05: 1000.0, 1.0: 200.0}
"""Share of other gases: pressure up to which pure CO2's compressibility gives the mixture's density within 0.2 %."""

TOO_IMPURE = 5
"""Status beside those of `co2_density_status`."""


@dataclass(frozen=True)
class Gas:
    """What flows: CO2 in a balance gas, with or without water.

    Parameters
    ----------
    co2 : float or array
        CO2 fraction. [1]
    basis : {"vol_dry", "vol_wet", "mass_dry", "mass_wet"}
        Of what.
    balance : str
        The one other dry component ("N2", "O2", "Ar").
    water : float or array
        Mole fraction of water in the wet gas. [1]
    """

    co2: Any
    basis: str
    balance: str
    water: Any = 0.0

    def moles(self) -> dict[str, Any]:
        """Mole fractions in the wet gas; they close to 1. [1]

        Raises
        ------
        InputError
            CC-MASS-31 unknown basis; CC-MASS-07 fractions outside 0–1.
        """
        if self.basis not in ("vol_dry", "vol_wet", "mass_dry", "mass_wet"):
            raise refuse(
                "CC-MASS-31",
                "basis of the CO2 analysis",
                self.basis or "nothing",
                "vol_dry | vol_wet | mass_dry | mass_wet",
                "Ask the analyser's maker; 95 vol % in nitrogen is 96.76 wt %.",
            )
        water = np.asarray(self.water, dtype=float)
        if self.basis == "vol_dry":
            co2 = wet_fraction(self.co2, water)
        elif self.basis == "vol_wet":
            co2 = np.asarray(self.co2, dtype=float)
        elif self.basis == "mass_dry":
            part = np.asarray(self.co2) / MOLAR_MASS_G_MOL["CO2"]
            rest = (1 - np.asarray(self.co2)) / MOLAR_MASS_G_MOL[self.balance]
            co2 = wet_fraction(part / (part + rest), water)
        else:
            co2 = self._moles_from_wet_mass(water)
        return {"CO2": co2, self.balance: 1 - water - co2, "H2O": water}

    def _moles_from_wet_mass(self, water: np.ndarray) -> np.ndarray:
        """Solve w = y M / (y M + (1 − y − x) M_b + x M_w) for y."""
        share = np.asarray(self.co2, dtype=float)
        balance = MOLAR_MASS_G_MOL[self.balance]
        others = (1 - water) * balance + water * MOLAR_MASS_G_MOL["H2O"]
        return share * others / (MOLAR_MASS_G_MOL["CO2"] * (1 - share) + share * balance)

    def co2_mass_fraction(self) -> Any:
        """CO2 in the wet stream by mass. [1]"""
        return mass_fraction("CO2", self.moles())

    def molar_mass(self) -> Any:
        """[g/mol]"""
        return sum(MOLAR_MASS_G_MOL[name] * share for name, share in self.moles().items())


def co2_from_mass_flow(stream_kg_h: Any, gas: Gas) -> Any:
    """CO2 in a stream measured by mass (Coriolis, weighing). [kg/h]"""
    return stream_kg_h * gas.co2_mass_fraction()


def line_density_status(
    temperature_c: Any, pressure_kpa: Any, gas: Gas, phase: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Density of a CO2-rich gas at line conditions, with a status per reading.

    Parameters
    ----------
    temperature_c, pressure_kpa : float or array
        [°C], absolute [kPa]
    gas : Gas
        At most 5 mol % other than CO2 up to 1,000 kPa, any share up to 200 kPa; beyond it takes
        `ccus.streams.mixture.mixture_density_kg_m3`.
    phase : {None, "gas", "liquid"}
        As in `co2_density_status`.

    Returns
    -------
    density : array
        [kg/m3]; NaN where the status is not 0.
    status : array of int8
        As in `co2_density_status`, and `TOO_IMPURE`.

    Notes
    -----
    Molar mass of the mixture, compressibility of pure CO2 weighted by the square of its share (its second virial
    coefficient). Against the mixture equation of state within 0.2 %, always on the low side. In dense CO2 5 % of
    nitrogen takes a quarter of the density away, so there it is refused. Source: gerg2008 for the comparison.
    """
    pure, status = co2_density_status(temperature_c, pressure_kpa, phase)
    share = gas.moles()["CO2"]
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    kpa = np.asarray(pressure_kpa, dtype=float)
    limit = np.where(share >= 0.95 - 1e-9, PRESSURE_LIMIT_KPA[0.05], PRESSURE_LIMIT_KPA[1.0])
    impure = (share < 1 - 1e-12) & (kpa > limit)
    ideal_co2 = kpa * MOLAR_MASS_G_MOL["CO2"] / (GAS_CONSTANT_J_MOL_K * kelvin)
    compressibility = 1 + share**2 * (ideal_co2 / pure - 1)
    density = kpa * gas.molar_mass() / (GAS_CONSTANT_J_MOL_K * kelvin * compressibility)
    status = np.where(impure, TOO_IMPURE, status)
    return np.where(status == 0, density, np.nan), status


def line_density_kg_m3(temperature_c: Any, pressure_kpa: Any, gas: Gas, phase: str | None = None) -> Any:
    """Density of a CO2-rich gas at line conditions, every reading or a refusal; see `line_density_status`.

    Raises
    ------
    InputError
        CC-MASS-32 too impure or too dense for pure CO2's compressibility, besides those of `co2_density_kg_m3`.
    """
    density, status = line_density_status(temperature_c, pressure_kpa, gas, phase)
    if (status == TOO_IMPURE).any():
        raise refuse(
            "CC-MASS-32",
            "line density",
            phrase(
                "{co2:.3g} % other than CO2 at {pressure_kpa:g} kPa",
                co2=100 * (1 - np.min(gas.moles()["CO2"])),
                pressure_kpa=np.max(pressure_kpa),
            ),
            "at most 5 % up to 1,000 kPa, any share up to 200 kPa",
            "Meter the mass, or use the mixture equation of state with its phase stated.",
        )
    if status.any():
        co2_density_kg_m3(temperature_c, pressure_kpa, phase, "line density")
    return density if density.ndim else float(density)


def co2_from_line_volume(
    volume_m3_h: Any, temperature_c: Any, pressure_kpa: Any, gas: Gas, phase: str | None = None
) -> Any:
    """CO2 in a stream metered by volume at line conditions (ultrasonic, turbine, vortex). [kg/h]"""
    return volume_m3_h * line_density_kg_m3(temperature_c, pressure_kpa, gas, phase) * gas.co2_mass_fraction()


def co2_from_reference_volume(volume_m3_h: Any, condition: str, gas: Gas, wet: bool) -> Any:
    """CO2 in a stream stated as volume at a reference condition, as a flow computer shows it.

    Parameters
    ----------
    volume_m3_h : float or array
        Ideal-gas volume at the condition (a count of moles). [m3/h]
    condition : str
        Name in `CONDITIONS`, for example ``"0C_1atm"``.
    gas : Gas
        Its `water` is used only to bring analysis and flow to the same basis.
    wet : bool
        Whether the volume holds the water.

    Returns
    -------
    float or array
        [kg/h]
    """
    molar_volume = reference_condition(condition).molar_volume_m3_kmol
    moles = gas.moles()
    share = moles["CO2"] if wet else moles["CO2"] / (1 - np.asarray(gas.water))
    return volume_m3_h / molar_volume * share * MOLAR_MASS_G_MOL["CO2"]


def reference_volume_m3_h(
    line_m3_h: Any, temperature_c: Any, pressure_kpa: Any, condition: str, compressibility_ratio: Any = 1.0
) -> Any:
    """Volume flow at a reference condition from that at line conditions.

    Parameters
    ----------
    line_m3_h, temperature_c, pressure_kpa : float or array
        [m3/h], [°C], absolute [kPa]
    condition : str
    compressibility_ratio : float or array
        Z at reference over Z at line; 1 for an ideal gas, ``z_co2(reference) / z_co2(line)`` for CO2. [1]

    Returns
    -------
    float or array
        [m3/h at the condition]
    """
    reference = reference_condition(condition)
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    ratio = pressure_kpa / reference.pressure_kpa * (reference.temperature_c + ZERO_CELSIUS_K) / kelvin
    result = line_m3_h * ratio * compressibility_ratio
    return result if np.ndim(result) else float(result)


def z_co2(temperature_c: Any, pressure_kpa: Any = STANDARD_ATMOSPHERE_KPA, phase: str | None = None) -> Any:
    """Compressibility factor of pure CO2. [1] Source: span1996."""
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    density = co2_density_kg_m3(temperature_c, pressure_kpa, phase)
    return pressure_kpa * MOLAR_MASS_G_MOL["CO2"] / (GAS_CONSTANT_J_MOL_K * kelvin * density)
