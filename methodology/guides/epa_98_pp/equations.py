"""US EPA, 40 CFR Part 98 subpart PP (suppliers of CO2), with the storage side of RR and VV that takes it over.

Each equation is one term or one balance; the sums over quarters, meters and wells are sums of the worksheet. Masses
are metric tonnes, standard conditions 60 °F and 1 atm. Symbols of PP-1, PP-2 and RR-1 to RR-3 were read, the other
forms are recalled.
"""

from __future__ import annotations

from methodology.equation import Constant, equation

GUIDE = "epa-98-pp"
WHOLE = Constant(1, "1")
AMOUNT = ("t_CO2", 0, None)
SHARE = ("t_CO2/t", 0, 1)


@equation(GUIDE, "PP-1", "t_CO2", mass=("t", 0, None), mass_fraction=SHARE)
def supplied_by_mass(mass, mass_fraction):
    """CO2 through a mass meter in a quarter; the fraction is by weight. Source: epa-98-pp, 98.423, eq. PP-1, form recalled."""
    return mass * mass_fraction


@equation(GUIDE, "PP-2", "t_CO2", volume=("m**3", 0, None), density=("t_CO2/m**3", 0, 1.2), volume_fraction=("1", 0, 1))
def supplied_by_volume(volume, density, volume_fraction):
    """CO2 through a volume meter in a quarter: standard volume, density of CO2, share by volume. Source: epa-98-pp, eq. PP-2."""
    return volume * density * volume_fraction


@equation(GUIDE, "PP-2-whole", "t_CO2", volume=("m**3", 0, None), density=("t/m**3", 0, 1.2), mass_fraction=SHARE)
def supplied_by_stream_density(volume, density, mass_fraction):
    """The same with the density of the whole stream and the share by weight. Source: epa-98-pp, eq. PP-2."""
    return volume * density * mass_fraction


@equation(GUIDE, "PP-3b", "t_CO2", main_meters=AMOUNT, on_site_use=AMOUNT)
def supplied_after_segregation(main_meters, on_site_use):
    """Main meters before segregation less meters on CO2 kept for use on site. Source: epa-98-pp, eq. PP-3b, recalled."""
    return main_meters - on_site_use


@equation(
    GUIDE, "RR-2", "t_CO2",
    received=("m**3", 0, None), redelivered=("m**3", 0, None), density=("t_CO2/m**3", 0, 1.2), volume_fraction=("1", 0, 1),
)  # fmt: skip
def received_by_volume(received, redelivered, density, volume_fraction):
    """CO2 received in a quarter without what is passed on uninjected. Source: epa-98-rr, 98.443, eq. RR-2."""
    return (received - redelivered) * density * volume_fraction


@equation(GUIDE, "RR-9", "t_CO2", separators=AMOUNT, entrained=("1", 0, 1))
def produced(separators, entrained):
    """CO2 produced, with the part entrained in oil or gas. Source: epa-98-rr, eq. RR-9, recalled."""
    return (WHOLE + entrained) * separators


@equation(
    GUIDE, "RR-11", "t_CO2",
    injected=AMOUNT, produced_co2=AMOUNT, leaked=AMOUNT, injection_side=AMOUNT, production_side=AMOUNT,
)  # fmt: skip
def sequestered_with_production(injected, produced_co2, leaked, injection_side, production_side):
    """CO2 sequestered where oil or gas is produced. Source: epa-98-rr, eq. RR-11, recalled."""
    return injected - produced_co2 - leaked - injection_side - production_side


@equation(GUIDE, "RR-12", "t_CO2", injected=AMOUNT, leaked=AMOUNT, injection_side=AMOUNT)
def sequestered(injected, leaked, injection_side):
    """CO2 sequestered without production. Source: epa-98-rr, eq. RR-12, recalled."""
    return injected - leaked - injection_side


@equation(GUIDE, "VV-1", "t_CO2", received=AMOUNT, native=AMOUNT, operations=AMOUNT, complex_loss=AMOUNT)
def stored_with_enhanced_recovery(received, native, operations, complex_loss):
    """CO2 stored; recycled CO2 is never counted. Source: epa-98-vv, 98.483 and ISO 27916:19, clause 8.2."""
    return received + native - operations - complex_loss
