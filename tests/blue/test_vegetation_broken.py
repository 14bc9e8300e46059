"""Each fault file of plots, dating and planning is answered with the code it is named for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bluecarbon.dating.commands import dating
from bluecarbon.sampling.commands import plan
from bluecarbon.vegetation.commands import plots
from methodology.base.errors import InputError

BROKEN = Path(__file__).resolve().parents[2] / "sample_data" / "broken"
PLOTS = "study_id,site_id,plot_id\nBay_2025,North,P1\n"
REFUSED = {
    "dating-activity-without-unit": "BC-TAB-05",
    "dating-no-supported-activity": "BC-DAT-01",
    "dating-missing-section": "BC-DAT-08",
    "dating-overlapping-sections": "BC-DAT-09",
    "dating-inverted-section": "BC-DAT-09",
    "dating-rising-activity": "BC-DAT-11",
    "dating-no-excess": "BC-DAT-10",
    "dating-two-coring-years": "BC-DAT-20",
    "dating-density-in-kg": "BC-TAB-11",
    "dating-excess-and-total-swapped": "BC-DAT-13",
    "plots-height-in-centimetres": "BC-VEG-13",
    "plots-kind-of-diameter-not-stated": "BC-VEG-06",
    "plots-species-without-wood-density": "BC-VEG-05",
    "plots-tree-of-unlisted-plot": "BC-VEG-07",
    "plots-no-area": "BC-VEG-08",
    "plots-area-in-hectares": "BC-VEG-23",
    "plots-radius-is-half-the-area": "BC-VEG-09",
    "plots-dead-without-decay-class": "BC-VEG-11",
    "plots-alive-or-dead-not-stated": "BC-VEG-12",
    "plots-same-stem-twice": "BC-TAB-12",
    "plots-diameter-zero": "BC-VEG-13",
    "plots-diameter-and-girth-disagree": "BC-VEG-13",
    "plots-basal-diameter-for-breast-height-equation": "BC-VEG-02",
    "plots-two-wood-densities": "BC-VEG-03",
    "plots-wood-rotten-without-density": "BC-VEG-17",
    "plots-quadrat-dry-above-wet": "BC-VEG-18",
    "plan-stratum-without-spread": "BC-SAM-07",
}
WARNED = {
    "dating-activities-without-errors": "BC-DAT-02",
    "dating-mixed-top": "BC-DAT-03",
    "dating-jump-in-tail": "BC-DAT-04",
    "dating-core-too-short": "BC-DAT-05",
    "dating-caesium-peak-at-surface": "BC-DAT-15",
    "plots-stem-outside-range": "BC-VEG-01",
    "plots-girth-entered-as-diameter": "BC-VEG-13",
    "plots-diameter-in-millimetres": "BC-VEG-13",
    "plots-one-stem-in-millimetres": "BC-VEG-13",
    "plots-radius-in-another-unit": "BC-VEG-22",
}


def run(name, tmp_path):
    file, out = str(BROKEN / f"{name}.csv"), tmp_path / "out.csv"
    (tmp_path / "plots.csv").write_text(PLOTS, encoding="utf-8")
    if name.startswith("dating"):
        result = CliRunner().invoke(dating, [file, "--model", "crs", "--out", str(out)])
    elif name.startswith("plan"):
        result = CliRunner().invoke(plan, [file, "--out", str(out)])
    elif "wood-rotten" in name:
        result = CliRunner().invoke(plots, ["wood", file, "--out", str(out)])
    elif "quadrat" in name:
        result = CliRunner().invoke(plots, ["quadrats", file, "--out", str(out)])
    else:
        result = CliRunner().invoke(plots, ["biomass", file, str(tmp_path / "plots.csv"), "--out", str(out)])
    return result, out


@pytest.mark.parametrize(("name", "code"), REFUSED.items(), ids=list(REFUSED))
def test_fault_is_refused_by_its_code_and_nothing_is_written(name, code, tmp_path):
    result, out = run(name, tmp_path)
    assert isinstance(result.exception, InputError), result.output
    assert {finding.code for finding in result.exception.findings if finding.severity == "error"} == {code}
    assert not out.exists()


@pytest.mark.parametrize(("name", "code"), WARNED.items(), ids=list(WARNED))
def test_fault_that_does_not_stop_is_told(name, code, tmp_path):
    result, out = run(name, tmp_path)
    assert result.exit_code == 0, result.exception or result.output
    assert f"warning: {code}" in result.stderr
    assert out.exists()


def test_every_fault_file_of_these_rooms_is_tested():
    found = {p.stem for prefix in ("dating", "plots", "plan") for p in BROKEN.glob(f"{prefix}-*.csv")}
    assert found == {*REFUSED, *WARNED}


def test_girth_gives_the_same_tree_as_its_diameter(tmp_path):
    head = "study_id,site_id,plot_id,species,alive_or_dead,{},diameter_kind,plot_radius\n"
    row = "Bay_2025,North,P1,Kandelia obovata,alive,{},breast height,7\n"
    carbon = []
    for column, value in (("diameter [cm]", 8.0), ("girth [cm]", 8.0 * 3.141592653589793)):
        (tmp_path / "trees.csv").write_text(head.format(column) + row.format(repr(value)), encoding="utf-8")
        (tmp_path / "plots.csv").write_text(PLOTS, encoding="utf-8")
        run_it = CliRunner().invoke(
            plots, ["biomass", str(tmp_path / "trees.csv"), str(tmp_path / "plots.csv"), "--json"]
        )
        assert run_it.exit_code == 0, run_it.output
        carbon.append(json.loads(run_it.stdout)["rows"][0]["carbon_total_t_c_ha"])
    assert carbon[0] == pytest.approx(carbon[1], rel=1e-12)


def test_a_misspelt_species_is_named(tmp_path):
    (tmp_path / "trees.csv").write_text(
        "study_id,site_id,plot_id,species,alive_or_dead,diameter [cm],diameter_kind,plot_radius\n"
        "Bay_2025,North,P1,Kandelia obovta,alive,8,breast height,7\n", encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "plots.csv").write_text(PLOTS, encoding="utf-8")
    result = CliRunner().invoke(plots, ["biomass", str(tmp_path / "trees.csv"), str(tmp_path / "plots.csv")])
    assert "Did you mean Kandelia obovata?" in str(result.exception.findings[0])
