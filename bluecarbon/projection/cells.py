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


@dataclass
class Cells:
    """A table as text, by column name in lower case."""

    source: str
    columns: dict[str, list[str]]
    rows: list[int]

    def place(self, position: int, column: str) -> str:
        """Where a cell stands, for a finding."""
        return phrase("{source}, row {row}, {column}", source=self.source, row=self.rows[position], column=column)


def read_cells(path: Path, findings: Findings) -> Cells:
    """Text cells of a CSV or XLSX under lower-case column names.

    Raises
    ------
    InputError
        BC-TAB-01, BC-TAB-02 or BC-TAB-16 where there is no table to read.
    """
    marks = TableFindings(source=path.name)
    raw = raw_cells(path, "projection", marks, sheet=None, encoding=None)
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
    return Cells(path.name, dict(zip(names, raw.columns, strict=True)), raw.rows)


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
