"""Pictures of a projection for its report: ground moving between classes, carbon flows, the stock with its band.

They are drawn from the statement alone, so that a picture can never show another number than the lines do.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from bluecarbon.projection.results import START

INCHES = (8.0, 4.2)
WIDTH = 0.16  # of a column, where columns stand one apart
PALETTE = ("#1b7f5c", "#6fb98f", "#c2b280", "#8a6d3b", "#4f83b5", "#9dc3e6", "#7f7f7f", "#b55d8a", "#e0a030", "#5d5da8")
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei",
    "PingFang SC", "WenQuanYi Zen Hei",
)  # fmt: skip
KNOWN = {
    "mangrove": PALETTE[0], "红树林": PALETTE[0], "marsh": PALETTE[1], "盐沼": PALETTE[1], "seagrass": PALETTE[8],
    "海草": PALETTE[8], "mudflat": PALETTE[2], "pond": PALETTE[4], "water": PALETTE[5], "developed": PALETTE[6],
}  # fmt: skip
WORDS = {
    "en": {
        "area": "Ground by class and where it moved [ha]",
        "flow": "Carbon taken up and released in each period [t CO2e]",
        "stock": "Carbon stock [t CO2e]",
        "area_note": "A column is a date. A band is ground that changed class at that date; unchanged ground runs straight on.",
        "flow_note": "Up: accumulation. Down: release after disturbance. Dot: net, with its 95 % interval where factors have limits.",
        "stock_note": "Line: stock at the first day of each year. Bars: 95 % intervals where factors of the class table have limits.",
        "accumulation": "accumulation", "emission": "emission", "net": "net", "total": "all classes",
        "years": "{period}\n({years} years)",
    },
    "zh": {
        "area": "各类别面积及其去向 [ha]",
        "flow": "各时段碳积累与释放 [t CO2e]",
        "stock": "碳储量 [t CO2e]",
        "area_note": "每列为一个日期，条带为在该日期改变类别的区域，未变化区域平直延续。",
        "flow_note": "向上为积累，向下为扰动后释放，点为净值；因子有上下限时附 95 % 区间。",
        "stock_note": "线为每年首日储量；类别表因子有上下限时附 95 % 区间。",
        "accumulation": "积累", "emission": "排放", "net": "净值", "total": "全部类别",
        "years": "{period}\n（{years} 年）",
    },
}  # fmt: skip


def pictures(statement: Mapping[str, Any], lang: str = "en") -> list[dict[str, Any]]:
    """Pictures for a report.

    Parameters
    ----------
    statement : mapping
        Of a projection.
    lang : {"en", "zh"}

    Returns
    -------
    list of dict with title, png, note
        One or, where there are periods, three.
    """
    words = WORDS[lang]
    made = [("area", _area_figure)]
    if any(line["quantity"] == "net_flux" for line in statement["lines"]):
        made += [("flow", _flow_figure), ("stock", _stock_figure)]
    return [
        {"title": words[name], "png": _png(draw, statement, lang), "note": words[f"{name}_note"]} for name, draw in made
    ]


def _fonts() -> list[str]:
    """A plain font, and one with Chinese characters where the computer has one: class names may need it."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *[name for name in CHINESE_FONTS if name in installed][:1]]


def _png(draw: Any, statement: Mapping[str, Any], lang: str) -> bytes:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.family": _fonts(), "font.size": 9}):
        figure = Figure(figsize=INCHES, dpi=130, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        draw(axes, statement, WORDS[lang])
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}" if abs(value) < 1000 else f"{value:,.0f}")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _totals(statement: Mapping[str, Any], quantity: str, when: str) -> dict[str, Mapping[str, Any]]:
    lines = (n for n in statement["lines"] if n["quantity"] == quantity and n["aggregation"] == "total")
    return {line["dimensions"][when]: line for line in lines}


def _colours(names: list[str]) -> dict[str, str]:
    """A colour for each class: by meaning where the name tells it, from what is left of the palette otherwise."""
    found = {}
    for name in names:
        words = name.lower().replace("_", " ").replace("-", " ")
        found[name] = next((shade for key, shade in KNOWN.items() if key in words), "")
    free = [shade for shade in PALETTE if shade not in found.values()]
    return {name: shade or free.pop(0) if free or shade else PALETTE[0] for name, shade in found.items()}


def _area_figure(axes: Any, statement: Mapping[str, Any], words: Mapping[str, str]) -> None:
    """Columns of area by class at each date, joined by bands of what moved from where to where."""
    dates = [str(date) for date in statement["settings"]["dates"]]
    area: dict[tuple[str, str], float] = {}
    moved: dict[tuple[str, str, str], float] = {}
    for line in statement["lines"]:
        place = line["dimensions"]
        if line["quantity"] == "habitat_area" and line["aggregation"] == "part":
            key = (place["date"], place["habitat"])
            area[key] = area.get(key, 0.0) + line["value"]
        elif line["quantity"] == "area_transition":
            key = (place["period"].split("-")[1], place["from_habitat"], place["to_habitat"])
            moved[key] = moved.get(key, 0.0) + line["value"]
    names = [name for name in dict.fromkeys(habitat for _, habitat in area) if name != START]
    names.sort(key=lambda name: -max(area.get((date, name), 0.0) for date in dates))
    colour = _colours(names)
    columns = [{name: area.get((date, name), 0.0) for name in names} for date in dates]
    for place, column in enumerate(columns):
        base = 0.0
        for name in names:
            shown = None if place else name.replace("_", " ")
            axes.bar(place, column[name], WIDTH, bottom=base, color=colour[name], label=shown)
            base += column[name]
    for place in range(1, len(dates)):
        pairs = {(left, right): value for (at, left, right), value in moved.items() if at == dates[place]}
        # Where no map lies at a date (the end year) every class runs on.
        pairs = pairs or {(name, name): columns[place - 1][name] for name in names}
        _bands(axes, place, pairs, columns[place - 1], columns[place], colour)
    axes.set_xticks(range(len(dates)), dates)
    axes.set_ylabel("ha")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _bands(
    axes: Any,
    place: int,
    pairs: Mapping[tuple[str, str], float],
    before: Mapping[str, float],
    after: Mapping[str, float],
    colour: Mapping[str, str],
) -> None:
    """Bands from one column into the next."""
    import numpy as np

    start, end = _bottoms(before), _bottoms(after)
    x = np.linspace(place - 1 + WIDTH / 2, place - WIDTH / 2, 40)
    t = np.linspace(0, 1, 40)
    ease = t * t * (3 - 2 * t)
    for left in before:
        for right in after:
            value = pairs.get((left, right), 0.0)
            if value <= 0:
                continue
            low = start[left] + (end[right] - start[left]) * ease
            shade = 0.30 if left == right else 0.65
            axes.fill_between(x, low, low + value, color=colour[left], alpha=shade, linewidth=0)
            start[left] += value
            end[right] += value


def _bottoms(column: Mapping[str, float]) -> dict[str, float]:
    """Where each class begins in a column."""
    bottoms, base = {}, 0.0
    for name, value in column.items():
        bottoms[name] = base
        base += value
    return bottoms


def _flow_figure(axes: Any, statement: Mapping[str, Any], words: Mapping[str, str]) -> None:
    removal, emission = _totals(statement, "removal", "period"), _totals(statement, "emission", "period")
    net = _totals(statement, "net_flux", "period")
    periods = sorted(net)
    places = range(len(periods))
    up = [-removal[p]["value"] if p in removal else 0.0 for p in periods]
    down = [-emission[p]["value"] if p in emission else 0.0 for p in periods]
    axes.bar(places, up, 0.5, color=PALETTE[0], label=words["accumulation"])
    axes.bar(places, down, 0.5, color=PALETTE[3], label=words["emission"])
    centre = [-net[p]["value"] for p in periods]
    reach = [
        [max(c + net[p]["interval"]["high"], 0.0) for c, p in zip(centre, periods, strict=True)],
        [max(-net[p]["interval"]["low"] - c, 0.0) for c, p in zip(centre, periods, strict=True)],
    ]
    axes.errorbar(places, centre, yerr=reach, fmt="o", color="black", capsize=4, label=words["net"])
    axes.axhline(0, color="black", linewidth=0.8)
    lengths = [int(end) - int(start) for start, end in (period.split("-") for period in periods)]
    shown = [words["years"].format(period=p, years=n) for p, n in zip(periods, lengths, strict=True)]
    axes.set_xticks(list(places), shown if len(set(lengths)) > 1 else periods)
    axes.set_ylabel("t CO2e")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _stock_figure(axes: Any, statement: Mapping[str, Any], words: Mapping[str, str]) -> None:
    import numpy as np

    stock = _totals(statement, "carbon_stock", "date")
    dates = sorted(stock, key=int)
    yearly = statement["by_year"]
    first = stock[dates[0]]["value"]
    years = [yearly["year"][0], *(year + 1 for year in yearly["year"])] if yearly["year"] else []
    line = [first, *(first + since for since in yearly["since_start_t_co2e"])]
    axes.plot(years, line[: len(years)], color=PALETTE[0], label=words["total"])
    x = np.array([int(date) for date in dates])
    value = np.array([stock[date]["value"] for date in dates])
    low, high = (np.array([stock[date]["interval"][side] for date in dates]) for side in ("low", "high"))
    if np.any(high > low):
        axes.fill_between(x, low, high, color=PALETTE[0], alpha=0.15, linewidth=0)
    reach = [np.maximum(value - low, 0), np.maximum(high - value, 0)]
    axes.errorbar(x, value, yerr=reach, fmt="o", color=PALETTE[0], capsize=4)
    axes.set_ylim(bottom=0)
    axes.set_xticks(x)
    axes.set_ylabel("t CO2e")
