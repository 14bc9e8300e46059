"""An export into the log: read, mapped, archived, one entry; the same file again changes nothing."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ccus.importers.batches import to_table
from ccus.importers.historian import Export, Reading, read_export
from ccus.importers.mapping import Imported, map_columns
from ccus.plant.times import Instant, utc_text
from methodology.base.errors import Finding, refuse

if TYPE_CHECKING:
    from ccus.log.session import Session


@dataclass(frozen=True)
class Stored:
    """What an import did.

    Parameters
    ----------
    entry : str
        Id of its entry in the log.
    changed : bool
        False where the same file under the same mapping stood there already.
    readings : int
    tags : tuple of str
    start, end : str
        First and last reading, UTC.
    findings : tuple of Finding
    """

    entry: str
    changed: bool
    readings: int
    tags: tuple[str, ...]
    start: str
    end: str
    findings: tuple[Finding, ...]


def read_mapping(path: Path | None) -> dict[str, str]:
    """Columns to tags from the ``[tags]`` table of a TOML file.

    Raises
    ------
    InputError
        CC-IMP-21 not a mapping.
    """
    if path is None:
        return {}
    try:
        tags = tomllib.loads(path.read_text(encoding="utf-8"))["tags"]
        if not isinstance(tags, dict) or not all(isinstance(tag, str) for tag in tags.values()):
            raise TypeError("values that are no tags")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise refuse(
            "CC-IMP-21", str(path), str(error) or "no [tags]", "a TOML file with a table [tags]",
            "`ccus import --propose` writes one.",
        ) from None  # fmt: skip
    return dict(tags)


def store_export(
    log: Session, path: Path, author: str, mapping: Mapping[str, str] | None = None, how: Reading | None = None
) -> Stored:
    """Read an export whole, then keep it: the file as it came, its readings as Parquet, one entry.

    Parameters
    ----------
    log : Session
    path : Path
    author : str
    mapping : mapping of column to tag, optional
    how : Reading, optional
        Without a zone the plant's is taken.

    Returns
    -------
    Stored

    Raises
    ------
    InputError
        Everything wrong with the file or its mapping at once; then nothing has been stored.
    """
    how = how or Reading()
    if how.zone is None:
        how = Reading(log.plant.zone, how.fold, how.time_format, how.empty_is_missing)
    export = read_export(path, how)
    imported = map_columns(export, log.plant, mapping)
    if not imported.series or not sum(len(series) for series in imported.series):
        raise refuse("CC-IMP-02", export.name, "no reading of a known meter", "at least one")
    entry_id = _entry_id(export, imported, how)
    there = log.ledger.entry(entry_id) is not None
    if not there:
        _keep(log, path, author, entry_id, export, imported)
    first, last = _span(imported)
    return Stored(
        entry_id,
        not there,
        sum(len(series) for series in imported.series),
        tuple(series.tag for series in imported.series),
        utc_text(first),
        utc_text(last),
        tuple(imported.findings),
    )


def _entry_id(export: Export, imported: Imported, how: Reading) -> str:
    """Id by content: the file's bytes and how they were read."""
    reading = [how.zone.key if how.zone else None, how.fold, how.time_format, how.empty_is_missing]
    text = json.dumps([imported.columns, sorted(imported.ignored), reading], sort_keys=True, ensure_ascii=False)
    return f"import-{export.sha256[:16]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _span(imported: Imported) -> tuple[datetime, datetime]:
    with_any = [series for series in imported.series if len(series)]
    first = min(float(series.time_s[0]) for series in with_any)
    last = max(float(series.time_s[-1]) for series in with_any)
    return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)


def _keep(log: Session, path: Path, author: str, entry_id: str, export: Export, imported: Imported) -> None:
    from ccus.log.entry import Draft

    first, last = _span(imported)
    archive = log.ledger.archive
    source = archive.put_file(path)
    table = archive.put_table(to_table(imported))
    files = [
        table
        | {"start": utc_text(first), "end": utc_text(last), "tags": sorted(series.tag for series in imported.series)},
        source,
    ]
    if export.audit:
        text = json.dumps(list(export.audit), ensure_ascii=False, sort_keys=True)
        files.append(archive.put_bytes(text.encode(), ".json"))
    body = {
        "source": {"name": path.name, "sha256": export.sha256, "bytes": source["bytes"]},
        "files": files,
        "mapping": dict(sorted(imported.columns.items())),
        "detail": {
            "ignored": sorted(imported.ignored),
            "audit_rows": len(export.audit),
            "findings": [f.code for f in imported.findings],
        },
    }
    local = last.astimezone(log.plant.zone)
    log.ledger.append(Draft(entry_id, "imported_batch", author, Instant(last, local.isoformat()), body))
