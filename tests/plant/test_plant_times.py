"""Stated times: an ambiguous or skipped local hour is asked about, never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ccus.plant.times import from_utc_text, instant, utc_text, zone_named
from methodology.base.errors import InputError

NEW_YORK, SHANGHAI = zone_named("America/New_York"), zone_named("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "zone", "fold", "utc", "stated"),
    [
        ("2025-03-14T09:30", SHANGHAI, None, "2025-03-14T01:30:00Z", "2025-03-14T09:30:00+08:00"),
        ("2025-03-14T09:30:00-05:00", SHANGHAI, None, "2025-03-14T14:30:00Z", "2025-03-14T09:30:00-05:00"),
        ("2025-03-14 09:30:00.25Z", SHANGHAI, None, "2025-03-14T09:30:00.250000Z", "2025-03-14T09:30:00.250000+00:00"),
        # United States 2025: clocks go back on 2 November at 2:00 EDT.
        ("2025-11-02T01:30", NEW_YORK, 0, "2025-11-02T05:30:00Z", "2025-11-02T01:30:00-04:00"),
        ("2025-11-02T01:30", NEW_YORK, 1, "2025-11-02T06:30:00Z", "2025-11-02T01:30:00-05:00"),
        # China kept summer time until 1991.
        ("1991-07-01T12:00", SHANGHAI, None, "1991-07-01T03:00:00Z", "1991-07-01T12:00:00+09:00"),
        # Leap second at the end of 2016; POSIX time has none, so it is the moment after.
        ("2016-12-31T23:59:60Z", SHANGHAI, None, "2017-01-01T00:00:00Z", "2016-12-31T23:59:60+00:00"),
        ("2038-01-19T03:14:08Z", SHANGHAI, None, "2038-01-19T03:14:08Z", "2038-01-19T03:14:08+00:00"),
    ],
)
def test_stated_times(text, zone, fold, utc, stated):
    found = instant(text, zone, fold=fold)
    assert (utc_text(found.utc), found.stated) == (utc, stated)
    assert from_utc_text(utc) == found.utc


def test_a_date_is_the_midnight_that_begins_it_where_the_plant_is():
    assert instant(date(2025, 1, 1), SHANGHAI).utc == datetime(2024, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "code"),
    [
        ("2025-11-02T01:30", NEW_YORK, "CC-PLANT-07"),
        ("2025-03-09T02:30", NEW_YORK, "CC-PLANT-08"),
        ("14/03/2025 09:30", SHANGHAI, "CC-PLANT-06"),
        ("2025-02-29T00:00", SHANGHAI, "CC-PLANT-06"),
        ("0001-01-01T00:00+14:00", SHANGHAI, "CC-PLANT-06"),
        ("", SHANGHAI, "CC-PLANT-06"),
    ],
)
def test_refused_times(text, zone, code):
    with pytest.raises(InputError) as caught:
        instant(text, zone)
    assert caught.value.code == code


def test_the_refusal_of_a_double_hour_names_both_moments():
    with pytest.raises(InputError, match=r"01:30:00-04:00 .* 2025-11-02T01:30:00-05:00"):
        instant("2025-11-02T01:30", NEW_YORK)
