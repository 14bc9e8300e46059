"""Chinese headers and words of field tables: what they stand for in the declared names. Nothing is guessed by likeness."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Collection, Mapping
from importlib import resources

ROUND = re.compile(r"^(?P<name>[^()（）\[\]]+?)\s*[(（](?P<unit>[^()（）]*)[)）]$")


@functools.cache
def _table(file: str) -> dict[str, str]:
    text = resources.files("bluecarbon.tables").joinpath(file).read_text(encoding="utf-8")
    return dict(row for row in list(csv.reader(text.splitlines()))[1:])


def header_of(title: str, names: Collection[str] | None = None) -> tuple[str, str | None] | None:
    """Declared column a Chinese header stands for, and its unit in round or square brackets; None for any other header.

    Parameters
    ----------
    title : str
        Such as 胸径(cm).
    names : collection of str, optional
        Columns of the table, every known column if not given; a word that stands for none of them is left as it is.
    """
    match = ROUND.match(title) or re.match(r"^(?P<name>[^\[\]]+?)\s*\[(?P<unit>[^\[\]]*)\]$", title)
    name = _table("headers_zh.csv").get((match["name"] if match else title).strip())
    if name is None or (names is not None and name not in names):
        return None
    return name, match["unit"].strip() if match else None


def words_of(vocabulary: Collection[str]) -> Mapping[str, str]:
    """Chinese words for words of a vocabulary."""
    return {zh: word for zh, word in _table("words_zh.csv").items() if word in vocabulary}
