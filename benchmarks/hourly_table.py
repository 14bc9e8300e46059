"""A year at 1 Hz to the hourly table, against polars and duckdb where they are installed.

    python benchmarks/hourly_table.py [hours]

Writes a synthetic Parquet file (8 tags, 8 quality bytes) into a temporary folder: 8760 hours make 31.5 million rows.
"""

from __future__ import annotations

import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TAGS = [f"T{n}" for n in range(8)]


def write(path: Path, hours: int) -> None:
    """The synthetic file, hour groups of rows at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(1)
    begin = np.datetime64("2025-01-01T00:00:00", "us").astype(np.int64)
    writer = None
    for first in range(0, hours, 240):
        rows = min(240, hours - first) * 3600
        time_us = begin + (first * 3600 + np.arange(rows)) * 1_000_000
        columns = {"time": pa.array(time_us, pa.timestamp("us", tz="UTC"))}
        for n, tag in enumerate(TAGS):
            level = 100.0 * (n + 1) + np.cumsum(generator.normal(0, 0.01, rows))
            columns[tag] = pa.array(np.round(level, 2))
            quality = np.where(generator.random(rows) < 0.002, 0, 192).astype(np.uint8)
            columns[f"{tag}.quality"] = pa.array(quality)
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def ours(path: Path) -> dict[str, np.ndarray]:
    """This package's hourly means."""
    from ccus.importers.bulk import hourly

    return hourly(path).mean


def with_polars(path: Path) -> dict[str, np.ndarray]:
    """polars, group_by_dynamic on the lazy file: mean and count of good readings."""
    import polars as pl

    parts = [
        part
        for tag in TAGS
        for part in (
            pl.col(tag).filter(pl.col(f"{tag}.quality") >= 64).mean(),
            (pl.col(f"{tag}.quality") >= 64).sum().alias(f"{tag}.count"),
        )
    ]
    table = pl.scan_parquet(path).set_sorted("time").group_by_dynamic("time", every="1h").agg(parts).collect()
    return {tag: table[tag].to_numpy() for tag in TAGS}


def with_duckdb(path: Path) -> dict[str, np.ndarray]:
    """duckdb, group by hour: mean and count of good readings."""
    import duckdb

    parts = ", ".join(
        f'avg("{t}") filter ("{t}.quality" >= 64) as "{t}", count(*) filter ("{t}.quality" >= 64) as "{t}.count"'
        for t in TAGS
    )
    sql = f"select date_trunc('hour', time) as h, {parts} from read_parquet('{path}') group by h order by h"
    table = duckdb.sql(sql).fetchnumpy()
    return {tag: np.asarray(table[tag]) for tag in TAGS}


ENGINES = {"ours": ours, "polars": with_polars, "duckdb": with_duckdb}


def run_one(name: str, path: Path) -> None:
    """One engine in this process: seconds, peak memory, and a check sum."""
    start = time.perf_counter()
    means = ENGINES[name](path)
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{taken:.3f} {peak:.0f} {sum(float(np.nansum(m)) for m in means.values()):.6f}")


def main() -> None:
    """Write the file and run every installed engine in a process of its own."""
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 8760
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.parquet"
        write(path, hours)
        print(f"{hours * 3600:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        found = {}
        for name in ENGINES:
            if name != "ours" and importlib.util.find_spec(name) is None:
                print(f"{name:8s} not installed")
                continue
            best = None
            for _ in range(3):
                command = [sys.executable, __file__, "--one", name, str(path)]
                out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
                best = out if best is None or float(out[0]) < float(best[0]) else best
            found[name] = float(best[0])
            print(f"{name:8s} {float(best[0]):7.2f} s  peak {best[1]:>5s} MB  sum of means {best[2]}")
        others = [seconds for name, seconds in found.items() if name != "ours"]
        if others:
            print(f"ratio to the best other engine {found['ours'] / min(others):.2f} (at most 2.5)")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        run_one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
