"""Bulk meter data in Parquet (a year at 1 Hz) to hourly means and good time, in one pass and little memory.

The file stays in the archive as it came; what is computed from it is a table of hours. Readings join by step, as dense
data do. Range and impossible values are taken out reading by reading; checks that need a neighbourhood (spikes,
frozen meters) are run on the hours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ccus.streams.averages import HOUR_S
from ccus.streams.series import BAD, GOOD, Series
from methodology.base.errors import Findings, refuse
from methodology.base.phrases import phrase

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1 << 19
GOOD_QUALITY = 192
UNCERTAIN_QUALITY = 64
NO_QUALITY = 128  # 128 to 191: the two top bits 10, which no quality has
QUALITY_SUFFIX = ".quality"
_BYTES = "OPC bytes: 192 good, 64 uncertain, 0 bad"


@dataclass(frozen=True)
class Hours:
    """Hours of a bulk file.

    Parameters
    ----------
    start_s : array, shape (hour,)
        Begin of each hour that has readings. [s since 1970 UTC]
    mean : dict of column to array, shape (hour,)
        Over the good time, in the exported unit; NaN where there is none.
    good_s : dict of column to array, shape (hour,)
        [s]
    rows : int
    first_s, last_s : float
        First and last reading. [s since 1970 UTC]
    """

    start_s: np.ndarray
    mean: dict[str, np.ndarray]
    good_s: dict[str, np.ndarray]
    rows: int
    first_s: float
    last_s: float

    def series(self, column: str, tag: str, factor: float = 1.0, offset: float = 0.0) -> Series:
        """The hours of a column as readings: its mean stands for the hour's good time, then nothing does."""
        good_s, mean = self.good_s[column], self.mean[column] * factor + offset
        time_s = np.column_stack([self.start_s, self.start_s + good_s]).ravel()
        value = np.column_stack([mean, np.full(mean.shape, np.nan)]).ravel()
        severity = np.tile(np.array([GOOD, BAD], dtype=np.uint8), mean.size)
        keep = np.column_stack([good_s > 0, (good_s > 0) & (good_s < HOUR_S - 1e-6)]).ravel()
        return Series(tag, time_s[keep], value[keep], severity[keep], hold_s=HOUR_S)


def columns_of(path: Path, ignored: Collection[str] = ()) -> tuple[str, list[str]]:
    """Time column and reading columns of a bulk file.

    Parameters
    ----------
    path : Path
    ignored : collection of str
        Columns left out on purpose.

    Raises
    ------
    InputError
        CC-IMP-01 not Parquet; CC-IMP-02 no single time column or no readings; CC-IMP-07 a name twice; CC-IMP-10 times
        without a zone; CC-IMP-15 a column of text; CC-IMP-16 a quality column that holds no whole numbers.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.ParquetFile(path).schema_arrow
    except (pa.ArrowInvalid, OSError) as error:
        raise refuse("CC-IMP-01", path.name, error, "a Parquet file") from None
    findings = Findings()
    for name in sorted({name for name in schema.names if schema.names.count(name) > 1}):
        findings.add("CC-IMP-07", f"{path.name}, {name}", "several columns", "one", "Export each tag once.")
    times = [field.name for field in schema if pa.types.is_timestamp(field.type)]
    values = []
    for field in schema:
        whole, place = pa.types.is_integer(field.type), f"{path.name}, {field.name}"
        if field.name in times or field.name in ignored:
            continue
        if field.name.endswith(QUALITY_SUFFIX):
            if not whole:
                findings.add("CC-IMP-16", place, str(field.type), _BYTES, "Export the quality as numbers.")
        elif whole or pa.types.is_floating(field.type):
            values.append(field.name)
        else:
            remedy = 'Export numbers, or map the column to "" to leave it out.'
            findings.add("CC-IMP-15", place, str(field.type), "a column of numbers", remedy)
    if len(times) != 1 or not values:
        found = phrase("{n} time columns, {n2} numeric columns", n=len(times), n2=len(values))
        findings.add("CC-IMP-02", path.name, found, "one time stamp column and one numeric column a tag")
    elif schema.field(times[0]).type.tz is None:
        found = "time stamps without a zone"
        findings.add("CC-IMP-10", f"{path.name}, {times[0]}", found, "time stamps in UTC or with a zone")
    findings.stop_on_errors()
    return times[0], values


def hourly(
    path: Path,
    limits: Mapping[str, tuple[float, float]] | None = None,
    max_hold_s: float = 60.0,
    shift_s: float = 0.0,
    ignored: Collection[str] = (),
) -> Hours:
    """Hourly means and good time of every column.

    Parameters
    ----------
    path : Path
        One timestamp column, one numeric column a tag, and where there is one ``<tag>.quality`` with OPC bytes
        (192 good, 64 uncertain; less is bad).
    limits : mapping of column to (low, high), optional
        Readings beyond are not good. Exported unit.
    max_hold_s : float
        Longest time a reading stands. [s]
    shift_s : float
        Begin of the plant's hours after those of UTC, for zones off by part of an hour. [s]
    ignored : collection of str
        Columns left out on purpose.

    Returns
    -------
    Hours

    Raises
    ------
    InputError
        As `columns_of`; CC-IMP-10 rows without a time; CC-IMP-11 time runs backward; CC-IMP-16 quality that is no
        OPC byte.
    """
    time_column, values = columns_of(path, ignored)
    limits = limits or {}
    sums: dict[str, dict[int, float]] = {name: {} for name in values}
    goods: dict[str, dict[int, float]] = {name: {} for name in values}
    rows, first_s, last_s = 0, float("nan"), float("nan")
    for time_s, batch in _batches(path, time_column):
        hold_s, edges, hours = _held(time_s, max_hold_s, shift_s)
        used = time_s.size - 1  # the last row opens the next batch, whose first reading ends it
        for name in values:
            value = _plain(batch, name)[:used]
            good = _good(batch, name, value, limits.get(name))
            _add(sums[name], goods[name], value, good, hold_s, edges, hours)
        rows += used
        first_s = time_s[0] if np.isnan(first_s) else first_s
        last_s = time_s[used - 1] if used else last_s
    every = sorted({hour for found in goods.values() for hour in found})
    good_s = {name: np.array([goods[name].get(hour, 0.0) for hour in every]) for name in values}
    total = {name: np.array([sums[name].get(hour, 0.0) for hour in every]) for name in values}
    mean = {n: np.where(good_s[n] > 0, total[n] / np.where(good_s[n] > 0, good_s[n], 1), np.nan) for n in values}
    start_s = np.array(every, dtype=float) * HOUR_S + shift_s
    return Hours(start_s, mean, good_s, rows, float(first_s), float(last_s))


def _batches(path: Path, time_column: str) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
    """Batches with their times [s], each lengthened by the time its last reading ends: the next one's, or a step on."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    held: tuple[np.ndarray, pa.RecordBatch] | None = None
    last = -np.inf
    for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS, use_threads=True):
        if batch.column(time_column).null_count:
            raise refuse("CC-IMP-10", path.name, "rows without a time", "a time in every row")
        column = batch.column(time_column).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
        time_s = _values(column, np.int64) / 1e6
        if time_s.size == 0:
            continue
        if time_s[0] < last or np.any(np.diff(time_s) < 0):
            raise refuse(
                "CC-IMP-11", path.name, "time runs backward", "rows in order of time", "Sort the file by time."
            )
        last = time_s[-1]
        if held is not None:
            yield np.append(held[0], time_s[0]), held[1]
        held = (time_s, batch)
    if held is not None:
        step_s = held[0][-1] - held[0][-2] if held[0].size > 1 else 0.0
        yield np.append(held[0], held[0][-1] + step_s), held[1]


def _held(time_s: np.ndarray, max_hold_s: float, shift_s: float) -> tuple[np.ndarray | float, np.ndarray, np.ndarray]:
    """How long each reading stands, where the hours begin among the readings, and which hours they are.

    A reading that stands across an hour's end is counted to the hour it began in; with dense data that is a second.
    """
    hold_s = np.minimum(np.diff(time_s), max_hold_s)
    hour = np.floor((time_s[:-1] - shift_s) / HOUR_S).astype(np.int64)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(hour)) + 1])
    even = hold_s.size > 0 and np.all(hold_s == hold_s[0])
    return (float(hold_s[0]) if even else hold_s), edges, hour[edges]


def _good(batch: pa.RecordBatch, name: str, value: np.ndarray, limits: tuple[float, float] | None) -> np.ndarray | None:
    """Which readings may be used; None where all may."""
    good = None
    if name + QUALITY_SUFFIX in batch.schema.names:
        quality = _bytes(batch, name + QUALITY_SUFFIX)[: value.size]
        if quality.size and quality.min() < UNCERTAIN_QUALITY:
            good = quality >= UNCERTAIN_QUALITY
    if value.size and not np.isfinite(value.sum()):
        number = np.isfinite(value)
        good = number if good is None else good & number
    if limits is not None and value.size and (np.fmin.reduce(value) < limits[0] or np.fmax.reduce(value) > limits[1]):
        inside = (value >= limits[0]) & (value <= limits[1])
        good = inside if good is None else good & inside
    return good


def _add(
    sums: dict[int, float],
    goods: dict[int, float],
    value: np.ndarray,
    good: np.ndarray | None,
    hold_s: np.ndarray | float,
    edges: np.ndarray,
    hours: np.ndarray,
) -> None:
    if value.size == 0:
        return
    if isinstance(hold_s, float):
        counted = (
            np.diff(np.append(edges, value.size)) if good is None else np.add.reduceat(good, edges, dtype=np.int64)
        )
        taken = value if good is None else np.where(good, value, 0.0)
        amount, time = np.add.reduceat(taken, edges) * hold_s, counted * hold_s
    else:
        weight = hold_s if good is None else hold_s * good
        amount = np.add.reduceat((value if good is None else np.where(good, value, 0.0)) * weight, edges)
        time = np.add.reduceat(weight, edges)
    for hour, one, long in zip(hours.tolist(), amount.tolist(), time.tolist(), strict=True):
        sums[hour] = sums.get(hour, 0.0) + one
        goods[hour] = goods.get(hour, 0.0) + long


def _plain(batch: pa.RecordBatch, name: str) -> np.ndarray:
    """A column as numbers; a null is NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column(name)
    column = column if column.type == pa.float64() else column.cast(pa.float64(), safe=False)
    return _values(pc.fill_null(column, float("nan")) if column.null_count else column, np.float64)


def _bytes(batch: pa.RecordBatch, name: str) -> np.ndarray:
    """OPC quality bytes; a null is bad.

    Raises
    ------
    InputError
        CC-IMP-16 for what is no OPC byte: beyond 255, or with the two top bits 10.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column(name)
    column = pc.fill_null(column, 0) if column.null_count else column
    remedy = "OPC UA codes are read from CSV and XLSX; in bulk say 192 good, 64 uncertain, 0 bad."
    try:
        quality = _values(column if column.type == pa.uint8() else column.cast(pa.uint8()), np.uint8)
    except pa.ArrowInvalid as error:
        raise refuse("CC-IMP-16", name, str(error), _BYTES, remedy) from None
    none = (quality >= NO_QUALITY) & (quality < GOOD_QUALITY)
    if none.any():
        raise refuse("CC-IMP-16", name, str(quality[none][0]), _BYTES, remedy)
    return quality


def _values(array: pa.Array, dtype: type) -> np.ndarray:
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]
