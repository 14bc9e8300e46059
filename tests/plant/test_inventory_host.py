"""Avoided CO2, the host unit's intensity, certificates and dated grid factors, each worked by hand.

One day of constant readings: 28,500 kg/h make 684 t captured, 100 GJ/h make 2,400 GJ, 1,000 kW make 24 MWh.
"""

import pytest
from day_plant import DAY, small_statement

TIME = f"valid_from = {DAY}\nvalid_to = 2025-03-15\n"
TOTALS = f"""
[host]
{TIME}
net_mwh_without_capture = 1000
emitted_t_without_capture = 760
net_mwh_with_capture = 774.28
emitted_t_with_capture = 76
evidence = "unit test run"
"""
FROM_HOST = '[energy]\nelectricity = "host"\nsteam = {source = "host", intensity_kg_co2_per_gj = 95}\n'
FROM_GRID = '[energy]\nelectricity = {source = "grid", grid_region = "south", grid_data_year = 2023}\nsteam = {source = "host", intensity_kg_co2_per_gj = 95}\n'
TO_POWER = 'steam_to_power_mwh_per_gj = 0.0625\nsteam_to_power_source = "turbine curve"\n'
INTENSITY = '[[host]]\nintensity_t_co2_per_mwh = 0.76\nevidence = "CEMS of unit 1"\n'


def value(lines, name):
    return lines[f"{name}/{DAY}"]["value"]


def reason(lines, name):
    line = lines[f"{name}/{DAY}"]
    assert line["value"] is None
    assert line["status"] == "not_estimated"
    return line["reason"]


def test_the_four_totals_give_gross_net_and_avoided():
    # reference case of the key figures: 684 t captured are 512.4528 t avoided (0.76 − 76/774.28) × 774.28
    _, lines = small_statement(FROM_HOST + TOTALS)
    assert value(lines, "gross_captured") == pytest.approx(684, rel=1e-12)
    assert value(lines, "host_intensity_without_capture") == pytest.approx(0.76, rel=1e-12)
    assert value(lines, "host_intensity_with_capture") == pytest.approx(0.09815570594616935, rel=1e-10)
    assert value(lines, "emission_reduction") == pytest.approx(0.6618442940538307, rel=1e-10)
    assert lines[f"emission_reduction/{DAY}"]["unit"] == "t_CO2/MWh"
    assert 100 * value(lines, "emission_reduction_share") == pytest.approx(87.08477553339878, rel=1e-10)
    assert value(lines, "equivalent_electricity_of_host") == pytest.approx(330, rel=1e-10)
    assert value(lines, "co2_avoided") == pytest.approx(512.4528, rel=1e-10)
    # power of the host at its intensity without capture, once: 24 × 0.76; steam 2,400 × 0.095
    assert value(lines, "emission_of_electricity") == pytest.approx(18.24, rel=1e-12)
    assert value(lines, "net_captured") == pytest.approx(684 - 18.24 - 228, rel=1e-12)
    assert not any(name.startswith("emission_of_electricity_market") for name in lines)


def test_the_intensity_alone_gives_avoided_from_the_power_not_made():
    # lost: 24 + 2,400 × 0.0625 = 174 MWh; 684 − 0.76 × 174 = 551.76
    _, lines = small_statement(FROM_HOST + TO_POWER + INTENSITY)
    assert value(lines, "power_lost") == pytest.approx(174, rel=1e-12)
    assert value(lines, "co2_avoided") == pytest.approx(551.76, rel=1e-12)
    assert f"emission_reduction/{DAY}" not in lines
    with_net = INTENSITY.replace("[[host]]", f"[[host]]\n{TIME}net_mwh_with_capture = 800\n")
    _, lines = small_statement(FROM_HOST + TO_POWER + with_net)
    assert value(lines, "emission_reduction") == pytest.approx(551.76 / 800, rel=1e-10)


def test_both_ways_agree_for_the_same_fuel():
    # 174 MWh lost of 1,000 at 0.76: 826 MWh sent out, 760 − 684 = 76 t emitted
    text = TOTALS.replace("774.28", "826")
    _, totals = small_statement(FROM_HOST + text)
    _, loss = small_statement(FROM_HOST + TO_POWER + INTENSITY)
    assert value(totals, "co2_avoided") == pytest.approx(value(loss, "co2_avoided"), rel=1e-10)


def test_grid_power_is_taken_off_avoided_and_host_steam_only_once():
    # lost is steam alone: 150 MWh × 0.76 = 114; grid 24 × 0.4042 = 9.7008
    _, lines = small_statement(FROM_GRID + TO_POWER + INTENSITY)
    assert value(lines, "power_lost") == pytest.approx(150, rel=1e-12)
    assert value(lines, "emission_of_electricity") == pytest.approx(9.7008, rel=1e-12)
    assert value(lines, "co2_avoided") == pytest.approx(684 - 114 - 9.7008, rel=1e-12)


def test_what_is_missing_is_said_in_both_languages():
    _, lines = small_statement(FROM_HOST)
    said = reason(lines, "co2_avoided")
    assert "no [[host]]" in said["en"]
    assert "intensity_t_co2_per_mwh" in said["zh"]
    assert "[energy.electricity]" in reason(lines, "net_captured")["en"]
    _, lines = small_statement(FROM_HOST + INTENSITY)
    assert "steam_to_power_mwh_per_gj" in reason(lines, "co2_avoided")["en"]
    _, lines = small_statement(FROM_HOST + TOTALS.replace("2025-03-15", "2025-04-01"))
    said = reason(lines, "co2_avoided")["en"]
    assert "2025-03-14 00:00 – 2025-04-01 00:00" in said
    assert "never scaled" in said
    _, lines = small_statement(FROM_HOST + TO_POWER + INTENSITY, QT=None)
    assert "neither metered" in reason(lines, "co2_avoided")["en"]


def test_totals_of_parts_of_the_period_add_up():
    half = f"[[host]]\nvalid_from = {DAY}T00:00:00\nvalid_to = {DAY}T12:00:00\n"
    numbers = "net_mwh_without_capture = 500\nemitted_t_without_capture = 380\nnet_mwh_with_capture = 387.14\n"
    numbers += 'emitted_t_with_capture = 38\nevidence = "half a day"\n'
    later = half.replace(f"{DAY}T12", "2025-03-15T00").replace(f"{DAY}T00", f"{DAY}T12")
    _, lines = small_statement(FROM_HOST + half + numbers + later + numbers)
    assert value(lines, "co2_avoided") == pytest.approx(512.4528, rel=1e-10)
    _, lines = small_statement(FROM_HOST + half + numbers)
    assert "never scaled" in reason(lines, "co2_avoided")["en"]


def test_shared_instruments_narrow_the_interval_and_silence_is_said():
    stated = "uncertainty_power_percent = 1\nuncertainty_emission_percent = 2\n"
    apart, _ = small_statement(FROM_HOST + TOTALS + stated)
    shared, _ = small_statement(FROM_HOST + TOTALS + stated + "same_instruments = true\n")
    silent, _ = small_statement(FROM_HOST + TOTALS)

    def line(made):
        return next(item for item in made["lines"] if item["id"] == f"co2_avoided/{DAY}")

    # avoided = E0 P1/P0 − E1: apart u² = (0.02 × 588.4528)² + (0.02 × 76)² + 2 × (0.01 × 588.4528)²
    assert line(apart)["standard_uncertainty"] == pytest.approx(14.494, rel=1e-3)
    # one error of emission scales the difference, one of power cancels: 0.02 × 512.4528
    assert line(shared)["standard_uncertainty"] == pytest.approx(10.249, rel=1e-3)
    assert "uncertainty of the host unit not stated" in line(silent)["interval"]["excludes"]


def certificate(first, after, mwh=5.0, serial="GEC-1"):
    return (
        f'[[certificate]]\nserial = "{serial}"\nmwh = {mwh}\nvalid_from = {first}\nvalid_to = {after}\n'
        'evidence = "retired 2025-04-02"\n'
    )


def test_certificates_of_the_plant_file_move_the_market_line_only():
    plain, _ = small_statement(FROM_GRID + TO_POWER + INTENSITY)
    green, _ = small_statement(FROM_GRID + TO_POWER + INTENSITY + certificate(DAY, "2025-03-15"))
    before, after = ({line["id"]: line["value"] for line in made["lines"]} for made in (plain, green))
    name = f"emission_of_electricity_market_based/{DAY}"
    assert {key for key in before if before[key] != after[key]} == {name}
    assert (before[name], after[name]) == (pytest.approx(24 * 0.6096), pytest.approx(19 * 0.6096))
    assert green["settings"]["certificates"] == "GEC-1: 5 MWh, retired 2025-04-02"


def test_certificates_of_another_time_or_beyond_use_are_told():
    month, lines = small_statement(FROM_GRID + certificate("2025-03-01", "2025-04-01"))
    assert "CC-INV-10" in {finding["code"] for finding in month["findings"]}
    assert value(lines, "emission_of_electricity_market_based") == pytest.approx(24 * 0.6096)
    much, lines = small_statement(FROM_GRID + certificate(DAY, "2025-03-15", 30.0))
    assert "CC-INV-10" in {finding["code"] for finding in much["findings"]}
    assert value(lines, "emission_of_electricity_market_based") == 0
    option, lines = small_statement(FROM_GRID, certified_mwh=4.0)
    assert option["settings"]["certified_option_mwh"] == 4.0
    assert value(lines, "emission_of_electricity_market_based") == pytest.approx(20 * 0.6096)


def test_a_year_without_a_factor_is_told_and_a_pinned_one_is_exact():
    unpinned, lines = small_statement(FROM_GRID.replace(", grid_data_year = 2023", ""))
    told = [finding for finding in unpinned["findings"] if finding["code"] == "CC-INV-09"]
    assert len(told) == 1
    assert "2025" in told[0]["found"]
    assert "2023" in told[0]["found"]
    assert value(lines, "emission_of_electricity") == pytest.approx(24 * 0.4042)
    none, lines = small_statement(FROM_GRID.replace("2023", "2022"))
    told = [finding for finding in none["findings"] if finding["code"] == "CC-INV-09"]
    assert "2023" in told[0]["expected"]
    assert f"emission_of_electricity/{DAY}" not in lines
    assert "no grid factor" in reason(lines, "net_captured")["en"]
    older, lines = small_statement(FROM_GRID.replace("south", "guangdong").replace("2023", "2022"))
    assert "recalled" in older["settings"]["electricity_intensity"]
    assert value(lines, "emission_of_electricity") == pytest.approx(24 * 0.4403)
