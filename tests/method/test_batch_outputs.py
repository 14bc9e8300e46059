"""A job counts as unchanged only while everything it wrote is still there as it was written."""

import json

import pytest

from methodology import batch
from methodology.batch import FINGERPRINT, Entry, run_entry
from methodology.jobs import JobKind


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A kind of job that writes a statement and two files, one of them in a folder, and counts its runs."""
    runs = []

    def run(path, out, lang, options):
        runs.append(path)
        (out / "more").mkdir(parents=True, exist_ok=True)
        for name in ("statement.json", "report.html", "more/lines.csv"):
            (out / name).write_text("{}", encoding="utf-8")
        return {}

    kind = JobKind("plain", run, lambda path, options: [path])
    monkeypatch.setattr(batch, "job_kind", lambda name, place: kind)
    monkeypatch.setattr(batch, "headline", lambda statement: [])
    monkeypatch.setattr(batch, "job_summary", lambda statement: {})
    (tmp_path / "job.toml").write_text("a = 1", encoding="utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("a person's own", encoding="utf-8")
    return Entry("one", "plain", tmp_path / "job.toml", "en"), tmp_path / "out", runs


def status(job):
    return run_entry(job[0], job[1]).status


def test_a_second_run_does_nothing(job):
    assert [status(job), status(job), status(job)] == ["done", "unchanged", "unchanged"]
    assert len(job[2]) == 1


@pytest.mark.parametrize("name", ["statement.json", "report.html", "more/lines.csv"])
def test_a_file_that_is_gone_or_touched_is_made_again(job, name):
    assert status(job) == "done"
    (job[1] / name).unlink()
    assert [status(job), status(job)] == ["done", "unchanged"]
    (job[1] / name).write_text("{ }", encoding="utf-8")
    assert [status(job), status(job)] == ["done", "unchanged"]
    assert (job[1] / name).read_text(encoding="utf-8") == "{}"


def test_files_of_others_decide_nothing(job):
    assert status(job) == "done"
    (job[1] / "notes.txt").write_text("changed", encoding="utf-8")
    (job[1] / "new.txt").write_text("new", encoding="utf-8")
    assert status(job) == "unchanged"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"inputs": 1, "outputs": 2}', '{"inputs": "x", "statement": "y"}'])
def test_a_record_that_cannot_be_trusted_is_made_anew(job, text):
    assert status(job) == "done"
    (job[1] / FINGERPRINT).write_text(text, encoding="utf-8")
    assert [status(job), status(job)] == ["done", "unchanged"]


def test_a_record_without_outputs_is_no_proof(job):
    assert status(job) == "done"
    record = json.loads((job[1] / FINGERPRINT).read_text(encoding="utf-8"))
    assert sorted(record["outputs"]) == ["more/lines.csv", "report.html", "statement.json"]
    (job[1] / FINGERPRINT).write_text(json.dumps({**record, "outputs": {}}), encoding="utf-8")
    assert status(job) == "done"
