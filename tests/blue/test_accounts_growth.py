"""Growth of stands whose biomass was measured; expected values are worked by hand from stock, age and area."""

import itertools
import math

import pytest

from bluecarbon.accounts.areas import Period, SurveyTables
from bluecarbon.accounts.basis import grounded
from bluecarbon.accounts.ipcc import account
from bluecarbon.accounts.ipcc_measured_growth import yearly_share
from bluecarbon.classes import AccountingClass
from bluecarbon.job import Job
from methodology.base.errors import Findings
from methodology.factors.table import Factor, FactorTable
from methodology.guides.registry import load_guide
from methodology.statement import Head, assemble
from methodology.worksheet import Worksheet

GUIDE = load_guide("ipcc-wetlands-2013")
PLANTED = {"habitat": "mangrove", "climate": "tropical_wet", "soil": "mineral", "activity": "rewetting", "replanted": True, "salinity_ppt": 25.0}  # fmt: skip
CO2 = 44 / 12
LINE = "co2_flux/bay/mangrove/ponds/biomass/rewetting"


def measured(part, value, half, year, habitat="mangrove"):
    return Factor(
        f"measured/{habitat}/ponds/vegetation_stock/{part}", "measured", "vegetation_stock", value, "t_C/ha", value - half,
        value + half, 0.95, "ci of mean", "normal", None, {"habitat": (habitat,), "stratum": ("ponds",), "part": (part,)},
        "plots.csv", "mean of 3 plots, 2 degrees of freedom", "local", "local", "", f"{value} t_C/ha", 0, ("plots",), year,
    )  # fmt: skip


def survey(factors, dates=("2013", "2023"), area=(0.0, 50.0), **states):
    """Ponds planted in 2015 unless stated otherwise, on maps of two dates (middle of the year)."""
    c = AccountingClass("w", stratum="ponds", **{**PLANTED, "started": 2015, **states})
    years = f"{dates[0]}–{dates[1]}"
    moves = {("bay", "w", "w", years): (min(area), 0.0)}
    moves |= {("bay", "other", "w", years): (area[1] - area[0], 0.0)} if area[1] > area[0] else {}
    moves |= {("bay", "w", "other", years): (area[0] - area[1], 0.0)} if area[0] > area[1] else {}
    tables = SurveyTables(
        {"w": c}, dates, {d: int(d) + 0.5 for d in dates},
        (Period(years, *dates, float(int(dates[1]) - int(dates[0])), True),),
        {("bay", "w", d): a for d, a in zip(dates, area, strict=True) if a}, moves, dict.fromkeys(dates, None),
        {d: (f"map {d}",) for d in dates},
    )  # fmt: skip
    head = {"title": "t", "guide": "ipcc-wetlands-2013", "gwp": "AR5-100"}
    job = Job.model_validate(
        {"survey": head, "legend": {"1": {"habitat": "mangrove"}}, "map": [{"date": 2013, "path": "x"}]}
    )
    sheet, findings = Worksheet(), Findings()
    table = GUIDE.factors.overlaid(FactorTable("measured", tuple(factors))) if factors else GUIDE.factors
    result = account(sheet, tables, job, table, findings)
    blocks = grounded(sheet, result.blocks)
    found = assemble(sheet, blocks, result.gaps, Head("t", "survey", GUIDE.face, {}, findings=findings), draws=500)
    return {x["id"]: x for x in found["lines"]}, {f["code"]: f for f in found["findings"]}


BOTH = (measured("above", 10.0, 2.0, 2023.5), measured("below", 4.0, 1.0, 2023.5))


def test_flow_of_a_period_is_the_measured_stock_that_stands_there():
    lines, _ = survey(BOTH)
    flow = lines[f"{LINE}/2013–2023"]
    # 50 ha × 14 t C/ha in ten years, from nothing in 2015; the whole ground was planted then, not half of it on average
    assert flow["value"] == pytest.approx(-50 * 14 / 10 * CO2)
    assert flow["interval"]["high"] - flow["value"] == pytest.approx(50 * math.hypot(2, 1) / 10 * CO2, rel=1e-6)
    assert (flow["basis"], flow["tier"]) == ("measured", "Tier 2")
    stood = sum(
        lines[f"carbon_stock/bay/mangrove/ponds/{p}_ground_biomass/rewetting/2023"]["value"] for p in ("above", "below")
    )
    assert -10 * flow["value"] / CO2 == pytest.approx(stood)
    assert lines["stock_change_entered/biomass/2013–2023"]["value"] == pytest.approx(stood)


def test_soil_of_a_stand_that_started_in_the_period_runs_on_its_whole_ground_from_then_on():
    lines, _ = survey(BOTH)
    # 50 ha, 8.5 of ten years, 1.62 t C/ha/yr of table 4.12
    assert lines["co2_flux/bay/mangrove/ponds/soil/rewetting/2013–2023"]["value"] == pytest.approx(
        -50 * 0.85 * 1.62 * CO2
    )


def test_at_the_date_of_the_measurement_the_flow_is_stock_over_age():
    lines, _ = survey(BOTH)
    assert lines[f"{LINE}/2023"]["value"] == pytest.approx(-50 * 14 / 8.5 * CO2)
    assert f"{LINE}/2013" not in lines


def test_roots_follow_measured_shoots_by_the_guides_ratio():
    lines, _ = survey(BOTH[:1])
    flow = lines[f"{LINE}/2013–2023"]
    assert flow["value"] == pytest.approx(-50 * 10 * 1.49 / 10 * CO2)
    assert (flow["basis"], flow["tier"]) == ("mixed", "Tier 1 and 2")


def test_growth_after_the_measurement_is_not_extrapolated_and_says_so():
    early = (measured("above", 10.0, 2.0, 2018.5), measured("below", 4.0, 1.0, 2018.5))
    lines, _ = survey(early, area=(50.0, 50.0), started=2008)
    # of 10.5 years of growth five lie in 2013.5 to 2018.5
    assert lines[f"{LINE}/2013–2023"]["value"] == pytest.approx(-50 * 14 * 5 / 10.5 / 10 * CO2)
    change = lines["stock_change_kept/biomass/2013–2023"]["value"]
    assert change == pytest.approx(50 * 14 * 5 / 10.5)
    for when in ("2023", "2013–2023"):
        gap = lines[f"biomass_flux/mangrove/ponds/rewetting/{when}"]
        assert gap["status"] == "not_estimated"
        assert "2018" in gap["reason"]["en"]
    assert "biomass_flux not estimated" in lines["net_flux/2013–2023"]["interval"]["excludes"]


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [(2023.5, 2023.5, 1 / 8.5), (2023.9, 2023.9, 1 / 8.5), (2024.5, 2024.5, 0), (2014.0, 2014.0, 0),
     (2010.0, 2020.0, 5 / 8.5 / 10), (2020.0, 2030.0, 3.5 / 8.5 / 10), (2024.0, 2030.0, 0)],
)  # fmt: skip
def test_share_of_the_measured_stock_that_grows_in_a_year(start, end, share):
    assert yearly_share(2015, 2023.5, start, end) == pytest.approx(share)


def test_growth_over_any_cut_of_time_adds_to_the_whole():
    cuts = [2014.0, 2015.3, 2019.0, 2022.7, 2026.0]
    parts = [yearly_share(2015, 2023.5, a, b) * (b - a) for a, b in itertools.pairwise(cuts)]
    assert sum(parts) == pytest.approx(1.0)


def test_a_natural_stand_that_was_measured_has_no_flow():
    lines, codes = survey(BOTH, area=(50.0, 50.0), activity="none", started=None, replanted=None)
    assert not [name for name in lines if name.startswith("co2_flux")]
    assert "BC-INV-16" not in codes


def test_one_measurement_of_a_managed_stand_that_stood_before_tells_no_growth():
    managed = {"activity": "forest_management", "replanted": None, "started": 2005}
    lines, _ = survey(BOTH, area=(50.0, 50.0), **managed)
    gap = lines["biomass_flux/mangrove/ponds/forest_management"]
    assert (gap["status"], gap["value"]) == ("not_estimated", None)
    assert "replanted = true" in gap["reason"]["en"]
    lines, _ = survey(BOTH, area=(50.0, 50.0), **{**managed, "replanted": True})
    # planted in 2005: 18.5 years to the measurement, ten of them in the period
    flow = lines["co2_flux/bay/mangrove/ponds/biomass/forest_management/2013–2023"]["value"]
    assert flow == pytest.approx(-50 * 14 / 18.5 * CO2)


def test_default_growth_stays_where_nothing_was_measured():
    lines, codes = survey(())
    # 9.9 t d.m./ha/yr for 8.5 of ten years on the ground planted in 2015
    assert lines[f"{LINE}/2013–2023"]["value"] == pytest.approx(-50 * 9.9 * 1.49 * 0.451 * 0.85 * CO2)
    assert lines[f"{LINE}/2013–2023"]["basis"] == "default"
    assert not {"BC-INV-16", "BC-INV-17"} & set(codes)


def test_a_marsh_without_default_growth_has_the_growth_that_was_measured():
    grass = (measured("above", 3.0, 1.0, 2023.5, "tidal_marsh"), measured("below", 6.0, 2.0, 2023.5, "tidal_marsh"))
    lines, _ = survey(grass, habitat="tidal_marsh")
    assert lines["co2_flux/bay/tidal_marsh/ponds/biomass/rewetting/2013–2023"]["value"] == pytest.approx(
        -50 * 9 / 10 * CO2
    )


def test_measured_and_default_growth_that_lie_apart_are_told_with_both_numbers():
    _, codes = survey(BOTH)
    told = codes["BC-INV-16"]
    # 9.9 t d.m./ha/yr × 8.5 yr × 0.451 × 1.49 = 56.55
    assert "measured 14 t C/ha (11.76 to 16.24) in 2023" in told["found"]  # 14 ± √(2² + 1²)
    assert "gives 56.55" in told["found"]
    assert told["severity"] == "warning"
    near = (measured("above", 38.0, 5.0, 2023.5), measured("below", 18.6, 3.0, 2023.5))
    assert "BC-INV-16" not in survey(near)[1]


def test_a_flow_above_what_stands_there_at_the_end_is_told_with_both_numbers():
    _, codes = survey(BOTH, area=(50.0, 10.0), started=2012)
    # mean area 30 ha × 14 t C/ha × 10 of 11.5 years = 365.2; 10 ha × 14 = 140 stand there
    assert codes["BC-INV-17"]["found"] == "2013–2023: 365.2 t C taken up by biomass, 140 t C standing at the end"
    assert "BC-INV-17" not in survey(BOTH)[1]
