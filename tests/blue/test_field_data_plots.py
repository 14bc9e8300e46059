"""Tree plots in a survey: carbon worked by hand from one equation, and the sample survey from job to report."""

import json
import math
from pathlib import Path

import pytest

from bluecarbon.accounts.areas import SurveyTables
from bluecarbon.classes import AccountingClass
from bluecarbon.field.measured import field_data
from bluecarbon.field.pictures import field_pictures
from bluecarbon.inventory import survey_statement
from bluecarbon.job import Job, JobFile, load_job
from bluecarbon.outputs import run_job
from bluecarbon.survey import read_survey
from methodology.reporting.html import html_of

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
TREES = """study_id,site_id,plot_id,year,species,alive_or_dead,diameter [cm],diameter_kind,diameter_se [cm],wood_density [g/cm3]
S,A,P1,2023,Kandelia obovata,alive,10,breast height,0,0.5
S,A,P2,2023,Kandelia obovata,alive,20,breast height,0,0.5
"""
PLOTS = """study_id,site_id,plot_id,year,stratum,habitat,plot_area [m2]
S,A,P1,2023,belt,mangrove,100
S,A,P2,2023,belt,mangrove,100
"""
T_1 = 12.706204736  # two-sided 95 % of Student's t, 1 degree of freedom


def belt(folder, trees=TREES, plot_rows=PLOTS, **plots):
    (folder / "trees.csv").write_text(trees, encoding="utf-8")
    (folder / "plots.csv").write_text(plot_rows, encoding="utf-8")
    job = Job.model_validate({
        "survey": {"title": "t", "guide": "ipcc-wetlands-2013"},
        "legend": {"11": {"habitat": "mangrove", "stratum": "belt"}},
        "map": [{"date": 2023, "path": "x"}],
        "plots": {"trees": "trees.csv", "plots": "plots.csv", "equations": "komiyama-2005", **plots},
    })  # fmt: skip
    c = AccountingClass("b", "mangrove", "belt", soil="mineral", climate="subtropical", activity="none")
    tables = SurveyTables({"b": c}, ("2023",), {"2023": 2023.5}, (), {("bay", "b", "2023"): 1.0}, {}, {"2023": 5.0}, {})
    return field_data(JobFile(job, folder / "survey.toml"), tables)


def test_carbon_of_two_plots_by_hand(tmp_path):
    above, below = belt(tmp_path, model_error=0).measurements
    # 0.251 ρ D^2.46 and 0.199 ρ^0.899 D^2.22 kg (komiyama2005) on 100 m² are tenths of t/ha; carbon 0.48 and 0.39
    shoots = [0.251 * 0.5 * d**2.46 / 10 * 0.48 for d in (10, 20)]
    roots = [0.199 * 0.5**0.899 * d**2.22 / 10 * 0.39 for d in (10, 20)]
    assert above.factor().value == pytest.approx(sum(shoots) / 2, rel=1e-9)
    assert below.factor().value == pytest.approx(sum(roots) / 2, rel=1e-9)
    assert above.mean.sampling_se == pytest.approx((shoots[1] - shoots[0]) / 2, rel=1e-9)
    assert above.year == 2023.5
    assert (above.part, above.pool, below.part) == ("above", "above_ground_biomass", "below")


def test_the_error_of_the_equation_is_shared_by_all_plots(tmp_path):
    above = belt(tmp_path, model_error=0.2).measurements[0]
    fraction = 0.009555 / 0.48  # standard deviation of a uniform from 0.4669 to 0.5, over the fraction
    assert above.mean.shared_se == pytest.approx(above.mean.mean * math.hypot(0.2, fraction), rel=1e-3)
    assert above.mean.half_width < T_1 * math.hypot(above.mean.sampling_se, above.mean.shared_se)


def test_species_of_a_stratum_for_the_picture(tmp_path):
    species = belt(tmp_path).plots.by_species["belt"]
    mass = sum(0.251 * 0.5 * d**2.46 / 10 for d in (10, 20)) / 2
    assert species["Kandelia obovata"][0] == pytest.approx(mass, rel=1e-9)


def test_the_last_visit_of_a_plot_counts(tmp_path):
    earlier = TREES + "S,A,P1,2013,Kandelia obovata,alive,2,breast height,0,0.5\n"
    plots = PLOTS + "S,A,P1,2013,belt,mangrove,100\n"
    now = belt(tmp_path).measurements[0].mean.mean
    data = belt(tmp_path, earlier, plots)
    assert data.measurements[0].mean.mean == pytest.approx(now)
    assert "BC-FLD-15" in [f.code for f in data.findings]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    out = tmp_path_factory.mktemp("measured")
    run_job(SAMPLE / "survey_measured.toml", out, "en", draws=500)
    return out


def test_the_sample_survey_says_what_every_stock_stands_on(sample):
    statement = json.loads((sample / "statement.json").read_text(encoding="utf-8"))
    stocks = [n for n in statement["lines"] if n["quantity"] == "carbon_stock" and n["value"] is not None]
    assert {n["basis"] for n in stocks} == {"measured", "default", "mixed"}
    for n in stocks:
        assert n["data_quality"].startswith("measured: ") == (n["basis"] != "default")
    roles = {f["role"]: f["sha256"] for f in statement["inputs"]["files"]}
    assert {"cores", "dating", "trees", "plots", "quadrats"} <= set(roles)
    for factor in statement["inputs"]["factors"]:
        if factor["guide"] == "measured":
            assert set(factor["files"]) <= set(roles)


def test_effects_add_up_to_the_difference_of_the_totals(sample):
    plain, _ = survey_statement(read_survey(load_job(SAMPLE / "survey.toml")), draws=100)
    found = json.loads((sample / "statement.json").read_text(encoding="utf-8"))
    totals = [next(n["value"] for n in s["lines"] if n["id"] == "carbon_stock/2023") for s in (found, plain)]
    effects = [r["effect"] for r in found["measured"] if r["effect_unit"] == "t_C" and r["effect"] is not None]
    assert totals[0] - totals[1] == pytest.approx(sum(effects))


def test_the_report_shows_section_and_pictures_in_both_languages(sample):
    text = (sample / "report.html").read_text(encoding="utf-8")
    assert 'id="measured"' in text
    for words in ("Where cores were taken", "Carbon by depth", "excess ²¹⁰Pb", "Biomass by species"):
        assert words in text
    found = json.loads((sample / "statement.json").read_text(encoding="utf-8"))
    pictures = field_pictures(read_survey(load_job(SAMPLE / "survey_measured.toml")), "zh")
    text = html_of(found, "zh", pictures)
    for words in ("野外实测", "柱样位置", "各树种生物量"):
        assert words in text


def test_equal_runs_give_equal_reports(sample, tmp_path):
    run_job(SAMPLE / "survey_measured.toml", tmp_path, "en", draws=500)
    for name in ("report.html", "statement.json"):
        assert (tmp_path / name).read_bytes() == (sample / name).read_bytes()
