"""Tables to fill in, and what their columns mean, both from the declaration."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from bluecarbon.tables.schema import Column, Table

NEED_WORDS = {"required": "required", "conditional": "where {} is filled", "optional": "optional"}


def template_columns(table: Table) -> list[Column]:
    """Columns a template has: those the table names for it, else the required ones and those with an example."""
    if table.template:
        return [table.column(name) for name in table.template]
    return [column for column in table.columns if column.need == "required" or column.example]


def template_rows(table: Table) -> list[list[str]]:
    """Header with units, and example rows to write over."""
    columns = template_columns(table)
    header = [f"{c.name} [{c.unit}]" if c.unit not in (None, "1") else c.name for c in columns]
    first = {column.name: column.example for column in columns}
    rows = [first, *({**first, **example} for example in table.examples)]
    return [header, *([row[column.name] for column in columns] for row in rows)]


def template_csv(table: Table) -> str:
    """The template as CSV text."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(template_rows(table))
    return file.getvalue()


def template_workbook(table: Table, path: Path) -> None:
    """The template as a workbook: a sheet to fill in, and one that says what the columns mean."""
    import xlsxwriter

    header, *rows = template_rows(table)
    with xlsxwriter.Workbook(str(path)) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(table.name)
        sheet.write_row(0, 0, header, bold)
        for number, row in enumerate(rows, start=1):
            for position, (cell, column) in enumerate(zip(row, template_columns(table), strict=True)):
                if column.is_number and cell:
                    sheet.write_number(number, position, float(cell))
                else:
                    sheet.write_string(number, position, cell)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(header) - 1, 18)
        meaning = book.add_worksheet("columns")
        titles, *lines = column_lines(table)
        meaning.write_row(0, 0, titles, bold)
        for number, line in enumerate(lines, start=1):
            meaning.write_row(number, 0, line)
        meaning.set_column(0, 0, 30)
        meaning.set_column(1, 4, 24)
        meaning.set_column(5, 5, 80)


def column_lines(table: Table) -> list[list[str]]:
    """What every declared column is: column, need, unit, other units, range or words, meaning."""
    lines = [["column", "need", "unit", "also accepted", "values", "meaning"]]
    for column in table.columns:
        need = NEED_WORDS[column.need].format(" or ".join(column.needed_by))
        unit = "fraction" if column.unit == "1" else column.unit or ""
        others = ", ".join(name for name in column.units if name != column.unit)
        values = ", ".join(column.vocabulary)
        if column.is_number and (column.low, column.high, column.above) != (None, None, None):
            values = column.expected
        lines.append([column.name, need, unit, others, values, column.description])
    return lines


def column_markdown(table: Table) -> str:
    """`column_lines` as a Markdown table."""
    titles, *lines = column_lines(table)
    rows = [titles, ["---"] * len(titles), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows) + "\n"
