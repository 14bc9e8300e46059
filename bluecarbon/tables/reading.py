"""Reading a field table: file → text cells → header with units → one unit per column → findings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from bluecarbon.tables import checking
from bluecarbon.tables.chinese import header_of
from bluecarbon.tables.files import Raw, raw_cells
from bluecarbon.tables.marks import TableFindings
from bluecarbon.tables.schema import Column, Table
from bluecarbon.tables.units import factor_of
from methodology.base.phrases import phrase

HEADER = re.compile(r"^(?P<name>[^\[\]]+?)\s*\[(?P<unit>[^\[\]]*)\]$")
DECIMAL_COMMA = re.compile(r"^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$")
THOUSANDS = re.compile(r"^[+-]?\d{1,3}(?:([.,])\d{3})+(?!\1)[.,]\d+$")
DATE = re.compile(
    r"^(\d{4}\s*[-/.年]\s*\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[\s-][A-Za-z]{3,}[\s-]\d{2,4})$"
)
TRUE_WORDS = ("true", "yes", "1", "t", "y", "是")
FALSE_WORDS = ("false", "no", "0", "f", "n", "否")


def read(
    path: Path, table: Table, *, decimal: str, units: Mapping[str, str], sheet: str | None, encoding: str | None
) -> tuple[pd.DataFrame, TableFindings]:
    """See `bluecarbon.tables.schema.read_table`."""
    findings = TableFindings(source=path.name)
    raw = raw_cells(path, table.name, findings, sheet=sheet, encoding=encoding)
    cells, declared = _headed(raw, table, findings)
    for name, unit in units.items():
        if name not in table.names or name not in cells:
            findings.add(
                "BC-TAB-05",
                phrase("{path}, unit of {name}", path=path.name, name=name),
                unit,
                phrase("a column of the file: {listed}", listed=_listed(cells)),
            )
        declared[name] = unit
    _refuse_unitless(raw, table, declared, findings)
    frame = pd.DataFrame(index=cells.index)
    given: dict[str, str] = {}
    for column in table.columns:
        if column.name not in cells:
            frame[column.name] = _empty(column, cells.index)
            continue
        text = cells[column.name]
        if column.is_number:
            values = _numbers(text, column, decimal, findings)
            frame[column.name] = _converted(values, column, declared, cells, findings)
            given[column.name] = declared.get(column.name) or column.unit or ""
        elif column.kind == "flag":
            frame[column.name] = _flags(text, column, findings)
        else:
            frame[column.name] = text
    _note_units(frame, table, cells, findings)
    extra = [name for name in cells if name not in table.names]
    frame = pd.concat([frame, cells[extra]], axis=1) if extra else frame
    frame.attrs = {"source": path.name, "units_in_file": given, "columns_in_file": list(cells.columns)}
    checking.check_columns(frame, table, set(cells.columns), findings)
    return frame, findings


def _refuse_unitless(raw: Raw, table: Table, declared: Mapping[str, str], findings: TableFindings) -> None:
    """BC-TAB-05: a header that is not the declared name does not promise the declared unit either."""
    for title in raw.header:
        foreign = header_of(_cleaned(title), table.names)
        if foreign is None or foreign[1] is not None or foreign[0] in declared:
            continue
        column = table.column(foreign[0])
        if column.unit is not None and len(column.units or ()) > 1:
            findings.add(
                "BC-TAB-05", phrase("{source}, header {clean}", source=findings.source, clean=title), "no unit",
                phrase("one of {names}", names=", ".join(column.units)),
                phrase("Name it in the header, as in {title}({unit}), or beside it: --unit {name}={unit}.",
                       title=title.strip(), unit=column.unit if column.unit != "1" else "%", name=column.name),
            )  # fmt: skip


def header_names(titles: list[str]) -> list[str]:
    """Column names of a header without units and stray marks."""
    names = []
    for title in titles:
        clean = _cleaned(title)
        foreign = header_of(clean)
        if foreign is not None:
            names.append(foreign[0])
            continue
        match = HEADER.match(clean)
        names.append((match["name"].strip() if match else clean).lower().replace(" ", "_"))
    return names


def _cleaned(title: str) -> str:
    return " ".join(title.replace("\ufeff", "").replace("\u200b", "").replace("\xa0", " ").split())


def _headed(raw: Raw, table: Table, findings: TableFindings) -> tuple[pd.DataFrame, dict[str, str]]:
    """Cells under clean column names, and the units their header declares."""
    names, declared = [], {}
    for position, title in enumerate(raw.header, start=1):
        clean = _cleaned(title)
        if clean != title.strip() and "\ufeff" in title:
            findings.add(
                "BC-TAB-18",
                phrase("{source}, header", source=findings.source),
                repr(title),
                clean,
                "Stray mark removed.",
                severity="note",
            )
        foreign = header_of(clean, table.names)
        if foreign is not None:
            findings.add(
                "BC-TAB-19",
                phrase("{source}, header", source=findings.source),
                clean,
                foreign[0],
                "Read as this column.",
                severity="note",
            )
            clean = foreign[0] if foreign[1] is None else f"{foreign[0]} [{foreign[1]}]"
        match = HEADER.match(clean)
        name = match["name"].strip() if match else clean
        lowered = name.lower().replace(" ", "_")
        name = lowered if lowered in table.names else name
        if match:
            declared[name] = match["unit"].strip()
            if name in table.names and table.column(name).unit is None:
                findings.add(
                    "BC-TAB-05",
                    phrase("{source}, header {clean}", source=findings.source, clean=clean),
                    match["unit"],
                    "a column without unit",
                    severity="warning",
                )
        if not name:
            name = phrase("(column {position})", position=position)
        if name in names:
            findings.add(
                "BC-TAB-03",
                phrase("{source}, header", source=findings.source),
                name,
                "each column once",
                "Rename or remove one of the two.",
            )
            name = f"{name} ({position})"
        names.append(name)
    frame = pd.DataFrame(dict(zip(names, raw.columns, strict=True)), index=pd.Index(raw.rows, name="row"))
    return frame, declared


def _empty(column: Column, index: pd.Index) -> pd.Series:
    if column.is_number:
        return pd.Series(np.nan, index=index, dtype=float)
    return pd.Series("", index=index, dtype=object)


def _numbers(text: pd.Series, column: Column, decimal: str, findings: TableFindings) -> pd.Series:
    """Numbers of a column of text; NaN where the cell is empty or was refused."""
    filled = text != ""
    wanted = text
    if decimal == ",":
        point = filled & text.str.contains(".", regex=False)
        findings.add_rows(
            "BC-TAB-06",
            column.name,
            text.index[point],
            text[point],
            "decimal comma, as declared",
            "The file mixes decimal signs, or has thousands separators. Write every number the same way.",
        )
        wanted = text.where(~point, "").str.replace(",", ".", regex=False)
    values = pd.to_numeric(wanted, errors="coerce")
    failed = filled & (values.isna() | np.isinf(values))
    if decimal == ",":
        failed &= ~point
    comma = failed & text.str.match(DECIMAL_COMMA)
    findings.add_rows(
        "BC-TAB-06",
        column.name,
        text.index[comma],
        text[comma],
        "a decimal point",
        "The file seems to use decimal commas. If so, say it: --decimal , (a comma is never assumed).",
    )
    other = failed & ~comma
    grouped = other & text.str.match(THOUSANDS)
    remedy = "Write a plain number; leave the cell empty or write NA where nothing was measured."
    if grouped.any():
        remedy = "Write numbers without thousands separators."
    if column.kind == "integer" and (other & text.str.match(DATE)).any():
        remedy = "That looks like a date. The column wants the year alone, such as 2024."
    findings.add_rows("BC-TAB-07", column.name, text.index[other], text[other], "a number", remedy)
    values = values.where(~failed)
    if column.kind == "integer":
        broken = values.notna() & (values != values.round())
        findings.add_rows("BC-TAB-07", column.name, text.index[broken], text[broken], "a whole number")
    return values.astype(float)


def _converted(
    values: pd.Series, column: Column, declared: Mapping[str, str], cells: pd.DataFrame, findings: TableFindings
) -> pd.Series:
    """The column in its own unit."""
    if column.unit is None:
        return values
    if column.name in declared:
        factor = 1.0 if declared[column.name] == column.unit else factor_of(declared[column.name], column.units)
        if factor is None:
            findings.add(
                "BC-TAB-05",
                phrase("{source}, header {column}", source=findings.source, column=column.name),
                declared[column.name] or "no unit",
                phrase("one of {names}", names=column.unit_words),
                "Write an accepted unit in the brackets of the header.",
            )
            return values * np.nan
        return values if factor == 1.0 else values * factor
    if column.unit_column is None:
        return values
    filled = values.notna()
    if column.unit_column not in cells:
        findings.add_rows(
            "BC-TAB-05",
            column.name,
            values.index[filled][:1],
            ["no unit"],
            phrase(
                "a unit in the header, as in {column} [{unit}], or a column {unit_column}",
                column=column.name,
                unit=column.unit,
                unit_column=column.unit_column,
            ),
            "The network's dictionary gives no unit for activities; nothing is assumed.",
            scope="age",
        )
        return values * np.nan
    spelled = cells[column.unit_column]
    factors = {word: factor_of(word, column.units) for word in spelled[filled].unique()}
    unknown = filled & spelled.map(lambda word: factors.get(word) is None)
    findings.add_rows(
        "BC-TAB-05",
        phrase("{unit_column} of {column}", unit_column=column.unit_column, column=column.name),
        values.index[unknown],
        spelled[unknown],
        phrase("one of {names}", names=column.unit_words),
        "Name the unit of each measured activity.",
        scope="age",
    )
    return values * spelled.map(lambda word: factors.get(word) or np.nan).astype(float)


def _flags(text: pd.Series, column: Column, findings: TableFindings) -> pd.Series:
    words = text.str.lower()
    result = pd.Series("", index=text.index, dtype=object)
    result[words.isin(TRUE_WORDS)] = "TRUE"
    result[words.isin(FALSE_WORDS)] = "FALSE"
    odd = (text != "") & (result == "")
    findings.add_rows("BC-TAB-10", column.name, text.index[odd], text[odd], "TRUE or FALSE")
    return result


def _note_units(frame: pd.DataFrame, table: Table, cells: pd.DataFrame, findings: TableFindings) -> None:
    """Tell when one unit column holds several spellings; after conversion they are one."""
    for name in dict.fromkeys(column.unit_column for column in table.columns if column.unit_column):
        if name not in cells:
            continue
        counts = cells[name][cells[name] != ""].value_counts()
        if len(counts) > 1:
            told = ", ".join(f"{word} ({count})" for word, count in counts.items())
            findings.add(
                "BC-TAB-15",
                f"{findings.source}, {name}",
                told,
                "one unit in a column",
                "Each row was converted by the unit it names.",
                severity="warning",
            )


def _listed(cells: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in cells.columns)
