"""Every fault of field tables in a survey has a small job of its own, and raises the finding its table says."""

import csv
from pathlib import Path

import pytest

from bluecarbon.inventory import check_survey
from bluecarbon.job import load_job
from methodology.base.errors import InputError, code_titles

BROKEN = Path(__file__).resolve().parents[2] / "sample_data" / "broken"
FAULTS = list(csv.DictReader((BROKEN / "field-faults.csv").open(encoding="utf-8")))


def test_every_job_of_the_folder_is_listed():
    assert {fault["file"] for fault in FAULTS} == {path.name for path in BROKEN.glob("survey-field-*.toml")}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["file"])
def test_each_fault_raises_its_finding(fault):
    with pytest.raises(InputError) as error:
        check_survey(load_job(BROKEN / fault["file"]))
    findings = error.value.findings
    assert fault["code"] in [finding.code for finding in findings]
    titles = {**code_titles("bluecarbon"), **code_titles("methodology")}
    for finding in findings:
        assert finding.code in titles
        assert finding.place
        assert finding.found
        assert finding.expected
        assert finding.severity == "error"
