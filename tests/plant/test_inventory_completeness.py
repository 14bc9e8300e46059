"""What the accounts leave without a number, and what they never leave out: silence, hands, plant meters, one bad line."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import small_plant as small
from day_plant import small_statement

from ccus.inventory.accounts import account
from ccus.inventory.statement import plant_statement
from ccus.log.views import OutageSpan
from ccus.plant.reading import load_plant
from ccus.streams.series import GOOD, Series
from methodology.base.errors import InputError
from methodology.guides.registry import load_guide

FLOW = small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)
POWER = small.meter("JI", "electricity", "power", "kW", systematic=0.5)
HEAT = small.meter("QI", "steam", "heat_flow", "GJ/h", systematic=0.5)
ENERGY = (
    '[energy]\nelectricity = {source = "own", intensity_kg_co2_per_mwh = 500}\n'
    'steam = {source = "own", intensity_kg_co2_per_gj = 60}\n'
)
TEXT = FLOW + POWER + HEAT + ENERGY


def series(hours_without=(), flow=1000, power=200, heat=3):
    columns = (("FP", "kg/h", flow), ("JI", "kW", power), ("QI", "GJ/h", heat))
    return [(small.constant(tag, unit, value, without=hours_without), unit) for tag, unit, value in columns]


def statement_of(records):
    accounts = account(records)
    made, _ = plant_statement(accounts, "2025-07-01", {}, load_guide("cn-grid").factors, draws=1000)
    return accounts, made, {line["id"]: line for line in made["lines"]}


def value(lines, name):
    return lines[f"{name}/2025-07-01"]["value"]


def codes(accounts):
    return {finding.code for finding in accounts.findings}


def test_a_whole_day_has_its_net():
    accounts, _, lines = statement_of(small.records(TEXT, series()))
    # 24 t captured; 4.8 MWh at 0.5 t/MWh and 72 GJ at 0.06 t/GJ: 24 - 2.4 - 4.32
    assert value(lines, "net_captured") == pytest.approx(24 - 2.4 - 4.32)
    assert not accounts.unrecorded_h


def test_unrecorded_hours_count_nothing_and_withhold_net_and_utilisation():
    accounts, made, lines = statement_of(small.records(TEXT, series(range(16, 24))))
    assert accounts.unrecorded_h == {"a": 8.0}
    assert accounts.captured_t == pytest.approx(16.0)
    assert accounts.lines[0].hours.electricity.total == pytest.approx(16 * 200)
    assert accounts.lines[0].hours.heat.total == pytest.approx(16 * 3)
    for name in ("net_captured", "co2_avoided", "utilisation"):
        line = lines[f"{name}/2025-07-01"]
        assert (line["status"], line.get("value")) == ("not_estimated", None)
        assert "a 8 h" in line["reason"]["en"]
        assert "8 h" in line["reason"]["zh"]
    told = next(f for f in accounts.findings if f.code == "CC-GAP-13")
    assert "2025-07-01T16:00 – 2025-07-02T00:00" in told.found
    assert (told.severity, told.amount, told.unit) == ("warning", 8.0, "h")
    assert made["settings"]["longest_bound_hours"].startswith("120")


def test_silence_between_readings_is_bounded_up_to_what_the_plant_file_says():
    missing = small.records(TEXT, series(range(14, 20)))
    assert not account(missing).unrecorded_h
    assert account(missing).captured_t == pytest.approx(24.0)
    strict = account(small.changed(missing, TEXT + "[rules]\nlongest_bound_hours = 5\n"))
    assert strict.unrecorded_h == {"a": 6.0}
    assert strict.captured_t == pytest.approx(18.0)


def test_minutes_of_power_are_no_proof_that_the_line_ran_the_hour():
    flow, power, heat = series(range(16, 24))
    start = power[0].time_s[0]
    for minutes, captured_t in ((10, 16.0), (50, 17.0)):
        time_s = np.append(power[0].time_s, start + 16 * 3600 + np.arange(0, minutes * 60, 600.0))
        longer = Series(
            "JI", time_s, np.full(time_s.size, power[0].value[0]), np.full(time_s.size, GOOD, dtype=np.uint8)
        )
        accounts = account(small.records(TEXT, [flow, (longer, "kW"), heat]))
        assert accounts.captured_t == pytest.approx(captured_t)  # 50 of 60 minutes are more than three quarters


def test_an_outage_or_a_line_not_in_force_explains_silence():
    missing = small.records(TEXT, series(range(16, 24)))
    stop = OutageSpan("o1", "a", small.START + timedelta(hours=16), small.END, True, "overhaul")
    explained = account(replace(missing, outages=(stop,)))
    assert not explained.unrecorded_h
    assert "CC-GAP-13" not in codes(explained)
    closed = small.HEAD.replace(
        "nameplate_t_per_day = 50\n", "nameplate_t_per_day = 50\nvalid_to = 2025-07-01T16:00:00Z\n"
    )
    over = account(replace(missing, plant=load_plant((closed + TEXT).encode())))
    assert not over.unrecorded_h
    assert over.lines[0].hours.electricity.total == pytest.approx(16 * 200), "no energy while the line is not in force"


def test_silence_that_ends_after_the_period_is_a_closed_gap():
    """A month's sum is the year's: what closes a gap may lie beyond the last day."""
    missing = small.records(TEXT, series(range(20, 24)))
    soon = account(replace(missing, next_s={"JI": small.END.timestamp() + 1800}))
    assert not soon.unrecorded_h
    assert soon.captured_t == pytest.approx(24.0)
    late = account(replace(missing, next_s={"JI": small.END.timestamp() + 120 * 3600}))
    assert late.unrecorded_h == {"a": 4.0}


def test_an_outage_over_production_is_told_and_the_readings_stand():
    stop = OutageSpan("o1", "a", small.START + timedelta(hours=6), small.START + timedelta(hours=12), False, "trip")
    accounts = account(replace(small.records(TEXT, series()), outages=(stop,)))
    told = next(f for f in accounts.findings if f.code == "CC-INV-33")
    assert told.found == "6 h of it in which the product meter showed 6 t CO2"
    assert accounts.captured_t == pytest.approx(24.0)


# readings by hand


def by_hand(value_kg_h, hours, text=TEXT):
    found = small.records(text, series())
    kept = {**found.series, "FP": small.constant("FP", "kg/h", 1000, without=hours)}
    hand = small.constant("FP", "kg/h", value_kg_h, without=[h for h in range(24) if h not in hours])
    return replace(found, series=kept, by_hand={"FP": hand}, manual={"FP": len(hand)})


def test_readings_by_hand_never_lift_captured_co2_above_the_bound():
    accounts = account(by_hand(5000, [3, 4]))
    assert accounts.captured_t == pytest.approx(24.0)
    assert accounts.lines[0].hours.captured.by_rung()["manual, held to the bound"] == pytest.approx((2000.0, 2.0))
    told = next(f for f in accounts.findings if f.code == "CC-GAP-14")
    assert told.found == "2 h and 2 t CO2 by hand, at most what the bound allows"
    lower = account(by_hand(400, [3, 4]))
    assert lower.captured_t == pytest.approx(22.8)


def test_readings_by_hand_are_evidence_where_the_rules_say_so():
    accounts = account(by_hand(1500, [3, 4], TEXT + '[rules]\nmanual_readings = "evidence"\n'))
    assert accounts.captured_t == pytest.approx(25.0)
    assert accounts.lines[0].hours.captured.by_rung()["manual, evidence by rule"] == pytest.approx((3000.0, 2.0))
    # with the meter's own uncertainty: 0.5 % of 25 t
    assert accounts.captured_u_t == pytest.approx(0.125)


def test_a_reading_by_hand_beside_good_ones_changes_nothing():
    found = small.records(TEXT, series())
    hand = small.constant("FP", "kg/h", 9000, small.START + timedelta(hours=3), small.START + timedelta(hours=4))
    assert account(replace(found, by_hand={"FP": hand})).captured_t == pytest.approx(24.0)


def test_energy_by_hand_alone_is_counted():
    found = small.records(TEXT, series())
    power = found.series.pop("JI")
    accounts = account(replace(found, by_hand={"JI": power}))
    assert accounts.lines[0].hours.electricity.total == pytest.approx(24 * 200)


# the plant's own meters


def plant_meter(tag, stream, kind, unit, *more):
    return small.meter(tag, stream, kind, unit, *more, systematic=0.5).replace('line = "a"\n', "")


def test_a_vent_of_no_line_reaches_the_net():
    text = TEXT + plant_meter("FV", "vent", "mass_flow", "kg/h", 'component = "CO2"')
    accounts, _, lines = statement_of(small.records(text, [*series(), (small.constant("FV", "kg/h", 50), "kg/h")]))
    assert accounts.balance.vented_t == pytest.approx(1.2)
    assert value(lines, "net_captured") == pytest.approx(24 - 2.4 - 4.32 - 1.2)


def test_a_vent_that_cannot_be_told_withholds_the_net():
    text = TEXT + plant_meter("FV", "vent", "mass_flow", "kg/h")  # a gas without analysis
    accounts, _, lines = statement_of(small.records(text, [*series(), (small.constant("FV", "kg/h", 50), "kg/h")]))
    assert "CC-MASS-71" in codes(accounts)
    assert "vented CO2" in lines["net_captured/2025-07-01"]["reason"]["en"]


def test_a_weighed_tank_counts_and_a_level_is_told():
    tank = '[[stream]]\nid = "T1"\nkind = "tank"\n'
    text = TEXT + tank + plant_meter("WT", "T1", "weight", "t")
    weight = small.constant("WT", "t", 100, end=small.END + timedelta(hours=1))
    rising = weight.with_values(np.linspace(100_000, 112_000, len(weight)))
    accounts = account(small.records(text, [*series(), (rising, "t")]))
    # 150 readings from 100 t to 112 t; the last within the day's edge is the 144th step
    assert accounts.balance.tank_change_t == pytest.approx(12 * 144 / 149, rel=1e-6)
    text = TEXT + tank + plant_meter("LT", "T1", "level", "m")
    accounts = account(small.records(text, [*series(), (small.constant("LT", "m", 2), "m")]))
    assert "CC-INV-32" in codes(accounts)


def test_energy_neither_metered_nor_declared_absent_withholds_the_net():
    _, lines = small_statement(QT=None)
    said = lines["net_captured/2025-03-14"]["reason"]
    assert "no_heat" in said["en"]
    assert "no_heat" in said["zh"]
    text = FLOW + POWER + ENERGY
    only_power = [item for item in series() if item[0].tag != "QI"]
    absent = small.HEAD.replace("nameplate_t_per_day", 'no_heat = "electric regeneration"\nnameplate_t_per_day')
    found = small.records(text, only_power)
    _, _, lines = statement_of(replace(found, plant=load_plant((absent + text).encode())))
    assert value(lines, "net_captured") == pytest.approx(24 - 2.4)


# two lines


SECOND = '[[line]]\nid = "b"\ntechnology = "membrane"\nnameplate_t_per_day = 20\nno_heat = "pressure alone"\n'
OTHER = small.meter("FB", "product", "mass_flow", "kg/h", systematic=0.5).replace('line = "a"', 'line = "b"')


def test_one_line_without_analyser_does_not_stop_the_other():
    found = small.records(SECOND + TEXT + OTHER, [*series(), (small.constant("FB", "kg/h", 500), "kg/h")])
    accounts, made, lines = statement_of(found)
    assert accounts.lacking == ("b",)
    assert value(lines, "gross_captured") == pytest.approx(24.0)
    own = next(x for x in made["lines"] if x["quantity"] == "gross_captured" and x["status"] == "not_estimated")
    assert own["dimensions"]["line"] == "b"
    assert "no CO2 analysis" in own["reason"]["en"]
    total = next(x for x in made["lines"] if x["id"] == "gross_captured/2025-07-01")
    assert total["data_quality"] == "lacks a line"
    assert "lacks it" in made["settings"]["plant_total_lacks"]
    assert {"CC-INV-31", "CC-MASS-71"} <= codes(accounts)
    assert lines["net_captured/2025-07-01"]["status"] == "not_estimated"


def test_a_line_without_any_product_meter_is_named_too():
    accounts, _, _ = statement_of(small.records(SECOND + TEXT, series()))
    assert accounts.lacking == ("b",)
    told = next(f for f in accounts.findings if f.code == "CC-INV-31")
    assert told.found == "not estimated: no readings of a product meter"
    stop = OutageSpan("o1", "b", small.START, small.END, True, "not yet started")
    found = small.records(SECOND + TEXT, series())
    assert account(replace(found, outages=(stop,))).lacking == ()


def test_where_no_line_can_be_told_the_reasons_are_the_answer():
    text = FLOW.replace('component = "CO2"\n', "") + POWER + HEAT
    with pytest.raises(InputError) as caught:
        account(small.records(text, series()))
    assert [f.code for f in caught.value.findings] == ["CC-MASS-71"]
    assert caught.value.findings[0].severity == "error"


# one energy told twice


def counter(value_kwh_h):
    time_s = small.constant("JQ", "kWh", 0, end=small.END + timedelta(minutes=10)).time_s
    found = small.constant("JQ", "kWh", 0, end=small.END + timedelta(minutes=10))
    return found.with_values((time_s - time_s[0]) / 3600 * value_kwh_h * 3.6e-3)  # canonical: GJ


JQ = small.meter("JQ", "electricity", "energy_total", "kWh", systematic=0.5)


def test_a_power_meter_and_its_counter_are_one_energy():
    found = small.records(TEXT + JQ, [*series(), (counter(202.0), "kWh")])
    accounts = account(found)
    assert accounts.lines[0].hours.electricity.total == pytest.approx(24 * 202.0)


def test_a_rate_and_a_counter_far_apart_are_told_and_not_added():
    found = small.records(TEXT + JQ, [*series(), (counter(300.0), "kWh")])
    accounts, _, lines = statement_of(found)
    told = next(f for f in accounts.findings if f.code == "CC-INV-30")
    assert "-33.3 %" in told.found
    assert lines["net_captured/2025-07-01"]["status"] == "not_estimated"


def test_two_power_meters_of_one_line_still_add_up():
    more = small.meter("J2", "electricity", "power", "kW", systematic=0.5)
    accounts = account(small.records(TEXT + more, [*series(), (small.constant("J2", "kW", 50), "kW")]))
    assert accounts.lines[0].hours.electricity.total == pytest.approx(24 * 250)


# volume counted, basis changed


def test_a_volume_totaliser_with_its_analyser_gives_co2():
    keys = ('reference_condition = "0C_1atm"', 'moisture = "dry"')
    text = small.meter("VQ", "product", "volume_total", "m3", *keys, systematic=0.5)
    text += small.meter("AT", "product", "composition", "vol%", 'component = "CO2"', 'moisture = "dry"', systematic=0.1)
    steps = small.constant("VQ", "m3", 0, end=small.END + timedelta(minutes=10))
    steps = steps.with_values((steps.time_s - steps.time_s[0]) / 3600 * 500)
    found = small.records(text, [(steps, "m3"), (small.constant("AT", "vol%", 90), "vol%")])
    # 500 m3/h at 0 °C and 1 atm, 90 % CO2: 500 / 22.41397 kmol/h * 0.9 * 44.0098 kg/kmol, within the 0.7 % of Z
    assert account(found).captured_t == pytest.approx(24 * 500 / 22.41397 * 0.9 * 44.0098 / 1000, rel=7e-3)


def test_a_volume_totaliser_without_reference_or_analyser_is_refused():
    text = small.meter("VQ", "product", "volume_total", "m3", 'moisture = "dry"')
    steps = small.constant("VQ", "m3", 0, end=small.END + timedelta(minutes=10))
    steps = steps.with_values((steps.time_s - steps.time_s[0]) / 3600 * 500)
    with pytest.raises(InputError) as caught:
        account(small.records(text, [(steps, "m3")]))
    assert caught.value.code == "CC-MASS-71"


def test_a_basis_changed_after_the_import_is_told_and_wet_analyses_of_dry_flows_are_converted():
    keys = ('reference_condition = "0C_1atm"', 'moisture = "dry"')
    flow = small.meter("FS", "flue_gas_in", "volume_flow", "m3/h", *keys, systematic=0.5)
    gas = small.meter(
        "AS", "flue_gas_in", "composition", "vol%", 'component = "CO2"', 'moisture = "wet"', systematic=0.1
    )
    water = small.meter("MS", "flue_gas_in", "moisture", "vol%", systematic=0.1)
    columns = [
        *series(),
        (small.constant("FS", "m3/h", 10_000), "m3/h"),
        (small.constant("AS", "vol%", 10.8), "vol% dry"),
    ]
    without = account(small.records(TEXT + flow + gas, columns))
    assert {"CC-INV-34", "CC-MASS-72"} <= codes(without)
    assert without.lines[0].co2.supply is None
    whole = account(small.records(TEXT + flow + gas + water, [*columns, (small.constant("MS", "vol%", 10), "vol%")]))
    # 10.8 % of the wet gas is 12 % of the dry
    expected = 24 * 10_000 / 22.41397 * 0.12 * 44.0098 / 1000
    assert whole.lines[0].co2.supply == pytest.approx(expected, rel=7e-3)


def test_a_capture_rate_that_reaches_above_one_is_told():
    supply = small.meter("FS", "flue_gas_in", "mass_flow", "kg/h", 'component = "CO2"', systematic=3.0)
    found = small.records(TEXT + supply, [*series(), (small.constant("FS", "kg/h", 1020), "kg/h")])
    _, made, _ = statement_of(found)
    told = next(f for f in made["findings"] if f["code"] == "CC-INV-35")
    # 1000 / 1020 = 98.04 %; u = 98.04 % * sqrt(0.5^2 + 3^2) % = 2.98 %
    assert told["found"] == "92.1 to 104.0 % (k = 2)"
    assert "92.1 to 100 %" in made["settings"]["capture_rate_used"]["a"]
    calm = small.records(TEXT + supply, [*series(), (small.constant("FS", "kg/h", 1200), "kg/h")])
    assert "CC-INV-35" not in {f["code"] for f in statement_of(calm)[1]["findings"]}


def test_use_of_a_nameplate_that_changes_is_weighted_by_time():
    changed = small.HEAD.replace(
        "nameplate_t_per_year = 20000\n", "nameplate_t_per_year = 20000\nnameplate_valid_to = 2025-07-01T06:00:00Z\n"
    ).replace("nameplate_t_per_day = 50\n", "nameplate_t_per_day = 50\nvalid_to = 2025-07-01T18:00:00Z\n")
    second = '[[line]]\nid = "a"\ntechnology = "amine"\nnameplate_t_per_day = 60\nvalid_from = 2025-07-01T18:00:00Z\n'
    plate = "[[nameplate]]\nt_per_year = 24000\nvalid_from = 2025-07-01T06:00:00Z\n"
    found = small.records(TEXT, series())
    _, _, lines = statement_of(replace(found, plant=load_plant((changed + second + plate + TEXT).encode())))
    # six hours of 20,000 t a year and eighteen of 24,000: 23,000 / 365 t in the day; the line 18 h at 50 and 6 at 60 t/d
    assert value(lines, "utilisation") == pytest.approx(24 / (23_000 / 365))
    assert lines["utilisation/2025-07-01/a"]["value"] == pytest.approx(24 / 52.5)


def test_fuel_that_nothing_turns_into_co2_withholds_the_net():
    text = TEXT + small.meter("FF", "fuel", "mass_flow", "kg/h", systematic=1.0)
    accounts, _, lines = statement_of(small.records(text, [*series(), (small.constant("FF", "kg/h", 10), "kg/h")]))
    assert "CC-INV-32" in codes(accounts)
    assert "fuel" in lines["net_captured/2025-07-01"]["reason"]["en"]


def test_a_reading_by_hand_stands_at_the_moment_of_a_bad_one():
    found = by_hand(400, [3])
    flow = small.constant("FP", "kg/h", 1000)
    hour = (flow.time_s - flow.time_s[0]) // 3600
    bad = flow.with_values(flow.value, np.where(hour == 3, 2, flow.severity).astype(np.uint8))
    accounts = account(replace(found, series={**found.series, "FP": bad}))
    assert accounts.captured_t == pytest.approx(23.4)
