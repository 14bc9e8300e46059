"""Pictures of plots. Each function takes arrays and returns a Figure; nothing is saved or shown here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS = {
    "above": {"en": "above ground", "zh": "地上"},
    "below": {"en": "below ground", "zh": "地下"},
    "mass": {"en": "live dry mass, mean over plots [t/ha]", "zh": "活体干重，样地平均 [t/ha]"},
}


def biomass_by_species(by_species: Mapping[str, tuple[float, float]], title: str = "", lang: str = "en") -> Figure:
    """Mean live dry mass by species, above ground to the right and roots to the left.

    Parameters
    ----------
    by_species : mapping of str to (above, below)
        Mean over plots. [t/ha]
    title : str
    lang : {"en", "zh"}

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    order = sorted(by_species, key=lambda name: sum(by_species[name]))
    above = [by_species[name][0] for name in order]
    below = [by_species[name][1] for name in order]
    figure = Figure(figsize=(7, 1.6 + 0.42 * len(order)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(order, above, color="#2f6f4f", label=WORDS["above"][lang])
    axes.barh(order, [-value for value in below], color="#8c5a2b", label=WORDS["below"][lang])
    limit = 1.2 * max([*above, *below, 1e-9])
    for position, (up, down) in enumerate(zip(above, below, strict=True)):
        axes.text(up + 0.01 * limit, position, f"{up:.3g}", va="center", fontsize=8)
        axes.text(-down - 0.01 * limit, position, f"{down:.3g}", va="center", ha="right", fontsize=8)
    axes.set_xlim(-1.25 * max([*below, 0.25 * limit]), 1.18 * max([*above, 0.25 * limit]))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.set_yticks(range(len(order)), order, fontstyle="italic")
    axes.set_xlabel(WORDS["mass"][lang])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    if title:
        axes.set_title(title, loc="left")
    return figure
