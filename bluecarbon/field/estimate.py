"""The mean of a stratum from its samples, with an interval that holds the samples' scatter and what they share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bluecarbon.field.links import FieldStratum
from bluecarbon.sampling.strata import Stratum, stratified, t_quantile
from methodology.base.phrases import phrase
from methodology.factors.table import Factor, known_quantities

LEVEL = 0.95  # the level of a statement's intervals
GUIDE = "measured"
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


@dataclass(frozen=True)
class SampleMean:
    """Mean of a stratum.

    Parameters
    ----------
    mean, half_width : float
        `half_width` of the t interval at `LEVEL`.
    sampling_se, shared_se : float
        From the scatter between samples; from what all samples share.
    count : int
        Samples: cores, sites or plots.
    df : float
        Degrees of freedom of the interval.
    paired_se : float
        Root of the covariance with the other part of the same plants, added to the interval of each: see `sample_mean`.
    """

    mean: float
    half_width: float
    sampling_se: float
    shared_se: float
    count: int
    df: float
    paired_se: float = 0.0

    @property
    def limits(self) -> tuple[str, float | None, float | None]:
        """Form of the distribution and its limits at `LEVEL`.

        Notes
        -----
        Normal; where its lower limit would be below zero, the lognormal of the same mean and standard deviation,
        because a stock is not negative; unknown where samples were all alike, which is no proof of certainty.
        """
        if self.half_width <= 0 or self.mean <= 0:
            return "unknown", None, None
        if self.mean - self.half_width >= 0:
            return "normal", self.mean - self.half_width, self.mean + self.half_width
        sigma = math.sqrt(math.log1p((self.half_width / _Z / self.mean) ** 2))
        middle = math.log(self.mean) - sigma**2 / 2
        return "lognormal", math.exp(middle - _Z * sigma), math.exp(middle + _Z * sigma)


def sample_mean(
    name: str, values: NDArray[np.float64], shared_se: float = 0.0, paired: tuple[float, float] = (0.0, 0.0)
) -> SampleMean:
    """Mean of the samples of one stratum.

    Parameters
    ----------
    values : array, shape (sample,)
        One value per independent sample; two or more.
    shared_se : float
        Standard error of the mean that all samples share, which more of them do not shrink.
    paired : (float, float)
        Covariance with the mean of the other part of the same plants: from the scatter between samples, and from what
        all samples share. [unit squared]

    Raises
    ------
    InputError
        BC-SAM-02 one sample; BC-SAM-04 a value that is not a number.

    Notes
    -----
    Half width t·√(s²/n + shared²), t on Welch-Satterthwaite's degrees of freedom: n − 1 for the scatter, none spent on
    what is shared, which does not come from these few samples. Source: jcgm100, G.4. With three samples or fewer the
    added degrees of freedom can outweigh the added error; the half width is never below t·s/√n, that of the scatter
    alone, so that knowing less never narrows it.

    Shoots and roots are two factors, drawn independently, although they were measured on the same trees. Each carries
    their covariance c on top of its own variance, so that the sum has V(a) + V(b) + 2c, as it should, and neither part
    looks better known than it is. A negative covariance, which would make the sum surer, is left out.
    """
    found = stratified([Stratum(name, 1.0, np.asarray(values, dtype=float))])
    paired_sampling, paired_shared = (max(part, 0.0) for part in paired)
    sampling = found.standard_error**2 + paired_sampling
    both = math.sqrt(sampling + shared_se**2 + paired_shared)
    spent = sampling**2 / found.df_design
    df = both**4 / spent if spent > 0 else math.inf
    half_width, alone = t_quantile(LEVEL, df) * both, t_quantile(LEVEL, found.df_design) * math.sqrt(sampling)
    if alone > half_width:
        half_width, df = alone, found.df_design
    return SampleMean(
        found.mean, half_width, found.standard_error, shared_se, len(values), df,
        math.sqrt(paired_sampling + paired_shared),
    )  # fmt: skip


def sampling_covariance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Covariance of the means of two quantities of the same samples, shape (sample,) each. [unit squared]"""
    return float(np.cov(first, second, ddof=1)[0, 1]) / len(first)


@dataclass(frozen=True)
class Measurement:
    """A measured mean of one quantity in one stratum.

    Parameters
    ----------
    quantity : str
        Of the factor vocabulary; `part` tells above from below ground.
    pool : str
        Pool of the statement it decides, empty for a rate.
    sample : str
        What was counted: cores, plots.
    source : str
        File name.
    roles : tuple of str
        Roles of the files behind it.
    grade : str
        Quality grades of the samples, empty where none are given.
    year : float or None
        Decimal year of the measurement. [yr]
    note : str
        What was averaged, and how; a phrase, so that reports have its Chinese.
    behind : tuple of mapping
        Equations and factor rows inside the mean: quantity, of, value, unit, source, value_status.
    """

    stratum: FieldStratum
    quantity: str
    pool: str
    mean: SampleMean
    sample: str
    source: str
    roles: tuple[str, ...]
    part: str = ""
    grade: str = ""
    year: float | None = None
    note: str = ""
    behind: tuple[Mapping[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """Id of its factor."""
        parts = ("measured", self.stratum.habitat, self.stratum.name, self.quantity, self.part)
        return "/".join(part for part in parts if part)

    @property
    def said(self) -> str:
        """Number of samples and grade in words, such as ``6 cores, grade C2``."""
        sample = phrase("{n} {sample}", n=self.mean.count, sample=phrase(self.sample))
        return phrase("{sample}, grade {grade}", sample=sample, grade=self.grade) if self.grade else sample

    def factor(self) -> Factor:
        """The measurement as a factor row of its stratum."""
        known = known_quantities()[self.quantity]
        form, low, high = self.mean.limits
        applies = {"habitat": (self.stratum.habitat,), "stratum": self.stratum.labels}
        if self.part:
            applies["part"] = (self.part,)
        printed = f"{self.mean.mean:.5g} {known.unit}" + (f" ({low:.5g} to {high:.5g})" if low is not None else "")
        locator = phrase("mean of {said}, {df:.3g} degrees of freedom", said=self.said, df=self.mean.df)
        return Factor(
            self.id, GUIDE, self.quantity, self.mean.mean, known.unit, low, high, LEVEL, "ci of mean", form, None,
            applies, self.source, locator, "local", "local" if low is not None else "", self.note, printed, 0,
            self.roles, self.year,
        )  # fmt: skip
