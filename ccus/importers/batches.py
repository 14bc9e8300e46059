"""Imported readings as a Parquet table for the archive, and back.

One long table a batch: tag, time, value in the canonical unit, severity, the word that stood in place of a number,
and the value as exported. How each tag was read (unit, factor, basis) lies in the table's metadata, so that a batch
can be understood from its own bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccus.importers.mapping import Imported
from ccus.importers.units import Unit
from ccus.streams.series import Series
from methodology.base.errors import refuse

if TYPE_CHECKING:
    import pyarrow as pa

_META = b"ccus.units"


def to_table(imported: Imported) -> pa.Table:
    """Arrow table of a batch, ordered by tag and time, so that equal readings give equal bytes."""
    import pyarrow as pa

    ordered = sorted(imported.series, key=lambda item: item.tag)
    tags = pa.array([s.tag for s in ordered for _ in range(len(s))], pa.string()).dictionary_encode()
    words = [s.words.get(i) for s in ordered for i in range(len(s))]
    time_us = np.rint(_joined([s.time_s for s in ordered]) * 1e6).astype(np.int64)
    exported = [(s.value - imported.units[s.tag].offset) / imported.units[s.tag].factor for s in ordered]
    holds = {series.tag: series.hold_s for series in ordered}
    units = {
        tag: asdict(unit) | {"column": imported.columns[tag], "hold_s": holds[tag]}
        for tag, unit in sorted(imported.units.items())
    }
    table = pa.table(
        {
            "tag": tags,
            "time": pa.array(time_us, pa.timestamp("us", tz="UTC")),
            "value": pa.array(_joined([s.value for s in ordered])),
            "severity": pa.array(_joined([s.severity for s in ordered]).astype(np.uint8)),
            "word": pa.array(words, pa.string()),
            "exported": pa.array(_joined(exported)),
        }
    )
    return table.replace_schema_metadata({_META: json.dumps(units, sort_keys=True, ensure_ascii=False)})


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0)


def from_parquet(path: Path, tags: Iterable[str] | None = None) -> tuple[dict[str, Series], dict[str, Unit]]:
    """Series and units of a stored batch.

    Parameters
    ----------
    path : Path
    tags : iterable of str, optional
        Only these.

    Raises
    ------
    InputError
        CC-IMP-20 the file is no batch of this program.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
        stored = json.loads(table.schema.metadata[_META])
    except (pa.ArrowInvalid, OSError, KeyError, TypeError) as error:
        raise refuse("CC-IMP-20", path.name, error, "a batch written by an import", "Restore the archive.") from None
    wanted = set(stored) if tags is None else set(tags) & set(stored)
    names = table["tag"].combine_chunks()
    names = names if isinstance(names, pa.DictionaryArray) else names.dictionary_encode()
    codes = _numbers(names.indices.cast(pa.int32()), np.int32)
    words = table["word"].combine_chunks()
    spoken = _numbers(pc.indices_nonzero(words.is_valid()), np.uint64)
    said = {int(row): words[int(row)].as_py() for row in spoken}
    time_s = _numbers(table["time"].combine_chunks().cast(pa.int64()), np.int64) / 1e6
    value = _numbers(table["value"].combine_chunks(), np.float64)
    severity = _numbers(table["severity"].combine_chunks(), np.uint8)
    series = {}
    for code, tag in enumerate(names.dictionary.to_pylist()):
        if tag in wanted:
            at = np.flatnonzero(codes == code)
            position = {int(row): i for i, row in enumerate(at)}
            kept = {position[row]: word for row, word in said.items() if row in position}
            series[tag] = Series(tag, time_s[at], value[at], severity[at], kept, stored[tag].get("hold_s", 0.0))
    units = {tag: Unit(**{k: v for k, v in stored[tag].items() if k not in ("column", "hold_s")}) for tag in wanted}
    return dict(sorted(series.items())), units


def _numbers(array: pa.Array, dtype: type) -> np.ndarray:
    """Values of an array without nulls, from its own buffer; Arrow's own way would import pandas."""
    if len(array) == 0:
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]


def merged(parts: list[Series]) -> Series:
    """One series from several batches of a tag, in order of time; a later batch never displaces an earlier reading.

    Readings of equal time: the first batch's stands, bad or not; what replaces it is a correction of that batch.
    """
    order_key = np.concatenate([np.full(len(part), i) for i, part in enumerate(parts)])
    time_s = np.concatenate([part.time_s for part in parts])
    value = np.concatenate([part.value for part in parts])
    severity = np.concatenate([part.severity for part in parts])
    offset = np.cumsum([0, *(len(part) for part in parts)])
    words = {int(offset[i]) + at: word for i, part in enumerate(parts) for at, word in part.words.items()}
    order = np.lexsort((order_key, time_s))
    keep = order[np.concatenate([[True], np.diff(time_s[order]) > 0])] if order.size else order
    position = {int(old): new for new, old in enumerate(keep)}
    words = {position[i]: word for i, word in words.items() if i in position}
    return Series(parts[0].tag, time_s[keep], value[keep], severity[keep], words, max(part.hold_s for part in parts))
