"""Which factor rows stand behind the biomass of some plots, in words a report can repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.catalogue import Factor, factors
from bluecarbon.vegetation.choosing import choose_factor

if TYPE_CHECKING:
    from bluecarbon.vegetation.biomass import PlotBiomass

QUANTITY_WORDS = {
    "wood_density": "wood density",
    "wood_density_error": "error of a species' wood density",
    "model_error": "error of an equation",
    "carbon_fraction": "carbon fraction",
    "decay_factor": "decay factor",
    "wood_class_diameter": "mean diameter of downed wood",
    "wood_class_density": "density of downed wood",
}


def in_words(rows: Iterable[Factor]) -> str:
    """Factor rows as a list: what, value, source, mark; each once."""
    return "; ".join(dict.fromkeys(_said(row) for row in rows))


def _said(row: Factor) -> str:
    what = QUANTITY_WORDS.get(row.quantity, row.quantity)
    of = " ".join(part for part in (row.category, "" if row.taxon == "any" else row.taxon) if part)
    unit = "" if row.unit == "1" else f" {row.unit}"
    return f"{what}{f' {of}' if of else ''} {row.value:g}{unit} ({row.source}, {_mark(row)})"


def _mark(row: Factor) -> str:
    return "own estimate" if row.value_status == "local" else row.value_status


def plot_factors(biomass: PlotBiomass, plots: np.ndarray, pools: Sequence[str]) -> list[Factor]:
    """Factor rows behind pools of some plots.

    Parameters
    ----------
    biomass : PlotBiomass
    plots : bool array, shape (plot,)
    pools : sequence of {"above", "below", "dead"}
    """
    stems, mass, choices = biomass.survey.stems, biomass.mass, biomass.choices
    here = plots[biomass.survey.plot]
    counted = here & ((stems.dead_class > 0) if "dead" in pools else (stems.dead_class == 0))
    known, place = factors(), choices.place
    part = "below" if tuple(pools) == ("below",) else "above"
    by_density = counted & mass.shared_density & (mass.slope[part, "wood_density"] != 0)
    rows = [
        choose_factor(known, "wood_density", taxon=species, place=place)
        for species in sorted({stems.species[i] for i in np.flatnonzero(by_density)})
    ]
    if rows:
        rows.append(choose_factor(known, "wood_density_error"))
    if "dead" in pools:
        classes = sorted(set(stems.dead_class[counted].tolist()))
        rows += [choose_factor(known, "decay_factor", category=str(number)) for number in classes]
    rows += [choose_factor(known, "carbon_fraction", category=pool) for pool in pools]
    if choices.model_error is None:
        rows.append(choose_factor(known, "model_error"))
    return rows


def plot_equations(biomass: PlotBiomass, plots: np.ndarray, part: str) -> str:
    """Equations that gave the mass of some plots: id, source, mark."""
    here = plots[biomass.survey.plot]
    known = biomass.choices.known
    names = sorted(set(biomass.mass.equation[part][here].astype(str)) & set(known))
    return "; ".join(f"{name} ({known[name].source}, {known[name].value_status})" for name in names)
