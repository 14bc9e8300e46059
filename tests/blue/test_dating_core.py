"""Dating from the table on: supported activity, gaps, warnings, refusals, errors by simulation, the command."""

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

from bluecarbon.dating.caesium import caesium_marker
from bluecarbon.dating.checks import chronology_findings, profile_findings
from bluecarbon.dating.commands import dating
from bluecarbon.dating.equations import KG_PER_M2, crs_age, section_mass
from bluecarbon.dating.figures import age_depth, excess_profile
from bluecarbon.dating.models import Decay, Missing, cfcs, cic, crs, fitted_line, missing_inventory
from bluecarbon.dating.profile import Activities, Sections, closed_gaps, dated_part, excess_from_total
from bluecarbon.dating.simulation import simulated_ages
from methodology.base.errors import Findings, InputError, code_titles
from methodology.equation import known_equations

ROOT = Path(__file__).resolve().parents[2]
LAMBDA = 0.03114
NAN = math.nan


def core(excess, error=0.0, mass=5.0, thickness=1.0):
    n = len(excess)
    blank = np.full(n, NAN)
    top = np.arange(n) * thickness
    return Sections("core", top, top + thickness, np.full(n, mass), blank, np.array(excess, float),
                    np.full(n, error), np.full(n, 0.04), np.full(n, 0.002))  # fmt: skip


def falling(n=30, surface=100.0, rate=2.5, mass=5.0):
    return surface * np.exp(-LAMBDA * mass / rate * (np.arange(n) + 0.5))


def code_of(call, *arguments):
    with pytest.raises(InputError) as refused:
        call(*arguments)
    return refused.value.code


def test_every_equation_is_dimensionally_true():
    values = {"dry_bulk_density": 0.5, "thickness": 2.0, "total": 80.0, "supported": 20.0, "excess": 60.0, "mass": 10.0,
              "inventory": 4800.0, "inventory_below": 1000.0, "decay_constant": LAMBDA, "surface": 90.0, "slope": -0.01,
              "mass_depth": 50.0, "mass_accumulation": 2.5, "years": 4.0, "carbon_fraction": 0.04}  # fmt: skip
    own = [e for e in known_equations().values() if e.guide == "pb210-dating"]
    assert len(own) == 11
    for equation in own:
        given = {argument.name: values[argument.name] for argument in equation.arguments}
        assert equation.quantity(**given).magnitude == pytest.approx(float(equation(**given)), rel=1e-12), equation.id


def test_section_mass_and_age_by_hand():
    # 0.5 g cm⁻³ × 2 cm = 1 g cm⁻² = 10 kg m⁻²; half of the inventory gone is one half-life.
    assert section_mass(0.5, 2.0) == 10.0
    assert float(KG_PER_M2) == 10.0
    assert crs_age(100.0, 50.0, math.log(2) / 22.23) == pytest.approx(22.23)


def test_supported_by_each_rule():
    total, error = np.array([80.0, 60.0, 21.0, 19.0]), np.array([4.0, 3.0, 1.0, 1.0])
    radium, radium_se = np.array([22.0, 18.0, 20.0, 20.0]), np.full(4, 1.0)
    measured = Activities("c", np.array([0.0, 2.0, 4.0, 6.0]), total, error, radium, radium_se)
    excess, spread = excess_from_total(measured, "ra226")
    assert excess.tolist() == [58.0, 42.0, 1.0, -1.0]
    assert spread[0] == pytest.approx(math.hypot(4, 1))
    excess, spread = excess_from_total(measured, "mean-ra226")
    assert excess.tolist() == [60.0, 40.0, 1.0, -1.0]
    # Scatter of 22, 18, 20, 20: s = √(8/3), over √4; larger than the counting error 2/4.
    assert spread[0] == pytest.approx(math.hypot(4, math.sqrt(8 / 3) / 2))
    excess, _ = excess_from_total(measured, "tail", 4.0)
    assert excess.tolist() == [60.0, 40.0, 1.0, -1.0]


def test_supported_refusals():
    n = np.full(3, NAN)
    measured = Activities("c", np.array([0.0, 1.0, 2.0]), np.array([80.0, 60.0, 20.0]), n, n, n)
    assert code_of(excess_from_total, measured, "ra226") == "BC-DAT-01"
    assert code_of(excess_from_total, measured, "mean-ra226") == "BC-DAT-01"
    assert code_of(excess_from_total, measured, "tail") == "BC-DAT-01"
    assert code_of(excess_from_total, measured, "tail", 2.0) == "BC-DAT-01"
    assert code_of(excess_from_total, measured, "guess") == "BC-DAT-16"


def test_gap_filled_exponentially_is_exact_for_an_exponential_core_and_refused_by_default():
    whole = core(falling(12), 1.0)
    holed = whole.part(np.array([i != 5 for i in range(12)]))
    assert code_of(closed_gaps, holed, "refuse") == "BC-DAT-08"
    filled, names = closed_gaps(holed, "exponential")
    assert names == ["5-6 cm"]
    np.testing.assert_allclose(filled.excess, whole.excess, rtol=1e-12)
    np.testing.assert_allclose(filled.mass, whole.mass, rtol=1e-12)
    assert filled.excess_se[5] > filled.excess_se[4]


def test_missing_surface_and_overlap_are_refused():
    whole = core(falling(12))
    assert code_of(closed_gaps, whole.part(slice(1, None)), "exponential") == "BC-DAT-08"
    wrong = core(falling(5), thickness=1.0)
    wrong.bottom_cm[1] = 2.5
    assert code_of(closed_gaps, wrong, "refuse") == "BC-DAT-09"
    assert code_of(closed_gaps, whole, "guess") == "BC-DAT-16"


def test_dated_part_ends_above_the_first_section_without_excess():
    assert len(dated_part(core([50, 40, 30, -1, 2]), None)) == 3
    assert len(dated_part(core([50, 40, 30, -1, 2]), 5.0)) == 5
    assert code_of(dated_part, core([50, 40, -1, 2]), None) == "BC-DAT-10"


def test_rising_profile_and_negative_inventory_are_refused_never_infinite():
    depth = np.arange(4.0)
    assert code_of(fitted_line, depth, np.array([10.0, 20, 30, 40]), None, "c") == "BC-DAT-11"
    assert code_of(crs, core([50.0, 10, -70, 5]), Decay(LAMBDA), Missing(0.0, 0.0, "none")) == "BC-DAT-17"
    assert code_of(Decay, 22.3) == "BC-DAT-16"
    assert code_of(missing_inventory, core(falling(8)), "guess") == "BC-DAT-16"


def codes(sections, deeper=None, chronology=None):
    findings = Findings()
    profile_findings(sections, deeper if deeper is not None else sections.part(slice(0, 0)), findings)
    if chronology is not None:
        chronology_findings(sections, chronology, findings)
    return {finding.code for finding in findings}


def test_each_warning_appears_for_its_fault_and_not_for_a_clean_core():
    clean = core(falling(70), 0.1)
    assert codes(clean, None, crs(clean, Decay(LAMBDA), missing_inventory(clean, "tail"))) == set()
    assert "BC-DAT-03" in codes(core(np.r_[np.full(4, 90.0), falling(60)], 1.0))
    bumped = falling(60)
    bumped[20] *= 2
    assert "BC-DAT-04" in codes(core(bumped, 0.1))
    short = core(falling(10), 0.1)
    assert "BC-DAT-05" in codes(short)
    assert "BC-DAT-05" not in codes(short, core([-1.0, 0.5]))
    assert "BC-DAT-07" in codes(short, None, crs(short, Decay(LAMBDA), missing_inventory(short, "tail")))


def test_reversed_ages_are_reported_and_finite():
    values = falling(20)
    values[8] *= 1.5
    sections = core(values, 1.0)
    result = cic(sections, Decay(LAMBDA))
    assert "BC-DAT-06" in codes(sections, None, result)
    assert np.all(np.isfinite(result.age_mid))
    assert np.nanmin(result.rate) < 0


def test_first_order_errors_equal_a_small_error_simulation():
    sections = core(falling(25), 0.02)
    decay = Decay(LAMBDA, LAMBDA * 1e-4)
    missing = Missing(200.0, 0.5, "stated")
    result = crs(sections, decay, missing)
    generator = np.random.default_rng(5)
    draws = []
    for _ in range(4000):
        amounts = np.r_[generator.normal(sections.excess, 0.02) * sections.mass, generator.normal(200.0, 0.5)]
        below = np.cumsum(amounts[::-1])[::-1]
        draws.append(np.log(below[0] / below[1:]) / generator.normal(LAMBDA, LAMBDA * 1e-4))
    ages = np.array(draws)
    rates = 5.0 / np.diff(np.c_[np.zeros(len(ages)), ages], axis=1)
    # 4000 draws know a standard deviation to 1.1 %; four of those.
    np.testing.assert_allclose(result.age_se, ages.std(axis=0, ddof=1), rtol=0.05)
    np.testing.assert_allclose(result.rate_se, rates.std(axis=0, ddof=1), rtol=0.05)


def test_errors_with_a_fitted_tail_carry_its_covariance_with_the_sections():
    sections = core(falling(25), 0.01)
    result = crs(sections, Decay(LAMBDA), missing_inventory(sections, "tail"))
    generator = np.random.default_rng(6)
    ages = []
    for _ in range(1500):
        drawn = core(generator.normal(sections.excess, 0.01))
        ages.append(crs(drawn, Decay(LAMBDA), missing_inventory(drawn, "tail")).age)
    # 1500 draws know a standard deviation to 1.8 %; three of those.
    np.testing.assert_allclose(result.age_se, np.std(ages, axis=0, ddof=1), rtol=0.06)


def test_tail_error_equals_a_simulation_of_its_fit():
    sections = core(falling(20), 0.0)
    generator = np.random.default_rng(3)
    values, errors = [], []
    for _ in range(1500):
        noisy = core(sections.excess * np.exp(0.02 * generator.standard_normal(20)))
        missing = missing_inventory(noisy, "tail")
        values.append(missing.value)
        errors.append(missing.standard_error**2)
    assert math.sqrt(np.mean(errors)) == pytest.approx(np.std(values, ddof=1), rel=0.1)


def test_full_simulation_brackets_the_age_and_counts_failures():
    sections = core(falling(25), 2.0)
    decay = Decay(LAMBDA, LAMBDA * 0.005)
    result = crs(sections, decay, Missing(100.0, 20.0, "stated"))
    simulated = simulated_ages(sections, result, decay, 400, 1)
    assert np.all((simulated.low < result.age) & (result.age < simulated.high))
    assert simulated.failed[0] == 0
    again = simulated_ages(sections, result, decay, 400, 1)
    np.testing.assert_array_equal(simulated.low, again.low)
    slope = cfcs(sections, decay)
    band = simulated_ages(sections, slope, decay, 2000, 1)
    half = (band.high - band.low) / 2
    np.testing.assert_allclose(half, 1.96 * slope.age_se, rtol=0.1)
    assert code_of(simulated_ages, sections, result, decay, 5, 1) == "BC-DAT-16"


def test_caesium_peak_and_onset_by_hand():
    sections = core(falling(20))
    activity = np.zeros(20)
    activity[4:12] = [2, 5, 9, 30, 9, 5, 2, 1]
    marker = caesium_marker(sections, activity, np.full(20, 0.3), 2013.0, "peak")
    # Section 7-8 cm: mass depth 37.5 kg m⁻² over 50 years; half a section is 2.5 kg m⁻².
    assert (marker.depth_cm, marker.depth_se_cm) == (7.5, 0.5)
    assert marker.rate == pytest.approx(37.5 / 50)
    assert marker.rate_se == pytest.approx(2.5 / 50)
    onset = caesium_marker(sections, activity, np.full(20, 0.3), 2014.0, "onset")
    assert onset.depth_cm == 12.0
    assert onset.rate == pytest.approx(60.0 / 60)
    assert code_of(caesium_marker, sections, activity, np.full(20, 0.3), 1960.0, "peak") == "BC-DAT-15"
    assert code_of(caesium_marker, sections, np.zeros(20), np.zeros(20), 2013.0, "peak") == "BC-DAT-15"
    assert (
        code_of(caesium_marker, sections, activity[::-1] * 0 + falling(20), np.zeros(20), 2013.0, "peak") == "BC-DAT-15"
    )
    second = caesium_marker(sections, activity, np.full(20, 0.3), 2013.0, "peak", None, (8.0, 12.0))
    assert second.depth_cm == 8.5


HEAD = ("study_id,site_id,core_id,year,depth_min,depth_max,dry_bulk_density,fraction_carbon,"
        "total_pb210_activity,total_pb210_activity_se,pb210_unit,ra226_activity,ra226_activity_se,ra226_unit")  # fmt: skip


def csv_rows(scale=1.0, unit="Bq/kg", order=slice(None)):
    totals = 20 + falling(40, mass=5.0, rate=2.5)
    rows = [
        f"S,A,C1,2020,{i},{i + 1},0.5,0.04,{(t) / scale:.12g},{1 / scale:.12g},{unit},{20 / scale:.12g},{0.5 / scale:.12g},{unit}"
        for i, t in enumerate(totals)
    ]
    return [HEAD, *rows[order]]


def run(tmp_path, lines, *options):
    path = tmp_path / "dating.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "ages.csv"
    result = CliRunner().invoke(dating, [str(path), "--out", str(out), *options])
    if result.exception and not isinstance(result.exception, InputError | SystemExit):
        raise result.exception
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines())) if out.exists() else []
    return result, rows


def test_command_writes_the_promised_columns_and_constant_core_agrees_between_models(tmp_path):
    ages = {}
    for model in ("crs", "cfcs"):
        result, rows = run(
            tmp_path, csv_rows(), "--model", model, "--decay-constant", str(LAMBDA), "--json", "--years", "50"
        )
        assert result.exit_code == 0, result.output
        ages[model] = [float(row["age"]) for row in rows]
        assert {"study_id", "site_id", "core_id", "depth_max", "age", "age_se", "mass_accumulation"} <= set(rows[0])
        told = json.loads(result.stdout)
        # 0.25 g cm⁻² yr⁻¹ at 4 % carbon is 100 g C m⁻² yr⁻¹ by hand.
        assert told["cores"][0]["carbon_accumulation_g_c_m2_yr"] == pytest.approx(100, rel=3e-3)
    # Middles of sections stand for their means: 1e-4 of a section's worth in the sum.
    np.testing.assert_allclose(ages["crs"], ages["cfcs"], rtol=2e-3)
    np.testing.assert_allclose(ages["cfcs"], 2 * np.arange(1, 41), rtol=1e-9)


def test_row_order_and_units_change_nothing(tmp_path):
    _, first = run(tmp_path, csv_rows(), "--model", "crs")
    _, turned = run(tmp_path, csv_rows(order=slice(None, None, -1)), "--model", "crs")
    _, dpm = run(tmp_path, csv_rows(scale=1000 / 60, unit="dpm/g"), "--model", "crs")
    assert turned == first
    for a, b in zip(first, dpm, strict=True):
        assert float(b["age"]) == pytest.approx(float(a["age"]), rel=1e-9)
        assert float(b["age_se"]) == pytest.approx(float(a["age_se"]), rel=1e-9)


FAULTS = [
    ("BC-TAB-05", [line.replace("Bq/kg", "") for line in csv_rows()]),
    ("BC-DAT-08", [line for i, line in enumerate(csv_rows()) if i != 9]),
    ("BC-DAT-20", [line.replace("2020", "2019") if i == 5 else line for i, line in enumerate(csv_rows())]),
    ("BC-DAT-01", [line.replace(",20,0.5,Bq/kg", ",,,") for line in csv_rows()]),
    ("BC-TAB-11", [line.replace(",0.5,0.04,", ",500,0.04,") for line in csv_rows()]),
]


@pytest.mark.parametrize(("code", "lines"), FAULTS, ids=[code for code, _ in FAULTS])
def test_faulty_tables_are_refused_and_nothing_is_written(tmp_path, code, lines):
    result, rows = run(tmp_path, lines, "--model", "crs")
    assert code in {finding.code for finding in result.exception.findings}
    assert not rows


@pytest.mark.parametrize(
    ("option", "value"), [("--missing", "much"), ("--missing", "-3"), ("--decay-constant", "22.3")]
)
def test_bad_options_are_refused(tmp_path, option, value):
    result, _ = run(tmp_path, csv_rows(), "--model", "crs", option, value)
    assert result.exception.code == "BC-DAT-16"


def test_swapped_columns_are_refused(tmp_path):
    lines = [HEAD.replace("total_pb210_activity,", "excess_pb210_activity,") + ",total_pb210_activity"]
    lines += [line + ",10" for line in csv_rows()[1:]]
    result, _ = run(tmp_path, lines, "--model", "crs")
    assert result.exception.code == "BC-DAT-13"


def test_figures_show_what_they_are_given():
    depth, excess = np.array([1.0, 2.0, 3.0]), np.array([50.0, 30.0, 0.5])
    figure = excess_profile(depth, excess, np.array([3.0, 2.0, 1.0]), (4.3, -0.5))
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert axes.yaxis_inverted()
    band = age_depth(depth, np.array([5.0, 11.0, NAN]), np.array([4.0, 9.0, NAN]), np.array([6.0, 13.0, NAN]),
                     ((2.0, 0.5, 10.0, "1963"),))  # fmt: skip
    assert [text.get_text() for text in band.axes[0].texts] == ["1963"]


def test_codes_raised_are_declared_and_help_is_light():
    declared = set(code_titles("bluecarbon"))
    text = "".join(path.read_text("utf-8") for path in (ROOT / "bluecarbon" / "dating").glob("*.py"))
    assert set(re.findall(r"BC-DAT-\d\d", text)) <= declared
    heavy = "('pandas', 'scipy', 'matplotlib', 'sympy', 'numpy')"
    code = f"import sys; from bluecarbon.dating import commands; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_faulty_core_is_refused_by_name_and_the_others_are_dated(tmp_path):
    other = [line.replace(",C1,", ",C2,") for i, line in enumerate(csv_rows()[1:]) if i != 9]
    result, rows = run(tmp_path, [*csv_rows(), *other], "--model", "crs")
    assert result.exit_code == 1
    assert {row["core_id"] for row in rows} == {"C1"}
    assert "S / A / C2" in result.stderr
    assert "1 of 2 cores could not be dated" in result.stderr


def test_two_sections_of_one_activity_give_no_infinite_rate():
    values = falling(10)
    values[4] = values[3]
    result = cic(core(values, 1.0), Decay(LAMBDA))
    assert not np.isinf(result.rate).any()
    assert np.isnan(result.rate[4])
