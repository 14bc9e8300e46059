"""What is found in a map before its areas count: duplicates, overlaps, slivers, classes nobody named."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bluecarbon.maps.features import CLOSURE, M2_PER_HA, Features
from bluecarbon.maps.overlay import TOUCH_WIDTH_M, cut_overlaps, mean_width_m, overlapping_pairs
from bluecarbon.maps.plane import Plane
from bluecarbon.maps.tables import NO_CLASS, OVERLAP_RULES, LegendValues
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

MOST_LISTED = 20  # unknown classes with a finding of their own, the largest first
SLIVER_WIDTH_M = 1.0  # no habitat survey draws a bed narrower than a metre; used where no registration error is given


def kind_of(features: Features) -> np.ndarray:
    """A number for each distinct class value with its attributes. [array of int, shape (feature,)]"""
    columns = [features.value, *features.attributes.values()]
    numbers: dict[tuple[object, ...], int] = {}
    return np.array([numbers.setdefault(row, len(numbers)) for row in zip(*columns, strict=True)], dtype=int)


def without_duplicates(features: Features, findings: Findings) -> Features:
    """Count polygons that stand in the file twice, with one class and attributes, once (BC-MAP-24).

    The same outline with another class is an overlap and is left to `without_overlaps`.
    """
    import shapely

    kinds = kind_of(features)
    outlines = shapely.to_wkb(shapely.normalize(features.geometry))
    first: dict[tuple[bytes, int], int] = {}
    again = np.zeros(len(outlines), dtype=bool)
    for row, each in enumerate(zip(outlines, kinds.tolist(), strict=True)):
        again[row] = first.setdefault(each, row) != row
    _report(
        findings,
        "BC-MAP-24",
        features,
        again,
        phrase("repeat an earlier feature in outline, class and attributes"),
        "each polygon once",
        "Counted once.",
    )
    return features.take(np.flatnonzero(~again)) if again.any() else features


def without_overlaps(features: Features, rule: str | None, plane: Plane, findings: Findings) -> Features:
    """Make sure that no ground is counted twice.

    Parameters
    ----------
    features : Features
    rule : {"first", "last", "larger", "smaller"} or None
        Which polygon keeps what two claim.
    plane : Plane
    findings : Findings
        Takes BC-MAP-25 (error: polygons of unlike class or attributes overlap and no rule is given), BC-MAP-26
        (warning: overlaps settled by the rule, or between polygons of one class) and BC-MAP-43 (no such rule).

    Returns
    -------
    Features
        Without overlaps.
    """
    if rule is not None and rule not in OVERLAP_RULES:
        findings.add(
            "BC-MAP-43",
            features.place,
            phrase("overlaps = {rule!r}", rule=rule),
            phrase("one of {names}", names=", ".join(OVERLAP_RULES)),
        )
        return features
    i, j, common = overlapping_pairs(features.geometry)
    area = plane.area_m2(common)
    real = mean_width_m(common) >= TOUCH_WIDTH_M
    if not real.any() and area.sum() <= CLOSURE / 10 * features.area_m2.sum():
        return features
    kinds = kind_of(features)
    unlike = real & (kinds[i] != kinds[j])
    if unlike.any() and rule is None:
        _report_overlap(findings, "BC-MAP-25", features, (i, j, area), unlike, plane, common)
        return features
    if real.any():
        _report_overlap(findings, "BC-MAP-26", features, (i, j, area), real, plane, common, rule)
    return features.cut_to(cut_overlaps(features.geometry, i, j, _rank(features, rule)), plane)


def _rank(features: Features, rule: str | None) -> np.ndarray:
    count = len(features.number)
    order = {
        "last": np.lexsort((-features.number,)),
        "larger": np.lexsort((features.number, -features.area_m2)),
        "smaller": np.lexsort((features.number, features.area_m2)),
    }.get(rule or "first", np.arange(count))
    rank = np.empty(count, dtype=int)
    rank[order] = np.arange(count)
    return rank


def _report_overlap(
    findings: Findings,
    code: str,
    features: Features,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    where: np.ndarray,
    plane: Plane,
    common: np.ndarray,
    rule: str | None = None,
) -> None:
    import shapely

    i, j, area = (values[where] for values in pairs)
    worst = int(np.argmax(area))
    spot = shapely.get_coordinates(shapely.point_on_surface(common[where][worst]))
    (longitude, latitude), total = plane.to_lonlat(spot)[0], float(features.area_m2.sum())
    numbers, values = features.number, features.value
    stops = code == "BC-MAP-25"
    done = (
        phrase("Settled by overlaps = {rule!r}.", rule=rule)
        if rule
        else "Both have one class and attributes: counted once."
    )
    findings.add(
        code,
        features.place,
        phrase(
            "{n} pairs of polygons that overlap{which}; the largest are features {numbers} "
            "({values}) and {numbers2} ({values2}) with {area:.4g} ha at {longitude:.5f}, "
            "{latitude:.5f}",
            n=len(i),
            which=phrase(" with unlike class or attributes") if stops else "",
            numbers=numbers[i[worst]],
            values=values[i[worst]],
            numbers2=numbers[j[worst]],
            values2=values[j[worst]],
            area=area[worst] / M2_PER_HA,
            longitude=longitude,
            latitude=latitude,
        ),
        "polygons that do not overlap",
        'Mend the map, or say which polygon keeps the ground: overlaps = "first", "last", "larger" or "smaller".'
        if stops
        else done,
        "error" if stops else "warning",
        amount=float(area.sum()) / M2_PER_HA,
        unit="ha",
        share=float(area.sum()) / total,
    )


def report_slivers(features: Features, registration_error_m: float | None, findings: Findings) -> None:
    """Name polygons narrower than the registration error, or than a metre where none is given (BC-MAP-27)."""
    width = registration_error_m or SLIVER_WIDTH_M
    narrow = mean_width_m(features.geometry) < width
    _report(
        findings,
        "BC-MAP-27",
        features,
        narrow,
        phrase("narrower than {width:g} m (twice area over perimeter)", width=width),
        "polygons wider than the map is sure of",
        "Counted. Often left over from cutting in the GIS.",
        "note",
    )


def check_classes(features: Features, legend: LegendValues, class_field: str | None, findings: Findings) -> None:
    """Name every class value that the legend does not know, each with its area.

    Adds BC-MAP-28 (error: a value is not in the legend), BC-MAP-29 (error: no class value) and BC-MAP-30 (note: an
    ignored value).
    """
    known = legend.habitat | legend.ignored
    values, inverse = np.unique(features.value.astype(str), return_inverse=True)
    weight = np.bincount(inverse, weights=features.area_m2, minlength=len(values))
    strangers = [index for index in np.argsort(-weight, kind="stable") if values[index] not in known]
    for index, value in enumerate(values):
        if value in legend.ignored:
            done = 'Left out of stocks; "other" where change is asked for.'
            _report(findings, "BC-MAP-30", features, inverse == index, phrase("of class {value!r}, which the legend ignores", value=str(value)), "habitat", done, "note")  # fmt: skip
    for index in strangers[:MOST_LISTED]:
        value = str(values[index])
        if value == NO_CLASS:
            _report(findings, "BC-MAP-29", features, inverse == index, phrase("without a value in {class_field}", class_field=class_field),
                    "a class for each", 'Fill them in, or decide in the legend: "" = "ignore".', "error")  # fmt: skip
        else:
            remedy = phrase('Add {value!r} to the legend, with a habitat or as "ignore".', value=value)
            expected = phrase("a value of the legend: {names}", names=", ".join(_short(known)))
            _report(findings, "BC-MAP-28", features, inverse == index, phrase("of class {value!r}, which the legend does not know", value=value), expected, remedy, "error")  # fmt: skip
    if len(strangers) > MOST_LISTED:
        rest = np.isin(inverse, strangers[MOST_LISTED:])
        _report(findings, "BC-MAP-28", features, rest, phrase("of {n} further classes that the legend does not know", n=len(strangers) - MOST_LISTED), "values of the legend", phrase("Is {class_field} the right class field?", class_field=class_field),
                "error")  # fmt: skip


def _short(values: Iterable[str], most: int = 12) -> list[str]:
    names = sorted(repr(value) for value in values)
    return names[:most] + (["…"] if len(names) > most else [])


def _report(
    findings: Findings,
    code: str,
    features: Features,
    where: np.ndarray,
    found: str,
    expected: str,
    remedy: str,
    severity: str = "warning",
) -> None:
    if not where.any():
        return
    numbers = features.number[where]
    shown = ", ".join(str(number) for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")
    area, total = float(features.area_m2[where].sum()), float(features.area_m2.sum())
    findings.add(
        code,
        features.place,
        phrase("{n} polygons (number {shown}) {found}", n=len(numbers), shown=shown, found=found),
        expected,
        remedy,
        severity,
        amount=area / M2_PER_HA,
        unit="ha",
        share=area / total if total else None,
    )
