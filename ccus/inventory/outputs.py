"""Everything `ccus report` writes: statement, reports, and the tables behind them; all of it, or nothing."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ccus.gaps.ladder import RUNGS
from ccus.inventory.accounts import Accounts, account, data_until
from ccus.inventory.charts import charts
from ccus.inventory.records import read_records
from ccus.inventory.statement import period_bounds, plant_statement
from ccus.log.plants import recorded_plant
from ccus.log.session import Session, log_folder, plant_file, session
from ccus.log.trust import ARCHIVE_FAULTS, sound_or_refused
from methodology.base.files import sha256_of
from methodology.base.outputs import all_or_nothing
from methodology.factors.table import FactorTable, load_factors
from methodology.guides.registry import load_guide

if TYPE_CHECKING:
    from ccus.log.verification import Verification


@dataclass(frozen=True)
class Choices:
    """What a person may choose for a report; see the options of `ccus report`."""

    period: str
    log: Path | None = None
    kept: Path | None = None
    chosen: tuple[str, ...] = ()
    certified: float = 0.0
    atmosphere: float | None = None
    factors: Path | None = None
    draws: int = 10_000
    seed: int = 1


def run_report(plant: Path, out: Path, lang: str, choices: Choices) -> dict[str, Any]:
    """Account for a period and write its reports.

    Parameters
    ----------
    plant : Path
        Plant file, or the folder it lies in.
    out : Path
    lang : {"en", "zh"}
    choices : Choices

    Returns
    -------
    dict
        The statement.

    Raises
    ------
    InputError
        CC-LOG-38 a damaged log; CC-LOG-16 the plant file on the disk is not the version recorded last; others of the
        log and the accounts.
    """
    from methodology.reporting.bundle import write_reports

    started = datetime.datetime.now().astimezone()
    verified = _verified(plant, choices)
    with session(plant, choices.log) as opened:
        recorded_plant(opened.ledger, plant_file(plant))
        accounts, head = _accounts(opened, choices)
    accounts.findings.extend(f for f in verified.findings if f.code in ARCHIVE_FAULTS or f.severity != "error")
    head["verified"] = verified.tail
    statement, sheet = plant_statement(
        accounts,
        choices.period,
        head,
        _grid(choices.factors),
        choices.certified,
        choices.draws,
        choices.seed,
    )
    statement["settings"] |= _options(choices)
    inputs = {plant_file(plant): "plant file", log_folder(plant, choices.log) / "ledger.sqlite": "ledger"}
    with all_or_nothing(out, inputs) as folder:
        write_reports(statement, sheet.worksheet, folder, lang, charts(accounts, lang), started=started)
        tables = {"daily.csv": daily_csv(accounts), "gaps.csv": gaps_csv(accounts), "head.txt": head["text"]}
        for name, text in {**tables, "findings.csv": findings_csv(accounts)}.items():
            (folder / name).write_text(text, encoding="utf-8")
    return statement


def _verified(plant: Path, choices: Choices) -> Verification:
    """The log hashed anew before anything is computed from it, and held against a kept head where one is given."""
    from ccus.log.checkpoint import kept_head

    kept = None if choices.kept is None else kept_head(choices.kept)
    return sound_or_refused(log_folder(plant, choices.log), kept)


def _accounts(opened: Session, choices: Choices) -> tuple[Accounts, dict[str, Any]]:
    start, end = period_bounds(choices.period, opened.plant)
    records = read_records(opened.ledger, start, end)
    now = opened.ledger.clock()
    until = data_until(records) if now < end else None
    head = opened.ledger.head()
    shown = {"size": head.size, "root": head.root.hex(), "text": head.text()}
    atmosphere = records.plant.atmosphere_kpa if choices.atmosphere is None else choices.atmosphere
    return account(records, until, atmosphere, choices.chosen), shown


def _options(choices: Choices) -> dict[str, Any]:
    """Choices of the command line that the plant file does not hold, so that the report can be made again."""
    said: dict[str, Any] = {"other_rules_shown": list(choices.chosen)} if choices.chosen else {}
    if choices.factors is not None:
        said["own_factors"] = f"{choices.factors.name}, SHA-256 {sha256_of(choices.factors)[:16]}"
    return said


def _grid(own: Path | None) -> FactorTable:
    table = load_guide("cn-grid").factors
    return table if own is None else table.overlaid(load_factors(own, "own"))


def daily_csv(accounts: Accounts) -> str:
    """One row a day and line: tonnes by evidence and by bounds, hours on bounds, heat, electricity."""
    from ccus.gaps.ladder import EVIDENCE

    days = accounts.days()
    order = list(dict.fromkeys(days))
    index = (
        np.array([order.index(day) for day in days]) if len(order) < 400 else np.unique(days, return_inverse=True)[1]
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["date", "line", "captured_t_co2", "of_which_by_bounds_t_co2", "hours_on_bounds", "heat_gj", "electricity_mwh"]
    )
    for line in accounts.lines:
        hours = line.hours
        parts = [line.captured_t, np.zeros_like(line.captured_t), np.zeros_like(line.captured_t)]
        if hours.captured is not None:
            parts[1] = (hours.captured.amounts() - hours.captured.amounts(EVIDENCE)) / 1000
            parts[2] = hours.captured.bound_share
        energy = [
            None if filled is None else filled.amounts() * scale
            for filled, scale in ((hours.heat, 1.0), (hours.electricity, 1e-3))
        ]
        sums = [None if p is None else np.bincount(index, p, len(order)) for p in (*parts, *energy)]
        for at, day in enumerate(order):
            writer.writerow([day, line.id, *("" if s is None else f"{s[at]:.9g}" for s in sums)])
    return out.getvalue()


def findings_csv(accounts: Accounts) -> str:
    """One row a finding of the readings and accounts, none counted together."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["code", "severity", "place", "found", "expected", "remedy"])
    for item in accounts.findings:
        writer.writerow([item.code, item.severity, item.place, item.found, item.expected, item.remedy])
    return out.getvalue()


def gaps_csv(accounts: Accounts) -> str:
    """One row an answer to a gap of captured CO2: hour, share of it, rung, rate, tonnes."""
    zone = accounts.records.plant.zone
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["hour", "line", "share_of_hour", "rung", "rate_kg_h", "amount_t_co2"])
    for line in accounts.lines:
        for item in line.hours.captured.fills if line.hours.captured else ():
            start = datetime.datetime.fromtimestamp(float(accounts.edges_s[item.hour]), zone)
            row = [start.isoformat(), line.id, f"{item.share:.6g}", RUNGS[item.rung]]
            writer.writerow([*row, f"{item.rate:.9g}", f"{item.amount / 1000:.9g}"])
    return out.getvalue()
