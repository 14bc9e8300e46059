"""What a person would want to be told about their tables before trusting the result. Nothing here changes a number."""

from __future__ import annotations

import csv
import functools
from importlib import resources

import numpy as np

from bluecarbon.projection.reading import T_CO2E_PER_T_C
from bluecarbon.projection.tables import (
    ACCUMULATE,
    ACTIONS,
    BLANK,
    LEVELS,
    LOW,
    NO_CHANGE,
    POOLS,
    ClassTable,
    TrajectoryAreas,
    holds_far_less,
)
from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase

# 13 m of organic soil at 0.1 g C per cubic centimetre; no coastal ground holds more.
LARGEST_STOCK_T_CO2E_HA = 50_000.0
# Ten times what the fastest seaweed farm or mangrove plantation takes up.
LARGEST_GAIN_T_CO2E_HA_YR = 1_000.0


def advise(table: ClassTable, actions: np.ndarray, trajectories: TrajectoryAreas) -> Findings:
    """Warnings about actions and factors that occur in the maps, with the ground they concern.

    Parameters
    ----------
    table : ClassTable
    actions : int array, shape (class, class)
    trajectories : TrajectoryAreas

    Returns
    -------
    Findings
        BC-PRJ-20 blank change; BC-PRJ-21 a lasting class that stops accumulating; BC-PRJ-22 half-life 0 under a
        disturbance; BC-PRJ-23 and BC-PRJ-24 factors outside what is plausible or possible; BC-PRJ-25 contradictions.
    """
    findings = Findings()
    _factors(table, findings)
    area = pair_areas(trajectories, len(table.names))
    for left, right in zip(*np.nonzero(area), strict=True):
        _pair(table, int(left), int(right), int(actions[left, right]), float(area[left, right]), findings)
    return findings


def pair_areas(trajectories: TrajectoryAreas, classes: int) -> np.ndarray:
    """Ground on which each change, or lasting class, occurs at least once; shape (class, class). [ha]"""
    total = trajectories.area_ha.sum(axis=0)
    occurs = np.zeros((classes, classes, len(trajectories)), dtype=bool)
    for before, after in zip(trajectories.classes.T[:-1], trajectories.classes.T[1:], strict=True):
        occurs[before, after, np.arange(len(trajectories))] = True
    return occurs @ total


def _pair(table: ClassTable, left: int, right: int, action: int, area: float, findings: Findings) -> None:
    change = phrase("{names} to {names2}", names=table.names[left], names2=table.names[right])
    place = phrase("transition table, {change}", change=change)
    size = {"amount": area, "unit": "ha"}
    gain = float(table.accumulation[:, right].sum())
    if left == right and action in (BLANK, NO_CHANGE) and gain > 0:
        findings.add(
            "BC-PRJ-21",
            place,
            phrase("{actions} where the class lasts", actions=ACTIONS[action] or phrase("an empty cell")),
            "accum",
            phrase(
                "It stops taking up {gain:.6g} t CO2e/ha/yr from the first date at which it is "
                "unchanged. Write accum unless that is meant.",
                gain=gain,
            ),
            "warning",
            **size,
        )
    elif action == BLANK:
        findings.add(
            "BC-PRJ-20",
            place,
            "an empty cell",
            "an action for every change in the maps",
            "Read as no change.",
            "warning",
            **size,
        )
    if action >= LOW:
        _disturbance(table, left, action, place, size, findings)
    _contradiction(table, left, right, action, place, size, findings)


def _disturbance(table: ClassTable, left: int, action: int, place: str, size: dict, findings: Findings) -> None:
    share, half_life = table.disturbed_share[action - LOW, :, left], table.half_life[:, left]
    stuck = [pool for n, pool in enumerate(POOLS) if share[n] > 0 and half_life[n] == 0]
    if stuck:
        findings.add(
            "BC-PRJ-22",
            place,
            phrase("half-life 0 for {names} of {names2}", names=joined(" and ", stuck), names2=table.names[left]),
            "a half-life above 0 [yr]",
            "Without a half-life nothing is released. For an immediate release give a short one, such as 0.1.",
            "warning",
            **size,
        )
    elif not np.any(share > 0):
        word = phrase(
            "{actions}, but its disturbed shares of {names} are all 0", actions=ACTIONS[action], names=table.names[left]
        )
        findings.add("BC-PRJ-25", place, word, "a share above 0, or NCC", "Nothing is released.", "warning", **size)


def _contradiction(
    table: ClassTable, left: int, right: int, action: int, place: str, size: dict, findings: Findings
) -> None:
    gain = table.accumulation.sum(axis=0)
    held = table.initial.sum(axis=0)
    if action == ACCUMULATE and gain[right] == 0:
        word = phrase("accum, but {names} takes up nothing", names=table.names[right])
        findings.add("BC-PRJ-25", place, word, "accumulation rates above 0, or NCC", "", "warning", **size)
    if action >= LOW and left == right:
        remedy = "It is disturbed at every date and takes up nothing after."
        findings.add(
            "BC-PRJ-25",
            place,
            phrase("{actions} where the class lasts", actions=ACTIONS[action]),
            "accum or NCC",
            remedy,
            "warning",
            **size,
        )
    if action == NO_CHANGE and left != right and held[left] > 0 and held[right] == 0 and gain[right] == 0:
        word = phrase(
            "NCC, but {names} holds no carbon and {names2} holds {held:.6g} t CO2e/ha",
            names=table.names[right],
            names2=table.names[left],
            held=held[left],
        )
        remedy = "All carbon of the old class stays. State a disturbance if it does not."
        findings.add("BC-PRJ-25", place, word, "a disturbance", remedy, "warning", **size)
    elif action in (NO_CHANGE, ACCUMULATE) and holds_far_less(table.initial)[left, right]:
        word = phrase(
            "{action}, but {names} starts with {held:,.6g} t CO2e/ha and {names2} with {held2:,.6g}",
            action=ACTIONS[action],
            names=table.names[right],
            names2=table.names[left],
            held=held[right],
            held2=held[left],
        )
        remedy = "All carbon of the old class stays. State a disturbance if it does not."
        findings.add("BC-PRJ-25", place, word, "a disturbance", remedy, "warning", **size)


def _factors(table: ClassTable, findings: Findings) -> None:
    for n, name in enumerate(table.names):
        for key, values, largest in (
            ("initial", table.initial, LARGEST_STOCK_T_CO2E_HA),
            ("yearly-accumulation", table.accumulation, LARGEST_GAIN_T_CO2E_HA_YR),
        ):
            for pool, value in zip(POOLS, values[:, n], strict=True):
                if value > largest:
                    found, expected = f"{value:.6g} t CO2e/ha", phrase("at most {largest:,.0f}", largest=largest)
                    place = phrase("class table, {name}, {pool}-{key}", name=name, pool=pool, key=key)
                    findings.add("BC-PRJ-24", place, found, expected, "Is the unit per hectare, and tonnes?")
        for pool in range(len(POOLS)):
            shares = table.disturbed_share[:, pool, n]
            if np.any(np.diff(shares) < 0):
                word = ", ".join(f"{level} {share:g}" for level, share in zip(LEVELS, shares, strict=True))
                place = phrase("class table, {name}, {pools} disturbed shares", name=name, pools=POOLS[pool])
                findings.add("BC-PRJ-25", place, word, "low ≤ med ≤ high", "", "warning")
        _plausible(table, n, findings)


def _plausible(table: ClassTable, position: int, findings: Findings) -> None:
    name = " ".join(table.names[position].lower().replace("_", " ").replace("-", " ").split())
    columns = {
        **{f"{pool}-initial": table.initial[n, position] for n, pool in enumerate(POOLS)},
        **{f"{pool}-yearly-accumulation": table.accumulation[n, position] for n, pool in enumerate(POOLS)},
    }
    for row in plausible_ranges():
        if name not in row["names"].split("|"):
            continue
        value, low, high = columns[row["column"]] / T_CO2E_PER_T_C, float(row["low"]), float(row["high"])
        if not low <= value <= high:
            findings.add(
                "BC-PRJ-23",
                phrase("class table, {names}, {column}", names=table.names[position], column=row["column"]),
                phrase(
                    "{columns:.6g} t CO2e, which is {value:.6g} {unit}",
                    columns=columns[row["column"]],
                    value=value,
                    unit=row["unit"],
                ),
                phrase(
                    "{low:g} to {high:g} {unit} for {habitat}",
                    low=low,
                    high=high,
                    unit=row["unit"],
                    habitat=row["habitat"],
                ),
                phrase(
                    "Range of {source}, {locator} ({status}). Check unit and depth.",
                    source=row["source"],
                    locator=row["locator"],
                    status=row["status"],
                ),
                "warning",
            )


@functools.cache
def plausible_ranges() -> tuple[dict[str, str], ...]:
    """Ranges of habitats from ``plausible.csv`` beside this file, each with its source and mark."""
    text = resources.files("bluecarbon.projection").joinpath("plausible.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
