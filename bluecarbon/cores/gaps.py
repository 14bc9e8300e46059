"""Depths no slice was measured in: how much of a core they are, and how far filling them may be off.

The rule "midpoint" fills a gap from the slices above and below. What it fills is not observed: its share of the depth
is told, and its interval comes from gap-free cores of the Coastal Carbon Network that were thinned and compared with
what the slices left out had held, as quantiles of ln(held / filled) over all gaps of a core together. The constants are
rows of ``gap_fill.csv``, made by ``bluecarbon/cores/calibrate_gaps.py``.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np

from bluecarbon.cores.beyond import TRACE_G_CM3
from bluecarbon.cores.equations import T_PER_HA_PER_G_PER_CM2
from bluecarbon.cores.profile import TOUCHING_CM, Floats, Integers, Profile

KINDS = ("inside", "surface")
TERMS = ("one", "contrast", "length", "evenness", "slices")
REFERENCE_LENGTH_CM = 20.0  # only centres a term
LENGTHS_CM = (1.0, 50.0)  # gaps of the trials; outside them the width no longer changes with length
LARGEST_CONTRAST = 3.0
MOST_ALIKE = 5.0  # gaps and slices past so many, of which few cores of the trials tell, make the width no narrower


@dataclass(frozen=True)
class Filled:
    """What was filled above a depth, one value per core.

    Parameters
    ----------
    length_cm : array, shape (core,)
        Length without a slice, surface and inside together. [cm]
    share : array, shape (core,)
        That length over the depth, or over the depth of the last slice where the core ends above. [1]
    mass_t_c_ha : mapping of kind to array, shape (core,)
        Carbon put into gaps between slices ("inside"), and where a slice is on one side only ("surface"): above the
        first, and below the last up to the end of its declared horizon. [t C/ha]
    terms : mapping of kind to array, shape (core, term)
        What the width of the interval depends on, in the order of `TERMS`.
    """

    length_cm: Floats
    share: Floats
    mass_t_c_ha: dict[str, Floats]
    terms: dict[str, Floats]

    @property
    def total_t_c_ha(self) -> Floats:
        """Carbon of all that was filled, shape (core,). [t C/ha]"""
        return self.mass_t_c_ha["inside"] + self.mass_t_c_ha["surface"]


def filled_above(profile: Profile, top_cm: Floats, bottom_cm: Floats, to_cm: Floats | float) -> Filled:
    """What the profile of each core holds above a depth without a slice there.

    Parameters
    ----------
    profile : Profile
        Intervals slices speak for.
    top_cm, bottom_cm : array, shape (slice,)
        Edges of the slices themselves, as they lie in the ground. [cm]
    to_cm : float or array, shape (core,)
        Depth. [cm]

    Returns
    -------
    Filled
    """
    n, core = profile.n_cores, profile.core
    depth = np.broadcast_to(np.asarray(to_cm, dtype=float), (n,))
    limit = depth[core]
    over = np.maximum(np.minimum(top_cm, limit) - np.minimum(profile.upper_cm, limit), 0.0)
    under = np.maximum(np.minimum(profile.lower_cm, limit) - np.minimum(bottom_cm, limit), 0.0)
    begins = np.r_[True, core[1:] != core[:-1]] if len(core) else np.zeros(0, dtype=bool)
    ends = np.r_[core[1:] != core[:-1], True] if len(core) else begins
    surface = np.where(begins & (over > TOUCHING_CM), over, 0.0) + np.where(ends & (under > TOUCHING_CM), under, 0.0)
    pair = np.flatnonzero(~ends)
    length = under[pair] + over[pair + 1]
    gap = length > TOUCHING_CM
    pair, length = pair[gap], length[gap]
    of, dense = core[pair], np.maximum(profile.carbon_g_cm3, TRACE_G_CM3)
    to_t_c_ha = float(T_PER_HA_PER_G_PER_CM2)
    mass = (dense[pair] * under[pair] + dense[pair + 1] * over[pair + 1]) * to_t_c_ha
    contrast = np.abs(np.log(dense[pair] / dense[pair + 1]))
    inside = _sums(of, mass, n)
    mean = _over(_sums(of, mass * np.minimum(contrast, LARGEST_CONTRAST), n), inside)
    even = np.log(np.where(inside > 0, _over(_sums(of, mass**2, n), inside**2), 1.0))
    even = np.maximum(even, -np.log(MOST_ALIKE))
    slices = np.log(np.clip(_sums(core, (top_cm < limit).astype(float), n), 1.0, MOST_ALIKE))
    top = _sums(core, surface, n)
    none = np.zeros(n)
    terms = {
        "inside": np.stack([none + 1, mean, _log_length(_over(_sums(of, mass * length, n), inside)), even, slices], 1),
        "surface": np.stack([none + 1, none, _log_length(top), none, none], 1),
    }
    reach = np.minimum(depth, np.nan_to_num(profile.bottom_cm()))
    total = _sums(of, length, n) + top
    masses = {"inside": inside, "surface": _sums(core, surface * profile.carbon_g_cm3 * to_t_c_ha, n)}
    return Filled(total, np.minimum(_over(total, reach), 1.0), masses, terms)


def measured_cm(profile: Profile, top_cm: Floats, bottom_cm: Floats, to_cm: Floats | float) -> Floats:
    """Length of each slice itself above a depth, shape (slice,). `to_cm` is one number or one per core. [cm]"""
    limit = np.broadcast_to(np.asarray(to_cm, dtype=float), (profile.n_cores,))[profile.core]
    return np.minimum(bottom_cm, limit) - np.minimum(top_cm, limit)


def observed_to_cm(core: Integers, top_cm: Floats, bottom_cm: Floats, n_cores: int) -> Floats:
    """Depth down to which slices follow each other without a gap from the surface, shape (core,). [cm]

    Returns
    -------
    array
        0 where the surface is missing; NaN for a core without slices.
    """
    depth = np.full(n_cores, np.nan)
    if not len(core):
        return depth
    begins = np.r_[True, core[1:] != core[:-1]]
    before = np.where(begins, 0.0, np.r_[0.0, bottom_cm[:-1]])
    broken = np.cumsum(top_cm - before > TOUCHING_CM)
    first = np.flatnonzero(begins)
    ahead = broken - (broken[first] - (top_cm[first] > TOUCHING_CM))[np.cumsum(begins) - 1]
    depth[core[first]] = 0.0
    whole = ahead == 0
    np.maximum.at(depth, core[whole], bottom_cm[whole])
    return depth


def _sums(core: Integers, values: Floats, n: int) -> Floats:
    return np.bincount(core, weights=values, minlength=n)


def _over(values: Floats, by: Floats) -> Floats:
    return np.where(by > 0, values / np.where(by > 0, by, 1.0), 0.0)


def _log_length(length_cm: Floats) -> Floats:
    return np.log(np.clip(length_cm, *LENGTHS_CM) / REFERENCE_LENGTH_CM)


@functools.cache
def constants() -> dict[tuple[str, float], Floats]:
    """Coefficients of ln(held / filled), by kind and quantile, in the order of `TERMS`."""
    text = resources.files("bluecarbon.cores").joinpath("gap_fill.csv").read_text(encoding="utf-8")
    result: dict[tuple[str, float], Floats] = {}
    for row in csv.DictReader(text.splitlines()):
        key = (row["kind"], float(row["quantile"]))
        result.setdefault(key, np.zeros(len(TERMS)))[TERMS.index(row["term"])] = float(row["value"])
    return result


def log_limits(
    terms: Floats, kind: str, level: float, coefficients: dict[tuple[str, float], Floats] | None = None
) -> tuple[Floats, Floats]:
    """Lower and upper quantile of ln(held / filled), never past 0, shape (core,). [1]"""
    table = constants() if coefficients is None else coefficients
    sides = [np.sum(terms * table[(kind, round((1 + sign * level) / 2, 4))], axis=1) for sign in (-1, 1)]
    return np.minimum(np.minimum(*sides), 0.0), np.maximum(np.maximum(*sides), 0.0)


def gap_deviation_t_c_ha(filled: Filled, level: float = 0.9) -> tuple[Floats, Floats]:
    """How far the carbon filled in may lie below and above, shape (core,). [t C/ha]

    Parameters
    ----------
    filled : Filled
    level : {0.8, 0.9, 0.95}
        Nominal coverage.

    Returns
    -------
    below, over : array
        Not negative; 0 where nothing was filled. Gaps inside and at the surface in quadrature.
    """
    below, over = np.zeros_like(filled.share), np.zeros_like(filled.share)
    for kind in KINDS:
        low, high = log_limits(filled.terms[kind], kind, level)
        mass = filled.mass_t_c_ha[kind]
        below = np.hypot(below, -mass * np.expm1(low))
        over = np.hypot(over, mass * np.expm1(high))
    return below, over
