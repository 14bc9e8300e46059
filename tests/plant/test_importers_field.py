"""Exports as control rooms hand them over: Chinese headers, decimal marks, day numbers, merged cells, rows of totals."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from test_importers_historian import PLANT, export, one_row, refused

from ccus.importers import cells
from ccus.importers.historian import Reading, read_export
from ccus.importers.mapping import map_columns
from ccus.importers.units import parse_unit
from ccus.plant.reading import load_plant
from ccus.streams.series import BAD, GOOD

SHANGHAI = ZoneInfo("Asia/Shanghai")
REPORT = (
    "海丰电厂碳捕集运行报表\n"
    "时间,产品流量FT601,产品压力PT402,烟气流量FT301,纯度AT600\n"
    ",t/h,千帕(表),标方/时,％（体积分数）\n"
    "2025年7月1日 23:00,2.05,82,9800,98.2\n"
    "2025年7月1日 24:00,2.15,83,9900,98.4\n"
    "合计,4.20,,19700,\n"
    "平均值,2.10,82.5,9850,98.3\n"
)
TAGS = {"产品流量FT601": "FT601", "产品压力PT402": "PT402", "烟气流量FT301": "FT301", "纯度AT600": "AT600"}


def plant():
    return load_plant(PLANT.replace("REFERENCE", 'reference_condition = "0C_1atm"').encode())


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_a_chinese_shift_report_is_read_whatever_its_encoding(tmp_path, encoding):
    found = export(tmp_path, REPORT.encode(encoding), zone=SHANGHAI)
    imported = map_columns(found, plant(), TAGS)
    values = {series.tag: series.value.tolist() for series in imported.series}
    assert values["FT601"] == [2050.0, 2150.0]  # t/h to kg/h; neither the total 4.20 nor the mean 2.10 is a reading
    assert values["PT402"] == [82.0, 83.0]
    assert values["FT301"] == [9800.0, 9900.0]
    assert values["AT600"] == [pytest.approx(0.982), pytest.approx(0.984)]
    assert imported.series[0].time_s[1] == datetime(2025, 7, 2, tzinfo=SHANGHAI).timestamp()  # 24:00
    assert [(f.code, f.severity) for f in found.findings] == [("CC-IMP-23", "note")]


def test_24_00_ends_a_day_and_24_10_does_not_occur(tmp_path):
    head = "Time,FT601\n,kg/h\n"
    found = export(tmp_path, head + "2025-12-31 24:00:00,1\n", zone=SHANGHAI)
    assert found.columns[0].time_s[0] == datetime(2026, 1, 1, tzinfo=SHANGHAI).timestamp()
    assert refused(lambda: export(tmp_path, head + "2025-12-31 23:00,1\n2025-12-31 24:10,1\n", zone=SHANGHAI)) == [
        "CC-IMP-10"
    ]


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        ("Zeit;FT601;PT402\n;kg/h;barg\n2025-07-01T00:00:00Z;1234,5;0,82\n", (1234.5, 0.82)),
        ("2025-07-01T00:00:00Z;1234,5;0,82\n", None),  # no tags: refused, whatever the delimiter
        ("Zeit\tFT601\tPT402\n\tkg/h\tbarg\n2025-07-01T00:00:00Z\t2.001,5\t0,82\n", (2001.5, 0.82)),
        ('Time,FT601,PT402\n,kg/h,barg\n2025-07-01T00:00:00Z,"2,001.5",0.82\n', (2001.5, 0.82)),
        ('Time,FT601,PT402\n,kg/h,barg\n2025-07-01T00:00:00Z,"2001,5","0,82"\n', (2001.5, 0.82)),
        ("Time;FT601;PT402\n;kg/h;barg\n2025-07-01T00:00:00Z;2001.5;0.82\n", (2001.5, 0.82)),
    ],
)
def test_the_mark_of_decimals_is_worked_out_of_the_file(tmp_path, rows, values):
    if values is None:
        assert refused(lambda: export(tmp_path, rows)) == ["CC-IMP-02"]
        return
    assert tuple(column.value[0] for column in export(tmp_path, rows).columns) == values


@pytest.mark.parametrize(
    "rows",
    [
        "Time;FT601\n;kg/h\n2025-07-01T00:00:00Z;2,001\n",  # 2.001 or 2001
        "Time;FT601\n;kg/h\n2025-07-01T00:00:00Z;2.001\n",
        "Time\tFT601\n\tkg/h\n2025-07-01T00:00:00Z\t2,001\n",
        "Time;FT601;PT402\n;kg/h;barg\n2025-07-01T00:00:00Z;2001,5;0.82\n",  # both
    ],
)
def test_decimals_and_thousands_that_cannot_be_told_apart_are_asked_about(tmp_path, rows):
    assert refused(lambda: export(tmp_path, rows)) == ["CC-IMP-22"]


def test_a_stated_mark_decides(tmp_path):
    rows = "Time;FT601\n;kg/h\n2025-07-01T00:00:00Z;2,001\n"
    assert export(tmp_path, rows, decimal=",").columns[0].value[0] == 2.001
    assert export(tmp_path, rows, decimal=".").columns[0].value[0] == 2001.0


def test_unquoted_decimal_commas_spill_over_and_are_not_lost(tmp_path):
    rows = "Time,FT601,PT402\n,kg/h,barg\n2025-07-01T00:00:00Z,2001,5,0,82\n"
    assert refused(lambda: export(tmp_path, rows)) == ["CC-IMP-24", "CC-IMP-24"]


def test_day_numbers_of_a_spreadsheet_need_to_be_said(tmp_path):
    rows = "Time,FT601\n,kg/h\n45839.0,2001.5\n45839.0069444444,2002.5\n"
    assert refused(lambda: export(tmp_path, rows, zone=SHANGHAI)) == ["CC-IMP-10"]
    found = export(tmp_path, rows, zone=SHANGHAI, time_format=cells.EXCEL)
    # Day 45839 is 2025-07-01: 45658 is 2025-01-01, and 31+28+31+30+31+30 = 181 days follow; 1/144 day is ten minutes.
    start = datetime(2025, 7, 1, tzinfo=SHANGHAI).timestamp()
    assert found.columns[0].time_s.tolist() == [start, start + 600]


def test_am_and_pm_by_a_stated_form(tmp_path):
    rows = "Time,FT601\n,kg/h\n2025-07-01 01:10 PM,1.5\n"
    assert refused(lambda: export(tmp_path, rows, zone=SHANGHAI)) == ["CC-IMP-02"]
    found = export(tmp_path, rows, zone=SHANGHAI, time_format="%Y-%m-%d %I:%M %p")
    assert found.columns[0].time_s[0] == datetime(2025, 7, 1, 13, 10, tzinfo=SHANGHAI).timestamp()


def workbook(tmp_path, rows, merge=None):
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    path = tmp_path / "export.xlsx"
    book.save(path)
    return path


def test_merged_tags_in_a_workbook_are_refused_with_their_column(tmp_path):
    moment = datetime(2025, 7, 1)
    rows = [["时间", "FT601", None, "PT402"], [None, "kg/h", None, "barg"], [moment, 2000.0, 192, 0.8]]
    path = workbook(tmp_path, rows, "B1:C1")
    with pytest.raises(Exception, match="column 3") as caught:
        read_export(path, Reading(zone=SHANGHAI))
    assert [finding.code for finding in caught.value.findings] == ["CC-IMP-24"]


def test_blank_rows_titles_and_totals_of_a_workbook_fall_away(tmp_path):
    first, second = datetime(2025, 7, 1), datetime(2025, 7, 1, 0, 10)
    rows = [["运行日报", None, None], ["时间", "FT601", "PT402"], [None, "kg/h", "barg"], [first, 2000.0, 0.8]]
    path = workbook(tmp_path, [*rows, [None, None, None], [second, 2001.0, 0.9], ["总计", 4001.0, None]], "A1:C1")
    found = read_export(path, Reading(zone=SHANGHAI))
    assert [column.value.tolist() for column in found.columns] == [[2000.0, 2001.0], [0.8, 0.9]]
    assert [f.code for f in found.findings] == ["CC-IMP-23"]


def test_a_row_without_a_time_that_is_no_total_is_refused(tmp_path):
    rows = "Time,FT601\n,kg/h\n2025-07-01T00:00:00Z,1.5\n,3.5\n"
    assert refused(lambda: export(tmp_path, rows)) == ["CC-IMP-10"]


def test_the_unit_column_of_a_long_export_is_obeyed(tmp_path):
    head = "tag,time,value,unit\n"
    rows = head + "FT601,2025-07-01T00:00:00Z,2.5,t/h\nPT402,2025-07-01T00:00:00Z,82.5,kPag\n"
    imported = map_columns(export(tmp_path, rows), plant())
    assert {series.tag: series.value[0] for series in imported.series} == {"FT601": 2500.0, "PT402": 82.5}
    mixed = head + "FT601,2025-07-01T00:00:00Z,2.5,t/h\nFT601,2025-07-01T00:10:00Z,2500.5,kg/h\n"
    assert refused(lambda: export(tmp_path, mixed)) == ["CC-IMP-06"]
    without_tag = head + "FT601,2025-07-01T00:00:00Z,2.5,t/h\n,2025-07-01T00:10:00Z,2.6,t/h\n"
    assert refused(lambda: export(tmp_path, without_tag)) == ["CC-IMP-24"]


def test_a_totaliser_beside_its_flow_is_no_quality_column(tmp_path):
    rows = "Time,FI601,FI601Q,FI601.Q\n,kg/h,t,\n2025-07-01T00:00:00Z,2001.5,1234.5,192\n"
    found = export(tmp_path, rows)
    assert [(column.name, column.value[0]) for column in found.columns] == [("FI601", 2001.5), ("FI601Q", 1234.5)]


def test_zero_is_bad_in_one_opc_good_in_the_other_and_never_guessed(tmp_path):
    rows = "Time,FT601,FT601.Quality\n,kg/h,\n2025-07-01T00:00:00Z,1.5,0\n2025-07-01T00:10:00Z,2.5,{}\n"
    assert export(tmp_path, rows.format(192)).columns[0].severity.tolist() == [BAD, GOOD]
    assert export(tmp_path, rows.format(2150891520)).columns[0].severity.tolist() == [GOOD, BAD]
    assert refused(lambda: export(tmp_path, rows.format(0))) == ["CC-IMP-16"]
    for odd in ("280", "192.5", "128"):
        assert refused(lambda odd=odd: export(tmp_path, rows.format(odd))) == ["CC-IMP-16"]


SWAPPED = PLANT.replace("REFERENCE", 'reference_condition = "0C_1atm"').replace(
    'tag = "FT601"', 'tag = "FT601"\nvalid_from = 2025-07-01'
) + (
    '[[meter]]\ntag = "FT601"\nline = "amine"\nstream = "product"\nkind = "coriolis"\nunit = "t/h"\n'
    'interpolation = "step"\nmax_hold_s = 600\nvalid_to = 2025-07-01\n'
)


def test_each_reading_belongs_to_the_meter_of_its_time(tmp_path):
    swapped = load_plant(SWAPPED.encode())
    old = export(tmp_path, "Time,FT601\n2025-06-30T00:00:00Z,2.5\n")
    new = export(tmp_path, "Time,FT601\n2025-07-02T00:00:00Z,2500.5\n")
    assert map_columns(old, swapped).series[0].value[0] == 2500.0  # the old meter showed t/h
    assert map_columns(new, swapped).series[0].value[0] == 2500.5
    across = export(tmp_path, "Time,FT601\n2025-06-30T00:00:00Z,2.5\n2025-07-02T00:00:00Z,2500.5\n")
    assert refused(lambda: map_columns(across, swapped)) == ["CC-IMP-06"]
    stated = one_row(tmp_path, "FT601", "kg/h", "2500.5")
    assert map_columns(stated, swapped).series[0].value[0] == 2500.5


@pytest.mark.parametrize(
    ("text", "quantity", "one", "says"),
    [
        ("℃", "temperature", 1.0, {}),
        ("摄氏度", "temperature", 1.0, {}),
        ("千帕", "pressure", 1.0, {"pressure": None}),
        ("kPa（绝）", "pressure", 1.0, {"pressure": "absolute"}),
        ("MPa(表压)", "pressure", 1000.0, {"pressure": "gauge"}),
        ("标准立方米/小时", "volume_flow", 1.0, {"prefix": "N"}),
        ("万Nm³/h", "volume_flow", 10_000.0, {"prefix": "N"}),
        ("吨/小时", "mass_flow", 1000.0, {}),
        ("kWh", "energy", 3.6e-3, {}),
        ("万kWh", "energy", 36.0, {}),
        ("千瓦时", "energy", 3.6e-3, {}),
        ("CO2%（干基）", "fraction", 0.01, {"component": "CO2", "moisture": "dry", "basis": None}),
        ("CO₂ 体积分数(%)", "fraction", 0.01, {"component": "CO2", "basis": "vol"}),
    ],
)
def test_units_as_chinese_control_systems_write_them(text, quantity, one, says):
    unit = parse_unit(text)
    assert unit.quantity == quantity
    assert unit.text == text
    assert unit.canonical(1.0) == pytest.approx(one, rel=1e-12)
    for name, value in says.items():
        assert getattr(unit, name) == value


@pytest.mark.parametrize("text", ["度", "mW", "MPA", "Mbar", "万℃", "个"])
def test_units_nobody_can_be_sure_of_are_refused(text):
    assert refused(lambda: parse_unit(text)) == ["CC-IMP-05"]


@pytest.mark.parametrize(
    ("cell", "marks"),
    [("1.5", "."), ("1,5", ","), ("1,234", ".,"), ("1.234", ".,"), ("1,234.5", "."), ("1.234,5", ","), ("12345", ""),
     ("Bad Input", ""), ("2025-07-01 00:00", ""), ("0.821", "."), ("1234.567", "."), ("-0,5", ","), ("1,234,567", ".")],
)  # fmt: skip
def test_what_a_cell_says_of_its_marks(cell, marks):
    assert cells.decimal_marks(cell) == marks


def test_faults_of_cells_and_of_columns_are_told_together(tmp_path):
    path = tmp_path / "export.csv"
    rows = "Time,FT601,XX9,PT402\n,furlong,,bara\n2025-07-03T00:00:00Z,1,2,3\n01/02/2025 00:00,1,2,3\n"
    path.write_text(rows, encoding="utf-8")
    found = read_export(path, stop=False)
    codes = ["CC-IMP-10", "CC-IMP-03", "CC-IMP-05", "CC-IMP-06"]
    assert refused(lambda: map_columns(found, plant())) == codes
    assert refused(lambda: read_export(path)) == ["CC-IMP-10"]


@pytest.mark.parametrize(
    ("text", "factor", "state"),
    [
        ("%(干)", 0.01, "dry"), ("%（干）", 0.01, "dry"), ("vol%(湿)", 0.01, "wet"), ("%vol", 0.01, None),
        ("MPa(表压)", 1000.0, "gauge"), ("kW·h", 0.0036, None),
    ],
)  # fmt: skip
def test_units_as_control_rooms_write_them(text, factor, state):
    unit = parse_unit(text)
    assert unit.factor == factor
    assert (unit.moisture or unit.pressure) == state
