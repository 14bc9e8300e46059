"""Statements as files: written byte-equal for equal inputs, read back, and recomputed without the input files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from methodology.base.errors import Finding, InputError, refuse
from methodology.base.files import canonical_json, sha256_of, written_whole
from methodology.base.phrases import phrase
from methodology.formula import readable
from methodology.uncertainty.distributions import Distribution
from methodology.worksheet import Node, Worksheet


def node_record(node: Node) -> dict[str, Any]:
    """A node as plain data, complete enough to be computed again."""
    record: dict[str, Any] = {
        "id": node.id,
        "kind": node.kind,
        "unit": node.unit,
        "dims": list(node.dims),
        "rows": [list(row) for row in node.rows],
    }
    if node.label:
        record["label"] = dict(node.label)
    if node.kind == "input":
        record |= {
            "role": node.role,
            "values": node.values,
            "spreads": [None if s is None else _spread_record(s) for s in node.spreads],
            "sources": [list(source) for source in node.sources],
            "excludes": [list(tags) for tags in node.excludes],
        }
        if node.covariance is not None:
            record["covariance"] = node.covariance
        return record
    if node.equation is not None:
        record |= {"equation": node.equation.id, "formula": readable(node.equation)}
    record["parts"] = [
        {"name": name, "node": source, "index": plain_index(index)} for name, source, index in node.parts
    ]
    if node.groups is not None:
        record["groups"] = node.groups.tolist()
    return record


def _spread_record(spread: Distribution) -> dict[str, Any]:
    return {
        "form": spread.form,
        "parameters": list(spread.parameters),
        "mean": spread.mean,
        "sd": spread.sd,
        "low": spread.low,
        "high": spread.high,
        "level": spread.level,
        "reproduces": spread.reproduces,
    }


def plain_index(index: np.ndarray) -> list[int] | int:
    """An index array; a run 0 … n−1 is written as its length n."""
    return int(index.size) if np.array_equal(index, np.arange(index.size)) else index.tolist()


def node_from_record(record: Mapping[str, Any], equations: Mapping[str, Any]) -> Node:
    """Rebuild a node; `equations` by id."""
    node = Node(
        record["id"],
        record["kind"],
        record["unit"],
        tuple(record["dims"]),
        [tuple(row) for row in record["rows"]],
        dict(record.get("label", {})),
    )
    if node.kind == "input":
        node.role = record["role"]
        node.values = np.array(record["values"], dtype=float)
        node.spreads = [None if s is None else _spread(s) for s in record["spreads"]]
        node.sources = [tuple(source) for source in record["sources"]]
        node.excludes = [tuple(tags) for tags in record["excludes"]]
        node.covariance = np.array(record["covariance"], dtype=float) if "covariance" in record else None
        return node
    if node.kind == "equation":
        node.equation = equations[record["equation"]]
    for part in record["parts"]:
        index = part["index"]
        node.parts.append(
            (part["name"], part["node"], np.arange(index) if isinstance(index, int) else np.array(index, dtype=int))
        )
    if "groups" in record:
        node.groups = np.array(record["groups"], dtype=int)
    return node


def _spread(record: Mapping[str, Any]) -> Distribution:
    return Distribution(**{**record, "parameters": tuple(record["parameters"])})


def worksheet_of(statement: Mapping[str, Any], place: str = "statement") -> Worksheet:
    """The worksheet kept in a statement.

    Raises
    ------
    InputError
        ME-ST-03 an equation of the statement is not known to the installed guides, or a node is damaged.
    """
    from methodology.guides.registry import all_equations

    equations = all_equations()
    sheet = Worksheet()
    for record in statement["nodes"]:
        name = record.get("equation")
        if name is not None and name not in equations:
            raise refuse(
                "ME-ST-03", phrase("{place}, node {id}", place=place, id=record['id']), phrase("equation {name}", name=name), "an equation of an installed guide",
                "Recompute with the version of the toolkit named in run.json.",
            )  # fmt: skip
        try:
            sheet.nodes[record["id"]] = node_from_record(record, equations)
        except (KeyError, TypeError, ValueError) as error:
            raise refuse(
                "ME-ST-03",
                phrase("{place}, node {value}", place=place, value=record.get("id")),
                repr(error),
                "a complete node",
                "The file was cut or edited: take the one its run wrote, or run the job again.",
            ) from None
    return sheet


def write_statement(statement: Mapping[str, Any], path: Path) -> None:
    """Write a statement as canonical JSON, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(canonical_json(statement), encoding="utf-8")


def read_statement(path: Path | str) -> dict[str, Any]:
    """Read a statement file.

    Raises
    ------
    InputError
        ME-ST-03 not readable, not JSON, or not a whole statement of this format; everything damaged at once.
    """
    from methodology.verification import intact

    try:
        statement = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise refuse("ME-ST-03", str(path), str(error), "a statement.json of this toolkit", "Check the path.") from None
    if not isinstance(statement, dict) or statement.get("format") != "ghg-statement":
        raise refuse(
            "ME-ST-03", str(path), "another kind of JSON", "a file with format ghg-statement", "Check the path."
        )
    if str(statement.get("version", "")).split(".")[0] != "1":
        found = phrase("version {value}", value=statement.get("version"))
        raise refuse("ME-ST-03", str(path), found, "version 1.x", "Use the version of the toolkit that wrote it.")
    intact(statement, Path(path).name, formulas=False)
    return statement


def check_run_hash(path: Path, digest: str) -> None:
    """Stop if the run.json beside a statement tells of another file; without one there is nothing to compare.

    Raises
    ------
    InputError
        ME-ST-04 another SHA-256 than when it was written.
    """
    try:
        run = json.loads((path.parent / "run.json").read_text(encoding="utf-8"))
        told = run.get("statement_sha256") if run.get("format") == "ghg-statement-run" else None
    except (OSError, ValueError, AttributeError):
        return
    if path.name == "statement.json" and told is not None and told != digest:
        remedy = "The file was changed after it was written, or run.json belongs to another: ask its author for both."
        raise refuse(
            "ME-ST-04", str(path), f"SHA-256 {digest}", phrase("{told}, as run.json beside it says", told=told), remedy
        )


def recompute(statement: Mapping[str, Any], place: str = "statement") -> list[dict[str, Any]]:
    """Verify a statement from itself: everything in it that follows from something else is derived again.

    Parameters
    ----------
    statement : mapping
        Plain data as read from a file.

    Returns
    -------
    list of dict with id, stated, recomputed, unit, difference (relative)

    Raises
    ------
    InputError
        ME-ST-03 damaged, or parts that do not belong together; ME-ST-04 a value (beyond 1e-10), interval, standard
        uncertainty, share, factor or spread that does not come out again. All faults at once.
    """
    from methodology.verification import verified

    return verified(statement, place)


def recompute_file(path: Path) -> tuple[list[dict[str, Any]], str]:
    """Verify a statement file, and hold it against the run.json beside it.

    Returns
    -------
    (as `recompute`, SHA-256 of the file)

    Raises
    ------
    InputError
        ME-ST-03, ME-ST-04; what `recompute` and the hash say, at once.
    """
    statement, digest = read_statement(path), sha256_of(path)
    found: list[Finding] = []
    results: list[dict[str, Any]] = []
    try:
        check_run_hash(path, digest)
    except InputError as error:
        found.extend(error.findings)
    try:
        results = recompute(statement, path.name)
    except InputError as error:
        found.extend(error.findings)
    if found:
        raise InputError(*found)
    return results, digest
