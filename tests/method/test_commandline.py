"""What the three commands share."""

import json
import sys

import click
import pytest

from methodology.base.errors import refuse
from methodology.commandline import run


@click.group()
def group():
    """A group of one command."""


@group.command()
@click.option("--json", "as_json", is_flag=True)
def stop(as_json):
    """Stop with a finding."""
    raise refuse("ME-OUT-01", "out", "a file", "a folder", "Choose another.")


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_stop_is_text_for_people_and_json_for_programs(monkeypatch, capsys, more):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(sys, "argv", ["tool", "stop", *more])
    with pytest.raises(SystemExit) as ended:
        run(group)
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        "ME-OUT-01 out: found a file, expected a folder.",
        "  Choose another.",
        "1 finding to mend.",
    ]
    if more:
        (finding,) = json.loads(shown.out)["findings"]
        assert {key: finding[key] for key in ("code", "place", "found", "expected", "remedy")} == {
            "code": "ME-OUT-01", "place": "out", "found": "a file", "expected": "a folder", "remedy": "Choose another.",
        }  # fmt: skip
    else:
        assert shown.out == ""
