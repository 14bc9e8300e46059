"""Stratified estimates: the published example, a case by hand, and properties of the estimator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bluecarbon.accuracy.estimators import sample_of_matrix, sample_of_points, sample_rates, stratified_estimate
from methodology.base.errors import InputError

SHARED = Path(__file__).resolve().parents[2].parent / "shared"

# Olofsson et al. 2014, table 8: counts (map in rows), mapped pixels of 30 m, and the figures the paper prints.
CLASSES = ("deforestation", "forest gain", "stable forest", "stable non-forest")
COUNTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
MAPPED_HA = np.array([200_000, 150_000, 3_200_000, 6_450_000]) * 0.09
Z_95 = 1.959963984540054


def table_8():
    return stratified_estimate(sample_of_matrix(CLASSES, COUNTS), MAPPED_HA)


def test_published_areas_and_accuracies():
    estimate = table_8()
    np.testing.assert_allclose(estimate.area_ha, [21158, 11686, 285770, 581386], atol=0.5)
    np.testing.assert_allclose(1.96 * estimate.standard_error_ha, [6158, 3756, 15510, 16282], atol=0.5)
    np.testing.assert_allclose(estimate.users.value, [0.88, 0.73, 0.93, 0.96], atol=0.005)
    np.testing.assert_allclose(Z_95 * estimate.users.standard_error, [0.07, 0.10, 0.04, 0.02], atol=0.005)
    np.testing.assert_allclose(estimate.producers.value, [0.75, 0.85, 0.93, 0.96], atol=0.005)
    np.testing.assert_allclose(Z_95 * estimate.producers.standard_error, [0.21, 0.25, 0.03, 0.02], atol=0.005)
    assert estimate.overall.value[0] == pytest.approx(0.95, abs=0.005)
    assert Z_95 * estimate.overall.standard_error[0] == pytest.approx(0.02, abs=0.005)


def test_golden_case_to_nine_digits():
    path = SHARED / "golden" / "area" / "olofsson_2014.json"
    if not path.exists():
        pytest.skip("reference cases are not here")
    case = json.loads(path.read_text())["cases"][0]
    expected = case["expected"]
    mapped = np.array(case["mapped"]) * case["total_area"] / sum(case["mapped"])
    estimate = stratified_estimate(
        sample_of_matrix(case["classes"], case["error_matrix_counts_rows_map_cols_reference"]), mapped
    )
    for ours, name in (
        (estimate.area_ha, "area"),
        (estimate.standard_error_ha, "se_area"),
        (estimate.area_ha / case["total_area"], "area_proportion"),
        (estimate.users.value, "users_accuracy"),
        (Z_95 * estimate.users.standard_error, "ci95_users"),
        (estimate.producers.value, "producers_accuracy"),
        (Z_95 * estimate.producers.standard_error, "ci95_producers"),
        (estimate.overall.value[0], "overall_accuracy"),
        (Z_95 * estimate.overall.standard_error[0], "ci95_overall"),
    ):
        np.testing.assert_allclose(ours, expected[name], rtol=1e-9)


def test_areas_sum_to_the_whole_and_so_do_their_errors():
    estimate = table_8()
    assert estimate.area_ha.sum() == pytest.approx(MAPPED_HA.sum(), rel=1e-12)
    np.testing.assert_allclose(estimate.covariance_ha2.sum(axis=0), 0, atol=1e-6)  # what one class gains another loses
    np.testing.assert_allclose(np.sqrt(np.diag(estimate.covariance_ha2)), estimate.standard_error_ha)
    assert estimate.proportions.sum() == pytest.approx(1)


def by_hand():
    """Two strata that are not the map's classes: A of 100 ha and B of 300 ha, four points each."""
    rows = [
        ("A", "m", "m"), ("A", "m", "m"), ("A", "m", "o"), ("A", "o", "o"),
        ("B", "m", "m"), ("B", "o", "m"), ("B", "o", "o"), ("B", "o", "o"),
    ]  # fmt: skip
    stratum, mapped, reference = zip(*rows, strict=True)
    return stratified_estimate(sample_of_points(mapped, reference, stratum), [100.0, 300.0])


def test_strata_that_are_not_the_map_classes():
    """Stehman 2014: half of each stratum is m, so 200 ha; variance sum of A_h^2 p(1-p)/(n-1).

    User's accuracy of m: y means 0.5, 0.25 and x means 0.75, 0.25 with weights 0.25, 0.75 give 0.3125/0.375. The
    residual y - R x is (1/6, 1/6, -5/6, 0) in A and (1/6, 0, 0, 0) in B.
    """
    estimate = by_hand()
    np.testing.assert_allclose(estimate.area_ha, [200, 200])
    expected = np.sqrt((100**2 + 300**2) * 0.25 / 3)
    np.testing.assert_allclose(estimate.standard_error_ha, [expected, expected])
    ratio = 0.3125 / 0.375
    assert estimate.users.value[0] == pytest.approx(ratio)
    s2_a = np.var([1 - ratio, 1 - ratio, -ratio, 0], ddof=1)
    s2_b = np.var([1 - ratio, 0, 0, 0], ddof=1)
    error = np.sqrt(0.25**2 * s2_a / 4 + 0.75**2 * s2_b / 4) / 0.375
    assert estimate.users.standard_error[0] == pytest.approx(error)


def test_points_and_matrix_agree_in_any_order():
    rng = np.random.default_rng(2)
    pairs = [(CLASSES[i], CLASSES[j]) for i in range(4) for j in range(4) for _ in range(COUNTS[i, j])]
    rng.shuffle(pairs)
    mapped, reference = zip(*pairs, strict=True)
    sample = sample_of_points(mapped, reference)
    order = [CLASSES.index(name) for name in sample.strata]
    estimate = stratified_estimate(sample, MAPPED_HA[order])
    np.testing.assert_allclose(estimate.area_ha, table_8().area_ha[order], rtol=1e-12)
    np.testing.assert_allclose(estimate.producers.standard_error, table_8().producers.standard_error[order], rtol=1e-12)


def test_repeated_samples_have_the_spread_that_is_told():
    """Mean of estimated variance against the spread of 3,000 estimates; its own standard error is about 2.6 %."""
    rng = np.random.default_rng(11)
    truth = np.array([[0.8, 0.2], [0.1, 0.9]])
    area = np.array([200.0, 800.0])
    seen, told = [], []
    for _ in range(3000):
        counts = np.array([rng.multinomial(60, row) for row in truth])
        estimate = stratified_estimate(sample_of_matrix(("a", "b"), counts), area)
        seen.append(estimate.area_ha[0])
        told.append(estimate.covariance_ha2[0, 0])
    assert np.mean(seen) == pytest.approx(0.8 * 200 + 0.1 * 800, rel=0.01)
    assert np.mean(told) == pytest.approx(np.var(seen), rel=0.1)


@pytest.mark.parametrize("number", [0, 1])
def test_too_few_points_stop_the_estimate(number):
    points = [("a", "a")] * 40 + [("a", "b")] * 10 + [("b", "b")] * number
    mapped, reference = zip(*points, strict=True)
    sample = sample_of_points(mapped, reference, list(mapped))
    if number == 0:
        assert "b" not in sample.strata  # caught against the table of stratum areas
        return
    with pytest.raises(InputError, match="BC-ACC-08"):
        stratified_estimate(sample, [10.0] * len(sample.strata))


def test_agreement_is_not_certainty():
    estimate = stratified_estimate(sample_of_matrix(("a", "b"), np.array([[20, 0], [0, 50]])), [100.0, 900.0])
    assert np.isnan(estimate.standard_error_ha).all()
    assert np.isnan(estimate.covariance_ha2).all()
    assert np.isnan(estimate.users.standard_error).all()
    told = {(finding.code, finding.place): finding for finding in estimate.findings}
    assert told["BC-ACC-09", "stratum a"].amount == pytest.approx(100 * 3 / 20)
    assert ("BC-ACC-11", "class a") in told
    assert ("BC-ACC-08", "stratum a") in told
    assert ("BC-ACC-08", "stratum b") not in told


def test_without_a_design_only_shares_of_the_sample():
    users, producers, told = sample_rates(sample_of_matrix(("m", "o"), np.array([[968, 32], [148, 852]])))
    assert users.value.tolist() == pytest.approx([0.968, 0.852])
    assert producers.value.tolist() == pytest.approx([968 / 1116, 852 / 884])
    assert np.isnan(users.standard_error).all()
    for limit in (users.low[0], users.high[0]):  # Wilson 1927: the shares from which 0.968 lies z standard errors off
        assert abs(0.968 - limit) / np.sqrt(limit * (1 - limit) / 1000) == pytest.approx(Z_95, rel=1e-9)
    assert told.code == "BC-ACC-12"


def test_a_perfect_share_of_few_points_has_a_wide_interval():
    users, _, _ = sample_rates(sample_of_matrix(("m", "o"), np.array([[5, 0], [1, 3]])))
    assert users.value[0] == 1
    assert users.low[0] == pytest.approx(5 / (5 + Z_95**2), rel=1e-12)  # Wilson at share 1
