"""Substitution rules of regulators, run only when chosen: high on purpose, so for captured CO2 they over-claim.

Their excess over the ladder's bound is printed beside the headline and never enters it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

Definition = Literal["linear", "nearest_rank"]


def mrr_substitute(values: np.ndarray, careful_for: Literal["emission", "capture"] = "emission") -> float:
    """Value for a missing hour after EU MRR, Annex VIII eq. 4: mean plus two standard deviations.

    Parameters
    ----------
    values : array, shape (hour,)
        Measured hours of the reporting period, NaN where missing. Any unit.
    careful_for : {"emission", "capture"}
        Emission as the regulation has it; capture takes the two deviations off instead.

    Returns
    -------
    float
        Unit of `values`. Sample standard deviation (n − 1), the best estimate from few hours.

    Raises
    ------
    InputError
        CC-GAP-01 fewer than two measured hours.
    """
    known = values[np.isfinite(values)]
    if known.size < 2:
        raise refuse("CC-GAP-01", "MRR substitution", phrase("{size} measured hours", size=known.size), "at least 2")
    spread = 2 * float(np.std(known, ddof=1))
    return float(known.mean()) + (spread if careful_for == "emission" else -spread)


def percentile(values: np.ndarray, percent: float, definition: Definition = "linear") -> float:
    """Percentile by a stated definition; the part of 40 CFR 75 that was read fixes none."""
    method = "linear" if definition == "linear" else "inverted_cdf"
    return float(np.percentile(values, percent, method=method))


def monitor_availability_percent(quality_assured_hours: float, operating_hours: float) -> float:
    """Percent monitor data availability, 40 CFR 75.32 eq. 8. [%]

    Raises
    ------
    InputError
        CC-GAP-02 more quality-assured hours than operating hours, or none of the latter.
    """
    if operating_hours <= 0 or not 0 <= quality_assured_hours <= operating_hours:
        raise refuse(
            "CC-GAP-02",
            "monitor availability",
            phrase(
                "{quality_assured_hours:g} of {operating_hours:g} hours",
                quality_assured_hours=quality_assured_hours,
                operating_hours=operating_hours,
            ),
            "quality-assured hours within operating hours",
        )
    return 100 * quality_assured_hours / operating_hours


@dataclass(frozen=True)
class Part75:
    """Inputs of the missing-data rule of 40 CFR 75.33(b).

    Parameters
    ----------
    lookback : array, shape (hour,)
        Last 720 quality-assured hours (2,160 for flow). Any unit, and so below.
    before, after : float
        Quality-assured hours on both sides of the gap.
    availability_percent : float
        Percent monitor data availability. [%]
    highest_potential : float
        Maximum potential value of the unit.
    """

    lookback: np.ndarray
    before: float
    after: float
    availability_percent: float
    highest_potential: float


def part75_substitute(case: Part75, gap_hours: int, definition: Definition = "linear") -> tuple[float, str]:
    """Value and rule for a gap after 40 CFR 75.31(b) and 75.33(b), high side as written.

    Parameters
    ----------
    case : Part75
    gap_hours : int
        Length of the gap. [h]
    definition : {"linear", "nearest_rank"}
        Of the percentile.

    Returns
    -------
    (float, str)
        Unit of the inputs, and the rule that gave it.

    Notes
    -----
    Source: epa-75.
    """
    neighbours = (case.before + case.after) / 2
    available = case.availability_percent
    if available < 80:
        return case.highest_potential, "below 80 %: maximum potential value"
    if available < 90:
        return float(np.max(case.lookback)), "80 to 90 %: maximum of the look-back"
    percent, limit = (95.0, 8) if available < 95 else (90.0, 24)
    span = "90 to 95 %" if available < 95 else "95 % and above"
    if gap_hours <= limit:
        return neighbours, f"{span}, up to {limit} h: hours before and after"
    high = percentile(case.lookback, percent, definition)
    return max(high, neighbours), f"{span}, over {limit} h: {percent:g}th percentile or hours before and after"


@dataclass(frozen=True)
class Alternative:
    """What another answer to the same gaps would give, beside the headline.

    Parameters
    ----------
    name : str
    total, excess : float
        With that answer, and above the headline. [unit of the headline]
    """

    name: str
    total: float
    excess: float
