"""Factor records of a statement: the same numbers in the worksheet, the same row in the guide, the same distribution."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from methodology.base.errors import Finding, InputError
from methodology.base.files import canonical_json
from methodology.base.phrases import phrase
from methodology.base.units import convert
from methodology.factors.table import Factor, FactorTable
from methodology.verification_nodes import EDITED, OTHER_VERSION, damage
from methodology.worksheet import Worksheet

_FIT_TOLERANCE = 1e-6  # of the standard deviation; a fit from 12 digits settles where it did to about 1e-8
_PRINTED_TOLERANCE = 1e-4  # a printed number may carry five digits of the value


def factor_findings(statement: Mapping[str, Any], sheet: Worksheet, place: str) -> list[Finding]:
    """Everything in which factor records differ from worksheet, installed guide, or what follows from them.

    Returns
    -------
    list of Finding
        ME-ST-03 a record or row is missing or twice; ME-ST-04 a number or mark differs.
    """
    records = {record["id"]: record for record in statement["inputs"]["factors"]}
    counts = Counter(record["id"] for record in statement["inputs"]["factors"])
    found = [
        damage(phrase("{place}, factor {name}", place=place, name=name), "this id twice", "one record")
        for name, n in counts.items()
        if n > 1
    ]
    factors: dict[str, Factor] = {}
    for name, record in records.items():
        try:
            factors[name] = _factor(record)
            factors[name].spread  # noqa: B018  fitted here so that a bad form is told with the factor
        except InputError as error:
            factors.pop(name, None)
            found.extend(
                damage(phrase("{place}, factor {name}", place=place, name=name), f.found, f.expected)
                for f in error.findings
            )
    for name, factor in factors.items():
        found.extend(
            _record_findings(
                records[name], factor, statement, sheet, phrase("{place}, factor {name}", place=place, name=name)
            )
        )
    found.extend(_node_findings(factors, records, sheet, place))
    return found


def _differs(place: str, found: str, expected: str, remedy: str = EDITED) -> Finding:
    return Finding("ME-ST-04", place, found, expected, remedy)


def _factor(record: Mapping[str, Any]) -> Factor:
    support = record.get("support")
    return Factor(
        record["id"], record["guide"], record["quantity"], record["value"], record["unit"], record.get("low"),
        record.get("high"), record.get("level") or 0.95, record.get("interval_kind", ""), record["distribution"],
        None if support is None else tuple(support), {k: tuple(v.split("|")) for k, v in record["applies"].items()},
        record["source"], record["locator"], record["value_status"], record["interval_status"], record.get("note", ""),
        record["printed"], record.get("row", 0), tuple(record.get("files", ())),
    )  # fmt: skip


def _plain_record(factor: Factor, sheet: Worksheet) -> dict[str, Any]:
    from methodology.statement import factor_record

    return json.loads(canonical_json(factor_record(factor, sheet)))


def _record_findings(
    record: Mapping[str, Any], factor: Factor, statement: Mapping[str, Any], sheet: Worksheet, place: str
) -> Iterator[Finding]:
    derived = _plain_record(factor, sheet)
    for key in ("used_by", "interval_reproducible"):
        if record.get(key) != derived.get(key):
            yield _differs(
                place,
                f"{key} {_said(record.get(key))}",
                phrase("{said} from the worksheet", said=_said(derived.get(key))),
            )
    mean = factor.spread.mean if factor.spread else None
    if (record.get("simulated_mean") is None) != (mean is None) or (
        mean is not None and abs(record["simulated_mean"] - mean) > _FIT_TOLERANCE * max(factor.spread.sd, abs(mean))
    ):
        yield _differs(
            place, f"simulated_mean {record.get('simulated_mean')}", phrase("{mean} of its distribution", mean=mean)
        )
    table = _installed(factor.guide)
    if table is None:
        yield from _printed_findings(factor, place)
        return
    own = next((row for row in table.all() if row.id == factor.id), None)
    if own is None:
        yield _differs(
            place,
            phrase("no such row in the installed {guide}", guide=factor.guide),
            "a row of the guide",
            OTHER_VERSION,
        )
        return
    expected = _plain_record(own, sheet)
    for key in [key for key in {**expected, **record} if key not in ("simulated_mean", "files")]:
        if record.get(key) != expected.get(key):
            told = phrase(
                "{key} {said} of the installed {guide}", key=key, said=_said(expected.get(key)), guide=factor.guide
            )
            yield _differs(place, f"{key} {_said(record.get(key))}", told, OTHER_VERSION)
    chosen = statement["settings"].get("gwp")
    if factor.guide == "gwp" and chosen is not None and chosen not in factor.applies.get("set", ()):
        yield _differs(
            place,
            phrase("set {names}", names="|".join(factor.applies.get("set", ()))),
            phrase("{chosen}, as the settings say", chosen=chosen),
        )


def _said(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _installed(guide: str) -> FactorTable | None:
    from methodology.factors.gwp import gwp_table
    from methodology.guides.registry import guide_ids, load_guide

    if guide == "gwp":
        return gwp_table()
    return load_guide(guide).factors if guide in guide_ids() else None


def _printed_findings(factor: Factor, place: str) -> Iterator[Finding]:
    """A row of one's own: the number as printed must be the value."""
    number, _, unit = factor.printed.partition(" (")[0].partition(" ")
    try:
        value = float(convert(float(number), unit, factor.unit, place))
    except (ValueError, InputError):
        yield _differs(place, phrase("printed {printed}", printed=factor.printed), "a number with its unit")
        return
    if abs(value - factor.value) > _PRINTED_TOLERANCE * abs(factor.value):
        yield _differs(
            place,
            phrase("value {factor:g} {unit}", factor=factor.value, unit=factor.unit),
            phrase("{value:g} {unit}, as printed", value=value, unit=factor.unit),
        )


def _node_findings(
    factors: Mapping[str, Factor], records: Mapping[str, Any], sheet: Worksheet, place: str
) -> Iterator[Finding]:
    rows = set()
    for node in sheet.nodes.values():
        if not node.id.startswith("factor:"):  # a table of one's own keeps its rows in nodes of other names
            continue
        if node.role != "factor" or node.dims != ("factor",):
            yield damage(
                phrase("{place}, node {node}", place=place, node=node.id),
                "no column of factors",
                "role factor and one dimension, factor",
            )
            continue
        for n, row in enumerate(node.rows):
            rows.add(row[0])
            where = phrase("{place}, node {node}, {names}", place=place, node=node.id, names=", ".join(row))
            factor = factors.get(row[0])
            if factor is None:
                if row[0] not in records:
                    yield damage(where, "no record among inputs.factors", "a record of this id")
                continue
            if node.id != f"factor:{factor.quantity}":
                yield _differs(where, f"a {factor.quantity}", phrase("factors of the quantity in {node}", node=node.id))
            if node.unit != factor.unit:
                yield _differs(
                    where, phrase("unit {unit}", unit=node.unit), phrase("{unit} of its record", unit=factor.unit)
                )
            if abs(node.values[n] - factor.value) > 1e-11 * abs(factor.value):
                yield _differs(
                    where, f"{node.values[n]:.12g}", phrase("{factor:.12g} of its record", factor=factor.value)
                )
            if node.sources[n] != (f"factor:{factor.id}",):
                yield _differs(
                    where, phrase("sources {names}", names=", ".join(node.sources[n])), f"factor:{factor.id}"
                )
            excludes = () if factor.spread is not None else (f"no interval printed for {factor.id}",)
            if node.excludes[n] != excludes:
                yield _differs(
                    where,
                    phrase("excludes {names}", names=", ".join(node.excludes[n]) or phrase("nothing")),
                    ", ".join(excludes) or "nothing",
                )
            yield from _spread_findings(node.spreads[n], factor, where)
    for name in sorted(set(factors) - rows):
        yield damage(
            phrase("{place}, factor {name}", place=place, name=name), "no node that holds it", "a row of the worksheet"
        )


def _spread_findings(stated: Any, factor: Factor, place: str) -> Iterator[Finding]:
    fit = factor.spread
    if stated is None or fit is None:
        if stated is not fit:
            yield _differs(
                place,
                "no spread" if stated is None else "a spread",
                phrase("what {distribution} gives", distribution=factor.distribution),
            )
        return
    scale = _FIT_TOLERANCE * max(fit.sd, 1e-6 * abs(fit.mean))
    same = stated.form == fit.form and len(stated.parameters) == len(fit.parameters)
    same = same and stated.level == fit.level and stated.reproduces == fit.reproduces
    for name in ("mean", "sd", "low", "high"):
        same = same and abs(getattr(stated, name) - getattr(fit, name)) <= scale
    pairs = zip(stated.parameters, fit.parameters, strict=False)
    if not same or any(abs(a - b) > 1e3 * _FIT_TOLERANCE * max(abs(a), abs(b), fit.sd) for a, b in pairs):
        told = "{0.form} with mean {0.mean:.6g}, sd {0.sd:.6g}, {0.low:.6g} to {0.high:.6g}".format
        yield _differs(place, told(stated), phrase("{told}, fitted from its record", told=told(fit)))
