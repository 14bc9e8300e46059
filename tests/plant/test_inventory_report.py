"""What a plant's report says beside its numbers: origins, fates, boundaries, nameplate, periods; both languages."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from day_plant import DAY, PLANT, small_records, small_statement

from ccus.capacity import year_hours
from ccus.inventory.accounts import account
from ccus.inventory.charts import charts
from ccus.inventory.records import Delivered
from ccus.inventory.statement import period_bounds, plant_statement
from ccus.plant.reading import load_plant
from methodology.base.errors import InputError
from methodology.guides.registry import load_guide
from methodology.reporting.html import html_of

ENERGY = (
    '[energy]\nelectricity = {source = "grid", grid_region = "south", grid_data_year = 2023}\n'
    'steam = {source = "host", intensity_kg_co2_per_gj = 95}\nsteam_to_power_mwh_per_gj = 0.0625\n'
    '[host]\nintensity_t_co2_per_mwh = 0.76\nevidence = "CEMS"\n'
)
MIXED = '[[stream]]\nid = "in"\nkind = "flue_gas_in"\nline = "a"\nco2_origin = "mixed"\nbiogenic_share = 0.25\nevidence = "14C, report 7"\n'


def table(made, title):
    return next(item for item in made["tables"] if item["title"]["en"].startswith(title))


def test_a_mixed_origin_splits_the_tonnes_and_names_its_evidence():
    made, lines = small_statement(ENERGY + MIXED)
    assert lines[f"captured_biogenic/{DAY}/a"]["value"] == pytest.approx(171, rel=1e-12)
    assert lines[f"captured_fossil/{DAY}/a"]["value"] == pytest.approx(513, rel=1e-12)
    row = table(made, "Where the CO2")["rows"][0]
    assert row[2:4] == ["25 %", "14C, report 7"]
    assert row[4]["en"].startswith("reduction for the fossil share; only where its fate keeps it out")
    fossil, lines = small_statement(ENERGY + MIXED.replace("mixed", "fossil").replace("biogenic_share = 0.25\n", ""))
    assert f"captured_biogenic/{DAY}/a" not in lines
    assert table(fossil, "Where the CO2")["rows"][0][4]["en"].startswith("reduction; only where")
    assert "removal" not in json.dumps(table(fossil, "Where the CO2")["rows"])


FATES = (
    '[[fate]]\nid = "soda"\nkind = "short_lived_use"\n[[fate]]\nid = "well"\nkind = "geological_storage"\n'
    '[[stream]]\nid = "in"\nkind = "flue_gas_in"\nline = "a"\nco2_origin = "fossil"\n'
)


def fate_rows(more):
    """Rows of the table of fates for 20 t to each of two fates."""
    record = small_records(ENERGY + more)
    gone = tuple(Delivered(record.start, 20.0, "R", f"W{fate}", fate) for fate in ("soda", "well"))
    made, _ = plant_statement(
        account(replace(record, deliveries=gone)), DAY, {}, load_guide("cn-grid").factors, draws=1000
    )
    rows = [row for row in table(made, "Where delivered")["rows"] if row[0]]
    return {row[0]: row[3]["en"] for row in rows}, [f["found"] for f in made["findings"] if f["code"] == "CC-INV-08"]


def test_what_is_sold_for_use_is_no_reduction_and_biogenic_needs_evidence():
    claims, notes = fate_rows(FATES)
    assert claims == {"soda": "none: the CO2 returns to the air after its use", "well": "reduction"}
    assert notes[0].endswith("claim: none: the CO2 returns to the air after its use")
    claims, notes = fate_rows(FATES.replace('"fossil"', '"biogenic"'))
    assert claims["well"] == "none: a biogenic origin without evidence"
    claims, _ = fate_rows(FATES.replace('"fossil"', '"biogenic"\nevidence = "14C, report 7"'))
    assert claims["well"] == "removal, if a rule set grants it"
    assert claims["soda"].startswith("none")


def test_every_key_figure_has_its_boundary_and_mark():
    made, lines = small_statement(ENERGY)
    rows = {row[0] if isinstance(row[0], str) else row[0]["en"]: row for row in table(made, "Boundary")["rows"]}
    assert {"STEC", "SEC", "SEEC", "net captured", "avoided"} <= set(rows)
    assert "QT" in rows["STEC"][2]["en"]
    assert "0.0625 MWh/GJ (source not stated)" in rows["SEEC"][2]["en"]
    assert rows["STEC"][4]["en"] == "recalled"
    # 2,400 GJ and 24 MWh over 684 t, steam at 0.0625 MWh/GJ
    assert lines[f"specific_heat/{DAY}/a"]["value"] == pytest.approx(2400 / 684, rel=1e-10)
    assert lines[f"specific_electricity/{DAY}/a"]["value"] == pytest.approx(24_000 / 684, rel=1e-10)
    assert lines[f"equivalent_electricity/{DAY}/a"]["value"] == pytest.approx(174_000 / 684, rel=1e-10)
    membrane = small_records(ENERGY, plant=PLANT.replace('"amine"', '"membrane"'), QT=None)
    made, _ = plant_statement(account(membrane), DAY, {}, load_guide("cn-grid").factors, draws=1000)
    assert all("ISO 27928" in row[3]["en"] for row in table(made, "Boundary")["rows"] if row[0] == "SEC")


def test_the_chinese_report_names_every_step_and_setting_in_chinese():
    made, _ = small_statement(ENERGY + MIXED)
    assert [
        node["id"] for node in made["nodes"] if not node.get("label", {}).get("zh") and node["kind"] != "input"
    ] == []
    text = html_of(made, "zh", charts(account(small_records(ENERGY)), "zh"))
    text = re.sub(r"<(style|pre).*?</\1>", "", text, flags=re.S)
    cells = {cell.strip() for cell in re.findall(r">([^<]+)<", text)}
    for english in (
        "not stated",
        "host unit",
        "captured readings",
        "heat line",
        "10th percentile",
        "average factor",
    ):
        assert not any(english in cell for cell in cells), english
    assert "各指标的边界" in cells


def test_the_nameplate_counts_tonnes_of_the_year_whatever_hours_it_is_designed_for():
    # 200,000 t/yr are 547.945 t a day; 684 t are 1.2483 of it
    _, lines = small_statement(ENERGY)
    assert lines[f"utilisation/{DAY}"]["value"] == pytest.approx(684 / (200_000 / 365), rel=1e-10)
    assert lines[f"utilisation/{DAY}/a"]["value"] == pytest.approx(684 / 800, rel=1e-10)
    design = 'nameplate_basis = "design_hours"\nnameplate_design_hours = 8000\n'
    records = small_records(ENERGY, plant=PLANT.replace("\n[[line]]", design + "\n[[line]]"))
    made, _ = plant_statement(account(records), DAY, {}, load_guide("cn-grid").factors, draws=1000)
    found = next(line for line in made["lines"] if line["id"] == f"utilisation/{DAY}")
    assert found["value"] == pytest.approx(684 / (200_000 / 365), rel=1e-10)
    assert year_hours("design_hours", 2025, records.plant.zone, 8000) == 8000


@pytest.mark.parametrize(
    "text", ["2025-3", "25-03", "2025-03-1", "20250", "2025/03", " 2025", "2025-03-", "２０２５", "2025-00"]
)
def test_a_period_written_otherwise_is_refused(text):
    with pytest.raises(InputError) as caught:
        period_bounds(text, load_plant(PLANT.encode()))
    assert caught.value.code == "CC-INV-05"
    assert "2025-03-14" in str(caught.value)


def test_settings_tell_what_the_plant_file_holds():
    plant = PLANT.replace("\n[[line]]", "atmosphere_kpa = 100.5\n\n[[line]]")
    records = small_records(ENERGY + '[rules]\nbalance_gas = "Ar"\n', plant=plant)
    made, _ = plant_statement(
        account(records, atmosphere_kpa=records.plant.atmosphere_kpa),
        DAY,
        {},
        load_guide("cn-grid").factors,
        draws=1000,
    )
    assert made["settings"]["balance_gas"] == "Ar"
    assert made["settings"]["atmosphere_kpa"] == 100.5


def test_half_a_day_of_readings_is_not_scaled_to_a_whole_one():
    # twelve hours at 28.5 t/h are 342 t; what follows is told by rung, and hours and tonnes add up
    records = small_records(ENERGY)
    half = records.start.timestamp() + 12 * 3600
    series = {}
    for tag, one in records.series.items():
        kept = np.flatnonzero(one.time_s < half)
        series[tag] = replace(one, time_s=one.time_s[kept], value=one.value[kept], severity=one.severity[kept])
    made, _ = plant_statement(
        account(replace(records, series=series)), DAY, {}, load_guide("cn-grid").factors, draws=1000
    )
    lines = {line["id"]: line["value"] for line in made["lines"]}
    tonnes = {name.split("/")[-1]: value for name, value in lines.items() if name.startswith("captured_by_what")}
    hours = {name.split("/")[-1]: value for name, value in lines.items() if name.startswith("hours_by_what")}
    assert tonnes["measured"] == pytest.approx(342, rel=1e-9)
    assert hours["measured"] == pytest.approx(12, rel=1e-9)
    assert sum(hours.values()) == pytest.approx(24, rel=1e-12)
    assert sum(tonnes.values()) == pytest.approx(lines[f"gross_captured/{DAY}"], rel=1e-12)
    assert lines[f"gross_captured/{DAY}"] < 684
    nothing = lines[f"excess_of_other_answers_to_gaps/{DAY}/a/nothing counted in gaps"]
    assert lines[f"gross_captured/{DAY}"] + nothing == pytest.approx(342, rel=1e-9)


def test_two_plants_differ_by_activity_data_and_not_by_areas():
    from methodology.compare import compare

    first, _ = small_statement(ENERGY)
    second, _ = small_statement(ENERGY, FT=30_000.0)
    (row,) = compare(first, second, f"gross_captured/{DAY}")
    # 30,000 kg/h for 28,500 over 24 h
    assert row["activity_data"] == pytest.approx(36.0, rel=1e-12)
    assert row["difference"] == pytest.approx(36.0, rel=1e-12)
    assert "areas" not in row


def test_the_calendar_leaves_hours_on_bounds_light():
    from matplotlib.figure import Figure

    from ccus.inventory.charts import _calendar

    made = account(small_records(ENERGY))
    filled = made.lines[0].hours.captured
    axes = Figure().add_subplot()
    _calendar(axes, made, "en")
    assert axes.images[0].get_array().tolist() == [[24.0]]
    filled = replace(filled, bound_share=np.where(np.arange(24) < 6, 1.0, 0.0))
    line = replace(made.lines[0], hours=replace(made.lines[0].hours, captured=filled))
    _calendar(axes, replace(made, lines=[line]), "en")
    assert axes.images[-1].get_array().tolist() == [[18.0]]
