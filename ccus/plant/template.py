"""The commented plant file that `ccus init` writes, holding only what was stated."""

from __future__ import annotations

import json
from collections.abc import Sequence

_HEAD = """\
# Plant file. Everything the accounts rest on stands here: what is rated, what measures what, and since when.
# Each change is recorded in the log: ccus log plant.toml --plant-file --by NAME --reason WHY --since TIME
# Lines that begin with # are comments; remove the # to use a key. Unknown keys are refused.

[plant]
name = {name}                      # fixed for the life of the log
timezone = {timezone}              # accounting days belong to this zone
nameplate_t_per_year = {nameplate}         # rated tonnes of CO2 a year, whole plant
# nameplate_measuring_point = "product meter before the tank"
# nameplate_basis = "calendar_year"        # or "8760_h", "8784_h", "design_hours" with nameplate_design_hours
# atmosphere_kpa = 101.0                    # local air pressure, for meters that read gauge
# host_unit = "unit 1"
# operator = ""

# A changed rating: a table for each other period.
# [[nameplate]]
# t_per_year = 18000
# valid_from = 2024-01-01
# valid_to = 2025-01-01                    # first moment it no longer holds
"""

_LINE = """
[[line]]
id = {id}
technology = {technology}                     # amine, ammonia, carbonate, membrane, adsorption, cryogenic, ...
nameplate_t_per_day = {rating}
# no_heat = "separation by pressure alone" # why a line takes no heat (or no_electricity): else both must be metered
# valid_from = 2019-01-01
"""

_TAIL = """
# Streams. A meter may also name a kind directly: flue_gas_in, depleted_gas, product, vent, tank, delivery,
# steam, condensate, electricity, fuel, cooling_water, solvent, chemical.
# [[stream]]
# id = "product-amine"
# kind = "product"
# line = "amine"
# co2_origin = "fossil"                    # or "biogenic", or "mixed" with biogenic_share and evidence
# [[stream]]
# id = "T1"
# kind = "tank"
# capacity_t = 200

# Meters. A swapped meter is two tables of one tag: the old one closed with valid_to and totaliser_stop,
# the new one opened with the same moment as valid_from and its totaliser_start.
# [[meter]]
# tag = "FT601"
# line = "amine"
# stream = "product-amine"
# kind = "mass_flow"                       # volume_flow, composition, pressure, temperature, power, mass_total ...
# unit = "kg/h"
# reference_condition = "0C_1atm"          # of a gas volume: 15C_1atm, 20C_1atm, 60F_1atm, 0C_1bar ... or line
# pressure = "gauge"                       # of a pressure meter: gauge or absolute
# moisture = "dry"                         # of a gas volume or composition: wet or dry
# component = "CO2"                        # of a composition meter
# uncertainty_random_percent = 1.0         # standard uncertainty, k = 1
# uncertainty_systematic_percent = 0.5
# uncertainty_group = "calibration gas A"  # meters that share this systematic part
# range = [0, 4000]
# interpolation = "step"                   # how the historian's points are joined: step or linear
# max_hold_s = 3600                        # how long a stored value stands when nothing new is written
# deadband = 5                             # of the historian, in the meter's unit
# orifice = {pipe_diameter_m = 0.15, bore_diameter_m = 0.09, tapping = "flange"}   # kind differential_pressure
# calibration = {certificate = "C-001", valid_from = 2025-01-01, valid_to = 2026-01-01}

# Where energy comes from: "grid", "host" (the unit the plant stands at) or "own". Host and own energy take their
# measured intensity, never the grid factor; power of the host may leave its intensity to [[host]].
# [energy]
# steam = {source = "host", intensity_kg_co2_per_gj = 95.0, uncertainty_percent = 1.5, evidence = "heat balance of ..."}
# electricity = "host"                     # or {source = "grid", grid_region = "south", grid_data_year = 2023}
# steam_to_power_mwh_per_gj = 0.0625       # power the host would have made of the steam
# steam_to_power_source = "turbine curve of ..."

# The host unit with and without capture: avoided CO2 and SRCE rest on it. One table for each time measured.
# [[host]]
# valid_from = 2025-01-01
# valid_to = 2026-01-01
# net_mwh_without_capture = 1000           # reference for the same fuel: net power sent out ...
# emitted_t_without_capture = 760          # ... and CO2 emitted
# net_mwh_with_capture = 774.28
# emitted_t_with_capture = 76              # by the stacks of unit and absorber, without vents of captured CO2
# uncertainty_power_percent = 0.5          # standard uncertainty, k = 1
# uncertainty_emission_percent = 2.0
# same_instruments = true                  # one error for both states
# evidence = "CEMS and settlement meters, report ..."
# Where only the unit's intensity was measured, in place of the four totals:
# intensity_t_co2_per_mwh = 0.82           # without capture; net_mwh_with_capture may stand beside it

# Retired green certificates. They change the market-based emission of grid power, nothing else.
# [[certificate]]
# serial = "GEC-0001"
# mwh = 500
# valid_from = 2025-01-01                  # when the power was made
# valid_to = 2025-02-01
# evidence = "proof of retirement of ..."

# Where delivered CO2 goes.
# [[fate]]
# id = "food"
# kind = "short_lived_use"                 # geological_storage, enhanced_recovery, mineral_bound, fuel_or_chemical
# receiver = ""

# [[chemical]]
# id = "amine-solvent"
# kind = "absorbent"
# line = "amine"

# [rules]
# valid_hour_percent = 75                  # good time that makes an hour valid; the EU's MRR says 80
# lab_validity_days = 92                   # how long a laboratory analysis holds where no analyser stands
# lab_uncertainty_percent = 0.2            # its standard uncertainty, k = 1
# longest_bound_hours = 120                # longest silence of all meters of a line that bounds answer
# manual_readings = "bounded"              # or "evidence": whether values read by hand stand as measured
# expired_calibration_factor = 2           # widens the systematic part under an expired certificate
# assumed_uncertainty_percent = 5          # for cross checks only, where a meter states none
# weighed_uncertainty_percent = 1          # weigh bills and tank levels, for the check of the product meter
# balance_gas = "N2"                       # what an analysis of CO2 alone is completed with: N2, O2 or Ar
"""


def plant_toml(name: str, timezone: str, nameplate_t_per_year: float, lines: Sequence[tuple[str, str, float]]) -> str:
    """Text of a new plant file.

    Parameters
    ----------
    name, timezone : str
        As the plant is called, and the IANA zone of its clocks.
    nameplate_t_per_year : float
        Rating of the whole plant. [t CO2/yr]
    lines : sequence of (id, technology, rating)
        Rating in t CO2/d.
    """
    head = _HEAD.format(name=_quoted(name), timezone=_quoted(timezone), nameplate=f"{nameplate_t_per_year:.12g}")
    rows = [
        _LINE.format(id=_quoted(id), technology=_quoted(technology), rating=f"{rating:.12g}")
        for id, technology, rating in lines
    ]
    return head + "".join(rows) + _TAIL


def _quoted(text: str) -> str:
    """A TOML basic string; JSON writes the same escapes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
