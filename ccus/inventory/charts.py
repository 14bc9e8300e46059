"""Charts of a plant report: cumulative tonnes, availability calendar, energy per tonne, quality of data. SVG text."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

from ccus.capacity import RUNNING_SHARE, entitled_t, line_rate_t_h
from ccus.gaps.ladder import RUNGS
from ccus.inventory.accounts import Accounts
from ccus.inventory.words import WORDS

COLOURS = ("#2b6f8f", "#c9772b", "#5a8f3c", "#8a5a9c")
_RUNG_COLOURS = (
    "#5a8f3c",
    "#2b6f8f",
    "#8a5a9c",
    "#e0b040",
    "#c9772b",
    "#b03030",
    "#999999",
    "#d9c46a",
    "#6aa7a0",
    "#d6d6d6",
)
_RUNG = (
    {"en": "measured", "zh": "实测"},
    {"en": "redundant meter", "zh": "冗余仪表"},
    {"en": "balance", "zh": "平衡"},
    {"en": "neighbouring hours, bounded", "zh": "相邻小时并设界"},
    {"en": "bound of like hours", "zh": "同类小时界值"},
    {"en": "nothing", "zh": "计零"},
    {"en": "line stopped", "zh": "停机"},
    {"en": "manual, held to the bound", "zh": "手工读数（不优于界值）"},
    {"en": "manual, evidence by rule", "zh": "手工读数（按规则作依据）"},
    {"en": "unrecorded", "zh": "无记录"},
)
_TEXT = {
    "cumulative": {"en": "Captured CO₂ so far, against the nameplate", "zh": "累计捕集 CO₂ 与铭牌"},
    "even": {"en": "even pace of the nameplate", "zh": "铭牌均匀进度"},
    "rated": {"en": "nameplate of the year", "zh": "全年铭牌"},
    "calendar": {
        "en": "Hours running by evidence, by day (hours on bounds are left light)",
        "zh": "每日有依据的运行小时（以界值填补的不计）",
    },
    "lines": {"en": "Captured CO₂ by line", "zh": "各线捕集 CO₂"},
    "energy": {"en": "Energy per tonne of CO₂", "zh": "单位能耗"},
    "quality": {"en": "Hours by what they rest on", "zh": "小时数据来源"},
    "heat": {"en": "heat, GJ/t CO₂", "zh": "热，GJ/t CO₂"},
    "power": {"en": "electricity, kWh/t CO₂", "zh": "电，kWh/t CO₂"},
    "tonnes": {"en": "t CO₂", "zh": "t CO₂"},
    "hours": {"en": "hours", "zh": "小时"},
    "share": {"en": "share of hours, %; at the right: measured", "zh": "小时占比，%；右侧为实测"},
    "month": {"en": "month", "zh": "月"},
    "day": {"en": "day", "zh": "日"},
    "hour": {"en": "hour", "zh": "时"},
}
MOST_TICKS = 16


def charts(accounts: Accounts, lang: str = "en") -> list[dict[str, str]]:
    """Charts of a period, each with title and svg."""
    flat = 0.9 + 0.55 * len(accounts.lines)
    found = [_chart("cumulative", lang, lambda axes: _cumulative(axes, accounts, lang))]
    if len(set(accounts.days())) > 1:
        found.append(_chart("calendar", lang, lambda axes: _calendar(axes, accounts, lang), height=flat))
    found.append(_chart("lines", lang, lambda axes: _side_by_side(axes, accounts, lang)))
    shown = [
        name
        for name in ("heat", "electricity")
        if any(getattr(line.hours, name) is not None for line in accounts.lines)
    ]
    for name in shown:
        title = f"{_TEXT['energy'][lang]}{'：' if lang == 'zh' else ': '}"
        text = _TEXT["heat" if name == "heat" else "power"][lang]
        found.append(
            _chart("energy", lang, lambda axes, name=name: _energy(axes, accounts, name, lang), 2.4, title + text)
        )
    found.append(_chart("quality", lang, lambda axes: _quality(axes, accounts, lang), height=flat + 0.2))
    return found


def _chart(name: str, lang: str, draw: Any, height: float = 3.0, title: str = "") -> dict[str, str]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {"svg.hashsalt": "plant", "svg.fonttype": "none", "font.size": 9, "font.family": ["sans-serif"]}
    ):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes = figure.add_subplot()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        draw(axes)
        buffer = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # text stays text: the reader's own font draws it
            figure.savefig(buffer, format="svg", metadata={"Date": None})
    return {"title": title or _TEXT[name][lang], "svg": buffer.getvalue()}


def _name(line: str, lang: str) -> str:
    """A line's id, or its word where the report's tables have one."""
    return WORDS["label"].get(line, {}).get(lang, line)


def _cumulative(axes: Any, accounts: Accounts, lang: str) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    edges, plant = accounts.edges_s, accounts.records.plant
    step = 24 if edges.size > 24 * 40 else 1  # a year is drawn by day, a month by hour
    at = np.unique(np.append(np.arange(step - 1, edges.size - 1, step), edges.size - 2))
    start = accounts.records.start.astimezone(plant.zone)
    offset = start.utcoffset().total_seconds()
    times = (np.append(edges[0], edges[1:][at]) + offset).astype("datetime64[s]")
    below = np.zeros(times.size)
    for number, line in enumerate(accounts.lines):
        above = below + np.append(0.0, np.cumsum(line.captured_t)[at])
        colour = COLOURS[number % len(COLOURS)]
        axes.fill_between(times, below, above, color=colour, alpha=0.75, label=_name(line.id, lang), linewidth=0)
        below = above
    even = np.cumsum(entitled_t(plant.nameplates, start.year, plant.zone, edges))
    if even[-1] > 0:
        label = {"color": "#333333", "linestyle": "--", "label": _TEXT["even"][lang]}
        axes.plot(times, np.append(0.0, even[at]), **label)
        if (accounts.records.end - accounts.records.start).days > 360:
            whole = np.array([accounts.records.start.timestamp(), accounts.records.end.timestamp()])
            rated = float(entitled_t(plant.nameplates, start.year, plant.zone, whole)[0])
            axes.axhline(rated, color="#b03030", linewidth=1, label=_TEXT["rated"][lang])
    axes.legend(frameon=False, loc="upper left")
    axes.set_ylim(0, 1.2 * axes.dataLim.ymax)  # so that the legend stays clear of the nameplate
    axes.xaxis.set_major_locator(AutoDateLocator(maxticks=8))
    axes.xaxis.set_major_formatter(DateFormatter("%m-%d" if len(set(accounts.days())) > 1 else "%H:%M"))
    axes.set_ylabel(_TEXT["tonnes"][lang])
    axes.yaxis.set_major_formatter("{x:,.0f}")


def _calendar(axes: Any, accounts: Accounts, lang: str) -> None:
    days = accounts.days()
    order = {day: i for i, day in enumerate(dict.fromkeys(days))}
    index = np.array([order[day] for day in days])
    rows = []
    for line in accounts.lines:
        rate = line_rate_t_h([n for n in accounts.records.plant.lines if n.id == line.id], accounts.edges_s)
        running = ((line.captured_t > RUNNING_SHARE * rate) & (line.captured_t > 0)).astype(float)
        if line.hours.captured is not None:
            running *= 1 - line.hours.captured.bound_share
        rows.append(np.bincount(index, running, len(order)))
    image = axes.imshow(np.array(rows), aspect="auto", cmap="YlGn", vmin=0, vmax=24, interpolation="nearest")
    axes.set_yticks(range(len(accounts.lines)), [_name(line.id, lang) for line in accounts.lines])
    names = list(order)
    ticks = [i for i, day in enumerate(names) if day.endswith("-01") or (len(names) < 32 and i % 5 == 0)]
    axes.set_xticks(ticks, [names[i][5:] for i in ticks], fontsize=7)
    axes.figure.colorbar(image, ax=axes, label=_TEXT["hours"][lang], ticks=[0, 6, 12, 18, 24])


def _parts(accounts: Accounts) -> tuple[str, np.ndarray, list[str]]:
    """Months of a year, days of a month, hours of a day: their word, the part of each hour, and their names."""
    days = accounts.days()
    if len({day[:7] for day in days}) > 1:
        word, keys = "month", [day[:7] for day in days]
    elif len(set(days)) > 1:
        word, keys = "day", days
    else:
        word, keys = "hour", [f"{n:02}" for n in range(len(days))]
    order = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    short = {"month": slice(2, None), "day": slice(8, None), "hour": slice(None)}[word]
    return word, np.array([order[key] for key in keys]), [key[short] for key in order]


def _ticks(axes: Any, names: list[str], word: str, lang: str) -> None:
    every = -(-len(names) // MOST_TICKS)
    axes.set_xticks(range(0, len(names), every), names[::every], fontsize=7)
    axes.set_xlabel(_TEXT[word][lang])


def _side_by_side(axes: Any, accounts: Accounts, lang: str) -> None:
    word, index, names = _parts(accounts)
    width = 0.8 / max(len(accounts.lines), 1)
    for number, line in enumerate(accounts.lines):
        tonnes = np.bincount(index, line.captured_t, len(names))
        places = np.arange(len(names)) + (number - (len(accounts.lines) - 1) / 2) * width
        axes.bar(places, tonnes, width, color=COLOURS[number % len(COLOURS)], label=_name(line.id, lang))
    _ticks(axes, names, word, lang)
    axes.set_ylabel(_TEXT["tonnes"][lang])
    axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _energy(axes: Any, accounts: Accounts, name: str, lang: str) -> None:
    word, index, names = _parts(accounts)
    for number, line in enumerate(accounts.lines):
        filled = getattr(line.hours, name)
        if filled is None:
            continue
        tonnes = np.bincount(index, line.captured_t, len(names))
        used = np.bincount(index, filled.amounts(), len(names))
        values = np.divide(used, tonnes, out=np.full(tonnes.shape, np.nan), where=tonnes > 0)
        style = {"color": COLOURS[number % len(COLOURS)], "marker": "o", "markersize": 3, "clip_on": False}
        axes.plot(range(len(names)), values, label=_name(line.id, lang), **style)
    _ticks(axes, names, word, lang)
    axes.set_ylim(0, 1.15 * axes.dataLim.ymax if np.isfinite(axes.dataLim.ymax) else 1)
    axes.set_ylabel("GJ/t CO₂" if name == "heat" else "kWh/t CO₂")
    axes.legend(frameon=False, ncols=4, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _quality(axes: Any, accounts: Accounts, lang: str) -> None:
    names = list(RUNGS.values())
    labelled: set[str] = set()
    for number, line in enumerate(accounts.lines):
        if line.hours.captured is None:
            continue
        parts = line.hours.captured.by_rung()
        whole, left = sum(hours for _, hours in parts.values()), 0.0
        for name, (_, hours) in parts.items():
            share, rank = 100 * hours / whole, names.index(name)
            label = None if name in labelled else _RUNG[rank][lang]
            labelled.add(name)
            axes.barh(number, share, left=left, color=_RUNG_COLOURS[rank], label=label)
            left += share
        measured = 100 * parts[names[0]][1] / whole if names[0] in parts else 0.0
        axes.text(101, number, f"{measured:.1f}", va="center", fontsize=8)
    axes.set_yticks(range(len(accounts.lines)), [_name(line.id, lang) for line in accounts.lines])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel(_TEXT["share"][lang])
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
