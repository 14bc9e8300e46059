"""Copies of a log: a backup that opens as a log, made while it is being written to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from ccus.log import failures, files, places
from ccus.log.archive import Archive
from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger
from ccus.log.verification import Verification, files_named
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase


def backup(ledger: Ledger, target: Path) -> Verification:
    """Copy ledger and archive into a new folder and verify the copy against the head it was taken at.

    Parameters
    ----------
    ledger : Ledger
        May be written to meanwhile; the copy is the log of one moment.
    target : Path
        A folder that does not exist or is empty.

    Returns
    -------
    Verification
        Of the copy.

    Raises
    ------
    InputError
        CC-LOG-19 the folder is in use; CC-LOG-09 the copy could not be written; CC-LOG-20, -21 an archive file.
    """
    free_folder(target)
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        head = ledger.head()
        _copy_ledger(ledger.path, partial / files.FILE_NAME)
        copies = Archive(partial / "archive")
        for sha256, suffix in archive_files(ledger):
            place = copies.place(sha256, suffix)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ledger.archive.open(sha256, suffix), place)
            places.sync_file(place)
        _sync_tree(partial)
        settle(partial, target)
    except (OSError, sqlite3.Error) as error:
        raise _copy_failed(error, target) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return verify_folder(target, head)


def free_folder(target: Path) -> None:
    """Refuse a target that holds anything.

    Raises
    ------
    InputError
        CC-LOG-19.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise refuse("CC-LOG-19", str(target), "files", "a new or empty folder", "Name another folder.")


def settle(partial: Path, target: Path) -> None:
    """Put a finished folder under its name, all at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        target.rmdir()
    os.replace(partial, target)
    places.sync_folder(target.parent)


def archive_files(ledger: Ledger) -> list[tuple[str, str]]:
    """Hash and suffix of every archive file the ledger names, each once, in the order first named."""
    names: dict[tuple[str, str], None] = {}
    for entry in ledger.entries("imported_batch", "correction"):
        for named in files_named(entry):
            names[named["sha256"], named["suffix"]] = None
    return list(names)


def _copy_ledger(path: Path, new: Path) -> None:
    source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=files.WAIT_S)
    try:
        copy = sqlite3.connect(new)
        try:
            source.backup(copy)
        finally:
            copy.close()
    finally:
        source.close()
    places.sync_file(new)


def _sync_tree(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            places.sync_folder(path)


def _copy_failed(error: Exception, target: Path) -> InputError:
    if isinstance(error, sqlite3.Error) and failures.is_damage(error):
        return failures.reading_failed(error, target)
    found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    remedy = "Nothing was left there. Free space or choose another disk, then repeat the same command."
    return refuse(
        "CC-LOG-09",
        str(target),
        phrase("a copy that failed ({found})", found=found),
        "a copy that reached the disk",
        remedy,
    )
