"""Tables of a plant file about energy: where it comes from, the host unit, green certificates."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ccus.plant.record import Dated, NotNegative, Percent, Positive, Record


def _named_source(value: Any) -> Any:
    return {"source": value} if isinstance(value, str) else value


class EnergyFlow(Record):
    """Where an energy flow comes from: grid, host unit or own plant.

    Host and own flows use their measured `intensity_kg_co2_per_mwh` or `intensity_kg_co2_per_gj`, once; power of the
    host may leave it to `[[host]]`. A grid flow takes the grid factor of `grid_region` and may carry neither; its
    `grid_data_year` says which year's factor is meant, where it is not the newest one up to the reporting year.
    `uncertainty_percent` is the standard uncertainty (k = 1) of a measured intensity.
    """

    source: Literal["grid", "host", "own"]
    intensity_kg_co2_per_mwh: NotNegative | None = None
    intensity_kg_co2_per_gj: NotNegative | None = None
    grid_region: str | None = None
    grid_data_year: Annotated[int, Field(ge=1990, le=2100, strict=True)] | None = None
    uncertainty_percent: Percent | None = None
    evidence: str = ""


Flow = Annotated[EnergyFlow | None, BeforeValidator(_named_source)]


class Energy(Record):
    """Source of every energy flow; a plain word stands for a table that only names the source."""

    electricity: Flow = None
    steam: Flow = None
    fuel: Flow = None
    cooling: Flow = None
    steam_to_power_mwh_per_gj: Annotated[float, Field(gt=0, lt=1, strict=True, allow_inf_nan=False)] | None = None
    steam_to_power_source: str = ""


class Host(Dated):
    """What was measured at the host unit from `valid_from` to `valid_to`, with and without capture.

    Either the four totals of exactly that time (net power sent out and CO2 emitted; "without" is the reference for the
    same fuel), or the unit's `intensity_t_co2_per_mwh` without capture, to which `net_mwh_with_capture` may be added.
    Emitted with capture is what leaves the unit's and the absorber's stacks, without vents of captured CO2.
    Uncertainties are standard uncertainties (k = 1) in per cent; `same_instruments` says that one error is shared by
    both states, so that it cancels where they are compared.
    """

    net_mwh_without_capture: Positive | None = None
    net_mwh_with_capture: Positive | None = None
    emitted_t_without_capture: Positive | None = None
    emitted_t_with_capture: NotNegative | None = None
    intensity_t_co2_per_mwh: Annotated[float, Field(gt=0, le=2, strict=True, allow_inf_nan=False)] | None = None
    uncertainty_power_percent: Percent | None = None
    uncertainty_emission_percent: Percent | None = None
    same_instruments: bool = False
    evidence: Annotated[str, Field(min_length=1)]

    @property
    def totals(self) -> tuple[float | None, ...]:
        """Net power without and with capture [MWh], emitted without and with it [t CO2]."""
        power = (self.net_mwh_without_capture, self.net_mwh_with_capture)
        return (*power, self.emitted_t_without_capture, self.emitted_t_with_capture)


class Certificate(Dated):
    """Retired green certificates for power made from `valid_from` to `valid_to`: they move the market-based line only."""

    serial: Annotated[str, Field(min_length=1)]
    mwh: Positive
    evidence: Annotated[str, Field(min_length=1)]
