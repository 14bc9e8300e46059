"""One run of ``bluecarbon project``: choices in, files and a summary out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bluecarbon.projection import writing
from bluecarbon.projection.advice import advise
from bluecarbon.projection.difference import DEFECTS, by_defect
from bluecarbon.projection.gases import GASES
from bluecarbon.projection.inputs import Inputs, MapOptions, Progress, read_ground, read_inputs
from bluecarbon.projection.map_error import MapError, corrected
from bluecarbon.projection.model import PEER, Projection, project
from bluecarbon.projection.reading import read_prices, read_snapshots
from bluecarbon.projection.results import by_year
from bluecarbon.projection.scenario import extended, read_rates
from bluecarbon.projection.tables import POOLS, TrajectoryAreas, gather
from bluecarbon.projection.transitions import DISTURB, class_table_text, read_lookup, suggested, table_text
from bluecarbon.projection.value import Prices
from methodology.base.errors import Finding, Findings
from methodology.base.files import canonical_json, sha256_of, written_whole
from methodology.base.phrases import phrase

Tell = Callable[[Finding], None]
LEAST_DRAWS = 1000
MOST_ROWS = 300_000  # of the widest worksheet node; beyond it a statement is hundreds of megabytes

_KINDS = {"Path": (str,), "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


@dataclass(frozen=True)
class Choices:
    """What a person asked for; names as on the command line. Prices [currency/t CO2e], price change and discount [%]."""

    snapshots: Path
    classes: Path
    out: Path
    transitions: Path | None = None
    until: int | None = None
    model: str = "default"
    zones: Path | None = None
    zone_field: str | None = None
    zone_rule: str = "centre"
    zone_overlaps: str | None = None
    unit: str | None = None
    price: float | None = None
    price_change: float = 0.0
    price_table: Path | None = None
    discount: float | None = None
    gwp: str | None = None
    accuracy: Path | None = None
    accuracy_date: str | None = None
    rates: Path | None = None
    rate_step: int = 1
    no_resample: bool = False
    workers: int = 1
    compare: bool = False
    report: str | None = None
    no_statement: bool = False
    draws: int = 10_000
    seed: int = 1

    @classmethod
    def from_table(cls, table: Mapping[str, Any], folder: Path, out: Path) -> Choices:
        """Choices as a ``[projection]`` table of a job file states them; paths from the job file's folder.

        Raises
        ------
        InputError
            BC-PRJ-70 for every key that is unknown, missing or of the wrong kind, all at once.
        """
        findings = Findings()
        known = {field.name: field.type for field in dataclasses.fields(cls) if field.name != "out"}
        given: dict[str, Any] = {}
        for key, value in table.items():
            name = key.replace("-", "_")
            kinds = _KINDS.get(str(known.get(name, "")).split(" | ")[0])
            if kinds is None:
                findings.add("BC-PRJ-70", f"[projection].{key}", key, phrase("one of {names}", names=", ".join(known)))
            elif not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                findings.add(
                    "BC-PRJ-70",
                    f"[projection].{key}",
                    repr(value),
                    phrase("a value of kind {known}", known=known[name]),
                )
            else:
                given[name] = folder / value if "Path" in str(known[name]) else value
        for name in ("snapshots", "classes"):
            if name not in given and name not in table:
                findings.add("BC-PRJ-70", f"[projection].{name}", "nothing", "a file")
        for name in ("snapshots", "classes", "transitions", "zones", "price_table", "accuracy", "rates"):
            if name in given and not given[name].is_file():
                findings.add("BC-PRJ-70", f"[projection].{name}", str(given[name]), "a file that exists")
        findings.stop_on_errors()
        return cls(**given, out=out)

    def maps(self, tell: Tell | None = None) -> MapOptions:
        """How maps are to be read; an interrupted count keeps its state in the folder of results."""
        from bluecarbon.maps.checkpoint import NAME, Checkpoint

        checkpoint = Checkpoint(self.out / NAME, tell or (lambda finding: None))
        zones = (self.zones, self.zone_field, self.zone_rule, self.zone_overlaps)
        return MapOptions(*zones, not self.no_resample, self.workers, checkpoint)


@dataclass(frozen=True)
class Outcome:
    """What a run gives back to the command line."""

    projection: Projection
    text: str
    json: str
    findings: tuple[Finding, ...]


def run(choices: Choices, progress: Progress | None = None, tell: Tell | None = None) -> Outcome:
    """Read, compute, write.

    Parameters
    ----------
    choices : Choices
    progress : callable, optional
        Called with what is being done and the share done.
    tell : callable, optional
        Takes findings about the run, not about its result: that an interrupted count goes on, or cannot.

    Raises
    ------
    InputError
        Everything that is wrong with the tables at once, then everything wrong with the maps; nothing is written.
    """
    check_choices(choices)
    _warming(choices.gwp)
    maps = choices.maps(tell)
    inputs = read_inputs(
        choices.snapshots, choices.classes, choices.transitions, maps, choices.unit, choices.until, progress
    )
    inputs, error = _with_map_error(choices, inputs)
    ground = _with_scenario(choices, inputs)
    prices = _prices(choices, ground)
    result = project(inputs.table, inputs.actions, ground, choices.until, choices.model, prices)
    findings = (*inputs.findings, *_told_late(inputs, ground, result, choices), *result.findings)
    result = dataclasses.replace(result, findings=findings, gwp=_warming(choices.gwp), map_error=error)
    made = writing.tables(result)
    files = _files(choices, inputs)
    summary = writing.summary(result, made["totals.csv"], files, list(findings))
    if choices.compare:
        steps = gather(inputs.table, inputs.actions, ground.years, ground.classes)
        splits = by_defect(steps, result.dates[-1], ground.area_ha.sum(axis=0), prices)
        made["difference.csv"] = writing.difference_table(splits)
        summary["difference_to_peer"] = [dataclasses.asdict(split) for split in splits]
    statement = _statement(choices, result, files, summary.get("difference_to_peer"), progress)
    read = {path: role for role, path in _read(choices, inputs)}
    names = writing.write(made, summary, statement, choices.out, choices.report, read)
    text = writing.shown(summary, statement) + f"\n\nWritten to {choices.out}: " + ", ".join(names)
    return Outcome(result, text, canonical_json(summary).rstrip(), findings)


def _told_late(inputs: Inputs, ground: TrajectoryAreas, result: Projection, choices: Choices) -> Findings:
    """What only the scenario brings up, and whether a statement will be made."""
    findings = Findings()
    if ground is not inputs.ground:
        known = {(finding.code, finding.place) for finding in inputs.findings}
        later = advise(inputs.table, inputs.actions, ground)
        findings.extend(finding for finding in later if (finding.code, finding.place) not in known)
    if rows_of(result) > MOST_ROWS and not choices.no_statement:
        findings.add(
            "BC-PRJ-37",
            "statement.json",
            phrase("a calculation of {rows_of:,} rows", rows_of=rows_of(result)),
            phrase("at most {most_rows:,}", most_rows=MOST_ROWS),
            "The tables are complete; no statement is made. Take a longer --rate-step or fewer zones to have one.",
            "warning",
        )
    return findings


def _statement(
    choices: Choices, result: Projection, files: list[dict[str, str]], difference: object, progress: Progress | None
) -> dict | None:
    """The statement, unless it is not wanted or too long for one; the peer's has totals only."""
    if choices.no_statement or rows_of(result) > MOST_ROWS:
        return None
    from bluecarbon.projection.peer_statement import peer_statement
    from bluecarbon.projection.statement import Options, projection_statement

    extra = {"by_year": by_year(result).to_dict("list")}
    if difference is not None:
        extra["difference_to_peer"] = {"defects": DEFECTS, "splits": difference}
    report = None if progress is None else lambda share: progress("simulating", share)
    if choices.model == PEER:
        least = Options(choices.gwp, LEAST_DRAWS, choices.seed, extra)  # nothing in it has an interval
        return peer_statement(result, files, choices.classes.name, least, report)
    options = Options(choices.gwp, choices.draws, choices.seed, extra)
    return projection_statement(result, files, choices.classes.name, options, report)[0]


def rows_of(result: Projection) -> int:
    """Number of rows that the widest worksheet node of a result would have."""
    causes = max(len(result.causes), 1)
    return len(result.ground) * len(POOLS) * len(result.dates) * causes * len(result.ground.zones)


def check_choices(choices: Choices) -> None:
    """Refuse options that contradict each other or are out of range, before a file is opened.

    Raises
    ------
    InputError
        BC-PRJ-34, BC-PRJ-51 and BC-PRJ-70, all at once.
    """
    findings = Findings()
    priced = choices.price is not None or choices.price_table is not None
    if choices.price is not None and choices.price_table is not None:
        findings.add("BC-PRJ-70", "--price, --price-table", "both", "one of them")
    if priced and choices.discount is None:
        remedy = "Say --discount 0 where nothing is discounted; a rate already inside the price must not be repeated."
        findings.add("BC-PRJ-34", "--discount", "nothing", "a yearly rate in percent", remedy)
    if choices.price is not None and not choices.price >= 0:
        findings.add("BC-PRJ-34", "--price", choices.price, "zero or more")
    for name, value in (("--discount", choices.discount), ("--price-change", choices.price_change)):
        if value is not None and not -100 < value < 1000:
            findings.add("BC-PRJ-34", name, value, "above -100 and below 1000 percent a year")
    if choices.rates is not None and choices.model == PEER:
        findings.add(
            "BC-PRJ-70",
            "--rates",
            phrase("with --model {peer}", peer=PEER),
            "the default model",
            "The peer has no yearly rates.",
        )
    if (choices.accuracy is None) != (choices.accuracy_date is None):
        findings.add("BC-PRJ-70", "--accuracy, --accuracy-date", "one of them", "both, or neither")
    if choices.rates is not None and choices.until is None:
        findings.add("BC-PRJ-70", "--rates", "without --until", "an end year")
    if choices.report and (choices.no_statement or choices.model == PEER):
        findings.add("BC-PRJ-70", "--report", "without a statement", "the default model with its statement")
    if choices.workers < 1:
        findings.add("BC-PRJ-70", "--workers", choices.workers, "one thread or more")
    if choices.rate_step < 1:
        findings.add("BC-PRJ-51", "--rate-step", choices.rate_step, "one year or more")
    findings.stop_on_errors()


def _with_map_error(choices: Choices, inputs: Inputs) -> tuple[Inputs, MapError | None]:
    """Estimated in place of mapped areas, where the maps were checked."""
    if choices.accuracy is None:
        return inputs, None
    findings = Findings()
    ground, error = corrected(choices.accuracy, choices.accuracy_date, inputs.ground, inputs.table.names, findings)
    return dataclasses.replace(inputs, ground=ground, findings=(*inputs.findings, *findings)), error


def _with_scenario(choices: Choices, inputs: Inputs) -> TrajectoryAreas:
    if choices.rates is None:
        return inputs.ground
    rates = read_rates(choices.rates, inputs.table.names, inputs.ground.zones)
    return extended(inputs.ground, rates, choices.until, choices.rate_step)


def _prices(choices: Choices, ground: TrajectoryAreas) -> Prices | None:
    first, last = ground.years[0], choices.until or ground.years[-1]
    if choices.price is not None:
        change = choices.price_change / 100
        return Prices.steady(first, last, choices.price, change, choices.discount / 100)
    if choices.price_table is None:
        return None
    findings = Findings()
    prices = read_prices(choices.price_table, first, last, choices.discount / 100, findings)
    findings.stop_on_errors()
    return prices


def _warming(name: str | None) -> dict[str, float] | None:
    """Warming potentials of a named set; none is ever assumed."""
    if name is None:
        return None
    from methodology.factors.gwp import gwp

    return {gas: gwp(gas, name).value for gas in GASES}


def _read(choices: Choices, inputs: Inputs) -> list[tuple[str, Path]]:
    """Role and path of every file that was read."""
    roles = ("snapshots", "classes", "transitions", "zones", "price_table", "accuracy", "rates")
    named = [(role, getattr(choices, role)) for role in roles]
    maps = [(f"map {year}", path) for year, path in zip(inputs.snapshots.years, inputs.snapshots.paths, strict=True)]
    return [(role, path) for role, path in (*named, *maps) if path is not None]


def _files(choices: Choices, inputs: Inputs) -> list[dict[str, str]]:
    return [{"role": r, "name": p.name, "sha256": sha256_of(p)} for r, p in _read(choices, inputs)]


def write_template(choices: Choices, progress: Progress | None = None, tell: Tell | None = None) -> list[str]:
    """Write ``transitions.csv`` with an action suggested for every change the maps contain.

    From the peer's short list of classes (lucode, lulc-class, is_coastal_blue_carbon_habitat) an empty
    ``classes.csv`` is written too.

    Returns
    -------
    list of str
        What a person should know: where it is, and which cells still ask for a decision.

    Raises
    ------
    InputError
        Codes of tables and maps; BC-PRJ-70 where the file is there already.
    """
    findings = Findings()
    maps = read_snapshots(choices.snapshots, findings)
    table, empty = read_lookup(choices.classes, findings)
    targets = {name: choices.out / f"{name}.csv" for name in ("transitions", *(["classes"] if empty else []))}
    for path in targets.values():
        if path.exists():
            remedy = "Choose another --out folder."
            findings.add("BC-PRJ-70", str(path), "a file that is there already", "a new file", remedy)
    findings.stop_on_errors()
    ground = read_ground(maps, table, choices.maps(tell), findings, progress)
    occurs = np.zeros((len(table.names), len(table.names)), dtype=bool)
    for before, after in zip(ground.classes.T[:-1], ground.classes.T[1:], strict=True):
        occurs[before, after] = True
    words = suggested(table, occurs)
    with written_whole(targets["transitions"]) as path:
        path.write_text(table_text(table.names, words), encoding="utf-8")
    lines = [
        f"Written: {targets['transitions']}: {int(occurs.sum())} changes occur in the maps, other cells are empty."
    ]
    if empty:
        with written_whole(targets["classes"]) as path:
            path.write_text(class_table_text(empty), encoding="utf-8")
        lines.append(f"Written: {targets['classes']}: fill in the factors of every class, and their unit.")
    open_ = [
        f"  {left} to {right}"
        for left, row in zip(table.names, words, strict=True)
        for right, word in zip(table.names, row, strict=True)
        if word == DISTURB
    ]
    if open_:
        lines.append("State how strong these disturbances are (low-, med- or high-impact-disturb):")
    return lines + open_
