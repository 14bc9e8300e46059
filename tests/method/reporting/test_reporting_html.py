"""The HTML report and the CSV of a statement."""

import csv
import html as entities
import re

import pytest

from methodology.base.errors import InputError
from methodology.reporting.blocks import excluded
from methodology.reporting.headline import headline_lines
from methodology.reporting.html import html_of, write_html
from methodology.reporting.numbers import percent, plain_number, shown_number, significant
from methodology.reporting.sidebyside import side_by_side
from methodology.reporting.tables import COLUMNS, write_lines_csv
from methodology.reporting.wording import LANGUAGES, Words, words_for
from methodology.statement import DIMENSIONS


def text_of(page):
    """What a reader sees: tags taken off."""
    return entities.unescape(re.sub(r"<[^>]+>", " ", page.partition("<body>")[2]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_same_statement_gives_the_same_bytes(sample, lang, tmp_path):
    statement, _ = sample
    for name in ("a", "b"):
        write_html(statement, tmp_path / f"{name}.html", lang)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_needs_no_network_and_runs_no_script(sample, lang):
    page = html_of(sample[0], lang)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "@import" not in page
    assert "<script" not in page
    assert "url(" not in page


def test_names_from_the_job_are_text_only(sample):
    page = html_of(sample[0], "en")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Sample &amp; &lt;b&gt;survey&lt;/b&gt;" in page


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("en", ["Nobody read the text of this guide.", "Nothing in this report may be called conforming", "not estimated",
                "the guide gives no default", "map error", "Factors used: 3, of which 3 are not confirmed", "Methane",
                "methodology recompute statement.json", "Baseline"]),
        ("zh", ["无人读过该指南原文。", "未估算", "该指南未给出缺省值", "制图误差", "红树林", "海草床", "碳储量", "未经印刷原文核实"]),
    ],
)  # fmt: skip
def test_what_a_reader_must_be_told_stands_on_the_page(sample, lang, wanted):
    page = text_of(html_of(sample[0], lang))
    assert [text for text in wanted if text not in page] == []


def test_notice_stands_before_the_first_number(sample):
    page = html_of(sample[0], "en")
    assert page.index("Nobody read the text") < page.index('class="figure"')


def test_total_and_parts_never_stand_in_one_table(sample):
    page = html_of(sample[0], "en")
    tables = list(re.findall(r'<div class="block (total|subtotal|part)">(.*?)</div>', page, re.S))
    levels = [level for level, _ in tables]
    assert {"total", "part"} <= set(levels)
    stock_total = next(line for line in sample[0]["lines"] if line["id"] == "carbon_stock/2015")
    value = shown_number(stock_total)[0]
    assert [level for level, body in tables if f">{value}<" in body and "Carbon stock" in body] == ["total"]


def test_a_removal_is_told_with_a_positive_number(sample):
    line = next(line for line in sample[0]["lines"] if line["quantity"] == "net_flux")
    assert line["value"] < 0
    page = text_of(html_of(sample[0], "en"))
    assert f"{shown_number(line)[0].removeprefix('−')} t CO₂/yr sequestered" in page


def test_lines_of_a_plant_stand_side_by_side_with_the_plant_marked_as_total():
    interval = {"low": 1.0, "high": 3.0, "level": 0.95, "excludes": [], "method": "first-order"}
    common = {"unit": "t_CO2", "kind": "flow", "account": "gross", "interval": interval, "aggregation": "part"}
    lines = [
        {
            **common,
            "quantity": "gross_captured",
            "value": 2.0,
            "dimensions": {"period": "2025"},
            "aggregation": "total",
        },
        {**common, "quantity": "gross_captured", "value": 0.1, "dimensions": {"period": "2025-02", "line": "a"}},
        {**common, "quantity": "gross_captured", "value": 1.2, "dimensions": {"period": "2025", "line": "a"}},
        {**common, "quantity": "co2_vented", "value": 0.5, "dimensions": {"period": "2025", "line": "b"}},
        {**common, "quantity": "co2_delivered", "value": 0.5, "dimensions": {"period": "2025", "fate": "food"}},
    ]
    table, through = side_by_side(lines, Words("en"))
    assert (through["title"], [row["name"] for row in through["rows"]]) == ("CO₂ captured, gross", ["2025-02"])
    assert (table["title"], table["columns"]) == ("2025", ["plant (total)", "a", "b"])
    found = [[cell and cell.value for cell in row["cells"]] for row in table["rows"]]
    assert found == [["2.0", "1.2", None], [None, None, "0.5"]]


@pytest.mark.parametrize(
    ("share", "text"), [(0.9999, "100"), (0.123, "12"), (0.0051, "0.51"), (0.00001, "< 0.01"), (0.0, "0"), (2.5, "250")]
)
def test_shares_are_never_in_powers_of_ten(share, text):
    assert percent(share) == text


def test_pictures_are_embedded(sample):
    page = html_of(sample[0], "en", [{"title": "Map <1>", "svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}])
    assert 'src="data:image/svg+xml;base64,' in page
    assert "Map &lt;1&gt;" in page


def test_unknown_language_is_refused(sample, tmp_path):
    with pytest.raises(InputError, match="ME-REP-03"):
        write_html(sample[0], tmp_path / "x.html", "fr")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [
        (1085691.4, 843522.0, 1396123.0, ("1,090,000", "840,000", "1,400,000")),
        (-0.43, -0.7, -0.2, ("−0.43", "−0.70", "−0.20")),
        (0.0, -12.0, 40.0, ("0", "−12", "40")),
        (1234.5678, 1234.5678, 1234.5678, ("1,235", "", "")),
        (0.0, 0.0, 0.0, ("0", "", "")),
    ],
)
def test_rounding_follows_the_interval(value, low, high, shown):
    line = {"value": value, "kind": "stock", "interval": {"low": low, "high": high}}
    assert shown_number(line) == shown


def test_small_numbers_keep_their_digits():
    assert significant(0.00012345) == "0.0001234"
    assert plain_number(-0.2, 0) == "0"
    assert significant(None) == "–"


def test_csv_has_a_row_per_line_and_fixed_columns(sample, tmp_path):
    statement, _ = sample
    write_lines_csv(statement, tmp_path / "lines.csv")
    with open(tmp_path / "lines.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert set(DIMENSIONS) <= set(COLUMNS)
    assert len(rows) == len(statement["lines"])
    for row, line in zip(rows, statement["lines"], strict=True):
        if line["value"] is None:
            assert (row["value"], row["low"], row["status"]) == ("", "", line["status"])
            assert row["reason"] == "the guide gives no default"
        else:
            assert float(row["value"]) == pytest.approx(line["value"], rel=1e-11)
            assert float(row["high"]) == pytest.approx(line["interval"]["high"], rel=1e-11)
            assert row["excludes"] == "; ".join(line["interval"]["excludes"])


def test_csv_text_is_never_a_formula_and_bytes_repeat(sample, tmp_path):
    for name in ("a.csv", "b.csv"):
        write_lines_csv(sample[0], tmp_path / name)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
        units = {row["reporting_unit"] for row in csv.DictReader(file)}
    assert {'\'=1+1 "x"', "'+Bay", "'@Delta"} <= units


def test_habitats_share_the_phrase_for_pools_left_out():
    tags = ["pools of mangrove not estimated", "map error", "pools of tidal_marsh not estimated"]
    assert excluded(tags, words_for({}, "en")) == "pools of mangrove, tidal marsh that were not estimated, map error"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_star_on_a_card_is_explained_below_the_cards(sample, lang):
    starred = [line for line in headline_lines(sample[0]) if line["interval"]["excludes"]]
    assert starred
    page = html_of(sample[0], lang)
    summary = text_of(
        "<body>" + page[page.index('id="summary"') : page.index("</section>", page.index('id="summary"'))]
    )
    assert summary.index("*") < summary.rindex({"en": "*: the intervals of ", "zh": "*："}[lang])
