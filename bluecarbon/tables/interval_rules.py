"""Rules for depth series: what published cores get wrong, each with a code.

A fault that makes one core unusable refuses that core (scope "core"); one that spoils only its ages refuses it where
ages are used (scope "age"); what is merely to be known is a warning. Percent in a fraction column spoils the file.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bluecarbon.tables.marks import TableFindings
from methodology.base.phrases import phrase

DENSEST_G_CM3 = 2.65  # quartz; no dry sediment is denser
TOUCHING_CM = 0.05
YEARS_AS_DEPTH = (1700, 2100)
DEEPEST_CM = 1000.0
UNLIKELY_DEEP_CM = 500.0
SHALLOW_CM = {True: 5.0, False: 1.0}  # cores of slices, of one slice: 3 and 28 of the network's 4,059 end above
RATIO_BAND = (0.2, 0.65)
PERCENT_SHARE = 0.05
CALENDAR_YEARS = (1850, 2100)
GROUP = ["study_id", "site_id", "core_id"]


def check_intervals(frame: pd.DataFrame, marks: TableFindings) -> None:
    """Run every rule on a depth series; see the codes in ``codes.csv``.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `bluecarbon.tables.schema.read_table` returns it: declared units, index = row in the file.
    marks : TableFindings
        Takes up what is found.
    """
    _densities(frame, marks)
    for name in ("fraction_organic_matter", "fraction_carbon"):
        _fractions(frame, name, marks)
    _carbon_and_matter(frame, marks)
    _carbon_type(frame, marks)
    _missing(frame, marks)
    bad = _edges(frame, marks)
    _neighbours(frame[~bad], marks)
    _compaction(frame, marks)
    _ages(frame, marks)
    _lead(frame, marks)


def core_numbers(frame: pd.DataFrame) -> np.ndarray:
    """Number of the core each row belongs to, in order of appearance, shape (row,)."""
    return frame.groupby(GROUP, sort=False, dropna=False).ngroup().to_numpy()


def _mark(marks, code, column, frame, where, expected, remedy="", severity="error", scope="core", found=None):
    rows = frame.index[where]
    if len(rows):
        values = frame[column.split(" ")[0]][where] if found is None else found[where]
        marks.add_rows(code, column, rows, list(values), expected, remedy, severity, scope)


def _densities(frame: pd.DataFrame, marks: TableFindings) -> None:
    density = frame.dry_bulk_density
    heavy = (density > DENSEST_G_CM3).to_numpy()
    remedy = "Correct it; where the whole column is in kg/m3, declare it: dry_bulk_density [kg/m3]."
    _mark(
        marks,
        "BC-TAB-22",
        "dry_bulk_density",
        frame,
        heavy,
        phrase("at most {densest_g_cm3} g/cm3 (quartz)", densest_g_cm3=DENSEST_G_CM3),
        remedy,
    )
    light = (density <= 0).to_numpy()
    remedy = "Correct it, or leave the cell empty where it was not measured."
    _mark(marks, "BC-TAB-23", "dry_bulk_density", frame, light, "above 0 g/cm3", remedy)


def _fractions(frame: pd.DataFrame, name: str, marks: TableFindings) -> None:
    values = frame[name]
    above = (values > 1).to_numpy()
    if above.any():
        share = pd.Series(above, index=frame.index).groupby(frame.study_id).transform("sum")
        filled = values.notna().groupby(frame.study_id).transform("sum")
        percent = above & (share > PERCENT_SHARE * filled).to_numpy()
        remedy = phrase(
            "These look like percent. Declare the unit: {name} [%], or divide the column by 100.", name=name
        )
        _mark(marks, "BC-TAB-28", name, frame, percent, "a fraction, 0 to 1", remedy, scope="file")
        remedy = "A single value above 1; correct it."
        _mark(marks, "BC-TAB-32", name, frame, above & ~percent, "0 to 1", remedy)
    negative = (values < 0).to_numpy()
    remedy = "Below detection? Leave the cell empty or enter the detection limit's treatment."
    _mark(marks, "BC-TAB-31", name, frame, negative, "0 to 1", remedy)


def _carbon_and_matter(frame: pd.DataFrame, marks: TableFindings) -> None:
    carbon, matter = frame.fraction_carbon, frame.fraction_organic_matter
    both = carbon.notna() & matter.notna() & (carbon <= 1) & (matter <= 1)
    above = (both & (carbon > matter)).to_numpy()
    found = carbon.map("{:.4g}".format) + " carbon, " + matter.map("{:.4g}".format) + " organic matter"
    remedy = "Are the columns swapped, is one in percent, or is it total carbon with carbonate?"
    _mark(
        marks, "BC-TAB-21", phrase("fraction_carbon and fraction_organic_matter"), frame, above,
        "carbon not above organic matter", remedy, found=found,
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = carbon / matter
    odd = (
        both & ~above & (matter > 0) & (carbon >= 0) & ((ratio < RATIO_BAND[0]) | (ratio > RATIO_BAND[1]))
    ).to_numpy()
    _mark(
        marks, "BC-TAB-33", "fraction_carbon / fraction_organic_matter", frame, odd,
        phrase("a ratio of {ratio_band} to {ratio_band2}", ratio_band=RATIO_BAND[0], ratio_band2=RATIO_BAND[1]), "Unusual for coastal sediment; check units and carbonate.",
        "warning", "row", ratio,
    )  # fmt: skip


def _carbon_type(frame: pd.DataFrame, marks: TableFindings) -> None:
    measured = frame.fraction_carbon.notna() & (frame.carbon_measured_or_modeled != "modeled")
    kind = frame.fraction_carbon_type
    total = (measured & (kind == "total carbon") & (frame.carbonates_removed != "TRUE")).to_numpy()
    remedy = "Carbonate carbon may be counted: as organic carbon it is an upper bound, and results say so."
    _mark(marks, "BC-TAB-35", "fraction_carbon_type", frame, total, "organic carbon", remedy, "warning", "row")
    limed = (measured & (kind == "organic carbon") & (frame.carbonates_removed == "FALSE")).to_numpy()
    remedy = "Organic carbon measured without removing carbonate is an upper bound."
    _mark(marks, "BC-TAB-37", "carbonates_removed", frame, limed, "TRUE", remedy, "warning", "row")
    silent = (measured & (kind == "")).to_numpy()
    remedy = "Say whether it is organic or total carbon; it is used as organic carbon and results say it is not stated."
    _mark(
        marks,
        "BC-TAB-36",
        "fraction_carbon_type",
        frame,
        silent,
        "organic carbon or total carbon",
        remedy,
        "warning",
        "row",
    )
    unsaid = (frame.fraction_carbon.notna() & (frame.carbon_measured_or_modeled == "")).to_numpy()
    remedy = "Say whether carbon was measured or computed from organic matter."
    _mark(
        marks, "BC-TAB-38", "carbon_measured_or_modeled", frame, unsaid, "measured or modeled", remedy, "warning", "row"
    )


def _missing(frame: pd.DataFrame, marks: TableFindings) -> None:
    no_density = frame.dry_bulk_density.isna().to_numpy()
    remedy = "A slice without density or carbon is a gap: its depth is filled from its neighbours and counted as such."
    _mark(marks, "BC-TAB-39", "dry_bulk_density", frame, no_density, "a density", remedy, "warning", "row")
    no_carbon = (frame.fraction_carbon.isna() & frame.fraction_organic_matter.isna()).to_numpy()
    _mark(marks, "BC-TAB-40", "fraction_carbon", frame, no_carbon, "carbon or organic matter", remedy, "warning", "row")
    no_habitat = (frame.habitat == "").to_numpy()
    remedy = "Without a habitat no published equation and no interval of its own can be chosen."
    _mark(marks, "BC-TAB-41", "habitat", frame, no_habitat, "a habitat", remedy, "warning", "row")


def _edges(frame: pd.DataFrame, marks: TableFindings) -> np.ndarray:
    """Single rows whose depths cannot be; returns where."""
    top, bottom = frame.depth_min, frame.depth_max
    year = np.zeros(len(frame), dtype=bool)
    for name in ("depth_min", "depth_max"):
        here = frame[name].between(*YEARS_AS_DEPTH).to_numpy()
        remedy = "That looks like a year; are the columns shifted?"
        _mark(marks, "BC-TAB-29", name, frame, here, "a depth in cm", remedy)
        year |= here
    deep = (bottom > DEEPEST_CM).to_numpy() & ~year
    _mark(
        marks,
        "BC-TAB-30",
        "depth_max",
        frame,
        deep,
        phrase("at most {deepest_cm:g} cm", deepest_cm=DEEPEST_CM),
        "Is the column in mm? Declare its unit.",
    )
    unlikely = (bottom > UNLIKELY_DEEP_CM).to_numpy() & ~deep & ~year
    _mark(marks, "BC-TAB-30", "depth_max", frame, unlikely, phrase("below {unlikely_deep_cm:g} cm for most cores", unlikely_deep_cm=UNLIKELY_DEEP_CM),
          "Check the unit.", "warning", "row")  # fmt: skip
    _shallow(frame, year, marks)
    inverted = (top >= bottom).to_numpy() & ~year
    found = top.map("{:g}".format) + " to " + bottom.map("{:g}".format)
    remedy = "The lower edge must lie below the upper one; swap or correct them."
    _mark(
        marks,
        "BC-TAB-24",
        phrase("depth_min and depth_max"),
        frame,
        inverted,
        "depth_min above depth_max",
        remedy,
        found=found,
    )
    return year | deep | inverted | top.isna().to_numpy() | bottom.isna().to_numpy()


def _shallow(frame: pd.DataFrame, year: np.ndarray, marks: TableFindings) -> None:
    """Cores that end within a few centimetres: metres, most likely (a warning, once for each core)."""
    bottom = frame.depth_max.where(~year)
    core = core_numbers(frame)
    grouped = bottom.groupby(core)
    deepest = grouped.transform("max")
    last = (bottom == deepest) & ~pd.Series(core, index=frame.index).where(bottom == deepest).duplicated()
    limit = (grouped.transform("size") > 1).map(SHALLOW_CM)
    short = (last & (deepest > 0) & (deepest < limit)).to_numpy()
    found = [
        phrase(
            "core {core} ends at {depth:g} cm, or {depth:g} m = {other:g} cm?",
            core=name,
            depth=depth,
            other=100 * depth,
        )
        for name, depth in zip(frame.core_id[short], bottom[short], strict=True)
    ]
    marks.add_rows(
        "BC-TAB-50", "depth_max", frame.index[short], found, phrase("at least {shallow_cm:g} cm for most cores", shallow_cm=SHALLOW_CM[True]),
        "If depths are in metres, say so in the header: depth_min [m] and depth_max [m].", "warning", "row",
    )  # fmt: skip


def _neighbours(frame: pd.DataFrame, marks: TableFindings) -> None:
    """Overlaps, gaps, a missing surface, single slices; a row that stands twice is another rule's."""
    frame = frame[~frame.duplicated([*GROUP, "depth_min", "depth_max", "sample_id"])]
    if frame.empty:
        return
    core = core_numbers(frame)
    order = np.lexsort((frame.depth_max.to_numpy(), frame.depth_min.to_numpy(), core))
    table = frame.iloc[order]
    core = core[order]
    deepest = table.groupby(core).depth_max.cummax().groupby(core).shift()
    found = "one slice to " + deepest.map("{:g}".format) + ", one from " + table.depth_min.map("{:g} cm".format)
    over = (table.depth_min < deepest - TOUCHING_CM).to_numpy()
    remedy = "Two slices claim one depth; average replicates, or correct the edges. Carbon would be counted twice."
    _mark(marks, "BC-TAB-25", "depth_min", table, over, "slices that do not overlap", remedy, found=found)
    gap = (table.depth_min > deepest + TOUCHING_CM).to_numpy()
    remedy = "Nothing was measured in between; its depth is shared between the neighbours (rule midpoint)."
    _mark(marks, "BC-TAB-26", "depth_min", table, gap, "slices that touch", remedy, "warning", "row", found)
    begins = np.r_[True, core[1:] != core[:-1]]
    low = begins & (table.depth_min > TOUCHING_CM).to_numpy()
    remedy = "The top was not measured; the first slice stands for it."
    _mark(marks, "BC-TAB-27", "depth_min", table, low, "a core that starts at 0", remedy, "warning", "row")
    single = begins & np.r_[begins[1:], True]
    remedy = "One slice says nothing of the change with depth."
    _mark(marks, "BC-TAB-47", "core_id", table, single, "two slices or more", remedy, "note", "row")


def _compaction(frame: pd.DataFrame, marks: TableFindings) -> None:
    lost = frame.compaction_fraction
    out = ((lost < 0) | (lost >= 1)).to_numpy()
    remedy = "It is the share of length lost, not the share kept and not percent."
    _mark(marks, "BC-TAB-44", "compaction_fraction", frame, out, "0 to below 1", remedy)
    reference = frame.depth_reference
    kinds = reference.where(reference != "").groupby(core_numbers(frame)).transform("nunique")
    remedy = "Depths of one core are either in the tube or in the ground."
    _mark(marks, "BC-TAB-49", "depth_reference", frame, (kinds > 1).to_numpy(), "one word for a core", remedy)
    tube = frame.tube_length.notna() & lost.isna()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (frame.tube_inside - frame.tube_outside) / (frame.tube_length - frame.tube_outside)
    wrong = (tube & ~((share >= 0) & (share < 1))).to_numpy()
    found = frame.tube_inside.map("{:g} inside, ".format) + frame.tube_outside.map("{:g} outside".format)
    remedy = "Distances are from the tube's top down; are inside and outside swapped?"
    _mark(
        marks,
        "BC-TAB-44",
        phrase("tube_inside and tube_outside"),
        frame,
        wrong,
        "inside at or below outside",
        remedy,
        found=found,
    )
    twice = (
        lost.notna() & (lost != 0) & (frame.compaction_flag == "compaction quantified") & (frame.depth_reference == "")
    )
    remedy = "The method says depths are corrected already. Say which: depth_reference = in tube, or in ground."
    _mark(marks, "BC-TAB-46", "compaction_fraction", frame, twice.to_numpy(), "one correction, not two", remedy)


def _ages(frame: pd.DataFrame, marks: TableFindings) -> None:
    aged = frame[frame.age.notna() & frame.depth_max.notna()]
    if aged.empty:
        return
    core = core_numbers(aged)
    order = np.lexsort((aged.depth_max.to_numpy(), core))
    table, core = aged.iloc[order], core[order]
    age = table.age
    first = age.groupby(core).transform("first")
    last = age.groupby(core).transform("last")
    calendar = (
        (table.age_depth_model_reference != "CE") & first.between(*CALENDAR_YEARS) & ((last < first) | (last == first))
    )
    calendar = calendar.to_numpy()
    remedy = "Calendar years, it seems. Say so (age_depth_model_reference = CE, with the year of coring), or give years before coring."
    _mark(marks, "BC-TAB-34", "age", table, calendar, "years before coring", remedy, scope="age")
    sign = np.where(table.age_depth_model_reference == "CE", -1.0, 1.0)
    highest = (age * sign).groupby(core).cummax().groupby(core).shift()
    back = (age * sign < highest).to_numpy() & ~calendar
    remedy = "Deeper should be older. Mixed layers, swapped rows, or an age model that turns back?"
    _mark(marks, "BC-TAB-45", "age", table, back, "ages that do not fall with depth", remedy, scope="age")


def _lead(frame: pd.DataFrame, marks: TableFindings) -> None:
    total, excess = frame.total_pb210_activity, frame.excess_pb210_activity
    swapped = (total.notna() & excess.notna() & (excess > total) & (total >= 0)).to_numpy()
    found = excess.map("{:.4g}".format) + " excess, " + total.map("{:.4g}".format) + " total"
    remedy = "Excess cannot exceed total activity; are the two columns swapped?"
    _mark(
        marks,
        "BC-TAB-48",
        "excess_pb210_activity",
        frame,
        swapped,
        "excess at most total",
        remedy,
        "warning",
        "row",
        found,
    )
