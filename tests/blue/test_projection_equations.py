"""Every relation of the projection: a case by hand, true in units, and a slope that is one."""

from __future__ import annotations

import numpy as np
import pytest

from bluecarbon.projection import equations
from methodology.equation import Equation
from methodology.formula import cell_formula, readable
from methodology.guides.registry import known_sources

CASES = [  # relation, arguments, expected by hand
    ("gain", (5.5, 10), 55),
    ("disturbed", (0.66, 100), 66),
    ("remaining", (120, 10, 5), 30),  # two half-lives
    ("released", (120, 0, 10, 10), 60),
    ("released", (5.5, 5, 6, 7.5), 0.3058625),  # the peer's own test, typed to 7 digits
    ("amount", (12, 3), 36),
    ("price_of_year", (10, 0.1, 2), 12.1),
    ("present_value", (12.1, 100, 0.1, 2), 1000),
    ("methane", (0.1937, 100, 10), 193.7),
    ("nitrous_oxide", (0.000487, 1000, 2), 0.974),
    ("live_stock_later", (100, 0.5, 2, 10), 70),
    ("removal", (12, 3), -36),
    ("stock_change", (90, 100), -10),
    ("methane_as_co2e", (2, 28), 56),
    ("nitrous_oxide_as_co2e", (2, 265), 530),
]
ALL = {name: value for name, value in vars(equations).items() if isinstance(value, Equation)}


def test_every_relation_has_a_case():
    assert {name for name, _, _ in CASES} == set(ALL)
    assert len({equation.number for equation in ALL.values()}) == len(ALL)


@pytest.mark.parametrize(("name", "values", "expected"), CASES)
def test_by_hand_and_in_units(name, values, expected):
    relation = ALL[name]
    assert relation(*map(float, values)) == pytest.approx(expected, rel=1e-6)
    assert relation(*(np.array([float(v)] * 2) for v in values)) == pytest.approx([expected] * 2, rel=1e-6)
    given = {argument.name: float(v) for argument, v in zip(relation.arguments, values, strict=True)}
    assert relation.quantity(**given).magnitude == pytest.approx(expected, rel=1e-6)
    assert readable(relation)
    names = [*(argument.name for argument in relation.arguments), *relation.constants()]
    assert cell_formula(relation.formula, {name: f"A{n + 1}" for n, name in enumerate(names)})
    for n, argument in enumerate(relation.arguments):
        step = 1e-6 * max(abs(values[n]), 1.0)
        up, down = ([float(v) + (side * step if m == n else 0) for m, v in enumerate(values)] for side in (1, -1))
        slope = relation.slopes[argument.name](*map(float, values))
        assert slope == pytest.approx((relation(*up) - relation(*down)) / (2 * step), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("relation", ALL.values(), ids=str)
def test_sources_are_known(relation):
    cited = relation.text.split("Source:")[1].split(",")[0].strip().split(" ")[0]
    assert cited in known_sources()
