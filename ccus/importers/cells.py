"""One cell of an export: a number, a state word, nothing; one time stamp; one quality code."""

from __future__ import annotations

import csv
import functools
import math
import re
from datetime import datetime
from importlib import resources
from zoneinfo import ZoneInfo

from ccus.plant.times import instant
from ccus.streams.series import BAD, GOOD, UNCERTAIN
from methodology.base.errors import refuse

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b")


@functools.cache
def status_words() -> dict[str, str]:
    """State words that historians write in place of a number, and their severity."""
    text = resources.files("ccus.importers").joinpath("status_words.csv").read_text(encoding="utf-8")
    return {row["word"]: row["severity"] for row in csv.DictReader(text.splitlines())}


def number(cell: object, decimal_comma: bool = False) -> float | None:
    """A cell as a number, or None where it is none. A decimal comma is read only where the file uses one."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    text = str(cell).strip()
    if decimal_comma:
        text = text.replace(".", "").replace(",", ".") if text.count(",") == 1 else text
    elif _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return float(text) if _NUMBER.fullmatch(text) else None


def is_empty(cell: object) -> bool:
    """Nothing stands in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def looks_like_time(cell: object) -> bool:
    """Whether a cell can be a time stamp."""
    if isinstance(cell, datetime):
        return True
    text = str(cell).strip() if cell is not None else ""
    return bool(_TIME.fullmatch(text) or (_DAY_OR_MONTH_FIRST.match(text) and ":" in text))


def time_s(cell: object, zone: ZoneInfo | None, fold: int | None, form: str | None, place: str) -> float:
    """A time stamp in seconds since 1970 UTC.

    Parameters
    ----------
    cell : str or datetime
    zone : ZoneInfo, optional
        Of stamps without an offset.
    fold : {0, 1}, optional
        Which of two equal local times is meant.
    form : str, optional
        `strptime` form for stamps that begin with the day or the month.

    Raises
    ------
    InputError
        CC-IMP-10 not readable, day and month not told apart, or local without a zone; CC-PLANT-07, CC-PLANT-08
        local times that occur twice or not at all.
    """
    moment = cell if isinstance(cell, datetime) else _parsed(str(cell).strip(), form, place)
    if moment.tzinfo is not None:
        return moment.timestamp()
    if zone is None:
        raise refuse(
            "CC-IMP-10",
            place,
            f"{moment.isoformat()} without an offset",
            "a time with its offset, or the plant's zone",
            "Import with the plant file, which names the zone of the plant's clocks.",
        )
    return instant(moment, zone, fold=fold, place=place).utc.timestamp()


def _parsed(text: str, form: str | None, place: str) -> datetime:
    if form:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            raise refuse("CC-IMP-10", place, repr(text), f"a time of the form {form}") from None
    match = _TIME.fullmatch(text)
    if match is None:
        if _DAY_OR_MONTH_FIRST.match(text):
            raise refuse(
                "CC-IMP-10",
                place,
                repr(text),
                "a year first, or a stated form",
                "Day and month cannot be told apart: give --time-format, for example '%d/%m/%Y %H:%M'.",
            )
        raise refuse("CC-IMP-10", place, repr(text), "a time such as 2025-07-01T00:10:00+08:00")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    written = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second or '00'}{fraction or ''}{offset or ''}"
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise refuse("CC-IMP-10", place, repr(text), "a time that exists") from None


def severity_of_code(cell: object, place: str) -> int:
    """Severity of an OPC quality: a DA byte (192 good, 64 uncertain, 0 bad), a UA status code, or its word.

    Raises
    ------
    InputError
        CC-IMP-16 for a code that is none of these.

    Notes
    -----
    Two top bits of the DA byte: 11 good, 01 uncertain, 00 bad; of the 32-bit UA code: 00 good, 01 uncertain,
    10 bad. Codes above 255 are UA codes. Source: opcua-13.
    """
    text = str(cell).strip()
    word = text.lower()
    for name, severity in (("good", GOOD), ("uncertain", UNCERTAIN), ("bad", BAD)):
        if word.startswith(name):
            return severity
    try:
        code = int(text, 16) if word.startswith("0x") else int(float(text))
    except ValueError:
        code = -1
    if word.startswith("0x") or code > 255:
        top = (code >> 30) & 0b11
        return {0: GOOD, 1: UNCERTAIN}.get(top, BAD)
    if 0 <= code <= 255 and (code >> 6) != 0b10:
        return {0b11: GOOD, 0b01: UNCERTAIN, 0b00: BAD}[code >> 6]
    raise refuse(
        "CC-IMP-16",
        place,
        repr(text),
        "an OPC quality: 192 good, 64 uncertain, 0 bad, a UA status code, or Good, Uncertain, Bad",
        "Say what the column means, or leave it out of the export.",
    )
