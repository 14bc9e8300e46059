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
from methodology.base.errors import InputError
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
    every = math.sqrt(above.mean.sampling_se**2 + above.mean.shared_se**2 + above.mean.paired_se**2)
    assert above.mean.half_width < T_1 * every


def test_shoots_and_roots_add_up_with_the_errors_they_have_in_common(tmp_path):
    """Two plots: scatter of shoots and roots goes wholly together, as do the errors of their equations."""
    above, below = (m.mean for m in belt(tmp_path, model_error=0.2).measurements)
    independent = [mean.sampling_se**2 + mean.shared_se**2 + mean.paired_se**2 for mean in (above, below)]
    sampling = (above.sampling_se + below.sampling_se) ** 2
    # relative standard deviations of the uniform fractions 0.4669 to 0.5 and 0.329 to 0.451 (variance width²/12)
    fraction = [(0.5 - 0.4669) / math.sqrt(12) / 0.48, (0.451 - 0.329) / math.sqrt(12) / 0.39]
    equation = (0.2 * (above.mean + below.mean)) ** 2
    shared = equation + (fraction[0] * above.mean) ** 2 + (fraction[1] * below.mean) ** 2
    assert sum(independent) == pytest.approx(sampling + shared, rel=1e-3)


DEAD = """study_id,site_id,plot_id,year,species,alive_or_dead,decay_class,diameter [cm],diameter_kind,wood_density [g/cm3]
S,A,P1,2023,Kandelia obovata,alive,,10,breast height,0.5
S,A,P1,2023,Kandelia obovata,dead,2,10,breast height,0.5
S,A,P2,2023,Kandelia obovata,alive,,20,breast height,0.5
S,A,P2,2023,Kandelia obovata,dead,3,20,breast height,0.5
"""
WOOD = """study_id,site_id,plot_id,transect_id,wood_class,transect_length,pieces,diameter [cm]
S,A,P1,T1,medium,5,3,
S,A,P1,T2,medium,5,1,
S,A,P2,T1,large sound,10,,12
"""


def test_dead_wood_of_two_plots_by_hand(tmp_path):
    """Standing: 0.251 ρ D^2.46 kg on 100 m², 85 % and 50 % left, carbon 0.48. Downed: π² Σd²/(8 L) m³/ha, half carbon."""
    (tmp_path / "wood.csv").write_text(WOOD, encoding="utf-8")
    found = belt(tmp_path, DEAD, wood="wood.csv", dead_wood="standing and downed").measurements
    (dead,) = [m for m in found if m.quantity == "dead_wood_stock"]
    standing = [0.251 * 0.5 * d**2.46 / 10 * left * 0.48 for d, left in ((10, 0.85), (20, 0.5))]
    lines = [math.pi**2 * n * 4.52**2 / (8 * 5) * 0.71 * 0.5 for n in (3, 1)]
    downed = [sum(lines) / 2, math.pi**2 * 12**2 / (8 * 10) * 0.69 * 0.5]
    plots = [a + b for a, b in zip(standing, downed, strict=True)]
    assert dead.factor().value == pytest.approx(sum(plots) / 2, rel=1e-9)
    assert dead.mean.sampling_se == pytest.approx(abs(plots[0] - plots[1]) / 2, rel=1e-9)
    assert (dead.pool, dead.mean.count) == ("dead_wood", 2)
    assert {"quantity": "decay_factor", "of": "3", "value": 0.5, "unit": "1", "source": "morrissette2023",
            "value_status": "read"} in dead.behind  # fmt: skip
    assert {row["quantity"] for row in dead.behind} >= {"wood_class_diameter", "wood_class_density", "carbon_fraction"}
    assert "downed wood" in dead.roles


def test_standing_dead_alone_is_a_lower_bound_and_told_so(tmp_path):
    (dead,) = [m for m in belt(tmp_path, DEAD, dead_wood="standing").measurements if m.pool == "dead_wood"]
    assert dead.mean.mean == pytest.approx(
        sum(0.251 * 0.5 * d**2.46 * s for d, s in ((10, 0.85), (20, 0.5))) / 20 * 0.48
    )
    assert "downed wood was not searched for: a lower bound" in dead.note


def test_dead_stems_without_a_word_on_dead_wood_leave_the_default(tmp_path):
    data = belt(tmp_path, DEAD)
    assert all(m.pool != "dead_wood" for m in data.measurements)
    assert "BC-FLD-17" in [f.code for f in data.findings]


def test_transects_of_an_unlisted_plot_are_refused(tmp_path):
    (tmp_path / "wood.csv").write_text(WOOD.replace("S,A,P2,T1", "S,A,P9,T1"), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        belt(tmp_path, DEAD, wood="wood.csv", dead_wood="standing and downed")
    assert refusal.value.code == "BC-FLD-17"


def test_a_plot_without_transects_is_left_out_and_told(tmp_path):
    third = "S,A,P3,2023,Kandelia obovata,dead,2,10,breast height,0.5\n"
    (tmp_path / "wood.csv").write_text(WOOD, encoding="utf-8")
    data = belt(tmp_path, DEAD + third.replace(",10,", ",10,"), PLOTS + "S,A,P3,2023,belt,mangrove,100\n",
                wood="wood.csv", dead_wood="standing and downed")  # fmt: skip
    (dead,) = [m for m in data.measurements if m.pool == "dead_wood"]
    assert dead.mean.count == 2
    assert [f.severity for f in data.findings if f.code == "BC-FLD-17"] == ["warning"]


def test_factors_behind_a_mean_are_named_with_their_marks(tmp_path):
    trees = TREES.replace(",wood_density [g/cm3]", "").replace(",0.5\n", "\n")
    above, below = belt(tmp_path, trees).measurements
    rows = [(row["quantity"], row["of"], row["value"], row["source"], row["value_status"]) for row in above.behind]
    assert ("allometry", "komiyama-2005-above", None, "komiyama2005", "reported") in rows
    assert ("wood_density", "Kandelia obovata", 0.525, "usfs-r-training", "reported") in rows
    assert ("carbon_fraction", "above", 0.48, "morrissette2023", "read") in rows
    assert ("model_error", "", 0.22, "equation-spread", "local") in rows
    assert 0.39 in [row["value"] for row in below.behind]


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
    for words in ("Where cores were taken", "Carbon by depth", "excess ²¹⁰Pb", "Biomass by species", "error of an equation 0.22",
                  "equation-spread, own estimate", "4 cores to 100 cm"):  # fmt: skip
        assert words in text
    found = json.loads((sample / "statement.json").read_text(encoding="utf-8"))
    pictures = field_pictures(read_survey(load_job(SAMPLE / "survey_measured.toml")), "zh")
    drawn = "".join(picture["svg"] for picture in pictures)
    for words in ("过剩 ²¹⁰Pb [Bq/kg]", "年龄 [采样前年数]", "地上", "深度 [cm]", "有机碳 [kg C/m³]"):
        assert words in drawn
    text = html_of(found, "zh", pictures)
    for words in (
        "野外实测",
        "柱样位置",
        "各树种生物量",
        "过剩 ²¹⁰Pb",
        "本工具自行估计",
    ):
        assert words in text


def test_equal_runs_give_equal_reports(sample, tmp_path):
    run_job(SAMPLE / "survey_measured.toml", tmp_path, "en", draws=500)
    for name in ("report.html", "statement.json"):
        assert (tmp_path / name).read_bytes() == (sample / name).read_bytes()
