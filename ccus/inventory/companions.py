"""The instruments of one stream put together, and the uncertainty of what they show. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccus.inventory.bench import Bench, systematic_of
from ccus.plant.model import Meter
from ccus.streams.co2flow import Instrument, StreamMeters
from ccus.streams.spread import Spread


@dataclass(frozen=True)
class Told:
    """Uncertainty of a flow: random part of an hour, systematic parts by instrument or group. [%]; None: not stated."""

    random: float | None
    systematic: dict[str, float | np.ndarray]

    def spread(self, size: int) -> Spread:
        """The same interval by interval."""
        return Spread.even(size, self.random, self.systematic)


def stream_meters(b: Bench, meter: Meter) -> StreamMeters:
    """A flow meter with the analyser, temperature, pressure and moisture meters that stand beside it."""

    def beside(tag: str | None, kind: str, component: str | None = None) -> Instrument | None:
        return b.companion(tag, meter.line, meter.stream, kind, component)

    emission = meter.stream in b.plant.stream_ids and b.plant.stream(meter.stream).kind == "vent"
    return StreamMeters(
        b.instrument(meter),
        beside(meter.composition_meter, "composition", "CO2"),
        beside(meter.temperature_meter, "temperature"),
        beside(meter.pressure_meter, "pressure"),
        beside(meter.moisture_meter, "moisture"),
        b.atmosphere_kpa,
        b.plant.rules.balance_gas,
        "high" if emission else "low",
    )


def told_by_counter(b: Bench, total: Meter, analyser: Instrument | None) -> Told:
    """Uncertainty of what a totaliser counted: its own and its analyser's; where it states none the rate's stands."""
    meters = [total, *([analyser.meter] if analyser is not None else [])]
    if any(m.uncertainty_systematic_percent is None for m in meters):
        return Told(None, {})
    systematic: dict[str, float | np.ndarray] = {}
    for meter in meters:
        name = meter.uncertainty_group or meter.tag
        systematic[name] = systematic.get(name, 0.0) + systematic_of(meter, b)
    return Told(float(np.sqrt(sum((m.uncertainty_random_percent or 0.0) ** 2 for m in meters))), systematic)
