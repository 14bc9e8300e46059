"""Dead wood of plots in a survey: standing dead stems by decay class, and downed wood that crossed a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bluecarbon.field.estimate import Measurement, sample_mean
from bluecarbon.field.job import Plots
from bluecarbon.field.links import FieldStratum, spoken
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

KEY = ("study_id", "site_id", "plot_id")
POOL = "dead_wood"
NOTES = {
    "standing": "standing dead by decay class; downed wood was not searched for: a lower bound",
    "downed": "downed wood by line intercept; standing dead was not searched for: a lower bound",
    "standing and downed": "standing dead by decay class, downed wood by line intercept",
}


@dataclass(frozen=True)
class Downed:
    """Downed wood by plot: carbon [t C/ha] and the part of it that stands on the default carbon fraction and densities.

    Parameters
    ----------
    carbon : mapping of plot key to t C/ha
    behind : tuple of mapping
        Factor rows behind it, as `bluecarbon.vegetation.used.records` gives them.
    """

    carbon: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    behind: tuple[Mapping[str, Any], ...] = ()


def read_downed(job: Plots, folder: Path, listed: set[tuple[str, ...]], place: str, findings: Findings) -> Downed:
    """Read the wood table of a job.

    Parameters
    ----------
    listed : set of plot keys
        Plots of the plots table; any other is an error (BC-FLD-17).

    Raises
    ------
    InputError
        The table cannot be used.
    """
    if not job.wood:
        return Downed()
    from bluecarbon.vegetation.run import read_checked
    from bluecarbon.vegetation.run_pools import downed_by_plot
    from bluecarbon.vegetation.tables import WOOD
    from bluecarbon.vegetation.used import records

    units = [f"{column}={unit}" for column, unit in job.units.items() if column in WOOD.names]
    (frame,), found = read_checked([(str(folder / job.wood), WOOD)], job.decimal, job.encoding, units)
    plots, rows = downed_by_plot(frame, Path(job.wood).name, found)
    findings.extend(found)
    for key in plots:
        if key not in listed:
            findings.add("BC-FLD-17", phrase("{place}, plot {plot}", place=place, plot=spoken(*key)), "transects", "a plot of the plots table",
                         "Correct the name, or add the plot, also where no tree stands on it.")  # fmt: skip
    return Downed({key: plot.carbon_t_c_ha for key, plot in plots.items()}, tuple(records(rows)))


def dead_wood(
    job: Plots, stratum: FieldStratum, own: np.ndarray, biomass: Any, downed: Downed, roles: tuple[str, ...],
    place: str, findings: Findings,
) -> list[Measurement]:  # fmt: skip
    """Carbon of dead wood in one stratum, of the kinds the job says were searched for; none without it.

    Parameters
    ----------
    own : bool array, shape (plot,)
        Plots of the stratum.

    Notes
    -----
    A kind that was not searched for counts as nothing, so the mean is then a lower bound; the note says so. Where
    downed wood counts, a plot without transects is left out of this mean, told as BC-FLD-17.
    """
    from bluecarbon.vegetation.used import plot_factors, records

    standing = biomass.quantities["carbon_dead_t_c_ha"]
    if job.dead_wood is None:
        if standing.value[own].any():
            findings.add("BC-FLD-17", phrase("{place}, stratum {stratum}", place=place, stratum=stratum.name), phrase("{mean:.3g} t C/ha of standing dead stems", mean=float(standing.value[own].mean())),
                         "whether dead wood was searched for",
                         'Say dead_wood = "standing" (or "standing and downed", with a wood table); the default stands for '
                         "the pool until then.", "warning")  # fmt: skip
        return []
    keys = [tuple(plot[name] for name in KEY) for plot in biomass.survey.plots]
    with_downed = "downed" in job.dead_wood
    used = own & np.array([not with_downed or key in downed.carbon for key in keys])
    if used.sum() < own.sum():
        findings.add("BC-FLD-17", phrase("{place}, stratum {stratum}", place=place, stratum=stratum.name), phrase("{n} of {total} plots without transects", n=int(own.sum() - used.sum()), total=int(own.sum())),
                     "transects on every plot", "Dead wood is the mean of the others. A line that nothing crossed is a row "
                     "with 0 pieces.", "warning")  # fmt: skip
    if used.sum() < 2:
        from bluecarbon.field.cores import one_sample

        one_sample(stratum, int(used.sum()), phrase("plots (dead wood)"), place, findings)
        return []
    values, shared, behind = np.zeros(int(used.sum())), 0.0, []
    if "standing" in job.dead_wood:
        values = values + standing.value[used]
        shared = standing.mean(used.astype(float))[1]
        behind += records(plot_factors(biomass, used, ("dead",)))
    if with_downed:
        values = values + np.array([downed.carbon[key] for key, counts in zip(keys, used, strict=True) if counts])
        behind += downed.behind
    sources = [Path(job.trees).name, *([Path(job.wood).name] if with_downed and job.wood else [])]
    return [
        Measurement(
            stratum, "dead_wood_stock", POOL, sample_mean(stratum.name, values, shared), "plots", " + ".join(sources),
            (*roles, *(("downed wood",) if with_downed else ())), note=phrase(NOTES[job.dead_wood]), behind=tuple(behind),
        )
    ]  # fmt: skip
