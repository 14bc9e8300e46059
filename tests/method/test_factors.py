"""Factors carry source and marks, are looked up by what they apply to, and refuse to be guessed."""

import pytest

from methodology.base.errors import InputError
from methodology.factors.gwp import gwp, gwp_sets
from methodology.factors.table import FIXED_COLUMNS, load_factors
from methodology.guides.registry import guide_ids, load_guide

HEADER = ",".join([*FIXED_COLUMNS, "habitat"])
GOOD = "a,soil_stock_1m,200,t_C/ha,150,250,0.95,ci of mean,normal,,survey 2024,p. 3,local,local,,mangrove"


def own(tmp_path, *rows):
    path = tmp_path / "own.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def refused(tmp_path, *rows):
    with pytest.raises(InputError) as error:
        load_factors(own(tmp_path, *rows), "own")
    return [finding.code for finding in error.value.findings], str(error.value)


def test_the_chapter_4_values_of_the_reference_notes():
    table = load_guide("ipcc-wetlands-2013").factors
    find = table.find
    assert find("soil_stock_1m", {"habitat": "mangrove", "soil": "aggregated"}).value == 386
    assert find("soil_stock_1m", {"habitat": "seagrass", "soil": "mineral"}).value == 108
    assert find("above_ground_biomass", {"habitat": "mangrove", "climate": "tropical_wet"}).value == 192
    assert find("soil_removal_factor", {"habitat": "tidal_marsh"}).value == -0.91
    methane = find("ch4_rewetting_factor", {"habitat": "mangrove", "salinity": "below_18"})
    assert methane.value == pytest.approx(0.1937)  # printed in kg
    assert methane.printed == "193.7 kg_CH4/ha/yr (99.8 to 358)"
    assert methane.value_status == "reported"


def test_none_and_several_list_the_candidates():
    table = load_guide("ipcc-wetlands-2013").factors
    with pytest.raises(InputError) as none:
        table.find("soil_stock_1m", {"habitat": "mangrove"})
    assert none.value.code == "ME-FAC-01"
    assert "T4.11/mangrove/organic" in str(none.value)


def test_equally_specific_rows_are_ambiguous(tmp_path):
    table = load_factors(own(tmp_path, GOOD, GOOD.replace("a,", "b,", 1)), "own")
    with pytest.raises(InputError) as several:
        table.find("soil_stock_1m", {"habitat": "mangrove"})
    assert several.value.code == "ME-FAC-02"


def test_own_factors_come_first(tmp_path):
    table = load_guide("ipcc-wetlands-2013").factors.overlaid(load_factors(own(tmp_path, GOOD), "own"))
    assert table.find("soil_stock_1m", {"habitat": "mangrove", "soil": "organic"}).value == 200
    assert table.find("soil_stock_1m", {"habitat": "seagrass", "soil": "mineral"}).value == 108


def test_own_unit_is_converted_by_dimension(tmp_path):
    row = GOOD.replace("200,t_C/ha,150,250", "20000,g_C/m**2,15000,25000")
    assert load_factors(own(tmp_path, row), "own").factors[0].value == pytest.approx(200)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("t_C/ha", "t_CO2/ha"), "ME-UNIT-02"),
        (("t_C/ha", "t_C/hectar"), "ME-UNIT-01"),
        (("soil_stock_1m", "soil_stok"), "ME-FAC-06"),
        ((",200,", ",two hundred,"), "ME-FAC-07"),
        ((",200,", ",,"), "ME-FAC-07"),
        ((",normal,", ",bell,"), "ME-FAC-08"),
        (("local,local", "local,sure"), "ME-FAC-08"),
        (("p. 3", ""), "ME-FAC-08"),
        ((",200,", ",81000000,"), "ME-FAC-08"),
    ],
)
def test_faults_of_a_row_have_codes(tmp_path, change, code):
    codes, _ = refused(tmp_path, GOOD.replace(*change, 1))
    assert code in codes


def test_percent_for_a_fraction_is_named(tmp_path):
    row = "c,carbon_fraction,45,t_C/t_dm,,,,,fixed,,x,y,local,,,mangrove"
    codes, text = refused(tmp_path, row)
    assert codes == ["ME-FAC-08"]
    assert "looks like percent" in text


def test_all_faults_of_a_file_come_at_once(tmp_path):
    codes, _ = refused(tmp_path, GOOD.replace("t_C/ha", "t_CO2/ha"), GOOD.replace(",normal,", ",bell,"), GOOD, GOOD)
    assert {"ME-UNIT-02", "ME-FAC-08", "ME-FAC-05"} <= set(codes)


def test_gwp_sets_are_named_exactly():
    assert gwp("ch4", "AR5-100").value == 28
    assert gwp("n2o", "AR5-100").value == 265
    assert gwp("ch4", "AR6-100").value == 27.0
    assert gwp("ch4", "AR6-100", fossil=True).value == 29.8
    assert gwp("ch4", "AR4-100").value == 25
    assert "AR5-100-feedback" in gwp_sets()
    with pytest.raises(InputError) as error:
        gwp("ch4", "AR5")
    assert error.value.code == "ME-GWP-01"


@pytest.mark.parametrize("guide_id", guide_ids())
def test_every_row_of_every_guide_has_a_known_source_and_marks(guide_id):
    for factor in load_guide(guide_id).factors.factors:  # loading checks source keys, marks, units and ranges
        assert factor.locator
        assert factor.distribution in ("unknown", "fixed") or factor.interval_status


BETA = GOOD.replace(",normal,,", ",beta,0:1000,")
RANGE = GOOD.replace("0.95,ci of mean,normal", ",range,uniform")


@pytest.mark.parametrize(
    ("row", "code", "word"),
    [
        (GOOD.replace(",0.95,", ",95,"), "ME-FAC-08", "write 0.95"),
        (GOOD.replace(",0.95,", ",0,"), "ME-FAC-08", "above 0.5 and below 1"),
        (GOOD.replace(",0.95,", ",1,"), "ME-FAC-08", "above 0.5 and below 1"),
        (GOOD.replace("ci of mean", "sd"), "ME-FAC-08", "'range' for the lowest"),
        (RANGE.replace("uniform", "normal"), "ME-FAC-08", "uniform, triangular"),
        (RANGE.replace(",,range", ",0.95,range"), "ME-FAC-08", "hard ends"),
        (RANGE.replace("uniform", "triangular").replace(",200,", ",160,"), "ME-DIST-02", "needs a mean between"),
        (BETA.replace("0:1000", "180:1000"), "ME-FAC-08", "150 to 250 within it"),
        (BETA.replace("0:1000", "0:220"), "ME-FAC-08", "150 to 250 within it"),
        (BETA.replace("0:1000", "1000:0"), "ME-FAC-08", "support"),
        (BETA.replace("0:1000", "low:1000"), "ME-FAC-07", "decimal point"),
        (BETA.replace("0:1000", "nan:1000"), "ME-FAC-07", "decimal point"),
        (GOOD[1:], "ME-FAC-08", "a name of its own"),
        (GOOD.rsplit(",", 2)[0], "ME-FAC-04", "14 cells"),
        (GOOD + ",tall", "ME-FAC-04", "17 cells"),
        (GOOD.replace(",mangrove", ",mangroves"), "ME-FAC-10", "Did you mean 'mangrove'?"),
        (GOOD.replace(",mangrove", ",mangrove|reef"), "ME-FAC-10", "one of"),
    ],
)
def test_a_row_is_refused_with_what_to_do(tmp_path, row, code, word):
    with pytest.raises(InputError) as error:
        load_factors(own(tmp_path, row), "own")
    assert code in [finding.code for finding in error.value.findings]
    assert word in str(error.value)
    assert all(finding.remedy for finding in error.value.findings)


def test_an_empty_level_is_95_percent_and_a_range_has_hard_ends(tmp_path):
    plain = load_factors(own(tmp_path, GOOD.replace(",0.95,", ",,")), "own").factors[0]
    assert plain.spread.sd == pytest.approx(100 / (2 * 1.959964), rel=1e-6)
    hard = load_factors(own(tmp_path, RANGE), "own").factors[0].spread
    assert hard.parameters == (150, 250)
    # a triangular form from 150 to 250 of mean 210 has its mode at 3·210 − 150 − 250 = 230
    row = RANGE.replace("uniform", "triangular").replace(",200,", ",210,")
    three = load_factors(own(tmp_path, row), "own").factors[0].spread
    assert three.parameters == (150, 230, 250)
    assert three.sd == pytest.approx(((150**2 + 230**2 + 250**2 - 150 * 230 - 150 * 250 - 230 * 250) / 18) ** 0.5)


@pytest.mark.parametrize(("column", "near"), [("habitats", "habitat"), ("Climate", "climate"), ("specie", "species")])
def test_an_unknown_column_names_the_nearest(tmp_path, column, near):
    path = own(tmp_path, GOOD)
    path.write_text(path.read_text(encoding="utf-8").replace("habitat", column, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_factors(path, "own")
    assert error.value.code == "ME-FAC-10"
    assert f"Did you mean {near!r}?" in str(error.value)


@pytest.mark.parametrize("column", ["stratum", "species", "region", "group", "technology", "site", "set", "methane"])
def test_columns_of_free_text_are_allowed(tmp_path, column):
    path = own(tmp_path, GOOD)
    text = path.read_text(encoding="utf-8").replace("habitat", column, 1).replace("mangrove", "anything")
    path.write_text(text, encoding="utf-8")
    assert load_factors(path, "own").factors[0].applies == {column: ("anything",)}


def test_missing_columns_and_rows_are_told_with_the_template(tmp_path):
    for text in (HEADER, "id,value\na,1"):
        path = tmp_path / "own.csv"
        path.write_text(text + "\n", encoding="utf-8")
        with pytest.raises(InputError) as error:
            load_factors(path, "own")
        assert error.value.code == "ME-FAC-04"
        assert "methodology factors template" in str(error.value)
