"""Small ledgers for the trials: drafts of every kind, made from numbers alone."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ccus.log.entry import Draft
from ccus.log.ledger import Ledger
from ccus.plant.times import Instant, utc_text

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def reading(number: int, prefix: str = "r", author: str = "shift A") -> Draft:
    """A manual reading whose content follows from its number."""
    at = BEGIN + timedelta(seconds=number)
    body = {"tag": "FT601", "unit": "kg/h", "value": 2200.0 + number % 97}
    return Draft(f"{prefix}{number}", "manual_reading", author, Instant(at, utc_text(at)), body)


def note(number: int, text: str, prefix: str = "n") -> Draft:
    """A shift note of some length."""
    at = BEGIN + timedelta(seconds=number)
    return Draft(f"{prefix}{number}", "shift_note", "夜班", Instant(at, utc_text(at)), {"text": text})


def correction(number: int, of: str, value: float) -> Draft:
    """A correction of a reading."""
    at = BEGIN + timedelta(seconds=number)
    body = {"corrects": of, "reason": "Digits swapped.", "body": {"tag": "FT601", "unit": "kg/h", "value": value}}
    return Draft(f"c{number}", "correction", "shift B", Instant(at, utc_text(at)), body)


def small_ledger(folder: Path, entries: int, archive_rows: int = 0) -> Ledger:
    """A ledger of that many entries, with one archive file where rows are asked for."""
    ledger = Ledger.create(folder, "Trial plant", "shift A")
    ledger.append_many(reading(number) for number in range(1, entries - 2))
    ledger.append(note(entries, "Absorber inspected, no leak. 吸收塔已检查。"))
    ledger.append(correction(entries, "r1", 2210.5))
    if archive_rows:
        import pyarrow as pa

        stored = ledger.archive.put_table(pa.table({"seq": list(range(archive_rows))}))
        source = {"name": "export.csv", "sha256": stored["sha256"], "bytes": stored["bytes"]}
        at = Instant(BEGIN, utc_text(BEGIN))
        ledger.append(Draft("batch", "imported_batch", "shift A", at, {"source": source, "files": [stored]}))
    return ledger
