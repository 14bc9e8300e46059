"""The headline of a statement in a few lines of text, for terminals and for the top of reports."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from methodology.base.units import shown

_WORDS = {
    "en": {
        "habitat_area": "Area", "carbon_stock": "Carbon stock", "stock_change": "Change of stock", "net_flux": "Net flux",
        "carbon_sink": "Carbon sink", "activity_sink": "Sink due to activity", "soil_capacity": "Soil capacity (proxy, in no total)",
        "to": "to", "excludes": "interval leaves out", "unread": "The guide's text was not read by this edition; see its notice.",
        "factors": "{n} factors used, {k} of them not confirmed from the printed source.",
        "findings": "{n} findings; see the report.", "sequestered": "sequestered", "emitted": "emitted",
        "captured": "CO2 captured", "net_captured": "Net captured",
    },
    "zh": {
        "habitat_area": "面积", "carbon_stock": "碳储量", "stock_change": "碳储量变化", "net_flux": "净通量",
        "carbon_sink": "碳汇量", "activity_sink": "活动碳汇", "soil_capacity": "土壤固碳能力(参考值,不计入合计)",
        "to": "至", "excludes": "区间未包含", "unread": "本版未读取该指南原文,请见其说明。",
        "factors": "共使用 {n} 个因子,其中 {k} 个未经印刷原文核实。",
        "findings": "{n} 条发现,详见报告。", "sequestered": "清除", "emitted": "排放",
        "captured": "捕集 CO2", "net_captured": "净捕集",
    },
}  # fmt: skip
HEADLINE = (
    "habitat_area", "carbon_stock", "stock_change", "net_flux", "carbon_sink", "activity_sink", "soil_capacity",
    "captured", "net_captured",
)  # fmt: skip


def headline(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines a reader looks for first: totals, and subtotals by habitat where there is no total.

    Returns
    -------
    list of dict with id, quantity, unit, value, low, high, excludes, dimensions
    """
    chosen = []
    for quantity in HEADLINE:
        lines = [line for line in statement["lines"] if line["quantity"] == quantity and line["value"] is not None]
        totals = [line for line in lines if line["aggregation"] == "total"]
        if not totals:
            totals = [
                li
                for li in lines
                if li["aggregation"] == "subtotal" and not {"reporting_unit", "pool", "gas"} & set(li["dimensions"])
            ]
        for line in totals:
            interval = line["interval"]
            chosen.append(
                {key: line[key] for key in ("id", "quantity", "unit", "value", "dimensions")}
                | {"low": interval["low"], "high": interval["high"], "excludes": interval["excludes"]}
            )
    return chosen


def rounded(value: float, low: float | None = None, high: float | None = None) -> str:
    """A number as people read it: digits that its interval supports, at least two.

    Parameters
    ----------
    value, low, high : float
        In one unit; without limits four significant digits are kept.
    """
    import math

    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    digits = magnitude - 3
    if low is not None and high is not None and high > low:
        digits = min(math.floor(math.log10(high - low)) - 1, magnitude - 1)
    text = f"{round(value, -digits):,.{max(0, -digits)}f}"
    return "0" if float(text.replace(",", "")) == 0 else text


def summary_text(statement: Mapping[str, Any], lang: str = "en") -> str:
    """Headline as text that fits a terminal.

    Parameters
    ----------
    lang : {"en", "zh"}
    """
    words = _WORDS[lang]
    guide = statement["guide"]
    out = [statement["title"], guide["title"][lang], ""]
    excludes: set[str] = set()
    for line in headline(statement):
        labels = " ".join(str(value).replace("_", " ") for value in line["dimensions"].values())
        low, high = line["low"], line["high"]
        text = f"{rounded(line['value'], low, high)} {shown(line['unit'])}"
        if high > low:
            text += f"  ({rounded(low, low, high)} {words['to']} {rounded(high, low, high)})"
        if line["quantity"] in ("net_flux", "soil_capacity") and line["value"] < 0:
            text += f"  [{words['sequestered']}]"
        out.append(f"  {_padded(words[line['quantity']], 34)} {_padded(labels, 24)} {text}")
        excludes.update(line["excludes"])
    if excludes:
        out.append(f"  ({words['excludes']}: {', '.join(sorted(excludes))})")
    factors = statement["inputs"]["factors"]
    open_marks = sum(f["value_status"] not in ("read", "local") for f in factors)
    out += ["", words["factors"].format(n=len(factors), k=open_marks)]
    if guide.get("text_read") is False:
        out.append(words["unread"])
    if statement["findings"]:
        out.append(words["findings"].format(n=len(statement["findings"])))
    return "\n".join(out)


def _padded(text: str, width: int) -> str:
    used = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(0, width - used)
