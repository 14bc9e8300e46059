"""The command of the plant operator. Commands are imported when they run."""

from __future__ import annotations

import click

from methodology.commandline import LazyGroup, run

COMMANDS = {
    "backup": ("ccus.log.upkeep:backup", "Copy the log, also while it is written to, and verify the copy."),
    "calibrate": ("ccus.log.commands:calibrate", "Keep a calibration or check of a meter."),
    "correct": ("ccus.log.commands:correct", "Correct or withdraw an entry by a new one that names it."),
    "deliver": ("ccus.log.commands:deliver", "Keep a delivery of CO2."),
    "export": ("ccus.log.upkeep:export", "Write the whole log in plain files."),
    "import": ("ccus.commands:import_", "Import historian exports into the log."),
    "init": ("ccus.log.commands:init", "Make a commented plant file and an empty log."),
    "log": ("ccus.log.commands:log", "Keep a reading, note, laboratory result, make-up, decision or plant file."),
    "outage": ("ccus.log.commands:outage", "Keep an outage, planned or not, or the end of one."),
    "report": ("ccus.commands:report", "Write the report of a year, month or day."),
    "status": ("ccus.commands:status", "Where the year stands against the nameplate."),
    "tank": ("ccus.log.commands:tank", "Keep the contents of a tank."),
    "verify": ("ccus.log.upkeep:verify", "Hash every stored byte anew and name what is damaged, missing or swapped."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bluecarbon-toolkit")
def cli() -> None:
    """Accounting of a carbon capture plant: a log that loses nothing, and tonnes that can be defended.

    A first day:

    \b
      ccus init haifeng --name Haifeng --timezone Asia/Shanghai --nameplate 20000 \\
          --line amine amine 50 --line membrane membrane 20 --by "shift A"
      ccus log haifeng --note "solvent hazy" --by "shift A"
      ccus status haifeng
      ccus report haifeng --period 2025-03 --out report
    """


def main() -> None:
    """Entry point of the command line."""
    run(cli)


if __name__ == "__main__":
    main()
