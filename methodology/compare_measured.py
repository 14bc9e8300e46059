"""Which measurement moved a line: each is taken back to what stood in its place, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from methodology.worksheet import Worksheet

ROUNDING = 1e-9
"""Relative effect below which a line is taken as not moved."""
Record = Mapping[str, Any]
Lines = tuple[Mapping[str, Record], Mapping[str, Record]]


def effects(
    statements: tuple[Record, Record], sheets: tuple[Worksheet, Worksheet], lines: Lines, names: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    """What each measurement that only one statement has, or that differs, moves every line by.

    Returns
    -------
    dict of line id to list of dict with id, habitat, stratum, quantity, part, pool, instead (value it replaced, in the
    measurement's unit, or None where nothing stood there), unit, effect (second less first, in the line's unit)

    Notes
    -----
    The measured mean is exchanged in the worksheet of its own statement for the other statement's mean, else for the
    default it replaced as its record tells (nothing, where the pool had no estimate); all else stays. The effects are
    among the parts that `compare` calls factors and rules, and do not add up to them where measurements act together.
    """
    names = list(names)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    means = [{_id(record): record for record in s.get("measured", []) if record["used"]} for s in statements]
    for side, sign in ((1, 1), (0, -1)):
        sheet, base = sheets[side], None
        for key, record in means[side].items():
            other = means[1 - side].get(key)
            if other is not None and (side == 0 or other["value"] == record["value"]):
                continue
            default = other or record["default"]
            node = sheet[f"factor:{record['quantity']}"]
            values = np.array(node.values, dtype=float)
            values[node.rows.index((key,))] = default["value"] if default else 0.0
            base = sheet.evaluate() if base is None else base
            without = sheet.evaluate({node.id: values})
            for name in names:
                line = lines[side][name]
                moved = float(base[line["node"]][line["row"]] - without[line["node"]][line["row"]])
                if abs(moved) > ROUNDING * max(1.0, abs(float(base[line["node"]][line["row"]]))):
                    entry = {part: record[part] for part in ("habitat", "stratum", "quantity", "part", "pool", "unit")}
                    instead = default["value"] if default else None
                    found[name].append({"id": key, **entry, "instead": instead, "effect": sign * moved})
    return {name: sorted(entries, key=lambda entry: -abs(entry["effect"])) for name, entries in found.items()}


def _id(record: Record) -> str:
    """Id of the factor row a measurement stands in the worksheet with."""
    parts = ("measured", record["habitat"], record["stratum"], record["quantity"], record["part"])
    return "/".join(part for part in parts if part)
