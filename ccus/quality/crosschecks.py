"""Checks between meters: what one says of the plant held against what another says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import hypot, isfinite

from ccus.streams.budget import COVERAGE, Co2Amounts, agreement, closure
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

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
    captured_t : float, optional
        CO2 captured over the hours the heat was used in; without it the product of `co2`. [t]
    """

    line: str
    technology: str
    co2: Co2Amounts
    heat_gj: float | None = None
    captured_t: float | None = None


@dataclass(frozen=True)
class Margins:
    """What cross checks take where a meter states no uncertainty: a stated rule, printed with what it decided.

    Parameters
    ----------
    assumed_percent : float
        Standard uncertainty (k = 1). [%]
    """

    assumed_percent: float = 5.0

    def of(self, percent: float) -> float:
        """The stated uncertainty, or the assumed one. [%]"""
        return percent if isfinite(percent) else self.assumed_percent

    def said(self, *percents: float) -> str:
        """Words for a finding in which an assumed uncertainty took part."""
        return (
            ""
            if all(isfinite(p) for p in percents)
            else phrase(" (assumed {assumed_percent:g} % where none is stated)", assumed_percent=self.assumed_percent)
        )


def check_line(period: LinePeriod, margins: Margins | None = None) -> Findings:
    """Cross checks of one line and period.

    Parameters
    ----------
    period : LinePeriod
        Its CO2 with relative uncertainties, NaN where a meter states none.
    margins : Margins, optional

    Returns
    -------
    Findings
        CC-QUA-21 more CO2 out than in; CC-QUA-22 product and depleted against supply beyond twice their uncertainty;
        CC-QUA-23 heat per tonne outside the technology's range. All warnings: a person decides.
    """
    findings, co2, margins = Findings(), period.co2, margins or Margins()
    place = phrase("line {line}", line=period.line)
    if co2.supply is not None:
        for name, amount, percent in (
            ("product", co2.product, co2.product_percent),
            ("depleted gas", co2.depleted, co2.depleted_percent),
        ):
            parts = (margins.of(percent) * (amount or 0), margins.of(co2.supply_percent) * co2.supply)
            if amount is not None and amount > co2.supply + COVERAGE / 100 * hypot(*parts):
                findings.add(
                    "CC-QUA-21",
                    f"{place}, {name}",
                    phrase("{amount:.4g} t CO2 where {supply:.4g} t came in", amount=amount, supply=co2.supply),
                    phrase("no more out than in{said}", said=margins.said(percent, co2.supply_percent)),
                    "Look for a slipped decimal in an analyser, or a flow at another reference condition.",
                    severity="warning",
                )
    names = ("supply_percent", "depleted_percent", "product_percent")
    stated = [getattr(co2, name) for name in names]
    closed = closure(replace(co2, **{name: margins.of(p) for name, p in zip(names, stated, strict=True)}))
    if closed is not None and abs(closed[0] - 1) > COVERAGE * closed[1]:
        findings.add(
            "CC-QUA-22",
            place,
            phrase("closure {closed:.3f} ± {coverage:.3f}", closed=closed[0], coverage=COVERAGE * closed[1]),
            phrase("1 within twice its uncertainty{said}", said=margins.said(*stated)),
            "One of the three CO2 flows is off by more than its meter claims.",
            severity="warning",
        )
    _check_heat(period, place, findings)
    return findings


def assumed_in_checks(periods: Iterable[LinePeriod], margins: Margins) -> Findings:
    """A note (CC-QUA-25) for each line whose cross checks took an assumed uncertainty: having passed proves little."""
    findings = Findings()
    for period in periods:
        co2 = period.co2
        parts = {"supply": co2.supply_percent, "depleted gas": co2.depleted_percent, "product": co2.product_percent}
        amounts = (co2.supply, co2.depleted, co2.product)
        silent = [
            name for (name, p), amount in zip(parts.items(), amounts, strict=True) if amount is not None and not isfinite(p)
        ]  # fmt: skip
        if silent and sum(amount is not None for amount in amounts) > 1:
            findings.add(
                "CC-QUA-25",
                phrase("line {line}, cross checks", line=period.line),
                phrase("no uncertainty stated for the meters of {names}", names=", ".join(silent)),
                "uncertainty_systematic_percent of flow meter and analyser",
                phrase(
                    "Checked with an assumed {assumed_percent:g} % (rules.assumed_uncertainty_percent, k = "
                    "1); a check passed on it proves little.",
                    assumed_percent=margins.assumed_percent,
                ),
                severity="note",
            )
    return findings


def _check_heat(period: LinePeriod, place: str, findings: Findings) -> None:
    limits = HEAT_GJ_T.get(period.technology.lower())
    captured_t = period.co2.product if period.captured_t is None else period.captured_t
    if limits is None or period.heat_gj is None or not captured_t:
        return
    figure = period.heat_gj / captured_t
    if not limits[0] <= figure <= limits[1]:
        findings.add(
            "CC-QUA-23",
            place,
            f"{figure:.3g} GJ/t CO2",
            phrase(
                "{limits:g} to {limits2:g} GJ/t for {technology}",
                limits=limits[0],
                limits2=limits[1],
                technology=period.technology,
            ),
            "Check the steam pressure (gauge or absolute), the condensate, and the product meter.",
            severity="warning",
        )


def check_stock(
    product_t: float,
    product_u_t: float | None,
    accounted_t: float,
    accounted_u_t: float,
    margins: Margins | None = None,
) -> Findings:
    """Product meter against delivered + vented + change in tank (CC-QUA-24).

    Parameters
    ----------
    product_t, accounted_t : float
        [t]
    product_u_t : float or None
        Standard uncertainty (k = 1); None: not stated, and the assumed one decides. [t]
    accounted_u_t : float
        Of weigh bills, vent and tank levels together, by `rules.weighed_uncertainty_percent`. [t]
    margins : Margins, optional
    """
    findings, margins = Findings(), margins or Margins()
    own = margins.assumed_percent / 100 * product_t if product_u_t is None else product_u_t
    pair = agreement(product_t, own, accounted_t, accounted_u_t)
    if not pair.explained:
        said = margins.said(float("nan") if product_u_t is None else 0.0)
        findings.add(
            "CC-QUA-24",
            "plant",
            phrase(
                "{accounted_t:.4g} t by deliveries, vent and tank, {product_t:.4g} t by the product meter",
                accounted_t=accounted_t,
                product_t=product_t,
            ),
            phrase(
                "agreement within twice the uncertainty, {hypot:.3g} t{said}",
                hypot=hypot(own, accounted_u_t),
                said=said,
            ),
            "Look for a delivery not logged, a tank level read at another time, or an open vent.",
            severity="warning",
        )
    return findings


@dataclass(frozen=True)
class Pair:
    """An analyser's reading and the laboratory's at the moment of a sample, with standard uncertainties.

    Parameters
    ----------
    entry, tag : str
    analyser, laboratory : float
        [1]
    analyser_percent, laboratory_percent : float
        NaN where not stated. [%]
    """

    entry: str
    tag: str
    analyser: float
    laboratory: float
    analyser_percent: float
    laboratory_percent: float


def check_analysers(pairs: Iterable[Pair], margins: Margins) -> Findings:
    """Analysers held against the laboratory: CC-QUA-26 beyond twice the uncertainty of the difference."""
    findings = Findings()
    for pair in pairs:
        own = margins.of(pair.analyser_percent) / 100 * pair.analyser
        other = margins.of(pair.laboratory_percent) / 100 * pair.laboratory
        found = agreement(pair.laboratory, other, pair.analyser, own)
        if not found.explained:
            findings.add(
                "CC-QUA-26",
                phrase("meter {tag}, entry {entry}", tag=pair.tag, entry=pair.entry),
                phrase(
                    "{analyser:.4g} vol% by the analyser, {laboratory:.4g} vol% by the laboratory",
                    analyser=100 * pair.analyser,
                    laboratory=100 * pair.laboratory,
                ),
                phrase(
                    "agreement within twice the uncertainty, {u:.3g} vol%{said}",
                    u=200 * hypot(own, other),
                    said=margins.said(pair.analyser_percent, pair.laboratory_percent),
                ),
                "Check the analyser's calibration gas, and where and how the sample was taken.",
                severity="warning",
            )
    return findings
