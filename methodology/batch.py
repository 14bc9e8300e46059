"""Many jobs into their reports and one portfolio. A bad job does not stop the rest; what did not change is not redone."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import tomllib
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from methodology.base.errors import Findings, InputError, refuse
from methodology.base.files import canonical_json, sha256_of, written_whole
from methodology.base.phrases import phrase
from methodology.jobs import job_kind, job_kinds
from methodology.reporting.portfolio import job_summary
from methodology.summary import headline

COMMON_KEYS = ("id", "kind", "path", "lang")
FINGERPRINT = "fingerprint.json"


@dataclass(frozen=True)
class Entry:
    """One job of a portfolio."""

    id: str
    kind: str
    path: Path
    lang: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a job: done, unchanged, or failed with findings."""

    entry: Entry
    status: str
    headline: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    statement_sha256: str | None
    summary: dict[str, Any] | None = None


def load_portfolio(path: Path) -> tuple[str, list[Entry]]:
    """Read a portfolio file.

    Returns
    -------
    (title, entries)

    Raises
    ------
    InputError
        ME-BATCH-01 … 04, all faults of the file at once.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refuse("ME-BATCH-01", str(path), str(error), "a readable TOML file", "See docs/batch.md.") from None
    findings = Findings()
    jobs = data.get("job", [])
    if not isinstance(jobs, list) or not jobs:
        raise refuse("ME-BATCH-01", path.name, "no [[job]]", "at least one [[job]]", "See docs/batch.md.")
    entries, seen = [], set()
    for number, job in enumerate(jobs, 1):
        place = f"{path.name}, [[job]] {number}"
        missing = [key for key in ("id", "kind", "path") if not isinstance(job.get(key), str)]
        if missing:
            remedy = 'Write for example id = "north", kind = "survey", path = "north/survey.toml".'
            findings.add(
                "ME-BATCH-02",
                place,
                phrase("no {names}", names=", ".join(missing)),
                "id, kind and path as text",
                remedy,
            )
            continue
        if job["id"] in seen or "/" in job["id"] or job["id"].startswith("."):
            remedy = "Give the job another id, without '/' and not beginning with a dot."
            found = phrase("id {id!r}", id=job["id"])
            findings.add("ME-BATCH-02", place, found, "an id of its own that can be a folder's name", remedy)
        seen.add(job["id"])
        _check_keys(job, place, findings)
        options = {key: value for key, value in job.items() if key not in COMMON_KEYS}
        entries.append(
            Entry(job["id"], job["kind"], path.resolve().parent / job["path"], job.get("lang", "en"), options)
        )
    findings.stop_on_errors()
    return str(data.get("portfolio", {}).get("title", path.stem)), entries


def _check_keys(job: Mapping[str, Any], place: str, findings: Findings) -> None:
    if job["kind"] not in job_kinds():
        findings.add(
            "ME-BATCH-03",
            place,
            repr(job["kind"]),
            phrase("one of {names}", names=", ".join(sorted(job_kinds()))),
            "Correct `kind`.",
        )
        return
    known = (*COMMON_KEYS, *job_kind(job["kind"], place).options)
    for key in job:
        if key not in known:
            findings.add(
                "ME-BATCH-04",
                place,
                phrase("unknown key {key!r}", key=key),
                phrase("one of {names}", names=", ".join(known)),
                "Correct the key.",
            )
    if job.get("lang", "en") not in ("en", "zh"):
        findings.add(
            "ME-BATCH-04", place, phrase("lang {lang!r}", lang=job["lang"]), "en or zh", "Correct the language."
        )


def run_batch(
    path: Path, out: Path, workers: int = 1, progress: Callable[[str, float], None] | None = None
) -> tuple[str, list[Outcome]]:
    """Run every job of a portfolio, each in a process of its own and into a folder of its own.

    Parameters
    ----------
    path : Path
        Portfolio file.
    out : Path
        Folder; each job writes to the folder of its id in it.
    workers : int
        Jobs at once.

    Returns
    -------
    (title, outcomes in the order of the file)
    """
    title, entries = load_portfolio(path)
    tell = progress or (lambda what, share: None)
    outcomes: dict[str, Outcome] = {}
    # A fresh interpreter for each worker: map libraries do not survive being forked.
    with ProcessPoolExecutor(max(1, workers), mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(run_entry, entry, out / entry.id): entry for entry in entries}
        for future in as_completed(running):
            entry = running[future]
            try:
                outcomes[entry.id] = future.result()
            except Exception as error:  # a worker that died must not take the batch with it
                outcomes[entry.id] = _failed(entry, "ME-BATCH-05", f"{type(error).__name__}: {error}")
            tell(
                phrase("{id}: {status}", id=entry.id, status=phrase(outcomes[entry.id].status)),
                len(outcomes) / len(entries),
            )
    return title, [outcomes[entry.id] for entry in entries]


def run_entry(entry: Entry, out: Path) -> Outcome:
    """Run one job unless nothing it depends on and nothing it wrote has changed."""
    try:
        kind = job_kind(entry.kind, entry.id)
        print_ = _fingerprint(entry, kind.inputs(entry.path, entry.options))
        statement_file = out / "statement.json"
        known = _known(out)
        if _as_written(out, known, print_):
            statement = json.loads(statement_file.read_text(encoding="utf-8"))
            return Outcome(
                entry, "unchanged", headline(statement), [], sha256_of(statement_file), job_summary(statement)
            )
        before = _states(out)
        statement = kind.run(entry.path, out, entry.lang, entry.options)
        written = [
            name for name, state in _states(out).items() if before.get(name) != state or name in known["outputs"]
        ]
        record = {"inputs": print_, "outputs": {n: sha256_of(out / n) for n in sorted(written) if n != FINGERPRINT}}
        with written_whole(out / FINGERPRINT) as temporary:
            temporary.write_text(canonical_json(record), encoding="utf-8")
        digest = sha256_of(statement_file)
        return Outcome(entry, "done", headline(statement), [], digest, job_summary(statement))
    except InputError as error:
        return Outcome(entry, "failed", [], [finding.as_dict() for finding in error.findings], None)
    except Exception as error:  # a fault of the program in one job; the others go on and this one is reported whole
        text = "".join(traceback.format_exception_only(error)).strip()
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return _failed(entry, "ME-BATCH-06", f"{text} ({Path(frame.filename).name}:{frame.lineno})")


def _failed(entry: Entry, code: str, found: str) -> Outcome:
    remedy = "Run the job alone to see more; this is a fault of the program, please report it."
    return Outcome(
        entry,
        "failed",
        [],
        [
            {
                "code": code,
                "place": entry.id,
                "found": found,
                "expected": "a result",
                "remedy": remedy,
                "severity": "error",
            }
        ],
        None,
    )


def _fingerprint(entry: Entry, inputs: list[Path]) -> str:
    digest = hashlib.sha256()
    settings = {
        "kind": entry.kind,
        "lang": entry.lang,
        "options": dict(entry.options),
        "version": version("bluecarbon-toolkit"),
    }
    digest.update(canonical_json(settings).encode())
    for path in inputs:
        digest.update(f"{path.name} {sha256_of(path) if path.is_file() else 'absent'}\n".encode())
    return digest.hexdigest()


def _known(out: Path) -> dict[str, Any]:
    """What an earlier run recorded: its inputs, and the hash of each file it wrote. Empty where that cannot be read."""
    try:
        known = json.loads((out / FINGERPRINT).read_text(encoding="utf-8"))
        return {"inputs": str(known["inputs"]), "outputs": dict(known["outputs"])}
    except (OSError, ValueError, KeyError, TypeError):  # absent, cut short, or of an older version
        return {"inputs": "", "outputs": {}}


def _as_written(out: Path, known: Mapping[str, Any], inputs: str) -> bool:
    """Whether an earlier run had the same inputs and every file it wrote is still there, byte for byte."""
    outputs = known["outputs"]
    return (
        known["inputs"] == inputs
        and "statement.json" in outputs
        and all((out / name).is_file() and sha256_of(out / name) == digest for name, digest in outputs.items())
    )


def _states(out: Path) -> dict[str, tuple[int, int, int]]:
    """File number, time and size of every file in a folder, by name: what differs after a run was written by it."""
    found = {}
    for path in out.rglob("*"):
        if path.is_file():
            state = path.stat()
            found[path.relative_to(out).as_posix()] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found


def portfolio_record(title: str, outcomes: list[Outcome]) -> dict[str, Any]:
    """The portfolio as plain data: jobs with status, headline, hash of their statement, findings.

    Nothing is added over jobs: two jobs may account for the same bay, and boundaries, guides and dates differ.
    """
    return {
        "format": "ghg-portfolio",
        "version": "1.0",
        "title": title,
        "jobs": [
            {
                "id": o.entry.id, "kind": o.entry.kind, "status": o.status, "statement_sha256": o.statement_sha256,
                "headline": o.headline, "findings": o.findings,
            }
            | ({} if o.summary is None else {"summary": o.summary, "report": f"{o.entry.id}/report.html"})
            for o in outcomes
        ],
    }  # fmt: skip
