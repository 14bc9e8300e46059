"""One pass over four class maps against its floors: CPU, memory at three sizes, other encodings, zones, two threads.

    python benchmarks/trajectories.py                     # 10,000 x 10,000; memory to 20,000
    python benchmarks/trajectories.py --size 3000 --memory 1000,2000

Floors, measured in the same run: decoding the same blocks with rasterio, and decoding plus one np.bincount over as
many prepared uint16 codes. Maps are synthetic: smooth patches, two per cent change a step, specks on one per cent.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bluecarbon.maps.raster_source import RasterSource, gdal_env
from bluecarbon.maps.trajectories import plan_pass, trajectory_areas
from bluecarbon.maps.zones import ZoneRaster

DATES = (2000, 2005, 2010, 2020)
CLASSES = 9
NODATA = 255
LATTICE = 48
PATTERN = 4096
MANY = 0.2  # share of cells that are specks: thousands of ways through the classes, and no runs to speak of
FLOOR_CODES = 6561
ENCODINGS = {
    "deflate-512": {"compress": "deflate", "tiled": True, "blockxsize": 512, "blockysize": 512},
    "lzw-512": {"compress": "lzw", "tiled": True, "blockxsize": 512, "blockysize": 512},
    "deflate-strip-1": {"compress": "deflate", "blockysize": 1},
    "deflate-strip-64": {"compress": "deflate", "blockysize": 64},
    "deflate-128": {"compress": "deflate", "tiled": True, "blockxsize": 128, "blockysize": 128},
    "deflate-2048": {"compress": "deflate", "tiled": True, "blockxsize": 2048, "blockysize": 2048},
}
GRIDS = {
    "utm": ("EPSG:32650", 300_000.0, 2_400_000.0, 30.0),
    "equal-area": ("EPSG:6933", 11_000_000.0, 2_800_000.0, 30.0),
    "degrees": ("EPSG:4490", 113.0, 23.0, 1e-4),
}


def smooth(rng: np.random.Generator, size: int) -> np.ndarray:
    """Random heights on a coarse lattice; read between its points they make patches with curved outlines."""
    return rng.standard_normal((size // LATTICE + 3, size // LATTICE + 3)).astype(np.float32)


def between(lattice: np.ndarray, first: int, last: int, size: int) -> np.ndarray:
    """Bilinear values of rows first to last."""
    y, x = np.arange(first, last) / LATTICE, np.arange(size) / LATTICE
    i, j = y.astype(int), x.astype(int)
    v, u = (y - i).astype(np.float32)[:, None], (x - j).astype(np.float32)[None]
    top = lattice[i][:, j] * (1 - u) + lattice[i][:, j + 1] * u
    return top * (1 - v) + (lattice[i + 1][:, j] * (1 - u) + lattice[i + 1][:, j + 1] * u) * v


def make_maps(folder: Path, size: int, encoding: str, grid: str, specks: float) -> list[RasterSource]:
    """Write the maps of all dates, strip by strip; the same cells whatever the encoding."""
    import rasterio
    from affine import Affine

    crs, left, top, step = GRIDS[grid]
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "width": size, "height": size, "nodata": NODATA}
    profile |= {"crs": crs, "transform": Affine(step, 0, left, 0, -step, top), **ENCODINGS[encoding]}
    paths = [folder / f"{grid}_{encoding}_{size}_{date}.tif" for date in DATES]
    rng = np.random.default_rng(7)
    ground, change = smooth(rng, size), [smooth(rng, size) for _ in DATES]
    files = [rasterio.open(path, "w", **profile) for path in paths]
    for first in range(0, size, 512):
        last = min(size, first + 512)
        noise = np.random.default_rng(first)
        now = np.clip((between(ground, first, last, size) * 2.2 + CLASSES / 2).astype(np.int8), 0, CLASSES - 2) + 1
        for file, lattice in zip(files, change, strict=True):
            turned = between(lattice, first, last, size) > 1.5
            now = np.where(turned, now % (CLASSES - 1) + 1, now)
            shown = now.astype(np.uint8)
            speck = noise.random(shown.shape, dtype=np.float32) < specks
            shown[speck] = noise.integers(1, CLASSES, int(speck.sum()))
            shown[:, : size // 50] = NODATA
            file.write(shown, 1, window=((first, last), (0, size)))
    for file in files:
        file.close()
    return [RasterSource(path, str(date)) for path, date in zip(paths, DATES, strict=True)]


def make_zones(folder: Path, source: RasterSource, size: int) -> ZoneRaster:
    """A hundred square zones in the encoding of the maps."""
    import rasterio

    with rasterio.open(source.path) as like:
        profile = like.profile | {"nodata": 0}
    path = folder / "zones.tif"
    with rasterio.open(path, "w", **profile) as file:
        for first in range(0, size, 512):
            last = min(size, first + 512)
            row = np.arange(first, last) * 10 // size
            zone = (1 + row[:, None] * 10 + (np.arange(size) * 10 // size)[None]).astype(np.uint8)
            file.write(zone, 1, window=((first, last), (0, size)))
    return ZoneRaster(path)


def floors(sources: list[RasterSource], size: int) -> tuple[float, float]:
    """CPU seconds of decoding every block, and of one bincount over as many prepared codes."""
    import rasterio

    with gdal_env():
        files = [rasterio.open(source.path) for source in sources]
        start = time.process_time()
        for _, window in files[0].block_windows(1):
            for file in files:
                file.read(1, window=window)
        decode = time.process_time() - start
        for file in files:
            file.close()
    rng = np.random.default_rng(1)
    smooth_codes = [np.repeat(rng.integers(0, FLOOR_CODES, 2**18 // 16), 16).astype(np.uint16) for _ in range(32)]
    start = time.process_time()
    for number in range(max(1, size * size // 2**18)):
        np.bincount(smooth_codes[number % 32])
    return decode, time.process_time() - start


def cpu(task: object) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    task()
    return time.process_time() - start


def compare(name: str, sources: list[RasterSource], size: int, repeats: int, zones: object = None) -> None:
    """Print the medians of interleaved runs."""
    rows = []
    for _ in range(repeats):
        decode, count = floors(sources, size)
        rows.append((decode, count, cpu(lambda: trajectory_areas(sources, zones))))
    decode, count, spent = (statistics.median(column) for column in zip(*rows, strict=True))
    ratio = statistics.median(row[2] / (row[0] + row[1]) for row in rows)
    print(
        f"{name:<28}{decode:>9.3f}{count:>10.3f}{spent:>9.3f}{ratio:>14.2f}{spent / decode:>11.2f}",
        flush=True,
    )


def own_peak_mb() -> float:
    """Peak resident memory of this process since it began; getrusage would count the parent's at the fork. [MB]"""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def repeated(folder: Path, size: int, specks: float, grid: str = "utm") -> list[RasterSource]:
    """Maps of any size that hold the same ways through the classes: one pattern side by side, cut off at the edge."""
    import rasterio

    edge = min(size, PATTERN)
    pattern = make_maps(folder, edge, "deflate-512", grid, specks)
    out = []
    for source in pattern:
        with rasterio.open(source.path) as file:
            cells, profile = file.read(1), file.profile
        source.path.unlink()
        wide = np.concatenate([cells] * -(-size // edge), axis=1)[:, :size]
        profile |= {"width": size, "height": size}
        path = folder / f"repeated_{grid}_{source.date}.tif"
        with rasterio.open(path, "w", **profile) as file:
            for first in range(0, size, 512):
                last = min(size, first + 512)
                rows = np.arange(first, last) % edge
                file.write(wide[rows], 1, window=((first, last), (0, size)))
        out.append(RasterSource(path, source.date))
    return out


def fresh(sources: list[RasterSource], zones: ZoneRaster | None) -> dict[str, float]:
    """CPU of a pass, peak memory of its process and the ways it found, all in a process of its own."""
    maps = ",".join(f"{source.date}={source.path}" for source in sources)
    command = [sys.executable, __file__, "--child", maps, *([] if zones is None else ["--zones", str(zones.path)])]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def child(maps: str, zones: Path | None) -> None:
    """One pass in this process; prints what `fresh` reads."""
    named = [part.split("=", 1) for part in maps.split(",")]
    sources = [RasterSource(Path(path), date) for date, path in named]
    chosen = None if zones is None else ZoneRaster(zones)
    plan_pass(sources, chosen)  # imports and projection files are not a cost per cell
    start = time.process_time()
    found = trajectory_areas(sources, chosen)
    spent = time.process_time() - start
    ways = len(np.unique(found.classes, axis=0))
    print(json.dumps({"cpu_s": spent, "peak_mb": own_peak_mb(), "ways": ways, "entries": len(found.count)}))


def sizes(folder: Path, edges: list[int]) -> None:
    """Peak memory of a fresh process and CPU per million cells at several sizes; few and many ways, with zones."""
    print(f"{'':<34}{'size':>8}{'ways':>8}{'entries':>9}{'peak MB':>9}{'of least':>9}{'CPU s/Mcell':>13}")
    for name, specks, zoned in (
        ("tens of ways", 0.0, False), ("thousands of ways", MANY, False), ("thousands of ways, 100 zones", MANY, True)
    ):  # fmt: skip
        peaks = []
        for edge in edges:
            sources = repeated(folder, edge, specks)
            zones = make_zones(folder, sources[0], edge) if zoned else None
            got = fresh(sources, zones)
            peaks.append(got["peak_mb"])
            line = f"{name:<34}{edge:>7}²{got['ways']:>8}{got['entries']:>9}{got['peak_mb']:>9.1f}"
            print(f"{line}{got['peak_mb'] / peaks[0]:>9.3f}{got['cpu_s'] / edge**2 * 1e6:>13.4f}", flush=True)
            for path in [*(source.path for source in sources), *([zones.path] if zones else [])]:
                path.unlink()


def threads(sources: list[RasterSource]) -> None:
    """Wall time of one and two threads."""
    best = {}
    for workers in (1, 2, 1, 2, 1, 2):
        with ThreadPoolExecutor(workers) as executor:
            start = time.perf_counter()
            trajectory_areas(sources, executor=executor)
            best[workers] = min(best.get(workers, np.inf), time.perf_counter() - start)
    load = os.getloadavg()[0]
    print(f"two threads: {best[1] / best[2]:.2f} times as fast as one ({os.cpu_count()} cores, load {load:.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--memory", default="4096,10000,20000", help="sizes at which peak memory is measured")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, help="folder for the maps; a temporary one if left out")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--zones", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child, args.zones)
        return
    with tempfile.TemporaryDirectory(dir=args.work) as name:
        report(Path(name), args.size, args.repeats, [int(size) for size in args.memory.split(",")])


def report(folder: Path, size: int, repeats: int, memory: list[int]) -> None:
    """Print every figure beside its floor."""
    print(f"{len(DATES)} maps of {size:,} x {size:,}, {CLASSES} classes; CPU seconds, medians of {repeats}")
    print(f"{'':<28}{'decode':>9}{'bincount':>10}{'pass':>9}{'x both floors':>14}{'x decode':>11}")
    for grid in GRIDS:
        sources = repeated(folder, size, 0.01, grid)
        compare(f"deflate 512, {grid}", sources, size, repeats)
        if grid == "utm":
            compare("  with raster zones", sources, size, repeats, make_zones(folder, sources[0], size))
            threads(sources)
        for source in sources:
            source.path.unlink()
    smaller = min(size, 4096)
    print(f"other encodings at {smaller:,} x {smaller:,}")
    for encoding in ENCODINGS:
        sources = make_maps(folder, smaller, encoding, "utm", 0.01)
        compare(encoding, sources, smaller, repeats)
        for source in sources:
            source.path.unlink()
    sizes(folder, memory)


if __name__ == "__main__":
    main()
