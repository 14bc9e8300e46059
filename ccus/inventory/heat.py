"""Heat of a reboiler from steam and condensate meters; refused, not guessed, where pressure or temperature is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ccus.inventory.lines import Bench, Measured
from ccus.streams.conditions import pressure_kpa_abs
from ccus.streams.series import BAD, Series
from ccus.streams.steam import saturation_temperature_c, steam_enthalpy_kj_kg, water_enthalpy_kj_kg
from methodology.base.errors import Finding, Findings, InputError
from methodology.base.phrases import phrase


def steam_heat(b: Bench, line: str, findings: Findings) -> Measured | None:
    """Hourly heat given up by a line's steam. [GJ/h]

    Needs the steam's mass flow, its pressure and temperature, and the condensate's temperature. Without them the heat
    is not estimated and CC-INV-03 says what is missing.
    """
    flows = b.meters(line, "steam", ("mass_flow",))
    if not flows:
        return None
    flow = flows[-1]
    pressure = b.companion(flow.pressure_meter, line, flow.stream, "pressure")
    temperature = b.companion(flow.temperature_meter, line, flow.stream, "temperature")
    condensate = b.meters(line, "condensate", ("temperature",))
    missing = [
        name
        for name, there in (
            ("steam pressure", pressure),
            ("steam temperature", temperature),
            ("condensate", condensate),
        )
        if not there
    ]
    if missing:
        findings.add(
            "CC-INV-03",
            phrase("line {line}, steam", line=line),
            phrase("a steam flow without {names}", names=", ".join(missing)),
            "what fixes its enthalpy, or a heat meter",
            "Heat is not estimated.",
            severity="warning",
        )
        return None
    time_s = b.instrument(flow).series.time_s
    try:
        kind = pressure.meter.pressure or pressure.unit.pressure or ""
        kpa = pressure_kpa_abs(
            pressure.at(time_s), kind, b.atmosphere_kpa, phrase("meter {tag}", tag=pressure.meter.tag)
        )
        value = _heat_gj_h(
            b.instrument(flow).at(time_s), temperature.at(time_s), kpa, b.instrument(condensate[-1]).at(time_s)
        )
    except InputError as error:
        findings.extend(_as_warnings(error))
        return None
    severity = np.where(np.isfinite(value), b.instrument(flow).series.severity, BAD).astype(np.uint8)
    averages = b.mean(Series(flow.tag, time_s, value, severity, hold_s=b.instrument(flow).series.hold_s), flow)
    tags = (flow.tag, pressure.meter.tag, temperature.meter.tag, condensate[-1].tag)
    if flow.uncertainty_systematic_percent is None:
        return Measured(averages, tags)
    systematic = {flow.uncertainty_group or flow.tag: float(flow.uncertainty_systematic_percent)}
    return Measured(averages, tags, flow.uncertainty_random_percent or 0.0, systematic)


def _heat_gj_h(flow_kg_h: np.ndarray, steam_c: np.ndarray, kpa: np.ndarray, condensate_c: np.ndarray) -> np.ndarray:
    """Heat at each moment; NaN where steam is wet or a reading is missing. [GJ/h]"""
    known = np.isfinite(flow_kg_h) & np.isfinite(steam_c) & np.isfinite(kpa) & np.isfinite(condensate_c)
    known[known] &= steam_c[known] >= saturation_temperature_c(kpa[known]) - 0.05
    value = np.full(flow_kg_h.shape, np.nan)
    drop = steam_enthalpy_kj_kg(steam_c[known], kpa[known]) - water_enthalpy_kj_kg(condensate_c[known], kpa[known])
    value[known] = flow_kg_h[known] * drop / 1e6
    return value


def _as_warnings(error: InputError) -> list[Finding]:
    return [replace(finding, severity="warning") for finding in error.findings]
