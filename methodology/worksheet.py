"""The calculation, kept: a small graph of labelled arrays from inputs to results.

A node is one labelled column over named dimensions: its rows are the label combinations that really occur, so that
nothing is stored for habitats that are not there and an absent pool is absent, not zero. Nodes are inputs (activity
data, factors, parameters), equations of a guide, sums, and stacks that put like results under one new dimension.
The number of nodes depends on the method, never on the size of the survey. Everything else (values, first-order
uncertainty, simulation, explanation, recomputation, workbook) is a walk over this graph.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from methodology.base.errors import Findings, refuse
from methodology.base.files import quantised
from methodology.base.phrases import phrase
from methodology.equation import Equation
from methodology.factors.table import Factor
from methodology.uncertainty.distributions import Distribution

Row = tuple[str, ...]


@dataclass(frozen=True)
class View:
    """Some rows of a node, in an order and under labels chosen by the user of the node; makes no node of its own."""

    node: Node
    index: np.ndarray
    dims: tuple[str, ...]
    rows: tuple[Row, ...]

    def where(self, keep: Callable[[dict[str, str]], bool]) -> View:
        """Only the rows whose labels satisfy `keep`."""
        chosen = [n for n, row in enumerate(self.rows) if keep(dict(zip(self.dims, row, strict=True)))]
        return View(self.node, self.index[chosen], self.dims, tuple(self.rows[n] for n in chosen))

    def onto(
        self, dims: Sequence[str], rows: Iterable[Row], label: Callable[[dict[str, str]], Row] | None = None
    ) -> View:
        """One value for each target row: by shared dimension names, or by the source label the function returns.

        Raises
        ------
        KeyError
            If a target row has no source row.
        """
        dims, rows = tuple(dims), tuple(rows)
        place = {row: n for n, row in enumerate(self.rows)}
        if label is None:
            positions = [dims.index(dim) for dim in self.dims]
            found = [place[tuple(row[p] for p in positions)] for row in rows]
        else:
            found = [place[label(dict(zip(dims, row, strict=True)))] for row in rows]
        return View(self.node, self.index[np.array(found, dtype=int)], dims, rows)

    def dropped(self, *names: str) -> View:
        """The same rows without some dimensions; what remains must still tell the rows apart."""
        kept = [n for n, dim in enumerate(self.dims) if dim not in names]
        rows = tuple(tuple(row[n] for n in kept) for row in self.rows)
        if len(set(rows)) != len(rows):
            raise ValueError(f"{self.node.id}: rows are not distinct without {names}")
        return View(self.node, self.index, tuple(self.dims[n] for n in kept), rows)

    def renamed(self, **names: str) -> View:
        """The same rows under other dimension names."""
        return View(self.node, self.index, tuple(names.get(dim, dim) for dim in self.dims), self.rows)


@dataclass
class Node:
    """One step of the calculation; see the module docstring.

    Parameters
    ----------
    kind : {"input", "equation", "sum", "stack"}
    unit : str
    dims, rows :
        Dimension names and the label combinations that occur.
    role : {"activity", "factor", "parameter", ""}
        Of an input.
    values : array, shape (row,)
        Of an input, in `unit`, rounded to the digits a statement carries.
    spreads : list of Distribution or None
        Of an input; None is a value taken as exact.
    covariance : array, shape (row, row), optional
        Of an input whose rows err together; overrides `spreads` and is drawn as a joint normal.
    sources, excludes : lists, one entry per row of an input
        Keys of files or factors behind the value; what its interval leaves out.
    parts : list of (argument or label, node id, index array)
        What an equation, sum or stack is made of.
    groups : array, shape (source row,)
        Of a sum: the result row each source row counts into.
    """

    id: str
    kind: str
    unit: str
    dims: tuple[str, ...]
    rows: list[Row]
    label: dict[str, str] = field(default_factory=dict)
    role: str = ""
    values: np.ndarray | None = None
    spreads: list[Distribution | None] = field(default_factory=list)
    covariance: np.ndarray | None = None
    sources: list[tuple[str, ...]] = field(default_factory=list)
    excludes: list[tuple[str, ...]] = field(default_factory=list)
    equation: Equation | None = None
    parts: list[tuple[str, str, np.ndarray]] = field(default_factory=list)
    groups: np.ndarray | None = None

    def view(self) -> View:
        """All rows as they are."""
        return View(self, np.arange(len(self.rows)), self.dims, tuple(self.rows))

    def where(self, keep: Callable[[dict[str, str]], bool]) -> View:
        """Only the rows whose labels satisfy `keep`."""
        return self.view().where(keep)

    def onto(
        self, dims: Sequence[str], rows: Iterable[Row], label: Callable[[dict[str, str]], Row] | None = None
    ) -> View:
        """See `View.onto`."""
        return self.view().onto(dims, rows, label)


def _view(source: Node | View) -> View:
    return source.view() if isinstance(source, Node) else source


class Worksheet:
    """Builds the graph; nodes stand in the order they may be computed."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.factors: dict[str, Factor] = {}

    def __getitem__(self, node_id: str) -> Node:
        return self.nodes[node_id]

    def __contains__(self, node_id: Hashable) -> bool:
        return node_id in self.nodes

    def _add(self, node: Node) -> Node:
        if node.id in self.nodes:
            raise ValueError(f"node {node.id!r} exists already")
        if len(set(node.rows)) != len(node.rows):
            raise ValueError(f"node {node.id!r} has a row twice")
        self.nodes[node.id] = node
        return node

    def input(
        self,
        node_id: str,
        unit: str,
        dims: Sequence[str],
        values: Mapping[Row, float],
        *,
        role: str = "activity",
        label: dict[str, str] | None = None,
        spreads: Mapping[Row, Distribution | None] | None = None,
        covariance: np.ndarray | None = None,
        sources: Mapping[Row, tuple[str, ...]] | None = None,
        excludes: Mapping[Row, tuple[str, ...]] | None = None,
    ) -> Node:
        """Values that come from outside: activity data, or a parameter of the method.

        Parameters
        ----------
        values : mapping of row to float
            In `unit`; NaN is refused, because missing is not a number.
        spreads, sources, excludes : mapping of row
            What is known of each value's distribution, origin, and what its interval leaves out.
        covariance : array, shape (row, row), optional
            Joint covariance in `unit` squared, rows in the order of `values`.

        Raises
        ------
        InputError
            ME-WS-02 a value is missing or not finite.
        """
        rows = list(values)
        numbers = quantised(np.array([values[row] for row in rows], dtype=float))
        bad = [rows[n] for n in np.flatnonzero(~np.isfinite(numbers))]
        if bad:
            place = phrase("{file}, row {row}", file=node_id, row=bad[0])
            raise refuse("ME-WS-02", place, "no finite value", "a number", "Missing is not zero.")
        spreads, sources, excludes = spreads or {}, sources or {}, excludes or {}
        return self._add(
            Node(
                node_id, "input", unit, tuple(dims), rows, label or {}, role, numbers,
                [spreads.get(row) for row in rows],
                None if covariance is None else quantised(covariance),
                [sources.get(row, ()) for row in rows],
                [excludes.get(row, ()) for row in rows],
            )
        )  # fmt: skip

    def factor(self, chosen: Mapping[Row, Factor], dims: Sequence[str]) -> View:
        """Factors looked up for target rows; each factor is one row of its quantity's node, however often it is used.

        Parameters
        ----------
        chosen : mapping of target row to Factor
            All of one quantity.
        dims : sequence of str
            Dimensions of the target rows.
        """
        quantity = next(iter(chosen.values())).quantity
        node = self.nodes.get(f"factor:{quantity}")
        if node is None:
            unit = next(iter(chosen.values())).unit
            node = self._add(Node(f"factor:{quantity}", "input", unit, ("factor",), [], {}, "factor", np.array([])))
        for factor in chosen.values():
            if factor.quantity != quantity:
                raise ValueError(f"{factor.id} is a {factor.quantity}, not a {quantity}")
            self._take_in(node, factor)
        return node.onto(dims, tuple(chosen), lambda row: (chosen[tuple(row.values())].id,))

    def _take_in(self, node: Node, factor: Factor) -> None:
        known = self.factors.get(factor.id)
        if known is not None and known is not factor and known != factor:
            raise refuse(
                "ME-FAC-05", factor.id, "two different factors of one id", "one id per factor", "Rename your own row."
            )
        if (factor.id,) in node.rows:
            return
        self.factors[factor.id] = factor
        node.rows.append((factor.id,))
        node.values = np.append(node.values, quantised(factor.value))
        node.spreads.append(factor.spread)
        node.sources.append((f"factor:{factor.id}",))
        node.excludes.append((f"no interval printed for {factor.id}",) if factor.spread is None else ())

    def apply(
        self, node_id: str, equation: Equation, label: dict[str, str] | None = None, **arguments: Node | View
    ) -> Node:
        """Evaluate an equation for every row of its widest argument; the others are matched by dimension name.

        Raises
        ------
        ValueError
            If an argument's unit is not the declared one, or rows cannot be matched: faults of the program.
        """
        views = {name: _view(source) for name, source in arguments.items()}
        lead = max(views.values(), key=lambda view: len(view.dims))
        parts = []
        for argument in equation.arguments:
            view = views[argument.name]
            if view.node.unit != argument.unit:
                raise ValueError(
                    f"{equation.id}: {argument.name} is in {argument.unit}, {view.node.id} in {view.node.unit}"
                )
            same = view.dims == lead.dims and view.rows == lead.rows
            parts.append((argument.name, view.node.id, (view if same else view.onto(lead.dims, lead.rows)).index))
        rows = list(lead.rows)
        return self._add(
            Node(node_id, "equation", equation.returns, lead.dims, rows, label or {}, equation=equation, parts=parts)
        )

    def total(
        self,
        node_id: str,
        source: Node | View,
        over: Iterable[str] = (),
        by: Mapping[str, tuple[tuple[str, ...], Mapping[str, Row]]] | None = None,
        label: dict[str, str] | None = None,
    ) -> Node:
        """Sum over dimensions, or regroup one dimension's labels under others.

        Parameters
        ----------
        over : iterable of str
            Dimensions that disappear.
        by : mapping of old dimension to (new dimensions, mapping of old label to new labels)
            For example ``{"class": (("habitat", "stratum"), {"9113": ("seagrass", "patchy")})}``.
        """
        view, by, gone = _view(source), by or {}, set(over)
        kept = [(n, dim) for n, dim in enumerate(view.dims) if dim not in gone]
        dims = tuple(new for _, dim in kept for new in (by[dim][0] if dim in by else (dim,)))

        def target(row: Row) -> Row:
            return tuple(new for n, dim in kept for new in (by[dim][1][row[n]] if dim in by else (row[n],)))

        targets = [target(row) for row in view.rows]
        rows = list(dict.fromkeys(targets))
        place = {row: n for n, row in enumerate(rows)}
        groups = np.array([place[row] for row in targets], dtype=int)
        parts = [("terms", view.node.id, view.index)]
        return self._add(Node(node_id, "sum", view.node.unit, dims, rows, label or {}, parts=parts, groups=groups))

    def stack(
        self, node_id: str, dim: str, sources: Sequence[tuple[str, Node | View]], label: dict[str, str] | None = None
    ) -> Node:
        """Like results under one new last dimension, for example pools; what a source lacks stays absent.

        Parameters
        ----------
        sources : sequence of (label on the new dimension, node or view)
            A label may come twice where the sources' rows differ.
        """
        views = [(name, _view(source)) for name, source in sources]
        first = views[0][1]
        rows: list[Row] = []
        parts = []
        for name, view in views:
            if view.node.unit != first.node.unit or set(view.dims) != set(first.dims):
                raise ValueError(f"{node_id}: {name} does not stack with the others")
            order = [view.dims.index(d) for d in first.dims]
            rows.extend((*(row[n] for n in order), name) for row in view.rows)
            parts.append((name, view.node.id, view.index))
        return self._add(Node(node_id, "stack", first.node.unit, (*first.dims, dim), rows, label or {}, parts=parts))

    def evaluate(self, given: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """Value of every node.

        Parameters
        ----------
        given : mapping of input node id to array, shape (row,) or (draws, row), optional
            In place of the inputs' own values: draws, or another state of the world.

        Returns
        -------
        dict of node id to array, shape (row,) or (draws, row)
        """
        values: dict[str, np.ndarray] = {}
        for node in self.nodes.values():
            values[node.id] = step(node, values, given or {})
        return values

    def check_ranges(self, values: Mapping[str, np.ndarray]) -> Findings:
        """Arguments of equations outside their declared range, all at once (ME-WS-01)."""
        findings = Findings()
        for node in self.nodes.values():
            if node.equation is None:
                continue
            for argument, (_, source, index) in zip(node.equation.arguments, node.parts, strict=True):
                taken = values[source][index]
                low = -np.inf if argument.low is None else argument.low
                high = np.inf if argument.high is None else argument.high
                for n in np.flatnonzero((taken < low) | (taken > high)):
                    findings.add(
                        "ME-WS-01",
                        f"{node.id}, {', '.join(node.rows[n])}, {argument.name}",
                        f"{taken[n]:.6g} {argument.unit}",
                        phrase("{low:g} to {high:g} {unit}", low=low, high=high, unit=argument.unit),
                        phrase("Valid range of equation {equation}.", equation=node.equation.id),
                    )
        return findings


def step(node: Node, values: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray]) -> np.ndarray:
    """Value of one node from those before it; arrays of shape (row,) or (draws, row)."""
    if node.kind == "input":
        return given.get(node.id, node.values)
    taken = [gathered(values[source], index) for _, source, index in node.parts]
    if node.kind == "equation":
        return node.equation(*taken)
    if node.kind == "stack":
        return np.concatenate(_same_draws(taken), axis=-1)
    return grouped_sum(taken[0], node.groups, len(node.rows))


def _same_draws(arrays: list[np.ndarray]) -> list[np.ndarray]:
    draws = max((array.shape[0] for array in arrays if array.ndim == 2), default=None)
    if draws is None:
        return arrays
    return [a if a.ndim == 2 else np.broadcast_to(a, (draws, a.size)) for a in arrays]


def gathered(array: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Rows picked along the last axis; no copy where all are taken in order."""
    size = array.shape[-1]
    if (
        index.size == size
        and size
        and index[0] == 0
        and index[-1] == size - 1
        and np.array_equal(index, np.arange(size))
    ):
        return array
    return np.take(array, index, axis=-1)


def grouped_sum(array: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Sum along the last axis by group number; terms are added in row order so that digits do not wander."""
    if count == 1:
        return array.sum(axis=-1, keepdims=True)
    if array.shape[-1] == 0:
        return np.zeros((*array.shape[:-1], count))
    order = np.argsort(groups, kind="stable")
    ordered = gathered(array, order)
    size = groups.size // count
    if groups.size == size * count and np.array_equal(groups[order], np.repeat(np.arange(count), size)):
        return ordered.reshape(*array.shape[:-1], count, size).sum(axis=-1)
    return np.add.reduceat(ordered, np.searchsorted(groups[order], np.arange(count)), axis=-1)
