"""Statements: written byte-equal, recomputed without inputs, explained, compared, and refused when tampered with."""

import copy
import json

import pytest

from methodology.base.errors import InputError
from methodology.compare import CAUSES, compare
from methodology.equation import equation
from methodology.explain import explain, find_line
from methodology.factors.table import Factor
from methodology.guides.registry import load_guide
from methodology.statement import Head, LineBlock, assemble, refuse_unconfirmed
from methodology.statement_file import read_statement, recompute, write_statement
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Worksheet


@equation("test-statement", "1", "t_C", area=("ha", 0, None), density=("t_C/ha", 0, 1000))
def stock(area, density):
    """Area times density. Source: definition."""
    return area * density


@equation("test-statement", "2", "t_C", area=("ha", 0, None), density=("t_C/ha", 0, 1000))
def stock_by_other_rule(area, density):
    """Half of it. Source: definition."""
    return area * density / 2


def soil(value=100.0, name="T/soil", status="recalled"):
    half = 0.196 * value
    return Factor(
        name, "test", "soil_stock_1m", value, "t_C/ha", value - half, value + half, 0.95, "", "normal", None, {},
        "ipcc2013ws", "table 4.11", status, "recalled", "", f"{value:g} t_C/ha", 7,
    )  # fmt: skip


def statement(areas=None, factor=None, rule=stock, percent=10):
    areas = areas or {("a", "2020"): 10.0, ("b", "2020"): 20.0}
    sheet = Worksheet()
    area = sheet.input(
        "area", "ha", ("reporting_unit", "date"), areas, sources=dict.fromkeys(areas, ("map 2020",)),
        spreads={k: fitted("normal", v, v * (1 - percent / 100), v * (1 + percent / 100)) for k, v in areas.items()},
    )  # fmt: skip
    density = sheet.factor({row: factor or soil() for row in areas}, ("reporting_unit", "date"))
    lines = sheet.apply("stock", rule, area=area, density=density)
    total = sheet.total("total", lines, over=["reporting_unit"])
    head = Head(
        "t",
        "survey",
        load_guide("ipcc-wetlands-2013").face,
        {"gwp": None},
        [{"role": "map 2020", "name": "m.gpkg", "sha256": "ab" * 32}],
    )
    blocks = [
        LineBlock(lines, "carbon_stock", "stock", "gross", fixed={"pool": "soil"}),
        LineBlock(total, "carbon_stock", "stock", "gross", aggregation="total"),
    ]
    return assemble(sheet, blocks, [], head, draws=1_000), sheet


def test_recompute_needs_no_inputs(tmp_path):
    write_statement(statement()[0], tmp_path / "one.json")
    results = recompute(read_statement(tmp_path / "one.json"))
    assert {row["id"]: row["recomputed"] for row in results}["carbon_stock/2020"] == 3000
    assert max(row["difference"] for row in results) <= 1e-10


def test_numbers_carry_twelve_digits(tmp_path):
    write_statement(statement({("a", "2020"): 1 / 3})[0], tmp_path / "s.json")
    data = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert next(node for node in data["nodes"] if node["id"] == "area")["values"] == [0.333333333333]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "other"}', '{"format": "ghg-statement", "version": "2.0"}']
)
def test_what_is_no_statement_is_refused(tmp_path, text):
    (tmp_path / "s.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_statement(tmp_path / "s.json")
    assert error.value.code == "ME-ST-03"


def test_explain_reaches_file_hash_and_factor_row():
    text = explain(statement()[0], "carbon_stock/2020")
    assert "ab" * 32 in text
    assert "row 7 of the factors of test" in text
    assert "area × density" in text
    assert "marks: value recalled, interval recalled" in text
    with pytest.raises(InputError) as error:
        find_line(statement()[0], "carbon")
    assert error.value.code == "ME-ST-05"


def test_compare_splits_a_difference_exactly_and_without_order():
    first = statement()[0]
    second = statement(
        {("a", "2020"): 12.0, ("b", "2020"): 24.0}, soil(150.0, "own/soil", "local"), stock_by_other_rule
    )[0]
    row = next(r for r in compare(first, second) if r["id"] == "carbon_stock/2020")
    back = next(r for r in compare(second, first) if r["id"] == "carbon_stock/2020")
    assert row["difference"] == pytest.approx(36 * 150 / 2 - 3000)
    assert sum(row[cause] for cause in CAUSES) == pytest.approx(row["difference"], rel=1e-12)
    assert row["gwp"] == 0
    for cause in CAUSES:
        assert row[cause] == pytest.approx(-back[cause], rel=1e-12, abs=1e-12)
    # Shapley of a product a·f·r by hand: areas 30→36, factor 100→150, rule 1→½
    a0, a1, f0, f1, r0, r1 = 30, 36, 100, 150, 1, 0.5
    share = (a1 - a0) * (2 * f0 * r0 + f1 * r0 + f0 * r1 + 2 * f1 * r1) / 6
    assert row["areas"] == pytest.approx(share)


@equation("test-statement", "3", "ha", mapped=("ha", 0, None), scale=("1", 0, None), cover=("1", 0, 1))
def covered(mapped, scale, cover):
    """Mapped area, corrected and covered. Source: definition."""
    return mapped * scale * cover


def covered_statement(scales, covers):
    sheet = Worksheet()
    mapped = sheet.input(
        "mapped_area", "ha", ("habitat", "date"), {("mangrove", "2020"): 10.0, ("seagrass", "2020"): 20.0}
    )
    scale = sheet.input("map_scale", "1", ("habitat",), {(name,): x for name, x in scales.items()}, role="parameter")
    cover = sheet.input("cover", "1", ("habitat",), {(name,): x for name, x in covers.items()}, role="parameter")
    area = sheet.apply("area", covered, mapped=mapped, scale=scale, cover=cover)
    total = sheet.total("total", area, over=["habitat"])
    head = Head("t", "survey", load_guide("ipcc-wetlands-2013").face, {"gwp": None})
    blocks = [LineBlock(total, "habitat_area", "area", "activity", aggregation="total")]
    return assemble(sheet, blocks, [], head, draws=100)


def test_map_accuracy_and_cover_count_as_areas():
    first = covered_statement({"mangrove": 1.0, "seagrass": 1.0}, {"mangrove": 1.0, "seagrass": 1.0})
    second = covered_statement({"mangrove": 0.9, "seagrass": 1.1}, {"mangrove": 0.5, "seagrass": 1.0})
    row = compare(first, second)[0]
    # 10 + 20 = 30 ha; 10 × 0.9 × 0.5 + 20 × 1.1 = 26.5 ha
    assert row["difference"] == pytest.approx(-3.5)
    assert row["areas"] == pytest.approx(-3.5)
    assert row["rules"] == row["factors"] == row["gwp"] == 0


def test_a_row_whose_accuracy_the_other_does_not_tell_keeps_its_own():
    first = covered_statement({"mangrove": 0.9, "seagrass": 1.0}, {"mangrove": 1.0, "seagrass": 1.0})
    second = copy.deepcopy(first)
    scale = next(entry for entry in second["nodes"] if entry["id"] == "map_scale")
    scale["rows"] = [("other",), ("seagrass",)]
    row = compare(first, second)[0]
    assert row["first"] == pytest.approx(29)
    assert row["areas"] == pytest.approx(0)


def test_unmatched_lines_are_refused_and_listed():
    first, second = statement()[0], statement({("a", "2021"): 10.0})[0]
    with pytest.raises(InputError) as error:
        compare(first, second)
    assert {finding.code for finding in error.value.findings} == {"ME-CMP-01"}
    assert len(error.value.findings) == 2


def test_strict_lists_every_unconfirmed_factor():
    _, sheet = statement()
    with pytest.raises(InputError) as error:
        refuse_unconfirmed(sheet, "value")
    assert error.value.code == "ME-STRICT-01"
    assert "table 4.11" in str(error.value)
    _, confirmed = statement(factor=soil(status="read"))
    refuse_unconfirmed(confirmed, "value")
    with pytest.raises(InputError):
        refuse_unconfirmed(confirmed, "interval")


def test_a_negative_stock_stops_the_run():
    sheet = Worksheet()
    node = sheet.input("stock", "t_C", ("date",), {("2020",): -5.0})
    head = Head("t", "survey", load_guide("ipcc-wetlands-2013").face, {})
    with pytest.raises(InputError) as error:
        assemble(sheet, [LineBlock(node, "carbon_stock", "stock", "gross")], [], head, draws=100)
    assert error.value.code == "ME-ST-01"


def test_a_failed_check_stops_the_run():
    sheet = Worksheet()
    node = sheet.input("stock", "t_C", ("date",), {("2020",): 5.0})
    head = Head("t", "survey", {"id": "x"}, {}, checks=[{"name": "sum", "holds": False, "detail": "1 %"}])
    with pytest.raises(InputError) as error:
        assemble(sheet, [LineBlock(node, "carbon_stock", "stock", "gross")], [], head, draws=100)
    assert error.value.code == "ME-ST-02"


def test_skewed_factors_show_simulated_limits_with_the_reason():
    skewed = Factor(
        "T/ch4", "test", "soil_stock_1m", 193.7, "t_C/ha", 99.8, 358.0, 0.95, "", "shifted_lognormal", None, {},
        "ipcc2013ws", "t", "reported", "reported", "", "193.7 t_C/ha", 3,
    )  # fmt: skip
    found, _ = statement({("a", "2020"): 10.0}, skewed, percent=1)
    interval = next(line for line in found["lines"] if line["aggregation"] == "total")["interval"]
    assert interval["method"] == "simulated"
    assert "first-order limits differ" in interval["why"]
    assert interval["low"] == pytest.approx(998, rel=0.05)  # sampling error of a limit from 1,000 draws
    assert interval["high"] == pytest.approx(3580, rel=0.08)


def test_another_name_for_a_class_is_a_rule_and_no_area():
    def named(name, value):
        sheet = Worksheet()
        area = sheet.input(
            "area", "ha", ("class", "date"), {(name, "2020"): 10.0}, sources={(name, "2020"): ("map 2020",)}
        )
        density = sheet.factor({(name,): value}, ("class",))
        total = sheet.total("total", sheet.apply("stock", stock, area=area, density=density), over=["class"])
        head = Head(
            "t",
            "survey",
            load_guide("ipcc-wetlands-2013").face,
            {},
            [{"role": "map 2020", "name": "m", "sha256": "ab" * 32}],
        )
        return assemble(
            sheet, [LineBlock(total, "carbon_stock", "stock", "gross", aggregation="total")], [], head, draws=1_000
        )["lines"], sheet

    from methodology.compare import _input

    (_, first), (_, second) = named("a", soil()), named("b", soil(200.0, "other"))
    assert _input(first["area"], second).tolist() == [10.0]
