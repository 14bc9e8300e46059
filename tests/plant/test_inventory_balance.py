"""The second rung: captured CO2 by balance, its uncertainty, and what it may not do."""

import golden_day
import numpy as np
import pytest
import small_plant as small
from test_performance_accounts import golden_records

from ccus.gaps.balance import Flow, by_inert_gas, held_against, supply_less_depleted
from ccus.inventory.accounts import account
from ccus.streams.averages import Averages
from ccus.streams.spread import Spread, summed

EDGES = 3600.0 * np.arange(3)


def flow(value, systematic, random=0.0):
    mean = np.full(2, float(value))
    return Flow(Averages(EDGES, mean, np.full(2, 3600.0)), Spread.even(2, random, systematic), ("T",))


def test_supply_less_depleted_by_hand():
    # 1000 - 100 = 900 kg/h; 1 % of 1000 is 10 of 900, 2 % of 100 is 2 of 900, the shared gas 0.5 % of (1000 - 100)
    found = supply_less_depleted(flow(1000, {"F1": 1.0, "gas": 0.5}), flow(100, {"F2": 2.0, "gas": 0.5}))
    assert found.averages.mean == pytest.approx([900, 900])
    parts = {name: part[0] for name, part in found.spread.systematic.items()}
    assert parts == pytest.approx({"F1": 10 / 9, "F2": -2 / 9, "gas": 0.5})


def test_inert_gas_by_hand():
    # of 100 kmol: 12 CO2 and 88 others; 88 * 0.015 / 0.985 = 1.340102 CO2 leave, so 10.659898 of 12 stay
    found = by_inert_gas(flow(1200, {"F": 1.0, "A_in": 0.5}), flow(0.12, {"A_in": 0.5}), flow(0.015, {"A_out": 2.0}))
    assert found.averages.mean == pytest.approx([1200 * 10.659898 / 12] * 2, rel=1e-7)
    parts = {name: part[0] for name, part in found.spread.systematic.items()}
    # y_in 0.12 / 0.105 in all; y_out 0.015 * 0.88 / (0.105 * 0.985)
    expected = {"F": 1.0, "A_in": 0.5 * 0.12 / 0.105, "A_out": -2.0 * 0.0132 / 0.103425}
    assert parts == pytest.approx(expected, rel=1e-9)


def test_more_out_than_in_is_no_evidence():
    found = supply_less_depleted(flow(100, {"F1": 1.0}), flow(120, {"F2": 1.0}))
    assert not found.averages.valid().any()


def test_a_balance_stands_at_what_nine_of_ten_hours_reached_and_never_above():
    edges = 3600.0 * np.arange(22)
    s = Flow(Averages(edges, np.full(21, 100.0), np.full(21, 3600.0)), Spread.even(21, 0.0, {"F1": 1.0}))
    d = Flow(Averages(edges, np.zeros(21), np.full(21, 3600.0)), Spread.even(21, 0.0, {"F2": 1.0}))
    product = Averages(edges, 90.0 + np.arange(21), np.full(21, 3600.0))  # shares 0.90 to 1.10: tenth percentile 0.92
    assert held_against(supply_less_depleted(s, d), product, 75.0).scale == pytest.approx(0.92)
    richer = Averages(edges, np.full(21, 130.0), np.full(21, 3600.0))
    assert held_against(supply_less_depleted(s, d), richer, 75.0).scale == 1.0
    few = Averages(edges, np.full(21, 90.0), np.where(np.arange(21) < 11, 3600.0, 0.0))
    held = held_against(supply_less_depleted(s, d), few, 75.0)
    assert (held.scale, held.common_hours) == (1.0, 11)


def test_a_sum_of_two_kinds_of_evidence():
    # 300 on meter A (1 %), 100 on meter B (4 %) and A's gas (2 %): A 3 + 2 = 5 of 400, B 4 of 400
    first, second = Spread.even(2, 0.0, {"A": 1.0}), Spread.even(2, 0.0, {"A": 2.0, "B": 4.0})
    random, parts = summed([(np.array([300.0, 0.0]), first), (np.array([0.0, 100.0]), second)])
    assert parts == pytest.approx({"A": 5 / 4, "B": 1.0})
    assert random == 0.0
    silent = Spread.even(2, None, {})
    assert summed([(np.array([300.0, 0.0]), first), (np.array([0.0, 100.0]), silent)]) == (None, {})
    assert summed([(np.array([300.0, 0.0]), first), (np.zeros(2), silent)])[0] == 0.0


METERS = (
    small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)
    + small.meter("FS", "flue_gas_in", "mass_flow", "kg/h", 'component = "CO2"', systematic=1.0)
    + small.meter("FD", "depleted_gas", "mass_flow", "kg/h", 'component = "CO2"', systematic=2.0)
)


def day(text=METERS, missing=(10,)):
    flows = (("FP", 900, missing), ("FS", 1000, ()), ("FD", 100, ()))
    series = [(small.constant(tag, "kg/h", value, without=hours), "kg/h") for tag, value, hours in flows]
    return small.records(text, series)


def test_a_missing_hour_takes_the_balance_with_its_own_uncertainty():
    accounts = account(day())
    line = accounts.lines[0]
    assert line.hours.captured.by_rung()["balance"] == pytest.approx((900.0, 1.0))
    assert accounts.captured_t == pytest.approx(24 * 0.9)
    # 23 h * 900 kg/h * 0.5 % = 103.5 kg; the hour by balance adds 1 % of 1000 and 2 % of 100: 10 kg and 2 kg
    assert accounts.captured_u_t == pytest.approx(np.sqrt(103.5**2 + 10**2 + 2**2) / 1000)
    assert accounts.captured_u_t > account(day(missing=())).captured_u_t * 23 / 24
    told = next(f for f in accounts.findings if f.code == "CC-GAP-11")
    assert told.severity == "note"
    assert "FS" in told.remedy
    assert {"FS", "FD"} <= set(line.hours.measured["product"].tags)


def test_without_a_stated_uncertainty_a_balance_is_no_evidence():
    accounts = account(day(METERS.replace("uncertainty_systematic_percent = 2.0\n", "")))
    assert "balance" not in accounts.lines[0].hours.captured.by_rung()
    assert "CC-GAP-12" in {f.code for f in accounts.findings}


def test_a_bad_depleted_hour_leaves_the_bound():
    flows = (("FP", 900, (10,)), ("FS", 1000, ()), ("FD", 100, (10,)))
    series = [(small.constant(tag, "kg/h", value, without=hours), "kg/h") for tag, value, hours in flows]
    accounts = account(small.records(METERS, series))
    assert "balance" not in accounts.lines[0].hours.captured.by_rung()
    assert accounts.captured_t <= 24 * 0.9 * (1 + 1e-9)


def test_golden_day_by_inert_gas_never_above_the_truth():
    stated = "max_hold_s = 600\nuncertainty_random_percent = 1.0\nuncertainty_systematic_percent = 0.5\n"
    accounts = account(golden_records(golden_day.plant_text().replace("max_hold_s = 600\n", stated)))
    truth, line = golden_day.truth()["truth_with_vol_to_wt"], accounts.lines[0]
    amount, hours = line.hours.captured.by_rung()["balance"]
    assert hours == pytest.approx(1 + 4 / 6)
    assert 0 < truth - accounts.captured_t < 0.05
    measured = line.hours.captured.measured.sum()
    assert truth - accounts.captured_t == pytest.approx(truth - (measured + amount) / 1000, rel=1e-9)
    # no hour by balance above what was truly there: 2,207 kg/h of stream and 98.2 vol % in the hour of "Bad Input"
    assert next(f.rate for f in line.hours.captured.fills if f.hour == 5) < 2207 * 0.9888


def test_two_instruments_shared_by_two_lines_both_count():
    """Two lines of 24 and 12 t whose flow meters share a rig (0.5 %) and whose analysers share a gas (0.2 %)."""
    from ccus.inventory.statement import plant_statement
    from methodology.guides.registry import load_guide

    second = '[[line]]\nid = "b"\ntechnology = "membrane"\nnameplate_t_per_day = 20\n'

    def meters(line):
        text = small.meter(f"F{line}", "product", "mass_flow", "kg/h", 'uncertainty_group = "rig"', systematic=0.5)
        text += small.meter(
            f"A{line}",
            "product",
            "composition",
            "vol%",
            'component = "CO2"',
            'uncertainty_group = "gas"',
            systematic=0.2,
        )
        return text.replace('line = "a"', f'line = "{line}"')

    columns = [(f"F{n}", "kg/h", value) for n, value in (("a", 1000), ("b", 500))]
    columns += [("Aa", "vol%", 100), ("Ab", "vol%", 100)]
    series = [(small.constant(tag, unit, value), unit) for tag, unit, value in columns]
    accounts = account(small.records(second + meters("a") + meters("b"), series))
    # both errors are shared: (24 + 12) t * sqrt(0.5^2 + 0.2^2) %
    expected = 36 * np.hypot(0.5, 0.2) / 100
    assert accounts.captured_u_t == pytest.approx(expected)
    statement, _ = plant_statement(accounts, "2025-07-01", {}, load_guide("cn-grid").factors, draws=1000)
    gross = next(line for line in statement["lines"] if line["id"] == "gross_captured/2025-07-01")
    assert gross["standard_uncertainty"] == pytest.approx(expected, rel=1e-3)
