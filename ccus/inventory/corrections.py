"""What the log says otherwise now: each correction of a period with both values, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ccus.log.views import Corrected

Text = dict[str, str]
TITLE: Text = {"en": "Corrected entries of the log", "zh": "日志中已更正的条目"}
COLUMNS: tuple[Text, ...] = (
    {"en": "entry", "zh": "条目"},
    {"en": "time", "zh": "时间"},
    {"en": "was", "zh": "原值"},
    {"en": "is", "zh": "更正为"},
    {"en": "by", "zh": "更正人"},
    {"en": "why", "zh": "原因"},
)
WITHDRAWN: Text = {"en": "withdrawn", "zh": "已撤回"}
NOTE: Text = {
    "en": "The entries themselves stay in the log as they were written; the last correction of each holds.",
    "zh": "原条目在日志中保持不变，以最后一次更正为准。",
}


def corrections_table(items: Sequence[Corrected]) -> dict[str, Any]:
    """A row for each correction: title, columns, rows of texts, and a note, as the other tables of a report."""
    rows = [
        [item.entry.id, item.entry.at_stated, *_values(item), item.correction.author, item.correction.body["reason"]]
        for item in items
    ]
    return {"title": TITLE, "columns": list(COLUMNS), "rows": rows, "note": NOTE}


def _values(item: Corrected) -> tuple[Any, Any]:
    changes = item.changes()
    if item.after is None:
        return _listed([(name, value) for name, value, _ in changes]), WITHDRAWN
    was = WITHDRAWN if item.before is None else _listed([(name, before) for name, before, _ in changes])
    return was, _listed([(name, after) for name, _, after in changes])


def _listed(values: Sequence[tuple[str, Any]]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in values)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("stated", "…"))
    text = "–" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
