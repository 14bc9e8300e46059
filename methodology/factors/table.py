"""Factor tables: one CSV row per factor, never a bare number.

A row carries the value as printed, its limits with their level and kind, the form of its distribution, what it
applies to, its source with locator, and two marks: how sure we are of the value and of the interval. Every column
that is not one of the fixed ones says what the row applies to; an empty cell there means "any", ``a|b`` means either.
"""

from __future__ import annotations

import csv
import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from methodology.base.errors import Finding, Findings, InputError, refuse
from methodology.base.phrases import phrase
from methodology.base.units import convert
from methodology.factors.checks import (
    MARKS,
    check_cells,
    check_columns,
    check_row,
    check_scope,
    check_support,
    checked_level,
)
from methodology.uncertainty.distributions import Distribution, fitted

__all__ = ["FIXED_COLUMNS", "MARKS", "Factor", "FactorTable", "Quantity", "known_quantities", "load_factors"]

FIXED_COLUMNS = (
    "id",
    "quantity",
    "value",
    "unit",
    "low",
    "high",
    "level",
    "interval_kind",
    "distribution",
    "support",
    "source",
    "locator",
    "value_status",
    "interval_status",
    "note",
)


@dataclass(frozen=True)
class Quantity:
    """A kind of factor: its canonical unit, what range is plausible, and its names."""

    name: str
    unit: str
    low: float | None
    high: float | None
    en: str
    zh: str


@functools.cache
def known_quantities() -> dict[str, Quantity]:
    """The vocabulary of factor quantities, from ``quantities.csv`` beside this file."""
    text = resources.files("methodology.factors").joinpath("quantities.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        r["name"]: Quantity(r["name"], r["unit"], _number(r["low"]), _number(r["high"]), r["en"], r["zh"]) for r in rows
    }


@dataclass(frozen=True)
class Factor:
    """One factor row.

    Parameters
    ----------
    value, low, high : float or None
        In the quantity's canonical `unit`; `printed` keeps value and unit as the source has them.
    distribution : str
        A form of `methodology.uncertainty.distributions.FORMS`, or "unknown" where the source prints no interval.
    applies : mapping
        Applicability column to the tuple of values it holds for.
    value_status, interval_status : str
        Marks: read, reported, recalled, local.
    files : tuple of str
        Roles of the input files it was worked out from, where it is a measurement of the job itself.
    measured_year : float or None
        Decimal year it was measured in, where it stands for that time. [yr]
    """

    id: str
    guide: str
    quantity: str
    value: float
    unit: str
    low: float | None
    high: float | None
    level: float
    interval_kind: str
    distribution: str
    support: tuple[float, float | None] | None
    applies: Mapping[str, tuple[str, ...]]
    source: str
    locator: str
    value_status: str
    interval_status: str
    note: str
    printed: str
    row: int
    files: tuple[str, ...] = ()
    measured_year: float | None = None

    @property
    def spread(self) -> Distribution | None:
        """The fitted distribution, or None where no interval is known."""
        if self.distribution == "unknown":
            return None
        return fitted(self.distribution, self.value, self.low, self.high, self.level, self.support, f"factor {self.id}")

    def fits(self, context: Mapping[str, object]) -> bool:
        """Whether every applicability column of the row is met by the context."""
        return all(str(context.get(key)) in values for key, values in self.applies.items())

    @property
    def label(self) -> str:
        """Short description for lists of candidates."""
        scope = ", ".join(f"{key}={'|'.join(values)}" for key, values in self.applies.items()) or "any"
        return f"{self.id} = {self.printed} ({scope})"


@dataclass(frozen=True)
class FactorTable:
    """Factors of one guide, or a user's own on top of them."""

    name: str
    factors: tuple[Factor, ...]
    overlay: FactorTable | None = field(default=None)

    def overlaid(self, own: FactorTable) -> FactorTable:
        """This table with a user's rows asked first."""
        return FactorTable(self.name, self.factors, own if self.overlay is None else self.overlay.overlaid(own))

    def without(self, name: str) -> FactorTable:
        """This table without the overlay of a name."""
        if self.overlay is None:
            return self
        if self.overlay.name == name:
            return FactorTable(self.name, self.factors, self.overlay.overlay)
        return FactorTable(self.name, self.factors, self.overlay.without(name))

    def all(self) -> tuple[Factor, ...]:
        """All rows, own ones first."""
        return (*(self.overlay.all() if self.overlay else ()), *self.factors)

    def find(self, quantity: str, context: Mapping[str, object], place: str = "") -> Factor:
        """The most specific factor for a quantity in a context.

        Parameters
        ----------
        quantity : str
            Name in ``quantities.csv``.
        context : mapping
            What is known: habitat, climate, species, salinity, soil …; a key that is absent matches only rows that
            do not ask for it.

        Raises
        ------
        InputError
            ME-FAC-01 no row applies; ME-FAC-02 several are equally specific. Both list the candidates.
        """
        found = self.candidates(quantity, context)
        if not found:
            raise self._none_applies(quantity, context, place)
        best = max(len(factor.applies) for factor in found)
        finest = [factor for factor in found if len(factor.applies) == best]
        if len(finest) > 1:
            raise refuse(
                "ME-FAC-02",
                place or _said(context),
                phrase(
                    "{n} equally specific factors for {quantity}: {names}",
                    n=len(finest),
                    quantity=quantity,
                    names="; ".join(f.label for f in finest),
                ),
                "exactly one",
                "State more of what distinguishes them in the legend or job file, or give a factor of your own.",
            )
        return finest[0]

    def candidates(self, quantity: str, context: Mapping[str, object]) -> list[Factor]:
        """Rows that apply: the user's own if any of them does, else the guide's."""
        if self.overlay and (own := self.overlay.candidates(quantity, context)):
            return own
        return [factor for factor in self.factors if factor.quantity == quantity and factor.fits(context)]

    def has(self, quantity: str, context: Mapping[str, object]) -> bool:
        """Whether any row applies."""
        return bool(self.candidates(quantity, context))

    def _none_applies(self, quantity: str, context: Mapping[str, object], place: str) -> InputError:
        same = [factor for factor in self.all() if factor.quantity == quantity]
        near = [
            f for f in same if f.applies.get("habitat") is None or str(context.get("habitat")) in f.applies["habitat"]
        ]
        listed = "; ".join(factor.label for factor in (near or same)[:8]) or phrase("none for this quantity")
        return refuse(
            "ME-FAC-01",
            place or _said(context),
            phrase("no factor for {quantity} with {said}", quantity=quantity, said=_said(context)),
            phrase("one row that applies. Candidates: {listed}", listed=listed),
            _what_to_state(near or same, context),
        )


def _what_to_state(candidates: Iterable[Factor], context: Mapping[str, object]) -> str:
    """Which keys the candidates ask for that were not stated, with the words they know."""
    asked: dict[str, dict[str, None]] = {}
    for factor in candidates:
        for key, values in factor.applies.items():
            if context.get(key) in (None, ""):
                asked.setdefault(key, {}).update(dict.fromkeys(values))
    wanted = "; ".join(f"{key} ({', '.join(values)})" for key, values in asked.items())
    first = (
        phrase("State {wanted} in the legend or the job file", wanted=wanted)
        if wanted
        else phrase("No row has these values")
    )
    return phrase("{first}, or give a row of your own in [survey] factors.", first=first)


def _said(context: Mapping[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in context.items() if value not in (None, "")) or phrase(
        "nothing stated"
    )


def load_factors(path: Path, guide: str, known_sources: Iterable[str] | None = None) -> FactorTable:
    """Read and check a factor CSV.

    Parameters
    ----------
    path : Path
        UTF-8, with or without byte-order mark.
    guide : str
        Guide id, or "own" for a user's file.
    known_sources : iterable of str, optional
        Source keys that may be cited; None accepts any text (a user's own table).

    Raises
    ------
    InputError
        ME-FAC-03 … 10, all faults of the file at once.
    """
    findings = Findings()
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(
            "ME-FAC-03", str(path), str(error), "a readable CSV file in UTF-8", "Check path and encoding."
        ) from None
    missing = [
        c for c in FIXED_COLUMNS if rows and c not in rows[0] and c not in ("support", "note", "level", "interval_kind")
    ]
    if missing or not rows:
        found = phrase("no column {names}", names=", ".join(missing)) if rows else "no rows"
        remedy = "`methodology factors template GUIDE` writes a file with every column to fill in."
        raise refuse("ME-FAC-04", path.name, found, "a header with the factor columns, and rows", remedy)
    own = known_sources is None
    columns = [column for column in rows[0] if column is not None]
    if own:
        check_columns(columns, FIXED_COLUMNS, path.name, findings)
    whole = [
        check_cells(row, len(columns), phrase("{file}, row {row}", file=path.name, row=n), findings)
        for n, row in enumerate(rows, 2)
    ]
    if own:
        for number, row in enumerate(rows, 2):
            check_scope(_applies(row), f"{path.name}, row {number}", findings)
    factors = [
        _row(row, number, path.name, guide, findings)
        for number, (row, complete) in enumerate(zip(rows, whole, strict=True), 2)
        if complete
    ]
    made = [factor for factor in factors if factor is not None]
    _check_unique(made, path.name, findings)
    if known_sources is not None:
        known = set(known_sources)
        for factor in made:
            if factor.source not in known:
                findings.add(
                    "ME-FAC-09",
                    phrase("{file}, row {row}", file=path.name, row=factor.row),
                    factor.source,
                    "a key of sources.csv",
                    "Add it.",
                )
    findings.stop_on_errors()
    return FactorTable(guide, tuple(made))


def _check_unique(factors: list[Factor], name: str, findings: Findings) -> None:
    seen: dict[str, int] = {}
    for factor in factors:
        if factor.id in seen:
            findings.add(
                "ME-FAC-05",
                phrase("{file}, row {row}", file=name, row=factor.row),
                phrase("id {factor} again", factor=factor.id),
                "an id of its own",
                "Rename it.",
            )
        seen[factor.id] = factor.row


def _number(text: str | None) -> float | None:
    if text is None or not text.strip():
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _applies(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        column: tuple(label.strip() for label in text.split("|"))
        for column, text in row.items()
        if column and column not in FIXED_COLUMNS and text and text.strip()
    }


def _row(row: Mapping[str, str], number: int, name: str, guide: str, findings: Findings) -> Factor | None:
    place = phrase("{file}, row {row}", file=name, row=number)
    quantity = known_quantities().get(row["quantity"])
    if quantity is None:
        findings.add(
            "ME-FAC-06",
            place,
            phrase("quantity {quantity!r}", quantity=row["quantity"]),
            phrase("one of {names}", names=", ".join(known_quantities())),
            "Correct it.",
        )
        return None
    try:
        value, low, high = (_number(row[key]) for key in ("value", "low", "high"))
        level = _number(row.get("level"))
        support = _support(row.get("support"))
    except ValueError as error:
        findings.add("ME-FAC-07", place, str(error), "numbers with a decimal point", "Correct the cell.")
        return None
    if value is None:
        findings.add("ME-FAC-07", place, "no value", "a number", "Leave the row out if the source prints none.")
        return None
    try:
        numbers = [
            None if x is None else float(convert(x, row["unit"], quantity.unit, place)) for x in (value, low, high)
        ]
    except InputError as error:
        findings.extend(error.findings)
        return None
    before = len(findings)
    check_row(row, place, quantity, numbers[0], findings)
    level = checked_level(row, level, place, findings)
    if support is not None:
        support = tuple(None if x is None else float(convert(x, row["unit"], quantity.unit, place)) for x in support)
    check_support(support, numbers, place, findings)
    printed = f"{row['value']} {row['unit']}" + (f" ({row['low']} to {row['high']})" if low is not None else "")
    factor = Factor(
        row["id"], guide, quantity.name, numbers[0], quantity.unit, numbers[1], numbers[2], level,
        (row.get("interval_kind") or "").strip(), row["distribution"], support, _applies(row), row["source"], row["locator"],
        row["value_status"], row["interval_status"], (row.get("note") or "").strip(), printed, number,
    )  # fmt: skip
    if len(findings) == before:
        try:
            factor.spread  # noqa: B018  a form that cannot be fitted is a fault of the row
        except InputError as error:
            findings.extend(Finding(f.code, place, f.found, f.expected, f.remedy) for f in error.findings)
    return factor if len(findings) == before else None


def _support(text: str | None) -> tuple[float, float | None] | None:
    if not text or not text.strip():
        return None
    floor, _, ceiling = text.partition(":")
    low = _number(floor)
    if low is None:
        raise ValueError(f"support {text!r}")
    return low, _number(ceiling)
