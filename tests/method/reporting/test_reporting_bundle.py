"""All reports of a statement into a folder, the portfolio page, and fonts for pictures."""

import datetime
import json
import re

import pytest

from methodology.base.errors import InputError
from methodology.reporting import bundle, fonts
from methodology.reporting.bundle import FILES, write_reports
from methodology.reporting.portfolio import job_summary, write_portfolio_html
from methodology.statement_file import read_statement, recompute, worksheet_of


def test_everything_is_written_and_reads_back(sample, tmp_path):
    statement, sheet = sample
    started = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    paths = write_reports(statement, sheet, tmp_path / "out", "zh", started=started)
    assert sorted(p.name for p in paths) == sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(FILES)
    again = read_statement(paths[0])
    assert len(recompute(again)) == sum(line["value"] is not None for line in statement["lines"])
    run = json.loads(paths[-1].read_text(encoding="utf-8"))
    assert run["started"] == "2026-01-02T03:04:05+00:00"
    assert {"numpy", "sympy"} <= set(run["versions"])
    assert 'lang="zh-CN"' in paths[2].read_text(encoding="utf-8")


def test_reports_of_a_statement_read_back_are_the_same_bytes(sample, tmp_path):
    statement, sheet = sample
    write_reports(statement, sheet, tmp_path / "a")
    again = read_statement(tmp_path / "a" / "statement.json")
    write_reports(again, worksheet_of(again), tmp_path / "b")
    for name in FILES[:3]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_an_input_is_never_replaced(sample, tmp_path):
    source = tmp_path / "report.html"
    source.write_text("mine")
    link = tmp_path / "link.html"
    link.symlink_to(source)
    for given in (source, link):
        with pytest.raises(InputError, match="ME-OUT-02"):
            write_reports(*sample, tmp_path, inputs=[given])
    assert source.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.html", "report.html"]


def test_a_failure_leaves_nothing_behind(sample, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "write_lines_csv", full)
    with pytest.raises(InputError, match="ME-OUT-01"):
        write_reports(*sample, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_in_the_place_of_a_report_stops_before_writing(sample, tmp_path):
    (tmp_path / "worksheet.xlsx").mkdir()
    with pytest.raises(InputError, match="ME-OUT-01"):
        write_reports(*sample, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["worksheet.xlsx"]


def test_a_file_in_the_place_of_the_folder_is_refused(sample, tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(InputError, match="ME-OUT-01"):
        write_reports(*sample, tmp_path / "out")


def portfolio(sample):
    """One job of each status."""
    summary = job_summary(sample[0])
    failed = {"code": "BC-MAP-03", "place": "map <b>", "found": "nothing", "expected": "a CRS", "severity": "error"}
    return {
        "title": "Coast & plant",
        "jobs": [
            {"id": "bay", "kind": "survey", "status": "done", "summary": summary, "report": "bay/report.html"},
            {"id": "old", "kind": "survey", "status": "unchanged", "summary": summary, "report": "old/report.html"},
            {"id": "broken", "kind": "plant", "status": "failed", "findings": [failed]},
        ],
    }


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "3 jobs: 1 done, 1 unchanged, 1 failed"), ("zh", "共 3 个任务：完成 1，未变化 1，失败 1")]
)
def test_portfolio_page_tells_what_is_done_and_what_failed(sample, tmp_path, lang, said):
    pages = []
    for name in ("a", "b"):
        write_portfolio_html(portfolio(sample), tmp_path / f"{name}.html", lang)
        pages.append((tmp_path / f"{name}.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert said in pages[0]
    assert 'href="bay/report.html"' in pages[0]
    assert "BC-MAP-03" in pages[0]
    assert "map &lt;b&gt;" in pages[0]
    assert not re.search(r"https?://", pages[0])


def test_portfolio_summary_survives_json(sample, tmp_path):
    write_portfolio_html(json.loads(json.dumps(portfolio(sample))), tmp_path / "p.html")
    assert (tmp_path / "p.html").stat().st_size > 1000


def test_a_missing_chinese_font_is_a_finding_and_english_words(monkeypatch):
    monkeypatch.setattr(fonts, "CHINESE_FONTS", ("No Such Font",))
    style = fonts.picture_style("zh")
    assert style.lang == "en"
    assert [finding.code for finding in style.findings] == ["ME-REP-01"]
    assert "fonts-noto-cjk" in style.findings[0].remedy
    assert fonts.picture_style("en").findings == ()


def test_an_installed_font_draws_chinese_and_repeats_its_bytes():
    import io
    import warnings

    import matplotlib
    from matplotlib.figure import Figure

    style = fonts.picture_style("zh")
    if style.findings:
        pytest.skip("no Chinese font is installed")
    pictures = []
    with warnings.catch_warnings(), matplotlib.rc_context(style.settings):
        warnings.simplefilter("error")
        for _ in range(2):
            figure = Figure(figsize=(2, 1))
            figure.text(0.1, 0.5, "碳储量 −1 t CO₂")
            buffer = io.BytesIO()
            figure.savefig(buffer, format="svg", metadata={"Date": None})
            pictures.append(buffer.getvalue())
    assert style.lang == "zh"
    assert pictures[0] == pictures[1]
