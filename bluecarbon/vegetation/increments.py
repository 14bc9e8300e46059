"""Change between two visits of the same plots. Shared errors largely cancel; what differs from visit to visit stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methodology.base.errors import refuse


@dataclass(frozen=True)
class Increment:
    """Yearly change of plots with its errors.

    Parameters
    ----------
    change_per_yr : array, shape (plot,)
        Second minus first visit over the years between. [unit of the stock per yr]
    standard_error : array, shape (plot,)
        Of each plot's change, from measurement and shared errors.
    mean, mean_se : float
        Over plots; the error is that of paired differences, so it holds sampling and measurement scatter.
    model_se : float
        Shared (equation, density, carbon fraction) error of the mean change.
    """

    change_per_yr: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    mean: float
    mean_se: float
    model_se: float


def paired_increment(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    years: NDArray[np.float64],
    relative_model_error: NDArray[np.float64],
    independent: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Increment:
    """Yearly change of re-measured plots.

    Parameters
    ----------
    first, second : array, shape (plot,)
        Stock of the same plots at two visits. [t C/ha]
    years : array, shape (plot,)
        Between the visits. [yr]
    relative_model_error : array, shape (plot,)
        Shared standard error over stock; the same equation errs the same way at both visits, so it acts on the
        difference and not on each stock. [1]
    independent : pair of array, shape (plot,)
        Measurement standard error of the two visits. [t C/ha]

    Raises
    ------
    InputError
        BC-VEG-20 visits out of order; BC-VEG-19 fewer than two plots re-measured.
    """
    if np.any(years <= 0):
        raise refuse(
            "BC-VEG-20", "years between visits", f"{np.min(years):g}", "more than 0", "Order the visits by year."
        )
    if len(first) < 2:
        remedy = "A single plot has no error of the mean; re-measure more."
        raise refuse("BC-VEG-19", "re-measured plots", len(first), "at least 2", remedy)
    change = (second - first) / years
    model = np.abs(change) * relative_model_error
    error = np.sqrt(model**2 + (independent[0] ** 2 + independent[1] ** 2) / years**2)
    spread = float(np.std(change, ddof=1)) / len(change) ** 0.5
    return Increment(
        change, error, float(change.mean()), spread, float(np.mean(change * relative_model_error).__abs__())
    )
