"""``plant.toml`` to a checked `Plant`: every finding of the file at once, each naming its table, record and key."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from ccus.plant import checks
from ccus.plant.model import (
    Certificate,
    Chemical,
    Energy,
    Fate,
    Host,
    Line,
    Meter,
    Nameplate,
    Plant,
    PlantTable,
    Record,
    Rules,
    Stream,
)
from ccus.plant.times import instant, zone_named
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import phrase

SINGLE = {"plant": PlantTable, "energy": Energy, "rules": Rules}
LISTS = {
    "nameplate": (Nameplate, "nameplates"),
    "line": (Line, "lines"),
    "stream": (Stream, "streams"),
    "meter": (Meter, "meters"),
    "host": (Host, "hosts"),
    "certificate": (Certificate, "certificates"),
    "fate": (Fate, "fates"),
    "chemical": (Chemical, "chemicals"),
}
ONCE = ("host",)
"""Lists of which a single table may be written without the second pair of brackets."""
TIME_KEYS = ("valid_from", "valid_to", "nameplate_valid_from", "nameplate_valid_to")
LARGEST_FILE_BYTES = 4_000_000


def load_plant(source: Path | str | bytes, name: str = "plant.toml") -> Plant:
    """Read and check a plant file.

    Parameters
    ----------
    source : path or bytes
        The file, or its bytes as kept in the log.
    name : str
        How findings name the file when bytes are given.

    Returns
    -------
    Plant
        With times in UTC, the SHA-256 of the bytes read, and warnings about what a meter leaves unsaid.

    Raises
    ------
    InputError
        CC-PLANT-01 unreadable; -02 not TOML; -03 unknown key; -04 missing or wrong value; -05 to -08 times and zone;
        -09 doubled id; -10 something named that does not exist; -11 periods; -12 values that contradict each other.
    """
    place, data = (name, source) if isinstance(source, bytes) else (Path(source).name, plant_bytes(Path(source)))
    document = _parsed(data, place)
    findings = Findings()
    zone = _zone(document, place, findings)
    tables = _tables(document, place, zone, findings)
    plant = _assembled(tables, hashlib.sha256(data).hexdigest())
    findings.extend(checks.check(plant, place, _refused(document, tables)))
    findings.stop_on_errors()
    return plant.model_copy(update={"warnings": tuple(findings)})


def plant_bytes(path: Path) -> bytes:
    """The bytes of a plant file.

    Raises
    ------
    InputError
        CC-PLANT-01 missing, unreadable or far too large.
    """
    try:
        if not path.is_file():
            raise refuse("CC-PLANT-01", str(path), "no such file", "a plant file", "Write one with: ccus init FOLDER")
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise refuse(
                "CC-PLANT-01",
                str(path),
                phrase("{st_size} bytes", st_size=path.stat().st_size),
                phrase("at most {largest_file_bytes}", largest_file_bytes=LARGEST_FILE_BYTES),
            )
        return path.read_bytes()
    except OSError as error:
        raise refuse("CC-PLANT-01", str(path), error.strerror or error, "a readable plant file") from None


def _parsed(data: bytes, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise refuse(
            "CC-PLANT-02",
            place,
            phrase("a byte that is not UTF-8 at {start}", start=error.start),
            "UTF-8 text",
            "Save the file as UTF-8.",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise refuse(
            "CC-PLANT-02", place, str(error), "a TOML file", "Mend the line named; text values stand in double quotes."
        ) from None
    except RecursionError:
        raise refuse("CC-PLANT-02", place, "values nested hundreds deep", "a plant file's few levels") from None


def _zone(document: dict[str, Any], place: str, findings: Findings) -> ZoneInfo | None:
    table = document.get("plant")
    name = table.get("timezone") if isinstance(table, dict) else None
    if not isinstance(name, str):
        return None  # said by the check of the table itself
    try:
        return zone_named(name, phrase("{place}, [plant], timezone", place=place))
    except InputError as error:
        findings.extend(error.findings)
        return None


def _tables(document: dict[str, Any], place: str, zone: ZoneInfo | None, findings: Findings) -> dict[str, Any]:
    for key in document:
        if key not in SINGLE and key not in LISTS:
            _unknown(key, f"{place}, {key}", [*SINGLE, *LISTS], findings)
    tables: dict[str, Any] = {}
    for key, model in SINGLE.items():
        table = document.get(key, {})
        if not isinstance(table, dict):
            findings.add(
                "CC-PLANT-04",
                f"{place}, {key}",
                _shape(table),
                phrase("one table [{key}]", key=key),
                phrase("Write [{key}] once.", key=key),
            )
            tables[key] = None
            continue
        if key == "plant" and key not in document:
            findings.add("CC-PLANT-04", place, "no [plant]", "a table [plant] with name and timezone", "Add it.")
            tables[key] = None
            continue
        tables[key] = _record(model, table, f"{place}, [{key}]", zone, findings)
    for key, (model, field) in LISTS.items():
        rows = document.get(key, [])
        rows = [rows] if key in ONCE and isinstance(rows, dict) else rows
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            findings.add(
                "CC-PLANT-04",
                f"{place}, {key}",
                _shape(rows),
                phrase("tables [[{key}]]", key=key),
                phrase("Write [[{key}]].", key=key),
            )
            tables[field] = (None,)
            continue
        tables[field] = tuple(
            _record(model, row, f"{place}, [[{key}]] {number}{_called(row)}", zone, findings)
            for number, row in enumerate(rows, start=1)
        )
    return tables


def _called(row: dict[str, Any]) -> str:
    name = row.get("tag", row.get("id"))
    return f" ({name})" if isinstance(name, str) else ""


def _record(
    model: type[Record], row: dict[str, Any], place: str, zone: ZoneInfo | None, findings: Findings
) -> Record | None:
    row = _with_instants(row, place, zone, findings)
    try:
        return model.model_validate(row)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            _tell(problem, model, row, place, findings)
        return None


def _with_instants(value: Any, place: str, zone: ZoneInfo | None, findings: Findings, key: str = "") -> Any:
    """The same table with every `valid_from` and `valid_to` as an aware UTC datetime."""
    if isinstance(value, dict):
        return {name: _with_instants(item, place, zone, findings, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_instants(item, place, zone, findings, key) for item in value]
    if key not in TIME_KEYS:
        return value
    if not isinstance(value, str | date | datetime):
        findings.add("CC-PLANT-06", f"{place}, {key}", repr(value), "a date or a time such as 2025-01-01")
        return None
    if zone is None:
        return None
    try:
        return instant(value, zone, place=f"{place}, {key}").utc
    except InputError as error:
        findings.extend(error.findings)
        return None


def _tell(problem: dict[str, Any], model: type[BaseModel], row: dict[str, Any], place: str, findings: Findings) -> None:
    path = [str(part) for part in problem["loc"]]
    where = f"{place}, {'.'.join(path)}"
    kind = problem["type"]
    if kind == "extra_forbidden":
        _unknown(path[-1], where, _keys_at(model, path[:-1]), findings)
    elif kind == "missing":
        findings.add("CC-PLANT-04", where, "nothing", "a value", phrase("Add {path} = … to the table.", path=path[-1]))
    elif kind == "literal_error":
        allowed = problem["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        near = difflib.get_close_matches(str(problem["input"]), allowed, 1)
        remedy = phrase("The nearest is {near}.", near=near[0]) if near else ""
        findings.add(
            "CC-PLANT-04", where, repr(problem["input"]), phrase("one of {names}", names=", ".join(allowed)), remedy
        )
    else:
        findings.add("CC-PLANT-04", where, _short(problem["input"]), _expected(problem["msg"]))


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """Keys valid where a nested key was refused: follow the field types down the path."""
    from ccus.plant.model import Calibration, Orifice
    from ccus.plant.supply import EnergyFlow

    inner = {"calibration": Calibration, "orifice": Orifice}
    for part in path:
        model = inner.get(part, EnergyFlow if model is Energy else model)
    return list(model.model_fields)


def _unknown(key: str, where: str, valid: list[str], findings: Findings) -> None:
    near = difflib.get_close_matches(key, valid, 1, 0.4)
    remedy = phrase("The nearest valid key is {near}.", near=near[0]) if near else "Remove it."
    findings.add(
        "CC-PLANT-03",
        where,
        phrase("unknown key {key!r}", key=key),
        phrase("one of {names}", names=", ".join(valid)),
        remedy,
    )


def _expected(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("Input should have ")


def _shape(value: Any) -> str:
    return "a table" if isinstance(value, dict) else "a list of tables" if isinstance(value, list) else repr(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _refused(document: dict[str, Any], tables: dict[str, Any]) -> frozenset[str]:
    """Tables with a refused record, and the ids of their records."""
    names = {key for key in SINGLE if tables[key] is None}
    for key, (_, field) in LISTS.items():
        if None in tables[field]:
            names.add(key)
            rows = document[key] if isinstance(document[key], list) else [document[key]]
            names |= {str(row.get("tag", row.get("id"))) for row in rows if isinstance(row, dict)}
    return frozenset(names)


def _assembled(tables: dict[str, Any], sha256: str) -> Plant:
    """The plant of all sound records; where one was refused the caller's findings say so and nothing is handed out."""
    table: PlantTable = tables["plant"] or PlantTable(name="?", timezone="UTC")
    lists = {field: tuple(row for row in tables[field] if row is not None) for _, field in LISTS.values()}
    lists["nameplates"] = (*_own_nameplate(table), *lists["nameplates"])
    lists["streams"] = (*lists["streams"], *_implied_streams(lists["streams"], lists["meters"]))
    lists["meters"] = tuple(_with_line(meter, lists["streams"]) for meter in lists["meters"])
    return Plant(
        name=table.name,
        timezone=table.timezone,
        atmosphere_kpa=table.atmosphere_kpa,
        host_unit=table.host_unit,
        operator=table.operator,
        energy=tables["energy"] or Energy(),
        rules=tables["rules"] or Rules(),
        sha256=sha256,
        **lists,
    )


def _with_line(meter: Meter, streams: tuple[Stream, ...]) -> Meter:
    """A meter that names no line belongs to its stream's."""
    line = next((stream.line for stream in streams if stream.id == meter.stream), None)
    return meter if meter.line is not None or line is None else meter.model_copy(update={"line": line})


def _own_nameplate(table: PlantTable) -> Iterator[Nameplate]:
    if table.nameplate_t_per_year is not None:
        yield Nameplate(
            t_per_year=table.nameplate_t_per_year,
            measuring_point=table.nameplate_measuring_point,
            basis=table.nameplate_basis,
            design_hours=table.nameplate_design_hours,
            valid_from=table.nameplate_valid_from,
            valid_to=table.nameplate_valid_to,
        )


def _implied_streams(stated: tuple[Stream, ...], meters: tuple[Meter, ...]) -> Iterator[Stream]:
    """Streams that meters name by their kind alone; their origin stays unstated."""
    from ccus.plant.model import KIND_SYNONYMS, STREAM_KINDS

    known = {stream.id for stream in stated}
    for meter in meters:
        kind = KIND_SYNONYMS.get(meter.stream, meter.stream)
        if meter.stream not in known and kind in STREAM_KINDS:
            known.add(meter.stream)
            yield Stream(id=meter.stream, kind=kind)
