"""Map accuracy in a survey: validation points become a correction of mapped areas with its covariance.

The estimated area of a class divided by its mapped area is the map's scale for that class and date; it multiplies the
class's area in every reporting unit, so that units still add up to the corrected whole. Source: olofsson2014, with the
ratio as the link from the whole map to its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.job import Accuracy, JobFile, date_label
from methodology.base.errors import Finding, Findings
from methodology.base.files import sha256_of
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.accuracy.job import AccuracyResult


@dataclass(frozen=True)
class MapScale:
    """Estimated over mapped area by class value of one map.

    Parameters
    ----------
    values : tuple of str
        Class values of the map.
    ratio : array, shape (value,)
        Estimated over mapped area. [1]
    covariance : array, shape (value, value)
        Of the ratios. [1]
    """

    values: tuple[str, ...]
    ratio: np.ndarray
    covariance: np.ndarray


def map_scales(
    file: JobFile, mapped: Mapping[str, Mapping[str, float]], findings: Findings
) -> tuple[dict[str, MapScale], list[tuple[str, str, str]]]:
    """Scales of every map of a job that has accuracy data.

    Parameters
    ----------
    mapped : mapping of date to {class value: mapped area in ha}
        What this survey mapped, to be compared with the stratum areas stated.
    findings : Findings
        Rates without areas, corrections and disagreements are added (BC-INV-09, BC-INV-10).

    Returns
    -------
    (scales by date, files read as (role, path, sha256))

    Raises
    ------
    InputError
        BC-ACC codes for the files; BC-INV-10 a habitat class has no estimate.
    """
    scales: dict[str, MapScale] = {}
    files: list[tuple[str, str, str]] = []
    for entry in file.job.map:
        if entry.accuracy is None:
            continue
        date = date_label(entry.date)
        result = _estimate(file, entry.accuracy)
        findings.extend(result.findings)
        for name in (entry.accuracy.points, entry.accuracy.matrix, entry.accuracy.strata_areas):
            if name:
                path = file.folder / name
                files.append((f"accuracy {date}", str(path), sha256_of(path)))
        if result.estimate is None:
            findings.add(
                "BC-INV-09", phrase("map {date}, accuracy", date=date), "points without a stated design", "design and strata_areas",
                "Only rates can be given; areas are not corrected.", "warning",
            )  # fmt: skip
            continue
        scale = _scale(date, result, mapped.get(date, {}), findings)
        if scale is not None:
            scales[date] = scale
    return scales, files


def _estimate(file: JobFile, accuracy: Accuracy) -> AccuracyResult:
    from bluecarbon.accuracy.job import AccuracyJob, run_accuracy

    def place(name: str | None):
        return None if name is None else file.folder / name

    return run_accuracy(
        AccuracyJob(
            place(accuracy.points), place(accuracy.matrix), accuracy.map_field, accuracy.reference_field,
            accuracy.strata_field, place(accuracy.strata_areas), accuracy.design,
        )
    )  # fmt: skip


def _scale(date: str, result: AccuracyResult, mapped: Mapping[str, float], findings: Findings) -> MapScale | None:
    estimate = result.estimate
    known = [n for n, name in enumerate(estimate.classes) if name in mapped]
    missing = [name for name in mapped if name not in estimate.classes]
    stated = (
        {estimate.classes[n]: float(result.mapped_ha[n]) for n in known}
        if result.mapped_ha is not None
        else dict(mapped)
    )
    for name in missing:
        findings.add(
            "BC-INV-10", phrase("map {date}, accuracy", date=date), phrase("no estimate for class {name!r}", name=name), "every class of habitat",
            "Add points of the class, or leave the accuracy data out and state area_uncertainty_percent.",
        )  # fmt: skip
    for n in known:
        name = estimate.classes[n]
        if not np.isfinite(estimate.standard_error_ha[n]) or not stated[name] > 0:
            findings.add(
                "BC-INV-10", phrase("map {date}, accuracy", date=date), phrase("no standard error for class {name!r}", name=name), "at least two points in its stratum",
                "Add points; a class with too few has no known error, never a zero one.",
            )  # fmt: skip
        elif abs(stated[name] / mapped[name] - 1) > 0.01:
            findings.add(
                "BC-INV-10", phrase("map {date}, accuracy", date=date), phrase("stratum area {stated:.6g} ha of class {name!r}, mapped {mapped:.6g} ha", stated=stated[name], name=name, mapped=mapped[name]),
                "stratum areas of this map", "The sample stands for another map or extent.", "warning",
            )  # fmt: skip
    if findings.errors:
        return None
    names = tuple(estimate.classes[n] for n in known)
    sizes = np.array([stated[name] for name in names])
    ratio = estimate.area_ha[known] / sizes
    covariance = estimate.covariance_ha2[np.ix_(known, known)] / np.outer(sizes, sizes)
    for name, value in zip(names, ratio, strict=True):
        findings.items.append(
            Finding(
                "BC-INV-09", phrase("map {date}, class {name}", date=date, name=name), phrase("estimated area is {value:.4g} times the mapped area", value=value), "1 for a map without error",
                "Areas are corrected by it; the interval is that of the estimate.", "note",
            )
        )  # fmt: skip
    return MapScale(names, ratio, covariance)
