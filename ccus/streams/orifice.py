"""Mass flow through an orifice plate after ISO 5167-2:2003, with Reader-Harris/Gallagher's discharge coefficient.

Source: iso-5167-2 (equation set recalled; agrees with a public example of the program `fluids`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

_TAPS = ("corner", "D_D2", "flange")
_RELATIVE_STEP = 1e-13
LEAST_REYNOLDS = 5000.0


@dataclass(frozen=True)
class OrificePlate:
    """Geometry of a plate in its pipe.

    Parameters
    ----------
    pipe_m, bore_m : float
        Inner diameters at working temperature. [m]
    taps : {"corner", "D_D2", "flange"}
        Where the pressures are taken ("D_D2": one pipe diameter before, half of one behind).
    """

    pipe_m: float
    bore_m: float
    taps: str

    @property
    def beta(self) -> float:
        """Diameter ratio. [1]"""
        return self.bore_m / self.pipe_m


def discharge_coefficient(plate: OrificePlate, reynolds: Any) -> Any:
    """Reader-Harris/Gallagher coefficient at a pipe Reynolds number. [1] Source: iso-5167-2, 5.3.2.1."""
    beta, pipe_mm = plate.beta, plate.pipe_m * 1000
    upstream, downstream = {"corner": (0.0, 0.0), "D_D2": (1.0, 0.47), "flange": (25.4 / pipe_mm, 25.4 / pipe_mm)}[
        plate.taps
    ]
    reach = 2 * downstream / (1 - beta)
    a = (19000 * beta / reynolds) ** 0.8
    coefficient = 0.5961 + 0.0261 * beta**2 - 0.216 * beta**8
    coefficient = coefficient + 0.000521 * (1e6 * beta / reynolds) ** 0.7
    coefficient = coefficient + (0.0188 + 0.0063 * a) * beta**3.5 * (1e6 / reynolds) ** 0.3
    taps = 0.043 + 0.080 * math.exp(-10 * upstream) - 0.123 * math.exp(-7 * upstream)
    coefficient = coefficient + taps * (1 - 0.11 * a) * beta**4 / (1 - beta**4)
    coefficient = coefficient - 0.031 * (reach - 0.8 * reach**1.1) * beta**1.3
    if pipe_mm < 71.12:
        coefficient = coefficient + 0.011 * (0.75 - beta) * (2.8 - pipe_mm / 25.4)
    return coefficient


def expansibility(beta: float, upstream_kpa: Any, drop_kpa: Any, isentropic_exponent: Any) -> Any:
    """Expansibility factor of a gas. [1] Source: iso-5167-2, 5.3.2.2."""
    ratio = (upstream_kpa - drop_kpa) / upstream_kpa
    return 1 - (0.351 + 0.256 * beta**4 + 0.93 * beta**8) * (1 - ratio ** (1 / isentropic_exponent))


def orifice_flow_kg_s(
    plate: OrificePlate,
    upstream_kpa: float,
    drop_kpa: float,
    density_kg_m3: float,
    viscosity_pa_s: float,
    isentropic_exponent: float,
) -> float:
    """Mass flow from the pressure drop over a plate.

    Parameters
    ----------
    upstream_kpa, drop_kpa : float
        Absolute pressure before the plate and differential pressure. [kPa]
    density_kg_m3, viscosity_pa_s, isentropic_exponent : float
        Of the gas upstream. [kg/m3], [Pa s], [1]

    Returns
    -------
    float
        [kg/s]

    Raises
    ------
    InputError
        CC-MASS-21 geometry, pressures or Reynolds number outside the standard's limits.
    """
    check_plate(plate)
    _check(upstream_kpa, drop_kpa, density_kg_m3, viscosity_pa_s)
    if drop_kpa == 0:
        return 0.0
    gas = (np.float64(value) for value in (density_kg_m3, viscosity_pa_s, isentropic_exponent))
    flow, reynolds = _solved(plate, np.float64(upstream_kpa), np.float64(drop_kpa), *gas)
    if reynolds < LEAST_REYNOLDS:
        raise refuse(
            "CC-MASS-21",
            "orifice",
            phrase("Reynolds number {reynolds:.0f}", reynolds=reynolds),
            "5,000 or more",
            "The plate is too large for this flow.",
        )
    return float(flow)


def orifice_flows_kg_s(
    plate: OrificePlate,
    upstream_kpa: np.ndarray,
    drop_kpa: np.ndarray,
    density_kg_m3: np.ndarray,
    viscosity_pa_s: np.ndarray,
    isentropic_exponent: np.ndarray,
    zero_kpa: float = 0.0,
) -> np.ndarray:
    """Mass flow of a series of readings. [kg/s], shape (reading,)

    Parameters as `orifice_flow_kg_s`, each an array; `zero_kpa` is the transmitter's noise about zero.

    Returns
    -------
    array
        NaN where a reading is missing, the drop is negative beyond `zero_kpa` or above a quarter of the pressure. Zero
        below a Reynolds number of 5,000: the root of a transmitter's zero noise would otherwise be counted as flow
        while a line stands. For an emission see `least_flow_kg_s`.

    Raises
    ------
    InputError
        CC-MASS-21 geometry outside the standard's limits.
    """
    check_plate(plate)
    drop = np.where(np.abs(drop_kpa) <= zero_kpa, 0.0, drop_kpa)
    parts = np.broadcast_arrays(upstream_kpa, drop, density_kg_m3, viscosity_pa_s, isentropic_exponent)
    found = np.full(drop.shape, np.nan)
    whole = np.all([np.isfinite(part) for part in parts], axis=0)
    found[whole & (drop == 0)] = 0.0
    with np.errstate(invalid="ignore"):
        use = whole & (drop > 0) & (drop <= 0.25 * parts[0]) & (parts[2] > 0) & (parts[3] > 0)
    if use.any():
        flow, reynolds = _solved(plate, *(part[use] for part in parts))
        found[use] = np.where(reynolds < LEAST_REYNOLDS, 0.0, flow)
    return found


def least_flow_kg_s(plate: OrificePlate, viscosity_pa_s: Any) -> Any:
    """Flow at the Reynolds number of 5,000, π D μ Re / 4: what a drop below the standard's range cannot exceed. [kg/s]"""
    return LEAST_REYNOLDS * math.pi * plate.pipe_m * viscosity_pa_s / 4


def _solved(
    plate: OrificePlate, upstream_kpa: Any, drop_kpa: Any, density: Any, viscosity: Any, exponent: Any
) -> tuple[Any, Any]:
    """Flow [kg/s] and Reynolds number, the coefficient and the flow agreed with each other."""
    beta = plate.beta
    factor = expansibility(beta, upstream_kpa, drop_kpa, exponent) * math.pi / 4 * plate.bore_m**2
    factor = factor * np.sqrt(2 * drop_kpa * 1000 * density) / math.sqrt(1 - beta**4)
    flow = 0.6 * factor
    for _ in range(100):
        reynolds = 4 * flow / (math.pi * viscosity * plate.pipe_m)
        better = discharge_coefficient(plate, reynolds) * factor
        if np.all(np.abs(better / flow - 1) < _RELATIVE_STEP):
            break
        flow = better
    return better, reynolds


def check_plate(plate: OrificePlate) -> None:
    """Refuse a geometry the standard does not cover (CC-MASS-21)."""
    _told(
        (
            (plate.taps in _TAPS, "taps", plate.taps, " | ".join(_TAPS)),
            (0.1 <= plate.beta <= 0.75, "diameter ratio", f"{plate.beta:.4g}", "0.1 to 0.75"),
            (plate.bore_m >= 0.0125, "bore", f"{plate.bore_m} m", "0.0125 m or more"),
            (0.05 <= plate.pipe_m <= 1, "pipe", f"{plate.pipe_m} m", "0.05 to 1 m"),
        )
    )


def _check(upstream_kpa: float, drop_kpa: float, density: float, viscosity: float) -> None:
    _told(
        (
            (0 <= drop_kpa <= 0.25 * upstream_kpa, "pressure drop", f"{drop_kpa} of {upstream_kpa} kPa", "0 to a quarter"),
            (density > 0 and viscosity > 0, "density, viscosity", f"{density}, {viscosity}", "above 0"),
        )
    )  # fmt: skip


def _told(limits: tuple[tuple[bool, str, str, str], ...]) -> None:
    findings = Findings()
    for good, what, found, expected in limits:
        if not good:
            findings.add("CC-MASS-21", phrase("orifice, {what}", what=what), found, expected, "See ISO 5167-2, 5.3.1.")
    findings.stop_on_errors()


def density_compensated(shown_flow: float, density_kg_m3: float, design_density_kg_m3: float) -> float:
    """True flow of a differential-pressure meter whose transmitter assumed a design density, in the unit shown.

    The flow goes with the root of the density: gas 10 % lighter than assumed is over-read by 5.4 %.

    Raises
    ------
    InputError
        CC-MASS-21 a density of zero or less.
    """
    if min(density_kg_m3, design_density_kg_m3) <= 0:
        raise refuse("CC-MASS-21", "density", f"{density_kg_m3}, {design_density_kg_m3}", "above 0")
    return shown_flow * math.sqrt(density_kg_m3 / design_density_kg_m3)


def orifice_uncertainty_percent(beta: float, percent: dict[str, float]) -> float:
    """Expanded uncertainty of an orifice mass flow from those of its parts, all at one coverage factor.

    Parameters
    ----------
    beta : float
        [1]
    percent : dict
        Relative uncertainties of ``C``, ``eps``, ``dp``, ``rho``, ``d``, ``D``. [%]

    Notes
    -----
    Source: iso-5167-1, 8.2.2.1 (recalled).
    """
    slope = beta**4 / (1 - beta**4)
    squares = percent["C"] ** 2 + percent["eps"] ** 2 + (percent["dp"] ** 2 + percent["rho"] ** 2) / 4
    squares += (2 * slope * percent["D"]) ** 2 + (2 / (1 - beta**4) * percent["d"]) ** 2
    return math.sqrt(squares)


def plate_percent(
    plate: OrificePlate, bore_percent: float, pipe_percent: float, drop_share: float, isentropic_exponent: float = 1.28
) -> float:
    """Standard uncertainty that the plate itself adds to a mass flow: C, expansibility, both diameters. [%]

    Parameters
    ----------
    plate : OrificePlate
    bore_percent, pipe_percent : float
        Expanded uncertainties of the diameters (k = 2). [%]
    drop_share : float
        Pressure drop over absolute pressure. [1]
    isentropic_exponent : float
        [1]

    Notes
    -----
    U(C) = 0.7 − β % below 0.2, 0.5 % up to 0.6, 1.667 β − 0.5 % above, and 0.9 (0.75 − β)(2.8 − D/25.4 mm) % more in
    pipes below 71.12 mm; U(ε) = 3.5 Δp/(κ p) %. Source: iso-5167-2, 5.3.3 (recalled); iso-5167-1, 8.2.2.1.
    """
    beta, pipe_mm = plate.beta, plate.pipe_m * 1000
    coefficient = 0.7 - beta if beta < 0.2 else 0.5 if beta <= 0.6 else 1.667 * beta - 0.5
    if pipe_mm < 71.12:
        coefficient += 0.9 * (0.75 - beta) * (2.8 - pipe_mm / 25.4)
    parts = {
        "C": coefficient,
        "eps": 3.5 * drop_share / isentropic_exponent,
        "dp": 0.0,
        "rho": 0.0,
        "d": bore_percent,
        "D": pipe_percent,
    }
    return orifice_uncertainty_percent(beta, parts) / 2
