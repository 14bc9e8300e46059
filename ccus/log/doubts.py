"""What makes an entry doubtful beside those that stand: tonnes twice, hours twice, more than a tank holds."""

from __future__ import annotations

from ccus.log.entry import Draft
from ccus.log.session import Session
from ccus.log.views import outages, standing
from ccus.plant.times import from_utc_text
from methodology.base.errors import refuse


def delivery(log: Session, draft: Draft) -> None:
    """Refuse a weigh bill that stands already under another id: its tonnes would count twice.

    Raises
    ------
    InputError
        CC-LOG-25.
    """
    for item in standing(log.ledger, "delivery"):
        body = item.body or {}
        same = (body.get("docket"), body.get("receiver")) == (draft.body["docket"], draft.body["receiver"])
        if same and item.entry.id != draft.id:
            raise refuse(
                "CC-LOG-25",
                f"delivery {draft.body['docket']!r} to {draft.body['receiver']!r}",
                f"entry {item.entry.seq} ({item.entry.id}) with {body['mass_t']:g} t at {item.entry.at_stated}",
                "each weigh bill once",
                "To change what stands there write a correction: ccus correct",
            )


def outage(log: Session, draft: Draft) -> list[str]:
    """Warnings about an outage that overlaps one of the same line or plant."""
    if draft.body.get("ends") or "start" not in draft.body:
        return []
    start = from_utc_text(draft.body["start"]["utc"])
    end = draft.body.get("end")
    spans = outages(log.ledger, start, None if end is None else from_utc_text(end["utc"]))
    line = draft.body.get("line")
    return [
        f"overlaps outage {span.id} of {span.line or 'the plant'}; shared hours count once."
        for span in spans
        if span.id != draft.id and (line is None or span.line is None or span.line == line)
    ]


def tank(log: Session, draft: Draft) -> list[str]:
    """Warnings about a tank said to hold more than it can."""
    capacity_t = log.plant.stream(draft.body["tank"]).capacity_t
    if capacity_t is None or draft.body["mass_t"] <= capacity_t:
        return []
    return [
        f"{draft.body['tank']}: {draft.body['mass_t']:g} t is more than its capacity {capacity_t:g} t. Kept as given."
    ]
