"""The whole worksheet of a period, part by part."""

from __future__ import annotations

from ccus.inventory import figures, net
from ccus.inventory.accounts import Accounts
from ccus.inventory.sheet import Sheet, captured
from methodology.factors.table import FactorTable
from methodology.guides.iso_27919_1 import equations as iso

MANUAL_RULE = {
    "bounded": {"en": "at most what the bound allows", "zh": "不优于界值"},
    "evidence": {"en": "evidence, by the plant file's rules", "zh": "按厂级文件规则作为依据"},
}


def build(accounts: Accounts, period: str, grid: FactorTable, certified_mwh: float = 0.0) -> Sheet:
    """Worksheet, statement lines and gaps of a period.

    Parameters
    ----------
    accounts : Accounts
    period : str
        Label of the period: 2025, 2025-03, 2025-03-14.
    grid : FactorTable
        Electricity factors, a user's own rows on top.
    certified_mwh : float
        Power with retired green certificates; moves the market-based line only. [MWh]
    """
    sheet = Sheet(accounts, period)
    _rules(sheet)
    captured(sheet)
    figures.not_estimated_lines(sheet)
    figures.origins(sheet)
    net.balance(sheet)
    figures.rates(sheet)
    energy = {
        "heat": figures.energy_by_line(sheet, "heat", "GJ", 1.0, iso.heat_of_day),
        "electricity": figures.energy_by_line(sheet, "electricity", "MWh", 1e-3, iso.electricity_of_day),
    }
    figures.key_figures(sheet, energy)
    figures.utilisation(sheet)
    net.net(sheet, energy, grid, certified_mwh)
    net.fates(sheet)
    net.rungs(sheet)
    return sheet


def _rules(sheet: Sheet) -> None:
    """Rules whose value decides something in this report, each with whether the plant file states it."""
    rules = sheet.plant.rules
    for name, value in (
        ("assumed_uncertainty_percent", rules.assumed_uncertainty_percent),
        ("weighed_uncertainty_percent", rules.weighed_uncertainty_percent),
        ("expired_calibration_factor", rules.expired_calibration_factor),
        ("longest_bound_hours", rules.longest_bound_hours),
    ):
        stated = name in rules.model_fields_set
        sheet.say(
            name,
            {
                "en": f"{value:g}" + ("" if stated else " (assumed: the plant file is silent)"),
                "zh": f"{value:g}" + ("" if stated else "（假定值：厂级文件未说明）"),
            },
        )
    if sheet.accounts.records.by_hand:
        sheet.say("manual_readings", MANUAL_RULE[rules.manual_readings])
    if any(line.analyses for line in sheet.accounts.lines):
        sheet.settings["lab_validity_days"] = rules.lab_validity_days
