"""Change between two visits tree by tree: growth of survivors, ingrowth and mortality apart, by the tags of stems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.vegetation.catalogue import factors
from bluecarbon.vegetation.choosing import choose_factor
from bluecarbon.vegetation.plots import T_HA_PER_KG_M2
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bluecarbon.vegetation.biomass import PlotBiomass

KEY = ("study_id", "site_id", "plot_id")
KINDS = ("growth", "ingrowth", "mortality")
SHRINK_CM = 0.5  # a stem that lost more than this between visits was misread, or its tag was changed


@dataclass(frozen=True)
class Trees:
    """Live carbon of tagged trees at one visit; stems of one tag are one tree.

    Parameters
    ----------
    carbon : dict of tag to t C/ha
    variance : dict of tag to (t C/ha)²
        From errors of readings.
    diameter : dict of tag to cm
        Of the thickest stem.
    dead : set of str
        Tags standing dead.
    """

    carbon: dict[str, float]
    variance: dict[str, float]
    diameter: dict[str, float]
    dead: set[str]


def tree_increments(biomass: PlotBiomass, findings: Findings) -> list[dict[str, Any]]:
    """Yearly change of live carbon of every plot visited twice, from its first to its last visit.

    Parameters
    ----------
    biomass : PlotBiomass
        Trees of all visits, with tags.
    findings : Findings
        Added to: BC-VEG-19 a plot visited once, stems without a tag; BC-VEG-21 a stem that shrank.

    Returns
    -------
    list of dict, one per plot
        study_id, site_id, plot_id, from, to, survivors, recruits, dead, gone; growth, ingrowth, mortality and net in
        t C/ha/yr (mortality counts down), net_se_readings, net_se_model.

    Raises
    ------
    InputError
        BC-VEG-19 no plot was visited twice.

    Notes
    -----
    An equation errs the same way at both visits, so its error acts on the net change. A tree seen at the first visit
    and not at the second is counted dead ("gone").
    """
    visits: dict[tuple[str, ...], list[int]] = {}
    for n, plot in enumerate(biomass.survey.plots):
        if plot["year"]:
            visits.setdefault(tuple(plot[name] for name in KEY), []).append(n)
    rows = []
    for key, own in visits.items():
        if len(own) < 2:
            findings.add("BC-VEG-19", " / ".join(key), "one visit", "two visits with years", "Left out.", "warning")
            continue
        own = sorted(own, key=lambda n: int(biomass.survey.plots[n]["year"]))
        first, last = (_trees(biomass, n, findings) for n in (own[0], own[-1]))
        _tell_shrunk(key, first, last, findings)
        years = [int(biomass.survey.plots[n]["year"]) for n in (own[0], own[-1])]
        rows.append({**dict(zip(KEY, key, strict=True)), "from": years[0], "to": years[1]}
                    | _change(first, last, years[1] - years[0], _model_error(biomass)))  # fmt: skip
    findings.stop_on_errors()
    if not rows:
        raise refuse(
            "BC-VEG-19", "re-measured plots", "none", "plots with two visits", "Fill in `year` of both visits."
        )
    return rows


def _model_error(biomass: PlotBiomass) -> float:
    given = biomass.choices.model_error
    return choose_factor(factors(), "model_error").value if given is None else given


def _trees(biomass: PlotBiomass, visit: int, findings: Findings) -> Trees:
    survey = biomass.survey
    carbon, variance = _per_stem(biomass)
    trees = Trees({}, {}, {}, set())
    here = np.flatnonzero(survey.plot == visit)
    untagged = [survey.stems.place[i] for i in here if not survey.tags[i]]
    if untagged:
        findings.add("BC-VEG-19", untagged[0], phrase("{n} stems without a tag", n=len(untagged)), "a tree_id of every stem",
                     "Without tags only whole plots can be compared: `bluecarbon plots increments`.")  # fmt: skip
    for i in here:
        tag = survey.tags[i]
        if survey.stems.dead_class[i] > 0:
            trees.dead.add(tag)
            continue
        trees.carbon[tag] = trees.carbon.get(tag, 0.0) + float(carbon[i])
        trees.variance[tag] = trees.variance.get(tag, 0.0) + float(variance[i])
        trees.diameter[tag] = max(trees.diameter.get(tag, 0.0), float(survey.stems.diameter_cm[i]))
    return trees


def _per_stem(biomass: PlotBiomass) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Carbon of each stem per hectare of its plot, and the variance its readings bring. [t C/ha], [(t C/ha)²]"""
    stems, mass = biomass.survey.stems, biomass.mass
    weight = {
        part: T_HA_PER_KG_M2 / biomass.survey.area_m2 * choose_factor(factors(), "carbon_fraction", category=part).value
        for part in ("above", "below")
    }
    carbon = weight["above"] * mass.above_kg + weight["below"] * mass.below_kg
    variance = np.zeros(len(stems))
    for measure, error in (("diameter", stems.diameter_se_cm), ("height", stems.height_se_m)):
        slope = sum(weight[part] * mass.slope[part, measure] for part in weight)
        variance += (slope * np.nan_to_num(error)) ** 2
    return carbon, variance


def _tell_shrunk(key: tuple[str, ...], first: Trees, last: Trees, findings: Findings) -> None:
    shrunk = [
        tag for tag, diameter in first.diameter.items() if last.diameter.get(tag, diameter) < diameter - SHRINK_CM
    ]
    if shrunk:
        findings.add("BC-VEG-21", " / ".join(key), phrase("stems {tags} thinner than before", tags=", ".join(shrunk[:5])),
                     phrase("no stem more than {limit:g} cm thinner", limit=SHRINK_CM),
                     "Check readings and tags; they are counted as they stand.", "warning", amount=float(len(shrunk)),
                     unit="stems")  # fmt: skip


def _change(first: Trees, last: Trees, years: int, model_error: float) -> dict[str, Any]:
    both = first.carbon.keys() & last.carbon.keys()
    new, lost = last.carbon.keys() - first.carbon.keys(), first.carbon.keys() - last.carbon.keys()
    parts = {
        "growth": sum(last.carbon[tag] - first.carbon[tag] for tag in both),
        "ingrowth": sum(last.carbon[tag] for tag in new),
        "mortality": -sum(first.carbon[tag] for tag in lost),
    }
    net = sum(parts.values()) / years
    readings = sum(first.variance.values()) + sum(last.variance.values())
    return {
        "survivors": len(both), "recruits": len(new), "dead": len(lost & last.dead), "gone": len(lost - last.dead),
        **{f"{kind}_t_c_ha_yr": parts[kind] / years for kind in KINDS}, "net_t_c_ha_yr": net,
        "net_se_readings": float(np.sqrt(readings)) / years, "net_se_model": abs(net) * model_error,
    }  # fmt: skip


def growth_means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean of each kind over plots, with the error between plots; NaN for a single plot."""
    result = []
    for kind in (*KINDS, "net"):
        values = np.array([row[f"{kind}_t_c_ha_yr"] for row in rows])
        scatter = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")
        result.append(
            {"kind": kind, "mean_t_c_ha_yr": float(values.mean()), "se_between_plots": scatter, "plots": len(values)}
        )
    return result
