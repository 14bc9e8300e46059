"""The edge of this room for what is not a tree list: downed wood, quadrats and increments."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bluecarbon.sampling.results import deliver, text_table
from bluecarbon.vegetation.catalogue import Factor, factors
from bluecarbon.vegetation.choosing import choose_factor
from bluecarbon.vegetation.downed import Crossings, downed_wood
from bluecarbon.vegetation.increments import paired_increment
from bluecarbon.vegetation.quadrats import Harvest, harvest_carbon
from bluecarbon.vegetation.run import read_checked
from bluecarbon.vegetation.survey import KEY
from bluecarbon.vegetation.tables import QUADRATS, WOOD
from bluecarbon.vegetation.used import in_words, records
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pandas as pd


def _plots_of(frame: pd.DataFrame, extra: tuple[str, ...] = ()) -> tuple[list[tuple[str, ...]], list[int]]:
    keys = [tuple(str(part) for part in row) for row in frame[[*KEY, *extra]].itertuples(index=False)]
    order = list(dict.fromkeys(keys))
    index = {key: i for i, key in enumerate(order)}
    return order, [index[key] for key in keys]


@dataclass(frozen=True)
class PlotWood:
    """Downed wood of one plot, mean over its transects. [m³/ha], [t/ha], [t C/ha]; the error is NaN for one transect."""

    transects: int
    volume_m3_ha: float
    biomass_t_ha: float
    carbon_t_c_ha: float
    carbon_t_c_ha_se: float


def downed_by_plot(
    frame: pd.DataFrame, source: str, findings: Findings
) -> tuple[dict[tuple[str, ...], PlotWood], list[Factor]]:
    """Downed wood of every plot of a wood table, and the factor rows behind it.

    Parameters
    ----------
    frame : pandas.DataFrame
        As read by the table `WOOD`.
    source : str
        Its file name, for messages.
    findings : Findings

    Raises
    ------
    InputError
        BC-VEG-17 rows that cannot be used, all at once.
    """
    transects, of_row = _plots_of(frame, ("transect_id",))
    places = tuple(phrase("{source} row {row}", source=source, row=row) for row in frame.index)
    numbers = {
        name: frame[name].to_numpy(dtype=float) for name in ("transect_length", "pieces", "diameter", "wood_density")
    }
    crossings = Crossings(np.array(of_row), tuple(frame["wood_class"]), *numbers.values(), places)
    values = np.stack(downed_wood(crossings, len(transects), factors(), findings))
    findings.stop_on_errors()
    plots = {}
    for plot in dict.fromkeys(key[:3] for key in transects):
        own = values[:, [i for i, key in enumerate(transects) if key[:3] == plot]]
        count = own.shape[1]
        error = float(np.std(own[2], ddof=1)) / count**0.5 if count > 1 else float("nan")
        plots[plot] = PlotWood(count, *map(float, own.mean(axis=1)), error)
    return plots, _wood_factors(crossings)


def _wood_factors(crossings: Crossings) -> list[Factor]:
    rows = [choose_factor(factors(), "carbon_fraction", category="downed")]
    for name in sorted(set(crossings.wood_class)):
        mine = np.array(crossings.wood_class) == name
        if not name.startswith("large"):
            rows.append(choose_factor(factors(), "wood_class_diameter", category=name))
        if np.isnan(crossings.wood_density[mine]).any() and name != "large rotten":
            rows.append(choose_factor(factors(), "wood_class_density", category=name))
    return rows


def run_wood(table: str, reading: dict[str, Any], *, out: str | None, as_json: bool) -> None:
    """``bluecarbon plots wood``."""
    (frame,), findings = read_checked([(table, WOOD)], **reading)
    plots, used = downed_by_plot(frame, Path(table).name, findings)
    rows = [{**dict(zip(KEY, key, strict=True)), **asdict(plot)} for key, plot in plots.items()]
    text = f"{_rows_text(rows)}\n{in_words(used)}"
    deliver(rows, findings, out=out, as_json=as_json, summary={"factors": records(used)}, text=text)


def _rows_text(rows: list[dict[str, Any]]) -> str:
    return text_table(list(rows[0]), [list(row.values()) for row in rows[:40]]) + ("\n…" if len(rows) > 40 else "")


def run_quadrats(table: str, reading: dict[str, Any], *, out: str | None, as_json: bool) -> None:
    """``bluecarbon plots quadrats``."""
    (frame,), findings = read_checked([(table, QUADRATS)], **reading)
    names = ("quadrat_area", "dry_mass", "wet_mass", "subsample_wet_mass", "subsample_dry_mass", "dry_mass_se",
             "fraction_carbon", "fraction_carbon_se")  # fmt: skip
    numbers = [frame[name].to_numpy(dtype=float) for name in names]
    places = tuple(phrase("{source} row {row}", source=Path(table).name, row=row) for row in frame.index)
    carbon = harvest_carbon(Harvest(tuple(frame["habitat"]), places, *numbers), factors(), findings)
    findings.stop_on_errors()
    rows = []
    strata = dict(zip(_plots_of(frame)[0], [""] * len(frame), strict=False))
    for key, stratum in zip(
        (tuple(map(str, k)) for k in frame[list(KEY)].itertuples(index=False)), frame["stratum"], strict=True
    ):
        strata[key] = strata.get(key) or str(stratum)
    groups, of_row = _plots_of(frame, ("habitat", "component"))
    quadrat = frame["quadrat_id"].astype(str).to_numpy()
    for g, key in enumerate(groups):
        member = np.array(of_row) == g
        here = sorted(set(quadrat[member]))
        # Species of one quadrat add up; quadrats of one plot are averaged.
        sums = np.array(
            [[v[member & (quadrat == q)].sum() for q in here] for v in (carbon.biomass_t_ha, carbon.carbon_t_c_ha)]
        )
        lab = float(np.sqrt(np.sum(carbon.carbon_se_t_c_ha[member] ** 2))) / len(here)
        scatter = float(np.std(sums[1], ddof=1)) / len(here) ** 0.5 if len(here) > 1 else float("nan")
        rows.append(
            {
                **dict(zip((*KEY, "habitat", "component"), key, strict=True)),
                "stratum": strata[key[:3]],
                "quadrats": len(here),
                "biomass_t_ha": float(sums[0].mean()),
                "carbon_t_c_ha": float(sums[1].mean()),
                "carbon_t_c_ha_se_between": scatter,
                "carbon_t_c_ha_se_laboratory": lab,
                "fraction_measured": bool(carbon.measured[member].all()),
            }
        )
    deliver(rows, findings, out=out, as_json=as_json, summary={}, text=_rows_text(rows))


def run_increments(biomass_csv: str, *, out: str | None, as_json: bool) -> None:
    """``bluecarbon plots increments``.

    Raises
    ------
    InputError
        BC-VEG-19 a file that is no result of `plots biomass`, or too few plots visited twice.
    """
    path = Path(biomass_csv)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("BC-VEG-19", str(path), error, "a result of `bluecarbon plots biomass`") from None
    wanted = {*KEY, "year", "carbon_total_t_c_ha", "carbon_total_se_model", "carbon_total_se_measurement"}
    if not table or not wanted <= set(table[0]):
        raise refuse(
            "BC-VEG-19", path.name, "other columns", "a result of `bluecarbon plots biomass` with visits by year"
        )
    visits: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in table:
        visits.setdefault(tuple(row[name] for name in KEY), []).append(row)
    findings = Findings()
    pairs = []
    for key, own in visits.items():
        if len(own) < 2 or any(not row["year"] for row in own):
            findings.add(
                "BC-VEG-19",
                " / ".join(key),
                phrase("{n} visit", n=len(own)),
                "two visits with years",
                "Left out.",
                "warning",
            )
            continue
        own = sorted(own, key=lambda row: int(row["year"]))
        pairs.append((key, own[0], own[-1]))
    numbers = [
        np.array([[float(row[name]) for name in ("year", *sorted(wanted - {*KEY, "year"}))] for row in visit])
        for visit in zip(*((first, last) for _, first, last in pairs), strict=True)
    ] or [np.empty((0, 4)), np.empty((0, 4))]
    (year1, model1, measured1, stock1), (year2, _, measured2, stock2) = numbers[0].T, numbers[1].T
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(stock1 > 0, model1 / stock1, 0.0)
    result = paired_increment(stock1, stock2, year2 - year1, relative, (measured1, measured2))
    rows = [
        {
            **dict(zip(KEY, key, strict=True)),
            "from": first["year"],
            "to": last["year"],
            "change_t_c_ha_yr": float(result.change_per_yr[i]),
            "change_t_c_ha_yr_se": float(result.standard_error[i]),
        }
        for i, (key, first, last) in enumerate(pairs)
    ]
    summary = {"mean": result.mean, "mean_se": result.mean_se, "model_se": result.model_se, "plots": len(rows)}
    text = f"mean change {result.mean:.4g} t C/ha/yr over {len(rows)} plots, s.e. {result.mean_se:.3g} between plots, "
    text += f"{result.model_se:.3g} shared by the equations"
    deliver(rows, findings, out=out, as_json=as_json, summary=summary, text=f"{text}\n{_rows_text(rows)}")
