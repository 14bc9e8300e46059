"""Ground area of many polygons: our bulk measure beside a loop over Karney's geodesics (pyproj.Geod).

Run: python -m benchmarks.polygon_area [count]
Prints CPU seconds, the ratio to the loop in the same run, and the largest relative difference. What is wanted: at
most 0.15 of the loop, within 1e-6 for polygons up to 3 km. The floor is taking the coordinates out of the polygons.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pyproj
import shapely

from bluecarbon.maps.geodesic import polygon_area_m2

RATIO_WANTED = 0.15
ERROR_WANTED = 1e-6


def stars(count: int, seed: int = 1) -> np.ndarray:
    """Polygons of 8 to 36 vertices, radius 20 m to 3 km, 18–41°N, every fifth with a hole, every tenth of two parts."""
    rng = np.random.default_rng(seed)
    polygons = []
    for number in range(count):
        lat, lon = rng.uniform(18, 41), rng.uniform(105, 125)
        size = rng.integers(8, 37)
        angle = np.sort(rng.uniform(0, 2 * np.pi, size))
        reach = np.exp(rng.uniform(np.log(20), np.log(3000))) * rng.uniform(0.5, 1, size)
        shape = np.column_stack([reach * np.cos(angle) / np.cos(np.radians(lat)), reach * np.sin(angle)]) / 111_200
        shell = shape + np.array([lon, lat])
        polygon = shapely.Polygon(shell, [0.3 * shape + np.array([lon, lat])] if number % 5 == 0 else None)
        if number % 10 == 1:
            polygon = shapely.MultiPolygon([polygon, shapely.Polygon(shell + np.array([0.2, 0.0]))])
        polygons.append(polygon)
    polygons = np.array(polygons, dtype=object)
    return shapely.orient_polygons(polygons[shapely.is_valid(polygons)])


def cpu_seconds(work: Callable[[], np.ndarray], repeats: int) -> tuple[float, np.ndarray]:
    """Least process time of a few repeats, and the result."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return min(times), result


def compare(name: str, ours: Callable[[], np.ndarray], loop: Callable[[], np.ndarray]) -> None:
    """Print one line: both times, their ratio, the largest relative difference."""
    ours()
    fast, area = cpu_seconds(ours, 5)
    slow, truth = cpu_seconds(loop, 2)
    error = np.abs(area / truth - 1).max()
    print(
        f"{name:38s} ours {fast:7.3f} s   loop {slow:7.3f} s   ratio {fast / slow:6.3f} (wanted {RATIO_WANTED})   "
        f"largest difference {error:.1e} (wanted {ERROR_WANTED:g})"
    )


def main(count: int = 20_000) -> None:
    """Measure longitude-latitude and projected input."""
    polygons, geod = stars(count), pyproj.Geod(ellps="WGS84")
    vertices = shapely.get_num_coordinates(polygons).sum()
    floor, _ = cpu_seconds(lambda: shapely.get_coordinates(polygons), 5)
    print(f"{len(polygons)} polygons, {vertices} vertices; floor, coordinates only: {floor:.3f} s CPU")

    def loop(shapes: np.ndarray) -> np.ndarray:
        return np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in shapes])

    compare("longitude and latitude", lambda: polygon_area_m2(polygons), lambda: loop(polygons))

    project = pyproj.Transformer.from_crs(4326, 32650, always_xy=True)
    unproject = pyproj.Transformer.from_crs(32650, 4326, always_xy=True)
    drawn = shapely.transform(polygons, lambda xy: np.column_stack(project.transform(*xy.T)))

    def lonlat(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(unproject.transform(*xy.T))

    def loop_with_transform() -> np.ndarray:
        return np.array([abs(geod.geometry_area_perimeter(shapely.transform(shape, lonlat))[0]) for shape in drawn])

    def ours() -> np.ndarray:
        return polygon_area_m2(drawn, to_lonlat=lonlat)

    compare("projected, loop as one would write it", ours, loop_with_transform)
    compare("projected, loop after a bulk transform", ours, lambda: loop(shapely.transform(drawn, lonlat)))
    proj, _ = cpu_seconds(lambda: lonlat(shapely.get_coordinates(drawn)), 3)
    print(f"of which PROJ, in ours and in the bulk transform: {proj:.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
