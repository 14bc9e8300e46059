"""The account after chapter 4, on tables typed by hand; expected values are worked by hand from the printed factors."""

import pytest

from bluecarbon.accounts.areas import Period, SurveyTables
from bluecarbon.accounts.ipcc import account
from bluecarbon.classes import AccountingClass
from bluecarbon.job import Job, Share
from methodology.base.errors import Findings, InputError
from methodology.guides.registry import load_guide
from methodology.statement import Head, assemble
from methodology.worksheet import Worksheet

GUIDE = load_guide("ipcc-wetlands-2013")
MANGROVE = {"habitat": "mangrove", "climate": "tropical_wet", "soil": "mineral"}


def one(label="m", stratum="s", **states):
    return AccountingClass(label, stratum=stratum, **states)


def tables(*classes, mapped=None, transitions=None, dates=("2015",), percent=5.0, between="linear"):
    by_label = {c.label: c for c in classes}
    mapped = mapped or {("bay", c.label, date): 100.0 for c in classes for date in dates}
    periods = ()
    if len(dates) == 2:
        years = int(dates[1]) - int(dates[0])
        periods = (Period(f"{dates[0]}–{dates[1]}", *dates, float(years), transitions is not None),)
    return SurveyTables(
        by_label, dates, {d: int(d) + 0.5 for d in dates}, periods, mapped, transitions or {},
        dict.fromkeys(dates, percent), {d: (f"map {d}",) for d in dates}, between,
    )  # fmt: skip


def job(**extra):
    survey = {"title": "t", "guide": "ipcc-wetlands-2013", "gwp": "AR5-100", **extra.pop("survey", {})}
    return Job.model_validate(
        {"survey": survey, "legend": {"1": {"habitat": "mangrove"}}, "map": [{"date": 2015, "path": "x"}], **extra}
    )


def statement(survey_tables, the_job=None):
    sheet, findings = Worksheet(), Findings()
    result = account(sheet, survey_tables, the_job or job(), GUIDE.factors, findings)
    head = Head("t", "survey", GUIDE.face, result.settings, disputed_terms=result.disputed, findings=findings)
    return assemble(sheet, result.blocks, result.gaps, head, draws=2_000)


def value(found, line_id):
    return next(line["value"] for line in found["lines"] if line["id"] == line_id)


def line(found, line_id):
    return next(line for line in found["lines"] if line["id"] == line_id)


def test_stocks_of_a_natural_mangrove_by_pool():
    found = statement(tables(one(**MANGROVE, activity="none")))
    # 100 ha × 192 t/ha × 0.451; × 0.49 for roots; 0.7, 10.7 and 286 t C/ha
    assert value(found, "carbon_stock/bay/mangrove/s/above_ground_biomass/none/2015") == pytest.approx(8659.2)
    assert value(found, "carbon_stock/bay/mangrove/s/below_ground_biomass/none/2015") == pytest.approx(4243.008)
    assert value(found, "carbon_stock/bay/mangrove/s/litter/none/2015") == pytest.approx(70)
    assert value(found, "carbon_stock/bay/mangrove/s/dead_wood/none/2015") == pytest.approx(1070)
    assert value(found, "carbon_stock/bay/mangrove/s/soil/none/2015") == pytest.approx(28600)
    assert value(found, "carbon_stock/2015") == pytest.approx(42642.208)
    assert value(found, "carbon_stock_as_co2/2015") == pytest.approx(42642.208 * 44 / 12)


def test_a_flow_without_activity_is_not_covered_and_a_capacity_stands_apart():
    found = statement(tables(one(**MANGROVE)))
    gap = line(found, "soil_flux/mangrove/s/unspecified")
    assert gap["value"] is None
    assert gap["status"] == "not_covered"
    capacity = line(found, "soil_capacity/mangrove/2015")
    assert capacity["value"] == pytest.approx(100 * -1.62 * 44 / 12)
    assert (capacity["account"], capacity["basis"]) == ("capacity", "proxy")
    assert not [entry for entry in found["lines"] if entry["quantity"] == "net_flux"]


def test_a_planted_stand_has_soil_growth_and_methane():
    planted = one(**MANGROVE, activity="creation", started=2010, replanted=True, salinity_ppt=10.0)
    found = statement(tables(planted))
    # soil 100 × −1.62; growth 100 × 9.9 × 1.49 × 0.451; methane 100 × 0.1937 × 28
    soil, biomass, methane = -162 * 44 / 12, -665.2701 * 44 / 12, 542.36
    assert value(found, "co2_flux/bay/mangrove/s/soil/creation/2015") == pytest.approx(soil)
    assert value(found, "co2_flux/bay/mangrove/s/biomass/creation/2015") == pytest.approx(biomass)
    assert value(found, "net_flux/mangrove/CH4/2015") == pytest.approx(methane)
    assert value(found, "net_flux/2015") == pytest.approx(soil + biomass + methane)
    # its biomass stock is its age times growth, 5.5 yr × 9.9 t/ha, not the ceiling of 192
    assert value(found, "carbon_stock/bay/mangrove/s/above_ground_biomass/creation/2015") == pytest.approx(
        100 * 54.45 * 0.451
    )
    assert line(found, "carbon_stock/mangrove/s/soil/creation")["status"] == "not_estimated"


def test_growth_stops_at_the_ceiling_stock():
    old = one(**MANGROVE, activity="creation", started=1990, replanted=True, salinity_ppt=25.0)
    found = statement(tables(old))
    full_grown = line(found, "biomass_flux/mangrove/s/creation/2015")
    assert (full_grown["value"], full_grown["status"]) == (None, "not_applicable")
    assert "192 t d.m./ha after 19.4 years (2010)" in full_grown["reason"]["en"]  # 192 / 9.9 = 19.39, from 1990 on
    assert not [x for x in found["lines"] if x["quantity"] == "co2_flux" and x["dimensions"]["pool"] == "biomass"]
    assert value(found, "carbon_stock/bay/mangrove/s/above_ground_biomass/creation/2015") == pytest.approx(8659.2)
    assert value(found, "net_flux/mangrove/CH4/2015") == 0  # above 18 ppt the default is 0


def test_soil_factor_ends_when_the_natural_stock_is_reached():
    ancient = one(**MANGROVE, activity="creation", started=1800, replanted=True, salinity_ppt=25.0)
    found = statement(tables(ancient))  # 215.5 yr × 1.62 = 349 t C/ha is above 286
    assert line(found, "soil_flux/mangrove/s/creation")["status"] == "not_applicable"


def test_natural_regrowth_and_forest_management_have_soil_factor_zero():
    regrown = one("a", "a", **MANGROVE, activity="rewetting", started=2010, replanted=False, salinity_ppt=25.0)
    managed = one("b", "b", **MANGROVE, activity="forest_management")
    found = statement(tables(regrown, managed))
    assert value(found, "co2_flux/bay/mangrove/a/soil/rewetting/2015") == 0
    assert value(found, "co2_flux/bay/mangrove/b/soil/forest_management/2015") == 0
    assert line(found, "biomass_flux/mangrove/b/forest_management")["status"] == "not_estimated"


def test_drainage_is_an_emission():
    found = statement(tables(one(**MANGROVE, activity="drainage")))
    assert value(found, "co2_flux/bay/mangrove/s/soil/drainage/2015") == pytest.approx(100 * 7.9 * 44 / 12)


def test_methane_of_seagrass_is_not_applicable_and_without_salinity_not_estimated():
    grass = one("g", "g", habitat="seagrass", soil="mineral", activity="revegetation", replanted=True, started=2012)
    marsh = one("h", "h", habitat="tidal_marsh", soil="mineral", activity="creation", replanted=True, started=2012)
    found = statement(tables(grass, marsh))
    assert line(found, "methane_flux/seagrass/g/revegetation")["status"] == "not_applicable"
    assert line(found, "methane_flux/tidal_marsh/h/creation")["status"] == "not_estimated"
    assert line(found, "carbon_stock/tidal_marsh/h/above_ground_biomass/creation")["status"] == "not_estimated"


def refusal(*classes, **survey):
    with pytest.raises(InputError) as error:
        statement(tables(*classes), job(survey=survey))
    return [finding.code for finding in error.value.findings], str(error.value)


def test_exactly_18_ppt_and_replanted_are_asked_for_at_once():
    codes, _ = refusal(one(**MANGROVE, activity="rewetting", salinity_ppt=18.0))
    assert codes == ["BC-INV-01", "BC-INV-04"]


def test_methane_without_a_gwp_set_is_refused():
    codes, text = refusal(one(**MANGROVE, activity="creation", replanted=True, salinity_ppt=5.0), gwp=None)
    assert codes == ["BC-INV-01"]
    assert "gwp" in text


def test_soil_not_stated_lists_the_candidates():
    codes, text = refusal(one(habitat="mangrove", climate="tropical_wet"))
    assert codes == ["ME-FAC-01"]
    assert "T4.11/mangrove/organic" in text


def test_cover_below_ten_percent_and_cover_as_share_of_area():
    thin = one(
        "t",
        "t",
        **MANGROVE,
        activity="creation",
        replanted=True,
        started=2012,
        salinity_ppt=30.0,
        cover=Share(value=0.05),
    )
    half = one("h", "h", habitat="seagrass", soil="mineral", cover=Share(value=0.5, low=0.4, high=0.6))
    found = statement(tables(thin, half))
    assert line(found, "soil_flux/mangrove/t/creation")["status"] == "not_applicable"
    assert value(found, "carbon_stock/bay/seagrass/h/soil/unspecified/2015") == pytest.approx(100 * 0.5 * 108)
    assert value(found, "habitat_area/bay/seagrass/h/unspecified/2015") == 100


def two_dates(between="linear"):
    grass = one("g", "beds", habitat="seagrass", soil="mineral")
    moves = {
        ("bay", "g", "g", "2010–2020"): (70.0, 0.0),
        ("bay", "g", "other", "2010–2020"): (30.0, 1.0),
        ("bay", "other", "g", "2010–2020"): (10.0, 0.5),
    }
    mapped = {("bay", "g", "2010"): 100.0, ("bay", "g", "2020"): 80.0}
    return tables(grass, mapped=mapped, transitions=moves, dates=("2010", "2020"), between=between)


def test_change_is_a_difference_of_stocks_and_keeps_gains_and_losses_apart():
    found = statement(two_dates())
    assert value(found, "area_change/bay/seagrass/2010–2020") == pytest.approx(-20)
    assert value(found, "area_transition/bay/seagrass/other/2010–2020") == pytest.approx(30)
    assert value(found, "area_transition/bay/other/seagrass/2010–2020") == pytest.approx(10)
    # 30 ha left with their soil; soil of the 10 ha that came in is told apart, and left out of the cautious change
    assert value(found, "stock_change_cautious/2010–2020") == pytest.approx(-30 * 108)
    assert value(found, "stock_change_left/soil/2010–2020") == pytest.approx(-30 * 108)
    assert value(found, "entered_ground/soil/2010–2020") == pytest.approx(10 * 108)
    assert value(found, "stock_change/2010–2020") == pytest.approx(-20 * 108)
    assert line(found, "stock_change/2010–2020")["kind"] == "stock_change"
    assert not [entry for entry in found["lines"] if entry["quantity"] in ("extraction_emission", "stated_release")]


@pytest.mark.parametrize(("between", "area"), [("linear", 90), ("step_start", 100), ("step_end", 80)])
def test_between_dates_areas_run_as_stated(between, area):
    found = statement(two_dates(between))
    assert value(found, "soil_capacity/seagrass/2010–2020") == pytest.approx(area * -0.43 * 44 / 12)


def test_a_stated_release_makes_an_emission():
    release = {"from_habitat": "seagrass", "to_habitat": "other", "pool": "soil", "fraction": 0.25, "source": "study"}
    found = statement(two_dates(), job(release=[release]))
    assert value(found, "stated_release/bay/soil/seagrass/other/2010–2020") == pytest.approx(30 * 108 * 0.25 * 44 / 12)


def test_extraction_is_booked_from_the_transition():
    forest = one("m", "forest", **MANGROVE, activity="none")
    pond = one("p", "ponds", habitat="pond", activity="aquaculture")
    moves = {("bay", "m", "m", "2010–2020"): (60.0, 0.0), ("bay", "m", "p", "2010–2020"): (40.0, 0.0)}
    mapped = {("bay", "m", "2010"): 100.0, ("bay", "m", "2020"): 60.0, ("bay", "p", "2020"): 40.0}
    found = statement(tables(forest, pond, mapped=mapped, transitions=moves, dates=("2010", "2020")))
    # all of biomass and dead matter, 96 % of soil: 40 ha × 44/12
    assert value(found, "extraction_emission/bay/soil/mangrove/pond/2010–2020") == pytest.approx(
        40 * 286 * 0.96 * 44 / 12
    )
    assert value(found, "extraction_emission/bay/dead_wood/mangrove/pond/2010–2020") == pytest.approx(
        40 * 10.7 * 44 / 12
    )


def test_without_accuracy_every_dependent_interval_says_so():
    found = statement(tables(one(**MANGROVE), percent=None))
    area = line(found, "habitat_area/mangrove/2015")
    assert area["interval"]["excludes"] == ["map error"]
    assert area["interval"]["low"] == area["interval"]["high"] == 100
    assert "map error" in line(found, "carbon_stock/2015")["interval"]["excludes"]


def test_units_of_area_change_nothing_and_two_halves_make_the_whole():
    whole = statement(tables(one(**MANGROVE)))
    halves = statement(tables(one(**MANGROVE), mapped={("north", "m", "2015"): 37.0, ("south", "m", "2015"): 63.0}))
    assert value(halves, "carbon_stock/2015") == pytest.approx(value(whole, "carbon_stock/2015"), rel=1e-12)
    assert line(halves, "carbon_stock/2015")["standard_uncertainty"] == pytest.approx(
        line(whole, "carbon_stock/2015")["standard_uncertainty"], rel=1e-12
    )  # the map's error is shared, so cutting the map gains no precision


def test_eight_disputed_terms_are_answered():
    found = statement(tables(one(**MANGROVE)))
    assert len(found["disputed_terms"]) == 8
    assert {term["status"] for term in found["disputed_terms"]} <= {"included", "excluded", "not assessed"}


def test_nitrous_oxide_of_fish_ponds_stands_on_its_own_line():
    fish = {
        "species": "tilapia",
        "group": "fish",
        "t_per_year": 1000,
        "year": 2015,
        "uncertainty_percent": 10,
        "source": "farm",
    }
    found = statement(tables(one(**MANGROVE)), job(production=[fish]))
    # 1000 t × 0.00169 × 44/28, then × 265 (AR5 without feedback)
    assert value(found, "nitrous_oxide_flux/tilapia/N2O/2015") == pytest.approx(1000 * 0.00169 * 44 / 28)
    assert value(found, "nitrous_oxide_as_co2e/tilapia/N2O/2015") == pytest.approx(1000 * 0.00169 * 44 / 28 * 265)


PLANTED = {**MANGROVE, "activity": "creation", "replanted": True, "salinity_ppt": 25.0}
FULL = 192 * 1.49 * 0.451 * 44 / 12  # t CO2 per ha of living biomass at the ceiling stock


def stand(started, dates=("2010", "2020")):
    years = f"{dates[0]}–{dates[1]}"
    c = one(**PLANTED, started=started)
    moves = {("bay", "m", "m", years): (100.0, 0.0)}
    return statement(tables(c, transitions=moves, dates=dates)), years


@pytest.mark.parametrize(
    ("started", "years_of_growth"), [(1995, 192 / 9.9 - 15.5), (2005, 10.0), (2012, 8.5), (2019, 1.5)]
)
def test_growth_over_a_period_is_the_growth_of_its_young_years(started, years_of_growth):
    found, years = stand(started)
    # 9.9 t/ha/yr × 1.49 × 0.451 × 44/12 for as many of the ten years as the stand exists and is below 19.39 years old
    yearly = 100 * 9.9 * 1.49 * 0.451 * 44 / 12 * years_of_growth / 10
    lines = {x["id"]: x["value"] for x in found["lines"]}
    assert -lines[f"co2_flux/bay/mangrove/s/biomass/creation/{years}"] == pytest.approx(yearly, abs=1e-6)
    # the flow of the period and the difference of its biomass stocks are one and the same
    change = lines[f"stock_change/{years}"] * 44 / 12
    assert -10 * lines[f"co2_flux/bay/mangrove/s/biomass/creation/{years}"] == pytest.approx(change, rel=1e-9, abs=1e-6)


def test_no_flow_before_the_activity_started():
    found, years = stand(2015)
    assert not [
        x for x in found["lines"] if x["quantity"] in ("co2_flux", "net_flux") and x["dimensions"].get("date") == "2010"
    ]
    # five and a half of the ten years, 2015.0 to 2020.5
    assert value(found, f"co2_flux/bay/mangrove/s/soil/creation/{years}") == pytest.approx(100 * -1.62 * 0.55 * 44 / 12)
    assert "BC-INV-14" in {finding["code"] for finding in found["findings"]}


def test_a_pool_that_is_not_estimated_at_one_end_is_not_lost():
    forest = one("m", "forest", **MANGROVE, activity="none")
    wetted = one("w", "wetted", **MANGROVE, activity="rewetting", replanted=True, started=2015, salinity_ppt=25.0)
    moves = {("bay", "m", "m", "2010–2020"): (60.0, 0.0), ("bay", "m", "w", "2010–2020"): (40.0, 0.0)}
    mapped = {("bay", "m", "2010"): 100.0, ("bay", "m", "2020"): 60.0, ("bay", "w", "2020"): 40.0}
    found = statement(tables(forest, wetted, mapped=mapped, transitions=moves, dates=("2010", "2020")))
    line_ = line(found, "stock_change/2010–2020")
    # only living biomass is estimated at both ends: 40 ha × (5.5 yr × 9.9 − 192) × 1.49 × 0.451; soil is left out
    assert line_["value"] == pytest.approx(40 * (5.5 * 9.9 - 192) * 1.49 * 0.451)
    assert line_["interval"]["excludes"] == ["pools not estimated at one end"]
    assert line(found, "stock_change/soil/2010–2020")["status"] == "not_estimated"


def test_a_habitat_lost_to_no_habitat_loses_all_its_pools():
    found = statement(two_dates())
    assert value(found, "stock_change_left/soil/2010–2020") == pytest.approx(-30 * 108)
    assert line(found, "stock_change/2010–2020")["interval"]["excludes"] == []


def test_net_flux_without_methane_says_so():
    marsh = one("h", "h", habitat="tidal_marsh", soil="mineral", activity="creation", replanted=True, started=2012)
    found = statement(tables(marsh))
    assert "methane_flux not estimated" in line(found, "net_flux/2015")["interval"]["excludes"]


def test_cover_reduces_removals_and_stocks_but_no_emission():
    drained = one("d", "d", **MANGROVE, activity="drainage", cover=Share(value=0.2))
    found = statement(tables(drained))
    assert value(found, "co2_flux/bay/mangrove/d/soil/drainage/2015") == pytest.approx(100 * 7.9 * 44 / 12)
    assert value(found, "carbon_stock/bay/mangrove/d/soil/drainage/2015") == pytest.approx(100 * 0.2 * 286)


def test_extraction_never_emits_more_than_what_stood_there():
    forest = one("m", "forest", **MANGROVE, activity="none", cover=Share(value=0.3))
    pond = one("p", "ponds", habitat="pond", activity="aquaculture")
    moves = {("bay", "m", "p", "2010–2020"): (100.0, 0.0)}
    mapped = {("bay", "m", "2010"): 100.0, ("bay", "p", "2020"): 100.0}
    found = statement(tables(forest, pond, mapped=mapped, transitions=moves, dates=("2010", "2020")))
    emitted = sum(x["value"] for x in found["lines"] if x["quantity"] == "extraction_emission")
    assert emitted <= value(found, "carbon_stock_as_co2/2010") * (1 + 1e-12)
    assert emitted == pytest.approx(value(found, "carbon_stock_as_co2/2010") - 30 * 286 * 0.04 * 44 / 12)


def test_aquaculture_stated_for_a_whole_unit_still_counts_as_loss():
    forest = one("m", "forest", **MANGROVE, activity="aquaculture")
    pond = one("p", "ponds", habitat="pond", activity="aquaculture")
    moves = {("bay", "m", "p", "2010–2020"): (100.0, 0.0)}
    mapped = {("bay", "m", "2010"): 100.0, ("bay", "p", "2020"): 100.0}
    found = statement(tables(forest, pond, mapped=mapped, transitions=moves, dates=("2010", "2020")))
    assert value(found, "extraction_emission/bay/soil/mangrove/pond/2010–2020") == pytest.approx(
        100 * 286 * 0.96 * 44 / 12
    )
    assert line(found, "soil_flux/mangrove/forest/aquaculture")["status"] == "not_covered"


def test_states_of_units_do_not_split_the_maps_error():
    whole = statement(tables(one("m", "s", **MANGROVE, value="1"), mapped={("a", "m", "2015"): 100.0}))
    organic = {**MANGROVE, "soil": "organic"}
    parts = tables(
        one("m", "s", **MANGROVE, value="1"), one("o", "o", **organic, value="1"),
        mapped={("a", "m", "2015"): 50.0, ("b", "o", "2015"): 50.0},
    )  # fmt: skip
    split = statement(parts)
    for found in (whole, split):
        assert line(found, "habitat_area/mangrove/2015")["standard_uncertainty"] == pytest.approx(
            100 * 0.05 / 1.959964, rel=1e-6
        )


def test_the_order_of_hashes_does_not_reach_the_statement():
    import os
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys; sys.path.insert(0, 'tests/blue')\n"
        "from test_accounts_ipcc import *\n"
        "from methodology.base.files import canonical_json\n"
        "import hashlib\n"
        "many = [one(n, n, **{**MANGROVE, 'activity': 'creation', 'replanted': True, 'started': 1700}, salinity_ppt=30.0) for n in 'abcdefgh']\n"
        "print(hashlib.sha256(canonical_json(statement(tables(*many))).encode()).hexdigest())\n"
    )
    root = Path(__file__).resolve().parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
