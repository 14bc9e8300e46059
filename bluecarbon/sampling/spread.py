"""How much plots of a stratum are said to differ: by a standard deviation, or by a coefficient of variation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd

LEAST_CV = 0.05  # plots of carbon differ by a tenth and more; below a twentieth another number was typed


def stated_spread(
    frame: pd.DataFrame, mean: np.ndarray, sd: np.ndarray, cv_percent: float | None, findings: Findings
) -> np.ndarray:
    """Standard deviations as stated, or by coefficients of variation; a spread too small to be true is asked about.

    Parameters
    ----------
    frame : DataFrame
        Columns stratum and cv. [1]
    mean, sd : array, shape (stratum,)
        In the unit of the quantity; NaN where nothing is stated.
    cv_percent : float, optional
        For strata that state neither. [%]
    findings : Findings
        Takes BC-SAM-14, a spread below a twentieth of the mean.

    Returns
    -------
    array, shape (stratum,)
        Standard deviations, in the unit of the quantity.

    Raises
    ------
    InputError
        BC-SAM-07 a coefficient of variation without a mean; BC-SAM-08 none above zero; BC-SAM-15 both stated.
    """
    cv = frame["cv"].to_numpy(dtype=float)
    if cv_percent is not None:
        if not np.isfinite(cv_percent) or cv_percent <= 0:
            raise refuse("BC-SAM-08", "--cv", cv_percent, "a percentage above 0", "Thirty percent is 30.")
        cv = np.where(np.isnan(cv) & np.isnan(sd), cv_percent / 100, cv)
    for name, both in zip(frame["stratum"], np.isfinite(sd) & np.isfinite(cv), strict=True):
        if both:
            findings.add("BC-SAM-15", phrase("stratum {stratum}", stratum=name), "sd and cv", "one of them",
                         "Leave the cell empty of the one that was not meant.", "error")  # fmt: skip
    for name, m, wanted in zip(frame["stratum"], mean, np.isfinite(cv) & np.isnan(sd), strict=True):
        if wanted and np.isnan(m):
            findings.add("BC-SAM-07", phrase("stratum {stratum}", stratum=name), "no mean", "a mean beside a coefficient of variation",
                         "Fill the column mean, or give sd.", "error")  # fmt: skip
    findings.stop_on_errors()
    spread = np.where(np.isnan(sd), cv * np.abs(mean), sd)
    for name, m, s in zip(frame["stratum"], np.abs(mean), spread, strict=True):
        if 0 < s < LEAST_CV * m:
            findings.add(
                "BC-SAM-14", phrase("stratum {stratum}", stratum=name),
                phrase("sd {sd:g} beside a mean of {mean:g}: {percent:.2g} % of it", sd=s, mean=m, percent=100 * s / m),
                phrase("at least {percent:g} % of the mean between plots", percent=100 * LEAST_CV),
                phrase("Did you mean a coefficient of variation of {sd:g}, an sd of {other:g}? Then put it into the column "
                       "cv, or give --cv.", sd=s, other=s * m) if s < 1 else
                phrase("Did you mean a coefficient of variation of {sd:g} %, an sd of {other:g}? Then put it into the column "
                       "cv [%], or give --cv.", sd=s, other=s * m / 100),
                "warning",
            )  # fmt: skip
    return spread


def refuse_unknown_spread(names: list[str], sd: np.ndarray, source: str) -> None:
    """Refuse a plan with a stratum of unknown spread.

    Raises
    ------
    InputError
        BC-SAM-07
    """
    lacking = [n for n, s in zip(names, sd, strict=True) if np.isnan(s)]
    if lacking:
        remedy = "Fill the column, or give a pilot."
        raise refuse(
            "BC-SAM-07",
            phrase("{path}, sd of {names}", path=source, names=", ".join(lacking)),
            "nothing",
            "a number",
            remedy,
        )
