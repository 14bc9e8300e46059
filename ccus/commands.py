"""The commands `ccus import`, `status` and `report`: parse, read, call, render."""

from __future__ import annotations

from pathlib import Path

import click

from ccus.log.options import PATH, note, plant_argument, show_json
from methodology.base.phrases import phrase
from methodology.commandline import in_words, language, say

MOST_FINDINGS = 20


@click.command("import", epilog='Example: ccus import haifeng export_2025-07.csv --by "shift A"')
@plant_argument
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--by", "author", help="Who vouches for the import.  [required unless --propose]")
@click.option("--mapping", type=PATH, help="TOML file whose [tags] gives columns their tags.")
@click.option("--propose", is_flag=True, help="Write a first mapping for FILES to standard output; store nothing.")
@click.option(
    "--meters", type=PATH, help="With --propose: append drafts of new meters to this file, as the plant file."
)
@click.option("--fold", type=click.IntRange(0, 1), help="Which of two equal local times is meant: 0 first, 1 second.")
@click.option(
    "--time-format",
    help="Form of time stamps that begin with day or month, as '%d/%m/%Y %H:%M'; excel for a spreadsheet's day numbers.",
)
@click.option(
    "--decimal", type=click.Choice(["point", "comma"]), help="Mark of decimals, where the file leaves it open."
)
@click.option(
    "--empty", type=click.Choice(["missing", "unchanged"]), default="missing", show_default=True,
    help="What an empty cell means: a lost reading, or nothing new stored.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def import_(
    plant: Path, log: Path | None, files: tuple[Path, ...], author: str | None, mapping: Path | None, propose: bool,
    meters: Path | None, fold: int | None, time_format: str | None, decimal: str | None, empty: str, as_json: bool,
) -> None:  # fmt: skip
    """Import historian exports FILES (CSV, XLSX, bulk Parquet) into the log of PLANT.

    Every column must have a known meter, unit and state, or nothing is stored and all findings are printed. The same
    file twice changes nothing.
    """
    from ccus.importers.historian import Reading
    from ccus.importers.storing import keep_export, prepare_export, read_mapping
    from ccus.log.session import session

    mark = None if decimal is None else {"point": ".", "comma": ","}[decimal]
    how = Reading(None, fold, time_format, empty == "missing", mark)
    if propose:
        _propose(plant, files, how, meters)
        return
    if not author:
        raise click.UsageError("Missing option '--by': who vouches for this import.")
    with session(plant, log) as opened:
        tags = read_mapping(mapping)
        prepared = [prepare_export(opened, path, tags, how) for path in files]
        done = [keep_export(opened, one, author) for one in prepared]
    if as_json:
        show_json([item.__dict__ | {"findings": [f.as_dict() for f in item.findings]} for item in done])
        return
    for path, item in zip(files, done, strict=True):
        _say_findings(list(item.findings))
        what = phrase(
            "{n:,} readings of {meters} meters, {start} to {end}",
            n=item.readings, meters=len(item.tags), start=item.start, end=item.end,
        )  # fmt: skip
        kept = (
            phrase("kept and synced as {entry}", entry=item.entry)
            if item.changed
            else phrase("stands already as {entry}; nothing changed", entry=item.entry)
        )
        say(phrase("{file}: {what}; {kept}.", file=path.name, what=what, kept=kept))
        if item.withdrawn:
            note(phrase("it was withdrawn; let it stand again with: ccus correct PLANT {id} --restore", id=item.entry))


def _propose(plant: Path, files: tuple[Path, ...], how: object, meters: Path | None) -> None:
    from dataclasses import replace

    from ccus.importers.historian import read_export
    from ccus.importers.proposal import drafts_of, mapping_of, next_steps
    from ccus.log.session import plant_file
    from ccus.plant.reading import load_plant

    known = load_plant(plant_file(plant))
    for path in files:
        export = read_export(path, replace(how, zone=known.zone))
        drafts = drafts_of(export, known)
        click.echo(mapping_of(export, known) + ("" if meters else drafts), nl=False)
        if meters and drafts:
            with meters.open("a", encoding="utf-8") as file:
                file.write(drafts)
        click.echo(next_steps(export, known, str(plant), str(path), meters is not None), err=True)


def _say_findings(findings: list) -> None:
    for finding in findings[:MOST_FINDINGS]:
        click.echo(f"[{in_words(finding.severity)}] {in_words(finding)}", err=True)
    if len(findings) > MOST_FINDINGS:
        say(phrase("and {n} more; --json lists all", n=len(findings) - MOST_FINDINGS), err=True)


@click.command(epilog="Example: ccus status haifeng")
@plant_argument
@click.option("--at", "at", help="Look at the log as of this time instead of now.")
@click.option(
    "--atmosphere",
    type=click.FloatRange(50, 110),
    help="Air pressure for gauge meters, in place of the plant file's. [kPa]",
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language.  [default: that of the terminal]")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def status(
    plant: Path, log: Path | None, at: str | None, atmosphere: float | None, lang: str | None, as_json: bool
) -> None:
    """Where PLANT stands: today, month, year against the nameplate, expected year's end, warnings."""
    from ccus.log.session import session
    from ccus.status import as_json as plain
    from ccus.status import stand_of
    from ccus.status_text import as_text

    with session(plant, log) as opened:
        for warning in opened.warnings:
            note(warning)
        stand = stand_of(opened.ledger, opened.time(at, place="--at").utc, atmosphere)
    if as_json:
        show_json(plain(stand))
    else:
        click.echo(as_text(stand, lang or language()))


@click.command(epilog="Example: ccus report haifeng --period 2025-03 --out out/haifeng-2025-03 --lang zh")
@plant_argument
@click.option("--period", required=True, help="A year, month or day of the plant's zone: 2025, 2025-03, 2025-03-14.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
@click.option(
    "--show", "chosen", multiple=True, type=click.Choice(["eu-mrr", "us-part-75"]),
    help="A regulator's substitution rule to show beside the headline; it never enters it.",
)  # fmt: skip
@click.option(
    "--certified",
    type=click.FloatRange(0),
    default=0.0,
    help="Certified power beside the plant file's certificates. [MWh]",
)
@click.option(
    "--atmosphere",
    type=click.FloatRange(50, 110),
    help="Air pressure for gauge meters, in place of the plant file's. [kPa]",
)
@click.option("--head", "kept", type=PATH, help="A head kept elsewhere; the log must begin with what it covered.")
@click.option("--factors", type=PATH, help="Factor table of your own, asked before the toolkit's.")
@click.option("--draws", type=click.IntRange(1000, 1_000_000), default=10_000, show_default=True, help="Random draws.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the draws.")
@click.option("--json", "as_json", is_flag=True, help="Print the headline numbers as JSON.")
def report(plant: Path, log: Path | None, lang: str, out: Path, as_json: bool, **given: object) -> None:
    """Account for a period of PLANT and write statement.json, report.html, worksheet.xlsx, lines.csv and the tables."""
    from ccus.inventory.outputs import Choices, run_report

    statement = run_report(plant, out, lang, Choices(log=log, **given))  # type: ignore[arg-type]
    if as_json:
        from methodology.summary import headline

        show_json(headline(statement))
        return
    from methodology.summary import summary_text

    click.echo(summary_text(statement, lang))
    click.echo()
    say(phrase("Written to {out}/: open report.html first.", out=out))
