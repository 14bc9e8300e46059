"""Where a log may lie and how bytes get to the disk: file systems, synced files and folders, one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from methodology.base.errors import InputError, refuse
from methodology.base.phrases import phrase

NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "smb", "ncpfs", "afs", "ceph", "lustre", "glusterfs", "gpfs", "beegfs")
) | {"9p", "coda", "davfs", "orangefs", "pvfs2"}  # fmt: skip
NETWORK_FUSE = ("sshfs", "gluster", "ceph", "rclone", "s3fs", "davfs", "smb", "nfs", "beegfs", "juicefs", "seaweedfs")
MOUNTS = Path("/proc/self/mountinfo")
POLL_S = 0.02
_OCTAL = re.compile(rb"\\([0-7]{3})")  # how the mount table writes a space in a name


def file_system_of(path: Path, mounts: Path = MOUNTS) -> str | None:
    """Type of the file system a path lies on, as the kernel's mount table names it; None where there is no table."""
    try:
        rows = mounts.read_bytes().split(b"\n")
    except OSError:
        return None
    best, kind = -1, None
    for row in filter(None, rows):
        left, _, right = row.partition(b" - ")
        point = Path(os.fsdecode(_OCTAL.sub(lambda code: bytes([int(code[1], 8)]), left.split(b" ")[4])))
        depth = len(point.parts)
        if depth >= best and (path.resolve() == point or point in path.resolve().parents):
            best, kind = depth, os.fsdecode(right.split(b" ")[0])
    return kind


def refuse_network_share(path: Path, mounts: Path = MOUNTS) -> None:
    """Stop before a log is made or opened where locks and syncs of another machine cannot be relied on.

    Raises
    ------
    InputError
        CC-LOG-02 the path lies on a network share.
    """
    kind = file_system_of(path, mounts)
    fuse = kind is not None and kind.startswith("fuse.") and any(name in kind for name in NETWORK_FUSE)
    if kind in NETWORK_FILE_SYSTEMS or fuse:
        raise refuse(
            "CC-LOG-02",
            str(path),
            phrase("a network share ({kind})", kind=kind),
            "a disk of this machine",
            "Locks and syncs of a share cannot be relied on. Keep the log on a local disk; copy it with: ccus backup",
        )


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable: a new or renamed file survives a power cut only after this."""
    handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make a file's bytes durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def only_writer(lock: Path, wait_s: float) -> Iterator[None]:
    """Hold the log's lock. It dies with the process, so a killed writer blocks nobody.

    Parameters
    ----------
    lock : Path
        A small file beside the ledger; what stands in it names the holder.
    wait_s : float
        How long to wait for another writer. [s]

    Raises
    ------
    InputError
        CC-LOG-03 another writer held it all the while; CC-LOG-04 the folder cannot be written.
    """
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise unwritable(lock.parent, error) from None
    try:
        _wait_for(handle, lock, time.monotonic() + wait_s, wait_s)
        with contextlib.suppress(OSError):  # the name is a courtesy to those who wait; the lock itself already holds
            os.truncate(handle, 0)
            os.pwrite(handle, _holder().encode("utf-8"), 0)
        yield
    finally:
        os.close(handle)


def unwritable(place: Path, error: OSError) -> InputError:
    """The error for a disk that takes no writing."""
    return refuse(
        "CC-LOG-04",
        str(place),
        error.strerror or str(error),
        "a folder this user may write to",
        "Nothing was stored. Mount the disk for writing or correct its permissions, then repeat the same command.",
    )


def _wait_for(handle: int, lock: Path, deadline: float, wait_s: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise refuse(
                    "CC-LOG-03",
                    str(lock.parent),
                    phrase("another writer for {wait_s:g} s: {named}", wait_s=wait_s, named=_named(handle)),
                    "one writer at a time",
                    "Nothing was stored. Let it finish, or end that program, then repeat the same command.",
                ) from None
            time.sleep(POLL_S)


def _holder() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"pid": os.getpid(), "user": user, "host": socket.gethostname(), "since": since})


def _named(handle: int) -> str:
    try:
        holder = json.loads(os.pread(handle, 4096, 0))
        return phrase(
            "process {pid} of {user} on {host} since {since}",
            pid=holder["pid"],
            user=holder["user"],
            host=holder["host"],
            since=holder["since"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return phrase("a process that has not given its name")
