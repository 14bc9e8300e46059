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

from ccus.plant.model import Plant, Stream
from ccus.plant.supply import EnergyFlow
from methodology.base.errors import Findings
from methodology.base.phrases import phrase
from methodology.factors.table import Factor, FactorTable

MEMBRANE_BY_ANALOGY = ("membrane", "adsorption", "cryogenic")
"""Technologies that ISO 27919-1 leaves out; their figures are given in its form, by analogy (ISO 27928 covers them)."""

OLDEST_FACTOR_YEARS = 6
"""Reporting year and years before it in which a grid factor is looked for; older ones say little of this grid."""

_PER = {"electricity": "MWh", "steam": "GJ"}
_ZH = {
    "average": "平均", "without_traded_non_fossil": "不含市场化交易非化石电量的", "fossil": "化石电力",
    "national": "全国", "north": "华北", "northeast": "东北", "east": "华东", "central": "华中", "northwest": "西北",
    "south": "南方", "southwest": "西南", "guangdong": "广东", "host": "主机组", "own": "自有", "electricity": "电力",
    "steam": "蒸汽", "read": "已读原文", "reported": "转述", "recalled": "记忆", "local": "本地",
}  # fmt: skip


@dataclass(frozen=True)
class Intensity:
    """CO2 per unit of an energy flow.

    Parameters
    ----------
    value : float
        [t CO2/MWh] or [t CO2/GJ]
    factor : Factor or None
        Row of a factor table; None for a measured intensity of host or own plant.
    said : dict of "en", "zh" to str
        Where it comes from, in words.
    """

    value: float
    factor: Factor | None
    said: dict[str, str]


def electricity_intensity(plant: Plant, year: int, grid: FactorTable, findings: Findings) -> Intensity | None:
    """Location-based intensity of the plant's electricity. [t CO2/MWh]

    Parameters
    ----------
    plant : Plant
    year : int
        Reporting year. Its own factor is taken; else, with a warning, the newest one before it. A `grid_data_year` of
        the plant file is taken as it stands.
    grid : FactorTable
        Of guide ``cn-grid``, with a user's own rows on top.
    findings : Findings
        Takes CC-INV-06 grid region not stated or without a factor, CC-INV-07 source not stated, CC-INV-09 no factor of
        that year.
    """
    flow = plant.energy.electricity
    if flow is None:
        _unsaid("electricity", findings)
        return None
    if flow.source != "grid":
        return _measured(flow.intensity_kg_co2_per_mwh, 1000, flow, "electricity", findings)
    if flow.grid_data_year is not None:
        return factor_of_year("average", flow.grid_region or "", flow.grid_data_year, grid, findings)
    return grid_intensity("average", flow.grid_region or "", year, grid, findings)


def grid_intensity(series: str, region: str, year: int, grid: FactorTable, findings: Findings) -> Intensity | None:
    """Factor of a series and region for a reporting year, or with a warning the newest before it. [t CO2/MWh]"""
    for data_year in range(year, year - OLDEST_FACTOR_YEARS, -1):
        found = _factor(series, region, data_year, grid)
        if found is not None:
            if data_year != year:
                findings.add(
                    "CC-INV-09",
                    phrase("electricity, {series} factor of {region}", series=series, region=region),
                    phrase(
                        "no factor of data year {year}; the newest before it, {data_year}, is used",
                        year=year,
                        data_year=data_year,
                    ),
                    phrase("the factor of {year}", year=year),
                    phrase(
                        "Give it with --factors, or say that {data_year} is meant: grid_data_year = {data_year}.",
                        data_year=data_year,
                    ),
                    severity="warning",
                )
            return found
    return _no_factor(series, region, year, grid, findings)


def factor_of_year(series: str, region: str, data_year: int, grid: FactorTable, findings: Findings) -> Intensity | None:
    """Factor of a series and region for that data year and no other. [t CO2/MWh]"""
    return _factor(series, region, data_year, grid) or _no_factor(series, region, data_year, grid, findings)


def _factor(series: str, region: str, data_year: int, grid: FactorTable) -> Intensity | None:
    context = {"series": series, "region": region, "data_year": str(data_year)}
    if not region or not grid.has("grid_emission_factor", context):
        return None
    factor = grid.find("grid_emission_factor", context)
    said = {
        "en": f"{series.replace('_', ' ')} factor of {region}, data year {data_year}, {factor.value_status}: {factor.value} t CO2/MWh",
        "zh": f"{_ZH.get(series, series)}因子，{_ZH.get(region, region)}，数据年份 {data_year},"
        f"{_ZH.get(factor.value_status, factor.value_status)}:{factor.value} t CO2/MWh",
    }
    return Intensity(factor.value, factor, said)


def _no_factor(series: str, region: str, year: int, grid: FactorTable, findings: Findings) -> None:
    rows = [f.applies for f in grid.all() if f.quantity == "grid_emission_factor" and series in f.applies["series"]]
    regions = sorted({name for row in rows for name in row.get("region", ())})
    if region in regions:
        years = ", ".join(sorted({y for row in rows if region in row["region"] for y in row["data_year"]}))
        findings.add(
            "CC-INV-09",
            phrase("electricity, {series} factor of {region}", series=series, region=region),
            phrase("no factor of data year {year}", year=year),
            phrase("one of the data years {years}, or a factor of your own", years=years),
            "What rests on it is not estimated. Correct grid_data_year or give the factor with --factors.",
            severity="warning",
        )
        return
    findings.add(
        "CC-INV-06",
        "plant.toml, [energy].electricity, grid_region",
        region or "no region",
        phrase("one of {names}", names=", ".join(regions)),
        "Emissions of grid power are not estimated until the region is stated.",
        severity="warning",
    )


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
            phrase("{source} without its intensity", source=flow.source),
            "the measured intensity of that source",
            "Its emissions are not estimated; the grid factor is not for host power.",
            severity="warning",
        )
        return None
    evidence = {"en": flow.evidence or "no evidence named", "zh": flow.evidence or "未注明依据"}
    said = {
        "en": f"measured intensity of {flow.source} {name}, {value:g} kg CO2/{_PER[name]}: {evidence['en']}",
        "zh": f"{_ZH[flow.source]}{_ZH[name]}的实测强度，{value:g} kg CO2/{_PER[name]}：{evidence['zh']}",
    }
    return Intensity(value / per, None, said)


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


KEPT_OUT = ("geological_storage", "enhanced_recovery", "mineral_bound")
"""Fates after which the CO2 does not return to the air by use."""
CLAIMS = {
    "fossil": {"en": "reduction", "zh": "减排"},
    "biogenic": {"en": "removal, if a rule set grants it", "zh": "清除（须规则允许）"},
    "mixed": {"en": "reduction for the fossil share", "zh": "化石部分为减排"},
}
WHERE_KEPT = {
    "fossil": {
        "en": "reduction; only where its fate keeps it out of the air",
        "zh": "减排；仅限去向使其不回到大气者",
    },
    "biogenic": {
        "en": "removal, if a rule set grants it; only where its fate keeps it out of the air",
        "zh": "清除（须规则允许）；仅限去向使其不回到大气者",
    },
    "mixed": {
        "en": "reduction for the fossil share; only where its fate keeps it out of the air",
        "zh": "化石部分为减排；仅限去向使其不回到大气者",
    },
}
NO_EVIDENCE = {"en": "none: a biogenic origin without evidence", "zh": "无：生物源而未给出依据"}
RELEASED = {"en": "none: the CO2 returns to the air after its use", "zh": "无：使用后 CO2 回到大气"}
NO_CLAIM = {"en": "not stated", "zh": "未说明"}


def claim_of(co2_origin: str | None, evidence: str = "", fate_kind: str | None = None) -> dict[str, str]:
    """What keeping this CO2 out of the air may be called, in English and Chinese.

    Parameters
    ----------
    co2_origin : {"fossil", "biogenic", "mixed"} or None
    evidence : str
        What a biogenic origin rests on; without any there is no claim.
    fate_kind : str, optional
        Where the tonnes went; CO2 that returns to the air by its use is neither a reduction nor a removal. Without one
        the answer says that it depends on the fate.

    Notes
    -----
    Fossil CO2 is never a removal. Biogenic CO2 may become one under a rule set, for its biogenic share only.
    """
    if co2_origin not in CLAIMS:
        return NO_CLAIM
    if fate_kind == "short_lived_use":
        return RELEASED
    if co2_origin == "biogenic" and not evidence:
        return NO_EVIDENCE
    return CLAIMS[co2_origin] if fate_kind in KEPT_OUT else WHERE_KEPT[co2_origin]


def by_analogy(technology: str) -> bool:
    """Whether a line's key figures are by analogy only."""
    return technology.lower() in MEMBRANE_BY_ANALOGY


def origin_of(plant: Plant, line: str) -> Stream | None:
    """The stream that states where a line's CO2 comes from: its product, else its flue gas."""
    for kind in ("product", "flue_gas_in"):
        for stream in plant.streams:
            if stream.line in (line, None) and stream.kind == kind and stream.co2_origin:
                return stream
    return None
