"""A second export for times the log already holds: equal readings change nothing, others are refused by name."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import small_plant as small
from test_performance_commands import ccus

from ccus.importers.batches import merged
from ccus.streams.series import BAD, GOOD, Series

FLOW = small.meter("FP", "product", "mass_flow", "kg/h", 'component = "CO2"', systematic=0.5)


def export(path, values, first=0):
    start = datetime(2025, 7, 1, tzinfo=UTC)
    rows = [f"{(start + timedelta(minutes=10 * (first + n))).isoformat()},{v}" for n, v in enumerate(values)]
    path.write_text("\n".join(["Time,FP", ",kg/h", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def plant(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "plant.toml").write_text(small.HEAD + FLOW, encoding="utf-8")
    ccus("init", folder, "--by", "A")
    ccus("import", folder, export(tmp_path / "one.csv", [1000, 1000, "Bad Input", 1000]), "--by", "A")
    return folder


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1000, 1000, 1200, 1000], "here 1200 for bad"),
        ([1000, 1010, "Bad Input", 1000], "here 1010 for 1000"),
        ([1000, 1000, "Bad Input", "Bad Input"], "here bad for 1000"),
    ],
)
def test_other_readings_for_times_already_held_are_refused(plant, tmp_path, values, told):
    before = ccus("log", plant, "--list", "9").stdout
    said = ccus("import", plant, export(tmp_path / "two.csv", values), "--by", "B", code=1).stderr
    assert "CC-IMP-25" in said
    assert "1 readings other than those of import-" in said
    assert told in said
    assert "--withdraw" in said
    assert ccus("log", plant, "--list", "9").stdout == before, "nothing was stored"


def test_equal_readings_and_new_times_are_taken(plant, tmp_path):
    path = export(tmp_path / "two.csv", ["Bad Input", 1000, 990, 980], first=2)
    assert "kept and synced" in ccus("import", plant, path, "--by", "B").stdout


def test_a_withdrawn_import_gives_way_with_its_reason_in_the_report(plant, tmp_path):
    id = next(word for word in ccus("log", plant, "--list", "1").stdout.split() if word.startswith("import-")).strip(
        ","
    )
    ccus("correct", plant, id, "--withdraw", "--reason", "Historian repaired.", "--by", "B")
    path = export(tmp_path / "two.csv", [1000, 1000, 1200, 1000])
    assert "kept and synced" in ccus("import", plant, path, "--by", "B").stdout
    from ccus.inventory.entries import entries_behind, entries_table
    from ccus.log.session import session

    day = datetime(2025, 7, 1, tzinfo=UTC)
    with session(plant) as log:
        rows = entries_table(entries_behind(log.ledger, day, day + timedelta(days=1)))["rows"]
    assert [row[7] for row in rows if row[1]["en"] == f"correction → {id}"] == ["Historian repaired."]


def test_of_two_batches_the_first_reading_stands_bad_or_not():
    times = np.array([0.0, 600.0])
    one = Series("FP", times, np.array([np.nan, 1.0]), np.array([BAD, GOOD], dtype=np.uint8))
    two = Series("FP", times, np.array([5.0, 2.0]), np.array([GOOD, GOOD], dtype=np.uint8))
    both = merged([one, two])
    assert both.severity.tolist() == [BAD, GOOD]
    assert both.value[1] == 1.0
