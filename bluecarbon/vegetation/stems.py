"""From measured stems to dry mass, with what each error source does to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.allometry import Allometry, checked_mass_kg
from bluecarbon.vegetation.choosing import choose_equation, choose_factor
from bluecarbon.vegetation.equations import truncated_cone
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bluecarbon.vegetation.catalogue import Factor, SetRow

STEP = 1e-5  # relative step of the central difference; its error is of order 1e-10, far below any error source
BREAST_CM = 130.0  # height above ground at which a diameter at breast height is taken
POLICIES = {
    "dead_roots": ("none", "full"),
    "broken_trunks": ("factor", "cone"),
    "cone_top": ("taper", "dbh"),
    "outside": ("warn", "refuse"),
}


@dataclass(frozen=True)
class Stems:
    """Measured stems, one entry each; NaN where a number was not measured.

    Parameters
    ----------
    species, diameter_kind, place : sequence of str, length stem
        Binomial; kind of diameter; where the row stands in the input, for messages.
    diameter_cm, height_m, wood_density, base_diameter_cm : array, shape (stem,)
        [cm], [m], [g/cm3] (NaN: taken from the factor table), [cm] (broken trunks only).
    dead_class : array of int, shape (stem,)
        0 alive; 1 twigs left; 2 branches left; 3 trunk only.
    diameter_se_cm, height_se_m, wood_density_se : array, shape (stem,)
        Standard error of one reading, NaN where not assessed. [cm], [m], [g/cm3]
    """

    species: tuple[str, ...]
    diameter_kind: tuple[str, ...]
    place: tuple[str, ...]
    diameter_cm: NDArray[np.float64]
    height_m: NDArray[np.float64]
    wood_density: NDArray[np.float64]
    base_diameter_cm: NDArray[np.float64]
    dead_class: NDArray[np.int_]
    diameter_se_cm: NDArray[np.float64]
    height_se_m: NDArray[np.float64]
    wood_density_se: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.species)


@dataclass(frozen=True)
class Choices:
    """What a person decides about the calculation; every field is shown beside the result.

    Parameters
    ----------
    equations : sequence of SetRow
        The equation set.
    known : mapping of id to Allometry
        The equations its rows name.
    place : str
        Chooses among factor rows that differ by place.
    outside : {"warn", "refuse"}
        For stems outside an equation's range.
    dead_roots : {"none", "full"}
        Whether a dead tree still counts its roots; published tables do either.
    broken_trunks : {"factor", "cone"}
        Class 3 by the decay factor, or as a truncated cone where basal diameter and height are measured.
    cone_top : {"taper", "dbh"}
        Top of the cone from the taper between base and breast height, or equal to the breast-height diameter.
    model_error : float or None
        Relative standard error shared by all uses of one equation; None takes the factor row. [1]
    """

    equations: tuple[SetRow, ...]
    known: Mapping[str, Allometry]
    place: str = ""
    outside: str = "warn"
    dead_roots: str = "none"
    broken_trunks: str = "factor"
    cone_top: str = "taper"
    model_error: float | None = None

    def __post_init__(self) -> None:
        for name, words in POLICIES.items():
            if getattr(self, name) not in words:
                raise refuse("BC-VEG-15", name, getattr(self, name), joined(" or ", words))
        if self.model_error is not None and not 0 <= self.model_error < 1:
            raise refuse("BC-VEG-15", "model_error", self.model_error, "a relative standard error from 0 to below 1")


@dataclass(frozen=True)
class StemMass:
    """Dry mass of each stem and its sensitivity to what was measured.

    Parameters
    ----------
    above_kg, below_kg : array, shape (stem,)
        Standing mass after decay factors; below is zero for dead stems unless asked otherwise. [kg]
    equation : mapping of component to array of str, shape (stem,)
        Id of the equation (or "truncated-cone") each mass came from.
    slope : mapping of (component, measure) to array, shape (stem,)
        Derivative of the mass by diameter [kg/cm], height [kg/m] and wood density [kg/(g/cm3)].
    residual_kg : mapping of component to array, shape (stem,)
        Scatter of a single tree around its equation, zero where not published. [kg]
    wood_density, wood_density_se : array, shape (stem,)
        Value used and its standard error. [g/cm3]
    shared_density : array of bool, shape (stem,)
        True where the density is the species' value, so that its error is shared.
    """

    above_kg: NDArray[np.float64]
    below_kg: NDArray[np.float64]
    equation: dict[str, NDArray[np.object_]]
    slope: dict[tuple[str, str], NDArray[np.float64]] = field(repr=False)
    residual_kg: dict[str, NDArray[np.float64]] = field(repr=False)
    wood_density: NDArray[np.float64] = field(repr=False)
    wood_density_se: NDArray[np.float64] = field(repr=False)
    shared_density: NDArray[np.bool_] = field(repr=False)


def stem_mass(stems: Stems, choices: Choices, factors: tuple[Factor, ...], findings: Findings) -> StemMass:
    """Dry mass above and below ground of every stem.

    Parameters
    ----------
    stems : Stems
    choices : Choices
    factors : sequence of Factor
    findings : Findings
        Added to; the caller stops on errors. Codes BC-VEG-01 to 05, 10, 14.

    Returns
    -------
    StemMass
        Masses are NaN where an error was found.
    """
    chosen = {part: _assigned(stems, choices, part, findings) for part in ("above", "below")}
    density, density_se, shared = _densities(stems, choices, factors, chosen, findings)
    measures = {"diameter": stems.diameter_cm, "height": stems.height_m, "wood_density": density}
    decay = _decay(stems, factors)
    cone = (
        (choices.broken_trunks == "cone")
        & (stems.dead_class == 3)
        & np.isfinite(stems.base_diameter_cm)
        & np.isfinite(stems.height_m)
    )
    mass, slope, residual, names = {}, {}, {}, {}
    for part in ("above", "below"):
        mass[part], part_slope, residual[part] = _by_equation(
            stems, measures, chosen[part], cone if part == "above" else None, choices, findings
        )
        scale = (
            decay if part == "above" else np.where((stems.dead_class > 0) & (choices.dead_roots == "none"), 0.0, 1.0)
        )
        mass[part] = mass[part] * scale
        residual[part] = residual[part] * scale
        slope |= {(part, measure): values * scale for measure, values in part_slope.items()}
        names[part] = np.array([equation.id if equation else "" for equation in chosen[part]], dtype=object)
    if cone.any():
        _replace_by_cones(stems, cone, choices, factors, mass, slope, residual, names)
    return StemMass(mass["above"], mass["below"], names, slope, residual, density, density_se, shared)


def _assigned(stems: Stems, choices: Choices, part: str, findings: Findings) -> list[Allometry | None]:
    """Equation of every stem; one finding per kind of stem that has none."""
    known: dict[tuple[str, str, float | None], Allometry | None] = {}
    banded = any(row.height_low_m is not None or row.height_high_m is not None for row in choices.equations)
    result = []
    for species, kind, height in zip(stems.species, stems.diameter_kind, stems.height_m.tolist(), strict=True):
        key = (species, kind, height if banded and height == height else None)
        if not kind:
            result.append(None)  # refused already for want of the kind of diameter
            continue
        if key not in known:
            try:
                known[key] = choose_equation(choices.equations, choices.known, part, *key)
            except InputError as error:
                known[key] = None
                findings.extend(finding for finding in error.findings if finding not in findings.items)
        result.append(known[key])
    return result


def _densities(
    stems: Stems,
    choices: Choices,
    factors: tuple[Factor, ...],
    chosen: dict[str, list[Allometry | None]],
    findings: Findings,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    density = stems.wood_density.copy()
    error = np.where(np.isnan(stems.wood_density_se), 0.0, stems.wood_density_se)
    wanted = np.array(
        [any(e is not None and "wood_density" in e.needs for e in pair) for pair in zip(*chosen.values(), strict=True)],
        dtype=bool,
    )
    shared = wanted & np.isnan(density)
    fallback = choose_factor(factors, "wood_density_error").value
    for species in sorted({stems.species[i] for i in np.flatnonzero(shared)}):
        rows = shared & (np.array(stems.species, dtype=object) == species)
        try:
            factor = choose_factor(factors, "wood_density", taxon=species, place=choices.place)
        except InputError as refusal:
            findings.extend(refusal.findings)
            density[rows] = 1.0  # told once here; without it every stem would be told again
            continue
        density[rows] = factor.value
        error[rows] = fallback * factor.value if factor.standard_error is None else factor.standard_error
    return density, error, shared


def _decay(stems: Stems, factors: tuple[Factor, ...]) -> NDArray[np.float64]:
    table = np.array([1.0, *(choose_factor(factors, "decay_factor", category=str(c)).value for c in (1, 2, 3))])
    return table[stems.dead_class]


def _by_equation(
    stems: Stems,
    measures: dict[str, NDArray[np.float64]],
    chosen: list[Allometry | None],
    skip: NDArray[np.bool_] | None,
    choices: Choices,
    findings: Findings,
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Mass, slopes and scatter, equation by equation."""
    size = len(stems)
    mass, residual = np.full(size, np.nan), np.zeros(size)
    slope = {measure: np.zeros(size) for measure in measures}
    ids = np.array([equation.id if equation else "" for equation in chosen], dtype=object)
    active = np.ones(size, dtype=bool) if skip is None else ~skip
    for equation in {e.id: e for e in chosen if e is not None}.values():
        rows = np.flatnonzero((ids == equation.id) & active)
        if not len(rows):
            continue
        given = {name: values[rows] for name, values in measures.items()}
        places = [stems.place[i] for i in rows]
        mass[rows] = checked_mass_kg(equation, given, places=places, outside=choices.outside, findings=findings)
        if equation.residual_se is not None:
            residual[rows] = mass[rows] * equation.residual_se
        for name in equation.needs:
            slope[name][rows] = _slope(equation, given, name) * (mass[rows] > 0)
    return mass, slope, residual


def _slope(equation: Allometry, given: dict[str, NDArray[np.float64]], name: str) -> NDArray[np.float64]:
    step = STEP * given[name]
    with np.errstate(invalid="ignore", divide="ignore"):
        up = equation.mass_kg({**given, name: given[name] + step})
        down = equation.mass_kg({**given, name: given[name] - step})
        return (up - down) / (2 * step)


def _replace_by_cones(
    stems: Stems,
    cone: NDArray[np.bool_],
    choices: Choices,
    factors: tuple[Factor, ...],
    mass: dict[str, NDArray[np.float64]],
    slope: dict[tuple[str, str], NDArray[np.float64]],
    residual: dict[str, NDArray[np.float64]],
    names: dict[str, NDArray[np.object_]],
) -> None:
    """Broken trunks as truncated cones of sound dead wood instead of a share of a whole tree."""
    density = choose_factor(factors, "wood_density", category="dead").value
    base, height, breast = stems.base_diameter_cm[cone], stems.height_m[cone], stems.diameter_cm[cone]
    top = breast
    if choices.cone_top == "taper":
        top = np.maximum(base - height * 100 * (base - breast) / BREAST_CM, 0.0)
    mass["above"][cone] = truncated_cone(base, top, height, density)
    residual["above"][cone] = 0.0
    names["above"][cone] = "truncated-cone"
    for measure in ("diameter", "height", "wood_density"):
        slope["above", measure][cone] = 0.0
    slope["above", "height"][cone] = mass["above"][cone] / height
    slope["above", "diameter"][cone] = 2 * mass["above"][cone] / base
