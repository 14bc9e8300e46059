"""A statement verified from its own file: every number computed again, every part held against the others.

What follows from something else in the file is derived anew and compared: lines from outline and worksheet, values,
uncertainties, intervals and shares from the worksheet, spreads and marks from factor records, these from the installed
guide, formulas from their equations, tables of a report from lines and factors as far as they follow from them. What
follows from nothing (titles, reasons, findings, grades) only the file's SHA-256 protects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import floor, log10
from typing import Any

import numpy as np

from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase
from methodology.intervals import DISAGREEMENT, Numbers, excluded, interval, why_simulated
from methodology.shape import shape_faults, statement_schema
from methodology.uncertainty.propagation import propagate
from methodology.uncertainty.simulation import LIMIT_DIGITS, simulate
from methodology.verification_factors import factor_findings
from methodology.verification_nodes import EDITED, damage, last_row, node_findings, taken
from methodology.verification_sections import section_findings
from methodology.worksheet import Worksheet

VALUE_TOLERANCE = 1e-10  # relative; inputs are carried with 12 digits, so only rounding of lines remains
FIRST_ORDER_TOLERANCE = 1e-9  # relative; spreads are carried with 12 digits
SIMULATED_TOLERANCE = 1e-6  # of the half-width, beside one unit of the last digit a simulated limit keeps
LARGEST = 1e100  # its square can still be computed
SHARE_FLOOR = 0.0005  # shares below are not written


def intact(statement: Any, place: str, formulas: bool = True) -> None:
    """Stop unless a statement is whole: the parts of the format, and a worksheet that can be computed.

    Raises
    ------
    InputError
        ME-ST-03, everything that is damaged, at once.
    """
    from methodology.guides.registry import all_equations

    found = [
        damage(phrase("{place}, {where}", place=place, where=where or phrase("file")), what, expected)
        for where, what, expected in _shape(statement)
    ]
    if not found:
        found = node_findings(statement["nodes"], all_equations(), place, formulas)
        found.extend(_outline_findings(statement, place))
    if found:
        raise InputError(*found)


def verified(statement: Mapping[str, Any], place: str = "statement") -> list[dict[str, Any]]:
    """Verify a statement; see `methodology.statement_file.recompute`."""
    from methodology.statement_file import worksheet_of

    intact(statement, place)
    sheet = worksheet_of(statement, place)
    found = [*factor_findings(statement, sheet, place), *_line_findings(statement, place)]
    found.extend(section_findings(statement, place))
    numbers = _numbers(statement, sheet, place, found)
    excludes = excluded(sheet)
    results = []
    stated = {line["id"]: line for line in statement["lines"]}
    for wanted in outlined(statement):
        line = stated.get(wanted["id"])
        if line is None or line["value"] is None:
            continue
        again = float(numbers.values[wanted["node"]][wanted["row"]])
        difference = _relative(line["value"], again)
        results.append(
            {key: line[key] for key in ("id", "unit")}
            | {"stated": line["value"], "recomputed": again, "difference": difference}
        )
        faults = list(_number_faults(line, wanted, sheet, numbers, excludes, statement["settings"]["level"]))
        if difference > VALUE_TOLERANCE:
            faults.insert(0, (f"{line['value']:.12g} {line['unit']}", f"{again:.12g}"))
        if faults:
            what, expected = ("; ".join(parts) for parts in zip(*faults, strict=True))
            found.append(
                Finding("ME-ST-04", phrase("{place}, line {id}", place=place, id=line["id"]), what, expected, EDITED)
            )
    if found:
        raise InputError(*sorted(found, key=lambda finding: finding.code))
    return results


def _shape(statement: Any) -> list[tuple[str, str, str]]:
    return shape_faults(statement, statement_schema())


def outlined(statement: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines with a value that outline and worksheet ask for, with all that follows from these."""
    from methodology.statement import DIMENSIONS, line_id

    nodes = {record["id"]: record for record in statement["nodes"]}
    for block in statement["outline"]["blocks"]:
        node = nodes[block["node"]]
        dims = block.get("dims", node["dims"])
        for place, row in enumerate(taken(block["index"])):
            labels = block["rows"][place] if "rows" in block else node["rows"][row]
            dimensions = {**dict(zip(dims, labels, strict=True)), **block["fixed"]}
            yield {
                "id": line_id(block["quantity"], dimensions),
                **{key: block[key] for key in ("quantity", "kind", "account", "aggregation", "clause", "node")},
                "unit": node["unit"],
                "dimensions": {name: dimensions[name] for name in DIMENSIONS if name in dimensions},
                "equation": node.get("equation", node["kind"]),
                "row": row,
                "guide": statement["guide"]["id"],
                "status": "estimated",
            }


def _outline_findings(statement: Mapping[str, Any], place: str) -> Iterator[Finding]:
    from methodology.statement import DIMENSIONS

    nodes = {record["id"]: record for record in statement["nodes"]}
    for number, block in enumerate(statement["outline"]["blocks"]):
        where = f"{place}, outline.blocks[{number}]"
        node = nodes.get(block["node"])
        if node is None:
            yield damage(where, phrase("node {node}", node=block["node"]), "a node of the worksheet")
            continue
        index, dims = taken(block["index"]), block.get("dims", node["dims"])
        if (last := last_row(block["index"])) >= max(len(node["rows"]), 1):
            yield damage(
                where,
                phrase("row {last} of {node}", last=last, node=block["node"]),
                phrase("rows 0 to {n}", n=len(node["rows"]) - 1),
            )
            continue
        if unknown := {*dims, *block["fixed"]} - set(DIMENSIONS):
            yield damage(
                where, phrase("dimensions {names}", names=", ".join(sorted(unknown))), "dimensions of the format"
            )
        rows = block.get("rows")
        if rows is not None and (len(rows) != len(index) or any(len(row) != len(dims) for row in rows)):
            yield damage(where, "rows of another size", phrase("{n} rows of {n2} labels", n=len(index), n2=len(dims)))
        elif rows is None and dims != node["dims"]:
            yield damage(where, "dims without rows", "both or neither")
    used = {block["node"] for block in statement["outline"]["blocks"]}
    used |= {part["node"] for node in statement["nodes"] for part in node.get("parts", ())}
    unused, told = set(nodes) - used, set(statement["outline"]["unused"])
    for name in sorted(unused ^ told):
        expected = "a line or node that rests on it" if name in unused else "what the outline says: nothing rests on it"
        yield damage(
            phrase("{place}, node {name}", place=place, name=name),
            "none" if name in unused else "a line or node resting on it",
            expected,
        )


def _line_findings(statement: Mapping[str, Any], place: str) -> Iterator[Finding]:
    """Lines against the outline: missing, twice, from elsewhere, or called something else."""
    from methodology.statement import line_id

    wanted = {line["id"]: line for line in outlined(statement)}
    gaps = statement["outline"]["gaps"]
    counts = Counter(line["id"] for line in statement["lines"])
    for name in [*wanted, *gaps]:
        if name not in counts:
            yield damage(
                phrase("{place}, line {name}", place=place, name=name), "no such line", "a line, as the outline says"
            )
    for name, count in counts.items():
        if count > 1:
            yield damage(
                phrase("{place}, line {name}", place=place, name=name),
                phrase("{count} lines of this id", count=count),
                "one",
            )
    for line in statement["lines"]:
        where = phrase("{place}, line {id}", place=place, id=line["id"])
        expected = wanted.get(line["id"])
        if expected is None and line["id"] not in gaps:
            yield damage(where, "a line the outline does not know", "only lines of the outline")
        elif expected is None:
            if line["status"] == "estimated" or line["id"] != line_id(line["quantity"], line["dimensions"]):
                yield damage(where, "another quantity, label or status than its id", "a line without a number")
        else:
            for key, value in expected.items():
                if line.get(key) != value:
                    yield damage(
                        where, f"{key} {line.get(key)}", phrase("{value}, as outline and worksheet say", value=value)
                    )


def _numbers(statement: Mapping[str, Any], sheet: Worksheet, place: str, found: list[Finding]) -> Numbers:
    settings = statement["settings"]
    wanted = dict.fromkeys(block["node"] for block in statement["outline"]["blocks"])
    try:
        with np.errstate(all="ignore"):
            values = sheet.evaluate()
            found.extend(sheet.check_ranges(values))
            first_order = propagate(sheet, values)
            for numbers in (*values.values(), *first_order.standard.values()):
                if not (np.abs(numbers) < LARGEST).all():
                    raise ArithmeticError("a number beyond all measure")
            return Numbers(
                {name: np.broadcast_to(array, (len(sheet[name].rows),)) for name, array in values.items()},
                first_order,
                simulate(sheet, wanted, settings["draws"], settings["seed"], settings["level"]),
            )
    except (ArithmeticError, ValueError, TypeError, IndexError, MemoryError) as error:
        found.append(
            damage(
                phrase("{place}, nodes", place=place),
                f"{type(error).__name__}: {error}",
                "a worksheet that can be computed",
            )
        )
        raise InputError(*found) from None


def _relative(stated: float, again: float) -> float:
    if stated == again:
        return 0.0
    return abs(again - stated) / max(abs(stated), abs(again)) if np.isfinite(again) else np.inf


def _number_faults(
    line: Mapping[str, Any], wanted: Mapping[str, Any], sheet: Worksheet, numbers: Numbers,
    excludes: Mapping[str, list[frozenset[str]]], level: float,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """What of a line's uncertainty does not come out again: (found, expected)."""
    name, row = wanted["node"], wanted["row"]
    standard = float(numbers.first_order.standard[name][row])
    near = FIRST_ORDER_TOLERANCE * max(standard, 1e-3 * abs(line["value"]) if standard else 0.0)
    if not abs(line["standard_uncertainty"] - standard) <= near:
        yield f"standard uncertainty {line['standard_uncertainty']:.12g}", f"{standard:.12g}"
    shares = numbers.first_order.shares(name, row)
    for key in {**shares, **line["shares"]}:
        stated, again = line["shares"].get(key), shares.get(key, 0.0)
        gone = stated is None and again < SHARE_FLOOR + FIRST_ORDER_TOLERANCE
        if not gone and (stated is None or not abs(stated - again) <= FIRST_ORDER_TOLERANCE):
            yield f"share of {key} {stated}", f"{again:.12g}"
    left_out = sorted(excludes[name][row] | set(line.get("leaves_out", ())))
    slack = _slack(numbers, name, row)
    chances = [
        interval(sheet[name], row, numbers, left_out, level, DISAGREEMENT + step) for step in (0.0, slack, -slack)
    ]
    again = next((chance for chance in chances if chance["method"] == line["interval"]["method"]), chances[0])
    yield from _interval_faults(line["interval"], again, slack)


def _slack(numbers: Numbers, name: str, row: int) -> float:
    """Share of the half-width that the digits of simulated limits leave open."""
    low, high = float(numbers.simulation.low[name][row]), float(numbers.simulation.high[name][row])
    half = (high - low) / 2
    return 1e-4 + (_last_digit(max(abs(low), abs(high))) / half if half > 0 else 0.0)


def _last_digit(value: float) -> float:
    return 10.0 ** (floor(log10(abs(value))) - LIMIT_DIGITS + 1) if value else 0.0


def _interval_faults(stated: Mapping[str, Any], again: Mapping[str, Any], slack: float) -> Iterator[tuple[str, str]]:
    for key in ("method", "level", "excludes", "widened_to_value"):
        if stated.get(key) != again.get(key):
            yield f"interval with {key} {stated.get(key)}", f"{again.get(key)}"
    if stated["method"] != again["method"]:
        return
    if (stated.get("first_order") is None) != (again.get("first_order") is None):
        yield "interval without first-order limits", "both"
        return
    simulated = again["method"] == "simulated"
    yield from _limit_faults("limits", stated, again, simulated)
    if not simulated:
        if "why" in stated:
            yield f"interval with why {stated['why']}", "none"
        return
    yield from _limit_faults("first-order limits", stated["first_order"], again["first_order"], False)
    if stated.get("why") not in _reasons(again, slack):
        yield f"interval with why {stated.get('why')}", f"{again['why']}"


def _reasons(again: Mapping[str, Any], slack: float) -> set[str]:
    """The reason with the digits that rounding may turn."""
    words = again["why"].split()
    number = next((word for word in words if word.isdigit()), None)
    if number is None:
        return {again["why"]}
    reach = 1 + int(100 * slack)
    return {why_simulated((int(number) + step) / 100) for step in range(-reach, reach + 1)}


def _limit_faults(
    name: str, stated: Mapping[str, Any], again: Mapping[str, Any], simulated: bool
) -> Iterator[tuple[str, str]]:
    half = abs(again["high"] - again["low"]) / 2
    for end in ("low", "high"):
        if simulated:
            near = SIMULATED_TOLERANCE * half + 1.1 * _last_digit(again[end])
        else:
            near = FIRST_ORDER_TOLERANCE * half + 2e-11 * abs(again[end])
        if not abs(stated[end] - again[end]) <= near:
            yield f"{name}: {end} {stated[end]:.12g}", f"{again[end]:.12g}"
