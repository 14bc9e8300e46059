"""The default model: worked by hand for each departure from the peer, and two ways of computing it that must agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluecarbon.projection import balance, difference, release, yearly
from bluecarbon.projection.tables import ACTIONS, ClassTable, gather
from bluecarbon.projection.value import Prices
from methodology.base.errors import InputError

ACCUM, NCC, LOW, HIGH = "accum", "NCC", "low-impact-disturb", "high-impact-disturb"


def soil_class(initial=0.0, rate=0.0, half_life=0.0, share=0.0, litter=0.0, litter_rate=0.0):
    return {
        "initial": [0, initial, litter],
        "accumulation": [0, rate, litter_rate],
        "half_life": [0, half_life, 0],
        "share": [[0, share, 0]] * 3,
    }


def steps_of(classes: dict, cells: dict, years, path: str):
    names = tuple(classes)
    stack = lambda key: np.moveaxis(np.array([classes[name][key] for name in names], dtype=float), 0, -1)  # noqa: E731
    table = ClassTable(
        names,
        {n: n for n in range(len(names))},
        stack("initial"),
        stack("accumulation"),
        stack("half_life"),
        stack("share"),
    )
    actions = np.array([[ACTIONS.index(cells.get((a, b), "")) for b in names] for a in names])
    return gather(table, actions, years, np.array([[names.index(name) for name in path.split(">")]]))


MARSH = soil_class(initial=100, rate=2, half_life=1, share=1, litter=7)
POND = soil_class(initial=50, half_life=15)
EDGE_CELLS = {
    ("marsh", "marsh"): ACCUM,
    ("marsh", "pond"): HIGH,
    ("pond", "marsh"): ACCUM,
    ("pond", "pond"): NCC,
}


def edge(path, limits=(2000, 2010, 2020, 2030)):
    return release.budget(steps_of({"marsh": MARSH, "pond": POND}, EDGE_CELLS, (2000, 2010, 2020), path), limits)


def test_litter_stock_counts():
    result = edge("marsh>marsh>marsh")
    assert result.stock.sum(axis=1)[0, 0] == 107  # soil 100 + litter 7; the peer shows 100


def test_release_keeps_the_half_life_of_its_own_disturbance():
    result = edge("marsh>pond>pond")
    emission, stock = result.emission.sum(axis=1)[:, 0], result.stock.sum(axis=1)[:, 0]
    # 100 + 10 x 2 = 120 disturbed in 2010, half-life 1 year: 120 (1 - 2^-10), then 120 (2^-10 - 2^-20)
    assert emission == pytest.approx([0, 119.8828125, 0.11707305908203125], rel=1e-12)
    assert stock == pytest.approx([107, 127, 7.1171875, 7.00011444091796875], rel=1e-12)


def test_accumulation_goes_on_beside_old_release():
    result = edge("marsh>pond>marsh")
    assert result.accumulation.sum(axis=1)[2, 0] == 20
    assert result.net.sum(axis=1)[2, 0] == pytest.approx(20 - 0.11707305908203125, rel=1e-12)


def test_second_disturbance_takes_live_stock_only():
    classes = {"a": soil_class(100, 0, 10, 0.5), "b": soil_class(0, 0, 10, 0.5), "c": soil_class()}
    cells = {("a", "b"): HIGH, ("b", "c"): HIGH}
    result = release.budget(steps_of(classes, cells, (2000, 2010, 2020), "a>b>c"), (2000, 2010, 2020, 2030))
    # 2010: 50 of 100 disturbed. 2020: 25 left of it, and 25 of the 50 live. 2030: 12.5 + 12.5 + 25 live.
    assert result.stock.sum(axis=1)[:, 0] == pytest.approx([100, 100, 75, 50], rel=1e-12)
    assert result.emission_by_cause.sum(axis=2)[:, 2, 0] == pytest.approx([12.5, 12.5], rel=1e-12)


def test_no_half_life_no_release():
    classes = {"a": soil_class(100, 0, 0, 1), "b": soil_class()}
    result = release.budget(steps_of(classes, {("a", "b"): HIGH}, (2000, 2010), "a>b"), (2000, 2010, 2020))
    assert result.stock.sum(axis=1)[:, 0].tolist() == [100, 100, 100]
    assert result.emission_by_cause.shape[0] == 0


def test_one_map_gives_its_stock():
    result = release.budget(steps_of({"marsh": MARSH, "pond": POND}, {}, (2000,), "marsh"), (2000,))
    assert result.stock.sum() == 107
    assert result.accumulation.shape[0] == 0


def test_periods_may_fall_between_dates():
    steps = steps_of({"marsh": MARSH, "pond": POND}, EDGE_CELLS, (2000, 2010, 2020), "marsh>pond>marsh")
    result = release.budget(steps, (2000, 2011, 2025, 2030))
    assert result.accumulation.sum(axis=1)[:, 0].tolist() == [20, 10, 10]
    assert result.emission.sum(axis=1)[0, 0] == pytest.approx(60)


@st.composite
def cases(draw):
    classes, dates, trajectories = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    table = ClassTable(
        tuple(f"c{n}" for n in range(classes)),
        {n: n for n in range(classes)},
        rng.uniform(0, 2000, (3, classes)) * rng.integers(0, 2, (3, classes)),
        rng.uniform(0, 20, (3, classes)) * rng.integers(0, 2, (3, classes)),
        rng.uniform(0.1, 60, (3, classes)) * rng.integers(0, 2, (3, classes)),
        rng.uniform(0, 1, (3, 3, classes)) * rng.integers(0, 2, (3, 3, classes)),
    )
    years = tuple(int(year) for year in 2000 + np.cumsum(rng.integers(1, 12, dates)))
    actions = rng.integers(0, len(ACTIONS), (classes, classes))
    steps = gather(table, actions, years, rng.integers(0, classes, (trajectories, dates)))
    return steps, years[-1] + draw(st.integers(0, 20)), rng.uniform(0, 1e4, trajectories)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_closed_form_equals_yearly_steps_and_balances(case):
    steps, until, _ = case
    stepped = yearly.run(steps, until, frozenset())
    closed = release.budget(steps, stepped.dates)
    balance.check(closed)
    scale = 1e-9 * max(1.0, float(closed.stock.max()))
    for mine, other in (
        (closed.stock, stepped.stock),
        (closed.accumulation, stepped.accumulation),
        (closed.emission, stepped.emission),
        (closed.net, stepped.net),
    ):
        assert mine.reshape(other.shape) == pytest.approx(other, rel=1e-9, abs=scale)


@settings(max_examples=15, deadline=None)
@given(cases())
def test_parts_add_to_the_gap(case):
    steps, until, area = case
    for split in difference.by_defect(steps, until, area, Prices.steady(steps.years[0], until, 15.0, 0.03, 0.05)):
        scale = max(abs(split.peer), abs(split.default), *(abs(part) for part in split.parts.values()), 1e-9)
        assert abs(split.default + sum(split.parts.values()) - split.peer) <= 1e-9 * scale
        assert split.parts["D4"] == split.parts["D7"] == split.parts["D8"] == 0


@settings(max_examples=30, deadline=None)
@given(cases(), st.integers(1, 5))
def test_a_repeated_map_with_nothing_new_changes_no_release(case, gap):
    """The peer's answer changes when an identical map is added; ours may not."""
    steps, until, _ = case
    extra = type(steps)(
        (*steps.years, steps.years[-1] + gap),
        steps.initial,
        np.concatenate([steps.rate, steps.rate[-1:]]),
        np.concatenate([steps.share, np.zeros_like(steps.share[:1])]),
        np.concatenate([steps.half_life, steps.half_life[-1:] * 3 + 1]),
        np.concatenate([steps.class_litter_rate, steps.class_litter_rate[-1:]]),
    )
    limits = (steps.years[0], until + gap + 1)
    once, twice = release.budget(steps, limits), release.budget(extra, limits)
    assert twice.stock == pytest.approx(once.stock, rel=1e-12, abs=1e-9)
    assert twice.emission == pytest.approx(once.emission, rel=1e-12, abs=1e-9)


def split_of(classes, cells, years, path, until, quantity, when, prices=None):
    steps = steps_of(classes, cells, years, path)
    rows = difference.by_defect(steps, until, np.ones(1), prices)
    return next(row for row in rows if (row.quantity, row.when) == (quantity, when))


def test_split_names_the_one_defect_at_work():
    litter = {"a": soil_class(100, litter=7, litter_rate=0.6)}
    row = split_of(litter, {("a", "a"): ACCUM}, (2000,), "a", 2010, "stock", "2000")
    assert (row.default, row.peer) == (107, 100.6)
    assert row.parts["D1"] == pytest.approx(-6.4)

    growing = {"a": soil_class(100, rate=10)}
    prices = Prices.steady(2000, 2002, 1.0, 0.0, 0.1)
    row = split_of(growing, {}, (2000,), "a", 2002, "value", "2002", prices)
    assert row.default == pytest.approx(10 + 10 / 1.1)
    assert row.peer == pytest.approx(20 * (1 + 1 / 1.1))
    assert row.parts["D2"] == pytest.approx(row.peer - row.default)

    both = {"marsh": MARSH, "pond": POND}
    row = split_of(both, EDGE_CELLS, (2000, 2010, 2020), "marsh>pond>pond", 2030, "emission", "2020-2030")
    assert row.peer == pytest.approx(27.973224639892578, rel=1e-6)  # the peer's own figure
    assert row.parts["D3"] == pytest.approx(row.peer - 0.11707305908203125, rel=1e-6)

    lived = {"a": soil_class(100, litter_rate=0.6)}
    row = split_of(lived, {("a", "a"): ACCUM}, (2000, 2010), "a>a", 2020, "net_sequestration", "2010-2020")
    assert (row.peer, row.default) == (0, pytest.approx(6))
    assert row.parts["D6"] == pytest.approx(-6)

    twice = {"a": soil_class(100, 0, 10, 0.5), "b": soil_class(0, 0, 10, 0.5), "c": soil_class()}
    cells = {("a", "b"): HIGH, ("b", "c"): HIGH}
    row = split_of(twice, cells, (2000, 2010, 2020), "a>b>c", 2030, "emission", "2020-2030")
    assert (row.peer, row.default) == (pytest.approx(18.75), pytest.approx(25))
    assert row.parts["D9"] == pytest.approx(-6.25)


def test_split_of_a_restored_place():
    classes = {"marsh": soil_class(100, 2, 10, 1), "pond": soil_class(0, 0, 10, 1)}
    row = split_of(classes, EDGE_CELLS, (2000, 2010, 2020), "marsh>pond>marsh", 2030, "net_sequestration", "2020-2030")
    # 120 disturbed in 2010, half-life 10: 30 released in the 2020s while 10 x 2 are gained; the peer hides the gain
    assert (row.peer, row.default) == (pytest.approx(-30), pytest.approx(-10))
    assert row.parts["D5"] == pytest.approx(-20)


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("BC-PRJ-40", lambda live: live + np.array([0, 0, 1e-3, 0])[:, None, None]),
        ("BC-PRJ-41", lambda live: live - np.array([0, 0, 300, 0])[:, None, None]),
        ("BC-PRJ-42", lambda live: live - np.array([107, 127, 0, 0])[:, None, None]),
    ],
)
def test_balance_stops_a_wrong_result(code, spoil):
    good = edge("marsh>pond>pond")
    balance.check(good)
    spoilt = release.Budget(
        good.limits, good.causes, spoil(good.live), good.releasing, good.accumulation, good.emission_by_cause
    )
    with pytest.raises(InputError) as caught:
        balance.check(spoilt)
    assert code in [finding.code for finding in caught.value.findings]


def test_a_value_that_is_not_a_number_stops_the_run():
    good = edge("marsh>pond>pond")
    live = good.live.copy()
    live[1, 1, 0] = np.nan
    with pytest.raises(InputError) as caught:
        balance.check(
            release.Budget(good.limits, good.causes, live, good.releasing, good.accumulation, good.emission_by_cause)
        )
    assert caught.value.code == "BC-PRJ-40"


def test_parts_must_make_the_whole():
    balance.check_parts(3.0, np.array([1.0, 2.0]), "by_class.csv")
    with pytest.raises(InputError) as caught:
        balance.check_parts(3.0, np.array([1.0, 2.1]), "by_class.csv")
    assert caught.value.code == "BC-PRJ-43"
