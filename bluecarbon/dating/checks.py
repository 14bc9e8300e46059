"""What a profile says about itself: mixing, rises, a bottom above the supported level, ages that reverse.

These are warnings: the models run on, and the report carries what was seen. Thresholds are named here and are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from methodology.base.errors import Findings
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.dating.caesium import Marker
    from bluecarbon.dating.models import Chronology
    from bluecarbon.dating.profile import Sections

ERRORS_APART = 2.0  # two values differ if they lie more than so many standard errors apart
FLAT_SHARE = 0.02  # without errors: two values are the same within so much of the larger
SURFACE_SHARE = 0.02  # a bottom below this share of the largest activity counts as supported
MISSING_SHARE = 0.05  # above this share of the inventory an extrapolated bottom governs the old ages


def profile_findings(sections: Sections, deeper: Sections, findings: Findings) -> None:
    """Warn of a mixed top, rises in the tail, and a bottom that still holds excess.

    Parameters
    ----------
    sections : Sections
        Dated part.
    deeper : Sections
        Sections below it, as measured.
    findings : Findings
        Added to: BC-DAT-03 flat top, BC-DAT-04 rises, BC-DAT-05 unsupported bottom.
    """
    excess, error = sections.excess, np.nan_to_num(sections.excess_se)
    apart = np.maximum(ERRORS_APART * np.hypot(error[1:], error[:-1]), FLAT_SHARE * np.maximum(excess[1:], excess[:-1]))
    step = np.diff(excess)
    mixed = _flat_top(sections)
    if mixed >= 3:
        findings.add(
            "BC-DAT-03",
            f"{sections.core}, 0-{sections.bottom_cm[mixed - 1]:g} cm",
            phrase("{mixed} sections of the same excess within their errors", mixed=mixed),
            "activity that falls from the surface",
            "A mixed layer makes young ages too old and rates taken across it too high; use rates from below it.",
            "warning",
        )
    rises = np.flatnonzero(step > apart) + 1
    if len(rises):
        depths = ", ".join(f"{sections.top_cm[i]:g}-{sections.bottom_cm[i]:g}" for i in rises[:5])
        findings.add(
            "BC-DAT-04",
            f"{sections.core}, {depths} cm" + (" and deeper" if len(rises) > 5 else ""),
            phrase("{n} rises of excess with depth beyond the errors", n=len(rises)),
            "a falling tail",
            "Slumps, changing supply or swapped samples; single ages there are not safe, 100-year means mostly are.",
            "warning",
        )
    last, largest = float(excess[-1]), float(excess.max())
    supported_below = bool(np.any(np.nan_to_num(deeper.excess, nan=np.inf) <= 0))
    if last > max(SURFACE_SHARE * largest, ERRORS_APART * error[-1]) and not supported_below:
        findings.add(
            "BC-DAT-05",
            f"{sections.core}, {sections.bottom_cm[-1]:g} cm",
            phrase(
                "excess of {last:.3g} Bq/kg, {last2:.3g} % of the largest, in the last section",
                last=last,
                last2=100 * last / largest,
            ),
            "a core that reaches the supported level",
            "Part of the inventory lies below the core; it is extrapolated (--missing) and old ages depend on it.",
            "warning",
        )


def _flat_top(sections: Sections) -> int:
    """Number of uppermost sections that agree with their common mean within errors."""
    excess, error = sections.excess, np.nan_to_num(sections.excess_se)
    count = 1
    for size in range(2, len(excess) + 1):
        mean = excess[:size].mean()
        limit = np.maximum(error[:size], FLAT_SHARE * mean / ERRORS_APART)
        if np.any(np.abs(excess[:size] - mean) > limit):
            break
        count = size
    return count


def chronology_findings(sections: Sections, chronology: Chronology, findings: Findings) -> None:
    """Warn of reversals, of layers without a finite age, and of a large extrapolated inventory.

    Parameters
    ----------
    sections : Sections
    chronology : Chronology
    findings : Findings
        Added to: BC-DAT-06 reversals; BC-DAT-07 missing inventory; BC-DAT-12 layers without an age.
    """
    middle = chronology.age_mid
    known = np.flatnonzero(np.isfinite(middle))
    back = known[1:][np.diff(middle[known]) < 0]
    if len(back):
        told = ", ".join(f"{sections.top_cm[i]:g}-{sections.bottom_cm[i]:g} cm" for i in back[:5])
        findings.add(
            "BC-DAT-06",
            f"{sections.core}, {told}" + (phrase(" and {n} more", n=len(back) - 5) if len(back) > 5 else ""),
            phrase("{n} sections younger than the one above", n=len(back)),
            "ages that grow with depth",
            "The initial activity was not constant; rates there are negative and mean nothing.",
            "warning",
        )
    missing = chronology.missing
    if missing is not None and missing.value > MISSING_SHARE * chronology.inventory:
        share = missing.value / chronology.inventory
        findings.add(
            "BC-DAT-07",
            sections.core,
            phrase(
                "{share:.3g} % of the inventory below the core, by rule {rule}", share=100 * share, rule=missing.rule
            ),
            phrase("at most {missing_share:g} %", missing_share=100 * MISSING_SHARE),
            "Ages near the bottom follow that rule more than the data; date a longer core.",
            "warning",
        )
    ageless = int(np.sum(~np.isfinite(chronology.age)))
    if ageless:
        findings.add(
            "BC-DAT-12",
            sections.core,
            phrase("{ageless} section bottoms without a finite age", ageless=ageless),
            "an age for each",
            "Nothing is left below them (CRS), or no activity of their own (CIC); their cells stay empty.",
            "note",
        )


def marker_findings(
    sections: Sections, chronology: Chronology, year: float, markers: tuple[Marker, ...], findings: Findings
) -> None:
    """Warn where ²¹⁰Pb and ¹³⁷Cs disagree beyond both their errors (BC-DAT-15).

    Parameters
    ----------
    sections : Sections
    chronology : Chronology
    year : float
        Of coring.
    markers : tuple of Marker
    findings : Findings
    """
    known = np.isfinite(chronology.age)
    depth = np.r_[0.0, sections.mass_bottom[known]]
    age, error = np.r_[0.0, chronology.age[known]], np.r_[0.0, chronology.age_se[known]]
    for marker in markers:
        if marker.mass_depth > depth[-1]:
            continue
        half = marker.rate_se * (year - marker.year)  # half a section, in mass depth
        ends = np.interp([marker.mass_depth - half, marker.mass_depth + half], depth, age)
        lead = float(np.interp(marker.mass_depth, depth, age))
        doubt = float(np.hypot(np.diff(ends)[0] / 2, np.interp(marker.mass_depth, depth, error)))
        if abs(year - lead - marker.year) > ERRORS_APART * doubt:
            findings.add(
                "BC-DAT-15",
                f"{sections.core}, {marker.depth_cm:g} cm",
                phrase(
                    "²¹⁰Pb dates the ¹³⁷Cs {kind} to {year:.0f} ± {doubt:.1g}",
                    kind=marker.kind,
                    year=year - lead,
                    doubt=doubt,
                ),
                phrase("{year:g} within the errors of both", year=marker.year),
                "Another peak (1986 where Chernobyl applies)? Downward diffusion? Or is the ²¹⁰Pb model wrong here?",
                "warning",
            )
