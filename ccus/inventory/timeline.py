"""One plant out of the versions of its file: each record in force only while its version was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from ccus.plant.model import Dated, Line, Meter, Plant, Rules
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

D = TypeVar("D", bound=Dated)

WHOLE_TABLES = ("energy",)
"""Tables without dates of their own: a change of them inside a period cannot be laid to an hour."""


def one_plant(pieces: Sequence[tuple[Plant, datetime | None, datetime | None]], findings: Findings) -> Plant:
    """The plant of a span in which its file changed.

    Parameters
    ----------
    pieces : sequence of (Plant, start, end)
        Versions in the order of time, half-open and adjoining; None is an open end.
    findings : Findings
        Takes CC-INV-22 where a table without dates differs between them.

    Returns
    -------
    Plant
        The last version, with lines, meters and ratings of all of them, each clipped to the time its version was in
        force; a record that did not change is one record again.

    Raises
    ------
    InputError
        CC-INV-21 a stream changed its kind.
    """
    last = pieces[-1][0]
    if len(pieces) == 1:
        return last
    # the span begins and ends somewhere; what lies outside belongs to the first and the last version
    whole = [(plant, None if n == 0 else start, None if n == len(pieces) - 1 else end)
             for n, (plant, start, end) in enumerate(pieces)]  # fmt: skip
    dated: dict[str, Any] = {}
    for name in ("nameplates", "lines", "meters"):
        clipped = [
            part
            for plant, start, end in whole
            for item in getattr(plant, name)
            if (part := _clipped(item, start, end)) is not None
        ]
        dated[name] = _merged(clipped)
    for name in ("streams", "fates", "chemicals"):
        dated[name] = tuple({item.id: item for plant, _, _ in whole for item in getattr(plant, name)}.values())
    _streams_kept(pieces)
    _whole_tables(pieces, findings)
    return last.model_copy(update=dated)


def _clipped(item: D, start: datetime | None, end: datetime | None) -> D | None:
    begins = max((t for t in (item.valid_from, start) if t is not None), default=None)
    ends = min((t for t in (item.valid_to, end) if t is not None), default=None)
    if begins is not None and ends is not None and begins >= ends:
        return None
    update: dict[str, Any] = {"valid_from": begins, "valid_to": ends}
    if isinstance(item, Meter):  # a counter's first and last reading belong to the record's own ends
        update |= {"totaliser_start": item.totaliser_start if begins == item.valid_from else None}
        update |= {"totaliser_stop": item.totaliser_stop if ends == item.valid_to else None}
    return item.model_copy(update=update)


def _merged(items: Iterable[D]) -> tuple[D, ...]:
    """Adjoining records that say the same become one."""
    kept: list[D] = []
    for item in items:
        before = next((n for n, other in enumerate(kept) if _continues(other, item)), None)
        if before is None:
            kept.append(item)
            continue
        update: dict[str, Any] = {"valid_from": kept[before].valid_from}
        if isinstance(item, Meter):
            update["totaliser_start"] = kept[before].totaliser_start
        kept[before] = item.model_copy(update=update)
    return tuple(kept)


def _continues(first: Dated, second: Dated) -> bool:
    if first.valid_to is None or first.valid_to != second.valid_from:
        return False
    silent: dict[str, Any] = {"valid_from": None, "valid_to": None}
    if isinstance(first, Meter) and isinstance(second, Meter):
        if first.totaliser_stop is not None or second.totaliser_start is not None:
            return False
        silent |= {"totaliser_start": None, "totaliser_stop": None}
    return first.model_copy(update=silent) == second.model_copy(update=silent)


def _streams_kept(pieces: Sequence[tuple[Plant, datetime | None, datetime | None]]) -> None:
    kinds: dict[str, str] = {}
    for plant, start, _ in pieces:
        for stream in plant.streams:
            if kinds.setdefault(stream.id, stream.kind) != stream.kind:
                raise refuse(
                    "CC-INV-21",
                    phrase(
                        "stream {stream}, plant file in force from {start}",
                        stream=stream.id,
                        start=start.isoformat() if start else phrase("the beginning"),
                    ),
                    phrase("kind {kind}, before that {kinds}", kind=stream.kind, kinds=kinds[stream.id]),
                    "one kind for one stream id",
                    "Give the stream a new id, or report the parts before and after the change as periods of their own.",
                )


def _whole_tables(pieces: Sequence[tuple[Plant, datetime | None, datetime | None]], findings: Findings) -> None:
    for name in WHOLE_TABLES:
        if any(getattr(plant, name) != getattr(pieces[-1][0], name) for plant, _, _ in pieces):
            start = pieces[-1][1]
            findings.add(
                "CC-INV-22",
                phrase("[{name}] of the plant file", name=name),
                phrase("another one before {start}", start=start.isoformat() if start else phrase("the last version")),
                "one for the whole period",
                "The last one stands for all of it. Report the parts before and after as periods of their own.",
                severity="warning",
            )


def valid_percent(rules: Sequence[tuple[datetime | None, Rules]], edges_s: np.ndarray) -> float | np.ndarray:
    """Good time each hour needs, by the version in force when it began. [%]; one number where it never changed."""
    if len({item.valid_hour_percent for _, item in rules}) == 1:
        return rules[-1][1].valid_hour_percent
    found = np.full(edges_s.size - 1, rules[0][1].valid_hour_percent)
    for start, item in rules[1:]:
        found[edges_s[:-1] >= start.timestamp()] = item.valid_hour_percent
    return found


def rated_t(lines: Iterable[Line], edges_s: np.ndarray) -> float:
    """What the records of one line are rated for over a span, each over the time it was in force. [t CO2]"""
    total, first, last = 0.0, float(edges_s[0]), float(edges_s[-1])
    for item in lines:
        start = first if item.valid_from is None else max(first, item.valid_from.timestamp())
        end = last if item.valid_to is None else min(last, item.valid_to.timestamp())
        total += item.nameplate_t_per_day * max(end - start, 0.0) / 86_400
    return total
