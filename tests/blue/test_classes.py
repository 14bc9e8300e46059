"""Who has the last word on a place: map attribute, reporting unit, legend, survey."""

import pytest

from bluecarbon.classes import classes_of
from bluecarbon.job import Job
from methodology.base.errors import Findings


def job(legend, **units):
    return Job.model_validate(
        {
            "survey": {"title": "t", "guide": "ipcc-wetlands-2013", "climate": "subtropical"},
            "legend": legend,
            "map": [{"date": 2015, "path": "x"}],
            "reporting_units": {"path": "u", "name_field": "n", **units},
        }
    )


LEGEND = {"1": {"habitat": "mangrove", "soil": "mineral", "activity": "none"}, "2": "ignore"}


def resolve(the_job, keys, pairs, **more):
    findings = Findings()
    return classes_of(the_job, keys, pairs, findings, **more), findings


def test_legend_then_unit_then_map():
    the_job = job(LEGEND, states={"b": {"soil": "organic", "climate": "tropical wet"}})
    keys = {0: {"value": "1", "soil": None}, 1: {"value": "1", "soil": "unknown"}}
    found, _ = resolve(the_job, keys, [("a", 0), ("b", 0), ("b", 1)])
    assert (found["a", 0].soil, found["a", 0].climate) == ("mineral", "subtropical")
    assert (found["b", 0].soil, found["b", 0].climate) == ("organic", "tropical_wet")
    assert found["b", 1].soil == "unknown"
    assert found["b", 1].context["soil"] == "aggregated"
    assert len({c.label for c in found.values()}) == 3


def test_columns_of_the_units_file_speak_before_the_legend():
    found, _ = resolve(job(LEGEND), {0: {"value": "1"}}, [("a", 0)], units={"a": {"activity": "drainage"}})
    assert found["a", 0].activity == "drainage"


def test_ignored_classes_become_nothing():
    found, _ = resolve(job(LEGEND), {0: {"value": "2"}}, [("a", 0)])
    assert found == {}


@pytest.mark.parametrize(
    ("name", "value"), [("started", "soon"), ("activity", "planting"), ("cover", 80), ("salinity_ppt", -3)]
)
def test_attribute_values_that_cannot_be_read_are_named(name, value):
    _, findings = resolve(job(LEGEND), {0: {"value": "1", name: value}}, [("a", 0)])
    assert [finding.code for finding in findings.errors] == ["BC-INV-07"]
    assert name in findings.errors[0].place


@pytest.mark.parametrize(("written", "meant"), [("2016.0", 2016), (2016.0, 2016), ("2016", 2016)])
def test_years_come_as_text_or_numbers(written, meant):
    found, findings = resolve(job(LEGEND), {0: {"value": "1", "started": written}}, [("a", 0)])
    assert not list(findings)
    assert found["a", 0].started == meant


def test_equal_places_are_one_class_and_unlike_ones_are_told_apart_by_what_differs():
    keys = {0: {"value": "1", "started": 2010}, 1: {"value": "1", "started": 2012}}
    found, _ = resolve(job(LEGEND), keys, [("a", 0), ("b", 0), ("a", 1)])
    assert found["a", 0] == found["b", 0]
    assert found["a", 1].stratum == "1 (started 2012)"
