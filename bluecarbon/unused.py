"""What a job states and its guide never asks about: said aloud, since a person who wrote it believes it counts."""

from __future__ import annotations

from collections.abc import Iterator

from bluecarbon.job import Job, LegendEntry
from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase
from methodology.factors.table import FactorTable
from methodology.guides.registry import Guide
from methodology.worksheet import Worksheet

OWN_TABLE = "own"
THRESHOLDS = ("minimum_canopy_cover",)
"""Quantities a rule compares with; they decide what is counted and stand in no cell."""


def warn_unused_keys(job: Job, guide: Guide, findings: Findings) -> None:
    """Add a warning BC-INV-11 for each section or key that is stated and that the guide does not use.

    Parameters
    ----------
    job : Job
    guide : Guide
        Its ``uses`` names the optional keys its account reads.
    findings : Findings
    """
    uses = tuple(guide.text.get("uses", ()))
    for key, place, found in _stated(job):
        if key not in uses:
            findings.add(
                "BC-INV-11", place, phrase("{found}, not used by this guide", found=found),
                phrase("what {guide} uses: {names}", guide=guide.id, names=', '.join(uses) or phrase('none of the optional keys')),
                "It changes no number here. Take it out, or choose the guide that counts it (`methodology guides`).",
                "warning",
            )  # fmt: skip


def _stated(job: Job) -> Iterator[tuple[str, str, str]]:
    """Optional keys of a job: name as guides declare it, place, what stands there."""
    for number, item in enumerate(job.production, 1):
        yield f"production.{item.group}", f"[[production]] {number}", f"{item.group} ({item.species})"
    for number, release in enumerate(job.release, 1):
        yield "release", f"[[release]] {number}", f"{release.from_habitat} to {release.to_habitat}, {release.pool}"
    for number, burial in enumerate(job.burial, 1):
        yield "burial", f"[[burial]] {number}", burial.habitat
    if job.survey.base_date is not None:
        yield "base_date", "[survey].base_date", str(job.survey.base_date)
    for key in ("net_shell_carbonate", "sum_burial_and_production"):
        if getattr(job.survey, key):
            yield key, f"[survey].{key}", "true"
    yield from _depths(job)


def _depths(job: Job) -> Iterator[tuple[str, str, str]]:
    key = "depth_cm"
    for value, entry in job.legend.items():
        if isinstance(entry, LegendEntry) and entry.depth_cm is not None:
            yield key, f"[legend].{value}.depth_cm", f"{entry.depth_cm:g}"
    for number, entry in enumerate(job.map, 1):
        if key in entry.attributes:
            yield key, f"[[map]] {number}.attributes.depth_cm", entry.attributes[key]
    if job.reporting_units:
        if key in job.reporting_units.attributes:
            yield key, "[reporting_units].attributes.depth_cm", job.reporting_units.attributes[key]
        for name, states in job.reporting_units.states.items():
            if states.depth_cm is not None:
                yield key, f"[reporting_units].states.{name}.depth_cm", f"{states.depth_cm:g}"


def note_unused_factors(job: Job, table: FactorTable, sheet: Worksheet, findings: Findings) -> None:
    """Add a note BC-INV-12 naming the rows of the job's own factor file that no number of the account stands on."""
    own = [factor for factor in table.all() if factor.guide == OWN_TABLE and factor.quantity not in THRESHOLDS]
    used = {factor.id for factor in sheet.factors.values() if factor.guide == OWN_TABLE}
    idle = [factor for factor in own if factor.id not in used]
    if idle:
        findings.add(
            "BC-INV-12", f"[survey].factors, {job.survey.factors}",
            phrase("{n} of {n2} rows never used: {names}", n=len(idle), n2=len(own), names=joined('; ', (phrase('row {row}, {quantity}, {label}', row=f.row, quantity=f.quantity, label=f.label) for f in idle))),
            "rows that apply to a class of this survey",
            "Compare what each row asks for (habitat, stratum, climate …) with the legend; a name spelled otherwise matches nothing.",
            "note",
        )  # fmt: skip
