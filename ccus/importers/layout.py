"""Where things stand in a table: time stamps, tags, units, quality columns, audit rows, rows of totals."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ccus.importers import cells
from ccus.importers.tables import Sheet
from ccus.importers.units import parse_unit
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import phrase

_QUALITY_NAME = re.compile(
    r"(.*?)(?:[ ._-]*(?:quality|qual|质量码|质量|品质)|(?:^|[ ._-]+)(?:status|q))", re.IGNORECASE
)
_TIME_NAMES = ("timestamp", "time", "datetime", "date time", "date", "时间", "日期时间", "采集时间", "采样时间")
_LONG_NAMES = {
    "tag": ("tag", "tagname", "tag name", "point", "name", "位号", "点名", "测点"),
    "time": _TIME_NAMES,
    "value": ("value", "值", "数值", "测量值"),
    "quality": ("quality", "status", "statuscode", "质量", "质量码", "品质"),
    "unit": ("unit", "units", "eu", "engunits", "eng units", "uom", "单位", "工程单位"),
}
_AUDIT_NAMES = {"eventtime", "objectname", "useraccount", "message"}
_TOTALS = frozenset(
    ("total", "totals", "grand total", "subtotal", "sum", "average", "avg", "mean", "max", "maximum", "min", "minimum")
) | {"合计", "总计", "小计", "累计", "日累计", "平均", "平均值", "均值", "最大", "最大值", "最小", "最小值"}

Row = tuple[int, list[object]]  # number in the file, cells


def is_audit(sheet: Sheet) -> bool:
    """Whether a sheet is the audit trail beside the data."""
    head = {str(cell).strip().lower().replace(" ", "") for row in sheet.rows[:3] for cell in row if cell is not None}
    return len(_AUDIT_NAMES & head) >= 3


def audit_rows(sheet: Sheet) -> list[dict[str, str]]:
    """Rows of an audit sheet by its own names."""
    at = next(i for i, row in enumerate(sheet.rows) if sum(cell is not None for cell in row) >= 3)
    names = [str(cell or "").strip() for cell in sheet.rows[at]]
    return [
        {name: str(cell) for name, cell in zip(names, row, strict=False) if name and not cells.is_empty(cell)}
        for row in sheet.rows[at + 1 :]
    ]


def long_columns(sheet: Sheet) -> tuple[int, dict[str, int | None]] | None:
    """Header row of the long layout and where tag, time, value, quality and unit stand; None in another layout."""
    for at, row in enumerate(sheet.rows[:20]):
        lower = [str(cell or "").strip().lower() for cell in row]
        where = {key: next((lower.index(n) for n in names if n in lower), None) for key, names in _LONG_NAMES.items()}
        if None not in (where["tag"], where["time"], where["value"]):
            return at, where
    return None


def first_reading(sheet: Sheet, form: str | None) -> tuple[int, int] | None:
    """Row and column of the first time stamp; None where there is none."""
    heads = {str(cell or "").strip().lower(): at for row in sheet.rows[:20] for at, cell in enumerate(row[:4])}
    named = [heads[name] for name in _TIME_NAMES if name in heads]
    for number, row in enumerate(sheet.rows):
        for at, cell in enumerate(row[:4]):
            if (form != cells.EXCEL or at in named or at == 0) and cells.looks_like_time(cell, form):
                return number, at
    return None


def day_numbers(sheet: Sheet) -> bool:
    """Whether a column called time holds what may be a spreadsheet's day numbers."""
    heads = {str(cell or "").strip().lower() for row in sheet.rows[:20] for cell in row[:4]}
    found = first_reading(sheet, cells.EXCEL)
    return found is not None and bool(heads & set(_TIME_NAMES))


def tag_row(head: list[list[object]], time_column: int, width: int) -> int | None:
    """Which row above the readings holds the tags: the first that is filled well enough."""

    def filled(row: list[object]) -> int:
        return sum(not cells.is_empty(cell) for at, cell in enumerate(row) if at != time_column)

    return next((i for i, row in enumerate(head) if filled(row) >= max(1, (width - 1) // 2)), None)


def reads_as_unit(text: str) -> bool:
    """Whether a text is a unit."""
    try:
        parse_unit(text)
    except InputError:
        return False
    return True


def unit_row(rows: list[list[object]], time_column: int, width: int) -> list[str]:
    """The row most of whose texts read as units; failing that, one of short words, to be refused rather than lost."""
    best: list[object] = []
    most = 0.0
    for row in rows:
        texts = [str(c).strip() for at, c in enumerate(row) if at != time_column and not cells.is_empty(c)]
        score = sum(map(reads_as_unit, texts)) + 0.5 * (bool(texts) and all(len(text) <= 12 for text in texts))
        if score > most:
            best, most = row, score
    return [str(cell or "").strip() for cell in best] + [""] * (width - len(best))


def quality_columns(tags: list[str]) -> dict[int, int]:
    """Column of a tag → column of its quality: same name with a suffix, or a bare "Quality" right behind it."""
    found = {}
    for at, tag in enumerate(tags):
        match = _QUALITY_NAME.fullmatch(tag)
        if match is None:
            continue
        if match[1] in tags:
            found[tags.index(match[1])] = at
        elif not match[1] and at > 0:
            found[at - 1] = at
    return found


def readings_of(rows: Iterable[Row], time_column: int, place: str, findings: Findings) -> list[Row]:
    """Rows that are readings: blank ones fall away, those of totals and means are told and left out."""
    kept, totals = [], []
    for number, row in rows:
        if all(cells.is_empty(cell) for cell in row):
            continue
        label = next((str(cell).strip() for cell in row[: time_column + 1] if not cells.is_empty(cell)), "")
        if label.lower().rstrip(":：") in _TOTALS:
            totals.append((number, label))
        else:
            kept.append((number, row))
    if totals:
        found = phrase(
            "{totals!r} in row {totals2}{rest}",
            totals=totals[0][1],
            totals2=totals[0][0],
            rest=phrase(" and {n} more", n=len(totals) - 1) if totals[1:] else "",
        )
        remedy = "Left out: a total or mean is no reading."
        findings.add("CC-IMP-23", place, found, "readings", remedy, severity="note")
    return kept


def refuse_untagged(body: list[Row], taken: set[int], place: str, findings: Findings) -> None:
    """Readings in a column without a tag are nobody's: refused, not lost."""
    astray: dict[int, tuple[int, object]] = {}
    for number, row in body:
        for at, cell in enumerate(row):
            if at not in taken and at not in astray and not cells.is_empty(cell):
                astray[at] = (number, cell)
    for at, (number, cell) in sorted(astray.items()):
        remedy = "Give the column its tag (cells that were merged hold it only in the first), or leave it out."
        found = phrase("{cell!r} in row {number}", cell=str(cell)[:40], number=number)
        findings.add(
            "CC-IMP-24",
            phrase("{place}, column {at}", place=place, at=at + 1),
            found,
            "a tag above the readings",
            remedy,
        )
