"""Areas of trajectories corrected by what checked points say of the maps, with the covariance of the estimate.

`bluecarbon accuracy` estimates the area of each class at one date, or of each change between two. The estimate
divided by the mapped area is the scale of every trajectory that holds the class, or makes the change; it is one scale
in all zones, so that zones still add up. Source: olofsson2014, with the ratio as the link from the whole to its parts.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bluecarbon.projection.tables import TrajectoryAreas
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

SAME_AREA = 0.01  # stratum areas are those of these maps if they differ by no more
CHANGE = "{} to {}"


@dataclass(frozen=True)
class MapError:
    """Estimated over mapped area, and its covariance.

    Parameters
    ----------
    years : tuple of int
        The date whose classes were checked, or the two dates whose changes were.
    names : tuple of str
        Classes, or changes such as "mangrove to pond".
    ratio : array, shape (name,)
        Estimated over mapped area. [1]
    covariance : array, shape (name, name)
        Of the ratios. [1]
    """

    years: tuple[int, ...]
    names: tuple[str, ...]
    ratio: np.ndarray
    covariance: np.ndarray

    def keys(self, ground: TrajectoryAreas, names: tuple[str, ...]) -> list[str]:
        """The checked class, or change, of each trajectory."""
        return keys_of(ground, names, self.years)


def keys_of(ground: TrajectoryAreas, names: tuple[str, ...], years: tuple[int, ...]) -> list[str]:
    """Class of each trajectory at a date, or its change between two dates, by name."""
    columns = [[names[c] for c in ground.classes[:, ground.years.index(year)]] for year in years]
    return columns[0] if len(columns) == 1 else [CHANGE.format(*pair) for pair in zip(*columns, strict=True)]


def corrected(
    path: Path, dates: str, ground: TrajectoryAreas, names: tuple[str, ...], findings: Findings
) -> tuple[TrajectoryAreas, MapError]:
    """Trajectories with estimated in place of mapped areas.

    Parameters
    ----------
    path : Path
        ``accuracy.json`` of `bluecarbon accuracy`.
    dates : str
        Year of the map that was checked, or ``start-end`` where changes were.
    ground : TrajectoryAreas
        As mapped.
    names : tuple of str
        Of the classes.
    findings : Findings
        Takes BC-PRJ-56 (note) that areas are corrected, BC-PRJ-57 (warning) where the estimate is of other areas.

    Raises
    ------
    InputError
        BC-PRJ-55 the file, the dates or the classes do not fit.
    """
    years = _years(dates, ground, findings)
    rows, covariance = _estimate(path, findings)
    findings.stop_on_errors()
    keys = keys_of(ground, names, years)
    mapped = dict.fromkeys(sorted(set(keys)), 0.0)
    for key, area in zip(keys, ground.area_ha.sum(axis=0), strict=True):
        mapped[key] += float(area)
    place = {row["class"]: n for n, row in enumerate(rows)}
    kept = [name for name in mapped if name in place]
    _check(path, rows, place, mapped, covariance, findings)
    findings.stop_on_errors()
    order = [place[name] for name in kept]
    sizes = np.array([_stated(rows[n], mapped[name]) for n, name in zip(order, kept, strict=True)])
    ratio = np.array([float(rows[n]["area_ha"]) for n in order]) / sizes
    error = MapError(years, tuple(kept), ratio, covariance[np.ix_(order, order)] / np.outer(sizes, sizes))
    scale = dict(zip(error.names, ratio, strict=True))
    findings.add(
        "BC-PRJ-56",
        path.name,
        phrase("estimated areas of {low:.4g} to {high:.4g} times the mapped ones", low=ratio.min(), high=ratio.max()),
        "1 for a map without error",
        "All areas are corrected by it, and intervals carry its covariance.",
        "note",
    )
    area_ha = ground.area_ha * np.array([scale[key] for key in keys])
    return dataclasses.replace(ground, area_ha=area_ha), error


def _years(dates: str, ground: TrajectoryAreas, findings: Findings) -> tuple[int, ...]:
    found = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", dates)
    years = () if found is None else tuple(int(part) for part in found.groups() if part is not None)
    if not years or any(year not in ground.years for year in years) or years != tuple(sorted(set(years))):
        known = ", ".join(map(str, ground.years))
        findings.add(
            "BC-PRJ-55",
            "--accuracy-date",
            dates,
            phrase("one of {known}, or two of them as start-end", known=known),
            "Name the map that was checked, or the two maps between which changes were.",
        )
    return years


def _estimate(path: Path, findings: Findings) -> tuple[list[Mapping[str, Any]], np.ndarray]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        rows, covariance = list(data["classes"]), np.array(data["area_covariance_ha2"], dtype=float)
        whole = all({"class", "area_ha", "mapped_ha"} <= set(row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError):
        rows, covariance, whole = [], np.empty((0, 0)), False
    if not whole or covariance.shape != (len(rows), len(rows)) or not rows:
        findings.add(
            "BC-PRJ-55",
            path.name,
            "no areas with a covariance",
            "accuracy.json of `bluecarbon accuracy` with a design and stratum areas",
            "Without a sampling design there are only rates, which correct no area.",
        )
    return rows, covariance


def _stated(row: Mapping[str, Any], mapped_ha: float) -> float:
    return mapped_ha if row["mapped_ha"] is None else float(row["mapped_ha"])


def _check(
    path: Path, rows: list[Mapping[str, Any]], place: Mapping[str, int], mapped: Mapping[str, float],
    covariance: np.ndarray, findings: Findings,
) -> None:  # fmt: skip
    for name, area in mapped.items():
        n = place.get(name)
        if n is None or rows[n]["area_ha"] is None or not np.isfinite(covariance[n, n]):
            findings.add(
                "BC-PRJ-55",
                path.name,
                phrase("no estimate with an error for {name!r}", name=name),
                "one for every class, or change, that the maps show",
                "Add points there, or join it with one like it; too few points are never an error of zero.",
                amount=area,
                unit="ha",
            )
        elif abs(_stated(rows[n], area) / area - 1) > SAME_AREA:
            stated = _stated(rows[n], area)
            findings.add(
                "BC-PRJ-57",
                path.name,
                phrase("{stated:.6g} ha of {name!r}, mapped {area:.6g} ha", stated=stated, name=name, area=area),
                "the stratum areas of these maps",
                "The sample stands for another map or extent.",
                "warning",
            )
    for name, n in place.items():
        if name not in mapped and rows[n]["area_ha"]:
            findings.add(
                "BC-PRJ-57",
                path.name,
                phrase("points of {name!r}, which the maps show nowhere", name=name),
                "classes of the maps",
                "Its area has no trajectory and is left out.",
                "warning",
                amount=float(rows[n]["area_ha"]),
                unit="ha",
            )
