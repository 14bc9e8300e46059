"""What each kind of entry says: the fields of its body, checked before it is stored."""

from __future__ import annotations

import difflib
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ccus.log.canonical import canonical_bytes
from ccus.log.entry import Draft
from ccus.plant.times import Instant, utc_text
from methodology.base.errors import Finding, Findings
from methodology.base.phrases import phrase

Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Amount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Percent = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=100)]
Count = Annotated[int, Field(strict=True, ge=0)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UtcText = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")]

PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,200}")
LARGEST_ENTRY_BYTES = 1_000_000  # bulk data belong in the archive
FUTURE_NOTED = timedelta(minutes=10)  # two clocks rarely agree better
FUTURE_REFUSED = timedelta(hours=48)  # past any zone mix-up or a clock one day slow
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Body(BaseModel):
    """Base of all bodies: unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class When(Body):
    """A moment inside a body, as stored and as stated."""

    utc: UtcText
    stated: Word

    @classmethod
    def of(cls, instant: Instant) -> dict[str, str]:
        """The plain value to put into a body."""
        return {"utc": utc_text(instant.utc), "stated": instant.stated}


class StoredFile(Body):
    """A file of the archive. `sha256` names it; the rest says what to expect in it."""

    sha256: Hash
    suffix: Annotated[str, Field(pattern=r"^\.[a-z0-9]{1,12}$")]
    bytes: Count
    rows: Count | None = None
    start: UtcText | None = None
    end: UtcText | None = None
    tags: tuple[Word, ...] = ()


class Opening(Body):
    """First entry of every ledger: its name and the plant it belongs to."""

    format: Literal[1]
    origin: Word
    plant: Word


class ManualReading(Body):
    """A value a person read off a meter."""

    tag: Word
    value: Number
    unit: Word
    remark: str = ""


class ShiftNote(Body):
    """Words of the shift."""

    text: Text
    line: Word | None = None


class SourceFile(Body):
    """The file as it came, kept beside what was read from it."""

    name: Word
    sha256: Hash
    bytes: Count


class ImportedBatch(Body):
    """Meter data read from one outside file; the data themselves lie in the archive."""

    source: SourceFile
    files: tuple[StoredFile, ...]
    mapping: dict[str, Any] = {}
    detail: dict[str, Any] = {}


class LabAnalysis(Body):
    """A laboratory result for a stream, to be held against an analyser or used in its place."""

    stream: Word
    component: Word
    value: Number
    unit: Word
    sample: Word
    method: str = ""
    laboratory: str = ""
    sampled: When | None = None


class Outage(Body):
    """A line (or, without one, the plant) standing still. `ends` names the outage a later entry closes."""

    line: Word | None = None
    start: When | None = None
    end: When | None = None
    planned: bool | None = None
    cause: str = ""
    ends: Word | None = None

    @model_validator(mode="after")
    def _whole(self) -> Outage:
        if self.ends is None and (self.start is None or self.planned is None):
            raise ValueError("start and planned, or the id of the outage it ends")
        if self.ends is not None and (self.end is None or self.start is not None or self.planned is not None):
            raise ValueError("only the end, where it ends an earlier outage")
        if self.start is not None and self.end is not None and self.end.utc <= self.start.utc:
            raise ValueError("an end after the start")
        return self


class Calibration(Body):
    """A calibration or check of a meter. Errors as found and as left are in per cent of reading."""

    tag: Word
    certificate: Word
    valid_from: When
    valid_to: When | None = None
    as_found_percent: Number | None = None
    as_left_percent: Number | None = None
    laboratory: str = ""


class SolventMakeup(Body):
    """Solvent or chemical added. [kg]"""

    chemical: Word
    amount_kg: Amount
    line: Word | None = None


class Delivery(Body):
    """CO2 that left the plant in a truck, ship or pipe, by weigh bill. [t]"""

    mass_t: Amount
    receiver: Word
    docket: Word
    fate: Word | None = None
    stream: Word | None = None
    co2_mass_percent: Percent | None = None


class TankLevel(Body):
    """Contents of a tank at a moment. [t]"""

    tank: Word
    mass_t: Amount
    level_percent: Percent | None = None


class Correction(Body):
    """Names an earlier entry and says what should have stood there; `body` None withdraws it."""

    corrects: Word
    reason: Text
    body: dict[str, Any] | None = None
    at: When | None = None


class Decision(Body):
    """A choice that moves a number, and why."""

    subject: Word
    decision: Text
    reason: Text
    refers_to: tuple[Word, ...] = ()
    detail: dict[str, Any] = {}


class PlantFile(Body):
    """A version of the plant file, with its bytes as text. It holds from `applies_from`; the first one always did."""

    name: Word
    text: Annotated[str, Field(max_length=900_000)]
    sha256: Hash
    reason: str = ""
    applies_from: When | None = None

    @model_validator(mode="after")
    def _same_bytes(self) -> PlantFile:
        if hashlib.sha256(self.text.encode("utf-8")).hexdigest() != self.sha256:
            raise ValueError("the SHA-256 of the text")
        return self


KINDS: dict[str, type[Body]] = {
    "opening": Opening,
    "manual_reading": ManualReading,
    "shift_note": ShiftNote,
    "imported_batch": ImportedBatch,
    "lab_analysis": LabAnalysis,
    "outage": Outage,
    "calibration": Calibration,
    "solvent_makeup": SolventMakeup,
    "delivery": Delivery,
    "tank_level": TankLevel,
    "correction": Correction,
    "decision": Decision,
    "plant_file": PlantFile,
}
NOT_CORRECTED = ("opening", "plant_file", "correction")


def check_draft(draft: Draft, now: datetime) -> list[Finding]:
    """Everything wrong with a draft on its own; notes about its clock are left to the ledger.

    Parameters
    ----------
    draft : Draft
    now : datetime
        System time, aware.
    """
    findings = Findings()
    place = phrase("entry {draft!r}", draft=draft.id)
    for name, text in (("id", draft.id), ("author", draft.author)):
        if (
            not isinstance(text, str)
            or not text.strip()
            or len(text) > 200
            or any(ord(c) < 32 or c == "\x7f" for c in text)
        ):
            findings.add("CC-LOG-05", f"{place}, {name}", repr(text), "1 to 200 printable characters")
    if draft.kind not in KINDS:
        near = difflib.get_close_matches(str(draft.kind), KINDS, 1)
        remedy = phrase("The nearest is {near}.", near=near[0]) if near else ""
        findings.add(
            "CC-LOG-06",
            phrase("{place}, kind", place=place),
            repr(draft.kind),
            phrase("one of {names}", names=", ".join(KINDS)),
            remedy,
        )
        return list(findings)
    if draft.at.utc < EARLIEST:
        findings.add(
            "CC-LOG-08",
            phrase("{place}, time", place=place),
            draft.at.stated,
            phrase("a time from {year} on", year=EARLIEST.year),
            "Check the year.",
        )
    if draft.at.utc > now + FUTURE_REFUSED:
        found = phrase(
            "{stated}, while this machine's clock says {utc_text}", stated=draft.at.stated, utc_text=utc_text(now)
        )
        findings.add(
            "CC-LOG-08",
            phrase("{place}, time", place=place),
            found,
            "a time that has come",
            "Correct the time, or set the clock.",
        )
    findings.extend(check_body(draft.kind, draft.body, place))
    findings.extend(_check_size(draft, place))
    return list(findings)


def check_body(kind: str, body: dict[str, Any], place: str) -> list[Finding]:
    """Findings of a body against its kind."""
    try:
        KINDS[kind].model_validate(body)
    except ValidationError as error:
        return [_told(problem, KINDS[kind], place) for problem in error.errors(include_url=False)]
    return []


def _told(problem: dict[str, Any], model: type[BaseModel], place: str) -> Finding:
    path = ".".join(str(part) for part in problem["loc"])
    where = f"{place}, {path}" if path else place
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path, model.model_fields, 1)
        remedy = phrase("The nearest is {near}.", near=near[0]) if near else ""
        return Finding(
            "CC-LOG-07",
            where,
            "an unknown field",
            phrase("one of {names}", names=", ".join(model.model_fields)),
            remedy,
        )
    if problem["type"] == "missing":
        return Finding("CC-LOG-07", where, "nothing", "a value")
    found = repr(problem["input"]) if path else "values that do not go together"
    expected = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return Finding("CC-LOG-07", where, found[:120], expected)


def _check_size(draft: Draft, place: str) -> list[Finding]:
    try:
        size = len(canonical_bytes(draft.content()))
    except (ValueError, UnicodeEncodeError, RecursionError) as error:
        return [Finding("CC-LOG-07", place, str(error), "plain values that can be written down exactly")]
    if size > LARGEST_ENTRY_BYTES:
        remedy = "Put bulk data into the archive and let the entry name the file."
        return [
            Finding(
                "CC-LOG-07",
                place,
                phrase("{size} bytes", size=size),
                phrase("at most {largest_entry_bytes}", largest_entry_bytes=LARGEST_ENTRY_BYTES),
                remedy,
            )
        ]
    return []
