"""Printed intervals become distributions that say when they cannot reproduce what was printed."""

import numpy as np
import pytest

from methodology.base.errors import InputError
from methodology.uncertainty.distributions import FORMS, draw, fitted


def drawn(distribution, count=400_000):
    sample = draw(distribution.form, np.array(distribution.parameters)[:, None], np.random.default_rng(7), count)
    return np.asarray(sample).ravel()


def test_methane_193_7_has_no_negative_draws_and_prints_back():
    d = fitted("shifted_lognormal", 193.7, 99.8, 358)  # IPCC table 4.14
    assert d.reproduces
    sample = drawn(d)
    assert sample.min() > 0
    # sampling error of a mean of 400,000 draws is 0.1, of the limits about 0.5
    assert sample.mean() == pytest.approx(193.7, rel=0.005)
    assert np.quantile(sample, [0.025, 0.975]) == pytest.approx([99.8, 358], rel=0.01)


def test_zero_with_0_to_40_cannot_be_reproduced_and_shows_its_own_mean():
    d = fitted("half_normal", 0, 0, 40)
    assert not d.reproduces
    assert (d.low, d.high) == (0, 40)
    # a half-normal whose 95 % point is 40 has scale 40/1.959964 and mean scale·sqrt(2/π)
    assert d.mean == pytest.approx(40 / 1.959963984540054 * np.sqrt(2 / np.pi), rel=1e-9)
    assert drawn(d).min() >= 0


def test_255_with_254_to_297_is_marked_and_simulated_through_its_limits():
    d = fitted("lognormal", 255, 254, 297)
    assert not d.reproduces
    assert (d.low, d.high) == pytest.approx((254, 297))
    assert d.mean > 260


def test_0_7_with_0_to_1_3_is_mirrored_for_left_skew():
    d = fitted("mirrored_lognormal", 0.7, 0, 1.3)
    assert d.reproduces
    sample = drawn(d)
    assert sample.mean() == pytest.approx(0.7, rel=0.005)
    assert (sample < 0).mean() == pytest.approx(0.025, abs=0.002)  # the lower 2.5 % limit is zero


@pytest.mark.parametrize(
    ("form", "value", "low", "high", "support"),
    [
        ("normal", 9.9, 9.4, 10.4, None),
        ("lognormal", 199.3, 99.8, 358, None),
        ("triangular", 0.7, 0, 1.3, None),
        ("uniform", 0.5, 0.025, 0.975, None),
        ("beta", 0.3, 0.1, 0.55, (0.0, 1.0)),
        ("shifted_lognormal", 108, 84, 139, None),
    ],
)
def test_moments_and_limits_are_those_of_the_draws(form, value, low, high, support):
    d = fitted(form, value, low, high, support=support)
    sample = drawn(d)
    width = high - low
    assert d.reproduces
    assert sample.mean() == pytest.approx(d.mean, abs=0.01 * width)
    assert sample.std() == pytest.approx(d.sd, rel=0.01)
    assert np.quantile(sample, [0.025, 0.975]) == pytest.approx([d.low, d.high], abs=0.01 * width)


def test_fixed_is_fixed():
    assert fitted("fixed", 28, None, None).sd == 0
    assert "fixed" in FORMS


@pytest.mark.parametrize(
    ("form", "value", "low", "high", "code"),
    [
        ("gaussian", 1, 0, 2, "ME-DIST-01"),
        ("normal", 1, None, None, "ME-DIST-02"),
        ("normal", 1, 2, 0, "ME-DIST-02"),
        ("lognormal", 1, -1, 2, "ME-DIST-02"),
        ("normal", 5, 0, 2, "ME-DIST-03"),
        ("shifted_lognormal", 1.5, 0, 2, "ME-DIST-02"),
    ],
)
def test_what_cannot_be_is_refused(form, value, low, high, code):
    with pytest.raises(InputError) as error:
        fitted(form, value, low, high)
    assert error.value.code == code
