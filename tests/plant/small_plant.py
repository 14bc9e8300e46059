"""A plant of a few constant meters over one day, so that every result can be worked out by hand; no test itself."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from ccus.importers.units import parse_unit
from ccus.inventory.records import Records
from ccus.plant.reading import load_plant
from ccus.streams.series import GOOD, Series

START, END = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 7, 2, tzinfo=UTC)
HEAD = (
    '[plant]\nname = "Small"\ntimezone = "UTC"\nnameplate_t_per_year = 20000\n'
    '[[line]]\nid = "a"\ntechnology = "amine"\nnameplate_t_per_day = 50\n'
)


def meter(tag, stream, kind, unit, *more, random=None, systematic=None):
    """A [[meter]] table of line a whose readings stand for ten minutes."""
    lines = [f'tag = "{tag}"', 'line = "a"', f'stream = "{stream}"', f'kind = "{kind}"', f'unit = "{unit}"', *more]
    lines += ['interpolation = "step"', "max_hold_s = 600"]
    if systematic is not None:
        lines += [f"uncertainty_random_percent = {random or 0.0}", f"uncertainty_systematic_percent = {systematic}"]
    return "[[meter]]\n" + "\n".join(lines) + "\n"


def constant(tag, unit, value, start=START, end=END, without=()):
    """A reading every ten minutes, in the meter's unit; none within the hours of the day named in `without`."""
    time_s = np.arange(start.timestamp(), end.timestamp(), 600.0)
    hour = (time_s - START.timestamp()) // 3600
    time_s = time_s[~np.isin(hour, without)]
    values = np.full(time_s.size, parse_unit(unit).canonical(value), dtype=float)
    return Series(tag, time_s, values, np.full(time_s.size, GOOD, dtype=np.uint8))


def records(text, series, start=START, end=END, **more):
    """Records of a plant file's text and series by (tag, unit)."""
    plant = load_plant((HEAD + text).encode())
    return Records(
        plant, start, end, {one.tag: one for one, _ in series}, {one.tag: parse_unit(unit) for one, unit in series}, **more
    )  # fmt: skip


def changed(record, text):
    """The same records under another plant file."""
    return replace(record, plant=load_plant((HEAD + text).encode()))
