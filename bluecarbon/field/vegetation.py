"""Plots of trees and harvested quadrats of a survey: carbon above and below ground, stratum by stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bluecarbon.field.cores import check_habitat, one_sample
from bluecarbon.field.dead_wood import dead_wood, read_downed
from bluecarbon.field.estimate import Measurement, sample_mean, sampling_covariance
from bluecarbon.field.job import Plots, Quadrats
from bluecarbon.field.links import FieldStratum, Links, spoken
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

PARTS = {"above": "above_ground_biomass", "below": "below_ground_biomass"}
MIDDLE_OF_YEAR = 0.5
PAIRED = "the limits of shoots and roots hold what their errors have in common"


@dataclass
class VegetationResults:
    """What plots or quadrats give a survey; `by_species` as `bluecarbon.vegetation.figures` draws it, by stratum."""

    measurements: list[Measurement] = field(default_factory=list)
    by_species: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)


def plot_results(job: Plots, folder: Path, links: Links, findings: Findings) -> VegetationResults:
    """Read the tree plots of a job and bring their carbon to the strata.

    Raises
    ------
    InputError
        The tables or the choice of equations cannot be used.
    """
    from bluecarbon.vegetation.biomass import plot_biomass
    from bluecarbon.vegetation.catalogue import allometries, read_allometries
    from bluecarbon.vegetation.run import chosen_set, read_checked
    from bluecarbon.vegetation.stems import Choices
    from bluecarbon.vegetation.survey import Statements
    from bluecarbon.vegetation.tables import PLOTS, TREES

    known = allometries()
    if job.allometries:
        known = {**known, **read_allometries(str(folder / job.allometries))}
    rows = str(folder / job.equations) if job.equations.lower().endswith(".csv") else job.equations
    choices = Choices(
        chosen_set(rows, known), known, job.place, job.outside, job.dead_roots, job.broken_trunks, job.cone_top,
        job.model_error,
    )  # fmt: skip
    statements = Statements(
        job.diameter_kind, job.unstated_are, job.unknown_decay_class, job.diameter_se_cm, job.height_se_m
    )
    units = [f"{column}={unit}" for column, unit in job.units.items()]
    paths = [(str(folder / job.trees), TREES), (str(folder / job.plots), PLOTS)]
    (trees, plots), found = read_checked(paths, job.decimal, job.encoding, units)
    habitats = dict(zip(_plot_keys(plots), plots.habitat.astype(str), strict=True))
    biomass = plot_biomass(trees, plots, choices, statements, found, Path(job.trees).name)
    findings.extend(found)
    visits = _last_visits(biomass.survey.plots, links.place, findings)
    strata = [_stratum_of(plot, links) if n in visits else None for n, plot in enumerate(biomass.survey.plots)]
    links.check_unused()
    downed = read_downed(job, folder, set(habitats), links.place, findings)
    roles = ("trees", "plots", *(("allometries",) if job.allometries else ()),
             *(("equation set",) if job.equations.lower().endswith(".csv") else ()))  # fmt: skip
    result = VegetationResults()
    for stratum in {(s.habitat, s.name): s for s in strata if s is not None}.values():
        own = np.array([s == stratum for s in strata])
        keys = [tuple(p[k] for k in ("study_id", "site_id", "plot_id")) for p in biomass.survey.plots]
        for n in np.flatnonzero(own):
            check_habitat(
                stratum,
                habitats.get(keys[n], ""),
                phrase("{place}, plot {spoken}", place=links.place, spoken=spoken(*keys[n])),
                findings,
            )
        if own.sum() < 2:
            one_sample(stratum, int(own.sum()), "plots", links.place, findings)
            continue
        year = _year([biomass.survey.plots[n]["year"] for n in np.flatnonzero(own)], job.year)
        result.measurements += _live(job, stratum, own, biomass, roles, year)
        result.measurements += dead_wood(job, stratum, own, biomass, downed, roles, links.place, findings)
        result.by_species[stratum.name] = _species(biomass, own)
    return result


def _live(
    job: Plots, stratum: FieldStratum, own: np.ndarray, biomass: Any, roles: tuple[str, ...], year: float | None
) -> list[Measurement]:
    """Shoots and roots of live stems, each with the covariance they have."""
    from bluecarbon.vegetation.used import plot_equations, plot_factors, records

    weights = own.astype(float)
    above, below = (biomass.quantities[f"carbon_{part}_t_c_ha"] for part in PARTS)
    paired = (
        sampling_covariance(above.value[own], below.value[own]),
        above.shared_covariance(below, weights),
    )
    result = []
    for (part, pool), quantity in zip(PARTS.items(), (above, below), strict=True):
        mean = sample_mean(stratum.name, quantity.value[own], quantity.mean(weights)[1], paired)
        note = phrase("live stems, equations {equations}; {paired}", equations=job.equations, paired=phrase(PAIRED))
        behind = (*plot_equations(biomass, own, part), *records(plot_factors(biomass, own, (part,))))
        result.append(
            Measurement(
                stratum, "vegetation_stock", pool, mean, "plots", Path(job.trees).name, roles, part, year=year, note=note, behind=behind,
            )
        )  # fmt: skip
    return result


def _plot_keys(frame: Any) -> list[tuple[str, ...]]:
    return [tuple(map(str, key)) for key in frame[["study_id", "site_id", "plot_id"]].itertuples(index=False)]


def _stratum_of(plot: Mapping[str, str], links: Links) -> FieldStratum | None:
    out = links.is_left_out(plot["study_id"], plot["site_id"], plot["plot_id"])
    stratum = links.stratum(plot["study_id"], plot["site_id"], plot.get("stratum", ""))
    return None if out else stratum


def _last_visits(plots: Sequence[Mapping[str, str]], place: str, findings: Findings) -> set[int]:
    """Rows that are the last visit of their plot; earlier ones do not count (BC-FLD-15)."""
    last: dict[tuple[str, str, str], int] = {}
    for n, plot in enumerate(plots):
        key = (plot["study_id"], plot["site_id"], plot["plot_id"])
        if key not in last or plot["year"] > plots[last[key]]["year"]:
            last[key] = n
    if len(last) < len(plots):
        findings.add("BC-FLD-15", place, phrase("{n} visits of {n2} plots", n=len(plots), n2=len(last)), "one visit each",
                     "The last visit counts; `bluecarbon plots increments` compares them.", "note")  # fmt: skip
    return set(last.values())


def _year(given: Sequence[str], stated: int | None) -> float | None:
    years = [int(year) for year in given if year] or ([stated] if stated else [])
    return float(np.mean(years)) + MIDDLE_OF_YEAR if years else None


def _species(biomass: Any, own: np.ndarray) -> dict[str, tuple[float, float]]:
    """Mean live dry mass by species over the plots of a stratum. [t/ha]"""
    from dataclasses import fields, replace

    from bluecarbon.vegetation.plots import carbon_by_species

    survey = biomass.survey
    keep = own[survey.plot]
    stems = survey.stems
    picked = {}
    for item in fields(stems):
        value = getattr(stems, item.name)
        picked[item.name] = value[keep] if isinstance(value, np.ndarray) else tuple(np.array(value, dtype=object)[keep])
    mass = replace(biomass.mass, above_kg=biomass.mass.above_kg[keep], below_kg=biomass.mass.below_kg[keep])
    order = np.cumsum(own) - 1
    return carbon_by_species(
        replace(stems, **picked), mass, order[survey.plot[keep]], survey.area_m2[keep], int(own.sum())
    )


def quadrat_results(job: Quadrats, folder: Path, links: Links, findings: Findings) -> VegetationResults:
    """Read the quadrats of a job and bring their carbon to the strata.

    Raises
    ------
    InputError
        The table cannot be used.

    Notes
    -----
    Species of one quadrat add up, quadrats of one plot are averaged: the plot is the sample.
    """
    from bluecarbon.vegetation.catalogue import factors
    from bluecarbon.vegetation.quadrats import Harvest, harvest_carbon
    from bluecarbon.vegetation.run import read_checked
    from bluecarbon.vegetation.tables import QUADRATS

    units = [f"{column}={unit}" for column, unit in job.units.items()]
    (frame,), found = read_checked([(str(folder / job.table), QUADRATS)], job.decimal, job.encoding, units)
    names = ("quadrat_area", "dry_mass", "wet_mass", "subsample_wet_mass", "subsample_dry_mass", "dry_mass_se",
             "fraction_carbon", "fraction_carbon_se")  # fmt: skip
    places = tuple(f"{Path(job.table).name} row {row}" for row in frame.index)
    numbers = [frame[name].to_numpy(dtype=float) for name in names]
    carbon = harvest_carbon(Harvest(tuple(frame["habitat"]), places, *numbers), factors(), found)
    found.stop_on_errors()
    findings.extend(found)
    strata, keys = [], _plot_keys(frame)
    own = {key: text for key, text in zip(keys, frame["stratum"].astype(str), strict=True) if text}
    for key, habitat, place in zip(keys, frame["habitat"].astype(str), places, strict=True):
        stratum = _stratum_of(
            {**dict(zip(("study_id", "site_id", "plot_id"), key, strict=True)), "stratum": own.get(key, "")}, links
        )
        if stratum is not None and habitat != "litter":
            check_habitat(stratum, habitat, f"{links.place}, {place}", findings)
        strata.append(stratum)
    links.check_unused()
    return VegetationResults(_quadrat_means(job, frame, keys, strata, carbon, links.place, findings))


def _quadrat_means(
    job: Quadrats, frame: Any, keys: list[tuple[str, ...]], strata: list[FieldStratum | None], carbon: Any, place: str,
    findings: Findings,
) -> list[Measurement]:  # fmt: skip
    from bluecarbon.vegetation.used import records

    litter = (frame["habitat"] == "litter").to_numpy()
    component, quadrat = frame["component"].to_numpy(), frame["quadrat_id"].astype(str).to_numpy()
    result = []
    for stratum in {(s.habitat, s.name): s for s in strata if s is not None}.values():
        here = np.array([s == stratum for s in strata])
        for kind, rows in (
            ("above", here & ~litter & (component == "above")),
            ("below", here & ~litter & (component == "below")),
            ("litter", here & litter),
        ):
            if not rows.any():
                continue
            values, shared = _plot_values(np.flatnonzero(rows), keys, quadrat, carbon)
            if len(values) < 2:
                one_sample(stratum, len(values), phrase("plots ({kind})", kind=kind), place, findings)
                continue
            unmeasured = int((~carbon.measured[rows]).sum())
            note = phrase("{n} samples", n=int(rows.sum()))
            if unmeasured:
                note = phrase("{n} samples, {defaults} of them by a default carbon fraction", n=int(rows.sum()),
                              defaults=unmeasured)  # fmt: skip
            behind = tuple(records(_fractions(frame["habitat"][rows & ~carbon.measured])))
            quantity, part = ("litter_stock", "") if kind == "litter" else ("vegetation_stock", kind)
            result.append(
                Measurement(
                    stratum, quantity, PARTS.get(kind, "litter"), sample_mean(stratum.name, values, shared), "plots",
                    Path(job.table).name, ("quadrats",), part, year=_year([], job.year), note=note, behind=behind,
                )
            )  # fmt: skip
    return result


def _fractions(habitats: Any) -> list[Any]:
    """Carbon fractions that stand in where none was measured."""
    from bluecarbon.vegetation.catalogue import factors
    from bluecarbon.vegetation.choosing import choose_factor

    return [choose_factor(factors(), "carbon_fraction", category=name) for name in sorted(set(habitats))]


def _plot_values(
    rows: np.ndarray, keys: list[tuple[str, ...]], quadrat: np.ndarray, carbon: Any
) -> tuple[np.ndarray, float]:
    """Carbon of every plot, and the error of the mean that default carbon fractions share. [t C/ha]"""
    sums: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for n in rows:
        cell = sums.setdefault(keys[n], {}).setdefault(quadrat[n], [0.0, 0.0])
        cell[0] += float(carbon.carbon_t_c_ha[n])
        cell[1] += 0.0 if carbon.measured[n] else float(carbon.carbon_se_t_c_ha[n])
    plots = np.array([np.mean(list(quadrats.values()), axis=0) for quadrats in sums.values()])
    return plots[:, 0], float(plots[:, 1].mean())
