"""The lines of README for a plant, followed literally on a fresh folder until status and report work."""

import json
import re
from pathlib import Path

import pytest
from test_performance_commands import ROOT, ccus

STREAMS = {"FT601": "product", "AT600": "product", "JI500": "electricity"}
NAME = ("--by", "shift A")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"2025-07-{day:02}T{hour:02}:00:00+08:00,2000,98,300" for day in range(1, 32) for hour in range(24)]
    head = "Timestamp,HF:FT601.PV,AT600,JI500\n,kg/hr,(CO2 vol% dry),kW\n"
    (tmp_path / "export.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def commands():
    """Commands of the README's passage on a plant, each as its words."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    passage = re.search(r"For a plant:\n\n```sh\n(.*?)```", text, re.S)[1].replace("\\\n", " ")
    return [line.split("#")[0].strip() for line in passage.splitlines() if line.strip()]


def words(line):
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', line)]


def answered(text):
    """A plant file whose question marks a person has answered."""
    parts = text.split("[[meter]]\n")
    for n, part in enumerate(parts):
        tag = re.match(r'tag = "(\w+)"', part)
        if tag and tag[1] in STREAMS:
            part = part.replace('line = "?"', 'line = "amine"').replace('stream = "?"', f'stream = "{STREAMS[tag[1]]}"')
            parts[n] = part.replace('interpolation = "?"', 'interpolation = "step"')
    return "[[meter]]\n".join(parts)


def test_the_readme_of_a_plant_can_be_followed_word_for_word(folder):
    for line in commands():
        program, *given = words(line)
        assert program == "ccus"
        if ">" in given:
            at = given.index(">")
            result = ccus(*given[:at])
            Path(given[at + 1]).write_text(result.stdout, encoding="utf-8")
            plant = Path("haifeng/plant.toml")
            assert 'unit = "kg/h"' in plant.read_text(encoding="utf-8")
            for step in ("answer every", "ccus log haifeng --plant-file", "--since 2025-07-01", "ccus import haifeng"):
                assert step in result.stderr
            plant.write_text(answered(plant.read_text(encoding="utf-8")), encoding="utf-8")
        else:
            result = ccus(*given)
    statement = json.loads(Path("report/statement.json").read_text(encoding="utf-8"))
    gross = next(n for n in statement["lines"] if n["id"] == "gross_captured/2025-07")
    # 744 h at 2,000 kg/h with 98 vol % CO2 in nitrogen
    assert gross["value"] == pytest.approx(744 * 2 * 98 * 44.0098 / (98 * 44.0098 + 2 * 28.0134), rel=1e-6)


def test_meters_that_wait_to_be_recorded_are_told_so(folder):
    ccus("init", "haifeng", "--name", "H", "--timezone", "Asia/Shanghai", "--nameplate", 20000, "--line", "amine",
         "amine", 50, *NAME)  # fmt: skip
    mapping = ccus("import", "haifeng", "export.csv", "--propose", "--meters", "haifeng/plant.toml").stdout
    Path("mapping.toml").write_text(mapping, encoding="utf-8")
    read_in = ("import", "haifeng", "export.csv", "--mapping", "mapping.toml", *NAME)
    said = ccus(*read_in, code=1).stderr
    assert "CC-PLANT-04" in said, "questions that are still open are named one by one"
    plant = Path("haifeng/plant.toml")
    plant.write_text(answered(plant.read_text(encoding="utf-8")), encoding="utf-8")
    said = ccus(*read_in, code=1).stderr
    assert said.count("CC-LOG-16") == 1
    assert "AT600, FT601, JI500" in said
    assert "--plant-file" in said
    assert "CC-IMP-03" not in said
    ccus("log", "haifeng", "--plant-file", "--reason", "Meters.", "--since", "2025-07-01", *NAME)
    assert "2,232 readings of 3 meters" in ccus(*read_in).stdout


def test_a_proposal_without_new_meters_is_a_mapping_alone(folder):
    test_meters_that_wait_to_be_recorded_are_told_so(folder)
    result = ccus("import", "haifeng", "export.csv", "--propose")
    assert "[[meter]]" not in result.stdout
    assert "Next: ccus import haifeng export.csv --mapping" in result.stderr
