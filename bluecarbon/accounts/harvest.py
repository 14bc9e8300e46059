"""Harvested shellfish and algae as activity data: soft tissue and algae as sinks, shell carbonate on a line of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bluecarbon.job import Job, Production
from methodology.base.phrases import phrase
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


def harvest_nodes(
    sheet: Worksheet, job: Job, factors: FactorTable, dates: Mapping[int, str] | None = None
) -> HarvestNodes:
    """Put the job's harvest on the worksheet.

    Parameters
    ----------
    dates : mapping of year to the label of the one map of that year, optional
        So that a harvest and a map of one year stand in one total.

    Raises
    ------
    InputError
        ME-FAC-01 a species without coefficients; the candidates are listed.
    """
    made = {}
    for group in ("algae", "shellfish"):
        items = [p for p in job.production if p.group == group]
        if items:
            label = {"en": f"harvest of {group}", "zh": "养殖产量"}
            made[group] = production_node(sheet, f"harvest_{group}", "t_wet/yr", items, label, dates or {})
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


def production_node(
    sheet: Worksheet, name: str, unit: str, items: Sequence[Production], label: dict[str, str], dates: Mapping[int, str]
) -> Node:
    """Yearly production by species and date as an input; several entries of one species and year add up. [t/yr]

    Errors of several entries are taken as independent; an entry without one leaves its error out and says so.
    """
    groups: dict[tuple[str, str], list[Production]] = {}
    for item in items:
        groups.setdefault((item.species, dates.get(item.year, str(item.year))), []).append(item)
    values, spreads, excludes, sources = {}, {}, {}, {}
    for row, members in groups.items():
        values[row] = math.fsum(m.t_per_year for m in members)
        sources[row] = tuple(dict.fromkeys(m.source for m in members))
        half = math.sqrt(math.fsum((m.t_per_year * (m.uncertainty_percent or 0) / 100) ** 2 for m in members))
        if half > 0:
            spreads[row] = fitted("normal", values[row], values[row] - half, values[row] + half)
        if any(m.uncertainty_percent is None for m in members):
            excludes[row] = ("production error",)
    return sheet.input(
        name, unit, ("species", "date"), values, label=label, spreads=spreads, excludes=excludes, sources=sources
    )


def _line(
    sheet: Worksheet, name: str, harvest: Node, equation, factors: FactorTable, quantities: dict[str, str]
) -> Node:
    group = "algae" if name == "algae" else "shellfish"
    species = list(dict.fromkeys(row[0] for row in harvest.rows))
    views: dict[str, View] = {}
    for argument, quantity in quantities.items():
        chosen = {
            (s,): factors.find(quantity, {"group": group, "species": s}, phrase("production of {s}", s=s))
            for s in species
        }
        views[argument] = sheet.factor(chosen, ("species",))
    label = {"en": f"carbon in {name.replace('_', ' ')}", "zh": "收获物含碳量"}
    carbon = sheet.apply(f"{name}_carbon", equation, label, harvest=harvest, **views)
    return sheet.apply(
        f"{name}_co2", eq.removal_of_harvest, {"en": "as CO2 removal", "zh": "折合 CO2 清除"}, carbon=carbon
    )
