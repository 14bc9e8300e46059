"""Bulk data in files named by the hash of their bytes: written whole, synced, never changed.

The ledger holds the hash, so a year of meter data costs it a few entries. A file in the archive that no entry names
is harmless: the import that wrote it was cut short before its entry.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ccus.log import places
from methodology.base.errors import refuse
from methodology.base.files import sha256_of
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pyarrow as pa

_NAME = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{1,12})")


class Archive:
    """A folder of files named ``<first two digits>/<sha256><suffix>``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, sha256: str, suffix: str = ".parquet") -> Path:
        """Where a file of that hash lies, whether or not it is there."""
        return self.folder / sha256[:2] / f"{sha256}{suffix}"

    def put_bytes(self, data: bytes, suffix: str) -> dict[str, object]:
        """Store bytes; see `put`."""
        return self.put(lambda file: file.write(data), suffix)

    def put_file(self, path: Path, suffix: str | None = None) -> dict[str, object]:
        """Store a copy of a file, by default under its own suffix in lower case."""

        def copy(file: BinaryIO) -> None:
            with open(path, "rb") as source:
                while block := source.read(1 << 20):
                    file.write(block)

        return self.put(copy, suffix or path.suffix.lower() or ".bin")

    def put_table(self, table: pa.Table) -> dict[str, object]:
        """Store a table as Parquet (zstd); equal tables give equal bytes under one version of the library."""
        import pyarrow.parquet

        stored = self.put(lambda file: pyarrow.parquet.write_table(table, file, compression="zstd"), ".parquet")
        return stored | {"rows": table.num_rows}

    def put(self, write: Callable[[BinaryIO], object], suffix: str) -> dict[str, object]:
        """Store what `write` puts into a file.

        Returns
        -------
        dict
            ``sha256``, ``suffix`` and ``bytes``, as a body's `files` expects them. When this returns the file and its
            name have been synced.

        Raises
        ------
        InputError
            CC-LOG-04 the folder cannot be written; CC-LOG-09 the write or sync failed; nothing is left behind.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)
        except OSError as error:
            raise places.unwritable(self.folder, error) from None
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                write(file)
                file.flush()
                os.fchmod(file.fileno(), 0o444)
                os.fsync(file.fileno())
                file.seek(0)
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
            self._settle(temporary, self.place(sha256, suffix))
        except OSError as error:
            raise refuse(
                "CC-LOG-09",
                str(self.folder),
                phrase("a failed write or sync ({strerror})", strerror=error.strerror or error),
                "a write that reached the disk",
                "Nothing was stored. Free space or check the disk, then repeat the same command.",
            ) from None
        finally:
            temporary.unlink(missing_ok=True)
        return {"sha256": sha256, "suffix": suffix, "bytes": size}

    def _settle(self, temporary: Path, target: Path) -> None:
        new_folder = not target.parent.is_dir()
        target.parent.mkdir(exist_ok=True)
        os.replace(temporary, target)  # same name, same bytes: a damaged copy is healed
        places.sync_folder(target.parent)
        if new_folder:
            places.sync_folder(self.folder)
            places.sync_folder(self.folder.parent)

    def open(self, sha256: str, suffix: str = ".parquet") -> Path:
        """The path of a stored file after its bytes were held against its name.

        Raises
        ------
        InputError
            CC-LOG-20 it is missing; CC-LOG-21 its bytes are not what they were.
        """
        path = self.place(sha256, suffix)
        fault = self.fault(sha256, suffix)
        if fault == "missing":
            raise refuse("CC-LOG-20", str(path), "no file", "the file an entry names", "Restore it from a backup.")
        if fault:
            raise refuse("CC-LOG-21", str(path), fault, "the bytes an entry names", "Restore it from a backup.")
        return path

    def fault(self, sha256: str, suffix: str, size: int | None = None) -> str:
        """What is wrong with a stored file; empty where nothing is."""
        path = self.place(sha256, suffix)
        try:
            if not path.is_file():
                return "missing"
            if size is not None and path.stat().st_size != size:
                return phrase("{st_size} bytes instead of {size}", st_size=path.stat().st_size, size=size)
            return "" if sha256_of(path) == sha256 else "other bytes than its name says"
        except OSError as error:
            return phrase("unreadable ({strerror})", strerror=error.strerror or error)

    def names(self) -> Iterator[tuple[str, str]]:
        """Hash and suffix of every file there, sorted."""
        with contextlib.suppress(FileNotFoundError):
            for folder in sorted(self.folder.iterdir()):
                if folder.is_dir():
                    for path in sorted(folder.iterdir()):
                        if match := _NAME.fullmatch(path.name):
                            yield match[1], match[2]
