"""Faults of a job file in words a person can act on: where, what stands there, what may, and the nearest word."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from bluecarbon.job_words import HABITATS
from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase

_UNION_TAGS = {"LegendEntry", "literal['ignore']", "literal['other']"}
_PLAIN = {
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of {ge} or more",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of {le} or less",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number, without quotes",
    "float_parsing": "a number, without quotes",
    "string_type": "text in quotes",
    "bool_type": "true or false, without quotes",
    "bool_parsing": "true or false, without quotes",
    "list_type": "one or more tables, each under a heading in double brackets, such as [[map]]",
    "dict_type": 'a table in braces, such as {{ name = "column" }}',
    "model_type": "a table with keys",
    "too_short": "at least one entry",
}
"""What a value should be, in words, by kind of fault."""


def _as_written(value: Any) -> str:
    return str(value) if isinstance(value, int | float | datetime.date) else repr(value)


def add_fault(
    findings: Findings, name: str, fault: Mapping[str, Any], data: Mapping[str, Any], keys: Mapping[str, Sequence[str]]
) -> None:
    """Add the finding for one fault of a job file: BC-JOB-02, 03, 04 or 06.

    Parameters
    ----------
    findings : Findings
    name : str
        Name of the file.
    fault : mapping
        As pydantic describes it: loc, type, msg, input, ctx.
    data : mapping
        The whole file.
    keys : mapping of table name to keys
        Those allowed in it; "" is the top level.
    """
    raw = [part for part in fault["loc"] if not (isinstance(part, str) and (part in _UNION_TAGS or "[" in part))]
    if "literal['ignore']" in fault["loc"] and isinstance(_at(data, raw), dict):
        return  # the other branch of "an entry or 'ignore'" already says what is wrong
    if "LegendEntry" in fault["loc"] and isinstance(_at(data, raw[:2]), str):
        return
    place = f"{name}, " + _place(raw)
    kind, value = fault["type"], fault.get("input")
    if kind == "extra_forbidden":
        key = str(raw[-1])
        valid = _valid_keys(raw[:-1], keys)
        near = difflib.get_close_matches(key, valid, 1, 0.5)
        remedy = phrase("Did you mean {near!r}?", near=near[0]) if near else ""
        findings.add(
            "BC-JOB-02",
            place,
            phrase("unknown key {key!r}", key=key),
            phrase("one of {names}", names=", ".join(valid)),
            remedy,
        )
    elif kind == "missing":
        findings.add("BC-JOB-03", place, "nothing", phrase("a value for {raw}", raw=raw[-1]), "It is never assumed.")
    elif kind == "less_than_equal" and fault["ctx"]["le"] == 1 and isinstance(value, int | float) and 1 < value <= 100:
        findings.add(
            "BC-JOB-06",
            place,
            value,
            "a fraction from 0 to 1",
            phrase("{value:g} looks like percent: write {value2:g}.", value=value, value2=value / 100),
        )
    elif raw and raw[0] == "legend" and len(raw) == 2 and isinstance(value, str):
        shown = phrase(
            '"ignore", or a table such as {{ habitat = "{value}", soil = "mineral" }}',
            value=value if value in HABITATS else phrase("mangrove"),
        )
        near = difflib.get_close_matches(value, ["ignore"], 1, 0.6)
        findings.add("BC-JOB-04", place, repr(value), shown, "Did you mean 'ignore'?" if near else "Write the table.")
    elif kind in _PLAIN:
        findings.add(
            "BC-JOB-04", place, _as_written(value), phrase(_PLAIN[kind], **fault.get("ctx", {})), "Correct the value."
        )
    else:
        expected = str(fault.get("ctx", {}).get("expected", "")) or fault["msg"].removeprefix("Value error, ")
        near = difflib.get_close_matches(
            str(value), [e.strip("' ") for e in expected.replace(" or ", ",").split(",")], 1, 0.6
        )
        findings.add(
            "BC-JOB-04",
            place,
            repr(value),
            choices(expected),
            phrase("Did you mean {near!r}?", near=near[0]) if near else "",
        )


def choices(expected: str) -> str:
    """What pydantic expects; a list of words, as in ``'a', 'b' or 'c'``, has its Chinese."""
    first, last = expected.rpartition(" or ")[::2]
    if not first or not all(word.startswith("'") and word.endswith("'") for word in (*first.split(", "), last)):
        return expected
    return joined(" or ", (joined(", ", first.split(", ")), last))


def _at(data: Any, location: list[Any]) -> Any:
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _place(location: list[Any]) -> str:
    text = ""
    for part in location:
        text += f" {part + 1}" if isinstance(part, int) else (f".{part}" if text else f"[{part}]")
    return text or phrase("top level")


def _valid_keys(location: Sequence[Any], keys: Mapping[str, Sequence[str]]) -> Sequence[str]:
    names = [part for part in location if isinstance(part, str) and part and part in keys]
    return keys[names[-1] if names else ""]
