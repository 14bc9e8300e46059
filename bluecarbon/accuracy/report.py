"""An accuracy result as text, tables and JSON."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from bluecarbon.accuracy.job import AccuracyResult
from methodology.base.files import canonical_json, quantised, written_whole

COLUMNS = (
    "class",
    "points_mapped",
    "points_reference",
    "users_accuracy",
    "users_standard_error",
    "users_low",
    "users_high",
    "producers_accuracy",
    "producers_standard_error",
    "producers_low",
    "producers_high",
    "mapped_ha",
    "area_ha",
    "area_standard_error_ha",
    "area_low_ha",
    "area_high_ha",
)


def class_rows(result: AccuracyResult) -> list[dict[str, Any]]:
    """One row for each class; what is not known is NaN."""
    matrix, estimate = result.sample.matrix, result.estimate
    nothing = np.full(len(result.sample.classes), np.nan)
    columns = [result.sample.classes, matrix.sum(axis=1), matrix.sum(axis=0)]
    for rate in (result.users, result.producers):
        columns += [rate.value, rate.standard_error, rate.low, rate.high]
    columns.append(nothing if result.mapped_ha is None else result.mapped_ha)
    columns += (
        [nothing] * 4
        if estimate is None
        else [estimate.area_ha, estimate.standard_error_ha, estimate.low_ha, estimate.high_ha]
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]


def summary(result: AccuracyResult) -> dict[str, Any]:
    """The result for JSON: null where not known."""
    estimate = result.estimate
    data: dict[str, Any] = {
        "basis": "sample" if estimate is None else "stratified",
        "level": result.level,
        "classes": class_rows(result),
        "error_matrix": {"classes": result.sample.classes, "counts": result.sample.matrix},
        "findings": [finding.as_dict() for finding in result.findings],
    }
    if estimate is not None:
        data["overall_accuracy"] = {
            "value": estimate.overall.value[0],
            "standard_error": estimate.overall.standard_error[0],
            "low": estimate.overall.low[0],
            "high": estimate.overall.high[0],
        }
        data["error_matrix"]["proportions"] = estimate.proportions
        data["area_covariance_ha2"] = estimate.covariance_ha2
    return data


def as_table(result: AccuracyResult) -> str:
    """The table a person reads in the terminal."""
    percent = f"{100 * result.level:g} %"
    lines = []
    if result.estimate is None:
        lines.append(f"{'class':<28}{'points':>8}{'mapped right':>16}{percent:>16}{'found by map':>16}{percent:>16}")
        for row in class_rows(result):
            lines.append(
                f"{row['class']:<28}{row['points_mapped']:>8}{_share(row['users_accuracy']):>16}"
                f"{_range(row['users_low'], row['users_high']):>16}{_share(row['producers_accuracy']):>16}"
                f"{_range(row['producers_low'], row['producers_high']):>16}"
            )
        return "\n".join([*lines, "Shares of the sample; no areas without a sampling design and stratum areas."])
    lines.append(f"{'class':<28}{'mapped ha':>14}{'area ha':>14}{'± ' + percent:>12}{'user’s':>20}{'producer’s':>20}")
    for row in class_rows(result):
        half = NormalDist().inv_cdf((1 + result.level) / 2) * row["area_standard_error_ha"]
        lines.append(
            f"{row['class']:<28}{_hectares(row['mapped_ha']):>14}{_hectares(row['area_ha']):>14}{_hectares(half):>12}"
            f"{_with_error(row['users_accuracy'], row['users_low'], row['users_high']):>20}"
            f"{_with_error(row['producers_accuracy'], row['producers_low'], row['producers_high']):>20}"
        )
    overall = result.estimate.overall
    lines.append(f"Overall accuracy {_with_error(overall.value[0], overall.low[0], overall.high[0])}")
    return "\n".join(lines)


def as_tables(result: AccuracyResult, folder: Path) -> None:
    """Write accuracy.csv, error_matrix.csv, area_covariance.csv (with a design) and accuracy.json into a folder."""
    classes = list(result.sample.classes)
    _write(folder / "accuracy.csv", COLUMNS, ([_cell(v) for v in row.values()] for row in class_rows(result)))
    matrix = zip(classes, result.sample.matrix.tolist(), strict=True)
    _write(folder / "error_matrix.csv", ["map \\ reference", *classes], ([name, *row] for name, row in matrix))
    if result.estimate is not None:
        rows = zip(classes, result.estimate.covariance_ha2, strict=True)
        _write(
            folder / "area_covariance.csv",
            ["area_covariance_ha2", *classes],
            ([name, *(_cell(value) for value in row)] for name, row in rows),
        )
    with written_whole(folder / "accuracy.json") as path:
        path.write_text(canonical_json(summary(result)), encoding="utf-8")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with written_whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _cell(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return repr(quantised(float(value))) if math.isfinite(value) else ""
    return value


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else "–"


def _range(low: float, high: float) -> str:
    return f"{100 * low:.1f}–{100 * high:.1f}" if math.isfinite(low) else "–"


def _with_error(value: float, low: float, high: float) -> str:
    return f"{_share(value)} ({_range(low, high)})"


def _hectares(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "not known"
