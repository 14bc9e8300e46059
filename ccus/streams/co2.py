"""Density of pure CO2 by Span and Wagner's equation of state, read from tables at the speed of a table look-up.

The equation itself takes some 40 µs a reading and a property package at start-up; a plant has 31 million readings a
year. So `build_co2_tables.py` (kept beside this file) solves it on grids with CoolProp and ships the result. Two
choices keep bilinear interpolation accurate: gas tables hold p/(rho·T), which is nearly flat, and below the critical
temperature the second axis is measured from the saturation pressure, so that no cell lies across the phase change.

Where a volumetric reading cannot carry a mass at all, near the saturation line with no phase stated and around the
critical point, the answer is a refusal with the reason and the sensitivity, not a number. Source: span1996.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from ccus.streams.conditions import ZERO_CELSIUS_K
from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase

CRITICAL_TEMPERATURE_K = 304.1282
CRITICAL_PRESSURE_KPA = 7377.3
NEAR_CRITICAL_K = 5.0
NEAR_CRITICAL_KPA = 500.0
GAS_UP_TO = 0.9
LIQUID_FROM = 1.1
"""Between 0.9 and 1.1 of the saturation pressure an ordinary transmitter error decides the phase: it must be stated."""

TEMPERATURE_RANGE_C = (-50.0, 150.0)
HIGHEST_PRESSURE_KPA = 30_000.0
_CHUNK = 1 << 15  # readings worked on at once: their temporaries stay in the processor's cache

OK, OUT_OF_RANGE, NEAR_SATURATION, NEAR_CRITICAL, WRONG_PHASE = range(5)
REASONS = {
    OUT_OF_RANGE: ("CC-MASS-11", phrase("outside the tables"), phrase("-50 to 150 °C, above 0 to 30,000 kPa absolute")),
    NEAR_SATURATION: (
        "CC-MASS-12",
        phrase("near the saturation line"),
        phrase("below 0.9 or above 1.1 of the saturation pressure"),
    ),
    NEAR_CRITICAL: (
        "CC-MASS-13",
        phrase("near the critical point"),
        phrase("5 K or 500 kPa away from 30.98 °C, 7,377 kPa"),
    ),
    WRONG_PHASE: (
        "CC-MASS-14",
        phrase("in the other phase than stated"),
        phrase("readings on the stated side of saturation"),
    ),
}
_REMEDIES = {
    OUT_OF_RANGE: "Check units, and gauge against absolute.",
    NEAR_SATURATION: "State phase = gas or liquid for this stream, or meter its mass.",
    NEAR_CRITICAL: "No volume meter can be turned into mass here; use a mass meter or move the metering point.",
    WRONG_PHASE: "Check gauge against absolute: CO2 at -28 °C is vapour at 15 bar absolute and liquid at 15 bar gauge.",
}


@dataclass(frozen=True)
class Grid:
    """Values on an even grid of temperature [K] and a second axis, looked up bilinearly.

    Parameters
    ----------
    t0, dt, x0, dx : float
        First node and step of each axis.
    values : array, shape (temperature, x)
    """

    t0: float
    dt: float
    x0: float
    dx: float
    values: np.ndarray

    def at(self, kelvin: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Bilinear values; states outside are taken at the edge cell, so the caller checks the range."""
        rows, columns = self.values.shape
        u = (kelvin - self.t0) * (1 / self.dt)
        v = (x - self.x0) * (1 / self.dx)
        i = np.clip(u.astype(np.intp), 0, rows - 2)
        j = np.clip(v.astype(np.intp), 0, columns - 2)
        u -= i
        v -= j
        corner = i * columns + j
        flat = self.values.ravel()
        low = flat.take(corner)
        low += v * (flat.take(corner + 1) - low)
        corner += columns
        high = flat.take(corner)
        high += v * (flat.take(corner + 1) - high)
        high -= low
        high *= u
        high += low
        return high


@functools.cache
def _tables() -> dict[str, Grid]:
    """Grids by region; stored as twice-differenced integers, which a smooth surface packs into about a byte each."""
    tables = {}
    with np.load(str(resources.files("ccus.streams").joinpath("co2_tables.npz"))) as stored:
        for name in {key.rsplit(".", 1)[0] for key in stored.files}:
            t0, dt, x0, dx, unit = stored[f"{name}.axes"]
            steps = stored[f"{name}.steps"].astype(np.int64)
            values = np.cumsum(np.cumsum(steps, axis=1), axis=1) * unit
            tables[name] = Grid(t0, dt, x0, dx, np.ascontiguousarray(values))
    return tables


def saturation_pressure_co2_kpa(temperature_c: Any) -> np.ndarray:
    """Vapour pressure of CO2 from -50 °C to the critical temperature; NaN outside. [kPa absolute]"""
    kelvin = np.asarray(temperature_c, dtype=float) + ZERO_CELSIUS_K
    inside = (kelvin >= TEMPERATURE_RANGE_C[0] + ZERO_CELSIUS_K) & (kelvin <= CRITICAL_TEMPERATURE_K)
    return np.where(inside, _saturation(np.atleast_1d(kelvin)).reshape(kelvin.shape), np.nan)


def _saturation(kelvin: np.ndarray) -> np.ndarray:
    line = _tables()["saturation"]
    return line.at(kelvin, np.zeros_like(kelvin))


def _density(kelvin: np.ndarray, kpa: np.ndarray, phase: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Density and status of one chunk. States refused for their place still get the table's value, for sensitivity."""
    tables = _tables()
    low = tables["low"]
    t_low, t_high = low.t0, low.t0 + low.dt * (low.values.shape[0] - 1)
    p_low, p_high = low.x0, low.x0 + low.dx * (low.values.shape[1] - 1)
    in_low = t_low <= kelvin.min() and kelvin.max() <= t_high and p_low <= kpa.min() and kpa.max() <= p_high
    if phase != "liquid" and in_low:
        return kpa / (kelvin * low.at(kelvin, kpa)), np.zeros(kelvin.shape, dtype=np.int8)
    unreadable = ~(np.isfinite(kelvin) & np.isfinite(kpa))
    if unreadable.any():
        kelvin, kpa = np.where(unreadable, 0.0, kelvin), np.where(unreadable, 0.0, kpa)
    cold = kelvin < CRITICAL_TEMPERATURE_K
    boiling = np.where(cold, _saturation(np.minimum(kelvin, CRITICAL_TEMPERATURE_K)), np.inf)
    ratio = kpa / boiling
    liquid = cold & (ratio > 1)
    density = np.full(kelvin.shape, np.nan)
    status = np.zeros(kelvin.shape, dtype=np.int8)
    near_line = cold & (ratio > GAS_UP_TO) & (ratio < LIQUID_FROM)
    if phase is None:
        status[near_line] = NEAR_SATURATION
    else:
        status[cold & (liquid != (phase == "liquid"))] = WRONG_PHASE
    near_point = (np.abs(kelvin - CRITICAL_TEMPERATURE_K) < NEAR_CRITICAL_K) & (
        np.abs(kpa - CRITICAL_PRESSURE_KPA) < NEAR_CRITICAL_KPA
    )
    status[near_point] = NEAR_CRITICAL
    bottom, top = (limit + ZERO_CELSIUS_K for limit in TEMPERATURE_RANGE_C)
    outside = ~((kelvin >= bottom) & (kelvin <= top) & (kpa > 0) & (kpa <= HIGHEST_PRESSURE_KPA))
    status[outside] = OUT_OF_RANGE
    for name, here in _regions(kelvin, kpa, cold, liquid).items():
        here &= ~outside
        if not here.any():
            continue
        t, p, grid = kelvin[here], kpa[here], tables[name]
        if name == "gas":
            density[here] = p / (t * grid.at(t, ratio[here]))
        elif name == "liquid":
            line = boiling[here]
            density[here] = grid.at(t, np.sqrt((p - line) / (HIGHEST_PRESSURE_KPA - line)))
        elif name in ("low", "warm"):
            density[here] = p / (t * grid.at(t, p))
        else:
            density[here] = grid.at(t, p)
    return density, status


def _regions(kelvin: np.ndarray, kpa: np.ndarray, cold: np.ndarray, liquid: np.ndarray) -> dict[str, np.ndarray]:
    """Which table answers for which reading; the first match wins."""
    tables = _tables()
    left = np.ones(kelvin.shape, dtype=bool)
    regions = {}
    for name in ("low", "liquid", "gas", "critical", "near", "warm", "cool", "hot"):
        if name == "liquid":
            here = left & liquid
        elif name == "gas":
            here = left & cold
        else:
            grid = tables[name]
            rows, columns = grid.values.shape
            here = left & (kelvin >= grid.t0) & (kelvin <= grid.t0 + grid.dt * (rows - 1))
            here &= (kpa >= grid.x0) & (kpa <= grid.x0 + grid.dx * (columns - 1))
            if name == "low":
                here &= ~liquid
        regions[name] = here
        left &= ~here
    return regions


def co2_density_status(
    temperature_c: Any, pressure_kpa: Any, phase: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Density of pure CO2 with a status per reading, for series where single readings may fail.

    Parameters
    ----------
    temperature_c : float or array
        [°C]
    pressure_kpa : float or array, broadcast with `temperature_c`
        Absolute. [kPa]
    phase : {None, "gas", "liquid"}
        Stated phase of the stream; needed between 0.9 and 1.1 of the saturation pressure, checked everywhere below
        the critical temperature.

    Returns
    -------
    density : array
        [kg/m3]; NaN where the status is not 0.
    status : array of int8
        0 fine, else a key of `REASONS`.

    Notes
    -----
    Against the equation of state: 1e-5 at 90–1,000 kPa and 0–60 °C, else 1e-4; with the phase stated, 1e-3 between
    0.9 and 1.1 of the saturation pressure. Source: span1996.
    """
    if phase not in (None, "gas", "liquid"):
        raise InputError(Finding("CC-MASS-14", "phase", str(phase), "gas, liquid or none", "Correct the phase."))
    t, p = np.broadcast_arrays(np.asarray(temperature_c, dtype=float), np.asarray(pressure_kpa, dtype=float))
    shape, t, p = t.shape, t.ravel(), p.ravel()
    density = np.empty(t.size)
    status = np.empty(t.size, dtype=np.int8)
    for start in range(0, t.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        density[part], status[part] = _density(t[part] + ZERO_CELSIUS_K, p[part], phase)
    if status.any():
        density[status != OK] = np.nan
    return density.reshape(shape), status.reshape(shape)


def co2_density_kg_m3(
    temperature_c: Any, pressure_kpa: Any, phase: str | None = None, place: str = "CO2 density"
) -> Any:
    """Density of pure CO2, every reading or a refusal.

    Parameters, units and accuracy as `co2_density_status`.

    Returns
    -------
    float or array
        [kg/m3]

    Raises
    ------
    InputError
        CC-MASS-11 outside the tables; CC-MASS-12 near the saturation line and no phase stated; CC-MASS-13 near the
        critical point; CC-MASS-14 readings contradict the stated phase. Each says what 1 K and 1 % do there.
    """
    density, status = co2_density_status(temperature_c, pressure_kpa, phase)
    if status.any():
        t, p = np.broadcast_arrays(np.asarray(temperature_c, dtype=float), np.asarray(pressure_kpa, dtype=float))
        raise InputError(*(_refusal(reason, t, p, status, place) for reason in REASONS if (status == reason).any()))
    return density if density.ndim else float(density)


def _refusal(reason: int, t: np.ndarray, p: np.ndarray, status: np.ndarray, place: str) -> Finding:
    code, why, expected = REASONS[reason]
    hits = np.flatnonzero(status.ravel() == reason)
    first_t, first_p = t.ravel()[hits[0]], p.ravel()[hits[0]]
    found = phrase("{first_t:g} °C, {first_p:g} kPa absolute: {why}", first_t=first_t, first_p=first_p, why=why)
    if reason in (NEAR_SATURATION, NEAR_CRITICAL):
        per_kelvin, per_per_cent = density_sensitivity(first_t, first_p)
        found += phrase(
            "; 1 K moves the density {per_kelvin:.3g} %, 1 % of pressure {per_per_cent:.3g} %",
            per_kelvin=abs(per_kelvin),
            per_per_cent=abs(per_per_cent),
        )
    if hits.size > 1:
        found += phrase(" (and {size} more readings)", size=hits.size - 1)
    return Finding(code, place, found, expected, _REMEDIES[reason])


def density_sensitivity(temperature_c: float, pressure_kpa: float) -> tuple[float, float]:
    """What one kelvin and one per cent of pressure do to the density, for the budget of a volume meter.

    Returns
    -------
    (float, float)
        Change of density [% per K] and [% per 1 % of pressure], central differences of ±0.05 K and ±0.1 %; across
        the saturation line they hold the jump, which is the point.
    """
    kelvin = np.array([0.05, -0.05, 0, 0]) + temperature_c + ZERO_CELSIUS_K
    kpa = pressure_kpa * np.array([1, 1, 1.001, 0.999])
    rho, _ = _density(kelvin, kpa, None)
    return float((rho[0] / rho[1] - 1) * 1000), float((rho[2] / rho[3] - 1) * 500)
