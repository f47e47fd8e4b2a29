"""One `mongod` process: how it is started, written down and stopped."""

import os
import signal
import subprocess
from pathlib import Path

from anonmsg.errors import CannotStart
from anonmsg.storage.mongod_binary import cannot_run, mongod_environment
from anonmsg.storage.mongod_log import MongodLog
from anonmsg.storage.mongod_socket import REPLICA_SET, remove_socket
from anonmsg.storage.orphans import CLEAN_STOP_SECONDS, ProcessRecord

CACHE_GB = "0.25"
OPLOG_MB = "1024"
"""How much of the newest changes is kept for change streams to resume from; by default it is 5 % of the disk."""

_NEVER_SLOW_MS = "1000000000"


class MongodProcess:
    """A `mongod` on one data folder that may be started again and again, one at a time."""

    def __init__(self, binary: Path, data_dir: Path, socket: Path) -> None:
        self._binary = binary
        self._socket = socket
        self._dbpath = data_dir / "mongodb"
        self._record = data_dir / "mongod.json"
        self._log = MongodLog(data_dir / "mongodb.log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the newest process, 0 before the first."""
        return self._process.pid if self._process else 0

    def start(self, *, fresh_log: bool) -> None:
        """Start `mongod`; it is not ready yet when this returns.

        Raises:
            CannotStart: If the system can't run it.
        """
        if fresh_log or self._log.is_long():
            self._log.begin_anew()
        output = self._log.open()
        try:
            # A session of its own, so that Ctrl-C reaches the app alone, which stops mongod after itself.
            self._process = subprocess.Popen(  # noqa: S603  # no shell, own path
                self._command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self._dbpath,
                env=mongod_environment(), start_new_session=True, close_fds=True,
            )  # fmt: skip
        except OSError as error:
            raise cannot_run(self._binary, error) from None
        finally:
            os.close(output)
        if record := ProcessRecord.of(self._process.pid, self._dbpath):
            record.write(self._record)

    def _command(self) -> list[str]:
        return [
            str(self._binary), "--dbpath", str(self._dbpath),
            # The socket and nothing else. Without --nounixsocket there would be a second one in /tmp.
            "--bind_ip", str(self._socket), "--nounixsocket", "--filePermissions", "0600",
            "--replSet", REPLICA_SET, "--oplogSize", OPLOG_MB,
            "--networkMessageCompressors", "disabled",  # the way around CVE-2025-14847
            "--wiredTigerCacheSizeGB", CACHE_GB,
            # No journal files laid out in advance: 33 MB instead of 301 on disk, and twice as fast to start again.
            "--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=32MB)",
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            # A "slow query" line holds names and hashes out of the query: none is ever written.
            "--quiet", "--slowms", _NEVER_SLOW_MS,
            "--logpath", str(self._log.path), "--logappend", "--logRotate", "reopen",
        ]  # fmt: skip

    def is_alive(self) -> bool:
        """Return whether the newest process runs."""
        return self._process is not None and self._process.poll() is None

    def has_ended(self, within: float) -> bool:
        """Wait at most `within` seconds for the end of the process; keep its log bounded meanwhile."""
        if self._process is None:
            return True
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._bound_log()
            return False
        return True

    def _bound_log(self) -> None:
        if self._process is not None and self._log.is_long():
            self._log.begin_anew()
            self._process.send_signal(signal.SIGUSR1)

    def why_it_ended(self) -> CannotStart:
        """Return the sentence that says why the process ended, from its log."""
        code = self._process.returncode if self._process else 0
        return CannotStart(f"MongoDB stopped: {self._log.reason(code)} Its log is {self._log.path}.")

    def stop(self) -> None:
        """Stop the process cleanly, or kill it when that takes too long; the journal keeps what was acknowledged."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(CLEAN_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._record.unlink(missing_ok=True)
        remove_socket(self._socket)
