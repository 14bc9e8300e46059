"""From files to result tables, with what a person should hear about them."""

from __future__ import annotations

import pandas as pd

from bluecarbon.cores.chain import StockOptions, core_stocks, measured_profiles
from bluecarbon.cores.grade import INTERPOLATED
from bluecarbon.cores.loading import Sources, load_intervals
from bluecarbon.cores.rate import RateOptions, core_rates
from bluecarbon.tables.marks import TableFindings
from methodology.base.errors import Finding, InputError
from methodology.base.phrases import phrase

REASONS = {
    "BC-CORE-02": ("no slice with density and carbon", "at least one", "Measure or leave the core out."),
    "BC-CORE-04": ("depths without a slice", "none, as --gaps refuse asks", "Use --gaps midpoint or fill the gaps."),
    "BC-CORE-07": ("too large a share below the observed bottom", "less than --most-extrapolated",
                   "Choose a shallower --depth; deeper cores are the real remedy."),
    "BC-CORE-14": ("too large a share of the depth without a slice", "less than --most-interpolated",
                   "Measure the slices between, or say that a larger share may be filled in."),
    "BC-CORE-09": ("no ages", "ages in the core", "Date the core; `bluecarbon dating` gives ages from 210Pb."),
    "BC-CORE-10": ("the oldest age is younger than the time frame", "a core that reaches back far enough",
                   "Choose a shorter --years; rates are not extrapolated in time."),
    "BC-CORE-11": ("ages YBP without a zero year", "--ybp-zero 1950 or 1960", "Say what 'present' means."),
    "BC-CORE-12": ("calendar years without a year of coring", "a year of coring", "Fill in `year`, or give --cores."),
    "BC-CORE-13": ("an age before coring that is negative", "ages from 0 up", "Check year of coring and reference."),
}  # fmt: skip
SHOWN = 5
ASKED = ("BC-TAB-30", "BC-TAB-50")
"""Warnings of a table that say its numbers may be of another unit: told beside results, not by `check-table` only."""
NOT_FAULTS = ("BC-CORE-09", "BC-CORE-10")


def stock_results(sources: Sources, options: StockOptions) -> tuple[str, list[str], int]:
    """CSV text of core stocks, lines for the person, and how many cores were refused.

    Raises
    ------
    InputError
        The file as a whole cannot be used, or no core can.
    """
    frame, findings = load_intervals(sources)
    findings.stop_on_file_errors()
    measured = measured_profiles(frame, findings.faults_by_row(), options.in_tube)
    table = core_stocks(measured, options)
    refused = _refusals(table, findings, ("core",))
    lines = [f"{len(table)} cores to {options.depth_cm:g} cm: " + _counts(table.status)]
    short = int((table.status == "down to the observed bottom only").sum())
    if short:
        lines.append(
            f"{short} cores end above {options.depth_cm:g} cm; their stock is that down to bottom_cm. "
            "Declare --beyond to go deeper."
        )
    filled = table.status.ne("refused") & (table.gap_cm + table.surface_gap_cm > 0)
    if filled.any():
        share = table.interpolated_share[filled]
        lines.append(
            f"{int(filled.sum())} cores have depths without a slice, filled by the rule '{options.gaps}': "
            f"{100 * share.median():.2g} % of the depth in the middle one, up to {100 * share.max():.2g} %; "
            f"in {int((table.grade[filled] == INTERPOLATED).sum())} more than half (grade {INTERPOLATED})."
        )
    lines.append("grades: " + _counts(table.grade.replace("", "none")))
    return _csv(table), [*refused, *_asked(findings), *lines], int((table.status == "refused").sum())


def rate_results(sources: Sources, options: RateOptions) -> tuple[str, list[str], int]:
    """CSV text of burial rates, lines for the person, and how many cores were refused for a fault.

    Raises
    ------
    InputError
        The file as a whole cannot be used, or no core gives a rate.
    """
    frame, findings = load_intervals(sources)
    findings.stop_on_file_errors()
    faults = findings.faults_by_row(("core", "age"))
    table = core_rates(frame, measured_profiles(frame, faults, options.in_tube), options)
    refused = _refusals(table, findings, ("core", "age"))
    lines = [f"{len(table)} cores over {options.years:g} years: " + _counts(table.status)]
    lines.append("grades: " + _counts(table.grade.replace("", "none")))
    return _csv(table), [*refused, *_asked(findings), *lines], int((table.status == "refused").sum())


def _asked(findings: TableFindings) -> list[str]:
    return [str(finding) for finding in findings if finding.code in ASKED and finding.severity == "warning"]


def _refusals(table: pd.DataFrame, findings: TableFindings, scopes: tuple[str, ...]) -> list[str]:
    """Lines about refused cores; raises when there is no other."""
    lacking = table[table.codes != ""]
    told: list[Finding] = list(findings.errors_of(scopes))
    for code, (found, expected, remedy) in REASONS.items():
        where = lacking.codes.str.split().map(lambda codes, code=code: code in codes).astype(bool)
        names = [
            " / ".join(part for part in key if part)
            for key in lacking[where][["study_id", "site_id", "core_id"]].values
        ]
        if names:
            shown = ", ".join(names[:SHOWN]) + (
                phrase(" and {n} more", n=len(names) - SHOWN) if len(names) > SHOWN else ""
            )
            severity = "note" if code in NOT_FAULTS else "error"
            told.append(
                Finding(
                    code,
                    phrase("{source}, core {shown}", source=findings.source, shown=shown),
                    found,
                    expected,
                    remedy,
                    severity,
                )
            )
    if len(lacking) == len(table):
        raise InputError(*told)
    return [str(finding) for finding in told]


def _counts(values: pd.Series) -> str:
    return ", ".join(f"{count} {word}" for word, count in values.value_counts().items())


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, float_format="%.12g", lineterminator="\n")
