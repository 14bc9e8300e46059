"""What stands beside a change of stock: what nobody saw grow, what left, and how change and flux go together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from methodology.base.units import shown
from methodology.reporting.numbers import significant
from methodology.reporting.wording import Words

Line = Mapping[str, Any]
C_OF_CO2 = 12 / 44
APART = ("entered_ground", "class_gain")
SHOWN = 4


def remarks(line: Line, statement: Mapping[str, Any], words: Words) -> list[str]:
    """Sentences that must stand where the total change of stock stands; none for other lines or where nothing is apart."""
    if line["quantity"] != "stock_change" or line["aggregation"] != "total":
        return []
    period = line["dimensions"]["period"]
    found = []
    for quantity in APART:
        parts = _parts(statement, quantity, period, words)
        if parts:
            found.append(words("text", f"change_{quantity}", parts=words.joined(parts)))
    left = _values(statement, "stock_change_left", period)
    if any(left.values()):
        found.append(words("text", "change_left", value=_amount(sum(left.values()), line["unit"])))
    return found


def together(statement: Mapping[str, Any], words: Words) -> list[str]:
    """How yearly flows, added over a period, and the change of stock of that period go together; in the unit of stocks."""
    periods = {entry["label"]: entry["years"] for entry in statement.get("survey", {}).get("periods", [])}
    found = []
    for line in statement["lines"]:
        if line["quantity"] == "stock_change" and line["aggregation"] == "total" and line["value"] is not None:
            period = line["dimensions"]["period"]
            flows: dict[str, float] = {}
            for flow in statement["lines"]:
                if flow["quantity"] == "co2_flux" and flow["dimensions"].get("period") == period and flow["value"]:
                    pool = flow["dimensions"]["pool"]
                    flows[pool] = flows.get(pool, 0.0) - flow["value"] * periods.get(period, 0.0) * C_OF_CO2
            if flows:
                unit = line["unit"]
                told = [f"{words.label(pool)} {_amount(value, unit)}" for pool, value in sorted(flows.items())]
                change = _changes(statement, period, unit, words)
                found.append(words("text", "change_and_flux", period=period, flows=words.joined(told), changes=change))
    return [words("text", "change_meaning"), *found] if found else []


def _changes(statement: Mapping[str, Any], period: str, unit: str, words: Words) -> str:
    pools: dict[str, float] = {}
    for quantity in (*(f"stock_change_{fate}" for fate in ("kept", "changed", "entered", "left")), *APART):
        for pool, value in _values(statement, quantity, period).items():
            pools[pool] = pools.get(pool, 0.0) + value
    return words.joined([f"{words.label(pool)} {_amount(value, unit)}" for pool, value in sorted(pools.items())])


def _parts(statement: Mapping[str, Any], quantity: str, period: str, words: Words) -> list[str]:
    values = _values(statement, quantity, period)
    return [_amount(value, "t_C") + words.bracketed(words.label(pool)) for pool, value in values.items() if value]


def _values(statement: Mapping[str, Any], quantity: str, period: str) -> dict[str, float]:
    """Values of a quantity in a period by pool."""
    return {
        line["dimensions"].get("pool", ""): line["value"]
        for line in statement["lines"]
        if line["quantity"] == quantity and line["dimensions"].get("period") == period and line["value"] is not None
    }


def _amount(value: float, unit: str) -> str:
    return f"{significant(round(value, 6), SHOWN)} {shown(unit)}"
