"""Rules between the entries of a job file, told together with every other fault of it."""

import datetime

import pytest

from bluecarbon.job import load_job
from bluecarbon.job_dates import date_label, date_span, date_year
from methodology.base.errors import InputError

HEAD = '[survey]\ntitle = "t"\nguide = "ipcc-wetlands-2013"\n{survey}\n[legend]\n"1" = {{ habitat = "seagrass" }}\n'
RELEASE = '[[release]]\nfrom_habitat = "{}"\nto_habitat = "{}"\npool = "{}"\nfraction = 0.5\nsource = "s"\n'
BURIAL = '[[burial]]\nhabitat = "seagrass"\n{}density_g_cm3 = 1\norganic_carbon = 0.01\naccretion_mm_per_year = 2\nsource = "s"\n'


def load(folder, dates=("2015",), more="", survey="", paths=None):
    paths = paths or [f'path = "{n}.gpkg"' for n in range(len(dates))]
    maps = "".join(f"[[map]]\ndate = {date}\n{path}\n" for date, path in zip(dates, paths, strict=True))
    (folder / "survey.toml").write_text(HEAD.format(survey=survey) + maps + more, encoding="utf-8")
    return load_job(folder / "survey.toml")


def findings(folder, *args, **named):
    with pytest.raises(InputError) as error:
        load(folder, *args, **named)
    return error.value.findings


def test_days_a_date_covers():
    assert date_span(2016) == (datetime.date(2016, 1, 1), datetime.date(2016, 12, 31))
    span = {"start": datetime.date(2019, 5, 1), "end": 2019}
    assert date_span(span) == (datetime.date(2019, 5, 1), datetime.date(2019, 12, 31))
    # 1 May is day 120 of 365 counted from nought: (2019 + 120/365 + 2019.5) / 2
    assert date_year(span) == pytest.approx((2019 + 120 / 365 + 2019.5) / 2, abs=1e-12)
    assert date_label(span) == "2019-05-01..2019"


@pytest.mark.parametrize(
    "dates",
    [
        ("2015", "{ start = 2015-01-01, end = 2016-01-01 }"),
        ("{ start = 2014, end = 2016 }", "2015"),
        ("2019-05-01", "2019-05-30"),
        ("2019-05-30", "2019-05-01"),
        ("2015-06-01", "2015"),
        ("2010", "{ start = 2019-05-01, end = 2019-09-30 }", "2019-09-30"),
    ],
)
def test_dates_that_leave_no_period_are_refused(tmp_path, dates):
    found = findings(tmp_path, dates)
    assert [finding.code for finding in found] == ["BC-JOB-09"]
    assert "[[map]]" in found[0].place
    assert found[0].remedy


@pytest.mark.parametrize(
    "dates",
    [
        ("2015", "2016"),
        ("2019-05-01", "2019-06-01"),
        ("{ start = 2019-05-01, end = 2019-06-30 }", "{ start = 2019-07-01, end = 2019-09-30 }"),
        ("2023", "2015"),
    ],
)
def test_dates_with_a_period_between_them_are_taken(tmp_path, dates):
    assert len(load(tmp_path, dates).job.map) == len(dates)


def test_one_date_twice_keeps_its_own_code(tmp_path):
    assert [finding.code for finding in findings(tmp_path, ("2015", "2015"))] == ["BC-JOB-05"]


@pytest.mark.parametrize("date", ["true", "99999", "0", "2019-05-01T10:00:00", "{ start = 2019, end = false }"])
def test_a_date_is_a_year_or_a_day(tmp_path, date):
    assert [finding.code for finding in findings(tmp_path, (date,))] == ["BC-JOB-04"]


@pytest.mark.parametrize("value", ["true", "false", '"2015"', "2015.0", "2015-01-01T00:00:00", "15"])
def test_a_base_date_is_a_year_or_a_day(tmp_path, value):
    found = findings(tmp_path, survey=f"base_date = {value}")
    assert [(finding.code, finding.place) for finding in found] == [("BC-JOB-04", "survey.toml, [survey].base_date")]


def test_a_warming_set_is_named_exactly_wherever_it_is_stated(tmp_path):
    found = findings(tmp_path, survey='gwp = "AR5"')
    assert [finding.code for finding in found] == ["BC-JOB-04"]
    assert "AR5-100" in found[0].expected
    assert load(tmp_path, survey='gwp = "AR6-20"').job.survey.gwp == "AR6-20"


def test_a_release_is_a_change_and_stated_once(tmp_path):
    one = RELEASE.format("seagrass", "other", "soil")
    other_pool = RELEASE.format("seagrass", "other", "biomass")
    same = RELEASE.format("seagrass", "seagrass", "soil")
    assert len(load(tmp_path, more=one + other_pool).job.release) == 2
    found = findings(tmp_path, more=one + other_pool + same + one)
    assert [(f.code, f.place) for f in found] == [
        ("BC-JOB-10", "survey.toml, [[release]] 3"),
        ("BC-JOB-10", "survey.toml, [[release]] 4"),
    ]
    assert "[[release]] 1" in found[1].found


def test_a_burial_is_stated_once_for_a_stratum(tmp_path):
    whole, beds = BURIAL.format(""), BURIAL.format('stratum = "beds"\n')
    assert len(load(tmp_path, more=whole + beds).job.burial) == 2
    found = findings(tmp_path, more=whole + beds + beds)
    assert [(f.code, f.place) for f in found] == [("BC-JOB-10", "survey.toml, [[burial]] 3")]


def test_rules_are_told_with_the_other_faults_of_the_file(tmp_path):
    one = RELEASE.format("seagrass", "other", "soil")
    found = findings(tmp_path, ("2015", "2015-03-01", '"soon"'), one + one, 'gwp = "x"\nclimat = "y"')
    assert sorted(f.code for f in found) == ["BC-JOB-02", "BC-JOB-04", "BC-JOB-04", "BC-JOB-09", "BC-JOB-10"]


def test_one_map_under_two_dates_is_a_warning(tmp_path):
    paths = ['path = "a.gpkg"', 'path = "./a.gpkg"', 'path = "a.gpkg"\nlayer = "later"', 'path = "b.gpkg"']
    found = load(tmp_path, ("2015", "2016", "2017", "2018"), paths=paths).findings
    assert [(f.code, f.severity, f.place) for f in found] == [("BC-JOB-11", "warning", "survey.toml, [[map]] 2")]


def test_two_columns_or_bands_of_one_file_are_two_maps(tmp_path):
    paths = ['path = "a.gpkg"\nclass_field = "c15"', 'path = "a.gpkg"\nclass_field = "c16"', 'path = "a.tif"']
    assert not load(tmp_path, ("2015", "2016", "2017"), paths=paths).findings
    bands = ['path = "a.tif"\nband = 1', 'path = "a.tif"\nband = 2', 'path = "a.tif"']
    assert [f.place[-1] for f in load(tmp_path, ("2015", "2016", "2017"), paths=bands).findings] == ["3"]
