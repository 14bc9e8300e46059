"""The command line: help without heavy imports, results on disk, the peer's model, JSON, refusals without output."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from bluecarbon import outputs
from bluecarbon.projection.commands import project
from methodology.base.errors import InputError
from methodology.base.outputs import all_or_nothing
from methodology.statement_file import recompute_file

ROOT = Path(__file__).resolve().parents[2]
HEAD = (
    "lucode,lulc-class,biomass-initial,soil-initial,litter-initial,biomass-half-life,biomass-low-impact-disturb,"
    "biomass-med-impact-disturb,biomass-high-impact-disturb,biomass-yearly-accumulation,soil-half-life,"
    "soil-low-impact-disturb,soil-med-impact-disturb,soil-high-impact-disturb,soil-yearly-accumulation,"
    "litter-yearly-accumulation"
)
# The peer's edge case: marsh, pond and paved ground; its own answers stand in test_projection_peer.py.
CLASSES = (
    HEAD,
    "1,marsh,0,100,7,0,0,0,0,0,1,0,0,1,2,0",
    "2,pond,0,50,0,15,0,0,0,0,15,0,0,0,0,0",
    "3,paved,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
)
TRANSITIONS = (
    "lulc-class,marsh,pond,paved\nmarsh,accum,high-impact-disturb,high-impact-disturb\npond,accum,NCC,\npaved,,,NCC\n"
)
PATHS = [(1, 2, 2), (1, 2, 1), (1, 3, 3), (2, 2, 2)]


@pytest.fixture
def folder(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    for n, year in enumerate((2000, 2010, 2020)):
        cells = np.array([[path[n] for path in PATHS]], dtype="uint8")
        with rasterio.open(
            tmp_path / f"{year}.tif",
            "w",
            driver="GTiff",
            height=1,
            width=len(PATHS),
            count=1,
            dtype="uint8",
            nodata=255,
            crs="EPSG:32650",
            transform=from_origin(300000, 2400000, 100, 100),
        ) as file:
            file.write(cells, 1)
    rows = "".join(f"{year},{year}.tif\n" for year in (2000, 2010, 2020))
    (tmp_path / "snapshots.csv").write_text("snapshot_year,raster_path\n" + rows)
    (tmp_path / "classes.csv").write_text("\n".join(CLASSES) + "\n")
    (tmp_path / "transitions.csv").write_text(TRANSITIONS)
    return tmp_path


def call(folder: Path, *more: str):
    named = [
        part for name in ("snapshots", "classes", "transitions") for part in (f"--{name}", str(folder / f"{name}.csv"))
    ]
    return CliRunner().invoke(project, [*named, "--out", str(folder / "out"), *more], catch_exceptions=False)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with open(folder / "out" / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_default_run(folder):
    result = call(folder, "--until", "2030")
    assert result.exit_code == 0
    assert "net sequestration" in result.stdout
    rows = table(folder, "trajectories.csv")
    by_path = {(row["class_2000"], row["class_2010"], row["class_2020"]): row for row in rows}
    row = by_path["marsh", "pond", "pond"]
    assert float(row["stock_2000_t_co2e_ha"]) == 107
    assert float(row["stock_2030_t_co2e_ha"]) == pytest.approx(7 + 120 * 2**-20)
    assert float(row["emission_2020_2030_t_co2e_ha"]) == pytest.approx(120 * (2**-10 - 2**-20))


def test_peer_model_and_its_open_balance(folder):
    result = call(folder, "--until", "2030", "--model", "invest-3.20", "--price", "1", "--discount", "0")
    rows = table(folder, "trajectories.csv")
    row = next(r for r in rows if (r["class_2000"], r["class_2020"]) == ("marsh", "pond"))
    assert float(row["stock_2030_t_co2e_ha"]) == pytest.approx(-27.856037139892578, rel=1e-6)  # the peer's own figure
    assert float(row["value_2030_per_ha"]) == pytest.approx(-3835.680908203125, rel=1e-6)
    assert "BC-PRJ-44" in result.stderr


def test_tables_add_to_the_same_whole(folder):
    call(folder, "--until", "2030")
    whole = {(r["quantity"], r["date"], r["period"]): float(r["amount"]) for r in table(folder, "totals.csv")}
    assert len(whole) == 4 * 2 + 3 * 3  # area and stock at four dates, three flows in three periods
    for name in ("results.csv", "by_class.csv", "by_transition.csv", "by_pool.csv"):
        sums: dict[tuple[str, str, str], float] = {}
        for row in table(folder, name):
            key = (row["quantity"], row["date"], row["period"])
            sums[key] = sums.get(key, 0.0) + float(row["amount"])
        assert sums == pytest.approx(whole, rel=1e-9, abs=1e-9), name
    caused = sum(float(row["emission_t_co2e"]) for row in table(folder, "emission_by_cause.csv"))
    emitted = sum(value for (quantity, _, _), value in whole.items() if quantity == "emission")
    assert caused == pytest.approx(emitted, rel=1e-9)


def test_zones_add_to_the_whole(folder):
    import geopandas
    from shapely.geometry import box

    left, right = box(300000, 2399900, 300200, 2400000), box(300200, 2399900, 300300, 2400000)
    frame = geopandas.GeoDataFrame({"name": ["west", "east"]}, geometry=[left, right], crs="EPSG:32650")
    frame.to_file(folder / "zones.gpkg")
    call(folder, "--until", "2030", "--zones", str(folder / "zones.gpkg"), "--zone-field", "name")
    rows = [row for row in table(folder, "by_zone.csv") if row["quantity"] == "area" and row["date"] == "2000"]
    assert {row["zone"] for row in rows} == {"west", "east", "(outside every zone)"}
    whole = next(r for r in table(folder, "totals.csv") if r["quantity"] == "area" and r["date"] == "2000")
    assert sum(float(row["amount"]) for row in rows) == pytest.approx(float(whole["amount"]), rel=1e-12)


def test_json_is_the_file(folder):
    result = call(folder, "--until", "2030", "--json")
    said = json.loads(result.stdout)
    assert said == json.loads((folder / "out" / "projection.json").read_text())
    assert said["dates"] == [2000, 2010, 2020, 2030]
    assert said["trajectories"] == 4


def test_statement_and_difference_are_written(folder):
    call(folder, "--until", "2030", "--compare", "--draws", "1000")
    statement = json.loads((folder / "out" / "statement.json").read_text())
    assert statement["format"] == "ghg-statement"
    assert {file["role"] for file in statement["inputs"]["files"]} >= {"classes", "transitions", "map 2000"}
    rows = {(row["quantity"], row["when"]): row for row in table(folder, "difference.csv")}
    row = {key: float(value) for key, value in rows["emission", "2020-2030"].items() if key not in ("quantity", "when")}
    parts = sum(value for key, value in row.items() if key.startswith("D"))
    assert row["default"] + parts == pytest.approx(row["invest_3_20"], rel=1e-9)
    assert row["D3"] == pytest.approx(row["invest_3_20"] - row["default"], rel=1e-9)
    assert statement["difference_to_peer"]["defects"]["D3"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_with_pictures(folder, lang):
    call(folder, "--until", "2030", "--draws", "1000", "--report", lang)
    text = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 3  # ground, flows, stock
    assert "marsh" in text
    title, when = {
        "en": ("Projection of coastal carbon", "mapped in 2000 and 2010 and 2020, carried on to 2030"),
        "zh": ("滨海碳储量推算", "制图日期 2000 与 2010 与 2020，推算至 2030"),
    }[lang]
    assert f"<h1>{title}</h1>" in text
    assert when in text


def test_value_stands_in_statement_and_report_and_is_held(folder):
    """By hand, four cells of about 1 ha: three marshes take up 2 t CO2e/ha a year from 2000 to 2010, the pond nothing."""
    call(folder, "--price", "30", "--discount", "4", "--draws", "1000", "--report", "en")
    path = folder / "out" / "statement.json"
    statement = json.loads(path.read_text())
    value = statement["value"]["net_present_value"]
    hectares = next(n["value"] for n in statement["lines"] if n["id"] == "habitat_area/marsh/2000")
    assert value["2010"] == pytest.approx(hectares * 2 * 30 * sum(1.04**-n for n in range(10)), rel=1e-9)
    text = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "Net present value" in text
    assert "discount 4 % a year" in text
    assert recompute_file(path)[0]
    statement["by_year"]["net_sequestration_t_co2e"] = [5 * n for n in statement["by_year"]["net_sequestration_t_co2e"]]
    path.write_text(json.dumps(statement))
    with pytest.raises(InputError) as error:
        recompute_file(path)
    places = " ".join(finding.place for finding in error.value.findings)
    assert "by_year" in places
    assert "value" in places


def test_bare_run_writes_no_statement(folder):
    call(folder, "--until", "2030", "--no-statement")
    assert not (folder / "out" / "statement.json").exists()


@pytest.fixture
def both_models(folder):
    """Statements of the two models."""
    for model in ("invest-3.20", "default"):
        call(folder, "--until", "2030", "--model", model, "--draws", "1000")
        (folder / "out" / "statement.json").rename(folder / f"{model}.json")
    return folder / "invest-3.20.json", folder / "default.json"


def test_difference_of_two_statements_is_split_by_defect(both_models):
    """By hand, four cells of about 1 ha: what was set free in 2010 is 100 + 10 × 2 = 120 t CO2e/ha in three of them.

    Two turned into pond, whose half-life of 15 years the peer takes over (D3), one was paved, whose half-life of 0
    stops the release; the default goes on with the marsh's half-life of 1 year. D1 takes litter out of the stock.
    """
    from methodology.compare import CAUSES, compare
    from methodology.statement_file import read_statement

    peer, default = (read_statement(path) for path in both_models)
    rows = {row["id"]: row for row in compare(peer, default)}
    area_ha = next(line["value"] for line in default["lines"] if line["id"] == "habitat_area/2000") / 4
    own, borrowed = 120 * (0.5**10 - 0.5**20), 120 * (0.5 ** (10 / 15) - 0.5 ** (20 / 15))
    emission = rows["emission/2020-2030"]
    assert emission["departures"]["D3"] == pytest.approx((3 * own - 2 * borrowed) * area_ha, rel=1e-6)
    assert emission["first"] == pytest.approx(2 * borrowed * area_ha, rel=1e-6)
    assert rows["carbon_stock/2000"]["departures"]["D1"] == pytest.approx(3 * 7 * area_ha, rel=1e-6)
    for row in rows.values():
        parts = sum(row["departures"].values()) + sum(row[cause] for cause in CAUSES)
        assert parts == pytest.approx(row["difference"], rel=1e-9, abs=1e-9)
        assert row["difference"] == pytest.approx(row["second"] - row["first"], rel=1e-12, abs=1e-12)
    values = {line["id"]: line["value"] for line in peer["lines"]}
    assert all(row["first"] == pytest.approx(values[name], rel=1e-9) for name, row in rows.items())
    assert {row["id"] for row in rows.values()} >= {"net_flux/2020-2030", "stock_change/2020-2030", "removal/2000-2010"}


def test_another_factor_and_another_model_are_told_apart(folder, both_models):
    """A factor changed as well: what the defects did stays what it was, the rest is the factor."""
    from methodology.compare import compare
    from methodology.statement_file import read_statement

    text = (folder / "classes.csv").read_text().replace("1,marsh,0,100,7", "1,marsh,0,150,7")
    (folder / "classes.csv").write_text(text)
    call(folder, "--until", "2030", "--draws", "1000")
    peer, default, richer = (read_statement(path) for path in (*both_models, folder / "out" / "statement.json"))
    same = {row["id"]: row for row in compare(peer, default)}
    for row in compare(peer, richer):
        assert row["departures"] == pytest.approx(same[row["id"]]["departures"], rel=1e-9, abs=1e-9)
        assert row["factors"] == pytest.approx(row["difference"] - same[row["id"]]["difference"], rel=1e-9, abs=1e-9)
    assert any(row["factors"] for row in compare(peer, richer))


def test_statement_of_the_peer_recomputes_and_has_no_interval(both_models):
    from methodology.statement_file import read_statement, recompute_file

    rows, _ = recompute_file(both_models[0])
    assert rows
    lines = {line["id"]: line for line in read_statement(both_models[0])["lines"]}
    gap = lines["carbon_stock/2030"]  # twice −27.97 + 0.12 of what is left, 0.12, and 50 in the fourth cell
    assert gap["value"] is None
    assert "negative" in gap["reason"]["en"]
    left_out = lines["emission/2020-2030"]["interval"]["excludes"]
    assert "the peer's arithmetic, which gives no intervals" in left_out


def test_folder_that_cannot_be_written(folder):
    from methodology.base.errors import InputError

    (folder / "taken").write_text("a file")
    with pytest.raises(InputError) as caught:
        call(folder, "--until", "2030", "--out", str(folder / "taken" / "out"))
    assert caught.value.code == "ME-OUT-01"


def test_template(folder):
    result = call(folder, "--template")
    assert "marsh to pond" in result.stdout
    assert table(folder, "transitions.csv")[0] == {
        "lulc-class": "marsh",
        "marsh": "",
        "pond": "disturb",
        "paved": "disturb",
    }
    assert not (folder / "out" / "totals.csv").exists()


def test_refusal_leaves_nothing(folder):
    from methodology.base.errors import InputError

    (folder / "classes.csv").write_text("\n".join(CLASSES[:-1]) + "\n")
    with pytest.raises(InputError):
        call(folder, "--until", "2030")
    assert not (folder / "out").exists()


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from bluecarbon.projection.commands import project\n"
        "try: project(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'rasterio', 'scipy', 'sympy', 'xarray'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "--template" in done.stdout


KILLED = """
import os, signal, sys
from bluecarbon.maps import checkpoint
from bluecarbon.projection.job import Choices, run
from pathlib import Path

checkpoint.EVERY_S = 0
checkpoint.Checkpoint.__init__.__defaults__ = (*checkpoint.Checkpoint.__init__.__defaults__[:1], 0)
from bluecarbon.maps import trajectories
trajectories.BATCH = trajectories.WINDOW_CELLS = 1

def stop(what, share):
    if what == "count":
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
tables = (folder / f"{name}.csv" for name in ("snapshots", "classes"))
run(Choices(*tables, folder / "out", folder / "transitions.csv", until=2030), stop)
"""


def test_a_killed_run_goes_on_and_writes_the_same_files(folder):
    whole = call(folder, "--until", "2030")
    assert whole.exit_code == 0
    expected = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    for path in (folder / "out").iterdir():
        path.unlink()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == -9, done.stderr
    assert [path.name for path in (folder / "out").iterdir()] == ["counting.checkpoint"]
    resumed = call(folder, "--until", "2030")
    assert "BC-RAS-25" in resumed.stderr
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == expected


@pytest.mark.parametrize(
    ("spent", "done", "left", "said"),
    [(30, 0.25, 0.75, ", about 2 min left"), (10, 0.5, 0.5, ", about 10 s left"), (0.1, 0.5, 0.5, "")],
)
def test_time_left_at_the_pace_so_far(spent, done, left, said):
    from bluecarbon.projection.commands import time_left

    assert time_left(spent, done, left) == said


def test_contradictory_options_are_wrong_usage(folder):
    result = call(folder, "--price", "3")
    assert result.exit_code == 2
    assert "BC-PRJ-34" in result.stderr
    assert not (folder / "out").exists()


def test_headers_broken_into_lines_are_read(folder):
    """As a spreadsheet leaves them: the break stands after a hyphen, or in place of a space."""
    whole = call(folder, "--until", "2030", "--no-statement")
    expected = (folder / "out" / "totals.csv").read_bytes()
    head = ",".join(
        f'"{name}"' for name in HEAD.replace("-impact-", "-\nimpact-").replace("-initial", "\n-initial").split(",")
    )
    (folder / "classes.csv").write_text("\n".join((head, *CLASSES[1:])) + "\n")
    again = call(folder, "--until", "2030", "--no-statement")
    assert (whole.exit_code, again.exit_code) == (0, 0)
    assert (folder / "out" / "totals.csv").read_bytes() == expected


def test_a_map_elsewhere_is_named(folder):
    import rasterio

    from methodology.base.errors import InputError

    with rasterio.open(folder / "2010.tif", "r+") as file:
        file.crs = "EPSG:32651"
    with pytest.raises(InputError) as refused:
        call(folder, "--until", "2030")
    assert refused.value.code == "BC-PRJ-36"
    assert any("2010.tif" in finding.place and "zone 51N" in str(finding.found) for finding in refused.value.findings)
    assert not (folder / "out").exists()


def test_projection_of_a_job_keeps_its_count_where_results_will_lie(folder):
    """A job writes into a staging folder that goes with the run; the state of a stopped count must outlive it."""
    table = {name: f"{name}.csv" for name in ("snapshots", "classes", "transitions")} | {"draws": 1000}
    file = SimpleNamespace(job=SimpleNamespace(projection=table), folder=folder)
    out, state = folder / "out", folder / "out" / "projection" / "counting.checkpoint"

    def stopped(what, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), all_or_nothing(out) as staging:
        outputs._project(file, staging, out, "en", stopped)
    assert [path.name for path in out.iterdir()] == ["projection"]
    assert state.is_file()
    with all_or_nothing(out) as staging:
        outputs._project(file, staging, out, "en", lambda what, share: None)
    assert not state.exists()
    assert (out / "projection" / "report.html").is_file()
