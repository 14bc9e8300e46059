"""Viscosity and isentropic exponent of a dilute gas, for flow through a plate.

Both enter a flow weakly: 10 % in viscosity moves it by some 0.02 %, 1 % in the exponent by 0.01 % at a drop of a
hundredth of the pressure. A plate's calculation sheet may state them instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccus.streams.conditions import MOLAR_MASS_G_MOL, ZERO_CELSIUS_K

_COLLISION = (0.235156, -0.491266, 5.211155e-2, 5.347906e-2, -1.537102e-2)
_ENERGY_K = 251.196
_SUTHERLAND = {"N2": (16.63, 107.0), "O2": (19.19, 139.0), "Ar": (21.25, 144.0), "H2O": (8.9, 961.0)}
"""Viscosity at 0 °C [µPa s] and Sutherland's constant [K]. Source: white-viscous (recalled)."""

_VIBRATION = (
    (1.99427042, 3.15163),
    (0.62105248, 6.11190),
    (0.41195293, 6.77708),
    (1.04028922, 11.32384),
    (0.08327678, 27.08792),
)
_CRITICAL_K = 304.1282
_HEAT_CAPACITY = {"N2": 3.504, "O2": 3.54, "Ar": 2.5, "H2O": 4.05}
"""Molar heat capacity at constant pressure over the gas constant, 0 to 80 °C. [1]"""


def viscosity_pa_s(temperature_c: Any, mole_fractions: Mapping[str, Any]) -> Any:
    """Viscosity of a gas mixture at low pressure. [Pa s]

    Parameters
    ----------
    temperature_c : float or array
        [°C]
    mole_fractions : mapping
        CO2, N2, O2, Ar, H2O. [1]

    Notes
    -----
    CO2: fenghour1998, zero-density part. Others: Sutherland. Mixed by mole fraction times root of molar mass
    (Herning and Zipperer), some 2 %. Source: fenghour1998; herning1936 (recalled).
    """
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    above, below = 0.0, 0.0
    for name, share in mole_fractions.items():
        weight = np.asarray(share) * np.sqrt(MOLAR_MASS_G_MOL[name])
        above = above + weight * (_co2_upa_s(kelvin) if name == "CO2" else _sutherland_upa_s(kelvin, name))
        below = below + weight
    return above / below * 1e-6


def _co2_upa_s(kelvin: np.ndarray) -> np.ndarray:
    log = np.log(kelvin / _ENERGY_K)
    return 1.00697 * np.sqrt(kelvin) / np.exp(sum(a * log**n for n, a in enumerate(_COLLISION)))


def _sutherland_upa_s(kelvin: np.ndarray, name: str) -> np.ndarray:
    at_zero, constant = _SUTHERLAND[name]
    return at_zero * (kelvin / ZERO_CELSIUS_K) ** 1.5 * (ZERO_CELSIUS_K + constant) / (kelvin + constant)


def isentropic_exponent(temperature_c: Any, mole_fractions: Mapping[str, Any]) -> Any:
    """Ratio of heat capacities of the ideal gas mixture. [1]

    Parameters as `viscosity_pa_s`.

    Notes
    -----
    Below 10 bar the exponent of the real gas lies within 1 % of it. Source: span1996 for CO2.
    """
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    capacity = sum(
        np.asarray(share) * (_co2_capacity(kelvin) if name == "CO2" else _HEAT_CAPACITY[name])
        for name, share in mole_fractions.items()
    )
    return capacity / (capacity - 1)


def _co2_capacity(kelvin: np.ndarray) -> np.ndarray:
    inverse = _CRITICAL_K / kelvin
    return 3.5 + sum(
        a * (theta * inverse) ** 2 * np.exp(-theta * inverse) / (1 - np.exp(-theta * inverse)) ** 2
        for a, theta in _VIBRATION
    )
