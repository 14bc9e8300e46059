"""Historian exports: layouts, times, words, quality codes, audit sheet, mapping, batches."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ccus.importers import batches, cells
from ccus.importers.historian import Reading, read_export
from ccus.importers.mapping import map_columns, plain
from ccus.importers.proposal import propose
from ccus.plant.reading import load_plant
from ccus.streams.series import BAD, GOOD, UNCERTAIN, Series
from methodology.base.errors import InputError

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "ccus"
SHANGHAI = ZoneInfo("Asia/Shanghai")
PLANT = """
[plant]
name = "Test plant"
timezone = "Asia/Shanghai"
nameplate_t_per_year = 20000
[[line]]
id = "amine"
technology = "amine"
nameplate_t_per_day = 50
[[meter]]
tag = "FT601"
line = "amine"
stream = "product"
kind = "coriolis"
unit = "kg/h"
interpolation = "step"
max_hold_s = 600
[[meter]]
tag = "PT402"
line = "amine"
stream = "product"
kind = "pressure"
unit = "bar"
pressure = "gauge"
interpolation = "step"
max_hold_s = 600
[[meter]]
tag = "FT301"
line = "amine"
stream = "flue_gas_in"
kind = "volume_flow"
unit = "Nm3/h"
REFERENCE
moisture = "dry"
interpolation = "step"
max_hold_s = 600
[[meter]]
tag = "AT600"
line = "amine"
stream = "product"
kind = "composition"
component = "CO2"
unit = "vol%"
moisture = "dry"
interpolation = "step"
max_hold_s = 600
"""


def plant(reference='reference_condition = "0C_1atm"'):
    return load_plant(PLANT.replace("REFERENCE", reference).encode())


def export(tmp_path, text, name="export.csv", **how):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8") if isinstance(text, str) else path.write_bytes(text)
    return read_export(path, Reading(**how))


def refused(call):
    with pytest.raises(InputError) as caught:
        call()
    return [finding.code for finding in caught.value.findings]


def test_golden_export_is_read_whole():
    path = GOLDEN / "historian_export_synthetic.csv"
    if not path.exists():
        pytest.skip("expected results are not at hand")
    found = read_export(path)
    names = [column.name for column in found.columns]
    assert names == ["FT301", "AT300", "AT400", "PT402", "TT410", "FT201", "JI500", "FT601", "AT600"]
    assert {column.unit for column in found.columns} >= {"Nm3/hr", "(CO2 % dry)", "(barg)", "(0C)", "(kg/hr)", "(kW)"}
    flow = found.columns[7]
    assert flow.time_s[0] == datetime.fromisoformat("2025-07-01T00:00:00+08:00").timestamp()
    assert len(flow.time_s) == 143  # 144 intervals, one row missing, one row twice
    assert flow.words == dict.fromkeys(range(30, 36), "Bad Input")
    assert found.columns[8].words == {117: ""}
    assert [f.code for f in found.findings].count("CC-IMP-12") == 1
    assert read_export(path).sha256 == found.sha256


def test_local_times_words_and_quality_bytes(tmp_path):
    text = (
        "Plant report,,,\n"
        "Date Time,FT601,FT601.Quality,PT402\n"
        ",(kg/hr),,(barg)\n"
        "2025/7/1 00:00,2000,192,0.82\n"
        "2025/7/1 00:10,2001,64,I/O Timeout\n"
        "2025/7/1 00:20,2002,0,\n"
        '2025/7/1 00:30,"2,003.5",192,about 1\n'
    )
    found = export(tmp_path, text, zone=SHANGHAI)
    flow, pressure = found.columns
    assert flow.time_s[0] == datetime(2025, 7, 1, tzinfo=SHANGHAI).timestamp()
    assert flow.severity.tolist() == [GOOD, UNCERTAIN, BAD, GOOD]
    assert flow.value[3] == 2003.5
    assert pressure.words == {1: "I/O Timeout", 2: "", 3: "about 1"}
    assert {f.code: f.severity for f in found.findings} == {
        "CC-IMP-13": "note",
        "CC-IMP-14": "note",
        "CC-IMP-15": "warning",
    }
    unchanged = export(tmp_path, text, zone=SHANGHAI, empty_is_missing=False).columns[1]
    assert unchanged.words == {1: "I/O Timeout", 2: "about 1"}
    assert refused(lambda: export(tmp_path, text)) == ["CC-IMP-10"]


def test_long_layout_in_gb18030(tmp_path):
    rows = "位号,时间,数值,质量\nFT601,2025-07-01 00:00:00,2000,Good\nPT402,2025-07-01 00:00:07,0.8,Good\n"
    rows += "FT601,2025-07-01 00:00:43,坏值,Bad\n"
    found = export(tmp_path, rows.encode("gb18030"), zone=SHANGHAI)
    assert [(c.name, c.value.size) for c in found.columns] == [("FT601", 2), ("PT402", 1)]
    assert found.columns[0].words == {1: "坏值"}


def test_semicolons_decimal_commas_and_units_in_the_tag(tmp_path):
    found = export(tmp_path, "Time;FT601 [kg/h]\n2025-07-01T00:00:00Z;2000,5\n2025-07-01T00:10:00Z;1.999,5\n")
    assert found.columns[0].name == "FT601"
    assert found.columns[0].unit == "kg/h"
    assert found.columns[0].value.tolist() == [2000.5, 1999.5]


def test_workbook_with_an_audit_sheet(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Time", "FT601", "PT402"])
    sheet.append([None, "kg/h", "barg"])
    sheet.append([datetime(2025, 7, 1, 0, 0), 2000.0, 0.8])
    sheet.append([datetime(2025, 7, 1, 0, 0, 43), "Bad Input", 0.81])
    audit = book.create_sheet("Audit Trail")
    audit.append(["EventTime", "ObjectName", "Message", "UserAccount"])
    audit.append(["2025-07-01 00:00:20", "FT601", "to auto", "operator7"])
    path = tmp_path / "export.xlsx"
    book.save(path)
    found = read_export(path, Reading(zone=SHANGHAI))
    assert [c.name for c in found.columns] == ["FT601", "PT402"]
    assert found.columns[0].words == {1: "Bad Input"}
    assert found.audit == (
        {
            "EventTime": "2025-07-01 00:00:20",
            "ObjectName": "FT601",
            "Message": "to auto",
            "UserAccount": "operator7",
        },
    )
    path.write_bytes(path.read_bytes()[:2000])
    assert refused(lambda: read_export(path)) == ["CC-IMP-01"]


HEAD = "Time,FT601\n,kg/h\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["CC-IMP-01"]),
        ("nothing,here\n1,2\n", ["CC-IMP-02"]),
        ("Time,FT601,FT601\n,kg/h,kg/h\n2025-07-01T00:00:00Z,1,2\n", ["CC-IMP-07"]),
        (HEAD + "2025-07-01T00:10:00Z,1\n2025-07-01T00:00:00Z,2\n2025-07-01T00:20:00Z,3\n", ["CC-IMP-11"]),
        (HEAD + "01/07/2025 00:10,1\n", ["CC-IMP-10"]),
        (HEAD + "2025-07-01T00:00:00Z,1\nnonsense,2\n", ["CC-IMP-10"]),
        ("Time,FT601,FT601.Quality\n2025-07-01T00:00:00Z,1,perhaps\n", ["CC-IMP-16"]),
        ("Time,FT601,PT402\n,kg/h,barg\n2025-07-01T00:00:00Z,1,2\n2025-07-01T00:10:00Z,1", ["CC-IMP-01"]),
    ],
)
def test_exports_that_cannot_be_used(tmp_path, text, codes):
    assert refused(lambda: export(tmp_path, text)) == codes


def test_an_hour_that_occurs_twice_is_asked_about(tmp_path):
    berlin = ZoneInfo("Europe/Berlin")
    text = HEAD + "2025-10-26 01:30,1\n2025-10-26 02:30,2\n2025-10-26 03:30,3\n"
    assert refused(lambda: export(tmp_path, text, zone=berlin)) == ["CC-PLANT-07"]
    second = export(tmp_path, text, zone=berlin, fold=1).columns[0]
    assert np.diff(second.time_s).tolist() == [7200.0, 3600.0]
    skipped = HEAD + "2025-03-30 02:30,1\n"
    assert refused(lambda: export(tmp_path, skipped, zone=berlin)) == ["CC-PLANT-08"]


def test_repeats_equal_and_contradicting(tmp_path):
    text = HEAD + "2025-07-01T00:00:00Z,1\n2025-07-01T00:10:00Z,2\n2025-07-01T00:10:00Z,3\n2025-07-01T00:20:00Z,4\n"
    column = export(tmp_path, text).columns[0]
    assert column.severity.tolist() == [GOOD, BAD, GOOD]
    newest_first = HEAD + "2025-07-01T00:20:00Z,4\n2025-07-01T00:10:00Z,2\n2025-07-01T00:00:00Z,1\n"
    assert export(tmp_path, newest_first).columns[0].value.tolist() == [1, 2, 4]


def test_time_format_for_day_first(tmp_path):
    column = export(tmp_path, HEAD + "02/07/2025 00:10,1\n", zone=SHANGHAI, time_format="%d/%m/%Y %H:%M").columns[0]
    assert column.time_s[0] == datetime(2025, 7, 2, 0, 10, tzinfo=SHANGHAI).timestamp()


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        (192, GOOD), ("216", GOOD), (64, UNCERTAIN), ("192.0", GOOD), (24, BAD),
        ("0x00000000", GOOD), ("0x40000000", UNCERTAIN), ("0x80000000", BAD),
        (2150891520, BAD), (1083179008, UNCERTAIN),
        ("Good, Calculated", GOOD), ("Uncertain_LastUsableValue", UNCERTAIN), ("Bad_NoData", BAD),
    ],
)  # fmt: skip
def test_opc_quality_codes(code, severity):
    assert cells.severity_of_code(code, "here") == severity


def one_row(tmp_path, tags, units, values):
    return export(tmp_path, f"Time,{tags}\n,{units}\n2025-07-01T00:00:00Z,{values}\n")


def test_columns_become_meters_in_one_unit(tmp_path):
    found = one_row(tmp_path, "FT601,PT402,FT301,AT600", "t/h,kPag,Nm3/hr,(CO2 %)", "2,82,9800,98.2")
    imported = map_columns(found, plant())
    values = {series.tag: series.value[0] for series in imported.series}
    assert values == {"FT601": 2000.0, "PT402": 82.0, "FT301": 9800.0, "AT600": pytest.approx(0.982)}
    assert imported.units["AT600"].basis == "vol"
    assert imported.units["PT402"].pressure == "gauge"


@pytest.mark.parametrize(
    ("tags", "units", "mapping", "codes"),
    [
        ("FT999", "kg/h", {}, ["CC-IMP-03"]),
        ("FT601", "furlong", {}, ["CC-IMP-05"]),
        ("FT601", "barg", {}, ["CC-IMP-06"]),
        ("PT402", "bara", {}, ["CC-IMP-06"]),
        ("AT600", "wt%", {}, ["CC-IMP-06"]),
        ("FT601,X", "kg/h,kg/h", {"X": "FT601"}, ["CC-IMP-07"]),
        ("FT999,PT402", "kg/h,bara", {}, ["CC-IMP-03", "CC-IMP-06"]),
    ],
)
def test_columns_that_are_refused_all_at_once(tmp_path, tags, units, mapping, codes):
    found = one_row(tmp_path, tags, units, ",".join("1" * (tags.count(",") + 1)))
    assert refused(lambda: map_columns(found, plant(), mapping)) == codes


def test_nothing_is_taken_whose_state_is_not_known(tmp_path):
    text = PLANT.replace("REFERENCE", "").replace('pressure = "gauge"', "").replace('"vol%"', '"%"')
    text = text.replace('component = "CO2"\nunit = "%"\nmoisture = "dry"', 'component = "CO2"\nunit = "%"')
    open_plant = load_plant(text.encode())
    found = one_row(tmp_path, "FT301,PT402,AT600", "Nm3/hr,bar,%", "9800,0.8,98")
    assert refused(lambda: map_columns(found, open_plant)) == ["CC-IMP-08", "CC-IMP-09", "CC-IMP-17", "CC-IMP-18"]


def test_a_missing_unit_row_leaves_it_to_the_plant_file(tmp_path):
    found = export(tmp_path, "Time,FT601\n2025-07-01T00:00:00Z,2000\n")
    assert map_columns(found, plant()).series[0].value[0] == 2000.0


def test_mapping_by_name_and_ignoring(tmp_path):
    found = one_row(tmp_path, "HF:FT-601.PV,SPARE", "kg/h,kg/h", "2000,7")
    assert plain("HF:FT-601.PV") == "FT601"
    proposal = propose(found, plant())
    assert '"HF:FT-601.PV" = "FT601"' in proposal
    assert 'tag = "SPARE"' in proposal
    imported = map_columns(found, plant(), {"HF:FT-601.PV": "FT601", "SPARE": ""})
    assert [series.tag for series in imported.series] == ["FT601"]
    assert imported.ignored == ("SPARE",)


def test_a_proposal_leaves_what_is_open_open(tmp_path):
    import tomllib

    found = one_row(tmp_path, "FT301,PT402,AT400", "Nm3/hr,bar,(CO2 % dry)", "9800,0.8,1.4")
    drafted = tomllib.loads(propose(found))
    assert drafted["tags"] == {"FT301": "FT301", "PT402": "PT402", "AT400": "AT400"}
    flow, pressure, analyser = drafted["meter"]
    assert flow["reference_condition"] == "?"
    assert pressure["pressure"] == "?"
    assert analyser["moisture"] == "dry"
    assert analyser["component"] == "CO2"


def test_a_batch_reads_back_as_it_was_and_is_the_same_twice(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    found = one_row(tmp_path, "FT601,PT402", "t/h,barg", "2,Bad Input")
    imported = map_columns(found, plant())
    table = batches.to_table(imported)
    path, again = tmp_path / "batch.parquet", tmp_path / "again.parquet"
    pq.write_table(table, path)
    pq.write_table(batches.to_table(map_columns(found, plant())), again)
    assert path.read_bytes() == again.read_bytes()
    series, units = batches.from_parquet(path)
    assert series["FT601"].value.tolist() == [2000.0]
    assert series["PT402"].words == {0: "Bad Input"}
    assert units["FT601"].text == "t/h"
    assert table["exported"].to_pylist()[0] == 2.0
    path.write_bytes(b"PAR1 nothing")
    assert refused(lambda: batches.from_parquet(path)) == ["CC-IMP-20"]


def test_overlapping_batches_merge_without_doubling():
    def part(times, values, severities):
        return Series("X", np.array(times, float), np.array(values, float), np.array(severities, np.uint8))

    merged = batches.merged([part([0, 10, 20], [1, 2, 3], [0, 2, 0]), part([10, 20, 30], [5, 6, 7], [0, 0, 0])])
    assert merged.time_s.tolist() == [0, 10, 20, 30]
    assert merged.value.tolist() == [1, 2, 3, 7], "the first batch's reading stands, bad or not"
    assert merged.severity.tolist() == [0, 2, 0, 0]
