"""Versions of the plant file: each in the log with its bytes, one for each moment, none unrecorded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccus.log.ledger import Ledger
from ccus.log.plants import plant_versions, record_plant, recorded_plant
from ccus.plant.template import plant_toml
from ccus.plant.times import instant, zone_named
from methodology.base.errors import InputError

SHANGHAI = zone_named("Asia/Shanghai")
NOW = instant("2025-06-01T12:00", SHANGHAI)


@pytest.fixture
def plant(tmp_path):
    path = tmp_path / "plant.toml"
    path.write_text(plant_toml("Haifeng", "Asia/Shanghai", 20000, [("amine", "amine", 50)]), encoding="utf-8")
    with Ledger.create(tmp_path / "log", "Haifeng", "shift A") as ledger:
        yield ledger, path


def change(path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_an_unrecorded_plant_file_is_refused(plant):
    ledger, path = plant
    with pytest.raises(InputError, match="recorded last: none") as caught:
        recorded_plant(ledger, path)
    assert caught.value.code == "CC-LOG-16"
    record_plant(ledger, path, "shift A", NOW)
    assert recorded_plant(ledger, path).name == "Haifeng"
    change(path, "nameplate_t_per_day = 50", "nameplate_t_per_day = 50.5")
    with pytest.raises(InputError, match="a version that is not in the log"):
        recorded_plant(ledger, path)
    with pytest.raises(InputError, match="without its reason"):
        record_plant(ledger, path, "shift A", NOW)
    record_plant(ledger, path, "shift A", NOW, reason="Uprated.", applies_from=NOW)
    assert recorded_plant(ledger, path).lines[0].nameplate_t_per_day == 50.5
    assert [entry.body["text"] for entry in ledger.entries("plant_file")][-1] == path.read_text(encoding="utf-8")


def test_the_same_bytes_are_recorded_once(plant):
    ledger, path = plant
    assert record_plant(ledger, path, "shift A", NOW).changed
    assert not record_plant(ledger, path, "shift B", NOW).changed


def test_each_part_of_a_period_has_its_version(plant):
    """First file for ever; 60 t/d from 1 March; on 1 June it is found that from 1 February it was 55 t/d."""
    ledger, path = plant
    record_plant(ledger, path, "shift A", NOW)
    for rating, since in (("60", "2025-03-01"), ("55", "2025-02-01")):
        old = "50" if rating == "60" else "60"
        change(path, f"nameplate_t_per_day = {old}", f"nameplate_t_per_day = {rating}")
        record_plant(ledger, path, "shift A", NOW, reason="Rating.", applies_from=instant(since, SHANGHAI))
    year = (datetime(2024, 12, 31, 16, tzinfo=UTC), datetime(2025, 12, 31, 16, tzinfo=UTC))
    versions = plant_versions(ledger, *year)
    # The file recorded last holds from 1 February on: it was recorded after the one of 1 March and replaces it.
    assert [(version.start, version.end, version.plant.lines[0].nameplate_t_per_day) for version in versions] == [
        (year[0], datetime(2025, 1, 31, 16, tzinfo=UTC), 50),
        (datetime(2025, 1, 31, 16, tzinfo=UTC), year[1], 55),
    ]
    (march,) = plant_versions(ledger, datetime(2025, 3, 5, tzinfo=UTC), datetime(2025, 3, 6, tzinfo=UTC))
    assert march.plant.lines[0].nameplate_t_per_day == 55
    assert [version.start for version in plant_versions(ledger)] == [None, datetime(2025, 1, 31, 16, tzinfo=UTC)]


def test_a_log_without_a_plant_file_says_so(plant):
    ledger, path = plant
    with pytest.raises(InputError) as caught:
        plant_versions(ledger)
    assert caught.value.code == "CC-LOG-16"
    change(path, '"Haifeng"', '"Taizhou"')
    with pytest.raises(InputError) as caught:
        record_plant(ledger, path, "shift A", NOW)
    assert caught.value.code == "CC-LOG-12"
