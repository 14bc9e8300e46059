"""Enthalpy of water and steam and the saturation line after IAPWS-IF97, for reboiler duty and saturated gas.

Regions 1 (water) and 2 (steam) and the saturation equation are all a capture plant's steam system meets; they are
closed forms, so the coefficients stand here as data and no property package is needed. Source: iapws-if97.
"""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import Any

import numpy as np

from ccus.streams.conditions import ZERO_CELSIUS_K
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

_R_KJ_KG_K = 0.461526  # IF97's own value
_SATURATION = (
    0.11670521452767e4,
    -0.72421316703206e6,
    -0.17073846940092e2,
    0.12020824702470e5,
    -0.32325550322333e7,
    0.14915108613530e2,
    -0.48232657361591e4,
    0.40511340542057e6,
    -0.23855557567849,
    0.65017534844798e3,
)


@functools.cache
def _coefficients(part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    text = resources.files("ccus.streams").joinpath("if97_coefficients.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["part"] == part]
    return tuple(np.array([float(row[key]) for row in rows]) for key in ("i", "j", "n"))


def saturation_pressure_kpa(temperature_c: Any) -> Any:
    """Saturation pressure of water, 0 to 373.9 °C. [kPa absolute] Source: iapws-if97, eq. 30.

    Raises
    ------
    InputError
        CC-MASS-08 outside 0 to 373.9 °C.
    """
    n = _SATURATION
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    if np.any((kelvin < 273.15) | (kelvin > 647.096)):
        raise refuse(
            "CC-MASS-08", "temperature of water", f"{np.ravel(temperature_c)[0]} °C", "0 to 373.9 °C", "Check the unit."
        )
    theta = kelvin + n[8] / (kelvin - n[9])
    a = theta**2 + n[0] * theta + n[1]
    b = n[2] * theta**2 + n[3] * theta + n[4]
    c = n[5] * theta**2 + n[6] * theta + n[7]
    pressure = 1000 * (2 * c / (-b + np.sqrt(b * b - 4 * a * c))) ** 4
    return pressure if np.ndim(pressure) else float(pressure)


def saturation_temperature_c(pressure_kpa: Any) -> Any:
    """Boiling temperature of water, 0.612 to 22,064 kPa absolute. [°C] Source: iapws-if97, eq. 31.

    Raises
    ------
    InputError
        CC-MASS-08 outside 0.612 to 22,064 kPa.
    """
    n = _SATURATION
    mpa = np.asarray(pressure_kpa, dtype=float) / 1000
    if np.any((mpa < 611.212677e-6) | (mpa > 22.064)):
        raise refuse(
            "CC-MASS-08", "pressure of steam", f"{np.ravel(pressure_kpa)[0]} kPa", "0.612 to 22064 kPa absolute"
        )
    beta = mpa**0.25
    e = beta**2 + n[2] * beta + n[5]
    f = n[0] * beta**2 + n[3] * beta + n[6]
    g = n[1] * beta**2 + n[4] * beta + n[7]
    d = 2 * g / (-f - np.sqrt(f * f - 4 * e * g))
    kelvin = (n[9] + d - np.sqrt((n[9] + d) ** 2 - 4 * (n[8] + n[9] * d))) / 2
    return (kelvin if np.ndim(kelvin) else float(kelvin)) - ZERO_CELSIUS_K


def water_enthalpy_kj_kg(temperature_c: Any, pressure_kpa: Any) -> Any:
    """Specific enthalpy of liquid water (region 1: 0 to 350 °C, up to 100 MPa). [kJ/kg] Source: iapws-if97, table 2."""
    i, j, n = _coefficients("region1")
    kelvin = np.asarray(temperature_c, dtype=float)[..., None] + ZERO_CELSIUS_K
    _check_range(kelvin, 273.15, 623.15, pressure_kpa)
    pi, tau = np.asarray(pressure_kpa, dtype=float)[..., None] / 16530, 1386 / kelvin
    gamma_tau = (n * (7.1 - pi) ** i * j * (tau - 1.222) ** (j - 1)).sum(-1)
    result = _R_KJ_KG_K * 1386 * gamma_tau
    return result if np.ndim(result) else float(result)


def steam_enthalpy_kj_kg(temperature_c: Any, pressure_kpa: Any) -> Any:
    """Specific enthalpy of steam (region 2: 0 to 800 °C). [kJ/kg] Source: iapws-if97, tables 10 and 11."""
    _, j0, n0 = _coefficients("region2_ideal")
    i, j, n = _coefficients("region2")
    kelvin = np.asarray(temperature_c, dtype=float)[..., None] + ZERO_CELSIUS_K
    _check_range(kelvin, 273.15, 1073.15, pressure_kpa)
    pi, tau = np.asarray(pressure_kpa, dtype=float)[..., None] / 1000, 540 / kelvin
    ideal = (n0 * j0 * tau ** (j0 - 1)).sum(-1)
    residual = (n * pi**i * j * (tau - 0.5) ** (j - 1)).sum(-1)
    result = _R_KJ_KG_K * 540 * (ideal + residual)
    return result if np.ndim(result) else float(result)


def _check_range(kelvin: np.ndarray, low: float, high: float, pressure_kpa: Any) -> None:
    if np.any((kelvin < low) | (kelvin > high)) or np.any(np.asarray(pressure_kpa) <= 0):
        raise refuse(
            "CC-MASS-08",
            "steam or water state",
            f"{np.ravel(kelvin)[0] - ZERO_CELSIUS_K:g} °C, {np.ravel(pressure_kpa)[0]} kPa",
            phrase(
                "{low:g} to {high:g} °C, pressure absolute and above 0",
                low=low - ZERO_CELSIUS_K,
                high=high - ZERO_CELSIUS_K,
            ),
            "Check kelvin against °C and gauge against absolute.",
        )


def saturated_enthalpies_kj_kg(pressure_kpa: Any) -> tuple[Any, Any]:
    """Enthalpy of saturated steam and of saturated water at an absolute pressure. [kJ/kg]"""
    boiling_c = saturation_temperature_c(pressure_kpa)
    return steam_enthalpy_kj_kg(boiling_c, pressure_kpa), water_enthalpy_kj_kg(boiling_c, pressure_kpa)


def reboiler_duty_gj_h(
    steam_t_h: Any, steam_c: Any, steam_kpa_abs: Any, condensate_c: Any, condensate_kpa_abs: Any
) -> Any:
    """Heat given up by steam between its supply and its condensate.

    Parameters
    ----------
    steam_t_h : float or array
        Steam including any desuperheater water inside the boundary. [t/h]
    steam_c, condensate_c : float or array
        [°C]
    steam_kpa_abs, condensate_kpa_abs : float or array
        Absolute pressures; 0.40 MPa gauge read as absolute moves the latent heat by 1.2 %. [kPa]

    Returns
    -------
    float or array
        [GJ/h]

    Raises
    ------
    InputError
        CC-MASS-08 outside IF97 regions; CC-MASS-09 wet steam or boiling condensate, whose enthalpy p and T do not fix.
    """
    margin_k = 0.05  # what two good thermometers cannot tell apart
    if np.any(np.asarray(steam_c) < saturation_temperature_c(steam_kpa_abs) - margin_k):
        raise refuse(
            "CC-MASS-09",
            "steam",
            phrase(
                "{ravel} °C at {ravel2} kPa: below the boiling temperature",
                ravel=np.ravel(steam_c)[0],
                ravel2=np.ravel(steam_kpa_abs)[0],
            ),
            "steam at or above saturation",
            "Check gauge against absolute; wet steam needs its quality, which no thermometer gives.",
        )
    if np.any(np.asarray(condensate_c) > saturation_temperature_c(condensate_kpa_abs) + margin_k):
        raise refuse(
            "CC-MASS-09",
            "condensate",
            phrase(
                "{ravel} °C at {ravel2} kPa: above the boiling temperature",
                ravel=np.ravel(condensate_c)[0],
                ravel2=np.ravel(condensate_kpa_abs)[0],
            ),
            "water at or below saturation",
            "Measure before the flash, or check gauge against absolute.",
        )
    drop = steam_enthalpy_kj_kg(steam_c, steam_kpa_abs) - water_enthalpy_kj_kg(condensate_c, condensate_kpa_abs)
    return steam_t_h * drop / 1000  # t/h × kJ/kg = MJ/h
