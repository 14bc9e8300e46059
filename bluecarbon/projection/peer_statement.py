"""The peer's totals as a statement: the default model's calculation, and what each defect of the peer adds to it.

A total of the peer is the default total plus one departure for each defect (`difference`), so `methodology explain`
shows the one beside the other, `methodology recompute` verifies the sum, and `methodology compare` of a statement of
each model splits their difference by defect.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bluecarbon.projection.account import UNIT, Account, AccountNodes
from bluecarbon.projection.account_lines import build
from bluecarbon.projection.difference import DEFECTS, Split, by_defect
from bluecarbon.projection.model import Projection, project
from bluecarbon.projection.statement import CLOSURE, FACE, QUALITY, Options, disputed_terms, gas_lines, levels
from bluecarbon.projection.tables import gather
from methodology.base.errors import code_titles
from methodology.base.phrases import phrase
from methodology.compare import DEPARTURE
from methodology.statement import Gap, Head, LineBlock, assemble
from methodology.worksheet import Node, View, Worksheet

NO_INTERVAL = "the peer's arithmetic, which gives no intervals"
PEER_FACE = FACE | {
    "title": {"en": "Carbon stocks as InVEST 3.20 computes them", "zh": "按 InVEST 3.20 算法的碳储量时序推算"},
    "edition": "invest-3.20",
    "notice": {
        "en": "For comparison only. Each total is that of the default model plus the effect of each defect of the "
        "peer's program (D1 to D9 in docs/projection.md); its balance does not close.",
        "zh": "仅供比较。各总量为默认模型总量加对照程序各缺陷（见 docs/projection.md 中 D1 至 D9）的影响；其收支不平衡。",
    },
}
# quantity of a line, quantity of a split, its sign in a statement (removals are negative), kind, account
_LINES = (
    ("carbon_stock", "stock", 1.0, "stock", "gross"),
    ("removal", "accumulation", -1.0, "flow", "gross"),
    ("emission", "emission", 1.0, "flow", "gross"),
    ("net_flux", "net_sequestration", -1.0, "flow", "net"),
)


def peer_statement(
    projection: Projection,
    files: Sequence[Mapping[str, str]],
    source: str,
    options: Options,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """The statement of a projection of the peer's model: totals at each date and in each period.

    Parameters
    ----------
    projection : Projection
        Of the peer's model.
    files, source, options, progress :
        As `bluecarbon.projection.statement.projection_statement`.

    Returns
    -------
    dict
        A date at which the peer's total stock is negative has no stock line but a gap that says so.

    Raises
    ------
    InputError
        ME-ST-02 default and departures do not make the peer's figures.
    """
    area = projection.ground.area_ha.sum(axis=0)
    until = projection.dates[-1]
    table = dataclasses.replace(projection.table, limits={})
    right = project(table, projection.actions, projection.ground, until)
    origins = [file["role"] for file in files if file["role"].startswith("map ") or file["role"] == "zones"]
    account = Account(right, source, origins, NO_INTERVAL)
    nodes = build(account)
    steps = gather(table, projection.actions, projection.ground.years, projection.ground.classes)
    made = _totals(account.sheet, nodes, by_defect(steps, until, area))
    blocks = levels(
        account.sheet, nodes.area, "habitat_area", ([UNIT], [UNIT, "habitat"]), "area", "activity", "measured"
    )
    possible, gaps = _stock_that_can_be(account.sheet, made["carbon_stock"])
    for quantity, _, _, kind, side in (*_LINES, ("stock_change", "", 1.0, "stock_change", "net")):
        if quantity in made:
            source_of = possible if quantity == "carbon_stock" else made[quantity]
            common = {"kind": kind, "account": side, "basis": "mixed", "data_quality": QUALITY}
            blocks.append(LineBlock(source_of, quantity, **common, aggregation="total"))
    gas_blocks, gas_gaps = gas_lines(account, nodes, options.gwp)
    head = Head(
        title="Projection of coastal carbon, as InVEST 3.20 computes it",
        subject="projection",
        guide=PEER_FACE,
        settings={"model": projection.model, "gwp": options.gwp, "until": until, "dates": list(projection.dates)},
        files=files,
        disputed_terms=disputed_terms(projection),
        findings=projection.findings,
        checks=_checks(account.sheet, made, projection),
        code_titles={**code_titles("methodology"), **code_titles("bluecarbon")},
        extra={**options.extra, "departures": DEFECTS},
    )
    return assemble(
        account.sheet, blocks + gas_blocks, gaps + gas_gaps, head, options.draws, options.seed, progress=progress
    )


def _totals(sheet: Worksheet, nodes: AccountNodes, splits: Sequence[Split]) -> dict[str, Node]:
    """A node for each quantity, by date or period: the default total and the departures from it."""
    given = {"carbon_stock": nodes.stock, "removal": nodes.removal, "emission": nodes.emission, "net_flux": nodes.net}
    parts: dict[str, dict[tuple[str, str], float]] = {}
    for quantity, split_quantity, sign, _, _ in _LINES:
        parts[quantity] = {
            (split.when, defect): sign * part
            for split in splits
            if split.quantity == split_quantity
            for defect, part in split.parts.items()
            if part
        }
    at = parts["carbon_stock"]
    periods = [tuple(split.when.split("-")) for split in splits if split.quantity == "emission"]
    parts["stock_change"] = {
        (f"{start}-{end}", defect): at.get((end, defect), 0.0) - at.get((start, defect), 0.0)
        for start, end in periods
        for defect in DEFECTS
        if (end, defect) in at or (start, defect) in at
    }
    given["stock_change"] = nodes.stock_change
    made = {name: _sum(sheet, name, node, parts[name]) for name, node in given.items()}
    return {name: node for name, node in made.items() if node is not None}


def _sum(sheet: Worksheet, quantity: str, node: Node | None, parts: Mapping[tuple[str, str], float]) -> Node | None:
    dim = "date" if quantity == "carbon_stock" else "period"
    terms = []
    if node is not None:
        over = [name for name in node.dims if name != dim]
        terms.append(("default model", sheet.total(f"{quantity}:default", node, over=over)))
    if parts:
        departures = sheet.input(
            ":".join((quantity, "departures")),
            "t_CO2e",
            (dim, DEPARTURE),
            parts,
            role="parameter",
            sources=dict.fromkeys(parts, ("the peer's arithmetic",)),
            excludes=dict.fromkeys(parts, (NO_INTERVAL,)),
        )
        terms.append(("departures", sheet.total(f"{quantity}:departed", departures, over=[DEPARTURE])))
    if not terms:
        return None
    return sheet.total(f"{quantity}:peer", sheet.stack(f"{quantity}:terms", "part", terms), over=["part"])


def _stock_that_can_be(sheet: Worksheet, node: Node) -> tuple[View, list[Gap]]:
    """The stock at the dates at which it is not negative, and a gap for each of the others."""
    values = dict(zip(node.rows, sheet.evaluate()[node.id], strict=True))
    gaps = []
    for (date,), value in values.items():
        if value < 0:
            reason = {
                "en": f"the peer's total stock is negative: {value:.6g} t CO2e",
                "zh": f"对照程序的总储量为负：{value:.6g} t CO2e",
            }
            gaps.append(Gap("carbon_stock", "t_CO2e", "stock", "gross", {"date": date}, "not_applicable", reason))
    return node.where(lambda row: values[(row["date"],)] >= 0), gaps


def _checks(sheet: Worksheet, made: Mapping[str, Node], projection: Projection) -> list[dict[str, Any]]:
    """Default and departures must make the peer's own figures."""
    values = sheet.evaluate()
    area = projection.ground.area_ha.sum(axis=0)
    peer = {
        "carbon_stock": projection.stock,
        "removal": -projection.accumulation,
        "emission": projection.emission,
        "net_flux": -projection.net,
    }
    checks = []
    for name, densities in peer.items():
        if name not in made:
            continue
        mine, other = float(values[made[name].id].sum()), float((densities.sum(axis=1) @ area).sum())
        scale = max(float(abs(densities.sum(axis=1) @ area).sum()), float((projection.stock[0] @ area).sum()), 1e-12)
        detail = phrase(
            "default and departures {mine:.12g}, the peer {other:.12g} t CO2e over all dates", mine=mine, other=other
        )
        label = phrase("{name}: default and departures make the peer's figure", name=phrase(name.replace("_", " ")))
        checks.append({"name": label, "holds": abs(mine - other) <= CLOSURE * scale, "detail": detail})
    return checks
