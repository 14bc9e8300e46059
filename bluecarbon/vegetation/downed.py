"""Downed wood from pieces that cross a line: volume, dry mass and carbon per hectare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluecarbon.vegetation.catalogue import Factor
from bluecarbon.vegetation.choosing import choose_factor
from bluecarbon.vegetation.equations import line_intercept
from methodology.base.errors import Findings, InputError
from methodology.base.phrases import joined, phrase


@dataclass(frozen=True)
class Crossings:
    """Counted classes and measured pieces, one entry per row of the wood table.

    Parameters
    ----------
    transect : array of int, shape (row,)
        Index of the transect.
    wood_class : tuple of str, length row
        fine, small, medium, large sound or large rotten.
    length_m : array, shape (row,)
        Length of line the class was counted on. [m]
    pieces : array, shape (row,)
        Count; NaN for a single measured piece. [1]
    diameter_cm : array, shape (row,)
        Diameter of a measured piece, NaN for a count. [cm]
    wood_density : array, shape (row,)
        NaN: from the factor table. [g/cm3]
    place : tuple of str, length row
    """

    transect: NDArray[np.int_]
    wood_class: tuple[str, ...]
    length_m: NDArray[np.float64]
    pieces: NDArray[np.float64]
    diameter_cm: NDArray[np.float64]
    wood_density: NDArray[np.float64]
    place: tuple[str, ...]


def downed_wood(
    crossings: Crossings, transect_count: int, factors: Sequence[Factor], findings: Findings
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Volume, dry mass and carbon of every transect.

    Parameters
    ----------
    crossings : Crossings
    transect_count : int
    factors : sequence of Factor
        Class diameters and densities, carbon fraction of downed wood.
    findings : Findings
        Added to: BC-VEG-17 a class without count or diameter, with both, or without density.

    Returns
    -------
    volume, mass, carbon : array, shape (transect,)
        [m³/ha], [t/ha], [t C/ha]; to be used only if `findings` holds no error.

    Notes
    -----
    V = π² Σd² / (8 L), d in cm, L in m; a class of n pieces adds n times the square of its quadratic mean diameter.
    Each class has its own length of line, so volumes are added, not squares. Source: kauffmandonato2012.
    """
    squares = np.full(len(crossings.place), np.nan)
    density = crossings.wood_density.copy()
    for i, (wood_class, place) in enumerate(zip(crossings.wood_class, crossings.place, strict=True)):
        count, diameter = crossings.pieces[i], crossings.diameter_cm[i]
        counted = not wood_class.startswith("large")
        try:
            if counted and count == count and diameter != diameter:
                size = choose_factor(factors, "wood_class_diameter", category=wood_class).value
                squares[i] = count * size**2
            elif not counted and diameter == diameter and (count == 1 or count != count):
                squares[i] = diameter**2
            elif not counted and diameter != diameter and count == 0:
                squares[i] = 0.0
            else:
                _unusable(findings, place, wood_class, count, diameter)
                continue
            if density[i] != density[i]:
                density[i] = choose_factor(factors, "wood_class_density", category=wood_class).value
        except InputError:
            remedy = "Rotten wood varies too much for a default: weigh a sample and fill wood_density."
            findings.add(
                "BC-VEG-17",
                place,
                phrase("no density for {wood_class} wood", wood_class=wood_class),
                "a measured density",
                remedy,
            )
    volume = line_intercept(squares, crossings.length_m)
    sums = [np.bincount(crossings.transect, weights=w, minlength=transect_count) for w in (volume, volume * density)]
    return sums[0], sums[1], sums[1] * choose_factor(factors, "carbon_fraction", category="downed").value


def _unusable(findings: Findings, place: str, wood_class: str, count: float, diameter: float) -> None:
    told = [
        f"{count:g} pieces" if count == count else "",
        f"a diameter of {diameter:g} cm" if diameter == diameter else "",
    ]
    found = phrase(
        "{wood_class} wood with {names}",
        wood_class=wood_class,
        names=joined(" and ", (word for word in told if word)) or phrase("neither count nor diameter"),
    )
    expected = "a diameter per piece" if wood_class.startswith("large") else "a number of pieces and no diameter"
    findings.add(
        "BC-VEG-17", place, found, expected, "One row per large piece; one row per counted class, 0 where none."
    )
