"""The `mongod` that a killed app left behind: recognised beyond doubt, then stopped.

A record names the process by id, start time and data path. Ids are given out again, so the process counts as ours
only if all three agree with what the system says; any other process is left alone.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

CLEAN_STOP_SECONDS = 10.0
"""How long `mongod` may take to close its files; after that it is killed, and its journal mends them."""

_KILL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """What is written down about a running `mongod`."""

    pid: int
    started: str
    dbpath: str

    @classmethod
    def of(cls, pid: int, dbpath: Path) -> "ProcessRecord | None":
        """Return the record of a live process, or None if it is gone already."""
        found = _look_up(pid)
        return cls(pid, found[0], str(dbpath)) if found else None

    @classmethod
    def read(cls, path: Path) -> "ProcessRecord | None":
        """Return the record in a file, or None if there is none that makes sense."""
        try:
            record = cls(**json.loads(path.read_text("utf-8")))
            return record if isinstance(record.pid, int) and record.pid > 1 else None  # pyright: ignore[reportUnnecessaryIsInstance]  # a file can hold anything
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write the record in one step, so that a crash never leaves half of it."""
        draft = path.with_name(f"{path.name}.new")
        draft.write_text(json.dumps(asdict(self)), "utf-8")
        draft.replace(path)

    def is_alive(self) -> bool:
        """Return whether this very process runs: same id, same start, a `mongod` on the same data."""
        found = _look_up(self.pid)
        return found is not None and found[0] == self.started and f"mongod --dbpath {self.dbpath} --" in found[1]

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone or another has its id."""
        with contextlib.suppress(ProcessLookupError, PermissionError), contextlib.ExitStack() as stack:
            handle = _open_handle(self.pid)
            if handle is not None:
                stack.callback(os.close, handle)
            if not self.is_alive():
                return
            if handle is not None and sys.platform == "linux":
                signal.pidfd_send_signal(handle, number)
            else:
                os.kill(self.pid, number)


def stop_orphan(record_path: Path, dbpath: Path) -> bool:
    """Stop the `mongod` that a record names if it surely is the one on `dbpath`; return whether there was one."""
    record = ProcessRecord.read(record_path)
    # A record that names other data came with a copied folder: that server belongs to somebody else's run.
    is_ours = record is not None and record.dbpath == str(dbpath) and record.is_alive()
    if record is not None and is_ours:
        record.send(signal.SIGTERM)
        if not _wait_until_gone(record, CLEAN_STOP_SECONDS):
            record.send(signal.SIGKILL)
            _wait_until_gone(record, _KILL_SECONDS)
    record_path.unlink(missing_ok=True)
    return is_ours


def _wait_until_gone(record: ProcessRecord, seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    while record.is_alive():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.01)
    return True


def _open_handle(pid: int) -> int | None:
    """Return a handle that stays with this process: opened before the check, it can't end up at another one."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:  # kernels before 5.3, and sandboxes that lack the call
        return None


def _look_up(pid: int) -> tuple[str, str] | None:
    """Return start time and command line of a process; None if there is none or only its exit code is left."""
    if not Path("/proc/self/stat").exists():
        return _ask_ps(pid)
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        command = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
    except OSError:
        return None
    return None if state[0] in "ZX" else (state[19], command)  # proc_pid_stat(5): fields 3 and 22


def _ask_ps(pid: int) -> tuple[str, str] | None:
    """Do the same where there is no /proc, such as on macOS."""
    command = ["/bin/ps", "-ww", "-o", "lstart=,command=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C"}, check=False).stdout  # noqa: S603  # no shell, fixed path
    return (answer[:24], answer[24:]) if answer.strip() else None
