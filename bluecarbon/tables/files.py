"""Opening CSV and XLSX files as plain text cells."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bluecarbon.tables.marks import TableFindings
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

TEXT = (".csv", ".tsv", ".txt")
MISSING = {"NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A"}
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Raw:
    """Cells of a file as text, by column. `rows` are row numbers in the file."""

    header: list[str]
    columns: list[list[str]]
    rows: list[int]


def raw_cells(path: Path, table: str, findings: TableFindings, *, sheet: str | None, encoding: str | None) -> Raw:
    """Read a table as text cells; missing-value words become empty text.

    Parameters
    ----------
    path : Path
        CSV, TSV or TXT (also gzipped) or XLSX.
    table : str
        Name of the table; a sheet of that name is taken where a workbook has several.
    findings : TableFindings
        Takes up what is wrong with single cells or rows.
    sheet, encoding : str, optional
        As in `bluecarbon.tables.schema.read_table`.

    Raises
    ------
    InputError
        BC-TAB-01 no table in the file; BC-TAB-02 text of another encoding; BC-TAB-16 several sheets.
    """
    if not path.is_file():
        raise refuse("BC-TAB-01", str(path), "no such file", "a table in CSV or XLSX", "Check the path.")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = (suffixes[:-1] if packed else suffixes)[-1:]
    if suffix and suffix[0] in TEXT:
        lines = _text_rows(path, packed, encoding)
    elif suffix == [".xlsx"] and not packed:
        lines = _sheet_rows(path, table, sheet)
    else:
        raise refuse("BC-TAB-01", str(path), "".join(suffixes) or "no ending", "a file .csv, .tsv, .csv.gz or .xlsx")
    numbered = [(number, row) for number, row in enumerate(lines, start=1) if any(cell.strip() for cell in row)]
    if not numbered:
        raise refuse("BC-TAB-01", str(path), "an empty file", "a header and at least one row")
    (_, header), *body = numbered
    while header and not header[-1].strip() and all(len(row) < len(header) or not row[-1] for _, row in body):
        header = header[:-1]
        body = [(number, row[: len(header)]) for number, row in body]
    if not body:
        raise refuse("BC-TAB-01", str(path), "a header without rows", "at least one row of values")
    width = len(header)
    long = [(number, row) for number, row in body if any(cell.strip() for cell in row[width:])]
    findings.add_rows(
        "BC-TAB-14",
        phrase("whole row"),
        [number for number, _ in long],
        [f"{len(row)} cells" for _, row in long],
        phrase("{width} cells, as in the header", width=width),
        "A separator inside a cell, or an unquoted text with commas? Quote the text.",
    )
    table_rows = [[*row[:width], *[""] * (width - len(row))] for _, row in body]
    columns = [
        ["" if cell.strip() in MISSING else cell.strip() for cell in column] for column in zip(*table_rows, strict=True)
    ]
    return Raw(header, columns, [number for number, _ in body])


def sheet_names(path: Path) -> list[str]:
    """Sheets of a workbook; empty for anything else or what cannot be opened."""
    if path.suffix.lower() != ".xlsx" or not path.is_file():
        return []
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return []
    names = list(book.sheetnames)
    book.close()
    return names


def _text_rows(path: Path, packed: bool, encoding: str | None) -> list[list[str]]:
    try:
        data = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    except (OSError, EOFError) as error:
        raise refuse("BC-TAB-01", str(path), error, "a readable file") from None
    if encoding is None:
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise refuse(
            "BC-TAB-02",
            str(path),
            phrase("bytes that are not {encoding}", encoding=encoding.replace("-sig", "")),
            "text in UTF-8",
            "Save as 'CSV UTF-8', or name the encoding: --encoding gb18030 (Chinese Windows), cp1252 (Western).",
        ) from None
    if "\x00" in text:
        raise refuse("BC-TAB-02", str(path), "binary data", "text", "Export the table as CSV or XLSX.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    csv.field_size_limit(1 << 24)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise refuse("BC-TAB-01", str(path), error, "a well-formed CSV file") from None


def _sheet_rows(path: Path, table: str, sheet: str | None) -> list[list[str]]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise refuse("BC-TAB-01", str(path), error, "a workbook that opens", "Save it again as .xlsx.") from None
    names = book.sheetnames
    wanted = sheet or (table if table in names else names[0] if len(names) == 1 else None)
    if wanted not in names:
        raise refuse(
            "BC-TAB-16",
            str(path),
            phrase(
                "sheets {names}{rest}",
                names=", ".join(names),
                rest=phrase(", not {sheet}", sheet=sheet) if sheet else "",
            ),
            phrase("one sheet, or a sheet named {table}", table=table),
            "Name the sheet: --sheet NAME.",
        )
    rows = [[_cell_text(cell) for cell in row] for row in book[wanted].iter_rows(values_only=True)]
    book.close()
    return rows


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat()
    return str(cell)
