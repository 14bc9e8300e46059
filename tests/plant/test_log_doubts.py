"""What a tired person types: refused where it cannot be, kept and said where it may be."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from test_log_commands import METERS, refused, run

from ccus.cli import cli

AT = ("--at", "2025-03-14T10:05", "--by", "A")


@pytest.fixture
def plant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "haifeng").mkdir()
    head = '[plant]\nname = "Haifeng"\ntimezone = "Asia/Shanghai"\nnameplate_t_per_year = 20000\n'
    lines = '[[line]]\nid = "amine"\ntechnology = "amine"\nnameplate_t_per_day = 50\n'
    (tmp_path / "haifeng" / "plant.toml").write_text(head + lines + METERS, encoding="utf-8")
    run("init", "haifeng", "--by", "A")
    run("log", "haifeng", "--reading", "FT601", "2201.5", "kg/h", *AT, "--id", "r1")
    return tmp_path


def said(*args: str) -> str:
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.stderr
    return result.stderr


def correct(id: str, *change: str) -> tuple[str, ...]:
    return ("correct", "haifeng", id, *change, "--reason", "why", "--by", "B")


def test_a_correction_names_only_what_the_plant_has(plant):
    assert refused(*correct("r1", "--set", "tag=FT999")) == ["CC-LOG-17"]
    assert refused(*correct("r1", "--set", "unit=t/h")) == ["CC-LOG-18"]
    run("tank", "haifeng", "--tank", "T1", "--mass-t", "100", *AT, "--id", "t1")
    assert refused(*correct("t1", "--set", "tank=T9")) == ["CC-LOG-17"]
    run(*correct("t1", "--set", "mass_t=101"))


def test_a_correction_of_a_correction_is_refused_and_says_what_to_correct(plant):
    run(*correct("r1", "--set", "value=2210.5"), "--id", "c1")
    with pytest.raises(Exception, match="Correct 'r1' once more") as caught:
        run(*correct("c1", "--set", "value=1"))
    assert caught.value.code == "CC-LOG-14"
    assert refused(*correct("opening", "--set", "plant=Other")) == ["CC-LOG-14"]
    assert refused(*correct("nowhere", "--withdraw")) == ["CC-LOG-14"]


def test_a_withdrawn_entry_is_brought_back_by_one_more_correction(plant):
    assert refused(*correct("r1", "--restore")) == ["CC-LOG-23"]
    run(*correct("r1", "--set", "value=2210.5"))
    run(*correct("r1", "--withdraw"))
    assert refused(*correct("r1", "--restore", "--set", "value=1")) == ["CC-LOG-23"]
    run(*correct("r1", "--restore"))
    assert '"value": 2210.5' in run("log", "haifeng", "--list", "1", "--json")
    run(*correct("r1", "--withdraw"))
    run(*correct("r1", "--set", "remark=by phone"))
    assert '"value": 2210.5' in run("log", "haifeng", "--list", "1", "--json")


def test_a_report_can_show_what_was_and_what_is(plant):
    from datetime import UTC, datetime

    from ccus.inventory.entries import Behind, entries_table
    from ccus.log.session import session
    from ccus.log.views import corrected, standing

    run(*correct("r1", "--set", "value=2210.5"))
    run(*correct("r1", "--time", "2025-03-14T09:40"))
    run(*correct("r1", "--withdraw"))
    with session(plant / "haifeng") as log:
        items = corrected(log.ledger, datetime(2025, 3, 14, tzinfo=UTC), datetime(2025, 3, 15, tzinfo=UTC))
        assert corrected(log.ledger, datetime(2025, 3, 15, tzinfo=UTC), datetime(2025, 3, 16, tzinfo=UTC)) == []
        behind = Behind(tuple(standing(log.ledger, "manual_reading", withdrawn=True)), tuple(items))
    reading, *rows = entries_table(behind)["rows"]
    stated = "2025-03-14T10:05:00+08:00"
    assert [reading[0], reading[2], reading[5]["en"]] == ["r1", stated, "tag FT601, unit kg/h, value 2201.5"]
    assert {row[1]["en"] for row in rows} == {"correction → r1"}
    assert [(row[5]["en"], row[6]["en"], row[4], row[7]) for row in rows[:2]] == [
        ("value 2210.5", "value 2201.5", "B", "why"),
        ("at 2025-03-14T09:40:00+08:00", f"at {stated}", "B", "why"),
    ]
    assert rows[2][5] == {"en": "withdrawn", "zh": "已撤回"}


@pytest.mark.parametrize(("value", "unit"), [("199.2", "vol%"), ("1.01", "1"), ("-0.1", "wt%")])
def test_a_share_no_analysis_can_have_is_refused(plant, value, unit):
    args = ("log", "haifeng", "--lab", "product", "CO2", value, unit, "--sample", "S1", *AT)
    assert refused(*args) == ["CC-LOG-07"]


def test_a_loading_is_kept_as_the_laboratory_states_it(plant):
    run("log", "haifeng", "--lab", "product", "MEA", "1.3", "mol/mol", "--sample", "S1", *AT)


def test_a_calibration_that_ends_before_it_begins_is_refused(plant):
    args = ("calibrate", "haifeng", "--tag", "FT601", "--certificate", "C", "--by", "A", "--from", "2025-05-01", "--to")
    assert refused(*args, "2025-05-01") == ["CC-LOG-07"]
    run(*args, "2025-05-02", "--id", "cal")
    assert refused(*correct("cal", "--set", "valid_to=2025-04-01")) == ["CC-LOG-07"]


def test_the_end_of_an_outage_comes_after_its_beginning(plant):
    run("outage", "haifeng", "--from", "2025-03-14T08:00", "--unplanned", "--by", "A", "--id", "o1")
    assert refused("outage", "haifeng", "--ends", "o1", "--to", "2025-03-14T08:00", "--by", "A") == ["CC-LOG-14"]
    assert "was said to end" not in said("outage", "haifeng", "--ends", "o1", "--to", "2025-03-14T09:00", "--by", "A")
    assert "was said to end" in said("outage", "haifeng", "--ends", "o1", "--to", "2025-03-14T09:30", "--by", "A")


def test_a_delivery_in_kilograms_is_asked_about(plant):
    # 50 t a day: 24 620 is 492 days of it
    args = ("deliver", "haifeng", "--receiver", "Gas works", *AT, "--docket")
    assert "492 days" in said(*args, "W-1", "--mass-t", "24620")
    assert said(*args, "W-2", "--mass-t", "24.62") == ""


def test_a_set_up_that_was_cut_short_is_finished(plant):
    from ccus.log.ledger import Ledger

    Ledger.create(plant / "new" / "log", "Haifeng", "A").close()  # killed before the plant file was written
    named = ("--timezone", "Asia/Shanghai", "--nameplate", "20000", "--line", "amine", "amine", "50", "--by", "A")
    assert refused("init", "new", "--name", "Taizhou", *named) == ["CC-LOG-12"]
    run("init", "new", "--name", "Haifeng", *named)
    run("log", "new", "--note", "x", "--by", "A")
    assert refused("init", "new", "--name", "Haifeng", *named) == ["CC-LOG-01"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--from", "2025-03-14T08:00"), "'--planned' or '--unplanned'"),
        (("--planned",), "'--from'"),
        (("--ends", "o1"), "'--to'"),
        (("--ends", "o1", "--to", "2025-03-14T09:00", "--planned"), "--ends takes --to alone"),
    ],
)
def test_what_an_outage_lacks_is_said_in_the_words_of_its_options(plant, given, told):
    result = CliRunner().invoke(cli, ["outage", "haifeng", "--by", "A", *given])
    assert result.exit_code == 2
    assert told in result.output


def test_an_entry_is_named_by_its_number_too(plant):
    number = run("log", "haifeng", "--list", "1").split()[0]
    run("correct", "haifeng", number, "--set", "value=2210.5", "--reason", "Digits.", "--by", "B")
    assert '"corrects": "r1"' in run("log", "haifeng", "--list", "1", "--json")
    assert refused("correct", "haifeng", "99", "--withdraw", "--reason", "x", "--by", "B") == ["CC-LOG-14"]


def test_why_a_value_was_read_by_hand_is_kept(plant):
    run("log", "haifeng", "--reading", "FT601", "1810", "kg/h", "--reason", "DCS down", *AT, "--id", "r9")
    assert '"remark": "DCS down"' in run("log", "haifeng", "--list", "1", "--json")
