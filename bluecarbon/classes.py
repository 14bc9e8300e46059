"""What each mapped place is: class value, map attributes and reporting unit brought together into accounting classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pydantic import ValidationError

from bluecarbon.job import BLUE_HABITATS, Job, LegendEntry, Share, States
from bluecarbon.job_faults import choices
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

_STATED = tuple(States.model_fields)


@dataclass(frozen=True)
class AccountingClass:
    """A habitat with everything the guides ask about it; equal places form one class.

    Parameters
    ----------
    label : str
        Unique name in the worksheet.
    stratum : str
        As shown in the statement: the legend's stratum, else the class value, with what tells equal ones apart.
    activity : str
        "unspecified" where nobody stated one.
    value : str
        Class value of the map; the map's error belongs to it, whatever legend and units say of the place.
    """

    label: str
    habitat: str
    stratum: str
    species: str | None = None
    activity: str = "unspecified"
    started: int | None = None
    replanted: bool | None = None
    soil: str | None = None
    salinity_ppt: float | None = None
    cover: Share | None = None
    climate: str | None = None
    depth_cm: float | None = None
    region: str | None = None
    value: str = ""

    @property
    def blue(self) -> bool:
        """Whether it is one of the habitats that hold blue carbon."""
        return self.habitat in BLUE_HABITATS

    @property
    def place(self) -> str:
        """Where a person finds it in the job file."""
        return f'legend "{self.value}" ({self.label})' if self.value else f"class {self.label}"

    @property
    def context(self) -> dict[str, str | None]:
        """What factor rows may ask about."""
        soil = "aggregated" if self.soil == "unknown" else self.soil
        return {
            "habitat": self.habitat,
            "stratum": self.stratum,
            "species": self.species,
            "climate": self.climate,
            "soil": soil,
            "region": self.region,
        }


def classes_of(
    job: Job,
    keys: Mapping[int, Mapping[str, Any]],
    pairs: list[tuple[str, int]],
    findings: Findings,
    units: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[tuple[str, int], AccountingClass]:
    """Accounting class of every (reporting unit, map key) that occurs.

    Parameters
    ----------
    keys : mapping of key to {"value": class value, attribute: value, ...}
    pairs : list of (reporting unit, key)
    findings : Findings
        Attribute values that cannot be read are added (BC-INV-07).
    units : mapping of reporting unit to {attribute: value}, optional
        What the file of reporting units states in its columns.

    Notes
    -----
    A map attribute says most about a place, then its reporting unit (the job file before the file of units), then the
    legend, then the [survey] table.
    """
    made: dict[tuple[str, int], AccountingClass] = {}
    stated = {
        name: _attribute_states(phrase("reporting unit {name}", name=name), values, findings)
        for name, values in (units or {}).items()
    }
    mapped: dict[int, States | None] = {}
    for unit, key in pairs:
        entry = job.legend.get(keys[key]["value"])
        if isinstance(entry, LegendEntry):
            if key not in mapped:
                mapped[key] = _attribute_states(
                    phrase("map, class {value}", value=keys[key]["value"]), keys[key], findings
                )
            made[unit, key] = _resolve(job, unit, keys[key], entry, stated.get(unit), mapped[key])
    return _distinct(made)


def _resolve(
    job: Job, unit: str, key: Mapping[str, Any], entry: LegendEntry, of_unit: States | None, of_map: States | None
) -> AccountingClass:
    stated: dict[str, Any] = {"climate": job.survey.climate, "region": job.survey.region}
    sources: list[States] = [entry, *([of_unit] if of_unit is not None else [])]
    if job.reporting_units and unit in job.reporting_units.states:
        sources.append(job.reporting_units.states[unit])
    if of_map is not None:
        sources.append(of_map)
    for source in sources:
        stated |= {name: getattr(source, name) for name in _STATED if getattr(source, name) is not None}
    stratum = entry.stratum or stated.get("species") or key["value"]
    activity = stated.pop("activity", None) or "unspecified"
    return AccountingClass("", entry.habitat, stratum, activity=activity, value=str(key["value"]), **stated)


def _attribute_states(place: str, key: Mapping[str, Any], findings: Findings) -> States | None:
    given = {name: _plain(key[name], name) for name in _STATED if name in key}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return None
    try:
        return States.model_validate(given)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0])
            expected = fault.get("ctx", {}).get("expected", fault["msg"])
            findings.add(
                "BC-INV-07",
                phrase("{place}, attribute {name}", place=place, name=name),
                repr(given[name]),
                choices(str(expected)),
                "Correct the file, or leave the attribute out.",
            )
        return None


_TEXT_STATES = ("species", "region", "activity", "soil", "climate")


def _plain(value: Any, name: str) -> Any:
    """A cell as its state wants it: text as text, numbers that came as text or as floating years, blanks as nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(value).strip()
    if not text or text.lower() in ("nan", "null", "<na>"):
        return None
    if name in _TEXT_STATES:
        return text
    if text.lower() in ("true", "false", "yes", "no"):
        return text.lower() in ("true", "yes")
    try:
        number = float(text)
    except ValueError:
        return text
    if name == "replanted" and number in (0.0, 1.0):
        return bool(number)
    return int(number) if math.isfinite(number) and number == int(number) else number


def _distinct(made: dict[tuple[str, int], AccountingClass]) -> dict[tuple[str, int], AccountingClass]:
    """Give every class a label of its own, and strata that would look alike what tells them apart."""
    named_apart = ("label", "habitat", "stratum", "activity", "value")
    blanks = [f.name for f in fields(AccountingClass) if f.name not in named_apart]
    groups: dict[tuple[str, str, str], list[AccountingClass]] = {}
    for item in made.values():
        group = groups.setdefault((item.habitat, item.stratum, item.activity), [])
        if item not in group:
            group.append(item)
    named: dict[AccountingClass, AccountingClass] = {}
    for (habitat, stratum, activity), members in groups.items():
        differing = [name for name in blanks if len({str(getattr(m, name)) for m in members}) > 1]
        for member in members:
            extra = ", ".join(f"{name} {_shown(getattr(member, name))}" for name in differing)
            full = f"{stratum} ({extra})" if extra else stratum
            label = f"{habitat} | {full} | {activity}"
            if len({other.value for other in members}) > 1:
                label += f" | {member.value}"
            named[member] = replace(member, label=label, stratum=full)
    return {place: named[item] for place, item in made.items()}


def _shown(value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, Share):
        return f"{value.value!r}" + (f" ({value.low!r} to {value.high!r})" if value.low is not None else "")
    return str(value)
