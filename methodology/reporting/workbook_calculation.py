"""The sheets Calculation and Sensitivities: every step as live formulas, value and first-order standard uncertainty.

A row's standard uncertainty is the root of the sum of squares of its responses to independent errors. Responses
follow by the chain rule: slope cell times response cell of the argument, added over arguments; sums add responses to
the same error before squaring, which is what makes a factor used in many rows fully correlated. Only responses that
can differ from zero get a cell; stacked rows point to the cells of their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from methodology.base.units import shown
from methodology.formula import cell_formula
from methodology.reporting.workbook_cells import Book, Ref, written
from methodology.reporting.workbook_inputs import Places
from methodology.uncertainty.propagation import FirstOrder, root
from methodology.worksheet import Node, Worksheet

RESPONSES = 100_000
"""Response cells a workbook may have and still open within some seconds."""
WIDE = 24
"""Responses of one row above which a block is ordered by row rather than by error, for short references."""

Deviate = tuple[str, int]


@dataclass(frozen=True)
class Response:
    """One response: its cell and its computed value."""

    ref: Ref
    value: float


@dataclass
class Calculation:
    """What the sheets are made of while they are written."""

    book: Book
    sheet: Worksheet
    values: Mapping[str, np.ndarray]
    first_order: FirstOrder
    places: Places
    live: Mapping[str, set[int]]
    page: Any = None
    sensitivities: Any = None
    row: int = 3
    next_response: int = 4
    labels: int = 1
    responses: dict[str, list[dict[Deviate, Response]]] = field(default_factory=dict)


def rows_with_live_uncertainty(
    sheet: Worksheet, first_order: FirstOrder, statement: Mapping[str, Any]
) -> dict[str, set[int]]:
    """Rows whose standard uncertainty is a formula: all, else those behind totals and subtotals, else none."""
    everything = {node.id: set(range(len(node.rows))) for node in sheet.nodes.values()}
    if _size(sheet, first_order, everything) <= RESPONSES:
        return everything
    lines = [n for n in statement["lines"] if n["value"] is not None and n["aggregation"] != "part"]
    behind = _closure(sheet, {(line["node"], line["row"]) for line in lines})
    return behind if _size(sheet, first_order, behind) <= RESPONSES else {}


def _size(sheet: Worksheet, first_order: FirstOrder, rows: Mapping[str, set[int]]) -> int:
    count = 0
    for node in sheet.nodes.values():
        if node.kind not in ("input", "stack") and rows.get(node.id):
            count += int(np.diff(first_order.responses[node.id].indptr)[sorted(rows[node.id])].sum())
    return count


def _closure(sheet: Worksheet, wanted: set[tuple[str, int]]) -> dict[str, set[int]]:
    rows: dict[str, set[int]] = {}
    for name, row in wanted:
        rows.setdefault(name, set()).add(row)
    for node in reversed(list(sheet.nodes.values())):
        for n in rows.get(node.id, ()):
            for source, taken in _taken(node, n):
                rows.setdefault(source, set()).update(taken)
    return rows


def _taken(node: Node, n: int) -> list[tuple[str, list[int]]]:
    """Source rows that a row is made of, by source."""
    if node.kind == "sum":
        _, source, index = node.parts[0]
        return [(source, index[np.flatnonzero(node.groups == n)].tolist())]
    if node.kind == "stack":
        for _, source, index in node.parts:
            if n < index.size:
                return [(source, [int(index[n])])]
            n -= index.size
    return [(source, [int(index[n])]) for _, source, index in node.parts]


def write_calculation(work: Calculation) -> None:
    """Write both sheets and fill `work.places`."""
    book, words = work.book, work.book.words
    steps = [node for node in work.sheet.nodes.values() if node.kind != "input"]
    work.labels = max([1, *(len(node.dims) for node in steps)])
    widths = [22] * work.labels + [17, 17] + [15] * 12
    work.page = book.sheet("calculation", widths, words("workbook", "calculation_note"))
    work.page.freeze_panes(3, 0)
    work.sensitivities = book.sheet("sensitivities", (50, 44, 18, 15, 15), words("workbook", "sensitivities_note"))
    head = [words("workbook", "row"), words("workbook", "deviate"), words("workbook", "response")]
    book.texts(work.sensitivities, 3, head, "head")
    work.sensitivities.freeze_panes(4, 0)
    for node in work.sheet.nodes.values():
        if node.kind == "input":
            work.responses[node.id] = _input_responses(work, node)
        else:
            _block(work, node)


def _block(work: Calculation, node: Node) -> None:
    """One step: heading, then a row for each label combination."""
    book, page, words = work.book, work.page, work.book.words
    first = work.row + 2
    value_column = work.labels
    spare = value_column + 2
    _heading(work, node)
    name = page.get_name()
    work.places.values[node.id] = [Ref(name, value_column, first + n) for n in range(len(node.rows))]
    work.places.standard[node.id] = [Ref(name, value_column + 1, first + n) for n in range(len(node.rows))]
    slopes = _equation_rows(work, node, first, spare) if node.kind == "equation" else {}
    members = _members(node)
    for n, labels in enumerate(node.rows):
        book.texts(page, first + n, [words.label(text) for text in labels])
        if node.kind != "equation":
            source, taken = members[n]
            refs = [work.places.values[source][k] for k in taken]
            terms = [float(work.values[source][k]) for k in taken]
            single = written(refs[0], name) if len(refs) == 1 else ""
            body = single or book.gathered(page, refs, terms, first + n, spare, square=False)
            book.formula(page, first + n, value_column, body, float(work.values[node.id][n]), "strong")
    work.responses[node.id] = _responses(work, node, members, slopes)
    after = spare + 2 * len(node.parts) if node.kind == "equation" else spare + 8
    for n in range(len(node.rows)):
        _uncertainty(work, node, n, first + n, value_column + 1, after)
    work.row = first + len(node.rows) + 1


def _heading(work: Calculation, node: Node) -> None:
    book, page, words, row = work.book, work.page, work.book.words, work.row
    kind = node.equation.id if node.equation is not None else words("step", node.kind)
    name = words.pick(node.label)
    book.text(page, row, 0, f"{name}{words.bracketed(node.id)}" if name else node.id, "block")
    if node.equation is not None:
        from methodology.formula import formula_in, readable

        kind += f":  {formula_in(readable(node.equation), words.lang)}"
    book.text(page, row, work.labels, kind, "block")
    unit = f" [{shown(node.unit)}]" if node.unit != "1" else ""
    dims = [words("dimension", dim) for dim in node.dims]
    book.texts(page, row + 1, dims + [""] * (work.labels - len(dims)), "head")
    heads = [words("workbook", "value") + unit, words("workbook", "u") + unit]
    if node.equation is not None:
        from methodology.formula import symbol_in

        for argument in node.equation.arguments:
            argument_unit = f" [{shown(argument.unit)}]" if argument.unit != "1" else ""
            heads.append(symbol_in(argument.name, words.lang) + argument_unit)
        heads += [words("workbook", "slope", name=symbol_in(a.name, words.lang)) for a in node.equation.arguments]
    book.texts(page, row + 1, heads, "head_number", work.labels)


def _members(node: Node) -> list[tuple[str, list[int]]]:
    """Of a sum or stack: source and source rows of each row."""
    if node.kind == "stack":
        return [(source, [int(k)]) for _, source, index in node.parts for k in index]
    if node.kind == "sum":
        _, source, index = node.parts[0]
        members: list[tuple[str, list[int]]] = [(source, []) for _ in node.rows]
        for k, group in zip(index, node.groups, strict=True):
            members[group][1].append(int(k))
        return members
    return []


def _equation_rows(work: Calculation, node: Node, first: int, spare: int) -> dict[str, list[tuple[Ref, float] | None]]:
    """Arguments, value and slopes of an equation; returns the slope cells, None where a slope is zero everywhere."""
    book, page = work.book, work.page
    name = page.get_name()
    equation, count = node.equation, len(node.parts)
    constants = {key: work.places.constants[key, float(c)] for key, c in equation.constants().items()}
    taken = {argument: work.values[source][index] for argument, source, index in node.parts}
    slopes: dict[str, list[tuple[Ref, float] | None]] = {argument: [] for argument, _, _ in node.parts}
    numbers = {
        a: np.broadcast_to(np.asarray(equation.slopes[a](*taken.values()), float), len(node.rows)) for a in taken
    }
    blanks = constants | {argument: f"{{{argument}}}" for argument in taken}
    formula = cell_formula(equation.formula, blanks)
    derivatives = {a: cell_formula(d, blanks) for a, d in equation.derivatives.items() if d != 0}
    for n in range(len(node.rows)):
        row = first + n
        cells = {}
        for position, (argument, source, index) in enumerate(node.parts):
            body = written(work.places.values[source][int(index[n])], name)
            ref = book.formula(page, row, spare + position, body, float(taken[argument][n]))
            cells[argument] = written(ref, name)
        book.formula(page, row, work.labels, formula.format_map(cells), float(work.values[node.id][n]), "strong")
        for position, (argument, _, _) in enumerate(node.parts):
            if argument not in derivatives or n not in work.live.get(node.id, ()):
                slopes[argument].append(None)
                continue
            value = float(numbers[argument][n])
            body = derivatives[argument].format_map(cells)
            ref = book.formula(page, row, spare + count + position, body, value)
            slopes[argument].append((ref, value))
    return slopes


def _input_responses(work: Calculation, node: Node) -> list[dict[Deviate, Response]]:
    """An input's own errors: its standard uncertainty, or a root of its covariance matrix as constants."""
    if node.covariance is None:
        standard = [0.0 if spread is None else spread.sd for spread in node.spreads]
        refs = work.places.standard[node.id]
        return [{(node.id, n): Response(refs[n], sd)} if sd else {} for n, sd in enumerate(standard)]
    matrix = root(node)
    found: list[dict[Deviate, Response]] = []
    for n, row in enumerate(matrix):
        found.append({})
        for k in np.flatnonzero(row):
            place, value = work.next_response, float(row[k])
            _label(work, place, node, n, (node.id, int(k)))
            work.book.number(work.sensitivities, place, 2, value, "given")
            found[n][node.id, int(k)] = Response(Ref(work.sensitivities.get_name(), 2, place), value)
            work.next_response += 1
    return found


def _responses(
    work: Calculation, node: Node, members: list[tuple[str, list[int]]], slopes: Mapping[str, list]
) -> list[dict[Deviate, Response]]:
    """Response cells of every live row of a step."""
    live = work.live.get(node.id, set())
    made: list[dict[Deviate, Any]] = []
    for n in range(len(node.rows)):
        if n not in live:
            made.append({})
        elif node.kind == "equation":
            made.append(_chain(work, node, n, slopes))
        else:
            source, taken = members[n]
            if len(taken) == 1:
                made.append(dict(work.responses[source][taken[0]]))
                continue
            terms: dict[Deviate, list[Response]] = {}
            for k in taken:
                for deviate, response in work.responses[source][k].items():
                    terms.setdefault(deviate, []).append(response)
            made.append(terms)
    order = [(n, deviate) for n, row in enumerate(made) for deviate, given in row.items() if isinstance(given, list)]
    if max((len(row) for row in made), default=0) <= WIDE:
        rank: dict[Deviate, int] = {}
        for _, deviate in order:
            rank.setdefault(deviate, len(rank))
        order.sort(key=lambda pair: (rank[pair[1]], pair[0]))
    for n, deviate in order:
        made[n][deviate] = _written_response(work, node, n, deviate, made[n][deviate])
    return made


def _chain(work: Calculation, node: Node, n: int, slopes: Mapping[str, list]) -> dict[Deviate, list[Any]]:
    terms: dict[Deviate, list[Any]] = {}
    for argument, source, index in node.parts:
        slope = slopes[argument][n]
        if slope is not None:
            for deviate, response in work.responses[source][int(index[n])].items():
                terms.setdefault(deviate, []).append((slope, response))
    return terms


def _written_response(work: Calculation, node: Node, n: int, deviate: Deviate, given: list[Any]) -> Response:
    book, page, row = work.book, work.sensitivities, work.next_response
    name = page.get_name()
    if isinstance(given[0], Response):
        values = [response.value for response in given]
        value = sum(values)
        body = book.gathered(page, [response.ref for response in given], values, row, 3, square=False)
    else:
        value = sum(slope * response.value for (_, slope), response in given)
        body = "+".join(f"{written(ref, name)}*{written(response.ref, name)}" for (ref, _), response in given)
    _label(work, row, node, n, deviate)
    ref = book.formula(page, row, 2, body, value)
    work.next_response += 1
    return Response(ref, value)


def _label(work: Calculation, row: int, node: Node, n: int, deviate: Deviate) -> None:
    label = work.book.words.label
    labels = " | ".join(label(text) for text in node.rows[n])
    source, k = deviate
    owner = work.sheet[source]
    who = " | ".join(label(text) for text in owner.rows[k]) if owner.covariance is None else str(k + 1)
    work.book.texts(work.sensitivities, row, [f"{node.id}: {labels}" if labels else node.id, f"{source}: {who}"])


def _uncertainty(work: Calculation, node: Node, n: int, row: int, column: int, spare: int) -> None:
    """The standard uncertainty of one row, as a formula where it is live."""
    book, page = work.book, work.page
    value = float(work.first_order.standard[node.id][n])
    if n not in work.live.get(node.id, ()):
        book.number(page, row, column, value, "fixed")
        return
    found = work.responses[node.id][n]
    if not found:
        book.number(page, row, column, 0.0)
        return
    refs, values = [r.ref for r in found.values()], [r.value for r in found.values()]
    book.formula(page, row, column, f"SQRT({book.gathered(page, refs, values, row, spare, square=True)})", value)
