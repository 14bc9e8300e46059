"""Commands of field tables: ``bluecarbon template`` and ``bluecarbon check-table``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bluecarbon.tables.registry import KNOWN

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("name", type=click.Choice(list(KNOWN)))
@click.option("--out", type=FILE, help="CSV or XLSX to write; otherwise CSV is printed.")
@click.option("--columns", is_flag=True, help="Print what the columns mean, as Markdown, instead of the template.")
def template(name: str, out: Path | None, columns: bool) -> None:
    """Write a table to fill in. Its example rows show what is meant; write over them.

    Example: bluecarbon template cores --out cores.xlsx
    """
    from bluecarbon.tables.registry import table_named
    from bluecarbon.tables.template import column_markdown, template_csv, template_workbook
    from methodology.base.files import written_whole

    table = table_named(name)
    if columns:
        click.echo(column_markdown(table), nl=False)
    elif out is None:
        click.echo(template_csv(table), nl=False)
    elif out.suffix.lower() in (".csv", ".xlsx"):
        with written_whole(out) as temporary:
            if out.suffix.lower() == ".xlsx":
                template_workbook(table, temporary)
            else:
                temporary.write_text(template_csv(table), encoding="utf-8")
        click.echo(f"{out}: a table to fill in. Then: bluecarbon check-table {out} --table {name}", err=True)
    else:
        raise click.BadParameter("the file must end in .csv or .xlsx", param_hint="--out")


@click.command("check-table")
@click.argument("file", type=FILE)
@click.option(
    "--table", "name", type=click.Choice(list(KNOWN)), help="What table it is; otherwise told by its columns."
)
@click.option("--cores", "cores_file", type=FILE, help="With a depth series: the network's core list.")
@click.option("--methods", "methods_file", type=FILE, help="With a depth series: the network's methods table.")
@click.option(
    "--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Decimal sign of the file."
)
@click.option("--unit", "units", multiple=True, metavar="COLUMN=UNIT", help="Unit the header does not say.")
@click.option("--sheet", help="Sheet of a workbook.")
@click.option("--encoding", help="Text encoding, where it is not UTF-8.")
@click.option("--json", "as_json", is_flag=True, help="Print findings and counts as JSON.")
def check_table(file: Path, name: str | None, as_json: bool, **given: Any) -> None:
    """Say everything that is wrong with a field table: CSV or XLSX.

    Exit status 1 if there is an error; warnings and notes alone leave it 0.

    Example: bluecarbon check-table cores.xlsx
    """
    from bluecarbon.tables.report import checked, report_json, report_text

    result = checked(file, name, given)
    click.echo(report_json(result) if as_json else report_text(result), nl=False)
    if result.findings.errors:
        sys.exit(1)
