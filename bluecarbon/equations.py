"""Equations of the survey itself, before any guide: from mapped to accounted area, and from dates to periods."""

from __future__ import annotations

from methodology import ops
from methodology.equation import Constant, equation

GUIDE = "survey"
HALF = Constant(0.5, "1", "1/2")
WHOLE = Constant(1, "t_dm/t_dm", "1")


@equation(GUIDE, "area", "ha", mapped=("ha", 0, None), map_scale=("1", 0, None))
def accounted_area(mapped, map_scale):
    """Mapped area times the map's scale error (1 as central value). Source: definition, map error shared by a class and date."""
    return mapped * map_scale


@equation(GUIDE, "vegetated-area", "ha", area=("ha", 0, None), cover=("1", 0, 1))
def vegetated_area(area, cover):
    """Area that counts where a class is only partly covered. Source: definition, stated cover."""
    return area * cover


@equation(GUIDE, "active-area", "ha", area=("ha", 0, None), share=("1", 0, 1))
def active_area(area, share):
    """Area times the share of a period in which an activity ran. Source: definition, from the year it started."""
    return area * share


@equation(GUIDE, "shared-area", "ha", area=("ha", 0, None), share=("1", 0, 1))
def shared_area(area, share):
    """Part of an area that the maps show to have had one fate, such as ground new to the account. Source: definition, overlay of two maps."""
    return area * share


@equation(GUIDE, "mean-area", "ha", start=("ha", 0, None), end=("ha", 0, None))
def mean_area(start, end):
    """Mean area of a period in which the area runs linearly between two surveys. Source: definition, linear interpolation."""
    return (start + end) * HALF


@equation(GUIDE, "area-change", "ha", after=("ha", 0, None), before=("ha", 0, None))
def area_change(after, before):
    """Net change of an area, after minus before. Source: definition."""
    return after - before


@equation(
    GUIDE, "grown-biomass", "t_dm/ha", growth=("t_dm/ha/yr", 0, 100), age=("yr", 0, None), ceiling=("t_dm/ha", 0, 1500)
)
def grown_biomass(growth, age, ceiling):
    """Above-ground biomass of a stand of known age; growth stops at the ceiling stock. Source: ipcc2013ws, tables 4.3 and 4.4."""
    return ops.minimum(growth * age, ceiling)


@equation(GUIDE, "measured-at-age", "t_C/ha", stock=("t_C/ha", 0, 1500), share=("1", 0, 1))
def stock_at_age(stock, share):
    """Measured carbon of a growing stand at another age: nothing at its start, straight to the measured year, then held. Source: definition, linear growth to the measured age."""
    return stock * share


@equation(GUIDE, "vegetation-stock", "t_C", area=("ha", 0, None), stock=("t_C/ha", 0, 1500))
def vegetation_stock(area, stock):
    """Carbon measured in vegetation above or below ground on an area. Source: definition, area times carbon per area."""
    return area * stock


@equation(
    GUIDE, "roots-of-measured-shoots", "t_C",
    area=("ha", 0, None), stock=("t_C/ha", 0, 1500), root_shoot=("t_dm/t_dm", 0, 20),
)  # fmt: skip
def roots_of_measured_shoots(area, stock, root_shoot):
    """Carbon below ground from measured carbon above and a ratio of dry masses, carbon fractions taken as alike. Source: ipcc2013ws, eq. 4.4, its second term."""
    return area * stock * root_shoot


@equation(GUIDE, "measured-growth", "t_C/ha/yr", stock=("t_C/ha", 0, 1500), rate=("1/yr", 0, 10))
def measured_growth_rate(stock, rate):
    """Yearly growth of a stand that had nothing at its start and was measured at an age: stock over age, times the share of the time before the measurement. Source: ipcc2006v4, stock-difference method."""
    return stock * rate


@equation(GUIDE, "measured-gain", "t_C/yr", area=("ha", 0, None), growth=("t_C/ha/yr", 0, 1500))
def measured_gain(area, growth):
    """Yearly carbon gain of a part of plants that was measured. Source: ipcc2006v4, stock-difference method."""
    return area * growth


@equation(
    GUIDE, "measured-gain-whole", "t_C/yr",
    area=("ha", 0, None), above=("t_C/ha/yr", 0, 1500), below=("t_C/ha/yr", 0, 1500),
)  # fmt: skip
def measured_gain_whole(area, above, below):
    """Yearly carbon gain of plants measured above and below ground. Source: ipcc2006v4, stock-difference method."""
    return area * (above + below)


@equation(
    GUIDE, "measured-gain-roots", "t_C/yr",
    area=("ha", 0, None), growth=("t_C/ha/yr", 0, 1500), root_shoot=("t_dm/t_dm", 0, 20),
)  # fmt: skip
def measured_gain_with_roots(area, growth, root_shoot):
    """Yearly carbon gain of measured shoots and of roots that follow by a ratio of dry masses. Source: ipcc2006v4, stock-difference method; ipcc2013ws, eq. 4.4."""
    return area * growth * (WHOLE + root_shoot)
