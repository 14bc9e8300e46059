"""What a kind of job is to a batch: a name, how to run it, and which files decide whether it must run again.

Kinds are found by Python entry points of the group ``methodology.jobs``, so that anyone can add one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from methodology.base.errors import refuse
from methodology.base.phrases import phrase


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Parameters
    ----------
    name : str
        As portfolios write it: "survey", "plant".
    run : callable (job file, output folder, language, options) -> statement
        Writes the reports and returns the statement.
    inputs : callable (job file, options) -> list of Path
        Every file the result depends on, the job file included.
    options : tuple of str
        Keys a portfolio entry may give besides the common ones, for example "period".
    """

    name: str
    run: Callable[[Path, Path, str, Mapping[str, Any]], Mapping[str, Any]]
    inputs: Callable[[Path, Mapping[str, Any]], list[Path]]
    options: tuple[str, ...] = ()


def job_kinds() -> dict[str, Any]:
    """Entry points of the installed kinds, by name; load one to get its `JobKind`."""
    return {entry.name: entry for entry in entry_points(group="methodology.jobs")}


def job_kind(name: str, place: str) -> JobKind:
    """A kind by its name.

    Raises
    ------
    InputError
        ME-BATCH-03 no such kind.
    """
    kinds = job_kinds()
    if name not in kinds:
        raise refuse(
            "ME-BATCH-03",
            place,
            repr(name),
            phrase("one of {names}", names=", ".join(sorted(kinds))),
            "Correct `kind`.",
        )
    return kinds[name].load()
