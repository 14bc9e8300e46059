"""One projection: tables and areas in, stocks and flows by class, change, zone and pool out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bluecarbon.projection import balance, release, yearly
from bluecarbon.projection.map_error import MapError
from bluecarbon.projection.tables import POOLS, ClassTable, TrajectoryAreas, gather
from bluecarbon.projection.value import Prices, peer_values, present_values
from methodology.base.errors import Finding, Findings, refuse
from methodology.base.phrases import phrase

DEFAULT, PEER = "default", "invest-3.20"
MODELS = (DEFAULT, PEER)
MOST_NUMBERS = 1e8  # trajectories x pools x dates x years: 0.8 GB of doubles in the largest array


@dataclass(frozen=True)
class Projection:
    """Carbon densities of every trajectory, and the ground they cover.

    Parameters
    ----------
    model : str
        One of `MODELS`.
    table : ClassTable
    actions : int array, shape (class, class)
    ground : TrajectoryAreas
    dates : tuple of int
        Dates of the maps and the end year; periods lie between neighbours.
    stock : array, shape (date, pool, trajectory)
        [t CO2e/ha]
    accumulation, emission, net : array, shape (period, pool, trajectory)
        [t CO2e/ha]
    causes : tuple of int
        Years of the changes that disturbed carbon; empty in the peer's model, which does not tell them apart.
    emission_by_cause : array, shape (cause, period, pool, trajectory)
        [t CO2e/ha]
    yearly_net : array, shape (year, pool, trajectory)
        Net sequestration of each year from the first date on. [t CO2e/ha]
    value : array, shape (date, trajectory) or None
        Net present value, at the first date, of what was sequestered before each date. [currency/ha]
    findings : tuple of Finding
    map_error : MapError, optional
        By what the mapped areas were multiplied to make those of `ground`.
    gwp : mapping of gas to float, optional
        Warming potentials of a named set, for CO2-equivalents of the gases. [t CO2e/t gas]
    """

    model: str
    table: ClassTable
    actions: np.ndarray
    ground: TrajectoryAreas
    dates: tuple[int, ...]
    stock: np.ndarray
    accumulation: np.ndarray
    emission: np.ndarray
    net: np.ndarray
    causes: tuple[int, ...]
    emission_by_cause: np.ndarray
    yearly_net: np.ndarray
    value: np.ndarray | None
    findings: tuple[Finding, ...] = ()
    gwp: Mapping[str, float] | None = None
    map_error: MapError | None = None

    @property
    def periods(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each period."""
        return tuple(itertools.pairwise(self.dates))

    def held(self, date: int) -> np.ndarray:
        """Class position of every trajectory from a date (by position) on; the last one lasts to the end year."""
        return self.ground.classes[:, min(date, len(self.ground.years) - 1)]

    def left(self, date: int) -> np.ndarray:
        """Class held before the latest change up to a date; -1 before any change."""
        date = min(date, len(self.ground.years) - 1)
        return self.ground.classes[:, date - 1] if date > 0 else np.full(len(self.ground), -1)


def project(
    table: ClassTable,
    actions: np.ndarray,
    ground: TrajectoryAreas,
    until: int | None = None,
    model: str = DEFAULT,
    prices: Prices | None = None,
) -> Projection:
    """Run a projection.

    Parameters
    ----------
    table : ClassTable
    actions : int array, shape (class, class)
    ground : TrajectoryAreas
    until : int, optional
        End year; the last date where it is not given.
    model : {"default", "invest-3.20"}
        The default balances; the other is the peer's arithmetic with its defects, for comparison only.
    prices : Prices, optional
        Adds values.

    Returns
    -------
    Projection

    Raises
    ------
    InputError
        BC-PRJ-30 the end year is before the last date; BC-PRJ-31 too many trajectories; BC-PRJ-40 to BC-PRJ-42 the
        balance of the default model does not close; BC-PRJ-70 unknown model.
    """
    until = check_run(ground, until, model)
    steps = gather(table, actions, ground.years, ground.classes)
    if model == PEER:
        return _peer(table, actions, ground, until, prices)
    dates = tuple(ground.years) + ((until,) if until > ground.years[-1] else ())
    result = release.budget(steps, dates)
    balance.check(result)
    by_year = release.budget(steps, range(dates[0], dates[-1] + 1))
    balance.check(by_year)
    value = None
    if prices is not None:
        value = np.array([present_values(by_year.net, prices, date).sum(axis=0) for date in dates])
    return Projection(
        model, table, actions, ground, dates, result.stock, result.accumulation, result.emission, result.net,
        result.causes, result.emission_by_cause, by_year.net, value,
    )  # fmt: skip


def check_run(ground: TrajectoryAreas, until: int | None, model: str) -> int:
    """The end year, after the checks that need no computing.

    Raises
    ------
    InputError
        BC-PRJ-70 unknown model; BC-PRJ-30 an end before the last map; BC-PRJ-31 too many trajectories.
    """
    last = ground.years[-1]
    if model not in MODELS:
        raise refuse("BC-PRJ-70", "--model", model, phrase("one of {names}", names=", ".join(MODELS)))
    if until is not None and until < last:
        remedy = "Give an end year from the last map on, or leave out the later maps."
        raise refuse("BC-PRJ-30", "--until", until, phrase("{last} or later, the last snapshot", last=last), remedy)
    dates = len(ground.years)
    span = max((last if until is None else until) - ground.years[0], dates) + 1
    most = int(MOST_NUMBERS / len(POOLS) / dates / span)
    if len(ground) > most:
        raise refuse(
            "BC-PRJ-31",
            "maps",
            phrase("{n:,} trajectories over {dates} dates", n=len(ground), dates=dates),
            phrase("at most {most:,} trajectories for so many dates and years", most=most),
            "Join classes that share factors, leave out dates, take longer steps for yearly rates, or map one part at "
            "a time.",
        )
    return last if until is None else int(until)


def _peer(
    table: ClassTable, actions: np.ndarray, ground: TrajectoryAreas, until: int, prices: Prices | None
) -> Projection:
    steps = gather(table, actions, ground.years, ground.classes)
    run = yearly.run(steps, until, yearly.PEER)
    value = None
    if prices is not None:
        value = np.array([peer_values(run.net, run.dates, prices, date).sum(axis=0) for date in run.dates])
    shape = (0, max(len(run.dates) - 1, 0), *steps.initial.shape)
    return Projection(
        PEER, table, actions, ground, run.dates, run.stock, run.accumulation, run.emission, run.net,
        (), np.zeros(shape), run.yearly_net, value, tuple(_open_balances(run, ground)),
    )  # fmt: skip


def _open_balances(run: yearly.Run, ground: TrajectoryAreas) -> Findings:
    """What the peer's arithmetic leaves open, so that nobody takes its figures for a balance."""
    findings = Findings()
    area = ground.area_ha.sum(axis=0)
    change = run.stock[-1].sum(axis=0) - run.stock[0].sum(axis=0)
    flows = (run.accumulation - run.emission).sum(axis=(0, 1)) if len(run.dates) > 1 else np.zeros_like(change)
    gap = np.abs(change - flows)
    open_ = (gap > 1e-6 * np.maximum(run.stock[0].sum(axis=0), 1.0)) | (run.stock.sum(axis=1).min(axis=0) < 0)
    if open_.any():
        findings.add(
            "BC-PRJ-44",
            phrase("model {peer}", peer=PEER),
            phrase(
                "stock change that is not accumulation less emission, or a negative stock, in {n} of "
                "{n2} trajectories, {gap:.6g} t CO2e in all",
                n=int(open_.sum()),
                n2=len(area),
                gap=float(gap @ area),
            ),
            "a closed balance",
            "The peer's defects are kept in this model for comparison. The default model balances.",
            "warning",
            amount=float(area[open_].sum()),
            unit="ha",
        )
    return findings
