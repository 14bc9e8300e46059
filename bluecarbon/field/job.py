"""What a job file may say of field tables: ``[cores]``, ``[dating]``, ``[plots]``, ``[quadrats]``.

Paths start beside the job file. `sites` links a site (``"North"`` or ``"Bay_2024/North"``) to a stratum of the legend,
or to ``"ignore"``; a stratum that two habitats share is written ``"seagrass/beds"``. `leave_out` names single cores or
plots that do not count, each with the reason, which the statement repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DEPTH_CM = 100.0


class FieldTable(BaseModel):
    """Keys every field table has.

    Parameters
    ----------
    decimal : {".", ","}
        Decimal sign of its files; a comma is never assumed.
    units : mapping of column to unit
        Where a header does not say it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sites: dict[str, str] = Field(default_factory=dict)
    leave_out: dict[str, str] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    encoding: str | None = None
    units: dict[str, str] = Field(default_factory=dict)

    @field_validator("leave_out")
    @classmethod
    def _reasons(cls, value: dict[str, str]) -> dict[str, str]:
        if any(not reason.strip() for reason in value.values()):
            raise ValueError("a reason for everything left out, in words")
        return value


class Cores(FieldTable):
    """Sediment cores; see `bluecarbon.cores.chain.StockOptions` for what the choices mean."""

    table: str
    core_list: str | None = None
    methods: str | None = None
    depth_cm: float = DEPTH_CM
    beyond: Literal["none", "last-layer", "line", "exponential"] = "none"
    gaps: Literal["midpoint", "refuse"] = "midpoint"
    most_extrapolated: float = Field(default=0.9, ge=0, le=1)
    most_interpolated: float = Field(default=0.9, ge=0, le=1)
    in_tube: bool | None = None
    sample: Literal["core", "site"] = "core"
    rate_years: float | None = Field(default=None, gt=0, le=10_000)
    ybp_zero: int | None = None

    @field_validator("depth_cm")
    @classmethod
    def _depth(cls, value: float) -> float:
        if value != DEPTH_CM:
            raise ValueError("100: the soil pool of the guides reaches to one metre; shorter cores need `beyond`")
        return value


class Dating(FieldTable):
    """Sections dated by ²¹⁰Pb; see `bluecarbon.dating.core_dating.DatingChoices`."""

    table: str
    model: Literal["crs", "cfcs", "cic"]
    years: float = Field(gt=0, le=1_000)
    supported: Literal["ra226", "mean-ra226", "tail"] = "ra226"
    tail_from_cm: float | None = None
    dated_to_cm: float | None = None
    gaps: Literal["refuse", "exponential"] = "refuse"
    missing: Literal["tail", "none"] | float = "tail"
    fit_from_cm: float | None = None
    fit_to_cm: float | None = None
    weighted: bool = False
    decay_constant: float | None = Field(default=None, gt=0.02, lt=0.05)


class Plots(FieldTable):
    """Plots of trees; see `bluecarbon.vegetation.stems.Choices`.

    Parameters
    ----------
    wood : str, optional
        Table of downed wood on transects of the same plots.
    dead_wood : {"standing", "downed", "standing and downed"}, optional
        Which dead wood was searched for; without it the pool keeps its default.
    """

    trees: str
    plots: str
    equations: str
    wood: str | None = None
    dead_wood: Literal["standing", "downed", "standing and downed"] | None = None
    allometries: str | None = None
    place: str = ""
    outside: Literal["warn", "refuse"] = "warn"
    dead_roots: Literal["none", "full"] = "none"
    broken_trunks: Literal["factor", "cone"] = "factor"
    cone_top: Literal["taper", "dbh"] = "taper"
    model_error: float | None = Field(default=None, ge=0, le=1)
    diameter_kind: str | None = None
    unstated_are: Literal["alive", "dead"] | None = None
    unknown_decay_class: int | None = Field(default=None, ge=1, le=3)
    diameter_se_cm: float | None = Field(default=None, ge=0)
    height_se_m: float | None = Field(default=None, ge=0)
    year: int | None = Field(default=None, ge=1900, le=2200)

    @model_validator(mode="after")
    def _wood_is_used(self) -> Plots:
        wanted = self.dead_wood is not None and "downed" in self.dead_wood
        if bool(self.wood) != wanted:
            raise ValueError('a table `wood` and dead_wood = "downed" or "standing and downed" together')
        return self


class Quadrats(FieldTable):
    """Harvested quadrats of marsh, seagrass or litter; the table has no year, so it stands here."""

    table: str
    year: int | None = Field(default=None, ge=1900, le=2200)


def field_files(job: Any, folder: Path) -> Iterator[tuple[str, Path]]:
    """Role and path of every field table a job names, in a fixed order."""
    named = (
        ("cores", job.cores, "table"), ("core list", job.cores, "core_list"), ("core methods", job.cores, "methods"),
        ("dating", job.dating, "table"), ("trees", job.plots, "trees"), ("plots", job.plots, "plots"),
        ("downed wood", job.plots, "wood"),
        ("allometries", job.plots, "allometries"), ("quadrats", job.quadrats, "table"),
    )  # fmt: skip
    for role, table, key in named:
        text = getattr(table, key) if table is not None else None
        if text:
            yield role, folder / text
    if job.plots is not None and job.plots.equations.lower().endswith(".csv"):
        yield "equation set", folder / job.plots.equations
