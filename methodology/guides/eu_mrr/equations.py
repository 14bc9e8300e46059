"""Regulation (EU) 2018/2066 (MRR): Annex VIII for measured CO2, Annex IV 21 to 23 for capture, transport and storage.

Annex VIII, Annex IV 21 and 23 were read, the formulas of Annex IV 22 are recalled. Emissions are positive.
"""

from __future__ import annotations

from methodology import ops
from methodology.equation import Constant, equation

GUIDE = "eu-mrr"
T_PER_G = Constant(1e-6, "t_CO2/g_CO2", "10^-6")
KG_PER_G = Constant(1e-3, "kg_CO2/g_CO2", "10^-3")
HOURS_PER_DAY = Constant(24, "h/d")
TWO = Constant(2, "1")
WHOLE = Constant(1, "1")
FREE_UNCERTAINTY = Constant(0.075, "1", "7.5 %")
AMOUNT = ("t_CO2", 0, None)
SHARE = ("1", 0, 1)


@equation(
    GUIDE, "VIII-1", "t_CO2", concentration=("g_CO2/m**3", 0, 2000), flow=("m**3/h", 0, None), hours=("h", 0, 8784)
)
def measured_hour(concentration, flow, hours):
    """CO2 of an hour from its mean concentration and flow at normal conditions. Source: eu-mrr, Annex VIII eq. 1."""
    return concentration * flow * hours * T_PER_G


@equation(GUIDE, "VIII-2", "kg_CO2/h", concentration_flow=("g_CO2", 0, None), hours=("h", 1e-9, 8784))
def mean_hourly_emission(concentration_flow, hours):
    """Annual mean hourly emission, which decides the tier. Source: eu-mrr, Annex VIII eq. 2."""
    return concentration_flow * KG_PER_G / hours


@equation(GUIDE, "VIII-3", "1", others=SHARE)
def fraction_by_difference(others):
    """CO2 fraction as the whole less the other components. Source: eu-mrr, Annex VIII eq. 3."""
    return WHOLE - others


@equation(GUIDE, "VIII-4", "g_CO2/m**3", mean=("g_CO2/m**3", 0, 2000), deviation=("g_CO2/m**3", 0, 1000))
def substitute_concentration(mean, deviation):
    """Concentration for a missing hour: mean plus two standard deviations. Source: eu-mrr, Annex VIII eq. 4."""
    return mean + TWO * deviation


@equation(GUIDE, "VIII-4-capture", "g_CO2/m**3", mean=("g_CO2/m**3", 0, 2000), deviation=("g_CO2/m**3", 0, 1000))
def careful_concentration(mean, deviation):
    """The same turned to the side that is careful for a captured amount; no rule of the regulation. Source: eu-mrr, Annex VIII eq. 4 reversed."""
    return ops.maximum(mean - TWO * deviation, mean * (WHOLE - WHOLE))


@equation(GUIDE, "IV-21", "t_CO2", received=AMOUNT, without_capture=AMOUNT, to_storage=AMOUNT)
def capture_installation(received, without_capture, to_storage):
    """Emission of a capture installation. Source: eu-mrr, Annex IV 21 B.1."""
    return received + without_capture - to_storage


@equation(GUIDE, "IV-22-A", "t_CO2", own=AMOUNT, taken_in=AMOUNT, handed_on=AMOUNT)
def transport_by_balance(own, taken_in, handed_on):
    """Emission of a transport network by mass balance. Source: eu-mrr, Annex IV 22 method A, recalled."""
    return own + taken_in - handed_on


@equation(GUIDE, "IV-22-B", "t_CO2", fugitive=AMOUNT, vented=AMOUNT, leaked=AMOUNT, installations=AMOUNT)
def transport_by_parts(fugitive, vented, leaked, installations):
    """Emission of a transport network by its parts. Source: eu-mrr, Annex IV 22 method B, recalled."""
    return fugitive + vented + leaked + installations


@equation(GUIDE, "IV-23", "t_CO2", leak_rate=("t_CO2/h", 0, None), days=("d", 0, None))
def leakage(leak_rate, days):
    """CO2 leaked from a storage site over days of one mean rate. Source: eu-mrr, Annex IV 23 B.3."""
    return leak_rate * HOURS_PER_DAY * days


@equation(GUIDE, "IV-23-surcharge", "t_CO2", quantified=AMOUNT, uncertainty=("1", 0, 2))
def leakage_with_surcharge(quantified, uncertainty):
    """What is reported where the system's uncertainty exceeds 7.5 %. Source: eu-mrr, Annex IV 23 B.3, recalled."""
    return quantified * (WHOLE + ops.maximum(uncertainty - FREE_UNCERTAINTY, uncertainty - uncertainty))


@equation(GUIDE, "48-3", "t_CO2", sender=AMOUNT, receiver=AMOUNT)
def agreed_transfer(sender, receiver):
    """Mean of both ends of a transfer, where their uncertainties explain the difference. Source: eu-mrr, Art. 48(3)."""
    return (sender + receiver) / TWO
