"""From the plant file a person names to the open log beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ccus.log.files import FILE_NAME
from ccus.log.ledger import Ledger
from ccus.log.plants import last_recorded
from ccus.plant.model import Meter, Plant
from ccus.plant.reading import load_plant
from ccus.plant.times import Instant, instant
from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

LOG_FOLDER = "log"


@dataclass(frozen=True)
class Session:
    """An open log with the plant file recorded last and what a person should know about the file on the disk."""

    ledger: Ledger
    plant: Plant
    plant_path: Path
    warnings: tuple[str, ...]

    def time(self, text: str | None, fold: int | None = None, place: str = "time") -> Instant:
        """A stated time in the plant's zone; now where none is stated."""
        if text is None:
            now = self.ledger.clock().astimezone(self.plant.zone).replace(microsecond=0)
            return instant(now, self.plant.zone)
        return instant(text, self.plant.zone, fold=fold, place=place)

    def meter(self, tag: str, at: datetime) -> Meter:
        """The meter of a tag at a moment.

        Raises
        ------
        InputError
            CC-LOG-17 no such tag, or none in service then.
        """
        meter = self.plant.meter_at(tag, at)
        if meter is not None:
            return meter
        there = self.plant.meters_of(tag)
        found = phrase("{tag!r}, which is not in service at {at}", tag=tag, at=at.isoformat()) if there else repr(tag)
        known = ", ".join(dict.fromkeys(item.tag for item in self.plant.meters)) or phrase("none is declared")
        raise _unknown("tag", found, phrase("a meter of the plant file ({known})", known=known))

    def line(self, id: str | None) -> str | None:
        """A line id that the plant file knows; None stands for the whole plant.

        Raises
        ------
        InputError
            CC-LOG-17 no such line.
        """
        if id is None:
            return None
        return _known("line", id, list(dict.fromkeys(line.id for line in self.plant.lines)))

    def stream(self, id: str) -> str:
        """A stream id that the plant file knows.

        Raises
        ------
        InputError
            CC-LOG-17 no such stream.
        """
        return _known("stream", id, list(self.plant.stream_ids))

    def tank(self, id: str) -> str:
        """Id of a stream that is a tank.

        Raises
        ------
        InputError
            CC-LOG-17 no such tank.
        """
        known = [stream.id for stream in self.plant.streams if stream.kind == "tank"]
        return _known("tank", id, known)

    def chemical(self, id: str) -> str:
        """Id of a declared chemical.

        Raises
        ------
        InputError
            CC-LOG-17 no such chemical.
        """
        return _known("chemical", id, [chemical.id for chemical in self.plant.chemicals])

    def fate(self, id: str) -> str:
        """A fate id that the plant file knows.

        Raises
        ------
        InputError
            CC-LOG-17 no such fate.
        """
        return _known("fate", id, [fate.id for fate in self.plant.fates])


def _known(kind: str, id: str, known: list[str]) -> str:
    if id in known:
        return id
    raise _unknown(
        kind,
        repr(id),
        phrase("a {kind} of the plant file ({names})", kind=kind, names=", ".join(known) or phrase("none is declared")),
    )


def _unknown(kind: str, found: str, expected: str) -> InputError:
    remedy = "Correct the name, or add it to the plant file and record that: ccus log PLANT --plant-file"
    return refuse("CC-LOG-17", kind, found, expected, remedy)


def log_folder(path: Path, log: Path | None = None) -> Path:
    """Where the log of a plant file, or of the folder it lies in, is kept.

    Raises
    ------
    InputError
        CC-LOG-01 no ledger there.
    """
    base = path if path.is_dir() else path.parent
    candidates = [log] if log is not None else [base / LOG_FOLDER, base]
    for folder in candidates:
        if (folder / FILE_NAME).is_file():
            return folder
    raise refuse(
        "CC-LOG-01",
        str(candidates[0] / FILE_NAME),
        "no ledger",
        "the log of this plant",
        "Make one with: ccus init FOLDER, or name its folder with --log.",
    )


def plant_file(path: Path) -> Path:
    """The plant file itself, where a person named it or its folder."""
    return path / "plant.toml" if path.is_dir() else path


@contextmanager
def session(path: Path, log: Path | None = None) -> Iterator[Session]:
    """Open the log of a plant for reading or writing.

    The plant file recorded last decides; a newer one on the disk is warned of, so that a shift can always log.

    Raises
    ------
    InputError
        CC-LOG-01 no ledger; CC-LOG-12 another plant's; CC-LOG-16 no plant file recorded.
    """
    file = plant_file(path)
    ledger = Ledger.open(log_folder(path, log))
    try:
        plant = last_recorded(ledger)
        yield Session(ledger, plant, file, _differences(file, plant))
    finally:
        ledger.close()


def _differences(file: Path, plant: Plant) -> tuple[str, ...]:
    remedy = f"record it with: ccus log {file} --plant-file --by NAME --reason WHY --since TIME"
    try:
        on_disk = load_plant(file)
    except InputError as error:
        return (f"{file} cannot be used ({error.code}); the version in the log is used.",)
    if on_disk.name != plant.name:
        raise refuse(
            "CC-LOG-12",
            str(file),
            phrase("plant {on_disk!r} beside the log of {plant!r}", on_disk=on_disk.name, plant=plant.name),
            "the plant file of this log",
            "Name the right plant file, or the right log with --log.",
        )
    if on_disk.sha256 != plant.sha256:
        return (f"{file} was changed since it was recorded; the version in the log is used; {remedy}",)
    return ()
