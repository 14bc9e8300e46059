"""What a plant file says of its lines: technologies, energy declared absent, meters and streams of one line."""

import pytest
import small_plant as small

from ccus.plant.reading import load_plant
from methodology.base.errors import InputError


def load(text):
    return load_plant(text.encode())


def codes(text):
    with pytest.raises(InputError) as caught:
        load(text)
    return caught.value.findings


def test_an_unknown_technology_is_refused_with_the_list():
    found = codes(small.HEAD.replace('"amine"', '"MEA absorption"'))
    assert [f.code for f in found] == ["CC-PLANT-04"]
    assert "amine, chemical_absorption" in found[0].expected
    assert "cryogenic" in found[0].expected
    assert load(small.HEAD.replace('"amine"', '"Amine"')).lines[0].technology == "amine"
    assert load(small.HEAD.replace('"amine"', '"膜法"')).lines[0].technology == "membrane"


def test_energy_declared_absent_needs_its_reason():
    assert load(small.HEAD + 'no_heat = "separation by pressure"\n').lines[0].no_heat == "separation by pressure"
    assert {f.code for f in codes(small.HEAD + 'no_heat = ""\n')} == {"CC-PLANT-04"}
    assert {f.code for f in codes(small.HEAD + "no_heat = true\n")} == {"CC-PLANT-04"}


STREAM = '[[stream]]\nid = "P"\nkind = "product"\nline = "a"\nco2_origin = "fossil"\n'
FLOW = '[[meter]]\ntag = "F"\nstream = "P"\nkind = "mass_flow"\nunit = "kg/h"\n'


def test_a_meter_without_a_line_belongs_to_its_streams_line():
    assert load(small.HEAD + STREAM + FLOW).meters[0].line == "a"


def test_a_product_flow_of_no_line_is_refused():
    found = codes(small.HEAD + STREAM.replace('line = "a"\n', "") + FLOW)
    assert [f.code for f in found] == ["CC-PLANT-14"]
    sampled = FLOW.replace("mass_flow", "composition").replace("kg/h", "vol%")
    load(small.HEAD + STREAM.replace('line = "a"\n', "") + sampled)


def test_a_meter_and_its_stream_belong_to_one_line():
    two = small.HEAD + '[[line]]\nid = "b"\ntechnology = "membrane"\nnameplate_t_per_day = 20\n'
    found = codes(two + STREAM + FLOW + 'line = "b"\n')
    assert [f.code for f in found] == ["CC-PLANT-12"]


def test_rules_of_silence_and_of_readings_by_hand():
    rules = load(small.HEAD).rules
    assert (rules.longest_bound_hours, rules.manual_readings) == (120, "bounded")
    said = load(small.HEAD + '[rules]\nlongest_bound_hours = 0\nmanual_readings = "evidence"\n').rules
    assert (said.longest_bound_hours, said.manual_readings) == (0, "evidence")
    assert {f.code for f in codes(small.HEAD + "[rules]\nlongest_bound_hours = 1000\n")} == {"CC-PLANT-04"}


def test_an_energy_declared_absent_has_no_meter():
    steam = '[[meter]]\ntag = "Q"\nline = "a"\nstream = "steam"\nkind = "heat_flow"\nunit = "GJ/h"\n'
    absent = small.HEAD + 'no_heat = "none"\n'
    assert [f.code for f in codes(absent + steam)] == ["CC-PLANT-12"]
    load(small.HEAD + 'no_electricity = "by the host"\n' + steam)
    load(absent + "valid_from = 2025-07-01\n" + steam + "valid_to = 2025-07-01\n")
