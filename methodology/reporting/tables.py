"""Lines of a statement as CSV: one row per line, the same columns for every statement."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from methodology.base.files import quantised, written_whole
from methodology.statement import DIMENSIONS

COLUMNS = (
    "id", "quantity", "unit", "value", "low", "high", "level", "method", "excludes", "standard_uncertainty",
    *DIMENSIONS, "kind", "account", "aggregation", "status", "reason", "tier", "basis", "guide", "clause", "equation",
    "data_quality",
)  # fmt: skip
"""Columns of lines.csv, in this order."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_lines_csv(statement: Mapping[str, Any], path: Path | str) -> None:
    """Write the lines of a statement as CSV (UTF-8 with byte order mark, so that spreadsheets read Chinese).

    Numbers carry 12 significant digits, `excludes` is joined by "; ", a line without a number has empty cells. A
    text that a spreadsheet would take for a formula is preceded by an apostrophe.

    Raises
    ------
    InputError
        ME-OUT-01 the folder cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in statement["lines"]:
        writer.writerow([_cell(value) for value in line_row(line)])
    with written_whole(path) as temporary:
        temporary.write_bytes(buffer.getvalue().encode("utf-8-sig"))


def line_row(line: Mapping[str, Any]) -> list[Any]:
    """Values of one line in the order of `COLUMNS`; absent ones are None."""
    interval = line["interval"] or {}
    flat = {
        **line,
        **{key: interval.get(key) for key in ("low", "high", "level", "method")},
        **line["dimensions"],
        "excludes": "; ".join(interval.get("excludes", [])),
        "reason": line.get("reason", {}).get("en", ""),
    }
    return [flat.get(column) for column in COLUMNS]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    number = quantised(value)
    return f"{number:.0f}" if number == int(number) and abs(number) < 1e15 else repr(number)
