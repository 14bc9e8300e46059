"""The path of a number: from a line down to equations, factor rows, and the hashes of the files it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from methodology.base.errors import refuse
from methodology.base.phrases import phrase
from methodology.base.units import shown
from methodology.statement_file import worksheet_of
from methodology.worksheet import Node, Worksheet

MOST_TERMS = 6  # of a sum, largest first; --all shows every one


def find_line(statement: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """A line by its id, or by an unambiguous part of it.

    Raises
    ------
    InputError
        ME-ST-05 no such line, or several; the nearest are named.
    """
    import difflib

    ids = [line["id"] for line in statement["lines"]]
    matches = [line for line in statement["lines"] if line["id"] == wanted] or [
        line for line in statement["lines"] if wanted.lower() in line["id"].lower()
    ]
    if len(matches) == 1:
        return matches[0]
    near = [line["id"] for line in matches[:8]] or difflib.get_close_matches(wanted, ids, 5, 0.3) or ids[:5]
    found = phrase("{n} lines with {wanted!r}", n=len(matches), wanted=wanted) if matches else repr(wanted)
    raise refuse(
        "ME-ST-05",
        "statement",
        found,
        phrase("one line; near are: {names}", names="; ".join(near)),
        "Give a whole id from lines.csv.",
    )


def explain(statement: Mapping[str, Any], line_id: str, every_term: bool = False) -> str:
    """How a line came about, as indented text.

    Parameters
    ----------
    statement : mapping
        As read from statement.json.
    line_id : str
        Or an unambiguous part of it.
    every_term : bool
        Show all terms of sums instead of the largest few.

    Raises
    ------
    InputError
        ME-ST-05, ME-ST-03.
    """
    line = find_line(statement, line_id)
    out = [line["id"]]
    if line["value"] is None:
        return "\n".join([*out, f"  {line['status'].replace('_', ' ')}: {line['reason']['en']}"])
    interval = line["interval"]
    unit = shown(line["unit"])
    out.append(
        f"  = {_number(line['value'])} {unit}  ({_number(interval['low'])} to {_number(interval['high'])}, {interval['method']})"
    )
    if interval["excludes"]:
        out.append(f"  interval leaves out: {', '.join(interval['excludes'])}")
    out.append(
        f"  guide {line['guide']}, clause {line['clause'] or 'none'}, {line['tier'] or 'no tier'}, basis {line['basis']}"
    )
    if line["data_quality"]:
        out.append(f"  {line['data_quality']}")
    for name, share in list(line["shares"].items())[:6]:
        out.append(f"  {100 * share:5.1f} % of the variance from {name}")
    sheet = worksheet_of(statement)
    walk = _Walk(statement, sheet, sheet.evaluate(), every_term, out, set())
    walk.down(sheet[line["node"]], line["row"], 1)
    return "\n".join(out)


def _number(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


class _Walk:
    def __init__(
        self,
        statement: Mapping[str, Any],
        sheet: Worksheet,
        values: Mapping[str, np.ndarray],
        every: bool,
        out: list[str],
        seen: set,
    ) -> None:
        self.sheet, self.values, self.every, self.out, self.seen = sheet, values, every, out, seen
        self.files = {f"{f['role']}": f for f in statement["inputs"]["files"]}
        self.job = "plant file" if statement["subject"] == "plant" else "job file"
        self.factors = {f["id"]: f for f in statement["inputs"]["factors"]}

    def say(self, depth: int, text: str) -> None:
        self.out.append("  " * depth + text)

    def down(self, node: Node, row: int, depth: int) -> None:
        value = _number(float(self.values[node.id][row]))
        place = ", ".join(node.rows[row])
        head = (
            f"{node.label.get('en', node.id)} [{place}] = {value} {shown(node.unit)}"
            if place
            else f"{node.id} = {value} {shown(node.unit)}"
        )
        if node.kind == "input":
            return self._input(node, row, depth, head)
        if (node.id, row) in self.seen:
            return self.say(depth, head + "  (explained above)")
        self.seen.add((node.id, row))
        if node.kind == "stack":
            return self._stack(node, row, depth)
        self.say(depth, head)
        if node.kind == "equation":
            from methodology.formula import readable

            self.say(depth, f"  {readable(node.equation)}   [{node.equation.guide}, equation {node.equation.number}]")
            for name, source, index in node.parts:
                self.say(depth + 1, f"{name.replace('_', ' ')}:")
                self.down(self.sheet[source], int(index[row]), depth + 2)
            return None
        return self._sum(node, row, depth)

    def _sum(self, node: Node, row: int, depth: int) -> None:
        _, source, index = node.parts[0]
        terms = [int(index[n]) for n in np.flatnonzero(node.groups == row)]
        if len(terms) == 1:
            return self.down(self.sheet[source], terms[0], depth + 1)
        terms.sort(key=lambda n: -abs(float(self.values[source][n])))
        shown_terms = terms if self.every else terms[:MOST_TERMS]
        self.say(depth, f"  sum of {len(terms)} terms of {source}")
        for term in shown_terms:
            self.down(self.sheet[source], term, depth + 1)
        rest = sum(float(self.values[source][n]) for n in terms[len(shown_terms) :])
        if len(terms) > len(shown_terms):
            self.say(
                depth + 1,
                f"… and {len(terms) - len(shown_terms)} smaller terms, together {_number(rest)} {shown(node.unit)}",
            )
        return None

    def _stack(self, node: Node, row: int, depth: int) -> None:
        start = 0
        for _, source, index in node.parts:
            if row < start + index.size:
                return self.down(self.sheet[source], int(index[row - start]), depth)
            start += index.size
        return None

    def _input(self, node: Node, row: int, depth: int, head: str) -> None:
        self.say(depth, head)
        for source in node.sources[row]:
            if source.startswith("factor:"):
                factor = self.factors[source.removeprefix("factor:")]
                self.say(
                    depth,
                    f"  factor {factor['id']}, printed {factor['printed']}; {factor['source']}, {factor['locator']}",
                )
                marks = f"value {factor['value_status']}, interval {factor['interval_status'] or 'none printed'}"
                where = f"row {factor['row']} of the factors of {factor['guide']}; " if factor["row"] else ""
                self.say(depth, f"  {where}marks: {marks}")
                for role in factor.get("files", ()):
                    file = self.files[role]
                    self.say(depth, f"  {role}: {file['name']}, SHA-256 {file['sha256']}")
            elif source in self.files:
                file = self.files[source]
                self.say(depth, f"  {source}: {file['name']}, SHA-256 {file['sha256']}")
            else:
                self.say(depth, f"  source: {source}")
        spread = node.spreads[row] if node.spreads else None
        left_out = node.excludes[row] if node.excludes else ()
        detail = f"95 % from {spread.low:g} to {spread.high:g}" if spread is not None else "no uncertainty stated"
        if not node.sources[row]:
            self.say(depth, f"  stated in the {self.job}; {detail}")
        if left_out:
            self.say(depth, f"  not in the interval: {', '.join(left_out)}")
