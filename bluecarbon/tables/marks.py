"""Findings about rows: which rows, which column, and whether the file or only one group of rows falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from methodology.base.errors import Finding, Findings
from methodology.base.phrases import phrase

EACH = 5  # up to so many rows are told one by one; more are told together, with their number

LOCAL = ("core", "age")


@dataclass(frozen=True)
class Mark:
    """Rows of a table that broke a rule.

    Parameters
    ----------
    code, column, severity : str
    scope : {"file", "core", "age", "row"}
        How far an error reaches: the whole file cannot be used, or only the group (core, plot) the row belongs to, or
        only that group's ages. "row" is for what is told but stops nothing.
    rows : tuple of int
        Row numbers in the file, header = 1.
    """

    code: str
    column: str
    severity: str
    scope: str
    rows: tuple[int, ...]


@dataclass
class TableFindings(Findings):
    """Findings of one table, with the rows behind each."""

    source: str = ""
    marks: list[Mark] = field(default_factory=list)

    def add_rows(
        self,
        code: str,
        column: str,
        rows: Sequence[int],
        found: Sequence[object],
        expected: str,
        remedy: str = "",
        severity: str = "error",
        scope: str = "file",
    ) -> None:
        """Record a broken rule for some rows: one finding each for a few errors, else one for all.

        Parameters
        ----------
        code, column : str
            Code of the rule and the column (or columns) it concerns.
        rows : sequence of int
            Row numbers in the file; nothing is recorded when there are none.
        found : sequence
            What stands in each of these rows, same length.
        expected, remedy, severity : str
            As in `methodology.base.errors.Finding`.
        scope : {"file", "core", "row"}
            See `Mark`.
        """
        rows = [int(row) for row in rows]
        if not rows:
            return
        self.marks.append(Mark(code, column, severity, scope, tuple(rows)))
        if len(rows) == 1 or (severity == "error" and len(rows) <= EACH):
            for row, value in zip(rows, found, strict=True):
                self.add(
                    code,
                    phrase("{source}, row {row}, {column}", source=self.source, row=row, column=column),
                    _shown(value),
                    expected,
                    remedy,
                    severity,
                )
            return
        told = rows if len(rows) <= EACH else rows[:3]
        rest = "" if len(told) == len(rows) else phrase(" and {n} more", n=len(rows) - len(told))
        place = phrase(
            "{source}, rows {names}{rest}, {column}",
            source=self.source,
            names=", ".join(map(str, told)),
            rest=rest,
            column=column,
        )
        kinds = list(dict.fromkeys(_shown(value) for value in found))
        shown = ", ".join(kinds[:3]) + (", …" if len(kinds) > 3 else "")
        self.add(code, place, shown, expected, remedy, severity, amount=float(len(rows)), unit="rows")

    def rows_with(self, code: str) -> list[int]:
        """Row numbers that carry a code, in order, each once."""
        return sorted({row for mark in self.marks if mark.code == code for row in mark.rows})

    def counts(self) -> dict[str, int]:
        """Number of rows (or of findings, where a finding has no rows) behind every code, sorted by code."""
        rows: dict[str, set[int]] = {}
        for mark in self.marks:
            rows.setdefault(mark.code, set()).update(mark.rows)
        result = {code: len(members) for code, members in rows.items()}
        for finding in self.items:
            if finding.code not in rows:
                result[finding.code] = result.get(finding.code, 0) + 1
        return dict(sorted(result.items()))

    def faults_by_row(self, scopes: tuple[str, ...] = ("core",)) -> dict[int, list[str]]:
        """Codes of the errors that fall on one group only, by row."""
        faults: dict[int, list[str]] = {}
        for mark in self.marks:
            if mark.severity == "error" and mark.scope in scopes:
                for row in mark.rows:
                    faults.setdefault(row, []).append(mark.code)
        return faults

    def errors_of(self, scopes: tuple[str, ...]) -> list[Finding]:
        """Errors that concern the whole file or groups in one of these ways; "age" errors stop no stock."""
        other = {mark.code for mark in self.marks if mark.severity == "error" and mark.scope in LOCAL}
        wanted = {mark.code for mark in self.marks if mark.severity == "error" and mark.scope in (*scopes, "file")}
        return [finding for finding in self.errors if finding.code in wanted or finding.code not in other]

    def stop_on_file_errors(self) -> None:
        """Raise one `InputError` with every error if any of them concerns more than single groups of rows."""
        local = {mark.code for mark in self.marks if mark.severity == "error" and mark.scope in LOCAL}
        general = {mark.code for mark in self.marks if mark.severity == "error" and mark.scope not in LOCAL}
        if any(finding.code in general or finding.code not in local for finding in self.errors):
            self.stop_on_errors()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "nothing" if value != value else f"{value:.6g}"
    return "nothing" if value is None or value == "" else str(value)
