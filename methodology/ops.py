"""The functions an equation may use beside + − × ÷ and powers.

Each dispatches on what it is given: numbers and numpy arrays, xarray, pint quantities (units checked) and sympy
(the formula kept in the form it was written). numpy's own protocols serve the first three; only sympy needs help.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _symbolic(*values: Any) -> bool:
    return any(type(value).__module__.partition(".")[0] == "sympy" for value in values)


def _sympy_call(name: str, *values: Any) -> Any:
    import sympy

    return getattr(sympy, name)(*values, evaluate=False)


def exp(x: Any) -> Any:
    """e to the power x; x dimensionless."""
    return _sympy_call("exp", x) if _symbolic(x) else np.exp(x)


def log(x: Any) -> Any:
    """Natural logarithm; x dimensionless and positive."""
    return _sympy_call("log", x) if _symbolic(x) else np.log(x)


def log10(x: Any) -> Any:
    """Logarithm to base ten; x dimensionless and positive."""
    if _symbolic(x):
        import sympy

        return sympy.log(x, evaluate=False) / sympy.log(10, evaluate=False)
    return np.log10(x)


def sqrt(x: Any) -> Any:
    """Square root; the unit's exponent halves."""
    if _symbolic(x):
        import sympy

        return sympy.Pow(x, sympy.Rational(1, 2), evaluate=False)
    return np.sqrt(x)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two values of one unit, element by element."""
    return _sympy_call("Min", a, b) if _symbolic(a, b) else np.minimum(a, b)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two values of one unit, element by element."""
    return _sympy_call("Max", a, b) if _symbolic(a, b) else np.maximum(a, b)


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, else `no`, element by element; both of one unit."""
    if _symbolic(condition, yes, no):
        import sympy

        return sympy.Piecewise((yes, condition), (no, True), evaluate=False)
    if any(type(value).__module__.partition(".")[0] == "xarray" for value in (condition, yes, no)):
        import xarray

        return xarray.where(condition, yes, no)
    return np.where(condition, yes, no)
