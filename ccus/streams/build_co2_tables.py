"""Build `co2_tables.npz` from CoolProp's Span-Wagner equation: ``python -m ccus.streams.build_co2_tables``.

Kept so that anyone can rebuild what is shipped; takes about a minute. The phase is imposed on the solver, never found
by its flash. A surface is stored as integers (in `unit`) differenced twice along its second axis.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).with_name("co2_tables.npz")
T_CRITICAL_K = 304.1282
TOP_KPA = 30_000.0
COLD_K = 223.15
HOT_K = 423.15

# name: (t0, t1, intervals, x0, x1, intervals, unit of storage)
REGIONS: dict[str, tuple[float, float, int, float, float, int, float]] = {
    "saturation": (COLD_K, T_CRITICAL_K, 4000, 0.0, 1.0, 1, 1e-4),  # kPa; constant along x
    "low": (268.15, 338.15, 140, 80.0, 1050.0, 97, 1e-8),  # p/(rho T); x = kPa
    "gas": (COLD_K, T_CRITICAL_K, 240, 0.0, 1.0, 200, 1e-8),  # p/(rho T); x = p/p_sat
    "liquid": (COLD_K, T_CRITICAL_K, 240, 0.0, 1.0, 140, 1e-4),  # rho; x = sqrt((p - p_sat)/(top - p_sat))
    "warm": (T_CRITICAL_K, HOT_K, 240, 0.0, 6700.0, 134, 1e-8),  # p/(rho T); x = kPa
    "critical": (T_CRITICAL_K, 313.1282, 300, 6600.0, 9000.0, 400, 1e-4),  # rho; x = kPa, and so below
    "near": (T_CRITICAL_K, 331.1282, 270, 6600.0, 14_000.0, 370, 1e-4),
    "cool": (T_CRITICAL_K, 331.1282, 135, 13_900.0, TOP_KPA, 161, 1e-4),
    "hot": (331.1282, HOT_K, 276, 6600.0, TOP_KPA, 260, 1e-4),
}


def solver() -> tuple[Callable[[float, float, str], float], Callable[[float], float]]:
    """Density by temperature [K], pressure [kPa] and imposed phase [kg/m3], and saturation pressure by temperature."""
    import CoolProp as coolprop

    state = coolprop.AbstractState("HEOS", "CO2")
    phases = {
        "gas": coolprop.iphase_gas,
        "liquid": coolprop.iphase_liquid,
        "supercritical": coolprop.iphase_supercritical,
    }

    def density(kelvin: float, kpa: float, phase: str) -> float:
        state.specify_phase(phases[phase])
        state.update(coolprop.PT_INPUTS, kpa * 1000, kelvin)
        state.unspecify_phase()
        return state.rhomass()

    def saturation(kelvin: float) -> float:
        state.update(coolprop.QT_INPUTS, 0, kelvin)
        return state.p() / 1000

    return density, saturation


def node(name: str, kelvin: float, x: float, solve: tuple[Callable, Callable]) -> float:
    """Value of one grid node by the equation of state."""
    density, saturation = solve
    sub = min(kelvin, T_CRITICAL_K - 1e-4)  # the saturation solver stops at the critical point itself
    x = x or 1e-9  # the limit p/(rho T) -> R/M of the equation's own R
    if name == "saturation":
        return saturation(sub)
    if name == "gas":
        kpa = x * saturation(sub) * (1 - 1e-9)
        return kpa / (density(sub, kpa, "gas") * sub)
    if name == "liquid":
        line = saturation(sub) * (1 + 1e-9)
        return density(sub, line + x * x * (TOP_KPA - line), "liquid")
    if name in ("low", "warm"):
        return x / (density(kelvin, x, "gas") * kelvin)
    return density(kelvin, x, "supercritical")


def build(name: str, solve: tuple[Callable, Callable]) -> dict[str, Any]:
    """Axes and packed steps of one region."""
    t0, t1, rows, x0, x1, columns, unit = REGIONS[name]
    kelvins, xs = np.linspace(t0, t1, rows + 1), np.linspace(x0, x1, columns + 1)
    values = np.array([[node(name, t, x, solve) for x in xs] for t in kelvins])
    whole = np.rint(values / unit).astype(np.int64)
    steps = np.diff(np.diff(whole, axis=1, prepend=0), axis=1, prepend=0)
    return {
        f"{name}.axes": np.array([t0, (t1 - t0) / rows, x0, (x1 - x0) / columns, unit]),
        f"{name}.steps": steps.astype(np.int32),
    }


def main() -> None:
    """Build every region and write the file."""
    solve = solver()
    parts: dict[str, Any] = {}
    for name in REGIONS:
        parts |= build(name, solve)
        print(f"{name}: {REGIONS[name][2] + 1} x {REGIONS[name][5] + 1}")
    np.savez_compressed(TARGET, **parts)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
