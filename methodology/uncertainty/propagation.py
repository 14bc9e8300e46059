"""First-order propagation through the worksheet, correlation included.

Every input is written as its value plus independent standard deviates times a coefficient; each node then carries a
sparse matrix of how its rows respond to those deviates. A factor used in many places is one column, so correlation
between results comes out by construction. Source: ipcc2006v1ch3, approach 1 in its general form; jcgm100, 5.1-5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from methodology.worksheet import Node, Worksheet


@dataclass(frozen=True)
class FirstOrder:
    """Standard uncertainties of every node, and where they come from.

    Parameters
    ----------
    standard : dict of node id to array, shape (row,)
        Standard uncertainty in the node's unit.
    responses : dict of node id to sparse matrix, shape (row, deviate)
    deviates : list of (input node id, group label)
        Owner of each column: a factor's id, or the input node's id for activity data.
    """

    standard: dict[str, np.ndarray]
    responses: dict[str, Any]
    deviates: list[tuple[str, str]]

    def shares(self, node_id: str, row: int) -> dict[str, float]:
        """Share of the variance of one result by input, largest first. [1]"""
        response = self.responses[node_id]
        part = slice(response.indptr[row], response.indptr[row + 1])
        squares: dict[str, float] = {}
        for column, value in zip(response.indices[part], response.data[part], strict=True):
            name = self.deviates[column][1]
            squares[name] = squares.get(name, 0.0) + float(value) ** 2
        total = sum(squares.values())
        if not total:
            return {}
        return dict(sorted(((name, s / total) for name, s in squares.items()), key=lambda pair: (-pair[1], pair[0])))


def propagate(sheet: Worksheet, values: Mapping[str, np.ndarray]) -> FirstOrder:
    """First-order standard uncertainty of every row of every node.

    Parameters
    ----------
    sheet : Worksheet
    values : dict of node id to array, shape (row,)
        Central values, as `Worksheet.evaluate` gives them.
    """
    from scipy import sparse

    deviates: list[tuple[str, str]] = []
    blocks: dict[str, tuple[np.ndarray, int]] = {}
    for node in sheet.nodes.values():
        if node.kind == "input":
            blocks[node.id] = (root(node), len(deviates))
            deviates.extend((node.id, name) for name in _owners(node))
    count = len(deviates)
    responses: dict[str, Any] = {}
    for node in sheet.nodes.values():
        if node.kind == "input":
            block, offset = blocks[node.id]
            local = sparse.coo_array(np.diag(block) if block.ndim == 1 else block)
            shape = (len(node.rows), count)
            responses[node.id] = sparse.csr_array((local.data, (local.row, local.col + offset)), shape=shape)
        else:
            responses[node.id] = _response(node, values, responses)
    standard = {
        name: np.sqrt(np.asarray(response.multiply(response).sum(axis=1)).ravel())
        for name, response in responses.items()
    }
    return FirstOrder(standard, responses, deviates)


def root(node: Node) -> np.ndarray:
    """Coefficients of an input's deviates: standard deviations, or a root of its covariance matrix."""
    if node.covariance is None:
        return np.array([0.0 if spread is None else spread.sd for spread in node.spreads])
    eigenvalues, vectors = np.linalg.eigh(node.covariance)
    if eigenvalues.size and eigenvalues.min() < -1e-9 * max(eigenvalues.max(), 0.0):
        raise ValueError(f"covariance of {node.id} is not a covariance matrix")
    return vectors * np.sqrt(np.clip(eigenvalues, 0.0, None))


def _owners(node: Node) -> list[str]:
    return [f"factor:{row[0]}" if node.role == "factor" else node.id for row in node.rows]


def _response(node: Node, values: Mapping[str, np.ndarray], responses: Mapping[str, Any]) -> Any:
    from scipy import sparse

    taken = [responses[source][index] for _, source, index in node.parts]
    if node.kind == "stack":
        return sparse.csr_array(sparse.vstack(taken))
    if node.kind == "sum":
        size = node.groups.size
        gather = sparse.csr_array((np.ones(size), (node.groups, np.arange(size))), shape=(len(node.rows), size))
        return gather @ taken[0]
    arguments = [values[source][index] for _, source, index in node.parts]
    total = None
    for (name, _, _), response in zip(node.parts, taken, strict=True):
        if response.nnz == 0:  # exact arguments need no derivative
            continue
        slope = np.broadcast_to(np.asarray(node.equation.slopes[name](*arguments), dtype=float), (len(node.rows),))
        term = sparse.diags_array(slope) @ response
        total = term if total is None else total + term
    return sparse.csr_array(taken[0].shape) if total is None else sparse.csr_array(total)
