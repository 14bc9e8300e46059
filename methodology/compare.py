"""Why two statements differ: the difference of a line split over areas (of a plant: activity data), factors, rules and GWP.

Each of the four causes is switched from the first statement to the second, in every possible order; its share is the
mean of what the switch does (Shapley value). The shares add up to the difference exactly and do not depend on an
order anybody chose. Source: shapley1953.

A statement may also carry departures: inputs with a dimension of that name, each an amount by which a rule moves a
total. They are additive, so each counts for what it is, and what is split over the four causes is the rest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase
from methodology.compare_measured import effects
from methodology.statement_file import worksheet_of
from methodology.worksheet import Node, Worksheet, grouped_sum

CLASS_DIMENSIONS = ("class", "from_class", "to_class", "map_class")
CAUSES = ("areas", "factors", "rules", "gwp")
DEPARTURE = "departure"
AREA_PARAMETERS = ("map_scale", "cover")
"""Parameters that say how much area there is: what validation points tell of the map, and the share that is covered."""


def compare(first: Mapping[str, Any], second: Mapping[str, Any], line: str | None = None) -> list[dict[str, Any]]:
    """Split the differences between two statements by cause.

    Parameters
    ----------
    first, second : mapping
        Statements as read from file.
    line : str, optional
        Compare this line only; without it all lines of totals and subtotals.

    Returns
    -------
    list of dict with id, unit, first, second, difference, and one number for each of `causes_of` the two
        Only lines that both have; `without_partner` tells the others. Where one of the statements carries departures,
        with ``departures``: label to number; where one stands on measurements, with ``measurements``: see
        `methodology.compare_measured.effects`.

    Raises
    ------
    InputError
        ME-CMP-01 the line asked for, or every line, has no partner of the same id and unit in the other; all are listed.
    """
    pairs = _pairs(first, second, line)
    sheets = (worksheet_of(first, "first"), worksheet_of(second, "second"))
    lines = tuple({entry["id"]: entry for entry in statement["lines"]} for statement in (first, second))
    worlds = {}
    for chosen in itertools.product((0, 1), repeat=len(CAUSES)):
        state = dict(zip(CAUSES, chosen, strict=True))
        values = _evaluate(sheets, state)
        side = lines[state["rules"]]
        worlds[chosen] = {name: float(values[side[name]["node"]][side[name]["row"]]) for name in pairs}
    rows = [_split(name, lines, worlds) for name in pairs]
    if any(_departures(sheet) for sheet in sheets):
        _add_departures(rows, sheets, lines)
    if any(statement.get("measured") for statement in (first, second)):
        moved = effects((first, second), sheets, lines, pairs)
        for row in rows:
            row["measurements"] = moved[row["id"]]
    named = dict(zip(CAUSES, causes_of(first, second), strict=True))
    return [{named.get(key, key): value for key, value in row.items()} for row in rows]


def causes_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the causes as they suit the statements: what a plant meters is activity data and no area."""
    plants = first.get("subject") == second.get("subject") == "plant"
    return ("activity_data", *CAUSES[1:]) if plants else CAUSES


def without_partner(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lines of totals and subtotals that only one statement has a number for, and why the other has none.

    Returns
    -------
    list of dict with id, unit, first, second (a number, or None), reason ({en, zh} of the statement without one, or None)
    """
    every = [{entry["id"]: entry for entry in s["lines"]} for s in (first, second)]
    wanted = [{key: entry for key, entry in lines.items() if _wanted(entry, None)} for lines in every]
    rows = []
    for number, (mine, other) in enumerate(((wanted[0], wanted[1]), (wanted[1], wanted[0]))):
        for key in _alone(mine, other):
            values: list[float | None] = [None, None]
            values[number] = mine[key]["value"]
            reason = every[1 - number].get(key, {}).get("reason")
            rows.append(
                {"id": key, "unit": mine[key]["unit"], "first": values[0], "second": values[1], "reason": reason}
            )
    return rows


def _alone(mine: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [key for key, entry in mine.items() if key not in other or other[key]["unit"] != entry["unit"]]


def _departures(sheet: Worksheet) -> list[str]:
    """Labels of the departures of a statement, in order."""
    found = {
        row[node.dims.index(DEPARTURE)]
        for node in sheet.nodes.values()
        if node.kind == "input" and DEPARTURE in node.dims
        for row in node.rows
    }
    return sorted(found)


def _add_departures(rows: list[dict[str, Any]], sheets: tuple[Worksheet, Worksheet], lines: tuple[dict, dict]) -> None:
    """What each departure adds to a line, second less first; the lines' values and differences then hold all."""
    labels = sorted({label for sheet in sheets for label in _departures(sheet)})
    for row in rows:
        row["departures"] = dict.fromkeys(labels, 0.0)
    for number, (side, sheet) in enumerate(zip(("first", "second"), sheets, strict=True)):
        state = dict.fromkeys(CAUSES, number)
        bare = _evaluate(sheets, state)
        for label in _departures(sheet):
            values = _evaluate(sheets, state, label)
            for row in rows:
                line = lines[number][row["id"]]
                part = float(values[line["node"]][line["row"]] - bare[line["node"]][line["row"]])
                row[side] += part
                row["departures"][label] += part if number else -part
    for row in rows:
        row["difference"] = row["second"] - row["first"]


def _pairs(first: Mapping[str, Any], second: Mapping[str, Any], line: str | None) -> list[str]:
    tables = [{entry["id"]: entry for entry in s["lines"] if _wanted(entry, line)} for s in (first, second)]
    findings = []
    for mine, other, name in ((tables[0], tables[1], "second"), (tables[1], tables[0], "first")):
        alone = _alone(mine, other)
        if alone:
            some = "; ".join(alone[:6]) + (phrase("; and {n} more", n=len(alone) - 6) if len(alone) > 6 else "")
            remedy = "Compare single lines that both have with --line, or make the two jobs name their classes alike."
            place = phrase("{n} of {n2} lines", n=len(alone), n2=len(mine))
            findings.append(
                Finding(
                    "ME-CMP-01",
                    place,
                    phrase("no partner in the {name} statement: {some}", name=name, some=some),
                    "lines of one id and unit",
                    remedy,
                )
            )
    if line is not None and not tables[0] and not findings:
        findings.append(
            Finding(
                "ME-CMP-01",
                phrase("line {line}", line=line),
                "in neither statement",
                "a line of both",
                "See lines.csv.",
            )
        )
    both = [key for key in tables[0] if key in tables[1] and tables[1][key]["unit"] == tables[0][key]["unit"]]
    if line is None and both:
        return both
    if findings:
        raise InputError(*findings)
    return list(tables[0])


def _wanted(entry: Mapping[str, Any], line: str | None) -> bool:
    if entry["value"] is None:
        return False
    return entry["id"] == line if line is not None else entry["aggregation"] != "part"


def _split(
    name: str, lines: tuple[dict, dict], worlds: Mapping[tuple[int, ...], Mapping[str, float]]
) -> dict[str, Any]:
    count = len(CAUSES)
    shares = dict.fromkeys(CAUSES, 0.0)
    for number, cause in enumerate(CAUSES):
        for others in itertools.product((0, 1), repeat=count - 1):
            size = sum(others)
            weight = math.factorial(size) * math.factorial(count - 1 - size) / math.factorial(count)
            without = (*others[:number], 0, *others[number:])
            with_it = (*others[:number], 1, *others[number:])
            shares[cause] += weight * (worlds[with_it][name] - worlds[without][name])
    start, end = worlds[(0,) * count][name], worlds[(1,) * count][name]
    return {
        "id": name,
        "unit": lines[0][name]["unit"],
        "first": start,
        "second": end,
        "difference": end - start,
        **shares,
    }


def _evaluate(
    sheets: tuple[Worksheet, Worksheet], state: Mapping[str, int], departure: str = ""
) -> dict[str, np.ndarray]:
    """Values of the graph of one statement, with areas, factors and GWP taken from either, and one departure or none."""
    sheet = sheets[state["rules"]]
    values: dict[str, np.ndarray] = {}
    for node in sheet.nodes.values():
        if node.kind == "input":
            values[node.id] = _input(node, sheets[state["areas"]])
            if DEPARTURE in node.dims:
                place = node.dims.index(DEPARTURE)
                values[node.id] = np.where([row[place] == departure for row in node.rows], node.values, 0.0)
            continue
        taken = [_argument(node, part, values, sheet, sheets, state) for part in node.parts]
        if node.kind == "equation":
            values[node.id] = np.broadcast_to(np.asarray(node.equation(*taken), dtype=float), (len(node.rows),))
        elif node.kind == "stack":
            values[node.id] = np.concatenate(taken)
        else:
            values[node.id] = grouped_sum(taken[0], node.groups, len(node.rows))
    return values


def _input(node: Node, sheet: Worksheet) -> np.ndarray:
    """Values of an input by row label, from the statement the areas are taken from.

    Activity data it has none for is zero there; where it says nothing of a row's map accuracy or cover, that stays.
    Factors, and parameters of the rules, are the node's own.
    """
    if node.id in AREA_PARAMETERS:
        known = dict(zip(sheet[node.id].rows, sheet[node.id].values, strict=True)) if node.id in sheet else {}
        return np.array([known.get(row, own) for row, own in zip(node.rows, node.values, strict=True)])
    if node.role != "activity":
        return node.values
    if node.id not in sheet:
        return np.zeros(len(node.rows))
    other = sheet[node.id]
    known = dict(zip(other.rows, other.values, strict=True))
    renamed = _renamed(node, other)
    return np.array([known.get(row, renamed.get(row, 0.0)) for row in node.rows])


def _renamed(node: Node, other: Node) -> dict[tuple[str, ...], float]:
    """Values of rows whose class has another name in the other statement.

    What a place is called is a rule, how large it is an area: rows that differ in their class alone share the other
    statement's total of such rows in proportion to their own.
    """
    kept = [n for n, dim in enumerate(node.dims) if dim not in CLASS_DIMENSIONS]

    def totals(one: Node, partner: Node) -> dict[tuple[str, ...], float]:
        there, sums = set(partner.rows), {}
        for row, value in zip(one.rows, one.values, strict=True):
            if row not in there:
                place = tuple(row[n] for n in kept)
                sums[place] = sums.get(place, 0.0) + float(value)
        return sums

    mine, theirs, there = totals(node, other), totals(other, node), set(other.rows)
    values: dict[tuple[str, ...], float] = {}
    for row, value in zip(node.rows, node.values, strict=True):
        place = tuple(row[n] for n in kept)
        if row not in there and mine.get(place) and place in theirs:
            values[row] = float(value) * theirs[place] / mine[place]
    return values


def _argument(
    node: Node, part: tuple[str, str, np.ndarray], values: Mapping[str, np.ndarray], sheet: Worksheet,
    sheets: tuple[Worksheet, Worksheet], state: Mapping[str, int],
) -> np.ndarray:  # fmt: skip
    name, source, index = part
    own = values[source][index]
    if sheet[source].role != "factor":
        return own
    other = sheets[state["gwp" if source.startswith("factor:gwp") else "factors"]]
    if other is sheet or node.id not in other or node.kind == "sum":
        return own
    match = next(((s, i) for n, s, i in other[node.id].parts if n == name), None)
    if match is None or other[match[0]].role != "factor":
        return own
    theirs = dict(zip(_rows_of(other[node.id], part[0]), other[match[0]].values[match[1]], strict=True))
    return np.array([theirs.get(row, mine) for row, mine in zip(_rows_of(node, part[0]), own, strict=True)])


def _rows_of(node: Node, name: str) -> list[tuple[str, ...]]:
    """Rows of a node that one of its parts fills: all of an equation's, those under its label of a stack's."""
    if node.kind != "stack":
        return node.rows
    start = 0
    for label, _, index in node.parts:
        if label == name:
            break
        start += len(index)
    return node.rows[start : start + len(index)]
