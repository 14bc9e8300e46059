"""Cells of the workbook: text that stays text, formulas with their computed value, and references in few pieces."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from methodology.reporting.wording import Words

PIECES = 180
"""Arguments in one formula: spreadsheets allow 255 arguments and 8,192 characters."""
FIXED_DATE = datetime.datetime(2000, 1, 1)  # so that equal statements give equal files
NUMBERS: dict[str, dict[str, Any]] = {
    "number": {},
    "strong": {"bold": True},
    "given": {"font_color": "#1f4e9e"},
    "fixed": {"font_color": "#7d7d7d", "italic": True},
}
"""Looks of numbers: computed, result, from outside, constant where a formula would be too much."""
DECIMALS = ((1000, "#,##0"), (10, "#,##0.00"), (0.01, "0.0000"), (0, "0.000E+00"))
"""Number formats by size; cells keep all digits."""
FONTS = {"en": "Calibri", "zh": "Microsoft YaHei"}


@dataclass(frozen=True, order=True)
class Ref:
    """One cell: sheet, column and row, counted from 0."""

    sheet: str
    column: int
    row: int


def column_name(number: int) -> str:
    """Letters of a column counted from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def written(ref: Ref, home: str = "", to_row: int | None = None) -> str:
    """A reference as a formula writes it, with the sheet's name unless it stands on that sheet."""
    cell = f"{column_name(ref.column)}{ref.row + 1}"
    if to_row is not None and to_row != ref.row:
        cell += f":{column_name(ref.column)}{to_row + 1}"
    return cell if ref.sheet == home else f"{_quoted(ref.sheet)}!{cell}"


def _quoted(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"


def pieces(refs: Iterable[Ref], home: str) -> list[str]:
    """References with runs down a column joined into ranges."""
    found: list[tuple[Ref, int]] = []
    for ref in sorted(refs):
        if found:
            first, last = found[-1]
            if (first.sheet, first.column) == (ref.sheet, ref.column) and ref.row == last + 1:
                found[-1] = (first, ref.row)
                continue
        found.append((ref, ref.row))
    return [written(first, home, last) for first, last in found]


class Book:
    """A workbook being written, and how its cells look.

    Parameters
    ----------
    cached : float, optional
        Written as the stored result of every formula in place of the computed one; with it a reader can see whether
        a spreadsheet program really recalculates.
    """

    def __init__(self, path: Path | str, words: Words, title: str, cached: float | None = None) -> None:
        import xlsxwriter

        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.file = xlsxwriter.Workbook(str(path), options)
        self.file.set_properties({"title": title, "created": FIXED_DATE})
        self.file.set_calc_mode("auto")
        self.words = words
        self.cached = cached
        self.formulas = 0
        font = {"font_name": FONTS[words.lang], "font_size": 10, "valign": "top"}
        looks = {
            "text": {},
            "wrap": {"text_wrap": True},
            "title": {"bold": True, "font_size": 15, "font_color": "#0a5157"},
            "note": {"font_color": "#5d6d73", "italic": True},
            "warn": {"bold": True, "bg_color": "#fff6e2", "font_color": "#8a5a00", "text_wrap": True, "border": 1, "border_color": "#e0a100"},
            "head": {"bold": True, "bg_color": "#dcebec", "bottom": 1, "text_wrap": True},
            "head_number": {"bold": True, "bg_color": "#dcebec", "bottom": 1, "text_wrap": True, "align": "right"},
            "block": {"bold": True, "font_color": "#0a5157", "top": 1},
        }  # fmt: skip
        self.looks = {name: self.file.add_format({**font, **look}) for name, look in looks.items()}
        self._numbers = {
            (name, form): self.file.add_format({**font, **look, "num_format": form})
            for name, look in NUMBERS.items()
            for _, form in DECIMALS
        }

    def sheet(self, name: str, widths: Sequence[float], note: str = "") -> Any:
        """A new sheet with its title in the first row and what it is in the second."""
        title = self.words("workbook", name)
        page = self.sheet_named(title, widths, title)
        if note:
            self.text(page, 1, 0, note, "note")
        return page

    def sheet_named(self, name: str, widths: Sequence[float], title: str) -> Any:
        """A new sheet under a name of its own, with a title in the first row."""
        sheet = self.file.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        sheet.set_row(0, 22)
        self.text(sheet, 0, 0, title, "title")
        return sheet

    def text(self, sheet: Any, row: int, column: int, text: Any, look: str = "text") -> None:
        """Text, never a formula, link or number, whatever it begins with."""
        if text not in ("", None):
            sheet.write_string(row, column, str(text), self.looks[look])
        elif look.startswith("head"):
            sheet.write_blank(row, column, None, self.looks[look])

    def texts(self, sheet: Any, row: int, texts: Iterable[Any], look: str = "text", first: int = 0) -> None:
        """Texts side by side."""
        for column, text in enumerate(texts):
            self.text(sheet, row, first + column, text, look)

    def _look(self, value: float, look: str) -> Any:
        form = next(form for least, form in DECIMALS if abs(value) >= least)
        return self._numbers[look, form if value else DECIMALS[0][1]]

    def number(self, sheet: Any, row: int, column: int, value: float | None, look: str = "number") -> None:
        """A constant; None leaves the cell empty."""
        if value is not None:
            sheet.write_number(row, column, float(value), self._look(value, look))

    def formula(self, sheet: Any, row: int, column: int, body: str, value: float, look: str = "number") -> Ref:
        """A live formula with its computed value."""
        result = float(value) if self.cached is None else self.cached
        sheet.write_formula(row, column, f"={body}", self._look(float(value), look), result)
        self.formulas += 1
        return Ref(sheet.get_name(), column, row)

    def gathered(
        self, sheet: Any, refs: Iterable[Ref], values: Sequence[float], row: int, spare: int, square: bool
    ) -> str:
        """Formula body for the sum (of squares) of many cells; what does not fit goes to partial sums from `spare` on.

        Parameters
        ----------
        values : sequence of float
            Of the cells, in the order of `refs`.
        row, spare : int
            Where partial sums stand, if they are needed.
        """
        name = "SUMSQ" if square else "SUM"
        home = sheet.get_name()
        ordered = sorted(zip(refs, values, strict=True), key=lambda pair: pair[0])
        parts = pieces([ref for ref, _ in ordered], home)
        if len(parts) <= PIECES:
            return f"{name}({','.join(parts)})"
        partial = []
        for start in range(0, len(ordered), PIECES):
            chunk = ordered[start : start + PIECES]
            body = f"{name}({','.join(pieces([ref for ref, _ in chunk], home))})"
            value = sum(v * v if square else v for _, v in chunk)
            partial.append(self.formula(sheet, row, spare + start // PIECES, body, value))
        return f"SUM({written(partial[0], home)}:{written(partial[-1], home)})"

    def close(self) -> None:
        """Write the file."""
        self.file.close()
