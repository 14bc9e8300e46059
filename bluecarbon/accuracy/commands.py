"""`bluecarbon accuracy`: parse, read, call, render."""

from __future__ import annotations

from pathlib import Path

import click

DESIGNS = ("stratified-random", "simple-random", "systematic")


@click.command()
@click.argument("points", required=False, type=click.Path(path_type=Path))
@click.option("--matrix", type=click.Path(path_type=Path), help="Error matrix of counts (CSV) in place of points.")
@click.option("--map-field", help="Column with the class on the map.")
@click.option("--reference-field", help="Column with the true class.")
@click.option("--strata-field", help="Column with the stratum of a point, where strata are not the map's classes.")
@click.option("--strata-areas", type=click.Path(path_type=Path), help="CSV with the columns stratum, area_ha.")
@click.option("--design", type=click.Choice(DESIGNS), help="How the points were drawn.")
@click.option("--level", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True, help="Of the intervals.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the tables.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def accuracy(
    points: Path | None,
    matrix: Path | None,
    map_field: str | None,
    reference_field: str | None,
    strata_field: str | None,
    strata_areas: Path | None,
    design: str | None,
    level: float,
    out: Path | None,
    as_json: bool,
) -> None:
    """Areas that admit the map's error, from validation POINTS or an error matrix.

    Areas need the sampling design and the area of every stratum. Without them only shares of the sample are given.
    For change, let the classes be changes, such as "mangrove to pond".

    \b
    Example:
      printf ',mangrove,other\\nmangrove,66,9\\nother,3,122\\n' > matrix.csv
      printf 'stratum,area_ha\\nmangrove,1200\\nother,8800\\n' > areas.csv
      bluecarbon accuracy --matrix matrix.csv --design stratified-random --strata-areas areas.csv --out accuracy
    """
    from bluecarbon.accuracy.job import AccuracyJob, check_options, run_accuracy
    from bluecarbon.accuracy.report import as_table, as_tables, summary
    from bluecarbon.usage import wrong_usage
    from methodology.base.files import canonical_json
    from methodology.base.phrases import phrase
    from methodology.commandline import say

    job = AccuracyJob(points, matrix, map_field, reference_field, strata_field, strata_areas, design, level)
    with wrong_usage():
        check_options(job)
    result = run_accuracy(job)
    for finding in result.findings:
        say(finding, err=True)
    if out is not None:
        as_tables(result, out)
        say(phrase("Wrote {out}", out=out), err=True)
    click.echo(canonical_json(summary(result)).rstrip("\n") if as_json else as_table(result))
