"""CO2 density tables against the equation of state; meters to mass; mixtures."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ccus.streams import build_co2_tables as build
from ccus.streams import co2, meters, mixture, orifice
from methodology.base.errors import InputError

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "ccus"


def golden(name):
    path = GOLDEN / name
    if not path.exists():
        pytest.skip("expected results are not at hand")
    if name.endswith(".csv"):
        with path.open(encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return json.loads(path.read_text(encoding="utf-8"))


# Span and Wagner 1996 through CoolProp 8.0.0, typed from its output: °C, kPa absolute, phase stated, kg/m3
STATES = [
    (0.0, 101.325, None, 1.976813),
    (40.0, 180.0, None, 3.065906),
    (35.0, 1500.0, None, 27.70365),
    (-28.0, 1500.0, "gas", 38.85136),
    (-28.0, 1601.325, "liquid", 1067.503),
    (5.0, 4500.0, None, 902.1035),
    (10.0, 15000.0, None, 954.1811),
    (35.0, 8000.0, None, 419.0877),
    (50.0, 10000.0, None, 384.3272),
    (100.0, 30000.0, None, 661.8665),
]


@pytest.mark.parametrize(("t", "p", "phase", "expected"), STATES)
def test_density_of_known_states(t, p, phase, expected):
    assert co2.co2_density_kg_m3(t, p, phase) == pytest.approx(expected, rel=1e-4)


def test_golden_densities_or_a_refusal_with_its_reason():
    for row in golden("co2_density_pure.csv"):
        t, p = float(row["T_C"]), float(row["p_kPa_abs"])
        phase = row["phase"] if row["phase"] in ("gas", "liquid") else None
        if t == 31.5:
            with pytest.raises(InputError) as caught:
                co2.co2_density_kg_m3(t, p)
            assert caught.value.code == "CC-MASS-13"
            continue
        tolerance = 1e-4 if p > 1000 else 1e-5
        assert co2.co2_density_kg_m3(t, p, phase) == pytest.approx(float(row["rho_kg_m3"]), rel=tolerance)


@pytest.fixture(scope="module")
def solve():
    pytest.importorskip("CoolProp")
    return build.solver()


def test_accuracy_in_each_promised_region(solve):
    density, saturation = solve
    rng = np.random.default_rng(20251)
    n = 1500
    low = (rng.uniform(0, 60, n), rng.uniform(90, 1000, n), "gas", 1e-5)
    cold = rng.uniform(-50, 30.9, n)
    line = np.array([saturation(t + 273.15) for t in cold])
    gas = (cold, line * rng.uniform(0.01, 0.9, n), "gas", 1e-4)
    liquid = (cold, np.minimum(line * rng.uniform(1.1, 10, n), 30_000), "liquid", 1e-4)
    hot = (rng.uniform(31.0, 150, n), rng.uniform(7900, 30_000, n), "supercritical", 1e-4)
    warm = (rng.uniform(31.0, 150, n), rng.uniform(10, 6800, n), "gas", 1e-4)
    for t, p, phase, tolerance in (low, gas, liquid, hot, warm):
        found, status = co2.co2_density_status(t, p)
        answered = status == 0
        assert answered.mean() > 0.98
        expected = np.array([density(a + 273.15, b, phase) for a, b in zip(t[answered], p[answered], strict=True)])
        assert np.abs(found[answered] / expected - 1).max() < tolerance


def test_imposed_phase_agrees_with_the_full_solver(solve):
    from CoolProp.CoolProp import PropsSI

    for t, p, phase in [(20, 5000, "gas"), (-40, 900, "gas"), (20, 6000, "liquid"), (60, 20000, "supercritical")]:
        assert solve[0](t + 273.15, p, phase) == pytest.approx(
            PropsSI("D", "T", t + 273.15, "P", p * 1e3, "CO2"), rel=1e-9
        )


def test_shipped_tables_are_what_the_script_builds(solve):
    tables = co2._tables()
    rng = np.random.default_rng(7)
    for name, (t0, t1, rows, x0, x1, columns, unit) in build.REGIONS.items():
        grid = tables[name]
        assert grid.values.shape == (rows + 1, columns + 1)
        for i, j in zip(rng.integers(0, rows + 1, 60), rng.integers(0, columns + 1, 60), strict=True):
            kelvin, x = t0 + (t1 - t0) * i / rows, x0 + (x1 - x0) * j / columns
            # half a storage unit, and 2e-6 for solvers of other builds
            assert grid.values[i, j] == pytest.approx(build.node(name, kelvin, x, solve), rel=2e-6, abs=unit)


@pytest.mark.parametrize(
    ("t", "p", "phase", "code"),
    [
        (20.0, 5600.0, None, "CC-MASS-12"),
        (20.0, 6000.0, None, "CC-MASS-12"),
        (31.5, 7500.0, None, "CC-MASS-13"),
        (27.0, 7200.0, "liquid", "CC-MASS-13"),
        (-28.0, 1500.0, "liquid", "CC-MASS-14"),
        (-28.0, 1601.325, "gas", "CC-MASS-14"),
        (200.0, 1000.0, None, "CC-MASS-11"),
        (20.0, -5.0, None, "CC-MASS-11"),
        (float("nan"), 500.0, None, "CC-MASS-11"),
    ],
)
def test_where_a_volume_cannot_carry_a_mass(t, p, phase, code):
    with pytest.raises(InputError) as caught:
        co2.co2_density_kg_m3(t, p, phase)
    assert caught.value.code == code
    if code in ("CC-MASS-12", "CC-MASS-13"):
        assert "1 K moves the density" in str(caught.value)


def test_a_series_answers_what_it_can_and_says_why_not():
    density, status = co2.co2_density_status([20.0, 20.0, 31.5], [500.0, 5700.0, 7500.0])
    assert status.tolist() == [co2.OK, co2.NEAR_SATURATION, co2.NEAR_CRITICAL]
    assert np.isnan(density[1:]).all()
    assert density[0] == co2.co2_density_kg_m3(20.0, 500.0)


def test_order_and_company_of_readings_do_not_matter():
    rng = np.random.default_rng(5)
    t, p = rng.uniform(-50, 150, 4000), rng.uniform(50, 30_000, 4000)
    whole, status = co2.co2_density_status(t, p)
    single = np.array([co2.co2_density_status(a, b)[0] for a, b in zip(t[:300], p[:300], strict=True)])
    assert np.array_equal(whole[:300], single, equal_nan=True)
    assert np.array_equal(co2.co2_density_status(t[::-1], p[::-1])[1][::-1], status)


def test_golden_orifices():
    data = golden("flow_meters.json")
    taps = {"D": "D_D2"}
    for case in data["orifice"]:
        plate = orifice.OrificePlate(case["D"], case["d"], taps.get(case["taps"], case["taps"]))
        drop = (case["P1"] - case["P2"]) / 1000
        flow = orifice.orifice_flow_kg_s(plate, case["P1"] / 1000, drop, case["rho"], case["mu"], case["k"])
        assert flow == pytest.approx(case["qm_kg_s"], rel=2e-9)  # densities are typed with 9 digits
    case = data["dp_compensation"]
    assert orifice.density_compensated(1.0, case["rho_actual"], case["rho_design"]) == pytest.approx(
        case["qm_true"], rel=1e-12
    )
    parts = golden("uncertainty.json")["orifice_mass_flow"]
    percent = {name: parts[f"{name}_pct_k2"] for name in ("C", "eps", "dp", "rho", "d", "D")}
    assert orifice.orifice_uncertainty_percent(parts["beta"], percent) == pytest.approx(parts["U_qm_k2_pct"], rel=1e-9)


def test_orifice_of_a_public_example():
    # docstring example of the program `fluids` 1.3.1: water through a 50 mm bore, 7.702338035732 kg/s
    plate = orifice.OrificePlate(0.07366, 0.05, "D_D2")
    assert orifice.orifice_flow_kg_s(plate, 200.0, 17.0, 999.1, 0.0011, 1.33) == pytest.approx(7.702338035732, rel=1e-9)
    assert orifice.orifice_flow_kg_s(plate, 200.0, 0.0, 999.1, 0.0011, 1.33) == 0


@pytest.mark.parametrize(
    ("plate", "drop"),
    [
        (orifice.OrificePlate(0.1, 0.09, "flange"), 1.0),
        (orifice.OrificePlate(0.1, 0.05, "pipe"), 1.0),
        (orifice.OrificePlate(0.1, 0.05, "flange"), 90.0),
        (orifice.OrificePlate(0.1, 0.05, "flange"), 1e-6),
    ],
)
def test_orifice_outside_the_standard(plate, drop):
    with pytest.raises(InputError) as caught:
        orifice.orifice_flow_kg_s(plate, 150.0, drop, 2.5, 1.5e-5, 1.28)
    assert caught.value.code == "CC-MASS-21"


def test_golden_volume_meter():
    case = golden("flow_meters.json")["volume_meter"]
    gas = meters.Gas(1.0, "vol_dry", "N2")
    t, p, q = case["T_C"], case["p_line_kPa"], case["Q_line_m3_h"]
    assert meters.co2_from_line_volume(q, t, p, gas) == pytest.approx(1000 * case["mass_t_h"], rel=1e-6)
    assert meters.reference_volume_m3_h(q, t, p, "0C_1atm") == pytest.approx(case["Nm3_h_ideal"], rel=1e-9)
    ratio = meters.z_co2(0.0) / meters.z_co2(t, p)
    assert meters.reference_volume_m3_h(q, t, p, "0C_1atm", ratio) == pytest.approx(case["Nm3_h_real"], rel=1e-6)


def test_reference_volume_wet_or_dry_gives_one_mass():
    # 1000 Nm3/h wet with 10 % water hold 900 Nm3/h dry; 12 % of the dry gas is CO2
    gas = meters.Gas(0.12, "vol_dry", "N2", water=0.10)
    wet = meters.co2_from_reference_volume(1000.0, "0C_1atm", gas, wet=True)
    dry = meters.co2_from_reference_volume(900.0, "0C_1atm", gas, wet=False)
    assert wet == pytest.approx(dry, rel=1e-14)
    assert wet == pytest.approx(1000 / 22.41396954 * 0.9 * 0.12 * 44.0098, rel=1e-9)


def test_basis_of_the_analysis_is_asked_for_and_used():
    # three ways to state one gas: 95 vol % dry = 96.758457 wt % dry; 5 % water
    dry = meters.Gas(0.95, "vol_dry", "N2", 0.05)
    by_mass = meters.Gas(0.9675845718975108, "mass_dry", "N2", 0.05)
    wet = meters.Gas(0.95 * 0.95, "vol_wet", "N2", 0.05)
    assert by_mass.co2_mass_fraction() == pytest.approx(dry.co2_mass_fraction(), rel=1e-12)
    assert wet.co2_mass_fraction() == pytest.approx(dry.co2_mass_fraction(), rel=1e-12)
    wet_mass = meters.Gas(float(dry.co2_mass_fraction()), "mass_wet", "N2", 0.05)
    assert wet_mass.moles()["CO2"] == pytest.approx(0.9025, rel=1e-12)
    with pytest.raises(InputError) as caught:
        meters.Gas(0.95, "", "N2").moles()
    assert caught.value.code == "CC-MASS-31"


def test_impure_gas_against_the_mixture_equation():
    pytest.importorskip("CoolProp")
    for share, p in [(0.95, 120.0), (0.99, 900.0), (0.12, 110.0)]:
        whole = mixture.mixture_density_kg_m3(40.0, p, {"CO2": share, "N2": 1 - share}, "gas")
        fast = meters.line_density_kg_m3(40.0, p, meters.Gas(share, "vol_dry", "N2"))
        assert fast == pytest.approx(whole, rel=2e-3)
        assert fast < whole
    with pytest.raises(InputError) as caught:
        meters.line_density_kg_m3(35.0, 10_000.0, meters.Gas(0.95, "vol_dry", "N2"))
    assert caught.value.code == "CC-MASS-32"


def test_mixture_phase_is_imposed_and_answers_are_checked():
    pytest.importorskip("CoolProp")
    pure = co2.co2_density_kg_m3(35.0, 10_000.0)
    impure = mixture.mixture_density_kg_m3(35.0, 10_000.0, {"CO2": 0.95, "N2": 0.05}, "dense")
    assert 1.2 < pure / impure < 1.5  # pure CO2 would over-state by about a third
    tiny = mixture.mixture_density_kg_m3(35.0, 10_000.0, {"CO2": 1 - 1e-7, "N2": 1e-7}, "dense")
    assert tiny == pytest.approx(pure, rel=1e-5)
    for arguments, code in [
        ((40.0, 120.0, {"CO2": 0.95, "N2": 0.05}, ""), "CC-MASS-41"),
        ((40.0, 120.0, {"CO2": 0.8, "H2O": 0.2}, "gas"), "CC-MASS-42"),
        ((40.0, 120.0, {"CO2": 0.95, "N2": 0.02}, "gas"), "CC-MASS-07"),
        ((40.0, 120.0, {"CO2": 0.95, "N2": 0.05}, "dense"), "CC-MASS-43"),
    ]:
        with pytest.raises(InputError) as caught:
            mixture.mixture_density_kg_m3(*arguments)
        assert caught.value.code == code
