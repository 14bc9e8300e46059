"""The default model on a worksheet: every class factor one input, drawn once, wherever a trajectory uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.equations import accounted_area
from bluecarbon.projection.model import Projection
from bluecarbon.projection.results import START
from bluecarbon.projection.tables import ACCUMULATE, BLANK, LEVELS, LOW, POOLS
from methodology.worksheet import Node, View, Worksheet

if TYPE_CHECKING:
    from methodology.uncertainty.distributions import Distribution

NOTHING = ("nothing",)
PATH, UNIT = "trajectory", "reporting_unit"
NO_LIMITS = "the class table gives no limits"
NO_MAP_ERROR = "classification error of the maps"
OTHER_MAPS = "classification error of the maps that were not checked"
_COLUMNS = {"initial": "{}-initial", "accumulation": "{}-yearly-accumulation", "half_life": "{}-half-life"}
_UNITS = {"initial": "t_CO2e/ha", "accumulation": "t_CO2e/ha/yr", "half_life": "yr"}


def factor_row(name: str, column: str) -> tuple[str]:
    """Row of a class factor in its node: class and column of the class table."""
    return (f"{name}: {column}",)


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
        Name of the class table, for messages.
    origins : sequence of str
        Roles of the files that areas come from: maps and, in a scenario, rates.
    no_limits : str
        What intervals leave out where a factor has no limits.
    """

    def __init__(
        self, projection: Projection, source: str, origins: Sequence[str] = (), no_limits: str = NO_LIMITS
    ) -> None:
        self.run = projection
        self.no_limits = no_limits
        self.sheet = Worksheet()
        self.source, self.origins = source, tuple(origins)
        names = projection.table.names
        self.paths = [" > ".join(names[c] for c in row) for row in projection.ground.classes]
        self.place = {path: n for n, path in enumerate(self.paths)}
        self.years = projection.ground.years
        self.areas = self._areas()
        self.factors = self._factors()

    def _areas(self) -> Node:
        """Ground of every trajectory in every zone: as mapped, or as estimated where the maps were checked."""
        ground, error = self.run.ground, self.run.map_error
        keys = None if error is None else error.keys(ground, self.run.table.names)
        scale = {} if error is None else dict(zip(error.names, error.ratio, strict=True))
        values = {
            (zone, path): float(ground.area_ha[z, n]) / (1.0 if keys is None else scale[keys[n]])
            for z, zone in enumerate(ground.zones)
            for n, path in enumerate(self.paths)
            if ground.area_ha[z, n] > 0
        }
        unknown = self._unknown_map_error()
        mapped = self.sheet.input(
            "trajectory_area",
            "ha",
            (UNIT, PATH),
            values,
            sources=dict.fromkeys(values, self.origins),
            excludes=dict.fromkeys(values, unknown),
        )
        if error is None:
            return mapped
        scales = self.sheet.input(
            "map_scale",
            "1",
            ("map_class",),
            {(name,): float(ratio) for name, ratio in scale.items()},
            role="parameter",
            label={"en": "estimated over mapped area", "zh": "估计面积与制图面积之比"},
            covariance=error.covariance,
            sources={(name,): ("accuracy",) for name in scale},
        )
        dims, rows = (UNIT, PATH), list(values)
        return self.sheet.apply(
            "estimated_area",
            accounted_area,
            {"en": "estimated area", "zh": "估计面积"},
            mapped=mapped.onto(dims, rows),
            map_scale=scales.onto(dims, rows, lambda row: (keys[self.place[row[PATH]]],)),
        )

    def _unknown_map_error(self) -> tuple[str, ...]:
        """What intervals leave out of the maps' error: all of it, that of maps not checked, or nothing."""
        error = self.run.map_error
        if error is None:
            return (NO_MAP_ERROR,)
        return () if set(self.years[: len(self.run.ground.years)]) <= set(error.years) else (OTHER_MAPS,)

    def _factors(self) -> Factors:
        table = self.run.table
        nodes = {}
        for key, column in _COLUMNS.items():
            grid = getattr(table, key)
            cells = [
                (n, column.format(pool), grid[p, n]) for n in range(len(table.names)) for p, pool in enumerate(POOLS)
            ]
            nodes[key] = self._factor_input(key, _UNITS[key], cells)
        cells = [
            (n, f"{pool}-{level}-impact-disturb", table.disturbed_share[v, p, n])
            for n in range(len(table.names))
            for p, pool in enumerate(POOLS)
            for v, level in enumerate(LEVELS)
        ]
        nodes["share"] = self._factor_input("disturbed_share", "1", cells)
        return Factors(nodes["initial"], nodes["accumulation"], nodes["share"], nodes["half_life"])

    def _factor_input(self, name: str, unit: str, cells: list[tuple[int, str, float]]) -> Node:
        values, spreads, excludes = {}, {}, {}
        for n, column, value in cells:
            row = factor_row(self.run.table.names[n], column)
            values[row], spreads[row] = float(value), self._spread(float(value), column, n)
            excludes[row] = () if spreads[row] is not None or value == 0 else (self.no_limits,)
        values[NOTHING] = 0.0  # where a class neither gains nor is disturbed, that is exactly zero
        sources = dict.fromkeys(values, ("classes",)) | {NOTHING: ("the action of the change",)}
        return self.sheet.input(
            f"class:{name}",
            unit,
            ("factor",),
            values,
            role="factor",
            spreads=spreads,
            sources=sources,
            excludes=excludes,
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

    def gaining(self, path: str, date: int) -> str | None:
        """Class that accumulates from a date on, if it does."""
        return self.held(path, date) if date == 0 or self.action(path, date) == ACCUMULATE else None

    def initial_of(self, row: dict[str, str]) -> tuple[str]:
        """Factor of the stock at the first date."""
        return factor_row(self.held(row[PATH], 0), _COLUMNS["initial"].format(row["pool"]))

    def rate_of(self, row: dict[str, str], date: int) -> tuple[str]:
        """Factor of the accumulation from a date on."""
        name = self.gaining(row[PATH], date)
        return NOTHING if name is None else factor_row(name, _COLUMNS["accumulation"].format(row["pool"]))

    def share_of(self, row: dict[str, str], date: int) -> tuple[str]:
        """Factor of the share that a change at a date disturbs; nothing without a half-life."""
        action = self.action(row[PATH], date) if date > 0 else BLANK
        if action < LOW or not self._cell("half_life", row, date) > 0:
            return NOTHING
        return factor_row(self.left(row[PATH], date), f"{row['pool']}-{LEVELS[action - LOW]}-impact-disturb")

    def half_life_of(self, row: dict[str, str]) -> tuple[str]:
        """Factor of the half-life that the release caused in a row's cause year keeps."""
        date = self.years.index(int(row["cause"]))
        return factor_row(self.left(row[PATH], date), _COLUMNS["half_life"].format(row["pool"]))

    def _cell(self, key: str, row: dict[str, str], date: int) -> float:
        grid = getattr(self.run.table, key)
        return float(grid[POOLS.index(row["pool"]), self.run.table.index(self.left(row[PATH], date))])

    def disturbs(self, path: str, pool: str, date: int) -> bool:
        """Whether a trajectory's change at a date sets anything of a pool free."""
        row = {PATH: path, "pool": pool}
        if self.share_of(row, date) == NOTHING:
            return False
        share = self.run.table.disturbed_share[self.action(path, date) - LOW]
        return bool(share[POOLS.index(pool), self.run.table.index(self.left(path, date))] > 0)

    def fixed(self, name: str, unit: str, dims: tuple[str, ...], values: dict) -> Node:
        """A parameter of the method: years and lengths of time."""
        return self.sheet.input(name, unit, dims, values, role="parameter")

    def on_ground(self, dims: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> View:
        """Area of the trajectory and unit of each row."""
        return self.areas.onto(dims, rows, lambda row: (row[UNIT], row[PATH]))

    def pairs(self, keep: Callable[[str], bool] = lambda path: True) -> list[tuple[str, str]]:
        """Trajectory and unit wherever there is ground."""
        return [(path, zone) for zone, path in self.areas.rows if keep(path)]
