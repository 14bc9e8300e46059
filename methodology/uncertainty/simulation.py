"""Monte Carlo through the same worksheet, in chunks.

Each chunk has a random stream of its own, derived from the seed and the chunk's number, and writes to a place of its
own; so the digits depend on seed, draws and worksheet, never on the number of threads. Draws are kept as 32-bit
numbers (seven digits, far below sampling error) so that a hundred megabytes hold ten thousand draws of 3,000 lines;
more lines than that are done in further passes over the same streams. Source: ipcc2006v1ch3, approach 2; jcgm101.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from methodology.uncertainty.distributions import draw
from methodology.uncertainty.propagation import root

if TYPE_CHECKING:
    from methodology.worksheet import Node, Worksheet

STORE_BYTES = 150_000_000  # kept draws of one pass
CHUNK_CELLS = 150_000  # cells of the widest node in one chunk: small enough for the processor's cache
LIMIT_DIGITS = 6  # sampling error of a simulated limit is in the third digit; more would feign precision


@dataclass(frozen=True)
class Simulation:
    """Simulated limits and moments of the wanted nodes.

    Parameters
    ----------
    low, high, mean, sd : dict of node id to array, shape (row,)
        In the node's unit, limits at `level`.
    negative_share : dict of factor id to float
        Share of draws of a factor that fell on the other side of zero than its value. [1]
    """

    low: dict[str, np.ndarray]
    high: dict[str, np.ndarray]
    mean: dict[str, np.ndarray]
    sd: dict[str, np.ndarray]
    negative_share: dict[str, float]
    draws: int
    seed: int
    level: float


@dataclass(frozen=True)
class _Sampler:
    """An input's rows grouped by distribution form, ready to draw."""

    centre: np.ndarray
    groups: tuple[tuple[str, np.ndarray, np.ndarray], ...]
    joint: np.ndarray | None

    def __call__(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        if self.joint is not None:
            return self.centre + generator.standard_normal((draws, self.centre.size)) @ self.joint.T
        if len(self.groups) == 1 and self.groups[0][1].size == self.centre.size:
            return draw(self.groups[0][0], self.groups[0][2], generator, draws)
        result = np.repeat(self.centre[None, :], draws, axis=0)
        for form, rows, parameters in self.groups:
            result[:, rows] = draw(form, parameters, generator, draws)
        return result


def _sampler(node: Node) -> _Sampler | None:
    """None for an input that is exact in every row."""
    if node.covariance is not None:
        return _Sampler(node.values, (), root(node))
    forms: dict[str, list[int]] = {}
    for number, spread in enumerate(node.spreads):
        if spread is not None and spread.form != "fixed":
            forms.setdefault(spread.form, []).append(number)
    if not forms:
        return None
    groups = tuple(
        (form, np.array(rows), np.array([node.spreads[n].parameters for n in rows]).T) for form, rows in forms.items()
    )
    return _Sampler(node.values, groups, None)


def simulate(
    sheet: Worksheet,
    wanted: Iterable[str],
    draws: int = 10_000,
    seed: int = 1,
    level: float = 0.95,
    threads: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Simulation:
    """Limits of every row of the wanted nodes from random draws of all inputs.

    Parameters
    ----------
    wanted : iterable of node id
    draws : int
        10,000 puts the sampling error of a 95 % limit near 1 % of the half-width.
    seed : int
    level : float
        Probability between the limits. [1]
    threads : int
        Changes nothing but the time.
    progress : callable taking the share done, optional
    """
    samplers = {node.id: _sampler(node) for node in sheet.nodes.values() if node.kind == "input"}
    samplers = {name: sampler for name, sampler in samplers.items() if sampler is not None}
    plan = _passes(sheet, list(wanted), draws)
    results: dict[str, dict[str, np.ndarray]] = {"low": {}, "high": {}, "mean": {}, "sd": {}}
    negative: dict[str, float] = {}
    for number, names in enumerate(plan):
        done = (lambda share, n=number: progress((n + share) / len(plan))) if progress else None
        kept, counts = _one_pass(sheet, samplers, names, draws, seed, threads, done)
        negative = {name: count / draws for name, count in counts.items()}
        for name in names:
            for key, array in _limits(kept.pop(name), level).items():
                results[key][name] = array
    return Simulation(**results, negative_share=negative, draws=draws, seed=seed, level=level)


def _passes(sheet: Worksheet, wanted: list[str], draws: int) -> list[list[str]]:
    plan: list[list[str]] = [[]]
    room = STORE_BYTES
    for name in wanted:
        size = len(sheet[name].rows) * draws * 4
        if plan[-1] and size > room:
            plan.append([])
            room = STORE_BYTES
        plan[-1].append(name)
        room -= size
    return plan


def _one_pass(
    sheet: Worksheet, samplers: Mapping[str, _Sampler], names: list[str], draws: int, seed: int, threads: int,
    progress: Callable[[float], None] | None,
) -> tuple[dict[str, np.ndarray], dict[str, int]]:  # fmt: skip
    widest = max((len(node.rows) for node in sheet.nodes.values()), default=1)
    chunk = int(np.clip(CHUNK_CELLS // max(widest, 1), 8, 2_000))
    starts = range(0, draws, chunk)
    streams = np.random.SeedSequence(seed).spawn(len(starts))
    kept = {name: np.empty((len(sheet[name].rows), draws), dtype=np.float32) for name in names}
    needed = _needed(sheet, names)
    signs = [n for n in sheet.nodes.values() if n.role == "factor" and n.id in samplers]

    def run(number: int) -> dict[str, int]:
        start = starts[number]
        size = min(chunk, draws - start)
        generator = np.random.Generator(np.random.SFC64(streams[number]))
        values: dict[str, np.ndarray] = {}
        drawn = {name: sampler(generator, size) for name, sampler in samplers.items()}
        for node in needed:
            values[node.id] = _step(node, values, drawn)
            if node.id in kept:
                block = values[node.id]
                kept[node.id][:, start : start + size] = block.T if block.ndim == 2 else block[:, None]
        return _crossings(signs, drawn)

    totals: dict[str, int] = {}
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for number, counts in enumerate(pool.map(run, range(len(starts)))):
            for name, count in counts.items():
                totals[name] = totals.get(name, 0) + count
            if progress:
                progress((number + 1) / len(starts))
    return kept, totals


def _step(node: Node, values: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> np.ndarray:
    from methodology.worksheet import step

    return step(node, values, drawn)


def _needed(sheet: Worksheet, names: list[str]) -> list[Node]:
    wanted = set(names)
    for node in reversed(list(sheet.nodes.values())):
        if node.id in wanted:
            wanted.update(source for _, source, _ in node.parts)
    return [node for node in sheet.nodes.values() if node.id in wanted]


def _crossings(nodes: list[Node], drawn: Mapping[str, np.ndarray]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for node in nodes:
        beyond = drawn[node.id] * np.where(node.values < 0, -1.0, 1.0) < 0
        for row, number in zip(node.rows, beyond.sum(axis=0), strict=True):
            counts[row[0]] = int(number)
    return counts


def _limits(kept: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """Limits by order statistics (nearest rank), mean and sd of each row; reorders `kept` in place, in slices."""
    draws = kept.shape[1]
    ranks = [int(np.clip(round(p * (draws - 1)), 0, draws - 1)) for p in ((1 - level) / 2, (1 + level) / 2)]
    result = {key: np.empty(kept.shape[0]) for key in ("low", "high", "mean", "sd")}
    for start in range(0, kept.shape[0], 64):
        part = kept[start : start + 64]
        rows = slice(start, start + part.shape[0])
        mean = part.mean(axis=1)
        result["mean"][rows] = mean
        deviation = part - mean[:, None]
        result["sd"][rows] = np.sqrt(np.einsum("ij,ij->i", deviation, deviation) / draws)
        part.partition(ranks[0], axis=1)  # two single ranks are several times faster than one call with both
        if ranks[1] > ranks[0]:
            part[:, ranks[0] + 1 :].partition(ranks[1] - ranks[0] - 1, axis=1)
        result["low"][rows], result["high"][rows] = part[:, ranks[0]], part[:, ranks[1]]
    return {key: _rounded(array) for key, array in result.items()}


def _rounded(array: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.{LIMIT_DIGITS - 1}e}") for value in array])
