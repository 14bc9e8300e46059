"""Reference conditions, gauge and absolute, wet and dry, volume and mass fractions, steam."""

import json
from pathlib import Path

import numpy as np
import pytest

from ccus.streams import conditions, meters, steam
from methodology.base.errors import InputError

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "ccus"
NAMES = {
    "N_0C_101.325": "0C_1atm",
    "N_0C_100": "0C_1bar",
    "S_15C_101.325": "15C_1atm",
    "S_60F_101.325": "60F_1atm",
    "S_20C_101.325": "20C_1atm",
    "S_25C_101.325": "25C_1atm",
    "S_60F_14.73psia": "60F_14.73psia",
}


def golden(name):
    path = GOLDEN / name
    if not path.exists():
        pytest.skip("expected results are not at hand")
    return json.loads(path.read_text(encoding="utf-8"))


def test_molar_volumes_by_definition():
    # CODATA 2018 molar volumes of an ideal gas: 22.413 969 54 L/mol at 101.325 kPa, 22.710 954 64 at 100 kPa
    assert conditions.CONDITIONS["0C_1atm"].molar_volume_m3_kmol == pytest.approx(22.41396954, abs=5e-9)
    assert conditions.CONDITIONS["0C_1bar"].molar_volume_m3_kmol == pytest.approx(22.71095464, abs=5e-9)
    # 15 °C read as 0 °C: 288.15/273.15
    ratio = (
        conditions.CONDITIONS["15C_1atm"].molar_volume_m3_kmol / conditions.CONDITIONS["0C_1atm"].molar_volume_m3_kmol
    )
    assert ratio == pytest.approx(288.15 / 273.15, rel=1e-14)


def test_golden_reference_conditions():
    for key, expected in golden("reference_conditions.json")["conditions"].items():
        condition = conditions.reference_condition(NAMES[key])
        assert condition.molar_volume_m3_kmol == pytest.approx(expected["ideal_molar_volume_L_mol"], rel=1e-9)
        gas = meters.Gas(1.0, "vol_dry", "N2")
        ideal = meters.co2_from_reference_volume(1.0, NAMES[key], gas, wet=False)
        assert ideal == pytest.approx(expected["ideal_CO2_density_kg_m3"], rel=1e-9)
        real = meters.line_density_kg_m3(condition.temperature_c, condition.pressure_kpa, gas)
        assert real == pytest.approx(expected["real_CO2_density_kg_m3"], rel=1e-6)
        one = meters.reference_volume_m3_h(1.0, 0.0, 101.325, NAMES[key])
        assert one == pytest.approx(expected["m3_at_this_condition_per_1_Nm3_ideal"], rel=1e-9)


@pytest.mark.parametrize("name", ["", "Nm3", "standard", "0C"])
def test_a_condition_is_never_guessed(name):
    with pytest.raises(InputError) as caught:
        conditions.reference_condition(name)
    assert caught.value.code == "CC-MASS-01"


def test_gauge_and_absolute():
    assert conditions.pressure_kpa_abs(1500.0, "gauge", 101.325) == 1601.325
    assert conditions.pressure_kpa_abs(1500.0, "absolute") == 1500.0
    for arguments, code in [
        ((100.0, ""), "CC-MASS-02"),
        ((100.0, "gauge"), "CC-MASS-03"),
        ((-110.0, "gauge", 101.325), "CC-MASS-04"),
    ]:
        with pytest.raises(InputError) as caught:
            conditions.pressure_kpa_abs(*arguments)
        assert caught.value.code == code


def test_golden_wet_and_dry():
    data = golden("wet_dry.json")
    for case in data["saturated_cases"]:
        water = conditions.saturated_water_fraction(case["T_C"], case["p_kPa"])
        assert water == pytest.approx(case["y_H2O_sat"], abs=6e-8)  # printed with 7 decimals
        assert conditions.wet_fraction(case["y_CO2_dry"], water) == pytest.approx(case["y_CO2_wet"], abs=6e-8)
        assert conditions.dry_flow(100.0, water) == pytest.approx(case["dry_flow_per_100_wet"], abs=6e-6)
    american, chinese = data["o2_correction"]
    assert conditions.oxygen_corrected(0.118, 0.075, 0.06) == pytest.approx(american["y_CO2_at_ref"], abs=6e-7)
    assert conditions.oxygen_corrected(0.118, 0.075, 0.06, 0.21) == pytest.approx(chinese["y_CO2_at_ref"], abs=6e-7)
    c7 = data["c7"]
    assert conditions.dry_flow(c7["CO2_dry_basis_t_h"], c7["pct_H2O"] / 100) == pytest.approx(c7["correct"], rel=1e-12)


def test_saturated_gas_by_hand():
    # IAPWS-IF97 at 40 °C: 7.3844 kPa (steam tables), so 7.288 % at 1 atm
    assert steam.saturation_pressure_kpa(40.0) == pytest.approx(7.3844, abs=5e-5)
    assert conditions.saturated_water_fraction(40.0, 101.325) == pytest.approx(7.3844 / 101.325, rel=1e-5)
    with pytest.raises(InputError) as caught:
        conditions.saturated_water_fraction(120.0, 101.325)
    assert caught.value.code == "CC-MASS-05"


def test_volume_and_mass_per_cent():
    # 95 vol % CO2 in N2 by hand: 0.95*44.0098 / (0.95*44.0098 + 0.05*28.0134)
    assert conditions.mass_fraction_in_balance(0.95, "N2") == pytest.approx(41.80931 / 43.20998, rel=1e-9)
    assert conditions.mole_fraction_in_balance(conditions.mass_fraction_in_balance(0.95, "N2"), "N2") == pytest.approx(
        0.95, rel=1e-14
    )
    trap = golden("epa_pp_rr_vv.json")["trap_weight_vs_volume_percent"]
    assert conditions.mass_fraction_in_balance(trap["y_CO2"], trap["balance"]) == pytest.approx(
        trap["wt_fraction"], rel=1e-9
    )


@pytest.mark.parametrize(
    ("composition", "code"),
    [
        ({"CO2": 0.9, "N2": 0.2}, "CC-MASS-07"),
        ({"CO2": 95.0, "N2": 5.0}, "CC-MASS-07"),
        ({"CO2": 1.1, "N2": -0.1}, "CC-MASS-07"),
        ({"CO2": 0.9, "XX": 0.1}, "CC-MASS-06"),
    ],
)
def test_compositions_that_cannot_be(composition, code):
    with pytest.raises(InputError) as caught:
        conditions.mass_fraction("CO2", composition)
    assert caught.value.code == code


def test_golden_steam():
    data = golden("steam_if97.json")
    for case in data["region1_h"]:
        assert steam.water_enthalpy_kj_kg(case["T"] - 273.15, case["p"] * 1000) == pytest.approx(case["h"], rel=5e-9)
    for case in data["region2_h"]:
        assert steam.steam_enthalpy_kj_kg(case["T"] - 273.15, case["p"] * 1000) == pytest.approx(case["h"], rel=5e-9)
    for case in data["saturation_T"]:
        assert steam.saturation_temperature_c(case["p"] * 1000) + 273.15 == pytest.approx(case["T"], abs=6e-7)
    for case in data["reboiler_duty_cases"]:
        duty = steam.reboiler_duty_gj_h(
            case["steam_t_h"],
            case["T_steam_C"],
            case["p_steam_MPa_abs"] * 1000,
            case["T_cond_C"],
            case["p_cond_MPa_abs"] * 1000,
        )
        assert duty == pytest.approx(case["duty_GJ_h"], abs=6e-7)
    gas, water = steam.saturated_enthalpies_kj_kg(400.0)
    assert gas - water == pytest.approx(data["gauge_trap"]["hfg_abs_0.40"], abs=6e-5)
    gas, water = steam.saturated_enthalpies_kj_kg(501.325)
    assert gas - water == pytest.approx(data["gauge_trap"]["hfg_abs_0.501325"], abs=6e-5)


def test_if97_verification_values():
    # IAPWS R7-97(2012), tables 5, 15 and 36: published check values
    assert steam.water_enthalpy_kj_kg(26.85, 3000.0) == pytest.approx(115.331273, abs=5e-7)
    assert steam.steam_enthalpy_kj_kg(426.85, 30_000.0) == pytest.approx(2631.49474, abs=5e-6)
    assert steam.saturation_temperature_c(1000.0) + 273.15 == pytest.approx(453.035632, abs=5e-7)
    assert steam.saturation_pressure_kpa(226.85) == pytest.approx(2638.89776, abs=5e-6)
    temperatures = np.linspace(1, 370, 50)
    back = steam.saturation_temperature_c(steam.saturation_pressure_kpa(temperatures))
    assert np.allclose(back, temperatures, atol=1e-6)


def test_wet_steam_and_boiling_condensate_are_refused():
    for arguments in [(1.0, 140.0, 400.0, 100.0, 380.0), (1.0, 160.0, 400.0, 150.0, 380.0)]:
        with pytest.raises(InputError) as caught:
            steam.reboiler_duty_gj_h(*arguments)
        assert caught.value.code == "CC-MASS-09"
    with pytest.raises(InputError) as caught:
        steam.steam_enthalpy_kj_kg(-5.0, 100.0)
    assert caught.value.code == "CC-MASS-08"
