"""A historian's export to columns of readings: layout found, times in UTC, words and quality codes kept apart.

Two layouts: wide (a tag row, perhaps a unit row, then one row a time stamp) and long (columns tag, time, value and
perhaps quality). An audit sheet or table beside the data is kept as it stands. Nothing is averaged or mended here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from ccus.importers import cells, layout
from ccus.importers.tables import Sheet, read_sheets
from ccus.streams.series import BAD, GOOD
from methodology.base.errors import Finding, Findings, InputError, refuse
from methodology.base.phrases import phrase

_UNIT_IN_NAME = re.compile(r"^(.*?)\s*[(\[（](.+)[)\]）]$")

_Cell = tuple[int, float | None, object, object]  # row number, time, value, quality
_Table = tuple[str, str, list[_Cell]]  # tag, unit, cells


class _Marks(NamedTuple):
    """How numbers and quality codes of a sheet are written."""

    decimal: str
    scheme: str | None


@dataclass(frozen=True)
class Column:
    """One tag's readings as exported.

    Parameters
    ----------
    name : str
        Tag as the export writes it.
    unit : str
        Text of the unit row; empty where there is none.
    time_s, value, severity : array, shape (reading,)
        Rising times [s since 1970 UTC]; numbers in the exported unit, NaN where none stands; OPC severity.
    words : dict of int to str
        What stood in place of a number; ``""`` for an empty cell.
    hold_s : float
        Of hours worked out from bulk data; see `Series`. [s]
    """

    name: str
    unit: str
    time_s: np.ndarray
    value: np.ndarray
    severity: np.ndarray
    words: dict[int, str] = field(default_factory=dict)
    hold_s: float = 0.0


@dataclass(frozen=True)
class Export:
    """A whole export, with the hash of the bytes it was read from."""

    name: str
    sha256: str
    columns: tuple[Column, ...]
    audit: tuple[dict[str, str], ...]
    findings: Findings


@dataclass(frozen=True)
class Reading:
    """How to read time stamps and empty cells.

    Parameters
    ----------
    zone : ZoneInfo, optional
        Of stamps without an offset.
    fold : {0, 1}, optional
        Which of two equal local times is meant, where clocks go back inside the export.
    time_format : str, optional
        `strptime` form for stamps that begin with day or month; "excel" for day numbers of a spreadsheet.
    empty_is_missing : bool
        True: an empty cell is a lost reading. False: the historian stored nothing new then.
    decimal : {".", ","}, optional
        Mark of decimals; worked out from the file where it is not stated.
    """

    zone: ZoneInfo | None = None
    fold: int | None = None
    time_format: str | None = None
    empty_is_missing: bool = True
    decimal: str | None = None


def read_export(path: Path | str, how: Reading | None = None, *, stop: bool = True) -> Export:
    """Read a CSV or XLSX export.

    Parameters
    ----------
    path : path
    how : Reading, optional
    stop : bool
        False: errors of single cells and columns come back in `findings`, to be told together with those of the
        mapping.

    Returns
    -------
    Export
        With warnings and notes in `findings`.

    Raises
    ------
    InputError
        All errors of the file at once: CC-IMP-01 unreadable; CC-IMP-02 no time column or tag row; CC-IMP-07 one tag
        twice; CC-IMP-10 time stamps; CC-IMP-11 time runs backward; CC-IMP-16 quality codes; CC-IMP-22 decimals and
        thousands not told apart; CC-IMP-24 readings under no tag.
    """
    path, how = Path(path), how or Reading()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise refuse("CC-IMP-01", str(path), error.strerror or error, "a file that can be read") from None
    findings = Findings()
    audit: list[dict[str, str]] = []
    columns: list[Column] = []
    for sheet in read_sheets(path, data, how.decimal):
        if layout.is_audit(sheet):
            audit += layout.audit_rows(sheet)
        elif layout.first_reading(sheet, how.time_format) or layout.long_columns(sheet):
            columns += _columns(sheet, path.name, how, findings)
        elif how.time_format is None and layout.day_numbers(sheet):
            remedy = "If these are day numbers of a spreadsheet give --time-format excel."
            findings.add("CC-IMP-10", f"{path.name}, {sheet.name}", "numbers as times", "time stamps", remedy)
    if not columns and not findings.errors:
        remedy = "Dates and hours belong into one column, such as 2025-07-01 00:10; or give --time-format."
        findings.add("CC-IMP-02", path.name, "no column of time stamps", "a table with time stamps in a column", remedy)
    _refuse_doubled([column.name for column in columns], path.name, findings)
    if stop or not columns:
        findings.stop_on_errors()
    return Export(path.name, hashlib.sha256(data).hexdigest(), tuple(columns), tuple(audit), findings)


def _refuse_doubled(names: list[str], place: str, findings: Findings) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.add(
            "CC-IMP-07",
            phrase("{place}, tag {name}", place=place, name=name),
            phrase("{count} columns", count=names.count(name)),
            "one",
            "Export each tag once.",
        )


def _columns(sheet: Sheet, name: str, how: Reading, findings: Findings) -> list[Column]:
    found = layout.long_columns(sheet)
    table = _wide(sheet, name, how, findings) if found is None else _long(sheet, name, *found, how, findings)
    scheme = cells.quality_scheme(row[3] for _, _, rows in table for row in rows if row[3] is not None)
    return [
        _column(f"{name}, {tag}", tag, unit, rows, _Marks(sheet.decimal, scheme), how, findings)
        for tag, unit, rows in table
    ]


def _long(
    sheet: Sheet, name: str, at: int, where: dict[str, int | None], how: Reading, findings: Findings
) -> list[_Table]:
    body = layout.readings_of(enumerate(sheet.rows[at + 1 :], start=at + 2), where["tag"], name, findings)
    short = [number for number, row in body if len(row) <= where["value"] or cells.is_empty(row[where["tag"]])]
    if short:
        remedy = "Every row needs tag, time and value: export it again."
        found = phrase("{n} rows, first row {short}", n=len(short), short=short[0])
        findings.add("CC-IMP-24", name, found, "a tag and a value in every row", remedy)
        body = [(number, row) for number, row in body if number not in set(short)]
    stamps = _stamps(body, where["time"], name, how, findings)
    groups: dict[str, list[_Cell]] = {}
    units: dict[str, dict[str, None]] = {}
    quality, unit = where["quality"], where["unit"]
    for (number, row), moment in zip(body, stamps, strict=True):
        code = row[quality] if quality is not None and len(row) > quality else None
        tag = str(row[where["tag"]]).strip()
        groups.setdefault(tag, []).append((number, moment, row[where["value"]], code))
        text = str(row[unit] or "").strip() if unit is not None and len(row) > unit else ""
        units.setdefault(tag, {})[text] = None
    for tag, texts in units.items():
        if len(texts) > 1:
            found = phrase("units {names}", names=", ".join(map(repr, texts)))
            findings.add("CC-IMP-06", f"{name}, {tag}", found, "one unit", "Export the tag in one unit.")
    return [(tag, next(iter(units[tag])), rows) for tag, rows in groups.items()]


def _stamps(
    body: list[tuple[int, list[object]]], at: int, name: str, how: Reading, findings: Findings
) -> list[float | None]:
    """Seconds of each row; every kind of fault is told once, with the number of rows it concerns."""
    stamps: list[float | None] = []
    faults: dict[str, tuple[Finding, int]] = {}
    for number, row in body:
        try:
            cell = row[at] if len(row) > at else None
            stamps.append(
                cells.time_s(
                    cell, how.zone, how.fold, how.time_format, phrase("{file}, row {row}", file=name, row=number)
                )
            )
        except InputError as error:
            first, count = faults.get(error.code, (error.findings[0], 0))
            faults[error.code] = (first, count + 1)
            stamps.append(None)
    for first, count in faults.values():
        more = f" (and {count - 1} more rows)" if count > 1 else ""
        findings.items.append(replace(first, found=first.found + more))
    return stamps


def _wide(sheet: Sheet, name: str, how: Reading, findings: Findings) -> list[_Table]:
    first, time_column = layout.first_reading(sheet, how.time_format) or (0, 0)
    head = [row for row in sheet.rows[:first] if any(not cells.is_empty(cell) for cell in row)]
    body = layout.readings_of(enumerate(sheet.rows[first:], start=first + 1), time_column, name, findings)
    width = max(len(row) for row in sheet.rows)
    tags_at = layout.tag_row(head, time_column, width)
    if tags_at is None:
        findings.add("CC-IMP-02", name, "no row of tags above the readings", "one tag a column", "Export with headers.")
        return []
    tags = ([str(cell or "").strip() for cell in head[tags_at]] + [""] * width)[:width]
    units = layout.unit_row(head[tags_at + 1 :], time_column, width)
    quality = layout.quality_columns(tags)
    taken = {at for at in range(width) if tags[at] or at == time_column}
    layout.refuse_untagged(body, taken, name, findings)
    stamps = _stamps(body, time_column, name, how, findings)
    table = []
    for at in sorted(taken - {time_column, *quality.values()}):
        tag, unit = tags[at], units[at]
        inside = _UNIT_IN_NAME.match(tag)
        if not unit and inside and layout.reads_as_unit(inside[2]):
            tag, unit = inside[1], inside[2]
        code = quality.get(at)
        rows = [
            (number, moment, row[at] if len(row) > at else None, row[code] if code and len(row) > code else None)
            for (number, row), moment in zip(body, stamps, strict=True)
        ]
        table.append((tag, unit, rows))
    return table


def _column(
    place: str, tag: str, unit: str, rows: list[_Cell], marks: _Marks, how: Reading, findings: Findings
) -> Column:
    times, values, severities = [], [], []
    words: dict[int, str] = {}
    unread: list[Finding] = []
    for number, moment, cell, quality in rows:
        if moment is None or (cells.is_empty(cell) and not how.empty_is_missing):
            continue
        severity = GOOD
        if not cells.is_empty(quality):
            try:
                severity = cells.severity_of_code(
                    quality, phrase("{place}, row {number}, quality", place=place, number=number), marks.scheme
                )
            except InputError as error:
                unread.extend(error.findings)
        value = cells.number(cell, marks.decimal)
        if value is None:
            words[len(times)] = "" if cells.is_empty(cell) else str(cell).strip()
            value, severity = float("nan"), BAD
        times.append(moment)
        values.append(value)
        severities.append(severity)
    findings.extend(unread[:1])
    _note_words(words, place, findings)
    arrays = np.array(times), np.array(values, dtype=float), np.array(severities, dtype=np.uint8)
    return _ordered(Column(tag, unit, *arrays, words), place.removesuffix(f", {tag}"), findings)


def _note_words(words: dict[int, str], place: str, findings: Findings) -> None:
    for word in sorted(set(words.values())):
        count = sum(w == word for w in words.values())
        if word == "":
            findings.add(
                "CC-IMP-14",
                place,
                phrase("{count} empty cells", count=count),
                "numbers",
                "Counted as lost.",
                severity="note",
            )
        elif word.lower() in cells.status_words():
            findings.add(
                "CC-IMP-13",
                place,
                phrase("{word!r} {count} times", word=word, count=count),
                "numbers",
                "Counted as bad.",
                severity="note",
            )
        else:
            findings.add(
                "CC-IMP-15",
                place,
                phrase("{word!r} {count} times", word=word, count=count),
                "a number or a known state word",
                "Counted as bad; if it means a number, mend the export.",
                severity="warning",
            )


def _ordered(column: Column, place: str, findings: Findings) -> Column:
    """Put readings in order of time and take out repeats; what contradicts itself is not used."""
    steps = np.diff(column.time_s)
    if steps.size == 0 or np.all(steps > 0):
        return column
    if np.all(steps <= 0) and np.any(steps < 0):
        column = _picked(column, np.arange(column.time_s.size)[::-1])
        steps = np.diff(column.time_s)
    back = np.flatnonzero(steps < 0)
    if back.size:
        stamp = np.datetime64(round(column.time_s[back[0] + 1]), "s")
        _add_once(
            findings,
            "CC-IMP-11",
            place,
            phrase("time runs backward {size} times, first to {stamp}Z", size=back.size, stamp=stamp),
            "time stamps that rise",
            "A clock was set back or rows were mixed: export by time, with UTC or offsets.",
            "error",
        )
        return column
    return _without_repeats(column, place, findings)


def _add_once(findings: Findings, code: str, place: str, found: str, expected: str, remedy: str, severity: str) -> None:
    """Add a finding that concerns rows, not one column: the columns of a table share it."""
    if not any((f.code, f.place, f.found) == (code, place, found) for f in findings):
        findings.add(code, place, found, expected, remedy, severity=severity)


def _picked(column: Column, order: np.ndarray) -> Column:
    position = {int(old): new for new, old in enumerate(order)}
    words = {position[i]: word for i, word in column.words.items() if i in position}
    arrays = column.time_s[order], column.value[order], column.severity[order]
    return Column(column.name, column.unit, *arrays, words)


def _without_repeats(column: Column, place: str, findings: Findings) -> Column:
    same = np.flatnonzero(np.diff(column.time_s) == 0)
    if not same.size:
        return column
    value, severity = column.value, column.severity.copy()
    equal = (value[same] == value[same + 1]) | (np.isnan(value[same]) & np.isnan(value[same + 1]))
    severity[same] = np.maximum(severity[same], severity[same + 1])
    severity[same[~equal]] = BAD
    _add_once(
        findings,
        "CC-IMP-12",
        place if equal.all() else f"{place}, {column.name}",
        phrase(
            "{size} time stamps twice{rest}",
            size=same.size,
            rest="" if equal.all() else phrase(", {n} with other values", n=(~equal).sum()),
        ),
        "each time once",
        "Equal repeats are read once." if equal.all() else "Contradicting readings are not used.",
        "note" if equal.all() else "warning",
    )
    keep = np.setdiff1d(np.arange(column.time_s.size), same + 1)
    return _picked(Column(column.name, column.unit, column.time_s, value, severity, column.words), keep)
