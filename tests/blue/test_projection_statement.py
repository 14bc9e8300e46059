"""The statement of a projection: the same numbers by another way, factors drawn once, recomputable, honest about gaps."""

from __future__ import annotations

import numpy as np
import pytest

from bluecarbon.projection import release
from bluecarbon.projection.model import PEER, Projection, project
from bluecarbon.projection.statement import Options, projection_statement
from bluecarbon.projection.tables import ACTIONS, ClassTable, TrajectoryAreas, gather
from methodology.statement_file import read_statement, recompute, write_statement

FILES = [{"role": "classes", "name": "classes.csv", "sha256": "0" * 64}]


def marsh_and_pond(limits=None) -> Projection:
    """100 ha of marsh: 60 ha stay, 40 ha become pond in 2010; soil 100 + 2 a year, half-life 10 years."""
    zeros = np.zeros(2)
    table = ClassTable(
        ("marsh", "pond"),
        {1: 0, 2: 1},
        np.array([zeros, [100.0, 0.0], zeros]),
        np.array([zeros, [2.0, 0.0], zeros]),
        np.array([zeros, [10.0, 0.0], zeros]),
        np.array([[zeros, zeros, zeros], [zeros, zeros, zeros], [zeros, [0.5, 0.0], zeros]]),
        limits or {},
    )
    actions = np.array([[ACTIONS.index("accum"), ACTIONS.index("high-impact-disturb")], [1, 1]])
    ground = TrajectoryAreas(
        (2000, 2010), np.array([[0, 0], [0, 1]]), np.array([[45.0, 40.0], [15.0, 0.0]]), ("north", "south")
    )
    return project(table, actions, ground, 2020)


def lines_of(statement, quantity, aggregation="total"):
    return {
        line["dimensions"].get("date") or line["dimensions"].get("period"): line
        for line in statement["lines"]
        if line["quantity"] == quantity and line["aggregation"] == aggregation
    }


def made(projection, **options):
    return projection_statement(projection, FILES, "classes.csv", Options(draws=2000, **options))[0]


def test_totals_by_hand():
    statement = made(marsh_and_pond())
    stock = {date: line["value"] for date, line in lines_of(statement, "carbon_stock").items()}
    # 2010: 100 ha x 120. 40 ha lose half of 120 with half-life 10: 30 t/ha by 2020. 60 ha gain 20 more.
    assert stock == pytest.approx({"2000": 10_000, "2010": 12_000, "2020": 60 * 140 + 40 * 90})
    flux = {period: line["value"] for period, line in lines_of(statement, "net_flux").items()}
    assert flux == pytest.approx({"2000-2010": -2000, "2010-2020": 40 * 30 - 60 * 20})
    assert lines_of(statement, "emission")["2010-2020"]["value"] == pytest.approx(1200)
    assert lines_of(statement, "removal")["2010-2020"]["value"] == pytest.approx(-1200)
    change = lines_of(statement, "stock_change")
    assert change["2000-2010"]["value"] == pytest.approx(2000)
    assert all(check["holds"] for check in statement["checks"])


def test_lines_by_class_change_and_unit():
    statement = made(marsh_and_pond())
    parts = [line for line in statement["lines"] if line["quantity"] == "emission" and line["aggregation"] == "part"]
    assert [line["dimensions"] for line in parts] == [
        {
            "reporting_unit": "north",
            "pool": "soil",
            "from_habitat": "marsh",
            "to_habitat": "pond",
            "period": "2010-2020",
        }
    ]
    areas = {
        (line["dimensions"]["reporting_unit"], line["dimensions"]["habitat"]): line["value"]
        for line in statement["lines"]
        if line["quantity"] == "habitat_area"
        and line["dimensions"].get("date") == "2020"
        and "reporting_unit" in line["dimensions"]
    }
    assert areas == {("north", "marsh"): 45, ("north", "pond"): 40, ("south", "marsh"): 15}
    moved = [line for line in statement["lines"] if line["quantity"] == "area_transition"]
    assert {line["dimensions"]["period"] for line in moved} == {"2000-2010"}  # between the two maps
    assert sum(line["value"] for line in moved if line["dimensions"]["to_habitat"] == "pond") == 40
    assert {term["term"] for term in statement["disputed_terms"]} >= {"methane", "baseline", "model"}
    gaps = [line for line in statement["lines"] if line["status"] == "not_estimated"]
    assert {line["dimensions"]["gas"] for line in gaps} == {"CH4", "N2O"}


def test_worksheet_equals_closed_form_on_random_cases():
    rng = np.random.default_rng(5)
    for _ in range(6):
        classes, dates, count = 4, int(rng.integers(1, 5)), 12
        table = ClassTable(
            tuple("abcd"),
            {n: n for n in range(classes)},
            rng.uniform(0, 900, (3, classes)),
            rng.uniform(0, 9, (3, classes)) * rng.integers(0, 2, (3, classes)),
            rng.uniform(1, 30, (3, classes)) * rng.integers(0, 2, (3, classes)),
            rng.uniform(0, 1, (3, 3, classes)),
        )
        paths = np.unique(rng.integers(0, classes, (count, dates)), axis=0)
        years = tuple(int(year) for year in 2000 + np.cumsum(rng.integers(2, 9, dates)))
        area = rng.uniform(1, 50, (2, len(paths))) * rng.integers(0, 2, (2, len(paths)))
        area[0] += 1
        ground = TrajectoryAreas(years, paths, area, ("north", "south"))
        actions = rng.integers(0, len(ACTIONS), (classes, classes))
        statement = made(project(table, actions, ground, years[-1] + 5))
        budget = release.budget(gather(table, actions, years, paths), (*years, years[-1] + 5))
        for n, date in enumerate(budget.limits):
            whole = float(budget.stock[n].sum(axis=0) @ area.sum(axis=0))
            assert lines_of(statement, "carbon_stock")[str(date)]["value"] == pytest.approx(whole, rel=1e-9)
        assert all(check["holds"] for check in statement["checks"])


def test_a_factor_is_drawn_once_for_all_places_that_use_it():
    limits = {"soil-initial": (np.array([80.0, np.nan]), np.array([120.0, np.nan]))}
    statement = made(marsh_and_pond(limits))
    line = lines_of(statement, "carbon_stock")["2000"]
    # One factor on 100 ha: its limits times the area. Drawn apart for each place it would be narrower.
    assert line["interval"]["low"] == pytest.approx(8_000, rel=0.02)
    assert line["interval"]["high"] == pytest.approx(12_000, rel=0.02)
    later = lines_of(statement, "carbon_stock")["2020"]["interval"]
    # In 2020: 60 ha keep all of the initial stock, 40 ha keep half and a quarter of it: 60 + 40 x 0.75 = 90 ha of it.
    assert later["high"] - later["low"] == pytest.approx(90 * 40, rel=0.03)
    removal = lines_of(statement, "removal")["2000-2010"]["interval"]
    assert removal["low"] == removal["high"]
    assert removal["excludes"]  # no limits given for that factor: said, not zero


def test_recomputed_from_the_file_alone(tmp_path):
    import bluecarbon.projection.equations  # noqa: F401  registers the equations the file names

    limits = {"soil-half-life": (np.array([5.0, np.nan]), np.array([20.0, np.nan]))}
    write_statement(made(marsh_and_pond(limits)), tmp_path / "statement.json")
    rows = recompute(read_statement(tmp_path / "statement.json"))
    assert rows
    assert max(abs(row["difference"]) for row in rows) <= 1e-9


def test_methane_line_with_a_named_set():
    import dataclasses

    from bluecarbon.projection.gases import GasRates

    run = marsh_and_pond()
    nan = np.full((2, 2), np.nan)
    rate, low, high = nan.copy(), nan.copy(), nan.copy()
    rate[0, 0], low[0, 0], high[0, 0] = 0.1937, 0.0998, 0.358
    gases = GasRates(rate, low, high, (("ipcc2013ws, table 4.14 (reported)", ""), ("", "")))
    run = dataclasses.replace(run, table=dataclasses.replace(run.table, gases=gases))
    statement = made(run, gwp="AR5-100")
    total = lines_of(statement, "methane_flux_as_co2e")
    assert total["2000-2010"]["value"] == pytest.approx(100 * 10 * 0.1937 * 28)
    assert total["2010-2020"]["value"] == pytest.approx(60 * 10 * 0.1937 * 28)
    assert total["2010-2020"]["interval"]["low"] < total["2010-2020"]["value"] < total["2010-2020"]["interval"]["high"]


def test_one_map_makes_a_statement_of_stocks_only():
    run = marsh_and_pond()
    ground = TrajectoryAreas((2000,), np.array([[0]]), np.array([[10.0]]))
    statement = made(project(run.table, run.actions, ground))
    kinds = {line["kind"] for line in statement["lines"] if line["status"] == "estimated"}
    assert kinds == {"area", "stock"}
    assert lines_of(statement, "carbon_stock")["2000"]["value"] == 1000


def test_peer_release_stops_where_the_later_class_has_no_half_life():
    run = marsh_and_pond()
    ground = TrajectoryAreas((2000, 2010, 2015), np.array([[0, 1, 1]]), np.array([[10.0]]))
    peer = project(run.table, run.actions, ground, 2030, PEER)
    assert [finding.code for finding in peer.findings] == []  # pond has no half-life: the release just stops
    stock = peer.stock.sum(axis=1)[:, 0]
    assert stock[-1] == stock[-2]
