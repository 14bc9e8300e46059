"""What makes an entry doubtful beside those that stand: tonnes twice, hours twice, more than a tank holds."""

from __future__ import annotations

from ccus.log.entry import Draft
from ccus.log.session import Session
from ccus.log.views import outages, standing
from ccus.plant.times import from_utc_text, utc_text
from methodology.base.errors import refuse
from methodology.base.phrases import phrase

MOST_DAYS_IN_A_DELIVERY = 7  # of the lines' rating: a ship load of weeks is rare, kilograms for tonnes are not


def delivery(log: Session, draft: Draft) -> list[str]:
    """Refuse a weigh bill that stands already under another id: its tonnes would count twice. Warn of a mass in kg.

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
                phrase(
                    "delivery {docket!r} to {receiver!r}", docket=draft.body["docket"], receiver=draft.body["receiver"]
                ),
                phrase(
                    "entry {seq} ({entry}) with {mass_t:g} t at {at_stated}",
                    seq=item.entry.seq,
                    entry=item.entry.id,
                    mass_t=body["mass_t"],
                    at_stated=item.entry.at_stated,
                ),
                "each weigh bill once",
                "To change what stands there write a correction: ccus correct",
            )
    rated_t_d = sum(line.nameplate_t_per_day for line in log.plant.lines_at(draft.at.utc))
    days = draft.body["mass_t"] / rated_t_d if rated_t_d else 0.0
    if days <= MOST_DAYS_IN_A_DELIVERY:
        return []
    text = "{mass_t:g} t is what the plant makes in {days:.0f} days. In tonnes? Kept as given."
    return [phrase(text, mass_t=draft.body["mass_t"], days=days)]


def outage(log: Session, draft: Draft) -> list[str]:
    """Warnings about an outage that overlaps one of the same line or plant, or whose end was given before.

    Raises
    ------
    InputError
        CC-LOG-14 an end that is not after the beginning.
    """
    if draft.body.get("ends"):
        return _ending(log, draft)
    if "start" not in draft.body:
        return []
    start = from_utc_text(draft.body["start"]["utc"])
    end = draft.body.get("end")
    spans = outages(log.ledger, start, None if end is None else from_utc_text(end["utc"]))
    line = draft.body.get("line")
    return [
        phrase(
            "overlaps outage {id} of {line}; shared hours count once.",
            id=span.id,
            line=span.line or phrase("the plant"),
        )
        for span in spans
        if span.id != draft.id and (line is None or span.line is None or span.line == line)
    ]


def _ending(log: Session, draft: Draft) -> list[str]:
    named = draft.body["ends"]
    span = next((span for span in outages(log.ledger) if span.id == named), None)
    if span is None or "end" not in draft.body:
        return []
    end = from_utc_text(draft.body["end"]["utc"])
    if end <= span.start:
        found = phrase("an end at {stated}", stated=draft.body["end"]["stated"])
        raise refuse(
            "CC-LOG-14",
            phrase("outage {named!r}", named=named),
            found,
            phrase("an end after its beginning {utc_text}", utc_text=utc_text(span.start)),
        )
    if span.end is None or span.end == end:
        return []
    text = "outage {named} was said to end {end}; the end given last holds."
    return [phrase(text, named=named, end=utc_text(span.end))]


def tank(log: Session, draft: Draft) -> list[str]:
    """Warnings about a tank said to hold more than it can."""
    capacity_t = log.plant.stream(draft.body["tank"]).capacity_t
    if capacity_t is None or draft.body["mass_t"] <= capacity_t:
        return []
    text = "{tank}: {mass_t:g} t is more than its capacity {capacity_t:g} t. Kept as given."
    return [phrase(text, tank=draft.body["tank"], mass_t=draft.body["mass_t"], capacity_t=capacity_t)]
