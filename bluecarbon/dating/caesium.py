"""¹³⁷Cs as a second opinion: the peak of fallout and its first trace, each a depth with half a section of doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.dating.equations import section_rate
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bluecarbon.dating.profile import Sections

PEAK_YEAR = 1963
ONSET_YEAR = 1954
TRACE_ERRORS = 2.0  # an activity counts as present above so many of its standard errors


@dataclass(frozen=True)
class Marker:
    """A dated depth from ¹³⁷Cs.

    Parameters
    ----------
    kind : {"peak", "onset"}
    year : float
        Calendar year it stands for.
    depth_cm, depth_se_cm : float
        Middle of the section (peak) or its bottom (onset), and half the thickness as least error. [cm]
    mass_depth : float
        [kg m⁻²]
    rate, rate_se : float
        Mean mass accumulation since. [kg m⁻² yr⁻¹]
    """

    kind: str
    year: float
    depth_cm: float
    depth_se_cm: float
    mass_depth: float
    rate: float
    rate_se: float


def caesium_marker(
    sections: Sections,
    activity: NDArray[np.float64],
    activity_se: NDArray[np.float64],
    coring_year: float,
    kind: str,
    marker_year: float | None = None,
    between_cm: tuple[float, float] | None = None,
) -> Marker:
    """Depth of a ¹³⁷Cs marker and the mean rate since.

    Parameters
    ----------
    sections : Sections
        All sections with mass, from the surface.
    activity, activity_se : array, shape (section,)
        ¹³⁷Cs. [Bq kg⁻¹]
    coring_year : float
        Calendar year of coring.
    kind : {"peak", "onset"}
        Largest activity (1963; 1986 where Chernobyl applies), or deepest activity above its errors (1954).
    marker_year : float, optional
        Another year for the marker.
    between_cm : (float, float), optional
        Depths between which a peak is looked for, where the core holds several. [cm]

    Raises
    ------
    InputError
        BC-DAT-15 no activity, a peak at the surface, or a marker younger than the core; BC-DAT-16 unknown kind.

    Notes
    -----
    Half a section is the least depth error. Source: cs137-fallout.
    """
    if kind not in ("peak", "onset"):
        raise refuse("BC-DAT-16", "¹³⁷Cs marker", kind, "peak or onset")
    year = float(marker_year if marker_year is not None else (PEAK_YEAR if kind == "peak" else ONSET_YEAR))
    if coring_year <= year:
        raise refuse(
            "BC-DAT-15",
            sections.core,
            phrase("cored in {coring_year:g}", coring_year=coring_year),
            phrase("a core younger than the marker of {year:g}", year=year),
        )
    present = np.isfinite(activity) & (activity > TRACE_ERRORS * np.nan_to_num(activity_se)) & (activity > 0)
    if between_cm is not None and kind == "peak":
        present &= (sections.top_cm >= between_cm[0]) & (sections.bottom_cm <= between_cm[1])
    if not present.any():
        raise refuse("BC-DAT-15", sections.core, "no ¹³⁷Cs above its errors", "a measurable profile")
    i = int(np.nanargmax(np.where(present, activity, np.nan))) if kind == "peak" else int(np.flatnonzero(present)[-1])
    if kind == "peak" and i == 0:
        remedy = "The peak may lie in mixed or lost sediment; it dates nothing."
        raise refuse("BC-DAT-15", sections.core, "the largest activity in the first section", "a peak below it", remedy)
    half_mass = sections.mass[i] / 2
    depth = sections.mass_mid[i] if kind == "peak" else sections.mass_bottom[i]
    middle = (sections.top_cm[i] + sections.bottom_cm[i]) / 2
    half_cm = (sections.bottom_cm[i] - sections.top_cm[i]) / 2
    cm = middle if kind == "peak" else sections.bottom_cm[i]
    years = coring_year - year
    rate = float(section_rate(depth, years))
    return Marker(kind, year, float(cm), float(half_cm), float(depth), rate, float(half_mass / years))
