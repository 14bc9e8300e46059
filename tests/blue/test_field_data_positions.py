"""Cores are where the job says, or the statement says that they are not."""

import geopandas
from shapely.geometry import box

from bluecarbon.classes import AccountingClass
from bluecarbon.field.links import FieldStratum
from bluecarbon.field.positions import Position, check_positions
from methodology.base.errors import Findings

REED = FieldStratum("reed", "tidal_marsh", (AccountingClass("r", "tidal_marsh", "reed"),))
LAYER = geopandas.GeoDataFrame(
    {"reporting_unit": ["", ""], "key": [1, 2]},
    geometry=[box(114.00, 22.50, 114.01, 22.51), box(114.01, 22.50, 114.02, 22.51)],
    crs="EPSG:4326",
).to_crs("EPSG:4547")
CLASS_OF = {("", 1): "r", ("", 2): "grass"}


def told(*points):
    findings = Findings()
    check_positions([Position(f"c{n}", REED, *p) for n, p in enumerate(points)], LAYER, CLASS_OF, findings)
    return [(f.code, f.severity, f.place, f.amount) for f in findings]


def test_cores_inside_say_nothing():
    assert told((114.005, 22.505), (114.002, 22.508)) == []


def test_cores_in_another_class_or_off_the_map_are_told_once_for_the_stratum():
    assert told((114.005, 22.505), (114.015, 22.505), (114.5, 22.505)) == [
        ("BC-FLD-16", "warning", "stratum reed, c1, c2", 2.0)
    ]
