"""Nitrous oxide of aquaculture in its use phase, from fish production; lines of their own beside the habitats' net flux."""

from __future__ import annotations

from bluecarbon.accounts.harvest import production_node
from bluecarbon.job import Job
from methodology.base.errors import refuse
from methodology.factors.gwp import gwp
from methodology.factors.table import FactorTable
from methodology.guides.ipcc_wetlands_2013 import equations as eq
from methodology.statement import LineBlock
from methodology.worksheet import Worksheet


def aquaculture_lines(sheet: Worksheet, job: Job, factors: FactorTable) -> list[LineBlock]:
    """Lines of nitrous oxide by species and year; empty without fish production.

    Raises
    ------
    InputError
        BC-INV-01 fish production without a GWP set.
    """
    fish = [p for p in job.production if p.group == "fish"]
    if not fish:
        return []
    if job.survey.gwp is None:
        raise refuse("BC-INV-01", "[survey].gwp", "nothing", "a GWP set such as AR5-100", "Nitrous oxide needs one.")
    label = {"en": "fish production", "zh": "鱼类产量"}
    production = production_node(sheet, "fish_production", "t_fish/yr", fish, label, {})
    factor = sheet.factor(dict.fromkeys(production.rows, factors.find("n2o_aquaculture_factor", {})), production.dims)
    label = {"en": "nitrous oxide of aquaculture", "zh": "水产养殖氧化亚氮"}
    gas = sheet.apply("nitrous_oxide", eq.nitrous_oxide_aquaculture, label, fish=production, factor=factor)
    potential = sheet.factor(dict.fromkeys(gas.rows, gwp("n2o", job.survey.gwp, own=factors)), gas.dims)
    label = {"en": "nitrous oxide as CO2e", "zh": "氧化亚氮当量"}
    co2e = sheet.apply("nitrous_oxide_co2e", eq.co2e_of_nitrous_oxide, label, nitrous_oxide=gas, gwp=potential)
    common = {
        "kind": "flow",
        "account": "gross",
        "tier": "Tier 1",
        "data_quality": "stated production × default factor",
    }
    return [
        LineBlock(gas, "nitrous_oxide_flux", clause="4.3", fixed={"gas": "N2O"}, **common),
        LineBlock(co2e, "nitrous_oxide_as_co2e", clause="metric", fixed={"gas": "N2O"}, **common),
    ]
