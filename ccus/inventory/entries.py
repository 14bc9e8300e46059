"""Entries of the log behind a period: what people wrote, when they wrote it, and what they changed.

A historian's export has no hand in it. A reading off a dial, an outage, a calibration, a decision and above all a
correction have one, so each is shown with author, reason, both clocks, and how long after its time it was recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccus.plant.times import from_utc_text, utc_text
from methodology.base.errors import Finding
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from ccus.log.entry import Entry
    from ccus.log.ledger import Ledger
    from ccus.log.views import Corrected, Standing

Text = dict[str, str]
LATE = timedelta(days=7)
"""An entry recorded longer than this after the time it speaks of is called back-dated."""
NEAR_EDGE = timedelta(hours=24)
"""A tank reading this near to an edge of the period may stand for it, on either side."""
SHOWN = ("manual_reading", "lab_analysis", "calibration", "outage", "decision", "plant_file")
"""Kinds whose every entry has a row in a report; of the others those that were corrected have one."""
KINDS_SHOWN: dict[str, Text] = {
    "manual_reading": {"en": "manual reading", "zh": "手工读数"},
    "lab_analysis": {"en": "laboratory analysis", "zh": "化验"},
    "calibration": {"en": "calibration", "zh": "校准"},
    "outage": {"en": "outage", "zh": "停机"},
    "decision": {"en": "decision", "zh": "决定"},
    "plant_file": {"en": "plant file", "zh": "厂级文件"},
    "correction": {"en": "correction", "zh": "更正"},
    "delivery": {"en": "delivery", "zh": "交付"},
    "tank_level": {"en": "tank level", "zh": "储罐液位"},
    "solvent_makeup": {"en": "make-up", "zh": "补充"},
    "shift_note": {"en": "shift note", "zh": "班次记录"},
    "imported_batch": {"en": "import", "zh": "导入"},
}
FIELDS_ZH = {
    "tag": "位号", "value": "数值", "unit": "单位", "remark": "备注", "stream": "物流", "component": "组分",
    "sample": "样品", "sampled": "取样", "method": "方法", "laboratory": "实验室", "line": "生产线", "start": "开始",
    "end": "结束", "planned": "计划内", "cause": "原因", "ends": "结束所指停机", "certificate": "证书",
    "valid_from": "有效期自", "valid_to": "有效期至", "as_found_percent": "校前误差 %", "as_left_percent": "校后误差 %",
    "chemical": "药剂", "amount_kg": "数量 kg", "mass_t": "质量 t", "receiver": "接收方", "docket": "磅单", "fate": "去向",
    "co2_mass_percent": "CO2 质量 %", "tank": "储罐", "level_percent": "液位 %", "text": "内容", "subject": "事项",
    "decision": "决定", "reason": "理由", "refers_to": "涉及", "detail": "细节", "name": "名称", "sha256": "SHA-256",
    "applies_from": "生效", "at": "时间", "source": "来源文件", "files": "归档文件", "mapping": "对应表",
}  # fmt: skip
YES_NO_ZH = {"yes": "是", "no": "否"}
_WHY = {"manual_reading": "remark", "outage": "cause", "decision": "reason", "plant_file": "reason"}
_SINCE = {"outage": "start", "plant_file": "applies_from"}
_WITHDRAWN: Text = {"en": "withdrawn", "zh": "已撤回"}
_COLUMNS: tuple[Text, ...] = (
    {"en": "entry", "zh": "条目"},
    {"en": "kind", "zh": "类别"},
    {"en": "time it speaks of", "zh": "所述时间"},
    {"en": "recorded, UTC (later by)", "zh": "入日志时间 UTC（滞后）"},
    {"en": "by", "zh": "记录人"},
    {"en": "says", "zh": "内容"},
    {"en": "instead of", "zh": "原值"},
    {"en": "why", "zh": "原因"},
)


@dataclass(frozen=True)
class Behind:
    """Entries that speak of a period as they hold now, withdrawn ones among them, and the corrections of them."""

    entries: tuple[Standing, ...] = ()
    corrections: tuple[Corrected, ...] = ()

    def of(self, *kinds: str) -> list[Standing]:
        """Entries of some kinds that were not withdrawn."""
        return [item for item in self.entries if item.entry.kind in kinds and not item.withdrawn]


def entries_behind(ledger: Ledger, start: datetime, end: datetime, used: Iterable[str] = ()) -> Behind:
    """Entries that speak of a half-open period (aware), and those named in `used` whatever their time.

    An outage and a calibration speak of the whole time they cover, an analysis of the time of its sample, and a plant
    file of the time it holds; of plant files those named in `used` are taken.
    """
    from ccus.log.views import corrected, standing

    named, changes = set(used), corrected(ledger, start, end)
    touched = {item.entry.id for item in changes}
    found = [
        item
        for item in standing(ledger, *(kind for kind in KINDS_SHOWN if kind != "correction"), withdrawn=True)
        if item.entry.id in named | touched or (item.entry.kind != "plant_file" and _speaks_of(item, start, end))
    ]
    return Behind(tuple(found), tuple(changes))


def _speaks_of(item: Standing, start: datetime, end: datetime) -> bool:
    first, last = spoken_of(item)
    if item.entry.kind == "tank_level":
        return start - NEAR_EDGE <= first <= end + NEAR_EDGE
    return first < end and (last is None or last > start or first >= start)


def spoken_of(item: Standing) -> tuple[datetime, datetime | None]:
    """First and last moment an entry speaks of; the last is None where it is open."""
    body = item.last_body
    if item.entry.kind == "outage" and body.get("start"):
        return _moment(body["start"]), _moment(body.get("end"))
    if item.entry.kind == "calibration":
        return _moment(body["valid_from"]), _moment(body.get("valid_to"))
    if item.entry.kind == "lab_analysis" and body.get("sampled"):
        return _moment(body["sampled"]), _moment(body["sampled"])
    if item.entry.kind == "imported_batch":
        times = [from_utc_text(f[key]) for f in body["files"] for key in ("start", "end") if f.get(key)]
        return (min(times), max(times)) if times else (item.at, item.at)
    return item.at, item.at


def _moment(when: dict[str, str] | None) -> datetime | None:
    return None if when is None else from_utc_text(when["utc"])


def later_by(entry: Entry, spoken: datetime) -> timedelta:
    """How long after the time it speaks of an entry was recorded; never below zero."""
    return max(entry.recorded - spoken, timedelta(0))


def entries_table(behind: Behind) -> dict[str, Any]:
    """A row for each entry of a kind in `SHOWN` and for each correction; of the other kinds how many there are."""
    rows = []
    changes: dict[str, list[Corrected]] = {}
    for item in behind.corrections:
        changes.setdefault(item.entry.id, []).append(item)
    for item in behind.entries:
        if item.entry.kind in SHOWN or item.entry.id in changes:
            rows.append(_row(item))
            rows += [_correction_row(change) for change in changes.get(item.entry.id, ())]
    return {
        "name": {"en": "Entries", "zh": "日志条目"},
        "title": {"en": "Entries behind this period", "zh": "本期所依据的日志条目"},
        "columns": list(_COLUMNS),
        "rows": rows,
        "note": _note(behind),
    }


def _row(item: Standing) -> list[Any]:
    entry = item.entry
    why = entry.body.get(_WHY.get(entry.kind, ""), "")
    said = {k: v for k, v in entry.body.items() if k != _WHY.get(entry.kind)}
    if entry.kind == "plant_file":
        said = {"sha256": entry.body["sha256"][:16]}
    own = entry.body.get(_SINCE.get(entry.kind, ""))
    when = own["stated"] if own else entry.at_stated
    return [entry.id, KINDS_SHOWN[entry.kind], when, _recorded(entry, due(item)), entry.author, listed(said), "", why]


def due(item: Standing) -> datetime:
    """When an entry could first have been written: as an outage began, as the data of an import ended."""
    if item.entry.kind == "imported_batch":
        return spoken_of(item)[1] or item.entry.at
    own = item.entry.body.get(_SINCE.get(item.entry.kind, ""))
    return _moment(own) if own else item.entry.at


def _correction_row(item: Corrected) -> list[Any]:
    changes, entry = item.changes(), item.correction
    if item.after is None:
        now, was = _WITHDRAWN, listed({name: value for name, value, _ in changes})
    else:
        now = listed({name: after for name, _, after in changes})
        was = _WITHDRAWN if item.before is None else listed({name: before for name, before, _ in changes})
    kind = {lang: f"{KINDS_SHOWN['correction'][lang]} → {item.entry.id}" for lang in ("en", "zh")}
    recorded = _recorded(entry, item.entry.at)
    return [entry.id, kind, entry.at_stated, recorded, entry.author, now, was, entry.body["reason"]]


def _recorded(entry: Entry, spoken: datetime) -> Text:
    late = later_by(entry, spoken)
    text = utc_text(entry.recorded)[:16].replace("T", " ")
    hours = late.total_seconds() / 3600
    if hours < 1:
        return {"en": text, "zh": text}
    long = {"en": f"{hours:,.0f} h", "zh": f"{hours:,.0f} 小时"}
    if hours >= 48:
        long = {"en": f"{hours / 24:,.0f} days", "zh": f"{hours / 24:,.0f} 天"}
    return {"en": f"{text} (+{long['en']})", "zh": f"{text}（+{long['zh']}）"}


def _note(behind: Behind) -> Text:
    shown = {item.entry.id for item in behind.corrections}
    more = Counter(i.entry.kind for i in behind.entries if i.entry.kind not in SHOWN and i.entry.id not in shown)
    counted = {
        "en": ", ".join(f"{n:,} of kind {KINDS_SHOWN[kind]['en']}" for kind, n in more.items()),
        "zh": "、".join(f"{KINDS_SHOWN[kind]['zh']} {n:,} 条" for kind, n in more.items()),
    }
    en = "Entries stay in the log as written; the last correction of each holds. The time in brackets is how long after the time it speaks of an entry was recorded."
    zh = "条目在日志中保持原样，以最后一次更正为准。括号内为入日志时间滞后于所述时间的时长。"
    if more:
        en += f" Not listed here, but in statement.json: {counted['en']}."
        zh += f"未列于此而在 statement.json 中：{counted['zh']}。"
    return {"en": en, "zh": zh}


def listed(values: dict[str, Any]) -> Text:
    """Fields of a body in words of both languages."""
    kept = {name: _plain(value) for name, value in values.items() if value not in ("", None, [], {})}
    kept |= {name: "–" for name in values if name not in kept and values[name] is None and len(values) == 1}
    return {
        "en": ", ".join(f"{name} {text}" for name, text in kept.items()),
        "zh": "，".join(f"{FIELDS_ZH.get(name, name)} {YES_NO_ZH.get(text, text)}" for name, text in kept.items()),
    }


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("stated", value.get("name", "…")))
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def entries_listed(behind: Behind) -> list[dict[str, Any]]:
    """All entries behind a period as plain values for `statement.json`, each with its corrections."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for item in behind.corrections:
        changes.setdefault(item.entry.id, []).append(
            _listed_entry(item.correction, item.entry.at)
            | {"reason": item.correction.body["reason"], "before": item.before, "after": item.after}
            | ({"speaks_of": item.correction.body["at"]} if item.correction.body.get("at") else {})
        )
    found = []
    for item in behind.entries:
        body = {key: value for key, value in item.entry.body.items() if key not in ("text", "mapping", "detail")}
        found.append(
            _listed_entry(item.entry, due(item))
            | {"kind": item.entry.kind, "says": body, "withdrawn": item.withdrawn}
            | ({"corrections": changes[item.entry.id]} if item.entry.id in changes else {})
        )
    return found


def _listed_entry(entry: Entry, spoken: datetime) -> dict[str, Any]:
    return {
        "entry": entry.id,
        "seq": entry.seq,
        "hash": entry.hash.hex(),
        "stated": entry.at_stated,
        "recorded": utc_text(entry.recorded),
        "recorded_later_by_h": round(later_by(entry, spoken).total_seconds() / 3600, 2),
        "author": entry.author,
    }


def late_entries(behind: Behind) -> list[Finding]:
    """One note for all back-dated entries of a period (CC-INV-51), however many there are."""
    entries = [(item.entry, due(item)) for item in behind.entries if item.entry.kind != "imported_batch"]
    entries += [(item.correction, item.entry.at) for item in behind.corrections]
    late = [(by, entry.id) for entry, spoken in entries if (by := later_by(entry, spoken)) > LATE]
    if not late:
        return []
    by, id = max(late)
    return [
        Finding(
            "CC-INV-51",
            "log",
            phrase(
                "{n} entries recorded more than {days} days after the time they speak of; the latest is {id}, by {by} days",
                n=len(late), days=LATE.days, id=id, by=by.days,
            ),
            "entries written in their shift",
            "The table of entries behind the period shows both clocks of each.",
            severity="note",
        )
    ]  # fmt: skip


def overfull(behind: Behind, capacities_t: dict[str, float | None]) -> list[Finding]:
    """Tank levels above what the tank holds (CC-INV-52): no change of stock that rests on one can be right.

    Parameters
    ----------
    behind : Behind
    capacities_t : dict of str to float or None
        By tank. [t]
    """
    found = []
    for item in behind.of("tank_level"):
        capacity_t, mass_t = capacities_t.get(item.body["tank"]), item.body["mass_t"]
        if capacity_t is not None and mass_t > capacity_t:
            found.append(
                Finding(
                    "CC-INV-52",
                    phrase("tank {tank}, entry {id}", tank=item.body["tank"], id=item.entry.id),
                    phrase("{mass_t:g} t", mass_t=mass_t),
                    phrase("at most its capacity of {capacity_t:g} t", capacity_t=capacity_t),
                    "Correct the entry, or capacity_t in the plant file; the balance rests on it.",
                    severity="warning",
                )
            )
    return found
