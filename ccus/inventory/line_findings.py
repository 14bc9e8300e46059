"""What a person should know of one line's hours: what answered its gaps, what nobody recorded, what does not fit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

import numpy as np

from ccus.capacity import RUNNING_SHARE
from ccus.gaps.bounds import LEAST_HOURS
from ccus.gaps.ladder import BALANCE, BOUNDED, BY_HAND, MANUAL, NOTHING
from ccus.inventory.lines import LineHours
from ccus.streams.averages import HOUR_S
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

SHOWN_SPANS = 3


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


def silence_findings(hours: LineHours, edges_s: np.ndarray, zone: tzinfo) -> Findings:
    """Hours nobody recorded (CC-GAP-13), and a quantity of the line that could not be told (CC-INV-31)."""
    findings = Findings()
    if hours.unrecorded_h:
        findings.add(
            "CC-GAP-13",
            phrase("line {line}, readings", line=hours.line.id),
            phrase(
                "{n:,.0f} h without a reading of any meter and without an entry in the log: {spans}",
                n=hours.unrecorded_h,
                spans=_spans(hours.unrecorded, edges_s, zone),
            ),
            "readings, an outage, or a line that was not in force",
            "They count neither captured CO2 nor energy; net figures and the use of the nameplate are not estimated. "
            "Import what is missing, log it with `ccus outage`, or state valid_from of the line.",
            severity="warning",
            amount=hours.unrecorded_h,
            unit="h",
        )
    if hours.captured is None and hours.open_h > 0:
        findings.add(
            "CC-INV-31",
            phrase("line {line}, product", line=hours.line.id),
            phrase("not estimated: {reason}", reason=hours.untold_product[1]),
            "a product that can be told",
            "The plant's total lacks this line. See the finding of its meters.",
            severity="warning",
        )
    return findings


def _spans(flags: np.ndarray, edges_s: np.ndarray, zone: tzinfo) -> str:
    """Runs of hours as local times, the first few."""
    padded = np.diff(np.concatenate([[0], flags.astype(int), [0]]))
    runs = list(zip(np.flatnonzero(padded == 1), np.flatnonzero(padded == -1), strict=True))

    def said(at: int) -> str:
        return datetime.fromtimestamp(float(edges_s[at]), zone).isoformat(timespec="minutes")[:16]

    shown = [f"{said(first)} – {said(last)}" for first, last in runs[:SHOWN_SPANS]]
    return ", ".join(shown) + (f" (+{len(runs) - SHOWN_SPANS})" if len(runs) > SHOWN_SPANS else "")


def manual_findings(hours: LineHours, first: int) -> Findings:
    """What readings by hand did for captured CO2 (CC-GAP-14): tonnes and hours, held to the bound or as evidence.

    Parameters
    ----------
    hours : LineHours
        Of the period alone.
    first : int
        Hours before it in `hours.measured`.
    """
    findings = Findings()
    item = hours.measured.get("product")
    if hours.captured is None or item is None or item.by_hand is None:
        return findings
    read = item.by_hand.valid(hours.rules.valid_percent)[first:]
    for rung, words in (
        (MANUAL, "{n:.4g} h and {t:.4g} t CO2 by hand, at most what the bound allows"),
        (BY_HAND, "{n:.4g} h and {t:.4g} t CO2 by hand, as evidence"),
        (NOTHING, "{n:.4g} h by hand count nothing: too few measured hours for a bound"),
    ):
        mine = [fill for fill in hours.captured.fills if fill.rung == rung and read[fill.hour]]
        if mine:
            tonnes, long = sum(fill.amount for fill in mine) / 1000, sum(fill.share for fill in mine)
            findings.add(
                "CC-GAP-14",
                phrase("line {line}, readings by hand", line=hours.line.id),
                phrase(words, n=long, t=tonnes) if rung != NOTHING else phrase(words, n=long),
                "readings of the historian",
                "Whether they stand as evidence says manual_readings in [rules] of the plant file: bounded or evidence.",
                severity="note" if rung == MANUAL else "warning",
                amount=tonnes,
                unit="t CO2",
            )
    return findings


def outage_findings(hours: LineHours, outages: Sequence[np.ndarray], nameplate_t_h: np.ndarray, first: int) -> Findings:
    """An outage entered over hours in which the product meter showed production (CC-INV-33).

    Parameters
    ----------
    hours : LineHours
        Of the period alone.
    outages : sequence of array, shape (hour,)
        Share of each hour each entry takes. [1]
    nameplate_t_h : array, shape (hour,)
        [t/h]
    first : int
        Hours before the period in `hours.measured`.
    """
    findings = Findings()
    item = hours.measured.get("product")
    if item is None or not len(outages):
        return findings
    still = np.max(outages, axis=0)
    length = np.diff(item.averages.edges_s)[first:] / HOUR_S
    good = item.averages.good_s[first:] / HOUR_S / length
    rate = np.nan_to_num(item.averages.mean[first:]) / 1000
    share = np.where(rate > RUNNING_SHARE * nameplate_t_h, np.clip(good + still - 1, 0.0, 1.0), 0.0)
    if share.sum() > 1e-6:
        findings.add(
            "CC-INV-33",
            phrase("line {line}, outage", line=hours.line.id),
            phrase(
                "{n:.4g} h of it in which the product meter showed {t:.4g} t CO2",
                n=float((share * length).sum()),
                t=float((share * length * rate).sum()),
            ),
            "a line that stood",
            "The readings stand. Correct the times of the outage with `ccus correct`.",
            severity="warning",
            amount=float((share * length).sum()),
            unit="h",
        )
    return findings
