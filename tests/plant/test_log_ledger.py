"""The ledger: what goes in stays, once, and what cannot go in is refused with nothing stored."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccus.log import places
from ccus.log.entry import Draft
from ccus.log.files import FILE_NAME, LOCK_NAME
from ccus.log.inspection import verify_folder
from ccus.log.kinds import When
from ccus.log.ledger import Ledger
from ccus.log.views import outages, standing
from ccus.plant.times import instant, zone_named
from methodology.base.errors import InputError

SHANGHAI = zone_named("Asia/Shanghai")
ROOT = Path(__file__).resolve().parents[2]
AT = instant("2025-03-14T09:30", SHANGHAI)


def reading(id: str = "r1", **changes) -> Draft:
    body = {"tag": "FT601", "value": 2201.5, "unit": "kg/h"} | changes.pop("body", {})
    values = {"kind": "manual_reading", "author": "shift A", "at": AT, "body": body} | changes
    return Draft(id, **values)


def outage(id: str, **body) -> Draft:
    return Draft(id, "outage", "shift A", AT, body)


def when(text: str) -> dict:
    return When.of(instant(text, SHANGHAI))


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "log", "Haifeng", "shift A") as ledger:
        yield ledger


def refused(call) -> list[str]:
    with pytest.raises(InputError) as caught:
        call()
    return [finding.code for finding in caught.value.findings]


def test_an_entry_keeps_both_clocks_its_author_and_its_predecessor(ledger):
    first, second = ledger.append(reading("a")), ledger.append(reading("b"))
    entry = ledger.entry("b")
    assert (first.seq, second.seq, entry.seq) == (1, 2, 2)
    assert (entry.author, entry.at_stated, entry.at) == ("shift A", "2025-03-14T09:30:00+08:00", AT.utc)
    assert abs(entry.recorded - datetime.now(UTC)) < timedelta(minutes=5)
    assert first.hash.hex().encode() in entry.data
    assert ledger.entry("c") is None


def test_the_same_id_and_content_twice_changes_nothing(ledger):
    first = ledger.append(reading())
    again = ledger.append(reading())
    assert (first.changed, again.changed, again.seq, again.hash) == (True, False, first.seq, first.hash)
    assert ledger.size() == 2


def test_equal_values_are_the_same_content(ledger):
    """A tuple is a list and 2201.0 is 2201 once written down."""
    decision = {"subject": "gap", "decision": "bound", "reason": "no evidence", "refers_to": ("opening",)}
    ledger.append(Draft("d", "decision", "shift A", AT, decision | {"detail": {"limit": 2201.0}}))
    again = decision | {"refers_to": ["opening"], "detail": {"limit": 2201}}
    assert not ledger.append(Draft("d", "decision", "shift A", AT, again)).changed


def test_the_same_id_with_other_content_is_refused(ledger):
    ledger.append(reading())
    for other in (
        reading(body={"value": 2.0}),
        reading(author="shift B"),
        reading(at=instant("2025-03-14T09:31", SHANGHAI)),
    ):
        assert refused(lambda other=other: ledger.append(other)) == ["CC-LOG-13"]
    assert ledger.size() == 2


def test_a_batch_is_kept_whole_or_not_at_all(ledger):
    bad = [reading("a"), reading("b"), reading("a", body={"value": 3.0})]
    assert refused(lambda: ledger.append_many(bad)) == ["CC-LOG-13"]
    assert ledger.size() == 1
    receipts = ledger.append_many([reading("a"), reading("b"), reading("a")])
    assert [receipt.changed for receipt in receipts] == [True, True, False]


def test_all_faults_of_a_batch_come_at_once(ledger):
    bad = [
        reading("a", kind="manual_readng"),
        reading("b", body={"valu": 2}),
        reading("c", author=""),
        reading("d", at=instant("2525-01-01", SHANGHAI)),
        reading("e", at=instant("1970-01-01T08:00", SHANGHAI)),
        reading("", body={"value": float("nan")}),
        reading("f", body={"value": "12"}),
        Draft("g", "opening", "x", AT, {"format": 1, "origin": "o", "plant": "p"}),
        Draft("h", "shift_note", "x", AT, {"text": "x" * 1_100_000}),
    ]
    codes = refused(lambda: ledger.append_many(bad))
    assert {"CC-LOG-05", "CC-LOG-06", "CC-LOG-07", "CC-LOG-08"} == set(codes)
    assert len(codes) >= len(bad)
    assert ledger.size() == 1


def test_a_correction_names_what_it_corrects(ledger):
    ledger.append(reading())
    body = {"corrects": "r1", "reason": "Digits swapped.", "body": {"tag": "FT601", "value": 2210.5, "unit": "kg/h"}}
    ledger.append(Draft("c1", "correction", "shift B", AT, body))
    (item,) = standing(ledger, "manual_reading")
    assert (item.entry.body["value"], item.body["value"]) == (2201.5, 2210.5)
    assert [entry.author for entry in item.corrections] == ["shift B"]
    ledger.append(Draft("c2", "correction", "shift B", AT, {"corrects": "r1", "reason": "Wrong meter."}))
    assert standing(ledger, "manual_reading") == []
    assert standing(ledger, "manual_reading", withdrawn=True)[0].withdrawn


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"corrects": "nowhere", "reason": "x"}, "CC-LOG-14"),
        ({"corrects": "opening", "reason": "x"}, "CC-LOG-14"),
        ({"corrects": "r1", "reason": "x", "body": {"tag": "FT601"}}, "CC-LOG-07"),
        ({"corrects": "r1"}, "CC-LOG-07"),
    ],
)
def test_corrections_that_cannot_be(ledger, body, code):
    ledger.append(reading())
    assert set(refused(lambda: ledger.append(Draft("c", "correction", "shift B", AT, body)))) == {code}


def test_an_outage_may_end_later(ledger):
    ledger.append(outage("o1", line="amine", start=when("2025-03-14T08:00"), planned=True, cause="wash"))
    ledger.append(outage("o2", start=when("2025-03-20T08:00"), end=when("2025-03-21T08:00"), planned=False))
    assert outages(ledger)[0].end is None
    ledger.append(outage("o3", ends="o1", end=when("2025-03-14T16:00")))
    spans = outages(ledger, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 20, tzinfo=UTC))
    assert [(span.id, span.line, span.end - span.start, span.planned) for span in spans] == [
        ("o1", "amine", timedelta(hours=8), True)
    ]
    assert refused(lambda: ledger.append(outage("o4", ends="r9", end=when("2025-03-14T16:00")))) == ["CC-LOG-14"]
    assert refused(lambda: ledger.append(outage("o5", start=when("2025-03-14T16:00")))) == ["CC-LOG-07"]


def test_update_and_delete_are_refused_by_the_file_itself(ledger):
    ledger.append(reading())
    with sqlite3.connect(ledger.path) as connection:
        for statement in ("UPDATE entries SET kind = 'x'", "DELETE FROM entries", "DELETE FROM entries WHERE seq = 1"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert ledger.size() == 2


def test_synchronous_is_extra(ledger):
    with ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3


def test_a_second_writer_waits_and_is_told_who_holds_it(ledger, tmp_path):
    with places.only_writer(tmp_path / "log" / LOCK_NAME, 1), Ledger.open(tmp_path / "log", wait_s=0.1) as other:
        with pytest.raises(InputError, match=rf"another writer for 0.1 s: process {os.getpid()} of ") as caught:
            other.append(reading())
        assert caught.value.code == "CC-LOG-03"
    assert ledger.append(reading()).changed


def test_another_program_on_the_file_is_said(ledger, tmp_path):
    foreign = sqlite3.connect(ledger.path, isolation_level=None)
    foreign.execute("BEGIN EXCLUSIVE")
    try:
        ledger_two = lambda: Ledger.open(tmp_path / "log", wait_s=0.1)  # noqa: E731
        assert refused(ledger_two) == ["CC-LOG-03"]
    finally:
        foreign.close()


def test_after_a_failed_write_the_ledger_stops_until_opened_again(ledger, tmp_path, monkeypatch):
    from ccus.log import store

    def fail(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", fail)
        with pytest.raises(InputError, match="Read again, the ledger holds none of it") as caught:
            ledger.append(reading())
        assert caught.value.code == "CC-LOG-09"
    assert refused(lambda: ledger.append(reading())) == ["CC-LOG-15"]
    with Ledger.open(tmp_path / "log") as again:
        assert again.append(reading()).changed


def test_there_is_one_ledger_in_a_folder(ledger, tmp_path):
    assert refused(lambda: Ledger.create(tmp_path / "log", "Haifeng", "shift A")) == ["CC-LOG-01"]
    assert refused(lambda: Ledger.open(tmp_path / "nowhere")) == ["CC-LOG-01"]
    assert refused(lambda: Ledger.open(tmp_path / "log", plant="Other")) == ["CC-LOG-12"]


def test_a_network_share_is_refused(tmp_path):
    mounts = tmp_path / "mountinfo"
    row = "36 35 98:0 / {} rw,noatime shared:1 - {} server:/share rw\n"
    share = tmp_path / "my share"
    share.mkdir()
    escaped = str(share).replace(" ", "\\040")
    mounts.write_text(row.format("/", "ext4") + row.format(escaped, "nfs4"))
    assert places.file_system_of(share / "log", mounts) == "nfs4"
    assert places.file_system_of(tmp_path / "log", mounts) == "ext4"
    for kind in ("nfs4", "cifs", "fuse.sshfs", "9p"):
        mounts.write_text(row.format("/", "ext4") + row.format(escaped, kind))
        assert refused(lambda: places.refuse_network_share(share, mounts)) == ["CC-LOG-02"]
    places.refuse_network_share(tmp_path, mounts)
    chinese = tmp_path / "共享 盘"
    chinese.mkdir()
    table = row.format("/", "ext4") + row.format(str(chinese).replace(" ", "\\040"), "cifs")
    mounts.write_text(table, encoding="utf-8")
    assert refused(lambda: places.refuse_network_share(chinese / "log", mounts)) == ["CC-LOG-02"]


@pytest.mark.parametrize("size", [0, 100, 4096, 12_288, -1, -4096])
def test_a_cut_ledger_file_is_refused_and_named(tmp_path, size):
    with Ledger.create(tmp_path / "log", "Haifeng", "shift A") as ledger:
        ledger.append_many(reading(f"r{number}") for number in range(40))
        head = ledger.head()
    path = tmp_path / "log" / FILE_NAME
    data = path.read_bytes()
    path.write_bytes(data[:size])
    assert refused(lambda: Ledger.open(tmp_path / "log")) == ["CC-LOG-11"]
    outcome = verify_folder(tmp_path / "log", head)
    assert outcome.findings[0].code == "CC-LOG-11"
    assert path.read_bytes() == data[:size]


def test_a_file_of_another_program_is_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"This is no database at all. " * 400)
    assert refused(lambda: Ledger.open(tmp_path)) == ["CC-LOG-11"]
    (tmp_path / FILE_NAME).unlink()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE entries (a)")
    assert refused(lambda: Ledger.open(tmp_path)) == ["CC-LOG-11"]


def test_a_read_only_disk_is_said_and_still_read(tmp_path):
    """On a real read-only mount, in a mount space of its own."""
    with Ledger.create(tmp_path / "log", "Haifeng", "shift A") as ledger:
        ledger.append(reading())
    program = (
        "import sys; from ccus.log.ledger import Ledger; from ccus.log.entry import Draft\n"
        "from ccus.plant.times import instant; from methodology.base.errors import InputError\n"
        "ledger = Ledger.open(sys.argv[1]); print('size', ledger.size())\n"
        "try: ledger.append(Draft('n', 'shift_note', 'x', instant('2025-03-14T09:30Z', None), {'text': 'x'}))\n"
        "except InputError as error: print(error.code)\n"
    )
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mount, str(tmp_path), sys.executable, "-c", program, str(tmp_path / "log")]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("mounting is not allowed here")
    assert done.stdout.split() == ["size", "2", "CC-LOG-04"], done.stderr


def test_schema_and_statements_are_not_bound_to_sqlite():
    """The server that may follow: everything the ledger asks compiles for it, and its triggers stay SQLite's."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable

    from ccus.log import store

    class Recorder:
        def execute(self, statement, *_):
            asked.append(str(statement.compile(dialect=postgresql.dialect())))
            return self

        def __getattr__(self, name):
            return lambda *_: []

        def __iter__(self):
            return iter(())

    asked: list[str] = []
    recorder = Recorder()
    for call, *arguments in (
        (store.write, []), (store.last_row,), (store.row_of, "a"), (store.rows_of, ["a"]), (store.row_at, 1),
        (store.rows_after, 1, 5), (store.rows_of_kinds, ["a"], 1, 5, "b", "c"), (store.hashes_after, 1, 5), (store.highest,),
    ):  # fmt: skip
        call(recorder, *arguments)
    list(store.scan(recorder, 5))
    assert len(asked) == 10
    assert not [text for text in asked if "NOT INDEXED" in text]
    table = str(CreateTable(store.entries).compile(dialect=postgresql.dialect()))
    assert "seq BIGINT NOT NULL" in table
    assert "data BYTEA NOT NULL" in table
    assert str(CreateIndex(next(iter(store.entries.indexes))).compile(dialect=postgresql.dialect()))


def test_entries_by_kind_and_period(ledger):
    ledger.append_many(reading(f"r{day}", at=instant(f"2025-03-{day:02d}", SHANGHAI)) for day in range(1, 11))
    start, end = datetime(2025, 3, 2, 16, tzinfo=UTC), datetime(2025, 3, 4, 16, tzinfo=UTC)
    assert [entry.id for entry in ledger.entries("manual_reading", start=start, end=end)] == ["r3", "r4"]
    assert [entry.id for entry in ledger.entries(after=9)] == ["r10"]


@pytest.mark.parametrize("room", ["log", "plant"])
def test_every_code_raised_has_its_titles_and_every_title_its_code(room):
    folder = ROOT / "ccus" / room
    raised = {
        code for path in folder.glob("*.py") for code in re.findall(r'"(CC-[A-Z]+-\d\d)"', path.read_text("utf-8"))
    }
    rows = (folder / "codes.csv").read_text("utf-8").splitlines()[1:]
    assert raised == {row.split(",")[0] for row in rows}
    assert all(len(row.split(",")) == 3 and all(row.split(",")) for row in rows)
