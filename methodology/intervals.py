"""The interval of a line: which limits it shows, why, and what they leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from methodology.uncertainty.propagation import FirstOrder
from methodology.uncertainty.simulation import Simulation
from methodology.worksheet import Node, Worksheet

DISAGREEMENT = 0.10
"""Share of the simulated half-width by which first-order limits may differ before the simulated ones are shown."""


@dataclass(frozen=True)
class Numbers:
    """Everything computed from one worksheet."""

    values: Mapping[str, np.ndarray]
    first_order: FirstOrder
    simulation: Simulation


def interval(
    node: Node, row: int, numbers: Numbers, excludes: Sequence[str], level: float, disagreement: float = DISAGREEMENT
) -> dict[str, Any]:
    """Limits of one row as a statement writes them.

    Parameters
    ----------
    excludes : sequence of str
        What the limits leave out, see `excluded`.
    level : float
        Probability between the limits. [1]
    disagreement : float
        Share of the simulated half-width up to which first-order limits are shown. [1]
    """
    value = float(numbers.values[node.id][row])
    standard = float(numbers.first_order.standard[node.id][row])
    low, high = float(numbers.simulation.low[node.id][row]), float(numbers.simulation.high[node.id][row])
    base = {"low": value, "high": value, "level": level, "excludes": list(excludes), "method": "exact"}
    if standard == 0 and low == high:
        return base
    reach = _z(level) * standard
    half = (high - low) / 2
    gap = max(abs(value - reach - low), abs(value + reach - high))
    if half > 0 and gap <= disagreement * half:
        return {**base, "low": value - reach, "high": value + reach, "method": "first-order"}
    why = why_simulated(gap / half) if half > 0 else "no spread"
    widened = not low <= value <= high
    result = {**base, "low": min(low, value), "high": max(high, value), "method": "simulated", "why": why}
    result["first_order"] = {"low": value - reach, "high": value + reach}
    if widened:
        result["widened_to_value"] = True
    return result


def why_simulated(share: float) -> str:
    """Why simulated limits stand there, from the share of the half-width by which the others differ. [1]"""
    return f"first-order limits differ by {100 * share:.0f} % of the simulated half-width"


def _z(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def excluded(sheet: Worksheet) -> dict[str, list[frozenset[str]]]:
    """What each row's interval leaves out, carried from the inputs through the graph.

    Returns
    -------
    dict of node id to list of sets, one for each row
    """
    carried: dict[str, list[frozenset[str]]] = {}
    for node in sheet.nodes.values():
        if node.kind == "input":
            carried[node.id] = [frozenset(tags) for tags in node.excludes]
            continue
        sets = [[carried[source][n] for n in index] for _, source, index in node.parts]
        if node.kind == "stack":
            carried[node.id] = [tags for part in sets for tags in part]
        elif node.kind == "sum":
            joined: list[set[str]] = [set() for _ in node.rows]
            for group, tags in zip(node.groups, sets[0], strict=True):
                joined[group] |= tags
            carried[node.id] = [frozenset(tags) for tags in joined]
        else:
            carried[node.id] = [frozenset().union(*tags) for tags in zip(*sets, strict=True)]
    return carried
