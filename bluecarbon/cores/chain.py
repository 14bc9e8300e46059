"""From a checked depth series to carbon per hectare, core by core, all cores at once.

Order: refuse cores with faults, undo compaction, carbon from organic matter where it was not measured, slices to a
profile without gaps, exact stock to the wanted depth, what lies beyond the bottom if a profile was declared, interval,
grade. Every step that is not plain measurement leaves a column behind that says how much it did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bluecarbon.cores.beyond import PROFILES, tail_interval_t_c_ha, tail_t_c_ha
from bluecarbon.cores.compaction import compaction_from_tube, decompacted
from bluecarbon.cores.gaps import filled_above, gap_deviation_t_c_ha, measured_cm, observed_to_cm
from bluecarbon.cores.grade import graded, lowered_for_gaps
from bluecarbon.cores.organic import Carbon, organic_carbon
from bluecarbon.cores.profile import Profile, boundaries, filled_cm, stock_t_c_ha
from bluecarbon.cores.spread import ObservedError, observed_error
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

GROUP = ["study_id", "site_id", "core_id"]
GAP_RULES = ("midpoint", "refuse")
NORMAL_QUANTILE = {0.8: 1.2815515655446004, 0.9: 1.6448536269514722, 0.95: 1.959963984540054}


@dataclass(frozen=True)
class StockOptions:
    """How stocks are made.

    Parameters
    ----------
    depth_cm : float
        Depth to integrate to; 100 cm is the reference depth of the guides. [cm]
    beyond : {"none", "last-layer", "line", "exponential"}
        Profile below the bottom. "none" adds nothing and gives the carbon down to the bottom.
    level : {0.8, 0.9, 0.95}
        Nominal coverage of low and high. 0.9 is the level guides ask for and the one tested.
    gaps : {"midpoint", "refuse"}
        Rule for depths no slice was measured in.
    most_extrapolated : float
        A core of whose stock a larger share lies beyond its bottom is refused. The interval was tested on cores cut
        back to a sixth of the depth, where that share is about 0.85; hence 0.9. [1]
    most_interpolated : float
        A core is refused that has no slice in a larger share of its depth: cores thinned to their first and last slice,
        on which the interval was tested, are rarely emptier than 0.9. [1]
    in_tube : bool or None
        True or False where the caller says of all cores with a compaction that depths are in the tube (or in the
        ground already); None leaves it to the table.
    """

    depth_cm: float = 100.0
    beyond: str = "none"
    level: float = 0.9
    gaps: str = "midpoint"
    most_extrapolated: float = 0.9
    in_tube: bool | None = None
    most_interpolated: float = 0.9

    def __post_init__(self) -> None:
        if not (np.isfinite(self.depth_cm) and self.depth_cm > 0):
            raise refuse("BC-CORE-01", "depth", self.depth_cm, "a depth above 0 cm")
        if self.beyond not in PROFILES:
            raise refuse("BC-CORE-06", "beyond", self.beyond, phrase("one of {names}", names=", ".join(PROFILES)))
        if self.level not in NORMAL_QUANTILE:
            raise refuse(
                "BC-CORE-08", "level", self.level, phrase("one of {names}", names=", ".join(map(str, NORMAL_QUANTILE)))
            )
        if self.gaps not in GAP_RULES:
            raise refuse("BC-CORE-04", "gaps", self.gaps, phrase("one of {names}", names=", ".join(GAP_RULES)))
        if not 0 <= self.most_extrapolated <= 1:
            raise refuse("BC-CORE-07", "largest extrapolated share", self.most_extrapolated, "0 to 1")
        if not 0 <= self.most_interpolated <= 1:
            raise refuse("BC-CORE-14", "largest interpolated share", self.most_interpolated, "0 to 1")


@dataclass(frozen=True)
class Measured:
    """Profiles of all cores, with what was done to get them.

    Parameters
    ----------
    keys : DataFrame, one row per core
        study_id, site_id, core_id, habitat.
    profile : Profile
    own_rel, shared_rel, declared : array, shape (slice,)
        As `bluecarbon.cores.spread.observed_error` takes them.
    slice_row : array, shape (slice,)
        Row of the frame each slice comes from (position, not label).
    slice_top_cm, slice_bottom_cm : array, shape (slice,)
        Edges of the slice itself, in the ground. [cm]
    facts : DataFrame, one row per core
        gap_cm, surface_gap_cm, compaction, carbon_basis, grades and codes of the faults that refuse the core.
    """

    keys: pd.DataFrame
    profile: Profile
    own_rel: np.ndarray
    shared_rel: np.ndarray
    declared: np.ndarray
    slice_row: np.ndarray
    slice_top_cm: np.ndarray
    slice_bottom_cm: np.ndarray
    facts: pd.DataFrame


def measured_profiles(frame: pd.DataFrame, faults: dict[int, list[str]], in_tube: bool | None = None) -> Measured:
    """Profiles of every core of a depth series.

    Parameters
    ----------
    frame : pandas.DataFrame
        Declared columns of `bluecarbon.cores.tables.INTERVALS` in their units; index = row in the file.
    faults : mapping of row to list of codes
        `TableFindings.faults_by_row`; a core with a faulty row has no profile.
    in_tube : bool, optional
        See `StockOptions`.
    """
    core = frame.groupby(GROUP, sort=False, dropna=False).ngroup().to_numpy()
    n = int(core.max()) + 1 if len(core) else 0
    first = np.flatnonzero(np.r_[True, ~pd.Series(core).duplicated().to_numpy()[1:]])[:n]
    keys = frame.iloc[first][[*GROUP, "habitat"]].reset_index(drop=True)
    codes = _codes_by_core(frame, core, faults, n)
    order = np.lexsort((frame.depth_max.to_numpy(), frame.depth_min.to_numpy(), core))
    order = order[(codes == "")[core[order]]]
    rows, number = frame.iloc[order], core[order]
    top, bottom, density, lost = _in_ground(rows, number, in_tube)
    carbon = organic_carbon(
        rows.fraction_carbon.to_numpy(), rows.fraction_organic_matter.to_numpy(),
        np.where(rows.site_id != "", rows.study_id + "|" + rows.site_id, ""),
        rows.species.to_numpy(dtype=object), rows.habitat.to_numpy(dtype=object),
    )  # fmt: skip
    product = density * carbon.fraction
    known = np.isfinite(product)
    of = number[known]
    upper, lower = _spoken_for(rows[known], of, top[known], bottom[known])
    surface, inside = filled_cm(of, top[known], bottom[known], n)
    own, shared, declared = _slice_errors(rows[known], carbon, known)
    facts = graded(frame, core, n).assign(
        slices=np.bincount(of, minlength=n), gap_cm=inside, surface_gap_cm=surface,
        unmeasured_slices=np.bincount(number[~known], minlength=n), compaction=_per_core(number, lost, n),
        carbon_basis=_basis(rows, number, carbon, n), codes=codes,
    )  # fmt: skip
    return Measured(
        keys,
        Profile(of, upper, lower, product[known], n),
        own,
        shared,
        declared,
        order[known],
        top[known],
        bottom[known],
        facts,
    )


def _codes_by_core(frame: pd.DataFrame, core: np.ndarray, faults: dict[int, list[str]], n: int) -> np.ndarray:
    codes: list[set[str]] = [set() for _ in range(n)]
    if faults:
        position = frame.index.get_indexer(list(faults))
        for at, found in zip(position, faults.values(), strict=True):
            codes[core[at]].update(found)
    return np.array([" ".join(sorted(found)) for found in codes], dtype=object)


def _in_ground(
    rows: pd.DataFrame, core: np.ndarray, in_tube: bool | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Edges, densities and compaction after correction."""
    lost = _one_for_all(core, rows.compaction_fraction.to_numpy())
    tube = rows.tube_length.notna().to_numpy() & np.isnan(lost)
    if tube.any():
        names = list(rows.core_id[tube])
        measures = (rows[name].to_numpy()[tube] for name in ("tube_length", "tube_inside", "tube_outside"))
        lost[tube] = compaction_from_tube(*measures, names)
    corrected = np.full(len(rows), in_tube is False)
    if in_tube is None and len(rows):
        corrected = (np.bincount(core, weights=rows.depth_reference == "in ground") > 0)[core]
    lost = np.where(corrected | np.isnan(lost), 0.0, lost)
    top, bottom, density = decompacted(
        core, rows.depth_min.to_numpy(), rows.depth_max.to_numpy(), rows.dry_bulk_density.to_numpy(), lost
    )
    return top, bottom, density, lost


def _one_for_all(core: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Compaction is one of the core: a value given for some of its slices holds for those without."""
    n = int(core.max()) + 1 if len(core) else 0
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    known = np.isfinite(values)
    np.minimum.at(low, core[known], values[known])
    np.maximum.at(high, core[known], values[known])
    return np.where(~known & (low == high)[core], low[core], values)


def _spoken_for(
    rows: pd.DataFrame, core: np.ndarray, top: np.ndarray, bottom: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of each slice: its declared horizon, edges shared with the neighbours by the midpoint rule."""
    low, high = rows.representative_depth_min.to_numpy(), rows.representative_depth_max.to_numpy()
    with np.errstate(invalid="ignore"):
        good = (low <= rows.depth_min.to_numpy()) & (high >= rows.depth_max.to_numpy())
    stretch = np.ones(len(rows))
    thick = rows.depth_max.to_numpy() - rows.depth_min.to_numpy()
    stretch = np.where(thick > 0, (bottom - top) / np.where(thick > 0, thick, 1.0), stretch)
    return boundaries(core, np.where(good, low * stretch, top), np.where(good, high * stretch, bottom))


def _slice_errors(rows: pd.DataFrame, carbon: Carbon, known: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Own and shared relative errors of slices, and whether they were declared."""
    origin = carbon.origin[known]
    with np.errstate(invalid="ignore", divide="ignore"):
        density = (rows.dry_bulk_density_se / rows.dry_bulk_density).to_numpy()
        fraction = np.where(origin == "measured", rows.fraction_carbon_se / rows.fraction_carbon, 0.0)
    declared = np.isfinite(density) & np.isfinite(fraction) & (origin == "measured")
    own = carbon.independent_rel[known] ** 2 + np.nan_to_num(density) ** 2 + np.nan_to_num(fraction) ** 2
    return np.sqrt(own), carbon.shared_rel[known], declared


def _per_core(core: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    result = np.zeros(n)
    np.maximum.at(result, core, values)
    return result


def _basis(rows: pd.DataFrame, core: np.ndarray, carbon: Carbon, n: int) -> np.ndarray:
    """Where each core's carbon comes from, in words joined by " + "."""
    measured = carbon.origin == "measured"
    total = measured & ((rows.fraction_carbon_type == "total carbon") & (rows.carbonates_removed != "TRUE")).to_numpy()
    silent = measured & (rows.fraction_carbon_type == "").to_numpy()
    words = {
        "measured": measured & ~total & ~silent,
        "measured (organic or total not stated)": silent,
        "total carbon (upper bound)": total,
        "from organic matter, site model": carbon.origin == "site",
        "from organic matter, species model": carbon.origin == "species",
        "from organic matter, habitat model": carbon.origin == "habitat",
        "from organic matter, published equation": carbon.origin == "published",
    }
    has = {word: np.bincount(core[where], minlength=n) > 0 for word, where in words.items()}
    return np.array([" + ".join(word for word in has if has[word][i]) for i in range(n)], dtype=object)


def error_above(measured: Measured, to_cm: np.ndarray | float) -> ObservedError:
    """Error of the carbon above a depth, that of gaps not in it. `to_cm` is one number or one per core. [cm]"""
    length = measured_cm(measured.profile, measured.slice_top_cm, measured.slice_bottom_cm, to_cm)
    return observed_error(measured.profile, to_cm, measured.own_rel, measured.shared_rel, measured.declared, length)


def core_stocks(measured: Measured, options: StockOptions) -> pd.DataFrame:
    """Carbon of every core down to a depth, with interval, grade and what was done.

    Parameters
    ----------
    measured : Measured
    options : StockOptions

    Returns
    -------
    DataFrame, one row per core
        study_id, site_id, core_id, stock_t_c_ha, low, high [t C/ha], observed_to_cm [cm] (down to the first gap), grade,
        then depth_cm, bottom_cm [cm] (of the last slice), observed_t_c_ha (in slices), interpolated_share [1] of the
        depth and interpolated_t_c_ha in it, interpolated_se_t_c_ha, extrapolated_share [1] of the stock, beyond, gap_cm,
        surface_gap_cm, slices, unmeasured_slices, compaction, carbon_basis, habitat, dates_grade, elevation_grade,
        level, status, codes. A refused core has no stock; its codes say why.
    """
    depth, profile, facts = options.depth_cm, measured.profile, measured.facts
    bottom = profile.bottom_cm()
    above = stock_t_c_ha(profile, depth)
    error = error_above(measured, depth)
    filled = filled_above(profile, measured.slice_top_cm, measured.slice_bottom_cm, depth)
    gap = gap_deviation_t_c_ha(filled, options.level)
    short = np.isfinite(bottom) & (bottom < depth)
    tail, limits = np.zeros_like(above), (np.zeros_like(above), np.zeros_like(above))
    if options.beyond != "none" and short.any():
        tail = np.where(short, tail_t_c_ha(profile, depth, options.beyond), 0.0)
        habitat = measured.keys.habitat.to_numpy(dtype=object)
        limits = tail_interval_t_c_ha(profile, depth, habitat, options.level)
    stock = above + tail
    low, high = extended_limits(above, tail, limits, error, options.level, gap)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(stock > 0, tail / stock, 0.0)
    codes = _refusals(facts, options, short & (share > options.most_extrapolated), filled.share)
    refused = codes != ""
    whole = observed_to_cm(profile.core, measured.slice_top_cm, measured.slice_bottom_cm, profile.n_cores)
    table = measured.keys[GROUP].assign(
        stock_t_c_ha=stock, low=low, high=high, observed_to_cm=whole,
        grade=lowered_for_gaps(facts.stock_grade.to_numpy(dtype=object), filled.share), depth_cm=depth, bottom_cm=bottom,
        observed_t_c_ha=np.maximum(above - filled.total_t_c_ha, 0.0), interpolated_share=filled.share,
        interpolated_t_c_ha=filled.total_t_c_ha,
        interpolated_se_t_c_ha=np.maximum(*gap) / NORMAL_QUANTILE[options.level], extrapolated_share=share,
        beyond=np.where(short, options.beyond, ""), gap_cm=facts.gap_cm, surface_gap_cm=facts.surface_gap_cm,
        slices=facts.slices, unmeasured_slices=facts.unmeasured_slices, compaction=facts.compaction,
        carbon_basis=facts.carbon_basis, habitat=measured.keys.habitat, dates_grade=facts.dates_grade,
        elevation_grade=facts.elevation_grade, level=options.level,
        status=np.where(refused, "refused", _status(short, options, filled.share)), codes=codes,
    )  # fmt: skip
    table.loc[refused, ["stock_t_c_ha", "low", "high", "extrapolated_share"]] = np.nan
    return table


def _refusals(
    facts: pd.DataFrame, options: StockOptions, too_short: np.ndarray, interpolated: np.ndarray
) -> np.ndarray:
    """Codes of each core's faults and of what the options refuse, shape (core,)."""
    codes = facts.codes.to_numpy(dtype=object).copy()
    refusals = {
        "BC-CORE-02": (codes == "") & (facts.slices.to_numpy() == 0),
        "BC-CORE-04": (options.gaps == "refuse") & ((facts.gap_cm + facts.surface_gap_cm).to_numpy() > 0),
        "BC-CORE-07": too_short,
        "BC-CORE-14": interpolated > options.most_interpolated,
    }
    for code, where in refusals.items():
        codes[where] = [f"{text} {code}".strip() for text in codes[where]]
    return codes


def extended_limits(
    above: np.ndarray, tail: np.ndarray, limits: tuple[np.ndarray, np.ndarray], error: ObservedError, level: float,
    gap: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Limits of a stock with gaps in its core, or that goes on below the bottom.

    Parameters
    ----------
    above, tail : array, shape (core,)
        Carbon above the bottom, and below it by the declared profile. [t C/ha]
    limits : pair of array, shape (core,)
        Of the tail, as `tail_interval_t_c_ha` gives them. [t C/ha]
    error : ObservedError
        Of the part above the bottom.
    level : {0.8, 0.9, 0.95}
    gap : pair of array, shape (core,), optional
        How far what was filled into gaps may lie below and above, as `gap_deviation_t_c_ha` gives it. [t C/ha]

    Returns
    -------
    low, high : array, shape (core,)
        [t C/ha]

    Notes
    -----
    The limits of tail and gaps come from cores cut back and thinned, so the scatter of the slices left is in them: the
    scatter of the observed part is a floor, not a further term. Tail and gaps add in quadrature. Declared errors and
    those of an organic-matter model are not in them and add in quadrature; what a core shares also acts on its tail,
    which follows from its slices.
    """
    half = NORMAL_QUANTILE[level]
    gap = (np.zeros_like(above), np.zeros_like(above)) if gap is None else gap
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.where(above > 0, (above + tail) / np.where(above > 0, above, 1.0), 1.0)
    stated = half * np.hypot(error.own, error.shared * whole)
    below = np.maximum(np.hypot(np.maximum(tail - limits[0], 0.0), gap[0]), half * error.scatter)
    over = np.maximum(np.hypot(np.maximum(limits[1] - tail, 0.0), gap[1]), half * error.scatter)
    stock = above + tail
    return np.maximum(stock - np.hypot(stated, below), 0.0), stock + np.hypot(stated, over)


WHOLE = ("observed to depth", "observed with gaps", "extrapolated")
"""Words of a status whose stock is that of the whole depth."""


def _status(short: np.ndarray, options: StockOptions, interpolated: np.ndarray) -> np.ndarray:
    reached = np.where(interpolated > 0, "observed with gaps", "observed to depth")
    return np.where(short, "down to the observed bottom only" if options.beyond == "none" else "extrapolated", reached)
