"""Fonts for pictures drawn by matplotlib: Chinese needs one that has the characters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from methodology.base.errors import Finding
from methodology.base.phrases import phrase

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
)
"""In order of preference; the Japanese face of Noto holds the Chinese characters too, a few in another form."""
PROBE = "碳储量清除"
SALT = "ghg-statement"


@dataclass(frozen=True)
class PictureStyle:
    """How to draw pictures in a language.

    Parameters
    ----------
    lang : str
        Language to write in: the one asked for, or English where no font has its characters.
    settings : mapping
        For ``matplotlib.rc_context``: font, and what makes SVG bytes repeat.
    findings : tuple of Finding
        ME-REP-01 where the font is missing; to be handed to `write_reports` as notes.
    """

    lang: str
    settings: dict[str, Any]
    findings: tuple[Finding, ...] = ()


def picture_style(lang: str) -> PictureStyle:
    """Style of pictures for a language; falls back to English with a finding where no Chinese font is installed.

    Notes
    -----
    Save with ``metadata={"Date": None}`` so that equal pictures are equal bytes.
    """
    settings: dict[str, Any] = {"svg.hashsalt": SALT, "svg.fonttype": "path", "axes.unicode_minus": True}
    if lang != "zh":
        return PictureStyle(lang, {**settings, "font.family": ["DejaVu Sans"]})
    family = chinese_family(CHINESE_FONTS)
    if family is not None:
        return PictureStyle(lang, {**settings, "font.family": [family, "DejaVu Sans"]})
    remedy = "Install one, for example the package fonts-noto-cjk; pictures are labelled in English until then."
    finding = Finding(
        "ME-REP-01", "pictures", "no font with Chinese characters", phrase("one of {names}", names=', '.join(CHINESE_FONTS[:5])), remedy, "warning"
    )  # fmt: skip
    return PictureStyle("en", {**settings, "font.family": ["DejaVu Sans"]}, (finding,))


def chinese_family(names: Iterable[str]) -> str | None:
    """The first family of the list that is installed and has Chinese characters, registered with matplotlib.

    A font collection (.ttc) holds several faces of which matplotlib sees the first only; the family is then the name
    matplotlib knows it by.
    """
    from matplotlib import font_manager

    wanted = list(names)
    known: dict[str, str] = {}
    for entry in font_manager.fontManager.ttflist:
        known.setdefault(entry.name, entry.fname)
    for path in font_manager.findSystemFonts():
        if (
            any(word in path.lower() for word in ("cjk", "hei", "han", "pingfang", "hiragino"))
            and path not in known.values()
        ):
            _add(font_manager, path, known)
    for name in wanted:
        if name in known and _has_chinese(known[name]):
            return name
    return None


def _add(font_manager: Any, path: str, known: dict[str, str]) -> None:
    try:
        font_manager.fontManager.addfont(path)
    except (OSError, RuntimeError):  # a damaged font is not ours to report
        return
    entry = font_manager.fontManager.ttflist[-1]
    known.setdefault(entry.name, entry.fname)


def _has_chinese(path: str) -> bool:
    from matplotlib.ft2font import FT2Font

    characters = FT2Font(path).get_charmap()
    return all(ord(character) in characters for character in PROBE)
