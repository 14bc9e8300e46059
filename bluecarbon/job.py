"""The job file ``survey.toml``: what it may say, checked at once, every fault with the key it stands under."""

from __future__ import annotations

import contextlib
import datetime
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bluecarbon.field.job import Cores, Dating, Plots, Quadrats
from bluecarbon.job_dates import check_plain, date_label, date_year
from bluecarbon.job_faults import add_fault
from bluecarbon.job_rules import Numbered, check_burials, check_dates, check_releases, note_same_maps
from bluecarbon.job_words import ACTIVITIES, BLUE_HABITATS, CLIMATES, HABITATS
from methodology.base.errors import Finding, Findings, refuse

__all__ = [
    "ACTIVITIES", "BLUE_HABITATS", "CLIMATES", "HABITATS", "Job", "JobFile", "date_label", "date_year", "load_job",
]  # fmt: skip

Activity = Literal[
    "none", "forest_management", "rewetting", "revegetation", "creation", "drainage", "extraction", "aquaculture"
]
Habitat = Literal["mangrove", "tidal_marsh", "seagrass", "macroalgae", "tidal_flat", "pond", "open_water", "other_land"]
Climate = Literal[
    "tropical_wet", "tropical_dry", "tropical", "subtropical", "mediterranean", "temperate", "temperate_fresh_tidal"
]
Soil = Literal["organic", "mineral", "unknown"]


def _underscored(value: Any) -> Any:
    return value.strip().lower().replace(" ", "_").replace("-", "_") if isinstance(value, str) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Share(_Strict):
    """A share from 0 to 1, with its interval where one is known."""

    value: float = Field(ge=0, le=1)
    low: float | None = Field(default=None, ge=0, le=1)
    high: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Share:
        if (self.low is None) != (self.high is None):
            raise ValueError("give both low and high, or neither")
        if self.low is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"a value between its limits, not {self.value:g} outside {self.low:g} to {self.high:g}")
        return self


class States(_Strict):
    """What a legend entry, a map attribute or a reporting unit may state of a place."""

    activity: Activity | None = None
    started: int | None = Field(default=None, ge=1700, le=2200)
    replanted: bool | None = None
    soil: Soil | None = None
    salinity_ppt: float | None = Field(default=None, ge=0, le=60)
    cover: Share | None = None
    climate: Climate | None = None
    depth_cm: float | None = Field(default=None, gt=0, le=1000)
    species: str | None = None
    region: str | None = None

    @field_validator("activity", "soil", "climate", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return _underscored(value)

    @field_validator("cover", mode="before")
    @classmethod
    def _cover(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, int | float) else value


def _known_attributes(value: dict[str, str]) -> dict[str, str]:
    unknown = set(value) - set(States.model_fields)
    if unknown:
        raise ValueError(f"attributes among {', '.join(States.model_fields)}; not {', '.join(sorted(unknown))}")
    return value


class LegendEntry(States):
    """Meaning of one class value."""

    habitat: Habitat
    stratum: str | None = None

    @field_validator("habitat", mode="before")
    @classmethod
    def _habitat(cls, value: Any) -> Any:
        return _underscored(value)


class Accuracy(_Strict):
    """Validation of a map: sample points or an error matrix, how they were drawn, and the areas they stand for."""

    points: str | None = None
    matrix: str | None = None
    map_field: str | None = None
    reference_field: str | None = None
    strata_field: str | None = None
    strata_areas: str | None = None
    design: Literal["stratified-random", "simple-random", "systematic"] | None = None


class MapEntry(_Strict):
    """One map of one date."""

    date: Any
    path: str
    class_field: str | None = None
    layer: str | None = None
    encoding: str | None = None
    band: int | None = Field(default=None, ge=1)
    nodata: float | None = None
    extent: str = "unknown"
    unmapped: Literal["other", "not_surveyed"] = "other"
    area_uncertainty_percent: float | None = Field(default=None, ge=0.2, le=100)
    overlaps: Literal["first", "last", "larger", "smaller"] | None = None
    accuracy: Accuracy | None = None
    attributes: dict[str, str] = Field(default_factory=dict)

    @field_validator("date")
    @classmethod
    def _date(cls, value: Any) -> Any:
        parts = list(value.values()) if isinstance(value, dict) and set(value) == {"start", "end"} else [value]
        for part in parts:
            check_plain(part, "a year such as 2019, a day such as 2019-05-01 (no quotes), or { start = …, end = … }")
        if len(parts) == 2 and date_year(parts[0]) > date_year(parts[1]):
            raise ValueError("a start that is not after its end")
        return value

    @field_validator("attributes")
    @classmethod
    def _attributes(cls, value: dict[str, str]) -> dict[str, str]:
        return _known_attributes(value)


class Units(_Strict):
    """Reporting units."""

    path: str
    name_field: str
    layer: str | None = None
    encoding: str | None = None
    overlaps: Literal["first", "last"] | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    states: dict[str, States] = Field(default_factory=dict)

    @field_validator("attributes")
    @classmethod
    def _attributes(cls, value: dict[str, str]) -> dict[str, str]:
        return _known_attributes(value)


class Production(_Strict):
    """Yearly production of fish, shellfish or algae as activity data, in tonnes wet weight."""

    species: str
    group: Literal["fish", "shellfish", "algae"]
    t_per_year: float = Field(ge=0, allow_inf_nan=False)
    year: int
    uncertainty_percent: float | None = Field(default=None, gt=0, le=100)
    source: str


class Release(_Strict):
    """A stated share of a pool's carbon that is emitted where one habitat becomes another."""

    from_habitat: Habitat
    to_habitat: Habitat | Literal["other"]
    pool: Literal["biomass", "dead_matter", "soil"]
    fraction: float = Field(ge=0, le=1)
    source: str


class Burial(_Strict):
    """Measured burial of one habitat or stratum: density, organic carbon, accretion."""

    habitat: Habitat
    stratum: str | None = None
    density_g_cm3: float = Field(gt=0, le=2.65)
    organic_carbon: float = Field(ge=0, le=1)
    accretion_mm_per_year: float = Field(ge=0, le=100)
    uncertainty_percent: float | None = Field(default=None, gt=0, le=200)
    source: str


class SurveyHead(_Strict):
    """The [survey] table."""

    title: str
    guide: str
    climate: Climate | None = None
    gwp: str | None = None
    region: str | None = None
    factors: str | None = None
    between_dates: Literal["linear", "step_start", "step_end"] = "linear"
    registration_error_m: float | None = Field(default=None, gt=0, le=1000)
    base_date: int | datetime.date | None = None
    boundary: str | None = None
    responsible: str | None = None
    net_shell_carbonate: bool = False
    sum_burial_and_production: bool = False
    uncertainty_discount: str | None = None

    @field_validator("uncertainty_discount")
    @classmethod
    def _uncertainty_discount(cls, value: str | None) -> str | None:
        from bluecarbon.sampling.discounts import discount_rules

        if value is not None and value not in discount_rules():
            raise ValueError(", ".join(discount_rules()) + "; a rule named exactly")
        return value

    @field_validator("base_date", mode="before")
    @classmethod
    def _base_date(cls, value: Any) -> Any:
        if value is not None:
            check_plain(
                value, "a year such as 2015 or a day such as 2015-05-01 (no quotes): the date of one of the maps"
            )
        return value

    @field_validator("gwp")
    @classmethod
    def _gwp(cls, value: str | None) -> str | None:
        from methodology.factors.gwp import gwp_sets

        if value is not None and value not in gwp_sets():
            raise ValueError(", ".join(gwp_sets()) + "; the set named exactly, none is assumed")
        return value

    @field_validator("title")
    @classmethod
    def _title(cls, value: str) -> str:
        if not value.strip("? "):
            raise ValueError("the survey's name, in words")
        return value

    @field_validator("climate", mode="before")
    @classmethod
    def _climate(cls, value: Any) -> Any:
        return _underscored(value)


class Job(_Strict):
    """A whole job file."""

    survey: SurveyHead
    legend: dict[str, LegendEntry | Literal["ignore"]] = Field(min_length=1)
    map: list[MapEntry] = Field(min_length=1)
    reporting_units: Units | None = None
    production: list[Production] = Field(default_factory=list)
    release: list[Release] = Field(default_factory=list)
    burial: list[Burial] = Field(default_factory=list)
    projection: dict[str, Any] | None = None
    cores: Cores | None = None
    dating: Dating | None = None
    plots: Plots | None = None
    quadrats: Quadrats | None = None


@dataclass(frozen=True)
class JobFile:
    """A checked job with the folder its paths start from, and the warnings its file gives rise to."""

    job: Job
    path: Path
    findings: tuple[Finding, ...] = ()

    @property
    def folder(self) -> Path:
        """Where relative paths start."""
        return self.path.resolve().parent


def load_job(path: Path | str) -> JobFile:
    """Read and check a job file.

    Raises
    ------
    InputError
        BC-JOB-01 not readable or not TOML; BC-JOB-02 unknown key; BC-JOB-03 key missing; BC-JOB-04 value not
        allowed; BC-JOB-05 two maps of one date; BC-JOB-06 percent for a fraction; BC-JOB-09 two maps without a period
        between them; BC-JOB-10 a release or burial stated twice. All at once.
    """
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        remedy = "`bluecarbon init MAP` writes a job file to start from."
        if isinstance(error, UnicodeDecodeError):
            raise refuse(
                "BC-JOB-01", str(path), "text that is not UTF-8", "a TOML file in UTF-8", "Save it as UTF-8."
            ) from None
        if isinstance(error, OSError):
            raise refuse("BC-JOB-01", str(path), error.strerror or str(error), "a job file", remedy) from None
        remedy = "Text stands in quotes, dates do not, and every key once."
        raise refuse("BC-JOB-01", str(path), str(error), "a readable TOML file", remedy) from None
    findings = Findings()
    job: Job | None = None
    try:
        job = Job.model_validate(data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            add_fault(findings, path.name, fault, data, _KEYS)
    maps = _readable(data, "map", MapEntry)
    check_dates(maps, path.name, findings)
    check_releases(_readable(data, "release", Release), path.name, findings)
    check_burials(_readable(data, "burial", Burial), path.name, findings)
    findings.stop_on_errors()
    note_same_maps(maps, path, findings)
    return JobFile(job, path, tuple(findings))


def _readable(data: dict[str, Any], key: str, model: type[BaseModel]) -> Numbered:
    """Entries of a list of tables that are right in themselves, so that rules between them join the other findings."""
    entries = data.get(key)
    made = []
    for number, raw in enumerate(entries if isinstance(entries, list) else [], 1):
        with contextlib.suppress(ValidationError):
            made.append((number, model.model_validate(raw)))
    return made


_KEYS = {
    name: tuple(model.model_fields)
    for name, model in {
        "": Job, "survey": SurveyHead, "legend": LegendEntry, "map": MapEntry, "reporting_units": Units,
        "production": Production, "release": Release, "burial": Burial, "cover": Share, "states": States,
        "accuracy": Accuracy, "cores": Cores, "dating": Dating, "plots": Plots, "quadrats": Quadrats,
    }.items()
}  # fmt: skip
"""Keys each table may have; without a name, those at top level."""
