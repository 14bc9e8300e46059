"""The few numbers a reader wants first, and the summary in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from methodology.base.units import shown
from methodology.reporting.blocks import LEVELS, TIMES, excluded
from methodology.reporting.change import remarks
from methodology.reporting.numbers import shown_with_sign
from methodology.reporting.wording import Words

MOST_ROWS = 4
"""A cut with more rows than this is a table, not a headline."""
_KIND_ORDER = ("area", "stock", "flow", "stock_change", "ratio")
_ACCOUNT_ORDER = ("net", "avoided", "gross", "activity", "capacity")
CONFIRMED = ("read", "local")

Line = Mapping[str, Any]


def headline_lines(statement: Mapping[str, Any]) -> list[Line]:
    """The statement's headline: of each quantity its total (else its coarsest cut) at the latest date or period.

    Returns
    -------
    list of lines
        Areas first, then stocks, flows, changes and ratios; proxy capacities last.
    """
    groups: dict[tuple[str, str, str], list[Line]] = {}
    totals = [line for line in statement["lines"] if line["value"] is not None and line["aggregation"] == "total"]
    for line in statement["lines"]:
        if line["value"] is not None:
            groups.setdefault((line["quantity"], line["unit"], line["account"]), []).append(line)
    chosen: list[Line] = []
    for lines in groups.values():
        best = min(_rank(line) for line in lines)
        top = _latest([line for line in lines if _rank(line) == best])
        alone = (
            len(top) == 1
            and top[0]["kind"] != "stock_change"
            and not any(line["kind"] == top[0]["kind"] for line in totals)
        )
        if best[0] < LEVELS.index("part") or alone:
            chosen.extend(top if len(top) <= MOST_ROWS else [])
    return sorted(chosen, key=lambda line: (line["account"] == "capacity", _kind(line), _account(line)))


def _rank(line: Line) -> tuple[int, int]:
    return LEVELS.index(line["aggregation"]), len(line["dimensions"])


def _kind(line: Line) -> int:
    return _KIND_ORDER.index(line["kind"])


def _account(line: Line) -> int:
    return _ACCOUNT_ORDER.index(line["account"])


def _latest(lines: Sequence[Line]) -> list[Line]:
    """Lines of the latest date; of net flows those of the latest period too, because the two answer two questions."""
    by_time: dict[str, list[Line]] = {}
    for line in lines:
        by_time.setdefault(next((name for name in TIMES if name in line["dimensions"]), ""), []).append(line)
    kept = []
    for name, group in by_time.items():
        last = max((line["dimensions"][name] for line in group), default="") if name else ""
        current = [line for line in group if not name or line["dimensions"][name] == last]
        net = current[0]["kind"] == "flow" and current[0]["account"] == "net"
        if net or name != "period" or "date" not in by_time:
            kept.extend(current)
    return kept


def line_name(line: Line, words: Words) -> str:
    """Quantity and labels of a line in words."""
    labels = [words.label(value) for value in line["dimensions"].values()]
    name = words("quantity", line["quantity"])
    return _capital(name + (words.bracketed(words.joined(labels)) if labels else ""))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def cards(statement: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Headline lines as cards; a stock and the same stock as CO2 share one card."""
    lines = headline_lines(statement)
    twins = {(line["quantity"], tuple(line["dimensions"].items())): line for line in lines}
    made = []
    for line in lines:
        quantity, dims = line["quantity"], tuple(line["dimensions"].items())
        if quantity.endswith("_as_co2") and (quantity.removesuffix("_as_co2"), dims) in twins:
            continue
        twin = twins.get((f"{quantity}_as_co2", dims))
        made.append(
            {
                "name": _capital(words("quantity", quantity)),
                "labels": words.joined([words.label(v) for v in line["dimensions"].values()]),
                "proxy": line["account"] == "capacity",
                **_figures(line, words),
                "twin": _figures(twin, words) if twin else None,
                "remarks": remarks(line, statement, words),
            }
        )
    return made


def _figures(line: Line, words: Words) -> dict[str, str]:
    value = shown_with_sign(line, 1)[0]
    return {"value": value, "unit": shown(line["unit"]), "interval": interval_text(line, words, 1)}


def interval_text(line: Line, words: Words, sign: int) -> str:
    """A line's interval in words; a star behind it where it leaves something out, which `sentences` then names."""
    _, low, high = shown_with_sign(line, sign)
    interval = line["interval"]
    level = f"{100 * interval['level']:g}"
    text = (
        f"{words('text', 'interval_of', level=level)} {low}{words('language', 'range')}{high}"
        if low
        else words("text", "interval_unstated" if unstated(interval) else "interval_exact_long")
    )
    return text + "*" if interval["excludes"] else text


def unstated(interval: Mapping[str, Any]) -> bool:
    """Whether an interval without width leaves something out: an uncertainty not stated is not an exact value."""
    return interval["method"] == "exact" and bool(interval["excludes"])


def sentences(statement: Mapping[str, Any], words: Words) -> list[str]:
    """The summary: what, where, when, how much, how sure, and what is not in it."""
    return [
        _what(statement, words),
        *(
            text
            for line in headline_lines(statement)
            if not is_twin(line, statement)
            for text in (_sentence(line, words, statement["subject"]), *remarks(line, statement, words))
        ),
        *_missing(statement, words),
    ]


def is_twin(line: Line, statement: Mapping[str, Any]) -> bool:
    """Whether a line is another one in CO2, so that telling it again would add nothing."""
    return line["quantity"].endswith("_as_co2") and any(
        other["quantity"] == line["quantity"].removesuffix("_as_co2") for other in statement["lines"]
    )


def _what(statement: Mapping[str, Any], words: Words) -> str:
    habitats = _labels(statement, "habitat")
    units = [unit for unit in _labels(statement, "reporting_unit") if not unit.startswith("(")]
    outside = len(units) < len(_labels(statement, "reporting_unit"))
    dates = sorted(_labels(statement, "date"))
    periods = sorted({n["dimensions"]["period"] for n in headline_lines(statement) if "period" in n["dimensions"]})
    what = words.joined([words.label(h) for h in habitats]) or words("text", f"subject_{statement['subject']}")
    if len(units) == 1 and not outside:
        where = words("text", "where_one", name=units[0])
    elif units:
        also = words("text", "where_outside") if outside else ""
        where = words("text", "where_units", n=len(units), outside=also)
    else:
        where = ""
    mapped = _mapped(statement, dates)
    when = words("text", "when_dates", dates=words("text", "and").join(mapped)) if mapped else ""
    if dates and dates[-1] not in mapped:
        when += words("text", "when_until", date=dates[-1])
    if not dates and periods:
        when = words("text", "when_period", dates=words.joined(periods))
    guide = words.pick(statement["guide"].get("short") or statement["guide"].get("title"))
    return words("text", "what_where", what=what, where=where, when=when, guide=guide)


def _mapped(statement: Mapping[str, Any], dates: Sequence[str]) -> list[str]:
    """Dates with a map; a projection also tells of its end year, which has none."""
    if statement["subject"] != "projection":
        return list(dates)
    maps = {file["role"].removeprefix("map ") for file in statement["inputs"]["files"]}
    return [date for date in dates if date in maps]


def _labels(statement: Mapping[str, Any], name: str) -> list[str]:
    return list(dict.fromkeys(line["dimensions"][name] for line in statement["lines"] if name in line["dimensions"]))


def _sentence(line: Line, words: Words, subject: str) -> str:
    form, sign = "sentence", 1
    positive = line["value"] >= 0
    if line["account"] == "capacity":
        form, sign = "sentence_capacity", 1 if positive else -1
    elif line["kind"] == "flow" and not positive and subject != "plant":
        form, sign = "sentence_removed", -1
    elif line["kind"] == "flow" and line["quantity"].endswith(("_flux", "_as_co2e")):
        form = "sentence_emitted"
    elif line["kind"] == "stock_change" or line["quantity"].endswith("_change"):
        form, sign = ("sentence_grew", 1) if positive else ("sentence_fell", -1)
    value, _, _ = shown_with_sign(line, sign)
    interval = interval_text(line, words, sign)
    if line["kind"] in ("flow", "stock_change") and line["interval"]["low"] < 0 < line["interval"]["high"]:
        interval += words("text", "sign_open")
    interval = words.bracketed(interval)
    name = line_name(line, words)
    return words("text", form, name=name, value=value, unit=shown(line["unit"]), interval=interval)


def _missing(statement: Mapping[str, Any], words: Words) -> list[str]:
    texts = []
    lines = statement["lines"]
    gaps = [line for line in lines if line["value"] is None]
    flows = [line for line in lines if line["kind"] == "flow"]
    if flows and all(line["value"] is None or line["account"] == "capacity" for line in flows):
        reason = next((words.pick(line["reason"]) for line in flows if line["value"] is None), "")
        if reason:
            texts.append(words("text", "no_flows", reason=reason))
    estimated = [line for line in lines if line["value"] is not None]
    tagged = [line for line in estimated if line["interval"]["excludes"]]
    if tagged:
        what = excluded([tag for line in tagged for tag in line["interval"]["excludes"]], words)
        texts.append(words("text", "excludes_some", n=len(tagged), all=len(estimated), what=what))
    else:
        texts.append(words("text", "excludes_none"))
    texts.append(_factors(statement, words))
    if gaps:
        statuses = words.joined([words("status", s) for s in dict.fromkeys(line["status"] for line in gaps)])
        texts.append(words("text", "gaps_count", n=len(gaps), statuses=statuses))
    counts = {s: sum(f["severity"] == s for f in statement["findings"]) for s in ("warning", "note")}
    if statement["findings"]:
        texts.append(words("text", "findings_count", warnings=counts["warning"], notes=counts["note"]))
    return texts


def unconfirmed(statement: Mapping[str, Any]) -> int:
    """How many of the factors used nobody confirmed from their printed source."""
    return sum(factor["value_status"] not in CONFIRMED for factor in statement["inputs"]["factors"])


def _factors(statement: Mapping[str, Any], words: Words) -> str:
    count, bad = len(statement["inputs"]["factors"]), unconfirmed(statement)
    if not count:
        return words("text", "factors_none")
    return words("text", "factors_count" if bad else "factors_all", n=count, bad=bad)
