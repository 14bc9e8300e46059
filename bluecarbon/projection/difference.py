"""Why the default model and the peer differ: the gap split among the peer's defects, adding up exactly.

Each defect is a switch of `yearly.run`. A defect's part is its average effect over every order in which the
switches can be thrown (Shapley value), so that parts add to the gap and no order is favoured.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bluecarbon.projection import yearly
from bluecarbon.projection.tables import Steps
from bluecarbon.projection.value import Prices, peer_values, present_values

DEFECTS = {
    "D1": "Litter: the peer adds the yearly litter rate to the stock; the litter stock never counts.",
    "D2": "Value: the peer multiplies all tonnes by the sum of all discounted prices, each tonne once per year.",
    "D3": "Half-life: the peer lets an old release take the half-life of the class left at the latest change.",
    "D4": "The peer's guide says 'no change' stops a release; its program goes on releasing, and so do we.",
    "D5": "Restoration: in the peer a release hides the gain of the same place until it has died away.",
    "D6": "Litter gains: the peer counts them in net sequestration only before the first change.",
    "D7": "The peer's guide shifts the release by one year against its program; we follow the program.",
    "D8": "The peer writes one layer twice without an order; no number of ours depends on it.",
    "D9": "Second disturbance: the peer disturbs all stock again, also what is being released, and drops the old one.",
}
SWITCHES = tuple(sorted(yearly.PEER))


@dataclass(frozen=True)
class Split:
    """One quantity in both models and each defect's part of the gap, in t CO2e (value: currency).

    Parameters
    ----------
    quantity : str
        stock, accumulation, emission, net_sequestration or value.
    when : str
        A date, or ``start-end`` of a period.
    peer, default : float
    parts : mapping of defect to float
        Effect of keeping the defect, so that ``peer = default + sum of parts``.
    """

    quantity: str
    when: str
    peer: float
    default: float
    parts: dict[str, float]


def by_defect(steps: Steps, until: int, area_ha: np.ndarray, prices: Prices | None = None) -> list[Split]:
    """Split peer minus default for every total of a projection.

    Parameters
    ----------
    steps : Steps
        Factors along each trajectory; no leading axes.
    until : int
        End year.
    area_ha : array, shape (trajectory,)
        Ground area of each trajectory. [ha]
    prices : Prices, optional
        Adds the value at each date.

    Returns
    -------
    list of Split
        Defects that cannot move a number (D4, D7, D8) stand in every row with 0.

    Raises
    ------
    ArithmeticError
        If the parts do not add to the gap within 1e-9 of the larger of the two figures.
    """
    totals = _all_totals(steps, until, area_ha, prices)
    none, everything = frozenset(), frozenset(SWITCHES)
    splits = []
    for key in totals[none]:
        parts = {name: _shapley(name, lambda kept, key=key: totals[kept][key]) for name in SWITCHES}
        default, peer = totals[none][key], totals[everything][key]
        scale = max(abs(default), abs(peer), max(abs(part) for part in parts.values()), 1e-12)
        if abs(default + sum(parts.values()) - peer) > 1e-9 * scale:
            raise ArithmeticError(f"the parts of {key} do not add up")
        splits.append(Split(*key, peer, default, {name: parts.get(name, 0.0) for name in DEFECTS}))
    return splits


def _all_totals(steps: Steps, until: int, area_ha: np.ndarray, prices: Prices | None) -> dict:
    sets = itertools.chain.from_iterable(itertools.combinations(SWITCHES, n) for n in range(len(SWITCHES) + 1))
    # The value switch changes no carbon, so each carbon run serves it on and off.
    runs = {frozenset(kept): None for kept in sets if yearly.UNDATED_VALUE not in kept}
    result = {}
    for kept in runs:
        run = yearly.run(steps, until, kept)
        for undated in (False, True):
            full = kept | {yearly.UNDATED_VALUE} if undated else kept
            result[full] = dict(_totals(run, area_ha, prices, undated))
    return result


def _totals(run: yearly.Run, area_ha: np.ndarray, prices: Prices | None, undated: bool):
    for date, stock in zip(run.dates, run.stock, strict=True):
        yield ("stock", str(date)), float(stock.sum(axis=0) @ area_ha)
    for n, (start, end) in enumerate(itertools.pairwise(run.dates)):
        yield ("accumulation", f"{start}-{end}"), float(run.accumulation[n].sum(axis=0) @ area_ha)
        yield ("emission", f"{start}-{end}"), float(run.emission[n].sum(axis=0) @ area_ha)
        yield ("net_sequestration", f"{start}-{end}"), float(run.net[n].sum(axis=0) @ area_ha)
    for date in run.dates[1:] if prices is not None else ():
        worth = (
            peer_values(run.net, run.dates, prices, date) if undated else present_values(run.yearly_net, prices, date)
        )
        yield ("value", str(date)), float(worth.sum(axis=0) @ area_ha)


def _shapley(name: str, total: Callable[[frozenset[str]], float]) -> float:
    others = [other for other in SWITCHES if other != name]
    count = len(SWITCHES)
    effect = 0.0
    for size in range(len(others) + 1):
        weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
        for kept in itertools.combinations(others, size):
            effect += weight * (total(frozenset((*kept, name))) - total(frozenset(kept)))
    return effect
