"""The kept tables of this room: allometries, sets of them, wood densities, carbon fractions, decay factors."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from statistics import NormalDist

from bluecarbon.vegetation.allometry import COEFFICIENTS, MEASURES, Allometry
from bluecarbon.vegetation.equations import FORMS
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

COMPONENTS = ("above", "below", "total")
DIAMETER_KINDS = ("breast height", "basal", "height/10", "above prop root")


@dataclass(frozen=True)
class Factor:
    """One factor row: value, unit, interval, what it applies to, source and marks.

    Parameters
    ----------
    id, quantity, taxon, place, category : str
        What it is and what it applies to; "any" or empty where it does not matter.
    value : float
    unit : str
    standard_error : float or None
        One standard deviation of the value in its unit. None where nothing is known.
    distribution, source, locator, value_status, interval_status : str
    """

    id: str
    quantity: str
    taxon: str
    place: str
    category: str
    value: float
    unit: str
    standard_error: float | None
    distribution: str
    source: str
    locator: str
    value_status: str
    interval_status: str


@dataclass(frozen=True)
class SetRow:
    """One line of an equation set: which equation serves which stems."""

    set: str
    taxon: str
    component: str
    diameter_kind: str
    height_low_m: float | None
    height_high_m: float | None
    equation: str


@functools.cache
def allometries() -> dict[str, Allometry]:
    """All shipped allometries by id."""
    return {row["id"]: _allometry(row) for row in _rows("allometry.csv")}


@functools.cache
def factors() -> tuple[Factor, ...]:
    """All shipped factor rows of this room."""
    return tuple(_factor(row) for row in _rows("factors.csv"))


@functools.cache
def equation_sets() -> dict[str, tuple[SetRow, ...]]:
    """Shipped equation sets by name."""
    return _grouped([_set_row(row, allometries(), "sets.csv") for row in _rows("sets.csv")])


@functools.cache
def _synonyms() -> dict[str, str]:
    return {row["name"].lower(): row["accepted"] for row in _rows("synonyms.csv")}


def accepted_name(species: str) -> str:
    """A species under the name the kept tables use: single spaces, and another spelling of the same name replaced."""
    name = " ".join(species.split())
    return _synonyms().get(name.lower(), name)


def read_allometries(path: Path | str) -> dict[str, Allometry]:
    """A user's own equations: a CSV with columns of ``allometry.csv``; those of the same id replace shipped ones.

    Needed are id, taxon, component, form, diameter_kind, source and the coefficients the form takes. No formula is
    ever read from the file; a form is one of `FORMS`.

    Raises
    ------
    InputError
        BC-VEG-15 for every row that cannot be used, all at once.
    """
    rows = _own_rows(path, {"id", "taxon", "component", "form", "diameter_kind", "source"})
    findings, own = Findings(), {}
    for number, row in enumerate(rows, start=2):
        place = phrase("{file}, row {row}", file=Path(path).name, row=number)
        words = (("form", set(FORMS)), ("component", set(COMPONENTS)))
        bad = [(name, row[name], known) for name, known in words if row[name] not in known]
        bad += [(name, row[name], {"a name"}) for name in ("id", "taxon", "source") if not row[name].strip()]
        kinds = set(row["diameter_kind"].split("|"))
        bad += [("diameter_kind", row["diameter_kind"], set(DIAMETER_KINDS))] if kinds - set(DIAMETER_KINDS) else []
        for name, found, known in bad:
            findings.add(
                "BC-VEG-15",
                f"{place}, {name}",
                found or "nothing",
                phrase("one of {names}", names=", ".join(sorted(known))),
            )
        if bad:
            continue
        full = {**dict.fromkeys(_rows("allometry.csv")[0], ""), **{k: v or "" for k, v in row.items() if k}}
        try:
            own[row["id"]] = _allometry({**full, "value_status": full["value_status"] or "local"})
        except ValueError as error:
            findings.add("BC-VEG-15", place, error, "a number for each coefficient of the form, and no other")
    findings.stop_on_errors()
    return own


def read_equation_set(path: Path | str, known: dict[str, Allometry]) -> tuple[SetRow, ...]:
    """A user's own equation set: a CSV with the columns of ``sets.csv`` (the set's name may be left out).

    Parameters
    ----------
    path : path
    known : mapping of id to Allometry
        Equations its rows may name.

    Raises
    ------
    InputError
        BC-VEG-15 the file cannot be read, lacks a column, or names an equation that does not exist.
    """
    rows = _own_rows(path, {"taxon", "component", "equation"})
    return tuple(_set_row({"set": Path(path).stem, **row}, known, Path(path).name) for row in rows)


def _own_rows(path: Path | str, wanted: set[str]) -> list[dict[str, str]]:
    path = Path(path)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("BC-VEG-15", str(path), error, "a readable CSV in UTF-8") from None
    if not rows or not wanted <= set(rows[0]):
        found = ", ".join(rows[0]) if rows else "no rows"
        raise refuse(
            "BC-VEG-15", str(path), found, phrase("at least the columns {names}", names=", ".join(sorted(wanted)))
        )
    return rows


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("bluecarbon.vegetation") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _number(text: str | None) -> float | None:
    return float(text) if text not in (None, "") else None


def _allometry(row: dict[str, str]) -> Allometry:
    taken = {argument.name for argument in FORMS[row["form"]].arguments} - set(MEASURES)
    given = {name: float(row[name]) for name in COEFFICIENTS if row[name]}
    if taken != set(given):
        raise ValueError(f"{row['id']}: form {row['form']} takes {sorted(taken)}, the row gives {sorted(given)}")
    return Allometry(
        id=row["id"],
        taxon=row["taxon"],
        component=row["component"],
        form=row["form"],
        diameter_kinds=tuple(row["diameter_kind"].split("|")),
        coefficients=given,
        diameter_range_cm=(_number(row["diameter_low_cm"]), _number(row["diameter_high_cm"])),
        height_range_m=(_number(row["height_low_m"]), _number(row["height_high_m"])),
        log_base=row["log_base"],
        growth_form=row["growth_form"],
        place=row["place"],
        residual_se=_number(row["residual_se"]),
        bias_factor=_number(row["bias_factor"]) or 1.0,
        source=row["source"],
        locator=row["locator"],
        value_status=row["value_status"],
        range_status=row["range_status"],
        caution=row["caution"],
    )


def _factor(row: dict[str, str]) -> Factor:
    low, high = _number(row["low"]), _number(row["high"])
    level = _number(row["level"])
    error = None
    if low is not None and high is not None and level is not None:
        # A uniform range has standard deviation width/√12; a normal interval of level p is 2 z wide.
        error = (high - low) / (
            12**0.5 if row["distribution"] == "uniform" else 2 * NormalDist().inv_cdf(0.5 + level / 2)
        )
    names = ("id", "quantity", "taxon", "place", "category", "unit", "distribution", "source", "locator")
    marks = {name: row[name] for name in ("value_status", "interval_status")}
    return Factor(value=float(row["value"]), standard_error=error, **{name: row[name] for name in names}, **marks)


def _set_row(row: dict[str, str], known: dict[str, Allometry], place: str) -> SetRow:
    if row["equation"] not in known:
        raise refuse(
            "BC-VEG-15",
            place,
            row["equation"],
            "the id of a shipped equation",
            "`bluecarbon plots equations` lists them.",
        )
    if known[row["equation"]].component != row["component"]:
        raise refuse(
            "BC-VEG-15",
            f"{place}, {row['equation']}",
            row["component"],
            phrase("component {component}", component=known[row["equation"]].component),
        )
    return SetRow(
        set=row["set"],
        taxon=row["taxon"],
        component=row["component"],
        diameter_kind=row.get("diameter_kind") or "",
        height_low_m=_number(row.get("height_low_m")),
        height_high_m=_number(row.get("height_high_m")),
        equation=row["equation"],
    )


def _grouped(rows: list[SetRow]) -> dict[str, tuple[SetRow, ...]]:
    sets: dict[str, list[SetRow]] = {}
    for row in rows:
        sets.setdefault(row.set, []).append(row)
    return {name: tuple(members) for name, members in sets.items()}
