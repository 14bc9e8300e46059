"""The peer's tables read as they are: snapshots, classes, prices. All findings of a file at once, nothing guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bluecarbon.projection.cells import PLAIN, Cells, Text, number, read_cells
from bluecarbon.projection.gases import COLUMNS as GAS_COLUMNS
from bluecarbon.projection.gases import gas_rates
from bluecarbon.projection.tables import LEVELS, POOLS, ClassTable
from bluecarbon.projection.value import Prices
from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase

T_CO2E_PER_T_C = 44 / 12
UNITS = {"t_CO2e/ha": 1.0, "t_C/ha": T_CO2E_PER_T_C}
UNIT_WORDS = {
    "t_co2e/ha": "t_CO2e/ha",
    "t co2e/ha": "t_CO2e/ha",
    "mg co2e/ha": "t_CO2e/ha",
    "mg_co2e/ha": "t_CO2e/ha",
    "t_c/ha": "t_C/ha",
    "t c/ha": "t_C/ha",
    "mg c/ha": "t_C/ha",
    "mg_c/ha": "t_C/ha",
}
OPTIONAL_LITTER = ("litter-half-life", *(f"litter-{level}-impact-disturb" for level in LEVELS))
_ALWAYS = {
    "initial": [f"{pool}-initial" for pool in POOLS],
    "accumulation": [f"{pool}-yearly-accumulation" for pool in POOLS],
    "half_life": [f"{pool}-half-life" for pool in POOLS],
    **{level: [f"{pool}-{level}-impact-disturb" for pool in POOLS] for level in LEVELS},
}
NEEDED = tuple(name for names in _ALWAYS.values() for name in names if name not in OPTIONAL_LITTER)


@dataclass(frozen=True)
class Snapshots:
    """Maps in order of year."""

    years: tuple[int, ...]
    paths: tuple[Path, ...]


def read_snapshots(path: Path, findings: Findings, text: Text = PLAIN) -> Snapshots:
    """Years and maps of a snapshot table, ordered by year; paths may be relative to the table.

    Parameters
    ----------
    path : Path
        Columns snapshot_year and raster_path, in any order of rows.
    findings : Findings
        Takes BC-PRJ-01 column missing, BC-PRJ-02 not a whole year, BC-PRJ-03 a year twice, BC-PRJ-04 no such map.
    """
    cells = read_cells(path, findings, text)
    missing = [name for name in ("snapshot_year", "raster_path") if name not in cells.columns]
    if missing:
        findings.add("BC-PRJ-01", path.name, ", ".join(cells.columns), joined(" and ", missing), "Add the column.")
        return Snapshots((), ())
    seen: dict[int, int] = {}
    maps: list[tuple[int, Path]] = []
    for n, (cell, name) in enumerate(zip(cells.columns["snapshot_year"], cells.columns["raster_path"], strict=True)):
        year = number(cell)
        if year is None or year != int(year):
            findings.add("BC-PRJ-02", cells.place(n, "snapshot_year"), cell or "nothing", "a whole year such as 2020")
            continue
        if int(year) in seen:
            first = phrase("row {seen} has {n} too", seen=seen[int(year)], n=int(year))
            findings.add("BC-PRJ-03", cells.place(n, "snapshot_year"), first, "one map per year", "Remove one of them.")
            continue
        seen[int(year)] = cells.rows[n]
        file = path.parent / name
        if not name or not file.is_file():
            remedy = "Paths are taken from the folder of the table."
            findings.add("BC-PRJ-04", cells.place(n, "raster_path"), name or "nothing", "a map that exists", remedy)
            continue
        maps.append((int(year), file))
    maps.sort()
    return Snapshots(tuple(year for year, _ in maps), tuple(file for _, file in maps))


def read_classes(path: Path, findings: Findings, unit: str | None = None, text: Text = PLAIN) -> ClassTable | None:
    """Carbon factors of the classes from the peer's biophysical table.

    Parameters
    ----------
    path : Path
        Columns lucode, lulc-class, and those of the peer for biomass, soil and litter. Optional: unit; for litter a
        half-life and disturbed shares; ``<column>_low`` and ``<column>_high`` of any factor; gas columns, see `gases`.
    findings : Findings
        Takes BC-PRJ-05 to BC-PRJ-13.
    unit : {"t_CO2e/ha", "t_C/ha"}, optional
        Unit of stocks, where the table has no unit column.
    text : Text

    Returns
    -------
    ClassTable or None
        In t CO2e; None where columns are missing.
    """
    cells = read_cells(path, findings, text)
    missing = [name for name in ("lucode", "lulc-class", *NEEDED) if name not in cells.columns]
    if missing:
        findings.add(
            "BC-PRJ-05",
            path.name,
            phrase("no column {names}", names=", ".join(missing)),
            "the peer's columns",
            "Add them.",
        )
        return None
    scale = _unit(cells, findings, unit)
    factors = {key: np.array([_column(cells, name, key, findings) for name in names]) for key, names in _ALWAYS.items()}
    limits = _limits(cells, findings, scale)
    for key in ("initial", "accumulation"):
        factors[key] = factors[key] * scale
    names, codes, kept = _names_and_codes(cells, findings, factors)
    return ClassTable(
        names,
        codes,
        factors["initial"][:, kept],
        factors["accumulation"][:, kept],
        factors["half_life"][:, kept],
        np.array([factors[level][:, kept] for level in LEVELS]),
        {name: (low[kept], high[kept]) for name, (low, high) in limits.items()},
        any(name in cells.columns for name in OPTIONAL_LITTER),
        gas_rates(cells, kept, findings) if any(name in cells.columns for name in GAS_COLUMNS) else None,
    )


def _unit(cells: Cells, findings: Findings, unit: str | None) -> float:
    place = phrase("{source}, unit", source=cells.source)
    words = sorted(set(cells.columns.get("unit", [])))
    known = {UNIT_WORDS.get(word.lower(), "") for word in words}
    if not words:
        if unit is None:
            findings.add(
                "BC-PRJ-12",
                place,
                "no unit column",
                "the unit of stocks",
                "Read as t CO2e/ha, which the peer's guide asks for. If the table is in carbon, say --unit t_C/ha.",
                "note",
            )
        return UNITS[unit or "t_CO2e/ha"]
    if len(known) > 1 or "" in known or (unit is not None and {unit} != known):
        found = ", ".join(word or "nothing" for word in words) + (f"; --unit {unit}" if unit else "")
        findings.add("BC-PRJ-12", place, found, "one of t_CO2e/ha, t_C/ha in every row", "Give one unit.")
        return 1.0
    return UNITS[known.pop()]


_RULES: dict[str, tuple[str, Callable[[float], bool], str, str]] = {
    "initial": ("BC-PRJ-08", lambda v: v >= 0, phrase("zero or more"), phrase("A stock cannot be negative.")),
    "accumulation": (
        "BC-PRJ-08",
        lambda v: v >= 0,
        phrase("zero or more"),
        phrase("State a loss as a disturbance with a half-life."),
    ),
    "half_life": (
        "BC-PRJ-07",
        lambda v: v >= 0,
        phrase("years, zero or more"),
        phrase("0 means that nothing is released."),
    ),
    **dict.fromkeys(LEVELS, ("BC-PRJ-09", lambda v: 0 <= v <= 1, "0 to 1", "A share. Divide percent by 100.")),
}


def _column(cells: Cells, name: str, key: str, findings: Findings) -> np.ndarray:
    if name not in cells.columns:
        return np.zeros(len(cells.rows))
    code, holds, expected, remedy = _RULES[key]
    values = np.zeros(len(cells.rows))
    for n, text in enumerate(cells.columns[name]):
        value = number(text)
        if value is None:
            findings.add(
                "BC-PRJ-06",
                cells.place(n, name),
                text or "nothing",
                phrase("a number, {expected}", expected=expected),
                "Missing is not zero.",
            )
        elif not holds(value):
            findings.add(code, cells.place(n, name), text, expected, remedy)
        values[n] = value or 0.0
    return values


def _limits(cells: Cells, findings: Findings, scale: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    limits = {}
    for key, names in _ALWAYS.items():
        for name in names:
            sides = [f"{name}_{side}" for side in ("low", "high")]
            if not any(side in cells.columns for side in sides):
                continue
            blank = [""] * len(cells.rows)
            texts = [cells.columns.get(side, blank) for side in sides]
            factor = scale if key in ("initial", "accumulation") else 1.0
            low, high = (np.array([np.nan if number(t) is None else number(t) for t in side]) for side in texts)
            values = [number(text) for text in cells.columns.get(name, blank)]
            for n, value in enumerate(values):
                if not texts[0][n] and not texts[1][n]:
                    continue
                holds = _RULES[key][1]
                if value is None or not low[n] <= value <= high[n] or not holds(low[n]) or not holds(high[n]):
                    found = phrase(
                        "{texts} to {texts2} around {value}",
                        texts=texts[0][n] or phrase("nothing"),
                        texts2=texts[1][n] or phrase("nothing"),
                        value=value,
                    )
                    findings.add("BC-PRJ-13", cells.place(n, name), found, "low ≤ value ≤ high, in range", "Give both.")
            limits[name] = (low * factor, high * factor)
    return limits


def _names_and_codes(cells: Cells, findings: Findings, factors: dict[str, np.ndarray]):
    """Unique names in file order, map code to position, and the rows kept; equal twins are joined with a warning."""
    names: list[str] = []
    kept: list[int] = []
    codes: dict[int, int] = {}
    for n, (text, name) in enumerate(zip(cells.columns["lucode"], cells.columns["lulc-class"], strict=True)):
        code = number(text)
        if code is None or code != int(code):
            findings.add("BC-PRJ-06", cells.place(n, "lucode"), text or "nothing", "a whole map code")
        elif int(code) in codes:
            findings.add(
                "BC-PRJ-10", cells.place(n, "lucode"), text, "each map code once", "Remove or renumber one row."
            )
        if not name:
            findings.add("BC-PRJ-06", cells.place(n, "lulc-class"), "nothing", "a class name")
        lowered = [other.lower() for other in names]  # the transition table is read without regard to case
        if name.lower() in lowered:
            twin = lowered.index(name.lower())
            same = all(np.array_equal(values[:, n], values[:, kept[twin]]) for values in factors.values())
            remedy = (
                "Its codes are joined to one class." if same else "Which factors are meant? Give the classes two names."
            )
            severity = "warning" if same else "error"
            other = phrase(
                "{name} in row {rows} too, with {which} factors",
                name=name,
                rows=cells.rows[kept[twin]],
                which=phrase("equal") if same else phrase("other"),
            )
            findings.add("BC-PRJ-11", cells.place(n, "lulc-class"), other, "each name once", remedy, severity)
        else:
            names.append(name)
            kept.append(n)
        if code is not None and code == int(code):
            codes.setdefault(int(code), [other.lower() for other in names].index(name.lower()))
    return tuple(names), codes, kept


def read_prices(
    path: Path, first_year: int, until: int, discount_rate: float, findings: Findings, text: Text = PLAIN
) -> Prices | None:
    """Price of each year from the peer's table (year, price); every year before the end year must be there.

    Takes BC-PRJ-34 into `findings` for missing columns, cells or years.
    """
    cells = read_cells(path, findings, text)
    if not {"year", "price"} <= set(cells.columns):
        findings.add("BC-PRJ-34", path.name, ", ".join(cells.columns), "columns year and price")
        return None
    prices: dict[int, float] = {}
    for n, (year, price) in enumerate(zip(cells.columns["year"], cells.columns["price"], strict=True)):
        values = number(year), number(price)
        if None in values or values[0] != int(values[0]) or int(values[0]) in prices:
            findings.add(
                "BC-PRJ-34", cells.place(n, "year, price"), f"{year}, {price}", "one number for each whole year"
            )
            continue
        prices[int(values[0])] = values[1]
    lacking = [str(year) for year in range(first_year, until) if year not in prices]
    if lacking:
        shown = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
        findings.add(
            "BC-PRJ-34",
            path.name,
            phrase("no price for {shown}", shown=shown),
            phrase("every year from {first_year} to {until}", first_year=first_year, until=until - 1),
        )
        return None
    return Prices(first_year, np.array([prices[year] for year in range(first_year, until)]), discount_rate)
