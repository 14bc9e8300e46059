"""Words of both languages stand side by side, and no statement falls back to a raw key."""

import ast
import csv
from pathlib import Path

import pytest

from methodology import statement as vocabulary
from methodology.base.units import STATEMENT_UNITS, shown
from methodology.factors.table import MARKS
from methodology.reporting.wording import LANGUAGES, Words, wording_table, words_for
from methodology.uncertainty.distributions import FORMS

ROOT = Path(__file__).resolve().parents[3]
VOCABULARIES = {
    "kind": vocabulary.KINDS,
    "account": vocabulary.ACCOUNTS,
    "basis": vocabulary.BASES,
    "status": vocabulary.STATUSES,
    "dimension": vocabulary.DIMENSIONS,
    "disputed": vocabulary.DISPUTED_TERMS,
    "aggregation": ("part", "subtotal", "total"),
    "term_status": ("included", "excluded", "not assessed"),
    "method": ("exact", "first-order", "simulated"),
    "severity": ("error", "warning", "note"),
    "mark": MARKS,
    "mark_meaning": MARKS,
    "distribution": tuple(FORMS),
}


def test_both_languages_have_the_same_keys():
    english, chinese = (wording_table(lang) for lang in LANGUAGES)
    assert {s: sorted(english[s]) for s in english} == {s: sorted(chinese[s]) for s in chinese}


def test_both_languages_have_the_same_blanks_to_fill():
    from string import Formatter

    def blanks(text):
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    english, chinese = (wording_table(lang) for lang in LANGUAGES)
    uneven = [(s, k) for s in english for k in english[s] if blanks(english[s][k]) != blanks(chinese[s][k])]
    assert uneven == []


@pytest.mark.parametrize("section", VOCABULARIES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_the_vocabularies_is_there(section, lang):
    assert [key for key in VOCABULARIES[section] if not Words(lang).knows(section, key)] == []


def quantities_in(package):
    """Second arguments of LineBlock and first arguments of Gap, as written in the code of a package."""
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for call in (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)):
            name = getattr(call.func, "id", "")
            place = {"LineBlock": 1, "Gap": 0}.get(name)
            if place is not None and len(call.args) > place and isinstance(call.args[place], ast.Constant):
                found.add(call.args[place].value)
    return found


def test_every_quantity_and_habitat_of_surveys_has_a_word():
    from bluecarbon.job import ACTIVITIES, HABITATS

    quantities = quantities_in("bluecarbon")
    assert {"habitat_area", "carbon_stock", "net_flux"} <= quantities
    words = Words("zh")
    assert [q for q in sorted(quantities) if not words.knows("quantity", q)] == []
    assert [h for h in (*HABITATS, *ACTIVITIES) if not words.knows("label", h)] == []


def test_every_factor_label_of_the_guides_has_a_word():
    labels = set()
    for path in (ROOT / "methodology" / "guides").glob("*/factors.csv"):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            for column in (
                "habitat",
                "climate",
                "soil",
                "activity",
                "salinity",
                "species",
                "region",
                "series",
                "group",
            ):
                labels.update(filter(None, (row.get(column) or "").split("|")))
    assert "mangrove" in labels
    assert [label for label in sorted(labels) if not Words("zh").knows("label", label)] == []


@pytest.mark.parametrize("unit", [unit for unit in STATEMENT_UNITS if unit != "1"])
def test_units_are_shown_without_programming_signs(unit):
    assert not set("*_") & set(shown(unit))


def test_a_statement_brings_words_of_its_own():
    own = {"quantity": {"slip": {"en": "solvent slip", "zh": "溶剂逸失"}}}
    assert words_for({"words": own}, "zh")("quantity", "slip") == "溶剂逸失"
    assert words_for({}, "zh")("quantity", "odd_thing") == "odd thing"
