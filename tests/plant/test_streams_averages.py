"""Time-weighted means, hours, totalisers."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccus.streams.averages import day_bounds, hour_edges, time_weighted, values_at
from ccus.streams.series import BAD, GOOD, Series
from ccus.streams.totaliser import counted, gap_percent
from methodology.base.errors import InputError

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "ccus"


def series(times, values, bad=()):
    severity = np.array([BAD if i in bad else GOOD for i in range(len(times))], dtype=np.uint8)
    return Series("X", np.array(times, dtype=float), np.array(values, dtype=float), severity)


def seconds(text):
    hours, minutes, rest = text.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + int(rest)


def test_golden_time_averages_of_opc_ua_part_13():
    path = GOLDEN / "opcua_part13_historian.json"
    if not path.exists():
        pytest.skip("expected results are not at hand")
    data = json.loads(path.read_text(encoding="utf-8"))
    rows = data["historian2_and_3_data"]  # historian 3: stepped, uncertain counts as bad
    times = [seconds(time) for time, _, _ in rows]
    values = [np.nan if value is None else value for _, value, _ in rows]
    bad = [i for i, (_, _, status) in enumerate(rows) if not status.startswith("Good")]
    expected = data["TimeAverage2_historian3_5s"]
    edges = np.array([seconds(time) for time, _, _ in expected] + [seconds(expected[-1][0]) + 5], dtype=float)
    found = time_weighted(series(times, values, bad), edges, "step", 1e9)
    for i, (_, value, status) in enumerate(expected):
        if value is not None:
            assert found.mean[i] == pytest.approx(value, rel=1e-12)
            assert found.valid(50.0)[i]
            assert (found.good_s[i] < 5) == ("Partial" in status)
        else:
            assert not found.valid(50.0)[i]  # below PercentGood 50


def test_step_mean_by_hand():
    # 10 holds 20 s, 40 holds 30 s, then a bad reading ends it: (10*20 + 40*30)/50
    found = time_weighted(series([0, 20, 50], [10, 40, 7], bad=[2]), np.array([0.0, 100.0]), "step", 1e9)
    assert found.mean[0] == pytest.approx(28.0)
    assert found.good_s[0] == 50


def test_linear_mean_by_hand():
    # 0 to 10 in 10 s, 10 to 30 in 20 s: areas 50 + 400 over 30 s; nothing beyond the last reading
    found = time_weighted(series([0, 10, 30], [0, 10, 30]), np.array([0.0, 5.0, 60.0]), "linear", 1e9)
    assert found.mean[0] == pytest.approx(2.5)
    assert found.mean[1] == pytest.approx((50 - 12.5 + 400) / 25)
    assert found.good_s.tolist() == [5, 25]


def test_a_reading_stands_no_longer_than_its_hold():
    found = time_weighted(series([0, 3600], [10, 20]), np.array([0.0, 3600.0, 7200.0]), "step", 1200.0)
    assert found.good_s.tolist() == [1200, 1200]
    assert not found.valid().any()
    assert time_weighted(series([0, 3600], [10, 20]), np.array([0.0, 3600.0]), "linear", 1200.0).good_s[0] == 0


def test_compression_is_not_a_gap():
    # a historian that drops unchanged points: one reading an hour at a constant 10, hold two hours
    dense = series(np.arange(0, 7200, 10), np.full(720, 10.0))
    sparse = series([0, 3600], [10, 10])
    edges = np.array([0.0, 3600.0, 7200.0])
    assert np.array_equal(
        time_weighted(dense, edges, "step", 7200.0).mean, time_weighted(sparse, edges, "step", 7200.0).mean
    )
    assert time_weighted(sparse, edges, "step", 7200.0).valid().all()


def test_an_hour_is_valid_from_75_per_cent_and_the_share_is_adjustable():
    edges = np.array([0.0, 3600.0])
    three_quarters = time_weighted(series([0, 2700], [1, 1], bad=[1]), edges, "step", 1e9)
    assert three_quarters.valid().all()
    assert not three_quarters.valid(80.0).any()
    assert not time_weighted(series([0, 2699], [1, 1], bad=[1]), edges, "step", 1e9).valid().any()


_ROW = st.tuples(st.integers(0, 5000), st.floats(-100, 100), st.booleans())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_ROW, min_size=2, max_size=30, unique_by=lambda row: row[0]),
    st.lists(st.integers(1, 4999), max_size=6, unique=True),
    st.sampled_from(["step", "linear"]),
)
def test_parts_sum_to_the_whole(rows, cuts, interpolation):
    rows = sorted(rows)
    given_series = series([r[0] for r in rows], [r[1] for r in rows], [i for i, r in enumerate(rows) if r[2]])
    whole = time_weighted(given_series, np.array([0.0, 5000.0]), interpolation, 700.0)
    parts = time_weighted(given_series, np.array([0.0, *sorted(cuts), 5000.0]), interpolation, 700.0)
    assert parts.good_s.sum() == pytest.approx(whole.good_s[0], abs=1e-6)
    sums = np.nansum(parts.mean * parts.good_s)
    assert sums == pytest.approx(np.nan_to_num(whole.mean[0]) * whole.good_s[0], abs=1e-6)


def test_values_at_moments():
    given_series = series([0, 100, 200], [0, 10, 20], bad=[2])
    assert values_at(given_series, np.array([50.0]), "step", 1000.0)[0] == 0
    assert values_at(given_series, np.array([50.0]), "linear", 1000.0)[0] == 5
    assert np.isnan(values_at(given_series, np.array([150.0, 250.0, -1.0]), "linear", 1000.0)).all()
    assert np.isnan(values_at(given_series, np.array([60.0]), "step", 50.0)).all()


def test_days_of_the_plant_zone():
    start, end = day_bounds(datetime(2025, 7, 1), ZoneInfo("Asia/Shanghai"))
    assert (start, end) == (datetime(2025, 6, 30, 16, tzinfo=UTC), datetime(2025, 7, 1, 16, tzinfo=UTC))
    berlin = ZoneInfo("Europe/Berlin")
    assert [hour_edges(*day_bounds(datetime(2025, m, d), berlin)).size - 1 for m, d in ((3, 30), (10, 26))] == [23, 25]
    year = hour_edges(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    assert year.size - 1 == 8784


@pytest.mark.parametrize(("how", "hold", "code"), [("", 1.0, "CC-MASS-51"), ("step", 0.0, "CC-MASS-52")])
def test_interpolation_and_hold_are_stated(how, hold, code):
    with pytest.raises(InputError) as caught:
        time_weighted(series([0], [1]), np.array([0.0, 1.0]), how, hold)
    assert caught.value.code == code


def test_totaliser_through_roll_over_reset_and_bad_readings():
    # 90, 97, then over the top at 100 to 4 (7 counted), then a reset to 1 (1 known), then 6
    found = counted(series([0, 1, 2, 3, 4, 5], [90, 97, 4, 55, 1, 6], bad=[3]), rollover_at=100.0, largest_step=20.0)
    assert found.step.tolist() == [0, 7, 7, 1, 5]
    assert (found.rollovers, found.resets) == (1, 1)
    assert [f.code for f in found.findings] == ["CC-MASS-61", "CC-MASS-62"]
    assert found.between(np.array([0.0, 2.0, 5.0])).tolist() == [14, 6]


def test_a_fall_that_no_roll_over_explains_is_a_reset():
    found = counted(series([0, 1], [50, 3]), rollover_at=1000.0)
    assert (found.rollovers, found.resets, found.step.tolist()) == (0, 1, [0, 3])
    assert counted(series([0, 1], [50, 3])).resets == 1


def test_counter_and_integral_shown_with_their_gap():
    assert gap_percent(200.0, 198.0) == pytest.approx(-1.0)
