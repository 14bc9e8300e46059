"""Everything a run writes: statement, reports, layers; all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bluecarbon.inventory import survey_statement
from bluecarbon.job import JobFile, date_label, load_job
from bluecarbon.job_files import job_files
from bluecarbon.survey import Survey, read_survey
from methodology.base.outputs import all_or_nothing


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
    inputs = {each: f"{role} of this job" for role, each in job_files(file)}
    with all_or_nothing(out, inputs, _foreseen(file)) as folder:
        survey = read_survey(file, lambda what, share: tell(what, 0.6 * share))
        statement, sheet = survey_statement(
            survey, draws, seed, strict, lambda share: tell("simulating", 0.6 + 0.2 * share)
        )
        tell("writing reports", 0.85)
        write_all(survey, statement, sheet, folder, lang)
        _project(file, folder, out, lang, tell)
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


def _project(file: JobFile, staging: Path, out: Path, lang: str, tell: Callable[[str, float], None]) -> None:
    """Run the [projection] table of a job, where it has one, into a folder of its own.

    The staging folder goes with the run; the state of an interrupted count stays where the results will lie.
    """
    if file.job.projection is None:
        return
    from bluecarbon.projection.job import Choices, run

    table = {"report": lang, **file.job.projection}
    choices = Choices.from_table(table, file.folder, staging / "projection", out / "projection")
    run(choices, lambda what, share: tell(what, 0.9 + 0.1 * share))


def _foreseen(file: JobFile) -> list[Path]:
    """Names known before a run, so that a clash costs no waiting; what was really written is checked again."""
    names = ["statement.json", "run.json", "report.html", "worksheet.xlsx", "lines.csv", "layers.gpkg"]
    return [Path(name) for name in (*names, *(f"density_{date_label(entry.date)}.tif" for entry in file.job.map))]
