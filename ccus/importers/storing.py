"""An export into the log: read, mapped, archived, one entry; the same file again changes nothing."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ccus.importers.batches import to_table
from ccus.importers.historian import Column, Export, Reading, read_export
from ccus.importers.mapping import IGNORED, Imported, map_columns
from ccus.importers.overlap import differing
from ccus.plant.times import Instant, utc_text
from methodology.base.errors import Finding, Findings, InputError, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from ccus.log.session import Session
    from ccus.plant.model import Plant


@dataclass(frozen=True)
class Stored:
    """What an import did.

    Parameters
    ----------
    entry : str
        Id of its entry in the log.
    changed : bool
        False where the same file under the same mapping stood there already.
    withdrawn : bool
        It stood there and was taken back by a correction since.
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
    withdrawn: bool = False


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


@dataclass(frozen=True)
class Prepared:
    """An export read and mapped whole, not yet stored."""

    path: Path
    export: Export
    imported: Imported
    entry: str


def prepare_export(
    log: Session, path: Path, mapping: Mapping[str, str] | None = None, how: Reading | None = None
) -> Prepared:
    """Read and map an export; nothing is stored.

    Parameters
    ----------
    log : Session
    path : Path
    mapping : mapping of column to tag, optional
    how : Reading, optional
        Without a zone the plant's is taken.

    Raises
    ------
    InputError
        Everything wrong with the file or its mapping at once.
    """
    how = how or Reading()
    if how.zone is None:
        how = replace(how, zone=log.plant.zone)
    bulk = path.suffix.lower() == ".parquet"
    export = read_bulk(path, log.plant, mapping) if bulk else read_export(path, how, stop=False)
    _refuse_unrecorded(log, export, mapping or {})
    imported = map_columns(export, log.plant, mapping)
    if not sum(len(series) for series in imported.series):
        raise refuse("CC-IMP-02", export.name, "no reading of a known meter", "at least one")
    entry = _entry_id(export, imported, how)
    if log.ledger.entry(entry) is None:
        other = differing(log, imported.series, entry)
        if other:
            raise InputError(*other)
    return Prepared(path, export, imported, entry)


def _refuse_unrecorded(log: Session, export: Export, mapping: Mapping[str, str]) -> None:
    """Refuse an export for meters that stand in the plant file on the disk and in no version the log recorded.

    Raises
    ------
    InputError
        CC-LOG-16.
    """
    from ccus.plant.reading import load_plant

    wanted = {mapping.get(column.name, column.name) for column in export.columns}
    lacking = {tag for tag in wanted if tag and not log.plant.meters_of(tag)}
    if not lacking:
        return
    try:
        on_disk = load_plant(log.plant_path)
    except InputError as error:
        if _mentions(log.plant_path, lacking):
            raise InputError(*error.findings) from None
        return
    known = sorted(tag for tag in lacking if on_disk.meters_of(tag))
    if known:
        raise refuse(
            "CC-LOG-16",
            str(log.plant_path),
            phrase("meters that no recorded version has: {names}", names=", ".join(known)),
            "a plant file that the log recorded",
            phrase(
                "Nothing was stored. Record it first: ccus log {path} --plant-file --by NAME --reason WHY --since TIME",
                path=log.plant_path,
            ),
        )


def _mentions(path: Path, tags: set[str]) -> bool:
    """Whether the text of a plant file that cannot be read drafts one of the tags."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(f'"{tag}"' in text for tag in tags)


def keep_export(log: Session, prepared: Prepared, author: str) -> Stored:
    """Keep a prepared export: the file as it came, its readings as Parquet, one entry; once only."""
    imported = prepared.imported
    there = log.ledger.entry(prepared.entry) is not None
    if not there:
        _keep(log, prepared.path, author, prepared.entry, prepared.export, imported)
    first, last = _span(imported)
    return Stored(
        prepared.entry,
        not there,
        sum(len(series) for series in imported.series),
        tuple(series.tag for series in imported.series),
        utc_text(first),
        utc_text(last),
        tuple(imported.findings),
        there and _withdrawn(log, prepared.entry),
    )


def _withdrawn(log: Session, entry: str) -> bool:
    from ccus.log.views import standing

    items = standing(log.ledger, "imported_batch", withdrawn=True)
    return any(item.entry.id == entry and item.withdrawn for item in items)


def store_export(
    log: Session, path: Path, author: str, mapping: Mapping[str, str] | None = None, how: Reading | None = None
) -> Stored:
    """`prepare_export` and `keep_export` of one file: read whole, then kept, or refused and nothing stored."""
    return keep_export(log, prepare_export(log, path, mapping, how), author)


def read_bulk(path: Path, plant: Plant, mapping: Mapping[str, str] | None = None) -> Export:
    """A bulk Parquet file as an export of its hours; ranges of the plant file are applied reading by reading.

    Raises
    ------
    InputError
        As `ccus.importers.bulk.hourly`.
    """
    from ccus.importers.bulk import columns_of, hourly
    from methodology.base.files import sha256_of

    ignored = [name for name, tag in (mapping or {}).items() if tag == IGNORED]
    _, names = columns_of(path, ignored)
    limits, holds = {}, []
    for name in names:
        meters = plant.meters_of((mapping or {}).get(name, name))
        if meters and meters[-1].range is not None:
            limits[name] = meters[-1].range
        if meters and meters[-1].max_hold_s:
            holds.append(meters[-1].max_hold_s)
    start = datetime.fromtimestamp(0, plant.zone).utcoffset() or timedelta()
    shift_s = -start.total_seconds() % 3600
    hours = hourly(path, limits, min(holds, default=60.0), shift_s, ignored)
    columns = []
    for name in names:
        one = hours.series(name, name)
        columns.append(Column(name, "", one.time_s, one.value, one.severity, {}, one.hold_s))
    return Export(path.name, sha256_of(path), tuple(columns), (), Findings())


def _entry_id(export: Export, imported: Imported, how: Reading) -> str:
    """Id by content: the file's bytes and how they were read, units and states included.

    So a file that was read under a wrong unit can be read again once the plant file is right.
    """
    reading = [how.zone.key if how.zone else None, how.fold, how.time_format, how.empty_is_missing, how.decimal]
    units = {tag: asdict(unit) for tag, unit in imported.units.items()}
    text = json.dumps([imported.columns, sorted(imported.ignored), reading, units], sort_keys=True, ensure_ascii=False)
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
    source = archive.put_file(path, ".bulk" if path.suffix.lower() == ".parquet" else None)
    if source["sha256"] != export.sha256:
        expected = "the file as it was read"
        remedy = "Nothing was stored. Let the program that writes it finish, then import again."
        raise refuse("CC-IMP-01", path.name, "a file that changed while it was read", expected, remedy)
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
