"""The statement of a plant's period: head, words, findings and checks around the worksheet."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ccus.inventory.accounts import Accounts
from ccus.inventory.building import build
from ccus.inventory.entries import entries_listed, late_entries, overfull
from ccus.inventory.sheet import Sheet
from ccus.inventory.told import ORIGINS, fate_claim, fate_standings, plant_origin, tables
from ccus.inventory.words import GAP_RULE, NODE_WORDS, VERIFIED, WORDS
from ccus.performance import claim_of, origin_of
from ccus.plant.model import Plant
from methodology.base.errors import Finding, Findings, code_titles, refuse
from methodology.base.phrases import phrase
from methodology.factors.table import FactorTable
from methodology.guides.registry import load_guide
from methodology.statement import DISPUTED_TERMS, Head, assemble
from methodology.worksheet import Worksheet

CLOSURE = 1e-9
MOST_OF_A_KIND = 2
"""Findings of one code and meter listed singly in a statement; of more the first is, and the others are counted."""
PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def period_bounds(text: str, plant: Plant) -> tuple[datetime, datetime]:
    """A year, month or day of the plant's zone as a half-open period in UTC.

    Raises
    ------
    InputError
        CC-INV-05 not a period.
    """
    matched = PERIOD.fullmatch(text)
    try:
        if matched is None:
            raise ValueError(text)
        year, month, day = (None if part is None else int(part) for part in matched.groups())
        first = datetime(year, 1 if month is None else month, 1 if day is None else day)
        if day is not None:
            after = first + timedelta(days=1)
        elif month is not None:
            after = datetime(year + month // 12, month % 12 + 1, 1)
        else:
            after = datetime(year + 1, 1, 1)
        start, end = (moment.replace(tzinfo=plant.zone).astimezone(UTC) for moment in (first, after))
    except (ValueError, OverflowError):
        raise refuse(
            "CC-INV-05",
            "--period",
            repr(text),
            "a year, month or day: 2025, 2025-03, 2025-03-14",
            "Write year, month and day with four, two and two digits, joined by hyphens.",
        ) from None
    return start, end


def plant_statement(
    accounts: Accounts,
    period: str,
    head: dict[str, Any],
    grid: FactorTable,
    certified_mwh: float = 0.0,
    draws: int = 10_000,
    seed: int = 1,
) -> tuple[dict[str, Any], Sheet]:
    """The statement of a period and the worksheet behind it.

    Parameters
    ----------
    accounts : Accounts
    period : str
        Label: 2025, 2025-03, 2025-03-14.
    head : dict
        The log's head (size, root, and text: the checkpoint body a verifier keeps), so that the statement names the
        state of the log it was made from.
    grid : FactorTable
    certified_mwh : float
        [MWh]

    Raises
    ------
    InputError
        CC-INV-04 no product readings in the period; faults of the worksheet.
    """
    title = f"{accounts.records.plant.name}, {period}"
    if not any(line.hours.captured is not None for line in accounts.lines):
        raise refuse(
            "CC-INV-04",
            title,
            "no readings of a product meter",
            "at least one line with product readings",
            "Import the historian's export of the period: ccus import PLANT FILE --by NAME",
        )
    sheet = build(accounts, period, grid, certified_mwh)
    for node in sheet.worksheet.nodes.values():
        node.label.update(NODE_WORDS.get(node.id, {}))
    findings = Findings(
        [
            *_condensed([*accounts.findings, *sheet.findings]),
            *late_entries(accounts.records.behind),
            *overfull(accounts.records.behind, {s.id: s.capacity_t for s in accounts.records.plant.streams}),
            *_standings(accounts),
        ]
    )
    statement = assemble(
        sheet.worksheet,
        sheet.blocks,
        sheet.gaps,
        Head(
            title=title,
            subject="plant",
            guide=load_guide("iso-27919-1").face,
            settings={**_settings(accounts, head), **sheet.settings},
            files=_files(accounts),
            disputed_terms=_disputed(),
            findings=findings,
            checks=_checks(accounts, sheet.worksheet),
            code_titles={**code_titles("methodology"), **code_titles("ccus")},
            extra={
                "words": {**WORDS, "label": {**WORDS["label"], **sheet.labels}},
                "tables": tables(accounts, sheet),
                "plant": _described(accounts),
            },
        ),
        draws,
        seed,
    )
    return statement, sheet


def _settings(accounts: Accounts, head: dict[str, Any]) -> dict[str, Any]:
    rules = accounts.records.plant.rules
    return {
        "valid_hour_percent": rules.valid_hour_percent,
        "gap_rule": GAP_RULE["en"],
        "balance_gas": rules.balance_gas,
        "atmosphere_kpa": accounts.bench.atmosphere_kpa,
        "log_size": head.get("size"),
        "log_root": head.get("root"),
        "log_head": head.get("text"),
        "log_verified": VERIFIED.get(head.get("verified", ""), {}).get("en"),
    }


def _files(accounts: Accounts) -> list[dict[str, str]]:
    files = [{"role": "plant", "name": "plant.toml", "sha256": v["sha256"]} for v in accounts.records.versions]
    for batch in accounts.records.batches:
        name = f"{batch['name']} ({batch.get('rows', 0):,} rows, {batch['start']} to {batch['end']})"
        files.append({"role": "export", "name": name, "sha256": batch["source_sha256"]})
        files.append({"role": "archive", "name": batch["entry"], "sha256": batch["sha256"]})
    return files


def _disputed() -> list[dict[str, Any]]:
    reason = {"en": "Does not arise in a capture plant.", "zh": "捕集装置不涉及。"}
    own = {
        "baseline": {
            "en": "Captured tonnes are measured, not held against a baseline; avoided CO2 needs the host unit's figures.",
            "zh": "捕集量为实测，不与基线相比；避免量需要主机组数据。",
        },
        "reversal": {
            "en": "What becomes of delivered CO2 is its receiver's account; fates are listed with the tonnes.",
            "zh": "交付后的去向由接收方核算；去向与吨数一并列出。",
        },
    }
    return [
        {"term": term, "status": "not assessed" if term in own else "excluded", "reason": own.get(term, reason)}
        for term in DISPUTED_TERMS
    ]


def _checks(accounts: Accounts, sheet: Worksheet) -> list[dict[str, Any]]:
    values = sheet.evaluate()
    whole, parts = float(values["captured"][0]), float(values["captured_line"].sum())
    hours = accounts.captured_t
    return [
        {
            "name": "lines add to the plant",
            "holds": abs(whole - parts) <= CLOSURE * max(abs(whole), 1.0),
            "detail": phrase("{parts:.9g} of {whole:.9g} t", parts=parts, whole=whole),
        },
        {
            "name": "days add to the hours",
            "holds": abs(whole - hours) <= CLOSURE * max(abs(hours), 1.0),
            "detail": phrase("{parts:.9g} of {whole:.9g} t", parts=whole, whole=hours),
        },
    ]


def _described(accounts: Accounts) -> dict[str, Any]:
    """Tables of the report: tonnes and hours by rung, what other answers would give, balance, fates, versions."""
    plant, balance = accounts.records.plant, accounts.balance
    return {
        "versions": list(accounts.records.versions),
        "entries": entries_listed(accounts.records.behind),
        "rungs": {
            line.id: [
                {"rung": name, "t": kg / 1000, "hours": hours}
                for name, (kg, hours) in (line.hours.captured.by_rung().items() if line.hours.captured else ())
            ]
            for line in accounts.lines
        },
        "alternatives": {
            line.id: [{"name": a.name, "t": a.total / 1000, "excess_t": a.excess / 1000} for a in line.alternatives]
            for line in accounts.lines
        },
        "counter_gap_percent": {
            line.id: item.counter_gap_percent
            for line in accounts.lines
            if (item := line.hours.measured.get("product")) is not None and item.counter_gap_percent is not None
        },
        "left_out": {
            tag: counts for tag, judged in sorted(accounts.bench.judged.items()) if (counts := judged.counts())
        },
        "manual_readings": dict(accounts.records.manual),
        "balance": {
            "delivered_t": balance.delivered_t,
            "vented_t": balance.vented_t,
            "tank_change_t": balance.tank_change_t,
            "product_t": balance.product_t,
            "accounted_t": balance.accounted_t,
        },
        "claim": {line.id: _claim(plant, line.id) for line in accounts.lines},
        "fates": [
            {
                "fate": fate,
                "t": tonnes,
                "claim": fate_claim(accounts, fate)["en"],
                "rule_sets": [
                    {"rule_set": s.rule_set, "counts": s.counts, "reason": s.reason}
                    for s in fate_standings(accounts, fate)
                ],
            }
            for fate, tonnes in balance.by_fate_t.items()
        ],
    }


def _claim(plant: Plant, line: str) -> str:
    stream = origin_of(plant, line)
    return claim_of(stream.co2_origin, stream.evidence)["en"] if stream else claim_of(None)["en"]


def _standings(accounts: Accounts) -> list[Finding]:
    """One note a fate: what its tonnes may be called, and under which rule sets they count."""
    origin, _ = plant_origin(accounts)
    notes = []
    for fate, tonnes in accounts.balance.by_fate_t.items():
        found = fate_standings(accounts, fate)
        counted = ", ".join(item.rule_set for item in found if item.counts != "no")
        notes.append(
            Finding(
                "CC-INV-08",
                phrase("delivered to {fate}", fate=fate),
                phrase(
                    "{t} t CO2, origin {origin}; claim: {claim}",
                    t=f"{tonnes:,.1f}", origin=phrase(ORIGINS[origin]["en"] if origin else "not stated"),
                    claim=phrase(fate_claim(accounts, fate)["en"]),
                ),
                phrase("rule sets that may let it count: {names}", names=counted) if counted
                else phrase("no rule set here lets it count"),
                "The table of fates says why.",
                severity="note",
            )
        )  # fmt: skip
    return notes


def _condensed(findings: list[Finding]) -> list[Finding]:
    """Few findings of one code and meter; of more, the first, with how many follow and where the last stands."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.place.split(",")[0]), []).append(finding)
    kept: list[Finding] = []
    for group in groups.values():
        first = group[0]
        if len(group) <= MOST_OF_A_KIND:
            kept.extend(group)
            continue
        last = group[-1].place.partition(", ")[2]
        more = phrase("{found}; {n} more like it, the last {last}", found=first.found, n=len(group) - 1, last=last)
        kept.append(replace(first, found=more))
    return kept
