"""Limits no plot is likely to pass: sizes of plots, stems and biomass per hectare. Each is a row of ``factors.csv``.

A plot area typed in hectares under a header of square metres makes biomass ten thousand times too large, and nothing in
the row itself is impossible. So sizes outside the usual are told with both readings, and stands denser than any are told;
more dry mass than the heaviest forest known is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.vegetation.catalogue import factors
from bluecarbon.vegetation.choosing import choose_factor
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from bluecarbon.tables.marks import TableFindings
    from bluecarbon.vegetation.plots import PlotQuantity
    from bluecarbon.vegetation.survey import PlotSurvey
    from methodology.base.errors import Findings

M2_PER_HA = 10_000.0
M2_PER_CM2 = 1e-4
REMEDY = "If it is in another unit, say so in the header, as in plot_area [ha] or plot_radius [cm]."


def limit(name: str) -> float:
    """A limit of ``factors.csv`` by its category, in the unit of its row."""
    return choose_factor(factors(), "plausible_limit", category=name).value


def plot_sizes(frame: pd.DataFrame, findings: TableFindings) -> None:
    """BC-VEG-22: areas and radii outside the usual, with both readings (a warning)."""
    plot = frame["plot_id"].astype(str).to_numpy()
    area, radius = frame["plot_area"].to_numpy(dtype=float), frame["plot_radius"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        checks = (
            ("plot_area", area < limit("least area"), area, _small_area),
            ("plot_area", area > limit("largest area"), area, _large_area),
            ("plot_radius", radius < limit("least radius"), radius, _small_radius),
            ("plot_radius", radius > limit("largest radius"), radius, _large_radius),
        )
    usual = {
        "plot_area": phrase("{low:g} to {high:g} m2", low=limit("least area"), high=limit("largest area")),
        "plot_radius": phrase("{low:g} to {high:g} m", low=limit("least radius"), high=limit("largest radius")),
    }
    for column, odd, values, said in checks:
        found = [
            phrase("plot {plot}: {reading}", plot=name, reading=said(value))
            for name, value in zip(plot[odd], values[odd], strict=True)
        ]
        findings.add_rows("BC-VEG-22", column, frame.index[odd], found, usual[column], REMEDY, severity="warning")


def _small_area(value: float) -> str:
    return phrase("{value:g} m2, or {value:g} ha = {other:g} m2?", value=value, other=value * M2_PER_HA)


def _large_area(value: float) -> str:
    return phrase("{value:g} m2, or {value:g} cm2 = {other:g} m2?", value=value, other=value * M2_PER_CM2)


def _small_radius(value: float) -> str:
    return phrase("{value:g} m, or {other:g} m?", value=value, other=10 * value)


def _large_radius(value: float) -> str:
    return phrase("{value:g} m, or {value:g} cm = {other:g} m?", value=value, other=value / 100)


def dense_stands(survey: PlotSurvey, quantities: Mapping[str, PlotQuantity], findings: Findings) -> None:
    """BC-VEG-23: more stems or dry mass per hectare than stands have; mass past the heaviest forest known is an error.

    Parameters
    ----------
    survey : PlotSurvey
    quantities : mapping of str to PlotQuantity
        As `bluecarbon.vegetation.plots.plot_quantities` gives them.
    findings : Findings
        Added to.
    """
    count = len(survey.plots)
    stems = np.bincount(survey.plot, weights=M2_PER_HA / survey.area_m2, minlength=count)
    mass = sum(quantities[f"biomass_{part}_t_ha"].value for part in ("above", "below", "dead"))
    smallest = np.full(count, np.inf)
    np.minimum.at(smallest, survey.plot, survey.area_m2)
    most_stems, most_t, impossible = limit("stems per ha"), limit("dry mass t/ha"), limit("heaviest forest t/ha")
    for i in np.flatnonzero((stems > most_stems) | (mass > most_t)):
        plot = survey.plots[i]
        name = " / ".join(plot[key] for key in ("study_id", "site_id", "plot_id") if plot[key])
        other = smallest[i] * M2_PER_HA if smallest[i] < limit("least area") else smallest[i]
        findings.add(
            "BC-VEG-23", phrase("plot {plot}", plot=name),
            phrase("{stems:,.0f} stems and {mass:,.0f} t of dry mass on 1 ha", stems=stems[i], mass=mass[i]),
            phrase("at most {stems:,.0f} stems and {mass:,.0f} t", stems=most_stems, mass=most_t),
            phrase("Its smallest area is {area:g} m2: or is that {area:g} ha, a radius that is a diameter, or are "
                   "diameters in mm or girths? Say the unit in the header.", area=smallest[i])
            if other == smallest[i] else
            phrase("Its smallest area is {area:g} m2, or is that {area:g} ha = {other:g} m2? Say the unit in the header.",
                   area=smallest[i], other=other),
            "error" if mass[i] > impossible else "warning",
        )  # fmt: skip
