"""Sediment burial and plant production, in the manner of HY/T 0349-2022: the ordinary identities of the science."""

from __future__ import annotations

from methodology.equation import Constant, equation

GUIDE = "burial-capacity"
CO2_PER_C = Constant(44 / 12, "t_CO2/t_C", "44/12")
T_PER_HA = Constant(10, "t/ha/(g/cm**3*mm)", "10")


@equation(
    GUIDE, "burial", "t_C/yr",
    area=("ha", 0, None), density=("g/cm**3", 0.01, 2.65), organic_carbon=("t_C/t", 0, 1), accretion=("mm/yr", 0, 100),
)  # fmt: skip
def sediment_burial(area, density, organic_carbon, accretion):
    """Organic carbon buried each year: density × carbon content × accretion × area. Source: hyt0349, structure recalled."""
    return area * density * organic_carbon * accretion * T_PER_HA


@equation(GUIDE, "burial-rate", "t_C/yr", area=("ha", 0, None), rate=("t_C/ha/yr", 0, 50))
def burial_by_rate(area, rate):
    """Organic carbon buried each year from a published burial rate. Source: hyt0349, structure recalled."""
    return area * rate


@equation(GUIDE, "plants", "t_C/yr", area=("ha", 0, None), production=("t_C/ha/yr", 0, 50))
def plant_production(area, production):
    """Net primary production of the plants. Source: hyt0349, structure recalled."""
    return area * production


@equation(GUIDE, "as-removal", "t_CO2/yr", carbon=("t_C/yr", 0, None))
def capacity_as_removal(carbon):
    """A carbon uptake as a CO2 flux; a removal is negative. Source: ipcc2006v1, sign convention."""
    return -carbon * CO2_PER_C
