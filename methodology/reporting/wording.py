"""Words of reports: one table per language beside this file, and the words a statement brings along."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from methodology.base.errors import TEXTS, refuse
from methodology.base.phrases import phrase, told

LANGUAGES = ("en", "zh")


@functools.cache
def wording_table(lang: str) -> dict[str, dict[str, str]]:
    """All sections of a language's wording.

    Raises
    ------
    InputError
        ME-REP-03 a language without wording.
    """
    if lang not in LANGUAGES:
        raise refuse(
            "ME-REP-03",
            "language",
            repr(lang),
            phrase("one of {names}", names=", ".join(LANGUAGES)),
            "Use --lang en or --lang zh.",
        )
    file = resources.files("methodology.reporting").joinpath("wording", f"{lang}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Words:
    """Looks up words of one language, first in what the statement brings along.

    Parameters
    ----------
    lang : {"en", "zh"}
    own : mapping of section to {key: {"en": ..., "zh": ...}}
        A statement's top-level ``words``: names of quantities, labels, settings that this package does not know.
    """

    lang: str
    own: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def __call__(self, section: str, key: str, **values: Any) -> str:
        """The word or sentence of a key; a key nobody knows is shown as it is, underscores as blanks."""
        given = self.own.get(section, {}).get(key)
        text = self.pick(given) if given else wording_table(self.lang).get(section, {}).get(key)
        if text is None:
            return str(key).replace("_", " ")
        return text.format(**values) if values else text

    def knows(self, section: str, key: str) -> bool:
        """Whether there is a word for the key."""
        return key in self.own.get(section, {}) or key in wording_table(self.lang).get(section, {})

    def pick(self, texts: Mapping[str, str] | str | None) -> str:
        """The text of this language of an ``{"en": ..., "zh": ...}`` mapping, else the English one."""
        if texts is None:
            return ""
        if isinstance(texts, str):
            return texts
        return texts.get(self.lang) or texts.get("en") or next(iter(texts.values()), "")

    def finding(self, finding: Mapping[str, Any]) -> dict[str, str]:
        """Place, found, expected and remedy of a finding; what it brings along in this language comes first."""
        own = finding.get("zh", {}) if self.lang == "zh" else {}
        return {name: own.get(name) or told(finding.get(name, ""), self.lang) for name in TEXTS}

    def factor(self, factor: Mapping[str, Any]) -> dict[str, str]:
        """Locator and note of a factor; what it brings along in this language comes first."""
        own = factor.get("zh", {}) if self.lang == "zh" else {}
        return {name: own.get(name) or told(factor.get(name, ""), self.lang) for name in ("locator", "note")}

    def check(self, check: Mapping[str, Any]) -> dict[str, str]:
        """Name and detail of a check of the run."""
        own = check.get("zh", {}) if self.lang == "zh" else {}
        name = own.get("name") or told(check["name"], self.lang)
        name = self("check", check["name"]) if self.knows("check", check["name"]) else name
        return {"name": name, "detail": own.get("detail") or told(check["detail"], self.lang)}

    def quality(self, text: str) -> str:
        """The data quality of a line: a word of the vocabulary, or what was measured, item by item."""
        if self.lang == "en" or self.knows("data_quality", text):
            return self("data_quality", text) if self.knows("data_quality", text) else text
        found = re.fullmatch(r"measured: (.+?)(?: and (\d+) more)?(, beside default factors)?", text)
        if found is None:
            return text
        items, more, beside = found.groups()
        said = self("language", "semicolon").join(map(self._sampled, items.split("; ")))
        said += self("measured", "more", n=more) if more else ""
        return self("measured", "said", what=said) + (self("measured", "beside_defaults") if beside else "")

    def _sampled(self, text: str) -> str:
        """Samples of one mean, such as ``5 cores, grade C2``."""
        if text.startswith("own factor "):
            return self("measured", "own_factor", id=text.removeprefix("own factor "))
        found = re.fullmatch(r"(\d+) (cores|plots|sites)(?:, grade (\S+))?", text)
        if found is None:
            return text
        count = self("measured", found[2], n=found[1])
        return self.joined([count, self("measured", "grade", grade=found[3])]) if found[3] else count

    def label(self, text: str) -> str:
        """A label of a dimension (habitat, pool, …), composed strata part by part."""
        if self.knows("label", text):
            return self("label", text)
        if " | " in text:
            return " | ".join(self.label(part) for part in text.split(" | "))
        name, separator, rest = text.partition(" (")
        if separator and self.knows("label", name):
            return f"{self('label', name)} ({rest}"
        return text.replace("_", " ") if text.islower() else text

    def joined(self, items: list[str]) -> str:
        """Items as a list in a sentence."""
        return self("language", "list").join(items)

    def bracketed(self, text: str) -> str:
        """Text in the brackets of the language, ready to follow a word."""
        return f"{self('language', 'open')}{text}{self('language', 'close')}"


def words_for(statement: Mapping[str, Any], lang: str) -> Words:
    """Words of a language for one statement.

    Raises
    ------
    InputError
        ME-REP-03 a language without wording.
    """
    wording_table(lang)
    return Words(lang, statement.get("words", {}))
