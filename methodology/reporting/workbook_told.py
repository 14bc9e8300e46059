"""Tables that a statement brings along, as plain sheets of the workbook: texts, and numbers nothing is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from methodology.reporting.workbook_cells import Book

LONGEST_NAME = 31
"""Characters a spreadsheet allows in the name of a sheet."""
LEAST_WIDTH, MOST_WIDTH = 10, 60


def write_told(book: Book, tables: Sequence[Mapping[str, Any]]) -> None:
    """One sheet a table: its title, its note, columns and rows as the report shows them.

    Parameters
    ----------
    tables : sequence of mapping
        Of a statement: title, columns, rows of texts and numbers, note; `name` is the short one for the sheet's tab.
    """
    for table in tables:
        title = book.words.pick(table["title"])
        columns = [book.words.pick(text) for text in table["columns"]]
        rows = [[_cell(book, value) for value in row] for row in table["rows"]]
        page = book.sheet_named(_free(book, book.words.pick(table.get("name")) or title), _widths(columns, rows), title)
        book.text(page, 1, 0, book.words.pick(table.get("note")), "note")
        book.texts(page, 3, columns, "head")
        page.freeze_panes(4, 1)
        for at, row in enumerate(rows, 4):
            for column, value in enumerate(row):
                if isinstance(value, int | float):
                    book.number(page, at, column, value)
                else:
                    book.text(page, at, column, value, "wrap")


def _cell(book: Book, value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    known = isinstance(value, str) and book.words.knows("label", value)
    return book.words.label(value) if known else book.words.pick(value)


def _free(book: Book, title: str) -> str:
    """A name that is allowed and not yet taken."""
    plain = "".join(" " if char in "[]:*?/\\" else char for char in title).strip("' ")[:LONGEST_NAME]
    taken = {sheet.get_name().lower() for sheet in book.file.worksheets()}
    number, name = 1, plain
    while name.lower() in taken:
        number += 1
        name = f"{plain[: LONGEST_NAME - 3]} {number}"
    return name


def _widths(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    longest = [max([len(name), *(len(str(row[n])) for row in rows)]) for n, name in enumerate(columns)]
    return [min(max(length + 2, LEAST_WIDTH), MOST_WIDTH) for length in longest]
