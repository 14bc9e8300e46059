"""One entry: what a person hands in, what is kept, and the bytes in between.

The canonical bytes hold everything: sequence, id, kind, author, both clocks, body and the hash of the entry before.
The columns of the ledger only repeat them for looking up, and are held against them by every verification.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccus.log.canonical import canonical_bytes, parse
from ccus.log.merkle import leaf_hash
from ccus.plant.times import Instant, from_utc_text, utc_text

FORMAT = 1
FIRST_PREVIOUS = bytes(32)
CONTENT_KEYS = ("at", "at_stated", "author", "body", "id", "kind")
KEYS = frozenset((*CONTENT_KEYS, "previous", "recorded", "seq", "v"))


@dataclass(frozen=True)
class Draft:
    """An entry to be appended.

    Parameters
    ----------
    id : str
        Chosen by the caller; handing in the same id and content again changes nothing.
    kind : str
        One of `ccus.log.kinds.KINDS`.
    author : str
        Who vouches for it.
    at : Instant
        The time it speaks of, as stated.
    body : dict
        What it says; checked against its kind before it is stored.
    """

    id: str
    kind: str
    author: str
    at: Instant
    body: dict[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """What makes two drafts the same: everything but where and when the log stored it."""
        return {
            "at": utc_text(self.at.utc),
            "at_stated": self.at.stated,
            "author": self.author,
            "body": self.body,
            "id": self.id,
            "kind": self.kind,
        }


@dataclass(frozen=True)
class Entry:
    """An entry as stored. `data` are its canonical bytes and `hash` the RFC 6962 leaf hash over them."""

    seq: int
    id: str
    kind: str
    author: str
    at: datetime
    at_stated: str
    recorded: datetime
    body: dict[str, Any]
    data: bytes
    hash: bytes

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON output."""
        return {
            "seq": self.seq,
            "id": self.id,
            "kind": self.kind,
            "author": self.author,
            "at": utc_text(self.at),
            "at_stated": self.at_stated,
            "recorded": utc_text(self.recorded),
            "body": self.body,
            "hash": self.hash.hex(),
        }


@dataclass(frozen=True)
class Receipt:
    """Answer to an append. `changed` is False where the same entry already stood in the log.

    An entry with a receipt has been synced to the disk. `notes` say what was odd about its clocks.
    """

    seq: int
    id: str
    hash: bytes
    changed: bool
    notes: tuple[str, ...] = ()


def sealed(draft: Draft, seq: int, previous: bytes, recorded: datetime) -> Entry:
    """The entry a draft becomes at its place in the log."""
    document = draft.content() | {"previous": previous.hex(), "recorded": utc_text(recorded), "seq": seq, "v": FORMAT}
    data = canonical_bytes(document)
    at, stated, hash = draft.at.utc, draft.at.stated, leaf_hash(data)
    return Entry(seq, draft.id, draft.kind, draft.author, at, stated, recorded, draft.body, data, hash)


def opened(data: bytes) -> tuple[Entry, bytes]:
    """The entry in canonical bytes, and the hash of its predecessor.

    Raises
    ------
    ValueError
        The bytes are not an entry's.
    """
    document = parse(data)
    if not isinstance(document, dict) or document.keys() != KEYS:
        raise ValueError("not the keys of an entry")
    if document["v"] != FORMAT:
        raise ValueError(f"format {document['v']!r}")
    for key in KEYS - {"v"}:
        if not isinstance(document[key], {"seq": int, "body": dict}.get(key, str)):
            raise ValueError(f"{key} of the wrong type")
    entry = Entry(
        document["seq"],
        document["id"],
        document["kind"],
        document["author"],
        from_utc_text(document["at"]),
        document["at_stated"],
        from_utc_text(document["recorded"]),
        document["body"],
        data,
        leaf_hash(data),
    )
    previous = bytes.fromhex(document["previous"])
    if len(previous) != 32:
        raise ValueError("a previous hash of the wrong length")
    return entry, previous


def content_of(entry: Entry) -> dict[str, Any]:
    """The part of an entry that its draft had."""
    document = parse(entry.data)
    return {key: document[key] for key in CONTENT_KEYS}
