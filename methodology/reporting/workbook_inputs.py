"""Sheets of what comes from outside: activity data and parameters, factors, and constants of the equations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from methodology.base.units import shown
from methodology.reporting.workbook_cells import Book, Ref, written
from methodology.worksheet import Node, Worksheet

VALUE, SPREAD = 3, 5
_HEAD = ("node", "name", "row", "value", "unit", "u", "low", "high", "form", "source", "excludes")
_WIDTHS = (24, 26, 44, 15, 13, 15, 13, 13, 18, 40, 30)


@dataclass
class Places:
    """Where everything stands.

    Parameters
    ----------
    values : mapping of node id to list of Ref
        Central value of each row.
    standard : mapping of node id to list of Ref
        Standard uncertainty of each row.
    constants : mapping of constant name and value to text
        How a formula writes it.
    """

    values: dict[str, list[Ref]] = field(default_factory=dict)
    standard: dict[str, list[Ref]] = field(default_factory=dict)
    constants: dict[tuple[str, float], str] = field(default_factory=dict)


def standard_of_inputs(node: Node) -> np.ndarray:
    """Standard uncertainty of each row of an input, in its unit."""
    if node.covariance is not None:
        return np.sqrt(np.clip(np.diag(np.asarray(node.covariance)), 0, None))
    return np.array([0.0 if spread is None else spread.sd for spread in node.spreads])


def write_inputs(book: Book, sheet: Worksheet, statement: Mapping[str, Any]) -> Places:
    """The sheets Activity data and Factors."""
    places = Places()
    inputs = [node for node in sheet.nodes.values() if node.kind == "input"]
    factors = {factor["id"]: factor for factor in statement["inputs"]["factors"]}
    page = book.sheet("activity", _WIDTHS, book.words("workbook", "activity_note"))
    _rows(book, page, [node for node in inputs if node.role != "factor"], factors, places)
    page = book.sheet("factors", _WIDTHS, book.words("workbook", "factors_note"))
    end = _rows(book, page, [node for node in inputs if node.role == "factor"], factors, places)
    _constants(book, page, end + 2, sheet, places)
    return places


def _rows(book: Book, page: Any, nodes: list[Node], factors: Mapping[str, Any], places: Places) -> int:
    words = book.words
    extra = ["printed", "note"] if any(node.id.startswith("factor:") for node in nodes) else []
    book.texts(page, 3, [words("workbook", name) for name in _HEAD] + [words("column", n) for n in extra], "head")
    page.freeze_panes(4, 0)
    row, name = 4, page.get_name()
    for node in nodes:
        standard = standard_of_inputs(node)
        places.values[node.id] = [Ref(name, VALUE, row + n) for n in range(len(node.rows))]
        places.standard[node.id] = [Ref(name, SPREAD, row + n) for n in range(len(node.rows))]
        for n, labels in enumerate(node.rows):
            factor = factors.get(labels[0], {}) if node.id.startswith("factor:") else {}
            _input(book, page, row, node, n, float(standard[n]))
            label = labels[0] if factor else " | ".join(words.label(text) for text in labels)
            book.text(page, row, 2, label)
            if factor:
                texts = words.factor(factor)
                marks = " / ".join(words("mark", factor[m]) for m in ("value_status", "interval_status") if factor[m])
                book.text(page, row, 9, f"{factor['source']}, {texts['locator']}{words.bracketed(marks)}")
                book.texts(page, row, [factor["printed"], texts["note"]], first=len(_HEAD))
            row += 1
    return row


def _input(book: Book, page: Any, row: int, node: Node, n: int, standard: float) -> None:
    from methodology.reporting.blocks import excluded

    words, spread = book.words, node.spreads[n] if node.spreads else None
    book.texts(page, row, [node.id, words.pick(node.label)])
    book.number(page, row, VALUE, float(node.values[n]), "given")
    book.text(page, row, 4, shown(node.unit))
    book.number(page, row, SPREAD, standard, "given")
    if spread is not None and node.covariance is None:
        book.number(page, row, 6, spread.low)
        book.number(page, row, 7, spread.high)
        book.text(page, row, 8, words("distribution", spread.form))
    sources, left_out = node.sources[n] if node.sources else (), node.excludes[n] if node.excludes else ()
    book.text(page, row, 9, "; ".join(sources))
    book.text(page, row, 10, excluded(left_out, words))


def _constants(book: Book, page: Any, row: int, sheet: Worksheet, places: Places) -> None:
    """Constants of the equations as cells of their own."""
    words = book.words
    book.text(page, row, 0, words("workbook", "constants"), "block")
    equations = {node.equation.id: node.equation for node in sheet.nodes.values() if node.equation is not None}
    for equation in equations.values():
        for name, constant in equation.constants().items():
            key = (name, float(constant))
            if key in places.constants:
                continue
            row += 1
            book.texts(page, row, [name, "", constant.text])
            top, _, bottom = constant.text.partition("/")
            if top.isdigit() and bottom.isdigit() and int(top) / int(bottom) == float(constant):
                book.formula(page, row, VALUE, f"{top}/{bottom}", float(constant))
            else:
                book.number(page, row, VALUE, float(constant))
            book.text(page, row, 4, shown(constant.unit))
            places.constants[key] = written(Ref(page.get_name(), VALUE, row))
