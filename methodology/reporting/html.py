"""The report a person looks at: one HTML file, no network, the same bytes for the same statement."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from methodology.base.errors import Finding
from methodology.base.files import written_whole
from methodology.base.phrases import joined, told
from methodology.base.units import shown
from methodology.formula import formula_in
from methodology.reporting.bars import COLOURS
from methodology.reporting.blocks import legends_of, matrices_of, tables_of
from methodology.reporting.change import together
from methodology.reporting.headline import CONFIRMED, cards, headline_lines, is_twin, line_name, sentences, unconfirmed
from methodology.reporting.measured import measured_rows
from methodology.reporting.numbers import percent, significant
from methodology.reporting.sidebyside import fits, side_by_side
from methodology.reporting.wording import Words, words_for

SECTIONS = (
    "summary", "pictures", "area", "stock", "flow", "capacity", "change", "ratio", "measured", "beside", "gaps", "uncertainty", "disputed",
    "factors", "equations", "settings", "findings", "checks", "recompute",
)  # fmt: skip
SMALLEST_SHARE = 0.005


def write_html(
    statement: Mapping[str, Any],
    path: Path | str,
    lang: str = "en",
    pictures: Sequence[Mapping[str, Any]] = (),
    notes: Iterable[Finding] = (),
) -> None:
    """Write the report of a statement.

    Parameters
    ----------
    statement : mapping
        As `methodology.statement.assemble` or `methodology.statement_file.read_statement` gives it.
    lang : {"en", "zh"}
    pictures : sequence of mapping with title, svg (text) or png (bytes), and optionally note
        Maps and charts, shown in this order; embedded, so that the file needs nothing else.
    notes : iterable of Finding
        What came up while drawing (ME-REP-01), shown with the statement's findings.

    Raises
    ------
    InputError
        ME-REP-03 unknown language; ME-OUT-01 the folder cannot be written.
    """
    text = html_of(statement, lang, pictures, notes)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def html_of(
    statement: Mapping[str, Any],
    lang: str = "en",
    pictures: Sequence[Mapping[str, Any]] = (),
    notes: Iterable[Finding] = (),
) -> str:
    """The report of a statement as HTML text; see `write_html`."""
    words = words_for(statement, lang)
    content = _content(statement, words, pictures, list(notes))
    return environment().get_template("report.html").render(**content)


def environment() -> Any:
    """The jinja2 environment of the templates beside this file, autoescaping everywhere."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("methodology.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )


def _content(
    statement: Mapping[str, Any], words: Words, pictures: Sequence[Mapping[str, Any]], notes: list[Finding]
) -> dict[str, Any]:
    lines = [line for line in statement["lines"] if line["value"] is not None]
    plant = statement["subject"] == "plant"
    content: dict[str, Any] = {
        "plant": plant,
        "w": words,
        "title": told(statement["title"], words.lang),
        "subject": words("subject", statement["subject"]),
        "guide": _guide(statement["guide"], words),
        "level": f"{100 * statement['settings']['level']:g}",
        "cards": cards(statement, words),
        "sentences": sentences(statement, words),
        "pictures": [_picture(picture) for picture in pictures],
        "area": _section([n for n in lines if n["kind"] == "area" and not _is_change(n)], words),
        "stock": _section([n for n in lines if n["kind"] == "stock"], words),
        "flow": _section([n for n in lines if n["kind"] == "flow" and n["account"] != "capacity"], words, plant),
        "capacity": _section([n for n in lines if n["account"] == "capacity"], words),
        "change": _section([n for n in lines if _is_change(n)], words),
        "together": together(statement, words),
        "matrices": matrices_of(lines, words),
        "slivers": _slivers(statement, words),
        "ratio": _section([n for n in lines if n["kind"] == "ratio" and n["account"] != "capacity"], words, plant),
        "measured": measured_rows(statement, words),
        "beside": [_told(table, words) for table in statement.get("tables", [])],
        "gaps": _gaps(statement["lines"], words),
        "uncertainty": _shares(statement, words),
        "disputed": [_term(term, words) for term in statement["disputed_terms"]],
        "factors": [_factor(factor, words) for factor in statement["inputs"]["factors"]],
        "unconfirmed": unconfirmed(statement),
        "equations": _equations(statement, words),
        "settings": _settings(statement["settings"], words),
        "findings": [_finding(f, words) for f in [*statement["findings"], *(note.as_dict() for note in notes)]],
        "checks": [{**words.check(check), "holds": check["holds"]} for check in statement["checks"]],
        "files": [_file(file, words) for file in statement["inputs"]["files"]],
        "example_line": next((n["id"] for n in headline_lines(statement)), ""),
        "simulated_about": _simulated_about(statement["settings"], words),
    }
    content["contents"] = [
        (name, words("section", _heading(name, statement, words)))
        for name in SECTIONS
        if name in ("summary", "recompute", "findings", "gaps") or content.get(name)
    ]
    content["section"] = dict(content["contents"])
    return content


def _heading(name: str, statement: Mapping[str, Any], words: Words) -> str:
    if statement["subject"] == "plant" and words.knows("section", f"{name}_plant"):
        return f"{name}_plant"
    yearly = any(line["kind"] == "flow" and line["unit"].endswith("/yr") for line in statement["lines"])
    return "flow_period" if name == "flow" and not yearly else name


def _is_change(line: Mapping[str, Any]) -> bool:
    if line["account"] == "capacity" or line["kind"] == "flow":
        return False
    return (
        line["kind"] == "stock_change"
        or line["quantity"].endswith(("_change", "_transition"))
        or "from_habitat" in line["dimensions"]
    )


def _section(lines: Sequence[Mapping[str, Any]], words: Words, plant: bool = False) -> dict[str, Any]:
    if not lines:
        return {}
    beside = side_by_side(lines, words) if plant else []
    rest = [line for line in lines if not (plant and fits(line))]
    bars = legends_of(lines, words)[0 if rest else 1 :]
    return {"beside": beside, "tables": tables_of(rest, words), "legends": bars}


def _guide(guide: Mapping[str, Any], words: Words) -> dict[str, Any]:
    return {
        "title": words.pick(guide["title"]),
        "edition": _edition(guide.get("edition", ""), words),
        "text_read": words("text", "text_read" if guide.get("text_read") else "text_unread"),
        "unread": not guide.get("text_read"),
        "notice": words.pick(guide.get("notice")),
        "conformity": words.pick(guide.get("conformity")) if isinstance(guide.get("conformity"), Mapping | str) else "",
    }


def _edition(text: str, words: Words) -> str:
    return words("edition", text) if words.knows("edition", text) else text


def _picture(picture: Mapping[str, Any]) -> dict[str, str]:
    kind, data = ("png", picture["png"]) if "png" in picture else ("svg+xml", picture["svg"].encode())
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return {"title": picture["title"], "source": source, "note": picture.get("note", "")}


def _slivers(statement: Mapping[str, Any], words: Words) -> list[str]:
    rows = statement.get("survey", {}).get("slivers", [])
    return [
        f"{row['period']}{words('language', 'colon')}"
        + words("text", "sliver", sliver=significant(row["sliver_ha"]), changed=significant(row["changed_ha"]))
        for row in rows
        if row["sliver_ha"]
    ]


def _gaps(lines: Sequence[Mapping[str, Any]], words: Words) -> list[dict[str, str]]:
    return [
        {
            "name": words("quantity", line["quantity"]),
            "labels": words.joined([words.label(value) for value in line["dimensions"].values()]),
            "status": words("status", line["status"]),
            "kind": line["status"],
            "reason": words.pick(line["reason"]),
        }
        for line in lines
        if line["value"] is None
    ]


def _told(table: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """A table that a statement brings along: texts in both languages, and numbers that stand to the right."""

    def cell(value: Any) -> tuple[str, bool]:
        number = isinstance(value, int | float)
        if number:
            return significant(value), True
        known = isinstance(value, str) and words.knows("label", value)
        return (words.label(value) if known else words.pick(value)), False

    rows = [[cell(value) for value in row] for row in table["rows"]]
    numeric = [any(row[n][1] for row in rows) for n in range(len(table["columns"]))]
    return {
        "title": words.pick(table["title"]),
        "note": words.pick(table.get("note")),
        "columns": [(words.pick(text), right) for text, right in zip(table["columns"], numeric, strict=True)],
        "rows": [[text for text, _ in row] for row in rows],
        "numeric": numeric,
    }


def _shares(statement: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    names = _input_names(statement, words)
    shown_lines = []
    for line in headline_lines(statement):
        shares = {name: share for name, share in line.get("shares", {}).items() if share >= SMALLEST_SHARE}
        if not shares or is_twin(line, statement):
            continue
        rest = 1 - sum(shares.values())
        parts = [(*names.get(name, (name, "")), share) for name, share in shares.items()]
        if rest >= SMALLEST_SHARE:
            parts.append((words("text", "shares_rest"), "", rest))
        rows = [
            {"name": n, "id": i, "percent": percent(s), "width": f"{100 * s:.1f}", "colour": COLOURS[k % len(COLOURS)]}
            for k, (n, i, s) in enumerate(parts)
        ]
        shown_lines.append({"name": line_name(line, words), "rows": rows})
    return shown_lines


def _input_names(statement: Mapping[str, Any], words: Words) -> dict[str, tuple[str, str]]:
    """Name and id of what an uncertainty comes from; nodes are known by their name alone."""
    names = {
        node["id"]: (words.pick(node.get("label")) or node["id"].replace("_", " "), "") for node in statement["nodes"]
    }
    for factor in statement["inputs"]["factors"]:
        taken = [words("measured", "taken")] if factor["guide"] == "measured" else []
        scope = words.joined([*_applies(factor, words), *taken])
        name = _quantity_of(factor, words) + (words.bracketed(scope) if scope else "")
        names[f"factor:{factor['id']}"] = (name, factor["id"])
    return names


def _applies(factor: Mapping[str, Any], words: Words) -> list[str]:
    return [words.label(value) for text in factor["applies"].values() for value in text.split("|")]


def _quantity_of(factor: Mapping[str, Any], words: Words) -> str:
    from methodology.factors.table import known_quantities

    known = known_quantities().get(factor["quantity"])
    if known is None:
        return words("quantity", factor["quantity"])
    return known.zh if words.lang == "zh" else known.en


def _term(term: Mapping[str, Any], words: Words) -> dict[str, str]:
    return {
        "name": words("disputed", term["term"]),
        "status": words("term_status", term["status"]),
        "kind": term["status"].replace(" ", "_"),
        "reason": words.pick(term["reason"]),
    }


def _factor(factor: Mapping[str, Any], words: Words) -> dict[str, Any]:
    from methodology.guides.registry import known_sources

    source = known_sources().get(factor["source"], {"citation": factor["source"]})
    texts = words.factor(factor)
    note = texts["note"]
    if factor.get("interval_reproducible") is False:
        mean = f"{significant(factor['simulated_mean'])} {shown(factor['unit'])}"
        note = told(joined("; ", filter(None, [note, words("text", "reproducible_no", mean=mean)])), words.lang)
    return {
        "id": factor["id"],
        "name": _quantity_of(factor, words),
        "printed": _printed(factor["printed"], words),
        "applies": words.joined(_applies(factor, words)),
        "distribution": words("distribution", factor["distribution"]),
        "citation": source["citation"],
        "locator": texts["locator"],
        "value_mark": factor["value_status"],
        "interval_mark": factor["interval_status"] or "absent",
        "confirmed": factor["value_status"] in CONFIRMED,
        "note": note,
    }


def _printed(text: str, words: Words) -> str:
    text = re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)
    return shown(text.replace(" to ", words("language", "range")))


def _equations(statement: Mapping[str, Any], words: Words) -> list[dict[str, str]]:
    found: dict[str, dict[str, Any]] = {}
    for node in statement["nodes"]:
        if node.get("equation"):
            record = found.setdefault(
                node["equation"],
                {
                    "id": node["equation"],
                    "formula": formula_in(node["formula"], words.lang),
                    "unit": shown(node["unit"]),
                    "names": [],
                },
            )
            name = words.pick(node.get("label")) or node["id"].replace("_", " ")
            if name not in record["names"]:
                record["names"].append(name)
    return [{**record, "names": words.joined(record["names"])} for record in found.values()]


def _settings(settings: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    rows = []
    for key, value in settings.items():
        name = words("setting", key)
        if isinstance(value, Mapping):
            rows.extend((f"{name}, {inner}", _setting(given, words)) for inner, given in value.items())
        else:
            rows.append((name, _setting(value, words)))
    return rows


def _setting(value: Any, words: Words) -> str:
    if value is None or value == "":
        return words("text", "not_stated")
    if isinstance(value, bool):
        return words("workbook", "yes" if value else "no")
    if isinstance(value, list | tuple):
        return words.joined([_setting(item, words) for item in value])
    return words.label(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def _finding(finding: Mapping[str, Any], words: Words) -> dict[str, str]:
    size = ""
    if "amount" in finding:
        size = f"{significant(finding['amount'], 3)} {shown(told(finding.get('unit', ''), words.lang))}".strip()
    if "share" in finding:
        share = words("text", "amount_of", share=percent(finding["share"]))
        size = f"{size}{words('language', 'list')}{share}" if size else share
    titles = finding.get("title") or _title_of(finding["code"])
    return {
        "code": finding["code"],
        "title": words.pick(titles),
        "severity": finding["severity"],
        "severity_word": words("severity", finding["severity"]),
        **words.finding(finding),
        "size": words.bracketed(size) if size else "",
    }


def _title_of(code: str) -> Mapping[str, str]:
    from methodology.base.errors import code_titles

    return code_titles("methodology").get(code, {}) if code.startswith("ME-") else {}


def _file(file: Mapping[str, str], words: Words) -> dict[str, str]:
    role, _, rest = file["role"].partition(" ")
    name = words("role", file["role"]) if words.knows("role", file["role"]) else f"{words('role', role)} {rest}".strip()
    return {"role": name, "name": file["name"], "sha256": file["sha256"]}


def _simulated_about(settings: Mapping[str, Any], words: Words) -> str:
    if "draws" not in settings:
        return ""
    return words("text", "simulated_about", draws=f"{settings['draws']:,}", seed=settings["seed"])
