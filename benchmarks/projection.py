"""`bluecarbon project` beside natcap.invest on one case of 4,096² cells, and the cost of the arithmetic per trajectory.

CPU seconds of whole processes, start included. natcap.invest runs where it is installed, in its own process (name its
Python with ``--invest-python``); where it is not, that is said and the comparison is left out. Totals of the peer are
sums of its layers, in its unit per hectare times cells; ours are taken from trajectories the same way.

Run: ``python -m benchmarks.projection [CASE] [--invest-python PYTHON]``; CASE is a folder with snapshots.csv,
biophysical.csv, transitions.csv and the maps of snapshots.csv. Without one a case of its own is made, of four dates.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEER = """
import json, sys, resource
import natcap.invest
from natcap.invest.coastal_blue_carbon import coastal_blue_carbon as model
case, out, until = sys.argv[1:4]
model.execute({
    "workspace_dir": out, "results_suffix": "", "n_workers": -1, "analysis_year": int(until), "do_economic_analysis": False,
    "landcover_snapshot_csv": case + "/snapshots.csv", "biophysical_table_path": case + "/biophysical.csv",
    "landcover_transitions_table": case + "/transitions.csv",
})
print(natcap.invest.__version__)
"""


def cpu_of(command: list[str]) -> tuple[float, str]:
    """CPU seconds of a finished child process, its children included, and what it printed last. [s]"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} … failed:\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime), done.stdout.strip()


CASE_CLASSES = ("mangrove", "seagrass", "salt_marsh", "mudflat", "aquaculture_pond", "water", "developed", "rice")
# Stocks and gains [t CO2e/ha, t CO2e/ha/yr], half-lives [yr] and shares within what such classes have; none is data.
CASE_FACTORS = """\
1,mangrove,500,1300,10,12,0.4,0.6,1,8,8,0.3,0.5,0.7,5,0.5
2,seagrass,4,400,1,0.3,0.4,0.6,1,0.4,2,0.3,0.5,0.7,1.5,0.1
3,salt_marsh,20,900,6,0.5,0.4,0.6,1,1,8,0.3,0.5,0.7,5,0.4
4,mudflat,0,180,0,0,0,0,0,0,8,0.1,0.2,0.3,1,0
5,aquaculture_pond,0,300,0,0,0,0,0,0,5,0.1,0.2,0.4,0,0
6,water,0,0,0,0,0,0,0,0,0,0,0,0,0,0
7,developed,3,90,0.5,0,0,0,0,0,0,0,0,0,0,0
8,rice,10,200,1,1,0.2,0.4,0.8,0,6,0.1,0.2,0.3,0,0
"""


def made_case(folder: Path, size: int = 4096) -> Path:
    """Maps of four dates with tens of ways through eight classes, and the peer's three tables for them."""
    from benchmarks.trajectories import make_maps

    maps = make_maps(folder, size, "deflate-512", "utm", 0.0)
    rows = "".join(f"{source.date},{source.path.name}\n" for source in maps)
    (folder / "snapshots.csv").write_text("snapshot_year,raster_path\n" + rows)
    steps = [f"{level}-impact-disturb" for level in ("low", "med", "high")]
    parts = [f"{pool}-{part}" for pool in ("biomass", "soil") for part in ("half-life", *steps, "yearly-accumulation")]
    stocks = [f"{pool}-initial" for pool in ("biomass", "soil", "litter")]
    head = ",".join(("lucode", "lulc-class", *stocks, *parts, "litter-yearly-accumulation"))
    (folder / "biophysical.csv").write_text(f"{head}\n{CASE_FACTORS}")
    gains = CASE_CLASSES[:4]
    lines = [",".join(("lulc-class", *CASE_CLASSES))]
    for left in CASE_CLASSES:
        loses = "high-impact-disturb" if left in gains else "NCC"
        lines.append(",".join((left, *("accum" if right in gains else loses for right in CASE_CLASSES))))
    (folder / "transitions.csv").write_text("\n".join(lines) + "\n")
    return folder


def ours(case: Path, out: Path, until: int, *more: str) -> float:
    """CPU seconds of our whole command. [s]"""
    tables = ("snapshots", "biophysical"), ("classes", "biophysical"), ("transitions", "transitions")
    named = [
        "--snapshots",
        "snapshots.csv",
        *(x for option, name in tables[1:] for x in (f"--{option}", f"{name}.csv")),
    ]
    paths = [str(case / part) if part.endswith(".csv") else part for part in named]
    command = [sys.executable, "-m", "bluecarbon.cli", "project", *paths, "--until", str(until), "--out", str(out)]
    return cpu_of([*command, *more])[0]


def peer_python(wanted: str) -> str | None:
    """The Python that has natcap.invest, or None."""
    probe = [wanted, "-c", "import natcap.invest.coastal_blue_carbon.coastal_blue_carbon"]
    try:
        return wanted if subprocess.run(probe, capture_output=True, check=False).returncode == 0 else None
    except OSError:
        return None


def peer_totals(folder: Path) -> dict[str, float]:
    """Sum of cells of every output layer of the peer. [t CO2e/ha x cell]"""
    import rasterio

    totals = {}
    for path in sorted((folder / "output").glob("*.tif")):
        with rasterio.open(path) as file:
            band = file.read(1, masked=True).astype("float64")
            totals[path.stem] = float(band.sum())
    return totals


def our_totals(case: Path, until: int) -> dict[str, float]:
    """The same sums from trajectories and their cell counts, in the peer's arithmetic. [t CO2e/ha x cell]"""
    from bluecarbon.maps.raster_source import RasterSource
    from bluecarbon.maps.trajectories import trajectory_areas
    from bluecarbon.projection.inputs import MapOptions, read_inputs
    from bluecarbon.projection.model import PEER as PEER_MODEL
    from bluecarbon.projection.model import project

    inputs = read_inputs(*(case / f"{n}.csv" for n in ("snapshots", "biophysical", "transitions")), MapOptions())
    maps = zip(inputs.snapshots.years, inputs.snapshots.paths, strict=True)
    counted = trajectory_areas([RasterSource(path, str(year)) for year, path in maps])
    run = project(inputs.table, inputs.actions, inputs.ground, until, PEER_MODEL)
    place = {tuple(row): n for n, row in enumerate(inputs.ground.classes.tolist())}
    cells = np.zeros(len(inputs.ground))
    for codes, count in zip(counted.classes.tolist(), counted.count, strict=True):
        row = tuple(inputs.table.codes.get(code, -1) for code in codes)
        if row in place:
            cells[place[row]] += count
    totals = {f"carbon-stock-at-{d}": float(s.sum(axis=0) @ cells) for d, s in zip(run.dates, run.stock, strict=True)}
    for n, (start, end) in enumerate(run.periods):
        between = f"between-{start}-and-{end}"
        totals[f"carbon-accumulation-{between}"] = float(run.accumulation[n].sum(axis=0) @ cells)
        totals[f"total-net-carbon-sequestration-{between}"] = float(run.net[n].sum(axis=0) @ cells)
        if n > 0:
            totals[f"carbon-emissions-{between}"] = float(run.emission[n].sum(axis=0) @ cells)
    totals["total-net-carbon-sequestration"] = float(run.net.sum(axis=(0, 1)) @ cells)
    return totals


def arithmetic(count: int = 343) -> None:
    """Cost of the closed form and of the peer's yearly steps, per trajectory, beside the floor of one matrix pass."""
    from bluecarbon.projection import release, yearly
    from bluecarbon.projection.tables import ACTIONS, ClassTable, gather

    rng = np.random.default_rng(1)
    table = ClassTable(
        tuple("abcdefg"),
        {n: n for n in range(7)},
        rng.uniform(0, 900, (3, 7)),
        rng.uniform(0, 9, (3, 7)),
        rng.uniform(1, 30, (3, 7)),
        rng.uniform(0, 1, (3, 3, 7)),
    )
    actions, paths = rng.integers(0, len(ACTIONS), (7, 7)), rng.integers(0, 7, (count, 3))
    steps = gather(table, actions, (2000, 2010, 2020), paths)
    plain = rng.uniform(0, 1, (4, 3, count))
    jobs = {
        "closed form, 4 dates": lambda: release.budget(steps, (2000, 2010, 2020, 2030)),
        "peer's 30 yearly steps": lambda: yearly.run(steps, 2030),
        "floor: one power per value": lambda: 0.5**plain,
    }
    for name, job in jobs.items():
        job()
        start, turns = time.process_time(), 0
        while time.process_time() - start < 0.3:
            job()
            turns += 1
        print(f"{name:<28} {1e6 * (time.process_time() - start) / turns / count:8.2f} µs per trajectory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", type=Path, nargs="?")
    parser.add_argument("--until", type=int, default=2030)
    parser.add_argument("--invest-python", default=sys.executable)
    asked = parser.parse_args()
    arithmetic()
    with tempfile.TemporaryDirectory() as scratch:
        case = made_case(Path(scratch)) if asked.case is None else asked.case.resolve()
        compare(case, asked.until, asked.invest_python, Path(scratch))


def compare(case: Path, until: int, python: str, scratch: Path) -> None:
    """Whole commands side by side, and the totals."""
    bare = cpu_of([sys.executable, "-c", "import numpy, pandas, rasterio"])[0]
    options = {
        "invest-3.20, tables only": ("--model", "invest-3.20", "--no-statement"),
        "invest-3.20, statement": ("--model", "invest-3.20"),
        "default, tables only": ("--no-statement",),
        "default, statement": (),
    }
    spent = {name: min(ours(case, scratch / "ours", until, *more) for _ in range(3)) for name, more in options.items()}
    print(f"{'floor: start with numpy, pandas, rasterio':<44}{bare:8.2f} CPU s")
    for name, seconds in spent.items():
        print(
            f"{'bluecarbon project, ' + name:<44}{seconds:8.2f} CPU s, {seconds / bare:.1f} times the floor", flush=True
        )
    found = peer_python(python)
    if found is None:
        print(f"natcap.invest is not installed in {python}: its part of the comparison is left out.")
        return
    peer, said = cpu_of([found, "-c", PEER, str(case), str(scratch / "peer"), str(until)])
    print(f"{'natcap.invest ' + said.splitlines()[-1]:<44}{peer:8.1f} CPU s")
    for name, seconds in spent.items():
        print(f"  {peer / seconds:6.0f} times the CPU of {name}")
    theirs, mine = peer_totals(scratch / "peer"), our_totals(case, until)
    worst = max(abs(theirs[key] - mine[key]) / max(abs(theirs[key]), 1e-12) for key in mine if key in theirs)
    print(json.dumps({"totals compared": sum(key in theirs for key in mine), "largest relative difference": worst}))


if __name__ == "__main__":
    main()
