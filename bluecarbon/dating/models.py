"""The three models: constant flux and sedimentation, constant rate of supply, constant initial concentration.

Each gives ages at section bottoms with the standard errors of first-order propagation, in which every section's
activity and mass and the decay constant count once: inventories above and below a layer share sections, and the
derivatives carry that covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.dating.equations import cfcs_rate, cic_age, crs_age, flux, mass_age, section_rate, tail_inventory
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bluecarbon.dating.profile import Sections

MODELS = ("crs", "cfcs", "cic")
TAIL_SHARE = 0.25  # a rate that changed higher up must not bend the tail
TAIL_SECTIONS = 5  # fewer points fit a line to counting noise


@dataclass(frozen=True)
class Decay:
    """Decay constant of ²¹⁰Pb and its standard error. [yr⁻¹]"""

    constant: float
    standard_error: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0300 <= self.constant <= 0.0325:
            remedy = "The half-life is about 22.2 years; a constant per year is ln 2 over it."
            raise refuse("BC-DAT-16", "--decay-constant", self.constant, "0.0300 to 0.0325 per yr", remedy)


@dataclass(frozen=True)
class Missing:
    """Excess below the last dated section that must be added to an inventory.

    Parameters
    ----------
    value : float
        [Bq m⁻²]
    standard_error : float
        What does not come from the counting errors of the sections above. [Bq m⁻²]
    rule : str
    slopes : array, shape (section,), or None
        Derivative by the activity of each section, where the rule uses them. [kg m⁻²]
    """

    value: float
    standard_error: float
    rule: str
    slopes: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Line:
    """ln excess against mass depth: intercept [ln Bq kg⁻¹], slope [m² kg⁻¹], errors, r², n, whether weighted."""

    intercept: float
    slope: float
    intercept_se: float
    slope_se: float
    covariance: float
    r_squared: float
    count: int
    weighted: bool


@dataclass(frozen=True)
class Chronology:
    """Ages and rates of one core.

    Parameters
    ----------
    model : str
    age, age_se : array, shape (section,)
        At section bottoms, years before coring; NaN where the model gives none. [yr]
    age_mid, age_mid_se : array, shape (section,)
        At section middles. [yr]
    rate, rate_se : array, shape (section,)
        Mass accumulation. [kg m⁻² yr⁻¹]
    inventory, inventory_se, flux, flux_se : float
        Whole excess with the missing part [Bq m⁻²] and the supply that holds it up [Bq m⁻² yr⁻¹]; NaN for CIC, CF:CS.
    missing : Missing or None
    line : Line or None
        The fit of CF:CS.
    """

    model: str
    age: NDArray[np.float64]
    age_se: NDArray[np.float64]
    age_mid: NDArray[np.float64]
    age_mid_se: NDArray[np.float64]
    rate: NDArray[np.float64]
    rate_se: NDArray[np.float64]
    inventory: float = float("nan")
    inventory_se: float = float("nan")
    flux: float = float("nan")
    flux_se: float = float("nan")
    missing: Missing | None = None
    line: Line | None = None


def fitted_line(
    mass_mid: NDArray[np.float64], excess: NDArray[np.float64], excess_se: NDArray[np.float64] | None, core: str
) -> Line:
    """Least squares of ln excess on mass depth.

    Parameters
    ----------
    mass_mid, excess : array, shape (section,)
        [kg m⁻²], [Bq kg⁻¹]; sections that are not above zero are left out.
    excess_se : array or None
        Given: weights 1/var(ln C) = (C/s)², scaled by the residuals. None: every section counts the same.
    core : str

    Raises
    ------
    InputError
        BC-DAT-10 fewer than 3 usable sections; BC-DAT-11 the excess does not fall with depth.
    """
    good = np.isfinite(excess) & (excess > 0)
    if excess_se is not None:
        good &= np.isfinite(excess_se) & (excess_se > 0)
    if good.sum() < 3:
        raise refuse("BC-DAT-10", core, phrase("{n} sections to fit", n=int(good.sum())), "at least 3")
    x, y = mass_mid[good], np.log(excess[good])
    weight = np.ones(len(x)) if excess_se is None else (excess[good] / excess_se[good]) ** 2
    weight = weight / weight.mean()
    xm, ym = np.average(x, weights=weight), np.average(y, weights=weight)
    sxx = np.sum(weight * (x - xm) ** 2)
    slope = float(np.sum(weight * (x - xm) * (y - ym)) / sxx)
    residual = y - ym - slope * (x - xm)
    total = float(np.sum(weight * (y - ym) ** 2))
    variance = float(np.sum(weight * residual**2)) / (len(x) - 2)
    if slope >= 0:
        remedy = "The profile is mixed or disturbed; no constant rate can be had from it."
        raise refuse(
            "BC-DAT-11",
            core,
            phrase("ln excess rising by {slope:.3g} per kg m⁻²", slope=slope),
            "a falling profile",
            remedy,
        )
    slope_variance = variance / sxx
    return Line(
        intercept=float(ym - slope * xm),
        slope=slope,
        intercept_se=float(np.sqrt(variance / weight.sum() + xm**2 * slope_variance)),
        slope_se=float(np.sqrt(slope_variance)),
        covariance=float(-xm * slope_variance),
        r_squared=1 - float(np.sum(weight * residual**2)) / total,
        count=int(good.sum()),
        weighted=excess_se is not None,
    )


def cfcs(sections: Sections, decay: Decay, fit: NDArray[np.bool_] | None = None, weighted: bool = False) -> Chronology:
    """Constant flux, constant sedimentation: one rate for the whole core.

    Parameters
    ----------
    sections : Sections
    decay : Decay
    fit : array of bool, shape (section,), optional
        Sections used in the fit, for example those below a mixed layer; all if not given.
    weighted : bool
        Weight by 1/var(ln C); peers do not.

    Notes
    -----
    s(MAR)/MAR = √[(s_slope/slope)² + (s_λ/λ)²]; the age is mass depth over rate, so its relative error is the same.
    Source: sanchezcabeza2012.
    """
    use = np.ones(len(sections), dtype=bool) if fit is None else fit
    errors = sections.excess_se[use] if weighted else None
    line = fitted_line(sections.mass_mid[use], sections.excess[use], errors, sections.core)
    rate = float(cfcs_rate(decay.constant, line.slope))
    relative = float(np.hypot(line.slope_se / line.slope, decay.standard_error / decay.constant))
    bottom, middle = mass_age(sections.mass_bottom, rate), mass_age(sections.mass_mid, rate)
    rates = np.full(len(sections), rate)
    return Chronology("cfcs", bottom, bottom * relative, middle, middle * relative, rates, rates * relative, line=line)


def missing_inventory(sections: Sections, rule: str | float, missing_se: float = 0.0) -> Missing:
    """Excess below the last dated section by a named rule.

    Parameters
    ----------
    sections : Sections
        Dated part.
    rule : {"none", "tail"} or float
        "tail": the exponential fitted to the lowest quarter of the mass, at least 5 sections, goes on for ever below; a
        number is the user's own inventory. [Bq m⁻²]
    missing_se : float
        Standard error of a stated number. [Bq m⁻²]

    Raises
    ------
    InputError
        BC-DAT-16 unknown rule; BC-DAT-11 the tail does not fall, so no finite inventory can lie below it.

    Notes
    -----
    A section's activity is a mean over its thickness, above the exponential's value at its middle by
    sinh(u)/u with u = −slope·mass/2. The fit allows for it, so that a truly exponential tail is summed exactly.
    """
    if isinstance(rule, float | int):
        return Missing(float(rule), missing_se, "stated")
    if rule == "none":
        return Missing(0.0, 0.0, "none")
    if rule != "tail":
        raise refuse("BC-DAT-16", "--missing", rule, "none, tail or a number in Bq m⁻²")
    bottom = sections.mass_bottom
    share = int(np.sum(sections.mass_mid >= (1 - TAIL_SHARE) * bottom[-1]))
    count = min(len(sections), max(TAIL_SECTIONS, share))
    tail = sections.part(slice(-count, None))
    depth = sections.mass_mid[-count:]
    line = _tail_line(depth, tail.excess, sections.core)
    for _ in range(50):
        half = -line.slope * tail.mass / 2
        again = _tail_line(depth, tail.excess * half / np.sinh(half), sections.core)
        done = abs(again.slope - line.slope) <= 1e-15 * abs(line.slope)
        line = again
        if done:
            break
    end = float(np.exp(line.intercept + line.slope * bottom[-1]))
    value = float(tail_inventory(end, line.slope))
    # ln A = intercept + slope·x − ln(−slope): its derivative by ln C of each fitted section, and its error by residuals.
    lever = bottom[-1] - 1 / line.slope
    used = tail.excess > 0
    x = depth[used] - depth[used].mean()
    by_log = 1 / used.sum() + (lever - depth[used].mean()) * x / np.sum(x**2)
    slopes = np.zeros(len(sections))
    slopes[np.flatnonzero(used) + len(sections) - count] = value * by_log / tail.excess[used]
    fitted = line.intercept_se**2 + (lever * line.slope_se) ** 2 + 2 * lever * line.covariance
    counted = float(np.sum((slopes * np.nan_to_num(sections.excess_se)) ** 2))
    # Counting errors travel with the activities; only scatter beyond them is an error of the tail's own.
    return Missing(value, max(value**2 * fitted - counted, 0.0) ** 0.5, "tail", slopes)


def _tail_line(depth: NDArray[np.float64], excess: NDArray[np.float64], core: str) -> Line:
    try:
        return fitted_line(depth, excess, None, core)
    except InputError as error:
        first = error.findings[0]
        remedy = (
            "No inventory below the core can be had from its tail. State it (--missing NUMBER), leave it out "
            "(--missing none; old ages then come out too old), or end higher up (--dated-to)."
        )
        raise refuse(
            first.code, phrase("{core}, tail", core=core), first.found, "a tail that falls with depth", remedy
        ) from None


def crs(sections: Sections, decay: Decay, missing: Missing) -> Chronology:
    """Constant rate of supply: ages from the inventory below each layer.

    Parameters
    ----------
    sections : Sections
        Dated part, complete.
    decay : Decay
    missing : Missing
        Excess below the last section; without it the deepest age does not exist.

    Returns
    -------
    Chronology
        Rates are section means m/(t_bottom − t_top), which stay consistent with the ages.

    Raises
    ------
    InputError
        BC-DAT-17 sections of negative excess leave no inventory below some layer.

    Notes
    -----
    t = ln(A₀/A)/λ. With inventories I_k, ∂t_j/∂I_k = (1/A₀ − [k below j]/A_j)/λ: sections above a layer enter only
    through A₀, those below through both, which is the covariance of A and A₀. Source: appleby1978, sanchezcabeza2014.
    """
    amounts = np.r_[sections.inventory, missing.value]
    below = np.cumsum(amounts[::-1])[::-1]
    whole = below[0]
    reaching = below[1:]  # inventory below each section's bottom
    exists = reaching > 1e-12 * whole  # a layer with nothing below has no age; cancellation leaves a few ulp
    if whole <= 0 or np.any(reaching[:-1] <= 0):
        remedy = "State the extent with --dated-to above the sections without excess."
        raise refuse(
            "BC-DAT-17", sections.core, "negative excess outweighs the rest below a layer", "an inventory", remedy
        )
    size = len(sections)
    safe = np.where(exists, reaching, np.nan)
    age = crs_age(whole, safe, decay.constant)
    tail = np.zeros(size) if missing.slopes is None else missing.slopes
    jacobian = _crs_jacobian(sections, whole, safe, tail, decay)
    errors = np.r_[
        np.nan_to_num(sections.excess_se), np.nan_to_num(sections.mass_se), missing.standard_error, decay.standard_error
    ]
    full = np.vstack([np.zeros((1, jacobian.shape[1])), jacobian])
    years = np.diff(np.r_[0.0, age])
    years[years == 0] = np.nan  # a section without excess takes no time and has no rate
    rate = section_rate(sections.mass, years)
    by_rate = -(rate / years)[:, None] * np.diff(full, axis=0)
    by_rate[:, size : 2 * size] += np.diag(1 / years)
    middle = (np.r_[0.0, age[:-1]] + age) / 2
    by_middle = (full[:-1] + full[1:]) / 2
    spread = _spread(np.r_[sections.mass + tail, sections.excess, 1.0, 0.0] * errors)
    supply_se = float(np.hypot(spread * decay.constant, whole * decay.standard_error))
    return Chronology(
        "crs", age, _row_spread(jacobian, errors), middle, _row_spread(by_middle, errors), rate,
        _row_spread(by_rate, errors), float(whole), spread, float(flux(whole, decay.constant)), supply_se, missing,
    )  # fmt: skip


def _crs_jacobian(
    sections: Sections, whole: float, below: NDArray[np.float64], tail: NDArray[np.float64], decay: Decay
) -> NDArray[np.float64]:
    """Derivative of every age by each input: activities, masses, the missing part's own error, the decay constant.

    Shape (section, 2 sections + 2). `below` is the inventory below each section, NaN where none is left.
    """
    size = len(sections)
    deeper = np.arange(size + 1)[None, :] > np.arange(size)[:, None]
    by_amount = (1 / whole - deeper / below[:, None]) / decay.constant
    return np.hstack(
        [
            by_amount[:, :size] * sections.mass + by_amount[:, size:] * tail,
            by_amount[:, :size] * sections.excess,
            by_amount[:, size:],
            -crs_age(whole, below, decay.constant)[:, None] / decay.constant,
        ]
    )


def cic(sections: Sections, decay: Decay, surface: tuple[float, float] | None = None) -> Chronology:
    """Constant initial concentration: age from each section's own activity; it can go backwards, and then says so.

    Parameters
    ----------
    sections : Sections
    decay : Decay
    surface : (float, float), optional
        Initial activity and its error; the first section's if not given. [Bq kg⁻¹]

    Raises
    ------
    InputError
        BC-DAT-10 the first section has no excess to start from.

    Notes
    -----
    Ages belong to section middles; those of bottoms are interpolated in mass depth, none below the last middle.
    s_t = √[(s_C0/C0)² + (s_C/C)² + (s_λ t)²]/λ. Where the surface is the first section itself, its age is zero by
    construction and has no error. Source: sanchezcabeza2012.
    """
    own = surface is None
    if own and not sections.excess[0] > 0:
        raise refuse(
            "BC-DAT-10", sections.core, "no excess in the first section", "the initial activity", "Measure it."
        )
    start, start_se = (float(sections.excess[0]), float(np.nan_to_num(sections.excess_se[0]))) if own else surface
    excess = np.where(sections.excess > 0, sections.excess, np.nan)
    middle = cic_age(start, excess, decay.constant)
    relative = np.hypot(start_se / start, np.nan_to_num(sections.excess_se) / excess)
    error = np.hypot(relative, decay.standard_error * middle) / decay.constant
    if own:
        error[0] = 0.0
    good = np.isfinite(middle)
    depth = sections.mass_mid[good]
    age = np.interp(sections.mass_bottom, depth, middle[good], right=np.nan)
    age_se = np.interp(sections.mass_bottom, depth, error[good], right=np.nan)
    years = np.diff(middle, prepend=np.nan)
    years[years == 0] = np.nan  # two sections of one activity: no time between them, no rate
    between = np.diff(sections.mass_mid, prepend=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = between / years
        rate_se = np.abs(rate / years) * np.hypot(error, np.r_[np.nan, error[:-1]])
    return Chronology("cic", age, age_se, middle, error, rate, rate_se)


def _spread(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.sum(values**2)))


def _row_spread(jacobian: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(np.sum((jacobian * errors) ** 2, axis=1))
