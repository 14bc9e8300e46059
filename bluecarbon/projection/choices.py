"""What a person asks of a projection, on the command line or in a job file, and whether it can be asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluecarbon.projection.cells import Text
from bluecarbon.projection.inputs import MapOptions
from bluecarbon.projection.model import PEER
from methodology.base.errors import Finding, Findings
from methodology.base.phrases import phrase

Tell = Callable[[Finding], None]
USUAL_PERCENT = (0.5, 30.0)  # a year: below it stands a fraction, above it nothing that lasts
_KINDS = {"Path": (str,), "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


@dataclass(frozen=True)
class Choices:
    """What a person asked for; names as on the command line. Prices [currency/t CO2e], price change and discount [%].

    `state` is the folder in which an interrupted count keeps its state; `out` without.
    """

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
    encoding: str | None = None
    decimal: str = "."
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
    state: Path | None = None

    @classmethod
    def from_table(cls, table: Mapping[str, Any], folder: Path, out: Path, state: Path | None = None) -> Choices:
        """Choices as a ``[projection]`` table of a job file states them; paths from the job file's folder.

        Raises
        ------
        InputError
            BC-PRJ-70 for every key that is unknown, missing or of the wrong kind, all at once.
        """
        findings = Findings()
        known = {field.name: field.type for field in dataclasses.fields(cls) if field.name not in ("out", "state")}
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
        return cls(**given, out=out, state=state)

    def maps(self, tell: Tell | None = None) -> MapOptions:
        """How maps are to be read; an interrupted count keeps its state beside the results."""
        from bluecarbon.maps.checkpoint import NAME, Checkpoint

        checkpoint = Checkpoint((self.state or self.out) / NAME, tell or (lambda finding: None))
        zones = (self.zones, self.zone_field, self.zone_rule, self.zone_overlaps)
        return MapOptions(*zones, not self.no_resample, self.workers, checkpoint, self.text)

    @property
    def text(self) -> Text:
        """How the tables are written."""
        return Text(self.encoding, self.decimal)


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
    if choices.decimal not in (".", ","):
        findings.add("BC-PRJ-70", "--decimal", choices.decimal, "a point or a comma")
    if choices.workers < 1:
        findings.add("BC-PRJ-70", "--workers", choices.workers, "one thread or more")
    if choices.rate_step < 1:
        findings.add("BC-PRJ-51", "--rate-step", choices.rate_step, "one year or more")
    findings.stop_on_errors()


def doubts(choices: Choices) -> Findings:
    """Rates that can be computed with, but hardly are what was meant: BC-PRJ-34 as warnings."""
    findings = Findings()
    low, high = USUAL_PERCENT
    for name, value in (("--discount", choices.discount), ("--price-change", choices.price_change)):
        if not value or low <= abs(value) <= high:
            continue
        remedy = "Correct it unless that is meant."
        if abs(value) < low:
            remedy = phrase("Is it a fraction? {percent:g} percent is written {percent:g}.", percent=100 * value)
        found = phrase("{value:g} percent a year", value=value)
        expected = phrase("0, or {low:g} to {high:g} percent a year", low=low, high=high)
        findings.add("BC-PRJ-34", name, found, expected, remedy, "warning")
    return findings
