"""Allometric forms, each written once. Coefficients are arguments: a species is a row of ``allometry.csv``.

All forms are fitted: the coefficients carry the units of the source, so numbers go in and come out in the units
declared here (cm, m, g cm⁻³, kg dry). No formula text is ever evaluated.
"""

from __future__ import annotations

from methodology import ops
from methodology.equation import Equation, equation

GUIDE = "field-vegetation"
DIAMETER = ("cm", 0, None)
HEIGHT = ("m", 0, None)
DENSITY = ("g/cm**3", 0, 1.5)
ANY = ("1", None, None)


@equation(guide=GUIDE, number="power", returns="kg", empirical=True, diameter=DIAMETER, a=ANY, b=ANY)
def power(diameter, a, b):
    """Mass as a power of diameter. Source: smithwhelan2006."""
    return a * diameter**b


@equation(
    guide=GUIDE,
    number="power-density",
    returns="kg",
    empirical=True,
    diameter=DIAMETER,
    wood_density=DENSITY,
    a=ANY,
    b=ANY,
    c=ANY,
)
def power_density(diameter, wood_density, a, b, c):
    """Mass as powers of wood density (c) and diameter (b). Source: komiyama2005."""
    return a * wood_density**c * diameter**b


@equation(
    guide=GUIDE, number="power-volume", returns="kg", empirical=True, diameter=DIAMETER, height=HEIGHT, a=ANY, b=ANY
)
def power_volume(diameter, height, a, b):
    """Mass as a power of diameter squared times height. Source: hu2019."""
    return a * (diameter**2 * height) ** b


@equation(
    guide=GUIDE, number="linear-volume", returns="kg", empirical=True, diameter=DIAMETER, height=HEIGHT, a=ANY, b=ANY
)
def linear_volume(diameter, height, a, b):
    """Mass linear in diameter squared times height; below zero for small stems where b is negative. Source: he2017."""
    return a * diameter**2 * height + b


@equation(guide=GUIDE, number="linear", returns="kg", empirical=True, diameter=DIAMETER, a=ANY, b=ANY)
def linear(diameter, a, b):
    """Mass linear in diameter; below zero for small stems where b is negative. Source: he2017."""
    return a * diameter + b


@equation(guide=GUIDE, number="quadratic", returns="kg", empirical=True, diameter=DIAMETER, a=ANY, b=ANY, c=ANY)
def quadratic(diameter, a, b, c):
    """Mass as a parabola in diameter; below zero for small stems where c is negative. Source: fan-tainan."""
    return a * diameter**2 + b * diameter + c


@equation(guide=GUIDE, number="log10-power", returns="kg", empirical=True, diameter=DIAMETER, a=ANY, b=ANY)
def log10_power(diameter, a, b):
    """Common logarithm of mass linear in the common logarithm of diameter. Source: comley2005."""
    return 10 ** (a + b * ops.log10(diameter))


@equation(guide=GUIDE, number="ln-power", returns="kg", empirical=True, diameter=DIAMETER, a=ANY, b=ANY)
def ln_power(diameter, a, b):
    """Natural logarithm of mass linear in the natural logarithm of diameter. Source: hossain2015."""
    return ops.exp(a + b * ops.log(diameter))


@equation(
    guide=GUIDE,
    number="ln-density",
    returns="kg",
    empirical=True,
    diameter=DIAMETER,
    wood_density=DENSITY,
    a=ANY,
    b=ANY,
    c=ANY,
)
def ln_density(diameter, wood_density, a, b, c):
    """Natural logarithm of mass linear in those of diameter (b) and wood density (c). Source: cdm-ams0003-v1."""
    return ops.exp(a + b * ops.log(diameter) + c * ops.log(wood_density))


@equation(
    guide=GUIDE,
    number="ln-cubic-density",
    returns="kg",
    empirical=True,
    diameter=DIAMETER,
    wood_density=DENSITY,
    a=ANY,
    b=ANY,
    c=ANY,
    d=ANY,
)
def ln_cubic_density(diameter, wood_density, a, b, c, d):
    """Wood density times the exponential of a cubic in the natural logarithm of diameter. Source: chave2005."""
    return wood_density * ops.exp(a + b * ops.log(diameter) + c * ops.log(diameter) ** 2 + d * ops.log(diameter) ** 3)


@equation(
    guide=GUIDE,
    number="trunk-cylinder",
    returns="kg",
    empirical=True,
    diameter=DIAMETER,
    height=HEIGHT,
    wood_density=DENSITY,
    a=ANY,
)
def trunk_cylinder(diameter, height, wood_density, a):
    """Wood of a cylinder of given diameter and height; a folds cm, m and g cm⁻³ into kg. Source: ccn-plants."""
    return a * wood_density * 3.141592653589793 * (diameter / 2) ** 2 * height


@equation(guide=GUIDE, number="root-shoot", returns="kg", empirical=True, above=("kg", 0, None), a=ANY)
def root_shoot(above, a):
    """Roots as a share of the mass above ground. Source: ipcc2013ws, table 4.5."""
    return a * above


@equation(
    guide=GUIDE,
    number="truncated-cone",
    returns="kg",
    empirical=True,
    base_diameter=DIAMETER,
    top_diameter=DIAMETER,
    height=HEIGHT,
    wood_density=DENSITY,
)
def truncated_cone(base_diameter, top_diameter, height, wood_density):
    """Wood of a broken trunk: cm, m and g cm⁻³ to kg. Source: kauffmandonato2012, standing dead."""
    return (
        0.1
        * wood_density
        * (3.141592653589793 / 12)
        * height
        * (base_diameter**2 + top_diameter**2 + base_diameter * top_diameter)
    )


@equation(
    guide=GUIDE,
    number="line-intercept",
    returns="m**3/ha",
    empirical=True,
    diameter_squared=("cm**2", 0, None),
    transect_length=("m", 0, None),
)
def line_intercept(diameter_squared, transect_length):
    """Volume of downed wood from squared diameters crossing a line. Source: kauffmandonato2012, downed wood."""
    return 3.141592653589793**2 * diameter_squared / (8 * transect_length)


FORMS: dict[str, Equation] = {
    form.number: form
    for form in (
        power,
        power_density,
        power_volume,
        linear_volume,
        linear,
        quadratic,
        log10_power,
        ln_power,
        ln_density,
        ln_cubic_density,
        trunk_cylinder,
        root_shoot,
    )
}
"""Forms a row of ``allometry.csv`` may name."""
