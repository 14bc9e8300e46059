"""The commands of `methodology`: parse, read, call, render."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from methodology.base.phrases import phrase
from methodology.commandline import in_words, language, say

if TYPE_CHECKING:
    from methodology.reporting.wording import Words

CAUSES_SAID = {
    "areas": "areas", "activity_data": "activity data", "factors": "factors", "rules": "rules", "gwp": "gwp",
}  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_SPOKEN = click.option("--lang", type=click.Choice(["en", "zh"]), help="Language.  [default: that of the terminal]")
_LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")


def _print_json(data: object) -> None:
    from methodology.base.files import canonical_json

    click.echo(canonical_json(data), nl=False)


@click.command()
@_LANG
@_JSON
def guides(lang: str, as_json: bool) -> None:
    """List the guides and whether their text could be read.

    \b
    Example:
      methodology guides
    """
    from methodology.guides.registry import guide_ids, load_guide

    faces = [load_guide(name).face for name in guide_ids()]
    if as_json:
        return _print_json(faces)
    for face in faces:
        read = {True: "text read", False: "text NOT read"}[face["text_read"]]
        click.echo(f"{face['id']:<22} {face['title'][lang]}  [{read}]")
    return None


@click.command()
@click.argument("guide")
@click.argument("clause", required=False)
@_LANG
@_JSON
def show(guide: str, clause: str | None, lang: str, as_json: bool) -> None:
    """Show a guide, or one clause of it, with its equations and rules.

    \b
    Example:
      methodology show ipcc-wetlands-2013 4.2.3
    """
    from methodology.formula import readable
    from methodology.guides.registry import find_clause, load_guide

    found = load_guide(guide)
    clauses = [find_clause(found, clause)] if clause else found.clauses
    if as_json:
        return _print_json({"guide": found.face, "clauses": clauses})
    click.echo(found.text["title"][lang])
    if found.text.get("notice"):
        click.echo(f"\n{found.text['notice'][lang]}")
    equations = found.equations()
    for entry in clauses:
        mark = "" if entry.get("text_read") else "  [text not read]"
        click.echo(f"\n{entry['number']}  {entry['title'][lang]}{mark}")
        for rule in entry.get("rules", []):
            click.echo(f"  - {rule[lang]}")
        for equation in equations.values():
            if equation.number in entry.get("equations", []):
                click.echo(f"  ({equation.number}) {equation.name} = {readable(equation)}   [{equation.returns}]")
                click.echo(f"      {equation.text.splitlines()[0]}")
    return None


@click.group(invoke_without_command=True)
@click.option("--guide", help="Only factors of this guide.")
@click.option("--habitat", help="Only factors that apply to this habitat.")
@click.option("--quantity", help="Only factors of this quantity.")
@_JSON
@click.pass_context
def factors(
    context: click.Context, guide: str | None, habitat: str | None, quantity: str | None, as_json: bool
) -> None:
    """List factors with value, source and marks.

    \b
    Example:
      methodology factors --habitat seagrass
    """
    if context.invoked_subcommand:
        return None
    from methodology.guides.registry import guide_ids, load_guide

    rows = []
    for name in [guide] if guide else guide_ids():
        for factor in load_guide(name).factors.all():
            applies = factor.applies.get("habitat")
            if (habitat and applies and habitat not in applies) or (quantity and factor.quantity != quantity):
                continue
            rows.append((name, factor))
    if as_json:
        keys = ("id", "quantity", "printed", "source", "locator", "value_status", "interval_status", "note")
        return _print_json([{"guide": name} | {key: getattr(f, key) for key in keys} for name, f in rows])
    for name, factor in rows:
        marks = f"{factor.value_status}/{factor.interval_status or '-'}"
        click.echo(
            f"{name:<20} {factor.id:<34} {factor.quantity:<24} {factor.printed:<38} {factor.source} {factor.locator} [{marks}]"
        )
    click.echo(f"{len(rows)} factors; marks are value/interval: read, reported, recalled, local.", err=True)
    return None


@factors.command()
@click.argument("guide")
def template(guide: str) -> None:
    """Write a factors file to standard output, to type the printed values of a guide into.

    Name it in the job file under [survey] factors; its rows then come before the guide's own.

    \b
    Example:
      methodology factors template db4403-t401-2023 > factors.csv
    """
    from methodology.factors.template import factors_template
    from methodology.guides.registry import load_guide

    click.echo(factors_template(load_guide(guide)), nl=False)


@click.command("explain")
@click.argument("statement", type=click.Path(path_type=Path))
@click.argument("line")
@click.option("--all", "every", is_flag=True, help="Every term of every sum.")
@_SPOKEN
def explain_line(statement: Path, line: str, every: bool, lang: str | None) -> None:
    """Show the path of a line down to files, equations and factor rows. LINE is an id, or a part of one.

    \b
    Example:
      methodology explain out/survey/statement.json carbon_stock/2023
    """
    from methodology.explain import explain
    from methodology.statement_file import read_statement

    click.echo(explain(read_statement(statement), line, every, lang or language()))


@click.command("recompute")
@click.argument("statement", type=click.Path(path_type=Path))
@_SPOKEN
@_JSON
def recompute_file(statement: Path, lang: str | None, as_json: bool) -> None:
    """Verify a statement from itself: every number computed again, every part held against the others.

    The SHA-256 printed is that of the file; compare it with the one its author gave you.

    \b
    Example:
      methodology recompute out/survey/statement.json
    """
    from methodology.statement_file import read_statement
    from methodology.statement_file import recompute_file as verify
    from methodology.verification_sections import not_derived

    results, digest = verify(statement)
    if as_json:
        return _print_json(results)
    worst = max((row["difference"] for row in results), default=0.0)
    text = "{n} lines recomputed; the largest relative difference is {worst:.1e} (allowed 1e-10)."
    say(phrase(text, n=len(results), worst=worst))
    say("Intervals, shares, factors, spreads and formulas come out again as well.")
    for section in not_derived(read_statement(statement)):
        say(phrase("Not derived, only as safe as the SHA-256: {section}.", section=phrase(section)))
    say(phrase("SHA-256 of {file}: {digest}", file=statement.name, digest=digest))
    return None


@click.command("compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--line", help="Only this line.")
@_SPOKEN
@_JSON
def compare_files(first: Path, second: Path, line: str | None, lang: str | None, as_json: bool) -> None:
    """Split the difference of two statements over areas (of plants: activity data), factors, rules and GWP.

    \b
    Example:
      methodology compare out/survey/statement.json out/survey-ar6/statement.json
    """
    from methodology.compare import causes_of, compare, without_partner
    from methodology.reporting.wording import Words
    from methodology.statement_file import read_statement

    statements = [read_statement(first), read_statement(second)]
    rows = compare(*statements, line)
    alone = without_partner(*statements) if line is None else []
    if as_json:
        return _print_json(rows + [row | {"difference": None} for row in alone])
    departures = {name: text for statement in statements for name, text in statement.get("departures", {}).items()}
    for row in rows:
        click.echo(
            f"{row['id']}: {row['first']:,.6g} → {row['second']:,.6g} {row['unit']}  ({row['difference']:+,.6g})"
        )
        if row["difference"]:
            shares = {
                **{in_words(phrase(CAUSES_SAID[cause])): row[cause] for cause in causes_of(*statements)},
                **row.get("departures", {}),
            }
            kept = {name: share for name, share in shares.items() if share or "departures" not in row}
            click.echo("    " + "   ".join(f"{name} {share:+,.6g}" for name, share in kept.items()))
        for entry in row.get("measurements", []):
            say(_measurement(entry, Words(lang or language())))
    _tell_alone(alone, lang or language())
    for name, text in departures.items():
        click.echo(f"{name}  {text}", err=True)
    return None


def _measurement(entry: dict[str, Any], words: Words) -> str:
    pool, habitat = entry["pool"] or entry["quantity"], entry["habitat"]
    if words.lang == "zh":
        pool = words.label(entry["pool"]) if entry["pool"] else words("quantity", entry["quantity"])
        habitat = words.label(habitat)
    known = entry["instead"] is not None
    return phrase(
        "    measured: {stratum} ({habitat}), {pool} {effect:+,.6g}, in place of {instead}",
        stratum=entry["stratum"], habitat=habitat, pool=pool, effect=entry["effect"],
        instead=f"{entry['instead']:,.4g} {entry['unit']}" if known else phrase("no estimate"),
    )  # fmt: skip


def _tell_alone(rows: list[dict[str, Any]], lang: str) -> None:
    """Lines that could not be compared, with the value of the statement that has one."""
    if rows:
        click.echo()
        say(phrase("Not compared, {n} lines that only one statement has a number for:", n=len(rows)))
    for row in rows:
        side = phrase("first") if row["second"] is None else phrase("second")
        value = row["first"] if row["second"] is None else row["second"]
        why = phrase(" ({reason})", reason=row["reason"].get(lang) or row["reason"]["en"]) if row["reason"] else ""
        number = f"{value:,.6g} {row['unit']}"
        text = "{id}: {number} in the {side}, none in the other{why}"
        say(phrase(text, id=row["id"], number=number, side=side, why=why))
