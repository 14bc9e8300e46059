"""Versions of the plant file: each recorded with its bytes, so that a report can name the one behind each period."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ccus.log.entry import Draft, Entry, Receipt
from ccus.log.kinds import When
from ccus.log.ledger import Ledger
from ccus.plant.model import Plant
from ccus.plant.reading import load_plant, plant_bytes
from ccus.plant.times import Instant, from_utc_text
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase


@dataclass(frozen=True)
class PlantVersion:
    """A recorded plant file and the part of a period it holds for (half-open, aware; None is an open end)."""

    entry_id: str
    sha256: str
    start: datetime | None
    end: datetime | None
    plant: Plant


def record_plant(
    ledger: Ledger, path: Path, author: str, at: Instant, *, reason: str = "", applies_from: Instant | None = None
) -> Receipt:
    """Put the plant file as it is now into the log.

    Parameters
    ----------
    ledger : Ledger
    path : Path
        The plant file; it is checked first.
    author, reason : str
        Who changed it and why.
    at : Instant
        When it was changed.
    applies_from : Instant, optional
        Since when it holds; needed for every version but the first, which always did.

    Returns
    -------
    Receipt
        Unchanged where these bytes are already the version recorded last.

    Raises
    ------
    InputError
        CC-PLANT-… faults of the file; CC-LOG-12 another plant's; CC-LOG-16 no word on when a new version applies.
    """
    data = plant_bytes(path)
    plant = load_plant(data, path.name)
    _same_plant(ledger, plant, path)
    recorded = list(ledger.entries("plant_file"))
    if recorded and recorded[-1].body["sha256"] == plant.sha256:
        return Receipt(recorded[-1].seq, recorded[-1].id, recorded[-1].hash, changed=False)
    if recorded and (applies_from is None or not reason):
        raise refuse(
            "CC-LOG-16",
            str(path),
            "a changed plant file without its reason or the time it applies from",
            "both",
            "Say since when it holds and why it changed.",
        )
    body = {"name": path.name, "text": data.decode("utf-8"), "sha256": plant.sha256, "reason": reason}
    if recorded and applies_from is not None:
        body["applies_from"] = When.of(applies_from)  # type: ignore[assignment]
    return ledger.append(Draft(f"plant-{len(recorded)}-{plant.sha256[:16]}", "plant_file", author, at, body))


def plant_versions(
    ledger: Ledger, start: datetime | None = None, end: datetime | None = None
) -> tuple[PlantVersion, ...]:
    """The plant files that hold in a period, in the order of time; where two speak of one moment, the later recorded.

    Parameters
    ----------
    start, end : datetime, optional
        Half-open period (aware); None is an open end.

    Raises
    ------
    InputError
        CC-LOG-16 no plant file is recorded.
    """
    entries = list(ledger.entries("plant_file"))
    if not entries:
        raise refuse(
            "CC-LOG-16",
            str(ledger.path),
            "no plant file in the log",
            "at least one",
            "Record it: ccus log PLANT --plant-file",
        )
    return tuple(
        PlantVersion(entry.id, entry.body["sha256"], first, last, _plant(entry))
        for entry, first, last in _pieces(entries, start, end)
    )


def recorded_plant(ledger: Ledger, path: Path) -> Plant:
    """The plant file on the disk, if it is the version recorded last.

    Raises
    ------
    InputError
        CC-LOG-16 it was changed and not recorded; CC-LOG-12 another plant's; CC-PLANT-… faults of the file.
    """
    plant = load_plant(path)
    _same_plant(ledger, plant, path)
    last = _last(ledger)
    if last is None or last.body["sha256"] != plant.sha256:
        known = (
            "none"
            if last is None
            else phrase(
                "the version of {at_stated} ({sha256})", at_stated=last.at_stated, sha256=last.body["sha256"][:16]
            )
        )
        raise refuse(
            "CC-LOG-16",
            str(path),
            phrase(
                "a version that is not in the log ({sha256}; recorded last: {known})",
                sha256=plant.sha256[:16],
                known=known,
            ),
            "the version recorded last",
            phrase("Record it: ccus log {path} --plant-file --by NAME --reason WHY --since TIME", path=path),
        )
    return plant


def last_recorded(ledger: Ledger) -> Plant:
    """The plant file recorded last.

    Raises
    ------
    InputError
        CC-LOG-16 none is recorded.
    """
    last = _last(ledger)
    if last is None:
        raise _none_recorded(ledger)
    return _plant(last)


def _last(ledger: Ledger) -> Entry | None:
    return next(iter(deque(ledger.entries("plant_file"), maxlen=1)), None)


def _none_recorded(ledger: Ledger) -> InputError:
    remedy = "Record it: ccus log PLANT --plant-file"
    return refuse("CC-LOG-16", str(ledger.path), "no plant file in the log", "at least one", remedy)


def _same_plant(ledger: Ledger, plant: Plant, path: Path) -> None:
    if plant.name != ledger.plant_name:
        raise refuse(
            "CC-LOG-12",
            str(path),
            phrase("plant {plant!r}", plant=plant.name),
            phrase("{plant_name!r}, whose log this is", plant_name=ledger.plant_name),
            "A plant keeps its name for the life of its log.",
        )


def _plant(entry: Entry) -> Plant:
    return load_plant(
        entry.body["text"].encode("utf-8"),
        phrase("{name} of {at_stated}", name=entry.body["name"], at_stated=entry.at_stated),
    )


def _pieces(
    entries: Sequence[Entry], start: datetime | None, end: datetime | None
) -> Iterable[tuple[Entry, datetime | None, datetime | None]]:
    """Walk through time; at each moment the version recorded last among those that have begun."""
    begins = [(from_utc_text(e.body["applies_from"]["utc"]) if e.body.get("applies_from") else None) for e in entries]
    marks = sorted({moment for moment in begins if moment is not None})
    if start is not None:
        marks = [start, *(mark for mark in marks if mark > start)]
    edges: list[datetime | None] = [*marks] if start is not None else [None, *marks]
    edges = [edge for edge in edges if edge is None or end is None or edge < end]
    pieces: list[list] = []
    for number, edge in enumerate(edges):
        until = edges[number + 1] if number + 1 < len(edges) else end
        holding = [
            entry
            for entry, begin in zip(entries, begins, strict=True)
            if begin is None or (edge is not None and begin <= edge)
        ][-1]
        if pieces and pieces[-1][0] is holding:
            pieces[-1][2] = until
        else:
            pieces.append([holding, edge, until])
    return [(entry, first, last) for entry, first, last in pieces]
