"""Whether a log may be computed from: all of it before a report, its outside and its end before a status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ccus.log import failures, store
from ccus.log.checkpoint import Head
from ccus.log.entry import opened
from ccus.log.inspection import expected_schema, verify_folder
from ccus.log.ledger import Ledger
from ccus.log.verification import Verification
from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase

ARCHIVE_FAULTS = ("CC-LOG-20", "CC-LOG-21")
"""Files of other times may be gone; a file that a computation needs is refused as it is opened."""
MOST_NAMED = 20
LAST_ENTRIES = 500
"""Entries at the end of a log whose chain a quick look holds, so that its time does not grow with the log."""


def sound_or_refused(folder: Path, kept: Head | None = None) -> Verification:
    """Verify a log folder before anything is computed from it.

    Parameters
    ----------
    folder : Path
    kept : Head, optional
        A head kept elsewhere, which the log must begin with.

    Raises
    ------
    InputError
        CC-LOG-38 with every fault behind it: bytes, sequence or chain of entries, schema, a kept head not held.
    """
    outcome = verify_folder(folder, kept)
    faults = [f for f in outcome.findings if f.severity == "error" and f.code not in ARCHIVE_FAULTS]
    if faults:
        raise InputError(_damaged(folder, len(faults) + outcome.left_out), *faults[:MOST_NAMED])
    return outcome


def _damaged(folder: Path, count: int) -> Finding:
    return Finding(
        "CC-LOG-38",
        str(folder),
        phrase("a log with {n} faults", n=count),
        "a sound log",
        "Nothing was computed. Name all damage with ccus verify, and restore a backup.",
    )


def quick_faults(ledger: Ledger) -> list[Finding]:
    """What a look at the outside and the end of an open log finds; entries are held to their hash as they are read.

    The schema with its triggers, the number of entries against their sequence, and the chain of the last ones.
    """
    engine = store.engine_for(ledger.path, ledger.wait_s)
    try:
        with engine.connect() as connection, connection.begin():
            return _quick(connection, ledger.path)
    except failures.FAULTS as error:
        return list(failures.reading_failed(error, ledger.path).findings)
    finally:
        engine.dispose()


def _quick(connection: Connection, path: Path) -> list[Finding]:
    faults = []
    statements = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")}
    if statements != expected_schema():
        remedy = "The table, its index or the triggers that keep it append-only were changed. Restore a backup."
        faults.append(Finding("CC-LOG-11", str(path), "another schema than this program makes", "the schema of a ledger", remedy))  # fmt: skip
    highest = store.highest(connection)
    count = connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one()
    if highest is None or count != highest + 1:
        found = phrase("{count} entries up to number {highest}", count=count, highest=highest)
        faults.append(
            Finding("CC-LOG-31", str(path), found, "every sequence number", "Restore a backup that has them.")
        )
    first = max((highest or 0) - LAST_ENTRIES, 0)
    return [*faults, *_chain(store.rows_after(connection, first - 1, LAST_ENTRIES + 1))[:MOST_NAMED]]


def _chain(rows: Sequence[Any]) -> list[Finding]:
    """Entries whose bytes are not what their hash says, and those that do not follow the one before."""
    faults, before = [], None
    for row in rows:
        place = phrase("entry {seq} ({id!r})", seq=row.seq, id=row.id)
        remedy = "Restore a backup and compare."
        try:
            entry, previous = opened(bytes(row.data))
        except (ValueError, TypeError, KeyError, OverflowError):
            entry = None
        if entry is None or entry.hash != row.hash:
            faults.append(
                Finding("CC-LOG-30", place, "bytes that do not match their hash", "the bytes as stored", remedy)
            )
        elif before is not None and previous != before:
            found = "the hash of another predecessor"
            faults.append(Finding("CC-LOG-33", place, found, "the hash of the entry before", remedy))
        before = row.hash
    return faults
