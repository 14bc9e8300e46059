"""Where the plant stands, as text of at most 80 columns: for a shift at three in the morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from ccus.forecast import LEAST_DAYS
from methodology.base.phrases import joined, phrase, told
from methodology.commandline import width_of

if TYPE_CHECKING:
    from ccus.status import Stand
    from methodology.base.errors import Finding

WIDTH = 80
LABEL_WIDTH = 22
MOST_WARNINGS = 8
SILENT_H = 3.0
"""Hours without product readings from which the status says so. [h]"""
HEADS = (("captured", 12), ("of rated", 10), ("running", 10), ("load", 8), ("by bounds", 12))


def as_text(stand: Stand, lang: str = "en") -> str:
    """The stand in lines of at most 80 columns; a Chinese character takes two.

    Parameters
    ----------
    stand : Stand
    lang : {"en", "zh"}
    """
    when = f"{stand.until:%Y-%m-%d %H:%M} ({stand.until:%z})"
    ends = told(phrase(": data until {when}", when=when), lang)
    out = [_fit(stand.plant, WIDTH - width_of(ends)) + ends, "=" * WIDTH]
    out.append(" " * LABEL_WIDTH + "".join(_right(told(phrase(name), lang), width) for name, width in HEADS))
    last = stand.until - timedelta(seconds=1)
    titles = {"day": f"{last:%m-%d}", "month": f"{last:%Y-%m}", "year": f"{last:%Y}"}
    if stand.silent_h < 24 and (stand.until + timedelta(hours=stand.silent_h)).date() == last.date():
        titles["day"] = told(phrase("today"), lang)
    for name, lines in stand.spans.items():
        for line, item in lines.items():
            of = told(phrase("whole plant"), lang) if line == "plant" and lang == "zh" else line
            if line in stand.not_metered:
                out.append(
                    _padded(f"{titles[name]}, {of}", LABEL_WIDTH) + _right(told(phrase("not metered"), lang), 12)
                )
                continue
            out.append(
                f"{_padded(f'{titles[name]}, {of}', LABEL_WIDTH)}{item.captured_t:>10,.1f} t"
                f"{_percent(item.utilisation):>10}{_percent(item.availability):>10}{_percent(item.load):>8}"
                f"{item.bound_hours:>10,.1f} h"
            )
        out.append("-" * WIDTH)
    out += [_fit(told(text, lang)) for text in _year_lines(stand)]
    out += _warning_lines(stand.warnings, lang)
    return "\n".join(out)


def _year_lines(stand: Stand) -> Sequence[str]:
    year, out = stand.stand, []
    if np.isfinite(year.nameplate_t):
        out.append(
            phrase(
                "Nameplate {rated:,.0f} t: {share} reached, even pace {pace:,.0f} t",
                rated=year.nameplate_t, share=_percent(year.share), pace=year.pace_t,
            )
        )  # fmt: skip
        out.append(
            phrase(
                "Left: {left:,.0f} t; {needed:,.0f} h at full rate, {remain:,.0f} h remain",
                left=max(year.left_t, 0), needed=year.hours_needed, remain=year.hours_left,
            )
        )  # fmt: skip
    if stand.silent_h >= SILENT_H:
        out.append(phrase("No product readings for {span}", span=_long(stand.silent_h)))
    if stand.captured_u_t is None:
        out.append("Uncertainty of the year so far: a product meter states none")
    else:
        percent = 200 * stand.captured_u_t / year.captured_t if year.captured_t else 0.0
        spread = f"± {2 * stand.captured_u_t:,.1f} t ({percent:.2f} %, k = 2)"
        out.append(phrase("Uncertainty of the year so far: {spread}", spread=spread))
    return [*out, *_forecast_lines(stand)]


def _forecast_lines(stand: Stand) -> list[str]:
    forecast = stand.forecast
    if forecast.expected_t is None:
        days = phrase("{n} days of data; {least} are needed", n=forecast.days, least=LEAST_DAYS)
        return [phrase("Expected year's end: {days}", days=days)]
    out: list[str] = [
        phrase(
            "Expected year's end: {expected:,.0f} t, 80 % between {low:,.0f} and {high:,.0f} t",
            expected=forecast.expected_t, low=forecast.low_t, high=forecast.high_t,
        )
    ]  # fmt: skip
    if stand.outages_ahead:
        ahead = phrase("outages entered that reach into the time ahead, accounted for: {n}", n=stand.outages_ahead)
        out.append(joined("", ("  ", ahead)))
    return out


def _long(hours: float) -> str:
    if hours < 72:
        return f"{hours:,.0f} h"
    return phrase("{n:,.0f} days", n=hours / 24)


def _warning_lines(warnings: Sequence[Finding], lang: str) -> list[str]:
    if not warnings:
        return [told("No warnings.", lang)]
    out = [told(phrase("Warnings ({n}):", n=len(warnings)), lang)]
    for finding in warnings[:MOST_WARNINGS]:
        place, found = told(finding.place, lang), told(finding.found, lang)
        text = phrase("{code} {place}: {found}", code=finding.code, place=place, found=found)
        out += _folded(told(text, lang))
    if len(warnings) > MOST_WARNINGS:
        more = phrase("and {n} more: ccus status --json", n=len(warnings) - MOST_WARNINGS)
        out.append(f"  {told(more, lang)}")
    return out


def _folded(text: str) -> list[str]:
    """A warning whole, over as many lines as it takes."""
    import textwrap

    if width_of(text) == len(text):
        return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="      ")
    lines, indent = [], "  "
    while text:
        size = 1
        while size < len(text) and width_of(indent + text[: size + 1]) <= WIDTH:
            size += 1
        lines.append(indent + text[:size])
        text, indent = text[size:], "      "
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if np.isfinite(share) else "-"


def _right(text: str, width: int) -> str:
    return " " * (width - width_of(text)) + text


def _padded(text: str, width: int) -> str:
    text = _fit(text, width - 1)
    return text + " " * (width - width_of(text))


def _fit(text: str, width: int = WIDTH) -> str:
    if width_of(text) <= width:
        return text
    while width_of(text) > width - 1:
        text = text[:-1]
    return text + "…"
