"""Sizes of plots, stems and biomass per hectare beyond any stand: both readings are told, by plot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from bluecarbon.tables.commands import check_table
from bluecarbon.vegetation.plausible import dense_stands, limit, plot_sizes
from bluecarbon.vegetation.plots import PlotQuantity
from bluecarbon.vegetation.rules import stout_stems
from bluecarbon.vegetation.survey import PlotSurvey
from methodology.base.errors import Findings

BROKEN = Path(__file__).resolve().parents[2] / "sample_data" / "broken"


class Taken:
    """Takes what a rule records."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []

    def add_rows(self, code, column, rows, found, expected, remedy="", severity="error", scope="file"):
        self.rows += [(code, column, str(value)) for value in found]


@pytest.mark.parametrize(
    ("area", "radius", "said"),
    [
        (0.01, np.nan, ["plot P1: 0.01 m2, or 0.01 ha = 100 m2?"]),
        (154.0, np.nan, []),
        (1.54e6, np.nan, ["plot P1: 1.54e+06 m2, or 1.54e+06 cm2 = 154 m2?"]),
        (np.nan, 0.7, ["plot P1: 0.7 m, or 7 m?"]),
        (np.nan, 7.0, []),
        (np.nan, 700.0, ["plot P1: 700 m, or 700 cm = 7 m?"]),
    ],
)
def test_both_readings_of_a_size(area, radius, said):
    taken = Taken()
    plot_sizes(pd.DataFrame({"plot_id": ["P1"], "plot_area": [area], "plot_radius": [radius]}), taken)
    assert [found for _, _, found in taken.rows] == said
    assert {code for code, _, _ in taken.rows} <= {"BC-VEG-22"}


def stand(area_m2: float, stems: int, t_ha: float) -> Findings:
    plots = [{"study_id": "S", "site_id": "A", "plot_id": "P1", "year": ""}]
    survey = PlotSurvey(None, np.zeros(stems, dtype=int), np.full(stems, area_m2), plots)
    none = PlotQuantity(np.zeros(1), {}, np.zeros(1))
    above = PlotQuantity(np.array([t_ha]), {}, np.zeros(1))
    findings = Findings()
    dense_stands(survey, {"biomass_above_t_ha": above, "biomass_below_t_ha": none, "biomass_dead_t_ha": none}, findings)
    return findings


def test_stems_and_mass_per_hectare():
    """8 stems on 1.54 m2 are 51,948 per hectare; 7 are 45,455. 1,000 t are the most that is passed in silence."""
    assert limit("stems per ha") == 50000
    assert not list(stand(1.54, 7, 100.0))
    (told,) = stand(1.54, 8, 100.0)
    assert (told.code, told.severity) == ("BC-VEG-23", "warning")
    assert "51,948 stems" in told.found
    assert "S / A / P1" in told.place
    assert not list(stand(154.0, 8, 1000.0))
    assert [f.severity for f in stand(154.0, 8, 1001.0)] == ["warning"]
    assert [f.severity for f in stand(154.0, 8, 5001.0)] == ["error"]
    (told,) = stand(0.01, 2, 100000.0)
    assert "0.01 ha = 100 m2" in told.remedy


@pytest.mark.parametrize(
    ("diameters", "heights", "told"),
    [
        ([62.0], [3.1], 1),  # 20 cm per metre
        ([62.0, 6.0], [3.1, 3.0], 0),  # one of two is as trees are
        ([62.0, 84.0], [3.1, 4.0], 2),
        ([6.2], [3.1], 0),
        ([220.0, 50.0], [np.nan, np.nan], 1),  # no height: only past 100 cm
    ],
)
def test_few_stems_in_millimetres(diameters, heights, told):
    n = len(diameters)
    words = {name: [""] * n for name in ("diameter_kind", "diameter_flag", "alive_or_dead")}
    keys = {name: ["a"] * n for name in ("study_id", "site_id", "plot_id")}
    frame = pd.DataFrame({**words, **keys, "girth": [np.nan] * n, "diameter": diameters, "height": heights})
    taken = Taken()
    stout_stems(frame, taken)
    assert len(taken.rows) == told


def test_check_table_finds_hectares_in_a_column_of_square_metres():
    result = CliRunner().invoke(check_table, [str(BROKEN / "plots-area-in-hectares.csv")])
    assert "BC-VEG-22" in result.output
    assert "0.01 ha = 100 m2" in result.output
