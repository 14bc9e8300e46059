"""Everything a run writes: statement, reports, layers; all of it, or nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bluecarbon.inventory import survey_statement
from bluecarbon.job import JobFile, date_label, load_job
from bluecarbon.job_files import job_files
from bluecarbon.survey import Survey, read_survey
from methodology.base.errors import Findings, refuse


def run_job(
    path: Path,
    out: Path,
    lang: str = "en",
    *,
    draws: int = 10_000,
    seed: int = 1,
    strict: str | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Run a survey job and write its results into a folder.

    Parameters
    ----------
    path : Path
        Job file.
    out : Path
        Folder; made if needed. Files of an earlier run are replaced, others are left alone.
    lang : {"en", "zh"}
    draws, seed, strict :
        As in `survey_statement`.

    Returns
    -------
    dict
        The statement.

    Raises
    ------
    InputError
        Anything that stops the job; then nothing has been written.
    """
    tell = progress or (lambda what, share: None)
    file = load_job(path)
    _refuse_overwriting(file, out, _foreseen(file))
    _refuse_unwritable(out)
    survey = read_survey(file, lambda what, share: tell(what, 0.6 * share))
    statement, sheet = survey_statement(
        survey, draws, seed, strict, lambda share: tell("simulating", 0.6 + 0.2 * share)
    )
    tell("writing reports", 0.85)
    with tempfile.TemporaryDirectory(prefix=".bluecarbon.", dir=out) as folder:
        write_all(survey, statement, sheet, Path(folder), lang)
        _project(file, Path(folder) / "projection", lang)
        produced = sorted(path.relative_to(folder) for path in Path(folder).rglob("*") if path.is_file())
        _refuse_overwriting(file, out, produced)
        _move(produced, Path(folder), out)
    tell("done", 1.0)
    return statement


def write_all(survey: Survey, statement: dict[str, Any], sheet: Any, folder: Path, lang: str) -> None:
    """Write statement, reports and layers of a survey into an empty folder."""
    from bluecarbon.field.pictures import field_pictures
    from bluecarbon.layers import write_layers
    from bluecarbon.pictures import habitat_maps
    from methodology.reporting.bundle import write_reports

    write_reports(statement, sheet, folder, lang, [*habitat_maps(survey, lang), *field_pictures(survey, lang)])
    write_layers(survey, sheet, folder)


def _project(file: JobFile, out: Path, lang: str) -> None:
    """Run the [projection] table of a job, where it has one, into a folder of its own."""
    if file.job.projection is None:
        return
    from bluecarbon.projection.job import Choices, run

    run(Choices.from_table({"report": lang, **file.job.projection}, file.folder, out))


def _refuse_unwritable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise refuse(
            "ME-OUT-01",
            str(out),
            error.strerror or error,
            "a folder this user may write to",
            "Choose another --out folder.",
        ) from None


def _foreseen(file: JobFile) -> list[Path]:
    """Names known before a run, so that a clash costs no waiting; what was really written is checked again."""
    names = ["statement.json", "run.json", "report.html", "worksheet.xlsx", "lines.csv", "layers.gpkg"]
    return [Path(name) for name in (*names, *(f"density_{date_label(entry.date)}.tif" for entry in file.job.map))]


def _refuse_overwriting(file: JobFile, out: Path, names: Iterable[Path]) -> None:
    """Refuse every name that is an input of the job, however it is spelled, or that a folder stands in the way of."""
    findings = Findings()
    inputs = {}
    for role, path in job_files(file):
        inputs |= dict.fromkeys(_identities(path), f"an input of this job ({role})")
    for name in names:
        target = out / name
        clash = next((inputs[each] for each in _identities(target) if each in inputs), None)
        if clash:
            findings.add(
                "BC-JOB-07", str(target), clash, "a folder that holds no input", "Choose another --out folder."
            )
        elif target.is_dir():
            findings.add("ME-OUT-01", str(target), "a folder", "a file or nothing", "Choose another --out folder.")
    findings.stop_on_errors()


def _identities(path: Path) -> list[Any]:
    """The full path, and the file itself: letters of another case or a link may name the same one."""
    try:
        state = path.stat()
    except OSError:
        return [path.resolve()]
    return [path.resolve(), (state.st_dev, state.st_ino)]


def _move(produced: list[Path], staging: Path, out: Path) -> None:
    """Move files one by one to where they belong; if one cannot be moved, put all of them back as they were."""
    kept = Path(tempfile.mkdtemp(prefix=".earlier.", dir=staging))
    moved: list[Path] = []
    try:
        for number, name in enumerate(produced):
            target = out / name
            moved.append(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                target.replace(kept / str(number))
            (staging / name).replace(target)
    except BaseException as error:
        for number, name in enumerate(moved):
            if (kept / str(number)).exists():
                (kept / str(number)).replace(out / name)
            elif not (staging / name).exists():
                os.unlink(out / name)
        if isinstance(error, OSError):
            remedy = "Close the file where it is open, or choose another --out folder."
            raise refuse(
                "ME-OUT-01", str(out / moved[-1]), error.strerror or error, "a file that may be replaced", remedy
            ) from None
        raise
