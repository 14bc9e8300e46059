"""A stream's CO2 by laboratory analyses where no analyser stands: which analysis holds when, and which are not used. Pure.

An analysis holds from its sample until the next one, and no longer than `rules.lab_validity_days`; before the first
and after that there is none, and the hours are gaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ccus.importers.units import Unit, parse_unit
from ccus.plant.model import Meter, Rules
from ccus.streams.co2flow import Instrument
from ccus.streams.meters import Gas
from ccus.streams.series import GOOD, Series
from methodology.base.errors import Finding, Findings, InputError
from methodology.base.phrases import phrase


@dataclass(frozen=True)
class Analysis:
    """CO2 of a stream by the laboratory.

    Parameters
    ----------
    entry : str
        Id of the log entry.
    at : datetime
        When the sample was taken, aware.
    stream, sample : str
    fraction : float
        [1]
    basis : {"vol", "mass"}
    moisture : {"wet", "dry"} or None
        None: on the basis of the flow it is used with, as for an analyser.
    said : str
        Value and unit as logged.
    """

    entry: str
    at: datetime
    stream: str
    sample: str
    fraction: float
    basis: str
    moisture: str | None
    said: str


@dataclass(frozen=True)
class Stood:
    """Where an analysis stood for a stream's CO2.

    Parameters
    ----------
    analysis : Analysis
    line : str
    start, end : datetime
        Half-open, within the period.
    """

    analysis: Analysis
    line: str
    start: datetime
    end: datetime

    @property
    def hours(self) -> float:
        """[h]"""
        return (self.end - self.start).total_seconds() / 3600


def analysis_of(entry: str, at: datetime, body: dict, findings: Findings) -> Analysis | None:
    """A logged result as an analysis of CO2; None for another component or one that cannot be used (CC-INV-23)."""
    if body["component"].upper() != "CO2":
        return None
    place = phrase("entry {entry}, lab analysis of {stream}", entry=entry, stream=body["stream"])
    said = f"{body['value']:g} {body['unit']}"

    def unused(found: str, expected: str) -> None:
        findings.add("CC-INV-23", place, found, expected, "Not used. Correct the entry.", severity="warning")

    try:
        unit = parse_unit(body["unit"], place)
    except InputError as error:
        findings.extend(Finding(f.code, f.place, f.found, f.expected, f.remedy, "warning") for f in error.findings)
        return None
    fraction = unit.canonical(body["value"])
    if unit.quantity != "fraction" or unit.component not in (None, "CO2"):
        return unused(said, "a CO2 fraction such as vol% or wt%")
    if unit.basis is None:
        return unused(said, "by volume or by mass: vol% or wt%; 95 vol % in nitrogen is 96.76 wt %")
    if not 0 <= fraction <= 1:
        return unused(said, "0 to 100 %")
    if unit.basis == "mass" and unit.moisture == "wet":
        return unused(said, "a mass fraction of dry gas, or a volume fraction")
    return Analysis(entry, at, body["stream"], body["sample"], float(fraction), unit.basis, unit.moisture, said)


def _by_volume(item: Analysis, balance: str) -> float:
    return item.fraction if item.basis == "vol" else float(Gas(item.fraction, "mass_dry", balance).moles()["CO2"])


def lab_instrument(analyses: Iterable[Analysis], stream: str, line: str | None, rules: Rules) -> Instrument | None:
    """The analyses of a stream as an instrument that steps from sample to sample; None without any."""
    mine = _used(analyses, stream)
    if not mine:
        return None
    moisture, tag = mine[-1].moisture, f"lab {stream}"
    meter = Meter(
        tag=tag.replace(" ", ":"),
        line=line,
        stream=stream,
        kind="composition",
        unit="vol%",
        component="CO2",
        moisture=moisture,
        interpolation="step",
        max_hold_s=rules.lab_validity_days * 86_400,
        uncertainty_random_percent=None if rules.lab_uncertainty_percent is None else 0.0,
        uncertainty_systematic_percent=rules.lab_uncertainty_percent,
    )
    time_s = np.array([item.at.timestamp() for item in mine])
    value = np.array([_by_volume(item, rules.balance_gas) for item in mine])
    unit = Unit("vol%", "fraction", 0.01, basis="vol", component="CO2", moisture=moisture)
    return Instrument(meter, unit, Series(meter.tag, time_s, value, np.full(time_s.size, GOOD, dtype=np.uint8)))


def _used(analyses: Iterable[Analysis], stream: str) -> list[Analysis]:
    """Analyses of a stream on the basis of the newest one; of two samples of one moment the later logged."""
    mine = sorted((item for item in analyses if item.stream == stream), key=lambda item: item.at)
    by_time = {item.at: item for item in mine if item.moisture == mine[-1].moisture}
    return list(by_time.values())


def stood(
    analyses: Iterable[Analysis],
    stream: str,
    line: str,
    rules: Rules,
    start: datetime,
    end: datetime,
    findings: Findings,
) -> list[Stood]:
    """Which analysis stood behind which part of a period.

    Notes
    -----
    CC-INV-24 (warning) for each part that no analysis covers: the first sample is later, or the last one older than
    `rules.lab_validity_days`. CC-INV-25 (note) for each analysis that was used.
    """
    mine, longest = _used(analyses, stream), timedelta(days=rules.lab_validity_days)
    place = phrase("line {line}, CO2 of {stream}", line=line, stream=stream)
    found, free = [], start
    for number, item in enumerate(mine):
        following = mine[number + 1].at if number + 1 < len(mine) else None
        until = item.at + longest if following is None else min(item.at + longest, following)
        first, last = max(item.at, start), min(until, end)
        if last <= first:
            continue
        if first > free:
            _uncovered(place, free, first, rules, findings)
        found.append(Stood(item, line, first, last))
        free = last
        findings.add(
            "CC-INV-25",
            phrase("{place}, {text} to {text2}", place=place, text=_text(first, start), text2=_text(last, start)),
            phrase(
                "{said}, sample {sample} of {text} (entry {entry})",
                said=item.said,
                sample=item.sample,
                text=_text(item.at, start),
                entry=item.entry,
            ),
            phrase("a sample every {lab_validity_days:g} days at least", lab_validity_days=rules.lab_validity_days),
            "Held from sample to sample.",
            severity="note",
        )
    if mine and free < end:
        _uncovered(place, free, end, rules, findings)
    _tell_others(analyses, stream, mine, findings)
    return found


def _tell_others(analyses: Iterable[Analysis], stream: str, mine: list[Analysis], findings: Findings) -> None:
    """Analyses of a stream on another basis than those used (CC-INV-23)."""
    others = [
        item for item in analyses if item.stream == stream and item not in mine and item.moisture != mine[-1].moisture
    ]
    for item in others:
        findings.add(
            "CC-INV-23",
            phrase("entry {entry}, lab analysis of {stream}", entry=item.entry, stream=stream),
            phrase(
                "{said}, {moisture}", said=item.said, moisture=item.moisture or phrase("neither wet nor dry stated")
            ),
            phrase(
                "{moisture}, as the newest analysis", moisture=mine[-1].moisture or phrase("neither wet nor dry stated")
            ),
            "Not used: one stream's analyses stand on one basis. Correct the entry.",
            severity="warning",
        )


def _uncovered(place: str, first: datetime, last: datetime, rules: Rules, findings: Findings) -> None:
    findings.add(
        "CC-INV-24",
        phrase("{place}, {text} to {text2}", place=place, text=_text(first, first), text2=_text(last, first)),
        "no analysis that still holds",
        phrase(
            "a sample no older than {lab_validity_days:g} days (rules.lab_validity_days)",
            lab_validity_days=rules.lab_validity_days,
        ),
        "These hours are gaps, answered in the direction that does not favour the claim.",
        severity="warning",
        amount=(last - first).total_seconds() / 3600,
        unit="h",
    )


def _text(moment: datetime, like: datetime) -> str:
    return moment.astimezone(like.tzinfo).isoformat(timespec="minutes")
