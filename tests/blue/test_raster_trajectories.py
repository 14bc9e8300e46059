"""The pass over class maps: totals against a plain count, and what must not change them."""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from bluecarbon.maps.coding import NOT_SURVEYED
from bluecarbon.maps.grid import Window
from bluecarbon.maps.histogram import Histogram
from bluecarbon.maps.raster_source import RasterSource
from bluecarbon.maps.trajectories import areas_of, count_windows, plan_pass, trajectory_areas
from bluecarbon.maps.zones import ZoneRaster

GRIDS = {
    "equal-area": ("EPSG:6933", 1e6, 3e6, 30.0),
    "utm": ("EPSG:32650", 300000.0, 2400000.0, 30.0),
    "degrees": ("EPSG:4490", 113.0, 23.0, 1e-4),
}


def smooth_map(rng, rows, cols, classes=(1, 2, 3, 5, 8), nodata=255, noise=0.02):
    coarse = rng.choice(classes, (rows // 8 + 1, cols // 8 + 1))
    full = np.kron(coarse, np.ones((8, 8)))[:rows, :cols]
    speck = rng.random((rows, cols)) < noise
    full[speck] = rng.choice([*classes, nodata], speck.sum())
    return full.astype(np.uint8)


def write_map(path, values, grid="utm", nodata=255, tile=64, **options):
    import rasterio
    from rasterio.transform import from_origin

    crs, left, top, step = GRIDS[grid] if isinstance(grid, str) else grid
    profile = {
        "driver": "GTiff",
        "dtype": values.dtype,
        "count": 1,
        "height": values.shape[0],
        "width": values.shape[1],
    }
    profile |= {"crs": crs, "transform": from_origin(left, top, step, step), "compress": "deflate"}
    if nodata is not None:
        profile["nodata"] = nodata
    if tile:
        profile |= {"tiled": True, "blockxsize": tile, "blockysize": tile}
    with rasterio.open(path, "w", **(profile | options)) as dataset:
        dataset.write(values, 1)
    return path


@pytest.fixture
def three_dates(tmp_path):
    rng = np.random.default_rng(5)
    maps = [smooth_map(rng, 200, 330) for _ in range(3)]
    return tmp_path, maps


def sources_of(folder, maps, grid, **options):
    out = []
    for year, values in zip((2000, 2010, 2020), maps, strict=False):
        path = write_map(folder / f"map_{grid}_{year}_{len(options)}.tif", values, grid, **options)
        out.append(RasterSource(path, str(year)))
    return out


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("classes", "zone", "count", "area_ha")
    )


@pytest.mark.parametrize("grid", GRIDS)
def test_counts_are_those_of_a_plain_count(three_dates, grid):
    folder, maps = three_dates
    result = trajectory_areas(sources_of(folder, maps, grid))
    plain = np.unique(
        np.stack([values.ravel() for values in maps], axis=1).astype(np.int64), axis=0, return_counts=True
    )
    expected = {tuple(NOT_SURVEYED if v == 255 else int(v) for v in row): int(n) for row, n in zip(*plain, strict=True)}
    assert {tuple(row): int(n) for row, n in zip(result.classes.tolist(), result.count, strict=True)} == expected


def test_equal_area_cells_have_their_planar_area(three_dates):
    folder, maps = three_dates
    result = trajectory_areas(sources_of(folder, maps, "equal-area"))
    np.testing.assert_allclose(result.area_ha, result.count * 0.09, rtol=1e-12)  # 30 m cells


@pytest.mark.parametrize("grid", ["utm", "degrees"])
def test_areas_agree_with_geodesic_polygons(tmp_path, grid):
    """Karney's geodesic area of every row of cells, as a polygon densified along the row. Tolerance: 4 m chords."""
    from pyproj import Geod, Transformer

    crs, left, top, step = GRIDS[grid]
    values = np.repeat(np.arange(1, 41, dtype=np.uint8)[:, None], 60, axis=1)
    result = trajectory_areas([RasterSource(write_map(tmp_path / "rows.tif", values, grid), "2000")])
    geod = Geod(ellps="GRS80" if grid == "degrees" else "WGS84")
    lonlat = Transformer.from_crs(crs, "EPSG:4490" if grid == "degrees" else "EPSG:4326", always_xy=True)
    for row, area_ha in zip((0, 17, 39), result.area_ha[[0, 17, 39]], strict=True):
        x = left + np.linspace(0, 60, 241) * step
        ring_x = np.concatenate([x, x[::-1]])
        ring_y = np.concatenate([np.full(241, top - row * step), np.full(241, top - (row + 1) * step)])
        exact = abs(geod.polygon_area_perimeter(*lonlat.transform(ring_x, ring_y))[0])
        assert area_ha * 1e4 == pytest.approx(exact, rel=2e-7)


@pytest.mark.parametrize("grid", GRIDS)
def test_any_cutting_order_and_workers_give_the_same_digits(three_dates, grid):
    folder, maps = three_dates
    sources = sources_of(folder, maps, grid)
    whole = trajectory_areas(sources)
    rng = np.random.default_rng(1)
    for height, width in ((7, 330), (200, 13), (64, 64), (90, 101)):
        windows = [
            Window(r, c, min(height, 200 - r), min(width, 330 - c))
            for r, c in itertools.product(range(0, 200, height), range(0, 330, width))
        ]
        rng.shuffle(windows)
        assert same(whole, trajectory_areas(sources, windows=windows))
    with ThreadPoolExecutor(2) as executor:
        assert same(whole, trajectory_areas(sources, windows=iter(windows), executor=executor))


def test_parts_merge_to_the_whole_in_any_order(three_dates):
    folder, maps = three_dates
    plan = plan_pass(sources_of(folder, maps, "utm"))
    parts = [count_windows(plan, [Window(row, 0, 50, 330)]) for row in range(0, 200, 50)]
    whole = areas_of(count_windows(plan), plan)
    for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
        assert same(whole, areas_of(Histogram.merge([parts[k] for k in order]), plan))


def test_a_process_pool_counts_the_same(three_dates):
    folder, maps = three_dates
    sources = sources_of(folder, maps, "degrees")
    windows = [Window(row, 0, 2, 330) for row in range(0, 200, 2)]
    with ProcessPoolExecutor(1) as executor:
        assert same(trajectory_areas(sources), trajectory_areas(sources, windows=windows, executor=executor))


@pytest.mark.parametrize(
    "options",
    [
        {"compress": "lzw"},
        {"compress": "zstd", "tile": 16},
        {"tile": None},
        {"tile": 128, "compress": None},
    ],
)
def test_compression_and_blocks_do_not_matter(three_dates, options):
    folder, maps = three_dates
    plain = trajectory_areas(sources_of(folder, maps, "degrees"))
    assert same(plain, trajectory_areas(sources_of(folder, maps, "degrees", **options)))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int16", "int32", "float32", "float64"])
def test_cell_types_do_not_matter(three_dates, dtype):
    folder, maps = three_dates
    plain = trajectory_areas(sources_of(folder, maps, "utm"))
    retyped = [np.where(values == 255, 100, values).astype(dtype) for values in maps]
    assert same(plain, trajectory_areas(sources_of(folder, retyped, "utm", nodata=100)))


def test_large_and_negative_class_numbers(tmp_path):
    values = np.array([[-5, 70_000, 9113], [9116, 9113, -9999]], dtype=np.int32)
    path = write_map(tmp_path / "codes.tif", values, "equal-area", nodata=-9999, tile=None)
    result = trajectory_areas([RasterSource(path, "1996")])
    assert dict(zip(result.classes[:, 0].tolist(), result.count, strict=True)) == {
        NOT_SURVEYED: 1,
        -5: 1,
        9113: 2,
        9116: 1,
        70_000: 1,
    }


def test_two_dates_swapped_give_the_transpose(three_dates):
    folder, maps = three_dates
    first, second, _ = sources_of(folder, maps, "degrees")
    there, back = trajectory_areas([first, second]), trajectory_areas([second, first])
    table = dict(zip(map(tuple, there.classes.tolist()), there.area_ha, strict=True))
    assert table == {(b, a): area for (a, b), area in zip(back.classes.tolist(), back.area_ha, strict=True)}


def test_zones_of_a_raster_add_to_the_whole(three_dates):
    folder, maps = three_dates
    zones = np.zeros((200, 330), np.uint16)
    zones[20:90, 10:200], zones[90:160, 100:300], zones[170:, :] = 300, 7, 12
    path = write_map(folder / "zones.tif", zones, "degrees", nodata=0)
    sources = sources_of(folder, maps, "degrees")
    whole, parts = trajectory_areas(sources), trajectory_areas(sources, ZoneRaster(path))
    assert parts.zones == ("7", "12", "300")
    for spot, number in enumerate((7, 12, 300)):
        assert parts.count[parts.zone == spot].sum() == (zones == number).sum()
    merged = {}
    for key, count in zip(map(tuple, parts.classes.tolist()), parts.count, strict=True):
        merged[key] = merged.get(key, 0) + count
    assert merged == dict(zip(map(tuple, whole.classes.tolist()), whole.count, strict=True))
    assert parts.area_ha.sum() == pytest.approx(whole.area_ha.sum(), rel=1e-12)


def test_many_dates_with_many_classes_are_numbered_as_they_occur(tmp_path):
    rng = np.random.default_rng(3)
    maps = [rng.integers(0, 60, (40, 50)).astype(np.uint8) for _ in range(6)]
    sources = [
        RasterSource(write_map(tmp_path / f"{k}.tif", values, "utm", tile=16), str(k)) for k, values in enumerate(maps)
    ]
    result = trajectory_areas(sources)
    plain = np.unique(np.stack([values.ravel() for values in maps], axis=1), axis=0, return_counts=True)
    np.testing.assert_array_equal(result.classes, plain[0])
    np.testing.assert_array_equal(result.count, plain[1])


def test_progress_runs_to_one(three_dates):
    folder, maps = three_dates
    seen = []
    windows = [Window(row, 0, 1, 330) for row in range(200)]
    trajectory_areas(sources_of(folder, maps, "utm"), windows=windows, progress=lambda _, done: seen.append(done))
    assert seen == sorted(seen)
    assert len(seen) > 1
    assert seen[-1] == 1.0


def test_zone_numbers_without_a_name(three_dates):
    from methodology.base.errors import InputError

    folder, maps = three_dates
    zones = np.repeat(np.array([1, 2, 3, 0], np.uint8), 50)[:, None] * np.ones((1, 330), np.uint8)
    path = write_map(folder / "named.tif", zones, "utm", nodata=0)
    sources = sources_of(folder, maps, "utm")
    named = trajectory_areas(sources, ZoneRaster(path, {1: "north", 2: "middle", 3: "south", 9: "none here"}))
    assert named.zones == ("north", "middle", "south", "none here")
    assert named.count[named.zone == 1].sum() == 50 * 330
    assert named.count[named.zone == -1].sum() == 50 * 330
    with pytest.raises(InputError, match=r"BC-RAS-16.*zones 2, 3"):
        trajectory_areas(sources, ZoneRaster(path, {1: "north"}))
