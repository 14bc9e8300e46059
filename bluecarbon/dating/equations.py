"""Equations of ²¹⁰Pb dating, dimensionally true: activities in Bq kg⁻¹, inventories in Bq m⁻², mass depth in kg m⁻²."""

from __future__ import annotations

from methodology import ops
from methodology.equation import Constant, equation

GUIDE = "pb210-dating"
ACTIVITY = ("Bq/kg", None, None)
INVENTORY = ("Bq/m**2", 0, None)
DECAY = ("1/yr", 0.0300, 0.0325)
MASS = ("kg/m**2", 0, None)
RATE = ("kg/m**2/yr", 0, None)
KG_PER_M2 = Constant(10, "(kg/m**2)/(g/cm**2)", "10")


@equation(
    guide=GUIDE,
    number="section-mass",
    returns="kg/m**2",
    dry_bulk_density=("g/cm**3", 0, 2.65),
    thickness=("cm", 0, None),
)
def section_mass(dry_bulk_density, thickness):
    """Dry mass per ground area of one section. Source: sanchezcabeza2012."""
    return dry_bulk_density * thickness * KG_PER_M2


@equation(guide=GUIDE, number="excess", returns="Bq/kg", total=ACTIVITY, supported=ACTIVITY)
def excess_activity(total, supported):
    """Unsupported ²¹⁰Pb: total minus what ²²⁶Ra in the sediment keeps up. Source: sanchezcabeza2012."""
    return total - supported


@equation(guide=GUIDE, number="section-inventory", returns="Bq/m**2", excess=ACTIVITY, mass=MASS)
def section_inventory(excess, mass):
    """Excess ²¹⁰Pb per ground area of one section. Source: sanchezcabeza2012."""
    return excess * mass


@equation(guide=GUIDE, number="flux", returns="Bq/m**2/yr", inventory=INVENTORY, decay_constant=DECAY)
def flux(inventory, decay_constant):
    """Steady supply of ²¹⁰Pb that holds up an inventory. Source: sanchezcabeza2012."""
    return inventory * decay_constant


@equation(
    guide=GUIDE, number="crs-age", returns="yr", inventory=INVENTORY, inventory_below=INVENTORY, decay_constant=DECAY
)
def crs_age(inventory, inventory_below, decay_constant):
    """Age where the inventory below has decayed from the whole, at a constant rate of supply. Source: appleby1978."""
    return ops.log(inventory / inventory_below) / decay_constant


@equation(
    guide=GUIDE,
    number="cic-age",
    returns="yr",
    surface=("Bq/kg", 0, None),
    excess=("Bq/kg", 0, None),
    decay_constant=DECAY,
)
def cic_age(surface, excess, decay_constant):
    """Age of an activity that was the surface's when it was laid down. Source: sanchezcabeza2012."""
    return ops.log(surface / excess) / decay_constant


@equation(guide=GUIDE, number="cfcs-rate", returns="kg/m**2/yr", decay_constant=DECAY, slope=("m**2/kg", None, 0))
def cfcs_rate(decay_constant, slope):
    """Mass accumulation from the slope of ln excess against mass depth. Source: sanchezcabeza2012."""
    return -decay_constant / slope


@equation(guide=GUIDE, number="mass-age", returns="yr", mass_depth=MASS, mass_accumulation=RATE)
def mass_age(mass_depth, mass_accumulation):
    """Age at a mass depth under one constant rate. Source: sanchezcabeza2012."""
    return mass_depth / mass_accumulation


@equation(guide=GUIDE, number="section-rate", returns="kg/m**2/yr", mass=MASS, years=("yr", 0, None))
def section_rate(mass, years):
    """Mean mass accumulation of a section between the ages of its top and bottom. Source: sanchezcabeza2000."""
    return mass / years


@equation(guide=GUIDE, number="carbon-rate", returns="kg/m**2/yr", mass_accumulation=RATE, carbon_fraction=("1", 0, 1))
def carbon_rate(mass_accumulation, carbon_fraction):
    """Organic carbon laid down with the sediment. Source: ariasortiz2018."""
    return mass_accumulation * carbon_fraction


@equation(
    guide=GUIDE, number="tail-inventory", returns="Bq/m**2", excess=("Bq/kg", 0, None), slope=("m**2/kg", None, 0)
)
def tail_inventory(excess, slope):
    """Inventory below a depth if the excess there goes on falling exponentially with mass. Source: appleby1978."""
    return -excess / slope
