"""Pictures of a dated core. Functions take arrays and return a Figure or draw on axes; nothing is saved here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from bluecarbon.dating.core_dating import DatedCore
    from bluecarbon.dating.models import Line
    from bluecarbon.dating.profile import Sections

LEAD, BAND, CAESIUM = "#1f4e79", "#9dbfdd", "#b5541c"
KG_M2_PER_G_CM2 = 10.0
WORDS = {
    "excess": {"en": "excess ²¹⁰Pb [Bq/kg]", "zh": "过剩 ²¹⁰Pb [Bq/kg]"},
    "mass": {"en": "mass depth [g/cm²]", "zh": "质量深度 [g/cm²]"},
    "constant": {"en": "constant rate", "zh": "恒定速率"},
    "age": {"en": "age [yr before coring]", "zh": "年龄 [采样前年数]"},
    "depth": {"en": "depth [cm]", "zh": "深度 [cm]"},
    "band": {"en": "95 % interval", "zh": "95 % 区间"},
}


def excess_profile(
    mass_depth: NDArray[np.float64],
    excess: NDArray[np.float64],
    excess_se: NDArray[np.float64],
    line: tuple[float, float] | None = None,
    axes: Axes | None = None,
    lang: str = "en",
) -> Figure:
    """Excess ²¹⁰Pb on a logarithmic axis against mass depth, with the fitted line.

    Parameters
    ----------
    mass_depth : array, shape (section,)
        Section middles. [g cm⁻²]
    excess, excess_se : array, shape (section,)
        [Bq kg⁻¹]; bars are one standard error.
    line : (intercept, slope), optional
        Of ln excess against mass depth. [ln Bq kg⁻¹], [cm² g⁻¹]
    axes : Axes, optional
        To draw on; a new figure if not given.
    lang : {"en", "zh"}

    Returns
    -------
    matplotlib.figure.Figure
    """
    axes = _axes(axes)
    good = excess > 0
    low = np.minimum(np.nan_to_num(excess_se), 0.95 * excess)  # a bar to zero has no place on a log axis
    errors = np.vstack([low, np.nan_to_num(excess_se)])[:, good]
    axes.errorbar(excess[good], mass_depth[good], xerr=errors, fmt="o", color=LEAD, markersize=4, linewidth=1)
    if line is not None:
        ends = np.array([0.0, mass_depth.max()])
        axes.plot(
            np.exp(line[0] + line[1] * ends), ends, color=BAND, linewidth=2, zorder=0, label=WORDS["constant"][lang]
        )
        axes.legend(frameon=False, fontsize=8)
    axes.set_xscale("log")
    axes.set_ylim(1.03 * mass_depth.max(), 0)
    axes.set_xlabel(WORDS["excess"][lang])
    axes.set_ylabel(WORDS["mass"][lang])
    return axes.figure


def age_depth(
    depth_cm: NDArray[np.float64],
    age: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    markers: tuple[tuple[float, float, float, str], ...] = (),
    axes: Axes | None = None,
    lang: str = "en",
) -> Figure:
    """Age against depth with its 95 % band and dated marker horizons.

    Parameters
    ----------
    depth_cm : array, shape (section,)
        Section bottoms. [cm]
    age, low, high : array, shape (section,)
        [yr before coring]
    markers : tuple of (depth, depth error, age, label)
        [cm], [cm], [yr]
    axes : Axes, optional
    lang : {"en", "zh"}

    Returns
    -------
    matplotlib.figure.Figure
    """
    axes = _axes(axes)
    known = np.isfinite(age)
    depth = np.r_[0.0, depth_cm[known]]
    axes.fill_betweenx(
        depth,
        np.r_[0.0, low[known]],
        np.r_[0.0, high[known]],
        color=BAND,
        alpha=0.6,
        linewidth=0,
        label=WORDS["band"][lang],
    )
    axes.plot(np.r_[0.0, age[known]], depth, color=LEAD, marker="o", markersize=3, label="²¹⁰Pb")
    for cm, error, years, label in markers:
        axes.errorbar(years, cm, yerr=error, fmt="D", color=CAESIUM, markersize=5)
        axes.annotate(label, (years, cm), textcoords="offset points", xytext=(6, -4), fontsize=8, color=CAESIUM)
    axes.set_ylim(1.03 * depth.max(), 0)
    axes.set_xlim(left=0)
    axes.set_xlabel(WORDS["age"][lang])
    axes.set_ylabel(WORDS["depth"][lang])
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return axes.figure


def combined(core: DatedCore, profile: Callable[..., Any], ages: Callable[..., Any], lang: str = "en") -> Figure:
    """Profile and age-depth of one core side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    sections, chronology = core.sections, core.chronology
    fit = chronology.line or _line(sections)
    line = (fit.intercept, fit.slope * KG_M2_PER_G_CM2) if fit else None
    profile(sections.mass_mid / KG_M2_PER_G_CM2, sections.excess, sections.excess_se, line, axes=left, lang=lang)
    rows = core.rows()
    low, high = (np.array([row[name] for row in rows]) for name in ("age_low", "age_high"))
    horizons = tuple((m.depth_cm, m.depth_se_cm, core.year - m.year, f"¹³⁷Cs {m.year:g}") for m in core.markers)
    ages(sections.bottom_cm, chronology.age, low, high, horizons, axes=right, lang=lang)
    figure.suptitle(f"{' / '.join(core.keys)} ({chronology.model})", fontsize=11)
    return figure


def _line(sections: Sections) -> Line | None:
    """The straight line a constant rate would give, for the eye; none where the excess does not fall."""
    from bluecarbon.dating.models import fitted_line
    from methodology.base.errors import InputError

    try:
        return fitted_line(sections.mass_mid, sections.excess, None, sections.core)
    except InputError:
        return None


def _axes(axes: Axes | None) -> Axes:
    if axes is None:
        from matplotlib.figure import Figure

        axes = Figure(figsize=(4.5, 5), layout="constrained").add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return axes
