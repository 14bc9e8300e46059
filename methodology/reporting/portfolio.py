"""One page for many jobs: what is done, what failed, and each job's headline. Nothing is added across jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from methodology.base.files import written_whole
from methodology.reporting.headline import cards, unconfirmed
from methodology.reporting.html import environment
from methodology.reporting.wording import Words, words_for

STATUSES = ("done", "unchanged", "failed")
MOST_FIGURES = 4


def job_summary(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What a portfolio keeps of a statement: its headline lines, guide and counts, as plain data for JSON."""
    from methodology.reporting.headline import headline_lines

    kept = ("id", "quantity", "unit", "value", "interval", "dimensions", "kind", "account", "aggregation")
    return {
        "title": statement["title"],
        "guide": dict(statement["guide"]),
        "headline": [{key: line[key] for key in kept} for line in headline_lines(statement)],
        "factors": len(statement["inputs"]["factors"]),
        "unconfirmed": unconfirmed(statement),
        "warnings": sum(f["severity"] == "warning" for f in statement["findings"]),
        **({"words": dict(statement["words"])} if "words" in statement else {}),
    }


def write_portfolio_html(portfolio: Mapping[str, Any], path: Path | str, lang: str = "en") -> None:
    """Write the page of a portfolio.

    Parameters
    ----------
    portfolio : mapping
        ``title`` (optional) and ``jobs``: a list of mappings with ``id``, ``kind`` (survey, plant, …), ``status``
        (done | unchanged | failed), for jobs that ran ``summary`` (as `job_summary` gives it) and ``report`` (path of
        the report relative to the page), for failed ones ``findings`` (finding records, as `Finding.as_dict`).
    lang : {"en", "zh"}

    Raises
    ------
    InputError
        ME-REP-03 unknown language; ME-OUT-01 the folder cannot be written.
    """
    words = words_for(portfolio, lang)
    jobs = [_job(job, lang) for job in portfolio["jobs"]]
    counts = {status: sum(job["status"] == status for job in portfolio["jobs"]) for status in STATUSES}
    text = (
        environment()
        .get_template("portfolio.html")
        .render(
            w=words,
            title=portfolio.get("title") or words("portfolio", "title"),
            said=words("portfolio", "summary", n=len(jobs), **counts),
            jobs=jobs,
            failures=[job for job in jobs if job["findings"]],
        )
    )
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _job(job: Mapping[str, Any], lang: str) -> dict[str, Any]:
    summary = job.get("summary") or {}
    words = words_for(summary, lang)
    tags = {"done": "holds", "unchanged": "note", "failed": "fails"}
    return {
        "id": job["id"],
        "title": summary.get("title", ""),
        "kind": words("portfolio", job["kind"]),
        "status": words("portfolio", job["status"]),
        "tag": tags[job["status"]],
        "guide": words.pick(summary.get("guide", {}).get("short") or summary.get("guide", {}).get("title")),
        "unread": bool(summary) and not summary["guide"].get("text_read"),
        "figures": _figures(summary, words),
        "unconfirmed": f"{summary['unconfirmed']} / {summary['factors']}" if summary else "–",
        "report": job.get("report", ""),
        "findings": [
            {"code": finding["code"], "title": words.pick(finding.get("title")), **words.finding(finding)}
            for finding in job.get("findings", [])
        ],
    }


def _figures(summary: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    if not summary:
        return []
    lines = {"lines": [{**line, "interval": line["interval"]} for line in summary["headline"]]}
    return cards(lines, words)[:MOST_FIGURES]
