"""Carbon accumulation from ages: by section, and the mean over a time frame with the horizon found in mass depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.dating.equations import carbon_rate
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bluecarbon.dating.models import Chronology
    from bluecarbon.dating.profile import Sections

G_PER_KG = 1000.0


@dataclass(frozen=True)
class FrameMean:
    """Mean accumulation over a time frame.

    Parameters
    ----------
    years : float
    mass_depth : float
        Mass depth of the horizon. [kg m⁻²]
    depth_cm : float
        Its depth. [cm]
    mass_rate, mass_rate_se : float
        [kg m⁻² yr⁻¹]
    carbon_rate, carbon_rate_se : float
        [g C m⁻² yr⁻¹]; NaN where carbon was not measured above the horizon.
    """

    years: float
    mass_depth: float
    depth_cm: float
    mass_rate: float
    mass_rate_se: float
    carbon_rate: float
    carbon_rate_se: float


def carbon_rates(sections: Sections, chronology: Chronology) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Organic carbon accumulation of every section and its standard error. Shape (section,). [g C m⁻² yr⁻¹]"""
    value = carbon_rate(chronology.rate, sections.carbon) * G_PER_KG
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.hypot(chronology.rate_se / chronology.rate, np.nan_to_num(sections.carbon_se) / sections.carbon)
    return value, np.abs(value) * relative


def frame_mean(sections: Sections, chronology: Chronology, years: float) -> FrameMean:
    """Mean accumulation over the last `years`: what lies above the horizon of that age, over the time.

    Parameters
    ----------
    sections : Sections
    chronology : Chronology
    years : float
        [yr]

    Raises
    ------
    InputError
        BC-DAT-16 a time frame that is not above zero; BC-DAT-19 the dated part does not reach it, or its ages reverse.

    Notes
    -----
    Ages are interpolated straight in mass depth within a section, where the rate is constant. The error of the horizon
    is that of the age there over its slope; carbon at the horizon turns it into an error of the stock. Rates of
    sections are never averaged without weights. Source: ariasortiz2018.
    """
    if years <= 0:
        raise refuse("BC-DAT-16", "--years", years, "a time frame above 0 years")
    age = np.r_[0.0, chronology.age]
    error = np.r_[0.0, chronology.age_se]
    depth = np.r_[0.0, sections.mass_bottom]
    known = np.isfinite(age)
    age, error, depth = age[known], error[known], depth[known]
    if len(age) < 2 or age.max() < years:
        remedy = "Choose a shorter time frame; nothing is extrapolated."
        raise refuse(
            "BC-DAT-19",
            sections.core,
            phrase("ages up to {age:.4g} yr", age=age.max()),
            phrase("at least {years:g} yr", years=years),
            remedy,
        )
    if np.any(np.diff(age) < 0):
        raise refuse("BC-DAT-19", sections.core, "ages that reverse", "ages that grow with depth", "Use --model crs.")
    horizon = float(np.interp(years, age, depth))
    i = int(np.searchsorted(age, years))
    slope = (age[i] - age[i - 1]) / (depth[i] - depth[i - 1])
    horizon_se = float(np.interp(horizon, depth, error)) / slope
    tops = sections.mass_bottom - sections.mass
    share = np.clip((horizon - tops) / sections.mass, 0, 1)
    used = share > 0
    stock = float(np.sum((sections.carbon * sections.mass * share)[used]))
    last = int(np.flatnonzero(used)[-1])
    laboratory = np.nan_to_num(sections.carbon_se) * sections.mass * share
    stock_se = float(np.sqrt((sections.carbon[last] * horizon_se) ** 2 + np.sum(laboratory**2)))
    cm = sections.top_cm[last] + share[last] * (sections.bottom_cm[last] - sections.top_cm[last])
    return FrameMean(
        years, horizon, float(cm), horizon / years, horizon_se / years, stock * G_PER_KG / years,
        stock_se * G_PER_KG / years,
    )  # fmt: skip
