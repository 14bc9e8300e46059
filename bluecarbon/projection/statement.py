"""A projection as a GHG statement: lines with intervals, the worksheet behind them, disputed terms, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bluecarbon.projection import equations as eq
from bluecarbon.projection.account import UNIT, Account, AccountNodes
from bluecarbon.projection.account_lines import build
from bluecarbon.projection.gases import GASES
from bluecarbon.projection.model import Projection
from bluecarbon.projection.results import GAS_NAMES
from methodology.base.errors import code_titles
from methodology.base.phrases import phrase
from methodology.statement import Gap, Head, LineBlock, assemble
from methodology.worksheet import Node, Worksheet

CLOSURE = 1e-9
FACE = {
    "id": "projection",
    "title": {"en": "Carbon stocks through time from class maps", "zh": "基于类别地图的碳储量时序推算"},
    "short": {"en": "Projection", "zh": "时序推算"},
    "edition": "default model 1.0",
    "text_read": True,
    "notice": {
        "en": "Stocks follow classes by rules: a class accumulates at its rate, a disturbance sets a share of the live "
        "stock free, which is released with its own half-life. The rules are this project's, after InVEST Coastal Blue "
        "Carbon with its departures named in docs/projection.md; no standard prescribes them.",
        "zh": "储量按类别规则推算：各类别按速率积累，扰动使部分现存储量按其自身半衰期释放。"
        "规则由本项目参照 InVEST 海岸蓝碳模型制定，差异见 docs/projection.md；无标准规定之。",
    },
}
QUALITY = "mapped area × factor of the class table"


@dataclass(frozen=True)
class Options:
    """How a statement is made.

    Parameters
    ----------
    gwp : str or None
        Name of a GWP set; without it gases stay in tonnes of gas.
    draws, seed : int
        Of the simulation; factors of the class table with ``_low`` and ``_high`` columns are drawn once each.
    extra : mapping
        Further sections, such as the difference to the peer.
    """

    gwp: str | None = None
    draws: int = 10_000
    seed: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)


def projection_statement(
    projection: Projection,
    files: Sequence[Mapping[str, str]],
    source: str,
    options: Options = Options(),
    progress: Callable[[float], None] | None = None,
) -> tuple[dict[str, Any], Worksheet]:
    """The statement of a projection of the default model, and its worksheet.

    Parameters
    ----------
    projection : Projection
    files : sequence of mapping with role, name, sha256
    source : str
        Name of the class table.
    options : Options
        GWP set, simulation, further sections.
    progress : callable, optional

    Raises
    ------
    InputError
        ME-ST-02 the worksheet and the closed form disagree, or stock change is not the net flux.
    """
    origins = [file["role"] for file in files if file["role"].startswith("map ") or file["role"] in ("rates", "zones")]
    account = Account(projection, source, origins)
    nodes = build(account)
    blocks = _lines(account.sheet, nodes)
    gas_blocks, gaps = gas_lines(account, nodes, options.gwp)
    head = Head(
        title="Projection of coastal carbon",
        subject="projection",
        guide=FACE,
        settings={
            "model": projection.model,
            "gwp": options.gwp,
            "until": projection.dates[-1],
            "dates": list(projection.dates),
        },
        files=files,
        disputed_terms=disputed_terms(projection),
        findings=projection.findings,
        checks=_checks(account.sheet, nodes, projection),
        code_titles={**code_titles("methodology"), **code_titles("bluecarbon")},
        extra=dict(options.extra),
    )
    blocks += gas_blocks
    statement = assemble(account.sheet, blocks, gaps, head, options.draws, options.seed, progress=progress)
    return statement, account.sheet


def _lines(sheet: Worksheet, nodes: AccountNodes) -> list[LineBlock]:
    blocks = levels(
        sheet,
        nodes.area,
        "habitat_area",
        ([UNIT], [UNIT, "habitat"]),
        kind="area",
        account="activity",
        basis="measured",
    )
    if nodes.change_area is not None:
        common = {"kind": "area", "account": "activity", "basis": "measured", "data_quality": "mapped"}
        blocks.append(LineBlock(nodes.change_area, "area_transition", **common))
    stock = ([UNIT, "pool"], ["habitat", "pool"], [UNIT, "habitat", "pool"])
    blocks += levels(sheet, nodes.stock, "carbon_stock", stock, kind="stock", account="gross")
    if nodes.stock_change is not None:
        blocks += levels(sheet, nodes.stock_change, "stock_change", ([UNIT],), kind="stock_change", account="net")
    flow = (
        [UNIT, "pool", "from_habitat"],
        [UNIT, "pool"],
        ["from_habitat", "to_habitat", "pool"],
        [UNIT, "from_habitat", "to_habitat", "pool"],
    )
    for name, node in (("removal", nodes.removal), ("emission", nodes.emission), ("net_flux", nodes.net)):
        if node is not None:
            account = "net" if name == "net_flux" else "gross"
            blocks += levels(sheet, node, name, flow, kind="flow", account=account)
    return blocks


def levels(
    sheet: Worksheet,
    node: Node,
    quantity: str,
    summed: tuple[list[str], ...],
    kind: str,
    account: str,
    basis: str = "mixed",
) -> list[LineBlock]:
    """Lines of a node as it is, and of its sums over some dimensions; the last sum is the total."""
    common = {"kind": kind, "account": account, "basis": basis, "data_quality": QUALITY if kind != "area" else "mapped"}
    blocks = [LineBlock(node, quantity, **common)]
    for n, over in enumerate(summed):
        last = n == len(summed) - 1
        kept = [dim for dim in node.dims if dim not in over]
        total = sheet.total(f"{quantity}:{'+'.join(kept)}", node, over=over)
        blocks.append(LineBlock(total, quantity, **common, aggregation="total" if last else "subtotal"))
    return blocks


def gas_lines(account: Account, nodes: AccountNodes, gwp: str | None) -> tuple[list[LineBlock], list[Gap]]:
    """Lines of methane and nitrous oxide of classes that have a rate; a gap for each gas without any."""
    gases, blocks, gaps = account.run.table.gases, [], []
    periods = account.run.periods
    for g, gas in enumerate(GASES):
        rates = {} if gases is None else _rates(account, g)
        if not rates or not periods:
            gaps.append(_gap(gas))
            continue
        node = _gas_node(account, gas, rates)
        common = {"kind": "flow", "account": "gross", "basis": "mixed", "data_quality": QUALITY}
        fixed = {"gas": "CH4" if gas == "ch4" else "N2O"}
        blocks.append(LineBlock(node, f"{GAS_NAMES[gas]}_flux", fixed=fixed, **common))
        if gwp is not None:
            equivalent = _as_co2e(account, gas, gwp, node)
            blocks.append(LineBlock(equivalent, f"{GAS_NAMES[gas]}_flux_as_co2e", fixed=fixed, **common))
            total = account.sheet.total(f"{gas}_co2e_total", equivalent, over=[UNIT, "habitat"])
            name = f"{GAS_NAMES[gas]}_flux_as_co2e"
            blocks.append(LineBlock(total, name, fixed=fixed, aggregation="total", **common))
    return blocks, gaps


def _rates(account: Account, g: int) -> dict[tuple[str], float]:
    names = account.run.table.names
    rate = account.run.table.gases.rate[g]
    used = {names[c] for c in np.unique(account.run.ground.classes)}
    return {(name,): float(rate[n]) for n, name in enumerate(names) if name in used and np.isfinite(rate[n])}


def _gas_node(account: Account, gas: str, rates: Mapping[tuple[str], float]) -> Node:
    from methodology.uncertainty.distributions import fitted

    g, table = GASES.index(gas), account.run.table
    spreads, sources = {}, {}
    for (name,), value in rates.items():
        n = table.index(name)
        low, high = float(table.gases.low[g, n]), float(table.gases.high[g, n])
        form = "half_normal" if value == low else "beta"
        spread = None if np.isnan(low) else fitted(form, value, low, high, 0.95, (0.0, None), f"{gas} of {name}")
        spreads[(name,)], sources[(name,)] = spread, ("classes", table.gases.origin[g][n])
    unit = "t_CH4/ha/yr" if gas == "ch4" else "t_N2O/ha/yr"
    excludes = {row: () if spread is not None else ("no interval of the gas rate",) for row, spread in spreads.items()}
    rate = account.sheet.input(
        f"class:{gas}", unit, ("habitat",), rates, role="factor", spreads=spreads, sources=sources, excludes=excludes
    )
    dims = (UNIT, "habitat", "period")
    area = _area_in_periods(account)
    rows = [row for row in area.rows if (row[1],) in rates]
    relation, argument = (eq.methane, "methane_rate") if gas == "ch4" else (eq.nitrous_oxide, "nitrous_oxide_rate")
    given = {argument: rate.onto(dims, rows), "area": area.onto(dims, rows)}
    return account.sheet.apply(gas, relation, duration=account.sheet["duration"].onto(dims, rows), **given)


def _area_in_periods(account: Account) -> Node:
    if "area_in_periods" in account.sheet:
        return account.sheet["area_in_periods"]
    dims = ("trajectory", UNIT, "habitat", "period")
    rows = [
        (path, zone, account.held(path, n), f"{start}-{end}")
        for path, zone in account.pairs()
        for n, (start, end) in enumerate(account.run.periods)
    ]
    return account.sheet.total("area_in_periods", account.on_ground(dims, rows), over=["trajectory"])


def _as_co2e(account: Account, gas: str, name: str, node: Node) -> Node:
    from methodology.factors.gwp import gwp

    factor = account.sheet.factor(dict.fromkeys(node.rows, gwp(gas, name)), node.dims)
    if gas == "ch4":
        return account.sheet.apply("ch4_as_co2e", eq.methane_as_co2e, methane=node, gwp=factor)
    return account.sheet.apply("n2o_as_co2e", eq.nitrous_oxide_as_co2e, nitrous_oxide=node, gwp=factor)


def _gap(gas: str) -> Gap:
    reason = {"en": "the class table states no rate and no rule for this gas", "zh": "类别表未给出该气体的排放率或规则"}
    dims = {"gas": "CH4" if gas == "ch4" else "N2O"}
    unit = "t_CH4" if gas == "ch4" else "t_N2O"
    return Gap(f"{GAS_NAMES[gas]}_flux", unit, "flow", "gross", dims, "not_estimated", reason)


def _checks(sheet: Worksheet, nodes: AccountNodes, projection: Projection) -> list[dict[str, Any]]:
    """Two ways to every total must agree, and the stock must change by what flowed."""
    values = sheet.evaluate()
    area = projection.ground.area_ha.sum(axis=0)
    pairs = [("carbon stock", nodes.stock, float((projection.stock.sum(axis=1) @ area).sum()))]
    if nodes.net is not None:
        pairs.append(("net flux", nodes.net, -float((projection.net.sum(axis=1) @ area).sum())))
    checks = []
    for name, node, other in pairs:
        mine = float(values[node.id].sum())
        scale = max(abs(mine), abs(other), float(np.abs(values[node.id]).sum()), 1e-12)
        detail = phrase("worksheet {mine:.12g}, closed form {other:.12g} t CO2e over all dates", mine=mine, other=other)
        name = phrase("{quantity}: two computations agree", quantity=phrase(name))
        checks.append({"name": name, "holds": abs(mine - other) <= CLOSURE * scale, "detail": detail})
    if nodes.stock_change is not None:
        change = float(values[nodes.stock_change.id].sum())
        flux = 0.0 if nodes.net is None else float(values[nodes.net.id].sum())
        scale = max(abs(change), abs(flux), 1e-9 * float(values[nodes.stock.id].sum()), 1e-12)
        detail = phrase("stock change {change:.12g}, net flux {flux:.12g} t CO2e", change=change, flux=flux)
        holds = abs(change + flux) <= 1e-6 * scale
        checks.append({"name": "stock change is the net flux with the other sign", "holds": holds, "detail": detail})
    return checks


def disputed_terms(projection: Projection) -> list[dict[str, Any]]:
    """The eight disputed terms of blue-carbon accounting, each with its status in a projection and why."""

    def term(name: str, status: str, en: str, zh: str) -> dict[str, Any]:
        return {"term": name, "status": status, "reason": {"en": en, "zh": zh}}

    def gas(name: str, g: int) -> dict[str, Any]:
        gases = projection.table.gases
        if gases is None or not np.isfinite(gases.rate[g]).any():
            return term(name, "not assessed", "the class table gives no rate", "类别表未给出排放率")
        return term(
            name, "included", "for the classes that have a rate; in lines of their own", "计入有排放率的类别，单列"
        )

    return [
        term("allochthonous_carbon", "not assessed", "stocks and rates count carbon of any origin", "储量与速率不区分碳来源"),
        gas("methane", 0),
        gas("nitrous_oxide", 1),
        term("lateral_export", "excluded", "what leaves by water is not modelled", "未模拟随水体输出的碳"),
        term("carbonate", "excluded", "organic carbon only", "仅计有机碳"),
        term("reversal", "included", "mapped disturbances release carbon; unmapped ones are not foreseen", "已计地图所示扰动的释放；未预见其他扰动"),
        term("baseline", "not assessed", "one series of maps; run a second one as baseline and compare", "仅一组地图；可另设基线组比较"),
        term("model", "not assessed", "limits of factors are drawn; linear gain and half-life release are assumed", "仅传递因子范围；假定线性积累与半衰期释放"),
    ]  # fmt: skip
