"""Change of stock by what became of the ground; every expected value is worked by hand from printed factors."""

import pytest

from bluecarbon.accounts.areas import Period, SurveyTables
from bluecarbon.accounts.ipcc import account
from bluecarbon.classes import AccountingClass
from bluecarbon.job import Job
from methodology.base.errors import Findings
from methodology.guides.registry import load_guide
from methodology.statement import Head, assemble
from methodology.worksheet import Worksheet

GUIDE = load_guide("ipcc-wetlands-2013")
MANGROVE = {"habitat": "mangrove", "climate": "tropical_wet", "soil": "mineral"}
YEARS = "2010–2020"
BIOMASS = 192 * 1.49 * 0.451  # t C/ha of living mangrove, tables 4.2 to 4.5
DEAD = 0.7 + 10.7
SOIL, MARSH_SOIL = 286, 226  # t C/ha to 1 m on mineral soil, table 4.11


def moved(*moves):
    """Survey of ten years in which ground of the bay moved between classes: (from, to, ha)."""
    classes = (
        AccountingClass("m", stratum="forest", **MANGROVE, activity="none"),
        AccountingClass("t", stratum="marsh", habitat="tidal_marsh", soil="mineral", activity="none"),
        AccountingClass("p", stratum="ponds", habitat="pond", activity="none"),
    )
    transitions = {("bay", start, end, YEARS): (ha, 0.0) for start, end, ha in moves}
    mapped = {}
    for start, end, ha in moves:
        for name, date in ((start, "2010"), (end, "2020")):
            if name != "other":
                mapped["bay", name, date] = mapped.get(("bay", name, date), 0.0) + ha
    tables = SurveyTables(
        {c.label: c for c in classes}, ("2010", "2020"), {"2010": 2010.5, "2020": 2020.5},
        (Period(YEARS, "2010", "2020", 10.0, True),), mapped, transitions, dict.fromkeys(("2010", "2020"), 5.0),
        {"2010": ("map 2010",), "2020": ("map 2020",)},
    )  # fmt: skip
    job = {
        "survey": {"title": "t", "guide": "ipcc-wetlands-2013", "gwp": "AR5-100"},
        "legend": {"1": {"habitat": "mangrove"}},
    }
    sheet, findings = Worksheet(), Findings()
    result = account(
        sheet, tables, Job.model_validate({**job, "map": [{"date": 2015, "path": "x"}]}), GUIDE.factors, findings
    )
    head = Head("t", "survey", GUIDE.face, result.settings, disputed_terms=result.disputed, findings=findings)
    found = assemble(sheet, result.blocks, result.gaps, head, draws=500)
    return {x["id"]: x["value"] for x in found["lines"]}, found


@pytest.mark.parametrize("before", ["other", "p"])
def test_soil_of_ground_new_to_the_account_stands_apart_and_its_biomass_does_not(before):
    lines, _ = moved(("m", "m", 60.0), (before, "m", 50.0))
    assert lines[f"stock_change_cautious/{YEARS}"] == pytest.approx(50 * BIOMASS)
    assert lines[f"stock_change_entered/biomass/{YEARS}"] == pytest.approx(50 * BIOMASS)
    assert lines[f"entered_ground/soil/{YEARS}"] == pytest.approx(50 * SOIL)
    assert lines[f"entered_ground/dead_matter/{YEARS}"] == pytest.approx(50 * DEAD)
    assert lines[f"stock_change/{YEARS}"] == pytest.approx(50 * (BIOMASS + DEAD + SOIL))


def test_ground_that_leaves_is_a_loss_whole_and_no_soil_that_comes_in_hides_it():
    lines, _ = moved(("m", "m", 60.0), ("m", "other", 40.0), ("other", "m", 50.0))
    assert lines[f"stock_change_left/soil/{YEARS}"] == pytest.approx(-40 * SOIL)
    assert lines[f"stock_change/{YEARS}"] == pytest.approx(10 * (BIOMASS + DEAD + SOIL))
    stocks = [lines[f"carbon_stock/{date}"] for date in ("2010", "2020")]
    assert lines[f"stock_change/{YEARS}"] == pytest.approx(stocks[1] - stocks[0])
    assert lines[f"stock_change_cautious/{YEARS}"] == pytest.approx(-40 * (BIOMASS + DEAD + SOIL) + 50 * BIOMASS)


def test_a_class_of_richer_soil_stands_apart_and_one_of_poorer_soil_is_a_loss():
    up, _ = moved(("t", "m", 20.0), ("m", "m", 1.0))
    assert up[f"class_gain/soil/{YEARS}"] == pytest.approx(20 * (SOIL - MARSH_SOIL))
    assert up[f"stock_change_cautious/{YEARS}"] == pytest.approx(
        0, abs=1e-6
    )  # of a marsh no living biomass is estimated
    assert up[f"stock_change/{YEARS}"] == pytest.approx(20 * (SOIL - MARSH_SOIL))
    down, _ = moved(("m", "t", 20.0), ("m", "m", 1.0))
    assert down[f"stock_change_changed/soil/{YEARS}"] == pytest.approx(-20 * (SOIL - MARSH_SOIL))
    assert down[f"stock_change/{YEARS}"] == pytest.approx(-20 * (SOIL - MARSH_SOIL))
    assert f"class_gain/soil/{YEARS}" not in down
    assert f"stock_change_cautious/{YEARS}" not in down  # the same number as the change


def test_the_parts_add_to_the_cautious_change_and_with_what_stands_apart_to_the_change():
    lines, _ = moved(("m", "m", 60.0), ("m", "other", 7.0), ("other", "m", 11.0), ("t", "m", 5.0), ("m", "t", 3.0))
    fates = tuple(f"stock_change_{fate}/" for fate in ("kept", "changed", "entered", "left"))
    cut = sum(v for name, v in lines.items() if name.startswith(fates))
    apart = sum(v for name, v in lines.items() if name.startswith(("entered_ground", "class_gain")))
    assert cut == pytest.approx(lines[f"stock_change_cautious/{YEARS}"])
    assert cut + apart == pytest.approx(lines[f"stock_change/{YEARS}"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_card_and_terminal_say_what_is_not_counted(lang):
    from methodology.reporting.headline import cards
    from methodology.reporting.wording import words_for
    from methodology.summary import summary_text

    _, found = moved(("m", "m", 60.0), ("other", "m", 50.0), ("m", "other", 40.0))
    words = words_for(found, lang)
    card = next(c for c in cards(found, words) if c["name"].lower() == words("quantity", "stock_change"))
    assert any("14,300 t C" in text for text in card["remarks"])  # 50 ha × 286
    assert any("−17," in text for text in card["remarks"])  # 40 ha × (129.0 + 11.4 + 286) = 17,056
    text = summary_text(found, lang)
    assert "14,300 t C" in text
    plain, _ = moved(("m", "m", 60.0)), None
    assert not next(c for c in cards(plain[1], words) if c["name"].lower() == words("quantity", "stock_change"))[
        "remarks"
    ]


def test_what_is_apart_is_no_headline_and_the_cautious_change_is():
    from methodology.reporting.headline import headline_lines

    lines, found = moved(("m", "m", 60.0), ("other", "m", 50.0))
    assert {x["aggregation"] for x in found["lines"] if x["quantity"] == "entered_ground"} == {"part"}
    assert {x["quantity"] for x in headline_lines(found) if x["kind"] == "stock_change"} == {
        "stock_change",
        "stock_change_as_co2",
        "stock_change_cautious",
    }
    assert lines[f"stock_change/mangrove/{YEARS}"] == pytest.approx(50 * (BIOMASS + DEAD + SOIL))


def test_ground_that_was_never_in_the_account_has_no_change():
    lines, _ = moved(("p", "p", 60.0), ("other", "p", 5.0))
    assert not [name for name in lines if name.startswith(("stock_", "entered_ground"))]


def test_a_change_of_nothing_but_new_soil_says_so():
    lines, _ = moved(("other", "t", 5.0))
    assert lines[f"entered_ground/soil/{YEARS}"] == pytest.approx(5 * MARSH_SOIL)
    assert lines[f"stock_change/{YEARS}"] == pytest.approx(5 * MARSH_SOIL)
    assert not [name for name in lines if name.startswith("stock_change_") and "as_co2" not in name]
