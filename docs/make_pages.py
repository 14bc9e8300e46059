"""Makes the reference pages of the docs from the program itself: commands, guides, factors, finding codes.

Run: ``python docs/make_pages.py``. A test fails when a page is older than what it describes.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from methodology.base.errors import code_titles
from methodology.formula import readable
from methodology.guides.registry import all_equations, guide_ids, known_sources, load_guide

FOLDER = Path(__file__).parent
NOTE = "<!-- Made by docs/make_pages.py; do not edit by hand. -->\n\n"


def commands_page() -> str:
    """Help of every command, under its full name."""
    out = ["# Commands\n"]
    for package in ("bluecarbon", "ccus", "methodology"):
        group = import_module(f"{package}.cli").cli
        out += _command(group, package)
        for name in group.list_commands(click.Context(group)):
            command = group.get_command(click.Context(group), name)
            out += _command(command, f"{package} {name}")
            if isinstance(command, click.Group):
                for inner in command.list_commands(click.Context(command)):
                    out += _command(command.get_command(click.Context(command), inner), f"{package} {name} {inner}")
    return NOTE + "\n".join(out)


def _command(command: click.Command, name: str) -> list[str]:
    asked = ["-h", "--help"]  # as the groups have it
    context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100, help_option_names=asked)
    return [f"## `{name}`\n", "```text", command.get_help(context).rstrip(), "```\n"]


def guides_page() -> str:
    """Each guide: its face, clauses, rules and equations."""
    out = ["# Guides\n", "What each guide says of itself, and every equation in the form it is computed.\n"]
    for guide_id in guide_ids():
        guide = load_guide(guide_id)
        out += [f"## `{guide_id}`\n", f"{guide.text['title']['en']} · {guide.text['title']['zh']}\n"]
        if guide.text.get("notice"):
            out += [f"> {guide.text['notice']['en']}\n>\n> {guide.text['notice']['zh']}\n"]
        for clause in guide.clauses:
            out.append(
                f"**{clause['number']}** {clause['title']['en']} ({'text read' if clause.get('text_read') else 'text not read'})\n"
            )
            out += [f"- {rule['en']}" for rule in clause.get("rules", [])]
            out.append("")
        equations = {name: eq for name, eq in all_equations().items() if eq.guide == guide_id}
        if equations:
            out += ["| equation | meaning | form | result |", "|---|---|---|---|"]
            for eq in equations.values():
                meaning = eq.text.splitlines()[0].replace("|", "\\|")
                out.append(f"| {eq.number} `{eq.name}` | {meaning} | {readable(eq)} | {eq.returns} |")
            out.append("")
    return NOTE + "\n".join(out)


def factors_page() -> str:
    """Every factor row with source and marks."""
    out = ["# Factors\n", "Values as printed. Marks (value / interval): read, reported, recalled, local.\n"]
    sources = known_sources()
    for guide_id in guide_ids():
        factors = load_guide(guide_id).factors.factors
        if not factors:
            continue
        out += [
            f"## `{guide_id}`\n",
            "| id | quantity | as printed | distribution | source | marks |",
            "|---|---|---|---|---|---|",
        ]
        for f in factors:
            marks = f"{f.value_status} / {f.interval_status or '–'}"
            out.append(
                f"| {f.id} | {f.quantity} | {f.printed} | {f.distribution} | {f.source}, {f.locator} | {marks} |".replace(
                    "||", "| |"
                )
            )
        out.append("")
    out += ["## Sources\n", "| key | citation | access |", "|---|---|---|"]
    out += [f"| {key} | {row['citation'].replace('|', '/')} | {row['access']} |" for key, row in sources.items()]
    return NOTE + "\n".join(out) + "\n"


def codes_page() -> str:
    """Every finding code with its title in both languages."""
    out = ["# Findings\n", "| code | English | 中文 |", "|---|---|---|"]
    for package in ("bluecarbon", "ccus", "methodology"):
        out += [f"| {code} | {title['en']} | {title['zh']} |" for code, title in sorted(code_titles(package).items())]
    return NOTE + "\n".join(out) + "\n"


PAGES = {
    "commands.md": commands_page,
    "guides.md": guides_page,
    "factors.md": factors_page,
    "findings.md": codes_page,
}


def main(folder: Path = FOLDER) -> None:
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
