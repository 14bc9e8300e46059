"""Results as tidy tables, in tonnes and per hectare, each of which adds to the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.projection.balance import check_parts
from bluecarbon.projection.equations import methane, nitrous_oxide
from bluecarbon.projection.gases import GASES
from bluecarbon.projection.gases import UNITS as GAS_UNITS
from bluecarbon.projection.model import Projection
from bluecarbon.projection.tables import POOLS
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas

STOCKS = ("stock",)
FLOWS = ("accumulation", "emission", "net_sequestration")
COLUMNS = (
    "quantity",
    "date",
    "period",
    "zone",
    "from_class",
    "class",
    "pool",
    "unit",
    "amount",
    "area_ha",
    "per_ha",
)
KEYS = ("zone", "from_class", "class", "pool")
START = "(start)"
GAS_NAMES = {"ch4": "methane", "n2o": "nitrous_oxide"}


def tidy(projection: Projection) -> pandas.DataFrame:
    """Every stock at each date and every flow of each period, by zone, change of class and pool.

    Parameters
    ----------
    projection : Projection

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. Stock [t CO2e] and area [ha] at dates; accumulation, emission and net sequestration
        [t CO2e] in periods; methane [t CH4] and nitrous oxide [t N2O] in periods, of classes that have a rate; value
        [currency] at dates, over all pools. `per_ha` is amount over the row's own area. A change is that which
        began the period; rows of the first date and period say ``(start)``.

    Raises
    ------
    InputError
        BC-PRJ-43 if rows do not add to the total over trajectories.
    """
    import pandas

    rows = [row for row in _rows(projection) if row["area_ha"] > 0]
    frame = pandas.DataFrame(rows, columns=COLUMNS)
    _check(frame, projection)
    return frame


def _rows(projection: Projection) -> Iterator[dict]:
    for n, date in enumerate(projection.dates):
        groups, labels = _groups(projection, n)
        when = {"date": date, "period": ""}
        area = projection.ground.area_ha @ groups
        yield from _area_rows(projection, labels, area, when)
        yield from _amount_rows(projection, "stock", projection.stock[n], groups, labels, area, when)
        if projection.value is not None and n > 0:
            yield from _value_rows(projection, projection.value[n], groups, labels, area, when)
    for n, (start, end) in enumerate(projection.periods):
        groups, labels = _groups(projection, n)
        when = {"date": None, "period": f"{start}-{end}"}
        area = projection.ground.area_ha @ groups
        for name, layer in zip(FLOWS, (projection.accumulation, projection.emission, projection.net), strict=True):
            yield from _amount_rows(projection, name, layer[n], groups, labels, area, when)
        yield from _gas_rows(projection, end - start, labels, area, when)


def _gas_rows(projection: Projection, duration: int, labels: list, area: np.ndarray, when: dict) -> Iterator[dict]:
    """Methane and nitrous oxide of the classes that have a rate; in CO2-equivalent too where a GWP set is named."""
    gases = projection.table.gases
    if gases is None:
        return
    names = projection.table.names
    for g, (gas, relation) in enumerate(zip(GASES, (methane, nitrous_oxide), strict=True)):
        for z, zone in enumerate(projection.ground.zones):
            for k, label in enumerate(labels):
                rate = gases.rate[g, names.index(label[1])]
                if np.isnan(rate):
                    continue
                amount = float(relation(rate, area[z, k], duration))
                yield _row(GAS_NAMES[gas], GAS_UNITS[gas], (zone, label, ""), amount, area[z, k], when)
                if projection.gwp:
                    equivalent = amount * projection.gwp[gas]
                    yield _row(f"{GAS_NAMES[gas]}_co2e", "t_CO2e", (zone, label, ""), equivalent, area[z, k], when)


def _groups(projection: Projection, date: int) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Membership of trajectories in (class left, class held), shape (trajectory, group), and the groups' names."""
    names = (*projection.table.names, START)
    pairs, back = np.unique(
        np.stack([projection.left(date), projection.held(date)], axis=1), axis=0, return_inverse=True
    )
    groups = np.zeros((len(projection.ground), len(pairs)))
    groups[np.arange(len(groups)), back.ravel()] = 1.0
    return groups, [(names[left], names[held]) for left, held in pairs]


def _row(quantity: str, unit: str, place: tuple[str, tuple[str, str], str], amount: float, area: float, when: dict):
    zone, label, pool = place
    return {
        "quantity": quantity,
        **when,
        "zone": zone,
        "from_class": label[0],
        "class": label[1],
        "pool": pool,
        "unit": unit,
        "amount": amount,
        "area_ha": area,
        "per_ha": amount / area if area > 0 else 0.0,
    }


def _area_rows(projection: Projection, labels: list, area: np.ndarray, when: dict) -> Iterator[dict]:
    for z, zone in enumerate(projection.ground.zones):
        for g, label in enumerate(labels):
            yield _row("area", "ha", (zone, label, ""), area[z, g], area[z, g], when)


def _amount_rows(projection, name, density, groups, labels, area, when) -> Iterator[dict]:
    for p, pool in enumerate(POOLS):
        amount = (projection.ground.area_ha * density[p]) @ groups
        for z, zone in enumerate(projection.ground.zones):
            for g, label in enumerate(labels):
                yield _row(name, "t_CO2e", (zone, label, pool), amount[z, g], area[z, g], when)


def _value_rows(projection, density, groups, labels, area, when) -> Iterator[dict]:
    amount = (projection.ground.area_ha * density) @ groups
    for z, zone in enumerate(projection.ground.zones):
        for g, label in enumerate(labels):
            yield _row("value", "currency", (zone, label, ""), amount[z, g], area[z, g], when)


def _check(frame: pandas.DataFrame, projection: Projection) -> None:
    area = projection.ground.area_ha.sum(axis=0)
    for n, date in enumerate(projection.dates):
        at = frame[frame["date"] == date]
        check_parts(
            float(area.sum()),
            at.loc[at["quantity"] == "area", "amount"].to_numpy(),
            phrase("area at {date}", date=date),
        )
        whole = float(projection.stock[n].sum(axis=0) @ area)
        check_parts(whole, at.loc[at["quantity"] == "stock", "amount"].to_numpy(), phrase("stock at {date}", date=date))
    for n, (start, end) in enumerate(projection.periods):
        during = frame[frame["period"] == f"{start}-{end}"]
        for name, layer in zip(FLOWS, (projection.accumulation, projection.emission, projection.net), strict=True):
            whole = float(layer[n].sum(axis=0) @ area)
            check_parts(whole, during.loc[during["quantity"] == name, "amount"].to_numpy(), f"{name} {start}-{end}")


def summed(frame: pandas.DataFrame, *by: str) -> pandas.DataFrame:
    """Rows added up, keeping quantity, date, period and the named keys; per hectare of the ground concerned.

    Parameters
    ----------
    frame : DataFrame
        From `tidy`.
    by : names among zone, from_class, class, pool

    Returns
    -------
    DataFrame
        Columns quantity, date, period, the keys, unit, amount, area_ha, per_ha. The area of a place is counted once,
        however many pools lie on it; for a gas it is the area of the classes that have a rate.
    """
    head = ["quantity", "date", "period", *by, "unit"]
    amount = frame.groupby(head, dropna=False, sort=False)["amount"].sum().reset_index()
    place = [key for key in ("date", "period", "zone", "from_class", "class") if key in frame]
    place = ["quantity", *place]
    ground = frame.drop_duplicates(place)[[*place, "area_ha"]]
    where = ["quantity", "date", "period", *(key for key in by if key != "pool")]
    area = ground.groupby(where, dropna=False, sort=False)["area_ha"].sum().reset_index()
    result = amount.merge(area, on=where, how="left")
    result["per_ha"] = result["amount"] / result["area_ha"]
    return result


def by_trajectory(projection: Projection) -> pandas.DataFrame:
    """Every trajectory: its classes, area, and densities at each date and in each period. [t CO2e/ha]"""
    import pandas

    names = projection.table.names
    columns: dict[str, object] = {}
    for n, year in enumerate(projection.ground.years):
        columns[f"class_{year}"] = [names[position] for position in projection.ground.classes[:, n]]
    columns["area_ha"] = projection.ground.area_ha.sum(axis=0)
    for n, date in enumerate(projection.dates):
        columns[f"stock_{date}_t_co2e_ha"] = projection.stock[n].sum(axis=0)
    for n, (start, end) in enumerate(projection.periods):
        for name, layer in zip(FLOWS, (projection.accumulation, projection.emission, projection.net), strict=True):
            columns[f"{name}_{start}_{end}_t_co2e_ha"] = layer[n].sum(axis=0)
    if projection.value is not None:
        for n, date in enumerate(projection.dates[1:], start=1):
            columns[f"value_{date}_per_ha"] = projection.value[n]
    return pandas.DataFrame(columns)


def by_cause(projection: Projection) -> pandas.DataFrame:
    """Emission of each period by the change that set it free, which may lie long before. [t CO2e]

    Empty for the peer's model, which keeps one release at a time and does not tell causes apart.
    """
    import pandas

    names, area = projection.table.names, projection.ground.area_ha
    rows = []
    for c, year in enumerate(projection.causes):
        groups, labels = _groups(projection, projection.ground.years.index(year))
        for n, (start, end) in enumerate(projection.periods):
            for p, pool in enumerate(POOLS):
                amount = (area * projection.emission_by_cause[c, n, p]) @ groups
                for z, zone in enumerate(projection.ground.zones):
                    for g, (left, held) in enumerate(labels):
                        if amount[z, g] > 0:
                            action = projection.actions[names.index(left), names.index(held)]
                            rows.append((year, left, held, int(action), f"{start}-{end}", zone, pool, amount[z, g]))
    head = ["cause_year", "from_class", "to_class", "action", "period", "zone", "pool", "emission_t_co2e"]
    frame = pandas.DataFrame(rows, columns=head)
    from bluecarbon.projection.tables import ACTIONS

    frame["action"] = [ACTIONS[action] for action in frame["action"]]
    return frame


def by_year(projection: Projection) -> pandas.DataFrame:
    """Net sequestration of every year and what has come together since the first date. [t CO2e]"""
    import pandas

    area = projection.ground.area_ha.sum(axis=0)
    net = projection.yearly_net.sum(axis=1) @ area if len(projection.yearly_net) else np.zeros(0)
    years = projection.dates[0] + np.arange(len(net))
    return pandas.DataFrame({"year": years, "net_sequestration_t_co2e": net, "since_start_t_co2e": np.cumsum(net)})
