"""Laboratory, calibrations and versions of the plant file from the log into the accounts, the report and the status."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import small_plant as small
from test_performance_commands import ccus

from ccus.inventory.accounts import account
from ccus.inventory.drift import moved_t
from ccus.inventory.entries import listed
from ccus.inventory.records import read_records
from ccus.inventory.statement import period_bounds
from ccus.log.session import session

FLOW = small.meter("FP", "product", "mass_flow", "kg/h", systematic=0.5)
RULES = "[rules]\nlab_validity_days = 10\nlab_uncertainty_percent = 0.2\n"
W98, W97 = 98 * 44.0098 / (98 * 44.0098 + 2 * 28.0134), 97 * 44.0098 / (97 * 44.0098 + 3 * 28.0134)
"""CO2 by mass of 98 and 97 vol % in nitrogen: 0.98718 and 0.98069."""


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """July 2025 at 1,000 kg/h; purity by the laboratory on 28 June and 5 July, flow meter found 1.5 % off in August."""
    folder = tmp_path_factory.mktemp("lab") / "small"
    folder.mkdir()
    (folder / "plant.toml").write_text(small.HEAD + FLOW + RULES, encoding="utf-8")
    ccus("init", folder, "--by", "A")
    start = datetime(2025, 7, 1, tzinfo=UTC)
    rows = [f"{(start + timedelta(minutes=10 * n)).isoformat()},1000" for n in range(31 * 144)]
    (folder / "july.csv").write_text("\n".join(["Time,FP", ",kg/h", *rows]) + "\n", encoding="utf-8")
    ccus("import", folder, folder / "july.csv", "--by", "A")

    def analysis(id, at, value, *more):
        words = ("--lab", "product", "CO2", value, "vol% dry", "--sample", id.upper(), *more)
        ccus("log", folder, *words, "--at", at, "--id", id, "--by", "L")

    analysis("lab-1", "2025-06-28T00:00Z", 98)
    analysis("lab-2", "2025-07-05T00:00Z", 97)
    ccus("log", folder, "--lab", "product", "O2", 0.1, "vol%", "--sample", "O-1", "--id", "lab-o2", "--by", "L",
         "--at", "2025-07-05T00:00Z")  # fmt: skip
    for certificate, at, to, found in (
        ("C-1", "2025-07-02", "2025-07-20", 0.1),
        ("C-2", "2025-08-03", "2026-08-03", 1.5),
    ):
        ccus("calibrate", folder, "--tag", "FP", "--certificate", certificate, "--from", at, "--to", to,
             "--as-found", found, "--at", f"{at}T00:00Z", "--by", "A")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def july(plant):
    with session(plant) as log:
        return account(read_records(log.ledger, *period_bounds("2025-07", log.plant)))


def test_each_analysis_stands_from_its_sample_to_the_next(july):
    line = july.lines[0]
    # 1 to 5 July on the sample of 28 June, then ten days on that of 5 July; nothing after 15 July
    expected = 96 * W98 + 240 * W97
    assert line.hours.captured.measured.sum() / 1000 == pytest.approx(expected, rel=1e-12)
    assert [(item.analysis.entry, item.hours) for item in line.analyses] == [("lab-1", 96.0), ("lab-2", 240.0)]
    notes = [f for f in july.findings if f.code == "CC-INV-25"]
    assert ["lab-1" in notes[0].found, "lab-2" in notes[1].found] == [True, True]


def test_older_than_its_validity_is_a_gap_on_the_careful_side(july):
    late = next(f for f in july.findings if f.code == "CC-INV-24")
    assert late.amount == 408
    fills = july.lines[0].hours.captured.fills
    assert {f.rung for f in fills} == {4}
    # the tenth percentile of 96 h at 987.18 and 240 h at 980.69 kg/h is the lower one
    assert sum(f.amount for f in fills) / 1000 == pytest.approx(408 * W97, rel=1e-12)


def test_an_expired_certificate_widens_and_drops_nothing(july):
    # the flow meter's 0.5 % doubles on 1 July (no certificate yet); the laboratory's 0.2 % is one error throughout
    evidence, first = 96 * W98 + 240 * W97, 24 * W98
    flow, lab = 0.005 * (evidence + first), 0.002 * evidence
    assert july.captured_u_t == pytest.approx((flow**2 + lab**2) ** 0.5, rel=1e-9)
    assert "CC-QUA-11" in {f.code for f in july.findings}


def test_an_error_as_found_is_told_with_its_tonnes_and_corrects_nothing(july):
    found = [f for f in july.findings if f.code == "CC-INV-27"]
    assert len(found) == 1, "0.1 % as found lies within the stated 0.5 %"
    # since 2 July: 72 h at 987.18 and 240 h at 980.69 kg/h, of which 1.5 % too much
    expected = (72 * W98 + 240 * W97) * (1 / 1.015 - 1)
    assert found[0].amount == pytest.approx(-expected, rel=1e-9)
    assert "720 hours" in found[0].found
    assert "C-2" in found[0].found
    assert moved_t(101.5, 1.5) == pytest.approx(-1.5)
    assert moved_t(102.0, 4.04, 0.5) == pytest.approx(-2.0)


def test_report_and_status_say_it(plant, tmp_path):
    ccus("report", plant, "--period", "2025-07", "--out", tmp_path / "out", "--draws", "1000")
    statement = json.loads((tmp_path / "out" / "statement.json").read_text(encoding="utf-8"))
    assert {"CC-INV-24", "CC-INV-25", "CC-INV-27"} <= {f["code"] for f in statement["findings"]}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for word in ("lab-1", "lab-2", "C-2"):
        assert word in page
    assert ccus("status", plant, "--json").returncode == 0


def test_a_plant_file_that_changed_is_named_by_part(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    text = small.HEAD + small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)
    (folder / "plant.toml").write_text(text, encoding="utf-8")
    ccus("init", folder, "--by", "A")
    rows = [f"2025-07-01T{n // 6:02}:{n % 6 * 10:02}:00Z,1000" for n in range(144)]
    (folder / "day.csv").write_text("\n".join(["Time,FP", ",kg/h", *rows]) + "\n", encoding="utf-8")
    ccus("import", folder, folder / "day.csv", "--by", "A")
    (folder / "plant.toml").write_text(
        text.replace("systematic_percent = 0.5", "systematic_percent = 2.0"), encoding="utf-8"
    )
    ccus("log", folder, "--plant-file", "--reason", "Certificate says 2 %", "--since", "2025-07-01T06:00Z", "--by", "A")
    with session(folder) as log:
        accounts = account(read_records(log.ledger, *period_bounds("2025-07-01", log.plant)))
    assert accounts.captured_t == pytest.approx(24.0)
    assert accounts.captured_u_t == pytest.approx(0.390), "0.5 % of 6 t and 2 % of 18 t"
    ccus("report", folder, "--period", "2025-07-01", "--out", tmp_path / "out", "--draws", "1000")
    statement = json.loads((tmp_path / "out" / "statement.json").read_text(encoding="utf-8"))
    told = [f for f in statement["findings"] if f["code"] == "CC-INV-26"]
    assert len(told) == 2
    hashes = [v["sha256"][:16] for v in accounts.records.versions]
    assert len(set(hashes)) == 2
    assert [h in f["found"] for h, f in zip(hashes, told, strict=True)] == [True, True]
    assert "2025-07-01T06:00" in told[0]["place"]


def test_readings_by_hand_name_who_and_why(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    meter = small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)
    (folder / "plant.toml").write_text(small.HEAD + meter, encoding="utf-8")
    ccus("init", folder, "--by", "A")
    ccus(
        "log",
        folder,
        "--reading",
        "FP",
        "900",
        "kg/h",
        "--at",
        "2025-07-01T05:00Z",
        "--by",
        "night shift",
        "--id",
        "hand-1",
    )
    with session(folder) as log:
        accounts = account(read_records(log.ledger, *period_bounds("2025-07-01", log.plant)))
    note = next(f for f in accounts.findings if f.code == "CC-INV-28")
    assert "900 kg/h read by night shift (entry hand-1" in note.found
    assert accounts.captured_t == 0.0, "ten minutes do not make an hour valid, and nothing is scaled up"


def test_an_analyser_is_held_against_the_laboratory():
    from ccus.inventory.laboratory import Analysis

    meters = small.meter("FP", "product", "mass_flow", "kg/h", systematic=0.5) + small.meter(
        "AT", "product", "composition", "vol%", 'component = "CO2"', 'moisture = "dry"', systematic=0.3
    )
    columns = [(small.constant("FP", "kg/h", 1000), "kg/h"), (small.constant("AT", "vol%", 98), "vol%")]
    at = small.START + timedelta(hours=5)

    def codes(percent):
        sample = Analysis("lab-9", at, "product", "S9", percent / 100, "vol", "dry", "")
        return [
            f
            for f in account(small.records(meters + RULES, columns, analyses=(sample,))).findings
            if "QUA-26" in f.code
        ]

    # 2 * sqrt((0.3 % of 98)^2 + (0.2 % of 97.4)^2) = 0.705 vol %
    assert codes(97.4) == []
    assert "lab-9" in codes(97.2)[0].place


def test_an_error_left_is_told_for_the_readings_that_follow():
    from ccus.inventory.drift import Check, drift_findings
    from ccus.plant.reading import load_plant

    plant = load_plant((small.HEAD + FLOW).encode())
    edges = small.START.timestamp() + 3600.0 * np.arange(25)
    checks = [Check("c1", "FP", "C-1", small.START + timedelta(hours=6), 0.2, -0.8),
              Check("c2", "FP", "C-2", small.START + timedelta(hours=18), 0.5, 0.0)]  # fmt: skip
    found = list(drift_findings(checks, plant, edges, [(("FP",), np.full(24, 1.0))]))
    assert [f.code for f in found] == ["CC-INV-27"], "0.2 and 0.5 % as found lie within the stated 0.5 %"
    # 12 t from 6 to 18 o'clock read 0.8 % too low: 12 * (1 / 0.992 - 1)
    assert found[0].amount == pytest.approx(12 * 0.008 / 0.992)
    assert "as left" in found[0].found
    assert "+0.09677 t" in found[0].remedy


def test_a_result_counts_from_its_sample_however_late_it_came():
    from types import SimpleNamespace

    from ccus.inventory.records import _analyses
    from ccus.plant.times import utc_text
    from methodology.base.errors import Findings

    def entry(id, at, sampled):
        when = None if sampled is None else {"utc": utc_text(sampled), "stated": "x"}
        body = {
            "stream": "product",
            "component": "CO2",
            "value": 98.0,
            "unit": "vol% dry",
            "sample": id,
            "sampled": when,
        }
        return SimpleNamespace(entry=SimpleNamespace(id=id), at=at, body=body)

    week = timedelta(days=7)
    items = [entry("late", small.END + week, small.START), entry("next", small.END + week, None)]
    found = _analyses(items, small.START, small.END, Findings())
    assert [(item.entry, item.at) for item in found] == [("late", small.START)]


def test_yes_and_no_of_an_entry_are_words():
    assert listed({"line": "a", "planned": False}) == {"en": "line a, planned no", "zh": "生产线 a，计划内 否"}
