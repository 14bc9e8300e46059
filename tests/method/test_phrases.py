"""Every text of a finding has its Chinese, with the same values in it and the punctuation of Chinese."""

import ast
import copy
import importlib.util
import json
import pickle
import re
import string
import sys
from pathlib import Path

import pytest

from methodology.base.errors import Finding, code_titles
from methodology.base.phrases import catalogue_rows, chinese, joined, phrase, told, with_chinese
from methodology.commandline import in_words, language
from methodology.formula import chinese_symbols, formula_in

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("phrases_of_sources", ROOT / "docs" / "phrases.py")
phrases = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = phrases  # dataclasses look their module up
SPEC.loader.exec_module(phrases)

ROWS = [(room, row["en"], row["zh"]) for package in phrases.PACKAGES for room, row in catalogue_rows(package)]
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff）][,;:?!()]|[\u4e00-\u9fff）]\.(\s|$)|[,;:?!()][\u4e00-\u9fff（]")
"""Punctuation of English beside a Chinese character."""


def fields(template: str) -> list[str]:
    """Names of the values of a template; `s` and `s2` are English plurals."""
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    return sorted(name for name in names if not re.fullmatch(r"s\d?", name))


def test_every_text_of_a_finding_has_its_chinese():
    texts, raw = phrases.lacking()
    told = [f"{s.file.relative_to(ROOT).parent}/phrases_zh.csv lacks: {s.text}" for s in texts]
    told += [f"{s.file.relative_to(ROOT)}:{s.node.lineno} has values but is no phrase: {s.text}" for s in raw]
    assert not told, "run python docs/phrases.py\n" + "\n".join(told)


def test_every_locator_and_note_of_the_factor_tables_has_its_chinese():
    known = {en for _, en, _ in ROWS}
    texts = {(file.parent.name, text) for file, text in phrases.table_texts()}
    assert ("ipcc_wetlands_2013", "table 4.12") in texts
    assert sorted(f"{guide}: {text}" for guide, text in texts if text not in known) == []


def test_every_argument_of_an_equation_has_its_chinese():
    names = set()
    for decorated in (n for tree in phrases.Sources().trees.values() for n in ast.walk(tree)):
        if isinstance(decorated, ast.FunctionDef) and any(
            isinstance(d, ast.Call) and phrases.called(d) == "equation" for d in decorated.decorator_list
        ):
            names |= {one.arg for one in decorated.args.args}
    symbols = chinese_symbols()
    assert {"area", "carbon_fraction", "captured"} <= names
    assert sorted(name for name in names if name.replace("_", " ") not in symbols) == []
    assert (
        formula_in("area × above ground × (1 + root shoot) × 44/12", "zh")
        == "面积 × 地上生物量 × (1 + 地下地上比) × 44/12"
    )
    assert formula_in("where(age < years, gain, 0 × gain)", "en") == "where(age < years, gain, 0 × gain)"


def test_a_text_without_chinese_is_noticed(tmp_path):
    for package in phrases.PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "bluecarbon" / "some.py").write_text(
        "def check(value, findings):\n"
        '    remedy = "Ask somebody who was there."\n'
        '    findings.add("BC-X-01", "place", f"{value} sorts of fog", phrase("never {n} seen", n=value), remedy)\n'
        '    note(findings, "a text that is passed on")\n\n\n'
        "def note(findings, found):\n"
        '    findings.add("BC-X-02", "place", found, "settings.key", severity="note")\n',
        encoding="utf-8",
    )
    texts, raw = phrases.lacking(tmp_path)
    assert sorted(s.text for s in texts) == [
        "Ask somebody who was there.",
        "a text that is passed on",
        "never {n} seen",
    ]
    assert [s.text for s in raw] == ["f'{value} sorts of fog'"]


def test_a_template_keeps_its_values():
    assert [f"{room}: {en}" for room, en, zh in ROWS if fields(en) != fields(zh)] == []


def test_a_template_has_one_chinese_in_all_rooms():
    seen = {}
    for room, en, zh in ROWS:
        assert seen.setdefault(en, zh) == zh, f"{en!r} has another Chinese in {room}: {zh}"


def test_no_catalogue_keeps_what_the_sources_left():
    strings = phrases.Sources().strings()
    assert [f"{room}: {en}" for room, en, _ in ROWS if en not in strings] == []


def wording_texts():
    """All Chinese of wording files, guides, code titles, catalogues and sources, with where they stand."""
    for room, _, zh in ROWS:
        yield room, zh
    for file in (ROOT / "methodology").rglob("*.toml"):
        yield from ((str(file.relative_to(ROOT)), line) for line in file.read_text(encoding="utf-8").splitlines())
    yield from (("sources", text) for text in phrases.Sources().strings() if "(?" not in text)
    for package in phrases.PACKAGES:
        yield from ((code, title["zh"]) for code, title in code_titles(package).items())


def test_chinese_has_its_own_punctuation():
    wrong = [f"{where}: {text}" for where, text in wording_texts() if HALF_WIDTH.search(re.sub(r"\{[^}]*\}", "", text))]
    assert not wrong, "\n".join(wrong)


def test_a_phrase_is_its_english_and_knows_its_chinese():
    text = phrase("{file}, row {row}", file="cores.csv", row=3)
    assert text == "cores.csv, row 3"
    assert json.dumps(text) == '"cores.csv, row 3"'
    assert chinese(text) == "cores.csv，第 3 行"
    assert chinese(phrase("one of {names}", names=joined(" or ", ("a", "b")))) == "以下之一：a或b"
    assert chinese("nothing") == "无"
    assert chinese("no such text anywhere") == "no such text anywhere"
    assert chinese(phrase("Did you mean {near!r}?", near="soil") + " " + phrase("no file {file}", file="a")) == (
        "是否应为 'soil'？ 没有文件 a"
    )


@pytest.mark.parametrize("again", [copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])
def test_a_phrase_survives_copies_and_other_processes(again):
    assert chinese(again(phrase("{file}, row {row}", file="a.csv", row=1))) == "a.csv，第 1 行"


def test_a_finding_is_told_and_recorded_in_both_languages():
    place = phrase("{file}, row {row}", file="a.csv", row=2)
    finding = Finding("ME-X-01", place, "nothing", phrase("one of {names}", names="a, b"), amount=2.0, unit="ha")
    assert finding.told("en") == str(finding) == "ME-X-01 a.csv, row 2: found nothing (2 ha), expected one of a, b."
    assert finding.told("zh") == "ME-X-01 a.csv，第 2 行：发现：无 (2 ha)；应为：以下之一：a, b。"
    assert finding.as_dict()["zh"] == {"place": "a.csv，第 2 行", "found": "无", "expected": "以下之一：a, b"}
    assert with_chinese({"name": "own", "zh": {"name": "自"}}, ("name",))["zh"] == {"name": "自"}


@pytest.mark.parametrize(
    ("arguments", "environment", "wanted"),
    [
        ([], {"LANG": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        (["run", "a.toml", "--lang", "zh"], {}, "zh"),
        (["run", "--lang=en", "a.toml"], {"LC_ALL": "zh_CN"}, "en"),
    ],
)
def test_language_of_the_terminal(monkeypatch, arguments, environment, wanted):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["bluecarbon", *arguments])
    assert language() == wanted
    assert in_words("nothing") == told("nothing", wanted)
