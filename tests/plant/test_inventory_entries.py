"""Entries of the log behind a period, in the statement, the page and the workbook: both values, authors, both clocks."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import small_plant as small
from test_performance_commands import ccus

from ccus.inventory.entries import LATE, entries_behind
from ccus.log.session import session

FLOW = small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)
TANK = '[[stream]]\nid = "T1"\nkind = "tank"\n'
DAY = "2025-07-01"


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """One day at 1,000 kg/h with a reading by hand that was corrected, an outage, a decision and a delivery."""
    folder = tmp_path_factory.mktemp("entries") / "small"
    folder.mkdir()
    (folder / "plant.toml").write_text(small.HEAD + FLOW + TANK, encoding="utf-8")
    ccus("init", folder, "--by", "A")
    rows = [f"{DAY}T{n // 6:02}:{n % 6 * 10:02}:00Z,1000" for n in range(120)]
    (folder / "day.csv").write_text("\n".join(["Time,FP", ",kg/h", *rows]) + "\n", encoding="utf-8")
    ccus("import", folder, folder / "day.csv", "--by", "A")
    at = ("--at", f"{DAY}T05:00Z")
    ccus("log", folder, "--reading", "FP", "900", "kg/h", *at, "--by", "night shift", "--id", "hand-1")
    ccus("correct", folder, "hand-1", "--set", "value=950", "--reason", "Digits swapped.", "--by", "day shift")
    ccus("outage", folder, "--line", "a", "--from", f"{DAY}T20:00Z", "--to", "2025-07-02T03:00Z", "--unplanned",
         "--cause", "Fan tripped", "--by", "B", "--id", "out-1")  # fmt: skip
    ccus("deliver", folder, "--mass-t", "20", "--receiver", "R", "--docket", "W1", *at, "--by", "B", "--id", "del-1")
    ccus("log", folder, "--note", "Quiet.", "--at", "2025-06-30T23:59Z", "--by", "B", "--id", "note-1")
    return folder


@pytest.fixture(scope="module")
def written(plant, tmp_path_factory):
    out = tmp_path_factory.mktemp("entries-out")
    ccus("report", plant, "--period", DAY, "--out", out, "--draws", "1000")
    return out, json.loads((out / "statement.json").read_text(encoding="utf-8"))


def test_the_statement_holds_both_values_of_a_correction_and_both_clocks(written):
    entries = {item["entry"]: item for item in written[1]["plant"]["entries"]}
    assert {"hand-1", "out-1", "del-1"} <= set(entries)
    assert "note-1" not in entries, "a minute before the day"
    hand = entries["hand-1"]
    assert (hand["author"], hand["says"]["value"], hand["stated"]) == ("night shift", 900, f"{DAY}T05:00:00+00:00")
    (change,) = hand["corrections"]
    assert (change["before"]["value"], change["after"]["value"]) == (900, 950)
    assert (change["author"], change["reason"]) == ("day shift", "Digits swapped.")
    recorded = datetime.fromisoformat(hand["recorded"])
    late = (recorded - datetime(2025, 7, 1, 5, tzinfo=UTC)).total_seconds() / 3600
    assert hand["recorded_later_by_h"] == pytest.approx(late, abs=0.01)
    late = (datetime.fromisoformat(entries["out-1"]["recorded"]) - datetime(2025, 7, 1, 20, tzinfo=UTC)) / LATE
    assert late > 1
    assert entries["out-1"]["recorded_later_by_h"] == pytest.approx(late * 168, abs=0.01)


def test_the_page_lists_them_and_counts_the_rest(written):
    out, statement = written
    table = next(t for t in statement["tables"] if t["title"]["en"] == "Entries behind this period")
    rows = {row[0]: row for row in table["rows"]}
    assert "del-1" not in rows, "of a delivery that nobody corrected the number is told"
    assert "1 of kind delivery" in table["note"]["en"]
    assert rows["out-1"][7] == "Fan tripped"
    correction = next(row for row in table["rows"] if row[1]["en"] == "correction → hand-1")
    assert (correction[5]["en"], correction[6]["en"], correction[7]) == ("value 950", "value 900", "Digits swapped.")
    assert correction[6]["zh"] == "数值 900"
    page = (out / "report.html").read_text(encoding="utf-8")
    for word in ("Entries behind this period", "night shift", "Digits swapped.", "Fan tripped"):
        assert word in page
    # the reading, its correction, the outage and the delivery were all written years after the day they speak of
    note = next(f for f in statement["findings"] if f["code"] == "CC-INV-51")
    assert note["found"].startswith("4 entries recorded more than 7 days")


def test_the_workbook_holds_them_too(written):
    import openpyxl

    book = openpyxl.load_workbook(written[0] / "worksheet.xlsx", read_only=True)
    assert {"Entries", "Readings", "Plant file", "Boundaries", "Origins"} & set(book.sheetnames) >= {
        "Entries",
        "Origins",
    }
    rows = [list(row) for row in book["Entries"].iter_rows(values_only=True)]
    assert rows[3][:2] == ["entry", "kind"]
    correction = next(row for row in rows if row[1] == "correction → hand-1")
    assert correction[5:8] == ["value 950", "value 900", "Digits swapped."]


def test_an_entry_speaks_of_the_time_it_covers(plant):
    next_day = datetime(2025, 7, 2, tzinfo=UTC)
    with session(plant) as log:
        found = entries_behind(log.ledger, next_day, next_day + timedelta(days=1))
        after = entries_behind(log.ledger, next_day + timedelta(hours=3), next_day + timedelta(days=1))
    assert [item.entry.id for item in found.entries] == ["out-1"]
    assert after.entries == ()


def test_a_withdrawn_entry_stays_in_sight(plant, tmp_path):
    import shutil

    copy = tmp_path / "small"
    shutil.copytree(plant, copy)
    ccus("correct", copy, "del-1", "--withdraw", "--reason", "Truck turned back.", "--by", "B")
    with session(copy) as log:
        start = datetime(2025, 7, 1, tzinfo=UTC)
        found = entries_behind(log.ledger, start, start + timedelta(days=1))
    assert "del-1" in {item.entry.id for item in found.entries if item.withdrawn}
    assert found.of("delivery") == []


@pytest.fixture(scope="module")
def balanced(plant, tmp_path_factory):
    """The same plant with its tank read at both edges, so that the balance can be told."""
    import shutil

    base = tmp_path_factory.mktemp("balanced")
    copy, out = base / "small", base / "out"
    shutil.copytree(plant, copy)
    for id, at, mass in (("tank-1", f"{DAY}T00:00Z", 10), ("tank-2", "2025-07-02T00:00Z", 14)):
        ccus("tank", copy, "--tank", "T1", "--mass-t", mass, "--at", at, "--by", "B", "--id", id)
    ccus("correct", copy, "del-1", "--set", "mass_t=17.5", "--reason", "Tare taken off.", "--by", "B", "--id", "cor-1")
    ccus("report", copy, "--period", DAY, "--out", out, "--draws", "1000")
    return json.loads((out / "statement.json").read_text(encoding="utf-8"))


def test_a_balance_cites_the_entries_it_rests_on(balanced):
    from methodology.explain import explain

    line = next(n for n in balanced["lines"] if n["id"] == f"captured_by_balance/{DAY}")
    assert line["value"] == pytest.approx(17.5 + 14 - 10), "as corrected"
    assert line["interval"]["excludes"] == ["error of tank levels", "error of weigh bills"]
    said = explain(balanced, f"captured_by_balance/{DAY}")
    hashes = {item["entry"]: item["hash"][:16] for item in balanced["plant"]["entries"]}
    for id in ("tank-1", "tank-2"):
        assert f"source: log entry {id}, hash {hashes[id]}" in said
    assert f"source: log entry del-1, hash {hashes['del-1']}, as corrected by cor-1" in said
    assert "no vent meter in the plant file" in said
    assert "(no interval: uncertainty not stated)" in said
    assert "not in the interval: error of weigh bills" in said


def test_no_limits_stand_where_an_uncertainty_is_not_stated(balanced, tmp_path):
    import openpyxl

    from methodology.reporting.html import html_of
    from methodology.reporting.workbook import write_workbook
    from methodology.statement_file import worksheet_of

    line = next(n for n in balanced["lines"] if n["id"] == f"captured_by_balance/{DAY}")
    assert line["interval"]["method"] == "exact"
    write_workbook(balanced, worksheet_of(balanced), tmp_path / "book.xlsx")
    page = openpyxl.load_workbook(tmp_path / "book.xlsx")["Results"]
    head = [cell.value for cell in page[6]]
    row = next(r for r in page.iter_rows(min_row=7) if r[0].value == f"captured_by_balance/{DAY}")
    cells = {name: cell.value for name, cell in zip(head, row, strict=False)}
    assert cells["value"] is not None
    assert cells["low (shown)"] is None
    assert cells["high (shown)"] is None
    assert "taken as exact" not in [cell.value for cell in row]
    assert "uncertainty not stated" in [cell.value for cell in row]
    page = html_of(balanced, "en", [])
    assert "no interval: uncertainty not stated*" in page


def test_more_in_a_tank_than_it_holds_is_a_warning(plant):
    from ccus.inventory.entries import Behind, overfull
    from ccus.log.views import standing

    with session(plant) as log:
        assert overfull(Behind(), {"T1": 9.0}) == []
        ccus(
            "tank", plant, "--tank", "T1", "--mass-t", "900", "--at", "2025-08-01T00:00Z", "--by", "B", "--id", "tank-9"
        )
        behind = Behind(tuple(standing(log.ledger, "tank_level")))
    (finding,) = overfull(behind, {"T1": 200.0})
    assert (finding.code, finding.severity, finding.found) == ("CC-INV-52", "warning", "900 t")
    assert "tank-9" in finding.place
    assert overfull(behind, {"T1": None}) == []


def test_every_input_of_a_plant_names_its_source(balanced):
    bare = [
        (node["id"], row)
        for node in balanced["nodes"]
        if node["kind"] == "input"
        for row, sources in zip(node["rows"], node["sources"], strict=True)
        if not sources and node["id"] not in ("calibration_shared",)
    ]
    assert bare == []
    nameplate = next(node for node in balanced["nodes"] if node["id"] == "plant_nameplate")
    sha = balanced["plant"]["versions"][0]["sha256"][:16]
    assert nameplate["sources"] == [[f"plant.toml [plant] nameplate_t_per_year and [[nameplate]], SHA-256 {sha}"]]


def test_a_line_nobody_meters_is_not_zero_in_the_status(plant, tmp_path):
    import shutil

    copy = tmp_path / "small"
    shutil.copytree(plant, copy)
    path = copy / "plant.toml"
    second = '[[line]]\nid = "b"\ntechnology = "membrane"\nnameplate_t_per_day = 20\n'
    path.write_text(path.read_text(encoding="utf-8") + second, encoding="utf-8")
    ccus("log", copy, "--plant-file", "--reason", "Second line.", "--since", f"{DAY}T00:00Z", "--by", "A")
    text = ccus("status", copy).stdout
    assert [line.split()[-2:] for line in text.splitlines() if ", b " in line] == [["not", "metered"]] * 3
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text.split("Warnings")[1], "warnings stand whole"
    assert json.loads(ccus("status", copy, "--json").stdout)["not_metered"] == ["b"]
