"""What a plant file may say. Field names are the keys of ``plant.toml``; an unknown key is refused.

Every line, meter and nameplate holds from `valid_from` (included) to `valid_to` (excluded); an open end is None.
Two records may share an id or tag as long as their periods do not overlap: a swapped meter is two records, the first
closed with its totaliser's last reading, the second opened with its first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from ccus.plant.record import Dated, Fraction, Identifier, NotNegative, Number, Percent, Positive, Record, Span
from ccus.plant.rules import Rules
from ccus.plant.supply import Certificate, Energy, Host
from methodology.base.errors import Finding

STREAM_KINDS = (
    "flue_gas_in", "depleted_gas", "product", "vent", "tank", "delivery",
    "steam", "condensate", "electricity", "fuel", "cooling_water", "solvent", "chemical",
)  # fmt: skip
METER_KINDS = (
    "mass_flow", "volume_flow", "velocity", "differential_pressure", "mass_total", "volume_total", "weight",
    "composition", "moisture", "density", "pressure", "temperature", "level",
    "power", "heat_flow", "energy_total", "heat_total", "state",
)  # fmt: skip
KIND_SYNONYMS = {
    "coriolis": "mass_flow",
    "orifice": "differential_pressure",
    "analyser": "composition",
    "analyzer": "composition",
    "concentration": "composition",
    "mass_totaliser": "mass_total",
    "volume_totaliser": "volume_total",
    "weighbridge": "weight",
    "electric_power": "power",
    "electricity_total": "energy_total",
    "deliveries": "delivery",
    "flue_gas": "flue_gas_in",
}
REFERENCE_CONDITIONS = ("0C_1atm", "15C_1atm", "20C_1atm", "60F_1atm", "0C_1bar", "15C_1bar", "20C_1bar", "line")
TECHNOLOGIES = (
    "amine", "chemical_absorption", "ammonia", "carbonate", "physical_solvent", "membrane", "adsorption", "cryogenic",
    "calcium_looping", "oxyfuel", "electrochemical", "mineral",
)  # fmt: skip
TECHNOLOGY_SYNONYMS = {"胺法": "amine", "膜法": "membrane", "吸附法": "adsorption", "低温法": "cryogenic"}
FATE_KINDS = (
    "geological_storage",
    "enhanced_recovery",
    "mineral_bound",
    "short_lived_use",
    "fuel_or_chemical",
    "vented",
)

YearBasis = Literal["calendar_year", "8760_h", "8784_h", "design_hours"]


def _plain_kind(value: Any) -> Any:
    return KIND_SYNONYMS.get(value, value) if isinstance(value, str) else value


def _technology(value: Any) -> Any:
    return TECHNOLOGY_SYNONYMS.get(value.lower(), value.lower()) if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class Nameplate(Dated):
    """What the whole plant is rated for. [t CO2/yr]

    `measuring_point` says where the rated tonnes are counted; `basis` which hours make the year, with `design_hours`
    for the third choice.
    """

    t_per_year: Positive
    measuring_point: str = ""
    basis: YearBasis = "calendar_year"
    design_hours: Annotated[float, Field(gt=0, le=8784, strict=True, allow_inf_nan=False)] | None = None


class Line(Dated):
    """One capture line. `nameplate_t_per_day` need not sum to the plant's over a year. [t CO2/d]

    `no_heat` and `no_electricity` say why a line takes none of it from outside, or why its use is not the plant's to
    carry: what is neither metered nor declared absent leaves the net figures without a number.
    """

    id: Identifier
    technology: Annotated[Literal[TECHNOLOGIES], BeforeValidator(_technology)]  # type: ignore[valid-type]
    nameplate_t_per_day: Positive
    name: str = ""
    no_heat: Annotated[str, Field(min_length=1)] | None = None
    no_electricity: Annotated[str, Field(min_length=1)] | None = None


class Stream(Record):
    """A stream of gas, liquid or energy. `co2_origin` mixed needs `biogenic_share` [1] and `evidence`.

    A meter may name a stream kind without a table of its own; such a stream has `co2_origin` None: not stated.
    """

    id: Identifier
    kind: Annotated[Literal[STREAM_KINDS], BeforeValidator(_plain_kind)]  # type: ignore[valid-type]
    line: Identifier | None = None
    co2_origin: Literal["fossil", "biogenic", "mixed"] | None = None
    biogenic_share: Fraction | None = None
    evidence: str = ""
    capacity_t: Positive | None = None
    name: str = ""


class Calibration(Record):
    """A certificate and the time it covers."""

    certificate: Annotated[str, Field(min_length=1)]
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class Orifice(Record):
    """Geometry of a differential pressure meter (ISO 5167-2), with the gas of its calculation sheet where stated.

    Uncertainties of the diameters are expanded ones (k = 2) in per cent; silent, the standard's limits stand.
    """

    pipe_diameter_m: Positive
    bore_diameter_m: Positive
    tapping: Literal["corner", "flange", "D_D2"]
    design_density_kg_m3: Positive | None = None
    viscosity_pa_s: Positive | None = None
    isentropic_exponent: Annotated[float, Field(gt=1, le=1.7, strict=True, allow_inf_nan=False)] | None = None
    pipe_uncertainty_percent: Percent = 0.4
    bore_uncertainty_percent: Percent = 0.07


class Meter(Dated):
    """One instrument and the period it was in service as described.

    Uncertainties are standard uncertainties (k = 1) in per cent of reading; instruments that share a systematic part
    (one calibration gas for two analysers) name the same `uncertainty_group`. `deadband` is in `unit` and counts as
    systematic. `max_hold_s` is how long a stored value still stands when the historian wrote nothing new. [s]
    """

    tag: Identifier
    line: Identifier | None = None
    stream: Identifier
    kind: Annotated[Literal[METER_KINDS], BeforeValidator(_plain_kind)]  # type: ignore[valid-type]
    unit: Annotated[str, Field(min_length=1)]
    component: Literal["CO2", "N2", "O2", "H2O", "CH4", "CO", "SO2", "NOx", "Ar", "MEA"] | None = None
    reference_condition: Literal[REFERENCE_CONDITIONS] | None = None  # type: ignore[valid-type]
    pressure: Literal["gauge", "absolute"] | None = None
    moisture: Literal["wet", "dry"] | None = None
    uncertainty_random_percent: Percent | None = None
    uncertainty_systematic_percent: Percent | None = None
    uncertainty_group: str | None = None
    range: Span | None = None
    interpolation: Literal["step", "linear"] | None = None
    max_hold_s: Positive | None = None
    deadband: NotNegative | None = None
    max_rate_per_min: Positive | None = None
    calibration: Annotated[tuple[Calibration, ...], BeforeValidator(_listed)] = ()
    totaliser_start: Number | None = None
    totaliser_stop: Number | None = None
    totaliser_rollover: Positive | None = None
    redundant_with: Identifier | None = None
    pressure_meter: Identifier | None = None
    temperature_meter: Identifier | None = None
    composition_meter: Identifier | None = None
    moisture_meter: Identifier | None = None
    orifice: Orifice | None = None
    serial_number: str = ""

    def calibrated_at(self, time: datetime) -> Calibration | None:
        """The certificate that covers a moment; None where there is none or it has expired."""
        for item in self.calibration:
            started = item.valid_from is None or item.valid_from <= time
            if started and (item.valid_to is None or time < item.valid_to):
                return item
        return None


class Fate(Record):
    """Where delivered CO2 goes and under which rule set a tonne is meant to count."""

    id: Identifier
    kind: Literal[FATE_KINDS]  # type: ignore[valid-type]
    receiver: str = ""
    permit: str = ""
    rule_sets: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()


class Chemical(Record):
    """A solvent or chemical whose make-up is logged."""

    id: Identifier
    name: str = ""
    kind: Literal["absorbent", "chemical"] = "chemical"
    line: Identifier | None = None
    footprint_kg_co2e_per_kg: NotNegative | None = None
    footprint_source: str = ""


class PlantTable(Record):
    """The `[plant]` table. Ratings of other periods stand in `[[nameplate]]`."""

    name: Annotated[str, Field(min_length=1)]
    timezone: Annotated[str, Field(min_length=1)]
    nameplate_t_per_year: Positive | None = None
    nameplate_measuring_point: str = ""
    nameplate_basis: YearBasis = "calendar_year"
    nameplate_design_hours: Annotated[float, Field(gt=0, le=8784, strict=True, allow_inf_nan=False)] | None = None
    nameplate_valid_from: datetime | None = None
    nameplate_valid_to: datetime | None = None
    atmosphere_kpa: Annotated[float, Field(ge=50, le=110, strict=True, allow_inf_nan=False)] | None = None
    host_unit: str = ""
    operator: str = ""


class Plant(Record):
    """A whole plant file, checked. Made by `ccus.plant.reading.load_plant`, never by hand."""

    name: Annotated[str, Field(min_length=1)]
    timezone: str
    nameplates: tuple[Nameplate, ...]
    atmosphere_kpa: float | None = None
    host_unit: str = ""
    operator: str = ""
    lines: tuple[Line, ...]
    streams: tuple[Stream, ...] = ()
    meters: tuple[Meter, ...] = ()
    energy: Energy = Energy()
    hosts: tuple[Host, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    fates: tuple[Fate, ...] = ()
    chemicals: tuple[Chemical, ...] = ()
    rules: Rules = Rules()
    sha256: str = ""
    warnings: tuple[Finding, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The plant's time zone; accounting days belong to it."""
        return ZoneInfo(self.timezone)

    def nameplate_at(self, time: datetime) -> Nameplate | None:
        """The rating that holds at a moment."""
        return next((item for item in self.nameplates if item.holds(time)), None)

    def lines_at(self, time: datetime) -> tuple[Line, ...]:
        """The lines in service at a moment, in file order."""
        return tuple(line for line in self.lines if line.holds(time))

    def meters_at(self, time: datetime) -> tuple[Meter, ...]:
        """The meters in service at a moment, in file order."""
        return tuple(meter for meter in self.meters if meter.holds(time))

    def meter_at(self, tag: str, time: datetime) -> Meter | None:
        """The meter record of a tag at a moment."""
        return next((meter for meter in self.meters if meter.tag == tag and meter.holds(time)), None)

    def meters_of(self, tag: str) -> tuple[Meter, ...]:
        """All records of a tag, oldest first."""
        records = [meter for meter in self.meters if meter.tag == tag]
        return tuple(sorted(records, key=lambda meter: (meter.valid_from is not None, meter.valid_from)))

    def stream(self, id: str) -> Stream:
        """A stream by its id.

        Raises
        ------
        KeyError
            No such stream; a checked plant file leaves no meter with one.
        """
        for stream in self.streams:
            if stream.id == id:
                return stream
        raise KeyError(id)

    @property
    def stream_ids(self) -> tuple[str, ...]:
        """Ids of all streams, stated and implied by meters."""
        return tuple(stream.id for stream in self.streams)
