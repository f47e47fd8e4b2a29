"""Building the front end: only when it is missing or its sources changed, and for any address."""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from anonmsg.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `rxconfig.py`."""

WEB = ROOT / ".web"
CLIENT = WEB / "build" / "client"
STAMP = WEB / "anonmsg-build.json"
TAIL = 4000


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
    """Return the environment for the framework's own commands: our Node and bun first, no telemetry."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "REFLEX_USE_SYSTEM_BUN": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
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
    with _only_one():
        if not is_current():
            _build(report)


@contextmanager
def _only_one() -> Iterator[None]:
    with open(ROOT / ".build.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(report: Callable[[str], None]) -> None:
    STAMP.unlink(missing_ok=True)
    mark = fingerprint()
    report("Building the pages; the first time it takes about a minute …")
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    process = subprocess.Popen(  # noqa: S603  # our own interpreter with fixed arguments
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output = _follow(process, report)
    if process.returncode != 0:
        raise CannotStart(f"The pages could not be built:\n{output[-TAIL:]}")
    make_portable(CLIENT)
    STAMP.write_text(json.dumps({"fingerprint": mark}))


def _follow(process: "subprocess.Popen[str]", report: Callable[[str], None]) -> str:
    """Read a build's output to its end, and report the phases that it goes through."""
    phases = {"Initializing": "  setting up", "Installing": "  installing packages", "Compiling:": "  compiling",
              "Creating Production": "  bundling"}
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
        text = path.read_text("utf-8")
        text = re.sub(r"[`\"]ws://localhost:\d+/", 'location.origin.replace(/^http/,"ws")+`/', text)
        text = re.sub(r"[`\"]http://localhost:\d+/", "location.origin+`/", text)
        path.write_text(text.replace('_event"', "_event`"), "utf-8")
        for packed in (path.with_name(path.name + ".br"), path.with_name(path.name + ".gz")):
            packed.unlink(missing_ok=True)
