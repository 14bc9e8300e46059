"""What ``bluecarbon plots biomass`` does between reading and writing: tables in, result rows and a summary out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.vegetation.catalogue import factors
from bluecarbon.vegetation.plausible import dense_stands
from bluecarbon.vegetation.plots import PlotQuantity, carbon_by_species, plot_quantities
from bluecarbon.vegetation.stems import Choices, StemMass, stem_mass
from bluecarbon.vegetation.survey import PlotSurvey, Statements, plot_survey
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PlotBiomass:
    """Result of a plot survey.

    Parameters
    ----------
    survey : PlotSurvey
    choices : Choices
    mass : StemMass
    quantities : dict of str to PlotQuantity
        Keys of `bluecarbon.vegetation.plots.QUANTITIES`, shape (plot,).
    by_species : dict of str to (float, float)
        Mean live dry mass above and below ground. [t/ha]
    """

    survey: PlotSurvey
    choices: Choices
    mass: StemMass
    quantities: dict[str, PlotQuantity]
    by_species: dict[str, tuple[float, float]]

    def rows(self) -> list[dict[str, Any]]:
        """One row per plot and visit, ready for a CSV."""
        counts = np.bincount(self.survey.plot, minlength=len(self.survey.plots))
        total = self.quantities["carbon_total_t_c_ha"]
        model = np.sqrt(total.model_variance)
        result = []
        for i, plot in enumerate(self.survey.plots):
            row: dict[str, Any] = {**plot, "stems": int(counts[i])}
            for name, quantity in self.quantities.items():
                row[name] = float(quantity.value[i])
                row[f"{name}_se"] = float(quantity.standard_error[i])
            row["carbon_total_se_model"] = float(model[i])
            row["carbon_total_se_measurement"] = float(total.independent[i])
            result.append(row)
        return result

    def equations_used(self) -> list[dict[str, Any]]:
        """Each equation that gave mass, with the number of stems and its source."""
        known = self.choices.known
        result = []
        for part in ("above", "below"):
            names, counts = np.unique(self.mass.equation[part].astype(str), return_counts=True)
            for name, count in zip(names.tolist(), counts.tolist(), strict=True):
                source = known[name].source if name in known else "kauffmandonato2012"
                status = known[name].value_status if name in known else "recalled"
                result.append(
                    {"component": part, "equation": name, "stems": count, "source": source, "value_status": status}
                )
        return result


def plot_biomass(
    trees: pd.DataFrame,
    plots: pd.DataFrame,
    choices: Choices,
    statements: Statements,
    findings: Findings,
    source: str = "trees",
) -> PlotBiomass:
    """Biomass and carbon of every plot.

    Parameters
    ----------
    trees, plots : pandas.DataFrame
        As read by the tables `TREES` and `PLOTS`.
    choices : Choices
    statements : Statements
    findings : Findings
        Takes up warnings and notes.
    source : str
        Name of the trees file, for messages.

    Raises
    ------
    InputError
        Every error of both tables and of the choice of equations at once.
    """
    survey = plot_survey(trees, plots, statements, findings, source)
    mass = stem_mass(survey.stems, choices, factors(), findings)
    findings.stop_on_errors()
    _note_reading_errors(survey, mass, findings)
    count = len(survey.plots)
    quantities = plot_quantities(survey.stems, mass, survey.plot, survey.area_m2, count, choices, factors())
    dense_stands(survey, quantities, findings)
    findings.stop_on_errors()
    by_species = carbon_by_species(survey.stems, mass, survey.plot, survey.area_m2, count)
    return PlotBiomass(survey, choices, mass, quantities, by_species)


def _note_reading_errors(survey: PlotSurvey, mass: StemMass, findings: Findings) -> None:
    """Say where a reading that the equations use came without an error."""
    for measure, error in (("diameter", survey.stems.diameter_se_cm), ("height", survey.stems.height_se_m)):
        used = (mass.slope["above", measure] != 0) | (mass.slope["below", measure] != 0)
        lacking = int(np.sum(used & np.isnan(error)))
        if lacking:
            findings.add(
                "BC-VEG-16",
                phrase("{measure} of {lacking} stems", measure=measure, lacking=lacking),
                "no standard error",
                phrase("the error of one reading, in column {measure}_se or as --{measure}-se", measure=measure),
                "Their reading error is counted as zero.",
                "note",
            )
