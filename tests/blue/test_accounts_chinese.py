"""Shenzhen's guide in toolkit form, burial capacity, and harvest; expected values by hand from the coefficients."""

import itertools

import pytest

from bluecarbon.accounts import burial_capacity, db4403
from bluecarbon.accounts.areas import Period, SurveyTables
from bluecarbon.classes import AccountingClass
from bluecarbon.inventory import factors_of
from bluecarbon.job import Job
from methodology.base.errors import Findings, InputError
from methodology.factors.table import FIXED_COLUMNS, load_factors
from methodology.guides.registry import load_guide
from methodology.statement import Head, assemble
from methodology.worksheet import Worksheet

OYSTERS = {
    "species": "oyster",
    "group": "shellfish",
    "t_per_year": 1000,
    "year": 2020,
    "uncertainty_percent": 10,
    "source": "yearbook",
}
KELP = {"species": "kelp", "group": "algae", "t_per_year": 500, "year": 2020, "source": "yearbook"}


class Fake:
    """As much of a survey as `factors_of` asks for."""

    def __init__(self, the_job):
        self.job = the_job
        self.field = type("NoField", (), {"measurements": ()})()


def job(guide, **extra):
    survey = {"title": "t", "guide": guide, **extra.pop("survey", {})}
    return Job.model_validate(
        {"survey": survey, "legend": {"1": {"habitat": "mangrove"}}, "map": [{"date": 2020, "path": "x"}], **extra}
    )


def tables(*classes, dates=("2020",), areas=None, whole=True):
    mapped = areas or {("bay", c.label, date): 100.0 for c in classes for date in dates}
    periods = tuple(Period(f"{a}–{b}", a, b, int(b) - int(a), True, whole) for a, b in itertools.pairwise(dates))
    return SurveyTables(
        {c.label: c for c in classes}, dates, {d: int(d[:4]) + 0.5 for d in dates}, periods, mapped, {},
        dict.fromkeys(dates, 5.0), {d: (f"map {d}",) for d in dates},
    )  # fmt: skip


def statement(module, the_job, survey_tables, own=None):
    guide = load_guide(the_job.survey.guide)
    factors = factors_of(Fake(the_job), guide)
    if own:
        factors = factors.overlaid(own)
    sheet, findings = Worksheet(), Findings()
    result = module.account(sheet, survey_tables, the_job, factors, findings)
    head = Head("t", "survey", guide.face, result.settings, disputed_terms=result.disputed, findings=findings)
    return assemble(sheet, result.blocks, result.gaps, head, draws=1_000)


def value(found, line_id):
    return next(line["value"] for line in found["lines"] if line["id"] == line_id)


MANGROVE = AccountingClass("m", "mangrove", "k", species="Kandelia obovata", region="shenzhen_bay")
GRASS = AccountingClass("g", "seagrass", "beds")


def test_sink_is_activity_data_times_a_parents_factor_and_says_so():
    found = statement(db4403, job("db4403-t401-2023"), tables(MANGROVE))
    assert value(found, "carbon_sink/2020") == pytest.approx(100 * -1.62 * 44 / 12)
    assert "BC-INV-06" in {finding["code"] for finding in found["findings"]}
    assert found["guide"]["text_read"] is False
    assert "No result may be called conforming" in found["guide"]["notice"]["en"]
    assert all(line["clause"] is None for line in found["lines"])
    # a parent's factor for restored land on existing habitat is a proxy and no net sink
    sinks = [line for line in found["lines"] if line["quantity"] == "carbon_sink"]
    assert {(line["account"], line["basis"]) for line in sinks} == {("capacity", "proxy")}


def test_a_typed_in_factor_replaces_the_parents(tmp_path):
    path = tmp_path / "own.csv"
    header = ",".join([*FIXED_COLUMNS, "habitat"])
    path.write_text(
        header + "\nown/m,sink_factor,2.5,t_C/ha/yr,2,3,,,normal,,annex C,row 1,read,read,,mangrove\n", encoding="utf-8"
    )
    found = statement(db4403, job("db4403-t401-2023"), tables(MANGROVE), load_factors(path, "own"))
    assert value(found, "carbon_sink/2020") == pytest.approx(-100 * 2.5 * 44 / 12)
    line = next(x for x in found["lines"] if x["id"].startswith("carbon_sink/bay"))
    assert line["data_quality"].startswith("B")  # the factor is confirmed, the map has no validation points
    assert line["account"] == "gross"


def test_activity_sink_is_project_minus_base_state():
    areas = {("bay", "m", "2015"): 80.0, ("bay", "m", "2020"): 100.0}
    the_job = job("db4403-t401-2023", survey={"base_date": 2015})
    found = statement(db4403, the_job, tables(MANGROVE, dates=("2015", "2020"), areas=areas))
    assert value(found, "activity_sink/2020") == pytest.approx(20 * -1.62 * 44 / 12)


def test_a_base_date_without_a_map_is_refused():
    with pytest.raises(InputError) as error:
        statement(db4403, job("db4403-t401-2023", survey={"base_date": 2010}), tables(MANGROVE))
    assert error.value.code == "BC-INV-01"


@pytest.mark.parametrize("counted", [False, True])
def test_shell_carbonate_is_outside_the_net_unless_the_job_says_so(counted):
    the_job = job("db4403-t401-2023", survey={"net_shell_carbonate": counted}, production=[OYSTERS, KELP])
    found = statement(db4403, the_job, tables(MANGROVE))
    soft = -1000 * 0.6510 * 0.0614 * 0.4598 * 44 / 12
    shell = -1000 * 0.6510 * 0.9386 * 0.1268 * 44 / 12
    kelp = -500 * 0.20 * 0.3120 * 44 / 12
    assert value(found, "harvest_sink/oyster/soft_tissue/2020") == pytest.approx(soft)
    assert value(found, "shell_carbonate/oyster/shell/2020") == pytest.approx(shell)
    expected = -594 + soft + kelp + (shell if counted else 0)
    assert value(found, "carbon_sink/2020") == pytest.approx(expected)
    term = next(t for t in found["disputed_terms"] if t["term"] == "carbonate")
    assert term["status"] == ("included" if counted else "excluded")


def test_an_unknown_species_lists_the_candidates():
    with pytest.raises(InputError) as error:
        statement(db4403, job("db4403-t401-2023", production=[{**OYSTERS, "species": "osyter"}]), tables(MANGROVE))
    assert error.value.code == "ME-FAC-01"
    assert "HYT0305/oyster/dry_ratio" in str(error.value)


def test_burial_and_production_are_two_lines():
    found = statement(burial_capacity, job("burial-capacity"), tables(MANGROVE, GRASS))
    assert value(found, "burial/2020") == pytest.approx(-100 * 0.643 * 44 / 12)  # Mai Po, 64.3 g C/m²/yr
    assert value(found, "plant_production/2020") == pytest.approx(-100 * 7.67 * 44 / 12)  # Futian, Kandelia
    assert not [line for line in found["lines"] if line["quantity"] == "burial_and_production"]
    assert next(x for x in found["lines"] if x["id"] == "burial/seagrass/beds/unspecified")["status"] == "not_estimated"
    assert {line["account"] for line in found["lines"] if line["kind"] == "flow"} == {"capacity"}


def test_adding_them_raises_a_double_count_finding():
    the_job = job("burial-capacity", survey={"sum_burial_and_production": True})
    found = statement(burial_capacity, the_job, tables(MANGROVE))
    assert "BC-INV-05" in {finding["code"] for finding in found["findings"]}
    assert value(found, "burial_and_production/2020") == pytest.approx(-100 * (0.643 + 7.67) * 44 / 12)


def test_measured_burial_is_density_times_carbon_times_accretion():
    stated = {
        "habitat": "seagrass",
        "density_g_cm3": 0.78,
        "organic_carbon": 0.01279,
        "accretion_mm_per_year": 6.5,
        "uncertainty_percent": 20,
        "source": "core 1",
    }
    found = statement(burial_capacity, job("burial-capacity", burial=[stated]), tables(GRASS))
    # Gaoqiao band of the reference notes: 0.78 × 1.279 % × 6.5 mm/yr = 64.8 g C/m²/yr
    assert value(found, "burial/2020") == pytest.approx(-100 * 0.648453 * 44 / 12)


def test_a_sink_that_appears_or_disappears_counts_whole():
    areas = {
        ("bay", "g", "2015"): 50.0,
        ("bay", "g", "2020"): 0.0,
        ("bay", "m", "2015"): 0.0,
        ("bay", "m", "2020"): 10.0,
    }
    the_job = job("db4403-t401-2023", survey={"base_date": 2015})
    found = statement(db4403, the_job, tables(MANGROVE, GRASS, dates=("2015", "2020"), areas=areas))
    assert value(found, "activity_sink/seagrass/2020") == pytest.approx(50 * 0.43 * 44 / 12)
    assert value(found, "activity_sink/mangrove/2020") == pytest.approx(-10 * 1.62 * 44 / 12)


def test_maps_that_looked_at_different_places_give_no_activity_sink():
    the_job = job("db4403-t401-2023", survey={"base_date": 2015})
    found = statement(db4403, the_job, tables(MANGROVE, dates=("2015", "2020"), whole=False))
    line = next(x for x in found["lines"] if x["quantity"] == "activity_sink")
    assert (line["value"], line["status"]) == (None, "not_estimated")


def test_restored_land_by_a_parents_factor_is_a_net_sink_and_drained_land_is_none():
    restored = AccountingClass("r", "mangrove", "r", activity="creation")
    found = statement(db4403, job("db4403-t401-2023"), tables(restored))
    assert next(x for x in found["lines"] if x["id"] == "carbon_sink/2020")["account"] == "net"
    drained = AccountingClass("d", "mangrove", "d", activity="drainage")
    found = statement(db4403, job("db4403-t401-2023"), tables(drained))
    assert [x["status"] for x in found["lines"] if x["quantity"] == "carbon_sink"] == ["not_applicable"]


def test_macroalgae_on_the_map_are_a_sink_or_a_gap():
    kelp = AccountingClass("k", "macroalgae", "forest")
    found = statement(db4403, job("db4403-t401-2023"), tables(kelp))
    assert [x["status"] for x in found["lines"] if x["quantity"] == "carbon_sink"] == ["not_estimated"]


def test_two_farms_of_one_species_and_year_add_up():
    farms = [KELP, {**KELP, "t_per_year": 300, "source": "farm B"}]
    found = statement(db4403, job("db4403-t401-2023", production=farms), tables(MANGROVE))
    assert value(found, "harvest_sink/kelp/algae/2020") == pytest.approx(-800 * 0.20 * 0.3120 * 44 / 12)


def test_a_harvest_and_a_map_of_one_year_stand_in_one_total():
    found = statement(db4403, job("db4403-t401-2023", production=[KELP]), tables(MANGROVE, dates=("2020-05-01",)))
    totals = [x for x in found["lines"] if x["quantity"] == "carbon_sink" and x["aggregation"] == "total"]
    assert len(totals) == 1


def test_one_burial_measurement_is_one_error_however_many_strata_use_it():
    stated = {
        "habitat": "seagrass",
        "density_g_cm3": 0.78,
        "organic_carbon": 0.01279,
        "accretion_mm_per_year": 6.5,
        "uncertainty_percent": 50,
        "source": "core 1",
    }
    other = AccountingClass("h", "seagrass", "sparse")
    halves = {("bay", "g", "2020"): 50.0, ("bay", "h", "2020"): 50.0}
    one = statement(burial_capacity, job("burial-capacity", burial=[stated]), tables(GRASS))
    two = statement(burial_capacity, job("burial-capacity", burial=[stated]), tables(GRASS, other, areas=halves))
    relative = [next(x for x in f["lines"] if x["id"] == "burial/2020") for f in (one, two)]
    # 50 % accretion and the map's 5 % are each one error, in however many strata the habitat is split
    expected = [(0.5**2 + 0.05**2) ** 0.5] * 2
    for line, share in zip(relative, expected, strict=True):
        assert line["standard_uncertainty"] == pytest.approx(abs(line["value"]) * share / 1.959964, rel=1e-6)
