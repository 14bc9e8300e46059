"""Colours and names of habitats, the same in pictures and layers."""

from __future__ import annotations

COLOURS = {
    "mangrove": "#1b7837",
    "tidal_marsh": "#b2a429",
    "seagrass": "#2b8cbe",
    "macroalgae": "#8c510a",
    "tidal_flat": "#d8c8a8",
    "pond": "#9ecae1",
    "open_water": "#deebf7",
    "other_land": "#d9d9d9",
}
NAMES = {
    "mangrove": {"en": "mangrove", "zh": "红树林"},
    "tidal_marsh": {"en": "tidal marsh", "zh": "滨海盐沼"},
    "seagrass": {"en": "seagrass", "zh": "海草床"},
    "macroalgae": {"en": "macroalgae", "zh": "大型藻类"},
    "tidal_flat": {"en": "tidal flat", "zh": "光滩"},
    "pond": {"en": "pond", "zh": "塘"},
    "open_water": {"en": "open water", "zh": "开阔水域"},
    "other_land": {"en": "other land", "zh": "其他土地"},
}
