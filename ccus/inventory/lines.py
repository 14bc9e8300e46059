"""One line's hours: its meters turned into CO2, heat and power, and their gaps answered. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccus.gaps.balance import Balanced, Flow, by_inert_gas, held_against, supply_less_depleted
from ccus.gaps.bounds import LEAST_HOURS
from ccus.gaps.ladder import BALANCE, BOUNDED, MEASURED, REDUNDANT, Filled, Rules, fill
from ccus.inventory.bench import Bench, Measured, bench, joined, over_parts
from ccus.inventory.flows import FLOW_KINDS, co2_of, dry_fraction_of, energy_of
from ccus.plant.model import Line
from ccus.quality.checks import STANDING_SHARE
from ccus.streams.spread import summed
from methodology.base.errors import Findings, InputError
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
        )  # fmt: skip


def told_by_evidence(captured: Filled, item: Measured, balance: Balanced | None, first: int) -> Measured:
    """The product with the uncertainty of everything its captured CO2 rests on: readings, a redundant meter, a balance."""
    terms = [(captured.amounts((MEASURED,)), item.hourly().cut(first))]
    if item.spare_spread is not None:
        terms.append((captured.amounts((REDUNDANT,)), item.spare_spread.cut(first)))
    if balance is not None:
        terms.append((captured.amounts((BALANCE,)), balance.spread.cut(first)))
    random, systematic = summed(terms)
    tags = item.tags
    if balance is not None and any(one.rung == BALANCE for one in captured.fills):
        tags = tuple(dict.fromkeys([*tags, *balance.tags]))
    return replace(item, random_percent=random, systematic_percent=systematic, tags=tags)


def line_hours(b: Bench, lines: Sequence[Line], stopped: np.ndarray, valid_percent: float | np.ndarray) -> LineHours:
    """Everything of one line.

    Parameters
    ----------
    b : Bench
    lines : sequence of Line
        Its records, oldest first.
    stopped : array, shape (hour,)
        Share of each hour in an outage of the log, or in which no record of the line is in force. [1]
    valid_percent : float or array, shape (hour,)
        Good time an hour needs. [%]
    """
    from ccus.inventory.heat import steam_heat

    findings, line = Findings(), lines[-1]
    measured = _flows(b, line.id, findings)
    power = over_parts(b, line.id, lambda part: energy_of(part, line.id, "electricity", lambda kwh: kwh))
    heat = over_parts(
        b, line.id,
        lambda part: energy_of(part, line.id, "steam", lambda kwh: kwh * 3.6e-3) or steam_heat(part, line.id, findings),
    )  # fmt: skip
    measured |= {name: item for name, item in (("electricity", power), ("heat", heat)) if item is not None}
    load = _load(b, line.id)
    low = Rules("low", valid_percent=valid_percent)
    inlet, outlet = (
        over_parts(b, line.id, lambda part, kind=kind: dry_fraction_of(part, line.id, kind))
        for kind in ("flue_gas_in", "depleted_gas")
    )
    balance = _balance(measured, inlet, outlet, valid_percent)
    running = _running(b, line.id, measured)

    def filled(name: str, direction: str) -> Filled | None:
        if name not in measured:
            return None
        item = measured[name]
        highest = float(np.nanmax(item.averages.mean)) if np.isfinite(item.averages.mean).any() else None
        rules = low if direction == "low" else Rules("high", valid_percent=valid_percent, highest=highest)
        still = stopped if direction == "low" else None  # a standing line may still draw power, so that is not nothing
        other = balance.averages if balance is not None and name == "product" else None
        signs = running if direction == "low" else None
        return fill(item.averages, rules, load, still, item.spare, other, signs)

    captured = filled("product", "low")
    return LineHours(
        line,
        captured,
        filled("vent", "high"),
        filled("electricity", "high"),
        filled("heat", "high"),
        measured,
        _fractions(inlet, outlet, valid_percent),
        stopped,
        findings,
        low,
        load,
        balance,
        running,
    )


def _flows(b: Bench, line: str, findings: Findings) -> dict[str, Measured]:
    """CO2 of the line's streams. A product that cannot be told is refused; another stream is warned of and left out."""
    found = {}
    for name, kind in (
        ("product", "product"),
        ("supply", "flue_gas_in"),
        ("depleted", "depleted_gas"),
        ("vent", "vent"),
    ):
        try:
            item = over_parts(b, line, lambda part, kind=kind: co2_of(part, line, kind))
        except InputError as error:
            if name == "product":
                raise
            findings.extend(replace(finding, severity="warning") for finding in error.findings)
            continue
        if item is not None:
            found[name] = item
    return found


def _load(b: Bench, line: str) -> np.ndarray | None:
    """Flue-gas flow by hour, whatever it is metered in: only its bins matter."""
    return _raw(b, line, "flue_gas_in")


def _raw(b: Bench, line: str, stream_kind: str) -> np.ndarray | None:
    """What the flow meters of a stream showed, in their own unit, or the pressure drop over their plate."""

    def of(part: Bench) -> Measured | None:
        meters = part.meters(line, stream_kind, (*FLOW_KINDS, "differential_pressure"))
        mean = joined([part.mean(part.instrument(m).series, m) for m in meters if m.redundant_with is None])
        return None if mean is None else Measured(mean, ())

    whole = over_parts(b, line, of)
    return None if whole is None else whole.averages.mean


def _running(b: Bench, line: str, measured: dict[str, Measured]) -> np.ndarray:
    """1 where a flow, the heat or the power of the line stood above what it shows at rest, 0 where all that spoke did
    not, NaN where none spoke."""
    flows = [_raw(b, line, kind) for kind in ("product", "flue_gas_in", "depleted_gas", "steam")]
    shown = [(mean, STANDING_SHARE) for mean in flows]
    shown += [(measured["heat"].averages.mean, STANDING_SHARE)] if "heat" in measured else []
    shown += [(measured["electricity"].averages.mean, RUNNING_POWER_SHARE)] if "electricity" in measured else []
    runs = np.full(b.edges_s.size - 1, np.nan)
    for mean, rest in shown:
        if mean is not None and np.isfinite(mean).any():
            above = (mean > rest * np.nanpercentile(mean, 90)).astype(float)
            runs = np.fmax(runs, np.where(np.isfinite(mean), above, np.nan))
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


def balance_findings(hours: LineHours, first: int) -> Findings:
    """What the second rung did in the period: hours and tonnes (CC-GAP-11), or why it could not stand (CC-GAP-12).

    Parameters
    ----------
    hours : LineHours
        Of the period alone.
    first : int
        Hours before it in `hours.balance`.
    """
    findings, balance = Findings(), hours.balance
    if balance is None or hours.captured is None:
        return findings
    place = phrase("line {line}, balance ({way})", line=hours.line.id, way=phrase(balance.way))
    used = [item for item in hours.captured.fills if item.rung == BALANCE]
    if used:
        tonnes, length = sum(item.amount for item in used) / 1000, sum(item.share for item in used)
        if balance.common_hours >= LEAST_HOURS:
            tie = phrase(
                "scaled by {scale:.4f}, which nine of ten of {common_hours} common hours reached",
                scale=balance.scale,
                common_hours=balance.common_hours,
            )
        else:
            tie = phrase(
                "not scaled: only {common_hours} hours in which the product meter was good too",
                common_hours=balance.common_hours,
            )
        findings.add(
            "CC-GAP-11",
            place,
            phrase(
                "{length:.4g} h and {tonnes:.4g} t CO2 where the product meter said nothing",
                length=length,
                tonnes=tonnes,
            ),
            "a product meter that is good",
            phrase(
                "Stands as measured with the uncertainty of {names}; {tie}.", names=", ".join(balance.tags), tie=tie
            ),
            severity="note" if balance.common_hours >= LEAST_HOURS else "warning",
            amount=tonnes,
            unit="t CO2",
        )
    told = np.isfinite(balance.averages.mean[first:]) & (balance.averages.good_s[first:] == 0)
    open_hours = sorted({item.hour for item in hours.captured.fills if item.rung in BOUNDED and told[item.hour]})
    if open_hours:
        findings.add(
            "CC-GAP-12",
            place,
            phrase("{n} hours with gaps that it could answer, but no uncertainty", n=len(open_hours)),
            phrase("uncertainty_systematic_percent of {names}", names=", ".join(balance.tags)),
            "Not used as evidence: the gaps are answered by bounds.",
            severity="warning",
            amount=float(len(open_hours)),
            unit="h",
        )
    return findings


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
