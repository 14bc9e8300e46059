"""A statement on defaults against one on measurements: lines without a partner, and which measurement moved what."""

import json

import pytest
from click.testing import CliRunner

from methodology.base.files import canonical_json
from methodology.compare import CAUSES, compare, without_partner
from methodology.equation import equation
from methodology.factors.table import Factor
from methodology.guides.registry import load_guide
from methodology.statement import Gap, Head, LineBlock, assemble
from methodology.worksheet import Worksheet


@equation("test-compare-measured", "stock", "t_C", area=("ha", 0, None), density=("t_C/ha", 0, 500))
def stock(area, density):
    """Area times density. Source: definition."""
    return area * density


def factor(name, value, guide="test"):
    return Factor(
        name, guide, "soil_stock_1m", value, "t_C/ha", value - 1, value + 1, 0.95, "", "normal", None, {}, "ipcc2013ws",
        "t", "reported", "reported", "", f"{value} t_C/ha", 3,
    )  # fmt: skip


def record(stratum, value, default):
    return {
        "stratum": stratum, "habitat": "mangrove", "quantity": "soil_stock_1m", "part": "", "pool": "soil", "value": value,
        "unit": "t_C/ha", "used": True, "default": None if default is None else {"value": default, "factors": ["d"]},
    }  # fmt: skip


def statement(densities, measured=(), extra=False):
    """Soil of two strata, 10 and 20 ha, by the factor each stands on."""
    sheet = Worksheet()
    area = sheet.input("mapped", "ha", ("stratum", "date"), {("a", "2020"): 10.0, ("b", "2020"): 20.0})
    found = sheet.apply(
        "stock", stock, area=area, density=sheet.factor({(k,): f for k, f in densities.items()}, ("stratum",))
    )
    blocks = [
        LineBlock(sheet.total("total", found, over=["stratum"]), "carbon_stock", "stock", "gross", aggregation="total")
    ]
    gaps = []
    if extra:
        blocks.append(LineBlock(sheet.total("pool", found), "pool_stock", "stock", "gross", aggregation="subtotal"))
    else:
        gone = {"en": "no default", "zh": "无缺省值"}
        gaps.append(Gap("pool_stock", "t_C", "stock", "gross", {"stratum": "b", "date": "2020"}, "not_estimated", gone))
    head = Head(
        "t",
        "survey",
        load_guide("ipcc-wetlands-2013").face,
        {"gwp": None},
        extra={"measured": list(measured)} if measured else {},
    )
    return assemble(sheet, blocks, gaps, head, draws=100)


DEFAULT = factor("d", 286.0)
FIRST = {"a": DEFAULT, "b": DEFAULT}
SECOND = {
    "a": factor("measured/mangrove/a/soil_stock_1m", 200.0),
    "b": factor("measured/mangrove/b/soil_stock_1m", 300.0),
}


def test_lines_with_a_partner_are_compared_and_the_others_are_listed_with_their_values():
    first = statement(FIRST)
    second = statement(SECOND, [record("a", 200.0, 286.0), record("b", 300.0, 286.0)], extra=True)
    rows = compare(first, second)
    assert [row["id"] for row in rows] == ["carbon_stock/2020"]
    assert rows[0]["difference"] == pytest.approx(10 * 200 + 20 * 300 - 30 * 286)
    assert sum(rows[0][cause] for cause in CAUSES) == pytest.approx(rows[0]["difference"])
    alone = {row["id"]: row for row in without_partner(first, second)}
    assert (alone["pool_stock/a/2020"]["first"], alone["pool_stock/a/2020"]["second"]) == (None, pytest.approx(2000))
    assert alone["pool_stock/b/2020"]["reason"]["en"] == "no default"
    assert alone["pool_stock/a/2020"]["reason"] is None
    turned = {row["id"]: row for row in without_partner(second, first)}
    assert (turned["pool_stock/b/2020"]["first"], turned["pool_stock/b/2020"]["second"]) == (pytest.approx(6000), None)


def test_each_measurement_is_told_with_what_it_moved_the_line_by():
    first, second = statement(FIRST), statement(SECOND, [record("a", 200.0, 286.0), record("b", 300.0, 286.0)])
    moved = {entry["stratum"]: entry for entry in compare(first, second)[0]["measurements"]}
    assert moved["a"]["effect"] == pytest.approx(10 * (200 - 286))
    assert moved["b"]["effect"] == pytest.approx(20 * (300 - 286))
    assert (moved["a"]["pool"], moved["a"]["instead"]) == ("soil", 286.0)
    back = {entry["stratum"]: entry["effect"] for entry in compare(second, first)[0]["measurements"]}
    assert back == pytest.approx({"a": 860, "b": -280})


def test_a_pool_that_had_no_estimate_counts_whole_and_two_measurements_count_by_their_difference():
    first, second = statement(FIRST), statement(SECOND, [record("a", 200.0, None)])
    entry = compare(first, second)[0]["measurements"][0]
    assert (entry["effect"], entry["instead"]) == (pytest.approx(2000), None)
    again = statement({**SECOND, "a": factor("measured/mangrove/a/soil_stock_1m", 210.0)}, [record("a", 210.0, 286.0)])
    older = statement(SECOND, [record("a", 200.0, 286.0)])
    entries = compare(older, again)[0]["measurements"]
    assert [(e["instead"], e["effect"]) for e in entries] == [(200.0, pytest.approx(100))]
    assert compare(older, older)[0]["measurements"] == []


def test_the_command_prints_both_and_as_json(tmp_path):
    from methodology.commands import compare_files

    for name, found in (
        ("first", statement(FIRST)), ("second", statement(SECOND, [record("a", 200.0, 286.0)], extra=True))
    ):  # fmt: skip
        (tmp_path / f"{name}.json").write_text(canonical_json(found), encoding="utf-8")
    paths = [str(tmp_path / "first.json"), str(tmp_path / "second.json")]
    result = CliRunner().invoke(compare_files, paths)
    assert result.exit_code == 0, result.output
    assert "measured: a (mangrove), soil -860, in place of 286 t_C/ha" in result.output
    assert "pool_stock/b/2020: 6,000 t_C in the second, none in the other (no default)" in result.output
    rows = json.loads(CliRunner().invoke(compare_files, [*paths, "--json"]).output)
    assert {row["id"]: row["difference"] for row in rows}["pool_stock/a/2020"] is None
