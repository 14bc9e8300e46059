"""The ecologist's main job on the sample: one command in, everything a reader and a verifier need out."""

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from methodology.explain import explain
from methodology.statement_file import read_statement, recompute

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_data"


def bluecarbon(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "bluecarbon.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        **more,
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    base = tmp_path_factory.mktemp("runs")
    for name, job, lang in (
        ("en", "survey.toml", "en"),
        ("again", "survey.toml", "en"),
        ("raster", "survey_raster.toml", "zh"),
    ):
        result = bluecarbon("run", SAMPLE / job, "--out", base / name, "--lang", lang, "--draws", 2000)
        assert result.returncode == 0, result.stderr
    return base


def lines(folder):
    return {line["id"]: line for line in read_statement(folder / "statement.json")["lines"]}


def test_all_files_are_written(runs):
    names = {path.name for path in (runs / "en").iterdir()}
    assert {"statement.json", "run.json", "report.html", "worksheet.xlsx", "lines.csv", "layers.gpkg"} <= names
    assert {"density_2015.tif", "density_2023.tif"} <= {path.name for path in (runs / "raster").iterdir()}


@pytest.mark.parametrize("name", ["statement.json", "lines.csv", "report.html"])
def test_the_same_inputs_give_the_same_bytes(runs, name):
    assert (runs / "en" / name).read_bytes() == (runs / "again" / name).read_bytes()


def test_statement_meets_its_schema_and_recomputes(runs):
    statement = json.loads((runs / "en" / "statement.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "methodology" / "statement.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(statement, schema)
    assert max(row["difference"] for row in recompute(statement)) <= 1e-10
    assert len(statement["disputed_terms"]) == 8
    for line in statement["lines"]:
        assert (line["value"] is None) == (line["interval"] is None)
        if line["interval"]:
            assert line["interval"]["low"] <= line["value"] <= line["interval"]["high"]


def test_parts_add_to_the_whole(runs):
    found = lines(runs / "en")
    for date in ("2015", "2023"):
        parts = [
            x["value"]
            for x in found.values()
            if x["quantity"] == "carbon_stock"
            and x["aggregation"] == "part"
            and x["value"]
            and x["dimensions"].get("date") == date
        ]
        assert sum(parts) == pytest.approx(found[f"carbon_stock/{date}"]["value"], rel=1e-9)


def test_vector_and_raster_of_one_truth_agree_within_the_raster_error(runs):
    vector, raster = lines(runs / "en"), lines(runs / "raster")
    for line_id, line in vector.items():
        if line["quantity"] == "habitat_area" and line["aggregation"] == "subtotal":
            # A 10 m grid by cell centre: an outline of L metres carries a standard error of about cell·sqrt(L·cell)/2;
            # the longest outline here is 14 km, so 0.2 ha, and outlines along the grid may lose half a cell throughout.
            assert raster[line_id]["value"] == pytest.approx(line["value"], abs=1.0)


def test_lines_csv_carries_every_line(runs):
    rows = list(csv.DictReader((runs / "en" / "lines.csv").open(encoding="utf-8-sig")))
    assert [row["id"] for row in rows] == list(lines(runs / "en"))


def test_layers_open_with_styles_and_areas(runs):
    with sqlite3.connect(runs / "en" / "layers.gpkg") as database:
        names = [row[0] for row in database.execute("select f_table_name from layer_styles")]
        assert names == ["habitats_2015", "habitats_2023"]
        (total,) = database.execute("select sum(area_ha) from habitats_2023").fetchone()
        (carbon,) = database.execute("select sum(carbon_t_c) from habitats_2023").fetchone()
    database.close()
    found = lines(runs / "en")
    mapped = sum(
        x["value"]
        for x in found.values()
        if x["quantity"] == "habitat_area" and x["aggregation"] == "subtotal" and x["dimensions"]["date"] == "2023"
    )
    assert total == pytest.approx(mapped, rel=1e-9)
    assert carbon == pytest.approx(found["carbon_stock/2023"]["value"], rel=1e-9)


def test_report_stands_alone_and_says_what_was_not_read(runs):
    for name, words in (("en", ("could not be read", "Sample bay")), ("raster", ("未能读取", "碳储量"))):
        text = (runs / name / "report.html").read_text(encoding="utf-8")
        for word in words:
            assert word in text
        for outside in ('src="http', 'href="http', "@import", "url(http"):
            assert outside not in text


def test_a_number_is_explained_down_to_the_file(runs):
    text = explain(read_statement(runs / "en" / "statement.json"), "carbon_stock/mangrove/soil/2023")
    assert "habitats_2023.gpkg, SHA-256" in text
    assert "T4.11/mangrove/mineral" in text
    assert "area × stock" in text


def test_a_flow_without_activity_is_not_covered(runs):
    found = lines(runs / "en")
    assert found["soil_flux/seagrass/beds/none"]["status"] == "not_covered"
    assert found["net_flux/2023"]["account"] == "net"
    assert all(line["account"] == "capacity" for line in found.values() if line["quantity"] == "soil_capacity")


def test_strict_refuses_recalled_factors_and_writes_nothing(tmp_path):
    result = bluecarbon("run", SAMPLE / "survey.toml", "--out", tmp_path / "out", "--strict", "--draws", 1000)
    assert result.returncode == 1
    assert "ME-STRICT-01" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_usage_is_exit_2_and_findings_are_exit_1(tmp_path):
    assert bluecarbon("run", SAMPLE / "survey.toml").returncode == 2
    assert bluecarbon("run", tmp_path / "none.toml", "--out", tmp_path).returncode == 1


def test_a_stray_proj_folder_does_no_harm(tmp_path):
    import os

    result = bluecarbon(
        "check",
        SAMPLE / "survey.toml",
        env={**os.environ, "PROJ_DATA": str(tmp_path), "PROJ_LIB": str(tmp_path), "GDAL_DATA": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr


def test_init_writes_a_job_that_check_reads(tmp_path):
    result = bluecarbon(
        "init", SAMPLE / "habitats_2015.gpkg", SAMPLE / "habitats_2023.gpkg", "--units", SAMPLE / "units.gpkg"
    )
    assert result.returncode == 0
    (tmp_path / "survey.toml").write_text(result.stdout, encoding="utf-8")
    checked = bluecarbon("check", tmp_path / "survey.toml")
    assert checked.returncode == 1
    assert "BC-JOB-01" not in checked.stdout  # it is TOML; only the blanks are open
    assert checked.stdout.count("[error]") == checked.stdout.count("'?'")
