"""How a field table is declared.

One declaration of columns drives reading, checking, the template a person fills in and the documentation page. Names
and vocabularies are those of the Coastal Carbon Network where it has them, so that a table made for the network is
read here as it stands. Each number column has one unit after reading; other units are accepted where the header
says so (``dry_bulk_density [kg/m3]``), or where a unit column beside it does (``pb210_unit``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from bluecarbon.tables.marks import TableFindings

KINDS = ("text", "number", "integer", "flag", "date")
UNITS_SHOWN = 9
NEEDS = ("required", "conditional", "optional")


@dataclass(frozen=True)
class Column:
    """One column of a field table.

    Parameters
    ----------
    name : str
        Name in the header, without unit.
    description : str
        Meaning, one sentence; it is printed in the template and the documentation.
    kind : {"text", "number", "integer", "flag", "date"}
        A flag reads TRUE or FALSE; a date is year-month-day.
    need : {"required", "conditional", "optional"}
        A conditional column must be filled in every row where any column of `needed_by` is filled.
    needed_by : tuple of str
        Columns that make this one necessary.
    unit : str or None
        The one unit the column has after reading; ``"1"`` for a fraction. Header text without unit means this unit.
    units : mapping of str to float
        Other accepted spellings and the factor that turns them into `unit`.
    unit_column : str or None
        Column of the same table that names the unit row by row; then a number without any unit is refused.
    low, high : float or None
        Closed range in `unit`; a value outside is a finding of severity `range_severity`.
    above : float or None
        Open lower limit, for quantities that must exceed it.
    vocabulary : tuple of str
        Allowed words, compared without regard to case; empty means free text.
    open_vocabulary : bool
        An unknown word is a warning, not an error.
    example : str
        What the template shows in its example row.
    range_code, range_scope, range_remedy :
        Code of the finding for a value outside the range (empty where a rule of the table checks it), how far it
        reaches ("row", "age", "core" or "file"; see `bluecarbon.tables.marks`), and what to do about it.
    """

    name: str
    description: str
    kind: str = "text"
    need: str = "optional"
    needed_by: tuple[str, ...] = ()
    unit: str | None = None
    units: Mapping[str, float] = field(default_factory=dict)
    unit_column: str | None = None
    low: float | None = None
    high: float | None = None
    above: float | None = None
    vocabulary: tuple[str, ...] = ()
    open_vocabulary: bool = False
    example: str = ""
    range_code: str = "BC-TAB-11"
    range_scope: str = "file"
    range_severity: str = "error"
    range_remedy: str = "Correct the value, or declare the column's unit in its header."

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.need not in NEEDS:
            raise ValueError(f"column {self.name}: kind {self.kind!r} or need {self.need!r} is not known")
        if self.need == "conditional" and not self.needed_by:
            raise ValueError(f"column {self.name} is conditional on nothing")

    @property
    def is_number(self) -> bool:
        """True for numbers and integers."""
        return self.kind in ("number", "integer")

    @property
    def unit_words(self) -> str:
        """Accepted units, the column's own first; the rarest spellings left out."""
        words = list(dict.fromkeys([self.unit or "", *self.units]))
        return ", ".join(words[:UNITS_SHOWN]) + (" …" if len(words) > UNITS_SHOWN else "")

    @property
    def expected(self) -> str:
        """The range in words, for messages and documentation."""
        unit = "" if self.unit in (None, "1") else f" {self.unit}"
        if self.above is not None:
            low = f"above {self.above:g}"
            return f"{low}{unit}" if self.high is None else f"{low}, at most {self.high:g}{unit}"
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}{unit}"
        if self.low is not None:
            return f"at least {self.low:g}{unit}"
        return f"at most {self.high:g}{unit}" if self.high is not None else f"a number{unit}"


@dataclass(frozen=True)
class Table:
    """A field table: its columns, its keys, and rules that look at whole rows or groups of rows.

    Parameters
    ----------
    name : str
        Name used on the command line, as in ``bluecarbon template NAME``.
    description : str
        What one row is.
    columns : tuple of Column
    keys : tuple of str
        Columns that together name a row; a repeated key is an error (BC-TAB-12). An optional key column may be empty.
    group : tuple of str
        Columns that name the larger thing a row belongs to, such as the core of an interval.
    one_of : tuple of tuple of str
        In each tuple at least one column must be present in the header.
    rules : tuple of str
        ``"module:function"`` names; each is called as ``rule(frame, marks)`` after reading.
    examples : tuple of mapping
        Rows for the template beyond the one made of the columns' own examples.
    template : tuple of str
        Columns of the template; empty means the required ones and those with an example.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    group: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    rules: tuple[str, ...] = ()
    examples: tuple[Mapping[str, str], ...] = ()
    template: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"table {self.name} declares a column twice")
        used = {*self.keys, *self.group, *self.template, *(name for names in self.one_of for name in names)}
        used |= {name for column in self.columns for name in column.needed_by}
        used |= {column.unit_column for column in self.columns if column.unit_column}
        if used - set(names):
            raise ValueError(f"table {self.name} speaks of undeclared columns {sorted(used - set(names))}")

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if it is not declared."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in declared order."""
        return tuple(column.name for column in self.columns)


def read_table(
    path: str | Path,
    table: Table,
    *,
    decimal: str = ".",
    units: Mapping[str, str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> tuple[pandas.DataFrame, TableFindings]:
    """Read a field table, convert its units and check it.

    Parameters
    ----------
    path : path
        ``.csv``, ``.tsv`` or ``.txt`` (also with ``.gz``) or ``.xlsx``.
    table : Table
        The declaration.
    decimal : {".", ","}
        Decimal sign of the file. A comma is never assumed: it is found, reported and refused unless declared here.
    units : mapping of column to unit, optional
        Units declared beside the file, as if they stood in its header.
    sheet : str, optional
        Sheet of a workbook; needed only where several could be meant.
    encoding : str, optional
        Text encoding where it is not UTF-8.

    Returns
    -------
    frame : pandas.DataFrame
        Every declared column in its declared unit (absent ones empty), undeclared columns after them. The index, named
        ``row``, is the row in the file as a spreadsheet counts it, header = 1.
    findings : TableFindings
        All that was found; ``findings.stop_on_errors()`` raises once with every error.

    Raises
    ------
    InputError
        BC-TAB-01 the file cannot be opened or holds no table; BC-TAB-02 its text is not in the encoding.
    """
    from bluecarbon.tables.reading import read

    return read(Path(path), table, decimal=decimal, units=dict(units or {}), sheet=sheet, encoding=encoding)
