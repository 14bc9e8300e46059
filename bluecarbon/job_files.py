"""Every file a job reads, in one list: what a result must never replace, and what decides whether to run again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bluecarbon.field.job import field_files
from bluecarbon.job import JobFile, MapEntry
from bluecarbon.job_dates import date_label
from methodology.base.errors import Findings, InputError

SHAPEFILE_SIDES = (".dbf", ".shx", ".prj", ".cpg")
PROJECTION_FILES = ("snapshots", "classes", "transitions", "zones", "price_table", "rates")


def job_files(file: JobFile) -> list[tuple[str, Path]]:
    """Role and path of every file a job reads, the job file first; a file that is not there is listed all the same.

    Parameters
    ----------
    file : JobFile

    Returns
    -------
    list of (role, path)
        Files that belong to a Shapefile follow it under its role, where they exist.
    """
    job, folder = file.job, file.folder
    listed: list[tuple[str, Path]] = [("job", file.path)]
    for entry in job.map:
        listed += [(role, folder / text) for role, text in _named_by_map(entry)]
    if job.reporting_units:
        listed.append(("reporting units", folder / job.reporting_units.path))
    if job.survey.factors:
        listed.append(("factors", folder / job.survey.factors))
    listed += field_files(job, folder)
    if job.projection:
        listed += _named_by_projection(job.projection, folder)
    return [(role, each) for role, path in listed for each in (path, *_sides(path))]


def _named_by_map(entry: MapEntry) -> Iterator[tuple[str, str]]:
    date = date_label(entry.date)
    yield f"map {date}", entry.path
    if entry.extent not in ("units", "unknown"):
        yield f"extent of map {date}", entry.extent
    if entry.accuracy:
        for text in (entry.accuracy.points, entry.accuracy.matrix, entry.accuracy.strata_areas):
            if text:
                yield f"accuracy {date}", text


def _named_by_projection(table: dict[str, Any], folder: Path) -> Iterator[tuple[str, Path]]:
    stated = {key.replace("-", "_"): value for key, value in table.items() if isinstance(value, str)}
    for name in PROJECTION_FILES:
        if name in stated:
            yield f"projection {name}", folder / stated[name]
    if "snapshots" in stated:
        yield from _named_by_snapshots(folder / stated["snapshots"], stated.get("encoding"))


def _named_by_snapshots(path: Path, encoding: str | None) -> Iterator[tuple[str, Path]]:
    """Maps a table of snapshots names; faults of the table are told when it is read to be used."""
    from bluecarbon.projection.cells import Text
    from bluecarbon.projection.reading import read_snapshots

    try:
        snapshots = read_snapshots(path, Findings(), Text(encoding))
    except InputError:
        return
    for year, each in zip(snapshots.years, snapshots.paths, strict=True):
        yield f"projection map {year}", each


def _sides(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp" or not path.parent.is_dir():
        return []
    beside = (each for each in path.parent.iterdir() if each.stem == path.stem)
    return sorted(each for each in beside if each.suffix.lower() in SHAPEFILE_SIDES)
