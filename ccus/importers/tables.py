"""Bytes of an export to rows of cells: CSV in the encodings met in the field, XLSX sheet by sheet."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from methodology.base.errors import refuse

ENCODINGS = ("utf-8-sig", "gb18030")
LARGEST_CSV_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Sheet:
    """Rows of cells as read: text from CSV; text, numbers and datetimes from XLSX."""

    name: str
    rows: list[list[object]]
    decimal_comma: bool = False


def read_sheets(path: Path, data: bytes) -> list[Sheet]:
    """All tables of an export.

    Parameters
    ----------
    path : Path
        For its name; nothing is opened.
    data : bytes
        Content of the file.

    Raises
    ------
    InputError
        CC-IMP-01 not a table this program reads, or cut short.
    """
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        return _xlsx(path, data)
    if suffix in (".csv", ".txt", ".tsv"):
        return [_csv(path, data)]
    raise refuse("CC-IMP-01", path.name, suffix or "no suffix", ".csv, .tsv, .txt, .xlsx or .parquet")


def _csv(path: Path, data: bytes) -> Sheet:
    text = _decoded(path, data)
    if not text.strip():
        raise refuse("CC-IMP-01", path.name, "an empty file", "a table")
    head = "\n".join(text.splitlines()[:50])
    delimiter = max((",", ";", "\t"), key=head.count)
    rows: list[list[object]] = [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    while rows and not any(str(cell).strip() for cell in rows[-1]):
        rows.pop()
    if not text.endswith(("\n", "\r")) and len(rows) > 1 and len(rows[-1]) < len(rows[-2]):
        raise refuse(
            "CC-IMP-01",
            f"{path.name}, last row",
            f"{len(rows[-1])} cells where the row before has {len(rows[-2])}",
            "a whole file",
            "The file was cut short: export it again.",
        )
    return Sheet(path.stem, rows, decimal_comma=delimiter == ";" and _has_decimal_comma(rows))


def _has_decimal_comma(rows: list[list[object]]) -> bool:
    cells = [str(cell) for row in rows[:200] for cell in row[1:]]
    return any("," in cell and cell.replace(",", "").strip("+-").isdigit() for cell in cells)


def _decoded(path: Path, data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise refuse("CC-IMP-01", path.name, "bytes that are no text", "CSV in UTF-8, UTF-16 or GB 18030")


def _xlsx(path: Path, data: bytes) -> list[Sheet]:
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise refuse(
            "CC-IMP-01", path.name, f"no readable workbook ({error})", "an XLSX workbook", "Export it again."
        ) from None
    sheets = []
    for sheet in book.worksheets:
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        while rows and all(cell is None for cell in rows[-1]):
            rows.pop()
        sheets.append(Sheet(sheet.title, rows))
    book.close()
    return sheets
