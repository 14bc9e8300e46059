"""The design, held by tests: who imports whom, what help costs, what is documented, what codes mean."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from methodology.base.errors import code_titles

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("methodology", "bluecarbon", "ccus")
HEAVY = (
    "geopandas",
    "pandas",
    "xarray",
    "rasterio",
    "matplotlib",
    "scipy",
    "sympy",
    "CoolProp",
    "sqlalchemy",
    "pint",
    "numpy",
)
MAY_IMPORT = {
    "methodology": {"methodology"},
    "bluecarbon": {"methodology", "bluecarbon"},
    "ccus": {"methodology", "ccus"},
}
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in imported(path)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in MAY_IMPORT[package]
    ]
    assert not wrong


def test_base_imports_nothing_of_ours():
    wrong = [
        f"{path.name} imports {name}"
        for path in (ROOT / "methodology" / "base").glob("*.py")
        for name in imported(path)
        if name.startswith(PACKAGES) and not name.startswith("methodology.base")
    ]
    assert not wrong


def commands():
    from importlib import import_module

    for package in PACKAGES:
        if (ROOT / package / "cli.py").exists():
            group = import_module(f"{package}.cli").cli
            yield package, ()
            for name in group.list_commands(None):
                yield package, (name,)


@pytest.mark.parametrize(
    ("package", "words"), list(commands()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else value
)
def test_help_imports_nothing_heavy_and_shows_an_example(package, words):
    code = (
        "import sys\n"
        f"from {package}.cli import cli\n"
        f"try: cli.main({[*words, '--help']!r}, prog_name={package!r})\n"
        "except SystemExit: pass\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print('HEAVY', heavy)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "HEAVY []" in out, out
    if words:
        example = rf"^\s*(Example: )?{package} {words[0]}"
        assert re.search(example, out, re.M) or "Commands:" in out, f"no runnable example in:\n{out}"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_command_has_a_docs_page(package):
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    missing = [
        " ".join((name, *words))
        for name, words in commands()
        if name == package and f"`{' '.join((name, *words))}" not in page
    ]
    assert not missing


def test_every_finding_code_is_declared_once_with_both_languages():
    for package, prefix in (("methodology", "ME"), ("bluecarbon", "BC"), ("ccus", "CC")):
        titles = code_titles(package)
        used = set()
        for path in (ROOT / package).rglob("*.py"):
            used |= set(re.findall(rf'"({prefix}-[A-Z]+-\d+)"', path.read_text(encoding="utf-8")))
        assert not used - set(titles), f"{package}: codes without a title"
        assert all(title["en"] and title["zh"] for title in titles.values())


def public_functions():
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path, node


def test_public_functions_say_what_they_do_and_what_they_raise():
    silent = [
        f"{path.relative_to(ROOT)}:{node.name}" for path, node in public_functions() if not ast.get_docstring(node)
    ]
    assert not silent
    unsaid = []
    for path, node in public_functions():
        raises = any(
            isinstance(n, ast.Raise) and n.exc is not None and "refuse" in ast.dump(n.exc) for n in ast.walk(node)
        )
        if raises and "Raises" not in ast.get_docstring(node) and not _is_command(node):
            unsaid.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert not unsaid


def _is_command(node):
    return any("click" in ast.dump(d) or "command" in ast.dump(d) for d in node.decorator_list)


def test_public_arguments_are_typed():
    untyped = []
    for path, node in public_functions():
        if path.name.endswith("equations.py") or any("equation" in ast.dump(d) for d in node.decorator_list):
            continue  # an equation takes floats, arrays, quantities and symbols alike
        if path.name == "ops.py":
            continue
        arguments = [a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")]
        if any(a.annotation is None for a in arguments) or node.returns is None:
            untyped.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert not untyped


def test_the_project_speaks_of_itself_alone():
    words = ("py" + "pi.org", "claude", "chatgpt", "/work/" + "main", "/work/" + "shared", "debian" + ".org", "npmjs")
    found = []
    for pattern in ("*.py", "*.md", "*.toml", "*.csv", "*.cfg", "*.html"):
        for path in ROOT.rglob(pattern):
            if ".venv" in path.parts or "out" in path.parts or path == Path(__file__):
                continue
            text = path.read_text(encoding="utf-8", errors="replace").lower()
            found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word in text]
    assert not found
