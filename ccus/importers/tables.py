"""Bytes of an export to rows of cells: CSV in the encodings met in the field, XLSX sheet by sheet."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ccus.importers.cells import decimal_marks
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

ENCODINGS = ("utf-8-sig", "gb18030")
LARGEST_WORKBOOK_BYTES = 2_000_000_000
ROWS_LOOKED_AT = 5_000  # for the mark of decimals; a later cell of the other kind is told as unknown text


@dataclass(frozen=True)
class Sheet:
    """Rows of cells as read: text from CSV; text, numbers and datetimes from XLSX. `decimal` is the mark of its texts."""

    name: str
    rows: list[list[object]]
    decimal: str = "."


def read_sheets(path: Path, data: bytes, decimal: str | None = None) -> list[Sheet]:
    """All tables of an export.

    Parameters
    ----------
    path : Path
        For its name; nothing is opened.
    data : bytes
        Content of the file.
    decimal : {".", ","}, optional
        Mark of its decimals; worked out from the file where it is not stated.

    Raises
    ------
    InputError
        CC-IMP-01 not a table this program reads, or cut short; CC-IMP-22 decimals and thousands not told apart.
    """
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        return _xlsx(path, data, decimal)
    if suffix in (".csv", ".txt", ".tsv"):
        return [_csv(path, data, decimal)]
    raise refuse("CC-IMP-01", path.name, suffix or "no suffix", ".csv, .tsv, .txt, .xlsx or .parquet")


def _csv(path: Path, data: bytes, decimal: str | None) -> Sheet:
    text = _decoded(path, data)
    if not text.strip():
        raise refuse("CC-IMP-01", path.name, "an empty file", "a table")
    delimiter = _delimiter(text)
    try:
        rows: list[list[object]] = [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise refuse(
            "CC-IMP-01", path.name, phrase("no readable table ({error})", error=error), "CSV", "Export it again."
        ) from None
    while rows and not any(str(cell).strip() for cell in rows[-1]):
        rows.pop()
    if not text.endswith(("\n", "\r")) and len(rows) > 1 and len(rows[-1]) < len(rows[-2]):
        raise refuse(
            "CC-IMP-01",
            phrase("{path}, last row", path=path.name),
            phrase("{n} cells where the row before has {n2}", n=len(rows[-1]), n2=len(rows[-2])),
            "a whole file",
            "The file was cut short: export it again.",
        )
    return Sheet(path.stem, rows, decimal or _decimal(path.name, rows, points_usual=delimiter != ";"))


def _delimiter(text: str) -> str:
    """The delimiter that gives most of the first rows the same number of cells; a comma last, as it may be decimal."""
    head = text.splitlines()[:60]
    best, most = ",", 0
    for delimiter in ("\t", ";", ","):
        try:
            widths = Counter(len(row) for row in csv.reader(head, delimiter=delimiter) if len(row) > 1)
        except csv.Error:
            continue
        agree = max(widths.values(), default=0)
        if agree > most:
            best, most = delimiter, agree
    return best


def _decimal(name: str, rows: list[list[object]], points_usual: bool) -> str:
    """The mark of decimals, from cells that can only be read one way.

    Raises
    ------
    InputError
        CC-IMP-22 cells of both kinds, or only such as 1,234 that can be read both ways.
    """
    seen: dict[str, str] = {}
    for number, row in enumerate(rows[:ROWS_LOOKED_AT], start=1):
        for cell in row:
            marks = decimal_marks(cell)
            if marks:
                key = marks if len(marks) == 1 else f"either {',' if ',' in str(cell) else '.'}"
                seen.setdefault(key, f"{str(cell).strip()!r} in row {number}")
    if "." in seen and "," in seen:
        found = phrase("{value} and {value2}", value=seen["."], value2=seen[","])
    elif "." in seen or "," in seen:
        return "." if "." in seen else ","
    elif "either ," in seen or ("either ." in seen and not points_usual):
        found = seen.get("either ,") or seen["either ."]
    else:
        return "."
    remedy = "Say which it is: --decimal point or --decimal comma."
    raise refuse("CC-IMP-22", name, found, "one mark for decimals", remedy)


def _decoded(path: Path, data: bytes) -> str:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise refuse("CC-IMP-01", path.name, "bytes that are no text", "CSV in UTF-8, UTF-16 or GB 18030")


def _xlsx(path: Path, data: bytes, decimal: str | None) -> list[Sheet]:
    import openpyxl

    sheets = []
    try:
        _refuse_bomb(zipfile.ZipFile(io.BytesIO(data)), path.name)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = [list(row) for row in sheet.iter_rows(values_only=True)]
            while rows and all(cell is None for cell in rows[-1]):
                rows.pop()
            place = f"{path.name}, {sheet.title}"
            sheets.append(Sheet(sheet.title, rows, decimal or _decimal(place, rows, points_usual=True)))
        book.close()
    except (
        zipfile.BadZipFile,
        zlib.error,
        LookupError,
        ValueError,
        TypeError,
        OSError,
        EOFError,
        SyntaxError,
    ) as error:
        raise refuse(
            "CC-IMP-01",
            path.name,
            phrase("no readable workbook ({error})", error=error),
            "an XLSX workbook",
            "Export it again.",
        ) from None
    return sheets


def _refuse_bomb(book: zipfile.ZipFile, name: str) -> None:
    unpacked = sum(part.file_size for part in book.infolist())
    if unpacked > LARGEST_WORKBOOK_BYTES:
        found = phrase("{unpacked:,} bytes once unpacked", unpacked=unpacked)
        remedy = "Export shorter periods, or CSV."
        raise refuse(
            "CC-IMP-01",
            name,
            found,
            phrase("at most {largest_workbook_bytes:,}", largest_workbook_bytes=LARGEST_WORKBOOK_BYTES),
            remedy,
        )
