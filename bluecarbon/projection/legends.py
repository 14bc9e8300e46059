"""Legends that maps carry with them, held against each other: one code must mean one class at every date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from methodology.base.errors import Findings
from methodology.base.phrases import joined, phrase

MOST_BYTES = 2**24


def legend_of(path: Path) -> dict[int, str]:
    """Class names by code from the ``.aux.xml`` beside a raster; empty where it has none.

    Category names and raster attribute tables, as GDAL and QGIS write them, are read. A file that is no XML, or is
    larger than 16 MB, counts as none: it is a help to the reader and never needed.
    """
    side = path.with_name(path.name + ".aux.xml")
    if not side.is_file() or side.stat().st_size > MOST_BYTES:
        return {}
    text = side.read_text(encoding="utf-8", errors="replace")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return {}
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return {}
    names = {n: (node.text or "").strip() for n, node in enumerate(root.iterfind(".//CategoryNames/Category"))}
    return {code: name for code, name in {**names, **_attribute_table(root)}.items() if name}


def _attribute_table(root: ElementTree.Element) -> dict[int, str]:
    table = root.find(".//GDALRasterAttributeTable")
    if table is None:
        return {}
    usages = [field.findtext("Usage") for field in table.iterfind("FieldDefn")]
    names = [(field.findtext("Name") or "").lower() for field in table.iterfind("FieldDefn")]
    value = next((n for n, usage in enumerate(usages) if usage == "5"), None)  # 5 is GFU_MinMax, the class value
    value = names.index("value") if value is None and "value" in names else value
    label = next((n for n, usage in enumerate(usages) if usage == "2"), None)  # 2 is GFU_Name
    if value is None or label is None:
        return {}
    found = {}
    for row in table.iterfind("Row"):
        cells = [(cell.text or "").strip() for cell in row.iterfind("F")]
        if max(value, label) < len(cells) and cells[value].lstrip("-").isdigit():
            found[int(cells[value])] = cells[label]
    return found


def check_legends(legends: Sequence[tuple[str, Mapping[int, str]]], findings: Findings) -> None:
    """Refuse one code with two names.

    Parameters
    ----------
    legends : sequence of (place, names by code)
        Of the class table and of every map that carries one.
    findings : Findings
        Takes BC-PRJ-33, one for each code that is in dispute.
    """
    for code in sorted({code for _, legend in legends for code in legend}):
        said = [(place, legend[code]) for place, legend in legends if code in legend]
        if len({_plain(name) for _, name in said}) > 1:
            findings.add(
                "BC-PRJ-33",
                phrase("code {code}", code=code),
                joined("; ", (phrase("{name} in {place}", name=name, place=place) for place, name in said)),
                "one name at every date and in the class table",
                "Recode the map that differs, or correct the class table. If only the wording differs, make it equal.",
            )


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
