"""The ledger's table, its statements and its connection. Portable SQL, written with SQLAlchemy Core.

Only what is particular to SQLite stands under its name: the pragmas, the triggers, and how a transaction begins.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from ccus.log.entry import Entry
from ccus.plant.times import utc_text

APPLICATION_ID = 0x63637573  # "ccus" in the header of the file
SCHEMA_VERSION = 1

PRAGMAS = ("synchronous=EXTRA", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "cache_size=-8192")

metadata = MetaData()
entries = Table(
    "entries",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("recorded", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
Index("entries_by_kind_and_time", entries.c.kind, entries.c.at)
for _action in ("UPDATE", "DELETE"):
    event.listen(
        entries,
        "after_create",
        DDL(
            f"CREATE TRIGGER entries_refuse_{_action.lower()} BEFORE {_action} ON entries "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: write a correction'); END"
        ).execute_if(dialect="sqlite"),
    )

# Verification must see what is stored, not what a column type makes of it.
RAW = [type_coerce(column, NullType) for column in entries.c]
# Built once: past a damaged page thousands of entries are tried one by one.
_ROW_AT = select(*RAW).where(entries.c.seq == bindparam("wanted"))
_ROW_OF = select(*RAW).where(entries.c.id == bindparam("wanted"))


def engine_for(path: Path, wait_s: float, create: bool = False) -> Engine:
    """An engine on one ledger file, with the settings under which a commit means: on the disk.

    Parameters
    ----------
    path : Path
        The file. It is made only where `create` says so.
    wait_s : float
        How long SQLite waits for another program's lock. [s]
    """
    return _engine(f"file:{quote(str(path.resolve()))}?mode={'rwc' if create else 'rw'}", wait_s, create)


@functools.lru_cache(maxsize=8)
def _engine(address: str, wait_s: float, create: bool) -> Engine:
    """Kept for its compiled statements; it holds no connection, each `connect` opens the file anew."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None)
        connection.text_factory = _text
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if create:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("PRAGMA journal_mode=DELETE")
        return connection

    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


@contextmanager
def writing(connection: Connection) -> Iterator[Connection]:
    """One transaction that holds the write lock from its first moment."""
    connection.execution_options(writes=True)
    try:
        with connection.begin():
            yield connection
    finally:
        connection.execution_options(writes=False)


def create_schema(connection: Connection) -> None:
    """Table, index and triggers of an empty ledger."""
    metadata.create_all(connection, checkfirst=False)


def write(connection: Connection, new: Sequence[Entry]) -> None:
    """Insert sealed entries."""
    rows = [
        {
            "seq": entry.seq,
            "id": entry.id,
            "kind": entry.kind,
            "at": utc_text(entry.at),
            "recorded": utc_text(entry.recorded),
            "data": entry.data,
            "hash": entry.hash,
        }
        for entry in new
    ]
    connection.execute(insert(entries), rows)


def last_row(connection: Connection) -> Any | None:
    """The row of the highest sequence."""
    return connection.execute(select(*RAW).order_by(entries.c.seq.desc()).limit(1)).first()


def row_of(connection: Connection, id: str) -> Any | None:
    """The row of an id."""
    return connection.execute(_ROW_OF, {"wanted": id}).first()


def rows_of(connection: Connection, ids: Sequence[str]) -> list[Any]:
    """The rows of those ids that are there."""
    found: list[Any] = []
    for first in range(0, len(ids), 500):
        found += connection.execute(select(*RAW).where(entries.c.id.in_(ids[first : first + 500]))).all()
    return found


def row_at(connection: Connection, seq: int) -> Any | None:
    """The row of a sequence number."""
    return connection.execute(_ROW_AT, {"wanted": seq}).first()


def rows_after(connection: Connection, seq: int, limit: int) -> Sequence[Any]:
    """At most `limit` rows after a sequence number, in order."""
    return connection.execute(select(*RAW).where(entries.c.seq > seq).order_by(entries.c.seq).limit(limit)).all()


def scan(connection: Connection, chunk: int) -> Iterator[Any]:
    """All rows as the file holds them, in no order asked for, a chunk in memory at a time."""
    query = select(*RAW).with_hint(entries, "NOT INDEXED", "sqlite").execution_options(yield_per=chunk)
    yield from connection.execute(query)


def rows_of_kinds(
    connection: Connection, kinds: Sequence[str], after: int, limit: int, start: str | None, end: str | None
) -> Sequence[Any]:
    """Rows of some kinds whose stated time lies in a half-open period of UTC texts, in the order of the log."""
    query = select(*RAW).where(entries.c.seq > after)
    if kinds:
        query = query.where(entries.c.kind.in_(kinds))
    if start is not None:
        query = query.where(entries.c.at >= start)
    if end is not None:
        query = query.where(entries.c.at < end)
    return connection.execute(query.order_by(entries.c.seq).limit(limit)).all()


def hashes_after(connection: Connection, seq: int, limit: int) -> Sequence[Any]:
    """Sequence and stored hash after a sequence number."""
    query = select(entries.c.seq, RAW[-1]).where(entries.c.seq > seq).order_by(entries.c.seq).limit(limit)
    return connection.execute(query).all()


def highest(connection: Connection) -> int | None:
    """The highest sequence number; None in an empty table."""
    return connection.execute(select(func.max(entries.c.seq))).scalar()
