"""The shape of plain data against a schema file: required keys, kinds, words, ranges; every fault with its place.

Of JSON Schema (draft 2020-12) exactly the words that ``statement.schema.json`` uses. A number must be finite, and true
is no number.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

Fault = tuple[str, str, str]
"""Place, found, expected."""

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


@functools.cache
def statement_schema() -> dict[str, Any]:
    """The schema of statements."""
    return json.loads(resources.files("methodology").joinpath("statement.schema.json").read_text(encoding="utf-8"))


def shape_faults(data: Any, schema: Mapping[str, Any]) -> list[Fault]:
    """Everything in which `data` is not of the shape of `schema`, in the order of the data.

    Parameters
    ----------
    data : plain data
        As `json.loads` gives it.
    schema : mapping
        A whole schema, with its ``$defs``.
    """
    return list(_faults(data, schema, "", schema.get("$defs", {})))


def _faults(data: Any, schema: Mapping[str, Any], place: str, names: Mapping[str, Any]) -> Iterator[Fault]:
    if "$ref" in schema:
        schema = names[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type")
    if kinds is not None and not any(_is(data, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield place, said(data), kinds if isinstance(kinds, str) else " or ".join(kinds)
        return
    yield from _plain_faults(data, schema, place)
    if "oneOf" in schema:
        yield from _choice_faults(data, schema["oneOf"], place, names)
    if "if" in schema:
        holds = next(_faults(data, schema["if"], place, names), None) is None
        yield from _faults(data, schema["then" if holds else "else"], place, names)
    if isinstance(data, dict):
        yield from _object_faults(data, schema, place, names)
    elif isinstance(data, list | tuple):
        if schema.get("uniqueItems") and len({json.dumps(part, sort_keys=True) for part in data}) < len(data):
            yield place, "an entry twice", "different entries"
        if "items" in schema:
            for number, part in enumerate(data):
                yield from _faults(part, schema["items"], f"{place}[{number}]", names)


def _is(data: Any, kind: str) -> bool:
    if isinstance(data, bool):
        return kind == "boolean"
    if isinstance(data, float) and kind == "number":
        return math.isfinite(data)
    return isinstance(data, _KINDS[kind])


def said(data: Any) -> str:
    """Data in a few words."""
    if isinstance(data, dict):
        return "an object"
    if isinstance(data, list | tuple):
        return "a list"
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _plain_faults(data: Any, schema: Mapping[str, Any], place: str) -> Iterator[Fault]:
    if "const" in schema and data != schema["const"]:
        yield place, said(data), said(schema["const"])
    if "enum" in schema and data not in schema["enum"]:
        yield place, said(data), "one of " + ", ".join(map(str, schema["enum"]))
    if isinstance(data, str):
        if len(data) < schema.get("minLength", 0):
            yield place, said(data), "text"
        if "pattern" in schema and not re.search(schema["pattern"], data):
            yield place, said(data), f"text like {schema['pattern']}"
    if isinstance(data, int | float) and not isinstance(data, bool):
        low, above = schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf)
        high, below = schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf)
        if data < low or data > high or (above > -math.inf and data <= above) or (below < math.inf and data >= below):
            yield place, said(data), f"a number from {max(low, above):g} to {min(high, below):g}"


def _choice_faults(
    data: Any, choices: list[Mapping[str, Any]], place: str, names: Mapping[str, Any]
) -> Iterator[Fault]:
    found = [list(_faults(data, choice, place, names)) for choice in choices]
    if all(found):
        yield from min(found, key=lambda faults: (any(fault[0] == place for fault in faults), len(faults)))


def _object_faults(
    data: Mapping[str, Any], schema: Mapping[str, Any], place: str, names: Mapping[str, Any]
) -> Iterator[Fault]:
    known, further = schema.get("properties", {}), schema.get("additionalProperties", True)
    missing = [key for key in schema.get("required", ()) if key not in data]
    if missing:
        yield place, f"no {', '.join(missing)}", "every part that is required"
    for key, value in data.items():
        inner = f"{place}.{key}" if place else key
        if key in known:
            yield from _faults(value, known[key], inner, names)
        elif further is False:
            yield inner, "a part of this name", "only parts of the format"
        elif isinstance(further, Mapping):
            yield from _faults(value, further, inner, names)
