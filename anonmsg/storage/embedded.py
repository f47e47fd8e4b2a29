"""The embedded MongoDB: starts a server of the app's own, keeps it running, and stops it.

It belongs to the process that calls `start`. Forked children, such as web workers, inherit the object but neither
the keeper thread nor the lock; everything here does nothing in them. They reach the server through `embedded_uri`.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from anonmsg.errors import CannotStart
from anonmsg.storage.mongod_binary import find_mongod, mongod_version
from anonmsg.storage.mongod_process import MongodProcess
from anonmsg.storage.mongod_socket import (
    REPLICA_SET,
    embedded_uri,
    listener_pid,
    make_private,
    prepare_socket_folder,
    socket_path,
)
from anonmsg.storage.orphans import stop_orphan
from anonmsg.storage.ownership import give_up_ownership, is_running, take_ownership

if TYPE_CHECKING:
    from pymongo import MongoClient

__all__ = ["EmbeddedMongo", "embedded_uri", "find_mongod", "is_running", "mongod_version"]

START_SECONDS = 60.0
"""How long a start may take; after a crash in the middle of much writing the journal is replayed first."""

_POLL_SECONDS = 0.005
_LOG_CHECK_SECONDS = 60.0
_STEADY_SECONDS = 10.0
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 30.0
_QUICK_ENDS_UNTIL_ERROR = 3
_ALREADY_INITIALIZED = 23

logger = logging.getLogger(__name__)


class EmbeddedMongo:
    """A MongoDB of the app's own on one data folder: a replica set of one, on a Unix socket.

    ```python
    with EmbeddedMongo(data_dir) as mongo:  # started, not ready yet: time to import the app
        mongo.wait_until_primary()
    ```

    Attributes:
        failure: Why the server can't be kept running at the moment, in one sentence; empty if all is well.
    """

    def __init__(self, data_dir: Path) -> None:
        self.failure = ""
        self._data_dir = data_dir.expanduser().resolve()
        self._socket = socket_path(self._data_dir)
        self._owner = 0
        self._mongod: MongodProcess | None = None
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._starting = threading.Lock()  # held while a process is started or stopped, never both at once

    @property
    def pid(self) -> int:
        """The id of the running `mongod`, 0 before the start; it changes when the server is started again."""
        return self._mongod.pid if self._mongod else 0

    def start(self) -> None:
        """Start the server and return at once, so that the caller can do other things until it is ready.

        An orphan that a killed run left on the same data is stopped first.

        Raises:
            CannotStart: If the data folder is taken or unusable, or there is no `mongod` that runs here.
        """
        binary = find_mongod()
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            take_ownership(self._data_dir)
        except OSError as error:
            raise self._unusable(error) from None
        self._owner = os.getpid()
        self._stopping.clear()
        try:
            self._start_server(binary)
        except (CannotStart, OSError) as error:
            self.stop()
            raise self._unusable(error) if isinstance(error, OSError) else error from None

    def _unusable(self, error: OSError) -> CannotStart:
        return CannotStart(f"The data folder {self._data_dir} can't be used: {error.strerror}.")

    def _start_server(self, binary: Path) -> None:
        dbpath = self._data_dir / "mongodb"
        make_private(dbpath)
        if stop_orphan(self._data_dir / "mongod.json", dbpath):
            logger.warning("Stopped the MongoDB that an earlier run had left behind.")
        prepare_socket_folder(self._data_dir)
        self._mongod = MongodProcess(binary, self._data_dir, self._socket)
        self._mongod.start(fresh_log=True)

    def wait_until_primary(self, timeout: float = START_SECONDS) -> None:
        """Wait until the server takes writes, and from then on start it again whenever it dies.

        Args:
            timeout: How many seconds to wait at most.

        Raises:
            CannotStart: If the server ends, is not ready in time, or was never started; it is stopped then.
        """
        give_up_at = time.monotonic() + timeout
        try:
            self._wait_for_socket(give_up_at)
            self._wait_for_primary(give_up_at)
        except CannotStart:
            self.stop()
            raise
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="mongod-keeper", daemon=True)
            self._keeper.start()

    def _wait_for_socket(self, give_up_at: float) -> None:
        while (pid := listener_pid(self._socket)) is None:
            self._pause(give_up_at)
        if pid != self.pid:
            raise CannotStart(f"Process {pid} listens on {self._socket}, which is not anonmsg's MongoDB. Stop it.")

    def _wait_for_primary(self, give_up_at: float) -> None:
        # Imported here so that mongod is already starting while the driver loads.
        from pymongo import MongoClient
        from pymongo.errors import PyMongoError

        uri = embedded_uri(self._data_dir).replace(f"replicaSet={REPLICA_SET}", "directConnection=true")
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=1000, timeoutMS=5000) as client:
            while True:
                with contextlib.suppress(PyMongoError):  # such as while it reads its configuration; asked again
                    if self._is_primary(client):
                        return
                self._pause(give_up_at)

    def _is_primary(self, client: "MongoClient[dict[str, Any]]") -> bool:
        hello = client.admin.command("hello")
        if "setName" not in hello:
            self._configure(client)
        return bool(hello["isWritablePrimary"])

    def _configure(self, client: "MongoClient[dict[str, Any]]") -> None:
        """Make the replica set; or, in a data folder that was moved, tell it its new address."""
        from pymongo.errors import OperationFailure  # as above

        members = [{"_id": 0, "host": str(self._socket)}]
        try:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        except OperationFailure as error:
            if error.code != _ALREADY_INITIALIZED:
                raise
            present: Mapping[str, Any] = client.admin.command("replSetGetConfig")["config"]
            if present["members"][0]["host"] != str(self._socket):
                moved = {**present, "members": members, "version": present["version"] + 1}
                client.admin.command("replSetReconfig", moved, force=True)

    def _pause(self, give_up_at: float) -> None:
        """Wait a moment for the server.

        Raises:
            CannotStart: If that has no point any more.
        """
        if self._mongod is None:
            raise CannotStart("The embedded MongoDB was not started.")
        if not self._mongod.is_alive():
            raise self._mongod.why_it_ended()
        if time.monotonic() > give_up_at:
            raise CannotStart(f"MongoDB was not ready in time. Its log is {self._data_dir / 'mongodb.log'}.")
        time.sleep(_POLL_SECONDS)

    def _keep(self) -> None:
        """Start the server again whenever it dies, with growing pauses while it dies at once."""
        quick_ends = 0
        began = time.monotonic()
        while not self._stopping.is_set() and self._mongod is not None:
            if not self._mongod.has_ended(within=_LOG_CHECK_SECONDS if not self.failure else _STEADY_SECONDS):
                self.failure = ""
                continue
            if self._stopping.is_set():
                return
            quick_ends = quick_ends + 1 if time.monotonic() - began < _STEADY_SECONDS else 1
            self._report(self._mongod.why_it_ended(), quick_ends)
            if self._stopping.wait(min(_SHORTEST_PAUSE * 2 ** min(quick_ends - 1, 10), _LONGEST_PAUSE)):
                return
            began = time.monotonic()
            self._start_again(self._mongod)

    def _start_again(self, mongod: MongodProcess) -> None:
        with self._starting:
            if not self._stopping.is_set():
                try:
                    mongod.start(fresh_log=False)
                except (CannotStart, OSError) as error:  # such as a full disk; tried again after the next pause
                    self.failure = str(error)

    def _report(self, why: CannotStart, quick_ends: int) -> None:
        if quick_ends < _QUICK_ENDS_UNTIL_ERROR:
            logger.warning("%s It is being started again.", why)
        elif str(why) != self.failure:
            self.failure = str(why)
            logger.error("MongoDB dies again and again. %s", why)

    def stop(self) -> None:
        """Stop the server cleanly and give up the data folder; does nothing twice, nor in a forked child."""
        if os.getpid() != self._owner:
            return
        self._stopping.set()
        with self._starting:
            if self._mongod is not None:
                self._mongod.stop()
        if self._keeper is not None:
            self._keeper.join()
        self._mongod = self._keeper = None
        self._owner = 0
        give_up_ownership(self._data_dir)

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()
