"""Every fault of a survey has a small job of its own, and raises the finding its table says, once and clearly."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from bluecarbon.commands import check, run_survey
from bluecarbon.inventory import check_survey
from bluecarbon.job import load_job
from methodology.base.errors import InputError, code_titles

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
BROKEN = SAMPLE / "broken"
FAULTS = list(csv.DictReader((BROKEN / "survey-faults.csv").open(encoding="utf-8")))


@pytest.mark.filterwarnings("ignore:Dataset has no geotransform")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["file"])
def test_each_fault_raises_its_finding(fault):
    with pytest.raises(InputError) as error:
        check_survey(load_job(BROKEN / fault["file"]))
    codes = [finding.code for finding in error.value.findings]
    assert fault["code"] in codes
    titles = {**code_titles("bluecarbon"), **code_titles("methodology")}
    for finding in error.value.findings:
        assert finding.code in titles
        assert finding.place
        assert finding.found
        assert finding.expected


def test_all_faults_of_a_job_come_at_once(tmp_path):
    path = tmp_path / "survey.toml"
    path.write_text(
        '[survey]\ntitel = "x"\nguide = "ipcc-wetlands-2013"\nclimate = "subtropcal"\n[legend]\n'
        '"1" = { habitat = "seagrass", cover = 80, soil = "minral" }\n"2" = "ignroe"\n[[map]]\ndate = "never"\npaht = "x"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        load_job(path)
    text = str(error.value)
    codes = sorted(finding.code for finding in error.value.findings)
    assert codes == ["BC-JOB-02", "BC-JOB-02", "BC-JOB-03", "BC-JOB-03"] + ["BC-JOB-04"] * 4 + ["BC-JOB-06"]
    for nearest in ("'title'", "'path'", "'subtropical'", "'mineral'", "'ignore'", "write 0.8"):
        assert nearest in text


def test_check_prints_findings_without_traceback_and_exits_1():
    result = CliRunner().invoke(check, [str(BROKEN / "survey-unknown-class.toml")])
    assert result.exit_code == 1
    assert "BC-MAP-28" in result.output
    assert "'77'" in result.output
    assert "'78'" in result.output
    assert "Traceback" not in result.output


def test_nothing_is_written_when_a_job_stops(tmp_path):
    result = CliRunner().invoke(run_survey, [str(BROKEN / "survey-missing-crs.toml"), "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, InputError)
    assert not (tmp_path / "out").exists()


def test_output_never_overwrites_an_input(tmp_path):
    (tmp_path / "layers.gpkg").write_bytes((SAMPLE / "habitats_2015.gpkg").read_bytes())
    text = (SAMPLE / "survey.toml").read_text(encoding="utf-8")
    text = text.replace("habitats_2015.gpkg", "layers.gpkg").partition("[[map]]\ndate = 2023")[0]
    (tmp_path / "survey.toml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(run_survey, [str(tmp_path / "survey.toml"), "--out", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert result.exception.code == "ME-OUT-02"


def test_an_unwritable_output_is_one_clear_finding(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    result = CliRunner().invoke(run_survey, [str(SAMPLE / "survey.toml"), "--out", str(blocked / "out")])
    assert isinstance(result.exception, InputError)
    assert result.exception.code == "ME-OUT-01"
