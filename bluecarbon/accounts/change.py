"""Change of carbon stock between two maps, cut by what became of the ground.

Ground that no habitat of the account covered at the first date has no soil there in the account, not in the world: what
lay under it nobody looked at. Where one class of the account became another of richer soil, the difference is that of
two class means, which nobody saw grow. Such soil, litter and dead wood are no gain of stock: they stand on lines of their
own, in no total. What is lost in the same way, on ground that leaves the account or becomes a class of poorer soil, stays
in the change, whole: of the two errors that could be made, the rule makes the one that lowers a claim.
"""

from __future__ import annotations

from collections.abc import Mapping

from bluecarbon.accounts.areas import AREA_LABEL, SurveyTables, by_habitat, map_dates, side_views
from bluecarbon.accounts.ipcc_stocks import BIOMASS_POOLS, Chosen, estimated_pools, pool_stocks
from bluecarbon.equations import shared_area
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import Gap, LineBlock
from methodology.worksheet import Node, Row, View, Worksheet

FATES = ("kept", "changed", "entered", "left")
POOL_GROUPS = {"biomass": BIOMASS_POOLS, "dead_matter": ("litter", "dead_wood"), "soil": ("soil",)}
APART = {"entered": "entered_ground", "risen": "class_gain"}
"""Fates whose soil and dead matter are not counted as a gain, and the quantity that tells them; ``risen`` is ground whose
class changed for one that holds more of the pool."""
DEAD_OR_SOIL = {"litter": "litter_stock", "dead_wood": "dead_wood_stock", "soil": "soil_stock_1m"}


def stock_change(
    sheet: Worksheet, tables: SurveyTables, sides: Node, chosen: Chosen, common: Mapping[str, str]
) -> tuple[list[LineBlock], list[Gap]]:
    """Lines of the change of stock, and pools left out of it.

    Parameters
    ----------
    sides : Node (reporting_unit, class, period, side)
        As `AreaNodes.sides`. [ha]
    common : mapping
        What all lines share: kind, account, tier, clause.
    """
    dates = map_dates(tables)
    views, left_out = areas_by_fate(sheet, tables, sides, chosen)
    stock = pool_stocks(
        sheet, "common_", views, tables, chosen, lambda row: tables.years[dates[row["period"], row["side"]]]
    )
    if stock is None:
        return [], []
    common = {**common, "data_quality": "difference of stocks in the extent common to both dates"}
    missing = ("pools not estimated at one end",) if left_out else ()
    counted = stock.where(lambda row: not _apart(row))
    by_unit = sheet.total("common_stock_by_unit", counted, over=["pool", "fate"], by=by_habitat(tables))
    by_hab = sheet.total("common_stock_by_habitat", by_unit, over=["reporting_unit"])
    whole = sheet.total("common_stock_total", by_hab, over=["habitat"])
    blocks = []
    for name, node, level in (("unit", by_unit, "part"), ("habitat", by_hab, "subtotal"), ("total", whole, "total")):
        change = _difference(sheet, f"stock_change_{name}", node)
        blocks.append(LineBlock(change, "stock_change", **common, aggregation=level, leaves_out=missing))
    as_co2 = sheet.apply("stock_change_co2", eq.co2_of_stock, {"en": "as CO2", "zh": "折合 CO2"}, carbon=change)
    blocks.append(LineBlock(as_co2, "stock_change_as_co2", **common, aggregation="total", leaves_out=missing))
    return blocks + _cut(sheet, stock, common), [_left_out_gap(key, area) for key, area in left_out.items()]


def _apart(row: Mapping[str, str]) -> bool:
    return row["fate"] in APART and row["pool"] not in BIOMASS_POOLS


def _difference(sheet: Worksheet, name: str, node: Node) -> Node:
    start, end = side_views(node)
    return sheet.apply(name, eq.stock_difference, {"en": "stock difference", "zh": "储量差"}, after=end, before=start)


def _cut(sheet: Worksheet, stock: Node, common: Mapping[str, str]) -> list[LineBlock]:
    """The change by fate of the ground and group of pools, and what is not counted as a gain, apart."""
    named = {**common, "account": "gross", "data_quality": "difference of stocks that nobody saw grow; in no total"}
    blocks = []
    for fate in dict.fromkeys((*FATES, *APART)):
        for quantity, apart in ((f"stock_change_{fate}", False), (APART.get(fate, ""), True)):
            part = stock.where(lambda row, fate=fate, apart=apart: row["fate"] == fate and _apart(row) == apart)
            if part.rows:
                node = _by_group(sheet, quantity, part.dropped("fate"))
                blocks.append(LineBlock(node, quantity, **(named if apart else common)))
    plain = sheet.total("common_stock_all", stock, over=["reporting_unit", "class", "pool", "fate"])
    blocks.append(LineBlock(_difference(sheet, "stock_difference", plain), "stock_difference", **common))
    return blocks


def _by_group(sheet: Worksheet, quantity: str, part: View) -> Node:
    groups: list[tuple[str, Node | View]] = []
    for group, pools in POOL_GROUPS.items():
        of_group = part.where(lambda row, pools=pools: row["pool"] in pools)
        if of_group.rows:
            node = sheet.total(f"{quantity}_{group}_stock", of_group, over=["reporting_unit", "class", "pool"])
            groups.append((group, _difference(sheet, f"{quantity}_{group}", node)))
    return sheet.stack(quantity, "pool", groups, {"en": "stock difference by group of pools", "zh": "各类碳库储量差"})


def _left_out_gap(key: tuple[str, str], area: float) -> Gap:
    reason = {
        "en": f"{area:.4g} ha changed between classes of which one has no estimate of this pool; left out of the change",
        "zh": f"{area:.4g} ha 在其中一类无该碳库估计的类别间转移，未计入变化量",
    }
    dimensions = {"pool": key[0], "period": key[1]}
    return Gap("stock_change", "t_C", "stock_change", "net", dimensions, "not_estimated", reason, "4.2.2")


def fate_of(tables: SurveyTables, start: str, end: str) -> str:
    """What became of the ground of a transition, seen from the account.

    Returns
    -------
    str
        ``kept``: the same class; ``changed``: one class of the account became another; ``entered``, ``left``: at one end
        no class of the account; empty: at neither end one.
    """
    before, after = (_in_account(tables, name) for name in (start, end))
    if before and after:
        return "kept" if start == end else "changed"
    return "entered" if after else "left" if before else ""


def _in_account(tables: SurveyTables, name: str) -> bool:
    c = tables.classes.get(name)
    return c is not None and c.blue


def areas_by_fate(
    sheet: Worksheet, tables: SurveyTables, sides: Node, chosen: Chosen
) -> tuple[dict[str, View], dict[tuple[str, str], float]]:
    """Area at both ends of each period on which a pool may be compared, by pool, cut by the fate of the ground.

    A transition between two habitats counts for a pool only if the pool is estimated, or absent, at both ends: a
    habitat whose soil is not estimated has not lost its soil.

    Returns
    -------
    (views (reporting_unit, class, period, side, fate) by pool, left-out area by (pool, period) in ha)
    """
    left_out: dict[tuple[str, str], float] = {}
    views: dict[str, View] = {}
    known: dict[tuple[tuple[Row, float], ...], View] = {}
    computed = {period.label for period in tables.periods if period.computed}
    for pool, labels in estimated_pools(chosen).items():
        held = {label: f.value for label, f in chosen.by_quantity.get(DEAD_OR_SOIL.get(pool, ""), {}).items()}
        shares: dict[Row, float] = {}
        for (unit, start, end, period), (area, _) in tables.transitions.items():
            fate = fate_of(tables, start, end)
            if fate == "changed" and held.get(end, 0.0) > held.get(start, 0.0):
                fate = "risen"
            ends = [name for name in (start, end) if _in_account(tables, name)]
            if not fate or period not in computed:
                continue
            has = [name in labels for name in ends]
            if any(has) and not all(has):
                left_out[pool, period] = left_out.get((pool, period), 0.0) + area
            elif any(has):
                for name in ends:
                    for side in ("start", "end"):  # ground that entered has an area of zero at the start
                        shares.setdefault((unit, name, period, side, fate), 0.0)
                for name, side in ((start, "start"), (end, "end")):
                    if name in ends:
                        shares[unit, name, period, side, fate] += area
        key = tuple(shares.items())
        if key not in known:
            known[key] = _shared_out(sheet, tables, f"common_{pool}", sides, shares)
        views[pool] = known[key]
    return views, left_out


def _shared_out(sheet: Worksheet, tables: SurveyTables, name: str, sides: Node, areas: Mapping[Row, float]) -> View:
    """Sides cut by fate, each as a share of its row's mapped area."""
    dates = map_dates(tables)
    mapped = sheet["mapped_area_common"]
    whole = dict(zip(mapped.rows, mapped.values, strict=True))
    rows = {row: min(1.0, area / whole[row[:-1]]) if whole[row[:-1]] > 0 else 0.0 for row, area in areas.items()}
    share = sheet.input(
        f"{name}_comparable", "1", (*sides.dims, "fate"), rows, role="activity",
        sources={row: tables.sources[dates[row[2], row[3]]] for row in rows},
        label={"en": "share of the area by what became of the ground", "zh": "按地块去向划分的面积比例"},
    )  # fmt: skip
    spread = sides.onto(share.dims, share.rows, lambda row: tuple(row[dim] for dim in sides.dims))
    return sheet.apply(f"{name}_area", shared_area, AREA_LABEL, area=spread, share=share).view()
