"""All files of a job are known, none is ever replaced by a result, and nobody else's file is touched."""

import shutil
from pathlib import Path

import pytest

from bluecarbon import outputs
from bluecarbon.job import load_job
from bluecarbon.job_files import job_files
from bluecarbon.jobs import SURVEY
from methodology.base.errors import InputError

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
EVERYTHING = """
[survey]
title = "everything"
guide = "ipcc-wetlands-2013"
factors = "own.csv"
[legend]
"1" = { habitat = "seagrass" }
[[map]]
date = 2015
path = "Map.shp"
extent = "looked.gpkg"
[map.accuracy]
points = "points.csv"
strata_areas = "strata.csv"
[[map]]
date = 2023
path = "later.gpkg"
[map.accuracy]
matrix = "matrix.csv"
[reporting_units]
path = "units.shp"
name_field = "unit"
[cores]
table = "cores.csv"
core_list = "list.csv"
methods = "methods.csv"
[plots]
trees = "trees.csv"
plots = "plots.csv"
equations = "set.csv"
allometries = "allometries.csv"
[quadrats]
table = "quadrats.csv"
[projection]
snapshots = "more/snapshots.csv"
classes = "classes.csv"
transitions = "transitions.csv"
zones = "zones.gpkg"
price-table = "prices.csv"
rates = "rates.csv"
until = 2050
"""
NAMED = [
    "survey.toml",
    "own.csv",
    "Map.shp",
    "Map.dbf",
    "Map.shx",
    "Map.prj",
    "Map.CPG",
    "looked.gpkg",
    "points.csv",
    "strata.csv",
    "later.gpkg",
    "matrix.csv",
    "units.shp",
    "cores.csv",
    "list.csv",
    "methods.csv",
    "trees.csv",
    "plots.csv",
    "set.csv",
    "allometries.csv",
    "quadrats.csv",
    "more/snapshots.csv",
    "classes.csv",
    "transitions.csv",
    "zones.gpkg",
    "prices.csv",
    "rates.csv",
    "more/2000.tif",
    "more/2010.tif",
]


@pytest.fixture
def everything(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "survey.toml").write_text(EVERYTHING, encoding="utf-8")
    (tmp_path / "more" / "snapshots.csv").write_text("snapshot_year,raster_path\n2000,2000.tif\n2010,2010.tif\n")
    for name in ("Map.dbf", "Map.shx", "Map.prj", "Map.CPG", "Map.txt", "Mapped.dbf", "more/2000.tif", "more/2010.tif"):
        (tmp_path / name).write_bytes(b"x")
    return load_job(tmp_path / "survey.toml")


def test_every_file_a_job_reads_is_listed_once(everything):
    found = [path.relative_to(everything.folder).as_posix() for _, path in job_files(everything)]
    assert sorted(found) == sorted(NAMED)


def test_a_batch_looks_at_all_of_them(everything):
    assert SURVEY.inputs(everything.path, {}) == [path for _, path in job_files(everything)]


def test_an_unreadable_snapshot_table_hides_no_other_file(everything):
    (everything.folder / "more" / "snapshots.csv").write_bytes(b"\x00\xff\x00")
    found = [path.name for _, path in job_files(everything)]
    assert "snapshots.csv" in found
    assert "rates.csv" in found


@pytest.fixture
def job(tmp_path):
    """A small job whose files stand where results would go."""
    (tmp_path / "job").mkdir()
    for name in ("habitats_2015.gpkg", "habitats_2023.gpkg", "units.gpkg"):
        shutil.copy(SAMPLE / name, tmp_path / "job" / name)
    return tmp_path / "job"


def write_job(folder, change=lambda text: text):
    text = (SAMPLE / "survey.toml").read_text(encoding="utf-8")
    (folder / "survey.toml").write_text(change(text), encoding="utf-8")
    return folder / "survey.toml"


def states(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_with(monkeypatch, path, out, produced):
    """Run a job whose results are these files, so that only where they go is looked at."""

    def write(survey, statement, sheet, folder, lang):
        for name in produced:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("result", encoding="utf-8")

    monkeypatch.setattr(outputs, "read_survey", lambda *args: None)
    monkeypatch.setattr(outputs, "survey_statement", lambda *args: ({}, None))
    monkeypatch.setattr(outputs, "write_all", write)
    monkeypatch.setattr(outputs, "_project", lambda *args: None)
    return outputs.run_job(path, out)


@pytest.mark.parametrize(
    ("own", "change"),
    [
        ("density_2015.tif", lambda t: t.replace("habitats_2015.gpkg", "density_2015.tif")),
        ("lines.csv", lambda t: t.replace("[legend]", 'factors = "lines.csv"\n[legend]')),
        ("report.html", lambda t: t.replace('extent = "units"', 'extent = "report.html"', 1)),
        (
            "run.json",
            lambda t: t.replace("[reporting_units]", '[map.accuracy]\nmatrix = "run.json"\n[reporting_units]'),
        ),
        ("worksheet.xlsx", lambda t: t + '[cores]\ntable = "worksheet.xlsx"\n'),
        ("statement.json", lambda t: t + '[projection]\nsnapshots = "s.csv"\nclasses = "statement.json"\n'),
    ],
)
def test_inputs_of_every_kind_are_seen_before_anything_is_read(job, monkeypatch, own, change):
    (job / own).write_bytes(b"input")
    path = write_job(job, change)
    before = states(job)
    with pytest.raises(InputError) as error:
        run_with(monkeypatch, path, job, ["statement.json"])
    assert error.value.code == "ME-OUT-02"
    assert own in error.value.findings[0].place
    assert states(job) == before


def test_what_was_really_produced_is_checked_too(job, monkeypatch):
    (job / "projection").mkdir()
    for name in ("snapshots.csv", "totals.csv"):
        (job / "projection" / name).write_text("input", encoding="utf-8")
    extra = '[projection]\nsnapshots = "projection/snapshots.csv"\nclasses = "projection/totals.csv"\n'
    path = write_job(job, lambda text: text + extra)
    before = states(job)
    with pytest.raises(InputError) as error:
        run_with(monkeypatch, path, job, ["statement.json", "projection/totals.csv"])
    assert error.value.code == "ME-OUT-02"
    assert states(job) == before


def test_an_input_under_another_name_is_still_an_input(job, monkeypatch):
    (job / "out").mkdir()
    (job / "out" / "layers.gpkg").symlink_to(job / "units.gpkg")
    with pytest.raises(InputError) as error:
        run_with(monkeypatch, write_job(job), job / "out", ["layers.gpkg"])
    assert error.value.code == "ME-OUT-02"


def test_files_of_others_stay_and_results_are_replaced_one_by_one(job, monkeypatch):
    (job / "projection").mkdir()
    (job / "projection" / "notes.txt").write_text("mine", encoding="utf-8")
    (job / "projection" / "totals.csv").write_text("earlier", encoding="utf-8")
    run_with(monkeypatch, write_job(job), job, ["statement.json", "projection/totals.csv"])
    found = states(job)
    assert found["projection/notes.txt"] == b"mine"
    assert found["projection/totals.csv"] == b"result"
    assert found["statement.json"] == b"result"
    assert not [name for name in found if name.startswith(".")]


def test_a_folder_in_the_way_of_a_file_is_one_finding(job, monkeypatch):
    (job / "report.html").mkdir()
    with pytest.raises(InputError) as error:
        run_with(monkeypatch, write_job(job), job, ["report.html"])
    assert error.value.code == "ME-OUT-01"


def test_a_file_that_cannot_be_replaced_leaves_all_as_it_was(job, monkeypatch):
    (job / "projection").write_text("a file where a folder must be", encoding="utf-8")
    (job / "lines.csv").write_text("earlier", encoding="utf-8")
    path = write_job(job)
    before = states(job)
    with pytest.raises(InputError) as error:
        run_with(monkeypatch, path, job, ["lines.csv", "layers.gpkg", "projection/totals.csv", "statement.json"])
    assert error.value.code == "ME-OUT-01"
    assert "projection" in error.value.findings[0].place
    assert states(job) == before
