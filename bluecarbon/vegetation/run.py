"""The edge of this room: read tables, call the science, hand results over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.sampling.results import check_figure, deliver, stated_units, text_table, write_rows
from bluecarbon.tables.checking import apply_rules
from bluecarbon.tables.schema import Table, read_table
from bluecarbon.vegetation.biomass import PlotBiomass, plot_biomass
from bluecarbon.vegetation.catalogue import (
    SetRow,
    accepted_name,
    allometries,
    equation_sets,
    read_allometries,
    read_equation_set,
)
from bluecarbon.vegetation.choosing import taxon_rank
from bluecarbon.vegetation.growth import growth_means, tree_increments
from bluecarbon.vegetation.stems import Choices
from bluecarbon.vegetation.survey import Statements
from bluecarbon.vegetation.tables import PLOTS, TREES
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.files import written_whole
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd

    from bluecarbon.vegetation.allometry import Allometry


def read_checked(
    paths: list[tuple[str, Table]], decimal: str, encoding: str | None, units: Sequence[str] = ()
) -> tuple[list[pd.DataFrame], Findings]:
    """Read several tables and stop once with the errors of all of them; a stated unit goes to the table that has it."""
    stated = stated_units(units)
    frames, gathered = [], Findings()
    unknown = set(stated) - {name for _, table in paths for name in table.names}
    for name in sorted(unknown):
        gathered.add("BC-TAB-05", f"--unit {name}", stated[name], "a column of the tables")
    for path, table in paths:
        own = {name: unit for name, unit in stated.items() if name in table.names}
        try:
            frame, findings = read_table(path, table, decimal=decimal, encoding=encoding, units=own)
        except InputError as error:
            gathered.extend(error.findings)
            continue
        apply_rules(frame, table, findings)
        gathered.extend(findings)
        frames.append(frame)
    gathered.stop_on_errors()
    return frames, gathered


def chosen_set(name: str, known: dict[str, Allometry]) -> tuple[SetRow, ...]:
    """A shipped set by name, or the user's own from a CSV.

    Raises
    ------
    InputError
        BC-VEG-15 neither a shipped set nor a file.
    """
    shipped = equation_sets()
    if name in shipped:
        return shipped[name]
    if Path(name).suffix.lower() == ".csv":
        return read_equation_set(name, known)
    raise refuse(
        "BC-VEG-15", "--equations", name, phrase("one of {names}, or a CSV of your own", names=", ".join(shipped))
    )


def run_biomass(
    trees: str,
    plot_table: str,
    equation_set: str,
    options: dict[str, Any],
    *,
    out: str | None,
    as_json: bool,
    figure: str | None,
    reading: dict[str, Any],
) -> None:
    """``bluecarbon plots biomass``."""
    kept = ("place", "outside", "dead_roots", "broken_trunks", "cone_top", "model_error")
    known = allometries()
    if options["allometries"]:
        known = {**known, **read_allometries(options["allometries"])}
    choices = Choices(chosen_set(equation_set, known), known, **{name: options[name] for name in kept})
    statements = Statements(
        options["diameter_kind"],
        options["unstated_are"],
        options["unknown_decay_class"],
        options["diameter_se"],
        options["height_se"],
    )
    (tree_frame, plot_frame), findings = read_checked([(trees, TREES), (plot_table, PLOTS)], **reading)
    result = plot_biomass(tree_frame, plot_frame, choices, statements, findings, Path(trees).name)
    if figure:
        from bluecarbon.vegetation.figures import biomass_by_species

        check_figure(figure)

        with written_whole(figure) as temporary:
            biomass_by_species(result.by_species).savefig(temporary, dpi=150)
    rows = result.rows()
    if options["wood"]:
        _add_downed(rows, options["wood"], reading, findings)
    grown = tree_increments(result, findings) if options["growth"] else []
    if grown:
        write_rows(options["growth"], grown)
    compared = compared_sets(tree_frame, plot_frame, choices, statements) if options["compare"] else []
    used = result.equations_used()
    summary = {
        "equation_set": equation_set,
        "equations": used,
        "mean": _means(result),
        "compared": compared,
        "options": {name: value for name, value in options.items() if name != "growth"},
        "growth": growth_means(grown) if grown else [],
    }
    deliver(
        rows,
        findings,
        out=out,
        as_json=as_json,
        summary=summary,
        text=_biomass_text(result, equation_set, compared) + _growth_text(grown),
    )


def compared_sets(
    trees: pd.DataFrame, plots: pd.DataFrame, choices: Choices, statements: Statements
) -> list[dict[str, Any]]:
    """Mean carbon under every shipped equation set: how much the choice of equation moves the result.

    A set that has no equation or factor for some stem gives no number and says why.
    """
    rows = []
    for name, members in equation_sets().items():
        row: dict[str, Any] = {"set": name, "carbon_total_t_c_ha": float("nan"), "reason": ""}
        try:
            result = plot_biomass(trees, plots, replace(choices, equations=members), statements, Findings())
            row["carbon_total_t_c_ha"] = result.quantities["carbon_total_t_c_ha"].mean()[0]
        except InputError as error:
            row["reason"] = f"{error.code} {error.findings[0].place}"
        rows.append(row)
    return rows


def _means(result: PlotBiomass) -> list[dict[str, Any]]:
    rows = []
    for name, quantity in result.quantities.items():
        mean, model, measured = quantity.mean()
        count = len(quantity.value)
        scatter = float(np.std(quantity.value, ddof=1)) / count**0.5 if count > 1 else float("nan")
        rows.append(
            {"quantity": name, "mean": mean, "se_between_plots": scatter, "se_model": model, "se_readings": measured}
        )
    return rows


def _biomass_text(result: PlotBiomass, equation_set: str, compared: list[dict[str, Any]]) -> str:
    plots, stems = len(result.survey.plots), len(result.survey.stems)
    means = [[row["quantity"], row["mean"], row["se_between_plots"], row["se_model"]] for row in _means(result)]
    used = [
        [u["component"], u["equation"], u["stems"], f"{u['source']} ({u['value_status']})"]
        for u in result.equations_used()
    ]
    lines = [
        f"{plots} plots, {stems} stems, equation set {equation_set}. Mean over plots, each counted once:",
        text_table(["quantity", "mean", "s.e. between plots", "s.e. shared by all plots"], means),
        "",
        text_table(["part", "equation", "stems", "source"], used),
    ]
    if compared:
        told = [[row["set"], row["carbon_total_t_c_ha"], row["reason"]] for row in compared]
        lines += ["", text_table(["other sets", "carbon t C/ha", "why not"], told)]
    return "\n".join(lines)


def _add_downed(rows: list[dict[str, Any]], wood: str, reading: dict[str, Any], findings: Findings) -> None:
    """Columns of downed wood beside those of the trees; empty for a plot without transects, which is told."""
    from bluecarbon.vegetation.run_pools import downed_by_plot
    from bluecarbon.vegetation.tables import WOOD

    (frame,), found = read_checked([(wood, WOOD)], reading["decimal"], reading["encoding"])
    plots, _ = downed_by_plot(frame, Path(wood).name, found)
    findings.extend(found)
    lacking = 0
    for row in rows:
        plot = plots.get((row["study_id"], row["site_id"], row["plot_id"]))
        lacking += plot is None
        row["carbon_downed_t_c_ha"] = plot.carbon_t_c_ha if plot else float("nan")
        row["carbon_downed_t_c_ha_se"] = plot.carbon_t_c_ha_se if plot else float("nan")
        row["transects"] = plot.transects if plot else 0
    listed = {(row["study_id"], row["site_id"], row["plot_id"]) for row in rows}
    stray = [key for key in plots if key not in listed]
    if stray:
        raise refuse("BC-VEG-07", phrase("{file}, {n} plots", file=Path(wood).name, n=len(stray)), " / ".join(stray[0]),
                     "plots of the plots table", "Add the plot, also where it is empty.")  # fmt: skip
    if lacking:
        findings.add("BC-VEG-17", Path(wood).name, phrase("{n} plots without transects", n=lacking), "transects on every plot",
                     "Their downed wood stays empty. A line that nothing crossed is a row with 0 pieces.", "warning")  # fmt: skip


def _growth_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    told = [[row["kind"], row["mean_t_c_ha_yr"], row["se_between_plots"], row["plots"]] for row in growth_means(rows)]
    return "\n\nLive carbon between the visits:\n" + text_table(["", "t C/ha/yr", "s.e. between plots", "plots"], told)


def run_equations(species: str, as_json: bool) -> None:
    """``bluecarbon plots equations``."""
    rows = []
    for row in allometries().values():
        if species and taxon_rank(row.taxon, accepted_name(species)) is None:
            continue
        low, high = row.diameter_range_cm
        limits = [f"from {low:g}" if low is not None else "", f"to {high:g}" if high is not None else ""]
        rows.append(
            {
                "id": row.id,
                "taxon": row.taxon,
                "component": row.component,
                "diameter": "|".join(row.diameter_kinds),
                "range_cm": " ".join(word for word in limits if word) or "not stated",
                "place": row.place,
                "source": f"{row.source} ({row.value_status})",
                "caution": row.caution,
            }
        )
    text = text_table(list(rows[0]), [list(row.values()) for row in rows]) if rows else "no equation"
    deliver(rows, Findings(), out=None, as_json=as_json, summary={}, text=text)
