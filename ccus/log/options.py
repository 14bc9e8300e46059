"""What the commands of the log share: how a plant, a time and an author are named, and how an answer is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from methodology.base.phrases import phrase
from methodology.commandline import in_words, say

if TYPE_CHECKING:
    from ccus.log.entry import Draft, Receipt
    from ccus.log.session import Session

PATH = click.Path(path_type=Path)
KINDS_SPOKEN = (
    "manual_reading", "shift_note", "lab_analysis", "calibration", "outage", "delivery", "tank_level",
    "solvent_makeup", "decision", "correction", "plant_file", "imported_batch",
)  # fmt: skip
Command = Callable[..., Any]


def plant_argument(command: Command) -> Command:
    """The plant file, or the folder it lies in, and the log where it is not beside it."""
    help = "Folder of the log, if not the folder log/ beside PLANT."
    return click.argument("plant", type=PATH)(click.option("--log", "log", type=PATH, help=help)(command))


def json_option(command: Command) -> Command:
    """Machine-readable answer."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def entry_options(command: Command) -> Command:
    """Who says it, when it was, and under which id it is kept."""
    options = [
        click.option("--by", "author", help="Who vouches for this entry.  [required]"),
        click.option("--at", "at", help="Time it speaks of, such as 2025-03-14T09:30 or …+08:00. Default: now."),
        click.option(
            "--fold",
            type=click.IntRange(0, 1),
            help="Which of two equal local times is meant when clocks go back: 0 the first, 1 the second.",
        ),
        click.option("--id", "id", help="Id of your own; the same id and content again changes nothing."),
    ]
    for option in reversed(options):
        command = option(command)
    return json_option(command)


def store(log: Session, drafts: Sequence[Draft], as_json: bool, warnings: Sequence[str] = ()) -> None:
    """Append drafts, all of them or none, and say what became of each."""
    if not all(draft.author for draft in drafts):
        raise click.UsageError("Missing option '--by': who vouches for this entry.")
    receipts = log.ledger.append_many(drafts)
    notes = [note for receipt in receipts for note in receipt.notes]
    for warning in dict.fromkeys((*log.warnings, *warnings, *notes)):
        note(warning)
    answer(receipts, drafts, as_json)


def note(text: str) -> None:
    """Say on stderr what is odd about something that is kept all the same."""
    say(phrase("Note: {text}", text=in_words(text)), err=True)


def answer(receipts: Sequence[Receipt], drafts: Sequence[Draft], as_json: bool) -> None:
    """Result of an append, to standard output: one object in JSON, or a list where several entries were given."""
    if as_json:
        values = [
            {
                "seq": item.seq,
                "id": item.id,
                "hash": item.hash.hex(),
                "changed": item.changed,
                "notes": list(item.notes),
            }
            for item in receipts
        ]
        show_json(values[0] if len(values) == 1 else values)
        return
    for receipt, draft in zip(receipts, drafts, strict=True):
        if receipt.changed:
            text = "Entry {seq} kept and synced: {kind} {id} at {time}"
            say(phrase(text, seq=receipt.seq, kind=kind_in_words(draft.kind), id=receipt.id, time=draft.at.stated))
        else:
            text = "Entry {seq} stands already with this content: {id}. Nothing changed."
            say(phrase(text, seq=receipt.seq, id=receipt.id))


def kind_in_words(kind: str) -> str:
    """A kind of entry as people say it; English keeps the word of the log."""
    return phrase(kind) if kind in KINDS_SPOKEN else kind


def show_json(values: Any) -> None:
    """JSON to standard output."""
    click.echo(json.dumps(values, ensure_ascii=False, indent=1))
