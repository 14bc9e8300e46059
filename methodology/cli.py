"""`methodology`: guides, factors and their sources; explain, recompute and compare statements; run batches."""

from __future__ import annotations

import click

from methodology.commandline import LazyGroup, run

COMMANDS = {
    "guides": ("methodology.commands:guides", "List the guides and how sure we are of each."),
    "show": ("methodology.commands:show", "A guide, or one clause of it, with equations and rules."),
    "factors": ("methodology.commands:factors", "List factors with sources and marks; write a template."),
    "explain": ("methodology.commands:explain_line", "The path of a number down to files and factors."),
    "recompute": ("methodology.commands:recompute_file", "Compute every line of a statement again."),
    "compare": ("methodology.commands:compare_files", "Split the difference of two statements by cause."),
    "batch": ("methodology.batch_command:batch", "Many jobs into their reports and one portfolio."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bluecarbon-toolkit")
def cli() -> None:
    """How one accounts: guides, factors and their sources, and checks of statements.

    \b
    Example:
      methodology recompute out/survey/statement.json
    """


def main() -> None:
    """Entry point of the console script."""
    run(cli)


if __name__ == "__main__":
    main()
