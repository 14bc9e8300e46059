"""The commands ``bluecarbon plan`` and ``bluecarbon strata``."""

from __future__ import annotations

from typing import Any

import click


@click.command()
@click.argument("strata_table", metavar="STRATA", type=click.Path())
@click.option(
    "--precision", type=float, default=10.0, show_default=True, help="Wanted half width in percent of the mean."
)
@click.option("--half-width", type=float, help="Wanted half width per hectare instead of a precision.")
@click.option("--level", type=float, default=90.0, show_default=True, help="Level of the interval in percent.")
@click.option("--plot-area", type=float, help="Area of one plot in ha, for strata that few plots fill.")
@click.option(
    "--allocation", type=click.Choice(["neyman", "proportional", "cost"]), default="neyman", show_default=True
)
@click.option("--least", type=click.IntRange(2), default=3, show_default=True, help="Plots per stratum at least.")
@click.option(
    "--cv", type=float, help="Coefficient of variation between plots in percent, for strata without sd or cv."
)
@click.option("--pilot", type=click.Path(), help="Samples of a pilot (see `bluecarbon strata`): they give mean and sd.")
@click.option("--value", "value_column", help="Column of the pilot that holds the value per hectare.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write the plan to this CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(strata_table: str, **options: Any) -> None:
    """How many plots a wanted precision takes, and how many in each stratum.

    \b
    Example:
      bluecarbon plan strata.csv --precision 10 --level 90 --plot-area 0.0154
    """
    from bluecarbon.sampling.run import run_plan

    run_plan(strata_table, options)


@click.command()
@click.argument("samples", type=click.Path())
@click.argument("strata_table", metavar="STRATA", type=click.Path())
@click.option("--value", "value_column", required=True, help="Column of SAMPLES that holds the value per hectare.")
@click.option(
    "--cluster", help="Column that names the plot, where several samples stand for one; else site_id and plot_id."
)
@click.option("--level", type=float, default=90.0, show_default=True, help="Level of the interval in percent.")
@click.option("--plot-area", type=float, help="Area of one plot in ha, for the finite population correction.")
@click.option(
    "--lonely",
    type=click.Choice(["refuse", "collapse"]),
    default="refuse",
    show_default=True,
    help="A stratum with one plot is refused, or borrows a variance from its collapse_with.",
)
@click.option("--shared-se", help="Column with the error that all plots share, such as carbon_total_se_model.")
@click.option("--discount", help="Rule for uncertainty: ar-tool14, vm0033-90, vm0033-95 or vm0007-90.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write the strata to this CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def strata(samples: str, strata_table: str, **options: Any) -> None:
    """Mean and total over strata from samples such as the output of `bluecarbon plots biomass`.

    \b
    Example:
      bluecarbon strata biomass.csv strata.csv --value carbon_total_t_c_ha --discount vm0033-90
    """
    from bluecarbon.sampling.run import run_strata

    run_strata(samples, strata_table, options)
