"""A new plant folder: plant file and log, or the log beside a plant file that is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccus.log import places
from ccus.log.files import FILE_NAME
from ccus.log.ledger import Ledger
from ccus.log.plants import record_plant
from ccus.log.session import LOG_FOLDER
from ccus.plant.reading import load_plant
from ccus.plant.template import plant_toml
from ccus.plant.times import instant
from methodology.base.errors import Findings, refuse
from methodology.base.files import written_whole
from methodology.base.phrases import phrase


def set_up(folder: Path, stated: Mapping[str, Any], author: str) -> dict[str, Any]:
    """Make the plant file where there is none, and the log; finish a set-up that was cut short.

    Parameters
    ----------
    folder : Path
    stated : mapping
        ``--name``, ``--timezone``, ``--nameplate`` [t CO2/yr] and ``--line`` (id, technology, t CO2/d), each None
        where not stated.
    author : str

    Returns
    -------
    dict
        ``plant_file``, ``ledger``, ``origin`` and whether the plant file was ``written``.

    Raises
    ------
    InputError
        CC-LOG-01 a ledger is there; CC-LOG-12 one that was begun for another plant; CC-LOG-23 not all stated for a
        new plant file, or stated for one that is there; CC-PLANT-… faults of the plant file; CC-LOG-02, -04 where the
        folder lies.
    """
    file, log = folder / "plant.toml", folder / LOG_FOLDER
    begun = (log / FILE_NAME).exists()
    if begun and not _cut_short(log):
        raise refuse(
            "CC-LOG-01", str(log / FILE_NAME), "a ledger", "a folder without one", "Use the one that is there."
        )
    text = None if file.exists() else _new_text(file, stated)
    if text is None:
        _nothing_stated(file, stated)
    plant = load_plant(file) if text is None else load_plant(text.encode("utf-8"), file.name)
    places.refuse_network_share(folder)
    with Ledger.open(log, plant=plant.name) if begun else Ledger.create(log, plant.name, author) as ledger:
        if text is not None:
            with written_whole(file) as new:
                new.write_text(text, encoding="utf-8")
        now = instant(ledger.clock().astimezone(plant.zone).replace(microsecond=0), plant.zone)
        record_plant(ledger, file, author, now, reason="first version")
        return {
            "plant_file": str(file),
            "ledger": str(ledger.path),
            "origin": ledger.origin,
            "written": text is not None,
        }


def _cut_short(log: Path) -> bool:
    """Whether a set-up was cut short after the ledger was made: nothing but its opening stands in it."""
    with Ledger.open(log) as ledger:
        return ledger.size() == 1


def _new_text(file: Path, stated: Mapping[str, Any]) -> str:
    findings = Findings()
    for name, value in stated.items():
        if value is None:
            findings.add(
                "CC-LOG-23",
                phrase("init, {name}", name=name),
                "nothing",
                phrase("{name} for a new plant file", name=name),
                phrase("Or write {file} first.", file=file),
            )
    findings.stop_on_errors()
    return plant_toml(stated["--name"], stated["--timezone"], stated["--nameplate"], stated["--line"])


def _nothing_stated(file: Path, stated: Mapping[str, Any]) -> None:
    findings = Findings()
    for name, value in stated.items():
        if value is not None:
            remedy = "Leave the option out, or change the plant file."
            findings.add(
                "CC-LOG-23",
                phrase("init, {name}", name=name),
                phrase("{value!r} beside {file}", value=value, file=file),
                "what the plant file says",
                remedy,
            )
    findings.stop_on_errors()
