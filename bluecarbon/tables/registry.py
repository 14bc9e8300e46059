"""Field tables by name, imported only when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from bluecarbon.tables.schema import Table
from methodology.base.errors import refuse
from methodology.base.phrases import joined, phrase

KNOWN = {
    "cores": "bluecarbon.cores.tables:INTERVALS",
    "core-list": "bluecarbon.cores.tables:CORE_LIST",
    "methods": "bluecarbon.cores.tables:METHODS",
    "dating": "bluecarbon.dating.tables:DATING",
    "trees": "bluecarbon.vegetation.tables:TREES",
    "plots": "bluecarbon.vegetation.tables:PLOTS",
    "wood": "bluecarbon.vegetation.tables:WOOD",
    "quadrats": "bluecarbon.vegetation.tables:QUADRATS",
    "strata": "bluecarbon.sampling.tables:STRATA",
}


def table_named(name: str) -> Table:
    """The declaration of a field table; KeyError if there is none of that name."""
    module, attribute = KNOWN[name].split(":")
    return getattr(importlib.import_module(module), attribute)


def table_for(columns: Iterable[str], place: str) -> Table:
    """The declared table whose columns a file has most of; of two alike the one that declares less beside them.

    Raises
    ------
    InputError
        BC-TAB-17 where no table fits or two fit equally well.
    """
    present = set(columns)
    scores: dict[str, tuple[int, int]] = {}
    for name in KNOWN:
        table = table_named(name)
        required = {column.name for column in table.columns if column.need == "required"}
        if required <= present and all(present & set(names) for names in table.one_of):
            scores[name] = (len(present & set(table.names)), -len(table.names))
    best = [name for name, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return table_named(best[0])
    found = (
        phrase("columns that fit {names} alike", names=joined(" and ", best))
        if best
        else "columns that fit no declared table"
    )
    raise refuse(
        "BC-TAB-17",
        place,
        found,
        phrase("one of {names}", names=", ".join(KNOWN)),
        "Say which table it is meant to be: --table NAME. `bluecarbon template NAME` shows its columns.",
    )
