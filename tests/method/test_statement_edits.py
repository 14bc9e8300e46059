"""A statement that was edited does not recompute: each edit is noticed, with its place, never by a traceback."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from methodology.base.errors import InputError
from methodology.base.files import sha256_of
from methodology.equation import equation
from methodology.factors.table import Factor
from methodology.guides.registry import load_guide
from methodology.statement import Gap, Head, LineBlock, assemble
from methodology.statement_file import check_run_hash, read_statement, recompute, recompute_file, write_statement
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Worksheet

ROOT = Path(__file__).resolve().parents[2]


@equation("test-edits", "1", "t_C", area=("ha", 0, None), density=("t_C/ha", 0, 1000))
def stock(area, density):
    """Area times density. Source: definition."""
    return area * density


@equation("test-edits", "2", "t_C", area=("ha", 0, None), density=("t_C/ha", 0, 1000))
def stock_by_other_rule(area, density):
    """Half of it. Source: definition."""
    return area * density / 2


def soil(value=100.0, name="T/soil", status="recalled"):
    half = 0.196 * value
    return Factor(
        name, "test", "soil_stock_1m", value, "t_C/ha", value - half, value + half, 0.95, "", "normal", None, {},
        "ipcc2013ws", "table 4.11", status, "recalled", "", f"{value:g} t_C/ha", 7,
    )  # fmt: skip


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
    "equation of the same arguments": lambda d: node(d).update(equation="test-edits:2:stock_by_other_rule"),
    "equation unknown": lambda d: node(d).update(equation="test-edits:9:none"),
    "formula": lambda d: node(d).update(formula="area × density ÷ 2"),
    "argument name": lambda d: node(d)["parts"][0].update(name="surface"),
    "arguments changed over": lambda d: node(d)["parts"].reverse(),
    "argument from elsewhere": lambda d: node(d)["parts"][0].update(node="depth"),
    "index out of range": lambda d: node(d)["parts"][1].update(index=[0, 0, 9, 1, 1, 1]),
    "node row cut": lambda d: node(d)["rows"][5].pop(),
    "activity beyond measure": lambda d: node(d, "area")["values"].__setitem__(1, 1e300),
    "index without end": lambda d: node(d)["parts"][0].update(index=10**30),
    "outline without end": lambda d: d["outline"]["blocks"][0].update(index=10**30),
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
    write_statement(mixed(), path)
    digest = sha256_of(path)
    check_run_hash(path, digest)
    run = {"format": "ghg-statement-run", "statement_sha256": digest}
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    check_run_hash(path, digest)
    with pytest.raises(InputError) as error:
        check_run_hash(path, "0" * 64)
    assert error.value.code == "ME-ST-04"
    assert recompute_file(path)[1] == digest
    data = read_statement(path)
    data["title"], data["lines"][0]["value"] = "another", 1.0
    write_statement(data, path)
    with pytest.raises(InputError) as error:
        recompute_file(path)
    assert len(error.value.findings) == 2  # the hash, and the line
