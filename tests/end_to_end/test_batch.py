"""Many jobs, one page: a bad job stops nobody, and what did not change is not done again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from methodology.base.errors import InputError
from methodology.batch import load_portfolio

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_data"
PORTFOLIO = """
[portfolio]
title = "two"
[[job]]
id = "good"
kind = "survey"
path = "survey.toml"
draws = 1000
[[job]]
id = "bad"
kind = "survey"
path = "broken/survey-missing-crs.toml"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("portfolio")
    for name in ("survey.toml", "habitats_2015.gpkg", "habitats_2023.gpkg", "units.gpkg"):
        shutil.copy(SAMPLE / name, base / name)
    shutil.copytree(SAMPLE / "broken", base / "broken")
    (base / "portfolio.toml").write_text(PORTFOLIO, encoding="utf-8")
    return base


def batch(folder):
    command = [
        sys.executable,
        "-m",
        "methodology.cli",
        "batch",
        str(folder / "portfolio.toml"),
        "--out",
        str(folder / "out"),
        "-j",
        "2",
    ]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return result, json.loads((folder / "out" / "portfolio.json").read_text(encoding="utf-8"))


def test_a_bad_job_stops_nobody_and_a_second_run_redoes_only_what_changed(folder):
    result, record = batch(folder)
    assert result.returncode == 1
    assert "BC-MAP-10" in result.stderr
    assert "Traceback" not in result.stderr
    assert {job["id"]: job["status"] for job in record["jobs"]} == {"good": "done", "bad": "failed"}
    assert (folder / "out" / "good" / "report.html").exists()
    assert (folder / "out" / "portfolio.html").exists()
    written = (folder / "out" / "good" / "statement.json").stat().st_mtime_ns
    _, again = batch(folder)
    assert {job["id"]: job["status"] for job in again["jobs"]} == {"good": "unchanged", "bad": "failed"}
    assert (folder / "out" / "good" / "statement.json").stat().st_mtime_ns == written
    job = folder / "survey.toml"
    job.write_text(job.read_text(encoding="utf-8").replace("AR5-100", "AR6-100"), encoding="utf-8")
    _, changed = batch(folder)
    assert {job["id"]: job["status"] for job in changed["jobs"]}["good"] == "done"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not toml =", "ME-BATCH-01"),
        ("[portfolio]\ntitle = 'x'", "ME-BATCH-01"),
        ("[[job]]\nid = 'a'", "ME-BATCH-02"),
        ("[[job]]\nid = '../a'\nkind = 'survey'\npath = 'x'", "ME-BATCH-02"),
        ("[[job]]\nid = 'a'\nkind = 'surveys'\npath = 'x'", "ME-BATCH-03"),
        ("[[job]]\nid = 'a'\nkind = 'survey'\npath = 'x'\nlanguage = 'en'", "ME-BATCH-04"),
    ],
)
def test_faults_of_a_portfolio_have_codes(tmp_path, text, code):
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_portfolio(tmp_path / "p.toml")
    assert code in [finding.code for finding in error.value.findings]
