"""Reading field tables: units, decimals, encodings, workbooks; every refusal of the reader."""

from __future__ import annotations

import gzip

import numpy as np
import openpyxl
import pytest

from bluecarbon.tables.schema import Column, Table, read_table
from bluecarbon.tables.units import ACTIVITY_BQ_KG, DENSITY_G_CM3, FRACTION, LENGTH_CM, factor_of
from methodology.base.errors import InputError

SMALL = Table(
    name="small",
    description="one sample",
    columns=(
        Column("name", "Name.", need="required", example="a"),
        Column("depth", "Depth.", "number", unit="cm", units=LENGTH_CM, low=0, high=300, example="5"),
        Column("density", "Density.", "number", unit="g/cm3", units=DENSITY_G_CM3, above=0),
        Column("carbon", "Carbon.", "number", unit="1", units=FRACTION),
        Column("activity", "Activity.", "number", unit="Bq/kg", units=ACTIVITY_BQ_KG, unit_column="activity_unit"),
        Column("activity_unit", "Its unit."),
        Column("method", "How.", need="conditional", needed_by=("carbon",)),
        Column("kind", "Kind.", vocabulary=("mud", "sand")),
        Column("wet", "Wet.", "flag"),
        Column("count", "Count.", "integer"),
    ),
    keys=("name",),
    group=("name",),
)


def read(tmp_path, text, name="t.csv", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_table(path, SMALL, **options)


def codes(findings):
    return [finding.code for finding in findings if finding.severity == "error"]


def test_header_units_are_converted(tmp_path):
    frame, findings = read(tmp_path, "name,depth [mm],density [kg/m3],carbon [%],method\na,125,640,3.5,EA\n")
    assert not codes(findings)
    row = frame.loc[2]
    assert (row.depth, row.density, row.carbon) == pytest.approx((12.5, 0.64, 0.035))
    assert frame.attrs["units_in_file"]["density"] == "kg/m3"


def test_unit_beside_the_file_counts_as_in_its_header(tmp_path):
    frame, _ = read(tmp_path, "name,depth\na,1.25\n", units={"depth": "m"})
    assert frame.depth[2] == 125


def test_unit_for_a_column_the_file_has_not(tmp_path):
    _, findings = read(tmp_path, "name,depth\na,1\n", units={"density": "kg/m3"})
    assert codes(findings) == ["BC-TAB-05"]


@pytest.mark.parametrize(
    ("spelling", "factor"),
    [
        ("disintegrationsPerMinutePerGram", 1000 / 60), ("becquerelsPerKilogram", 1), ("Bq/kg", 1),
        ("bequerelsPerKilogram", 1), ("becquerelPerKilogram", 1), ("uCi/g", 3.7e7), ("pCi/g", 37), ("Bq/g", 1000),
    ],
)  # fmt: skip
def test_eight_spellings_of_activity(tmp_path, spelling, factor):
    """1 Ci is 3.7e10 decays per second; 1 dpm/g is 1000/60 Bq/kg."""
    frame, findings = read(tmp_path, f"name,activity,activity_unit\na,2,{spelling}\n")
    assert not codes(findings)
    assert frame.activity[2] == pytest.approx(2 * factor, rel=1e-12)


def test_a_column_with_several_spellings_is_told(tmp_path):
    frame, findings = read(tmp_path, "name,activity,activity_unit\na,6,dpm/g\nb,100,Bq/kg\n")
    assert list(frame.activity) == pytest.approx([100, 100])
    assert [finding.code for finding in findings] == ["BC-TAB-15"]


def test_megagram_is_not_milligram():
    assert factor_of("Mg/m3", DENSITY_G_CM3) == 1
    assert factor_of("mg/cm3", DENSITY_G_CM3) == 0.001
    assert factor_of("MG/cm3", DENSITY_G_CM3) is None
    assert factor_of("KG M-3", DENSITY_G_CM3) is None
    assert factor_of("PERCENT", FRACTION) == 0.01
    assert factor_of("kg / m³", DENSITY_G_CM3) == 0.001


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_make_no_difference(tmp_path, encoding):
    frame, findings = read(tmp_path, "name,depth\n北岸,5\n".encode(encoding))
    assert len(findings) == 0
    assert frame["name"][2] == "北岸"


def test_other_encoding_only_when_named(tmp_path):
    text = "name,depth\n北岸,5\n".encode("gb18030")
    with pytest.raises(InputError, match="BC-TAB-02"):
        read(tmp_path, text)
    assert read(tmp_path, text, encoding="gb18030")[0]["name"][2] == "北岸"


def test_packed_and_tabbed_and_semicolon_files(tmp_path):
    plain = "name,depth\na,5\n"
    assert read(tmp_path, gzip.compress(plain.encode()), "t.csv.gz")[0].depth[2] == 5
    assert read(tmp_path, plain.replace(",", "\t"), "t.tsv")[0].depth[2] == 5
    assert read(tmp_path, plain.replace(",", ";"))[0].depth[2] == 5


def test_decimal_comma_is_found_refused_and_obeyed_when_declared(tmp_path):
    text = "name;depth;density\na;5,5;0,62\nb;6,5;0,70\n"
    _, findings = read(tmp_path, text)
    assert codes(findings) == ["BC-TAB-06"] * 4
    assert "--decimal ," in findings.items[0].remedy
    frame, findings = read(tmp_path, text, decimal=",")
    assert not codes(findings)
    assert list(frame.density) == [0.62, 0.70]


def test_mixed_decimals_are_refused_either_way(tmp_path):
    text = "name;depth\na;5,5\nb;6.5\n"
    assert codes(read(tmp_path, text)[1]) == ["BC-TAB-06"]
    assert codes(read(tmp_path, text, decimal=",")[1]) == ["BC-TAB-06"]


@pytest.mark.parametrize("cell", ["ca. 5", "5 cm", "<0.1", "1.234,5", "--", "inf", "1e999", "５", "0x10"])
def test_text_in_a_number_is_refused(tmp_path, cell):
    frame, findings = read(tmp_path, f'name,depth\na,"{cell}"\n')
    assert codes(findings) == ["BC-TAB-07"]
    assert np.isnan(frame.depth[2])


@pytest.mark.parametrize("cell", ["", "NA", "N/A", "NaN", "null", " "])
def test_missing_words_are_missing(tmp_path, cell):
    frame, findings = read(tmp_path, f"name,depth,kind\na,{cell},mud\n")
    assert np.isnan(frame.depth[2])
    assert not codes(findings)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name,depth,depth\na,1,2\n", "BC-TAB-03"),
        ("depth\n1\n", "BC-TAB-04"),
        ("name,depth [furlong]\na,1\n", "BC-TAB-05"),
        ("name,activity\na,1\n", "BC-TAB-05"),
        ("name,activity,activity_unit\na,1,counts/h\n", "BC-TAB-05"),
        ("name,depth\na,x\n", "BC-TAB-07"),
        ("name,count\na,1.5\n", "BC-TAB-07"),
        ("name,depth\n,1\n", "BC-TAB-08"),
        ("name,carbon\na,0.1\n", "BC-TAB-09"),
        ("name,kind\na,gravel\n", "BC-TAB-10"),
        ("name,wet\na,perhaps\n", "BC-TAB-10"),
        ("name,depth\na,301\n", "BC-TAB-11"),
        ("name,density\na,0\n", "BC-TAB-11"),
        ("name,depth\na,1\na,2\n", "BC-TAB-12"),
        ("name,depth\na,1,wet\n", "BC-TAB-14"),
    ],
)
def test_each_fault_has_its_code(tmp_path, text, code):
    assert codes(read(tmp_path, text)[1]) == [code]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("t.csv", b"", "BC-TAB-01"),
        ("t.csv", b"name,depth\n", "BC-TAB-01"),
        ("t.docx", b"x", "BC-TAB-01"),
        ("t.xlsx", b"not a zip", "BC-TAB-01"),
        ("t.csv.gz", b"not gzip", "BC-TAB-01"),
        ("t.csv", b"na\xff\xfeme", "BC-TAB-02"),
        ("t.csv", b"name\x00,depth\na,1\n", "BC-TAB-02"),
    ],
)
def test_files_that_hold_no_table(tmp_path, name, data, code):
    with pytest.raises(InputError, match=code):
        read(tmp_path, data, name)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="BC-TAB-01"):
        read_table(tmp_path / "absent.csv", SMALL)


def test_all_findings_of_a_file_come_at_once(tmp_path):
    _, findings = read(tmp_path, "name,depth,kind\n,x,gravel\na,400,mud\n")
    assert sorted(codes(findings)) == ["BC-TAB-07", "BC-TAB-08", "BC-TAB-10", "BC-TAB-11"]
    with pytest.raises(InputError) as caught:
        findings.stop_on_errors()
    assert len(caught.value.findings) == 4


def test_many_rows_of_one_fault_are_one_finding_with_its_number(tmp_path):
    lines = "".join(f"n{i},400\n" for i in range(30))
    _, findings = read(tmp_path, "name,depth\n" + lines)
    assert len(findings) == 1
    assert findings.items[0].amount == 30
    assert findings.rows_with("BC-TAB-11") == list(range(2, 32))


def test_a_column_nearly_named_is_asked_about(tmp_path):
    _, findings = read(tmp_path, "name,dpeth,remarks\na,1,x\n")
    found = {finding.severity: finding for finding in findings}
    assert "depth" in found["warning"].remedy
    assert found["note"].found == "remarks"


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_workbook_reads_like_a_csv(tmp_path):
    rows = [
        ["name", "depth [mm]", "wet", "kind", None],
        ["a", 125, True, "mud", None],
        ["b", None, False, "SAND", None],
    ]
    frame, findings = read_table(workbook(tmp_path / "t.xlsx", {"any": rows}), SMALL)
    assert not codes(findings)
    assert frame.depth[2] == 12.5
    assert list(frame.wet) == ["TRUE", "FALSE"]
    assert frame.kind[3] == "sand"


def test_workbook_with_several_sheets_asks_which(tmp_path):
    rows = [["name", "depth"], ["a", 1]]
    path = workbook(tmp_path / "t.xlsx", {"one": rows, "two": rows})
    with pytest.raises(InputError, match="BC-TAB-16"):
        read_table(path, SMALL)
    assert read_table(path, SMALL, sheet="two")[0].depth[2] == 1
    path = workbook(tmp_path / "u.xlsx", {"notes": [["x"]], "small": rows})
    assert read_table(path, SMALL)[0].depth[2] == 1


def test_a_date_where_a_depth_should_be(tmp_path):
    """Spreadsheets turn 1-2 into a day in January."""
    import datetime

    rows = [["name", "depth"], ["a", datetime.datetime(2026, 1, 2)]]
    _, findings = read_table(workbook(tmp_path / "t.xlsx", {"s": rows}), SMALL)
    assert codes(findings) == ["BC-TAB-07"]


def test_declarations_must_hang_together():
    with pytest.raises(ValueError, match="twice"):
        Table("t", "", (Column("a", ""), Column("a", "")), keys=())
    with pytest.raises(ValueError, match="undeclared"):
        Table("t", "", (Column("a", ""),), keys=("b",))
    with pytest.raises(ValueError, match="conditional on nothing"):
        Column("a", "", need="conditional")
    with pytest.raises(ValueError, match="not known"):
        Column("a", "", kind="colour")


def test_chinese_headers_and_words_are_read_and_told(tmp_path):
    from bluecarbon.vegetation.tables import TREES

    path = tmp_path / "trees.csv"
    head = "研究,样点,样地,年份,树号,树种,存活,胸径（mm）,树高(m),备注"
    path.write_text(f"{head}\nS,福田,P1,2023,1,Kandelia obovata,活,84,5.2,无\n", encoding="utf-8")
    frame, findings = read_table(path, TREES)
    assert not findings.errors
    row = frame.iloc[0]
    assert (row.site_id, row.alive_or_dead, row.diameter, row.height) == ("福田", "alive", pytest.approx(8.4), 5.2)
    assert sum(finding.code == "BC-TAB-19" for finding in findings) == 9
    assert [finding.found for finding in findings if finding.code == "BC-TAB-13"] == ["备注"]


@pytest.mark.parametrize("text", ["2024/6/1", "1 June 2024", "06/01/24", "2024年6月1日", "2024-06-01"])
def test_a_date_in_a_year_column_is_named(tmp_path, text):
    from bluecarbon.vegetation.tables import PLOTS

    path = tmp_path / "plots.csv"
    path.write_text(f"study_id,site_id,plot_id,year\nS,A,P1,{text}\n", encoding="utf-8")
    _, findings = read_table(path, PLOTS)
    (error,) = findings.errors
    assert error.code == "BC-TAB-07"
    assert "looks like a date" in error.remedy


def test_chinese_headers_of_a_core_must_name_their_units(tmp_path):
    from bluecarbon.cores.tables import INTERVALS

    path = tmp_path / "cores.csv"
    head = "研究,站位,柱样,生境,上深(cm),下深(cm),容重{},有机碳{}"
    path.write_text(head.format("(kg/m3)", "(%)") + "\n深圳湾,S1,C1,红树林,0,10,620,4.1\n", encoding="utf-8")
    frame, findings = read_table(path, INTERVALS)
    assert not findings.errors
    row = frame.iloc[0]
    assert (row.habitat, row.depth_max, row.dry_bulk_density) == ("mangrove", 10, pytest.approx(0.62))
    assert row.fraction_carbon == pytest.approx(0.041)
    path.write_text(head.format("", "") + "\n深圳湾,S1,C1,红树林,0,10,0.62,4.1\n", encoding="utf-8")
    _, findings = read_table(path, INTERVALS)
    assert [(error.code, error.found) for error in findings.errors] == [("BC-TAB-05", "no unit")] * 2
    assert "容重(g/cm3)" in findings.errors[0].remedy
    _, findings = read_table(path, INTERVALS, units={"dry_bulk_density": "g/cm3", "fraction_carbon": "%"})
    assert not findings.errors
