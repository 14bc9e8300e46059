"""Any small maps, cut anyhow: the count is that of a plain loop."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from bluecarbon.maps.coding import NOT_SURVEYED
from bluecarbon.maps.grid import Window
from bluecarbon.maps.histogram import Histogram
from bluecarbon.maps.raster_source import RasterSource
from bluecarbon.maps.trajectories import trajectory_areas

DTYPES = ("uint8", "int8", "uint16", "int16", "int32", "float32")
CRS = ("EPSG:4490", "EPSG:4547", "EPSG:6933", "EPSG:2154")
ORIGIN = {"EPSG:4490": (113.0, 23.0, 1e-3), "EPSG:4547": (450_000.0, 2_500_000.0, 50.0)}


@st.composite
def jobs(draw):
    rows, cols = draw(st.integers(1, 40)), draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    maps = []
    for _ in range(draw(st.integers(1, 4))):
        dtype = draw(st.sampled_from(DTYPES))
        classes = rng.choice(np.arange(0, 120), draw(st.integers(1, 30)), replace=False)
        block = draw(st.integers(1, 8))
        coarse = rng.choice(classes, (rows // block + 1, cols // block + 1))
        values = np.kron(coarse, np.ones((block, block)))[:rows, :cols]
        maps.append((values.astype(dtype), int(classes[0]) if draw(st.booleans()) else None))
    cuts = sorted({0, rows, *draw(st.lists(st.integers(0, rows), max_size=4))})
    sides = sorted({0, cols, *draw(st.lists(st.integers(0, cols), max_size=4))})
    windows = [Window(a, c, b - a, d - c) for a, b in pairwise(cuts) for c, d in pairwise(sides)]
    return maps, draw(st.sampled_from(CRS)), draw(st.permutations(windows))


def write(folder, maps, crs):
    import rasterio

    left, top, step = ORIGIN.get(crs, (800_000.0, 6_500_000.0, 100.0))
    sources = []
    for number, (values, nodata) in enumerate(maps):
        path = Path(folder) / f"{number}.tif"
        profile = {"driver": "GTiff", "dtype": values.dtype, "count": 1, "nodata": nodata, "crs": crs}
        profile |= {"height": values.shape[0], "width": values.shape[1]}
        with rasterio.open(path, "w", transform=Affine(step, 0, left, 0, -step, top), **profile) as dataset:
            dataset.write(values, 1)
        sources.append(RasterSource(path, str(number)))
    return sources


@settings(max_examples=60, deadline=None)
@given(jobs())
def test_any_cut_counts_like_a_plain_loop(job):
    maps, crs, windows = job
    with TemporaryDirectory() as folder:
        sources = write(folder, maps, crs)
        whole, cut = trajectory_areas(sources), trajectory_areas(sources, windows=windows)
    stack = np.stack([values.ravel().astype(np.int64) for values, _ in maps], axis=1)
    for column, (_, nodata) in enumerate(maps):
        if nodata is not None:
            stack[stack[:, column] == nodata, column] = NOT_SURVEYED
    plain = Counter(map(tuple, stack.tolist()))
    assert dict(zip(map(tuple, whole.classes.tolist()), whole.count, strict=True)) == plain
    assert np.array_equal(whole.classes, cut.classes)
    assert np.array_equal(whole.count, cut.count)
    assert np.array_equal(whole.area_ha, cut.area_ha)
    assert whole.area_ha.min() > 0


@pytest.mark.parametrize("far", [0, 2**40])
def test_histograms_merge_by_class_and_zone(far):
    """Two entries alike add up; nodata comes first; classes far apart are sorted, near ones counted off."""
    first = Histogram(
        np.array([[7 + far, 2], [NOT_SURVEYED, 2], [7 + far, -3]]), np.array([1, -1, 0]), np.array([5, 1, 2]),
        np.array([50, 10, 20]),
    )  # fmt: skip
    second = Histogram(np.array([[7 + far, 2]]), np.array([1]), np.array([4]), np.array([41]))
    whole = Histogram.merge([first, second])
    assert whole.classes.tolist() == [[NOT_SURVEYED, 2], [7 + far, -3], [7 + far, 2]]
    assert whole.zone.tolist() == [-1, 0, 1]
    assert whole.cells.tolist() == [1, 2, 9]
    assert whole.units.tolist() == [10, 20, 91]
    nowhere = Histogram(np.array([[NOT_SURVEYED, 1]]), np.array([-1]), np.array([3]), np.array([30]))
    assert Histogram.merge([nowhere, nowhere]).cells.tolist() == [6]
