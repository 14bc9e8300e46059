"""Result tables on disk, and the short summary for the terminal."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecarbon.projection import results
from bluecarbon.projection.model import Projection
from methodology.base.files import canonical_json
from methodology.base.outputs import all_or_nothing
from methodology.base.phrases import phrase
from methodology.commandline import in_words, width_of

if TYPE_CHECKING:
    import pandas

    from bluecarbon.projection.difference import Split

DIGITS = "%.12g"
QUANTITIES = (
    "stock", "accumulation", "emission", "net sequestration", "value", "methane", "nitrous oxide", "methane co2e",
    "nitrous oxide co2e", "currency",
)  # fmt: skip
"""What the summary tells of, in words: quantities, and a unit that is one."""


def tables(projection: Projection) -> dict[str, pandas.DataFrame]:
    """Every table of a result, by file name; all made, and checked to close, before any is written."""
    frame = results.tidy(projection)
    made = {
        "results.csv": frame,
        "totals.csv": results.summed(frame),
        "by_class.csv": results.summed(frame, "class"),
        "by_transition.csv": results.summed(frame, "from_class", "class"),
        "by_pool.csv": results.summed(frame, "pool"),
        "trajectories.csv": results.by_trajectory(projection),
        "by_year.csv": results.by_year(projection),
    }
    if len(projection.ground.zones) > 1 or projection.ground.zones[0] != "all":
        made["by_zone.csv"] = results.summed(frame, "zone")
        made["by_zone_and_class.csv"] = results.summed(frame, "zone", "class")
    if len(projection.causes):
        made["emission_by_cause.csv"] = results.by_cause(projection)
    return made


def write(
    made: Mapping[str, pandas.DataFrame],
    summary: Mapping[str, Any],
    statement: Mapping[str, Any] | None,
    folder: Path,
    report: str | None = None,
    inputs: Mapping[Path, str] | None = None,
) -> list[str]:
    """Write everything into a folder, all of it or nothing; returns the names written.

    Parameters
    ----------
    made, summary, statement : mapping
        Tables by file name; the summary; the statement where there is one.
    folder : Path
    report : {"en", "zh"}, optional
        Language of ``report.html``; none without.
    inputs : mapping of path to role, optional
        Files that no result may replace.

    Raises
    ------
    InputError
        ME-OUT-01 the folder cannot be written; ME-OUT-02 a result would replace an input.
    """
    from methodology.statement_file import write_statement

    with all_or_nothing(folder, inputs or {}) as beside:
        for name, frame in made.items():
            shown = frame.copy()
            if "date" in shown:
                shown["date"] = shown["date"].astype("Int64")
            shown.to_csv(beside / name, index=False, float_format=DIGITS, encoding="utf-8")
        (beside / "projection.json").write_text(canonical_json(dict(summary)), encoding="utf-8")
        if statement is not None:
            write_statement(statement, beside / "statement.json")
        if statement is not None and report is not None:
            _write_report(beside / "statement.json", report)
        return [path.name for path in sorted(beside.iterdir())]


def _write_report(statement_file: Path, lang: str) -> None:
    """The report is made from the statement as it lies on disk, so that both say the same digits."""
    from bluecarbon.projection.pictures import pictures
    from methodology.reporting.html import write_html
    from methodology.statement_file import read_statement

    statement = read_statement(statement_file)
    write_html(statement, statement_file.with_name("report.html"), lang, pictures(statement, lang))


def difference_table(splits: Sequence[Split]) -> pandas.DataFrame:
    """Both models side by side, and each defect's part of the gap; peer = default + sum of the parts."""
    import pandas

    rows = [
        {"quantity": s.quantity, "when": s.when, "invest_3_20": s.peer, "default": s.default, **s.parts} for s in splits
    ]
    return pandas.DataFrame(rows)


def summary(
    projection: Projection, totals: pandas.DataFrame, inputs: Sequence[Mapping[str, str]], findings: list
) -> dict[str, Any]:
    """The result in short, stable for programs: totals at dates and in periods, choices, findings."""
    rows = totals.astype({"date": "Int64"})
    return {
        "format": "projection",
        "version": "1.0",
        "model": projection.model,
        "dates": list(projection.dates),
        "classes": list(projection.table.names),
        "zones": list(projection.ground.zones),
        "trajectories": len(projection.ground),
        "area_ha": float(projection.ground.area_ha.sum()),
        "at_dates": [
            {"date": int(date), "quantity": quantity, "unit": unit, "amount": float(amount), "per_ha": float(per_ha)}
            for date, quantity, unit, amount, per_ha in _columns(rows[rows["period"] == ""], "date")
        ],
        "in_periods": [
            {"period": period, "quantity": quantity, "unit": unit, "amount": float(amount), "per_ha": float(per_ha)}
            for period, quantity, unit, amount, per_ha in _columns(rows[rows["period"] != ""], "period")
        ],
        "gwp": dict(projection.gwp) if projection.gwp else None,
        "inputs": list(inputs),
        "findings": [finding.as_dict() for finding in findings],
    }


def _columns(rows: pandas.DataFrame, when: str):
    return rows[[when, "quantity", "unit", "amount", "per_ha"]].itertuples(index=False, name=None)


def shown(summary: Mapping[str, Any], statement: Mapping[str, Any] | None = None) -> str:
    """The summary as text for a terminal, in tonnes and per hectare, with the statement's intervals where it has any."""
    limits = _limits(statement)
    text = phrase(
        "Model {model}: {trajectories} trajectories of {classes} classes on {area_ha:,.2f} ha.",
        model=summary["model"], trajectories=summary["trajectories"], classes=len(summary["classes"]),
        area_ha=summary["area_ha"],
    )  # fmt: skip
    lines = [in_words(text), "", _head("at")]
    for row in summary["at_dates"]:
        if row["quantity"] != "area":
            lines.append(_line(str(row["date"]), row, limits))
    if summary["in_periods"]:
        lines.append("")
        lines.append(_head("during"))
    for _, rows in itertools.groupby(summary["in_periods"], key=lambda row: row["period"]):
        lines.extend(_line(row["period"], row, limits) for row in rows)
    return "\n".join(lines)


def _head(when: str) -> str:
    at, quantity, amount, unit, per_ha = (
        in_words(phrase(name)) for name in (when, "quantity", "amount", "unit", "per ha")
    )
    return f"{_right(at, 10)}  {_left(quantity, 18)} {_right(amount, 18)}  {_left(unit, 9)} {_right(per_ha, 12)}"


def _left(text: str, width: int) -> str:
    return text + " " * (width - width_of(text))


def _right(text: str, width: int) -> str:
    return " " * (width - width_of(text)) + text


def _limits(statement: Mapping[str, Any] | None) -> dict[tuple[str, str], tuple[float, float]]:
    """Intervals of totals by (quantity, date or period), in the sign of the tables: what is taken up is positive."""
    names = {"carbon_stock": ("stock", 1), "emission": ("emission", 1), "removal": ("accumulation", -1)}
    names["net_flux"] = ("net_sequestration", -1)
    found = {}
    for line in statement["lines"] if statement else ():
        if line["aggregation"] == "total" and line["quantity"] in names and line["standard_uncertainty"] > 0:
            name, sign = names[line["quantity"]]
            when = line["dimensions"].get("date") or line["dimensions"]["period"]
            low, high = sorted(sign * line["interval"][side] for side in ("low", "high"))
            found[name, when] = (low, high)
    return found


def _line(when: str, row: Mapping[str, Any], limits: Mapping[tuple[str, str], tuple[float, float]]) -> str:
    quantity, unit = (in_words(phrase(row[key].replace("_", " "))) for key in ("quantity", "unit"))
    text = f"{when:>10}  {_left(quantity, 18)} {row['amount']:>18,.2f}  {_left(unit, 9)} {row['per_ha']:>12,.3f}"
    reach = limits.get((row["quantity"], when))
    if reach is None:
        return text
    return f"{text}   {in_words(phrase('{low:,.0f} to {high:,.0f}', low=reach[0], high=reach[1]))}"
