"""Guides as they lie on disk: one folder each, found by name, loaded when asked for."""

from __future__ import annotations

import csv
import functools
import importlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from methodology.base.errors import refuse
from methodology.base.phrases import phrase
from methodology.equation import Equation, known_equations
from methodology.factors.table import FactorTable, load_factors


@dataclass(frozen=True)
class Guide:
    """One guide: its face, clauses, factors, equations and worked cases.

    Parameters
    ----------
    id : str
        Such as ``ipcc-wetlands-2013``.
    folder : Path
        With guide.toml and, where it has them, factors.csv, equations.py, worked.csv.
    text : mapping
        guide.toml as read.
    """

    id: str
    folder: Path
    text: Mapping[str, Any]

    @property
    def face(self) -> dict[str, Any]:
        """What every report that used the guide must say about it."""
        keys = ("title", "short", "edition", "text_read", "notice", "conformity")
        return {"id": self.id, **{key: self.text[key] for key in keys if key in self.text}}

    @property
    def clauses(self) -> list[dict[str, Any]]:
        """Clauses in order, each with number, title, text_read and, where they exist, equations and rules."""
        return list(self.text.get("clause", []))

    @functools.cached_property
    def factors(self) -> FactorTable:
        """The guide's own factors (empty where it prints none that could be read)."""
        path = self.folder / "factors.csv"
        return load_factors(path, self.id, known_sources()) if path.exists() else FactorTable(self.id, ())

    def equations(self) -> dict[str, Equation]:
        """Equations of the guide, by id."""
        if (self.folder / "equations.py").exists():
            importlib.import_module(f"methodology.guides.{self.folder.name}.equations")
        return {name: eq for name, eq in known_equations().items() if eq.guide == self.id}

    def worked_cases(self) -> list[dict[str, str]]:
        """Rows of worked.csv: equation, arguments, expected, tolerance, source."""
        path = self.folder / "worked.csv"
        return _read_csv(path) if path.exists() else []


def _read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _folders() -> dict[str, Path]:
    base = Path(str(resources.files("methodology.guides")))
    return {
        folder.name.replace("_", "-"): folder for folder in sorted(base.iterdir()) if (folder / "guide.toml").exists()
    }


@functools.cache
def known_sources() -> dict[str, dict[str, str]]:
    """Sources that guides, factors and equations cite, by key."""
    path = Path(str(resources.files("methodology.guides"))) / "sources.csv"
    return {row["key"]: row for row in _read_csv(path)}


def guide_ids() -> list[str]:
    """Ids of the installed guides."""
    return list(_folders())


@functools.cache
def load_guide(guide_id: str) -> Guide:
    """A guide by its id.

    Raises
    ------
    InputError
        ME-GUIDE-01 no such guide; the nearest id is named.
    """
    folders = _folders()
    if guide_id not in folders:
        near = get_close_matches(str(guide_id), folders, 1, 0.4)
        hint = phrase("Did you mean {near!r}?", near=near[0]) if near else "`methodology guides` lists them."
        raise refuse("ME-GUIDE-01", "guide", repr(guide_id), phrase("one of {names}", names=", ".join(folders)), hint)
    folder = folders[guide_id]
    text = tomllib.loads((folder / "guide.toml").read_text(encoding="utf-8"))
    return Guide(guide_id, folder, text)


def find_clause(guide: Guide, number: str) -> dict[str, Any]:
    """A clause of a guide by its number.

    Raises
    ------
    InputError
        ME-GUIDE-02 no such clause; those there are are named.
    """
    for clause in guide.clauses:
        if clause["number"] == number:
            return clause
    numbers = ", ".join(clause["number"] for clause in guide.clauses)
    raise refuse(
        "ME-GUIDE-02",
        guide.id,
        phrase("clause {number!r}", number=number),
        phrase("one of {names}", names=numbers),
        "`methodology show GUIDE` lists them.",
    )


def all_equations() -> dict[str, Equation]:
    """Every equation of every guide and of the installed kinds of job (entry point group ``methodology.equations``)."""
    _load_equations()
    return known_equations()


@functools.cache
def _load_equations() -> None:
    for guide_id in guide_ids():
        load_guide(guide_id).equations()
    for entry in entry_points(group="methodology.equations"):
        entry.load()
