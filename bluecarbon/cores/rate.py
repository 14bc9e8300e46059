"""Mean burial of organic carbon over a time frame, from ages along the core.

The carbon above the horizon of that age, over the age: no average of single rates, which weighs short spans like long
ones. The horizon is found by straight lines between ages, beginning at the surface with age 0; nothing is extrapolated
beyond the oldest age. The age of a slice is that of its lower edge. Where a gap follows, it is set at the middle of
the gap, where the slice ceases to speak, as the R package BlueCarbon does; half the gap is then part of the error.
The deepest dated slice keeps its own edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bluecarbon.cores.chain import GROUP, NORMAL_QUANTILE, Measured, error_above
from bluecarbon.cores.gaps import filled_above, gap_deviation_t_c_ha
from bluecarbon.cores.grade import lowered_for_gaps
from bluecarbon.cores.profile import Floats, Integers, Profile, stock_t_c_ha
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

RECTANGULAR = np.sqrt(3.0)  # half-width of a rectangle over its standard deviation


@dataclass(frozen=True)
class RateOptions:
    """How rates are made.

    Parameters
    ----------
    years : float
        Time frame before coring. 100 is the usual one of burial rates. [yr]
    level : {0.8, 0.9, 0.95}
        Nominal coverage of low and high.
    ybp_zero : int or None
        Calendar year "present" means in ages YBP.
    in_tube : bool or None
        See `bluecarbon.cores.chain.StockOptions`.
    """

    years: float = 100.0
    level: float = 0.9
    ybp_zero: int | None = None
    in_tube: bool | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.years) and self.years > 0):
            raise refuse("BC-CORE-03", "years", self.years, "a time frame above 0 years")
        if self.level not in NORMAL_QUANTILE:
            raise refuse(
                "BC-CORE-08", "level", self.level, phrase("one of {names}", names=", ".join(map(str, NORMAL_QUANTILE)))
            )


@dataclass(frozen=True)
class Ages:
    """Nodes of age on depth, flat, sorted by core and depth, without the surface.

    Parameters
    ----------
    core : int array, shape (node,)
    depth_cm, age_yr, age_se_yr : array, shape (node,)
        Depth the age is set at, age before coring and its error (NaN where not given).
    moved_cm : array, shape (node,)
        How far below the slice's own lower edge it was set. [cm]
    """

    core: Integers
    depth_cm: Floats
    age_yr: Floats
    age_se_yr: Floats
    moved_cm: Floats


def years_before_coring(frame: pd.DataFrame, ybp_zero: int | None = None) -> tuple[Floats, np.ndarray]:
    """Ages of slices before coring, and the code that refuses them, both shape (row,).

    Parameters
    ----------
    frame : pandas.DataFrame
        With age, age_depth_model_reference and year.
    ybp_zero : int, optional
        Calendar year of "present".

    Returns
    -------
    age_yr : array
        [yr]; NaN where none is given or it cannot be told.
    code : array of str
        BC-CORE-11, BC-CORE-12, BC-CORE-13 or "".
    """
    age, reference = frame.age.to_numpy(), frame.age_depth_model_reference.to_numpy()
    year = frame.year.to_numpy()
    calendar, present = reference == "CE", reference == "YBP"
    before = np.where(calendar, year - age, age)
    if ybp_zero is not None:
        before = np.where(present, age + year - ybp_zero, before)
    aged = np.isfinite(age)
    code = np.full(len(frame), "", dtype=object)
    with np.errstate(invalid="ignore"):
        code[aged & (before < 0)] = "BC-CORE-13"
    code[aged & (calendar | present) & np.isnan(year)] = "BC-CORE-12"
    if ybp_zero is None:
        code[aged & present] = "BC-CORE-11"
    return np.where(code == "", before, np.nan), code


@dataclass(frozen=True)
class Horizon:
    """Where the wanted age lies, one value per core, NaN where the core does not reach it.

    Parameters
    ----------
    depth_cm, cm_per_yr : array, shape (core,)
        Depth, and depth per year there.
    age_se_yr, moved_cm : array, shape (core,)
        Error of the age there, and how far ages were moved down into gaps.
    """

    depth_cm: Floats
    cm_per_yr: Floats
    age_se_yr: Floats
    moved_cm: Floats


def horizon_of(ages: Ages, n_cores: int, years: float) -> Horizon:
    """Depth of the horizon of an age, by straight lines between nodes.

    Parameters
    ----------
    ages : Ages
        Ages not falling with depth.
    n_cores : int
    years : float
        Age of the horizon. [yr]

    Returns
    -------
    Horizon
    """
    depth = np.full(n_cores, np.nan)
    slope, error, moved = depth.copy(), depth.copy(), depth.copy()
    older = np.flatnonzero(ages.age_yr >= years)
    if not len(older):
        return Horizon(depth, slope, error, moved)
    _, first = np.unique(ages.core[older], return_index=True)
    below = older[first]
    core = ages.core[below]
    above = below - 1
    inner = (above >= 0) & (ages.core[above] == core)
    top = np.where(inner, ages.depth_cm[above], 0.0)
    young = np.where(inner, ages.age_yr[above], 0.0)
    span = ages.age_yr[below] - young
    slope[core] = (ages.depth_cm[below] - top) / span
    depth[core] = top + (years - young) * slope[core]
    share = (years - young) / span
    young_se = np.where(inner, ages.age_se_yr[above], 0.0)
    error[core] = (1 - share) * young_se + share * ages.age_se_yr[below]
    moved[core] = (1 - share) * np.where(inner, ages.moved_cm[above], 0.0) + share * ages.moved_cm[below]
    return Horizon(depth, slope, error, moved)


def burial_rate(profile: Profile, ages: Ages, years: float) -> tuple[Floats, Floats]:
    """Mean burial over a time frame and the depth of its horizon, shape (core,).

    Returns
    -------
    rate_t_c_ha_yr, horizon : array
        [t C/ha/yr], [cm]; NaN where the core does not reach back so far.
    """
    depth = horizon_of(ages, profile.n_cores, years).depth_cm
    return stock_t_c_ha(profile, np.nan_to_num(depth)) / np.where(np.isfinite(depth), years, np.nan), depth


def core_rates(frame: pd.DataFrame, measured: Measured, options: RateOptions) -> pd.DataFrame:
    """Burial rate of every dated core, with interval and grade.

    Parameters
    ----------
    frame : pandas.DataFrame
        The depth series `measured` was made from.
    measured : Measured
    options : RateOptions

    Returns
    -------
    DataFrame, one row per core
        study_id, site_id, core_id, rate_t_c_ha_yr, low, high [t C/ha/yr], years, horizon_cm, grade, dates_grade, then
        whole_core_rate_t_c_ha_yr, oldest_yr, stock_t_c_ha (above the horizon), age_error, carbon_basis, gap_cm,
        interpolated_share [1] of the depth of the horizon, level, status, codes.

    Notes
    -----
    The interval holds the error of the carbon above the horizon; where ages have errors, that of the horizon's age
    (carbon per year at the horizon less the mean rate, times the error of the age); and where slices leave gaps, the
    carbon in the half gap by which the age was moved, as a rectangle, and what gaps above may have held.
    """
    profile, facts, years = measured.profile, measured.facts, options.years
    n = profile.n_cores
    before, code = years_before_coring(frame, options.ybp_zero)
    ages = _nodes(frame, measured, before)
    horizon = horizon_of(ages, n, years)
    depth, age_se = horizon.depth_cm, horizon.age_se_yr
    reached = np.isfinite(depth)
    at = np.nan_to_num(depth)
    stock = np.where(reached, stock_t_c_ha(profile, at), np.nan)
    rate = stock / years
    error = error_above(measured, at).total / years
    yearly = stock_t_c_ha(profile, at + np.nan_to_num(horizon.cm_per_yr), at)
    shift = np.nan_to_num(np.abs(yearly - rate) * age_se / years)
    gap = np.nan_to_num(stock_t_c_ha(profile, at, np.maximum(at - horizon.moved_cm, 0.0))) / years / RECTANGULAR
    half = NORMAL_QUANTILE[options.level] * np.sqrt(error**2 + shift**2 + gap**2)
    filled = filled_above(profile, measured.slice_top_cm, measured.slice_bottom_cm, at)
    below, over = (np.hypot(half, off / years) for off in gap_deviation_t_c_ha(filled, options.level))
    oldest = np.full(n, np.nan)
    deepest = np.zeros(n)
    if len(ages.core):
        last = np.flatnonzero(np.r_[ages.core[1:] != ages.core[:-1], True])
        oldest[ages.core[last]] = ages.age_yr[last]
        deepest[ages.core[last]] = ages.depth_cm[last]
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.where(oldest > 0, stock_t_c_ha(profile, deepest) / oldest, np.nan)
    codes = facts.codes.to_numpy(dtype=object).copy()
    _add_codes(codes, frame, measured, code, oldest, years)
    fault = pd.Series(codes).str.replace("BC-CORE-09|BC-CORE-10", "", regex=True).str.strip() != ""
    none = ~fault & np.isnan(oldest)
    status = np.select(
        [fault, none, ~reached], ["refused", "no ages", "does not reach the time frame"], "observed to the horizon"
    )
    table = measured.keys[GROUP].assign(
        rate_t_c_ha_yr=rate, low=np.maximum(rate - below, 0.0), high=rate + over, years=years, horizon_cm=depth,
        grade=lowered_for_gaps(facts.stock_grade.to_numpy(dtype=object), filled.share), dates_grade=facts.dates_grade, whole_core_rate_t_c_ha_yr=whole, oldest_yr=oldest,
        stock_t_c_ha=stock, age_error=np.where(np.isfinite(age_se), "given", "not given"),
        carbon_basis=facts.carbon_basis, gap_cm=facts.gap_cm,
        interpolated_share=filled.share, level=options.level, status=status, codes=codes,
    )  # fmt: skip
    table.loc[fault | none | ~reached, ["rate_t_c_ha_yr", "low", "high", "horizon_cm", "stock_t_c_ha"]] = np.nan
    table.loc[fault, "whole_core_rate_t_c_ha_yr"] = np.nan
    return table


def _nodes(frame: pd.DataFrame, measured: Measured, before: Floats) -> Ages:
    """Age nodes of slices that have carbon, at the lower end of what the slice speaks for."""
    age = before[measured.slice_row]
    has = np.isfinite(age)
    error = frame.age_se.to_numpy()[measured.slice_row]
    profile = measured.profile
    core, edge = profile.core[has], measured.slice_bottom_cm[has]
    depth = profile.lower_cm[has].copy()
    if len(core):
        deepest = np.r_[core[1:] != core[:-1], True]
        depth[deepest] = edge[deepest]
    return Ages(core, depth, age[has], error[has], np.maximum(depth - edge, 0.0))


def _add_codes(
    codes: np.ndarray, frame: pd.DataFrame, measured: Measured, row_code: np.ndarray, oldest: Floats, years: float
) -> None:
    """Append to each core's codes why it has no rate."""
    core = frame.groupby(GROUP, sort=False, dropna=False).ngroup().to_numpy()
    for word in ("BC-CORE-11", "BC-CORE-12", "BC-CORE-13"):
        for at in np.unique(core[row_code == word]):
            codes[at] = f"{codes[at]} {word}".strip()
    empty = measured.facts.slices.to_numpy() == 0
    for at in np.flatnonzero(codes == ""):
        if empty[at]:
            codes[at] = "BC-CORE-02"
        elif np.isnan(oldest[at]):
            codes[at] = "BC-CORE-09"
        elif oldest[at] < years:
            codes[at] = "BC-CORE-10"
