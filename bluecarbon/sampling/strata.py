"""Stratified means and totals from field samples, with the interval the design allows.

One plot in a stratum has no variance. It is refused, or its stratum borrows one by a named rule; it never counts as
zero error. Sub-plots and several cores of one plot are one sample: the plot's mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from methodology.base.errors import Finding, InputError, refuse
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONELY = ("refuse", "collapse")


@dataclass(frozen=True)
class Stratum:
    """One stratum: its area and the values of its plots.

    Parameters
    ----------
    name : str
    area_ha : float
        [ha]
    values : array, shape (plot,)
        One value per plot, per hectare.
    plots_in_stratum : float or None
        Number of plots the stratum could hold, for the finite population correction; None: without.
    collapse_with : str
        Stratum to borrow a variance from if this one has a single plot.
    """

    name: str
    area_ha: float
    values: NDArray[np.float64]
    plots_in_stratum: float | None = None
    collapse_with: str = ""


@dataclass(frozen=True)
class StratumMean:
    """Mean of one stratum: its variance's origin is `borrowed_from`, empty where it is its own."""

    name: str
    area_ha: float
    count: int
    mean: float
    variance: float
    variance_df: int
    standard_error: float
    borrowed_from: str


@dataclass(frozen=True)
class Estimate:
    """A stratified estimate.

    Parameters
    ----------
    mean, standard_error : float
        Per hectare.
    area_ha : float
        [ha]
    df_design, df_satterthwaite : float
        Plots minus strata (a borrowing stratum adds no degrees of freedom); Satterthwaite's approximation.
    strata : tuple of StratumMean
    """

    mean: float
    standard_error: float
    area_ha: float
    df_design: float
    df_satterthwaite: float
    strata: tuple[StratumMean, ...]

    @property
    def total(self) -> float:
        """Mean times area."""
        return self.mean * self.area_ha

    @property
    def total_se(self) -> float:
        """Standard error of the total, areas taken as exact."""
        return self.standard_error * self.area_ha

    def half_width(self, level: float = 0.9, df: str = "design") -> float:
        """Half of the t interval of the mean.

        Parameters
        ----------
        level : float
            Of the interval. [1]
        df : {"design", "satterthwaite"}

        Raises
        ------
        InputError
            BC-SAM-08 unknown kind of degrees of freedom, or a level that is not between 0 and 1.
        """
        known = {"design": self.df_design, "satterthwaite": self.df_satterthwaite}
        if df not in known:
            raise refuse("BC-SAM-08", "degrees of freedom", df, joined(" or ", known))
        return t_quantile(level, known[df]) * self.standard_error

    def relative_precision(self, level: float = 0.9, df: str = "design") -> float:
        """Half width over the mean, what rules call the uncertainty. [1]"""
        return self.half_width(level, df) / abs(self.mean)


def t_quantile(level: float, df: float) -> float:
    """Two-sided quantile of Student's t; of the normal distribution where df is infinite.

    Raises
    ------
    InputError
        BC-SAM-08 level not between 0 and 1; BC-SAM-02 no degrees of freedom.
    """
    if not 0 < level < 1:
        raise refuse("BC-SAM-08", "level", level, "above 0 and below 1", "90 % is 0.9.")
    if not df > 0:
        raise refuse("BC-SAM-02", "degrees of freedom", df, "above 0", "More plots than strata are needed.")
    from scipy import special

    return float(special.ndtri(0.5 + level / 2) if np.isinf(df) else special.stdtrit(df, 0.5 + level / 2))


def cluster_means(
    values: NDArray[np.float64], clusters: Sequence[str]
) -> tuple[NDArray[np.float64], list[str], NDArray[np.int_]]:
    """Values of sub-plots, cores or transects averaged to the plot they belong to.

    Parameters
    ----------
    values : array, shape (sample,)
    clusters : sequence of str, length sample
        Plot of each sample.

    Returns
    -------
    means : array, shape (plot,)
    names : list of str
        In order of first appearance.
    counts : array of int, shape (plot,)
    """
    names = list(dict.fromkeys(clusters))
    position = {name: i for i, name in enumerate(names)}
    index = np.array([position[name] for name in clusters], dtype=int)
    counts = np.bincount(index, minlength=len(names))
    return np.bincount(index, weights=values, minlength=len(names)) / counts, names, counts


def stratified(strata: Sequence[Stratum], lonely: str = "refuse") -> Estimate:
    """Stratified mean with its standard error.

    Parameters
    ----------
    strata : sequence of Stratum
    lonely : {"refuse", "collapse"}
        A stratum with one plot is refused, or takes the variance of the plots of itself and its `collapse_with` stratum
        together. Their difference in level is then part of it: the error comes out too large rather than too small.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        BC-SAM-01 a stratum without plots; BC-SAM-02 a stratum with one; BC-SAM-03 an area that is not above zero;
        BC-SAM-04 a value that is not a number; BC-SAM-05 more plots than the stratum can hold; BC-SAM-08 unknown rule.

    Notes
    -----
    ȳ = Σ W_h ȳ_h; s² = Σ W_h² s_h²/n_h (1 − n_h/N_h), W_h = A_h/A. Satterthwaite: (Σ g_h)²/Σ(g_h²/ν_h), g_h the terms of
    the sum. Source: cochran1977.
    """
    if lonely not in LONELY:
        raise refuse("BC-SAM-08", "--lonely", lonely, joined(" or ", LONELY))
    _check(strata)
    by_name = {stratum.name: stratum for stratum in strata}
    means = [_stratum_mean(stratum, by_name, lonely) for stratum in strata]
    area = sum(item.area_ha for item in means)
    share = np.array([item.area_ha / area for item in means])
    terms = (share * np.array([item.standard_error for item in means])) ** 2
    own = np.array([item.count - 1 for item in means])
    degrees = np.array([item.variance_df for item in means], dtype=float)
    variance = float(terms.sum())
    satterthwaite = variance**2 / float(np.sum(terms**2 / degrees)) if variance > 0 else float(own.sum())
    return Estimate(
        mean=float(share @ np.array([item.mean for item in means])),
        standard_error=variance**0.5,
        area_ha=area,
        df_design=float(own.sum()),
        df_satterthwaite=satterthwaite,
        strata=tuple(means),
    )


def _check(strata: Sequence[Stratum]) -> None:
    found: list[Finding] = []
    for s in strata:
        if not s.area_ha > 0:
            found.append(Finding("BC-SAM-03", phrase("stratum {s}", s=s.name), f"{s.area_ha:g} ha", "an area above 0"))
        if not len(s.values):
            remedy = "Sample it, or join it with another stratum before drawing conclusions."
            found.append(Finding("BC-SAM-01", phrase("stratum {s}", s=s.name), "no plots", "at least 2", remedy))
        if not np.all(np.isfinite(s.values)):
            found.append(
                Finding(
                    "BC-SAM-04", phrase("stratum {s}", s=s.name), "a value that is not a number", "a value per plot"
                )
            )
        if s.plots_in_stratum is not None and s.plots_in_stratum < len(s.values):
            expected = phrase("at most {plots_in_stratum:g}", plots_in_stratum=s.plots_in_stratum)
            found.append(
                Finding("BC-SAM-05", phrase("stratum {s}", s=s.name), phrase("{n} plots", n=len(s.values)), expected)
            )
    if found:
        raise InputError(*found)


def _stratum_mean(stratum: Stratum, by_name: Mapping[str, Stratum], lonely: str) -> StratumMean:
    values, source = stratum.values, ""
    if len(values) == 1:
        partner = by_name.get(stratum.collapse_with)
        if lonely == "refuse" or partner is None or partner is stratum:
            remedy = "Sample a second plot, or name a like stratum in collapse_with and choose --lonely collapse."
            raise refuse("BC-SAM-02", phrase("stratum {stratum}", stratum=stratum.name), "1 plot", "at least 2", remedy)
        values, source = np.r_[stratum.values, partner.values], partner.name
    variance = float(np.var(values, ddof=1))
    count = len(stratum.values)
    sampled = 0.0 if stratum.plots_in_stratum is None else count / stratum.plots_in_stratum
    error = (variance / count * (1 - sampled)) ** 0.5
    mean = float(stratum.values.mean())
    return StratumMean(stratum.name, stratum.area_ha, count, mean, variance, len(values) - 1, error, source)


def shared_error(estimate: Estimate, errors: Sequence[NDArray[np.float64]]) -> float:
    """Standard error of the mean from what all plots share: it adds up straight, not in squares.

    Parameters
    ----------
    estimate : Estimate
    errors : sequence of array, shape (plot,) each
        Shared standard error of every plot, by stratum in the order of the estimate.
    """
    return float(
        sum(item.area_ha / estimate.area_ha * own.mean() for item, own in zip(estimate.strata, errors, strict=True))
    )


def combined_half_width(estimate: Estimate, shared_se: float, level: float) -> float:
    """Half width with sampling and shared errors together, by the design's degrees of freedom.

    Parameters
    ----------
    estimate : Estimate
    shared_se : float
        See `shared_error`.
    level : float
        [1]
    """
    return t_quantile(level, estimate.df_design) * float(np.hypot(estimate.standard_error, shared_se))


@dataclass(frozen=True)
class Difference:
    """Mean difference between two visits, its standard error and degrees of freedom."""

    mean: float
    standard_error: float
    df: float
    paired: bool


def difference(first: NDArray[np.float64], second: NDArray[np.float64], paired: bool) -> Difference:
    """Change between two visits.

    Parameters
    ----------
    first, second : array, shape (plot,)
        Values of the visits; the same plots in the same order if paired.
    paired : bool
        Paired: variance of the differences. Unpaired: s₁²/n₁ + s₂²/n₂ with Welch's degrees of freedom.

    Raises
    ------
    InputError
        BC-SAM-06 visits that do not pair; BC-SAM-02 fewer than two plots.
    """
    if min(len(first), len(second)) < 2:
        raise refuse("BC-SAM-02", "plots of a visit", min(len(first), len(second)), "at least 2")
    if paired:
        if len(first) != len(second):
            remedy = "Leave out plots seen once, or compare unpaired."
            raise refuse(
                "BC-SAM-06",
                "visits",
                phrase("{n} and {n2} plots", n=len(first), n2=len(second)),
                "the same plots twice",
                remedy,
            )
        change = second - first
        return Difference(
            float(change.mean()), float(np.std(change, ddof=1)) / len(change) ** 0.5, len(change) - 1.0, True
        )
    parts = [float(np.var(v, ddof=1)) / len(v) for v in (first, second)]
    variance = sum(parts)
    df = (
        variance**2 / sum(p**2 / (len(v) - 1) for p, v in zip(parts, (first, second), strict=True)) if variance else 1.0
    )
    return Difference(float(second.mean() - first.mean()), variance**0.5, df, False)
