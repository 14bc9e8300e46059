"""Result layers: the right values, complete or absent, going on after a stop."""

from __future__ import annotations

import numpy as np
import pytest

from bluecarbon.maps import layers_raster
from bluecarbon.maps.coding import NOT_SURVEYED
from bluecarbon.maps.layers_raster import Layer, write_raster_layers
from bluecarbon.maps.raster_source import RasterSource
from bluecarbon.maps.trajectories import plan_pass
from methodology.base.errors import InputError

STOCK = {1: 120.5, 2: 0.0, 3: 40.25}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    import rasterio
    from affine import Affine

    monkeypatch.setattr(layers_raster, "PART_ROWS", 512)
    rng = np.random.default_rng(0)
    sources = []
    for date in ("2000", "2010"):
        values = rng.choice([1, 2, 3, 255], (1300, 700), p=[0.4, 0.3, 0.2, 0.1]).astype(np.uint8)
        path = tmp_path / f"{date}.tif"
        profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "width": 700, "height": 1300, "nodata": 255}
        move = Affine(1e-4, 0, 113.0, 0, -1e-4, 23.0)
        with rasterio.open(path, "w", crs="EPSG:4490", transform=move, compress="deflate", **profile) as dataset:
            dataset.write(values, 1)
        sources.append(RasterSource(path, date))
    return plan_pass(sources)


def layer(**changes):
    values = {(a, b): STOCK[b] - STOCK[a] for a in STOCK for b in STOCK}
    return Layer(
        "change", "stock change", "t C/ha", values | changes.pop("values", {}), {"class 1": "mangrove"}, **changes
    )


def read(path):
    import rasterio

    with rasterio.open(path) as dataset:
        return dataset.read(1)


def expected(plan):
    first, second = (read(source.path) for source in plan.sources)
    out = np.full(first.shape, -9999.0)
    for a in STOCK:
        for b in STOCK:
            out[(first == a) & (second == b)] = STOCK[b] - STOCK[a]
    return out


def test_values_tags_and_format(plan, tmp_path):
    (path,) = write_raster_layers(plan, [layer()], tmp_path / "out")
    import rasterio

    np.testing.assert_array_equal(read(path), expected(plan))
    with rasterio.open(path) as dataset:
        assert dataset.nodata == -9999.0
        assert dataset.units == ("t C/ha",)
        assert dataset.descriptions == ("stock change",)
        assert dataset.tags()["class 1"] == "mangrove"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.crs.to_epsg() == 4490
        assert dataset.overviews(1)
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["change.tif"]


def test_a_stopped_run_goes_on(plan, tmp_path, monkeypatch):
    out = tmp_path / "out"
    painted = []
    paint = layers_raster._Painter.paint

    def stopped(self, row, height, layers):
        if row >= 1024 and len(painted) == 2:
            raise KeyboardInterrupt
        painted.append(row)
        return paint(self, row, height, layers)

    monkeypatch.setattr(layers_raster._Painter, "paint", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_raster_layers(plan, [layer()], out)
    assert painted == [0, 512]
    assert not (out / "change.tif").exists()
    painted.append("again")
    (path,) = write_raster_layers(plan, [layer()], out)
    assert painted == [0, 512, "again", 1024]
    np.testing.assert_array_equal(read(path), expected(plan))
    write_raster_layers(plan, [layer()], out)
    assert painted[-1] == 1024  # a finished layer is not written again


def test_parts_of_other_values_are_not_taken(plan, tmp_path):
    out = tmp_path / "out"
    write_raster_layers(plan, [layer()], out)
    (path,) = write_raster_layers(plan, [layer(values={(1, 1): 5.0})], out)
    assert (read(path) == 5.0).any()


def test_a_trajectory_without_a_value_stops(plan, tmp_path):
    few = Layer("change", "stock change", "t C/ha", {(1, 1): 0.0})
    with pytest.raises(InputError, match="BC-RAS-22"):
        write_raster_layers(plan, [few], tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))
    assert not list((tmp_path / "out").glob(".*"))


def test_no_value_and_not_surveyed_are_nodata(plan, tmp_path):
    some = layer(values={(1, 1): float("nan"), (1, NOT_SURVEYED): 7.0})
    values = read(write_raster_layers(plan, [some], tmp_path / "out")[0])
    first, second = (read(source.path) for source in plan.sources)
    assert (values[(first == 1) & (second == 1)] == -9999).all()
    assert (values[(first == 1) & (second == 255)] == 7.0).all()
    assert (values[first == 255] == -9999).all()


def test_a_map_is_never_overwritten(plan, tmp_path):
    named = Layer("2000", "stock", "t C/ha", {})
    with pytest.raises(InputError, match="BC-RAS-22"):
        write_raster_layers(plan, [named], tmp_path)
