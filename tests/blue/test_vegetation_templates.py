"""The templates of trees, plots, wood, quadrats and dating run as they stand, and the docs' lines do what they say."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bluecarbon.dating.commands import dating
from bluecarbon.sampling.commands import plan, strata
from bluecarbon.tables.registry import table_named
from bluecarbon.tables.template import template_csv
from bluecarbon.vegetation.commands import plots
from methodology.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {"dating": dating, "plots": plots, "plan": plan, "strata": strata}


@pytest.fixture
def field(tmp_path, monkeypatch):
    for name in ("trees", "plots", "wood", "quadrats", "dating"):
        (tmp_path / f"{name}.csv").write_text(template_csv(table_named(name)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line):
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
    assert words[0] == "bluecarbon"
    result = CliRunner().invoke(GROUPS[words[1]], words[2:])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_trees_and_plots_templates_give_every_pool(field):
    run("bluecarbon plots biomass trees.csv plots.csv --out biomass.csv --figure species.png")
    (row,) = csv.DictReader((field / "biomass.csv").read_text(encoding="utf-8").splitlines())
    assert row["stratum"] == "tall"
    assert int(row["stems"]) == 4
    for name in ("biomass_above_t_ha", "biomass_below_t_ha", "biomass_dead_t_ha", "carbon_total_t_c_ha_se"):
        assert float(row[name]) > 0, name
    assert (field / "species.png").stat().st_size > 1000


def test_pools_and_dating_templates_run(field):
    run("bluecarbon plots wood wood.csv --out downed.csv")
    run("bluecarbon plots quadrats quadrats.csv --out quadrat_carbon.csv")
    run("bluecarbon dating dating.csv --model crs --decay-constant 0.03114 --out ages.csv --summary cores.csv")
    assert len((field / "ages.csv").read_text(encoding="utf-8").splitlines()) == 7


def test_planning_example_of_the_page(field):
    page = (ROOT / "docs" / "sampling.md").read_text(encoding="utf-8")
    block = re.search(r"    stratum,area,mean,sd\n(?:    .+\n)+", page).group()
    (field / "strata.csv").write_text("\n".join(line.strip() for line in block.splitlines()) + "\n", encoding="utf-8")
    result = run("bluecarbon plan strata.csv --precision 10 --level 90 --plot-area 0.0154")
    assert re.search(r"tall +120", result.stdout)


@pytest.mark.parametrize("page", ["dating", "plots", "sampling"])
def test_every_option_and_code_named_on_a_page_exists(page):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    commands = [*GROUPS.values(), *plots.commands.values()]
    known = {option for command in commands for parameter in command.params for option in parameter.opts}
    known |= {"--columns", "--out"}  # of the template command
    assert set(re.findall(r"--[a-z][a-z0-9-]+", text)) <= known
    declared = "".join(path.read_text("utf-8") for path in (ROOT / "bluecarbon").glob("*/codes.csv"))
    assert all(code in declared for code in re.findall(r"BC-[A-Z]+-\d\d", text))


def test_a_folder_that_cannot_be_written_is_told(field):
    with pytest.raises(InputError) as refused:
        run("bluecarbon plots wood wood.csv --out /proc/nowhere/out.csv")
    assert refused.value.code == "ME-OUT-01"
