"""Rules between the entries of a job file: dates that leave a period between them, nothing stated twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecarbon.job_dates import date_label, date_span, date_year
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    from bluecarbon.job import Burial, MapEntry, Release

Numbered = Sequence[tuple[int, Any]]
"""Entries of one kind with the number each has in the file; those that could not be read are left out."""

SHORTEST_DAYS = 30.0
"""Least time between two maps: change divided by less than a month is noise of the maps blown up to a year."""
DAYS_PER_YEAR = 365.25


def check_dates(maps: Sequence[tuple[int, MapEntry]], name: str, findings: Findings) -> None:
    """Add BC-JOB-05 for two maps of one date and BC-JOB-09 for two that leave no period between them."""
    ordered = sorted(maps, key=lambda item: (date_year(item[1].date), item[0]))
    for place, (number, entry) in enumerate(ordered):
        label = date_label(entry.date)
        for first, earlier in ordered[:place]:
            other = date_label(earlier.date)
            if other == label:
                findings.add(
                    "BC-JOB-05", f"{name}, [[map]] {number}", phrase("date {label} again (first in [[map]] {first})", label=label, first=first),
                    "one map for each date", "Merge the two maps or correct the date.",
                )  # fmt: skip
                break
            found = _too_close(earlier, entry)
            if found:
                findings.add(
                    "BC-JOB-09", f"{name}, [[map]] {number}", phrase("date {label}, which {found} {other} of [[map]] {first}", label=label, found=found, other=other, first=first),
                    phrase("dates that do not overlap, their middles at least {shortest_days:g} days apart", shortest_days=SHORTEST_DAYS),
                    "State the days the images were taken on, or leave one of the two maps out: a change over no time has no rate.",
                )  # fmt: skip
                break


def _too_close(earlier: MapEntry, later: MapEntry) -> str:
    (start, end), (other_start, other_end) = date_span(earlier.date), date_span(later.date)
    if start <= other_end and other_start <= end:
        return "overlaps"
    days = (date_year(later.date) - date_year(earlier.date)) * DAYS_PER_YEAR
    return phrase("is {days:.3g} days after", days=days) if days < SHORTEST_DAYS else ""


def check_releases(releases: Sequence[tuple[int, Release]], name: str, findings: Findings) -> None:
    """Add BC-JOB-10 for a release stated twice, or from a habitat to itself."""
    seen: dict[tuple[str, str, str], int] = {}
    for number, release in releases:
        place = f"{name}, [[release]] {number}"
        key = (release.from_habitat, release.to_habitat, release.pool)
        if release.from_habitat == release.to_habitat:
            findings.add(
                "BC-JOB-10", place, phrase("from {from_habitat} to {to_habitat}", from_habitat=release.from_habitat, to_habitat=release.to_habitat), "two different habitats",
                "A place that stays what it is releases nothing by changing; correct one of the two.",
            )  # fmt: skip
        if key in seen:
            found = phrase(
                "{key} to {key2}, {key3}, again (first in [[release]] {seen})",
                key=key[0],
                key2=key[1],
                key3=key[2],
                seen=seen[key],
            )
            findings.add("BC-JOB-10", place, found, "one release for each change and pool", "Keep one of the two.")
        seen.setdefault(key, number)


def check_burials(burials: Sequence[tuple[int, Burial]], name: str, findings: Findings) -> None:
    """Add BC-JOB-10 for a burial stated twice for one habitat and stratum."""
    seen: dict[tuple[str, str | None], int] = {}
    for number, burial in burials:
        key = (burial.habitat, burial.stratum)
        if key in seen:
            words = key[0] + (f", {key[1]}" if key[1] else phrase(", without a stratum"))
            found = phrase("{words}, again (first in [[burial]] {seen})", words=words, seen=seen[key])
            remedy = "Keep one of the two, or give each the stratum it was measured in."
            findings.add("BC-JOB-10", f"{name}, [[burial]] {number}", found, "one burial for each stratum", remedy)
        seen.setdefault(key, number)


def note_same_maps(maps: Sequence[tuple[int, MapEntry]], path: Path, findings: Findings) -> None:
    """Add a warning BC-JOB-11 where two dates read the very same classes: same file, layer, band and field."""
    seen: dict[tuple[Any, ...], int] = {}
    for number, entry in maps:
        file = (path.resolve().parent / entry.path).resolve()
        key = (file, entry.layer, entry.band or 1, entry.class_field)
        if key in seen:
            findings.add(
                "BC-JOB-11", f"{path.name}, [[map]] {number}", phrase("{path}, which [[map]] {seen} names too", path=entry.path, seen=seen[key]),
                "a map of its own for each date", "Two dates of one map show no change; correct the path, or name layer, band or class_field.",
                "warning",
            )  # fmt: skip
        seen.setdefault(key, number)
