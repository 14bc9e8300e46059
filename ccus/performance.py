"""What a tonne costs in energy, where its energy came from, and where it may count.

A boundary goes with every figure. Steam and power of the host unit carry the host's measured intensity, once; the
grid factor is for grid power alone. CO2 of coal that is kept out of the air is a reduction, never a removal, and
whether a rule set lets the tonne count depends on where it went.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources

from ccus.plant.model import EnergyFlow, Plant
from methodology.base.errors import Findings
from methodology.factors.table import Factor, FactorTable

MEMBRANE_BY_ANALOGY = ("membrane", "adsorption", "cryogenic")
"""Technologies that ISO 27919-1 leaves out; their figures are given in its form, by analogy (ISO 27928 covers them)."""


@dataclass(frozen=True)
class Intensity:
    """CO2 per unit of an energy flow.

    Parameters
    ----------
    value : float
        [t CO2/MWh] or [t CO2/GJ]
    factor : Factor or None
        Row of a factor table; None for a measured intensity of host or own plant.
    said : str
        Where it comes from, in words.
    """

    value: float
    factor: Factor | None
    said: str


def electricity_intensity(plant: Plant, year: int, grid: FactorTable, findings: Findings) -> Intensity | None:
    """Location-based intensity of the plant's electricity. [t CO2/MWh]

    Parameters
    ----------
    plant : Plant
    year : int
        Reporting year; the newest data year up to it is taken, and named.
    grid : FactorTable
        Of guide ``cn-grid``, with a user's own rows on top.
    findings : Findings
        Takes CC-INV-06 grid region not stated or without a factor, CC-INV-07 source not stated.
    """
    flow = plant.energy.electricity
    if flow is None:
        _unsaid("electricity", findings)
        return None
    if flow.source != "grid":
        return _measured(flow.intensity_kg_co2_per_mwh, 1000, flow, "electricity", findings)
    return grid_intensity("average", flow.grid_region or "", year, grid, findings)


def grid_intensity(series: str, region: str, year: int, grid: FactorTable, findings: Findings) -> Intensity | None:
    """Factor of a series and region for the newest data year up to a reporting year. [t CO2/MWh]"""
    for data_year in range(year, year - 6, -1):
        context = {"series": series, "region": region, "data_year": str(data_year)}
        if region and grid.has("grid_emission_factor", context):
            factor = grid.find("grid_emission_factor", context)
            return Intensity(factor.value, factor, f"{series} factor of {region}, data year {data_year}")
    known = sorted({r for f in grid.all() for r in f.applies.get("region", ())})
    findings.add(
        "CC-INV-06",
        "plant.toml, [energy].electricity, grid_region",
        region or "no region",
        "one of " + ", ".join(known),
        "Emissions of grid power are not estimated until the region is stated.",
        severity="warning",
    )
    return None


def heat_intensity(plant: Plant, findings: Findings) -> Intensity | None:
    """Intensity of the plant's steam: the host's or its own, measured. [t CO2/GJ]"""
    flow = plant.energy.steam
    if flow is None:
        _unsaid("steam", findings)
        return None
    return _measured(flow.intensity_kg_co2_per_gj, 1000, flow, "steam", findings)


def _measured(value: float | None, per: float, flow: EnergyFlow, name: str, findings: Findings) -> Intensity | None:
    if value is None:
        findings.add(
            "CC-INV-07",
            f"plant.toml, [energy].{name}",
            f"{flow.source} without its intensity",
            "the measured intensity of that source",
            "Its emissions are not estimated; the grid factor is not for host power.",
            severity="warning",
        )
        return None
    return Intensity(
        value / per, None, f"measured intensity of {flow.source} {name}: {flow.evidence or 'no evidence named'}"
    )


def _unsaid(name: str, findings: Findings) -> None:
    findings.add(
        "CC-INV-07",
        f"plant.toml, [energy].{name}",
        "nothing",
        "grid | host | own, with its intensity",
        "Emissions of this energy are not estimated.",
        severity="warning",
    )


@dataclass(frozen=True)
class Standing:
    """Whether a rule set lets tonnes of a fate count, and why."""

    fate: str
    rule_set: str
    counts: str
    reason: dict[str, str]
    source: str


@functools.cache
def rule_sets() -> tuple[Standing, ...]:
    """What each rule set says of each fate, from ``fates.csv``."""
    text = resources.files("ccus").joinpath("fates.csv").read_text(encoding="utf-8")
    return tuple(
        Standing(r["fate"], r["rule_set"], r["counts"], {"en": r["reason_en"], "zh": r["reason_zh"]}, r["source"])
        for r in csv.DictReader(text.splitlines())
    )


def standing_of(fate_kind: str, co2_origin: str | None, rule_set: str) -> Standing | None:
    """Whether tonnes of a fate and origin count under a rule set; None where that rule set says nothing of it.

    Biogenic CO2 is outside the table: where it counts as a removal is not settled here and reads "not covered".
    """
    if co2_origin == "biogenic":
        return None
    return next((s for s in rule_sets() if s.fate == fate_kind and s.rule_set == rule_set), None)


def claim_of(co2_origin: str | None) -> str:
    """What keeping this CO2 out of the air may be called: "reduction", or "not stated" for an unknown origin.

    Fossil CO2 is never a removal. Biogenic CO2 may become one under a rule set, for its biogenic share only.
    """
    return {
        "fossil": "reduction",
        "biogenic": "removal, if a rule set grants it",
        "mixed": "reduction for the fossil share",
    }.get(co2_origin or "", "not stated")


def by_analogy(technology: str) -> bool:
    """Whether a line's key figures are by analogy only."""
    return technology.lower() in MEMBRANE_BY_ANALOGY
