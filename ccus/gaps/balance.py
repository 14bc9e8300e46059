"""Captured CO2 of an hour from what came in and what left, where the product meter says nothing. Pure.

Two ways: supply less depleted gas, where both flows are metered; or by the gas that passes unchanged (nitrogen, oxygen
and argon), where only the two dry fractions are known beside the supply.

A balance and a product meter differ by more than the noise of an hour: the solvent stores CO2, analysers drift apart.
So a balance is held against the product meter in the hours in which both were good. It stands scaled by the share
that nine of ten such hours reached, never above one: evidence that may fall short, and does not add to the claim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccus.gaps.bounds import LEAST_HOURS, bound
from ccus.streams.averages import Averages
from ccus.streams.spread import Spread
from methodology.base.phrases import phrase


@dataclass(frozen=True)
class Flow:
    """A quantity by hour and its uncertainty: CO2 [kg/h], or a dry fraction [1]."""

    averages: Averages
    spread: Spread
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Balanced:
    """Captured CO2 by balance.

    Parameters
    ----------
    averages : Averages
        After scaling; no good time where an uncertainty is not stated or more left than came. [kg/h]
    spread : Spread
        Of the balance, from its own meters.
    tags : tuple of str
    way : str
        In words.
    scale : float
        Share of it that stands. [1]
    common_hours : int
        Hours it was held against the product meter; fewer than `LEAST_HOURS` and it stands unscaled.
    unstated_hours : int
        Hours in which it could be told but its uncertainty not.
    """

    averages: Averages
    spread: Spread
    tags: tuple[str, ...]
    way: str
    scale: float = 1.0
    common_hours: int = 0
    unstated_hours: int = 0


def supply_less_depleted(supply: Flow, depleted: Flow) -> Balanced:
    """Captured CO2 as supply less depleted gas. [kg/h]"""
    s, d = supply.averages.mean, depleted.averages.mean
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = (s / (s - d), -d / (s - d))
    return _balanced(phrase("supply less depleted gas"), s - d, (supply, depleted), weights)


def by_inert_gas(supply: Flow, fraction_in: Flow, fraction_out: Flow) -> Balanced:
    """Captured CO2 where the depleted flow is not metered: the other gases leave as they came. [kg/h]

    Notes
    -----
    P = S [1 − y_o/(1 − y_o) · (1 − y_i)/y_i] with dry fractions. S holds y_i once, and so does its error: relative to
    P it weighs S/P of the flow alone, the analyser's own weight is the derivative below less that of S.
    """
    s, y_in, y_out = supply.averages.mean, fraction_in.averages.mean, fraction_out.averages.mean
    with np.errstate(invalid="ignore", divide="ignore"):
        value = s * (1 - y_out / (1 - y_out) * (1 - y_in) / y_in)
        # d ln P / d ln y_in at a fixed S, and d ln P / d ln y_out
        inlet = y_out / (y_in - y_out)
        outlet = -y_out * (1 - y_in) / ((y_in - y_out) * (1 - y_out))
        weights = (np.ones_like(s), inlet, outlet)
    return _balanced(phrase("inert gas in and out"), value, (supply, fraction_in, fraction_out), weights)


def _balanced(way: str, value: np.ndarray, flows: tuple[Flow, ...], weights: tuple[np.ndarray, ...]) -> Balanced:
    """Put together: good where all are good, each error weighted; the same instrument in two flows is one error."""
    random = np.sqrt(sum((w * flow.spread.random) ** 2 for flow, w in zip(flows, weights, strict=True)))
    systematic: dict[str, np.ndarray] = {}
    for flow, weight in zip(flows, weights, strict=True):
        for name, part in flow.spread.systematic.items():
            systematic[name] = systematic.get(name, 0.0) + np.nan_to_num(weight * part)
    good_s = np.min([flow.averages.good_s for flow in flows], axis=0)
    told = np.isfinite(value) & (value >= 0) & (good_s > 0)
    stated = np.isfinite(random)
    averages = Averages(
        flows[0].averages.edges_s, np.where(told, value, np.nan), np.where(told & stated, good_s, 0.0)
    )  # fmt: skip
    tags = tuple(dict.fromkeys(tag for flow in flows for tag in flow.tags))
    return Balanced(averages, Spread(random, systematic), tags, way, unstated_hours=int((told & ~stated).sum()))


def held_against(balance: Balanced, product: Averages, valid_percent: float | np.ndarray) -> Balanced:
    """The balance scaled by what the product meter showed of it.

    Parameters
    ----------
    balance : Balanced
    product : Averages
        [kg/h]
    valid_percent : float or array
        Good time an hour needs to be compared. [%]
    """
    both = product.valid(valid_percent) & balance.averages.valid(valid_percent)
    both[both] &= balance.averages.mean[both] > 0
    shares = product.mean[both] / balance.averages.mean[both]
    if shares.size < LEAST_HOURS:
        return replace(balance, common_hours=int(shares.size))
    scale = min(1.0, bound(shares, "low"))
    a = balance.averages
    return replace(
        balance, averages=Averages(a.edges_s, a.mean * scale, a.good_s), scale=scale, common_hours=int(shares.size)
    )
