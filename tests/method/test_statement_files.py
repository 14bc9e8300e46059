"""Statements: written byte-equal, recomputed without inputs, explained, compared, and refused when tampered with."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from methodology.base.errors import InputError
from methodology.base.files import sha256_of
from methodology.compare import CAUSES, compare
from methodology.equation import equation
from methodology.explain import explain, find_line
from methodology.factors.table import Factor
from methodology.guides.registry import load_guide
from methodology.statement import Gap, Head, LineBlock, assemble, refuse_unconfirmed
from methodology.statement_file import check_run_hash, read_statement, recompute, write_statement
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Worksheet

ROOT = Path(__file__).resolve().parents[2]


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


def mixed():
    """A statement with own and guide factors, a skewed one, an input with covariance, what is left out, a gap."""
    sheet = Worksheet()
    areas = {(unit, date): 10.0 + n for n, unit in enumerate("abc") for date in ("2020", "2021")}
    half = {row: fitted("normal", v, 0.9 * v, 1.1 * v) for row, v in areas.items()}
    area = sheet.input(
        "area", "ha", ("reporting_unit", "date"), areas, spreads=half, sources=dict.fromkeys(areas, ("m",))
    )
    depth = sheet.input("depth", "ha", ("stratum",), {("x",): 1.0, ("y",): 2.0}, covariance=[[0.1, 0.02], [0.02, 0.1]])
    skewed = next(f for f in load_guide("ipcc-wetlands-2013").factors.all() if f.distribution == "shifted_lognormal"
                  and f.quantity == "soil_stock_1m")  # fmt: skip
    density = sheet.factor({row: soil() if row[0] == "a" else skewed for row in areas}, ("reporting_unit", "date"))
    stocks = sheet.apply("stock", stock, area=area, density=density)
    stacked = sheet.stack("stacked", "pool", [("soil", stocks)])
    total = sheet.total("total", stacked, over=["reporting_unit", "pool"])
    reason = {"en": "no default"}
    blocks = [
        LineBlock(stacked, "carbon_stock", "stock", "gross"),
        LineBlock(
            total, "carbon_stock", "stock", "gross", aggregation="total", leaves_out=("litter", "roots", "tide", "wood")
        ),
        LineBlock(depth, "habitat_area", "area", "activity"),
    ]
    gap = Gap("carbon_stock", "t_C", "stock", "gross", {"pool": "litter"}, "not_estimated", reason)
    head = Head("t", "survey", load_guide("ipcc-wetlands-2013").face, {"gwp": None})
    return assemble(sheet, blocks, [gap], head, draws=500)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A statement as it stands in a file."""
    path = tmp_path_factory.mktemp("plain") / "s.json"
    write_statement(mixed(), path)
    return read_statement(path)


def test_two_processes_write_equal_bytes(tmp_path):
    script = "import runpy, sys; names = runpy.run_path(sys.argv[1]); names['write_statement'](names['mixed'](), sys.argv[2])"
    for seed in ("1", "2"):
        target = str(tmp_path / f"{seed}.json")
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", script, __file__, target], env=environment, cwd=ROOT, check=True)
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def line(data, number=0):
    return data["lines"][number]


def simulated(data):
    return next(entry for entry in data["lines"] if entry["value"] and entry["interval"]["method"] == "simulated")


def node(data, name="stock"):
    return next(entry for entry in data["nodes"] if entry["id"] == name)


def own(data):
    return next(entry for entry in data["inputs"]["factors"] if entry["id"] == "T/soil")


def of_guide(data):
    return next(entry for entry in data["inputs"]["factors"] if entry["id"] != "T/soil")


def scaled_with_lines(data):
    """A factor ten times as high with all that rests on it, but not its record."""
    values = node(data, "factor:soil_stock_1m")["values"]
    values[:] = [value * 10 for value in values]
    for entry in data["lines"]:
        if entry["quantity"] == "carbon_stock" and entry["value"] is not None:
            entry["value"] *= 10


def repointed(data):
    line(data)["row"], line(data)["value"] = 2, line(data, 2)["value"]


EDITS = {
    "value": lambda d: line(d).update(value=line(d)["value"] * (1 + 1e-9)),
    "value NaN": lambda d: line(d).update(value=float("nan")),
    "value infinite": lambda d: line(d).update(value=float("inf")),
    "value null": lambda d: line(d).update(value=None),
    "value text": lambda d: line(d).update(value="12"),
    "value true": lambda d: line(d).update(value=True),
    "line without value": lambda d: line(d).pop("value"),
    "line unit": lambda d: line(d).update(unit="t_CO2"),
    "line id": lambda d: line(d).update(id="carbon_stock/z"),
    "dimensions": lambda d: line(d)["dimensions"].update(date="2021"),
    "dimension gone": lambda d: line(d)["dimensions"].pop("date"),
    "quantity": lambda d: line(d).update(quantity="biomass"),
    "kind": lambda d: line(d).update(kind="flow"),
    "account": lambda d: line(d).update(account="capacity"),
    "aggregation": lambda d: line(d).update(aggregation="total"),
    "clause": lambda d: line(d).update(clause="9"),
    "equation of a line": lambda d: line(d).update(equation="sum"),
    "interval collapsed": lambda d: line(d)["interval"].update(low=line(d)["value"], high=line(d)["value"]),
    "interval low": lambda d: line(d)["interval"].update(low=line(d)["interval"]["low"] * (1 + 1e-7)),
    "interval null": lambda d: line(d).update(interval=None),
    "interval level": lambda d: line(d)["interval"].update(level=0.9),
    "interval method": lambda d: line(d)["interval"].update(method="exact"),
    "interval excludes": lambda d: line(d)["interval"].update(excludes=["tide"]),
    "interval excludes emptied": lambda d: next(e for e in d["lines"] if e["aggregation"] == "total")[
        "interval"
    ].update(excludes=[]),
    "simulated limit": lambda d: simulated(d)["interval"].update(high=simulated(d)["interval"]["high"] * 1.0001),
    "simulated why": lambda d: simulated(d)["interval"].update(
        why="first-order limits differ by 99 % of the simulated half-width"
    ),
    "limits not shown": lambda d: simulated(d)["interval"]["first_order"].update(low=0),
    "standard uncertainty": lambda d: line(d).update(standard_uncertainty=line(d)["standard_uncertainty"] * (1 + 1e-8)),
    "share": lambda d: line(d)["shares"].update(area=line(d)["shares"]["area"] + 1e-6),
    "share gone": lambda d: line(d)["shares"].pop("area"),
    "re-pointed to another row": repointed,
    "re-pointed to another node": lambda d: line(d).update(node="stock"),
    "no such node": lambda d: line(d).update(node="nowhere"),
    "row -1": lambda d: line(d).update(row=-1),
    "row out of range": lambda d: line(d).update(row=99),
    "line deleted": lambda d: d["lines"].pop(0),
    "line twice": lambda d: d["lines"].append(copy.deepcopy(line(d))),
    "gap deleted": lambda d: d["lines"].pop(),
    "gap given a number": lambda d: line(d, -1).update(value=1.0),
    "guide of a line": lambda d: line(d).update(guide="hyt-0305-2021"),
    "outline row": lambda d: d["outline"]["blocks"][0].update(index=[0, 1, 2, 3, 4, 99]),
    "outline node": lambda d: d["outline"]["blocks"][0].update(node="nowhere"),
    "outline cut": lambda d: d["outline"]["blocks"].pop(),
    "level of the settings": lambda d: d["settings"].update(level=0.9),
    "draws": lambda d: d["settings"].update(draws=0),
    "seed": lambda d: d["settings"].update(seed=2),
    "own factor's value": lambda d: own(d).update(value=90),
    "own factor's printed": lambda d: own(d).update(printed="90 t_C/ha"),
    "own factor's limits": lambda d: own(d).update(low=99),
    "own factor's form": lambda d: own(d).update(distribution="lognormal"),
    "own factor twice": lambda d: d["inputs"]["factors"].append(copy.deepcopy(own(d))),
    "own factor's record gone": lambda d: d["inputs"]["factors"].remove(own(d)),
    "guide factor's value": lambda d: of_guide(d).update(value=of_guide(d)["value"] + 1),
    "guide factor's printed": lambda d: of_guide(d).update(printed="1 t_C/ha"),
    "guide factor's value mark": lambda d: of_guide(d).update(value_status="local"),
    "guide factor's interval mark": lambda d: of_guide(d).update(interval_status="local"),
    "guide factor's locator": lambda d: of_guide(d).update(locator="table 1"),
    "used by": lambda d: own(d).update(used_by=[]),
    "simulated mean": lambda d: own(d).update(simulated_mean=101),
    "factor node ten times as high with its lines": scaled_with_lines,
    "activity": lambda d: node(d, "area")["values"].__setitem__(0, 11.5),
    "spread of a factor": lambda d: node(d, "factor:soil_stock_1m")["spreads"].__setitem__(0, None),
    "spread of activity": lambda d: node(d, "area")["spreads"][0].update(sd=1e-3),
    "parameters of a spread": lambda d: node(d, "area")["spreads"][0].update(parameters=[10.0, 1e-3]),
    "one parameter": lambda d: node(d, "area")["spreads"][0].update(parameters=[10.0]),
    "covariance": lambda d: node(d, "depth")["covariance"][0].__setitem__(1, 0.5),
    "covariance cut": lambda d: node(d, "depth")["covariance"].pop(),
    "node excludes": lambda d: node(d, "area")["excludes"].__setitem__(0, ["tide"]),
    "node sources of a factor": lambda d: node(d, "factor:soil_stock_1m")["sources"].__setitem__(0, []),
    "node unit": lambda d: node(d).update(unit="t_CO2"),
    "node rows": lambda d: node(d)["rows"][0].__setitem__(0, "z"),
    "node rows changed over": lambda d: node(d, "total")["rows"].reverse(),
    "node row twice": lambda d: node(d)["rows"].__setitem__(0, list(node(d)["rows"][1])),
    "node row gone": lambda d: node(d)["rows"].pop(),
    "node dims": lambda d: node(d).update(dims=["date", "reporting_unit"]),
    "node values cut": lambda d: node(d, "area")["values"].pop(),
    "node value NaN": lambda d: node(d, "area")["values"].__setitem__(0, float("nan")),
    "node dropped": lambda d: d["nodes"].remove(node(d)),
    "node twice": lambda d: d["nodes"].append(copy.deepcopy(node(d))),
    "node order": lambda d: d["nodes"].reverse(),
    "node without kind": lambda d: node(d).pop("kind"),
    "node of another kind": lambda d: node(d).update(kind="sum"),
    "equation of the same arguments": lambda d: node(d).update(equation="test-statement:2:stock_by_other_rule"),
    "equation unknown": lambda d: node(d).update(equation="test-statement:9:none"),
    "formula": lambda d: node(d).update(formula="area × density ÷ 2"),
    "argument name": lambda d: node(d)["parts"][0].update(name="surface"),
    "arguments changed over": lambda d: node(d)["parts"].reverse(),
    "argument from elsewhere": lambda d: node(d)["parts"][0].update(node="depth"),
    "index out of range": lambda d: node(d)["parts"][1].update(index=[0, 0, 9, 1, 1, 1]),
    "index too short": lambda d: node(d)["parts"][1].update(index=[0]),
    "index of other rows": lambda d: node(d, "total")["parts"][0].update(index=[1, 0, 2, 3, 4, 5]),
    "group": lambda d: node(d, "total")["groups"].__setitem__(0, 1),
    "group out of range": lambda d: node(d, "total")["groups"].__setitem__(0, 7),
    "groups gone": lambda d: node(d, "total").pop("groups"),
    "label of a stack": lambda d: node(d, "stacked")["parts"][0].update(name="litter"),
    "unknown key": lambda d: node(d).update(secret=1),
    "nodes are text": lambda d: d.update(nodes="none"),
    "lines are gone": lambda d: d.pop("lines"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_statement_does_not_recompute(plain, edit):
    data = copy.deepcopy(plain)
    EDITS[edit](data)
    with pytest.raises(InputError) as error:
        recompute(data)
    assert {finding.code for finding in error.value.findings} <= {"ME-ST-03", "ME-ST-04", "ME-WS-01"}
    assert all(finding.place and finding.remedy for finding in error.value.findings)


def test_the_statement_of_the_edits_recomputes_unedited(plain):
    assert len(recompute(plain)) == 10
    assert any(entry["interval"]["method"] == "simulated" for entry in plain["lines"] if entry["interval"])


def test_all_faults_of_a_statement_are_told_at_once(plain):
    data = copy.deepcopy(plain)
    line(data).update(value=1.0)
    line(data, 1)["interval"].update(low=0.0)
    own(data).update(printed="1 t_C/ha")
    with pytest.raises(InputError) as error:
        recompute(data)
    assert len({finding.place for finding in error.value.findings}) == 3


def test_a_file_that_is_not_the_one_of_the_run_is_refused(tmp_path):
    path = tmp_path / "statement.json"
    write_statement(statement()[0], path)
    digest = sha256_of(path)
    check_run_hash(path, digest)
    run = {"format": "ghg-statement-run", "statement_sha256": digest}
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    check_run_hash(path, digest)
    with pytest.raises(InputError) as error:
        check_run_hash(path, "0" * 64)
    assert error.value.code == "ME-ST-04"


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
