"""Quadrats and biomass cores of marsh, seagrass and litter: mass and carbon per hectare, shoots and roots apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bluecarbon.vegetation.catalogue import Factor
from bluecarbon.vegetation.choosing import choose_factor
from bluecarbon.vegetation.plots import T_HA_PER_KG_M2
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

KG_PER_G = 0.001


@dataclass(frozen=True)
class Harvest:
    """Harvested samples, one entry per row of the quadrats table; NaN where not measured.

    Parameters
    ----------
    habitat, place : tuple of str, length sample
    area_m2, dry_g, wet_g, subsample_wet_g, subsample_dry_g, dry_se_g : array, shape (sample,)
        [m²], [g]
    fraction_carbon, fraction_carbon_se : array, shape (sample,)
        Measured carbon in dry mass. [1]
    """

    habitat: tuple[str, ...]
    place: tuple[str, ...]
    area_m2: NDArray[np.float64]
    dry_g: NDArray[np.float64]
    wet_g: NDArray[np.float64]
    subsample_wet_g: NDArray[np.float64]
    subsample_dry_g: NDArray[np.float64]
    dry_se_g: NDArray[np.float64]
    fraction_carbon: NDArray[np.float64]
    fraction_carbon_se: NDArray[np.float64]


@dataclass(frozen=True)
class HarvestCarbon:
    """Mass and carbon of each sample. `measured` is True where the carbon fraction was measured. Shape (sample,)."""

    biomass_t_ha: NDArray[np.float64]
    carbon_t_c_ha: NDArray[np.float64]
    carbon_se_t_c_ha: NDArray[np.float64]
    measured: NDArray[np.bool_]


def harvest_carbon(harvest: Harvest, factors: Sequence[Factor], findings: Findings) -> HarvestCarbon:
    """Dry mass and carbon per hectare of each sample.

    Parameters
    ----------
    harvest : Harvest
    factors : sequence of Factor
        Carbon fractions by habitat, where none was measured.
    findings : Findings
        Added to: BC-VEG-18 no usable mass, subsample heavier than the sample, dry heavier than wet; BC-VEG-16 a carbon
        fraction from the factor table, with its mark.

    Returns
    -------
    HarvestCarbon
        [t/ha], [t C/ha]; to be used only if `findings` holds no error.
    """
    ratio = harvest.subsample_dry_g / harvest.subsample_wet_g
    dry = np.where(np.isnan(harvest.dry_g), harvest.wet_g * ratio, harvest.dry_g)
    for i, place in enumerate(harvest.place):
        if np.isnan(dry[i]):
            remedy = "Give dry_mass, or wet_mass with a dried subsample."
            findings.add("BC-VEG-18", place, "no dry mass", "a dry mass in grams", remedy)
        if ratio[i] > 1 or harvest.subsample_wet_g[i] > harvest.wet_g[i] * (1 + 1e-9):
            found = phrase(
                "subsample {subsample_wet_g:g} g wet, {subsample_dry_g:g} g dry",
                subsample_wet_g=harvest.subsample_wet_g[i],
                subsample_dry_g=harvest.subsample_dry_g[i],
            )
            expected = phrase("dry below wet, and wet at most the {wet_g:g} g harvested", wet_g=harvest.wet_g[i])
            findings.add("BC-VEG-18", place, found, expected, "Are two columns swapped?")
    fraction, error = harvest.fraction_carbon.copy(), np.nan_to_num(harvest.fraction_carbon_se)
    measured = np.isfinite(fraction)
    for habitat in sorted({harvest.habitat[i] for i in np.flatnonzero(~measured)}):
        rows = ~measured & (np.array(harvest.habitat, dtype=object) == habitat)
        factor = choose_factor(factors, "carbon_fraction", category=habitat)
        fraction[rows] = factor.value
        error[rows] = factor.standard_error or 0.0
        findings.add(
            "BC-VEG-16",
            phrase("carbon fraction of {habitat}", habitat=habitat),
            phrase(
                "{factor:g} from {source} ({value_status})",
                factor=factor.value,
                source=factor.source,
                value_status=factor.value_status,
            ),
            "a measured fraction with its error",
            "Fill fraction_carbon where samples were analysed.",
            "warning",
            amount=float(rows.sum()),
            unit="samples",
        )
    mass = dry * KG_PER_G / harvest.area_m2 * T_HA_PER_KG_M2
    mass_error = np.nan_to_num(harvest.dry_se_g) * KG_PER_G / harvest.area_m2 * T_HA_PER_KG_M2
    spread = np.sqrt((fraction * mass_error) ** 2 + (mass * error) ** 2)
    return HarvestCarbon(mass, mass * fraction, spread, measured)
