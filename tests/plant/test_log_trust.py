"""No report from a damaged log, and a status that says so: dropped triggers, a cut end, changed bytes, lost files."""

import json
import shutil
import sqlite3

import pytest
from test_inventory_entries import DAY, plant  # noqa: F401
from test_performance_commands import ccus

from ccus.log.ledger import Ledger
from ccus.log.trust import quick_faults


@pytest.fixture
def copy(plant, tmp_path):  # noqa: F811
    folder = tmp_path / "small"
    shutil.copytree(plant, folder)
    return folder


def tampered(folder, *statements, keep_triggers=False):
    """Statements run on the ledger file with its triggers out of the way, which are put back where asked."""
    with sqlite3.connect(folder / "log" / "ledger.sqlite") as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers if keep_triggers else ():
            connection.execute(sql)
    connection.close()


def report(folder, out, *more, code=1):
    return ccus("report", folder, "--period", DAY, "--out", out, "--draws", "1000", *more, code=code)


def test_triggers_dropped_and_the_last_entry_deleted(copy, tmp_path):
    tampered(copy, "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)")
    said = report(copy, tmp_path / "out").stderr
    assert "CC-LOG-38" in said
    assert "CC-LOG-11" in said
    assert not (tmp_path / "out").exists()
    warned = json.loads(ccus("status", copy, "--json").stdout)["warnings"]
    assert warned[0]["code"] == "CC-LOG-11"


def test_an_entry_gone_from_the_middle_is_named(copy, tmp_path):
    tampered(copy, "DELETE FROM entries WHERE id = 'out-1'", keep_triggers=True)
    said = report(copy, tmp_path / "out").stderr
    assert "CC-LOG-31" in said
    assert "CC-LOG-33" in said
    assert "'del-1'" in said, "the entry that no longer follows the one before"
    with Ledger.open(copy / "log") as log:
        assert {f.code for f in quick_faults(log)} == {"CC-LOG-31", "CC-LOG-33"}


def test_a_changed_note_outside_the_period_is_named_too(copy, tmp_path):
    tampered(copy, "UPDATE entries SET data = replace(data, 'Quiet', 'Noisy') WHERE id = 'note-1'", keep_triggers=True)
    said = report(copy, tmp_path / "out").stderr
    assert "CC-LOG-30" in said
    assert "'note-1'" in said
    with Ledger.open(copy / "log") as log:
        assert [f.code for f in quick_faults(log)] == ["CC-LOG-30"]


def test_a_sound_log_says_what_was_checked_and_holds_a_kept_head(copy, tmp_path):
    with Ledger.open(copy / "log") as log:
        assert quick_faults(log) == []
    report(copy, tmp_path / "out", code=0)
    made = json.loads((tmp_path / "out" / "statement.json").read_text(encoding="utf-8"))
    assert "not provable without a kept head" in made["settings"]["log_verified"]
    head = tmp_path / "out" / "head.txt"
    report(copy, tmp_path / "again", "--head", head, code=0)
    made = json.loads((tmp_path / "again" / "statement.json").read_text(encoding="utf-8"))
    assert made["settings"]["log_verified"].endswith("kept head held")
    tampered(copy, "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)", keep_triggers=True)
    said = report(copy, tmp_path / "cut", "--head", head).stderr
    assert "CC-LOG-34" in said, "a cut end shows against a kept head alone"


def test_a_lost_file_of_the_period_is_refused(copy, tmp_path):
    for path in (copy / "log" / "archive").rglob("*.parquet"):
        path.unlink()
    assert "CC-LOG-20" in report(copy, tmp_path / "out").stderr
