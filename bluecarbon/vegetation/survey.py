"""From the trees and plots tables to stems with the area each was counted on. The edge of this room: frames in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.catalogue import accepted_name
from bluecarbon.vegetation.rules import AREA_TOLERANCE
from bluecarbon.vegetation.stems import Stems
from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

KEY = ("study_id", "site_id", "plot_id")


@dataclass(frozen=True)
class Statements:
    """What a person states once for a whole table instead of row by row; nothing is assumed without it.

    Parameters
    ----------
    diameter_kind : str or None
        Where diameters were taken, for rows that do not say.
    unstated_are : {"alive", "dead"} or None
        State of stems that do not say.
    unknown_decay_class : int or None
        Class of dead stems that do not say.
    diameter_se_cm, height_se_m : float or None
        Standard error of one reading, for rows without their own. [cm], [m]
    """

    diameter_kind: str | None = None
    unstated_are: str | None = None
    unknown_decay_class: int | None = None
    diameter_se_cm: float | None = None
    height_se_m: float | None = None


@dataclass(frozen=True)
class PlotSurvey:
    """Stems and plots of a survey.

    Parameters
    ----------
    stems : Stems
    plot : array of int, shape (stem,)
        Index into `plots`.
    area_m2 : array, shape (stem,)
        Area the stem was counted on. [m²]
    plots : list of dict
        study_id, site_id, plot_id, year, stratum of each plot and visit.
    tags : tuple of str, length stem
        tree_id, empty where there is none.
    """

    stems: Stems
    plot: NDArray[np.int_]
    area_m2: NDArray[np.float64]
    plots: list[dict[str, str]]
    tags: tuple[str, ...] = ()


def plot_survey(
    trees: pd.DataFrame, plots: pd.DataFrame, statements: Statements, findings: Findings, source: str = "trees"
) -> PlotSurvey:
    """Join trees to plots.

    Parameters
    ----------
    trees, plots : pandas.DataFrame
        As read by the declared tables; the index is the row in the file.
    statements : Statements
    findings : Findings
        Added to: BC-VEG-06 kind of diameter, BC-VEG-07 plot not listed, BC-VEG-08 area not clear, BC-VEG-11 decay
        class, BC-VEG-12 alive or dead.
    source : str
        Name of the trees file, for messages.

    Returns
    -------
    PlotSurvey
        To be used only if `findings` holds no error.
    """
    places = [phrase("{source} row {row}", source=source, row=row) for row in trees.index]
    kinds = _diameter_kinds(trees, statements, places, findings)
    dead = _dead_classes(trees, statements, places, findings)
    visits, plot = _visits(trees, plots, places, findings)
    stems = Stems(
        species=tuple(accepted_name(str(name)) for name in trees["species"]),
        diameter_kind=tuple(kinds),
        place=tuple(places),
        diameter_cm=_numbers(trees, "diameter"),
        height_m=_numbers(trees, "height"),
        wood_density=_numbers(trees, "wood_density"),
        base_diameter_cm=_numbers(trees, "base_diameter"),
        dead_class=dead,
        diameter_se_cm=_errors(trees, "diameter", statements.diameter_se_cm),
        height_se_m=_errors(trees, "height", statements.height_se_m),
        wood_density_se=_numbers(trees, "wood_density_se"),
    )
    area = _areas(trees, plots, places, findings)
    return PlotSurvey(stems, plot, area, visits, tuple(trees["tree_id"].astype(str)))


def _numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    return frame[name].to_numpy(dtype=float)


def _errors(trees: pd.DataFrame, name: str, stated: float | None) -> NDArray[np.float64]:
    error = _numbers(trees, f"{name}_se")
    return error if stated is None else np.where(np.isnan(error), stated, error)


def _told(
    findings: Findings, code: str, places: list[str], where: NDArray[np.bool_], words: tuple[str, str, str]
) -> None:
    rows = [place for place, hit in zip(places, where, strict=True) if hit]
    if rows:
        shown = joined(", ", rows[:3]) + (phrase(" and {n} more", n=len(rows) - 3) if len(rows) > 3 else "")
        findings.add(code, shown, *words, amount=float(len(rows)), unit="stems")


def _diameter_kinds(
    trees: pd.DataFrame, statements: Statements, places: list[str], findings: Findings
) -> NDArray[np.object_]:
    kinds = trees["diameter_kind"].astype(str).to_numpy(dtype=object)
    flagged = trees["diameter_flag"].astype(str).str.upper().to_numpy() == "DBH"
    kinds = np.where((kinds == "") & flagged, "breast height", kinds)
    if statements.diameter_kind:
        kinds = np.where(kinds == "", statements.diameter_kind, kinds)
    words = (
        "nothing",
        "where each diameter was taken",
        "Add a column diameter_kind, or state it once: --diameter-kind.",
    )
    _told(findings, "BC-VEG-06", places, kinds == "", words)
    return kinds


def _dead_classes(
    trees: pd.DataFrame, statements: Statements, places: list[str], findings: Findings
) -> NDArray[np.int_]:
    state = trees["alive_or_dead"].astype(str).str.lower().to_numpy(dtype=object)
    if statements.unstated_are:
        state = np.where(state == "", statements.unstated_are, state)
    words = ("nothing", "alive or dead", "Fill the column alive_or_dead, or state it once: --unstated-are alive.")
    _told(findings, "BC-VEG-12", places, state == "", words)
    classes = _numbers(trees, "decay_class")
    if statements.unknown_decay_class is not None:
        classes = np.where(np.isnan(classes), statements.unknown_decay_class, classes)
    lacking = (state == "dead") & np.isnan(classes)
    words = (
        "nothing",
        "decay class 1, 2 or 3 of a dead stem",
        "Fill decay_class, or state it: --unknown-decay-class 3.",
    )
    _told(findings, "BC-VEG-11", places, lacking, words)
    return np.where((state == "dead") & ~np.isnan(classes), np.nan_to_num(classes), 0).astype(int)


def _year(value: float) -> str:
    return "" if value != value else str(int(value))


def _keys(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(str(part) for part in row) for row in frame[list(KEY)].itertuples(index=False)]


def _visits(
    trees: pd.DataFrame, plots: pd.DataFrame, places: list[str], findings: Findings
) -> tuple[list[dict[str, str]], NDArray[np.int_]]:
    """Plots and visits in the order of the plots table, and the one each tree belongs to."""
    strata: dict[tuple[str, ...], str] = {}
    years: dict[tuple[str, ...], list[str]] = {}
    for key, year, stratum in zip(_keys(plots), plots["year"], plots["stratum"].astype(str), strict=True):
        strata[key] = stratum or strata.get(key, "")
        years.setdefault(key, [])
        if _year(year) and _year(year) not in years[key]:
            years[key].append(_year(year))
    of_tree = list(zip(_keys(trees), (_year(value) for value in trees["year"]), strict=True))
    known = np.array(
        [key in years and (not years[key] or year in (*years[key], "")) for key, year in of_tree], dtype=bool
    )
    words = (
        "a plot and year that the plots table does not list",
        "a row for it",
        "Add the plot, also where it is empty.",
    )
    _told(findings, "BC-VEG-07", places, ~known, words)
    for (key, year), here in zip(of_tree, known, strict=True):
        if here and not years[key] and year:
            years[key] = sorted({y for k, y in of_tree if k == key and y})
    index: dict[tuple[tuple[str, ...], str], int] = {}
    visits = []
    for key, own in years.items():
        for year in own or [""]:
            index[key, year] = len(visits)
            visits.append({**dict(zip(KEY, key, strict=True)), "year": year, "stratum": strata[key]})
    plot = np.zeros(len(trees), dtype=int)
    for i, (key, year) in enumerate(of_tree):
        if not known[i]:
            continue
        if (key, year) not in index and len(years[key]) == 1:
            year = years[key][0]
        plot[i] = index.get((key, year), 0)
        if (key, year) not in index:
            findings.add(
                "BC-VEG-07",
                places[i],
                "no year",
                phrase("one of {names}", names=", ".join(years[key])),
                "Say which visit it is from.",
            )
    return visits, plot


def _given_area(frame: pd.DataFrame) -> NDArray[np.float64]:
    area = _numbers(frame, "plot_area")
    return np.where(np.isnan(area), np.pi * _numbers(frame, "plot_radius") ** 2, area)


def _areas(trees: pd.DataFrame, plots: pd.DataFrame, places: list[str], findings: Findings) -> NDArray[np.float64]:
    """Area of every stem: its own row's, else that of the one size class of its plot that takes its diameter."""
    own, listed = _given_area(trees), _given_area(plots)
    low = np.nan_to_num(_numbers(plots, "diameter_min"), nan=0.0)
    high = np.nan_to_num(_numbers(plots, "diameter_max"), nan=np.inf)
    plot_years = [_year(value) for value in plots["year"]]
    rows: dict[tuple[str, ...], list[int]] = {}
    for i, key in enumerate(_keys(plots)):
        rows.setdefault(key, []).append(i)
    area = own.copy()
    diameter = _numbers(trees, "diameter")
    unclear, disagree = np.zeros(len(trees), dtype=bool), np.zeros(len(trees), dtype=bool)
    for i, (key, year) in enumerate(zip(_keys(trees), (_year(v) for v in trees["year"]), strict=True)):
        classes = [j for j in rows.get(key, []) if listed[j] == listed[j] and (not year or plot_years[j] in ("", year))]
        if own[i] == own[i]:
            disagree[i] = bool(classes) and all(abs(own[i] / listed[j] - 1) > AREA_TOLERANCE for j in classes)
            continue
        fitting = {float(listed[j]) for j in classes if low[j] <= diameter[i] < high[j]}
        unclear[i] = len(fitting) != 1 and key in rows
        area[i] = fitting.pop() if len(fitting) == 1 else np.nan
    words = (
        "no size class of its plot, or several, that take its diameter",
        "exactly one area per stem",
        "Give plot_radius or plot_area and the diameter limits of each size class in the plots table.",
    )
    _told(findings, "BC-VEG-08", places, unclear, words)
    words = ("an area none of the size classes of its plot has", "one of them", "Correct the trees or the plots table.")
    _told(findings, "BC-VEG-09", places, disagree, words)
    return area
