"""Who owns a data folder: one `anonmsg run` at a time, told by a lock that dies with its process.

The lock is a POSIX record lock (`lockf`), because it belongs to one process only. `flock` and open file
description locks are inherited through fork: web workers that outlive a killed parent would hold them and nobody
could start again. The price: the lock is lost when its process closes *any* descriptor of the file, and it never
shuts out its own process. So nothing else may open the file there, and `_held` answers for the own process.
"""

import os
import sys
import time
from pathlib import Path

from anonmsg.errors import CannotStart

if sys.platform != "win32":
    import fcntl

LOCK_NAME = "anonmsg.lock"

_RETRY_SECONDS = 0.2
_held: dict[Path, tuple[int, int]] = {}
"""Data folder → process id and descriptor; the id tells a forked child that the lock is not its own."""


def take_ownership(data_dir: Path) -> None:
    """Take the data folder for this process.

    Raises:
        CannotStart: If a live process has it.
    """
    if _is_held_here(data_dir):
        raise _owned(data_dir, os.getpid())
    descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    # Somebody who only asks `is_running` holds the lock for a moment; an owner holds it for longer.
    give_up_at = time.monotonic() + _RETRY_SECONDS
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > give_up_at:
            owner = os.read(descriptor, 20)
            os.close(descriptor)
            raise _owned(data_dir, int(owner) if owner.isdigit() else 0)
        time.sleep(0.01)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    _held[data_dir] = (os.getpid(), descriptor)


def give_up_ownership(data_dir: Path) -> None:
    """Let others have the data folder; does nothing in a process that does not own it."""
    if _is_held_here(data_dir):
        os.close(_held.pop(data_dir)[1])


def is_running(data_dir: Path) -> bool:
    """Return whether a live `anonmsg run` owns the data folder."""
    data_dir = data_dir.expanduser().resolve()
    if _is_held_here(data_dir):
        return True
    try:
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _is_held_here(data_dir: Path) -> bool:
    return _held.get(data_dir, (0, 0))[0] == os.getpid()


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows either answer for a lock that is taken
        return False
    return True


def _owned(data_dir: Path, pid: int) -> CannotStart:
    who = f" (process {pid})" if pid else ""
    return CannotStart(f"anonmsg already runs on {data_dir}{who}. Stop it first, or choose another --data-dir.")
