"""Carbon in harvested shellfish and algae, in the manner of HY/T 0305-2021."""

from __future__ import annotations

from methodology.equation import Constant, equation

GUIDE = "hyt-0305-2021"
CO2_PER_C = Constant(44 / 12, "t_CO2/t_C", "44/12")
_DRY = {"harvest": ("t_wet/yr", 0, None), "dry_ratio": ("t_dm/t_wet", 0, 1)}


@equation(GUIDE, "algae", "t_C/yr", **_DRY, carbon=("t_C/t_dm", 0, 1))
def algae_carbon(harvest, dry_ratio, carbon):
    """Carbon taken out with harvested algae. Source: yue2012, harvest × dry coefficient × carbon content."""
    return harvest * dry_ratio * carbon


@equation(GUIDE, "soft-tissue", "t_C/yr", **_DRY, share=("t_dm/t_dm", 0, 1), carbon=("t_C/t_dm", 0, 1))
def soft_tissue_carbon(harvest, dry_ratio, share, carbon):
    """Carbon in the soft tissue of harvested shellfish. Source: yue2012, harvest × dry coefficient × share × carbon content."""
    return harvest * dry_ratio * share * carbon


@equation(GUIDE, "shell", "t_C/yr", **_DRY, share=("t_dm/t_dm", 0, 1), carbon=("t_C/t_dm", 0, 1))
def shell_carbon(harvest, dry_ratio, share, carbon):
    """Carbonate carbon in the shells of harvested shellfish. Source: yue2012, harvest × dry coefficient × share × carbon content."""
    return harvest * dry_ratio * share * carbon


@equation(GUIDE, "as-removal", "t_CO2/yr", carbon=("t_C/yr", 0, None))
def removal_of_harvest(carbon):
    """Carbon taken out of the water as a CO2 flux; a removal is negative. Source: ipcc2006v1, sign convention."""
    return -carbon * CO2_PER_C
