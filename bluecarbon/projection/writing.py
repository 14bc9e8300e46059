"""Result tables on disk, and the short summary for the terminal."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecarbon.projection import results
from bluecarbon.projection.model import Projection
from methodology.base.files import canonical_json, written_whole

if TYPE_CHECKING:
    import pandas

DIGITS = "%.12g"


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


def write(made: Mapping[str, pandas.DataFrame], summary: Mapping[str, Any], folder: Path) -> list[str]:
    """Write tables and ``projection.json``; returns the names written."""
    for name, frame in made.items():
        with written_whole(folder / name) as path:
            shown = frame.copy()
            if "date" in shown:
                shown["date"] = shown["date"].astype("Int64")
            shown.to_csv(path, index=False, float_format=DIGITS, encoding="utf-8")
    with written_whole(folder / "projection.json") as path:
        path.write_text(canonical_json(dict(summary)), encoding="utf-8")
    return [*made, "projection.json"]


def summary(
    projection: Projection, totals: pandas.DataFrame, inputs: Mapping[str, str], findings: list
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
        "inputs": dict(inputs),
        "findings": [finding.as_dict() for finding in findings],
    }


def _columns(rows: pandas.DataFrame, when: str):
    return rows[[when, "quantity", "unit", "amount", "per_ha"]].itertuples(index=False, name=None)


def shown(summary: Mapping[str, Any]) -> str:
    """The summary as text for a terminal, in tonnes and per hectare."""
    lines = [
        f"Model {summary['model']}: {summary['trajectories']} trajectories of {len(summary['classes'])} classes on "
        f"{summary['area_ha']:,.2f} ha.",
        "",
        f"{'at':>10}  {'quantity':<18} {'amount':>18}  {'unit':<9} {'per ha':>12}",
    ]
    for row in summary["at_dates"]:
        if row["quantity"] != "area":
            lines.append(_line(str(row["date"]), row))
    if summary["in_periods"]:
        lines.append("")
        lines.append(f"{'during':>10}  {'quantity':<18} {'amount':>18}  {'unit':<9} {'per ha':>12}")
    for _, rows in itertools.groupby(summary["in_periods"], key=lambda row: row["period"]):
        lines.extend(_line(row["period"], row) for row in rows)
    return "\n".join(lines)


def _line(when: str, row: Mapping[str, Any]) -> str:
    quantity, unit = (row[key].replace("_", " ") for key in ("quantity", "unit"))
    return f"{when:>10}  {quantity:<18} {row['amount']:>18,.2f}  {unit:<9} {row['per_ha']:>12,.3f}"
