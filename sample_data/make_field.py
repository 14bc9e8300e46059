"""Makes the sample survey's field tables: cores, dated sections, trees, plots, downed wood, quadrats. Every number is synthetic.

Cores hold carbon that falls with depth and scatters between cores; trees are drawn from a few size classes; quadrats
are small harvests. Nothing was measured anywhere. ``broken/survey-field-*.toml`` and ``broken/field-faults.csv`` hold
one fault each. Run: ``python sample_data/make_field.py``. The files are committed, so that nobody has to.
"""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
STUDY = "Synthetic_2023"
YEAR = 2023
DECAY = math.log(2) / 22.23  # ²¹⁰Pb, per year

CORE_SITES = {
    # site: habitat, cores, longitude, latitude, carbon at the surface [g/cm³], share that stays, e-folding [cm], bottom [cm]
    "reed north": ("marsh", 3, 114.0416, 22.5158, 0.030, 0.45, 35.0, 100),
    "reed south": ("marsh", 2, 114.0670, 22.5159, 0.026, 0.50, 40.0, 100),
    "kandelia belt": ("mangrove", 4, 114.0433, 22.5195, 0.034, 0.60, 45.0, 70),
    "ponds": ("mangrove", 3, 114.0586, 22.5238, 0.016, 0.70, 30.0, 100),
}
EDGES_CM = (0, 5, 10, 20, 30, 50, 70, 100)


def write(name: str, header: list[str], rows: list[list[object]]) -> None:
    """One table beside this file."""
    with open(FOLDER / name, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def cores() -> None:
    """Depth series of every core, with position and what its carbon is."""
    random = np.random.default_rng(20231)
    rows = []
    for site, (habitat, count, lon, lat, top, rest, length, bottom) in CORE_SITES.items():
        for number in range(1, count + 1):
            level = top * (1 + 0.14 * random.standard_normal())
            place = (lon + 0.0008 * random.standard_normal(), lat + 0.0001 * random.standard_normal())
            for upper, lower in itertools.pairwise(EDGES_CM):
                if lower > bottom:
                    break
                middle = (upper + lower) / 2
                density = 0.55 + 0.003 * middle + 0.02 * random.standard_normal()
                carbon = (
                    level * (rest + (1 - rest) * math.exp(-middle / length)) * (1 + 0.04 * random.standard_normal())
                )
                rows.append([STUDY, site, f"{site[0].upper()}{site.split()[-1][0]}{number}", habitat, YEAR,
                             f"{place[1]:.5f}", f"{place[0]:.5f}", "core depth limited by length of corer", upper, lower,
                             f"{density:.3f}", f"{carbon / density:.4f}", "measured", "organic carbon"])  # fmt: skip
    header = ["study_id", "site_id", "core_id", "habitat", "year", "latitude", "longitude", "core_length_flag",
              "depth_min [cm]", "depth_max [cm]", "dry_bulk_density [g/cm3]", "fraction_carbon",
              "carbon_measured_or_modeled", "fraction_carbon_type"]  # fmt: skip
    write("cores.csv", header, rows)


def dating() -> None:
    """Two cores of the reed belt in sections of 2 cm, ²¹⁰Pb falling by its decay under a constant rate."""
    random = np.random.default_rng(20232)
    rows = []
    for core, rate, surface in (("Rn1", 0.24, 95.0), ("Rs1", 0.19, 110.0)):  # [g cm⁻² yr⁻¹], [Bq/kg]
        mass = 0.0
        for upper in range(0, 60, 3):
            density = 0.55 + 0.003 * (upper + 1.5)
            middle = mass + 1.5 * density
            mass += 3 * density
            excess = surface * math.exp(-DECAY * middle / rate)
            total = excess + 22 + 0.6 * random.standard_normal()
            rows.append([STUDY, "reed north" if core == "Rn1" else "reed south", core, YEAR, upper, upper + 3,
                         f"{density:.3f}", f"{0.05 * math.exp(-upper / 60):.4f}", f"{total:.2f}",
                         f"{0.03 * total + 0.4:.2f}", "22.0", "0.8"])  # fmt: skip
    header = ["study_id", "site_id", "core_id", "year", "depth_min [cm]", "depth_max [cm]", "dry_bulk_density [g/cm3]",
              "fraction_carbon", "total_pb210_activity [Bq/kg]", "total_pb210_activity_se [Bq/kg]",
              "ra226_activity [Bq/kg]", "ra226_activity_se [Bq/kg]"]  # fmt: skip
    write("dating.csv", header, rows)


def trees() -> None:
    """Plots of 7 m radius in the Kandelia group and the planted ponds, with every stem of 3 cm and more."""
    random, of_dead = np.random.default_rng(20233), np.random.default_rng(20235)
    stems, plots = [], []
    for site, stratum, count, number, mean, kinds in (
        ("kandelia belt", "Kandelia group", 4, 46, 9.0, ("Kandelia obovata", "Kandelia obovata", "Avicennia marina")),
        ("ponds", "planted ponds", 3, 38, 5.0, ("Sonneratia apetala", "Kandelia obovata")),
    ):
        for plot in range(1, count + 1):
            name = f"{site.split()[0][0].upper()}{plot}"
            plots.append([STUDY, site, name, YEAR, "main", stratum, "mangrove", 7, 3])
            for tree in range(1, number + int(random.integers(-6, 7)) + 1):
                diameter = max(3.0, mean * float(np.exp(0.28 * random.standard_normal())))
                height = 1.1 * diameter**0.75 * (1 + 0.06 * random.standard_normal())
                stems.append([STUDY, site, name, YEAR, tree, kinds[int(random.integers(len(kinds)))], "alive", "",
                              f"{diameter:.1f}", "breast height", 0.1, f"{height:.1f}", 0.3])  # fmt: skip
            for dead in range(int(of_dead.integers(1, 4))):
                diameter = max(3.0, mean * float(np.exp(0.28 * of_dead.standard_normal())))
                stems.append([STUDY, site, name, YEAR, f"d{dead + 1}", "Kandelia obovata", "dead",
                              int(of_dead.integers(1, 4)), f"{diameter:.1f}", "breast height", 0.1,
                              f"{0.9 * diameter**0.75:.1f}", 0.3])  # fmt: skip
    header = ["study_id", "site_id", "plot_id", "year", "tree_id", "species", "alive_or_dead", "decay_class",
              "diameter [cm]", "diameter_kind", "diameter_se [cm]", "height [m]", "height_se [m]"]  # fmt: skip
    write("trees.csv", header, stems)
    wood(plots)
    header = ["study_id", "site_id", "plot_id", "year", "size_class", "stratum", "habitat", "plot_radius [m]",
              "diameter_min [cm]"]  # fmt: skip
    write("plots.csv", header, plots)


def wood(plots: list[list[object]]) -> None:
    """Two transects in every tree plot: counted classes, and large pieces with their diameter."""
    random = np.random.default_rng(20236)
    rows = []
    for _, site, plot, *_ in plots:
        for transect in ("T1", "T2"):
            where = [STUDY, site, plot, transect]
            for name, length, most in (("fine", 2, 12), ("small", 3, 8), ("medium", 5, 3)):
                rows.append([*where, name, length, int(random.integers(0, most + 1)), ""])
            for _ in range(int(random.integers(0, 2))):
                rows.append([*where, "large sound", 12, "", f"{8 + 4 * random.random():.1f}"])
    header = ["study_id", "site_id", "plot_id", "transect_id", "wood_class", "transect_length [m]", "pieces",
              "diameter [cm]"]  # fmt: skip
    write("wood.csv", header, rows)


def quadrats() -> None:
    """Harvests in the reed belt (shoots only) and the seagrass beds (shoots and roots), litter under Kandelia."""
    random = np.random.default_rng(20234)
    rows = []
    for site, stratum, habitat, species, plots, shoots, roots, carbon in (
        ("reed north", "reed belt", "marsh", "Phragmites australis", 4, 310.0, None, 0.43),
        ("beds", "beds", "seagrass", "Halophila beccarii", 3, 9.0, 4.0, 0.32),
        ("kandelia belt", "Kandelia group", "litter", "", 4, 31.0, None, 0.44),
    ):
        for plot in range(1, plots + 1):
            for quadrat in ("Q1", "Q2"):
                for component, area, mean in (("above", 0.25, shoots), ("below", 0.00785, roots)):
                    if mean is not None:
                        mass = mean * (1 + 0.15 * random.standard_normal()) * (1 if component == "above" else 0.25)
                        rows.append([STUDY, site, f"{habitat[0].upper()}{plot}", quadrat, stratum, habitat, species,
                                     component, area, f"{mass:.2f}", f"{carbon + 0.01 * random.standard_normal():.3f}"])  # fmt: skip
    header = ["study_id", "site_id", "plot_id", "quadrat_id", "stratum", "habitat", "species", "component",
              "quadrat_area [m2]", "dry_mass [g]", "fraction_carbon"]  # fmt: skip
    write("quadrats.csv", header, rows)


MEASURED = """
# Field tables: every number in them is made up, see make_field.py. Sites are linked to strata of the legend.
[cores]
table = "cores.csv"
depth_cm = 100
beyond = "exponential"

[cores.sites]
"reed north" = "reed belt"
"reed south" = "reed belt"
"kandelia belt" = "Kandelia group"
"ponds" = "planted ponds"

[dating]
table = "dating.csv"
model = "cfcs"
years = 60

[dating.sites]
"reed north" = "reed belt"
"reed south" = "reed belt"

[plots]
trees = "trees.csv"
plots = "plots.csv"
equations = "south-china"
wood = "wood.csv"
dead_wood = "standing and downed"

[plots.sites]
"kandelia belt" = "Kandelia group"
"ponds" = "planted ponds"

[quadrats]
table = "quadrats.csv"
year = 2023

[quadrats.sites]
"reed north" = "reed belt"
"beds" = "beds"
"kandelia belt" = "Kandelia group"
"""


def job() -> None:
    """The sample survey with its field tables."""
    text = (FOLDER / "survey.toml").read_text(encoding="utf-8")
    text = text.replace("habitats 2015 and 2023 (synthetic)", "habitats 2015 and 2023 with field data (synthetic)")
    (FOLDER / "survey_measured.toml").write_text(text + MEASURED, encoding="utf-8")


BROKEN = FOLDER / "broken"
LEGEND = '"31" = { habitat = "seagrass", stratum = "beds", soil = "mineral", activity = "none" }'
GROWING = '"31" = { habitat = "seagrass", stratum = "beds", soil = "mineral", activity = "revegetation", started = 2015, replanted = true }'
CORES_HEAD = (
    "study_id,site_id,core_id,habitat,year,depth_min [cm],depth_max [cm],dry_bulk_density [g/cm3],fraction_carbon,\
carbon_measured_or_modeled,fraction_carbon_type,age\n"
)
GOOD = [("A", "1", "seagrass", 0, 100, 0.8, 0.012), ("A", "2", "seagrass", 0, 100, 0.9, 0.010)]
PB_HEAD = "study_id,site_id,core_id,year,depth_min [cm],depth_max [cm],dry_bulk_density [g/cm3],fraction_carbon,\
excess_pb210_activity [Bq/kg],excess_pb210_activity_se [Bq/kg]\n"
QUADRATS = "study_id,site_id,plot_id,quadrat_id,habitat,component,quadrat_area [m2],dry_mass [g],fraction_carbon\n\
S,A,P1,Q1,seagrass,above,0.25,10,0.33\nS,A,P2,Q1,seagrass,above,0.25,12,0.33\n"
TREES = "study_id,site_id,plot_id,species,alive_or_dead,diameter [cm],diameter_kind\n\
S,A,P1,Kandelia obovata,alive,8,breast height\nS,A,P2,Kandelia obovata,alive,9,breast height\n"
PLOTS = "study_id,site_id,plot_id,plot_area [m2]\nS,A,P1,100\nS,A,P2,100\n"
WOOD = "study_id,site_id,plot_id,transect_id,wood_class,transect_length [m],pieces\nS,A,P1,T1,medium,5,2\n\
S,A,P2,T1,medium,5,0\nS,A,P3,T1,medium,5,1\n"
CORES_JOB = '[cores]\ntable = "field-cores{suffix}.csv"\n'
LINKED = '[cores.sites]\nA = "beds"\n'


def core_table(suffix: str, rows: list[tuple[object, ...]], age: str = "") -> None:
    """A small core table beside the broken jobs."""
    lines = [
        f"S,{site},{core},{h},2020,{top},{end},{d},{c},measured,organic carbon,{age}"
        for site, core, h, top, end, d, c in rows
    ]
    (BROKEN / f"field-cores{suffix}.csv").write_text(CORES_HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def broken() -> None:
    """One job for every fault that field tables can have in a survey, and the table of what each must raise."""
    core_table("", GOOD)
    core_table("-one", [GOOD[0]])
    core_table("-short", [GOOD[0], ("A", "2", "seagrass", 0, 40, 0.9, 0.010)])
    core_table("-fault", [GOOD[0], GOOD[1], ("A", "3", "seagrass", 0, 100, 7.8, 0.010)])
    core_table("-mangrove", [GOOD[0], ("A", "2", "mangrove", 0, 100, 0.9, 0.010)])
    core_table("-aged", GOOD, "120")
    for name, text in (("quadrats", QUADRATS), ("trees", TREES), ("plots", PLOTS), ("wood", WOOD)):
        (BROKEN / f"field-{name}.csv").write_text(text, encoding="utf-8")
    sections = [
        f"S,A,{core},2020,{3 * n},{3 * n + 3},0.6,0.02,{90 * math.exp(-0.3 * n):.2f},{2 + n / 5:.1f}"
        for core in "12"
        for n in range(15)
    ]
    (BROKEN / "field-dating.csv").write_text(PB_HEAD + "\n".join(sections) + "\n", encoding="utf-8")
    whole = CORES_JOB.format(suffix="")
    dating = '[dating]\ntable = "field-dating.csv"\nmodel = "cfcs"\nyears = 40\n[dating.sites]\nA = "beds"\n'
    plots = '[plots]\ntrees = "field-trees.csv"\nplots = "field-plots.csv"\nequations = "komiyama-2005"\n'
    plot_sites = '[plots.sites]\nA = "beds"\n'
    faults = {
        "site-without-stratum": ("BC-FLD-01", whole),
        "stratum-not-in-legend": ("BC-FLD-02", whole + LINKED.replace("beds", "meadow")),
        "site-not-in-table": ("BC-FLD-03", whole + LINKED + 'North = "beds"\n'),
        "one-core-in-a-stratum": ("BC-FLD-04", CORES_JOB.format(suffix="-one") + LINKED),
        "core-with-a-fault": ("BC-FLD-05", CORES_JOB.format(suffix="-fault") + LINKED),
        "core-too-short": ("BC-FLD-06", CORES_JOB.format(suffix="-short") + LINKED),
        "core-of-another-habitat": ("BC-FLD-07", CORES_JOB.format(suffix="-mangrove") + LINKED),
        "year-of-a-growing-stand": (
            "BC-FLD-08",
            '[quadrats]\ntable = "field-quadrats.csv"\n[quadrats.sites]\nA = "beds"\n',
        ),
        "two-burial-rates": ("BC-FLD-13", CORES_JOB.format(suffix="-aged") + "rate_years = 100\n" + LINKED + dating),
        "left-out-without-a-reason": ("BC-JOB-04", whole + LINKED + '[cores.leave_out]\n2 = ""\n'),
        "depth-of-half-a-metre": ("BC-JOB-04", whole + "depth_cm = 50\n" + LINKED),
        "unknown-field-key": ("BC-JOB-02", whole + 'beyonds = "line"\n' + LINKED),
        "equations-not-stated": ("BC-JOB-03", '[plots]\ntrees = "t.csv"\nplots = "p.csv"\n'),
        "wood-of-an-unlisted-plot": (
            "BC-FLD-17",
            plots + 'wood = "field-wood.csv"\ndead_wood = "standing and downed"\n' + plot_sites,
        ),
        "downed-wood-without-its-table": ("BC-JOB-04", plots + 'dead_wood = "downed"\n' + plot_sites),
        "no-field-file": ("BC-MAP-03", '[cores]\ntable = "nowhere.csv"\n' + LINKED),
        "quadrats-for-cores": ("BC-TAB-04", '[cores]\ntable = "field-quadrats.csv"\n' + LINKED),
    }
    head = '# Synthetic; the fault is in the file\'s name.\n[survey]\ntitle = "{0}"\nguide = "ipcc-wetlands-2013"\n'
    head += 'climate = "subtropical"\ngwp = "AR5-100"\n[legend]\n{1}\n[[map]]\ndate = 2020\npath = "good.geojson"\n'
    head += 'class_field = "class"\n'
    for fault, (_, text) in faults.items():
        legend = GROWING if fault == "year-of-a-growing-stand" else LEGEND
        (BROKEN / f"survey-field-{fault}.toml").write_text(head.format(fault, legend) + text, encoding="utf-8")
    rows = [[f"survey-field-{fault}.toml", code] for fault, (code, _) in faults.items()]
    write("broken/field-faults.csv", ["file", "code"], rows)


if __name__ == "__main__":
    cores()
    dating()
    trees()
    quadrats()
    job()
    broken()
