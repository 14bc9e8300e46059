"""Texts that people read in English or Chinese, written once at the place that knows them.

`phrase("{n} cells have no class", n=3)` is the English sentence, a `str` like any other, that remembers its template
and values. A `phrases_zh.csv` (columns en, zh) in the folder of the code holds the Chinese template beside the English
one; `chinese` looks it up when somebody asks for Chinese. A text without values needs no call: the plain English
string is looked up as it stands. Values (numbers, names of files and classes) stay as they are unless they are phrases
themselves. `docs/phrases.py` lists what a catalogue lacks, and a test holds every catalogue complete.

The catalogues are CSV and not gettext's .mo, for the same reason as all tables here: one can read a change of them in
a diff, and nothing has to be compiled.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any


class Phrase(str):
    """An English text that remembers what it was made of. Made by `phrase`, `joined` and ``+``."""

    template: str
    values: Mapping[str, Any]
    parts: tuple[object, ...] | None

    def __add__(self, other: str) -> Phrase:
        return joined("", (self, other))

    def __radd__(self, other: str) -> Phrase:
        return joined("", (other, self))


def phrase(template: str, /, **values: Any) -> Phrase:
    """A text with named values, as `str.format` takes them.

    Examples
    --------
    >>> phrase("{n} of {total} rows", n=3, total=1200)
    '3 of 1200 rows'
    """
    text = Phrase(template.format(**values))
    text.template, text.values, text.parts = template, values, None
    return text


def joined(separator: str, items: Iterable[object]) -> Phrase:
    """Items joined as ``separator.join`` does; phrases among them, and the separator, have their Chinese."""
    parts = tuple(item if isinstance(item, str) else str(item) for item in items)
    text = Phrase(separator.join(parts))
    text.template, text.values, text.parts = separator, {}, parts
    return text


def chinese(text: str) -> str:
    """The Chinese of a phrase or plain English text; what has none stays as it is."""
    if not isinstance(text, Phrase):
        return catalogue().get(text, text)
    if text.parts is not None:
        return chinese(str(text.template)).join(map(chinese_part, text.parts))
    values = {name: chinese_part(value) for name, value in text.values.items()}
    return catalogue().get(text.template, text.template).format(**values)


def chinese_part(value: Any) -> Any:
    """A value inside a text: a phrase is turned, anything else is data and stays."""
    return chinese(value) if isinstance(value, Phrase) else value


def told(text: str, lang: str) -> str:
    """A text in a language, "en" or "zh"."""
    return chinese(text) if lang == "zh" else str(text)


def with_chinese(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A record for JSON with the Chinese of its texts under ``zh``, where they have one; a record that has it stays."""
    if "zh" in record:
        return dict(record)
    turned = {name: chinese(record[name]) for name in names if record.get(name)}
    own = {name: text for name, text in turned.items() if text != record[name]}
    return {**record, "zh": own} if own else dict(record)


@functools.cache
def catalogue() -> dict[str, str]:
    """English templates with their Chinese, of this package and of all that bring kinds of jobs."""
    from importlib.metadata import entry_points

    packages = {"methodology", *(entry.module.partition(".")[0] for entry in entry_points(group="methodology.jobs"))}
    return {row["en"]: row["zh"] for package in sorted(packages) for _, row in catalogue_rows(package)}


def catalogue_rows(package: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows of all ``phrases_zh.csv`` of a package, each with the folder it stands in."""
    stack = [(package, resources.files(package))]
    while stack:
        name, folder = stack.pop()
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.name.startswith((".", "__")):
                stack.append((f"{name}/{entry.name}", entry))
            elif entry.name == "phrases_zh.csv":
                rows = csv.DictReader(entry.read_text(encoding="utf-8").splitlines())
                yield from ((name, row) for row in rows)
