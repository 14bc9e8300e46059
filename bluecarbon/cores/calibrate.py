"""Make the constants of ``beyond_bottom.csv`` from deep cores of the Coastal Carbon Network. Run by hand:

    python -m bluecarbon.cores.calibrate CORES.csv.gz [--write]

CORES holds slices of complete cores: study_id, site_id, core_id, habitat, depth_min, depth_max, dry_bulk_density,
fraction_carbon.

Every core that reaches a target depth is cut back to several shallower depths (whole slices only); what it held
between the cut and the target, over what its last slice continued would give, is the outcome. For mangroves, where
cores of 84 studies allow it, the 5 % and 95 % (and other) quantiles of its logarithm are linear in what a cut core
still shows; for marsh and seagrass the pooled and the habitat's own quantile are taken, whichever is wider, since
cores of three to ten studies do not carry more. The report leaves out one study at a time: constants are made
without it and tried on it, beside one pooled quantile made the same way.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bluecarbon.cores.beyond import CALIBRATED_HABITATS, LEVEL_TERMS, LEVELS, shape_of, tail_terms
from bluecarbon.cores.equations import T_PER_HA_PER_G_PER_CM2
from bluecarbon.cores.profile import Profile, boundaries, stock_t_c_ha

TARGETS = {30: (15,), 50: (15, 25, 35, 45), 75: (25, 50), 100: (15, 25, 50, 75, 90), 200: (25, 50, 100, 150),
           300: (50, 100, 200)}  # fmt: skip
REGRESSED = "mangrove"
FEWEST = 20
ITERATIONS = 60
SMALLEST_RESIDUAL = 1e-3
LEFT_OUT_TOLERANCE = 1e-3  # of a logarithm: 0.1 % of the tail, far below what a study left out changes


@dataclass(frozen=True)
class Trials:
    """Cut-back trials: one row per core, target and cut."""

    table: pd.DataFrame
    terms: np.ndarray


def usable(frame: pd.DataFrame) -> pd.DataFrame:
    """Cores with possible densities and fractions throughout, sorted; the others are left out whole."""
    name = frame.study_id + "|" + frame.site_id.fillna("").astype(str) + "|" + frame.core_id.astype(str)
    frame = frame.assign(core=name)
    wrong = (frame.dry_bulk_density > 2.65) | (frame.dry_bulk_density <= 0) | (frame.fraction_carbon < 0)
    return frame[~frame.core.isin(frame.core[wrong])].sort_values(["core", "depth_min"], kind="stable")


def profile_of(frame: pd.DataFrame) -> tuple[Profile, pd.Index]:
    """Profile and core names of sorted rows."""
    core, names = pd.factorize(frame.core)
    upper, lower = boundaries(core, frame.depth_min.to_numpy(float), frame.depth_max.to_numpy(float))
    carbon = (frame.dry_bulk_density * frame.fraction_carbon).to_numpy(float)
    return Profile(core, upper, lower, carbon, len(names)), names


def trials(frame: pd.DataFrame, targets: dict[int, tuple[int, ...]] = TARGETS) -> Trials:
    """Cut every deep core back. `frame` as `usable` returns it."""
    full, names = profile_of(frame)
    bottom = pd.Series(full.bottom_cm(), index=names)
    facts = frame.groupby("core").agg(habitat=("habitat", "first"), study=("study_id", "first"))
    tables, terms = [], []
    for target, cuts in targets.items():
        whole = pd.Series(stock_t_c_ha(full, float(target)), index=names)
        deep = frame[frame.core.map(bottom).to_numpy() >= target]
        for cut in cuts:
            cut_profile, kept = profile_of(deep[deep.depth_max <= cut])
            shape = shape_of(cut_profile)
            length = target - shape.bottom_cm
            observed = stock_t_c_ha(cut_profile, np.inf)
            table = facts.loc[kept].assign(
                core=kept, target_cm=target, cut_cm=cut, bottom_cm=shape.bottom_cm, observed_t_c_ha=observed,
                tail_t_c_ha=whole.loc[kept].to_numpy() - observed,
                last_t_c_ha=shape.last_g_cm3 * length * float(T_PER_HA_PER_G_PER_CM2),
            )  # fmt: skip
            keep = ((table.tail_t_c_ha > 0) & (table.last_t_c_ha > 0)).to_numpy()
            tables.append(table[keep])
            terms.append(tail_terms(shape, float(target))[keep])
    table = pd.concat(tables, ignore_index=True)
    table["habitat"] = table.habitat.where(table.habitat.isin(CALIBRATED_HABITATS), "any")
    table["log_ratio"] = np.log(table.tail_t_c_ha / table.last_t_c_ha)
    return Trials(table, np.concatenate(terms))


def distinct(made: Trials) -> Trials:
    """Trials whose cut left different slices: thick layers make neighbouring cuts the same trial."""
    first = ~made.table.duplicated(["core", "target_cm", "bottom_cm"]).to_numpy()
    return Trials(made.table[first].reset_index(drop=True), made.terms[first])


def quantile_line(
    terms: np.ndarray,
    outcome: np.ndarray,
    quantile: float,
    start: np.ndarray | None = None,
    tolerance: float = 1e-6,
) -> np.ndarray:
    """Linear quantile regression by iteratively reweighted least squares; shape (term,)."""
    found = np.linalg.lstsq(terms, outcome, rcond=None)[0] if start is None else start
    for _ in range(ITERATIONS):
        off = outcome - terms @ found
        weight = np.where(off > 0, quantile, 1 - quantile) / np.maximum(np.abs(off), SMALLEST_RESIDUAL)
        weighted = terms * weight[:, None]
        better = np.linalg.solve(terms.T @ weighted, weighted.T @ outcome)
        if np.max(np.abs(better - found)) < tolerance:
            return better
        found = better
    return found


def fitted(
    made: Trials, levels: tuple[float, ...] = LEVELS, start: dict | None = None, tolerance: float = 1e-6
) -> dict[tuple[str, float], np.ndarray]:
    """Constants by habitat and quantile, as `bluecarbon.cores.beyond.constants` reads them."""
    outcome = made.table.log_ratio.to_numpy()
    result = {}
    for level in levels:
        for quantile in (round((1 - level) / 2, 4), round((1 + level) / 2, 4)):
            pooled = float(np.quantile(outcome, quantile))
            wider = min if quantile < 0.5 else max
            for habitat in (*CALIBRATED_HABITATS, "any"):
                own = (made.table.habitat == habitat).to_numpy()
                if habitat == REGRESSED:
                    begin = None if start is None else start[(habitat, quantile)]
                    result[(habitat, quantile)] = quantile_line(
                        made.terms[own], outcome[own], quantile, begin, tolerance
                    )
                    continue
                value = float(np.quantile(outcome[own], quantile)) if own.sum() >= FEWEST else pooled
                result[(habitat, quantile)] = np.array([wider(pooled, value), *[0.0] * (len(LEVEL_TERMS) - 1)])
    return result


def left_out(made: Trials, level: float = 0.9) -> pd.DataFrame:
    """Intervals for every trial by constants made without its study, and the peer's: one pooled quantile.

    Returns
    -------
    DataFrame
        The trials with low_t_c_ha, high_t_c_ha, peer_low_t_c_ha, peer_high_t_c_ha of the tail.
    """
    training = distinct(made)
    sides = (round((1 - level) / 2, 4), round((1 + level) / 2, 4))
    start = fitted(training, (level,))
    table = made.table.copy()
    names = ("low_t_c_ha", "high_t_c_ha", "peer_low_t_c_ha", "peer_high_t_c_ha")
    columns = {name: np.full(len(table), np.nan) for name in names}
    for study in table.study.unique():
        tried = (table.study == study).to_numpy()
        others = (training.table.study != study).to_numpy()
        rest = Trials(training.table[others].reset_index(drop=True), training.terms[others])
        made_without = fitted(rest, (level,), start, LEFT_OUT_TOLERANCE)
        for side, name in zip(sides, names[:2], strict=True):
            rows = np.stack([made_without[(habitat, side)] for habitat in table.habitat[tried]])
            columns[name][tried] = np.exp(np.sum(made.terms[tried] * rows, axis=1))
        for side, name in zip(sides, names[2:], strict=True):
            columns[name][tried] = np.exp(np.quantile(rest.table.log_ratio, side))
    last = table.last_t_c_ha.to_numpy()
    ours = np.sort(np.stack([columns[names[0]], columns[names[1]]]), axis=0)
    columns[names[0]], columns[names[1]] = ours
    return table.assign(**{name: values * last for name, values in columns.items()})


def interval_score(low: np.ndarray, high: np.ndarray, truth: np.ndarray, level: float = 0.9) -> np.ndarray:
    """Width plus 2/(1 - level) times the miss; smaller is better. Source: gneiting2007."""
    miss = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return high - low + 2 / (1 - level) * miss


def write(constants: dict[tuple[str, float], np.ndarray], path: Path, studies: int, cores: int) -> None:
    """Write the constants as factor rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            [
                "id",
                "quantity",
                "habitat",
                "quantile",
                "term",
                "value",
                "unit",
                "low",
                "high",
                "distribution",
                "source",
                "locator",
                "value_status",
                "interval_status",
                "note",
            ]
        )
        for (habitat, quantile), values in constants.items():
            for term, value in zip(LEVEL_TERMS, values, strict=True):
                if value == 0.0:
                    continue
                writer.writerow(
                    [f"tail-{habitat}-{quantile:g}-{term}", "tail_quantile_coefficient", habitat, f"{quantile:g}", term,
                     f"{value:.6f}", "1", "", "", "unknown", "ccn2025",
                     f"{cores} cores of {studies} studies cut back; bluecarbon/cores/calibrate.py", "local", "", ""]
                )  # fmt: skip


def main(arguments: list[str]) -> None:
    """Report the leave-one-study-out test; with --write, replace the constants."""
    frame = usable(pd.read_csv(arguments[0], low_memory=False))
    made = trials(frame)
    tried = left_out(made)
    for target in (50, 100, 200):
        part = tried[(tried.target_cm == target) & (tried.cut_cm > 15)]
        truth = part.tail_t_c_ha.to_numpy()
        score = interval_score(part.low_t_c_ha, part.high_t_c_ha, truth).mean()
        peer = interval_score(part.peer_low_t_c_ha, part.peer_high_t_c_ha, truth).mean()
        inside = (part.low_t_c_ha <= truth) & (truth <= part.high_t_c_ha)
        print(f"to {target} cm: {len(part)} trials, coverage {inside.mean():.3f}, interval score {score:.1f} t C/ha, "
              f"pooled quantile {peer:.1f}, better by {1 - score / peer:.1%}")  # fmt: skip
        print(inside.groupby([part.habitat, part.cut_cm]).agg(["size", "mean"]).round(3).to_string())
    if "--write" in arguments:
        training = distinct(made).table
        write(fitted(distinct(made)), Path(__file__).with_name("beyond_bottom.csv"), training.study.nunique(),
              training.core.nunique())  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
