"""The bad input a plant's log meets sooner or later, each through the command itself: one code, nothing stored."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from test_log_commands import run

from ccus.cli import cli
from ccus.log import store
from ccus.log.files import FILE_NAME
from ccus.plant.model import Calibration, Meter
from ccus.quality.verdicts import FINE, REASONS, judge
from ccus.streams.conditions import mass_fraction
from ccus.streams.series import GOOD, UNCERTAIN, Series
from methodology.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
PLANT = """
[plant]
name = "Haifeng"
timezone = "Europe/Berlin"
nameplate_t_per_year = 20000
[[line]]
id = "amine"
technology = "amine"
nameplate_t_per_day = 50
[[meter]]
tag = "FT601"
line = "amine"
stream = "product"
kind = "mass_flow"
unit = "kg/h"
interpolation = "step"
max_hold_s = 600
valid_from = 2025-01-01
[[meter]]
tag = "PT402"
line = "amine"
stream = "product"
kind = "pressure"
unit = "bar"
pressure = "gauge"
interpolation = "step"
max_hold_s = 600
"""
HEAD = "Time,FT601\n,kg/h\n"


@pytest.fixture
def plant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "plant.toml").write_text(PLANT, encoding="utf-8")
    run("init", "h", "--by", "A")
    return tmp_path


def refused(*args: str) -> list[str]:
    """Codes of a refusal; the log holds what it held before, and no file was left in its archive."""
    before = json.loads(run("verify", "h", "--json"))["head"]
    result = CliRunner().invoke(cli, args)
    assert isinstance(result.exception, InputError), (result.output, result.exception)
    assert result.stdout == ""
    after = json.loads(run("verify", "h", "--json"))
    assert after["head"] == before
    assert not list(Path("h/log/archive").rglob("*.*"))
    return [finding.code for finding in result.exception.findings]


@pytest.mark.parametrize(
    ("rows", "options", "codes"),
    [
        ("Time,XX9\n,kg/h\n2025-07-01 00:00,1\n", (), ["CC-IMP-03"]),
        ("Time,FT601\n,furlong\n2025-07-01 00:00,1\n", (), ["CC-IMP-05"]),
        ("Time,FT601,FT602\n,kg/h,kg/h\n2025-07-01 00:00,1,2\n", ("--mapping", "map.toml"), ["CC-IMP-07"]),
        (HEAD + "2025-07-01 00:10,1\n2025-07-01 00:00,2\n2025-07-01 00:20,3\n", (), ["CC-IMP-11"]),
        (HEAD + "2025-10-26 02:30,1\n", (), ["CC-PLANT-07"]),
        (HEAD + "2025-03-30 02:30,1\n", (), ["CC-PLANT-08"]),
        (HEAD + "2024-07-01 00:00,1\n", (), ["CC-IMP-19"]),
        (HEAD + "2025-07-01 00:00,1\n", ("--mapping", "nowhere.toml"), ["CC-IMP-21"]),
    ],
)
def test_an_export_that_cannot_be_used_leaves_nothing(plant, rows, options, codes):
    Path("export.csv").write_text(rows, encoding="utf-8")
    Path("map.toml").write_text('[tags]\nFT602 = "FT601"\n', encoding="utf-8")
    assert refused("import", "h", "export.csv", "--by", "A", *options) == codes


def test_a_meter_without_a_unit_is_refused_with_the_plant_file(plant):
    Path("new").mkdir()
    Path("new/plant.toml").write_text(PLANT.replace('unit = "kg/h"\n', ""), encoding="utf-8")
    with pytest.raises(InputError, match="unit") as caught:
        run("init", "new", "--by", "A")
    assert caught.value.code == "CC-PLANT-04"
    assert not Path("new/log/ledger.sqlite").exists()


def test_words_and_repeats_are_kept_out_of_the_numbers_and_told(plant):
    rows = "2025-07-01 00:00,1.5\n2025-07-01 00:10,about 2\n2025-07-01 00:20,Bad Input\n2025-07-01 00:20,3.5\n"
    Path("export.csv").write_text(HEAD + rows, encoding="utf-8")
    stored = json.loads(run("import", "h", "export.csv", "--by", "A", "--json"))[0]
    severities = {finding["code"]: finding["severity"] for finding in stored["findings"]}
    assert severities == {"CC-IMP-15": "warning", "CC-IMP-13": "note", "CC-IMP-12": "warning"}


def judged(kind: str, unit: str, values: list[float], **more: object) -> list[str]:
    """Codes of the readings left out, in order."""
    value = np.array(values)
    meter = Meter(
        tag="X", stream="product", kind=kind, unit=unit, interpolation="step", max_hold_s=600, moisture="dry", **more
    )
    verdict = judge(Series("X", np.arange(value.size) * 600.0, value, np.full(value.size, GOOD, np.uint8)), meter)
    return [REASONS[reason][0] for reason in verdict.reason if reason != FINE]


def test_co2_over_100_per_cent_and_gauge_below_a_vacuum_are_impossible():
    assert judged("composition", "vol%", [0.98, 1.01, 0.979], component="CO2") == ["CC-QUA-02"]
    assert judged("pressure", "kPa", [80.0, -120.0, 82.0], pressure="gauge") == ["CC-QUA-02"]  # -1.2 bar


def test_a_composition_that_does_not_close_is_refused():
    with pytest.raises(InputError) as caught:
        mass_fraction("CO2", {"CO2": 0.9, "N2": 0.2})
    assert caught.value.code == "CC-MASS-07"


def test_an_expired_calibration_makes_uncertain_and_drops_nothing():
    from datetime import UTC, datetime

    dates = (datetime(1969, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 0, 15, tzinfo=UTC))
    own = Calibration(certificate="C-1", valid_from=dates[0], valid_to=dates[1])
    meter = Meter(
        tag="X", stream="product", kind="mass_flow", unit="kg/h", interpolation="step", max_hold_s=600, calibration=own
    )
    series = Series("X", np.arange(4) * 600.0, np.array([1.0, 2.0, 3.0, 2.0]), np.full(4, GOOD, np.uint8))
    verdict = judge(series, meter)
    assert [finding.code for finding in verdict.findings] == ["CC-QUA-11"]
    assert verdict.series.severity.tolist() == [GOOD, GOOD, UNCERTAIN, UNCERTAIN]
    assert verdict.series.value.tolist() == [1.0, 2.0, 3.0, 2.0]


def test_a_correction_of_an_unknown_entry_is_refused(plant):
    assert refused("correct", "h", "nowhere", "--withdraw", "--reason", "x", "--by", "A") == ["CC-LOG-14"]


def test_a_ledger_of_another_plant_is_refused_by_every_command(plant):
    Path("h/plant.toml").write_text(PLANT.replace("Haifeng", "Taizhou"), encoding="utf-8")
    Path("export.csv").write_text(HEAD + "2025-07-01 00:00,1.5\n", encoding="utf-8")
    for args in (
        ("log", "h", "--by", "A", "--note", "x"),
        ("import", "h", "export.csv", "--by", "A"),
        ("status", "h"),
        ("report", "h", "--period", "2025-07", "--out", "out"),
        ("backup", "h", "--out", "out"),
        ("export", "h", "--out", "out"),
    ):
        result = CliRunner().invoke(cli, args)
        assert isinstance(result.exception, InputError), args
        assert result.exception.code == "CC-LOG-12"
    assert not Path("out").exists()
    done = CliRunner().invoke(cli, ["verify", "h"])
    assert (done.exit_code, "CC-LOG-12" in done.stderr) == (1, True)


def test_a_cut_ledger_file_is_said_and_every_missing_entry_named(plant):
    run("verify", "h", "--write-head", "head.txt")
    path = Path("h/log") / FILE_NAME
    whole = path.read_bytes()
    for size in (0, 100, 4096, len(whole) - 4096, len(whole) - 1):
        path.write_bytes(whole[:size])
        writing = CliRunner().invoke(cli, ["log", "h", "--by", "A", "--note", "x"])
        assert writing.exception.code == "CC-LOG-11", size
        done = CliRunner().invoke(cli, ["verify", "h", "--head", "head.txt"])
        assert done.exit_code == 1
        assert "entries 0 to 1 missing" in done.stderr
        assert path.read_bytes() == whole[:size]
    path.write_bytes(whole)
    run("verify", "h", "--head", "head.txt")


def test_entries_cut_out_below_the_triggers_are_found_by_a_kept_head_only(plant):
    run("log", "h", "--by", "A", "--note", "last", "--at", "2025-07-01T00:00")
    run("verify", "h", "--write-head", "head.txt")
    connection = sqlite3.connect(Path("h/log") / FILE_NAME)
    trigger = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'entries_refuse_delete'").fetchone()[0]
    for statement in ("DROP TRIGGER entries_refuse_delete", "DELETE FROM entries WHERE seq = 2", trigger):
        connection.execute(statement)
    connection.commit()
    connection.close()
    alone = CliRunner().invoke(cli, ["verify", "h"])
    assert (alone.exit_code, "tail not provable" in alone.stdout) == (0, True)
    held = CliRunner().invoke(cli, ["verify", "h", "--head", "head.txt"])
    assert (held.exit_code, "CC-LOG-34" in held.stderr, "entry 2 missing" in held.stderr) == (1, True, True)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no mount space of our own here")
def test_a_read_only_disk_is_said_by_every_command_that_writes(plant):
    program = (
        "from click.testing import CliRunner; from ccus.cli import cli\n"
        "for args in ('log h --by A --note x', 'init new --name A --timezone UTC --nameplate 1 --line a amine 1 --by A',\n"
        "             'backup h --out b', 'export h --out b'):\n"
        "    result = CliRunner().invoke(cli, args.split()); print(result.exception.code, result.stdout)\n"
    )
    script = (
        f'mount --bind . . && cd "$PWD" && mount -o remount,ro,bind . && cd "$PWD" && exec "{sys.executable}" -c "$0"'
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, program],
        capture_output=True, text=True, check=False, cwd=plant, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("mounting is not allowed here")
    assert done.stdout.split() == ["CC-LOG-04", "CC-LOG-04", "CC-LOG-09", "CC-LOG-09"], done.stderr


def test_a_ledger_the_disk_will_not_read_is_told_from_a_damaged_one(plant, monkeypatch):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_READ"

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(store, "row_at", fail)
    result = CliRunner().invoke(cli, ["log", "h", "--list", "1"])
    assert result.exception.code == "CC-LOG-10"
