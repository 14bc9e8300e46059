"""All field tables of a job in one pass: measured factors of its strata, findings, and what pictures need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.field.cores import CoreResults, core_results
from bluecarbon.field.dating import DatedResults, dated_results, twice_rated
from bluecarbon.field.discount import with_discount
from bluecarbon.field.estimate import GUIDE, Measurement
from bluecarbon.field.job import field_files
from bluecarbon.field.links import FieldStratum, Links, legend_strata
from bluecarbon.field.positions import Position, check_positions, check_positions_on_raster
from bluecarbon.field.vegetation import VegetationResults, plot_results, quadrat_results
from bluecarbon.job import JobFile, LegendEntry
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import phrase
from methodology.factors.table import FactorTable

RESTORING = ("rewetting", "revegetation", "creation")


@dataclass(frozen=True)
class FieldData:
    """What was measured in the field.

    Parameters
    ----------
    measurements : tuple of Measurement
        Only of strata that the maps show.
    findings : Findings
        Warnings and notes; errors have been raised.
    """

    measurements: tuple[Measurement, ...] = ()
    cores: CoreResults = field(default_factory=CoreResults)
    plots: VegetationResults = field(default_factory=VegetationResults)
    dated: DatedResults = field(default_factory=DatedResults)
    findings: Findings = field(default_factory=Findings)

    def factors(self) -> FactorTable:
        """The measurements as a factor table to lay over the guide's."""
        return FactorTable(GUIDE, tuple(m.factor() for m in self.measurements))


def field_data(file: JobFile, tables: SurveyTables, latest: Any = None) -> FieldData:
    """Read, check and average every field table of a job.

    Parameters
    ----------
    file : JobFile
    tables : SurveyTables
    latest : GeoDataFrame, optional
        Polygons of the latest map, to hold positions against.

    Raises
    ------
    InputError
        Every fault of every table at once.
    """
    job, findings = file.job, Findings()
    if not list(field_files(job, file.folder)):
        return FieldData()
    _check_paths(file, findings)
    findings.stop_on_errors()
    strata = legend_strata(job, tables.classes.values())

    def read(name: str, table: Any, reader: Callable[..., Any], empty: Any) -> Any:
        if table is None:
            return empty
        links = Links(f"[{name}]", strata, table.sites, table.leave_out, findings)
        try:
            return reader(table, file.folder, links, findings)
        except InputError as error:
            findings.extend(error.findings)
            return empty

    cores = read("cores", job.cores, core_results, CoreResults())
    dated = read("dating", job.dating, dated_results, DatedResults())
    plots = read("plots", job.plots, plot_results, VegetationResults())
    quadrats = read("quadrats", job.quadrats, quadrat_results, VegetationResults())
    found = [*cores.measurements, *dated.measurements, *plots.measurements, *quadrats.measurements]
    found = with_discount(found, job.survey.uncertainty_discount)
    twice_rated(found, findings)
    _check_years(found, findings)
    _note_mixed(found, findings)
    findings.stop_on_errors()
    if cores.positions:
        _check_positions(file, cores.positions, latest, tables, findings)
    return FieldData(tuple(m for m in found if m.stratum.classes), cores, plots, dated, findings)


def _check_positions(
    file: JobFile, positions: list[Position], latest: Any, tables: SurveyTables, findings: Findings
) -> None:
    """Hold positions against the latest map, polygons or raster."""
    if latest is not None:
        check_positions(positions, latest, tables.class_of, findings)
        return
    from bluecarbon.job_dates import date_year
    from bluecarbon.survey import RASTER_SUFFIXES

    entry = max(file.job.map, key=lambda one: date_year(one.date))
    path = file.folder / entry.path
    if path.suffix.lower() in RASTER_SUFFIXES:
        strata = {
            int(value): (meaning.habitat, meaning.stratum or meaning.species or value)
            for value, meaning in file.job.legend.items()
            if isinstance(meaning, LegendEntry) and value.lstrip("-").isdigit()
        }
        check_positions_on_raster(positions, path, entry.band or 1, strata, findings)


def _check_paths(file: JobFile, findings: Findings) -> None:
    from bluecarbon.maps.paths import checked_path

    for role, path in field_files(file.job, file.folder):
        try:
            checked_path(path, f"{file.path.name}, {role}")
        except InputError as error:
            findings.extend(error.findings)


def _young(stratum: FieldStratum) -> list[Any]:
    return [c for c in stratum.classes if c.activity in RESTORING and c.started is not None]


def _check_years(found: list[Measurement], findings: Findings) -> None:
    """Vegetation of a stand of known age stands for the year it was measured in (BC-FLD-08)."""
    for m in found:
        if m.quantity != "vegetation_stock" or m.part == "below":
            continue
        for c in _young(m.stratum):
            place = phrase(
                "stratum {stratum}, {sample} of {source}", stratum=m.stratum.name, sample=m.sample, source=m.source
            )
            if m.year is None:
                findings.add("BC-FLD-08", place, "no year", phrase("the year of measurement: the stand started in {started}", started=c.started),
                             "Fill the column year, or state `year` once in the job.")  # fmt: skip
            elif m.year <= c.started:
                findings.add("BC-FLD-08", place, phrase("measured in {year:.0f}", year=m.year), phrase("a year after the start in {started}", started=c.started),
                             "Correct `started` or the year.")  # fmt: skip


def _note_mixed(found: list[Measurement], findings: Findings) -> None:
    for stratum in {(m.stratum.habitat, m.stratum.name): m.stratum for m in found}.values():
        activities = sorted({c.activity for c in stratum.classes})
        if not stratum.classes:
            findings.add("BC-FLD-11", phrase("stratum {stratum}", stratum=stratum.name), "measured", "a stratum that a map shows",
                         "No map has it; the measurement changes nothing.", "warning")  # fmt: skip
        elif len(activities) > 1:
            findings.add("BC-FLD-12", phrase("stratum {stratum}", stratum=stratum.name), phrase("activities {names}", names=', '.join(activities)),
                         "one kind of place", "All of them take the same measured mean; set them apart in the legend "
                         "if they differ.", "warning")  # fmt: skip
