"""Equations and factors of the plant guides: worked cases, units, golden cases."""

import json
from pathlib import Path

import numpy as np
import pytest

from methodology.guides.epa_98_pp import equations as pp
from methodology.guides.eu_mrr import equations as mrr
from methodology.guides.iso_27919_1 import equations as iso
from methodology.guides.registry import load_guide

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "ccus"
GUIDES = ("iso-27919-1", "epa-98-pp", "eu-mrr", "cn-grid")


def golden(name):
    path = GOLDEN / name
    if not path.exists():
        pytest.skip("expected results are not at hand")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("guide_id", GUIDES)
def test_worked_cases_by_value_and_with_real_units(guide_id):
    guide = load_guide(guide_id)
    equations = {equation.name: equation for equation in guide.equations().values()}
    worked = set()
    for row in guide.worked_cases():
        given = {k: float(v) for k, v in (part.split("=") for part in row["arguments"].split(";"))}
        equation, expected = equations[row["equation"]], float(row["expected"])
        tolerance = float(row["tolerance"]) * max(abs(expected), 1)
        assert float(equation(**given)) == pytest.approx(expected, abs=tolerance)
        assert float(equation.quantity(**given).magnitude) == pytest.approx(expected, abs=tolerance)
        worked.add(equation.name)
    assert worked == set(equations), "every equation has a worked case"
    assert {n for c in guide.clauses for n in c.get("equations", [])} == {e.number for e in equations.values()}


def test_golden_subpart_pp_rr_vv():
    data = golden("epa_pp_rr_vv.json")
    case = data["PP-1"]
    assert sum(pp.supplied_by_mass(q, w) for q, w in case["quarters_Q_t_and_wt_fraction"]) == pytest.approx(
        case["CO2_t"]
    )
    case = data["PP-2"]
    quarters = case["quarters_scm_and_vol_fraction"]
    densities = {f.id: f.value for f in load_guide("epa-98-pp").factors.factors}
    assert densities["PP/density"] == case["D_t_scm"]
    total = sum(pp.supplied_by_volume(q, densities["PP/density"], c) for q, c in quarters)
    assert total == pytest.approx(case["CO2_t"], rel=1e-12)
    total = sum(pp.supplied_by_volume(q, densities["RR/density"], c) for q, c in quarters)
    assert total == pytest.approx(data["PP-2_with_0.0018682"], rel=1e-12)
    assert sum(data["PP-3a"]["meters_t"]) == pytest.approx(data["PP-3a"]["CO2_t"], rel=1e-12)
    case = data["PP-3b"]
    after = pp.supplied_after_segregation(sum(case["main_t"]), sum(case["onsite_use_t"]))
    assert after == pytest.approx(case["CO2_t"], rel=1e-12)
    case = data["RR-2"]
    terms = [
        pp.received_by_volume(q, s, case["D"], c) for (q, c), s in zip(case["Q_scm_C"], case["S_scm"], strict=True)
    ]
    assert sum(terms) == pytest.approx(case["CO2T_t"], rel=1e-12)
    case = data["RR-9"]
    assert pp.produced(sum(case["CO2w_t"]), case["X"]) == pytest.approx(case["CO2P_t"], rel=1e-12)
    case = data["RR-11"]
    found = pp.sequestered_with_production(*(case[k] for k in ("CO2I", "CO2P", "CO2E", "CO2FI", "CO2FP")))
    assert found == pytest.approx(case["CO2_t"], rel=1e-12)
    case = data["RR-12"]
    assert pp.sequestered(case["CO2I"], case["CO2E"], case["CO2FI"]) == pytest.approx(case["CO2_t"], rel=1e-12)
    case = data["VV_eq1"]
    found = pp.stored_with_enhanced_recovery(
        case["m_received"], case["m_native"], case["m_loss_operations"], case["m_loss_EOR_complex"]
    )
    assert found == case["m_stored"]


def test_golden_mrr():
    data = golden("eu_mrr.json")
    case = data["substitution"]
    flow = np.array(case["flow_Nm3_h"])
    measured = np.array([np.nan if v is None else v for v in case["conc_g_Nm3"]])
    for value, expected in (
        (mrr.substitute_concentration(case["mean"], case["sd_sample"]), case["annual_t_eq1"]),
        (mrr.careful_concentration(case["mean"], case["sd_sample"]), case["t_if_lower_bound"]),
    ):
        filled = np.where(np.isnan(measured), value, measured)
        assert mrr.measured_hour(filled, flow, 1.0).sum() == pytest.approx(expected, rel=1e-12)
    grams = case["annual_t_eq1"] * 1e6
    assert mrr.mean_hourly_emission(grams, 8.0) == pytest.approx(case["avg_kg_h_eq2"], rel=1e-12)
    for case in data["annexIV_21"]:
        found = mrr.capture_installation(case["T_input"], case["E_without_capture"], case["T_for_storage"])
        assert found == case["E_capture_installation"]
    case = data["annexIV_22_A"]
    assert mrr.transport_by_balance(case["E_own"], sum(case["T_in"]), sum(case["T_out"])) == case["E"]
    case = data["annexIV_22_B"]
    parts = (case[k] for k in ("fugitive", "vented", "leakage", "installations"))
    assert mrr.transport_by_parts(*parts) == case["E"]
    case = data["annexIV_23_B3"]
    assert sum(mrr.leakage(day / 24, 1.0) for day in case["L_t_per_day"]) == pytest.approx(case["total"])


def test_golden_key_figures():
    data = golden("kpi_net.json")
    i, kpi = data["inputs"], data["kpi"]
    captured = i["co2_captured_t"]
    assert iso.thermal_consumption(i["steam_GJ"], captured) == pytest.approx(kpi["STEC_GJ_t"])
    assert iso.electrical_consumption(i["electricity_MWh"], captured) == pytest.approx(kpi["SEC_kWh_t"])
    found = iso.equivalent_consumption(i["electricity_MWh"], i["steam_GJ"], i["eq_work_MWh_per_GJ_steam"], captured)
    assert found == pytest.approx(kpi["SEEC_kWh_t"])
    assert iso.absorbent_consumption(i["amine_makeup_kg"], captured) == pytest.approx(kpi["SAC_kg_t"])
    assert iso.chemical_consumption(i["NaOH_kg"], captured) == pytest.approx(kpi["SCC_NaOH_kg_t"])
    assert iso.water_consumption(i["water_m3"], captured) == pytest.approx(kpi["water_m3_t"])
    case = data["SRCE_case"]
    without = iso.emission_intensity(case["CO2_ref_t"], case["E_net_ref_MWh"])
    with_capture = iso.emission_intensity(case["CO2_ref_t"] - case["capture_t"], case["E_net_ccs_MWh"])
    assert with_capture == pytest.approx(case["e_ccs"], rel=1e-12)
    reduction = iso.emission_reduction(without, with_capture)
    assert reduction == pytest.approx(case["SRCE_t_MWh"], rel=1e-12)
    assert 100 * iso.emission_reduction_share(without, with_capture) == pytest.approx(case["SRCE_pct"], rel=1e-12)
    saved = iso.avoided(reduction, case["E_net_ccs_MWh"])
    assert saved == pytest.approx(case["CO2_avoided_t"], rel=1e-12)
    assert saved / case["capture_t"] == pytest.approx(case["avoided_over_captured"], rel=1e-9)
    case = data["net_capture"]
    gross = case["gross_t"]
    heat = iso.emission_of_heat(gross * case["steam_GJ_t"], case["steam_EF_t_GJ"])
    power = iso.emission_of_electricity(gross * case["power_kWh_t"] / 1000, case["grid_t_MWh"])
    amine = iso.emission_of_chemicals(gross * case["amine_kg_t"], case["amine_EF_kg_kg"])
    assert (heat, power, amine) == pytest.approx((case["steam_t"], case["power_t"], case["amine_t"]))
    assert iso.net_captured(gross, case["vent_loss_t"], heat, power, amine) == pytest.approx(case["net_t"], rel=1e-12)
    case = data["haifeng_throughput"]
    lines = sum(case["lines"].values())
    assert iso.utilisation(case["nameplate_t_y"], lines, 365) * 100 == pytest.approx(case["utilisation_needed_pct"])


def test_golden_grid_factors_by_series_and_year():
    data = golden("cn_grid_factors.json")
    table = load_guide("cn-grid").factors
    series = {
        "national_average": "average",
        "national_excl_market_nonfossil": "without_traded_non_fossil",
        "national_fossil": "fossil",
    }
    for key, name in series.items():
        for row in data[key]:
            context = {"series": name, "region": "national", "data_year": str(row["year"])}
            if row["value"] is None:
                assert not table.has("grid_emission_factor", context)
                continue
            factor = table.find("grid_emission_factor", context)
            assert factor.value == row["value"]
            if "value RECALLED" in row["mark"] or row["mark"].startswith("RECALLED"):
                assert factor.value_status == "recalled"
    for region, value in data["regional_2023"].items():
        if region != "mark":
            context = {"series": "average", "region": region.lower(), "data_year": "2023"}
            assert table.find("grid_emission_factor", context).value == value
    assert not table.has("grid_emission_factor", {"series": "average", "region": "guangdong", "data_year": "2023"})
    ets = {"series": "ets_reporting", "region": "national", "data_year": "2022"}
    assert table.find("grid_emission_factor", ets).value == 0.5703


def test_the_year_of_the_data_is_not_the_year_of_print():
    # 0.5366 is 2022 and 0.5568 is 2021 (announcements of 2024); public tables swap them
    table = load_guide("cn-grid").factors
    values = {
        year: table.find("grid_emission_factor", {"series": "average", "region": "national", "data_year": year}).value
        for year in ("2021", "2022", "2023")
    }
    assert values == {"2021": 0.5568, "2022": 0.5366, "2023": 0.5306}
