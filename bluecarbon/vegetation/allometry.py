"""Mass of one stem from its measurements: an allometry is a form of `equations` with the coefficients of one row.

What an equation was fitted on travels with it: component, kind of diameter, range, place, source and how sure we are
of each. Used outside its range it warns or refuses, as asked; it never quietly extrapolates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.equations import FORMS
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

OUTSIDE = ("warn", "refuse")
COEFFICIENTS = ("a", "b", "c", "d")
MEASURES = ("diameter", "height", "wood_density", "above")
MEASURE_WORDS = {
    "diameter": phrase("a diameter [cm]"),
    "height": phrase("a height [m]"),
    "wood_density": phrase("a wood density [g/cm3]"),
    "above": phrase("the mass above ground [kg]"),
}


@dataclass(frozen=True)
class Allometry:
    """One row of the catalogue: a form, its coefficients and where they were born.

    Parameters
    ----------
    id, taxon, component, form : str
        Name; species, genus or "any"; "above", "below" or "total"; key of `FORMS`.
    diameter_kinds : tuple of str
        Kinds of diameter it takes: "breast height", "basal", "height/10", "above prop root".
    coefficients : mapping of str to float
        a, b, c, d as the form needs them; units hidden in them are those of the source.
    diameter_range_cm, height_range_m : tuple of (float or None)
        Range of the trees it was fitted on, None where not stated. [cm], [m]
    log_base, growth_form, place, source, locator, value_status, range_status, caution : str
        Base of the source's logarithm ("e", "10" or empty); provenance and marks; a dispute to tell the user of.
    residual_se : float or None
        Standard deviation of ln mass of one tree around the equation, where published. [1]
    bias_factor : float
        Correction for the back-transform published with it; 1 where none. [1]
    """

    id: str
    taxon: str
    component: str
    form: str
    diameter_kinds: tuple[str, ...]
    coefficients: Mapping[str, float]
    diameter_range_cm: tuple[float | None, float | None]
    height_range_m: tuple[float | None, float | None]
    log_base: str
    growth_form: str
    place: str
    residual_se: float | None
    bias_factor: float
    source: str
    locator: str
    value_status: str
    range_status: str
    caution: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Measurements of the stem the form takes, of `MEASURES`."""
        return tuple(argument.name for argument in FORMS[self.form].arguments if argument.name in MEASURES)

    def mass_kg(self, stems: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Dry mass as the equation gives it, before any clamp. Shape of the stems. [kg]

        Parameters
        ----------
        stems : mapping of str to array
            The measurements in `needs`: diameter [cm], height [m], wood_density [g/cm3], above [kg]. Any shape.
        """
        given = {name: stems[name] for name in self.needs}
        return FORMS[self.form](**given, **self.coefficients) * self.bias_factor


def out_of_range(
    equation: Allometry, diameter_cm: NDArray[np.float64], height_m: NDArray[np.float64] | None = None
) -> NDArray[np.bool_]:
    """True where a stem lies outside the trees the equation was fitted on.

    Parameters
    ----------
    equation : Allometry
    diameter_cm : array, shape (stem,)
        [cm]
    height_m : array, shape (stem,), optional
        [m]; NaN where not measured, which counts as inside.
    """
    outside = np.zeros(np.shape(diameter_cm), dtype=bool)
    for values, (low, high) in ((diameter_cm, equation.diameter_range_cm), (height_m, equation.height_range_m)):
        if values is None:
            continue
        with np.errstate(invalid="ignore"):
            if low is not None:
                outside |= values < low
            if high is not None:
                outside |= values > high
    return outside


def checked_mass_kg(
    equation: Allometry,
    stems: Mapping[str, NDArray[np.float64]],
    *,
    places: list[str],
    outside: str,
    findings: Findings,
) -> NDArray[np.float64]:
    """Mass of each stem with every check: measurements present, range, negative results.

    Parameters
    ----------
    equation : Allometry
    stems : mapping of str to array, shape (stem,)
        diameter [cm], height [m], wood_density [g/cm3], above [kg]; NaN where not measured.
    places : list of str
        Where each stem stands in the input, for messages.
    outside : {"warn", "refuse"}
        What a stem outside the fitted range leads to.
    findings : Findings
        Added to: BC-VEG-01 outside the range; BC-VEG-04 a needed measurement is missing; BC-VEG-10 negative mass,
        set to zero; BC-VEG-14 the equation's source is disputed.

    Returns
    -------
    array, shape (stem,)
        Dry mass, never negative; NaN where a measurement is missing. [kg]

    Raises
    ------
    InputError
        BC-VEG-15 `outside` is not one of its words.
    """
    if outside not in OUTSIDE:
        raise refuse("BC-VEG-15", "outside", outside, joined(" or ", OUTSIDE))
    _check_stems(equation, stems, places, outside, findings)
    with np.errstate(invalid="ignore", divide="ignore"):
        mass = np.asarray(equation.mass_kg(stems), dtype=float)
    negative = mass < 0
    _report(
        findings,
        "BC-VEG-10",
        places,
        negative,
        "a negative mass",
        phrase("mass of at least 0 kg from {equation}", equation=equation.id),
        "The straight line crosses zero for small stems; they were counted as 0 kg.",
        severity="warning",
    )
    if equation.caution and len(places):
        findings.add(
            "BC-VEG-14", equation.id, equation.caution, "an undisputed equation", "Its results are marked.", "warning"
        )
    return np.where(negative, 0.0, mass)


def _check_stems(
    equation: Allometry, stems: Mapping[str, NDArray[np.float64]], places: list[str], outside: str, findings: Findings
) -> None:
    """Measurements the equation needs, and the range it was fitted on."""
    lacking = np.zeros(len(places), dtype=bool)
    for name in equation.needs:
        empty = np.isnan(stems[name])
        lacking |= empty
        _report(
            findings,
            "BC-VEG-04",
            places,
            empty,
            phrase("nothing for {measure_words}", measure_words=MEASURE_WORDS[name]),
            phrase(
                "{measure_words}, which equation {equation} needs",
                measure_words=MEASURE_WORDS[name],
                equation=equation.id,
            ),
            "Measure it, or choose an equation that does without.",
        )
    strange = out_of_range(equation, stems["diameter"], stems.get("height")) & ~lacking
    _report(
        findings,
        "BC-VEG-01",
        places,
        strange,
        _extremes(stems, strange),
        phrase("{range_words} for {equation}", range_words=_range_words(equation), equation=equation.id),
        "The equation was not fitted on such stems. Choose one that was, or accept the extrapolation.",
        severity="error" if outside == "refuse" else "warning",
    )


def _report(
    findings: Findings,
    code: str,
    places: list[str],
    where: NDArray[np.bool_],
    found: str,
    expected: str,
    remedy: str,
    severity: str = "error",
) -> None:
    """One finding for all the stems a fault touches: the first places by name, the rest by count."""
    rows = [place for place, hit in zip(places, where, strict=True) if hit]
    if not rows:
        return
    shown = joined(", ", rows[:3]) + (phrase(" and {n} more", n=len(rows) - 3) if len(rows) > 3 else "")
    findings.add(code, shown, found, expected, remedy, severity, amount=float(len(rows)), unit="stems")


def _extremes(stems: Mapping[str, NDArray[np.float64]], where: NDArray[np.bool_]) -> str:
    if not where.any():
        return ""
    words = [phrase("diameter {span} cm", span=_span(stems["diameter"][where]))]
    height = stems.get("height")
    if height is not None and np.isfinite(height[where]).any():
        words.append(phrase("height {span} m", span=_span(height[where])))
    return joined(", ", words)


def _span(values: NDArray[np.float64]) -> str:
    low, high = np.nanmin(values), np.nanmax(values)
    return f"{low:g}" if low == high else phrase("{low:g} to {high:g}", low=low, high=high)


def _range_words(equation: Allometry) -> str:
    words = []
    named = (("diameter", "cm", equation.diameter_range_cm), ("height", "m", equation.height_range_m))
    for name, unit, (low, high) in named:
        if low is not None and high is not None:
            span = phrase("{low:g} to {high:g}", low=low, high=high)
            words.append(phrase("{name} {span} {unit}", name=phrase(name), span=span, unit=unit))
        elif low is not None or high is not None:
            span = phrase("at least {low:g}", low=low) if high is None else phrase("at most {high:g}", high=high)
            words.append(phrase("{name} {span} {unit}", name=phrase(name), span=span, unit=unit))
    return joined(" and ", words)
