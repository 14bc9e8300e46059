"""Rules over rows of the field tables of this room, run after reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd

    from bluecarbon.tables.marks import TableFindings

AREA_TOLERANCE = 0.01  # radii are printed to a decimetre or so; 1 % of area is half of that for a 7 m circle


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
