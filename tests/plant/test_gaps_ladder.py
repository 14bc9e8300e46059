"""Answers to gaps: the golden day, each rung, direction, regulators' rules."""

import json

import golden_day
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccus.gaps import ladder
from ccus.gaps.bounds import bound, like_hours
from ccus.gaps.choices import alternatives
from ccus.gaps.ladder import Rules, fill
from ccus.gaps.regulatory import Part75, monitor_availability_percent, mrr_substitute, part75_substitute
from ccus.streams.averages import Averages, day_bounds, hour_edges, time_weighted
from ccus.streams.co2flow import StreamMeters, co2_flow
from methodology.base.errors import InputError


def hours(mean, good=None):
    mean = np.asarray(mean, dtype=float)
    good_s = np.where(np.isfinite(mean), 3600.0, 0.0) if good is None else np.asarray(good, float) * 3600
    return Averages(np.arange(mean.size + 1) * 3600.0, mean, good_s)


def golden(name):
    path = golden_day.GOLDEN / name
    if not path.exists():
        pytest.skip("expected results are not at hand")
    return json.loads(path.read_text(encoding="utf-8"))


def test_golden_day_is_never_above_the_truth_and_short_by_its_fills():
    truth = golden_day.truth()
    plant, meters, _ = golden_day.judged()
    flow = co2_flow(StreamMeters(meters["FT601"], meters["AT600"]), "product CO2")
    edges = hour_edges(*day_bounds(golden_day.DAY, plant.zone))
    averages = time_weighted(flow, edges, "step", 600.0)
    load = time_weighted(meters["FT301"].series, edges, "step", 600.0).mean
    for rule in ("percentile", "mean_2sd"):
        filled = fill(averages, Rules("low", rule), load)
        total_t, true_t = filled.total / 1000, truth["truth_with_vol_to_wt"]
        assert total_t <= true_t
        filled_h = sum(item.share for item in filled.fills)
        assert filled_h == pytest.approx(10 / 6, abs=1e-9)  # 6 + 1 + 1 + 1 + 1 intervals of ten minutes
        # what was measured is the truth of those intervals, so the shortfall is that of the fills
        unmeasured_t = true_t - filled.measured.sum() / 1000
        fills_t = sum(item.amount for item in filled.fills) / 1000
        assert true_t - total_t == pytest.approx(unmeasured_t - fills_t, rel=1e-9)
        mean_t_h = unmeasured_t / filled_h
        assert 1.9 < mean_t_h < 2.25, "the measured part left exactly the lost intervals"
        assert all(item.rate / 1000 < mean_t_h for item in filled.fills)


def test_golden_day_measured_part_is_exact():
    truth = golden_day.truth()
    _, meters, verdicts = golden_day.judged()
    flow = co2_flow(StreamMeters(meters["FT601"], meters["AT600"]), "product CO2")
    true_flow = {i["time"]: i["true"] for i in truth["injected"] if i["tag"] == "FT601"}
    by_hand = 0.0
    flow_raw, purity_raw = verdicts["FT601"].series, verdicts["AT600"].series
    for i in range(len(flow_raw)):
        if flow_raw.usable[i] and purity_raw.usable[i]:
            y = purity_raw.value[i]
            by_hand += flow_raw.value[i] * y * 44.0098 / (y * 44.0098 + (1 - y) * 28.0134) / 6
    assert np.nansum(np.where(flow.usable, flow.value, 0)) / 6 == pytest.approx(by_hand, rel=1e-12)
    assert len(true_flow) == 8


def test_rungs_in_their_order():
    day = np.full(48, 100.0)
    rng = np.random.default_rng(0)
    day += rng.normal(0, 2, 48)
    day[10] = np.nan  # neighbours
    day[20:32] = np.nan  # twelve hours: bound of like hours
    averages = hours(day)
    found = {item.hour: item for item in fill(averages, Rules("low")).fills}
    limit = bound(day[np.isfinite(day)], "low")
    assert found[10].rung == ladder.NEIGHBOURS
    assert found[10].rate == pytest.approx(min((day[9] + day[11]) / 2, limit))
    assert {found[h].rung for h in range(20, 32)} == {ladder.BOUND}
    assert found[25].rate == pytest.approx(limit)
    spare, closed = np.full(48, np.nan), np.full(48, np.nan)
    spare[10], closed[10], closed[20] = 98.5, 97.0, 96.0
    found = {
        item.hour: item
        for item in fill(
            averages, Rules("low"), evidence=[(ladder.REDUNDANT, hours(spare)), (ladder.BALANCE, hours(closed))]
        ).fills
    }
    assert (found[10].rung, found[10].rate) == (ladder.REDUNDANT, 98.5)
    assert (found[20].rung, found[20].rate) == (ladder.BALANCE, 96.0)
    assert fill(averages, Rules("low"), evidence=[(ladder.REDUNDANT, hours(spare))]).bound_share[10] == 0


def test_bounds_by_hand_and_by_direction():
    values = np.arange(1.0, 22.0)  # 1 to 21: 10th percentile 3, 90th 19; mean 11, sd 6.204837
    assert bound(values, "low") == pytest.approx(3.0)
    assert bound(values, "high") == pytest.approx(19.0)
    assert bound(values, "high", "mean_2sd") == pytest.approx(11 + 2 * np.sqrt(38.5))
    assert bound(values, "low", "mean_2sd") == 0.0  # 11 − 12.4 is no amount
    assert np.isnan(bound(values[:5], "low"))


def test_nothing_known_counts_nothing_and_energy_counts_the_most():
    averages = hours([np.nan, 5.0, np.nan])
    assert fill(averages, Rules("low")).total == 5.0
    assert [item.rung for item in fill(averages, Rules("low")).fills] == [ladder.NOTHING] * 2
    assert fill(averages, Rules("high", highest=9.0)).total == 5.0 + 18.0
    assert np.isnan(fill(averages, Rules("high")).total), "without a limit an unknown energy stays unknown"


def test_the_rest_of_a_valid_hour_is_filled_not_scaled():
    day = np.full(24, 100.0)
    good = np.ones(24)
    good[5], good[9] = 5 / 6, 0.5
    filled = fill(hours(day, good), Rules("low"))
    assert filled.measured[5] == pytest.approx(100 * 5 / 6)
    assert filled.measured[9] == 0, "half an hour is no valid hour"
    shares = {item.hour: item.share for item in filled.fills}
    assert shares == {5: pytest.approx(1 / 6), 9: 1.0}


def test_a_logged_standstill_is_no_gap():
    day = np.full(24, 100.0)
    day[4:8] = np.nan
    stopped = np.zeros(24)
    stopped[4:6] = 1.0
    stopped[6] = 0.25
    filled = fill(hours(day), Rules("low"), stopped=stopped)
    rungs = [(item.hour, item.share, item.rung) for item in filled.fills]
    assert rungs == [
        (4, 1.0, ladder.STOPPED),
        (5, 1.0, ladder.STOPPED),
        (6, 0.25, ladder.STOPPED),
        (6, 0.75, ladder.NEIGHBOURS),
        (7, 1.0, ladder.NEIGHBOURS),
    ]


def test_like_hours_are_of_like_load():
    rng = np.random.default_rng(1)
    load = rng.uniform(50, 100, 600)
    rate = load * 2
    rate[300] = np.nan
    load[300] = 52.0
    chosen = like_hours(load, np.isfinite(rate), 300)
    assert load[chosen].max() < 60
    assert fill(hours(rate), Rules("low"), load).fills[0].rate < 115
    load[300] = np.nan
    assert like_hours(load, np.isfinite(rate), 300).size == 599


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(10, 20)), min_size=20, max_size=80))
def test_amounts_close_and_direction_holds(values):
    averages = hours([np.nan if v is None else v for v in values])
    low, high = fill(averages, Rules("low")), fill(averages, Rules("high", highest=30.0))
    for filled in (low, high):
        parts = filled.by_rung()
        assert sum(amount for amount, _ in parts.values()) == pytest.approx(filled.total, rel=1e-12, abs=1e-9)
        assert sum(h for _, h in parts.values()) == pytest.approx(len(values))
    assert low.total <= high.total + 1e-9


def test_golden_mrr_substitution_and_the_bound():
    data = golden("eu_mrr.json")["substitution"]
    values = np.array([np.nan if v is None else v for v in data["conc_g_Nm3"]])
    flow = np.array(data["flow_Nm3_h"])
    high, low = mrr_substitute(values), mrr_substitute(values, "capture")
    assert high == pytest.approx(data["C_subst_sample"], rel=1e-12)
    assert low == pytest.approx(data["conservative_for_a_capture_claim_C"], rel=1e-12)
    for value, total in ((high, data["annual_t_eq1"]), (low, data["t_if_lower_bound"])):
        assert (np.where(np.isnan(values), value, values) * flow).sum() * 1e-6 == pytest.approx(total, rel=1e-12)


def test_mrr_by_hand():
    # 1, 2, 3: mean 2, sd 1
    assert mrr_substitute(np.array([1.0, 2.0, np.nan, 3.0])) == pytest.approx(4.0)
    assert mrr_substitute(np.array([1.0, 2.0, np.nan, 3.0]), "capture") == pytest.approx(0.0)
    with pytest.raises(InputError) as caught:
        mrr_substitute(np.array([1.0, np.nan]))
    assert caught.value.code == "CC-GAP-01"


def test_golden_part_75():
    data = golden("epa_part75_missing.json")
    lookback = np.array(data["lookback_720_hours"])
    for case in data["cases"]:
        inputs = Part75(lookback, data["hour_before"], data["hour_after"], case["PMA"], data["MPC_example"])
        linear, _ = part75_substitute(inputs, case["gap_h"])
        rank, _ = part75_substitute(inputs, case["gap_h"], "nearest_rank")
        assert linear == pytest.approx(case.get("value_linear", case.get("value")), rel=1e-12)
        assert rank == pytest.approx(case.get("value_rank", case.get("value")), rel=1e-12)
    pma = data["PMA_eq8"]
    assert monitor_availability_percent(pma["quality_assured_hours"], pma["unit_operating_hours"]) == pytest.approx(
        pma["percent"], abs=5e-5
    )


def test_part_75_by_hand():
    lookback = np.arange(1.0, 101.0)
    assert part75_substitute(Part75(lookback, 10.0, 20.0, 96.0, 200.0), 24)[0] == 15.0
    assert part75_substitute(Part75(lookback, 10.0, 20.0, 96.0, 200.0), 25, "nearest_rank")[0] == 90.0
    assert part75_substitute(Part75(lookback, 99.0, 99.0, 91.0, 200.0), 9)[0] == 99.0
    assert part75_substitute(Part75(lookback, 10.0, 20.0, 89.9, 200.0), 1)[0] == 100.0
    assert part75_substitute(Part75(lookback, 10.0, 20.0, 79.9, 200.0), 1)[0] == 200.0
    with pytest.raises(InputError) as caught:
        monitor_availability_percent(701, 700)
    assert caught.value.code == "CC-GAP-02"


def test_regulators_rules_run_only_when_chosen_and_never_move_the_headline():
    day = np.full(48, 100.0) + np.random.default_rng(0).normal(0, 3, 48)
    day[20:32] = np.nan
    averages, rules = hours(day), Rules("low")
    headline = fill(averages, rules)
    names = [item.name for item in alternatives(averages, headline, rules)]
    assert not any("MRR" in name or "75" in name for name in names)
    chosen = {a.name.split(",")[0]: a for a in alternatives(averages, headline, rules, chosen=("eu-mrr", "us-part-75"))}
    measured = day[np.isfinite(day)]
    expected = measured.sum() + 12 * (measured.mean() + 2 * measured.std(ddof=1))
    assert chosen["EU MRR"].total == pytest.approx(expected)
    assert chosen["EU MRR"].excess == pytest.approx(expected - headline.total)
    assert chosen["EU MRR"].excess > 0
    assert headline.total == fill(averages, rules).total


def rungs(mean, direction="low", **more):
    """Rung of every hour that was answered."""
    return {item.hour: item.rung for item in fill(hours(mean), Rules(direction), **more).fills}


def test_one_day_of_readings_is_not_a_year():
    year = np.full(8760, np.nan)
    year[3000:3024] = 2000.0
    filled = fill(hours(year), Rules("low"))
    assert filled.total == 24 * 2000.0
    assert {item.rung for item in filled.fills} == {ladder.NOTHING}


@pytest.mark.parametrize(("gap", "rung"), [(120, ladder.BOUND), (121, ladder.NOTHING)])
def test_a_bound_stands_in_for_five_days_at_the_most(gap, rung):
    mean = np.full(50 + gap + 50, 2000.0)
    mean[50 : 50 + gap] = np.nan
    assert set(rungs(mean).values()) == {rung}
    assert set(rungs(mean, "high").values()) == {ladder.BOUND}  # energy goes on being counted


def test_nothing_is_captured_before_the_first_and_after_the_last_reading():
    mean = np.full(60, 2000.0)
    mean[:5] = mean[-5:] = np.nan
    assert set(rungs(mean).values()) == {ladder.NOTHING}


def test_a_stop_in_the_log_and_a_second_meter_end_a_gap_too():
    mean = np.full(60, 2000.0)
    mean[30:] = np.nan
    still = np.zeros(60)
    still[40:] = 1.0
    found = rungs(mean, stopped=still)
    assert {found[hour] for hour in range(30, 40)} == {ladder.BOUND}
    assert {found[hour] for hour in range(40, 60)} == {ladder.STOPPED}
    spare = np.full(60, np.nan)
    spare[59] = 1900.0
    assert rungs(mean, evidence=[(ladder.REDUNDANT, hours(spare))])[45] == ladder.BOUND


def test_a_bound_goes_by_what_other_meters_showed_of_the_line():
    hours = 400
    mean, good = np.full(hours, 100.0), np.full(hours, 3600.0)
    good[100:130], good[200:] = 0.0, 0.0
    averages = Averages(3600.0 * np.arange(hours + 1), np.where(good > 0, mean, np.nan), good)
    running = np.full(hours, np.nan)
    running[100:120], running[120:130], running[200:300] = 1.0, 0.0, 1.0
    amounts = fill(averages, Rules("low"), running=running).amounts()
    assert amounts[100:120].tolist() == [100.0] * 20, "shown to run"
    assert amounts[120:130].tolist() == [0.0] * 10, "shown at rest, though the gap is short and closed"
    assert amounts[200:300].tolist() == [100.0] * 100, "shown to run, though nothing closes the gap"
    assert amounts[300:].tolist() == [0.0] * 100, "nobody spoke, and nothing closes the gap"


def test_a_value_read_by_hand_counts_at_most_the_bound_of_captured_co2_and_at_least_that_of_energy():
    day = np.arange(100.0, 121.0)  # 21 hours: tenth percentile 102, ninetieth 118
    mean = np.concatenate([day, [np.nan] * 12, day])
    hand = np.full(mean.shape, np.nan)
    hand[25], hand[26], hand[27] = 200.0, 50.0, 110.0
    low = {f.hour: f for f in fill(hours(mean), Rules("low"), evidence=[(ladder.MANUAL, hours(hand))]).fills}
    assert [(low[h].rung, low[h].rate) for h in (25, 26, 27)] == [
        (ladder.MANUAL, pytest.approx(102.0)),
        (ladder.MANUAL, 50.0),
        (ladder.MANUAL, pytest.approx(102.0)),
    ]
    high = {f.hour: f for f in fill(hours(mean), Rules("high"), evidence=[(ladder.MANUAL, hours(hand))]).fills}
    assert [high[h].rate for h in (25, 26, 27)] == [200.0, pytest.approx(118.0), pytest.approx(118.0)]
    said = {f.hour: f for f in fill(hours(mean), Rules("low"), evidence=[(ladder.BY_HAND, hours(hand))]).fills}
    assert [(said[h].rung, said[h].rate) for h in (25, 26)] == [(ladder.BY_HAND, 200.0), (ladder.BY_HAND, 50.0)]


def test_a_value_read_by_hand_without_any_bound_captures_nothing_and_uses_energy():
    mean, hand = [np.nan] * 3, [np.nan, 40.0, np.nan]
    assert fill(hours(mean), Rules("low"), evidence=[(ladder.MANUAL, hours(hand))]).total == 0.0
    found = fill(hours(mean), Rules("high", highest=0.0), evidence=[(ladder.MANUAL, hours(hand))])
    assert found.total == 40.0


def test_a_good_second_meter_comes_before_a_value_read_by_hand():
    mean, spare, hand = [5.0, np.nan], [np.nan, 4.0], [np.nan, 9.0]
    ways = [(ladder.REDUNDANT, hours(spare)), (ladder.MANUAL, hours(hand))]
    assert fill(hours(mean), Rules("low"), evidence=ways).total == 9.0


def test_unrecorded_hours_by_hand():
    spoke = np.ones(300, dtype=bool)
    spoke[10:20] = spoke[50:171] = spoke[290:] = False
    still = np.zeros(300)
    still[292:] = 1.0
    lost = ladder.unrecorded_hours(spoke, still, Rules("low"))
    # ten hours between readings are closed, 121 hours are too long, two hours end in an outage of the log
    assert np.flatnonzero(lost).tolist() == list(range(50, 171))
    assert ladder.unrecorded_hours(spoke, still, Rules("low", longest_bound_hours=0)).sum() == 10 + 121 + 2
    tail = np.arange(300) < 290
    none = np.zeros(300)
    assert np.flatnonzero(ladder.unrecorded_hours(tail, none, Rules("low"))).tolist() == list(range(290, 300))
    assert not ladder.unrecorded_hours(tail, none, Rules("low", resumes_after_hours=110)).any()
    assert ladder.unrecorded_hours(tail, none, Rules("low", resumes_after_hours=111)).sum() == 10


@pytest.mark.parametrize("direction", ["low", "high"])
def test_unrecorded_hours_count_neither_captured_co2_nor_energy(direction):
    mean = np.full(300, 100.0)
    mean[100:] = np.nan
    lost = np.arange(300) >= 100
    filled = fill(hours(mean), Rules(direction, highest=500.0), unrecorded=lost)
    assert filled.total == 100 * 100.0
    assert filled.by_rung()["unrecorded"] == (0.0, 200.0)
    assert filled.bound_share.sum() == 0
