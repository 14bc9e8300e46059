"""Reading a ledger file for verification: past damage where possible, and what only SQLite itself can say of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from ccus.log import failures, files, store
from ccus.log.archive import Archive
from ccus.log.checkpoint import Head
from ccus.log.verification import Row, Verification, walk
from methodology.base.errors import Finding, InputError, refuse
from methodology.base.phrases import phrase

CHUNK = 2_000
MOST_LOST_IN_A_ROW = 2_000  # more than any page holds
MOST_LOST = 10_000


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
    except failures.FAULTS as error:
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
    remedy = "Keep the file as it is and restore a backup; an export of the log can be verified on its own."
    outcome.findings[:0] = [replace(finding, remedy=remedy) for finding in error.findings]
    return outcome


def _verified(
    connection: Connection, path: Path, archive: Archive, kept: Head | None, plant: str | None
) -> Verification:
    findings = _of_the_file(connection, path)
    lost: list[Finding] = []
    rows = _in_order(connection, lost) if not findings else _as_they_lie(connection, lost)
    outcome = walk(rows, archive, kept)
    outcome.findings[:0] = [*findings, *lost]
    if outcome.head.size == 0:
        outcome.add(Finding("CC-LOG-31", str(path), "no entries", "at least the opening", "Restore a backup."))
    if plant is not None and outcome.plant and outcome.plant != plant:
        found = phrase("the ledger of {plant!r}", plant=outcome.plant)
        outcome.add(
            Finding(
                "CC-LOG-12",
                str(path),
                found,
                phrase("the ledger of {plant!r}", plant=plant),
                "Use the folder of this plant.",
            )
        )
    outcome.findings += _left_over(archive)
    return outcome


def _in_order(connection: Connection, lost: list[Finding]) -> Iterator[Row]:
    """Rows of a file SQLite calls whole, in short transactions: a long verification holds up no writer."""
    with connection.begin():
        highest = store.highest(connection)
    after = -1
    while highest is not None and after < highest:
        try:
            with connection.begin():
                rows = store.rows_after(connection, after, CHUNK)
        except failures.FAULTS as error:
            if not failures.is_damage(error):
                raise
            yield from _one_by_one(connection, after, lost)
            return
        for row in rows:
            if row.seq > highest:
                return  # appended since; a later verification speaks of it
            yield Row(*row)
        after = rows[-1].seq if rows else highest


def _as_they_lie(connection: Connection, lost: list[Finding]) -> Iterator[Row]:
    """Rows of a damaged file in the order its pages hold them, so that a damaged key hides no other entry."""
    after = -1
    try:
        with connection.begin():
            for row in store.scan(connection, CHUNK):
                yield Row(*row)
                after = row.seq if isinstance(row.seq, int) else after
    except failures.FAULTS as error:
        if not failures.is_damage(error):
            raise
        yield from _one_by_one(connection, after, lost)


def _one_by_one(connection: Connection, after: int, lost: list[Finding]) -> Iterator[Row]:
    """Past a damaged page: each entry is tried alone, so that the lost ones have names."""
    missing = 0
    seq = after
    while missing < MOST_LOST_IN_A_ROW:
        seq += 1
        try:
            with connection.begin():
                row = store.row_at(connection, seq)
        except failures.FAULTS as error:
            row = None
            if len(lost) < MOST_LOST:
                found = phrase("a damaged page ({name_of})", name_of=failures.name_of(error))
                lost.append(
                    Finding("CC-LOG-30", phrase("entry {seq}", seq=seq), found, "a readable entry", "Restore a backup.")
                )
        missing = 0 if row is not None else missing + 1
        if row is not None:
            yield Row(*row)
    while lost and lost[-1].place == f"entry {seq}":
        lost.pop()  # unreadable numbers past the end of the log are no entries
        seq -= 1


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
        except failures.FAULTS as error:
            answers = [failures.name_of(error)]
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
    found = phrase(
        "{count} unfinished file{s} of an import that was cut short", count=count, s="s" if count > 1 else ""
    )
    return [Finding("CC-LOG-37", str(archive.folder), found, "none", "They may be deleted.", severity="note")]
