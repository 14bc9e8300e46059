"""Counts so far in a file beside the results, so that a count that was stopped goes on where it was.

The file names what it belongs to: the content of every map and zone, the grid, and the windows counted so far. Maps
are hashed when the first checkpoint is due, so a count that ends sooner pays nothing. Counts are whole numbers merged
in the order of the windows, so a count that was resumed has the digits of one that was not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.maps.grid import Window
from bluecarbon.maps.histogram import Histogram
from methodology.base.errors import Finding
from methodology.base.files import sha256_of, written_whole
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.maps.trajectories import PassPlan
    from bluecarbon.maps.zones import Zones

FORMAT = "bluecarbon count 1"
NAME = "counting.checkpoint"
EVERY_S = 20.0
SHARE_OF_TIME = 0.02  # of a count may go into writing checkpoints, however large they are
PENDING_ENTRIES = 10_000  # waiting to be merged: more of them is memory that grows with the map
_PARTS = ("classes", "zone", "cells", "units")


@dataclass
class Checkpoint:
    """Where a count keeps its state, and how it tells that it went on from there.

    Parameters
    ----------
    path : Path
        The file; its folder is made when the first state is written, and removed with it where nothing else is in it.
    tell : callable
        Takes a finding: BC-RAS-25 (note) the count goes on, BC-RAS-26 (warning) the file belongs to other inputs.
    every_s : float
        Least time between two states. [s]
    """

    path: Path
    tell: Callable[[Finding], None] = lambda finding: None
    every_s: float = EVERY_S
    _inputs: str = field(default="", init=False)
    _windows: Any = field(default_factory=hashlib.sha256, init=False)
    _window_count: int = field(default=0, init=False)
    _handed: deque[tuple[Window, ...]] = field(default_factory=deque, init=False)
    _wait_s: float = field(default=0.0, init=False)
    _written: float = field(default_factory=time.monotonic, init=False)
    _made_folder: bool = field(default=False, init=False)

    def resume(self, plan: PassPlan, windows: Iterator[Window]) -> tuple[Histogram, int, Iterator[Window]]:
        """Counts of an interrupted run of the same inputs, their cells, and the windows still to be counted."""
        self._written, self._wait_s = time.monotonic(), self.every_s
        empty = Histogram.empty(len(plan.sources))
        if not self.path.is_file():
            return empty, 0, windows
        held = _read(self.path)
        if held is None or held[0]["inputs"] != self._inputs_of(plan):
            return self._not_used("the state of a count of other maps or zones", empty, windows)
        head, histogram = held
        counted = list(islice(windows, head["window_count"]))
        self._add(counted)
        if self._windows.hexdigest() != head["windows"]:
            self._windows, self._window_count = hashlib.sha256(), 0
            return self._not_used("the state of a count in other windows", empty, chain(counted, windows))
        share = head["cells"] / plan.areas.grid.cells
        self.tell(
            Finding(
                "BC-RAS-25",
                str(self.path),
                phrase("an interrupted count of the same inputs, {share:.3g} % done", share=100 * share),
                "",
                "The count goes on from there; the result is the same.",
                severity="note",
            )
        )
        return histogram, head["cells"], windows

    def handed_out(self, batches: Iterable[tuple[Window, ...]]) -> Iterator[tuple[Window, ...]]:
        """The batches themselves, remembered until they are counted."""
        for batch in batches:
            self._handed.append(batch)
            yield batch

    def counted(self) -> bool:
        """Tell that the oldest batch handed out is counted; True when it is time to keep the state."""
        self._add(self._handed.popleft())
        return time.monotonic() - self._written >= self._wait_s

    def keep(self, plan: PassPlan, total: Histogram, cells: int) -> None:
        """Write the state; the file of before is replaced as a whole."""
        start = time.monotonic()
        head = {
            "format": FORMAT,
            "inputs": self._inputs_of(plan),
            "windows": self._windows.hexdigest(),
            "window_count": self._window_count,
            "cells": cells,
        }
        self._made_folder = self._made_folder or not self.path.parent.exists()
        arrays = {name: _storable(getattr(total, name)) for name in _PARTS}
        with written_whole(self.path) as temporary, open(temporary, "wb") as file:
            np.savez(file, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)
        self._written = time.monotonic()
        self._wait_s = max(self.every_s, (self._written - start) / SHARE_OF_TIME)

    def remove(self) -> None:
        """Remove the file, and its folder where this made it and nothing else is in it."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
            if self._made_folder:
                self.path.parent.rmdir()

    def _add(self, windows: Sequence[Window]) -> None:
        self._window_count += len(windows)
        self._windows.update(np.array([astuple(window) for window in windows], dtype="<i8").tobytes())

    def _inputs_of(self, plan: PassPlan) -> str:
        self._inputs = self._inputs or fingerprint(plan)
        return self._inputs

    def _not_used(
        self, found: str, empty: Histogram, windows: Iterator[Window]
    ) -> tuple[Histogram, int, Iterator[Window]]:
        self.tell(
            Finding(
                "BC-RAS-26",
                str(self.path),
                found,
                "the state of a count of these inputs",
                "It is not used and will be replaced; everything is counted anew.",
                severity="warning",
            )
        )
        return empty, 0, windows


class Sums:
    """Histograms of batches, merged now and then, and kept where the count may have to go on later."""

    def __init__(self, plan: PassPlan, total: Histogram, cells: int, checkpoint: Checkpoint | None) -> None:
        self.plan, self.total, self.cells, self.checkpoint = plan, total, cells, checkpoint
        self.pending: list[Histogram] = []
        self.entries = 0

    def add(self, cells: int, part: Histogram) -> None:
        """Take in one batch."""
        self.pending.append(part)
        self.entries += len(part.cells)
        self.cells += cells
        if self.entries > max(PENDING_ENTRIES, len(self.total.cells) // 2):
            self.merged()
        if self.checkpoint is not None and self.checkpoint.counted():
            self.keep()

    def keep(self) -> None:
        """Write down the sum so far, where there is a checkpoint."""
        if self.checkpoint is not None and self.cells:
            self.checkpoint.keep(self.plan, self.merged(), self.cells)

    def forget(self) -> None:
        """Remove what was written down."""
        if self.checkpoint is not None:
            self.checkpoint.remove()

    def merged(self) -> Histogram:
        """The sum so far."""
        self.total, self.pending, self.entries = Histogram.merge([self.total, *self.pending]), [], 0
        return self.total


def fingerprint(plan: PassPlan) -> str:
    """What the counts of a plan depend on: the content of its maps and zones, and how they are read."""
    parts = [
        FORMAT,
        [_of_source(source) for source in plan.sources],
        plan.areas.unit_m2,
        plan.areas.band_rows,
        None if plan.zones is None else _of_zones(plan.zones),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _of_source(source: Any) -> list[Any]:
    read = [source.date, source.band, source.dtype, source.nodata, source.block, source.aligned]
    return [sha256_of(source.path), *read, *astuple(source.grid)]


def _of_zones(zones: Zones) -> list[Any]:
    import shapely

    shapes = hashlib.sha256()
    for shape in zones.shapes:
        shapes.update(shapely.to_wkb(shape))
    source = None if zones.source is None else _of_source(zones.source)
    return [source, zones.names, zones.owner, zones.rule, shapes.hexdigest()]


def _storable(values: np.ndarray) -> np.ndarray:
    """Whole numbers beyond 64 bits as text."""
    return values.astype(str) if values.dtype == object else values


def _read(path: Path) -> tuple[dict[str, Any], Histogram] | None:
    """Head and counts of a state; None where the file is none, or is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(bytes(file["head"]))
            arrays = [file[name] for name in _PARTS]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        return None
    whole = [np.array([int(x) for x in part], dtype=object) if part.dtype.kind == "U" else part for part in arrays]
    return head, Histogram(*whole)
