"""Words a job file may use for habitats, activities and climates."""

from __future__ import annotations

HABITATS = ("mangrove", "tidal_marsh", "seagrass", "macroalgae", "tidal_flat", "pond", "open_water", "other_land")
BLUE_HABITATS = ("mangrove", "tidal_marsh", "seagrass")
ACTIVITIES = (
    "none",
    "forest_management",
    "rewetting",
    "revegetation",
    "creation",
    "drainage",
    "extraction",
    "aquaculture",
)
CLIMATES = (
    "tropical_wet",
    "tropical_dry",
    "tropical",
    "subtropical",
    "mediterranean",
    "temperate",
    "temperate_fresh_tidal",
)
