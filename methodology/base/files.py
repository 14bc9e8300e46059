"""Files as evidence: hashes, safe writing, and what 'the same number' means in a file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from methodology.base.errors import refuse

SIGNIFICANT_DIGITS = 12  # more than any measurement needs, fewer than platforms disagree on


def sha256_of(path: Path | str) -> str:
    """SHA-256 of a file's bytes as lower-case hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def quantised(values: Any) -> Any:
    """Round to the digits a statement carries, so that a number read back from it is the number that was used.

    Parameters
    ----------
    values : float or array
        Any unit. NaN and infinities pass through.

    Returns
    -------
    float or array of the same shape
        Rounded to 12 significant digits.
    """
    array = np.asarray(values, dtype=float)
    flat = np.array([float(f"{value:.{SIGNIFICANT_DIGITS - 1}e}") for value in array.ravel()], dtype=float)
    return float(flat[0]) if array.ndim == 0 else flat.reshape(array.shape)


def canonical_json(data: Any) -> str:
    """JSON text with stable order, 12 significant digits, no NaN; byte-equal for equal data."""
    return json.dumps(_plain(data), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, np.ndarray):
        return [_plain(value) for value in data.tolist()]
    if isinstance(data, np.integer):
        return int(data)
    if isinstance(data, np.bool_):
        return bool(data)
    if isinstance(data, float | np.floating):
        number = float(data)
        if not np.isfinite(number):
            return None
        number = quantised(number)
        return int(number) if number == int(number) and abs(number) < 1e15 else number
    return data


@contextlib.contextmanager
def written_whole(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it only if the block ends well: no half-written file is left.

    Raises
    ------
    InputError
        ME-OUT-01 if the folder cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise refuse(
            "ME-OUT-01",
            str(path),
            error.strerror or error,
            "a folder this user may write to",
            "Choose another --out folder or free the space.",
        ) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
