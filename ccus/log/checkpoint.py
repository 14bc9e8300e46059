"""The head of a log in three lines anyone can keep: origin, size, root.

Source: c2sp-tlog-checkpoint (the unsigned body).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path

from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Head:
    """Size and Merkle root of a log whose name is `origin`.

    Parameters
    ----------
    origin : str
        Name of the log, fixed when it was made.
    size : int
        Number of entries. [1]
    root : bytes, shape (32,)
        Merkle tree hash over their canonical bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines of the checkpoint body, each ended by a newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"


def read_head(data: bytes, place: str = "head") -> Head:
    """Read a kept head; signatures below a blank line, if any, are not judged.

    Raises
    ------
    InputError
        CC-LOG-22 not the three lines of a head.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_a_head(place, "bytes that are not UTF-8") from None
    body = text.split("\n\n", 1)[0] + "\n" if "\n\n" in text else text
    if not body.endswith("\n") or "\r" in body or "\x00" in body:
        raise _not_a_head(place, "lines not ended by a single newline")
    lines = body.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise _not_a_head(place, phrase("{n} lines", n=len(lines)))
    if not _SIZE.fullmatch(lines[1]):
        raise _not_a_head(place, phrase("size {lines!r}", lines=lines[1]))
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != 32 or base64.b64encode(root).decode("ascii") != lines[2]:
        raise _not_a_head(place, phrase("root {lines!r}", lines=lines[2]))
    return Head(lines[0], int(lines[1]), root)


def kept_head(file: Path) -> Head:
    """The head in a file.

    Raises
    ------
    InputError
        CC-LOG-22 no such file, or not a head.
    """
    try:
        return read_head(file.read_bytes(), str(file))
    except OSError as error:
        raise refuse("CC-LOG-22", str(file), error.strerror or error, "a readable head") from None


def _not_a_head(place: str, found: str) -> InputError:
    return refuse(
        "CC-LOG-22",
        place,
        found,
        "three lines: name of the log, number of entries, root in base64",
        "Take the head as it stands on a report, or from the file written by: ccus verify --write-head FILE",
    )
