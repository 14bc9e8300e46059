"""The inventory of a survey: the guide's account on a worksheet, checked, as a statement."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bluecarbon.accounts.basis import grounded
from bluecarbon.accounts.ipcc import Account
from bluecarbon.job import JobFile
from bluecarbon.layers import warn_several_densities
from bluecarbon.maps.tables import OUTSIDE_UNITS
from bluecarbon.survey import Survey, read_survey
from bluecarbon.unused import OWN_TABLE, note_unused_factors, warn_unused_keys
from methodology.base.errors import Findings, code_titles, refuse
from methodology.base.phrases import phrase
from methodology.factors.table import FactorTable, load_factors
from methodology.guides.registry import Guide, load_guide
from methodology.statement import Head, assemble, refuse_unconfirmed
from methodology.worksheet import Worksheet

CLOSURE = 1e-9
"""Relative difference by which parts may miss their whole: rounding of sums, no more."""


def _accounts() -> dict[str, Callable[..., Account]]:
    from bluecarbon.accounts import burial_capacity, db4403, ipcc

    return {
        "ipcc-wetlands-2013": ipcc.account,
        "db4403-t401-2023": db4403.account,
        "burial-capacity": burial_capacity.account,
    }


def factors_of(survey: Survey, guide: Guide) -> FactorTable:
    """The guide's factors with the job's own on top."""
    table = guide.factors
    for parent in guide.text.get("parents", []):
        table = load_guide(parent).factors.overlaid(table) if table.factors else load_guide(parent).factors
    if survey.job.survey.factors:
        own = load_factors(survey.file.folder / survey.job.survey.factors, OWN_TABLE)
        table = table.overlaid(own)
    if survey.field.measurements:
        table = table.overlaid(survey.field.factors())
    return table


def survey_statement(
    survey: Survey,
    draws: int = 10_000,
    seed: int = 1,
    strict: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[dict[str, Any], Worksheet]:
    """The statement of a survey, and the worksheet behind it.

    Parameters
    ----------
    strict : {"value", "interval"}, optional
        Refuse factors not confirmed from their printed source.

    Raises
    ------
    InputError
        Whatever stops the account; nothing has been written then.
    """
    guide, sheet, account, findings = _accounted(survey)
    measured = _measured(survey, guide, sheet, account, findings)
    if strict:
        refuse_unconfirmed(sheet, strict)
    head = Head(
        title=survey.job.survey.title,
        subject="survey",
        guide=guide.face,
        settings={**account.settings, **_settings(survey)},
        files=survey.files(),
        disputed_terms=account.disputed,
        findings=findings,
        checks=_checks(survey, sheet),
        code_titles={**code_titles("methodology"), **code_titles("bluecarbon")},
        extra={"survey": _described(survey), **measured},
    )
    return assemble(sheet, account.blocks, account.gaps, head, draws, seed, progress=progress), sheet


def check_survey(file: JobFile, progress: Callable[[str, float], None] | None = None) -> Findings:
    """Everything that can be said about a job without computing it: maps, classes, factors, rules.

    Raises
    ------
    InputError
        What stops the job.
    """
    survey = read_survey(file, progress)
    return _accounted(survey)[3]


def _accounted(survey: Survey) -> tuple[Guide, Worksheet, Account, Findings]:
    guide = load_guide(survey.job.survey.guide)
    accounts = _accounts()
    if guide.id not in accounts:
        raise refuse(
            "ME-GUIDE-01",
            "[survey].guide",
            guide.id,
            phrase("a guide for surveys: {names}", names=", ".join(accounts)),
            "Name one of them; `methodology guides` says what each is.",
        )
    sheet = Worksheet()
    findings = Findings([*survey.file.findings, *survey.findings, *survey.field.findings])
    factors = factors_of(survey, guide)
    warn_unused_keys(survey.job, guide, findings)
    account = accounts[guide.id](sheet, survey.tables, survey.job, factors, findings)
    findings.stop_on_errors()
    note_unused_factors(survey.job, factors, sheet, findings)
    warn_several_densities(survey, sheet, findings)
    account.blocks = grounded(sheet, account.blocks)
    return guide, sheet, account, findings


def _measured(
    survey: Survey, guide: Guide, sheet: Worksheet, account: Account, findings: Findings
) -> dict[str, list[dict[str, Any]]]:
    """Section of a statement that tells what field measurements replaced and how much that moved; empty without any."""
    from bluecarbon.field.effect import measured_records
    from bluecarbon.field.estimate import GUIDE

    found = survey.field.measurements
    if not found:
        return {}
    factors = factors_of(survey, guide).without(GUIDE)

    def without() -> tuple[Worksheet, list[Any]]:
        other = Worksheet()
        return other, _accounts()[guide.id](other, survey.tables, survey.job, factors, Findings()).blocks

    latest = survey.tables.dates[-1]
    return {"measured": measured_records(found, latest, sheet, account.blocks, without, findings)}


def _settings(survey: Survey) -> dict[str, Any]:
    head = survey.job.survey
    return {
        "climate": head.climate,
        "boundary": head.boundary,
        "responsible": head.responsible,
        "area_uncertainty_percent": dict(survey.tables.uncertainty_percent),
        "registration_error_m": head.registration_error_m,
    }


def _described(survey: Survey) -> dict[str, Any]:
    tables = survey.tables
    return {
        "dates": list(tables.dates),
        "periods": [{"label": p.label, "years": p.years, "computed": p.computed} for p in tables.periods],
        "reporting_units": list(tables.units),
        "classes": [
            {"habitat": c.habitat, "stratum": c.stratum, "activity": c.activity, "soil": c.soil, "climate": c.climate}
            | {
                key: getattr(c, key)
                for key in ("started", "replanted", "salinity_ppt", "species")
                if getattr(c, key) is not None
            }
            for c in tables.classes.values()
        ],
        "slivers": [
            {"period": p.label, "changed_ha": _changed(tables, p.label, 0), "sliver_ha": _changed(tables, p.label, 1)}
            for p in tables.periods
            if p.computed
        ],
    }


def _changed(tables: Any, period: str, part: int) -> float:
    rows = (v[part] for (_, a, b, p), v in tables.transitions.items() if p == period and a != b)
    return math.fsum(rows)


def _checks(survey: Survey, sheet: Worksheet) -> list[dict[str, Any]]:
    """Hard checks of the run: parts sum to the whole, and areas stay within what was looked at."""
    tables = survey.tables
    values = sheet.evaluate()
    checks = []
    scale = dict(zip(sheet["map_scale"].rows, values["map_scale"], strict=True))
    whole: dict[str, list[float]] = {}
    for (_, label, date), area in tables.mapped.items():  # from the maps' tables, not from the worksheet
        whole.setdefault(date, []).append(area * float(scale[tables.error_of(label, date), date]))
    for node, dim in (("area_detail", "date"), ("area_by_habitat", "date")):
        if node in sheet:
            checks.append(
                _closes(phrase("{node} adds to the whole area", node=node), sheet[node], values[node], dim, whole)
            )
    checks.extend(_transition_checks(tables))
    if "stock" in sheet and "stock_total" in sheet:
        parts = {}
        for row, value in zip(sheet["stock"].rows, values["stock"], strict=True):
            parts.setdefault(row[sheet["stock"].dims.index("date")], []).append(float(value))
        checks.append(
            _closes("pools add to the total stock", sheet["stock_total"], values["stock_total"], "date", parts)
        )
    checks.extend(_extent_checks(tables))
    return checks


def _transition_checks(tables: Any) -> list[dict[str, Any]]:
    """What a class has at the end of a wholly surveyed period is what its transitions bring there."""
    worst = 0.0
    for period in tables.periods:
        if not (period.computed and period.whole):
            continue
        for side, date in ((1, period.start), (2, period.end)):
            moved: dict[tuple[str, str], list[float]] = {}
            for row, (area, _) in tables.transitions.items():
                if row[3] == period.label and row[side] in tables.classes:
                    moved.setdefault((row[0], row[side]), []).append(area)
            for (unit, label, when), area in tables.mapped.items():
                if when == date and unit != OUTSIDE_UNITS:
                    worst = max(worst, abs(math.fsum(moved.get((unit, label), [])) - area) / max(area, 1.0))
    if not any(period.computed and period.whole for period in tables.periods):
        return []
    detail = phrase("largest difference {worst:.1e} of the class's area", worst=worst)
    return [{"name": "transitions add to both maps", "holds": worst <= 1e-6, "detail": detail}]


def _closes(name: str, node: Any, values: Any, dim: str, whole: dict[str, list[float]]) -> dict[str, Any]:
    sums: dict[str, list[float]] = {}
    for row, value in zip(node.rows, values, strict=True):
        sums.setdefault(row[node.dims.index(dim)], []).append(float(value))
    worst = 0.0
    for label, parts in whole.items():
        total = math.fsum(parts)
        worst = max(worst, abs(math.fsum(sums.get(label, [])) - total) / max(abs(total), 1e-12))
    return {
        "name": name,
        "holds": worst <= CLOSURE,
        "detail": phrase("largest relative difference {worst:.1e}", worst=worst),
    }


def _extent_checks(tables: Any) -> list[dict[str, Any]]:
    worst, place = 0.0, ""
    mapped: dict[tuple[str, str], float] = {}
    for (unit, _, date), area in tables.mapped.items():
        mapped[unit, date] = mapped.get((unit, date), 0.0) + area
    for key, extent in tables.extents.items():
        if extent == extent and extent > 0 and key in mapped and mapped[key] / extent > worst:
            worst, place = mapped[key] / extent, " ".join(key)
    if not place:
        return []
    holds = worst <= 1 + 1e-6
    detail = phrase("at most {percent:.4g} % ({place})", percent=100 * worst, place=place)
    return [{"name": "mapped area within the extent", "holds": holds, "detail": detail}]
