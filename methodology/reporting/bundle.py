"""All reports of one statement into a folder, all of them or none."""

from __future__ import annotations

import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from methodology.base.errors import Finding, Findings, refuse
from methodology.base.files import sha256_of
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
        ME-REP-02 a report would replace an input; ME-REP-03 unknown language; ME-OUT-01 the folder cannot be written.
        Nothing has been written then.
    """
    from methodology.reporting.workbook import write_workbook

    folder = Path(folder)
    wording_table(lang)
    refuse_overwriting(folder, FILES, inputs)
    _refuse_folders(folder)
    staging = _staging(folder)
    try:
        write_statement(statement, staging / "statement.json")
        write_lines_csv(statement, staging / "lines.csv")
        write_html(statement, staging / "report.html", lang, pictures, notes)
        write_workbook(statement, sheet, staging / "worksheet.xlsx", lang)
        run = run_conditions(statement, lang, started)
        run["statement_sha256"] = sha256_of(staging / "statement.json")
        text = json.dumps(run, ensure_ascii=False, indent=1) + "\n"
        (staging / "run.json").write_text(text, encoding="utf-8")
        for name in FILES:
            os.replace(staging / name, folder / name)
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [folder / name for name in FILES]


def refuse_overwriting(folder: Path, names: Iterable[str], inputs: Iterable[Path | str]) -> None:
    """Stop before any output that is the same file as an input.

    Raises
    ------
    InputError
        ME-REP-02, one finding for each such file.
    """
    findings = Findings()
    sources = {Path(source).resolve() for source in inputs}
    for name in names:
        target = (folder / name).resolve()
        same = target in sources or any(
            source.exists() and target.exists() and source.samefile(target) for source in sources
        )
        if same:
            remedy = "Choose another --out folder; inputs are never replaced."
            findings.add("ME-REP-02", str(folder / name), "an input of this job", "a file that is no input", remedy)
    findings.stop_on_errors()


def _refuse_folders(folder: Path) -> None:
    for name in FILES:
        if (folder / name).is_dir():
            raise refuse(
                "ME-OUT-01", str(folder / name), "a folder", "a place for a file", "Choose another --out folder."
            )


def _staging(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".reports.", dir=folder))
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> Exception:
    return refuse(
        "ME-OUT-01",
        str(folder),
        error.strerror or error,
        "a folder this user may write to",
        "Choose another --out folder or free the space.",
    )


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
