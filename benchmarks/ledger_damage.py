"""Damage on purpose: every bit flipped, every entry removed, swapped or cut off, and whether verification names it."""

from __future__ import annotations

import contextlib
import io
import itertools
import multiprocessing
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ledger_samples import small_ledger

from ccus.log import store
from ccus.log.checkpoint import Head
from ccus.log.entry import Draft, opened, sealed
from ccus.log.export import LEDGER_NAME, export
from ccus.log.exported import rows_of
from ccus.log.files import FILE_NAME
from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger
from ccus.log.verification import Row, Verification, walk
from ccus.plant.times import Instant

_NAMED = re.compile(r"\bentr(?:y|ies) (\d+)(?: to (\d+))?")


def names(outcome: Verification, seq: int) -> bool:
    """Whether an error of the outcome names that entry."""
    for finding in outcome.findings:
        if finding.severity == "error":
            text = f"{finding.place}: {finding.found}"
            for first, last in _NAMED.findall(text):
                if int(first) <= seq <= int(last or first):
                    return True
    return False


def export_bits(folder: Path, entries: int = 8, every: int = 1) -> dict[str, Any]:
    """Flip bits of an exported ledger, one at a time; each must be reported with its entry."""
    with small_ledger(folder / "log", entries) as ledger:
        head = export(ledger, folder / "out")
    data = bytearray((folder / "out" / LEDGER_NAME).read_bytes())
    line_of = [number for number, line in enumerate(bytes(data).splitlines(keepends=True)) for _ in line]
    flips = missed = unnamed = 0
    for bit in range(0, len(data) * 8, every):
        data[bit // 8] ^= 1 << bit % 8
        outcome = walk(rows_of(io.BytesIO(data).readline), None, None, size=head.size, columns=False)
        data[bit // 8] ^= 1 << bit % 8
        flips += 1
        missed += outcome.sound
        unnamed += not names(outcome, line_of[bit // 8])
    return {"bytes": len(data), "flips": flips, "missed": missed, "not named": unnamed}


def stored_bits(folder: Path, entries: int = 8, every: int = 1, entry_every: int = 1, cores: int = 1) -> dict[str, Any]:
    """Flip bits of the ledger file: those of an entry must be named, any other reported or without effect.

    `every` thins the flips outside the entries, `entry_every` those of their bytes, hashes, ids and sequences. Each
    core takes a piece of the file on a copy of its own.
    """
    with small_ledger(folder / "log", entries) as ledger:
        rows = [tuple(row) for row in stored_rows(ledger)]
        head = ledger.head()
    data = (folder / "log" / FILE_NAME).read_bytes()
    owner = _owners(data, rows)
    bits = len(data) * 8
    pieces = []
    for core in range(cores):
        shutil.copytree(folder / "log", folder / f"log-{core}")
        piece = range(bits * core // cores, bits * (core + 1) // cores)
        chosen = [bit for bit in piece if bit % (entry_every if bit // 8 in owner else every) == 0]
        pieces.append((folder / f"log-{core}", chosen, owner, rows, head))
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        counts = pool.starmap(_flipped, pieces, chunksize=1)
    return {"bytes": len(data)} | {key: sum(count[key] for count in counts) for key in counts[0]}


def _flipped(folder: Path, bits: Iterable[int], owner: dict[int, int], rows: list[tuple], head: Head) -> dict[str, int]:
    count = dict.fromkeys(("entry flips", "entry missed", "entry not named"), 0)
    count |= dict.fromkeys(("other flips", "other without effect", "other missed"), 0)
    data = (folder / FILE_NAME).read_bytes()
    handle = os.open(folder / FILE_NAME, os.O_RDWR)
    try:
        for bit in bits:
            place, mask = bit // 8, 1 << bit % 8
            os.pwrite(handle, bytes([data[place] ^ mask]), place)
            outcome = verify_folder(folder, head)
            if place in owner:
                count["entry flips"] += 1
                count["entry missed"] += outcome.sound
                count["entry not named"] += not names(outcome, owner[place])
            else:
                count["other flips"] += 1
                if outcome.sound:
                    same = _same_reading(folder, rows)
                    count["other without effect"] += same
                    count["other missed"] += not same
            os.pwrite(handle, data[place : place + 1], place)
    finally:
        os.close(handle)
    return count


def stored_rows(ledger: Ledger) -> Sequence[Any]:
    """Every row as it lies in the ledger's file."""
    engine = store.engine_for(ledger.path, 1.0)
    with engine.connect() as connection:
        return store.rows_after(connection, -1, 1_000_000)


def _same_reading(folder: Path, rows: list[tuple]) -> bool:
    """Whether SQLite alone still reads every row, in order and by id, as it was."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)) as connection:
            columns = ", ".join(column.name for column in store.entries.c)
            there = connection.execute(f"SELECT {columns} FROM entries ORDER BY seq").fetchall()
            by_id = f"SELECT {columns} FROM entries WHERE id = ?"
            return there == rows and all(connection.execute(by_id, row[1:2]).fetchall() == [row] for row in rows)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError):
        return False


def _owners(data: bytes, rows: list[tuple]) -> dict[int, int]:
    """Which entry a byte of the file belongs to: canonical bytes with the columns before them and the hash behind."""
    owner: dict[int, int] = {}
    for seq, id, kind, at, recorded, entry, hash in rows:
        record = "".join((id, kind, at, recorded)).encode("utf-8") + entry + hash
        start = data.find(record)
        if start < 0:
            raise AssertionError(f"entry {seq} does not lie in one piece; make the trial's entries shorter")
        owner |= dict.fromkeys(range(start, start + len(record)), seq)
        # The sequence is the row's key: a varint in front of the record's header, one byte for these small numbers.
        key = next(place for place in range(start - 11, start) if data[place] == seq and data[place + 1] <= 12)
        owner[key] = seq
    return owner


def column_bits(folder: Path, entries: int = 8, every: int = 1) -> dict[str, Any]:
    """Flip each bit of each stored sequence, id and hash as columns, past the triggers; each must be named."""
    with small_ledger(folder / "log", entries) as ledger:
        rows, head = [Row(*row) for row in stored_rows(ledger)], ledger.head()
    flips = missed = unnamed = 0
    for number, row in enumerate(rows):
        for changed in itertools.islice(_column_flips(row), number % every, None, every):
            damaged = sorted([*rows[:number], changed, *rows[number + 1 :]], key=lambda item: item.seq)
            outcome = walk(damaged, None, head)
            flips += 1
            missed += outcome.sound
            unnamed += not names(outcome, row.seq)
    return {"flips": flips, "missed": missed, "not named": unnamed}


def _column_flips(row: Row) -> Iterable[Row]:
    for bit in range(63):
        yield row._replace(seq=row.seq ^ 1 << bit)
    for field in ("id", "hash", "data", "kind", "at", "recorded"):
        value = getattr(row, field)
        raw = value.encode("utf-8") if isinstance(value, str) else value
        for bit in range(len(raw) * 8):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            back = bytes(flipped)
            yield row._replace(**{field: back.decode("utf-8", "surrogateescape") if isinstance(value, str) else back})


def removals(folder: Path, entries: int = 500, swaps: int = 500, seed: int = 1) -> dict[str, Any]:
    """Remove, swap and cut whole entries, as an accident leaves them and as someone covers them up."""
    random_ = random.Random(seed)
    with small_ledger(folder / "log", entries) as ledger:
        rows, head = [Row(*row) for row in stored_rows(ledger)], ledger.head()
    count = {"removals": 0, "renumbered removals": 0, "swaps": 0, "swaps under each other's number": 0, "cuts": 0}
    missed = cut_noticed_without_head = 0
    for number in range(len(rows)):
        rest = rows[:number] + rows[number + 1 :]
        closed_up = [row._replace(seq=seq) for seq, row in enumerate(rest)]
        for name, left in (("removals", rest), ("renumbered removals", closed_up)):
            missed += walk(left, None, head).sound
            count[name] += 1
        cut = rows[:number]
        missed += walk(cut, None, head).sound
        cut_noticed_without_head += not walk(cut, None, None).sound
        count["cuts"] += 1
    for _ in range(swaps):
        one, two = sorted(random_.sample(range(len(rows)), 2))
        mixed = list(rows)
        mixed[one], mixed[two] = rows[two], rows[one]
        renamed = [row._replace(seq=seq) for seq, row in enumerate(mixed)]
        for name, left in (("swaps", mixed), ("swaps under each other's number", renamed)):
            outcome = walk(left, None, head)
            missed += outcome.sound or not (names(outcome, one) and names(outcome, two))
            count[name] += 1
    return count | {"missed": missed, "cuts noticed without a head": cut_noticed_without_head}


def forgeries(folder: Path, entries: int = 60) -> dict[str, Any]:
    """Change an entry and seal everything behind it anew: sound in itself, so only a kept head can tell."""
    with small_ledger(folder / "log", entries) as ledger:
        rows, head = [Row(*row) for row in stored_rows(ledger)], ledger.head()
    found = sound_alone = 0
    for number in range(1, len(rows)):
        forged, previous = list(rows[:number]), rows[number - 1].hash
        for row in rows[number:]:
            entry, _ = opened(row.data)
            author = "Somebody else" if row.seq == number else entry.author
            draft = Draft(entry.id, entry.kind, author, Instant(entry.at, entry.at_stated), entry.body)
            again = sealed(draft, entry.seq, previous, entry.recorded)
            forged.append(row._replace(data=again.data, hash=again.hash))
            previous = again.hash
        sound_alone += walk(forged, None, None).sound
        found += not walk(forged, None, head).sound
    return {"forgeries": len(rows) - 1, "sound alone": sound_alone, "missed": len(rows) - 1 - found}
