"""Drafts of entries from what a person types: tags, lines and units are held against the plant file first."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ccus.log.canonical import canonical_bytes
from ccus.log.entry import Draft, Entry
from ccus.log.kinds import KINDS, NOT_CORRECTED, When
from ccus.log.session import Session
from ccus.log.views import standing
from ccus.plant.times import Instant
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import joined, phrase


def draft(kind: str, author: str | None, at: Instant, body: Mapping[str, Any], id: str | None = None) -> Draft:
    """A draft of a kind; without an id of its own it takes one from its content, so the same thing is said once."""
    kept = {key: value for key, value in body.items() if value is not None and value != ""}
    made = Draft(id or "?", kind, author or "", at, kept)
    if id is None:
        try:
            digest = hashlib.sha256(canonical_bytes(made.content())).hexdigest()[:12]
        except (ValueError, UnicodeEncodeError):
            digest = "unwritable"  # the ledger's own check says what is wrong with it
        made = Draft(f"{kind.replace('_', '-')}-{digest}", kind, author or "", at, kept)
    return made


def reading(log: Session, tag: str, text: str, unit: str, at: Instant) -> tuple[dict[str, Any], list[str]]:
    """Body of a manual reading, and warnings about its value.

    Raises
    ------
    InputError
        CC-LOG-17 unknown tag; CC-LOG-18 another unit than the meter's; CC-LOG-07 not a number.
    """
    meter = log.meter(tag, at.utc)
    value = number(text, phrase("reading of {tag}", tag=tag))
    if unit != meter.unit:
        raise _other_unit(tag, unit, meter.unit)
    warnings = []
    if meter.range is not None and not meter.range[0] <= value <= meter.range[1]:
        low, high = meter.range
        text = "{tag}: {value:g} {unit} is outside the meter's range {low:g} to {high:g}. Kept as given."
        warnings.append(phrase(text, tag=tag, value=value, unit=unit, low=low, high=high))
    return {"tag": tag, "value": value, "unit": unit}, warnings


def number(text: str, place: str) -> float:
    """A decimal number with a point.

    Raises
    ------
    InputError
        CC-LOG-07.
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) == float("inf") or "_" in text:
        raise refuse(
            "CC-LOG-07", place, repr(text), "a number such as 2201.5", "Write a point for decimals, no thousands."
        )
    return value


def when(instant: Instant | None) -> dict[str, str] | None:
    """A moment for a body."""
    return None if instant is None else When.of(instant)


@dataclass(frozen=True)
class Change:
    """What a correction changes.

    Parameters
    ----------
    fields : sequence of str
        ``field=value`` each; a value is read as JSON where it is JSON, as text otherwise, as a time where the field
        is one.
    at : Instant, optional
        The time the entry should have spoken of.
    withdraw : bool
        The entry is taken back.
    restore : bool
        An entry that was taken back stands again as before.
    """

    fields: Sequence[str] = ()
    at: Instant | None = None
    withdraw: bool = False
    restore: bool = False


def id_of(log: Session, named: str) -> str:
    """Id of an entry that a person named by its id or by the number `ccus log --list` prints before it."""
    if named.isascii() and named.isdigit() and log.ledger.entry(named) is None:
        number = int(named)
        found = next(iter(log.ledger.entries(after=number - 1)), None)
        if found is not None and found.seq == number:
            return found.id
    return named


def correction(log: Session, target: str, change: Change, reason: str) -> dict[str, Any]:
    """Body of a correction: the entry as it stands with some fields changed, its withdrawal, or its return.

    Raises
    ------
    InputError
        CC-LOG-14 no such entry, or one that is not corrected; CC-LOG-23 nothing to change, or what does not go
        together; CC-LOG-07 a field this kind does not have; CC-LOG-17, CC-LOG-18 a name or unit that the plant file
        does not have.
    """
    old = _correctable(log, target)
    asked = [
        name
        for name, given in (
            ("--set or --time", bool(change.fields or change.at)),
            ("--withdraw", change.withdraw),
            ("--restore", change.restore),
        )
        if given
    ]
    if len(asked) != 1:
        found = joined(" with ", asked) if asked else "no change"
        expected = "--set field=value or --time TIME, or else --withdraw or --restore"
        raise refuse("CC-LOG-23", "correct", found, expected)
    body: dict[str, Any] = {"corrects": target, "reason": reason}
    now = next(item for item in standing(log.ledger, old.kind, withdrawn=True) if item.entry.id == target)
    if change.withdraw:
        return body
    if change.restore and not now.withdrawn:
        raise refuse("CC-LOG-23", "correct", f"--restore, {target!r}", "an entry that was withdrawn")
    new = dict(now.last_body)
    changed = dict(_change(log, old.kind, text) for text in change.fields)
    new |= changed
    _known(log, new, changed.keys(), old.at if change.at is None else change.at.utc)
    forward(new)
    return body | {"body": new} | ({} if change.at is None else {"at": When.of(change.at)})


def renewed(log: Session, made: Draft) -> Draft:
    """A correction whose like was overtaken by another one since (there and back again) is a new one, not the old."""
    target = made.body["corrects"]
    chain = [entry for entry in log.ledger.entries("correction") if entry.body["corrects"] == target]
    if not chain or made.id not in [entry.id for entry in chain[:-1]]:
        return made
    digest = hashlib.sha256(f"{made.id} {chain[-1].id}".encode()).hexdigest()[:12]
    return replace(made, id=f"correction-{digest}")


def _correctable(log: Session, target: str) -> Entry:
    old = log.ledger.entry(target)
    if old is None:
        remedy = "List the entries with: ccus log PLANT --list 20"
        raise refuse(
            "CC-LOG-14",
            "correct",
            phrase("{target!r}, which is not in the log", target=target),
            "the id of an entry",
            remedy,
        )
    if old.kind in NOT_CORRECTED:
        named = old.body.get("corrects")
        remedy = "A plant file is replaced by recording the new one: ccus log PLANT --plant-file"
        remedy = phrase("Correct {named!r} once more; its last correction holds.", named=named) if named else remedy
        raise refuse(
            "CC-LOG-14",
            "correct",
            phrase("{target!r}, of kind {kind}", target=target, kind=old.kind),
            "an entry that can be corrected",
            remedy,
        )
    return old


def _known(log: Session, body: Mapping[str, Any], changed: Set[str], at: datetime) -> None:
    """Refuse changed names and units that the plant file does not have, as when an entry is made."""
    known = {"line": log.line, "stream": log.stream, "tank": log.tank, "chemical": log.chemical, "fate": log.fate}
    for field, check in known.items():
        if field in changed and isinstance(body[field], str):
            check(body[field])
    if changed & {"tag", "unit"} and isinstance(body.get("tag"), str):
        meter = log.meter(body["tag"], at)
        if "unit" in body and body["unit"] != meter.unit:
            raise _other_unit(body["tag"], body["unit"], meter.unit)


def _other_unit(tag: str, unit: object, own: str) -> InputError:
    remedy = "Give the value in the meter's unit; a reading is kept as it was read, not converted."
    return refuse(
        "CC-LOG-18",
        phrase("reading of {tag}", tag=tag),
        phrase("unit {unit!r}", unit=unit),
        phrase("the meter's unit {own!r}", own=own),
        remedy,
    )


def forward(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body of a calibration, refused where it ends before it begins; checked here, not by its kind, so that logs
    written before stay sound.

    Raises
    ------
    InputError
        CC-LOG-07.
    """
    start, end = body.get("valid_from"), body.get("valid_to")
    if start and end and end["utc"] <= start["utc"]:
        raise refuse("CC-LOG-07", "calibration, valid_to", end["stated"], "a time after valid_from")
    return body


def laboratory(value: float, unit: str, place: str) -> None:
    """Refuse a share that no analysis can have.

    Raises
    ------
    InputError
        CC-LOG-07 below 0 or above 100 %.
    """
    from ccus.importers.units import parse_unit

    try:
        share = parse_unit(unit)
    except InputError:
        return  # a loading, a pH: kept as the laboratory states it
    if share.quantity == "fraction" and not 0 <= share.canonical(value) <= 1:
        raise refuse("CC-LOG-07", place, f"{value:g} {unit}", "0 to 100 %", "Check the sheet of the laboratory.")


def _change(log: Session, kind: str, change: str) -> tuple[str, Any]:
    field, equals, text = change.partition("=")
    fields = KINDS[kind].model_fields
    if not equals or field not in fields:
        near = difflib.get_close_matches(field, fields, 1)
        remedy = phrase("The nearest is {near}.", near=near[0]) if near else ""
        raise refuse(
            "CC-LOG-07",
            "--set",
            repr(change),
            phrase("field=value with one of {names}", names=", ".join(fields)),
            remedy,
        )
    if fields[field].annotation in (When, When | None):
        return field, When.of(log.time(text, place=field))
    try:
        return field, json.loads(text)
    except ValueError:
        return field, text
