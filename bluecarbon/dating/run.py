"""The edge of this room: read the table, date every core, hand the results over."""

from __future__ import annotations

import csv
import math
from importlib import resources
from pathlib import Path
from typing import Any

import click

from bluecarbon.dating.core_dating import DatedCore, DatingChoices, date_core
from bluecarbon.dating.models import Decay
from bluecarbon.dating.tables import DATING
from bluecarbon.sampling.results import check_figure, deliver, stated_units, text_table, write_rows
from bluecarbon.tables.checking import apply_rules
from bluecarbon.tables.schema import read_table
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.files import written_whole
from methodology.base.phrases import phrase
from methodology.commandline import say

KEY = ["study_id", "site_id", "core_id"]


def kept_decay() -> Decay:
    """Decay constant from the kept half-life and its error."""
    text = (resources.files("bluecarbon.dating") / "factors.csv").read_text(encoding="utf-8")
    row = next(row for row in csv.DictReader(text.splitlines()) if row["id"] == "pb210-half-life")
    half_life, error = float(row["value"]), (float(row["high"]) - float(row["low"])) / 2
    constant = math.log(2) / half_life
    return Decay(constant, constant * error / half_life)


def _missing(text: str) -> str | float:
    if text in ("tail", "none"):
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise refuse("BC-DAT-16", "--missing", text, "tail, none or a number of at least 0 in Bq/m2")
    return value


def _choices(options: dict[str, Any]) -> DatingChoices:
    decay = kept_decay()
    if options["decay_constant"] is not None:
        # The measured relative error of the half-life goes with whatever value is chosen.
        decay = Decay(options["decay_constant"], options["decay_constant"] * decay.standard_error / decay.constant)
    return DatingChoices(
        model=options["model"],
        decay=decay,
        supported=options["supported"],
        tail_from_cm=options["tail_from"],
        dated_to_cm=options["dated_to"],
        gaps=options["gaps"],
        missing=_missing(options["missing"]),
        fit_from_cm=options["fit_from"],
        fit_to_cm=options["fit_to"],
        weighted=options["weighted"],
        years=options["years"],
        draws=options["draws"],
        seed=options["seed"],
        cs137_peak_year=options["cs137_peak_year"],
        cs137_between_cm=options["cs137_between"],
    )


def run_dating(table: str, options: dict[str, Any]) -> None:
    """``bluecarbon dating``."""
    choices = _choices(options)
    units = stated_units(options["units"])
    frame, findings = read_table(table, DATING, decimal=options["decimal"], encoding=options["encoding"], units=units)
    apply_rules(frame, DATING, findings)
    findings.stop_on_file_errors()
    faulty = findings.faults_by_row(("core", "age"))
    gathered = Findings(list(findings))
    cores: list[DatedCore] = []
    refused = 0
    for keys, rows in frame.groupby(KEY, sort=False):
        if any(row in faulty for row in rows.index):
            refused += 1
            continue
        try:
            cores.append(date_core(rows, tuple(str(key) for key in keys), choices, gathered))
        except InputError as error:
            gathered.extend(error.findings)
            refused += 1
    if not cores:
        gathered.stop_on_errors()
    if options["figure"]:
        _draw(cores, options["figure"])
    summaries = [core.summary() for core in cores]
    if options["summary"]:
        write_rows(options["summary"], summaries)
    summary = {
        "decay_constant": choices.decay.constant,
        "decay_constant_se": choices.decay.standard_error,
        "cores": summaries,
    }
    rows = [row for core in cores for row in core.rows()]
    deliver(rows, gathered, out=options["out"], as_json=options["as_json"], summary=summary, text=_text(cores, choices))
    if refused:
        every = refused + len(cores)
        told = phrase("{n} of {every} cores could not be dated; the findings say why.", n=refused, every=every)
        say(told, err=True)
        raise click.exceptions.Exit(1)


def _draw(cores: list[DatedCore], path: str) -> None:
    from bluecarbon.dating.figures import age_depth, combined, excess_profile

    if len(cores) != 1:
        remedy = "Give a table of that core alone."
        raise refuse("BC-DAT-16", "--figure", phrase("{n} cores", n=len(cores)), "one core per picture", remedy)
    check_figure(path)
    core = cores[0]
    with written_whole(Path(path)) as temporary:
        combined(core, excess_profile, age_depth).savefig(temporary, dpi=150)


def _text(cores: list[DatedCore], choices: DatingChoices) -> str:
    header = ["core", "sections", "oldest yr", "s.e.", "frame cm", "g/cm2/yr", "s.e.", "gC/m2/yr", "s.e."]
    rows = []
    for core in cores:
        known = [i for i, age in enumerate(core.chronology.age) if age == age]
        last = known[-1] if known else 0
        row = core.summary()
        mean = ("frame_depth_cm", "mass_accumulation", "mass_accumulation_se", "carbon_accumulation_g_c_m2_yr")
        rows.append(
            [
                " / ".join(core.keys),
                len(core.sections),
                float(core.chronology.age[last]),
                float(core.chronology.age_se[last]),
                *(row[name] for name in (*mean, "carbon_accumulation_se")),
            ]
        )
    notes = f"model {choices.model}, decay constant {choices.decay.constant:.6g} per yr"
    notes += f", means over the last {choices.years:g} years"
    if choices.model == "cfcs":
        notes += ", fit weighted by 1/var(ln C)" if choices.weighted else ", fit not weighted"
    return f"{notes}\n{text_table(header, rows)}"
