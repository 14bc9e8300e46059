"""The written format of statements: schema, vocabularies and page say the same as the code."""

import copy
import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from methodology import statement as vocabulary
from methodology.base.files import canonical_json
from methodology.base.units import STATEMENT_UNITS
from methodology.factors.table import MARKS
from methodology.statement import Gap, Head, LineBlock, assemble
from methodology.uncertainty.distributions import FORMS, fitted
from methodology.worksheet import Worksheet

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(resources.files("methodology").joinpath("statement.schema.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "statement.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def statement():
    """A statement with a line, a gap, a disputed term, a file and a covariance, as it stands in a file."""
    sheet = Worksheet()
    areas = {("a", "2020"): 10.0, ("b", "2020"): 20.0}
    spreads = {row: fitted("lognormal", 10.0, 8.0, 12.5, 0.95) for row in areas}
    area = sheet.input(
        "area", "ha", ("reporting_unit", "date"), areas, spreads=spreads, excludes={("b", "2020"): ("map error",)}
    )
    depth = sheet.input("depth", "ha", ("stratum",), {("x",): 1.0, ("y",): 2.0}, covariance=[[0.1, 0.02], [0.02, 0.1]])
    total = sheet.total("total", area, over=["reporting_unit"])
    stacked = sheet.stack("stacked", "pool", [("one", depth)])
    blocks = [
        LineBlock(area, "habitat_area", "area", "activity"),
        LineBlock(total, "habitat_area", "area", "activity", aggregation="total"),
        LineBlock(stacked, "habitat_area", "area", "activity"),
    ]
    reason = {"en": "no default", "zh": "无缺省值"}
    gap = Gap("carbon_stock", "t_C", "stock", "gross", {"pool": "litter"}, "not_estimated", reason)
    head = Head(
        "Sample", "survey", {"id": "sample", "title": {"en": "Sample", "zh": "示例"}, "text_read": False}, {"gwp": None},
        files=[{"role": "map", "name": "map.gpkg", "sha256": "ab" * 32}],
        disputed_terms=[{"term": t, "status": "excluded", "reason": reason} for t in vocabulary.DISPUTED_TERMS],
        checks=[{"name": "parts", "holds": True, "detail": "0"}],
        extra={"survey": {"dates": ["2020"]}, "words": {"quantity": {"q": {"en": "q", "zh": "量"}}}},
    )  # fmt: skip
    return json.loads(canonical_json(assemble(sheet, blocks, [gap], head, draws=200)))


def faults(data):
    """What the schema says against a statement."""
    return [error.json_path for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(data)]


def test_a_statement_of_the_code_is_valid(statement):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert faults(statement) == []


@pytest.mark.parametrize(
    ("place", "bad"),
    [
        (("lines", 0, "unit"), "tons"),
        (("lines", 0, "kind"), "level"),
        (("lines", 0, "value"), None),
        (("lines", 0, "interval"), None),
        (("lines", 0, "dimensions", "colour"), "red"),
        (("lines", 0, "surplus"), 1),
        (("lines", -1, "value"), 0),
        (("inputs", "files", 0, "sha256"), "xyz"),
        (("disputed_terms", 0, "status"), "maybe"),
        (("version",), "2.0"),
        (("settings", "seed"), "one"),
        (("nodes", 0, "kind"), "guess"),
        (("checks", 0, "holds"), False),
    ],
)
def test_a_wrong_field_is_refused(statement, place, bad):
    data = copy.deepcopy(statement)
    at = data
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = bad
    assert faults(data) != []


@pytest.mark.parametrize(
    "missing", ["lines", "nodes", "inputs", "guide", "settings", "disputed_terms", "findings", "checks"]
)
def test_a_missing_section_is_refused(statement, missing):
    assert faults({key: value for key, value in statement.items() if key != missing}) != []


def test_vocabularies_of_the_schema_are_those_of_the_code():
    line = SCHEMA["$defs"]["line"]["properties"]
    assert line["unit"]["enum"] == list(STATEMENT_UNITS)
    assert list(line["dimensions"]["properties"]) == list(vocabulary.DIMENSIONS)
    found = {name: tuple(line[name]["enum"]) for name in ("kind", "account", "basis", "status")}
    assert found == {
        "kind": vocabulary.KINDS, "account": vocabulary.ACCOUNTS, "basis": vocabulary.BASES, "status": vocabulary.STATUSES,
    }  # fmt: skip
    terms = SCHEMA["properties"]["disputed_terms"]["items"]["properties"]["term"]["enum"]
    assert tuple(terms) == vocabulary.DISPUTED_TERMS
    assert tuple(SCHEMA["$defs"]["factor"]["properties"]["value_status"]["enum"]) == MARKS
    assert tuple(SCHEMA["$defs"]["spread"]["properties"]["form"]["enum"]) == tuple(FORMS)
    assert SCHEMA["properties"]["format"]["const"] == vocabulary.FORMAT
    assert re.match(SCHEMA["properties"]["version"]["pattern"], vocabulary.VERSION)


def test_every_field_is_described():
    def bare(node, path=""):
        for name, inner in node.get("properties", {}).items():
            if "description" not in inner and "$ref" not in inner and "if" not in path:
                yield f"{path}.{name}"
            yield from bare(inner, f"{path}.{name}")
        if isinstance(node.get("items"), dict):
            yield from bare(node["items"], f"{path}[]")

    places = [*bare(SCHEMA), *(p for name, d in SCHEMA["$defs"].items() for p in bare(d, name))]
    assert places == []


def words_on_page(field):
    """The words of one row of the page's table of vocabularies."""
    row = next(line for line in PAGE.splitlines() if line.startswith("|") and line.split("|")[1].strip().startswith(f"`{field}`") and ", " in line.split("|")[2])  # fmt: skip
    return tuple(word.strip() for word in row.split("|")[2].split(","))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("dimensions", vocabulary.DIMENSIONS),
        ("kind", vocabulary.KINDS),
        ("account", vocabulary.ACCOUNTS),
        ("status", vocabulary.STATUSES),
        ("basis", vocabulary.BASES),
        ("value_status", MARKS),
    ],
)
def test_the_page_lists_the_vocabularies_of_the_code(field, words):
    assert words_on_page(field) == tuple(words)


def test_the_page_names_every_section(statement):
    sections = set(re.findall(r"`([a-z_]+)`", PAGE.partition("## Sections")[2].partition("## A line")[0]))
    assert set(SCHEMA["properties"]) - {"format", "version"} <= sections
