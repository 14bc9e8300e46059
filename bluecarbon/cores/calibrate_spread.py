"""Make the spread rows of ``factors.csv`` from the Coastal Carbon Network's tables. Run by hand:

    python -m bluecarbon.cores.calibrate_spread FOLDER [--write]

How far measured organic carbon lies from the published equation of its habitat (within a study, and from study to
study), and how far a slice lies from the line between its neighbours.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from bluecarbon.cores.calibrate import profile_of, usable
from bluecarbon.cores.organic import published_carbon
from bluecarbon.cores.spread import triple_variance

HABITATS = ("mangrove", "marsh", "seagrass")
FEWEST_PAIRS = 10


def pairs(folder: Path) -> pd.DataFrame:
    """Slices with organic carbon and organic matter both measured, and carbon not above organic matter."""
    depths = pd.read_csv(folder / "depthseries.csv.gz", low_memory=False)
    cores = pd.read_csv(folder / "cores.csv.gz", low_memory=False).drop_duplicates(["study_id", "site_id", "core_id"])
    methods = pd.read_csv(folder / "methods.csv.gz").drop_duplicates(["study_id", "method_id"])
    table = depths.merge(cores[["study_id", "site_id", "core_id", "habitat"]], how="left")
    table = table.merge(
        methods[["study_id", "method_id", "carbon_measured_or_modeled", "fraction_carbon_type"]], how="left"
    )
    keep = (table.fraction_carbon > 0) & (table.fraction_carbon <= table.fraction_organic_matter)
    keep &= (table.fraction_carbon_type == "organic carbon") & (table.carbon_measured_or_modeled != "modeled")
    return table[keep & table.habitat.isin(HABITATS)]


def published_spread(table: pd.DataFrame) -> dict[str, tuple[float, float, int, int]]:
    """Spread of ln(measured / published) within and between studies by habitat: (within, between, slices, studies).

    Between studies all habitats are taken together, as the root mean square of the studies' means about zero, so that
    a bias of the equation counts as spread.
    """
    offs = []
    for habitat in HABITATS:
        rows = table[table.habitat == habitat]
        predicted = published_carbon(rows.fraction_organic_matter.to_numpy(), habitat)
        good = predicted > 0
        log = np.log(rows.fraction_carbon.to_numpy()[good] / predicted[good])
        offs.append(pd.DataFrame({"habitat": habitat, "study": rows.study_id.to_numpy()[good], "off": log}))
    off = pd.concat(offs)
    size = off.groupby(["habitat", "study"]).off.transform("size")
    off = off[size >= FEWEST_PAIRS]
    means = off.groupby(["habitat", "study"]).off.mean()
    between = float(np.sqrt((means**2).mean()))
    result = {}
    for habitat in HABITATS:
        rows = off[off.habitat == habitat]
        inner = rows.off - rows.groupby("study").off.transform("mean")
        studies = rows.study.nunique()
        within = float(np.sqrt((inner**2).sum() / (len(rows) - studies)))
        result[habitat] = (within, between, len(rows), studies)
    return result


def main(arguments: list[str]) -> None:
    """Print the rows; with --write, put them into factors.csv in place of the old ones."""
    folder = Path(arguments[0])
    rows = []
    for habitat, (within, between, slices, studies) in published_spread(pairs(folder)).items():
        place = f"{slices} slices of {studies} studies; bluecarbon/cores/calibrate_spread.py"
        rows.append((f"om-{habitat}-spread-within", "oc_om_spread_within", habitat, within, place))
        rows.append(
            (f"om-{habitat}-spread-between", "oc_om_spread_between", habitat, between, place + "; all habitats")
        )
    profile, _ = profile_of(usable(pd.read_csv(folder / "ccn_real_cores_in.csv.gz", low_memory=False)))
    variance, triples = triple_variance(profile)
    scatter = float(np.sqrt(np.median(variance[triples >= 3])))
    place = f"median of {int((triples >= 3).sum())} cores with 5 slices or more; bluecarbon/cores/calibrate_spread.py"
    rows.append(("slice-scatter", "slice_scatter", "", scatter, place))
    for row in rows:
        print(*row, sep="  ")
    if "--write" in arguments:
        path = Path(__file__).with_name("factors.csv")
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        new = {row[0] for row in rows}
        kept = [line for line in lines if line[0] not in new]
        made = [
            [i, q, h, f"{v:.4f}", "1", "", "", "unknown", "ccn2025", place, "local", "", ""]
            for i, q, h, v, place in rows
        ]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([*kept, *made])


if __name__ == "__main__":
    main(sys.argv[1:])
