"""The section of a report that says what was measured, which default it replaced, and how much that moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from methodology.base.units import shown
from methodology.reporting.numbers import place_of, plain_number, significant
from methodology.reporting.wording import Words

SAID = "measured: "
"""How the data quality of a line begins that stands on samples of the job."""


def basis_mark(line: Mapping[str, Any]) -> str:
    """m where a number stands on samples of the job alone, x where default factors stand beside them, else nothing."""
    if not line.get("data_quality", "").startswith(SAID):
        return ""
    return {"measured": "m", "mixed": "x"}.get(line["basis"], "")


def measured_rows(statement: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Rows of the section from a statement's ``measured``, see docs/statement.md; empty without any.

    Returns
    -------
    list of dict with stratum, quantity, unit, value, limits, samples, default, effect, effect_unit, source, note, behind
    """
    return [_row(record, words) for record in statement.get("measured", ())]


def _row(record: Mapping[str, Any], words: Words) -> dict[str, Any]:
    value, low, high = record["value"], record["low"], record["high"]
    place = place_of(value, low, high)
    limits = "" if low is None else plain_number(low, place) + words("language", "range") + plain_number(high, place)
    grade = words("measured", "grade", grade=record["grade"]) if record["grade"] else ""
    samples = words("measured", record["sample"], n=record["samples"])
    default = record["default"]
    effect, unknown = record["effect"], "used" if record["used"] else "not_used"
    return {
        "stratum": record["stratum"],
        "habitat": words.label(record["habitat"]),
        "quantity": words.label(record["pool"]) if record["pool"] else words("quantity", record["quantity"]),
        "unit": shown(record["unit"]),
        "value": plain_number(value, place),
        "limits": limits,
        "samples": words.joined([text for text in (samples, grade) if text]),
        "default": significant(default["value"]) if default else words("measured", "no_default"),
        "default_source": ", ".join(default["factors"]) if default else "",
        "effect": words("measured", unknown) if effect is None else _signed(effect),
        "effect_unit": shown(record["effect_unit"]) if effect is not None else "",
        "source": record["source"],
        "note": record.get("note_zh", record["note"]) if words.lang == "zh" else record["note"],
        "behind": [_behind(one, words) for one in record.get("behind", ())],
    }


def _behind(one: Mapping[str, Any], words: Words) -> str:
    """An equation or factor row inside a mean: what, value, source, mark."""
    of = words("inside", one["of"]) if words.knows("inside", one["of"]) else words.label(one["of"])
    what = " ".join(part for part in (words("inside", one["quantity"]), of) if part)
    value = (
        ""
        if one["value"] is None
        else f" {significant(one['value'])} {shown(one['unit']) if one['unit'] != '1' else ''}"
    )
    source = f"{one['source']}{words('language', 'comma')}{words('inside', one['value_status'])}"
    return f"{what}{value.rstrip()}{words.bracketed(source)}"


def _signed(effect: float) -> str:
    text = significant(effect, 3)
    return f"+{text}" if effect > 0 else text
