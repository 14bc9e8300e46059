"""Kills, crowds, full disks, failed syncs: what was acknowledged must stand, once, and the log must open."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger_samples import note, reading

from ccus.log.inspection import verify_folder
from ccus.log.ledger import Ledger
from methodology.base.errors import InputError

RENEWED_AFTER = 100  # trials on one ledger, so that reading it again stays quick


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Process that runs `work` with the writing end of a pipe; its id and the reading end."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    status = 1
    try:
        os.close(read)
        work(write)
        status = 0
    except InputError as error:
        with contextlib.suppress(OSError):
            os.write(write, f"refused {error.code}\n".encode())
    finally:
        os._exit(status)


def lines_of(pipe: int) -> list[str]:
    """Everything a process said before it ended."""
    with os.fdopen(pipe, "rb") as file:
        data = file.read()
    return [line.decode() for line in data.split(b"\n")[:-1]]


def writer(folder: Path, prefix: str, batches: bool) -> Callable[[int], None]:
    """Work that appends without end, alone or in batches, and says each id once it is acknowledged."""

    def work(pipe: int) -> None:
        with Ledger.open(folder, wait_s=60) as ledger:
            os.write(pipe, b"ready\n")
            for number in range(1_000_000):
                size = 1 + number % 5 if batches else 1
                drafts = [reading(number * 10 + part, prefix, prefix) for part in range(size)]
                if batches and number % 4 == 0:
                    ledger.archive.put_bytes(f"{prefix}{number}".encode() * 1000, ".bin")
                receipts = ledger.append_many(drafts)
                os.write(pipe, "".join(f"{receipt.id}\n" for receipt in receipts).encode())

    return work


def kills(folder: Path, trials: int = 1000, seed: int = 1) -> dict[str, Any]:
    """SIGKILL a writer at a random moment, reopen, compare with what it had acknowledged."""
    random_ = random.Random(seed)
    count = {"kills": 0, "acknowledged": 0, "lost": 0, "doubled": 0, "unsound": 0, "stored without acknowledgement": 0}
    log = folder / "log"
    for trial in range(trials):
        if trial % RENEWED_AFTER == 0:
            log = folder / f"log-{trial}"
            Ledger.create(log, "Trial plant", "shift A").close()
        prefix = f"k{trial}-"
        child, pipe = forked(writer(log, prefix, batches=trial % 2 == 1))
        select.select([pipe], [], [], 30)
        time.sleep(random_.uniform(0, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = [line for line in lines_of(pipe) if line.startswith(prefix)]
        with Ledger.open(log) as ledger:
            kept = [entry.id for entry in ledger.entries(after=-1) if entry.id.startswith(prefix)]
        count["kills"] += 1
        count["acknowledged"] += len(said)
        count["lost"] += len(set(said) - set(kept))
        count["doubled"] += len(kept) - len(set(kept))
        count["stored without acknowledgement"] += len(set(kept) - set(said))
        if trial % 10 == 9 or trial == trials - 1:
            count["unsound"] += not verify_folder(log).sound
    return count


def crowd(folder: Path, rounds: int = 20, each: int = 500, writers: int = 8, seed: int = 1) -> dict[str, Any]:
    """Writers at once, one killed each round; every acknowledged entry stands once, in one order."""
    random_ = random.Random(seed)
    count = {"rounds": 0, "acknowledged": 0, "lost": 0, "doubled": 0, "out of order": 0, "unsound": 0, "refused": 0}
    for number in range(rounds):
        log = folder / f"crowd-{number}"
        Ledger.create(log, "Trial plant", "shift A").close()
        children = [forked(_appender(log, f"w{who}-", each)) for who in range(writers)]
        victim = random_.randrange(writers)
        time.sleep(random_.uniform(0.05, 0.5))
        os.kill(children[victim][0], signal.SIGKILL)
        said = [lines_of(pipe) for _, pipe in children]
        for child, _ in children:
            os.waitpid(child, 0)
        with Ledger.open(log) as ledger:
            kept = [entry.id for entry in ledger.entries("manual_reading")]
        for who, lines in enumerate(said):
            own = [id for id in kept if id.startswith(f"w{who}-")]
            acknowledged = [line for line in lines if line.startswith("w")]
            count["refused"] += sum(line.startswith("refused") for line in lines)
            count["acknowledged"] += len(acknowledged)
            count["lost"] += len(set(acknowledged) - set(own))
            count["doubled"] += len(own) - len(set(own))
            count["out of order"] += own != [f"w{who}-{index}" for index in range(len(own))]
            count["lost"] += who != victim and len(own) != each
        count["rounds"] += 1
        count["unsound"] += not verify_folder(log).sound
    return count


def _appender(folder: Path, prefix: str, each: int) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        with Ledger.open(folder, wait_s=120) as ledger:
            for number in range(each):
                receipt = ledger.append(reading(number, prefix, prefix))
                os.write(pipe, f"{receipt.id}\n".encode())

    return work


def full_disk(folder: Path, fills: int = 50, seed: int = 1) -> dict[str, Any]:
    """A limit on file size stands for a full disk: the writer says so, the log stays whole and goes on after."""
    random_ = random.Random(seed)
    count = {"fills": 0, "said so": 0, "lost": 0, "unsound": 0, "went on after": 0}
    for number in range(fills):
        log = folder / f"full-{number}"
        Ledger.create(log, "Trial plant", "shift A").close()
        child, pipe = forked(_filler(log, random_.randrange(40_000, 200_000), random_.randrange(10, 3_000)))
        said = lines_of(pipe)
        os.waitpid(child, 0)
        with Ledger.open(log) as ledger:
            kept = {entry.id for entry in ledger.entries("shift_note")}
        count["fills"] += 1
        count["said so"] += "refused CC-LOG-09" in said
        count["lost"] += len({line for line in said if line.startswith("n")} - kept)
        count["went on after"] += "went on" in said
        count["unsound"] += not verify_folder(log).sound
    return count


def _filler(folder: Path, limit: int, length: int) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        fill(folder, length, pipe)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        with Ledger.open(folder) as ledger:
            ledger.append(note(10_000_000, "went on"))
            os.write(pipe, b"went on\n")

    return work


def fill(folder: Path, length: int, pipe: int) -> None:
    """Append notes until the disk refuses, saying each that was acknowledged and how it ended."""
    with Ledger.open(folder) as ledger:
        for number in range(100_000):
            try:
                receipt = ledger.append(note(number, "x" * length))
            except InputError as error:
                os.write(pipe, f"refused {error.code}\n".encode())
                return
            os.write(pipe, f"{receipt.id}\n".encode())


def small_disk(script: Path, sizes_kb: tuple[int, ...] = (256, 384, 512)) -> dict[str, Any]:
    """A real full disk: tmpfs of some kilobytes in a mount space of its own, where that is allowed."""
    if shutil.which("unshare") is None:
        return {"skipped": "no unshare"}
    count = {"disks": 0, "said so": 0, "sound": 0, "lost": 0}
    for size in sizes_kb:
        inner = f'mount -t tmpfs -o size={size}k tmpfs /mnt && exec "{sys.executable}" "{script}" fill-disk /mnt/log'
        done = subprocess.run(["unshare", "-m", "sh", "-c", inner], capture_output=True, text=True, check=False)
        if done.returncode != 0 and "fill-disk" not in done.stdout:
            return {"skipped": done.stderr.strip()[-200:] or "mounting not allowed"}
        count["disks"] += 1
        count["said so"] += "refused CC-LOG-09" in done.stdout
        count["sound"] += "fill-disk sound" in done.stdout
        count["lost"] += "lost 0" not in done.stdout
    return count


def fill_disk(folder: Path) -> None:
    """Inside the small disk: fill it, read the log again, say what stands."""
    Ledger.create(folder, "Trial plant", "shift A").close()
    said: list[str] = []
    with Ledger.open(folder) as ledger:
        for number in range(100_000):
            try:
                said.append(ledger.append(note(number, "x" * 500)).id)
            except InputError as error:
                print("refused", error.code)
                break
    with Ledger.open(folder) as ledger:
        kept = {entry.id for entry in ledger.entries("shift_note")}
    print("lost", len(set(said) - kept), "acknowledged", len(said))
    print("fill-disk", "sound" if verify_folder(folder).sound else "unsound")


CALLS = (
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("pwrite64", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("unlink", "EIO"),
    ("ftruncate", "EIO"),
)


def failed_calls(folder: Path, script: Path, deepest: int = 40) -> dict[str, Any]:
    """Let the k-th write, sync or unlink of an append fail, once and for ever, for every k until it succeeds."""
    if shutil.which("strace") is None:
        return {"skipped": "no strace"}
    count = {"runs": 0, "acknowledged": 0, "refused": 0, "lost": 0, "unsound": 0, "odd": 0}
    for call, error in CALLS:
        for permanent in ("", "+"):
            for k in range(1, deepest):
                log = folder / f"{call}-{error}-{k}{permanent and '-on'}"
                Ledger.create(log, "Trial plant", "shift A").close()
                done = traced(log, script, f"inject={call}:error={error}:when={k}{permanent}")
                if not_allowed(done):
                    return {"skipped": "tracing is not allowed"}
                count["runs"] += 1
                judge(log, done.stdout, count)
                if "acknowledged first second again" in done.stdout:
                    break
    return count


def traced(log: Path, script: Path, inject: str) -> subprocess.CompletedProcess[str]:
    """Append notes under strace, which makes some calls on the ledger's files fail."""
    watched = [
        part for path in (log, log / "ledger.sqlite", log / "ledger.sqlite-journal") for part in ("-P", str(path))
    ]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *watched, "-e", inject]
    command += [sys.executable, str(script), "append-one", str(log)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def not_allowed(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the machine does not let us trace."""
    return "ptrace" in done.stderr or "attach" in done.stderr or "not permitted" in done.stderr


def judge(log: Path, said: str, count: dict[str, int]) -> None:
    """Hold what was said against what stands."""
    acknowledged = {word for line in said.splitlines() if line.startswith("acknowledged") for word in line.split()[1:]}
    refused = [line.split()[1] for line in said.splitlines() if line.startswith("refused")]
    with Ledger.open(log) as ledger:
        kept = {entry.id for entry in ledger.entries("shift_note")}
    count["acknowledged"] += len(acknowledged)
    count["refused"] += len(refused)
    count["lost"] += len({APPENDED[word] for word in acknowledged} - kept)
    count["odd"] += len(acknowledged) + len(refused) == 0 or any(code != "CC-LOG-09" for code in refused)
    count["unsound"] += not verify_folder(log).sound


APPENDED = {"first": "n1", "second": "n2", "again": "n1"}


def append_one(folder: Path) -> None:
    """Append two notes and the first once more, each on a ledger opened for it; say what was acknowledged."""
    said = []
    for name, id in APPENDED.items():
        try:
            with Ledger.open(folder) as ledger:
                ledger.append(note(int(id[1:]), "x" * 3000))
            said.append(name)
        except InputError as error:
            print("refused", error.code)
            break
    print("acknowledged", *said)
