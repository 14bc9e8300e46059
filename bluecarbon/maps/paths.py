"""Which paths a map may come from: local files of four vector formats that are what their name says."""

from __future__ import annotations

import re
from pathlib import Path

from methodology.base.errors import refuse
from methodology.base.phrases import phrase

SUFFIX_FORMATS = {
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
}
_CONNECTION = re.compile(r"^[A-Za-z][A-Za-z0-9+._-]+:")  # PG:, GPKG:, https: … ; a drive letter is one letter


def checked_path(path: Path | str, place: str) -> Path:
    """The absolute path of a local file, or a refusal.

    Parameters
    ----------
    path : Path or str
        As the job names it.
    place : str
        Where it stands in the job, for the message.

    Returns
    -------
    Path
        Absolute, so that no library can read it as a connection string.

    Raises
    ------
    InputError
        BC-MAP-01 for virtual file systems, addresses and connection strings; BC-MAP-02 for ``..`` in the path;
        BC-MAP-03 if there is no such file.
    """
    text = str(path)
    if text.replace("\\", "/").lstrip("/").lower().startswith("vsi") and text[:1] in "/\\":
        raise _not_a_path(place, text)
    if _CONNECTION.match(text) or "\0" in text or "\n" in text or text.lstrip().startswith(("<", "{")):
        raise _not_a_path(place, text)
    if ".." in Path(text).parts or ".." in text.replace("\\", "/").split("/"):
        raise refuse(
            "BC-MAP-02",
            place,
            text,
            "a path without ..",
            "Put the maps into the folder of the job file, or name them by an absolute path.",
        )
    local = Path(text).absolute()
    if not local.is_file():
        if any(_CONNECTION.match(part) for part in local.parts[1:]):
            raise _not_a_path(place, text)
        raise refuse(
            "BC-MAP-03",
            place,
            phrase("no file {file}", file=text),
            "an existing file",
            "Check the path; it starts at the job file.",
        )
    return local


def vector_format(path: Path, place: str) -> str:
    """Format of a vector file, from its name and its first bytes, which must agree.

    Returns
    -------
    {"GeoPackage", "Shapefile", "GeoJSON", "GeoParquet"}

    Raises
    ------
    InputError
        BC-MAP-04 for another suffix; BC-MAP-05 if the content is not what the name says.
    """
    name = SUFFIX_FORMATS.get(path.suffix.lower())
    if name is None:
        raise refuse(
            "BC-MAP-04",
            place,
            f"{path.name}",
            phrase("a vector map in {names}", names=", ".join(sorted(SUFFIX_FORMATS))),
            "Export it from the GIS as GeoPackage.",
        )
    with open(path, "rb") as file:
        head = file.read(4096)
    told = {
        "GeoPackage": head.startswith(b"SQLite format 3\0"),
        "Shapefile": head.startswith(b"\x00\x00\x27\x0a"),
        "GeoJSON": head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"),
        "GeoParquet": head.startswith(b"PAR1"),
    }
    if not told[name]:
        found = "an empty file" if not head else phrase("content that begins with {head!r}", head=head[:16])
        raise refuse(
            "BC-MAP-05",
            place,
            found,
            phrase("a {name} file, as its name {path} says", name=name, path=path.name),
            "The file is corrupt, cut short, or of another format under this name: export it anew.",
        )
    return name


def _not_a_path(place: str, text: str) -> Exception:
    return refuse(
        "BC-MAP-01",
        place,
        text,
        "the path of a local file",
        "Network addresses, virtual file systems and database connections are not read; save the map as a file.",
    )
