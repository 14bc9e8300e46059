"""Commands that look after the log: verify, backup, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccus.log.options import PATH, json_option, plant_argument, show_json
from methodology.base.phrases import phrase
from methodology.commandline import say

if TYPE_CHECKING:
    from ccus.log.checkpoint import Head
    from ccus.log.verification import Verification


@click.command(epilog="Example: ccus verify haifeng --write-head head.txt")
@click.argument("plant", type=PATH)
@click.option("--log", "log", type=PATH, help="Folder of the log, if not the folder log/ beside PLANT.")
@click.option("--head", "head_file", type=PATH, help="A head kept elsewhere; the log must begin with what it covered.")
@click.option("--write-head", type=PATH, help="Write the head of a sound log here; keep it where the log is not.")
@json_option
def verify(plant: Path, log: Path | None, head_file: Path | None, write_head: Path | None, as_json: bool) -> None:
    """Hash every stored byte of PLANT's log, or of an exported log, anew and name what is damaged, missing or swapped.

    PLANT is a plant file, its folder, a log folder or a folder written by ccus export. Exit 1 where a fault is found.
    """
    from ccus.log.checkpoint import kept_head

    kept = None if head_file is None else kept_head(head_file)
    outcome = _verified(plant, log, kept)
    if write_head is not None and outcome.sound:
        _write_head(write_head, outcome.head)
    if as_json:
        show_json(_as_dict(outcome))
    else:
        _show(outcome)
    if not outcome.sound:
        raise click.exceptions.Exit(1)


def _verified(plant: Path, log: Path | None, kept: Head | None) -> Verification:
    from ccus.log.exported import is_export, verify_export
    from ccus.log.inspection import verify_folder
    from ccus.log.session import log_folder, plant_file
    from ccus.plant.reading import load_plant
    from methodology.base.errors import InputError

    if is_export(plant):
        return verify_export(plant, kept)
    folder = log_folder(plant, log)
    try:
        name = load_plant(plant_file(plant)).name
    except InputError:
        name = None  # a log is verified whatever became of the plant file
    return verify_folder(folder, kept, name)


def _write_head(file: Path, head: Head) -> None:
    from methodology.base.files import written_whole

    with written_whole(file) as new:
        new.write_bytes(head.text().encode("utf-8"))


def _as_dict(outcome: Verification) -> dict[str, Any]:
    head = outcome.head
    return {
        "sound": outcome.sound,
        "tail": outcome.tail,
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "head": head.text(),
        "archive_files": outcome.files,
        "findings": [finding.as_dict() for finding in outcome.findings],
        "findings_left_out": outcome.left_out,
    }


def _show(outcome: Verification, place: str = "") -> None:
    for finding in outcome.findings:
        say(finding, err=True)
    if outcome.left_out:
        say(phrase("… and {n} further findings.", n=outcome.left_out), err=True)
    errors = sum(finding.severity == "error" for finding in outcome.findings) + outcome.left_out
    faults = phrase("NOT sound, {n} fault{s}", n=errors, s="s" if errors != 1 else "")
    text = phrase(
        "{n} entries, {files} archive files: {state}; {tail}.",
        n=outcome.head.size, files=outcome.files, state=phrase("sound") if outcome.sound else faults,
        tail=phrase(outcome.tail),
    )  # fmt: skip
    say(phrase("{place}: {text}", place=place, text=text) if place else text)
    if outcome.sound:
        click.echo(outcome.head.text(), nl=False)


@click.command(epilog="Example: ccus backup haifeng --out backup-2025-03-14")
@plant_argument
@click.option("--out", "target", type=PATH, required=True, help="New folder; it may lie on a share or another disk.")
@json_option
def backup(plant: Path, log: Path | None, target: Path, as_json: bool) -> None:
    """Copy PLANT's log, also while it is written to, and verify the copy."""
    from ccus.log.copies import backup as copy
    from ccus.log.session import session

    with session(plant, log) as opened:
        outcome = copy(opened.ledger, target)
    if as_json:
        show_json({"folder": str(target)} | _as_dict(outcome))
    else:
        _show(outcome, str(target))
    if not outcome.sound:
        raise click.exceptions.Exit(1)


@click.command(epilog="Example: ccus export haifeng --out haifeng-log")
@plant_argument
@click.option("--out", "target", type=PATH, required=True, help="New folder.")
@json_option
def export(plant: Path, log: Path | None, target: Path, as_json: bool) -> None:
    """Write PLANT's whole log in plain files that need no program: JSON lines, Parquet, CSV, plant files, checksums."""
    from ccus.log.export import export as write
    from ccus.log.session import session

    with session(plant, log) as opened:
        head = write(opened.ledger, target)
    if as_json:
        show_json({"folder": str(target), "size": head.size, "head": head.text()})
    else:
        text = "{folder}: {n} entries. Start with README.txt; check with: ccus verify {folder}"
        say(phrase(text, folder=target, n=head.size))
