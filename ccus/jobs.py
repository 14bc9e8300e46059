"""The plant as a kind of job for batches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from methodology.jobs import JobKind


def _run(job: Path, out: Path, lang: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    from ccus.inventory.outputs import Choices, run_report

    choices = Choices(
        period=str(options["period"]), draws=int(options.get("draws", 10_000)), seed=int(options.get("seed", 1))
    )
    return run_report(job, out, lang, choices)


def _inputs(job: Path, options: Mapping[str, Any]) -> list[Path]:
    from ccus.log.session import log_folder, plant_file

    return [plant_file(job), log_folder(job) / "ledger.sqlite"]


PLANT = JobKind("plant", _run, _inputs, ("period", "draws", "seed"))
