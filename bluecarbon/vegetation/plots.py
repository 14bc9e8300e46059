"""From stems to plots: expansion by the area each stem was counted on, carbon, and errors kept apart by kind.

An error that all uses of an equation, a species' wood density or a carbon fraction share does not shrink with more
trees or more plots; the scatter of single trees and of readings does. Each is carried to the plot under its own
name, so that a mean over plots adds shared errors first and squares them last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.choosing import choose_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bluecarbon.vegetation.catalogue import Factor
    from bluecarbon.vegetation.stems import Choices, StemMass, Stems

T_HA_PER_KG_M2 = 10.0  # 1 kg on 1 m² is 10 t on 1 ha
POOLS = ("above", "below", "dead")
QUANTITIES: dict[str, tuple[tuple[str, ...], bool]] = {
    "biomass_above_t_ha": (("above",), False),
    "biomass_below_t_ha": (("below",), False),
    "biomass_dead_t_ha": (("dead",), False),
    "carbon_above_t_c_ha": (("above",), True),
    "carbon_below_t_c_ha": (("below",), True),
    "carbon_dead_t_c_ha": (("dead",), True),
    "carbon_total_t_c_ha": (POOLS, True),
}
"""Result columns: the pools they add up and whether they count carbon."""


@dataclass(frozen=True)
class PlotQuantity:
    """One quantity over plots with its errors by kind.

    Parameters
    ----------
    value : array, shape (plot,)
        [t/ha] or [t C/ha]
    shared : mapping of str to array, shape (plot,)
        One standard error of each source that all plots share, with sign, in the unit of `value`.
    independent : array, shape (plot,)
        Standard error of what differs from tree to tree: readings and single-tree scatter.
    """

    value: NDArray[np.float64]
    shared: Mapping[str, NDArray[np.float64]]
    independent: NDArray[np.float64]

    @property
    def standard_error(self) -> NDArray[np.float64]:
        """Total standard error of each plot. Shape (plot,)."""
        return np.sqrt(self.model_variance + self.independent**2)

    @property
    def model_variance(self) -> NDArray[np.float64]:
        """Variance of each plot from shared sources. Shape (plot,)."""
        return sum((part**2 for part in self.shared.values()), np.zeros_like(self.value))

    def mean(self, weights: NDArray[np.float64] | None = None) -> tuple[float, float, float]:
        """Weighted mean over plots, its shared and its independent standard error, sampling error not included.

        Parameters
        ----------
        weights : array, shape (plot,), optional
            Any positive scale; equal if not given.
        """
        share = np.ones_like(self.value) if weights is None else np.asarray(weights, dtype=float)
        share = share / share.sum()
        model = sum(float(share @ part) ** 2 for part in self.shared.values())
        return float(share @ self.value), model**0.5, float(np.sum((share * self.independent) ** 2)) ** 0.5

    def shared_covariance(self, other: PlotQuantity, weights: NDArray[np.float64]) -> float:
        """Covariance of the weighted means of two quantities from the sources they share. [unit squared]

        Parameters
        ----------
        other : PlotQuantity
            Of the same plots.
        weights : array, shape (plot,)
            Any positive scale.
        """
        share = weights / weights.sum()
        return sum(
            float(share @ part) * float(share @ other.shared[name])
            for name, part in self.shared.items()
            if name in other.shared
        )


def plot_quantities(
    stems: Stems,
    mass: StemMass,
    plot: NDArray[np.int_],
    area_m2: NDArray[np.float64],
    plot_count: int,
    choices: Choices,
    factors: Sequence[Factor],
) -> dict[str, PlotQuantity]:
    """Biomass and carbon of every plot; a plot without stems is zero, not missing.

    Parameters
    ----------
    stems : Stems
    mass : StemMass
    plot : array of int, shape (stem,)
        Index of the plot each stem stands in.
    area_m2 : array, shape (stem,)
        Area the stem's size class was searched on. [m²]
    plot_count : int
    choices : Choices
    factors : sequence of Factor

    Returns
    -------
    dict of str to PlotQuantity
        Keys of `QUANTITIES`.
    """
    fractions = {pool: choose_factor(factors, "carbon_fraction", category=pool) for pool in POOLS}
    model_error = choices.model_error
    if model_error is None:
        model_error = choose_factor(factors, "model_error").value
    expansion = T_HA_PER_KG_M2 / area_m2
    dead = stems.dead_class > 0
    # A dead tree's roots, where counted at all, belong to the dead pool.
    pools = {
        "above": [("above", ~dead)],
        "below": [("below", ~dead)],
        "dead": [("above", dead), ("below", dead)],
    }
    result = {}
    for name, (members, as_carbon) in QUANTITIES.items():
        weights: dict[str, NDArray[np.float64]] = {"above": np.zeros(len(stems)), "below": np.zeros(len(stems))}
        shared: dict[str, NDArray[np.float64]] = {}
        for pool in members:
            factor = fractions[pool].value if as_carbon else 1.0
            before = {part: values.copy() for part, values in weights.items()}
            for part, rows in pools[pool]:
                weights[part] += expansion * rows * factor
            if as_carbon and fractions[pool].standard_error:
                added = sum((weights[part] - before[part]) * _mass(mass, part) for part in weights)
                share = fractions[pool].standard_error / factor
                shared[f"carbon fraction {pool}"] = _sums(plot, added * share, plot_count)
        value = _sums(plot, sum(weights[part] * _mass(mass, part) for part in weights), plot_count)
        shared |= _equation_errors(mass, weights, plot, plot_count, model_error)
        shared |= _density_errors(stems, mass, weights, plot, plot_count)
        result[name] = PlotQuantity(value, shared, _independent(stems, mass, weights, plot, plot_count))
    return result


def carbon_by_species(
    stems: Stems, mass: StemMass, plot: NDArray[np.int_], area_m2: NDArray[np.float64], plot_count: int
) -> dict[str, tuple[float, float]]:
    """Mean live dry mass above and below ground over all plots, by species. [t/ha]"""
    live = stems.dead_class == 0
    names = np.array(stems.species, dtype=object)
    result = {}
    for species in sorted(set(stems.species)):
        rows = live & (names == species)
        per_ha = T_HA_PER_KG_M2 / area_m2[rows] / plot_count
        result[species] = (float(mass.above_kg[rows] @ per_ha), float(mass.below_kg[rows] @ per_ha))
    return result


def _mass(mass: StemMass, part: str) -> NDArray[np.float64]:
    return mass.above_kg if part == "above" else mass.below_kg


def _sums(plot: NDArray[np.int_], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.bincount(plot, weights=values, minlength=count)


def equation_families(mass: StemMass) -> NDArray[np.object_]:
    """Name of the family each stem's equations belong to, shape (stem,).

    Notes
    -----
    Shoots and roots of one tree come from two equations of which nobody published how their errors go together; they
    are taken to err together, and so are all equations that some stem links. That never makes a total look better
    known than it is.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    pairs = list(zip(mass.equation["above"], mass.equation["below"], strict=True))
    for above, below in dict.fromkeys(pairs):
        first, second = sorted((root(f"above {above}"), root(f"below {below}")))
        parent[second] = first
    return np.array([root(f"above {above}") for above, _ in pairs], dtype=object)


def _equation_errors(
    mass: StemMass, weights: dict[str, NDArray[np.float64]], plot: NDArray[np.int_], count: int, model_error: float
) -> dict[str, NDArray[np.float64]]:
    families = equation_families(mass)
    carried = sum(weight * _mass(mass, part) for part, weight in weights.items())
    return {
        f"equation {name}": _sums(plot, carried * (families == name), count) * model_error
        for name in sorted(set(families))
    }


def _density_errors(
    stems: Stems, mass: StemMass, weights: dict[str, NDArray[np.float64]], plot: NDArray[np.int_], count: int
) -> dict[str, NDArray[np.float64]]:
    effect = sum(weight * mass.slope[part, "wood_density"] for part, weight in weights.items())
    effect = np.where(mass.wood_density_se > 0, effect * mass.wood_density_se, 0.0)
    names = np.array(stems.species, dtype=object)
    return {
        f"wood density {species}": _sums(plot, effect * (mass.shared_density & (names == species)), count)
        for species in sorted(set(names[mass.shared_density]))
    }


def _independent(
    stems: Stems, mass: StemMass, weights: dict[str, NDArray[np.float64]], plot: NDArray[np.int_], count: int
) -> NDArray[np.float64]:
    errors = {
        "diameter": stems.diameter_se_cm,
        "height": stems.height_se_m,
        "wood_density": np.where(mass.shared_density, 0.0, mass.wood_density_se),
    }
    variance = np.zeros(len(stems))
    for measure, error in errors.items():
        slope = sum(weight * mass.slope[part, measure] for part, weight in weights.items())
        variance += np.where(np.isnan(error) | (slope == 0), 0.0, slope * np.nan_to_num(error)) ** 2
    # A tree that stands high in its shoots is taken to stand high in its roots.
    variance += sum(weight * mass.residual_kg[part] for part, weight in weights.items()) ** 2
    return np.sqrt(_sums(plot, variance, count))
