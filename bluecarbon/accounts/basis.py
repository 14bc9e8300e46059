"""What each line stands on: measurement, default or both, read off the worksheet that computed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from methodology.factors.table import Factor
from methodology.statement import LineBlock
from methodology.worksheet import Node, Row, View, Worksheet

OWN = "local"
"""Mark of a factor that the job brings along: measured on the site, or the user's own."""
SHOWN = 2
TIERS = {"measured": "Tier 2", "mixed": "Tier 1 and 2"}
"""Tier of a guide's line once values of the site stand in for its defaults. Source: ipcc2006v4, tiers."""


def grounded(sheet: Worksheet, blocks: Sequence[LineBlock]) -> list[LineBlock]:
    """Blocks of lines whose basis and data quality say, row by row, which factors they stand on.

    Parameters
    ----------
    blocks : sequence of LineBlock
        Those with a basis of their own ("measured" areas, "proxy" capacities) are kept as they are.
    """
    if not any(factor.value_status == OWN for factor in sheet.factors.values()):
        return list(blocks)
    used = factors_behind(sheet)
    return [_grounded(block, used, sheet.factors) if block.basis == "default" else block for block in blocks]


def _grounded(block: LineBlock, used: Mapping[str, list[frozenset[str]]], factors: Mapping[str, Factor]) -> LineBlock:
    view = block.source if isinstance(block.source, View) else block.source.view()
    basis: dict[Row, str] = {}
    tier: dict[Row, str] = {}
    quality: dict[Row, str] = {}
    for index, row in zip(view.index, view.rows, strict=True):
        behind = [factors[name] for name in sorted(used[view.node.id][index])]
        own = [factor for factor in behind if factor.value_status == OWN]
        basis[row] = "default" if not own else ("measured" if len(own) == len(behind) else "mixed")
        stated = block.data_quality if isinstance(block.data_quality, str) else block.data_quality[row]
        quality[row] = quality_text(own, len(own) < len(behind)) if own else stated
        tier[row] = TIERS.get(basis[row], block.tier) if block.tier == "Tier 1" else block.tier
    return replace(block, basis=basis, data_quality=quality, tier=tier)


def quality_text(own: Sequence[Factor], others: bool) -> str:
    """Data quality in words: what was measured, with n and grade, and whether defaults stand beside it."""
    said = list(dict.fromkeys(_short(factor) for factor in own))
    text = "measured: " + "; ".join(said[:SHOWN])
    if len(said) > SHOWN:
        text += f" and {len(said) - SHOWN} more"
    return text + (", beside default factors" if others else "")


def _short(factor: Factor) -> str:
    said = factor.locator.removeprefix("mean of ").rpartition(",")[0] if factor.files else f"own factor {factor.id}"
    return said or factor.locator


def factors_behind(sheet: Worksheet) -> dict[str, list[frozenset[str]]]:
    """Factors behind every row of every node; a term that is zero, as of an absent class, brings none along.

    Returns
    -------
    dict of node id to list of frozenset of factor id, one per row
    """
    values = sheet.evaluate()
    carried: dict[str, list[frozenset[str]]] = {}
    for node in sheet.nodes.values():
        if node.kind == "input":
            carried[node.id] = [
                frozenset([row[0]]) if node.role == "factor" and _counts(node) else frozenset() for row in node.rows
            ]
        elif node.kind == "sum":
            carried[node.id] = _summed(node, carried, values)
        else:
            sets = [[carried[source][n] for n in index] for _, source, index in node.parts]
            if node.kind == "stack":
                carried[node.id] = [names for part in sets for names in part]
            else:
                carried[node.id] = [frozenset().union(*names) for names in zip(*sets, strict=True)]
    return carried


def _counts(node: Node) -> bool:
    """Warming potentials are the metric, not data about the site."""
    return not node.id.startswith("factor:gwp_")


def _summed(
    node: Node, carried: Mapping[str, list[frozenset[str]]], values: Mapping[str, np.ndarray]
) -> list[frozenset[str]]:
    _, source, index = node.parts[0]
    whole: list[set[str]] = [set() for _ in node.rows]
    present: list[set[str]] = [set() for _ in node.rows]
    for group, n in zip(node.groups, index, strict=True):
        whole[group] |= carried[source][n]
        if values[source][n] != 0:
            present[group] |= carried[source][n]
    return [frozenset(some or every) for some, every in zip(present, whole, strict=True)]
