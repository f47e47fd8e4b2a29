"""Where the embedded MongoDB listens: a Unix socket that only this user reaches, at a place every process can work out.

The path goes into the replica set's configuration, and clients take it from there. Three limits follow: the
kernel cuts paths at 107 bytes (103 on macOS), MongoDB splits addresses at `:` and `,`, and the driver makes host
names lower case, paths included. A data folder that fits all three holds its socket itself; for any other the
socket lies in a private folder under /tmp whose name follows from the data folder.
"""

import contextlib
import hashlib
import os
import re
import socket
import stat
import struct
import sys
from pathlib import Path
from urllib.parse import quote

from anonmsg.errors import CannotStart

REPLICA_SET = "rs0"
DATABASE = "anonmsg"

_LONGEST_PATH = 100
_PLAIN_PATH = re.compile(r"[a-z0-9/._-]+")
_SHARED_FOLDER = Path("/tmp")  # noqa: S108  # checked before use; an environment variable could differ between processes


def socket_path(data_dir: Path) -> Path:
    """Return the path of the socket for a data folder, the same in every process of this user."""
    near = data_dir.expanduser().resolve() / "run" / "mongodb.sock"
    if len(str(near)) <= _LONGEST_PATH and _PLAIN_PATH.fullmatch(str(near)):
        return near
    digest = hashlib.sha256(os.fsencode(near)).hexdigest()[:16]
    return _SHARED_FOLDER / f"anonmsg-{os.getuid()}-{digest}" / near.name


def embedded_uri(data_dir: Path) -> str:
    """Return the connection string of the embedded MongoDB of a data folder, whether it runs or not.

    It names the replica set and is not a direct connection: the driver then waits for the primary when mongod is
    being started again, and resumes change streams and retries writes, where a direct connection would fail at
    once. Writes are acknowledged when they are on disk. Timeouts are the caller's choice.

    Raises:
        CannotStart: On Windows, where mongod has no Unix sockets.
    """
    if sys.platform == "win32":
        raise CannotStart("On Windows set MONGODB_URI to a MongoDB you have.")
    host = quote(str(socket_path(data_dir)), safe="")
    return f"mongodb://{host}/{DATABASE}?replicaSet={REPLICA_SET}&w=majority&journal=true"


def prepare_socket_folder(data_dir: Path) -> Path:
    """Make the socket's folder with mode 0700 and return the socket's path.

    Raises:
        CannotStart: If somebody else could reach into the folder or has put it there.
    """
    path = socket_path(data_dir)
    if path.parent.parent == _SHARED_FOLDER:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    else:
        make_private(path.parent)
    found = path.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:
        raise CannotStart(f"{path.parent} must be a folder of yours with mode 0700. Remove it and start again.")
    return path


def remove_socket(path: Path) -> None:
    """Remove the socket, and its folder too if that is one under /tmp."""
    path.unlink(missing_ok=True)
    if path.parent.parent == _SHARED_FOLDER:
        with contextlib.suppress(OSError):
            path.parent.rmdir()


def make_private(folder: Path) -> None:
    """Make a folder with mode 0700, or give it that mode, such as after a backup was copied back."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_symlink() and stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def listener_pid(path: Path) -> int | None:
    """Return the id of the process that listens on a Unix socket, as the kernel tells it; None if nobody does."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
        except OSError:
            return None
        if sys.platform == "darwin":
            return struct.unpack("i", connection.getsockopt(0, 2, 4))[0]  # SOL_LOCAL, LOCAL_PEERPID
        return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
