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
    from bluecarbon.job_files import job_files

    return [path for _, path in job_files(load_job(job))]


SURVEY = JobKind("survey", _run, _inputs, ("draws", "seed"))
