"""Rules between the entries of a job file: dates that leave a period between them, nothing stated twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bluecarbon.job_dates import date_label, date_span, date_year
from methodology.base.errors import Findings

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
                    "BC-JOB-05", f"{name}, [[map]] {number}", f"date {label} again (first in [[map]] {first})",
                    "one map for each date", "Merge the two maps or correct the date.",
                )  # fmt: skip
                break
            found = _too_close(earlier, entry)
            if found:
                findings.add(
                    "BC-JOB-09", f"{name}, [[map]] {number}", f"date {label}, which {found} {other} of [[map]] {first}",
                    f"dates that do not overlap, their middles at least {SHORTEST_DAYS:g} days apart",
                    "State the days the images were taken on, or leave one of the two maps out: a change over no time has no rate.",
                )  # fmt: skip
                break


def _too_close(earlier: MapEntry, later: MapEntry) -> str:
    (start, end), (other_start, other_end) = date_span(earlier.date), date_span(later.date)
    if start <= other_end and other_start <= end:
        return "overlaps"
    days = (date_year(later.date) - date_year(earlier.date)) * DAYS_PER_YEAR
    return f"is {days:.3g} days after" if days < SHORTEST_DAYS else ""


def check_releases(releases: Sequence[tuple[int, Release]], name: str, findings: Findings) -> None:
    """Add BC-JOB-10 for a release stated twice, or from a habitat to itself."""
    seen: dict[tuple[str, str, str], int] = {}
    for number, release in releases:
        place = f"{name}, [[release]] {number}"
        key = (release.from_habitat, release.to_habitat, release.pool)
        if release.from_habitat == release.to_habitat:
            findings.add(
                "BC-JOB-10", place, f"from {release.from_habitat} to {release.to_habitat}", "two different habitats",
                "A place that stays what it is releases nothing by changing; correct one of the two.",
            )  # fmt: skip
        if key in seen:
            found = f"{key[0]} to {key[1]}, {key[2]}, again (first in [[release]] {seen[key]})"
            findings.add("BC-JOB-10", place, found, "one release for each change and pool", "Keep one of the two.")
        seen.setdefault(key, number)


def check_burials(burials: Sequence[tuple[int, Burial]], name: str, findings: Findings) -> None:
    """Add BC-JOB-10 for a burial stated twice for one habitat and stratum."""
    seen: dict[tuple[str, str | None], int] = {}
    for number, burial in burials:
        key = (burial.habitat, burial.stratum)
        if key in seen:
            words = key[0] + (f", {key[1]}" if key[1] else ", without a stratum")
            found = f"{words}, again (first in [[burial]] {seen[key]})"
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
                "BC-JOB-11", f"{path.name}, [[map]] {number}", f"{entry.path}, which [[map]] {seen[key]} names too",
                "a map of its own for each date", "Two dates of one map show no change; correct the path, or name layer, band or class_field.",
                "warning",
            )  # fmt: skip
        seen.setdefault(key, number)
