"""One cell of an export: a number, a state word, nothing; one time stamp; one quality code."""

from __future__ import annotations

import csv
import functools
import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

from ccus.plant.times import instant
from ccus.streams.series import BAD, GOOD, UNCERTAIN
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_SWAPPED = str.maketrans(",.", ".,")
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b")
_CODE = re.compile(r"0x[0-9a-f]{1,8}|(\d{1,10})(?:\.0+)?")
_LARGEST_FLAGS = 0xFFFF  # the low half of a UA code says nothing of good or bad
EXCEL = "excel"
"""Time form of stamps that are day numbers of a spreadsheet."""
EXCEL_BEGIN = datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000.0, 80_000.0)  # 1954 to 2119: a day number and hardly a reading's time otherwise


@functools.cache
def status_words() -> dict[str, str]:
    """State words that historians write in place of a number, and their severity."""
    text = resources.files("ccus.importers").joinpath("status_words.csv").read_text(encoding="utf-8")
    return {row["word"]: row["severity"] for row in csv.DictReader(text.splitlines())}


def number(cell: object, decimal: str = ".") -> float | None:
    """A cell as a number, or None where it is none; the other mark is read as one of thousands, in groups of three."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    text = str(cell).strip()
    if decimal == ",":
        text = text.translate(_SWAPPED)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def decimal_marks(cell: object) -> str:
    """Marks a cell can have for decimals: "." or "," where only one makes sense, ".," where both do, "" for neither."""
    text = str(cell).strip() if isinstance(cell, str) else ""
    if not (text and text[-1].isdigit()) or ("." not in text and "," not in text):
        return ""
    read = {mark: number(text, mark) for mark in ".,"}
    return "".join(mark for mark, value in read.items() if value is not None) if len(set(read.values())) > 1 else ""


def is_empty(cell: object) -> bool:
    """Nothing stands in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def looks_like_time(cell: object, form: str | None = None) -> bool:
    """Whether a cell can be a time stamp, written in the stated form where there is one."""
    if isinstance(cell, datetime):
        return True
    text = str(cell).strip() if cell is not None else ""
    if form == EXCEL:
        return day_number(cell) is not None
    if form:
        try:
            datetime.strptime(text, form)
        except ValueError:
            return False
        return True
    return bool(_TIME.fullmatch(text) or (_DAY_OR_MONTH_FIRST.match(text) and ":" in text))


def day_number(cell: object) -> float | None:
    """A spreadsheet's day number, or None."""
    days = number(cell) if cell is not None else None
    return days if days is not None and _EXCEL_DAYS[0] <= days <= _EXCEL_DAYS[1] else None


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
        `strptime` form for stamps that begin with the day or the month; "excel" for day numbers of a spreadsheet.

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
            phrase("{moment} without an offset", moment=moment.isoformat()),
            "a time with its offset, or the plant's zone",
            "Import with the plant file, which names the zone of the plant's clocks.",
        )
    return instant(moment, zone, fold=fold, place=place).utc.timestamp()


def _parsed(text: str, form: str | None, place: str) -> datetime:
    if form == EXCEL:
        days = day_number(text)
        if days is None:
            raise refuse("CC-IMP-10", place, repr(text), "a day number such as 45839.25")
        # A day number carries some ten digits: milliseconds are meant, microseconds are rounding.
        return EXCEL_BEGIN + timedelta(milliseconds=round(days * 86_400_000))
    if form:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            raise refuse("CC-IMP-10", place, repr(text), phrase("a time of the form {form}", form=form)) from None
    match = _TIME.fullmatch(text)
    if match is None:
        raise _unread(text, place)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    midnight = int(hour) == 24 and not any(int(part or 0) for part in (minute, second, (fraction or "")[1:]))
    hour = "00" if midnight else hour
    written = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second or '00'}{fraction or ''}{offset or ''}"
    try:
        # 24:00 is the midnight that ends a day (ISO 8601).
        return datetime.fromisoformat(written) + timedelta(days=midnight)
    except (ValueError, OverflowError):
        raise refuse("CC-IMP-10", place, repr(text), "a time that exists") from None


def _unread(text: str, place: str) -> InputError:
    if _DAY_OR_MONTH_FIRST.match(text):
        remedy = "Day and month cannot be told apart: give --time-format, for example '%d/%m/%Y %H:%M'."
        return refuse("CC-IMP-10", place, repr(text), "a year first, or a stated form", remedy)
    if day_number(text) is not None:
        remedy = "If these are day numbers of a spreadsheet give --time-format excel."
        return refuse("CC-IMP-10", place, repr(text), "a time such as 2025-07-01T00:10:00+08:00", remedy)
    found = repr(text) if text and text != "None" else "no time"
    remedy = "Give --time-format for another form; delete rows that are no readings."
    return refuse("CC-IMP-10", place, found, "a time such as 2025-07-01T00:10:00+08:00", remedy)


def quality_code(cell: object) -> int | None:
    """The number of an OPC quality, decimal or 0x…; None for anything else."""
    text = str(cell).strip().lower()
    match = _CODE.fullmatch(text)
    if match is None:
        return None
    return int(text, 16) if text.startswith("0x") else int(match[1])


def quality_scheme(cells: Iterable[object]) -> str | None:
    """Which OPC the quality codes of a file are of: "da" (a byte, 192 good) or "ua" (32 bits, 0 good).

    None where nothing but zeros stands: bad in the one, good in the other. Source: opcua-13.
    """
    scheme = None
    for cell in cells:
        code = quality_code(cell)
        if code is not None and (code > _LARGEST_FLAGS or str(cell).strip().lower().startswith("0x")):
            return "ua"
        if code:
            scheme = "da"
    return scheme


def severity_of_code(cell: object, place: str, scheme: str | None = None) -> int:
    """Severity of an OPC quality: a DA byte (192 good, 64 uncertain, 0 bad), a UA status code, or its word.

    Parameters
    ----------
    cell : object
    place : str
    scheme : {"da", "ua"}, optional
        What the codes of the whole file are; see `quality_scheme`.

    Raises
    ------
    InputError
        CC-IMP-16 for a code that is none of these, or a zero that may be either's.

    Notes
    -----
    Two top bits of the DA byte: 11 good, 01 uncertain, 00 bad; of the 32-bit UA code: 00 good, 01 uncertain,
    10 bad. Source: opcua-13.
    """
    text = str(cell).strip()
    for name, severity in (("good", GOOD), ("uncertain", UNCERTAIN), ("bad", BAD)):
        if text.lower().startswith(name):
            return severity
    code = quality_code(cell)
    scheme = scheme or quality_scheme([cell])
    if code == 0 and scheme is None:
        expected = "at least one other code in the file"
        remedy = "Zero is bad in OPC DA and good in OPC UA: export the words, or other codes with them."
        raise refuse("CC-IMP-16", place, "nothing but zeros", expected, remedy)
    if code is not None and scheme == "ua" and code < 1 << 32:
        return {0: GOOD, 1: UNCERTAIN}.get(code >> 30, BAD)
    if code is not None and code <= 255 and (code >> 6) != 0b10:
        return {0b11: GOOD, 0b01: UNCERTAIN, 0b00: BAD}[code >> 6]
    raise refuse(
        "CC-IMP-16",
        place,
        repr(text),
        "an OPC quality: 192 good, 64 uncertain, 0 bad, a UA status code, or Good, Uncertain, Bad",
        "Say what the column means, or leave it out of the export.",
    )
