"""From a printed value with limits to a distribution, and how honestly it reproduces what was printed.

A guide prints a mean and two limits. A named form is fitted so that mean and limits come out again within 2 %. Where
that form cannot do it, the result says so (`reproduces` is False), and the simulation uses the form through the
limits with its own mean, which is shown beside the printed one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

TOLERANCE = 0.02
"""Share of the mean (for the mean) or of the width (for the limits) that counts as reproduced."""


@dataclass(frozen=True)
class Distribution:
    """A fitted distribution of one quantity, in the quantity's unit.

    Parameters
    ----------
    form : str
        One of `FORMS`.
    parameters : tuple of float
        In the order of the form's sampler.
    mean, sd, low, high : float
        Of the distribution itself; limits at `level`.
    level : float
        Probability between the limits. [1]
    reproduces : bool
        Whether printed mean and limits come out within `TOLERANCE`.
    """

    form: str
    parameters: tuple[float, ...]
    mean: float
    sd: float
    low: float
    high: float
    level: float
    reproduces: bool = True


def _z(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _lognormal_moments(shift: float, mu: float, sigma: float, z: float) -> tuple[float, float, float, float]:
    mean = shift + math.exp(mu + sigma**2 / 2)
    sd = math.exp(mu + sigma**2 / 2) * math.sqrt(math.expm1(sigma**2))
    return mean, sd, shift + math.exp(mu - z * sigma), shift + math.exp(mu + z * sigma)


def _fit_fixed(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    return Distribution("fixed", (value,), value, 0.0, value, value, level)


def _fit_normal(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    z = _z(level)
    sd = (high - low) / (2 * z)
    return Distribution("normal", (value, sd), value, sd, value - z * sd, value + z * sd, level)


def _fit_lognormal(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    if low <= 0:
        raise ValueError("a lognormal needs limits above zero; name shifted_lognormal or another form")
    z = _z(level)
    mu, sigma = (math.log(low) + math.log(high)) / 2, math.log(high / low) / (2 * z)
    return Distribution("lognormal", (mu, sigma), *_lognormal_moments(0.0, mu, sigma, z), level)


def _fit_shifted_lognormal(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    from scipy.optimize import brentq

    z = _z(level)
    wanted = (value - low) / (high - low)

    def position(sigma: float) -> float:
        return (math.exp(sigma**2 / 2) - math.exp(-z * sigma)) / (2 * math.sinh(z * sigma))

    widest = 1.5  # beyond it the mean turns back towards the upper limit and the form is no longer unique
    if not position(widest) < wanted < 0.5:
        raise ValueError(
            f"a shifted lognormal needs the mean between {position(widest):.2f} and 0.5 of the way from low to high, "
            f"here it is {wanted:.2f}"
        )
    sigma = brentq(lambda s: position(s) - wanted, 1e-6, widest, xtol=1e-14)
    scale = (high - low) / (2 * math.sinh(z * sigma))
    shift, mu = low - scale * math.exp(-z * sigma), math.log(scale)
    return Distribution("shifted_lognormal", (shift, mu, sigma), *_lognormal_moments(shift, mu, sigma, z), level)


def _fit_mirrored_lognormal(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    mirror = _fit_shifted_lognormal(-value, -high, -low, level, None)
    return Distribution(
        "mirrored_lognormal", mirror.parameters, -mirror.mean, mirror.sd, -mirror.high, -mirror.low, level
    )


def _fit_half_normal(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    """All mass on one side of a mode at the limit nearer the value; the other limit holds `level` of it."""
    z = _z(level)
    upward = abs(value - low) <= abs(high - value)
    sigma = (high - low) / z
    mode, sign = (low, 1.0) if upward else (high, -1.0)
    mean = mode + sign * sigma * math.sqrt(2 / math.pi)
    sd = sigma * math.sqrt(1 - 2 / math.pi)
    return Distribution("half_normal", (mode, sign * sigma), mean, sd, low, high, level)


def _fit_uniform(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    half = (high - low) / (2 * level)
    middle = (low + high) / 2
    return Distribution("uniform", (middle - half, middle + half), middle, half / math.sqrt(3), low, high, level)


def _triangular_quantile(p: float, a: float, c: float, b: float) -> float:
    if p <= (c - a) / (b - a):
        return a + math.sqrt(p * (b - a) * (c - a))
    return b - math.sqrt((1 - p) * (b - a) * (b - c))


def _fit_triangular(value: float, low: float, high: float, level: float, _: Any) -> Distribution:
    from scipy.optimize import least_squares

    if level == 1:  # hard ends: the mean alone places the mode
        mode = 3 * value - low - high
        if not low <= mode <= high:
            thirds = f"{(2 * low + high) / 3:.6g} and {(low + 2 * high) / 3:.6g}"
            raise ValueError(f"a triangular form with these ends needs a mean between {thirds}")
        return Distribution(
            "triangular", (low, mode, high), value, moments("triangular", (low, mode, high))[1], low, high, 1.0
        )
    tail = (1 - level) / 2
    width = high - low

    def corners(x: np.ndarray) -> tuple[float, float, float]:
        a, b = low - width * math.exp(x[0]), high + width * math.exp(x[1])
        return a, a + (b - a) / (1 + math.exp(-x[2])), b

    def misfit(x: np.ndarray) -> list[float]:
        a, c, b = corners(x)
        found = (_triangular_quantile(tail, a, c, b), _triangular_quantile(1 - tail, a, c, b), (a + b + c) / 3)
        return [(f - w) / width for f, w in zip(found, (low, high, value), strict=True)]

    bounds = ([-12, -12, -12], [2, 2, 12])
    a, c, b = corners(least_squares(misfit, np.array([-2.0, -2.0, 0.0]), bounds=bounds, xtol=1e-12).x)
    sd = math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)
    limits = _triangular_quantile(tail, a, c, b), _triangular_quantile(1 - tail, a, c, b)
    return Distribution("triangular", (a, c, b), (a + b + c) / 3, sd, *limits, level)


def _fit_beta(value: float, low: float, high: float, level: float, support: tuple[float, float | None]) -> Distribution:
    """Scaled beta on a support whose upper end may be left open to the fit."""
    from scipy.optimize import least_squares
    from scipy.special import betaincinv

    floor, ceiling = support if support else (min(0.0, low), None)
    tail, width = (1 - level) / 2, high - low

    def shape(x: np.ndarray) -> tuple[float, float, float]:
        top = ceiling if ceiling is not None else high + width * math.exp(x[2])
        return math.exp(x[0]), math.exp(x[1]), top

    def misfit(x: np.ndarray) -> list[float]:
        alpha, beta, top = shape(x)
        span = top - floor
        quantiles = floor + span * betaincinv(alpha, beta, np.array([tail, 1 - tail]))
        mean = floor + span * alpha / (alpha + beta)
        return [(quantiles[0] - low) / width, (quantiles[1] - high) / width, (mean - value) / width]

    start = np.array([0.5, 0.7] + ([-2.0] if ceiling is None else []))
    bounds = ([0, 0, -9][: len(start)], [8, 8, 3][: len(start)])  # one hump: no U shapes
    alpha, beta, top = shape(least_squares(misfit, start, bounds=bounds, xtol=1e-12).x)
    span, total = top - floor, alpha + beta
    low_, high_ = floor + span * betaincinv(alpha, beta, np.array([tail, 1 - tail]))
    sd = span * math.sqrt(alpha * beta / (total**2 * (total + 1)))
    return Distribution("beta", (alpha, beta, floor, top), floor + span * alpha / total, sd, low_, high_, level)


FORMS: dict[str, Callable[..., Distribution]] = {
    "fixed": _fit_fixed,
    "normal": _fit_normal,
    "lognormal": _fit_lognormal,
    "shifted_lognormal": _fit_shifted_lognormal,
    "mirrored_lognormal": _fit_mirrored_lognormal,
    "triangular": _fit_triangular,
    "uniform": _fit_uniform,
    "half_normal": _fit_half_normal,
    "beta": _fit_beta,
}
"""Forms a factor row may name."""

PARAMETERS = {
    "fixed": 1, "normal": 2, "lognormal": 2, "shifted_lognormal": 3, "mirrored_lognormal": 3, "triangular": 3,
    "uniform": 2, "half_normal": 2, "beta": 4,
}  # fmt: skip
"""How many parameters each form has."""


def moments(form: str, parameters: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of a form, from its parameters.

    Raises
    ------
    ValueError
        No such form, another number of parameters than it takes, or a negative spread.
    """
    if form not in PARAMETERS or len(parameters) != PARAMETERS[form]:
        raise ValueError(f"{len(parameters)} parameters of {form}")
    if form == "beta":
        alpha, beta, floor, top = parameters
        if min(alpha, beta) <= 0 or top <= floor:
            raise ValueError("a beta without width")
        total = alpha + beta
        return floor + (top - floor) * alpha / total, (top - floor) * math.sqrt(alpha * beta / (total**2 * (total + 1)))
    if form in ("uniform", "triangular"):
        if list(parameters) != sorted(parameters) or parameters[0] == parameters[-1]:
            raise ValueError(f"corners of a {form} that do not rise")
        a, c, b = parameters[0], parameters[len(parameters) // 2], parameters[-1]
        if form == "uniform":
            return (a + b) / 2, (b - a) / math.sqrt(12)
        return (a + b + c) / 3, math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)
    if form == "fixed":
        return parameters[0], 0.0
    if form == "half_normal":
        mode, sigma = parameters
        return mode + sigma * math.sqrt(2 / math.pi), abs(sigma) * math.sqrt(1 - 2 / math.pi)
    if parameters[-1] < 0:
        raise ValueError("a negative spread")
    if form == "normal":
        return parameters[0], parameters[1]
    shift, mu, sigma = (0.0, *parameters) if form == "lognormal" else parameters
    mean, sd, _, _ = _lognormal_moments(shift, mu, sigma, 0.0)
    return (-mean if form == "mirrored_lognormal" else mean), sd


def fitted(
    form: str,
    value: float,
    low: float | None,
    high: float | None,
    level: float = 0.95,
    support: tuple[float, float | None] | None = None,
    place: str = "factor",
) -> Distribution:
    """Distribution of the named form for a printed value and its limits.

    Parameters
    ----------
    form : str
        Key of `FORMS`.
    value, low, high : float
        As printed, in one unit; limits may be None for "fixed" only.
    level : float
        Probability between the limits; 0.95 because IPCC guides print 95 % intervals; 1 for hard ends. [1]
    support : (float, float or None), optional
        Ends of a scaled beta.

    Raises
    ------
    InputError
        ME-DIST-01 unknown form; ME-DIST-02 limits missing, crossed or outside what the form can hold.
    """
    if form not in FORMS:
        raise refuse(
            "ME-DIST-01",
            place,
            phrase("distribution {form!r}", form=form),
            phrase("one of {names}", names=", ".join(FORMS)),
            "Name one of them.",
        )
    if form == "fixed":
        return _fit_fixed(value, value, value, level, None)
    if low is None or high is None or not low < high:
        raise refuse(
            "ME-DIST-02",
            place,
            phrase("limits {low} and {high}", low=low, high=high),
            phrase("a low limit below a high limit for form {form!r}", form=form),
            "Give both limits, or distribution 'unknown' where the source prints none.",
        )
    if not low <= value <= high:
        raise refuse(
            "ME-DIST-03",
            place,
            phrase("value {value:g} outside {low:g} to {high:g}", value=value, low=low, high=high),
            "the value within its limits",
            "Compare value and limits with the source.",
        )
    try:
        result = FORMS[form](value, low, high, level, support)
    except ValueError as error:
        raise refuse(
            "ME-DIST-02",
            place,
            phrase("{value:g} ({low:g} to {high:g})", value=value, low=low, high=high),
            str(error),
            "Name a fitting form.",
        ) from None
    width = high - low
    mean_scale = abs(value) if value else width
    close = (
        abs(result.mean - value) <= TOLERANCE * mean_scale
        and abs(result.low - low) <= TOLERANCE * width
        and abs(result.high - high) <= TOLERANCE * width
    )
    fields = {**result.__dict__, "reproduces": bool(close)}
    return Distribution(**fields)


def draw(form: str, parameters: np.ndarray, generator: np.random.Generator, draws: int) -> np.ndarray:
    """Random values of many quantities of one form.

    Parameters
    ----------
    form : str
        Key of `FORMS`.
    parameters : array, shape (parameter, quantity)
    generator : numpy Generator
    draws : int

    Returns
    -------
    array, shape (draws, quantity)
    """
    shape = (draws, parameters.shape[1])
    if form == "fixed":
        return np.broadcast_to(parameters[0], shape)
    if form == "uniform":
        return parameters[0] + generator.random(shape) * (parameters[1] - parameters[0])
    if form == "triangular":
        a, c, b = parameters
        u = generator.random(shape)
        rising = a + np.sqrt(u * (b - a) * (c - a))
        falling = b - np.sqrt((1 - u) * (b - a) * (b - c))
        return np.where(u <= (c - a) / (b - a), rising, falling)
    if form == "beta":
        alpha, beta, floor, top = parameters
        return floor + (top - floor) * generator.beta(alpha, beta, shape)
    z = generator.standard_normal(shape)
    if form == "normal":
        z *= parameters[1]
        z += parameters[0]
        return z
    if form == "half_normal":
        return parameters[0] + np.abs(z) * parameters[1]
    if form == "lognormal":
        return np.exp(parameters[0] + parameters[1] * z)
    shift, mu, sigma = parameters
    spread = np.exp(mu + sigma * z)
    return shift + spread if form == "shifted_lognormal" else -(shift + spread)
