"""Commands of the core laboratory: ``bluecarbon cores stock`` and ``bluecarbon cores rate``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

READABLE = click.Path(dir_okay=False, path_type=Path)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options every command has that reads core tables."""
    options = [
        click.option("--cores", "cores_file", type=READABLE, help="Core list of the network (habitat, year, position)."),
        click.option("--methods", "methods_file", type=READABLE, help="Methods table of the network."),
        click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True,
                     help="Decimal sign of the files; a comma is never assumed."),
        click.option("--unit", "units", multiple=True, metavar="COLUMN=UNIT",
                     help="Unit of a column, where the header does not say it: --unit dry_bulk_density=kg/m3."),
        click.option("--sheet", help="Sheet of a workbook."),
        click.option("--encoding", help="Text encoding, where it is not UTF-8."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def sources_of(table: Path, given: dict[str, Any]) -> Any:
    """`bluecarbon.cores.loading.Sources` from the options of a command."""
    from bluecarbon.cores.loading import Sources

    units = {}
    for text in given["units"]:
        name, separator, unit = text.partition("=")
        if not separator:
            raise click.BadParameter(f"{text!r} is not COLUMN=UNIT", param_hint="--unit")
        units[name.strip()] = unit.strip()
    names = ("decimal", "sheet", "encoding")
    return Sources(
        table, given["cores_file"], given["methods_file"], units=units, **{name: given[name] for name in names}
    )


@click.group()
def cores() -> None:
    """Carbon stocks and burial rates from sediment cores."""


@cores.command()
@click.argument("table", type=READABLE)
@click.option("--depth", "depth_cm", type=float, default=100.0, show_default=True, help="Depth to integrate to, cm.")
@click.option(
    "--beyond",
    type=click.Choice(["none", "last-layer", "line", "exponential"]),
    default="none",
    show_default=True,
    help="Profile below the bottom of cores that end above the depth.",
)
@click.option(
    "--level",
    type=click.Choice(["0.8", "0.9", "0.95"]),
    default="0.9",
    show_default=True,
    help="Nominal coverage of low and high.",
)
@click.option(
    "--gaps",
    type=click.Choice(["midpoint", "refuse"]),
    default="midpoint",
    show_default=True,
    help="Depths without a slice: shared half and half by the neighbours, or refused.",
)
@click.option(
    "--most-extrapolated",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="Refuse a core of whose stock a larger share lies below its bottom.",
)
@click.option(
    "--most-interpolated",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="Refuse a core that has no slice in a larger share of its depth.",
)
@click.option(
    "--depths",
    type=click.Choice(["in-tube", "in-ground"]),
    help="Where compaction is given: whether depths are still those in the tube.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV to write; otherwise it is printed.")
@table_options
def stock(
    table: Path, depth_cm: float, beyond: str, level: str, gaps: str, most_extrapolated: float,
    most_interpolated: float, depths: str | None, out: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Organic carbon of every core in TABLE down to a depth, t C/ha.

    A core with a fault is refused by name and the others are worked out; exit status 1 says that this happened.

    Example: bluecarbon cores stock slices.csv --depth 100 --beyond last-layer --out stocks.csv
    """
    from bluecarbon.cores.chain import StockOptions
    from bluecarbon.cores.results import stock_results

    in_tube = None if depths is None else depths == "in-tube"
    options = StockOptions(depth_cm, beyond, float(level), gaps, most_extrapolated, in_tube, most_interpolated)
    _deliver(*stock_results(sources_of(table, given), options), out)


@cores.command()
@click.argument("table", type=READABLE)
@click.option("--years", type=float, default=100.0, show_default=True, help="Time frame before coring, years.")
@click.option(
    "--level",
    type=click.Choice(["0.8", "0.9", "0.95"]),
    default="0.9",
    show_default=True,
    help="Nominal coverage of low and high.",
)
@click.option(
    "--ybp-zero",
    type=int,
    help="Calendar year that ages 'YBP' count from: 1950 (radiocarbon) or 1960 "
    "(the network's dictionary). Ages YBP are refused without it.",
)
@click.option(
    "--depths",
    type=click.Choice(["in-tube", "in-ground"]),
    help="Where compaction is given: whether depths are still those in the tube.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV to write; otherwise it is printed.")
@table_options
def rate(
    table: Path, years: float, level: str, ybp_zero: int | None, depths: str | None, out: Path | None, **given: Any
) -> None:
    """Mean organic carbon burial of every dated core in TABLE over the last years, t C/ha/yr.

    Ages are those at the lower edge of a slice. A core that does not reach back far enough has no rate: nothing is
    extrapolated in time.

    Example: bluecarbon cores rate slices.csv --years 100 --out rates.csv
    """
    from bluecarbon.cores.rate import RateOptions
    from bluecarbon.cores.results import rate_results

    in_tube = None if depths is None else depths == "in-tube"
    _deliver(*rate_results(sources_of(table, given), RateOptions(years, float(level), ybp_zero, in_tube)), out)


def _deliver(text: str, summary: list[str], refused: int, out: Path | None) -> None:
    """Write or print the table, tell the rest on stderr, and end with 1 if a core was refused."""
    from methodology.base.files import written_whole

    if out is None:
        click.echo(text, nl=False)
    else:
        with written_whole(out) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for line in summary:
        click.echo(line, err=True)
    if refused:
        sys.exit(1)
