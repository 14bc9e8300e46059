"""Pictures of field measurements for a report: where, carbon by depth, dated cores, biomass by species."""

from __future__ import annotations

from typing import Any

from bluecarbon.palette import COLOURS
from bluecarbon.pictures import raster_habitats, svg_text
from bluecarbon.survey import Survey

MOST_DATED = 6  # dated cores shown one by one
_WORDS = {
    "sites": {"en": "Where cores were taken", "zh": "柱样位置"},
    "cores": {"en": "Carbon by depth, every core", "zh": "各柱样碳密度随深度的变化"},
    "dated": {"en": "Core {core}: excess ²¹⁰Pb and age by depth", "zh": "柱样 {core}：过剩 ²¹⁰Pb 与年龄—深度"},
    "species": {"en": "Biomass by species, {stratum}", "zh": "各树种生物量，{stratum}"},
    "carbon": {"en": "organic carbon [kg C/m³]", "zh": "有机碳 [kg C/m³]"},
    "depth": {"en": "depth [cm]", "zh": "深度 [cm]"},
    "longitude": {"en": "longitude [°]", "zh": "经度 [°]"},
    "latitude": {"en": "latitude [°]", "zh": "纬度 [°]"},
}
_LINES = ("#1f4e79", "#b5541c", "#2f6f4f", "#7a3e8c", "#8c5a2b", "#3c8d93", "#a8323e", "#5a5f66")


def field_pictures(survey: Survey, lang: str = "en") -> list[dict[str, str]]:
    """Pictures of what the job's field tables hold; empty without any.

    Returns
    -------
    list of dict with title and svg
    """
    data = survey.field
    pictures = []
    if data.cores.positions:
        pictures.append({"title": _WORDS["sites"][lang], "svg": svg_text(_sites(survey, lang))})
    if data.cores.profiles:
        pictures.append({"title": _WORDS["cores"][lang], "svg": svg_text(_profiles(data.cores.profiles, lang))})
    if data.dated.cores:
        from bluecarbon.dating.figures import age_depth, combined, excess_profile

        for core, stratum in data.dated.cores[:MOST_DATED]:
            name = f"{'/'.join(part for part in core.keys[1:] if part)} ({stratum.name})"
            svg = svg_text(combined(core, excess_profile, age_depth, lang))
            pictures.append({"title": _WORDS["dated"][lang].format(core=name), "svg": svg})
    if data.plots.by_species:
        from bluecarbon.vegetation.figures import biomass_by_species

        for stratum, species in data.plots.by_species.items():
            title = _WORDS["species"][lang].format(stratum=stratum)
            pictures.append({"title": title, "svg": svg_text(biomass_by_species(species, lang=lang))})
    return pictures


def _profiles(profiles: list[Any], lang: str) -> Any:
    """One panel for each stratum, one stepped line for each core."""
    import numpy as np
    from matplotlib.figure import Figure

    strata = list(dict.fromkeys(p.stratum for p in profiles))
    columns = min(len(strata), 3)
    rows = -(-len(strata) // columns)
    figure = Figure(figsize=(3.2 * columns, 3.6 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for panel, stratum in zip(panels, strata, strict=False):
        for number, core in enumerate(p for p in profiles if p.stratum == stratum):
            carbon = np.repeat(core.carbon_kg_m3, 2)
            depth = np.column_stack([core.upper_cm, core.lower_cm]).ravel()
            panel.plot(carbon, depth, color=_LINES[number % len(_LINES)], linewidth=1.3, label=core.name)
        panel.set_title(stratum, fontsize=10, loc="left")
        panel.legend(frameon=False, fontsize=7)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_xlabel(_WORDS["carbon"][lang], fontsize=9)
    for panel in panels[len(strata) :]:
        panel.set_visible(False)
    panels[0].set_ylim(1.02 * max(float(p.lower_cm.max()) for p in profiles), 0)
    panels[0].set_xlim(left=0)
    panels[0].set_ylabel(_WORDS["depth"][lang], fontsize=9)
    return figure


def _sites(survey: Survey, lang: str) -> Any:
    """Positions over the habitats of the latest map."""
    from matplotlib.figure import Figure
    from pyproj import Transformer

    layer = survey.areas.layers.get(survey.tables.dates[-1])
    raster = None if layer is not None else raster_habitats(survey, survey.tables.dates[-1])
    left, low, right, high = layer.total_bounds if layer is not None else raster.bounds
    ratio = min(max((high - low) / (right - left), 0.3), 1.6)
    figure = Figure(figsize=(7.2, 7.2 * ratio + 0.5), layout="constrained")
    axes = figure.add_subplot()
    if layer is not None:
        _habitats(survey, layer, axes)
    else:
        raster.draw(axes, alpha=0.35)
    crs = layer.crs if layer is not None else raster.crs
    to_map = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    positions = survey.field.cores.positions
    points = [to_map.transform(p.longitude, p.latitude) for p in positions]
    if crs.is_geographic:
        axes.set_xlabel(_WORDS["longitude"][lang])
        axes.set_ylabel(_WORDS["latitude"][lang])
    else:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("")
        axes.set_ylabel("")
    axes.set_aspect("equal")
    strata = list(dict.fromkeys(p.stratum.name for p in positions))
    for number, stratum in enumerate(strata):
        own = [point for point, p in zip(points, positions, strict=True) if p.stratum.name == stratum]
        axes.scatter(*zip(*own, strict=True), s=26, color=_LINES[number % len(_LINES)], edgecolor="white", linewidth=0.6,
                     label=f"{stratum} (n = {len(own)})", zorder=3)  # fmt: skip
    figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=3)
    return figure


def _habitats(survey: Survey, layer: Any, axes: Any) -> None:
    import geopandas

    labels = [
        survey.tables.class_of.get((str(u), int(k))) for u, k in zip(layer["reporting_unit"], layer["key"], strict=True)
    ]
    habitats = [survey.tables.classes[label].habitat if label else None for label in labels]
    bounds = layer.total_bounds
    shapes = layer.geometry.simplify(max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 700)
    for name in dict.fromkeys(h for h in habitats if h):
        chosen = shapes[[h == name for h in habitats]]
        geopandas.GeoSeries(chosen[~chosen.is_empty]).plot(ax=axes, color=COLOURS[name], alpha=0.35, linewidth=0)
