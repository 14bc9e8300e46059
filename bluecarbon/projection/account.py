"""The default model on a worksheet: every class factor one input, drawn once, wherever a trajectory uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.projection.model import Projection
from bluecarbon.projection.results import START
from bluecarbon.projection.tables import ACCUMULATE, LEVELS, LOW, POOLS
from methodology.worksheet import Node, View, Worksheet

if TYPE_CHECKING:
    from methodology.uncertainty.distributions import Distribution

NONE = "(none)"
PATH, UNIT = "trajectory", "reporting_unit"
NO_LIMITS = "the class table gives no limits"
NO_MAP_ERROR = "classification error of the maps"
_COLUMNS = {"initial": "{}-initial", "accumulation": "{}-yearly-accumulation", "half_life": "{}-half-life"}
_UNITS = {"initial": "t_CO2e/ha", "accumulation": "t_CO2e/ha/yr", "half_life": "yr"}


@dataclass(frozen=True)
class Factors:
    """Input nodes of the class table, and where each trajectory looks in them."""

    initial: Node
    accumulation: Node
    share: Node
    half_life: Node


@dataclass(frozen=True)
class AccountNodes:
    """Nodes that become lines; `net` and `stock` are complete, the others may lack rows where nothing happens."""

    area: Node
    change_area: Node | None
    stock: Node
    removal: Node | None
    emission: Node | None
    net: Node | None
    stock_change: Node | None


class Account:
    """Builds the worksheet of one projection.

    Parameters
    ----------
    projection : Projection
        Of the default model.
    source : str
        Name of the class table, for the origin of factors.
    """

    def __init__(self, projection: Projection, source: str) -> None:
        self.run = projection
        self.sheet = Worksheet()
        self.source = source
        names = projection.table.names
        self.paths = [" > ".join(names[c] for c in row) for row in projection.ground.classes]
        self.place = {path: n for n, path in enumerate(self.paths)}
        self.years = projection.ground.years
        self.areas = self._areas()
        self.factors = self._factors()

    def _areas(self) -> Node:
        ground = self.run.ground
        values = {
            (zone, path): float(ground.area_ha[z, n])
            for z, zone in enumerate(ground.zones)
            for n, path in enumerate(self.paths)
            if ground.area_ha[z, n] > 0
        }
        excludes = dict.fromkeys(values, (NO_MAP_ERROR,))
        sources = dict.fromkeys(values, ("maps",))
        return self.sheet.input("trajectory_area", "ha", (UNIT, PATH), values, sources=sources, excludes=excludes)

    def _factors(self) -> Factors:
        table = self.run.table
        nodes = {}
        for key, column in _COLUMNS.items():
            grid = getattr(table, key)
            rows = {(name, pool): (float(grid[p, n]), column.format(pool), n)
                    for n, name in enumerate(table.names) for p, pool in enumerate(POOLS)}  # fmt: skip
            nodes[key] = self._factor_input(key, _UNITS[key], ("habitat", "pool"), rows, key == "accumulation")
        rows = {(name, pool, level): (float(table.disturbed_share[v, p, n]), f"{pool}-{level}-impact-disturb", n)
                for n, name in enumerate(table.names) for p, pool in enumerate(POOLS)
                for v, level in enumerate(LEVELS)}  # fmt: skip
        nodes["share"] = self._factor_input("disturbed_share", "1", ("habitat", "pool", "level"), rows, True)
        return Factors(nodes["initial"], nodes["accumulation"], nodes["share"], nodes["half_life"])

    def _factor_input(self, name: str, unit: str, dims: tuple[str, ...], rows: dict, with_none: bool) -> Node:
        values = {row: value for row, (value, _, _) in rows.items()}
        spreads, excludes = {}, {}
        for row, (value, column, n) in rows.items():
            spreads[row] = self._spread(value, column, n)
            excludes[row] = () if spreads[row] is not None or value == 0 else (NO_LIMITS,)
        sources = dict.fromkeys(values, (f"file:{self.source}",))
        if with_none:  # where a class neither gains nor is disturbed, that is exactly zero
            values |= {(NONE, pool, *([NONE] if len(dims) > 2 else [])): 0.0 for pool in POOLS}
        return self.sheet.input(
            f"class:{name}", unit, dims, values, role="factor", spreads=spreads, sources=sources, excludes=excludes
        )

    def _spread(self, value: float, column: str, position: int) -> Distribution | None:
        from methodology.uncertainty.distributions import fitted

        if column not in self.run.table.limits:
            return None
        low, high = (float(side[position]) for side in self.run.table.limits[column])
        if np.isnan(low) or low == high:
            return None
        # A beta on a fixed support keeps draws where the factor can be: shares in 0 to 1, the rest at or above 0.
        support = (0.0, 1.0) if "disturb" in column else (0.0, None)
        return fitted("beta", value, low, high, 0.95, support, f"{self.source}, {column}")

    def held(self, path: str, date: int) -> str:
        """Class of a trajectory from a date on."""
        return self.run.table.names[self.run.held(date)[self.place[path]]]

    def left(self, path: str, date: int) -> str:
        """Class it had before its change at a date."""
        before = int(self.run.left(date)[self.place[path]])
        return START if before < 0 else self.run.table.names[before]

    def action(self, path: str, date: int) -> int:
        """Action of a trajectory's change at a date."""
        row = self.run.ground.classes[self.place[path]]
        return int(self.run.actions[row[date - 1], row[date]])

    def rate_of(self, row: dict[str, str], date: int) -> tuple[str, ...]:
        """Row of the accumulation node that holds from a date on."""
        gains = date == 0 or self.action(row[PATH], date) == ACCUMULATE
        return (self.held(row[PATH], date) if gains else NONE, row["pool"])

    def share_of(self, row: dict[str, str], date: int) -> tuple[str, ...]:
        """Row of the share node that a change at a date takes; none without a half-life."""
        action = self.action(row[PATH], date) if date > 0 else 0
        if action < LOW or not self.half_life_at(row, date) > 0:
            return (NONE, row["pool"], NONE)
        return (self.left(row[PATH], date), row["pool"], LEVELS[action - LOW])

    def half_life_at(self, row: dict[str, str], date: int) -> float:
        """Half-life of the class left at a date. [yr]"""
        n = self.run.table.index(self.left(row[PATH], date))
        return float(self.run.table.half_life[POOLS.index(row["pool"]), n])

    def disturbs(self, path: str, pool: str, date: int) -> bool:
        """Whether a trajectory's change at a date sets anything of a pool free."""
        name, _, level = self.share_of({PATH: path, "pool": pool}, date)
        if name == NONE:
            return False
        table = self.run.table
        return bool(table.disturbed_share[LEVELS.index(level), POOLS.index(pool), table.index(name)] > 0)

    def fixed(self, name: str, unit: str, dims: tuple[str, ...], values: dict) -> Node:
        """A parameter of the method: years and lengths of time."""
        return self.sheet.input(name, unit, dims, values, role="parameter")

    def on_ground(self, dims: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> View:
        """Area of the trajectory and unit of each row."""
        return self.areas.onto(dims, rows, lambda row: (row[UNIT], row[PATH]))

    def pairs(self, keep: Callable[[str], bool] = lambda path: True) -> list[tuple[str, str]]:
        """Trajectory and unit wherever there is ground."""
        return [(path, zone) for zone, path in self.areas.rows if keep(path)]
