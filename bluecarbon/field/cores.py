"""Sediment cores of a survey: soil stock to one metre, and burial where ages are given, stratum by stratum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bluecarbon.field.estimate import Measurement, sample_mean
from bluecarbon.field.job import Cores
from bluecarbon.field.links import FieldStratum, Links, spoken
from bluecarbon.field.positions import Position
from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase

if TYPE_CHECKING:
    import pandas as pd

HABITATS = {"mangrove": "mangrove", "marsh": "tidal_marsh", "seagrass": "seagrass"}
"""Words of the field tables that name a habitat of the map without doubt."""
PROFILES = {"last-layer": "the last layer", "line": "a straight line", "exponential": "an exponential curve"}
"""Declared profiles below the bottom of a core, in words."""
GAPS_WORTH_A_WARNING = 0.01
WHY = {
    "BC-CORE-02": ("no slice with density and carbon", "Measure the core, or leave it out by name."),
    "BC-CORE-04": ("depths without a slice", 'Say gaps = "midpoint", or leave the core out by name.'),
    "BC-CORE-07": ("too large a share below its bottom", "Leave the core out by name; deeper cores are the remedy."),
    "BC-CORE-14": (
        "too large a share of the depth without a slice",
        "Measure the slices between, or leave the core out by name.",
    ),
}


@dataclass(frozen=True)
class CoreProfile:
    """One core for a picture: carbon density by depth. Shape (slice,); [cm], [kg C/m³]."""

    name: str
    stratum: str
    upper_cm: np.ndarray
    lower_cm: np.ndarray
    carbon_kg_m3: np.ndarray


@dataclass
class CoreResults:
    """What cores give a survey."""

    measurements: list[Measurement] = field(default_factory=list)
    profiles: list[CoreProfile] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)


def core_results(job: Cores, folder: Path, links: Links, findings: Findings) -> CoreResults:
    """Read the cores of a job and bring them to the strata.

    Parameters
    ----------
    job : Cores
    folder : Path
        Where paths start.
    links : Links
    findings : Findings
        Added to: every fault of tables, links, cores; to be looked at before the result is used.

    Raises
    ------
    InputError
        The tables cannot be used at all.
    """
    from bluecarbon.cores.chain import GROUP, StockOptions, core_stocks, measured_profiles
    from bluecarbon.cores.loading import Sources, load_intervals

    paths = [folder / text if text else None for text in (job.table, job.core_list, job.methods)]
    frame, found = load_intervals(Sources(*paths, decimal=job.decimal, encoding=job.encoding, units=job.units))
    found.stop_on_file_errors()
    findings.extend(f for f in found if f.severity != "error")
    of_core = _linked(frame, links, findings)
    kept = np.array([of_core[key] is not None for key in _keys(frame)], dtype=bool)
    frame = frame[kept]
    if frame.empty:
        return CoreResults()
    scopes = ("core", "age") if job.rate_years is not None else ("core",)
    faults = {row: codes for row, codes in found.faults_by_row(scopes).items() if row in frame.index}
    _refuse_faulty(frame, faults, links.place, findings, list(found.errors))
    options = StockOptions(
        job.depth_cm, job.beyond, 0.9, job.gaps, job.most_extrapolated, job.in_tube, job.most_interpolated
    )
    measured = measured_profiles(frame, faults, job.in_tube)
    stocks = core_stocks(measured, options)
    stocks["stratum"] = [of_core[tuple(map(str, key))] for key in stocks[GROUP].values]
    _refuse_short(stocks, links.place, findings)
    results = CoreResults(positions=_positions(frame, of_core))
    roles = tuple(r for r, p in zip(("cores", "core list", "core methods"), paths, strict=True) if p)
    results.measurements += _soil(stocks, job, roles, links.place, findings)
    if job.rate_years is not None:
        results.measurements += _rates(frame, measured, job, of_core, roles, links.place, findings)
    results.profiles = _profiles(measured, of_core)
    return results


def _keys(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [tuple(map(str, key)) for key in frame[["study_id", "site_id", "core_id"]].itertuples(index=False)]


def _linked(frame: pd.DataFrame, links: Links, findings: Findings) -> dict[tuple[str, str, str], FieldStratum | None]:
    """Stratum of every core; None where it does not count."""
    of_core: dict[tuple[str, str, str], FieldStratum | None] = {}
    for key, habitat in zip(_keys(frame), frame.habitat.astype(str), strict=True):
        if key in of_core:
            continue
        out = links.is_left_out(*key)
        stratum = links.stratum(*key[:2])
        of_core[key] = None if out else stratum
        if stratum is not None and not out:
            check_habitat(
                stratum, habitat, phrase("{place}, core {spoken}", place=links.place, spoken=spoken(*key)), findings
            )
    links.check_unused()
    return of_core


def check_habitat(stratum: FieldStratum, word: str, place: str, findings: Findings) -> None:
    """A sample of one habitat does not speak for a stratum of another (BC-FLD-07)."""
    if HABITATS.get(word, stratum.habitat) != stratum.habitat:
        findings.add("BC-FLD-07", place, phrase("habitat {word}", word=word), phrase("{habitat}, as stratum {stratum!r} of the map", habitat=stratum.habitat, stratum=stratum.name),
                     "Correct the link or the table.")  # fmt: skip


def _refuse_faulty(
    frame: pd.DataFrame, faults: Mapping[int, list[str]], place: str, findings: Findings, errors: list
) -> None:
    bad: dict[tuple[str, str, str], set[str]] = {}
    keys = dict(zip(frame.index, _keys(frame), strict=True))
    for row, codes in faults.items():
        bad.setdefault(keys[row], set()).update(codes)
    wanted = {code for codes in bad.values() for code in codes}
    findings.extend(error for error in errors if error.code in wanted)
    for key, codes in bad.items():
        findings.add("BC-FLD-05", phrase("{place}, core {spoken}", place=place, spoken=spoken(*key)), " ".join(sorted(codes)), "a core without faults",
                     "Correct the table, or name the core in leave_out with the reason.")  # fmt: skip


def _refuse_short(stocks: pd.DataFrame, place: str, findings: Findings) -> None:
    """Cores that cannot stand for the whole depth: each is mended, continued by a declared profile, or left out."""
    for row in stocks.itertuples():
        name = phrase("{place}, core {spoken}", place=place, spoken=spoken(row.study_id, row.site_id, row.core_id))
        if row.status == "down to the observed bottom only":
            findings.add("BC-FLD-06", name, phrase("measured to {observed_to_cm:g} cm", observed_to_cm=row.bottom_cm), f"{row.depth_cm:g} cm",
                         'Declare a profile, such as beyond = "exponential", or name the core in leave_out.')  # fmt: skip
        for code in str(row.codes).split():
            if code in WHY:
                found, remedy = WHY[code]
                findings.add(
                    "BC-FLD-06",
                    name,
                    f"{found} ({code})",
                    phrase("a stock to {depth_cm:g} cm", depth_cm=row.depth_cm),
                    remedy,
                )


def grades(values: pd.Series) -> str:
    """Grades that occur, best first, with a dash between the ends."""
    names = sorted({str(value) for value in values if str(value)})
    return names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}" if names else ""


def one_sample(stratum: FieldStratum, count: int, sample: str, place: str, findings: Findings) -> None:
    """Refuse the mean of a single sample (BC-FLD-04)."""
    findings.add(
        "BC-FLD-04", phrase("{place}, stratum {stratum}", place=place, stratum=stratum.name), phrase("{count} {sample}", count=count, sample=phrase(sample)), phrase("at least 2 {sample}", sample=phrase(sample)),
        "One sample has no spread, so its mean has no interval. Sample a second one, link it to a stratum that has more, "
        'or set the site to "ignore": the default then stands.',
    )  # fmt: skip


def _by_stratum(table: pd.DataFrame) -> list[tuple[FieldStratum, pd.DataFrame]]:
    order = list({(s.habitat, s.name): s for s in table.stratum}.values())
    return [(s, table[[other == s for other in table.stratum]]) for s in order]


def _soil(
    stocks: pd.DataFrame, job: Cores, roles: tuple[str, ...], place: str, findings: Findings
) -> list[Measurement]:
    from bluecarbon.cores.chain import NORMAL_QUANTILE, WHOLE
    from bluecarbon.cores.used import core_factors

    result = []
    for stratum, every in _by_stratum(stocks):
        rows = every[every.status.isin(WHOLE)]
        values, sample = _samples(rows, rows.stock_t_c_ha.to_numpy(), job.sample)
        if len(values) < 2:
            if len(rows) == len(every):  # else the cores that cannot be used have been told already
                one_sample(stratum, len(values), sample, place, findings)
            continue
        half = np.maximum(rows.high - rows.stock_t_c_ha, rows.stock_t_c_ha - rows.low).to_numpy()
        # What all cores share by the way they were worked up; the scatter of the rest is in the spread between cores.
        assumed = (rows.status == "extrapolated") | rows.carbon_basis.str.contains("from organic matter")
        # Filling gaps errs alike in all cores: carbon falls with depth, and the rule takes it for level.
        shared = float(np.mean(np.where(assumed, half / NORMAL_QUANTILE[0.9], rows.interpolated_se_t_c_ha)))
        _tell_gaps(rows, stratum, place, findings)
        note = _note(rows, job)
        result.append(
            Measurement(
                stratum, "soil_stock_1m", "soil", sample_mean(stratum.name, values, shared), sample,
                Path(job.table).name, roles, grade=grades(rows.grade), note=note,
                behind=tuple(core_factors(rows)),
            )
        )  # fmt: skip
    return result


def _tell_gaps(rows: pd.DataFrame, stratum: FieldStratum, place: str, findings: Findings) -> None:
    """Say how much of the depth of a stratum's cores was filled in, not measured (BC-FLD-18)."""
    share = rows.interpolated_share
    if (share > 0).any():
        findings.add(
            "BC-FLD-18", phrase("{place}, stratum {stratum}", place=place, stratum=stratum.name),
            phrase("{n} of {total} cores with gaps, {share:.2g} % of the depth on average, up to {most:.2g} %",
                   n=int((share > 0).sum()), total=len(rows), share=100 * share.mean(), most=100 * share.max()),
            "slices all the way down",
            "What was filled in between slices is not measured; the interval of the mean is widened by its error.",
            "warning" if share.mean() >= GAPS_WORTH_A_WARNING else "note",
        )  # fmt: skip


def _samples(rows: pd.DataFrame, values: np.ndarray, sample: str) -> tuple[np.ndarray, str]:
    """Cores as they are, or the mean of each site as one sample."""
    from bluecarbon.sampling.strata import cluster_means

    if sample == "core":
        return values, "cores"
    sites = [spoken(study, site) for study, site in zip(rows.study_id, rows.site_id, strict=True)]
    return cluster_means(values, sites)[0], "sites"


def _note(rows: pd.DataFrame, job: Cores) -> str:
    said = [phrase("{n} cores to {depth:g} cm", n=len(rows), depth=job.depth_cm)]
    beyond = int((rows.status == "extrapolated").sum())
    if beyond:
        share = 100 * rows.extrapolated_share.mean()
        said.append(
            phrase(
                "{n} continued by {profile}, {share:.2g} % of the carbon",
                n=beyond,
                profile=phrase(PROFILES[job.beyond]),
                share=share,
            )
        )
    filled = rows.interpolated_share.mean()
    if filled > 0:
        said.append(phrase("{share:.2g} % of the depth filled between slices", share=100 * filled))
    bases = {part for text in rows.carbon_basis for part in str(text).split(" + ")}
    said.append(phrase("carbon {how}", how=joined("; ", (phrase(part) for part in sorted(bases)))))
    return joined("; ", said)


def _rates(
    frame: pd.DataFrame, measured: object, job: Cores, of_core: Mapping[tuple[str, str, str], FieldStratum | None],
    roles: tuple[str, ...], place: str, findings: Findings,
) -> list[Measurement]:  # fmt: skip
    from bluecarbon.cores.chain import GROUP
    from bluecarbon.cores.rate import RateOptions, core_rates

    rates = core_rates(frame, measured, RateOptions(job.rate_years, 0.9, job.ybp_zero, job.in_tube))
    rates["stratum"] = [of_core[tuple(map(str, key))] for key in rates[GROUP].values]
    for row in rates[rates.status == "refused"].itertuples():
        findings.add("BC-FLD-10", phrase("{place}, core {spoken}", place=place, spoken=spoken(row.study_id, row.site_id, row.core_id)), row.codes,
                     "ages that can be used", "Say ybp_zero or fill in `year`; or leave out rate_years.")  # fmt: skip
    result = []
    for stratum, rows in _by_stratum(rates[rates.rate_t_c_ha_yr.notna()]):
        values, sample = _samples(rows, rows.rate_t_c_ha_yr.to_numpy(), job.sample)
        if len(values) < 2:
            no_rate(stratum, len(values), sample, place, findings)
            continue
        result.append(
            Measurement(
                stratum, "burial_rate", "", sample_mean(stratum.name, values), sample, Path(job.table).name, roles,
                grade=grades(rows.dates_grade), note=phrase("mean of the last {years:g} years before coring", years=job.rate_years),
            )
        )  # fmt: skip
    return result


def no_rate(stratum: FieldStratum, count: int, sample: str, place: str, findings: Findings) -> None:
    """Say that one dated core gives no mean rate; dating is dear, so the default stands and the run goes on."""
    findings.add("BC-FLD-10", phrase("{place}, stratum {stratum}", place=place, stratum=stratum.name), phrase("{count} dated {sample}", count=count, sample=phrase(sample)), "at least 2",
                 "Its burial rate is not used.", "warning")  # fmt: skip


def _positions(frame: pd.DataFrame, of_core: Mapping[tuple[str, str, str], FieldStratum | None]) -> list[Position]:
    rows = {}
    for key, lon, lat in zip(_keys(frame), frame.longitude, frame.latitude, strict=True):
        if np.isfinite(lon) and np.isfinite(lat) and of_core[key] is not None:
            rows[key] = Position(spoken(*key[1:]), of_core[key], float(lon), float(lat))
    return list(rows.values())


def _profiles(measured: object, of_core: Mapping[tuple[str, str, str], FieldStratum | None]) -> list[CoreProfile]:
    profile, result = measured.profile, []
    for number, key in enumerate(_keys(measured.keys)):
        own = profile.core == number
        if own.any() and of_core[key] is not None:
            parts = (profile.upper_cm[own], profile.lower_cm[own], 1000 * profile.carbon_g_cm3[own])
            result.append(CoreProfile(spoken(*key[1:]), of_core[key].name, *parts))
    return result
