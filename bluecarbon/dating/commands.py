"""The command ``bluecarbon dating``."""

from __future__ import annotations

from typing import Any

import click


@click.command()
@click.argument("table", type=click.Path())
@click.option(
    "--model",
    type=click.Choice(["crs", "cfcs", "cic"]),
    required=True,
    help="Constant rate of supply, constant flux and sedimentation, or constant initial concentration.",
)
@click.option(
    "--decay-constant", type=float, help="Of ²¹⁰Pb per year, such as 0.03114; else the kept factor (0.03118)."
)
@click.option(
    "--supported",
    type=click.Choice(["ra226", "mean-ra226", "tail"]),
    default="ra226",
    show_default=True,
    help="²²⁶Ra of each section, their mean, or mean total ²¹⁰Pb from --tail-from down.",
)
@click.option("--tail-from", type=float, help="Depth in cm from which total ²¹⁰Pb is constant.")
@click.option(
    "--dated-to", type=float, help="Deepest depth in cm to date; else above the first section without excess."
)
@click.option(
    "--gaps",
    type=click.Choice(["refuse", "exponential"]),
    default="refuse",
    show_default=True,
    help="Sections without activity or density.",
)
@click.option(
    "--missing",
    default="tail",
    show_default=True,
    help="Inventory below the core for crs: tail, none or a number in Bq/m2.",
)
@click.option("--fit-from", type=float, help="Top in cm of the cfcs fit, to leave out a mixed layer.")
@click.option("--fit-to", type=float, help="Bottom in cm of the cfcs fit.")
@click.option("--weighted/--unweighted", default=False, show_default=True, help="Weight the cfcs fit by 1/var(ln C).")
@click.option("--years", type=float, default=100.0, show_default=True, help="Time frame of the mean accumulation.")
@click.option("--monte-carlo", "draws", type=int, default=0, help="Draws for age_low and age_high (95 %).")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--cs137-peak-year", type=float, help="Year of the ¹³⁷Cs peak, such as 1986; else 1963.")
@click.option("--cs137-between", type=float, nargs=2, help="Two depths in cm between which the peak lies.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write one row per section to this CSV.")
@click.option("--summary", type=click.Path(dir_okay=False), help="Write one row per core to this CSV.")
@click.option("--figure", type=click.Path(dir_okay=False), help="Write profile and age-depth picture (one core only).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--unit", "units", multiple=True, metavar="COLUMN=UNIT", help="Unit of a column whose header names none.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", help="Decimal sign of the file.")
@click.option("--encoding", default=None, help="Text encoding of the file where it is not UTF-8.")
def dating(table: str, **options: Any) -> None:
    """Ages and accumulation rates of every core in a table of ²¹⁰Pb sections.

    \b
    age [yr before coring, at depth_max], mass_accumulation [g cm-2 yr-1],
    sediment_accumulation [cm yr-1], carbon_accumulation [g C m-2 yr-1].

    A core with a fault is refused by name and the others are dated; exit status 1 says so.

    \b
    Example:
      bluecarbon dating dating.csv --model crs --decay-constant 0.03114 --out ages.csv
    """
    from bluecarbon.dating.run import run_dating

    run_dating(table, options)
