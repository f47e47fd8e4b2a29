"""A real Redis for the tests: on a socket file, without any persistence."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

START_SECONDS = 10
HOW = "No redis-server was found and none could be installed. Install Redis (`apt-get install redis-server`)."


def find_redis() -> str:
    """Return the path of a `redis-server`: the system's, or a new one; fail the test that has none."""
    return shutil.which("redis-server") or _install() or pytest.fail(HOW)


def _install() -> str | None:
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "redis-server"]):
            subprocess.run([apt, *arguments], check=False, capture_output=True, env=environment)
    return shutil.which("redis-server")


class RedisServer:
    """Runs while its `with` block lasts; can be stopped and started in between."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What `REDIS_URL` is set to."""
        return f"redis+unix://{self._folder}/socket"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        socket = self._folder / "socket"
        command = [find_redis(), "--port", "0", "--unixsocket", str(socket), "--dir", str(self._folder)]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no", *self._options], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while self._ask("ping") != "PONG" and time.monotonic() < deadline:
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it; nothing is kept."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def dump(self) -> bytes:
        """Return everything in it, as a backup would have it."""
        self._ask("save")
        return (self._folder / "dump.rdb").read_bytes()

    def _ask(self, *command: str) -> str:
        tool = [str(Path(find_redis()).with_name("redis-cli")), "-s", str(self._folder / "socket")]
        return subprocess.run([*tool, *command], check=False, capture_output=True, text=True).stdout.strip()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
