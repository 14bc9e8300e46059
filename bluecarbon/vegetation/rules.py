"""Rules over rows of the field tables of this room, run after reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.plausible import limit
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd

    from bluecarbon.tables.marks import TableFindings

AREA_TOLERANCE = 0.01  # radii are printed to a decimetre or so; 1 % of area is half of that for a 7 m circle

STOUT_CM_PER_M = 3.5  # no median of the 108 plots with heights of morrissette2023 is above; as girths, 3 of 4 would be
FEWEST_STEMS = 3
FEW_STOUT_CM_PER_M = 5.0  # every one of one or two stems: millimetres are ten times too stout, girths three times


def diameter_or_girth(frame: pd.DataFrame, findings: TableFindings) -> None:
    """BC-VEG-13: each stem has a diameter, or a girth that is turned into one; in place."""
    diameter, girth = frame["diameter"].to_numpy(), frame["girth"].to_numpy()
    both = np.isfinite(diameter) & np.isfinite(girth)
    apart = both & (np.abs(np.nan_to_num(girth) / np.pi - np.nan_to_num(diameter)) > AREA_TOLERANCE * diameter)
    findings.add_rows(
        "BC-VEG-13", phrase("diameter and girth"), frame.index[apart],
        [phrase("diameter {d:g} cm beside girth {g:g} cm", d=d, g=g) for d, g in zip(diameter[apart], girth[apart], strict=True)],
        "girth = pi x diameter", "Leave the one empty that was not measured.",
    )  # fmt: skip
    neither = ~np.isfinite(diameter) & ~np.isfinite(girth)
    findings.add_rows(
        "BC-TAB-08", "diameter", frame.index[neither], [""] * int(neither.sum()), "a diameter or a girth",
        "Fill in the cell; a row without it cannot be used.", scope="core",
    )  # fmt: skip
    frame["diameter"] = np.where(np.isfinite(diameter), diameter, girth / np.pi)


def stout_stems(frame: pd.DataFrame, findings: TableFindings) -> None:
    """BC-VEG-13: diameters of a whole plot that only girths, or another unit, would explain (a warning).

    Notes
    -----
    Judged by the median of diameter over height of a plot's living stems of three or more with both, taken at breast
    height: single stout trees occur, plots of them do not. One or two stems are told where each of them is stouter
    still. Stems without height are told from a diameter on that hardly any mangrove has.
    """
    kind, flag = frame["diameter_kind"].astype(str), frame["diameter_flag"].astype(str).str.upper()
    breast = (kind == "breast height") | (flag == "DBH") | ((kind == "") & (flag == ""))
    live = frame["alive_or_dead"].astype(str) != "dead"
    used = frame[breast & live & frame["girth"].isna() & (frame["height"] > 0) & (frame["diameter"] > 0)]
    ratio = used["diameter"] / used["height"]
    plots = ratio.groupby([used["study_id"], used["site_id"], used["plot_id"]])
    few = plots.transform("size") < FEWEST_STEMS
    stout = np.where(few, plots.transform("min") > FEW_STOUT_CM_PER_M, plots.transform("median") > STOUT_CM_PER_M)
    findings.add_rows(
        "BC-VEG-13", "diameter", used.index[stout],
        [phrase("{d:g} cm thick, {h:g} m high", d=d, h=h) for d, h in zip(used["diameter"][stout], used["height"][stout], strict=True)],
        phrase("less than {limit:g} cm for each metre of height", limit=STOUT_CM_PER_M),
        "Are these girths, or millimetres? Put girths into the column girth, or say the unit: diameter [mm].",
        severity="warning",
    )  # fmt: skip
    thickest = limit("diameter cm")
    bare = frame[breast & live & ~(frame["height"] > 0) & (frame["diameter"] > thickest)]
    findings.add_rows(
        "BC-VEG-13", "diameter", bare.index,
        [phrase("{d:g} cm, or {d:g} mm = {other:g} cm?", d=d, other=d / 10) for d in bare["diameter"]],
        phrase("at most {limit:g} cm for nearly every mangrove", limit=thickest),
        "Are these girths, or millimetres? Put girths into the column girth, or say the unit: diameter [mm].",
        severity="warning",
    )  # fmt: skip


def trees_once(frame: pd.DataFrame, findings: TableFindings) -> None:
    """BC-TAB-12: a tagged stem stands once per plot, visit and area."""
    tagged = frame[frame["tree_id"].astype(str) != ""]
    names = ["study_id", "site_id", "plot_id", "year", "plot_radius", "plot_area", "tree_id"]
    repeated = tagged.duplicated(names, keep="first")
    same = tagged.duplicated([*names, "species", "diameter", "height"], keep="first")
    for rows, severity, remedy in (
        (repeated & same, "error", "The same stem with the same diameter stands twice; remove one."),
        (repeated & ~same, "warning", "Both are counted. Give the second stem of a tree a tag of its own."),
    ):
        findings.add_rows(
            "BC-TAB-12",
            "tree_id",
            tagged.index[rows],
            list(tagged.loc[rows, "tree_id"]),
            "each tag once per plot and visit",
            remedy,
            severity=severity,
        )


def radius_and_area(frame: pd.DataFrame, findings: TableFindings) -> None:
    """BC-VEG-09: where both are given, the area is that of the circle."""
    area, circle = frame["plot_area"].to_numpy(), np.pi * frame["plot_radius"].to_numpy() ** 2
    with np.errstate(invalid="ignore"):
        odd = np.abs(area / circle - 1) > AREA_TOLERANCE
    found = [f"{a:.6g} m2 beside a circle of {c:.6g} m2" for a, c in zip(area[odd], circle[odd], strict=True)]
    findings.add_rows(
        "BC-VEG-09",
        phrase("plot_radius and plot_area"),
        frame.index[odd],
        found,
        "one area",
        "Is the radius a diameter, or the area in hectares? Keep the one that was measured.",
    )
