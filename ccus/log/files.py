"""The ledger's file: made new, and known for a whole one before anything is asked of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ccus.log import failures, places, store
from ccus.log.entry import Entry
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

FILE_NAME = "ledger.sqlite"
LOCK_NAME = "ledger.lock"
WAIT_S = 10.0  # an append takes milliseconds; ten seconds of waiting means something hangs


def make(path: Path, first: Entry) -> None:
    """Write a ledger of one entry under another name, sync it, and put it in place.

    Raises
    ------
    InputError
        CC-LOG-09 a failed write or sync.
    """
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.with_name(f"{new.name}-journal").unlink(missing_ok=True)
    engine = store.engine_for(new, WAIT_S, create=True)
    try:
        with engine.connect() as connection, store.writing(connection):
            store.create_schema(connection)
            store.write(connection, [first])
        places.sync_file(new)
        os.replace(new, path)
        places.sync_folder(path.parent)
    except (*failures.FAULTS, OSError) as error:
        raise failures.writing_failed(error, path, phrase("No ledger was made.")) from error
    finally:
        engine.dispose()


def whole(connection: Any, path: Path) -> None:
    """Refuse a file that was cut or belongs to another program, before anything else is asked of it.

    Raises
    ------
    InputError
        CC-LOG-11.
    """

    def ask(name: str) -> int:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    try:
        expected = ask("page_count") * ask("page_size")
        kind, version = ask("application_id"), ask("user_version")
    except failures.FAULTS as error:
        raise failures.reading_failed(error, path) from error
    size = path.stat().st_size
    found = ""
    if size != expected or size == 0:
        found = phrase("{size} bytes", size=size)
    elif (kind, version) != (store.APPLICATION_ID, store.SCHEMA_VERSION):
        found, expected = (
            phrase("a database of kind {kind:#x}, version {version}", kind=kind, version=version),
            phrase("a ledger of this program"),
        )
    if found:
        wanted = phrase("{expected} bytes", expected=expected) if isinstance(expected, int) and expected else "a ledger"
        wanted = expected if isinstance(expected, str) else wanted
        remedy = "The file was cut or replaced. Keep it as it is and restore a backup."
        raise refuse("CC-LOG-11", str(path), found, wanted, remedy)
