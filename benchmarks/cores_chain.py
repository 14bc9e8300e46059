"""The whole chain of cores on 17,190 slices of 780 cores, beside what any implementation must do. Run:

    python benchmarks/cores_chain.py [golden folder]

Slices are the R package BlueCarbon's own table (1,719 slices of 78 cores) ten times under other core names; without
the folder a table of the same size is made up. Steps: compaction, carbon from organic matter, gaps, stock to 1 m with
a profile below the bottom and its interval, grades, burial rate over 100 years. The package took 34 s for carbon,
3.9 s for the stock and 0.38 s for the rate of the same slices (measured elsewhere, two cores): a tenth is 3.8 s.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bluecarbon.cores.chain import StockOptions, core_stocks, measured_profiles
from bluecarbon.cores.rate import RateOptions, core_rates
from bluecarbon.cores.tables import INTERVALS

COPIES = 10
PEER_S = 34 + 3.9 + 0.38
REPEATS = 5
HABITAT = {"Seagrass": "seagrass", "Salt Marsh": "marsh", "Mangrove": "mangrove"}


def slices(folder: Path) -> pd.DataFrame:
    """17,190 slices with the declared columns."""
    if folder.is_dir():
        data = pd.read_csv(folder / "in_bluecarbon_data.csv")
        data = data[data.mind < data.maxd]
        names = {
            "site": "site_id",
            "core": "core_id",
            "mind": "depth_min",
            "maxd": "depth_max",
            "dbd": "dry_bulk_density",
        }
        table = data.rename(columns=names).assign(
            habitat=data.ecosystem.map(HABITAT), compaction_fraction=data.compaction / 100,
            fraction_organic_matter=data.om / 100, fraction_carbon=np.minimum(data.oc, data.om) / 100,
        )  # fmt: skip
    else:
        random = np.random.default_rng(1)
        n = 1719
        top = np.arange(n) % 22 * 2.0
        matter = random.uniform(0.01, 0.3, n)
        table = pd.DataFrame(
            {
                "site_id": (np.arange(n) // 80).astype(str), "core_id": (np.arange(n) // 22).astype(str),
                "habitat": "marsh", "species": "Spartina", "depth_min": top, "depth_max": top + 2, "age": top * 5,
                "dry_bulk_density": random.uniform(0.3, 1.5, n), "fraction_organic_matter": matter,
                "fraction_carbon": np.where(np.arange(n) % 4, np.nan, 0.4 * matter), "compaction_fraction": 0.1,
            }
        )  # fmt: skip
    table = pd.concat([table.assign(study_id=f"copy{i}") for i in range(COPIES)], ignore_index=True)
    for column in INTERVALS.columns:
        if column.name not in table:
            table[column.name] = np.nan if column.is_number else ""
    table.index = pd.RangeIndex(2, len(table) + 2, name="row")
    return table


def best(action) -> float:
    """Shortest of some runs, seconds."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    here = Path(__file__).resolve().parents[2] / "shared" / "golden" / "cores"
    frame = slices(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
    arrays = [frame[name].to_numpy() for name in ("depth_min", "depth_max", "dry_bulk_density", "fraction_carbon")]

    def chain() -> None:
        measured = measured_profiles(frame, {})
        core_stocks(measured, StockOptions(beyond="exponential"))
        core_rates(frame, measured, RateOptions(100))

    def floor() -> None:
        core = frame.groupby(["study_id", "site_id", "core_id"], sort=False).ngroup().to_numpy()
        order = np.lexsort((arrays[1], arrays[0], core))
        top, bottom, density, carbon = (values[order] for values in arrays)
        np.bincount(core[order], weights=np.nan_to_num(density * carbon * (bottom - top)))

    ours, least = best(chain), best(floor)
    print(f"{len(frame):,} slices of {frame.groupby(['study_id', 'core_id']).ngroups} cores")
    print(f"whole chain            {ours:7.3f} s")
    print(f"floor (group, sort, one sum) {least:.4f} s; chain / floor = {ours / least:.1f}")
    print(
        f"R package, measured elsewhere {PEER_S:.1f} s; a tenth is {PEER_S / 10:.2f} s; chain / tenth = {ours * 10 / PEER_S:.3f}"
    )


if __name__ == "__main__":
    main()
