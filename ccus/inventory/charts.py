"""Charts of a plant report: cumulative tonnes, availability calendar, energy per tonne, quality of data. SVG text."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

from ccus.capacity import RUNNING_SHARE, year_hours
from ccus.gaps.ladder import RUNGS
from ccus.inventory.accounts import Accounts

COLOURS = ("#2b6f8f", "#c9772b", "#5a8f3c", "#8a5a9c")
_RUNG_COLOURS = ("#5a8f3c", "#2b6f8f", "#8a5a9c", "#e0b040", "#c9772b", "#b03030", "#999999")
_RUNG = (
    {"en": "measured", "zh": "实测"},
    {"en": "redundant meter", "zh": "冗余仪表"},
    {"en": "balance", "zh": "平衡"},
    {"en": "neighbouring hours, bounded", "zh": "相邻小时并设界"},
    {"en": "bound of like hours", "zh": "同类小时界值"},
    {"en": "nothing", "zh": "计零"},
    {"en": "line stopped", "zh": "停机"},
)
_TEXT = {
    "cumulative": {"en": "Captured CO₂ so far, t", "zh": "累计捕集 CO₂，吨"},
    "even": {"en": "even pace of the nameplate", "zh": "铭牌均匀进度"},
    "calendar": {"en": "Hours running, by day", "zh": "每日运行小时"},
    "lines": {"en": "Captured CO₂ by month and line, t", "zh": "各线逐月捕集 CO₂，吨"},
    "energy": {"en": "Energy per tonne of CO₂, by month", "zh": "逐月单位能耗"},
    "quality": {"en": "Hours by what they rest on, %", "zh": "小时数据来源，%"},
    "heat": {"en": "heat, GJ/t", "zh": "热，GJ/t"},
    "power": {"en": "power, 100 kWh/t", "zh": "电，100 kWh/t"},
}


def charts(accounts: Accounts, lang: str = "en") -> list[dict[str, str]]:
    """Charts of a period, each with title and svg."""
    days = accounts.days()
    found = [_chart("cumulative", lang, lambda axes: _cumulative(axes, accounts, lang))]
    if len(set(days)) > 1:
        found.append(
            _chart("calendar", lang, lambda axes: _calendar(axes, accounts), height=0.9 + 0.55 * len(accounts.lines))
        )
    if len({day[:7] for day in days}) > 1:
        found.append(_chart("lines", lang, lambda axes: _months(axes, accounts)))
        if any(line.hours.heat or line.hours.electricity for line in accounts.lines):
            found.append(_chart("energy", lang, lambda axes: _energy(axes, accounts, lang)))
    found.append(
        _chart("quality", lang, lambda axes: _quality(axes, accounts, lang), height=0.9 + 0.55 * len(accounts.lines))
    )
    return found


def _chart(name: str, lang: str, draw: Any, height: float = 3.0) -> dict[str, str]:
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
    return {"title": _TEXT[name][lang], "svg": buffer.getvalue()}


def _cumulative(axes: Any, accounts: Accounts, lang: str) -> None:
    step = 24 if accounts.edges_s.size > 24 * 40 else 1  # a year is drawn by day, a month by hour
    offset = accounts.records.start.astimezone(accounts.records.plant.zone).utcoffset().total_seconds()
    times = (accounts.edges_s[1::step] + offset).astype("datetime64[s]")
    below = np.zeros(times.size)
    for number, line in enumerate(accounts.lines):
        above = below + np.cumsum(line.captured_t)[::step]
        colour = COLOURS[number % len(COLOURS)]
        axes.fill_between(times, below, above, color=colour, alpha=0.75, label=line.id, linewidth=0)
        below = above
    nameplate = accounts.records.plant.nameplate_at(accounts.records.start)
    if nameplate is not None:
        year = accounts.records.start.astimezone(accounts.records.plant.zone).year
        hours = year_hours("calendar_year", year, accounts.records.plant.zone)
        elapsed = np.arange(1, accounts.edges_s.size)[::step]
        even = nameplate.t_per_year / hours * elapsed
        axes.plot(times, even, color="#333333", linestyle="--", label=_TEXT["even"][lang])
    axes.legend(frameon=False, loc="upper left")
    axes.set_ylim(bottom=0)


def _calendar(axes: Any, accounts: Accounts) -> None:
    days = accounts.days()
    order = {day: i for i, day in enumerate(dict.fromkeys(days))}
    index = np.array([order[day] for day in days])
    rows = [
        np.bincount(index, line.captured_t > RUNNING_SHARE * line.hours.line.nameplate_t_per_day / 24, len(order))
        for line in accounts.lines
    ]
    image = axes.imshow(np.array(rows), aspect="auto", cmap="YlGn", vmin=0, vmax=24, interpolation="nearest")
    axes.set_yticks(range(len(accounts.lines)), [line.id for line in accounts.lines])
    names = list(order)
    ticks = [i for i, day in enumerate(names) if day.endswith("-01") or (len(names) < 32 and i % 5 == 0)]
    axes.set_xticks(ticks, [names[i][5:] for i in ticks], fontsize=7)
    axes.figure.colorbar(image, ax=axes, label="h")


def _by_month(accounts: Accounts, hours: np.ndarray) -> dict[str, float]:
    total: dict[str, float] = {}
    for day, amount in zip(accounts.days(), hours, strict=True):
        total[day[:7]] = total.get(day[:7], 0.0) + float(amount)
    return total


def _months(axes: Any, accounts: Accounts) -> None:
    width = 0.8 / max(len(accounts.lines), 1)
    for number, line in enumerate(accounts.lines):
        months = _by_month(accounts, line.captured_t)
        places = np.arange(len(months)) + (number - (len(accounts.lines) - 1) / 2) * width
        axes.bar(places, months.values(), width, color=COLOURS[number % len(COLOURS)], label=line.id)
        axes.set_xticks(range(len(months)), [month[2:] for month in months], fontsize=7)
    axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _energy(axes: Any, accounts: Accounts, lang: str) -> None:
    for number, line in enumerate(accounts.lines):
        tonnes = _by_month(accounts, line.captured_t)
        for filled, scale, style, name in (
            (line.hours.heat, 1.0, "-", "heat"),
            (line.hours.electricity, 0.01, ":", "power"),
        ):
            if filled is None:
                continue
            used = _by_month(accounts, filled.amounts())
            values = [scale * used[m] / t if t > 0 else np.nan for m, t in tonnes.items()]
            axes.plot(
                range(len(values)), values, style, color=COLOURS[number % len(COLOURS)], marker="o", markersize=3,
                label=f"{line.id}: {_TEXT[name][lang]}",
            )  # fmt: skip
        axes.set_xticks(range(len(tonnes)), [month[2:] for month in tonnes], fontsize=7)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8)


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
        axes.text(101, number, f"{100 * parts[names[0]][1] / whole:.1f}", va="center", fontsize=8)
    axes.set_yticks(range(len(accounts.lines)), [line.id for line in accounts.lines])
    axes.set_xlim(0, 100)
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
