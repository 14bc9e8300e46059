"""Downed wood, quadrats, increments, the catalogue and the commands of this room."""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bluecarbon.vegetation.catalogue import allometries, equation_sets, factors
from bluecarbon.vegetation.commands import plots
from bluecarbon.vegetation.downed import Crossings, downed_wood
from bluecarbon.vegetation.figures import biomass_by_species
from bluecarbon.vegetation.increments import paired_increment
from bluecarbon.vegetation.quadrats import Harvest, harvest_carbon
from methodology.base.errors import Findings, InputError, code_titles

ROOT = Path(__file__).resolve().parents[2]
NAN = math.nan


def test_line_intercept_by_hand():
    # Two large pieces (10 and 20 cm) on 12 m, four medium on 5 m: V = π²·500/96 and π²·4·4.52²/40 m³/ha.
    crossings = Crossings(
        transect=np.array([0, 0, 0]),
        wood_class=("large sound", "large sound", "medium"),
        length_m=np.array([12.0, 12.0, 5.0]),
        pieces=np.array([NAN, 1.0, 4.0]),
        diameter_cm=np.array([10.0, 20.0, NAN]),
        wood_density=np.full(3, NAN),
        place=("a", "b", "c"),
    )
    findings = Findings()
    volume, mass, carbon = downed_wood(crossings, 1, factors(), findings)
    large, medium = math.pi**2 * 500 / 96, math.pi**2 * 4 * 4.52**2 / 40
    assert volume[0] == pytest.approx(large + medium, rel=1e-12)
    assert mass[0] == pytest.approx(0.69 * large + 0.71 * medium, rel=1e-12)
    assert carbon[0] == pytest.approx(mass[0] / 2, rel=1e-12)
    assert not findings.errors


@pytest.mark.parametrize(
    ("wood_class", "pieces", "diameter"),
    [("medium", NAN, 5.0), ("large sound", 3.0, 20.0), ("large rotten", NAN, 20.0), ("fine", NAN, NAN)],
)
def test_wood_without_count_diameter_or_density_is_refused(wood_class, pieces, diameter):
    findings = Findings()
    row = [np.array([value]) for value in (5.0, pieces, diameter, NAN)]
    downed_wood(Crossings(np.array([0]), (wood_class,), *row, ("row 2",)), 1, factors(), findings)
    assert [finding.code for finding in findings.errors] == ["BC-VEG-17"]


def harvest(**changes):
    base = {
        "area_m2": 0.25, "dry_g": NAN, "wet_g": 500.0, "subsample_wet_g": 100.0, "subsample_dry_g": 20.0,
        "dry_se_g": NAN, "fraction_carbon": 0.4, "fraction_carbon_se": 0.02,
    }  # fmt: skip
    return Harvest(("marsh",), ("row 2",), **{k: np.array([v]) for k, v in (base | changes).items()})


def test_quadrat_by_hand():
    # 500 g wet at 20 % dry is 100 g on 0.25 m² = 0.4 kg/m² = 4 t/ha; 40 % carbon with s.e. 0.02.
    result = harvest_carbon(harvest(), factors(), Findings())
    assert result.biomass_t_ha[0] == pytest.approx(4.0, rel=1e-12)
    assert result.carbon_t_c_ha[0] == pytest.approx(1.6, rel=1e-12)
    assert result.carbon_se_t_c_ha[0] == pytest.approx(0.08, rel=1e-12)


def test_quadrat_default_fraction_is_told_with_its_mark():
    findings = Findings()
    result = harvest_carbon(harvest(fraction_carbon=NAN), factors(), findings)
    assert not result.measured[0]
    assert [f.code for f in findings] == ["BC-VEG-16"]
    assert "recalled" in findings.items[0].found


@pytest.mark.parametrize("changes", [{"wet_g": NAN}, {"subsample_dry_g": 120.0}, {"subsample_wet_g": 900.0}])
def test_impossible_quadrats_are_refused(changes):
    findings = Findings()
    harvest_carbon(harvest(**changes), factors(), findings)
    assert "BC-VEG-18" in {finding.code for finding in findings.errors}


def test_increment_by_hand_and_shared_error_acts_on_the_difference():
    first, second, years = np.array([100.0, 80.0]), np.array([110.0, 96.0]), np.array([4.0, 4.0])
    error = (np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    result = paired_increment(first, second, years, np.array([0.2, 0.2]), error)
    assert result.change_per_yr.tolist() == [2.5, 4.0]
    assert result.mean == pytest.approx(3.25)
    assert result.mean_se == pytest.approx(np.std([2.5, 4.0], ddof=1) / math.sqrt(2))
    # 20 % of the change, not of the stocks; readings of both visits over four years.
    assert result.standard_error[0] == pytest.approx(math.hypot(0.5, math.sqrt(2) / 4))
    assert result.model_se == pytest.approx(0.65)


def test_increment_refusals():
    one = np.array([1.0, 2.0])
    with pytest.raises(InputError) as refused:
        paired_increment(one, one, np.array([0.0, 1.0]), one, (one, one))
    assert refused.value.code == "BC-VEG-20"
    with pytest.raises(InputError) as refused:
        paired_increment(one[:1], one[:1], one[:1], one[:1], (one[:1], one[:1]))
    assert refused.value.code == "BC-VEG-19"


def test_rows_that_must_not_ship_are_not_there():
    coefficients = {tuple(row.coefficients.values()) for row in allometries().values()}
    kept_out = [(2.814, 1.053), (0.4699, 1.5441), (6.5088, 0.38), (3.622, 1.93), (1.496, 0.465), (1.184, 2.384),
                (2.092, 0.529), (0.1719, 1.0254)]  # fmt: skip
    assert not coefficients & set(kept_out)


def test_every_row_has_source_mark_and_a_form_and_every_source_is_cited():
    sources = {
        r["key"] for r in csv.DictReader((ROOT / "methodology/guides/sources.csv").read_text("utf-8").splitlines())
    }
    for row in (*allometries().values(), *factors()):
        assert row.source in sources, row.id
        assert row.value_status in ("read", "reported", "recalled", "local"), row.id
    for row in allometries().values():
        assert row.log_base in ("", "e", "10")
        assert (row.log_base == "10") == (row.form == "log10-power"), row.id
    for name, rows in equation_sets().items():
        assert {row.component for row in rows} == {"above", "below"}, name


def test_codes_raised_are_declared():
    declared = set(code_titles("bluecarbon"))
    text = "".join(path.read_text("utf-8") for path in (ROOT / "bluecarbon" / "vegetation").glob("*.py"))
    import re

    assert set(re.findall(r"BC-VEG-\d\d", text)) <= declared


def test_figure_shows_each_species_once():
    figure = biomass_by_species({"Rhizophora mangle": (61.6, 37.3), "Avicennia germinans": (23.8, 19.3)})
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["Avicennia germinans", "Rhizophora mangle"]


TREES_CSV = """study_id,site_id,plot_id,year,tree_id,species,alive_or_dead,diameter,diameter_kind,diameter_se
S,A,P1,2020,1,Kandelia obovata,alive,8,breast height,0.1
S,A,P1,2024,1,Kandelia obovata,alive,9,breast height,0.1
S,A,P2,2020,1,Kandelia obovata,alive,7,breast height,0.1
S,A,P2,2024,1,Kandelia obovata,alive,9,breast height,0.1
"""
PLOTS_CSV = "study_id,site_id,plot_id,plot_radius\nS,A,P1,7\nS,A,P2,7\n"


def invoke(*arguments):
    from methodology.base.errors import InputError

    runner = CliRunner()
    result = runner.invoke(plots, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, InputError | SystemExit):
        raise result.exception
    return result


def test_biomass_command_then_increments(tmp_path):
    (tmp_path / "trees.csv").write_text(TREES_CSV, encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS_CSV, encoding="utf-8")
    out = tmp_path / "biomass.csv"
    result = invoke("biomass", tmp_path / "trees.csv", tmp_path / "plots.csv", "--out", out, "--json")
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["plot_id"], row["year"]) for row in rows] == [
        ("P1", "2020"),
        ("P1", "2024"),
        ("P2", "2020"),
        ("P2", "2024"),
    ]
    area = 49 * math.pi
    assert float(rows[0]["biomass_above_t_ha"]) == pytest.approx(0.251 * 0.525 * 8**2.46 * 10 / area, rel=1e-11)
    result = invoke("increments", out, "--json")
    told = json.loads(result.stdout)
    kg = {d: 0.48 * 0.251 * 0.525 * d**2.46 + 0.39 * 0.199 * 0.525**0.899 * d**2.22 for d in (7, 8, 9)}
    changes = [(kg[9] - kg[8]) * 10 / area / 4, (kg[9] - kg[7]) * 10 / area / 4]
    assert [row["change_t_c_ha_yr"] for row in told["rows"]] == pytest.approx(changes, rel=1e-9)
    assert told["mean"] == pytest.approx(sum(changes) / 2, rel=1e-9)


def test_refused_input_leaves_no_output(tmp_path):
    (tmp_path / "trees.csv").write_text(TREES_CSV.replace("breast height", ""), encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS_CSV.replace("S,A,P2,7\n", ""), encoding="utf-8")
    out = tmp_path / "biomass.csv"
    result = invoke("biomass", tmp_path / "trees.csv", tmp_path / "plots.csv", "--out", out)
    assert {finding.code for finding in result.exception.findings} == {"BC-VEG-06", "BC-VEG-07"}
    assert not out.exists()


def test_help_imports_nothing_heavy():
    heavy = "('pandas', 'scipy', 'matplotlib', 'sympy', 'numpy')"
    code = f"import sys; from bluecarbon.vegetation import commands; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_codes_have_both_languages():
    text = resources.files("bluecarbon.vegetation").joinpath("codes.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        assert row["en"]
        assert row["zh"]


def test_other_spellings_find_their_species_and_sets_are_compared(tmp_path):
    trees = TREES_CSV.replace("Kandelia obovata", "Bruguiera  gymnorrhiza")
    (tmp_path / "trees.csv").write_text(trees, encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS_CSV, encoding="utf-8")
    arguments = (
        "biomass",
        tmp_path / "trees.csv",
        tmp_path / "plots.csv",
        "--equations",
        "south-china",
        "--compare",
        "--json",
    )
    told = json.loads(invoke(*arguments).stdout)
    area = 49 * math.pi
    assert told["rows"][0]["biomass_above_t_ha"] == pytest.approx(0.186 * 8**2.31 * 10 / area, rel=1e-11)
    compared = {row["set"]: row for row in told["compared"]}
    assert compared["smith-whelan-2006"]["reason"].startswith("BC-VEG-02")
    means = [0.48 * 0.251 * 0.71 * d**2.46 + 0.39 * 0.199 * 0.71**0.899 * d**2.22 for d in (8, 9, 7, 9)]
    assert compared["komiyama-2005"]["carbon_total_t_c_ha"] == pytest.approx(sum(means) / 4 * 10 / area, rel=1e-9)


def test_picture_of_another_kind_is_refused(tmp_path):
    (tmp_path / "trees.csv").write_text(TREES_CSV, encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS_CSV, encoding="utf-8")
    out = tmp_path / "biomass.csv"
    result = invoke("biomass", tmp_path / "trees.csv", tmp_path / "plots.csv", "--figure", "x.doc", "--out", out)
    assert result.exception.code == "BC-SAM-08"
    assert not out.exists()


OWN_HEAD = "id,taxon,component,form,diameter_kind,a,b,source"


def test_own_equations_serve_by_form_and_coefficients(tmp_path):
    (tmp_path / "trees.csv").write_text(TREES_CSV, encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS_CSV, encoding="utf-8")
    (tmp_path / "own.csv").write_text(f"{OWN_HEAD}\nmine,Kandelia obovata,above,power,breast height,0.1,2,my thesis\n")
    (tmp_path / "set.csv").write_text(
        "taxon,component,equation\nKandelia obovata,above,mine\nany,below,komiyama-2005-below\n"
    )
    arguments = (
        "biomass",
        tmp_path / "trees.csv",
        tmp_path / "plots.csv",
        "--json",
        "--equations",
        tmp_path / "set.csv",
    )
    told = json.loads(invoke(*arguments, "--allometries", tmp_path / "own.csv").stdout)
    assert told["rows"][0]["biomass_above_t_ha"] == pytest.approx(0.1 * 64 * 10 / (49 * math.pi), rel=1e-11)
    assert told["equations"][0] == {
        "component": "above", "equation": "mine", "stems": 4, "source": "my thesis", "value_status": "local",
    }  # fmt: skip
    assert invoke(*arguments).exception.code == "BC-VEG-15"


def test_faulty_own_equations_are_refused_all_at_once(tmp_path):
    (tmp_path / "trees.csv").write_text(TREES_CSV, encoding="utf-8")
    (tmp_path / "plots.csv").write_text(PLOTS_CSV, encoding="utf-8")
    rows = ["a,X y,above,0.1*D**2,breast height,0.1,2,s", "b,X y,above,power,knee,0.1,2,s", "c,X y,above,power,basal,0.1,,s",
            "d,X y,above,power,basal,0.1,2,"]  # fmt: skip
    (tmp_path / "own.csv").write_text("\n".join([OWN_HEAD, *rows]) + "\n")
    result = invoke("biomass", tmp_path / "trees.csv", tmp_path / "plots.csv", "--allometries", tmp_path / "own.csv")
    assert [finding.code for finding in result.exception.findings] == ["BC-VEG-15"] * 4
