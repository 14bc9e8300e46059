"""Lines of a statement as tables for reading: one table per way of cutting a whole, dates side by side.

Lines that share quantity, unit, account, place in the hierarchy and dimensions form a block. Labels that all rows
share move into the caption, dates or periods become columns, and every row gets its interval bars on one scale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from methodology.base.units import shown
from methodology.reporting.bars import COLOURS, Bar, interval_svg, scale_of, scale_svg
from methodology.reporting.measured import basis_mark
from methodology.reporting.numbers import shown_number, significant
from methodology.reporting.wording import Words

LEVELS = ("total", "subtotal", "part")
TIMES = ("date", "period")
FOLDED_ABOVE = 12
"""Rows of single parts above which a table is folded on the screen."""
PRINTED_UP_TO = 60
"""Rows above which a table is left to lines.csv on paper."""
COLUMNS_OF_TIME = 3
POOLS_OF = re.compile(r"pools of (\w+) not estimated")
"""Tag of a stock that lacks pools of a habitat."""

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One number with its limits, as text.

    `marks` are s (simulated), * (the interval leaves something out), m and x (stands on field samples, alone or beside
    default factors; `stands_on` says which).
    """

    value: str
    low: str = ""
    high: str = ""
    marks: str = ""
    stands_on: str = ""


@dataclass(frozen=True)
class Table:
    """A block of lines ready to print."""

    title: str
    unit: str
    headings: list[str]
    times: list[tuple[str, str]]
    rows: list[tuple[list[str], list[Cell | None], str]]
    axis: str
    shared: str
    level: str
    folded: bool
    printed: bool
    count: int


def blocks_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Estimated lines by block: net flows first; of each quantity totals first, then the cuts with fewer dimensions."""
    groups: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        if line["value"] is not None:
            key = (line["quantity"], line["unit"], line["account"], line["aggregation"], tuple(line["dimensions"]))
            groups.setdefault(key, []).append(line)
    order: dict[tuple[str, str], int] = {}
    for key in groups:
        order.setdefault(key[:1] + key[2:3], len(order))
    place = {key: n for n, key in enumerate(groups)}

    def rank(key: tuple[Any, ...]) -> tuple[Any, ...]:
        result = groups[key][0]["kind"] == "flow" and key[2] == "net"
        quantity = order[key[:1] + key[2:3]]
        return not result, quantity, "period" in key[4], LEVELS.index(key[3]), len(key[4]), place[key]

    ranked = sorted(groups, key=rank)
    return [groups[key] for key in ranked]


def tables_of(lines: Sequence[Line], words: Words) -> list[Table]:
    """Tables of a section; a cut that shows the same single row as one before it is left out."""
    tables: list[Table] = []
    blocks = blocks_of(lines)
    dated = {(b[0]["quantity"], b[0]["account"]) for b in blocks if "date" in b[0]["dimensions"]}
    seen: dict[tuple[Any, ...], list[list[float]]] = {}
    for block in blocks:
        time = next((name for name in block[0]["dimensions"] if name in TIMES), "")
        shown_before = seen.setdefault((block[0]["quantity"], block[0]["account"], time), [])
        values = [line["value"] for line in block]
        if values in shown_before:
            continue
        both = time == "period" and (block[0]["quantity"], block[0]["account"]) in dated
        note = words("text", "mean_of_period") if both and block[0]["kind"] == "flow" else ""
        tables.append(table_of(block, words, bool(shown_before), note))
        shown_before.append(values)
    return tables


def table_of(block: Sequence[Line], words: Words, many: bool, note: str = "") -> Table:
    """One block as a table.

    Parameters
    ----------
    many : bool
        Whether the quantity is shown in other cuts too, so that the title must say that it is the same whole.
    note : str
        Added to the title.
    """
    names = list(block[0]["dimensions"])
    times = _times(block, names)
    labels = [name for name in names if name not in TIMES] if times else names
    shared = {n: v for n in labels if len(v := {line["dimensions"][n] for line in block}) == 1 and len(block) > 1}
    if len(block) == len(times) or len(block) == 1:
        shared = {n: {block[0]["dimensions"][n]} for n in labels}
    headings = [name for name in labels if name not in shared]
    rows, scale = _rows(block, headings, times, words)
    common = words.joined([words.label(next(iter(v))) for v in shared.values()])
    if not headings:
        rows = [([common or words("label", "total")], cells, svg) for _, cells, svg in rows]
    level = block[0]["aggregation"]
    folded = level == "part" and len(rows) > FOLDED_ABOVE
    return Table(
        title=_title(block, headings, words, many) + (words.bracketed(note) if note else ""),
        unit=shown(block[0]["unit"]),
        headings=[words("dimension", name) for name in headings] or [""],
        times=[(time, COLOURS[n % len(COLOURS)]) for n, time in enumerate(times)] if times else [("", COLOURS[0])],
        rows=rows,
        axis=scale_svg(
            scale, [(end, f"{end:,.6g}".replace("-", "−")) for end in dict.fromkeys((scale[0], 0.0, scale[1]))]
        ),
        shared=common if headings else "",
        level=level,
        folded=folded,
        printed=len(rows) <= PRINTED_UP_TO,
        count=len(block),
    )


def _times(block: Sequence[Line], names: Sequence[str]) -> list[str]:
    name = next((n for n in names if n in TIMES), None)
    found = sorted({line["dimensions"][name] for line in block}) if name else []
    return found if len(found) <= COLUMNS_OF_TIME and sum(n in TIMES for n in names) == 1 else []


def _title(block: Sequence[Line], headings: Sequence[str], words: Words, many: bool) -> str:
    quantity = words("quantity", block[0]["quantity"])
    if not headings:
        text = words("text", "same_total" if block[0]["aggregation"] == "total" else "one", quantity=quantity)
    else:
        dims = words.joined([words("dimension", n) for n in headings])
        text = words("text", "same_split" if many else "by", quantity=quantity, dims=dims)
    return text[0].upper() + text[1:]


def _rows(
    block: Sequence[Line], headings: Sequence[str], times: Sequence[str], words: Words
) -> tuple[list[tuple[list[str], list[Cell | None], str]], tuple[float, float]]:
    grouped: dict[tuple[str, ...], dict[str, Line]] = {}
    for line in block:
        dimensions = line["dimensions"]
        key = tuple(dimensions[n] for n in headings)
        grouped.setdefault(key, {})[_time(dimensions) if times else ""] = line
    columns = list(times) or [""]
    colours = {time: COLOURS[n % len(COLOURS)] for n, time in enumerate(columns)}
    bars = {key: [bar_of(by[t], colours[t]) for t in columns if t in by] for key, by in grouped.items()}
    scale = scale_of([bar for group in bars.values() for bar in group])
    rows = []
    for key in _ordered(grouped):
        by = grouped[key]
        cells = [cell_of(by[time]) if time in by else None for time in columns]
        texts = [words.label(text) for text in key]
        said = "; ".join(f"{time} {cell.value}".strip() for time, cell in zip(columns, cells, strict=True) if cell)
        rows.append((texts, cells, interval_svg(bars[key], scale, " ".join([*texts, said]))))
    return rows, scale


def _ordered(keys: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows of one label together, labels in the order in which they first come."""
    keys = list(keys)
    places = [{label: n for n, label in reversed(list(enumerate(column)))} for column in zip(*keys, strict=True)]
    return sorted(keys, key=lambda key: [place[label] for place, label in zip(places, key, strict=True)])


def _time(dimensions: Mapping[str, str]) -> str:
    return next(dimensions[n] for n in TIMES if n in dimensions)


def bar_of(line: Line, colour: str) -> Bar:
    """The interval of a line as a bar."""
    return Bar(line["value"], line["interval"]["low"], line["interval"]["high"], colour)


def cell_of(line: Line) -> Cell:
    """A line's number as text with its marks."""
    interval = line["interval"]
    marks = ("s" if interval["method"] == "simulated" else "") + ("*" if interval["excludes"] else "")
    return Cell(*shown_number(line), marks + basis_mark(line), line["data_quality"] if basis_mark(line) else "")


def legends_of(lines: Sequence[Line], words: Words) -> list[str]:
    """What bars and marks mean, for the lines of one section."""
    known = [line for line in lines if line["value"] is not None]
    if not known:
        return []
    legends = [words("text", "bars", level=f"{100 * known[0]['interval']['level']:g}")]
    if any(line["interval"]["method"] == "simulated" for line in known):
        legends.append(words("text", "simulated_legend"))
    tags = [tag for line in known for tag in line["interval"]["excludes"]]
    if tags:
        legends.append(words("text", "excludes_legend", what=excluded(tags, words)))
    if any(basis_mark(line) for line in known):
        legends.append(words("measured", "legend"))
    return legends


def excluded(tags: Iterable[str], words: Words) -> str:
    """What intervals leave out, in words; habitats share a phrase, factors without a printed interval are counted."""
    tags = list(dict.fromkeys(tags))
    prefix = "no interval printed for "
    factors = [tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)]
    found = {tag: match[1] for tag in tags if (match := POOLS_OF.fullmatch(tag))}
    texts = []
    if found:
        texts.append(words("text", "pools_left_out", what=words.joined([words.label(h) for h in found.values()])))
    texts += [words("excludes", tag) for tag in tags if not tag.startswith(prefix) and tag not in found]
    if len(factors) == 1:
        texts.append(words("text", "no_interval_for", what=factors[0]))
    elif factors:
        texts.append(words("text", "no_interval_for_many", n=len(factors)))
    return words.joined(texts)


def matrices_of(lines: Sequence[Line], words: Words) -> list[dict[str, Any]]:
    """From-to matrices of all area transitions, one per period, summed over the other dimensions for reading.

    Returns
    -------
    list of dict with title, unit, columns, rows (label, cells), count
    """
    sums: dict[tuple[str, str, str], dict[tuple[str, str], list[float]]] = {}
    for line in lines:
        dims = line["dimensions"]
        if line["value"] is None or line["kind"] != "area" or not {"from_habitat", "to_habitat"} <= set(dims):
            continue
        group = sums.setdefault((line["quantity"], line["unit"], dims.get("period", "")), {})
        group.setdefault((dims["from_habitat"], dims["to_habitat"]), []).append(line["value"])
    matrices = []
    for (_, unit, period), cells in sums.items():
        names = list(dict.fromkeys(name for pair in cells for name in pair))
        rows = []
        for a in names:
            texts = [significant(sum(cells[a, b]), 5) if (a, b) in cells else "–" for b in names]
            if any(text != "–" for text in texts):
                rows.append((words.label(a), [(text, a == b) for text, b in zip(texts, names, strict=True)]))
        matrices.append(
            {
                "title": words("text", "matrix", period=period),
                "unit": shown(unit),
                "columns": [words.label(name) for name in names],
                "rows": rows,
                "note": words("text", "matrix_note", n=sum(len(values) for values in cells.values())),
            }
        )
    return matrices
