"""From areas of map codes to areas of class trajectories: every code known, every gap told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bluecarbon.projection.tables import ClassTable, TrajectoryAreas
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

WHOLE = "all"
OUTSIDE = "(outside every zone)"
SHOWN_CODES = 40


def trajectory_areas(
    table: ClassTable,
    years: Sequence[int],
    codes: np.ndarray,
    zone: np.ndarray,
    area_ha: np.ndarray,
    zones: Sequence[str],
    not_surveyed: int,
) -> tuple[TrajectoryAreas, Findings]:
    """Distinct class trajectories with their area in every zone.

    Parameters
    ----------
    table : ClassTable
    years : sequence of int
        Year of each date, ascending.
    codes : int array, shape (entry, date)
        Map code at each date.
    zone : int array, shape (entry,)
        Index into `zones`; -1 outside every zone.
    area_ha : array, shape (entry,)
        [ha]
    zones : sequence of str
        Zone names; empty where none were asked for.
    not_surveyed : int
        Code of ground on which no class is known at a date.

    Returns
    -------
    TrajectoryAreas, Findings
        Findings are BC-PRJ-32 for each code without a class, with its area, and BC-PRJ-35 for ground that has a class
        at some dates only: it is left out of every total, because its change is not known.
    """
    findings = Findings()
    known = np.isin(codes, list(table.codes))
    blank = codes == not_surveyed
    _unknown_codes(codes, ~known & ~blank, area_ha, years, findings)
    _partly_seen(blank, area_ha, findings)
    keep = known.all(axis=1)
    places = np.vectorize(lambda code: table.codes.get(int(code), -1), otypes=[np.int64])
    kept = places(codes[keep]) if keep.any() else np.zeros((0, codes.shape[1]), dtype=np.int64)
    classes, back = np.unique(kept, axis=0, return_inverse=True)
    names = list(zones) if len(zones) else [WHOLE]
    at = zone[keep] if len(zones) else np.zeros(int(keep.sum()), dtype=np.int64)
    if np.any(at < 0):
        names.append(OUTSIDE)
        at = np.where(at < 0, len(names) - 1, at)
    area = np.zeros((len(names), len(classes)))
    np.add.at(area, (at, back.ravel()), area_ha[keep])
    return TrajectoryAreas(tuple(int(year) for year in years), classes, area, tuple(names)), findings


def _partly_seen(blank: np.ndarray, area_ha: np.ndarray, findings: Findings) -> None:
    partly = blank.any(axis=1) & ~blank.all(axis=1)
    if not partly.any():
        return
    lost = float(area_ha[partly].sum())
    findings.add(
        "BC-PRJ-35",
        "maps",
        "ground with a class at some dates only",
        "a class at every date",
        "It is left out of every total at every date: what happened on it is not known.",
        "warning",
        amount=lost,
        unit="ha",
        share=lost / float(area_ha[~blank.all(axis=1)].sum()),
    )


def _unknown_codes(
    codes: np.ndarray, unknown: np.ndarray, area_ha: np.ndarray, years: Sequence[int], findings: Findings
) -> None:
    for code in np.unique(codes[unknown])[:SHOWN_CODES]:
        here = codes == code
        dates = [str(year) for year, column in zip(years, here.T, strict=True) if column.any()]
        findings.add(
            "BC-PRJ-32",
            phrase("maps of {names}", names=", ".join(dates)),
            phrase("code {code}", code=code),
            "a lucode of the class table",
            "Add a row for it, or declare it as nodata in the map if it is no class.",
            amount=float(area_ha[here.any(axis=1)].sum()),
            unit="ha",
        )
