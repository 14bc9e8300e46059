"""Areas of a survey on the worksheet: by date, by period, in common extent, and as transitions.

Every later step takes its area from here, so that the map's error enters once and is shared by all that depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bluecarbon.classes import AccountingClass
from bluecarbon.equations import accounted_area, area_change, mean_area, vegetated_area
from bluecarbon.map_accuracy import MapScale
from methodology.uncertainty.distributions import fitted
from methodology.worksheet import Node, Row, View, Worksheet

OTHER_PLACE = "other"
AREA_LABEL = {"en": "accounted area", "zh": "核算面积"}


@dataclass(frozen=True)
class Period:
    """Time between two consecutive maps.

    Parameters
    ----------
    years : float
        Length. [yr]
    computed : bool
        Whether both extents are known, so that change may be computed.
    whole : bool
        Whether every place mapped at one date was looked at on the other.
    """

    label: str
    start: str
    end: str
    years: float
    computed: bool
    whole: bool = True


@dataclass(frozen=True)
class SurveyTables:
    """What an account needs to know of a survey; areas in hectares.

    Parameters
    ----------
    mapped : mapping of (reporting unit, class label, date) to ha
    transitions : mapping of (reporting unit, from class, to class, period label) to (ha, of which sliver ha)
        ``"other"`` stands for a place that was looked at and is no habitat of the legend.
    uncertainty_percent : mapping of date to half-width of the 95 % interval, or None where nothing is known
    years : mapping of date to decimal year
    sources : mapping of date to keys of the files behind its map
    class_of : mapping of (reporting unit, map key) to class label
    scales : mapping of date to MapScale
        Correction of mapped areas by validation points, where there are any.
    """

    classes: Mapping[str, AccountingClass]
    dates: tuple[str, ...]
    years: Mapping[str, float]
    periods: tuple[Period, ...]
    mapped: Mapping[tuple[str, str, str], float]
    transitions: Mapping[tuple[str, str, str, str], tuple[float, float]]
    uncertainty_percent: Mapping[str, float | None]
    sources: Mapping[str, tuple[str, ...]]
    between_dates: str = "linear"
    units: tuple[str, ...] = ()
    extents: Mapping[tuple[str, str], float] = field(default_factory=dict)
    class_of: Mapping[tuple[str, int], str] = field(default_factory=dict)
    scales: Mapping[str, MapScale] = field(default_factory=dict)

    def value_of(self, label: str) -> str:
        """Class value of the map behind a class; the class itself where none is known."""
        return self.classes[label].value or label

    def error_of(self, label: str, date: str) -> str:
        """Whose error a class has at a date: its class value's where points tell it, else its whole habitat's."""
        return self.value_of(label) if date in self.scales else self.classes[label].habitat

    def area_error_known(self, date: str) -> bool:
        """Whether the error of a map's areas is known, by validation or by a stated percentage."""
        return date in self.scales or self.uncertainty_percent[date] is not None


@dataclass(frozen=True)
class AreaNodes:
    """Area nodes of a worksheet; `counted` has stated cover taken into account.

    Parameters
    ----------
    area, counted : Node (reporting_unit, class, date)
    sides : Node or None (reporting_unit, class, period, side)
        Counted area in the common extent at both ends of each computed period.
    mean, mean_whole : Node or View or None (reporting_unit, class, period)
        Area a yearly flow of the period runs on, with and without stated cover.
    cover : View or None (class,)
    """

    area: Node
    counted: Node
    sides: Node | None
    mean: Node | View | None
    mean_whole: Node | View | None
    cover: View | None


def map_dates(tables: SurveyTables) -> dict[tuple[str, str], str]:
    """Date of the map at each side of each period."""
    return {(p.label, side): date for p in tables.periods for side, date in (("start", p.start), ("end", p.end))}


def dates_of_years(tables: SurveyTables) -> dict[int, str]:
    """Label of the map of each year that has exactly one."""
    by_year: dict[int, list[str]] = {}
    for date, year in tables.years.items():
        by_year.setdefault(int(year), []).append(date)
    return {year: dates[0] for year, dates in by_year.items() if len(dates) == 1}


def detail(tables: SurveyTables, dim: str = "class") -> dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]]:
    """Regrouping of classes into habitat, stratum and activity for the lines of a statement."""
    return {
        dim: (
            ("habitat", "stratum", "activity"),
            {label: (c.habitat, c.stratum, c.activity) for label, c in tables.classes.items()},
        )
    }


def by_habitat(
    tables: SurveyTables, dim: str = "class", to: str = "habitat"
) -> dict[str, tuple[tuple[str], dict[str, tuple[str]]]]:
    """Regrouping of classes into habitats."""
    groups = {label: (c.habitat,) for label, c in tables.classes.items()}
    return {dim: ((to,), {**groups, OTHER_PLACE: (OTHER_PLACE,)})}


def area_nodes(sheet: Worksheet, tables: SurveyTables) -> AreaNodes:
    """Put the survey's areas on the worksheet."""
    scale = _map_scale(sheet, tables)
    mapped = sheet.input(
        "mapped_area", "ha", ("reporting_unit", "class", "date"), dict(tables.mapped),
        label={"en": "mapped area", "zh": "制图面积"},
        sources={row: tables.sources[row[2]] for row in tables.mapped},
        excludes={row: _map_error(tables, row[2]) for row in tables.mapped},
    )  # fmt: skip
    on_rows = scale.onto(
        mapped.dims, mapped.rows, lambda row: (tables.error_of(row["class"], row["date"]), row["date"])
    )
    area = sheet.apply("area", accounted_area, AREA_LABEL, mapped=mapped, map_scale=on_rows)
    cover = _cover(sheet, tables)
    counted = area
    if cover is not None:
        counted = sheet.apply(
            "counted_area", vegetated_area, {"en": "area × cover", "zh": "面积 × 覆盖度"}, area=area, cover=cover
        )
    whole = _sides(sheet, tables, scale)
    sides, mean_whole = whole, _mean(sheet, tables, whole, "mean_area")
    mean = mean_whole
    if cover is not None and whole is not None:
        label = {"en": "area × cover", "zh": "面积 × 覆盖度"}
        sides = sheet.apply("counted_area_common", vegetated_area, label, area=whole, cover=cover)
        mean = _mean(sheet, tables, sides, "mean_counted_area")
    return AreaNodes(area, counted, sides, mean, mean_whole, cover)


def _map_error(tables: SurveyTables, date: str) -> tuple[str, ...]:
    return () if tables.area_error_known(date) else ("map error",)


def _map_scale(sheet: Worksheet, tables: SurveyTables) -> Node:
    """Scale errors of the maps, shared by all units: errors of interpretation do not average out.

    A stated percentage is one error for each habitat and date, however many strata the legend names; validation points
    give one for each class value with their covariance.
    """
    rows = {(tables.error_of(label, date), date): 1.0 for date in tables.dates for label in tables.classes}
    spreads = {}
    for row in rows:
        scale = tables.scales.get(row[1])
        percent = tables.uncertainty_percent[row[1]]
        if scale is not None and row[0] in scale.values:
            rows[row] = float(scale.ratio[scale.values.index(row[0])])
        elif scale is None and percent is not None:
            spreads[row] = fitted("normal", 1.0, 1 - percent / 100, 1 + percent / 100, place=f"map {row[1]}")
    return sheet.input(
        "map_scale", "1", ("map_class", "date"), rows, role="parameter", spreads=spreads,
        covariance=_scale_covariance(tables, list(rows), spreads) if tables.scales else None,
        label={"en": "scale error of the map", "zh": "制图尺度误差"},
    )  # fmt: skip


def _scale_covariance(tables: SurveyTables, rows: list[tuple[str, str]], spreads: Mapping) -> np.ndarray:
    """Joint covariance of the scales: validated maps by their sample, the others by their stated percentage."""
    covariance = np.zeros((len(rows), len(rows)))
    for n, (first, date) in enumerate(rows):
        scale = tables.scales.get(date)
        if scale is None:
            covariance[n, n] = spreads[first, date].sd ** 2 if (first, date) in spreads else 0.0
            continue
        for m, (second, other) in enumerate(rows):
            if other == date and first in scale.values and second in scale.values:
                covariance[n, m] = scale.covariance[scale.values.index(first), scale.values.index(second)]
    return covariance


def _cover(sheet: Worksheet, tables: SurveyTables) -> View | None:
    """Stated covers over classes; a share stated once is one row, however many classes it comes to stand for."""
    stated = {label: c.cover for label, c in tables.classes.items() if c.cover is not None}
    if not stated:
        return None
    rows, spreads, excludes = {("none stated",): 1.0}, {}, {}
    names = dict.fromkeys(tables.classes, "none stated")
    for label, share in stated.items():
        names[label] = f"{tables.value_of(label)}: {share.value!r} ({share.low!r} to {share.high!r})"
        row = (names[label],)
        rows[row] = share.value
        if share.low is not None and share.low < share.high:
            spreads[row] = fitted(
                "beta", share.value, share.low, share.high, support=(0.0, 1.0), place=f"cover of {label}"
            )
        elif share.low is None and share.value < 1:
            excludes[row] = (f"cover of class {tables.value_of(label)}",)
    node = sheet.input(
        "cover", "1", ("stated_cover",), rows, role="parameter", spreads=spreads, excludes=excludes,
        label={"en": "stated cover", "zh": "声明的覆盖度"},
    )  # fmt: skip
    return node.onto(("class",), [(label,) for label in tables.classes], lambda row: (names[row["class"]],))


def _sides(sheet: Worksheet, tables: SurveyTables, scale: Node) -> Node | None:
    rows: dict[tuple[str, ...], float] = {}
    for period in tables.periods:
        if period.computed:
            for (unit, start, end, label), (area, _) in tables.transitions.items():
                if label == period.label:
                    for name, side in ((start, "start"), (end, "end")):
                        if name in tables.classes:
                            for each in ("start", "end"):  # a class absent at one end has an area of zero there
                                rows.setdefault((unit, name, label, each), 0.0)
                            rows[unit, name, label, side] += area
    if not rows:
        return None
    dates = map_dates(tables)
    mapped = sheet.input(
        "mapped_area_common", "ha", ("reporting_unit", "class", "period", "side"), rows,
        label={"en": "mapped area in the extent common to both dates", "zh": "两期共同范围内的制图面积"},
        sources={row: tables.sources[dates[row[2], row[3]]] for row in rows},
        excludes={row: _map_error(tables, dates[row[2], row[3]]) for row in rows},
    )  # fmt: skip
    shared = scale.onto(
        mapped.dims,
        mapped.rows,
        lambda r: (tables.error_of(r["class"], dates[r["period"], r["side"]]), dates[r["period"], r["side"]]),
    )
    return sheet.apply("area_common", accounted_area, AREA_LABEL, mapped=mapped, map_scale=shared)


def _mean(sheet: Worksheet, tables: SurveyTables, sides: Node | None, name: str) -> Node | View | None:
    """Area a yearly flow of a period runs on.

    Area runs linearly between two maps, but a class that started in between did not grow out of nothing since the first
    map: from its start on it has the area it has at the end, and its flows count for that time only.
    """
    if sides is None:
        return None
    start, end = side_views(sides)
    if tables.between_dates == "step_start":
        return start
    if tables.between_dates == "step_end":
        return end
    ends = {p.label: (tables.years[p.start], tables.years[p.end]) for p in tables.periods}

    def first(row: dict[str, str]) -> Row:
        c = tables.classes[row["class"]]
        begun = c.started is not None and ends[row["period"]][0] < c.started < ends[row["period"]][1]
        return (row["reporting_unit"], row["class"], row["period"], "end" if begun else "start")

    label = {"en": "mean area of the period", "zh": "期间平均面积"}
    return sheet.apply(name, mean_area, label, start=sides.onto(start.dims, start.rows, first), end=end)


def side_views(node: Node) -> tuple[View, View]:
    """Rows at the start and at the end of each period, without the dimension that told them apart."""
    return (
        node.where(lambda row: row["side"] == "start").dropped("side"),
        node.where(lambda row: row["side"] == "end").dropped("side"),
    )


def net_area_change(sheet: Worksheet, tables: SurveyTables) -> Node | None:
    """Net change of area by unit, habitat and period, in the common extent."""
    if "area_common" not in sheet:
        return None
    habitats = sheet.total("area_common_by_habitat", sheet["area_common"], by=by_habitat(tables))
    start, end = side_views(habitats)
    return sheet.apply(
        "area_change", area_change, {"en": "net change of area", "zh": "面积净变化"}, after=end, before=start
    )


def transition_areas(sheet: Worksheet, tables: SurveyTables) -> Node | None:
    """Gross transitions by unit and class, with the error of the map that shows the habitat. [ha]

    A transition carries the map scale of the class it comes from at the earlier date, or, where it comes from no
    habitat, of the class it becomes at the later date: what is lost is then never more than what stood there.
    """
    rows = {row: area for row, (area, _) in tables.transitions.items()}
    if not rows:
        return None
    ends = {p.label: (p.start, p.end) for p in tables.periods}
    seen = {row: _seen_by(tables, row, ends[row[3]]) for row in rows}
    mapped = sheet.input(
        "transition_area_mapped", "ha", ("reporting_unit", "from_class", "to_class", "period"), rows,
        label={"en": "mapped area by transition", "zh": "制图转移面积"},
        sources={row: tuple(dict.fromkeys(tables.sources[ends[row[3]][0]] + tables.sources[ends[row[3]][1]])) for row in rows},
        excludes={row: () if tables.area_error_known(seen[row][1]) else ("map error",) for row in rows},
    )  # fmt: skip
    scale = sheet["map_scale"].onto(
        mapped.dims, mapped.rows, lambda labels: seen[tuple(labels[d] for d in mapped.dims)]
    )
    label = {"en": "area by transition", "zh": "转移面积"}
    return sheet.apply("transition_area", accounted_area, label, mapped=mapped, map_scale=scale)


def _seen_by(tables: SurveyTables, row: tuple[str, str, str, str], ends: tuple[str, str]) -> tuple[str, str]:
    """Map class and date whose error a transition carries."""
    if row[1] in tables.classes:
        return tables.error_of(row[1], ends[0]), ends[0]
    return tables.error_of(row[2], ends[1]), ends[1]
