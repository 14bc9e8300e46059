"""What `ccus log` does with what it is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ccus.log import drafts
from ccus.log.entry import Draft, Entry
from ccus.log.options import answer, kind_in_words, show_json
from ccus.log.plants import record_plant
from ccus.log.session import Session, log_folder, plant_file, session
from ccus.plant.reading import load_plant
from ccus.plant.times import Instant, instant
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import phrase
from methodology.commandline import in_words

FORMS = {"readings": "--reading", "note": "--note", "lab": "--lab", "makeup": "--makeup", "decision": "--decision"}


def entries_of(log: Session, given: Mapping[str, Any]) -> tuple[list[Draft], list[str]]:
    """Drafts and warnings of the one kind of thing that was given; several readings make a round.

    Raises
    ------
    InputError
        CC-LOG-23 none or several kinds, or one without what it needs; others from its check.
    """
    chosen = [form for form in FORMS if given[form]]
    if len(chosen) != 1:
        found = ", ".join(FORMS[form] for form in chosen) or "nothing to keep"
        raise refuse("CC-LOG-23", "log", found, phrase("one of {names}, --plant-file", names=", ".join(FORMS.values())))
    at = log.time(given["at"], given["fold"], "--at")
    if chosen == ["readings"]:
        return _round(log, given, at)
    kind, body = _single(log, chosen[0], given)
    return [drafts.draft(kind, given["author"], at, body, given["id"])], []


def _round(log: Session, given: Mapping[str, Any], at: Instant) -> tuple[list[Draft], list[str]]:
    readings = given["readings"]
    if len(readings) > 1 and given["id"]:
        raise refuse("CC-LOG-23", "log", "--id with several --reading", "--id with one", "Leave --id out.")
    made, warnings, findings = [], [], Findings()
    for tag, text, unit in readings:
        try:
            body, doubts = drafts.reading(log, tag, text, unit, at)
        except InputError as error:
            findings.extend(error.findings)
            continue
        if given["reason"]:
            body["remark"] = given["reason"]
        made.append(drafts.draft("manual_reading", given["author"], at, body, given["id"]))
        warnings += doubts
    findings.stop_on_errors()
    return made, warnings


def _single(log: Session, form: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if form == "note":
        return "shift_note", {"text": given["note"], "line": log.line(given["line"])}
    if form == "lab":
        return "lab_analysis", _lab(log, given)
    if form == "makeup":
        chemical, amount = given["makeup"]
        kilograms = drafts.number(amount, "--makeup")
        body = {"chemical": log.chemical(chemical), "amount_kg": kilograms, "line": log.line(given["line"])}
        return "solvent_makeup", body
    subject, text = given["decision"]
    _needs(given, "decision", "reason")
    return "decision", {"subject": subject, "decision": text, "reason": given["reason"]}


def _lab(log: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    stream, component, value, unit = given["lab"]
    _needs(given, "lab", "sample")
    amount = drafts.number(value, "--lab")
    drafts.laboratory(amount, unit, f"--lab, {component}")
    return {
        "stream": log.stream(stream),
        "component": component,
        "value": amount,
        "unit": unit,
        "sample": given["sample"],
        "method": given["method"],
    }


def _needs(given: Mapping[str, Any], form: str, option: str) -> None:
    if not given[option]:
        raise refuse(
            "CC-LOG-23",
            phrase("log, --{form}", form=form),
            phrase("no --{option}", option=option),
            phrase("--{option} with --{form}", option=option, form=form),
        )


def record_plant_file(path: Path, log: Path | None, given: Mapping[str, Any], as_json: bool) -> None:
    """Record the plant file as it stands on the disk."""
    from ccus.log.ledger import Ledger

    if not given["author"]:
        raise click.UsageError("Missing option '--by': who vouches for this entry.")
    file = plant_file(path)
    zone = load_plant(file).zone
    with Ledger.open(log_folder(path, log)) as ledger:
        now = given["at"] or ledger.clock().astimezone(zone).replace(microsecond=0)
        at = instant(now, zone, fold=given["fold"], place="--at")
        since = None if given["since"] is None else instant(given["since"], zone, fold=given["fold"], place="--since")
        receipt = record_plant(ledger, file, given["author"], at, reason=given["reason"], applies_from=since)
        answer([receipt], [Draft(receipt.id, "plant_file", given["author"], at)], as_json)


def list_entries(path: Path, log: Path | None, count: int, as_json: bool) -> None:
    """The last entries, oldest first."""
    with session(path, log) as opened:
        size = opened.ledger.size()
        entries = deque(opened.ledger.entries(after=size - 1 - count), maxlen=count)
        zone = opened.plant.zone
    if as_json:
        show_json([entry.as_dict() for entry in entries])
        return
    for entry in entries:
        click.echo(_line(entry, zone))


def _line(entry: Entry, zone: ZoneInfo) -> str:
    """An entry in two rows, in the language of the terminal."""
    words = {
        "manual_reading": "{tag} {value:g} {unit}",
        "shift_note": "{text}",
        "lab_analysis": "{stream} {component} {value:g} {unit}",
        "calibration": "{tag} {certificate}",
        "solvent_makeup": "{chemical} {amount_kg:g} kg",
        "delivery": "{mass_t:g} t to {receiver}",
        "tank_level": "{tank} {mass_t:g} t",
        "correction": "of {corrects}: {reason}",
        "decision": "{subject}: {decision}",
    }.get(entry.kind, "")
    says = in_words(_outage(entry.body)) if entry.kind == "outage" else in_words(phrase(words, **entry.body))
    kind = in_words(kind_in_words(entry.kind))
    kind += " " * (14 - sum(2 if ord(char) > 0x2E7F else 1 for char in kind))
    text = f"{entry.seq:>5} {entry.at.astimezone(zone):%Y-%m-%d %H:%M} {kind} {' '.join(says.split())}"
    by = in_words(phrase("id {id}, by {author}", id=entry.id, author=entry.author))
    return f"{text if len(text) <= 100 else text[:99] + '…'}\n      {by}"


def _outage(body: Mapping[str, Any]) -> str:
    until = body["end"]["stated"][:16] if body.get("end") else phrase("open")
    if body.get("ends"):
        return phrase("{outage} ended {until}", outage=body["ends"], until=until)
    line, start = body.get("line") or phrase("plant"), body["start"]["stated"][:16]
    kind = phrase("planned") if body["planned"] else phrase("unplanned")
    return phrase("{line} {kind} {start} to {until}", line=line, kind=kind, start=start, until=until)
