"""The worksheet graph: alignment, sums, uncertainty with correlation, simulation that ignores threads."""

import numpy as np
import pytest

from methodology.base.errors import InputError
from methodology.equation import equation
from methodology.factors.table import Factor
from methodology.uncertainty.distributions import fitted
from methodology.uncertainty.propagation import propagate
from methodology.uncertainty.simulation import simulate
from methodology.worksheet import Worksheet


@equation("test", "product", "t_C", area=("ha", 0, None), density=("t_C/ha", 0, 1000))
def product(area, density):
    """Area times density. Source: definition."""
    return area * density


@equation("test", "difference", "t_C", after=("t_C", None, None), before=("t_C", None, None))
def difference(after, before):
    """After minus before. Source: definition."""
    return after - before


def factor(name, value, low, high, form="normal"):
    return Factor(
        name,
        "test",
        "soil_stock_1m",
        value,
        "t_C/ha",
        low,
        high,
        0.95,
        "",
        form,
        None,
        {},
        "s",
        "l",
        "local",
        "local",
        "",
        "",
        2,
    )


SHARED = factor("shared", 100.0, 80.4, 119.6)  # sd 10


def sheet_with(areas, factors):
    sheet = Worksheet()
    area = sheet.input(
        "area",
        "ha",
        ("unit", "date"),
        areas,
        spreads={k: fitted("normal", v, 0.902 * v, 1.098 * v) for k, v in areas.items()},
    )
    density = sheet.factor({(unit,): f for unit, f in factors.items()}, ("unit",))
    sheet.apply("stock", product, area=area, density=density)
    return sheet


AREAS = {("a", "1"): 10.0, ("b", "1"): 20.0, ("a", "2"): 12.0, ("b", "2"): 15.0}


def test_values_by_hand():
    sheet = sheet_with(AREAS, {"a": SHARED, "b": SHARED})
    sheet.total("by date", sheet["stock"], over=["unit"])
    values = sheet.evaluate()
    assert values["stock"].tolist() == [1000, 2000, 1200, 1500]
    assert dict(zip(sheet["by date"].rows, values["by date"].tolist(), strict=True)) == {("1",): 3000, ("2",): 2700}


def test_a_shared_factor_is_one_column_and_correlates():
    sheet = sheet_with({("a", "1"): 10.0, ("b", "1"): 20.0}, {"a": SHARED, "b": SHARED})
    sheet.total("total", sheet["stock"], over=["unit", "date"])
    found = propagate(sheet, sheet.evaluate()).standard["total"][0]
    # areas: sd 5 % of 1000 and 2000 (independent); factor: sd 10 on 30 ha, fully shared
    assert found == pytest.approx(
        np.sqrt((0.05 * 1000) ** 2 + (0.05 * 2000) ** 2 + (30 * 10) ** 2), rel=1e-4
    )  # limits were typed with z = 1.96


def test_a_shared_factor_cancels_in_a_difference():
    sheet = sheet_with({("a", "1"): 10.0, ("a", "2"): 10.0}, {"a": SHARED})
    stock = sheet["stock"]
    after, before = (stock.where(lambda r, d=d: r["date"] == d).dropped("date") for d in ("2", "1"))
    sheet.apply("change", difference, after=after, before=before)
    result = propagate(sheet, sheet.evaluate())
    assert result.standard["change"][0] == pytest.approx(np.sqrt(2) * 0.05 * 1000, rel=1e-4)
    assert result.shares("change", 0) == {"area": pytest.approx(1.0)}


def test_covariance_of_an_input_is_used():
    covariance = np.array([[4.0, -3.0], [-3.0, 9.0]])
    sheet = Worksheet()
    sheet.input("area", "ha", ("unit",), {("a",): 10.0, ("b",): 20.0}, covariance=covariance)
    sheet.total("all", sheet["area"], over=["unit"])
    assert propagate(sheet, sheet.evaluate()).standard["all"][0] == pytest.approx(np.sqrt(4 + 9 - 6), rel=1e-12)
    simulated = simulate(sheet, ["all"], 40_000)
    assert simulated.sd["all"][0] == pytest.approx(np.sqrt(7), rel=0.02)  # sampling error of an sd at 40,000 is 0.4 %


def test_simulation_agrees_with_first_order_on_a_linear_sum():
    sheet = sheet_with(AREAS, {"a": SHARED, "b": SHARED})
    sheet.total("total", sheet["stock"], over=["unit", "date"])
    first = propagate(sheet, sheet.evaluate()).standard["total"][0]
    simulated = simulate(sheet, ["total"], 20_000)
    assert simulated.sd["total"][0] == pytest.approx(first, rel=0.03)


def test_digits_do_not_depend_on_threads_and_do_on_the_seed():
    sheet = sheet_with(AREAS, {"a": SHARED, "b": SHARED})
    one, four = (simulate(sheet, ["stock"], 5_000, threads=n) for n in (1, 4))
    assert one.low["stock"].tolist() == four.low["stock"].tolist()
    assert one.mean["stock"].tolist() == four.mean["stock"].tolist()
    other = simulate(sheet, ["stock"], 5_000, seed=2)
    assert other.low["stock"].tolist() != one.low["stock"].tolist()


def test_further_passes_give_the_same_digits(monkeypatch):
    sheet = sheet_with(AREAS, {"a": SHARED, "b": SHARED})
    sheet.total("total", sheet["stock"], over=["unit", "date"])
    whole = simulate(sheet, ["stock", "total"], 3_000)
    monkeypatch.setattr("methodology.uncertainty.simulation.STORE_BYTES", 3_000 * 4)
    split = simulate(sheet, ["stock", "total"], 3_000)
    assert split.high["total"].tolist() == whole.high["total"].tolist()
    assert split.low["stock"].tolist() == whole.low["stock"].tolist()


def test_negative_draws_are_counted():
    wide = factor("wide", 0.5, -0.5, 1.5)
    sheet = sheet_with({("a", "1"): 10.0}, {"a": wide})
    share = simulate(sheet, ["stock"], 20_000).negative_share["wide"]
    assert share == pytest.approx(0.1635, abs=0.01)  # P(z < −0.98) = 0.1635


def test_an_absent_row_is_absent_and_not_zero():
    sheet = sheet_with({("a", "1"): 10.0, ("b", "1"): 20.0}, {"a": SHARED, "b": SHARED})
    only_a = sheet["stock"].where(lambda row: row["unit"] == "a")
    stacked = sheet.stack("pools", "pool", [("soil", sheet["stock"]), ("wood", only_a)])
    assert ("b", "1", "wood") not in stacked.rows
    by_unit = sheet.total("by unit", stacked, over=["pool", "date"])
    assert dict(zip(by_unit.rows, sheet.evaluate()["by unit"].tolist(), strict=True)) == {("a",): 2000, ("b",): 2000}


def test_row_order_does_not_matter():
    values = []
    for order in (list(AREAS), list(reversed(AREAS))):
        sheet = sheet_with({row: AREAS[row] for row in order}, {"a": SHARED, "b": SHARED})
        sheet.total("total", sheet["stock"], over=["unit", "date"])
        values.append((sheet.evaluate()["total"][0], propagate(sheet, sheet.evaluate()).standard["total"][0]))
    assert values[0] == pytest.approx(values[1], rel=1e-14)


def test_missing_is_refused_and_a_wrong_unit_is_a_fault_of_the_program():
    sheet = Worksheet()
    with pytest.raises(InputError) as error:
        sheet.input("area", "ha", ("unit",), {("a",): float("nan")})
    assert error.value.code == "ME-WS-02"
    mass = sheet.input("mass", "t_C", ("unit",), {("a",): 1.0})
    density = sheet.factor({("a",): SHARED}, ("unit",))
    with pytest.raises(ValueError, match="is in ha"):
        sheet.apply("stock", product, area=mass, density=density)


def test_out_of_range_values_are_all_named():
    sheet = Worksheet()
    area = sheet.input("area", "ha", ("unit",), {("a",): -1.0, ("b",): -2.0})
    sheet.apply("stock", product, area=area, density=sheet.factor({("a",): SHARED, ("b",): SHARED}, ("unit",)))
    findings = sheet.check_ranges(sheet.evaluate())
    assert [f.code for f in findings] == ["ME-WS-01", "ME-WS-01"]
