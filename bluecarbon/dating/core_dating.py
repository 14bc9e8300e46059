"""One core from its table rows to a chronology with rates, checks and a second opinion from ¹³⁷Cs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.dating.accumulation import FrameMean, carbon_rates, frame_mean
from bluecarbon.dating.caesium import Marker, caesium_marker
from bluecarbon.dating.checks import chronology_findings, marker_findings, profile_findings
from bluecarbon.dating.equations import section_mass
from bluecarbon.dating.models import MODELS, Chronology, Decay, cfcs, cic, crs, missing_inventory
from bluecarbon.dating.profile import Activities, Sections, closed_gaps, dated_part, excess_from_total
from bluecarbon.dating.simulation import Simulated, simulated_ages
from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

KG_M2_PER_G_CM2 = 10.0
LEVEL_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True)
class DatingChoices:
    """What a person decides about dating; all of it stands in the summary of the result.

    Parameters
    ----------
    model : {"crs", "cfcs", "cic"}
    decay : Decay
    supported : {"ra226", "mean-ra226", "tail"}
    tail_from_cm : float or None
        For the supported rule "tail". [cm]
    dated_to_cm : float or None
        Deepest section used; None: above the first without excess. [cm]
    gaps : {"refuse", "exponential"}
    missing : "tail", "none" or float
        Inventory below the dated sections. [Bq m⁻²]
    fit_from_cm, fit_to_cm : float or None
        Range of the CF:CS fit, for example below a mixed layer. [cm]
    weighted : bool
        Weight the CF:CS fit.
    years : float
        Time frame of the mean accumulation. [yr]
    draws, seed : int
        Monte Carlo draws (0: none) and their seed.
    cs137_peak_year : float or None
        Calendar year of the ¹³⁷Cs peak; None: 1963.
    cs137_between_cm : (float, float) or None
        Where to look for the peak. [cm]
    """

    model: str
    decay: Decay
    supported: str = "ra226"
    tail_from_cm: float | None = None
    dated_to_cm: float | None = None
    gaps: str = "refuse"
    missing: str | float = "tail"
    fit_from_cm: float | None = None
    fit_to_cm: float | None = None
    weighted: bool = False
    years: float = 100.0
    draws: int = 0
    seed: int = 0
    cs137_peak_year: float | None = None
    cs137_between_cm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise refuse("BC-DAT-16", "--model", self.model, joined(" or ", MODELS))


@dataclass(frozen=True)
class DatedCore:
    """Everything one core gave."""

    keys: tuple[str, str, str]
    choices: DatingChoices
    year: float | None
    sections: Sections
    chronology: Chronology
    carbon: NDArray[np.float64]
    carbon_se: NDArray[np.float64]
    frame: FrameMean | None
    markers: tuple[Marker, ...]
    simulated: Simulated | None

    def rows(self) -> list[dict[str, Any]]:
        """One row per dated section, in g cm⁻² yr⁻¹, cm yr⁻¹ and g C m⁻² yr⁻¹."""
        c, s = self.chronology, self.sections
        thickness = s.bottom_cm - s.top_cm
        low, high = np.maximum(c.age - LEVEL_Z * c.age_se, 0.0), c.age + LEVEL_Z * c.age_se
        if self.simulated is not None:
            low, high = self.simulated.low, self.simulated.high
        columns = {
            "depth_min": s.top_cm,
            "depth_max": s.bottom_cm,
            "mass_depth_max": s.mass_bottom / KG_M2_PER_G_CM2,
            "excess_pb210_activity": s.excess,
            "excess_pb210_activity_se": s.excess_se,
            "age": c.age,
            "age_se": c.age_se,
            "age_low": low,
            "age_high": high,
            "date": np.full(len(s), np.nan) if self.year is None else self.year - c.age,
            "age_mid": c.age_mid,
            "age_mid_se": c.age_mid_se,
            "mass_accumulation": c.rate / KG_M2_PER_G_CM2,
            "mass_accumulation_se": c.rate_se / KG_M2_PER_G_CM2,
            "sediment_accumulation": c.rate * thickness / s.mass,
            "sediment_accumulation_se": c.rate_se * thickness / s.mass,
            "carbon_accumulation": self.carbon,
            "carbon_accumulation_se": self.carbon_se,
        }
        head = dict(zip(("study_id", "site_id", "core_id"), self.keys, strict=True))
        return [{**head, "model": c.model, **{k: float(v[i]) for k, v in columns.items()}} for i in range(len(s))]

    def summary(self) -> dict[str, Any]:
        """The core in one row: inventory, flux, mean rates, ¹³⁷Cs beside ²¹⁰Pb."""
        c = self.chronology
        row: dict[str, Any] = dict(zip(("study_id", "site_id", "core_id"), self.keys, strict=True))
        row |= {
            "model": c.model,
            "sections": len(self.sections),
            "inventory_bq_m2": c.inventory,
            "inventory_se": c.inventory_se,
        }
        row |= {"flux_bq_m2_yr": c.flux, "flux_se": c.flux_se}
        row |= {"decay_constant": self.choices.decay.constant, "supported": self.choices.supported}
        row |= {"gaps": self.choices.gaps, "missing_rule": c.missing.rule if c.missing else ""}
        row["missing_inventory_share"] = c.missing.value / c.inventory if c.missing else float("nan")
        row["r_squared"] = c.line.r_squared if c.line else float("nan")
        frame = self.frame
        row |= {
            "frame_years": frame.years if frame else float("nan"),
            "frame_depth_cm": frame.depth_cm if frame else float("nan"),
            "mass_accumulation": frame.mass_rate / KG_M2_PER_G_CM2 if frame else float("nan"),
            "mass_accumulation_se": frame.mass_rate_se / KG_M2_PER_G_CM2 if frame else float("nan"),
            "carbon_accumulation_g_c_m2_yr": frame.carbon_rate if frame else float("nan"),
            "carbon_accumulation_se": frame.carbon_rate_se if frame else float("nan"),
        }
        found = {marker.kind: marker for marker in self.markers}
        for kind in ("peak", "onset"):
            marker = found.get(kind)
            row[f"cs137_{kind}_depth_cm"] = marker.depth_cm if marker else float("nan")
            row[f"cs137_{kind}_mass_accumulation"] = marker.rate / KG_M2_PER_G_CM2 if marker else float("nan")
            row[f"pb210_date_at_cs137_{kind}"] = self._date_at(marker.mass_depth) if marker else float("nan")
        return row

    def _date_at(self, mass_depth: float) -> float:
        known = np.isfinite(self.chronology.age)
        depth, age = np.r_[0.0, self.sections.mass_bottom[known]], np.r_[0.0, self.chronology.age[known]]
        return float(self.year - np.interp(mass_depth, depth, age, right=np.nan))


def core_sections(frame: pd.DataFrame, core: str, choices: DatingChoices, findings: Findings) -> Sections:
    """Rows of one core as sections with excess activity.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of one core as read by the table `DATING`.
    core : str
    choices : DatingChoices
    findings : Findings
        Added to: BC-DAT-02 activities without errors.

    Notes
    -----
    Where a core reports excess activities, they are used and its totals are not; a section with a total only has no excess.

    Raises
    ------
    InputError
        BC-DAT-01, BC-DAT-13, BC-DAT-16 as their titles say.
    """
    frame = frame.sort_values(["depth_min", "depth_max"])
    value = {name: frame[name].to_numpy(dtype=float) for name in frame.columns if frame[name].dtype.kind == "f"}
    thickness = value["depth_max"] - value["depth_min"]
    density = section_mass(value["dry_bulk_density"], thickness)
    mass = np.where(np.isnan(value["mass_per_area"]), density, value["mass_per_area"] * KG_M2_PER_G_CM2)
    own, own_se = value["excess_pb210_activity"], value["excess_pb210_activity_se"]
    total = value["total_pb210_activity"]
    excess, error = own, own_se
    if np.isfinite(total).any() and np.isnan(own).all():
        names = ("depth_min", "total_pb210_activity", "total_pb210_activity_se", "ra226_activity", "ra226_activity_se")
        measured = Activities(core, *(value[name] for name in names))
        excess, error = excess_from_total(measured, choices.supported, choices.tail_from_cm)
    _check_agreement(core, value)
    bare = int(np.sum(np.isfinite(excess) & np.isnan(error)))
    if bare:
        remedy = "Ages carry no counting error where it is missing."
        findings.add(
            "BC-DAT-02",
            core,
            phrase("{bare} activities without error", bare=bare),
            "a standard error each",
            remedy,
            "warning",
        )
    return Sections(
        core, value["depth_min"], value["depth_max"], mass, section_mass(value["dry_bulk_density_se"], thickness), excess,
        error, value["fraction_carbon"], value["fraction_carbon_se"],
    )  # fmt: skip


def _check_agreement(core: str, value: dict[str, NDArray[np.float64]]) -> None:
    """Excess given beside total and ²²⁶Ra is their difference, and never above the total: columns get swapped."""
    total, excess = value["total_pb210_activity"], value["excess_pb210_activity"]
    with np.errstate(invalid="ignore"):
        above = excess > total * (1 + 1e-9)
    if above.any():
        found = phrase("excess above total ²¹⁰Pb in {n} sections", n=int(above.sum()))
        raise refuse("BC-DAT-13", core, found, "excess at most the total", "Were the two columns swapped?")


def date_core(frame: pd.DataFrame, keys: tuple[str, str, str], choices: DatingChoices, findings: Findings) -> DatedCore:
    """Date one core.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of one core as read by the table `DATING`.
    keys : tuple of str
        study_id, site_id, core_id.
    choices : DatingChoices
    findings : Findings
        Takes up warnings.

    Raises
    ------
    InputError
        What stops this core.
    """
    core = " / ".join(keys)
    years = sorted(set(frame["year"].dropna()))
    if len(years) > 1:
        raise refuse("BC-DAT-20", core, joined(" and ", (f"{y:g}" for y in years)), "one year of coring")
    year = float(years[0]) if years else None
    measured = core_sections(frame, core, choices, findings)
    complete, filled = closed_gaps(measured, choices.gaps, choices.model == "crs")
    if filled:
        shown = ", ".join(filled[:6]) + (f" and {len(filled) - 6} more" if len(filled) > 6 else "")
        remedy = "Filled log-linearly in mass depth; their errors are widened."
        findings.add(
            "BC-DAT-18", f"{core}, {shown}", phrase("{n} gaps", n=len(filled)), "measured sections", remedy, "warning"
        )
    sections = dated_part(complete, choices.dated_to_cm)
    profile_findings(sections, complete.part(slice(len(sections), None)), findings)
    chronology = _chronology(sections, choices)
    chronology_findings(sections, chronology, findings)
    carbon, carbon_se = carbon_rates(sections, chronology)
    frame_result = None
    try:
        frame_result = frame_mean(sections, chronology, choices.years)
    except InputError as error:
        if error.code == "BC-DAT-16":
            raise
        for f in error.findings:
            findings.add(f.code, f.place, f.found, f.expected, f.remedy, "warning")
    markers = _markers(frame, measured, year, choices, findings)
    if year is not None:
        marker_findings(sections, chronology, year, markers, findings)
    simulated = None
    if choices.draws:
        simulated = simulated_ages(sections, chronology, choices.decay, choices.draws, choices.seed)
    return DatedCore(keys, choices, year, sections, chronology, carbon, carbon_se, frame_result, markers, simulated)


def _chronology(sections: Sections, choices: DatingChoices) -> Chronology:
    if choices.model == "crs":
        return crs(sections, choices.decay, missing_inventory(sections, choices.missing))
    if choices.model == "cic":
        return cic(sections, choices.decay)
    low = -np.inf if choices.fit_from_cm is None else choices.fit_from_cm
    high = np.inf if choices.fit_to_cm is None else choices.fit_to_cm
    fit = (sections.top_cm >= low - 1e-6) & (sections.bottom_cm <= high + 1e-6)
    return cfcs(sections, choices.decay, fit, choices.weighted)


def _markers(
    frame: pd.DataFrame, measured: Sections, year: float | None, choices: DatingChoices, findings: Findings
) -> tuple[Marker, ...]:
    frame = frame.sort_values(["depth_min", "depth_max"])
    activity = frame["cs137_activity"].to_numpy(dtype=float)
    if not np.isfinite(activity).any():
        return ()
    if year is None:
        remedy = "Fill the column year to use ¹³⁷Cs."
        findings.add("BC-DAT-15", measured.core, "¹³⁷Cs but no year of coring", "the year", remedy, "warning")
        return ()
    known = np.isfinite(measured.mass)
    if (
        not known.all()
        or np.any(np.abs(measured.top_cm[1:] - measured.bottom_cm[:-1]) > 1e-6)
        or measured.top_cm[0] > 1e-6
    ):
        remedy = "Its mass depth needs every section."
        findings.add("BC-DAT-15", measured.core, "¹³⁷Cs beside gaps in mass", "every section's mass", remedy, "warning")
        return ()
    error = frame["cs137_activity_se"].to_numpy(dtype=float)
    found = []
    for kind in ("peak", "onset"):
        try:
            peak_year = choices.cs137_peak_year if kind == "peak" else None
            found.append(caesium_marker(measured, activity, error, year, kind, peak_year, choices.cs137_between_cm))
        except InputError as refusal:
            for f in refusal.findings:
                findings.add(f.code, f.place, f.found, f.expected, f.remedy, "warning")
    return tuple(found)
