"""Uncertainty of sums after the GUM: random parts average out, systematic parts do not, shared ones add across lines.

2 % random and 0.8 % systematic an hour give 0.80 % for a year, not 0.023 %. Two lines whose analysers hang on one
calibration gas share its error. All uncertainties are standard ones (k = 1). Source: jcgm-100, 5.1 and 5.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from methodology.base.errors import refuse
from methodology.guides.iso_27919_1 import equations as iso

COVERAGE = 2.0


@dataclass(frozen=True)
class Term:
    """Amounts of one line over intervals, and what its instruments add.

    Parameters
    ----------
    amounts : array, shape (interval,)
        [any unit]
    random_percent : float
        Of one interval, independent from one to the next. [%]
    systematic_percent : mapping of instrument or shared group to float
        Constant over the period. The same key in two terms is the same error. [%]
    """

    amounts: np.ndarray
    random_percent: float = 0.0
    systematic_percent: Mapping[str, float] = field(default_factory=dict)


def standard_uncertainty(terms: Iterable[Term]) -> float:
    """Standard uncertainty of the sum of all terms, in the unit of the amounts.

    Raises
    ------
    InputError
        CC-MASS-81 a negative or missing uncertainty.
    """
    random, systematic = 0.0, {}
    for term in terms:
        parts = [term.random_percent, *term.systematic_percent.values()]
        if any(not np.isfinite(part) or part < 0 for part in parts):
            raise refuse("CC-MASS-81", "uncertainty", parts, "per cent, zero or more", "State it in plant.toml.")
        random += float(((term.random_percent / 100 * term.amounts) ** 2).sum())
        for name, percent in term.systematic_percent.items():
            systematic[name] = systematic.get(name, 0.0) + percent / 100 * float(term.amounts.sum())
    return float(np.sqrt(random + sum(value**2 for value in systematic.values())))


def combined_percent(*percent: float) -> float:
    """Relative uncertainty of a product of independent quantities. [%]"""
    return float(np.sqrt(sum(part**2 for part in percent)))


@dataclass(frozen=True)
class CaptureRate:
    """One way to the capture rate. `value` and `uncertainty` (k = 1; NaN where a meter states none) are absolute. [1]"""

    method: str
    value: float
    uncertainty: float


@dataclass(frozen=True)
class Co2Amounts:
    """CO2 of a period in, out and gone, with relative standard uncertainties (NaN: not stated). [t], [%]

    A quantity that is not metered is None.
    """

    supply: float | None = None
    depleted: float | None = None
    product: float | None = None
    supply_percent: float = 0.0
    depleted_percent: float = 0.0
    product_percent: float = 0.0


def capture_rates(co2: Co2Amounts, fractions: tuple[float, float, float, float] | None = None) -> list[CaptureRate]:
    """The four capture rates that the meters allow, smallest uncertainty first.

    Parameters
    ----------
    co2 : Co2Amounts
    fractions : (in, out, u_in, u_out), optional
        Dry CO2 fractions before and after, and their relative standard uncertainties. [1], [1], [%], [%]

    Returns
    -------
    list of CaptureRate
        The first is the one a report uses and names; ways whose uncertainty is not stated come last, those without
        the flue-gas flow before the others. Independent instruments are assumed; an analyser shared by in
        and out makes ways 3 and 4 better than shown.

    Notes
    -----
    Source: tcm-protocol.
    """
    s, d, p = co2.supply, co2.depleted, co2.product
    us, ud, up = (x / 100 for x in (co2.supply_percent, co2.depleted_percent, co2.product_percent))
    found = []
    if s and p is not None:
        rate = float(iso.capture_by_product(s, p))
        found.append(CaptureRate("product / supply", rate, rate * float(np.hypot(us, up))))
    if p is not None and d is not None and p + d > 0:
        rate = float(iso.capture_without_supply(p, d))
        found.append(CaptureRate("product / (product + depleted)", rate, rate * (1 - rate) * float(np.hypot(up, ud))))
    if s and d is not None:
        rate = float(iso.capture_by_difference(s, d))
        found.append(CaptureRate("(supply - depleted) / supply", rate, d / s * float(np.hypot(us, ud))))
    if fractions is not None:
        before, after, u_before, u_after = fractions
        rate = float(iso.capture_by_fractions(before, after))
        relative = np.hypot(u_after / 100 / (1 - after), u_before / 100 / (1 - before))
        found.append(CaptureRate("dry fractions in and out", rate, (1 - rate) * float(relative)))
    return sorted(found, key=_by_uncertainty)


_WITHOUT_SUPPLY_FLOW = ("product / (product + depleted)", "dry fractions in and out")


def _by_uncertainty(rate: CaptureRate) -> tuple[bool, float, bool]:
    silent = bool(np.isnan(rate.uncertainty))
    return silent, 0.0 if silent else rate.uncertainty, rate.method not in _WITHOUT_SUPPLY_FLOW


def closure(co2: Co2Amounts) -> tuple[float, float] | None:
    """CO2 found again of CO2 supplied, and its standard uncertainty; None without all three. [1]"""
    if not co2.supply or co2.depleted is None or co2.product is None:
        return None
    s, d, p = co2.supply, co2.depleted, co2.product
    value = float(iso.co2_closure(s, p, d))
    parts = (co2.product_percent * p / s, co2.depleted_percent * d / s, co2.supply_percent * value)
    return value, combined_percent(*parts) / 100


@dataclass(frozen=True)
class Agreement:
    """Two ways to one amount, held together.

    Parameters
    ----------
    first, second, difference : float
        [t]
    explained : bool
        Whether `COVERAGE` standard uncertainties of the difference cover it.
    """

    first: float
    second: float
    difference: float
    explained: bool


def agreement(first_t: float, first_u_t: float, second_t: float, second_u_t: float) -> Agreement:
    """Whether two amounts agree within their uncertainties (k = 1 given, k = 2 asked). [t]"""
    difference = second_t - first_t
    return Agreement(
        first_t, second_t, difference, abs(difference) <= COVERAGE * float(np.hypot(first_u_t, second_u_t))
    )


def transferred(
    sender_t: float, receiver_t: float, sender_u_percent: float, receiver_u_percent: float
) -> tuple[float, bool]:
    """Amount of a transfer that both ends metered, after EU MRR Art. 48(3).

    Parameters
    ----------
    sender_t, receiver_t : float
        [t]
    sender_u_percent, receiver_u_percent : float
        Expanded uncertainties (k = 2). [%]

    Returns
    -------
    (float, bool)
        The mean where the uncertainties explain the difference, else the lower one, which does not favour a
        deduction. [t]
    """
    from methodology.guides.eu_mrr.equations import agreed_transfer

    pair = agreement(
        sender_t,
        sender_t * sender_u_percent / 100 / COVERAGE,
        receiver_t,
        receiver_t * receiver_u_percent / 100 / COVERAGE,
    )
    return (
        float(agreed_transfer(sender_t, receiver_t)) if pair.explained else min(sender_t, receiver_t)
    ), pair.explained


TIERS_PERCENT = {1: 10.0, 2: 7.5, 3: 5.0, 4: 2.5}
"""Largest expanded uncertainty of transferred CO2 by tier, on annual mean hourly values. Source: eu-mrr, Annex VIII."""


def tier_reached(expanded_percent: float) -> int | None:
    """Highest tier an expanded uncertainty (k = 2) reaches; None where it is above 10 %."""
    reached = [tier for tier, limit in TIERS_PERCENT.items() if expanded_percent <= limit]
    return max(reached, default=None)
