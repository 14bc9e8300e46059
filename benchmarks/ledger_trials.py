"""Trials of the ledger, printing figures and seed: python benchmarks/ledger_trials.py [--small] [--only NAME] [--seed N]

The small trials run in a minute and are also part of the tests; each line says how long a full one took. Where the
machine has a file system in memory, trials in which nothing but processes and bytes are at fault keep their ledgers
there, since a sync adds nothing to them; kills, full disks and failed syncs always run on the disk. Zero failures in N trials bound the rate of failure at about 3/N with 95 % confidence.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ledger_crashes as crashes
import ledger_damage as damage
import ledger_model as model
from ledger_samples import reading

from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger

SCRIPT = Path(__file__).resolve()
MOST_MEMORY_MB = 300
Trial = Callable[[Path, bool, int], dict[str, Any]]


def million(folder: Path, entries: int) -> dict[str, Any]:
    """Append many entries, verify them in a process of its own, and measure its memory and time."""
    begin = time.process_time()
    with Ledger.create(folder / "log", "Trial plant", "shift A") as ledger:
        for first in range(1, entries, 5_000):
            ledger.append_many(reading(number) for number in range(first, min(first + 5_000, entries)))
    appended = time.process_time() - begin
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "verify-one", str(folder / "log")], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    found |= {
        "file_mb": round((folder / "log" / "ledger.sqlite").stat().st_size / 1e6),
        "append_cpu_s": round(appended, 1),
    }
    return found | {"within": found["peak_mb"] < MOST_MEMORY_MB and found["sound"]}


def _peak_mb() -> float:
    """Peak memory of this process since it started its own program; getrusage would count a large parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def verify_one(folder: Path) -> None:
    """Verify a ledger and say what it took."""
    begin = time.process_time()
    outcome = verify_folder(folder)
    seconds = time.process_time() - begin
    peak_mb = _peak_mb()
    values = {"entries": outcome.head.size, "sound": outcome.sound, "verify_cpu_s": round(seconds, 1)}
    print(json.dumps(values | {"peak_mb": round(peak_mb)}))


TRIALS: dict[str, Trial] = {
    "kills": lambda folder, small, seed: crashes.kills(folder, 12 if small else 1_000, seed),
    "crowd": lambda folder, small, seed: crashes.crowd(folder, *((1, 6) if small else (20, 500)), seed=seed),
    "crowd on disk": lambda folder, small, seed: crashes.crowd(folder, *((1, 3) if small else (2, 100)), seed=seed),
    "export bits": lambda folder, small, seed: damage.export_bits(folder, *((4, 23) if small else (8, 1))),
    "stored bits": lambda folder, small, seed: damage.stored_bits(
        folder, *((4, 1999, 311) if small else (5, 1, 1, os.cpu_count() or 1))
    ),
    "column bits": lambda folder, small, seed: damage.column_bits(folder, *((4, 23) if small else (8, 1))),
    "removals": lambda folder, small, seed: damage.removals(folder, 40 if small else 500, 40 if small else 500, seed),
    "forgeries": lambda folder, small, seed: damage.forgeries(folder, 20 if small else 200),
    "full disk": lambda folder, small, seed: crashes.full_disk(folder, 2 if small else 50, seed),
    "small disk": lambda folder, small, seed: crashes.small_disk(
        SCRIPT, (256,) if small else (256, 320, 384, 448, 512)
    ),
    "failed calls": lambda folder, small, seed: crashes.failed_calls(folder, SCRIPT, 3 if small else 60),
    "clocks": lambda folder, small, seed: model.clocks(folder, 2 if small else 100),
    "operations": lambda folder, small, seed: model.operations(folder, 500 if small else 100_000, seed),
    "million": lambda folder, small, seed: million(folder, 3_000 if small else 1_000_000),
}
IN_MEMORY = ("crowd", "export bits", "stored bits", "column bits", "removals", "forgeries", "operations", "million")
MEMORY = Path("/dev/shm")
MUST_BE_ZERO = ("lost", "doubled", "unsound", "missed", "not named", "violations", "wrong", "odd", "out of order")


def failures(figures: dict[str, Any]) -> list[str]:
    """Figures that should be zero, or true, and are not."""
    bad = [key for key, value in figures.items() if key.endswith(MUST_BE_ZERO) and value]
    return bad + [key for key in ("within",) if figures.get(key) is False]


def main() -> int:
    """Run the trials asked for; exit 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few and quick")
    parser.add_argument("--only", action="append", choices=list(TRIALS), help="this trial; may be given again")
    parser.add_argument("--seed", type=int, default=20251122)
    given = parser.parse_args()
    print(f"seed {given.seed}, Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}")
    if not (given.small or given.only):
        print("All of them take about 25 minutes on two quiet cores.", flush=True)
    failed = 0
    for name in given.only or TRIALS:
        memory = MEMORY if name in IN_MEMORY and os.access(MEMORY, os.W_OK) else None
        folder = Path(tempfile.mkdtemp(prefix="ledger-trial-", dir=memory))
        begin = time.monotonic()
        try:
            figures = TRIALS[name](folder, given.small, given.seed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        bad = failures(figures)
        failed += bool(bad)
        text = ", ".join(f"{key} {value}" for key, value in figures.items())
        print(f"{'FAILED' if bad else 'ok':<6} {name:<13} {time.monotonic() - begin:6.0f} s  {text}", flush=True)
    return 1 if failed else 0


PARTS = {"verify-one": verify_one, "append-one": crashes.append_one, "fill-disk": crashes.fill_disk}

if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in PARTS:
        PARTS[sys.argv[1]](Path(sys.argv[2]))
    else:
        sys.exit(main())
