"""The `[rules]` table of a plant file: what may be chosen, and what stands where nothing is said."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ccus.plant.record import Percent, Positive, Record


class Rules(Record):
    """Adjustable rules, each with the value used when the file is silent.

    `balance_gas` is what an analysis of CO2 alone is completed with: what leaves an absorber or membrane is mostly N2.
    `lab_validity_days` is how long an analysis holds (a sample each quarter, US 40 CFR 98.424); its standard uncertainty
    is `lab_uncertainty_percent`. Readings under an expired certificate have their systematic part multiplied by
    `expired_calibration_factor`. Cross checks take `assumed_uncertainty_percent` where a meter states none, and
    `weighed_uncertainty_percent` for weigh bills and tank levels (k = 1); no statement line rests on these two.
    Silence of all meters of a line is answered by bounds up to `longest_bound_hours` [h] between hours whose state is
    known (five days are what EU MRR Art. 45 lets pass before the authority asks); a longer one counts neither captured
    CO2 nor energy. `manual_readings` says whether values read by hand stand as evidence, or count in a gap at most what
    the bound allows.
    """

    valid_hour_percent: Annotated[float, Field(ge=50, le=100, strict=True, allow_inf_nan=False)] = 75.0
    balance_gas: Literal["N2", "O2", "Ar"] = "N2"
    lab_validity_days: Positive = 92.0
    lab_uncertainty_percent: Percent | None = None
    longest_bound_hours: Annotated[int, Field(ge=0, le=744, strict=True)] = 120
    manual_readings: Literal["bounded", "evidence"] = "bounded"
    expired_calibration_factor: Annotated[float, Field(ge=1, le=10, strict=True, allow_inf_nan=False)] = 2.0
    assumed_uncertainty_percent: Percent = 5.0
    weighed_uncertainty_percent: Percent = 1.0
