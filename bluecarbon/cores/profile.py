"""Carbon along the core: who speaks for which depth, and exact integration of what is known.

A profile is piecewise constant: every measured slice speaks for the interval from halfway to its upper neighbour to
halfway to its lower one (rule "midpoint"), so that the integral to any depth is a finite sum and stocks over
adjoining depths add up exactly. The rule and the length it had to fill are part of the result. Many cores are worked
on at once as flat arrays sorted by core and depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluecarbon.cores.equations import T_PER_HA_PER_G_PER_CM2

TOUCHING_CM = 0.05  # slices whose edges differ by less than a knife's breadth are taken as touching

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Profile:
    """Carbon density of many cores, slice by slice, without gap between slices.

    Parameters
    ----------
    core : int array, shape (slice,)
        Core number 0 … n_cores - 1, ascending; within a core slices go downward.
    upper_cm, lower_cm : array, shape (slice,)
        Interval a slice speaks for. [cm]
    carbon_g_cm3 : array, shape (slice,)
        Organic carbon per volume: density times fraction. [g C cm-3]
    n_cores : int
        Cores without any usable slice have no rows here but are counted.
    """

    core: Integers
    upper_cm: Floats
    lower_cm: Floats
    carbon_g_cm3: Floats
    n_cores: int

    def first(self) -> Integers:
        """Position of each core's first slice; cores without slices point past the end or at another core."""
        return np.searchsorted(self.core, np.arange(self.n_cores), side="left")

    def last(self) -> Integers:
        """Position of each core's last slice; -1 or another core's where there is none."""
        return np.searchsorted(self.core, np.arange(self.n_cores), side="right") - 1

    def slices(self) -> Integers:
        """Number of slices per core, shape (core,)."""
        return np.bincount(self.core, minlength=self.n_cores)

    def bottom_cm(self) -> Floats:
        """Lower end of what was observed, shape (core,); NaN where nothing was. [cm]"""
        bottom = np.full(self.n_cores, np.nan)
        known = self.slices() > 0
        bottom[known] = self.lower_cm[self.last()[known]]
        return bottom


def boundaries(core: Integers, top_cm: Floats, bottom_cm: Floats) -> tuple[Floats, Floats]:
    """Interval each slice speaks for under the rule "midpoint".

    Parameters
    ----------
    core : int array, shape (slice,)
        Ascending.
    top_cm, bottom_cm : array, shape (slice,)
        Measured slice, downward within a core. [cm]

    Returns
    -------
    upper_cm, lower_cm : array, shape (slice,)
        The first slice of a core begins at the surface, the last ends at its own lower edge, and a gap between two
        slices is shared half and half. [cm]

    Notes
    -----
    The same rule as R package BlueCarbon 0.1.2, estimate_h. Source: bluecarbon_r.
    """
    upper, lower = top_cm.astype(float), bottom_cm.astype(float)
    if not len(core):
        return upper, lower
    same = core[1:] == core[:-1]
    middle = (bottom_cm[:-1] + top_cm[1:]) / 2
    lower[:-1] = np.where(same, middle, lower[:-1])
    upper[1:] = np.where(same, middle, 0.0)
    upper[0] = 0.0
    return upper, lower


def filled_cm(core: Integers, top_cm: Floats, bottom_cm: Floats, n_cores: int) -> tuple[Floats, Floats]:
    """Length no slice was measured in, between the surface and the last slice, by core.

    Returns
    -------
    surface_cm, inside_cm : array, shape (core,)
        Above the first slice, and between slices. Edges closer than a knife's breadth count as touching. [cm]
    """
    surface = np.zeros(n_cores)
    inside = np.zeros(n_cores)
    if not len(core):
        return surface, inside
    begins = np.r_[True, core[1:] != core[:-1]]
    surface[core[begins]] = np.where(top_cm[begins] > TOUCHING_CM, top_cm[begins], 0.0)
    gap = np.where(begins[1:], 0.0, top_cm[1:] - bottom_cm[:-1])
    np.add.at(inside, core[1:], np.where(gap > TOUCHING_CM, gap, 0.0))
    return surface, inside


def inside_depth_cm(profile: Profile, from_cm: Floats | float, to_cm: Floats | float) -> Floats:
    """Length of each slice that lies between two depths, shape (slice,). Limits are one number or one per core. [cm]"""
    low = np.broadcast_to(from_cm, (profile.n_cores,))[profile.core]
    high = np.broadcast_to(to_cm, (profile.n_cores,))[profile.core]
    return np.maximum(np.minimum(profile.lower_cm, high) - np.maximum(profile.upper_cm, low), 0.0)


def stock_t_c_ha(profile: Profile, to_cm: Floats | float, from_cm: Floats | float = 0.0) -> Floats:
    """Organic carbon between two depths by exact integration of what was observed.

    Parameters
    ----------
    profile : Profile
    to_cm, from_cm : float or array, shape (core,)
        Depths below the surface. [cm]

    Returns
    -------
    array, shape (core,)
        [t C/ha]; NaN for a core without slices. Below the last slice nothing is added: see `bluecarbon.cores.beyond`.

    Notes
    -----
    Σ density × fraction × thickness × 100 t ha-1 per g cm-2. Source: howard2014, ch. 3.
    """
    mass = profile.carbon_g_cm3 * inside_depth_cm(profile, from_cm, to_cm) * float(T_PER_HA_PER_G_PER_CM2)
    total = np.bincount(profile.core, weights=mass, minlength=profile.n_cores)
    return np.where(profile.slices() > 0, total, np.nan)
