"""The path of a number: from a line down to equations, factor rows, and the hashes of the files it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from methodology.base.errors import refuse
from methodology.base.phrases import joined, phrase, told
from methodology.base.units import shown
from methodology.formula import formula_in, symbol_in
from methodology.reporting.wording import Words, words_for
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


def explain(statement: Mapping[str, Any], line_id: str, every_term: bool = False, lang: str = "en") -> str:
    """How a line came about, as indented text.

    Parameters
    ----------
    statement : mapping
        As read from statement.json.
    line_id : str
        Or an unambiguous part of it.
    every_term : bool
        Show all terms of sums instead of the largest few.
    lang : {"en", "zh"}

    Raises
    ------
    InputError
        ME-ST-05, ME-ST-03.
    """
    line, words = find_line(statement, line_id), words_for(statement, lang)
    if line["value"] is None:
        reason = f"{words('status', line['status'])}{words('language', 'colon')}{words.pick(line['reason'])}"
        return "\n".join([line["id"], f"  {reason}"])
    out = [line["id"], *(f"  {told(text, lang)}" for text in _facts(line, statement, words))]
    sheet = worksheet_of(statement)
    walk = _Walk(statement, sheet, sheet.evaluate(), every_term, out, words)
    walk.down(sheet[line["node"]], line["row"], 1)
    return "\n".join(out)


def _facts(line: Mapping[str, Any], statement: Mapping[str, Any], words: Words) -> Iterator[str]:
    """What a line says of itself: value, interval, guide, and where its uncertainty comes from."""
    interval, value = line["interval"], f"{_number(line['value'])} {shown(line['unit'])}"
    if interval["method"] == "exact" and interval["excludes"]:
        yield phrase("= {value}  (no interval: uncertainty not stated)", value=value)
    else:
        limits = phrase("{low} to {high}", low=_number(interval["low"]), high=_number(interval["high"]))
        method = _word(words, "method", interval)
        yield phrase("= {value}  ({limits}, {method})", value=value, limits=limits, method=method)
    if interval["excludes"]:
        yield phrase("interval leaves out: {names}", names=_excluded(interval["excludes"], words))
    yield phrase(
        "guide {guide}, clause {clause}, {tier}, basis {basis}",
        guide=line["guide"], clause=line["clause"] or phrase("none"), tier=line["tier"] or phrase("no tier"),
        basis=_word(words, "basis", line),
    )  # fmt: skip
    if line["data_quality"]:
        yield words.quality(line["data_quality"])
    labels = {node["id"]: words.pick(node.get("label")) for node in statement["nodes"]} if words.lang == "zh" else {}
    for key, share in list(line["shares"].items())[:6]:
        name = labels.get(key) or key
        yield phrase("{percent} % of the variance from {name}", percent=f"{100 * share:5.1f}", name=name)


def _word(words: Words, section: str, record: Mapping[str, Any]) -> str:
    """A word of the vocabulary; English keeps the word of the file."""
    return record[section] if words.lang == "en" else words(section, record[section])


def _excluded(tags: Sequence[str], words: Words) -> str:
    from methodology.reporting.blocks import excluded

    return ", ".join(tags) if words.lang == "en" else excluded(tags, words)


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
        words: Words,
    ) -> None:
        self.sheet, self.values, self.every, self.out, self.words = sheet, values, every, out, words
        self.seen: set[tuple[str, int]] = set()
        self.files = {f"{f['role']}": f for f in statement["inputs"]["files"]}
        self.job = phrase("plant file") if statement["subject"] == "plant" else phrase("job file")
        self.factors = {f["id"]: f for f in statement["inputs"]["factors"]}

    def say(self, depth: int, text: str) -> None:
        self.out.append("  " * depth + told(text, self.words.lang))

    def inside(self, depth: int, text: str) -> None:
        self.say(depth, joined("", ("  ", text)))

    def down(self, node: Node, row: int, depth: int) -> None:
        labels = node.rows[row] if self.words.lang == "en" else [self.words.label(text) for text in node.rows[row]]
        place, name = ", ".join(labels), node.id
        if place or self.words.lang == "zh":
            name = self.words.pick(node.label) or node.id
        head = (
            f"{name}{f' [{place}]' if place else ''} = {_number(float(self.values[node.id][row]))} {shown(node.unit)}"
        )
        if node.kind == "input":
            return self._input(node, row, depth, head)
        if (node.id, row) in self.seen:
            return self.say(depth, joined("", (head, "  ", phrase("(explained above)"))))
        self.seen.add((node.id, row))
        if node.kind == "stack":
            return self._stack(node, row, depth)
        self.say(depth, head)
        if node.kind == "equation":
            from methodology.formula import readable

            formula = formula_in(readable(node.equation), self.words.lang)
            number = phrase("equation {number}", number=node.equation.number)
            self.say(depth, joined("", (f"  {formula}   [{node.equation.guide}, ", number, "]")))
            for name, source, index in node.parts:
                self.say(depth + 1, symbol_in(name, self.words.lang) + self.words("language", "colon").rstrip())
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
        self.inside(depth, phrase("sum of {n} terms of {source}", n=len(terms), source=source))
        for term in shown_terms:
            self.down(self.sheet[source], term, depth + 1)
        rest = sum(float(self.values[source][n]) for n in terms[len(shown_terms) :])
        if len(terms) > len(shown_terms):
            left, amount = len(terms) - len(shown_terms), f"{_number(rest)} {shown(node.unit)}"
            self.say(depth + 1, phrase("… and {n} smaller terms, together {amount}", n=left, amount=amount))
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
                self._factor(self.factors[source.removeprefix("factor:")], depth)
            elif source in self.files:
                self._file(source, depth)
            else:
                self.inside(depth, phrase("source: {name}", name=source))
        spread = node.spreads[row] if node.spreads else None
        left_out = node.excludes[row] if node.excludes else ()
        detail = phrase("no uncertainty stated")
        if spread is not None:
            detail = phrase("95 % from {low:g} to {high:g}", low=spread.low, high=spread.high)
        if not node.sources[row]:
            self.inside(depth, phrase("stated in the {job}; {detail}", job=self.job, detail=detail))
        if left_out:
            self.inside(depth, phrase("not in the interval: {names}", names=_excluded(left_out, self.words)))

    def _factor(self, factor: Mapping[str, Any], depth: int) -> None:
        words, texts = self.words, self.words.factor(factor)
        self.inside(
            depth,
            phrase(
                "factor {id}, printed {printed}; {source}, {locator}",
                id=factor["id"], printed=factor["printed"].replace(" to ", words("language", "range")),
                source=factor["source"], locator=texts["locator"],
            ),
        )  # fmt: skip
        interval = _word(words, "mark", {"mark": factor["interval_status"]}) if factor["interval_status"] else ""
        marks = phrase(
            "marks: value {value}, interval {interval}",
            value=_word(words, "mark", {"mark": factor["value_status"]}),
            interval=interval or phrase("none printed"),
        )
        if factor["row"]:
            where = phrase("row {row} of the factors of {guide}", row=factor["row"], guide=factor["guide"])
            marks = joined("; ", (where, marks))
        self.inside(depth, marks)
        for role in factor.get("files", ()):
            self._file(role, depth)

    def _file(self, role: str, depth: int) -> None:
        file, name = self.files[role], role
        if self.words.lang == "zh":
            kind, _, rest = role.partition(" ")
            known = self.words.knows("role", role)
            name = self.words("role", role) if known else " ".join(filter(None, (self.words("role", kind), rest)))
        self.inside(
            depth, phrase("{role}: {name}, SHA-256 {sha256}", role=name, name=file["name"], sha256=file["sha256"])
        )
