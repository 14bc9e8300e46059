"""Findings, and the one error that carries them.

A finding is a record, not a message: code, place, what was found, what was expected, what to do. Checks of a
whole file collect findings and stop once, so that a person mends everything in one go. A single bad value raises
at once. Either way the caller sees an `InputError`, and the command line prints it without a traceback.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import Any

from methodology.base.phrases import phrase, told, with_chinese

SEVERITIES = ("error", "warning", "note")
TEXTS = ("place", "found", "expected", "remedy")


@dataclass(frozen=True)
class Finding:
    """One thing a person should know about an input or a result.

    Parameters
    ----------
    code : str
        Stable code such as ``BC-MAP-03``, listed in a ``codes.csv`` of the package that raises it.
    place : str
        File, row, column or key where it was seen.
    found, expected : str
        What stands there and what should.
    remedy : str
        What to do about it, in one or two sentences.
    severity : {"error", "warning", "note"}
        An error stops before computing; the others are carried into the statement.
    amount, unit, share :
        How much is concerned (for example an area [ha]) and its share of the whole [1], where that has a meaning.
    """

    code: str
    place: str
    found: str
    expected: str
    remedy: str = ""
    severity: str = "error"
    amount: float | None = None
    unit: str | None = None
    share: float | None = None

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity {self.severity!r} is none of {SEVERITIES}")

    def __str__(self) -> str:
        return self.told("en")

    def told(self, lang: str) -> str:
        """Text for a terminal, in "en" or "zh"."""
        size = ""
        if self.amount is not None:
            size = f" ({self.amount:,.6g} {told(self.unit or '', lang)}".rstrip()
            size += f", {100 * self.share:.3g} %)" if self.share is not None else ")"
        head = phrase(
            "{code} {place}: found {found}{size}, expected {expected}.",
            **{name: told(getattr(self, name), lang) for name in ("code", "place", "found", "expected")},
            size=size,
        )
        return told(head, lang) + (f"\n  {told(self.remedy, lang)}" if self.remedy else "")

    def as_dict(self) -> dict[str, Any]:
        """Fields that are set, in declared order, ready for JSON; ``zh`` holds the Chinese of those that have one."""
        return with_chinese({key: value for key, value in asdict(self).items() if value not in (None, "")}, TEXTS)


class InputError(Exception):
    """Something a person gave us cannot be used. Carries one or more findings."""

    def __init__(self, *findings: Finding) -> None:
        if not findings:
            raise ValueError("an InputError needs at least one finding")
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in findings))

    @property
    def code(self) -> str:
        """Code of the first finding."""
        return self.findings[0].code


def refuse(code: str, place: str, found: object, expected: str, remedy: str = "") -> InputError:
    """Build the error for one bad value: ``raise refuse("BC-JOB-02", ...)``."""
    return InputError(Finding(code, place, _text(found), expected, remedy))


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


@dataclass
class Findings:
    """Collector for a pass over a file or a job: add as many as there are, then stop once."""

    items: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        place: str,
        found: object,
        expected: str,
        remedy: str = "",
        severity: str = "error",
        **size: Any,
    ) -> Finding:
        """Record one finding; ``amount``, ``unit`` and ``share`` may be given by name."""
        finding = Finding(code, place, _text(found), expected, remedy, severity, **size)
        self.items.append(finding)
        return finding

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take over findings made elsewhere."""
        self.items.extend(findings)

    @property
    def errors(self) -> list[Finding]:
        """Those that stop the run."""
        return [finding for finding in self.items if finding.severity == "error"]

    def stop_on_errors(self) -> None:
        """Raise one `InputError` with every error found so far, if there is any."""
        if self.errors:
            raise InputError(*self.errors)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def code_titles(package: str) -> dict[str, dict[str, str]]:
    """Titles of all finding codes of a package, ``{code: {"en": ..., "zh": ...}}``, from its ``codes.csv`` files.

    Parameters
    ----------
    package : str
        Top-level package, for example ``"bluecarbon"``. Every folder in it may hold a ``codes.csv``
        with columns code, en, zh.
    """
    titles: dict[str, dict[str, str]] = {}
    stack = [resources.files(package)]
    while stack:
        for entry in stack.pop().iterdir():
            if entry.is_dir() and not entry.name.startswith((".", "__")):
                stack.append(entry)
            elif entry.name == "codes.csv":
                for row in csv.DictReader(entry.read_text(encoding="utf-8").splitlines()):
                    if row["code"] in titles:
                        raise ValueError(f"finding code {row['code']} is declared twice in {package}")
                    titles[row["code"]] = {"en": row["en"], "zh": row["zh"]}
    return titles
