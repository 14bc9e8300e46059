"""One run of ``bluecarbon project``: choices in, files and a summary out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bluecarbon.projection import writing
from bluecarbon.projection.advice import advise
from bluecarbon.projection.choices import Choices, Tell, check_choices, doubts
from bluecarbon.projection.difference import DEFECTS, by_defect
from bluecarbon.projection.gases import GASES
from bluecarbon.projection.inputs import Inputs, Progress, read_ground, read_inputs
from bluecarbon.projection.map_error import MapError, corrected
from bluecarbon.projection.model import PEER, Projection, project
from bluecarbon.projection.reading import read_prices, read_snapshots
from bluecarbon.projection.results import by_year
from bluecarbon.projection.scenario import extended, read_rates
from bluecarbon.projection.tables import POOLS, TrajectoryAreas, gather
from bluecarbon.projection.transitions import DISTURB, class_table_text, read_lookup, suggested, table_text
from bluecarbon.projection.value import Prices, value_sections
from methodology.base.errors import Finding, Findings
from methodology.base.files import canonical_json, sha256_of, written_whole
from methodology.base.phrases import phrase
from methodology.commandline import in_words

LEAST_DRAWS = 1000
MOST_ROWS = 300_000  # of the widest worksheet node; beyond it a statement is hundreds of megabytes


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
    findings = (*doubts(choices), *inputs.findings, *_told_late(inputs, ground, result, choices), *result.findings)
    result = dataclasses.replace(result, findings=findings, gwp=_warming(choices.gwp), map_error=error)
    made = writing.tables(result)
    files = _files(choices, inputs)
    summary = writing.summary(result, made["totals.csv"], files, list(findings))
    if choices.compare:
        steps = gather(inputs.table, inputs.actions, ground.years, ground.classes)
        splits = by_defect(steps, result.dates[-1], ground.area_ha.sum(axis=0), prices)
        made["difference.csv"] = writing.difference_table(splits)
        summary["difference_to_peer"] = [dataclasses.asdict(split) for split in splits]
    extra = _extra(result, prices, summary.get("difference_to_peer"))
    statement = _statement(choices, result, files, extra, progress)
    read = {path: role for role, path in _read(choices, inputs)}
    names = writing.write(made, summary, statement, choices.out, choices.report, read)
    written = in_words(phrase("Written to {out}: {names}", out=choices.out, names=", ".join(names)))
    text = f"{writing.shown(summary, statement)}\n\n{written}"
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
    choices: Choices,
    result: Projection,
    files: list[dict[str, str]],
    extra: dict[str, object],
    progress: Progress | None,
) -> dict | None:
    """The statement, unless it is not wanted or too long for one; the peer's has totals only."""
    if choices.no_statement or rows_of(result) > MOST_ROWS:
        return None
    from bluecarbon.projection.peer_statement import peer_statement
    from bluecarbon.projection.statement import Options, projection_statement

    report = None if progress is None else lambda share: progress("simulating", share)
    if choices.model == PEER:
        least = Options(choices.gwp, LEAST_DRAWS, choices.seed, extra)  # nothing in it has an interval
        return peer_statement(result, files, choices.classes.name, least, report)
    options = Options(choices.gwp, choices.draws, choices.seed, extra)
    return projection_statement(result, files, choices.classes.name, options, report)[0]


def _extra(result: Projection, prices: Prices | None, difference: object) -> dict[str, object]:
    """Sections of a statement beside its lines: years, value with what it rests on, the gap to the peer."""
    extra: dict[str, object] = {"by_year": by_year(result).to_dict("list")}
    if prices is not None and result.value is not None and len(result.dates) > 1:
        worth = result.value @ result.ground.area_ha.sum(axis=0)
        by_date = dict(zip(result.dates[1:], worth[1:].tolist(), strict=True))
        extra |= value_sections(by_date, prices, result.model != PEER)
    if difference is not None:
        extra["difference_to_peer"] = {"defects": DEFECTS, "splits": difference}
    return extra


def rows_of(result: Projection) -> int:
    """Number of rows that the widest worksheet node of a result would have."""
    causes = max(len(result.causes), 1)
    return len(result.ground) * len(POOLS) * len(result.dates) * causes * len(result.ground.zones)


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
    rates = read_rates(choices.rates, inputs.table.names, inputs.ground.zones, choices.text)
    return extended(inputs.ground, rates, choices.until, choices.rate_step)


def _prices(choices: Choices, ground: TrajectoryAreas) -> Prices | None:
    first, last = ground.years[0], choices.until or ground.years[-1]
    if choices.price is not None:
        change = choices.price_change / 100
        return Prices.steady(first, last, choices.price, change, choices.discount / 100)
    if choices.price_table is None:
        return None
    findings = Findings()
    prices = read_prices(choices.price_table, first, last, choices.discount / 100, findings, choices.text)
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
    maps = read_snapshots(choices.snapshots, findings, choices.text)
    table, empty = read_lookup(choices.classes, findings, choices.text)
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
    text = "Written: {file}: {n} changes occur in the maps, other cells are empty."
    lines = [in_words(phrase(text, file=targets["transitions"], n=int(occurs.sum())))]
    if empty:
        with written_whole(targets["classes"]) as path:
            path.write_text(class_table_text(empty), encoding="utf-8")
        text = "Written: {file}: fill in the factors of every class, and their unit."
        lines.append(in_words(phrase(text, file=targets["classes"])))
    open_ = [
        in_words(phrase("  {left} to {right}", left=left, right=right))
        for left, row in zip(table.names, words, strict=True)
        for right, word in zip(table.names, row, strict=True)
        if word == DISTURB
    ]
    if open_:
        lines.append(in_words(phrase("State how strong these disturbances are (low-, med- or high-impact-disturb):")))
    return lines + open_
