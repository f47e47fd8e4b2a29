"""`anonmsg run` as a process: what it refuses, how it stops, and what survives when it is killed."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from anonmsg.commands.building import ROOT
from tests.e2e.conftest import free_port

START_SECONDS = 60
STOP_SECONDS = 10
GONE_SECONDS = 3
"""How long what was killed may take to be gone; a build that went on would take several times as long."""

SENDERS = 8
PASSWORD = "correct horse battery"


def eventually(condition: Callable[[], object], seconds: float, otherwise: Callable[[], str] = str) -> None:
    """Wait until a condition holds."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, otherwise()
        time.sleep(0.02)


def processes_of(folder: Path) -> dict[int, str]:
    """All live processes whose command line names a folder: app, worker and mongod."""
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in command and (process / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found[int(process.name)] = command
    return found


def mongods_of(folder: Path) -> list[int]:
    return [pid for pid, command in processes_of(folder).items() if "mongod\0" in command]


def command(data_dir: Path, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "anonmsg.cli", "run", "--data-dir", str(data_dir), "--port", str(port), *more]


def environment(**more: str) -> dict[str, str]:
    unset = {"DATA_DIR", "MONGODB_URI", "PUBLIC_URL", "MASTER_KEY", "SECRET_KEY", "RESEND_API_KEY"}
    return {**{name: value for name, value in os.environ.items() if name not in unset}, **more}


class Running:
    """`anonmsg run` in a session of its own, as in a terminal of its own."""

    def __init__(self, data_dir: Path, project: Path = ROOT) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._project = project
        self._log_path = data_dir.with_suffix(".log")

    @property
    def log(self) -> str:
        return self._log_path.read_text("utf-8") if self._log_path.exists() else ""

    def launch(self) -> None:
        with open(self._log_path, "w") as log:
            self.process = subprocess.Popen(  # our own command
                command(self.data_dir, self.port),
                cwd=self._project,
                env=environment(RATE_LIMITS="off"),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, text: str) -> None:
        eventually(lambda: text in self.log or self.process.poll() is not None, START_SECONDS, lambda: self.log)
        assert text in self.log, self.log

    def start(self) -> None:
        """Start and wait until it serves; the time is shown by `pytest -s`, not judged."""
        began = time.monotonic()
        self.launch()
        self.wait_for("anonmsg is ready")
        sys.stdout.write(f"ready after {time.monotonic() - began:.2f} s\n")

    def signal_group(self, number: signal.Signals) -> int:
        """Signal the whole group, as a terminal does, and return the exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(STOP_SECONDS)

    def kill(self, *pids: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0 if self.process.pid not in pids else STOP_SECONDS)


@pytest.fixture
def running(built: None, tmp_path: Path) -> Iterator[Running]:
    """An app that is not started yet; whatever is left of it is killed in the end."""
    running = Running(tmp_path / "data")
    yield running
    running.kill(*processes_of(running.data_dir))


def refusal(arguments: list[str], **more: str) -> str:
    """Run a command that is to refuse at once, and return what it says."""
    done = subprocess.run(  # our own command
        arguments, cwd=ROOT, env=environment(**more), capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_it_serves_and_refuses_whatever_would_disturb_it(running: Running, tmp_path: Path) -> None:
    running.start()

    assert f"anonmsg is ready: {running.url}  (Ctrl-C stops it)" in running.log
    assert httpx.get(f"{running.url}/sign-up").status_code == 200
    same_data = refusal(command(running.data_dir, free_port()))
    assert same_data == f"anonmsg already runs on {running.data_dir}. Stop it, or choose another --data-dir.\n"
    same_port = refusal(command(tmp_path / "other", running.port))
    assert same_port == f"Port {running.port} on 127.0.0.1 is taken. Choose another one with --port.\n"
    assert not (tmp_path / "other").exists()
    assert running.signal_group(signal.SIGTERM) == 0
    assert running.log.endswith("Stopped.\n")
    assert not processes_of(running.data_dir)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_stop_everything(running: Running, number: signal.Signals) -> None:
    running.start()

    assert running.signal_group(number) == 0
    assert "Traceback" not in running.log
    assert not processes_of(running.data_dir)


def test_a_killed_app_takes_its_worker_along_and_the_next_start_stops_its_mongod(running: Running) -> None:
    running.start()
    (orphan,) = mongods_of(running.data_dir)

    running.kill(running.process.pid)
    eventually(lambda: list(processes_of(running.data_dir)) == [orphan], STOP_SECONDS)
    running.start()

    assert orphan not in processes_of(running.data_dir)
    assert len(mongods_of(running.data_dir)) == 1
    assert httpx.get(f"{running.url}/ping").status_code == 200
    assert running.signal_group(signal.SIGTERM) == 0


def test_a_killed_worker_is_replaced(running: Running) -> None:
    running.start()
    (worker,) = set(processes_of(running.data_dir)) - {running.process.pid, *mongods_of(running.data_dir)}

    running.kill(worker)
    eventually(lambda: answers(running), START_SECONDS, lambda: running.log)

    assert running.signal_group(signal.SIGTERM) == 0


def answers(running: Running) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{running.url}/ping").status_code == 200
    return False


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A copy of the project that has never been built."""
    for name in ("anonmsg", "assets", "reflex.lock"):
        shutil.copytree(ROOT / name, tmp_path / "project" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "rxconfig.py", tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_is_broken_off_at_once(unbuilt: Path, tmp_path: Path, number: signal.Signals) -> None:
    running = Running(tmp_path / "data", unbuilt)
    running.launch()
    try:
        running.wait_for("Building the pages")
        eventually(lambda: builders_in(unbuilt), STOP_SECONDS)
        assert running.signal_group(number) == 128 + number
        eventually(lambda: not builders_in(unbuilt), GONE_SECONDS)
        assert not processes_of(running.data_dir)
        assert not (unbuilt / ".web" / "anonmsg-build.json").exists()
        assert "Traceback" not in running.log
    finally:
        running.kill(*processes_of(running.data_dir), *builders_in(unbuilt))


def builders_in(project: Path) -> list[int]:
    """All processes that work in a project's folder but for the app itself."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            here = Path(os.readlink(process / "cwd")).is_relative_to(project)
            if here and b"anonmsg.cli" not in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


@pytest.mark.parametrize("trouble", ["port", "data folder"])
def test_what_can_be_refused_is_refused_before_a_build(unbuilt: Path, tmp_path: Path, trouble: str) -> None:
    (tmp_path / "file").touch()
    running = Running(tmp_path / "data" if trouble == "port" else tmp_path / "file" / "data", unbuilt)
    running._log_path = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as server:
        if trouble == "port":
            running.port = server.getsockname()[1]
        running.launch()
        status = running.process.wait(START_SECONDS)

    assert status == 1
    assert running.log.count("\n") == 1
    assert ("is taken" if trouble == "port" else "can't be used: Not a directory.") in running.log


class Account:
    """Somebody who uses the API with a program."""

    def __init__(self, running: Running, username: str) -> None:
        self._running = running
        self.username = username

    def join(self) -> None:
        """Sign up with the code from the outbox, and verify."""
        with httpx.Client(base_url=self._running.url) as client:
            form = {"username": self.username, "email": f"{self.username}@example.com", "password": PASSWORD}
            started = client.post("/api/sign-up", json=form)
            assert started.status_code == 201, started.text
            code = {"username": self.username, "code": self._code(), "registration": started.json()["registration"]}
            assert client.post("/api/verify-code", json=code).status_code == 200

    def _code(self) -> str:
        newest = sorted((self._running.data_dir / "outbox").glob("*.eml"))[-1]
        found = re.search(r"^Subject: .*?(\d{6})", newest.read_text("utf-8"), re.MULTILINE)
        assert found
        return found[1]

    def read_all(self) -> list[str]:
        """Sign in and return every message, page by page."""
        contents: list[str] = []
        with httpx.Client(base_url=self._running.url, timeout=20) as client:
            signed_in = client.post("/api/sign-in", json={"identifier": self.username, "password": PASSWORD})
            assert signed_in.status_code == 200, signed_in.text
            cursor = ""
            while True:
                page = client.get("/api/get-messages", params={"cursor": cursor, "limit": 100}).json()
                contents += [message["content"] for message in page["messages"]]
                cursor = page["nextCursor"]
                if not cursor:
                    return contents


class Senders:
    """Several programs that send at once until they get no answer any more."""

    def __init__(self, running: Running, recipient: str, count: int) -> None:
        self.acknowledged: list[str] = []
        self._running = running
        self._recipient = recipient
        self._numbers = iter(range(count))
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(SENDERS)
        self._work = [self._pool.submit(self._send) for _ in range(SENDERS)]

    def _send(self) -> None:
        with httpx.Client(base_url=self._running.url, timeout=20) as client, contextlib.suppress(httpx.TransportError):
            for number in iter(self._next, None):
                form = {"username": self._recipient, "content": f"message {number}"}
                if client.post("/api/send-message", json=form).status_code == 201:
                    self.acknowledged.append(form["content"])

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def wait(self) -> None:
        self._pool.shutdown()
        for work in self._work:
            work.result()


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.evening)])
def test_no_acknowledged_message_is_lost_when_app_and_database_are_killed(running: Running, count: int) -> None:
    running.start()
    recipient = Account(running, "crash_test")
    recipient.join()
    senders = Senders(running, recipient.username, count)
    try:
        eventually(lambda: len(senders.acknowledged) >= count // 2, START_SECONDS)
    finally:
        running.kill(*processes_of(running.data_dir))
        senders.wait()
    acknowledged = list(senders.acknowledged)

    running.start()
    received = recipient.read_all()

    assert count // 2 <= len(acknowledged) < count, "the kill came too late to show anything"
    assert set(acknowledged) <= set(received)
    assert len(received) == len(set(received))
    assert len(received) <= len(acknowledged) + SENDERS
    assert running.signal_group(signal.SIGTERM) == 0
