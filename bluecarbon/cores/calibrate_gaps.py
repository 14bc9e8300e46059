"""Make the constants of ``gap_fill.csv`` from gap-free cores of the Coastal Carbon Network. Run by hand:

    python -m bluecarbon.cores.calibrate_gaps CORES.csv.gz [--write]

CORES holds slices as ``calibrate.py`` takes them. Every core whose slices follow each other from the surface is thinned
by several patterns; what the slices left out had held, over what the rule "midpoint" puts there, is the outcome. The
quantiles of its logarithm are linear in what a thinned core still shows. The report leaves out one study at a time.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from bluecarbon.cores.beyond import LEVELS
from bluecarbon.cores.calibrate import LEFT_OUT_TOLERANCE, Trials, profile_of, quantile_line, usable
from bluecarbon.cores.gaps import KINDS, TERMS, filled_above, log_limits
from bluecarbon.cores.profile import TOUCHING_CM, stock_t_c_ha

TARGETS_CM = (30, 50, 100, 200)
FEWEST_SLICES = 4
TRIED = ("first and last", "middle dropped", "every third")
PATTERNS = {
    "first and last": lambda place, n, top, bottom, to: (place == 0) | (place == n - 1),
    "middle dropped": lambda place, n, top, bottom, to: (
        (place == 0) | (place == n - 1) | (bottom <= to / 4) | (top >= 3 * to / 4)
    ),
    "every third": lambda place, n, top, bottom, to: (place % 3 == 0) | (place == n - 1),
    "every second": lambda place, n, top, bottom, to: (place % 2 == 0) | (place == n - 1),
    "first, middle, last": lambda place, n, top, bottom, to: (place == 0) | (place == n // 2) | (place == n - 1),
    "top fifth dropped": lambda place, n, top, bottom, to: (top >= to / 5) | (place == n - 1),
    "top tenth dropped": lambda place, n, top, bottom, to: (top >= to / 10) | (place == n - 1),
}
"""Which slices of a core of n a pattern keeps, from their place and edges."""


def gap_free(frame: pd.DataFrame) -> pd.DataFrame:
    """Cores whose slices follow each other from the surface down. `frame` as `calibrate.usable` returns it."""
    above = frame.groupby("core").depth_max.shift().fillna(0.0)
    touching = (frame.depth_min - above).abs() <= TOUCHING_CM
    return frame[touching.groupby(frame.core).transform("all")]


def thinned(frame: pd.DataFrame, to_cm: float, pattern: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cores of enough slices down to a depth, whole, and what a pattern leaves of them."""
    deep = frame[(frame.groupby("core").depth_max.transform("max") >= to_cm) & (frame.depth_min < to_cm)]
    place = deep.groupby("core").cumcount()
    n = deep.groupby("core").core.transform("size")
    kept = PATTERNS[pattern](place, n, deep.depth_min, deep.depth_max, to_cm)
    lost = (~kept).groupby(deep.core).transform("any")
    enough = (n >= FEWEST_SLICES) & lost
    return deep[enough], deep[enough & kept]


def trials(frame: pd.DataFrame, kind: str) -> Trials:
    """Thin every gap-free core by every pattern. `frame` as `gap_free` returns it; `kind` of the gaps wanted."""
    facts = frame.groupby("core").agg(habitat=("habitat", "first"), study=("study_id", "first"))
    tables, terms = [], []
    for to_cm in TARGETS_CM:
        for pattern in PATTERNS:
            if pattern.startswith("top") != (kind == "surface"):
                continue
            whole, left = thinned(frame, to_cm, pattern)
            if left.empty:
                continue
            profile, names = profile_of(left)
            full, full_names = profile_of(whole)
            edges = left.depth_min.to_numpy(float), left.depth_max.to_numpy(float)
            filled = filled_above(profile, *edges, float(to_cm))
            put = filled.mass_t_c_ha[kind]
            truth = pd.Series(stock_t_c_ha(full, float(to_cm)), index=full_names).loc[names].to_numpy()
            held = truth - (stock_t_c_ha(profile, float(to_cm)) - filled.total_t_c_ha)
            table = facts.loc[names].assign(
                core=names, target_cm=to_cm, pattern=pattern, filled_t_c_ha=put,
                held_t_c_ha=held, truth_t_c_ha=truth, share=filled.share,
            )  # fmt: skip
            keep = (put > 0) & (held > 0)
            tables.append(table[keep])
            terms.append(filled.terms[kind][keep])
    table = pd.concat(tables, ignore_index=True)
    table["log_ratio"] = np.log(table.held_t_c_ha / table.filled_t_c_ha)
    return Trials(table, np.concatenate(terms))


def distinct(made: Trials) -> Trials:
    """Trials that left different slices: of a core of few slices several patterns are the same trial."""
    first = ~made.table.assign(put=made.table.filled_t_c_ha.round(9)).duplicated(["core", "target_cm", "put"])
    return Trials(made.table[first].reset_index(drop=True), made.terms[first.to_numpy()])


def fitted(
    made: Trials, kind: str, levels: tuple[float, ...] = LEVELS, start: dict | None = None, tolerance: float = 1e-6
) -> dict[tuple[str, float], np.ndarray]:
    """Constants by kind and quantile, as `bluecarbon.cores.gaps.constants` reads them."""
    used = np.any(made.terms != 0, axis=0)
    outcome, result = made.table.log_ratio.to_numpy(), {}
    for level in levels:
        for quantile in (round((1 - level) / 2, 4), round((1 + level) / 2, 4)):
            begin = None if start is None else start[(kind, quantile)][used]
            values = np.zeros(len(TERMS))
            values[used] = quantile_line(made.terms[:, used], outcome, quantile, begin, tolerance)
            result[(kind, quantile)] = values
    return result


def left_out(made: Trials, kind: str, level: float = 0.9) -> pd.DataFrame:
    """Every trial with below_t_c_ha and over_t_c_ha by constants made without its study."""
    training = distinct(made)
    start = fitted(training, kind, (level,))
    limits = np.full((2, len(made.table)), np.nan)
    for study in made.table.study.unique():
        tried, others = (made.table.study == study).to_numpy(), (training.table.study != study).to_numpy()
        rest = Trials(training.table[others], training.terms[others])
        without = fitted(rest, kind, (level,), start, LEFT_OUT_TOLERANCE)
        limits[:, tried] = log_limits(made.terms[tried], kind, level, without)
    put = made.table.filled_t_c_ha.to_numpy()
    return made.table.assign(below_t_c_ha=-put * np.expm1(limits[0]), over_t_c_ha=put * np.expm1(limits[1]))


def write(constants: dict[tuple[str, float], np.ndarray], path: Path, place: dict[str, str]) -> None:
    """Write the constants as factor rows."""
    names = ("id", "quantity", "kind", "quantile", "term", "value", "unit", "low", "high", "distribution", "source",
             "locator", "value_status", "interval_status", "note")  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for (kind, quantile), values in constants.items():
            for term, value in zip(TERMS, values, strict=True):
                if value != 0.0:
                    writer.writerow(
                        [f"gap-{kind}-{quantile:g}-{term}", "gap_quantile_coefficient", kind, f"{quantile:g}", term,
                         f"{value:.6f}", "1", "", "", "unknown", "ccn2025", place[kind], "local", "", ""]
                    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """Report the leave-one-study-out test; with --write, replace the constants."""
    frame = gap_free(usable(pd.read_csv(arguments[0], low_memory=False)))
    constants, place = {}, {}
    for kind in KINDS:
        made = trials(frame, kind)
        tried = left_out(made, kind)
        off = tried.held_t_c_ha - tried.filled_t_c_ha
        inside = (off >= -tried.below_t_c_ha) & (off <= tried.over_t_c_ha)
        print(inside.groupby([tried.pattern, tried.target_cm]).agg(["size", "mean"]).round(3).to_string())
        print(inside.groupby(tried.pattern).agg(["size", "mean"]).round(3).to_string())
        print(inside.groupby(tried.habitat).agg(["size", "mean"]).round(3).to_string())
        constants |= fitted(distinct(made), kind)
        place[kind] = (f"{made.table.core.nunique()} cores of {made.table.study.nunique()} studies thinned; "
                       "bluecarbon/cores/calibrate_gaps.py")  # fmt: skip
    if "--write" in arguments:
        write(constants, Path(__file__).with_name("gap_fill.csv"), place)


if __name__ == "__main__":
    main(sys.argv[1:])
