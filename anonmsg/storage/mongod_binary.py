"""Finding a `mongod` that can run here."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from anonmsg.errors import CannotStart
from anonmsg.storage.mongod_log import plain_reason

INSTALL_OR_SET = "Install MongoDB 6 or newer so that `mongod` is on PATH, or set MONGODB_URI to a MongoDB you have."
_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def find_mongod() -> Path:
    """Return the `mongod` to start: the one that a wheel carries, else the one on PATH.

    Raises:
        CannotStart: If there is none; the sentence says what to install or set.
    """
    if sys.platform == "win32":
        raise CannotStart(
            "On Windows anonmsg needs a MongoDB of yours, because mongod has no Unix sockets there. Set MONGODB_URI."
        )
    for candidate in _wheel_candidates():
        if os.access(candidate, os.X_OK):
            return candidate
    if on_path := shutil.which("mongod"):
        return Path(on_path)
    raise CannotStart(f"No mongod was found. {INSTALL_OR_SET}")


def _wheel_candidates() -> list[Path]:
    # Only located, never imported: the full `fiftyone` package would take seconds to load.
    spec = importlib.util.find_spec("fiftyone")
    places = spec.submodule_search_locations if spec else None
    return [Path(place) / "db" / "bin" / "mongod" for place in places or ()]


def mongod_environment() -> dict[str, str]:
    """Return what `mongod` may see of the environment: no secret, and the C locale so that errors are in English."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | {"LC_ALL": "C"}


def mongod_version(binary: Path) -> str:
    """Run `binary` and return its version, such as `6.0.5`.

    Raises:
        CannotStart: If it can't run; the sentence names the missing library if that is why.
    """
    command = [str(binary), "--version"]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=20, env=mongod_environment(), check=False)  # noqa: S603  # no shell, own path
    except (OSError, subprocess.SubprocessError) as error:
        raise cannot_run(binary, error) from None
    if answer.returncode:
        text = answer.stderr.decode(errors="replace")
        raise CannotStart(f"{binary} can't run: {plain_reason(text, answer.returncode)}")
    return answer.stdout.decode(errors="replace").partition("version v")[2].split("\n")[0].strip()


def cannot_run(binary: Path, error: Exception) -> CannotStart:
    """Return the sentence for a binary that the system refuses to run: wrong processor, or a foreign C library."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "it does not answer"
    return CannotStart(f"{binary} can't run on this system ({reason}). {INSTALL_OR_SET}")
