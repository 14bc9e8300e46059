"""One byte string for one value: the JSON Canonicalization Scheme.

Equal values give equal bytes, so a hash of the bytes is a hash of the meaning. Keys are ordered by UTF-16 code unit,
numbers are written the shortest way that reads back the same, nothing is padded. Source: rfc8785.
"""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring
from typing import Any

LARGEST_EXACT_INTEGER = 2**53 - 1


def canonical_bytes(value: Any) -> bytes:
    """Canonical UTF-8 bytes of a value made of dict, list, str, int, float, bool and None.

    Raises
    ------
    ValueError
        A number that is not finite, an integer past 2**53 − 1, a key that is not text, or half a surrogate pair.
    """
    return _text(value).encode("utf-8")


def parse(data: bytes) -> Any:
    """The value of canonical bytes.

    Raises
    ------
    ValueError
        Not JSON, or JSON that is not canonical: doubled keys, other order, spaces, another spelling of a number.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_int=_whole, parse_constant=_refused)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if canonical_bytes(value) != data:
        raise ValueError("not in canonical form")
    return value


def _whole(text: str) -> int | float:
    value = int(text) if len(text) <= 16 else float(text)
    return value if abs(value) <= LARGEST_EXACT_INTEGER else float(text)


def _refused(text: str) -> None:
    raise ValueError(f"{text} is not a number of JSON")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if abs(value) > LARGEST_EXACT_INTEGER:
            raise ValueError(f"integer {value} is past the largest exact one")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring(key)}:{_text(value[key])}" for key in _ordered(value)]) + "}"
    raise ValueError(f"{type(value).__name__} has no canonical form")


def _ordered(value: dict[str, Any]) -> list[str]:
    try:
        if all(map(str.isascii, value)):
            return sorted(value)  # then code points are UTF-16 code units
        return sorted(value, key=lambda key: key.encode("utf-16-be"))
    except TypeError:
        raise ValueError("a key that is not text") from None


def _number(value: float) -> str:
    """Shortest decimal that reads back the same, in the layout of ECMAScript."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(value).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
