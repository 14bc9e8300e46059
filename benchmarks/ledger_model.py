"""Random operations held against a model, and clocks that misbehave."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ledger_samples import correction, note, reading

from ccus.log.entry import Draft
from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger
from ccus.log.views import standing
from ccus.plant.times import instant
from methodology.base.errors import InputError


class Model:
    """What the log should hold: ids in order with their content, and the value each reading has now."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.content: dict[str, dict[str, Any]] = {}
        self.now: dict[str, float | None] = {}

    def expects(self, draft: Draft) -> str:
        """Whether the draft is new, known, or refused."""
        if draft.id in self.content:
            return "known" if self.content[draft.id] == draft.content() else "refused"
        if draft.kind == "correction" and draft.body["corrects"] not in self.now:
            return "refused"
        return "new"

    def take(self, draft: Draft) -> None:
        """Keep a new draft."""
        self.order.append(draft.id)
        self.content[draft.id] = draft.content()
        if draft.kind == "manual_reading":
            self.now[draft.id] = draft.body["value"]
        elif draft.kind == "correction":
            self.now[draft.body["corrects"]] = draft.body["body"]["value"]


def operations(folder: Path, steps: int = 100_000, seed: int = 1) -> dict[str, Any]:
    """Random appends, repeats, clashes, corrections, batches and reopenings; the log and the model must agree."""
    random_ = random.Random(seed)
    model, wrong = Model(), 0
    count = {"operations": 0, "new": 0, "known": 0, "refused": 0, "reopened": 0, "read": 0}
    ledger = Ledger.create(folder / "log", "Trial plant", "shift A")
    while count["operations"] < steps:
        kind = random_.random()
        if kind < 0.02:
            ledger.close()
            ledger = Ledger.open(folder / "log")
            count["reopened"] += 1
        elif kind < 0.12 and model.order:
            id = random_.choice(model.order)
            entry = ledger.entry(id)
            wrong += entry is None or entry.id != id or entry.body != model.content[id]["body"]
            count["read"] += 1
        else:
            drafts = [_draft(random_, model) for _ in range(1 if random_.random() < 0.5 else random_.randrange(2, 30))]
            wrong += _append(ledger, model, drafts, count)
            count["operations"] += len(drafts) - 1
        count["operations"] += 1
    kept = [entry.id for entry in ledger.entries()][1:]
    values = {item.entry.id: (item.body or {}).get("value") for item in standing(ledger, "manual_reading")}
    head = ledger.head()
    ledger.close()
    outcome = verify_folder(folder / "log", head)
    agree = kept == model.order and values == model.now and outcome.sound
    return count | {"entries": len(kept), "violations": wrong + (not agree)}


def _draft(random_: random.Random, model: Model) -> Draft:
    number = random_.randrange(2 * len(model.order) + 5)
    kind = random_.random()
    if kind < 0.6 or not model.now:
        return reading(number)
    if kind < 0.7:
        return note(number, f"shift {number}")
    if kind < 0.99:
        target = random_.choice(model.order)
        of = target if target in model.now else "r0" if "r0" in model.now else next(iter(model.now))
        return correction(number, of if random_.random() < 0.99 else "nowhere", float(number % 1000))
    return reading(number, author="shift B")


def _append(ledger: Ledger, model: Model, drafts: list[Draft], count: dict[str, int]) -> int:
    expected, scratch = [], _Overlay(model)
    for draft in drafts:
        expected.append(scratch.expects(draft))
        if expected[-1] == "new":
            scratch.take(draft)
    try:
        receipts = ledger.append_many(drafts)
    except InputError:
        count["refused"] += 1
        return "refused" not in expected
    if "refused" in expected:
        return 1
    for draft, state in zip(drafts, expected, strict=True):
        if state == "new":
            model.take(draft)
        count[state] += 1
    return [receipt.changed for receipt in receipts] != [state == "new" for state in expected]


class _Overlay(Model):
    """A model on top of another, so that a refused batch leaves the other as it was."""

    def __init__(self, below: Model) -> None:
        super().__init__()
        self.below = below

    def expects(self, draft: Draft) -> str:
        if draft.id in self.content:
            return super().expects(draft)
        state = self.below.expects(draft)
        if state == "refused" and draft.id not in self.below.content and draft.body["corrects"] in self.now:
            return "new"
        return state


class Hands:
    """A clock whose hands a trial sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
CLOCK_CASES = {
    # name: seconds the system clock moves, stated time, zone, fold, expected: note, refusal code or "" for neither
    "runs on": (60, None, SHANGHAI, None, ""),
    "stands still": (0, None, SHANGHAI, None, ""),
    "back one second": (-1, None, SHANGHAI, None, "behind"),
    "back one day": (-86_400, None, SHANGHAI, None, "behind"),
    "forward one day": (86_400, None, SHANGHAI, None, ""),
    "past 2038-01-19": (400_000_000, "2038-01-19T03:14:08Z", SHANGHAI, None, ""),
    "hour that occurs twice, not said which": (60, "2025-11-02T01:30:00", NEW_YORK, None, "CC-PLANT-07"),
    "hour that occurs twice, the first": (60, "2025-11-02T01:30:00", NEW_YORK, 0, ""),
    "hour that occurs twice, the second": (60, "2025-11-02T01:30:00", NEW_YORK, 1, ""),
    "hour that does not occur": (60, "2025-03-09T02:30:00", NEW_YORK, None, "CC-PLANT-08"),
    "leap second": (60, "2016-12-31T23:59:60Z", SHANGHAI, None, "leap second"),
    "stated a day ahead": (60, "+26h", SHANGHAI, None, "ahead"),
}


def clocks(folder: Path, repeats: int = 100) -> dict[str, Any]:
    """Each clock case some times over: order and hashes hold, the oddity is said or refused, nothing is corrected."""
    wrong = runs = 0
    for number, (name, case) in enumerate(CLOCK_CASES.items()):
        hands = Hands(datetime(2026, 6, 1, 12, tzinfo=UTC))
        log = folder / f"clock-{number}"
        with Ledger.create(log, "Trial plant", "shift A", clock=hands) as ledger:
            for repeat in range(repeats):
                runs += 1
                wrong += not clock_case(ledger, hands, f"{name} {repeat}", case)
            size = ledger.size()
        outcome = verify_folder(log)
        wrong += not outcome.sound or outcome.head.size != size
    return {"cases": len(CLOCK_CASES), "runs": runs, "wrong": wrong}


def clock_case(ledger: Ledger, hands: Hands, id: str, case: tuple) -> bool:
    """Whether one case goes as it should."""
    moved, stated, zone, fold, expected = case
    before = hands.now
    hands.now += timedelta(seconds=moved)
    text = stated or hands.now.isoformat()
    if text == "+26h":
        text = (hands.now + timedelta(hours=26)).isoformat()
    try:
        at = instant(text, zone, fold=fold)
        receipt = ledger.append(Draft(id, "shift_note", "shift A", at, {"text": "clock"}))
    except InputError as error:
        return error.code == expected
    finally:
        if moved > 86_400:
            hands.now = before
    entry = ledger.entry(id)
    said = " ".join(receipt.notes)
    stands = entry is not None and entry.at == at.utc and entry.at_stated == at.stated and receipt.changed
    odd = expected in said if expected else not [note for note in receipt.notes if "behind" not in note]
    return stands and odd and not expected.startswith("CC-")
