"""Which characters a Shapefile's attribute table is written in: read where it says so, asked where it does not.

A .dbf made in a Chinese GIS often holds GBK and says nothing. Read as Latin-1 it gives mojibake that no legend will
match; read as GBK by guess it may turn another language into Chinese. So the file's own word is taken (.cpg, then the
language byte of the .dbf); where it has none, or its word gives what looks like mojibake, the job must say.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path

from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

# Language driver byte of a .dbf. 0x57 and 0 ("the code page of the machine that wrote it") tell nothing.
LANGUAGE_BYTES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x4D: "gb18030", 0x4E: "cp949", 0x4F: "cp950",
    0x50: "cp874", 0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932", 0x7C: "cp874", 0xC8: "cp1250",
    0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
CPG_ALIASES = {"936": "gb18030", "GBK": "gb18030", "GB2312": "gb18030", "ANSI 936": "gb18030", "ANSI 1252": "cp1252"}
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_GB2312_PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")


def dbf_encoding(shapefile: Path, stated: str | None, place: str) -> str | None:
    """Encoding of the attribute table beside a .shp.

    Parameters
    ----------
    shapefile : Path
    stated : str or None
        What the job says; it goes first.
    place : str
        For the message.

    Returns
    -------
    str or None
        A Python codec name; None where neither job nor file says.

    Raises
    ------
    InputError
        BC-MAP-20 for an encoding nobody knows.
    """
    if stated is not None:
        return _codec(stated, place, "encoding in the job")
    for suffix in (".cpg", ".CPG", ".cst", ".CST"):
        side = shapefile.with_suffix(suffix)
        if side.is_file():
            text = side.read_text(encoding="ascii", errors="replace").strip().strip("\0")
            if text:
                return _codec(text, place, side.name)
    table = _beside(shapefile, ".dbf")
    if table is None:
        return None
    with open(table, "rb") as file:
        head = file.read(32)
    return LANGUAGE_BYTES.get(head[29]) if len(head) == 32 else None


def _beside(shapefile: Path, suffix: str) -> Path | None:
    for candidate in (shapefile.with_suffix(suffix), shapefile.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None


def _codec(name: str, place: str, where: str) -> str:
    wanted = CPG_ALIASES.get(name.upper(), name)
    wanted = re.sub(r"^(?:OEM|ANSI|CP)?\s*(\d{3,5})$", r"cp\1", wanted, flags=re.IGNORECASE)
    wanted = {"cp65001": "utf-8", "cp54936": "gb18030", "cp88591": "latin-1"}.get(wanted, wanted)
    try:
        found = codecs.lookup(wanted).name
        "a".encode(found)
    except (LookupError, UnicodeError, TypeError):
        raise refuse(
            "BC-MAP-20",
            f"{place}, {where}",
            phrase("encoding {name!r}", name=name),
            "a character encoding such as UTF-8, GB18030, Big5, cp1252",
            'State it in the job, for example encoding = "GB18030".',
        ) from None
    return "gb18030" if found in ("gbk", "gb2312") else found


def check_text(texts: Iterable[str], encoding: str | None, stated: bool, place: str) -> None:
    """Refuse text that nobody vouches for.

    Parameters
    ----------
    texts : iterable of str
        Column names and text values, decoded as ``encoding``, or as Latin-1 where that is None.
    encoding : str or None
        From `dbf_encoding`.
    stated : bool
        True if the job gave the encoding: then it is taken at its word.
    place : str

    Raises
    ------
    InputError
        BC-MAP-21 if there are characters beyond ASCII and no encoding, or if they look like another one's.
    """
    odd = sorted({text for text in texts if not text.isascii()})
    if not odd or stated:
        return
    if encoding is None:
        raise _ask(odd, "latin-1", phrase("no word on its encoding"), place)
    if encoding.startswith(("iso8859", "latin", "cp125", "cp437", "cp850")) and _likely_mojibake(odd, encoding):
        raise _ask(
            odd, encoding, phrase("encoding {encoding}, which gives text that looks garbled", encoding=encoding), place
        )


def _likely_mojibake(texts: list[str], encoding: str) -> bool:
    """True if every run of high bytes is UTF-8, or pairs of GB2312: no Western language writes so."""
    for text in texts:
        try:
            runs = _HIGH_RUN.findall(text.encode(encoding))
        except UnicodeEncodeError:
            return False
        if not all(_is_utf8(run) or _GB2312_PAIRS.fullmatch(run) for run in runs):
            return False
    return True


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _ask(odd: list[str], read_as: str, found: str, place: str) -> InputError:
    raw = "\n".join(odd[:3]).encode(read_as, errors="replace")
    views = []
    for candidate in ("utf-8", "gb18030", "big5", "cp1252"):
        try:
            views.append(f"{candidate.upper()}: {', '.join(raw.decode(candidate).splitlines())}")
        except UnicodeDecodeError:
            continue
    return refuse(
        "BC-MAP-21",
        place,
        phrase("an attribute table with letters beyond ASCII and {found}", found=found),
        "a .cpg file beside it, or encoding = … in the job",
        phrase("Pick the reading that is right and state it as encoding in the job. {names}", names="; ".join(views)),
    )


def decoded(text: str, codec: str | None) -> str:
    """Text whose bytes were handed over as Latin-1, in its own encoding.

    A character that the width of a .dbf column has cut in half is left out.
    """
    if codec is None or text.isascii():
        return text
    return codecs.getincrementaldecoder(codec)().decode(text.encode("latin-1"))


def undecodable(encoding: str, place: str) -> InputError:
    """The refusal for a table that its stated encoding cannot decode."""
    return refuse(
        "BC-MAP-22",
        place,
        phrase("bytes that are not {encoding}", encoding=encoding),
        phrase("an attribute table in {encoding}, as stated", encoding=encoding),
        "State another encoding in the job; for tables from a Chinese GIS try GB18030.",
    )
