"""Relations of the projection, each written once. Densities per ground area, years from the start of a year."""

from __future__ import annotations

from methodology.equation import Constant, equation

HALF = Constant(0.5, "1")


@equation(
    guide="projection",
    number="1",
    returns="t_CO2e/ha",
    accumulation=("t_CO2e/ha/yr", 0, None),
    duration=("yr", 0, None),
)
def gain(accumulation, duration):
    """Carbon a class takes up while it accumulates. Source: invest320, accumulation."""
    return accumulation * duration


@equation(
    guide="projection",
    number="2",
    returns="t_CO2e/ha",
    disturbed_share=("1", 0, 1),
    live_stock=("t_CO2e/ha", 0, None),
)
def disturbed(disturbed_share, live_stock):
    """Stock a disturbance sets free for release; what is already being released is not taken twice.

    Source: invest320, disturbance; its departure D9 in docs/projection.md.
    """
    return disturbed_share * live_stock


@equation(
    guide="projection",
    number="3",
    returns="t_CO2e/ha",
    disturbed_stock=("t_CO2e/ha", 0, None),
    age=("yr", 0, None),
    half_life=("yr", 0, None),
)
def remaining(disturbed_stock, age, half_life):
    """What is left of a disturbed stock some years later, with the half-life of the disturbance that caused it.

    Source: invest320, emission; its departure D3 in docs/projection.md.
    """
    return disturbed_stock * HALF ** (age / half_life)


@equation(
    guide="projection",
    number="4",
    returns="t_CO2e/ha",
    disturbed_stock=("t_CO2e/ha", 0, None),
    age_at_start=("yr", 0, None),
    age_at_end=("yr", 0, None),
    half_life=("yr", 0, None),
)
def released(disturbed_stock, age_at_start, age_at_end, half_life):
    """Release between two ages of a disturbance. Source: invest320, emission."""
    return disturbed_stock * (HALF ** (age_at_start / half_life) - HALF ** (age_at_end / half_life))


@equation(
    guide="projection",
    number="5",
    returns="t_CO2e",
    density=("t_CO2e/ha", None, None),
    area=("ha", 0, None),
)
def amount(density, area):
    """Carbon of a trajectory on the ground it covers. Source: invest320 gives densities only; area by maps."""
    return density * area


@equation(
    guide="projection",
    number="6",
    returns="currency/t_CO2e",
    first_price=("currency/t_CO2e", 0, None),
    price_change=("1", -1, None),
    years_on=("1", 0, None),
)
def price_of_year(first_price, price_change, years_on):
    """Price a number of years after the first date, at a steady yearly change. Source: invest320, price."""
    return first_price * (1 + price_change) ** years_on


@equation(
    guide="projection",
    number="7",
    returns="currency",
    price=("currency/t_CO2e", 0, None),
    net_sequestration=("t_CO2e", None, None),
    discount_rate=("1", -1, None),
    years_on=("1", 0, None),
)
def present_value(price, net_sequestration, discount_rate, years_on):
    """Value today of one year's net sequestration. Source: invest320, guide's net present value (departure D2)."""
    return price * net_sequestration / (1 + discount_rate) ** years_on


@equation(
    guide="projection",
    number="8",
    returns="t_CH4",
    methane_rate=("t_CH4/ha/yr", None, None),
    area=("ha", 0, None),
    duration=("yr", 0, None),
)
def methane(methane_rate, area, duration):
    """Methane of a class over a period. Source: ipcc2013ws, eq. 4.9."""
    return methane_rate * area * duration


@equation(
    guide="projection",
    number="9",
    returns="t_N2O",
    nitrous_oxide_rate=("t_N2O/ha/yr", None, None),
    area=("ha", 0, None),
    duration=("yr", 0, None),
)
def nitrous_oxide(nitrous_oxide_rate, area, duration):
    """Nitrous oxide of a class over a period. Source: vm0033v21, eqs 63 to 68."""
    return nitrous_oxide_rate * area * duration


@equation(
    guide="projection",
    number="10",
    returns="t_CO2e/ha",
    live_stock=("t_CO2e/ha", 0, None),
    disturbed_share=("1", 0, 1),
    accumulation=("t_CO2e/ha/yr", 0, None),
    duration=("yr", 0, None),
)
def live_stock_later(live_stock, disturbed_share, accumulation, duration):
    """Live stock at the end of a period: what its first day's change left, and what was gained since.

    Source: invest320, stock; its departures D5 and D9 in docs/projection.md.
    """
    return live_stock * (1 - disturbed_share) + accumulation * duration


@equation(
    guide="projection",
    number="11",
    returns="t_CO2e",
    density=("t_CO2e/ha", 0, None),
    area=("ha", 0, None),
)
def removal(density, area):
    """Accumulation as a removal from the air, negative by convention. Source: ipcc2006v4, sign of removals."""
    return -density * area


@equation(
    guide="projection",
    number="12",
    returns="t_CO2e",
    after=("t_CO2e", 0, None),
    before=("t_CO2e", 0, None),
)
def stock_change(after, before):
    """Change of a stock between two dates. Source: ipcc2006v4, stock-difference method."""
    return after - before


@equation(
    guide="projection",
    number="13",
    returns="t_CO2e",
    methane=("t_CH4", None, None),
    gwp=("t_CO2e/t_CH4", 0, None),
)
def methane_as_co2e(methane, gwp):
    """Methane as CO2-equivalent of a named set of warming potentials. Source: ipcc-ar6, as chosen by the user."""
    return methane * gwp


@equation(
    guide="projection",
    number="14",
    returns="t_CO2e",
    nitrous_oxide=("t_N2O", None, None),
    gwp=("t_CO2e/t_N2O", 0, None),
)
def nitrous_oxide_as_co2e(nitrous_oxide, gwp):
    """Nitrous oxide as CO2-equivalent of a named set of warming potentials. Source: ipcc-ar6, as the user chose."""
    return nitrous_oxide * gwp
