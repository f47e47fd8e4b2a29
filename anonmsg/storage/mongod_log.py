"""The log of the embedded MongoDB: bounded in size, and read to say in plain words why it stopped."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any, cast

MAX_LOG_BYTES = 10_000_000
"""One file may grow to this; one older file is kept beside it."""

_TAIL_BYTES = 64_000
_LONGEST_REASON = 300

_LIBRARY = re.compile(r"error while loading shared libraries: (\S+?):|Library not loaded: (\S+)")
_PACKAGES = {"libcurl": "libcurl4", "libssl": "libssl3", "libcrypto": "libssl3", "liblzma": "liblzma5"}
"""Which Debian or Ubuntu package has a library that `mongod` needs and slim images lack."""

_KNOWN = (
    (r"No space left on device|error\":28,", "the disk is full. Make room."),
    (r"version `GLIBC", "this system's C library is too old for it. Set MONGODB_URI to a MongoDB you have."),
    (r"Unable to lock the lock file", "another mongod uses the same data. Stop that one first."),
    (r"Unable to create/open the lock file|Permission denied", "it may not write to the data folder."),
    (r"UPGRADE PROBLEM|featureCompatibilityVersion.{0,80}invalid", "the data was written by another MongoDB version."),
    (r"Too many open files", "it may not open enough files. Raise the limit (`ulimit -n 64000`)."),
    (r"is corrupted|corruption detected|WT_TRY_SALVAGE", "its data files are damaged. Bring back a backup."),
)


def plain_reason(text: str, code: int) -> str:
    """Return in a sentence's end why `mongod` stopped, from what it wrote and its exit code."""
    if code == -signal.SIGKILL:
        return "it was killed, by somebody or for want of memory."
    if match := _LIBRARY.search(text):
        return _missing_library(match[1] or match[2])
    for pattern, sentence in _KNOWN:
        if re.search(pattern, text):
            return sentence
    if code == -signal.SIGILL:
        return "this processor lacks AVX, which it needs. Set MONGODB_URI to a MongoDB elsewhere."
    ending = f"signal {-code} ended it" if code < 0 else f"exit code {code}"
    return f"{(_last_error(text) or ending)[:_LONGEST_REASON].rstrip('.')}."


def _missing_library(name: str) -> str:
    package = _PACKAGES.get(name.rpartition("/")[2].partition(".")[0])
    how = f"on Debian or Ubuntu `apt-get install {package}`" if package else "with your system's package manager"
    return f"the shared library {name} is missing. Install it ({how}), or set MONGODB_URI."


def _last_error(text: str) -> str:
    """Return the last error that the log names; fatal assertions only repeat that there was one."""
    lines = text.strip().splitlines()
    for line in reversed(lines):
        if '"s":"E"' in line and (message := _error_in(line)):
            return message
    plain = [line for line in lines if not line.startswith("{") and not line.startswith("try ")]
    return plain[-1].strip() if plain else ""


def _error_in(line: str) -> str:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return ""
    attributes = cast("dict[str, Any]", entry.get("attr", {}))
    for key in ("error", "message"):
        value: Any = attributes.get(key)
        if isinstance(value, dict):
            nested = cast("dict[str, Any]", value)
            value = nested.get("errmsg") or nested.get("msg")
        if isinstance(value, str):
            return value
    return str(entry.get("msg", ""))


class MongodLog:
    """A log file, mode 0600. A fresh one is begun at each start and when it is long; one older file stays."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin = 0

    def begin_anew(self) -> None:
        """Put the present file aside; a `mongod` that has it open goes on writing there until SIGUSR1."""
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))

    def open(self) -> int:
        """Return a descriptor for a new process to write to, and remember where its part begins."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._begin = os.fstat(descriptor).st_size
        return descriptor

    def is_long(self) -> bool:
        """Return whether the file has reached its bound."""
        return self.path.exists() and self.path.stat().st_size > MAX_LOG_BYTES

    def reason(self, code: int) -> str:
        """Return in a sentence's end why the newest process stopped."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - _TAIL_BYTES, self._begin if self._begin <= size else 0))
                return plain_reason(file.read().decode(errors="replace"), code)
        except OSError:
            return plain_reason("", code)
