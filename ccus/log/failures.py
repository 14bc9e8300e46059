"""What went wrong below the ledger, said to a person: lock, disk, damage."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

# A damaged schema can reach Python as an error text that is not UTF-8, or as a number no column type takes.
FAULTS = (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError, OverflowError)
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_MISMATCH", "SQLITE_ERROR")
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
UNWRITABLE = ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


def name_of(error: Exception) -> str:
    """SQLite's own name of the failure, such as SQLITE_IOERR_FSYNC."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", None) or type(cause).__name__


def is_damage(error: Exception) -> bool:
    """Whether the file itself is at fault."""
    if isinstance(error, UnicodeDecodeError | OverflowError) or name_of(error).startswith(DAMAGE):
        return True
    return isinstance(error, sqlite3.DatabaseError | DBAPIError) and "malformed" in str(error)


def reading_failed(error: Exception, path: Path) -> InputError:
    """The error for a ledger that cannot be read."""
    name = name_of(error)
    if name.startswith(BUSY):
        return _busy(path, name)
    if is_damage(error):
        return refuse(
            "CC-LOG-11",
            str(path),
            phrase("damage to the file ({name})", name=name),
            "a whole ledger file",
            "Nothing was written. Keep the file as it is, name the damage with: ccus verify, and restore a backup.",
        )
    return refuse(
        "CC-LOG-10",
        str(path),
        phrase("the disk refused reading ({name})", name=name),
        "a readable ledger",
        "A read-only disk cannot undo a write that was cut short: copy the whole folder elsewhere first.",
    )


def writing_failed(error: Exception, path: Path, stored: str) -> InputError:
    """The error for an append that did not end well; `stored` says what reading it again showed."""
    name = name_of(error)
    if name.startswith(BUSY):
        return _busy(path, name)
    if name.startswith(UNWRITABLE):
        return refuse(
            "CC-LOG-04",
            str(path),
            phrase("a disk or file that takes no writing ({name})", name=name),
            "a folder this user may write to",
            "Nothing was stored. Mount the disk for writing or correct its permissions, then repeat the same command.",
        )
    if is_damage(error):
        return reading_failed(error, path)
    full = name.startswith("SQLITE_FULL")
    return refuse(
        "CC-LOG-09",
        str(path),
        "a full disk" if full else phrase("a failed write or sync ({name})", name=name),
        "a write that reached the disk",
        phrase(
            "Not acknowledged. {stored} {which}, then repeat the same command: the same id is never stored twice.",
            stored=stored,
            which=phrase("Free space") if full else phrase("Check the disk"),
        ),
    )


def _busy(path: Path, name: str) -> InputError:
    return refuse(
        "CC-LOG-03",
        str(path),
        phrase("another program holding the file ({name})", name=name),
        "one writer at a time",
        "Nothing was stored. Close whatever has the ledger open (a database browser?), then repeat the same command.",
    )
