"""A dated core's sections as arrays, and what is done to them before any model: supported activity, gaps, extent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.dating.equations import excess_activity, section_inventory
from methodology.base.errors import refuse
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUPPORTED = ("ra226", "mean-ra226", "tail")
GAPS = ("refuse", "exponential")
CLOSE_CM = 1e-6  # depths are written to a millimetre at best


@dataclass(frozen=True)
class Sections:
    """Consecutive sections of one core from the surface down, as measured; NaN where not measured.

    Parameters
    ----------
    core : str
        Name for messages.
    top_cm, bottom_cm : array, shape (section,)
        [cm]
    mass, mass_se : array, shape (section,)
        Dry mass per ground area. [kg m⁻²]
    excess, excess_se : array, shape (section,)
        Unsupported ²¹⁰Pb. [Bq kg⁻¹]
    carbon, carbon_se : array, shape (section,)
        Organic carbon in dry mass. [1]
    """

    core: str
    top_cm: NDArray[np.float64]
    bottom_cm: NDArray[np.float64]
    mass: NDArray[np.float64]
    mass_se: NDArray[np.float64]
    excess: NDArray[np.float64]
    excess_se: NDArray[np.float64]
    carbon: NDArray[np.float64]
    carbon_se: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.top_cm)

    @property
    def mass_bottom(self) -> NDArray[np.float64]:
        """Mass depth at the bottom of each section. Shape (section,). [kg m⁻²]"""
        return np.cumsum(self.mass)

    @property
    def mass_mid(self) -> NDArray[np.float64]:
        """Mass depth at the middle of each section. Shape (section,). [kg m⁻²]"""
        return self.mass_bottom - self.mass / 2

    @property
    def inventory(self) -> NDArray[np.float64]:
        """Excess ²¹⁰Pb of each section. Shape (section,). [Bq m⁻²]"""
        return section_inventory(self.excess, self.mass)

    def part(self, keep: slice | NDArray[np.bool_]) -> Sections:
        """Some of the sections."""
        arrays = {name: getattr(self, name)[keep] for name in self.__dataclass_fields__ if name != "core"}
        return Sections(self.core, **arrays)


@dataclass(frozen=True)
class Activities:
    """Measured activities of one core. Shape (section,) each, NaN where not measured.

    Parameters
    ----------
    core : str
        For messages.
    top_cm : array
        [cm]
    total, total_se, radium, radium_se : array
        ²¹⁰Pb and ²²⁶Ra with their standard errors. [Bq kg⁻¹]
    """

    core: str
    top_cm: NDArray[np.float64]
    total: NDArray[np.float64]
    total_se: NDArray[np.float64]
    radium: NDArray[np.float64]
    radium_se: NDArray[np.float64]


def excess_from_total(
    measured: Activities, rule: str, tail_from_cm: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Excess activity by a named rule for the supported part.

    Parameters
    ----------
    measured : Activities
    rule : {"ra226", "mean-ra226", "tail"}
        ²²⁶Ra of the same section; mean of all measured ²²⁶Ra; mean total ²¹⁰Pb from `tail_from_cm` down.
    tail_from_cm : float, optional
        [cm]

    Returns
    -------
    excess, excess_se : array, shape (section,)
        NaN where the total was not measured. [Bq kg⁻¹]

    Raises
    ------
    InputError
        BC-DAT-01 the rule lacks what it needs.

    Notes
    -----
    A mean's error is the larger of its counting error and its scatter: scatter between sections is real.
    """
    core, total, total_se, radium = measured.core, measured.total, measured.total_se, measured.radium
    if rule == "ra226":
        lacking = np.isfinite(total) & np.isnan(radium)
        if lacking.any():
            remedy = "Choose --supported mean-ra226, or --supported tail with --tail-from, and say why in the report."
            found = phrase("no ²²⁶Ra in {n} of {n2} sections", n=int(lacking.sum()), n2=len(total))
            raise refuse("BC-DAT-01", core, found, "²²⁶Ra of every section with ²¹⁰Pb", remedy)
        return excess_activity(total, radium), np.hypot(total_se, measured.radium_se)
    if rule == "mean-ra226":
        values, errors = radium[np.isfinite(radium)], measured.radium_se[np.isfinite(radium)]
        needed = "at least one ²²⁶Ra"
    elif rule == "tail":
        if tail_from_cm is None:
            raise refuse("BC-DAT-01", core, "no depth", "the depth from which ²¹⁰Pb is constant", "Give --tail-from.")
        tail = np.isfinite(total) & (measured.top_cm >= tail_from_cm - CLOSE_CM)
        values, errors = total[tail], total_se[tail]
        needed = phrase("at least 2 sections with ²¹⁰Pb from {tail_from_cm:g} cm down", tail_from_cm=tail_from_cm)
        values = values if len(values) > 1 else values[:0]
    else:
        raise refuse("BC-DAT-16", "--supported", rule, joined(" or ", SUPPORTED))
    if not len(values):
        raise refuse("BC-DAT-01", core, "none", needed, "Choose another rule for the supported activity.")
    scatter = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    counting = float(np.sqrt(np.sum(np.nan_to_num(errors) ** 2))) / len(values)
    supported_se = max(scatter, counting)
    return excess_activity(total, float(values.mean())), np.hypot(np.nan_to_num(total_se), supported_se)


def closed_gaps(sections: Sections, rule: str, need_activity: bool = True) -> tuple[Sections, list[str]]:
    """Sections without holes, filled by a named rule or refused.

    Parameters
    ----------
    sections : Sections
        Sorted by depth.
    rule : {"refuse", "exponential"}
        Exponential: missing densities straight, missing excess log-linear in mass depth between its neighbours.
    need_activity : bool
        An inventory needs the activity of every section; a fitted line or single ages need only their mass.

    Returns
    -------
    sections : Sections
        Complete from the surface to the last section with a measured activity.
    filled : list of str
        Intervals that were filled.

    Raises
    ------
    InputError
        BC-DAT-08 a hole and the rule refuses, or a hole that nothing can fill (at the surface, beside no activity above
        zero); BC-DAT-09 sections overlap or are inverted; BC-DAT-16 unknown rule.
    """
    if rule not in GAPS:
        raise refuse("BC-DAT-16", "--gaps", rule, joined(" or ", GAPS))
    _check_order(sections)
    measured = np.flatnonzero(np.isfinite(sections.excess))
    if not len(measured):
        raise refuse("BC-DAT-10", sections.core, "no activity", "²¹⁰Pb of at least 3 sections", "Nothing can be dated.")
    whole = _with_holes(sections.part(slice(0, measured[-1] + 1)))
    lacking = np.isnan(whole.mass) | (need_activity & np.isnan(whole.excess))
    names = [f"{t:g}-{b:g} cm" for t, b in zip(whole.top_cm[lacking], whole.bottom_cm[lacking], strict=True)]
    if not names:
        return whole, []
    shown = ", ".join(names[:4]) + (phrase(" and {n} more", n=len(names) - 4) if len(names) > 4 else "")
    if rule == "refuse":
        remedy = "Choose --gaps exponential to fill them between their neighbours."
        what = phrase("activity or density") if need_activity else "density"
        raise refuse(
            "BC-DAT-08", sections.core, phrase("no {what} at {shown}", what=what, shown=shown), "every section", remedy
        )
    if lacking[0]:
        remedy = "The youngest inventory cannot be had from below; measure it."
        raise refuse(
            "BC-DAT-08",
            sections.core,
            phrase("nothing measured at {names}", names=names[0]),
            "a surface section",
            remedy,
        )
    return _filled(whole, need_activity), names


def _check_order(sections: Sections) -> None:
    wrong = sections.bottom_cm <= sections.top_cm
    overlap = np.r_[False, sections.top_cm[1:] < sections.bottom_cm[:-1] - CLOSE_CM]
    for where, found in ((wrong, "an interval that ends above its start"), (overlap, "overlapping intervals")):
        if where.any():
            i = int(np.flatnonzero(where)[0])
            place = f"{sections.core}, {sections.top_cm[i]:g}-{sections.bottom_cm[i]:g} cm"
            raise refuse("BC-DAT-09", place, found, "sections that follow one another", "Correct the depths.")


def _with_holes(sections: Sections) -> Sections:
    """Holes between sections as sections of their own with nothing measured."""
    tops = np.r_[0.0, sections.bottom_cm[:-1]]
    holes = np.flatnonzero(sections.top_cm > tops + CLOSE_CM)
    if not len(holes):
        return sections
    blank = np.full(len(holes), np.nan)
    arrays = {
        name: np.insert(getattr(sections, name), holes, blank)
        for name in sections.__dataclass_fields__
        if name != "core"
    }
    where = holes + np.arange(len(holes))
    arrays["top_cm"][where], arrays["bottom_cm"][where] = tops[holes], sections.top_cm[holes]
    return Sections(sections.core, **arrays)


def _filled(sections: Sections, need_activity: bool) -> Sections:
    thickness = sections.bottom_cm - sections.top_cm
    middle = (sections.top_cm + sections.bottom_cm) / 2
    known = np.isfinite(sections.mass)
    density = np.interp(middle, middle[known], (sections.mass / thickness)[known])
    mass = np.where(known, sections.mass, density * thickness)
    mass_se = np.where(np.isnan(sections.mass_se), 0.0, sections.mass_se)
    if not need_activity:
        return replace(sections, mass=mass, mass_se=mass_se)
    depth = np.cumsum(mass) - mass / 2
    good = np.isfinite(sections.excess)
    if np.any(sections.excess[good] <= 0):
        raise refuse(
            "BC-DAT-08",
            sections.core,
            "a hole beside activities that are not above zero",
            "activities above zero on both sides",
            "Set the extent with --dated-to, or measure the missing sections.",
        )
    excess = np.where(good, sections.excess, np.exp(np.interp(depth, depth[good], np.log(sections.excess[good]))))
    # What was not measured is no better known than its neighbours: their relative error, at least their difference.
    relative = np.interp(depth, depth[good], (np.nan_to_num(sections.excess_se) / sections.excess)[good])
    step = np.interp(
        depth, depth[good], np.abs(np.gradient(np.log(sections.excess[good]))) if good.sum() > 1 else [0.0]
    )
    error = np.where(good, sections.excess_se, excess * np.hypot(relative, step / 2))
    return replace(sections, mass=mass, mass_se=mass_se, excess=excess, excess_se=error)


def dated_part(sections: Sections, dated_to_cm: float | None) -> Sections:
    """Sections that carry excess: down to a stated depth, else above the first section without any.

    Raises
    ------
    InputError
        BC-DAT-10 fewer than 3 sections remain.
    """
    if dated_to_cm is not None:
        keep = sections.bottom_cm <= dated_to_cm + CLOSE_CM
    else:
        keep = np.cumprod(np.nan_to_num(sections.excess, nan=1.0) > 0).astype(bool)
    part = sections.part(keep)
    if len(part) < 3:
        remedy = "Check units and supported activity, or state the extent with --dated-to."
        raise refuse("BC-DAT-10", sections.core, phrase("{n} sections with excess", n=len(part)), "at least 3", remedy)
    return part
