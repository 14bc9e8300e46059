"""Cores dated by ²¹⁰Pb in a survey: the mean burial of each stratum over a stated time frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.field.cores import no_rate
from bluecarbon.field.estimate import Measurement, sample_mean
from bluecarbon.field.job import Dating
from bluecarbon.field.links import FieldStratum, Links, spoken
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.dating.core_dating import DatedCore, DatingChoices

T_HA_PER_G_M2 = 0.01
"""1 g on 1 m² is 0.01 t on 1 ha."""


@dataclass
class DatedResults:
    """What dated cores give a survey; `cores` for the pictures, with the stratum of each."""

    measurements: list[Measurement] = field(default_factory=list)
    cores: list[tuple[DatedCore, FieldStratum]] = field(default_factory=list)


def dated_results(job: Dating, folder: Path, links: Links, findings: Findings) -> DatedResults:
    """Date every core of a job and bring its burial to the strata.

    Raises
    ------
    InputError
        The table cannot be used at all.
    """
    from bluecarbon.dating.core_dating import date_core
    from bluecarbon.dating.tables import DATING
    from bluecarbon.tables.checking import apply_rules
    from bluecarbon.tables.schema import read_table

    frame, found = read_table(folder / job.table, DATING, decimal=job.decimal, encoding=job.encoding, units=job.units)
    apply_rules(frame, DATING, found)
    found.stop_on_errors()
    findings.extend(found)
    choices, result = _choices(job), DatedResults()
    for keys, rows in frame.groupby(["study_id", "site_id", "core_id"], sort=False):
        names = tuple(str(key) for key in keys)
        out = links.is_left_out(*names)
        stratum = links.stratum(*names[:2])
        if out or stratum is None:
            continue
        try:
            result.cores.append((date_core(rows, names, choices, findings), stratum))
        except InputError as error:
            findings.extend(error.findings)
            findings.add("BC-FLD-05", phrase("{place}, core {spoken}", place=links.place, spoken=spoken(*names)), error.code, "a core that can be dated",
                         "Correct the table, or name the core in leave_out with the reason.")  # fmt: skip
    links.check_unused()
    result.measurements = _means(result, job, links.place, findings)
    return result


def _choices(job: Dating) -> DatingChoices:
    from bluecarbon.dating.core_dating import DatingChoices
    from bluecarbon.dating.models import Decay
    from bluecarbon.dating.run import kept_decay

    decay = kept_decay()
    if job.decay_constant is not None:
        decay = Decay(job.decay_constant, job.decay_constant * decay.standard_error / decay.constant)
    return DatingChoices(
        job.model, decay, job.supported, job.tail_from_cm, job.dated_to_cm, job.gaps, job.missing, job.fit_from_cm,
        job.fit_to_cm, job.weighted, job.years,
    )  # fmt: skip


def _means(result: DatedResults, job: Dating, place: str, findings: Findings) -> list[Measurement]:
    means = []
    for stratum in {(s.habitat, s.name): s for _, s in result.cores}.values():
        rates = [core.frame.carbon_rate for core, own in result.cores if own == stratum and core.frame is not None]
        values = T_HA_PER_G_M2 * np.array([rate for rate in rates if np.isfinite(rate)])
        if len(values) < 2:
            no_rate(stratum, len(values), "cores", place, findings)
            continue
        note = phrase("{model} by ²¹⁰Pb, mean of the last {years:g} years", model=job.model.upper(), years=job.years)
        means.append(
            Measurement(
                stratum, "burial_rate", "", sample_mean(stratum.name, values), "cores", Path(job.table).name, ("dating",),
                note=note,
            )
        )  # fmt: skip
    return means


def twice_rated(found: list[Measurement], findings: Findings) -> None:
    """Ages of the cores table and dated sections do not both give the rate of one stratum (BC-FLD-13)."""
    seen: dict[tuple[str, str], str] = {}
    for m in found:
        key = (m.stratum.habitat, m.stratum.name)
        if m.quantity == "burial_rate" and key in seen:
            findings.add("BC-FLD-13", phrase("stratum {stratum}", stratum=m.stratum.name), phrase("burial rates of {seen} and {source}", seen=seen[key], source=m.source),
                         "one of them", "Leave out rate_years of [cores], or the table [dating].")  # fmt: skip
        if m.quantity == "burial_rate":
            seen[key] = m.source
