"""Discounts for uncertainty: what a crediting rule takes off an estimate whose interval is wide. Named, with sources.

Two kinds. A stepped rule (AR-Tool14) deducts a share of the relative uncertainty that grows by class. An allowance
rule (VM0033, VM0007) deducts what exceeds an allowance. Neither ever adds: a sharper estimate earns no bonus.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources

from methodology.base.errors import refuse
from methodology.base.phrases import joined


@dataclass(frozen=True)
class Step:
    """Above the relative uncertainty `above`, `share` of the uncertainty (or of its excess) is deducted."""

    above: float
    share: float


@dataclass(frozen=True)
class DiscountRule:
    """A named rule.

    Parameters
    ----------
    name : str
    level : float
        Level of the interval whose half width over the estimate is the uncertainty. [1]
    steps : tuple of Step
        Rising.
    of : {"uncertainty", "excess"}
    source, locator, value_status : str
    """

    name: str
    level: float
    steps: tuple[Step, ...]
    of: str
    source: str
    locator: str
    value_status: str

    def deduction(self, relative_uncertainty: float) -> float:
        """Share of the estimate to take off. [1]

        Parameters
        ----------
        relative_uncertainty : float
            Half width over the estimate at the rule's level. [1]

        Raises
        ------
        InputError
            BC-SAM-09 an uncertainty that is negative or not a number.
        """
        if not relative_uncertainty >= 0:
            raise refuse("BC-SAM-09", self.name, relative_uncertainty, "a relative uncertainty of at least 0")
        if self.of == "excess":
            return min(max(0.0, relative_uncertainty - self.steps[0].above), 1.0)
        # A class reaches up to and with its upper limit: exactly 10 % is still free.
        share = 0.0
        for step in self.steps:
            if relative_uncertainty > step.above:
                share = step.share
        return min(share * relative_uncertainty, 1.0)


def discounted(estimate: float, relative_uncertainty: float, rule: DiscountRule, removal: bool = True) -> float:
    """An estimate after the rule: a removal becomes smaller, a baseline or emission larger.

    Parameters
    ----------
    estimate : float
        Any unit, positive.
    relative_uncertainty : float
        [1]
    rule : DiscountRule
    removal : bool
        False for what counts against the project.
    """
    share = rule.deduction(relative_uncertainty)
    return estimate * (1 - share if removal else 1 + share)


@functools.cache
def discount_rules() -> dict[str, DiscountRule]:
    """The kept rules by name."""
    text = (resources.files("bluecarbon.sampling") / "discounts.csv").read_text(encoding="utf-8")
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        grouped.setdefault(row["rule"], []).append(row)
    return {
        name: DiscountRule(
            name,
            float(rows[0]["level"]),
            tuple(Step(float(row["above"]), float(row["share"])) for row in rows),
            rows[0]["of"],
            rows[0]["source"],
            rows[0]["locator"],
            rows[0]["value_status"],
        )
        for name, rows in grouped.items()
    }


def discount_rule(name: str) -> DiscountRule:
    """A rule by name.

    Raises
    ------
    InputError
        BC-SAM-08 no such rule.
    """
    rules = discount_rules()
    if name not in rules:
        raise refuse("BC-SAM-08", "--discount", name, joined(" or ", rules))
    return rules[name]
