"""What stands behind a figure that no archived row stands behind: entries of the log and tables of the plant file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ccus.inventory.entries import NEAR_EDGE
from ccus.inventory.records import Delivered
from ccus.inventory.sheet import Sheet, rows_of
from methodology.worksheet import Node

if TYPE_CHECKING:
    from ccus.log.views import Standing

WEIGHED = "error of weigh bills"
TANK_LEVELS = "error of tank levels"
CHEMICALS = "error of the amounts of chemicals"
FOOTPRINT = "error of the footprint of chemicals"
VENTS = "error of vent meters"


def entries(sheet: Sheet, kind: str, wanted: Callable[[Standing], bool]) -> tuple[str, ...]:
    """Entries of a kind that meet a condition, as sources: id, beginning of the hash, and the correction that holds."""
    found = []
    for item in sheet.accounts.records.behind.of(kind):
        if wanted(item):
            corrected = f", as corrected by {item.corrections[-1].id}" if item.corrections else ""
            found.append(f"log entry {item.entry.id}, hash {item.entry.hash.hex()[:16]}{corrected}")
    return tuple(found)


def plant_table(sheet: Sheet, table: str) -> str:
    """A table of the plant file as a source, with the versions behind the period."""
    hashes = ", ".join(dict.fromkeys(item["sha256"][:16] for item in sheet.accounts.records.versions))
    return f"plant.toml {table}" + (f", SHA-256 {hashes}" if hashes else "")


def delivered(sheet: Sheet) -> Node | None:
    """Delivered CO2 by fate, from the weigh bills of each day; each row cites its entries. None without deliveries."""
    if "delivered" in sheet.worksheet:
        return sheet.worksheet["delivered"]
    by_day: dict[tuple[str, str], list[Delivered]] = {}
    for item in sheet.accounts.records.deliveries:
        if item.at.timestamp() >= float(sheet.accounts.edges_s[-1]):
            continue
        day = item.at.astimezone(sheet.plant.zone).date().isoformat()
        by_day.setdefault((item.fate or "not stated", day), []).append(item)
    if not by_day:
        return None
    bills = {row: {(item.receiver, item.docket) for item in items} for row, items in by_day.items()}
    node = sheet.worksheet.input(
        "delivered_day", "t_CO2", ("fate", "date"),
        {row: sum(item.mass_t for item in items) for row, items in by_day.items()},
        sources={
            row: entries(sheet, "delivery", lambda i, row=row: (i.body["receiver"], i.body["docket"]) in bills[row])
            for row in by_day
        },
        excludes=dict.fromkeys(by_day, (WEIGHED,)),
    )  # fmt: skip
    return sheet.worksheet.total("delivered", node, over=("date",))


def delivered_total(sheet: Sheet) -> Node:
    """Delivered CO2 of the plant."""
    by_fate = delivered(sheet)
    if by_fate is None:
        source = "no delivery in the log of this period"
        return sheet.worksheet.input("delivered_total", "t_CO2", (), {(): 0.0}, sources={(): (source,)})
    return sheet.worksheet.total("delivered_total", by_fate, over=("fate",))


def tank_change(sheet: Sheet) -> Node:
    """Change of stock, with the readings near both edges of the period that it is the difference of."""
    change = sheet.accounts.balance.tank_change_t
    if change is None:
        source = "no tank in the plant file"
        return sheet.worksheet.input("tank_change", "t_CO2", (), {(): 0.0}, sources={(): (source,)})
    edges = [datetime.fromtimestamp(float(sheet.accounts.edges_s[n]), UTC) for n in (0, -1)]
    cited = entries(sheet, "tank_level", lambda item: any(abs(item.at - edge) <= NEAR_EDGE for edge in edges))
    return sheet.worksheet.input(
        "tank_change", "t_CO2", (), {(): change}, excludes={(): (TANK_LEVELS,)},
        sources={(): cited or (plant_table(sheet, "[[meter]] of kind weight"),)},
    )  # fmt: skip


def vented(sheet: Sheet) -> Node:
    """CO2 let out after capture, with the rows of the vent meters; nothing where the plant file has none."""
    if "vented" in sheet.worksheet:
        return sheet.worksheet["vented"]
    plant, edges = sheet.plant, sheet.accounts.edges_s
    tags = [meter.tag for meter in plant.meters if plant.stream(meter.stream).kind == "vent"]
    sources = rows_of(sheet, dict.fromkeys(tags), float(edges[0]), float(edges[-1])) if tags else ()
    if not sources:
        sources = (plant_table(sheet, f"[[meter]] {', '.join(tags)}") if tags else "no vent meter in the plant file",)
    return sheet.worksheet.input(
        "vented", "t_CO2", (), {(): sheet.accounts.balance.vented_t}, sources={(): sources},
        excludes={(): (VENTS,) if tags else ()},
    )  # fmt: skip


def makeup_of(sheet: Sheet, chemicals: Iterable[str], line: str | None = None) -> tuple[str, ...]:
    """Entries of make-up of some chemicals, of one line where it is named."""
    wanted, last = set(chemicals), float(sheet.accounts.edges_s[-1])
    return entries(
        sheet, "solvent_makeup",
        lambda i: i.body["chemical"] in wanted and i.at.timestamp() < last
        and (line is None or i.body.get("line") in (line, None)),
    )  # fmt: skip
