"""Options that contradict each other are wrong usage, not a fault of the data: exit 2."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

EXIT_USAGE = 2


@contextlib.contextmanager
def wrong_usage() -> Iterator[None]:
    """Tell the findings of a check of options as ever, and exit as click does for wrong usage.

    Raises
    ------
    click.exceptions.Exit
        With code 2, where the block refuses.
    """
    from methodology.base.errors import InputError
    from methodology.commandline import say

    try:
        yield
    except InputError as error:
        for finding in error.findings:
            say(finding, err=True)
        raise click.exceptions.Exit(EXIT_USAGE) from None
