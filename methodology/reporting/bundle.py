"""All reports of one statement into a folder, all of them or none."""

from __future__ import annotations

import datetime
import json
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from methodology.base.errors import Finding
from methodology.base.files import sha256_of
from methodology.base.outputs import all_or_nothing
from methodology.reporting.html import write_html
from methodology.reporting.tables import write_lines_csv
from methodology.reporting.wording import wording_table
from methodology.statement_file import write_statement
from methodology.worksheet import Worksheet

FILES = ("statement.json", "lines.csv", "report.html", "worksheet.xlsx", "run.json")
_PACKAGES = (
    "bluecarbon-toolkit", "numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "rasterio", "xarray",
    "pint", "sympy", "jinja2", "xlsxwriter", "matplotlib", "CoolProp", "sqlalchemy",
)  # fmt: skip


def write_reports(
    statement: Mapping[str, Any],
    sheet: Worksheet,
    folder: Path | str,
    lang: str = "en",
    pictures: Sequence[Mapping[str, Any]] = (),
    notes: Iterable[Finding] = (),
    inputs: Iterable[Path | str] = (),
    started: datetime.datetime | None = None,
) -> list[Path]:
    """Write statement.json, lines.csv, report.html, worksheet.xlsx and run.json.

    Parameters
    ----------
    folder : path
        Made if it is not there. Files of an earlier run are replaced; an input never is.
    pictures, notes :
        See `methodology.reporting.html.write_html`.
    inputs : iterable of path
        Files the statement was made from.
    started : datetime, optional
        When the run began, with its zone; for run.json.

    Returns
    -------
    list of Path
        The files written, in the order of `FILES`.

    Raises
    ------
    InputError
        ME-OUT-02 a report would replace an input; ME-REP-03 unknown language; ME-OUT-01 the folder cannot be written.
        Nothing has been written then.
    """
    from methodology.reporting.workbook import write_workbook

    folder = Path(folder)
    wording_table(lang)
    with all_or_nothing(folder, list(map(Path, inputs)), FILES) as staging:
        write_statement(statement, staging / "statement.json")
        write_lines_csv(statement, staging / "lines.csv")
        write_html(statement, staging / "report.html", lang, pictures, notes)
        write_workbook(statement, sheet, staging / "worksheet.xlsx", lang)
        run = run_conditions(statement, lang, started)
        run["statement_sha256"] = sha256_of(staging / "statement.json")
        text = json.dumps(run, ensure_ascii=False, indent=1) + "\n"
        (staging / "run.json").write_text(text, encoding="utf-8")
    return [folder / name for name in FILES]


def run_conditions(statement: Mapping[str, Any], lang: str, started: datetime.datetime | None = None) -> dict[str, Any]:
    """What may differ between two runs with the same statement: versions, platform, times."""
    now = datetime.datetime.now().astimezone()
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    run: dict[str, Any] = {"format": "ghg-statement-run", "title": statement["title"], "language": lang}
    if started is not None:
        run["started"] = started.isoformat(timespec="seconds")
    run["written"] = now.isoformat(timespec="seconds")
    return run | {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "machine": platform.machine(),
        "versions": versions,
    }
