"""Full Monte Carlo of a chronology: activities, masses, missing part and decay constant drawn at their real size.

Peers shrink every error a hundredfold and multiply the spread back, which is first-order propagation by another road.
Here nothing is shrunk, so the intervals show the skew of old ages; draws that leave nothing below a layer are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.dating.equations import crs_age
from bluecarbon.dating.models import Chronology, Decay, cic, missing_inventory
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bluecarbon.dating.profile import Sections

MIN_DRAWS, MAX_DRAWS = 100, 100_000


@dataclass(frozen=True)
class Simulated:
    """Quantiles of ages at section bottoms. Shape (section,). [yr]

    `failed` is the share of draws, by section, in which the model gave no age; they count as older than any.
    """

    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]
    failed: NDArray[np.float64]


def simulated_ages(
    sections: Sections, chronology: Chronology, decay: Decay, draws: int, seed: int, level: float = 0.95
) -> Simulated:
    """Quantile interval of the ages of a chronology.

    Parameters
    ----------
    sections : Sections
        Dated part the chronology was made from.
    chronology : Chronology
        Names model and missing inventory.
    decay : Decay
    draws, seed : int
    level : float
        Of the interval. [1]

    Raises
    ------
    InputError
        BC-DAT-16 number of draws or level out of range.
    """
    if not MIN_DRAWS <= draws <= MAX_DRAWS:
        raise refuse(
            "BC-DAT-16",
            "--monte-carlo",
            draws,
            phrase("{min_draws} to {max_draws} draws", min_draws=MIN_DRAWS, max_draws=MAX_DRAWS),
        )
    if not 0 < level < 1:
        raise refuse("BC-DAT-16", "level", level, "above 0 and below 1")
    generator = np.random.default_rng(seed)
    ages = np.full((draws, len(sections)), np.inf)
    for i in range(draws):
        drawn = replace(
            sections,
            excess=generator.normal(sections.excess, np.nan_to_num(sections.excess_se)),
            mass=np.abs(generator.normal(sections.mass, np.nan_to_num(sections.mass_se))),
        )
        constant = Decay(float(np.clip(generator.normal(decay.constant, decay.standard_error), 0.03, 0.0325)))
        try:
            ages[i] = _ages(drawn, chronology, constant, generator)
        except InputError:
            continue  # this draw has no age anywhere: it stays at infinity and is counted
    ages = np.where(np.isfinite(ages), ages, np.inf)
    failed = np.mean(np.isinf(ages), axis=0)
    tail = (1 - level) / 2
    quantiles = np.quantile(ages, [tail, 0.5, 1 - tail], axis=0, method="inverted_cdf")
    low, median, high = np.where(np.isfinite(quantiles), quantiles, np.nan)
    return Simulated(low, median, high, failed)


def _ages(drawn: Sections, chronology: Chronology, decay: Decay, generator: np.random.Generator) -> NDArray[np.float64]:
    if chronology.model == "cfcs":
        # The fit's own scatter holds the counting errors already: its slope is drawn, not the activities.
        slope = generator.normal(chronology.line.slope, chronology.line.slope_se)
        return np.where(slope < 0, -slope * drawn.mass_bottom / decay.constant, np.inf)
    if chronology.model == "cic":
        return cic(drawn, decay).age
    missing = chronology.missing
    again = missing_inventory(drawn, "tail").value if missing.rule == "tail" else missing.value
    value = max(generator.normal(again, missing.standard_error), 0.0)
    return _crs_ages(drawn, decay, value)


def _crs_ages(drawn: Sections, decay: Decay, missing: float) -> NDArray[np.float64]:
    """CRS ages alone, infinite below the layer where a draw leaves nothing."""
    amounts = np.r_[drawn.inventory, missing]
    below = np.cumsum(amounts[::-1])[::-1]
    there = np.cumprod(below[1:] > 0).astype(bool) & (below[0] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(there, crs_age(below[0], below[1:], decay.constant), np.inf)
