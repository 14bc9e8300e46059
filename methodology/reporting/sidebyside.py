"""Figures of a plant side by side: one row per quantity, one column per line, the plant's own first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from methodology.base.units import shown
from methodology.reporting.blocks import TIMES, cell_of
from methodology.reporting.wording import Words

Line = Mapping[str, Any]
_ALLOWED = {"line", *TIMES}


def fits(line: Line) -> bool:
    """Whether a line is about the plant or one of its lines and nothing finer."""
    return set(line["dimensions"]) <= _ALLOWED


def side_by_side(lines: Sequence[Line], words: Words) -> list[dict[str, Any]]:
    """Tables of the lines that fit, one for each date or period.

    Returns
    -------
    list of dict with time, columns (texts), rows (name, unit, proxy, cells or None for each column)
        The column of the plant is headed as total: it repeats the lines beside it.
    """
    by_time: dict[str, list[Line]] = {}
    for line in lines:
        if fits(line):
            time = " ".join(line["dimensions"][name] for name in TIMES if name in line["dimensions"])
            by_time.setdefault(time, []).append(line)
    return [{"time": time, **_table(group, words)} for time, group in by_time.items()]


def _table(lines: Sequence[Line], words: Words) -> dict[str, Any]:
    names = list(dict.fromkeys(line["dimensions"]["line"] for line in lines if "line" in line["dimensions"]))
    columns = ([""] if any("line" not in line["dimensions"] for line in lines) else []) + names
    rows: dict[tuple[str, str, str], dict[str, Line]] = {}
    for line in lines:
        key = (line["quantity"], line["unit"], line["account"])
        rows.setdefault(key, {})[line["dimensions"].get("line", "")] = line
    return {
        "columns": [words.label(name) if name else words("text", "whole_plant") for name in columns],
        "rows": [
            {
                "name": _capital(words("quantity", quantity)),
                "unit": shown(unit),
                "cells": [cell_of(by[name]) if name in by else None for name in columns],
            }
            for (quantity, unit, _), by in rows.items()
        ],
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
