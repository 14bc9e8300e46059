"""Texts without Chinese: `python docs/phrases.py` prints them as rows for the phrases_zh.csv of their room.

It reads the sources, not the running program: every found, expected and remedy that reaches a `Finding` is followed
back through variables, parameters and results of functions to the strings it is made of. A string with values must
be a `phrase`, or its Chinese could not be found; such places are listed as well.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PACKAGES = ("methodology", "bluecarbon", "ccus")
RAISERS = {"refuse": 0, "Finding": 0, "add": 0, "add_rows": 0}
SPEAKERS = ("say", "tell", "progress")
TEXTS = ("found", "expected", "remedy")
WORD = re.compile(r"(?<![\w.\[=/_#-])[A-Za-z]{2,}(?![\w\[=/_-]|\.\w|:(?:\S|$))")
"""A word of a sentence; keys, options, paths and names of files are none."""
UNIT = re.compile(r"(?<![A-Za-z])(cm|mm|km|ha|kg|kPa|MPa|Pa|bar|yr|CO2e?|CH4|N2O|TOML|CSV|UTF-8|EPSG)(?![A-Za-z])")
PLURALS = ("s", "es", "y", "ies", "is", "are", "has", "have", "its", "their", "was", "were", "it", "them", "do", "does")
"""English endings that Chinese has none of."""
IDENTIFIERS = ("node_id",)
"""Parameters that take names of things, which are the same in every language."""
DEPTH = 6
"""How many variables, parameters and results a text is followed through."""


@dataclass(frozen=True)
class Source:
    """A string of the sources: `kind` is "text", "template" of a phrase, or "raw" for values without a phrase."""

    kind: str
    node: ast.expr = field(compare=False)
    file: Path
    text: str
    direct: bool = True

    @property
    def wants_chinese(self) -> bool:
        """Keys, options and paths stay as they are; so do values that only pass through a variable."""
        words = re.sub(r"\{[^}]*\}", "", self.text)
        return bool(WORD.search(UNIT.sub("", words))) and (self.direct or " " in self.text.strip())


class Sources:
    """All modules of the three packages, with what is needed to follow a value back."""

    def __init__(self, root: Path = ROOT) -> None:
        self.trees = {
            path: ast.parse(path.read_text(encoding="utf-8"))
            for package in PACKAGES
            for path in sorted((root / package).rglob("*.py"))
        }
        self.scope: dict[ast.AST, ast.AST] = {}
        self.file: dict[ast.AST, Path] = {}
        self.functions: dict[str, list[ast.FunctionDef]] = defaultdict(list)
        self.calls: dict[str, list[ast.Call]] = defaultdict(list)
        self.constants: dict[str, list[ast.expr]] = defaultdict(list)
        for path, tree in self.trees.items():
            self._index(tree, tree, path)

    def _index(self, node: ast.AST, scope: ast.AST, path: Path) -> None:
        for child in ast.iter_child_nodes(node):
            self.scope[child], self.file[child] = scope, path
            if isinstance(child, ast.Call):
                self.calls[called(child)].append(child)
            if isinstance(child, ast.FunctionDef):
                self.functions[child.name].append(child)
            if isinstance(scope, ast.Module) and isinstance(child, ast.Assign | ast.AnnAssign) and child.value:
                for target in child.targets if isinstance(child, ast.Assign) else [child.target]:
                    if isinstance(target, ast.Name):
                        self.constants[target.id].append(child.value)
            self._index(child, child if isinstance(child, ast.FunctionDef) else scope, path)

    def found(self) -> list[Source]:
        """Every string that can reach a person as part of a finding, once per file."""
        known: dict[tuple[str, Path, str], Source] = {}
        for source in self._all():
            known.setdefault((source.kind, source.file, source.text), source)
        return list(known.values())

    def strings(self) -> set[str]:
        """Every string constant of the sources, docstrings apart, and the texts of factor tables."""
        nodes = [node for tree in self.trees.values() for node in ast.walk(tree)]
        documentation = {node.value for node in nodes if isinstance(node, ast.Expr)}
        constants = (node for node in nodes if isinstance(node, ast.Constant) and node not in documentation)
        return {node.value for node in constants if isinstance(node.value, str)} | {text for _, text in table_texts()}

    def _all(self) -> Iterator[Source]:
        for call in self.calls["phrase"]:
            if call.args and isinstance(call.args[0], ast.Constant):
                yield self._source("template", call.args[0], call.args[0].value)
            elif call.args:
                yield from self.follow(call.args[0], 0, set())
            for keyword in call.keywords:
                for source in self.follow(keyword.value, 1, set()):
                    if source.kind == "raw" or (source.kind == "text" and source.wants_chinese):
                        yield Source("raw", source.node, source.file, source.text)
        for call in (call for name in SPEAKERS for call in self.calls[name] if call.args):
            yield from self.follow(call.args[0], 0, set())
        for record in (node for tree in self.trees.values() for node in ast.walk(tree) if isinstance(node, ast.Dict)):
            fields = {getattr(key, "value", None): value for key, value in zip(record.keys, record.values, strict=True)}
            if {"name", "holds", "detail"} <= fields.keys():  # a check of a run
                for name in ("name", "detail"):
                    yield from self.follow(fields[name], 0, set())
        for name in RAISERS:
            for call in self.calls[name]:
                for role, argument in raised(call, name):
                    for source in self.follow(argument, 0, set()):
                        if role != "place" or source.kind == "raw":
                            yield source

    def _source(self, kind: str, node: ast.expr, text: str, depth: int = 0) -> Source:
        return Source(kind, node, self.file[node], text, depth == 0)

    def follow(self, node: ast.expr, depth: int, seen: set[ast.AST]) -> Iterator[Source]:
        """The strings a value can be."""
        if node in seen or depth > DEPTH:
            return
        seen.add(node)
        match node:
            case ast.Constant(value=str(text)):
                yield self._source("text", node, text, depth)
            case ast.JoinedStr():
                if has_words(node):
                    yield self._source("raw", node, ast.unparse(node))
            case ast.BinOp(op=ast.Add()):
                leaves = list(added(node))
                if any(isinstance(leaf, ast.Constant | ast.JoinedStr) and has_words(leaf) for leaf in leaves):
                    yield self._source("raw", node, ast.unparse(node))
                else:
                    for leaf in leaves:
                        yield from self.follow(leaf, depth, seen)
            case ast.Call():
                yield from self._follow_call(node, depth, seen)
            case ast.Name():
                for value in self._values_of(node):
                    yield from self.follow(value, depth + 1, seen)
            case _:
                for child in branches(node):
                    yield from self.follow(child, depth, seen)

    def _follow_call(self, node: ast.Call, depth: int, seen: set[ast.AST]) -> Iterator[Source]:
        name = called(node)
        if name == "join" and isinstance(node.func, ast.Attribute) and has_words(node):
            yield self._source("raw", node, ast.unparse(node))
        elif name == "joined":
            yield from self.follow(node.args[0], depth, seen)
        elif name in ("str", "get", "format"):
            for value in node.args[-1:] if name != "format" else ():
                yield from self.follow(value, depth, seen)
            if isinstance(node.func, ast.Attribute):
                yield from self.follow(node.func.value, depth + 1, seen)
        elif name not in ("phrase", "repr") and name not in RAISERS:
            for function in self._one(self.functions[name], node):
                for inner in ast.walk(function):
                    if isinstance(inner, ast.Return) and inner.value and self.scope[inner] is function:
                        yield from self.follow(inner.value, depth + 1, seen)

    def _one(self, candidates: list, node: ast.AST) -> list:
        near = [one for one in candidates if self.file[one] == self.file[node]]
        return near or (candidates if len(candidates) == 1 else [])

    def _values_of(self, name: ast.Name) -> Iterator[ast.expr]:
        scope = self.scope[name]
        if isinstance(scope, ast.FunctionDef):
            yield from assigned(scope, name.id)
            arguments = [*scope.args.posonlyargs, *scope.args.args]
            every = [one.arg for one in [*arguments, *scope.args.kwonlyargs]]
            if name.id in every:
                yield from self._passed(scope, name.id, [one.arg for one in arguments])
                return
        yield from self._one(self.constants[name.id], name)

    def _passed(self, function: ast.FunctionDef, parameter: str, order: list[str]) -> Iterator[ast.expr]:
        if parameter in IDENTIFIERS:
            return
        if order[:1] in (["self"], ["cls"]):
            order = order[1:]
        sole = len(self.functions[function.name]) == 1
        for call in self.calls[function.name]:
            if not sole and self.file[call] != self.file[function]:
                continue
            yield from (keyword.value for keyword in call.keywords if keyword.arg == parameter)
            if parameter in order and order.index(parameter) < len(call.args):
                yield call.args[order.index(parameter)]


def table_texts(root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Locators and notes of the factors that reports list, each with its file."""
    for file in sorted([*root.glob("methodology/**/factors.csv"), *root.glob("methodology/factors/gwp.csv")]):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            yield from ((file, row[name]) for name in ("locator", "note") if row[name])


def called(call: ast.Call) -> str:
    """Last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def raised(call: ast.Call, name: str) -> Iterator[tuple[str, ast.expr]]:
    """Arguments of a raise site that people read, with their names."""
    order = ("code", "rows", "column", *TEXTS) if name == "add_rows" else ("code", "place", *TEXTS)
    if len(call.args) + len(call.keywords) < 3:
        return  # the `add` of a set or a worksheet
    for role, argument in zip(order, call.args, strict=False):
        if role in ("place", *TEXTS):
            yield role, argument
    yield from ((word.arg, word.value) for word in call.keywords if word.arg in ("place", *TEXTS))


def assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """What a variable of a function is set to."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AnnAssign(target=target, value=value) if value:
                pairs = [(target, value)]
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.For(target=target, iter=ast.Tuple(elts=elts) | ast.List(elts=elts)):
                pairs = [(target, value) for value in elts]
            case _:
                continue
        for target, value in pairs:
            if isinstance(target, ast.Name) and target.id == name:
                yield value
            elif isinstance(target, ast.Tuple):
                for index, part in enumerate(target.elts):
                    if isinstance(part, ast.Name) and part.id == name:
                        yield from picked(value, index)


def picked(value: ast.expr, index: int) -> Iterator[ast.expr]:
    """One element of a tuple that may be chosen by a condition."""
    if isinstance(value, ast.IfExp):
        yield from picked(value.body, index)
        yield from picked(value.orelse, index)
    elif isinstance(value, ast.Tuple | ast.List) and index < len(value.elts):
        yield value.elts[index]
    elif isinstance(value, ast.Subscript):
        yield from branches(value)


def branches(node: ast.expr) -> list[ast.expr]:
    """What an expression chooses from."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.BoolOp(values=values) | ast.Dict(values=values):
            return list(values)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            return list(elts)
        case ast.Subscript(value=value):
            return [value]
    return []


def added(node: ast.expr) -> Iterator[ast.expr]:
    """Operands of a sum, in order."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from added(node.left)
        yield from added(node.right)
    else:
        yield node


def has_words(node: ast.AST) -> bool:
    """Whether a text has words of its own, beside its values."""
    match node:
        case ast.Constant(value=str(text)):
            return text not in PLURALS and bool(WORD.search(UNIT.sub("", text)))
        case ast.JoinedStr(values=values):
            return any(has_words(value) for value in values)
        case ast.FormattedValue(value=value):
            return isinstance(value, ast.IfExp | ast.BoolOp | ast.Call) and has_words(value)
        case ast.IfExp() | ast.BoolOp():
            return any(has_words(branch) for branch in branches(node))
        case ast.Call(func=ast.Attribute(value=ast.Constant() as separator, attr="join"), args=[items]):
            element = items.elt if isinstance(items, ast.GeneratorExp | ast.ListComp) else None
            return has_words(separator) or (isinstance(element, ast.JoinedStr) and has_words(element))
    return False


def lacking(root: Path = ROOT) -> tuple[list[Source], list[Source]]:
    """Texts without Chinese, and texts with values that are no phrase."""
    from methodology.base.phrases import catalogue_rows

    known = {row["en"] for package in PACKAGES for _, row in catalogue_rows(package)}
    found = Sources(root).found()
    return [s for s in found if s.kind != "raw" and s.wants_chinese and s.text not in known], [
        s for s in found if s.kind == "raw"
    ]


def main() -> None:
    """Print what is lacking; exit 1 if anything is."""
    from methodology.base.phrases import catalogue

    texts, raw = lacking()
    writer = csv.writer(sys.stdout)
    tables = {(file.relative_to(ROOT).parent, text, "") for file, text in table_texts() if text not in catalogue()}
    writer.writerows(sorted(tables))
    for source in texts:
        writer.writerow([source.file.relative_to(ROOT).parent, source.text, ""])
    for source in raw:
        print(f"{source.file.relative_to(ROOT)}:{source.node.lineno} no phrase: {source.text}", file=sys.stderr)
    sys.exit(1 if texts or raw or tables else 0)


if __name__ == "__main__":
    main()
