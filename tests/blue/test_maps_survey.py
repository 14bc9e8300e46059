"""Areas by unit and class, overlaps, repairs and change, on squares whose areas are known by hand."""

import geopandas
import numpy as np
import pytest
import shapely

from bluecarbon.maps.survey_areas import vector_survey_areas
from bluecarbon.maps.tables import NOT_SURVEYED, OTHER, OUTSIDE_UNITS, LegendValues, MapSource, UnitsSource
from methodology.base.errors import InputError

EAST, NORTH = 500_000, 2_500_000  # EPSG:4547, on the central meridian: the scale is 1 within 1e-8
LEGEND = LegendValues(frozenset({"m", "s"}), frozenset({"mud"}))
NEAR = 1e-7  # hectares of one hectare; the squares lie up to 1 km off the meridian


def box(west, south, east, north):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def save(tmp_path, file, shapes, crs=4547, **columns):
    path = tmp_path / f"{file}.gpkg"
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


def one_map(tmp_path, shapes, classes, legend=LEGEND, registration_error_m=None, **more):
    path = save(tmp_path, "map", shapes, habitat=classes)
    return vector_survey_areas([MapSource("2020", path, "habitat", **more)], legend, None, registration_error_m)


def by_class(result):
    table = result.areas.merge(result.keys, on="key")
    return {value: float(area) for value, area in table.groupby("value")["area_ha"].sum().items()}


def found(result, code):
    return [finding for finding in result.findings if finding.code == code]


def codes_of(call, *arguments, **more):
    with pytest.raises(InputError) as caught:
        call(*arguments, **more)
    return [finding.code for finding in caught.value.findings], caught.value


# overlaps


@pytest.mark.parametrize(
    ("rule", "mangrove", "seagrass"), [("first", 4, 0.5), ("last", 3.5, 1), ("larger", 4, 0.5), ("smaller", 3.5, 1)]
)
def test_overlap_rules(tmp_path, rule, mangrove, seagrass):
    # A mangrove of 4 ha and a seagrass bed of 1 ha share 0.5 ha.
    shapes = [box(0, 0, 200, 200), box(150, 0, 250, 100)]
    result = one_map(tmp_path, shapes, ["m", "s"], overlaps=rule)
    assert by_class(result) == pytest.approx({"m": mangrove, "s": seagrass}, rel=NEAR)
    (finding,) = found(result, "BC-MAP-26")
    assert finding.amount == pytest.approx(0.5, rel=1e-6)
    assert finding.share == pytest.approx(0.1, rel=1e-6)


def test_overlaps_of_unlike_class_stop_without_a_rule(tmp_path):
    codes, error = codes_of(one_map, tmp_path, [box(0, 0, 200, 200), box(150, 0, 250, 100)], ["m", "s"])
    assert codes == ["BC-MAP-25"]
    assert error.findings[0].amount == pytest.approx(0.5, rel=1e-6)
    assert "113.99" in error.findings[0].found or "114.00" in error.findings[0].found  # where to look


def test_an_unknown_rule(tmp_path):
    assert codes_of(one_map, tmp_path, [box(0, 0, 9, 9)], ["m"], overlaps="best")[0] == ["BC-MAP-43"]
    assert codes_of(one_map, tmp_path, [box(0, 0, 9, 9)], ["m"], unmapped="sea")[0] == ["BC-MAP-43"]


def test_overlaps_of_one_class_are_counted_once_without_a_rule(tmp_path):
    result = one_map(tmp_path, [box(0, 0, 200, 200), box(150, 0, 250, 100)], ["m", "m"])
    assert by_class(result) == pytest.approx({"m": 4.5}, rel=NEAR)
    assert len(found(result, "BC-MAP-26")) == 1


def test_three_deep(tmp_path):
    shapes = [box(0, 0, 100, 100), box(50, 0, 150, 100), box(75, 0, 175, 100)]
    for rule in ("first", "last"):
        result = one_map(tmp_path, shapes, ["m", "s", "m"], overlaps=rule)
        assert sum(by_class(result).values()) == pytest.approx(1.75, rel=NEAR)
    assert by_class(one_map(tmp_path, shapes, ["m", "s", "m"], overlaps="first")) == pytest.approx(
        {"m": 1.25, "s": 0.5}, rel=NEAR
    )


def test_neighbours_and_islands_do_not_overlap(tmp_path):
    lake = shapely.difference(box(0, 0, 200, 200), box(50, 50, 150, 150))
    result = one_map(tmp_path, [lake, box(50, 50, 150, 150), box(200, 0, 300, 100)], ["m", "s", "s"])
    assert by_class(result) == pytest.approx({"m": 3, "s": 2}, rel=NEAR)
    assert result.findings == []


def test_duplicates_count_once_and_are_named(tmp_path):
    turned = shapely.Polygon(np.roll(box(0, 0, 100, 100).exterior.coords[:-1], 2, axis=0)[::-1])
    result = one_map(tmp_path, [box(0, 0, 100, 100), turned, box(200, 0, 300, 100)], ["m", "m", "s"])
    assert by_class(result) == pytest.approx({"m": 1, "s": 1}, rel=NEAR)
    (finding,) = found(result, "BC-MAP-24")
    assert (finding.amount, finding.share) == pytest.approx((1, 1 / 3), rel=1e-6)
    assert codes_of(one_map, tmp_path, [box(0, 0, 100, 100), turned], ["m", "s"])[0] == ["BC-MAP-25"]


# repairs and rubbish


def test_a_bow_tie_is_mended_and_listed(tmp_path):
    tie = shapely.Polygon([(EAST, NORTH), (EAST + 200, NORTH + 200), (EAST + 200, NORTH), (EAST, NORTH + 200)])
    result = one_map(tmp_path, [tie, box(500, 0, 600, 100)], ["m", "s"])
    assert by_class(result) == pytest.approx({"m": 2, "s": 1}, rel=NEAR)
    (finding,) = found(result, "BC-MAP-23")
    assert "feature 1" in finding.place
    assert finding.amount == pytest.approx(2, rel=1e-6)  # as drawn the two lobes cancel to nothing


def test_a_loop_over_itself_punches_no_hole(tmp_path):
    ring = [(0, 0), (100, 0), (100, 100), (40, 100), (40, 40), (60, 40), (60, 120), (0, 120)]
    result = one_map(tmp_path, [shapely.Polygon([(EAST + x, NORTH + y) for x, y in ring])], ["m"])
    # By hand: 100 × 100 and the strip 60 × 20 above it; the loop 20 × 60 is part of the whole.
    assert by_class(result)["m"] == pytest.approx(1.12, rel=NEAR)
    assert found(result, "BC-MAP-23")[0].amount == pytest.approx(0.12, rel=1e-6)


def test_what_has_no_area_is_left_out_and_named(tmp_path):
    spike = shapely.Polygon([(EAST, NORTH), (EAST + 50, NORTH), (EAST + 100, NORTH)])
    shapes = [box(0, 0, 100, 100), None, shapely.Polygon(), shapely.Point(EAST, NORTH), spike]
    result = one_map(tmp_path, shapes, ["m"] * 5)
    assert by_class(result) == pytest.approx({"m": 1}, rel=NEAR)
    assert [finding.code for finding in result.findings] == ["BC-MAP-15", "BC-MAP-16", "BC-MAP-18"]
    assert "number 2, 3" in result.findings[0].found
    assert "feature 5" in result.findings[2].place


def test_polygons_of_a_collection_are_kept(tmp_path):
    mixed = shapely.GeometryCollection([box(0, 0, 100, 100), shapely.LineString([(EAST, NORTH), (EAST + 500, NORTH)])])
    path = tmp_path / "map.parquet"
    geopandas.GeoDataFrame({"habitat": ["m"]}, geometry=[mixed], crs=4547).to_parquet(path)
    result = vector_survey_areas([MapSource("2020", path, "habitat")], LEGEND)
    assert by_class(result) == pytest.approx({"m": 1}, rel=NEAR)
    assert len(found(result, "BC-MAP-16")) == 1


def test_only_points(tmp_path):
    path = save(tmp_path, "points", [shapely.Point(EAST, NORTH)], habitat=["m"])
    codes, _ = codes_of(vector_survey_areas, [MapSource("2020", path, "habitat")], LEGEND)
    assert codes == ["BC-MAP-19"]


def test_three_dimensions_are_flattened(tmp_path):
    high = shapely.force_3d(box(0, 0, 100, 100), 12.5)
    assert by_class(one_map(tmp_path, [high], ["m"])) == pytest.approx({"m": 1}, rel=NEAR)


@pytest.mark.parametrize(("error_m", "count"), [(None, 1), (10.0, 2)])
def test_slivers(tmp_path, error_m, count):
    shapes = [box(0, 0, 100, 100), box(200, 0, 200.5, 100), box(300, 0, 308, 100)]
    (finding,) = found(one_map(tmp_path, shapes, ["m"] * 3, registration_error_m=error_m), "BC-MAP-27")
    assert finding.found.startswith(f"{count} polygons")


# classes


def test_unknown_and_missing_classes_stop_with_their_areas(tmp_path):
    shapes = [box(k * 200, 0, k * 200 + 100, 100 * (k + 1)) for k in range(4)]
    codes, error = codes_of(one_map, tmp_path, shapes, ["m", "reef", None, "s"])
    assert codes == ["BC-MAP-29", "BC-MAP-28"]  # the larger area first
    assert [finding.amount for finding in error.findings] == pytest.approx([3, 2], rel=1e-6)
    assert [finding.share for finding in error.findings] == pytest.approx([0.3, 0.2], rel=1e-6)
    assert "'reef'" in str(error)


def test_a_legend_may_decide_about_no_class(tmp_path):
    legend = LegendValues(frozenset({"m"}), frozenset({""}))
    result = one_map(tmp_path, [box(0, 0, 100, 100), box(200, 0, 300, 100)], ["m", None], legend)
    assert by_class(result) == pytest.approx({"m": 1}, rel=NEAR)
    assert found(result, "BC-MAP-30")[0].share == pytest.approx(0.5)


def test_a_wrong_class_field_does_not_flood(tmp_path):
    shapes = [box(k * 20, 0, k * 20 + 10, 10) for k in range(300)]
    codes, error = codes_of(one_map, tmp_path, shapes, [f"id {k}" for k in range(300)])
    assert codes == ["BC-MAP-28"] * 21
    assert "Is habitat the right class field?" in error.findings[-1].remedy


def test_attributes_make_keys(tmp_path):
    shapes = [box(k * 200, 0, k * 200 + 100, 100) for k in range(4)]
    path = save(
        tmp_path, "map", shapes, habitat=["m"] * 4, planted=[2005, None, 2005, 2010], why=["revegetation", " ", "revegetation", "x"]
    )  # fmt: skip
    result = vector_survey_areas(
        [MapSource("2020", path, "habitat", attributes={"started": "planted", "activity": "why"})], LEGEND
    )
    rows = {tuple(row) for row in result.keys[["value", "started", "activity"]].itertuples(index=False)}
    assert rows == {("m", None, None), ("m", 2005, "revegetation"), ("m", 2010, "x")}
    assert sorted(result.areas["area_ha"]) == pytest.approx([1, 1, 2], rel=NEAR)


# reporting units


def units(tmp_path, shapes, names, crs=4547, **columns):
    return save(tmp_path, "units", shapes, crs=crs, name=names, **columns)


def test_parts_and_outside_add_up_to_the_whole(tmp_path):
    rng = np.random.default_rng(3)
    # Triangles on a grid, so that none overlap.
    shapes = [
        shapely.Polygon([(EAST + x + dx, NORTH + y + dy) for dx, dy in rng.uniform(0, 100, (3, 2))])
        for x in range(-1000, 1000, 100)
        for y in range(-1000, 1000, 100)
    ]
    ring = shapely.difference(box(-700, -700, 650, 650), box(-100, -100, 100, 100))
    source = UnitsSource(units(tmp_path, [ring, box(-90, -80, 70, 60)], ["ring", "core"]), "name")
    path = save(tmp_path, "map", shapes, habitat=["m", "s"] * 200)
    alone = vector_survey_areas([MapSource("2020", path, "habitat")], LEGEND)
    parts = vector_survey_areas([MapSource("2020", path, "habitat", extent="units")], LEGEND, source)
    assert set(parts.areas["reporting_unit"]) == {"ring", "core", OUTSIDE_UNITS}
    assert by_class(parts) == pytest.approx(by_class(alone), rel=1e-9)
    assert parts.layers["2020"]["area_ha"].sum() == pytest.approx(alone.areas["area_ha"].sum(), rel=1e-9)
    # Three roads to one planar total: the file, the table, the layer that is written out.
    planar = shapely.area(np.array(shapes)).sum() / 1e4
    assert parts.areas["planar_ha"].sum() == pytest.approx(planar, rel=1e-9)
    assert parts.layers["2020"].area.sum() / 1e4 == pytest.approx(planar, rel=1e-9)
    inside = parts.areas.loc[parts.areas["reporting_unit"] != OUTSIDE_UNITS, "planar_ha"].sum()
    covered = shapely.union_all([ring, box(-90, -80, 70, 60)])
    # Outlines of units are followed in steps of 500 m, within micrometres of the straight line: some 1e-8 of area.
    assert inside == pytest.approx(shapely.area(shapely.intersection(np.array(shapes), covered)).sum() / 1e4, rel=1e-7)


def test_units_in_degrees_with_long_edges_cut_where_they_are_drawn(tmp_path):
    # A unit of two degrees whose northern edge is one straight line in longitude and latitude: a parallel. The
    # geodesic between its corners bulges 300 m north of it; a square on the parallel must be cut in half.
    unit = shapely.box(113, 21, 115, 22.5)
    square = shapely.box(113.999, 22.499, 114.001, 22.501)
    source = UnitsSource(units(tmp_path, [unit], ["bay"], crs=4490), "name")
    path = save(tmp_path, "map", [square], crs=4490, habitat=["m"])
    table = vector_survey_areas([MapSource("2020", path, "habitat", extent="units")], LEGEND, source).areas
    inside, outside = table["area_ha"]
    assert inside / outside == pytest.approx(1, rel=1e-4)


def test_units_that_overlap(tmp_path):
    path = save(tmp_path, "map", [box(0, 0, 300, 100)], habitat=["m"])
    maps = [MapSource("2020", path, "habitat", extent="units")]
    wide = units(tmp_path, [box(0, 0, 200, 100), box(100, 0, 300, 100)], ["a", "b"])
    codes, error = codes_of(vector_survey_areas, maps, LEGEND, UnitsSource(wide, "name"))
    assert codes == ["BC-MAP-32"]
    assert (error.findings[0].amount, error.findings[0].share) == pytest.approx((1, 0.5), rel=1e-6)
    for rule, expected in (("first", [2, 1]), ("last", [1, 2])):
        result = vector_survey_areas(maps, LEGEND, UnitsSource(wide, "name", overlaps=rule))
        assert result.areas["area_ha"].tolist() == pytest.approx(expected, rel=NEAR)
        assert found(result, "BC-MAP-32")[0].severity == "warning"
    narrow = units(tmp_path, [box(0, 0, 200.1, 100), box(200, 0, 300, 100)], ["a", "b"])
    result = vector_survey_areas(maps, LEGEND, UnitsSource(narrow, "name"))
    assert result.areas["area_ha"].tolist() == pytest.approx([2.001, 0.999], rel=NEAR)


def test_units_of_one_name_are_one_and_may_not_contradict_themselves(tmp_path):
    path = save(tmp_path, "map", [box(0, 0, 300, 100)], habitat=["m"])
    maps = [MapSource("2020", path, "habitat")]
    shapes = [box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100)]
    good = units(tmp_path, shapes, ["a", "b", "a"], what=["none", "creation", "none"])
    result = vector_survey_areas(maps, LEGEND, UnitsSource(good, "name", attributes={"activity": "what"}))
    assert result.units["activity"].tolist() == ["none", "creation"]
    assert result.units["area_ha"].tolist() == pytest.approx([2, 1], rel=NEAR)
    bad = units(tmp_path, shapes, ["a", "b", "a"], what=["none", "creation", "drainage"])
    source = UnitsSource(bad, "name", attributes={"activity": "what"})
    assert codes_of(vector_survey_areas, maps, LEGEND, source)[0] == ["BC-MAP-33"]
    nameless = units(tmp_path, shapes, ["a", None, "a"])
    assert codes_of(vector_survey_areas, maps, LEGEND, UnitsSource(nameless, "name"))[0] == ["BC-MAP-34"]


def test_a_mended_unit_is_listed_too(tmp_path):
    tie = shapely.Polygon([(EAST, NORTH), (EAST + 200, NORTH + 200), (EAST + 200, NORTH), (EAST, NORTH + 200)])
    path = save(tmp_path, "map", [box(0, 0, 200, 200)], habitat=["m"])
    source = UnitsSource(units(tmp_path, [tie], ["a"]), "name")
    result = vector_survey_areas([MapSource("2020", path, "habitat", extent="units")], LEGEND, source)
    assert result.areas["area_ha"].tolist() == pytest.approx([2, 2], rel=NEAR)
    (finding,) = found(result, "BC-MAP-23")
    assert finding.place.startswith("reporting units")


def test_units_on_another_side_of_the_earth(tmp_path):
    path = save(tmp_path, "map", [box(0, 0, 100, 100)], habitat=["m"])
    maps = [MapSource("2020", path, "habitat", extent="units")]
    far, near = shapely.box(-83, 27, -82, 28), shapely.box(113, 22, 115, 23)
    both = units(tmp_path, [far, near], ["Tampa", "Shenzhen"], crs=4326)
    result = vector_survey_areas(maps, LEGEND, UnitsSource(both, "name"))
    assert result.areas["reporting_unit"].tolist() == ["Shenzhen"]
    assert found(result, "BC-MAP-45")[0].severity == "note"
    only = units(tmp_path, [far], ["Tampa"], crs=4326)
    assert codes_of(vector_survey_areas, maps, LEGEND, UnitsSource(only, "name"))[0] == ["BC-MAP-45"]


def test_extent_by_units_needs_units(tmp_path):
    codes, _ = codes_of(one_map, tmp_path, [box(0, 0, 100, 100)], ["m"], extent="units")
    assert codes == ["BC-MAP-35"]


def test_a_long_edge_is_stated(tmp_path):
    # Meridians are geodesics; the northern parallel is drawn in 100 steps, the southern one of 3 km at 60°N in one.
    # It lies beside the geodesic: sagitta L² tan φ / 8R = 0.31 m, area 2/3 of that × 3 km.
    side = 3000 / (111_320 * np.cos(np.radians(60)))
    north = [(20 + side * k / 100, 60.02) for k in range(100, -1, -1)]
    path = save(tmp_path, "map", [shapely.Polygon([(20, 60), (20 + side, 60), *north])], crs=4326, habitat=["m"])
    (finding,) = found(vector_survey_areas([MapSource("2020", path, "habitat")], LEGEND), "BC-MAP-38")
    bulge_ha = 2 / 3 * 3000**2 * np.tan(np.radians(60)) / (8 * 6_380_000) * 3000 / 1e4
    assert finding.severity == "note"
    assert finding.amount == pytest.approx(bulge_ha, rel=0.01)


def test_row_order_does_not_matter(tmp_path):
    shapes = [box(x, y, x + 100, y + 100) for x in range(0, 1000, 130) for y in range(0, 1000, 130)]
    classes = ["m", "s"] * 32
    source = UnitsSource(units(tmp_path, [box(-50, -50, 333, 777)], ["u"]), "name")
    results = []
    for order in (np.arange(64), np.random.default_rng(1).permutation(64)):
        path = save(tmp_path, "map", [shapes[k] for k in order], habitat=[classes[k] for k in order])
        results.append(vector_survey_areas([MapSource("2020", path, "habitat", extent="units")], LEGEND, source))
    first, second = results
    assert first.keys.equals(second.keys)
    assert first.areas["area_ha"].tolist() == pytest.approx(second.areas["area_ha"].tolist(), rel=1e-12)
    assert first.areas["features"].tolist() == second.areas["features"].tolist()


# change


def two_dates(tmp_path, before, after, extent="units", unmapped="other", source=None, **more):
    maps = []
    for date, (shapes, classes) in (("2000", before), ("2010", after)):
        path = save(tmp_path, f"map{date}", shapes, habitat=classes)
        where = extent[date] if isinstance(extent, dict) else extent
        maps.append(MapSource(date, path, "habitat", extent=where, unmapped=unmapped))
    return vector_survey_areas(maps, LEGEND, source, **more)


def moves(result, unit=None):
    table = result.transitions if unit is None else result.transitions[result.transitions["reporting_unit"] == unit]
    names = dict(zip(result.keys["key"], result.keys["value"], strict=True)) | {OTHER: "other", NOT_SURVEYED: "?"}
    return {(names[row.from_key], names[row.to_key]): float(row.area_ha) for row in table.itertuples()}


BEFORE = ([box(0, 0, 200, 100), box(200, 0, 300, 100)], ["m", "s"])
AFTER = ([box(100, 0, 250, 100), box(250, 0, 400, 100)], ["m", "mud"])
# By hand, in hectares: m 0–200, s 200–300 become m 100–250, mud (ignored) 250–400.
EXPECTED = {("m", "other"): 1, ("m", "m"): 1, ("s", "m"): 0.5, ("s", "other"): 0.5}


def test_transitions_by_hand(tmp_path):
    source = UnitsSource(units(tmp_path, [box(-100, -100, 500, 200)], ["bay"]), "name")
    result = two_dates(tmp_path, BEFORE, AFTER, source=source)
    assert moves(result) == pytest.approx(EXPECTED, rel=1e-6)
    assert result.transitions["sliver_ha"].isna().all()
    assert result.extents["extent_ha"].tolist() == pytest.approx([18, 18], rel=1e-6)


def test_an_unmapped_place_may_be_unseen(tmp_path):
    source = UnitsSource(units(tmp_path, [box(-100, -100, 500, 200)], ["bay"]), "name")
    result = two_dates(tmp_path, BEFORE, AFTER, source=source, unmapped="not_surveyed")
    # Where the later map draws mud it did look; where it draws nothing it did not.
    assert moves(result) == pytest.approx(
        {("m", "?"): 1, ("m", "m"): 1, ("s", "m"): 0.5, ("s", "other"): 0.5}, rel=1e-6
    )


def test_outside_the_units_nobody_looked(tmp_path):
    source = UnitsSource(units(tmp_path, [box(50, -100, 220, 200)], ["bay"]), "name")
    result = two_dates(tmp_path, BEFORE, AFTER, source=source)
    assert moves(result, "bay") == pytest.approx({("m", "other"): 0.5, ("m", "m"): 1, ("s", "m"): 0.2}, rel=1e-6)
    assert moves(result, OUTSIDE_UNITS) == pytest.approx(
        {("m", "?"): 0.5, ("s", "m"): 0.3, ("s", "other"): 0.5}, rel=1e-6
    )


def test_extents_from_files(tmp_path):
    early = save(tmp_path, "early", [box(-100, -100, 250, 200)])
    late = save(tmp_path, "late", [box(50, -100, 500, 200)])
    gain = ([box(0, 0, 100, 100), box(240, 100, 260, 200)], ["m", "s"])
    result = two_dates(tmp_path, BEFORE, gain, extent={"2000": early, "2010": late})
    assert moves(result) == pytest.approx(
        {("m", "m"): 1, ("m", "other"): 1, ("s", "other"): 1, ("other", "s"): 0.1, ("?", "s"): 0.1}, rel=1e-6
    )
    assert {finding.code for finding in result.findings} == {"BC-MAP-37"}
    early_finding, late_finding = found(result, "BC-MAP-37")
    assert (early_finding.amount, late_finding.amount) == pytest.approx((0.5, 0.5), rel=1e-6)


def test_unknown_extent_refuses_change_and_keeps_stocks(tmp_path):
    result = two_dates(
        tmp_path, BEFORE, AFTER, extent={"2000": "unknown", "2010": save(tmp_path, "e", [box(0, 0, 999, 999)])}
    )
    assert result.transitions.empty
    assert list(result.transitions.columns)[:3] == ["from_date", "to_date", "reporting_unit"]
    assert found(result, "BC-MAP-36")[0].severity == "warning"
    assert result.areas["area_ha"].sum() == pytest.approx(3 + 1.5, rel=NEAR)
    assert result.extents.set_index("date")["extent_ha"].isna().tolist() == [True, False]


def test_transitions_close_to_both_maps(tmp_path):
    rng = np.random.default_rng(8)
    maps = []
    for shift in (0, 37):
        centres = [(x, y) for x in range(0, 1500, 150) for y in range(0, 1500, 150)]
        angle = np.linspace(0, 2 * np.pi, 17)[:-1]
        shapes = [
            shapely.Polygon(np.column_stack([EAST + shift + x + r * np.cos(angle), NORTH + y + r * np.sin(angle)]))
            for (x, y), r in zip(centres, rng.uniform(20, 74, (100, 1)) * rng.uniform(0.6, 1, (100, 16)), strict=True)
        ]
        maps.append((shapes, list(rng.choice(["m", "s"], 100))))
    source = UnitsSource(units(tmp_path, [box(-500, -500, 700, 2000), box(700, -500, 1300, 2000)], ["a", "b"]), "name")
    result = two_dates(tmp_path, *maps, source=source, registration_error_m=5.0)
    for date, column in (("2000", "from_key"), ("2010", "to_key")):
        mapped = result.areas[result.areas["date"] == date].set_index(["reporting_unit", "key"])["area_ha"]
        moved = result.transitions[result.transitions[column] >= 0]
        moved = moved.groupby(["reporting_unit", column])["area_ha"].sum()
        assert moved.to_dict() == pytest.approx(mapped.to_dict(), rel=1e-9)


def test_a_map_shifted_by_half_a_metre_changes_only_in_slivers(tmp_path):
    source = UnitsSource(units(tmp_path, [box(-100, -100, 500, 500)], ["bay"]), "name")
    before = ([box(0, 0, 200, 200)], ["m"])
    after = ([box(0.5, 0, 200.5, 200)], ["m"])
    result = two_dates(tmp_path, before, after, source=source, registration_error_m=2.0)
    gross = result.transitions[result.transitions["from_key"] != result.transitions["to_key"]]
    assert gross["area_ha"].tolist() == pytest.approx([0.01, 0.01], rel=1e-5)
    assert gross["sliver_ha"].tolist() == pytest.approx([0.01, 0.01], rel=1e-5)
    assert found(result, "BC-MAP-42")[0].share == pytest.approx(1, rel=1e-9)
    fine = two_dates(tmp_path, before, after, source=source, registration_error_m=0.2)
    assert found(fine, "BC-MAP-42")[0].share < 1e-3


def test_a_ribbon_on_a_patch_is_a_sliver_and_the_patch_is_not(tmp_path):
    source = UnitsSource(units(tmp_path, [box(-500, -500, 900, 500)], ["bay"]), "name")
    before = ([box(300, 0, 400, 100)], ["m"])
    after = ([shapely.union(box(0, 0, 100, 100), box(100, 50, 200, 54)), box(300, 0, 400, 100)], ["m", "m"])
    result = two_dates(tmp_path, before, after, source=source, registration_error_m=10.0)
    gained = result.transitions[result.transitions["from_key"] == OTHER].iloc[0]
    assert gained["area_ha"] == pytest.approx(1.04, rel=1e-6)
    # The ribbon of 0.04 ha, and four corners of (1 − π/4) 5² m² with few segments; less where the ribbon joins.
    assert 0.039 < gained["sliver_ha"] < 0.045


def test_a_patch_drawn_in_strips_is_no_sliver(tmp_path):
    source = UnitsSource(units(tmp_path, [box(-500, -500, 900, 500)], ["bay"]), "name")
    strips = [box(x, 0, x + 5, 100) for x in range(0, 100, 5)]
    before = ([box(300, 0, 400, 100)], ["m"])
    after = ([*strips, box(300, 0, 400, 100)], ["m"] * 21)
    result = two_dates(tmp_path, before, after, source=source, registration_error_m=10.0)
    gained = result.transitions[result.transitions["from_key"] == OTHER].iloc[0]
    assert gained["area_ha"] == pytest.approx(1, rel=1e-6)
    assert gained["sliver_ha"] < 0.005


def test_maps_in_different_projections_meet(tmp_path):
    shapes = [box(0, 0, 200, 100), box(200, 0, 300, 100)]
    there = geopandas.GeoSeries(shapes, crs=4547).to_crs(4548)
    one, two = (
        save(tmp_path, "one", shapes, habitat=["m", "s"]),
        save(tmp_path, "two", there, crs=4548, habitat=["m", "s"]),
    )
    source = UnitsSource(units(tmp_path, [box(-100, -100, 500, 500)], ["bay"]), "name")
    maps = [MapSource(str(k), path, "habitat", extent="units") for k, path in enumerate((one, two))]
    result = vector_survey_areas(maps, LEGEND, source, 1.0)
    assert moves(result) == pytest.approx({("m", "m"): 2, ("s", "s"): 1}, rel=1e-6)
    # Planar area 3° from the meridian of EPSG:4548 is large by x²/R² = 2.3e-3; ground area is the same.
    tables = [table["area_ha"].tolist() for _, table in result.areas.groupby("date")]
    assert tables[0] == pytest.approx(tables[1], rel=1e-8)
    planar = result.areas.groupby("date")["planar_ha"].sum()
    assert planar["1"] / planar["0"] - 1 == pytest.approx((308_500 / 6_360_000) ** 2, rel=0.02)


def test_progress_goes_forward(tmp_path):
    seen = []
    path = save(tmp_path, "map", [box(0, 0, 9, 9)], habitat=["m"])
    vector_survey_areas(
        [MapSource("2020", path, "habitat")], LEGEND, progress=lambda what, share: seen.append((share, what))
    )
    assert [share for share, _ in seen] == sorted(share for share, _ in seen)
    assert 0 <= seen[0][0] <= seen[-1][0] <= 1


# what the run checks by itself


def test_an_outline_that_crosses_itself_only_as_geodesics(tmp_path):
    # The tip of a notch ends 1 mm above the southern edge of 2 km; the geodesic runs 3 cm north of that edge.
    step = 0.001 / 110_750
    notch = [(114.02, 22.01), (114.01, 22.0 + step), (114.0, 22.01)]
    shape = shapely.Polygon([(114.0, 22.0), (114.02, 22.0), *notch])
    path = save(tmp_path, "map", [shape], crs=4490, habitat=["m"])
    result = vector_survey_areas([MapSource("2020", path, "habitat")], LEGEND)
    (finding,) = found(result, "BC-MAP-39")
    assert finding.severity == "note"
    assert abs(finding.share) < 1e-6


def test_losing_ground_anywhere_stops_the_run(tmp_path, monkeypatch):
    from bluecarbon.maps import change, features, survey_areas

    source = UnitsSource(units(tmp_path, [box(50, -100, 220, 200)], ["bay"]), "name")

    def losing_a_piece(*arguments):
        pieces = split(*arguments)
        keep = np.arange(len(pieces.unit)) > 0
        return type(pieces)(*(getattr(pieces, name)[keep] for name in ("feature", "unit", "geometry", "area_m2")))

    split, left, measure = survey_areas.split_by_units, change.left_over, features.polygon_area_m2
    for module, name, broken in (
        (survey_areas, "split_by_units", losing_a_piece),
        (change, "left_over", lambda *parts: np.full(len(left(*parts)), shapely.Polygon(), dtype=object)),
        (features, "polygon_area_m2", lambda *parts: measure(*parts) * (1 + 1e-8)),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, broken)
            codes, _ = codes_of(two_dates, tmp_path, BEFORE, AFTER, source=source)
            assert set(codes) == {"BC-MAP-40"}, name
