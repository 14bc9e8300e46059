"""The whole log in plain files that need no program of ours: JSON lines, Parquet and CSV, plant files, checksums."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ccus.log import places
from ccus.log.archive import Archive
from ccus.log.canonical import canonical_bytes
from ccus.log.checkpoint import Head
from ccus.log.copies import archive_files, free_folder, settle
from ccus.log.ledger import Ledger
from methodology.base.errors import refuse
from methodology.base.files import sha256_of
from methodology.base.phrases import phrase

LEDGER_NAME = "ledger.jsonl"
HEAD_NAME = "head.txt"
SUMS_NAME = "SHA256SUMS"
LINE_START, LINE_MIDDLE, LINE_END = b'{"entry":', b',"hash":"', b'"}\n'
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

README = """\
A plant log in plain files
==========================
Plant: {plant}
Log: {origin}
Entries: {size}

ledger.jsonl   one entry a line: {{"entry":{{...}},"hash":"..."}}. The text after {{"entry": and before ,"hash" is in
               canonical JSON (RFC 8785). Its hash is SHA-256 over one zero byte and that text (RFC 6962 leaf hash).
               "previous" is the hash of the entry before; "seq" counts from 0; "at" is the time the entry speaks of
               in UTC, "at_stated" as it was written, "recorded" the system time when it was stored.
               A correction is an entry of its own that names the one it corrects.
head.txt       name of the log, number of entries, Merkle root (RFC 6962) in base64: a C2SP checkpoint without
               signature. Hold it against the head printed on a report.
entries.csv    the same entries for a spreadsheet. Text that a spreadsheet would take for a formula has a ' before it.
archive/       files that entries name by SHA-256: meter data (Parquet) and the files they came in.
batches/       the Parquet files as CSV.
plant/         every recorded version of the plant file.
SHA256SUMS     SHA-256 of every other file here; check with: sha256sum -c SHA256SUMS

To check everything at once: ccus verify THIS_FOLDER
Without that program: sha256sum -c SHA256SUMS, and in this folder, with nothing but Python: python3 CHECK, where CHECK is

{recipe}

电厂日志的纯文本导出：ledger.jsonl 每行一条记录（规范 JSON，RFC 8785），hash 为零字节加该文本的 SHA-256（RFC 6962 叶哈希）；
head.txt 为日志首部（名称、条数、Merkle 根），应与报告上印出的首部一致；archive/ 为按 SHA-256 命名的数据文件。
"""
RECIPE = """\
    import base64, hashlib, json
    def root(hashes):  # RFC 6962: the left part is the largest power of two below the whole
        if len(hashes) == 1: return hashes[0]
        left = 1 << (len(hashes) - 1).bit_length() - 1
        return hashlib.sha256(b"\\1" + root(hashes[:left]) + root(hashes[left:])).digest()
    hashes = [bytes(32)]
    for line in open("ledger.jsonl", "rb"):
        text, said = line[9:-76], line[-67:-3].decode()
        hash = hashlib.sha256(b"\\0" + text).digest()
        assert hash.hex() == said and json.loads(text)["previous"] == hashes[-1].hex(), line
        hashes.append(hash)
    name, size, kept = open("head.txt").read().split("\\n")[:3]
    assert len(hashes) - 1 == int(size) and base64.b64encode(root(hashes[1:])).decode() == kept, "head"
    print(name, size, "entries: every hash, the chain and the head hold")"""


def export(ledger: Ledger, target: Path) -> Head:
    """Write the whole log into a new folder.

    Parameters
    ----------
    ledger : Ledger
    target : Path
        A folder that does not exist or is empty. It appears when everything in it is written, or not at all.

    Returns
    -------
    Head
        Of what was exported.

    Raises
    ------
    InputError
        CC-LOG-19 the folder is in use; CC-LOG-09 the disk failed; CC-LOG-11, -20, -21 damage found on the way.
    """
    free_folder(target)
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        head = ledger.head()
        _write_entries(ledger, partial, head.size)
        (partial / HEAD_NAME).write_bytes(head.text().encode("utf-8"))
        _write_files(ledger, partial)
        readme = README.format(plant=ledger.plant_name, origin=head.origin, size=head.size, recipe=RECIPE)
        (partial / "README.txt").write_bytes(readme.encode("utf-8"))
        sums = "".join(f"{sha256_of(path)}  {path.relative_to(partial).as_posix()}\n" for path in _files(partial))
        (partial / SUMS_NAME).write_bytes(sums.encode("utf-8"))
        for path in _files(partial):
            places.sync_file(path)
        settle(partial, target)
    except OSError as error:
        found = phrase("an export that failed ({strerror})", strerror=error.strerror or error)
        remedy = "Nothing was left there. Free space or choose another disk, then repeat the same command."
        raise refuse("CC-LOG-09", str(target), found, "an export that reached the disk", remedy) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return head


def _write_entries(ledger: Ledger, folder: Path, size: int) -> None:
    with (
        open(folder / LEDGER_NAME, "wb") as lines,
        open(folder / "entries.csv", "w", encoding="utf-8", newline="") as table,
    ):
        rows = csv.writer(table)
        rows.writerow(("seq", "id", "kind", "author", "at", "at_stated", "recorded", "body", "hash"))
        for entry in ledger.entries():
            if entry.seq >= size:
                break
            lines.write(LINE_START + entry.data + LINE_MIDDLE + entry.hash.hex().encode("ascii") + LINE_END)
            body = canonical_bytes(entry.body).decode("utf-8")
            values = (entry.id, entry.kind, entry.author, entry.at, entry.at_stated, entry.recorded, body)
            rows.writerow((entry.seq, *(_cell(value) for value in values), entry.hash.hex()))
            if entry.kind == "plant_file":
                (folder / "plant").mkdir(exist_ok=True)
                name = f"{entry.seq:06d}-{entry.body['sha256'][:16]}.toml"
                (folder / "plant" / name).write_bytes(entry.body["text"].encode("utf-8"))


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write_files(ledger: Ledger, folder: Path) -> None:
    copies = Archive(folder / "archive")
    for sha256, suffix in archive_files(ledger):
        place = copies.place(sha256, suffix)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ledger.archive.open(sha256, suffix), place)
        if suffix == ".parquet":
            (folder / "batches").mkdir(exist_ok=True)
            _as_csv(place, folder / "batches" / f"{sha256}.csv")


def _as_csv(parquet: Path, target: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    with (
        pyarrow.parquet.ParquetFile(parquet) as file,
        open(target, "wb") as sink,
        pyarrow.csv.CSVWriter(sink, file.schema_arrow) as writer,
    ):
        for batch in file.iter_batches(100_000):
            writer.write_batch(batch)


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            yield Path(root) / name
