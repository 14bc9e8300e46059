"""Strata: means against R's survey package, single plots, clusters, differences, discounts, plans, commands."""

from __future__ import annotations

import csv
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bluecarbon.sampling.commands import plan, strata
from bluecarbon.sampling.design import (
    PlannedStratum,
    allocated,
    expected_half_width,
    iterated_plots,
    needed_plots,
    sampling_plan,
)
from bluecarbon.sampling.discounts import discount_rule, discount_rules, discounted
from bluecarbon.sampling.strata import Stratum, cluster_means, difference, stratified, t_quantile
from methodology.base.errors import InputError, code_titles

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT.parent / "shared" / "golden" / "stats"
# Published with the golden strata: 250 cores in 4 strata (areas invented), R survey equal to the digits given.
AREAS = {"S1": 1200.0, "S2": 850.0, "S3": 430.0, "S4": 2100.0}
SUMMARY = {
    "S1": (54, 361.182402699345, 90.8492284706868),
    "S2": (108, 306.525048350812, 73.8731588714905),
    "S3": (46, 383.757233997207, 129.59728144304),
    "S4": (42, 454.338622799613, 69.0045801732449),
}


def with_moments(count, mean, sd):
    """Values with exactly this mean and standard deviation."""
    raw = np.arange(count, dtype=float)
    return mean + sd * (raw - raw.mean()) / raw.std(ddof=1)


def survey_strata():
    return [Stratum(name, AREAS[name], with_moments(*SUMMARY[name])) for name in AREAS]


def check_against_r(result):
    assert result.mean == pytest.approx(395.871592322138, rel=1e-9)
    assert result.standard_error == pytest.approx(6.26787892795606, rel=1e-9)
    assert result.total == pytest.approx(1813091.89283539, rel=1e-9)
    assert result.total_se == pytest.approx(28706.8854900387, rel=1e-9)
    assert result.df_design == 246
    assert result.df_satterthwaite == pytest.approx(95.319938553295, rel=1e-9)
    assert t_quantile(0.9, result.df_design) == pytest.approx(1.65107134485103, rel=1e-9)
    assert result.half_width(0.9) == pytest.approx(10.3487152909438, rel=1e-9)
    assert result.half_width(0.9, "satterthwaite") == pytest.approx(10.4109275592124, rel=1e-9)
    assert result.half_width(0.95) == pytest.approx(12.3455539062325, rel=1e-9)
    assert result.relative_precision(0.9) == pytest.approx(0.0261415961429297, rel=1e-9)


def test_stratified_mean_equals_r_survey_from_published_moments():
    check_against_r(stratified(survey_strata()))


def rows(name):
    path = GOLDEN / name
    if not path.is_file():
        pytest.skip("the reference cases are not here")
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_stratified_mean_equals_r_survey_from_the_cores():
    table = rows("strata_in.csv")
    values = {name: np.array([float(r["stock_MgC_ha"]) for r in table if r["stratum"] == name]) for name in AREAS}
    result = stratified([Stratum(name, AREAS[name], values[name]) for name in AREAS])
    check_against_r(result)
    for row, own in zip(rows("strata_by_stratum.csv"), result.strata, strict=True):
        assert own.mean == pytest.approx(float(row["mean"]), rel=1e-9)
        assert own.standard_error == pytest.approx(float(row["se"]), rel=1e-9)


def test_one_stratum_is_the_plain_mean():
    values = np.array([3.0, 5.0, 10.0])
    result = stratified([Stratum("all", 10.0, values)])
    assert result.mean == pytest.approx(6.0)
    # s² = 13 by hand, over 3.
    assert result.standard_error == pytest.approx(math.sqrt(13 / 3))
    assert result.df_design == 2
    assert result.df_satterthwaite == pytest.approx(2)


def test_finite_population_by_hand_and_none_left_when_all_are_measured():
    values = np.array([3.0, 5.0, 10.0])
    half = stratified([Stratum("all", 10.0, values, 6.0)])
    assert half.standard_error == pytest.approx(math.sqrt(13 / 3 / 2))
    assert stratified([Stratum("all", 10.0, values, 3.0)]).standard_error == 0


def test_order_of_strata_and_scale_of_areas_change_nothing():
    first = stratified(survey_strata())
    turned = stratified(survey_strata()[::-1])
    square_metres = stratified([Stratum(s.name, s.area_ha * 1e4, s.values) for s in survey_strata()])
    for other in (turned, square_metres):
        assert other.mean == pytest.approx(first.mean, rel=1e-12)
        assert other.standard_error == pytest.approx(first.standard_error, rel=1e-12)


def test_single_plot_is_refused_or_borrows_by_name_and_never_counts_as_exact():
    lonely = Stratum("fringe", 50.0, np.array([200.0]), None, "basin")
    basin = Stratum("basin", 100.0, np.array([300.0, 320.0, 340.0]))
    with pytest.raises(InputError) as refused:
        stratified([lonely, basin])
    assert refused.value.code == "BC-SAM-02"
    result = stratified([lonely, basin], "collapse")
    # Variance of 200, 300, 320, 340 is 3866.67 by hand; the estimate itself stays (50·200 + 100·320)/150.
    assert result.mean == pytest.approx(280.0)
    assert result.strata[0].standard_error == pytest.approx(math.sqrt(11600 / 3))
    assert result.strata[0].borrowed_from == "basin"
    assert result.df_design == 2
    unnamed = Stratum("fringe", 50.0, np.array([200.0]))
    with pytest.raises(InputError):
        stratified([unnamed, basin], "collapse")


@pytest.mark.parametrize(
    ("code", "stratum"),
    [
        ("BC-SAM-01", Stratum("a", 1.0, np.empty(0))),
        ("BC-SAM-03", Stratum("a", 0.0, np.array([1.0, 2.0]))),
        ("BC-SAM-04", Stratum("a", 1.0, np.array([1.0, math.nan]))),
        ("BC-SAM-05", Stratum("a", 1.0, np.array([1.0, 2.0]), 1.0)),
    ],
)
def test_unusable_strata_are_refused(code, stratum):
    with pytest.raises(InputError) as refused:
        stratified([stratum])
    assert refused.value.code == code


def test_cores_of_a_plot_are_one_sample():
    means, names, counts = cluster_means(np.array([1.0, 3.0, 10.0]), ["P1", "P1", "P2"])
    assert means.tolist() == [2.0, 10.0]
    assert names == ["P1", "P2"]
    assert counts.tolist() == [2, 1]


def test_intervals_cover_as_often_as_they_say():
    generator = np.random.default_rng(20)
    hits = 0
    trials = 1500
    for _ in range(trials):
        drawn = [Stratum(n, a, generator.normal(m, 30 + m / 10, 5)) for n, a, m in (("a", 1, 100), ("b", 3, 300))]
        result = stratified(drawn)
        hits += abs(result.mean - 250) <= result.half_width(0.9, "satterthwaite")
    # 1500 trials know 90 % to 0.8 %; three of those.
    assert abs(hits / trials - 0.9) < 0.024


def test_paired_and_unpaired_difference_by_hand():
    first, second = np.array([10.0, 20.0, 30.0]), np.array([12.0, 23.0, 31.0])
    paired = difference(first, second, True)
    assert paired.mean == pytest.approx(2.0)
    assert paired.standard_error == pytest.approx(1 / math.sqrt(3))  # differences 2, 3, 1
    loose = difference(first, second, False)
    assert loose.standard_error == pytest.approx(math.sqrt(100 / 3 + 91 / 3))  # s² of 12, 23, 31 is 91
    with pytest.raises(InputError) as refused:
        difference(first, second[:2], True)
    assert refused.value.code == "BC-SAM-06"


def test_discount_steps_of_ar_tool14_at_and_between_its_limits():
    rule = discount_rule("ar-tool14")
    cases = [(0.05, 0), (0.1, 0), (0.12, 0.03), (0.15, 0.0375), (0.18, 0.09), (0.2, 0.1), (0.25, 0.1875), (0.4, 0.4)]
    for uncertainty, expected in cases:
        assert rule.deduction(uncertainty) == pytest.approx(expected), uncertainty


def test_allowance_rules_deduct_the_excess_and_never_add():
    rule = discount_rule("vm0033-90")
    assert rule.deduction(0.1) == 0
    assert rule.deduction(0.2) == 0
    assert rule.deduction(0.27) == pytest.approx(0.07)
    assert discount_rule("vm0033-95").deduction(0.27) == 0
    assert discount_rule("vm0007-90").deduction(0.27) == pytest.approx(0.12)
    assert discounted(1000.0, 0.27, rule) == pytest.approx(930.0)
    assert discounted(1000.0, 0.27, rule, removal=False) == pytest.approx(1070.0)
    with pytest.raises(InputError):
        rule.deduction(-0.1)


def test_every_discount_has_a_cited_source():
    sources = (ROOT / "methodology/guides/sources.csv").read_text("utf-8").splitlines()
    keys = {row["key"] for row in csv.DictReader(sources)}
    assert {rule.source for rule in discount_rules().values()} <= keys


PLANNED = [PlannedStratum(name, AREAS[name], SUMMARY[name][2]) for name in AREAS]
MEAN = 395.871592322138


def test_sample_size_literals():
    # 10 % of the mean at 90 % on 0.04 ha plots, and without the finite population.
    z = t_quantile(0.9, math.inf)
    assert needed_plots(PLANNED, 0.1 * MEAN, z, 0.04) == pytest.approx(11.4156352102433, rel=1e-9)
    assert needed_plots(PLANNED, 0.1 * MEAN, z, None) == pytest.approx(11.4168289674554, rel=1e-9)
    assert iterated_plots(PLANNED, 0.1 * MEAN, 0.9, 0.04) == 14
    assert allocated(14, PLANNED, "neyman", 1).tolist() == [5, 3, 3, 6]


def test_sample_size_grid():
    for row in rows("sample_size_grid.csv"):
        half, level, area = float(row["rel_error"]) * MEAN, float(row["conf"]), float(row["plot_area_ha"])
        z = t_quantile(level, math.inf)
        assert z == pytest.approx(float(row["z"]), rel=1e-12)
        assert needed_plots(PLANNED, half, z, area) == pytest.approx(float(row["n_neyman_fpc_real"]), rel=1e-9)
        assert needed_plots(PLANNED, half, z, None) == pytest.approx(float(row["n_neyman_nofpc_real"]), rel=1e-9)
        count = iterated_plots(PLANNED, half, level, area)
        assert count == int(row["n_t_iterated"])
        spread = allocated(count, PLANNED, "neyman", 1)
        assert spread.tolist() == [int(row[f"n_S{i}"]) for i in range(1, 5)]


@pytest.mark.parametrize("rule", ["neyman", "proportional", "cost"])
@pytest.mark.parametrize("precision", [0.05, 0.1, 0.15, 0.3])
def test_a_plan_keeps_its_promise_and_one_plot_less_would_not(rule, precision):
    made = sampling_plan(PLANNED, precision * MEAN, 0.9, 0.04, rule)
    assert made.expected_half_width <= precision * MEAN
    assert made.plots.min() >= 2
    # Fewer plots by the same rule are too few, unless every stratum stands at its least already.
    for count in range(1, int(made.plots.sum())):
        fewer = allocated(count, PLANNED, rule, 2)
        if fewer.sum() < made.plots.sum():
            assert expected_half_width(fewer, PLANNED, 0.9, 0.04) > precision * MEAN


def test_a_plan_checked_by_drawing_samples():
    made = sampling_plan(PLANNED, 0.1 * MEAN, 0.9)
    generator = np.random.default_rng(4)
    widths = []
    for _ in range(400):
        drawn = [
            Stratum(n, AREAS[n], generator.normal(SUMMARY[n][1], SUMMARY[n][2], k))
            for n, k in zip(AREAS, made.plots, strict=True)
        ]
        widths.append(stratified(drawn).half_width(0.9))
    # The half width scatters with its estimated variance; its root mean square is what the plan promised.
    assert math.sqrt(np.mean(np.square(widths))) == pytest.approx(made.expected_half_width, rel=0.05)


def test_cost_moves_plots_to_the_cheap_stratum():
    dear = [PlannedStratum("near", 100, 50, 1.0), PlannedStratum("far", 100, 50, 9.0)]
    made = sampling_plan(dear, 5.0, 0.9, rule="cost")
    assert made.plots[0] == pytest.approx(3 * made.plots[1], abs=2)
    assert made.total_cost == made.plots[0] + 9 * made.plots[1]


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("BC-SAM-07", ([], 5.0)),
        ("BC-SAM-07", ([PlannedStratum("a", 0.0, 5.0)], 5.0)),
        ("BC-SAM-07", ([PlannedStratum("a", 10.0, 0.0)], 5.0)),
        ("BC-SAM-07", ([PlannedStratum("a", 10.0, 5.0)], 0.0)),
        ("BC-SAM-08", ([PlannedStratum("a", 10.0, 5.0)], 5.0, 90)),
        ("BC-SAM-05", ([PlannedStratum("a", 0.1, 5.0)], 0.5, 0.9, 0.04)),
        ("BC-SAM-08", ([PlannedStratum("a", 10.0, 5.0)], 5.0, 0.9, None, "guess")),
    ],
)
def test_impossible_plans_are_refused(code, given):
    with pytest.raises(InputError) as refused:
        sampling_plan(*given)
    assert refused.value.code == code


STRATA_CSV = "stratum,area [ha],mean,sd\n" + "\n".join(
    f"{n},{AREAS[n]},{m!r},{s!r}" for n, (_, m, s) in SUMMARY.items()
)


def invoke(command, *arguments):
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, InputError | SystemExit):
        raise result.exception
    return result


def test_plan_command(tmp_path):
    table = tmp_path / "strata.csv"
    table.write_text(STRATA_CSV + "\n", encoding="utf-8")
    result = invoke(plan, table, "--plot-area", 0.04, "--json", "--out", tmp_path / "plan.csv")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["needed_iterated"] == 14
    assert told["expected_half_width"] <= told["wanted_half_width"]
    assert told["wanted_half_width"] == pytest.approx(0.1 * MEAN, rel=1e-9)
    written = list(csv.DictReader((tmp_path / "plan.csv").read_text("utf-8").splitlines()))
    assert sum(int(row["plots"]) for row in written) == told["plots"]


def test_strata_command_with_clusters_and_discount(tmp_path):
    (tmp_path / "strata.csv").write_text("stratum,area\na,10\nb,30\n", encoding="utf-8")
    lines = ["stratum,plot_id,stock", "a,1,10", "a,1,30", "a,2,40", "b,3,50", "b,4,70"]
    (tmp_path / "samples.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = (
        tmp_path / "samples.csv",
        tmp_path / "strata.csv",
        "--value",
        "stock",
        "--json",
        "--discount",
        "ar-tool14",
    )
    told = json.loads(invoke(strata, *arguments).stdout)
    # Plots 20, 40 and 50, 70: means 30 and 60, (10·30 + 30·60)/40 = 52.5; s.e. 10 in each stratum.
    assert told["mean"] == pytest.approx(52.5)
    assert told["se"] == pytest.approx(math.hypot(2.5, 7.5))
    assert [f["code"] for f in told["findings"]] == ["BC-SAM-12"]
    # t at 90 % on 2 degrees of freedom is 2.91999: 44 % of the mean, all of it deducted.
    uncertainty = 2.919985580353726 * math.hypot(2.5, 7.5) / 52.5
    assert told["discount"]["deduction"] == pytest.approx(uncertainty, rel=1e-9)
    assert told["discount"]["total"] == pytest.approx(2100 * (1 - uncertainty), rel=1e-9)


def test_shared_error_adds_up_straight(tmp_path):
    (tmp_path / "strata.csv").write_text("stratum,area\na,10\nb,30\n", encoding="utf-8")
    lines = ["stratum,plot_id,stock,model", "a,1,20,4", "a,2,40,8", "b,3,50,10", "b,4,70,14"]
    (tmp_path / "samples.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = (
        tmp_path / "samples.csv",
        tmp_path / "strata.csv",
        "--value",
        "stock",
        "--shared-se",
        "model",
        "--json",
    )
    told = json.loads(invoke(strata, *arguments).stdout)
    # A fifth of every plot: (10·6 + 30·12)/40 = 10.5, a fifth of the mean of 52.5.
    assert told["se_shared"] == pytest.approx(10.5)
    half = 2.919985580353726 * math.sqrt(2.5**2 + 7.5**2 + 10.5**2)
    assert told["half_width_with_shared"] == pytest.approx(half, rel=1e-9)


def test_strata_command_refuses_unknown_strata_and_text(tmp_path):
    (tmp_path / "strata.csv").write_text("stratum,area\na,10\n", encoding="utf-8")
    (tmp_path / "samples.csv").write_text("stratum,plot_id,stock\nz,1,10\na,2,x\n", encoding="utf-8")
    result = invoke(strata, tmp_path / "samples.csv", tmp_path / "strata.csv", "--value", "stock")
    assert {f.code for f in result.exception.findings} == {"BC-SAM-10", "BC-SAM-04"}
    result = invoke(strata, tmp_path / "samples.csv", tmp_path / "strata.csv", "--value", "height")
    assert result.exception.code == "BC-SAM-11"


def test_codes_raised_are_declared_and_help_is_light():
    declared = set(code_titles("bluecarbon"))
    text = "".join(path.read_text("utf-8") for path in (ROOT / "bluecarbon" / "sampling").glob("*.py"))
    assert set(re.findall(r"BC-SAM-\d\d", text)) <= declared
    heavy = "('pandas', 'scipy', 'matplotlib', 'sympy', 'numpy')"
    code = f"import sys; from bluecarbon.sampling import commands; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def plan_of(tmp_path, text, *options):
    from click.testing import CliRunner

    from bluecarbon.sampling.commands import plan

    (tmp_path / "strata.csv").write_text(text, encoding="utf-8")
    return CliRunner().invoke(plan, [str(tmp_path / "strata.csv"), "--json", *options])


def test_a_coefficient_of_variation_plans_like_its_standard_deviation(tmp_path):
    """25 % of 310 is 77.5, by --cv, by a column in percent, by a fraction, and by sd."""
    import json

    plain = plan_of(tmp_path, "stratum,area,mean,sd\ntall,120,310,77.5\n")
    ways = [
        plan_of(tmp_path, "stratum,area,mean\ntall,120,310\n", "--cv", "25"),
        plan_of(tmp_path, "stratum,area,mean,cv [%]\ntall,120,310,25\n"),
        plan_of(tmp_path, "stratum,area,mean,cv\ntall,120,310,0.25\n"),
    ]
    counts = {json.loads(one.stdout)["plots"] for one in (plain, *ways)}
    assert len(counts) == 1
    assert counts.pop() > 10


@pytest.mark.parametrize(("sd", "other"), [("0.25", "77.5"), ("8", "24.8")])
def test_a_cv_typed_as_sd_is_asked_about(tmp_path, sd, other):
    """0.25 as a fraction is 77.5 of 310; 8 as percent is 24.8."""
    result = plan_of(tmp_path, f"stratum,area,mean,sd\ntall,120,310,{sd}\n")
    assert result.exit_code == 0
    assert "BC-SAM-14" in result.output
    assert f"an sd of {other}" in result.output
    assert "BC-SAM-14" not in plan_of(tmp_path, "stratum,area,mean,sd\ntall,120,310,16\n").output


def test_sd_and_cv_together_and_cv_without_mean_are_refused(tmp_path):
    from methodology.base.errors import InputError

    for text, code in (("stratum,area,mean,sd,cv\ntall,120,310,80,0.2\n", "BC-SAM-15"),
                       ("stratum,area,cv\ntall,120,0.2\n", "BC-SAM-07")):  # fmt: skip
        result = plan_of(tmp_path, text)
        assert isinstance(result.exception, InputError)
        assert {finding.code for finding in result.exception.findings} == {code}
