"""Zone of each cell of a window, or each zone's share of it: read by one worker, window by window.

Polygons are burnt and covered on tiles of a fixed lattice, so that the result does not depend on the windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.maps.alignment import Reader, stored_narrow
from bluecarbon.maps.coding import Column
from bluecarbon.maps.grid import Window

if TYPE_CHECKING:
    from bluecarbon.maps.zones import Zones

OUTSIDE = -1
FRACTIONS = 65_536  # parts of a cell in which coverage is counted
TILE = 512
TILES_HELD = 16


class RasterZoneReader:
    """Zone of each cell of a window, from a raster."""

    coverage = False

    def __init__(self, zones: Zones) -> None:
        assert zones.source is not None
        self.reader = Reader([zones.source], grid=zones.grid)
        narrow = stored_narrow(zones.source)
        self.column = Column(zones.source.dtype, zones.source.nodata) if narrow else Column("int64", ())
        self.column.by_table = True

    def block(self, window: Window) -> tuple[np.ndarray | None, list[int]]:
        """Zone numbers as stored."""
        return self.reader.read_all(window)[0], [OUTSIDE]

    def number(self, values: np.ndarray, ids: list[int]) -> tuple[np.ndarray | None, list[int]]:
        """Number each value's zone within this window, and the zones; None where one zone holds all.

        Zones are the numbers of the raster, `NOT_SURVEYED` outside.
        """
        if values.min() == values.max():
            values = values[:1]
        index, _ = self.column.index(values)
        classes = self.column.classes()
        if len(values) == 1:
            return None, [int(classes[int(index[0])])]
        present = np.flatnonzero(np.bincount(index, minlength=len(classes)))
        table = np.zeros(len(classes), dtype=np.uint16)
        table[present] = np.arange(len(present))
        return np.take(table, index), classes[present].tolist()

    def close(self) -> None:
        """Close the file."""
        self.reader.close()


class PolygonZoneReader:
    """Zone of each cell of a window, from polygons, by tiles of a fixed lattice so that windows do not matter."""

    def __init__(self, zones: Zones) -> None:
        import shapely

        self.zones = zones
        self.coverage = zones.coverage
        self.shapes = np.array(zones.shapes, dtype=object)
        shapely.prepare(self.shapes)
        self.tree = shapely.STRtree(self.shapes)
        self.tile = lru_cache(TILES_HELD)(self._centre_tile)
        self.covered_tile = lru_cache(TILES_HELD)(self._covered_tile)

    def number(self, values: np.ndarray, ids: list[int]) -> tuple[np.ndarray | None, list[int]]:
        """As `RasterZoneReader.number`; here the zones are known with the block."""
        return values, ids

    def block(self, window: Window) -> tuple[np.ndarray | None, list[int]]:
        """Number of each cell's zone within this window, and the zones; None where one zone holds all."""
        parts = list(_tiles_of(window))
        if len(parts) == 1:
            whole, ids = self.tile(*parts[0][0])
            return (None if whole is None else np.ascontiguousarray(whole[parts[0][1]])), ids
        held = [(self.tile(*tile), cut, place) for tile, cut, place in parts]
        ids = sorted({zone for (_, own), _, _ in held for zone in own})
        if len(ids) == 1:
            return None, ids
        out = np.empty((window.height, window.width), dtype=np.uint16)
        for (whole, own), cut, place in held:
            spots = np.array([ids.index(zone) for zone in own], dtype=np.uint16)
            out[place] = spots[0] if whole is None else spots[whole[cut]]
        return out, ids

    def covered(self, window: Window) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Zone, cells of the window (flat index) and share of each cell in parts of 1/65,536; zones in order."""
        found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        for tile, cut, place in _tiles_of(window):
            row_0, col_0 = cut[0].start, cut[1].start
            for zone, (rows, cols, share) in self.covered_tile(*tile).items():
                here = (rows >= row_0) & (rows < cut[0].stop) & (cols >= col_0) & (cols < cut[1].stop)
                at = (rows[here] - row_0 + place[0].start) * window.width + cols[here] - col_0 + place[1].start
                found.setdefault(zone, []).append((at, share[here]))
        for zone in sorted(found):
            yield zone, *(np.concatenate(items) for items in zip(*found[zone], strict=True))

    def close(self) -> None:
        """Forget tiles."""
        self.tile.cache_clear()
        self.covered_tile.cache_clear()

    def _pieces(self, row: int, col: int) -> Iterator[tuple[int, Any, bool]]:
        """Zones that touch a tile, in file order: (zone, shape clipped to about the tile, covers all of it)."""
        import shapely

        box = shapely.box(col, row, col + TILE, row + TILE)
        for number in sorted(self.tree.query(box, predicate="intersects").tolist()):
            shape = self.shapes[number]
            if shapely.covers(shape, box):
                yield self.zones.owner[number], box, True
                continue
            clipped = shapely.clip_by_rect(shape, col - 1, row - 1, col + TILE + 1, row + TILE + 1)
            if not clipped.is_empty:
                yield self.zones.owner[number], clipped, False

    def _centre_tile(self, row: int, col: int) -> tuple[np.ndarray | None, list[int]]:
        from affine import Affine
        from rasterio.features import rasterize

        pieces = list(self._pieces(row, col))
        if not pieces:
            return None, [OUTSIDE]
        if len(pieces) == 1 and pieces[0][2]:
            return None, [pieces[0][0]]
        ids = [OUTSIDE, *dict.fromkeys(zone for zone, _, _ in pieces)]
        burnt = rasterize(
            [(shape, ids.index(zone)) for zone, shape, _ in pieces],
            out_shape=(TILE, TILE),
            transform=Affine.translation(col, row),
            fill=0,
            dtype="uint16",
        )
        return burnt, ids

    def _covered_tile(self, row: int, col: int) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        from exactextract import exact_extract
        from exactextract.raster import NumPyRasterSource

        share = {}
        for zone, shape, whole in self._pieces(row, col):
            grid = share.setdefault(zone, np.zeros(TILE * TILE))
            if whole:
                grid += 1.0
                continue
            raster = NumPyRasterSource(
                np.zeros((TILE, TILE), np.uint8), xmin=col, ymin=-(row + TILE), xmax=col + TILE, ymax=-row
            )
            feature = {"type": "Feature", "properties": {}, "geometry": _mirrored(shape)}
            found = exact_extract(raster, feature, ["cell_id", "coverage"])[0]["properties"]
            np.add.at(grid, np.asarray(found["cell_id"], dtype=np.int64), np.asarray(found["coverage"], dtype=float))
        out, left = {}, np.full(TILE * TILE, FRACTIONS, dtype=np.int64)
        for zone in sorted(share):
            parts = np.minimum(np.rint(share[zone] * FRACTIONS).astype(np.int64), left)  # a cell has one whole
            left -= parts
            at = np.flatnonzero(parts)
            out[zone] = (at // TILE, at % TILE, parts[at])
        return out


def _tiles_of(window: Window) -> Iterator[tuple[tuple[int, int], tuple[slice, slice], tuple[slice, slice]]]:
    """Fixed tiles that a window touches: tile origin, cut inside the tile, place inside the window."""
    bottom, right = window.row + window.height, window.col + window.width
    for row in range(window.row // TILE * TILE, bottom, TILE):
        for col in range(window.col // TILE * TILE, right, TILE):
            top, left = max(row, window.row), max(col, window.col)
            end, edge = min(row + TILE, bottom), min(col + TILE, right)
            cut = (slice(top - row, end - row), slice(left - col, edge - col))
            place = (slice(top - window.row, end - window.row), slice(left - window.col, edge - window.col))
            yield (row, col), cut, place


def _mirrored(shape: Any) -> dict[str, Any]:
    """GeoJSON with rows counted upward, as exactextract expects of a north-up grid."""
    import shapely

    return shapely.geometry.mapping(shapely.transform(shape, lambda xy: xy * [1.0, -1.0]))
