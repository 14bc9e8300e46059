"""The synthetic day of the golden export as a plant file and its truth; shared by tests, no test itself."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from ccus.importers.historian import read_export
from ccus.importers.mapping import map_columns
from ccus.plant.reading import load_plant
from ccus.quality.verdicts import judge
from ccus.streams.co2flow import Instrument

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "golden" / "ccus"
DAY = datetime(2025, 7, 1)
_METERS = [
    ("FT301", "flue_gas_in", "volume_flow", "Nm3/h", 'reference_condition = "0C_1atm"\nmoisture = "dry"'),
    ("AT300", "flue_gas_in", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"'),
    ("AT400", "depleted_gas", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"'),
    ("PT402", "product", "pressure", "bar", 'pressure = "gauge"'),
    ("TT410", "product", "temperature", "°C", ""),
    ("FT201", "steam", "mass_flow", "kg/h", ""),
    ("JI500", "electricity", "power", "kW", ""),
    ("FT601", "product", "mass_flow", "kg/h", ""),
    ("AT600", "product", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"'),
]


def plant_text():
    text = '[plant]\nname = "Golden day"\ntimezone = "Asia/Shanghai"\nnameplate_t_per_year = 20000\n'
    text += '[[line]]\nid = "amine"\ntechnology = "amine"\nnameplate_t_per_day = 50\n'
    for tag, stream, kind, unit, more in _METERS:
        text += (
            f'[[meter]]\ntag = "{tag}"\nline = "amine"\nstream = "{stream}"\nkind = "{kind}"\nunit = "{unit}"\n{more}\n'
        )
        text += 'interpolation = "step"\nmax_hold_s = 600\n'
    return text


def truth():
    path = GOLDEN / "historian_export_synthetic_truth.json"
    if not path.exists():
        pytest.skip("expected results are not at hand")
    return json.loads(path.read_text(encoding="utf-8"))


def judged():
    """Instruments with judged readings, and the verdicts, by tag."""
    truth()
    plant = load_plant(plant_text().encode())
    imported = map_columns(read_export(GOLDEN / "historian_export_synthetic.csv"), plant)
    verdicts = {s.tag: judge(s, plant.meters_of(s.tag)[-1], plant.zone) for s in imported.series}
    meters = {
        tag: Instrument(plant.meters_of(tag)[-1], imported.units[tag], verdict.series)
        for tag, verdict in verdicts.items()
    }
    return plant, meters, verdicts
