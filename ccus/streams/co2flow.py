"""CO2 mass flow of a stream from its meters' readings, at the flow meter's own times.

Each companion (analyser, temperature, pressure, moisture) is read at those times by its own interpolation and hold.
Where any of them is missing or bad, the CO2 flow is bad there: a gap, to be answered by the ladder, never by an old
value held too long. A flow meter that does not say wet or dry is taken to share the basis of its analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ccus.importers.units import Unit
from ccus.plant.model import Meter, Orifice
from ccus.streams.averages import values_at
from ccus.streams.co2 import REASONS
from ccus.streams.conditions import pressure_kpa_abs, saturated_water_fraction
from ccus.streams.meters import TOO_IMPURE, Gas, co2_from_mass_flow, co2_from_reference_volume, line_density_status
from ccus.streams.orifice import OrificePlate, least_flow_kg_s, orifice_flows_kg_s
from ccus.streams.series import BAD, UNCERTAIN, Series
from ccus.streams.transport import isentropic_exponent, viscosity_pa_s
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

BALANCE_GAS = "N2"
"""Gas taken for the rest of a stream whose analyser sees CO2 only. O2 instead would lower 98 vol % by 0.2 % of mass."""

DENSITY_REASONS = {
    **REASONS,
    TOO_IMPURE: (
        "CC-MASS-32",
        phrase("too impure or dense for the density of CO2"),
        phrase("at most 5 mol % of other gases to 1,000 kPa"),
    ),
}


@dataclass(frozen=True)
class Instrument:
    """A meter, how its column was read, and its judged readings."""

    meter: Meter
    unit: Unit
    series: Series

    def at(self, time_s: np.ndarray) -> np.ndarray:
        """Readings at given moments; NaN where nothing believed stands. Canonical unit."""
        return values_at(self.series, time_s, self.meter.interpolation or "step", self.meter.max_hold_s or 0.0)

    def uncertain_at(self, time_s: np.ndarray) -> np.ndarray:
        """Whether the reading that stands at each moment is uncertain."""
        at = np.maximum(np.searchsorted(self.series.time_s, time_s, side="right") - 1, 0)
        return self.series.severity[at] == UNCERTAIN


@dataclass(frozen=True)
class StreamMeters:
    """The instruments of one stream of one line; only the flow is always needed.

    `careful` says in which direction a flow that cannot be told counts: low for captured CO2, high for an emission.
    """

    flow: Instrument
    analyser: Instrument | None = None
    temperature: Instrument | None = None
    pressure: Instrument | None = None
    moisture: Instrument | None = None
    atmosphere_kpa: float | None = None
    balance: str = BALANCE_GAS
    careful: Literal["low", "high"] = "low"

    def companions(self) -> tuple[Instrument, ...]:
        """All but the flow meter."""
        found = (self.analyser, self.temperature, self.pressure, self.moisture)
        return tuple(item for item in found if item is not None)


def co2_flow(stream: StreamMeters, tag: str) -> Series:
    """CO2 mass flow of a stream.

    Parameters
    ----------
    stream : StreamMeters
        Judged readings in canonical units.
    tag : str
        Name of the result.

    Returns
    -------
    Series
        [kg/h] at the flow meter's times.

    Raises
    ------
    InputError
        CC-MASS-71 no CO2 analysis; CC-MASS-72 wet flow and dry analysis with no way to the water; CC-MASS-73 a line
        volume or pressure drop without temperature and pressure; CC-MASS-74 a meter kind that gives no CO2 mass;
        CC-MASS-21 a plate outside the standard; CC-MASS-11 to CC-MASS-14, CC-MASS-32 no reading whose density can be
        told; CC-MASS-03 gauge pressure without air pressure.
    """
    flow = stream.flow
    time_s = flow.series.time_s
    amount = np.where(flow.series.usable, flow.series.value, np.nan)
    if flow.unit.quantity == "mass_flow" and flow.meter.component == "CO2":
        value = amount
    elif flow.unit.quantity == "mass_flow":
        value = co2_from_mass_flow(amount, _gas(stream, time_s, wet_flow=flow.meter.moisture == "wet"))
    elif flow.unit.quantity == "volume_flow" and flow.meter.reference_condition != "line":
        wet = flow.meter.moisture == "wet"
        value = co2_from_reference_volume(
            amount, flow.meter.reference_condition or "", _gas(stream, time_s, wet_flow=wet), wet
        )
    elif flow.unit.quantity == "volume_flow":
        value = _line_volume(stream, time_s, amount)
    elif flow.meter.kind == "differential_pressure" and flow.meter.orifice is not None:
        value = _plate(stream, time_s, amount, flow.meter.orifice)
    else:
        raise refuse(
            "CC-MASS-74",
            phrase("meter {tag}", tag=flow.meter.tag),
            phrase("kind {kind}", kind=flow.meter.kind),
            "a mass flow, a volume flow, or a differential pressure with the plate's geometry",
            "Let the flow computer show the flow, state the orifice, or log the totaliser.",
        )
    value = np.broadcast_to(np.asarray(value, dtype=float), time_s.shape)
    severity = flow.series.severity.copy()
    for companion in stream.companions():
        severity = np.maximum(severity, np.where(companion.uncertain_at(time_s), UNCERTAIN, 0)).astype(np.uint8)
    severity[~np.isfinite(value)] = BAD
    return Series(tag, time_s, value.copy(), severity, hold_s=flow.series.hold_s)


def _gas(stream: StreamMeters, time_s: np.ndarray, wet_flow: bool) -> Gas:
    analyser, place = stream.analyser, phrase("stream of meter {tag}", tag=stream.flow.meter.tag)
    if analyser is None:
        raise refuse(
            "CC-MASS-71",
            place,
            "no CO2 analysis",
            "an analyser of the stream",
            'Name it as composition_meter, or say component = "CO2" where the meter sees CO2 alone.',
        )
    fraction = analyser.at(time_s)
    moisture = analyser.meter.moisture or analyser.unit.moisture
    if analyser.unit.component not in (None, "CO2"):
        raise refuse(
            "CC-MASS-71", phrase("meter {tag}", tag=analyser.meter.tag), analyser.unit.component, "an analysis of CO2"
        )
    water = _water(stream, time_s, place) if wet_flow and moisture == "dry" else 0.0
    if moisture == "wet" and stream.flow.meter.moisture == "dry" and analyser.unit.basis != "mass":
        # the analyser saw the water that the flow leaves out
        fraction, moisture = fraction / (1 - _water(stream, time_s, place, analyser)), "dry"
    basis = f"{analyser.unit.basis}_{'dry' if moisture == 'dry' else 'wet'}"
    return Gas(np.clip(fraction, 0.0, 1.0), basis, stream.balance, water)


def _water(stream: StreamMeters, time_s: np.ndarray, place: str, wet: Instrument | None = None) -> Any:
    """Water by volume in the wet gas, by its meter or by saturation; `wet` is the analyser on a dry flow. [1]"""
    if stream.moisture is not None:
        return stream.moisture.at(time_s)
    if stream.temperature is None or stream.pressure is None:
        raise refuse(
            "CC-MASS-72",
            place,
            "a wet flow with a dry analysis"
            if wet is None
            else phrase("a dry flow with a wet analysis by {tag}", tag=wet.meter.tag),
            "a moisture meter, or temperature and pressure of gas that is saturated",
            "Name moisture_meter, or temperature_meter and pressure_meter.",
        )
    pressure = absolute_kpa(stream, time_s)
    known = np.isfinite(pressure) & np.isfinite(stream.temperature.at(time_s))
    water = np.full(time_s.shape, np.nan)
    water[known] = saturated_water_fraction(stream.temperature.at(time_s)[known], pressure[known])
    return water


def absolute_kpa(stream: StreamMeters, time_s: np.ndarray) -> np.ndarray:
    """Absolute pressure of a stream at given moments. [kPa]"""
    meter, unit = stream.pressure.meter, stream.pressure.unit
    kind = meter.pressure or unit.pressure or ""
    return pressure_kpa_abs(
        stream.pressure.at(time_s), kind, stream.atmosphere_kpa, phrase("meter {tag}", tag=meter.tag)
    )


def _line_volume(stream: StreamMeters, time_s: np.ndarray, amount: np.ndarray) -> np.ndarray:
    density, gas = _line_density(stream, time_s, "a volume at line conditions alone")
    return amount * density * gas.co2_mass_fraction()


def _plate(stream: StreamMeters, time_s: np.ndarray, drop_kpa: np.ndarray, orifice: Orifice) -> np.ndarray:
    """CO2 through an orifice plate, its density from the pressure and temperature before it. [kg/h]"""
    density, gas = _line_density(stream, time_s, "a pressure drop alone")
    plate = OrificePlate(orifice.pipe_diameter_m, orifice.bore_diameter_m, orifice.tapping)
    temperature, moles = stream.temperature.at(time_s), gas.moles()
    viscosity = orifice.viscosity_pa_s or viscosity_pa_s(temperature, moles)
    exponent = orifice.isentropic_exponent or isentropic_exponent(temperature, moles)
    zero_kpa = (stream.flow.meter.deadband or 0.0) * stream.flow.unit.factor
    kpa = absolute_kpa(stream, time_s)
    flow_kg_s = orifice_flows_kg_s(plate, kpa, drop_kpa, density, viscosity, exponent, zero_kpa)
    if stream.careful == "high":
        flow_kg_s = np.where((flow_kg_s == 0) & (drop_kpa > zero_kpa), least_flow_kg_s(plate, viscosity), flow_kg_s)
    return flow_kg_s * 3600 * gas.co2_mass_fraction()


def _line_density(stream: StreamMeters, time_s: np.ndarray, alone: str) -> tuple[np.ndarray, Gas]:
    """Density at line conditions [kg/m3] and the gas it is of; NaN where a reading's density cannot be told."""
    place = phrase("meter {tag}", tag=stream.flow.meter.tag)
    if stream.temperature is None or stream.pressure is None:
        raise refuse(
            "CC-MASS-73",
            place,
            alone,
            "temperature_meter and pressure_meter",
            "Without them it carries no mass.",
        )
    density, status, known, gas = _densities(stream, time_s)
    if known.any() and not np.isfinite(density[known]).any():
        code, words, expected = DENSITY_REASONS[int(np.bincount(status[known]).argmax())]
        temperature, pressure = stream.temperature.at(time_s), absolute_kpa(stream, time_s)
        state = f"{float(np.median(temperature[known])):.4g} °C, {float(np.median(pressure[known])):.5g} kPa"
        raise refuse(
            code,
            place,
            phrase("{words} in every reading ({state})", words=words, state=state),
            expected,
            "Meter the mass instead.",
        )
    return density, gas


def _densities(stream: StreamMeters, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, Gas]:
    """Density [kg/m3], its status, whether all it rests on was read, and the gas."""
    gas = _gas(stream, time_s, wet_flow=stream.flow.meter.moisture == "wet")
    temperature, pressure = stream.temperature.at(time_s), absolute_kpa(stream, time_s)
    density, status = line_density_status(temperature, pressure, gas)
    known = np.isfinite(temperature) & np.isfinite(pressure) & np.isfinite(np.asarray(gas.co2, dtype=float))
    return density, status, known, gas


def density_status(stream: StreamMeters) -> tuple[np.ndarray, np.ndarray]:
    """Status of the density at each reading of a stream's flow (keys of `DENSITY_REASONS`), and whether it was asked for.

    Raises
    ------
    InputError
        As `co2_flow`.
    """
    if stream.temperature is None or stream.pressure is None:
        return np.zeros(0, dtype=np.int8), np.zeros(0, dtype=bool)
    _, status, known, _ = _densities(stream, stream.flow.series.time_s)
    return status, known & stream.flow.series.usable
