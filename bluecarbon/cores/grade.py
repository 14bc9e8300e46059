"""Grades of a core's data as the Coastal Carbon Network assigns them.

Stock C1 (confirmed to reach the bottom of the deposit) or C2; dates B1 (every nuclide with what it needs) or B2;
elevation A1 to A3 for cores that have both. A grade tells what information is there, not that it is right: that is
the findings' work. Source: ccn2025, rules of its quality-tier script. C3 is a step of our own: a core of which a larger
share than that of factor ``gap-graded-down`` has no slice, however complete the slices are that it has.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bluecarbon.cores.organic import published_factors

NUCLIDES = ("cs137", "ra226", "pb214", "bi214")
SUPPORTED = ("ra226_activity", "pb214_activity", "bi214_activity")
INTERPOLATED = "C3"
FINE_ELEVATION = ("RTK", "other high resolution")


def graded(frame: pd.DataFrame, core: np.ndarray, n_cores: int) -> pd.DataFrame:
    """Grades of every core.

    Parameters
    ----------
    frame : pandas.DataFrame
        Depth series with the declared columns of `bluecarbon.cores.tables.INTERVALS`.
    core : int array, shape (row,)
        Core of each row, 0 … n_cores - 1.

    Returns
    -------
    DataFrame, one row per core
        stock_grade, dates_grade, elevation_grade; empty text where the core has no such data.
    """

    def has(name: str) -> np.ndarray:
        values = frame[name]
        filled = values.notna() if values.dtype.kind == "f" else values.astype(str) != ""
        return np.bincount(core[filled.to_numpy()], minlength=n_cores) > 0

    carbon = has("dry_bulk_density") & (has("fraction_organic_matter") | has("fraction_carbon"))
    deposit = (frame.core_length_flag == "core depth represents deposit depth").to_numpy()
    whole = np.bincount(core[deposit], minlength=n_cores) > 0
    stock = np.where(carbon, np.where(whole, "C1", "C2"), "")

    lead = has("total_pb210_activity") | has("excess_pb210_activity")
    support = np.logical_or.reduce([has(name) for name in SUPPORTED])
    dated = lead | has("c14_age") | has("marker_date")
    lacking = lead & ~support
    for name in ("total_pb210", *NUCLIDES):
        there = has(f"{name}_activity")
        dated |= there
        lacking |= there & ~has(f"{name}_activity_se")
    lacking |= has("c14_age") & ~has("c14_age_se")
    dates = np.where(dated, np.where(lacking, "B2", "B1"), "")

    fine = frame.elevation_method.isin(FINE_ELEVATION).to_numpy()
    high = np.bincount(core[fine], minlength=n_cores) > 0
    elevation = np.where(high, np.where(dates == "B1", "A1", "A2"), "A3")
    elevation = np.where(has("elevation") & (stock != "") & (dates != ""), elevation, "")
    return pd.DataFrame({"stock_grade": stock, "dates_grade": dates, "elevation_grade": elevation})


def lowered_for_gaps(grades: np.ndarray, interpolated_share: np.ndarray) -> np.ndarray:
    """Stock grades with C3 where more than the chosen share of the depth has no slice, shape (core,).

    Parameters
    ----------
    grades : array of str, shape (core,)
    interpolated_share : array, shape (core,)
        As `bluecarbon.cores.gaps.Filled.share`. [1]
    """
    limit = published_factors()["", "gap_share_graded_down"]
    return np.where((grades != "") & (interpolated_share > limit), INTERPOLATED, grades)
