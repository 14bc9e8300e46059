"""The stand of a year worked by hand: leap years, bases of the nameplate, ratings that change, outages entered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from day_plant import small_records

from ccus.capacity import entitled_t, line_rate_t_h, plant_rate_t_h
from ccus.inventory.accounts import account
from ccus.log.views import OutageSpan
from ccus.plant.reading import load_plant
from ccus.status import as_json, stand_of_accounts, year_bounds
from ccus.status_text import as_text
from methodology.commandline import width_of

ZONE = ZoneInfo("Asia/Shanghai")
PLANT = """
[plant]
name = "Small"
timezone = "Asia/Shanghai"
{rating}

[[line]]
id = "a"
technology = "membrane"
nameplate_t_per_day = {daily}
"""


def plant_of(rating, daily=48, more=""):
    return PLANT.format(rating=rating, daily=daily) + more


def stand(rating, until, daily=48, kg_h=2000.0, more="", since=None, outages=()):
    """Stand at a local date of a line that makes the same every hour of the year so far."""
    last = datetime.fromisoformat(until).replace(tzinfo=ZONE)
    records = small_records(
        "", str((last - timedelta(days=1)).year), plant_of(rating, daily, more), FT=kg_h, QT=None, JT=None
    )
    if since is not None:
        first = datetime.fromisoformat(since).replace(tzinfo=ZONE).timestamp()
        series = records.series["FT"]
        kept = np.flatnonzero(series.time_s >= first)
        cut = replace(series, time_s=series.time_s[kept], value=series.value[kept], severity=series.severity[kept])
        records = replace(records, series={"FT": cut})
    records = replace(records, outages=tuple(outages))
    end = year_bounds(records.plant, records.start.astimezone(ZONE).year)[1]
    return stand_of_accounts(account(records, last), last, end)


def outage(start, days):
    begin = datetime.fromisoformat(start).replace(tzinfo=ZONE)
    fields = {"line": None, "planned": True, "start": begin, "end": begin + timedelta(days=days)}
    known = OutageSpan.__dataclass_fields__
    return OutageSpan(**{name: fields.get(name, "") for name in known})


def codes(found):
    return [warning.code for warning in found.warnings if warning.code.startswith("CC-CAP")]


def test_a_leap_year_by_hand():
    # 17,568 t in 8,784 h are 2 t/h; January and February 2024 hold 60 days = 1,440 h = 2,880 t
    found = stand("nameplate_t_per_year = 17568", "2024-03-01")
    year = found.stand
    assert (year.hours_elapsed, year.hours_left) == (1440, 7344)
    assert year.captured_t == pytest.approx(2880)
    assert year.pace_t == pytest.approx(2880)
    assert year.left_t == pytest.approx(14_688)
    assert year.hours_needed == pytest.approx(7344)
    assert found.spans["year"]["plant"].utilisation == pytest.approx(1)
    assert found.spans["month"]["a"].captured_t == pytest.approx(29 * 48)
    assert found.spans["day"]["a"].captured_t == pytest.approx(48)
    assert codes(found) == []
    text = as_text(found)
    assert "Left: 14,688 t; 7,344 h at full rate, 7,344 h remain" in text
    assert as_json(found)["even_pace_t"] == pytest.approx(2880)


def test_design_hours_rate_the_load_and_not_the_year():
    # 20,000 t in 8,000 h: 2.5 t/h while running, but still 20,000 t a year
    rating = 'nameplate_t_per_year = 20000\nnameplate_basis = "design_hours"\nnameplate_design_hours = 8000'
    found = stand(rating, "2025-02-01", daily=60, kg_h=2500.0)
    assert found.spans["month"]["plant"].load == pytest.approx(1)
    assert found.stand.nameplate_t == pytest.approx(20_000)
    assert found.stand.pace_t == pytest.approx(20_000 * 31 / 365)
    assert found.stand.captured_t == pytest.approx(31 * 60)


def test_an_hours_basis_that_is_not_the_calendar_rates_the_hour():
    plant = load_plant(plant_of('nameplate_t_per_year = 17520\nnameplate_basis = "8760_h"').encode())
    edges = datetime(2024, 1, 1, tzinfo=ZONE).timestamp() + 3600.0 * np.arange(3)
    assert plant_rate_t_h(plant, 2024, edges) == pytest.approx([2, 2])


CHANGED = """
[[nameplate]]
t_per_year = 24000
valid_from = 2025-07-01
"""


def test_a_rating_that_changes_in_mid_year():
    # 20,000 t/yr for 181 days, 24,000 t/yr for 184
    rating = "nameplate_t_per_year = 20000\nnameplate_valid_to = 2025-07-01"
    whole = 20_000 * 181 / 365 + 24_000 * 184 / 365
    found = stand(rating, "2025-08-01", more=CHANGED)
    assert found.stand.nameplate_t == pytest.approx(whole)
    assert found.stand.pace_t == pytest.approx(20_000 * 181 / 365 + 24_000 * 31 / 365)
    assert found.spans["month"]["plant"].nameplate_t_h == pytest.approx(24_000 / 8760)
    assert found.spans["year"]["plant"].nameplate_t_h == pytest.approx((20_000 * 181 + 24_000 * 31) / 212 / 8760)
    plant = load_plant(plant_of(rating, more=CHANGED).encode())
    edges = np.array([datetime(2025, m, 1, tzinfo=UTC).timestamp() for m in (1, 2)])
    assert entitled_t(plant.nameplates, 2025, ZONE, edges) == pytest.approx([20_000 * 31 / 365])


def test_a_line_whose_rating_changes():
    more = '[[line]]\nid = "a"\ntechnology = "membrane"\nnameplate_t_per_day = 72\nvalid_from = 2025-01-02\n'
    text = plant_of("nameplate_t_per_year = 20000", more=more).replace(
        "nameplate_t_per_day = 48", "nameplate_t_per_day = 48\nvalid_to = 2025-01-02"
    )
    plant = load_plant(text.encode())
    edges = datetime(2025, 1, 1, tzinfo=ZONE).timestamp() + 86_400.0 * np.arange(3)
    assert line_rate_t_h(plant.lines, edges) == pytest.approx([2, 3])


def test_outages_entered_put_the_nameplate_out_of_reach():
    # 30 June: 17,520 t at 2 t/h need every hour left; one booked day takes 48 t away
    rating = "nameplate_t_per_year = 17520"
    free = stand(rating, "2025-07-01")
    assert "CC-CAP-13" not in codes(free)
    booked = stand(rating, "2025-07-01", outages=[outage("2025-08-01", 1)])
    assert booked.stand.possible_t == pytest.approx(free.stand.possible_t - 48)
    assert "CC-CAP-13" in codes(booked)
    assert booked.outages_ahead == 1
    assert "accounted for: 1" in as_text(booked)


def test_nearly_reached_and_yet_to_be_missed_are_both_told():
    # 30 December: 17,424 of 17,600 t (99 %), 48 h left make 96 t
    found = stand("nameplate_t_per_year = 17600", "2025-12-30")
    assert codes(found) == ["CC-CAP-12", "CC-CAP-13"]


def test_days_before_the_first_reading_are_no_data():
    short = stand("nameplate_t_per_year = 17520", "2025-07-11", since="2025-07-01")
    assert short.forecast.days == 10
    assert short.forecast.expected_t is None
    assert "10 days of data; 14 are needed" in as_text(short)
    enough = stand("nameplate_t_per_year = 17520", "2025-07-21", since="2025-07-01")
    assert enough.forecast.days == 20
    # twenty days at 48 t and 164 to come, less standstills a young record cannot rule out
    assert 0.75 * 184 * 48 < enough.forecast.expected_t < 184 * 48


def test_silence_is_told_and_a_stale_day_is_not_called_today():
    found = stand("nameplate_t_per_year = 17520", "2025-01-31T12:00")
    assert "today, a" in as_text(found)
    stale = replace(found, silent_h=100.0)
    text = as_text(stale)
    assert "01-31, a" in text
    assert "today" not in text
    assert "No product readings for 4 days" in text
    assert max(map(len, text.splitlines())) <= 80


def test_status_in_chinese_fits_as_well():
    found = stand("nameplate_t_per_year = 17520", "2025-01-31T12:00")
    text = as_text(replace(found, silent_h=100.0), "zh")
    assert "铭牌产能 17,520 t" in text
    assert "已有 4 天没有产品仪表读数" in text
    assert "nameplate" not in text
    assert max(map(width_of, text.splitlines())) == 80
    assert text.splitlines()[2].endswith("按界值")
