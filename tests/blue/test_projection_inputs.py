"""The peer's files read as they are, everything wrong with them told at once, and the warnings people asked for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bluecarbon.projection.cells import Text
from bluecarbon.projection.choices import doubts
from bluecarbon.projection.inputs import MapOptions, read_inputs
from bluecarbon.projection.job import Choices, run, write_template
from bluecarbon.projection.model import project
from bluecarbon.projection.reading import read_classes, read_prices, read_snapshots
from bluecarbon.projection.scenario import extended, read_rates
from bluecarbon.projection.tables import ACTIONS, TrajectoryAreas, holds_far_less
from bluecarbon.projection.transitions import read_transitions
from methodology.base.errors import Findings, InputError, code_titles

HEAD = (
    "lucode,lulc-class,biomass-initial,soil-initial,litter-initial,biomass-half-life,biomass-low-impact-disturb,"
    "biomass-med-impact-disturb,biomass-high-impact-disturb,biomass-yearly-accumulation,soil-half-life,"
    "soil-low-impact-disturb,soil-med-impact-disturb,soil-high-impact-disturb,soil-yearly-accumulation,"
    "litter-yearly-accumulation"
)
MANGROVE = "1,mangrove,560,1400,12,15,0.5,0.5,1,9,7.5,0.3,0.5,0.66,5.5,0.6"
POND = "2,pond,0,310,0,0,0,0,0,0,5,0.1,0.2,0.4,0,0"
ACTIONS_TEXT = "lulc-class,mangrove,pond\nmangrove,accum,high-impact-disturb\npond,accum,NCC\n"
# As natcap.invest's preprocessor appends it to its template.
LEGEND = (
    ",\n,legend\n,empty cells indicate that no transitions occur of that type\n"
    ",disturb (disturbance): change to low- med- or high-impact-disturb\n,accum (accumulation)\n,NCC (no-carbon-change)"
)
BEFORE = [[1, 1, 1, 2], [1, 1, 2, 255]]
AFTER = [[1, 2, 2, 1], [1, 1, 2, 255]]


def write_map(path: Path, rows, dtype="uint8", nodata=255):
    import rasterio
    from rasterio.transform import from_origin

    cells = np.array(rows, dtype=dtype)
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": dtype}
    with rasterio.open(
        path, "w", crs="EPSG:32650", transform=from_origin(300000, 2400000, 100, 100), nodata=nodata, **profile
    ) as file:
        file.write(cells, 1)


@pytest.fixture
def case(tmp_path):
    """Two maps of 100 m cells and the three tables; returns the folder."""
    write_map(tmp_path / "a.tif", BEFORE)
    write_map(tmp_path / "b.tif", AFTER)
    (tmp_path / "snapshots.csv").write_text("snapshot_year,raster_path\n2020,b.tif\n2010,a.tif\n")
    (tmp_path / "classes.csv").write_text("\n".join((HEAD, MANGROVE, POND)) + "\n")
    (tmp_path / "transitions.csv").write_text(ACTIONS_TEXT)
    return tmp_path


def read(folder: Path, **changes):
    names = {"snapshots": "snapshots.csv", "classes": "classes.csv", "transitions": "transitions.csv"}
    return read_inputs(*(folder / name for name in names.values()), MapOptions(), **changes)


def refused(call) -> list:
    with pytest.raises(InputError) as caught:
        call()
    return list(caught.value.findings)


def codes(findings) -> list[str]:
    return [finding.code for finding in findings]


def test_tables_and_maps_as_they_are(case):
    inputs = read(case)
    assert inputs.ground.years == (2010, 2020)  # the table lists the later map first
    assert inputs.table.names == ("mangrove", "pond")
    paths = {tuple(inputs.table.names[c] for c in row) for row in inputs.ground.classes}
    assert paths == {("mangrove", "mangrove"), ("mangrove", "pond"), ("pond", "mangrove"), ("pond", "pond")}
    cells = np.round(inputs.ground.area_ha.sum(axis=0)).astype(int)
    assert sorted(cells) == [1, 1, 2, 3]  # hectares: cells of 100 m
    assert inputs.table.initial[:, 0].tolist() == [560, 1400, 12]
    assert inputs.table.half_life[:, 0].tolist() == [15, 7.5, 0]
    assert inputs.table.disturbed_share[2, :, 0].tolist() == [1, 0.66, 0]
    assert codes(inputs.findings) == ["BC-PRJ-12"]  # no unit stated


def test_carbon_becomes_carbon_dioxide(case):
    table = read_classes(case / "classes.csv", Findings(), "t_C/ha")
    assert table.initial[1, 0] == pytest.approx(1400 * 44 / 12)
    (case / "classes.csv").write_text(f"{HEAD},unit\n{MANGROVE},t C/ha\n{POND},t C/ha\n")
    findings = Findings()
    assert read_classes(case / "classes.csv", findings).accumulation[0, 0] == pytest.approx(9 * 44 / 12)
    assert not len(findings)


def test_legend_under_the_transition_table_is_set_aside(case):
    (case / "transitions.csv").write_text(ACTIONS_TEXT + LEGEND)
    findings = Findings()
    actions = read_transitions(case / "transitions.csv", ("mangrove", "pond"), findings)
    assert codes(findings) == ["BC-PRJ-15"]
    assert findings.items[0].severity == "note"
    words = [[ACTIONS[cell] for cell in row] for row in actions]
    assert words == [["accum", "high-impact-disturb"], ["accum", "NCC"]]


def replace(folder: Path, name: str, old: str, new: str):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


BAD_TABLES = [
    ("BC-PRJ-01", "snapshots.csv", "raster_path", "file"),
    ("BC-PRJ-02", "snapshots.csv", "2010", "2010.5"),
    ("BC-PRJ-03", "snapshots.csv", "2010", "2020"),
    ("BC-PRJ-04", "snapshots.csv", "a.tif", "gone.tif"),
    ("BC-PRJ-05", "classes.csv", "soil-half-life", "soil-halflife"),
    ("BC-PRJ-06", "classes.csv", "560", "much"),
    ("BC-PRJ-06", "classes.csv", ",1400", ","),
    ("BC-PRJ-07", "classes.csv", ",7.5,", ",-7.5,"),
    ("BC-PRJ-08", "classes.csv", ",1400,", ",-1400,"),
    ("BC-PRJ-09", "classes.csv", "0.66", "66"),
    ("BC-PRJ-10", "classes.csv", "2,pond", "1,pond"),
    ("BC-PRJ-11", "classes.csv", "2,pond", "2,mangrove"),
    ("BC-PRJ-11", "classes.csv", "2,pond", "2,Mangrove"),
    ("BC-TAB-03", "classes.csv", "soil-initial", "biomass-initial"),
    ("BC-PRJ-14", "transitions.csv", "pond,accum", "Pnod,accum"),
    ("BC-PRJ-14", "transitions.csv", "lulc-class", "class"),
    ("BC-PRJ-16", "transitions.csv", "high-impact-disturb", "disturb"),
    ("BC-PRJ-17", "transitions.csv", "pond,accum,NCC\n", "pond,accum,NCC\npond,accum,NCC\n"),
    ("BC-PRJ-18", "transitions.csv", "pond,accum,NCC\n", ""),
    ("BC-PRJ-24", "classes.csv", ",1400,", ",81000000,"),
    ("BC-PRJ-32", "classes.csv", "2,pond", "3,pond"),
]


@pytest.mark.parametrize(("code", "name", "old", "new"), BAD_TABLES)
def test_bad_table(case, code, name, old, new):
    replace(case, name, old, new)
    findings = refused(lambda: read(case))
    assert code in codes(findings)
    first = next(finding for finding in findings if finding.code == code)
    assert first.place
    assert first.found
    assert first.expected


def test_all_findings_of_all_tables_at_once(case):
    replace(case, "classes.csv", "0.66", "66")
    replace(case, "classes.csv", ",7.5,", ",-7.5,")
    replace(case, "snapshots.csv", "a.tif", "gone.tif")
    replace(case, "transitions.csv", "high-impact-disturb", "disturb")
    found = codes(refused(lambda: read(case, until=2015)))
    assert set(found) >= {"BC-PRJ-04", "BC-PRJ-07", "BC-PRJ-09", "BC-PRJ-16", "BC-PRJ-30"}


def test_mixed_units_are_refused(case):
    (case / "classes.csv").write_text(f"{HEAD},unit\n{MANGROVE},t C/ha\n{POND},Mg CO2e/ha\n")
    assert codes(refused(lambda: read(case))) == ["BC-PRJ-12"]


def test_limits_must_enclose_their_value(case):
    (case / "classes.csv").write_text(f"{HEAD},soil-initial_low,soil-initial_high\n{MANGROVE},1500,1600\n{POND},,\n")
    assert codes(refused(lambda: read(case))) == ["BC-PRJ-13"]
    (case / "classes.csv").write_text(f"{HEAD},soil-initial_low,soil-initial_high\n{MANGROVE},1200,1600\n{POND},,\n")
    low, high = read(case).table.limits["soil-initial"]
    assert (low[0], high[0]) == (1200, 1600)
    assert np.isnan(low[1])


def test_every_unknown_class_is_listed_with_its_area(case):
    write_map(case / "a.tif", [[1, 7, 7, 2], [9, 1, 2, 255]])
    findings = [finding for finding in refused(lambda: read(case)) if finding.code == "BC-PRJ-32"]
    listed = {finding.found: round(finding.amount) for finding in findings}
    assert listed == {"code 7": 2, "code 9": 1}


def test_ground_seen_at_one_date_only_is_told_and_left_out(case):
    write_map(case / "b.tif", [[1, 2, 2, 255], [1, 1, 2, 255]])
    inputs = read(case)
    told = next(finding for finding in inputs.findings if finding.code == "BC-PRJ-35")
    assert told.amount == pytest.approx(1, rel=2e-3)  # one cell of 100 m; map scale of the zone edge
    assert told.share == pytest.approx(1 / 7, rel=1e-4)
    assert inputs.ground.area_ha.sum() == pytest.approx(6, rel=2e-3)


def test_equal_twins_are_joined_with_a_warning(case):
    replace(case, "classes.csv", POND, POND + "\n3," + POND.split(",", 1)[1])
    write_map(case / "b.tif", [[1, 2, 3, 1], [1, 1, 3, 255]])
    inputs = read(case)
    assert "BC-PRJ-11" in codes(inputs.findings)
    assert inputs.table.codes == {1: 0, 2: 1, 3: 1}


def test_legends_in_dispute_are_refused(case):
    names = "".join(f"<Category>{name}</Category>" for name in ("", "pond", "mangrove"))
    text = f"<PAMDataset><PAMRasterBand band='1'><CategoryNames>{names}</CategoryNames></PAMRasterBand></PAMDataset>"
    (case / "b.tif.aux.xml").write_text(text)
    findings = refused(lambda: read(case))
    assert codes(findings) == ["BC-PRJ-33", "BC-PRJ-33"]
    assert "mangrove in classes.csv" in findings[0].found
    assert "pond in b.tif" in findings[0].found


def test_attribute_table_of_a_map_is_read(case):
    from bluecarbon.projection.legends import legend_of

    fields = "".join(
        f"<FieldDefn index='{n}'><Name>{name}</Name><Usage>{usage}</Usage></FieldDefn>"
        for n, (name, usage) in enumerate((("Value", 5), ("Class", 2)))
    )
    rows = "<Row index='0'><F>1</F><F>Mangrove</F></Row>"
    (case / "a.tif.aux.xml").write_text(
        f"<PAMDataset><GDALRasterAttributeTable>{fields}{rows}</GDALRasterAttributeTable></PAMDataset>"
    )
    assert legend_of(case / "a.tif") == {1: "Mangrove"}
    assert read(case).table.names == ("mangrove", "pond")  # case does not matter


@pytest.mark.parametrize(
    ("code", "name", "old", "new", "amount"),
    [
        ("BC-PRJ-20", "transitions.csv", "accum,high-impact-disturb", "accum,", 2),
        ("BC-PRJ-21", "transitions.csv", "mangrove,accum,high", "mangrove,NCC,high", 3),
        ("BC-PRJ-21", "transitions.csv", "mangrove,accum,high", "mangrove,,high", 3),
        ("BC-PRJ-22", "classes.csv", ",7.5,", ",0,", 2),
        ("BC-PRJ-23", "classes.csv", ",1400,", ",0.000143,", None),
        ("BC-PRJ-25", "transitions.csv", "pond,accum,NCC", "pond,accum,accum", 1),
        ("BC-PRJ-25", "transitions.csv", "mangrove,accum,high", "mangrove,low-impact-disturb,high", 3),
        ("BC-PRJ-25", "classes.csv", "0.3,0.5,0.66", "0.6,0.5,0.66", None),
        ("BC-PRJ-25", "classes.csv", "0.5,0.5,1,9,7.5,0.3,0.5,0.66", "0,0,0,9,7.5,0,0,0", 2),
    ],
)
def test_warnings_people_asked_for(case, code, name, old, new, amount):
    assert code not in codes(read(case).findings)
    replace(case, name, old, new)
    told = [finding for finding in read(case).findings if finding.code == code]
    assert len(told) == 1
    assert told[0].severity == "warning"
    if amount is not None:
        assert told[0].amount == pytest.approx(amount, rel=2e-3)  # hectares of 100 m cells, true ground area


def test_all_carbon_of_a_lost_class_stays(case):
    replace(case, "classes.csv", "2,pond,0,310", "2,pond,0,0")
    replace(case, "transitions.csv", "accum,high-impact-disturb", "accum,NCC")
    told = [finding for finding in read(case).findings if finding.code == "BC-PRJ-25"]
    assert "holds no carbon" in told[0].found


def test_one_map_is_enough_for_a_stock(case):
    (case / "snapshots.csv").write_text("snapshot_year,raster_path\n2010,a.tif\n")
    outcome = run(Choices(case / "snapshots.csv", case / "classes.csv", case / "out"))
    hectares = outcome.projection.ground.area_ha.sum(axis=0)
    stock = (outcome.projection.stock.sum(axis=1) @ hectares).item()
    mangrove = hectares[outcome.projection.ground.classes[:, 0] == 0].item()
    assert stock == pytest.approx(mangrove * 1972 + (hectares.sum() - mangrove) * 310)


def test_end_year_before_the_last_map(case):
    assert codes(refused(lambda: read(case, until=2019))) == ["BC-PRJ-30"]


def test_several_maps_need_a_transition_table(case):
    choices = Choices(case / "snapshots.csv", case / "classes.csv", case / "out")
    findings = refused(lambda: run(choices))
    assert codes(findings) == ["BC-PRJ-70"]
    assert not (case / "out").exists()


def test_template_holds_what_the_maps_contain(case):
    write_map(case / "b.tif", [[1, 2, 2, 2], [1, 1, 2, 255]])  # no pond becomes mangrove
    lines = write_template(Choices(case / "snapshots.csv", case / "classes.csv", case / "start"))
    text = (case / "start" / "transitions.csv").read_text()
    assert text == "lulc-class,mangrove,pond\nmangrove,accum,disturb\npond,,NCC\n"
    assert any("mangrove to pond" in line for line in lines)
    findings = Findings()
    read_transitions(case / "start" / "transitions.csv", ("mangrove", "pond"), findings)
    assert codes(findings) == ["BC-PRJ-16"]  # how strong a disturbance is must be said by a person
    (case / "start" / "transitions.csv").write_text(text.replace("disturb", "high-impact-disturb"))
    findings = Findings()
    read_transitions(case / "start" / "transitions.csv", ("mangrove", "pond"), findings)
    assert not len(findings)
    again = Choices(case / "snapshots.csv", case / "classes.csv", case / "start")
    assert codes(refused(lambda: write_template(again))) == ["BC-PRJ-70"]


MUDFLAT = "2,mudflat,0,310,0,0,0,0,0,1,5,0.1,0.2,0.4,0.2,0"  # takes up a little, holds no biomass


def with_mudflat(case):
    (case / "classes.csv").write_text("\n".join((HEAD, MANGROVE, MUDFLAT)) + "\n")


def test_accumulation_into_a_class_that_holds_far_less_is_warned_of(case):
    """Mangrove 560 + 1400 + 12 = 1972 t CO2e/ha, mudflat 310: under accum the 1972 would stay and grow, on 2 ha."""
    with_mudflat(case)
    for action, warned in (("accum", True), ("NCC", True), ("high-impact-disturb", False)):
        words = f"lulc-class,mangrove,mudflat\nmangrove,accum,{action}\nmudflat,accum,accum\n"
        (case / "transitions.csv").write_text(words)
        told = [finding for finding in read(case).findings if finding.code == "BC-PRJ-25"]
        found = f"{action}, but mudflat starts with 310 t CO2e/ha and mangrove with 1,972"
        assert [finding.found for finding in told] == ([found] if warned else [])
        assert [finding.amount for finding in told] == pytest.approx([2.0] if warned else [], rel=1e-3)


def test_far_less_is_less_than_half_of_a_pool_that_matters():
    """Classes hold 25, 22, 12 and 22 t CO2e/ha; what is lost in a pool matters from a tenth of that on."""
    initial = np.array([[5.0, 2.0, 3.0, 0.0], [20.0, 20.0, 9.0, 20.0], [0.0, 0.0, 0.0, 2.0]])
    less = holds_far_less(initial)
    assert less[0].tolist() == [False, True, True, True]  # 3 of 25 t, 11 of 25 t, 5 of 25 t
    assert less[3].tolist() == [False, False, True, False]  # of 22 t: 2 t of litter do not matter, 11 t of soil do


def test_template_asks_where_a_class_holds_far_less(case):
    with_mudflat(case)
    lines = write_template(Choices(case / "snapshots.csv", case / "classes.csv", case / "start"))
    text = (case / "start" / "transitions.csv").read_text()
    assert text == "lulc-class,mangrove,mudflat\nmangrove,accum,disturb\nmudflat,accum,accum\n"
    assert lines[-1] == "  mangrove to mudflat"


def test_template_from_a_short_list_of_habitats(case):
    short = "lucode,lulc-class,is_coastal_blue_carbon_habitat\n1,mangrove,TRUE\n2,pond,FALSE\n"
    (case / "short.csv").write_text(short)
    lines = write_template(Choices(case / "snapshots.csv", case / "short.csv", case / "start"))
    assert len(lines) == 4  # two files, and the one disturbance to decide on
    rows = (case / "start" / "transitions.csv").read_text().splitlines()
    assert rows == ["lulc-class,mangrove,pond", "mangrove,accum,disturb", "pond,accum,NCC"]
    empty = (case / "start" / "classes.csv").read_text().splitlines()
    assert empty[0].startswith("lucode,lulc-class,unit,biomass-initial")
    assert empty[1] == "1,mangrove," + "," * (empty[0].count(",") - 2)
    filled = Findings()
    assert read_classes(case / "start" / "classes.csv", filled) is not None
    assert {"BC-PRJ-06", "BC-PRJ-12"} >= set(codes(filled.errors))  # every empty cell is asked for
    (case / "short.csv").write_text(short.replace("2,pond,FALSE", "1,pond,maybe"))
    again = Choices(case / "snapshots.csv", case / "short.csv", case / "new")
    assert codes(refused(lambda: write_template(again))) == ["BC-PRJ-06"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("year,cost\n2010,5\n", "year, cost"),
        ("year,price\n2010,5\n", "no price for 2011"),
        ("year,price\n2010,5\n2011,x\n", "2011, x"),
        ("year,price\n2010,5\n2010,6\n2011,7\n", "2010, 6"),
    ],
)
def test_bad_prices(tmp_path, text, found):
    (tmp_path / "prices.csv").write_text(text)
    findings = Findings()
    read_prices(tmp_path / "prices.csv", 2010, 2012, 0.05, findings)
    assert codes(findings)[0] == "BC-PRJ-34"
    assert findings.items[0].found == found


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": 15.0}, "BC-PRJ-34"),
        ({"price": -1.0, "discount": 5.0}, "BC-PRJ-34"),
        ({"price": 15.0, "discount": -100.0}, "BC-PRJ-34"),
        ({"price": 15.0, "discount": 5.0, "price_table": Path("p.csv")}, "BC-PRJ-70"),
        ({"rates": Path("r.csv"), "until": 2030, "model": "invest-3.20"}, "BC-PRJ-70"),
        ({"rates": Path("r.csv")}, "BC-PRJ-70"),
        ({"rate_step": 0}, "BC-PRJ-51"),
        ({"report": "en", "model": "invest-3.20"}, "BC-PRJ-70"),
    ],
)
def test_choices_that_contradict_each_other(case, changes, code):
    choices = Choices(case / "snapshots.csv", case / "classes.csv", case / "out", case / "transitions.csv", **changes)
    assert code in codes(refused(lambda: run(choices)))
    assert not (case / "out").exists()


def test_choices_of_a_job_file(case):
    table = {"snapshots": "snapshots.csv", "classes": "classes.csv", "transitions": "transitions.csv", "until": 2030}
    choices = Choices.from_table(table | {"no-resample": True, "price": 15}, case, case / "out")
    assert choices.snapshots == case / "snapshots.csv"
    assert (choices.until, choices.price, choices.no_resample) == (2030, 15, True)
    bad = {"classes": "gone.csv", "until": "2030", "colour": "red", "no-resample": 1, "price": True}
    findings = refused(lambda: Choices.from_table(bad, case, case / "out"))
    assert sorted(finding.place.split(".")[1] for finding in findings) == [
        "classes",
        "colour",
        "no-resample",
        "price",
        "snapshots",
        "until",
    ]


GROUND = TrajectoryAreas((2010,), np.array([[0], [1]]), np.array([[100.0, 50.0]]))


def test_yearly_rates_spread_the_area(tmp_path):
    (tmp_path / "rates.csv").write_text("from,to,rate\nmangrove,pond,0.1\n")
    rates = read_rates(tmp_path / "rates.csv", ("mangrove", "pond"), ("all",))
    future = extended(GROUND, rates, 2012)
    assert future.years == (2010, 2011, 2012)
    paths = {tuple(row): round(area, 9) for row, area in zip(future.classes.tolist(), future.area_ha[0], strict=True)}
    # 100 ha lose a tenth a year: 10 ha in 2011, 9 ha in 2012, 81 ha stay
    assert paths == {(0, 0, 0): 81, (0, 0, 1): 9, (0, 1, 1): 10, (1, 1, 1): 50}
    coarse = extended(GROUND, rates, 2012, step=2)
    paths = {tuple(row): round(area, 9) for row, area in zip(coarse.classes.tolist(), coarse.area_ha[0], strict=True)}
    assert paths == {(0, 0): 81, (0, 1): 19, (1, 1): 50}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("from,to\nmangrove,pond\n", "BC-PRJ-50"),
        ("from,to,rate\nmangrove,lake,0.1\n", "BC-PRJ-50"),
        ("from,to,rate\nmangrove,mangrove,0.1\n", "BC-PRJ-50"),
        ("from,to,rate\nmangrove,pond,0.1\nmangrove,pond,0.2\n", "BC-PRJ-50"),
        ("from,to,rate,zone\nmangrove,pond,0.1,nowhere\n", "BC-PRJ-50"),
        ("from,to,rate\nmangrove,pond,10\n", "BC-PRJ-51"),
        ("from,to,rate\nmangrove,pond,-0.1\n", "BC-PRJ-51"),
        ("from,to,rate\nmangrove,pond,0.7\nmangrove,developed,0.7\n", "BC-PRJ-51"),
    ],
)
def test_bad_rates(tmp_path, text, code):
    (tmp_path / "rates.csv").write_text(text)
    names = ("mangrove", "pond", "developed")
    assert code in codes(refused(lambda: read_rates(tmp_path / "rates.csv", names, ("all",))))


def test_scenario_needs_years_and_bounds():
    there_and_back = np.array([[[0.9, 0.1], [0.1, 0.9]]])
    assert codes(refused(lambda: extended(GROUND, there_and_back, 2010))) == ["BC-PRJ-30"]
    findings = refused(lambda: extended(GROUND, there_and_back, 2060))
    assert codes(findings) == ["BC-PRJ-31"]
    assert "--rate-step" in findings[0].remedy


def test_scenario_runs_through_to_tables(case):
    (case / "rates.csv").write_text("from,to,rate\nmangrove,pond,0.02\n")
    outcome = run(
        Choices(
            case / "snapshots.csv",
            case / "classes.csv",
            case / "out",
            case / "transitions.csv",
            until=2030,
            draws=1000,
            rates=case / "rates.csv",
        )
    )
    assert outcome.projection.dates[-1] == 2030
    stock = outcome.projection.stock.sum(axis=1) @ outcome.projection.ground.area_ha.sum(axis=0)
    flows = (outcome.projection.accumulation - outcome.projection.emission).sum(axis=(0, 1))
    total = flows @ outcome.projection.ground.area_ha.sum(axis=0)
    assert stock[-1] - stock[0] == pytest.approx(total, rel=1e-9)


def test_scenario_changes_are_warned_of_too(case):
    write_map(case / "b.tif", BEFORE)  # nothing changes between the maps
    replace(case, "transitions.csv", "accum,high-impact-disturb", "accum,")
    (case / "rates.csv").write_text("from,to,rate\nmangrove,pond,0.02\n")
    tables = (case / "snapshots.csv", case / "classes.csv", case / "out", case / "transitions.csv")
    assert "BC-PRJ-20" not in codes(run(Choices(*tables, until=2025)).findings)
    assert "BC-PRJ-20" in codes(run(Choices(*tables, until=2025, rates=case / "rates.csv")).findings)


def test_too_long_for_a_statement(case, monkeypatch):
    from bluecarbon.projection import job

    monkeypatch.setattr(job, "MOST_ROWS", 10)
    choices = Choices(case / "snapshots.csv", case / "classes.csv", case / "out", case / "transitions.csv", until=2030)
    assert "BC-PRJ-37" in codes(run(choices).findings)
    assert not (case / "out" / "statement.json").exists()
    assert (case / "out" / "totals.csv").exists()


def test_too_many_trajectories_are_refused_before_computing(case):
    inputs = read(case)
    many = TrajectoryAreas((2010, 2020), np.zeros((200_000, 2), dtype=int), np.ones((1, 200_000)))
    findings = refused(lambda: project(inputs.table, inputs.actions, many, 2110))
    assert codes(findings) == ["BC-PRJ-31"]
    assert "200,000 trajectories" in findings[0].found


def test_unknown_model(case):
    inputs = read(case)
    assert codes(refused(lambda: project(inputs.table, inputs.actions, inputs.ground, 2030, "peer"))) == ["BC-PRJ-70"]


def test_snapshot_table_without_maps(tmp_path):
    (tmp_path / "s.csv").write_text("snapshot_year,raster_path\n,\n2000,x.tif\n")
    findings = Findings()
    assert read_snapshots(tmp_path / "s.csv", findings).years == ()
    assert codes(findings) == ["BC-PRJ-04"]


def test_every_code_is_declared():
    declared = {code for code in code_titles("bluecarbon") if code.startswith("BC-PRJ")}
    folder = Path(__file__).resolve().parents[2] / "bluecarbon" / "projection"
    raised = {code for file in folder.glob("*.py") for code in re.findall(r"\"(BC-PRJ-\d\d)\"", file.read_text())}
    assert raised == declared


def with_commas(case, separator=";"):
    """The class table as a spreadsheet of a country with decimal commas writes it."""
    for name in ("classes.csv",):
        text = (case / name).read_text()
        (case / name).write_text(text.replace(",", separator).replace(".", ","))


def test_decimal_commas_are_named_once(case):
    """0,5 0,5 7,5 0,3 0,5 0,66 5,5 0,6 of mangrove and 0,1 0,2 0,4 of pond: eleven numbers, one finding."""
    with_commas(case)
    told = refused(lambda: read(case))
    assert codes(told) == ["BC-TAB-06"]
    assert told[0].found.startswith("11 numbers with another decimal sign: 0,5; 0,5; 7,5")
    assert "--decimal ," in told[0].remedy
    inputs = read_inputs(
        case / "snapshots.csv",
        case / "classes.csv",
        case / "transitions.csv",
        MapOptions(text=Text(decimal=",")),
    )
    assert inputs.table.half_life[:, 0].tolist() == [15, 7.5, 0]
    assert inputs.table.disturbed_share[2, :, 0].tolist() == [1, 0.66, 0]


def test_points_where_commas_were_declared_are_refused(case):
    options = MapOptions(text=Text(decimal=","))
    names = (case / f"{name}.csv" for name in ("snapshots", "classes", "transitions"))
    assert "BC-TAB-06" in codes(refused(lambda: read_inputs(*names, options)))


def test_tables_of_another_encoding(case):
    for name in ("classes", "transitions"):
        text = (case / f"{name}.csv").read_text().replace("mangrove", "红树林")
        (case / f"{name}.csv").write_text(text, encoding="gb18030")
    names = [case / f"{name}.csv" for name in ("snapshots", "classes", "transitions")]
    assert "--encoding gb18030" in refused(lambda: read_inputs(*names, MapOptions()))[0].remedy
    assert read_inputs(*names, MapOptions(text=Text("gb18030"))).table.names == ("红树林", "pond")


def test_zones_of_a_shapefile_that_does_not_say_its_encoding(case):
    import geopandas
    from shapely.geometry import box

    frame = geopandas.GeoDataFrame({"name": ["北"]}, geometry=[box(300000, 2399800, 300400, 2400000)], crs="EPSG:32650")
    frame.to_file(case / "zones.shp", encoding="gb18030")
    (case / "zones.cpg").unlink()
    with open(case / "zones.dbf", "r+b") as file:
        file.seek(29)
        file.write(b"\0")
    names = [case / f"{name}.csv" for name in ("snapshots", "classes", "transitions")]
    zones = {"zones": case / "zones.shp", "zone_field": "name"}
    assert codes(refused(lambda: read_inputs(*names, MapOptions(**zones)))) == ["BC-MAP-21"]
    assert "北" in read_inputs(*names, MapOptions(**zones, text=Text("gb18030"))).ground.zones


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ({"discount": 0.04}, "4 percent is written 4"),
        ({"discount": 400}, "unless that is meant"),
        ({"discount": 4, "price_change": -0.02}, "-2 percent is written -2"),
        ({"discount": 0, "price_change": 2}, None),
        ({"discount": 3.5}, None),
    ],
)
def test_a_rate_that_is_hardly_meant_is_warned_of(case, options, remedy):
    told = [finding.remedy for finding in doubts(Choices(case, case, case, price=30, **options))]
    assert len(told) == (remedy is not None)
    assert remedy is None or remedy in told[0]
