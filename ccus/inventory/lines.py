"""One line's hours: its meters turned into CO2, heat and power, and their gaps answered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ccus.gaps.balance import Balanced, Flow, by_inert_gas, held_against, supply_less_depleted
from ccus.gaps.ladder import (
    BALANCE,
    BY_HAND,
    MANUAL,
    MEASURED,
    REDUNDANT,
    Filled,
    Rules,
    fill,
    unrecorded_hours,
)
from ccus.inventory.bench import Bench, Measured, bench, joined, over_parts, with_hand
from ccus.inventory.energy import energy_of
from ccus.inventory.flows import FLOW_KINDS, co2_of, dry_fraction_of
from ccus.plant.model import Line
from ccus.quality.checks import STANDING_SHARE
from ccus.streams.averages import Averages
from ccus.streams.spread import summed
from methodology.base.errors import Finding, Findings, InputError
from methodology.base.phrases import phrase

__all__ = ["Bench", "LineHours", "Measured", "bench", "energy_of", "line_hours"]

RUNNING_POWER_SHARE = 0.5
"""Share of its usual power above which a line surely runs: pumps, lighting and heating go on while it stands."""


@dataclass(frozen=True)
class LineHours:
    """A line's hours after judging and filling.

    Parameters
    ----------
    line : Line
        Record in force last.
    captured : Filled or None
        CO2 in the product. [kg]
    vented : Filled or None
        CO2 captured and let out. [kg]
    electricity, heat : Filled or None
        [kWh], [GJ]
    measured : dict of str to Measured
        What each of them, and supply and depleted gas, rests on.
    fractions : (float, float, float, float) or None
        Dry CO2 fractions in and out, means over hours valid for both [1], and their relative standard uncertainties,
        NaN where not stated. [%]
    stopped : array, shape (hour,)
        Share of each hour in an outage of the log. [1]
    findings : Findings
    rules : Rules
        How gaps of captured CO2 were answered.
    load : array, shape (hour,), or None
        Flue-gas flow, for bins of like hours.
    balance : Balanced or None
        Captured CO2 by balance, the second rung.
    running : array, shape (hour,), or None
        1 where some meter showed that the line ran, 0 where those that spoke showed it at rest, NaN where none did.
    unrecorded : array of bool, shape (hour,), or None
        Hours nobody recorded.
    untold : dict of str to tuple of Finding
        Quantities whose meters are there but say nothing that can be used, and why.
    """

    line: Line
    captured: Filled | None
    vented: Filled | None
    electricity: Filled | None
    heat: Filled | None
    measured: dict[str, Measured]
    fractions: tuple[float, float, float, float] | None
    stopped: np.ndarray
    findings: Findings
    rules: Rules
    load: np.ndarray | None
    balance: Balanced | None = None
    running: np.ndarray | None = None
    unrecorded: np.ndarray | None = None
    untold: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def unrecorded_h(self) -> float:
        """Hours nobody recorded. [h]"""
        return 0.0 if self.unrecorded is None else float(self.unrecorded.sum())

    @property
    def open_h(self) -> float:
        """Hours in which the line was in force and no outage is entered. [h]"""
        return float((1 - self.stopped).sum())

    @property
    def untold_product(self) -> tuple[str, str]:
        """Place and reason why captured CO2 has no number."""
        if "product" in self.untold:
            return self.untold["product"][0].place, self.untold["product"][0].found
        return phrase("line {line}, product", line=self.line.id), phrase("no readings of a product meter")

    def cut(self, first: int) -> LineHours:
        """Without the hours before one, which were there for bounds; uncertainties are those of the hours left."""

        def later(filled: Filled | None) -> Filled | None:
            return None if filled is None else filled.cut(first)

        captured = later(self.captured)
        measured = dict(self.measured)
        if captured is not None:
            measured["product"] = told_by_evidence(captured, measured["product"], self.balance, first)
        for name, filled in (("vent", self.vented), ("electricity", self.electricity), ("heat", self.heat)):
            if filled is not None:
                random, systematic = measured[name].hourly().cut(first).over(filled.measured[first:])
                measured[name] = replace(measured[name], random_percent=random, systematic_percent=systematic)
        for name in ("supply", "depleted"):
            if name in measured:
                a = measured[name].averages
                amounts = np.nan_to_num(a.mean[first:]) * a.good_s[first:]
                random, systematic = measured[name].hourly().cut(first).over(amounts)
                measured[name] = replace(measured[name], random_percent=random, systematic_percent=systematic)
        return replace(
            self, captured=captured, vented=later(self.vented), electricity=later(self.electricity),
            heat=later(self.heat), measured=measured, stopped=self.stopped[first:],
            load=None if self.load is None else self.load[first:],
            running=None if self.running is None else self.running[first:],
            unrecorded=None if self.unrecorded is None else self.unrecorded[first:],
        )  # fmt: skip


def told_by_evidence(captured: Filled, item: Measured, balance: Balanced | None, first: int) -> Measured:
    """The product with the uncertainty of everything its captured CO2 rests on: readings, a redundant meter, a balance."""
    terms = [(captured.amounts((MEASURED,)), item.hourly().cut(first))]
    if item.by_hand_spread is not None:
        terms.append((captured.amounts((BY_HAND,)), item.by_hand_spread.cut(first)))
    if item.spare_spread is not None:
        terms.append((captured.amounts((REDUNDANT,)), item.spare_spread.cut(first)))
    if balance is not None:
        terms.append((captured.amounts((BALANCE,)), balance.spread.cut(first)))
    random, systematic = summed(terms)
    tags = item.tags
    if balance is not None and any(one.rung == BALANCE for one in captured.fills):
        tags = tuple(dict.fromkeys([*tags, *balance.tags]))
    return replace(item, random_percent=random, systematic_percent=systematic, tags=tags)


def line_hours(
    b: Bench,
    lines: Sequence[Line],
    stopped: np.ndarray,
    valid_percent: float | np.ndarray,
    resumes_after_hours: int | None = None,
) -> LineHours:
    """Everything of one line.

    Parameters
    ----------
    b : Bench
    lines : sequence of Line
        Its records, oldest first.
    stopped : array, shape (hour,)
        Share of each hour in an outage of the log. [1]
    valid_percent : float or array, shape (hour,)
        Good time an hour needs. [%]
    resumes_after_hours : int, optional
        From the end of the hours to the line's next reading, where it is known. [h]
    """
    findings, line = Findings(), lines[-1]
    measured, untold = _quantities(b, line.id, findings)
    load = _load(b, line.id)
    longest = b.plant.rules.longest_bound_hours
    low = Rules(
        "low", valid_percent=valid_percent, longest_bound_hours=longest, resumes_after_hours=resumes_after_hours
    )
    inlet, outlet = (
        over_parts(b, line.id, lambda part, kind=kind: dry_fraction_of(part, line.id, kind))
        for kind in ("flue_gas_in", "depleted_gas")
    )
    balance = _balance(measured, inlet, outlet, valid_percent)
    running = _running(b, line.id, measured, valid_percent)
    absent = not_in_force(lines, b.edges_s)
    stopped = np.maximum(stopped, absent)
    lost = unrecorded_hours(spoke(b, line.id, measured), stopped, low)

    def filled(name: str, rules: Rules) -> Filled | None:
        if name not in measured:
            return None
        evidence = evidence_of(measured[name], b.plant.rules.manual_readings)
        if balance is not None and name == "product":
            evidence.insert(int(measured[name].spare is not None), (BALANCE, balance.averages))
        if rules.direction == "low":
            return fill(measured[name].averages, rules, load, stopped, evidence, running, lost)
        # a standing line may still draw power, so that only a line that is not in force uses nothing
        return fill(measured[name].averages, rules, load, absent, evidence, None, lost)

    high = {name: careful(low, measured.get(name)) for name in ("vent", "electricity", "heat")}
    return LineHours(
        line,
        filled("product", low),
        filled("vent", high["vent"]),
        filled("electricity", high["electricity"]),
        filled("heat", high["heat"]),
        measured,
        _fractions(inlet, outlet, valid_percent),
        stopped,
        findings,
        low,
        load,
        balance,
        running,
        lost,
        untold,
    )


def careful(low: Rules, item: Measured | None) -> Rules:
    """Rules for energy and vents: where nothing else answers, the most that was ever shown."""
    shown = [a.mean for a in (item.averages, item.by_hand) if a is not None] if item is not None else []
    known = [float(np.nanmax(mean)) for mean in shown if np.isfinite(mean).any()]
    return replace(low, direction="high", highest=max(known, default=None))


def evidence_of(item: Measured, manual: str) -> list[tuple[int, Averages]]:
    """Other ways to the same quantity, in the order asked; readings by hand as the plant file's rules have it."""
    found = [] if item.spare is None else [(REDUNDANT, item.spare)]
    return found if item.by_hand is None else [*found, (BY_HAND if manual == "evidence" else MANUAL, item.by_hand)]


def not_in_force(lines: Sequence[Line], edges_s: np.ndarray) -> np.ndarray:
    """Share of each interval in which no record of a line holds. [1]"""
    free = np.ones(edges_s.size - 1)
    for line in lines:
        start = -np.inf if line.valid_from is None else line.valid_from.timestamp()
        end = np.inf if line.valid_to is None else line.valid_to.timestamp()
        overlap = np.minimum(edges_s[1:], end) - np.maximum(edges_s[:-1], start)
        free -= np.clip(overlap / np.diff(edges_s), 0.0, 1.0)
    return np.clip(free, 0.0, 1.0)


def spoke(b: Bench, line: str | None, measured: dict[str, Measured]) -> np.ndarray:
    """Hours in which any meter of a line had a reading, good or bad, or one still stood. shape (hour,)"""
    hours = b.edges_s.size - 1
    said = np.zeros(hours, dtype=bool)
    for meter in b.plant.meters:
        for judged in (b.judged, {} if b.by_hand is None else b.by_hand.judged):
            if meter.line == line and meter.tag in judged:
                at = np.searchsorted(b.edges_s, judged[meter.tag].series.time_s, side="right") - 1
                said[at[(at >= 0) & (at < hours)]] = True
    for item in measured.values():
        for averages in (item.averages, item.spare, item.by_hand):
            if averages is not None:
                said |= averages.good_s > 0
    return said


def _quantities(b: Bench, line: str, findings: Findings) -> tuple[dict[str, Measured], dict[str, tuple[Finding, ...]]]:
    """CO2 of the line's streams and its energy; what cannot be told is warned of and left out, with the reason."""
    from ccus.inventory.heat import steam_heat

    def heat(part: Bench) -> Measured | None:
        return energy_of(part, line, "steam", lambda kwh: kwh * 3.6e-3) or steam_heat(part, line, findings)

    ways = {
        "product": lambda part: co2_of(part, line, "product"),
        "supply": lambda part: co2_of(part, line, "flue_gas_in"),
        "depleted": lambda part: co2_of(part, line, "depleted_gas"),
        "vent": lambda part: co2_of(part, line, "vent"),
        "electricity": lambda part: energy_of(part, line, "electricity", lambda kwh: kwh),
        "heat": heat,
    }
    found: dict[str, Measured] = {}
    untold: dict[str, tuple[Finding, ...]] = {}
    for name, way in ways.items():
        try:
            item = with_hand(b, line, way)
        except InputError as error:
            untold[name] = tuple(replace(finding, severity="warning") for finding in error.findings)
            findings.extend(untold[name])
            continue
        if item is not None:
            found[name] = item
    return found, untold


def _load(b: Bench, line: str) -> np.ndarray | None:
    """Flue-gas flow by hour, whatever it is metered in: only its bins matter."""
    shown = _raw(b, line, "flue_gas_in")
    return None if shown is None else shown.mean


def _raw(b: Bench, line: str, stream_kind: str) -> Averages | None:
    """What the flow meters of a stream showed, in their own unit, or the pressure drop over their plate."""

    def of(part: Bench) -> Measured | None:
        meters = part.meters(line, stream_kind, (*FLOW_KINDS, "differential_pressure"))
        mean = joined([part.mean(part.instrument(m).series, m) for m in meters if m.redundant_with is None])
        return None if mean is None else Measured(mean, ())

    whole = over_parts(b, line, of)
    return None if whole is None else whole.averages


def _running(b: Bench, line: str, measured: dict[str, Measured], valid_percent: float | np.ndarray) -> np.ndarray:
    """1 where a flow, the heat or the power of the line stood above what it shows at rest for as much of the hour as
    a measurement needs, 0 where all that spoke did not, NaN where none spoke."""
    flows = [_raw(b, line, kind) for kind in ("product", "flue_gas_in", "depleted_gas", "steam")]
    shown = [(averages, STANDING_SHARE) for averages in flows if averages is not None]
    rests = {"heat": STANDING_SHARE, "electricity": RUNNING_POWER_SHARE}
    shown += [(measured[name].averages, rest) for name, rest in rests.items() if name in measured]
    runs = np.full(b.edges_s.size - 1, np.nan)
    for averages, rest in shown:
        mean, long_enough = averages.mean, averages.valid(valid_percent)
        if np.isfinite(mean).any():
            above = (mean > rest * np.nanpercentile(mean, 90)).astype(float)
            runs = np.fmax(runs, np.where(long_enough | (np.isfinite(mean) & (above == 0)), above, np.nan))
    return runs


def _balance(
    measured: dict[str, Measured], inlet: Measured | None, outlet: Measured | None, valid_percent: float | np.ndarray
) -> Balanced | None:
    """The line's balance by the meters it has: depleted flow before inert gas; None without either way."""
    if "product" not in measured or "supply" not in measured:
        return None
    supply = _as_flow(measured["supply"])
    if "depleted" in measured:
        balance = supply_less_depleted(supply, _as_flow(measured["depleted"]))
    elif inlet is not None and outlet is not None:
        balance = by_inert_gas(supply, _as_flow(inlet), _as_flow(outlet))
    else:
        return None
    return held_against(balance, measured["product"].averages, valid_percent)


def _as_flow(item: Measured) -> Flow:
    return Flow(item.averages, item.hourly(), item.tags)


def _fractions(
    inlet: Measured | None, outlet: Measured | None, valid_percent: float | np.ndarray
) -> tuple[float, float, float, float] | None:
    if inlet is None or outlet is None:
        return None
    both = inlet.averages.valid(valid_percent) & outlet.averages.valid(valid_percent)
    if not both.any():
        return None
    means, percents = [], []
    for item in (inlet, outlet):
        value = item.averages.mean[both]
        random, systematic = summed([(np.where(both, item.averages.mean, 0.0), item.hourly())])
        means.append(float(value.mean()))
        percents.append(float("nan") if random is None else float(np.sqrt(sum(p**2 for p in systematic.values()))))
    return means[0], means[1], percents[0], percents[1]
