"""Rasters that must not be used: each fault, its code, and that nothing is guessed."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from bluecarbon.maps.coding import NOT_SURVEYED, Coder, Column
from bluecarbon.maps.raster_source import RasterSource, prepare_sources
from bluecarbon.maps.trajectories import plan_pass, trajectory_areas
from bluecarbon.maps.zones import ZonePolygons
from methodology.base.errors import InputError

UTM = {"crs": "EPSG:32650", "left": 300000.0, "top": 2400000.0, "step": 30.0}


def write(path, values, crs="EPSG:32650", left=300000.0, top=2400000.0, step=30.0, **options):
    import rasterio
    from affine import Affine

    values = np.atleast_3d(values).transpose(2, 0, 1) if values.ndim == 2 else values
    profile = {"driver": "GTiff", "dtype": values.dtype, "count": len(values), "nodata": 255, "crs": crs}
    profile |= {"height": values.shape[1], "width": values.shape[2], "transform": Affine(step, 0, left, 0, -step, top)}
    with rasterio.open(path, "w", **(profile | options)) as dataset:
        dataset.write(values)
    return path


def codes_of(*sources, **options):
    with pytest.raises(InputError) as caught:
        trajectory_areas([RasterSource(path, str(year)) for year, path in enumerate(sources)], **options)
    return [finding.code for finding in caught.value.findings], str(caught.value)


@pytest.fixture
def plain():
    return np.random.default_rng(0).integers(1, 9, (300, 200)).astype(np.uint8)


def test_missing_crs(tmp_path, plain):
    codes, text = codes_of(write(tmp_path / "no-crs.tif", plain, crs=None))
    assert codes == ["BC-MAP-10"]
    assert "never guessed" in text


def test_every_fault_of_every_file_at_once(tmp_path, plain):
    first = write(tmp_path / "no-crs.tif", plain, crs=None)
    second = write(tmp_path / "two-bands.tif", np.stack([plain, plain]))
    codes, text = codes_of(first, second, tmp_path / "absent.tif")
    assert codes == ["BC-MAP-10", "BC-RAS-03", "BC-MAP-03"]
    assert "band = 1 to 2" in text


def test_a_stated_band_is_read(tmp_path, plain):
    path = write(tmp_path / "two-bands.tif", np.stack([plain, np.full_like(plain, 4)]))
    result = trajectory_areas([RasterSource(path, "2000", band=2)])
    assert result.classes.tolist() == [[4]]
    with pytest.raises(InputError, match="BC-RAS-03"):
        trajectory_areas([RasterSource(path, "2000", band=3)])


@pytest.mark.parametrize("tiled", [True, False])
def test_truncated_file_names_the_block(tmp_path, plain, tiled):
    options = {"tiled": True, "blockxsize": 64, "blockysize": 64} if tiled else {"blockysize": 16}
    whole = write(tmp_path / "whole.tif", plain, compress="deflate", **options).read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole[: len(whole) * 6 // 10])
    codes, text = codes_of(cut)
    assert codes == ["BC-RAS-05"]
    assert "rows " in text
    assert "columns 0–" in text or "columns 64–" in text or "columns 128–" in text
    assert "Nothing was written" in text


def test_corrupt_bytes_inside(tmp_path, plain):
    path = write(tmp_path / "corrupt.tif", plain, compress="deflate", tiled=True, blockxsize=64, blockysize=64)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = b"\xff" * 400
    path.write_bytes(data)
    assert codes_of(path)[0] == ["BC-RAS-05"]


def test_a_file_of_noise(tmp_path):
    path = tmp_path / "noise.tif"
    path.write_bytes(b"not a raster at all" * 50)
    assert codes_of(path)[0] == ["BC-RAS-01"]


def test_header_of_a_thousand_million_cells(tmp_path, plain):
    import rasterio

    path = tmp_path / "huge.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "crs": "EPSG:32650", "nodata": 255}
    profile |= {"width": 31_623, "height": 31_623, "tiled": True, "blockxsize": 512, "blockysize": 512}
    move = rasterio.transform.from_origin(3e5, 24e5, 30, 30)
    with rasterio.open(path, "w", SPARSE_OK=True, transform=move, **profile):
        pass
    assert path.stat().st_size < 40_000
    assert codes_of(path)[0] == ["BC-RAS-04"]


def test_blocks_never_written_are_no_zeros(tmp_path):
    import rasterio
    from rasterio.windows import Window

    path = tmp_path / "sparse.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "crs": "EPSG:32650", "width": 128, "height": 128}
    profile |= {
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        "transform": rasterio.Affine(30, 0, 3e5, 0, -30, 2e6),
    }
    with rasterio.open(path, "w", SPARSE_OK=True, **profile) as dataset:
        dataset.write(np.ones((64, 64), np.uint8), 1, window=Window(0, 0, 64, 64))
    assert codes_of(path)[0] == ["BC-RAS-08"]
    stated = trajectory_areas([RasterSource(path, "2000", nodata=0)])
    assert stated.classes[:, 0].tolist() == [NOT_SURVEYED, 1]


@pytest.mark.parametrize("name", ["map.tif", "map.png"])
def test_vrt_in_disguise(tmp_path, plain, name):
    write(tmp_path / "real.tif", plain)
    path = tmp_path / name
    path.write_text(
        '<VRTDataset rasterXSize="200" rasterYSize="300"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        '<SourceFilename relativeToVRT="1">real.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
    )
    assert codes_of(path)[0] == ["BC-RAS-01"]


@pytest.mark.parametrize("path", ["/vsicurl/http://example.org/a.tif", "http://example.org/a.tif", "GTIFF_DIR:1:a.tif"])
def test_paths_that_are_not_local_files(path):
    assert codes_of(path)[0] == ["BC-MAP-01"]


def test_a_climbing_path(tmp_path, plain):
    write(tmp_path / "a.tif", plain)
    (tmp_path / "sub").mkdir()
    assert codes_of(f"{tmp_path}/sub/../a.tif")[0] == ["BC-MAP-02"]


def test_fractions_are_no_classes(tmp_path, plain):
    values = plain.astype(np.float32)
    values[120, 77] = 2.5
    codes, text = codes_of(write(tmp_path / "mean.tif", values))
    assert codes == ["BC-RAS-06"]
    assert "row 120, column 77" in text
    assert "2.5" in text


def test_not_a_number_is_not_surveyed(tmp_path, plain):
    values = plain.astype(np.float32)
    values[:3] = np.nan
    result = trajectory_areas([RasterSource(write(tmp_path / "nan.tif", values, nodata=np.nan), "2000")])
    assert result.count[result.classes[:, 0] == NOT_SURVEYED].tolist() == [600]


def test_rotated_grid(tmp_path, plain):
    from affine import Affine

    move = Affine.translation(3e5, 24e5) @ Affine.rotation(10) @ Affine.scale(30, -30)
    assert codes_of(write(tmp_path / "rotated.tif", plain, transform=move))[0] == ["BC-RAS-02"]


def test_duplicate_dates(tmp_path, plain):
    path = write(tmp_path / "a.tif", plain)
    with pytest.raises(InputError, match="BC-RAS-09"):
        prepare_sources([RasterSource(path, "2000"), RasterSource(path, "2000")])


def test_other_grid_is_refused_or_told(tmp_path, plain):
    first = write(tmp_path / "a.tif", plain)
    second = write(tmp_path / "b.tif", plain, left=300010.0)
    codes, text = codes_of(first, second, resample=False)
    assert codes == ["BC-RAS-13"]
    assert "300010" in text
    plan = plan_pass([RasterSource(first, "2000"), RasterSource(second, "2010")])
    told = [finding for finding in plan.findings if finding.code == "BC-RAS-14"]
    assert "at most 10 m" in told[0].found
    result = trajectory_areas([RasterSource(first, "2000"), RasterSource(second, "2010")])
    same = result.count[result.classes[:, 0] == result.classes[:, 1]].sum()
    assert same == 200 * 300  # a third of a cell: the nearest centre is the same cell


def test_whole_cell_offset_reads_the_same_ground(tmp_path, plain):
    first = write(tmp_path / "a.tif", plain)
    second = write(tmp_path / "b.tif", plain[10:, 20:], left=300000.0 + 600, top=2400000.0 - 300)
    result = trajectory_areas([RasterSource(first, "2000"), RasterSource(second, "2010")])
    both = result.classes[:, 1] != NOT_SURVEYED
    assert result.count[both].sum() == 290 * 180
    assert (result.classes[both, 0] == result.classes[both, 1]).all()
    assert {"BC-RAS-14", "BC-RAS-15"} == {finding.code for finding in result.findings}


def test_other_crs_is_read_by_nearest_class(tmp_path):
    first = write(tmp_path / "a.tif", np.full((100, 100), 3, np.uint8))
    second = write(tmp_path / "b.tif", np.full((400, 400), 7, np.uint8), "EPSG:4326", 114.9, 21.8, 0.0005, nodata=None)
    assert codes_of(first, second, resample=False)[0] == ["BC-RAS-13"]
    result = trajectory_areas([RasterSource(first, "2000"), RasterSource(second, "2010")])
    assert {3} == set(result.classes[:, 0].tolist())
    assert set(result.classes[:, 1].tolist()) <= {7, NOT_SURVEYED}
    assert result.count.sum() == 10_000


def test_an_unknown_datum_shift_is_refused(tmp_path):
    first = write(tmp_path / "a.tif", np.full((50, 50), 3, np.uint8), "EPSG:4490", 113.0, 23.0, 0.001)
    second = write(tmp_path / "b.tif", np.full((50, 50), 3, np.uint8), "EPSG:4214", 113.0, 23.0, 0.001)
    assert codes_of(first, second)[0] == ["BC-MAP-12"]


def test_map_without_nodata_is_asked_about(tmp_path, plain):
    path = write(tmp_path / "a.tif", plain, nodata=None)
    assert [finding.code for finding in trajectory_areas([RasterSource(path, "2000")]).findings] == ["BC-RAS-10"]
    assert not trajectory_areas([RasterSource(path, "2000", nodata=0)]).findings


def test_beyond_the_pole(tmp_path, plain):
    assert codes_of(write(tmp_path / "a.tif", plain, "EPSG:4326", 0.0, 95.0, 0.1))[0] == ["BC-RAS-11"]


def test_mask_in_a_file_of_its_own(tmp_path, plain):
    import rasterio

    path = write(tmp_path / "a.tif", plain, nodata=None)
    with rasterio.open(path, "r+") as dataset:
        dataset.write_mask(plain > 2)
    assert codes_of(path)[0] == ["BC-RAS-07"]


def test_continuous_layer_as_classes_is_refused(monkeypatch):
    monkeypatch.setattr("bluecarbon.maps.coding.MAX_TRAJECTORIES", 1000)
    values = np.arange(60_000, dtype=np.uint16).reshape(200, 300)
    coder = Coder([Column("uint16", ()), Column("uint16", ())])
    with pytest.raises(InputError, match="BC-RAS-12"):
        coder.code([values, values[::-1].copy()])


def test_overlapping_zones(tmp_path, plain):
    import shapely

    path = write(tmp_path / "a.tif", plain)
    squares = [shapely.box(300000, 2391000, 303000, 2400000), shapely.box(302000, 2391000, 306000, 2400000)]
    with pytest.raises(InputError, match="BC-RAS-17"):
        trajectory_areas([RasterSource(path, "2000")], ZonePolygons(["west", "east"], squares, "EPSG:32650"))


def test_stray_proj_data_does_no_harm(tmp_path, plain):
    path = write(tmp_path / "a.tif", plain, "EPSG:4490", 113.0, 23.0, 1e-4)
    code = (
        "from bluecarbon.maps.trajectories import *\nfrom bluecarbon.maps.raster_source import RasterSource\n"
        f"print(repr(trajectory_areas([RasterSource({str(path)!r}, '2000')]).area_ha.sum()))"
    )
    seen = []
    for extra in ({}, {"PROJ_DATA": str(tmp_path), "PROJ_LIB": str(tmp_path), "GDAL_DATA": str(tmp_path)}):
        run = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | extra, capture_output=True, text=True, check=True
        )
        seen.append(run.stdout)
    assert seen[0] == seen[1]


def test_nodata_that_cells_cannot_hold(tmp_path, plain):
    path = write(tmp_path / "a.tif", plain, nodata=None)
    told = trajectory_areas([RasterSource(path, "2000", nodata=-9999)]).findings
    assert [finding.code for finding in told] == ["BC-RAS-10"]
    assert "cannot hold" in told[0].found


def test_nodata_of_float_maps(tmp_path, plain):
    least = float(np.finfo(np.float32).min)
    values = plain.astype(np.float32)
    values[0] = least
    result = trajectory_areas([RasterSource(write(tmp_path / "a.tif", values, nodata=least), "2000")])
    assert result.count[result.classes[:, 0] == NOT_SURVEYED].tolist() == [200]
    values[5, 5] = np.inf
    assert codes_of(write(tmp_path / "b.tif", values, nodata=least))[0] == ["BC-RAS-06"]


def test_damage_is_told_by_workers_too(tmp_path, plain):
    from concurrent.futures import ProcessPoolExecutor

    whole = write(tmp_path / "whole.tif", plain, compress="deflate", tiled=True, blockxsize=64, blockysize=64)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with ProcessPoolExecutor(1) as executor:
        codes, _ = codes_of(cut, executor=executor)
    assert codes == ["BC-RAS-05"]
