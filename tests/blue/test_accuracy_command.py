"""`bluecarbon accuracy` from files: what it reads, refuses and writes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bluecarbon.accuracy.commands import accuracy
from bluecarbon.accuracy.files import read_matrix, read_points
from bluecarbon.accuracy.job import AccuracyJob, run_accuracy
from methodology.base.errors import InputError

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
MATRIX = ",mangrove,other\nmangrove,66,9\nother,3,122\n"
AREAS = "stratum,area_ha\nmangrove,1200\nother,8800\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "matrix.csv").write_text(MATRIX)
    (tmp_path / "areas.csv").write_text(AREAS)
    return tmp_path


def codes(job):
    with pytest.raises(InputError) as caught:
        run_accuracy(job)
    return [finding.code for finding in caught.value.findings]


def test_command_writes_tables_that_agree_with_json(files):
    out = files / "out"
    options = ["--matrix", str(files / "matrix.csv"), "--design", "stratified-random"]
    options += ["--strata-areas", str(files / "areas.csv"), "--out", str(out), "--json"]
    result = CliRunner().invoke(accuracy, options)
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    row = {r["class"]: r for r in csv.DictReader((out / "accuracy.csv").open())}["mangrove"]
    area = 1200 * 66 / 75 + 8800 * 3 / 125
    assert float(row["area_ha"]) == pytest.approx(area, rel=1e-11)
    assert data["classes"][0]["area_ha"] == pytest.approx(area, rel=1e-11)
    assert data == json.loads((out / "accuracy.json").read_text())
    covariance = list(csv.reader((out / "area_covariance.csv").open()))
    assert float(covariance[1][1]) == pytest.approx(float(row["area_standard_error_ha"]) ** 2, rel=1e-9)


def test_command_prints_a_table(files):
    options = ["--matrix", str(files / "matrix.csv"), "--design", "stratified-random"]
    text = CliRunner().invoke(accuracy, [*options, "--strata-areas", str(files / "areas.csv")]).stdout
    assert "1,267" in text  # 1200·66/75 + 8800·3/125
    assert "Overall accuracy" in text


def test_points_of_several_formats_agree(tmp_path):
    rows = [("mangrove", "mangrove")] * 5 + [("mangrove", "other")] * 2 + [("other", "other")] * 4
    (tmp_path / "p.csv").write_text("map,truth\n" + "".join(f"{a},{b}\n" for a, b in rows))
    features = [{"type": "Feature", "properties": {"map": a, "truth": b}, "geometry": None} for a, b in rows]
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    one, other = (read_points(tmp_path / f"p.{suffix}", "map", "truth") for suffix in ("csv", "geojson"))
    assert one.matrix.tolist() == other.matrix.tolist() == [[5, 2], [0, 4]]


def test_real_points_without_a_design_give_no_areas():
    path = SHARED / "real" / "mangrove_accuracy_points.geojson"
    if not path.exists():
        pytest.skip("real points are not here")
    result = run_accuracy(AccuracyJob(points=path, map_field="gmw_v25_cls", reference_field="ref_cls"))
    assert result.estimate is None
    assert [finding.code for finding in result.findings] == ["BC-ACC-12"]
    assert result.sample.matrix.sum() == 2000
    assert result.users.value[0] == pytest.approx(968 / 1000)


def test_design_and_areas_go_together(files):
    matrix = files / "matrix.csv"
    assert codes(AccuracyJob(matrix=matrix, design="stratified-random")) == ["BC-ACC-07"]
    assert codes(AccuracyJob(matrix=matrix, strata_areas=files / "areas.csv")) == ["BC-ACC-07"]
    assert codes(AccuracyJob()) == ["BC-ACC-14"]
    assert codes(AccuracyJob(points=matrix)) == ["BC-ACC-14"]
    assert codes(AccuracyJob(matrix=matrix, map_field="x")) == ["BC-ACC-14"]


def test_strata_must_match(files):
    (files / "areas.csv").write_text("stratum,area_ha\nmangrove,1200\nsaltmarsh,50\n")
    job = AccuracyJob(matrix=files / "matrix.csv", design="stratified-random", strata_areas=files / "areas.csv")
    assert codes(job) == ["BC-ACC-06", "BC-ACC-06"]


@pytest.mark.parametrize("text", ["stratum,area\na,1\n", "stratum,area_ha\na,-1\n", "stratum,area_ha\na,1\na,2\n", ""])
def test_stratum_areas_that_cannot_be(files, text):
    (files / "areas.csv").write_text(text)
    job = AccuracyJob(matrix=files / "matrix.csv", design="stratified-random", strata_areas=files / "areas.csv")
    assert "BC-ACC-05" in codes(job)


@pytest.mark.parametrize(
    "text", ["", ",a,b\na,1\n", ",a,b\na,1,0.5\nb,0,2\n", ",a,a\na,1,2\n", ",a,b\na,1,-2\nb,1,1\n"]
)
def test_matrices_that_cannot_be(tmp_path, text):
    (tmp_path / "matrix.csv").write_text(text)
    with pytest.raises(InputError, match="BC-ACC-04"):
        read_matrix(tmp_path / "matrix.csv")


def test_points_that_cannot_be(tmp_path):
    (tmp_path / "p.csv").write_text("map,truth\na,b\n,b\na,\n")
    with pytest.raises(InputError) as caught:
        read_points(tmp_path / "p.csv", "map", "truth")
    assert [finding.code for finding in caught.value.findings] == ["BC-ACC-03", "BC-ACC-03"]
    with pytest.raises(InputError, match="BC-ACC-02"):
        read_points(tmp_path / "p.csv", "map", "reference")
    (tmp_path / "p.geojson").write_text("{broken")
    with pytest.raises(InputError, match="BC-ACC-01"):
        read_points(tmp_path / "p.geojson", "map", "truth")


def test_systematic_design_is_told(files):
    job = AccuracyJob(matrix=files / "matrix.csv", design="systematic", strata_areas=files / "areas.csv")
    assert "BC-ACC-13" in [finding.code for finding in run_accuracy(job).findings]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from bluecarbon.accuracy.commands import accuracy;"
        "print(CliRunner().invoke(accuracy, ['--help']).output);"
        "print([m for m in ('numpy', 'pandas', 'geopandas', 'rasterio', 'scipy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("[]")
    assert "Example" in out


def test_contradictory_options_are_wrong_usage(files):
    """Exit 2, as for an unknown option; a fault of the data is exit 1."""
    from click.testing import CliRunner

    from bluecarbon.accuracy.commands import accuracy

    result = CliRunner().invoke(accuracy, ["--matrix", str(files / "matrix.csv"), "--design", "simple-random"])
    assert result.exit_code == 2
    assert "BC-ACC-07" in result.stderr
