"""What every flow of the wetlands account shares: when rows begin and end, what was found, and why a line has no number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bluecarbon.classes import AccountingClass
from methodology.factors.table import Factor
from methodology.statement import Gap
from methodology.worksheet import Node, View

NO_FLOW_ACTIVITY = ("none", "unspecified")
SALINITY_EDGE_PPT = 18.0
REASON_NOT_COVERED = {
    "en": "not covered by this guide: it gives yearly flows only for stated activities, none was stated",
    "zh": "本指南不适用：仅对所声明的活动给出年度通量，而此处未声明活动",
}
REASON_NO_SALINITY = {
    "en": "state `salinity_ppt`: the methane factor depends on it",
    "zh": "请填写 salinity_ppt：甲烷因子取决于盐度",
}
REASON_NO_METHANE = {"en": "table 4.14 covers mangrove and tidal marsh only", "zh": "表 4.14 仅适用于红树林和潮汐沼泽"}
REASON_COVER = {
    "en": "canopy cover below the 10 % from which the factor applies",
    "zh": "植被覆盖度低于因子适用的 10 %",
}
REASON_CEILING = {
    "en": "soil carbon has reached the natural stock; the factor no longer applies",
    "zh": "土壤碳已达天然储量，因子不再适用",
}
REASON_NO_AGE = {"en": "growth needs `started` or a measured age", "zh": "生长量需要 started 或实测林龄"}
REASON_NO_YEAR = {
    "en": "biomass was measured, but not when: growth needs the year of the measurement",
    "zh": "生物量已实测，但未说明时间：生长量需要测量年份",
}
REASON_STOOD_BEFORE = {
    "en": "one measurement of a stand that stood before its activity began tells no growth; where people planted it, "
    "state `replanted = true`",
    "zh": "活动开始前已存在的林分，仅一次实测无法得知生长量；若为人工种植，请填写 replanted = true",
}
REASON_SHOOTS_NOT_MEASURED = {
    "en": "below-ground biomass was measured and above-ground biomass was not; its default growth is not mixed with it",
    "zh": "仅实测了地下生物量，地上未实测；不将地上缺省生长量与其混用",
}
REASON_NO_FLOW = {
    "en": "existing habitat without an activity that has a yearly flow in this guide",
    "zh": "现有生境，其活动在本指南中无年度通量",
}
REASON_BOOKED_AS_LOSS = {
    "en": "extraction is booked as a loss when the habitat becomes another, not as a yearly flow",
    "zh": "开采在生境转移当期计为损失，不作为年度通量",
}
REASON_NO_DEFAULT = {
    "en": "the guide gives no default for this flow of this habitat",
    "zh": "该指南未给出此生境该通量的缺省值",
}


def reason_full_grown(growth: Factor, ceiling: Factor, years: float, started: int) -> dict[str, str]:
    """Why a stand past its ceiling has no flow of biomass: what the default counts, and since when it counts no more."""
    since = math.ceil(started + years)
    return {
        "en": f"default growth of {growth.value:g} t d.m./ha/yr since {started} reached the default stock of "
        f"{ceiling.value:g} t d.m./ha after {years:.3g} years ({since}); growth after that is not counted",
        "zh": f"自 {started} 年起按缺省生长量 {growth.value:g} t 干物质/公顷/年，{years:.3g} 年后（{since} 年）"
        f"已达缺省储量 {ceiling.value:g} t 干物质/公顷；此后不再计生长",
    }


def reason_after_measurement(year: float) -> dict[str, str]:
    """Why growth after a measurement has no number."""
    return {
        "en": f"biomass was measured in {math.floor(year)}; growth after that was not measured and is not extrapolated",
        "zh": f"生物量实测于 {math.floor(year)} 年；此后的生长未实测，不作外推",
    }


@dataclass(frozen=True)
class Clock:
    """When the rows of an area node begin and end, in decimal years; both the same for the date of a map.

    Parameters
    ----------
    start, end : callable taking the labels of a row
    """

    start: Callable[[dict[str, str]], float]
    end: Callable[[dict[str, str]], float]

    def active_share(self, labels: dict[str, str], started: int | None) -> float:
        """Share of the time in which an activity that began in a year ran; all of it where the year is not known. [1]"""
        start, end = self.start(labels), self.end(labels)
        if started is None:
            return 1.0
        if end <= start:
            return 1.0 if start >= started else 0.0
        return min(1.0, max(0.0, (end - max(start, started)) / (end - start)))


@dataclass
class Flows:
    """Flow nodes of one way of cutting time (dates or periods).

    Parameters
    ----------
    co2 : list of (pool, Node or View in t CO2/yr)
    co2e : Node or None
        Stack over "gas" in t CO2e/yr.
    capacity : Node or None
        Soil removal factor on existing habitat, t CO2/yr.
    """

    co2: list[tuple[str, Node | View]] = field(default_factory=list)
    methane: Node | None = None
    co2e: Node | None = None
    capacity: Node | None = None
    gaps: list[Gap] = field(default_factory=list)

    def add_gap(self, gap: Gap) -> None:
        """Remember a gap; places of one stratum and activity that differ in age alone share theirs."""
        if gap not in self.gaps:
            self.gaps.append(gap)

    def leaves_out(self) -> dict[str, tuple[str, ...]]:
        """What the net flux of each habitat leaves out, because it could not be estimated."""
        found: dict[str, list[str]] = {}
        for gap in self.gaps:
            if gap.status == "not_estimated":
                found.setdefault(gap.dimensions["habitat"], []).append(f"{gap.quantity} not estimated")
        return {habitat: tuple(dict.fromkeys(tags)) for habitat, tags in found.items()}


def flow_gap(
    c: AccountingClass, quantity: str, status: str, reason: dict[str, str], clause: str,
    row: Mapping[str, str] | None = None,
) -> Gap:  # fmt: skip
    """A flow line without a number, and why; at one date or in one period where a row is given."""
    dimensions = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity}
    dimensions |= {name: row[name] for name in ("date", "period") if name in (row or {})}
    unit = "t_CH4/yr" if quantity == "methane_flux" else "t_CO2/yr"
    return Gap(quantity, unit, "flow", "gross", dimensions, status, reason, clause)
