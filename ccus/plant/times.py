"""Instants from what people write: UTC inside, the stated offset kept, an ambiguous local hour asked about.

A time with an offset is an instant. A time without one belongs to the plant's zone and is refused where the zone
has no such hour (clocks go forward) or has it twice (clocks go back) unless `fold` says which of the two is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

_LEAP_SECOND = re.compile(r"([T ]\d{2}:\d{2}):60(\.\d+)?")


@dataclass(frozen=True)
class Instant:
    """A moment in UTC with the text a person or machine wrote for it.

    Parameters
    ----------
    utc : datetime
        Aware, in UTC.
    stated : str
        ISO 8601 with the offset that was stated or that the plant's zone had then.
    leap_second : bool
        True where second 60 was written; `utc` is then the first moment after it, since POSIX time has no such second.
    """

    utc: datetime
    stated: str
    leap_second: bool = False


def zone_named(name: str, place: str = "timezone") -> ZoneInfo:
    """The IANA zone of that name.

    Raises
    ------
    InputError
        CC-PLANT-05 unknown zone.
    """
    try:
        if not name or name.startswith(("/", ".")):
            raise ZoneInfoNotFoundError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse(
            "CC-PLANT-05",
            place,
            repr(name),
            "an IANA time zone such as Asia/Shanghai",
            "Write the zone of the plant's clocks.",
        ) from None


def instant(value: str | datetime | date, zone: ZoneInfo, *, fold: int | None = None, place: str = "time") -> Instant:
    """Read one stated time.

    Parameters
    ----------
    value : str, datetime or date
        ISO 8601. A date alone is the midnight that begins it in the plant's zone.
    zone : ZoneInfo
        Zone of times that state no offset.
    fold : {0, 1}, optional
        Which of two equal local times is meant: 0 the first, 1 the second. Never assumed.

    Raises
    ------
    InputError
        CC-PLANT-06 not a time; CC-PLANT-07 a local time that occurs twice; CC-PLANT-08 one that does not occur.
    """
    moment, leap = _parsed(value, place)
    if moment.tzinfo is not None:
        return Instant(_shifted(moment, leap, place), _stated(moment, leap), leap)
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
            raise refuse(
                "CC-PLANT-08",
                place,
                phrase("{moment} in {key}", moment=moment.isoformat(), key=zone.key),
                "a local time that occurs",
                "The clock skipped this hour. Write the time with its offset.",
            )
        if fold not in (0, 1):
            raise refuse(
                "CC-PLANT-07",
                place,
                phrase("{moment} in {key}, which occurs twice", moment=moment.isoformat(), key=zone.key),
                "one moment",
                phrase(
                    "Write {first} for the first, {second} for the second (or --fold 0 or 1).",
                    first=first.isoformat(),
                    second=second.isoformat(),
                ),
            )
        first = second if fold == 1 else first
    return Instant(_shifted(first, leap, place), _stated(first, leap), leap)


def utc_text(moment: datetime) -> str:
    """UTC as ``2025-03-14T01:30:00Z``, with microseconds only where there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def from_utc_text(text: str) -> datetime:
    """The inverse of `utc_text`."""
    return datetime.fromisoformat(text)


def _parsed(value: str | datetime | date, place: str) -> tuple[datetime, bool]:
    if isinstance(value, datetime):
        return value, False
    if isinstance(value, date):
        return datetime.combine(value, time()), False
    text = str(value).strip()
    leap = _LEAP_SECOND.search(text) is not None
    try:
        moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59\2", text))
    except ValueError:
        raise refuse(
            "CC-PLANT-06",
            place,
            repr(text),
            "a time such as 2025-03-14T09:30:00+08:00",
            "Write ISO 8601, best with an offset.",
        ) from None
    return moment, leap


def _shifted(moment: datetime, leap: bool, place: str) -> datetime:
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise refuse("CC-PLANT-06", place, moment.isoformat(), "a time between the years 1 and 9999") from None
    return utc.replace(microsecond=0) + timedelta(seconds=1) if leap else utc


def _stated(moment: datetime, leap: bool) -> str:
    text = moment.isoformat()
    return re.sub(r"(T\d{2}:\d{2}):59", r"\1:60", text, count=1) if leap else text
