"""Cells of a table as text, under lower-case column names, with their place for findings."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from bluecarbon.tables.files import raw_cells
from bluecarbon.tables.marks import TableFindings
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

NUMBER_WITH = {
    ",": re.compile(r"[+-]?\d*(?:,\d+)+(?:[eE][+-]?\d+)?"),
    ".": re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?"),
}
NAMES = ("lulc-class", "raster_path", "from", "to", "zone", "gas-source")
"""Columns of text, in which a comma between digits is nothing to wonder at."""
SHOWN = 3


@dataclass(frozen=True)
class Text:
    """How text of the tables is written.

    Parameters
    ----------
    encoding : str, optional
        Of CSV files, and of a shapefile that does not say; UTF-8 without.
    decimal : {".", ","}
        Sign between whole and fraction.
    """

    encoding: str | None = None
    decimal: str = "."


PLAIN = Text()


@dataclass
class Cells:
    """A table as text, by column name in lower case."""

    source: str
    columns: dict[str, list[str]]
    rows: list[int]

    def place(self, position: int, column: str) -> str:
        """Where a cell stands, for a finding."""
        return phrase("{source}, row {row}, {column}", source=self.source, row=self.rows[position], column=column)


def read_cells(path: Path, findings: Findings, text: Text = PLAIN) -> Cells:
    """Text cells of a CSV or XLSX under lower-case column names; numbers with a decimal point, however they were written.

    Takes BC-TAB-03 a column twice, and BC-TAB-06, once, for numbers with another decimal sign than declared.

    Raises
    ------
    InputError
        BC-TAB-01, BC-TAB-02 or BC-TAB-16 where there is no table to read.
    """
    marks = TableFindings(source=path.name)
    raw = raw_cells(path, "projection", marks, sheet=None, encoding=text.encoding)
    findings.extend(marks)
    names = [_unbroken(name.replace("\ufeff", "")).strip().lower() for name in raw.header]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        findings.add(
            "BC-TAB-03",
            phrase("{path}, header", path=path.name),
            phrase("{name} twice", name=name),
            "each column once",
            "Remove one of them.",
        )
    cells = Cells(path.name, dict(zip(names, raw.columns, strict=True)), raw.rows)
    _settle_decimals(cells, text.decimal, findings)
    return cells


def _settle_decimals(cells: Cells, decimal: str, findings: Findings) -> None:
    """Turn decimal commas into points; where they were not declared they are refused together, not cell by cell."""
    other = "." if decimal == "," else ","
    foreign: list[tuple[str, str]] = []
    for name, column in cells.columns.items():
        if name in NAMES:
            continue
        foreign += [(cells.place(n, name), cell) for n, cell in enumerate(column) if NUMBER_WITH[other].fullmatch(cell)]
        cells.columns[name] = [
            cell.replace(",", ".") if NUMBER_WITH[","].fullmatch(cell) else cell for cell in column
        ]  # fmt: skip
    if not foreign:
        return
    shown = "; ".join(cell for _, cell in foreign[:SHOWN]) + (" …" if len(foreign) > SHOWN else "")
    findings.add(
        "BC-TAB-06",
        foreign[0][0],
        phrase("{n} numbers with another decimal sign: {shown}", n=len(foreign), shown=shown),
        phrase("numbers with {decimal!r}, without thousands separators", decimal=decimal),
        "Write every number the same way."
        if decimal == ","
        else "If the table uses decimal commas, say it: --decimal , (a comma is never assumed).",
    )


def _unbroken(name: str) -> str:
    """A column name that a spreadsheet broke into lines: joined after a hyphen or underscore, else by a space."""
    return re.sub(r"\s*[\r\n]+\s*", " ", re.sub(r"(?<=[-_])\s*[\r\n]+\s*|\s*[\r\n]+\s*(?=[-_])", "", name))


def number(text: str) -> float | None:
    """A cell as a finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
