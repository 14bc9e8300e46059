"""What a projection is told: classes, actions and trajectories, as plain arrays.

Axes are always named in this order: pool (biomass, soil, litter), class or trajectory. Leading axes are allowed
in class factors (a draw axis, for example) and pass through every relation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bluecarbon.projection.gases import GasRates

POOLS = ("biomass", "soil", "litter")
BLANK, NO_CHANGE, ACCUMULATE, LOW, MEDIUM, HIGH = range(6)
ACTIONS = ("", "NCC", "accum", "low-impact-disturb", "med-impact-disturb", "high-impact-disturb")
LEVELS = ("low", "med", "high")
FAR_LESS = 0.5  # of a pool; habitats of one kind differ by less, a cleared one by more
WORTH_TELLING = 0.1  # of all pools of the class that is left


@dataclass(frozen=True)
class ClassTable:
    """Carbon factors of every class of the legend.

    Parameters
    ----------
    names : tuple of str
        Class names, unique.
    codes : mapping of int to int
        Map code to class position; several codes may mean one class.
    initial : array, shape (..., pool, class)
        Stock at the first date. [t CO2e/ha]
    accumulation : array, shape (..., pool, class)
        Yearly gain while the class accumulates. [t CO2e/ha/yr]
    half_life : array, shape (..., pool, class)
        Half-life of the release that a disturbance of this class starts; 0 means nothing is released. [yr]
    disturbed_share : array, shape (..., level, pool, class)
        Share of the stock that a low, medium or high impact sets free. [1]
    limits : mapping of column name to (low, high) arrays, shape (class,)
        Limits of factors that have them, under the name of their column; NaN where a class has none.
    litter_is_released : bool
        Whether the table says what disturbance does to litter; if not, litter stays.
    gases : GasRates or None
        Methane and nitrous oxide of the classes; None where the table says nothing of them.
    """

    names: tuple[str, ...]
    codes: Mapping[int, int]
    initial: np.ndarray
    accumulation: np.ndarray
    half_life: np.ndarray
    disturbed_share: np.ndarray
    limits: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    litter_is_released: bool = False
    gases: GasRates | None = None

    def index(self, name: str) -> int:
        """Position of a class by name."""
        return self.names.index(name)


def holds_far_less(initial: np.ndarray) -> np.ndarray:
    """Changes after which a class holds far less in some pool than the class that was left.

    Parameters
    ----------
    initial : array, shape (pool, class)
        Stock at the first date. [t CO2e/ha]

    Returns
    -------
    bool array, shape (class, class)
        True where a pool of the column's class starts below half of that of the row's class, and the difference is a
        tenth of all that the row's class holds, or more.
    """
    left, right = initial[:, :, None], initial[:, None, :]
    less = (right < FAR_LESS * left) & (left - right >= WORTH_TELLING * left.sum(axis=0))
    return np.any(less, axis=0)


@dataclass(frozen=True)
class TrajectoryAreas:
    """The distinct class trajectories of a map series and the ground they cover.

    Parameters
    ----------
    years : tuple of int
        Dates at which a class is known, ascending; a change takes effect at the start of its year.
    classes : int array, shape (trajectory, date)
        Class positions in the class table.
    area_ha : array, shape (zone, trajectory)
        Ground area of each trajectory in each zone. [ha]
    zones : tuple of str
        Zone names; one name when no zones are given.
    """

    years: tuple[int, ...]
    classes: np.ndarray
    area_ha: np.ndarray
    zones: tuple[str, ...] = ("all",)

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Steps:
    """Class factors gathered along each trajectory, one entry per date; see `gather`.

    Parameters
    ----------
    years : tuple of int
        Dates, ascending.
    initial : array, shape (..., pool, trajectory)
        Stock at the first date. [t CO2e/ha]
    rate : array, shape (date, ..., pool, trajectory)
        Yearly gain from that date on. [t CO2e/ha/yr]
    share : array, shape (date, ..., pool, trajectory)
        Share of the stock that the change at that date disturbs; zero at the first date. [1]
    half_life : array, shape (date, ..., pool, trajectory)
        Half-life of the class that was left at that date. [yr]
    class_litter_rate : array, shape (date, ..., trajectory)
        Litter gain of the class held, whatever the action; only the peer's arithmetic uses it. [t CO2e/ha/yr]
    """

    years: tuple[int, ...]
    initial: np.ndarray
    rate: np.ndarray
    share: np.ndarray
    half_life: np.ndarray
    class_litter_rate: np.ndarray = field(repr=False)


def gather(table: ClassTable, actions: np.ndarray, years: tuple[int, ...], classes: np.ndarray) -> Steps:
    """Take the factors each trajectory meets at each of its dates.

    Parameters
    ----------
    table : ClassTable
    actions : int array, shape (class, class)
        Action (`BLANK` to `HIGH`) of the change from a row's class to a column's class.
    years : tuple of int
    classes : int array, shape (trajectory, date)

    Returns
    -------
    Steps
        The first date accumulates at the rate of its class. Later a class accumulates at its own rate only where
        the action says so; the disturbed share and the half-life are those of the class that is left.
    """
    first = classes[:, 0]
    litter = POOLS.index("litter")
    rate = [table.accumulation[..., first]]
    share = [np.zeros_like(rate[0])]
    half_life = [np.zeros_like(rate[0])]
    for before, after in zip(classes.T[:-1], classes.T[1:], strict=True):
        action = actions[before, after]
        rate.append(np.where(action == ACCUMULATE, table.accumulation[..., after], 0.0))
        level = np.clip(action - LOW, 0, len(LEVELS) - 1)
        disturbed = np.moveaxis(table.disturbed_share[..., before], -3, 0)
        by_level = np.take_along_axis(disturbed, np.broadcast_to(level, disturbed.shape[1:])[None], axis=0)[0]
        share.append(np.where(action >= LOW, by_level, 0.0))
        half_life.append(table.half_life[..., before])
    return Steps(
        years=tuple(years),
        initial=table.initial[..., first],
        rate=np.stack(rate),
        share=np.stack(share),
        half_life=np.stack(half_life),
        class_litter_rate=np.stack([table.accumulation[..., litter, held] for held in classes.T]),
    )
