"""What the three commands share: commands imported only when called, and errors a person can act on."""

from __future__ import annotations

import importlib
import json
import os
import sys
import unicodedata
from collections.abc import Mapping

import click

from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase, told

EXIT_FINDINGS = 1
EXIT_USAGE = 2


def language() -> str:
    """Language of a terminal: --lang or --report where given, else LC_ALL, LC_MESSAGES or LANG; "en" or "zh"."""
    for given, after in zip(sys.argv[1:], [*sys.argv[2:], ""], strict=False):
        name, _, value = given.partition("=")
        if name in ("--lang", "--report"):
            return "zh" if (value or after) == "zh" else "en"
    stated = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if stated.startswith("zh") else "en"


def in_words(text: str | Finding) -> str:
    """A phrase, a plain text or a finding in the language of the terminal."""
    return text.told(language()) if isinstance(text, Finding) else told(text, language())


def say(text: str | Finding, err: bool = False) -> None:
    """Print a phrase, a plain text or a finding in the language of the terminal."""
    click.echo(in_words(text), err=err)


def width_of(text: str) -> int:
    """Terminal columns of a text; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


class LazyGroup(click.Group):
    """A command group whose commands are imported only when they run or show their own help.

    Parameters
    ----------
    lazy : mapping of name to (target, short help)
        Target is ``"package.module:attribute"``. The short help stands here so that ``--help`` imports nothing.
    """

    def __init__(self, *args: object, lazy: Mapping[str, tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy)

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*self.lazy, *super().list_commands(context)})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.lazy:
            return super().get_command(context, name)
        module, attribute = self.lazy[name][0].split(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self._short_help(context, name)) for name in self.list_commands(context)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _short_help(self, context: click.Context, name: str) -> str:
        if name in self.lazy:
            return self.lazy[name][1]
        command = super().get_command(context, name)
        return command.get_short_help_str(90) if command else ""


def run(group: click.Group) -> None:
    """Run a command line: findings go to stderr and exit 1, wrong usage exits 2, an interrupt says so.

    With ``--json`` the findings stand on standard output too, as ``{"findings": [...]}``, for a program that called.
    """
    # A stray PROJ or GDAL data folder of another program makes coordinate look-ups fail or, worse, differ.
    for name in ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA"):
        os.environ.pop(name, None)
    try:
        result = group.main(standalone_mode=False)
        if isinstance(result, int):  # the code of context.exit(), which click returns in this mode
            sys.exit(result)
    except InputError as error:
        if "--json" in sys.argv[1:]:
            click.echo(json.dumps({"findings": [f.as_dict() for f in error.findings]}, ensure_ascii=False, indent=1))
        for finding in error.findings:
            say(finding, err=True)
        n = len(error.findings)
        say(phrase("{n} finding{s} to mend.", n=n, s="s" if n != 1 else ""), err=True)
        sys.exit(EXIT_FINDINGS)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.Abort:
        say("Interrupted; nothing was left half written.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except BrokenPipeError:
        sys.exit(0)
