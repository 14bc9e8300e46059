"""Which equation and which factor serves a stem: the most specific that applies, and never one of two by chance."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from bluecarbon.vegetation.allometry import Allometry
from bluecarbon.vegetation.catalogue import Factor, SetRow
from methodology.base.errors import refuse
from methodology.base.phrases import joined, phrase


def taxon_rank(taxon: str, species: str) -> int | None:
    """2 if `taxon` is the species itself, 1 its genus, 0 for "any", None where it does not apply."""
    wanted = " ".join(species.split()).lower()
    name = taxon.lower()
    if name == wanted:
        return 2
    if name == wanted.partition(" ")[0] and " " not in name:
        return 1
    return 0 if name == "any" else None


def _row_rank(
    row: SetRow, equation: Allometry, species: str, kind: str, height_m: float | None
) -> tuple[int, int] | None:
    rank = taxon_rank(row.taxon, species)
    if rank is None or kind not in ((row.diameter_kind,) if row.diameter_kind else equation.diameter_kinds):
        return None
    conditions = int(bool(row.diameter_kind))
    for low, high in ((row.height_low_m, row.height_high_m),):
        if low is None and high is None:
            continue
        if height_m is None or (low is not None and height_m < low) or (high is not None and height_m >= high):
            return None
        conditions += 1
    return rank, conditions


def choose_equation(
    rows: Sequence[SetRow],
    equations: Mapping[str, Allometry],
    component: str,
    species: str,
    diameter_kind: str,
    height_m: float | None = None,
) -> Allometry:
    """The equation of a set for one kind of stem.

    Parameters
    ----------
    rows : sequence of SetRow
        The set.
    equations : mapping of str to Allometry
    component : {"above", "below"}
    species, diameter_kind : str
    height_m : float or None
        Height of the stem where measured; rows with height limits need it. [m]

    Returns
    -------
    Allometry

    Raises
    ------
    InputError
        BC-VEG-02 nothing applies; BC-VEG-03 two equally specific equations apply.
    """
    ranked: list[tuple[tuple[int, int], str]] = []
    for row in rows:
        if row.component == component:
            rank = _row_rank(row, equations[row.equation], species, diameter_kind, height_m)
            if rank is not None:
                ranked.append((rank, row.equation))
    if not ranked:
        held = sorted({f"{row.equation}" for row in rows if row.component == component})
        raise refuse(
            "BC-VEG-02",
            phrase("{species}, diameter at {diameter_kind}", species=species, diameter_kind=diameter_kind),
            phrase("no {component}-ground equation among {names}", component=component, names=", ".join(held)),
            "one that takes this species and this kind of diameter",
            "Choose another set with --equations, or give a set of your own.",
        )
    best = max(rank for rank, _ in ranked)
    names = sorted({name for rank, name in ranked if rank == best})
    if len(names) > 1:
        raise refuse(
            "BC-VEG-03",
            f"{species}, {component}",
            joined(" and ", names),
            "one equation that fits best",
            "Drop one of them.",
        )
    return equations[names[0]]


def choose_factor(
    rows: Iterable[Factor], quantity: str, *, taxon: str = "any", place: str = "", category: str = ""
) -> Factor:
    """The factor row that applies, species before genus before any, the named place before no place.

    Parameters
    ----------
    rows : iterable of Factor
    quantity : str
        Such as "wood_density".
    taxon, place, category : str
        What it is wanted for.

    Raises
    ------
    InputError
        BC-VEG-05 no row applies; BC-VEG-03 several rows apply equally.
    """
    rows, ranked = tuple(rows), []
    for row in rows:
        if row.quantity != quantity or row.category != category:
            continue
        rank = taxon_rank(row.taxon, taxon)
        here = not row.place or not place or row.place.lower() == place.lower()
        if rank is not None and here:
            ranked.append(((rank, int(bool(place) and row.place.lower() == place.lower())), row))
    named = phrase(
        "{quantity} of {taxon}{rest}",
        quantity=quantity.replace("_", " "),
        taxon=taxon,
        rest=f", {category}" if category else "",
    )
    if not ranked:
        raise refuse(
            "BC-VEG-05",
            named,
            "no factor row",
            "a value with a source",
            _remedy(rows, quantity, taxon),
        )
    best = max(rank for rank, _ in ranked)
    found = [row for rank, row in ranked if rank == best]
    if len(found) > 1:
        held = joined(" and ", (f"{row.value:g} {row.unit} ({row.place or row.source})" for row in found))
        raise refuse(
            "BC-VEG-03",
            named,
            held,
            "one value",
            phrase("Name the place with --place, or fill the column {quantity}.", quantity=quantity),
        )
    return found[0]


def _remedy(rows: Sequence[Factor], quantity: str, taxon: str) -> str:
    """What to do about a factor that is not there; a name that is nearly that of a known species is likely misspelt."""
    near = difflib.get_close_matches(taxon, {row.taxon for row in rows if row.quantity == quantity}, n=1, cutoff=0.85)
    if near:
        return phrase(
            "Did you mean {name}? Else give it in the table, column {quantity}.", name=near[0], quantity=quantity
        )
    return phrase("Give it in the table, column {quantity}.", quantity=quantity)
