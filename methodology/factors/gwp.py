"""Warming potentials, named exactly. The guides fold none into their factors; the user chooses a set and it is printed."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path

from methodology.base.errors import refuse
from methodology.base.phrases import phrase
from methodology.factors.table import Factor, FactorTable, load_factors


@functools.cache
def gwp_table() -> FactorTable:
    """All sets, as factor rows."""
    return load_factors(Path(str(resources.files("methodology.factors"))) / "gwp.csv", "gwp")


def gwp_sets() -> list[str]:
    """Names of the sets, for example ``AR5-100`` (28 and 265, without climate-carbon feedback)."""
    return sorted({value for factor in gwp_table().all() for value in factor.applies["set"]})


def gwp(gas: str, name: str, fossil: bool = False, own: FactorTable | None = None) -> Factor:
    """Warming potential of a gas in a named set.

    Parameters
    ----------
    gas : {"ch4", "n2o"}
    name : str
        One of `gwp_sets`.
    own : FactorTable, optional
        Asked first, so that a user can confirm a printed value: a row ``gwp_ch4`` or ``gwp_n2o`` with its ``set``.
    fossil : bool
        Fossil methane counts the CO2 it becomes; wetland methane is not fossil.

    Raises
    ------
    InputError
        ME-GWP-01 no such set.
    """
    if name not in gwp_sets():
        raise refuse(
            "ME-GWP-01",
            "gwp",
            repr(name),
            phrase("one of {names}", names=", ".join(gwp_sets())),
            "Name the set exactly; none is assumed.",
        )
    context = {"set": name, "methane": "fossil" if fossil else "non_fossil"}
    table = own if own is not None and own.has(f"gwp_{gas}", context) else gwp_table()
    return table.find(f"gwp_{gas}", context, "gwp")
