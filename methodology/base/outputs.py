"""Results into a folder: all of them or none, and never over an input."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from methodology.base.errors import Findings, InputError, refuse
from methodology.base.phrases import phrase


@contextlib.contextmanager
def all_or_nothing(
    out: Path | str, inputs: Mapping[Path, str] | Iterable[Path] = (), foreseen: Iterable[Path | str] = ()
) -> Iterator[Path]:
    """An empty folder to write into; if the block ends well its files move to `out`, else nothing has changed.

    Files of an earlier run are replaced, others are left alone. A folder made for this is taken away again on failure.

    Parameters
    ----------
    out : path
        Made if needed, with the folders above it.
    inputs : mapping of path to role, or iterable of path
        Files that no result may replace.
    foreseen : iterable of path
        Names known before, relative to `out`, so that a clash costs no waiting; what was really written is checked
        again.

    Yields
    ------
    Path

    Raises
    ------
    InputError
        ME-OUT-01 the folder cannot be written, or a folder stands where a file must; ME-OUT-02 a result would replace
        an input.
    """
    out = Path(out)
    roles = dict(inputs) if isinstance(inputs, Mapping) else dict.fromkeys(inputs, "read by this run")
    _refuse_clashes(out, roles, map(Path, foreseen))
    made = _made(out)
    try:
        with tempfile.TemporaryDirectory(prefix=".results.", dir=out) as staging:
            yield Path(staging)
            produced = sorted(path.relative_to(staging) for path in Path(staging).rglob("*") if path.is_file())
            _refuse_clashes(out, roles, produced)
            _move(produced, Path(staging), out)
    except BaseException as error:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError) and _lies_in(out, error.filename):
            raise unwritable(out, error) from None
        raise


def unwritable(place: Path | str, error: OSError, remedy: str = "") -> InputError:
    """ME-OUT-01 from what the system said."""
    return refuse(
        "ME-OUT-01",
        str(place),
        error.strerror or error,
        "a folder this user may write to",
        remedy or "Choose another --out folder or free the space.",
    )


def _lies_in(out: Path, name: Any) -> bool:
    """True for a file of the results, and where the system does not say which file: a full disk."""
    return name is None or out.resolve() in Path(os.fsdecode(name)).resolve().parents


def _made(out: Path) -> list[Path]:
    """Make the folder; returns the folders that were not there before, innermost first."""
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(out, error) from None
    return missing


def _refuse_clashes(out: Path, inputs: Mapping[Path, str], names: Iterable[Path]) -> None:
    """Refuse every name that is an input, however it is spelled, or that a folder stands in the way of."""
    findings = Findings()
    taken: dict[Any, str] = {}
    for path, role in inputs.items():
        taken |= dict.fromkeys(_identities(path), role)
    for name in names:
        target = out / name
        role = next((taken[each] for each in _identities(target) if each in taken), None)
        if role:
            remedy = "Choose another --out folder; inputs are never replaced."
            findings.add(
                "ME-OUT-02", str(target), phrase("an input ({role})", role=role), "a file that is no input", remedy
            )
        elif target.is_dir():
            findings.add("ME-OUT-01", str(target), "a folder", "a file or nothing", "Choose another --out folder.")
    findings.stop_on_errors()


def _identities(path: Path) -> list[Any]:
    """The full path, and the file itself: letters of another case or a link may name the same one."""
    try:
        state = path.stat()
    except OSError:
        return [path.resolve()]
    return [path.resolve(), (state.st_dev, state.st_ino)]


def _move(produced: list[Path], staging: Path, out: Path) -> None:
    """Move files one by one to where they belong; if one cannot be moved, put all of them back as they were."""
    kept = Path(tempfile.mkdtemp(prefix=".earlier.", dir=staging))
    moved: list[Path] = []
    try:
        for number, name in enumerate(produced):
            target = out / name
            moved.append(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                target.replace(kept / str(number))
            (staging / name).replace(target)
    except BaseException as error:
        for number, name in enumerate(moved):
            if (kept / str(number)).exists():
                (kept / str(number)).replace(out / name)
            elif not (staging / name).exists():
                os.unlink(out / name)
        if isinstance(error, OSError):
            remedy = "Close the file where it is open, or choose another --out folder."
            raise unwritable(out / moved[-1], error, remedy) from None
        raise
