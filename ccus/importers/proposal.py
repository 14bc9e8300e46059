"""A first mapping for an export nobody has mapped yet: tags matched by name, new meters drafted with their gaps open.

A proposal is text for a person to read and complete. It is never applied by itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from ccus.importers.historian import Column, Export
from ccus.importers.mapping import plain
from ccus.importers.units import Unit, parse_unit
from ccus.plant.model import Plant
from methodology.base.errors import InputError

_KIND_OF_QUANTITY = {
    "mass_flow": "mass_flow",
    "volume_flow": "volume_flow",
    "mass": "mass_total",
    "volume": "volume_total",
    "pressure": "pressure",
    "temperature": "temperature",
    "fraction": "composition",
    "power": "power",
    "energy": "energy_total",
    "density": "density",
    "velocity": "velocity",
    "length": "level",
    "state": "state",
}
_HEAT = {"power": "heat_flow", "energy": "heat_total"}
"""Kinds of meters that count in joules: heat, as power is counted in watts."""
_UNKNOWN = "?"


def propose(export: Export, plant: Plant | None = None) -> str:
    """Draft a mapping and, below it, the meters it lacks.

    Parameters
    ----------
    export : Export
    plant : Plant, optional
        Whose tags are tried first.

    Returns
    -------
    str
        TOML: ``[tags]`` from columns to tags, then a ``[[meter]]`` draft for each column without one, each open
        question marked ``"?"`` so that the plant file is refused until it is answered.
    """
    return mapping_of(export, plant) + drafts_of(export, plant)


def mapping_of(export: Export, plant: Plant | None = None) -> str:
    """``[tags]`` from columns to tags, ready for ``--mapping``."""
    lines = [f'# Proposed for {export.name}. Read every line; map a column to "" to leave it out.', "[tags]"]
    for column in export.columns:
        tag, how = _match(column.name, plant)
        comment = f"{how}; {column.unit or 'no unit in the export'}"
        lines.append(f"{_quoted(column.name)} = {_quoted(tag or plain(column.name))}  # {comment}")
    return "\n".join(lines) + "\n"


def drafts_of(export: Export, plant: Plant | None = None) -> str:
    """``[[meter]]`` drafts for columns without a meter, ready for the end of a plant file; empty where none lacks."""
    new = [column for column in export.columns if _match(column.name, plant)[0] is None]
    if not new:
        return ""
    head = f"# Meters of {export.name}: answer each question mark. They belong into plant.toml, which is then recorded."
    lines = ["", head]
    for column in new:
        lines += ["", *_draft(column)]
    return "\n".join(lines) + "\n"


def next_steps(export: Export, plant: Plant | None, where: str, file: str, moved: bool = False) -> str:
    """What to do with a proposal, command by command, from `where` the plant is and the name of the export; `moved` says
    that the drafts stand in the plant file already."""
    new = [column for column in export.columns if _match(column.name, plant)[0] is None]
    if not new:
        return f"Next: ccus import {where} {file} --mapping mapping.toml --by NAME"
    first = min((float(column.time_s[0]) for column in new if column.time_s.size), default=None)
    since = "TIME" if first is None else datetime.fromtimestamp(first, plant.zone if plant else UTC).date().isoformat()
    return (
        f'Next: 1. answer every "?" of the {len(new)} new meters in plant.toml;\n'
        f'2. ccus log {where} --plant-file --by NAME --reason "Meters described." --since {since}\n'
        f"3. ccus import {where} {file} --mapping mapping.toml --by NAME"
    )


def _match(name: str, plant: Plant | None) -> tuple[str | None, str]:
    tags = sorted({meter.tag for meter in plant.meters}) if plant else []
    if name in tags:
        return name, "same tag"
    alike = [tag for tag in tags if plain(tag) == plain(name)]
    if len(alike) == 1:
        return alike[0], "same but for punctuation"
    near = difflib.get_close_matches(name, tags, 1, cutoff=0.8)
    return None, f"new meter, drafted (nearest tag {near[0]})" if near else "new meter, drafted"


def _draft(column: Column) -> Iterator[str]:
    try:
        unit = parse_unit(column.unit)
    except InputError:
        unit = None
    yield "[[meter]]"
    yield f"tag = {_quoted(plain(column.name))}"
    yield f'line = "{_UNKNOWN}"'
    yield f'stream = "{_UNKNOWN}"  # flue_gas_in, depleted_gas, product, vent, steam, electricity …'
    if unit is None:
        yield f'kind = "{_UNKNOWN}"  # mass_flow, volume_flow, composition, pressure, temperature, power, heat_flow …'
        yield f'unit = "{_UNKNOWN}"  # {column.unit or "no unit in the export"}'
        yield f'interpolation = "{_UNKNOWN}"  # step | linear'
        yield f"max_hold_s = {_hold(column)}  # longest time a reading stands; twice the usual step here"
        return
    yield f"kind = {_quoted(_kind(column, unit))}"
    yield f"unit = {_quoted(_unit_text(column, unit))}"
    yield from _questions(unit)
    yield f'interpolation = "{_UNKNOWN}"  # step | linear'
    yield f"max_hold_s = {_hold(column)}  # longest time a reading stands; twice the usual step here"


def _kind(column: Column, unit: Unit) -> str:
    letters = re.match(r"[A-Z]+", plain(column.name))
    if unit.quantity == "pressure" and letters and letters[0].startswith(("PD", "DP")):
        return "differential_pressure"
    if unit.component == "H2O":
        return "moisture"
    if unit.quantity in _HEAT and re.search(r"[GM]J", column.unit, re.IGNORECASE):
        return _HEAT[unit.quantity]
    return _KIND_OF_QUANTITY[unit.quantity]


def _unit_text(column: Column, unit: Unit) -> str:
    text = column.unit.strip()
    if (text[:1], text[-1:]) in (("(", ")"), ("[", "]")):
        text = text[1:-1]
    text = re.sub(r"/\s*(?:hours|hour|hrs|hr)$", "/h", text)
    if unit.quantity == "fraction":
        return {"vol": "vol%", "mass": "wt%"}.get(unit.basis or "", _UNKNOWN) if unit.factor == 0.01 else text
    return "°C" if unit.quantity == "temperature" and unit.factor == 1 and unit.offset == 0 else text


def _questions(unit: Unit) -> Iterator[str]:
    if unit.quantity in ("volume_flow", "volume"):
        yield f'reference_condition = "{_UNKNOWN}"  # 0C_1atm, 15C_1atm, 20C_1atm, 60F_1atm … or line'
        yield f'moisture = "{_UNKNOWN}"  # wet | dry'
    if unit.quantity == "pressure":
        yield f'pressure = "{unit.pressure or _UNKNOWN}"  # gauge | absolute'
    if unit.quantity == "fraction":
        yield f'component = "{unit.component or _UNKNOWN}"'
        yield f'moisture = "{unit.moisture or _UNKNOWN}"  # wet | dry'


def _hold(column: Column) -> float:
    import numpy as np

    step = float(np.median(np.diff(column.time_s))) if column.time_s.size > 2 else 600.0
    return round(2 * step, 1)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
