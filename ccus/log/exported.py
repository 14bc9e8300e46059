"""Verification of an export: the same walk over the same bytes, and every file against its checksum."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ccus.log.archive import Archive
from ccus.log.checkpoint import Head, read_head
from ccus.log.entry import opened
from ccus.log.export import HEAD_NAME, LEDGER_NAME, LINE_END, LINE_MIDDLE, LINE_START, SUMS_NAME
from ccus.log.kinds import LARGEST_ENTRY_BYTES
from ccus.log.merkle import leaf_hash
from ccus.log.verification import Row, Verification, walk
from methodology.base.errors import Finding, InputError, refuse
from methodology.base.files import sha256_of
from methodology.base.phrases import phrase

LONGEST_LINE = LARGEST_ENTRY_BYTES + 100_000
_HASH = re.compile(rb"[0-9a-f]{64}")
_ID = re.compile(rb'"id":"((?:[^"\\]|\\.){1,400})"')
_SUM = re.compile(r"([0-9a-f]{64})  (\S.*)")


def is_export(folder: Path) -> bool:
    """Whether a folder holds an exported ledger."""
    return (folder / LEDGER_NAME).is_file()


def verify_export(folder: Path, kept: Head | None = None) -> Verification:
    """Verify an exported log.

    Parameters
    ----------
    folder : Path
        As `ccus.log.export.export` wrote it.
    kept : Head, optional
        A head kept elsewhere; the export's own head only shows that the export agrees with itself.

    Raises
    ------
    InputError
        CC-LOG-24 no export there.
    """
    if not is_export(folder):
        raise refuse(
            "CC-LOG-24",
            str(folder),
            phrase("no {ledger_name}", ledger_name=LEDGER_NAME),
            "a folder written by: ccus export",
        )
    with open(folder / LEDGER_NAME, "rb") as file:
        outcome = walk(rows_of(file.readline), Archive(folder / "archive"), kept, size=_own_size(folder), columns=False)
    outcome.findings += _own_head(folder, outcome.head)
    outcome.findings += _sums(folder)
    return outcome


def rows_of(readline: Callable[[int], bytes]) -> Iterator[Row]:
    """Rows of an exported ledger, read line by line; a line that is not one keeps what can be told of it."""
    while line := readline(LONGEST_LINE):
        yield _row(line)


def _row(line: bytes) -> Row:
    cut = len(line) - len(LINE_END) - 64
    data, hash = line[len(LINE_START) : cut - len(LINE_MIDDLE)], line[cut : -len(LINE_END)]
    framed = LINE_START + data + LINE_MIDDLE + hash + LINE_END
    named = _ID.search(line)
    id = named[1].decode("utf-8", "replace") if named else None
    if line != framed or not _HASH.fullmatch(hash):
        return Row(None, id, None, None, None, data, None)
    seq = None
    if leaf_hash(data) == bytes.fromhex(hash.decode("ascii")):
        try:
            entry, _ = opened(data)
            seq, id = entry.seq, entry.id
        except (ValueError, TypeError, KeyError):
            pass
    return Row(seq, id, None, None, None, data, bytes.fromhex(hash.decode("ascii")))


def _own_size(folder: Path) -> int | None:
    try:
        return read_head((folder / HEAD_NAME).read_bytes()).size
    except (OSError, InputError):
        return None


def _own_head(folder: Path, found: Head) -> list[Finding]:
    try:
        own = read_head((folder / HEAD_NAME).read_bytes(), HEAD_NAME)
    except OSError as error:
        return [Finding("CC-LOG-22", HEAD_NAME, error.strerror or str(error), "the head of the export")]
    except InputError as error:
        return list(error.findings)
    if own == found:
        return []
    remedy = "The export was changed after it was written. Export again."
    return [Finding("CC-LOG-35", HEAD_NAME, "another head than its entries give", "their head", remedy)]


def _sums(folder: Path) -> list[Finding]:
    """Files that do not match their checksum, are missing, or stand there without one."""
    remedy = "The export was changed after it was written. Export again."
    try:
        lines = (folder / SUMS_NAME).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return [
            Finding(
                "CC-LOG-24",
                SUMS_NAME,
                "no readable checksums",
                phrase("{sums_name} as exported", sums_name=SUMS_NAME),
                remedy,
            )
        ]
    findings, named = [], {SUMS_NAME}
    for number, line in enumerate(lines[:-1], start=1):
        match = _SUM.fullmatch(line)
        if not match or ".." in Path(match[2]).parts or Path(match[2]).is_absolute():
            findings.append(
                Finding(
                    "CC-LOG-24",
                    phrase("{sums_name}, line {number}", sums_name=SUMS_NAME, number=number),
                    repr(line),
                    "a hash and a name",
                    remedy,
                )
            )
            continue
        named.add(match[2])
        path = folder / match[2]
        if not path.is_file():
            findings.append(Finding("CC-LOG-20", match[2], "no file", "the file of its checksum", remedy))
        elif sha256_of(path) != match[1]:
            findings.append(Finding("CC-LOG-21", match[2], "other bytes", "those of its checksum", remedy))
    if lines[-1]:
        findings.append(Finding("CC-LOG-24", SUMS_NAME, "a last line without its end", "whole lines", remedy))
    for root, _, names in os.walk(folder):
        for name in names:
            path = (Path(root) / name).relative_to(folder).as_posix()
            if path not in named:
                findings.append(Finding("CC-LOG-24", path, "a file without a checksum", "only exported files", remedy))
    return findings
