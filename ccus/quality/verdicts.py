"""What becomes of each reading: believed, believed with doubt, or left out with its reason. Raw values stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import numpy as np

from ccus.importers.mapping import canonical_range
from ccus.importers.units import Unit, parse_unit
from ccus.plant.model import Meter
from ccus.quality import checks
from ccus.streams.series import BAD, UNCERTAIN, Series
from methodology.base.errors import Finding, Findings
from methodology.base.phrases import phrase

FINE = 0
REASONS = {
    1: ("CC-QUA-01", "bad status", "a reading of good or uncertain quality"),
    2: ("CC-QUA-02", "impossible value", "a value that can occur"),
    3: ("CC-QUA-03", "negative flow", "a flow of zero or more"),
    4: ("CC-QUA-04", "another unit", "the meter's own unit"),
    5: ("CC-QUA-05", "out of range", "a reading within the meter's range"),
    6: ("CC-QUA-06", "stuck at the end of the range", "readings within the range"),
    7: ("CC-QUA-07", "spike", "a reading like its neighbours"),
    8: ("CC-QUA-08", "too fast a change", "a rate below the meter's max_rate_per_min"),
    9: ("CC-QUA-09", "frozen", "readings that vary as this meter's do"),
}
STATUS, IMPOSSIBLE, NEGATIVE, OTHER_UNIT, RANGE, RAIL, SPIKE, RATE, FROZEN = REASONS
SMALLEST_NOISE = 1e-4
"""Share of the range (or of the usual value) below which no meter's noise is believed to lie."""

NO_READING = "CC-QUA-10"
EXPIRED = "CC-QUA-11"


@dataclass(frozen=True)
class Judged:
    """A series after its checks.

    Parameters
    ----------
    series : Series
        Severity raised to bad where a reading is left out, to uncertain where its calibration had expired; values
        untouched.
    reason : array of int8, shape (reading,)
        `FINE` or a key of `REASONS`.
    gaps_s : array, shape (gap, 2)
        Periods in which no reading stands. [s since 1970 UTC]
    findings : Findings
        One warning a run of readings left out.
    """

    series: Series
    reason: np.ndarray
    gaps_s: np.ndarray
    findings: Findings

    def counts(self) -> dict[str, int]:
        """Readings left out, by reason."""
        return {
            words: int((self.reason == key).sum())
            for key, (_, words, _) in REASONS.items()
            if (self.reason == key).any()
        }


def judge(series: Series, meter: Meter, zone: tzinfo = UTC) -> Judged:
    """Check one meter's readings.

    Parameters
    ----------
    series : Series
        Canonical unit.
    meter : Meter
        Record of the plant file that holds for them: kind, range, rate, deadband, hold, calibration.
    zone : tzinfo
        In which findings tell the time.

    Returns
    -------
    Judged
    """
    unit = parse_unit(meter.unit, phrase("meter {tag}", tag=meter.tag))
    reason = np.zeros(len(series), dtype=np.int8)
    reason[~series.usable] = STATUS
    for key, check in _checks(series, meter, unit):
        left = np.flatnonzero(reason == FINE)
        if left.size:
            hits = check(series.time_s[left], series.value[left])
            reason[left[hits]] = key
    severity = series.severity.copy()
    severity[reason != FINE] = BAD
    findings = Findings()
    _expired(series, meter, severity, zone, findings)
    judged = series.with_values(series.value, severity)
    hold_s = max(meter.max_hold_s or 0.0, series.hold_s)
    gaps = checks.gaps(series.time_s, hold_s) if hold_s else np.zeros((0, 2))
    _report(judged, reason, unit, gaps, zone, findings)
    return Judged(judged, reason, gaps, findings)


_Check = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _checks(series: Series, meter: Meter, unit: Unit) -> list[tuple[int, _Check]]:
    """The checks in order: what is certainly wrong goes first, so that noise is measured on the rest."""
    low, high = canonical_range(meter) or (None, None)
    zero_noise = abs((meter.deadband or 0.0) * unit.factor)
    rate = None if meter.max_rate_per_min is None else meter.max_rate_per_min * unit.factor
    quantity, pressure = unit.quantity, meter.pressure or unit.pressure
    if quantity == "state":
        return []
    certain: list[tuple[int, _Check]] = [
        (IMPOSSIBLE, lambda t, v: checks.impossible(v, quantity, pressure)),
        (NEGATIVE, lambda t, v: checks.negative_flow(v, quantity, zero_noise)),
        (OTHER_UNIT, lambda t, v: checks.other_unit(v, quantity)),
        (RAIL, lambda t, v: checks.stuck_at_rail(v, low, high)),
        (RANGE, lambda t, v: checks.out_of_range(v, low, high)),
    ]
    if meter.kind.endswith("_total") or meter.kind in ("weight", "level"):
        return certain  # counters and stocks jump and stand still by nature
    usable = series.value[series.usable]
    size = high - low if low is not None and high is not None else np.abs(np.median(usable)) if usable.size else 0.0
    floor = SMALLEST_NOISE * size
    return [
        *certain,
        (SPIKE, lambda t, v: checks.spikes(v, floor)),
        (RATE, lambda t, v: checks.too_fast(t, v, rate)),
        (FROZEN, lambda t, v: checks.frozen(v)),
    ]


def _expired(series: Series, meter: Meter, severity: np.ndarray, zone: tzinfo, findings: Findings) -> None:
    """Readings without a valid certificate are uncertain, not dropped."""
    if not meter.calibration:
        return
    covered = np.zeros(len(series), dtype=bool)
    for item in meter.calibration:
        start = -np.inf if item.valid_from is None else item.valid_from.timestamp()
        end = np.inf if item.valid_to is None else item.valid_to.timestamp()
        covered |= (series.time_s >= start) & (series.time_s < end)
    late = ~covered & (severity != BAD)
    severity[late] = UNCERTAIN
    if late.any():
        findings.add(
            EXPIRED,
            phrase("meter {tag}, from {text}", tag=meter.tag, text=_text(series.time_s[late][0], zone)),
            phrase("{n} readings without a valid calibration", n=int(late.sum())),
            "a certificate that covers them",
            "They count as uncertain, with a wider systematic part (rules.expired_calibration_factor). Log the new "
            "certificate with `ccus calibrate`.",
            severity="warning",
        )


def _report(series: Series, reason: np.ndarray, unit: Unit, gaps: np.ndarray, zone: tzinfo, findings: Findings) -> None:
    believed = series.value[reason == FINE]
    usual = float(np.median(believed)) if believed.size else float("nan")
    starts, lengths = checks.runs_of_equal(reason.astype(float))
    for start, length in zip(starts, lengths, strict=True):
        key = int(reason[start])
        if key != FINE:
            findings.items.append(_finding(series, key, slice(start, start + length), unit, usual, zone))
    for start_s, end_s in gaps:
        findings.add(
            NO_READING,
            phrase(
                "meter {tag}, {text} to {text2}", tag=series.tag, text=_text(start_s, zone), text2=_text(end_s, zone)
            ),
            "no reading",
            "one at least every max_hold_s",
            severity="warning",
            amount=float(end_s - start_s) / 3600,
            unit="h",
        )


def _finding(series: Series, key: int, run: slice, unit: Unit, usual: float, zone: tzinfo) -> Finding:
    code, words, expected = REASONS[key]
    value, more = series.value[run.start], run.stop - run.start - 1
    written = (value - unit.offset) / unit.factor
    shown = series.words.get(int(run.start))
    found = repr(shown) if shown else (phrase("an empty cell") if shown == "" else f"{written:.6g} {unit.text}")
    if more:
        until = _text(series.time_s[run.stop - 1], zone)
        found = phrase("{found} and {more} more up to {until}", found=found, more=more, until=until)
    hint = checks.likely_slip(value, usual, unit.quantity) if np.isfinite(value) and np.isfinite(usual) else ""
    place = phrase("meter {tag}, {text}", tag=series.tag, text=_text(series.time_s[run.start], zone))
    return Finding(
        code,
        place,
        phrase("{words}: {found}", words=phrase(words), found=found),
        expected,
        phrase("Left out; {hint}.", hint=hint) if hint else "Left out.",
        "warning",
    )


def _text(time_s: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(float(time_s), zone).isoformat(timespec="minutes")
