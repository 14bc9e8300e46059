"""The commands import, status and report as a person runs them."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ccus.cli import cli
from methodology.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
BOUNDS = ("neighbouring hours, bounded", "bound of like hours", "nothing")


def ccus(*arguments, code=0):
    """Run a command in this process, with the answer to findings that the real entry point gives."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    if isinstance(result.exception, InputError):
        return SimpleNamespace(stdout=result.stdout, stderr=str(result.exception), returncode=1 if code == 1 else -1)
    assert result.exit_code == code, result.output + repr(result.exception)
    return SimpleNamespace(stdout=result.stdout, stderr=result.stderr, returncode=result.exit_code)


def test_report_of_a_month_in_both_languages(synthetic, tmp_path):
    folder, _ = synthetic
    out = tmp_path / "out"
    english = ccus("report", folder, "--period", "2025-06", "--out", out, "--draws", "1000", "--show", "eu-mrr")
    for name in ("statement.json", "report.html", "worksheet.xlsx", "lines.csv", "run.json", "daily.csv", "gaps.csv"):
        assert (out / name).stat().st_size > 100
    assert "captured" in english.stdout.lower()
    statement = json.loads((out / "statement.json").read_text(encoding="utf-8"))
    lines = {line["id"]: line for line in statement["lines"]}
    gross = lines["gross_captured/2025-06"]["value"]
    with (out / "daily.csv").open(encoding="utf-8") as file:
        daily = list(csv.DictReader(file))
    assert len(daily) == 60
    assert sum(float(row["captured_t_co2"]) for row in daily) == pytest.approx(gross, rel=1e-7)
    with (out / "gaps.csv").open(encoding="utf-8") as file:
        gaps = list(csv.DictReader(file))
    assert {"balance"} <= {row["rung"] for row in gaps}
    bounds = sum(float(row["amount_t_co2"]) for row in gaps if row["rung"] in BOUNDS)
    assert bounds == pytest.approx(sum(float(r["of_which_by_bounds_t_co2"]) for r in daily), rel=1e-6)
    excess = [line for name, line in lines.items() if name.startswith("excess_of_other") and "MRR" in name]
    assert excess
    assert all(line["value"] >= 0 for line in excess)
    assert "MRR" in (out / "report.html").read_text(encoding="utf-8")
    chinese = ccus(
        "report", folder, "--period", "2025-06-03", "--out", tmp_path / "zh", "--lang", "zh", "--draws", "1000"
    )
    assert "捕集" in chinese.stdout
    assert "累计捕集" in (tmp_path / "zh" / "report.html").read_text(encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "methodology.cli", "recompute", str(tmp_path / "zh" / "statement.json")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_changed_plant_file_must_be_recorded_first(synthetic, tmp_path):
    import shutil

    folder, _ = synthetic
    copy = tmp_path / "plant"
    shutil.copytree(folder, copy)
    text = (copy / "plant.toml").read_text(encoding="utf-8")
    (copy / "plant.toml").write_text(
        text.replace("nameplate_t_per_day = 50", "nameplate_t_per_day = 55"), encoding="utf-8"
    )
    refused = ccus("report", copy, "--period", "2025-06-03", "--out", tmp_path / "out", code=1)
    assert "CC-LOG-16" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_status_and_import_as_text_and_json(synthetic, tmp_path):
    folder, _ = synthetic
    text = ccus("status", folder, "--at", "2025-07-15T11:00").stdout
    assert max(map(len, text.splitlines())) <= 80
    stand = json.loads(ccus("status", folder, "--at", "2025-07-15T11:00", "--json").stdout)
    assert stand["year_end"]["level"] == 0.8
    again = ccus("import", folder, folder / "historian_membrane_2025.csv", "--by", "tester")
    assert "nothing changed" in again.stdout
    bad = tmp_path / "bad.csv"
    bad.write_text("Time,XX1,FT601\n,kg/h,furlong\n2025-01-01T00:00:00Z,1,2\n", encoding="utf-8")
    refused = ccus("import", folder, bad, "--by", "tester", code=1)
    assert "CC-IMP-03" in refused.stderr
    assert "CC-IMP-05" in refused.stderr
    assert refused.returncode == 1
    proposed = ccus("import", folder, bad, "--propose").stdout
    assert "[tags]" in proposed
    assert '"XX1" = "XX1"' in proposed
    assert ccus("import", folder, bad, code=2).stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from ccus.cli import cli\n"
        "from click.testing import CliRunner\n"
        "for name in ('import', 'status', 'report'):\n"
        "    assert CliRunner().invoke(cli, [name, '--help']).exit_code == 0\n"
        "bad = {'CoolProp', 'pandas', 'matplotlib', 'scipy', 'sqlalchemy', 'pyarrow', 'numpy'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
