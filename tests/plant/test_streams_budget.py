"""Uncertainty budgets, capture rates, agreement of two meters, cross checks."""

import csv
import json

import golden_day
import numpy as np
import pytest

from ccus.quality.crosschecks import LinePeriod, check_line, check_stock
from ccus.streams import budget
from ccus.streams.budget import Co2Amounts, Term, capture_rates, closure, standard_uncertainty
from ccus.streams.conditions import saturated_water_fraction
from methodology.base.errors import InputError


def golden(name):
    path = golden_day.GOLDEN / name
    if not path.exists():
        pytest.skip("expected results are not at hand")
    if name.endswith(".csv"):
        with path.open(encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_year_is_no_better_than_its_systematic_part():
    # 2 % random over 8760 h is 0.02137 %; with 0.8 % systematic sqrt(0.02137² + 0.8²) = 0.800285 %
    year = Term(np.full(8760, 2.2831), 2.0, {"FT601": 0.8})
    assert 100 * standard_uncertainty([year]) / year.amounts.sum() == pytest.approx(0.80028534, rel=1e-7)
    alone = Term(year.amounts, 2.0)
    assert 100 * standard_uncertainty([alone]) / year.amounts.sum() == pytest.approx(2 / np.sqrt(8760), rel=1e-12)


def test_golden_budgets():
    data = golden("uncertainty.json")
    case = data["annual_sum"]
    hours = np.full(case["hours"], case["mean_t_h"])
    term = Term(hours, case["random_pct_per_hour_k1"], {"meter": case["systematic_pct_k1"]})
    assert 100 * standard_uncertainty([term]) / hours.sum() == pytest.approx(case["correct_pct_k1"], rel=1e-9)
    case = data["product"]
    parts = (case["flow_pct_k1"], case["density_pct_k1"], case["y_pct_k1"])
    assert 2 * budget.combined_percent(*parts) == pytest.approx(case["U_k2_pct"], rel=1e-12)
    case = data["two_lines_same_calibration_gas"]
    shared = case["u_calgas_shared_pct_k1"]
    lines = [
        Term(np.array([amount]), 0.0, {f"meter {i}": own, "calibration gas": shared})
        for i, (amount, own) in enumerate(zip(case["line_t"], case["u_flow_pct_k1"], strict=True))
    ]
    assert standard_uncertainty(lines) == pytest.approx(case["u_total_t"], rel=1e-12)
    apart = [
        Term(np.array([amount]), 0.0, {f"meter {i}": own, f"gas {i}": shared})
        for i, (amount, own) in enumerate(zip(case["line_t"], case["u_flow_pct_k1"], strict=True))
    ]
    assert standard_uncertainty(apart) == pytest.approx(case["u_if_shared_ignored_as_independent_t"], rel=1e-12)


def test_golden_capture_rates_and_closure():
    case = golden("uncertainty.json")["capture_three_ways"]
    us, ud, up = case["u_pct_k1"]
    co2 = Co2Amounts(case["S_CO2_supply"], case["D_CO2_depleted"], case["P_CO2_product"], us, ud, up)
    rates = {rate.method: rate for rate in capture_rates(co2)}
    first, second, third = (
        rates[name] for name in ("product / supply", "product / (product + depleted)", "(supply - depleted) / supply")
    )
    assert first.value == pytest.approx(case["m1_P_over_S"])
    assert 100 * first.uncertainty / first.value == pytest.approx(case["u_m1_rel_pct"], rel=1e-12)
    assert second.value == pytest.approx(case["m2_P_over_P_plus_D"])
    assert second.uncertainty == pytest.approx(case["u_m2_abs"], rel=1e-12)
    assert third.uncertainty == pytest.approx(case["u_m3_abs"], rel=1e-12)
    assert capture_rates(co2)[0] is not None
    assert capture_rates(co2)[0].method == second.method, "the smallest uncertainty is used"
    value, uncertainty = closure(co2)
    assert value == pytest.approx(case["recovery_closure"])
    assert uncertainty == pytest.approx(case["u_closure_abs"], rel=1e-12)


def test_fourth_way_by_numerical_derivative():
    before, after = 0.12, 0.015
    rate = capture_rates(Co2Amounts(), (before, after, 1.0, 2.0))[0]

    def of(a, b):
        return 1 - b / (1 - b) * (1 - a) / a

    step = 1e-6
    slope_before = (of(before * (1 + step), after) - of(before * (1 - step), after)) / (2 * step)
    slope_after = (of(before, after * (1 + step)) - of(before, after * (1 - step))) / (2 * step)
    assert rate.value == pytest.approx(of(before, after))
    assert rate.uncertainty == pytest.approx(np.hypot(slope_before * 0.01, slope_after * 0.02), rel=1e-6)


def test_what_is_not_metered_gives_no_rate():
    assert [r.method for r in capture_rates(Co2Amounts(supply=100.0, product=86.0))] == ["product / supply"]
    assert closure(Co2Amounts(supply=100.0, product=86.0)) is None
    assert capture_rates(Co2Amounts()) == []


def test_golden_two_ended_transfer():
    for case in golden("eu_mrr.json")["art48_49_two_meters"]:
        amount, explained = budget.transferred(
            case["sender"], case["receiver"], case["u_sender_pct_k2"], case["u_receiver_pct_k2"]
        )
        assert explained == case["explained"]
        assert amount == (case["use"] if explained else min(case["sender"], case["receiver"]))
    tiers = golden("eu_mrr.json")["tiers_CO2_transfer_pct"]
    for tier, limit in tiers.items():
        assert budget.tier_reached(limit) == int(tier)
    assert budget.tier_reached(10.1) is None


def test_an_uncertainty_is_never_made_up():
    with pytest.raises(InputError) as caught:
        standard_uncertainty([Term(np.ones(3), float("nan"))])
    assert caught.value.code == "CC-MASS-81"


@pytest.mark.parametrize(
    ("co2", "heat", "codes"),
    [
        (Co2Amounts(100, 12, 86.5, 3, 3.5, 1), 280.0, []),
        (Co2Amounts(100, 12, 120, 3, 3.5, 1), None, ["CC-QUA-21", "CC-QUA-22"]),
        (Co2Amounts(100, 12, 80, 1, 1, 1), None, ["CC-QUA-22"]),
        (Co2Amounts(100, 12, 88, 3, 3.5, 1), 900.0, ["CC-QUA-23"]),
    ],
)
def test_cross_checks(co2, heat, codes):
    found = check_line(LinePeriod("amine", "amine", co2, heat))
    assert [f.code for f in found] == codes
    assert all(f.severity == "warning" for f in found)


def test_stock_against_the_product_meter():
    assert len(check_stock(1000.0, 8.0, 990.0, 3.0)) == 0
    assert [f.code for f in check_stock(1000.0, 8.0, 960.0, 3.0)] == ["CC-QUA-24"]


def test_golden_pilot_runs_and_the_slipped_decimal():
    runs, derived = golden("tobiesen_2007_mea_20runs.csv"), golden("tobiesen_2007_derived.csv")
    for run, expected in zip(runs, derived, strict=True):
        t, p = float(run["gas_T_C"]), float(run["gas_P_kPa"])
        water = saturated_water_fraction(t, p)
        assert water == pytest.approx(float(expected["y_H2O_wet"]), abs=2e-5)  # another saturation formula, same steam
        kmol_h = float(run["gas_m3_h_actual"]) * p / (8.314462618 * (t + 273.15))
        assert kmol_h == pytest.approx(float(expected["gas_kmol_h_wet"]), rel=1e-6)
        supply_kg = kmol_h * (1 - water) * float(run["y_CO2_in_dry"]) * 44.0098
        assert supply_kg == pytest.approx(float(expected["CO2_in_kg_h"]), rel=3e-5)
        absorbed = float(run["CO2_absorbed_kg_h_reported"])
        found = check_line(LinePeriod("pilot", "amine", Co2Amounts(supply_kg, None, absorbed, 3.0, 0.0, 5.0)))
        assert [f.code for f in found] == ([] if expected["plausible"] == "True" else ["CC-QUA-21"])


def test_run_15_by_hand():
    # Tobiesen et al. 2007, run 15: 2.23 kg/h CO2 in, 9.25 kg/h reported absorbed; 0.01212 stands for 0.1212
    found = check_line(LinePeriod("pilot", "amine", Co2Amounts(2.23, None, 9.25, 3.0, 0.0, 5.0)))
    assert [f.code for f in found] == ["CC-QUA-21"]
    assert not list(check_line(LinePeriod("pilot", "amine", Co2Amounts(22.3, None, 9.25, 3.0, 0.0, 5.0))))
