"""The commands of the log as an operator meets them: every example runs, every refusal leaves nothing."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ccus.cli import COMMANDS, cli
from methodology.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
LOG_COMMANDS = ("init", "log", "correct", "outage", "calibrate", "deliver", "tank", "verify", "backup", "export")
METERS = """
[[stream]]
id = "T1"
kind = "tank"
capacity_t = 200
[[fate]]
id = "food"
kind = "short_lived_use"
[[chemical]]
id = "amine-solvent"
kind = "absorbent"
[[meter]]
tag = "FT601"
line = "amine"
stream = "product"
kind = "mass_flow"
unit = "kg/h"
range = [0, 4000]
"""


def run(*args: str, code: int = 0) -> str:
    """Standard output of a command; a refusal is raised as the command line would print it."""
    result = CliRunner().invoke(cli, args, standalone_mode=False)
    if isinstance(result.exception, InputError | click.ClickException):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert (result.return_value or 0) == code or result.exit_code == code, result.output
    return result.stdout


def refused(*args: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        run(*args)
    return [finding.code for finding in caught.value.findings]


def example(name: str) -> list[str]:
    """The arguments of the example in a command's help."""
    epilog = cli.get_command(click.Context(cli), name).epilog
    assert epilog.startswith("Example: ccus "), f"{name} has no example"
    return shlex.split(epilog.removeprefix("Example: ccus "))


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """A plant folder `haifeng` made by the example of init, with meters described and recorded."""
    monkeypatch.chdir(tmp_path)
    run(*example("init"))
    with open("haifeng/plant.toml", "a", encoding="utf-8") as file:
        file.write(METERS)
    run("log", "haifeng", "--plant-file", "--by", "shift A", "--reason", "Meters described.", "--since", "2019-01-01")
    reading = ("--reading", "FT601", "2201.5", "kg/h", "--at", "2025-03-14T09:30", "--id", "reading-1")
    run("log", "haifeng", "--by", "shift A", *reading)
    return tmp_path


@pytest.mark.parametrize("name", [name for name in LOG_COMMANDS if name != "init"])
def test_the_example_in_each_help_runs(plant, name):
    assert run(*example(name))


@pytest.mark.parametrize("name", LOG_COMMANDS)
def test_each_command_offers_json_and_says_what_it_does(name):
    command = cli.get_command(click.Context(cli), name)
    assert any("--json" in param.opts for param in command.params)
    assert command.help
    assert all(param.help for param in command.params if isinstance(param, click.Option))
    assert COMMANDS[name][1]


@pytest.mark.parametrize("args", [[], ["log"], ["verify"], ["init"]])
def test_help_imports_nothing_heavy(args):
    program = (
        "import sys; from ccus.cli import cli\ntry: cli.main([*sys.argv[1:], '--help'])\nexcept SystemExit: pass\n"
    )
    program += (
        "print([m for m in ('sqlalchemy', 'pydantic', 'numpy', 'pandas', 'pyarrow', 'CoolProp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_plant_file_that_is_there_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(*example("init"))
    (tmp_path / "other").mkdir()
    text = (tmp_path / "haifeng" / "plant.toml").read_bytes()
    (tmp_path / "other" / "plant.toml").write_bytes(text)
    made = json.loads(run("init", "other", "--by", "shift A", "--json"))
    assert not made["written"]
    assert (tmp_path / "other" / "plant.toml").read_bytes() == text
    assert refused("init", "other", "--by", "shift A") == ["CC-LOG-01"]


def test_init_asks_for_all_it_needs_at_once_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("init", "new", "--by", "shift A", "--name", "A") == ["CC-LOG-23"] * 3
    bad_zone = ("--name", "A", "--timezone", "China", "--nameplate", "1", "--line", "a", "amine", "1")
    assert refused("init", "new", "--by", "shift A", *bad_zone) == ["CC-PLANT-05"]
    assert not (tmp_path / "new").exists()


def test_the_same_reading_typed_twice_is_kept_once(plant):
    typed = (
        "log",
        "haifeng",
        "--by",
        "shift A",
        "--reading",
        "FT601",
        "2300",
        "kg/h",
        "--at",
        "2025-03-14T10:00",
        "--json",
    )
    first, second = json.loads(run(*typed)), json.loads(run(*typed))
    assert (first["changed"], second["changed"], second["seq"]) == (True, False, first["seq"])


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("log", "--reading", "FT999", "1", "kg/h"), "CC-LOG-17"),
        (("log", "--reading", "FT601", "1", "t/h"), "CC-LOG-18"),
        (("log", "--reading", "FT601", "1,5", "kg/h"), "CC-LOG-07"),
        (("log", "--reading", "FT601", "Bad Input", "kg/h"), "CC-LOG-07"),
        (("log",), "CC-LOG-23"),
        (("log", "--note", "a", "--decision", "a", "b"), "CC-LOG-23"),
        (("log", "--decision", "a", "b"), "CC-LOG-23"),
        (("log", "--lab", "product", "CO2", "98", "vol%"), "CC-LOG-23"),
        (("log", "--note", "a", "--line", "amin"), "CC-LOG-17"),
        (("log", "--note", "a", "--at", "yesterday"), "CC-PLANT-06"),
        (("log", "--note", "a", "--at", "2525-01-01T00:00"), "CC-LOG-08"),
        (("log", "--makeup", "water", "12"), "CC-LOG-17"),
        (("correct", "nowhere", "--withdraw", "--reason", "x"), "CC-LOG-14"),
        (("correct", "reading-1", "--reason", "x"), "CC-LOG-23"),
        (("correct", "reading-1", "--set", "valu=1", "--reason", "x"), "CC-LOG-07"),
        (("correct", "reading-1", "--set", "value=abc", "--reason", "x"), "CC-LOG-07"),
        (("outage", "--from", "2025-03-14T08:00", "--to", "2025-03-14T07:00", "--planned"), "CC-LOG-07"),
        (("outage", "--ends", "reading-1", "--to", "2025-03-14T07:00"), "CC-LOG-14"),
        (("calibrate", "--tag", "FT602", "--certificate", "C", "--from", "2025-01-01"), "CC-LOG-17"),
        (("deliver", "--mass-t", "1", "--receiver", "x", "--docket", "1", "--fate", "sea"), "CC-LOG-17"),
        (("tank", "--tank", "product", "--mass-t", "1"), "CC-LOG-17"),
    ],
)
def test_refusals_store_nothing(plant, args, code):
    before = json.loads(run("verify", "haifeng", "--json"))["size"]
    assert refused(args[0], "haifeng", *args[1:], "--by", "shift A") == [code]
    assert json.loads(run("verify", "haifeng", "--json"))["size"] == before


def test_an_author_is_always_asked_for(plant):
    with pytest.raises(click.UsageError, match="--by"):
        run("log", "haifeng", "--note", "a")


def test_a_changed_plant_file_is_warned_of_and_the_shift_can_still_log(plant):
    with open("haifeng/plant.toml", "a", encoding="utf-8") as file:
        file.write('[[chemical]]\nid = "antifoam"\n')
    result = CliRunner().invoke(cli, ["log", "haifeng", "--by", "shift A", "--note", "a"])
    assert result.exit_code == 0
    assert "was changed since it was recorded" in result.stderr
    assert refused("log", "haifeng", "--plant-file", "--by", "shift A") == ["CC-LOG-16"]
    with open("haifeng/plant.toml", "a", encoding="utf-8") as file:
        file.write("broken")
    result = CliRunner().invoke(cli, ["log", "haifeng", "--by", "shift A", "--note", "b"])
    assert result.exit_code == 0
    assert "CC-PLANT-02" in result.stderr


def test_a_plant_file_of_another_plant_is_refused(plant):
    path = plant / "haifeng" / "plant.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"Haifeng"', '"Taizhou"'), encoding="utf-8")
    assert refused("log", "haifeng", "--by", "x", "--note", "a") == ["CC-LOG-12"]


def test_a_reading_outside_the_meters_range_is_kept_and_said(plant):
    args = ["log", "haifeng", "--by", "shift A", "--reading", "FT601", "22015", "kg/h"]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0
    assert "outside the meter's range 0 to 4000" in result.stderr


def test_a_round_is_kept_whole_or_not_at_all(plant):
    at = ("--at", "2025-03-14T11:00", "--by", "shift A")
    bad = ("--reading", "FT601", "2200", "kg/h", "--reading", "FT999", "1", "kg/h", "--reading", "FT601", "x", "kg/h")
    assert refused("log", "haifeng", *bad, *at) == ["CC-LOG-17", "CC-LOG-07"]
    both = ("--reading", "FT601", "2200", "kg/h", "--reading", "FT601", "2201", "kg/h")
    assert [item["changed"] for item in json.loads(run("log", "haifeng", *both, *at, "--json"))] == [True, True]
    assert refused("log", "haifeng", *both, *at, "--id", "one") == ["CC-LOG-23"]


def test_a_weigh_bill_counts_once(plant):
    typed = (
        "--mass-t",
        "24.62",
        "--receiver",
        "Gas works",
        "--docket",
        "W-1",
        "--by",
        "shift A",
        "--at",
        "2025-03-14T10:05",
    )
    run("deliver", "haifeng", *typed, "--id", "first")
    assert not json.loads(run("deliver", "haifeng", *typed, "--id", "first", "--json"))["changed"]
    assert refused("deliver", "haifeng", *typed, "--id", "second") == ["CC-LOG-25"]
    run("correct", "haifeng", "first", "--withdraw", "--reason", "Truck turned back.", "--by", "shift B")
    run("deliver", "haifeng", *typed, "--id", "second")


def test_doubtful_outages_and_levels_are_kept_and_said(plant):
    runner, outage = CliRunner(), ["outage", "haifeng", "--by", "shift A", "--unplanned", "--from"]
    runner.invoke(cli, [*outage, "2025-03-14T08:00", "--to", "2025-03-14T10:00", "--line", "amine", "--id", "o1"])
    said = runner.invoke(cli, [*outage, "2025-03-14T09:00", "--to", "2025-03-14T11:00"])
    assert (said.exit_code, "overlaps outage o1 of amine" in said.stderr) == (0, True)
    said = runner.invoke(
        cli, [*outage, "2025-03-14T09:00", "--to", "2025-03-14T11:00", "--line", "membrane", "--id", "o2"]
    )
    assert "overlaps outage o1" not in said.stderr
    said = runner.invoke(cli, ["tank", "haifeng", "--tank", "T1", "--mass-t", "1184", "--by", "shift A"])
    assert (said.exit_code, "more than its capacity 200 t" in said.stderr) == (0, True)


def test_a_correction_starts_from_what_stands_now(plant):
    run("correct", "haifeng", "reading-1", "--set", "value=2210.5", "--reason", "Digits.", "--by", "shift B")
    run("correct", "haifeng", "reading-1", "--set", "remark=by phone", "--reason", "Where from.", "--by", "shift B")
    run("correct", "haifeng", "reading-1", "--time", "2025-03-14T09:40", "--reason", "Clock slow.", "--by", "shift B")
    last = json.loads(run("log", "haifeng", "--list", "1", "--json"))[0]["body"]
    assert last["body"] == {"tag": "FT601", "unit": "kg/h", "value": 2210.5, "remark": "by phone"}
    assert last["at"]["utc"] == "2025-03-14T01:40:00Z"


def test_verify_backup_and_export_agree_on_the_head(plant):
    run("verify", "haifeng", "--write-head", "head.txt")
    run("backup", "haifeng", "--out", "backup")
    run("export", "haifeng", "--out", "plain")
    heads = {
        json.loads(run("verify", where, "--head", "head.txt", "--json"))["head"]
        for where in ("haifeng", "backup", "plain")
    }
    assert heads == {(plant / "head.txt").read_text(encoding="utf-8")}
    assert refused("export", "haifeng", "--out", "plain") == ["CC-LOG-19"]
    assert refused("verify", "haifeng", "--head", "nowhere.txt") == ["CC-LOG-22"]


def test_verify_exits_1_where_a_fault_is_found(plant):
    path = plant / "haifeng" / "log" / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    data[data.index(b"2201.5")] ^= 1
    path.write_bytes(data)
    result = CliRunner().invoke(cli, ["verify", "haifeng"])
    assert result.exit_code == 1
    assert "NOT sound" in result.stdout
    assert "'reading-1'" in result.stderr
    assert "Traceback" not in result.stderr
    assert refused("log", "haifeng", "--list", "9") == ["CC-LOG-11"]
