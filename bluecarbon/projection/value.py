"""What net sequestration is worth: prices by year, discounting, and the peer's own way of doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


TABLE = "net_present_value"
_NOTES = {
    True: {
        "en": "Each year's tonnes meet that year's price once and are discounted by the years since {first}; the first "
        "year is not discounted.",
        "zh": "每年的吨数只按当年价格计一次，按自 {first} 年起的年数贴现，首年不贴现。",
    },
    False: {
        "en": "As the peer's program does, all tonnes up to a date meet the sum of all discounted prices: each tonne "
        "counts once per year (its defect D2).",
        "zh": "按对照程序的算法，截至某日的全部吨数乘以各年贴现价格之和，即每吨逐年重复计入（其缺陷 D2）。",
    },
}
_SAID = {
    "en": "Worth in {first} of the CO2e sequestered from {first} to each date, net of emission. Price {low:.6g} to "
    "{high:.6g} currency/t CO2e, discount {discount:.6g} % a year. {how} Methane and nitrous oxide are not valued. No "
    "interval: the errors of carbon and of prices are not carried into it.",
    "zh": "自 {first} 年至各日期净清除的 CO2e 折算至 {first} 年的价值。价格每吨 CO2e {low:.6g} 至 {high:.6g} 货币单位，"
    "年贴现率 {discount:.6g} %。{how}甲烷与氧化亚氮未计价。无区间：未传递碳量与价格的误差。",
}


def value_sections(worth: Mapping[int, float], prices: Prices, default: bool) -> dict[str, Any]:
    """Sections of a statement: what the value rests on, so that it can be computed again, and a table for the report.

    Parameters
    ----------
    worth : mapping of date to float
        Net present value of what is sequestered before each date. [currency]
    prices : Prices
    default : bool
        Whether the default model made it, or the peer's.

    Returns
    -------
    dict with value and tables
    """
    said = {
        lang: text.format(
            first=prices.first_year,
            low=prices.by_year.min(),
            high=prices.by_year.max(),
            discount=100 * prices.discount_rate,
            how=_NOTES[default][lang].format(first=prices.first_year),
        )
        for lang, text in _SAID.items()
    }
    return {
        "value": {
            "unit": "currency",
            "first_year": prices.first_year,
            "price_per_t_co2e": prices.by_year.tolist(),
            "discount_rate": prices.discount_rate,
            TABLE: {str(date): amount for date, amount in worth.items()},
        },
        "tables": [
            {
                "id": TABLE,
                "title": {"en": "Net present value", "zh": "净现值"},
                "note": said,
                "columns": [
                    {"en": "until", "zh": "截至"},
                    {"en": "net present value [currency]", "zh": "净现值 [货币单位]"},
                ],
                "rows": [[str(date), amount] for date, amount in worth.items()],
            }
        ],
    }
