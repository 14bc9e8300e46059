"""The commands `bluecarbon init`, `check` and `run`: parse, read, call, render."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command()
@click.argument("maps", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--units", type=click.Path(path_type=Path), help="File of reporting units.")
@click.option("--guide", default="ipcc-wetlands-2013", show_default=True, help="Guide to account by.")
def init(maps: tuple[Path, ...], units: Path | None, guide: str) -> None:
    """Look at maps and write a commented job file to standard output.

    What only you can know (what a class is, its soil, where a map looked) is left open and marked; nothing is guessed.

    \b
    Example:
      bluecarbon init sample_data/habitats_2015.gpkg sample_data/habitats_2023.gpkg > survey.toml
    """
    from bluecarbon.job_template import job_template

    click.echo(job_template(list(maps), units, guide), nl=False)


@click.command()
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def check(job: Path, as_json: bool) -> None:
    """Read a job and its maps and print all findings at once; compute nothing.

    Exit 0 if the job can run, 1 if something stops it.

    \b
    Example:
      bluecarbon check sample_data/survey.toml
    """
    from bluecarbon.inventory import check_survey
    from bluecarbon.job import load_job
    from methodology.base.errors import InputError
    from methodology.base.phrases import phrase
    from methodology.commandline import EXIT_FINDINGS, in_words, say

    try:
        found = list(check_survey(load_job(job), Progress(quiet=as_json)))
    except InputError as error:
        found = list(error.findings)
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in found], ensure_ascii=False, indent=1))
    else:
        for finding in sorted(found, key=lambda f: ("error", "warning", "note").index(f.severity)):
            click.echo(f"[{in_words(finding.severity)}] {in_words(finding)}")
        errors = sum(finding.severity == "error" for finding in found)
        stops = (
            phrase("it stops the job")
            if errors == 1 and len(found) == 1
            else phrase("{n} of them stop the job", n=errors)
        )
        count = phrase("{n} finding{s}; {stops}.", n=len(found), s="s" if len(found) != 1 else "", stops=stops)
        say(count if found else "No findings; the job can run.")
    if any(finding.severity == "error" for finding in found):
        sys.exit(EXIT_FINDINGS)


@click.command("run")
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the report."
)
@click.option("--draws", type=click.IntRange(1000, 1_000_000), default=10_000, show_default=True, help="Random draws.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the draws.")
@click.option(
    "--strict",
    is_flag=False,
    flag_value="value",
    type=click.Choice(["value", "interval"]),
    help="Refuse factors whose value (=interval: and interval) nobody confirmed from the printed source.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the headline numbers as JSON.")
def run_survey(job: Path, out: Path, lang: str, draws: int, seed: int, strict: str | None, as_json: bool) -> None:
    """Compute a job and write statement.json, report.html, worksheet.xlsx, lines.csv, layers and run.json.

    \b
    Example:
      bluecarbon run sample_data/survey.toml --out out/survey --lang zh
    """
    from bluecarbon.outputs import run_job

    progress = Progress(quiet=as_json)
    statement = run_job(job, out, lang, draws=draws, seed=seed, strict=strict, progress=progress)
    progress.done()
    if as_json:
        from methodology.summary import headline

        click.echo(json.dumps(headline(statement), ensure_ascii=False, indent=1))
        return
    from methodology.base.phrases import phrase
    from methodology.commandline import say
    from methodology.summary import summary_text

    click.echo(summary_text(statement, lang))
    click.echo()
    say(phrase("Written to {out}/: open report.html first.", out=out))


class Progress:
    """One line on stderr that is rewritten in a terminal and printed per step elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.terminal = sys.stderr.isatty()
        self.last = ""

    def __call__(self, what: str, share: float) -> None:
        from methodology.commandline import in_words

        if self.quiet:
            return
        if self.terminal:
            click.echo(f"\r\x1b[K{100 * share:4.0f} % {in_words(what)}", err=True, nl=False)
        elif what != self.last:
            click.echo(f"{in_words(what)} …", err=True)
        self.last = what

    def done(self) -> None:
        """Leave the cursor on a fresh line."""
        if self.terminal and self.last and not self.quiet:
            click.echo("\r\x1b[K", err=True, nl=False)
