"""The worksheet of a statement as it stands in the file: whether it can be computed at all, and means what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from methodology.base.errors import Finding
from methodology.base.phrases import phrase
from methodology.equation import Equation
from methodology.uncertainty.distributions import moments

EDITED = "The file was cut or edited after it was written: compare its SHA-256 with statement_sha256 in run.json."
OTHER_VERSION = "Recompute with the version of the toolkit named in run.json; if it is this one, the file was edited."
_SPREAD_TOLERANCE = 1e-9  # relative; parameters and moments carry 12 digits
_COVARIANCE_TOLERANCE = 1e-9
_WANTED = {
    "input": {"role", "values", "spreads", "sources", "excludes"},
    "equation": {"equation", "formula", "parts"},
    "sum": {"parts", "groups"},
    "stack": {"parts"},
}
_COMMON = {"id", "kind", "unit", "dims", "rows", "label"}


def damage(place: str, found: str, expected: str, remedy: str = EDITED) -> Finding:
    """A finding that part of a statement is damaged."""
    return Finding("ME-ST-03", place, found, expected, remedy)


def node_findings(
    records: Sequence[Mapping[str, Any]], equations: Mapping[str, Equation], place: str, formulas: bool = True
) -> list[Finding]:
    """Everything in which the nodes of a statement cannot be computed or contradict each other.

    Parameters
    ----------
    records : sequence of mapping
        ``nodes`` of a statement, of the right shape.
    equations : mapping of id to Equation
    formulas : bool
        Whether the text of each formula is compared with its equation; takes a moment.

    Returns
    -------
    list of Finding
        ME-ST-03, with the node as place.
    """
    found: list[Finding] = []
    seen: dict[str, Mapping[str, Any]] = {}
    for record in records:
        where = phrase("{place}, node {id}", place=place, id=record["id"])
        if record["id"] in seen:
            found.append(damage(where, "this id twice", "an id of its own"))
        faults = list(_record_faults(record))
        if not faults and record["kind"] == "input":
            faults = list(_input_faults(record))
        elif not faults:
            faults = list(_source_faults(record, seen))
            if not faults:
                faults = list(_made_faults(record, seen, equations, formulas))
        found.extend(damage(where, *fault) for fault in faults)
        if all(len(row) == len(record["dims"]) for row in record["rows"]):
            seen[record["id"]] = record
    return found


def taken(index: int | Sequence[int]) -> Sequence[int]:
    """Rows an index of the file stands for."""
    return range(index) if isinstance(index, int) else index


def last_row(index: int | Sequence[int]) -> int:
    """The highest row an index stands for, however long the run it names; 0 if none."""
    return max(index - 1, 0) if isinstance(index, int) else max(index, default=0)


def _record_faults(record: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    wanted = _WANTED[record["kind"]]
    keys = set(record) - _COMMON - ({"covariance"} if record["kind"] == "input" else set())
    if keys != wanted:
        yield f"parts {', '.join(sorted(keys))}", f"{', '.join(sorted(wanted))} of {record['kind']}"
    dims, rows = record["dims"], record["rows"]
    if len(set(dims)) < len(dims):
        yield f"dimensions {', '.join(dims)}", "each once"
    for row, count in Counter(map(tuple, rows)).items():
        if count > 1 or len(row) != len(dims):
            yield f"row {', '.join(row)}", f"one such row, with a label for each of {', '.join(dims) or 'no dimension'}"


def _input_faults(record: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    size = len(record["rows"])
    for key in ("values", "spreads", "sources", "excludes"):
        if len(record[key]) != size:
            yield f"{len(record[key])} {key}", f"{size}, one for each row"
    for row, spread in zip(record["rows"], record["spreads"], strict=False):
        if spread is None:
            continue
        try:
            expected = moments(spread["form"], spread["parameters"])
        except (ValueError, ArithmeticError) as error:
            yield f"spread of {', '.join(row)}: {error}", f"parameters of a {spread['form']}"
            continue
        stated = (spread["mean"], spread["sd"])
        scale = max(map(abs, (*stated, *expected)))
        if any(abs(a - b) > _SPREAD_TOLERANCE * scale for a, b in zip(stated, expected, strict=True)):
            told = "mean {:.12g} and sd {:.12g}".format
            yield f"spread of {', '.join(row)}: {told(*stated)}", f"{told(*expected)} of its parameters"
    if "covariance" in record:
        yield from _covariance_faults(record["covariance"], size)


def _covariance_faults(covariance: Sequence[Sequence[float]], size: int) -> Iterator[tuple[str, ...]]:
    import numpy as np

    expected = f"a symmetric, non-negative matrix of {size} × {size}"
    if len(covariance) != size or any(len(row) != size for row in covariance):
        yield "covariance of another size", expected
        return
    matrix = np.array(covariance, dtype=float)
    scale = np.abs(matrix).max(initial=0.0)
    if np.abs(matrix - matrix.T).max(initial=0.0) > _COVARIANCE_TOLERANCE * scale:
        yield "covariance that is not symmetric", expected
    elif size and np.linalg.eigvalsh(matrix).min() < -_COVARIANCE_TOLERANCE * scale:
        yield "covariance that no quantities can have", expected


def _source_faults(record: Mapping[str, Any], seen: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    if not record["parts"]:
        yield "no parts", "at least one"
    for part in record["parts"]:
        source = seen.get(part["node"])
        if source is None:
            yield f"{part['name']} from node {part['node']}", "a node that stands before it"
        elif (last := last_row(part["index"])) >= max(len(source["rows"]), 1):
            yield f"{part['name']}: row {last} of {part['node']}", f"rows 0 to {len(source['rows']) - 1}"


def _made_faults(
    record: Mapping[str, Any], seen: Mapping[str, Mapping[str, Any]], equations: Mapping[str, Equation], formulas: bool
) -> Iterator[tuple[str, ...]]:
    rows = len(record["rows"])
    sizes = [len(taken(part["index"])) for part in record["parts"]]
    if record["kind"] == "equation":
        equation = equations.get(record["equation"])
        if equation is None:
            yield f"equation {record['equation']}", "an equation of an installed guide", OTHER_VERSION
            return
        if any(size != rows for size in sizes):
            yield f"parts of {', '.join(map(str, sizes))} rows", f"{rows} rows each"
            return
        yield from _equation_faults(record, equation, seen, formulas)
        yield from _led_faults(record, seen)
        return
    for part in record["parts"]:
        if (unit := seen[part["node"]]["unit"]) != record["unit"]:
            yield f"unit {record['unit']} of {part['node']} in {unit}", "one unit"
    if record["kind"] == "stack":
        if sum(sizes) != rows:
            yield f"parts of {sum(sizes)} rows in all", f"{rows} rows"
            return
        goals: Sequence[int] = range(rows)
        names = [part["name"] for part, size in zip(record["parts"], sizes, strict=True) for _ in range(size)]
        if any(row[-1] != name for row, name in zip(record["rows"], names, strict=True)):
            yield "labels on the last dimension that are not those of the parts", "the name of each part"
    else:
        goals = record["groups"]
        if len(sizes) != 1 or len(goals) != sizes[0] or set(goals) != set(range(rows)):
            yield "groups that do not fill the rows", f"{sizes[0]} groups from 0 to {rows - 1}, none left empty"
            return
    start = 0
    for part, size in zip(record["parts"], sizes, strict=True):
        for dim in _disagreeing(record, seen[part["node"]], taken(part["index"]), goals[start : start + size]):
            yield f"rows of {part['node']} under another {dim}", f"the same {dim} as in {part['node']}"
        start += size


def _equation_faults(
    record: Mapping[str, Any], equation: Equation, seen: Mapping[str, Mapping[str, Any]], formulas: bool
) -> Iterator[tuple[str, ...]]:
    names = [part["name"] for part in record["parts"]]
    expected = [argument.name for argument in equation.arguments]
    if names != expected:
        yield f"arguments {', '.join(names)}", f"{', '.join(expected)} of {equation.id}", OTHER_VERSION
        return
    if record["unit"] != equation.returns:
        yield f"unit {record['unit']}", f"{equation.returns}, as {equation.id} returns", OTHER_VERSION
    for part, argument in zip(record["parts"], equation.arguments, strict=True):
        if (unit := seen[part["node"]]["unit"]) != argument.unit:
            yield f"{part['name']} in {unit}", f"{argument.unit}, as {equation.id} takes", OTHER_VERSION
    if formulas:
        from methodology.formula import readable

        if record["formula"] != (text := readable(equation)):
            yield f"formula {record['formula']}", f"{text}, as {equation.id} says", OTHER_VERSION


def _led_faults(record: Mapping[str, Any], seen: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Each label column of an equation must come from one of its arguments."""
    shared: dict[str, list[bool]] = {}
    rows = range(len(record["rows"]))
    for part in record["parts"]:
        source = seen[part["node"]]
        wrong = _disagreeing(record, source, taken(part["index"]), rows)
        for dim in set(source["dims"]) & set(record["dims"]):
            shared.setdefault(dim, []).append(dim not in wrong)
    for dim in sorted(dim for dim, agrees in shared.items() if not any(agrees)):
        yield f"rows under another {dim} than all arguments", f"the {dim} of an argument"


def _disagreeing(
    record: Mapping[str, Any], source: Mapping[str, Any], index: Sequence[int], goals: Sequence[int]
) -> list[str]:
    """Dimensions both nodes have, on which a taken row has another label than the row it goes into."""
    wrong = []
    for dim in record["dims"]:
        if dim not in source["dims"]:
            continue
        here, there = record["dims"].index(dim), source["dims"].index(dim)
        if any(
            record["rows"][goal][here] != source["rows"][n][there] for goal, n in zip(goals, index, strict=True)
        ):  # fmt: skip
            wrong.append(dim)
    return wrong
