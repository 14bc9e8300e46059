"""An import against what the log already holds: a reading that was imported is never displaced by another export."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from ccus.importers.batches import from_parquet
from ccus.plant.times import from_utc_text
from ccus.streams.series import BAD, Series
from methodology.base.errors import Finding
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from ccus.log.session import Session

SAME = 1e-9
"""Relative difference up to which two readings are one: exports in kg/h and t/h differ in the last bits."""


def differing(log: Session, series: Iterable[Series], own: str) -> list[Finding]:
    """Readings that the log holds otherwise for the same tag and time, one finding for each tag and earlier import.

    A lost reading that became a good one counts as differing: the gap was accounted for, and what filled it afterwards
    needs a reason that stands in the log.

    Parameters
    ----------
    log : Session
    series : iterable of Series
        About to be kept.
    own : str
        Id of the entry they would become; the same import again is no other one.

    Returns
    -------
    list of Finding
        CC-IMP-25.
    """
    from ccus.log.views import standing

    new = {one.tag: one for one in series if len(one)}
    found = []
    for item in standing(log.ledger, "imported_batch") if new else ():
        if item.entry.id == own:
            continue
        for stored in item.body["files"]:
            if stored["suffix"] != ".parquet" or not _meet(stored, new.values()):
                continue
            held, _ = from_parquet(log.ledger.archive.open(stored["sha256"], stored["suffix"]), new)
            for tag, one in held.items():
                told = _told(new[tag], one, item.entry.id)
                if told is not None:
                    found.append(told)
    return found


def _meet(stored: dict, series: Iterable[Series]) -> bool:
    if not stored.get("start") or not stored.get("end"):
        return True
    first, last = from_utc_text(stored["start"]).timestamp(), from_utc_text(stored["end"]).timestamp()
    tags = set(stored.get("tags") or ())
    return any(s.time_s[0] <= last and s.time_s[-1] >= first and (not tags or s.tag in tags) for s in series)


def _told(new: Series, held: Series, entry: str) -> Finding | None:
    _, mine, theirs = np.intersect1d(new.time_s, held.time_s, return_indices=True)
    bad = (new.severity[mine] == BAD, held.severity[theirs] == BAD)
    value = (new.value[mine], held.value[theirs])
    apart = ~np.isclose(*value, rtol=SAME, atol=0.0, equal_nan=True)
    other = (bad[0] != bad[1]) | (apart & ~bad[0] & ~bad[1])
    if not other.any():
        return None
    at = int(np.flatnonzero(other)[0])
    when = datetime.fromtimestamp(float(new.time_s[mine[at]]), UTC).isoformat()
    was, now = ("bad" if b[at] else f"{float(v[at]):.10g}" for b, v in zip(reversed(bad), reversed(value), strict=True))
    return Finding(
        "CC-IMP-25",
        phrase("meter {tag}, {when}", tag=new.tag, when=when),
        phrase(
            "{n} readings other than those of {entry}; here {now} for {was}",
            n=int(other.sum()), entry=entry, now=now, was=was,
        ),
        "what the log holds for that time, or times it does not hold",
        phrase(
            'Nothing was stored. If this file is right: ccus correct PLANT {entry} --withdraw --reason "…", then import again.',
            entry=entry,
        ),
    )  # fmt: skip
