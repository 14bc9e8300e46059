"""Cores: equations by hand, what must always hold, and one refusal for every code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluecarbon.cores.beyond import tail_interval_t_c_ha, tail_t_c_ha
from bluecarbon.cores.chain import StockOptions, core_stocks, extended_limits, measured_profiles
from bluecarbon.cores.compaction import compaction_from_tube, decompacted
from bluecarbon.cores.densities import core_densities, densities_by_site
from bluecarbon.cores.equations import broken_line_carbon, parabola_carbon, slice_carbon, tube_compaction
from bluecarbon.cores.organic import organic_carbon, published_carbon
from bluecarbon.cores.profile import Profile, boundaries, filled_cm, stock_t_c_ha
from bluecarbon.cores.rate import RateOptions, core_rates
from bluecarbon.cores.spread import ObservedError
from bluecarbon.cores.tables import INTERVALS
from bluecarbon.tables.checking import apply_rules
from bluecarbon.tables.schema import read_table
from methodology.base.errors import InputError

HEAD = "study_id,site_id,core_id,habitat,depth_min,depth_max,dry_bulk_density,fraction_organic_matter,fraction_carbon"


def read(tmp_path, lines, head=HEAD):
    path = tmp_path / "cores.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    frame, findings = read_table(path, INTERVALS)
    apply_rules(frame, INTERVALS, findings)
    return frame, findings


def stocks(tmp_path, lines, head=HEAD, **options):
    frame, findings = read(tmp_path, lines, head)
    return core_stocks(measured_profiles(frame, findings.faults_by_row()), StockOptions(**options))


def column(tops, bottoms, carbon_g_cm3, core=None):
    tops, bottoms = np.array(tops, float), np.array(bottoms, float)
    core = np.zeros(len(tops), dtype=int) if core is None else np.array(core)
    return Profile(core, *boundaries(core, tops, bottoms), np.array(carbon_g_cm3, float), int(core.max()) + 1)


def test_slice_by_hand():
    """0.8 g/cm3 × 3 % × 10 cm = 0.24 g C/cm2 = 24 t C/ha."""
    assert slice_carbon(0.8, 0.03, 10.0) == pytest.approx(24.0)
    assert slice_carbon.quantity(bulk_density=0.8, carbon_fraction=0.03, thickness=10.0).magnitude == pytest.approx(
        24.0
    )


def test_tube_by_hand():
    """200 cm tube, soil 35 cm down inside and 25 outside: 10 of 175 cm lost."""
    assert tube_compaction(200.0, 35.0, 25.0) == pytest.approx(10 / 175)


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(10, 0.37 * 10 - 0.2), (19.999, 0.37 * 19.999 - 0.2), (20, 0.52 * 20 - 2), (40, 18.8)],
)
def test_mangrove_equation_by_hand(percent, expected):
    assert broken_line_carbon(percent, 0.37, -0.2, 0.52, -2, 20) == pytest.approx(expected)
    assert published_carbon(np.array([percent / 100]), "mangrove")[0] * 100 == pytest.approx(expected)


def test_marsh_and_seagrass_equations_by_hand():
    assert parabola_carbon(30.0, 0.000683, 0.41) == pytest.approx(12.9147)
    assert published_carbon(np.array([0.30]), "marsh")[0] == pytest.approx(0.129147)
    assert published_carbon(np.array([0.10, 0.30]), "seagrass") == pytest.approx([0.0379, 0.1257])


slices = st.lists(
    st.tuples(st.floats(0.2, 20), st.floats(0.05, 2.5), st.floats(0.001, 0.5), st.floats(0, 5)), min_size=1, max_size=12
)


def edges(drawn):
    thickness = np.array([row[0] for row in drawn])
    gaps = np.array([row[3] for row in drawn])
    bottom = np.cumsum(thickness + gaps)
    return bottom - thickness, bottom, np.array([row[1] for row in drawn]), np.array([row[2] for row in drawn])


@settings(max_examples=60, deadline=None)
@given(slices, st.floats(0, 0.8))
def test_decompaction_keeps_the_mass_of_the_core(drawn, lost):
    """Whole-core stock before and after is the same to 1e-12, gaps or not."""
    top, bottom, density, fraction = edges(drawn)
    core = np.zeros(len(top), dtype=int)
    in_tube = Profile(core, *boundaries(core, top, bottom), density * fraction, 1)
    after = decompacted(core, top, bottom, density, np.full(len(top), lost))
    in_ground = Profile(core, *boundaries(core, after[0], after[1]), after[2] * fraction, 1)
    assert stock_t_c_ha(in_ground, np.inf)[0] == pytest.approx(stock_t_c_ha(in_tube, np.inf)[0], rel=1e-12)


def test_uneven_compaction_keeps_the_mass_of_every_slice():
    top, bottom = np.array([0.0, 10.0, 20.0]), np.array([10.0, 20.0, 30.0])
    density, lost = np.array([0.5, 0.6, 0.7]), np.array([0.3, 0.2, 0.1])
    new_top, new_bottom, new_density = decompacted(np.zeros(3, dtype=int), top, bottom, density, lost)
    assert new_density * (new_bottom - new_top) == pytest.approx(density * 10)
    assert new_top[1:] == pytest.approx(new_bottom[:-1])


@settings(max_examples=60, deadline=None)
@given(slices, st.floats(0, 200), st.floats(0, 200))
def test_stock_adds_up_over_depth_and_never_falls(drawn, one, other):
    top, bottom, density, fraction = edges(drawn)
    core = np.zeros(len(top), dtype=int)
    profile = Profile(core, *boundaries(core, top, bottom), density * fraction, 1)
    shallow, deep = sorted((one, other))
    parts = stock_t_c_ha(profile, shallow)[0] + stock_t_c_ha(profile, deep, shallow)[0]
    assert stock_t_c_ha(profile, deep)[0] == pytest.approx(parts, rel=1e-12, abs=1e-12)
    assert stock_t_c_ha(profile, deep)[0] >= stock_t_c_ha(profile, shallow)[0]


def test_one_centimetre_slices_give_the_exact_integral():
    profile = column([0, 7, 20], [7, 20, 33], [0.03, 0.02, 0.01])
    tops = np.arange(0, 33)
    fine = column(tops, tops + 1, np.where(tops < 7, 0.03, np.where(tops < 20, 0.02, 0.01)))
    for depth in (3.3, 7, 19.5, 33):
        assert stock_t_c_ha(fine, depth)[0] == pytest.approx(stock_t_c_ha(profile, depth)[0], rel=1e-12)


def test_order_of_rows_and_units_change_nothing(tmp_path):
    rows = ["s,a,1,mangrove,0,10,0.6,,0.04", "s,a,1,mangrove,10,20,0.7,,0.03", "s,a,2,marsh,0,30,0.5,,0.08"]
    plain = stocks(tmp_path, rows, depth_cm=20)
    turned = stocks(tmp_path, rows[::-1], depth_cm=20).sort_values("core_id").reset_index(drop=True)
    head = HEAD.replace("depth_min", "depth_min [mm]").replace("depth_max", "depth_max [m]")
    head = head.replace("dry_bulk_density", "dry_bulk_density [kg/m3]").replace(
        "fraction_carbon", "fraction_carbon [%]"
    )
    other = stocks(
        tmp_path,
        ["s,a,1,mangrove,0,0.10,600,,4", "s,a,1,mangrove,100,0.20,700,,3", "s,a,2,marsh,0,0.30,500,,8"],
        head,
        depth_cm=20,
    )
    for table in (turned, other):
        assert list(table.stock_t_c_ha) == pytest.approx(list(plain.stock_t_c_ha), rel=1e-12)
        assert list(table.low) == pytest.approx(list(plain.low), rel=1e-12)
    assert list(plain.stock_t_c_ha) == pytest.approx([45.0, 80.0])


def test_gaps_are_filled_by_rule_and_counted():
    core = np.zeros(3, dtype=int)
    surface, inside = filled_cm(core, np.array([5.0, 20, 30.01]), np.array([10.0, 30, 40]), 1)
    assert surface[0] == 5
    assert inside[0] == 10  # the hundredth of a centimetre is a knife's breadth


def test_gaps_can_be_refused(tmp_path):
    rows = ["s,a,1,mangrove,0,10,0.6,,0.04", "s,a,1,mangrove,20,30,0.7,,0.03"]
    table = stocks(tmp_path, rows, gaps="refuse")
    assert table.codes[0] == "BC-CORE-04"
    assert np.isnan(table.stock_t_c_ha[0])


def test_representative_depths_are_used(tmp_path):
    """A 5 cm sample that speaks for 0-50 cm: 0.5 × 0.04 × 50 × 100."""
    head = HEAD + ",representative_depth_min,representative_depth_max"
    table = stocks(tmp_path, ["s,a,1,mangrove,20,25,0.5,,0.04,0,50"], head, depth_cm=50)
    assert table.stock_t_c_ha[0] == pytest.approx(100.0)
    assert table.bottom_cm[0] == 50
    assert table.observed_to_cm[0] == 0  # a declared horizon is still not measured: 45 of 50 cm
    assert table.interpolated_share[0] == pytest.approx(0.9)
    assert table.observed_t_c_ha[0] == pytest.approx(10.0)


def test_compaction_of_the_table_is_undone_once(tmp_path):
    rows = ["s,a,1,mangrove,0,10,0.6,,0.04,0.5,", "s,a,2,mangrove,0,10,0.6,,0.04,0.5,in ground"]
    table = stocks(tmp_path, rows, HEAD + ",compaction_fraction,depth_reference")
    assert list(table.observed_to_cm) == [20, 10]
    assert list(table.observed_t_c_ha) == pytest.approx([24, 24])


def test_tube_measurements_give_the_compaction(tmp_path):
    table = stocks(
        tmp_path, ["s,a,1,mangrove,0,33,0.6,,0.04,200,35,25"], HEAD + ",tube_length,tube_inside,tube_outside"
    )
    assert table.observed_to_cm[0] == pytest.approx(35)


def test_bad_tubes_are_refused_all_at_once():
    with pytest.raises(InputError) as caught:
        compaction_from_tube(np.array([100.0, 100]), np.array([10.0, 120]), np.array([20.0, 10]), ["a", "b"])
    assert [finding.code for finding in caught.value.findings] == ["BC-CORE-05", "BC-CORE-05"]


def paired(n, intercept, slope, start=0.02):
    matter = np.geomspace(start, 10 * start, n)
    return matter, np.exp(intercept) * matter**slope


def many(word, n):
    return np.full(n, word, dtype=object)


def test_carbon_comes_from_the_finest_model_at_hand():
    """Two sites of one species with different lines: each gets its own, which the R package never does; a third
    site gets the species', another species the habitat's, another habitat the published equation."""
    matter_a, carbon_a = paired(12, -1.0, 1.0)
    matter_b, carbon_b = paired(12, -0.4, 1.0)
    matter = np.r_[matter_a, matter_b, 0.1, 0.1, 0.1, 0.1, 0.1]
    carbon = np.r_[carbon_a, carbon_b, [np.nan] * 5]
    site = np.r_[many("A", 12), many("B", 12), np.array(["A", "B", "C", "D", "E"], dtype=object)]
    species = np.r_[many("Avicennia", 24), np.array(["Avicennia"] * 3 + ["Kandelia", ""], dtype=object)]
    habitat = np.r_[many("mangrove", 28), many("seagrass", 1)]
    made = organic_carbon(carbon, matter, site, species, habitat)
    assert list(made.origin[-5:]) == ["site", "site", "species", "habitat", "published"]
    assert made.fraction[-5] == pytest.approx(0.1 * np.exp(-1.0))
    assert made.fraction[-4] == pytest.approx(0.1 * np.exp(-0.4))
    assert made.fraction[-5] < made.fraction[-3] < made.fraction[-4]
    assert made.fraction[-1] == pytest.approx((0.40 * 10 - 0.21) / 100)
    assert made.shared_rel[-5] < made.shared_rel[-3]  # another site shares an error that its own line has not


def test_back_transform_has_the_mean_not_the_median():
    """ln OC spread by ±d about a line: s² = 2 n d² / (2n - 2), and the mean is exp(s²/2) above the median."""
    base = np.geomspace(0.02, 0.3, 20)
    matter = np.r_[np.repeat(base, 2), 0.1]
    carbon = np.r_[np.repeat(0.4 * base, 2) * np.exp(0.5 * np.tile([1, -1], 20)), np.nan]
    words = many("x", 41)
    made = organic_carbon(carbon, matter, words, words, many("marsh", 41))
    assert made.fraction[-1] == pytest.approx(0.04 * np.exp(0.5**2 * 40 / 38 / 2), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from(["mangrove", "marsh", "seagrass"]))
def test_carbon_is_never_below_zero_nor_above_organic_matter(matter, habitat):
    matter = np.array(matter)
    pairs_matter, pairs_carbon = paired(15, 0.3, 1.4, 0.05)
    pairs_carbon = np.minimum(pairs_carbon, pairs_matter)
    for with_pairs in (0, 15):
        both = np.r_[matter, pairs_matter[:with_pairs]]
        carbon = np.r_[np.full(len(matter), np.nan), pairs_carbon[:with_pairs]]
        made = organic_carbon(carbon, both, many("a", len(both)), many("", len(both)), many(habitat, len(both)))
        assert (made.fraction >= 0).all()
        assert (made.fraction <= both + 1e-12).all()


def test_estimated_carbon_widens_the_interval(tmp_path):
    measured = stocks(tmp_path, ["s,a,1,mangrove,0,50,0.6,0.10,0.035", "s,a,1,mangrove,50,100,0.6,0.10,0.035"])
    estimated = stocks(tmp_path, ["s,a,1,mangrove,0,50,0.6,0.10,", "s,a,1,mangrove,50,100,0.6,0.10,"])
    assert estimated.carbon_basis[0] == "from organic matter, published equation"
    assert estimated.stock_t_c_ha[0] == pytest.approx(measured.stock_t_c_ha[0])
    assert (estimated.high - estimated.low)[0] > 1.5 * (measured.high - measured.low)[0]


def test_declared_errors_replace_the_local_scatter(tmp_path):
    """Density ±3 %, carbon ±4 %: 5 % of 240 t C/ha, one slice; 90 % is ±1.645 of it."""
    head = HEAD + ",dry_bulk_density_se,fraction_carbon_se"
    table = stocks(tmp_path, ["s,a,1,mangrove,0,100,0.6,,0.04,0.018,0.0016"], head)
    assert table.stock_t_c_ha[0] == pytest.approx(240)
    assert table.high[0] - 240 == pytest.approx(1.6448536269514722 * 0.05 * 240)


def test_tails_by_hand():
    """10 cm slices of 0.04, 0.02 g C/cm3, to 30 cm."""
    profile = column([0, 10], [10, 20], [0.04, 0.02])
    assert tail_t_c_ha(profile, 30, "last-layer")[0] == pytest.approx(20)
    # line through (20 cm, 0.6 g) fitting (0, 0) and (10, 0.4): slope (20·0.6 + 10·0.2)/(400 + 100) = 0.028 g/cm
    assert tail_t_c_ha(profile, 30, "line")[0] == pytest.approx(28)
    # ln density falls by ln 2 in 10 cm: at the bottom 0.02/√2, mean over the next 10 cm (1 - 1/2)/ln 2 of it
    assert tail_t_c_ha(profile, 30, "exponential")[0] == pytest.approx(100 * 0.02 / np.sqrt(2) * 10 * 0.5 / np.log(2))
    assert np.isnan(tail_t_c_ha(profile, 30, "none")[0])
    assert tail_t_c_ha(profile, 20, "none")[0] == 0


@pytest.mark.parametrize("beyond", ["last-layer", "line", "exponential"])
def test_constant_core_goes_on_as_it_is_under_every_profile(beyond):
    profile = column([0, 10, 20], [10, 20, 40], [0.03, 0.03, 0.03])
    assert tail_t_c_ha(profile, 100, beyond)[0] == pytest.approx(0.03 * 60 * 100)


@settings(max_examples=60, deadline=None)
@given(slices, st.sampled_from(["last-layer", "line", "exponential"]), st.sampled_from(["mangrove", "marsh", "swamp"]))
def test_a_deeper_stock_is_never_less_than_what_was_observed(drawn, beyond, habitat):
    """The peer's line, not anchored at the bottom, can give less carbon at 1 m than the core already holds."""
    top, bottom, density, fraction = edges(drawn)
    core = np.zeros(len(top), dtype=int)
    profile = Profile(core, *boundaries(core, top, bottom), density * fraction, 1)
    assert tail_t_c_ha(profile, 400.0, beyond)[0] >= 0
    low, high = tail_interval_t_c_ha(profile, 400.0, np.array([habitat], dtype=object))
    assert 0 < low[0] <= high[0]


def test_two_centimetres_more_do_not_add_a_seventh():
    """short_98cm_convex of the peer: 3.67 g in 98 cm becomes 4.20 at 1 m there, +14.5 % for 2 cm."""
    percent = np.linspace(8, 0.2, 10)
    tops = np.arange(10) * 10.0
    profile = column(tops, [*(tops[1:]), 98.0], percent / 100)
    observed = stock_t_c_ha(profile, 98)[0]
    for beyond in ("last-layer", "line", "exponential"):
        assert tail_t_c_ha(profile, 100, beyond)[0] < 0.02 * observed


def test_declared_profile_lies_within_its_interval(tmp_path):
    rows = ["s,a,1,mangrove,0,15,0.6,,0.10", "s,a,1,mangrove,15,30,0.7,,0.03", "s,a,1,mangrove,30,50,0.7,,0.01"]
    for beyond in ("last-layer", "line", "exponential"):
        row = stocks(tmp_path, rows, beyond=beyond).iloc[0]
        assert row.low < row.stock_t_c_ha < row.high
        assert row.observed_t_c_ha < row.stock_t_c_ha
        assert row.status == "extrapolated"
        assert row.extrapolated_share == pytest.approx(1 - row.observed_t_c_ha / row.stock_t_c_ha)


def test_too_much_beyond_the_bottom_is_refused(tmp_path):
    rows = ["s,a,1,mangrove,0,30,0.6,,0.04", "s,a,2,mangrove,0,60,0.6,,0.04"]
    table = stocks(tmp_path, rows, beyond="last-layer", most_extrapolated=0.5)
    assert list(table.codes) == ["BC-CORE-07", ""]
    assert np.isnan(table.stock_t_c_ha[0])
    assert table.stock_t_c_ha[1] == pytest.approx(240)


@pytest.mark.parametrize("beyond", ["none", "last-layer", "line"])
def test_a_core_without_any_carbon_is_zero_with_an_interval(beyond, tmp_path):
    row = stocks(tmp_path, ["s,a,1,mangrove,0,20,0.6,,0", "s,a,1,mangrove,20,40,0.6,,0"], beyond=beyond).iloc[0]
    assert row.stock_t_c_ha == pytest.approx(0, abs=0.01)
    assert 0 <= row.low <= row.stock_t_c_ha <= row.high < 1


def test_zeros_alone_make_no_model():
    """Pairs whose carbon or matter is 0 have no logarithm; the published equation steps in."""
    matter, carbon = np.array([0.0, 0.2, 0.1]), np.array([0.0, 0.0, np.nan])
    made = organic_carbon(carbon, matter, many("a", 3), many("", 3), many("mangrove", 3))
    assert made.origin[2] == "published"
    assert made.fraction[2] == pytest.approx(0.035)


def test_one_word_on_compaction_holds_for_the_core(tmp_path):
    head = HEAD + ",compaction_fraction,depth_reference"
    table = stocks(tmp_path, ["s,a,1,mangrove,0,10,0.6,,0.04,0.5,", "s,a,1,mangrove,10,20,0.6,,0.04,,"], head)
    assert table.observed_to_cm[0] == 40
    rows = ["s,a,1,mangrove,0,10,0.6,,0.04,0.5,in ground", "s,a,1,mangrove,10,20,0.6,,0.04,,"]
    assert stocks(tmp_path, rows, head).observed_to_cm[0] == 20


def test_grades_as_the_network_gives_them(tmp_path):
    head = (
        HEAD + ",core_length_flag,total_pb210_activity [Bq/kg],total_pb210_activity_se [Bq/kg],ra226_activity [Bq/kg]"
    )
    head += ",ra226_activity_se [Bq/kg],elevation,elevation_method"
    rows = [
        "s,a,1,marsh,0,10,0.5,,0.04,core depth represents deposit depth,80,3,20,1,1.2,RTK",
        "s,a,2,marsh,0,10,0.5,,0.04,not specified,80,3,,,1.2,RTK",
        "s,a,3,marsh,0,10,0.5,,0.04,,80,3,20,1,1.2,DEM",
        "s,a,4,marsh,0,10,0.5,,,,,,,,,",
    ]
    table = stocks(tmp_path, rows, head, depth_cm=10)
    assert list(table.grade) == ["C1", "C2", "C2", ""]
    assert list(table.dates_grade) == ["B1", "B2", "B1", ""]
    assert list(table.elevation_grade) == ["A1", "A2", "A3", ""]
    assert table.codes[3] == "BC-CORE-02"


AGED = HEAD + ",age,age_se,age_depth_model_reference,year"


def aged(tmp_path, rows, **options):
    frame, findings = read(tmp_path, rows, AGED)
    measured = measured_profiles(frame, findings.faults_by_row(("core", "age")))
    return core_rates(frame, measured, RateOptions(**options)).iloc[0]


def test_calendar_and_present_years_become_years_before_coring(tmp_path):
    """The same core in three ways of telling age: 20 t C/ha per slice and 50 years each."""
    plain = aged(tmp_path, [f"s,a,1,marsh,{z},{z + 10},0.5,,0.04,{5 * z + 50},,,2020" for z in (0, 10, 20)])
    calendar = aged(tmp_path, [f"s,a,1,marsh,{z},{z + 10},0.5,,0.04,{1970 - 5 * z},,CE,2020" for z in (0, 10, 20)])
    rows = [f"s,a,1,marsh,{z},{z + 10},0.5,,0.04,{5 * z - 20},,YBP,2020" for z in (0, 10, 20)]
    present = aged(tmp_path, rows, ybp_zero=1950)
    for row in (plain, calendar, present):
        assert row.rate_t_c_ha_yr == pytest.approx(0.4)
        assert row.horizon_cm == pytest.approx(20)
    assert aged(tmp_path, rows).codes == "BC-CORE-11"


def test_ages_that_cannot_be_placed_are_refused(tmp_path):
    assert aged(tmp_path, ["s,a,1,marsh,0,10,0.5,,0.04,1950,,CE,"]).codes == "BC-CORE-12"
    assert aged(tmp_path, ["s,a,1,marsh,0,10,0.5,,0.04,-5,,,2020"]).codes == "BC-CORE-13"
    assert aged(tmp_path, ["s,a,1,marsh,0,10,0.5,,0.04,,,,2020"]).codes == "BC-CORE-09"


def test_age_reversal_is_refused_not_minus_infinity(tmp_path):
    rows = [f"s,a,1,marsh,{10 * i},{10 * i + 10},0.5,,0.04,{age},,,2020" for i, age in enumerate((30, 110, 90, 150))]
    row = aged(tmp_path, rows)
    assert row.codes == "BC-TAB-45"
    assert np.isnan(row.rate_t_c_ha_yr)


def test_error_of_the_age_reaches_the_rate(tmp_path):
    """To 75 years: 45 t C/ha, 0.6 a year in the mean and 0.2 at the horizon; ±10 years there are 0.4 × 10/75. At
    constant burial the same error cancels. Errors of density and carbon are declared as next to nothing."""

    def width(fractions):
        rows = [
            f"s,a,1,marsh,{10 * i},{10 * i + 10},0.5,,{fraction},{50 * (i + 1)},10,,2020,1e-9,1e-9"
            for i, fraction in enumerate(fractions)
        ]
        frame, _ = read(tmp_path, rows, AGED + ",dry_bulk_density_se,fraction_carbon_se")
        row = core_rates(frame, measured_profiles(frame, {}), RateOptions(years=75.0)).iloc[0]
        return row.high - row.low

    assert width((0.08, 0.02, 0.02)) == pytest.approx(2 * 1.6448536269514722 * 0.4 * 10 / 75, rel=1e-6)
    assert width((0.04, 0.04, 0.04)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"depth_cm": 0.0}, "BC-CORE-01"),
        ({"depth_cm": float("nan")}, "BC-CORE-01"),
        ({"beyond": "spline"}, "BC-CORE-06"),
        ({"level": 0.99}, "BC-CORE-08"),
        ({"gaps": "zero"}, "BC-CORE-04"),
        ({"most_extrapolated": 2.0}, "BC-CORE-07"),
    ],
)
def test_impossible_wishes_are_refused(options, code):
    with pytest.raises(InputError, match=code):
        StockOptions(**options)


def test_rate_over_no_time_is_refused():
    with pytest.raises(InputError, match="BC-CORE-03"):
        RateOptions(years=0)


def test_cores_of_a_site_are_one_cluster(tmp_path):
    rows = [
        f"s,{site},{i},mangrove,0,100,0.6,,{f}" for i, (site, f) in enumerate((("a", 0.04), ("a", 0.06), ("b", 0.05)))
    ]
    rows.append("s,b,9,mangrove,0,50,0.6,,0.05")
    cores = core_densities(stocks(tmp_path, rows))
    assert len(cores) == 3  # the short core stands for 50 cm only
    sites = densities_by_site(cores)
    assert list(sites.density_t_c_ha) == pytest.approx([300, 300])
    assert sites.between_se_t_c_ha[0] == pytest.approx(60)  # s = 84.85, over √2
    assert np.isnan(sites.between_se_t_c_ha[1])
    assert isinstance(sites, pd.DataFrame)


def test_limits_of_an_extended_stock_by_hand():
    """100 observed and 50 below (30 to 90): the scatter of slices is a floor; what the core shares acts on all of it.

    First core: below max(20, 1.645·10), above max(40, 1.645·10). Second: a shared error of 6 on 100 is 9 on 150.
    """
    error = ObservedError(np.array([10.0, 10.0, 30.0]), np.zeros(3), np.array([0.0, 6.0, 0.0]))
    limits = (np.full(3, 30.0), np.full(3, 90.0))
    low, high = extended_limits(np.full(3, 100.0), np.full(3, 50.0), limits, error, 0.9)
    stated = 1.6448536269514722 * 9
    floor = 1.6448536269514722 * 30
    assert low == pytest.approx([130, 150 - np.hypot(stated, 20), 150 - floor], abs=1e-12)
    assert high == pytest.approx([190, 150 + np.hypot(stated, 40), 150 + floor], abs=1e-12)
