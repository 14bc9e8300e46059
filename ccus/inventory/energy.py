"""Electricity and heat of a line in one part of a period, from rates and counters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ccus.inventory.bench import Bench, Measured, systematic_of
from ccus.inventory.counters import counted
from ccus.plant.model import Meter
from ccus.streams.averages import HOUR_S, Averages
from ccus.streams.spread import Spread
from methodology.base.errors import refuse
from methodology.base.phrases import joined, phrase

RATES, COUNTERS = ("power", "heat_flow"), ("energy_total", "heat_total")
SAME_FLOW_PERCENT = 10.0
"""Within this a rate and a counter of one stream show the same energy; further apart they may feed different parts."""


def energy_of(b: Bench, line: str | None, stream_kind: str, to_unit: Callable[[float], float]) -> Measured | None:
    """Energy of a line from rates (kW) or counters (GJ), brought to one unit by `to_unit` (from kW·h).

    Several rates, or several counters, add up: each feeds its own part of the line. A rate and the counter of the same
    stream show one energy: the counter stands, the rate where it said nothing.

    Raises
    ------
    InputError
        CC-INV-30 rates and counters on one stream that cannot be one energy told twice.
    """
    meters = [m for m in b.meters(line, stream_kind, (*RATES, *COUNTERS)) if m.redundant_with is None]
    parts: list[tuple[Averages, list[Meter]]] = []
    for stream in dict.fromkeys(m.stream for m in meters):
        mine = [m for m in meters if m.stream == stream]
        parts += _of_stream(b, line, [(m, read) for m in mine if (read := _read(b, m, to_unit)) is not None])
    if not parts:
        return None
    found = [averages for averages, _ in parts]
    total = Averages(b.edges_s, np.sum([p.mean for p in found], axis=0), np.min([p.good_s for p in found], axis=0))
    tags = tuple(dict.fromkeys(m.tag for m in b.meters(line, stream_kind, (*RATES, *COUNTERS))))
    used = [meter for _, behind in parts for meter in behind]
    if any(m.uncertainty_systematic_percent is None for m in used):
        return Measured(total, tags)
    systematic = {m.uncertainty_group or m.tag: systematic_of(m, b) for m in used}
    random = max(m.uncertainty_random_percent or 0.0 for m in used)
    return Measured(total, tags, random, {}, spread=Spread.even(total.mean.size, random, systematic))


def _read(b: Bench, meter: Meter, to_unit: Callable[[float], float]) -> Averages | None:
    """One meter's energy. [unit/h]"""
    if meter.kind in RATES:
        mean = b.mean(b.instrument(meter).series, meter)
        return Averages(mean.edges_s, to_unit(1.0) * mean.mean, mean.good_s)
    read = counted(b, meter)
    if read is None:
        return None
    amount, known_s = read
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known_s > 0, amount / 3.6e-3 * to_unit(1.0) / (known_s / HOUR_S), np.nan)
    return Averages(b.edges_s, mean, known_s)


def _of_stream(
    b: Bench, line: str | None, read: Sequence[tuple[Meter, Averages]]
) -> list[tuple[Averages, list[Meter]]]:
    """Energies of one stream that add up, each with the meters it rests on."""
    rates = [item for item in read if item[0].kind in RATES]
    counters = [item for item in read if item[0].kind in COUNTERS]
    if not rates or not counters:
        return [(averages, [meter]) for meter, averages in read]
    gap = _gap_percent(counters[0][1], rates[0][1])
    if len(rates) + len(counters) > 2 or abs(gap) > SAME_FLOW_PERCENT:
        names = joined(" and ", [meter.tag for meter, _ in read])
        raise refuse(
            "CC-INV-30",
            phrase("stream {stream}, line {line}", stream=rates[0][0].stream, line=line),
            phrase("{names}, rates and counters of which it is not said whether they show one energy", names=names)
            if len(read) > 2
            else phrase("{names}, which differ by {gap:+.1f} %", names=names, gap=gap),
            phrase("a rate and its counter within {percent:g} %", percent=SAME_FLOW_PERCENT),
            "State redundant_with on the one that stands in for the other, or give each a stream of its own.",
        )
    (counter, counts), (rate, shows) = counters[0], rates[0]
    by_rate = counts.good_s < shows.good_s
    mean = np.where(by_rate, shows.mean, counts.mean)
    whole = Averages(b.edges_s, mean, np.maximum(counts.good_s, shows.good_s))
    stated = counter.uncertainty_systematic_percent is not None and not by_rate.any()
    return [(whole, [counter] if stated else [counter, rate] if by_rate.any() else [rate])]


def _gap_percent(counts: Averages, shows: Averages) -> float:
    """Rate against counter over the intervals in which both were good. [%]; 0 where there is none."""
    both = counts.valid() & shows.valid() & np.isfinite(counts.mean) & np.isfinite(shows.mean)
    total = float(counts.mean[both].sum())
    return 100 * (float(shows.mean[both].sum()) / total - 1) if total > 0 else 0.0
