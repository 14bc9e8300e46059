"""Result rows on their way out: CSV, JSON, and the short table a person reads in the terminal."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from methodology.base.errors import Findings, refuse
from methodology.base.files import SIGNIFICANT_DIGITS, canonical_json, written_whole
from methodology.base.phrases import phrase
from methodology.commandline import in_words, say

FIGURE_KINDS = (".png", ".svg", ".pdf")


def cell_text(value: Any) -> str:
    """A value as a CSV cell: 12 significant digits, empty for what is not a number."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.{SIGNIFICANT_DIGITS}g}" if math.isfinite(value) else ""
    return "" if value is None else str(value)


def write_rows(path: Path | str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write result rows as CSV in UTF-8, whole or not at all.

    Parameters
    ----------
    path : path
    rows : sequence of mapping
        All with the keys of the first, in its order.

    Raises
    ------
    InputError
        ME-OUT-01 the folder cannot be written.
    """
    with written_whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0].keys())
        writer.writerows([cell_text(value) for value in row.values()] for row in rows)


def deliver(
    rows: Sequence[Mapping[str, Any]],
    findings: Findings,
    *,
    out: str | None,
    as_json: bool,
    summary: Mapping[str, Any],
    text: str,
) -> None:
    """Hand a result over: findings to stderr, rows to the file, JSON or text to stdout.

    Parameters
    ----------
    rows : sequence of mapping
        Result rows.
    findings : Findings
        Warnings and notes; errors have stopped the run before.
    out : str or None
        CSV to write.
    as_json : bool
        Print summary, rows and findings as JSON instead of `text`.
    summary : mapping
        What stands beside the rows in JSON.
    text : str
        What a person reads.
    """
    for finding in findings:
        click.echo(f"{in_words(finding.severity)}: {in_words(finding)}", err=True)
    if out:
        write_rows(out, rows)
    if as_json:
        click.echo(canonical_json({**summary, "rows": rows, "findings": [f.as_dict() for f in findings]}), nl=False)
        return
    click.echo(text)
    if out:
        s = "s" if len(rows) != 1 else ""
        say(phrase("{n} row{s} written to {out}", n=len(rows), s=s, out=out), err=True)


def text_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns aligned for a terminal; numbers to the right with 4 significant digits."""
    cells = [[_shown(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) if cells else len(name) for i, name in enumerate(header)]
    right = [bool(rows) and isinstance(rows[0][i], int | float) for i in range(len(header))]

    def line(values: Sequence[str]) -> str:
        padded = (v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(header), *(line(row) for row in cells)])


def _shown(value: Any) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return "-" if value is None else str(value)


def stated_units(texts: Sequence[str]) -> dict[str, str]:
    """Units named on the command line as COLUMN=UNIT.

    Raises
    ------
    InputError
        BC-SAM-08 a text of another form.
    """
    units = {}
    for text in texts:
        name, separator, unit = text.partition("=")
        if not separator:
            raise refuse("BC-SAM-08", "--unit", text, "COLUMN=UNIT, such as height=cm")
        units[name.strip()] = unit.strip()
    return units


def check_figure(path: str) -> None:
    """Refuse a picture file of a kind that cannot be drawn.

    Raises
    ------
    InputError
        BC-SAM-08 another ending than those of `FIGURE_KINDS`.
    """
    if Path(path).suffix.lower() not in FIGURE_KINDS:
        raise refuse("BC-SAM-08", "--figure", path, phrase("a file ending in {names}", names=", ".join(FIGURE_KINDS)))
