"""Dates of maps: a year, a day, or a span of either; as text, as decimal years, and as the days they cover."""

from __future__ import annotations

import datetime
from typing import Any

FIRST_YEAR, LAST_YEAR = 1800, 2200
"""Years that can be a map's: maps of coasts are not older, and a later one is a slip of the hand."""

MapDate = int | datetime.date | dict[str, Any]


def check_plain(value: Any, expected: str) -> None:
    """Check that a value of the job file is a year or a day: no text, no true or false, no time of day.

    Raises
    ------
    ValueError
        With the words expected, or with the years a map may be of.
    """
    if isinstance(value, bool | datetime.datetime) or not isinstance(value, int | datetime.date):
        raise ValueError(expected)
    if not FIRST_YEAR <= (value.year if isinstance(value, datetime.date) else value) <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")


def date_label(date: MapDate) -> str:
    """A map's date as text: ``1996``, ``2019-05-01`` or ``2019-05-01..2019-09-30``."""
    if isinstance(date, dict):
        return f"{date_label(date['start'])}..{date_label(date['end'])}"
    return str(date)


def date_year(date: MapDate) -> float:
    """A map's date as a decimal year; a bare year counts as its middle, a span as its own. [yr]"""
    if isinstance(date, dict):
        return (date_year(date["start"]) + date_year(date["end"])) / 2
    if isinstance(date, datetime.date):
        start = datetime.date(date.year, 1, 1)
        return date.year + (date - start).days / (datetime.date(date.year + 1, 1, 1) - start).days
    return date + 0.5


def date_span(date: MapDate) -> tuple[datetime.date, datetime.date]:
    """First and last day a map's date covers; a bare year covers all of its days."""
    if isinstance(date, dict):
        return date_span(date["start"])[0], date_span(date["end"])[1]
    if isinstance(date, datetime.date):
        return date, date
    return datetime.date(date, 1, 1), datetime.date(date, 12, 31)
