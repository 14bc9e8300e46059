"""Does the log still say what it said? Every stored byte is hashed anew and every fault named by its entry.

The bytes are judged as they lie on the disk, never a copy written again. Without a head kept elsewhere a log cannot
show that its last entries were not cut off; then the answer is "tail not provable".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ccus.log.archive import Archive
from ccus.log.checkpoint import Head
from ccus.log.entry import FIRST_PREVIOUS, Entry, opened
from ccus.log.kinds import KINDS, check_body
from ccus.log.merkle import Tree, leaf_hash
from ccus.plant.times import utc_text
from methodology.base.errors import Finding
from methodology.base.phrases import phrase

MOST_FINDINGS = 1_000
TAIL_NOT_PROVABLE = "tail not provable"
TAIL_PROVEN = "holds the kept head"
TAIL_BROKEN = "does not hold the kept head"


class Row(NamedTuple):
    """What is stored of one entry, taken as it lies there."""

    seq: Any
    id: Any
    kind: Any
    at: Any
    recorded: Any
    data: Any
    hash: Any


@dataclass
class Verification:
    """Outcome of a verification.

    Parameters
    ----------
    head : Head
        Size and root over the bytes as they are now.
    tail : str
        Whether the log was held against a kept head, and how it stood.
    findings : list of Finding
        Errors name what is damaged, missing or swapped; notes say what is odd but recorded.
    files : int
        Archive files that entries name. [1]
    plant : str
        Name of the plant in the opening of the ledger.
    left_out : int
        Findings beyond the thousand kept. [1]
    """

    head: Head
    tail: str = TAIL_NOT_PROVABLE
    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    plant: str = ""
    left_out: int = 0

    @property
    def sound(self) -> bool:
        """No error was found."""
        return not any(finding.severity == "error" for finding in self.findings)

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it where a thousand are kept."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.left_out += 1


class _Walk:
    """State carried from entry to entry."""

    def __init__(self, report: Callable[[Finding], None], columns: bool) -> None:
        self.report = report
        self.columns = columns
        self.tree = Tree()
        self.origin = self.plant = ""
        self.previous: tuple[Any, ...] = (FIRST_PREVIOUS,)
        self.recorded: datetime | None = None
        self.expected = 0
        self.before = "the beginning"
        self.gaps: list[tuple[int, int, str]] = []

    def take(self, row: Row) -> Entry | None:
        """Judge one row and move on; the entry, where its bytes are one."""
        seq = row.seq if isinstance(row.seq, int) else self.expected
        if seq > self.expected:
            self.gaps.append((self.expected, seq - 1, self.before))
        elif seq < self.expected:
            self._say("CC-LOG-32", seq, row.id, phrase("it after {before}", before=self.before), "the order of the log")
            self._fill(seq)
        self.expected = max(self.expected, seq + 1)
        data = row.data if isinstance(row.data, bytes) else b""
        fresh = leaf_hash(data)
        self.tree.add(fresh)
        sound = isinstance(row.data, bytes) and row.hash == fresh
        if not sound:
            self._say("CC-LOG-30", seq, row.id, "bytes that do not match their hash", "the bytes as stored")
        entry = self._opened(seq, row, data, sound)
        self.previous = (fresh, row.hash)
        self.before = f"entry {seq} ({row.id!r})"
        return entry

    def end(self, size: int | None) -> None:
        """Say what is missing: gaps that nothing filled, and what should follow the last row where a size is known."""
        if size is not None and size > self.expected:
            self.gaps.append((self.expected, size - 1, self.before))
        for first, last, before in self.gaps:
            which = (
                phrase("entry {first}", first=first)
                if first == last
                else phrase("entries {first} to {last}", first=first, last=last)
            )
            remedy = "Restore a backup that has them."
            self.report(
                Finding(
                    "CC-LOG-31",
                    phrase("after {before}", before=before),
                    phrase("{which} missing", which=which),
                    "every sequence number",
                    remedy,
                )
            )

    def _fill(self, seq: int) -> None:
        for number, (first, last, before) in enumerate(self.gaps):
            if first <= seq <= last:
                rest = [(first, seq - 1, before), (seq + 1, last, before)]
                self.gaps[number : number + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                return

    def _opened(self, seq: int, row: Row, data: bytes, sound: bool) -> Entry | None:
        try:
            entry, previous = opened(data)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            if sound:
                self._say(
                    "CC-LOG-30",
                    seq,
                    row.id,
                    phrase("bytes that are no entry ({error})", error=error),
                    "an entry's canonical bytes",
                )
            return None
        stored = (row.id, row.kind, row.at, row.recorded)
        if entry.seq != seq:
            self._say(
                "CC-LOG-32",
                seq,
                row.id,
                phrase("the bytes of entry {seq} ({entry!r})", seq=entry.seq, entry=entry.id),
                phrase("those of entry {seq}", seq=seq),
            )
        elif self.columns and stored != (entry.id, entry.kind, utc_text(entry.at), utc_text(entry.recorded)):
            found = phrase("columns {stored!r}", stored=stored)
            self._say("CC-LOG-30", seq, entry.id, found, "what the entry's bytes say")
        if previous not in self.previous:
            self._say(
                "CC-LOG-33",
                seq,
                entry.id,
                "the hash of another predecessor",
                phrase("the hash of {before}", before=self.before),
            )
        if sound:
            self._odd(entry)
        return entry

    def _odd(self, entry: Entry) -> None:
        place = phrase("entry {seq} ({entry!r})", seq=entry.seq, entry=entry.id)
        if entry.seq == 0:
            if entry.kind == "opening":
                self.origin, self.plant = str(entry.body.get("origin", "")), str(entry.body.get("plant", ""))
            else:
                self.report(Finding("CC-LOG-32", place, f"a {entry.kind}", "the opening of the ledger"))
        for finding in check_body(entry.kind, entry.body, place) if entry.kind in KINDS else ():
            self.report(finding)
        if self.recorded is not None and entry.recorded < self.recorded - timedelta(seconds=1):
            back = (self.recorded - entry.recorded).total_seconds()
            found = phrase("a system clock {back:.0f} s behind the entry before", back=back)
            remedy = "The order of the log is its sequence; nothing was corrected."
            self.report(Finding("CC-LOG-36", place, found, "a clock that only goes forward", remedy, severity="note"))
        self.recorded = entry.recorded

    def _say(self, code: str, seq: object, id: object, found: str, expected: str) -> None:
        self.report(
            Finding(
                code, phrase("entry {seq} ({id!r})", seq=seq, id=id), found, expected, "Restore a backup and compare."
            )
        )


def walk(
    rows: Iterable[Row], archive: Archive | None, kept: Head | None, *, size: int | None = None, columns: bool = True
) -> Verification:
    """Verify rows in the order of the log.

    Parameters
    ----------
    rows : iterable of Row
        As stored; held one at a time.
    archive : Archive, optional
        Where the files lie that entries name; each is hashed anew.
    kept : Head, optional
        A head kept elsewhere: the log must begin with exactly the entries it covered.
    size : int, optional
        Number of entries the log should have where that is known. [1]
    columns : bool
        Whether the rows carry columns of their own beside the bytes.

    Returns
    -------
    Verification
    """
    outcome = Verification(Head("", 0, b""))
    state = _Walk(outcome.add, columns)
    prefix_root = state.tree.root() if kept is not None and kept.size == 0 else None
    for row in rows:
        entry = state.take(row)
        if kept is not None and state.tree.size == kept.size:
            prefix_root = state.tree.root()
        if entry is not None and archive is not None:
            outcome.files += _check_files(entry, archive, outcome.add)
    if kept is not None and state.origin in (kept.origin, ""):
        size = max(size or 0, kept.size)
    state.end(size)
    outcome.plant = state.plant
    outcome.head = Head(state.origin, state.tree.size, state.tree.root())
    if kept is not None:
        _hold(outcome, kept, prefix_root)
    return outcome


def _check_files(entry: Entry, archive: Archive, report: Callable[[Finding], None]) -> int:
    if entry.kind not in ("imported_batch", "correction"):
        return 0
    count = 0
    for named in files_named(entry):
        count += 1
        fault = archive.fault(named["sha256"], named["suffix"], named.get("bytes"))
        if fault:
            code = "CC-LOG-20" if fault == "missing" else "CC-LOG-21"
            place = phrase(
                "entry {seq} ({entry!r}), archive {sha256}{suffix}",
                seq=entry.seq,
                entry=entry.id,
                sha256=named["sha256"],
                suffix=named["suffix"],
            )
            report(Finding(code, place, fault, "the file the entry names", "Restore it from a backup."))
    return count


def files_named(entry: Entry) -> Iterator[dict[str, Any]]:
    """The archive files an entry names, also where it corrects a batch."""
    body = entry.body.get("body") if entry.kind == "correction" else entry.body
    if isinstance(body, dict) and isinstance(body.get("files"), list):
        for named in body["files"]:
            if (
                isinstance(named, dict)
                and isinstance(named.get("sha256"), str)
                and isinstance(named.get("suffix"), str)
            ):
                yield named


def _hold(outcome: Verification, kept: Head, prefix_root: bytes | None) -> None:
    outcome.tail = TAIL_BROKEN
    head = outcome.head
    if head.origin and kept.origin != head.origin:
        expected = phrase("log {origin!r}", origin=head.origin)
        outcome.add(
            Finding(
                "CC-LOG-12",
                "kept head",
                phrase("log {origin!r}", origin=kept.origin),
                expected,
                "Use the head of this log.",
            )
        )
    elif prefix_root is None:
        found = phrase("{size} entries", size=head.size)
        remedy = "Entries were cut off after the head was taken. Restore a backup that has them."
        outcome.add(
            Finding("CC-LOG-34", "kept head", found, phrase("at least the {size} it covered", size=kept.size), remedy)
        )
    elif prefix_root != kept.root:
        found = phrase("another root over the first {size} entries", size=kept.size)
        remedy = "The log was rewritten after the head was taken. Restore a backup and compare."
        outcome.add(Finding("CC-LOG-35", "kept head", found, "the root that was kept", remedy))
    else:
        outcome.tail = TAIL_PROVEN
