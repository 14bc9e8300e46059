"""Checks between meters: what one says of the plant held against what another says."""

from __future__ import annotations

from dataclasses import dataclass

from ccus.streams.budget import COVERAGE, Co2Amounts, agreement, closure
from methodology.base.errors import Findings

HEAT_GJ_T = {"amine": (2.0, 7.0)}
"""Thermal energy per tonne that a technology can show. Pilots and plants report 2.3 to 4.1; 2 to 7 is the range outside
of which a meter is wrong rather than the plant bad."""


@dataclass(frozen=True)
class LinePeriod:
    """What a line's meters say of one period.

    Parameters
    ----------
    line, technology : str
    co2 : Co2Amounts
        [t]
    heat_gj : float, optional
    """

    line: str
    technology: str
    co2: Co2Amounts
    heat_gj: float | None = None


def check_line(period: LinePeriod) -> Findings:
    """Cross checks of one line and period.

    Returns
    -------
    Findings
        CC-QUA-21 more CO2 out than in; CC-QUA-22 product and depleted against supply beyond twice their uncertainty;
        CC-QUA-23 heat per tonne outside the technology's range. All warnings: a person decides.
    """
    findings, co2 = Findings(), period.co2
    place = f"line {period.line}"
    if co2.supply is not None:
        for name, amount, percent in (
            ("product", co2.product, co2.product_percent),
            ("depleted gas", co2.depleted, co2.depleted_percent),
        ):
            margin_t = COVERAGE / 100 * ((percent * (amount or 0)) ** 2 + (co2.supply_percent * co2.supply) ** 2) ** 0.5
            if amount is not None and amount > co2.supply + margin_t:
                findings.add(
                    "CC-QUA-21",
                    f"{place}, {name}",
                    f"{amount:.4g} t CO2 where {co2.supply:.4g} t came in",
                    "no more out than in",
                    "Look for a slipped decimal in an analyser, or a flow at another reference condition.",
                    severity="warning",
                )
    closed = closure(co2)
    if closed is not None and abs(closed[0] - 1) > COVERAGE * closed[1]:
        findings.add(
            "CC-QUA-22",
            place,
            f"closure {closed[0]:.3f} ± {COVERAGE * closed[1]:.3f}",
            "1 within twice its uncertainty",
            "One of the three CO2 flows is off by more than its meter claims.",
            severity="warning",
        )
    _check_heat(period, place, findings)
    return findings


def _check_heat(period: LinePeriod, place: str, findings: Findings) -> None:
    limits = HEAT_GJ_T.get(period.technology)
    if limits is None or period.heat_gj is None or not period.co2.product:
        return
    figure = period.heat_gj / period.co2.product
    if not limits[0] <= figure <= limits[1]:
        findings.add(
            "CC-QUA-23",
            place,
            f"{figure:.3g} GJ/t CO2",
            f"{limits[0]:g} to {limits[1]:g} GJ/t for {period.technology}",
            "Check the steam pressure (gauge or absolute), the condensate, and the product meter.",
            severity="warning",
        )


def check_stock(product_t: float, product_u_t: float, accounted_t: float, accounted_u_t: float) -> Findings:
    """Product meter against delivered + vented + change in tank (CC-QUA-24). [t], uncertainties k = 1"""
    findings = Findings()
    pair = agreement(product_t, product_u_t, accounted_t, accounted_u_t)
    if not pair.explained:
        findings.add(
            "CC-QUA-24",
            "plant",
            f"{accounted_t:.4g} t by deliveries, vent and tank, {product_t:.4g} t by the product meter",
            "agreement within twice the uncertainty",
            "Look for a delivery not logged, a tank level read at another time, or an open vent.",
            severity="warning",
        )
    return findings
