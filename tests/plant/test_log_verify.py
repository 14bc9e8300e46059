"""Verification names what is damaged, missing or swapped; the small trials of the ledger run here too."""

from __future__ import annotations

import importlib
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from ccus.log.checkpoint import Head
from ccus.log.files import FILE_NAME
from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger
from ccus.log.verification import TAIL_BROKEN, TAIL_NOT_PROVABLE, TAIL_PROVEN

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
trials = importlib.import_module("ledger_trials")
samples = importlib.import_module("ledger_samples")


@pytest.fixture
def log(tmp_path):
    with samples.small_ledger(tmp_path / "log", 12, archive_rows=10) as ledger:
        head = ledger.head()
    return tmp_path / "log", head


def tamper(folder: Path, *statements: str) -> None:
    """What someone does who knows the file: drop the triggers, change, put the triggers back."""
    with sqlite3.connect(folder / FILE_NAME) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)


def errors(outcome) -> list[tuple[str, str]]:
    return [
        (finding.code, f"{finding.place}: {finding.found}")
        for finding in outcome.findings
        if finding.severity == "error"
    ]


def test_a_sound_log_holds_its_head_and_says_what_it_cannot_show_without(log):
    folder, head = log
    outcome = verify_folder(folder)
    assert outcome.sound
    assert outcome.tail == TAIL_NOT_PROVABLE == "tail not provable"
    assert (outcome.head, outcome.files, outcome.plant) == (head, 1, "Trial plant")
    assert verify_folder(folder, head).tail == TAIL_PROVEN


def test_a_log_that_grew_still_holds_an_older_head(log):
    folder, head = log
    with Ledger.open(folder) as ledger:
        ledger.append_many(samples.reading(number) for number in range(100, 120))
    outcome = verify_folder(folder, head)
    assert outcome.sound
    assert (outcome.tail, outcome.head.size) == (TAIL_PROVEN, head.size + 20)


def test_changed_bytes_are_named(log):
    folder, _ = log
    tamper(folder, "UPDATE entries SET data = CAST(replace(data, '2201', '9201') AS BLOB) WHERE seq = 1")
    assert [code for code, place in errors(verify_folder(folder)) if place.startswith("entry 1 ('r1')")] == [
        "CC-LOG-30"
    ]


def test_a_removed_entry_is_named(log):
    folder, _ = log
    tamper(folder, "DELETE FROM entries WHERE seq IN (4, 5)")
    found = errors(verify_folder(folder))
    assert ("CC-LOG-31", "after entry 3 ('r3'): entries 4 to 5 missing") in found
    assert any(code == "CC-LOG-33" and place.startswith("entry 6 ") for code, place in found)


def test_swapped_entries_are_named(log):
    folder, _ = log
    swap = (
        "UPDATE entries SET seq = 1000 WHERE seq = 3",
        "UPDATE entries SET seq = 3 WHERE seq = 7",
        "UPDATE entries SET seq = 7 WHERE seq = 1000",
    )
    tamper(folder, *swap)
    found = errors(verify_folder(folder))
    assert ("CC-LOG-32", "entry 3 ('r7'): the bytes of entry 7 ('r7')") in found
    assert ("CC-LOG-32", "entry 7 ('r3'): the bytes of entry 3 ('r3')") in found


@pytest.mark.parametrize("column", ["id", "kind", "at", "recorded"])
def test_a_changed_column_is_named(log, column):
    folder, _ = log
    tamper(folder, f"UPDATE entries SET {column} = {column} || 'x' WHERE seq = 2")
    assert {place.split(" (")[0] for code, place in errors(verify_folder(folder)) if code == "CC-LOG-30"} == {"entry 2"}


def test_a_cut_tail_is_found_only_against_a_kept_head(log):
    folder, head = log
    tamper(folder, "DELETE FROM entries WHERE seq >= 10")
    alone, held = verify_folder(folder), verify_folder(folder, head)
    assert alone.sound
    assert alone.tail == TAIL_NOT_PROVABLE
    assert held.tail == TAIL_BROKEN
    assert {code for code, _ in errors(held)} == {"CC-LOG-31", "CC-LOG-34"}


def test_another_logs_head_is_said(log):
    folder, head = log
    assert errors(verify_folder(folder, Head("ccus-log/other", 1, bytes(32))))[0][0] == "CC-LOG-12"
    assert errors(verify_folder(folder, Head(head.origin, 5, bytes(32))))[0][0] == "CC-LOG-35"
    assert errors(verify_folder(folder, head, "Other plant"))[0][0] == "CC-LOG-12"


def test_dropped_triggers_are_said(log):
    folder, _ = log
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("DROP TRIGGER entries_refuse_delete")
    assert [code for code, _ in errors(verify_folder(folder))] == ["CC-LOG-11"]


def test_archive_files_are_hashed_too(log):
    folder, _ = log
    (path,) = (folder / "archive").glob("*/*.parquet")
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    ((code, place),) = errors(verify_folder(folder))
    assert code == "CC-LOG-21"
    assert place.startswith("entry 12 ('batch'), archive ")
    path.unlink()
    assert [code for code, _ in errors(verify_folder(folder))] == ["CC-LOG-20"]


def test_unfinished_archive_files_are_noted_and_harmless(log):
    folder, _ = log
    (folder / "archive" / ".new-abc").write_bytes(b"half")
    outcome = verify_folder(folder)
    assert outcome.sound
    assert [finding.code for finding in outcome.findings] == ["CC-LOG-37"]


def test_a_clock_that_jumped_back_is_noted(tmp_path):
    hands = trials.model.Hands(trials.model.datetime(2026, 6, 1, tzinfo=trials.model.UTC))
    with Ledger.create(tmp_path, "Trial plant", "shift A", clock=hands) as ledger:
        hands.now -= trials.model.timedelta(days=1)
        receipt = ledger.append(samples.note(1, "after the jump"))
    assert receipt.notes == ("system clock 86400 s behind the entry before",)
    outcome = verify_folder(tmp_path)
    assert outcome.sound
    assert [finding.code for finding in outcome.findings] == ["CC-LOG-36"]


@pytest.mark.parametrize("name", [name for name in trials.TRIALS if name != "failed calls"])
def test_small_trial(name, tmp_path):
    figures = trials.TRIALS[name](tmp_path, True, 7)
    if "skipped" in figures:
        pytest.skip(figures["skipped"])
    assert trials.failures(figures) == [], figures
    assert sum(value for value in figures.values() if isinstance(value, int)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 4, 5])
def test_a_failed_sync_is_not_acknowledged(tmp_path, k):
    """Sync of the journal, of the ledger, and of the folder after the journal went; SQLite itself ignores the second."""
    crashes = trials.crashes
    if shutil.which("strace") is None:
        pytest.skip("no strace here")
    Ledger.create(tmp_path / "log", "Trial plant", "shift A").close()
    done = crashes.traced(tmp_path / "log", trials.SCRIPT, f"inject=fdatasync:error=EIO:when={k}")
    if crashes.not_allowed(done):
        pytest.skip("tracing is not allowed here")
    assert done.stdout.split("\n")[0] == "refused CC-LOG-09"
    count = dict.fromkeys(("acknowledged", "refused", "lost", "odd", "unsound"), 0)
    crashes.judge(tmp_path / "log", done.stdout, count)
    assert count == {"acknowledged": 0, "refused": 1, "lost": 0, "odd": 0, "unsound": 0}
