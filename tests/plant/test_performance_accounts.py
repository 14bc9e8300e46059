"""A period's accounts: the golden day whole, the synthetic year from its log, energy, net, fates, statement."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import golden_day
import numpy as np
import pytest

from ccus.importers.historian import read_export
from ccus.importers.mapping import map_columns
from ccus.inventory.accounts import account
from ccus.inventory.records import Delivered, Records, TankReading
from ccus.inventory.statement import period_bounds, plant_statement
from ccus.log.session import session
from ccus.performance import claim_of, electricity_intensity, heat_intensity, standing_of
from ccus.plant.reading import load_plant
from ccus.streams.averages import day_bounds
from methodology.base.errors import Findings, InputError
from methodology.guides.registry import load_guide

ROOT = Path(__file__).resolve().parents[2]


def golden_records(text=None, **more):
    golden_day.truth()
    plant = load_plant((text or golden_day.plant_text()).encode())
    imported = map_columns(read_export(golden_day.GOLDEN / "historian_export_synthetic.csv"), plant)
    start, end = day_bounds(golden_day.DAY, plant.zone)
    series = {one.tag: one for one in imported.series}
    return Records(plant, start, end, series, imported.units, **more)


def grid():
    return load_guide("cn-grid").factors


def test_golden_day_through_the_whole_chain():
    truth = golden_day.truth()
    accounts = account(golden_records(), chosen=("eu-mrr",))
    assert accounts.captured_t <= truth["truth_with_vol_to_wt"]
    line = accounts.lines[0]
    shortfall = truth["truth_with_vol_to_wt"] - accounts.captured_t
    filled = sum(item.amount for item in line.hours.captured.fills) / 1000
    unmeasured = truth["truth_with_vol_to_wt"] - line.hours.captured.measured.sum() / 1000
    assert shortfall == pytest.approx(unmeasured - filled, rel=1e-9)
    assert 0 < shortfall < 0.4
    # energy errs on its own side: never below the truth by more than the noise of one interval
    assert line.hours.electricity.total / 1000 >= truth["truth"]["electricity_MWh"] * 0.999
    assert line.rates[0].method == "dry fractions in and out"
    assert {a.name.split(",")[0] for a in line.alternatives} >= {"EU MRR"}
    assert not any(finding.severity == "error" for finding in accounts.findings)


def test_no_heat_is_made_up_from_a_steam_flow_alone():
    accounts = account(golden_records())
    assert accounts.lines[0].hours.heat is None
    assert "CC-INV-03" in {finding.code for finding in accounts.findings}


def test_balance_and_its_check():
    at = datetime(2025, 7, 1, 12, tzinfo=UTC)
    start, end = day_bounds(golden_day.DAY, golden_records().plant.zone)
    text = golden_day.plant_text() + '[[stream]]\nid = "T1"\nkind = "tank"\n'
    tanks = (TankReading(start, "T1", 30.0), TankReading(end, "T1", 35.0))
    good = golden_records(text, deliveries=(Delivered(at, 44.0, "trader", "W1", None),), tanks=tanks)
    accounts = account(good)
    assert accounts.balance.accounted_t == 49.0
    assert "CC-QUA-24" not in {finding.code for finding in accounts.findings}
    short = golden_records(text, deliveries=(Delivered(at, 30.0, "trader", "W1", None),), tanks=tanks)
    assert "CC-QUA-24" in {finding.code for finding in account(short).findings}
    assert account(golden_records(text, tanks=tanks[:1])).balance.tank_change_t is None


def accounts_of(folder, period, **how):
    from ccus.inventory.records import read_records

    with session(folder) as log:
        return account(read_records(log.ledger, *period_bounds(period, log.plant)), **how)


def test_synthetic_year_finds_what_was_put_in(synthetic):
    folder, made = synthetic
    accounts = accounts_of(folder, "2025")
    for line in accounts.lines:
        truth_t = made[line.id].product_kg_h.sum() / 1000
        u = 2 * 0.008  # flow 0.5 %, analyser 0.2 %, and noise far below
        assert line.captured_t.sum() == pytest.approx(truth_t, rel=u)
        assert line.captured_t.sum() <= truth_t * 1.001, "fills never add"
        running = (line.captured_t > 0.05 * line.hours.line.nameplate_t_per_day / 24).sum()
        assert running == pytest.approx(made[line.id].running.sum(), abs=60)
    assert accounts.balance.accounted_t == pytest.approx(accounts.captured_t, rel=0.01)
    amine = next(line for line in accounts.lines if line.id == "amine")
    for rate in amine.rates:
        assert rate.value == pytest.approx(0.89, abs=0.01)
    assert amine.closure[0] == pytest.approx(1.0, abs=0.01)
    assert amine.hours.heat.total / amine.captured_t.sum() == pytest.approx(2.9, rel=0.01)


def test_months_add_to_the_year(synthetic):
    folder, _ = synthetic
    year = accounts_of(folder, "2025")
    march = accounts_of(folder, "2025-03")
    days = np.array(year.days())
    in_march = np.char.startswith(days, "2025-03")
    # bounds look back over 720 hours either way, so a month by itself meets the same hours of the year
    for whole, part in zip(year.lines, march.lines, strict=True):
        assert part.captured_t.sum() == pytest.approx(whole.captured_t[in_march].sum(), rel=2e-3)
    assert march.edges_s.size - 1 == 744


def test_statement_of_a_month(synthetic, tmp_path):
    from methodology.statement_file import read_statement, write_statement

    folder, _ = synthetic
    accounts = accounts_of(folder, "2025-03")
    statement, sheet = plant_statement(accounts, "2025-03", {"size": 3, "root": "00"}, grid(), draws=1000)
    lines = {line["id"]: line for line in statement["lines"]}
    gross, net = lines["gross_captured/2025-03"], lines["net_captured/2025-03"]
    assert gross["value"] == pytest.approx(accounts.captured_t, rel=1e-9)
    heat, power = lines["emission_of_heat/2025-03"]["value"], lines["emission_of_electricity/2025-03"]["value"]
    makeup = sum(i.amount_kg for i in accounts.records.makeup) * 3.4 / 1000
    assert net["value"] == pytest.approx(gross["value"] - heat - power - makeup, rel=1e-9)
    # GUM by hand: flows 0.5 % each their own, purity analysers share one gas of 0.2 %
    parts = [line.captured_t.sum() for line in accounts.lines]
    expected = np.sqrt(sum((0.005 * part) ** 2 for part in parts) + (0.002 * sum(parts)) ** 2)
    assert gross["standard_uncertainty"] == pytest.approx(expected, rel=0.01)
    assert accounts.captured_u_t == pytest.approx(expected, rel=0.01)
    market = lines["emission_of_electricity_market_based/2025-03"]["value"]
    assert market != power
    # steam of the host costs 0.0625 MWh/GJ at its 0.82 t/MWh; power comes from the grid
    lost = lines["heat_used/2025-03/amine"]["value"] * 0.0625
    expected = gross["value"] - 0.82 * lost - power - makeup
    assert lines["co2_avoided/2025-03"]["value"] == pytest.approx(expected, rel=1e-9)
    assert {term["status"] for term in statement["disputed_terms"]} <= {"excluded", "not assessed"}
    standings = [f for f in statement["findings"] if f["code"] == "CC-INV-08"]
    assert any("short" in f["found"] or "reduction" in f["found"] for f in standings)
    path = tmp_path / "statement.json"
    write_statement(statement, path)
    assert read_statement(path)["lines"][0]["id"] == statement["lines"][0]["id"]
    assert any(
        "rows" in source for node in [sheet.worksheet["captured_readings"]] for row in node.sources for source in row
    )


def test_a_green_certificate_moves_the_market_line_only(synthetic):
    folder, _ = synthetic
    accounts = accounts_of(folder, "2025-03-14")
    plain, _ = plant_statement(accounts, "2025-03-14", {}, grid(), draws=1000)
    green, _ = plant_statement(accounts, "2025-03-14", {}, grid(), certified_mwh=5.0, draws=1000)
    before = {line["id"]: line["value"] for line in plain["lines"]}
    after = {line["id"]: line["value"] for line in green["lines"]}
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {"emission_of_electricity_market_based/2025-03-14"}
    name = moved.pop()
    assert before[name] - after[name] == pytest.approx(5.0 * 0.6096)


def test_nothing_to_account_for_is_said():
    records = golden_records()
    empty = Records(records.plant, records.start, records.end)
    with pytest.raises(InputError) as caught:
        plant_statement(account(empty), "2025-07-01", {}, grid())
    assert caught.value.code == "CC-INV-04"


@pytest.mark.parametrize("text", ["2025-13", "25", "2025-02-30", "March", "2025-03-14-1", ""])
def test_periods_that_are_none(text):
    plant = load_plant(golden_day.plant_text().encode())
    with pytest.raises(InputError) as caught:
        period_bounds(text, plant)
    assert caught.value.code == "CC-INV-05"


def test_periods_belong_to_the_plant_zone():
    plant = load_plant(golden_day.plant_text().encode())
    assert period_bounds("2024", plant) == (
        datetime(2023, 12, 31, 16, tzinfo=UTC),
        datetime(2024, 12, 31, 16, tzinfo=UTC),
    )
    start, end = period_bounds("2024-02", plant)
    assert (end - start).days == 29
    assert period_bounds("2025-12-31", plant)[1] == datetime(2025, 12, 31, 16, tzinfo=UTC)


ENERGY = "[energy]\nelectricity = {electricity}\nsteam = {steam}\n"


@pytest.mark.parametrize(
    ("electricity", "steam", "values", "codes"),
    [
        ('{source = "grid", grid_region = "south"}', '{source = "host", intensity_kg_co2_per_gj = 95}', (0.4042, 0.095), ["CC-INV-09"]),
        ('{source = "grid", grid_region = "guangdong"}', '"host"', (0.4403, None), ["CC-INV-09", "CC-INV-07"]),
        ('{source = "host", intensity_kg_co2_per_mwh = 820}', '{source = "own", intensity_kg_co2_per_gj = 60}', (0.82, 0.06), []),
        ('"grid"', '"host"', (None, None), ["CC-INV-06", "CC-INV-07"]),
    ],
)  # fmt: skip
def test_energy_takes_the_intensity_of_its_source_once(electricity, steam, values, codes):
    text = golden_day.plant_text() + ENERGY.format(electricity=electricity, steam=steam)
    plant, findings = load_plant(text.encode()), Findings()
    found = electricity_intensity(plant, 2025, grid(), findings), heat_intensity(plant, findings)
    assert tuple(None if item is None else pytest.approx(item.value) for item in found) == values
    assert [finding.code for finding in findings] == codes
    assert all(finding.severity == "warning" for finding in findings)


def test_the_data_year_never_lies_after_the_reporting_year():
    plant = load_plant(
        (golden_day.plant_text() + '[energy]\nelectricity = {source = "grid", grid_region = "national"}\n').encode()
    )
    values = {year: electricity_intensity(plant, year, grid(), Findings()).value for year in (2021, 2022, 2023, 2026)}
    assert values == {2021: 0.5568, 2022: 0.5366, 2023: 0.5306, 2026: 0.5306}


def test_where_a_tonne_may_count():
    assert standing_of("short_lived_use", "fossil", "eu-mrr").counts == "no"
    assert standing_of("geological_storage", "fossil", "eu-mrr").counts == "yes"
    assert standing_of("geological_storage", "fossil", "eu-crcf").counts == "no"
    assert standing_of("geological_storage", "biogenic", "eu-crcf") is None
    assert claim_of("fossil", "", "geological_storage")["en"] == "reduction"
    assert claim_of("fossil")["en"] == "reduction; only where its fate keeps it out of the air"
    assert claim_of("fossil", "", "short_lived_use")["en"] == "none: the CO2 returns to the air after its use"
    assert claim_of(None)["en"] == "not stated"
    assert "removal" not in claim_of("fossil")["en"]
    assert claim_of("biogenic", "", "geological_storage")["en"] == "none: a biogenic origin without evidence"
    assert claim_of("biogenic", "14C, report 7", "geological_storage")["en"].startswith("removal, if a rule set")


def test_fates_and_sources_are_known():
    from ccus.performance import rule_sets
    from ccus.plant.model import FATE_KINDS
    from methodology.guides.registry import known_sources

    assert {item.fate for item in rule_sets()} == set(FATE_KINDS)
    assert {item.source for item in rule_sets()} <= set(known_sources())
    assert all(item.reason["en"] and item.reason["zh"] for item in rule_sets())


def test_status_fits_the_terminal_and_is_plain_json(synthetic):
    from ccus.status import as_json, stand_of
    from ccus.status_text import as_text

    folder, _ = synthetic
    with session(folder) as log:
        stand = stand_of(log.ledger, datetime(2025, 7, 15, 3, tzinfo=UTC))
        early = stand_of(log.ledger, datetime(2025, 1, 10, 3, tzinfo=UTC))
        later = stand_of(log.ledger, datetime(2026, 3, 1, tzinfo=UTC))
    text = as_text(stand)
    assert max(map(len, text.splitlines())) <= 80
    for word in ("today, amine", "2025-07, amine", "2025, amine", "membrane", "plant", "Nameplate", "80 % between"):
        assert word in text
    assert stand.forecast.low_t < later.stand.captured_t < stand.forecast.high_t
    assert "14 are needed" in as_text(early)
    assert later.year == 2025, "a year without data yet falls back on the last one with data"
    assert json.dumps(as_json(stand))
    assert stand.stand.captured_t == pytest.approx(
        sum(s.captured_t for n, s in stand.spans["year"].items() if n != "plant")
    )


def test_status_imports_nothing_heavy(synthetic):
    import subprocess

    folder, _ = synthetic
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from ccus.log.session import session; from ccus.status import stand_of; from ccus.status_text import as_text\n"
        f"with session(Path({str(folder)!r})) as log: as_text(stand_of(log.ledger, datetime(2025, 7, 1, tzinfo=UTC)))\n"
        "bad = {'CoolProp', 'pandas', 'matplotlib', 'scipy', 'geopandas', 'sympy'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_same_file_twice_changes_nothing(synthetic):
    from ccus.importers.storing import store_export

    folder, _ = synthetic
    with session(folder) as log:
        size = log.ledger.size
        again = store_export(log, folder / "historian_amine_2025.csv", "somebody else")
        assert not again.changed
        assert log.ledger.size == size


def test_a_bad_file_leaves_nothing_behind(synthetic, tmp_path):
    from ccus.importers.storing import store_export

    folder, _ = synthetic
    bad = tmp_path / "bad.csv"
    bad.write_text("Time,FT601,XX1\n,kg/h,kg/h\n2025-01-01T00:00:00Z,1,2\n", encoding="utf-8")
    with session(folder) as log:
        size, files = log.ledger.size, list(log.ledger.archive.names())
        with pytest.raises(InputError) as caught:
            store_export(log, bad, "tester")
        assert caught.value.code == "CC-IMP-03"
        assert (log.ledger.size, list(log.ledger.archive.names())) == (size, files)


def counter(hours_true_kg, start_s, jump_at=None):
    from ccus.streams.series import GOOD, Series

    total = 990_000 + np.concatenate([[0.0], np.cumsum(hours_true_kg)])
    if jump_at is not None:
        total[jump_at:] -= total[jump_at] - 5.0
    total = np.where(total >= 1_000_000, total - 1_000_000, total)
    time_s = start_s + 3600.0 * np.arange(total.size)
    return Series("FQ601", time_s, total, np.full(total.size, GOOD, dtype=np.uint8))


COUNTER = (
    '[[meter]]\ntag = "FQ601"\nline = "amine"\nstream = "product"\nkind = "mass_total"\nunit = "kg"\n'
    'interpolation = "step"\nmax_hold_s = 7200\ntotaliser_rollover = 1000000\n'
)


def test_a_totaliser_is_preferred_and_its_gap_shown():
    records = golden_records(golden_day.plant_text() + COUNTER)
    whole = golden_day.truth()["truth"]["product_stream_t"] * 1000
    records.series["FQ601"] = counter(np.full(24, whole / 24), records.start.timestamp())
    line = account(records).lines[0]
    assert line.hours.measured["product"].counter_gap_percent == pytest.approx(0.0, abs=1.0)
    # the counter covers hour 5, for which the flow meter said only "Bad Input": no gap is left, and the day is whole
    assert line.hours.captured.fills == ()
    assert line.captured_t.sum() == pytest.approx(golden_day.truth()["truth_with_vol_to_wt"], rel=1e-4)


def test_a_flue_gas_flow_without_analyser_warns_and_leaves_the_rest():
    text = golden_day.plant_text()
    block = next(part for part in text.split("[[meter]]") if '"AT300"' in part)
    records = golden_records(text)
    plant = load_plant(text.replace("[[meter]]" + block, "").encode())
    series = {tag: one for tag, one in records.series.items() if tag != "AT300"}
    accounts = account(Records(plant, records.start, records.end, series, records.units))
    assert accounts.captured_t == pytest.approx(account(records).captured_t)
    assert "CC-MASS-71" in {finding.code for finding in accounts.findings}
    assert accounts.lines[0].co2.supply is None


def test_a_product_without_analysis_is_refused():
    text = golden_day.plant_text()
    block = next(part for part in text.split("[[meter]]") if '"AT600"' in part)
    records = golden_records(text)
    plant = load_plant(text.replace("[[meter]]" + block, "").encode())
    with pytest.raises(InputError) as caught:
        account(Records(plant, records.start, records.end, records.series, records.units))
    assert caught.value.code == "CC-MASS-71"


def test_a_swapped_meter_hands_over_without_loss_or_doubling():
    noon = "2025-07-01T12:00:00+08:00"
    text = golden_day.plant_text()
    block = next(part for part in text.split("[[meter]]") if '"FT601"' in part)
    old = block.rstrip() + f"\nvalid_to = {noon}\n"
    new = block.rstrip().replace('"FT601"', '"FT602"') + f"\nvalid_from = {noon}\n"
    records = golden_records(text)
    swapped = text.replace("[[meter]]" + block, f"[[meter]]{old}[[meter]]{new}")
    plant = load_plant(swapped.encode())
    series = dict(records.series)
    from dataclasses import replace

    series["FT602"] = replace(series["FT601"], tag="FT602")
    units = records.units | {"FT602": records.units["FT601"]}
    accounts = account(Records(plant, records.start, records.end, series, units))
    assert accounts.captured_t == pytest.approx(account(records).captured_t, rel=1e-9)
    assert {"FT601", "FT602"} <= set(accounts.lines[0].hours.measured["product"].tags)
