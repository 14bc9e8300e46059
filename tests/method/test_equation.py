"""Equations are written once and serve values, unit check, text and cell formula."""

import math

import numpy as np
import pytest
import sympy
import xarray

from methodology import ops
from methodology.equation import Constant, equation
from methodology.formula import cell_formula, latex, readable
from methodology.guides.registry import all_equations, guide_ids, load_guide

T_PER_HA = Constant(100, "t/ha/(g/cm**2)", "100")
EQUATIONS = all_equations()


@equation("test", "slice", "t/ha", density=("g/cm**3", 0, 2.65), fraction=("1", 0, 1), thickness=("cm", 0, None))
def slice_mass(density, fraction, thickness):
    """Mass of a core slice. Source: definition."""
    return density * fraction * thickness * T_PER_HA


@equation("test", "power", "1", x=("1", None, None))
def minus_square(x):
    """A minus sign under a power. Source: definition."""
    return (-x) ** 2 - x**2 + ops.minimum(x, 2 * x)


def test_a_slice_in_numbers_and_in_units_is_the_same():
    # 0.8 g/cm³ × 5 % × 10 cm = 0.4 g/cm² = 40 t/ha, by hand
    assert slice_mass(0.8, 0.05, 10.0) == pytest.approx(40.0, rel=1e-14)
    assert slice_mass.quantity(density=0.8, fraction=0.05, thickness=10.0).magnitude == pytest.approx(40.0, rel=1e-12)


def test_a_forgotten_factor_of_100_is_found_by_units():
    @equation("test", "forgot", "t/ha", density=("g/cm**3", 0, None), thickness=("cm", 0, None))
    def forgot(density, thickness):
        """Without the conversion. Source: definition."""
        return density * thickness

    assert forgot.quantity(density=1.0, thickness=1.0).magnitude != pytest.approx(forgot(1.0, 1.0), rel=1e-3)


def test_an_equation_without_a_source_is_refused():
    with pytest.raises(TypeError, match="no source"):

        @equation("test", "nameless", "1", x=("1", None, None))
        def nameless(x):
            """Says nothing of where it comes from."""
            return x


def test_declared_arguments_must_be_those_of_the_function():
    with pytest.raises(TypeError, match="declares"):

        @equation("test", "wrong", "1", y=("1", None, None))
        def wrong(x):
            """Source: definition."""
            return x


def _sample(argument, position):
    low, high = argument.low, argument.high
    if low is None:
        low = 0.0 if high is None or high > 0 else high - 10.0
    high = low + 10.0 if high is None else high
    return low + (high - low) * (0.31 + 0.07 * (position % 7))


@pytest.mark.parametrize("name", sorted(EQUATIONS))
def test_every_equation_gives_the_same_on_floats_numpy_xarray_pint_and_sympy(name):
    eq = EQUATIONS[name]
    values = {a.name: _sample(a, n) for n, a in enumerate(eq.arguments)}
    plain = float(eq(**values))
    assert math.isfinite(plain)
    assert np.asarray(eq(**{k: np.full(3, v) for k, v in values.items()})) == pytest.approx(plain, rel=1e-12)
    labelled = eq(**{k: xarray.DataArray(np.full(2, v), dims="row") for k, v in values.items()})
    assert labelled.values == pytest.approx(plain, rel=1e-12)
    if not eq.empirical:
        assert eq.quantity(**values).magnitude == pytest.approx(plain, rel=1e-12, abs=1e-12 * max(1.0, abs(plain)))
    symbols = {sympy.Symbol(k, real=True): v for k, v in values.items()}
    symbols |= {sympy.Symbol(k, real=True, positive=True): float(c) for k, c in eq.constants().items()}
    assert float(eq.formula.subs(symbols).doit()) == pytest.approx(plain, rel=1e-12)
    assert readable(eq)
    assert latex(eq)
    cell_formula(eq.formula, {s.name: "A1" for s in symbols})


@pytest.mark.parametrize("name", sorted(EQUATIONS))
def test_slopes_agree_with_differences(name):
    eq = EQUATIONS[name]
    values = {a.name: _sample(a, n) for n, a in enumerate(eq.arguments)}
    for argument in eq.arguments:
        step = 1e-4 * abs(values[argument.name]) or 1e-6
        up, down = dict(values), dict(values)
        up[argument.name] += step
        down[argument.name] -= step
        above, below = float(eq(**up)), float(eq(**down))
        numeric = (above - below) / (2 * step)
        slope = float(np.asarray(eq.slopes[argument.name](*values.values())))
        # the difference of two values is good to some roundings of them, the formula to the square of the step
        rounding = 64 * np.finfo(float).eps * max(abs(above), abs(below)) / step
        assert slope == pytest.approx(numeric, rel=1e-5, abs=rounding), argument.name


@pytest.mark.parametrize("guide_id", guide_ids())
def test_worked_cases_of_every_guide(guide_id):
    guide = load_guide(guide_id)
    by_name = {eq.name: eq for eq in guide.equations().values()}
    for case in guide.worked_cases():
        arguments = {k: float(v) for k, v in (pair.split("=") for pair in case["arguments"].split(";"))}
        value = float(by_name[case["equation"]](**arguments))
        expected = float(case["expected"])
        assert value == pytest.approx(expected, rel=float(case["tolerance"]), abs=1e-15), case
        assert case["source"]


@pytest.mark.parametrize("guide_id", guide_ids())
def test_every_equation_of_a_guide_has_a_worked_case(guide_id):
    guide = load_guide(guide_id)
    covered = {case["equation"] for case in guide.worked_cases()}
    missing = {eq.name for eq in guide.equations().values()} - covered
    assert not missing


def test_formula_keeps_the_form_it_was_written_in():
    assert readable(slice_mass) == "density × fraction × thickness × 100"
    eq = EQUATIONS["ipcc-wetlands-2013:4.4:biomass_stock"]
    assert readable(eq) == "area × above ground × (1 + root shoot) × carbon fraction"
    assert r"\frac{44}{12}" in latex(EQUATIONS["ipcc-wetlands-2013:44/12-flux:co2_of_flux"])


def test_minus_under_a_power_is_parenthesised_for_spreadsheets():
    text = cell_formula(minus_square.formula, {"x": "B2"})
    assert "-B2^2" not in text.replace(" ", "")
    assert "(((-1)*B2))^(2)" in text
    assert "MIN(B2,(2*B2))" in text
