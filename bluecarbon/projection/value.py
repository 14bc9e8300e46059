"""What net sequestration is worth: prices by year, discounting, and the peer's own way of doing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bluecarbon.projection.equations import present_value, price_of_year


@dataclass(frozen=True)
class Prices:
    """Price of each year and the discount rate.

    Parameters
    ----------
    first_year : int
        Year of the first price; the first date of the maps.
    by_year : array, shape (year,)
        Price in each year. [currency/t CO2e]
    discount_rate : float
        Yearly discount rate. [1]
    """

    first_year: int
    by_year: np.ndarray
    discount_rate: float

    @classmethod
    def steady(cls, first_year: int, until: int, price: float, change: float, discount_rate: float) -> Prices:
        """Prices that change by the same share every year, from a price in the first year."""
        years_on = np.arange(until - first_year)
        return cls(first_year, price_of_year(price, change, years_on), discount_rate)


def present_values(yearly_net: np.ndarray, prices: Prices, year: int) -> np.ndarray:
    """Net present value, at the first date, of all sequestration before a year.

    Parameters
    ----------
    yearly_net : array, shape (year, ...)
        Net sequestration of each year from the first date on. [t CO2e/ha] or [t CO2e]
    prices : Prices
    year : int
        Years before this one count.

    Returns
    -------
    array, shape (...)
        [currency/ha] or [currency]

    Notes
    -----
    Each year's tonnes meet that year's price once and are discounted by the years since the first date, the first
    year not at all. Source: invest320 (the guide's formula).
    """
    years_on = np.arange(year - prices.first_year)
    shape = (-1, *([1] * (np.ndim(yearly_net) - 1)))
    price, elapsed = prices.by_year[years_on].reshape(shape), years_on.reshape(shape)
    return present_value(price, yearly_net[years_on], prices.discount_rate, elapsed).sum(axis=0)


def peer_values(period_net: np.ndarray, dates: tuple[int, ...], prices: Prices, year: int) -> np.ndarray:
    """The peer's value: all tonnes up to a year times the sum of all discounted prices (its defect D2).

    Parameters
    ----------
    period_net : array, shape (period, ...)
        Net sequestration of each period. [t CO2e/ha] or [t CO2e]
    dates : tuple of int
        Period limits.
    prices : Prices
    year : int
        One of the dates.
    """
    years_on = np.arange(year - prices.first_year)
    factor = np.sum(prices.by_year[years_on] / (1 + prices.discount_rate) ** years_on)
    return period_net[: dates.index(year)].sum(axis=0) * factor
