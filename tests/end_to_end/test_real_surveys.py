"""Real maps that nobody here made; skipped where they are not at hand."""

from pathlib import Path

import pytest

from bluecarbon.inventory import survey_statement
from bluecarbon.job import load_job
from bluecarbon.survey import read_survey

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason="real maps are not at hand")

TAMPA = """
[survey]
title = "Tampa Bay seagrass"
guide = "ipcc-wetlands-2013"
climate = "subtropical"
gwp = "AR5-100"
[legend]
"9113" = {{ habitat = "seagrass", stratum = "patchy", soil = "mineral" }}
"9116" = {{ habitat = "seagrass", stratum = "continuous", soil = "mineral" }}
[[map]]
date = 1996
path = "{real}/tampa_seagrass_1996.gpkg"
class_field = "FLUCCSCODE"
extent = "units"
unmapped = "other"
area_uncertainty_percent = 5
[[map]]
date = 1999
path = "{real}/tampa_seagrass_1999.gpkg"
class_field = "FLUCCSCODE"
extent = "{extent}"
unmapped = "other"
[reporting_units]
path = "{real}/tampa_bay_segments.gpkg"
name_field = "segment"
"""


def statement(tmp_path, text):
    path = tmp_path / "survey.toml"
    path.write_text(text, encoding="utf-8")
    survey = read_survey(load_job(path))
    return survey, survey_statement(survey, draws=1_000)[0]


@pytest.fixture(scope="module")
def tampa(tmp_path_factory):
    return statement(tmp_path_factory.mktemp("tampa"), TAMPA.format(real=REAL.resolve(), extent="units"))


def value(found, line_id):
    return next(line["value"] for line in found["lines"] if line["id"] == line_id)


def test_tampa_areas_are_the_published_ones(tampa):
    survey, found = tampa
    planar = survey.areas.areas.groupby("date")["planar_ha"].sum()
    for date, hectares in (("1996", 10_896.0), ("1999", 10_053.0)):  # published, whole hectares
        assert planar[date] == pytest.approx(hectares, rel=1e-4)
        assert value(found, f"habitat_area/seagrass/{date}") == pytest.approx(hectares, rel=1e-3)


def test_segments_and_outside_add_to_the_whole(tampa):
    _, found = tampa
    for date in ("1996", "1999"):
        parts = [
            x["value"]
            for x in found["lines"]
            if x["quantity"] == "habitat_area" and x["aggregation"] == "part" and x["dimensions"]["date"] == date
        ]
        assert sum(parts) == pytest.approx(value(found, f"habitat_area/seagrass/{date}"), rel=1e-9)
    assert any(x["dimensions"].get("reporting_unit") == "(outside every unit)" for x in found["lines"])


def test_tampa_change_is_of_areas_both_maps_looked_at(tampa):
    _, found = tampa
    gain = sum(
        x["value"]
        for x in found["lines"]
        if x["quantity"] == "area_transition" and x["dimensions"]["from_habitat"] == "other"
    )
    loss = sum(
        x["value"]
        for x in found["lines"]
        if x["quantity"] == "area_transition" and x["dimensions"]["to_habitat"] == "other"
    )
    # soil of table 4.11: what left counts whole, what came in is told apart, and both make the change
    assert value(found, "stock_change_cautious/1996–1999") == pytest.approx(-loss * 108, rel=1e-9)
    assert value(found, "entered_ground/soil/1996–1999") == pytest.approx(gain * 108, rel=1e-9)
    assert value(found, "stock_change/1996–1999") == pytest.approx((gain - loss) * 108, rel=1e-9)
    assert not [x for x in found["lines"] if x["quantity"].endswith("emission")]


def test_with_an_unknown_extent_change_is_refused_and_stocks_still_run(tmp_path):
    _, found = statement(tmp_path, TAMPA.format(real=REAL.resolve(), extent="unknown"))
    assert value(found, "carbon_stock/1999") == pytest.approx(10_053 * 108, rel=1e-3)
    assert not [x for x in found["lines"] if x["kind"] == "stock_change" and x["value"] is not None]
    assert any("extent" in finding["found"] or "extent" in finding["expected"] for finding in found["findings"])


def test_madagascar_repairs_are_listed(tmp_path):
    text = f"""
[survey]
title = "Madagascar mangroves"
guide = "ipcc-wetlands-2013"
climate = "tropical wet"
[legend]
"*" = {{ habitat = "mangrove", soil = "unknown" }}
[[map]]
date = 2020
path = "{REAL.resolve()}/madagascar_mangrove_2020.gpkg"
"""
    survey, found = statement(tmp_path, text)
    repairs = [
        f for f in survey.findings if "invalid" in f.found or "repair" in f.found.lower() or "cross" in f.found.lower()
    ]
    listed = sum(1 for f in repairs)
    assert listed >= 17 or any("17" in f.found for f in repairs)
    assert value(found, "carbon_stock/2020") > 0
    assert any(x["status"] == "estimated" and x["dimensions"].get("pool") == "soil" for x in found["lines"])
