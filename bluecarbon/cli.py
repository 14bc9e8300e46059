"""`bluecarbon`: survey maps, plots and cores in; areas, stocks, sequestration, change and reports out."""

from __future__ import annotations

import click

from methodology.commandline import LazyGroup, run

COMMANDS = {
    "init": ("bluecarbon.commands:init", "Look at maps and write a commented job file to finish."),
    "check": ("bluecarbon.commands:check", "Say everything that stops a job, at once."),
    "run": ("bluecarbon.commands:run_survey", "Compute a job and write statement, report, workbook and layers."),
    "accuracy": ("bluecarbon.accuracy.commands:accuracy", "Areas that admit the map's error, from validation points."),
    "project": ("bluecarbon.projection.commands:project", "Stocks through time from snapshots of classes."),
    "template": ("bluecarbon.tables.commands:template", "Write a field table to fill in."),
    "check-table": ("bluecarbon.tables.commands:check_table", "Say everything that is wrong with a field table."),
    "cores": ("bluecarbon.cores.commands:cores", "Stocks and rates of sediment cores."),
    "dating": ("bluecarbon.dating.commands:dating", "Ages and accumulation rates from ²¹⁰Pb."),
    "plots": ("bluecarbon.vegetation.commands:plots", "Biomass of plots from tree lists."),
    "strata": ("bluecarbon.sampling.commands:strata", "Means and totals over strata from samples."),
    "plan": ("bluecarbon.sampling.commands:plan", "How many samples a wanted precision takes."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bluecarbon-toolkit")
def cli() -> None:
    """Account for blue carbon: from survey maps and field data to a statement that a stranger can check.

    A first job:

    \b
      bluecarbon init map_2015.gpkg map_2023.gpkg > survey.toml
      bluecarbon check survey.toml
      bluecarbon run survey.toml --out report
    """


def main() -> None:
    """Entry point of the console script."""
    run(cli)


if __name__ == "__main__":
    main()
