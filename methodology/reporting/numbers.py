"""Numbers as people read them. Rounding happens here and nowhere earlier; files carry 12 digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

EXACT_DIGITS = 4
"""Significant digits of a value without interval; an area is shown with one more, because maps measure it well."""


def place_of(value: float, low: float | None, high: float | None, digits: int = EXACT_DIGITS) -> int:
    """Decimal place to round to: two digits of the half-width, where there is one.

    Returns
    -------
    int
        As in ``round(value, place)``: 1 is tenths, -2 is hundreds.
    """
    half = (high - low) / 2 if low is not None and high is not None else 0.0
    if half > 0:
        place = 1 - math.floor(math.log10(half))
        largest = max(abs(value), half)
        return max(place, 1 - math.floor(math.log10(largest)))
    if value == 0:
        return 0
    return digits - 1 - math.floor(math.log10(abs(value)))


def plain_number(value: float, place: int) -> str:
    """A number with thousands separators and a true minus sign, rounded to a decimal place."""
    rounded = round(value, place)
    if rounded == 0:
        rounded = 0.0
    text = f"{abs(rounded):,.{max(place, 0)}f}"
    return f"−{text}" if rounded < 0 else text


def significant(value: float | None, digits: int = EXACT_DIGITS) -> str:
    """A number at so many significant digits; an absent one as a dash."""
    if value is None:
        return "–"
    return plain_number(value, place_of(value, None, None, digits)) if value else "0"


def shown_number(line: Mapping[str, Any]) -> tuple[str, str, str]:
    """Value and limits of a line of a statement, rounded alike.

    Returns
    -------
    tuple of str
        Value, low, high; limits are empty where the value is taken as exact.
    """
    return shown_with_sign(line, 1)


def shown_with_sign(line: Mapping[str, Any], sign: int) -> tuple[str, str, str]:
    """The same with the sign turned, for sentences such as "sequestered 12" of a flow of −12."""
    interval = line["interval"]
    low, high = interval["low"] * sign, interval["high"] * sign
    low, high = min(low, high), max(low, high)
    value = line["value"] * sign
    digits = EXACT_DIGITS + 1 if line["kind"] == "area" and abs(value) >= 1000 else EXACT_DIGITS
    place = place_of(value, low, high, digits)
    if low == high:
        return plain_number(value, min(place, 6)), "", ""
    return plain_number(value, place), plain_number(low, place), plain_number(high, place)


def percent(share: float, digits: int = 2) -> str:
    """A share as per cent with so many significant digits, tiny ones as an upper bound."""
    amount = 100 * share
    if amount and abs(amount) < 0.01:
        return "< 0.01"
    return f"{float(f'{amount:.{digits}g}'):g}" if abs(amount) < 99.5 else f"{amount:.0f}"
