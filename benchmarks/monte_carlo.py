"""Ten thousand draws × 500 strata × 6 pools with limits for every line and total, beside the floor of drawing them.

Floor: the same number of standard normals drawn in chunks, nothing else. Both in CPU seconds of this process, in one
run, alternating; memory is the peak above the process after imports. Run: ``python benchmarks/monte_carlo.py``.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from methodology.equation import equation
from methodology.uncertainty.distributions import fitted
from methodology.uncertainty.simulation import simulate
from methodology.worksheet import Worksheet


@equation(guide="benchmark", number="1", returns="t_C", area=("ha", 0, None), density=("t_C/ha", 0, None))
def stock(area, density):
    """Stock of a pool. Source: definition."""
    return area * density


def build(strata: int = 500, pools: int = 6) -> Worksheet:
    sheet = Worksheet()
    rng = np.random.default_rng(0)
    areas = {(f"s{n}",): float(a) for n, a in enumerate(rng.uniform(1, 100, strata))}
    area = sheet.input(
        "area", "ha", ["stratum"], areas, spreads={k: fitted("normal", v, 0.9 * v, 1.1 * v) for k, v in areas.items()}
    )
    densities = {(f"s{n}", f"p{p}"): float(d) for n in range(strata) for p, d in enumerate(rng.uniform(20, 400, pools))}
    spread = {k: fitted("normal", v, 0.7 * v, 1.3 * v) for k, v in densities.items()}
    density = sheet.input("density", "t_C/ha", ["stratum", "pool"], densities, spreads=spread)
    lines = sheet.apply("stock", stock, area=area, density=density)
    by_stratum = sheet.total("by stratum", lines, over=["pool"])
    sheet.total("total", by_stratum, over=["stratum"])
    return sheet


def floor(draws: int, cells: int, chunk: int = 50) -> None:
    for stream in np.random.SeedSequence(1).spawn(draws // chunk):
        np.random.Generator(np.random.SFC64(stream)).standard_normal((chunk, cells))


def main() -> None:
    draws, sheet = 10_000, build()
    simulate(sheet, ["total"], 100)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours, base = [], []
    for _ in range(3):
        start = time.process_time()
        floor(draws, 3_000)
        base.append(time.process_time() - start)
        start = time.process_time()
        result = simulate(sheet, ["stock", "by stratum", "total"], draws, threads=1)
        ours.append(time.process_time() - start)
    extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    ratio = float(np.median(ours) / np.median(base))
    print(
        f"Monte Carlo 10,000 × 500 × 6: {np.median(ours):.2f} s CPU, floor {np.median(base):.2f} s, ratio {ratio:.2f} (wanted ≤ 3.5)"
    )
    print(f"  peak memory above the process after imports: {extra:.0f} MB (wanted ≤ 200)")
    print(
        f"  total {result.mean['total'][0]:.6g} t C, 95 % {result.low['total'][0]:.6g} to {result.high['total'][0]:.6g}"
    )


if __name__ == "__main__":
    main()
