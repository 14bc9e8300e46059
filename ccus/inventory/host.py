"""The host unit on a period's worksheet: its power and CO2 with and without capture, and what capture avoided.

Two ways lead to avoided CO2. With the unit's four totals it is the reduction per MWh times the power sent out. With
its intensity alone it is captured CO2 less what the power not made would have carried, which is the same for the same
fuel. Either way vents of captured CO2, energy from elsewhere and chemicals are taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from ccus.inventory.sheet import BALANCE_CLAUSE, HOST_NOT_STATED, KEY_FIGURE_CLAUSE, Sheet, block, normal
from ccus.plant.model import Host
from methodology.guides.iso_27919_1 import equations as iso
from methodology.statement import Gap
from methodology.worksheet import Node

Text = dict[str, str]
NO_HOST = {
    "en": "plant.toml has no [[host]]: state net_mwh_without_capture, net_mwh_with_capture, emitted_t_without_capture and "
    "emitted_t_with_capture with valid_from and valid_to of this period, or intensity_t_co2_per_mwh; each with evidence",
    "zh": "厂级文件没有 [[host]]：请给出 net_mwh_without_capture、net_mwh_with_capture、emitted_t_without_capture、"
    "emitted_t_with_capture 及本期的 valid_from 与 valid_to，或给出 intensity_t_co2_per_mwh；均须有 evidence",
}
NO_STEAM_TO_POWER = {
    "en": "steam comes from the host, so the power it would have made is needed: state [energy] "
    "steam_to_power_mwh_per_gj with its source, or the host's four totals in [[host]]",
    "zh": "蒸汽来自主机组，需要其可发电量：请在 [energy] 给出 steam_to_power_mwh_per_gj 及来源，或在 [[host]] 给出四项总量",
}


@dataclass(frozen=True)
class HostUnit:
    """What a period knows of the host unit.

    Parameters
    ----------
    intensity : Node
        Without capture. [t CO2/MWh]
    net_with : Node or None
        Net power sent out with capture. [MWh]
    reduction : Node or None
        SRCE, from the four totals. [t CO2/MWh]
    """

    intensity: Node
    net_with: Node | None = None
    reduction: Node | None = None


def host_unit(sheet: Sheet) -> HostUnit | Text:
    """The host unit of the period on the worksheet, or why there is none."""
    start, end = (datetime.fromtimestamp(float(sheet.accounts.edges_s[n]), UTC) for n in (0, -1))
    records = sorted(
        (host for host in sheet.plant.hosts if host.overlaps(start, end)),
        key=lambda host: (host.valid_from is not None, host.valid_from),
    )
    if not records:
        return NO_HOST if not sheet.plant.hosts else _other_time(sheet.plant.hosts, start, end, sheet)
    sheet.settings["host"] = "; ".join(dict.fromkeys(host.evidence for host in records))
    if any(host.intensity_t_co2_per_mwh is not None for host in records):
        return _by_intensity(sheet, records, start, end)
    edges = [(host.valid_from, host.valid_to) for host in records]
    joined = all(before[1] == after[0] for before, after in pairwise(edges))
    if not (joined and edges[0][0] == start and edges[-1][1] == end):
        return _other_time(records, start, end, sheet)
    return _by_totals(sheet, records)


def _other_time(records: list[Host], start: datetime, end: datetime, sheet: Sheet) -> Text:
    zone = sheet.plant.zone

    def said(time: datetime | None) -> str:
        return "…" if time is None else time.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    have = ", ".join(f"{said(host.valid_from)} – {said(host.valid_to)}" for host in records)
    span = f"{said(start)} – {said(end)}"
    return {
        "en": f"[[host]] holds for {have}, the period is {span}: totals are never scaled; state them for this period",
        "zh": f"[[host]] 对应 {have}，本期为 {span}：总量不作折算；请给出本期数值",
    }


def _by_intensity(sheet: Sheet, records: list[Host], start: datetime, end: datetime) -> HostUnit | Text:
    record, ws = records[0], sheet.worksheet
    covers = (record.valid_from is None or record.valid_from <= start) and (
        record.valid_to is None or record.valid_to >= end
    )
    if len(records) > 1 or not covers:
        return _other_time(records, start, end, sheet)
    value, percent = record.intensity_t_co2_per_mwh, record.uncertainty_emission_percent
    intensity = ws.input(
        "host_intensity_without", "t_CO2/MWh", (), {(): value}, role="parameter",
        spreads={(): normal(value, percent or 0.0)}, sources={(): _source(sheet)},
        excludes={(): () if percent is not None else (HOST_NOT_STATED,)},
    )  # fmt: skip
    _show(sheet, intensity, "host_intensity_without_capture")
    net = None
    if record.net_mwh_with_capture is not None and (record.valid_from, record.valid_to) == (start, end):
        net = _power(sheet, "with", [record], _errors(sheet, "power", [record.uncertainty_power_percent], False))
    return HostUnit(intensity, net)


def _by_totals(sheet: Sheet, records: list[Host]) -> HostUnit:
    ws = sheet.worksheet
    same = all(record.same_instruments for record in records)
    power = _errors(sheet, "power", [record.uncertainty_power_percent for record in records], same)
    emission = _errors(sheet, "emission", [record.uncertainty_emission_percent for record in records], same)
    net = {state: _power(sheet, state, records, power) for state in ("without", "with")}
    intensity = {}
    for state in ("without", "with"):
        total = sum(getattr(record, f"emitted_t_{state}_capture") for record in records)
        read = ws.input(f"host_emission_{state}_read", "t_CO2", (), {(): total}, sources={(): _source(sheet)})
        emitted = ws.apply(
            f"host_emission_{state}", iso.host_emission, readings=read, error=_error_of(emission, "emission", state)
        )
        _show(sheet, emitted, f"host_emission_{state}_capture", "flow")
        intensity[state] = ws.apply(
            f"host_intensity_{state}", iso.emission_intensity, emitted=emitted, net_power=net[state]
        )
        _show(sheet, intensity[state], f"host_intensity_{state}_capture")
    pair = {"without": intensity["without"], "with_capture": intensity["with"]}
    reduction = ws.apply("emission_reduction", iso.emission_reduction, **pair)
    _show(sheet, reduction, "emission_reduction", level="total")
    _show(sheet, ws.apply("emission_reduction_share", iso.emission_reduction_share, **pair), "emission_reduction_share")
    loss = {"net_without": net["without"], "net_with": net["with"], "captured": ws["captured"]}
    if float(ws.evaluate()["captured"][0]) > 0:
        node = ws.apply("equivalent_electricity_of_host", iso.equivalent_consumption_of_host, **loss)
        _show(sheet, node, "equivalent_electricity_of_host")
    return HostUnit(intensity["without"], net["with"], reduction)


def _source(sheet: Sheet) -> tuple[str, ...]:
    return ("plant.toml [[host]]",)


def _errors(sheet: Sheet, name: str, percents: list[float | None], same: bool) -> Node:
    """Errors of the host's meters as factors about one: one for both states, or one each. [1]"""
    states = ("both",) if same else ("without", "with")
    known = [percent for percent in percents if percent is not None]
    rows = [(f"host {name}, {state}",) for state in states]
    left_out = () if len(known) == len(percents) else (HOST_NOT_STATED,)
    return sheet.worksheet.input(
        f"host_{name}_error", "1", ("meter",), dict.fromkeys(rows, 1.0), role="parameter",
        spreads={row: normal(1.0, max(known, default=0.0)) for row in rows},
        sources=dict.fromkeys(rows, _source(sheet)), excludes=dict.fromkeys(rows, left_out),
    )  # fmt: skip


def _error_of(errors: Node, name: str, state: str):
    row = (f"host {name}, both",) if len(errors.rows) == 1 else (f"host {name}, {state}",)
    return errors.onto((), [()], lambda _: row)


def _power(sheet: Sheet, state: str, records: list[Host], errors: Node) -> Node:
    total = sum(getattr(record, f"net_mwh_{state}_capture") for record in records)
    read = sheet.worksheet.input(f"host_power_{state}_read", "MWh", (), {(): total}, sources={(): _source(sheet)})
    node = sheet.worksheet.apply(
        f"host_power_{state}", iso.host_power, readings=read, error=_error_of(errors, "power", state)
    )
    _show(sheet, node, f"host_net_power_{state}_capture", "flow")
    return node


def _show(sheet: Sheet, node: Node, quantity: str, kind: str = "ratio", level: str = "part") -> None:
    fixed, clause = {"period": sheet.period}, KEY_FIGURE_CLAUSE
    sheet.blocks.append(block(node, quantity, "activity", level, fixed, kind=kind, clause=clause))


def avoided(
    sheet: Sheet,
    unit: HostUnit | Text,
    energy: Mapping[str, Node | None],
    outside: Mapping[str, Node | Text],
    vented: Node,
) -> None:
    """CO2 avoided, or the reason why it has no number.

    Parameters
    ----------
    sheet : Sheet
    unit : HostUnit, or the reason why there is none
    energy : mapping of "heat", "electricity" to Node or None
        Used in the period, by line. [GJ], [MWh]
    outside : mapping of "heat", "electricity", "chemicals" to Node or reason
        Emissions that do not come with the host; a reason where they are not known. [t CO2]
    vented : Node
        [t CO2]
    """
    found = (
        unit if isinstance(unit, dict) else next((part for part in outside.values() if isinstance(part, dict)), None)
    )
    at_host = None if found is not None or isinstance(unit, dict) else _at_host(sheet, unit, energy)
    if isinstance(at_host, dict):
        found = at_host
    if found is not None:
        sheet.gaps.append(
            Gap(
                "co2_avoided",
                "t_CO2",
                "flow",
                "avoided",
                {"period": sheet.period},
                "not_estimated",
                found,
                BALANCE_CLAUSE,
            )
        )
        return
    node = sheet.worksheet.apply("co2_avoided", iso.avoided_whole, at_host=at_host, vented=vented, **outside)
    sheet.blocks.append(block(node, "co2_avoided", "avoided", "total", {"period": sheet.period}, basis="mixed"))


def _at_host(sheet: Sheet, unit: HostUnit, energy: Mapping[str, Node | None]) -> Node | Text:
    ws = sheet.worksheet
    if unit.reduction is not None:
        return ws.apply("avoided_at_host", iso.avoided, reduction=unit.reduction, net_power=unit.net_with)
    flows, factor = sheet.plant.energy, sheet.plant.energy.steam_to_power_mwh_per_gj
    steam = energy["heat"] if flows.steam is not None and flows.steam.source == "host" else None
    power = energy["electricity"] if flows.electricity is not None and flows.electricity.source == "host" else None
    if steam is not None and factor is None:
        return NO_STEAM_TO_POWER

    def total(node: Node | None, name: str, unit_name: str) -> Node:
        if node is None:
            return ws.input(f"host_{name}_none", unit_name, (), {(): 0.0}, role="parameter")
        return ws.total(f"host_{name}_used", node, over=("line",))

    lost = ws.apply(
        "power_lost", iso.power_lost,
        electricity=total(power, "electricity", "MWh"), heat=total(steam, "heat", "GJ"),
        steam_to_power=ws.input("steam_to_power_of_host", "MWh/GJ", (), {(): factor or 0.0}, role="parameter"),
    )  # fmt: skip
    at_host = ws.apply(
        "avoided_at_host", iso.avoided_by_loss, gross=ws["captured"], intensity=unit.intensity, lost=lost
    )
    _show(sheet, lost, "power_lost", "flow")
    if unit.net_with is not None:
        node = ws.apply("emission_reduction", iso.emission_reduction_by_loss, at_host=at_host, net_power=unit.net_with)
        _show(sheet, node, "emission_reduction", level="total")
    return at_host
