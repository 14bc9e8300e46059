"""Pictures of the maps for a report: habitats by date, small enough to stand in a page, equal for equal inputs."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluecarbon.job import LegendEntry, date_label
from bluecarbon.palette import COLOURS, NAMES
from bluecarbon.survey import Survey

PIXELS = 700  # of the longer side; finer detail than this is not seen on a page
_TITLE = {"en": "Habitats {date}", "zh": "{date} 年生境分布"}
_OTHER = {"en": "reporting units", "zh": "报告单元"}


def habitat_maps(survey: Survey, lang: str = "en") -> list[dict[str, str]]:
    """One picture for each date.

    Returns
    -------
    list of dict with title and svg
    """
    pictures = []
    for date in survey.tables.dates:
        layer = survey.areas.layers.get(date)
        svg = _polygons(survey, layer, lang) if layer is not None else _raster(survey, date, lang)
        pictures.append({"title": _TITLE[lang].format(date=date), "svg": svg})
    return pictures


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    ratio = min(max(height / width, 0.3), 1.6)
    figure = Figure(figsize=(7.2, 7.2 * ratio + 0.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#bbbbbb")
    return figure, axes


def _finish(figure: Any, axes: Any, habitats: list[str], lang: str, metres: float | None) -> str:
    from matplotlib.patches import Patch

    axes.set_xlabel("")
    axes.set_ylabel("")
    handles = [Patch(facecolor=COLOURS[name], label=NAMES[name][lang]) for name in habitats]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=4, frameon=False, fontsize=9)
    if metres:
        _scale_bar(axes, metres)
    return svg_text(figure)


def svg_text(figure: Any) -> str:
    """A figure as SVG, equal for equal figures."""
    import matplotlib

    out = io.StringIO()
    settings = {"svg.hashsalt": "bluecarbon", "svg.fonttype": "none", "font.family": "sans-serif"}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # Text stays text in the SVG and the reader's fonts draw it; matplotlib only measures it here.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, dpi=120)
    text = out.getvalue()
    return text[text.index("<svg") :]


def _scale_bar(axes: Any, metres: float) -> None:
    """A bar of a round length about a fifth of the picture; `metres` is the ground length of one map unit."""
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    wanted = (right - left) * metres / 5
    length = max((n * 10**e for e in range(7) for n in (1, 2, 5) if n * 10**e <= wanted), default=wanted)
    x, y = left + 0.03 * (right - left), low + 0.05 * (high - low)
    axes.plot([x, x + length / metres], [y, y], color="#222222", linewidth=3, solid_capstyle="butt")
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(x, y + 0.02 * (high - low), text, fontsize=9, color="#222222")


def _ground_metres(crs: Any, bounds: tuple[float, float, float, float]) -> float:
    """Ground length of one map unit along the middle parallel. [m]"""
    import numpy as np

    if crs.is_geographic:
        return 111_320.0 * float(np.cos(np.radians((bounds[1] + bounds[3]) / 2)))
    return float(crs.axis_info[0].unit_conversion_factor)


def _polygons(survey: Survey, layer: Any, lang: str) -> str:
    import geopandas

    bounds = tuple(layer.total_bounds)
    span = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    figure, axes = _figure(bounds[2] - bounds[0], bounds[3] - bounds[1])
    labels = [
        survey.tables.class_of.get((str(u), int(k))) for u, k in zip(layer["reporting_unit"], layer["key"], strict=True)
    ]
    habitat = [survey.tables.classes[label].habitat if label else None for label in labels]
    shapes = layer.geometry.simplify(span / PIXELS)
    present = [name for name in COLOURS if name in habitat]
    for name in present:
        chosen = shapes[[h == name for h in habitat]]
        chosen = chosen[~chosen.is_empty]
        geopandas.GeoSeries(chosen).plot(ax=axes, color=COLOURS[name], linewidth=0, rasterized=len(chosen) > 300)
    axes.set_xlim(bounds[0] - 0.03 * span, bounds[2] + 0.03 * span)
    axes.set_ylim(bounds[1] - 0.03 * span, bounds[3] + 0.03 * span)
    _outlines(survey, axes, layer.crs, lang)
    metres = _ground_metres(layer.crs, bounds)
    if layer.crs.is_geographic:
        axes.set_aspect(1 / max(metres / 111_320.0, 0.05))
    return _finish(figure, axes, present, lang, metres)


def _outlines(survey: Survey, axes: Any, crs: Any, lang: str) -> None:
    units = survey.job.reporting_units
    if units is None:
        return
    import pyogrio

    limits = (*axes.get_xlim(), *axes.get_ylim())
    table = pyogrio.read_dataframe(
        survey.file.folder / units.path, layer=units.layer, columns=[units.name_field]
    ).to_crs(crs)
    table.geometry = table.geometry.simplify((limits[1] - limits[0]) / PIXELS)
    table.boundary.plot(ax=axes, color="#666666", linewidth=0.7)
    if len(table) <= 12:
        for name, point in zip(table[units.name_field], table.representative_point(), strict=True):
            if limits[0] <= point.x <= limits[1] and limits[2] <= point.y <= limits[3]:
                axes.text(point.x, point.y, str(name), fontsize=8, ha="center", color="#333333")
    axes.set_xlim(limits[:2])
    axes.set_ylim(limits[2:])


@dataclass(frozen=True)
class RasterHabitats:
    """A thinned raster map: which habitat each cell shows.

    Parameters
    ----------
    cells : array, shape (row, column)
        Position in `COLOURS`; NaN where the map shows no habitat.
    bounds : tuple
        left, bottom, right, top in `crs`.
    crs : pyproj.CRS
    """

    cells: Any
    bounds: tuple[float, float, float, float]
    crs: Any

    def draw(self, axes: Any, alpha: float = 1.0) -> list[str]:
        """Draw it; the habitats that occur."""
        from matplotlib.colors import ListedColormap

        names = list(COLOURS)
        left, bottom, right, top = self.bounds
        axes.imshow(
            self.cells, cmap=ListedColormap([COLOURS[name] for name in names]), vmin=-0.5, vmax=len(names) - 0.5,
            extent=(left, right, bottom, top), interpolation="nearest", alpha=alpha,
        )  # fmt: skip
        return [name for number, name in enumerate(names) if (self.cells == number).any()]


def raster_habitats(survey: Survey, date: str) -> RasterHabitats:
    """Habitats of a raster map, no finer than a page shows."""
    import numpy as np
    import rasterio
    from pyproj import CRS

    entry = next(e for e in survey.job.map if date_label(e.date) == date)
    with rasterio.open(Path(survey.file.folder) / entry.path) as raster:
        step = max(1, max(raster.width, raster.height) // PIXELS)
        shape = (max(1, raster.height // step), max(1, raster.width // step))
        cells = raster.read(entry.band or 1, out_shape=shape)
        bounds, crs = raster.bounds, raster.crs
    names = list(COLOURS)
    picture = np.full(cells.shape, np.nan)
    for value, meaning in survey.job.legend.items():
        if isinstance(meaning, LegendEntry) and value.lstrip("-").isdigit():
            picture[cells == int(value)] = names.index(meaning.habitat)
    return RasterHabitats(picture, tuple(bounds), CRS.from_user_input(crs.to_wkt()))


def _raster(survey: Survey, date: str, lang: str) -> str:
    habitats = raster_habitats(survey, date)
    left, bottom, right, top = habitats.bounds
    figure, axes = _figure(right - left, top - bottom)
    present = habitats.draw(axes)
    _outlines(survey, axes, habitats.crs, lang)
    return _finish(figure, axes, present, lang, _ground_metres(habitats.crs, habitats.bounds))
