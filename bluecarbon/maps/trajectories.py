"""One pass over class maps of several dates: how much ground took which way through the classes, by zone.

A map of any size holds tens to hundreds of distinct trajectories (class at date 1, date 2, …). They are counted block
by block as whole numbers, and only then turned into areas, so the result has the same digits however the map is cut,
in whatever order and by however many workers the windows are counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import uuid4

import numpy as np

from bluecarbon.maps.alignment import Reader, align_sources, stored_narrow
from bluecarbon.maps.cell_area import CELL_BIT, M2_PER_HA, MAX_CELLS, CellAreas, cell_areas
from bluecarbon.maps.checkpoint import Checkpoint, Sums
from bluecarbon.maps.coding import MAX_CODES, Coder, Column, Room
from bluecarbon.maps.grid import Window
from bluecarbon.maps.histogram import Histogram, Tally
from bluecarbon.maps.raster_source import PreparedSource, RasterSource, gdal_env, prepare_sources
from bluecarbon.maps.zone_readers import FRACTIONS, OUTSIDE
from bluecarbon.maps.zones import Zones
from methodology.base.errors import Finding, InputError

BATCH = 8  # windows a worker takes at a time
WINDOW_CELLS = 2**20  # fewer, longer reads: what a read costs beside decoding counts
SHORT_RUN = 3
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class PassPlan:
    """All that a worker needs to count windows; may be sent to another process.

    Parameters
    ----------
    sources : tuple of PreparedSource
        Rasters on the grid of the first, in order of date.
    areas : CellAreas
        Ground areas of that grid.
    zones : Zones or None
        Zones on that grid.
    findings : tuple of Finding
        Warnings and notes so far.
    token : str
        Tells plans apart without comparing them.
    """

    sources: tuple[PreparedSource, ...]
    areas: CellAreas
    zones: Zones | None = None
    findings: tuple[Finding, ...] = ()
    token: str = field(default_factory=lambda: uuid4().hex, compare=False)


@dataclass(frozen=True)
class Trajectories:
    """Ground area of every way through the classes.

    Parameters
    ----------
    dates : tuple of str
        Labels of the dates, in order.
    zones : tuple of str
        Names of the zones; empty where none were asked for.
    classes : array of int64, shape (entry, date)
        Class at each date; `NOT_SURVEYED` where no one looked. Sorted, one entry for each zone it occurs in.
    zone : array of int, shape (entry,)
        Index into ``zones``; -1 is outside every zone.
    count : array, shape (entry,)
        Cells; a fraction only where zones cut cells by exact coverage. [cell]
    area_ha : array, shape (entry,)
        Ground area. [ha]
    cell_area_error : float
        Largest error of a cell's area. [1]
    findings : tuple of Finding
        Warnings and notes.
    """

    dates: tuple[str, ...]
    zones: tuple[str, ...]
    classes: np.ndarray
    zone: np.ndarray
    count: np.ndarray
    area_ha: np.ndarray
    cell_area_error: float = 0.0
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    def by_date(self, date: str) -> dict[int, float]:
        """Area of each class at one date. [ha]"""
        column = self.classes[:, self.dates.index(date)]
        return {int(value): float(self.area_ha[column == value].sum()) for value in np.unique(column)}


def trajectory_areas(
    sources: Sequence[RasterSource],
    zones: Any = None,
    windows: Iterable[Window] | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    resample: bool = True,
    checkpoint: Checkpoint | None = None,
) -> Trajectories:
    """Areas of all class trajectories of one or more class maps, by zone, in one read.

    Parameters
    ----------
    sources : sequence of RasterSource
        Class maps in order of date; the first sets the grid.
    zones : ZoneRaster, ZonePolygons or None
        Where areas are wanted apart.
    windows : iterable of Window or None
        Parts of the grid to count, each cell once; None is the whole grid in the blocks of the file.
    executor : concurrent.futures.Executor or None
        Runs batches of windows; None counts here, one after the other.
    progress : callable or None
        Called with a word and the share done [0 to 1].
    resample : bool
        Whether maps on other grids are read by nearest class (the shift is told), or refused.
    checkpoint : Checkpoint or None
        Keeps the counts so far, and takes up those of an interrupted run of the same inputs.

    Returns
    -------
    Trajectories

    Raises
    ------
    InputError
        BC-RAS-01 to -09 a raster that cannot be used (all findings at once); -11 cells without a ground area;
        -12 too many combinations; -13 different grids and ``resample=False``; -16 to -18 zones that cannot be used.
    """
    plan = plan_pass(sources, zones, resample)
    return areas_of(count_windows(plan, windows, executor, progress, checkpoint), plan)


def plan_pass(sources: Sequence[RasterSource], zones: Any = None, resample: bool = True) -> PassPlan:
    """Check the headers of all rasters and zones and lay them on one grid. Parameters as `trajectory_areas`."""
    prepared, findings = prepare_sources(sources)
    aligned, shifts = align_sources(prepared, resample)
    findings.extend(shifts)
    areas = cell_areas(aligned[0].grid)
    on_grid = None
    if zones is not None:
        on_grid, notes = zones.on_grid(aligned[0].grid, areas)
        findings.extend(notes)
    return PassPlan(tuple(aligned), areas, on_grid, tuple(findings))


def default_windows(plan: PassPlan) -> Iterator[Window]:
    """Windows that follow the blocks of the files: tiles where all are tiled, strips of whole rows otherwise."""
    grid = plan.areas.grid
    blocks = [source.block for source in plan.sources if source.aligned]
    high = max(min(rows, grid.height) for rows, _ in blocks)
    wide = max(min(cols, grid.width) for _, cols in blocks)
    if wide >= grid.width:
        high *= max(1, (2 * WINDOW_CELLS) // (high * grid.width))
    else:
        while high * wide < WINDOW_CELLS:
            high, wide = (high, wide * 2) if wide < 4 * high else (high * 2, wide)
    for row in range(0, grid.height, high):
        for col in range(0, grid.width, wide):
            yield Window(row, col, min(high, grid.height - row), min(wide, grid.width - col))


def count_windows(
    plan: PassPlan,
    windows: Iterable[Window] | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Histogram:
    """Count cells of windows. Histograms of parts of a map may be merged in any order.

    Parameters
    ----------
    plan : PassPlan
        From `plan_pass`.
    windows, executor, progress, checkpoint :
        As in `trajectory_areas`.

    Returns
    -------
    Histogram
    """
    todo = default_windows(plan) if windows is None else iter(windows)
    total, done = Histogram.empty(len(plan.sources)), 0
    if checkpoint is not None:
        total, done, todo = checkpoint.resume(plan, todo)
    sums = Sums(plan, total, done, checkpoint)
    batches = _batches(todo) if checkpoint is None else checkpoint.handed_out(_batches(todo))
    try:
        for cells, part in map(_Job(plan), batches) if executor is None else executor.map(_Job(plan), batches):
            sums.add(cells, part)
            if progress is not None:
                progress("count", min(1.0, sums.cells / plan.areas.grid.cells))
    except InputError:  # going on would end there again
        sums.forget()
        raise
    except KeyboardInterrupt:
        sums.keep()
        raise
    finally:
        if executor is None:
            _close_readers()
    sums.forget()
    return sums.merged()


def areas_of(histogram: Histogram, plan: PassPlan) -> Trajectories:
    """Turn a merged histogram into ground areas."""
    names, zone = ((), histogram.zone) if plan.zones is None else plan.zones.named(histogram.zone)
    scale = FRACTIONS if plan.zones is not None and plan.zones.coverage else 1
    return Trajectories(
        dates=tuple(source.date for source in plan.sources),
        zones=names,
        classes=histogram.classes,
        zone=zone,
        count=histogram.cells.astype(float) / scale,
        area_ha=histogram.units.astype(float) * plan.areas.unit_m2 / scale / M2_PER_HA,
        cell_area_error=plan.areas.error(),
        findings=plan.findings,
    )


def _batches(windows: Iterator[Window]) -> Iterator[tuple[Window, ...]]:
    while batch := tuple(islice(windows, BATCH)):
        yield batch


class _Job:
    """Counts one batch of windows; carries the plan to wherever it runs."""

    def __init__(self, plan: PassPlan) -> None:
        self.plan = plan

    def __call__(self, windows: Sequence[Window]) -> tuple[int, Histogram]:
        cells = 0
        with gdal_env():
            worker = _worker_of(self.plan)
            tally = Tally(len(self.plan.sources), worker.plan.areas, worker.shares_cells)
            for window in windows:
                worker.count(window, tally)
                cells += window.height * window.width
        return cells, tally.finish()


_LOCAL = threading.local()


def _worker_of(plan: PassPlan) -> _Worker:
    """The worker of this thread: file handles are not shared between threads and stay open between batches."""
    held = getattr(_LOCAL, "worker", None)
    if held is None or held.plan.token != plan.token:
        _close_readers()
        held = _LOCAL.worker = _Worker(plan)
    return held


def _close_readers() -> None:
    held = getattr(_LOCAL, "worker", None)
    if held is not None:
        held.close()
        _LOCAL.worker = None


class _Worker:
    def __init__(self, plan: PassPlan) -> None:
        self.plan = plan
        self.reader = Reader(plan.sources)
        self.zones = None if plan.zones is None else plan.zones.open()
        self.shares_cells = plan.zones is not None and plan.zones.coverage
        self.coder = Coder(
            [
                Column(source.dtype, source.nodata) if stored_narrow(source) else Column("int64", ())
                for source in plan.sources
            ],
            plan.sources[0].path,
        )
        self.room, self.spare = Room(), Room()

    def close(self) -> None:
        self.reader.close()
        if self.zones is not None:
            self.zones.close()

    def count(self, window: Window, tally: Tally) -> None:
        blocks = self.reader.read_all(window)
        rows_at_once = max(1, MAX_CELLS // window.width)
        for band, start, stop in self.plan.areas.pieces(window.row, window.row + window.height):
            for row in range(start, stop, rows_at_once):
                end = min(stop, row + rows_at_once)
                part = Window(row, window.col, end - row, window.width)
                cut = slice(row - window.row, end - window.row)
                self._count_piece(band, part, [block[cut] for block in blocks], tally)

    def _count_piece(self, band: int, part: Window, blocks: list[np.ndarray], tally: Tally) -> None:
        """Count one piece of a band.

        Class maps are smooth, so runs of cells along a row are coded and counted, not cells; each weighs its cells
        and its steps of area in one number. Where runs are short, cells are counted as they are.
        """
        if self.zones is not None and self.zones.coverage:
            self._count_covered(band, part, blocks, tally)
            return
        drawn, ids = (None, [OUTSIDE]) if self.zones is None else self.zones.block(part)
        starts = self._runs(band, part, blocks if drawn is None else [*blocks, drawn])
        codes, size = self.coder.code([_at(block, starts) for block in blocks])
        tally.expect(self.coder, size)
        if drawn is not None:
            local, ids = self.zones.number(_at(drawn, starts), ids)
            if local is not None:
                keys = self.room.take(codes.shape, np.int64)
                np.multiply(local, np.int64(size), out=keys, casting="unsafe")
                codes = np.add(keys, codes, out=keys, casting="unsafe")
        found, cells, steps = self._histogram(band, part, codes, size * len(ids), starts)
        if len(ids) == 1:
            tally.add(band, ids[0], found, cells, steps)
        else:
            tally.add(band, np.asarray(ids)[found // size], found % size, cells, steps)

    def _runs(self, band: int, part: Window, blocks: list[np.ndarray]) -> np.ndarray | None:
        """Flat index of the first cell of every run, or None where runs are too short to be worth it."""
        shape = (part.height, part.width)
        new, more = self.room.take(shape, np.bool_), self.spare.take(shape, np.bool_)
        flat, flat_more = new.ravel()[1:], more.ravel()[1:]
        for number, block in enumerate(blocks):
            values = block.ravel()
            np.not_equal(values[1:], values[:-1], out=flat_more if number else flat)
            if number:
                np.logical_or(flat, flat_more, out=flat)
        new[:, 0] = True
        new[:, self.plan.areas.breaks(band, part)] = True
        starts = np.flatnonzero(new)
        return None if len(starts) * SHORT_RUN > new.size else starts

    def _count_covered(self, band: int, part: Window, blocks: list[np.ndarray], tally: Tally) -> None:
        """Cells in parts of 1/65,536; what no zone covers is what remains of the whole."""
        codes, size = self.coder.code([block.ravel() for block in blocks])
        tally.expect(self.coder, size)
        found, cells, steps = self._histogram(band, part, codes, size, None)
        rest_cells, rest_steps = np.zeros(size), np.zeros(size)
        rest_cells[found], rest_steps[found] = cells * FRACTIONS, steps * FRACTIONS
        above = self.plan.areas.steps(band, part).ravel()
        for zone, at, share in self.zones.covered(part):
            here = codes[at]
            own = np.bincount(here, weights=share, minlength=size)
            own_steps = np.bincount(here, weights=share * above[at], minlength=size)
            rest_cells -= own
            rest_steps -= own_steps
            which = np.flatnonzero(own)
            tally.add(band, zone, which, own[which].astype(np.int64), own_steps[which].astype(np.int64))
        which = np.flatnonzero(rest_cells)
        tally.add(band, OUTSIDE, which, rest_cells[which].astype(np.int64), rest_steps[which].astype(np.int64))

    def _histogram(
        self, band: int, part: Window, codes: np.ndarray, size: int, starts: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Codes that occur, their cells and their steps of area."""
        if size > 32 * MAX_CODES:
            back, codes = np.unique(codes, return_inverse=True)
            found, cells, steps = self._histogram(band, part, codes, len(back), starts)
            return back[found], cells, steps
        if starts is None:
            weights = self.plan.areas.steps(band, part).ravel()
            weights += 2.0**CELL_BIT
        else:
            weights = self.plan.areas.run_weights(band, part, starts)
        packed = np.bincount(codes, weights, size)
        found = np.flatnonzero(packed)
        whole = packed[found].astype(np.int64)
        return found, whole >> CELL_BIT, whole & (2**CELL_BIT - 1)


def _at(block: np.ndarray, starts: np.ndarray | None) -> np.ndarray:
    return block.ravel() if starts is None else np.take(block.ravel(), starts)
