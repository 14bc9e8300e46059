"""Hard checks inside every run: carbon is neither made nor lost, and nothing leaves that was not there."""

from __future__ import annotations

import numpy as np

from bluecarbon.projection.release import Budget
from methodology.base.errors import Findings
from methodology.base.phrases import phrase

TOLERANCE = 1e-9  # relative to the stock and the gain behind a number; doubles keep about 1e-15


def check(result: Budget) -> None:
    """Refuse a result whose balance does not close.

    Parameters
    ----------
    result : Budget

    Raises
    ------
    InputError
        BC-PRJ-40 stock change is not accumulation less emission; BC-PRJ-41 a negative stock; BC-PRJ-42 more was
        emitted than was there. Each names the worst trajectory. They point to a fault of the program or to
        factors that are not finite, never to a matter of taste.
    """
    findings = Findings()
    stock, accumulation, emission = result.stock, result.accumulation, result.emission
    scale = np.maximum(stock[:-1] + accumulation, 1.0)
    gap = np.abs(np.diff(stock, axis=0) - (accumulation - emission)) / scale
    _worst(findings, "BC-PRJ-40", gap, "stock change equal to accumulation less emission", result)
    _worst(findings, "BC-PRJ-41", -stock / np.maximum(stock.max(axis=0), 1.0), "no negative stock", result)
    _worst(findings, "BC-PRJ-42", (emission - stock[:-1] - accumulation) / scale, "no more emission than stock", result)
    findings.stop_on_errors()


def _worst(findings: Findings, code: str, excess: np.ndarray, expected: str, result: Budget) -> None:
    if not excess.size or np.all(excess <= TOLERANCE):
        return
    worst = np.unravel_index(np.argmax(np.where(np.isnan(excess), np.inf, excess)), excess.shape)
    findings.add(
        code,
        phrase("trajectory {worst}, {limits}", worst=worst[-1] + 1, limits=result.limits[worst[0]]),
        phrase(
            "a relative gap of {excess:.3g} in {n} values", excess=excess[worst], n=int(np.sum(~(excess <= TOLERANCE)))
        ),
        expected,
        "The balance is checked in every run; please report this with the three tables.",
    )


def check_parts(whole: float, parts: np.ndarray, place: str) -> None:
    """Refuse a table whose rows do not add to the whole (BC-PRJ-43).

    Parameters
    ----------
    whole : float
        Total over all trajectories and zones. [t CO2e] or [ha]
    parts : array
        Rows that must add to it, same unit.
    place : str
        Name of the table.

    Raises
    ------
    InputError
        BC-PRJ-43 if the sum is off by more than 1e-9 of the sum of absolute rows.
    """
    gap = abs(float(np.sum(parts)) - whole)
    if not gap <= TOLERANCE * max(float(np.sum(np.abs(parts))), abs(whole), 1e-12):
        findings = Findings()
        findings.add(
            "BC-PRJ-43",
            place,
            phrase("rows that add to {n:.12g}", n=np.sum(parts)),
            phrase("{whole:.12g}, the whole", whole=whole),
        )
        findings.stop_on_errors()
