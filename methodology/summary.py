"""The headline of a statement as plain data for batches, and as text that fits a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from methodology.base.phrases import told
from methodology.base.units import shown
from methodology.reporting.blocks import excluded
from methodology.reporting.change import remarks
from methodology.reporting.headline import headline_lines, is_twin, line_name, unconfirmed
from methodology.reporting.numbers import shown_number
from methodology.reporting.wording import words_for

NAME_WIDTH = 40
LINE_WIDTH = 80
_TEXT = {
    "en": {
        "to": "to",
        "leaves_out": "intervals leave out: ",
        "sequestered": "sequestered",
        "proxy": "proxy, in no total",
        "unread": "The guide's text was not read by this edition; see its notice in the report.",
        "factors": "{n} factors used, {k} of them not confirmed from the printed source.",
        "findings": "{n} findings; see the report.",
    },
    "zh": {
        "to": "~",
        "leaves_out": "区间未包含：",
        "sequestered": "清除",
        "proxy": "代理值，不计入合计",
        "unread": "本版未读取该指南原文，见报告中的说明。",
        "factors": "共使用 {n} 个因子，其中 {k} 个未经印刷原文核实。",
        "findings": "{n} 条发现，详见报告。",
    },
}


def headline(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines a reader looks for first.

    Returns
    -------
    list of dict with id, quantity, unit, value, dimensions, low, high, excludes
    """
    keys = ("id", "quantity", "unit", "value", "dimensions")
    return [
        {key: line[key] for key in keys} | {key: line["interval"][key] for key in ("low", "high", "excludes")}
        for line in headline_lines(statement)
    ]


def summary_text(statement: Mapping[str, Any], lang: str = "en") -> str:
    """Headline of a statement as text.

    Parameters
    ----------
    lang : {"en", "zh"}
    """
    say, words = _TEXT[lang], words_for(statement, lang)
    out = [told(statement["title"], lang), statement["guide"]["title"][lang], ""]
    excludes: dict[str, None] = {}
    for line in headline_lines(statement):
        if is_twin(line, statement):
            continue
        value, low, high = shown_number(line)
        text = f"{value} {shown(line['unit'])}"
        if line["interval"]["high"] > line["interval"]["low"]:
            text += f"  ({low} {say['to']} {high})"
        sure = line["interval"]["high"] < 0
        notes = [say["sequestered"]] if line["kind"] == "flow" and line["value"] < 0 and sure else []
        notes += [say["proxy"]] if line["basis"] == "proxy" else []
        text += f"  [{words.joined(notes)}]" if notes else ""
        name = line_name(line, words)
        short = _width(name) <= NAME_WIDTH and NAME_WIDTH + 3 + _width(text) <= LINE_WIDTH
        out.append(f"  {_padded(name, NAME_WIDTH)} {text}" if short else f"  {name}\n      {text}")
        out += [f"      {row}" for text in remarks(line, statement, words) for row in _wrapped(text)]
        excludes.update(dict.fromkeys(line["interval"]["excludes"]))
    if excludes:
        out.append(f"  {say['leaves_out']}{excluded(excludes, words)}")
    out += ["", say["factors"].format(n=len(statement["inputs"]["factors"]), k=unconfirmed(statement))]
    if statement["guide"].get("text_read") is False:
        out.append(say["unread"])
    if statement["findings"]:
        out.append(say["findings"].format(n=len(statement["findings"])))
    return "\n".join(out)


def _wrapped(text: str) -> list[str]:
    """A sentence in rows that fit a terminal; Chinese may break between any two characters."""
    rows, row = [], ""
    for piece in re.findall(r"[^\W\d_a-zA-Z][，。；：、]*|\S+?(?=[\u3000-\u9fff])|\S+|\s", text):
        if row and _width(row + piece) > LINE_WIDTH - 6:
            rows.append(row.rstrip())
            row = ""
        row += piece if row or piece.strip() else ""
    return [*rows, row.rstrip()]


def _width(text: str) -> int:
    """Terminal columns of a text; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))
