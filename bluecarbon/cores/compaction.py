"""Undo the compaction of coring so that no carbon is made or lost.

Stretching depth by 1/(1 - c) and thinning density by (1 - c) are one step: either alone changes the mass of the core.
The whole-core stock before and after is the same number.
"""

from __future__ import annotations

import numpy as np

from bluecarbon.cores.equations import decompacted_density, tube_compaction
from bluecarbon.cores.profile import Floats, Integers
from methodology.base.errors import Findings
from methodology.base.phrases import phrase


def compaction_from_tube(tube_length_cm: Floats, inside_cm: Floats, outside_cm: Floats, names: list[str]) -> Floats:
    """Share of length lost while coring, from tube measurements.

    Parameters
    ----------
    tube_length_cm, inside_cm, outside_cm : array, shape (core,)
        Tube length and distances from the tube's top to the soil inside and outside. [cm]
    names : list of str
        Core names, for messages.

    Returns
    -------
    array, shape (core,)
        [1]

    Raises
    ------
    InputError
        BC-CORE-05 where the share is not from 0 to below 1; all such cores at once.

    Notes
    -----
    (inside - outside) / (length - outside). Source: howard2014, ch. 3.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.asarray(tube_compaction(tube_length_cm, inside_cm, outside_cm), dtype=float)
    findings = Findings()
    for position in np.flatnonzero(~((share >= 0) & (share < 1))):
        findings.add(
            "BC-CORE-05",
            phrase("core {names}, tube", names=names[position]),
            phrase(
                "length {tube_length_cm:g}, inside {inside_cm:g}, outside {outside_cm:g} cm",
                tube_length_cm=tube_length_cm[position],
                inside_cm=inside_cm[position],
                outside_cm=outside_cm[position],
            ),
            "soil inside at or below the soil outside, and both within the tube",
            "Distances are from the tube's top; are inside and outside swapped?",
        )
    findings.stop_on_errors()
    return share


def decompacted(
    core: Integers, top_cm: Floats, bottom_cm: Floats, density_g_cm3: Floats, compaction: Floats
) -> tuple[Floats, Floats, Floats]:
    """Depths and densities in the ground of slices measured in the tube.

    Parameters
    ----------
    core : int array, shape (slice,)
        Ascending; slices downward within a core.
    top_cm, bottom_cm : array, shape (slice,)
        Edges in the tube. [cm]
    density_g_cm3 : array, shape (slice,)
        Dry bulk density in the tube. [g cm-3]
    compaction : array, shape (slice,)
        Share of length lost, 0 to below 1; usually one value per core. [1]

    Returns
    -------
    top_cm, bottom_cm, density_g_cm3 : array, shape (slice,)

    Notes
    -----
    Slice by slice each length (and the gap above it) is divided by (1 - c), and density multiplied by it. With one c
    for the core this is depth / (1 - c). Source: howard2014, ch. 3; bluecarbon_r corrects depth and, only if asked,
    density.
    """
    density = np.asarray(decompacted_density(density_g_cm3, compaction), dtype=float)
    begins = np.r_[True, core[1:] != core[:-1]][: len(core)]
    above = np.where(begins, 0.0, np.r_[0.0, bottom_cm[:-1]][: len(core)])
    kept = 1.0 - compaction
    gap = (top_cm - above) / kept
    length = (bottom_cm - top_cm) / kept
    running = np.cumsum(gap + length)
    start = np.where(begins, running - gap - length, 0.0)
    start = start[np.maximum.accumulate(np.where(begins, np.arange(len(core)), 0))] if len(core) else start
    bottom = running - start
    single = _constant(core, compaction)
    bottom = np.where(single, bottom_cm / kept, bottom)
    top = np.where(single, top_cm / kept, bottom - length)
    return top, bottom, density


def _constant(core: Integers, compaction: Floats) -> np.ndarray:
    """True for slices of cores with one compaction; there depth / (1 - c) is exact and free of running sums."""
    if not len(core):
        return np.zeros(0, dtype=bool)
    n = int(core.max()) + 1
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, core, compaction)
    np.maximum.at(high, core, compaction)
    return (low == high)[core]
