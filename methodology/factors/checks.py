"""What can be said against a row of a factor file before its numbers are used: one finding for each fault."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import resources
from typing import TYPE_CHECKING, Any

from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase
from methodology.uncertainty.distributions import FORMS

if TYPE_CHECKING:
    from methodology.factors.table import Quantity

MARKS = ("read", "reported", "recalled", "local")
INTERVAL_KINDS = ("ci of mean", "range", "")
RANGE_FORMS = ("uniform", "triangular", "fixed", "unknown")
_WITHOUT_LIMITS = ("unknown", "fixed")


@functools.cache
def applicability() -> dict[str, frozenset[str]]:
    """Columns that say what a row applies to, each with the labels it may hold; none listed means any text.

    From ``applicability.csv`` beside this file and the factor files of the installed guides.
    """
    known: dict[str, set[str]] = {}
    text = resources.files("methodology.factors").joinpath("applicability.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        known.setdefault(row["column"], set()).update([row["value"]] if row["value"] else [])
    limited = {column for column, values in known.items() if values}
    for folder in resources.files("methodology.guides").iterdir():
        path = folder.joinpath("factors.csv")
        if not path.is_file():
            continue
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            for column, value in row.items():
                values = known.setdefault(column, set())
                if column in limited and value:
                    values.update(value.split("|"))
    return {column: frozenset(values) for column, values in known.items()}


def check_columns(columns: Iterable[str], fixed: Iterable[str], name: str, findings: Findings) -> None:
    """Columns of a user's file that nothing asks for (ME-FAC-10)."""
    known = dict.fromkeys([*fixed, *applicability()])
    for column in columns:
        if column and column not in known:
            near = get_close_matches(column.lower(), known, 1, 0.5)
            remedy = phrase("Did you mean {near!r}?", near=near[0]) if near else "Rename the column, or take it out."
            scope = ", ".join(sorted(set(known) - set(fixed)))
            findings.add(
                "ME-FAC-10",
                phrase("{name}, row 1", name=name),
                phrase("column {column!r}", column=column),
                phrase("a known column: {scope}", scope=scope),
                remedy,
            )


def check_scope(applies: Mapping[str, tuple[str, ...]], place: str, findings: Findings) -> None:
    """Labels of a row that no job can have (ME-FAC-10)."""
    for column, labels in applies.items():
        known = applicability().get(column)
        for label in labels if known else ():
            if label not in known:
                near = get_close_matches(label.lower().replace(" ", "_"), known, 1, 0.4)
                remedy = (
                    phrase("Did you mean {near!r}?", near=near[0])
                    if near
                    else "Name one of them; leave the cell empty for any."
                )
                expected = phrase("one of {names}", names=", ".join(sorted(known)))
                findings.add("ME-FAC-10", f"{place}, {column}", repr(label), expected, remedy)


def check_cells(row: Mapping[Any, Any], columns: int, place: str, findings: Findings) -> bool:
    """Whether a row has a cell for each column (ME-FAC-04)."""
    missing = sum(value is None for value in row.values())
    extra = len(row.get(None) or ())
    if missing or extra:
        remedy = 'Put a text that has a comma in double quotes ("…"), and give empty cells their comma.'
        findings.add(
            "ME-FAC-04",
            place,
            phrase("{columns} cells", columns=columns - missing + extra),
            phrase("{columns}, as in the header", columns=columns),
            remedy,
        )
    return not (missing or extra)


def check_row(row: Mapping[str, str], place: str, quantity: Quantity, value: float, findings: Findings) -> None:
    """Marks, form, source and size of a row (ME-FAC-08)."""
    form = row["distribution"]
    if not row["id"].strip():
        findings.add("ME-FAC-08", place, "no id", "a name of its own", "Name the row: lines and shares refer to it.")
    if form not in (*FORMS, "unknown"):
        expected = phrase("one of {names}", names=", ".join((*FORMS, "unknown")))
        findings.add(
            "ME-FAC-08",
            place,
            phrase("distribution {form!r}", form=form),
            expected,
            "Name a form, or unknown without limits.",
        )
    for mark in ("value_status", "interval_status"):
        if row[mark] not in MARKS and not (mark == "interval_status" and form in _WITHOUT_LIMITS):
            findings.add(
                "ME-FAC-08",
                place,
                f"{mark} {row[mark]!r}",
                phrase("one of {names}", names=", ".join(MARKS)),
                "Mark how sure it is.",
            )
    if form not in _WITHOUT_LIMITS and not (row["low"] and row["high"]):
        remedy = "Give both limits as the source prints them, or distribution unknown where it prints none."
        findings.add(
            "ME-FAC-08", place, phrase("no limits for a {form} distribution", form=form), "low and high", remedy
        )
    if not row["source"].strip() or not row["locator"].strip():
        expected = "a source and where in it the number stands"
        findings.add("ME-FAC-08", place, "no source or locator", expected, "Name report and table or page.")
    low, high = quantity.low, quantity.high
    if (low is not None and value < low) or (high is not None and value > high):
        hint = "Compare value and unit with the source."
        if high == 1 and 1 < value <= 100:
            hint = "It looks like percent: divide by 100 or give unit %."
        ends = (low if low is not None else "−∞", high if high is not None else "∞")
        findings.add(
            "ME-FAC-08", place, f"{value:g} {quantity.unit}", phrase("{quantity} from {low} to {high} {unit}", quantity=quantity.name, low=ends[0], high=ends[1], unit=quantity.unit), hint
        )  # fmt: skip


def checked_level(row: Mapping[str, str], level: float | None, place: str, findings: Findings) -> float:
    """Level of a row's limits: 0.95 if the cell is empty, 1 for the hard ends of a range (ME-FAC-08)."""
    kind, form = (row.get("interval_kind") or "").strip(), row["distribution"]
    if kind not in INTERVAL_KINDS:
        expected = phrase("one of {names}", names=joined(", ", (kind or phrase("(empty)") for kind in INTERVAL_KINDS)))
        remedy = "'ci of mean' for a confidence interval, 'range' for the lowest and highest possible value."
        findings.add("ME-FAC-08", place, f"interval_kind {kind!r}", expected, remedy)
    if kind != "range":
        if level is not None and not 0.5 < level < 1:
            remedy = (
                phrase("It looks like percent: write {level:g}.", level=level / 100)
                if 50 < level < 100
                else "Leave it empty for 0.95."
            )
            findings.add(
                "ME-FAC-08", place, phrase("level {level:g}", level=level), "a share above 0.5 and below 1", remedy
            )
        return 0.95 if level is None else level
    if form in FORMS and form not in RANGE_FORMS:
        remedy = "Name uniform or triangular, or interval_kind 'ci of mean' if the limits are a confidence interval."
        findings.add(
            "ME-FAC-08", place, phrase("a range with distribution {form}", form=form), ", ".join(RANGE_FORMS), remedy
        )
    if level not in (None, 1.0):
        remedy = "A range has hard ends: leave level empty, or name 'ci of mean' if the limits have a level."
        findings.add("ME-FAC-08", place, phrase("level {level:g} of a range", level=level), "no level", remedy)
    return 1.0


def check_support(
    support: tuple[float, float | None] | None, numbers: Iterable[float | None], place: str, findings: Findings
) -> None:
    """Ends of a beta must hold value and limits (ME-FAC-08); all in one unit."""
    if support is None:
        return
    floor, top = support
    held = [number for number in numbers if number is not None]
    if (top is not None and top <= floor) or min(held) < floor or (top is not None and max(held) > top):
        found = phrase("support {floor:g} to {format}", floor=floor, format="∞" if top is None else format(top, "g"))
        remedy = "Support is the lowest and highest possible value, as low:high in the unit of the row."
        findings.add(
            "ME-FAC-08",
            place,
            found,
            phrase("{held:g} to {held2:g} within it", held=min(held), held2=max(held)),
            remedy,
        )
