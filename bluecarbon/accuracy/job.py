"""One accuracy job: what was asked, checked against what was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bluecarbon.accuracy.estimators import AreaEstimate, Rate, Sample, sample_rates, stratified_estimate
from bluecarbon.accuracy.files import read_matrix, read_points, read_stratum_areas
from methodology.base.errors import Finding, Findings


@dataclass(frozen=True)
class AccuracyJob:
    """What the command was given; see its options."""

    points: Path | None = None
    matrix: Path | None = None
    map_field: str | None = None
    reference_field: str | None = None
    strata_field: str | None = None
    strata_areas: Path | None = None
    design: str | None = None
    level: float = 0.95


@dataclass(frozen=True)
class AccuracyResult:
    """Result of a job.

    Parameters
    ----------
    sample : Sample
    users, producers : Rate
        Of the map where the design is known, else of the sample alone.
    level : float
        Of all limits. [1]
    findings : tuple of Finding
    estimate : AreaEstimate or None
        None without a design.
    mapped_ha : array, shape (class,), or None
        Area on the map, where strata are its classes; NaN for a class without one. [ha]
    """

    sample: Sample
    users: Rate
    producers: Rate
    level: float
    findings: tuple[Finding, ...]
    estimate: AreaEstimate | None = None
    mapped_ha: np.ndarray | None = None


def run_accuracy(job: AccuracyJob) -> AccuracyResult:
    """Read the sample and estimate what its design allows.

    Parameters
    ----------
    job : AccuracyJob

    Returns
    -------
    AccuracyResult

    Raises
    ------
    InputError
        BC-ACC-01 to -08, and BC-ACC-14 for options that contradict each other.
    """
    check_options(job)
    findings = Findings()
    if job.matrix is not None:
        sample = read_matrix(job.matrix)
    else:
        sample = read_points(job.points, job.map_field, job.reference_field, job.strata_field)
    if job.design is None:
        users, producers, told = sample_rates(sample, job.level)
        return AccuracyResult(sample, users, producers, job.level, (told,))
    areas = read_stratum_areas(job.strata_areas, sample)
    if job.design != "stratified-random":
        findings.add(
            "BC-ACC-13",
            "--design",
            job.design,
            "stratified-random",
            "Points are grouped by stratum after the draw; for a systematic grid the intervals are rather too wide.",
            "note",
        )
    estimate = stratified_estimate(sample, areas, job.level)
    findings.extend(estimate.findings)
    return AccuracyResult(
        sample,
        estimate.users,
        estimate.producers,
        job.level,
        tuple(findings),
        estimate,
        None if job.strata_field else _mapped(sample, areas),
    )


def _mapped(sample: Sample, areas: np.ndarray) -> np.ndarray:
    known = dict(zip(sample.strata, areas, strict=True))
    return np.array([known.get(name, np.nan) for name in sample.classes])


def check_options(job: AccuracyJob) -> None:
    """Refuse options that contradict each other, before a file is opened.

    Raises
    ------
    InputError
        BC-ACC-07 design and stratum areas go together; BC-ACC-14 points or a matrix, with what each needs.
    """
    findings = Findings()
    if (job.points is None) == (job.matrix is None):
        findings.add("BC-ACC-14", "command", "points and --matrix, or neither", "one of the two", "Give one of them.")
    elif job.points is not None and not (job.map_field and job.reference_field):
        findings.add(
            "BC-ACC-14",
            "command",
            "points without --map-field or --reference-field",
            "the columns with both classes",
            "Name the columns.",
        )
    elif job.matrix is not None and (job.map_field or job.reference_field or job.strata_field):
        findings.add("BC-ACC-14", "command", "fields beside --matrix", "fields with points only", "Leave them out.")
    if (job.design is None) != (job.strata_areas is None):
        findings.add(
            "BC-ACC-07",
            "command",
            "--strata-areas without --design" if job.design is None else "--design without --strata-areas",
            "both, or neither",
            "Areas can be estimated only from points whose draw is known, in strata whose area is known.",
        )
    elif job.strata_field and job.design is None:
        findings.add(
            "BC-ACC-07",
            "command",
            "--strata-field without --design",
            "the design and the areas of strata",
            "State them.",
        )
    findings.stop_on_errors()
