"""The workbook gives the statement's numbers when a spreadsheet program recalculates every cell."""

import shutil
import subprocess
import zipfile

import openpyxl
import pytest

from methodology.reporting import workbook_calculation, workbook_cells
from methodology.reporting.workbook import write_workbook
from methodology.reporting.workbook_cells import Ref, column_name, pieces, written
from methodology.statement_file import worksheet_of

STALE = 999.0
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""
COLUMNS = {
    "value": "value",
    "standard uncertainty": "standard_uncertainty",
    "low (shown)": "low",
    "high (shown)": "high",
}


def results_of(path):
    """Rows of the sheet Results by line id, as mappings of column head to cell value."""
    rows = list(openpyxl.load_workbook(path, data_only=True)["Results"].iter_rows(values_only=True))
    start = next(n for n, row in enumerate(rows) if row[0] == "id")
    return {row[0]: dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :] if row[0]}


def far_off(found, statement):
    """Numbers that differ from the statement by more than 1e-9: the statement carries 12 digits, sums lose a few."""
    worst = []
    for line in statement["lines"]:
        if line["value"] is None:
            continue
        wanted = {**line, **line["interval"]}
        scale = abs(line["value"]) + line["standard_uncertainty"]
        for head, key in COLUMNS.items():
            got = found[line["id"]][head]
            if key in ("low", "high") and line["interval"]["method"] == "exact" and line["interval"]["excludes"]:
                if got is not None:  # an uncertainty that is not stated has no limits
                    worst.append((line["id"], head, got, None))
                continue
            if abs(got - wanted[key]) > 1e-9 * max(abs(wanted[key]), 1e-3 * scale):
                worst.append((line["id"], head, got, wanted[key]))
    return worst


@pytest.fixture(scope="module")
def stale_books(sample, tmp_path_factory):
    """Three workbooks with 999 in place of every result: plain, with partial sums, with few live uncertainties."""
    statement, sheet = sample
    folder = tmp_path_factory.mktemp("books")
    write_workbook(statement, sheet, folder / "plain.xlsx", "en", cached=STALE)
    patch = pytest.MonkeyPatch()
    patch.setattr(workbook_cells, "PIECES", 2)
    patch.setattr(workbook_calculation, "WIDE", 1)
    write_workbook(statement, sheet, folder / "partial.xlsx", "en", cached=STALE)
    patch.undo()
    patch.setattr(workbook_calculation, "RESPONSES", 90)
    write_workbook(statement, sheet, folder / "few.xlsx", "en", cached=STALE)
    patch.undo()
    return folder


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_recalculated_workbook_gives_the_statement(sample, stale_books, tmp_path):
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    books = sorted(stale_books.glob("*.xlsx"))
    command = ["soffice", f"-env:UserInstallation=file://{profile.parent}", "--headless", "--convert-to", "xlsx"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), *map(str, books)], check=True, capture_output=True, timeout=120
    )
    for book in books:
        before, after = results_of(book), results_of(tmp_path / book.name)
        assert {row["value"] for row in before.values()} <= {STALE, None}
        assert far_off(after, sample[0]) == [], book.name
        errors = [
            (page.title, cell)
            for page in openpyxl.load_workbook(tmp_path / book.name, data_only=True)
            for row in page.iter_rows(values_only=True)
            for cell in row
            if cell == STALE or (isinstance(cell, str) and cell.startswith("#"))
        ]
        assert errors == [], book.name


def test_stored_results_are_the_statements_numbers(sample, tmp_path):
    statement, sheet = sample
    write_workbook(statement, sheet, tmp_path / "w.xlsx")
    assert far_off(results_of(tmp_path / "w.xlsx"), statement) == []


def test_few_live_uncertainties_are_said_line_by_line(sample, stale_books):
    statement, _ = sample
    found = results_of(stale_books / "few.xlsx")
    head = "standard uncertainty: formula / constant"
    kinds = {level: {found[n["id"]][head] for n in statement["lines"] if n["aggregation"] == level and n["value"] is not None}
             for level in ("total", "part")}  # fmt: skip
    assert kinds["total"] == {"formula"}
    assert "constant" in kinds["part"]
    about = openpyxl.load_workbook(stale_books / "few.xlsx")["About"]
    assert any("the others are constants" in str(cell.value) for row in about.iter_rows() for cell in row)
    assert {row[head] for row in results_of(stale_books / "plain.xlsx").values()} <= {"formula", None}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_is_a_formula_and_no_result_is_typed_in(sample, tmp_path, lang):
    statement, sheet = sample
    write_workbook(statement, sheet, tmp_path / "w.xlsx", lang)
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    texts = [c for page in book for row in page.iter_rows() for c in row if isinstance(c.value, str)]
    starting = [c for c in texts if c.value[:1] in "=+-@" and c.data_type == "s"]
    assert {'=1+1 "x"', "+Bay", "@Delta", "=cmd", "-do", "=note"} <= {c.value for c in starting}
    allowed = ("=", "=S", "='")
    formulas = [c.value for c in texts if c.data_type == "f"]
    assert formulas
    assert not [f for f in formulas if f.startswith(("=1+1", "=cmd", "=note")) or not f.startswith(allowed)]
    results = book.worksheets[5]
    first = next(row[0].row for row in results.iter_rows() if row[0].value == statement["lines"][0]["id"])
    kinds = {results.cell(first, c).data_type for c in range(1, 20)}
    assert kinds == {"s", "f", "n"}
    assert not [c.value for c in results[first] if isinstance(c.value, float)]


def test_equal_statements_give_equal_content(sample, tmp_path):
    statement, sheet = sample
    for name, worksheet in (("a", sheet), ("b", worksheet_of(statement))):
        write_workbook(statement, worksheet, tmp_path / f"{name}.xlsx")
    parts = []
    for name in ("a", "b"):
        with zipfile.ZipFile(tmp_path / f"{name}.xlsx") as file:
            parts.append({member: file.read(member) for member in file.namelist()})
    assert parts[0] == parts[1]


def test_references_join_into_ranges():
    refs = [Ref("A b", 2, row) for row in (9, 4, 5, 6)] + [Ref("Home", 27, 0)]
    assert pieces(refs, "Home") == ["'A b'!C5:C7", "'A b'!C10", "AB1"]
    assert written(Ref("it's", 0, 0)) == "'it''s'!A1"
    assert [column_name(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
