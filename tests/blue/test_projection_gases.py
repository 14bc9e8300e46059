"""Methane and nitrous oxide by named rule and salinity: printed values at their limits, and own rates with a source."""

from __future__ import annotations

import numpy as np
import pytest

from bluecarbon.projection.equations import methane, nitrous_oxide
from bluecarbon.projection.gases import gas_factors, rule_factor, rules
from bluecarbon.projection.model import project
from bluecarbon.projection.reading import read_classes
from bluecarbon.projection.results import summed, tidy
from bluecarbon.projection.tables import TrajectoryAreas
from methodology.base.errors import Findings
from methodology.guides.registry import known_sources, load_guide

HEAD = (
    "lucode,lulc-class,biomass-initial,soil-initial,litter-initial,biomass-half-life,biomass-low-impact-disturb,"
    "biomass-med-impact-disturb,biomass-high-impact-disturb,biomass-yearly-accumulation,soil-half-life,"
    "soil-low-impact-disturb,soil-med-impact-disturb,soil-high-impact-disturb,soil-yearly-accumulation,"
    "litter-yearly-accumulation,unit"
)
MARSH = "1,marsh,0,500,0,0,0,0,0,0,7,0,0,1,4,0,t CO2e/ha"
WATER = "2,water,0,0,0,0,0,0,0,0,0,0,0,0,0,0,t CO2e/ha"


@pytest.mark.parametrize(
    ("rule", "gas", "salinity", "kg"),
    [
        ("ipcc-wetland", "ch4", 5, 193.7),  # 2013 Wetlands Supplement, table 4.14
        ("ipcc-wetland", "ch4", 30, 0),
        ("ipcc-wetland", "ch4", 18, None),  # printed below 18 and above 18 only
        ("ipcc-wetland", "n2o", 30, None),
        ("vm0033-wetland", "ch4", 18, None),  # VM0033 v2.1, equations 60 to 68
        ("vm0033-wetland", "ch4", 19, 11),
        ("vm0033-wetland", "ch4", 20, 5.6),
        ("vm0033-wetland", "n2o", 35, 0.487),
        ("vm0033-wetland", "n2o", 18, 0.754),
        ("vm0033-wetland", "n2o", 5, 0.864),
        ("vm0033-open-water", "n2o", 35, 0.157),
        ("vm0033-open-water", "n2o", 6, 0.33),
        ("vm0033-open-water", "n2o", 0, 0.53),
        ("vm0033-open-water", "ch4", 35, None),
    ],
)
def test_rules_hold_what_their_source_prints(rule, gas, salinity, kg):
    row = rule_factor(rule, gas, salinity)
    assert (row and float(row["value"])) == kg


def test_rows_name_their_source_and_agree_with_the_guide():
    assert {row["source"] for row in gas_factors()} <= set(known_sources())
    table = load_guide("ipcc-wetlands-2013").factors
    for words, row in (("below_18", "ipcc/ch4/fresh"), ("above_18", "ipcc/ch4/salt")):
        guide = table.find("ch4_rewetting_factor", {"habitat": "mangrove", "salinity": words})
        own = next(r for r in gas_factors() if r["id"] == row)
        assert float(own["value"]) / 1000 == pytest.approx(guide.value)


def test_amounts():
    assert methane(0.1937, 100.0, 10.0) == pytest.approx(193.7)  # 0.1937 t x 100 ha x 10 yr
    assert nitrous_oxide(0.000487, 1000.0, 2.0) == pytest.approx(0.974)


def classes(tmp_path, columns, marsh, water, findings):
    (tmp_path / "classes.csv").write_text(f"{HEAD},{columns}\n{MARSH},{marsh}\n{WATER},{water}\n")
    return read_classes(tmp_path / "classes.csv", findings)


def test_gas_lines_of_a_projection(tmp_path):
    findings = Findings()
    table = classes(tmp_path, "gas-rule,salinity-ppt", "ipcc-wetland,5", ",", findings)
    assert not len(findings)
    ground = TrajectoryAreas((2000, 2010), np.array([[0, 0], [0, 1]]), np.array([[60.0, 40.0]]))
    frame = tidy(project(table, np.full((2, 2), 2), ground, 2020))
    total = summed(frame).set_index(["quantity", "period"])
    assert total.loc[("methane", "2000-2010"), "amount"] == pytest.approx(100 * 10 * 0.1937)
    assert total.loc[("methane", "2010-2020"), "amount"] == pytest.approx(60 * 10 * 0.1937)
    assert total.loc[("methane", "2010-2020"), "area_ha"] == 60  # water has no rate: not estimated, not zero
    assert set(frame.loc[frame["quantity"] == "methane", "unit"]) == {"t_CH4"}
    assert "nitrous_oxide" not in set(frame["quantity"])


def test_co2_equivalents_only_of_a_named_set(tmp_path):
    import dataclasses

    table = classes(tmp_path, "ch4-kg-per-ha-yr,gas-source", "100,own chambers 2024", ",", Findings())
    ground = TrajectoryAreas((2000,), np.array([[0]]), np.array([[1.0]]))
    run = project(table, np.zeros((2, 2), dtype=int), ground, 2010)
    frame = tidy(dataclasses.replace(run, gwp={"ch4": 28.0, "n2o": 265.0}))
    amount = frame.set_index("quantity")["amount"]
    assert amount["methane"] == pytest.approx(1.0)
    assert amount["methane_co2e"] == pytest.approx(28.0)  # AR5: 28
    assert "methane_co2e" not in set(tidy(run)["quantity"])


@pytest.mark.parametrize(
    ("columns", "marsh", "code"),
    [
        ("gas-rule,salinity-ppt", "ipcc-wetland,", "BC-PRJ-60"),
        ("gas-rule,salinity-ppt", "ipcc,5", "BC-PRJ-60"),
        ("gas-rule,salinity-ppt", "ipcc-wetland,-5", "BC-PRJ-60"),
        ("gas-rule,salinity-ppt", "ipcc-wetland,18", "BC-PRJ-62"),
        ("ch4-kg-per-ha-yr,gas-source", "100,", "BC-PRJ-61"),
        ("ch4-kg-per-ha-yr,gas-source", "much,me", "BC-PRJ-06"),
    ],
)
def test_refused(tmp_path, columns, marsh, code):
    findings = Findings()
    classes(tmp_path, columns, marsh, ",", findings)
    assert [finding.code for finding in findings.errors] == [code]


def test_rules_are_listed():
    assert rules() == ("ipcc-wetland", "vm0033-wetland", "vm0033-open-water")
