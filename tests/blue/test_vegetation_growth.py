"""Growth of survivors, ingrowth and mortality by tag, worked by hand from one equation."""

import csv
import json
import math

import pytest
from click.testing import CliRunner

from bluecarbon.vegetation.commands import plots
from methodology.base.errors import InputError

HEAD = "study_id,site_id,plot_id,year,tree_id,species,alive_or_dead,decay_class,diameter [cm],diameter_se [cm],\
diameter_kind,wood_density [g/cm3]\n"
VISITS = """S,A,P1,2013,1,Kandelia obovata,alive,,8,0.1,breast height,0.5
S,A,P1,2013,2,Kandelia obovata,alive,,6,0.1,breast height,0.5
S,A,P1,2013,3,Kandelia obovata,alive,,5,0.1,breast height,0.5
S,A,P1,2023,1,Kandelia obovata,alive,,10,0.1,breast height,0.5
S,A,P1,2023,2,Kandelia obovata,dead,2,6,0.1,breast height,0.5
S,A,P1,2023,9,Kandelia obovata,alive,,4,0.1,breast height,0.5
S,A,P2,2013,1,Kandelia obovata,alive,,8,0.1,breast height,0.5
S,A,P2,2023,1,Kandelia obovata,alive,,9,0.1,breast height,0.5
"""
PLOTS = """study_id,site_id,plot_id,year,plot_area [m2]
S,A,P1,2013,100
S,A,P1,2023,100
S,A,P2,2013,100
S,A,P2,2023,100
"""


def carbon(d):
    """komiyama2005 on 100 m²: a tenth of the kg is t/ha; carbon 0.48 above, 0.39 below."""
    return 0.251 * 0.5 * d**2.46 / 10 * 0.48 + 0.199 * 0.5**0.899 * d**2.22 / 10 * 0.39


def slope(d):
    return 0.251 * 0.5 * 2.46 * d**1.46 / 10 * 0.48 + 0.199 * 0.5**0.899 * 2.22 * d**1.22 / 10 * 0.39


def run(folder, trees=VISITS):
    (folder / "trees.csv").write_text(HEAD + trees, encoding="utf-8")
    (folder / "plots.csv").write_text(PLOTS, encoding="utf-8")
    arguments = [
        "biomass",
        str(folder / "trees.csv"),
        str(folder / "plots.csv"),
        "--growth",
        str(folder / "growth.csv"),
    ]
    return CliRunner().invoke(plots, [*arguments, "--json"])


def test_survivors_ingrowth_and_mortality_by_hand(tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    with open(tmp_path / "growth.csv", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert [first[name] for name in ("survivors", "recruits", "dead", "gone")] == ["1", "1", "1", "1"]
    grown, recruits, lost = carbon(10) - carbon(8), carbon(4), -(carbon(6) + carbon(5))
    for name, wanted in (
        ("growth", grown),
        ("ingrowth", recruits),
        ("mortality", lost),
        ("net", grown + recruits + lost),
    ):
        assert float(first[f"{name}_t_c_ha_yr"]) == pytest.approx(wanted / 10, rel=1e-9)
    readings = math.sqrt(sum((0.1 * slope(d)) ** 2 for d in (8, 6, 5, 10, 4))) / 10
    assert float(first["net_se_readings"]) == pytest.approx(readings, rel=1e-6)
    assert float(first["net_se_model"]) == pytest.approx(0.22 * abs(grown + recruits + lost) / 10, rel=1e-9)
    means = {row["kind"]: row for row in json.loads(result.stdout)["growth"]}
    other = carbon(9) - carbon(8)
    assert means["growth"]["mean_t_c_ha_yr"] == pytest.approx((grown + other) / 20, rel=1e-9)
    assert means["growth"]["se_between_plots"] == pytest.approx(abs(grown - other) / 20, rel=1e-9)
    assert float(second["net_t_c_ha_yr"]) == pytest.approx(other / 10, rel=1e-9)


def test_a_stem_without_a_tag_is_refused(tmp_path):
    result = run(tmp_path, VISITS.replace("S,A,P2,2013,1,", "S,A,P2,2013,,"))
    assert isinstance(result.exception, InputError)
    assert result.exception.code == "BC-VEG-19"
    assert not (tmp_path / "growth.csv").exists()


def test_a_stem_that_shrank_is_told(tmp_path):
    result = run(
        tmp_path, VISITS.replace("S,A,P2,2023,1,Kandelia obovata,alive,,9,", "S,A,P2,2023,1,Kandelia obovata,alive,,7,")
    )
    assert result.exit_code == 0
    assert "BC-VEG-21" in [finding["code"] for finding in json.loads(result.stdout)["findings"]]


def test_downed_wood_stands_beside_the_trees_of_its_plot(tmp_path):
    """P1: two lines of 5 m crossed by 3 and 1 medium pieces, π² n 4.52²/(8·5) m³/ha of 0.71, half carbon; P2 has none."""
    wood = "study_id,site_id,plot_id,transect_id,wood_class,transect_length [m],pieces\nS,A,P1,T1,medium,5,3\nS,A,P1,T2,medium,5,1\n"
    (tmp_path / "wood.csv").write_text(wood, encoding="utf-8")
    (tmp_path / "trees.csv").write_text(HEAD + VISITS, encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS, encoding="utf-8")
    files = [str(tmp_path / name) for name in ("trees.csv", "plots.csv")]
    result = CliRunner().invoke(plots, ["biomass", *files, "--wood", str(tmp_path / "wood.csv"), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    rows = {(row["plot_id"], row["year"]): row["carbon_downed_t_c_ha"] for row in found["rows"]}
    lines = [math.pi**2 * n * 4.52**2 / 40 * 0.71 * 0.5 for n in (3, 1)]
    assert rows["P1", "2023"] == pytest.approx(sum(lines) / 2, rel=1e-9)
    assert rows["P2", "2023"] is None
    assert "BC-VEG-17" in [finding["code"] for finding in found["findings"]]
