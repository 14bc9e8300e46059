"""Below the bottom of a core: a declared profile, and an interval that was tested on deep cores cut short.

Nothing is added below the last slice unless a profile is declared. Each profile starts at the observed bottom and
adds to the carbon observed, so that a deeper stock is never less than a shallower one. The interval does not come from
the profile's own fit (neighbouring cumulative sums are far from independent) but from what deep cores of the Coastal
Carbon Network held below a cut, as multiples of "last layer continued". Its constants are rows of
``beyond_bottom.csv``, made by ``bluecarbon/cores/calibrate.py``.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np

from bluecarbon.cores.equations import T_PER_HA_PER_G_PER_CM2
from bluecarbon.cores.profile import Floats, Profile, stock_t_c_ha
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

PROFILES = ("none", "last-layer", "line", "exponential")
LEVELS = (0.8, 0.9, 0.95)
CALIBRATED_HABITATS = ("mangrove", "marsh", "seagrass")
LEVEL_TERMS = ("one", "concentration", "last_layer", "scatter", "single_slice", "length", "target")

REFERENCE_LAST_G_CM3 = 0.0276  # median last-layer carbon of the calibration cores; only centres a term
REFERENCE_DEPTH_CM = 100.0
SHORTEST_TAIL_LOG_SHARE = -0.7  # below half of the target depth the width no longer shrinks with length
LARGEST_SCATTER = 1.0
LEAST_LAST_SHARE = 0.05  # a last slice (nearly) without carbon stands for this share of the core's mean
TRACE_G_CM3 = 1e-6


@dataclass(frozen=True)
class Shape:
    """What a core tells of its tail, one value per core.

    Parameters
    ----------
    bottom_cm : array
        Observed bottom. [cm]
    last_g_cm3, mean_g_cm3 : array
        Carbon of the last layer (at least a small share of the mean), and mean over the observed depth. [g C cm-3]
    scatter : array
        Root mean square difference of ln carbon between neighbours over √2. [1]
    slices : array
        Number of slices.
    """

    bottom_cm: Floats
    last_g_cm3: Floats
    mean_g_cm3: Floats
    scatter: Floats
    slices: Floats


def shape_of(profile: Profile) -> Shape:
    """Summaries of each core that its tail interval depends on; NaN for cores without slices."""
    slices = profile.slices()
    known = slices > 0
    bottom = profile.bottom_cm()
    total = stock_t_c_ha(profile, np.inf) / float(T_PER_HA_PER_G_PER_CM2)
    mean = np.maximum(total / bottom, TRACE_G_CM3)
    last = np.full(profile.n_cores, np.nan)
    last[known] = profile.carbon_g_cm3[profile.last()[known]]
    last = np.maximum(last, LEAST_LAST_SHARE * mean)
    logs = np.log(np.maximum(profile.carbon_g_cm3, TRACE_G_CM3))
    same = profile.core[1:] == profile.core[:-1]
    squares = np.bincount(profile.core[1:][same], weights=np.diff(logs)[same] ** 2, minlength=profile.n_cores)
    scatter = np.sqrt(squares / np.maximum(slices - 1, 1) / 2)
    return Shape(bottom, last, mean, scatter, slices.astype(float))


def tail_t_c_ha(profile: Profile, to_cm: float, beyond: str) -> Floats:
    """Carbon between the observed bottom and a depth under a declared profile.

    Parameters
    ----------
    profile : Profile
    to_cm : float
        Target depth. [cm]
    beyond : {"none", "last-layer", "line", "exponential"}
        "last-layer" continues the carbon density of the last slice; "line" continues the straight line through the
        observed bottom that fits the cumulative carbon best; "exponential" continues ln density falling as fitted
        over the core, starting from its fitted value at the bottom, and constant where it would rise.

    Returns
    -------
    array, shape (core,)
        [t C/ha]; 0 where the core reaches the depth, NaN for a core without slices or for "none" where it does not.

    Raises
    ------
    InputError
        BC-CORE-06 unknown profile.
    """
    if beyond not in PROFILES:
        raise refuse("BC-CORE-06", "beyond", beyond, phrase("one of {names}", names=", ".join(PROFILES)))
    bottom = profile.bottom_cm()
    length = np.maximum(to_cm - bottom, 0.0)
    if beyond == "none":
        return np.where(length > 0, np.nan, length)
    density = {"last-layer": _last, "line": _anchored_line}.get(beyond)
    if density is not None:
        return density(profile) * length * float(T_PER_HA_PER_G_PER_CM2)
    at_bottom, rate = _exponential(profile)
    effective = np.where(rate * length > 1e-12, -np.expm1(-rate * length) / np.where(rate > 0, rate, 1.0), length)
    return at_bottom * effective * float(T_PER_HA_PER_G_PER_CM2)


def _last(profile: Profile) -> Floats:
    last = np.full(profile.n_cores, np.nan)
    known = profile.slices() > 0
    last[known] = profile.carbon_g_cm3[profile.last()[known]]
    return last


def _anchored_line(profile: Profile) -> Floats:
    """Slope of cumulative carbon on depth, least squares through the core's bottom point; the surface counts too."""
    thickness = profile.lower_cm - profile.upper_cm
    carbon = profile.carbon_g_cm3 * thickness
    total = np.bincount(profile.core, weights=carbon, minlength=profile.n_cores)
    cumulative = np.cumsum(carbon)
    before = np.r_[0.0, np.cumsum(total)][:-1]
    above = cumulative - before[profile.core]
    bottom = profile.bottom_cm()
    depth_left = profile.lower_cm - bottom[profile.core]
    carbon_left = above - total[profile.core]
    n = profile.n_cores
    products = np.bincount(profile.core, weights=depth_left * carbon_left, minlength=n) + bottom * total
    squares = np.bincount(profile.core, weights=depth_left**2, minlength=n) + bottom**2
    return products / squares


def _exponential(profile: Profile) -> tuple[Floats, Floats]:
    """Fitted carbon density at the bottom and its rate of decline (at least 0) from thickness-weighted ln density."""
    n = profile.n_cores
    weight = profile.lower_cm - profile.upper_cm
    middle = (profile.lower_cm + profile.upper_cm) / 2
    logs = np.log(np.maximum(profile.carbon_g_cm3, TRACE_G_CM3))
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.bincount(profile.core, weights=weight, minlength=n)
        mean_depth = np.bincount(profile.core, weights=weight * middle, minlength=n) / total
        mean_log = np.bincount(profile.core, weights=weight * logs, minlength=n) / total
        off = middle - mean_depth[profile.core]
        squares = np.bincount(profile.core, weights=weight * off**2, minlength=n)
        products = np.bincount(profile.core, weights=weight * off * (logs - mean_log[profile.core]), minlength=n)
        rate = np.maximum(np.where(squares > 0, -products / np.where(squares > 0, squares, 1.0), 0.0), 0.0)
        return np.exp(mean_log - rate * (profile.bottom_cm() - mean_depth)), rate


def tail_terms(shape: Shape, to_cm: float) -> Floats:
    """Terms of the tail interval, shape (core, term), in the order of `LEVEL_TERMS`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.log(np.maximum(to_cm - shape.bottom_cm, 0.0) / to_cm)
        return np.column_stack(
            [
                np.ones_like(shape.bottom_cm),
                np.log(shape.mean_g_cm3 / shape.last_g_cm3),
                np.log(shape.last_g_cm3 / REFERENCE_LAST_G_CM3),
                np.minimum(shape.scatter, LARGEST_SCATTER),
                (shape.slices == 1).astype(float),
                np.maximum(share, SHORTEST_TAIL_LOG_SHARE),
                np.full_like(shape.bottom_cm, np.log(to_cm / REFERENCE_DEPTH_CM)),
            ]
        )


@functools.cache
def constants() -> dict[tuple[str, float], Floats]:
    """Coefficients of ln(tail / last layer continued), by habitat and quantile, in the order of `LEVEL_TERMS`."""
    text = resources.files("bluecarbon.cores").joinpath("beyond_bottom.csv").read_text(encoding="utf-8")
    result: dict[tuple[str, float], Floats] = {}
    for row in csv.DictReader(text.splitlines()):
        key = (row["habitat"], float(row["quantile"]))
        result.setdefault(key, np.zeros(len(LEVEL_TERMS)))[LEVEL_TERMS.index(row["term"])] = float(row["value"])
    return result


def tail_interval_t_c_ha(
    profile: Profile,
    to_cm: float,
    habitat: np.ndarray,
    level: float = 0.9,
    coefficients: dict[tuple[str, float], Floats] | None = None,
) -> tuple[Floats, Floats]:
    """Interval of the carbon between the observed bottom and a depth.

    Parameters
    ----------
    profile : Profile
    to_cm : float
        Target depth. [cm]
    habitat : array of str, shape (core,)
        mangrove, marsh and seagrass have constants of their own; any other word takes those of all cores together.
    level : {0.8, 0.9, 0.95}
        Nominal coverage; 0.9 is the level the coverage test reports.
    coefficients : mapping, optional
        Other constants than the package's own; the calibration uses it to leave a study out.

    Returns
    -------
    low, high : array, shape (core,)
        [t C/ha]; 0 where the core reaches the depth.

    Raises
    ------
    InputError
        BC-CORE-08 a level without constants.
    """
    if not any(np.isclose(level, known) for known in LEVELS):
        raise refuse("BC-CORE-08", "level", level, phrase("one of {names}", names=", ".join(map(str, LEVELS))))
    table = constants() if coefficients is None else coefficients
    shape = shape_of(profile)
    length = np.maximum(to_cm - shape.bottom_cm, 0.0)
    base = shape.last_g_cm3 * length * float(T_PER_HA_PER_G_PER_CM2)
    terms = tail_terms(shape, to_cm)
    bounds = []
    for quantile in (round((1 - level) / 2, 4), round((1 + level) / 2, 4)):
        words = np.where(np.isin(habitat, CALIBRATED_HABITATS), habitat, "any").astype(str)
        rows = np.stack([table[(word, quantile)] for word in words]) if len(words) else np.zeros((0, len(LEVEL_TERMS)))
        with np.errstate(invalid="ignore"):
            bounds.append(np.where(length > 0, base * np.exp(np.sum(terms * rows, axis=1)), length))
    return np.minimum(*bounds), np.maximum(*bounds)
