"""Drafts become entries: each sealed to the one before it, an id never twice, a correction only of what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ccus.log.canonical import canonical_bytes
from ccus.log.entry import Draft, Entry, Receipt, content_of, sealed
from ccus.log.kinds import FUTURE_NOTED, KINDS, NOT_CORRECTED, check_body
from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase


def seal(
    drafts: Sequence[Draft], before: Mapping[str, Entry], last: Entry, now: datetime
) -> tuple[list[Receipt], list[Entry]]:
    """Seal drafts behind the last entry of the log.

    Parameters
    ----------
    drafts : sequence of Draft
        Sound one by one.
    before : mapping of id to Entry
        What the log holds of the ids that the drafts bring or correct.
    last : Entry
        The last entry of the log.
    now : datetime
        System time, aware.

    Returns
    -------
    list of Receipt, list of Entry
        One receipt for each draft, and the entries that are new.

    Raises
    ------
    InputError
        CC-LOG-13 an id that stands with other content; CC-LOG-14 a correction of what cannot be corrected.
    """
    receipts: list[Receipt] = []
    new: dict[str, Entry] = {}
    findings: list[Finding] = []
    for draft in drafts:
        standing = new.get(draft.id) or before.get(draft.id)
        if standing is not None:
            findings += _same(draft, standing)
            receipts.append(Receipt(standing.seq, standing.id, standing.hash, changed=False))
            continue
        target = named_by(draft)
        if target is not None:
            findings += _refers(draft, target, new.get(target) or before.get(target))
        entry = sealed(draft, last.seq + 1, last.hash, now)
        receipts.append(Receipt(entry.seq, entry.id, entry.hash, True, tuple(_clock_notes(entry, last))))
        new[draft.id] = last = entry
    if findings:
        raise InputError(*findings)
    return receipts, list(new.values())


def named_by(draft: Draft) -> str | None:
    """Id of the entry a draft corrects or, for the end of an outage, ends."""
    return draft.body["corrects"] if draft.kind == "correction" else draft.body.get("ends")


def _refers(draft: Draft, target: str, old: Entry | None) -> list[Finding]:
    place = phrase("entry {draft!r}", draft=draft.id)
    if old is None:
        remedy = "List the entries with: ccus log PLANT --list 20"
        return [
            Finding(
                "CC-LOG-14",
                place,
                phrase("{target!r}, which is not in the log", target=target),
                "the id of an entry",
                remedy,
            )
        ]
    if draft.kind == "outage":
        if old.kind == "outage" and old.body.get("ends") is None:
            return []
        return [
            Finding(
                "CC-LOG-14",
                place,
                phrase("{target!r}, which is no outage's beginning", target=target),
                "the id of an outage",
            )
        ]
    if old.kind in NOT_CORRECTED:
        remedy = "Correct the original entry again; a plant file is replaced by recording the new one."
        kinds = ", ".join(kind for kind in KINDS if kind not in NOT_CORRECTED)
        return [
            Finding(
                "CC-LOG-14",
                place,
                phrase("{target!r}, of kind {kind}", target=target, kind=old.kind),
                phrase("an entry of {kinds}", kinds=kinds),
                remedy,
            )
        ]
    body = draft.body.get("body")
    return [] if body is None else check_body(old.kind, body, phrase("entry {draft!r}, body", draft=draft.id))


def _same(draft: Draft, before: Entry) -> list[Finding]:
    if canonical_bytes(content_of(before)) == canonical_bytes(draft.content()):
        return []
    stands = phrase(
        "{kind} by {author} at {at_stated}", kind=before.kind, author=before.author, at_stated=before.at_stated
    )
    return [
        Finding(
            "CC-LOG-13",
            phrase("entry {draft!r}", draft=draft.id),
            phrase("other content than entry {seq} of that id ({stands})", seq=before.seq, stands=stands),
            "the same content, or an id of its own",
            "Nothing was stored. To change what stands there write a correction: ccus correct",
        )
    ]


def _clock_notes(entry: Entry, last: Entry) -> Iterator[str]:
    if entry.recorded < last.recorded:
        seconds = (last.recorded - entry.recorded).total_seconds()
        yield phrase("system clock {seconds:.0f} s behind the entry before", seconds=seconds)
    if entry.at > entry.recorded + FUTURE_NOTED:
        seconds = (entry.at - entry.recorded).total_seconds()
        yield phrase("stated time {seconds:.0f} s ahead of the system clock", seconds=seconds)
    if ":60" in entry.at_stated:
        yield phrase("stated as a leap second; kept as the moment after it")
