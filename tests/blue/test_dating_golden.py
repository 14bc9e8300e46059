"""Dating against closed forms and against two published codes run on real cores."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from bluecarbon.dating.accumulation import carbon_rates, frame_mean
from bluecarbon.dating.models import Decay, Missing, cfcs, cic, crs, missing_inventory
from bluecarbon.dating.profile import Sections, dated_part

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "dating"
LAMBDA = math.log(2) / 22.23


def table(name: str) -> dict[str, np.ndarray]:
    path = GOLDEN / name
    if not path.is_file():
        pytest.skip("the reference cases are not here")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    number = {}
    for column in rows[0]:
        try:
            number[column] = np.array(
                [float(row[column]) if row[column] not in ("", "NA") else math.nan for row in rows]
            )
        except ValueError:
            continue
    return number


def sections(top, bottom, mass, excess, error=None, carbon=None):
    blank = np.full(len(top), math.nan)
    error = blank if error is None else error
    carbon = blank if carbon is None else carbon
    return Sections("core", np.asarray(top), np.asarray(bottom), np.asarray(mass), blank, excess, error, carbon, blank)


def exponential_core(rates, decay=LAMBDA, flux=150.0, mass=5.0, carbon=0.05):
    """A closed-form core: the inventory below a layer of age t is (flux/λ)·e^(−λt). Rates in kg m⁻² yr⁻¹, by section."""
    ages = np.r_[0.0, np.cumsum(mass / np.asarray(rates))]
    below = flux / decay * np.exp(-decay * ages)
    n = len(rates)
    return (
        sections(
            np.arange(n) * 1.0,
            np.arange(n) + 1.0,
            np.full(n, mass),
            -np.diff(below) / mass,
            carbon=np.full(n, carbon),
        ),
        ages[1:],
        float(below[-1]),
    )


def test_constant_core_by_closed_form_crs_equals_cfcs():
    core, ages, rest = exponential_core([2.5] * 60)
    missing = missing_inventory(core, "tail")
    assert missing.value == pytest.approx(rest, rel=1e-10)
    by_supply = crs(core, Decay(LAMBDA), missing)
    by_slope = cfcs(core, Decay(LAMBDA))
    np.testing.assert_allclose(by_supply.age, ages, rtol=1e-10)
    np.testing.assert_allclose(by_slope.age, ages, rtol=1e-10)
    np.testing.assert_allclose(by_supply.rate, 2.5, rtol=1e-9)
    assert by_slope.line.slope == pytest.approx(-LAMBDA / 2.5, rel=1e-10)
    assert by_supply.flux == pytest.approx(150.0, rel=1e-10)


def test_variable_core_by_closed_form():
    rates = [6.0] * 9 + [3.0] * 12 + [1.5] * 15 + [2.5] * 14
    core, ages, rest = exponential_core(rates)
    missing = missing_inventory(core, "tail")
    assert missing.value == pytest.approx(rest, rel=1e-10)
    result = crs(core, Decay(LAMBDA), missing)
    np.testing.assert_allclose(result.age, ages, rtol=1e-9)
    np.testing.assert_allclose(result.rate, rates, rtol=1e-8)
    frame = frame_mean(core, result, 100.0)
    horizon = np.interp(100.0, np.r_[0, ages], np.r_[0, core.mass_bottom])
    assert frame.mass_rate == pytest.approx(horizon / 100, rel=1e-9)
    assert frame.carbon_rate == pytest.approx(horizon * 0.05 * 1000 / 100, rel=1e-9)


def test_without_the_missing_inventory_ages_are_too_old_as_theory_says():
    core, ages, rest = exponential_core([2.5] * 40)
    biased = crs(core, Decay(LAMBDA), Missing(0.0, 0.0, "none"))
    whole = 150.0 / LAMBDA
    expected = np.log((whole - rest) / (whole * np.exp(-LAMBDA * ages[:-1]) - rest)) / LAMBDA
    np.testing.assert_allclose(biased.age[:-1], expected, rtol=1e-9)
    assert np.isnan(biased.age[-1])
    assert np.all(biased.age[:-1] > ages[:-1])


@pytest.mark.parametrize("name", ["synthetic_constant_core.csv", "synthetic_variable_mar_core.csv"])
def test_closed_form_tables(name):
    given = table(name)
    mass = given["dry_bulk_density_g_cm3"] * 10 * (given["depth_bottom_cm"] - given["depth_top_cm"])
    carbon = given["oc_percent"] / 100 if "oc_percent" in given else None
    core = sections(given["depth_top_cm"], given["depth_bottom_cm"], mass, given["excess_pb210_Bq_kg"], carbon=carbon)
    missing = missing_inventory(core, "tail")
    # The tables carry 12 digits, so an inventory of 4,800 Bq m⁻² is known to 1e-8 and a bottom of 63 to 2e-10 of itself.
    assert missing.value == pytest.approx(given["inventory_below_bottom_Bq_m2"][-1], rel=1e-9)
    result = crs(core, Decay(LAMBDA), missing)
    np.testing.assert_allclose(result.age, given["age_bottom_yr"], rtol=1e-9)
    np.testing.assert_allclose(result.rate / 10, given["mar_g_cm2_yr"], rtol=1e-8)
    assert result.inventory == pytest.approx(4810.667, abs=5e-4)
    if carbon is not None:
        np.testing.assert_allclose(carbon_rates(core, result)[0], given["car_gC_m2_yr"], rtol=1e-8)
    else:
        line = cfcs(core, Decay(LAMBDA)).line
        assert line.slope * 10 == pytest.approx(-LAMBDA / 0.25, rel=1e-9)


def abra2():
    given = table("abra2_in.csv")
    area_cm2 = math.pi * 8.5**2 / 4
    depth = given["DepthLayer"]
    core = sections(
        depth - 1, depth, given["MassSection"] / area_cm2 * 10, given["Pb210"] - given["Ra226"],
        np.hypot(given["Pb210Unc"], given["Ra226Unc"]),
    )  # fmt: skip
    return dated_part(core, None), area_cm2


def test_abra2_constant_flux():
    core, area_cm2 = abra2()
    assert len(core) == 38
    decay = Decay(LAMBDA, LAMBDA * 0.12 / 22.23)
    # Its author adds 7.46 Bq below the core by hand, without an error.
    result = crs(core, decay, Missing(7.46 / area_cm2 * 1e4, 0.0, "stated"))
    published = {name: values[:38] for name, values in table("abra2_out_cf.csv").items()}
    assert result.inventory * area_cm2 / 1e4 == pytest.approx(45.018, abs=5e-4)
    assert result.flux == pytest.approx(247.368273913751, rel=1e-9)
    assert result.missing.value / result.inventory == pytest.approx(0.165711670122896, rel=1e-9)
    np.testing.assert_allclose(result.age, published["t_bottom_yr"], rtol=1e-9)
    np.testing.assert_allclose(result.age_mid, published["t_mid_yr"], rtol=1e-9)
    np.testing.assert_allclose(result.rate / 10, published["mar_g_cm2_yr"], rtol=1e-9)
    # Their errors are a simulation of 100,000 runs shrunk a hundredfold: first order with about 0.2 % noise.
    np.testing.assert_allclose(result.age_se, published["t_bottom_u"], rtol=0.01)
    np.testing.assert_allclose(result.age_mid_se, published["t_mid_u"], rtol=0.01)
    # Rates: theirs holds the tube's diameter too; where a section has an activity of a tenth of its error it diverges.
    assert np.median(np.abs(result.rate_se / 10 / published["mar_u"] - 1)) < 0.01
    assert result.flux_se == pytest.approx(11.23, rel=0.01)


def test_abra2_constant_flux_constant_sedimentation():
    core, _ = abra2()
    result = cfcs(core, Decay(LAMBDA, LAMBDA * 0.12 / 22.23))
    assert result.line.slope * 10 == pytest.approx(-0.091973, abs=5e-7)
    assert result.line.slope_se * 10 == pytest.approx(0.010132, abs=5e-7)
    assert result.rate[0] / 10 == pytest.approx(0.339020571599648, rel=1e-9)
    assert result.rate_se[0] / 10 == pytest.approx(0.0375086946703959, rel=0.01)
    published = table("abra2_out_cfcs.csv")["t_cfcs_yr"][:38]
    np.testing.assert_allclose(result.age_mid, published, rtol=1e-9)


def alo():
    given = table("serac_ALO09P12_in.csv")
    thickness = (given["depth_max"] - given["depth_min"]) / 10
    mass = given["density"] * thickness * 10
    return sections(given["depth_min"] / 10, given["depth_max"] / 10, mass, given["Pb210ex"], given["Pb210ex_er"])


SERAC = Decay(math.log(2) / 22.3, 0.00017)


def test_serac_core_crs():
    core = alo()
    published = table("serac_ALO09P12_crs.csv")
    result = crs(core, SERAC, Missing(0.0, 0.0, "none"))  # serac adds nothing below the core
    assert result.inventory == pytest.approx(11707.91, rel=1e-9)
    assert abs(result.inventory_se) < 253.2
    np.testing.assert_allclose(2009 - result.age[:-1], published["BestAD_CRS"][1:], rtol=0, atol=1e-9)
    stated = (published["MaxAD_CRS"] - published["MinAD_CRS"])[1:] / 2
    # serac's errors take a density error in; ours on these inputs are counting errors alone, so never larger.
    assert np.all(result.age_se[:-1] <= stated)
    assert 2009 - result.age[0] == pytest.approx(2004.562, abs=5e-4)


def test_serac_core_cfcs_and_cic():
    core = alo()
    # serac fits against depth, so mass stands for depth here: 10 kg m⁻² for each cm.
    by_depth = sections(core.top_cm, core.bottom_cm, (core.bottom_cm - core.top_cm) * 10, core.excess, core.excess_se)
    result = cfcs(by_depth, SERAC)
    assert result.rate[0] == pytest.approx(1.19709188006052, rel=1e-9)  # kg m⁻² yr⁻¹ of that mass is mm/yr
    assert result.rate_se[0] == pytest.approx(0.0527286436703306, rel=1e-9)
    assert result.line.r_squared == pytest.approx(0.959669407322658, rel=1e-9)
    published = table("serac_ALO09P12_cic.csv")
    ages = cic(core, SERAC)
    np.testing.assert_allclose(2009 - ages.age_mid, np.r_[2009.0, published["BestAD_CIC"][1:]], rtol=0, atol=1e-9)
    stated = (published["MaxAD_CIC"] - published["MinAD_CIC"]) / 2
    np.testing.assert_allclose(ages.age_mid_se, stated, rtol=1e-3)
