"""Building the front end: only when it is missing or its sources changed, and for any address."""

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from anonmsg.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `rxconfig.py`."""

WEB = ROOT / ".web"
CLIENT = WEB / "build" / "client"
STAMP = WEB / "anonmsg-build.json"
TAIL = 4000
LOCAL_ADDRESS = re.compile(r"(?P<quote>[`\"'])(?P<scheme>ws|http)://localhost:\d+(?P<path>/[^`\"']*)(?P=quote)")


def fingerprint() -> str:
    """Return a hash of everything that a build is made from."""
    sources = [
        *ROOT.glob("anonmsg/**/*.py"),
        *(path for path in ROOT.glob("assets/**/*") if path.is_file()),
        *ROOT.glob("reflex.lock/*"),
        ROOT / "rxconfig.py",
    ]
    digest = hashlib.sha256(version("reflex").encode())
    for path in sorted(sources):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current() -> bool:
    """Return whether there is a build of the present sources."""
    try:
        return json.loads(STAMP.read_text())["fingerprint"] == fingerprint() and (CLIENT / "index.html").is_file()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def environment() -> dict[str, str]:
    """Return what the framework reads from the environment: our Node and bun first, no telemetry, same pages always."""
    return {
        "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": "65536",
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "REFLEX_USE_SYSTEM_BUN": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_SOCKET_TIMEOUT": "20",
        "REFLEX_SSR": "true",
        "REFLEX_WEB_WORKDIR": str(WEB),
    }


def ensure_built(report: Callable[[str], None]) -> None:
    """Build if need be; two commands at once build only once.

    Args:
        report: Told what is going on, a phase a call.

    Raises:
        CannotStart: If the build fails; its last lines are in the sentence.
    """
    if is_current():
        return
    with only_builder(report) as lock:
        if not is_current():
            _build(report, lock)


@contextmanager
def only_builder(report: Callable[[str], None]) -> Iterator[int]:
    """Keep other commands from building for as long as the block runs; yields what to hand on to the builder."""
    with open(ROOT / ".build.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Waiting until another `anonmsg run` has built the pages, or `anonmsg dev` has ended …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def forget_build() -> None:
    """Let the next `ensure_built` build, whatever the sources are."""
    STAMP.unlink(missing_ok=True)


def start_framework(arguments: list[str], lock: int, **options: Any) -> "subprocess.Popen[str]":
    """Start a command of the framework in a session of its own, so that `end_framework` ends all of it.

    Args:
        arguments: What comes after `reflex`.
        lock: What `only_builder` yielded: held until the command has ended too, however this process ends.
        options: More for `Popen`.
    """
    command = [sys.executable, "-m", "reflex", *arguments]
    return subprocess.Popen(  # noqa: S603  # our own interpreter with fixed arguments
        command, cwd=ROOT, env=environment(), text=True, start_new_session=True, pass_fds=[lock], **options
    )


def end_framework(process: "subprocess.Popen[str]", patience: float = 0) -> None:
    """End a command of the framework with all that it started.

    Args:
        process: From `start_framework`.
        patience: How many seconds it may take to end by itself.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience if number == signal.SIGTERM else None)


def _build(report: Callable[[str], None], lock: int) -> None:
    forget_build()
    mark = fingerprint()
    report("Building the pages; the first time it takes about a minute …")
    arguments = ["export", "--frontend-only", "--no-zip"]
    process = start_framework(arguments, lock, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output = _follow(process, report)
    finally:
        end_framework(process)
    if process.returncode != 0:
        raise CannotStart(f"The pages could not be built:\n{output[-TAIL:]}")
    make_portable(CLIENT)
    STAMP.write_text(json.dumps({"fingerprint": mark}))


def _follow(process: "subprocess.Popen[str]", report: Callable[[str], None]) -> str:
    """Read a build's output to its end, and report the phases that it goes through."""
    phases = {
        "Initializing": "  setting up",
        "Installing": "  installing packages",
        "Compiling:": "  compiling",
        "Creating Production": "  bundling",
    }
    lines: list[str] = []
    with process:  # closes its output and waits for its end
        for line in process.stdout or ():
            lines.append(line)
            phase = next((name for name in phases if name in line), None)
            if phase:
                report(phases.pop(phase))
    return "".join(lines)


def make_portable(client: Path) -> None:
    """Let a build find its server wherever it is served from.

    The framework writes `ws://localhost:8000` into one file. Taken from the page's own address
    instead, one build works on every host and port, and the file can be cached for ever.
    """
    for path in (client / "assets").glob("reflex-env-*.js"):
        text = LOCAL_ADDRESS.sub(_page_address, path.read_text("utf-8"))
        path.write_text(text, "utf-8")
        for packed in (path.with_name(path.name + ".br"), path.with_name(path.name + ".gz")):
            packed.unlink(missing_ok=True)


def _page_address(found: re.Match[str]) -> str:
    origin = "location.origin" if found["scheme"] == "http" else 'location.origin.replace(/^http/,"ws")'
    return f"{origin}+`{found['path']}`"
