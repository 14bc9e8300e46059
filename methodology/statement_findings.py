"""What a statement says against its own numbers before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.base.units import STATEMENT_UNITS
from methodology.uncertainty.distributions import Distribution
from methodology.uncertainty.simulation import Simulation
from methodology.worksheet import Worksheet


def check_lines(lines: list[dict[str, Any]], findings: Findings) -> None:
    """Lines of one id or of an unknown unit are faults of the program; a negative stock or area is ME-ST-01."""
    seen: set[str] = set()
    for line in lines:
        if line["id"] in seen:
            raise ValueError(f"line {line['id']} is written twice")
        seen.add(line["id"])
        if line["unit"] not in STATEMENT_UNITS:
            raise ValueError(f"line {line['id']}: unit {line['unit']} is not in the statement's list")
        level = line["kind"] in ("stock", "area") and not line["quantity"].endswith("_change")
        if level and line["value"] is not None and line["value"] < 0:
            remedy = "Look for an area or factor of the wrong sign: `methodology factors` lists the values used."
            found = f"{line['value']:g} {line['unit']}"
            findings.add("ME-ST-01", line["id"], found, "a stock or area of zero or more", remedy)


def check_checks(checks: Sequence[Mapping[str, Any]], findings: Findings) -> None:
    """Checks of the run that do not hold (ME-ST-02)."""
    for check in checks:
        if not check["holds"]:
            findings.add(
                "ME-ST-02", check["name"], check["detail"], "the check holds", "Report this with the input files."
            )


def note_uncertainty(sheet: Worksheet, simulation: Simulation, lines: list[dict[str, Any]], findings: Findings) -> None:
    """What a reader should know of intervals: draws of the other sign, limits a form cannot meet, simulated limits."""
    for name, share in simulation.negative_share.items():
        if share > 0 and name in sheet.factors:
            text = phrase("{share:.2g} % of draws on the other side of zero", share=100 * share)
            remedy = (
                "If the quantity has one sign, give a factor of your own with a form of one sign, such as lognormal."
            )
            findings.add(
                "ME-UNC-01",
                phrase("factor {factor}", factor=name),
                text,
                "draws of one sign",
                remedy,
                "note",
                share=share,
            )
    for factor in sheet.factors.values():
        if factor.spread is not None and not factor.spread.reproduces:
            _note_spread(
                phrase("factor {factor}", factor=factor.id), factor.printed, factor.spread, factor.unit, findings
            )
    for node in sheet.nodes.values():
        if node.role == "factor" and node.id.startswith("factor:"):
            continue
        for row, value, spread in zip(
            node.rows, () if node.values is None else node.values, node.spreads, strict=False
        ):
            if spread is not None and not spread.reproduces:
                _note_spread(f"{node.id}, {', '.join(row)}", f"{value:.6g} {node.unit}", spread, node.unit, findings)
    simulated = [line["id"] for line in lines if line["interval"] and line["interval"]["method"] == "simulated"]
    if simulated:
        text = phrase(
            "{n} of {n2} lines, for example {simulated}", n=len(simulated), n2=len(lines), simulated=simulated[0]
        )
        remedy = "Their limits are simulated because first-order limits differ by over 10 % of the half-width."
        findings.add("ME-UNC-03", "intervals", text, "first-order limits close to simulated ones", remedy, "note")


def _note_spread(place: str, stated: str, spread: Distribution, unit: str, findings: Findings) -> None:
    text = phrase(
        "{stated}; simulated as {form} with mean {mean:.4g} {unit}",
        stated=stated,
        form=spread.form,
        mean=spread.mean,
        unit=unit,
    )
    remedy = "Name another distribution for these limits, or accept the shift of the mean: it is in the intervals."
    findings.add("ME-UNC-02", place, text, "mean and limits within 2 %", remedy, "note")
