"""Small pictures of numbers, drawn as SVG: interval bars on one scale, and shares. Same numbers, same bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 260
ROW_HEIGHT = 15
COLOURS = ("#0b6e75", "#d1842b", "#5b5ea6", "#7a8b3a", "#a23b52", "#4d4d4d")
REMOVAL, EMISSION = "#2f7d4f", "#a23b52"


@dataclass(frozen=True)
class Bar:
    """One interval on a scale; a value taken as exact has low = high."""

    value: float
    low: float
    high: float
    colour: str


def scale_of(bars: Sequence[Bar]) -> tuple[float, float]:
    """Ends of a scale that holds zero and all bars, with round ends."""
    low = min([0.0, *(bar.low for bar in bars)])
    high = max([0.0, *(bar.high for bar in bars)])
    if low == high:
        return 0.0, 1.0
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    return math.floor(low / step) * step, math.ceil(high / step) * step


def interval_svg(bars: Sequence[Bar], scale: tuple[float, float], title: str) -> str:
    """Bars below each other on a scale, as one inline SVG.

    Parameters
    ----------
    scale : (low, high)
        In the unit of the bars.
    title : str
        What a screen reader says; escaped here.
    """
    height = ROW_HEIGHT * len(bars)
    low, high = scale

    def x(value: float) -> str:
        return f"{4 + (WIDTH - 8) * (value - low) / (high - low):.1f}"

    parts = [
        f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        f"<title>{_escaped(title)}</title>",
        f'<line x1="{x(0)}" y1="0" x2="{x(0)}" y2="{height}" stroke="#b9c4c9" stroke-width="1"/>',
    ]
    for number, bar in enumerate(bars):
        y = f"{ROW_HEIGHT * number + ROW_HEIGHT / 2:.1f}"
        thin = f'<line x1="{x(0)}" y1="{y}" x2="{x(bar.value)}" y2="{y}" stroke="{bar.colour}" stroke-width="1" opacity="0.35"/>'
        parts.append(thin)
        if bar.high > bar.low:
            parts.append(
                f'<line x1="{x(bar.low)}" y1="{y}" x2="{x(bar.high)}" y2="{y}" stroke="{bar.colour}" '
                'stroke-width="5" opacity="0.55"/>'
            )
        parts.append(f'<circle cx="{x(bar.value)}" cy="{y}" r="3.2" fill="{bar.colour}"/>')
    return "".join([*parts, "</svg>"])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def scale_svg(scale: tuple[float, float], marks: Sequence[tuple[float, str]]) -> str:
    """The axis under a column of bars: its ends and zero, as text."""
    low, high = scale
    parts = [f'<svg class="bars" viewBox="0 0 {WIDTH} 14" width="{WIDTH}" height="14" aria-hidden="true">']
    for value, text in marks:
        place = 4 + (WIDTH - 8) * (value - low) / (high - low)
        anchor = "start" if place < 30 else "end" if place > WIDTH - 30 else "middle"
        parts.append(f'<text x="{place:.1f}" y="10" text-anchor="{anchor}" class="axis">{_escaped(text)}</text>')
    return "".join([*parts, "</svg>"])
