"""Checks that every table gets from its declaration: presence, need, vocabulary, range, keys."""

from __future__ import annotations

import difflib
import importlib

import numpy as np
import pandas as pd

from bluecarbon.tables.chinese import words_of
from bluecarbon.tables.marks import TableFindings
from bluecarbon.tables.schema import Table
from methodology.base.phrases import joined, phrase


def check_columns(frame: pd.DataFrame, table: Table, present: set[str], findings: TableFindings) -> None:
    """Add what the declaration itself can find.

    Parameters
    ----------
    frame : pandas.DataFrame
        Converted columns; index = row in the file.
    table : Table
    present : set of str
        Columns the file really has.
    findings : TableFindings
        Added to.
    """
    _presence(table, present, findings)
    _needs(frame, table, present, findings)
    _words(frame, table, present, findings)
    _ranges(frame, table, present, findings)
    _keys(frame, table, present, findings)


def apply_rules(frame: pd.DataFrame, table: Table, findings: TableFindings) -> None:
    """Run the table's own rules, which look at whole rows and groups of rows."""
    for rule in table.rules:
        module, name = rule.split(":")
        getattr(importlib.import_module(module), name)(frame, findings)


def _presence(table: Table, present: set[str], findings: TableFindings) -> None:
    for column in table.columns:
        if column.need == "required" and column.name not in present:
            findings.add(
                "BC-TAB-04",
                phrase("{source}, header", source=findings.source),
                phrase("no column {column}", column=column.name),
                f"{column.name}: {column.description}",
                phrase(
                    "Add the column. `bluecarbon template {table}` writes a table with all of them.", table=table.name
                ),
            )
    for names in table.one_of:
        if not present & set(names):
            wanted = (
                phrase("at least one of the columns {names}", names=", ".join(names))
                if len(names) > 1
                else phrase("a column {names}", names=names[0])
            )
            findings.add("BC-TAB-04", phrase("{source}, header", source=findings.source), "no such column", wanted)
    absent = [name for name in table.names if name not in present]
    unused = []
    for name in sorted(present - set(table.names)):
        near = difflib.get_close_matches(name.lower(), absent, n=1, cutoff=0.8)
        if not near:
            unused.append(name)
            continue
        findings.add(
            "BC-TAB-13",
            phrase("{source}, header", source=findings.source),
            name,
            "a declared column",
            phrase("Did you mean {near}? As it stands the column is not used.", near=near[0]),
            severity="warning",
        )
    if unused:
        findings.add(
            "BC-TAB-13",
            phrase("{source}, header", source=findings.source),
            ", ".join(unused),
            "declared columns",
            "These are not used.",
            severity="note",
        )


def _needs(frame: pd.DataFrame, table: Table, present: set[str], findings: TableFindings) -> None:
    for column in table.columns:
        empty = missing(frame[column.name])
        if column.need == "required" and column.name in present:
            findings.add_rows(
                "BC-TAB-08",
                column.name,
                frame.index[empty],
                [""] * int(empty.sum()),
                column.description.rstrip("."),
                "Fill in the cell; a row without it cannot be used.",
                scope="file" if column.name in table.group else "core",
            )
        if column.need == "conditional":
            filled = np.zeros(len(frame), dtype=bool)
            for name in column.needed_by:
                filled |= ~missing(frame[name])
            lacking = filled & empty
            findings.add_rows(
                "BC-TAB-09",
                column.name,
                frame.index[lacking],
                [""] * int(lacking.sum()),
                phrase("a value wherever {names} is filled", names=joined(" or ", column.needed_by)),
                column.description,
                scope="core",
            )


def _words(frame: pd.DataFrame, table: Table, present: set[str], findings: TableFindings) -> None:
    for column in table.columns:
        if not column.vocabulary or column.name not in present:
            continue
        known = {word.lower(): word for word in column.vocabulary} | dict(words_of(column.vocabulary))
        text = frame[column.name].astype(str)
        lowered = text.str.lower().str.strip()
        unknown = (lowered != "") & ~lowered.isin(known)
        frame[column.name] = lowered.map(known).where(~unknown, text).where(lowered != "", "")
        findings.add_rows(
            "BC-TAB-10",
            column.name,
            frame.index[unknown],
            text[unknown],
            phrase("one of {names}", names=", ".join(column.vocabulary)),
            "Use a word of the list; leave the cell empty if none applies.",
            severity="warning" if column.open_vocabulary else "error",
            scope="row" if column.open_vocabulary else "core",
        )


def _ranges(frame: pd.DataFrame, table: Table, present: set[str], findings: TableFindings) -> None:
    for column in table.columns:
        if not column.is_number or column.name not in present or not column.range_code:
            continue
        values = frame[column.name].to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            out = np.zeros(len(values), dtype=bool)
            if column.low is not None:
                out |= values < column.low
            if column.high is not None:
                out |= values > column.high
            if column.above is not None:
                out |= values <= column.above
        findings.add_rows(
            column.range_code,
            column.name,
            frame.index[out],
            values[out].tolist(),
            column.expected,
            column.range_remedy,
            severity=column.range_severity,
            scope=column.range_scope,
        )


def _keys(frame: pd.DataFrame, table: Table, present: set[str], findings: TableFindings) -> None:
    names = [name for name in table.keys if name in present]
    if not names:
        return
    repeated = frame.duplicated(names, keep="first").to_numpy()
    found = frame.loc[repeated, names].astype(str).agg(" / ".join, axis=1) if repeated.any() else []
    findings.add_rows(
        "BC-TAB-12",
        " + ".join(names),
        frame.index[repeated],
        list(found),
        "each row once",
        "The same row stands twice; remove one, or give them different names.",
        scope="core",
    )


def missing(values: pd.Series) -> np.ndarray:
    """True where a cell is empty. Shape (row,)."""
    if values.dtype.kind == "f":
        return np.isnan(values.to_numpy())
    return (values.astype(str).str.strip() == "").to_numpy()
