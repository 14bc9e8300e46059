"""A future told as yearly rates of change: the areas of today's trajectories spread over what may come of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bluecarbon.projection.cells import PLAIN, Text, number, read_cells
from bluecarbon.projection.model import MOST_NUMBERS
from bluecarbon.projection.tables import POOLS, TrajectoryAreas
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase


def read_rates(path: Path, names: Sequence[str], zones: Sequence[str], text: Text = PLAIN) -> np.ndarray:
    """Yearly chance of every change, by zone.

    Parameters
    ----------
    path : Path
        Columns from, to, rate (share of the class that changes in a year); optional: zone.
    names : sequence of str
        Classes in the order wanted.
    zones : sequence of str
        Zones in the order wanted; a row without zone holds in all of them.
    text : Text

    Returns
    -------
    array, shape (zone, class, class)
        Rows add to 1; the diagonal is what stays. [1/yr]

    Raises
    ------
    InputError
        BC-PRJ-50 columns, classes, zones or repeated rows; BC-PRJ-51 rates outside 0 to 1, or more than the whole
        class leaving in a year.
    """
    findings = Findings()
    cells = read_cells(path, findings, text)
    missing = [name for name in ("from", "to", "rate") if name not in cells.columns]
    if missing:
        raise refuse(
            "BC-PRJ-50", path.name, ", ".join(cells.columns), phrase("columns {names}", names=", ".join(missing))
        )
    lowered = {name.lower(): n for n, name in enumerate(names)}
    rates = np.zeros((len(zones), len(names), len(names)))
    given: set[tuple[int, int, int]] = set()
    for n, texts in enumerate(zip(*(cells.columns[key] for key in ("from", "to", "rate")), strict=True)):
        left, right = (lowered.get(text.lower(), -1) for text in texts[:2])
        zone = cells.columns["zone"][n] if "zone" in cells.columns else ""
        if left < 0 or right < 0 or left == right or (zone and zone not in zones):
            shown = ", ".join((*texts[:2], *([zone] if zone else [])))
            findings.add("BC-PRJ-50", cells.place(n, "from, to"), shown, "two classes of the class table, and a zone")
            continue
        rate = number(texts[2])
        if rate is None or not 0 <= rate <= 1:
            remedy = "A share of the class in a year. Divide percent by 100."
            findings.add("BC-PRJ-51", cells.place(n, "rate"), texts[2] or "nothing", "0 to 1 per year", remedy)
            continue
        for z in [zones.index(zone)] if zone else range(len(zones)):
            if (z, left, right) in given:
                findings.add(
                    "BC-PRJ-50",
                    cells.place(n, "from, to"),
                    phrase("{names} again", names=", ".join(texts[:2])),
                    "each change once",
                )
            given.add((z, left, right))
            rates[z, left, right] = rate
    for z, left in zip(*np.nonzero(rates.sum(axis=2) > 1 + 1e-12), strict=True):
        total = phrase("{n:.6g} of {names} leaves in a year", n=rates[z, left].sum(), names=names[left])
        findings.add("BC-PRJ-51", path.name, total, "at most 1")
    findings.stop_on_errors()
    stays = 1 - rates.sum(axis=2)
    rates[:, np.arange(len(names)), np.arange(len(names))] = np.maximum(stays, 0.0)
    return rates


def extended(ground: TrajectoryAreas, rates: np.ndarray, until: int, step: int = 1) -> TrajectoryAreas:
    """Trajectories carried on from the last date by yearly rates.

    Parameters
    ----------
    ground : TrajectoryAreas
    rates : array, shape (zone, class, class)
        Yearly chances, rows adding to 1. [1/yr]
    until : int
        End year; the last change is at or before it.
    step : int
        Years between changes: those of the years between are taken together at the step's end. Longer steps make
        fewer trajectories and shift changes late by half a step on average. [yr]

    Returns
    -------
    TrajectoryAreas
        The area of each trajectory is split over its followers and adds to what it was.

    Raises
    ------
    InputError
        BC-PRJ-30 nothing lies between the last date and the end year; BC-PRJ-31 too many trajectories.
    """
    years = list(range(ground.years[-1] + step, until + 1, step))
    if not years:
        raise refuse(
            "BC-PRJ-30",
            "--until",
            until,
            phrase("at least {years}, one step after the last map", years=ground.years[-1] + step),
        )
    chance = np.stack([np.linalg.matrix_power(yearly, step) for yearly in rates])
    possible = (chance > 0).any(axis=0)
    classes, area = ground.classes, ground.area_ha
    span = until - ground.years[0] + 1
    for n in range(len(years)):
        last = classes[:, -1]
        source, follower = np.nonzero(possible[last])
        most = MOST_NUMBERS / len(POOLS) / (len(ground.years) + len(years)) / span
        if len(source) > most:
            raise refuse(
                "BC-PRJ-31",
                "yearly rates",
                phrase("{n:,} trajectories by {years}", n=len(source), years=years[n]),
                phrase("at most {n:,}", n=int(most)),
                "Take a longer --rate-step, an earlier end year, or fewer changes that lead back.",
            )
        area = area[:, source] * chance[:, last[source], follower]
        classes = np.concatenate([classes[source], follower[:, None]], axis=1)
        kept = area.sum(axis=0) > 0
        classes, area = classes[kept], area[:, kept]
    return TrajectoryAreas((*ground.years, *years), classes, area, ground.zones)
