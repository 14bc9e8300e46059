"""Reading core tables: a depth series, and where they are given the network's core list and methods beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from bluecarbon.cores.tables import CORE_FACTS, CORE_LIST, GROUP, INTERVALS, METHOD_FACTS, METHODS
from bluecarbon.tables.checking import apply_rules
from bluecarbon.tables.marks import TableFindings
from bluecarbon.tables.schema import Table, read_table
from methodology.base.phrases import phrase


@dataclass(frozen=True)
class Sources:
    """Files of one set of cores and how they are written.

    Parameters
    ----------
    intervals, cores, methods : Path or None
        Depth series; core list and methods as the network keeps them, optional.
    decimal, sheet, encoding : str or None
        As in `bluecarbon.tables.schema.read_table`, for all files.
    units : mapping of column to unit
        For the depth series.
    """

    intervals: Path
    cores: Path | None = None
    methods: Path | None = None
    decimal: str = "."
    sheet: str | None = None
    encoding: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)


def load_intervals(sources: Sources, table: Table = INTERVALS) -> tuple[pd.DataFrame, TableFindings]:
    """Read and check a depth series with the facts of its cores and methods joined to every slice.

    Returns
    -------
    frame : DataFrame
        Declared columns of the table; index = row in the depth series' file.
    findings : TableFindings
        Of all files and rules. Nothing is raised for faults of single cells; call ``stop_on_file_errors()``.
    """
    frame, findings = read_table(
        sources.intervals, table, decimal=sources.decimal, units=sources.units, sheet=sources.sheet,
        encoding=sources.encoding,
    )  # fmt: skip
    options = {"decimal": sources.decimal, "encoding": sources.encoding}
    if sources.cores:
        cores, found = read_table(sources.cores, CORE_LIST, **options)
        findings.extend(found)
        _report_unmatched(frame, cores, findings, found.source)
        frame = _joined(frame, cores.drop_duplicates(list(GROUP)), list(GROUP), [c.name for c in CORE_FACTS])
    if sources.methods:
        methods, found = read_table(sources.methods, METHODS, **options)
        findings.extend(found)
        keys = ["study_id", "method_id"]
        frame = _joined(frame, methods.drop_duplicates(keys), keys, [c.name for c in METHOD_FACTS])
    apply_rules(frame, table, findings)
    return frame, findings


def _joined(frame: pd.DataFrame, facts: pd.DataFrame, keys: list[str], names: list[str]) -> pd.DataFrame:
    """Fill empty cells of the depth series from the other table."""
    found = frame[keys].merge(facts[[*keys, *names]], on=keys, how="left", validate="many_to_one")
    result = frame.copy()
    for name in names:
        theirs = found[name].to_numpy()
        if frame[name].dtype.kind == "f":
            result[name] = np.where(frame[name].isna(), theirs, frame[name])
        else:
            theirs = np.where(pd.isna(theirs), "", theirs)
            result[name] = np.where(frame[name] == "", theirs, frame[name])
    return result


def _report_unmatched(frame: pd.DataFrame, cores: pd.DataFrame, findings: TableFindings, core_file: str) -> None:
    have = pd.MultiIndex.from_frame(frame[list(GROUP)])
    listed = pd.MultiIndex.from_frame(cores[list(GROUP)])
    orphan = ~have.isin(listed)
    findings.add_rows(
        "BC-TAB-43", "core_id", frame.index[orphan], list(frame.core_id[orphan]), phrase("a core listed in {core_file}", core_file=core_file),
        "Habitat and position of these slices are not known.", "warning", "row",
    )  # fmt: skip
    empty = cores[~listed.isin(have)]
    if len(empty):
        shown = ", ".join(empty.core_id.head(3)) + (" …" if len(empty) > 3 else "")
        findings.add(
            "BC-TAB-42", phrase("{core_file}, {n} cores", core_file=core_file, n=len(empty)), shown, phrase("slices in {source}", source=findings.source),
            "Listed cores without slices give no result.", severity="warning", amount=float(len(empty)), unit="cores",
        )  # fmt: skip
