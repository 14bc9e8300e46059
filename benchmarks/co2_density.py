"""CO2 density of a million readings against a plain numpy table look-up: ``python benchmarks/co2_density.py``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ccus.streams import co2

READINGS = 1_000_000
REPEATS = 7


def plain_look_up(temperature_c: np.ndarray, pressure_kpa: np.ndarray, grid: co2.Grid) -> np.ndarray:
    """The floor: bilinear interpolation in one table as anyone would write it, no check at all."""
    u = (temperature_c + 273.15 - grid.t0) / grid.dt
    v = (pressure_kpa - grid.x0) / grid.dx
    i, j = u.astype(int), v.astype(int)
    a, b, t = u - i, v - j, grid.values
    low = (1 - b) * t[i, j] + b * t[i, j + 1]
    high = (1 - b) * t[i + 1, j] + b * t[i + 1, j + 1]
    return pressure_kpa / ((temperature_c + 273.15) * ((1 - a) * low + a * high))


def best_s(run: Callable[[], object]) -> float:
    """Shortest of several runs. [s]"""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print seconds, floor and ratio by kind of stream."""
    rng = np.random.default_rng(1)
    t = rng.uniform(0, 60, READINGS)
    p = rng.uniform(90, 1000, READINGS)
    grid = co2._tables()["low"]
    floor = best_s(lambda: plain_look_up(t, p, grid))
    print(f"{'floor: numpy table look-up':42s} {floor:.4f} s")
    cases = {
        "gas 0.9-10 bar, 0-60 C": (t, p),
        "gas 10-30 bar, 0-30 C": (t / 2, rng.uniform(1000, 3000, READINGS)),
        "liquid 80-150 bar, 0-25 C": (rng.uniform(0, 25, READINGS), rng.uniform(8000, 15_000, READINGS)),
        "supercritical 90-200 bar, 40-100 C": (
            rng.uniform(40, 100, READINGS),
            rng.uniform(9000, 20_000, READINGS),
        ),
        "everything mixed, 10-150 bar, 0-60 C": (t, rng.uniform(1000, 15_000, READINGS)),
    }
    for name, (temperature, pressure) in cases.items():
        taken = best_s(lambda a=temperature, b=pressure: co2.co2_density_status(a, b))
        print(f"{name:42s} {taken:.4f} s  ratio {taken / floor:.2f}")


if __name__ == "__main__":
    main()
