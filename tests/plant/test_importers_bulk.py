"""Bulk Parquet to hours: against a plain loop, gaps, limits, quality, refusals."""

import numpy as np
import pytest

from ccus.importers.bulk import hourly
from ccus.streams.averages import time_weighted
from ccus.streams.series import BAD, GOOD, Series
from methodology.base.errors import InputError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
START = 1_735_660_800  # 2024-12-31T16:00:00Z


def write(path, time_s, **columns):
    table = {"time": pa.array((np.asarray(time_s) * 1e6).astype(np.int64), pa.timestamp("us", tz="UTC"))}
    table |= {name.replace("__", "."): pa.array(values) for name, values in columns.items()}
    pq.write_table(pa.table(table), path)
    return path


def refused(call):
    with pytest.raises(InputError) as caught:
        call()
    return caught.value.code


def test_hours_equal_a_plain_mean(tmp_path):
    rng = np.random.default_rng(1)
    time_s = START + np.arange(3 * 3600)
    value = 100 + rng.normal(0, 5, time_s.size)
    quality = np.where(rng.random(time_s.size) < 0.1, 0, 192).astype(np.uint8)
    found = hourly(write(tmp_path / "a.parquet", time_s, FT=value, FT__quality=quality))
    for hour in range(3):
        part = slice(3600 * hour, 3600 * (hour + 1))
        good = quality[part] == 192
        assert found.mean["FT"][hour] == pytest.approx(value[part][good].mean(), rel=1e-12)
        assert found.good_s["FT"][hour] == good.sum()
    assert found.start_s.tolist() == [START, START + 3600, START + 7200]
    assert found.rows == time_s.size


def test_the_size_of_batches_does_not_matter(tmp_path, monkeypatch):
    from ccus.importers import bulk

    rng = np.random.default_rng(2)
    time_s = START + np.cumsum(rng.uniform(0.5, 20, 5000))
    path = write(tmp_path / "a.parquet", time_s, FT=rng.normal(0, 1, 5000))
    whole = hourly(path)
    monkeypatch.setattr(bulk, "BATCH_ROWS", 97)
    parts = hourly(path)
    assert np.allclose(whole.mean["FT"], parts.mean["FT"], rtol=1e-10, equal_nan=True)
    assert np.allclose(whole.good_s["FT"], parts.good_s["FT"])


def test_uneven_steps_are_weighted_and_gaps_left_open(tmp_path):
    # 10 for 30 s, 40 for 60 s (its hold) and nothing until the next hour
    path = write(tmp_path / "a.parquet", [START, START + 30, START + 3600], FT=[10.0, 40.0, 7.0])
    found = hourly(path, max_hold_s=60.0)
    assert found.mean["FT"][0] == pytest.approx((10 * 30 + 40 * 60) / 90)
    assert found.good_s["FT"][0] == 90


def test_limits_nulls_and_bad_bytes_are_not_good(tmp_path):
    quality = np.array([192, 64, 0, 192, 192], dtype=np.uint8)
    values = [1.0, 2.0, 3.0, None, 500.0]
    path = write(tmp_path / "a.parquet", START + np.arange(5), FT=values, FT__quality=quality)
    found = hourly(path, {"FT": (0.0, 100.0)})
    assert found.good_s["FT"][0] == 2
    assert found.mean["FT"][0] == pytest.approx(1.5)


def test_hours_as_readings_keep_mean_and_good_time(tmp_path):
    time_s = START + np.arange(2 * 3600)
    quality = np.full(time_s.size, 192, dtype=np.uint8)
    quality[1800:3600] = 0
    found = hourly(
        write(tmp_path / "a.parquet", time_s, FT=np.r_[np.full(3600, 8.0), np.full(3600, 9.0)], FT__quality=quality)
    )
    series = found.series("FT", "FT601", factor=10.0)
    averages = time_weighted(series, START + 3600.0 * np.arange(3), "step", 3600.0)
    assert averages.mean.tolist() == [80.0, 90.0]
    assert averages.good_s.tolist() == [1800.0, 3600.0]
    assert isinstance(series, Series)
    assert series.severity.tolist() == [GOOD, BAD, GOOD]


def test_what_is_refused(tmp_path):
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no")
    assert refused(lambda: hourly(bad)) == "CC-IMP-01"
    assert refused(lambda: hourly(write(tmp_path / "b.parquet", [START + 5, START], FT=[1.0, 2.0]))) == "CC-IMP-11"
    local = pa.table({"time": pa.array([0, 1], pa.timestamp("us")), "FT": [1.0, 2.0]})
    pq.write_table(local, tmp_path / "c.parquet")
    assert refused(lambda: hourly(tmp_path / "c.parquet")) == "CC-IMP-10"
    pq.write_table(pa.table({"time": pa.array([0], pa.timestamp("us", tz="UTC"))}), tmp_path / "d.parquet")
    assert refused(lambda: hourly(tmp_path / "d.parquet")) == "CC-IMP-02"


def table(tmp_path, **columns):
    times = pa.array([1_735_660_800_000_000 + n * 1_000_000 for n in range(3)], pa.timestamp("us", tz="UTC"))
    named = {"time": times, "FT": pa.array([1.0, 2.0, 3.0])} | {k.replace("__", "."): v for k, v in columns.items()}
    pq.write_table(pa.table(named), tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"time": pa.array([None, 1, 2], pa.timestamp("us", tz="UTC"))}, "CC-IMP-10"),
        ({"AT": pa.array(["1", "Bad", "3"])}, "CC-IMP-15"),
        ({"FT__quality": pa.array(["Good", "Bad", "Good"])}, "CC-IMP-16"),
        ({"FT__quality": pa.array([0, 2147483648, 0])}, "CC-IMP-16"),
        ({"FT__quality": pa.array([192, 128, 192], pa.uint8())}, "CC-IMP-16"),
        ({"FT__quality": pa.array([192, -1, 192])}, "CC-IMP-16"),
    ],
)
def test_what_is_no_number_time_or_quality_is_refused(tmp_path, columns, code):
    assert refused(lambda: hourly(table(tmp_path, **columns))) == code


def test_a_column_left_out_on_purpose_and_numbers_without_end(tmp_path):
    path = table(tmp_path, AT=pa.array(["1", "Bad", "3"]), FT=pa.array([1.0, float("inf"), 3.0]))
    found = hourly(path, ignored=("AT",))
    assert (found.mean["FT"][0], found.good_s["FT"][0]) == (2.0, 2.0)  # 1 and 3 for a second each
    times, values = pa.array([0], pa.timestamp("us", tz="UTC")), pa.array([1.0])
    pq.write_table(
        pa.Table.from_arrays([times, values, values], names=["time", "FT", "FT"]), tmp_path / "twice.parquet"
    )
    assert refused(lambda: hourly(tmp_path / "twice.parquet")) == "CC-IMP-07"


def test_a_bulk_file_into_the_log_and_out_as_hours(tmp_path):
    from test_importers_historian import PLANT

    from ccus.importers.storing import store_export
    from ccus.inventory.accounts import account
    from ccus.inventory.records import read_records
    from ccus.inventory.statement import period_bounds
    from ccus.log.new_plant import set_up
    from ccus.log.session import session

    folder = tmp_path / "plant"
    folder.mkdir()
    text = PLANT.replace("REFERENCE", 'reference_condition = "0C_1atm"').replace("max_hold_s = 600", "max_hold_s = 5")
    (folder / "plant.toml").write_text(text, encoding="utf-8")
    set_up(folder, dict.fromkeys(("--name", "--timezone", "--nameplate", "--line")), "tester")
    time_s = START + np.arange(4 * 3600)  # 2025-01-01 00:00 to 04:00 in Shanghai
    quality = np.full(time_s.size, 192, dtype=np.uint8)
    quality[3600:3960] = 0  # a tenth of the second hour
    flow, purity = np.full(time_s.size, 2000.0), np.full(time_s.size, 98.0)
    path = write(tmp_path / "bulk.parquet", time_s, FT601=flow, AT600=purity, FT601__quality=quality)
    with session(folder) as log:
        stored = store_export(log, path, "tester")
        assert stored.changed
        assert not store_export(log, path, "tester").changed
        start, _ = period_bounds("2025-01-01", log.plant)
        accounts = account(read_records(log.ledger, start, start + np.timedelta64(4, "h").astype(object)))
    share = 0.98 * 44.0098 / (0.98 * 44.0098 + 0.02 * 28.0134)
    hours = accounts.lines[0].hours.captured
    assert hours.measured == pytest.approx(np.array([2000, 1800, 2000, 2000]) * share, rel=1e-9)
    assert [(fill.hour, round(fill.share, 6)) for fill in hours.fills] == [(1, 0.1)]
