"""The command `methodology batch`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("portfolio", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option("-j", "--jobs", "workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Jobs at once.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the portfolio page."
)
@click.option("--json", "as_json", is_flag=True, help="Print the portfolio as JSON.")
def batch(portfolio: Path, out: Path, workers: int, lang: str, as_json: bool) -> None:
    """Run many surveys and plants into their reports and one portfolio page.

    A job that fails does not stop the rest; a second run redoes only what changed. Exit 1 if a job failed.

    \b
    Example:
      methodology batch sample_data/portfolio.toml --out out/portfolio -j 2
    """
    from methodology.base.files import canonical_json, written_whole
    from methodology.base.phrases import phrase
    from methodology.batch import portfolio_record, run_batch
    from methodology.commandline import EXIT_FINDINGS, in_words, language, say
    from methodology.reporting.portfolio import write_portfolio_html

    title, outcomes = run_batch(
        portfolio, out, workers, lambda what, share: click.echo(f"{100 * share:4.0f} % {in_words(what)}", err=True)
    )
    record = portfolio_record(title, outcomes)
    with written_whole(out / "portfolio.json") as temporary:
        temporary.write_text(canonical_json(record), encoding="utf-8")
    write_portfolio_html(record, out / "portfolio.html", lang)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if as_json:
        click.echo(canonical_json(record), nl=False)
    else:
        for outcome in outcomes:
            click.echo(f"{in_words(outcome.status):<10} {outcome.entry.id}")
        for outcome in failed:
            for finding in outcome.findings:
                texts = {**finding, **(finding.get("zh", {}) if language() == "zh" else {}), "size": ""}
                head = phrase("{code} {place}: found {found}{size}, expected {expected}.", **texts)
                click.echo(f"{outcome.entry.id}: {in_words(head)}", err=True)
        done = len(outcomes) - len(failed)
        say(phrase("{n} of {n2} jobs are in {out}/; open portfolio.html.", n=done, n2=len(outcomes), out=out))
    if failed:
        sys.exit(EXIT_FINDINGS)
