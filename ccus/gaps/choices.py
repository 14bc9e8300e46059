"""What each choice of answer to the gaps would move: the headline stays, the alternatives stand beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ccus.gaps.bounds import like_hours
from ccus.gaps.ladder import BOUNDED, Filled, Rules, fill
from ccus.gaps.regulatory import Alternative, Part75, mrr_substitute, part75_substitute
from ccus.streams.averages import Averages


def alternatives(
    averages: Averages,
    filled: Filled,
    rules: Rules,
    load: np.ndarray | None = None,
    chosen: tuple[str, ...] = (),
    running: np.ndarray | None = None,
    unrecorded: np.ndarray | None = None,
) -> list[Alternative]:
    """Totals under other answers to the same gaps.

    Parameters
    ----------
    averages : Averages
        What was filled. [unit/h]
    filled : Filled
        The headline.
    rules : Rules
        Of the headline.
    load : array, shape (hour,), optional
    chosen : tuple of {"eu-mrr", "us-part-75"}
        Regulators' rules asked for; without a name here they are not run.
    running, unrecorded : array, shape (hour,), optional
        As in `ccus.gaps.ladder.fill`.

    Returns
    -------
    list of Alternative
        Nothing counted; the other bound; and the rules asked for, with their excess over the headline.
    """
    other = replace(rules, bound="mean_2sd" if rules.bound == "percentile" else "percentile")
    again = fill(averages, other, load, running=running, unrecorded=unrecorded)
    limits = {item.hour: item.rate for item in again.fills if item.rung in BOUNDED}
    name = "two standard deviations" if other.bound == "mean_2sd" else "percentile"
    options = {
        "nothing counted in gaps": _excess(filled, lambda hour: 0.0),
        f"bound by {name}": _excess(filled, lambda hour: limits.get(hour, 0.0)),
    }
    valid = averages.valid(rules.valid_percent)
    measured = np.where(valid, averages.mean, np.nan)
    if "eu-mrr" in chosen:
        value = mrr_substitute(measured)
        options["EU MRR, Annex VIII eq. 4 (mean plus two standard deviations)"] = _excess(filled, lambda hour: value)
    if "us-part-75" in chosen:
        options["US 40 CFR 75.33(b)"] = _excess(filled, _part75(measured, valid))
    return [Alternative(name, filled.total + excess, excess) for name, excess in options.items()]


def _excess(filled: Filled, rate: Callable[[int], float]) -> float:
    """What it moves to answer every bounded fill by another rate; evidence and standstill stay. [unit]"""
    hours = np.diff(filled.edges_s) / 3600
    return float(
        sum(
            rate(item.hour) * item.share * hours[item.hour] - item.amount
            for item in filled.fills
            if item.rung in BOUNDED
        )
    )


def _part75(measured: np.ndarray, valid: np.ndarray) -> Callable[[int], float]:
    """Substitute by hour; the rest of a valid hour takes its own mean, as the regulation does."""
    known = np.flatnonzero(valid)
    highest = float(np.nanmax(measured))
    availability = 100 * valid.mean()

    def rate(hour: int) -> float:
        before, after = known[known < hour], known[known > hour]
        if valid[hour]:
            return float(measured[hour])
        lookback = measured[like_hours(np.full(measured.shape, np.nan), valid, hour)]
        first = float(measured[before[-1]]) if before.size else highest
        last = float(measured[after[0]]) if after.size else highest
        length = (after[0] if after.size else measured.size) - (before[-1] if before.size else -1) - 1
        return part75_substitute(Part75(lookback, first, last, availability, highest), int(length))[0]

    return rate
