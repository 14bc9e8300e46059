"""Tables that a statement brings along for its report: held against its lines and factors where they follow from these.

What follows from nothing else in the file is named by `not_derived`, so that nobody takes it for verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from math import fsum
from typing import Any

from methodology.base.errors import Finding
from methodology.base.phrases import phrase
from methodology.verification_nodes import EDITED, damage

TOLERANCE = 1e-9  # of the largest amounts a number was made of: sums in another order, 12 digits in the file
NET, SINCE = "net_sequestration_t_co2e", "since_start_t_co2e"
_BASE = frozenset(
    {
        "format", "version", "title", "subject", "guide", "settings", "lines", "inputs", "disputed_terms", "findings",
        "checks", "outline", "nodes", "words", "departures", "value",
    }
)  # fmt: skip
_PARTS = {
    "measured": "measured (grade, default, effect and what a mean was made of; value, limits and source are held)",
    "by_year": "by_year (how the net of a period falls on its years; sums and running sums are held)",
    "difference_to_peer": "difference_to_peer (the parts by defect; totals and the sum of parts are held)",
}
# quantity of a split, quantity of a line, its sign in a statement
_SPLITS = {
    "stock": ("carbon_stock", 1),
    "accumulation": ("removal", -1),
    "emission": ("emission", 1),
    "net_sequestration": ("net_flux", -1),
}


def not_derived(statement: Mapping[str, Any]) -> list[str]:
    """Sections of a statement that nothing else in it repeats, in words; parts of a section where the rest is held."""
    held = {*_BASE, *(["tables"] if all(map(_is_worth, statement.get("tables", ()))) else [])}
    return [_PARTS.get(name, name) for name in statement if name not in held]


def _is_worth(table: Mapping[str, Any]) -> bool:
    return table.get("id") == "net_present_value"


def section_findings(statement: Mapping[str, Any], place: str) -> list[Finding]:
    """Everything in which a section differs from lines and factor records.

    Returns
    -------
    list of Finding
        ME-ST-03 a section that is damaged or lacks a row; ME-ST-04 a number that comes out otherwise.
    """
    found: list[Finding] = []
    for name, check in (
        ("measured", _measured), ("by_year", _by_year), ("difference_to_peer", _difference), ("value", _value),
    ):  # fmt: skip
        if name not in statement:
            continue
        try:
            found.extend(check(statement, f"{place}, {name}"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            found.append(
                damage(f"{place}, {name}", f"{type(error).__name__}: {error}", "the section as it was written")
            )
    return found


def _differs(place: str, stated: Any, expected: Any) -> Finding:
    return Finding("ME-ST-04", place, str(stated), str(expected), EDITED)


def _measured(statement: Mapping[str, Any], place: str) -> Iterator[Finding]:
    """A mean that a line uses stands among the factors; one that no line uses does not."""
    factors = {record["id"]: record for record in statement["inputs"]["factors"] if record["guide"] == "measured"}
    told = []
    for record in statement["measured"]:
        parts = ("measured", record["habitat"], record["stratum"], record["quantity"], record["part"])
        name = "/".join(part for part in parts if part)
        told.append(name)
        where, factor = f"{place}, {name}", factors.get(name)
        if record["used"] != (factor is not None):
            yield damage(where, "used" if record["used"] else "not used", "what inputs.factors says")
        if factor is None:
            continue
        for key in ("value", "unit", "low", "high", "level", "distribution", "source", "note"):
            if record[key] != factor.get(key):
                yield _differs(where, f"{key} {record[key]}", phrase("{value} of its factor", value=factor.get(key)))
    for name in sorted({*factors, *told}):
        if told.count(name) != 1:
            yield damage(f"{place}, {name}", phrase("{n} records", n=told.count(name)), "one")


def _by_year(statement: Mapping[str, Any], place: str) -> Iterator[Finding]:
    """Years follow each other, running sums are sums, and the years of a period add to its net flux."""
    table = statement["by_year"]
    years, net, since = table["year"], table[NET], table[SINCE]
    first, last = (int(statement["settings"]["dates"][n]) for n in (0, -1))
    if list(years) != list(range(first, last)) or not len(years) == len(net) == len(since):
        yield damage(place, phrase("{n} years", n=len(years)), phrase("every year from {first} to {last}", first=first, last=last - 1))  # fmt: skip
        return
    near = TOLERANCE * fsum(map(abs, net))
    for year, stated, expected in zip(years, since, accumulate(net), strict=True):
        if not abs(stated - expected) <= near:
            yield _differs(f"{place}, {SINCE}, {year}", f"{stated:.12g}", f"{expected:.12g}")
    totals = _totals(statement)
    dates = [int(date) for date in statement["settings"]["dates"]]
    for start, end in pairwise(dates):
        period, part = f"{start}-{end}", net[start - first : end - first]
        flows = [totals.get((name, period), 0.0) for name in ("net_flux", "removal", "emission")]
        stated, expected = fsum(part), 0.0 - flows[0]
        if not abs(stated - expected) <= near + TOLERANCE * fsum(map(abs, flows)):
            told = phrase("{expected:.12g}, the net flux with the other sign", expected=expected)
            yield _differs(f"{place}, {NET}, {period}", f"{stated:.12g}", told)


def _difference(statement: Mapping[str, Any], place: str) -> Iterator[Finding]:
    """Parts by defect make the gap of the models, and the model of the statement has the totals of its lines."""
    totals, peer = _totals(statement), statement["settings"]["model"] != "default"
    for split in statement["difference_to_peer"]["splits"]:
        where = f"{place}, {split['quantity']} {split['when']}"
        parts = list(split["parts"].values())
        near = TOLERANCE * fsum(map(abs, (split["default"], split["peer"], *parts)))
        expected = fsum((split["default"], *parts))
        if not abs(split["peer"] - expected) <= near:
            yield _differs(where, phrase("peer {value:.12g}", value=split["peer"]), f"{expected:.12g}")
        name, sign = _SPLITS.get(split["quantity"], ("", 1))
        line, stated = totals.get((name, str(split["when"]))), split["peer" if peer else "default"]
        if line is not None and not abs(stated - sign * line) <= near + TOLERANCE * abs(line):
            yield _differs(where, f"{stated:.12g}", phrase("{value:.12g}, as its line", value=sign * line))


def _value(statement: Mapping[str, Any], place: str) -> Iterator[Finding]:
    """Each year's tonnes at that year's price, discounted; in the peer's way all tonnes times the sum of all prices."""
    value, net = statement["value"], statement["by_year"][NET]
    discounted = [
        price / (1 + value["discount_rate"]) ** n for n, price in enumerate(value["price_per_t_co2e"])
    ]  # fmt: skip
    default = statement["settings"]["model"] == "default"
    shown = [row for table in statement["tables"] if _is_worth(table) for row in table["rows"]]
    if shown != [[date, amount] for date, amount in value["net_present_value"].items()]:
        yield _differs(phrase("{place}, tables", place=place), "other rows", "those of net_present_value")
    for date, stated in value["net_present_value"].items():
        count = int(date) - value["first_year"]
        if not 0 < count <= min(len(net), len(discounted)):
            yield damage(f"{place}, {date}", phrase("{n} years", n=count), "years with a price and tonnes")
            continue
        terms = [tonnes * price for tonnes, price in zip(net[:count], discounted[:count], strict=True)]
        if not default:
            terms = [tonnes * fsum(discounted[:count]) for tonnes in net[:count]]
        if not abs(stated - fsum(terms)) <= TOLERANCE * fsum(map(abs, terms)):
            yield _differs(f"{place}, {date}", f"{stated:.12g}", f"{fsum(terms):.12g}")


def _totals(statement: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Values of total lines by quantity and date or period."""
    found = {}
    for line in statement["lines"]:
        when = line["dimensions"].get("date") or line["dimensions"].get("period")
        if line["aggregation"] == "total" and line["value"] is not None and when is not None:
            found[line["quantity"], when] = line["value"]
    return found
