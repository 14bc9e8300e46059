"""Organic carbon of slices where only organic matter was measured.

The finest model that the table itself can carry is used: slices of the same site with both measured, else of the same
species, else of the same habitat, else the published equation of the habitat. Models are straight lines between
logarithms, so carbon is never negative; the back-transform is corrected for bias (the mean of a log-normal is above its
median); and what is given is a prediction error, not the error of the fitted mean. Above the site level slices of one
core share an error, because sites differ: that part does not average out over the core.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from bluecarbon.cores.equations import broken_line_carbon, parabola_carbon
from bluecarbon.cores.profile import Floats

LEVELS = ("site", "species", "habitat")
FEWEST_PAIRS = 10  # as the R package BlueCarbon raised it from 5 (its issue 14)
LEAST_SPREAD = 1e-6
PERCENT = 100.0


@dataclass(frozen=True)
class Lines:
    """Log-log lines of one level, one entry per group.

    Parameters
    ----------
    key : Index
        Group names.
    intercept, slope : array
        ln OC = intercept + slope × ln OM, both as fractions.
    residual : array
        Standard deviation of ln OC about the line. [1]
    shared : array
        Standard deviation of what the slices of a site have in common (0 at site level). [1]
    pairs, mean_log_om, squares : array
        Number of pairs, mean of ln OM, and sum of squares about it.
    """

    key: pd.Index
    intercept: Floats
    slope: Floats
    residual: Floats
    shared: Floats
    pairs: Floats
    mean_log_om: Floats
    squares: Floats


@dataclass(frozen=True)
class Carbon:
    """Organic carbon of every slice.

    Parameters
    ----------
    fraction : array, shape (slice,)
        [1]; NaN where neither carbon nor a usable organic matter was measured.
    independent_rel, shared_rel : array, shape (slice,)
        Relative prediction error of its own, and common to the core; 0 where carbon was measured. [1]
    origin : array of str, shape (slice,)
        measured, site, species, habitat, published or "".
    """

    fraction: Floats
    independent_rel: Floats
    shared_rel: Floats
    origin: np.ndarray


def fitted_lines(group: np.ndarray, om: Floats, oc: Floats, site: np.ndarray | None = None) -> Lines:
    """Least squares of ln OC on ln OM in every group.

    Parameters
    ----------
    group : array of str, shape (pair,)
        Group of each pair; rows with an empty name are left out.
    om, oc : array, shape (pair,)
        Fractions above 0 (any common unit gives the same slope).
    site : array of str, optional
        Site of each pair, to tell the variance between sites from that within.

    Notes
    -----
    Coefficients equal R's ``lm(log(oc) ~ log(om))`` group by group.
    """
    use = (group != "") & (om > 0) & (oc > 0)
    code, key = pd.factorize(group[use])
    x, y = np.log(om[use]), np.log(oc[use])
    n = np.bincount(code, minlength=len(key)).astype(float)

    def mean(values: Floats) -> Floats:
        return np.bincount(code, weights=values, minlength=len(key)) / n

    mean_x, mean_y = mean(x), mean(y)
    off_x, off_y = x - mean_x[code], y - mean_y[code]
    squares = mean(off_x**2) * n
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = mean(off_x * off_y) * n / squares
        intercept = mean_y - slope * mean_x
        error = y - intercept[code] - slope[code] * x
        residual = np.sqrt(mean(error**2) * n / (n - 2))
    shared = np.zeros(len(key))
    if site is not None and len(key):
        shared = _between_sites(code, site[use], error, len(key))
    return Lines(pd.Index(key), intercept, slope, residual, shared, n, mean_x, squares)


def _between_sites(code: np.ndarray, site: np.ndarray, error: Floats, groups: int) -> Floats:
    """Standard deviation between sites within each group, by analysis of variance of the residuals (0 for one site)."""
    sites = pd.DataFrame({"group": code, "site": site, "error": error}).groupby(["group", "site"]).error
    table = sites.agg(["size", "mean", lambda values: ((values - values.mean()) ** 2).sum()])
    table.columns = ["n", "mean", "squares"]
    result = np.zeros(groups)
    for group, rows in table.groupby(level=0):
        total, k = rows.n.sum(), len(rows)
        if k < 2 or total <= k or not np.isfinite(rows["mean"]).all():
            continue
        within = rows.squares.sum() / (total - k)
        middle = (rows.n * rows["mean"]).sum() / total
        between = (rows.n * (rows["mean"] - middle) ** 2).sum() / (k - 1)
        typical = (total - (rows.n**2).sum() / total) / (k - 1)
        result[group] = np.sqrt(max((between - within) / typical, 0.0))
    return result


def organic_carbon(
    fraction_carbon: Floats,
    fraction_organic_matter: Floats,
    site: np.ndarray,
    species: np.ndarray,
    habitat: np.ndarray,
) -> Carbon:
    """Organic carbon of every slice: measured, or from organic matter by the finest model at hand.

    Parameters
    ----------
    fraction_carbon, fraction_organic_matter : array, shape (slice,)
        Of dry mass, NaN where not measured. [1]
    site, species, habitat : array of str, shape (slice,)
        Empty where not known. A site name must be unique in the table: put the study's name before it.

    Returns
    -------
    Carbon
        Never below 0 nor above the organic matter.

    Notes
    -----
    A model needs 10 pairs of measured carbon and organic matter and a line that rises. Where a species grows in several
    habitats its model is made habitat by habitat.
    """
    fraction = fraction_carbon.astype(float).copy()
    origin = np.where(np.isfinite(fraction), "measured", "").astype(object)
    own, common = np.zeros(len(fraction)), np.zeros(len(fraction))
    both = (fraction_organic_matter > 0) & (fraction_carbon > 0) & (fraction_carbon <= fraction_organic_matter)
    groups = {
        "site": np.where(site != "", _joined(site, habitat), ""),
        "species": np.where(species != "", _joined(species, habitat), ""),
        "habitat": habitat,
    }
    for level in LEVELS:
        open_rows = np.flatnonzero((origin == "") & (fraction_organic_matter >= 0) & (groups[level] != ""))
        if not len(open_rows) or not both.any():
            continue
        sites = None if level == "site" else site[both]
        lines = fitted_lines(groups[level][both], fraction_organic_matter[both], fraction_carbon[both], sites)
        _apply(lines, level, groups[level], open_rows, fraction_organic_matter, fraction, own, common, origin)
    _published(fraction_organic_matter, habitat, fraction, own, common, origin)
    return Carbon(fraction, own, common, origin.astype(str))


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return pd.Series(first, dtype=object).str.cat(pd.Series(second, dtype=object), sep="|").to_numpy()


def _apply(lines, level, group, rows, matter, fraction, own, common, origin) -> None:
    """Predict the open rows whose group has a usable line."""
    if not len(lines.key):
        return
    with np.errstate(invalid="ignore"):
        usable = (lines.pairs >= FEWEST_PAIRS) & (lines.slope > 0) & (lines.squares > LEAST_SPREAD)
    where = lines.key.get_indexer(group[rows])
    good = (where >= 0) & usable[where]
    rows, where = rows[good], where[good]
    if not len(rows):
        return
    with np.errstate(divide="ignore"):
        x = np.log(matter[rows])
    zero = matter[rows] == 0
    x = np.where(zero, lines.mean_log_om[where], x)
    variance = lines.residual[where] ** 2
    leverage = 1 / lines.pairs[where] + (x - lines.mean_log_om[where]) ** 2 / lines.squares[where]
    median = np.exp(lines.intercept[where] + lines.slope[where] * x)
    mean = median * np.exp(variance / 2)
    fraction[rows] = np.where(zero, 0.0, np.minimum(mean, matter[rows]))
    shared = lines.shared[where] ** 2 + variance * leverage
    independent = np.maximum(variance - lines.shared[where] ** 2, 0.0)
    own[rows] = np.where(zero, 0.0, np.sqrt(np.expm1(independent)))
    common[rows] = np.where(zero, 0.0, np.sqrt(np.expm1(shared)))
    origin[rows] = level


@functools.cache
def published_factors() -> dict[tuple[str, str], float]:
    """Coefficients and spreads of the published equations, ``{(habitat, quantity): value}``."""
    text = resources.files("bluecarbon.cores").joinpath("factors.csv").read_text(encoding="utf-8")
    return {(row["habitat"], row["quantity"]): float(row["value"]) for row in csv.DictReader(text.splitlines())}


def published_carbon(matter: Floats, habitat: str) -> Floats:
    """Organic carbon by the published equation of a habitat, kept between 0 and the organic matter.

    Parameters
    ----------
    matter : array
        Organic matter of dry mass. [1]
    habitat : {"mangrove", "marsh", "seagrass"}

    Returns
    -------
    array
        Organic carbon of dry mass. [1]
    """
    factor = published_factors()
    percent = np.asarray(matter, dtype=float) * PERCENT
    if (habitat, "oc_om_square") in factor:
        carbon = parabola_carbon(percent, factor[habitat, "oc_om_square"], factor[habitat, "oc_om_linear"])
    else:
        names = ("slope_low", "intercept_low", "slope_high", "intercept_high", "threshold")
        carbon = broken_line_carbon(percent, *(factor[habitat, f"oc_om_{name}"] for name in names))
    return np.clip(carbon / PERCENT, 0.0, matter)


def _published(matter, habitat, fraction, own, common, origin) -> None:
    factor = published_factors()
    for word in ("mangrove", "marsh", "seagrass"):
        rows = np.flatnonzero((origin == "") & (matter >= 0) & (habitat == word))
        if len(rows):
            fraction[rows] = published_carbon(matter[rows], word)
            own[rows] = np.sqrt(np.expm1(factor[word, "oc_om_spread_within"] ** 2))
            common[rows] = np.sqrt(np.expm1(factor[word, "oc_om_spread_between"] ** 2))
            origin[rows] = "published"
