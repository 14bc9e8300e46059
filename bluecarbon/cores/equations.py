"""Equations of the core laboratory: one slice, one tube, and published carbon from organic matter.

Depths are lengths below the sediment surface. Compaction is the share of length lost while coring. The published
forms for organic carbon take and give percent of dry mass, as they were fitted; their coefficients are rows of
``factors.csv`` beside this file.
"""

from __future__ import annotations

from methodology import ops
from methodology.equation import Constant, equation

GUIDE = "blue-carbon-manual-2014"

T_PER_HA_PER_G_PER_CM2 = Constant(100, "t_C/ha/(g/cm**2)", "100")
WHOLE = Constant(1, "1", "1")


@equation(
    guide=GUIDE,
    number="ch3-slice-carbon",
    returns="t_C/ha",
    bulk_density=("g/cm**3", 0, 2.65),
    carbon_fraction=("1", 0, 1),
    thickness=("cm", 0, None),
)
def slice_carbon(bulk_density, carbon_fraction, thickness):
    """Organic carbon of one core slice per ground area. Source: howard2014, ch. 3."""
    return bulk_density * carbon_fraction * thickness * T_PER_HA_PER_G_PER_CM2


@equation(
    guide=GUIDE,
    number="ch3-compaction",
    returns="1",
    tube_length=("cm", 0, None),
    inside=("cm", 0, None),
    outside=("cm", 0, None),
)
def tube_compaction(tube_length, inside, outside):
    """Share of length lost while coring, from tube length and the distances from tube top to soil inside and outside.

    Source: howard2014, ch. 3.
    """
    return (inside - outside) / (tube_length - outside)


@equation(
    guide=GUIDE,
    number="ch3-decompacted-depth",
    returns="cm",
    depth=("cm", 0, None),
    compaction=("1", 0, 1),
)
def decompacted_depth(depth, compaction):
    """Depth in the ground of a depth measured in the tube, linear along the core. Source: howard2014, ch. 3."""
    return depth / (WHOLE - compaction)


@equation(
    guide=GUIDE,
    number="ch3-decompacted-density",
    returns="g/cm**3",
    bulk_density=("g/cm**3", 0, 2.65),
    compaction=("1", 0, 1),
)
def decompacted_density(bulk_density, compaction):
    """Dry bulk density in the ground; with `decompacted_depth` it keeps the mass of every slice.

    Source: howard2014, ch. 3.
    """
    return bulk_density * (WHOLE - compaction)


@equation(
    guide="field-cores",
    number="oc-om-broken-line",
    returns="percent",
    empirical=True,
    om=("percent", 0, 100),
    slope_low=("1", None, None),
    intercept_low=("percent", None, None),
    slope_high=("1", None, None),
    intercept_high=("percent", None, None),
    threshold=("percent", 0, 100),
)
def broken_line_carbon(om, slope_low, intercept_low, slope_high, intercept_high, threshold):
    """Organic carbon from organic matter, one line below a threshold and another from it on.

    Source: fourqurean2012 (seagrass), pineirojuncal2025 (mangrove).
    """
    return ops.where(om < threshold, slope_low * om + intercept_low, slope_high * om + intercept_high)


@equation(
    guide="field-cores",
    number="oc-om-parabola",
    returns="percent",
    empirical=True,
    om=("percent", 0, 100),
    square=("1/percent", None, None),
    linear=("1", None, None),
)
def parabola_carbon(om, square, linear):
    """Organic carbon from organic matter, second order through the origin. Source: maxwell2023 (tidal marsh)."""
    return square * om**2 + linear * om
