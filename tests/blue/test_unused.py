"""What a job states and its guide does not use is said, key by key; own factors that no number stands on are named."""

import shutil
from pathlib import Path

import pytest

from bluecarbon.inventory import check_survey
from bluecarbon.job import Job, load_job
from bluecarbon.unused import warn_unused_keys
from methodology.base.errors import Findings
from methodology.guides.registry import load_guide

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
PRODUCTION = [
    {"species": name, "group": group, "t_per_year": 1, "year": 2015, "source": "s"}
    for name, group in (("sea bass", "fish"), ("oyster", "shellfish"), ("kelp", "algae"))
]
EVERY = {
    "legend": {"1": {"habitat": "seagrass", "depth_cm": 50}, "2": "ignore"},
    "map": [{"date": 2015, "path": "a.gpkg", "attributes": {"depth_cm": "DEPTH", "species": "SP"}}],
    "reporting_units": {"path": "u", "name_field": "n", "states": {"north": {"depth_cm": 50}, "south": {"soil": "mineral"}}},
    "production": PRODUCTION,
    "release": [{"from_habitat": "seagrass", "to_habitat": "other", "pool": "soil", "fraction": 0.5, "source": "s"}],
    "burial": [{"habitat": "seagrass", "density_g_cm3": 1, "organic_carbon": 0.01, "accretion_mm_per_year": 2, "source": "s"}],
}  # fmt: skip
DEPTHS = {
    "[legend].1.depth_cm", "[[map]] 1.attributes.depth_cm", "[reporting_units].states.north.depth_cm"
}  # fmt: skip


def told(guide, **head):
    findings = Findings()
    job = Job.model_validate({"survey": {"title": "t", "guide": guide, **head}, **EVERY})
    warn_unused_keys(job, load_guide(guide), findings)
    for finding in findings:
        assert (finding.code, finding.severity) == ("BC-INV-11", "warning")
        assert finding.remedy
    return {finding.place for finding in findings}


ALL = {"base_date": 2015, "net_shell_carbonate": True, "sum_burial_and_production": True}


@pytest.mark.parametrize(
    ("guide", "places"),
    [
        (
            "ipcc-wetlands-2013",
            {
                "[[production]] 2", "[[production]] 3", "[[burial]] 1", "[survey].base_date",
                "[survey].net_shell_carbonate", "[survey].sum_burial_and_production",
            },
        ),
        (
            "db4403-t401-2023",
            {"[[production]] 1", "[[release]] 1", "[[burial]] 1", "[survey].sum_burial_and_production"},
        ),
        (
            "burial-capacity",
            {"[[production]] 1", "[[release]] 1", "[survey].base_date", "[survey].net_shell_carbonate"},
        ),
    ],
)  # fmt: skip
def test_each_guide_says_what_it_does_not_use(guide, places):
    assert told(guide, **ALL) == places | DEPTHS


def test_a_switch_left_off_is_no_statement():
    off = {"net_shell_carbonate": False, "sum_burial_and_production": False}
    assert told("ipcc-wetlands-2013", **off) == {"[[production]] 2", "[[production]] 3", "[[burial]] 1"} | DEPTHS


HEADER = (
    "id,quantity,value,unit,low,high,level,interval_kind,distribution,support,habitat,stratum,source,locator,"
    "value_status,interval_status,note\n"
)
ROW = "{id},soil_stock_1m,120,t_C/ha,,,,,unknown,,{habitat},{stratum},own cores,table 1,local,,\n"


def checked(folder, rows, more=""):
    for name in ("habitats_2015.gpkg", "habitats_2023.gpkg", "units.gpkg"):
        shutil.copy(SAMPLE / name, folder / name)
    (folder / "own.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    text = (SAMPLE / "survey.toml").read_text(encoding="utf-8")
    text = text.replace("[legend]", 'factors = "own.csv"\n[legend]') + more
    (folder / "survey.toml").write_text(text, encoding="utf-8")
    return list(check_survey(load_job(folder / "survey.toml")))


def test_own_rows_that_nothing_stands_on_are_named(tmp_path):
    rows = [
        ROW.format(id="own/used", habitat="seagrass", stratum="beds"),
        ROW.format(id="own/misspelled", habitat="seagrass", stratum="Beds"),
        "own/cover,minimum_canopy_cover,0.2,1,,,,,fixed,,,,own rule,p. 1,local,,\n",
    ]
    (note,) = [f for f in checked(tmp_path, rows) if f.code == "BC-INV-12"]
    assert note.severity == "note"
    assert "own/misspelled" in note.found
    assert "row 3" in note.found
    assert "own/used" not in note.found
    assert "own/cover" not in note.found
    assert "1 of 2 rows" in note.found


def test_nothing_is_noted_where_every_own_row_is_used(tmp_path):
    rows = [ROW.format(id="own/used", habitat="seagrass", stratum="beds")]
    assert "BC-INV-12" not in {f.code for f in checked(tmp_path, rows)}


def test_a_check_tells_of_unused_keys_and_of_one_map_under_two_dates(tmp_path):
    more = '[[burial]]\nhabitat = "seagrass"\ndensity_g_cm3 = 1\norganic_carbon = 0.01\naccretion_mm_per_year = 2\nsource = "s"\n'
    more += '[[map]]\ndate = 2019\npath = "habitats_2015.gpkg"\nclass_field = "class"\n'
    found = checked(tmp_path, [ROW.format(id="own/used", habitat="seagrass", stratum="beds")], more)
    assert [f.place for f in found if f.code == "BC-INV-11"] == ["[[burial]] 1"]
    assert [f.severity for f in found if f.code == "BC-JOB-11"] == ["warning"]


@pytest.mark.parametrize("name", ["survey.toml", "survey_db4403.toml", "survey_measured.toml", "survey_raster.toml"])
def test_the_samples_state_nothing_in_vain(name):
    codes = {finding.code for finding in check_survey(load_job(SAMPLE / name))}
    assert not codes & {"BC-INV-11", "BC-INV-12", "BC-JOB-11", "BC-LAY-01"}
