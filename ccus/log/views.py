"""What the log says now: every entry with the last correction of it, and outages with their ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccus.log.entry import Entry
from ccus.log.ledger import Ledger
from ccus.plant.times import from_utc_text


@dataclass(frozen=True)
class Standing:
    """An entry and what holds in its place.

    Parameters
    ----------
    entry : Entry
        As first written.
    corrections : tuple of Entry
        All corrections of it, oldest first; the last one holds.
    body : dict or None
        What it says now; None where it was withdrawn.
    at : datetime
        The time it speaks of now, aware.
    """

    entry: Entry
    corrections: tuple[Entry, ...]
    body: dict[str, Any] | None
    at: datetime

    @property
    def withdrawn(self) -> bool:
        """Whether the last correction took it back."""
        return self.body is None

    @property
    def last_body(self) -> dict[str, Any]:
        """What it says now or, where it was withdrawn, said last."""
        bodies = (item.body["body"] for item in reversed(self.corrections) if item.body.get("body") is not None)
        return next(bodies, self.entry.body)


@dataclass(frozen=True)
class OutageSpan:
    """A line (None: the whole plant) standing still, half-open; `end` None while it lasts."""

    id: str
    line: str | None
    start: datetime
    end: datetime | None
    planned: bool
    cause: str


@dataclass(frozen=True)
class Corrected:
    """One correction with what stood before it and what stands after; `after` is None where it withdrew the entry."""

    entry: Entry
    correction: Entry
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    def changes(self) -> list[tuple[str, Any, Any]]:
        """Fields that read otherwise now: name, before, after; the time they speak of among them as ``at``."""
        old, new = self.before or {}, self.after or {}
        found = [(name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)]
        moved = self.correction.body.get("at")
        return [*found, ("at", self.entry.at_stated, moved["stated"])] if moved else found


def corrected(ledger: Ledger, start: datetime, end: datetime) -> list[Corrected]:
    """Corrections, in the order of the log, of entries that spoke or now speak of a half-open period (aware)."""
    found: list[Corrected] = []
    bodies: dict[str, dict[str, Any] | None] = {}
    for correction in ledger.entries("correction"):
        entry = ledger.entry(correction.body["corrects"])
        if entry is None:
            continue
        before, after = bodies.get(entry.id, entry.body), correction.body.get("body")
        bodies[entry.id] = after
        moved = correction.body.get("at")
        times = [entry.at, from_utc_text(moved["utc"])] if moved else [entry.at]
        if any(start <= time < end for time in times):
            found.append(Corrected(entry, correction, before, after))
    return found


def standing(
    ledger: Ledger, *kinds: str, start: datetime | None = None, end: datetime | None = None, withdrawn: bool = False
) -> list[Standing]:
    """Entries of some kinds as they hold now, by the time they speak of.

    Parameters
    ----------
    kinds : str
        At least one kind; bulk data stay in the archive, so these are few.
    start, end : datetime, optional
        Half-open period (aware) of the corrected time.
    withdrawn : bool
        Whether to list entries that were taken back, with body None.
    """
    corrections: dict[str, list[Entry]] = {}
    for correction in ledger.entries("correction"):
        corrections.setdefault(correction.body["corrects"], []).append(correction)
    found = [_now(entry, corrections.get(entry.id, ())) for entry in ledger.entries(*kinds)]
    return sorted(
        (
            item
            for item in found
            if (withdrawn or not item.withdrawn)
            and (start is None or item.at >= start)
            and (end is None or item.at < end)
        ),
        key=lambda item: (item.at, item.entry.seq),
    )


def outages(ledger: Ledger, start: datetime | None = None, end: datetime | None = None) -> list[OutageSpan]:
    """Outages that touch a half-open period (aware), each closed by its own end or by a later entry that ends it."""
    items = standing(ledger, "outage")
    ends = {item.body["ends"]: from_utc_text(item.body["end"]["utc"]) for item in items if item.body.get("ends")}
    spans = []
    for item in items:
        body = item.body
        if body.get("ends"):
            continue
        own = body.get("end")
        finish = ends.get(item.entry.id, from_utc_text(own["utc"]) if own else None)
        begin = from_utc_text(body["start"]["utc"])
        if (end is None or begin < end) and (start is None or finish is None or finish > start):
            spans.append(
                OutageSpan(item.entry.id, body.get("line"), begin, finish, body["planned"], body.get("cause", ""))
            )
    return sorted(spans, key=lambda span: (span.start, span.id))


def _now(entry: Entry, corrections: Iterable[Entry]) -> Standing:
    chain = tuple(corrections)
    if not chain:
        return Standing(entry, (), entry.body, entry.at)
    last = chain[-1].body
    at = next((item.body["at"]["utc"] for item in reversed(chain) if item.body.get("at")), None)
    return Standing(entry, chain, last.get("body"), from_utc_text(at) if at else entry.at)
