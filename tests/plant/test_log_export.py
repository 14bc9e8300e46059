"""An export is read without this program, and its verification finds what was changed in it."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ccus.log.archive import Archive
from ccus.log.copies import backup
from ccus.log.export import export
from ccus.log.exported import verify_export
from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger
from methodology.base.errors import InputError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
samples = importlib.import_module("ledger_samples")


@pytest.fixture
def exported(tmp_path):
    with samples.small_ledger(tmp_path / "log", 9, archive_rows=5) as ledger:
        ledger.append(samples.note(50, "=1+1", prefix="=cmd"))
        head = export(ledger, tmp_path / "plain")
    return tmp_path / "plain", head


def codes(folder: Path, head=None) -> list[str]:
    return [finding.code for finding in verify_export(folder, head).findings]


def test_the_recipe_in_the_readme_runs_alone_and_sees_a_flipped_bit(exported):
    folder, head = exported
    text = (folder / "README.txt").read_text(encoding="utf-8")
    recipe = textwrap.dedent(text[text.index("    import base64") : text.index("电厂")])
    assert len(recipe.strip().splitlines()) <= 14

    def check():
        return subprocess.run([sys.executable, "-I", "-S", "-c", recipe], cwd=folder, capture_output=True, text=True)

    assert check().stdout == f"{head.origin} {head.size} entries: every hash, the chain and the head hold\n"
    sums = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert sums.returncode == 0
    ledger = folder / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole.replace(b"2210.5", b"2211.5", 1))
    assert "AssertionError" in check().stderr
    ledger.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert "AssertionError: head" in check().stderr


def test_a_stranger_recomputes_the_head_from_the_documented_format(exported):
    """Only the standard library and README.txt: leaf and node hashes of RFC 6962 over the text of each line."""
    folder, head = exported
    nodes, previous = [], "0" * 64
    for number, line in enumerate((folder / "ledger.jsonl").read_bytes().splitlines()):
        text, _, rest = line.removeprefix(b'{"entry":').rpartition(b',"hash":"')
        digest = hashlib.sha256(b"\0" + text).digest()
        entry = json.loads(text)
        assert (digest.hex(), entry["seq"], entry["previous"]) == (rest[:64].decode(), number, previous)
        previous = digest.hex()
        nodes.append(digest)

    def root(leaves):
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()

    origin, size, text = (folder / "head.txt").read_text(encoding="utf-8").splitlines()
    assert (origin, int(size), base64.b64decode(text)) == (head.origin, len(nodes), root(nodes))
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, check=False)
    assert done.returncode == 0


def test_batches_come_as_parquet_and_csv(exported):
    folder, _ = exported
    (parquet,), (table,) = (folder / "archive").glob("*/*.parquet"), (folder / "batches").glob("*.csv")
    assert hashlib.sha256(parquet.read_bytes()).hexdigest() == parquet.stem == table.stem
    assert pq.read_table(parquet)["seq"].to_pylist() == [0, 1, 2, 3, 4]
    assert [row[0] for row in csv.reader(table.open(encoding="utf-8"))] == ["seq", "0", "1", "2", "3", "4"]


def test_text_is_no_formula_in_a_spreadsheet(exported):
    folder, _ = exported
    rows = list(csv.DictReader((folder / "entries.csv").open(encoding="utf-8")))
    assert rows[-1]["id"] == "'=cmd50"
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_a_sound_export_verifies_alone_and_against_a_head(exported):
    folder, head = exported
    assert codes(folder) == codes(folder, head) == []
    assert verify_export(folder, head).tail == "holds the kept head"


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("ledger.jsonl", lambda data: data[: data.rindex(b"\n", 0, -1) + 1], "CC-LOG-31"),
        ("ledger.jsonl", lambda data: data[data.index(b"\n") + 1 :], "CC-LOG-31"),
        ("ledger.jsonl", lambda data: data.replace(b"\n", b"\r\n"), "CC-LOG-30"),
        ("ledger.jsonl", lambda data: data[:-1], "CC-LOG-30"),
        ("ledger.jsonl", lambda data: data + b"\n", "CC-LOG-30"),
        ("ledger.jsonl", lambda data: b"\n".join(sorted(data.splitlines(), reverse=True)) + b"\n", "CC-LOG-32"),
        ("head.txt", lambda data: data.replace(b"11", b"10"), "CC-LOG-35"),
        ("head.txt", lambda data: b"", "CC-LOG-22"),
        ("entries.csv", lambda data: data + b"x", "CC-LOG-21"),
        ("SHA256SUMS", lambda data: data[:-1], "CC-LOG-24"),
        ("SHA256SUMS", lambda data: data[data.index(b"\n") + 1 :], "CC-LOG-24"),
        ("SHA256SUMS", lambda data: data.replace(b"  head", b"  ../head"), "CC-LOG-24"),
        ("added.txt", lambda data: b"new", "CC-LOG-24"),
    ],
)
def test_changes_to_an_export_are_found(exported, name, change, code):
    folder, _ = exported
    path = folder / name
    path.write_bytes(change(path.read_bytes() if path.exists() else b""))
    assert code in codes(folder)


def test_a_file_that_is_no_export(tmp_path):
    with pytest.raises(InputError) as caught:
        verify_export(tmp_path)
    assert caught.value.code == "CC-LOG-24"


def test_a_backup_opens_as_a_log_and_goes_on(tmp_path):
    with samples.small_ledger(tmp_path / "log", 9, archive_rows=5) as ledger:
        outcome = backup(ledger, tmp_path / "copy")
        head = ledger.head()
    assert (outcome.sound, outcome.tail, outcome.files, outcome.head) == (True, "holds the kept head", 1, head)
    with Ledger.open(tmp_path / "copy") as copy:
        copy.append(samples.note(99, "after the fire"))
    assert verify_folder(tmp_path / "copy", head).sound


def test_a_backup_into_a_used_folder_is_refused(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "file").write_text("x", encoding="utf-8")
    with samples.small_ledger(tmp_path / "log", 5) as ledger, pytest.raises(InputError) as caught:
        backup(ledger, tmp_path / "copy")
    assert caught.value.code == "CC-LOG-19"
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["file"]


def test_a_damaged_archive_file_stops_a_copy_that_would_hide_it(tmp_path):
    with samples.small_ledger(tmp_path / "log", 5, archive_rows=5) as ledger:
        (path,) = (tmp_path / "log" / "archive").glob("*/*.parquet")
        path.chmod(0o644)
        path.write_bytes(b"x" + path.read_bytes()[1:])
        for copy in (backup, export):
            with pytest.raises(InputError) as caught:
                copy(ledger, tmp_path / "copy")
            assert caught.value.code == "CC-LOG-21"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["log"]


def test_archive_files_are_named_by_content_and_heal(tmp_path):
    archive = Archive(tmp_path / "archive")
    table = pa.table({"a": [1.5, 2.5]})
    one, two = archive.put_table(table), archive.put_table(table)
    assert one == two
    assert one["rows"] == 2
    path = archive.open(one["sha256"])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    with pytest.raises(InputError) as caught:
        archive.open(one["sha256"])
    assert caught.value.code == "CC-LOG-21"
    archive.put_table(table)
    assert pq.read_table(archive.open(one["sha256"])).equals(table)
    assert list(archive.names()) == [(one["sha256"], ".parquet")]


def test_a_failed_archive_write_leaves_nothing(tmp_path):
    def fail(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    archive = Archive(tmp_path / "archive")
    with pytest.raises(InputError, match="No space left") as caught:
        archive.put(fail, ".bin")
    assert caught.value.code == "CC-LOG-09"
    assert list((tmp_path / "archive").iterdir()) == []


def test_verify_backup_and_export_go_on_while_the_log_is_written(tmp_path):
    crashes = importlib.import_module("ledger_crashes")
    Ledger.create(tmp_path / "log", "Trial plant", "shift A").close()
    child, pipe = crashes.forked(crashes.writer(tmp_path / "log", "w", True))
    try:
        with Ledger.open(tmp_path / "log") as ledger:
            while ledger.size() < 5:
                assert os.waitpid(child, os.WNOHANG) == (0, 0)
            head = ledger.head()
            held = verify_folder(tmp_path / "log", head)
            copied = backup(ledger, tmp_path / "copy")
            written = verify_export(tmp_path / "plain", export(ledger, tmp_path / "plain"))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(pipe)
    assert [(item.sound, item.tail) for item in (held, copied, written)] == [(True, "holds the kept head")] * 3
    assert head.size <= held.head.size <= copied.head.size <= written.head.size
