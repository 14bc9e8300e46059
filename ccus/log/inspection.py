"""Reading a ledger file for verification: past damage where possible, and what only SQLite itself can say of it."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ccus.log import failures, files, store
from ccus.log.archive import Archive
from ccus.log.checkpoint import Head
from ccus.log.verification import Row, Verification, walk
from methodology.base.errors import Finding, InputError, refuse

CHUNK = 2_000
MOST_LOST_IN_A_ROW = 10_000


def verify_folder(folder: Path | str, kept: Head | None = None, plant: str | None = None) -> Verification:
    """Verify the ledger and archive in a log folder.

    Parameters
    ----------
    folder : Path
        Where ``ledger.sqlite`` lies; a backup may lie on a share. No entry is changed.
    kept : Head, optional
        A head kept elsewhere.
    plant : str, optional
        Name in the plant file; a ledger of another plant is a finding.

    Returns
    -------
    Verification

    Raises
    ------
    InputError
        CC-LOG-01 no ledger there; CC-LOG-10 it cannot be read at all.
    """
    folder = Path(folder)
    path = folder / files.FILE_NAME
    if not path.is_file():
        raise refuse("CC-LOG-01", str(path), "no ledger", "a ledger", "Restore a backup.")
    engine = store.engine_for(path, files.WAIT_S)
    try:
        with engine.connect() as connection:
            return _verified(connection, path, Archive(folder / "archive"), kept, plant)
    except (SQLAlchemyError, sqlite3.Error) as error:
        if not failures.is_damage(error):
            raise failures.reading_failed(error, path) from error
        return _unreadable(failures.reading_failed(error, path), kept)
    except InputError as error:
        if error.code != "CC-LOG-11":
            raise
        return _unreadable(error, kept)
    finally:
        engine.dispose()


def _unreadable(error: InputError, kept: Head | None) -> Verification:
    outcome = walk((), None, kept)
    outcome.findings[:0] = error.findings
    return outcome


def _verified(
    connection: Connection, path: Path, archive: Archive, kept: Head | None, plant: str | None
) -> Verification:
    findings = _of_the_file(connection, path)
    lost: list[Finding] = []
    with connection.begin():
        highest = store.highest(connection)
    outcome = walk(_rows(connection, -1 if highest is None else highest, lost), archive, kept)
    outcome.findings[:0] = [*findings, *lost]
    if outcome.head.size == 0:
        outcome.add(Finding("CC-LOG-31", str(path), "no entries", "at least the opening", "Restore a backup."))
    with connection.begin():
        first = store.row_at(connection, 0)
    name = _plant_of(first)
    if plant is not None and name is not None and name != plant:
        found = f"the ledger of {name!r}"
        outcome.add(Finding("CC-LOG-12", str(path), found, f"the ledger of {plant!r}", "Use the folder of this plant."))
    outcome.findings += _left_over(archive)
    return outcome


def _plant_of(row: Any) -> str | None:
    from ccus.log.entry import opened

    try:
        return opened(bytes(row.data))[0].body.get("plant")
    except (ValueError, TypeError, AttributeError):
        return None


def _rows(connection: Connection, highest: int, lost: list[Finding]) -> Iterator[Row]:
    """Rows in order; where a page is damaged, each entry is tried alone so that the lost ones have names."""
    after = -1
    while after < highest:
        try:
            rows: Sequence[Any] = _read(connection, after)
        except (SQLAlchemyError, sqlite3.Error) as error:
            if not failures.is_damage(error):
                raise
            yield from _one_by_one(connection, after, highest, lost, failures.name_of(error))
            return
        if not rows:
            return
        for row in rows:
            if row.seq > highest:
                return
            yield Row(*row)
        after = rows[-1].seq


def _read(connection: Connection, after: int) -> Sequence[Any]:
    with connection.begin():
        return store.rows_after(connection, after, CHUNK)


def _one_by_one(connection: Connection, after: int, highest: int, lost: list[Finding], name: str) -> Iterator[Row]:
    unread = 0
    for seq in range(after + 1, highest + 1):
        try:
            with connection.begin():
                row = store.row_at(connection, seq)
        except (SQLAlchemyError, sqlite3.Error) as error:
            row = None
            if unread < MOST_LOST_IN_A_ROW and len(lost) < MOST_LOST_IN_A_ROW:
                remedy = "Restore a backup that has it."
                found = f"a damaged page ({failures.name_of(error)})"
                lost.append(Finding("CC-LOG-30", f"entry {seq}", found, "a readable entry", remedy))
        if row is None:
            unread += 1
            if unread > MOST_LOST_IN_A_ROW:
                found = f"more than {MOST_LOST_IN_A_ROW} unreadable entries in a row ({name})"
                lost.append(Finding("CC-LOG-11", f"entry {seq} and on", found, "a readable file", "Restore a backup."))
                return
        else:
            unread = 0
            yield Row(*row)


def _of_the_file(connection: Connection, path: Path) -> list[Finding]:
    """Faults of the file outside its entries: size, kind, schema, pages, index."""
    with connection.begin():
        files.whole(connection, path)
        statements = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")}
    findings = []
    if statements != expected_schema():
        remedy = "The table, its index or the triggers that keep it append-only were changed. Restore a backup."
        found = "another schema than this program makes"
        findings.append(Finding("CC-LOG-11", str(path), found, "the schema of a ledger", remedy))
    with connection.begin():
        try:
            answers = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(50)")]
        except DBAPIError as error:
            answers = [str(error.orig)]
    for answer in answers:
        if answer != "ok":
            remedy = "Restore a backup and compare."
            findings.append(Finding("CC-LOG-11", str(path), answer, "a file SQLite calls whole", remedy))
    return findings


@functools.cache
def expected_schema() -> dict[str, str | None]:
    """Names and statements of everything a fresh ledger's schema holds."""
    engine = store.create_engine("sqlite+pysqlite://", poolclass=store.NullPool)
    with engine.connect() as connection:
        store.create_schema(connection)
        return {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")}


def _left_over(archive: Archive) -> list[Finding]:
    """Temporary files of an import that was cut short: harmless, named once."""
    if not archive.folder.is_dir():
        return []
    count = sum(1 for path in archive.folder.glob(".new-*"))
    if not count:
        return []
    found = f"{count} unfinished file{'s' if count > 1 else ''} of an import that was cut short"
    return [Finding("CC-LOG-37", str(archive.folder), found, "none", "They may be deleted.", severity="note")]
