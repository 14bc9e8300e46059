"""Stratified estimates of area and accuracy from a sample of checked places.

One estimator serves all: a mean over strata for areas and overall accuracy, a ratio of two such means for user's and
producer's accuracy. Where the strata are the classes of the map it gives the equations of olofsson2014; where they
are not, those of stehman2014, of which the former are a special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from methodology.base.errors import Finding, Findings
from methodology.base.phrases import phrase

FEW_POINTS = 30  # below, the normal interval of a share is rough
RULE_OF_THREE = 3.0  # n agreeing points leave at most about 3/n unseen at 95 %


@dataclass(frozen=True)
class Sample:
    """Checked places, counted.

    Parameters
    ----------
    strata, classes : tuple of str
        Names.
    counts : array of int, shape (stratum, map class, reference class)
        Number of points.
    """

    strata: tuple[str, ...]
    classes: tuple[str, ...]
    counts: np.ndarray

    @property
    def matrix(self) -> np.ndarray:
        """Error matrix of counts, shape (map class, reference class)."""
        return self.counts.sum(axis=0)


@dataclass(frozen=True)
class Rate:
    """A share with its error, one value for each class.

    Parameters
    ----------
    value, standard_error, low, high : array, shape (class,)
        NaN where not known. [1]
    """

    value: np.ndarray
    standard_error: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class AreaEstimate:
    """Areas by reference class, and how right the map is.

    Parameters
    ----------
    classes : tuple of str
    area_ha, standard_error_ha, low_ha, high_ha : array, shape (class,)
        Error and limits are NaN where the sample cannot tell them. [ha]
    covariance_ha2 : array, shape (class, class)
        Of the areas; rows and columns of a class whose error is not known are NaN. [ha2]
    users, producers, overall : Rate
        User's and producer's accuracy by class; overall accuracy, shape (1,).
    proportions : array, shape (map class, reference class)
        Error matrix in shares of the area. [1]
    level : float
        Of the limits. [1]
    findings : tuple of Finding
    """

    classes: tuple[str, ...]
    area_ha: np.ndarray
    standard_error_ha: np.ndarray
    low_ha: np.ndarray
    high_ha: np.ndarray
    covariance_ha2: np.ndarray
    users: Rate
    producers: Rate
    overall: Rate
    proportions: np.ndarray
    level: float
    findings: tuple[Finding, ...]


def sample_of_points(mapped: Sequence[str], reference: Sequence[str], stratum: Sequence[str] | None = None) -> Sample:
    """Count checked points.

    Parameters
    ----------
    mapped, reference : sequence of str
        Class on the map and in truth of each point.
    stratum : sequence of str or None
        Stratum each point was drawn from; None where strata are the classes of the map.

    Returns
    -------
    Sample
        Names in alphabetical order.
    """
    drawn = mapped if stratum is None else stratum
    classes = tuple(sorted({*mapped, *reference}))
    strata = tuple(sorted(set(drawn)))
    counts = np.zeros((len(strata), len(classes), len(classes)), dtype=np.int64)
    at = (
        [strata.index(name) for name in drawn],
        [classes.index(name) for name in mapped],
        [classes.index(name) for name in reference],
    )
    np.add.at(counts, at, 1)
    return Sample(strata, classes, counts)


def sample_of_matrix(classes: Sequence[str], counts: np.ndarray) -> Sample:
    """An error matrix of counts (map class, reference class) whose strata are the classes of the map."""
    matrix = np.asarray(counts, dtype=np.int64)
    mapped = np.flatnonzero(matrix.sum(axis=1))
    own = np.zeros((len(mapped), *matrix.shape), dtype=np.int64)
    own[np.arange(len(mapped)), mapped] = matrix[mapped]
    return Sample(tuple(classes[k] for k in mapped), tuple(classes), own)


def stratified_estimate(sample: Sample, stratum_area_ha: Sequence[float], level: float = 0.95) -> AreaEstimate:
    """Areas and accuracies of a random sample within strata of known area.

    Parameters
    ----------
    sample : Sample
    stratum_area_ha : sequence of float, shape (stratum,)
        Area of each stratum. [ha]
    level : float
        Of the limits, from the normal distribution. [1]

    Returns
    -------
    AreaEstimate
        Findings: BC-ACC-08 few points, -09 strata whose points all agree, -10 classes without points, -11 areas
        whose error is not known.

    Raises
    ------
    InputError
        BC-ACC-08 a stratum with fewer than two points: neither its class shares nor their error can be estimated.

    Notes
    -----
    olofsson2014 eq. 2–11; stehman2014 eq. 1–3 and the ratio estimator with its variance by linearisation. The
    sampled share of a stratum is taken as negligible (no finite-population correction).
    """
    findings = Findings()
    number = sample.counts.sum(axis=(1, 2))
    area = np.asarray(stratum_area_ha, dtype=float)
    _check_numbers(sample, number, area, findings)
    share = sample.counts / number[:, None, None]
    weight = area / area.sum()
    proportions = np.tensordot(weight, share, axes=1)
    by_reference = share.sum(axis=1)
    estimate = area @ by_reference
    covariance = _covariance(by_reference, area**2 / (number - 1))
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    unknown = error <= 1e-12 * area.sum()
    _tell_unanimous(sample, number, area, findings)
    _tell_unknown(sample, unknown, findings)
    error = np.where(unknown, np.nan, error)
    covariance = np.where(unknown[:, None] | unknown[None, :], np.nan, covariance)
    z = NormalDist().inv_cdf((1 + level) / 2)
    rates = _Rates(share, weight, number, z)
    _tell_classes(sample, findings)
    return AreaEstimate(
        classes=sample.classes,
        area_ha=estimate,
        standard_error_ha=error,
        low_ha=np.maximum(estimate - z * error, 0.0),
        high_ha=np.minimum(estimate + z * error, area.sum()),
        covariance_ha2=covariance,
        users=rates.users(),
        producers=rates.producers(),
        overall=rates.overall(),
        proportions=proportions,
        level=level,
        findings=tuple(findings),
    )


def _covariance(share: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Covariance of totals over strata, from the multinomial covariance of the shares in each."""
    own = np.einsum("hj,jk->hjk", share, np.eye(share.shape[1]))
    return np.einsum("h,hjk->jk", factor, own - np.einsum("hj,hk->hjk", share, share))


@dataclass(frozen=True)
class _Rates:
    share: np.ndarray
    weight: np.ndarray
    number: np.ndarray
    z: float

    def users(self) -> Rate:
        return self._by_class(lambda k: self._indicator(row=k))

    def producers(self) -> Rate:
        return self._by_class(lambda k: self._indicator(column=k))

    def overall(self) -> Rate:
        size = self.share.shape[1]
        return self._rate([self._ratio(np.eye(size), np.ones((size, size)))])

    def _by_class(self, base: object) -> Rate:
        values = []
        for k in range(self.share.shape[1]):
            both = self._indicator(k, k)
            values.append(self._ratio(both, base(k)))
        return self._rate(values)

    def _indicator(self, row: int | None = None, column: int | None = None) -> np.ndarray:
        out = np.zeros(self.share.shape[1:])
        out[slice(None) if row is None else row, slice(None) if column is None else column] = 1.0
        return out

    def _ratio(self, y: np.ndarray, x: np.ndarray) -> tuple[float, float]:
        """Ratio of the means of y and x over the area, and its standard error."""
        below = self._mean(x) @ self.weight
        if below <= 0:
            return np.nan, np.nan
        ratio = float(self._mean(y) @ self.weight / below)
        rest = y - ratio * x
        within = np.maximum(self._mean(rest**2) - self._mean(rest) ** 2, 0.0)
        error = float(np.sqrt(self.weight**2 @ (within / (self.number - 1))) / below)
        return ratio, error if error > 1e-12 else np.nan

    def _mean(self, values: np.ndarray) -> np.ndarray:
        return np.tensordot(self.share, values, axes=2)

    def _rate(self, pairs: Sequence[tuple[float, float]]) -> Rate:
        value, error = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
        low, high = np.maximum(value - self.z * error, 0.0), np.minimum(value + self.z * error, 1.0)
        return Rate(value, error, low, high)


def sample_rates(sample: Sample, level: float = 0.95) -> tuple[Rate, Rate, Finding]:
    """Shares among the points alone, for a sample whose design is not known: no statement on the map or on areas.

    Parameters
    ----------
    sample : Sample
    level : float
        Of the limits. [1]

    Returns
    -------
    (Rate, Rate, Finding)
        Share of points mapped as a class that are of it, share of points of a class that are mapped as it, and
        BC-ACC-12. Limits by wilson1927; no standard error is given.
    """
    hits, matrix = np.diag(sample.matrix).astype(float), sample.matrix
    told = Finding(
        "BC-ACC-12",
        "points",
        "no sampling design or no stratum areas",
        "how the points were drawn, and the area of every stratum",
        "Only shares of the sample are given, no areas: points may lie where errors are rare or frequent. "
        "Limits hold if points were drawn at random within the class of their row.",
        "warning",
    )
    users, found = (_wilson(hits, matrix.sum(axis=axis), level) for axis in (1, 0))
    nothing = np.full(len(hits), np.nan)  # points are rarely drawn by reference class, so there are no limits
    return users, Rate(found.value, nothing, nothing, nothing), told


def _wilson(hits: np.ndarray, number: np.ndarray, level: float) -> Rate:
    z = NormalDist().inv_cdf((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / number
        centre = (share + z**2 / (2 * number)) / (1 + z**2 / number)
        half = z * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2)) / (1 + z**2 / number)
    nothing = np.full(len(hits), np.nan)
    empty = number == 0
    value = np.where(empty, np.nan, share)
    return Rate(value, nothing, np.where(empty, np.nan, centre - half), np.where(empty, np.nan, centre + half))


def _check_numbers(sample: Sample, number: np.ndarray, area: np.ndarray, findings: Findings) -> None:
    for name, points, size in zip(sample.strata, number, area, strict=True):
        if points < 2:
            findings.add(
                "BC-ACC-08",
                phrase("stratum {name}", name=name),
                phrase("{points} points", points=points),
                "at least two, better fifty",
                "Check more places of this stratum, or join it with one like it. Its error is not taken as zero.",
                amount=float(size),
                unit="ha",
            )
        elif points < FEW_POINTS:
            findings.add(
                "BC-ACC-08",
                phrase("stratum {name}", name=name),
                phrase("{points} points", points=points),
                phrase("at least {few_points}, better fifty", few_points=FEW_POINTS),
                "Limits from so few points are rough.",
                "warning",
                amount=float(size),
                unit="ha",
            )
    findings.stop_on_errors()


def _tell_unanimous(sample: Sample, number: np.ndarray, area: np.ndarray, findings: Findings) -> None:
    """A stratum whose points all are of one class adds nothing to the error, though it may hide others."""
    for h, name in enumerate(sample.strata):
        if (sample.counts[h].sum(axis=0) > 0).sum() == 1:
            findings.add(
                "BC-ACC-09",
                phrase("stratum {name}", name=name),
                phrase("all {number} points of one reference class", number=number[h]),
                "a sample large enough to meet the rest",
                phrase(
                    "Its part of the error is not in the intervals; up to {value:.2g} % of the stratum may "
                    "be of other classes.",
                    value=100 * min(1.0, RULE_OF_THREE / number[h]),
                ),
                "warning",
                amount=float(area[h] * min(1.0, RULE_OF_THREE / number[h])),
                unit="ha",
                share=float(area[h] / area.sum() * min(1.0, RULE_OF_THREE / number[h])),
            )


def _tell_unknown(sample: Sample, unknown: np.ndarray, findings: Findings) -> None:
    for name in np.array(sample.classes, dtype=object)[unknown]:
        findings.add(
            "BC-ACC-11",
            phrase("class {name}", name=name),
            "no disagreement in the sample",
            "points that tell the error of its area",
            "The error is not known and is not taken as zero: check more places.",
            "warning",
        )


def _tell_classes(sample: Sample, findings: Findings) -> None:
    for k, name in enumerate(sample.classes):
        for axis, what in ((1, "no point mapped as it"), (0, "no point of it")):
            if not sample.matrix.sum(axis=axis)[k]:
                findings.add(
                    "BC-ACC-10",
                    phrase("class {name}", name=name),
                    what,
                    "the same class names on map and in reference",
                    "Is it spelt alike in both? Otherwise it is too rare for this sample.",
                    "warning",
                )
