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
    """Tables of the lines that fit: all quantities of the main period, then each quantity through its other periods.

    Returns
    -------
    list of dict with title, columns (texts), rows (name, unit, cells or None for each column)
        The column of the plant is headed as total: it repeats the lines beside it.
    """
    fitting = [line for line in lines if fits(line)]
    main = {_time(line) for line in fitting if line["aggregation"] == "total"} or {_time(line) for line in fitting}
    tables = []
    for time in sorted(main):
        rows: dict[Any, dict[str, Line]] = {}
        for line in fitting:
            if _time(line) == time:
                rows.setdefault((line["quantity"], line["unit"], line["account"]), {})[_place(line)] = line
        named = [(_capital(words("quantity", key[0])), by) for key, by in rows.items()]
        tables.append(_table(time, named, words))
    through: dict[Any, dict[str, dict[str, Line]]] = {}
    for line in fitting:
        if _time(line) not in main:
            key = (line["quantity"], line["unit"], line["account"])
            through.setdefault(key, {}).setdefault(_time(line), {})[_place(line)] = line
    for key, by_time in through.items():
        tables.append(_table(_capital(words("quantity", key[0])), sorted(by_time.items()), words))
    return tables


def _time(line: Line) -> str:
    return " ".join(line["dimensions"][name] for name in TIMES if name in line["dimensions"])


def _place(line: Line) -> str:
    return line["dimensions"].get("line", "")


def _table(title: str, rows: Sequence[tuple[str, Mapping[str, Line]]], words: Words) -> dict[str, Any]:
    places = dict.fromkeys(place for _, by in rows for place in by)
    columns = [place for place in places if not place] + [place for place in places if place]
    return {
        "title": title,
        "columns": [words.label(name) if name else words("text", "whole_plant") for name in columns],
        "rows": [
            {
                "name": name,
                "unit": shown(next(iter(by.values()))["unit"]),
                "cells": [cell_of(by[place]) if place in by else None for place in columns],
            }
            for name, by in rows
        ],
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
