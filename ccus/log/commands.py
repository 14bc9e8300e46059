"""Commands that write to the log: init, log, correct, outage, calibrate, deliver, tank."""

from __future__ import annotations

from pathlib import Path

import click

from ccus.log.options import PATH, entry_options, plant_argument, show_json, store
from methodology.base.phrases import phrase
from methodology.commandline import say


@click.command(epilog='Example: ccus init haifeng --name Haifeng --timezone Asia/Shanghai --nameplate 20000 '
               '--line amine amine 50 --line membrane membrane 20 --by "shift A"')  # fmt: skip
@click.argument("folder", type=PATH)
@click.option("--name", help="Name of the plant; fixed for the life of its log.")
@click.option("--timezone", help="IANA zone of the plant's clocks, such as Asia/Shanghai.")
@click.option("--nameplate", type=click.FloatRange(min=0, min_open=True), help="Rating of the plant. [t CO2/yr]")
@click.option(
    "--line", "lines", nargs=3, type=(str, str, float), multiple=True,
    help="A line: id, technology, rating [t CO2/d]. Once for each line.",
)  # fmt: skip
@click.option("--by", "author", required=True, help="Who sets up the log.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def init(
    folder: Path, name: str | None, timezone: str | None, nameplate: float | None,
    lines: tuple[tuple[str, str, float], ...], author: str, as_json: bool,
) -> None:  # fmt: skip
    """Make FOLDER with a commented plant.toml and an empty log whose first entries name both.

    Where FOLDER has a plant.toml already it is taken as it is, and the other options are not needed.
    """
    from ccus.log.new_plant import set_up

    stated = {"--name": name, "--timezone": timezone, "--nameplate": nameplate, "--line": lines or None}
    made = set_up(folder, stated, author)
    if as_json:
        show_json(made)
        return
    how = phrase("written; describe its meters next") if made["written"] else phrase("taken as it is")
    say(phrase("{file}: {how}", file=made["plant_file"], how=how))
    say(phrase("{folder}: made, log {origin}", folder=made["ledger"], origin=made["origin"]))


@click.command(epilog='Example: ccus log haifeng --by "shift A" --note "Absorber inspected, no leak."')
@plant_argument
@click.option(
    "--reading", "readings", nargs=3, multiple=True, metavar="TAG VALUE UNIT",
    help="A value read off a meter, in the meter's unit; once for each meter of a round.",
)  # fmt: skip
@click.option("--note", help="Words of the shift.")
@click.option("--lab", nargs=4, metavar="STREAM COMPONENT VALUE UNIT", help="A laboratory result; needs --sample.")
@click.option("--sample", help="Number of the laboratory's sample.")
@click.option("--method", default="", help="Method of the laboratory.")
@click.option("--makeup", nargs=2, metavar="CHEMICAL KG", help="Solvent or chemical added.")
@click.option("--decision", nargs=2, metavar="SUBJECT TEXT", help="A choice that moves a number; needs --reason.")
@click.option(
    "--plant-file", is_flag=True, help="Record the plant file as it is now; a changed one needs --reason, --since."
)
@click.option("--line", help="Line a note or make-up belongs to.")
@click.option("--reason", default="", help="Why.")
@click.option("--since", help="Time from which a changed plant file holds.")
@click.option("--list", "listing", type=click.IntRange(min=1), metavar="N", help="List the last N entries instead.")
@entry_options
def log(plant: Path, log: Path | None, as_json: bool, **given: object) -> None:
    """Keep one entry for PLANT: a reading, note, laboratory result, make-up, decision, or the plant file itself."""
    from ccus.log import tasks
    from ccus.log.session import session

    if given["listing"] is not None:
        tasks.list_entries(plant, log, int(str(given["listing"])), as_json)
        return
    if given["plant_file"]:
        tasks.record_plant_file(plant, log, given, as_json)
        return
    with session(plant, log) as opened:
        drafts, warnings = tasks.entries_of(opened, given)
        store(opened, drafts, as_json, warnings)


@click.command(
    epilog='Example: ccus correct haifeng reading-1 --set value=2210.5 --reason "Digits swapped." --by "shift A"'
)
@plant_argument
@click.argument("entry_id")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="A field that should read otherwise.")
@click.option("--time", "new_time", help="The time the entry should have spoken of.")
@click.option("--withdraw", is_flag=True, help="Take the entry back.")
@click.option("--restore", is_flag=True, help="Let an entry that was taken back stand again, as it stood before.")
@click.option("--reason", required=True, help="Why; it stands in every report beside both values.")
@entry_options
def correct(
    plant: Path, log: Path | None, entry_id: str, changes: tuple[str, ...], new_time: str | None, withdraw: bool,
    restore: bool, reason: str, author: str, at: str | None, fold: int | None, id: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Correct or withdraw ENTRY_ID by a new entry that names it. The old one stays."""
    from ccus.log import drafts
    from ccus.log.session import session

    with session(plant, log) as opened:
        moment = None if new_time is None else opened.time(new_time, fold, "--time")
        how = drafts.Change(changes, moment, withdraw, restore)
        body = drafts.correction(opened, drafts.id_of(opened, entry_id), how, reason)
        made = drafts.draft("correction", author, opened.time(at, fold, "--at"), body, id)
        store(opened, [made if id else drafts.renewed(opened, made)], as_json)


@click.command(epilog='Example: ccus outage haifeng --line amine --from 2025-03-14T08:00 --to 2025-03-14T16:00 --planned '
               '--cause "Absorber wash" --by "shift A"')  # fmt: skip
@plant_argument
@click.option("--line", help="Line that stands still; without one, the whole plant.")
@click.option("--from", "start", help="When it began or will begin.")
@click.option("--to", "end", help="When it ended or will end; left out while nobody knows.")
@click.option("--planned/--unplanned", "planned", default=None, help="Whether it was planned.")
@click.option("--cause", default="", help="What it is for.")
@click.option("--ends", help="Id of an earlier outage whose end this is; give --to with it.")
@entry_options
def outage(
    plant: Path, log: Path | None, line: str | None, start: str | None, end: str | None, planned: bool | None,
    cause: str, ends: str | None, author: str, at: str | None, fold: int | None, id: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Keep an outage of a line or the plant, planned or not, or the end of one."""
    from ccus.log import doubts, drafts
    from ccus.log.session import session

    _whole_outage(start, end, planned, ends)
    with session(plant, log) as opened:
        body = {
            "line": opened.line(line),
            "start": None if start is None else drafts.when(opened.time(start, fold, "--from")),
            "end": None if end is None else drafts.when(opened.time(end, fold, "--to")),
            "planned": planned,
            "cause": cause,
            "ends": ends,
        }
        made = drafts.draft("outage", author, opened.time(at, fold, "--at"), body, id)
        store(opened, [made], as_json, doubts.outage(opened, made))


def _whole_outage(start: str | None, end: str | None, planned: bool | None, ends: str | None) -> None:
    """What an outage cannot do without, in the words of its options."""
    if ends is None and start is None:
        raise click.UsageError("Missing option '--from': when the outage began or will begin (or --ends ID --to TIME).")
    if ends is None and planned is None:
        raise click.UsageError("Missing option '--planned' or '--unplanned'.")
    if ends is not None and end is None:
        raise click.UsageError("Missing option '--to': when the outage named by --ends ended.")
    if ends is not None and (start is not None or planned is not None):
        raise click.UsageError(
            "--ends takes --to alone; --from, --planned and --unplanned stand in the outage it names."
        )


@click.command(epilog='Example: ccus calibrate haifeng --tag FT601 --certificate C-17 --from 2025-03-01 --to 2026-03-01 '
               '--as-found 0.4 --as-left 0.1 --by "shift A"')  # fmt: skip
@plant_argument
@click.option("--tag", required=True, help="Meter.")
@click.option("--certificate", required=True, help="Number of the certificate or check sheet.")
@click.option("--from", "start", required=True, help="Time from which it is valid.")
@click.option("--to", "end", help="Time until which it is valid.")
@click.option("--as-found", type=float, help="Error before adjustment. [% of reading]")
@click.option("--as-left", type=float, help="Error after adjustment. [% of reading]")
@click.option("--laboratory", default="", help="Who calibrated.")
@entry_options
def calibrate(
    plant: Path, log: Path | None, tag: str, certificate: str, start: str, end: str | None, as_found: float | None,
    as_left: float | None, laboratory: str, author: str, at: str | None, fold: int | None, id: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Keep a calibration or check of a meter."""
    from ccus.log import drafts
    from ccus.log.session import session

    with session(plant, log) as opened:
        begin = opened.time(start, fold, "--from")
        body = {
            "tag": opened.meter(tag, begin.utc).tag,
            "certificate": certificate,
            "valid_from": drafts.when(begin),
            "valid_to": None if end is None else drafts.when(opened.time(end, fold, "--to")),
            "as_found_percent": as_found,
            "as_left_percent": as_left,
            "laboratory": laboratory,
        }
        made = drafts.draft("calibration", author, opened.time(at, fold, "--at"), drafts.forward(body), id)
        store(opened, [made], as_json)


@click.command(epilog='Example: ccus deliver haifeng --mass-t 24.62 --receiver "Gas works" --docket W-1031 '
               '--at 2025-03-14T10:05 --by "shift A"')  # fmt: skip
@plant_argument
@click.option("--mass-t", type=click.FloatRange(min=0), required=True, help="Mass by weigh bill. [t]")
@click.option("--receiver", required=True, help="Who received it.")
@click.option("--docket", required=True, help="Number of the weigh bill.")
@click.option("--fate", help="Id of a [[fate]] of the plant file.")
@click.option("--stream", help="Id of the delivery stream.")
@click.option("--co2-mass-percent", type=click.FloatRange(0, 100), help="CO2 by mass, if weighed with other gas. [%]")
@entry_options
def deliver(
    plant: Path, log: Path | None, mass_t: float, receiver: str, docket: str, fate: str | None, stream: str | None,
    co2_mass_percent: float | None, author: str, at: str | None, fold: int | None, id: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Keep a delivery of CO2 by truck, ship or pipe."""
    from ccus.log import doubts, drafts
    from ccus.log.session import session

    with session(plant, log) as opened:
        body = {
            "mass_t": mass_t,
            "receiver": receiver,
            "docket": docket,
            "fate": None if fate is None else opened.fate(fate),
            "stream": None if stream is None else opened.stream(stream),
            "co2_mass_percent": co2_mass_percent,
        }
        made = drafts.draft("delivery", author, opened.time(at, fold, "--at"), body, id)
        store(opened, [made], as_json, doubts.delivery(opened, made))


@click.command(epilog='Example: ccus tank haifeng --tank T1 --mass-t 118.4 --at 2025-03-14T00:00 --by "shift A"')
@plant_argument
@click.option("--tank", required=True, help="Id of a stream of kind tank.")
@click.option("--mass-t", type=click.FloatRange(min=0), required=True, help="CO2 in the tank. [t]")
@click.option("--level-percent", type=click.FloatRange(0, 100), help="Level as read. [%]")
@entry_options
def tank(
    plant: Path, log: Path | None, tank: str, mass_t: float, level_percent: float | None, author: str, at: str | None,
    fold: int | None, id: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Keep the contents of a tank at a moment."""
    from ccus.log import doubts, drafts
    from ccus.log.session import session

    with session(plant, log) as opened:
        body = {"tank": opened.tank(tank), "mass_t": mass_t, "level_percent": level_percent}
        made = drafts.draft("tank_level", author, opened.time(at, fold, "--at"), body, id)
        store(opened, [made], as_json, doubts.tank(opened, made))
