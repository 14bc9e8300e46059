"""The workbook a verifier recomputes: activity data, factors, every equation as live cells, results that point to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from methodology.base.files import written_whole
from methodology.base.phrases import told
from methodology.base.units import shown
from methodology.reporting.blocks import excluded
from methodology.reporting.headline import headline_lines, line_name, sentences, unstated
from methodology.reporting.wording import Words, words_for
from methodology.reporting.workbook_calculation import Calculation, rows_with_live_uncertainty, write_calculation
from methodology.reporting.workbook_cells import Book, Ref, written
from methodology.reporting.workbook_inputs import write_inputs
from methodology.reporting.workbook_told import write_told
from methodology.statement import DIMENSIONS
from methodology.uncertainty.propagation import propagate
from methodology.worksheet import Worksheet

_HEAD_ROW = 5
_SHOWN = ("value", "u", "first_low", "first_high", "shown_low", "shown_high")


def write_workbook(
    statement: Mapping[str, Any], sheet: Worksheet, path: Path | str, lang: str = "en", cached: float | None = None
) -> None:
    """Write the workbook of a statement.

    Parameters
    ----------
    statement : mapping
    sheet : Worksheet
        The worksheet behind it; `methodology.statement_file.worksheet_of` rebuilds it from a statement file.
    lang : {"en", "zh"}
    cached : float, optional
        Stored in place of every formula's result, to prove that a spreadsheet program recalculates.

    Raises
    ------
    InputError
        ME-REP-03 unknown language; ME-OUT-01 the folder cannot be written.
    """
    words = words_for(statement, lang)
    values = sheet.evaluate()
    first_order = propagate(sheet, values)
    live = rows_with_live_uncertainty(sheet, first_order, statement)
    with written_whole(path) as temporary:
        book = Book(temporary, words, told(statement["title"], lang), cached)
        summary = book.sheet("summary", (58, 20, 14, 20, 20, 14), words("workbook", "summary_note"))
        places = write_inputs(book, sheet, statement)
        work = Calculation(book, sheet, values, first_order, places, live)
        write_calculation(work)
        results = _results(work, statement)
        _findings(book, statement)
        write_told(book, statement.get("tables", []))
        _about(work, statement)
        _summary(book, summary, statement, results)
        summary.activate()
        book.close()


def _results(work: Calculation, statement: Mapping[str, Any]) -> dict[str, dict[str, Ref]]:
    """The sheets Results and Simulated limits; where each line's numbers stand."""
    book, words = work.book, work.book.words
    lines = statement["lines"]
    used = [name for name in DIMENSIONS if any(name in line["dimensions"] for line in lines)]
    widths = [46, 26, *[18] * len(used), *[16] * 6, 13, 14, 12, 14, 12, 14, 24, 26, 40]
    page = book.sheet("results", widths, words("workbook", "results_note"))
    limits = book.sheet("simulated", (60, 18, 18, 14, 60), words("workbook", "simulated_note"))
    settings = statement["settings"]
    text = words("text", "simulated_about", draws=f"{settings.get('draws', 0):,}", seed=settings.get("seed", ""))
    book.text(limits, 2, 0, text, "note")
    book.texts(
        limits, 4, [words("workbook", n) for n in ("id", "low", "high", "unit")] + [words("column", "reason")], "head"
    )
    limits.freeze_panes(5, 1)
    tail = ["unit", "aggregation", "account", "status", "method", "u_is", "excludes", "clause", "reason"]
    heads = [words("workbook", "id"), words("column", "quantity"), *(words("dimension", n) for n in used)]
    heads += [words("workbook", n) for n in _SHOWN] + [_tail_head(name, words) for name in tail]
    book.texts(page, _HEAD_ROW, heads, "head")
    page.freeze_panes(_HEAD_ROW + 1, 1)
    first = 2 + len(used)
    z = _level(book, page, settings["level"], first)
    found, limit_row = {}, 5
    for row, line in enumerate(lines, _HEAD_ROW + 1):
        book.texts(page, row, [line["id"], words("quantity", line["quantity"])])
        book.texts(page, row, [words.label(line["dimensions"].get(n, "")) for n in used], first=2)
        if line["value"] is not None:
            simulated = line["interval"]["method"] == "simulated"
            found[line["id"]] = _line(work, page, row, first, line, z, Ref(limits.get_name(), 1, limit_row))
            if simulated:
                interval = line["interval"]
                book.text(limits, limit_row, 0, line["id"])
                book.number(limits, limit_row, 1, interval["low"])
                book.number(limits, limit_row, 2, interval["high"])
                book.texts(limits, limit_row, [shown(line["unit"]), interval.get("why", "")], first=3)
                limit_row += 1
        book.texts(page, row, _tail(work, line), first=first + len(_SHOWN))
    page.autofilter(_HEAD_ROW, 0, _HEAD_ROW + max(len(lines), 1), len(heads) - 1)
    return found


def _tail_head(name: str, words: Words) -> str:
    if name == "u_is":
        return f"{words('workbook', 'u')}{words('language', 'colon')}{words('workbook', 'live')} / {words('workbook', 'constant')}"
    section = {"excludes": "workbook", "method": "workbook", "unit": "workbook"}.get(name, "column")
    return words(section, name)


def _level(book: Book, page: Any, level: float, column: int) -> str:
    """The level of the intervals and its z, as a cell that formulas point to."""
    from scipy.special import ndtri

    book.texts(page, 2, [book.words("workbook", "level"), ""], "note")
    book.number(page, 2, 1, level)
    book.text(page, 3, 0, book.words("workbook", "z"), "note")
    book.number(page, 3, 1, float(ndtri((1 + level) / 2)))
    return "$B$4"


def _line(
    work: Calculation, page: Any, row: int, first: int, line: Mapping[str, Any], z: str, limit: Ref
) -> dict[str, Ref]:
    """Numbers of one line: value, standard uncertainty, first-order and shown limits."""
    book, name = work.book, page.get_name()
    interval, node, n = line["interval"], line["node"], line["row"]
    reach = _reach(line)
    value = float(work.values[node][n])
    standard = float(work.first_order.standard[node][n])
    a = book.formula(page, row, first, written(work.places.values[node][n], name), value, "strong")
    b = book.formula(page, row, first + 1, written(work.places.standard[node][n], name), standard)
    v, u = written(a, name), written(b, name)
    low = book.formula(page, row, first + 2, f"{v}-{z}*{u}", value - reach * standard)
    high = book.formula(page, row, first + 3, f"{v}+{z}*{u}", value + reach * standard)
    if interval["method"] == "simulated":
        bodies = [written(limit, name), written(Ref(limit.sheet, 2, limit.row), name)]
    elif unstated(interval):
        return {"value": a, "u": b}
    elif interval["method"] == "exact":
        bodies = [v, v]
    else:
        bodies = [written(low, name), written(high, name)]
    shown_low = book.formula(page, row, first + 4, bodies[0], interval["low"])
    shown_high = book.formula(page, row, first + 5, bodies[1], interval["high"])
    return {"value": a, "u": b, "low": shown_low, "high": shown_high}


def _reach(line: Mapping[str, Any]) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + line["interval"]["level"]) / 2))


def _tail(work: Calculation, line: Mapping[str, Any]) -> list[str]:
    words, interval = work.book.words, line["interval"] or {}
    live = ""
    if interval:
        live = words("workbook", "live" if line["row"] in work.live.get(line["node"], ()) else "constant")
    return [
        shown(line["unit"]),
        words("aggregation", line["aggregation"]),
        words("account", line["account"]),
        words("status", line["status"]),
        words("method", "unstated" if unstated(interval) else interval["method"]) if interval else "",
        live,
        excluded(interval.get("excludes", []), words),
        line["clause"] or "",
        words.pick(line.get("reason")),
    ]


def _findings(book: Book, statement: Mapping[str, Any]) -> None:
    words = book.words
    page = book.sheet("findings", (13, 12, 34, 40, 70, 44, 44))
    heads = [words("workbook", "id"), words("column", "status"), words("column", "title"), words("column", "place")]
    book.texts(page, 2, heads + [words("column", n) for n in ("finding", "expected", "remedy")], "head")
    for row, finding in enumerate(statement["findings"], 3):
        first = [finding["code"], words("severity", finding["severity"]), words.pick(finding.get("title"))]
        book.texts(page, row, [*first, *words.finding(finding).values()], "wrap")
    row = len(statement["findings"]) + 5
    book.text(page, row, 0, words("section", "checks"), "block")
    for check in statement["checks"]:
        row += 1
        result = words("text", "holds" if check["holds"] else "fails")
        book.texts(page, row, [result, "", *words.check(check).values()])


def _about(work: Calculation, statement: Mapping[str, Any]) -> None:
    book, words = work.book, work.book.words
    page = book.sheet("about", (34, 100))
    guide, settings = statement["guide"], statement["settings"]
    steps = [node for node in work.sheet.nodes.values() if node.kind != "input"]
    count = sum(len(node.rows) for node in steps)
    live = sum(len(work.live.get(node.id, ())) for node in steps)
    how = words("workbook", "all_live" if live == count else "some_live" if live else "none_live", n=count, m=live)
    rows = [
        (words("workbook", "statement"), told(statement["title"], words.lang)),
        (words("text", "guide"), words.pick(guide["title"])),
        (words("text", "edition"), guide.get("edition", "")),
        (words("workbook", "text_read"), words("workbook", "yes" if guide.get("text_read") else "no")),
        (words("text", "notice"), words.pick(guide.get("notice"))),
        (words("workbook", "calculation"), how),
        (words("workbook", "simulated"), words("workbook", "simulated_note")),
        (words("workbook", "draws"), f"{settings.get('draws', '')}"),
        (words("workbook", "seed"), f"{settings.get('seed', '')}"),
    ]
    for row, (name, text) in enumerate(rows, 2):
        book.text(page, row, 0, name)
        book.text(page, row, 1, text, "wrap")
    row = len(rows) + 3
    book.text(page, row, 0, words("text", "files"), "block")
    for file in statement["inputs"]["files"]:
        row += 1
        book.texts(page, row, [f"{file['role']}: {file['name']}", f"SHA-256 {file['sha256']}"])


def _summary(book: Book, page: Any, statement: Mapping[str, Any], results: Mapping[str, Mapping[str, Ref]]) -> None:
    words = book.words
    book.text(page, 0, 0, told(statement["title"], words.lang), "title")
    notice = words.pick(statement["guide"].get("notice"))
    if notice:
        page.merge_range(2, 0, 2, 5, "", book.looks["warn"])
        page.write_string(2, 0, f"{words('text', 'notice')}{words('language', 'colon')}{notice}", book.looks["warn"])
        page.set_row(2, 15 * (1 + len(notice) // (70 if words.lang == "zh" else 130)) + 4)
    heads = [words("workbook", "value"), words("workbook", "unit")]
    heads += [words("workbook", "shown_low"), words("workbook", "shown_high")]
    book.text(page, 4, 0, words("column", "quantity"), "head")
    book.texts(page, 4, heads, "head_number", first=1)
    row = 5
    for line in headline_lines(statement):
        refs, interval = results[line["id"]], line["interval"]
        proxy = words.bracketed(words("basis", "proxy")) if line["account"] == "capacity" else ""
        book.text(page, row, 0, line_name(line, words) + proxy)
        book.formula(page, row, 1, written(refs["value"], page.get_name()), line["value"], "strong")
        book.text(page, row, 2, shown(line["unit"]))
        for column, name in ((3, "low"), (4, "high")):
            if name in refs:
                book.formula(page, row, column, written(refs[name], page.get_name()), interval[name])
        row += 1
    row += 1
    for text in sentences(statement, words):
        page.merge_range(row, 0, row, 5, "", book.looks["wrap"])
        page.write_string(row, 0, text, book.looks["wrap"])
        page.set_row(row, 14 * (1 + len(text) // (75 if words.lang == "zh" else 150)) + 2)
        row += 1
