"""Unit texts as historians write them."""

import pytest

from ccus.importers.units import parse_unit
from methodology.base.errors import InputError

CASES = [
    # text, quantity, canonical value of 1, what else it says
    ("Nm3/hr", "volume_flow", 1.0, {"prefix": "N"}),
    ("Sm³/d", "volume_flow", 1 / 24, {"prefix": "S"}),
    ("scfm", "volume_flow", 60 * 0.028316846592, {"prefix": "S"}),
    ("(kg/hr)", "mass_flow", 1.0, {}),
    ("t/h", "mass_flow", 1000.0, {}),
    ("kg/s", "mass_flow", 3600.0, {}),
    ("(barg)", "pressure", 100.0, {"pressure": "gauge"}),
    ("kPa(a)", "pressure", 1.0, {"pressure": "absolute"}),
    ("psia", "pressure", 6.894757293168361, {"pressure": "absolute"}),
    ("MPag", "pressure", 1000.0, {"pressure": "gauge"}),
    ("bar", "pressure", 100.0, {"pressure": None}),
    ("(0C)", "temperature", 1.0, {}),
    ("K", "temperature", 1 - 273.15, {}),
    ("°F", "temperature", (1 - 32) / 1.8, {}),
    ("(CO2 % dry)", "fraction", 0.01, {"component": "CO2", "moisture": "dry", "basis": None}),
    ("(CO2 vol%)", "fraction", 0.01, {"component": "CO2", "basis": "vol"}),
    ("wt%", "fraction", 0.01, {"basis": "mass"}),
    ("ppmv", "fraction", 1e-6, {"basis": "vol"}),
    ("(kW)", "power", 1.0, {}),
    ("GJ/h", "power", 1000 / 3.6, {}),
    ("MWh", "energy", 3.6, {}),
    ("t", "mass", 1000.0, {}),
]


@pytest.mark.parametrize(("text", "quantity", "one", "says"), CASES)
def test_units_as_people_write_them(text, quantity, one, says):
    unit = parse_unit(text)
    assert unit.quantity == quantity
    assert unit.canonical(1.0) == pytest.approx(one, rel=1e-12)
    for name, value in says.items():
        assert getattr(unit, name) == value


@pytest.mark.parametrize(("text", "code"), [("", "CC-IMP-04"), ("  ", "CC-IMP-04"), ("furlong", "CC-IMP-05")])
def test_what_is_not_understood_is_refused(text, code):
    with pytest.raises(InputError) as caught:
        parse_unit(text)
    assert caught.value.code == code
