"""Which factor rows stand behind the biomass of some plots, as a statement keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.vegetation.catalogue import Factor, factors
from bluecarbon.vegetation.choosing import choose_factor

if TYPE_CHECKING:
    from bluecarbon.vegetation.biomass import PlotBiomass


def records(rows: Iterable[Factor]) -> list[dict[str, Any]]:
    """Factor rows as a statement keeps them, each once: quantity, of, value, unit, source, value_status."""
    made = {}
    for row in rows:
        of = " ".join(part for part in (row.category, "" if row.taxon == "any" else row.taxon) if part)
        made[row.id] = {
            "quantity": row.quantity, "of": of, "value": row.value, "unit": row.unit, "source": row.source,
            "value_status": row.value_status,
        }  # fmt: skip
    return list(made.values())


def in_words(rows: Iterable[Factor]) -> str:
    """Factor rows as one line of text: what, value, source, mark."""
    said = []
    for row in records(rows):
        what = " ".join(part for part in (row["quantity"].replace("_", " "), row["of"]) if part)
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        said.append(f"{what} {row['value']:g}{unit} ({row['source']}, {row['value_status']})")
    return "; ".join(said)


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


def plot_equations(biomass: PlotBiomass, plots: np.ndarray, part: str) -> list[dict[str, Any]]:
    """Equations that gave the mass of some plots, in the form of `records`; an equation has no value of its own."""
    here = plots[biomass.survey.plot]
    known = biomass.choices.known
    names = sorted(set(biomass.mass.equation[part][here].astype(str)) & set(known))
    return [
        {"quantity": "allometry", "of": name, "value": None, "unit": "", "source": known[name].source,
         "value_status": known[name].value_status}
        for name in names
    ]  # fmt: skip
