"""Everything a run writes: statement, reports, layers; all of it, or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bluecarbon.field.job import field_files
from bluecarbon.inventory import survey_statement
from bluecarbon.job import JobFile, load_job
from bluecarbon.survey import Survey, read_survey
from methodology.base.errors import refuse


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
    _refuse_overwriting(file, out)
    _refuse_unwritable(out)
    survey = read_survey(file, lambda what, share: tell(what, 0.6 * share))
    statement, sheet = survey_statement(
        survey, draws, seed, strict, lambda share: tell("simulating", 0.6 + 0.2 * share)
    )
    tell("writing reports", 0.85)
    with tempfile.TemporaryDirectory(prefix=".bluecarbon.", dir=out) as folder:
        write_all(survey, statement, sheet, Path(folder), lang)
        _project(file, Path(folder) / "projection", lang)
        for written in sorted(Path(folder).iterdir()):
            target = out / written.name
            if target.is_dir():
                shutil.rmtree(target)
            written.replace(target)
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


def _refuse_overwriting(file: JobFile, out: Path) -> None:
    inputs = {file.path.resolve()} | {_full(file, entry.path) for entry in file.job.map}
    if file.job.reporting_units:
        inputs.add(_full(file, file.job.reporting_units.path))
    if file.job.survey.factors:
        inputs.add(_full(file, file.job.survey.factors))
    inputs |= {path.resolve() for _, path in field_files(file.job, file.folder)}
    ours = ("statement.json", "run.json", "report.html", "worksheet.xlsx", "lines.csv", "layers.gpkg")
    for name in ours:
        if (out / name).resolve() in inputs:
            raise refuse(
                "BC-JOB-07",
                str(out / name),
                "an input of this job",
                "a folder that holds no input",
                "Choose another --out folder.",
            )


def _full(file: JobFile, text: str) -> Path:
    return (file.folder / text).resolve()
