"""A period in which the plant file changed: each hour by the records in force; a counter through a swap, to the kilogram."""

from datetime import timedelta

import numpy as np
import pytest
import small_plant as small

from ccus.inventory.accounts import account
from ccus.inventory.timeline import one_plant, rated_t, valid_percent
from ccus.plant.model import Rules
from ccus.plant.reading import load_plant
from ccus.streams.series import GOOD, Series
from methodology.base.errors import Findings, InputError

SIX = "2025-07-01T06:00:00Z"


def plant(text):
    return load_plant((small.HEAD + text).encode())


def at(hour):
    return small.START + timedelta(hours=hour)


FLOW = small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)


def test_an_unchanged_record_is_one_record_again():
    other = plant(FLOW + "[rules]\nvalid_hour_percent = 80.0\n")
    whole = one_plant([(plant(FLOW), None, at(6)), (other, at(6), None)], Findings())
    assert len(whole.meters) == 1
    assert (whole.meters[0].valid_from, whole.meters[0].valid_to) == (None, None)
    assert len(whole.lines) == 1


def test_a_changed_record_holds_only_while_its_version_did():
    worse = FLOW.replace("uncertainty_systematic_percent = 0.5", "uncertainty_systematic_percent = 2.0")
    whole = one_plant([(plant(FLOW), None, at(6)), (plant(worse), at(6), None)], Findings())
    assert [(m.uncertainty_systematic_percent, m.valid_from, m.valid_to) for m in whole.meters] == [
        (0.5, None, at(6)),
        (2.0, at(6), None),
    ]
    record = small.records(FLOW, [(small.constant("FP", "kg/h", 1000), "kg/h")])
    changed = account(small.replace(record, plant=whole))
    assert changed.captured_t == pytest.approx(24.0)
    # one instrument, its error 0.5 % over 6 t and 2 % over 18 t: 30 + 360 kg
    assert changed.captured_u_t == pytest.approx(0.390)


def test_a_stream_that_changes_its_kind_is_refused_and_energy_is_told():
    with pytest.raises(InputError) as caught:
        one_plant(
            [
                (plant('[[stream]]\nid = "x"\nkind = "vent"\n' + FLOW), None, at(6)),
                (plant('[[stream]]\nid = "x"\nkind = "product"\n' + FLOW), at(6), None),
            ],
            Findings(),
        )
    assert caught.value.code == "CC-INV-21"
    findings = Findings()
    one_plant([(plant(FLOW), None, at(6)), (plant(FLOW + '[energy]\nsteam = "host"\n'), at(6), None)], findings)
    assert [f.code for f in findings] == ["CC-INV-22"]


def test_each_hour_is_valid_by_the_rule_in_force():
    edges = small.START.timestamp() + 3600.0 * np.arange(25)
    rules = ((None, Rules(valid_hour_percent=75.0)), (at(6), Rules(valid_hour_percent=90.0)))
    assert valid_percent(rules, edges).tolist() == [75.0] * 6 + [90.0] * 18
    record = small.records(FLOW, [(small.constant("FP", "kg/h", 1000), "kg/h")], rules=rules)
    series = record.series["FP"]
    keep = ~np.isin(np.round((series.time_s - edges[0]) / 600), (12, 60))  # ten minutes of hours 2 and 10: 83 % good
    cut = Series("FP", series.time_s[keep], series.value[keep], series.severity[keep])
    filled = account(small.replace(record, series={"FP": cut})).lines[0].hours.captured
    assert {(f.hour, round(f.share, 6)) for f in filled.fills} == {(2, round(1 / 6, 6)), (10, 1.0)}


def counter(tag, readings):
    time_s = np.array([at(hour).timestamp() for hour, _ in readings])
    value = np.array([float(v) for _, v in readings])
    return Series(tag, time_s, value, np.full(time_s.size, GOOD, dtype=np.uint8))


SWAP = (
    small.meter("FQ", "product", "mass_total", "kg", f"valid_to = {SIX}", "totaliser_stop = 1500")
    + small.meter("FQ", "product", "mass_total", "kg", f"valid_from = {SIX}", "totaliser_start = 20")
    + FLOW
)


def swapped(text, new=((6.5, 70), (12, 620), (24, 1820))):
    """Old counter 1000 at 0:00, 1450 at 5:30, taken out at 6:00 showing 1500; the new one goes in showing 20."""
    both = counter("FQ", [(0, 1000), (3, 1250), (5.5, 1450), *new])
    return small.records(text, [(small.constant("FP", "kg/h", 100), "kg/h"), (both, "kg")])


def test_a_counter_through_a_swap_is_exact():
    line = account(swapped(SWAP)).lines[0]
    # 1500 - 1000 = 500 kg by the old, 1820 - 20 = 1800 kg by the new
    assert line.captured_t.sum() == pytest.approx(2.3, rel=1e-12)
    assert line.captured_t[:6].sum() == pytest.approx(0.5, rel=1e-12)
    assert line.hours.captured.fills == ()


def test_a_swap_in_the_middle_of_an_hour_is_exact_too():
    line = account(swapped(SWAP.replace(SIX, "2025-07-01T06:15:00Z"))).lines[0]
    assert line.captured_t.sum() == pytest.approx(2.3, rel=1e-12)


def test_without_the_readings_of_the_swap_its_gap_is_a_gap():
    text = SWAP.replace("totaliser_stop = 1500\n", "").replace("totaliser_start = 20\n", "")
    record = swapped(text)
    line = account(record).lines[0]
    # 5:30 to 6:30 is told by neither: half of hour 5 and half of hour 6 are answered by a rung, not by a difference
    assert line.hours.captured.measured.sum() < 2300 - 90
    assert {f.hour for f in line.hours.captured.fills} == {5, 6}
    assert not any("1450" in f.found and f.code == "CC-MASS-61" for f in account(record).findings)


def test_a_counter_that_fell_back_with_no_swap_recorded_is_told():
    text = small.meter("FQ", "product", "mass_total", "kg") + FLOW
    assert "CC-MASS-61" in {f.code for f in account(swapped(text)).findings}


def test_an_energy_counter_in_another_unit_rolls_over_at_its_own_value():
    text = FLOW + small.meter("EQ", "electricity", "energy_total", "MWh", "totaliser_rollover = 1000")
    # 990 to 5 MWh past 1000 is 15 MWh; the counter is kept in GJ
    steps = counter("EQ", [(0, 990 * 3.6), (12, 5 * 3.6), (24, 10 * 3.6)])
    record = small.records(text, [(small.constant("FP", "kg/h", 100), "kg/h"), (steps, "MWh")])
    assert account(record).lines[0].hours.electricity.total == pytest.approx(20_000)


def test_a_line_whose_rating_changed_is_one_line():
    text = FLOW.replace(
        "[[meter]]", '[[line]]\nid = "b"\ntechnology = "membrane"\nnameplate_t_per_day = 20\n[[meter]]', 1
    )
    head = small.HEAD.replace("nameplate_t_per_day = 50\n", f"nameplate_t_per_day = 50\nvalid_to = {SIX}\n")
    again = f'[[line]]\nid = "a"\ntechnology = "amine"\nnameplate_t_per_day = 40\nvalid_from = {SIX}\n'
    record = small.records(FLOW, [(small.constant("FP", "kg/h", 1000), "kg/h")])
    accounts = account(small.replace(record, plant=load_plant((head + again + text).encode())))
    assert [line.id for line in accounts.lines] == ["a", "b"]
    assert accounts.captured_t == pytest.approx(24.0)
    assert accounts.lines[0].rated_t == pytest.approx(50 / 4 + 40 * 3 / 4)
    assert rated_t((), accounts.edges_s) == 0.0


def test_nothing_is_counted_before_a_line_is_in_force():
    head = small.HEAD.replace("nameplate_t_per_day = 50\n", f"nameplate_t_per_day = 50\nvalid_from = {SIX}\n")
    record = small.records(FLOW, [(small.constant("FP", "kg/h", 1000), "kg/h")])
    accounts = account(small.replace(record, plant=load_plant((head + FLOW).encode())))
    assert accounts.captured_t == pytest.approx(18.0)
    assert accounts.lines[0].hours.captured.by_rung()["line stopped"] == pytest.approx((0.0, 6.0))


def test_two_flow_meters_on_one_stream_are_not_guessed_about():
    second = FLOW.replace('"FP"', '"FX"')
    columns = [(small.constant("FP", "kg/h", 1000), "kg/h"), (small.constant("FX", "kg/h", 400), "kg/h")]
    with pytest.raises(InputError) as caught:
        account(small.records(FLOW + second, columns))
    assert caught.value.code == "CC-INV-29"
    spare = second.replace("unit =", 'redundant_with = "FP"\nunit =')
    assert account(small.records(FLOW + spare, columns)).captured_t == pytest.approx(24.0)
    streams = "".join(f'[[stream]]\nid = "{n}"\nkind = "product"\n' for n in ("p1", "p2"))
    text = streams + FLOW.replace('"product"', '"p1"') + second.replace('"product"', '"p2"')
    both = account(small.records(text, columns))
    assert both.captured_t == pytest.approx(33.6), "two streams add up"
    # 0.5 % of 24 t and 0.5 % of 9.6 t, two instruments
    assert both.captured_u_t == pytest.approx(np.hypot(0.12, 0.048))


def test_a_counter_carries_its_own_uncertainty():
    text = small.meter("FQ", "product", "mass_total", "kg", systematic=0.1) + FLOW
    record = small.records(
        text, [(small.constant("FP", "kg/h", 100), "kg/h"), (counter("FQ", [(0, 0), (24, 2400)]), "kg")]
    )
    accounts = account(record)
    assert accounts.captured_t == pytest.approx(2.4)
    assert accounts.captured_u_t == pytest.approx(0.0024), "0.1 % of the counter, not 0.5 % of the rate"
