"""Ground that two zones claim: slivers along drawn borders go to one of them and are told, more is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.maps.cell_area import M2_PER_HA
from bluecarbon.maps.overlay import cut_overlaps, overlapping_pairs
from bluecarbon.maps.reporting_units import SMALL_SHARE
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    from bluecarbon.maps.cell_area import CellAreas

ROUNDING = 1e-6  # of the smaller zone: rounding of shared borders, not worth a word
SHOWN = 20
KEEPERS = (None, "first", "last")


def without_overlaps(
    cells: np.ndarray, names: Sequence[str], keeper: str | None, areas: CellAreas, place: str, findings: Findings
) -> np.ndarray:
    """Polygons that no longer share ground.

    Parameters
    ----------
    cells : array of polygons, shape (polygon,)
        In columns and rows of the grid. [cell]
    names : sequence of str, shape (polygon,)
        Zone of each; polygons of one zone may overlap, their ground counts once.
    keeper : {"first", "last"} or None
        Who keeps common ground, by order of the file. None: the first, up to `SMALL_SHARE` of the smaller zone.
    areas : CellAreas
        Of the grid, to tell hectares.
    place : str
    findings : Findings
        Takes BC-RAS-17, as a warning, for what was given to one of two zones.

    Returns
    -------
    array of polygons, shape (polygon,)

    Raises
    ------
    InputError
        BC-RAS-17 zones that share more and nobody said who keeps it. Common ground beyond the grid is left alone.
    """
    import shapely

    grid = areas.grid
    left, right, common = overlapping_pairs(cells)
    shared = shapely.area(shapely.intersection(common, shapely.box(0, 0, grid.width, grid.height)))
    whole = shapely.area(cells)
    share = shared / np.maximum(np.minimum(whole[left], whole[right]), 1e-300)
    foreign = np.array([names[a] != names[b] for a, b in zip(left.tolist(), right.tolist(), strict=True)], dtype=bool)
    cut = (share > ROUNDING) | (~foreign & (shared > 0))
    told = np.flatnonzero(foreign & cut)
    if len(told):
        hectares = _hectares(common[told], shared[told], areas)
        pairs = [
            phrase(
                "{names} and {names2} ({shared:.3g} cells, {area:.3g} ha)",
                names=names[left[n]], names2=names[right[n]], shared=shared[n], area=area,
            )
            for n, area in zip(told.tolist(), hectares.tolist(), strict=True)
        ]  # fmt: skip
        _tell(pairs, hectares, share[told], keeper, place, findings)
    order = np.arange(len(cells))
    return cut_overlaps(cells, left[cut], right[cut], -order if keeper == "last" else order)


def _tell(
    pairs: list[str], hectares: np.ndarray, share: np.ndarray, keeper: str | None, place: str, findings: Findings
) -> None:
    """A warning with the area of what was settled, or a refusal that lists what nobody settled."""
    size = {"amount": float(hectares.sum()), "unit": "ha", "share": float(share.max())}
    expected = "zones that share borders only"
    large = np.flatnonzero(share > SMALL_SHARE)
    if keeper is None and len(large):
        remedy = phrase(
            "Ground in two zones would count twice. Cut one of them, or say which zone of the file keeps such ground: "
            "--zone-overlaps first, or last. Up to {small:g} % of the smaller zone goes to the first without asking.",
            small=100 * SMALL_SHARE,
        )
        raise refuse("BC-RAS-17", place, _listed([pairs[n] for n in large]), expected, remedy)
    remedy = "Such ground counts in the zone that stands first in the file."
    if keeper == "last":
        remedy = "Such ground counts in the zone that stands last in the file."
    findings.add("BC-RAS-17", place, _listed(pairs), expected, remedy, "warning", **size)


def _listed(pairs: list[str]) -> str:
    return phrase("zones that overlap: {names}", names=joined("; ", pairs[:SHOWN]))


def _hectares(common: np.ndarray, shared: np.ndarray, areas: CellAreas) -> np.ndarray:
    """Ground of small areas of cells, each by the cell at its middle, shape (pair,). [ha]"""
    import shapely

    middle = shapely.get_coordinates(shapely.centroid(common))
    rows = np.clip(middle[:, 1], 0, areas.grid.height - 1).astype(int)
    columns = np.clip(middle[:, 0], 0, areas.grid.width - 1).astype(int)
    cell_m2 = [areas.cell_m2(row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]
    return shared * np.array(cell_m2) / M2_PER_HA
