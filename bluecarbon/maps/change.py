"""From one date to the next: what each place was, and what it became.

A place is a habitat of the legend where a polygon says so. Where no polygon lies, it is "other" or "not surveyed"
according to where the map looked: without a stated extent an absent bed may only be unseen, and change is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bluecarbon.maps.drawn import CLOSURE, M2_PER_HA
from bluecarbon.maps.overlay import (
    OUTSIDE,
    TOUCH_WIDTH_M,
    Pieces,
    common_pieces,
    left_over,
    mean_width_m,
    narrow_area_m2,
    polygonal,
)
from bluecarbon.maps.plane import Plane
from bluecarbon.maps.tables import NOT_SURVEYED
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

HAIR_SHARE = 1e-7  # of the map; more than this along shared outlines is not rounding and stays as it is


@dataclass(frozen=True)
class Extent:
    """Where a map looked.

    Parameters
    ----------
    kind : {"units", "unknown", "area"}
    area : shapely geometry or None
        In the plane, for ``"area"``.
    unmapped : int
        What a place inside without a polygon is: `OTHER` or `NOT_SURVEYED`.
    """

    kind: str
    area: object | None
    unmapped: int


@dataclass(frozen=True)
class DatedPieces:
    """A map cut by reporting units, with the class of each piece.

    Parameters
    ----------
    date : str
    pieces : Pieces
    key : array of int
        Of each piece; `OTHER` for an ignored class.
    extent : Extent
    """

    date: str
    pieces: Pieces
    key: np.ndarray
    extent: Extent


@dataclass(frozen=True)
class Changes:
    """Areas by what they were and became, as arrays of one length.

    Parameters
    ----------
    unit, from_key, to_key : arrays of int
    area_m2, sliver_m2 : arrays
        On the ground; slivers are NaN without a registration error. [m2]
    """

    unit: np.ndarray
    from_key: np.ndarray
    to_key: np.ndarray
    area_m2: np.ndarray
    sliver_m2: np.ndarray


def changes(
    before: DatedPieces, after: DatedPieces, registration_error_m: float | None, plane: Plane, findings: Findings
) -> Changes:
    """Areas of each transition between two dates whose extents are known.

    Parameters
    ----------
    before, after : DatedPieces
    registration_error_m : float or None
        Changed ground narrower than this is counted as sliver too. [m]
    plane : Plane
    findings : Findings
        Takes BC-MAP-40 if the transitions do not close to either map.

    Returns
    -------
    Changes
        Sorted by unit and keys; pairs without any habitat are left out.
    """
    i, j, common = common_pieces(before.pieces, after.pieces)
    lost = left_over(before.pieces.geometry, i, common)
    gained = left_over(after.pieces.geometry, j, common)
    lost_unit, lost_to, lost_from, lost_shape = _unmapped(before, lost, after.extent)
    gained_unit, gained_from, gained_to, gained_shape = _unmapped(after, gained, before.extent)
    unit = np.concatenate([before.pieces.unit[i], lost_unit, gained_unit])
    from_key = np.concatenate([before.key[i], lost_from, gained_from])
    to_key = np.concatenate([after.key[j], lost_to, gained_to])
    shape = np.concatenate([common, lost_shape, gained_shape])
    area = plane.area_m2(shape)
    _check_closure(before, after, (unit, from_key, to_key, area), findings)
    rows = _without_hairs(np.column_stack([unit, from_key, to_key]), shape, area)
    return _grouped(rows, shape, area, registration_error_m, plane)


def _unmapped(
    dated: DatedPieces, rest: np.ndarray, extent: Extent
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Unit, state at the other date, own key and shape of what the other map has no polygon for."""
    import shapely

    solid = ~shapely.is_empty(rest)
    rest, unit, key = rest[solid], dated.pieces.unit[solid], dated.key[solid]
    if extent.kind == "units":
        return unit, np.where(unit == OUTSIDE, NOT_SURVEYED, extent.unmapped), key, rest
    inside = polygonal(shapely.intersection(rest, extent.area))
    beyond = polygonal(shapely.difference(rest, extent.area))
    state = np.repeat([extent.unmapped, NOT_SURVEYED], len(rest))
    return np.tile(unit, 2), state, np.tile(key, 2), np.concatenate([inside, beyond])


def _check_closure(before: DatedPieces, after: DatedPieces, moved: tuple[np.ndarray, ...], findings: Findings) -> None:
    """Each unit and class must get back the area it has on either map."""
    unit, from_key, to_key, area = moved
    for dated, key in ((before, from_key), (after, to_key)):
        pieces = dated.pieces
        rows = np.column_stack([np.concatenate([pieces.unit, unit]), np.concatenate([dated.key, key])])
        both = np.concatenate([pieces.area_m2, -area])
        groups, inverse = np.unique(rows, axis=0, return_inverse=True)
        inverse, mapped = inverse.reshape(-1), len(pieces.unit)
        gap = np.bincount(inverse, weights=both, minlength=len(groups))
        whole = np.bincount(inverse[:mapped], weights=both[:mapped], minlength=len(groups))
        # "Other" and "not surveyed" also come from places without a polygon.
        bad = (np.abs(gap) > CLOSURE * pieces.area_m2.sum()) & (groups[:, 1] >= 0)
        for (u, k), missing, total in zip(groups[bad], gap[bad], whole[bad], strict=True):
            findings.add(
                "BC-MAP-40",
                phrase("change {date} to {date2}", date=before.date, date2=after.date),
                phrase(
                    "{total:.9g} ha in transitions of class number {k} in unit number {u}, {total2:.9g} ha "
                    "on the map of {date}",
                    total=(total - missing) / M2_PER_HA,
                    k=k,
                    u=u,
                    total2=total / M2_PER_HA,
                    date=dated.date,
                ),
                phrase("transitions that close to {closure:g} of the map", closure=CLOSURE),
                "Do not use the change of these maps; please report the files.",
            )


def _without_hairs(rows: np.ndarray, shape: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Unit, from and to of each piece, where a transition that is nothing but hairs joins the largest like it.

    Two maps that share an outline, with other vertices on it, differ by micrometres along it. Such a transition is
    rounding; it goes to the largest one from the same class (or to it, where nothing was mapped before), so that
    totals by class stay, to less than HAIR_SHARE of the map.
    """
    groups, inverse = np.unique(rows, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    total = np.bincount(inverse, weights=area, minlength=len(groups))
    broad = np.bincount(inverse, weights=mean_width_m(shape) >= TOUCH_WIDTH_M, minlength=len(groups)) > 0
    if total[~broad].sum() > HAIR_SHARE * total.sum():
        return rows
    target = np.arange(len(groups))
    for index in np.flatnonzero(~broad):
        column = 1 if groups[index, 1] >= 0 else 2
        like = broad & (groups[:, [0, column]] == groups[index, [0, column]]).all(axis=1)
        if like.any():
            target[index] = np.argmax(np.where(like, total, -1.0))
    return groups[target][inverse]


def _grouped(
    rows: np.ndarray, shape: np.ndarray, area: np.ndarray, registration_error_m: float | None, plane: Plane
) -> Changes:
    import shapely

    habitat = (area > 0) & (rows[:, 1:] >= 0).any(axis=1)
    groups, inverse = np.unique(rows[habitat], axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    total = np.bincount(inverse, weights=area[habitat], minlength=len(groups))
    sliver = np.full(len(groups), np.nan)
    if registration_error_m is not None:
        changed = (groups[:, 1] != groups[:, 2]) & (groups[:, 1:] != NOT_SURVEYED).all(axis=1)
        sliver = np.zeros(len(groups))
        for index in np.flatnonzero(changed):
            # Pieces of one transition are joined first: a broad patch drawn in narrow strips is no sliver.
            joined = shapely.disjoint_subset_union_all(shape[habitat][inverse == index])
            sliver[index] = narrow_area_m2(shapely.get_parts(joined), registration_error_m, plane)
    return Changes(groups[:, 0], groups[:, 1], groups[:, 2], total, np.minimum(sliver, total))
