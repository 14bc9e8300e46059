"""The survey as a kind of job for batches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from methodology.jobs import JobKind


def _run(job: Path, out: Path, lang: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    from bluecarbon.outputs import run_job

    return run_job(job, out, lang, draws=int(options.get("draws", 10_000)), seed=int(options.get("seed", 1)))


def _inputs(job: Path, options: Mapping[str, Any]) -> list[Path]:
    from bluecarbon.job import load_job

    file = load_job(job)
    names = [entry.path for entry in file.job.map]
    names += [entry.extent for entry in file.job.map if entry.extent not in ("units", "unknown")]
    if file.job.reporting_units:
        names.append(file.job.reporting_units.path)
    if file.job.survey.factors:
        names.append(file.job.survey.factors)
    return [job, *(file.folder / name for name in names)]


SURVEY = JobKind("survey", _run, _inputs, ("draws", "seed"))
