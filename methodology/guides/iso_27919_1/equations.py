"""Key figures of post-combustion capture after ISO 27919-1, capture rate four ways, and gross to net.

Names of the figures were read in the standard's abstract; the forms are as recalled. For a membrane line, which that
standard leaves out, the same figures are used by analogy and marked so. One t_CO2 here is a measured tonne of CO2;
emissions of energy are in t_CO2 too, so that captured and emitted tonnes may be set against each other.
"""

from __future__ import annotations

from methodology.equation import Constant, equation

GUIDE = "iso-27919-1"
KWH_PER_MWH = Constant(1000, "kWh/MWh")
T_PER_KG = Constant(1e-3, "t_CO2/kg_CO2", "1/1000")
WHOLE = Constant(1, "1")
PERCENT = Constant(100, "1")
AMOUNT = ("t_CO2", 0, None)


@equation(GUIDE, "STEC", "GJ/t_CO2", heat=("GJ", 0, None), captured=("t_CO2", 1e-9, None))
def thermal_consumption(heat, captured):
    """Specific thermal energy consumption. Source: iso-27919-1, form recalled."""
    return heat / captured


@equation(GUIDE, "SEC", "kWh/t_CO2", electricity=("MWh", 0, None), captured=("t_CO2", 1e-9, None))
def electrical_consumption(electricity, captured):
    """Specific electrical energy consumption. Source: iso-27919-1, form recalled."""
    return electricity * KWH_PER_MWH / captured


@equation(
    GUIDE, "SEEC", "kWh/t_CO2",
    electricity=("MWh", 0, None), heat=("GJ", 0, None), steam_to_power=("MWh/GJ", 0, 0.3), captured=("t_CO2", 1e-9, None),
)  # fmt: skip
def equivalent_consumption(electricity, heat, steam_to_power, captured):
    """Own use plus the power lost to the steam taken. Source: iso-27919-1, form recalled."""
    return (electricity + heat * steam_to_power) * KWH_PER_MWH / captured


@equation(
    GUIDE, "SEEC-host", "kWh/t_CO2",
    net_without=("MWh", 0, None), net_with=("MWh", 0, None), captured=("t_CO2", 1e-9, None),
)  # fmt: skip
def equivalent_consumption_of_host(net_without, net_with, captured):
    """Net power of the host without capture less that with capture. Source: iso-27919-1, form recalled."""
    return (net_without - net_with) * KWH_PER_MWH / captured


@equation(GUIDE, "e", "t_CO2/MWh", emitted=AMOUNT, net_power=("MWh", 1e-9, None))
def emission_intensity(emitted, net_power):
    """CO2 emitted per net power sent out. Source: iso-27919-1, form recalled."""
    return emitted / net_power


@equation(GUIDE, "SRCE", "t_CO2/MWh", without=("t_CO2/MWh", 0, 2), with_capture=("t_CO2/MWh", 0, 2))
def emission_reduction(without, with_capture):
    """Specific reduction in CO2 emissions. Source: iso-27919-1, form recalled."""
    return without - with_capture


@equation(GUIDE, "SRCE-percent", "1", without=("t_CO2/MWh", 1e-9, 2), with_capture=("t_CO2/MWh", 0, 2))
def emission_reduction_share(without, with_capture):
    """The same as a share of the intensity without capture. Source: iso-27919-1, form recalled."""
    return (without - with_capture) / without


@equation(GUIDE, "SAC", "kg/t_CO2", makeup=("kg", 0, None), captured=("t_CO2", 1e-9, None))
def absorbent_consumption(makeup, captured):
    """Specific absorbent consumption. Source: iso-27919-1, form recalled."""
    return makeup / captured


@equation(GUIDE, "SCC", "kg/t_CO2", chemical=("kg", 0, None), captured=("t_CO2", 1e-9, None))
def chemical_consumption(chemical, captured):
    """Specific consumption of one chemical. Source: iso-27919-1, form recalled."""
    return chemical / captured


@equation(GUIDE, "water", "m**3/t_CO2", water=("m**3", 0, None), captured=("t_CO2", 1e-9, None))
def water_consumption(water, captured):
    """Specific water consumption, beside the standard's figures. Source: iso-27919-1, by analogy."""
    return water / captured


@equation(GUIDE, "capture-1", "1", supply=("t_CO2", 1e-9, None), product=AMOUNT)
def capture_by_product(supply, product):
    """Capture rate, product over supply. Source: tcm-protocol, method 1, recalled."""
    return product / supply


@equation(GUIDE, "capture-2", "1", product=AMOUNT, depleted=AMOUNT)
def capture_without_supply(product, depleted):
    """Capture rate, product over product and depleted; needs no supply flow. Source: tcm-protocol, method 2, recalled."""
    return product / (product + depleted)


@equation(GUIDE, "capture-3", "1", supply=("t_CO2", 1e-9, None), depleted=AMOUNT)
def capture_by_difference(supply, depleted):
    """Capture rate, supply less depleted over supply. Source: tcm-protocol, method 3, recalled."""
    return (supply - depleted) / supply


@equation(GUIDE, "capture-4", "1", fraction_in=("1", 1e-6, 1), fraction_out=("1", 0, 1))
def capture_by_fractions(fraction_in, fraction_out):
    """Capture rate from dry CO2 fractions before and after; needs no flow. Source: tcm-protocol, method 4, recalled."""
    return WHOLE - fraction_out / (WHOLE - fraction_out) * (WHOLE - fraction_in) / fraction_in


@equation(GUIDE, "closure", "1", supply=("t_CO2", 1e-9, None), product=AMOUNT, depleted=AMOUNT)
def co2_closure(supply, product, depleted):
    """CO2 found again of CO2 supplied. Source: tcm-protocol, CO2 recovery, recalled."""
    return (product + depleted) / supply


@equation(GUIDE, "captured", "t_CO2", delivered=AMOUNT, vented=AMOUNT, tank_change=("t_CO2", None, None))
def captured_by_balance(delivered, vented, tank_change):
    """CO2 captured: delivered, vented after capture, and put into tanks. Source: iso-27919-1, balance of the plant."""
    return delivered + vented + tank_change


@equation(GUIDE, "heat", "t_CO2", heat=("GJ", 0, None), intensity=("t_CO2/GJ", 0, 1))
def emission_of_heat(heat, intensity):
    """CO2 of the heat used, by the intensity of its source. Source: iso-27919-1, boundary by the plant file."""
    return heat * intensity


@equation(GUIDE, "electricity", "t_CO2", electricity=("MWh", 0, None), intensity=("t_CO2/MWh", 0, 2))
def emission_of_electricity(electricity, intensity):
    """CO2 of the electricity used, by the intensity of its source. Source: iso-27919-1, boundary by the plant file."""
    return electricity * intensity


@equation(
    GUIDE, "electricity-market", "t_CO2",
    electricity=("MWh", 0, None), certified=("MWh", 0, None), residual=("t_CO2/MWh", 0, 2),
)  # fmt: skip
def emission_of_electricity_by_market(electricity, certified, residual):
    """Certified power at zero, the rest at the factor without traded non-fossil power. Source: cn-gec-2023-1044."""
    return (electricity - certified) * residual


@equation(GUIDE, "chemicals", "t_CO2", makeup=("kg", 0, None), footprint=("kg_CO2/kg", 0, 50))
def emission_of_chemicals(makeup, footprint):
    """CO2 of making the chemicals used up. Source: iso-27919-1, boundary by the plant file."""
    return makeup * footprint * T_PER_KG


@equation(GUIDE, "net", "t_CO2", gross=AMOUNT, vented=AMOUNT, heat=AMOUNT, electricity=AMOUNT, chemicals=AMOUNT)
def net_captured(gross, vented, heat, electricity, chemicals):
    """Gross captured less what the capture itself emits. Source: iso-27919-1, boundary by the plant file."""
    return gross - vented - heat - electricity - chemicals


@equation(GUIDE, "host-power", "MWh", readings=("MWh", 0, None), error=("1", 0, 2))
def host_power(readings, error):
    """Net power the host unit sent out, under the error of its meters. Source: jcgm-100, 5.1.6."""
    return readings * error


@equation(GUIDE, "host-emission", "t_CO2", readings=AMOUNT, error=("1", 0, 2))
def host_emission(readings, error):
    """CO2 the host unit emitted, under the error of its meters. Source: jcgm-100, 5.1.6."""
    return readings * error


@equation(
    GUIDE, "power-lost", "MWh",
    electricity=("MWh", 0, None), heat=("GJ", 0, None), steam_to_power=("MWh/GJ", 0, 0.3),
)  # fmt: skip
def power_lost(electricity, heat, steam_to_power):
    """Power the host did not send out: own use from the host, and what its steam would have made. Source: iso-27919-1, form of SEEC recalled."""
    return electricity + heat * steam_to_power


@equation(GUIDE, "avoided-by-loss", "t_CO2", gross=AMOUNT, intensity=("t_CO2/MWh", 0, 2), lost=("MWh", 0, None))
def avoided_by_loss(gross, intensity, lost):
    """CO2 avoided where the host burns the same fuel: captured less what the power not made would have carried. Source: iso-27919-1, from SRCE, recalled."""
    return gross - intensity * lost


@equation(GUIDE, "SRCE-by-loss", "t_CO2/MWh", at_host=("t_CO2", None, None), net_power=("MWh", 1e-9, None))
def emission_reduction_by_loss(at_host, net_power):
    """Specific reduction from CO2 avoided at the host and its net power with capture. Source: iso-27919-1, from SRCE, recalled."""
    return at_host / net_power


@equation(
    GUIDE, "avoided-whole", "t_CO2",
    at_host=("t_CO2", None, None), vented=AMOUNT, heat=AMOUNT, electricity=AMOUNT, chemicals=AMOUNT,
)  # fmt: skip
def avoided_whole(at_host, vented, heat, electricity, chemicals):
    """Avoided at the host less vents of captured CO2, energy from elsewhere and chemicals. Source: iso-27919-1, boundary by the plant file."""
    return at_host - vented - heat - electricity - chemicals


@equation(GUIDE, "avoided", "t_CO2", reduction=("t_CO2/MWh", -2, 2), net_power=("MWh", 0, None))
def avoided(reduction, net_power):
    """CO2 avoided for the power really sent out: its reduction per MWh. Source: iso-27919-1, form recalled."""
    return reduction * net_power


@equation(GUIDE, "utilisation", "1", captured=AMOUNT, nameplate=("t_CO2/d", 1e-9, None), days=("d", 1e-9, None))
def utilisation(captured, nameplate, days):
    """Captured over what the nameplate allows in the same time. Source: iso-27919-1, by analogy."""
    return captured / (nameplate * days)


@equation(
    GUIDE, "metered", "t_CO2",
    readings=AMOUNT, own_error=("1", 0, 2), shared_error=("1", 0, 2), bound=AMOUNT,
)  # fmt: skip
def captured_of_day(readings, own_error, shared_error, bound):
    """CO2 of a day: readings under the line's own and a shared calibration, and what gaps are bounded by. Source: jcgm-100, 5.1.6."""
    return readings * own_error * shared_error + bound


@equation(GUIDE, "metered-heat", "GJ", readings=("GJ", 0, None), error=("1", 0, 2))
def heat_of_day(readings, error):
    """Heat of a day under the calibration of its meters. Source: jcgm-100, 5.1.6."""
    return readings * error


@equation(GUIDE, "metered-power", "MWh", readings=("MWh", 0, None), error=("1", 0, 2))
def electricity_of_day(readings, error):
    """Electricity of a day under the calibration of its meters. Source: jcgm-100, 5.1.6."""
    return readings * error


@equation(GUIDE, "biogenic-part", "t_CO2", captured=AMOUNT, share=("1", 0, 1))
def biogenic_part(captured, share):
    """Part of captured CO2 that is biogenic, by the share the plant file gives with its evidence. Source: iso-27919-1, boundary by the plant file."""
    return captured * share


@equation(GUIDE, "fossil-part", "t_CO2", captured=AMOUNT, share=("1", 0, 1))
def fossil_part(captured, share):
    """Part of captured CO2 that is fossil: a reduction, never a removal. Source: iso-27919-1, boundary by the plant file."""
    return captured * (WHOLE - share)
