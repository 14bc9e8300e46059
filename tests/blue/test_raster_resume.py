"""A count that was killed goes on where it was, with the same digits; the state of another count is not used."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bluecarbon.maps.checkpoint import NAME, Checkpoint
from bluecarbon.maps.grid import Window
from bluecarbon.maps.raster_source import RasterSource
from bluecarbon.maps.trajectories import trajectory_areas
from bluecarbon.maps.zones import ZonePolygons
from methodology.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
ROWS, COLS, HIGH = 120, 90, 2
KILLED_AT = 41  # of 60 windows, in batches of 8; the first is surely kept by then
CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
sys.path.insert(0, {here!r})
from test_raster_resume import *

def windows():
    for number, window in enumerate(strips()):
        if number == KILLED_AT:
            os.kill(os.getpid(), signal.SIGKILL)
        yield window

folder = Path({folder!r})
trajectory_areas(sources(folder), {zones}, windows=windows(), checkpoint=Checkpoint(folder / "out" / NAME, every_s=0))
"""


def strips():
    return [Window(row, 0, HIGH, COLS) for row in range(0, ROWS, HIGH)]


def sources(folder):
    return [RasterSource(folder / f"{year}.tif", str(year)) for year in (2000, 2010, 2020)]


def coverage():
    import shapely

    left, top = 113.0, 23.0
    boxes = [
        shapely.box(left + 0.00333, top - 0.0777, left + 0.0409, top),
        shapely.box(left + 0.05, top - 0.1, 113.09, top),
    ]
    return ZonePolygons(["west", "east"], boxes, "EPSG:4490", "coverage", "zones")


@pytest.fixture
def maps(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    rng = np.random.default_rng(3)
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": ROWS, "width": COLS, "nodata": 255}
    for year in (2000, 2010, 2020):
        with rasterio.open(
            tmp_path / f"{year}.tif", "w", crs="EPSG:4490", transform=from_origin(113, 23, 1e-3, 1e-3), **profile
        ) as file:
            file.write(rng.choice([1, 2, 5, 255], (ROWS, COLS)).astype(np.uint8), 1)
    return tmp_path


def killed(folder, zones="None"):
    """The checkpoint that a killed count leaves behind."""
    code = CHILD.format(root=str(ROOT), here=str(Path(__file__).parent), folder=str(folder), zones=zones)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return folder / "out" / NAME


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("classes", "zone", "count", "area_ha")
    )


@pytest.mark.parametrize("zones", ["None", "coverage()"])
@pytest.mark.parametrize("threads", [None, 2])
def test_a_killed_count_goes_on_with_the_same_digits(maps, zones, threads):
    state, told, shares = killed(maps, zones), [], []
    chosen = coverage() if zones != "None" else None
    whole = trajectory_areas(sources(maps), chosen)
    executor = ThreadPoolExecutor(threads) if threads else None
    resumed = trajectory_areas(
        sources(maps), chosen, strips(), executor, lambda _, share: shares.append(share),
        checkpoint=Checkpoint(state, told.append),
    )  # fmt: skip
    assert [finding.code for finding in told] == ["BC-RAS-25"]
    assert shares[0] >= 2 * 8 / 60  # one batch at least was taken over, one more is counted
    assert shares[-1] == 1
    assert same(whole, resumed)
    assert not state.exists()


def test_without_a_break_nothing_is_left(maps):
    state = maps / "out" / NAME
    assert same(
        trajectory_areas(sources(maps)),
        trajectory_areas(sources(maps), windows=strips(), checkpoint=Checkpoint(state, every_s=0)),
    )
    assert not state.parent.exists()


def test_a_map_changed_meanwhile_is_counted_anew(maps):
    import rasterio

    state, told = killed(maps), []
    with rasterio.open(maps / "2010.tif", "r+") as file:
        values = file.read(1)
        values[0, 0] = 5 if values[0, 0] != 5 else 1
        file.write(values, 1)
    resumed = trajectory_areas(sources(maps), windows=strips(), checkpoint=Checkpoint(state, told.append))
    assert [finding.code for finding in told] == ["BC-RAS-26"]
    assert same(resumed, trajectory_areas(sources(maps)))


@pytest.mark.parametrize("change", ["zones", "windows", "damaged"])
def test_the_state_of_another_count_is_not_used(maps, change):
    state, told = killed(maps), []
    zones = coverage() if change == "zones" else None
    windows = [Window(row, 0, 3, COLS) for row in range(0, ROWS, 3)] if change == "windows" else strips()
    if change == "damaged":
        state.write_bytes(state.read_bytes()[:-400])
    resumed = trajectory_areas(sources(maps), zones, windows, checkpoint=Checkpoint(state, told.append))
    assert [finding.code for finding in told] == ["BC-RAS-26"]
    assert same(resumed, trajectory_areas(sources(maps), zones))


def test_a_damaged_map_leaves_no_state(maps):
    path = maps / "2020.tif"
    path.write_bytes(path.read_bytes()[: -30 * COLS])
    state = maps / "out" / NAME
    with pytest.raises(InputError, match="BC-RAS-05"):
        trajectory_areas(sources(maps), windows=strips(), checkpoint=Checkpoint(state, every_s=0))
    assert not state.parent.exists()


def test_an_interrupt_keeps_what_was_counted(maps):
    state, told = maps / "out" / NAME, []

    def stopped(_, share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trajectory_areas(sources(maps), windows=strips(), progress=stopped, checkpoint=Checkpoint(state))
    again = trajectory_areas(sources(maps), windows=strips(), checkpoint=Checkpoint(state, told.append))
    assert [finding.code for finding in told] == ["BC-RAS-25"]
    assert same(again, trajectory_areas(sources(maps)))


def test_short_counts_hash_no_map(maps, monkeypatch):
    def refused(path):
        raise AssertionError("a map was hashed")

    monkeypatch.setattr("bluecarbon.maps.checkpoint.sha256_of", refused)
    counted = trajectory_areas(sources(maps), checkpoint=Checkpoint(maps / "out" / NAME))
    assert same(counted, trajectory_areas(sources(maps)))
    assert not (maps / "out" / NAME).exists()
