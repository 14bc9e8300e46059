"""A plant small enough to be worked out by hand: one line, one day, constant readings."""

import numpy as np

from ccus.importers.units import parse_unit
from ccus.inventory.accounts import account
from ccus.inventory.records import Records
from ccus.inventory.statement import period_bounds, plant_statement
from ccus.plant.reading import load_plant
from ccus.streams.series import GOOD, Series
from methodology.guides.registry import load_guide

DAY = "2025-03-14"
PLANT = """
[plant]
name = "Small"
timezone = "Asia/Shanghai"
nameplate_t_per_year = 200000

[[line]]
id = "a"
technology = "amine"
nameplate_t_per_day = 800
"""
METER = """
[[meter]]
tag = "{tag}"
line = "a"
stream = "{stream}"
kind = "{kind}"
unit = "{unit}"
interpolation = "step"
max_hold_s = 3600
uncertainty_random_percent = 0
uncertainty_systematic_percent = 0
{more}
"""
METERS = {
    "FT": ("product", "mass_flow", "kg/h", 'component = "CO2"'),
    "QT": ("steam", "heat_flow", "GJ/h", ""),
    "JT": ("electricity", "power", "kW", ""),
}


def small_records(more="", period=DAY, plant=PLANT, **readings):
    """Records of a period in which every meter shows one value: FT [kg/h], QT [GJ/h], JT [kW]."""
    given = {"FT": 28_500.0, "QT": 100.0, "JT": 1000.0} | readings
    given = {tag: value for tag, value in given.items() if value is not None}
    text = plant + "".join(
        METER.format(tag=tag, stream=m[0], kind=m[1], unit=m[2], more=m[3]) for tag, m in METERS.items() if tag in given
    )
    plant = load_plant((text + more).encode())
    start, end = period_bounds(period, plant)
    time_s = np.arange(start.timestamp(), end.timestamp(), 3600.0)
    units = {tag: parse_unit(METERS[tag][2]) for tag in given}
    series = {
        tag: Series(
            tag, time_s, np.full(time_s.size, units[tag].canonical(value)), np.full(time_s.size, GOOD, np.uint8)
        )
        for tag, value in given.items()
    }
    return Records(plant, start, end, series, units)


def small_statement(more="", period=DAY, certified_mwh=0.0, **readings):
    """Statement of a small plant with its lines by id."""
    accounts = account(small_records(more, period, **readings))
    made, _ = plant_statement(accounts, period, {}, load_guide("cn-grid").factors, certified_mwh, draws=1000)
    return made, {line["id"]: line for line in made["lines"]}
