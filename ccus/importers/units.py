"""What the unit text of a column says, and what it leaves open.

Historian exports write units as people do: ``(kg/hr)``, ``Nm3/hr``, ``(barg)``, ``(0C)``, ``(CO2 % dry)``. The text
may also say gauge or absolute, wet or dry, by volume or by mass. What it does not say is left None and asked of the
plant file; "N" or "S" before m3 is a hint that a reference condition exists, not which one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from methodology.base.errors import refuse

CANONICAL = {
    "mass_flow": "kg/h",
    "volume_flow": "m3/h",
    "mass": "kg",
    "volume": "m3",
    "pressure": "kPa",
    "temperature": "°C",
    "fraction": "1",
    "power": "kW",
    "energy": "GJ",
    "density": "kg/m3",
    "velocity": "m/s",
    "length": "m",
    "state": "",
}
"""Unit each quantity is brought to before anything is computed."""

QUANTITIES_OF_KIND = {
    "mass_flow": ("mass_flow",),
    "volume_flow": ("volume_flow",),
    "velocity": ("velocity",),
    "differential_pressure": ("pressure",),
    "mass_total": ("mass",),
    "volume_total": ("volume",),
    "weight": ("mass",),
    "composition": ("fraction",),
    "moisture": ("fraction",),
    "density": ("density",),
    "pressure": ("pressure",),
    "temperature": ("temperature",),
    "level": ("length", "fraction", "mass", "volume"),
    "power": ("power",),
    "heat_flow": ("power",),
    "energy_total": ("energy",),
    "heat_total": ("energy",),
    "state": ("state", "fraction"),
}
"""Quantities a meter kind of the plant file can be given in."""

_MASS = {"kg": 1.0, "t": 1000.0, "g": 1e-3, "lb": 0.45359237, "tonne": 1000.0}
_VOLUME = {"m3": 1.0, "l": 1e-3, "ft3": 0.028316846592, "cf": 0.028316846592}
_TIME_H = {"h": 1.0, "s": 1 / 3600, "min": 1 / 60, "d": 24.0}
_PRESSURE = {
    "kpa": 1.0,
    "pa": 1e-3,
    "mpa": 1e3,
    "bar": 100.0,
    "mbar": 0.1,
    "psi": 6.894757293168361,
    "atm": 101.325,
    "mmhg": 0.133322387415,
    "mmh2o": 9.80665e-3,
    "inh2o": 0.24908891,
}
_POWER = {"kw": 1.0, "mw": 1000.0, "w": 1e-3, "gj/h": 1000 / 3.6, "mj/h": 1 / 3.6}
_ENERGY = {"gj": 1.0, "mj": 1e-3, "kwh": 3.6e-3, "mwh": 3.6, "tj": 1e3}
_LENGTH = {"m": 1.0, "mm": 1e-3, "cm": 1e-2}
_FRACTION = {"%": 0.01, "ppm": 1e-6, "1": 1.0, "fraction": 1.0}
_COUNTED = ("volume_flow", "mass_flow", "volume", "mass", "energy", "power")
_COMPONENTS = ("CO2", "H2O", "O2", "N2", "CH4", "SO2", "NOx", "CO", "MEA", "Ar")


@dataclass(frozen=True)
class Unit:
    """A unit text, understood.

    Parameters
    ----------
    text : str
        As written.
    quantity : str
        Key of `CANONICAL`.
    factor, offset : float
        Canonical value = factor · reading + offset.
    prefix : {"N", "S"} or None
        Written before a gas volume: stated at some reference condition.
    pressure : {"gauge", "absolute"} or None
    basis : {"vol", "mass"} or None
    component : str or None
    moisture : {"wet", "dry"} or None
    """

    text: str
    quantity: str
    factor: float
    offset: float = 0.0
    prefix: str | None = None
    pressure: str | None = None
    basis: str | None = None
    component: str | None = None
    moisture: str | None = None

    def canonical(self, value: Any) -> Any:
        """Readings in the canonical unit of the quantity."""
        return value * self.factor + self.offset


def parse_unit(text: str, place: str = "unit") -> Unit:
    """Understand a unit text.

    Raises
    ------
    InputError
        CC-IMP-05 for a text that is not understood; CC-IMP-04 for an empty one.
    """
    if not text or not text.strip():
        raise refuse("CC-IMP-04", place, "no unit", "a unit", "Write it in the unit row or in plant.toml.")
    bare = text.strip().strip("()[]（）")
    many = 1e4 if bare.startswith(_TEN_THOUSAND) else 1.0
    plain = bare[1:].strip() if many > 1 else text
    for reader in (_fraction, _pressure, _temperature, _flow, _amount):
        unit = None if bare in _CASE_DECIDES else reader(plain)
        if unit is not None and (many == 1 or unit.quantity in _COUNTED):
            return replace(unit, text=text, factor=unit.factor * many)
    raise refuse(
        "CC-IMP-05",
        place,
        repr(text),
        "a unit such as kg/h, Nm3/h, barg, °C, vol%, kW, MWh",
        "Correct the unit row, or name the unit in plant.toml.",
    )


_CHINESE = (
    # longest first; what a text says of state or basis becomes the English word the readers below know
    ("体积分数", " vol"), ("体积比", " vol"), ("体积", " vol"), ("质量分数", " mass"), ("质量", " mass"),
    ("干基", " dry "), ("湿基", " wet "),
    ("标准立方米", "Nm3"), ("标立方米", "Nm3"), ("标立方", "Nm3"), ("标方", "Nm3"), ("立方米", "m3"), ("立方", "m3"), ("方", "m3"),
    ("千瓦时", "kWh"), ("兆瓦时", "MWh"), ("千瓦", "kW"), ("兆瓦", "MW"), ("吉焦", "GJ"), ("兆焦", "MJ"),
    ("兆帕", "MPa"), ("千帕", "kPa"), ("毫巴", "mbar"), ("帕", "Pa"), ("巴", "bar"), ("毫米汞柱", "mmHg"),
    ("毫米水柱", "mmH2O"), ("摄氏度", "°C"), ("千克", "kg"), ("公斤", "kg"), ("吨", "t"), ("克", "g"),
    ("小时", "h"), ("分钟", "min"), ("毫米", "mm"), ("厘米", "cm"), ("米", "m"), ("时", "h"), ("分", "min"), ("秒", "s"),
    ("天", "d"), ("日", "d"), ("每", "/"),
)  # fmt: skip
_STATES = (("表压", " gauge"), ("绝压", " absolute"), ("表", " gauge"), ("绝对", " absolute"), ("绝", " absolute"),
           ("干态", " dry "), ("湿态", " wet "), ("干", " dry "), ("湿", " wet "))  # fmt: skip
_TEN_THOUSAND = "万"
_CASE_DECIDES = frozenset(("mW", "mWh", "mJ", "mPa", "Mbar", "MPA", "mw", "mwh", "mj"))
"""Milli or mega: with this use of capitals nobody can say."""


def _english(text: str) -> str:
    """Full-width and Chinese spellings as the plain ones; a text without them comes back as it was."""
    word = unicodedata.normalize("NFKC", text).strip()
    for old, new in _CHINESE:
        word = word.replace(old, new)
    for old, new in _STATES:
        word = re.sub(rf"[(\[ ]*{old}[)\]]*", new, word)
    return word


def _cleaned(text: str) -> str:
    """Lower case, one spelling for hours and cubes, brackets of the whole text taken off."""
    word = _english(text)
    if word[:1] in "([" and word[-1:] in ")]":
        word = word[1:-1]
    word = re.sub(r"(?<=W)[·∙⋅.]h$", "h", word)
    for old, new in (("^3", "3"), ("**3", "3"), ("·", "/"), ("⁄", "/"), ("∕", "/")):
        word = word.replace(old, new)
    word = re.sub(r"\s+", " ", word).strip().lower()
    word = re.sub(r"(?:hours|hour|hrs|hr)\b", "h", word)
    word = re.sub(r"(?:seconds|second|sec)\b", "s", word)
    word = re.sub(r"(?:days|day)\b", "d", word)
    return re.sub(r"\bper\b", "/", word).replace(" /", "/").replace("/ ", "/")


def _fraction(text: str) -> Unit | None:
    word = _cleaned(text)
    component = next((name for name in _COMPONENTS if re.search(rf"\b{name.lower()}\b", word)), None)
    rest = re.sub(rf"\b{component.lower()}\b", " ", word) if component else word
    moisture = next((name for name in ("dry", "wet") if re.search(rf"\b{name}\b", rest)), None)
    rest = re.sub(r"\b(dry|wet|basis)\b", " ", rest)
    basis = None
    for pattern, name in (
        (r"vol|mol|v/v|(?<=ppm)v|(?<=%)v\b|(?<=% )v\b", "vol"),
        (r"wt|mass|w/w|m/m|(?<=ppm)w", "mass"),
    ):
        if re.search(pattern, rest):
            basis, rest = name, re.sub(pattern, " ", rest)
    rest = re.sub(r"[\s.,;()-]|of", "", rest)
    if rest not in _FRACTION or (rest == "1" and text.strip() != "1"):
        return None
    return Unit(text, "fraction", _FRACTION[rest], basis=basis, component=component, moisture=moisture)


def _pressure(text: str) -> Unit | None:
    word = _cleaned(text)
    kind = None
    for pattern, name in (
        (r"[ (]*\b(gauge|gage)\)?$|\(g\)$|(?<=bar|.pa|psi)g$", "gauge"),
        (r"[ (]*\b(absolute|abs)\)?$|\(a\)$|(?<=bar|.pa|psi)a$", "absolute"),
    ):
        if re.search(pattern, word):
            kind, word = name, re.sub(pattern, "", word).strip()
            break
    if word not in _PRESSURE:
        return None
    return Unit(text, "pressure", _PRESSURE[word], pressure=kind)


def _temperature(text: str) -> Unit | None:
    word = re.sub(r"^(deg\.?|degrees?|°|0|o)\s*", "", _cleaned(text))
    if word in ("c", "celsius"):
        return Unit(text, "temperature", 1.0)
    if word in ("k", "kelvin"):
        return Unit(text, "temperature", 1.0, -273.15)
    if word in ("f", "fahrenheit"):
        return Unit(text, "temperature", 1 / 1.8, -32 / 1.8)
    return None


def _flow(text: str) -> Unit | None:
    word = _cleaned(text)
    if word in _POWER:
        return Unit(text, "power", _POWER[word])
    if word == "m/s":
        return Unit(text, "velocity", 1.0)
    if word == "kg/m3":
        return Unit(text, "density", 1.0)
    word = re.sub(r"^(s?cf)(m|h|d)$", lambda m: f"{m[1]}/{ {'m': 'min', 'h': 'h', 'd': 'd'}[m[2]] }", word)
    top, slash, bottom = word.partition("/")
    if not slash or bottom not in _TIME_H:
        return None
    prefix, volume = _gas_prefix(top)
    if volume in _VOLUME:
        return Unit(text, "volume_flow", _VOLUME[volume] / _TIME_H[bottom], prefix=prefix)
    if top in _MASS:
        return Unit(text, "mass_flow", _MASS[top] / _TIME_H[bottom])
    return None


def _gas_prefix(word: str) -> tuple[str | None, str]:
    for prefix in ("n", "s"):
        if word.startswith(prefix) and word[1:] in _VOLUME:
            return prefix.upper(), word[1:]
    return None, word


def _amount(text: str) -> Unit | None:
    word = _cleaned(text)
    prefix, volume = _gas_prefix(word)
    if volume in _VOLUME:
        return Unit(text, "volume", _VOLUME[volume], prefix=prefix)
    for quantity, table in (("mass", _MASS), ("energy", _ENERGY), ("length", _LENGTH)):
        if word in table:
            return Unit(text, quantity, table[word])
    return Unit(text, "state", 1.0) if word in ("-", "state", "on/off", "0/1") else None
