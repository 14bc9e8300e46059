"""Emissions that a change of class causes only by a stated activity or a stated release: booked over their period."""

from __future__ import annotations

from bluecarbon.accounts.areas import SurveyTables, by_habitat
from bluecarbon.accounts.ipcc_stocks import BIOMASS_POOLS, Chosen, pool_stocks
from bluecarbon.equations import vegetated_area
from bluecarbon.job import Job
from methodology.factors.table import FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import LineBlock
from methodology.worksheet import Node, View, Worksheet

EXTRACTING = ("extraction", "aquaculture")
_FAMILY = {
    "above_ground_biomass": "biomass",
    "below_ground_biomass": "biomass",
    "litter": "dead_matter",
    "dead_wood": "dead_matter",
    "soil": "soil",
}


def losses(
    sheet: Worksheet, tables: SurveyTables, job: Job, factors: FactorTable, chosen: Chosen, cover: View | None = None
) -> list[LineBlock]:
    """CO2 released where habitat became an extraction or aquaculture class, or by a release the job states.

    Parameters
    ----------
    cover : View (class,), optional
        Stated cover: what stood on part of an area is lost on that part only.

    Returns
    -------
    list of LineBlock
        In t CO2 over the period; empty where no such transition was mapped.
    """
    if "transition_area" not in sheet:
        return []
    gross = sheet["transition_area"].view()
    taken = gross.where(lambda row: _extracted(tables, row))
    stated = gross.where(lambda row: not _extracted(tables, row) and _releases(tables, job, row))
    blocks = []
    for prefix, part in (("extraction_", taken), ("release_", stated)):
        if part.rows:
            node = _released(sheet, prefix, _covered(sheet, prefix, part, cover), tables, job, factors, chosen)
            if node is not None:
                blocks.append(_block(sheet, prefix, node, tables))
    return blocks


def _covered(sheet: Worksheet, prefix: str, part: View, cover: View | None) -> View:
    here = part.renamed(from_class="class")
    if cover is None:
        return here
    label = {"en": "area × cover", "zh": "面积 × 覆盖度"}
    return sheet.apply(f"{prefix}counted_area", vegetated_area, label, area=here, cover=cover).view()


def _extracted(tables: SurveyTables, row: dict[str, str]) -> bool:
    start, end = tables.classes.get(row["from_class"]), tables.classes.get(row["to_class"])
    return (
        start is not None
        and end is not None
        and start.blue
        and end.activity in EXTRACTING
        and (start.habitat != end.habitat or start.activity != end.activity)
    )


def _releases(tables: SurveyTables, job: Job, row: dict[str, str]) -> bool:
    start, end = tables.classes.get(row["from_class"]), tables.classes.get(row["to_class"])
    target = end.habitat if end else "other"
    return start is not None and any(r.from_habitat == start.habitat and r.to_habitat == target for r in job.release)


def _released(
    sheet: Worksheet, prefix: str, part: View, tables: SurveyTables, job: Job, factors: FactorTable, chosen: Chosen
) -> Node | None:
    start = {p.label: p.start for p in tables.periods}
    before = pool_stocks(sheet, prefix, part, tables, chosen, lambda row: tables.years[start[row["period"]]])
    if before is None:
        return None
    label = {"en": "released CO2", "zh": "释放的 CO2"}
    if prefix == "extraction_":
        share = _extraction_shares(sheet, factors)
        return sheet.apply(f"{prefix}co2", eq.extraction_release, label, before=before, released_share=share)
    rows = {}
    for row in before.rows:
        labels = dict(zip(before.dims, row, strict=True))
        c, end = tables.classes[labels["class"]], tables.classes.get(labels["to_class"])
        target = end.habitat if end else "other"
        for r in job.release:
            if (r.from_habitat, r.to_habitat, r.pool) == (c.habitat, target, _FAMILY[labels["pool"]]):
                rows[row] = r.fraction
    kept = before.view().where(lambda labels: tuple(labels[d] for d in before.dims) in rows)
    if not rows:
        return None
    share = sheet.input(
        f"{prefix}share", "1", before.dims, rows, role="parameter", label={"en": "stated released share", "zh": "声明的释放比例"},
        excludes=dict.fromkeys(rows, ("released share",)),
    )  # fmt: skip
    return sheet.apply(f"{prefix}co2", eq.extraction_release, label, before=kept, released_share=share)


def _extraction_shares(sheet: Worksheet, factors: FactorTable) -> View:
    """Biomass and dead matter are lost whole at Tier 1; of soil carbon the guide's share."""
    whole = sheet.input(
        "extraction_whole", "1", ("pool",), {(pool,): 1.0 for pool in (*BIOMASS_POOLS, "litter", "dead_wood")}, role="parameter",
        label={"en": "biomass and dead matter are lost whole", "zh": "生物量与死有机质全部损失"},
    )  # fmt: skip
    soil = sheet.factor({("soil",): factors.find("soil_release_share", {})}, ("pool",))
    shares = sheet.stack("extraction_shares", "kind", [("whole", whole), ("soil", soil)])
    return shares.view().dropped("kind")


def _block(sheet: Worksheet, prefix: str, node: Node, tables: SurveyTables) -> LineBlock:
    by = by_habitat(tables, "class", "from_habitat") | by_habitat(tables, "to_class", "to_habitat")
    total = sheet.total(f"{prefix}co2_by_habitat", node, by=by)
    by_guide = prefix == "extraction_"
    quantity = "extraction_emission" if by_guide else "stated_release"
    return LineBlock(
        total, quantity, "flow", "gross", tier="Tier 1" if by_guide else "stated in the job file", clause="4.2.2" if by_guide else None,
        data_quality="mapped transition × default stock", aggregation="part",
    )  # fmt: skip
