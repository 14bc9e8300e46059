"""Checked points correct the areas of a projection and enter its intervals; expected figures are worked by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from bluecarbon.accuracy.commands import accuracy
from bluecarbon.projection.commands import project
from methodology.base.errors import InputError

HEAD = (
    "lucode,lulc-class,biomass-initial,soil-initial,litter-initial,biomass-half-life,biomass-low-impact-disturb,"
    "biomass-med-impact-disturb,biomass-high-impact-disturb,biomass-yearly-accumulation,soil-half-life,"
    "soil-low-impact-disturb,soil-med-impact-disturb,soil-high-impact-disturb,soil-yearly-accumulation,"
    "litter-yearly-accumulation"
)
ROWS = (
    "1,marsh,0,100,0,0,0,0,0,0,1,0,0,1,0,0",
    "2,pond,0,50,0,0,0,0,0,0,0,0,0,0,0,0",
    "3,paved,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
)
PATHS = [(1, 2), (1, 1), (1, 3), (2, 2)]
CELL_HA = 1.0  # on an equal-area grid of 100 m


@pytest.fixture
def folder(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    profile = {"driver": "GTiff", "height": 1, "width": 4, "count": 1, "dtype": "uint8", "nodata": 255}
    for n, year in enumerate((2000, 2020)):
        with rasterio.open(
            tmp_path / f"{year}.tif", "w", crs="EPSG:6933", transform=from_origin(1e6, 3e6, 100, 100), **profile
        ) as file:
            file.write(np.array([[path[n] for path in PATHS]], dtype="uint8"), 1)
    (tmp_path / "snapshots.csv").write_text("snapshot_year,raster_path\n2000,2000.tif\n2020,2020.tif\n")
    (tmp_path / "classes.csv").write_text("\n".join((HEAD, *ROWS)) + "\n")
    (tmp_path / "transitions.csv").write_text(
        "lulc-class,marsh,pond,paved\nmarsh,accum,NCC,NCC\npond,accum,NCC,\npaved,,,NCC\n"
    )
    return tmp_path


def checked(folder, matrix: str, areas: dict[str, float]):
    """accuracy.json of a stratified sample."""
    (folder / "matrix.csv").write_text(matrix)
    (folder / "areas.csv").write_text("stratum,area_ha\n" + "".join(f"{name},{ha}\n" for name, ha in areas.items()))
    options = ["--matrix", folder / "matrix.csv", "--strata-areas", folder / "areas.csv", "--out", folder / "acc"]
    done = CliRunner().invoke(accuracy, [*map(str, options), "--design", "stratified-random"], catch_exceptions=False)
    assert done.exit_code == 0
    return folder / "acc" / "accuracy.json"


def run(folder, estimate, date: str, *more: str):
    tables = [str(x) for n in ("snapshots", "classes", "transitions") for x in (f"--{n}", folder / f"{n}.csv")]
    options = ["--accuracy", str(estimate), "--accuracy-date", date, "--out", str(folder / "out"), "--draws", "1000"]
    done = CliRunner().invoke(project, [*tables, *options, *more], catch_exceptions=False)
    if done.exit_code == 0:
        statement = json.loads((folder / "out" / "statement.json").read_text())
        return {line["id"]: line for line in statement["lines"]}, done
    return {}, done


def test_one_checked_map_corrects_every_date(folder):
    """Mapped in 2020: marsh 1 ha, pond 2, paved 1. A fifth of the marsh and a tenth of the paved ground is pond.

    So marsh 0.8 ha, paved 0.9, pond 2.3. The errors x of marsh, √(0.8 · 0.2 / 49) ha, and y of paved, √(0.9 · 0.1 / 49),
    are independent, that of pond is −x − y. What was marsh in 2000 is now pond (1 ha of 2, scale 1.15), marsh (0.8) and
    paved (0.9): 2.85 ha with the error (x + y) / 2.
    """
    estimate = checked(
        folder, ",marsh,pond,paved\nmarsh,40,10,0\npond,0,50,0\npaved,0,5,45\n", {"marsh": 1, "pond": 2, "paved": 1}
    )
    lines, done = run(folder, estimate, "2020")
    both = ((0.8 * 0.2 + 0.9 * 0.1) / 49) ** 0.5
    assert lines["habitat_area/marsh/2020"]["value"] == pytest.approx(0.8 * CELL_HA, rel=1e-6)
    assert lines["habitat_area/pond/2020"]["value"] == pytest.approx(2.3 * CELL_HA, rel=1e-6)
    assert lines["habitat_area/marsh/2020"]["standard_uncertainty"] == pytest.approx(0.4 / 7, rel=1e-6)
    assert lines["habitat_area/marsh/2000"]["value"] == pytest.approx(2.85, rel=1e-6)
    assert lines["habitat_area/marsh/2000"]["standard_uncertainty"] == pytest.approx(both / 2, rel=1e-6)
    assert lines["habitat_area/2020"]["standard_uncertainty"] == pytest.approx(0, abs=1e-6)
    stock = lines["carbon_stock/2000"]  # 100 t/ha on marsh, 50 on the one pond of both dates, scale 1.15
    assert stock["value"] == pytest.approx(2.85 * 100 + 1.15 * 50, rel=1e-6)
    # 100 t/ha · (x + y) / 2 of what was marsh, less 50 t/ha · (x + y) / 2 of what was pond
    assert stock["standard_uncertainty"] == pytest.approx(25 * both, rel=1e-6)
    assert stock["interval"]["excludes"] == [
        "classification error of the maps that were not checked",
        "the class table gives no limits",
    ]
    assert "BC-PRJ-56" in done.stderr


def test_checked_changes_leave_no_map_error_out(folder):
    """One hectare of each change; a tenth of the lasting marsh and of the paving, and 4 % of the pond, are new pond."""
    names = ["marsh to pond", "marsh to marsh", "marsh to paved", "pond to pond"]
    rows = {names[0]: [50, 0, 0, 0], names[1]: [5, 45, 0, 0], names[2]: [5, 0, 45, 0], names[3]: [2, 0, 0, 48]}
    matrix = "," + ",".join(names) + "\n" + "".join(f"{n},{','.join(map(str, r))}\n" for n, r in rows.items())
    lines, _ = run(folder, checked(folder, matrix, dict.fromkeys(names, 1)), "2000-2020")
    assert lines["habitat_area/marsh/2020"]["value"] == pytest.approx(0.9, rel=1e-6)
    assert lines["habitat_area/marsh/2000"]["value"] == pytest.approx(1.24 + 0.9 + 0.9, rel=1e-6)
    assert lines["habitat_area/marsh/2020"]["standard_uncertainty"] == pytest.approx((0.09 / 49) ** 0.5, rel=1e-6)
    assert lines["habitat_area/marsh/2020"]["interval"]["excludes"] == []
    assert lines["habitat_area/marsh/2000"]["standard_uncertainty"] == pytest.approx(
        (0.04 * 0.96 / 49) ** 0.5, rel=1e-6
    )


def test_tables_and_statement_say_the_same(folder):
    import csv

    estimate = checked(
        folder, ",marsh,pond,paved\nmarsh,40,10,0\npond,0,50,0\npaved,0,5,45\n", {"marsh": 1, "pond": 2, "paved": 1}
    )
    lines, _ = run(folder, estimate, "2020")
    with open(folder / "out" / "totals.csv", newline="") as file:
        stock = next(row for row in csv.DictReader(file) if row["quantity"] == "stock" and row["date"] == "2000")
    assert float(stock["amount"]) == pytest.approx(lines["carbon_stock/2000"]["value"], rel=1e-9)
    from methodology.statement_file import recompute_file

    assert recompute_file(folder / "out" / "statement.json")[0]


@pytest.mark.parametrize(
    ("matrix", "date", "found"),
    [
        (",marsh,pond\nmarsh,40,10\npond,0,50\n", "2020", "paved"),
        (",marsh,pond,paved\nmarsh,40,10,0\npond,0,50,0\npaved,0,5,45\n", "2010", "2010"),
        (",marsh,pond,paved\nmarsh,40,10,0\npond,0,50,0\npaved,0,5,45\n", "2020-2000", "2020-2000"),
        (",marsh,pond,paved\nmarsh,40,10,0\npond,0,50,0\npaved,0,5,45\n", "then", "then"),
    ],
)
def test_what_does_not_fit_is_refused(folder, matrix, date, found):
    names = [line.split(",")[0] for line in matrix.splitlines()[1:]]
    estimate = checked(folder, matrix, dict.fromkeys(names, 1))
    with pytest.raises(InputError, match="BC-PRJ-55") as refused:
        run(folder, estimate, date)
    assert found in str(refused.value)
    assert not (folder / "out").exists()


def test_rates_without_a_design_correct_nothing(folder):
    (folder / "a.json").write_text('{"classes": []}')
    with pytest.raises(InputError, match="BC-PRJ-55"):
        run(folder, folder / "a.json", "2020")


def test_other_stratum_areas_are_told(folder):
    estimate = checked(
        folder, ",marsh,pond,paved\nmarsh,40,10,0\npond,0,50,0\npaved,0,5,45\n", {"marsh": 7, "pond": 2, "paved": 1}
    )
    _, done = run(folder, estimate, "2020")
    assert "BC-PRJ-57" in done.stderr
