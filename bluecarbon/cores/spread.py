"""What a core says of its own measurement error: scatter of neighbouring slices about a smooth profile.

Tables rarely give errors of density and carbon. Three slices in a row tell how far the middle one lies from the line
between its neighbours; that holds laboratory error, sub-sampling and the structure that the slices did not resolve, so
it bounds the error of a slice from above. Errors common to the whole core (a wrong tube diameter, a biased
furnace) stay unseen: those need declared errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bluecarbon.cores.beyond import TRACE_G_CM3
from bluecarbon.cores.equations import T_PER_HA_PER_G_PER_CM2
from bluecarbon.cores.organic import published_factors
from bluecarbon.cores.profile import Floats, Profile, inside_depth_cm

PRIOR_TRIPLES = 3.0  # the pooled scatter counts as so many triples beside the core's own


def triple_variance(profile: Profile) -> tuple[Floats, Floats]:
    """Variance of ln carbon about the line between neighbours, and the number of triples, both shape (core,).

    Notes
    -----
    Pseudo-residual of the middle slice over the root of one plus the squared weights of its neighbours.
    Source: gasser1986.
    """
    n = profile.n_cores
    if len(profile.core) < 3:
        return np.zeros(n), np.zeros(n)
    middle = (profile.upper_cm + profile.lower_cm) / 2
    logs = np.log(np.maximum(profile.carbon_g_cm3, TRACE_G_CM3))
    same = (profile.core[2:] == profile.core[:-2]) & (profile.carbon_g_cm3[1:-1] > TRACE_G_CM3)
    span = middle[2:] - middle[:-2]
    before = (middle[2:] - middle[1:-1]) / np.where(span > 0, span, 1.0)
    after = 1 - before
    residual = logs[1:-1] - before * logs[:-2] - after * logs[2:]
    square = residual**2 / (1 + before**2 + after**2)
    triples = np.bincount(profile.core[1:-1][same], minlength=n).astype(float)
    total = np.bincount(profile.core[1:-1][same], weights=square[same], minlength=n)
    return total / np.maximum(triples, 1.0), triples


def slice_rel_se(profile: Profile) -> Floats:
    """Relative error of one slice, shape (core,): the core's own scatter drawn towards the pooled one. [1]"""
    own, triples = triple_variance(profile)
    pooled = published_factors()["", "slice_scatter"] ** 2
    return np.sqrt((triples * own + PRIOR_TRIPLES * pooled) / (triples + PRIOR_TRIPLES))


@dataclass(frozen=True)
class ObservedError:
    """Standard errors of the carbon observed above a depth, by kind, each shape (core,). [t C/ha]

    Parameters
    ----------
    scatter : array
        Scatter of neighbouring slices, where no errors were declared.
    own : array
        What each slice has for itself: declared errors, single slices about an organic-matter model.
    shared : array
        What all slices of a core have in common, as from an organic-matter model; it errs on the whole core alike.
    """

    scatter: Floats
    own: Floats
    shared: Floats

    @property
    def total(self) -> Floats:
        """All kinds together. [t C/ha]"""
        return np.sqrt(self.scatter**2 + self.own**2 + self.shared**2)


def observed_error(
    profile: Profile, to_cm: Floats | float, own_rel: Floats, shared_rel: Floats, declared: np.ndarray,
    measured_cm: Floats | None = None,
) -> ObservedError:  # fmt: skip
    """Standard error of the carbon observed above a depth.

    Parameters
    ----------
    profile : Profile
    to_cm : float or array, shape (core,)
        Depth. [cm]
    own_rel, shared_rel : array, shape (slice,)
        Relative error of each slice for itself, and common to its core, as from an organic-matter model or from
        declared errors. [1]
    declared : bool array, shape (slice,)
        True where errors of density and carbon were declared: then the local scatter is not added.
    measured_cm : array, shape (slice,), optional
        Length of each slice above the depth; the interval it speaks for if not given. The local scatter counts there:
        what else the interval holds was filled in, and its error is that of gaps. [cm]

    Returns
    -------
    ObservedError

    Notes
    -----
    Own parts add in quadrature, the shared part linearly within a core.
    """
    mass = profile.carbon_g_cm3 * inside_depth_cm(profile, 0.0, to_cm) * float(T_PER_HA_PER_G_PER_CM2)
    scatter = np.where(declared, 0.0, slice_rel_se(profile)[profile.core])
    n = profile.n_cores
    in_slices = mass
    if measured_cm is not None:
        in_slices = profile.carbon_g_cm3 * measured_cm * float(T_PER_HA_PER_G_PER_CM2)
    parts = ((in_slices, scatter), (mass, own_rel))
    squares = [np.bincount(profile.core, weights=(held * part) ** 2, minlength=n) for held, part in parts]
    shared = np.bincount(profile.core, weights=mass * shared_rel, minlength=n)
    return ObservedError(np.sqrt(squares[0]), np.sqrt(squares[1]), shared)
