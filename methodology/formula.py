"""A formula as people and spreadsheets read it, from the one definition of an equation.

The order and grouping of the source are kept: sympy is used as a tree, not as a simplifier. For spreadsheets every
operand that is not a plain number or cell is put in parentheses, because a cell formula binds the minus sign more
tightly than the power (``=-2^2`` is 4 there) where mathematics does the reverse.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from methodology.equation import Equation


def _flat(expression: Any) -> Any:
    """Products of products and sums of sums joined into one, order kept."""
    import sympy

    if not expression.args:
        return expression
    parts: list[Any] = []
    for part in (_flat(argument) for argument in expression.args):
        if type(part) is type(expression) and isinstance(part, sympy.Mul | sympy.Add):
            parts.extend(part.args)
        else:
            parts.append(part)
    with sympy.evaluate(False):
        return expression.func(*parts)


def latex(equation: Equation) -> str:
    """The equation as LaTeX, in the form it was written, constants as their printed number.

    Parameters
    ----------
    equation : Equation

    Returns
    -------
    str
        Right-hand side only.
    """
    import sympy

    names = {
        sympy.Symbol(name, real=True, positive=True): constant.text for name, constant in equation.constants().items()
    }
    for argument in equation.arguments:
        names[sympy.Symbol(argument.name, real=True)] = r"\mathrm{" + argument.name.replace("_", r"\_") + "}"
    shown = {symbol: _latex_number(text) if "/" in text else text for symbol, text in names.items()}
    return sympy.latex(_flat(equation.formula), order="none", symbol_names=shown, mul_symbol="dot")


def _latex_number(text: str) -> str:
    top, _, bottom = text.partition("/")
    return rf"\frac{{{top}}}{{{bottom}}}" if top.isdigit() and bottom.isdigit() else text


def readable(equation: Equation) -> str:
    """The equation as one line of text: ``area × stock × 44/12``."""
    names = {argument.name: argument.name.replace("_", " ") for argument in equation.arguments}
    names |= {name: constant.text for name, constant in equation.constants().items()}
    return _text(_flat(equation.formula), names)


@functools.cache
def chinese_symbols() -> dict[str, str]:
    """Chinese of the arguments of equations, from ``symbols_zh.csv`` beside this file; underscores as blanks."""
    text = resources.files("methodology").joinpath("symbols_zh.csv").read_text(encoding="utf-8")
    return {row["symbol"].replace("_", " "): row["zh"] for row in csv.DictReader(text.splitlines())}


def symbol_in(name: str, lang: str) -> str:
    """An argument of an equation in words of a language, "en" or "zh"."""
    spaced = name.replace("_", " ")
    return chinese_symbols().get(spaced, spaced) if lang == "zh" else spaced


def formula_in(text: str, lang: str) -> str:
    """A formula as `readable` gives it, its arguments in words of a language."""
    return re.sub(r"[A-Za-z]\w*(?: [A-Za-z]\w*)*", lambda found: symbol_in(found[0], lang), text)


def _text(node: Any, names: Mapping[str, str]) -> str:
    import sympy

    if isinstance(node, sympy.Symbol):
        return names[node.name]
    if node.is_Number:
        return f"{float(node):.12g}"
    if isinstance(node, sympy.Add):
        terms = [_signed(term, names) for term in node.args]
        first_sign, first = terms[0]
        text = ("−" if first_sign < 0 else "") + first
        return text + "".join(f" {'−' if sign < 0 else '+'} {term}" for sign, term in terms[1:])
    if isinstance(node, sympy.Mul):
        return _product_text(node, names)
    if isinstance(node, sympy.Pow):
        return f"{_grouped(node.base, names)}^{_grouped(node.exp, names)}"
    if isinstance(node, sympy.Piecewise):
        (yes, condition), (no, _) = node.args
        return f"where({_text(condition, names)}, {_text(yes, names)}, {_text(no, names)})"
    if isinstance(node, sympy.core.relational.Relational):
        return f"{_text(node.lhs, names)} {node.rel_op} {_text(node.rhs, names)}"
    name = {"Min": "min", "Max": "max", "log": "ln"}.get(type(node).__name__, type(node).__name__.lower())
    return f"{name}({', '.join(_text(argument, names) for argument in node.args)})"


def _signed(term: Any, names: Mapping[str, str]) -> tuple[int, str]:
    import sympy

    if isinstance(term, sympy.Mul) and sympy.S.NegativeOne in term.args:
        rest = list(term.args)
        rest.remove(sympy.S.NegativeOne)
        with sympy.evaluate(False):
            inner = rest[0] if len(rest) == 1 else sympy.Mul(*rest)
        return -1, _grouped(inner, names) if isinstance(inner, sympy.Add) else _text(inner, names)
    return 1, _text(term, names)


def _product_text(node: Any, names: Mapping[str, str]) -> str:
    import sympy

    text = ""
    for position, factor in enumerate(node.args):
        if factor == sympy.S.NegativeOne and position == 0:
            text = "−"
        elif isinstance(factor, sympy.Pow) and factor.exp == -1 and position:
            text += f" ÷ {_grouped(factor.base, names)}"
        else:
            text += (" × " if text and text != "−" else "") + _grouped(factor, names)
    return text


def _grouped(node: Any, names: Mapping[str, str]) -> str:
    import sympy

    text = _text(node, names)
    return f"({text})" if isinstance(node, sympy.Add | sympy.Mul | sympy.Pow) else text


def cell_formula(expression: Any, cells: Mapping[str, str]) -> str:
    """An expression as a spreadsheet formula body (without the leading ``=``).

    Parameters
    ----------
    expression : sympy expression
        Of an equation or of one of its derivatives.
    cells : mapping of symbol name to str
        Cell reference or number text of each argument and constant.

    Raises
    ------
    TypeError
        For a function with no spreadsheet counterpart; the list is that of `methodology.ops`.
    """
    import sympy

    def write(node: Any) -> str:
        if isinstance(node, sympy.Symbol):
            return cells[node.name]
        if node.is_Number:
            number = repr(float(node)) if not node.is_Integer else str(int(node))
            return f"({number})" if number.startswith("-") else number
        if node in (sympy.true, sympy.false):
            return "TRUE" if node == sympy.true else "FALSE"
        if isinstance(node, sympy.Add):
            return "(" + "+".join(write(part) for part in node.args) + ")"
        if isinstance(node, sympy.Mul):
            return "(" + "*".join(write(part) for part in node.args) + ")"
        if isinstance(node, sympy.Pow):
            if node.exp == -1:
                return f"(1/{write(node.base)})"
            return f"(({write(node.base)})^({write(node.exp)}))"
        if isinstance(node, sympy.Heaviside):
            return f"IF({write(node.args[0])}>0,1,0)"
        if isinstance(node, sympy.Piecewise):
            text = write(node.args[-1][0])
            for value, condition in reversed(node.args[:-1]):
                text = f"IF({write(condition)},{write(value)},{text})"
            return text
        if isinstance(node, sympy.core.relational.Relational):
            return f"({write(node.lhs)}{ {'==': '=', '!=': '<>'}.get(node.rel_op, node.rel_op) }{write(node.rhs)})"
        names = {"exp": "EXP", "log": "LN", "Min": "MIN", "Max": "MAX"}
        if type(node).__name__ not in names:
            raise TypeError(f"{type(node).__name__} has no spreadsheet counterpart")
        return f"{names[type(node).__name__]}({','.join(write(part) for part in node.args)})"

    return write(expression)
