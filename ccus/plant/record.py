"""What all tables of a plant file share: kinds of numbers, and records that refuse what they do not know."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\s\"'/\\]+$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, strict=True, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if not value[0] < value[1]:
        raise ValueError("two numbers, the lower one first")
    return value


Span = Annotated[tuple[Number, Number], AfterValidator(_ordered)]


class Record(BaseModel):
    """Base of all tables: frozen, unknown keys refused, no silent change of type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, coerce_numbers_to_str=False)


class Dated(Record):
    """A table that holds for a period. Times are aware UTC; `valid_to` is the first moment it no longer holds."""

    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def holds(self, time: datetime) -> bool:
        """Whether it holds at that moment (aware)."""
        return (self.valid_from is None or self.valid_from <= time) and (self.valid_to is None or time < self.valid_to)

    def overlaps(self, start: datetime | None, end: datetime | None) -> bool:
        """Whether it holds at any moment of a half-open period; None is an open end."""
        starts_before = end is None or self.valid_from is None or self.valid_from < end
        return starts_before and (start is None or self.valid_to is None or start < self.valid_to)
