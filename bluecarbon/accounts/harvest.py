"""Harvested shellfish and algae as activity data: soft tissue and algae as sinks, shell carbonate on a line of its own."""

from __future__ import annotations

from dataclasses import dataclass

from bluecarbon.job import Job, Production
from methodology.factors.table import FactorTable
from methodology.guides.hyt_0305_2021 import equations as eq
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Node, View, Worksheet

GUIDE = "hyt-0305-2021"


@dataclass(frozen=True)
class HarvestNodes:
    """CO2 fluxes of a harvest over (species, date), removals negative; None where there is none. [t CO2/yr]"""

    algae: Node | None
    soft_tissue: Node | None
    shell: Node | None


def harvest_nodes(sheet: Worksheet, job: Job, factors: FactorTable) -> HarvestNodes:
    """Put the job's harvest on the worksheet.

    Raises
    ------
    InputError
        ME-FAC-01 a species without coefficients; the candidates are listed.
    """
    made = {}
    for group in ("algae", "shellfish"):
        rows = {(p.species, str(p.year)): p for p in job.production if p.group == group}
        if rows:
            made[group] = _harvest(sheet, group, rows)
    algae = soft = shell = None
    if "algae" in made:
        algae = _line(
            sheet,
            "algae",
            made["algae"],
            eq.algae_carbon,
            factors,
            {"dry_ratio": "dry_ratio", "carbon": "algae_carbon"},
        )
    if "shellfish" in made:
        soft = _line(
            sheet, "soft_tissue", made["shellfish"], eq.soft_tissue_carbon, factors,
            {"dry_ratio": "dry_ratio", "share": "soft_tissue_share", "carbon": "soft_tissue_carbon"},
        )  # fmt: skip
        shell = _line(
            sheet, "shell", made["shellfish"], eq.shell_carbon, factors,
            {"dry_ratio": "dry_ratio", "share": "shell_share", "carbon": "shell_carbon"},
        )  # fmt: skip
    return HarvestNodes(algae, soft, shell)


def _harvest(sheet: Worksheet, group: str, rows: dict[tuple[str, str], Production]) -> Node:
    spreads, excludes = {}, {}
    for row, item in rows.items():
        if item.uncertainty_percent is None:
            excludes[row] = ("harvest error",)
        elif item.t_per_year > 0:
            half = item.t_per_year * item.uncertainty_percent / 100
            spreads[row] = fitted("normal", item.t_per_year, item.t_per_year - half, item.t_per_year + half)
    return sheet.input(
        f"harvest_{group}", "t_wet/yr", ("species", "date"), {row: item.t_per_year for row, item in rows.items()},
        label={"en": f"harvest of {group}", "zh": "养殖产量"}, spreads=spreads, excludes=excludes,
        sources={row: (item.source,) for row, item in rows.items()},
    )  # fmt: skip


def _line(
    sheet: Worksheet, name: str, harvest: Node, equation, factors: FactorTable, quantities: dict[str, str]
) -> Node:
    group = "algae" if name == "algae" else "shellfish"
    species = list(dict.fromkeys(row[0] for row in harvest.rows))
    views: dict[str, View] = {}
    for argument, quantity in quantities.items():
        chosen = {(s,): factors.find(quantity, {"group": group, "species": s}, f"production of {s}") for s in species}
        views[argument] = sheet.factor(chosen, ("species",))
    label = {"en": f"carbon in {name.replace('_', ' ')}", "zh": "收获物含碳量"}
    carbon = sheet.apply(f"{name}_carbon", equation, label, harvest=harvest, **views)
    return sheet.apply(
        f"{name}_co2", eq.removal_of_harvest, {"en": "as CO2 removal", "zh": "折合 CO2 清除"}, carbon=carbon
    )
