"""Tables beside the lines of a statement: held where they follow from lines and factors, named where they do not."""

import copy

import pytest

from methodology.verification_sections import not_derived, section_findings


def line(quantity, value, **when):
    return {"quantity": quantity, "value": value, "aggregation": "total", "dimensions": when}


MEAN = {"value": 118.8, "unit": "t_C/ha", "low": 90.0, "high": 150.0, "level": 0.95, "distribution": "normal"}
MEAN |= {"source": "cores.csv", "note": "5 cores"}
STRATUM = {"habitat": "mangrove", "stratum": "ponds", "quantity": "soil_stock_1m", "part": ""}
FACTOR = MEAN | {"id": "measured/mangrove/ponds/soil_stock_1m", "guide": "measured"}
# Three years to 2013 and one after: 10 + 10 + 10 and 4 t taken up; 1 t released in the last.
PROJECTION = {
    "settings": {"model": "default", "dates": [2010, 2013, 2014]},
    "inputs": {"factors": []},
    "lines": [
        line("net_flux", -30.0, period="2010-2013"),
        line("net_flux", -4.0, period="2013-2014"),
        line("removal", -5.0, period="2013-2014"),
        line("emission", 1.0, period="2013-2014"),
        line("carbon_stock", 134.0, date="2014"),
    ],
    "by_year": {
        "year": [2010, 2011, 2012, 2013],
        "net_sequestration_t_co2e": [10.0, 10.0, 10.0, 4.0],
        "since_start_t_co2e": [10.0, 20.0, 30.0, 34.0],
    },
    "difference_to_peer": {
        "defects": {"D1": "litter", "D3": "half-life"},
        "splits": [
            {"quantity": "stock", "when": "2014", "peer": 120.0, "default": 134.0, "parts": {"D1": -9.0, "D3": -5.0}},
            {"quantity": "emission", "when": "2013-2014", "peer": 3.0, "default": 1.0, "parts": {"D1": 0.0, "D3": 2.0}},
        ],
    },
    # Price 2, then 3, 3, 3, discount a half: 10 x 2, 10 x 3 x 2/3, 10 x 3 x 4/9, 4 x 3 x 8/27
    "value": {
        "unit": "currency",
        "first_year": 2010,
        "price_per_t_co2e": [2.0, 3.0, 3.0, 3.0],
        "discount_rate": 0.5,
        "net_present_value": {"2013": 20 + 20 + 40 / 3, "2014": 20 + 20 + 40 / 3 + 32 / 9},
    },
    "tables": [{"id": "net_present_value", "rows": [["2013", 20 + 20 + 40 / 3], ["2014", 20 + 20 + 40 / 3 + 32 / 9]]}],
}
SURVEY = {
    "settings": {"gwp": None},
    "inputs": {"factors": [FACTOR]},
    "lines": [],
    "measured": [STRATUM | MEAN | {"used": True}, STRATUM | MEAN | {"quantity": "burial_rate", "used": False}],
    "survey": {"maps": []},
}


def edited(statement, *path_and_value):
    *path, last, value = path_and_value
    changed = copy.deepcopy(statement)
    inner = changed
    for key in path:
        inner = inner[key]
    inner[last] = value
    return changed


def test_what_agrees_passes():
    assert section_findings(PROJECTION, "s") == []
    assert section_findings(SURVEY, "s") == []
    assert section_findings({"lines": [], "inputs": {"factors": []}}, "s") == []


@pytest.mark.parametrize(
    ("path", "code", "place"),
    [
        (("by_year", "net_sequestration_t_co2e", [50.0, 50.0, 50.0, 20.0]), "ME-ST-04", "2010-2013"),
        (("by_year", "net_sequestration_t_co2e", [10.0, 10.0, 10.0, 5.0]), "ME-ST-04", "2013-2014"),
        (("by_year", "since_start_t_co2e", [10.0, 20.0, 30.0, 35.0]), "ME-ST-04", "2013"),
        (("by_year", "year", [2010, 2011, 2012, 2014]), "ME-ST-03", "by_year"),
        (("by_year", "since_start_t_co2e", [10.0]), "ME-ST-03", "by_year"),
        (("by_year", {}), "ME-ST-03", "by_year"),
        (("difference_to_peer", "splits", 0, "peer", 121.0), "ME-ST-04", "stock 2014"),
        (("difference_to_peer", "splits", 0, "parts", "D1", -8.0), "ME-ST-04", "stock 2014"),
        (("difference_to_peer", "splits", 1, "parts", {"D3": 1.0}), "ME-ST-04", "emission 2013-2014"),
        (("value", "discount_rate", 0.05), "ME-ST-04", "value, 2013"),
        (("value", "price_per_t_co2e", [2.0]), "ME-ST-03", "value, 2013"),
        (("tables", 0, "rows", 0, 1, 99.0), "ME-ST-04", "value, tables"),
        (("value", "net_present_value", "2014", 99.0), "ME-ST-04", "value, 2014"),
    ],
)
def test_an_edited_projection_is_noticed(path, code, place):
    told = section_findings(edited(PROJECTION, *path), "s")
    assert any(finding.code == code and place in finding.place for finding in told), told


def test_totals_moved_together_are_held_against_the_lines():
    """Both models 1 t higher: the parts still add up, the line does not agree."""
    splits = copy.deepcopy(PROJECTION["difference_to_peer"]["splits"])
    splits[0] |= {"peer": 121.0, "default": 135.0}
    told = section_findings(edited(PROJECTION, "difference_to_peer", "splits", splits), "s")
    assert [(finding.found, finding.expected) for finding in told] == [("135", "134, as its line")]


def test_the_peers_value_is_all_tonnes_times_all_prices():
    """34 t x (2 + 3 x 2/3 + 3 x 4/9 + 3 x 8/27), its defect D2."""
    price = 2 + 2 + 4 / 3 + 8 / 9
    own = {"2014": 34 * price}
    peer = edited(edited(PROJECTION, "value", "net_present_value", own), "tables", 0, "rows", [["2014", 34 * price]])
    peer = edited(edited(peer, "settings", "model", "invest-3.20"), "difference_to_peer", "splits", [])
    assert section_findings(peer, "s") == []
    assert section_findings(edited(peer, "settings", "model", "default"), "s") != []


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        (("measured", 0, "value", 218.8), "ME-ST-04", "value 218.8"),
        (("measured", 0, "high", None), "ME-ST-04", "high None"),
        (("measured", 0, "used", False), "ME-ST-03", "not used"),
        (("measured", 1, "used", True), "ME-ST-03", "used"),
        (("measured", []), "ME-ST-03", "0 records"),
        (("measured", 0, "stratum", "other ponds"), "ME-ST-03", "0 records"),
        (("measured", "none"), "ME-ST-03", "TypeError"),
    ],
)
def test_an_edited_measurement_is_noticed(path, code, words):
    told = section_findings(edited(SURVEY, *path), "s")
    assert any(finding.code == code and words in finding.found for finding in told), told


def test_what_is_not_derived_is_named():
    assert [name.partition(" ")[0] for name in not_derived(PROJECTION)] == ["by_year", "difference_to_peer"]
    assert [name.partition(" ")[0] for name in not_derived(SURVEY)] == ["measured", "survey"]
    assert not_derived(edited(PROJECTION, "tables", [{"rows": []}]))[-1] == "tables"
