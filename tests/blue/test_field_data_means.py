"""Field tables in a survey: means worked by hand from tables typed here, and what they do to the account."""

import math

import pytest

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.accounts.basis import grounded
from bluecarbon.accounts.burial_capacity import account as burial_account
from bluecarbon.accounts.ipcc import account
from bluecarbon.classes import AccountingClass
from bluecarbon.field.effect import measured_records
from bluecarbon.field.estimate import sample_mean
from bluecarbon.field.measured import field_data
from bluecarbon.job import Job, JobFile
from methodology.base.errors import Findings, InputError
from methodology.guides.registry import load_guide
from methodology.statement import Head, assemble
from methodology.worksheet import Worksheet

T_025 = {1: 12.706204736, 2: 4.302652730, 3: 3.182446305}  # two-sided 95 % of Student's t, printed tables

CORES = """study_id,site_id,core_id,habitat,depth_min [cm],depth_max [cm],dry_bulk_density [g/cm3],fraction_carbon,\
carbon_measured_or_modeled,fraction_carbon_type
S,A,1,marsh,0,50,0.5,0.04,measured,organic carbon
S,A,1,marsh,50,100,0.5,0.02,measured,organic carbon
S,A,2,marsh,0,100,0.6,0.03,measured,organic carbon
S,B,3,marsh,0,100,0.4,0.03,measured,organic carbon
"""
QUADRATS = """study_id,site_id,plot_id,quadrat_id,stratum,habitat,component,quadrat_area [m2],dry_mass [g],fraction_carbon
S,A,P1,Q1,,marsh,above,0.25,200,0.40
S,A,P1,Q2,,marsh,above,0.25,300,0.40
S,A,P2,Q1,,marsh,above,0.25,350,0.40
"""
CORES_JOB = {"table": "cores.csv", "sites": {"A": "reed belt", "B": "reed belt"}}
QUADRATS_JOB = {"table": "quadrats.csv", "sites": {"A": "reed belt"}}


def reed(**more):
    states = {"soil": "mineral", "climate": "subtropical", "activity": "none", **more}
    return AccountingClass("r", "tidal_marsh", "reed belt", **states)


def other():
    return AccountingClass("o", "tidal_marsh", "sedges", soil="mineral", climate="subtropical", activity="none")


def tables(*classes, dates=("2023",)):
    mapped = {("bay", c.label, date): 10.0 for c in classes for date in dates}
    return SurveyTables(
        {c.label: c for c in classes}, dates, {d: int(d) + 0.5 for d in dates}, (), mapped, {},
        dict.fromkeys(dates, 5.0), {d: (f"map {d}",) for d in dates},
    )  # fmt: skip


def job_file(folder, core_text=CORES, quadrat_text=QUADRATS, **field):
    (folder / "cores.csv").write_text(core_text, encoding="utf-8")
    (folder / "quadrats.csv").write_text(quadrat_text, encoding="utf-8")
    legend = {
        "21": {"habitat": "tidal_marsh", "stratum": "reed belt"},
        "22": {"habitat": "tidal_marsh", "stratum": "sedges"},
    }
    survey = {"title": "t", "guide": "ipcc-wetlands-2013", "gwp": "AR5-100"}
    job = Job.model_validate({"survey": survey, "legend": legend, "map": [{"date": 2023, "path": "x"}], **field})
    return JobFile(job, folder / "survey.toml")


def measured(folder, survey_tables=None, **field):
    return field_data(job_file(folder, **field), survey_tables or tables(reed(), other()))


def statement(file, survey_tables, guide="ipcc-wetlands-2013", build=account):
    data = field_data(file, survey_tables)
    guide = load_guide(guide)
    sheet, findings = Worksheet(), Findings()
    result = build(sheet, survey_tables, file.job, guide.factors.overlaid(data.factors()), findings)
    blocks = grounded(sheet, result.blocks)

    def without():
        plain = Worksheet()
        return plain, build(plain, survey_tables, file.job, guide.factors, Findings()).blocks

    records = measured_records(data.measurements, survey_tables.dates[-1], sheet, blocks, without, findings)
    head = Head("t", "survey", guide.face, result.settings, disputed_terms=result.disputed, findings=findings)
    return assemble(sheet, blocks, result.gaps, head, draws=1_000), records


def line(found, line_id):
    return next(entry for entry in found["lines"] if entry["id"] == line_id)


def test_mean_of_cores_with_its_t_interval(tmp_path):
    (m,) = measured(tmp_path, cores=CORES_JOB).measurements
    # 0.5 × 0.04 × 50 cm × 100 = 100, 0.5 × 0.02 × 50 × 100 = 50: 150; 0.6 × 0.03 × 10,000 = 180; 0.4 × 0.03 × 10,000 = 120
    factor = m.factor()
    assert factor.value == pytest.approx(150)
    half = T_025[2] * 30 / math.sqrt(3)
    assert (factor.low, factor.high) == (pytest.approx(150 - half), pytest.approx(150 + half))
    assert (factor.quantity, factor.unit, factor.distribution) == ("soil_stock_1m", "t_C/ha", "normal")
    assert factor.applies == {"habitat": ("tidal_marsh",), "stratum": ("reed belt",)}
    assert (factor.value_status, factor.interval_status, factor.source) == ("local", "local", "cores.csv")
    assert factor.locator == "mean of 3 cores, grade C2, 2 degrees of freedom"


def test_sites_as_samples_count_each_site_once(tmp_path):
    (m,) = measured(tmp_path, cores=CORES_JOB | {"sample": "site"}).measurements
    # site A: (150 + 180)/2 = 165; site B: 120; mean 142.5, s = 45/√2, s.e. 22.5
    assert m.factor().value == pytest.approx(142.5)
    assert m.mean.half_width == pytest.approx(T_025[1] * 22.5)
    # 142.5 − 285.9 is below zero: the lognormal of the same mean and standard deviation
    assert m.factor().distribution == "lognormal"
    assert m.factor().low > 0
    assert m.factor().spread.mean == pytest.approx(142.5)
    assert m.factor().spread.sd == pytest.approx(T_025[1] * 22.5 / 1.959963985, rel=1e-6)


def test_what_samples_share_does_not_shrink_and_spends_no_degrees_of_freedom():
    found = sample_mean("s", [10.0, 11.0, 12.0, 13.0, 14.0], shared_se=1.0)
    # s² 2.5, s.e. of the mean √0.5; √(0.5 + 1) = √1.5; Welch-Satterthwaite 1.5²/(0.5²/4) = 36
    assert found.mean == 12
    assert found.df == pytest.approx(36)
    assert 2.021 < found.half_width / math.sqrt(1.5) < 2.042  # t of 40 and of 30 degrees of freedom, printed tables


def test_a_shared_error_never_narrows_the_interval():
    """Two samples: the scatter alone has ± 12.706 × 2; 13²/2⁴ degrees of freedom on √13 would make that ± 8."""
    assert sample_mean("s", [10.0, 14.0]).half_width == pytest.approx(2 * T_025[1])
    assert sample_mean("s", [10.0, 14.0], shared_se=3.0).half_width == pytest.approx(2 * T_025[1])
    assert sample_mean("s", [10.0, 14.0], shared_se=30.0).half_width > 2 * T_025[1]


def test_samples_all_alike_have_no_known_spread():
    assert sample_mean("s", [5.0, 5.0, 5.0]).limits == ("unknown", None, None)


def test_extrapolated_cores_carry_their_shared_error(tmp_path):
    short = CORES.replace(",50,100,0.5,0.02", ",50,80,0.5,0.02")
    short = short.replace("0,100,0.6", "0,80,0.6").replace("0,100,0.4", "0,80,0.4")
    (m,) = measured(tmp_path, core_text=short, cores=CORES_JOB | {"beyond": "last-layer"}).measurements
    # the last layer goes on: 100 + 30 + 20 × 0.01 × 100; 180; 120 as before
    assert m.factor().value == pytest.approx((150 + 180 + 120) / 3)
    assert m.mean.sampling_se == pytest.approx(30 / math.sqrt(3))
    assert m.mean.shared_se > 0
    assert "3 continued by the last layer" in m.note


def test_quadrats_add_up_to_plots_and_plots_to_the_mean(tmp_path):
    (m,) = measured(tmp_path, quadrats=QUADRATS_JOB).measurements
    # 200 g on 0.25 m² is 8 t/ha: P1 (8 + 12)/2 × 0.4 = 4, P2 14 × 0.4 = 5.6; s/√2 = 0.8
    assert m.factor().value == pytest.approx((4 + 5.6) / 2)
    assert m.mean.sampling_se == pytest.approx(0.8)
    assert m.factor().applies == {"habitat": ("tidal_marsh",), "stratum": ("reed belt",), "part": ("above",)}


def test_measured_lines_say_so_and_the_neighbour_stays_default(tmp_path):
    file = job_file(tmp_path, cores=CORES_JOB, quadrats=QUADRATS_JOB)
    found, records = statement(file, tables(reed(), other()))
    soil = line(found, "carbon_stock/bay/tidal_marsh/reed belt/soil/none/2023")
    assert soil["value"] == pytest.approx(1500)
    assert (soil["basis"], soil["tier"], soil["data_quality"]) == ("measured", "Tier 2", "measured: 3 cores, grade C2")
    plain = line(found, "carbon_stock/bay/tidal_marsh/sedges/soil/none/2023")
    assert plain["value"] == pytest.approx(2260)  # 10 ha × 226 t C/ha of table 4.11
    assert (plain["basis"], plain["tier"]) == ("default", "Tier 1")
    shoots = line(found, "carbon_stock/bay/tidal_marsh/reed belt/above_ground_biomass/none/2023")
    assert (shoots["value"], shoots["basis"]) == (pytest.approx(48), "measured")
    roots = line(found, "carbon_stock/bay/tidal_marsh/reed belt/below_ground_biomass/none/2023")
    assert (roots["value"], roots["basis"]) == (pytest.approx(48 * 3.65), "mixed")  # ratio of table 4.9
    assert line(found, "carbon_stock/tidal_marsh/sedges/above_ground_biomass/none")["status"] == "not_estimated"
    total = line(found, "carbon_stock/2023")
    assert (total["value"], total["basis"], total["tier"]) == (
        pytest.approx(1500 + 2260 + 48 + 48 * 3.65), "mixed", "Tier 1 and 2",
    )  # fmt: skip
    soil_record, shoot_record = records
    assert soil_record["default"] == {"value": pytest.approx(226), "factors": ["T4.11/tidal_marsh/mineral"]}
    assert (soil_record["effect"], soil_record["effect_unit"]) == (pytest.approx(-760), "t_C")
    assert (shoot_record["default"], shoot_record["effect"]) == (None, pytest.approx(48 + 48 * 3.65))


def test_a_young_stand_grows_to_what_was_measured_and_keeps_it(tmp_path):
    young = reed(activity="creation", started=2019, replanted=True, salinity_ppt=25.0)
    file = job_file(tmp_path, cores=CORES_JOB, quadrats=QUADRATS_JOB | {"year": 2023})
    found, records = statement(file, tables(young, dates=("2018", "2021", "2023", "2030")))
    at = "carbon_stock/bay/tidal_marsh/reed belt/{}/creation/{}"
    for date, share in (("2018", 0.0), ("2021", 2.5 / 4.5), ("2023", 1.0), ("2030", 1.0)):
        assert line(found, at.format("above_ground_biomass", date))["value"] == pytest.approx(48 * share)
    assert line(found, at.format("soil", "2023"))["value"] == pytest.approx(1500)
    assert records[0]["default"] is None  # the guide's soil stock is of natural stands


def test_a_measured_young_soil_is_no_ceiling_of_its_removal(tmp_path):
    low = CORES.replace("0.04", "0.0005").replace("0.02", "0.0005").replace("0.03", "0.0005")
    young = reed(activity="creation", started=2000, replanted=True, salinity_ppt=25.0)
    found, _ = statement(job_file(tmp_path, core_text=low, cores=CORES_JOB), tables(young))
    # 23.5 yr × 0.91 = 21 t C/ha is above the measured 2.5, and far below the natural 226
    flux = line(found, "co2_flux/bay/tidal_marsh/reed belt/soil/creation/2023")
    assert flux["value"] == pytest.approx(10 * -0.91 * 44 / 12)


AGED = """study_id,site_id,core_id,habitat,year,depth_min [cm],depth_max [cm],dry_bulk_density [g/cm3],fraction_carbon,\
carbon_measured_or_modeled,fraction_carbon_type,age
S,A,1,marsh,2020,0,20,0.5,0.04,measured,organic carbon,50
S,A,1,marsh,2020,20,100,0.5,0.04,measured,organic carbon,150
S,A,2,marsh,2020,0,50,0.5,0.04,measured,organic carbon,100
S,A,2,marsh,2020,50,100,0.5,0.04,measured,organic carbon,200
"""


def test_dated_cores_give_the_burial_rate_of_the_other_guide(tmp_path):
    cores = CORES_JOB | {"sites": {"A": "reed belt"}, "rate_years": 50}
    file = job_file(tmp_path, core_text=AGED, cores=cores)
    rate = next(m for m in field_data(file, tables(reed(), other())).measurements if m.quantity == "burial_rate")
    # 0.02 g C/cm³: 20 cm in 50 years = 40 t C/ha; 25 cm in 50 years = 50 t C/ha
    assert rate.factor().value == pytest.approx((40 / 50 + 50 / 50) / 2)
    found, records = statement(file, tables(reed(), other()), "burial-capacity", burial_account)
    buried = line(found, "burial/bay/tidal_marsh/reed belt/none/2023")
    assert buried["value"] == pytest.approx(-10 * 0.9 * 44 / 12)
    assert buried["basis"] == "measured"
    assert [r["used"] for r in records] == [False, True]


def test_the_file_behind_a_measured_number_is_explained(tmp_path):
    from methodology.explain import explain

    file = job_file(tmp_path, cores=CORES_JOB)
    found, _ = statement(file, tables(reed(), other()))
    found["inputs"]["files"] = [
        {"role": "cores", "name": "cores.csv", "sha256": "abc123"},
        {"role": "map 2023", "name": "m.gpkg", "sha256": "d"},
    ]
    text = explain(found, "carbon_stock/bay/tidal_marsh/reed belt/soil/none/2023")
    assert "cores: cores.csv, SHA-256 abc123" in text
    assert "mean of 3 cores, grade C2" in text


def codes_of(folder, survey_tables=None, **field):
    with pytest.raises(InputError) as error:
        measured(folder, survey_tables, **field)
    return [f.code for f in error.value.findings], str(error.value)


def test_all_faults_of_the_links_come_at_once(tmp_path):
    codes, text = codes_of(
        tmp_path, cores={"table": "cores.csv", "sites": {"A": "rede belt", "C": "sedges"}, "leave_out": {"9": "broken"}},
        quadrats={"table": "quadrats.csv"},
    )  # fmt: skip
    assert sorted(codes) == ["BC-FLD-01", "BC-FLD-01", "BC-FLD-02", "BC-FLD-03", "BC-FLD-03"]
    assert "reed belt" in text


def test_one_core_in_a_stratum_is_refused_with_the_remedy(tmp_path):
    codes, text = codes_of(tmp_path, cores={"table": "cores.csv", "sites": {"A": "reed belt", "B": "sedges"}})
    assert codes == ["BC-FLD-04"]
    assert "sedges" in text
    assert "ignore" in text


def test_an_ignored_site_and_a_core_left_out_do_not_count(tmp_path):
    data = measured(tmp_path, cores=CORES_JOB | {"leave_out": {"B/3": "disturbed by a channel"}})
    assert data.measurements[0].factor().value == pytest.approx(165)
    assert [(f.code, f.severity) for f in data.findings if f.code == "BC-FLD-09"] == [("BC-FLD-09", "warning")]
    data = measured(tmp_path, cores=CORES_JOB | {"sites": {"A": "reed belt", "B": "ignore"}})
    assert data.measurements[0].factor().value == pytest.approx(165)


def test_row_order_and_units_change_nothing(tmp_path):
    head, *rows = CORES.strip().split("\n")
    turned = "\n".join([head, *reversed(rows)])
    in_kg = "\n".join(
        [head.replace("[g/cm3]", "[kg/m3]"), *(r.replace(",0.5,", ",500,").replace(",0.6,", ",600,").replace(",0.4,", ",400,") for r in rows)]
    )  # fmt: skip
    wanted = measured(tmp_path, cores=CORES_JOB).measurements[0].mean
    for text in (turned, in_kg):
        got = measured(tmp_path, core_text=text, cores=CORES_JOB).measurements[0].mean
        assert (got.mean, got.half_width) == (pytest.approx(wanted.mean), pytest.approx(wanted.half_width))


def test_gaps_in_cores_widen_the_mean_and_are_told(tmp_path):
    """Core 3 without its middle: 0-10 and 90-100 cm of the same density, 80 of its 100 cm filled in."""
    text = CORES.replace(
        "S,B,3,marsh,0,100,0.4,0.03,measured,organic carbon\n",
        "S,B,3,marsh,0,10,0.4,0.03,measured,organic carbon\nS,B,3,marsh,90,100,0.4,0.03,measured,organic carbon\n",
    )
    whole = field_data(job_file(tmp_path, cores=CORES_JOB), tables(reed()))
    gapped = field_data(job_file(tmp_path, core_text=text, cores=CORES_JOB), tables(reed()))
    before, after = whole.measurements[0], gapped.measurements[0]
    assert after.mean.mean == pytest.approx(before.mean.mean) == pytest.approx((150 + 180 + 120) / 3)
    assert after.mean.shared_se > before.mean.shared_se == 0
    assert after.mean.half_width == pytest.approx(T_025[2] * 30 / 3**0.5)  # the scatter alone is the least it can be
    assert after.mean.half_width >= before.mean.half_width
    assert after.grade == "C2–C3"
    assert "27 % of the depth filled" in after.note  # 80 of 300 cm
    assert "BC-FLD-18" not in {f.code for f in whole.findings}
    (told,) = [f for f in gapped.findings if f.code == "BC-FLD-18"]
    assert told.severity == "warning"
    assert "1 of 3 cores" in told.found
    narrow = field_data(
        job_file(tmp_path, core_text=text, cores=CORES_JOB | {"most_interpolated": 0.8}), tables(reed())
    )
    assert narrow.measurements[0].mean.mean == pytest.approx(150)
    with pytest.raises(InputError) as error:
        field_data(job_file(tmp_path, core_text=text, cores=CORES_JOB | {"most_interpolated": 0.5}), tables(reed()))
    assert "BC-CORE-14" in str(error.value)


def test_factor_rows_behind_cores_are_kept_with_source_and_mark(tmp_path):
    """Organic matter only: the marsh equation; 80 of 100 cm: the constants of the tail; no gap: none of gaps."""
    text = CORES.replace("fraction_carbon,", "fraction_organic_matter,", 1).replace("0,100,0.6", "0,80,0.6")
    m = measured(tmp_path, core_text=text, cores=CORES_JOB | {"beyond": "last-layer"}).measurements[0]
    rows = {(row["quantity"], row["of"]): row for row in m.behind}
    assert rows[("oc_om_linear", "marsh")]["value"] == 0.41
    assert rows[("oc_om_linear", "marsh")]["source"] == "maxwell2023"
    assert rows[("oc_om_linear", "marsh")]["value_status"] == "reported"
    assert any(quantity == "tail_quantile_coefficient" for quantity, _ in rows)
    assert not any(quantity == "gap_quantile_coefficient" for quantity, _ in rows)
    plain = measured(tmp_path, cores=CORES_JOB).measurements[0]
    assert [row["quantity"] for row in plain.behind] == ["slice_scatter"]


@pytest.mark.parametrize("rule", ["ar-tool14", "vm0033-90", "vm0033-95", "vm0007-90"])
def test_a_discount_is_told_beside_the_mean_and_never_taken_off(rule):
    """Samples 120, 150, 180: mean 150, s.e. 17.32; t of 2 degrees of freedom 2.91999 at 90 %, 4.30265 at 95 %.

    U is 33.717 % at 90 % and 49.683 % at 95 %. AR-Tool14 takes all of U above 30 %; VM0033 what exceeds 20 % at 90 % or
    30 % at 95 %; VM0007 what exceeds 15 % at 90 %.
    """
    from pathlib import Path

    from bluecarbon.field.discount import with_discount
    from bluecarbon.field.estimate import Measurement
    from bluecarbon.field.links import FieldStratum

    expected = {"ar-tool14": 33.7171, "vm0033-90": 13.7171, "vm0033-95": 19.683, "vm0007-90": 18.7171}[rule]
    mean = sample_mean("s", [120.0, 150.0, 180.0])
    m = Measurement(
        FieldStratum("reed belt", "tidal_marsh", ()), "soil_stock_1m", "soil", mean, "cores", Path("c.csv").name, ()
    )
    (told,) = with_discount([m], rule)
    assert told.mean == mean
    assert f"would take off {expected:.3g} %" in told.note
    assert f"leaving {150 * (1 - expected / 100):.5g}" in told.note
    assert with_discount([m], None) == [m]


def test_a_discount_is_named_in_the_job(tmp_path):
    file = job_file(tmp_path, cores=CORES_JOB)
    head = file.job.survey.model_copy(update={"uncertainty_discount": "vm0033-90"})
    named = JobFile(**{**file.__dict__, "job": file.job.model_copy(update={"survey": head})})
    (m,) = field_data(named, tables(reed())).measurements
    assert "vm0033-90 (vm0033v21, read)" in m.note
    assert m.mean.mean == pytest.approx(150)
