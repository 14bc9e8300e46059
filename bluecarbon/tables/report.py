"""What ``bluecarbon check-table`` says: the findings of a file, and how many rows and groups each rule touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bluecarbon.tables.checking import apply_rules
from bluecarbon.tables.files import raw_cells, sheet_names
from bluecarbon.tables.marks import TableFindings
from bluecarbon.tables.reading import header_names
from bluecarbon.tables.registry import KNOWN, table_for, table_named
from bluecarbon.tables.schema import Table, read_table
from methodology.base.errors import code_titles, refuse
from methodology.base.files import canonical_json
from methodology.base.phrases import phrase
from methodology.commandline import in_words, language, width_of

RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Checked:
    """A file that was read and checked."""

    table: Table
    frame: pd.DataFrame
    findings: TableFindings


def checked(file: Path, name: str | None, given: dict[str, Any]) -> Checked:
    """Read and check a file.

    Parameters
    ----------
    file : Path
    name : str or None
        Declared table; None finds it by the columns.
    given : mapping
        decimal, units (``COLUMN=UNIT`` texts), sheet, encoding, cores_file, methods_file.

    Raises
    ------
    InputError
        BC-TAB-01, -02, -16 the file cannot be read; BC-TAB-17 it is not clear what table it is.
    """
    options = {key: given[key] for key in ("decimal", "sheet", "encoding")}
    units = {}
    for text in given["units"]:
        column, separator, unit = text.partition("=")
        if not separator:
            raise refuse("BC-TAB-05", "--unit", text, "COLUMN=UNIT")
        units[column.strip()] = unit.strip()
    named = [sheet for sheet in sheet_names(file) if sheet in KNOWN]
    if name is None and options["sheet"] is None and len(named) == 1:
        name = named[0]
    if name is None:
        raw = raw_cells(file, "", TableFindings(), sheet=options["sheet"], encoding=options["encoding"])
        table = table_for(header_names(raw.header), file.name)
    else:
        table = table_named(name)
    if table.name == "cores":
        from bluecarbon.cores.loading import Sources, load_intervals

        sources = Sources(file, given["cores_file"], given["methods_file"], units=units, **options)
        return Checked(table, *load_intervals(sources))
    frame, findings = read_table(file, table, units=units, **options)
    if not findings.errors:
        apply_rules(frame, table, findings)
    return Checked(table, frame, findings)


def counts(result: Checked) -> list[dict[str, Any]]:
    """Rows and groups each code touched, worst first."""
    titles = code_titles("bluecarbon")
    group = None
    if result.table.group:
        group = result.frame.groupby(list(result.table.group), sort=False, dropna=False).ngroup()
    lines = []
    for code, rows in result.findings.counts().items():
        marked = result.findings.rows_with(code)
        severities = [finding.severity for finding in result.findings if finding.code == code]
        lines.append(
            {
                "code": code,
                "severity": min(severities, key=lambda word: RANK[word]),
                "rows": rows if marked else None,
                "groups": int(group.loc[marked].nunique()) if group is not None and marked else None,
                "title": titles.get(code, {}).get("en", ""),
                "title_zh": titles.get(code, {}).get("zh", ""),
            }
        )
    return sorted(lines, key=lambda line: (RANK[line["severity"]], line["code"]))


def _size(result: Checked) -> tuple[int, int]:
    groups = result.frame.groupby(list(result.table.group), dropna=False).ngroups if result.table.group else 0
    return len(result.frame), groups


def report_text(result: Checked) -> str:
    """Findings, then a table of counts, as text."""
    rows, groups = _size(result)
    what = "plots" if "plot_id" in result.table.group else "cores" if "core_id" in result.table.group else "groups"
    head = phrase("{file}: table {table}, {n:,} rows", file=result.findings.source, table=result.table.name, n=rows)
    if groups:
        head = phrase("{head}, {n:,} {what}", head=head, n=groups, what=phrase(what))
    head = in_words(head)
    lines = [in_words(finding) for finding in sorted(result.findings, key=lambda finding: RANK[finding.severity])]
    table = counts(result)
    if not table:
        return in_words(phrase("{head}: nothing found.", head=head)) + "\n"
    code, severity, number, of, rule = (in_words(phrase(name)) for name in ("code", "severity", "rows", what, "rule"))
    lines += ["", head, "", f"{code:<{_room(code, 11)}} {severity:<{_room(severity, 9)}} {number:>{_room(number, 7)}} "
              f"{of:>{_room(of, 7)}}  {rule}"]  # fmt: skip
    title = "title_zh" if language() == "zh" else "title"
    for line in table:
        shown = ["" if line[key] is None else f"{line[key]:,}" for key in ("rows", "groups")]
        word = in_words(line["severity"])
        lines.append(
            f"{line['code']:<11} {word:<{_room(word, 9)}} {shown[0]:>7} {shown[1]:>7}  {line[title] or line['title']}"
        )
    errors = sum(line["severity"] == "error" for line in table)
    lines.append("")
    broken = phrase("{n} rules are broken; the rest is for your information.", n=errors)
    lines.append(in_words(broken if errors else phrase("No errors.")))
    return "\n".join(lines) + "\n"


def _room(text: str, width: int) -> int:
    """Width to pad a text to that `width` terminal columns come out; a Chinese character takes two."""
    return width - width_of(text) + len(text)


def report_json(result: Checked) -> str:
    """Findings and counts as JSON with stable keys."""
    rows, groups = _size(result)
    return canonical_json(
        {
            "file": result.findings.source,
            "table": result.table.name,
            "rows": rows,
            "groups": groups,
            "counts": counts(result),
            "findings": [finding.as_dict() for finding in result.findings],
        }
    )
