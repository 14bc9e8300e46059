"""The transition table: read as the peer writes it, and written as a template from what the maps contain."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bluecarbon.projection.cells import PLAIN, Text, number, read_cells
from bluecarbon.projection.reading import NEEDED, read_classes
from bluecarbon.projection.tables import ACCUMULATE, ACTIONS, BLANK, NO_CHANGE, ClassTable, holds_far_less
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

DISTURB = "disturb"
_WORDS = {word.lower(): n for n, word in enumerate(ACTIONS)}


def read_transitions(path: Path, names: Sequence[str], findings: Findings, text: Text = PLAIN) -> np.ndarray:
    """Action of every change of class.

    Parameters
    ----------
    path : Path
        Rows are the class that is left, columns the class that comes; the first column is named lulc-class. A legend
        under the table, as the peer's preprocessor writes it, is set aside with a note.
    names : sequence of str
        Classes, in the order wanted.
    findings : Findings
        Takes BC-PRJ-14 to BC-PRJ-18.
    text : Text

    Returns
    -------
    int array, shape (class, class)
        `BLANK` where the cell is empty.
    """
    cells = read_cells(path, findings, text)
    columns = list(cells.columns)
    actions = np.full((len(names), len(names)), BLANK)
    lowered = {name.lower(): n for n, name in enumerate(names)}
    if columns[0] != "lulc-class":
        findings.add(
            "BC-PRJ-14",
            phrase("{path}, header", path=path.name),
            columns[0] or "nothing",
            "lulc-class in the first column",
        )
        return actions
    unknown = [name for name in columns[1:] if name and name not in lowered]
    _unknown(findings, phrase("{path}, columns", path=path.name), unknown, names)
    left = cells.columns["lulc-class"]
    end = _end_of_table(left, cells.columns, lowered)
    if end < len(left):
        findings.add(
            "BC-PRJ-15",
            phrase("{path}, rows {rows} to {rows2}", path=path.name, rows=cells.rows[end], rows2=cells.rows[-1]),
            phrase("{n} rows that name no class", n=len(left) - end),
            "a table of classes only",
            "Taken for the legend the preprocessor writes under its template, and set aside.",
            "note",
        )
    _unknown(
        findings,
        phrase("{path}, rows", path=path.name),
        [name for name in left[:end] if name.lower() not in lowered],
        names,
    )
    seen: set[str] = set()
    for n, name in enumerate(left[:end]):
        if name.lower() in seen:
            findings.add("BC-PRJ-17", cells.place(n, "lulc-class"), name, "each class once", "Remove one of the rows.")
        seen.add(name.lower())
        for column in columns[1:]:
            if name.lower() in lowered and column in lowered:
                word = cells.columns[column][n]
                place = cells.place(n, column)
                actions[lowered[name.lower()], lowered[column]] = _action(word, place, findings)
    lacking = [name for name in names if name.lower() not in seen or name.lower() not in columns]
    if lacking:
        remedy = "Give every class of the class table a row and a column; leave cells empty where nothing happens."
        findings.add(
            "BC-PRJ-18",
            path.name,
            phrase("no row or column for {names}", names=", ".join(lacking)),
            "every class",
            remedy,
        )
    return actions


def _end_of_table(left: list[str], columns: dict[str, list[str]], lowered: dict[str, int]) -> int:
    """Position of the first legend row: no class from there on, and a row without a name or one that says legend."""
    for n, name in enumerate(left):
        texts = {columns[column][n].lower() for column in columns}
        rest = [other.lower() for other in left[n:]]
        if (name == "" or "legend" in texts) and not any(other in lowered for other in rest):
            return n
    return len(left)


def _unknown(findings: Findings, place: str, unknown: list[str], names: Sequence[str]) -> None:
    if unknown:
        findings.add(
            "BC-PRJ-14",
            place,
            ", ".join(unknown),
            phrase("names of the class table: {names}", names=", ".join(names)),
            "Spell them as in the class table, or add them there.",
        )


def _action(word: str, place: str, findings: Findings) -> int:
    action = _WORDS.get(word.strip().lower())
    if action is not None:
        return action
    remedy = "Leave empty for no change."
    if word.strip().lower().startswith(DISTURB):
        remedy = "How strong is it? Write low-, med- or high-impact-disturb."
    findings.add("BC-PRJ-16", place, word, phrase("one of {names}", names=", ".join(ACTIONS[1:])), remedy)
    return BLANK


def suggested(table: ClassTable, occurs: np.ndarray) -> list[list[str]]:
    """First guess of every action that the maps ask for, to be edited by hand.

    Parameters
    ----------
    table : ClassTable
    occurs : bool array, shape (class, class)
        Changes (and lasting classes, on the diagonal) that the maps contain.

    Returns
    -------
    list of lists of str, shape (class, class)
        disturb where the new class holds far less than the old one, and out of a class that takes up or releases
        carbon into one that takes up none; accum into any other class that takes up carbon; NCC between classes that
        take up none; empty where the maps have no such change.

    Notes
    -----
    ``disturb`` is no action: the strength of a disturbance is for a person to state, and the reader asks for it.
    """
    active = np.any(table.accumulation > 0, axis=0)
    released = np.any(table.disturbed_share > 0, axis=(0, 1))
    less = holds_far_less(table.initial)
    words = []
    for left in range(len(table.names)):
        row = []
        for right in range(len(table.names)):
            if not occurs[left, right]:
                row.append("")
            elif less[left, right]:
                row.append(DISTURB)
            elif active[right]:
                row.append(ACTIONS[ACCUMULATE])
            elif left != right and (active[left] or released[left]):
                row.append(DISTURB)
            else:
                row.append(ACTIONS[NO_CHANGE])
        words.append(row)
    return words


def table_text(names: Sequence[str], words: Sequence[Sequence[str]]) -> str:
    """A transition table as CSV text; no legend under it, so that it can be read back as it is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["lulc-class", *names])
    writer.writerows([name, *row] for name, row in zip(names, words, strict=True))
    return text.getvalue()


HABITAT = "is_coastal_blue_carbon_habitat"
_YES = ("true", "1", "yes", "t", "y", "是")
_NO = ("false", "0", "no", "f", "n", "否", "")


def read_lookup(
    path: Path, findings: Findings, text: Text = PLAIN
) -> tuple[ClassTable | None, list[dict[str, str]] | None]:
    """Classes for a template: from a full class table, or from the peer's short list of habitats.

    Parameters
    ----------
    path : Path
        A class table; or columns lucode, lulc-class and is_coastal_blue_carbon_habitat.
    findings : Findings
        Takes BC-PRJ-05, BC-PRJ-06, BC-PRJ-10 and BC-PRJ-11.
    text : Text

    Returns
    -------
    ClassTable or None, rows or None
        Of a short list: a table in which habitats take something up and the others nothing, and the rows of an empty
        class table to be filled in.
    """
    seen = Findings()
    cells = read_cells(path, seen, text)
    if HABITAT not in cells.columns or "soil-initial" in cells.columns:
        return read_classes(path, findings, text=text), None
    findings.extend(seen)
    names, codes, active, rows = [], {}, [], []
    for n, code in enumerate(cells.columns.get("lucode", [])):
        name, word = cells.columns.get("lulc-class", [""] * (n + 1))[n], cells.columns[HABITAT][n].lower()
        value = number(code)
        if value is None or value != int(value) or not name or word not in (*_YES, *_NO):
            expected = "a whole map code, a class name, and TRUE or FALSE"
            findings.add("BC-PRJ-06", cells.place(n, "row"), ", ".join((code, name, word)), expected)
        elif int(value) in codes or name.lower() in [other.lower() for other in names]:
            code_twice = "BC-PRJ-10" if int(value) in codes else "BC-PRJ-11"
            findings.add(
                code_twice,
                cells.place(n, "row"),
                phrase("{code}, {name} again", code=code, name=name),
                "each code and name once",
            )
        else:
            codes[int(value)] = len(names)
            names.append(name)
            active.append(1.0 if word in _YES else 0.0)
            rows.append({"lucode": code, "lulc-class": name})
    if not names:
        findings.add("BC-PRJ-05", path.name, ", ".join(cells.columns), "columns lucode and lulc-class")
        return None, None
    flags = np.tile(np.array(active), (3, 1))
    table = ClassTable(tuple(names), codes, 0 * flags, flags, 0 * flags, np.zeros((3, *flags.shape)))
    return table, rows


def class_table_text(rows: Sequence[dict[str, str]]) -> str:
    """An empty class table as CSV text: every class, every column of the peer, cells to be filled in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["lucode", "lulc-class", "unit", *NEEDED], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
