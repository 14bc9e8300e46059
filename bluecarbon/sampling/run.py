"""The edge of this room: tables in, plans and estimates out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.sampling.design import PlannedStratum, sampling_plan
from bluecarbon.sampling.discounts import discount_rule
from bluecarbon.sampling.results import deliver, text_table
from bluecarbon.sampling.spread import refuse_unknown_spread, stated_spread
from bluecarbon.sampling.strata import Estimate, Stratum, cluster_means, combined_half_width, shared_error, stratified
from bluecarbon.sampling.tables import STRATA
from bluecarbon.tables.checking import apply_rules
from bluecarbon.tables.schema import read_table
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd


LEAST_LEVEL = 50.0  # below it the number was meant as a fraction


def _read_strata(path: str) -> tuple[pd.DataFrame, Findings]:
    frame, findings = read_table(path, STRATA)
    apply_rules(frame, STRATA, findings)
    findings.stop_on_errors()
    return frame, Findings(list(findings))


def _read_samples(
    path: str, value_column: str | None, cluster: str | None, strata: list[str], findings: Findings
) -> dict[str, np.ndarray]:
    """Plot means by stratum from any CSV with a column `stratum` and one of values."""
    name = Path(path).name
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("BC-SAM-11", path, error, "a readable CSV of samples") from None
    present = list(rows[0]) if rows else []
    for wanted in (value_column, "stratum", *([cluster] if cluster else [])):
        if wanted is None or wanted not in present:
            found = phrase("columns {names}", names=", ".join(present)) if present else "no rows"
            raise refuse(
                "BC-SAM-11", name, found, phrase("a column {wanted}", wanted=wanted or phrase("(name it with --value)"))
            )
    plots = [cluster] if cluster else [key for key in ("study_id", "site_id", "plot_id", "core_id") if key in present]
    if not cluster and "plot_id" in plots:
        plots = [key for key in plots if key != "core_id"]  # cores of one plot are one sample
    values: dict[str, list[tuple[str, float]]] = {stratum: [] for stratum in strata}
    for number, row in enumerate(rows, start=2):
        place = phrase("{file}, row {row}", file=name, row=number)
        if row["stratum"] not in values:
            expected = phrase("one of {names}", names=", ".join(strata))
            findings.add("BC-SAM-10", place, row["stratum"] or "nothing", expected, "Name the stratum as in STRATA.")
            continue
        try:
            value = float(row[value_column])
        except (TypeError, ValueError):
            findings.add("BC-SAM-04", f"{place}, {value_column}", row[value_column] or "nothing", "a number")
            continue
        own = " / ".join(row[key] for key in plots) if plots else str(number)
        values[row["stratum"]].append((own, value))
    findings.stop_on_errors()
    result = {}
    for stratum, pairs in values.items():
        means, names, counts = cluster_means(np.array([v for _, v in pairs]), [own for own, _ in pairs]) if pairs else (
            np.empty(0), [], np.empty(0, dtype=int))  # fmt: skip
        if len(names) < len(pairs):
            found = phrase(
                "{n} samples of {n2} plots, up to {counts} each", n=len(pairs), n2=len(names), counts=counts.max()
            )
            remedy = "Each plot counts once, with its mean; what lies within a plot is not independent."
            findings.add(
                "BC-SAM-12",
                phrase("{name}, stratum {stratum}", name=name, stratum=stratum),
                found,
                "one sample per plot",
                remedy,
                "note",
            )
        result[stratum] = means
    return result


def _share(percent: float, name: str, least: float = 0.0) -> float:
    if not least < percent < 100:
        raise refuse(
            "BC-SAM-08",
            name,
            percent,
            phrase("a percentage above {least:g} and below 100", least=least),
            "Ninety percent is 90.",
        )
    return percent / 100


def run_plan(strata_table: str, options: dict[str, Any]) -> None:
    """``bluecarbon plan``.

    Raises
    ------
    InputError
        What stops the plan: tables, options, spreads that are missing (BC-SAM-07).
    """
    level = _share(options["level"], "--level", LEAST_LEVEL)
    frame, findings = _read_strata(strata_table)
    names = list(frame["stratum"])
    mean, sd = frame["mean"].to_numpy(dtype=float), frame["sd"].to_numpy(dtype=float)
    if options["pilot"]:
        pilot = _read_samples(options["pilot"], options["value_column"], None, names, findings)
        found = stratified([Stratum(n, a, pilot[n]) for n, a in zip(names, frame["area"], strict=True)])
        mean = np.array([item.mean for item in found.strata])
        sd = np.array([item.variance**0.5 for item in found.strata])
    else:
        sd = stated_spread(frame, mean, sd, options["cv"], findings)
    refuse_unknown_spread(names, sd, Path(strata_table).name)
    cost = np.nan_to_num(frame["cost"].to_numpy(dtype=float), nan=1.0)
    area = frame["area"].to_numpy(dtype=float)
    half_width = options["half_width"]
    expected = float(area @ mean / area.sum())
    if half_width is None:
        if np.isnan(expected):
            remedy = "Fill the column mean, or wish an absolute --half-width."
            raise refuse("BC-SAM-07", Path(strata_table).name, "no mean", "a mean for every stratum", remedy)
        half_width = _share(options["precision"], "--precision") * abs(expected)
    planned = [PlannedStratum(*row) for row in zip(names, area.tolist(), sd.tolist(), cost.tolist(), strict=True)]
    made = sampling_plan(planned, half_width, level, options["plot_area"], options["allocation"], options["least"])
    rows = [
        {"stratum": s.name, "area_ha": s.area_ha, "sd": s.sd, "plots": int(n)}
        for s, n in zip(planned, made.plots, strict=True)
    ]
    summary = {
        "plots": int(made.plots.sum()),
        "needed_normal": made.needed_normal,
        "needed_iterated": made.needed_iterated,
        "wanted_half_width": made.allowed_half_width,
        "expected_half_width": made.expected_half_width,
        "level": level,
        "allocation": options["allocation"],
        "total_cost": made.total_cost,
    }
    lines = [
        f"{summary['plots']} plots for a half width of {half_width:.4g} at {options['level']:g} % "
        f"({options['allocation']} allocation, at least {options['least']} per stratum).",
        text_table(["stratum", "area ha", "sd", "plots"], [list(row.values()) for row in rows]),
        f"Expected half width {made.expected_half_width:.4g}, if the standard deviations hold. The formula alone gives "
        f"{made.needed_normal:.3g} plots, its iteration with Student's t {made.needed_iterated}.",
    ]
    deliver(rows, findings, out=options["out"], as_json=options["as_json"], summary=summary, text="\n".join(lines))


def run_strata(samples: str, strata_table: str, options: dict[str, Any]) -> None:
    """``bluecarbon strata``.

    Raises
    ------
    InputError
        What stops the estimate: tables, options, strata without a variance.
    """
    level = _share(options["level"], "--level", LEAST_LEVEL)
    frame, findings = _read_strata(strata_table)
    values = _read_samples(samples, options["value_column"], options["cluster"], list(frame["stratum"]), findings)
    plot_area = options["plot_area"]
    strata = [
        Stratum(name, area, values[name], area / plot_area if plot_area else None, partner)
        for name, area, partner in zip(frame["stratum"], frame["area"], frame["collapse_with"], strict=True)
    ]
    found = stratified(strata, options["lonely"])
    for item in found.strata:
        if item.borrowed_from:
            remedy = "Its error is a guess until a second plot is measured."
            place = phrase("stratum {item}", item=item.name)
            findings.add(
                "BC-SAM-13",
                place,
                phrase("variance with {borrowed_from}", borrowed_from=item.borrowed_from),
                "its own",
                remedy,
                "warning",
            )
    summary = _estimate_summary(found, level)
    lines = [_estimate_text(found, level, options["value_column"])]
    shared = 0.0
    if options["shared_se"]:
        column = options["shared_se"]
        errors = _read_samples(samples, column, options["cluster"], list(frame["stratum"]), Findings())
        shared = shared_error(found, [errors[item.name] for item in found.strata])
        half = combined_half_width(found, shared, level)
        summary |= {"se_shared": shared, "half_width_with_shared": half}
        lines.append(
            f"with the error all plots share ({column}: s.e. {shared:.4g}): mean ± {half:.4g} "
            f"({100 * half / abs(found.mean):.3g} %); more plots do not shrink that part"
        )
    if options["discount"]:
        rule = discount_rule(options["discount"])
        uncertainty = combined_half_width(found, shared, rule.level) / abs(found.mean)
        share = rule.deduction(uncertainty)
        summary["discount"] = {"rule": rule.name, "uncertainty": uncertainty, "deduction": share, "source": rule.source,
                               "value_status": rule.value_status, "total": found.total * (1 - share)}  # fmt: skip
        lines.append(
            f"Discount by {rule.name} ({rule.source}, {rule.value_status}): uncertainty {100 * uncertainty:.2f} % at "
            f"{100 * rule.level:g} %, deduct {100 * share:.3g} %, leaving a total of {found.total * (1 - share):,.6g}."
        )
    rows = [
        {
            "stratum": item.name,
            "area_ha": item.area_ha,
            "plots": item.count,
            "mean": item.mean,
            "sd": item.variance**0.5,
            "se": item.standard_error,
            "total": item.mean * item.area_ha,
            "total_se": item.standard_error * item.area_ha,
        }
        for item in found.strata
    ]
    deliver(rows, findings, out=options["out"], as_json=options["as_json"], summary=summary, text="\n".join(lines))


def _estimate_summary(found: Estimate, level: float) -> dict[str, Any]:
    return {
        "mean": found.mean,
        "se": found.standard_error,
        "area_ha": found.area_ha,
        "total": found.total,
        "total_se": found.total_se,
        "level": level,
        "df_design": found.df_design,
        "half_width_design": found.half_width(level),
        "df_satterthwaite": found.df_satterthwaite,
        "half_width_satterthwaite": found.half_width(level, "satterthwaite"),
    }


def _estimate_text(found: Estimate, level: float, name: str) -> str:
    rows = [[i.name, i.area_ha, i.count, i.mean, i.variance**0.5, i.standard_error] for i in found.strata]
    half, wide = found.half_width(level), found.half_width(level, "satterthwaite")
    return "\n".join(
        [
            f"{name} over {found.area_ha:,.6g} ha",
            text_table(["stratum", "area ha", "plots", "mean", "sd", "s.e."], rows),
            f"mean {found.mean:.6g} ± {half:.4g} ({100 * half / abs(found.mean):.3g} %) at {100 * level:g} %, "
            f"s.e. {found.standard_error:.4g}, {found.df_design:g} degrees of freedom "
            f"(± {wide:.4g} with Satterthwaite's {found.df_satterthwaite:.4g})",
            f"total {found.total:,.6g} ± {half * found.area_ha:,.4g}",
        ]
    )
