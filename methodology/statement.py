"""The GHG statement: the one result that every report, page and file renders.

A statement is plain data (see ``docs/statement.md`` and ``statement.schema.json``): lines with interval, dimensions
and clause; the whole worksheet behind them; inputs with hashes, factors with sources and marks; disputed terms;
findings; checks. Emissions are positive, removals negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from methodology.base.errors import Finding, Findings, InputError
from methodology.base.files import quantised
from methodology.base.phrases import Phrase, chinese, joined, phrase, with_chinese
from methodology.factors.table import Factor
from methodology.intervals import Numbers, excluded, interval
from methodology.statement_findings import check_checks, check_lines, note_uncertainty
from methodology.uncertainty.propagation import propagate
from methodology.uncertainty.simulation import simulate
from methodology.worksheet import Node, Row, View, Worksheet

FORMAT = "ghg-statement"
VERSION = "1.0"
DIMENSIONS = (
    "reporting_unit",
    "habitat",
    "stratum",
    "species",
    "pool",
    "gas",
    "activity",
    "from_habitat",
    "to_habitat",
    "date",
    "period",
    "line",
    "stream",
    "meter",
    "fate",
    "scenario",
)
KINDS = ("area", "stock", "stock_change", "flow", "ratio")
ACCOUNTS = ("gross", "net", "avoided", "capacity", "activity")
BASES = ("measured", "default", "mixed", "proxy")
STATUSES = ("estimated", "not_estimated", "not_covered", "not_applicable")
DISPUTED_TERMS = (
    "allochthonous_carbon",
    "methane",
    "nitrous_oxide",
    "lateral_export",
    "carbonate",
    "reversal",
    "baseline",
    "model",
)


@dataclass(frozen=True)
class LineBlock:
    """Lines to be made of the rows of one node.

    Parameters
    ----------
    source : Node or View
        Its dimension names must be of `DIMENSIONS`; each row becomes one line.
    quantity : str
        What it is, in words joined by underscores: carbon_stock, habitat_area, soil_co2_flux …
    kind, account, tier, basis, clause, data_quality : str
        See the module's lists. `tier`, `basis` and `data_quality` may be given per row by a mapping.
    aggregation : {"part", "subtotal", "total"}
        So that a reader never adds a total to its parts.
    fixed : mapping
        Dimensions that are the same for all lines of the block, for example ``{"pool": "soil"}``.
    leaves_out : tuple of str, or mapping of habitat to tuple of str
        What the lines leave out beside what their inputs say, for example a gas that could not be estimated.
    """

    source: Node | View
    quantity: str
    kind: str
    account: str
    tier: str | Mapping[Row, str] = ""
    basis: str | Mapping[Row, str] = "default"
    clause: str | None = None
    data_quality: str | Mapping[Row, str] = ""
    aggregation: str = "part"
    fixed: Mapping[str, str] = field(default_factory=dict)
    leaves_out: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()

    def left_out(self, dimensions: Mapping[str, str]) -> set[str]:
        """What a line of the block leaves out; a line of no one habitat leaves out what any of them does."""
        if not isinstance(self.leaves_out, Mapping):
            return set(self.leaves_out)
        if "habitat" in dimensions:
            return set(self.leaves_out.get(dimensions["habitat"], ()))
        return {tag for tags in self.leaves_out.values() for tag in tags}


@dataclass(frozen=True)
class Gap:
    """A line that has no number, and why: neither zero nor a factor borrowed in silence.

    Parameters
    ----------
    status : {"not_estimated", "not_covered", "not_applicable"}
    reason : mapping with keys en and zh
    """

    quantity: str
    unit: str
    kind: str
    account: str
    dimensions: Mapping[str, str]
    status: str
    reason: Mapping[str, str]
    clause: str | None = None


@dataclass(frozen=True)
class Head:
    """What a statement says about itself.

    Parameters
    ----------
    guide : mapping
        As `methodology.guides.registry.Guide.face` gives it.
    settings : mapping
        Choices that move numbers: GWP set, level, interpolation …
    files : sequence of mapping with role, name, sha256
    disputed_terms : sequence of mapping with term, status (included | excluded | not assessed), reason {en, zh}
    checks : sequence of mapping with name, holds, detail
    extra : mapping
        Further top-level sections for reports: tables, map outlines, charts' data.
    """

    title: str
    subject: str
    guide: Mapping[str, Any]
    settings: Mapping[str, Any]
    files: Sequence[Mapping[str, str]] = ()
    disputed_terms: Sequence[Mapping[str, Any]] = ()
    findings: Iterable[Finding] = ()
    checks: Sequence[Mapping[str, Any]] = ()
    code_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


def compute(
    sheet: Worksheet,
    wanted: Iterable[str],
    draws: int = 10_000,
    seed: int = 1,
    level: float = 0.95,
    progress: Callable[[float], None] | None = None,
) -> Numbers:
    """Central values, first-order uncertainty and simulation of a worksheet.

    Raises
    ------
    InputError
        ME-WS-01 for every value outside the range of the equation that uses it.
    """
    values = sheet.evaluate()
    sheet.check_ranges(values).stop_on_errors()
    return Numbers(values, propagate(sheet, values), simulate(sheet, wanted, draws, seed, level, progress=progress))


def assemble(
    sheet: Worksheet,
    blocks: Sequence[LineBlock],
    gaps: Sequence[Gap],
    head: Head,
    draws: int = 10_000,
    seed: int = 1,
    level: float = 0.95,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Compute a worksheet and write the statement.

    Returns
    -------
    dict
        Ready for `methodology.statement_file.write_statement`.

    Raises
    ------
    InputError
        ME-ST-01 a central stock or area is negative; ME-ST-02 a hard check of the run does not hold.
    """
    from methodology.statement_file import node_record

    numbers = compute(sheet, dict.fromkeys(view_of(b.source).node.id for b in blocks), draws, seed, level, progress)
    findings = Findings(list(head.findings))
    excludes = excluded(sheet)
    lines: list[dict[str, Any]] = []
    for block in blocks:
        lines.extend(_lines(block, numbers, excludes, head, level))
    lines.extend(_gap_line(gap, head) for gap in gaps)
    check_lines(lines, findings)
    check_checks(head.checks, findings)
    note_uncertainty(sheet, numbers.simulation, lines, findings)
    findings.stop_on_errors()
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": head.title,
        "subject": head.subject,
        "guide": dict(head.guide),
        "settings": {**head.settings, "level": level, "draws": draws, "seed": seed},
        "lines": lines,
        "inputs": {"files": list(head.files), "factors": [factor_record(f, sheet) for f in sheet.factors.values()]},
        "disputed_terms": list(head.disputed_terms),
        "findings": [_finding_record(f, head.code_titles) for f in findings],
        "checks": [with_chinese(check, ("name", "detail")) for check in head.checks],
        **head.extra,
        "outline": _outline(sheet, blocks, [line_id(gap.quantity, gap.dimensions) for gap in gaps]),
        "nodes": [node_record(node) for node in sheet.nodes.values()],
    }


def view_of(source: Node | View) -> View:
    """All rows of a node, or the view itself."""
    return source.view() if isinstance(source, Node) else source


def _lines(
    block: LineBlock, numbers: Numbers, excludes: Mapping[str, list[frozenset[str]]], head: Head, level: float
) -> list[dict[str, Any]]:
    view = view_of(block.source)
    node = view.node
    lines = []
    for index, row in zip(view.index, view.rows, strict=True):
        dimensions = {**dict(zip(view.dims, row, strict=True)), **block.fixed}
        unknown = set(dimensions) - set(DIMENSIONS)
        if unknown:
            raise ValueError(f"{node.id}: dimensions {unknown} are not in the statement's vocabulary")
        ordered = {name: dimensions[name] for name in DIMENSIONS if name in dimensions}
        number = int(index)
        lines.append(
            {
                "id": line_id(block.quantity, ordered),
                "quantity": block.quantity,
                "unit": node.unit,
                "value": float(numbers.values[node.id][number]),
                "interval": interval(
                    node, number, numbers, sorted(excludes[node.id][number] | block.left_out(ordered)), level
                ),
                "standard_uncertainty": float(numbers.first_order.standard[node.id][number]),
                "dimensions": ordered,
                "kind": block.kind,
                "account": block.account,
                "aggregation": block.aggregation,
                "status": "estimated",
                "tier": block.tier if isinstance(block.tier, str) else block.tier[row],
                "basis": block.basis if isinstance(block.basis, str) else block.basis[row],
                "guide": head.guide["id"],
                "clause": block.clause,
                "equation": node.equation.id if node.equation else node.kind,
                "data_quality": block.data_quality if isinstance(block.data_quality, str) else block.data_quality[row],
                "shares": {k: v for k, v in numbers.first_order.shares(node.id, number).items() if v >= 0.0005},
                **({"leaves_out": sorted(left)} if (left := block.left_out(ordered)) else {}),
                "node": node.id,
                "row": number,
            }
        )
    return lines


def line_id(quantity: str, dimensions: Mapping[str, str]) -> str:
    """Quantity and labels joined, labels in the order of `DIMENSIONS`."""
    return "/".join([quantity, *(dimensions[name] for name in DIMENSIONS if name in dimensions)])


def _outline(sheet: Worksheet, blocks: Sequence[LineBlock], gaps: list[str]) -> dict[str, Any]:
    """What the lines are made of, written apart from them: see the schema."""
    from methodology.statement_file import plain_index

    records = []
    for block in blocks:
        view = view_of(block.source)
        record: dict[str, Any] = {"node": view.node.id, "index": plain_index(view.index), "fixed": dict(block.fixed)}
        if view.dims != view.node.dims or [view.node.rows[n] for n in view.index] != list(view.rows):
            record |= {"dims": list(view.dims), "rows": [list(row) for row in view.rows]}
        common = ("quantity", "kind", "account", "aggregation", "clause")
        records.append(record | {name: getattr(block, name) for name in common})
    used = {view_of(block.source).node.id for block in blocks}
    used |= {source for node in sheet.nodes.values() for _, source, _ in node.parts}
    return {"blocks": records, "gaps": gaps, "unused": [name for name in sheet.nodes if name not in used]}


def _gap_line(gap: Gap, head: Head) -> dict[str, Any]:
    ordered = {name: gap.dimensions[name] for name in DIMENSIONS if name in gap.dimensions}
    return {
        "id": line_id(gap.quantity, ordered),
        "quantity": gap.quantity,
        "unit": gap.unit,
        "value": None,
        "interval": None,
        "dimensions": ordered,
        "kind": gap.kind,
        "account": gap.account,
        "aggregation": "part",
        "status": gap.status,
        "reason": dict(gap.reason),
        "tier": "",
        "basis": "default",
        "guide": head.guide["id"],
        "clause": gap.clause,
        "equation": None,
        "data_quality": "",
    }


def _finding_record(finding: Finding, titles: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    record = finding.as_dict()
    if finding.code in titles:
        record["title"] = dict(titles[finding.code])
    return record


def factor_record(factor: Factor, sheet: Worksheet) -> dict[str, Any]:
    """A factor as a statement lists it, with the nodes that use its quantity."""
    spread = factor.spread
    record = {
        "id": factor.id,
        "guide": factor.guide,
        "quantity": factor.quantity,
        "value": factor.value,
        "unit": factor.unit,
        "low": factor.low,
        "high": factor.high,
        "level": factor.level,
        "interval_kind": factor.interval_kind,
        "printed": factor.printed,
        "distribution": factor.distribution,
        "applies": {key: "|".join(values) for key, values in factor.applies.items()},
        "source": factor.source,
        "locator": factor.locator,
        "row": factor.row,
        "value_status": factor.value_status,
        "interval_status": factor.interval_status,
        "note": factor.note,
        "used_by": [n.id for n in sheet.nodes.values() if any(s == f"factor:{factor.quantity}" for _, s, _ in n.parts)],
    }
    told = {name: chinese(text) for name in ("locator", "note") if isinstance(text := record[name], Phrase)}
    if told:  # of a table's own texts the catalogue has the Chinese
        record["zh"] = told
    if factor.support is not None:
        record["support"] = list(factor.support)
    if factor.files:
        record["files"] = list(factor.files)
    if spread is not None:
        record["interval_reproducible"] = spread.reproduces
        record["simulated_mean"] = quantised(spread.mean)
    return record


def refuse_unconfirmed(sheet: Worksheet, strictness: str) -> None:
    """Refuse factors that nobody confirmed from the printed source.

    Parameters
    ----------
    strictness : {"value", "interval"}
        "value" asks for a value marked read or local, "interval" for the interval as well.

    Raises
    ------
    InputError
        ME-STRICT-01, one finding for each factor used that fails.
    """
    confirmed = ("read", "local")
    findings = []
    for factor in sheet.factors.values():
        faults = []
        if factor.value_status not in confirmed:
            faults.append(f"value marked {factor.value_status}")
        if strictness == "interval" and factor.distribution != "fixed" and factor.interval_status not in confirmed:
            faults.append(f"interval marked {factor.interval_status or 'absent'}")
        if faults:
            findings.append(
                Finding(
                    "ME-STRICT-01",
                    phrase("factor {factor}", factor=factor.id),
                    phrase("{printed}, {names}", printed=factor.printed, names=joined(" and ", faults)),
                    "read or local",
                    phrase(
                        "Look it up in {source}, {locator}, and confirm it in a factors file of your own: "
                        "`methodology factors template` writes one.",
                        source=factor.source,
                        locator=factor.locator,
                    ),
                )
            )
    if findings:
        raise InputError(*findings)
