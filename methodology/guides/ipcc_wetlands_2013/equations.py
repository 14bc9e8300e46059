"""Chapter 4 of the 2013 Wetlands Supplement: coastal wetlands.

Sign of soil factors as in the chapter: positive is an emission, negative a removal, in tonnes of carbon. Numbers of
equations are as recalled; the chapter's text could not be read, and every report that uses it says so.
"""

from __future__ import annotations

from methodology import ops
from methodology.equation import Constant, equation

GUIDE = "ipcc-wetlands-2013"
CO2_PER_C = Constant(44 / 12, "t_CO2/t_C", "44/12")
N2O_PER_N = Constant(44 / 28, "t_N2O/t_N", "44/28")
WHOLE = Constant(1, "t_dm/t_dm", "1")
METRE_DEPTH = Constant(100, "cm", "100")


@equation(GUIDE, "4.1", "t_dm/m**3", expansion_factor=("1", 0, None), wood_density=("t_dm/m**3", 0, 1.5))
def conversion_expansion_factor(expansion_factor, wood_density):
    """Biomass conversion and expansion factor from an expansion factor and wood density. Source: ipcc2013ws, eq. 4.1."""
    return expansion_factor * wood_density


@equation(
    GUIDE, "4.4", "t_C",
    area=("ha", 0, None), above_ground=("t_dm/ha", 0, 1500), root_shoot=("t_dm/t_dm", 0, 20), carbon_fraction=("t_C/t_dm", 0, 1),
)  # fmt: skip
def biomass_stock(area, above_ground, root_shoot, carbon_fraction):
    """Carbon in living biomass above and below ground on an area. Source: ipcc2013ws, eq. 4.4, one side of the difference."""
    return area * above_ground * (WHOLE + root_shoot) * carbon_fraction


@equation(
    GUIDE, "4.4a", "t_C", area=("ha", 0, None), above_ground=("t_dm/ha", 0, 1500), carbon_fraction=("t_C/t_dm", 0, 1)
)
def above_ground_stock(area, above_ground, carbon_fraction):
    """Carbon in above-ground biomass, the first term of eq. 4.4. Source: ipcc2013ws, eq. 4.4."""
    return area * above_ground * carbon_fraction


@equation(
    GUIDE, "4.4b", "t_C",
    area=("ha", 0, None), above_ground=("t_dm/ha", 0, 1500), root_shoot=("t_dm/t_dm", 0, 20), carbon_fraction=("t_C/t_dm", 0, 1),
)  # fmt: skip
def below_ground_stock(area, above_ground, root_shoot, carbon_fraction):
    """Carbon in below-ground biomass, the second term of eq. 4.4. Source: ipcc2013ws, eq. 4.4."""
    return area * above_ground * root_shoot * carbon_fraction


@equation(GUIDE, "4.5", "t_C", area=("ha", 0, None), stock=("t_C/ha", 0, 500))
def dead_matter_stock(area, stock):
    """Carbon in litter or dead wood on an area. Source: ipcc2013ws, eq. 4.5, one side of the difference."""
    return area * stock


@equation(GUIDE, "4.6", "t_C", area=("ha", 0, None), stock=("t_C/ha", 0, 3000))
def soil_stock(area, stock):
    """Soil organic carbon to one metre on an area. Source: ipcc2013ws, eq. 4.6, one side of the difference."""
    return area * stock


@equation(GUIDE, "4.4-4.6", "t_C", after=("t_C", 0, None), before=("t_C", 0, None))
def stock_difference(after, before):
    """Change of a pool's stock, after minus before. Source: ipcc2013ws, eq. 4.4 to 4.6."""
    return after - before


@equation(GUIDE, "4.2", "t_CO2", before=("t_C", 0, None), released_share=("1", 0, 1))
def extraction_release(before, released_share):
    """CO2 of a pool lost in the year of extraction; an emission. Source: ipcc2013ws, eq. 4.2 and 4.3."""
    return before * released_share * CO2_PER_C


@equation(GUIDE, "4.7", "t_C/yr", area=("ha", 0, None), factor=("t_C/ha/yr", -30, 0))
def soil_rewetting(area, factor):
    """Soil carbon flux under rewetting, revegetation or creation; a removal is negative. Source: ipcc2013ws, eq. 4.7."""
    return area * factor


@equation(GUIDE, "4.2.1-soil", "t_C/yr", area=("ha", 0, None), factor=("t_C/ha/yr", -60, 60))
def soil_management(area, factor):
    """Soil carbon flux where the guide sets a Tier 1 factor of zero. Source: ipcc2013ws, sections 4.2.1 and 4.2.3."""
    return area * factor


@equation(GUIDE, "4.8", "t_C/yr", area=("ha", 0, None), factor=("t_C/ha/yr", 0, 60))
def soil_drainage(area, factor):
    """Soil carbon lost from drained coastal wetland; an emission is positive. Source: ipcc2013ws, eq. 4.8."""
    return area * factor


@equation(GUIDE, "4.9", "t_CH4/yr", area=("ha", 0, None), factor=("t_CH4/ha/yr", 0, 5))
def methane_rewetting(area, factor):
    """Methane from rewetted land and created marsh or mangrove. Source: ipcc2013ws, eq. 4.9."""
    return area * factor


@equation(GUIDE, "4.10", "t_N2O/yr", fish=("t_fish/yr", 0, None), factor=("t_N/t_fish", 0, 0.1))
def nitrous_oxide_aquaculture(fish, factor):
    """Nitrous oxide from aquaculture in its use phase. Source: ipcc2013ws, eq. 4.10."""
    return fish * factor * N2O_PER_N


@equation(
    GUIDE, "gain", "t_C/yr",
    area=("ha", 0, None), growth=("t_dm/ha/yr", 0, 100), root_shoot=("t_dm/t_dm", 0, 20), carbon_fraction=("t_C/t_dm", 0, 1),
)  # fmt: skip
def biomass_gain(area, growth, root_shoot, carbon_fraction):
    """Yearly carbon gain of growing mangrove biomass above and below ground. Source: ipcc2006v4, gain-loss method."""
    return area * growth * (WHOLE + root_shoot) * carbon_fraction


@equation(GUIDE, "gain-years", "yr", stock=("t_dm/ha", 0, 1500), growth=("t_dm/ha/yr", 0.001, 100))
def years_of_growth(stock, growth):
    """Years after which growth has built the ceiling stock and stops. Source: ipcc2013ws, tables 4.3 and 4.4."""
    return stock / growth


@equation(GUIDE, "gain-active", "t_C/yr", gain=("t_C/yr", 0, None), age=("yr", 0, None), years=("yr", 0, None))
def gain_until_ceiling(gain, age, years):
    """Yearly gain while the stand is younger than the years to its ceiling, else none. Source: ipcc2013ws, table 4.3 note."""
    return ops.where(age < years, gain, 0 * gain)


@equation(
    GUIDE, "gain-period", "t_C/yr",
    gain=("t_C/yr", 0, None), age_start=("yr", 0, None), age_end=("yr", 0, None), years=("yr", 0, None), length=("yr", 0.01, 300),
)  # fmt: skip
def gain_over_period(gain, age_start, age_end, years, length):
    """Mean yearly gain of a period: growth counts for the years in which the stand was young enough. Source: ipcc2013ws, table 4.3 note."""
    return gain * (ops.minimum(age_end, years) - ops.minimum(age_start, years)) / length


@equation(GUIDE, "44/12", "t_CO2", carbon=("t_C", None, None))
def co2_of_stock(carbon):
    """Carbon as carbon dioxide, by molar mass. Source: ipcc2006v1, molar masses."""
    return carbon * CO2_PER_C


@equation(GUIDE, "44/12-gain", "t_CO2/yr", carbon=("t_C/yr", None, None))
def removal_by_gain(carbon):
    """A yearly carbon gain as a CO2 flux; a removal is negative. Source: ipcc2006v1, sign convention."""
    return -carbon * CO2_PER_C


@equation(GUIDE, "44/12-flux", "t_CO2/yr", carbon=("t_C/yr", None, None))
def co2_of_flux(carbon):
    """A soil carbon flux as a CO2 flux, sign kept. Source: ipcc2006v1, molar masses."""
    return carbon * CO2_PER_C


@equation(GUIDE, "gwp-ch4", "t_CO2e/yr", methane=("t_CH4/yr", 0, None), gwp=("t_CO2e/t_CH4", 1, 200))
def co2e_of_methane(methane, gwp):
    """Methane as CO2-equivalent with the chosen warming potential. Source: ipcc2006v1, metric."""
    return methane * gwp


@equation(GUIDE, "gwp-n2o", "t_CO2e/yr", nitrous_oxide=("t_N2O/yr", 0, None), gwp=("t_CO2e/t_N2O", 1, 500))
def co2e_of_nitrous_oxide(nitrous_oxide, gwp):
    """Nitrous oxide as CO2-equivalent with the chosen warming potential. Source: ipcc2006v1, metric."""
    return nitrous_oxide * gwp


CO2E_PER_CO2 = Constant(1, "t_CO2e/t_CO2", "1")


@equation(GUIDE, "gwp-co2", "t_CO2e/yr", carbon_dioxide=("t_CO2/yr", None, None))
def co2e_of_co2(carbon_dioxide):
    """CO2 as CO2-equivalent: the metric's unit. Source: ipcc2006v1, metric."""
    return carbon_dioxide * CO2E_PER_CO2
