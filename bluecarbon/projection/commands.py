"""The command ``bluecarbon project``: parse, read, call, render."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from methodology.commandline import in_words

MODELS = ("default", "invest-3.20")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="project", short_help="Carbon stocks through time from a series of class maps.")
@click.option("--snapshots", type=FILE, required=True, help="Table of maps: snapshot_year, raster_path.")
@click.option("--classes", type=FILE, required=True, help="Table of classes with their carbon factors.")
@click.option("--transitions", type=FILE, help="Table of actions: class left (rows) by class that comes (columns).")
@click.option("--until", type=int, help="End year; the last map's year where it is left out.")
@click.option("--model", type=click.Choice(MODELS), default=MODELS[0], show_default=True, help="Which arithmetic.")
@click.option("--zones", type=FILE, help="Zones wanted apart: polygons, or a raster of numbers.")
@click.option("--zone-field", help="Column of the zones file with the zones' names.")
@click.option("--zone-rule", type=click.Choice(["centre", "coverage"]), default="centre", show_default=True,
              help="Cells on a border: to the zone of their centre, or shared by exact coverage.")  # fmt: skip
@click.option("--zone-overlaps", type=click.Choice(["first", "last"]),
              help="Zone of the file that keeps ground of two; without it only slivers are settled.")  # fmt: skip
@click.option("--unit", type=click.Choice(["t_CO2e/ha", "t_C/ha"]), help="Unit of stocks in the class table.")
@click.option("--encoding", help="Encoding of CSV tables that are not UTF-8, such as gb18030.")
@click.option(
    "--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Decimal sign of tables."
)
@click.option("--price", type=float, help="Price in the first year [currency/t CO2e].")
@click.option("--price-change", type=float, default=0.0, show_default=True, help="Yearly change of the price [%].")
@click.option("--price-table", type=FILE, help="Table of prices by year, in place of --price: year, price.")
@click.option("--discount", type=float, help="Yearly discount rate [%]; needed with a price.")
@click.option("--gwp", help="GWP set for methane and nitrous oxide, such as AR5-100; without it they stay in t of gas.")
@click.option("--accuracy", type=FILE, help="accuracy.json of `bluecarbon accuracy`: areas are corrected by it.")
@click.option("--accuracy-date", help="Year of the map that was checked, or START-END where its classes are changes.")
@click.option("--rates", type=FILE, help="Scenario after the last map: from, to, rate (share of the class per year).")
@click.option("--rate-step", type=int, default=1, show_default=True, help="Years between changes of a scenario.")
@click.option("--compare", is_flag=True, help="Add difference.csv: the gap to the peer's model, split by its defects.")
@click.option("--draws", type=click.IntRange(1000, 1_000_000), default=10_000, show_default=True, help="Random draws.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the draws.")
@click.option("--report", type=click.Choice(["en", "zh"]), help="Write report.html in this language, with pictures.")
@click.option("--no-statement", is_flag=True, help="Tables only: no statement.json, no intervals.")
@click.option("--no-resample", is_flag=True, help="Refuse maps on different grids.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Threads that count cells.")
@click.option("--template", is_flag=True, help="Write a transition table from what the maps contain, then stop.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for results.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_context
def project(context: click.Context, **options: object) -> None:
    """Carbon stocks, accumulation and emission through time, by class, change, zone and pool.

    The peer's tables (InVEST Coastal Blue Carbon) are read as they are. The default model balances to the last
    digit; --model invest-3.20 gives the peer's own figures, defects and all, for comparison.

    \b
    Example:
      bluecarbon project --snapshots snapshots.csv --classes biophysical.csv --template --out start
      bluecarbon project --snapshots snapshots.csv --classes biophysical.csv \\
          --transitions start/transitions.csv --until 2050 --out result
    """
    from bluecarbon.projection.job import Choices, check_choices, run, write_template
    from bluecarbon.usage import wrong_usage

    choices = Choices(**{name: value for name, value in options.items() if name not in ("template", "as_json")})
    with wrong_usage():
        check_choices(choices)
    progress = _Progress()
    if options["template"]:
        for line in write_template(choices, progress, _tell):
            click.echo(line)
        return
    outcome = run(choices, progress, _tell)
    for finding in outcome.findings:
        _tell(finding)
    click.echo(outcome.json if options["as_json"] else outcome.text)


def _tell(finding: object) -> None:
    click.echo(f"{in_words(finding.severity)}: {in_words(finding)}", err=True)


class _Progress:
    """One line on stderr, in a terminal: what is done, the share of it and the time left."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.what, self.start, self.first = "", 0.0, 0.0

    def __call__(self, what: str, share: float) -> None:
        if not self.shown:
            return
        now = time.monotonic()
        if what != self.what:  # a resumed count does not begin at zero
            self.what, self.start, self.first = what, now, share
        left = time_left(now - self.start, share - self.first, 1 - share)
        click.echo(f"\r\x1b[K{in_words(what)} {100 * share:5.1f} %{in_words(left)}", nl=share >= 1, err=True)


def time_left(spent_s: float, done: float, open_: float) -> str:
    """Time left at the pace so far, in words; nothing while there is no pace to go by or nothing is left."""
    if done <= 0 or open_ <= 0 or spent_s < 1:
        return ""
    from methodology.base.phrases import phrase

    left_s = spent_s / done * open_
    if left_s >= 90:
        return phrase(", about {left:.0f} min left", left=left_s / 60)
    return phrase(", about {left:.0f} s left", left=left_s)
