"""Back-test of the year-end forecast: 11 month-ends of simulated years: ``python benchmarks/forecast_backtest.py``.

The simulated plants do not follow the forecast's own model: standstills last log-normal times, the load has seasons
and serial noise, one line is overhauled. Planned standstills are entered from the start of the year.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ccus.forecast import LineRecord, year_end

YEARS = 60
SEED = 7
MONTH_ENDS = np.cumsum([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


@dataclass(frozen=True)
class SimulatedLine:
    """A year of one line: daily tonnes and the planned share of each day."""

    produced_t: np.ndarray
    planned: np.ndarray
    nameplate_t_d: float


def simulate_line(nameplate_t_d: float, overhaul: bool, generator: np.random.Generator) -> SimulatedLine:
    """One year: trips at 4 to 14 a year, log-normal lengths of some two days, seasons of 3 %, AR(1) load."""
    days = 365
    noise = np.empty(days)
    noise[0] = generator.normal(0, 0.04)
    for day in range(1, days):
        noise[day] = 0.7 * noise[day - 1] + generator.normal(0, 0.04 * np.sqrt(1 - 0.49))
    season = 0.03 * np.sin(2 * np.pi * (np.arange(days) / 365 + generator.uniform()))
    level = nameplate_t_d * generator.uniform(0.7, 0.98) * (1 + season + noise)
    down = np.zeros(days)
    day = generator.exponential(365 / generator.uniform(4, 14))
    pace = generator.uniform(4, 14)
    while day < days:
        length = generator.lognormal(np.log(1.5), 0.9)
        for at in range(int(day), min(int(np.ceil(day + length)), days)):
            down[at] = min(1.0, down[at] + max(0.0, min(day + length, at + 1) - max(day, at)))
        day += length + generator.exponential(365 / pace)
    planned = np.zeros(days)
    if overhaul:
        start = int(generator.integers(60, 320))
        planned[start : start + 14] = 1.0
    return SimulatedLine(level * (1 - np.maximum(down, planned)), planned, nameplate_t_d)


def coverage(years: int = YEARS, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Whether the interval held the truth, and its half-width over the truth, by year and month-end."""
    held, width = np.zeros((years, 11), dtype=bool), np.zeros((years, 11))
    for year in range(years):
        generator = np.random.default_rng([seed, year])
        lines = [simulate_line(50.0, True, generator), simulate_line(20.0, False, generator)]
        truth = sum(float(line.produced_t.sum()) for line in lines)
        for at, day in enumerate(MONTH_ENDS):
            records = [
                LineRecord(line.produced_t[:day], line.planned[:day], line.planned[day:], line.nameplate_t_d)
                for line in lines
            ]
            found = year_end(records)
            held[year, at] = found.low_t <= truth <= found.high_t
            width[year, at] = (found.high_t - found.low_t) / 2 / truth
    return held, width


def main() -> None:
    """Print coverage by month-end and overall."""
    held, width = coverage()
    print(f"{YEARS} simulated years, seed {SEED}, 80 % intervals")
    for month, (share, half) in enumerate(zip(held.mean(axis=0), width.mean(axis=0), strict=True), 1):
        print(f"end of month {month:2d}: coverage {100 * share:5.1f} %  half-width {100 * half:4.1f} % of the year")
    print(f"all: coverage {100 * held.mean():.1f} % (floor 70, ceiling 90)")


if __name__ == "__main__":
    main()
