"""The ledger: entries go in, are synced, and never change.

An acknowledged entry has been written and synced. After any failed write or sync the ledger stops, opens the file
anew, reads what stands there and says so; it never retries on the same handle and calls it done.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ccus.log import failures, files, places, sealing, store
from ccus.log.archive import Archive
from ccus.log.checkpoint import Head
from ccus.log.entry import FIRST_PREVIOUS, Draft, Entry, Receipt, opened, sealed
from ccus.log.files import FILE_NAME, LOCK_NAME, WAIT_S
from ccus.log.kinds import check_draft
from ccus.log.merkle import Tree
from ccus.plant.times import Instant, utc_text
from methodology.base.errors import Finding, InputError, refuse
from methodology.base.phrases import phrase

CHUNK = 2_000

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """This machine's time, in UTC."""
    return datetime.now(UTC)


class Ledger:
    """The log of one plant in one folder: ``ledger.sqlite`` and the archive beside it.

    Make one with `Ledger.create`, open it with `Ledger.open`; use it as a context manager or call `close`.
    One object serves one thread.
    """

    def __init__(self, folder: Path, wait_s: float, clock: Clock) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.archive = Archive(folder / "archive")
        self.wait_s = wait_s
        self.clock = clock
        self.origin = ""
        self.plant_name = ""
        self._stopped = ""
        self._connect()

    @classmethod
    def create(cls, folder: Path | str, plant: str, author: str, *, clock: Clock = system_clock) -> Ledger:
        """Make the ledger of a plant; its first entry names both.

        Raises
        ------
        InputError
            CC-LOG-01 there is one already; CC-LOG-02 a network share; CC-LOG-04 the folder cannot be written.
        """
        folder = Path(folder)
        path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise places.unwritable(folder, error) from None
        places.refuse_network_share(folder)
        with places.only_writer(folder / LOCK_NAME, WAIT_S):
            if path.exists():
                raise refuse(
                    "CC-LOG-01", str(path), "a ledger", "a folder without one", "Use the ledger that is there."
                )
            draft = _opening(plant, author, clock)
            findings = check_draft(draft, clock())
            if findings:
                raise InputError(*findings)
            files.make(path, sealed(draft, 0, FIRST_PREVIOUS, clock()))
        return cls.open(folder, clock=clock)

    @classmethod
    def open(
        cls, folder: Path | str, *, plant: str | None = None, wait_s: float = WAIT_S, clock: Clock = system_clock
    ) -> Ledger:
        """Open the ledger in a folder.

        Parameters
        ----------
        folder : Path
            Where ``ledger.sqlite`` lies.
        plant : str, optional
            Name in the plant file; a ledger of another plant is refused.
        wait_s : float
            How long an append waits for another writer. [s]
        clock : callable
            Gives the system time; tests hand in their own.

        Raises
        ------
        InputError
            CC-LOG-01 none there; CC-LOG-02 a network share; CC-LOG-11 cut or damaged; CC-LOG-12 another plant's.
        """
        folder = Path(folder)
        if not (folder / FILE_NAME).is_file():
            raise refuse(
                "CC-LOG-01",
                str(folder / FILE_NAME),
                "no ledger",
                "a ledger",
                "Make one with: ccus init FOLDER, or restore a backup.",
            )
        places.refuse_network_share(folder)
        ledger = cls(folder, wait_s, clock)
        try:
            ledger._identify(plant)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._engine.dispose()

    def append(self, draft: Draft) -> Receipt:
        """Store one entry; see `append_many`."""
        return self.append_many([draft])[0]

    def append_many(self, drafts: Iterable[Draft]) -> list[Receipt]:
        """Store entries in one transaction: all of them or none.

        Parameters
        ----------
        drafts : iterable of Draft
            An id that already stands with the same content is left as it is.

        Returns
        -------
        list of Receipt
            In order. When this returns, every entry has been synced.

        Raises
        ------
        InputError
            All findings at once: CC-LOG-05 to -08 a draft's own faults, CC-LOG-13 an id with other content,
            CC-LOG-14 a correction of what cannot be corrected. Or one of CC-LOG-03 another writer, CC-LOG-04 no
            writing here, CC-LOG-09 a failed write or sync, CC-LOG-11 damage, CC-LOG-15 stopped earlier.
        """
        drafts = list(drafts)
        if self._stopped:
            raise refuse("CC-LOG-15", str(self.path), self._stopped, "an open ledger", "Open the ledger again.")
        now = self.clock()
        findings = [finding for draft in drafts for finding in check_draft(draft, now)]
        findings += [
            Finding(
                "CC-LOG-06",
                phrase("entry {draft!r}", draft=draft.id),
                "kind 'opening'",
                "a kind other than the first entry's",
            )
            for draft in drafts
            if draft.kind == "opening"
        ]
        if findings:
            raise InputError(*findings)
        with places.only_writer(self.folder / LOCK_NAME, self.wait_s):
            try:
                return self._append(drafts, now)
            except (*failures.FAULTS, OSError) as error:
                raise self._stop(error, drafts) from error

    def entry(self, id: str) -> Entry | None:
        """The entry of that id, or None."""
        with self._reading():
            row = store.row_of(self._connection, id)
        return None if row is None else self._entry(row)

    def entries(
        self, *kinds: str, start: datetime | None = None, end: datetime | None = None, after: int = -1
    ) -> Iterator[Entry]:
        """Entries in the order of the log.

        Parameters
        ----------
        kinds : str
            Of these kinds; all when none is named.
        start, end : datetime, optional
            Whose stated time lies in this half-open period (aware).
        after : int
            Beyond this sequence number. [1]
        """
        limits = [None if time is None else utc_text(time) for time in (start, end)]
        while True:
            with self._reading():
                rows = store.rows_of_kinds(self._connection, kinds, after, CHUNK, *limits)
            for row in rows:
                yield self._entry(row)
            if len(rows) < CHUNK:
                return
            after = rows[-1].seq

    def size(self) -> int:
        """Number of entries. [1]"""
        with self._reading():
            highest = store.highest(self._connection)
        return 0 if highest is None else highest + 1

    def head(self) -> Head:
        """Size and Merkle root over the stored hashes: what a report prints and a verifier keeps."""
        tree, after = Tree(), -1
        while True:
            with self._reading():
                rows = store.hashes_after(self._connection, after, 50_000)
            for row in rows:
                tree.add(row.hash)
            if len(rows) < 50_000:
                return Head(self.origin, tree.size, tree.root())
            after = rows[-1].seq

    def _connect(self) -> None:
        self._engine = store.engine_for(self.path, self.wait_s)
        try:
            self._connection = self._engine.connect()
        except failures.FAULTS as error:
            raise failures.reading_failed(error, self.path) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._connection.begin():
                yield
        except failures.FAULTS as error:
            raise failures.reading_failed(error, self.path) from error

    def _identify(self, plant: str | None) -> None:
        with self._reading():
            files.whole(self._connection, self.path)
            row = store.row_at(self._connection, 0)
        if row is None:
            raise failures.reading_failed(sqlite3.DatabaseError("malformed: no first entry"), self.path)
        first = self._entry(row)
        self.origin, self.plant_name = first.body["origin"], first.body["plant"]
        if plant is not None and plant != self.plant_name:
            raise refuse(
                "CC-LOG-12",
                str(self.path),
                phrase("the ledger of {plant_name!r}", plant_name=self.plant_name),
                phrase("the ledger of {plant!r}", plant=plant),
                "Use the log folder that belongs to this plant file; a plant keeps its name for the life of its log.",
            )

    def _entry(self, row: Any) -> Entry:
        try:
            entry, _ = opened(bytes(row.data))
            if (entry.seq, entry.id, entry.hash) == (row.seq, row.id, row.hash):
                return entry
        except (ValueError, TypeError, KeyError):
            pass
        raise refuse(
            "CC-LOG-11",
            phrase("{path}, entry {seq} ({row!r})", path=self.path, seq=row.seq, row=row.id),
            "bytes that do not match their hash",
            "the entry as it was stored",
            "Nothing was written. Name all damage with: ccus verify, and restore a backup.",
        )

    def _append(self, drafts: Sequence[Draft], now: datetime) -> list[Receipt]:
        with store.writing(self._connection) as connection:
            row = store.last_row(connection)
            last = None if row is None else self._entry(row)
            if last is None:
                raise failures.reading_failed(sqlite3.DatabaseError("malformed: no entries"), self.path)
            before = {row.id: self._entry(row) for row in store.rows_of(connection, _mentioned(drafts))}
            receipts, new = sealing.seal(drafts, before, last, now)
            if new:
                store.write(connection, new)
        if len(new) < len(drafts):
            # What stood there already is acknowledged too, so it must be known to be on the disk.
            places.sync_file(self.path)
            places.sync_folder(self.folder)
        return receipts

    def _stop(self, error: Exception, drafts: Sequence[Draft]) -> InputError:
        """After a failure: let go of the handle, open the file anew and say what stands in it."""
        self._stopped = f"a write that failed ({failures.name_of(error)})"
        try:
            self.close()
            self._connect()
            with self._connection.begin():
                there = [draft.id for draft in drafts if store.row_of(self._connection, draft.id) is not None]
        except (*failures.FAULTS, InputError) as second:
            why = second.code if isinstance(second, InputError) else failures.name_of(second)
            return failures.writing_failed(
                error, self.path, phrase("The ledger could not be read again ({why}).", why=why)
            )
        stored = phrase("Read again, the ledger holds none of it.")
        if there:
            stored = phrase(
                "Read again, the ledger holds {n} of {n2}, but not for certain on the disk.",
                n=len(there),
                n2=len(drafts),
            )
        return failures.writing_failed(error, self.path, stored)


def _mentioned(drafts: Sequence[Draft]) -> list[str]:
    """Ids the drafts bring or correct."""
    named = [target for draft in drafts if (target := sealing.named_by(draft)) is not None]
    return list(dict.fromkeys([*(draft.id for draft in drafts), *named]))


def _opening(plant: str, author: str, clock: Clock) -> Draft:
    now = clock()
    origin = f"ccus-log/{secrets.token_hex(16)}"
    body = {"format": 1, "origin": origin, "plant": plant}
    return Draft("opening", "opening", author, Instant(now, utc_text(now)), body)
