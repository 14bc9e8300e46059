"""Orifice plates in the accounts: mass from pressure drop, its uncertainty, and what is refused."""

import numpy as np
import pytest
import small_plant as small

from ccus.inventory.accounts import account
from ccus.plant.reading import load_plant
from ccus.streams.orifice import OrificePlate, orifice_flows_kg_s, plate_percent
from ccus.streams.transport import isentropic_exponent, viscosity_pa_s
from methodology.base.errors import InputError

PLATE = 'orifice = {pipe_diameter_m = 0.15, bore_diameter_m = 0.09, tapping = "flange"%s}'
SHEET = ", viscosity_pa_s = 1.5636477112786298e-5, isentropic_exponent = 1.280683"
QM_T_H = 2.4348696906554266
"""D 0.15 m, d 0.09 m, 160 kPa, 5 kPa, 40 °C, CO2, flange taps: worked out with the program `fluids` 1.3.1."""


def text(plate=PLATE % SHEET, systematic=1.0, temperature=True, pressure="absolute"):
    more = [plate] if plate else []
    found = small.meter("DP1", "product", "differential_pressure", "kPa", *more, systematic=systematic)
    if temperature:
        found += small.meter("TT1", "product", "temperature", "°C", systematic=0.2)
    found += small.meter("PT1", "product", "pressure", "kPa", f'pressure = "{pressure}"', systematic=0.4)
    return found + small.meter(
        "AT1", "product", "composition", "vol%", 'component = "CO2"', 'moisture = "dry"', systematic=0.3
    )


def day(plant, drop=5.0, kpa=160.0, temperature=True, percent=100.0):
    columns = [("DP1", "kPa", drop), ("PT1", "kPa", kpa), ("AT1", "vol%", percent)]
    columns += [("TT1", "°C", 40.0)] if temperature else []
    return small.records(plant, [(small.constant(tag, unit, value), unit) for tag, unit, value in columns])


def test_a_day_through_a_plate():
    accounts = account(day(text()))
    # the density is read from tables good to 1e-5, half of which enters the flow
    assert accounts.captured_t == pytest.approx(24 * QM_T_H, rel=2e-5)
    by_gas = account(day(text(PLATE % "")))
    assert by_gas.captured_t == pytest.approx(24 * QM_T_H, rel=1e-4), "viscosity and exponent from the gas itself"


def test_its_uncertainty_by_hand():
    line = account(day(text())).lines[0]
    parts = line.hours.measured["product"].systematic_percent
    # ISO 5167-1, 8.2.2.1 at beta 0.6 (beta^4 = 0.1296): C 0.5 %, eps 3.5 * 5/160/1.28 = 0.08545 %, D 0.4 %, d 0.07 %
    slope = 0.1296 / 0.8704
    plate = np.sqrt(0.5**2 + (3.5 * 5 / 160 / 1.28) ** 2 + (2 * slope * 0.4) ** 2 + (2 / 0.8704 * 0.07) ** 2) / 2
    assert parts == pytest.approx({"DP1": 0.5, "TT1": 0.1, "PT1": 0.2, "AT1": 0.3, "plate DP1": plate}, rel=1e-3)
    assert plate_percent(OrificePlate(0.15, 0.09, "flange"), 0.07, 0.4, 5 / 160) == pytest.approx(plate)


@pytest.mark.parametrize(
    ("pipe", "bore", "c_percent"), [(0.1, 0.015, 0.55), (0.1, 0.05, 0.5), (0.1, 0.07, 0.6669), (0.0635, 0.0381, 0.5405)]
)
def test_uncertainty_of_the_coefficient_by_diameter_ratio(pipe, bore, c_percent):
    # 0.7 - 0.15; 0.5; 1.667 * 0.7 - 0.5; 0.5 + 0.9 * (0.75 - 0.6) * (2.8 - 2.5)
    assert plate_percent(OrificePlate(pipe, bore, "corner"), 0.0, 0.0, 0.0) == pytest.approx(c_percent / 2)


def test_standing_noise_is_no_flow():
    plate = OrificePlate(0.15, 0.09, "flange")
    drop = np.array([5.0, 0.0001, 0.0, -0.05, -5.0, 50.0, np.nan])
    one = np.ones(7)
    found = orifice_flows_kg_s(plate, 160 * one, drop, 2.72291349 * one, 1.5636e-5 * one, 1.28 * one, zero_kpa=0.1)
    assert found[0] == pytest.approx(QM_T_H / 3.6, rel=1e-4)
    assert found[1:4].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(found[4:]).all(), "backward flow, more than a quarter of the pressure, and a missing reading"


def test_gas_for_the_plate():
    # carbon dioxide at 40 °C: 15.64 µPa s and 1.2807 by its reference equations; nitrogen 18.4 µPa s and 1.400
    assert viscosity_pa_s(40.0, {"CO2": 1.0}) == pytest.approx(1.5636e-5, rel=2e-3)
    assert isentropic_exponent(40.0, {"CO2": 1.0}) == pytest.approx(1.2807, rel=2e-3)
    assert viscosity_pa_s(40.0, {"N2": 1.0}) == pytest.approx(1.838e-5, rel=1e-2)
    assert isentropic_exponent(40.0, {"N2": 1.0}) == pytest.approx(1.400, rel=1e-3)


@pytest.mark.parametrize(
    ("plant", "temperature", "code"),
    [(text(plate=""), True, "CC-MASS-75"), (text(temperature=False), False, "CC-MASS-73"),
     (text(pressure="gauge"), True, "CC-MASS-03"),
     (text(PLATE.replace("0.09", "0.14") % ""), True, "CC-MASS-21")],
)  # fmt: skip
def test_what_is_missing_is_refused(plant, temperature, code):
    with pytest.raises(InputError) as caught:
        account(day(plant, temperature=temperature))
    assert caught.value.code == code


def test_a_density_that_cannot_be_told_is_refused_with_its_reason():
    with pytest.raises(InputError) as caught:
        account(day(text(), kpa=1500.0, percent=90.0))
    assert caught.value.code == "CC-MASS-32", "a tenth of nitrogen at 15 bar"


def test_the_tapping_is_never_guessed():
    with pytest.raises(InputError) as caught:
        load_plant((small.HEAD + text("orifice = {pipe_diameter_m = 0.15, bore_diameter_m = 0.09}")).encode())
    assert caught.value.code == "CC-PLANT-04"


def test_a_pressure_drop_beside_a_flow_meter_is_no_second_flow():
    plant = text(plate="") + small.meter("FP", "product", "mass_flow", "kg/h", systematic=0.5)
    columns = [
        ("DP1", "kPa", 5.0),
        ("PT1", "kPa", 160.0),
        ("TT1", "°C", 40.0),
        ("AT1", "vol%", 100.0),
        ("FP", "kg/h", 900),
    ]
    found = account(small.records(plant, [(small.constant(tag, unit, value), unit) for tag, unit, value in columns]))
    assert found.captured_t == pytest.approx(21.6)


def test_readings_without_a_density_are_told_one_by_one():
    record = day(text())
    kpa = record.series["PT1"]
    value = kpa.value.copy()
    value[60:66] = 40_000.0  # beyond the tables
    accounts = account(small.replace(record, series=record.series | {"PT1": kpa.with_values(value)}))
    told = [f for f in accounts.findings if f.code == "CC-MASS-11"]
    assert ["6 readings" in f.found for f in told] == [True]
    assert accounts.captured_t <= 24 * QM_T_H * (1 + 2e-5), "the hour is a gap, answered by its neighbours"


def test_a_vent_below_the_plates_range_counts_in_the_high_direction():
    """Below Re 5,000 no flow can be told: nothing is captured by it, and a vent lets out what Re 5,000 would."""
    vent = text().replace('"product"', '"vent"')
    product = small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)
    columns = [
        ("DP1", "kPa", 1e-4),
        ("PT1", "kPa", 160.0),
        ("AT1", "vol%", 100.0),
        ("TT1", "°C", 40.0),
        ("FP", "kg/h", 900),
    ]
    series = [(small.constant(tag, unit, value), unit) for tag, unit, value in columns]
    accounts = account(small.records(vent + product, series))
    # pi * 0.15 m * 1.5636477e-5 Pa s * 5000 / 4 = 9.2105e-3 kg/s
    expected = np.pi * 0.15 * 1.5636477112786298e-5 * 5000 / 4 * 86_400 / 1000
    assert expected == pytest.approx(0.79579, rel=1e-4)
    assert accounts.balance.vented_t == pytest.approx(expected)
    assert account(day(text(), drop=1e-4)).captured_t == 0.0
    quiet = small.changed(
        small.records(vent + product, series),
        vent.replace('tag = "DP1"', 'tag = "DP1"\ndeadband = 0.001') + product,
    )
    assert account(quiet).balance.vented_t == 0.0, "within the transmitter's stated noise a vent is shut"
