"""Validation points correct a survey's areas: the estimate of the whole map reaches every unit and every interval."""

import shutil
from pathlib import Path

import pytest

from bluecarbon.inventory import survey_statement
from bluecarbon.job import load_job
from bluecarbon.survey import read_survey
from methodology.base.errors import InputError

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
JOB = """
[survey]
title = "one map"
guide = "ipcc-wetlands-2013"
climate = "subtropical"
[legend]
"11" = { habitat = "mangrove", stratum = "k", soil = "mineral" }
"12" = { habitat = "mangrove", stratum = "s", soil = "mineral" }
"13" = { habitat = "mangrove", stratum = "p", soil = "mineral" }
"21" = { habitat = "tidal_marsh", soil = "mineral" }
"31" = { habitat = "seagrass", soil = "mineral" }
"41" = "ignore"
"51" = "ignore"
[[map]]
date = 2023
path = "map.gpkg"
class_field = "class"
[map.accuracy]
matrix = "matrix.csv"
"""
DESIGN = 'strata_areas = "strata.csv"\ndesign = "stratified-random"\n'
MATRIX = ",11,12,13,21,31,0\n11,45,2,0,3,0,0\n12,1,46,0,3,0,0\n13,0,0,49,0,0,1\n21,2,2,0,44,0,2\n31,0,0,0,0,47,3\n0,1,0,0,1,2,96\n"
STRATA = "stratum,area_ha\n11,154.8\n12,170.6\n13,50.2\n21,97.6\n31,61.3\n0,1065\n"


@pytest.fixture
def folder(tmp_path):
    shutil.copy(SAMPLE / "habitats_2023.gpkg", tmp_path / "map.gpkg")
    (tmp_path / "matrix.csv").write_text(MATRIX, encoding="utf-8")
    (tmp_path / "strata.csv").write_text(STRATA, encoding="utf-8")
    return tmp_path


def statement(folder, more=DESIGN):
    (folder / "survey.toml").write_text(JOB + more, encoding="utf-8")
    return survey_statement(read_survey(load_job(folder / "survey.toml")), draws=1_000)[0]


def test_seagrass_area_and_interval_by_hand(folder):
    found = statement(folder)
    line = next(x for x in found["lines"] if x["id"] == "habitat_area/seagrass/2023")
    # Olofsson 2014: area = Σ A_i n_ij / n_i = 61.3·47/50 + 1065·2/100 = 78.922 ha, on 61.3 ha mapped
    ratio = (61.3 * 47 / 50 + 1065 * 2 / 100) / 61.3
    mapped = next(node for node in found["nodes"] if node["id"] == "mapped_area")
    area = sum(v for row, v in zip(mapped["rows"], mapped["values"], strict=True) if row[1].startswith("seagrass"))
    assert line["value"] == pytest.approx(area * ratio, rel=1e-9)
    # variance of the estimate: Σ A_i² p(1−p)/(n_i−1) with p = 47/50 and 2/100
    variance = 61.3**2 * 0.94 * 0.06 / 49 + 1065**2 * 0.02 * 0.98 / 99
    assert line["standard_uncertainty"] == pytest.approx(variance**0.5 * area / 61.3, rel=1e-9)
    assert line["interval"]["excludes"] == []


def test_points_without_a_design_correct_nothing_and_say_so(folder):
    found = statement(folder, "")
    line = next(x for x in found["lines"] if x["id"] == "habitat_area/seagrass/2023")
    assert line["interval"]["excludes"] == ["map error"]
    assert "BC-INV-09" in {finding["code"] for finding in found["findings"]}


def test_a_class_without_points_is_refused(folder):
    (folder / "matrix.csv").write_text(",11,0\n11,45,5\n0,1,99\n", encoding="utf-8")
    (folder / "strata.csv").write_text("stratum,area_ha\n11,154.8\n0,1445\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        statement(folder)
    codes = [finding.code for finding in error.value.findings]
    assert codes.count("BC-INV-10") == 4
