"""How many plots a wanted precision takes, and how to spread them over strata."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluecarbon.sampling.strata import t_quantile
from methodology.base.errors import Finding, InputError, refuse
from methodology.base.phrases import joined, phrase

ALLOCATIONS = ("neyman", "proportional", "cost")
MIN_PLOTS = 2  # below two a stratum has no variance
MOST_PLOTS = 1_000_000


@dataclass(frozen=True)
class PlannedStratum:
    """What is known of a stratum before going out.

    Parameters
    ----------
    name : str
    area_ha : float
        [ha]
    sd : float
        Standard deviation between plots, from a pilot or literature, per hectare.
    cost : float
        Cost of one plot, any currency; only its ratio between strata matters.
    """

    name: str
    area_ha: float
    sd: float
    cost: float = 1.0


@dataclass(frozen=True)
class Plan:
    """A sampling plan.

    Parameters
    ----------
    plots : array of int, shape (stratum,)
    needed_normal : float
        Plots by the closed formula with the normal quantile, not rounded.
    needed_iterated : int
        By iterating Student's t on n − 1 from there, as tools do; it can fall short of the wanted precision.
    expected_half_width : float
        With these plots and t on plots − strata, per hectare.
    allowed_half_width : float
    total_cost : float
    """

    plots: NDArray[np.int_]
    needed_normal: float
    needed_iterated: int
    expected_half_width: float
    allowed_half_width: float
    total_cost: float


def needed_plots(
    strata: Sequence[PlannedStratum], half_width: float, quantile: float, plot_area_ha: float | None
) -> float:
    """Plots under optimal allocation for a wanted half width, not rounded.

    Parameters
    ----------
    strata : sequence of PlannedStratum
    half_width : float
        Wanted half width of the interval of the mean, per hectare.
    quantile : float
        Of t or the normal distribution. [1]
    plot_area_ha : float or None
        Gives N_h = A_h/plot area for the finite population; None: a small share is sampled. [ha]

    Notes
    -----
    n = (Σ N_h s_h)²/[(N E/t)² + Σ N_h s_h²]; for a small share n = (t/E)² (Σ W_h s_h)². Source: cdm-ar-tool03.
    """
    area = np.array([s.area_ha for s in strata])
    sd = np.array([s.sd for s in strata])
    if plot_area_ha is None:
        share = area / area.sum()
        return float((quantile / half_width) ** 2 * (share @ sd) ** 2)
    count = area / plot_area_ha
    return float((count @ sd) ** 2 / ((count.sum() * half_width / quantile) ** 2 + count @ sd**2))


def iterated_plots(
    strata: Sequence[PlannedStratum], half_width: float, level: float, plot_area_ha: float | None
) -> int:
    """Plots by the usual iteration: start with the normal quantile, then Student's t on n − 1 until n repeats.

    Notes
    -----
    Where the iteration swings between two numbers the smaller is given, as worked tables do; it is then too small.
    Source: cdm-ar-tool03.
    """
    plots = math.ceil(needed_plots(strata, half_width, t_quantile(level, math.inf), plot_area_ha))
    seen: list[int] = []
    while plots not in seen:
        seen.append(plots)
        quantile = t_quantile(level, plots - 1 if plots > 1 else math.inf)
        plots = math.ceil(needed_plots(strata, half_width, quantile, plot_area_ha))
    return min(seen[seen.index(plots) :])


def allocated(plots: float, strata: Sequence[PlannedStratum], rule: str, least: int) -> NDArray[np.int_]:
    """Plots per stratum, rounded up, at least `least` each.

    Parameters
    ----------
    plots : float
        To spread.
    strata : sequence of PlannedStratum
    rule : {"neyman", "proportional", "cost"}
        By W s; by W; by W s/√cost.
    least : int

    Raises
    ------
    InputError
        BC-SAM-08 unknown rule.
    """
    area = np.array([s.area_ha for s in strata])
    sd = np.array([s.sd for s in strata])
    weights = {"neyman": area * sd, "proportional": area, "cost": area * sd / np.sqrt([s.cost for s in strata])}
    if rule not in weights:
        raise refuse("BC-SAM-08", "--allocation", rule, joined(" or ", ALLOCATIONS))
    weight = weights[rule]
    # A share that is whole but for rounding error is not rounded up to one more.
    return np.maximum(np.ceil(plots * weight / weight.sum() - 1e-9), least).astype(int)


def expected_half_width(
    plots: NDArray[np.int_], strata: Sequence[PlannedStratum], level: float, plot_area_ha: float | None
) -> float:
    """Half width of the interval these plots will give if the standard deviations hold, with t on plots − strata."""
    area = np.array([s.area_ha for s in strata])
    share = area / area.sum()
    sampled = np.zeros(len(strata)) if plot_area_ha is None else plots * plot_area_ha / area
    variance = share**2 * np.array([s.sd for s in strata]) ** 2 / plots * np.maximum(1 - sampled, 0)
    return t_quantile(level, float(plots.sum() - len(strata))) * float(variance.sum()) ** 0.5


def sampling_plan(
    strata: Sequence[PlannedStratum],
    half_width: float,
    level: float = 0.9,
    plot_area_ha: float | None = None,
    rule: str = "neyman",
    least: int = MIN_PLOTS,
) -> Plan:
    """Fewest plots, spread by a rule, whose own interval is as narrow as wanted.

    Parameters
    ----------
    strata : sequence of PlannedStratum
    half_width : float
        Wanted half width of the interval of the mean, per hectare.
    level : float
        Of the interval. [1]
    plot_area_ha : float or None
        [ha]
    rule : {"neyman", "proportional", "cost"}
    least : int
        Plots per stratum at least; two or more.

    Raises
    ------
    InputError
        BC-SAM-07 nothing to plan, or numbers that cannot be; BC-SAM-05 the plan needs more plots than a stratum holds;
        BC-SAM-08 unknown rule or level.
    """
    _check(strata, half_width, plot_area_ha, least)
    normal = needed_plots(strata, half_width, t_quantile(level, math.inf), plot_area_ha)

    def wide(count: int) -> bool:
        return expected_half_width(allocated(count, strata, rule, least), strata, level, plot_area_ha) > half_width

    low, high = 0, max(1, math.ceil(normal))
    while wide(high):
        low, high = high, 2 * high
        if high > MOST_PLOTS:
            raise refuse(
                "BC-SAM-07",
                "precision",
                half_width,
                phrase("one that {most_plots:,} plots can reach", most_plots=MOST_PLOTS),
                "Allow a wider interval.",
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    plots = allocated(high, strata, rule, least)
    over = [s.name for s, n in zip(strata, plots, strict=True) if plot_area_ha and n * plot_area_ha > s.area_ha]
    if over:
        remedy = "Allow a wider interval, or make smaller plots."
        raise refuse(
            "BC-SAM-05",
            phrase("stratum {names}", names=", ".join(over)),
            "more plots than fit in",
            "plots within the area",
            remedy,
        )
    return Plan(
        plots,
        normal,
        iterated_plots(strata, half_width, level, plot_area_ha),
        expected_half_width(plots, strata, level, plot_area_ha),
        half_width,
        float(plots @ np.array([s.cost for s in strata])),
    )


def _check(strata: Sequence[PlannedStratum], half_width: float, plot_area_ha: float | None, least: int) -> None:
    found = []
    if not strata:
        found.append(Finding("BC-SAM-07", "strata", "none", "at least one"))
    for s in strata:
        numbers = (("area", s.area_ha, s.area_ha > 0), ("sd", s.sd, s.sd >= 0), ("cost", s.cost, s.cost > 0))
        found += [
            Finding("BC-SAM-07", phrase("stratum {s}, {name}", s=s.name, name=name), f"{value:g}", "a number above 0")
            for name, value, good in numbers
            if not good
        ]
    if strata and not any(s.sd > 0 for s in strata):
        remedy = "Take it from a pilot of a few plots, or from like sites."
        found.append(Finding("BC-SAM-07", "sd", "no spread anywhere", "a standard deviation above 0", remedy))
    if not half_width > 0:
        found.append(Finding("BC-SAM-07", "precision", f"{half_width:g}", "a half width above 0"))
    if plot_area_ha is not None and not plot_area_ha > 0:
        found.append(Finding("BC-SAM-07", "plot area", f"{plot_area_ha:g} ha", "above 0"))
    if least < MIN_PLOTS:
        found.append(
            Finding(
                "BC-SAM-07", "least plots per stratum", str(least), phrase("at least {min_plots}", min_plots=MIN_PLOTS)
            )
        )
    if found:
        raise InputError(*found)
