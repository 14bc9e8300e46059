"""The command group ``bluecarbon plots``: biomass of plots of trees, downed wood, quadrats, increments, equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

SET_HELP = "Shipped set (komiyama-2005, chave-2005, smith-whelan-2006, south-china) or a CSV of your own."


@click.group()
def plots() -> None:
    """Plots of trees, downed wood and quadrats: biomass and carbon per hectare with their errors."""


def _reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--decimal", type=click.Choice([".", ","]), default=".", help="Decimal sign of the files."),
        click.option("--encoding", default=None, help="Text encoding of the files where it is not UTF-8."),
        click.option(
            "--unit", "units", multiple=True, metavar="COLUMN=UNIT", help="Unit of a column whose header names none."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _out_options(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)
    return click.option("--out", type=click.Path(dir_okay=False), help="Write the result to this CSV.")(function)


@plots.command()
@click.argument("trees", type=click.Path())
@click.argument("plot_table", metavar="PLOTS", type=click.Path())
@click.option("--equations", "equation_set", default="komiyama-2005", show_default=True, help=SET_HELP)
@click.option(
    "--allometries", type=click.Path(), help="CSV of your own equations, each a named form with coefficients."
)
@click.option("--place", default="", help="Chooses among factors that differ by place, such as Belize.")
@click.option(
    "--outside",
    type=click.Choice(["warn", "refuse"]),
    default="warn",
    show_default=True,
    help="Stems outside the range of their equation.",
)
@click.option(
    "--diameter-kind", help="Where diameters were taken, for rows that do not say: 'breast height', basal ..."
)
@click.option("--unstated-are", type=click.Choice(["alive", "dead"]), help="State of stems that do not say.")
@click.option("--unknown-decay-class", type=click.IntRange(1, 3), help="Class of dead stems that do not say.")
@click.option("--dead-roots", type=click.Choice(["none", "full"]), default="none", show_default=True)
@click.option(
    "--broken-trunks",
    type=click.Choice(["factor", "cone"]),
    default="factor",
    show_default=True,
    help="Decay class 3 by its factor, or as a truncated cone where base and height are measured.",
)
@click.option("--cone-top", type=click.Choice(["taper", "dbh"]), default="taper", show_default=True)
@click.option("--model-error", type=float, help="Relative standard error shared by all uses of one equation.")
@click.option("--diameter-se", type=float, help="Standard error of one diameter reading in cm.")
@click.option("--height-se", type=float, help="Standard error of one height reading in m.")
@click.option("--compare", is_flag=True, help="Also show the mean carbon under every shipped equation set.")
@click.option("--figure", type=click.Path(dir_okay=False), help="Write biomass by species as PNG, SVG or PDF.")
@click.option("--wood", type=click.Path(), help="Downed wood of the same plots, a table as `plots wood` takes.")
@click.option(
    "--growth",
    type=click.Path(dir_okay=False),
    help="Write growth, ingrowth and mortality of plots visited twice, by the tags of their trees, to this CSV.",
)
@_out_options
@_reading_options
def biomass(
    trees: str, plot_table: str, equation_set: str, out: str | None, as_json: bool, figure: str | None,
    growth: str | None, wood: str | None, decimal: str, encoding: str | None, units: tuple[str, ...], **options: Any,
) -> None:  # fmt: skip
    """Biomass and carbon of every plot from a list of stems.

    \b
    Example:
      bluecarbon plots biomass trees.csv plots.csv --diameter-kind "breast height" --out biomass.csv
    """
    from bluecarbon.vegetation.run import run_biomass

    reading = {"decimal": decimal, "encoding": encoding, "units": units}
    run_biomass(
        trees,
        plot_table,
        equation_set,
        {**options, "growth": growth, "wood": wood},
        out=out,
        as_json=as_json,
        figure=figure,
        reading=reading,
    )


@plots.command()
@click.option("--species", default="", help="Only equations for this species, its genus or any.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def equations(species: str, as_json: bool) -> None:
    """List the shipped equations with range, place, source and marks.

    \b
    Example:
      bluecarbon plots equations --species "Kandelia obovata"
    """
    from bluecarbon.vegetation.run import run_equations

    run_equations(species, as_json)


@plots.command()
@click.argument("table", type=click.Path())
@_out_options
@_reading_options
def wood(table: str, out: str | None, as_json: bool, **reading: Any) -> None:
    """Downed wood of every plot by line intercept.

    \b
    Example:
      bluecarbon plots wood wood.csv --out downed.csv
    """
    from bluecarbon.vegetation.run_pools import run_wood

    run_wood(table, reading, out=out, as_json=as_json)


@plots.command()
@click.argument("table", type=click.Path())
@_out_options
@_reading_options
def quadrats(table: str, out: str | None, as_json: bool, **reading: Any) -> None:
    """Biomass and carbon of marsh, seagrass or litter quadrats, above and below ground apart.

    \b
    Example:
      bluecarbon plots quadrats quadrats.csv --out quadrat_carbon.csv
    """
    from bluecarbon.vegetation.run_pools import run_quadrats

    run_quadrats(table, reading, out=out, as_json=as_json)


@plots.command()
@click.argument("biomass_csv", metavar="BIOMASS", type=click.Path())
@_out_options
def increments(biomass_csv: str, out: str | None, as_json: bool) -> None:
    """Yearly change between two visits of the same plots, from the output of `plots biomass`.

    \b
    Example:
      bluecarbon plots increments biomass.csv --out increments.csv
    """
    from bluecarbon.vegetation.run_pools import run_increments

    run_increments(biomass_csv, out=out, as_json=as_json)
