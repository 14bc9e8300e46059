"""Equations, written once: values, draws, unit check, readable formula and live cell formula from one function.

An equation is elementwise arithmetic in a plain function. Its decorator names the guide, the number in the guide,
the unit of the result, and the unit and valid range of each argument. Conversions are module-level `Constant`s with
a unit, so that a check with real units finds a forgotten factor of 100.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class Constant(float):
    """A conversion or stoichiometric number with its unit, used like a float in equations.

    Parameters
    ----------
    value : float
    unit : str
        Such that the equation is dimensionally true, for example ``Constant(44 / 12, "t_CO2/t_C")``.
    text : str, optional
        How the source writes it ("44/12").
    """

    unit: str
    text: str

    def __new__(cls, value: float, unit: str, text: str | None = None) -> Constant:
        constant = super().__new__(cls, value)
        constant.unit = unit
        constant.text = text or f"{value:g}"
        return constant

    def __reduce__(self) -> tuple[Any, ...]:
        return (Constant, (float(self), self.unit, self.text))


@dataclass(frozen=True)
class Argument:
    """Unit and valid range of one argument; None means open."""

    name: str
    unit: str
    low: float | None
    high: float | None


@dataclass(frozen=True, repr=False)
class Equation:
    """One equation of a guide. Call it like the function it was; see `equation`."""

    guide: str
    number: str
    name: str
    returns: str
    arguments: tuple[Argument, ...]
    empirical: bool
    function: Callable[..., Any]

    def __repr__(self) -> str:
        return f"<equation {self.id}>"

    @property
    def id(self) -> str:
        """Stable name used in statements: guide:number:name."""
        return f"{self.guide}:{self.number}:{self.name}"

    @property
    def text(self) -> str:
        """What the equation says, from its docstring."""
        return inspect.getdoc(self.function) or ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def constants(self) -> dict[str, Constant]:
        """Named constants the body uses."""
        names = self.function.__code__.co_names
        found = {name: self.function.__globals__.get(name) for name in names}
        return {name: value for name, value in found.items() if isinstance(value, Constant)}

    def evaluated_with(self, constants: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
        """Run the body with its constants replaced, for example by quantities or symbols."""
        source = self.function
        body = types.FunctionType(
            source.__code__,
            {**source.__globals__, **constants},
            source.__name__,
            source.__defaults__,
            source.__closure__,
        )
        return body(**arguments)

    def quantity(self, **values: Any) -> Any:
        """Result as a pint quantity, from plain numbers in the declared units.

        Raises
        ------
        pint.DimensionalityError
            If the body is not dimensionally true. An empirical equation is evaluated on bare numbers.
        """
        from methodology.base.units import registry

        units = registry()
        if self.empirical:
            return units.Quantity(self.function(**values), self.returns)
        constants = {name: units.Quantity(float(c), c.unit) for name, c in self.constants().items()}
        given = {a.name: units.Quantity(values[a.name], a.unit) for a in self.arguments}
        result = self.evaluated_with(constants, given)
        if not hasattr(result, "to"):
            result = units.Quantity(result, "")
        return result.to(self.returns if self.returns != "1" else "")

    @functools.cached_property
    def formula(self) -> Any:
        """The body as a sympy expression in the form it was written; constants are symbols of their own."""
        import sympy

        symbols = {argument.name: sympy.Symbol(argument.name, real=True) for argument in self.arguments}
        constants = {name: sympy.Symbol(name, real=True, positive=True) for name in self.constants()}
        with sympy.evaluate(False):
            return sympy.sympify(self.evaluated_with(constants, symbols))

    @functools.cached_property
    def derivatives(self) -> dict[str, Any]:
        """Partial derivative by each argument as a sympy expression."""
        import sympy

        expression = sympy.sympify(sympy.srepr(self.formula))  # re-evaluated, so that derivatives come out short
        names = {symbol.name: symbol for symbol in expression.free_symbols}
        return {
            argument.name: sympy.diff(expression, names[argument.name]) if argument.name in names else sympy.Integer(0)
            for argument in self.arguments
        }

    @functools.cached_property
    def slopes(self) -> dict[str, Callable[..., Any]]:
        """Partial derivative by each argument as a numpy function of all arguments, in their order."""
        import sympy

        values = {sympy.Symbol(name, real=True, positive=True): float(c) for name, c in self.constants().items()}
        order = [sympy.Symbol(argument.name, real=True) for argument in self.arguments]
        return {
            name: sympy.lambdify(order, expression.subs(values).replace(sympy.Heaviside, _step), modules="numpy")
            for name, expression in self.derivatives.items()
        }


def _step(x: Any, *_: Any) -> Any:
    """Derivative of minimum and maximum: one side counts fully, never both, never half."""
    import sympy

    return sympy.Piecewise((1, x > 0), (0, True))


_REGISTRY: dict[str, Equation] = {}


def equation(
    guide: str, number: str, returns: str, empirical: bool = False, **arguments: tuple[str, float | None, float | None]
) -> Callable[[Callable[..., Any]], Equation]:
    """Declare a function to be an equation of a guide.

    Parameters
    ----------
    guide, number : str
        Guide id and the equation's number in it (or a short name where the guide has no number).
    returns : str
        Unit of the result.
    empirical : bool
        True for a fitted form whose coefficients hide their units (an allometry); it takes numbers in the declared
        units and is left out of the dimensional check.
    **arguments : (unit, low, high)
        Unit and valid range of each argument, in the function's own order.

    Raises
    ------
    TypeError
        If the declared arguments are not those of the function, or the docstring names no source.
    """

    def declare(function: Callable[..., Any]) -> Equation:
        names = tuple(inspect.signature(function).parameters)
        if names != tuple(arguments):
            raise TypeError(f"{function.__name__} takes {names}, but the decorator declares {tuple(arguments)}")
        if "Source:" not in (function.__doc__ or ""):
            raise TypeError(f"{function.__name__} names no source in its docstring ('Source: key, locator')")
        declared = tuple(Argument(name, *arguments[name]) for name in names)
        result = Equation(guide, number, function.__name__, returns, declared, empirical, function)
        if (
            result.id in _REGISTRY
            and _REGISTRY[result.id].function.__code__.co_filename != function.__code__.co_filename
        ):
            raise TypeError(f"equation {result.id} is declared twice")
        _REGISTRY[result.id] = result
        for attribute in ("__doc__", "__name__", "__module__"):  # frozen, so not by functools.update_wrapper
            object.__setattr__(result, attribute, getattr(function, attribute))
        return result

    return declare


def known_equations() -> dict[str, Equation]:
    """Every equation declared so far in this process, by id."""
    return dict(sorted(_REGISTRY.items()))
