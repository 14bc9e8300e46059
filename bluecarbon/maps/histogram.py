"""Counts of trajectories as whole numbers: gathered by a worker, merged in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.maps.coding import MAX_TRAJECTORIES, NOT_SURVEYED, Coder, Decoder, too_many_trajectories

if TYPE_CHECKING:
    from bluecarbon.maps.cell_area import CellAreas

DENSE_CODES = 2**16
CLOSE = 2**16  # span of classes or zones that are numbered by their distance from the least


@dataclass(frozen=True)
class Histogram:
    """Cells and ground area by trajectory and zone.

    Parameters
    ----------
    classes : array of int64, shape (entry, date)
    zone : array of int64, shape (entry,)
    cells, units : array of int, shape (entry,)
        Cells, and their ground area in whole units (see `cell_area`). Python integers where cells are shared out.
    """

    classes: np.ndarray
    zone: np.ndarray
    cells: np.ndarray
    units: np.ndarray

    @classmethod
    def empty(cls, dates: int) -> Histogram:
        """No cells."""
        none = np.zeros(0, dtype=np.int64)
        return cls(np.zeros((0, dates), dtype=np.int64), none, none, none)

    @classmethod
    def merge(cls, parts: Sequence[Histogram]) -> Histogram:
        """Sum of histograms, sorted by classes and zone; the same digits for any order and grouping.

        Raises
        ------
        InputError
            BC-RAS-12 too many entries.
        """
        classes = np.concatenate([part.classes for part in parts])
        zone = np.concatenate([part.zone for part in parts])
        cells = np.concatenate([part.cells for part in parts])
        units = np.concatenate([part.units for part in parts])
        if not len(cells):
            return cls(classes, zone, cells, units)
        order, new = _sorted_entries([*classes.T, zone])
        starts = np.flatnonzero(new)
        first = order[starts]
        if len(first) > 16 * MAX_TRAJECTORIES:
            raise too_many_trajectories("maps", len(first))
        return cls(
            classes[first],
            zone[first],
            np.add.reduceat(cells[order], starts),
            np.add.reduceat(units[order], starts),
        )


def _sorted_entries(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Order of the rows by all columns, and which sorted rows differ from the one before."""
    keys, room = np.zeros(len(columns[0]), dtype=np.int64), 1
    packed = []
    for column in columns:
        index, span = _ranks(column)
        if room * span >= 2**62:
            packed.append(keys)
            keys, room = np.zeros(len(index), dtype=np.int64), 1
        keys *= span
        keys += index
        room *= span
    packed.append(keys)
    order = np.argsort(keys) if len(packed) == 1 else np.lexsort(packed[::-1])
    new = np.ones(len(order), bool)
    new[1:] = np.any([np.diff(part[order]) != 0 for part in packed], axis=0)
    return order, new


def _ranks(column: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers from zero on in the order of the values, and how many there may be; no sorting where values lie close."""
    missing = column == NOT_SURVEYED
    low = int(column.min(where=~missing, initial=np.iinfo(np.int64).max))
    span = int(column.max()) - low + 2
    if 0 < span <= CLOSE:
        return np.where(missing, 0, column - (low - 1)), span
    values, index = np.unique(column, return_inverse=True)
    return index, len(values)


class Tally:
    """Gathers counts of one batch; codes are decoded when the meaning of codes changes and at the end."""

    def __init__(self, dates: int, areas: CellAreas, shared: bool = False) -> None:
        self.dates, self.areas = dates, areas
        self.integer = object if shared else np.int64  # cells in 65,536 parts would not fit 64 bits on large grids
        self.parts: list[Histogram] = []
        self.signature: tuple[object, ...] | None = None
        self.dense: dict[tuple[int, int], np.ndarray] = {}
        self.sparse: list[tuple[np.ndarray, ...]] = []
        self.decoder: Decoder | None = None
        self.size = 0

    def expect(self, coder: Coder, size: int) -> None:
        """Tell what codes mean from now on, before counts are added in them."""
        signature = coder.signature()
        if signature != self.signature:
            self._flush()
            self.signature, self.decoder = signature, coder.decoder()
        self.size = size

    def add(self, band: int, zone: int | np.ndarray, codes: np.ndarray, cells: np.ndarray, steps: np.ndarray) -> None:
        """Add counts of codes in one band; one zone, or one zone for each code."""
        if isinstance(zone, np.ndarray) or self.size > DENSE_CODES:
            zones = np.broadcast_to(np.asarray(zone, dtype=np.int64), codes.shape)
            self.sparse.append((codes, zones, np.full(codes.shape, band, dtype=np.int64), cells, steps))
            return
        key = (band, int(zone))
        if key not in self.dense or self.dense[key].shape[1] < self.size:
            grown = np.zeros((2, self.size), dtype=np.int64)
            if key in self.dense:
                grown[:, : self.dense[key].shape[1]] = self.dense[key]
            self.dense[key] = grown
        self.dense[key][0, codes] += cells
        self.dense[key][1, codes] += steps

    def _flush(self) -> None:
        for (band, zone), sums in self.dense.items():
            codes = np.flatnonzero(sums[0])
            both = np.full((2, len(codes)), [[zone], [band]], dtype=np.int64)
            self.sparse.append((codes, both[0], both[1], sums[0, codes], sums[1, codes]))
        if self.sparse and self.decoder is not None:
            codes, zone, band, cells, steps = (np.concatenate(items) for items in zip(*self.sparse, strict=True))
            cells, steps = cells.astype(self.integer), steps.astype(self.integer)
            units = self.areas.units(band, cells, steps)
            self.parts.append(Histogram.merge([Histogram(self.decoder.decode(codes), zone, cells, units)]))
        self.dense, self.sparse = {}, []

    def finish(self) -> Histogram:
        """Everything added."""
        self._flush()
        return self.parts[0] if len(self.parts) == 1 else Histogram.merge([Histogram.empty(self.dates), *self.parts])
