"""What every flow of the wetlands account shares: when rows begin and end, what was found, and why a line has no number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bluecarbon.classes import AccountingClass
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

    def leaves_out(self) -> dict[str, tuple[str, ...]]:
        """What the net flux of each habitat leaves out, because it could not be estimated."""
        found: dict[str, list[str]] = {}
        for gap in self.gaps:
            if gap.status == "not_estimated":
                found.setdefault(gap.dimensions["habitat"], []).append(f"{gap.quantity} not estimated")
        return {habitat: tuple(dict.fromkeys(tags)) for habitat, tags in found.items()}


def flow_gap(c: AccountingClass, quantity: str, status: str, reason: dict[str, str], clause: str) -> Gap:
    """A flow line without a number, and why."""
    dimensions = {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity}
    unit = "t_CH4/yr" if quantity == "methane_flux" else "t_CO2/yr"
    return Gap(quantity, unit, "flow", "gross", dimensions, status, reason, clause)
