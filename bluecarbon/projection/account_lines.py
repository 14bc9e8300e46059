"""Stocks and flows of a projection as worksheet nodes, from class factors and areas to totals."""

from __future__ import annotations

from bluecarbon.projection import equations as eq
from bluecarbon.projection.account import PATH, UNIT, Account, AccountNodes
from bluecarbon.projection.tables import POOLS
from methodology.worksheet import Node, View

STOCK_DIMS = (PATH, UNIT, "habitat", "pool", "date")
FLOW_DIMS = (PATH, UNIT, "from_habitat", "to_habitat", "pool", "period")


def build(account: Account) -> AccountNodes:
    """All nodes of the default model.

    Parameters
    ----------
    account : Account

    Returns
    -------
    AccountNodes
        Stock by (reporting_unit, habitat, pool, date); removal, emission and net by (reporting_unit, from_habitat,
        to_habitat, pool, period); area by (reporting_unit, habitat, date). [t_CO2e] and [ha]
    """
    live = _live(account)
    disturbed = _disturbed(account, live)
    stock = _stock(account, live, disturbed)
    removal, emission = _removal(account), _emission(account, disturbed)
    flows = {name: node for name, node in (("removal", removal), ("emission", emission)) if node is not None}
    net = None
    if flows:
        net = account.sheet.total(
            "net_emission", account.sheet.stack("net_terms", "part", list(flows.items())), over=["part"]
        )
    return AccountNodes(
        _area(account), _change_area(account), stock, removal, emission, net, _stock_change(account, stock)
    )


def _live(account: Account) -> list[View]:
    """Live stock just before the change of each date, by trajectory and pool."""
    dims = (PATH, "pool")
    rows = [(path, pool) for path in account.paths for pool in POOLS]
    lengths = {(f"{start}-{end}",): float(end - start) for start, end in account.run.periods}
    durations = account.fixed("duration", "yr", ("period",), lengths) if lengths else None
    factors = account.factors
    live = [factors.initial.onto(dims, rows, account.initial_of)]
    for n, (start, end) in enumerate(account.run.periods):
        node = account.sheet.apply(
            f"live_stock_{end}",
            eq.live_stock_later,
            {"en": f"live stock at {end}", "zh": f"{end} 年未扰动储量"},
            live_stock=live[-1],
            disturbed_share=factors.share.onto(dims, rows, lambda row, n=n: account.share_of(row, n)),
            accumulation=factors.accumulation.onto(dims, rows, lambda row, n=n: account.rate_of(row, n)),
            duration=durations.onto(dims, rows, lambda row, label=f"{start}-{end}": (label,)),
        )
        live.append(node.view())
    return live


def _disturbed(account: Account, live: list[View]) -> Node | None:
    """What each change set free, by trajectory, pool and year of the change."""
    dims = (PATH, "pool")
    parts = {}
    for date in range(1, len(account.years)):
        rows = [(p, pool) for p in account.paths for pool in POOLS if account.disturbs(p, pool, date)]
        if rows and account.run.dates[-1] > account.years[date]:
            parts[str(account.years[date])] = account.sheet.apply(
                f"disturbed_{account.years[date]}",
                eq.disturbed,
                {"en": f"disturbed at {account.years[date]}", "zh": f"{account.years[date]} 年受扰动储量"},
                disturbed_share=account.factors.share.onto(dims, rows, lambda row, d=date: account.share_of(row, d)),
                live_stock=live[date].onto(dims, rows),
            )
    return account.sheet.stack("disturbed_stock", "cause", list(parts.items())) if parts else None


def _stock(account: Account, live: list[View], disturbed: Node | None) -> Node:
    sheet = account.sheet
    dates = account.run.dates
    by_date = sheet.stack("live_stock", "date", [(str(date), view) for date, view in zip(dates, live, strict=True)])
    rows = [
        (path, zone, account.held(path, n), pool, str(date))
        for path, zone in account.pairs()
        for pool in POOLS
        for n, date in enumerate(dates)
    ]
    terms = {
        "live": sheet.apply(
            "live_amount",
            eq.amount,
            {"en": "unreleased stock on its ground", "zh": "未扰动储量总量"},
            density=by_date.onto(STOCK_DIMS, rows),
            area=account.on_ground(STOCK_DIMS, rows),
        )
    }
    if disturbed is not None:
        terms["releasing"] = _releasing(account, disturbed)
    terms = sheet.stack("stock_terms", "part", list(terms.items()))
    label = {"en": "carbon stock", "zh": "碳储量"}
    return sheet.total("carbon_stock", terms, over=[PATH, "part"], label=label)


def _releasing(account: Account, disturbed: Node) -> Node:
    """What is left of disturbed stocks at each date after their cause."""
    dates = account.run.dates
    dims = (PATH, "pool", "cause", "date")
    rows = [(*row, str(date)) for row in disturbed.rows for date in dates if date > int(row[2])]
    ages = {(cause, date): float(int(date) - int(cause)) for _, _, cause, date in rows}
    left = account.sheet.apply(
        "remaining_stock",
        eq.remaining,
        {"en": "disturbed stock still there", "zh": "扰动后尚存储量"},
        disturbed_stock=disturbed.onto(dims, rows),
        age=account.fixed("age", "yr", ("cause", "date"), ages).onto(dims, rows),
        half_life=account.factors.half_life.onto(dims, rows, account.half_life_of),
    )
    wide = (*STOCK_DIMS, "cause")
    held = {str(date): n for n, date in enumerate(dates)}
    ground = _grounds(account)
    spread = [
        (path, zone, account.held(path, held[date]), pool, date, cause)
        for path, pool, cause, date in rows
        for zone in ground[path]
    ]
    amount = account.sheet.apply(
        "remaining_amount",
        eq.amount,
        {"en": "stock still being released", "zh": "释放中储量总量"},
        density=left.onto(wide, spread),
        area=account.on_ground(wide, spread),
    )
    return account.sheet.total("releasing_amount", amount, over=["cause"])


def _grounds(account: Account) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {path: [] for path in account.paths}
    for path, zone in account.pairs():
        found[path].append(zone)
    return found


def _removal(account: Account) -> Node | None:
    periods = [(n, f"{start}-{end}") for n, (start, end) in enumerate(account.run.periods)]
    dims = (PATH, "pool", "period")
    table = account.run.table
    rows = []
    for path in account.paths:
        for n, period in periods:
            for p, pool in enumerate(POOLS):
                name = account.gaining(path, n)
                if name is not None and table.accumulation[p, table.index(name)] > 0:
                    rows.append((path, pool, period))
    if not rows:
        return None
    number = {period: n for n, period in periods}
    density = account.sheet.apply(
        "accumulation",
        eq.gain,
        {"en": "accumulation of a period", "zh": "期间积累"},
        accumulation=account.factors.accumulation.onto(
            dims, rows, lambda row: account.rate_of(row, number[row["period"]])
        ),
        duration=account.sheet["duration"].onto(dims, rows),
    )
    spread = _flow_rows(account, rows, number)
    amount = account.sheet.apply(
        "removal_amount",
        eq.removal,
        {"en": "accumulation on its ground, as removal", "zh": "积累总量（清除）"},
        density=density.onto(FLOW_DIMS, spread),
        area=account.on_ground(FLOW_DIMS, spread),
    )
    return account.sheet.total(
        "removal", amount, over=[PATH], label={"en": "removal by accumulation", "zh": "积累清除"}
    )


def _flow_rows(account: Account, rows: list[tuple[str, ...]], number: dict[str, int]) -> list[tuple[str, ...]]:
    ground = _grounds(account)
    return [
        (path, zone, account.left(path, number[period]), account.held(path, number[period]), pool, period)
        for path, pool, period in rows
        for zone in ground[path]
    ]


def _emission(account: Account, disturbed: Node | None) -> Node | None:
    if disturbed is None:
        return None
    periods = {f"{start}-{end}": (n, start, end) for n, (start, end) in enumerate(account.run.periods)}
    dims = (PATH, "pool", "cause", "period")
    rows = [(*row, label) for row in disturbed.rows for label, (_, start, _) in periods.items() if start >= int(row[2])]
    first = {(row[2], row[3]): float(periods[row[3]][1] - int(row[2])) for row in rows}
    last = {(row[2], row[3]): float(periods[row[3]][2] - int(row[2])) for row in rows}
    density = account.sheet.apply(
        "release",
        eq.released,
        {"en": "release of a period", "zh": "期间释放"},
        disturbed_stock=disturbed.onto(dims, rows),
        age_at_start=account.fixed("age_at_start", "yr", ("cause", "period"), first).onto(dims, rows),
        age_at_end=account.fixed("age_at_end", "yr", ("cause", "period"), last).onto(dims, rows),
        half_life=account.factors.half_life.onto(dims, rows, account.half_life_of),
    )
    wide = (*FLOW_DIMS, "cause")
    ground = _grounds(account)
    spread = [
        (path, zone, account.left(path, periods[label][0]), account.held(path, periods[label][0]), pool, label, cause)
        for path, pool, cause, label in rows
        for zone in ground[path]
    ]
    amount = account.sheet.apply(
        "emission_amount",
        eq.amount,
        {"en": "release on its ground", "zh": "释放总量"},
        density=density.onto(wide, spread),
        area=account.on_ground(wide, spread),
    )
    label = {"en": "emission after disturbance", "zh": "扰动后排放"}
    return account.sheet.total("emission", amount, over=[PATH, "cause"], label=label)


def _area(account: Account) -> Node:
    dims = (PATH, UNIT, "habitat", "date")
    rows = [
        (path, zone, account.held(path, n), str(date))
        for path, zone in account.pairs()
        for n, date in enumerate(account.run.dates)
    ]
    label = {"en": "habitat area", "zh": "生境面积"}
    return account.sheet.total("habitat_area", account.on_ground(dims, rows), over=[PATH], label=label)


def _change_area(account: Account) -> Node | None:
    """Ground by the class it had at one map and at the next; the period lies between the maps."""
    dims = (PATH, UNIT, "from_habitat", "to_habitat", "period")
    years = account.years
    rows = [
        (path, zone, account.left(path, n), account.held(path, n), f"{years[n - 1]}-{years[n]}")
        for path, zone in account.pairs()
        for n in range(1, len(years))
    ]
    if not rows:
        return None
    label = {"en": "area by change of class", "zh": "类别变化面积"}
    return account.sheet.total("area_transition", account.on_ground(dims, rows), over=[PATH], label=label)


def _stock_change(account: Account, stock: Node) -> Node | None:
    periods = account.run.periods
    if not periods:
        return None
    by_unit = account.sheet.total("carbon_stock_by_unit", stock, over=["habitat", "pool"])
    zones = list(dict.fromkeys(row[0] for row in by_unit.rows))
    dims = (UNIT, "period")
    rows = [(zone, f"{start}-{end}") for zone in zones for start, end in periods]
    return account.sheet.apply(
        "stock_change",
        eq.stock_change,
        {"en": "stock change", "zh": "储量变化"},
        after=by_unit.onto(dims, rows, lambda row: (row[UNIT], row["period"].split("-")[1])),
        before=by_unit.onto(dims, rows, lambda row: (row[UNIT], row["period"].split("-")[0])),
    )
