"""Change of carbon stock between two maps, cut by what became of the ground.

Ground that no habitat of the account covered at the first date has no soil there in the account, not in the world: what
lay under it nobody looked at. Where one class of the account became another of richer soil, the difference is that of
two class means, which nobody saw grow. The change is the plain difference of the two stocks, as anybody can subtract it.
Such soil, litter and dead wood stand on lines of their own beside it, and a second change leaves them out: the cautious
one. What is lost in the same way, on ground that leaves the account or becomes a class of poorer soil, stays in both,
whole: of the two errors that could be made, the cautious change makes the one that lowers a claim.
"""

from __future__ import annotations

from collections.abc import Mapping

from bluecarbon.accounts.areas import AREA_LABEL, SurveyTables, by_habitat, map_dates, side_views
from bluecarbon.accounts.ipcc_stocks import BIOMASS_POOLS, POOLS, Chosen, estimated_pools, pool_stocks
from bluecarbon.equations import shared_area
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import Gap, LineBlock
from methodology.worksheet import Node, Row, View, Worksheet

Move = tuple[str, str]
FATES = ("kept", "changed", "entered", "left")
POOL_GROUPS = {"biomass": BIOMASS_POOLS, "dead_matter": ("litter", "dead_wood"), "soil": ("soil",)}
APART = {"entered": "entered_ground", "risen": "class_gain"}
"""Fates whose soil and dead matter nobody saw grow, and the quantity that tells them; ``risen`` is ground whose class
changed for one that holds more of the pool."""
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
    if not any(fate_of(tables, start, end) for _, start, end, _ in tables.transitions):
        return [], []
    dates = map_dates(tables)
    ground, moves = ground_of_moves(sheet, tables, sides)
    views, left_out = comparable_ground(tables, ground, moves, chosen)
    stock = pool_stocks(
        sheet, "common_", views, tables, chosen, lambda row: tables.years[dates[row["period"], row["side"]]]
    )
    if stock is None:
        return [], []
    common = {**common, "data_quality": "difference of stocks in the extent common to both dates"}
    missing = ("pools not estimated at one end",) if left_out else ()
    fates = {(move, pool): _fate(tables, chosen, *ends, pool) for move, ends in moves.items() for pool in POOLS}
    seen = stock.where(lambda row: not _apart(row["pool"], fates[row["move"], row["pool"]]))
    blocks = _plain_lines(sheet, tables, stock, common, missing)
    if 0 < len(seen.rows) < len(stock.rows):
        whole = sheet.total("seen_stock", seen, over=["reporting_unit", "class", "pool", "move"])
        change = _difference(sheet, "stock_change_cautious", whole)
        blocks.append(LineBlock(change, "stock_change_cautious", **common, aggregation="total", leaves_out=missing))
    gaps = [_left_out_gap(key, area) for key, area in left_out.items()]
    return blocks + _cut(sheet, stock, fates, common), gaps


def _plain_lines(
    sheet: Worksheet, tables: SurveyTables, stock: Node, common: Mapping[str, str], missing: tuple[str, ...]
) -> list[LineBlock]:
    """The plain difference by unit, habitat and in all."""
    by_unit = sheet.total("common_stock_by_unit", stock, over=["pool", "move"], by=by_habitat(tables))
    by_hab = sheet.total("common_stock_by_habitat", by_unit, over=["reporting_unit"])
    whole = sheet.total("common_stock_total", by_hab, over=["habitat"])
    blocks = []
    for name, node, level in (("unit", by_unit, "part"), ("habitat", by_hab, "subtotal"), ("total", whole, "total")):
        change = _difference(sheet, f"stock_change_{name}", node)
        blocks.append(LineBlock(change, "stock_change", **common, aggregation=level, leaves_out=missing))
    as_co2 = sheet.apply("stock_change_co2", eq.co2_of_stock, {"en": "as CO2", "zh": "折合 CO2"}, carbon=change)
    blocks.append(LineBlock(as_co2, "stock_change_as_co2", **common, aggregation="total", leaves_out=missing))
    return blocks


def _fate(tables: SurveyTables, chosen: Chosen, start: str, end: str, pool: str) -> str:
    """Fate of ground for a pool: ``risen`` where its class changed for one that holds more of it."""
    fate = fate_of(tables, start, end)
    held = chosen.by_quantity.get(DEAD_OR_SOIL.get(pool, ""), {})
    if fate == "changed" and start in held and end in held and held[end].value > held[start].value:
        return "risen"
    return fate


def _apart(pool: str, fate: str) -> bool:
    return fate in APART and pool not in BIOMASS_POOLS


def _difference(sheet: Worksheet, name: str, node: Node) -> Node:
    start, end = side_views(node)
    return sheet.apply(name, eq.stock_difference, {"en": "stock difference", "zh": "储量差"}, after=end, before=start)


def _cut(
    sheet: Worksheet, stock: Node, fates: Mapping[tuple[str, str], str], common: Mapping[str, str]
) -> list[LineBlock]:
    """The change by fate of the ground and group of pools, and what nobody saw grow, apart."""
    named = {**common, "account": "gross", "data_quality": "difference of class means that nobody saw grow"}
    blocks = []
    for fate in dict.fromkeys((*FATES, *APART)):
        whole = stock.where(lambda row, fate=fate: fates[row["move"], row["pool"]] == fate)
        for quantity, apart in ((f"stock_change_{fate}", False), (APART.get(fate, ""), True)):
            part = whole.where(lambda row, fate=fate, apart=apart: _apart(row["pool"], fate) == apart)
            if part.rows:
                node = _by_group(sheet, quantity, part)
                blocks.append(LineBlock(node, quantity, **(named if apart else common)))
    return blocks


def _by_group(sheet: Worksheet, quantity: str, part: View) -> Node:
    groups: list[tuple[str, Node | View]] = []
    for group, pools in POOL_GROUPS.items():
        of_group = part.where(lambda row, pools=pools: row["pool"] in pools)
        if of_group.rows:
            node = sheet.total(f"{quantity}_{group}_stock", of_group, over=["reporting_unit", "class", "pool", "move"])
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


def ground_of_moves(sheet: Worksheet, tables: SurveyTables, sides: Node) -> tuple[Node, dict[str, Move]]:
    """Area at both ends of each period, cut by what the ground was and became; only ground of a class of the account.

    Returns
    -------
    (Node (reporting_unit, class, period, side, move) in ha, classes at both ends by label of the move)
    """
    mapped, dates = sheet["mapped_area_common"], map_dates(tables)
    whole = dict(zip(mapped.rows, mapped.values, strict=True))
    moves: dict[str, Move] = {}
    shares: dict[Row, float] = {}
    for (unit, start, end, period), (area, _) in tables.transitions.items():
        if not fate_of(tables, start, end):
            continue
        move = f"{start} → {end}"
        moves[move] = (start, end)
        for name in dict.fromkeys((start, end)):
            for side, here in (("start", name == start), ("end", name == end)):
                key = (unit, name, period, side)
                if _in_account(tables, name) and key in whole:  # ground that entered has an area of zero at the start
                    shares[*key, move] = min(1.0, area / whole[key]) if here and whole[key] > 0 else 0.0
    share = sheet.input(
        "ground_share", "1", (*sides.dims, "move"), shares, role="activity",
        sources={row: tables.sources[dates[row[2], row[3]]] for row in shares},
        label={"en": "share of the area by what the ground was and became", "zh": "按地块前后类别划分的面积比例"},
    )  # fmt: skip
    spread = sides.onto(share.dims, share.rows, lambda row: tuple(row[dim] for dim in sides.dims))
    return sheet.apply("ground_area", shared_area, AREA_LABEL, area=spread, share=share), moves


def comparable_ground(
    tables: SurveyTables, ground: Node, moves: Mapping[str, Move], chosen: Chosen
) -> tuple[dict[str, View], dict[tuple[str, str], float]]:
    """Ground on which a pool may be compared, by pool, and the area that is left out by (pool, period). [ha]

    A move between two classes counts for a pool only if the pool is estimated, or absent, at both ends: a habitat whose
    soil is not estimated has not lost its soil.
    """
    views: dict[str, View] = {}
    left_out: dict[tuple[str, str], float] = {}
    periods = {row[ground.dims.index("period")] for row in ground.rows}
    for pool, labels in estimated_pools(chosen).items():
        uneven = set()
        for move, ends in moves.items():
            has = [name in labels for name in ends if _in_account(tables, name)]
            if any(has) and not all(has):
                uneven.add(move)
        for (_, start, end, period), (area, _) in tables.transitions.items():
            if f"{start} → {end}" in uneven and period in periods:
                left_out[pool, period] = left_out.get((pool, period), 0.0) + area
        views[pool] = ground.where(lambda row, uneven=uneven: row["move"] not in uneven)
    return views, left_out
