"""Make a synthetic capture plant: plant file, a year of hourly historian exports, and its log.

Everything here is invented. Two lines (amine 50 t/d, membrane 20 t/d), calendar year 2025, seeded, with standstills,
lost signals and a planned overhaul, so that status and report have something to show.

    python sample_data/make_plant.py OUT_FOLDER
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

SEED = 2025
HOURS = 8760
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2025, 1, 1, tzinfo=ZONE)
AUTHOR = "sample script (synthetic data)"
TRUCK_T = 22.0
M_CO2, M_N2, V_M = 44.0098, 28.0134, 22.413969544601038

PLANT = """\
# SYNTHETIC: an invented plant for demonstration and tests. No figure here is of a real plant.
[plant]
name = "Synthetic two-line plant"
timezone = "Asia/Shanghai"
nameplate_t_per_year = 20000
nameplate_measuring_point = "product meters before the tank"
host_unit = "synthetic coal unit"

[[line]]
id = "amine"
technology = "amine"
nameplate_t_per_day = 50

[[line]]
id = "membrane"
technology = "membrane"
nameplate_t_per_day = 20
no_heat = "separation by pressure alone"

{streams}
[[stream]]
id = "T1"
kind = "tank"
capacity_t = 200

{meters}
[energy]
steam = {{source = "host", intensity_kg_co2_per_gj = 95.0, uncertainty_percent = 1.5, evidence = "synthetic heat balance"}}
electricity = {{source = "grid", grid_region = "south", grid_data_year = 2023}}
steam_to_power_mwh_per_gj = 0.0625
steam_to_power_source = "synthetic turbine curve"

[[host]]
intensity_t_co2_per_mwh = 0.82
uncertainty_emission_percent = 1.5
evidence = "synthetic CEMS and settlement meters"

[[fate]]
id = "food"
kind = "short_lived_use"
receiver = "synthetic gas trader"
rule_sets = ["us-pp"]

[[fate]]
id = "storage-test"
kind = "geological_storage"
receiver = "synthetic storage test"
rule_sets = ["eu-mrr"]

[[chemical]]
id = "amine-solvent"
kind = "absorbent"
line = "amine"
footprint_kg_co2e_per_kg = 3.4
footprint_source = "synthetic"
"""

# tag, stream, kind, unit, further keys
METERS = {
    "amine": [
        ("FT301", "flue_gas_in", "volume_flow", "Nm3/h", 'reference_condition = "0C_1atm"\nmoisture = "dry"', 1.5, 2.0, ""),
        ("AT300", "flue_gas_in", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"', 0.5, 1.0, "span gas"),
        ("FT401", "depleted_gas", "volume_flow", "Nm3/h", 'reference_condition = "0C_1atm"\nmoisture = "dry"', 1.5, 2.0, ""),
        ("AT400", "depleted_gas", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"', 1.0, 2.0, "span gas"),
        ("FT601", "product", "mass_flow", "kg/h", "range = [0, 3000]", 0.5, 0.5, ""),
        ("AT600", "product", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"', 0.1, 0.2, "purity gas"),
        ("QT201", "steam", "heat_flow", "GJ/h", "range = [0, 12]", 1.0, 1.5, ""),
        ("JI500", "electricity", "power", "kW", "range = [0, 900]", 0.5, 0.5, ""),
    ],
    "membrane": [
        ("FT311", "flue_gas_in", "volume_flow", "Nm3/h", 'reference_condition = "0C_1atm"\nmoisture = "dry"', 1.5, 2.0, ""),
        ("AT310", "flue_gas_in", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"', 0.5, 1.0, "span gas"),
        ("FT611", "product", "mass_flow", "kg/h", "range = [0, 1500]", 0.5, 0.5, ""),
        ("AT610", "product", "composition", "vol%", 'component = "CO2"\nmoisture = "dry"', 0.1, 0.2, "purity gas"),
        ("JI510", "electricity", "power", "kW", "range = [0, 600]", 0.5, 0.5, ""),
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A line's invented hours."""

    running: np.ndarray
    product_kg_h: np.ndarray
    columns: dict[str, np.ndarray]
    trips: list[tuple[int, int]]
    overhaul: tuple[int, int] | None


def plant_text() -> str:
    """The plant file."""
    streams, meters = [], []
    for line, rows in METERS.items():
        for stream in dict.fromkeys(row[1] for row in rows):
            origin = 'co2_origin = "fossil"\n' if stream in ("flue_gas_in", "depleted_gas", "product") else ""
            streams.append(f'[[stream]]\nid = "{stream}-{line}"\nkind = "{stream}"\nline = "{line}"\n{origin}')
        for tag, stream, kind, unit, more, random, systematic, group in rows:
            shared = f'uncertainty_group = "{group}"\n' if group else ""
            meters.append(
                f'[[meter]]\ntag = "{tag}"\nline = "{line}"\nstream = "{stream}-{line}"\nkind = "{kind}"\nunit = "{unit}"\n'
                f"{more}\nuncertainty_random_percent = {random}\nuncertainty_systematic_percent = {systematic}\n{shared}"
                'interpolation = "step"\nmax_hold_s = 3600\n'
            )
    return PLANT.format(streams="\n".join(streams), meters="\n".join(meters))


def standstills(rate: float, overhaul: tuple[int, int] | None, generator: np.random.Generator) -> list[tuple[int, int]]:
    """Unplanned standstills as (first hour, hours), none inside the overhaul."""
    found, hour = [], generator.exponential(HOURS / rate)
    while hour < HOURS - 200:
        length = int(max(3, generator.lognormal(np.log(30), 0.8)))
        clear = overhaul is None or hour + length < overhaul[0] or hour > sum(overhaul)
        if clear:
            found.append((int(hour), length))
        hour += length + generator.exponential(HOURS / rate)
    return found


def load_of(level: float, generator: np.random.Generator) -> np.ndarray:
    """Hourly load: level, seasons, day and night, serial noise. [1]"""
    hours = np.arange(HOURS)
    noise = np.empty(HOURS)
    noise[0] = 0.0
    steps = generator.normal(0, 0.008, HOURS)
    for hour in range(1, HOURS):
        noise[hour] = 0.97 * noise[hour - 1] + steps[hour]
    season = 0.03 * np.cos(2 * np.pi * (hours - 400) / HOURS)
    day = 0.02 * np.sin(2 * np.pi * hours / 24)
    return np.clip(level * (1 + season + day + noise), 0.3, 1.05)


def mass_share(volume_share: np.ndarray) -> np.ndarray:
    """CO2 by mass of CO2 in nitrogen by volume. [1]"""
    return volume_share * M_CO2 / (volume_share * M_CO2 + (1 - volume_share) * M_N2)


def make_line(line: str, generator: np.random.Generator) -> Made:
    """Invent one line's year."""
    amine = line == "amine"
    overhaul = (6170, 240) if amine else None
    trips = standstills(9 if amine else 6, overhaul, generator)
    running = np.ones(HOURS)
    for first, length in [*trips, *([overhaul] if overhaul else [])]:
        running[first : first + length] = 0.0
    co2_kg_h = running * load_of(0.84 if amine else 0.80, generator) * (50 if amine else 20) / 24 * 1000
    purity = (0.985 if amine else 0.955) + generator.normal(0, 0.0006, HOURS)
    inlet = 0.121 + 0.004 * np.sin(2 * np.pi * np.arange(HOURS) / 24) + generator.normal(0, 0.0006, HOURS)
    rate = np.clip((0.89 if amine else 0.62) + generator.normal(0, 0.004, HOURS), 0.3, 0.97)
    supply_nm3 = co2_kg_h / M_CO2 * V_M / inlet / rate
    depleted_nm3 = supply_nm3 * (1 - inlet * rate)
    outlet = inlet * (1 - rate) / (1 - inlet * rate)

    def noisy(values: np.ndarray, percent: float) -> np.ndarray:
        return values * (1 + generator.normal(0, percent / 100, HOURS))

    product = noisy(co2_kg_h / mass_share(purity), 0.4)
    if amine:
        columns = {
            "FT301": noisy(supply_nm3, 0.6), "AT300": 100 * inlet, "FT401": noisy(depleted_nm3, 0.6), "AT400": 100 * outlet,
            "FT601": product, "AT600": 100 * purity, "QT201": noisy(co2_kg_h / 1000 * 2.9, 1.0),
            "JI500": noisy(co2_kg_h / 1000 * 130 + running * 60 + 12, 0.8),
        }  # fmt: skip
    else:
        columns = {
            "FT311": noisy(supply_nm3, 0.6), "AT310": 100 * inlet, "FT611": product, "AT610": 100 * purity,
            "JI510": noisy(co2_kg_h / 1000 * 390 + running * 15 + 6, 0.8),
        }  # fmt: skip
    return Made(running, co2_kg_h, columns, trips, overhaul)


def write_export(path: Path, line: str, made: Made, generator: np.random.Generator) -> None:
    """One line's year as a historian writes it, with lost signals."""
    units = {row[0]: {"vol%": "(CO2 vol% dry)"}.get(row[3], f"({row[3]})") for row in METERS[line]}
    digits = {"volume_flow": 1, "composition": 3, "mass_flow": 1, "heat_flow": 3, "power": 1}
    kinds = {row[0]: row[2] for row in METERS[line]}
    text = {tag: [f"{v:.{digits[kinds[tag]]}f}" for v in values] for tag, values in made.columns.items()}
    for tag in text:
        for first in generator.choice(HOURS - 40, 4, replace=False):
            for hour in range(first, first + int(generator.integers(1, 14))):
                text[tag][hour] = "Bad Input"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Timestamp", *text])
        writer.writerow(["", *(units[tag] for tag in text)])
        for hour in range(HOURS):
            stamp = (START + timedelta(hours=hour)).isoformat()
            writer.writerow([stamp, *(values[hour] for values in text.values())])


def write_log(folder: Path, lines: dict[str, Made]) -> None:
    """Set the log up, import the exports, enter standstills, deliveries, tank levels and make-up."""
    from ccus.importers.storing import store_export
    from ccus.log.new_plant import set_up
    from ccus.log.session import session

    set_up(folder, dict.fromkeys(("--name", "--timezone", "--nameplate", "--line")), AUTHOR)
    with session(folder) as log:
        for line in lines:
            store_export(log, folder / f"historian_{line}_2025.csv", AUTHOR)
        log.ledger.append_many([*_outages(lines), *_stock(lines), *_makeup()])


def _at(hour: float):
    from ccus.plant.times import Instant

    moment = START + timedelta(hours=float(hour))
    return Instant(moment.astimezone(UTC), moment.isoformat())


def _draft(kind: str, name: str, hour: float, body: dict):
    from ccus.log.entry import Draft

    return Draft(name, kind, AUTHOR, _at(hour), body)


def _outages(lines: dict[str, Made]) -> list:
    from ccus.log.kinds import When

    found = []
    for line, made in lines.items():
        spans = [(span, False) for span in made.trips] + ([(made.overhaul, True)] if made.overhaul else [])
        for (first, length), planned in spans:
            body = {"line": line, "start": When.of(_at(first)), "end": When.of(_at(first + length)), "planned": planned}
            cause = "overhaul (synthetic)" if planned else "trip (synthetic)"
            found.append(_draft("outage", f"outage-{line}-{first}", first, body | {"cause": cause}))
    return found


def _stock(lines: dict[str, Made]) -> list:
    """Deliveries by the truck as the tank fills; the tank is read at the start of each month and at the year's end."""
    made_t = sum(line.product_kg_h for line in lines.values()) / 1000
    tank, count, found = 60.0, 0, []
    months = {int((datetime(2025, m, 1, tzinfo=ZONE) - START).total_seconds() // 3600) for m in range(1, 13)}
    for hour in range(HOURS + 1):
        if hour in months or hour == HOURS:
            found.append(_draft("tank_level", f"tank-{hour}", hour, {"tank": "T1", "mass_t": round(tank, 3)}))
        if hour == HOURS:
            break
        tank += float(made_t[hour])
        if tank > 90 and hour % 3 == 0:
            tank -= TRUCK_T
            count += 1
            fate = "storage-test" if count % 5 == 0 else "food"
            body = {"mass_t": TRUCK_T, "receiver": f"synthetic {fate}", "docket": f"W{count:05d}", "fate": fate}
            found.append(_draft("delivery", f"delivery-{count:05d}", hour + 0.5, body))
    return found


def _makeup() -> list:
    return [
        _draft("solvent_makeup", f"makeup-{week:02d}", week * 168, {"chemical": "amine-solvent", "amount_kg": 420.0, "line": "amine"})
        for week in range(1, 53)
    ]  # fmt: skip


def make(folder: Path, with_log: bool = True) -> Path:
    """Write plant file, exports and (unless told not to) the log into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plant.toml").write_text(plant_text(), encoding="utf-8")
    lines = {}
    for number, line in enumerate(METERS):
        generator = np.random.default_rng([SEED, number])
        lines[line] = make_line(line, generator)
        write_export(folder / f"historian_{line}_2025.csv", line, lines[line], generator)
    if with_log:
        write_log(folder, lines)
    return folder / "plant.toml"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python sample_data/make_plant.py OUT_FOLDER")
    print(f"{make(Path(sys.argv[1]))}: synthetic plant with a year of hourly data and its log")
