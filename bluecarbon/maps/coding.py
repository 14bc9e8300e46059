"""From several class arrays of the same cells to one small whole number per cell, and back.

The number is a position in mixed radix: each array brings an index that runs over the classes met so far. A coder
learns classes as it goes and decodes at once, so that coders of several workers need not agree on anything.

Three ways, the cheapest that fits: values shifted as they stand, values through a table of 256 or 65,536 entries,
and, where the product of classes is large, numbering only the combinations that occur.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

NOT_SURVEYED = int(np.iinfo(np.int64).min)
"""Class of a cell that no one looked at on a date: nodata, outside that date's raster."""

MAX_CODES = 2**16  # a histogram of this size still sits in the cache
MAX_TRAJECTORIES = 2**20
PAIR = 2**32
MISS_8, MISS_16, MISS_32 = 255, 65_535, 2**32 - 1
WIDE_NODATA = 65_536  # place of nodata in the table of a 32-bit or float raster, whose classes are mostly small


class Room:
    """Working memory that is used again: asking the system for it in every block costs more than the counting."""

    def __init__(self) -> None:
        self.held: dict[Any, np.ndarray] = {}

    def take(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array of this shape and type whose content means nothing; it lies where the last one of its type did."""
        kind, size = dtype, math.prod(shape)
        held = self.held.get(kind)
        if held is None or held.size < size:
            held = self.held[kind] = np.empty(size, dtype=kind)
        return held[:size].reshape(shape)


class Column:
    """Index of one array's classes, learnt as blocks come by.

    Parameters
    ----------
    dtype : str
        Of the raster.
    nodata : tuple of int
        Values that mean "not surveyed".
    """

    def __init__(self, dtype: str, nodata: Sequence[int]) -> None:
        self.dtype = np.dtype(dtype)
        self.nodata = frozenset(nodata)
        self.known: list[int] = []
        self.position: dict[int, int] = {}
        self.arc: tuple[int, int] = (0, 0)
        self.by_table = self.dtype.itemsize > 1
        self.table = np.empty(0)
        self.room = Room()
        self._rebuild()

    @property
    def base(self) -> int:
        """Number of index values."""
        return max(1, len(self.known) if self.by_table else self.arc[1])

    def index(self, block: np.ndarray) -> tuple[np.ndarray, bool]:
        """Index of every cell, and whether a class was new.

        Parameters
        ----------
        block : array
            Raster values; `NOT_SURVEYED` is allowed in an int64 block.
        """
        raw = self._raw(block)
        found = self._try(raw)
        if found is not None:
            return found, False
        present = np.unique(raw) if raw.dtype.itemsize > 1 else np.flatnonzero(np.bincount(raw.ravel()))
        for value in present.tolist():
            if value not in self.position:
                self.position[value] = len(self.known)
                self.known.append(value)
        self._rebuild()
        found = self._try(raw)
        assert found is not None
        return found, True

    def classes(self) -> np.ndarray:
        """Class of each index value, shape (base,); `NOT_SURVEYED` for nodata."""
        raw = self.known if self.by_table else [(self.arc[0] + step) % 256 for step in range(self.base)]
        values = [self._class(value) for value in raw] or [NOT_SURVEYED]
        return np.array(values, dtype=np.int64)

    def use_table(self) -> bool:
        """Switch to numbering only the classes that occur; True if that changes anything."""
        if self.by_table or len(self.known) >= MISS_8:
            return False
        self.by_table = True
        self._rebuild()
        return True

    def _class(self, raw: int) -> int:
        if self.dtype.itemsize <= 2 and self.dtype.kind == "i":
            raw = int(np.array(raw, dtype=f"u{self.dtype.itemsize}").view(self.dtype))
        return NOT_SURVEYED if raw in self.nodata else raw

    def _raw(self, block: np.ndarray) -> np.ndarray:
        if block.dtype.itemsize <= 2:
            return block.view(f"u{block.dtype.itemsize}")
        return block.astype(np.int64, copy=False)

    def _rebuild(self) -> None:
        width = self.dtype.itemsize
        if width == 1 and not self.by_table:
            self.arc = _smallest_arc(self.known)
        elif width <= 2:
            miss = MISS_8 if width == 1 else MISS_16
            self.table = np.full(256**width, miss, dtype=f"u{width}")
            self.table[self.known[:miss]] = np.arange(min(len(self.known), miss))
        else:
            self.table = np.full(WIDE_NODATA + 1, MISS_32, dtype=np.uint32)
            for value, spot in self.position.items():
                if value == NOT_SURVEYED or 0 <= value < WIDE_NODATA:
                    self.table[WIDE_NODATA if value == NOT_SURVEYED else value] = spot

    def _try(self, raw: np.ndarray) -> np.ndarray | None:
        """Index array, or None where a value is unknown."""
        if not self.known:
            return None
        if raw.dtype == np.uint8 and not self.by_table:
            found = raw
            if self.arc[0]:
                found = np.subtract(raw, np.uint8(self.arc[0]), out=self.room.take(raw.shape, np.uint8))
            return found if int(found.max()) < self.arc[1] else None
        if raw.dtype.itemsize <= 2:
            found = np.take(self.table, raw, out=self.room.take(raw.shape, self.table.dtype), mode="clip")
            return found if int(found.max()) < len(self.known) else None
        return self._try_wide(raw)

    def _try_wide(self, raw: np.ndarray) -> np.ndarray | None:
        filled = np.where(raw == NOT_SURVEYED, WIDE_NODATA, raw)
        if int(raw.max()) < WIDE_NODATA and int(filled.min()) >= 0:
            found = np.take(self.table, filled)
            return found if int(found.max()) < len(self.known) else None
        order = np.array(sorted(self.position), dtype=np.int64)
        spot = np.minimum(np.searchsorted(order, raw), len(order) - 1)
        if (order[spot] != raw).any():
            return None
        return np.array([self.position[value] for value in order.tolist()])[spot]


@dataclass(frozen=True)
class Decoder:
    """What codes mean: classes of each column's index, and pairs where only combinations that occur are numbered."""

    classes: Sequence[np.ndarray]
    pairs: Sequence[Sequence[int]] | None

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Classes of codes, shape (code, column)."""
        codes = np.asarray(codes, dtype=np.int64)
        out = np.empty((len(codes), len(self.classes)), dtype=np.int64)
        for k in range(len(self.classes) - 1, 0, -1):
            if self.pairs is not None:
                pair = np.array(self.pairs[k], dtype=np.int64)[codes]
                codes, index = pair // PAIR, pair % PAIR
            else:
                codes, index = codes // len(self.classes[k]), codes % len(self.classes[k])
            out[:, k] = self.classes[k][index]
        out[:, 0] = self.classes[0][codes]
        return out


class Coder:
    """Code and decode cells by the classes of several aligned arrays.

    Parameters
    ----------
    columns : sequence of Column
        One for each array.
    place : str
        For messages.
    """

    def __init__(self, columns: Sequence[Column], place: str = "maps") -> None:
        self.columns = list(columns)
        self.rooms = [Room() for _ in columns]
        self.place = place
        self.compact: list[dict[int, int]] | None = None
        self.pairs: list[list[int]] = []

    def code(self, blocks: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
        """Code of every cell and the number of codes.

        Parameters
        ----------
        blocks : sequence of arrays of one shape
            Raster values, in the order of the columns.

        Returns
        -------
        (array of the same shape, int)

        Raises
        ------
        InputError
            BC-RAS-12 more than a million combinations occur.
        """
        indices, bases = self._indices(blocks)
        size = math.prod(bases)
        if self.compact is None and size <= MAX_CODES:
            return _mixed_radix(indices, bases, self.rooms), size
        return self._compacted(indices, bases)

    def signature(self) -> tuple[object, ...]:
        """Codes of two blocks mean the same as long as this stays the same."""
        return (self.compact is None, *((len(column.known), column.by_table) for column in self.columns))

    def decoder(self) -> Decoder:
        """What codes mean at present."""
        classes = [column.classes() for column in self.columns]
        return Decoder(classes, None if self.compact is None else self.pairs)

    def _indices(self, blocks: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
        indices = [column.index(block)[0] for column, block in zip(self.columns, blocks, strict=True)]
        bases = [column.base for column in self.columns]
        if math.prod(bases) > MAX_CODES and self.compact is None:
            switched = [column.use_table() for column in self.columns]
            if any(switched):
                return self._indices(blocks)
            self.compact = [{} for _ in self.columns]
            self.pairs = [[] for _ in self.columns]
        return indices, bases

    def _compacted(self, indices: list[np.ndarray], bases: list[int]) -> tuple[np.ndarray, int]:
        """Number the combinations that occur, one column at a time."""
        assert self.compact is not None
        codes, size = indices[0].astype(np.int64), bases[0]
        for k in range(1, len(indices)):
            keys = codes * bases[k] + indices[k]
            numbered, pairs = self.compact[k], self.pairs[k]
            if size * bases[k] <= 2**24:
                table = np.full(size * bases[k], -1, dtype=np.int64)
                if pairs:
                    packed = np.array(pairs, dtype=np.int64)
                    table[packed // PAIR * bases[k] + packed % PAIR] = np.arange(len(pairs))
                codes = table[keys]
                new = np.unique(keys[codes < 0])
            else:
                new = np.unique(keys)
            for key in new.tolist():
                pair = key // bases[k] * PAIR + key % bases[k]
                if pair not in numbered:
                    numbered[pair] = len(pairs)
                    pairs.append(pair)
            if size * bases[k] <= 2**24:
                if len(new):
                    table[new] = [numbered[key // bases[k] * PAIR + key % bases[k]] for key in new.tolist()]
                    codes = table[keys]
            else:
                spots = np.array([numbered[key // bases[k] * PAIR + key % bases[k]] for key in new.tolist()])
                codes = spots[np.searchsorted(new, keys)]
            size = max(1, len(pairs))
            if size > MAX_TRAJECTORIES:
                raise too_many_trajectories(self.place, size)
        return codes, size


def too_many_trajectories(place: str, count: int) -> Exception:
    """The error for a map whose combinations of classes are more than a table can hold."""
    return refuse(
        "BC-RAS-12",
        place,
        phrase("more than {count:,} combinations of class, date and zone", count=count),
        phrase("at most {max_trajectories:,}", max_trajectories=MAX_TRAJECTORIES),
        "Is this a class map, not a continuous value? Otherwise merge classes first, or give fewer dates at a time.",
    )


def _smallest_arc(values: Sequence[int]) -> tuple[int, int]:
    """First value and length of the shortest run modulo 256 that holds all values; nodata 255 joins class 0 there."""
    if not values:
        return 0, 1
    ordered = sorted(values)
    if ordered[-1] < 24:  # starting at zero saves the shift
        return 0, ordered[-1] + 1
    gaps = [(ordered[(i + 1) % len(ordered)] - value - 1) % 256 for i, value in enumerate(ordered)]
    widest = int(np.argmax(gaps))
    start = ordered[(widest + 1) % len(ordered)]
    return start, 256 - gaps[widest]


def _mixed_radix(indices: list[np.ndarray], bases: list[int], rooms: list[Room]) -> np.ndarray:
    """One uint16 per cell; neighbours are joined in 8 bits where that suffices, since narrow numbers move faster."""
    joined: list[tuple[np.ndarray, int]] = []
    k = 0
    while k < len(indices):
        index, base = indices[k], bases[k]
        if k + 1 < len(indices) and index.dtype == indices[k + 1].dtype == np.uint8 and base * bases[k + 1] <= 256:
            pair = np.multiply(index, np.uint8(bases[k + 1] % 256), out=rooms[k].take(index.shape, np.uint8))
            index = np.add(pair, indices[k + 1], out=pair)
            base *= bases[k + 1]
            k += 1
        joined.append((index, base))
        k += 1
    codes, _ = joined[0]
    for index, base in joined[1:]:
        out = rooms[0].take(codes.shape, np.uint16)
        codes = np.multiply(codes, np.uint16(base % 65_536), out=out, dtype=np.uint16, casting="unsafe")
        np.add(codes, index, out=codes, casting="unsafe")
    return codes
